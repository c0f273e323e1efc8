/* gaoxing migrate: the database's schema, step by step to this program's. Each step is one transaction: an
 * upgrade that was interrupted goes on with the next one. */
#include "cli/tool.h"
#include "service/schema.h"

#include <stdio.h>

static int say(const gx_tool_call *call, int64_t have)
{
    static const char *const good[] = {"数据库结构版本 %lld, 与本程序一致\n",
                                       "schema version %lld, as this program's\n"};
    static const char *const old[] = {"数据库结构版本 %lld, 本程序 %lld: 需要升级\n",
                                      "schema version %lld, this program's is %lld: to be upgraded\n"};
    if (have == gx_zone_schema.version)
        printf(good[call->language], (long long)have);
    else
        printf(old[call->language], (long long)have, (long long)gx_zone_schema.version);
    return have == gx_zone_schema.version ? GX_TOOL_DONE : GX_TOOL_FOUND;
}

int gx_tool_migrate(gx_tool_call *call)
{
    gx_error error = {0};
    char have_text[24], know_text[24];
    const char *data = gx_tool_option(call, "data", "var"), *database = gx_tool_database(call);
    bool only_looks = gx_tool_flag(call, "check");
    int64_t have = 0;
    if (!gx_tool_expect(call, 0, 0, "migrate [--data DIR] [--db URL] [--check]"))
        return GX_TOOL_FAILED;
    const char *path = database ? database : gx_format(call->arena, "%s/zone.db", data).bytes;
    if (only_looks) {
        if (!gx_store_version(path, &have, &error))
            return gx_tool_fail(call, &error);
        if (have <= gx_zone_schema.version)
            return say(call, have);
        gx_fail(&error, "db.newer", gx_error_int(have_text, have),
                gx_error_int(know_text, gx_zone_schema.version));
        return gx_tool_fail(call, &error);
    }
    gx_store *store = gx_store_open(&(gx_store_options){.path = path, .schema = gx_zone_schema}, &error);
    if (!store)
        return gx_tool_fail(call, &error);
    gx_store_close(store);
    return say(call, gx_zone_schema.version);
}

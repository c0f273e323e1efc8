/* gaoxing prune: finished cases leave the store for an archive. On SQLite with the server stopped; on
 * PostgreSQL beside running servers. */
#include "cli/tool.h"
#include "calendar/calendar.h"
#include "service/prune.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
    "prune --before DATE (--archive FILE | --dry-run) [--pause MS] [--data DIR] [--db URL]";

int gx_tool_prune(gx_tool_call *call)
{
    static const char *const would[] = {"%lld 个办件, %lld 行可以归档\n",
                                        "%lld cases with %lld rows could be archived\n"},
                             *const done[] = {"%lld 个办件, %lld 行已归档 (%lld 个命令)\n",
                                              "%lld cases with %lld rows archived (%lld commands)\n"};
    gx_error error = {0};
    const char *data = gx_tool_option(call, "data", "var"), *database = gx_tool_database(call),
               *name = gx_tool_option(call, "archive", NULL);
    gx_text before = gx_text_of(gx_tool_option(call, "before", ""));
    bool is_dry = gx_tool_flag(call, "dry-run");
    int64_t pause = 0;
    gx_day day;
    if (!gx_text_to_int(gx_text_of(gx_tool_option(call, "pause", "0")), &pause) || pause < 0 ||
        pause > 60000 || !gx_tool_expect(call, 0, 0, usage))
        return GX_TOOL_FAILED;
    if (!gx_day_parse(before, &day) || (name != NULL) == is_dry) {
        gx_fail(&error, "cli.usage", gx_text_of(usage));
        return gx_tool_fail(call, &error);
    }
    gx_prune prune = {
        .before = gx_day_end(day) - 24 * 3600 * 1000, .name = name, .pause_ms = (uint32_t)pause};
    gx_zone *zone = gx_zone_open(
        &(gx_zone_options){.data_folder = data, .database = database, .is_read_only = is_dry}, &error);
    if (zone && name && !(prune.archive = fopen(name, "ae")))
        gx_fail(&error, "export.write", gx_text_of(strerror(errno)));
    bool is_done = zone && (is_dry || prune.archive) && gx_prune_run(zone, &prune, &error);
    if (prune.archive)
        fclose(prune.archive);
    gx_zone_close(zone);
    if (is_dry)
        printf(would[call->language], (long long)prune.cases, (long long)prune.rows);
    else
        printf(done[call->language], (long long)prune.cases, (long long)prune.rows,
               (long long)prune.commands);
    return is_done ? GX_TOOL_DONE : gx_tool_fail(call, &error);
}

/* gaoxing check, load, audit. */
#include "cli/tool.h"
#include "service/audit.h"
#include "service/sample.h"
#include "skill/skill.h"

#include <stdio.h>

static gx_packages *read_checked(gx_tool_call *call, const char *folder, bool with_sample,
                                 gx_findings *findings, gx_error *error)
{
    gx_packages *packages = gx_packages_read(folder, with_sample, findings, error);
    if (packages)
        gx_packages_check(packages, gx_skills, gx_skill_count, findings);
    (void)call;
    return packages;
}

int gx_tool_check(gx_tool_call *call)
{
    gx_error error = {0};
    gx_findings findings = {0};
    if (!gx_tool_expect(call, 1, 1, "check DIR"))
        return GX_TOOL_FAILED;
    gx_packages *packages = read_checked(call, call->arguments[0], true, &findings, &error);
    if (!packages) {
        gx_findings_release(&findings);
        return gx_tool_fail(call, &error);
    }
    int status = gx_tool_findings(call, &findings);
    size_t count;
    gx_packages_info(packages, &count);
    static const char *const sums[] = {"%zu 个包, %zu 处错误, %zu 处警告\n",
                                       "%zu packages, %zu errors, %zu warnings\n"};
    printf(sums[call->language], count, findings.errors, findings.warnings);
    gx_findings_release(&findings);
    gx_packages_release(packages);
    return status;
}

int gx_tool_load(gx_tool_call *call)
{
    gx_error error = {0};
    gx_findings findings = {0};
    const char *data = gx_tool_option(call, "data", "var"), *database = gx_tool_database(call);
    bool with_sample = gx_tool_flag(call, "sample");
    if (!gx_tool_expect(call, 1, 1, "load DIR [--data DIR] [--db URL] [--sample]"))
        return GX_TOOL_FAILED;
    gx_packages *packages = read_checked(call, call->arguments[0], with_sample, &findings, &error);
    int status = packages ? gx_tool_findings(call, &findings) : GX_TOOL_FAILED;
    gx_zone *zone = status == GX_TOOL_DONE
                        ? gx_zone_open(&(gx_zone_options){.data_folder = data, .database = database}, &error)
                        : NULL;
    int64_t loaded = 0, records = 0;
    if (zone && gx_zone_load(zone, packages, &loaded, &error) &&
        gx_sample_load(zone, packages, &records, &findings, &error)) {
        static const char *const sums[] = {"%lld 个定义有新版本, %lld 条记录更新\n",
                                           "%lld definitions in a new version, %lld records changed\n"};
        printf(sums[call->language], (long long)loaded, (long long)records);
    } else if (error.code) {
        status = gx_tool_fail(call, &error);
    }
    gx_zone_close(zone);
    gx_packages_release(packages);
    gx_findings_release(&findings);
    return status;
}

int gx_tool_audit(gx_tool_call *call)
{
    gx_error error = {0};
    const char *data = gx_tool_option(call, "data", "var"), *database = gx_tool_database(call);
    if (!gx_tool_expect(call, 1, 1, "audit verify [--data DIR] [--db URL]"))
        return GX_TOOL_FAILED;
    gx_zone *zone = gx_zone_open(
        &(gx_zone_options){.data_folder = data, .database = database, .is_read_only = true}, &error);
    int64_t entries = 0, broken = 0;
    bool is_read = zone && gx_audit_verify(zone, &entries, &broken, &error);
    gx_zone_close(zone);
    if (!is_read)
        return gx_tool_fail(call, &error);
    static const char *const good[] = {"%lld 条审计记录, 链完整\n", "%lld entries, the chain is whole\n"};
    static const char *const bad[] = {"%lld 条审计记录, 第 %lld 条起不符\n",
                                      "%lld entries, the chain breaks at entry %lld\n"};
    if (broken)
        printf(bad[call->language], (long long)entries, (long long)broken);
    else
        printf(good[call->language], (long long)entries);
    return broken ? GX_TOOL_FOUND : GX_TOOL_DONE;
}

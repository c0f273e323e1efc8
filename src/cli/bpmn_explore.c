/* gaoxing bpmn explore FILE... [--process ID] [--json]: what can become of a model, whatever people and data
 * decide. */
#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "bpmn/explore.h"
#include "cli/bpmn.h"

#include <stdio.h>

static bool explore_file(gx_tool_call *call, const char *path, gx_text wanted, bool as_json,
                         gx_findings *findings)
{
    gx_error error = {0};
    gx_text source;
    if (!gx_file_read(call->arena, path, GX_LIMIT_XML_BYTES, &source, &error)) {
        gx_findings_add(findings, GX_SEVERITY_ERROR, &error);
        return false;
    }
    const gx_bpmn *bpmn = gx_bpmn_read(call->arena, source, gx_text_of(path), findings);
    for (uint32_t i = 0; bpmn && i < bpmn->process_count; i++) {
        const gx_bpmn_process *process = &bpmn->processes[i];
        if (wanted.size && !gx_text_equal(process->id, wanted))
            continue;
        int64_t begun = gx_clock_monotonic_ns();
        gx_exploration exploration = gx_bpmn_explore(call->arena, process, NULL);
        double milliseconds = (double)(gx_clock_monotonic_ns() - begun) / 1e6;
        if (as_json)
            printf("%.*s\n", GX_PRINT(gx_json_to_text(call->arena,
                                                      gx_explored_json(call->arena, process, &exploration))));
        else
            fprintf(stderr, "%.*s: %llu states, %.1f ms%s\n", GX_PRINT(process->id),
                    (unsigned long long)exploration.states, milliseconds,
                    exploration.is_decided             ? ""
                    : call->language == GX_LANGUAGE_ZH ? ", 未能判定"
                                                       : ", not decided");
        gx_explored_report(call->arena, bpmn, process, &exploration, findings);
    }
    return bpmn != NULL;
}

int gx_tool_bpmn_explore(gx_tool_call *call)
{
    gx_findings findings = {0};
    gx_text wanted = gx_text_of(gx_tool_option(call, "process", ""));
    bool as_json = gx_tool_flag(call, "json");
    if (!gx_tool_expect(call, 1, 1000, "bpmn explore FILE... [--process ID] [--json]"))
        return GX_TOOL_FAILED;
    for (int i = 0; i < call->count; i++)
        explore_file(call, call->arguments[i], wanted, as_json, &findings);
    int status =
        as_json ? (findings.errors ? GX_TOOL_FOUND : GX_TOOL_DONE) : gx_tool_findings(call, &findings);
    gx_findings_release(&findings);
    return status;
}

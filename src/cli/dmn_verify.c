/* gaoxing dmn verify FILE...: what is wrong with the decision tables of models. */
#include "cli/dmn.h"
#include "dmn/verify.h"

#include <stdio.h>

static int verify_file(gx_tool_call *call, const char *path)
{
    gx_error error = {0};
    gx_findings findings = {0};
    const gx_dmn *dmn = gx_dmn_load_file(call->arena, path, &findings, &error);
    if (!dmn)
        return gx_tool_fail(call, &error);
    gx_flaws flaws = gx_dmn_verify(call->arena, dmn);
    gx_flaws_report(call->arena, &flaws, gx_text_of(path), &findings);
    int status = gx_tool_findings(call, &findings);
    static const char *const summaries[] = {"%s: %u 张决策表, %zu 个错误, %zu 个警告\n",
                                            "%s: %u tables, %zu errors, %zu warnings\n"};
    printf(summaries[call->language], path, flaws.tables, findings.errors, findings.warnings);
    gx_findings_release(&findings);
    return status;
}

int gx_tool_dmn_verify(gx_tool_call *call)
{
    enum { FILES_MOST = 1000 };
    if (!gx_tool_expect(call, 1, FILES_MOST, "dmn verify FILE..."))
        return GX_TOOL_FAILED;
    int worst = GX_TOOL_DONE;
    for (int i = 0; i < call->count; i++) {
        int status = verify_file(call, call->arguments[i]);
        worst = status > worst ? status : worst;
    }
    return worst;
}

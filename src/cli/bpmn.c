/* gaoxing bpmn ...: the tools for process models, one file each. */
#include "cli/bpmn.h"

#include <string.h>

static const struct {
    const char *name;
    gx_tool run;
} tools[] = {
    {"bench", gx_tool_bpmn_bench},
    {"betsy", gx_tool_bpmn_betsy},
    {"check", gx_tool_bpmn_check},
    {"write", gx_tool_bpmn_write},
    {"explore", gx_tool_bpmn_explore},
};

int gx_tool_bpmn(gx_tool_call *call)
{
    for (size_t i = 0; call->count > 0 && i < GX_COUNT_OF(tools); i++) {
        if (strcmp(call->arguments[0], tools[i].name) != 0)
            continue;
        call->arguments++;
        call->count--;
        return tools[i].run(call);
    }
    gx_error error = {0};
    gx_fail(&error, "cli.usage",
            GX_TEXT("bpmn check FILE... [--strict] [--rules] [--bare], bpmn explore FILE... [--process ID] [--json], bpmn write FILE [--canonical], "
                    "bpmn betsy DIR [--csv FILE] [--exceptions FILE], bpmn bench"));
    return gx_tool_fail(call, &error);
}

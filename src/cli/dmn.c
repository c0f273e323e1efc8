/* gaoxing dmn ...: the tools for decision models, one file each. */
#include "cli/dmn.h"

#include <string.h>

typedef struct row {
    const char *name;
    gx_tool run;
} row;

static const row tools[] = {
    {"eval", gx_tool_dmn_eval},
    {"tck", gx_tool_dmn_tck},
    {"verify", gx_tool_dmn_verify},
};

int gx_tool_dmn(gx_tool_call *call)
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
            GX_TEXT("dmn eval FILE --decision NAME [--context JSON] [--trace] [--why] [--want JSON], "
                    "dmn tck DIR [--csv FILE] [--now INSTANT], dmn verify FILE..."));
    return gx_tool_fail(call, &error);
}

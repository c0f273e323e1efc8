#include "cli/tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int gx_tool_fail(const gx_tool_call *call, const gx_error *error)
{
    char sentence[1024];
    fprintf(stderr, "gaoxing: %s\n", gx_error_write(error, call->language, sentence, sizeof sentence));
    return GX_TOOL_FAILED;
}

int gx_tool_findings(const gx_tool_call *call, const gx_findings *findings)
{
    static const char *const words[2][2] = {{"错误", "警告"}, {"error", "warning"}}; /* by language, then severity */
    for (size_t i = 0; i < findings->count; i++) {
        char sentence[1024];
        const gx_finding *finding = &findings->items[i];
        printf("%s: %s\n", words[call->language][finding->severity],
               gx_error_write(&finding->error, call->language, sentence, sizeof sentence));
    }
    if (findings->errors + findings->warnings > findings->count)
        printf("... %zu\n", findings->errors + findings->warnings - findings->count);
    return findings->errors ? GX_TOOL_FOUND : GX_TOOL_DONE;
}

static void take_out(gx_tool_call *call, int at, int how_many)
{
    for (int i = at; i + how_many < call->count; i++)
        call->arguments[i] = call->arguments[i + how_many];
    call->count -= how_many;
}

const char *gx_tool_option(gx_tool_call *call, const char *name, const char *otherwise)
{
    size_t length = strlen(name);
    for (int i = 0; i < call->count; i++) {
        char *argument = call->arguments[i];
        if (strncmp(argument, "--", 2) != 0 || strncmp(argument + 2, name, length) != 0)
            continue;
        if (argument[2 + length] == '=') {
            const char *value = argument + 3 + length;
            take_out(call, i, 1);
            return value;
        }
        if (argument[2 + length] == 0 && i + 1 < call->count) {
            const char *value = call->arguments[i + 1];
            take_out(call, i, 2);
            return value;
        }
    }
    return otherwise;
}

const char *gx_tool_database(gx_tool_call *call)
{
    const char *address = gx_tool_option(call, "db", getenv("GX_DB"));
    return address && address[0] ? address : NULL;
}

bool gx_tool_flag(gx_tool_call *call, const char *name)
{
    for (int i = 0; i < call->count; i++) {
        if (strncmp(call->arguments[i], "--", 2) == 0 && strcmp(call->arguments[i] + 2, name) == 0) {
            take_out(call, i, 1);
            return true;
        }
    }
    return false;
}

bool gx_tool_expect(gx_tool_call *call, int least, int most, const char *usage)
{
    gx_error error = {0};
    for (int i = 0; i < call->count; i++) {
        if (strncmp(call->arguments[i], "--", 2) == 0 && call->arguments[i][2]) {
            gx_fail(&error, "cli.option.unknown", gx_text_of(call->arguments[i]), gx_text_of(usage));
            gx_tool_fail(call, &error);
            return false;
        }
    }
    if (call->count >= least && call->count <= most)
        return true;
    gx_fail(&error, "cli.usage", gx_text_of(usage));
    gx_tool_fail(call, &error);
    return false;
}

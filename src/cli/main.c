/* The program: `gaoxing TOOL ...`. */
#include "cli/tool.h"
#include "base/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOOL(name, function, usage, zh, en) int function(gx_tool_call *call);
#include "cli/tools.def"
#undef TOOL

typedef struct row {
    const char *name;
    gx_tool run;
    const char *usage;
    const char *summaries[2]; /* by gx_language */
} row;

static const row tools[] = {
#define TOOL(name, function, usage, zh, en) {name, function, usage, {zh, en}},
#include "cli/tools.def"
#undef TOOL
};

static gx_language language_of_environment(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < GX_COUNT_OF(names); i++) {
        const char *value = getenv(names[i]);
        if (!value || !value[0])
            continue;
        bool says_nothing = strcmp(value, "C") == 0 || strncmp(value, "C.", 2) == 0 || strcmp(value, "POSIX") == 0;
        return strncmp(value, "zh", 2) == 0 || says_nothing ? GX_LANGUAGE_ZH : GX_LANGUAGE_EN;
    }
    return GX_LANGUAGE_ZH;
}

static int print_help(FILE *to, gx_language language, int status)
{
    fputs(language == GX_LANGUAGE_ZH ? "高兴办: 高新区服务系统\n用法: gaoxing 工具 ...\n\n"
                                     : "Gaoxing: the service system of a high-tech zone\nusage: gaoxing TOOL ...\n\n",
          to);
    for (size_t i = 0; i < GX_COUNT_OF(tools); i++)
        fprintf(to, "  gaoxing %-58s %s\n", tools[i].usage, tools[i].summaries[language]);
    return status;
}

typedef struct run {
    const row *tool;
    gx_tool_call call;
    int status;
} run;

static bool run_tool(void *context)
{
    run *r = context;
    r->status = r->tool->run(&r->call);
    return true;
}

int main(int count, char **arguments)
{
    gx_language language = language_of_environment();
    if (count < 2)
        return print_help(stderr, language, GX_TOOL_FAILED);
    if (strcmp(arguments[1], "help") == 0 || strcmp(arguments[1], "--help") == 0)
        return print_help(stdout, language, GX_TOOL_DONE);
    for (size_t i = 0; i < GX_COUNT_OF(tools); i++) {
        if (strcmp(tools[i].name, arguments[1]) != 0)
            continue;
        gx_arena arena = gx_arena_of(GX_LIMIT_TOOL_BYTES);
        gx_error error = {0};
        run r = {&tools[i], {&arena, count - 2, arguments + 2, language}, GX_TOOL_FAILED};
        if (!gx_arena_guard(&arena, run_tool, &r, &error))
            r.status = gx_tool_fail(&r.call, &error);
        gx_arena_release(&arena);
        if (fflush(stdout) != 0)
            r.status = GX_TOOL_FAILED;
        return r.status;
    }
    gx_error error = {0};
    gx_fail(&error, "cli.tool.unknown", gx_text_of(arguments[1]));
    gx_tool_fail(&(gx_tool_call){.language = language}, &error);
    return print_help(stderr, language, GX_TOOL_FAILED);
}

/* gaoxing bpmn check FILE...: what is wrong with process models. A finding names file, line, column and
 * element; below it stands the line it is about. --strict counts conventions as errors, --rules leaves out
 * whether the model can be executed, --bare takes scripts without a format and untyped expressions for a
 * language that some host brings along. */
#include "cli/bpmn.h"
#include "base/file.h"
#include "base/limits.h"

#include <stdio.h>

static void print_line(gx_text source, const gx_error *error)
{
    enum { LINE_MOST = 160 };
    gx_text rest = source, line = {"", 0};
    for (int32_t i = 0; i < error->line && rest.bytes; i++)
        line = gx_text_cut(rest, '\n', &rest);
    if (error->line <= 0 || !line.size)
        return;
    size_t from = 0;
    while (from < line.size && (line.bytes[from] == ' ' || line.bytes[from] == '\t'))
        from++;
    gx_text shown = gx_text_slice(line, from, from + LINE_MOST);
    while (shown.size && ((unsigned char)line.bytes[from + shown.size - 1] & 0xC0) == 0x80 &&
           from + shown.size < line.size)
        shown.size--; /* not in the middle of a code point */
    int caret = error->column > (int32_t)from ? (int)error->column - (int)from : 1;
    printf("    %.*s\n    %*s\n", GX_PRINT(gx_text_trim(shown)), caret, "^");
}

static int check_file(gx_tool_call *call, const char *path, const gx_bpmn_rule_options *options,
                      bool rules_only)
{
    gx_error error = {0};
    gx_findings findings = {0};
    gx_text source;
    if (!gx_file_read(call->arena, path, GX_LIMIT_XML_BYTES, &source, &error))
        return gx_tool_fail(call, &error);
    gx_text name = gx_text_of(path);
    const gx_xml *xml = gx_xml_parse(call->arena, source, name, &error);
    if (!xml)
        return gx_tool_fail(call, &error);
    gx_bpmn_rules(xml, name, options, &findings);
    if (!rules_only) {
        const gx_bpmn *bpmn = gx_bpmn_read(call->arena, source, name, &findings);
        if (bpmn)
            gx_bpmn_check(bpmn, &findings);
    }
    for (size_t i = 0; i < findings.count; i++) {
        static const char *const words[2][2] = {{"错误", "警告"},
                                                {"error", "warning"}}; /* by language, then severity */
        char sentence[768];
        printf("%s: %s\n", words[call->language][findings.items[i].severity],
               gx_error_write(&findings.items[i].error, call->language, sentence, sizeof sentence));
        print_line(source, &findings.items[i].error);
    }
    static const char *const summaries[] = {"%s: %zu 个错误, %zu 个警告\n", "%s: %zu errors, %zu warnings\n"};
    printf(summaries[call->language], path, findings.errors, findings.warnings);
    int status = findings.errors ? GX_TOOL_FOUND : GX_TOOL_DONE;
    gx_findings_release(&findings);
    return status;
}

int gx_tool_bpmn_check(gx_tool_call *call)
{
    enum { FILES_MOST = 1000 };
    gx_bpmn_rule_options options = {.is_strict = gx_tool_flag(call, "strict"),
                                    .has_host_language = gx_tool_flag(call, "bare")};
    bool rules_only = gx_tool_flag(call, "rules");
    if (!gx_tool_expect(call, 1, FILES_MOST, "bpmn check FILE... [--strict] [--rules] [--bare]"))
        return GX_TOOL_FAILED;
    int worst = GX_TOOL_DONE;
    for (int i = 0; i < call->count; i++) {
        int status = check_file(call, call->arguments[i], &options, rules_only);
        worst = status > worst ? status : worst;
    }
    return worst;
}

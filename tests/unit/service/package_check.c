/* The checker of packages: the shipped packages are without fault, and each single fault put into a copy of
 * them is found, at its line, with a sentence in both languages. */
#include "skill/skill.h"
#include "service/package.h"
#include "base/file.h"
#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static char folder[] = "/tmp/gx-check-XXXXXX";
static gx_arena arena;

static void shell(const char *command)
{
    if (system(command) != 0)
        fail_msg("%s", command);
}

static int set_up(void **state)
{
    (void)state;
    arena = gx_arena_of(GX_LIMIT_MODEL_BYTES);
    assert_non_null(mkdtemp(folder));
    shell(gx_format(&arena, "cp -r " GX_PACKAGES "/. %s", folder).bytes);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    shell(gx_format(&arena, "rm -rf %s", folder).bytes);
    gx_arena_release(&arena);
    return 0;
}

static gx_findings check_folder(void)
{
    gx_findings findings = {0};
    gx_error error = {0};
    gx_packages *packages = gx_packages_read(folder, true, &findings, &error);
    if (packages)
        gx_packages_check(packages, gx_skills, gx_skill_count, &findings);
    gx_packages_release(packages);
    return findings;
}

static void the_shipped_packages_have_no_findings(void **state)
{
    (void)state;
    gx_findings findings = check_folder();
    char sentence[600];
    if (findings.count)
        fail_msg("%s", gx_error_write(&findings.items[0].error, GX_LANGUAGE_EN, sentence, sizeof sentence));
    gx_findings_release(&findings);
}

typedef struct fault {
    const char *code, *file, *before, *after;
    const char *place; /* a text on the line where the finding belongs; NULL: where the change is */
} fault;

#define S25      "approval/matters/S25.json"
#define EXPRESS  "approval/processes/opening-express.bpmn"
#define ONE_TASK "tutorial/processes/one-task.bpmn"
#define TUT      "tutorial/matters/TUT.json"

static const fault faults[] = {
    {"package.info", "tutorial/package.json", "\"version\"", "\"verzion\""},
    {"package.requires", "tutorial/package.json", "\"base\"", "\"bass\""},
    {"package.id", TUT, "\"id\": \"TUT\"", "\"id\": \"TUX\""},
    {"package.reference", TUT, "\"process\": \"one-task\"", "\"process\": \"something-else\""},
    {"package.reference.near", TUT, "\"process\": \"one-task\"", "\"process\": \"one-tusk\""},
    {"package.reference.near", S25, "\"form\": \"application\"", "\"form\": \"aplication\""},
    {"package.member", TUT, "\"basis\"", "\"bases\""},
    {"package.matter.name", TUT, "\"nameEn\"", "\"name-en\"", "{"},
    {"package.matter.process", TUT, "\"process\": \"one-task\",", "", "{"},
    {"package.matter.owner", TUT, "\"owner\": \"ASB\",", "", "{"},
    {"package.matter.limit", TUT, "\"unit\": \"workday\"", "\"unit\": \"workdays\""},
    {"package.matter.step", S25, "\"correct\"", "\"corekt\""},
    {"package.message", ONE_TASK, "gx:outcomes=\"done\"", "gx:outcomes=\"stamped\""},
    {"package.message.text", "tutorial/messages/en.json", "{", "{ \"a.number\": 7,"},
    {"package.message.parameters", "approval/messages/zh.json", "{0}", "{3}"},
    {"package.task.nobody", ONE_TASK, "gx:role=\"reviewer\"", ""},
    {"package.reference.near", ONE_TASK, "gx:role=\"reviewer\"", "gx:role=\"reviewr\""},
    {"package.reference.near", ONE_TASK, "gx:department=\"ASB\"", "gx:department=\"ASBB\""},
    {"package.skill", EXPRESS, "gx:skill=\"case.corrected\"", "gx:skill=\"case.correkted\""},
    {"package.skill.job", EXPRESS, "gx:skill=\"case.corrected\" gx:mode=\"transaction\"",
     "gx:skill=\"case.corrected\" gx:mode=\"job\""},
    {"package.skill.needs", EXPRESS, "<gx:input name=\"missing\" value=\"= intake.missing\"/>", ""},
    {"package.skill.takes", EXPRESS, "<gx:input name=\"missing\" value=\"= intake.missing\"/>",
     "<gx:input name=\"missing\" value=\"= intake.missing\"/><gx:input name=\"more\" value=\"1\"/>"},
    {"package.reference.near", EXPRESS, "[\"A202\", \"A304\"]", "[\"A202\", \"A340\"]"},
    {"package.message", EXPRESS, "\"complaint_answered\"", "\"complaint_forgotten\""},
    {"package.reference.near", EXPRESS, "gx:decision=\"D04\"", "gx:decision=\"D40\""},
    {"package.decision.needs", EXPRESS, "<gx:input name=\"credit\" value=\"= applicant.credit\"/>", "",
     "id=\"proposal\""},
    {"package.decision.takes", EXPRESS, "<gx:input name=\"credit\"", "<gx:input name=\"kredit\""},
    {"package.variable.near", EXPRESS, "value=\"= intake.missing\"", "value=\"= intkae.missing\""},
    {"package.variable.near", EXPRESS, "= applicant.credit", "= applicant.kredit"},
    {"package.variable", EXPRESS, "value=\"= intake.missing\"", "value=\"= somethingNobodySets\""},
    {"feel.name.near", "approval/matters/A101.json", "project.", "projekt."},
    {"package.form", "approval/forms/visit.json", "\"components\"", "\"component\"", "{"},
    {"package.form.twice", "approval/forms/drawing-opinion.json", "\"key\": \"sheet\"",
     "\"key\": \"discipline\""},
    {"package.form.language", "approval/forms/drawing-opinion.json", "\"en\": \"Sheet\"", "\"de\": \"Blatt\"",
     "\"id\": \"f_sheet\""},
    {"package.roles", "base/roles.json", "\"roles\"", "\"rolls\""},
    {"package.role.title", "base/roles.json", "\"en\": \"Company clerk\"", "\"de\": \"Firma\""},
    {"package.role.reach", "base/roles.json", "\"own-company\"", "\"own-companies\""},
    {"package.role.member", "base/roles.json", "\"may\"", "\"might\""},
    {"package.register.title", "base/registers/enterprise.json", "\"zh\": \"企业\"", "\"cn\": \"企业\""},
    {"package.register.field", "base/registers/enterprise.json", "\"sizeClass\",", "\"size\","},
    {"package.register.label", "base/registers/enterprise.json", "\"x-en\"", "\"y-en\""},
    {"bpmn.check.unreachable", ONE_TASK, "<sequenceFlow id=\"f1\" sourceRef=\"start\" targetRef=\"stamp\"/>",
     "<sequenceFlow id=\"f1\" sourceRef=\"start\" targetRef=\"end\"/>", "<userTask"},
    {"bpmn.explore.deadlock", ONE_TASK, "<endEvent id=\"end\" name=\"完成\"/>",
     "<endEvent id=\"end\" name=\"完成\"/><parallelGateway id=\"join\"/><exclusiveGateway id=\"either\" default=\"f4\"/>"
     "<sequenceFlow id=\"f3\" sourceRef=\"start\" targetRef=\"either\"/><sequenceFlow id=\"f4\" sourceRef=\"either\" targetRef=\"join\"/>"
     "<sequenceFlow id=\"f5\" sourceRef=\"either\" targetRef=\"join\"><conditionExpression>true</conditionExpression></sequenceFlow>"
     "<sequenceFlow id=\"f6\" sourceRef=\"join\" targetRef=\"end\"/>"},
    {"json.syntax", TUT, "\"basis\": [],", "\"basis\": [,"},
    {"xml.syntax", ONE_TASK, "</process>", "</proces>", "<process"},
};

static int32_t line_of(gx_text source, ptrdiff_t at)
{
    int32_t line = 1;
    for (ptrdiff_t i = 0; i < at; i++)
        line += source.bytes[i] == '\n';
    return line;
}

static void write_file(const char *path, gx_text source)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(source.bytes, 1, source.size, file), source.size);
    assert_int_equal(fclose(file), 0);
}

static bool is_found_at(const fault *f, int32_t line)
{
    gx_findings findings = check_folder();
    char sentence[800];
    bool is_found = false, is_near = false;
    for (size_t i = 0; i < findings.count; i++) {
        const gx_error *e = &findings.items[i].error;
        if (strcmp(e->code, f->code) != 0)
            continue;
        is_found = true;
        is_near |= strstr(e->path, f->file) != NULL && e->line >= 1 && abs(e->line - line) <= 3;
        for (gx_language language = GX_LANGUAGE_ZH; language <= GX_LANGUAGE_EN; language++) {
            gx_error_write(e, language, sentence, sizeof sentence);
            assert_null(strstr(sentence, "{1}"));
            assert_null(strstr(sentence, "{2}"));
        }
    }
    if (!is_found || !is_near) {
        print_message("# %s expected in %s:%d; found:\n", f->code, f->file, line);
        for (size_t i = 0; i < findings.count; i++)
            print_message(
                "#   %s %s\n", findings.items[i].error.code,
                gx_error_write(&findings.items[i].error, GX_LANGUAGE_EN, sentence, sizeof sentence));
    }
    gx_findings_release(&findings);
    return is_found && is_near;
}

static void each_single_fault_is_found_at_its_line(void **state)
{
    (void)state;
    int missed = 0;
    for (size_t i = 0; i < GX_COUNT_OF(faults); i++) {
        const fault *f = &faults[i];
        const char *path = gx_format(&arena, "%s/%s", folder, f->file).bytes;
        gx_text source;
        assert_true(gx_file_read(&arena, path, GX_LIMIT_FILE_BYTES, &source, NULL));
        ptrdiff_t at = gx_text_find(source, gx_text_of(f->before));
        if (at < 0)
            fail_msg("%s is not in %s", f->before, f->file);
        gx_buffer broken = gx_buffer_in(&arena);
        gx_buffer_text(&broken, gx_text_slice(source, 0, (size_t)at));
        gx_buffer_string(&broken, f->after);
        gx_buffer_text(&broken, gx_text_slice(source, (size_t)at + strlen(f->before), source.size));
        write_file(path, gx_buffer_as_text(&broken));
        ptrdiff_t place = f->place ? gx_text_find(source, gx_text_of(f->place)) : at;
        missed += !is_found_at(f, line_of(source, place));
        write_file(path, source);
    }
    assert_int_equal(missed, 0);
}

int main(void)
{
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shipped_packages_have_no_findings),
        cmocka_unit_test(each_single_fault_is_found_at_its_line),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* Cross-checks between the definitions of all packages: what each refers to must be there, in both languages.
 */
#include "service/package.h"
#include "dmn/verify.h"

#include <string.h>

typedef struct checking {
    const gx_packages *packages;
    const char *const *skills;
    size_t skill_count;
    gx_findings *findings;
    gx_arena arena;
} checking;

static void report(checking *c, gx_severity severity, gx_text path, int32_t line, int32_t column,
                   const char *code, gx_text part1, gx_text part2)
{
    gx_error error;
    gx_fail_at(&error, code, ((gx_place){path, line, column}), part1, part2);
    gx_findings_add(c->findings, severity, &error);
}

static void need(checking *c, const gx_definition *from, int32_t line, int32_t column,
                 gx_definition_kind kind, gx_text id)
{
    if (!gx_packages_find(c->packages, kind, id))
        report(c, GX_SEVERITY_ERROR, from->path, line, column, "package.reference",
               gx_text_of(gx_definition_kind_name(kind)), id);
}

static void need_message(checking *c, gx_text path, int32_t line, int32_t column, gx_text key)
{
    static const char *const languages[] = {"zh", "en"};
    for (gx_language language = GX_LANGUAGE_ZH; language <= GX_LANGUAGE_EN; language++) {
        bool is_there = false;
        size_t index = 0;
        for (const gx_definition *m;
             (m = gx_packages_next(c->packages, GX_DEFINITION_MESSAGES, &index)) && !is_there;)
            is_there = gx_text_ends_with(m->id, gx_format(&c->arena, ".%s", languages[language])) &&
                       gx_json_get_text_name(m->json, key);
        if (!is_there)
            report(c, GX_SEVERITY_ERROR, path, line, column, "package.message", key,
                   gx_text_of(languages[language]));
    }
}

static void check_matter(checking *c, const gx_definition *d)
{
    const gx_json *documents = gx_json_get(d->json, "documents"), *form = gx_json_get(d->json, "form"),
                  *process = gx_json_get(d->json, "process");
    if (!gx_json_text_of(d->json, "name").size || !gx_json_text_of(d->json, "nameEn").size)
        report(c, GX_SEVERITY_ERROR, d->path, 1, 1, "package.matter.name", d->id, (gx_text){"", 0});
    if (!gx_text_equal(gx_json_text_of(d->json, "id"), d->id))
        report(c, GX_SEVERITY_ERROR, d->path, 1, 1, "package.id", gx_json_text_of(d->json, "id"), d->id);
    for (const gx_json *id = documents ? documents->first : NULL; id; id = id->next)
        if (!gx_packages_document(c->packages, gx_json_text(id)))
            report(c, GX_SEVERITY_ERROR, d->path, id->line, id->column, "package.reference",
                   GX_TEXT("document"), gx_json_text(id));
    if (gx_json_is(form, GX_JSON_STRING))
        need(c, d, form->line, form->column, GX_DEFINITION_FORM, form->text);
    if (gx_json_is(process, GX_JSON_STRING))
        need(c, d, process->line, process->column, GX_DEFINITION_PROCESS, process->text);
    if (gx_json_bool_of(d->json, "apply", false) && !gx_json_is(process, GX_JSON_STRING))
        report(c, GX_SEVERITY_ERROR, d->path, 1, 1, "package.matter.process", d->id, (gx_text){"", 0});
    const gx_json *prerequisites = gx_json_get(d->json, "prerequisites");
    for (const gx_json *entry = prerequisites ? prerequisites->first : NULL; entry; entry = entry->next)
        for (gx_text rest = gx_json_text(entry); rest.bytes && rest.size;)
            need(c, d, entry->line, entry->column, GX_DEFINITION_MATTER,
                 gx_text_trim(gx_text_cut(rest, '|', &rest)));
}

static bool knows_skill(const checking *c, gx_text skill)
{
    for (size_t i = 0; i < c->skill_count; i++)
        if (gx_text_equal(skill, gx_text_of(c->skills[i])))
            return true;
    return false;
}

static void check_node(checking *c, const gx_definition *d, const gx_bpmn_node *node)
{
    if (node->skill.size && !knows_skill(c, node->skill))
        report(c, GX_SEVERITY_ERROR, d->path, node->line, node->column, "package.skill", node->skill,
               node->id);
    if (node->kind == GX_NODE_RULE_TASK && !node->called.feel)
        need(c, d, node->line, node->column, GX_DEFINITION_DECISION, node->called.text);
    if (node->kind == GX_NODE_CALL && !node->called.feel)
        need(c, d, node->line, node->column, GX_DEFINITION_PROCESS, node->called.text);
    if (node->kind != GX_NODE_USER_TASK)
        return;
    if (node->form.text.bytes && !node->form.feel)
        need(c, d, node->line, node->column, GX_DEFINITION_FORM, node->form.text);
    if (!node->role.text.bytes && !node->assignee.text.bytes)
        report(c, GX_SEVERITY_WARNING, d->path, node->line, node->column, "package.task.nobody", node->id,
               (gx_text){"", 0});
    for (gx_text rest = node->outcomes; rest.bytes && rest.size;) {
        gx_text outcome = gx_text_trim(gx_text_cut(rest, ',', &rest));
        need_message(c, d->path, node->line, node->column,
                     gx_format(&c->arena, "outcome.%.*s", GX_PRINT(outcome)));
    }
}

static void check_messages(checking *c, const gx_definition *d)
{
    gx_text stem = gx_text_slice(d->id, 0, d->id.size - 3);
    const char *other = gx_text_ends_with(d->id, GX_TEXT(".zh")) ? "en" : "zh";
    const gx_definition *partner = gx_packages_find(c->packages, GX_DEFINITION_MESSAGES,
                                                    gx_format(&c->arena, "%.*s.%s", GX_PRINT(stem), other));
    for (const gx_json *member = d->json ? d->json->first : NULL; member; member = member->next)
        if (!partner || !gx_json_get_text_name(partner->json, member->name))
            report(c, GX_SEVERITY_ERROR, d->path, member->line, member->column, "package.message",
                   member->name, gx_text_of(other));
}

static void check_form(checking *c, const gx_definition *d)
{
    if (!gx_json_is(gx_json_get(d->json, "components"), GX_JSON_ARRAY))
        report(c, GX_SEVERITY_ERROR, d->path, 1, 1, "package.form", d->id, (gx_text){"", 0});
}

void gx_packages_check(const gx_packages *packages, const char *const *skills, size_t skill_count,
                       gx_findings *findings)
{
    checking c = {packages, skills, skill_count, findings, gx_arena_of(SIZE_MAX / 4)};
    const gx_definition *d;
    for (size_t i = 0; (d = gx_packages_next(packages, GX_DEFINITION_MATTER, &i));)
        if (d->json)
            check_matter(&c, d);
    for (size_t i = 0; (d = gx_packages_next(packages, GX_DEFINITION_PROCESS, &i));)
        for (uint32_t n = 1; d->process && n < d->process->node_count; n++)
            check_node(&c, d, &d->process->nodes[n]);
    for (size_t i = 0; (d = gx_packages_next(packages, GX_DEFINITION_MESSAGES, &i));)
        check_messages(&c, d);
    for (size_t i = 0; (d = gx_packages_next(packages, GX_DEFINITION_FORM, &i));)
        if (d->json)
            check_form(&c, d);
    for (size_t i = 0; (d = gx_packages_next(packages, GX_DEFINITION_DECISION, &i));) {
        if (!d->dmn)
            continue;
        gx_flaws flaws = gx_dmn_verify(&c.arena, d->dmn); /* tables are proved before they decide anything */
        gx_flaws_report(&c.arena, &flaws, d->path, findings);
    }
    gx_arena_release(&c.arena);
}

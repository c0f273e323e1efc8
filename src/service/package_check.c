/* Cross-checks between the definitions of all packages: what each refers to must be there, in both languages.
 * Which variables exist is checked in package_variables.c. */
#include "service/package_internal.h"
#include "base/file.h"
#include "bpmn/explore.h"
#include "dmn/verify.h"
#include "service/case_search.h"
#include "service/register.h"

#include <ctype.h>
#include <string.h>

void gx_check_report(gx_checking *c, gx_severity severity, gx_spot spot, const char *code,
                     const gx_text *parts_from_1, size_t count)
{
    gx_error error;
    gx_error_fill(&error, code, (gx_place){spot.path, spot.line, spot.column}, parts_from_1, count);
    gx_findings_add(c->findings, severity, &error);
}

/* "Did you mean": the candidate that differs least from what stands there. */
typedef struct nearest {
    gx_text wanted, found;
    size_t best;
} nearest;

static nearest nearest_to(gx_text wanted)
{
    return (nearest){wanted, {"", 0}, wanted.size / 3 + 2};
}

static void consider(nearest *n, gx_text candidate)
{
    size_t edits = gx_text_edits(n->wanted, candidate, n->best);
    if (edits < n->best) {
        n->best = edits;
        n->found = candidate;
    }
}

static void report_missing(gx_checking *c, gx_spot spot, const char *kind, const nearest *n)
{
    if (n->found.size)
        gx_check_error(c, spot, "package.reference.near", gx_text_of(kind), n->wanted, n->found);
    else
        gx_check_error(c, spot, "package.reference", gx_text_of(kind), n->wanted);
}

void gx_check_reference(gx_checking *c, gx_spot spot, gx_definition_kind kind, gx_text id)
{
    if (gx_packages_find(c->packages, kind, id))
        return;
    nearest n = nearest_to(id);
    const gx_definition *d;
    for (size_t i = 0; (d = gx_packages_next(c->packages, kind, &i));)
        consider(&n, d->id);
    report_missing(c, spot, gx_definition_kind_name(kind), &n);
}

static bool has_message(gx_checking *c, gx_text key, const char *language)
{
    const gx_definition *m;
    gx_text suffix = gx_format(&c->arena, ".%s", language);
    for (size_t i = 0; (m = gx_packages_next(c->packages, GX_DEFINITION_MESSAGES, &i));)
        if (gx_text_ends_with(m->id, suffix) && gx_json_get_text_name(m->json, key))
            return true;
    return false;
}

void gx_check_message(gx_checking *c, gx_spot spot, gx_text key)
{
    static const char *const languages[] = {"zh", "en"};
    for (size_t i = 0; i < GX_COUNT_OF(languages); i++)
        if (!has_message(c, key, languages[i]))
            gx_check_error(c, spot, "package.message", key, gx_text_of(languages[i]));
}

/* ---- Departments: known when a package brings the register's data ---- */

static void read_departments(gx_checking *c)
{
    size_t count;
    const gx_package_info *infos = gx_packages_info(c->packages, &count);
    c->departments = gx_map_in(&c->arena);
    for (size_t i = 0; i < count; i++) {
        const char *path =
            infos[i].folder ? gx_format(&c->arena, "%s/data/department.json", infos[i].folder).bytes : "";
        gx_text source;
        if (!infos[i].folder || !gx_file_exists(path) ||
            !gx_file_read(&c->arena, path, GX_LIMIT_FILE_BYTES, &source, NULL))
            continue;
        const gx_json *records =
            gx_json_get(gx_json_parse(&c->arena, source, gx_text_of(path), NULL), "records");
        for (const gx_json *record = records ? records->first : NULL; record; record = record->next)
            gx_map_put(&c->departments, gx_json_text_of(record, "id"), c);
        c->has_departments |= records != NULL;
    }
}

static void check_department(gx_checking *c, gx_spot spot, gx_text id)
{
    if (!c->has_departments || !id.size || gx_map_get(&c->departments, id))
        return;
    nearest n = nearest_to(id);
    for (size_t i = 0; i < c->departments.count; i++)
        consider(&n, c->departments.entries[i].key);
    report_missing(c, spot, "department", &n);
}

/* ---- Matters ---- */

static const char *const matter_members[] = {
    "id",          "name",          "nameEn",     "group",      "stage",         "owner",
    "cooperating", "kind",          "keywords",   "legalLimit", "promisedLimit", "basis",
    "documents",   "prerequisites", "neededWhen", "stopClock",  "result",        "form",
    "process",     "apply",         "steps",      "notes",      "sample",
};

static void check_limit(gx_checking *c, const gx_definition *d, const char *name)
{
    const gx_json *limit = gx_json_get(d->json, name);
    gx_text unit = gx_json_text_of(limit, "unit");
    bool is_unit = gx_text_equal(unit, GX_TEXT("workday")) || gx_text_equal(unit, GX_TEXT("day")) ||
                   gx_text_equal(unit, GX_TEXT("immediate"));
    int64_t n = gx_json_int_of(limit, "n", -1);
    bool is_number = gx_text_equal(unit, GX_TEXT("immediate")) || (n >= 0 && n <= 3660);
    if (!gx_json_is_nothing(limit) && (!is_unit || !is_number))
        gx_check_error(c, gx_spot_of(d, limit), "package.matter.limit", d->id, gx_text_of(name));
}

/* A step of the line that applicants see stands for elements of the process or of those it calls. */
static bool has_element(const gx_checking *c, gx_text process, gx_text element, int depth)
{
    const gx_definition *d = gx_packages_find(c->packages, GX_DEFINITION_PROCESS, process);
    for (uint32_t i = 1; d && d->process && i < d->process->node_count; i++) {
        const gx_bpmn_node *node = &d->process->nodes[i];
        bool is_called = node->kind == GX_NODE_CALL && !node->called.feel && depth < 8;
        if (gx_text_equal(node->id, element) ||
            (is_called && has_element(c, node->called.text, element, depth + 1)))
            return true;
    }
    return d == NULL; /* that it is absent is said elsewhere */
}

static void check_steps(gx_checking *c, const gx_definition *d)
{
    const gx_json *steps = gx_json_get(d->json, "steps");
    gx_text process = gx_json_text_of(d->json, "process");
    for (const gx_json *step = steps ? steps->first : NULL; step; step = step->next) {
        const gx_json *elements = gx_json_get(step, "elements");
        if (!gx_json_text_of(step, "name").size || !gx_json_text_of(step, "nameEn").size)
            gx_check_error(c, gx_spot_of(d, step), "package.matter.name", gx_json_text_of(step, "key"));
        if (!elements && !has_element(c, process, gx_json_text_of(step, "key"), 0))
            gx_check_error(c, gx_spot_of(d, step), "package.matter.step", gx_json_text_of(step, "key"),
                           process);
        for (const gx_json *id = elements ? elements->first : NULL; id; id = id->next)
            if (!has_element(c, process, gx_json_text(id), 0))
                gx_check_error(c, gx_spot_of(d, id), "package.matter.step", gx_json_text(id), process);
    }
}

static void check_permit(gx_checking *c, const gx_definition *d)
{
    const gx_json *permit = gx_json_path(d->json, "result.permit");
    if (gx_json_is(permit, GX_JSON_STRING))
        gx_check_reference(c, gx_spot_of(d, permit), GX_DEFINITION_LETTER, permit->text);
}

static void check_members(gx_checking *c, const gx_definition *d, const char *const *names, size_t count)
{
    for (const gx_json *member = d->json->first; member; member = member->next) {
        bool is_known = false;
        for (size_t i = 0; i < count && !is_known; i++)
            is_known = gx_text_equal(member->name, gx_text_of(names[i]));
        if (!is_known)
            gx_check_warning(c, gx_spot_of(d, member), "package.member", member->name);
    }
}

static void check_offices(gx_checking *c, const gx_definition *d)
{
    const gx_json *owner = gx_json_get(d->json, "owner"), *others = gx_json_get(d->json, "cooperating");
    check_department(c, gx_spot_of(d, owner), gx_json_text(owner));
    for (const gx_json *other = others ? others->first : NULL; other; other = other->next)
        check_department(c, gx_spot_of(d, other), gx_json_text(other));
    if (gx_json_bool_of(d->json, "apply", false) && !gx_json_text(owner).size)
        gx_check_error(c, gx_spot_of(d, d->json), "package.matter.owner", d->id);
}

static void check_matter(gx_checking *c, const gx_definition *d)
{
    const gx_json *documents = gx_json_get(d->json, "documents"), *form = gx_json_get(d->json, "form"),
                  *process = gx_json_get(d->json, "process"),
                  *prerequisites = gx_json_get(d->json, "prerequisites");
    if (!gx_json_text_of(d->json, "name").size || !gx_json_text_of(d->json, "nameEn").size)
        gx_check_error(c, gx_spot_of(d, d->json), "package.matter.name", d->id);
    if (!gx_text_equal(gx_json_text_of(d->json, "id"), d->id))
        gx_check_error(c, gx_spot_of(d, gx_json_get(d->json, "id")), "package.id",
                       gx_json_text_of(d->json, "id"), d->id);
    for (const gx_json *id = documents ? documents->first : NULL; id; id = id->next)
        if (!gx_packages_document(c->packages, gx_json_text(id)))
            gx_check_error(c, gx_spot_of(d, id), "package.reference", GX_TEXT("document"), gx_json_text(id));
    if (gx_json_is(form, GX_JSON_STRING))
        gx_check_reference(c, gx_spot_of(d, form), GX_DEFINITION_FORM, form->text);
    if (gx_json_is(process, GX_JSON_STRING))
        gx_check_reference(c, gx_spot_of(d, process), GX_DEFINITION_PROCESS, process->text);
    if (gx_json_bool_of(d->json, "apply", false) && !gx_json_is(process, GX_JSON_STRING))
        gx_check_error(c, gx_spot_of(d, d->json), "package.matter.process", d->id);
    for (const gx_json *entry = prerequisites ? prerequisites->first : NULL; entry; entry = entry->next)
        for (gx_text rest = gx_json_text(entry); rest.bytes && rest.size;)
            gx_check_reference(c, gx_spot_of(d, entry), GX_DEFINITION_MATTER,
                               gx_text_trim(gx_text_cut(rest, '|', &rest)));
    check_limit(c, d, "legalLimit");
    check_limit(c, d, "promisedLimit");
    check_offices(c, d);
    check_steps(c, d);
    check_permit(c, d);
    check_members(c, d, matter_members, GX_COUNT_OF(matter_members));
}

/* ---- Processes ---- */

const gx_skill *gx_check_find_skill(const gx_checking *c, gx_text name)
{
    for (size_t i = 0; i < c->skill_count; i++)
        if (gx_text_equal(name, gx_text_of(c->skills[i].name)))
            return &c->skills[i];
    return NULL;
}

static void check_role_name(gx_checking *c, gx_spot spot, gx_text role)
{
    nearest n = nearest_to(role);
    const gx_definition *d;
    for (size_t i = 0; (d = gx_packages_next(c->packages, GX_DEFINITION_ROLES, &i));) {
        const gx_json *roles = gx_json_get(d->json, "roles");
        if (gx_json_get_text_name(roles, role))
            return;
        for (const gx_json *known = roles ? roles->first : NULL; known; known = known->next)
            consider(&n, known->name);
    }
    report_missing(c, spot, "role", &n);
}

static const gx_mapping *find_input(const gx_bpmn_node *node, gx_text name)
{
    for (uint32_t i = 0; i < node->input_count; i++)
        if (gx_text_equal(node->inputs[i].name, name))
            return &node->inputs[i];
    return NULL;
}

/* One input of a skill as skills.def writes it: NAME, NAME?, NAME:WHAT, or "..." for any further names. */
typedef struct skill_input {
    gx_text name, what;
    bool is_optional;
} skill_input;

static bool next_input(gx_text *rest, skill_input *input)
{
    if (!rest->bytes || !rest->size)
        return false;
    gx_text item = gx_text_trim(gx_text_cut(*rest, ',', rest));
    input->name = gx_text_cut(item, ':', &input->what);
    input->is_optional = gx_text_ends_with(input->name, GX_TEXT("?"));
    input->name.size -= input->is_optional;
    return true;
}

static bool constant_of(gx_expression expression, gx_value *value)
{
    if (!expression.feel)
        *value = gx_value_text(expression.text);
    return !expression.feel || gx_feel_constant(expression.feel, value);
}

static void check_named(gx_checking *c, gx_spot spot, gx_text what, gx_text name)
{
    if (gx_text_equal(what, GX_TEXT("notice"))) {
        gx_check_message(c, spot, gx_format(&c->arena, "notice.%.*s.title", GX_PRINT(name)));
        gx_check_message(c, spot, gx_format(&c->arena, "notice.%.*s.text", GX_PRINT(name)));
        return;
    }
    static const gx_definition_kind kinds[] = {GX_DEFINITION_LETTER, GX_DEFINITION_MATTER,
                                               GX_DEFINITION_REGISTER};
    for (size_t i = 0; i < GX_COUNT_OF(kinds); i++)
        if (gx_text_equal(what, gx_text_of(gx_definition_kind_name(kinds[i]))))
            gx_check_reference(c, spot, kinds[i], name);
}

/* What a skill is told to make or say must exist, where the process says it as a constant. */
static void check_skill_words(gx_checking *c, gx_spot spot, gx_text what, const gx_mapping *given)
{
    gx_value value;
    if (!what.size || !constant_of(given->value, &value))
        return;
    if (value.kind == GX_LIST)
        for (uint32_t i = 0; i < value.size; i++)
            check_named(c, spot, what, gx_value_as_text(value.items[i]));
    else
        check_named(c, spot, what, gx_value_as_text(value));
}

static void check_skill_inputs(gx_checking *c, const gx_definition *d, const gx_bpmn_node *node,
                               const gx_skill *skill)
{
    gx_spot spot = gx_spot_of_node(d, node);
    skill_input input;
    bool takes_any = false;
    for (gx_text rest = gx_text_of(skill->inputs); next_input(&rest, &input);) {
        takes_any |= gx_text_equal(input.name, GX_TEXT("..."));
        if (takes_any)
            continue;
        const gx_mapping *given = find_input(node, input.name);
        if (node->input_count && !input.is_optional && !given)
            gx_check_error(c, spot, "package.skill.needs", node->skill, input.name, node->id);
        if (given)
            check_skill_words(c, gx_spot_of_mapping(d, given), input.what, given);
    }
    for (uint32_t i = 0; i < node->input_count && !takes_any; i++) {
        bool is_taken = false;
        for (gx_text rest = gx_text_of(skill->inputs); !is_taken && next_input(&rest, &input);)
            is_taken = gx_text_equal(input.name, node->inputs[i].name);
        if (!is_taken)
            gx_check_error(c, gx_spot_of_mapping(d, &node->inputs[i]), "package.skill.takes", node->skill,
                           node->inputs[i].name, node->id);
    }
}

static void check_service(gx_checking *c, const gx_definition *d, const gx_bpmn_node *node)
{
    const gx_skill *skill = gx_check_find_skill(c, node->skill);
    gx_spot spot = gx_spot_of_node(d, node);
    if (!skill) {
        gx_check_error(c, spot, "package.skill", node->skill, node->id);
        return;
    }
    if (node->is_job && !skill->is_job)
        gx_check_error(c, spot, "package.skill.job", node->skill, node->id);
    check_skill_inputs(c, d, node, skill);
}

/* Inputs of a decision: what is given must be known to it, what it reads must be given. */
static void check_decision_inputs(gx_checking *c, const gx_definition *d, const gx_bpmn_node *node)
{
    const gx_definition *decision = gx_packages_decision(c->packages, node->called.text);
    gx_dmn_item which, *items;
    if (!decision || !decision->dmn)
        return;
    if (!gx_dmn_find_main(decision->dmn, node->called.text, &which)) {
        gx_check_error(c, gx_spot_of_node(d, node), "package.decision.which", node->called.text, node->id);
        return;
    }
    size_t count = gx_dmn_inputs_of(&c->arena, decision->dmn, which.name, &items);
    for (uint32_t i = 0; i < node->input_count; i++) {
        bool is_read = false;
        for (size_t j = 0; j < count && !is_read; j++)
            is_read = gx_text_equal(items[j].name, node->inputs[i].name);
        if (!is_read)
            gx_check_error(c, gx_spot_of_mapping(d, &node->inputs[i]), "package.decision.takes", which.name,
                           node->inputs[i].name, node->id);
    }
    for (size_t j = 0; j < count && node->input_count; j++)
        if (!find_input(node, items[j].name))
            gx_check_error(c, gx_spot_of_node(d, node), "package.decision.needs", which.name, items[j].name,
                           node->id);
}

static void check_user_task(gx_checking *c, const gx_definition *d, const gx_bpmn_node *node)
{
    gx_spot spot = gx_spot_of_node(d, node);
    if (node->form.text.bytes && !node->form.feel)
        gx_check_reference(c, spot, GX_DEFINITION_FORM, node->form.text);
    if (!node->role.text.bytes && !node->role.feel && !node->assignee.text.bytes && !node->assignee.feel)
        gx_check_warning(c, spot, "package.task.nobody", node->id);
    if (node->role.text.bytes && !node->role.feel)
        check_role_name(c, spot, node->role.text);
    if (!node->department.feel)
        check_department(c, spot, node->department.text);
    for (gx_text rest = node->outcomes; rest.bytes && rest.size;) {
        gx_text outcome = gx_text_trim(gx_text_cut(rest, ',', &rest));
        gx_check_message(c, spot, gx_format(&c->arena, "outcome.%.*s", GX_PRINT(outcome)));
    }
}

static void check_node(gx_checking *c, const gx_definition *d, const gx_bpmn_node *node)
{
    if (node->skill.size && !node->is_external)
        check_service(c, d, node);
    if (node->kind == GX_NODE_RULE_TASK && !node->called.feel) {
        gx_check_reference(c, gx_spot_of_node(d, node), GX_DEFINITION_DECISION, node->called.text);
        check_decision_inputs(c, d, node);
    }
    if (node->kind == GX_NODE_CALL && !node->called.feel)
        gx_check_reference(c, gx_spot_of_node(d, node), GX_DEFINITION_PROCESS, node->called.text);
    if (node->kind == GX_NODE_USER_TASK)
        check_user_task(c, d, node);
}

/* ---- Messages, forms, roles, registers ---- */

/* The parameters {0} to {9} that a text has, as bits. */
static unsigned parameters_of(gx_text text)
{
    unsigned bits = 0;
    for (size_t i = 0; i + 2 < text.size; i++)
        if (text.bytes[i] == '{' && text.bytes[i + 1] >= '0' && text.bytes[i + 1] <= '9' &&
            text.bytes[i + 2] == '}')
            bits |= 1u << (text.bytes[i + 1] - '0');
    return bits;
}

static void check_messages(gx_checking *c, const gx_definition *d)
{
    bool is_zh = gx_text_ends_with(d->id, GX_TEXT(".zh"));
    if (!is_zh && !gx_text_ends_with(d->id, GX_TEXT(".en"))) {
        gx_check_error(c, gx_spot_of(d, d->json), "package.language", d->id);
        return;
    }
    gx_text stem = gx_text_slice(d->id, 0, d->id.size - 3);
    const gx_definition *partner =
        gx_packages_find(c->packages, GX_DEFINITION_MESSAGES,
                         gx_format(&c->arena, "%.*s.%s", GX_PRINT(stem), is_zh ? "en" : "zh"));
    for (const gx_json *member = d->json->first; member; member = member->next) {
        const gx_json *other = gx_json_get_text_name(partner ? partner->json : NULL, member->name);
        if (!other)
            gx_check_error(c, gx_spot_of(d, member), "package.message", member->name,
                           gx_text_of(is_zh ? "en" : "zh"));
        else if (is_zh && parameters_of(gx_json_text(member)) != parameters_of(gx_json_text(other)))
            gx_check_error(c, gx_spot_of(d, member), "package.message.parameters", member->name);
    }
}

static void each_component(gx_arena *arena, const gx_json *components, gx_text prefix,
                           void (*visit)(void *, const gx_json *, gx_text), void *context)
{
    for (const gx_json *component = components ? components->first : NULL; component;
         component = component->next) {
        gx_text key = gx_json_text_of(component, "key"),
                own = key.size ? key : gx_json_text_of(component, "path");
        gx_text path =
            own.size ? gx_format(arena, "%.*s%s%.*s", GX_PRINT(prefix), prefix.size ? "." : "", GX_PRINT(own))
                     : prefix;
        if (own.size)
            visit(context, component, path);
        each_component(arena, gx_json_get(component, "components"), path, visit, context);
    }
}

void gx_form_each(gx_arena *arena, const gx_json *form, void (*visit)(void *, const gx_json *, gx_text),
                  void *context)
{
    each_component(arena, gx_json_get(form, "components"), (gx_text){"", 0}, visit, context);
}

typedef struct form_check {
    gx_checking *c;
    const gx_definition *form;
    gx_map paths, roots;
} form_check;

static void note_field(void *context, const gx_json *component, gx_text path)
{
    form_check *f = context;
    gx_text rest;
    gx_map_put(&f->roots, gx_text_cut(path, '.', &rest), f);
    if (gx_map_put(&f->paths, path, f))
        gx_check_error(f->c, gx_spot_of(f->form, component), "package.form.twice", f->form->id, path);
}

/* A component that people read has its words in both languages; a condition reads fields of the form. */
static void check_components(form_check *f, const gx_json *components)
{
    gx_checking *c = f->c;
    for (const gx_json *component = components ? components->first : NULL; component;
         component = component->next) {
        gx_text words = gx_json_text_of(component, "label");
        if (!words.size)
            words = gx_json_text_of(component, "text");
        if (words.size && !gx_json_text(gx_json_path(component, "properties.en")).size)
            gx_check_error(c, gx_spot_of(f->form, component), "package.form.language", words);
        const gx_json *hide = gx_json_path(component, "conditional.hide");
        gx_text source = gx_text_trim(gx_json_text(hide));
        if (gx_text_starts_with(source, GX_TEXT("=")))
            source = gx_text_slice(source, 1, source.size);
        gx_error error = {0};
        gx_feel_options options = {.place = {f->form->path, hide ? hide->line : 0, hide ? hide->column : 0}};
        const gx_feel *feel = source.size ? gx_feel_compile(&c->arena, source, &options, &error) : NULL;
        if (source.size && !feel)
            gx_findings_add(c->findings, GX_SEVERITY_ERROR, &error);
        size_t count = 0;
        const gx_text *names = feel ? gx_feel_names(feel, &count) : NULL;
        for (size_t i = 0; i < count; i++) {
            gx_text rest;
            if (!gx_map_get(&f->paths, names[i]) && !gx_map_get(&f->roots, gx_text_cut(names[i], '.', &rest)))
                gx_check_error(c, gx_spot_of(f->form, hide), "package.form.field", names[i], f->form->id);
        }
        check_components(f, gx_json_get(component, "components"));
    }
}

static void check_form(gx_checking *c, const gx_definition *d)
{
    const gx_json *components = gx_json_get(d->json, "components");
    if (!gx_json_is(components, GX_JSON_ARRAY)) {
        gx_check_error(c, gx_spot_of(d, d->json), "package.form", d->id);
        return;
    }
    form_check f = {c, d, gx_map_in(&c->arena), gx_map_in(&c->arena)};
    gx_form_each(&c->arena, d->json, note_field, &f);
    check_components(&f, components);
}

static void check_role(gx_checking *c, const gx_definition *d, const gx_json *role)
{
    const gx_json *may = gx_json_get(role, "may");
    if (!gx_json_text(gx_json_path(role, "title.zh")).size ||
        !gx_json_text(gx_json_path(role, "title.en")).size)
        gx_check_error(c, gx_spot_of(d, role), "package.role.title", role->name);
    for (const gx_json *member = role->first; member; member = member->next)
        if (!gx_text_equal(member->name, GX_TEXT("title")) && !gx_text_equal(member->name, GX_TEXT("may")))
            gx_check_error(c, gx_spot_of(d, member), "package.role.member", role->name, member->name);
    for (const gx_json *right = may ? may->first : NULL; right; right = right->next) {
        static const char *const reaches[] = {"assigned", "own-company", "department", "all"};
        bool is_known = false;
        for (size_t i = 0; i < GX_COUNT_OF(reaches); i++)
            is_known |= gx_text_equal(gx_json_text(right), gx_text_of(reaches[i]));
        if (!is_known)
            gx_check_error(c, gx_spot_of(d, right), "package.role.reach", right->name, gx_json_text(right));
    }
}

static void check_roles(gx_checking *c, const gx_definition *d)
{
    const gx_json *roles = gx_json_get(d->json, "roles");
    if (!gx_json_is(roles, GX_JSON_OBJECT))
        gx_check_error(c, gx_spot_of(d, d->json), "package.roles");
    else
        for (const gx_json *role = roles->first; role; role = role->next)
            check_role(c, d, role);
}

static bool is_search_id(gx_text id)
{
    bool is_good = id.size > 0 && id.size <= 40 && isalpha((unsigned char)id.bytes[0]);
    for (size_t i = 0; i < id.size; i++)
        is_good = is_good && (isalnum((unsigned char)id.bytes[i]) || id.bytes[i] == '_');
    return is_good;
}

/* Ids are those of all packages together: one row of a case has one meaning. */
static void check_search(gx_checking *c, const gx_definition *d)
{
    static const char *const members[] = {"id", "path", "type", "title"};
    const gx_json *list = gx_json_get(d->json, "variables");
    gx_search_type type;
    if (!gx_json_is(list, GX_JSON_ARRAY))
        gx_check_error(c, gx_spot_of(d, d->json), "package.search");
    for (const gx_json *one = gx_json_is(list, GX_JSON_ARRAY) ? list->first : NULL; one; one = one->next) {
        gx_text id = gx_json_text_of(one, "id");
        if (!is_search_id(id))
            gx_check_error(c, gx_spot_of(d, one), "package.search.id", id);
        else if (gx_map_put(&c->search_ids, id, (void *)(uintptr_t)one))
            gx_check_error(c, gx_spot_of(d, one), "package.id", id, (gx_text){"", 0});
        if (!gx_json_text_of(one, "path").size || !gx_search_type_of(gx_json_text_of(one, "type"), &type))
            gx_check_error(c, gx_spot_of(d, one), "package.search.type", id);
        if (!gx_json_text(gx_json_path(one, "title.zh")).size ||
            !gx_json_text(gx_json_path(one, "title.en")).size)
            gx_check_error(c, gx_spot_of(d, one), "package.search.title", id);
        for (const gx_json *member = one->first; member; member = member->next) {
            bool is_known = false;
            for (size_t i = 0; i < GX_COUNT_OF(members); i++)
                is_known = is_known || gx_text_equal(member->name, gx_text_of(members[i]));
            if (!is_known)
                gx_check_error(c, gx_spot_of(d, member), "package.search.member", id, member->name);
        }
    }
    if (c->search_ids.count > GX_SEARCH_FIELDS)
        gx_check_error(c, gx_spot_of(d, d->json), "package.search.many");
}

/* The lists of field names in x-gx name fields of the schema; what is searched is not personal, because a
 * search tells. */
static void check_register(gx_checking *c, const gx_definition *d)
{
    static const char *const lists[] = {"search", "columns", "filters"};
    const gx_json *settings = gx_json_get(d->json, "x-gx"), *properties = gx_json_get(d->json, "properties");
    if (!gx_json_text(gx_json_path(settings, "title.zh")).size ||
        !gx_json_text(gx_json_path(settings, "title.en")).size)
        gx_check_error(c, gx_spot_of(d, settings), "package.register.title", d->id);
    for (size_t i = 0; i < GX_COUNT_OF(lists); i++) {
        const gx_json *list = gx_json_get(settings, lists[i]);
        for (const gx_json *field = list ? list->first : NULL; field; field = field->next) {
            gx_text rest, root = gx_text_cut(gx_json_text(field), '.', &rest);
            const gx_json *property = gx_json_get_text_name(properties, root);
            gx_text class = gx_json_text_of(property, "x-class");
            bool is_private =
                gx_text_equal(class, GX_TEXT("personal")) || gx_text_equal(class, GX_TEXT("sensitive"));
            if (!property)
                gx_check_error(c, gx_spot_of(d, field), "package.register.field", d->id, gx_json_text(field));
            else if (i == 0 && is_private)
                gx_check_error(c, gx_spot_of(d, field), "package.register.search", gx_json_text(field));
        }
    }
    static const char *const fields[] = {"key", "titleField"};
    for (size_t i = 0; i < GX_COUNT_OF(fields); i++) {
        const gx_json *field = gx_json_get(settings, fields[i]);
        if (field && !gx_json_get_text_name(properties, gx_json_text(field)))
            gx_check_error(c, gx_spot_of(d, field), "package.register.field", d->id, gx_json_text(field));
    }
    gx_register_check_schema(d->json, d->path, c->findings);
    for (const gx_json *property = properties ? properties->first : NULL; property; property = property->next)
        if (!gx_json_text_of(property, "title").size || !gx_json_text_of(property, "x-en").size)
            gx_check_error(c, gx_spot_of(d, property), "package.register.label", property->name);
}

static const gx_definition *next_checked(const gx_checking *c, gx_definition_kind kind, size_t *index)
{
    const gx_definition *d;
    while ((d = gx_packages_next(c->packages, kind, index)) && c->only_new && d->version > 0)
        continue;
    return d;
}

static void check_all(gx_checking *c)
{
    static void (*const checks[GX_DEFINITION_KINDS])(gx_checking *, const gx_definition *) = {
        [GX_DEFINITION_MATTER] = check_matter,     [GX_DEFINITION_MESSAGES] = check_messages,
        [GX_DEFINITION_FORM] = check_form,         [GX_DEFINITION_ROLES] = check_roles,
        [GX_DEFINITION_REGISTER] = check_register, [GX_DEFINITION_SEARCH] = check_search,
    };
    const gx_definition *d;
    c->search_ids = gx_map_in(&c->arena);
    read_departments(c);
    for (size_t kind = 0; kind < GX_DEFINITION_KINDS; kind++)
        for (size_t i = 0; (d = next_checked(c, (gx_definition_kind)kind, &i));)
            if (checks[kind] && gx_json_is(d->json, GX_JSON_OBJECT))
                checks[kind](c, d);
            else if (checks[kind] && d->json)
                gx_check_error(c, gx_spot_of(d, d->json), "package.object", d->id);
    for (size_t i = 0; (d = next_checked(c, GX_DEFINITION_PROCESS, &i));)
        for (uint32_t n = 1; d->process && n < d->process->node_count; n++)
            check_node(c, d, &d->process->nodes[n]);
    for (size_t i = 0; (d = next_checked(c, GX_DEFINITION_PROCESS, &i));)
        gx_check_vendor(c, d);
    gx_check_variables(c);
    for (size_t i = 0; (d = next_checked(c, GX_DEFINITION_PROCESS, &i));)
        for (uint32_t p = 0; d->bpmn && p < d->bpmn->process_count; p++) { /* and processes before they run */
            gx_exploration exploration = gx_bpmn_explore(&c->arena, &d->bpmn->processes[p], NULL);
            gx_explored_report(&c->arena, d->bpmn, &d->bpmn->processes[p], &exploration, c->findings);
        }
    for (size_t i = 0; (d = next_checked(c, GX_DEFINITION_DECISION, &i));) {
        if (!d->dmn)
            continue;
        gx_flaws flaws = gx_dmn_verify(&c->arena, d->dmn); /* tables are proved before they decide anything */
        gx_flaws_report(&c->arena, &flaws, d->path, c->findings);
    }
    gx_arena_release(&c->arena);
}

void gx_packages_check(const gx_packages *packages, const gx_skill *skills, size_t skill_count,
                       gx_findings *findings)
{
    check_all(&(gx_checking){.packages = packages,
                             .skills = skills,
                             .skill_count = skill_count,
                             .findings = findings,
                             .arena = gx_arena_of(SIZE_MAX / 4)});
}

void gx_packages_check_new(const gx_packages *packages, const gx_skill *skills, size_t skill_count,
                           gx_findings *findings)
{
    check_all(&(gx_checking){.packages = packages,
                             .skills = skills,
                             .skill_count = skill_count,
                             .findings = findings,
                             .only_new = true,
                             .arena = gx_arena_of(SIZE_MAX / 4)});
}

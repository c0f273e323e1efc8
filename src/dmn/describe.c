/* Models as data. An input's type is the declared one; where a model declares none, the columns that read the
 * input, or a member of it (`project.landMode`), say what they expect. */
#include "dmn/describe.h"
#include "base/limits.h"
#include "dmn/model.h"

#include <string.h>

enum { SUGGESTED_MOST = 50, MEMBERS_MOST = 100 };

/* ---- Types ---- */

static const char *type_name(const gx_type *type)
{
    if (!type)
        return "any";
    switch (type->kind) {
    case GX_TYPE_SCALAR: return gx_kind_name(type->scalar);
    case GX_TYPE_LIST: return "list";
    case GX_TYPE_CONTEXT: return "context";
    case GX_TYPE_RANGE: return "range";
    case GX_TYPE_FUNCTION: return "function";
    case GX_TYPE_NULL: return "null";
    case GX_TYPE_ANY: break;
    }
    return "any";
}

/* The values of tests that are nothing but values; NULL when there are ranges or negations among them. */
static gx_json *listed_values(gx_arena *arena, const gx_feel *tests)
{
    const gx_feel_test_list *list = tests ? gx_feel_constant_tests(tests) : NULL;
    if (!list || list->is_negated)
        return NULL;
    gx_json *values = gx_json_array(arena);
    for (uint32_t i = 0; i < list->count; i++) {
        if (list->values[i].kind == GX_RANGE || list->values[i].kind == GX_LIST)
            return NULL;
        gx_json_append(values, gx_value_to_json(arena, list->values[i]));
    }
    return values;
}

static void set_allowed(gx_arena *arena, gx_json *json, const gx_feel *allowed)
{
    gx_json *values = listed_values(arena, allowed);
    gx_json_set(arena, json, "allowed",
                allowed ? gx_json_string(arena, gx_text_trim(gx_feel_source(allowed))) : gx_json_null(arena));
    gx_json_set(arena, json, "values", values ? values : gx_json_null(arena));
}

static void set_type(gx_arena *arena, gx_json *json, const gx_type *type, const gx_feel *allowed,
                     uint32_t depth)
{
    gx_json_set_text(arena, json, "type", gx_text_of(type_name(type)));
    set_allowed(arena, json, allowed ? allowed : type ? type->allowed : NULL);
    if (!type || depth >= GX_LIMIT_TYPE_DEPTH / 10) /* a type may hold itself */
        return;
    if (type->kind == GX_TYPE_LIST)
        set_type(arena, gx_json_set(arena, json, "element", gx_json_object(arena)), type->element, NULL,
                 depth + 1);
    if (type->kind != GX_TYPE_CONTEXT)
        return;
    gx_json *fields = gx_json_set(arena, json, "fields", gx_json_array(arena));
    for (uint32_t i = 0; i < type->count; i++) {
        gx_json *field = gx_json_append(fields, gx_json_object(arena));
        gx_json_set_text(arena, field, "name", type->fields[i].name);
        set_type(arena, field, type->fields[i].type, NULL, depth + 1);
    }
}

/* ---- Columns that read an input ---- */

typedef void column_visitor(void *context, gx_text source, const gx_dmn_table *table, uint32_t column);

static void visit_expression(const gx_dmn_expression *expression, column_visitor *visit, void *context)
{
    if (!expression)
        return;
    const gx_dmn_table *table = expression->table;
    for (uint32_t i = 0; table && i < table->input_count; i++)
        if (table->inputs[i].feel)
            visit(context, gx_text_trim(gx_feel_source(table->inputs[i].feel)), table, i);
    for (uint32_t i = 0; i < expression->item_count; i++)
        visit_expression(expression->items[i], visit, context);
}

static void visit_columns(const gx_dmn *dmn, column_visitor *visit, void *context)
{
    for (uint32_t i = 0; i < dmn->element_count; i++)
        visit_expression(dmn->elements[i].expression, visit, context);
}

typedef struct gathered {
    gx_arena *arena;
    gx_text path; /* what a column must read to count: `grade`, `project.landMode` */
    const gx_type *type;
    const gx_feel *allowed;
    gx_text label;
    bool disagrees, wants_values;
    gx_list_builder suggested;
} gathered;

static void suggest(gathered *g, gx_value value)
{
    if (value.kind == GX_RANGE) {
        if (value.range->has_start)
            suggest(g, value.range->start);
        if (value.range->has_end && !value.range->is_negated)
            suggest(g, value.range->end);
        return;
    }
    bool is_plain = value.kind != GX_NULL && value.kind != GX_BOOLEAN && value.kind != GX_LIST &&
                    value.kind != GX_CONTEXT && value.kind != GX_FUNCTION;
    for (size_t i = 0; i < g->suggested.count; i++)
        is_plain = is_plain && !gx_value_same(g->suggested.items[i], value);
    if (is_plain && g->suggested.count < SUGGESTED_MOST)
        gx_list_add(&g->suggested, value);
}

static void gather_column(void *context, gx_text source, const gx_dmn_table *table, uint32_t column)
{
    gathered *g = context;
    const gx_dmn_input_column *c = &table->inputs[column];
    if (!gx_text_equal(source, g->path))
        return;
    if (!g->label.size && !gx_text_equal(c->label, gx_text_trim(gx_feel_source(c->feel))))
        g->label = c->label;
    if (!g->allowed)
        g->allowed = c->allowed;
    g->disagrees |= g->type && c->type && g->type != c->type;
    if (!g->type)
        g->type = c->type;
    for (uint32_t r = 0; g->wants_values && r < table->rule_count && g->suggested.count < SUGGESTED_MOST;
         r++) {
        const gx_feel_test_list *tests = table->cells[(size_t)r * table->input_count + column].tests;
        for (uint32_t i = 0; tests && i < tests->count; i++)
            suggest(g, tests->values[i]);
    }
}

static gathered gather_path(gx_arena *arena, const gx_dmn *dmn, gx_text path, const gx_type *declared,
                            bool wants_values)
{
    gathered g = {
        .arena = arena, .path = path, .wants_values = wants_values, .suggested = gx_list_begin(arena, 0)};
    visit_columns(dmn, gather_column, &g);
    if (declared && declared->kind != GX_TYPE_ANY)
        g.type = declared;
    else if (g.disagrees)
        g.type = NULL;
    if (g.type && g.type->allowed)
        g.allowed = g.type->allowed;
    return g;
}

typedef struct member_finder {
    gx_arena *arena;
    gx_text prefix; /* `project.` */
    gx_type_field *fields;
    uint32_t count;
} member_finder;

static void find_member(void *context, gx_text source, const gx_dmn_table *table, uint32_t column)
{
    member_finder *finder = context;
    (void)table, (void)column;
    if (!gx_text_starts_with(source, finder->prefix))
        return;
    gx_text name = gx_text_slice(source, finder->prefix.size, source.size);
    for (size_t i = 0; i < name.size; i++)
        if (strchr(" .,()[]{}+-*/<>=\"?", name.bytes[i]))
            return; /* more than a member: a path further down, a call, arithmetic */
    for (uint32_t i = 0; i < finder->count; i++)
        if (gx_text_equal(finder->fields[i].name, name))
            return;
    if (name.size && finder->count < MEMBERS_MOST)
        finder->fields[finder->count++] = (gx_type_field){.name = name};
}

static gx_text member_path(gx_arena *arena, gx_text input, gx_text member)
{
    return gx_format(arena, "%.*s.%.*s", GX_PRINT(input), GX_PRINT(member));
}

/* An input of no declared type whose members columns read is a context of them; NULL when none does. */
static const gx_type *type_of_members(gx_arena *arena, const gx_dmn *dmn, gx_text input)
{
    member_finder finder = {.arena = arena,
                            .prefix = gx_format(arena, "%.*s.", GX_PRINT(input)),
                            .fields = GX_NEW_ARRAY(arena, gx_type_field, MEMBERS_MOST)};
    visit_columns(dmn, find_member, &finder);
    if (!finder.count)
        return NULL;
    for (uint32_t i = 0; i < finder.count; i++)
        finder.fields[i].type =
            gather_path(arena, dmn, member_path(arena, input, finder.fields[i].name), NULL, false).type;
    gx_type *type = GX_NEW(arena, gx_type);
    *type = (gx_type){.kind = GX_TYPE_CONTEXT, .fields = finder.fields, .count = finder.count};
    return type;
}

/* What declaration and columns say of an input. */
static gathered gather(gx_arena *arena, const gx_dmn *dmn, const gx_dmn_item *input, bool wants_values)
{
    gathered g = gather_path(arena, dmn, input->name, input->type, wants_values);
    if (!g.type)
        g.type = type_of_members(arena, dmn, input->name);
    return g;
}

/* The same for the type alone: no cell is looked at. */
static const gx_type *type_of(gx_arena *arena, const gx_dmn *dmn, const gx_dmn_item *input)
{
    bool is_declared = input->type && input->type->kind != GX_TYPE_ANY;
    return is_declared ? input->type : gather(arena, dmn, input, false).type;
}

/* ---- Inputs ---- */

/* What columns know of a context's members goes beside what its type says of them. */
static void set_members(gx_arena *arena, const gx_dmn *dmn, gx_text input, gx_json *json)
{
    const gx_json *fields = gx_json_get(json, "fields");
    for (gx_json *field = fields ? fields->first : NULL; field; field = field->next) {
        gathered g =
            gather_path(arena, dmn, member_path(arena, input, gx_json_text_of(field, "name")), NULL, true);
        if (g.label.size)
            gx_json_set_text(arena, field, "label", g.label);
        if (g.allowed && gx_json_is_nothing(gx_json_get(field, "allowed")))
            set_allowed(arena, field, g.allowed);
        gx_json_set(arena, field, "suggested", gx_value_to_json(arena, gx_list_end(&g.suggested)));
    }
}

gx_json *gx_dmn_describe_inputs(gx_arena *arena, const gx_dmn *dmn, gx_text decision)
{
    gx_dmn_item *inputs;
    size_t count = gx_dmn_inputs_of(arena, dmn, decision, &inputs);
    gx_json *all = gx_json_array(arena);
    for (size_t i = 0; i < count; i++) {
        gathered g = gather(arena, dmn, &inputs[i], true);
        gx_json *json = gx_json_append(all, gx_json_object(arena));
        gx_json_set_text(arena, json, "name", inputs[i].name);
        gx_json_set_text(arena, json, "label", g.label.size ? g.label : inputs[i].name);
        set_type(arena, json, g.type, g.allowed, 0);
        set_members(arena, dmn, inputs[i].name, json);
        gx_json_set(arena, json, "suggested", gx_value_to_json(arena, gx_list_end(&g.suggested)));
    }
    return all;
}

static bool take_text(gx_arena *arena, gx_kind kind, const gx_json *json, gx_text path, gx_value *value,
                      gx_error *error)
{
    *value = gx_temporal_parse(arena, json->text);
    bool fits = value->kind == kind || (kind == GX_DATE_TIME && value->kind == GX_DATE);
    return fits || gx_fail_at(error, "dmn.input.text", ((gx_place){path, json->line, json->column}),
                              json->text, gx_text_of(gx_kind_name(kind)));
}

static bool is_temporal(gx_kind kind)
{
    return kind == GX_DATE || kind == GX_TIME || kind == GX_DATE_TIME || kind == GX_DAYS_DURATION ||
           kind == GX_MONTHS_DURATION;
}

/* The depth of `json` is bounded by its parser. */
static bool take(gx_arena *arena, const gx_type *type, const gx_json *json, gx_text path, gx_value *value,
                 gx_error *error)
{
    if (type && type->kind == GX_TYPE_SCALAR && is_temporal(type->scalar) && json->kind == GX_JSON_STRING)
        return take_text(arena, type->scalar, json, path, value, error);
    if (type && type->kind == GX_TYPE_LIST && json->kind == GX_JSON_ARRAY) {
        gx_list_builder list = gx_list_begin(arena, json->count);
        size_t index = 0;
        for (const gx_json *item = json->first; item; item = item->next) {
            gx_text at = gx_format(arena, "%.*s/%zu", GX_PRINT(path), index++);
            gx_value member;
            if (!take(arena, type->element, item, at, &member, error))
                return false;
            gx_list_add(&list, member);
        }
        *value = gx_list_end(&list);
        return true;
    }
    if (type && type->kind == GX_TYPE_CONTEXT && json->kind == GX_JSON_OBJECT) {
        gx_context_builder context = gx_context_begin(arena, json->count);
        for (const gx_json *item = json->first; item; item = item->next) {
            gx_text at = gx_format(arena, "%.*s/%.*s", GX_PRINT(path), GX_PRINT(item->name));
            const gx_type *field = NULL;
            gx_value member;
            for (uint32_t i = 0; i < type->count && !field; i++)
                if (gx_text_equal(type->fields[i].name, item->name))
                    field = type->fields[i].type;
            if (!take(arena, field, item, at, &member, error))
                return false;
            gx_context_set(&context, gx_copy(arena, item->name), member);
        }
        *value = gx_context_end(&context);
        return true;
    }
    *value = gx_value_from_json(arena, json);
    return true;
}

bool gx_dmn_inputs_from_json(gx_arena *arena, const gx_dmn *dmn, gx_text decision, const gx_json *json,
                             gx_text path, gx_value *inputs, gx_error *error)
{
    gx_dmn_item *items;
    if (json && json->kind != GX_JSON_OBJECT)
        return gx_fail_at(error, "json.member.type", ((gx_place){path, json->line, json->column}), path,
                          GX_TEXT("object"));
    size_t count = gx_dmn_inputs_of(arena, dmn, decision, &items);
    gx_context_builder context = gx_context_begin(arena, json ? json->count : 0);
    for (const gx_json *member = json ? json->first : NULL; member; member = member->next) {
        const gx_type *type = NULL;
        gx_text at = gx_format(arena, "%.*s/%.*s", GX_PRINT(path), GX_PRINT(member->name));
        gx_value value;
        for (size_t i = 0; i < count; i++)
            if (gx_text_equal(items[i].name, member->name))
                type = type_of(arena, dmn, &items[i]);
        if (!take(arena, type, member, at, &value, error))
            return false;
        gx_context_set(&context, gx_copy(arena, member->name), value);
    }
    *inputs = gx_context_end(&context);
    return true;
}

/* ---- Tables ---- */

/* The constants that rules put out in a column, each once, in the order of the rules. */
static gx_json *output_values(gx_arena *arena, const gx_dmn_table *table, uint32_t column)
{
    gx_list_builder values = gx_list_begin(arena, 0);
    for (uint32_t r = 0; r < table->rule_count && values.count < SUGGESTED_MOST; r++) {
        const gx_feel *result = table->results[(size_t)r * table->output_count + column];
        gx_value value;
        bool is_new = result && gx_feel_constant(result, &value);
        for (size_t i = 0; is_new && i < values.count; i++)
            is_new = !gx_value_same(values.items[i], value);
        if (is_new)
            gx_list_add(&values, value);
    }
    return gx_value_to_json(arena, gx_list_end(&values));
}

static gx_json *describe_table(gx_arena *arena, const gx_dmn_element *element, const gx_dmn_table *table)
{
    static const char *const aggregations[] = {[GX_AGGREGATE_NONE] = "",
                                               [GX_AGGREGATE_SUM] = "SUM",
                                               [GX_AGGREGATE_COUNT] = "COUNT",
                                               [GX_AGGREGATE_MIN] = "MIN",
                                               [GX_AGGREGATE_MAX] = "MAX"};
    gx_json *json = gx_json_object(arena);
    gx_json_set_text(arena, json, "decision", element->name);
    gx_json_set_text(arena, json, "id", table->id);
    gx_json_set_text(arena, json, "policy", gx_text_of(gx_hit_policy_letter(table->policy)));
    gx_json_set_text(arena, json, "aggregation", gx_text_of(aggregations[table->aggregation]));
    gx_json_set_int(arena, json, "rules", table->rule_count);
    gx_json *ids = gx_json_set(arena, json, "ruleIds", gx_json_array(arena));
    for (uint32_t r = 0; r < table->rule_count; r++)
        gx_json_append(ids, gx_json_string(arena, table->rule_ids[r]));
    gx_json *inputs = gx_json_set(arena, json, "inputs", gx_json_array(arena));
    for (uint32_t i = 0; i < table->input_count; i++) {
        const gx_dmn_input_column *column = &table->inputs[i];
        gx_json *input = gx_json_append(inputs, gx_json_object(arena));
        gx_json_set_text(arena, input, "id", column->id);
        gx_json_set_text(arena, input, "label", column->label);
        gx_json_set_text(arena, input, "expression",
                         column->feel ? gx_text_trim(gx_feel_source(column->feel)) : GX_TEXT(""));
    }
    gx_json *outputs = gx_json_set(arena, json, "outputs", gx_json_array(arena));
    for (uint32_t i = 0; i < table->output_count; i++) {
        gx_json *output = gx_json_append(outputs, gx_json_object(arena));
        gx_json_set_text(arena, output, "id", table->outputs[i].id);
        gx_json_set_text(arena, output, "name", table->outputs[i].name);
        gx_json_set_text(arena, output, "label", table->outputs[i].label);
        gx_json_set(arena, output, "values", output_values(arena, table, i));
    }
    return json;
}

static void describe_expression(gx_arena *arena, const gx_dmn_element *element,
                                const gx_dmn_expression *expression, gx_json *all)
{
    if (!expression)
        return;
    if (expression->table)
        gx_json_append(all, describe_table(arena, element, expression->table));
    for (uint32_t i = 0; i < expression->item_count; i++)
        describe_expression(arena, element, expression->items[i], all);
}

gx_json *gx_dmn_describe_tables(gx_arena *arena, const gx_dmn *dmn)
{
    gx_json *all = gx_json_array(arena);
    for (uint32_t i = 0; i < dmn->element_count; i++)
        describe_expression(arena, &dmn->elements[i], dmn->elements[i].expression, all);
    return all;
}

/* ---- Flaws ---- */

static bool has_rule(gx_flaw_kind kind)
{
    return kind != GX_FLAW_GAP && kind != GX_FLAW_LIMIT;
}

static bool has_other(gx_flaw_kind kind)
{
    return kind == GX_FLAW_OVERLAP || kind == GX_FLAW_CONFLICT || kind == GX_FLAW_MERGE;
}

static gx_json *describe_column(gx_arena *arena, const gx_flaw *flaw)
{
    bool is_output = flaw->kind == GX_FLAW_OUTPUT;
    if (!is_output && flaw->kind != GX_FLAW_MERGE && flaw->kind != GX_FLAW_UNDECIDED)
        return gx_json_null(arena);
    gx_json *column = gx_json_object(arena);
    gx_json_set_text(arena, column, "of", is_output ? GX_TEXT("output") : GX_TEXT("input"));
    gx_json_set_int(arena, column, "index", (int64_t)flaw->column + 1);
    gx_json_set_text(arena, column, "id",
                     is_output ? flaw->table->outputs[flaw->column].id
                               : flaw->table->inputs[flaw->column].id);
    return column;
}

static gx_json *describe_flaw(gx_arena *arena, const gx_flaw *flaw, gx_language language)
{
    static const char *const kinds[] = {
        [GX_FLAW_GAP] = "gap",     [GX_FLAW_OVERLAP] = "overlap",     [GX_FLAW_CONFLICT] = "conflict",
        [GX_FLAW_NEVER] = "never", [GX_FLAW_HIDDEN] = "hidden",       [GX_FLAW_OUTPUT] = "output",
        [GX_FLAW_MERGE] = "merge", [GX_FLAW_UNDECIDED] = "undecided", [GX_FLAW_LIMIT] = "limit"};
    char sentence[512];
    gx_error error = {0};
    gx_severity severity = gx_flaw_error(arena, flaw, GX_TEXT(""), &error);
    gx_json *json = gx_json_object(arena);
    gx_json_set_text(arena, json, "severity",
                     severity == GX_SEVERITY_ERROR ? GX_TEXT("error") : GX_TEXT("warning"));
    gx_json_set_text(arena, json, "kind", gx_text_of(kinds[flaw->kind]));
    gx_json_set_text(arena, json, "detail",
                     gx_text_of(gx_error_sentence(&error, language, sentence, sizeof sentence)));
    gx_json_set_text(arena, json, "decision", flaw->element);
    gx_json_set_text(arena, json, "table", flaw->table->id);
    gx_json *rules = gx_json_set(arena, json, "rules", gx_json_array(arena));
    gx_json *ids = gx_json_set(arena, json, "ruleIds", gx_json_array(arena));
    const uint32_t numbers[] = {flaw->rule, flaw->other};
    for (int i = 0; i < has_rule(flaw->kind) + has_other(flaw->kind); i++) {
        gx_json_append(rules, gx_json_int(arena, (int64_t)numbers[i] + 1));
        gx_json_append(ids, gx_json_string(arena, flaw->table->rule_ids[numbers[i]]));
    }
    gx_json_set(arena, json, "column", describe_column(arena, flaw));
    gx_json_set(arena, json, "example",
                flaw->example
                    ? gx_value_to_json(arena, gx_value_list(flaw->example, flaw->table->input_count))
                    : gx_json_null(arena));
    gx_json_set_int(arena, json, "line", error.line);
    return json;
}

gx_json *gx_dmn_describe_flaws(gx_arena *arena, const gx_flaws *flaws, gx_language language)
{
    gx_json *all = gx_json_array(arena);
    for (size_t i = 0; i < flaws->count; i++)
        gx_json_append(all, describe_flaw(arena, &flaws->items[i], language));
    return all;
}

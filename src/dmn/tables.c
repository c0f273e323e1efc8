/* Reading decision tables (DMN 1.5, chapter 8). */
#include "dmn/model.h"

const char *gx_hit_policy_letter(gx_hit_policy policy)
{
    switch (policy) {
    case GX_HIT_UNIQUE: return "U";
    case GX_HIT_ANY: return "A";
    case GX_HIT_PRIORITY: return "P";
    case GX_HIT_FIRST: return "F";
    case GX_HIT_COLLECT: return "C";
    case GX_HIT_RULE_ORDER: return "R";
    case GX_HIT_OUTPUT_ORDER: return "O";
    }
    return "";
}

static gx_hit_policy read_policy(gx_dmn_reader *reader, const gx_xml *node)
{
    static const struct {
        gx_text name;
        gx_hit_policy policy;
    } policies[] = {{GX_TEXT("UNIQUE"), GX_HIT_UNIQUE},
                    {GX_TEXT("ANY"), GX_HIT_ANY},
                    {GX_TEXT("PRIORITY"), GX_HIT_PRIORITY},
                    {GX_TEXT("FIRST"), GX_HIT_FIRST},
                    {GX_TEXT("COLLECT"), GX_HIT_COLLECT},
                    {GX_TEXT("RULE ORDER"), GX_HIT_RULE_ORDER},
                    {GX_TEXT("OUTPUT ORDER"), GX_HIT_OUTPUT_ORDER}};
    gx_text name = gx_xml_attribute_of(node, "hitPolicy");
    for (size_t i = 0; i < GX_COUNT_OF(policies); i++)
        if (gx_text_equal(policies[i].name, name))
            return policies[i].policy;
    if (name.size)
        gx_dmn_report(reader, GX_SEVERITY_ERROR, node, "dmn.table.policy", name);
    return GX_HIT_UNIQUE;
}

static gx_aggregation read_aggregation(gx_dmn_reader *reader, const gx_xml *node)
{
    static const struct {
        gx_text name;
        gx_aggregation aggregation;
    } aggregations[] = {{GX_TEXT("SUM"), GX_AGGREGATE_SUM},
                        {GX_TEXT("COUNT"), GX_AGGREGATE_COUNT},
                        {GX_TEXT("MIN"), GX_AGGREGATE_MIN},
                        {GX_TEXT("MAX"), GX_AGGREGATE_MAX}};
    gx_text name = gx_xml_attribute_of(node, "aggregation");
    for (size_t i = 0; i < GX_COUNT_OF(aggregations); i++)
        if (gx_text_equal(aggregations[i].name, name))
            return aggregations[i].aggregation;
    if (name.size)
        gx_dmn_report(reader, GX_SEVERITY_ERROR, node, "dmn.table.aggregation", name);
    return GX_AGGREGATE_NONE;
}

static uint32_t count_of(const gx_xml *node, const char *name)
{
    uint32_t count = 0;
    for (const gx_xml *c = gx_xml_child(node, NULL, name); c; c = gx_xml_next(c, NULL, name))
        count++;
    return count;
}

/* Tests that belong to a column see nothing but the value. */
static const gx_feel *column_tests(gx_dmn_reader *reader, const gx_xml *node, const char *name)
{
    gx_dmn_scope nothing = {0};
    const gx_xml *holder = gx_xml_child(node, NULL, name);
    return holder && gx_xml_child(holder, NULL, "text")
               ? gx_dmn_feel_read(reader, &nothing, holder, GX_FEEL_UNARY_TESTS)
               : NULL;
}

static gx_dmn_input_column read_input(gx_dmn_reader *reader, gx_dmn_scope *scope, const gx_xml *node)
{
    gx_dmn_input_column column = {.id = gx_dmn_attribute(reader, node, "id"),
                                  .label = gx_dmn_attribute(reader, node, "label")};
    const gx_xml *expression = gx_xml_child(node, NULL, "inputExpression");
    if (expression) {
        column.feel = gx_dmn_feel_read(reader, scope, expression, GX_FEEL_EXPRESSION);
        column.type = gx_dmn_type_of(reader, expression);
    }
    if (!column.feel)
        gx_dmn_report(reader, GX_SEVERITY_WARNING, node, "dmn.table.input", column.label);
    else if (!column.label.size)
        column.label = gx_text_trim(gx_feel_source(column.feel));
    column.allowed = column_tests(reader, node, "inputValues");
    return column;
}

static gx_dmn_output_column read_output(gx_dmn_reader *reader, gx_dmn_scope *scope, const gx_xml *node)
{
    gx_dmn_output_column column = {.id = gx_dmn_attribute(reader, node, "id"),
                                   .name = gx_dmn_attribute(reader, node, "name"),
                                   .label = gx_dmn_attribute(reader, node, "label")};
    column.type = gx_dmn_type_of(reader, node);
    column.allowed = column_tests(reader, node, "outputValues");
    const gx_feel_test_list *tests = column.allowed ? gx_feel_constant_tests(column.allowed) : NULL;
    if (tests && !tests->is_negated) {
        column.order = tests->values;
        column.order_count = tests->count;
    } else if (column.type && column.type->allowed &&
               (tests = gx_feel_constant_tests(column.type->allowed)) && !tests->is_negated) {
        column.order = tests->values; /* the allowed values of the type serve where the table has none */
        column.order_count = tests->count;
    }
    const gx_xml *otherwise = gx_xml_child(node, NULL, "defaultOutputEntry");
    if (otherwise)
        column.otherwise = gx_dmn_feel_read(reader, scope, otherwise, GX_FEEL_EXPRESSION);
    if (column.name.size)
        gx_dmn_members_add(reader, column.name);
    return column;
}

static gx_dmn_cell read_cell(gx_dmn_reader *reader, gx_dmn_scope *scope, const gx_xml *node)
{
    gx_dmn_cell cell = {.line = node->line, .column = node->column};
    gx_value constant;
    if (!gx_xml_child(node, NULL, "text")) {
        cell.is_any = true; /* as an empty text */
        return cell;
    }
    cell.feel = gx_dmn_feel_read(reader, scope, node, GX_FEEL_UNARY_TESTS);
    if (!cell.feel)
        return cell;
    cell.tests = gx_feel_constant_tests(cell.feel);
    cell.is_any = !cell.tests && gx_feel_constant(cell.feel, &constant) && gx_value_is_true(constant);
    return cell;
}

static gx_text annotation_of(gx_dmn_reader *reader, const gx_xml *rule)
{
    const gx_xml *annotation = gx_xml_child(rule, NULL, "annotationEntry");
    const gx_xml *text =
        annotation ? gx_xml_child(annotation, NULL, "text") : gx_xml_child(rule, NULL, "description");
    return text ? gx_copy(reader->arena, gx_text_trim(gx_xml_content(reader->work, text))) : GX_TEXT("");
}

static void read_rule(gx_dmn_reader *reader, gx_dmn_scope *scope, const gx_xml *node, gx_dmn_table *table,
                      uint32_t rule)
{
    uint32_t i = 0;
    table->rule_ids[rule] = gx_dmn_attribute(reader, node, "id");
    table->rule_lines[rule] = node->line;
    table->annotations[rule] = annotation_of(reader, node);
    for (const gx_xml *c = gx_xml_child(node, NULL, "inputEntry"); c;
         c = gx_xml_next(c, NULL, "inputEntry"), i++)
        if (i < table->input_count)
            table->cells[(size_t)rule * table->input_count + i] = read_cell(reader, scope, c);
    if (i != table->input_count)
        gx_dmn_report(reader, GX_SEVERITY_ERROR, node, "dmn.table.cells", table->rule_ids[rule]);
    i = 0;
    for (const gx_xml *c = gx_xml_child(node, NULL, "outputEntry"); c;
         c = gx_xml_next(c, NULL, "outputEntry"), i++)
        if (i < table->output_count)
            table->results[(size_t)rule * table->output_count + i] =
                gx_dmn_feel_read(reader, scope, c, GX_FEEL_EXPRESSION);
    if (i != table->output_count)
        gx_dmn_report(reader, GX_SEVERITY_ERROR, node, "dmn.table.cells", table->rule_ids[rule]);
}

gx_dmn_table *gx_dmn_table_read(gx_dmn_reader *reader, gx_dmn_scope *scope, const gx_xml *node)
{
    gx_dmn_table *table = GX_NEW(reader->arena, gx_dmn_table);
    uint32_t i = 0;
    *table = (gx_dmn_table){.id = gx_dmn_attribute(reader, node, "id"),
                            .line = node->line,
                            .column = node->column,
                            .policy = read_policy(reader, node),
                            .aggregation = read_aggregation(reader, node),
                            .input_count = count_of(node, "input"),
                            .output_count = count_of(node, "output"),
                            .rule_count = count_of(node, "rule")};
    size_t rules = table->rule_count;
    table->inputs = GX_NEW_ARRAY(reader->arena, gx_dmn_input_column, table->input_count);
    table->outputs = GX_NEW_ARRAY(reader->arena, gx_dmn_output_column, table->output_count);
    table->cells = GX_NEW_ARRAY(reader->arena, gx_dmn_cell, rules * table->input_count);
    table->results = GX_NEW_ARRAY(reader->arena, const gx_feel *, rules * table->output_count);
    table->rule_ids = GX_NEW_ARRAY(reader->arena, gx_text, rules);
    table->annotations = GX_NEW_ARRAY(reader->arena, gx_text, rules);
    table->rule_lines = GX_NEW_ARRAY(reader->arena, int32_t, rules);
    for (const gx_xml *c = gx_xml_child(node, NULL, "input"); c; c = gx_xml_next(c, NULL, "input"))
        table->inputs[i++] = read_input(reader, scope, c);
    i = 0;
    for (const gx_xml *c = gx_xml_child(node, NULL, "output"); c; c = gx_xml_next(c, NULL, "output"))
        table->outputs[i++] = read_output(reader, scope, c);
    i = 0;
    gx_map constants[] = {gx_map_in(reader->work), gx_map_in(reader->work)};
    _Static_assert((int)GX_FEEL_EXPRESSION == 0 && (int)GX_FEEL_UNARY_TESTS == 1, "one map a kind");
    reader->constants = constants; /* cells repeat: each constant is compiled once in a table */
    for (const gx_xml *c = gx_xml_child(node, NULL, "rule"); c; c = gx_xml_next(c, NULL, "rule"))
        read_rule(reader, scope, c, table, i++);
    reader->constants = NULL;
    for (i = 0; i < table->input_count && table->rule_count >= GX_DMN_INDEX_LEAST; i++)
        table->inputs[i].index = gx_dmn_index_build(reader->arena, table, i);
    return table;
}

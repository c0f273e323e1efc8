/* Reading, running and comparing the kit's test cases. */
#include "dmn/tck.h"
#include "base/decimal.h"
#include "xml/xml.h"

static const char test_namespace[] = "http://www.omg.org/spec/DMN/20160719/testcase";
static const char schema_instance[] = "http://www.w3.org/2001/XMLSchema-instance";

/* ---- Values ---- */

typedef struct reader {
    gx_arena *arena;
    gx_text path;
    gx_error *error;
} reader;

static bool is_nil(const gx_xml *element)
{
    gx_text nil = gx_xml_attribute_ns(element, schema_instance, "nil");
    return gx_text_equal(nil, GX_TEXT("true")) || gx_text_equal(nil, GX_TEXT("1"));
}

/* A value without a type is taken for what it looks like; without a content too it is null. */
static gx_value guess(gx_arena *arena, gx_text text)
{
    gx_value number;
    gx_text trimmed = gx_text_trim(text);
    if (trimmed.size == 0)
        return gx_value_null();
    if (gx_number_parse(arena, trimmed, &number))
        return number;
    if (gx_text_equal(trimmed, GX_TEXT("true")) || gx_text_equal(trimmed, GX_TEXT("false")))
        return gx_value_boolean(trimmed.size == 4);
    gx_value temporal = gx_temporal_parse(arena, trimmed);
    return temporal.kind != GX_NULL ? temporal : gx_value_text(text);
}

static bool read_typed(gx_arena *arena, gx_text type, gx_text text, gx_value *value)
{
    gx_text trimmed = gx_text_trim(text);
    gx_feel_date date;
    if (gx_text_equal(type, GX_TEXT("string"))) {
        *value = gx_value_text(text);
        return true;
    }
    if (gx_text_equal(type, GX_TEXT("boolean"))) {
        *value =
            gx_value_boolean(gx_text_equal(trimmed, GX_TEXT("true")) || gx_text_equal(trimmed, GX_TEXT("1")));
        return true;
    }
    if (gx_text_equal(type, GX_TEXT("date"))) {
        bool is_date = gx_temporal_parse_date(trimmed, &date);
        *value = is_date ? gx_value_date(date) : gx_value_null();
        return is_date;
    }
    if (gx_text_equal(type, GX_TEXT("time")))
        return gx_temporal_parse_time(arena, trimmed, value);
    if (gx_text_equal(type, GX_TEXT("dateTime")))
        return gx_temporal_parse_date_time(arena, trimmed, value);
    if (gx_text_equal(type, GX_TEXT("duration")))
        return gx_temporal_parse_duration(trimmed, value);
    return gx_number_parse(arena, trimmed, value); /* decimal, double, integer, ... */
}

static bool read_simple(reader *r, const gx_xml *element, gx_value *value)
{
    *value = gx_value_null();
    if (is_nil(element))
        return true;
    gx_text text = gx_xml_content(r->arena, element);
    gx_text type = gx_xml_attribute_ns(element, schema_instance, "type"), local;
    if (type.bytes == NULL) {
        *value = guess(r->arena, text);
        return true;
    }
    gx_text_cut(type, ':', &local);
    if (!read_typed(r->arena, local.bytes ? local : type, text, value))
        return gx_fail_at(r->error, "dmn.tck.value", gx_xml_place(element, r->path), text, type);
    return true;
}

/* What stands inside an inputNode, expected, component or item: a value, components or a list. */
static bool read_value(reader *r, const gx_xml *element, gx_value *value)
{
    *value = gx_value_null();
    if (is_nil(element))
        return true;
    const gx_xml *child = gx_xml_child(element, test_namespace, NULL);
    if (!child)
        return true;
    if (gx_xml_is(child, test_namespace, "value"))
        return read_simple(r, child, value);
    if (gx_xml_is(child, test_namespace, "list")) {
        if (is_nil(child))
            return true;
        gx_list_builder list = gx_list_begin(r->arena, 0);
        for (child = gx_xml_child(child, test_namespace, "item"); child;
             child = gx_xml_next(child, test_namespace, "item")) {
            gx_value item;
            if (!read_value(r, child, &item))
                return false;
            gx_list_add(&list, item);
        }
        *value = gx_list_end(&list);
        return true;
    }
    gx_context_builder context = gx_context_begin(r->arena, 0);
    for (child = gx_xml_child(element, test_namespace, "component"); child;
         child = gx_xml_next(child, test_namespace, "component")) {
        gx_value component;
        if (!read_value(r, child, &component))
            return false;
        gx_context_set(&context, gx_xml_attribute_of(child, "name"), component);
    }
    *value = gx_context_end(&context);
    return true;
}

/* ---- Files ---- */

static size_t count_children(const gx_xml *element, const char *name)
{
    size_t count = 0;
    for (const gx_xml *child = gx_xml_child(element, test_namespace, name); child;
         child = gx_xml_next(child, test_namespace, name))
        count++;
    return count;
}

static bool read_case(reader *r, const gx_xml *element, gx_tck_case *test)
{
    test->id = gx_xml_attribute_of(element, "id");
    const gx_xml *description = gx_xml_child(element, test_namespace, "description");
    if (description)
        test->description = gx_xml_content(r->arena, description);
    if (gx_text_equal(gx_xml_attribute_of(element, "type"), GX_TEXT("decisionService")))
        test->invocable = gx_xml_attribute_of(element, "invocableName");
    gx_context_builder inputs = gx_context_begin(r->arena, 0);
    for (const gx_xml *node = gx_xml_child(element, test_namespace, "inputNode"); node;
         node = gx_xml_next(node, test_namespace, "inputNode")) {
        gx_value value;
        if (!read_value(r, node, &value))
            return false;
        gx_context_set(&inputs, gx_xml_attribute_of(node, "name"), value);
    }
    test->inputs = gx_context_end(&inputs);
    test->results = GX_NEW_ARRAY(r->arena, gx_tck_result, count_children(element, "resultNode"));
    for (const gx_xml *node = gx_xml_child(element, test_namespace, "resultNode"); node;
         node = gx_xml_next(node, test_namespace, "resultNode")) {
        gx_tck_result *result = &test->results[test->result_count++];
        result->name = gx_xml_attribute_of(node, "name");
        result->is_error = gx_text_equal(gx_xml_attribute_of(node, "errorResult"), GX_TEXT("true"));
        const gx_xml *expected = gx_xml_child(node, test_namespace, "expected");
        if (expected && !read_value(r, expected, &result->expected))
            return false;
    }
    return true;
}

gx_tck_file *gx_tck_read(gx_arena *arena, gx_text xml, gx_text path, gx_error *error)
{
    reader r = {arena, path, error};
    const gx_xml *root = gx_xml_parse(arena, xml, path, error);
    if (!root)
        return NULL;
    if (!gx_xml_is(root, test_namespace, "testCases")) {
        gx_fail_at(error, "dmn.tck.file", gx_xml_place(root, path), root->name);
        return NULL;
    }
    gx_tck_file *file = GX_NEW(arena, gx_tck_file);
    const gx_xml *model = gx_xml_child(root, test_namespace, "modelName");
    file->model_name = model ? gx_text_trim(gx_xml_content(arena, model)) : GX_TEXT("");
    file->cases = GX_NEW_ARRAY(arena, gx_tck_case, count_children(root, "testCase"));
    for (const gx_xml *element = gx_xml_child(root, test_namespace, "testCase"); element;
         element = gx_xml_next(element, test_namespace, "testCase"))
        if (!read_case(&r, element, &file->cases[file->case_count++]))
            return NULL;
    return file;
}

/* ---- Comparing ---- */

static bool are_near(gx_value a, gx_value b)
{
    static const _Decimal128 tolerance = 0.00000001DL;
    _Decimal128 difference = gx_value_to_decimal(a) - gx_value_to_decimal(b);
    return difference < tolerance && -difference < tolerance;
}

static bool are_equal_contexts(const gx_context *expected, gx_value actual)
{
    if (expected->count != actual.context->count)
        return false;
    for (size_t i = 0; i < expected->count; i++) {
        gx_value member;
        if (!gx_context_find(actual, expected->entries[i].name, &member) ||
            !gx_tck_equal(expected->entries[i].value, member))
            return false;
    }
    return true;
}

bool gx_tck_equal(gx_value expected, gx_value actual)
{
    if (expected.kind != actual.kind)
        return false;
    switch ((gx_kind)expected.kind) {
    case GX_NULL: return true;
    case GX_BOOLEAN: return expected.boolean == actual.boolean;
    case GX_NUMBER: return are_near(expected, actual);
    case GX_STRING: return gx_text_equal(gx_value_as_text(expected), gx_value_as_text(actual));
    case GX_DATE:
    case GX_TIME:
    case GX_DATE_TIME:
    case GX_DAYS_DURATION:
    case GX_MONTHS_DURATION: {
        int order;
        return gx_temporal_order(expected, actual, &order) && order == 0;
    }
    case GX_LIST:
        if (expected.size != actual.size)
            return false;
        for (size_t i = 0; i < expected.size; i++)
            if (!gx_tck_equal(expected.items[i], actual.items[i]))
                return false;
        return true;
    case GX_CONTEXT: return are_equal_contexts(expected.context, actual);
    case GX_RANGE:
    case GX_FUNCTION:
    case GX_KIND_COUNT: break; /* the kit has no such values */
    }
    return false;
}

/* ---- Running ---- */

static void write_error(gx_buffer *reason, const gx_error *error)
{
    char sentence[512];
    gx_buffer_string(reason, gx_error_sentence(error, GX_LANGUAGE_EN, sentence, sizeof sentence));
}

static bool check(gx_arena *arena, const gx_tck_result *result, bool is_evaluated, gx_value actual,
                  const gx_error *error, gx_buffer *reason)
{
    if (is_evaluated ? gx_tck_equal(result->is_error ? gx_value_null() : result->expected, actual)
                     : result->is_error)
        return true;
    gx_buffer_format(reason, "%.*s: expected %.*s, got ", GX_PRINT(result->name),
                     GX_PRINT(gx_value_to_text(arena, result->expected)));
    if (is_evaluated)
        gx_buffer_text(reason, gx_value_to_text(arena, actual));
    else
        write_error(reason, error);
    return false;
}

static bool run_service(gx_arena *arena, const gx_dmn *dmn, const gx_tck_case *test,
                        const gx_feel_budget *budget, gx_buffer *reason)
{
    gx_error error = {0};
    gx_value answer;
    bool is_evaluated =
        gx_dmn_call_service(arena, dmn, test->invocable, test->inputs, budget, NULL, &answer, &error);
    for (size_t i = 0; i < test->result_count; i++) {
        /* A service with several outputs answers with a context of them. */
        gx_value actual = answer;
        if (is_evaluated && test->result_count > 1)
            actual = gx_context_get(answer, test->results[i].name);
        if (!check(arena, &test->results[i], is_evaluated, actual, &error, reason))
            return false;
    }
    return true;
}

bool gx_tck_run(gx_arena *arena, const gx_dmn *dmn, const gx_tck_case *test, const gx_feel_budget *budget,
                gx_buffer *reason)
{
    if (!dmn) {
        gx_buffer_string(reason, "the model cannot be read");
        return false;
    }
    if (test->invocable.size)
        return run_service(arena, dmn, test, budget, reason);
    for (size_t i = 0; i < test->result_count; i++) {
        gx_error error = {0};
        gx_value actual;
        bool is_evaluated =
            gx_dmn_evaluate(arena, dmn, test->results[i].name, test->inputs, budget, NULL, &actual, &error);
        if (!check(arena, &test->results[i], is_evaluated, actual, &error, reason))
            return false;
    }
    return true;
}

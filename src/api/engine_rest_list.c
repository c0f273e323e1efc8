/* Lists of /engine-rest: what a query or a body asks for becomes one SELECT by the rows of the resource's
 * tables. Conditions on variables that are declared for searching are a part of it; others are looked at row
 * by row, because variables live in the instances' records, and only for so many rows.
 */
#include "api/engine_rest.h"
#include "base/limits.h"
#include "service/variable_filter.h"

enum { ROWS_MOST = 2000, CONDITIONS_MOST = 20 };

/* One that the statement does not answer. */
typedef struct looked_at {
    gx_variable_condition condition;
    const char *sql; /* of the instance; and of the key of the task's token, if the task's are meant */
    bool is_of_task;
} looked_at;

typedef struct listing {
    gx_request *request;
    gx_db *db;
    const gx_rest_list *list;
    const gx_json *asked; /* of the query or the body: an object */
    bool is_body;
    gx_query query;
    looked_at conditions[CONDITIONS_MOST];
    size_t condition_count;
    int64_t first, most;
} listing;

/* ---- What is asked for ---- */

static void add_asked(void *context, gx_text name, gx_text value)
{
    listing *l = context;
    gx_json_set_text(l->request->arena, (gx_json *)(uintptr_t)l->asked,
                     gx_copy_string(l->request->arena, name), value);
}

static bool read_figure(gx_request *request, const char *name, int64_t *figure, gx_error *error)
{
    gx_text text = gx_request_query(request, name);
    return !text.size || (gx_text_to_int(text, figure) && *figure >= 0 && *figure <= INT32_MAX) ||
           gx_fail(error, "rest.value", gx_text_of(name), text);
}

bool gx_rest_page(gx_request *request, int64_t *first, int64_t *most, gx_error *error)
{
    *first = 0;
    *most = INT32_MAX;
    return read_figure(request, "firstResult", first, error) &&
           read_figure(request, "maxResults", most, error);
}

static bool begin(listing *l, gx_request *request, gx_db *db, const gx_rest_list *list, gx_error *error)
{
    *l = (listing){.request = request, .db = db, .list = list, .query = gx_query_in(request->arena)};
    l->is_body = gx_text_equal(request->method, GX_TEXT("POST"));
    if (!gx_rest_page(request, &l->first, &l->most, error))
        return false;
    l->most = l->most > ROWS_MOST ? ROWS_MOST : l->most;
    if (l->is_body && request->json) {
        l->asked = request->json;
        return gx_json_is(request->json, GX_JSON_OBJECT) || gx_fail(error, "rest.body");
    }
    l->asked = gx_json_object(request->arena);
    if (!l->is_body)
        gx_request_query_each(request, "", add_asked, l);
    return true;
}

bool gx_rest_is_true(const gx_json *value)
{
    return gx_json_is_true(value) || gx_text_equal(gx_json_text(value), GX_TEXT("true"));
}

/* ---- Conditions ---- */

void gx_rest_add_list(gx_query *query, const gx_json *value)
{
    bool has_one = false;
    gx_query_add(query, "(");
    if (gx_json_is(value, GX_JSON_ARRAY)) {
        for (const gx_json *item = value->first; item; item = item->next) {
            gx_query_add(query, has_one ? ", " : "");
            gx_query_text(query, gx_json_text(item));
            has_one = true;
        }
    } else {
        for (gx_text rest = gx_json_text(value); rest.size;) {
            gx_query_add(query, has_one ? ", " : "");
            gx_query_text(query, gx_text_trim(gx_text_cut(rest, ',', &rest)));
            has_one = true;
        }
    }
    gx_query_add(query, has_one ? ")" : "NULL)");
}

/* In the statement, or for later. A task's own variables are in no index. */
static bool add_condition(listing *l, const gx_rest_filter *filter, gx_variable_condition condition,
                          gx_text operator, gx_error * error)
{
    bool is_of_task = filter->match == GX_REST_TASK_VARIABLES, is_added = false;
    if (!condition.name.size || !gx_comparison_of(operator, & condition.comparison) ||
        (condition.comparison == GX_COMPARE_LIKE && !gx_json_is(condition.value, GX_JSON_STRING)))
        return gx_fail(error, "rest.value", gx_text_of(filter->name), operator);
    if (!is_of_task && !gx_variable_condition_add(&l->query, l->db, gx_api_packages(l->request), &condition,
                                                  &is_added, error))
        return false;
    if (is_added)
        return true;
    if (l->condition_count == CONDITIONS_MOST)
        return gx_fail(error, "query.large");
    l->conditions[l->condition_count++] = (looked_at){condition, filter->sql, is_of_task};
    return true;
}

/* "name_operator_value,..." or [{"name", "operator", "value"}]. */
static bool add_variables(listing *l, const gx_rest_filter *filter, const gx_json *value, gx_error *error)
{
    if (l->is_body && !gx_json_is(value, GX_JSON_ARRAY))
        return gx_fail(error, "rest.value", gx_text_of(filter->name), gx_json_text(value));
    if (gx_json_is(value, GX_JSON_ARRAY)) {
        for (const gx_json *one = value->first; one; one = one->next)
            if (!add_condition(l, filter,
                               (gx_variable_condition){.name = gx_json_text_of(one, "name"),
                                                       .value = gx_json_get(one, "value")},
                               gx_json_text_of(one, "operator"), error))
                return false;
        return true;
    }
    for (gx_text rest = gx_json_text(value); rest.size;) {
        gx_text one = gx_text_cut(rest, ',', &rest), behind, sought;
        gx_text name = gx_text_cut(one, '_', &behind), operator= gx_text_cut(behind, '_', &sought);
        if (!sought.bytes)
            return gx_fail(error, "rest.value", gx_text_of(filter->name), one);
        if (!add_condition(l, filter,
                           (gx_variable_condition){.name = name,
                                                   .value = gx_json_string(l->request->arena, sought),
                                                   .is_spelled = true},
                           operator, error))
            return false;
    }
    return true;
}

static bool add_filter(listing *l, const gx_rest_filter *filter, const gx_json *value, gx_error *error)
{
    gx_query *query = &l->query;
    gx_text text = gx_json_text(value), spelled = value->text;
    int64_t number = 0;
    if (filter->match == GX_REST_REFUSED)
        return gx_fail(error, "rest.refused", gx_text_of(filter->name));
    if (filter->match == GX_REST_VARIABLES || filter->match == GX_REST_TASK_VARIABLES)
        return add_variables(l, filter, value, error);
    bool is_truth = gx_rest_is_true(value);
    if (filter->match == GX_REST_ALL || (filter->match == GX_REST_TRUE && !is_truth))
        return true;
    gx_query_add(query, filter->match == GX_REST_EITHER && !is_truth ? " AND NOT (" : " AND (");
    gx_query_add(query, filter->sql);
    switch (filter->match) {
    case GX_REST_EQUALS: gx_query_text(query, text.size ? text : spelled); break;
    case GX_REST_LIKE: gx_query_like(query, text); break;
    case GX_REST_NUMBER:
        if (!gx_text_to_int(text.size ? text : spelled, &number))
            return gx_fail(error, "rest.value", gx_text_of(filter->name), spelled);
        gx_query_int(query, number);
        break;
    case GX_REST_DATE:
        if (!gx_rest_read_instant(gx_text_of(filter->name), text, &number, error))
            return false;
        gx_query_int(query, number);
        break;
    case GX_REST_IN: gx_rest_add_list(query, value); break;
    default: break;
    }
    gx_query_add(query, ")");
    return true;
}

static bool is_own_name(gx_text name)
{
    static const char *const own[] = {"firstResult", "maxResults",        "sortBy",          "sortOrder",
                                      "sorting",     "deserializeValues", "deserializeValue"};
    for (size_t i = 0; i < GX_COUNT_OF(own); i++)
        if (gx_text_equal(name, gx_text_of(own[i])))
            return true;
    return false;
}

static bool add_filters(listing *l, gx_error *error)
{
    for (const gx_json *value = l->asked->first; value; value = value->next) {
        bool is_known = is_own_name(value->name);
        for (size_t i = 0; i < l->list->filter_count && !is_known; i++) {
            if (!gx_text_equal(value->name, gx_text_of(l->list->filters[i].name)))
                continue;
            is_known = true;
            if (!gx_json_is_nothing(value) && !add_filter(l, &l->list->filters[i], value, error))
                return false;
        }
        if (!is_known && l->is_body)
            return gx_fail(error, "rest.unknown", value->name);
    }
    return !l->list->add_more || l->list->add_more(l->request, l->db, l->asked, &l->query, error);
}

static bool add_from(listing *l, gx_error *error)
{
    const gx_packages *packages = gx_api_packages(l->request);
    gx_query_add(&l->query, " FROM ");
    gx_query_add(&l->query, l->list->from);
    if (l->list->rows != GX_REST_ALL_ROWS)
        gx_query_add(&l->query, " AND ");
    if (l->list->rows == GX_REST_CASE_ROWS)
        gx_query_cases(&l->query, packages, l->request->person, l->list->action);
    if (l->list->rows == GX_REST_TASK_ROWS)
        gx_query_tasks(&l->query, packages, l->request->person);
    return add_filters(l, error);
}

/* ---- Order ---- */

static bool add_sort(listing *l, gx_text by, gx_text order, gx_error *error)
{
    bool is_descending = gx_text_equal(order, GX_TEXT("desc"));
    for (size_t i = 0; i < l->list->sort_count && (is_descending || gx_text_equal(order, GX_TEXT("asc")));
         i++) {
        if (!gx_text_equal(by, gx_text_of(l->list->sorts[i].name)))
            continue;
        gx_query_add(&l->query, l->list->sorts[i].sql);
        gx_query_add(&l->query, is_descending ? " DESC, " : ", ");
        return true;
    }
    return gx_fail(error, "rest.sort", by);
}

static bool add_order(listing *l, gx_error *error)
{
    const gx_json *by = gx_json_get(l->asked, "sortBy"), *order = gx_json_get(l->asked, "sortOrder"),
                  *sorting = gx_json_get(l->asked, "sorting");
    if (!gx_json_is_nothing(sorting) && !gx_json_is(sorting, GX_JSON_ARRAY))
        return gx_fail(error, "rest.value", GX_TEXT("sorting"), sorting->text);
    gx_query_add(&l->query, " ORDER BY ");
    if ((by || order) && !add_sort(l, gx_json_text(by), gx_json_text(order), error))
        return false;
    for (const gx_json *one = gx_json_is(sorting, GX_JSON_ARRAY) ? sorting->first : NULL; one;
         one = one->next)
        if (!add_sort(l, gx_json_text_of(one, "sortBy"), gx_json_text_of(one, "sortOrder"), error))
            return false;
    gx_query_add(&l->query, l->list->order);
    return true;
}

/* ---- Rows ---- */

static void add_columns(listing *l)
{
    gx_query_add(&l->query, "SELECT ");
    bool has_one = false;
    for (size_t i = 0; i < l->list->column_count; i++) {
        if (!l->list->columns[i].sql)
            continue;
        gx_query_add(&l->query, has_one ? ", " : "");
        gx_query_add(&l->query, l->list->columns[i].sql);
        has_one = true;
    }
}

static bool write_row(listing *l, gx_statement *row, gx_json_out *out, gx_error *error)
{
    int at = 0;
    gx_json_out_begin(out, '{');
    for (size_t i = 0; i < l->list->column_count; i++) {
        const gx_rest_column *column = &l->list->columns[i];
        int index = column->sql ? at++ : 0;
        if (column->kind == GX_REST_NULL || gx_column_is_null(row, index)) {
            gx_rest_null(out, column->name);
            continue;
        }
        int64_t number = column->kind == GX_REST_TEXT ? 0 : gx_column_int(row, index);
        switch (column->kind) {
        case GX_REST_TEXT: gx_rest_text(out, column->name, gx_column_text(row, index)); break;
        case GX_REST_ID:
            gx_rest_text(out, column->name,
                         number ? gx_format(l->request->arena, "%lld", (long long)number) : (gx_text){"", 0});
            break;
        case GX_REST_INT: gx_json_out_member_int(out, column->name, number); break;
        case GX_REST_BOOL: gx_json_out_member_bool(out, column->name, number != 0); break;
        case GX_REST_INSTANT: gx_rest_instant(out, column->name, number); break;
        case GX_REST_NULL: break;
        }
    }
    if (l->list->write_more && !l->list->write_more(l->request, l->db, row, out, error))
        return false;
    gx_json_out_end(out, '}');
    return true;
}

/* ---- Conditions on variables ---- */

/* What the conditions of a row are asked of: read once for all of them. */
typedef struct seen {
    bool has_case, has_task;
    gx_value of_case, of_task;
} seen;

static bool see(listing *l, gx_statement *row, int column, bool is_of_task, seen *s, gx_error *error)
{
    gx_arena *arena = l->request->arena;
    int64_t instance = gx_column_int(row, column);
    if (!is_of_task) {
        if (!s->has_case && !gx_instance_variables(l->request->host, l->db, arena,
                                                   instance / GX_INSTANCE_PARTS, &s->of_case, error))
            return false;
        s->has_case = true;
        return true;
    }
    const gx_state *state;
    const gx_bpmn_process *process;
    if (s->has_task)
        return true;
    if (!gx_instance_read(l->request->host, l->db, arena, instance, &state, &process, NULL, error))
        return false;
    s->of_task = gx_state_variables_at(arena, state, (uint32_t)gx_column_int(row, column + 1));
    s->has_task = true;
    return true;
}

static bool meets_all(listing *l, gx_statement *row, bool *is_kept, gx_error *error)
{
    int column = 0;
    seen s = {0};
    gx_arena *arena = l->request->arena;
    gx_arena_mark here = gx_arena_here(arena);
    for (size_t i = 0; i < l->list->column_count; i++)
        column += l->list->columns[i].sql != NULL;
    *is_kept = true;
    for (size_t i = 0; i < l->condition_count && *is_kept; i++) {
        const looked_at *one = &l->conditions[i];
        if (!see(l, row, column, one->is_of_task, &s, error))
            return false;
        *is_kept =
            gx_variable_condition_is_met(arena, &one->condition, one->is_of_task ? s.of_task : s.of_case);
        column += one->is_of_task ? 2 : 1;
    }
    gx_arena_rewind(arena, here); /* what was read for this row alone */
    return true;
}

static bool each_row(listing *l, gx_json_out *out, int64_t *count, gx_error *error)
{
    gx_statement *rows = gx_query_prepare(&l->query, l->db, error);
    gx_step step = GX_STEP_FAILED;
    int64_t met = 0;
    uint32_t row_count = 0;
    bool is_filtered = l->condition_count > 0;
    while (rows && (step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        bool is_kept = true;
        if (is_filtered && ++row_count > GX_LIMIT_VARIABLE_ROWS) {
            char figure[24];
            gx_db_reset(rows);
            return gx_fail(error, "case.search.undeclared", l->conditions[0].condition.name,
                           gx_error_int(figure, GX_LIMIT_VARIABLE_ROWS));
        }
        if (is_filtered && !meets_all(l, rows, &is_kept, error)) {
            gx_db_reset(rows);
            return false;
        }
        if (!is_kept)
            continue;
        met++;
        bool is_on_page = !is_filtered || (met > l->first && met <= l->first + l->most);
        if (out && is_on_page && !write_row(l, rows, out, error)) {
            gx_db_reset(rows);
            return false;
        }
    }
    *count = met;
    return step == GX_STEP_DONE;
}

/* The filters come first, so that it is known whether there are conditions on variables. */
static bool build(listing *l, bool is_count, gx_error *error)
{
    if (!add_from(l, error))
        return false;
    gx_text tail = gx_buffer_as_text(&l->query.text);
    bool is_filtered = l->condition_count > 0;
    l->query.text = gx_buffer_in(l->request->arena);
    if (is_count && !is_filtered)
        gx_query_add(&l->query, "SELECT count(*)");
    else
        add_columns(l);
    for (size_t i = 0; i < l->condition_count; i++) {
        gx_query_add(&l->query, ", ");
        gx_query_add(&l->query, l->conditions[i].sql);
    }
    gx_buffer_text(&l->query.text, tail);
    if (is_count)
        return true;
    if (!add_order(l, error))
        return false;
    if (is_filtered)
        return true;
    gx_query_add(&l->query, " LIMIT ");
    gx_query_int(&l->query, l->most);
    gx_query_add(&l->query, " OFFSET ");
    gx_query_int(&l->query, l->first);
    return true;
}

bool gx_rest_list_write(gx_request *request, gx_db *db, const gx_rest_list *list, gx_reply *reply,
                        gx_error *error)
{
    listing l;
    int64_t count;
    if (!begin(&l, request, db, list, error) || !build(&l, false, error))
        return false;
    gx_json_out *out = gx_rest_answer(reply);
    gx_json_out_begin(out, '[');
    bool is_written = each_row(&l, out, &count, error);
    gx_json_out_end(out, ']');
    return is_written;
}

bool gx_rest_list_count(gx_request *request, gx_db *db, const gx_rest_list *list, gx_reply *reply,
                        gx_error *error)
{
    listing l;
    int64_t count = 0;
    if (!begin(&l, request, db, list, error) || !build(&l, true, error))
        return false;
    if (l.condition_count) {
        if (!each_row(&l, NULL, &count, error))
            return false;
    } else {
        gx_statement *row = gx_query_prepare(&l.query, db, error);
        if (!row || gx_db_step(row, error) != GX_STEP_ROW)
            return false;
        count = gx_column_int(row, 0);
        gx_db_reset(row);
    }
    gx_json_out *out = gx_rest_answer(reply);
    gx_json_out_begin(out, '{');
    gx_json_out_member_int(out, "count", count);
    gx_json_out_end(out, '}');
    return true;
}

bool gx_rest_list_one(gx_request *request, gx_db *db, const gx_rest_list *list, const char *condition,
                      gx_text text, int64_t number, const char *absent, gx_reply *reply, gx_error *error)
{
    listing l = {.request = request,
                 .db = db,
                 .list = list,
                 .asked = gx_json_object(request->arena),
                 .query = gx_query_in(request->arena)};
    add_columns(&l);
    if (!add_from(&l, error))
        return false;
    gx_query_add(&l.query, " AND ");
    gx_query_add(&l.query, condition);
    if (text.bytes)
        gx_query_text(&l.query, text);
    else
        gx_query_int(&l.query, number);
    gx_statement *row = gx_query_prepare(&l.query, db, error);
    gx_step step = row ? gx_db_step(row, error) : GX_STEP_FAILED;
    if (step != GX_STEP_ROW)
        return step == GX_STEP_DONE ? gx_fail(error, absent, gx_request_parameter(request, "id")) : false;
    bool is_written = write_row(&l, row, gx_rest_answer(reply), error);
    gx_db_reset(row);
    return is_written;
}

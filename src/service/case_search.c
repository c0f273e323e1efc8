#include "service/case_search.h"
#include "base/clock.h"
#include "calendar/calendar.h"
#include "service/scheduler.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SLICE = 100, NOT_YET_MS = 500 };

/* ---- What is declared ---- */

static const char *const type_names[] = {"text", "number", "date", "boolean"};

/* `sign` NULL: it does not compare with the index of values. */
static const struct {
    const char *name, *sign;
    const char *types; /* by their first letters */
} operators[GX_SEARCH_OPERATORS] = {
    [GX_SEARCH_EQ] = {"eq", "=", "tndb"},        [GX_SEARCH_NE] = {"ne", NULL, "tndb"},
    [GX_SEARCH_LT] = {"lt", "<", "nd"},          [GX_SEARCH_LE] = {"le", "<=", "nd"},
    [GX_SEARCH_GT] = {"gt", ">", "nd"},          [GX_SEARCH_GE] = {"ge", ">=", "nd"},
    [GX_SEARCH_BEGINS] = {"begins", ">=", "t"},  [GX_SEARCH_CONTAINS] = {"contains", NULL, "t"},
    [GX_SEARCH_EMPTY] = {"empty", NULL, "tndb"}, [GX_SEARCH_PRESENT] = {"present", NULL, "tndb"}};

bool gx_search_type_of(gx_text name, gx_search_type *type)
{
    for (size_t i = 0; i < GX_COUNT_OF(type_names); i++)
        if (gx_text_equal(name, gx_text_of(type_names[i]))) {
            *type = (gx_search_type)i;
            return true;
        }
    return false;
}

const char *gx_search_type_name(gx_search_type type)
{
    return type_names[type];
}

bool gx_search_is_used(const gx_packages *packages)
{
    size_t first = 0;
    return gx_packages_next(packages, GX_DEFINITION_SEARCH, &first) != NULL;
}

size_t gx_search_fields(const gx_packages *packages, gx_search_field fields[GX_SEARCH_FIELDS])
{
    size_t count = 0;
    const gx_definition *d;
    for (size_t i = 0; (d = gx_packages_next(packages, GX_DEFINITION_SEARCH, &i));) {
        const gx_json *list = gx_json_get(d->json, "variables");
        for (const gx_json *one = list ? list->first : NULL; one && count < GX_SEARCH_FIELDS;
             one = one->next) {
            gx_search_field field = {.id = gx_json_text_of(one, "id"),
                                     .path = gx_json_text_of(one, "path"),
                                     .title = {gx_json_text(gx_json_path(one, "title.zh")),
                                               gx_json_text(gx_json_path(one, "title.en"))}};
            if (gx_search_type_of(gx_json_text_of(one, "type"), &field.type) && field.id.size)
                fields[count++] = field;
        }
    }
    return count;
}

bool gx_search_field_find(const gx_packages *packages, gx_text id, gx_search_field *found)
{
    gx_search_field fields[GX_SEARCH_FIELDS];
    size_t count = gx_search_fields(packages, fields);
    for (size_t i = 0; i < count; i++)
        if (gx_text_equal(fields[i].id, id)) {
            *found = fields[i];
            return true;
        }
    return false;
}

/* ---- What is asked ---- */

bool gx_search_read_number(gx_text text, double *number)
{
    char digits[64], *end;
    if (text.size == 0 || text.size >= sizeof digits)
        return false;
    memcpy(digits, text.bytes, text.size);
    digits[text.size] = 0;
    *number = strtod(digits, &end);
    return *end == 0 && isfinite(*number);
}

static bool is_value(gx_search_condition *condition)
{
    gx_day day;
    switch (condition->field.type) {
    case GX_SEARCH_TEXT: return condition->text.size > 0 && condition->text.size <= GX_SEARCH_TEXT_MOST;
    case GX_SEARCH_NUMBER: return gx_search_read_number(condition->text, &condition->number);
    case GX_SEARCH_DATE: return gx_day_parse(condition->text, &day);
    case GX_SEARCH_BOOLEAN:
        return gx_text_equal(condition->text, GX_TEXT("true")) ||
               gx_text_equal(condition->text, GX_TEXT("false"));
    }
    return false;
}

/* For the refusal: which ones there are. */
static gx_text fitting_operators(gx_search_type type, char *buffer, size_t size)
{
    size_t used = 0;
    for (size_t i = 0; i < GX_SEARCH_OPERATORS; i++)
        if (strchr(operators[i].types, type_names[type][0]) && used + strlen(operators[i].name) + 1 < size) {
            used += used != 0;
            memcpy(buffer + used, operators[i].name, strlen(operators[i].name) + 1);
            if (used)
                buffer[used - 1] = ' ';
            used += strlen(operators[i].name);
        }
    return (gx_text){buffer, used};
}

/* LIKE is to find the text itself in a text. */
static void write_pattern(gx_search_condition *condition)
{
    for (size_t i = 0; i < condition->text.size; i++) {
        if (memchr("%_!", condition->text.bytes[i], 3))
            condition->pattern[condition->pattern_size++] = '!';
        condition->pattern[condition->pattern_size++] = condition->text.bytes[i];
    }
}

static bool has_value(gx_search_operator op)
{
    return op != GX_SEARCH_EMPTY && op != GX_SEARCH_PRESENT;
}

bool gx_search_read(const gx_packages *packages, gx_text name, gx_text value, gx_search_condition *condition,
                    gx_error *error)
{
    gx_text op, id = gx_text_cut(name, '.', &op);
    size_t which = 0;
    char names[80];
    *condition = (gx_search_condition){.text = gx_text_trim(value), .below = INT64_MAX};
    if (!gx_search_field_find(packages, id, &condition->field))
        return gx_fail(error, "case.search.field", id);
    gx_search_type type = condition->field.type;
    while (which < GX_SEARCH_OPERATORS && !gx_text_equal(op, gx_text_of(operators[which].name)))
        which++;
    if (which == GX_SEARCH_OPERATORS || !strchr(operators[which].types, type_names[type][0]))
        return gx_fail(error, "case.search.operator", op.size ? op : GX_TEXT("–"), id,
                       fitting_operators(type, names, sizeof names));
    condition->op = (gx_search_operator)which;
    if (!has_value(condition->op)) /* "true": of addresses that have no names without values */
        return condition->text.size == 0 || gx_text_equal(condition->text, GX_TEXT("true")) ||
               gx_fail(error, "case.search.valueless", op, id, condition->text);
    if (!is_value(condition))
        return gx_fail(error, "case.search.value", condition->text, id);
    if (condition->op == GX_SEARCH_CONTAINS)
        write_pattern(condition);
    return true;
}

bool gx_search_read_sort(const gx_packages *packages, gx_text text, gx_search_sort *sort, gx_error *error)
{
    *sort = (gx_search_sort){.is_descending = gx_text_starts_with(text, GX_TEXT("-"))};
    gx_text id = gx_text_slice(text, sort->is_descending, text.size);
    sort->field.id = GX_TEXT("");
    return text.size == 0 || gx_search_field_find(packages, id, &sort->field) ||
           gx_fail(error, "case.search.field", id);
}

/* What may be most of the cases is looked up in each that is listed; the rest is found in an index first, so
 * that it costs what it finds. */
gx_text gx_search_sql(gx_arena *arena, const gx_search_condition *condition, int first)
{
    const char *column = condition->field.type == GX_SEARCH_NUMBER ? "number" : "text";
    gx_text of_case = gx_format(arena,
                                "EXISTS (SELECT 1 FROM case_variable w WHERE w.bucket = c.bucket AND "
                                "w.case_id = c.id AND w.name = ?%d",
                                first);
    gx_text found =
        gx_format(arena, " AND c.id IN (SELECT case_id FROM case_variable WHERE name = ?%d AND", first);
    switch (condition->op) {
    case GX_SEARCH_EMPTY: return gx_format(arena, " AND NOT %.*s)", GX_PRINT(of_case));
    case GX_SEARCH_PRESENT: return gx_format(arena, " AND %.*s)", GX_PRINT(of_case));
    case GX_SEARCH_NE:
        return gx_format(arena, " AND %.*s AND w.%s <> ?%d)", GX_PRINT(of_case), column, first + 1);
    case GX_SEARCH_CONTAINS:
        return gx_format(arena,
                         "%.*s number IS NULL AND case_id >= ?%d AND case_id < ?%d AND text LIKE '%%' || "
                         "?%d || '%%' ESCAPE '!')",
                         GX_PRINT(found), first + 2, first + 3, first + 1);
    case GX_SEARCH_BEGINS:
        return gx_format(arena, "%.*s text >= ?%d AND text < ?%d || '\xF4\x8F\xBF\xBF')", GX_PRINT(found),
                         first + 1, first + 1);
    default:
        return gx_format(arena, "%.*s %s %s ?%d)", GX_PRINT(found), column, operators[condition->op].sign,
                         first + 1);
    }
}

void gx_search_bind_number(gx_statement *statement, int index, gx_text text)
{
    double number = 0;
    gx_search_read_number(text, &number);
    gx_bind_real(statement, index, number);
}

void gx_search_bind(gx_statement *statement, const gx_search_condition *condition, int first)
{
    gx_bind_text(statement, first, condition->field.id);
    if (condition->field.type == GX_SEARCH_NUMBER)
        gx_bind_real(statement, first + 1, condition->number);
    else
        gx_bind_text(statement, first + 1,
                     condition->op == GX_SEARCH_CONTAINS
                         ? (gx_text){condition->pattern, condition->pattern_size}
                         : condition->text);
    gx_bind_int(statement, first + 2, condition->lowest);
    gx_bind_int(statement, first + 3, condition->below);
}

bool gx_search_horizon(gx_db *db, const gx_search_condition *condition, int64_t below, int64_t *lowest,
                       gx_error *error)
{
    *lowest = 0;
    if (condition->op != GX_SEARCH_CONTAINS)
        return true;
    gx_statement *row = gx_db_prepare(
        db,
        "SELECT count(*), min(case_id) FROM (SELECT case_id FROM case_variable WHERE name = ?1 AND number "
        "IS NULL AND case_id < ?2 ORDER BY case_id DESC LIMIT 20000) AS newest");
    gx_bind(row, "ti", condition->field.id, below);
    gx_step step = gx_db_step(row, error);
    if (step == GX_STEP_ROW && gx_column_int(row, 0) == GX_SEARCH_NEWEST)
        *lowest = gx_column_int(row, 1);
    gx_db_reset(row);
    return step != GX_STEP_FAILED;
}

/* ---- What is kept ---- */

static gx_value at_path(gx_value variables, gx_text path)
{
    while (path.size) {
        gx_text rest, name = gx_text_cut(path, '.', &rest);
        if (!gx_context_find(variables, name, &variables))
            return gx_value_null();
        path = rest;
    }
    return variables;
}

/* The row's text; bytes NULL when the value is not of the type. */
static gx_text text_of(gx_arena *arena, const gx_search_field *field, gx_value value, double *number)
{
    const gx_text none = {NULL, 0};
    gx_kind kind = (gx_kind)value.kind;
    if (kind == GX_NULL || kind == GX_CONTEXT || kind == GX_LIST)
        return none;
    gx_text text = gx_text_trim(gx_value_to_text(arena, value));
    gx_day day;
    switch (field->type) {
    case GX_SEARCH_TEXT: {
        size_t end = text.size < GX_SEARCH_TEXT_MOST ? text.size : GX_SEARCH_TEXT_MOST;
        while (end < text.size && end > 0 && ((unsigned char)text.bytes[end] & 0xC0) == 0x80)
            end--;
        return text.size ? gx_text_slice(text, 0, end) : none;
    }
    case GX_SEARCH_NUMBER: return kind == GX_NUMBER && gx_search_read_number(text, number) ? text : none;
    case GX_SEARCH_DATE: /* of an instant as of a day */
        text = gx_text_slice(text, 0, text.size < 10 ? text.size : 10);
        return gx_day_parse(text, &day) ? text : none;
    case GX_SEARCH_BOOLEAN: return kind == GX_BOOLEAN ? text : none;
    }
    return none;
}

static bool put_row(gx_db *db, int64_t case_id, const gx_search_field *field, gx_text text, double number,
                    gx_error *error)
{
    gx_statement *put = gx_db_prepare(
        db, "INSERT INTO case_variable (bucket, case_id, name, text, number) VALUES (bucket_of(?1), ?1, "
            "?2, ?3, ?4) ON CONFLICT (bucket, case_id, name) DO UPDATE SET text = excluded.text, "
            "number = excluded.number");
    if (!text.bytes)
        return gx_db_run(
            db, error,
            "DELETE FROM case_variable WHERE bucket = bucket_of(?1) AND case_id = ?1 AND name = ?2", "it",
            case_id, field->id);
    gx_bind(put, "itt", case_id, field->id, text);
    if (field->type == GX_SEARCH_NUMBER)
        gx_bind_real(put, 4, number);
    else
        gx_bind_null(put, 4);
    return gx_db_finish(put, error);
}

bool gx_search_update(gx_work *work, int64_t case_id, gx_value before, gx_value after, gx_error *error)
{
    gx_search_field fields[GX_SEARCH_FIELDS];
    size_t count = gx_search_fields(work->packages, fields);
    for (size_t i = 0; i < count; i++) {
        double old_number = 0, number = 0;
        gx_text old = text_of(work->arena, &fields[i], at_path(before, fields[i].path), &old_number),
                text = text_of(work->arena, &fields[i], at_path(after, fields[i].path), &number);
        if (gx_text_equal(old, text) && (old.bytes == NULL) == (text.bytes == NULL))
            continue;
        if (!put_row(work->db, case_id, &fields[i], text, number, error))
            return false;
    }
    return true;
}

bool gx_search_write(gx_db *db, gx_arena *arena, const gx_packages *packages, int64_t case_id,
                     gx_json_out *out, gx_error *error)
{
    gx_search_field fields[GX_SEARCH_FIELDS];
    size_t count = gx_search_fields(packages, fields);
    gx_json_out_name(out, "variables");
    gx_json_out_begin(out, '{');
    gx_statement *rows = gx_db_prepare(db, "SELECT name, text, number FROM case_variable WHERE bucket = "
                                           "bucket_of(?1) AND case_id = ?1 ORDER BY name");
    gx_bind_int(rows, 1, case_id);
    gx_step step = GX_STEP_DONE;
    while (count && (step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        gx_text name = gx_column_copy(arena, rows, 0), text = gx_column_text(rows, 1);
        const gx_search_field *field = NULL;
        for (size_t i = 0; i < count; i++)
            field = gx_text_equal(fields[i].id, name) ? &fields[i] : field;
        if (!field) /* no longer declared */
            continue;
        if (field->type == GX_SEARCH_NUMBER) { /* with the digits it was given with */
            gx_json_out_name(out, name.bytes);
            gx_json_out_raw(out, text);
        } else {
            gx_json_out_member_text(out, name.bytes, text);
        }
    }
    gx_json_out_end(out, '}');
    return step == GX_STEP_DONE;
}

/* ---- Filling ---- */

bool gx_search_declare(gx_db *db, gx_arena *arena, const gx_packages *packages, gx_error *error)
{
    gx_search_field fields[GX_SEARCH_FIELDS];
    size_t count = gx_search_fields(packages, fields);
    gx_json *names = gx_json_array(arena);
    for (size_t i = 0; i < count; i++) {
        gx_text definition =
            gx_format(arena, "%s %.*s", type_names[fields[i].type], GX_PRINT(fields[i].path));
        gx_json_append(names, gx_json_string(arena, fields[i].id));
        if (!gx_db_run(
                db, error,
                "INSERT INTO search_fill (name, definition, next_case, at) VALUES (?1, ?2, 0, ?3) ON "
                "CONFLICT "
                "(name) DO UPDATE SET definition = excluded.definition, next_case = 0, at = excluded.at "
                "WHERE search_fill.definition <> excluded.definition",
                "tti", fields[i].id, definition, gx_clock_now()))
            return false;
    }
    gx_scheduler_wake(db);
    return gx_db_run(db, error, "DELETE FROM search_fill WHERE name NOT IN (SELECT value FROM json_each(?1))",
                     "t", gx_json_to_text(arena, names));
}

bool gx_search_is_filled(gx_db *db, gx_text id, bool *is_filled, gx_error *error)
{
    int64_t is_whole = 0;
    bool is_read = gx_db_get_int(db, error, &is_whole, 0,
                                 "SELECT 1 FROM search_fill WHERE name = ?1 AND at IS NULL", "t", id);
    *is_filled = is_whole == 1;
    return is_read;
}

static bool fill_case(gx_work *work, const gx_search_field *field, int64_t case_id, gx_error *error)
{
    gx_value variables;
    double number = 0;
    if (!gx_work_variables(work, case_id, &variables, error))
        return false;
    gx_text text = text_of(work->arena, field, at_path(variables, field->path), &number);
    return put_row(work->db, case_id, field, text, number, error);
}

bool gx_search_fill(gx_work *work, int64_t id, gx_error *error)
{
    gx_statement *find = gx_db_prepare(
        work->db, "SELECT name, next_case FROM search_fill WHERE id = ?1 AND at IS NOT NULL FOR UPDATE");
    int64_t ids[SLICE];
    size_t count = 0;
    gx_search_field field;
    gx_bind_int(find, 1, id);
    gx_step step = gx_db_step(find, error);
    if (step != GX_STEP_ROW)
        return step == GX_STEP_DONE;
    gx_text name = gx_column_copy(work->arena, find, 0);
    int64_t next = gx_column_int(find, 1);
    gx_db_reset(find);
    if (!gx_search_field_find(work->packages, name, &field)) /* loaded, and not yet in force */
        return gx_db_run(work->db, error, "UPDATE search_fill SET at = ?2 WHERE id = ?1", "ii", id,
                         work->now + NOT_YET_MS);
    gx_statement *rows = gx_db_prepare(work->db, "SELECT id FROM cases WHERE id > ?1 ORDER BY id LIMIT 100");
    gx_bind_int(rows, 1, next);
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW)
        ids[count++] = gx_column_int(rows, 0);
    if (step == GX_STEP_FAILED)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!fill_case(work, &field, ids[i], error))
            return false;
    bool is_through = count < SLICE;
    return gx_db_run(
        work->db, error,
        "UPDATE search_fill SET next_case = ?2, at = CASE WHEN ?3 = 1 THEN NULL ELSE at END WHERE id = ?1",
        "iii", id, count ? ids[count - 1] : next, (int64_t)is_through);
}

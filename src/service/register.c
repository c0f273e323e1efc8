#include "service/register.h"
#include "base/clock.h"

#include <string.h>

static gx_text key_field(const gx_definition *definition)
{
    gx_text key = gx_json_text(gx_json_path(definition->json, "x-gx.key"));
    return key.size ? key : GX_TEXT("id");
}

/* The texts that are searched: the fields x-gx.search names. */
static gx_text search_words(gx_arena *arena, const gx_definition *definition, const gx_json *record)
{
    const gx_json *fields = gx_json_path(definition->json, "x-gx.search");
    gx_buffer buffer = gx_buffer_in(arena);
    for (const gx_json *field = fields ? fields->first : NULL; field; field = field->next) {
        const gx_json *value = gx_json_path(record, gx_copy_string(arena, gx_json_text(field)));
        if (gx_json_is(value, GX_JSON_STRING)) {
            gx_buffer_text(&buffer, value->text);
            gx_buffer_string(&buffer, " \n ");
        }
    }
    return gx_buffer_as_text(&buffer);
}

static bool check_record(gx_arena *arena, const gx_definition *definition, const gx_json *record,
                         gx_error *error)
{
    gx_findings findings = {.limit = 1};
    gx_register_validate(arena, definition->json, record, &findings);
    bool is_good = findings.errors == 0;
    if (!is_good && error)
        *error = findings.items[0].error;
    gx_findings_release(&findings);
    return is_good;
}

bool gx_register_put(gx_db *db, gx_arena *arena, const gx_definition *definition, const gx_json *record,
                     int64_t version, gx_text by, gx_error *error)
{
    gx_text key = gx_json_text(gx_json_get_text_name(record, key_field(definition)));
    if (!check_record(arena, definition, record, error))
        return false;
    if (key.size == 0 || key.size > 100)
        return gx_fail(error, "register.required", key_field(definition));
    gx_statement *find =
        gx_db_prepare(db, "SELECT id, version, data FROM record WHERE register = ?1 AND key = ?2 FOR UPDATE");
    gx_bind(find, "tt", definition->id, key);
    gx_step step = gx_db_step(find, error);
    if (step == GX_STEP_FAILED)
        return false;
    int64_t id = 0, have = 0;
    gx_text before = {"", 0};
    if (step == GX_STEP_ROW) {
        id = gx_column_int(find, 0);
        have = gx_column_int(find, 1);
        before = gx_column_copy(arena, find, 2);
        gx_db_reset(find);
    }
    if (version == -1 && have)
        return gx_fail(error, "register.exists", key);
    if (version > 0 && version != have)
        return gx_fail(error, have ? "register.version" : "register.record", key);
    gx_text data = gx_json_to_text(arena, record);
    int64_t now = gx_clock_now();
    gx_text words_before = {"", 0};
    if (have) {
        const gx_json *old = gx_json_parse(arena, before, (gx_text){"", 0}, NULL);
        words_before = old ? search_words(arena, definition, old) : words_before;
        if (!gx_db_run(db, error,
                       "INSERT INTO record_history (register, key, version, data, at, by) SELECT register, "
                       "key, version, data, updated_at, updated_by FROM record WHERE id = ?1",
                       "i", id) ||
            !gx_db_run(db, error,
                       "UPDATE record SET version = version + 1, data = ?2, updated_at = ?3, updated_by = ?4 "
                       "WHERE id = ?1",
                       "itit", id, data, now, by))
            return false;
    } else {
        if (!gx_db_insert(db, error, &id,
                          "INSERT INTO record (register, key, version, data, updated_at, updated_by) VALUES "
                          "(?1, ?2, 1, ?3, ?4, ?5) RETURNING id",
                          "tttit", definition->id, key, data, now, by))
            return false;
    }
    return gx_words_put(db, arena, GX_WORDS("record_words"), id, words_before,
                        search_words(arena, definition, record), error);
}

gx_json *gx_register_get(gx_db *db, gx_arena *arena, gx_text register_id, gx_text key, int64_t *version,
                         gx_error *error)
{
    gx_statement *find =
        gx_db_prepare(db, "SELECT version, data FROM record WHERE register = ?1 AND key = ?2");
    gx_bind(find, "tt", register_id, key);
    gx_step step = gx_db_step(find, error);
    if (step != GX_STEP_ROW) {
        if (step == GX_STEP_DONE)
            gx_fail(error, "register.record", key);
        return NULL;
    }
    if (version)
        *version = gx_column_int(find, 0);
    gx_json *record = gx_json_parse(arena, gx_column_text(find, 1), (gx_text){"", 0}, error);
    gx_db_reset(find);
    return record;
}

gx_json *gx_register_find(gx_db *db, gx_arena *arena, gx_text register_id, gx_text key)
{
    return gx_register_get(db, arena, register_id, key, NULL, NULL);
}

/* ---- Lists ---- */

static bool has_field(const gx_definition *definition, gx_text field)
{
    return gx_json_get_text_name(gx_json_get(definition->json, "properties"), field) != NULL;
}

typedef struct list_sql {
    gx_buffer where;
    gx_text values[10];
    size_t value_count;
} list_sql;

static gx_text add_value(gx_arena *arena, list_sql *sql, gx_text value)
{
    sql->values[sql->value_count++] = value;
    return gx_format(arena, "?%zu", sql->value_count);
}

static bool add_filters(gx_db *db, gx_arena *arena, const gx_definition *definition,
                        const gx_register_query *query, list_sql *sql, gx_error *error)
{
    for (size_t i = 0; i < query->filter_count; i++) {
        gx_register_filter filter = query->filters[i];
        if (!has_field(definition, filter.field))
            return gx_fail(error, "register.field", filter.field);
        gx_text expression = gx_sql_json_text(db, arena, "r.data", filter.field);
        if (gx_text_equal(filter.value, GX_TEXT("null")))
            gx_buffer_format(&sql->where, " AND %s IS NULL", expression.bytes);
        else if (gx_text_equal(filter.value, GX_TEXT("true")) ||
                 gx_text_equal(filter.value, GX_TEXT("false")))
            gx_buffer_format(&sql->where, " AND CAST(%s AS TEXT) IN ('%.*s', '%d')", expression.bytes,
                             GX_PRINT(filter.value), gx_text_equal(filter.value, GX_TEXT("true")));
        else
            gx_buffer_format(&sql->where, " AND CAST(%s AS TEXT) = %s", expression.bytes,
                             add_value(arena, sql, filter.value).bytes);
    }
    gx_text words = gx_words_query(db, arena, query->search);
    if (!words.size && gx_text_trim(query->search).size)
        gx_buffer_string(&sql->where, " AND 1 = 0"); /* a lone sign finds nothing, not everything */
    if (words.size) {
        add_value(arena, sql, words);
        gx_text match = gx_words_match(db, arena, "record_words", "r.id", (int)sql->value_count);
        gx_buffer_format(&sql->where, " AND %s", match.bytes);
    }
    return true;
}

static bool order_of(gx_db *db, gx_arena *arena, const gx_definition *definition, gx_text sort,
                     gx_text *order, gx_error *error)
{
    gx_text wanted = sort.size ? sort : gx_json_text(gx_json_path(definition->json, "x-gx.sort"));
    bool is_descending = gx_text_starts_with(wanted, GX_TEXT("-"));
    gx_text field = gx_text_slice(wanted, is_descending, wanted.size);
    if (field.size == 0) {
        *order = GX_TEXT("r.key");
        return true;
    }
    if (!has_field(definition, field))
        return gx_fail(error, "register.field", field);
    gx_text expression = gx_sql_json_order(db, arena, "r.data", field);
    *order = gx_format(arena, "%s IS NULL, %s%s, r.key", expression.bytes, expression.bytes,
                       is_descending ? " DESC" : "");
    return true;
}

static gx_statement *prepare_list(gx_db *db, gx_arena *arena, const list_sql *sql, gx_text text,
                                  gx_error *error)
{
    gx_statement *statement = gx_db_prepare_built(db, arena, text, error);
    for (size_t i = 0; statement && i < sql->value_count; i++)
        gx_bind_text(statement, (int)i + 1, sql->values[i]);
    return statement;
}

bool gx_register_list(gx_db *db, gx_arena *arena, const gx_definition *definition,
                      const gx_register_query *query, int64_t *total, gx_register_visit visit, void *context,
                      gx_error *error)
{
    list_sql sql = {.where = gx_buffer_in(arena)};
    gx_text order;
    gx_buffer_format(&sql.where, "FROM record r WHERE r.register = %s",
                     add_value(arena, &sql, definition->id).bytes);
    if (!add_filters(db, arena, definition, query, &sql, error) ||
        !order_of(db, arena, definition, query->sort, &order, error))
        return false;
    const char *where = gx_buffer_as_text(&sql.where).bytes;
    gx_statement *count = prepare_list(db, arena, &sql, gx_format(arena, "SELECT count(*) %s", where), error);
    if (!count || gx_db_step(count, error) != GX_STEP_ROW)
        return false;
    *total = gx_column_int(count, 0);
    gx_db_reset(count);
    gx_text text = gx_format(arena, "SELECT r.key, r.version, r.data %s ORDER BY %s LIMIT %lld OFFSET %lld",
                             where, order.bytes, (long long)query->limit, (long long)query->offset);
    gx_statement *rows = prepare_list(db, arena, &sql, text, error);
    gx_step step = GX_STEP_FAILED;
    while (rows && (step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        const gx_json *record = gx_json_parse(arena, gx_column_text(rows, 2), (gx_text){"", 0}, error);
        if (!record || !visit(context, gx_column_text(rows, 0), gx_column_int(rows, 1), record, error)) {
            gx_db_reset(rows);
            return false;
        }
    }
    return step == GX_STEP_DONE;
}

bool gx_register_history(gx_db *db, gx_arena *arena, gx_text register_id, gx_text key, int64_t offset,
                         int64_t limit, int64_t *total, gx_register_visit_version visit, void *context,
                         gx_error *error)
{
    if (!gx_register_get(db, arena, register_id, key, total,
                         error)) /* versions count from 1, without a gap */
        return false;
    gx_statement *rows = gx_db_prepare(
        db,
        "SELECT version, data, updated_at, updated_by FROM record WHERE register = ?1 AND key = ?2 UNION "
        "ALL SELECT version, data, at, by FROM record_history WHERE register = ?1 AND key = ?2 ORDER BY 1 "
        "DESC LIMIT ?3 OFFSET ?4");
    gx_bind(rows, "ttii", register_id, key, limit, offset);
    gx_step step;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        gx_register_version version = {
            gx_column_int(rows, 0), gx_column_int(rows, 2), gx_column_copy(arena, rows, 3),
            gx_json_parse(arena, gx_column_text(rows, 1), (gx_text){"", 0}, error)};
        if (!version.record || !visit(context, &version, error)) {
            gx_db_reset(rows);
            return false;
        }
    }
    return step == GX_STEP_DONE;
}

void gx_csv_cell(gx_buffer *buffer, gx_text text)
{
    bool is_formula = text.size > 0 && memchr("=+-@\t\r", text.bytes[0], 6);
    int64_t number;
    if (is_formula && gx_text_to_int(text, &number))
        is_formula = false; /* a negative number is a number */
    gx_buffer_byte(buffer, '"');
    if (is_formula)
        gx_buffer_byte(buffer, '\'');
    for (size_t i = 0; i < text.size; i++) {
        if (text.bytes[i] == '"')
            gx_buffer_byte(buffer, '"');
        gx_buffer_byte(buffer, text.bytes[i]);
    }
    gx_buffer_byte(buffer, '"');
}

/* The cases a person may see come in several ways: those handed in, a company's, a department's, those one
 * has had a task in, or all. Each way is a walk over an index of at most a page's cases, and one more that
 * tells whether there is a next page; together they are the same rule as gx_may.
 *
 * Newest first, a way walks over cases by id. In the order of a variable it walks over the variable's index,
 * or, where it finds few cases, sorts them; behind the last of them come the cases without the variable. */
#include "service/case_list.h"
#include "service/case_record.h"

#include <assert.h>

/* Parameters are numbered, so that each way can use them. */
enum {
    LOGIN = 1,
    DEPARTMENT,
    STATE,
    LAMP,
    SEARCH,
    BEFORE, /* cases with lower ids */
    SORT,
    SORT_VALUE, /* the cursor's place in the variable's index */
    SORT_ID,
    FIRST_COMPANY
};

typedef enum walk_kind { WALK_IDS, WALK_VALUES, WALK_WITHOUT_VALUE, WALK_COUNT } walk_kind;

typedef struct cursor {
    bool is_given, has_value;
    int64_t id;
    gx_text value;
} cursor;

typedef struct listing {
    gx_db *db;
    gx_arena *arena;
    const gx_packages *packages;
    const gx_person *person;
    const gx_case_query *query;
    gx_search_condition conditions[GX_SEARCH_CONDITIONS];
    gx_text filters, words; /* SQL, and what its SEARCH is bound to */
    cursor from;
    gx_text order;                      /* how the cursor names it: "area", "-area" or nothing */
    const char *column, *turn, *beyond; /* of the variable's index: text or number, ASC or DESC, > or < */
    int64_t horizon; /* of a search for a part of a text: the lowest id that is looked at; 0: none */
} listing;

/* ---- The ways ---- */

#define OF_TASK " JOIN cases c ON c.bucket = t.bucket AND c.id = t.case_id"

/* What has been done, era by era as its index is laid out (schema/51-era.sql). */
#define OF_ERAS                                                                                              \
    "(WITH RECURSIVE back(era) AS (SELECT max(era) FROM task WHERE done_by IS NOT NULL UNION ALL SELECT "    \
    "era - 1 FROM back WHERE era > 0) SELECT era FROM back) AS e JOIN task t ON t.era = e.era"

typedef struct ways {
    listing *of;
    walk_kind walk;
    size_t most;
    gx_buffer sql;
    size_t count;
} ways;

typedef struct way {
    const char *tables, *condition;
    const char *id; /* the column whose index gives the order of ids */
    bool finds_few; /* they are found first and sorted then */
    bool has_twice; /* a case may come more than once */
} way;

static void add_way(ways *w, const way *one)
{
    const listing *l = w->of;
    const char *joint = w->count++ ? " UNION " : "", *distinct = one->has_twice ? "DISTINCT " : "";
    gx_text filters = l->filters;
    if (w->walk == WALK_COUNT) {
        gx_buffer_format(&w->sql,
                         "%sSELECT * FROM (SELECT %s%s AS id FROM %s WHERE %s AND %s > 0%.*s LIMIT 1000) "
                         "AS way",
                         joint, distinct, one->id, one->tables, one->condition, one->id, GX_PRINT(filters));
        return;
    }
    if (w->walk != WALK_VALUES) {
        const char *without = " AND NOT EXISTS (SELECT 1 FROM case_variable v WHERE v.bucket = c.bucket AND "
                              "v.case_id = c.id AND v.name = ?7)";
        gx_buffer_format(&w->sql,
                         "%sSELECT * FROM (SELECT %s%s AS id FROM %s WHERE %s AND %s < ?6%.*s%s ORDER BY %s "
                         "DESC LIMIT %zu) AS way",
                         joint, distinct, one->id, one->tables, one->condition, one->id, GX_PRINT(filters),
                         w->walk == WALK_WITHOUT_VALUE ? without : "", one->id, w->most);
        return;
    }
    gx_text place = l->from.has_value
                        ? gx_format(l->arena, " AND (v.%s, v.case_id) %s (?8, ?9)", l->column, l->beyond)
                        : GX_TEXT("");
    gx_buffer_format(
        &w->sql,
        "%sSELECT * FROM (SELECT %sv.%s AS value, v.case_id AS id FROM %s CROSS JOIN %s WHERE %s AND "
        "v.bucket = c.bucket AND v.case_id = c.id AND v.name = ?7 AND v.%s IS NOT NULL%.*s%.*s ORDER BY v.%s "
        "%s, v.case_id %s LIMIT %zu) AS way",
        joint, distinct, l->column, one->finds_few ? one->tables : "case_variable v",
        one->finds_few ? "case_variable v" : one->tables, one->condition, l->column, GX_PRINT(place),
        GX_PRINT(filters), l->column, l->turn, l->turn, w->most);
}

static void add_ways(ways *w)
{
    const listing *l = w->of;
    const gx_person *person = l->person;
    gx_text scope = l->query->scope;
    gx_reach reach = person ? gx_may_reach(l->packages, person, "case.read") : GX_REACH_ALL;
    bool wants_mine = person && gx_text_equal(scope, GX_TEXT("mine")),
         wants_all = !person || scope.size == 0 || gx_text_equal(scope, GX_TEXT("all"));
    if (reach == GX_REACH_ALL && wants_all) {
        add_way(w, &(way){.tables = "cases c", .condition = "1 = 1", .id = "c.id"});
        return;
    }
    add_way(w, &(way){.tables = "cases c",
                      .condition = "c.submitted_by = ?1 AND c.submitted_by <> ''",
                      .id = "c.id",
                      .finds_few = true});
    for (size_t i = 0; i < person->enterprise_count && reach != GX_REACH_NONE; i++)
        add_way(w, &(way){.tables = "cases c",
                          .condition = gx_format(l->arena, "c.enterprise <> '' AND c.enterprise = ?%d",
                                                 FIRST_COMPANY + (int)i)
                                           .bytes,
                          .id = "c.id",
                          .finds_few = true});
    if (reach == GX_REACH_ASSIGNED || wants_mine) {
        /* a case is looked at only when something is asked of it */
        bool asks_of_case = l->filters.size || w->walk == WALK_VALUES || w->walk == WALK_WITHOUT_VALUE;
        add_way(w, &(way){.tables = "task t" OF_TASK,
                          .condition = "t.done_at IS NULL AND t.assignee <> '' AND t.assignee = ?1",
                          .id = "c.id",
                          .finds_few = true,
                          .has_twice = true});
        add_way(w, &(way){.tables = asks_of_case ? OF_ERAS OF_TASK : OF_ERAS,
                          .condition = "t.done_by = ?1",
                          .id = "t.case_id",
                          .finds_few = true,
                          .has_twice = true});
    }
    if (reach >= GX_REACH_DEPARTMENT && !wants_mine && person->department.size)
        add_way(w, &(way){.tables = w->walk == WALK_VALUES ? "cases c CROSS JOIN case_department n"
                                                           : "case_department n CROSS JOIN cases c",
                          .condition = "c.bucket = n.bucket AND c.id = n.case_id AND n.department = ?2",
                          .id = "n.case_id"});
}

/* All parameters are bound, used or not; SQLite counts them up to the highest that a text has, so each has
 * one behind the last. */
static void bind_all(gx_statement *statement, const listing *l, walk_kind walk)
{
    const gx_person *person = l->person;
    bool is_by_id = walk != WALK_VALUES && l->from.is_given && !l->from.has_value;
    gx_bind(statement, "tttttitti", person ? person->login : GX_TEXT(""),
            person ? person->department : GX_TEXT(""), l->query->state, l->query->lamp, l->words,
            is_by_id ? l->from.id : INT64_MAX, l->query->sort.field.id, l->from.value, l->from.id);
    if (l->query->sort.field.type == GX_SEARCH_NUMBER && l->from.has_value)
        gx_search_bind_number(statement, SORT_VALUE, l->from.value);
    int next = FIRST_COMPANY;
    for (size_t i = 0; person && i < person->enterprise_count; i++)
        gx_bind_text(statement, next++, person->enterprises[i]);
    for (size_t i = 0; i < l->query->condition_count; i++, next += GX_SEARCH_PARAMETERS)
        gx_search_bind(statement, &l->conditions[i], next);
}

static gx_statement *ask(listing *l, walk_kind walk, size_t most, gx_error *error)
{
    ways w = {.of = l, .walk = walk, .most = most, .sql = gx_buffer_in(l->arena)};
    add_ways(&w);
    gx_text tail = walk == WALK_COUNT ? GX_TEXT("")
                   : walk == WALK_VALUES
                       ? gx_format(l->arena, " ORDER BY value %s, id %s LIMIT %zu", l->turn, l->turn, most)
                       : gx_format(l->arena, " ORDER BY id DESC LIMIT %zu", most);
    gx_text sql = gx_format(l->arena, "SELECT %s FROM (%.*s) AS found WHERE ?%d IS DISTINCT FROM ?1%.*s",
                            walk == WALK_COUNT ? "count(*)" : "id", GX_PRINT(gx_buffer_as_text(&w.sql)),
                            FIRST_COMPANY + (int)((l->person ? l->person->enterprise_count : 0) +
                                                  GX_SEARCH_PARAMETERS * l->query->condition_count),
                            GX_PRINT(tail));
    gx_statement *statement = gx_db_prepare_built(l->db, l->arena, sql, error);
    if (statement)
        bind_all(statement, l, walk);
    return statement;
}

static bool walk_on(listing *l, walk_kind walk, size_t most, gx_case_page *page, gx_error *error)
{
    gx_statement *rows = ask(l, walk, most - page->count, error);
    gx_step step = GX_STEP_FAILED;
    while (rows && page->count < most && (step = gx_db_step(rows, error)) == GX_STEP_ROW)
        page->ids[page->count++] = gx_column_int(rows, 0);
    if (rows)
        gx_db_reset(rows);
    return step != GX_STEP_FAILED;
}

/* ---- Cursors: "ID", or "ID.ORDER=VALUE" and, behind the last value, "ID.ORDER" ---- */

static bool read_cursor(listing *l, gx_error *error)
{
    gx_text rest, order, text = l->query->after;
    if (text.size == 0)
        return true;
    l->from.is_given = true;
    bool is_read = gx_text_to_int(gx_text_cut(text, '.', &rest), &l->from.id) && l->from.id > 0;
    order = gx_text_cut(rest.bytes ? rest : GX_TEXT(""), '=', &l->from.value);
    l->from.has_value = l->from.value.bytes != NULL;
    if (!l->from.has_value)
        l->from.value = GX_TEXT("");
    double number;
    bool is_fitting = l->query->sort.field.type != GX_SEARCH_NUMBER || !l->from.has_value ||
                      gx_search_read_number(l->from.value, &number);
    return (is_read && is_fitting && gx_text_equal(order, l->order)) ||
           gx_fail(error, "case.search.cursor", text, l->order.size ? l->order : GX_TEXT("–"));
}

/* Behind the case `id`, the last of the page. */
static bool write_cursor(listing *l, int64_t id, gx_text *next, gx_error *error)
{
    gx_text value;
    *next = gx_format(l->arena, "%lld", (long long)id);
    if (!l->order.size)
        return true;
    if (!gx_db_get_text(l->db, l->arena, error, &value,
                        "SELECT text FROM case_variable WHERE bucket = bucket_of(?1) AND case_id = ?1 AND "
                        "name = ?2",
                        "it", id, l->query->sort.field.id))
        return false;
    *next = gx_format(l->arena, "%.*s.%.*s%s%.*s", GX_PRINT(*next), GX_PRINT(l->order),
                      value.bytes && value.size ? "=" : "", GX_PRINT(value.bytes ? value : GX_TEXT("")));
    return true;
}

/* ---- A page ---- */

/* How far back the conditions that cannot be answered by an index alone look. */
static bool find_horizon(listing *l, gx_case_page *page, gx_error *error)
{
    int64_t below = l->order.size || !l->from.is_given ? INT64_MAX : l->from.id;
    for (size_t i = 0; i < l->query->condition_count; i++) {
        int64_t lowest = 0;
        l->conditions[i] = l->query->conditions[i];
        if (!gx_search_horizon(l->db, &l->conditions[i], below, &lowest, error))
            return false;
        if (lowest > l->horizon) {
            l->horizon = lowest;
            page->bound = l->conditions[i].field.id;
        }
    }
    for (size_t i = 0; i < l->query->condition_count; i++) {
        l->conditions[i].lowest = l->horizon;
        l->conditions[i].below = below;
    }
    return true;
}

static void write_filters(listing *l)
{
    const gx_case_query *query = l->query;
    gx_text search = gx_text_trim(query->search.bytes ? query->search : GX_TEXT(""));
    bool is_number = gx_text_starts_with(search, GX_TEXT("GX-"));
    gx_buffer sql = gx_buffer_in(l->arena);
    gx_buffer_string(&sql, query->state.size ? " AND c.state = ?3" : "");
    if (query->lamp.size)
        gx_buffer_string(&sql, gx_text_equal(query->lamp, GX_TEXT("green"))
                                   ? " AND c.lamp = ?4"
                                   : " AND c.lamp <> 'green' AND c.lamp = ?4");
    if (is_number)
        gx_buffer_string(&sql, " AND c.number >= ?5 AND c.number < ?5 || 'z'");
    else if (search.size)
        gx_buffer_format(&sql, " AND %s",
                         gx_words_match(l->db, l->arena, "case_words", "c.id", SEARCH).bytes);
    int first = FIRST_COMPANY + (int)(l->person ? l->person->enterprise_count : 0);
    for (size_t i = 0; i < query->condition_count; i++, first += GX_SEARCH_PARAMETERS)
        gx_buffer_text(&sql, gx_search_sql(l->arena, &l->conditions[i], first));
    l->filters = gx_buffer_as_text(&sql);
    if (!l->filters.bytes)
        l->filters = GX_TEXT("");
    l->words = is_number ? search : gx_words_query(l->db, l->arena, search);
}

static bool fill_page(listing *l, gx_case_page *page, gx_error *error)
{
    size_t size = (size_t)l->query->size, most = size + 1;
    bool is_done = true;
    if (!l->order.size)
        is_done = walk_on(l, WALK_IDS, most, page, error);
    else if (!l->from.is_given || l->from.has_value)
        is_done = walk_on(l, WALK_VALUES, most, page, error);
    if (l->order.size && is_done && page->count < most)
        is_done = walk_on(l, WALK_WITHOUT_VALUE, most, page, error);
    if (!is_done)
        return false;
    if (page->count == most) {
        page->count = size;
        return write_cursor(l, page->ids[size - 1], &page->next, error);
    }
    if (l->horizon && !l->order.size) /* further back than was looked */
        page->next = gx_format(l->arena, "%lld", (long long)l->horizon);
    return true;
}

bool gx_case_list(gx_db *db, gx_arena *arena, const gx_packages *packages, const gx_person *person,
                  const gx_case_query *query, gx_case_page *page, gx_error *error)
{
    const gx_search_sort *sort = &query->sort;
    assert(query->size > 0 && query->size < (int64_t)GX_COUNT_OF(page->ids));
    assert(query->condition_count <= GX_SEARCH_CONDITIONS);
    listing l = {.db = db,
                 .arena = arena,
                 .packages = packages,
                 .person = person,
                 .query = query,
                 .from = {.value = GX_TEXT("")},
                 .order = sort->field.id.size ? gx_format(arena, "%s%.*s", sort->is_descending ? "-" : "",
                                                          GX_PRINT(sort->field.id))
                                              : GX_TEXT(""),
                 .column = sort->field.type == GX_SEARCH_NUMBER ? "number" : "text",
                 .turn = sort->is_descending ? "DESC" : "ASC",
                 .beyond = sort->is_descending ? "<" : ">"};
    *page = (gx_case_page){.total = -1, .next = GX_TEXT(""), .bound = GX_TEXT("")};
    if (!read_cursor(&l, error) || !find_horizon(&l, page, error))
        return false;
    write_filters(&l);
    if (!fill_page(&l, page, error))
        return false;
    if (l.from.is_given)
        return true;
    gx_statement *count = ask(&l, WALK_COUNT, 0, error);
    gx_step step = count ? gx_db_step(count, error) : GX_STEP_FAILED;
    if (step == GX_STEP_ROW)
        page->total = gx_column_int(count, 0);
    if (count)
        gx_db_reset(count);
    return step != GX_STEP_FAILED;
}

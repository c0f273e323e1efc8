/* Lists of cases by variables: every statement goes by an index, whoever asks for what in which order, and a
 * search for a part of a text says where it stopped and goes on from there. */
#include "house.h"
#include "db/sqlite.h"
#include "service/case_list.h"

#include <sqlite3.h>

static gx_person boss;

static int open_all(void **state)
{
    (void)state;
    open_house();
    load_house();
    boss = officer("root", "ASB", "admin");
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    close_house();
    return 0;
}

/* ---- Plans ---- */

/* A step of a plan that goes through a table without an index to say where. A walk over a query's own result,
 * or over a list that is given, is none. */
static bool is_scan(const char *detail)
{
    static const char *const allowed[] = {"SCAN way",       "SCAN found",    "SCAN (", "SCAN newest",
                                          "SCAN json_each", "SCAN CONSTANT", "SCAN e", "SCAN back"};
    if (strncmp(detail, "SCAN ", 5) != 0)
        return false;
    if (strstr(detail, "VIRTUAL TABLE INDEX 0:M")) /* the index of words */
        return false;
    for (size_t i = 0; i < GX_COUNT_OF(allowed); i++)
        if (strncmp(detail, allowed[i], strlen(allowed[i])) == 0)
            return false;
    return true;
}

static void look_at_plan(sqlite3 *handle, const char *sql)
{
    gx_text explained = gx_format(&arena, "EXPLAIN QUERY PLAN %s", sql);
    sqlite3_stmt *plan = NULL;
    assert_int_equal(sqlite3_prepare_v2(handle, explained.bytes, -1, &plan, NULL), SQLITE_OK);
    while (sqlite3_step(plan) == SQLITE_ROW)
        if (is_scan((const char *)sqlite3_column_text(plan, 3)))
            fail_msg("%s: %s", (const char *)sqlite3_column_text(plan, 3), sql);
    sqlite3_finalize(plan);
}

/* Of all that the connection has prepared and asks. */
static void look_at_plans(sqlite3 *handle)
{
    const char *texts[256];
    size_t count = 0;
    for (sqlite3_stmt *one = NULL; (one = sqlite3_next_stmt(handle, one)) && count < GX_COUNT_OF(texts);)
        if (strstr(sqlite3_sql(one), "case_variable") || strstr(sqlite3_sql(one), "cases c"))
            texts[count++] = gx_format(&arena, "%s", sqlite3_sql(one)).bytes;
    assert_true(count > 0 && count < GX_COUNT_OF(texts));
    for (size_t i = 0; i < count; i++)
        look_at_plan(handle, texts[i]);
}

typedef struct wish {
    const char *where, *value, *sort, *after, *state, *lamp, *search;
} wish;

static const wish wishes[] = {
    {.where = NULL},
    {.where = "floorArea.eq", .value = "3"},
    {.where = "floorArea.ne", .value = "3"},
    {.where = "floorArea.ge", .value = "3"},
    {.where = "floorArea.lt", .value = "3"},
    {.where = "floorArea.empty"},
    {.where = "floorArea.present"},
    {.where = "designer.begins", .value = "a"},
    {.where = "designer.contains", .value = "a"},
    {.where = "designer.ne", .value = "a"},
    {.where = "plannedStart.le", .value = "2026-12-01"},
    {.where = "specialFire.eq", .value = "true"},
    {.sort = "floorArea"},
    {.sort = "-floorArea", .after = "7.-floorArea=12"},
    {.sort = "floorArea", .after = "7.floorArea"},
    {.sort = "designer", .after = "7.designer=a", .where = "designer.contains", .value = "b"},
    {.sort = "-designer", .where = "floorArea.ge", .value = "3", .state = "accepted"},
    {.state = "accepted", .after = "9"},
    {.lamp = "red"},
    {.lamp = "green", .sort = "plannedStart"},
    {.search = "GX-2026"},
    {.search = "someone", .sort = "designer"},
};

typedef struct asking {
    const gx_person *person;
    const char *scope;
    const wish *wish;
    gx_case_page page;
} asking;

static bool ask(gx_db *db, gx_arena *own, void *context, gx_error *error)
{
    asking *a = context;
    const wish *w = a->wish;
    const gx_packages *known = gx_zone_packages(zone);
    gx_search_condition condition;
    gx_case_query query = {.scope = gx_text_of(a->scope),
                           .state = gx_text_of(w->state ? w->state : ""),
                           .lamp = gx_text_of(w->lamp ? w->lamp : ""),
                           .search = gx_text_of(w->search ? w->search : ""),
                           .conditions = &condition,
                           .condition_count = w->where != NULL,
                           .after = gx_text_of(w->after ? w->after : ""),
                           .size = 20};
    if ((w->where && !gx_search_read(known, gx_text_of(w->where), gx_text_of(w->value ? w->value : ""),
                                     &condition, error)) ||
        !gx_search_read_sort(known, gx_text_of(w->sort ? w->sort : ""), &query.sort, error) ||
        !gx_case_list(db, own, known, a->person, &query, &a->page, error))
        return false;
    if (gx_sqlite_handle(db))
        look_at_plans(gx_sqlite_handle(db));
    return true;
}

static void no_list_goes_through_a_table(void **state)
{
    static const char *const scopes[] = {"all", "department", "mine"};
    gx_person window = officer("w", "ASB", "window"), head = officer("h", "NRP", "head");
    const gx_person *const people[] = {NULL, &boss, &window, &head, &applicant};
    (void)state;
    for (size_t p = 0; p < GX_COUNT_OF(people); p++)
        for (size_t s = 0; s < GX_COUNT_OF(scopes); s++)
            for (size_t i = 0; i < GX_COUNT_OF(wishes); i++) {
                gx_error error = {0};
                char why[512];
                asking a = {.person = people[p], .scope = scopes[s], .wish = &wishes[i]};
                if (!gx_store_read(gx_zone_store(zone), ask, &a, &error))
                    fail_msg("wish %zu: %s", i, gx_error_write(&error, GX_LANGUAGE_EN, why, sizeof why));
            }
}

/* ---- A bound ---- */

enum { ROWS = GX_SEARCH_NEWEST + 10 };

static bool add_rows(gx_db *db, gx_arena *own, void *context, gx_error *error)
{
    (void)own, (void)context;
    return gx_db_run(db, error,
                     "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1) INSERT "
                     "INTO cases (bucket, id, number, matter, matter_version, state, enterprise, applicant, "
                     "project, owner, submitted_by, submitted_at) SELECT bucket_of(i), i, 'GX-1999-' || i, "
                     "'M', 1, 'closed', '', '', '', '', '', 0 FROM n",
                     "i", (int64_t)ROWS) &&
           gx_db_run(db, error,
                     "INSERT INTO case_variable (bucket, case_id, name, text) SELECT bucket, id, 'designer', "
                     "CASE id % 10000 WHEN 5 THEN 'the North office' ELSE 'south' END FROM cases WHERE "
                     "matter = 'M'",
                     "");
}

static void a_search_for_a_part_of_a_text_says_where_it_stopped_and_goes_on(void **state)
{
    gx_error error = {0};
    wish w = {.where = "designer.contains", .value = "north"};
    asking a = {.scope = "all", .wish = &w};
    char after[32];
    (void)state;
    assert_true(gx_store_write(gx_zone_store(zone), add_rows, NULL, &error));
    assert_true(gx_store_read(gx_zone_store(zone), ask, &a, &error));
    assert_int_equal(a.page.count, 2); /* 20005 and 10005; 5 is beyond */
    assert_int_equal(a.page.ids[0], 20005);
    assert_int_equal(a.page.bound.size, strlen("designer"));
    snprintf(after, sizeof after, "%.*s", GX_PRINT(a.page.next));
    assert_string_equal(after, "11");
    w.after = after;
    assert_true(gx_store_read(gx_zone_store(zone), ask, &a, &error));
    assert_int_equal(a.page.count, 1);
    assert_int_equal(a.page.ids[0], 5);
    assert_int_equal(a.page.bound.size, 0);
    assert_int_equal(a.page.next.size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_list_goes_through_a_table),
        cmocka_unit_test(a_search_for_a_part_of_a_text_says_where_it_stopped_and_goes_on),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    gx_skills_use(gx_skills, gx_skill_count);
    return cmocka_run_group_tests(tests, open_all, close_all);
}

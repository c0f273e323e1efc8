/* Buckets: every key of what belongs to a case begins with its bucket, an id leads to it, and a database from
 * before gets them without losing what refers to what. On SQLite there is one bucket, 0. */
#include "base/clock.h"
#include "db/db.h"
#include "service/schema.h"
#include "../address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

enum { VERSION_WITHOUT_BUCKETS = 7 };

static char folder[] = "/tmp/gx-bucket-XXXXXX", path[64];

static const char *why(const gx_error *error)
{
    static char text[1024];
    return gx_error_write(error, GX_LANGUAGE_EN, text, sizeof text);
}

static gx_store *open_store(int32_t version)
{
    gx_error error = {0};
    gx_schema schema = {gx_zone_schema.steps, version ? version : gx_zone_schema.version};
    const char *address = test_is_on_postgres() ? test_address : path;
    gx_store *store = gx_store_open(&(gx_store_options){.path = address, .schema = schema}, &error);
    if (!store)
        fail_msg("%s", why(&error));
    return store;
}

static void write_store(gx_store *store, gx_db_work work, const char *context)
{
    gx_error error = {0};
    if (!gx_store_write(store, work, (void *)context, &error))
        fail_msg("%s", why(&error));
}

static bool run_script(gx_db *db, gx_arena *own, void *context, gx_error *error)
{
    (void)own;
    return gx_db_script(db, context, error);
}

static int64_t ask(gx_db *db, const char *sql)
{
    gx_error error = {0};
    int64_t number = -1;
    if (!gx_db_get_int(db, &error, &number, -1, sql, ""))
        fail_msg("%s: %s", sql, why(&error));
    return number;
}

/* ---- An old database ---- */

static const char old_rows[] =
    "INSERT INTO cases (id, number, matter, matter_version, state, enterprise, applicant, project, owner, "
    "submitted_by, submitted_at) "
    "VALUES (1, 'GX-1', 'm', 1, 'accepted', '', 'a', 'p', 'o', 'x', 1), (2, 'GX-2', 'm', 1, 'accepted', '', "
    "'a', 'p', 'o', 'x', 1), "
    "(1024, 'GX-1024', 'm', 1, 'accepted', '', 'a', 'p', 'o', 'x', 1);"
    "INSERT INTO case_department (department, case_id) VALUES ('D', 1), ('D', 2);"
    "INSERT INTO case_data (case_id, data) VALUES (2, '{}');"
    "INSERT INTO instance (id, process, process_version, parent, parent_key, version, state) VALUES "
    "(4096, 'p', 1, NULL, 0, 1, ''), (4097, 'q', 1, 4096, 7, 1, ''), (8192, 'p', 1, NULL, 0, 1, '');"
    "INSERT INTO journal (case_id, instance, at, actor, actor_name, department, command_id, events, path) "
    "VALUES "
    "(1, 4096, 1, '', '', '', 'c1', '[]', ''), (2, 8192, 1, '', '', '', NULL, '[]', '');"
    "INSERT INTO task (id, case_id, instance, key, element, name, role, department, assignee, enterprise, "
    "form, priority, created_at, due, has_own_due, round, waits_for) VALUES "
    "(5, 1, 4097, 3, 'e', 'n', 'r', 'D', '', '', '', 0, 1, 9, 0, 0, 6), (8, 1, 4097, 3, 'e', 'n', 'signer', "
    "'D', '', '', '', 0, 1, 9, 0, 6, 0);"
    "INSERT INTO sign_round (id, case_id, task, mode, rule, percent, agree, refuse, data, reason, opened_by, "
    "opened_at, total) "
    "VALUES (6, 1, 5, 'before', 'all', 0, '', '', '{}', '', 'x', 1, 1);"
    "INSERT INTO signature (round, task, login, name) VALUES (6, 8, 'x', 'X');"
    "INSERT INTO timer (instance, key, element, due) VALUES (4096, 1, 'e', 5), (8192, 1, 'e', 6);"
    "INSERT INTO job (id, instance, key, element, skill, inputs, retries_left, retry_after_ms) VALUES (3, "
    "8192, 4, 'e', 's', '{}', 3, 0);"
    "INSERT INTO letter (id, number, case_id, kind, at, content) VALUES (4, 'L-1', 2, 'receipt', 1, '{}');"
    "INSERT INTO notice (receiver, event, parts, case_number, letter, at, visible_at) VALUES ('account:x', "
    "'e', '[]', 'GX-2', 4, 1, 1);"
    "INSERT INTO urge (case_id, actor, at) VALUES (2, 'x', 1);";

/* Each counts what must be there: rows that find what they refer to, by whole keys. */
static const struct {
    const char *sql;
    int64_t count;
} joins[] = {
    {"SELECT count(*) FROM cases WHERE bucket = bucket_of(id) AND bucket = bucket_of_number(number)", 3},
    {"SELECT count(*) FROM case_department d JOIN cases c ON c.bucket = d.bucket AND c.id = d.case_id", 2},
    {"SELECT count(*) FROM case_data d JOIN cases c ON c.bucket = d.bucket AND c.id = d.case_id WHERE "
     "c.number = 'GX-2'",
     1},
    {"SELECT count(*) FROM instance i JOIN cases c ON c.bucket = i.bucket AND c.id = i.id / 4096", 3},
    {"SELECT count(*) FROM instance i JOIN instance p ON p.bucket = i.bucket AND p.id = i.parent WHERE "
     "i.process = 'q'",
     1},
    {"SELECT count(*) FROM journal j JOIN instance i ON i.bucket = j.bucket AND i.id = j.instance AND "
     "j.case_id = i.id / 4096",
     2},
    {"SELECT count(*) FROM task t JOIN instance i ON i.bucket = t.bucket AND i.id = t.instance WHERE "
     "t.bucket = bucket_of(t.id)",
     2},
    {"SELECT count(*) FROM task t JOIN sign_round r ON r.bucket = t.bucket AND r.id = t.waits_for AND r.task "
     "= t.id",
     1},
    {"SELECT count(*) FROM signature s JOIN sign_round r ON r.bucket = s.bucket AND r.id = s.round JOIN task "
     "t ON t.bucket = s.bucket AND t.id = s.task "
     "WHERE t.round = r.id",
     1},
    {"SELECT count(*) FROM timer t JOIN instance i ON i.bucket = t.bucket AND i.id = t.instance", 2},
    {"SELECT count(*) FROM job j JOIN instance i ON i.bucket = j.bucket AND i.id = j.instance WHERE j.bucket "
     "= bucket_of(j.id)",
     1},
    {"SELECT count(*) FROM notice n JOIN letter l ON l.bucket = bucket_of(n.letter) AND l.id = n.letter", 1},
    {"SELECT count(*) FROM urge u JOIN cases c ON c.bucket = u.bucket AND c.id = u.case_id", 1},
};

static bool check_joins(gx_db *db, gx_arena *own, void *context, gx_error *error)
{
    (void)own, (void)context, (void)error;
    for (size_t i = 0; i < GX_COUNT_OF(joins); i++)
        if (ask(db, joins[i].sql) != joins[i].count)
            fail_msg("%lld, not %lld: %s", (long long)ask(db, joins[i].sql), (long long)joins[i].count,
                     joins[i].sql);
    return true;
}

static void a_database_from_before_keeps_what_refers_to_what(void **state)
{
    (void)state;
    gx_store *store = open_store(VERSION_WITHOUT_BUCKETS);
    write_store(store, run_script, old_rows);
    gx_store_close(store);
    store = open_store(0);
    write_store(store, check_joins, NULL);
    gx_store_close(store);
}

/* ---- Keys ---- */

/* On PostgreSQL: keys of tables that have a bucket and do not begin with it; and tables of cases that have
 * none. permit has a case, but is found by its own number and code, by anybody. */
static const char wrong_keys[] =
    "SELECT string_agg(k.conrelid::regclass::text || '.' || k.conname, ' ') FROM pg_constraint k JOIN "
    "pg_attribute a ON a.attrelid = k.conrelid AND a.attname = 'bucket' "
    "JOIN pg_namespace n ON n.oid = k.connamespace WHERE n.nspname = current_schema() AND k.contype IN ('p', "
    "'u', 'f') AND k.conkey[1] <> a.attnum";
static const char wrong_indices[] =
    "SELECT string_agg(i.indexrelid::regclass::text, ' ') FROM pg_index i JOIN pg_class c ON c.oid = "
    "i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
    "JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attname = 'bucket' WHERE n.nspname = "
    "current_schema() AND i.indisunique AND i.indkey[0] <> a.attnum";
static const char without_bucket[] =
    "SELECT string_agg(DISTINCT c.table_name, ' ') FROM information_schema.columns c WHERE c.table_schema = "
    "current_schema() AND c.column_name IN ('case_id', 'instance') "
    "AND c.table_name <> 'permit' AND NOT EXISTS (SELECT 1 FROM information_schema.columns b WHERE "
    "b.table_schema = current_schema() AND b.table_name = c.table_name AND "
    "b.column_name = 'bucket')";
static const char one_store_without_bucket[] =
    "SELECT group_concat(m.name, ' ') FROM sqlite_master m WHERE m.type = 'table' AND m.name <> 'permit' AND "
    "EXISTS (SELECT 1 FROM pragma_table_info(m.name) WHERE name IN "
    "('case_id', 'instance')) AND NOT EXISTS (SELECT 1 FROM pragma_table_info(m.name) WHERE name = 'bucket')";

static void must_be_none(gx_db *db, gx_arena *own, const char *what, const char *sql)
{
    gx_error error = {0};
    gx_text found = {NULL, 0};
    if (!gx_db_get_text(db, own, &error, &found, sql, ""))
        fail_msg("%s", why(&error));
    if (found.size)
        fail_msg("%s: %.*s", what, GX_PRINT(found));
}

static bool check_keys(gx_db *db, gx_arena *own, void *context, gx_error *error)
{
    (void)context, (void)error;
    if (!test_is_on_postgres()) {
        must_be_none(db, own, "tables of cases without a bucket", one_store_without_bucket);
        return true;
    }
    must_be_none(db, own, "keys that do not begin with the bucket", wrong_keys);
    must_be_none(db, own, "unique indices that do not begin with the bucket", wrong_indices);
    must_be_none(db, own, "tables of cases without a bucket", without_bucket);
    return true;
}

static void every_key_of_a_cases_table_begins_with_its_bucket(void **state)
{
    (void)state;
    gx_store *store = open_store(0);
    write_store(store, check_keys, NULL);
    gx_store_close(store);
}

/* ---- deploy/citus.sql ---- */

static char *read_whole(const char *name)
{
    static char text[32768];
    FILE *file = fopen(name, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);
    return text;
}

static bool check_distribution(gx_db *db, gx_arena *own, void *context, gx_error *error)
{
    static const char tables[] = "SELECT m.name, EXISTS (SELECT 1 FROM pragma_table_info(m.name) WHERE name "
                                 "= 'bucket') OR m.name LIKE "
                                 "'%_words' FROM sqlite_master m WHERE m.type = 'table' AND m.name NOT LIKE "
                                 "'sqlite%' AND m.name NOT LIKE "
                                 "'%_words_%'";
    const char *text = read_whole("deploy/citus.sql");
    int count = 0, said = 0;
    (void)own, (void)context;
    gx_statement *rows = gx_db_prepare(db, tables);
    while (gx_db_step(rows, error) == GX_STEP_ROW) {
        char call[100];
        gx_text name = gx_column_text(rows, 0);
        snprintf(call, sizeof call,
                 gx_column_int(rows, 1) ? "create_distributed_table('%.*s', 'bucket'"
                                        : "create_reference_table('%.*s')",
                 GX_PRINT(name));
        if (!strstr(text, call))
            fail_msg("deploy/citus.sql lacks %s", call);
        count++;
    }
    for (const char *at = text; (at = strstr(at, "SELECT create_")); at++)
        said++;
    assert_int_equal(said, count);
    return true;
}

static void the_script_for_citus_names_every_table_once(void **state)
{
    (void)state;
    if (test_is_on_postgres())
        return; /* the tables are the same ones; SQLite lists them */
    gx_store *store = open_store(0);
    write_store(store, check_distribution, NULL);
    gx_store_close(store);
}

/* ---- New ids ---- */

static bool check_new_ids(gx_db *db, gx_arena *own, void *context, gx_error *error)
{
    int64_t spread = test_is_on_postgres() ? 100 : 1;
    (void)context;
    for (int i = 0; i < 200; i++) {
        int64_t id = 0, task = 0;
        gx_text number = gx_format(own, "GX-N-%d", i);
        if (!gx_db_get_int(db, error, &id, 0,
                           "INSERT INTO cases (bucket, id, number, matter, matter_version, state, "
                           "enterprise, applicant, project, owner, submitted_by, submitted_at) VALUES "
                           "(bucket_of_number(?1), new_id('cases', bucket_of_number(?1)), ?1, '', 1, '', '', "
                           "'', '', '', '', 0) RETURNING id",
                           "t", number) ||
            !gx_db_get_int(db, error, &task, 0,
                           "INSERT INTO task (bucket, id, case_id, instance, key, element, name, role, "
                           "department, assignee, enterprise, form, priority, created_at, due, "
                           "has_own_due) VALUES (bucket_of(?1), new_id('task', bucket_of(?1)), ?1, ?1 * "
                           "4096, 1, '', '', '', '', '', '', '', 0, 0, 0, 0) RETURNING id",
                           "i", id))
            return false;
        int64_t is_found = 0;
        if (!gx_db_get_int(
                db, error, &is_found, 0,
                "SELECT 1 FROM task WHERE bucket = bucket_of(?1) AND id = ?1 AND bucket = bucket_of(?2)",
                "ii", task, id))
            return false;
        assert_int_equal(is_found, 1);
    }
    assert_true(ask(db, "SELECT count(DISTINCT bucket) FROM cases") >= spread);
    return true;
}

static void a_new_id_leads_to_the_bucket_of_its_case(void **state)
{
    (void)state;
    gx_store *store = open_store(0);
    write_store(store, check_new_ids, NULL);
    gx_store_close(store);
}

static int set_up(void **state)
{
    (void)state;
    memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
    if (!mkdtemp(folder) || (test_is_on_postgres() && !test_new_address()))
        return -1;
    snprintf(path, sizeof path, "%s/zone.db", folder);
    return 0;
}

static int tear_down(void **state)
{
    char command[96];
    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", folder);
    test_drop_address();
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_database_from_before_keeps_what_refers_to_what, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_key_of_a_cases_table_begins_with_its_bucket, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_script_for_citus_names_every_table_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_new_id_leads_to_the_bucket_of_its_case, set_up, tear_down),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

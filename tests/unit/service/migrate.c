/* The schema's history, interrupted: on SQLite a process is killed after every statement of every step, on
 * PostgreSQL at moments all over the upgrade. What is found afterwards is the last whole version, and opening
 * it goes on to the newest, which is the same as if nothing had happened. */
#include "../address.h"
#include "base/limits.h"
#include "service/schema.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <cmocka.h>

enum { STEPS_MOST = 200, DUMP_MOST = 400000, KILLS = 6 };

static char folder[40];
static char wanted[DUMP_MOST], found[DUMP_MOST]; /* schemas as text */

static int set_up(void **state)
{
    (void)state;
    /* in memory if there is such a place: a process is killed, not the machine, and disks only take time */
    strcpy(folder, access("/dev/shm", W_OK) == 0 ? "/dev/shm/gx-migrate-XXXXXX" : "/tmp/gx-migrate-XXXXXX");
    assert_non_null(mkdtemp(folder));
    return 0;
}

static int tear_down(void **state)
{
    char command[80];
    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static bool open_at(const char *address, gx_schema schema, gx_error *error)
{
    gx_store *store = gx_store_open(&(gx_store_options){.path = address, .schema = schema}, error);
    gx_store_close(store);
    return store != NULL;
}

static void must_open_at(const char *address, gx_schema schema)
{
    gx_error error = {0};
    char sentence[400];
    if (!open_at(address, schema, &error))
        fail_msg("%s", gx_error_write(&error, GX_LANGUAGE_EN, sentence, sizeof sentence));
}

static int64_t version_of(const char *address)
{
    gx_error error = {0};
    int64_t version = -1;
    assert_true(gx_store_version(address, &version, &error));
    return version;
}

/* ---- SQLite: after every statement ---- */

static void dump_sqlite(const char *path, char *text)
{
    sqlite3 *db;
    sqlite3_stmt *rows;
    size_t size = 0;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT type, name, sql FROM sqlite_master ORDER BY type, name",
                                        -1, &rows, NULL),
                     SQLITE_OK);
    while (sqlite3_step(rows) == SQLITE_ROW)
        size += (size_t)snprintf(text + size, DUMP_MOST - size, "%s %s %s\n", sqlite3_column_text(rows, 0),
                                 sqlite3_column_text(rows, 1), sqlite3_column_text(rows, 2));
    assert_true(size > 0 && size < DUMP_MOST - 1);
    sqlite3_finalize(rows);
    sqlite3_close(db);
}

static void die(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)context, (void)count, (void)values;
    kill(getpid(), SIGKILL);
}

static int add_die(sqlite3 *db, char **error, const struct sqlite3_api_routines *api)
{
    (void)error, (void)api;
    return sqlite3_create_function(db, "die", 0, SQLITE_UTF8, NULL, die, NULL, NULL);
}

/* Where the statement after `from` ends; 0 when there is none. */
static size_t statement_end(const char *sql, size_t from)
{
    char *copy = strdup(sql + from);
    size_t end = 0;
    for (size_t i = 0; copy[i] && !end; i++) {
        if (copy[i] != ';')
            continue;
        char next = copy[i + 1];
        copy[i + 1] = '\0';
        end = sqlite3_complete(copy) ? from + i + 1 : 0;
        copy[i + 1] = next;
    }
    free(copy);
    return end;
}

static void copy_file(const char *from, const char *to)
{
    char bytes[65536];
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    assert_non_null(in);
    assert_non_null(out);
    for (size_t size; (size = fread(bytes, 1, sizeof bytes, in)) > 0;)
        assert_int_equal(fwrite(bytes, 1, size, out), size);
    fclose(in);
    assert_int_equal(fclose(out), 0);
}

/* Upgrades from step - 1 until `end` bytes of the step have been run; then the process is gone. */
static void upgrade_and_die(const char *path, int32_t step, size_t end)
{
    const char *steps[STEPS_MOST];
    memcpy(steps, gx_zone_schema.steps, (size_t)gx_zone_schema.version * sizeof *steps);
    size_t size = end + 32;
    char *cut = malloc(size);
    snprintf(cut, size, "%.*s SELECT die();", (int)end, gx_zone_schema.steps[step]);
    steps[step] = cut;
    pid_t child = fork();
    if (child == 0) {
        gx_error error = {0};
        sqlite3_auto_extension((void (*)(void))add_die);
        open_at(path, (gx_schema){steps, step + 1}, &error);
        _exit(1);
    }
    int status;
    waitpid(child, &status, 0);
    free(cut);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void an_upgrade_killed_after_any_statement_goes_on_from_the_last_whole_step(void **state)
{
    char whole[80], before[80], path[80];
    int statements = 0;
    (void)state;
    assert_true(gx_zone_schema.version < STEPS_MOST);
    snprintf(whole, sizeof whole, "%s/whole.db", folder);
    snprintf(before, sizeof before, "%s/before.db", folder);
    must_open_at(whole, gx_zone_schema);
    dump_sqlite(whole, wanted);
    for (int32_t step = 0; step < gx_zone_schema.version; step++) {
        const char *sql = gx_zone_schema.steps[step];
        if (step > 0)
            must_open_at(before, (gx_schema){gx_zone_schema.steps, step});
        for (size_t end = statement_end(sql, 0); end; end = statement_end(sql, end)) {
            snprintf(path, sizeof path, "%s/cut%d.db", folder, statements++);
            if (step > 0)
                copy_file(before, path);
            upgrade_and_die(path, step, end);
            assert_int_equal(version_of(path), step);
            must_open_at(path, gx_zone_schema);
            dump_sqlite(path, found);
            assert_string_equal(found, wanted);
        }
    }
    print_message("# killed after each of %d statements of %d steps\n", statements,
                  (int)gx_zone_schema.version);
    assert_true(statements > 100);
}

/* ---- PostgreSQL: at any time ---- */

static void dump_postgres(char *text)
{
    static const char sql[] =
        "SELECT string_agg(line, E'\\n' ORDER BY line) FROM (SELECT table_name || ' ' || column_name || ' ' "
        "|| "
        "data_type || ' ' || is_nullable || ' ' || coalesce(regexp_replace(column_default, "
        "'test_[0-9_]+\\.', ''), "
        "'') AS line FROM information_schema.columns WHERE table_schema = current_schema() UNION ALL SELECT "
        "replace(indexdef, current_schema(), '') FROM pg_indexes WHERE schemaname = current_schema() UNION "
        "ALL "
        "SELECT version::text FROM gaoxing_schema) x";
    PGconn *connection = PQconnectdb(test_address);
    PGresult *result = PQexec(connection, sql);
    assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
    snprintf(text, DUMP_MOST, "%s", PQgetvalue(result, 0, 0));
    PQclear(result);
    PQfinish(connection);
}

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void an_upgrade_killed_at_any_time_goes_on_from_the_last_whole_step(void **state)
{
    int versions = 0;
    (void)state;
    assert_non_null(test_new_address());
    int64_t begun = now_us();
    must_open_at(test_address, gx_zone_schema);
    int64_t whole_us = now_us() - begun;
    dump_postgres(wanted);
    test_drop_address();
    for (int i = 0; i < KILLS; i++) {
        int64_t version;
        gx_error error = {0};
        assert_non_null(test_new_address());
        pid_t child = fork();
        if (child == 0) {
            open_at(test_address, gx_zone_schema, &error);
            _exit(0);
        }
        usleep((useconds_t)(whole_us * (i * 2 + 1) / (KILLS * 2)));
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        if (gx_store_version(test_address, &version, &error))
            versions += version > 0 && version < gx_zone_schema.version;
        must_open_at(test_address, gx_zone_schema);
        dump_postgres(found);
        test_drop_address();
        assert_string_equal(found, wanted);
    }
    print_message("# %d kills, %d of them between two steps\n", KILLS, versions);
    assert_true(versions > 0);
}

/* ---- Both ---- */

static void an_older_program_refuses_a_newer_database_and_leaves_it_alone(void **state)
{
    char path[80], sentence[400], have[24], know[24];
    gx_error error = {0};
    (void)state;
    snprintf(path, sizeof path, "%s/newer.db", folder);
    const char *address = test_is_on_postgres() ? test_new_address() : path;
    must_open_at(address, gx_zone_schema);
    assert_false(open_at(address, (gx_schema){gx_zone_schema.steps, gx_zone_schema.version - 1}, &error));
    assert_string_equal(error.code, "db.newer");
    snprintf(have, sizeof have, "%d", (int)gx_zone_schema.version);
    snprintf(know, sizeof know, "%d", (int)gx_zone_schema.version - 1);
    for (int language = 0; language < 2; language++) {
        gx_error_sentence(&error, language ? GX_LANGUAGE_EN : GX_LANGUAGE_ZH, sentence, sizeof sentence);
        assert_non_null(strstr(sentence, have));
        assert_non_null(strstr(sentence, know));
    }
    assert_int_equal(version_of(address), gx_zone_schema.version);
    must_open_at(address, gx_zone_schema);
    test_drop_address();
}

int main(void)
{
    const struct CMUnitTest on_sqlite[] = {
        cmocka_unit_test(an_older_program_refuses_a_newer_database_and_leaves_it_alone),
        cmocka_unit_test(an_upgrade_killed_after_any_statement_goes_on_from_the_last_whole_step),
    };
    const struct CMUnitTest on_postgres[] = {
        cmocka_unit_test(an_older_program_refuses_a_newer_database_and_leaves_it_alone),
        cmocka_unit_test(an_upgrade_killed_at_any_time_goes_on_from_the_last_whole_step),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return test_is_on_postgres() ? cmocka_run_group_tests_name("migrate", on_postgres, set_up, tear_down)
                                 : cmocka_run_group_tests_name("migrate", on_sqlite, set_up, tear_down);
}

/* The store, on SQLite or on the PostgreSQL that GX_TEST_POSTGRES names. */
#include "../address.h"
#include "db/db.h"
#include "db/tokenizer.h"
#include "base/limits.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static const char *const steps[] = {
    "CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);\n"
    "CREATE INDEX thing_a ON thing (name) WHERE name GLOB 'a*'; --sqlite",
    "--postgresql CREATE FUNCTION bucket_of(id BIGINT) RETURNS BIGINT LANGUAGE sql IMMUTABLE AS 'SELECT $1 & 1023';\n"
    "CREATE VIRTUAL TABLE words USING fts5 (body, content='', tokenize='gx_icu');",
};
static const char *const broken_steps[] = {
    "CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);",
    "CREATE TABLE half (id INTEGER); CREATE NONSENSE;",
};

typedef struct fixture {
    char folder[40];
    char path[64];       /* of SQLite's file */
    const char *address; /* the path, or a schema of PostgreSQL */
    gx_store *store;
} fixture;

static gx_store *open_store(fixture *f, int32_t version, gx_error *error)
{
    return gx_store_open(&(gx_store_options){.path = f->address, .schema = {steps, version}}, error);
}

static int set_up(void **state)
{
    static fixture f;
    gx_error error = {0};
    strcpy(f.folder, "/tmp/gx-store-XXXXXX");
    assert_non_null(mkdtemp(f.folder));
    snprintf(f.path, sizeof f.path, "%s/zone.db", f.folder);
    f.address = test_is_on_postgres() ? test_new_address() : f.path;
    f.store = open_store(&f, 2, &error);
    assert_non_null(f.store);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    gx_store_close(f->store);
    static const char *const suffixes[] = {"", "-wal", "-shm", "-lock", ".copy"};
    for (size_t i = 0; i < GX_COUNT_OF(suffixes); i++) {
        char path[80];
        snprintf(path, sizeof path, "%s%s", f->path, suffixes[i]);
        unlink(path);
    }
    rmdir(f->folder);
    test_drop_address();
    return 0;
}

static bool add(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    (void)arena;
    return gx_db_run(db, error, "INSERT INTO thing (name) VALUES (?1)", "s", (const char *)context);
}

static bool count_things(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    (void)arena;
    return gx_db_get_int(db, error, context, -1, "SELECT count(*) FROM thing", "");
}

static int64_t count(gx_store *store)
{
    int64_t number = -1;
    assert_true(gx_store_read(store, count_things, &number, NULL));
    return number;
}

static void a_failed_command_undoes_only_itself(void **state)
{
    fixture *f = *state;
    gx_error error = {0};
    assert_true(gx_store_write(f->store, add, "one", &error));
    assert_false(gx_store_write(f->store, add, "one", &error));
    assert_string_equal(error.code, "db.constraint");
    assert_true(gx_store_write(f->store, add, "two", &error));
    assert_int_equal(count(f->store), 2);
}

typedef struct tally {
    int done, failed, after;
} tally;

static tally the_tally;

static void tally_done(void *context, bool is_done, const gx_error *error)
{
    tally *t = &the_tally;
    (void)context, (void)error;
    if (is_done)
        t->done++;
    else
        t->failed++;
}

static void tally_after(void *context)
{
    ((tally *)context)->after++;
}

static bool add_number_and_sometimes_fail(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    int number = (int)(intptr_t)context;
    gx_text name = gx_format(arena, "n%d", number);
    gx_db_after_commit(db, tally_after, &the_tally);
    if (!gx_db_run(db, error, "INSERT INTO thing (name) VALUES (?1)", "t", name))
        return false;
    return number % 3 != 0 || gx_fail(error, "db.interrupted");
}

static void a_group_commits_what_succeeded_and_answers_each(void **state)
{
    fixture *f = *state;
    the_tally = (tally){0};
    for (int i = 0; i < 3000; i++)
        gx_store_submit(f->store, add_number_and_sometimes_fail, tally_done, (void *)(intptr_t)i);
    gx_error error = {0};
    assert_true(gx_store_write(f->store, add, "last", &error));
    assert_int_equal(the_tally.done, 2000);
    assert_int_equal(the_tally.failed, 1000);
    assert_int_equal(the_tally.after, 2000);
    assert_int_equal(count(f->store), 2001);
    gx_store_figures figures = gx_store_measure(f->store);
    assert_true(figures.largest_group > 1 && figures.groups < 3001);
}

static bool eat_memory(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    (void)context;
    if (!gx_db_run(db, error, "INSERT INTO thing (name) VALUES ('eaten')", ""))
        return false;
    while (gx_alloc(arena, 1 << 20))
        continue;
    return true;
}

static void a_command_that_uses_up_its_memory_is_undone(void **state)
{
    fixture *f = *state;
    gx_error error = {0};
    assert_false(gx_store_write(f->store, eat_memory, NULL, &error));
    assert_string_equal(error.code, "base.memory");
    assert_int_equal(count(f->store), 0);
    assert_true(gx_store_write(f->store, add, "after", &error));
}

static bool set_room(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    (void)arena;
    int64_t ignored;
    return context ? gx_db_get_int(db, error, &ignored, 0, "PRAGMA max_page_count=30", "")
                   : gx_db_get_int(db, error, &ignored, 0, "PRAGMA max_page_count=1000000", "");
}

static bool add_large(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    (void)context;
    char *large = gx_alloc(arena, 200001);
    memset(large, 'x', 200000);
    return gx_db_run(db, error, "INSERT INTO thing (name) VALUES (?1)", "s", large);
}

static void a_full_disk_is_an_error_and_the_store_goes_on(void **state)
{
    fixture *f = *state;
    gx_error error = {0};
    assert_true(gx_store_write(f->store, set_room, "", &error));
    assert_false(gx_store_write(f->store, add_large, NULL, &error));
    assert_string_equal(error.code, "db.full");
    assert_int_equal(count(f->store), 0);
    assert_true(gx_store_write(f->store, set_room, NULL, &error));
    assert_true(gx_store_write(f->store, add_large, NULL, &error));
}

static bool try_to_write(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    (void)arena, (void)context;
    return gx_db_run(db, error, "DELETE FROM thing", "");
}

static void a_reader_cannot_write(void **state)
{
    fixture *f = *state;
    gx_error error = {0};
    assert_true(gx_store_write(f->store, add, "stays", &error));
    bool is_taken = gx_store_read(f->store, try_to_write, NULL, &error);
    assert_true(!is_taken || test_is_on_postgres()); /* there it is refused when it is too late to say so */
    assert_int_equal(count(f->store), 1);
}

static void a_second_writer_is_refused(void **state)
{
    fixture *f = *state;
    gx_error error = {0};
    assert_null(open_store(f, 2, &error));
    assert_string_equal(error.code, "db.in_use");
}

static void a_newer_database_is_refused_with_both_versions(void **state)
{
    fixture *f = *state;
    gx_error error = {0};
    char sentence[300];
    gx_store_close(f->store);
    f->store = NULL;
    assert_null(open_store(f, 1, &error));
    assert_string_equal(error.code, "db.newer");
    gx_error_sentence(&error, GX_LANGUAGE_EN, sentence, sizeof sentence);
    assert_non_null(strstr(sentence, "2"));
    assert_non_null(strstr(sentence, "1"));
    f->store = open_store(f, 2, &error); /* and was left alone */
    assert_non_null(f->store);
}

static void a_file_that_is_no_database_is_refused(void **state)
{
    fixture *f = *state;
    gx_error error = {0};
    gx_store_close(f->store);
    f->store = NULL;
    unlink(f->path);
    FILE *file = fopen(f->path, "w");
    for (int i = 0; i < 1000; i++)
        fputs("this is no database ", file);
    fclose(file);
    assert_null(open_store(f, 2, &error));
    unlink(f->path);
}

static void an_interrupted_upgrade_leaves_the_last_whole_version(void **state)
{
    fixture *f = *state;
    gx_error error = {0};
    gx_store_close(f->store);
    unlink(f->path);
    test_drop_address();
    f->address = test_is_on_postgres() ? test_new_address() : f->path;
    f->store = gx_store_open(&(gx_store_options){.path = f->address, .schema = {broken_steps, 2}}, &error);
    assert_null(f->store);
    f->store = open_store(f, 2, &error); /* the first step is there and whole: only the second runs */
    assert_non_null(f->store);
    assert_int_equal(count(f->store), 0);
}

static bool add_text(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    static int64_t id;
    return gx_words_put(db, arena, GX_WORDS("words"), ++id, (gx_text){"", 0}, gx_text_of((const char *)context), error);
}

typedef struct search {
    const char *words;
    int64_t found;
} search;

static bool find_text(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    search *s = context;
    gx_text query = gx_words_query(db, arena, gx_text_of(s->words));
    gx_text sql = gx_format(arena, "SELECT count(*) FROM words w WHERE %.*s",
                            GX_PRINT(gx_words_match(db, arena, "words", "w.rowid", 1)));
    gx_statement *row = gx_db_prepare_built(db, arena, sql, error);
    s->found = 0;
    if (!row || query.size == 0)
        return row != NULL;
    gx_bind_text(row, 1, query);
    gx_step step = gx_db_step(row, error);
    s->found = step == GX_STEP_ROW ? gx_column_int(row, 0) : -1;
    gx_db_reset(row);
    return step == GX_STEP_ROW;
}

static void search_finds_any_part_of_a_chinese_name(void **state)
{
    fixture *f = *state;
    assert_true(gx_store_write(f->store, add_text, "山推工程机械新能源产线", NULL));
    assert_true(gx_store_write(f->store, add_text, "大京机械年产智能化驾驶室1万台项目", NULL));
    assert_true(gx_store_write(f->store, add_text, "Ｋｏｍａｔｓｕ global base 2024", NULL));
    static const search searches[] = {
        {"山推", 1}, {"智能化驾驶室", 1}, {"驾驶", 1}, {"机械", 2}, {"械年", 1}, {"推山", 0}, {"komatsu", 1}, {"KOM", 1},
        {"机械 山推", 1}, {"大京　驾驶室", 1}, {"\"OR\" AND (", 0}, {"202", 1}, {"glob", 1}, {"lobal", 0},
    };
    for (size_t i = 0; i < GX_COUNT_OF(searches); i++) {
        search s = searches[i];
        assert_true(gx_store_read(f->store, find_text, &s, NULL));
        if (s.found != searches[i].found)
            fail_msg("%s: %d", s.words, (int)s.found);
    }
}

static void a_backup_holds_what_was_committed_before_it(void **state)
{
    fixture *f = *state;
    gx_error error = {0};
    char path[80];
    assert_true(gx_store_write(f->store, add, "kept", &error));
    snprintf(path, sizeof path, "%s.copy", f->path);
    assert_true(gx_store_backup(f->store, path, &error));
    gx_store_close(f->store);
    f->store = NULL;
    assert_int_equal(rename(path, f->path), 0);
    f->store = open_store(f, 2, &error);
    assert_non_null(f->store);
    assert_int_equal(count(f->store), 1);
}

/* The child writes numbers and says each one to the pipe after it is answered; it is killed at a random moment. */
static void say_answered(void *context, bool is_done, const gx_error *error)
{
    (void)error;
    int32_t number = (int32_t)(intptr_t)context;
    if (is_done && write(9, &number, sizeof number) != sizeof number)
        _exit(1);
}

static bool add_number(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    return gx_db_run(db, error, "INSERT INTO thing (name) VALUES (?1)", "t", gx_format(arena, "%d", (int)(intptr_t)context));
}

static bool has_number(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    int64_t *number = context;
    return gx_db_get_int(db, error, number, 0, "SELECT count(*) FROM thing WHERE name = ?1", "t",
                         gx_format(arena, "%d", (int)*number));
}

static void what_was_answered_survives_kill_9(void **state)
{
    fixture *f = *state;
    gx_error error = {0};
    int answered = 0;
    for (int round = 0; round < 20; round++) {
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        gx_store_close(f->store);
        pid_t child = fork();
        if (child == 0) {
            dup2(ends[1], 9);
            gx_store *store = open_store(f, 2, &error);
            for (int i = 1; store; i++) {
                gx_store_submit(store, add_number, say_answered, (void *)(intptr_t)(round * 1000000 + i));
                if (i % 64 == 0)
                    usleep(200);
            }
            _exit(1);
        }
        close(ends[1]);
        usleep((useconds_t)(20000 + 7919 * round % 30000));
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        f->store = open_store(f, 2, &error);
        assert_non_null(f->store);
        for (int32_t number; read(ends[0], &number, sizeof number) == sizeof number; answered++) {
            int64_t found = number;
            assert_true(gx_store_read(f->store, has_number, &found, &error));
            if (found != 1)
                fail_msg("answered number %d is there %d times", (int)number, (int)found);
        }
        close(ends[0]);
    }
    print_message("# %d answered commands looked up after 20 kills\n", answered);
    assert_true(answered > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_failed_command_undoes_only_itself, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_group_commits_what_succeeded_and_answers_each, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_command_that_uses_up_its_memory_is_undone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_reader_cannot_write, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_newer_database_is_refused_with_both_versions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_interrupted_upgrade_leaves_the_last_whole_version, set_up, tear_down),
        cmocka_unit_test_setup_teardown(search_finds_any_part_of_a_chinese_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_answered_survives_kill_9, set_up, tear_down),
        /* on SQLite alone: */
        cmocka_unit_test_setup_teardown(a_full_disk_is_an_error_and_the_store_goes_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_second_writer_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_that_is_no_database_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_backup_holds_what_was_committed_before_it, set_up, tear_down),
    };
    const size_t sqlite_only = 4;
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return _cmocka_run_group_tests("store", tests, GX_COUNT_OF(tests) - (test_is_on_postgres() ? sqlite_only : 0), NULL,
                                   NULL);
}

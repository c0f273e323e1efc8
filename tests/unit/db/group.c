/* Commands that share a transaction: what fails undoes only itself, whether the group runs quickly or warily.
 */
#include "../address.h"
#include "db/db.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { COMMANDS_MOST = 8, SEEN_MOST = 4000 };

static const char *const steps[] = {
    "CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"};
static const char *seen[SEEN_MOST];
static size_t seen_count;
static gx_store *store;
static char folder[40];

static void note(void *context, const char *sql)
{
    (void)context;
    if (seen_count < SEEN_MOST)
        seen[seen_count++] = sql;
}

static size_t times_seen(const char *sql)
{
    size_t count = 0;
    for (size_t i = 0; i < seen_count; i++)
        count += strcmp(seen[i], sql) == 0;
    return count;
}

static gx_store *open_place(const char *address, gx_error *error)
{
    return gx_store_open(&(gx_store_options){.path = address, .schema = {steps, 1}}, error);
}

static const char *place(void)
{
    static char path[64];
    snprintf(path, sizeof path, "%s/zone.db", folder);
    return test_is_on_postgres() ? test_address : path;
}

static int set_up(void **state)
{
    gx_error error = {0};
    (void)state;
    strcpy(folder, "/tmp/gx-group-XXXXXX");
    assert_non_null(mkdtemp(folder));
    test_new_address();
    store = open_place(place(), &error);
    assert_non_null(store);
    gx_store_watch(store, note, NULL);
    return 0;
}

static int tear_down(void **state)
{
    char command[80];
    (void)state;
    gx_store_close(store);
    test_drop_address();
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

/* ---- Commands that wait until their group is whole ---- */

typedef struct act {
    const char *name;    /* a row to insert; NULL: none */
    const char *refusal; /* the code to fail with afterwards; NULL: none */
    const char *told;    /* to other servers; NULL: nothing */
    int runs, after;
    bool is_answered, is_done;
    char code[32];
} act;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool is_open;

static void count_after(void *context)
{
    ((act *)context)->after++;
}

static bool run_act(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    act *a = context;
    (void)arena;
    a->runs++;
    gx_db_after_commit(db, count_after, a);
    if (a->told && !gx_db_tell(db, gx_text_of(a->told), error))
        return false;
    if (a->name && !gx_db_run(db, error, "INSERT INTO thing (name) VALUES (?1)", "s", a->name))
        return false;
    return !a->refusal || gx_fail(error, a->refusal, GX_TEXT(""));
}

static bool wait_for_all(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    (void)db, (void)arena, (void)context, (void)error;
    pthread_mutex_lock(&mutex);
    while (!is_open)
        pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
    return true;
}

static void answer(void *context, bool is_done, const gx_error *error)
{
    act *a = context;
    if (!a)
        return;
    pthread_mutex_lock(&mutex);
    a->is_answered = true;
    a->is_done = is_done;
    snprintf(a->code, sizeof a->code, "%s", is_done ? "" : error->code);
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&mutex);
}

/* All of them in one group. */
static void run_together(act *acts, size_t count)
{
    is_open = false;
    gx_store_submit(store, wait_for_all, answer, NULL);
    for (size_t i = 0; i < count; i++)
        gx_store_submit(store, run_act, answer, &acts[i]);
    pthread_mutex_lock(&mutex);
    seen_count = 0;
    is_open = true;
    pthread_cond_broadcast(&changed);
    for (size_t i = 0; i < count; i++)
        while (!acts[i].is_answered)
            pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
}

static bool count_rows(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    (void)arena;
    return gx_db_get_int(db, error, context, -1, "SELECT count(*) FROM thing", "");
}

static int64_t rows(void)
{
    int64_t count = -1;
    assert_true(gx_store_read(store, count_rows, &count, NULL));
    return count;
}

static void expect(const act *a, const char *code, int after)
{
    assert_string_equal(a->code, code);
    assert_int_equal(a->is_done, code[0] == '\0');
    assert_int_equal(a->after, after);
}

/* ---- Promises ---- */

static void a_group_without_failures_needs_no_savepoint(void **state)
{
    act acts[] = {{.name = "a"}, {.name = "b"}, {.name = "c"}};
    (void)state;
    run_together(acts, 3);
    for (int i = 0; i < 3; i++)
        expect(&acts[i], "", 1);
    assert_int_equal(times_seen("SAVEPOINT command"), 0);
    assert_int_equal(rows(), 3);
}

static void who_is_refused_before_writing_costs_its_neighbours_nothing(void **state)
{
    act acts[] = {{.name = "a"}, {.refusal = "case.absent"}, {.name = "c"}};
    (void)state;
    run_together(acts, 3);
    expect(&acts[0], "", 1);
    expect(&acts[1], "case.absent", 0);
    expect(&acts[2], "", 1);
    for (int i = 0; i < 3; i++)
        assert_int_equal(acts[i].runs, 1);
    assert_int_equal(times_seen("SAVEPOINT command"), 0);
    assert_int_equal(rows(), 2);
}

static void who_fails_after_writing_undoes_only_itself(void **state)
{
    act acts[] = {{.name = "a"}, {.name = "b", .refusal = "case.absent"}, {.name = "c"}};
    (void)state;
    run_together(acts, 3);
    expect(&acts[0], "", 1);
    expect(&acts[1], "case.absent", 0);
    expect(&acts[2], "", 1);
    assert_int_equal(rows(), 2);
}

/* On PostgreSQL the second row's failure is heard of only when it is too late to say whose it was. */
static void a_violated_constraint_is_told_to_whom_it_belongs(void **state)
{
    act acts[] = {{.name = "a"}, {.name = "same"}, {.name = "same"}, {.name = "d"}};
    (void)state;
    run_together(acts, 4);
    expect(&acts[0], "", 1);
    expect(&acts[1], "", 1);
    expect(&acts[2], "db.constraint", 0);
    expect(&acts[3], "", 1);
    assert_int_equal(rows(), 3);
}

static void after_a_failure_groups_are_wary_for_a_while(void **state)
{
    act first[] = {{.name = "a", .refusal = "case.absent"}, {.name = "b"}};
    int wary = 0;
    (void)state;
    run_together(first, 2);
    for (int i = 0; i < 30; i++) {
        char names[2][16];
        snprintf(names[0], sizeof names[0], "x%d", i);
        snprintf(names[1], sizeof names[1], "y%d", i);
        act acts[] = {{.name = names[0]}, {.name = names[1]}};
        run_together(acts, 2);
        expect(&acts[0], "", 1);
        expect(&acts[1], "", 1);
        wary += times_seen("SAVEPOINT command") > 0;
    }
    assert_in_range(wary, 1, 17);
    assert_int_equal(times_seen("SAVEPOINT command"), 0);
    assert_int_equal(rows(), 61);
}

static void a_command_that_is_alone_needs_no_savepoint_to_fail(void **state)
{
    act failing = {.name = "a", .refusal = "case.absent"};
    (void)state;
    seen_count = 0;
    gx_error error = {0};
    assert_false(gx_store_write(store, run_act, &failing, &error));
    assert_string_equal(error.code, "case.absent");
    assert_int_equal(failing.runs, 1);
    assert_int_equal(times_seen("SAVEPOINT command"), 0);
    assert_int_equal(rows(), 0);
}

/* ---- Two stores on one database ---- */

typedef struct hearing {
    int lines, empty;
    bool is_right;
} hearing;

static void hear(void *context, gx_text text)
{
    hearing *h = context;
    pthread_mutex_lock(&mutex);
    h->empty += text.size == 0;
    h->lines += text.size != 0;
    h->is_right = h->is_right && (text.size == 0 || gx_text_equal(text, GX_TEXT("event one")) ||
                                  gx_text_equal(text, GX_TEXT("event two")));
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
}

static void what_a_group_tells_is_heard_once_and_nothing_of_what_was_undone(void **state)
{
    gx_error error = {0};
    hearing h = {.is_right = true};
    (void)state;
    gx_store *other = open_place(place(), &error);
    assert_non_null(other);
    gx_store_listen(other, hear, &h);
    pthread_mutex_lock(&mutex);
    while (h.empty == 0)
        pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
    act acts[] = {{.name = "a", .told = "event one"},
                  {.name = "b", .told = "event undone", .refusal = "case.absent"},
                  {.name = "c", .told = "event one"},
                  {.name = "d", .told = "event two"}};
    run_together(acts, 4);
    pthread_mutex_lock(&mutex);
    while (h.lines < 2)
        pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
    gx_store_close(other);
    assert_int_equal(h.lines, 2);
    assert_true(h.is_right);
}

/* ---- First questions ---- */

static const char thing_by_id[] = "SELECT id, name FROM thing WHERE id = ?1 FOR UPDATE";

typedef struct naming {
    int64_t id;
    const char *letter;
    bool is_unforeseen; /* its first question is not told, and neither is what it changes */
    bool fails;
    act act;
} naming;

/* Adds a letter to what it finds: one that is not seen by the next is lost. */
static bool add_letter(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    naming *n = context;
    gx_statement *find = gx_db_prepare(db, thing_by_id);
    gx_bind_int(find, 1, n->id);
    if (gx_db_step(find, error) != GX_STEP_ROW)
        return false;
    gx_text name = gx_format(arena, "%.*s%s", GX_PRINT(gx_column_text(find, 1)), n->letter);
    gx_db_reset(find);
    if (!n->is_unforeseen)
        gx_db_touch(db, n->id);
    if (n->fails)
        return gx_fail(error, "db.full");
    return gx_db_run(db, error, "UPDATE thing SET name = ?2 WHERE id = ?1", "it", n->id, name);
}

static void answer_naming(void *context, bool is_done, const gx_error *error)
{
    answer(&((naming *)context)->act, is_done, error);
}

static void add_together(naming *all, size_t count)
{
    is_open = false;
    gx_store_submit(store, wait_for_all, answer, NULL);
    for (size_t i = 0; i < count; i++) {
        const gx_first_question first = {
            .sql = thing_by_id, .numbers = {all[i].id}, .number_count = 1, .key_count = 1, .subject = 0};
        gx_store_submit_asking(store, all[i].is_unforeseen ? NULL : &first, add_letter, answer_naming,
                               &all[i]);
    }
    pthread_mutex_lock(&mutex);
    is_open = true;
    pthread_cond_broadcast(&changed);
    for (size_t i = 0; i < count; i++)
        while (!all[i].act.is_answered)
            pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
}

static bool read_name(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    gx_text name;
    naming *n = context;
    if (!gx_db_get_text(db, arena, error, &name, "SELECT name FROM thing WHERE id = ?1", "i", n->id))
        return false;
    snprintf(n->act.code, sizeof n->act.code, "%.*s", GX_PRINT(name));
    return true;
}

static void expect_name(int64_t id, const char *name)
{
    gx_error error = {0};
    naming n = {.id = id};
    assert_true(gx_store_read(store, read_name, &n, &error));
    assert_string_equal(n.act.code, name);
}

static void what_a_command_has_changed_is_asked_again_by_the_next(void **state)
{
    (void)state;
    act rows[] = {{.name = "x"}, {.name = "y"}};
    run_together(rows, 2);
    naming all[] = {{1, "a"}, {2, "b"}, {1, "c"}, {1, "d"}, {2, "e"}};
    add_together(all, GX_COUNT_OF(all));
    expect_name(1, "xacd");
    expect_name(2, "ybe");
}

static void a_command_that_does_not_say_what_it_changes_is_seen_by_all(void **state)
{
    (void)state;
    act rows[] = {{.name = "x"}, {.name = "y"}};
    run_together(rows, 2);
    naming all[] = {{2, "a"}, {1, "b", .is_unforeseen = true}, {1, "c"}, {2, "d"}};
    add_together(all, GX_COUNT_OF(all));
    expect_name(1, "xbc");
    expect_name(2, "yad");
}

static void a_refused_command_leaves_what_is_foreseen_as_it_was(void **state)
{
    (void)state;
    act rows[] = {{.name = "x"}, {.name = "y"}};
    run_together(rows, 2);
    naming all[] = {{1, "a"}, {1, "b", .fails = true}, {2, "c", .fails = true}, {2, "d"}};
    add_together(all, GX_COUNT_OF(all));
    assert_false(all[1].act.is_done);
    expect_name(1, "xa");
    expect_name(2, "yd");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_group_without_failures_needs_no_savepoint, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_is_refused_before_writing_costs_its_neighbours_nothing, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(who_fails_after_writing_undoes_only_itself, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_violated_constraint_is_told_to_whom_it_belongs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(after_a_failure_groups_are_wary_for_a_while, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_command_that_is_alone_needs_no_savepoint_to_fail, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_a_command_has_changed_is_asked_again_by_the_next, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_command_that_does_not_say_what_it_changes_is_seen_by_all, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_refused_command_leaves_what_is_foreseen_as_it_was, set_up,
                                        tear_down),
        /* on PostgreSQL alone: */
        cmocka_unit_test_setup_teardown(what_a_group_tells_is_heard_once_and_nothing_of_what_was_undone,
                                        set_up, tear_down),
    };
    const size_t shared_only = 1;
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return _cmocka_run_group_tests(
        "group", tests, GX_COUNT_OF(tests) - (test_is_on_postgres() ? 0 : shared_only), NULL, NULL);
}

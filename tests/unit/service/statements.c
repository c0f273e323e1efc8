/* How many statements a command costs. Each one is a round trip on PostgreSQL if it asks something, and some
 * microseconds on SQLite; a read that always finds the same is easily added and hard to find again. The
 * bounds are what the commands need today: whoever needs more changes them on purpose. */
#include "house.h"

enum { SEEN_MOST = 64 };

static const char *seen[SEEN_MOST];
static size_t seen_count;

static void note(void *context, const char *sql)
{
    (void)context;
    if (seen_count < SEEN_MOST)
        seen[seen_count++] = sql;
}

static bool is_question(const char *sql)
{
    return strncmp(sql, "SELECT pg_", 10) != 0 &&
           (strncmp(sql, "SELECT ", 7) == 0 || (strstr(sql, "RETURNING") && !strstr(sql, "new_id(")));
}

/* Without what the transaction itself and other servers are told. */
static void expect_at_most(const char *what, size_t most, size_t questions_most)
{
    size_t count = 0, questions = 0;
    static const char *const own[] = {"BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "SELECT pg_"};
    for (size_t i = 0; i < seen_count; i++) {
        bool is_own = false;
        for (size_t j = 0; j < GX_COUNT_OF(own); j++)
            is_own = is_own || strncmp(seen[i], own[j], strlen(own[j])) == 0;
        count += !is_own;
        questions += is_question(seen[i]);
    }
    if (count <= most && questions <= questions_most && seen_count < SEEN_MOST)
        return;
    print_message("# %s: %zu statements, %zu of them questions\n", what, count, questions);
    for (size_t i = 0; i < seen_count; i++)
        print_message("#   %s\n", seen[i]);
    fail_msg("%s costs more than %zu statements, %zu of them questions", what, most, questions_most);
}

static int open_all(void **state)
{
    gx_error error = {0};
    gx_findings findings = {0};
    (void)state;
    open_house();
    gx_packages_release(packages);
    packages = gx_packages_read(GX_PACKAGES, true, &findings, &error); /* with the tutorial's matter */
    assert_non_null(packages);
    gx_findings_release(&findings);
    add_process("two-tasks",
                "<process id=\"two-tasks\" isExecutable=\"true\"><startEvent id=\"s\"/><userTask id=\"a\" "
                "gx:role=\"window\" gx:department=\"D\"/><userTask id=\"b\" gx:role=\"window\" "
                "gx:department=\"D\"/><endEvent id=\"e\"/><sequenceFlow id=\"f\" sourceRef=\"s\" "
                "targetRef=\"a\"/><sequenceFlow id=\"g\" sourceRef=\"a\" targetRef=\"b\"/><sequenceFlow "
                "id=\"h\" sourceRef=\"b\" targetRef=\"e\"/></process>");
    load_house();
    gx_store_watch(gx_zone_store(zone), note, NULL);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    close_house();
    return 0;
}

/* PostgreSQL is asked once a group for the ids that its inserts will take. */
static size_t asks_for_ids(void)
{
    return test_is_on_postgres() ? 1 : 0;
}

static gx_text start(const char *matter)
{
    seen_count = 0;
    return submit(&applicant, matter, "{}");
}

static int64_t open_task(gx_text number)
{
    return figure(number, "SELECT id FROM task WHERE done_at IS NULL AND case_id = " OF_CASE);
}

static bool complete_by_id(gx_work *work, act *a, gx_error *error)
{
    int64_t id = 0;
    return gx_text_to_int(a->text, &id) && gx_task_complete(work, id, 0, a->outcome, NULL, error);
}

static void finish_task(const gx_person *person, gx_text number, const char *outcome)
{
    act a = {.person = person,
             .run = complete_by_id,
             .text = gx_format(&arena, "%lld", (long long)open_task(number)),
             .outcome = gx_text_of(outcome)};
    seen_count = 0;
    do_act(&a);
}

static void starting_a_case_of_a_matter_takes_eleven_statements(void **state)
{
    (void)state;
    start("TUT"); /* the first prepares what a process needs once */
    start("TUT");
    expect_at_most("start a case of a matter", 11 + asks_for_ids(), 3 + asks_for_ids());
}

static void starting_a_bare_process_takes_seven_statements(void **state)
{
    gx_person person = officer("head", "D", "operator");
    (void)state;
    act a = {.person = &person, .run = submit_case, .matter = GX_TEXT("two-tasks"), .data = "{}"};
    do_act(&a);
    seen_count = 0;
    do_act(&a);
    expect_at_most("start a bare process", 7 + asks_for_ids(), 2 + asks_for_ids());
}

static void completing_a_task_takes_five_statements(void **state)
{
    gx_person starter = officer("head", "D", "operator"), person = officer("w", "D", "window");
    (void)state;
    act a = {.person = &starter, .run = submit_case, .matter = GX_TEXT("two-tasks"), .data = "{}"};
    do_act(&a);
    finish_task(&person, a.number, "");
    expect_at_most("complete a task that another follows", 5, 1);
    finish_task(&person, a.number, "");
    expect_at_most("complete the last task", 6, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starting_a_case_of_a_matter_takes_eleven_statements),
        cmocka_unit_test(starting_a_bare_process_takes_seven_statements),
        cmocka_unit_test(completing_a_task_takes_five_statements),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    gx_skills_use(gx_skills, gx_skill_count);
    return cmocka_run_group_tests(tests, open_all, close_all);
}

/* Instances in the store: jobs with retries, called processes, messages, signals, decisions, budgets, skills
 * that fail; and that nothing is found by a scan. */
#include "house.h"
#include "db/sqlite.h"

#include <sqlite3.h>
#include "service/notice.h"
#include "service/view.h"

static int tries_needed;

static bool flaky(gx_skill_call *call, gx_value *outputs, gx_error *error)
{
    if (--tries_needed > 0)
        return gx_fail(error, "skill.input", GX_TEXT("flaky"), GX_TEXT("luck"));
    const gx_entry entry = {GX_TEXT("answer"), gx_value_int(42)};
    *outputs = gx_value_context(call->arena, gx_copy_bytes(call->arena, &entry, sizeof entry), 1);
    return true;
}

static bool business(gx_skill_call *call, gx_value *outputs, gx_error *error)
{
    (void)outputs;
    call->error_code = GX_TEXT("NO_DATA");
    return gx_fail(error, "skill.input", GX_TEXT("business"), GX_TEXT("data"));
}

/* Writes, changes the case, and fails: nothing of it may stay. */
static bool messy(gx_skill_call *call, gx_value *outputs, gx_error *error)
{
    int64_t heard;
    (void)outputs;
    call->of->overdue_reason = GX_TEXT("messy");
    call->of->is_changed = true;
    gx_journal_add(call->work, call->of, (gx_journal_event){.kind = "messy"});
    return gx_db_run(call->db, error, "INSERT INTO number (name, last) VALUES ('messy', 1)", "") &&
           gx_message_send(call->work, GX_TEXT("messy"), call->of->number, gx_value_null(), true, &heard,
                           error) &&
           gx_fail(error, "skill.input", GX_TEXT("messy"), GX_TEXT("order"));
}

static gx_skill skills[40];

static void add_processes(void)
{
    add_process("job",
                "<process id=\"job\" isExecutable=\"true\"><startEvent id=\"s\"/><serviceTask id=\"j\" "
                "gx:skill=\"test.flaky\" gx:mode=\"job\" gx:retries=\"3\" gx:retryAfter=\"PT1M\" "
                "gx:result=\"got\"/><userTask id=\"u\" gx:department=\"D\" gx:role=\"reviewer\"/><endEvent "
                "id=\"e\"/><sequenceFlow id=\"a\" sourceRef=\"s\" targetRef=\"j\"/>"
                "<sequenceFlow id=\"b\" sourceRef=\"j\" targetRef=\"u\"/><sequenceFlow id=\"c\" "
                "sourceRef=\"u\" targetRef=\"e\"/></process>");
    add_process(
        "business",
        "<error id=\"err\" errorCode=\"NO_DATA\"/><process id=\"business\" isExecutable=\"true\"><startEvent "
        "id=\"s\"/><serviceTask id=\"j\" gx:skill=\"test.business\" "
        "gx:mode=\"job\" gx:retries=\"3\"/><boundaryEvent id=\"caught\" "
        "attachedToRef=\"j\"><errorEventDefinition errorRef=\"err\"/></boundaryEvent><endEvent id=\"e\"/>"
        "<userTask id=\"mend\" gx:role=\"reviewer\" gx:department=\"D\"/><endEvent id=\"e2\"/><sequenceFlow "
        "id=\"a\" sourceRef=\"s\" targetRef=\"j\"/><sequenceFlow id=\"b\" "
        "sourceRef=\"j\" targetRef=\"e\"/><sequenceFlow id=\"c\" sourceRef=\"caught\" "
        "targetRef=\"mend\"/><sequenceFlow id=\"d\" sourceRef=\"mend\" targetRef=\"e2\"/></process>");
    add_process("messy",
                "<process id=\"messy\" isExecutable=\"true\"><startEvent id=\"s\"/><userTask id=\"u\" "
                "gx:role=\"reviewer\" gx:department=\"D\"/><serviceTask id=\"j\" gx:skill=\"test.messy\" "
                "gx:mode=\"transaction\"/><endEvent id=\"e\"/><sequenceFlow id=\"a\" sourceRef=\"s\" "
                "targetRef=\"u\"/><sequenceFlow id=\"b\" sourceRef=\"u\" targetRef=\"j\"/><sequenceFlow "
                "id=\"c\" sourceRef=\"j\" targetRef=\"e\"/></process>");
    add_process(
        "timed-mess",
        "<process id=\"timed-mess\" isExecutable=\"true\"><startEvent id=\"s\"/><intermediateCatchEvent "
        "id=\"t\"><timerEventDefinition><timeDuration>PT1H</timeDuration>"
        "</timerEventDefinition></intermediateCatchEvent><serviceTask id=\"j\" gx:skill=\"test.messy\" "
        "gx:mode=\"transaction\"/><endEvent id=\"e\"/><sequenceFlow id=\"a\" "
        "sourceRef=\"s\" targetRef=\"t\"/><sequenceFlow id=\"b\" sourceRef=\"t\" "
        "targetRef=\"j\"/><sequenceFlow id=\"c\" sourceRef=\"j\" targetRef=\"e\"/></process>");
    add_process("outer",
                "<process id=\"outer\" isExecutable=\"true\"><startEvent id=\"s\"/><callActivity id=\"c\" "
                "calledElement=\"inner\"><extensionElements><gx:input name=\"n\" value=\"= 20\"/>"
                "<gx:output name=\"twice\" value=\"= doubled\"/></extensionElements></callActivity><userTask "
                "id=\"u\" gx:role=\"reviewer\" gx:department=\"D\"/><endEvent id=\"e\"/>"
                "<sequenceFlow id=\"a\" sourceRef=\"s\" targetRef=\"c\"/><sequenceFlow id=\"b\" "
                "sourceRef=\"c\" targetRef=\"u\"/><sequenceFlow id=\"d\" sourceRef=\"u\" targetRef=\"e\"/>"
                "</process>");
    add_process("inner",
                "<process id=\"inner\" isExecutable=\"true\"><startEvent id=\"s\"/><userTask id=\"ask\" "
                "gx:role=\"reviewer\" gx:department=\"D\"/><scriptTask id=\"x\" scriptFormat=\"feel\" "
                "gx:result=\"doubled\"><script>n * 2</script></scriptTask><endEvent id=\"e\"/><sequenceFlow "
                "id=\"a\" sourceRef=\"s\" targetRef=\"ask\"/><sequenceFlow id=\"b\" sourceRef=\"ask\" "
                "targetRef=\"x\"/><sequenceFlow id=\"c\" sourceRef=\"x\" targetRef=\"e\"/></process>");
    add_process("endless",
                "<process id=\"endless\" isExecutable=\"true\"><startEvent id=\"s\"/><callActivity id=\"c\" "
                "calledElement=\"endless\"/><endEvent id=\"e\"/><sequenceFlow id=\"a\" "
                "sourceRef=\"s\" targetRef=\"c\"/><sequenceFlow id=\"b\" sourceRef=\"c\" "
                "targetRef=\"e\"/></process>");
    add_process(
        "spinning",
        "<process id=\"spinning\" isExecutable=\"true\"><startEvent id=\"s\"/><exclusiveGateway "
        "id=\"g\"/><scriptTask id=\"x\" scriptFormat=\"feel\" gx:result=\"n\"><script>1</script>"
        "</scriptTask><endEvent id=\"e\"/><sequenceFlow id=\"a\" sourceRef=\"s\" "
        "targetRef=\"g\"/><sequenceFlow "
        "id=\"d\" sourceRef=\"g\" targetRef=\"e\"><conditionExpression>= n = "
        "2</conditionExpression></sequenceFlow>"
        "<sequenceFlow id=\"b\" sourceRef=\"g\" targetRef=\"x\"/><sequenceFlow id=\"c\" sourceRef=\"x\" "
        "targetRef=\"g\"/></process>");
    add_process(
        "thrower",
        "<message id=\"m\" name=\"paper\"/><process id=\"thrower\" isExecutable=\"true\"><startEvent "
        "id=\"s\"/><intermediateThrowEvent id=\"t\"><messageEventDefinition messageRef=\"m\"/>"
        "</intermediateThrowEvent><userTask id=\"u\" gx:role=\"reviewer\" gx:department=\"D\"/><receiveTask "
        "id=\"r\" messageRef=\"m\"/><endEvent id=\"e\"/><sequenceFlow id=\"a\" "
        "sourceRef=\"s\" targetRef=\"t\"/><sequenceFlow id=\"b\" sourceRef=\"t\" "
        "targetRef=\"u\"/><sequenceFlow id=\"c\" sourceRef=\"u\" targetRef=\"r\"/><sequenceFlow id=\"d\" "
        "sourceRef=\"r\" targetRef=\"e\"/></process>");
    add_process("cycle",
                "<process id=\"cycle\" isExecutable=\"true\"><startEvent id=\"s\"/><userTask id=\"u\" "
                "gx:role=\"reviewer\" gx:department=\"D\"/><boundaryEvent id=\"b\" attachedToRef=\"u\" "
                "cancelActivity=\"false\"><timerEventDefinition><timeCycle>R3/PT10M</timeCycle></"
                "timerEventDefinition></boundaryEvent><endEvent id=\"e\"/><endEvent id=\"e2\"/><sequenceFlow "
                "id=\"a\" sourceRef=\"s\" targetRef=\"u\"/><sequenceFlow id=\"c\" sourceRef=\"u\" "
                "targetRef=\"e\"/><sequenceFlow id=\"d\" sourceRef=\"b\" targetRef=\"e2\"/></process>");
    add_process(
        "listener",
        "<signal id=\"sig\" name=\"all-clear\"/><process id=\"listener\" isExecutable=\"true\"><startEvent "
        "id=\"s\"/><intermediateCatchEvent id=\"c\"><signalEventDefinition signalRef=\"sig\"/>"
        "</intermediateCatchEvent><endEvent id=\"e\"/><sequenceFlow id=\"a\" sourceRef=\"s\" "
        "targetRef=\"c\"/><sequenceFlow id=\"b\" sourceRef=\"c\" targetRef=\"e\"/></process>");
    add_process(
        "caller",
        "<signal id=\"sig\" name=\"all-clear\"/><process id=\"caller\" isExecutable=\"true\"><startEvent "
        "id=\"s\"/><subProcess id=\"sub\"><startEvent id=\"is\"/><intermediateThrowEvent id=\"t\">"
        "<signalEventDefinition signalRef=\"sig\"/></intermediateThrowEvent><userTask id=\"u\" "
        "gx:role=\"reviewer\" gx:department=\"D\"/><sequenceFlow id=\"ia\" sourceRef=\"is\" targetRef=\"t\"/>"
        "<endEvent id=\"ie\"/><sequenceFlow id=\"ib\" sourceRef=\"t\" targetRef=\"u\"/><sequenceFlow "
        "id=\"ic\" sourceRef=\"u\" targetRef=\"ie\"/></subProcess><boundaryEvent id=\"own\" "
        "attachedToRef=\"sub\" cancelActivity=\"false\"><signalEventDefinition signalRef=\"sig\"/>"
        "</boundaryEvent><endEvent id=\"e\"/><endEvent id=\"e2\"/><sequenceFlow id=\"a\" sourceRef=\"s\" "
        "targetRef=\"sub\"/><sequenceFlow id=\"b\" sourceRef=\"sub\" targetRef=\"e\"/><sequenceFlow id=\"c\" "
        "sourceRef=\"own\" targetRef=\"e2\"/></process>");
}

static gx_person machine, reviewer;

static int set_up(void **state)
{
    (void)state;
    open_house();
    size_t count = gx_skill_count;
    memcpy(skills, gx_skills, count * sizeof *skills);
    skills[count++] = (gx_skill){"test.flaky", flaky, true, "", "answer"};
    skills[count++] = (gx_skill){"test.business", business, true, "", ""};
    skills[count++] = (gx_skill){"test.messy", messy, false, "", ""};
    gx_skills_use(skills, count);
    add_processes();
    load_house();
    machine = officer("machine", "", "operator");
    reviewer = officer("reviewer", "D", "reviewer");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    close_house();
    return 0;
}

static const char open_task[] =
    "SELECT element FROM task WHERE case_id = " OF_CASE " AND done_at IS NULL ORDER BY id LIMIT 1";
static const char incident[] =
    "SELECT code FROM incident WHERE case_id = " OF_CASE " AND solved_at IS NULL ORDER BY id LIMIT 1";

static void a_job_that_fails_is_tried_again_with_growing_pauses(void **state)
{
    (void)state;
    set_clock("2026-11-16T09:00:00+08:00");
    tries_needed = 3;
    gx_text number = submit(&machine, "job", "{}");
    assert_string_equal(text(number, open_task), "(none)");
    pass_to("2026-11-16T09:00:30+08:00");
    assert_int_equal(tries_needed, 2);
    pass_to("2026-11-16T09:01:45+08:00"); /* a minute later the second try, two minutes after it the third */
    assert_int_equal(tries_needed, 1);
    assert_string_equal(text(number, open_task), "(none)");
    pass_to("2026-11-16T09:05:00+08:00");
    assert_string_equal(text(number, open_task), "u");
    complete(&reviewer, number, "u", "", "{}");
    assert_string_equal(state_of(number), "closed");
    assert_string_equal(text(number, "SELECT data FROM case_data WHERE case_id = " OF_CASE),
                        "{\"got\":{\"answer\":42}}");
}

static bool retry(gx_work *work, act *a, gx_error *error)
{
    gx_case of;
    int64_t key = 0;
    return gx_case_find(work->db, work->arena, a->number, &of, error) &&
           gx_db_get_int(
               work->db, error, &key, 0,
               "SELECT key FROM incident WHERE bucket = bucket_of(?1) AND case_id = ?1 AND solved_at IS NULL",
               "i", of.id) &&
           gx_instance_command(work, of.id * GX_INSTANCE_PARTS,
                               &(gx_command){.kind = GX_COMMAND_RETRY, .key = (uint32_t)key}, error);
}

static void a_job_without_tries_left_is_an_incident_that_can_be_retried(void **state)
{
    (void)state;
    set_clock("2026-11-16T09:00:00+08:00");
    tries_needed = 100;
    gx_text number = submit(&machine, "job", "{}");
    pass_to("2026-11-16T12:00:00+08:00");
    pass_to("2026-11-16T13:00:00+08:00");
    pass_to("2026-11-16T14:00:00+08:00");
    pass_to("2026-11-16T15:00:00+08:00");
    assert_int_equal(tries_needed, 96); /* the first and three more */
    assert_string_equal(text(number, incident), "bpmn.run.job");
    tries_needed = 1;
    act again = {.person = &machine, .run = retry, .number = number};
    do_act(&again);
    pass_to("2026-11-16T15:00:01+08:00");
    assert_string_equal(text(number, open_task), "u");
}

static void a_business_error_takes_its_boundary_event_at_once(void **state)
{
    (void)state;
    set_clock("2026-11-16T09:00:00+08:00");
    gx_text number = submit(&machine, "business", "{}");
    pass_to("2026-11-16T09:00:01+08:00");
    assert_string_equal(text(number, open_task), "mend");
    assert_int_equal(figure(number, "SELECT count(*) FROM job WHERE instance / 4096 = " OF_CASE), 0);
}

static void a_skill_that_fails_leaves_nothing_and_refuses_the_person(void **state)
{
    (void)state;
    gx_text number = submit(&machine, "messy", "{}");
    int64_t before = figure(number, "SELECT count(*) FROM journal WHERE case_id = " OF_CASE);
    act a = completion(&reviewer, number, "u", "", "{}");
    refuse_act(&a, "skill.input");
    assert_string_equal(text(number, open_task), "u");
    assert_int_equal(figure(number, "SELECT count(*) FROM number WHERE name = 'messy' OR name = ?1"), 0);
    assert_int_equal(figure(number, "SELECT count(*) FROM journal WHERE case_id = " OF_CASE), before);
}

static void a_skill_that_fails_for_the_system_leaves_an_incident_and_nothing_else(void **state)
{
    (void)state;
    set_clock("2026-11-16T09:00:00+08:00");
    gx_text number = submit(&machine, "timed-mess", "{}");
    pass_to("2026-11-16T10:00:01+08:00");
    assert_string_equal(text(number, incident), "bpmn.run.job");
    assert_int_equal(figure(number, "SELECT count(*) FROM number WHERE name = 'messy' OR name = ?1"), 0);
    assert_string_equal(text(number, "SELECT overdue_reason FROM cases WHERE number = ?1"), "");
    assert_int_equal(figure(number, "SELECT count(*) FROM message WHERE correlation = ?1"), 0);
    assert_int_equal(figure(number,
                            "SELECT count(*) FROM journal WHERE events LIKE '%messy\"%' AND events NOT LIKE "
                            "'%timed%' AND events NOT LIKE '%incident%' AND case_id = " OF_CASE),
                     0);
}

static void a_called_process_gives_back_what_is_mapped(void **state)
{
    (void)state;
    gx_text number = submit(&machine, "outer", "{}");
    assert_string_equal(text(number, open_task), "ask");
    complete(&reviewer, number, "ask", "", "{}");
    assert_string_equal(text(number, open_task), "u");
    complete(&reviewer, number, "u", "", "{}");
    assert_string_equal(text(number, "SELECT data FROM case_data WHERE case_id = " OF_CASE),
                        "{\"twice\":40}");
    assert_int_equal(
        figure(number, "SELECT count(*) FROM instance WHERE has_ended = 1 AND id / 4096 = " OF_CASE), 2);
}

static void a_process_that_calls_itself_or_spins_is_an_incident(void **state)
{
    (void)state;
    gx_text number = submit(&machine, "endless", "{}");
    assert_string_equal(text(number, incident), "bpmn.run.job");
    assert_true(figure(number, "SELECT count(*) FROM instance WHERE id / 4096 = " OF_CASE) <=
                GX_LIMIT_CALL_DEPTH);
    number = submit(&machine, "spinning", "{}");
    assert_string_equal(text(number, incident), "bpmn.run.steps");
    number = submit(&machine, "outer", "{}"); /* others go on */
    assert_string_equal(text(number, open_task), "ask");
}

static void a_message_waits_for_who_comes_later(void **state)
{
    (void)state;
    gx_text number = submit(&machine, "thrower", "{}");
    assert_int_equal(figure(number, "SELECT count(*) FROM message WHERE correlation = ?1"), 1);
    complete(&reviewer, number, "u", "", "{}");
    assert_string_equal(state_of(number), "closed");
    assert_int_equal(figure(number, "SELECT count(*) FROM message WHERE correlation = ?1"), 0);
    assert_int_equal(figure(number, "SELECT count(*) FROM subscription WHERE instance / 4096 = " OF_CASE), 0);
}

static void signal_listeners(gx_text *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        numbers[i] = submit(&machine, "listener", "{}");
}

/* How often the sender's own boundary event has fired. */
static int64_t heard_itself(gx_text number)
{
    return figure(number,
                  "SELECT count(*) FROM journal WHERE events LIKE '%\"fired\"%' AND case_id = " OF_CASE);
}

static void a_signal_wakes_a_few_at_once_and_its_sender_once(void **state)
{
    (void)state;
    gx_text numbers[3];
    signal_listeners(numbers, 3);
    gx_text caller = submit(&machine, "caller", "{}");
    for (int i = 0; i < 3; i++)
        assert_string_equal(state_of(numbers[i]), "closed");
    assert_int_equal(heard_itself(caller), 1);
    complete(&reviewer, caller, "u", "", "{}"); /* it listens no more */
}

static void a_signal_wakes_many_each_in_a_command_of_its_own(void **state)
{
    (void)state;
    enum { MANY = 150 };
    gx_text numbers[MANY];
    set_clock("2026-11-16T09:00:00+08:00");
    signal_listeners(numbers, MANY);
    gx_text caller = submit(&machine, "caller", "{}");
    assert_int_equal(figure(caller, "SELECT count(*) FROM signal_hearer WHERE ?1 <> ''"), MANY);
    gx_text late = submit(&machine, "listener", "{}"); /* it was not there when the signal was sent */
    for (int i = 0; i < MANY && pass_to("2026-11-16T09:00:01+08:00") > 0; i++)
        continue;
    for (int i = 0; i < MANY; i++)
        assert_string_equal(state_of(numbers[i]), "closed");
    assert_string_not_equal(state_of(late), "closed");
    assert_int_equal(heard_itself(caller), 1);
    assert_int_equal(figure(caller, "SELECT count(*) FROM signal_hearer WHERE ?1 <> ''"), 0);
    assert_int_equal(figure(caller, "SELECT count(*) FROM signal WHERE ?1 <> ''"), 0);
}

static void a_message_that_nobody_fetches_expires(void **state)
{
    (void)state;
    set_clock("2026-11-16T09:00:00+08:00");
    gx_text number = submit(&machine, "thrower", "{}");
    pass_to("2026-12-16T09:00:01+08:00");
    assert_int_equal(figure(number, "SELECT count(*) FROM message WHERE correlation = ?1"), 0);
}

static void a_cycle_fires_as_often_as_it_says_and_is_disarmed_with_its_task(void **state)
{
    (void)state;
    static const char fired[] =
        "SELECT count(*) FROM journal WHERE events LIKE '%\"fired\"%' AND case_id = " OF_CASE;
    set_clock("2026-11-16T09:00:00+08:00");
    gx_text number = submit(&machine, "cycle", "{}");
    pass_to("2026-11-16T09:10:01+08:00");
    assert_int_equal(figure(number, fired), 1);
    pass_to("2026-11-16T09:20:02+08:00");
    pass_to("2026-11-16T09:30:03+08:00");
    pass_to("2026-11-16T12:00:00+08:00");
    assert_int_equal(figure(number, fired), 3);
    number = submit(&machine, "cycle", "{}");
    complete(&reviewer, number, "u", "", "{}");
    assert_int_equal(figure(number, "SELECT count(*) FROM timer WHERE instance / 4096 = " OF_CASE), 0);
}

static bool submit_once(gx_work *work, act *a, gx_error *error)
{
    work->command_id = GX_TEXT("the-command");
    return submit_case(work, a, error);
}

static void a_command_with_an_id_acts_once(void **state)
{
    (void)state;
    act a = {.person = &machine, .run = submit_once, .matter = GX_TEXT("outer"), .data = "{}"};
    do_act(&a);
    gx_text last = a.number;
    int64_t before = figure(last, "SELECT count(*) FROM cases WHERE ?1 IS NOT NULL");
    refuse_act(&a, "case.command.done");
    assert_int_equal(figure(last, "SELECT count(*) FROM cases WHERE ?1 IS NOT NULL"), before);
}

static void a_task_cannot_write_over_the_cases_own_variables(void **state)
{
    (void)state;
    gx_text number = submit(&machine, "outer", "{\"project\":{\"name\":\"a\"}}");
    complete(&reviewer, number, "ask", "", "{}");
    complete(&reviewer, number, "u", "", "{\"project\":{\"name\":\"b\"},\"permits\":[1],\"note\":\"x\"}");
    assert_string_equal(text(number, "SELECT data FROM case_data WHERE case_id = " OF_CASE),
                        "{\"project\":{\"name\":\"a\"},\"twice\":40,\"note\":\"x\"}");
}

static void a_process_without_a_matter_is_not_for_everyone(void **state)
{
    (void)state;
    act a = {.person = &applicant, .run = submit_case, .matter = GX_TEXT("outer"), .data = "{}"};
    refuse_act(&a, "case.matter.absent");
}

/* ---- Nothing scans ---- */

static void check_statements(gx_db *db)
{
    sqlite3 *handle = gx_sqlite_handle(db);
    if (!handle)
        return;
    for (sqlite3_stmt *one = NULL; (one = sqlite3_next_stmt(handle, one));) {
        int steps = sqlite3_stmt_status(one, SQLITE_STMTSTATUS_FULLSCAN_STEP, 0);
        bool reads_all =
            strstr(sqlite3_sql(one), "FROM definition WHERE is_current = 1") ||
            strstr(sqlite3_sql(one), "FROM search_fill WHERE name NOT IN"); /* when packages are loaded */
        if (steps > 0 && !reads_all)
            fail_msg("%d steps of a scan: %s", steps, sqlite3_sql(one));
    }
}

/* In a command, what belongs to a case is found by its bucket, so that on a distributed database one server
 * has it; these few look over all buckets. */
static bool looks_over_all(const char *sql)
{
    static const char *const parts[] = {"command_id = ?1",
                                        "FROM subscription WHERE name = ?",
                                        "FROM promise WHERE enterprise = ?1",
                                        "DELETE FROM signal WHERE",
                                        "UPDATE cases SET next_at = ?1 WHERE next_at IS NOT NULL",
                                        "FROM cases WHERE id > ?1 ORDER BY id LIMIT 100",
                                        "SELECT min(",
                                        "LIMIT 64"};
    for (size_t i = 0; i < GX_COUNT_OF(parts); i++)
        if (strstr(sql, parts[i]))
            return true;
    return strstr(sql, "bucket") != NULL;
}

static void check_buckets(gx_db *db)
{
    static const char of_cases[] =
        "SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE "
        "m.type = 'table' AND c.name = 'bucket'";
    static const char *const before[] = {"FROM", "JOIN", "INTO", "UPDATE"};
    sqlite3 *handle = gx_sqlite_handle(db);
    sqlite3_stmt *tables = NULL;
    if (!handle)
        return;
    assert_int_equal(sqlite3_prepare_v2(handle, of_cases, -1, &tables, NULL), SQLITE_OK);
    while (sqlite3_step(tables) == SQLITE_ROW)
        for (size_t i = 0; i < GX_COUNT_OF(before); i++) {
            char words[80];
            snprintf(words, sizeof words, "%s %s ", before[i], (const char *)sqlite3_column_text(tables, 0));
            for (sqlite3_stmt *one = NULL; (one = sqlite3_next_stmt(handle, one));)
                if (strstr(sqlite3_sql(one), words) && !looks_over_all(sqlite3_sql(one)))
                    fail_msg("without a bucket: %s", sqlite3_sql(one));
        }
    sqlite3_finalize(tables);
}

static bool look_everywhere(gx_db *db, gx_arena *own, void *context, gx_error *error)
{
    gx_buffer buffer = gx_buffer_in(own);
    gx_person *const people[] = {&applicant, &reviewer, &machine};
    (void)context;
    for (size_t i = 0; i < GX_COUNT_OF(people); i++) {
        gx_json_out out = gx_json_out_to(&buffer);
        gx_case_query all = {.scope = GX_TEXT("all"), .after = GX_TEXT(""), .size = 20},
                      mine = {.scope = GX_TEXT("mine"), .after = GX_TEXT(""), .size = 20},
                      open = {.scope = GX_TEXT("mine"),
                              .state = GX_TEXT("reviewing"),
                              .after = GX_TEXT(""),
                              .size = 20};
        if (!gx_task_list(zone, db, own, people[i], GX_TASKS_DEPARTMENT, 1, 50, &out, error) ||
            !gx_view_cases(zone, db, own, people[i], &all, &out, error) ||
            !gx_view_cases(zone, db, own, people[i], &mine, &out, error) ||
            !gx_view_cases(zone, db, own, people[i], &open, &out, error) ||
            !gx_notice_list(zone, db, own, people[i], GX_LANGUAGE_ZH, 1, 50, &out, error))
            return false;
    }
    check_statements(db);
    return true;
}

static bool check_writer(gx_db *db, gx_arena *own, void *context, gx_error *error)
{
    (void)own, (void)context, (void)error;
    check_statements(db);
    check_buckets(db);
    return true;
}

static void no_statement_scans_a_table_or_leaves_out_the_bucket(void **state)
{
    (void)state;
    gx_error error = {0};
    for (int i = 0; i < 30; i++)
        submit(&machine, "outer", "{}");
    pass_to("2026-11-17T09:00:00+08:00");
    assert_true(gx_store_read(gx_zone_store(zone), look_everywhere, NULL, &error));
    assert_true(gx_store_write(gx_zone_store(zone), check_writer, NULL, &error));
}

/* ---- A journal that was tampered with ---- */

typedef struct tampering {
    const char *sql;
    int64_t instance;
    gx_replay replay;
} tampering;

static bool tamper(gx_db *db, gx_arena *own, void *context, gx_error *error)
{
    tampering *t = context;
    (void)own;
    return gx_db_run(db, error, t->sql, "i", t->instance) &&
           gx_replay_instance(zone, db, own, t->instance, &t->replay, error) &&
           gx_fail(error, "case.state", GX_TEXT(""), GX_TEXT("")); /* undone */
}

static void a_changed_journal_or_record_is_found(void **state)
{
    static const char *const ways[] = {
        "UPDATE journal SET at = at + 60000, steps = (SELECT steps FROM journal WHERE bucket = bucket_of(?1 "
        "/ 4096) AND instance = ?1 AND steps IS NOT NULL ORDER BY id DESC "
        "LIMIT 1) WHERE bucket = bucket_of(?1 / 4096) AND instance = ?1",
        "DELETE FROM journal WHERE bucket = bucket_of(?1 / 4096) AND id = (SELECT max(id) FROM journal WHERE "
        "bucket = bucket_of(?1 / 4096) AND instance = ?1 AND steps IS NOT NULL)",
        "UPDATE instance SET state = (SELECT state FROM instance WHERE bucket = bucket_of(?1 / 4096) AND id "
        "<> ?1 AND state <> (SELECT state FROM instance WHERE bucket = bucket_of(?1 / 4096) AND id = ?1) "
        "LIMIT 1) WHERE bucket = "
        "bucket_of(?1 / 4096) AND id = ?1"};
    (void)state;
    gx_text number = submit(&machine, "outer", "{}");
    complete(&reviewer, number, "ask", "", "{}");
    int64_t instance = figure(number, "SELECT id FROM cases WHERE id = " OF_CASE) * GX_INSTANCE_PARTS;
    for (size_t i = 0; i < GX_COUNT_OF(ways); i++) {
        tampering t = {.sql = ways[i], .instance = instance};
        gx_error error = {0};
        gx_store_write(gx_zone_store(zone), tamper, &t, &error);
        assert_false(t.replay.is_equal);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_that_fails_is_tried_again_with_growing_pauses),
        cmocka_unit_test(a_job_without_tries_left_is_an_incident_that_can_be_retried),
        cmocka_unit_test(a_business_error_takes_its_boundary_event_at_once),
        cmocka_unit_test(a_skill_that_fails_leaves_nothing_and_refuses_the_person),
        cmocka_unit_test(a_skill_that_fails_for_the_system_leaves_an_incident_and_nothing_else),
        cmocka_unit_test(a_called_process_gives_back_what_is_mapped),
        cmocka_unit_test(a_process_that_calls_itself_or_spins_is_an_incident),
        cmocka_unit_test(a_message_waits_for_who_comes_later),
        cmocka_unit_test(a_signal_wakes_a_few_at_once_and_its_sender_once),
        cmocka_unit_test(a_signal_wakes_many_each_in_a_command_of_its_own),
        cmocka_unit_test(a_message_that_nobody_fetches_expires),
        cmocka_unit_test(a_cycle_fires_as_often_as_it_says_and_is_disarmed_with_its_task),
        cmocka_unit_test(a_command_with_an_id_acts_once),
        cmocka_unit_test(a_task_cannot_write_over_the_cases_own_variables),
        cmocka_unit_test(a_process_without_a_matter_is_not_for_everyone),
        cmocka_unit_test(no_statement_scans_a_table_or_leaves_out_the_bucket),
        cmocka_unit_test(a_changed_journal_or_record_is_found),
        cmocka_unit_test(every_instance_can_be_made_again_from_its_journal),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

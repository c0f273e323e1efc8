/* Repairs of running cases in virtual time: holding, variables, incidents, moving, other versions; and the
 * message buffer. */
#include "house.h"
#include "service/hold.h"
#include "service/repair.h"
#include "service/timeline.h"

static gx_person machine, reviewer;
static gx_packages *first_packages;

#define START              "<startEvent id=\"s\"/>"
#define END                "<endEvent id=\"e\"/>"
#define USER(id)           "<userTask id=\"" id "\" gx:role=\"reviewer\" gx:department=\"D\"/>"
#define FLOW(id, from, to) "<sequenceFlow id=\"" id "\" sourceRef=\"" from "\" targetRef=\"" to "\"/>"

static void add_processes(bool is_second)
{
    add_process(
        "line",
        is_second
            ? "<process id=\"line\" isExecutable=\"true\">" START USER("zero")
                  USER("uno") "<boundaryEvent id=\"late\" attachedToRef=\"uno\" cancelActivity=\"false\">"
                              "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"
                              "</boundaryEvent>" USER("reminded") USER("two") END
            "<endEvent id=\"e2\"/>" FLOW("f0", "s", "zero") FLOW("f1", "zero", "uno") FLOW("f2", "uno", "two")
                FLOW("f3", "two", "e") FLOW("f4", "late", "reminded")
                    FLOW("f5", "reminded", "e2") "</process>"
            : "<process id=\"line\" isExecutable=\"true\">" START USER("one") USER("two")
                  END FLOW("f0", "s", "one") FLOW("f2", "one", "two") FLOW("f3", "two", "e") "</process>");
    add_process("timed",
                "<process id=\"timed\" isExecutable=\"true\">" START
                "<intermediateCatchEvent id=\"t\"><timerEventDefinition><timeDuration>PT1H</timeDuration>"
                "</timerEventDefinition></intermediateCatchEvent>" USER("u") END FLOW("a", "s", "t")
                    FLOW("b", "t", "u") FLOW("c", "u", "e") "</process>");
    add_process("hearing",
                "<message id=\"m\" name=\"paper\"/><process id=\"hearing\" isExecutable=\"true\">" START
                "<receiveTask id=\"r\" messageRef=\"m\"/>" USER("u") END FLOW("a", "s", "r")
                    FLOW("b", "r", "u") FLOW("c", "u", "e") "</process>");
    add_process("late",
                "<message id=\"m\" name=\"paper\"/><process id=\"late\" isExecutable=\"true\">" START USER(
                    "first") "<receiveTask id=\"r\" messageRef=\"m\"/>" USER("u") END FLOW("z", "s", "first")
                    FLOW("a", "first", "r") FLOW("b", "r", "u") FLOW("c", "u", "e") "</process>");
    add_process(
        "broken",
        "<process id=\"broken\" isExecutable=\"true\">" START
        "<exclusiveGateway id=\"g\"/>" USER("u") END FLOW(
            "a", "s",
            "g") "<sequenceFlow id=\"b\" sourceRef=\"g\" targetRef=\"u\"><conditionExpression>= size &gt; 3"
                 "</conditionExpression></sequenceFlow><sequenceFlow id=\"d\" sourceRef=\"g\" "
                 "targetRef=\"e\">"
                 "<conditionExpression>= size &lt; 0</conditionExpression></sequenceFlow>" FLOW(
                     "c", "u", "e") "</process>");
    add_process("fork",
                "<process id=\"fork\" isExecutable=\"true\">" START "<parallelGateway id=\"p\"/>" USER("left")
                    USER("right") "<parallelGateway id=\"j\"/>" USER("behind") END FLOW("a", "s", "p")
                        FLOW("b", "p", "left") FLOW("c", "p", "right") FLOW("d", "left", "j")
                            FLOW("f", "right", "j") FLOW("g", "j", "behind")
                                FLOW("h", "behind", "e") "</process>");
}

static int set_up(void **state)
{
    (void)state;
    open_house();
    gx_skills_use(gx_skills, gx_skill_count);
    add_processes(false);
    load_house();
    machine = officer("machine", "", "operator");
    reviewer = officer("reviewer", "D", "reviewer");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    close_house();
    gx_packages_release(first_packages);
    return 0;
}

static const char open_tasks[] =
    "SELECT group_concat(element, ' ') FROM (SELECT element FROM task WHERE case_id = " OF_CASE
    " AND done_at IS NULL ORDER BY element) AS open";

/* ---- Acts: `element` from, `outcome` to, `text` the reason, `data` JSON ---- */

#define ACT(name, call)                                                                                      \
    static bool name(gx_work *work, act *a, gx_error *error)                                                 \
    {                                                                                                        \
        gx_case found;                                                                                       \
        const gx_json *data =                                                                                \
            a->data ? gx_json_parse(work->arena, gx_text_of(a->data), GX_TEXT("data"), error) : NULL;        \
        if (!gx_case_find(work->db, work->arena, a->number, &found, error))                                  \
            return false;                                                                                    \
        gx_case *of = gx_work_case(work, found.id, error);                                                   \
        (void)data;                                                                                          \
        return of && call;                                                                                   \
    }

ACT(suspend, gx_repair_suspend(work, of, a->text, error))
ACT(go_on, gx_repair_continue(work, of, a->text, error))
ACT(set_variables, gx_repair_variables(work, of, data, a->text, error))
ACT(move, gx_repair_move(work, of, &(gx_move){a->element, a->outcome, a->text, data != NULL}, error))
ACT(migrate, gx_repair_migrate(work, of, &(gx_migrate){0, data, a->text}, error))

static bool retry(gx_work *work, act *a, gx_error *error)
{
    gx_case found;
    int64_t id = 0;
    const gx_json *data =
        a->data ? gx_json_parse(work->arena, gx_text_of(a->data), GX_TEXT("data"), error) : NULL;
    if (!gx_case_find(work->db, work->arena, a->number, &found, error) ||
        !gx_db_get_int(
            work->db, error, &id, 0,
            "SELECT id FROM incident WHERE bucket = bucket_of(?1) AND case_id = ?1 AND solved_at IS NULL",
            "i", found.id))
        return false;
    gx_case *of = gx_work_case(work, found.id, error);
    return of && gx_repair_retry(work, of, id, data, a->text, error);
}

static act acting(bool (*run)(gx_work *, act *, gx_error *), gx_text number, const char *from, const char *to,
                  const char *data)
{
    return (act){.person = &machine,
                 .run = run,
                 .number = number,
                 .element = gx_text_of(from),
                 .outcome = gx_text_of(to),
                 .text = GX_TEXT("reason"),
                 .data = data};
}

static void acts(bool (*run)(gx_work *, act *, gx_error *), gx_text number, const char *from, const char *to,
                 const char *data)
{
    act a = acting(run, number, from, to, data);
    do_act(&a);
}

static void refuses(bool (*run)(gx_work *, act *, gx_error *), gx_text number, const char *from,
                    const char *to, const char *data, const char *code)
{
    act a = acting(run, number, from, to, data);
    refuse_act(&a, code);
}

/* `matter` is the message's id, `text` the reason; `element` the lifetime in seconds. */
static bool publish(gx_work *work, act *a, gx_error *error)
{
    int64_t heard, seconds = 0;
    gx_text_to_int(a->element, &seconds);
    return gx_message_publish(work,
                              &(gx_message){.name = GX_TEXT("paper"),
                                            .correlation = a->number,
                                            .id = a->matter,
                                            .variables = gx_value_null(),
                                            .lifetime_ms = seconds * 1000},
                              &heard, error);
}

static act message(gx_text correlation, const char *id, const char *seconds)
{
    return (act){.person = &machine,
                 .run = publish,
                 .number = correlation,
                 .matter = gx_text_of(id),
                 .element = gx_text_of(seconds)};
}

/* ---- Holding ---- */

static void a_held_case_takes_no_step_and_catches_up_when_it_goes_on(void **state)
{
    (void)state;
    set_clock("2026-11-16T09:00:00+08:00");
    gx_text number = submit(&machine, "timed", "{}");
    acts(suspend, number, "", "", NULL);
    refuses(suspend, number, "", "", NULL, "case.suspended");
    pass_to("2026-11-16T11:00:00+08:00");
    assert_string_equal(text(number, open_tasks), "");
    acts(go_on, number, "", "", NULL);
    refuses(go_on, number, "", "", NULL, "case.not_suspended");
    pass_to("2026-11-16T11:00:01+08:00");
    assert_string_equal(text(number, open_tasks), "u");
    acts(suspend, number, "", "", NULL);
    act a = completion(&reviewer, number, "u", "", "{}");
    refuse_act(&a, "case.suspended");
    acts(go_on, number, "", "", NULL);
    complete(&reviewer, number, "u", "", "{}");
    assert_string_equal(state_of(number), "closed");
}

static void a_message_to_a_held_case_waits_for_it(void **state)
{
    (void)state;
    set_clock("2026-11-16T09:00:00+08:00");
    gx_text number = submit(&machine, "hearing", "{}");
    acts(suspend, number, "", "", NULL);
    act m = message(number, "", "60");
    do_act(&m);
    assert_string_equal(text(number, open_tasks), "");
    acts(go_on, number, "", "", NULL);
    assert_string_equal(text(number, open_tasks), "u");
    assert_int_equal(figure(number, "SELECT count(*) FROM message WHERE correlation = ?1"), 0);
}

/* ---- All cases of a process ---- */

/* `matter` the process; `data` not NULL: no new case may begin. */
static bool order_hold(gx_work *work, act *a, gx_error *error)
{
    return gx_hold_order(work, &(gx_hold){a->matter, 0, a->data != NULL, a->text}, error);
}

static bool release_hold(gx_work *work, act *a, gx_error *error)
{
    return gx_hold_release(work, a->matter, 0, a->text, error);
}

static act ordering(bool (*run)(gx_work *, act *, gx_error *), const char *process, const char *data)
{
    return (act){.person = &machine,
                 .run = run,
                 .matter = gx_text_of(process),
                 .text = GX_TEXT("a fault in the model"),
                 .data = data};
}

static void all_cases_of_a_process_are_held_in_slices_and_catch_up_when_they_are_let_go(void **state)
{
    enum { MANY = 50 }; /* more than one slice */
    (void)state;
    gx_text timed[MANY];
    set_clock("2026-11-17T09:00:00+08:00");
    for (size_t i = 0; i < MANY; i++)
        timed[i] = submit(&machine, "timed", "{}");
    gx_text other = submit(&machine, "line", "{}"), by_hand = timed[7];
    acts(suspend, by_hand, "", "", NULL);
    act a = ordering(order_hold, "nothing", NULL);
    refuse_act(&a, "process.absent");
    a = ordering(release_hold, "timed", NULL);
    refuse_act(&a, "process.not_held");
    a = ordering(order_hold, "timed", "");
    do_act(&a);
    refuse_act(&a, "process.held");
    act start = {.person = &machine, .run = submit_case, .matter = GX_TEXT("timed"), .data = "{}"};
    refuse_act(&start, "case.process.held");
    assert_int_equal(figure(other, "SELECT count(*) FROM cases WHERE suspended_at IS NOT NULL"), 1);
    pass_to("2026-11-17T09:00:09+08:00");
    pass_to("2026-11-17T12:00:00+08:00");
    for (size_t i = 0; i < MANY; i++)
        assert_string_equal(text(timed[i], open_tasks), ""); /* due, and waiting */
    assert_string_equal(text(other, open_tasks), "one");
    assert_int_equal(figure(other, "SELECT held FROM hold WHERE phase = 'held' AND process = 'timed'"), MANY - 1);
    assert_int_equal(figure(timed[3], "SELECT count(*) FROM journal WHERE case_id = " OF_CASE
                                      " AND events LIKE '%suspended%a fault in the model%'"),
                     1);
    acts(go_on, timed[0], "", "", NULL); /* one by hand */
    pass_to("2026-11-17T12:00:01+08:00");
    assert_string_equal(text(timed[0], open_tasks), "u");
    a = ordering(release_hold, "timed", NULL);
    do_act(&a);
    pass_to("2026-11-17T12:00:02+08:00");
    for (size_t i = 0; i < MANY; i++)
        assert_string_equal(text(timed[i], open_tasks), i == 7 ? "" : "u");
    assert_int_equal(figure(other, "SELECT count(*) FROM hold_case"), 0);
    assert_int_equal(figure(other, "SELECT count(*) FROM hold WHERE phase = 'released' AND failed = 0"), 1);
    acts(go_on, by_hand, "", "", NULL);
    do_act(&start);
}

static void an_order_that_ends_while_it_holds_lets_go_what_it_has_held(void **state)
{
    (void)state;
    set_clock("2026-11-18T09:00:00+08:00");
    gx_text number = submit(&machine, "hearing", "{}");
    act a = ordering(order_hold, "hearing", NULL);
    do_act(&a);
    submit(&machine, "hearing", "{}"); /* new ones may begin */
    a = ordering(release_hold, "hearing", NULL);
    do_act(&a);
    refuse_act(&a, "process.not_held");
    pass_to("2026-11-18T09:00:05+08:00");
    act m = message(number, "", "0");
    do_act(&m);
    assert_string_equal(text(number, open_tasks), "u");
    a = ordering(order_hold, "hearing", NULL);
    do_act(&a); /* and again */
    pass_to("2026-11-18T09:00:10+08:00");
    a = completion(&reviewer, number, "u", "", "{}");
    refuse_act(&a, "case.suspended");
    a = ordering(release_hold, "hearing", NULL);
    do_act(&a);
    pass_to("2026-11-18T09:00:11+08:00");
    complete(&reviewer, number, "u", "", "{}");
}

/* ---- Messages ---- */

static void an_early_message_waits_as_long_as_it_says_and_its_id_counts_once(void **state)
{
    (void)state;
    set_clock("2026-11-16T09:00:00+08:00");
    gx_text number = submit(&machine, "late", "{}");
    act m = message(number, "m-1", "3600");
    do_act(&m);
    m = message(number, "m-1", "3600");
    refuse_act(&m, "case.message.twice");
    complete(&reviewer, number, "first", "", "{}");
    assert_string_equal(text(number, open_tasks), "u");
    m = message(number, "m-1", "0"); /* also after it was heard */
    refuse_act(&m, "case.message.twice");
    gx_text second = submit(&machine, "late", "{}");
    m = message(second, "m-2", "3600");
    do_act(&m);
    pass_to("2026-11-16T10:00:01+08:00");
    complete(&reviewer, second, "first", "", "{}");
    assert_string_equal(text(second, open_tasks), ""); /* it had expired */
    pass_to("2026-12-17T09:00:00+08:00");
    assert_int_equal(figure(number, "SELECT count(*) FROM message_seen WHERE message_id <> ?1"), 0);
    m = message(second, "m-2", "0");
    do_act(&m); /* an id is forgotten after a month */
    assert_string_equal(text(second, open_tasks), "u");
}

/* ---- Variables, incidents, moving ---- */

static void an_incident_is_mended_by_setting_what_was_wrong(void **state)
{
    (void)state;
    gx_text number = submit(&machine, "broken", "{\"size\":1}");
    assert_string_equal(text(number, "SELECT code FROM incident WHERE case_id = " OF_CASE),
                        "bpmn.run.no_flow");
    acts(retry, number, "", "", NULL); /* the same again: another incident */
    assert_int_equal(
        figure(number, "SELECT count(*) FROM incident WHERE solved_at IS NULL AND case_id = " OF_CASE), 1);
    acts(retry, number, "", "", "{\"size\":5}");
    assert_string_equal(text(number, open_tasks), "u");
    gx_text other = submit(&machine, "broken", "{\"size\":1}");
    acts(set_variables, other, "", "", "{\"size\":9}");
    acts(move, other, "g", "u", NULL); /* moving away from it settles the incident, too */
    assert_string_equal(text(other, open_tasks), "u");
    assert_int_equal(
        figure(other, "SELECT count(*) FROM incident WHERE solved_at IS NULL AND case_id = " OF_CASE), 0);
}

static void a_token_is_moved_only_where_the_model_can_go_on(void **state)
{
    (void)state;
    gx_text number = submit(&machine, "line", "{}");
    act stranger = acting(move, number, "one", "two", NULL);
    stranger.text = GX_TEXT(" ");
    stranger.person = &applicant;
    refuse_act(&stranger, "case.reasons");
    refuses(move, number, "two", "one", NULL, "case.move.from");
    refuses(move, number, "one", "s", NULL, "bpmn.move.target");
    refuses(move, number, "one", "nowhere", NULL, "bpmn.move.target");
    acts(move, number, "one", "two", NULL);
    assert_string_equal(text(number, open_tasks), "two");
    gx_text fork = submit(&machine, "fork", "{}");
    refuses(move, fork, "left", "behind", NULL,
            "bpmn.move.join");                /* right would wait for a left that never comes */
    acts(move, fork, "left", "behind", "{}"); /* forced */
    assert_string_equal(text(fork, open_tasks), "behind right");
}

/* ---- Another version ---- */

static bool read_path(gx_db *db, gx_arena *own, void *context, gx_error *error)
{
    gx_case of;
    const gx_state *record;
    const gx_bpmn_process *process;
    gx_instant *entered, *left;
    uint32_t *flows;
    (void)own;
    if (!gx_case_find(db, &arena, *(gx_text *)context, &of, error) ||
        !gx_instance_read(zone, db, &arena, of.id * GX_INSTANCE_PARTS, &record, &process, NULL, error) ||
        !gx_timeline_path(db, &arena, of.id * GX_INSTANCE_PARTS, process, &entered, &left, &flows, error))
        return false;
    assert_true(left[gx_bpmn_node_of(process, GX_TEXT("s"))] > 0);
    assert_true(entered[gx_bpmn_node_of(process, GX_TEXT("uno"))] > 0);
    assert_int_equal(entered[gx_bpmn_node_of(process, GX_TEXT("zero"))], 0);
    return true;
}

static void a_running_case_goes_over_to_the_next_version(void **state)
{
    (void)state;
    gx_error error = {0};
    gx_findings findings = {0};
    int64_t loaded;
    set_clock("2026-11-16T09:00:00+08:00");
    gx_text number = submit(&machine, "line", "{}"), other = submit(&machine, "line", "{}");
    complete(&reviewer, other, "one", "", "{}");
    refuses(migrate, number, "", "", NULL, "case.migrate.same");
    first_packages = packages;
    packages = gx_packages_read(GX_PACKAGES, false, &findings, &error);
    gx_findings_release(&findings);
    assert_non_null(packages);
    add_processes(true);
    assert_true(gx_zone_load(zone, packages, &loaded, &error));
    refuses(migrate, number, "", "", NULL, "bpmn.migrate.absent");
    refuses(migrate, number, "", "", "{\"one\":\"late\"}", "bpmn.migrate.kind");
    refuses(migrate, number, "", "", "{\"one\":\"uno\",\"none\":\"two\"}", "bpmn.migrate.unknown");
    acts(migrate, number, "", "", "{\"one\":\"uno\"}");
    assert_string_equal(text(number, open_tasks), "uno");
    assert_true(gx_store_read(gx_zone_store(zone), read_path, &number, &error));
    pass_to("2026-11-16T10:00:01+08:00"); /* the new boundary event listens */
    assert_string_equal(text(number, open_tasks), "reminded uno");
    complete(&reviewer, number, "uno", "", "{}");
    complete(&reviewer, number, "two", "", "{}");
    complete(&reviewer, number, "reminded", "", "{}");
    assert_string_equal(state_of(number), "closed");
    acts(migrate, other, "", "", NULL); /* it stands where both versions agree */
    complete(&reviewer, other, "two", "", "{}");
    assert_string_equal(state_of(other), "closed");
}

static bool list_incidents(gx_db *db, gx_arena *own, void *context, gx_error *error)
{
    gx_buffer buffer = gx_buffer_in(own);
    gx_json_out out = gx_json_out_to(&buffer);
    if (!gx_incident_list(db, own, GX_LANGUAGE_EN, 1, 50, &out, error))
        return false;
    *(gx_text *)context = gx_copy(&arena, gx_buffer_as_text(&buffer));
    return true;
}

static void open_incidents_are_listed_with_a_sentence(void **state)
{
    (void)state;
    gx_error error = {0};
    gx_text list;
    gx_text number = submit(&machine, "broken", "{\"size\":1}");
    assert_true(gx_store_read(gx_zone_store(zone), list_incidents, &list, &error));
    assert_non_null(strstr(list.bytes, number.bytes));
    assert_non_null(strstr(list.bytes, "no condition holds behind g"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_held_case_takes_no_step_and_catches_up_when_it_goes_on),
        cmocka_unit_test(a_message_to_a_held_case_waits_for_it),
        cmocka_unit_test(all_cases_of_a_process_are_held_in_slices_and_catch_up_when_they_are_let_go),
        cmocka_unit_test(an_order_that_ends_while_it_holds_lets_go_what_it_has_held),
        cmocka_unit_test(an_early_message_waits_as_long_as_it_says_and_its_id_counts_once),
        cmocka_unit_test(an_incident_is_mended_by_setting_what_was_wrong),
        cmocka_unit_test(a_token_is_moved_only_where_the_model_can_go_on),
        cmocka_unit_test(a_running_case_goes_over_to_the_next_version),
        cmocka_unit_test(open_incidents_are_listed_with_a_sentence),
        cmocka_unit_test(every_instance_can_be_made_again_from_its_journal),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

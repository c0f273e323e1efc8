/* How an office shares its work, on processes of the test's own and in virtual time: signatures, sending and
 * taking back, deputies, urging. */
#include "house.h"
#include "service/deputy.h"
#include "service/office.h"
#include "service/view.h"

static gx_person a, b, boss, other, machine;

static void add_processes(void)
{
    add_process(
        "steps",
        "<process id=\"steps\" isExecutable=\"true\"><startEvent id=\"s\"/><userTask id=\"one\" "
        "gx:role=\"reviewer\" "
        "gx:department=\"D\" gx:outcomes=\"agree,refuse\"/><userTask id=\"two\" gx:role=\"reviewer\" "
        "gx:department=\"D\" gx:outcomes=\"agree,refuse\"/><userTask id=\"three\" gx:role=\"reviewer\" "
        "gx:department=\"D\" gx:outcomes=\"agree,refuse\"/><endEvent id=\"e\"/>"
        "<sequenceFlow id=\"a\" sourceRef=\"s\" targetRef=\"one\"/><sequenceFlow id=\"b\" sourceRef=\"one\" "
        "targetRef=\"two\"/><sequenceFlow id=\"c\" sourceRef=\"two\" targetRef=\"three\"/><sequenceFlow "
        "id=\"d\" "
        "sourceRef=\"three\" targetRef=\"e\"/></process>");
    add_process(
        "both",
        "<process id=\"both\" isExecutable=\"true\"><startEvent id=\"s\"/><userTask id=\"before\" "
        "gx:role=\"reviewer\" "
        "gx:department=\"D\"/><parallelGateway id=\"p\"/><userTask id=\"left\" gx:role=\"reviewer\" "
        "gx:department=\"D\"/><userTask id=\"right\" gx:role=\"reviewer\" gx:department=\"D\"/><userTask "
        "id=\"right2\" gx:role=\"reviewer\" gx:department=\"D\"/><parallelGateway id=\"j\"/><userTask "
        "id=\"behind\" "
        "gx:role=\"reviewer\" gx:department=\"D\"/><endEvent id=\"e\"/>"
        "<sequenceFlow id=\"f0\" sourceRef=\"s\" targetRef=\"before\"/><sequenceFlow id=\"f1\" "
        "sourceRef=\"before\" "
        "targetRef=\"p\"/><sequenceFlow id=\"f2\" sourceRef=\"p\" targetRef=\"left\"/><sequenceFlow "
        "id=\"f3\" "
        "sourceRef=\"p\" targetRef=\"right\"/><sequenceFlow id=\"f4\" sourceRef=\"right\" "
        "targetRef=\"right2\"/>"
        "<sequenceFlow id=\"f5\" sourceRef=\"left\" targetRef=\"j\"/><sequenceFlow id=\"f6\" "
        "sourceRef=\"right2\" "
        "targetRef=\"j\"/><sequenceFlow id=\"f7\" sourceRef=\"j\" targetRef=\"behind\"/><sequenceFlow "
        "id=\"f8\" "
        "sourceRef=\"behind\" targetRef=\"e\"/></process>");
    add_process(
        "dated",
        "<process id=\"dated\" isExecutable=\"true\"><startEvent id=\"s\"/><userTask id=\"one\" "
        "gx:role=\"reviewer\" "
        "gx:department=\"D\"/><boundaryEvent id=\"b\" "
        "attachedToRef=\"one\"><timerEventDefinition><timeDuration>PT1H"
        "</timeDuration></timerEventDefinition></boundaryEvent><userTask id=\"late\" gx:role=\"reviewer\" "
        "gx:department=\"D\"/><endEvent id=\"e\"/><endEvent id=\"e2\"/><sequenceFlow id=\"a\" "
        "sourceRef=\"s\" "
        "targetRef=\"one\"/><sequenceFlow id=\"c\" sourceRef=\"one\" targetRef=\"e\"/><sequenceFlow id=\"d\" "
        "sourceRef=\"b\" targetRef=\"late\"/><sequenceFlow id=\"f\" sourceRef=\"late\" "
        "targetRef=\"e2\"/></process>");
}

static gx_person staff(const char *login, const char *department, const char *role)
{
    gx_error error = {0};
    gx_json *roles = gx_json_array(&arena);
    gx_json_append(roles, gx_json_string(&arena, gx_text_of(role)));
    assert_true(gx_account_put(zone,
                               &(gx_account){.login = gx_text_of(login),
                                             .name = gx_text_of(login),
                                             .staff = gx_text_of(login),
                                             .department = gx_text_of(department),
                                             .roles = roles},
                               &error));
    return officer(login, department, role);
}

static int set_up(void **state)
{
    (void)state;
    open_house();
    gx_skills_use(gx_skills, gx_skill_count);
    add_processes();
    load_house();
    machine = officer("machine", "", "operator");
    a = staff("a", "D", "reviewer");
    b = staff("b", "D", "reviewer");
    boss = staff("boss", "D", "head");
    other = staff("other", "E", "reviewer");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    close_house();
    return 0;
}

static const char open_tasks[] =
    "SELECT group_concat(element, ' ') FROM (SELECT element FROM task WHERE case_id = " OF_CASE
    " AND done_at IS NULL AND round = 0 ORDER BY element) AS open";

/* ---- Acts; `element` names the task, `outcome` the target, `text` the reason ---- */

static bool find_id(gx_work *work, act *one, bool is_done, int64_t *id, gx_error *error)
{
    gx_case of;
    return gx_case_find(work->db, work->arena, one->number, &of, error) &&
           gx_db_get_int(work->db, error, id, 0,
                         "SELECT max(id) FROM task WHERE bucket = bucket_of(?1) AND case_id = ?1 AND element "
                         "= ?2 AND CASE WHEN done_at IS NULL THEN 0 ELSE 1 END = ?3 AND round = 0",
                         "iti", of.id, one->element, (int64_t)is_done);
}

static bool send_back(gx_work *work, act *one, gx_error *error)
{
    int64_t id;
    return find_id(work, one, false, &id, error) &&
           gx_office_send_back(work, id, one->outcome, one->text, error);
}

static bool take_back(gx_work *work, act *one, gx_error *error)
{
    int64_t id;
    return find_id(work, one, true, &id, error) && gx_office_take_back(work, id, one->text, error);
}

static bool transfer(gx_work *work, act *one, gx_error *error)
{
    int64_t id;
    return find_id(work, one, false, &id, error) &&
           gx_office_transfer(work, id, one->outcome, one->text, error);
}

/* data: {"mode", "signers", "rule", "percent", "outcome"} */
static bool sign(gx_work *work, act *one, gx_error *error)
{
    int64_t id;
    const gx_json *data = gx_json_parse(work->arena, gx_text_of(one->data), GX_TEXT("data"), error);
    const gx_sign_request request = {.mode = gx_json_text_of(data, "mode"),
                                     .signers = gx_json_get(data, "signers"),
                                     .rule = gx_json_text_of(data, "rule"),
                                     .percent = gx_json_int_of(data, "percent", 100),
                                     .outcome = gx_json_text_of(data, "outcome"),
                                     .reason = GX_TEXT("")};
    return find_id(work, one, false, &id, error) && gx_office_sign(work, id, &request, error);
}

/* The signature asked of the person. */
static bool answer_signature(gx_work *work, act *one, gx_error *error)
{
    int64_t id = 0;
    gx_case of;
    const gx_json *data = gx_json_parse(work->arena, GX_TEXT("{\"opinion\":\"o\"}"), GX_TEXT("data"), error);
    return gx_case_find(work->db, work->arena, one->number, &of, error) &&
           gx_db_get_int(work->db, error, &id, 0,
                         "SELECT id FROM task WHERE bucket = bucket_of(?1) AND case_id = ?1 AND assignee = "
                         "?2 AND round <> 0 AND done_at IS NULL",
                         "it", of.id, one->person->login) &&
           gx_task_complete(work, id, 0, one->outcome, data, error);
}

static bool urge(gx_work *work, act *one, gx_error *error)
{
    gx_case of;
    if (!gx_case_find(work->db, work->arena, one->number, &of, error))
        return false;
    gx_case *found = gx_work_case(work, of.id, error);
    return found && gx_office_urge(work, found, one->text, error);
}

static act acting(const gx_person *person, bool (*run)(gx_work *, act *, gx_error *), gx_text number,
                  const char *element, const char *outcome)
{
    return (act){.person = person,
                 .run = run,
                 .number = number,
                 .element = gx_text_of(element),
                 .outcome = gx_text_of(outcome),
                 .text = GX_TEXT("reason")};
}

static void acts(const gx_person *person, bool (*run)(gx_work *, act *, gx_error *), gx_text number,
                 const char *element, const char *outcome)
{
    act one = acting(person, run, number, element, outcome);
    do_act(&one);
}

static void refuses(const gx_person *person, bool (*run)(gx_work *, act *, gx_error *), gx_text number,
                    const char *element, const char *outcome, const char *code)
{
    act one = acting(person, run, number, element, outcome);
    refuse_act(&one, code);
}

/* ---- Sending and taking back ---- */

static void a_step_is_sent_back_to_any_earlier_one_and_to_who_did_it(void **state)
{
    (void)state;
    gx_text number = submit(&machine, "steps", "{}");
    complete(&a, number, "one", "agree", "{}");
    complete(&b, number, "two", "agree", "{}");
    refuses(&b, send_back, number, "three", "three", "bpmn.move.not_earlier");
    acts(&b, send_back, number, "three", "one");
    assert_string_equal(text(number, open_tasks), "one");
    assert_string_equal(
        text(number, "SELECT assignee FROM task WHERE done_at IS NULL AND case_id = " OF_CASE), "a");
    assert_int_equal(notices(number, "sent_back"), 1);
    complete(&a, number, "one", "agree", "{}");
    complete(&b, number, "two", "agree", "{}");
    complete(&b, number, "three", "agree", "{}");
    assert_string_equal(state_of(number), "closed");
}

static void sending_back_before_a_split_ends_all_branches_but_never_leaves_a_join_waiting(void **state)
{
    (void)state;
    gx_text number = submit(&machine, "both", "{}");
    complete(&a, number, "before", "", "{}");
    complete(&a, number, "right", "", "{}");
    assert_string_equal(text(number, open_tasks), "left right2");
    acts(&a, send_back, number, "right2", "right"); /* within its branch: the other one stays */
    assert_string_equal(text(number, open_tasks), "left right");
    complete(&a, number, "right", "", "{}");
    complete(&a, number, "left", "", "{}");
    acts(&b, send_back, number, "right2", "before"); /* also what waits at the join */
    assert_string_equal(text(number, open_tasks), "before");
    complete(&a, number, "before", "", "{}");
    complete(&a, number, "left", "", "{}");
    complete(&a, number, "right", "", "{}");
    complete(&a, number, "right2", "", "{}");
    assert_string_equal(text(number, open_tasks), "behind");
    refuses(&b, send_back, number, "behind", "left",
            "bpmn.move.join"); /* the join would wait for the other branch */
    assert_string_equal(text(number, open_tasks), "behind");
    acts(&b, send_back, number, "behind", "before");
    assert_string_equal(text(number, open_tasks), "before");
}

static void a_step_is_taken_back_only_before_somebody_has_acted(void **state)
{
    (void)state;
    set_clock("2026-11-16T09:00:00+08:00");
    gx_text number = submit(&machine, "steps", "{}");
    complete(&a, number, "one", "agree", "{\"opinion\":\"wrong\"}");
    set_clock("2026-11-16T09:05:00+08:00");
    refuses(&b, take_back, number, "one", "", "task.take_back.late");
    acts(&a, take_back, number, "one", "");
    assert_string_equal(text(number, open_tasks), "one");
    assert_int_equal(figure(number, "SELECT count(*) FROM opinion WHERE case_id = " OF_CASE), 0);
    complete(&a, number, "one", "agree", "{}");
    set_clock("2026-11-16T09:10:00+08:00");
    complete(&b, number, "two", "agree", "{}");
    refuses(&a, take_back, number, "one", "", "task.take_back.late");
    set_clock("2026-11-16T09:15:00+08:00");
    complete(&b, number, "three", "agree", "{}");
    refuses(&b, take_back, number, "three", "", "task.take_back.left"); /* the process has ended */
}

/* ---- Signatures ---- */

static void a_countersignature_ends_as_soon_as_its_rule_is_met_or_cannot_be(void **state)
{
    (void)state;
    static const struct {
        const char *rule;
        int64_t percent;
        const char *answers[3], *outcome; /* of a, boss, other; NULL: not asked any more */
    } rows[] = {
        {"all", 100, {"agree", "agree", "agree"}, "agree"},
        {"all", 100, {"agree", "refuse", NULL}, "refuse"},
        {"one", 100, {"agree", NULL, NULL}, "agree"},
        {"one", 100, {"refuse", "refuse", "agree"}, "agree"},
        {"one", 100, {"refuse", "refuse", "refuse"}, "refuse"},
        {"share", 60, {"agree", "agree", NULL}, "agree"},
        {"share", 60, {"refuse", "refuse", NULL}, "refuse"},
        {"share", 34, {"refuse", "agree", "agree"}, "agree"},
        {"share", 33, {"agree", NULL, NULL}, "agree"},
    };
    const gx_person *const signers[] = {&a, &boss, &other};
    for (size_t i = 0; i < GX_COUNT_OF(rows); i++) {
        gx_text number = submit(&machine, "steps", "{}");
        act asking = acting(&b, sign, number, "one", "");
        asking.data =
            gx_format(&arena,
                      "{\"mode\":\"countersign\",\"signers\":[\"a\",\"boss\",\"other\"],\"rule\":\"%s\","
                      "\"percent\":%d}",
                      rows[i].rule, (int)rows[i].percent)
                .bytes;
        do_act(&asking);
        act early = completion(&b, number, "one", "agree", "{}");
        refuse_act(&early, "task.signing");
        for (size_t k = 0; k < 3; k++)
            if (rows[i].answers[k])
                acts(signers[k], answer_signature, number, "", rows[i].answers[k]);
        assert_string_equal(
            text(number, "SELECT outcome || done_by FROM task WHERE element = 'one' AND round = 0 AND "
                         "case_id = " OF_CASE),
            gx_format(&arena, "%sb", rows[i].outcome).bytes);
        assert_string_equal(text(number, open_tasks), "two");
        assert_int_equal(
            figure(number,
                   "SELECT count(*) FROM task WHERE round <> 0 AND done_at IS NULL AND case_id = " OF_CASE),
            0);
    }
}

static void signatures_end_with_their_step(void **state)
{
    (void)state;
    set_clock("2026-11-16T09:00:00+08:00");
    gx_text number = submit(&machine, "dated", "{}");
    act asking = acting(&b, sign, number, "one", "");
    asking.data = "{\"mode\":\"before\",\"signers\":[\"a\"]}";
    do_act(&asking);
    pass_to("2026-11-16T10:00:01+08:00");
    assert_string_equal(text(number, open_tasks), "late");
    assert_int_equal(figure(number, "SELECT count(*) FROM task WHERE done_at IS NULL AND case_id = " OF_CASE),
                     1);
    refuses(&a, answer_signature, number, "", "agree", "task.absent");
}

/* ---- Handing on, standing in, urging ---- */

static void a_task_goes_to_a_colleague_of_the_department_only(void **state)
{
    (void)state;
    gx_text number = submit(&machine, "steps", "{}");
    refuses(&a, transfer, number, "one", "other", "task.assignee");
    refuses(&applicant, transfer, number, "one", "a", "task.absent");
    acts(&a, transfer, number, "one", "b");
    refuses(&a, transfer, number, "one", "a", "task.taken");
    acts(&boss, transfer, number, "one", "a"); /* a head may always */
    complete(&a, number, "one", "agree", "{}");
}

static bool set_deputy(gx_work *work, act *one, gx_error *error)
{
    int64_t id;
    const gx_absence absence = {.deputy = one->outcome,
                                .from = GX_TEXT("2026-11-17"),
                                .to = GX_TEXT("2026-11-18"),
                                .login = GX_TEXT(""),
                                .reason = one->text};
    return gx_deputy_set(work, &absence, &id, error);
}

static bool load_deputy(gx_db *db, gx_arena *own, void *context, gx_error *error)
{
    (void)own;
    return gx_deputy_load(db, &arena, context, gx_clock_now(), error);
}

static void a_deputy_acts_between_the_two_days_only(void **state)
{
    (void)state;
    gx_error error = {0};
    set_clock("2026-11-16T09:00:00+08:00");
    gx_text number = submit(&machine, "steps", "{}");
    acts(&boss, transfer, number, "one", "a");
    acts(&a, set_deputy, number, "", "b");
    static const struct {
        const char *at;
        bool is_deputy;
    } rows[] = {{"2026-11-16T23:59:00+08:00", false},
                {"2026-11-17T00:00:01+08:00", true},
                {"2026-11-18T23:59:00+08:00", true},
                {"2026-11-19T00:00:01+08:00", false}};
    for (size_t i = 0; i < GX_COUNT_OF(rows); i++) {
        set_clock(rows[i].at);
        assert_true(gx_store_read(gx_zone_store(zone), load_deputy, &b, &error));
        assert_int_equal(b.principal_count, rows[i].is_deputy);
    }
    act late = completion(&b, number, "one", "agree", "{}");
    refuse_act(&late, "task.taken");
    set_clock("2026-11-18T10:00:00+08:00");
    assert_true(gx_store_read(gx_zone_store(zone), load_deputy, &b, &error));
    complete(&b, number, "one", "agree", "{}");
    assert_string_equal(
        text(number, "SELECT done_by || ' for ' || done_for FROM task WHERE element = 'one' AND case_id "
                     "= " OF_CASE),
        "b for a");
    b.principal_count = 0;
}

static void an_office_is_urged_once_a_day(void **state)
{
    (void)state;
    set_clock("2026-11-16T09:00:00+08:00");
    gx_text number = submit(&machine, "steps", "{}");
    acts(&machine, urge, number, "", "");
    refuses(&machine, urge, number, "", "", "case.urge.again");
    acts(&boss, urge, number, "", ""); /* everyone has a day of their own */
    set_clock("2026-11-17T09:00:01+08:00");
    acts(&machine, urge, number, "", "");
    assert_int_equal(notices(number, "urged"), 3);
}

/* A case far away, as after many thousands, with the same tasks. */
static bool copy_far_away(gx_db *db, gx_arena *own, void *context, gx_error *error)
{
    const gx_text *number = context;
    (void)own;
    return gx_db_run(db, error,
                     "INSERT INTO cases (id, bucket, number, matter, matter_version, state, enterprise, "
                     "applicant, project, owner, submitted_by, submitted_at) SELECT id + 67108864, bucket, "
                     "'GX-FAR', matter, matter_version, 'done', '', '', '', '', '', submitted_at FROM cases "
                     "WHERE bucket = bucket_of_number(?1) AND number = ?1",
                     "t", *number) &&
           gx_db_run(db, error,
                     "INSERT INTO task (id, bucket, case_id, instance, key, element, name, role, department, "
                     "assignee, enterprise, form, priority, created_at, due, has_own_due, done_at, outcome, "
                     "done_by) SELECT t.id + 67108864, t.bucket, t.case_id + 67108864, t.instance, t.key, "
                     "t.element, t.name, t.role, t.department, t.assignee, t.enterprise, t.form, t.priority, "
                     "t.created_at, t.due, t.has_own_due, t.done_at, t.outcome, t.done_by FROM task t JOIN "
                     "cases c ON c.bucket = t.bucket AND c.id = t.case_id WHERE c.bucket = "
                     "bucket_of_number(?1) AND c.number = ?1",
                     "t", *number);
}

typedef struct list {
    const gx_person *person;
    const char *state;
    char numbers[200];
} list;

static bool read_mine(gx_db *db, gx_arena *own, void *context, gx_error *error)
{
    list *l = context;
    gx_buffer buffer = gx_buffer_in(own);
    gx_json_out out = gx_json_out_to(&buffer);
    gx_case_query query = {.scope = GX_TEXT("mine"), .state = gx_text_of(l->state), .size = 20};
    if (!gx_view_cases(zone, db, own, l->person, &query, &out, error))
        return false;
    gx_json *page = gx_json_parse(own, gx_buffer_as_text(&buffer), GX_TEXT("list"), error);
    l->numbers[0] = 0;
    for (const gx_json *one = gx_json_get(page, "items")->first; one; one = one->next) {
        gx_text number = gx_json_text_of(one, "number");
        size_t at = strlen(l->numbers);
        snprintf(l->numbers + at, sizeof l->numbers - at, "%s%.*s", at ? " " : "", GX_PRINT(number));
    }
    return true;
}

static const char *mine(list *l)
{
    gx_error error = {0};
    assert_true(gx_store_read(gx_zone_store(zone), read_mine, l, &error));
    return l->numbers;
}

static void ones_own_cases_are_those_in_which_one_has_done_something_however_many_there_are(void **state)
{
    (void)state;
    gx_error error = {0};
    gx_person doer = staff("doer", "D", "reviewer");
    list all = {&doer, "", ""}, done = {&doer, "done", ""};
    assert_string_equal(mine(&all), "");
    gx_text first = submit(&machine, "steps", "{}"), second = submit(&machine, "steps", "{}");
    submit(&machine, "steps", "{}");
    complete(&doer, first, "one", "agree", "{}");
    complete(&doer, second, "one", "agree", "{}");
    complete(&doer, second, "two", "agree", "{}"); /* it is there once */
    assert_true(gx_store_write(gx_zone_store(zone), copy_far_away, &first, &error));
    const char *wanted = gx_format(&arena, "GX-FAR %.*s %.*s", GX_PRINT(second), GX_PRINT(first)).bytes;
    assert_string_equal(mine(&all), wanted); /* the newest first, in whatever era */
    assert_string_equal(mine(&done), "GX-FAR");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_is_sent_back_to_any_earlier_one_and_to_who_did_it),
        cmocka_unit_test(sending_back_before_a_split_ends_all_branches_but_never_leaves_a_join_waiting),
        cmocka_unit_test(a_step_is_taken_back_only_before_somebody_has_acted),
        cmocka_unit_test(a_countersignature_ends_as_soon_as_its_rule_is_met_or_cannot_be),
        cmocka_unit_test(signatures_end_with_their_step),
        cmocka_unit_test(a_task_goes_to_a_colleague_of_the_department_only),
        cmocka_unit_test(a_deputy_acts_between_the_two_days_only),
        cmocka_unit_test(an_office_is_urged_once_a_day),
        cmocka_unit_test(ones_own_cases_are_those_in_which_one_has_done_something_however_many_there_are),
        cmocka_unit_test(every_instance_can_be_made_again_from_its_journal),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

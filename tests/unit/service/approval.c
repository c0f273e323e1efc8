/* The approval story in virtual time: acceptance scenarios 8, 9, 10 and 12 of the zone's rules, the clock,
 * escalation. */
#include "house.h"

static const char all_papers[] =
    "{\"applicant\":{\"name\":\"x\",\"agent\":\"a\",\"phone\":\"13800000000\"},\"promises_accepted\":true,"
    "\"project\":{\"name\":\"样例厂房\",\"category\":\"产业\",\"approvalMode\":\"备案\",\"address\":"
    "\"样例路\","
    "\"landMode\":\"已有用地\",\"landHa\":4.2,\"floorAreaM2\":18000,\"civilFloorAreaM2\":0,\"investmentWan\":"
    "9000,\"plannedStart\":\"2026-12-20\",\"plannedEnd\":\"2027-12-20\",\"energyTce\":300,"
    "\"electricityMWh\":900,\"eiaClass\":\"报告表\",\"earthworkM3\":3000}%s}";

static gx_person window, nrb, chb, cdo, eeb, umb, nrb_head;

static int set_up(void **state)
{
    (void)state;
    open_house();
    gx_skills_use(gx_skills, gx_skill_count);
    load_house();
    window = officer("window", "ASB", "window");
    nrb = officer("nrb", "NRB", "reviewer");
    chb = officer("chb", "CHB", "reviewer");
    cdo = officer("cdo", "CDO", "reviewer");
    eeb = officer("eeb", "EEB", "reviewer");
    umb = officer("umb", "UMB", "reviewer");
    nrb_head = officer("nrbhead", "NRB", "head");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    close_house();
    return 0;
}

static gx_text apply(void)
{
    return submit(&applicant, "S25", gx_format(&arena, all_papers, "").bytes);
}

/* The papers as the window finds them: all there, but the one named is in `state`. */
static const char *papers(const char *id, const char *state)
{
    static const char *const ids[] = {"F16", "F17", "F19", "F20", "F21", "F24", "F25", "F26", "F27", "F28"};
    gx_buffer buffer = gx_buffer_in(&arena);
    gx_buffer_string(&buffer, "{\"missing\":[],\"reason\":\"\",\"documents\":[");
    for (size_t i = 0; i < GX_COUNT_OF(ids); i++)
        gx_buffer_format(&buffer, "%s{\"id\":\"%s\",\"state\":\"%s\"}", i ? "," : "", ids[i],
                         id && strcmp(id, ids[i]) == 0 ? state : "given");
    gx_buffer_string(&buffer, "]}");
    return gx_buffer_as_text(&buffer).bytes;
}

static void accept(gx_text number)
{
    complete(&window, number, "intake", "accept", papers(NULL, ""));
}

static const char agree[] = "{\"opinion\":\"同意\"}";

static void review(gx_text number)
{
    gx_person *const reviewers[] = {&cdo, &eeb, &umb};
    for (size_t i = 0; i < GX_COUNT_OF(reviewers); i++)
        complete(reviewers[i], number, "opinion", "agree", agree);
    complete(&nrb, number, "schemeDecision", "agree", agree);
    complete(&nrb, number, "planningReview", "agree", agree);
    complete(&chb, number, "permitCheck", "agree", agree);
    static const char open_drawing[] =
        "SELECT element || ' ' || department FROM task WHERE case_id = " OF_CASE
        " AND done_at IS NULL AND instance % 4096 > 0 ORDER BY id LIMIT 1";
    for (int i = 0; i < 20 && strcmp(text(number, open_drawing), "(none)") != 0; i++) {
        gx_text department, element = gx_text_cut(gx_text_of(text(number, open_drawing)), ' ', &department);
        gx_person reviewer = officer(gx_format(&arena, "drawing-%d", i).bytes, department.bytes, "reviewer");
        complete(&reviewer, number, gx_copy_string(&arena, element), "pass", agree);
    }
}

static void intake_left_alone_for_five_working_days_is_acceptance_by_law(void **state)
{
    (void)state;
    set_clock("2026-11-16T09:00:00+08:00");
    gx_text number = apply();
    pass_to("2026-11-23T23:59:00+08:00");
    assert_string_equal(state_of(number), "submitted");
    pass_to("2026-11-24T00:01:00+08:00");
    assert_string_equal(state_of(number), "review");
    assert_int_equal(figure(number, "SELECT is_accepted_by_law FROM cases WHERE number = ?1"), 1);
    assert_int_equal(figure(number, "SELECT accepted_at = submitted_at FROM cases WHERE number = ?1"),
                     1); /* from the day of receipt */
    assert_string_equal(due_day(number), "2026-11-30");
    assert_int_equal(notices(number, "accepted_by_law"), 2); /* the applicant, and the head */
    act late = completion(&window, number, "intake", "correct", "{\"missing\":[{\"id\":\"F16\"}]}");
    refuse_act(&late, "task.absent");
}

static void a_correction_after_the_fifth_day_is_refused(void **state)
{
    (void)state;
    set_clock("2026-11-16T09:00:00+08:00");
    gx_text number = apply();
    set_clock("2026-11-24T08:00:00+08:00"); /* before the timer has run: the law does not wait for it */
    act late =
        completion(&window, number, "intake", "correct",
                   "{\"missing\":[{\"id\":\"F16\",\"reason\":\"x\"}],\"reason\":\"x\",\"documents\":[]}");
    refuse_act(&late, "case.correct.late");
    assert_string_equal(state_of(number), "submitted"); /* a refused act leaves nothing behind */
    assert_int_equal(figure(number, "SELECT count(*) FROM stop WHERE case_id = " OF_CASE), 0);
    pass_to("2026-11-24T08:30:00+08:00");
    assert_string_equal(state_of(number), "review");
}

static void an_unanswered_correction_ends_as_withdrawn(void **state)
{
    (void)state;
    set_clock("2026-11-16T09:00:00+08:00");
    gx_text number = apply();
    complete(&window, number, "intake", "correct",
             "{\"missing\":[{\"id\":\"F16\",\"reason\":\"x\"}],\"reason\":\"x\",\"documents\":[]}");
    assert_string_equal(state_of(number), "correction");
    pass_to("2026-12-17T10:00:00+08:00");
    assert_string_equal(state_of(number), "withdrawn");
    assert_int_equal(figure(number, "SELECT count(*) FROM task WHERE done_at IS NULL AND case_id = " OF_CASE),
                     0);
}

static void a_tolerated_document_that_never_comes_ends_the_case_and_tolerance_for_a_year(void **state)
{
    (void)state;
    set_clock("2026-11-16T09:00:00+08:00");
    gx_text number = apply();
    complete(&window, number, "intake", "promise",
             papers("F24", "tolerated")); /* five working days: due 23 November */
    assert_string_equal(state_of(number), "review");
    assert_string_equal(text(number, "SELECT state FROM promise WHERE case_id = " OF_CASE), "open");
    pass_to("2026-11-20T08:59:00+08:00");
    assert_int_equal(notices(number, "promise_soon"), 0);
    pass_to("2026-11-20T09:00:01+08:00");
    assert_int_equal(notices(number, "promise_soon"), 1);
    pass_to("2026-11-24T00:00:01+08:00");
    assert_int_equal(notices(number, "promise_final"), 1);
    pass_to("2026-11-26T23:59:00+08:00");
    assert_string_equal(state_of(number), "review");
    pass_to("2026-11-27T00:00:01+08:00");
    assert_string_equal(state_of(number), "ended");
    assert_string_equal(text(number, "SELECT state FROM promise WHERE case_id = " OF_CASE), "broken");
    assert_int_equal(figure(number, "SELECT count(*) FROM task WHERE done_at IS NULL AND case_id = " OF_CASE),
                     0);

    gx_text next = apply();
    act again = completion(&window, next, "intake", "promise", papers("F24", "tolerated"));
    refuse_act(&again, "case.tolerate.broken");
    set_clock("2027-11-26T23:00:00+08:00");
    next = apply();
    again = completion(&window, next, "intake", "promise", papers("F24", "tolerated"));
    refuse_act(&again, "case.tolerate.broken");
    set_clock("2027-11-27T00:00:02+08:00");
    next = apply();
    complete(&window, next, "intake", "promise", papers("F24", "tolerated"));
    assert_string_equal(state_of(next), "review");
    assert_int_equal(figure(next, "SELECT due_promised IS NOT NULL FROM cases WHERE number = ?1"), 1);
    set_clock("2026-11-16T09:00:00+08:00");
}

static void the_result_waits_for_a_tolerated_document(void **state)
{
    (void)state;
    gx_person other = applicant;
    other.enterprises[0] = GX_TEXT("E0002");
    set_clock("2026-11-16T09:00:00+08:00");
    gx_text number = submit(&other, "S25", gx_format(&arena, all_papers, "").bytes);
    complete(&window, number, "intake", "promise", papers("F24", "tolerated"));
    review(number);
    complete(&nrb, number, "countersign", "agree", agree);
    complete(&chb, number, "countersign", "agree", agree);
    assert_string_equal(state_of(number), "review");
    assert_int_equal(figure(number, "SELECT count(*) FROM permit WHERE case_id = " OF_CASE), 0);
    assert_int_equal(
        figure(number, "SELECT count(*) FROM letter WHERE kind = 'grant' AND case_id = " OF_CASE), 0);
}

static void what_cannot_be_tolerated_is_not(void **state)
{
    (void)state;
    set_clock("2026-11-16T09:00:00+08:00");
    gx_text number = apply();
    act a = completion(&window, number, "intake", "promise", papers("F16", "tolerated"));
    refuse_act(&a, "case.document.state");
    a = completion(&window, number, "intake", "accept", papers("F16", "missing"));
    refuse_act(&a, "case.accept.missing");
}

static void lamps_and_escalation_follow_the_promised_limit(void **state)
{
    (void)state;
    set_clock("2026-11-16T09:00:00+08:00");
    gx_text number = apply();
    accept(number);
    assert_string_equal(due_day(number), "2026-11-30");
    pass_to("2026-11-25T10:00:00+08:00"); /* 6 of 10 days used */
    assert_string_equal(text(number, "SELECT lamp FROM cases WHERE number = ?1"), "green");
    pass_to("2026-11-26T00:00:01+08:00");
    assert_string_equal(text(number, "SELECT lamp FROM cases WHERE number = ?1"), "yellow");
    assert_true(notices(number, "limit_near") >= 3); /* each open opinion's office */
    assert_int_equal(figure(number, "SELECT count(*) FROM notice WHERE event = 'limit_near' AND case_number "
                                    "= ?1 AND visible_at % 86400000 <> 3600000"),
                     0); /* at nine in the morning */
    pass_to("2026-11-30T23:59:59+08:00");
    assert_int_equal(notices(number, "limit_over"), 0);
    pass_to("2026-12-01T00:00:01+08:00");
    assert_string_equal(text(number, "SELECT lamp FROM cases WHERE number = ?1"), "red");
    assert_int_equal(figure(number, "SELECT count(*) FROM notice WHERE event = 'limit_over' AND case_number "
                                    "= ?1 AND receiver LIKE 'role:%/head'"),
                     3);
    pass_to("2026-12-08T00:00:01+08:00");
    assert_int_equal(figure(number, "SELECT count(*) FROM notice WHERE event = 'limit_far_over' AND "
                                    "case_number = ?1 AND receiver = 'role:/leader'"),
                     1);
    pass_to("2026-12-15T10:00:00+08:00");
    assert_int_equal(figure(number, "SELECT count(*) FROM notice WHERE event = 'limit_far_over' AND "
                                    "case_number = ?1 AND receiver = 'role:/leader'"),
                     1); /* told once */
}

static bool stop_clock(gx_work *work, act *a, gx_error *error)
{
    gx_case found;
    if (!gx_case_find(work->db, work->arena, a->number, &found, error))
        return false;
    return gx_case_stop(work, gx_work_case(work, found.id, error), a->element, a->text, 0, error);
}

static bool resume_clock(gx_work *work, act *a, gx_error *error)
{
    gx_case found;
    return gx_case_find(work->db, work->arena, a->number, &found, error) &&
           gx_case_resume(work, gx_work_case(work, found.id, error), a->element, error);
}

static bool extend(gx_work *work, act *a, gx_error *error)
{
    gx_case found;
    return gx_case_find(work->db, work->arena, a->number, &found, error) &&
           gx_case_extend(work, gx_work_case(work, found.id, error), a->text, error);
}

static void a_stopped_clock_moves_no_lamp_and_moves_the_due_day(void **state)
{
    (void)state;
    set_clock("2026-11-16T09:00:00+08:00");
    gx_text number = apply();
    accept(number);
    set_clock("2026-11-18T11:00:00+08:00");
    act stop = {.person = &nrb,
                .run = stop_clock,
                .number = number,
                .element = GX_TEXT("公示"),
                .text = GX_TEXT("批前公示")};
    do_act(&stop);
    assert_string_equal(state_of(number), "stopped");
    pass_to("2026-12-20T10:00:00+08:00"); /* long past what would have been due */
    assert_string_equal(text(number, "SELECT lamp FROM cases WHERE number = ?1"), "green");
    assert_true(notices(number, "stop_over") > 0);
    set_clock("2026-12-21T09:00:00+08:00");
    act resume = {.person = &nrb, .run = resume_clock, .number = number, .element = GX_TEXT("公示")};
    do_act(&resume);
    assert_string_equal(state_of(number), "review");
    assert_string_equal(due_day(number), "2026-12-31"); /* one day was used; nine are left from the 21st on */
    act again = {.person = &nrb,
                 .run = stop_clock,
                 .number = number,
                 .element = GX_TEXT("公示"),
                 .text = GX_TEXT("再次")};
    refuse_act(&again, "case.stop.again");
    again.person = &nrb_head;
    again.error = (gx_error){0};
    do_act(&again);
    act unknown = {.person = &nrb,
                   .run = stop_clock,
                   .number = number,
                   .element = GX_TEXT("喝茶"),
                   .text = GX_TEXT("x")};
    refuse_act(&unknown, "case.stop.kind");
}

static void a_limit_is_extended_once(void **state)
{
    (void)state;
    set_clock("2026-11-16T09:00:00+08:00");
    gx_text number = apply();
    accept(number);
    act a = {.person = &nrb_head, .run = extend, .number = number, .text = GX_TEXT("情况复杂")};
    do_act(&a);
    assert_string_equal(due_day(number), "2026-12-14");
    assert_int_equal(
        figure(number, "SELECT count(*) FROM letter WHERE kind = 'extension' AND case_id = " OF_CASE), 1);
    refuse_act(&a, "case.extend.once");
}

static void both_permits_have_one_timestamp_or_there_is_none(void **state)
{
    (void)state;
    set_clock("2026-11-16T09:00:00+08:00");
    gx_text number = apply();
    accept(number);
    review(number);
    complete(&nrb, number, "countersign", "agree", agree);
    assert_int_equal(figure(number, "SELECT count(*) FROM permit WHERE case_id = " OF_CASE), 0);
    complete(&chb, number, "countersign", "agree", agree);
    assert_int_equal(figure(number, "SELECT count(*) FROM permit WHERE case_id = " OF_CASE), 2);
    assert_int_equal(figure(number, "SELECT count(DISTINCT issued_at) FROM permit WHERE case_id = " OF_CASE),
                     1);
    assert_string_equal(state_of(number), "delivered");
    assert_int_equal(
        figure(number,
               "SELECT count(*) FROM permit a, permit b WHERE a.kind = 'A304' AND a.case_id = " OF_CASE
               " AND b.kind = 'A202' AND b.case_id = a.case_id AND a.canonical LIKE '%' || b.number "
               "|| '%'"),
        1);

    gx_text refused = apply();
    accept(refused);
    review(refused);
    complete(&nrb, refused, "countersign", "agree", agree);
    complete(&chb, refused, "countersign", "refuse",
             "{\"opinion\":\"不同意\",\"reasons\":[\"监理合同无效\"]}");
    assert_int_equal(figure(refused, "SELECT count(*) FROM permit WHERE case_id = " OF_CASE), 0);
    assert_string_equal(state_of(refused), "refused");
}

static bool check_commitment(gx_work *work, act *a, gx_error *error)
{
    gx_case found;
    return gx_case_find(work->db, work->arena, a->number, &found, error) &&
           gx_promise_check(work, gx_work_case(work, found.id, error), a->element, a->outcome, a->text,
                            error);
}

static void a_false_commitment_that_is_not_mended_revokes_the_permits(void **state)
{
    (void)state;
    set_clock("2026-11-16T09:00:00+08:00");
    gx_text number = apply();
    complete(&window, number, "intake", "promise", papers("F26", "promised"));
    review(number);
    complete(&nrb, number, "countersign", "agree", agree);
    complete(&chb, number, "countersign", "agree", agree); /* a commitment does not hold the result up */
    assert_int_equal(
        figure(number, "SELECT count(*) FROM permit WHERE state = 'valid' AND case_id = " OF_CASE), 2);
    pass_to("2026-12-26T10:00:00+08:00"); /* day 40 */
    act mend = {.person = &chb,
                .run = check_commitment,
                .number = number,
                .element = GX_TEXT("F26"),
                .outcome = GX_TEXT("mend"),
                .text = GX_TEXT("现场不符")};
    do_act(&mend);
    pass_to("2027-01-24T10:00:00+08:00");
    assert_int_equal(
        figure(number, "SELECT count(*) FROM permit WHERE state = 'valid' AND case_id = " OF_CASE), 2);
    pass_to("2027-01-27T10:00:00+08:00");
    assert_int_equal(
        figure(number, "SELECT count(*) FROM permit WHERE state = 'revoked' AND case_id = " OF_CASE), 2);
    gx_text next = apply();
    act again = completion(&window, next, "intake", "promise", papers("F26", "promised"));
    refuse_act(&again, "case.commitment.broken");
    set_clock("2026-11-16T09:00:00+08:00");
}

static void one_person_cannot_give_both_signatures(void **state)
{
    (void)state;
    set_clock("2026-11-16T09:00:00+08:00");
    gx_text number = apply();
    accept(number);
    complete(&cdo, number, "opinion", "agree", agree);
    gx_person same = officer("cdo", "EEB", "reviewer");
    act second = completion(&same, number, "opinion", "agree", agree);
    refuse_act(&second, "task.second_signature");
    gx_person insider = officer("insider", "EEB", "reviewer");
    insider.enterprises[0] = GX_TEXT("E1570");
    insider.enterprise_count = 1;
    second = completion(&insider, number, "opinion", "agree", agree);
    refuse_act(&second, "task.own_application");
}

/* Acceptance scenario 20: Saturday 21 November becomes a working day by decree. */
static void a_changed_calendar_moves_running_limits_and_tells_it(void **state)
{
    (void)state;
    gx_error error = {0};
    gx_findings findings = {0};
    int64_t loaded;
    set_clock("2026-11-16T09:00:00+08:00");
    gx_text number = apply();
    accept(number);
    pass_to("2026-11-16T09:30:00+08:00");
    assert_string_equal(due_day(number), "2026-11-30");
    gx_json *calendar =
        gx_json_copy(&arena, gx_packages_find(packages, GX_DEFINITION_CALENDAR, GX_TEXT("cn"))->json);
    for (gx_json *year = gx_json_get(calendar, "years")->first; year; year = year->next)
        if (gx_json_int_of(year, "year", 0) == 2026) {
            gx_json *day = gx_json_append(gx_json_get(year, "makeup"), gx_json_object(&arena));
            gx_json_set_text(&arena, day, "date", GX_TEXT("2026-11-21"));
            gx_json_set_text(&arena, day, "name", GX_TEXT("样例调休"));
        }
    gx_packages *decree = gx_packages_create();
    assert_non_null(gx_packages_add(decree, GX_DEFINITION_CALENDAR, GX_TEXT("base"),
                                    GX_TEXT("calendars/cn.json"), GX_TEXT("cn"), 0,
                                    gx_json_to_text(&arena, calendar), &findings));
    assert_int_equal(findings.errors, 0);
    assert_true(gx_zone_load(zone, decree, &loaded, &error));
    gx_packages_release(decree);
    assert_int_equal(loaded, 1);
    pass_to("2026-11-17T09:00:00+08:00");
    assert_string_equal(due_day(number), "2026-11-27");
    assert_int_equal(figure(number, "SELECT count(*) FROM journal WHERE events LIKE "
                                    "'%\"due\"%2026-11-30%2026-11-27%' AND case_id = " OF_CASE),
                     1);
    assert_int_equal(notices(number, "due_moved"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(intake_left_alone_for_five_working_days_is_acceptance_by_law),
        cmocka_unit_test(a_correction_after_the_fifth_day_is_refused),
        cmocka_unit_test(an_unanswered_correction_ends_as_withdrawn),
        cmocka_unit_test(what_cannot_be_tolerated_is_not),
        cmocka_unit_test(the_result_waits_for_a_tolerated_document),
        cmocka_unit_test(lamps_and_escalation_follow_the_promised_limit),
        cmocka_unit_test(a_stopped_clock_moves_no_lamp_and_moves_the_due_day),
        cmocka_unit_test(a_limit_is_extended_once),
        cmocka_unit_test(both_permits_have_one_timestamp_or_there_is_none),
        cmocka_unit_test(one_person_cannot_give_both_signatures),
        cmocka_unit_test(a_tolerated_document_that_never_comes_ends_the_case_and_tolerance_for_a_year),
        cmocka_unit_test(a_false_commitment_that_is_not_mended_revokes_the_permits),
        cmocka_unit_test(
            a_changed_calendar_moves_running_limits_and_tells_it), /* last: it changes the calendar */
        cmocka_unit_test(every_instance_can_be_made_again_from_its_journal),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

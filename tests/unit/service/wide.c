/* Wide activities in the store: all people are asked at once, the record stays short, joins and endings work in slices, and nothing is left behind. */
#include "house.h"
#include "service/repair.h"

enum { WIDTH = 450 };

static gx_person machine;

static void add_processes(void)
{
    add_process("wide",
                "<process id=\"wide\" isExecutable=\"true\"><startEvent id=\"s\"/><userTask id=\"u\" gx:role=\"reviewer\" gx:department=\"D\" gx:result=\"y\">"
                "<multiInstanceLoopCharacteristics gx:collection=\"= xs\" gx:item=\"x\" gx:results=\"ys\"/></userTask><userTask id=\"after\" gx:role=\"reviewer\" "
                "gx:department=\"D\"/><endEvent id=\"e\"/><sequenceFlow id=\"a\" sourceRef=\"s\" targetRef=\"u\"/><sequenceFlow id=\"b\" sourceRef=\"u\" "
                "targetRef=\"after\"/><sequenceFlow id=\"c\" sourceRef=\"after\" targetRef=\"e\"/></process>");
    add_process("enough",
                "<process id=\"enough\" isExecutable=\"true\"><startEvent id=\"s\"/><userTask id=\"u\" gx:role=\"reviewer\" gx:department=\"D\">"
                "<multiInstanceLoopCharacteristics gx:collection=\"= xs\" gx:item=\"x\"><completionCondition>nrOfCompletedInstances >= 2</completionCondition>"
                "</multiInstanceLoopCharacteristics></userTask><userTask id=\"after\" gx:role=\"reviewer\" gx:department=\"D\"/><endEvent id=\"e\"/>"
                "<sequenceFlow id=\"a\" sourceRef=\"s\" targetRef=\"u\"/><sequenceFlow id=\"b\" sourceRef=\"u\" targetRef=\"after\"/>"
                "<sequenceFlow id=\"c\" sourceRef=\"after\" targetRef=\"e\"/></process>");
}

static int set_up(void **state)
{
    (void)state;
    open_house();
    machine = officer("machine", "", "operator");
    add_processes();
    load_house();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    close_house();
    return 0;
}

/* {"xs":[1,...]} */
static const char *numbers(int count)
{
    gx_buffer text = gx_buffer_in(&arena);
    for (int n = 1; n <= count; n++)
        gx_buffer_format(&text, "%s%d", n > 1 ? "," : "{\"xs\":[", n);
    gx_buffer_string(&text, "]}");
    return gx_copy_string(&arena, gx_buffer_as_text(&text));
}

/* Does what is due a little later, slice after slice. */
static void settle(void)
{
    static int minute;
    pass_to(gx_copy_string(&arena, gx_format(&arena, "2026-11-16T10:%02d:00+08:00", ++minute)));
}

static gx_person person(int number)
{
    return officer(gx_copy_string(&arena, gx_format(&arena, "o%d", number)), "D", "reviewer");
}

#define OPEN     "SELECT count(*) FROM task WHERE case_id = " OF_CASE " AND element = 'u' AND done_at IS NULL"
#define ON_SHELF "SELECT count(*) FROM shelf WHERE instance / 4096 = " OF_CASE
#define RECORD   "SELECT length(state) FROM instance WHERE id / 4096 = " OF_CASE

static void all_are_asked_and_their_answers_come_together(void **state)
{
    (void)state;
    gx_text number = submit(&machine, "wide", numbers(WIDTH));
    settle();
    assert_int_equal(figure(number, OPEN), WIDTH);
    assert_in_range(figure(number, RECORD), 1, 2048); /* the applicant's data are in it */
    assert_true(figure(number, ON_SHELF) >= WIDTH);
    for (int n = 0; n < WIDTH; n++) {
        gx_person who = person(n);
        complete(&who, number, "u", "", n % 50 == 0 ? "{\"opinion\":\"yes\"}" : NULL);
    }
    assert_int_equal(figure(number, OPEN), 0);
    assert_string_equal(text(number, "SELECT element FROM task WHERE case_id = " OF_CASE " AND done_at IS NULL"), "after");
    gx_person who = person(0);
    complete(&who, number, "after", "", NULL);
    assert_int_equal(figure(number, ON_SHELF), 0);
    gx_json *data = gx_json_parse(&arena, gx_text_of(text(number, "SELECT data FROM case_data WHERE case_id = " OF_CASE)), GX_TEXT("data"), NULL);
    const gx_json *ys = gx_json_get(data, "ys");
    int count = 0;
    for (const gx_json *y = ys->first; y; y = y->next, count++)
        assert_string_equal(gx_copy_string(&arena, gx_json_text_of(y, "who")), gx_copy_string(&arena, gx_format(&arena, "o%d", count)));
    assert_int_equal(count, WIDTH);
}

static void nobody_signs_twice(void **state)
{
    (void)state;
    gx_text number = submit(&machine, "wide", numbers(100));
    settle();
    gx_person who = person(1);
    complete(&who, number, "u", "", NULL);
    act again = completion(&who, number, "u", "", NULL);
    refuse_act(&again, "task.second_signature");
}

static void when_enough_have_answered_the_other_tasks_go(void **state)
{
    (void)state;
    gx_text number = submit(&machine, "enough", numbers(WIDTH));
    settle();
    for (int n = 0; n < 2; n++) {
        gx_person who = person(n);
        complete(&who, number, "u", "", NULL);
    }
    assert_int_equal(figure(number, "SELECT count(*) FROM task WHERE case_id = " OF_CASE " AND element = 'after'"), 1);
    if (figure(number, OPEN) > 0) { /* they go in slices; until then they are refused */
        gx_person late = person(9);
        act too_late = completion(&late, number, "u", "", NULL);
        refuse_act(&too_late, "bpmn.command.key");
    }
    settle();
    assert_int_equal(figure(number, OPEN), 0);
    assert_int_equal(figure(number, "SELECT count(*) FROM task WHERE case_id = " OF_CASE " AND outcome = 'cancelled'"), WIDTH - 2);
    assert_int_equal(figure(number, "SELECT count(*) FROM shelf WHERE owner <> 0 AND instance / 4096 = " OF_CASE), 0);
}

static bool cancel(gx_work *work, act *a, gx_error *error)
{
    int64_t id = 0;
    if (!gx_db_get_int(work->db, error, &id, 0, "SELECT id FROM cases WHERE number = ?1", "t", a->number))
        return false;
    gx_case *of = gx_work_case(work, id, error);
    if (!of)
        return false;
    gx_instance_cancel(work, of, GX_TEXT("test"));
    return true;
}

static void a_cancelled_case_is_cleared_in_slices(void **state)
{
    (void)state;
    gx_text number = submit(&machine, "wide", numbers(WIDTH));
    settle();
    act end = {.run = cancel, .number = number};
    do_act(&end);
    settle();
    assert_int_equal(figure(number, OPEN), 0);
    assert_int_equal(figure(number, ON_SHELF), 0);
    assert_int_equal(figure(number, "SELECT count(*) FROM timer WHERE instance / 4096 = " OF_CASE), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_are_asked_and_their_answers_come_together),
        cmocka_unit_test(nobody_signs_twice),
        cmocka_unit_test(when_enough_have_answered_the_other_tasks_go),
        cmocka_unit_test(a_cancelled_case_is_cleared_in_slices),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("wide", tests, set_up, tear_down);
}

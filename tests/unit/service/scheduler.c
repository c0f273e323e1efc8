/* The scheduler's thread: timers fire once, none before it is due and none is lost, whatever the clock does. The tests move the clock and then ask the
 * thread to look; they wait for what must come, never for time to pass. */
#include "house.h"

#include <unistd.h>

enum { MANY = 300, PATIENCE = 6000 }; /* PATIENCE: times 5 ms, before a test gives up */

static gx_person machine;
static gx_scheduler *scheduler;

static int set_up(void **state)
{
    (void)state;
    open_house();
    machine = officer("machine", "", "operator");
    add_process("timed", "<process id=\"timed\" isExecutable=\"true\"><startEvent id=\"s\"/><intermediateCatchEvent id=\"t\"><timerEventDefinition>"
                         "<timeDate>= at</timeDate></timerEventDefinition></intermediateCatchEvent><endEvent id=\"e\"/><sequenceFlow id=\"a\" sourceRef=\"s\" "
                         "targetRef=\"t\"/><sequenceFlow id=\"b\" sourceRef=\"t\" targetRef=\"e\"/></process>");
    load_house();
    scheduler = gx_scheduler_start(zone);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    gx_scheduler_stop(scheduler);
    close_house();
    return 0;
}

static gx_text start(const char *at)
{
    return submit(&machine, "timed", gx_copy_string(&arena, gx_format(&arena, "{\"at\":\"%s\"}", at)));
}

static void move_clock(const char *to)
{
    set_clock(to);
    gx_scheduler_wake(NULL);
}

#define PENDING "SELECT count(*) FROM timer WHERE ?1 IS NOT NULL"
#define ENDED   "SELECT count(*) FROM instance i JOIN journal j ON j.instance = i.id WHERE i.has_ended = 1 AND i.id / 4096 = " OF_CASE " AND j.events LIKE '%\"ended\"%'"

static void wait_until_pending(int64_t wanted)
{
    int64_t pending = -1;
    for (int i = 0; i < PATIENCE && (pending = figure(GX_TEXT("x"), PENDING)) != wanted; i++)
        usleep(5000);
    assert_int_equal(pending, wanted);
}

static void many_that_are_due_at_once_fire_once_each(void **state)
{
    (void)state;
    gx_text numbers[MANY];
    for (int i = 0; i < MANY; i++)
        numbers[i] = start("2026-11-16T10:00:00+08:00");
    assert_int_equal(figure(GX_TEXT("x"), PENDING), MANY);
    move_clock("2026-11-16T10:00:00+08:00");
    wait_until_pending(0);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(figure(numbers[i], ENDED), 1);
}

/* The later one is armed while the thread sleeps until the earlier one, and the other way round. */
static void the_earliest_comes_first_in_whatever_order_they_were_armed(void **state)
{
    (void)state;
    gx_text first = start("2026-11-16T11:00:00+08:00"), later = start("2026-11-16T13:00:00+08:00"), between = start("2026-11-16T12:00:00+08:00");
    move_clock("2026-11-16T12:30:00+08:00");
    wait_until_pending(1);
    assert_int_equal(figure(first, ENDED), 1);
    assert_int_equal(figure(between, ENDED), 1);
    assert_int_equal(figure(later, ENDED), 0);
    gx_text at_once = start("2026-11-16T12:30:00+08:00"); /* nobody wakes the thread but the commit */
    wait_until_pending(1);
    assert_int_equal(figure(at_once, ENDED), 1);
    move_clock("2026-11-16T13:00:00+08:00");
    wait_until_pending(0);
}

static void a_clock_that_goes_back_makes_no_timer_early_and_loses_none(void **state)
{
    (void)state;
    gx_text number = start("2026-11-16T15:00:00+08:00");
    move_clock("2026-11-16T08:00:00+08:00");
    gx_text before = start("2026-11-16T08:00:00+08:00"); /* due now: shows that the thread has looked */
    wait_until_pending(1);
    assert_int_equal(figure(before, ENDED), 1);
    assert_int_equal(figure(number, ENDED), 0);
    move_clock("2026-11-16T14:59:00+08:00");
    gx_text almost = start("2026-11-16T14:59:00+08:00");
    wait_until_pending(1);
    assert_int_equal(figure(almost, ENDED), 1);
    assert_int_equal(figure(number, ENDED), 0);
    move_clock("2027-01-01T00:00:00+08:00"); /* far past it */
    wait_until_pending(0);
    assert_int_equal(figure(number, ENDED), 1);
    move_clock("2026-11-16T15:00:00+08:00"); /* and back over it: not again */
    gx_text last = start("2026-11-16T15:00:00+08:00");
    wait_until_pending(0);
    assert_int_equal(figure(last, ENDED), 1);
    assert_int_equal(figure(number, ENDED), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_that_are_due_at_once_fire_once_each),
        cmocka_unit_test(the_earliest_comes_first_in_whatever_order_they_were_armed),
        cmocka_unit_test(a_clock_that_goes_back_makes_no_timer_early_and_loses_none),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("scheduler", tests, set_up, tear_down);
}

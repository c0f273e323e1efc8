/* Guessing passwords: each try waits longer, whoever it is for, and nobody else is locked out. */
#include "service/throttle.h"
#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };

static gx_throttle *throttle;

static int set_up(void **state)
{
    (void)state;
    throttle = gx_throttle_create();
    return throttle ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    gx_throttle_destroy(throttle);
    return 0;
}

static bool take(const char *name, const char *address, gx_instant now)
{
    return gx_throttle_take(throttle, gx_text_of(name), gx_text_of(address), now);
}

static void each_failure_of_a_name_doubles_the_wait(void **state)
{
    (void)state;
    gx_instant now = HOUR;
    for (int i = 0; i < GX_THROTTLE_NAME_FREE; i++)
        assert_true(take("nrb", "192.0.2.1", now));
    static const int64_t waits[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900};
    for (size_t i = 0; i < GX_COUNT_OF(waits); i++) {
        assert_false(take("nrb", "192.0.2.1", now));
        assert_false(take("nrb", "192.0.2.1", now + waits[i] * SECOND - 1));
        now += waits[i] * SECOND;
        assert_true(take("nrb", "192.0.2.1", now));
    }
}

static void the_owner_still_enters_from_elsewhere(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++)
        take("nrb", "192.0.2.1", HOUR + i);
    assert_false(take("nrb", "192.0.2.1", HOUR + 1000));
    assert_true(take("nrb", "192.0.2.2", HOUR + 1000));
}

static void ten_thousand_names_from_one_address_are_stopped(void **state)
{
    (void)state;
    int let_through = 0;
    char name[24];
    for (int i = 0; i < 10000; i++) { /* ten a second for a quarter of an hour */
        snprintf(name, sizeof name, "name%d", i);
        let_through += take(name, "2001:db8::1", HOUR + i * 100);
    }
    assert_in_range(let_through, GX_THROTTLE_ADDRESS_FREE, GX_THROTTLE_ADDRESS_FREE + 20);
    assert_false(take("one more", "2001:db8::ffff", HOUR + 10000 * 100)); /* the same household */
    assert_true(take("one more", "2001:db8:0:1::1", HOUR + 10000 * 100));
    assert_true(take("one more", "2001:db8::1", HOUR + 10000 * 100 + HOUR)); /* and not for ever */
}

static void names_that_sign_in_cost_their_address_nothing(void **state)
{
    (void)state;
    char name[24];
    for (int i = 0; i < 500; i++) { /* a whole office behind one address, on a Monday morning */
        snprintf(name, sizeof name, "name%d", i);
        assert_true(take(name, "192.0.2.1", HOUR + i));
        gx_throttle_forgive(throttle, gx_text_of(name), GX_TEXT("192.0.2.1"));
    }
}

static void signing_in_does_not_wipe_out_the_guesses_for_other_names(void **state)
{
    (void)state;
    char name[24];
    int let_through = 0;
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "name%d", i);
        let_through += take(name, "192.0.2.1", HOUR + i);
        if (take("own", "192.0.2.1", HOUR + i)) /* the guesser has an account too */
            gx_throttle_forgive(throttle, GX_TEXT("own"), GX_TEXT("192.0.2.1"));
    }
    assert_in_range(let_through, 1, GX_THROTTLE_ADDRESS_FREE);
}

static void a_flood_of_addresses_takes_no_more_memory_and_lets_others_in(void **state)
{
    (void)state;
    char address[24];
    for (int i = 0; i < 100000; i++) {
        snprintf(address, sizeof address, "10.%d.%d.%d", i >> 16, i >> 8 & 255, i & 255);
        assert_true(take("nrb", address, HOUR + i));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_failure_of_a_name_doubles_the_wait, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_owner_still_enters_from_elsewhere, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ten_thousand_names_from_one_address_are_stopped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names_that_sign_in_cost_their_address_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(signing_in_does_not_wipe_out_the_guesses_for_other_names, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_flood_of_addresses_takes_no_more_memory_and_lets_others_in, set_up,
                                        tear_down),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

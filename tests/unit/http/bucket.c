#include "http/bucket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static gx_buckets buckets;

static int empty(void **state)
{
    (void)state;
    memset(&buckets, 0, sizeof buckets);
    return 0;
}

static int take_all(gx_text address, int64_t now_ms)
{
    int taken = 0;
    while (gx_bucket_take(&buckets, address, now_ms))
        taken++;
    return taken;
}

static void an_address_has_a_burst_and_then_a_rate(void **state)
{
    gx_text address = GX_TEXT("10.0.0.1");
    (void)state;
    assert_int_equal(take_all(address, 1000), GX_BUCKET_BURST);
    assert_int_equal(take_all(address, 1499), 0);
    assert_int_equal(take_all(address, 4000), 3 * GX_BUCKET_A_SECOND);
    assert_int_equal(take_all(address, 3600 * 1000), GX_BUCKET_BURST);
}

static void another_address_is_not_touched(void **state)
{
    (void)state;
    take_all(GX_TEXT("10.0.0.1"), 1000);
    assert_int_equal(take_all(GX_TEXT("10.0.0.2"), 1000), GX_BUCKET_BURST);
}

static void addresses_of_one_ipv6_network_share_a_bucket(void **state)
{
    (void)state;
    assert_int_equal(take_all(GX_TEXT("2001:db8:1:2::1"), 1000), GX_BUCKET_BURST);
    assert_int_equal(take_all(GX_TEXT("2001:db8:1:2:ffff::9"), 1000), 0);
    assert_int_equal(take_all(GX_TEXT("2001:db8:1:3::1"), 1000), GX_BUCKET_BURST);
}

static void many_addresses_do_not_free_one_that_goes_on(void **state)
{
    char other[32];
    (void)state;
    take_all(GX_TEXT("10.0.0.1"), 1000);
    for (int i = 0; i < 100000; i++) {
        int size = snprintf(other, sizeof other, "11.%d.%d.%d", i >> 16 & 255, i >> 8 & 255, i & 255);
        gx_bucket_take(&buckets, (gx_text){other, (size_t)size}, 1000 + i / 1000);
        if (i % 100 == 0)
            assert_false(gx_bucket_take(&buckets, GX_TEXT("10.0.0.1"), 1000 + i / 1000));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_address_has_a_burst_and_then_a_rate, empty),
        cmocka_unit_test_setup(another_address_is_not_touched, empty),
        cmocka_unit_test_setup(addresses_of_one_ipv6_network_share_a_bucket, empty),
        cmocka_unit_test_setup(many_addresses_do_not_free_one_that_goes_on, empty),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

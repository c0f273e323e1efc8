#include "http/target.h"
#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static int set_up(void **state)
{
    static gx_arena arena;
    arena = gx_arena_of(GX_MIB);
    *state = &arena;
    return 0;
}

static int tear_down(void **state)
{
    gx_arena_release(*state);
    return 0;
}

static const struct {
    const char *target, *path, *query;
} good[] = {
    {"/", "/", ""},
    {"/api/v1/cases?scope=mine&page=2", "/api/v1/cases", "scope=mine&page=2"},
    {"/api/v1/registers/enterprise/records?q=%E5%B1%B1%E6%8E%A8", "/api/v1/registers/enterprise/records",
     "q=%E5%B1%B1%E6%8E%A8"},
    {"/%E5%8A%9E%e4%bb%b6/a%20b", "/办件/a b", ""},
    {"/a?b?c", "/a", "b?c"},
    {"/...", "/...", ""}, /* three dots are a name */
    {"//a", "//a", ""},
};

static void an_honest_target_is_decoded_once(void **state)
{
    for (size_t i = 0; i < GX_COUNT_OF(good); i++) {
        gx_text path, query;
        assert_true(gx_target_decode(*state, gx_text_of(good[i].target), &path, &query));
        assert_true(gx_text_equal(path, gx_text_of(good[i].path)));
        assert_true(gx_text_equal(query, gx_text_of(good[i].query)));
    }
}

static const char *const bad[] = {
    "",       "a",         "http://x/", "*",           "/..",    "/.",     "/a/../b",
    "/a/./b", "/%2e%2e/x", "/%2E%2E",   "/a%2fb",      "/a%2Fb", "/a%5cb", "/a\\b",
    "/%00",   "/a%0d%0ab", "/%7f",      "/%252e%252e", "/%25",   "/%",     "/%4",
    "/%zz",   "/%-1",      "/%c0%ae",   "/%ed%a0%80",  "/%ff",   "/a\tb",  "/%e5%b1",
};

static void what_no_honest_client_sends_is_refused(void **state)
{
    for (size_t i = 0; i < GX_COUNT_OF(bad); i++) {
        gx_text path, query;
        if (gx_target_decode(*state, gx_text_of(bad[i]), &path, &query))
            fail_msg("%s was decoded", bad[i]);
    }
}

static void fields_of_a_query_are_decoded_one_by_one(void **state)
{
    gx_text rest = GX_TEXT("q=a+b%26c&empty=&flag&x=%zz&z=%E5%B1%B1"), name, value;
    assert_true(gx_query_next(*state, &rest, &name, &value));
    assert_true(gx_text_equal(name, GX_TEXT("q")) && gx_text_equal(value, GX_TEXT("a b&c")));
    assert_true(gx_query_next(*state, &rest, &name, &value));
    assert_true(gx_text_equal(name, GX_TEXT("empty")) && value.size == 0);
    assert_true(gx_query_next(*state, &rest, &name, &value));
    assert_true(gx_text_equal(name, GX_TEXT("flag")) && value.size == 0);
    assert_false(gx_query_next(*state, &rest, &name, &value));
    assert_true(gx_query_next(*state, &rest, &name, &value));
    assert_true(gx_text_equal(value, GX_TEXT("山")));
    assert_null(rest.bytes);
}

static void a_cookie_is_found_by_its_whole_name(void **state)
{
    gx_text cookies = GX_TEXT("a=1; x__Host-gx=2;__Host-gx=3 ; __Host-gx=4; b");
    (void)state;
    assert_true(gx_text_equal(gx_cookie_find(cookies, "__Host-gx"), GX_TEXT("3")));
    assert_null(gx_cookie_find(cookies, "b").bytes);
    assert_null(gx_cookie_find(cookies, "c").bytes);
    assert_null(gx_cookie_find((gx_text){NULL, 0}, "a").bytes);
}

static void a_pattern_takes_whole_segments(void **state)
{
    gx_text names[2], values[2];
    size_t count;
    (void)state;
    assert_true(gx_pattern_match("/cases/{number}/messages/{name}", GX_TEXT("/cases/2026-7/messages/paid"),
                                 names, values, 2, &count));
    assert_int_equal(count, 2);
    assert_true(gx_text_equal(names[0], GX_TEXT("number")) && gx_text_equal(values[0], GX_TEXT("2026-7")));
    assert_true(gx_text_equal(names[1], GX_TEXT("name")) && gx_text_equal(values[1], GX_TEXT("paid")));
    assert_false(gx_pattern_match("/cases/{number}", GX_TEXT("/cases/"), names, values, 2, &count));
    assert_false(gx_pattern_match("/cases/{number}", GX_TEXT("/cases"), names, values, 2, &count));
    assert_false(gx_pattern_match("/cases/{number}", GX_TEXT("/cases/1/2"), names, values, 2, &count));
    assert_false(gx_pattern_match("/cases", GX_TEXT("/cases/"), names, values, 2, &count));
    assert_false(gx_pattern_match("/{a}/{b}/{c}", GX_TEXT("/1/2/3"), names, values, 2, &count));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_honest_target_is_decoded_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_no_honest_client_sends_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fields_of_a_query_are_decoded_one_by_one, set_up, tear_down),
        cmocka_unit_test(a_cookie_is_found_by_its_whole_name),
        cmocka_unit_test(a_pattern_takes_whole_segments),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

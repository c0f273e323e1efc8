/* To which addresses a target named by somebody else may lead. */
#include "net/address.h"
#include "net/client.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static bool is_open(const gx_address_rule *rule, const char *text)
{
    struct sockaddr_storage address = {0};
    struct sockaddr_in *four = (struct sockaddr_in *)&address;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&address;
    if (inet_pton(AF_INET, text, &four->sin_addr) == 1)
        four->sin_family = AF_INET;
    else if (inet_pton(AF_INET6, text, &six->sin6_addr) == 1)
        six->sin6_family = AF_INET6;
    return gx_address_is_open(rule, (struct sockaddr *)&address);
}

static void what_leads_into_the_house_is_closed_however_it_is_written(void **state)
{
    (void)state;
    static const char *const closed[] = {"127.0.0.1",
                                         "127.255.255.254",
                                         "10.0.0.1",
                                         "172.16.0.1",
                                         "172.31.255.255",
                                         "192.168.1.1",
                                         "169.254.169.254",
                                         "0.0.0.0",
                                         "100.64.0.1",
                                         "224.0.0.1",
                                         "255.255.255.255",
                                         "198.19.0.1",
                                         "::1",
                                         "::",
                                         "::ffff:10.0.0.1",
                                         "::ffff:127.0.0.1",
                                         "::127.0.0.1",
                                         "64:ff9b::7f00:1",
                                         "2002:7f00:1::",
                                         "2002:a9fe:a9fe::1",
                                         "fe80::1",
                                         "fc00::1",
                                         "fd12:3456::1",
                                         "ff02::1",
                                         "2001:db8::1"};
    static const char *const open[] = {"1.1.1.1",     "172.15.255.255", "172.32.0.1",     "8.8.8.8",
                                       "100.128.0.1", "2606:4700::1",   "::ffff:8.8.8.8", "64:ff9b::808:808"};
    gx_address_rule none = {0};
    for (size_t i = 0; i < sizeof closed / sizeof *closed; i++)
        if (is_open(&none, closed[i]))
            fail_msg("%s is open", closed[i]);
    for (size_t i = 0; i < sizeof open / sizeof *open; i++)
        if (!is_open(&none, open[i]))
            fail_msg("%s is closed", open[i]);
    assert_false(gx_address_is_open(&none, &(struct sockaddr){.sa_family = AF_UNIX}));
}

static void an_installation_opens_what_it_means_and_no_more(void **state)
{
    (void)state;
    gx_address_rule rule = {0};
    gx_error error = {0};
    assert_true(gx_address_open(&rule, GX_TEXT("10.20.0.0/15"), &error));
    assert_true(gx_address_open(&rule, GX_TEXT("127.0.0.1"), &error));
    assert_true(gx_address_open(&rule, GX_TEXT("fd00:1::/33"), &error));
    assert_true(is_open(&rule, "10.21.255.255"));
    assert_false(is_open(&rule, "10.22.0.0"));
    assert_false(is_open(&rule, "10.19.255.255"));
    assert_true(is_open(&rule, "127.0.0.1"));
    assert_true(is_open(&rule, "::ffff:127.0.0.1"));
    assert_false(is_open(&rule, "127.0.0.2"));
    assert_true(is_open(&rule, "fd00:1:7fff::1"));
    assert_false(is_open(&rule, "fd00:1:8000::1"));
    static const char *const wrong[] = {"",       "10.0.0.0/33", "10.0.0.0/", "10.0.0/8",
                                        "::/129", "10.0.0.0/-1", "name",      "10.0.0.0/8/8"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_false(gx_address_open(&rule, gx_text_of(wrong[i]), &error));
        assert_string_equal(error.code, "net.address.range");
    }
    while (rule.count < GX_ADDRESS_RANGES)
        assert_true(gx_address_open(&rule, GX_TEXT("10.0.0.0/8"), &error));
    assert_false(gx_address_open(&rule, GX_TEXT("10.0.0.0/8"), &error));
}

static void a_target_is_refused_when_it_is_written_down_if_it_can_be_seen(void **state)
{
    (void)state;
    gx_address_rule none = {0};
    static const char *const wrong[] = {"",
                                        "file:///etc/passwd",
                                        "ftp://example.org/",
                                        "example.org/hook",
                                        "http://",
                                        "https://user:word@example.org/",
                                        "https://example.org/#part",
                                        "https://exa mple.org/"};
    static const char *const closed[] = {"http://127.0.0.1/",          "http://127.1/",
                                         "http://0x7f000001/",         "http://2130706433/",
                                         "http://169.254.169.254/x",   "http://[::1]:8080/",
                                         "https://[::ffff:10.0.0.1]/", "http://017700000001/"};
    gx_error error = {0};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        if (gx_http_check_url(&none, gx_text_of(wrong[i]), &error))
            fail_msg("%s", wrong[i]);
        assert_string_equal(error.code, "net.url");
    }
    for (size_t i = 0; i < sizeof closed / sizeof *closed; i++) {
        if (gx_http_check_url(&none, gx_text_of(closed[i]), &error))
            fail_msg("%s", closed[i]);
        assert_string_equal(error.code, "net.url.closed");
    }
    assert_true(gx_http_check_url(&none, GX_TEXT("https://example.org:8443/hook?x=1"), &error));
    assert_true(gx_http_check_url(&none, GX_TEXT("http://例子.example/"), &error));
}

static void a_name_that_leads_into_the_house_is_refused_when_it_does(void **state)
{
    (void)state;
    gx_address_rule none = {0};
    gx_http_client *client = gx_http_client_open(&none);
    static const char *const headers[] = {NULL};
    gx_http_post post = {.url = "http://localhost:9/", .headers = headers, .body = GX_TEXT("{}")}, *done[4];
    size_t count = 0;
    gx_http_client_begin(client, &post);
    for (int i = 0; i < 100 && !count; i++)
        count = gx_http_client_wait(client, 100, done, 4);
    assert_int_equal(count, 1);
    assert_ptr_equal(done[0], &post);
    assert_int_equal(post.status, 0);
    assert_non_null(strstr(post.problem, "into the house"));
    gx_http_client_close(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_leads_into_the_house_is_closed_however_it_is_written),
        cmocka_unit_test(an_installation_opens_what_it_means_and_no_more),
        cmocka_unit_test(a_target_is_refused_when_it_is_written_down_if_it_can_be_seen),
        cmocka_unit_test(a_name_that_leads_into_the_house_is_refused_when_it_does),
    };
    return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}

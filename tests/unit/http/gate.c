#include "http/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

enum { FIELDS_MOST = 4 };

typedef struct head_case {
    const char *what, *method, *version;
    struct {
        const char *name, *value;
    } fields[FIELDS_MOST];
    int status;
} head_case;

static const head_case heads[] = {
    {"a plain request", "GET", "HTTP/1.1", {{"Host", "localhost:8080"}, {"Accept", "*/*"}}, 0},
    {"a host by number", "GET", "HTTP/1.1", {{"Host", "[::1]:8080"}}, 0},
    {"a body with a length", "POST", "HTTP/1.1", {{"Host", "x"}, {"content-length", "5"}}, 0},
    {"a body in chunks", "POST", "HTTP/1.1", {{"Host", "x"}, {"Transfer-Encoding", "Chunked"}}, 0},
    {"HTTP/1.0 has no Host", "GET", "HTTP/1.0", {{"Accept", "*/*"}}, 0},
    {"no Host", "GET", "HTTP/1.1", {{"Accept", "*/*"}}, 400},
    {"two Host", "GET", "HTTP/1.1", {{"Host", "a"}, {"host", "a"}}, 400},
    {"an empty Host", "GET", "HTTP/1.1", {{"Host", ""}}, 400},
    {"a Host with a path", "GET", "HTTP/1.1", {{"Host", "a/b"}}, 400},
    {"a Host with a user", "GET", "HTTP/1.1", {{"Host", "a@b"}}, 400},
    {"a list of hosts", "GET", "HTTP/1.1", {{"Host", "a,b"}}, 400},
    {"both lengths",
     "POST",
     "HTTP/1.1",
     {{"Host", "x"}, {"Content-Length", "5"}, {"Transfer-Encoding", "chunked"}},
     400},
    {"two equal lengths",
     "POST",
     "HTTP/1.1",
     {{"Host", "x"}, {"Content-Length", "5"}, {"Content-Length", "5"}},
     400},
    {"chunked twice",
     "POST",
     "HTTP/1.1",
     {{"Host", "x"}, {"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "chunked"}},
     400},
    {"another coding", "POST", "HTTP/1.1", {{"Host", "x"}, {"Transfer-Encoding", "gzip, chunked"}}, 400},
    {"chunks in HTTP/1.0", "POST", "HTTP/1.0", {{"Transfer-Encoding", "chunked"}}, 400},
    {"a sign before the length", "POST", "HTTP/1.1", {{"Host", "x"}, {"Content-Length", "+5"}}, 400},
    {"a list of lengths", "POST", "HTTP/1.1", {{"Host", "x"}, {"Content-Length", "5, 5"}}, 400},
    {"a length of 30 digits",
     "POST",
     "HTTP/1.1",
     {{"Host", "x"}, {"Content-Length", "000000000000000000000000000005"}},
     400},
    {"a blank behind the name", "POST", "HTTP/1.1", {{"Host", "x"}, {"Content-Length ", "5"}}, 400},
    {"a name with a bracket", "GET", "HTTP/1.1", {{"Host", "x"}, {"X(A)", "5"}}, 400},
    {"a name in UTF-8", "GET", "HTTP/1.1", {{"Host", "x"}, {"\xE5\xB1\xB1", "5"}}, 400},
    {"no name", "GET", "HTTP/1.1", {{"Host", "x"}, {"", "5"}}, 400},
    {"a bare CR in a value", "GET", "HTTP/1.1", {{"Host", "x"}, {"X-A", "a\rb"}}, 400},
    {"an unknown method", "BREW", "HTTP/1.1", {{"Host", "x"}}, 405},
    {"a method in small letters", "get", "HTTP/1.1", {{"Host", "x"}}, 405},
};

static int verdict(const head_case *head)
{
    gx_gate gate = {0};
    for (size_t i = 0; i < FIELDS_MOST && head->fields[i].name; i++)
        gx_gate_field(&gate, gx_text_of(head->fields[i].name), gx_text_of(head->fields[i].value));
    return gx_gate_verdict(&gate, head->method, 10, head->version);
}

static void a_head_passes_or_is_refused_with_its_status(void **state)
{
    (void)state;
    for (size_t i = 0; i < GX_COUNT_OF(heads); i++)
        if (verdict(&heads[i]) != heads[i].status)
            fail_msg("%s: %d, expected %d", heads[i].what, verdict(&heads[i]), heads[i].status);
}

static void a_nul_in_a_value_is_refused(void **state)
{
    gx_gate gate = {0};
    (void)state;
    gx_gate_field(&gate, GX_TEXT("Host"), GX_TEXT("x"));
    gx_gate_field(&gate, GX_TEXT("X-A"), GX_TEXT("a\0b"));
    assert_int_equal(gx_gate_verdict(&gate, "GET", 1, "HTTP/1.1"), 400);
}

static void heads_and_targets_have_a_size(void **state)
{
    static char large[16 * 1024];
    gx_gate gate = {0}, many = {0};
    (void)state;
    memset(large, 'a', sizeof large);
    gx_gate_field(&gate, GX_TEXT("Host"), GX_TEXT("x"));
    assert_int_equal(gx_gate_verdict(&gate, "GET", 8192, "HTTP/1.1"), 0);
    assert_int_equal(gx_gate_verdict(&gate, "GET", 8193, "HTTP/1.1"), 414);
    gx_gate_field(&gate, GX_TEXT("X-A"), (gx_text){large, sizeof large});
    assert_int_equal(gx_gate_verdict(&gate, "GET", 1, "HTTP/1.1"), 431);
    gx_gate_field(&many, GX_TEXT("Host"), GX_TEXT("x"));
    for (int i = 0; i < 99; i++)
        gx_gate_field(&many, GX_TEXT("X-A"), GX_TEXT("1"));
    assert_int_equal(gx_gate_verdict(&many, "GET", 1, "HTTP/1.1"), 0);
    gx_gate_field(&many, GX_TEXT("X-A"), GX_TEXT("1"));
    assert_int_equal(gx_gate_verdict(&many, "GET", 1, "HTTP/1.1"), 431);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_head_passes_or_is_refused_with_its_status),
        cmocka_unit_test(a_nul_in_a_value_is_refused),
        cmocka_unit_test(heads_and_targets_have_a_size),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

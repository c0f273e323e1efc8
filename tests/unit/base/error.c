#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

typedef struct row {
    const char *code;
    int status;
    const char *zh, *en;
} row;

static const row rows[] = {
#define ERROR(code, status, zh, en) {code, status, zh, en},
#include "base/errors.def"
#undef ERROR
};

static unsigned parts_used(const char *sentence)
{
    unsigned used = 0;
    for (const char *at = strchr(sentence, '{'); at; at = strchr(at + 1, '{'))
        if (at[1] >= '1' && at[1] <= '9' && at[2] == '}')
            used |= 1u << (at[1] - '0');
    return used;
}

static void every_code_stands_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < GX_COUNT_OF(rows); i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(rows[i].code, rows[j].code) == 0)
                fail_msg("%s stands twice", rows[i].code);
}

static void both_languages_use_the_same_parts(void **state)
{
    (void)state;
    for (size_t i = 0; i < GX_COUNT_OF(rows); i++)
        if (parts_used(rows[i].zh) != parts_used(rows[i].en))
            fail_msg("%s: zh and en use different parts", rows[i].code);
}

static void every_row_has_a_status_of_an_error(void **state)
{
    (void)state;
    for (size_t i = 0; i < GX_COUNT_OF(rows); i++)
        if (rows[i].status < 400 || rows[i].status > 599)
            fail_msg("%s: status %d", rows[i].code, rows[i].status);
}

static void a_sentence_names_place_and_parts(void **state)
{
    (void)state;
    gx_error error = {0};
    char buffer[300];
    assert_false(gx_fail_at(&error, "json.duplicate", ((gx_place){GX_TEXT("a.json"), 3, 7}), GX_TEXT("zone")));
    assert_string_equal(gx_error_write(&error, GX_LANGUAGE_EN, buffer, sizeof buffer),
                        "a.json:3:7: the member \"zone\" is given twice in one object");
    assert_int_equal(gx_error_status(&error), 400);
}

static void a_long_part_is_cut_at_a_code_point(void **state)
{
    (void)state;
    char long_text[400];
    for (size_t i = 0; i + 3 <= sizeof long_text; i += 3)
        memcpy(long_text + i, "\xE9\xAB\x98", 3);
    gx_error error = {0};
    gx_fail(&error, "json.duplicate", ((gx_text){long_text, 399}));
    gx_text part = gx_text_of(error.parts[0]);
    assert_true(part.size < GX_ERROR_PART_SIZE && part.size % 3 == 0 && gx_utf8_is_valid(part));
    char small[20];
    gx_error_write(&error, GX_LANGUAGE_ZH, small, sizeof small);
    assert_true(strlen(small) < sizeof small && gx_utf8_is_valid(gx_text_of(small)));
}

static void wrapping_keeps_the_inner_place(void **state)
{
    (void)state;
    gx_error error = {0};
    gx_fail(&error, "json.end");
    gx_error_wrap(&error, (gx_place){GX_TEXT("outer"), 1, 2});
    gx_error_wrap(&error, (gx_place){GX_TEXT("further out"), 9, 9});
    assert_string_equal(error.path, "outer");
    assert_int_equal(error.line, 1);
}

static void findings_beyond_the_limit_are_counted_but_not_kept(void **state)
{
    (void)state;
    gx_findings findings = {.limit = 3};
    gx_error error = {.code = "json.end"};
    for (int i = 0; i < 10; i++)
        gx_findings_add(&findings, i % 2 ? GX_SEVERITY_WARNING : GX_SEVERITY_ERROR, &error);
    assert_int_equal(findings.count, 3);
    assert_int_equal(findings.errors, 5);
    assert_int_equal(findings.warnings, 5);
    gx_findings_release(&findings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_stands_once),
        cmocka_unit_test(both_languages_use_the_same_parts),
        cmocka_unit_test(every_row_has_a_status_of_an_error),
        cmocka_unit_test(a_sentence_names_place_and_parts),
        cmocka_unit_test(a_long_part_is_cut_at_a_code_point),
        cmocka_unit_test(wrapping_keeps_the_inner_place),
        cmocka_unit_test(findings_beyond_the_limit_are_counted_but_not_kept),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}

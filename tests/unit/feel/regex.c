/* XPath regular expressions: cases after XML Schema part 2, annex G, and XPath functions 3.1, 5.6. */
#include "expressions.h"

static void a_pattern_matches_any_part_unless_it_is_anchored(void **state)
{
    (void)state;
    static const expression_case cases[] = {
        {"matches(\"abracadabra\", \"bra\")", "true"},
        {"matches(\"abracadabra\", \"^a.*a$\")", "true"},
        {"matches(\"abracadabra\", \"^bra\")", "false"},
        {"matches(\"abc\\n\", \"c$\")", "false"}, /* not before a last line end */
        {"matches(\"\", \"\")", "true"},
        {"matches(\"abc\\ndef\", \"c$\", \"m\")", "true"},
        {"matches(\"a\\nb\", \"a.b\")", "false"},
        {"matches(\"a\\nb\", \"a.b\", \"s\")", "true"},
        {"matches(\"办件\", \"^..$\")", "true"},
        {"matches(\"\xf0\x9f\x90\x8e\", \"^.$\")", "true"},
    };
    CHECK_EXPRESSIONS(cases);
}

static void classes_follow_xml_schema(void **state)
{
    (void)state;
    static const expression_case cases[] = {
        {"matches(\"b\", \"^[a-z-[aeiou]]$\")", "true"},
        {"matches(\"e\", \"^[a-z-[aeiou]]$\")", "false"},
        {"matches(\"e\", \"^[a-z-[a-z-[e]]]$\")", "true"},
        {"matches(\"-\", \"^[-a]$\")", "true"},
        {"matches(\"-\", \"^[a-]$\")", "true"},
        {"matches(\"]\", \"^[\\]]$\")", "true"},
        {"matches(\"\xd9\xa3\", \"^\\d$\")", "true"}, /* ARABIC-INDIC DIGIT THREE */
        {"matches(\"办\", \"^\\p{IsCJKUnifiedIdeographs}$\")", "true"},
        {"matches(\"A1\", \"^\\p{Lu}\\P{L}$\")", "true"},
        {"matches(\"a_1\", \"^\\i\\c*$\")", "true"},
        {"matches(\"1a\", \"^\\i\\c*$\")", "false"},
        {"matches(\"a-1.é\", \"^[\\i][\\c]*$\")", "true"},
        {"matches(\"a b\", \"^[\\i][\\c]*$\")", "false"},
        {"matches(\" 1\", \"^[\\I][\\C\\d]$\")", "true"},
        {"matches(\"$\", \"^[^\\w]$\")", "false"}, /* a currency sign is no punctuation */
        {"matches(\"^\", \"^[a^]$\")", "true"},
    };
    CHECK_EXPRESSIONS(cases);
}

static void case_blindness_reaches_ranges_but_not_categories(void **state)
{
    (void)state;
    static const expression_case cases[] = {
        {"matches(\"q\", \"[^Q]\", \"i\")", "false"},
        {"matches(\"o\", \"[A-Z-[OI]]\", \"i\")", "false"},
        {"matches(\"a\", \"^\\p{Lu}$\", \"i\")", "false"},
        {"matches(\"a\", \"^[\\p{Lu}]$\", \"i\")", "false"},
        {"matches(\"aA\", \"(a)\\1\", \"i\")", "true"},
        {"matches(\"STRASSE\", \"strasse\", \"i\")", "true"},
    };
    CHECK_EXPRESSIONS(cases);
}

static void what_xpath_does_not_know_is_refused(void **state)
{
    (void)state;
    static const expression_case cases[] = {
        {"matches(\"a\", \"(?=a)\")", "null"},       {"matches(\"a\", \"a++\")", "null"},
        {"matches(\"a\", \"\\ba\")", "null"},        {"matches(\"a\", \"\\x61\")", "null"},
        {"matches(\"a\", \"[]\")", "null"},          {"matches(\"a\", \"[b-a]\")", "null"},
        {"matches(\"a\", \"[[a]]\")", "null"},       {"matches(\"a\", \"a{2,1}\")", "null"},
        {"matches(\"a\", \"*a\")", "null"},          {"matches(\"a\", \"(a\")", "null"},
        {"matches(\"a\", \"a)\")", "null"},          {"matches(\"a\", \"a{\")", "null"},
        {"matches(\"a\", \"a}\")", "null"},          {"matches(\"a\", \"\\p{IsNowhere}\")", "null"},
        {"matches(\"a\", \"\\p{Xx}\")", "null"},     {"matches(\"a\", \"(a\\1)\")", "null"},
        {"matches(\"a\", \"a\\\\\")", "null"},       {"matches(\"a\", \"a\", \"g\")", "null"},
        {"matches(\"a\", \"[[:alpha:]]\")", "null"},
    };
    CHECK_EXPRESSIONS(cases);
}

static void a_back_reference_takes_no_digit_behind_it(void **state)
{
    (void)state;
    static const expression_case cases[] = {
        {"matches(\"aa1\", \"^(a)\\11$\")", "true"},
        {"matches(\"abab\", \"^(?:x|(ab))\\1$\")", "true"},
        {"replace(\"2026-11-23\", \"(\\d+)-(\\d+)-(\\d+)\", \"$3.$2.$1\")", "23.11.2026"},
        {"replace(\"ab\", \"(a)(b)\", \"$12\")", "a2"},
        {"replace(\"ab\", \"(a)|(b)\", \"<$2>\")", "<><b>"},
        {"replace(\"a\", \"a\", \"\\$1\")", "$1"},
        {"replace(\"a\", \"a\", \"$\")", "null"},
        {"replace(\"abc\", \"x*\", \"-\")", "null"},
    };
    CHECK_EXPRESSIONS(cases);
}

static void the_other_flags_mean_what_xpath_says(void **state)
{
    (void)state;
    static const expression_case cases[] = {
        {"matches(\"helloworld\", \"hello world\", \"x\")", "true"},
        {"matches(\"hello world\", \"hello[ ]world\", \"x\")", "true"},
        {"replace(\"a.b.c\", \".\", \"-\", \"q\")", "a-b-c"},
        {"matches(\"A.B\", \"a.b\", \"qi\")", "true"},
        {"split(\"a1b22c\", \"\\d+\")", "[\"a\", \"b\", \"c\"]"},
        {"split(\",a,\", \",\")", "[\"\", \"a\", \"\"]"},
        {"split(\"abc\", \"\")", "null"},
    };
    CHECK_EXPRESSIONS(cases);
}

static void a_pattern_that_runs_away_ends_in_null(void **state)
{
    (void)state;
    static const expression_case cases[] = {
        {"matches(\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\", \"^(a+)+$\")", "null"},
    };
    CHECK_EXPRESSIONS(cases);
}

int main(void)
{
    cmocka_set_message_output(CM_OUTPUT_TAP);
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pattern_matches_any_part_unless_it_is_anchored),
        cmocka_unit_test(classes_follow_xml_schema),
        cmocka_unit_test(case_blindness_reaches_ranges_but_not_categories),
        cmocka_unit_test(what_xpath_does_not_know_is_refused),
        cmocka_unit_test(a_back_reference_takes_no_digit_behind_it),
        cmocka_unit_test(the_other_flags_mean_what_xpath_says),
        cmocka_unit_test(a_pattern_that_runs_away_ends_in_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

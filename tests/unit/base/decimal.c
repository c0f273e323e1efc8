/* Expected values by hand or from tables of constants (e, ln 2, sqrt 2 to 34 digits). */
#include "base/decimal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static _Decimal128 number(const char *text)
{
    _Decimal128 parsed = 0.DL;
    if (!gx_decimal_parse(gx_text_of(text), &parsed))
        fail_msg("not a number: %s", text);
    return parsed;
}

static void assert_written(_Decimal128 value, const char *expected)
{
    char buffer[GX_DECIMAL_SIZE], written[GX_DECIMAL_SIZE + 1];
    gx_text text = gx_decimal_write(value, buffer);
    snprintf(written, sizeof written, "%.*s", GX_PRINT(text));
    assert_string_equal(written, expected);
}

static void the_compiler_uses_the_binary_integer_encoding(void **state)
{
    (void)state;
    _Decimal128 one_and_a_half = 1.5DL;
    uint64_t words[2];
    memcpy(words, &one_and_a_half, sizeof words);
    assert_int_equal(words[0], 15);
    assert_int_equal(words[1] >> 49, 6175);
}

static void a_number_reads_and_writes_every_digit(void **state)
{
    (void)state;
    static const char *const same[] = {
        "0",
        "1",
        "-1",
        "1.50",
        "0.00",
        "-0.05",
        "12345678901234567890.12345678901234",
        "0.000000000000000000000000000000000000001",
        "1000000000000000000000000000000000000000",
        "9.999999999999999999999999999999999E+6144",
        "1E-6176",
        "1.2E+40",
        "1E-40",
    };
    for (size_t i = 0; i < GX_COUNT_OF(same); i++)
        assert_written(number(same[i]), same[i]);
    assert_written(number("+1.e3"), "1000");
    assert_written(number(".5"), "0.5");
    assert_written(number("-0"), "0");
    assert_written(number("000012"), "12");
}

static void what_is_no_number_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",   "-",     ".",   "1e",  "1e+", "e5",    " 1",
                                        "1 ", "1.2.3", "0x1", "1,5", "inf", "1e6145"};
    _Decimal128 parsed;
    for (size_t i = 0; i < GX_COUNT_OF(wrong); i++)
        assert_false(gx_decimal_parse(gx_text_of(wrong[i]), &parsed));
}

static void more_than_34_digits_are_rounded_half_even_once(void **state)
{
    (void)state;
    assert_written(number("1.0000000000000000000000000000000005"), "1.000000000000000000000000000000000");
    assert_written(number("1.0000000000000000000000000000000015"), "1.000000000000000000000000000000002");
    assert_written(number("1.00000000000000000000000000000000050000000000000001"),
                   "1.000000000000000000000000000000001");
    assert_written(number("1.0000000000000000000000000000000004999999999999999"),
                   "1.000000000000000000000000000000000");
    assert_written(number("99999999999999999999999999999999995"), "100000000000000000000000000000000000");
}

typedef struct rounding_case {
    const char *number;
    int32_t scale;
    const char *half_even, *half_up, *half_down, *up, *down, *floor, *ceiling;
} rounding_case;

static const rounding_case roundings[] = {
    {"2.5", 0, "2", "3", "2", "3", "2", "2", "3"},
    {"-2.5", 0, "-2", "-3", "-2", "-3", "-2", "-3", "-2"},
    {"1.121", 2, "1.12", "1.12", "1.12", "1.13", "1.12", "1.12", "1.13"},
    {"-0.4", 0, "0", "0", "0", "-1", "0", "-1", "0"},
    {"1250", -2, "1200", "1300", "1200", "1300", "1200", "1200", "1300"},
    {"0.5", -3, "0", "0", "0", "1000", "0", "0", "1000"},
    {"7.25", 5, "7.25", "7.25", "7.25", "7.25", "7.25", "7.25", "7.25"},
};

static void every_rounding_mode_does_what_its_name_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < GX_COUNT_OF(roundings); i++) {
        const rounding_case *c = &roundings[i];
        _Decimal128 n = number(c->number);
        assert_written(gx_decimal_round(n, c->scale, GX_ROUND_HALF_EVEN), c->half_even);
        assert_written(gx_decimal_round(n, c->scale, GX_ROUND_HALF_UP), c->half_up);
        assert_written(gx_decimal_round(n, c->scale, GX_ROUND_HALF_DOWN), c->half_down);
        assert_written(gx_decimal_round(n, c->scale, GX_ROUND_UP), c->up);
        assert_written(gx_decimal_round(n, c->scale, GX_ROUND_DOWN), c->down);
        assert_written(gx_decimal_round(n, c->scale, GX_ROUND_FLOOR), c->floor);
        assert_written(gx_decimal_round(n, c->scale, GX_ROUND_CEILING), c->ceiling);
    }
}

static void the_remainder_has_the_sign_of_the_divisor(void **state)
{
    (void)state;
    assert_written(gx_decimal_modulo(number("12"), number("5")), "2");
    assert_written(gx_decimal_modulo(number("-12"), number("5")), "3");
    assert_written(gx_decimal_modulo(number("12"), number("-5")), "-3");
    assert_written(gx_decimal_modulo(number("-12"), number("-5")), "-2");
    assert_written(gx_decimal_modulo(number("10.1"), number("4.5")), "1.1");
    assert_written(gx_decimal_modulo(number("1E+6000"), number("7")), "1"); /* 10^6 = 1 mod 7 */
    assert_written(gx_decimal_modulo(number("1"), number("1E+6000")), "1");
    assert_written(gx_decimal_modulo(number("-10"), number("5")), "0");
}

static void square_roots_are_correctly_rounded(void **state)
{
    (void)state;
    _Decimal128 root;
    assert_true(gx_decimal_sqrt(number("16"), &root));
    assert_written(root, "4");
    assert_true(gx_decimal_sqrt(number("2"), &root));
    assert_written(root, "1.414213562373095048801688724209698");
    assert_true(gx_decimal_sqrt(number("1E-6176"), &root));
    assert_written(root, "1E-3088");
    assert_true(gx_decimal_sqrt(number("0"), &root));
    assert_written(root, "0");
    assert_false(gx_decimal_sqrt(number("-1"), &root));
}

static void exponentials_and_logarithms_have_34_right_digits(void **state)
{
    (void)state;
    _Decimal128 result;
    assert_true(gx_decimal_exp(number("1"), &result));
    assert_written(result, "2.718281828459045235360287471352662");
    assert_true(gx_decimal_exp(number("-1"), &result));
    assert_written(result, "0.3678794411714423215955237701614609");
    assert_true(gx_decimal_exp(number("0"), &result));
    assert_written(result, "1");
    assert_true(gx_decimal_ln(number("2"), &result));
    assert_written(result, "0.6931471805599453094172321214581766");
    assert_true(gx_decimal_ln(number("10"), &result));
    assert_written(result, "2.302585092994045684017991454684364");
    assert_true(gx_decimal_ln(number("0.5"), &result));
    assert_written(result, "-0.6931471805599453094172321214581766");
    assert_true(gx_decimal_ln(number("1.00"), &result));
    assert_written(result, "0");
    assert_false(gx_decimal_ln(number("0"), &result));
    assert_false(gx_decimal_ln(number("-2"), &result));
    assert_false(gx_decimal_exp(number("20000"), &result));
    assert_true(gx_decimal_exp(number("-20000"), &result));
    assert_written(result, "0");
}

static void powers_are_exact_where_they_can_be(void **state)
{
    (void)state;
    static const struct {
        const char *base, *exponent, *power;
    } cases[] = {
        {"1.1", "10", "2.5937424601"},
        {"2", "100", "1267650600228229401496703205376"},
        {"2", "-2", "0.25"},
        {"4", "0.5", "2"},
        {"2", "0.5", "1.414213562373095048801688724209698"},
        {"-2", "3", "-8"},
        {"-2", "-3", "-0.125"},
        {"0", "0", "1"},
        {"0", "5", "0"},
        {"10", "6144", "1E+6144"},
        {"-1", "1E+33", "1"},
        {"2", "113", "10384593717069655257060992658440190"},
    };
    _Decimal128 power;
    for (size_t i = 0; i < GX_COUNT_OF(cases); i++) {
        assert_true(gx_decimal_power(number(cases[i].base), number(cases[i].exponent), &power));
        assert_written(power, cases[i].power);
    }
    assert_false(gx_decimal_power(number("-2"), number("0.5"), &power));
    assert_false(gx_decimal_power(number("0"), number("-1"), &power));
    assert_false(gx_decimal_power(number("10"), number("6145"), &power));
}

static void compact_arithmetic_is_exact_or_declines(void **state)
{
    (void)state;
    gx_compact answer;
    assert_true(gx_compact_add((gx_compact){15, 1}, (gx_compact){25, 2}, &answer));
    assert_int_equal(answer.mantissa, 175);
    assert_int_equal(answer.scale, 2);
    assert_true(gx_compact_divide((gx_compact){10, 0}, (gx_compact){4, 0}, &answer));
    assert_int_equal(answer.mantissa, 25);
    assert_int_equal(answer.scale, 1);
    assert_true(gx_compact_divide((gx_compact){-9, 1}, (gx_compact){300, 0}, &answer));
    assert_int_equal(answer.mantissa, -3);
    assert_int_equal(answer.scale, 3);
    assert_false(gx_compact_divide((gx_compact){1, 0}, (gx_compact){3, 0}, &answer));
    assert_false(gx_compact_divide((gx_compact){1, 0}, (gx_compact){0, 0}, &answer));
    assert_false(gx_compact_add((gx_compact){INT64_MAX, 0}, (gx_compact){1, 0}, &answer));
    assert_false(gx_compact_multiply((gx_compact){INT64_MAX, 0}, (gx_compact){2, 0}, &answer));
    assert_true(gx_compact_compare((gx_compact){INT64_MAX, 0}, (gx_compact){INT64_MAX, 18}) > 0);
    assert_int_equal(gx_compact_compare((gx_compact){150, 2}, (gx_compact){15, 1}), 0);
    assert_true(gx_compact_from(number("1E+3"), &answer));
    assert_int_equal(answer.mantissa, 1000);
    assert_false(gx_compact_from(number("9223372036854775808"), &answer));
}

static void integers_are_recognised_whatever_their_form(void **state)
{
    (void)state;
    int64_t integer;
    assert_true(gx_decimal_to_int(number("5.00"), &integer));
    assert_int_equal(integer, 5);
    assert_true(gx_decimal_to_int(number("-1E+3"), &integer));
    assert_int_equal(integer, -1000);
    assert_false(gx_decimal_to_int(number("5.01"), &integer));
    assert_false(gx_decimal_to_int(number("1E+30"), &integer));
    assert_true(gx_decimal_is_integer(number("1E+30")));
    assert_false(gx_decimal_is_integer(number("1E-30")));
}

int main(void)
{
    cmocka_set_message_output(CM_OUTPUT_TAP);
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_compiler_uses_the_binary_integer_encoding),
        cmocka_unit_test(a_number_reads_and_writes_every_digit),
        cmocka_unit_test(what_is_no_number_is_refused),
        cmocka_unit_test(more_than_34_digits_are_rounded_half_even_once),
        cmocka_unit_test(every_rounding_mode_does_what_its_name_says),
        cmocka_unit_test(the_remainder_has_the_sign_of_the_divisor),
        cmocka_unit_test(square_roots_are_correctly_rounded),
        cmocka_unit_test(exponentials_and_logarithms_have_34_right_digits),
        cmocka_unit_test(powers_are_exact_where_they_can_be),
        cmocka_unit_test(compact_arithmetic_is_exact_or_declines),
        cmocka_unit_test(integers_are_recognised_whatever_their_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

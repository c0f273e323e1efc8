/* Numeric functions (DMN 1.5, 10.3.4.5) and number() (10.3.4.1). */
#include "base/decimal.h"
#include "base/limits.h"
#include "feel/builtins.h"

#include <string.h>

/* ---- Rounding ---- */

/* Numbers with `scale` decimals; without a second argument the scale is 0. */
static gx_value round_number(gx_feel_call *call, const gx_value *arguments, size_t count,
                             gx_rounding rounding)
{
    int64_t scale = 0;
    if (count > 1 && !gx_value_is_absent(arguments[1]) &&
        (!gx_builtin_whole(arguments[1], &scale) || scale < -GX_DECIMAL_MOST_EXPONENT ||
         scale > -GX_DECIMAL_LEAST_EXPONENT))
        return gx_builtin_domain(call, arguments[1]);
    gx_value number = arguments[0];
    if (!(number.flags & GX_VALUE_WIDE) && number.scale <= scale)
        return number;
    return gx_value_decimal(call->arena,
                            gx_decimal_round(gx_value_to_decimal(number), (int32_t)scale, rounding));
}

gx_value gx_builtin_decimal(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    return round_number(call, arguments, count, GX_ROUND_HALF_EVEN);
}

gx_value gx_builtin_floor(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    return round_number(call, arguments, count, GX_ROUND_FLOOR);
}

gx_value gx_builtin_ceiling(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    return round_number(call, arguments, count, GX_ROUND_CEILING);
}

gx_value gx_builtin_round_up(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    return round_number(call, arguments, count, GX_ROUND_UP);
}

gx_value gx_builtin_round_down(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    return round_number(call, arguments, count, GX_ROUND_DOWN);
}

gx_value gx_builtin_round_half_up(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    return round_number(call, arguments, count, GX_ROUND_HALF_UP);
}

gx_value gx_builtin_round_half_down(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    return round_number(call, arguments, count, GX_ROUND_HALF_DOWN);
}

/* ---- Arithmetic ---- */

gx_value gx_builtin_abs(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)count;
    gx_value value = arguments[0];
    switch ((gx_kind)value.kind) {
    case GX_NUMBER:
        return gx_number_compare(value, gx_value_int(0)) < 0 ? gx_number_negate(call->arena, value) : value;
    case GX_DAYS_DURATION: return value.seconds < 0 ? gx_temporal_negate(value) : value;
    case GX_MONTHS_DURATION: return value.months < 0 ? gx_temporal_negate(value) : value;
    case GX_NULL:
    case GX_BOOLEAN:
    case GX_STRING:
    case GX_DATE:
    case GX_TIME:
    case GX_DATE_TIME:
    case GX_LIST:
    case GX_CONTEXT:
    case GX_RANGE:
    case GX_FUNCTION:
    case GX_KIND_COUNT: break;
    }
    return gx_value_null();
}

gx_value gx_builtin_modulo(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)count;
    _Decimal128 divisor = gx_value_to_decimal(arguments[1]);
    if (divisor == 0.DL)
        return gx_builtin_domain(call, arguments[1]);
    return gx_value_decimal(call->arena, gx_decimal_modulo(gx_value_to_decimal(arguments[0]), divisor));
}

typedef bool transcendental(_Decimal128 number, _Decimal128 *result);

static gx_value apply(gx_feel_call *call, gx_value argument, transcendental *function)
{
    _Decimal128 result;
    if (!function(gx_value_to_decimal(argument), &result))
        return gx_builtin_domain(call, argument);
    return gx_value_decimal(call->arena, result);
}

gx_value gx_builtin_sqrt(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)count;
    return apply(call, arguments[0], gx_decimal_sqrt);
}

gx_value gx_builtin_log(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)count;
    return apply(call, arguments[0], gx_decimal_ln);
}

gx_value gx_builtin_exp(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)count;
    return apply(call, arguments[0], gx_decimal_exp);
}

/* The number modulo 2 is `rest`; fractions are neither odd nor even. */
static gx_value has_rest(gx_value number, _Decimal128 rest)
{
    return gx_value_boolean(gx_decimal_modulo(gx_value_to_decimal(number), 2.DL) == rest);
}

gx_value gx_builtin_odd(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)call, (void)count;
    return has_rest(arguments[0], 1.DL);
}

gx_value gx_builtin_even(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)call, (void)count;
    return has_rest(arguments[0], 0.DL);
}

/* ---- number() ---- */

/* One of the allowed separators, or '\0' for null; false for anything else. */
static bool read_separator(gx_value value, const char *allowed, char *separator)
{
    *separator = '\0';
    if (value.kind == GX_NULL)
        return true;
    gx_text text = gx_value_as_text(value);
    if (text.size != 1 || !strchr(allowed, text.bytes[0]))
        return false;
    *separator = text.bytes[0];
    return true;
}

gx_value gx_builtin_number(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)count;
    char grouping, point;
    if (!read_separator(arguments[1], " ,.", &grouping))
        return gx_builtin_domain(call, arguments[1]);
    if (!read_separator(arguments[2], ",.", &point) || (point && point == grouping))
        return gx_builtin_domain(call, arguments[2]);
    gx_text text = gx_value_as_text(arguments[0]);
    if (text.size > GX_LIMIT_NUMBER_DIGITS)
        return gx_builtin_domain(call, arguments[0]);
    gx_buffer plain = gx_buffer_in(call->arena);
    for (size_t i = 0; i < text.size; i++) {
        char byte = text.bytes[i];
        if (byte == grouping && byte)
            continue;
        if (byte == '.' && point == ',')
            return gx_builtin_domain(call, arguments[0]);
        gx_buffer_byte(&plain, byte == point && byte ? '.' : byte);
    }
    gx_value number;
    if (!gx_number_parse(call->arena, gx_buffer_as_text(&plain), &number))
        return gx_builtin_domain(call, arguments[0]);
    return number;
}

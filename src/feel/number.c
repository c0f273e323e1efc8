/* Arithmetic of number values: the compact form first, decimal128 when the exact result does not fit into it.
 */
#include "base/decimal.h"
#include "feel/value.h"

static inline gx_compact compact_of(gx_value number)
{
    return (gx_compact){number.integer, number.scale};
}

static inline gx_value of_compact(gx_compact number)
{
    return gx_value_scaled(number.mantissa, number.scale);
}

static inline bool are_compact(gx_value a, gx_value b)
{
    return !((a.flags | b.flags) & GX_VALUE_WIDE);
}

gx_value gx_value_decimal(gx_arena *arena, _Decimal128 number)
{
    gx_compact compact;
    if (gx_compact_from(number, &compact))
        return of_compact(compact);
    if (!gx_decimal_is_finite(number))
        return gx_value_null();
    _Decimal128 *wide = GX_NEW(arena, _Decimal128);
    *wide = number;
    return (gx_value){.kind = GX_NUMBER, .flags = GX_VALUE_WIDE, .wide = wide};
}

_Decimal128 gx_value_to_decimal(gx_value number)
{
    return number.flags & GX_VALUE_WIDE ? *number.wide : gx_compact_widen(compact_of(number));
}

bool gx_value_to_int(gx_value value, int64_t *number)
{
    if (value.kind != GX_NUMBER)
        return false;
    if (value.flags & GX_VALUE_WIDE)
        return gx_decimal_to_int(*value.wide, number);
    int64_t unit = gx_power_of_ten[value.scale];
    if (value.integer % unit != 0)
        return false;
    *number = value.integer / unit;
    return true;
}

gx_value gx_number_add(gx_arena *arena, gx_value a, gx_value b)
{
    gx_compact sum;
    if (are_compact(a, b) && gx_compact_add(compact_of(a), compact_of(b), &sum))
        return of_compact(sum);
    return gx_value_decimal(arena, gx_value_to_decimal(a) + gx_value_to_decimal(b));
}

gx_value gx_number_subtract(gx_arena *arena, gx_value a, gx_value b)
{
    gx_compact difference;
    if (are_compact(a, b) && gx_compact_subtract(compact_of(a), compact_of(b), &difference))
        return of_compact(difference);
    return gx_value_decimal(arena, gx_value_to_decimal(a) - gx_value_to_decimal(b));
}

gx_value gx_number_multiply(gx_arena *arena, gx_value a, gx_value b)
{
    gx_compact product;
    if (are_compact(a, b) && gx_compact_multiply(compact_of(a), compact_of(b), &product))
        return of_compact(product);
    return gx_value_decimal(arena, gx_value_to_decimal(a) * gx_value_to_decimal(b));
}

gx_value gx_number_divide(gx_arena *arena, gx_value a, gx_value b)
{
    gx_compact quotient;
    if (are_compact(a, b) && gx_compact_divide(compact_of(a), compact_of(b), &quotient))
        return of_compact(quotient);
    _Decimal128 divisor = gx_value_to_decimal(b);
    if (divisor == 0)
        return gx_value_null();
    return gx_value_decimal(arena, gx_value_to_decimal(a) / divisor);
}

gx_value gx_number_power(gx_arena *arena, gx_value a, gx_value b)
{
    _Decimal128 power;
    if (!gx_decimal_power(gx_value_to_decimal(a), gx_value_to_decimal(b), &power))
        return gx_value_null();
    return gx_value_decimal(arena, power);
}

gx_value gx_number_negate(gx_arena *arena, gx_value a)
{
    int64_t negated;
    if (!(a.flags & GX_VALUE_WIDE) && !__builtin_sub_overflow(0, a.integer, &negated))
        return gx_value_scaled(negated, a.scale);
    return gx_value_decimal(arena, -gx_value_to_decimal(a));
}

int gx_number_compare(gx_value a, gx_value b)
{
    if (are_compact(a, b)) {
        if (a.scale == b.scale)
            return (a.integer > b.integer) - (a.integer < b.integer);
        return gx_compact_compare(compact_of(a), compact_of(b));
    }
    _Decimal128 x = gx_value_to_decimal(a), y = gx_value_to_decimal(b);
    return (x > y) - (x < y);
}

bool gx_number_parse(gx_arena *arena, gx_text text, gx_value *number)
{
    /* Up to 18 plain digits, which is nearly every number of a source, need no decimal at all. */
    int64_t mantissa = 0;
    size_t digits = 0, at = 0;
    int scale = 0;
    bool has_point = false;
    for (; at < text.size && digits < 19; at++) {
        char c = text.bytes[at];
        if (c == '.' && !has_point) {
            has_point = true;
        } else if (c >= '0' && c <= '9' && digits < 18) {
            mantissa = mantissa * 10 + (c - '0');
            digits++;
            scale += has_point;
        } else {
            break;
        }
    }
    if (at == text.size && digits > 0 && digits <= 18 && text.bytes[text.size - 1] != '.') {
        *number = gx_value_scaled(mantissa, scale);
        return true;
    }
    _Decimal128 wide;
    if (!gx_decimal_parse(text, &wide))
        return false;
    *number = gx_value_decimal(arena, wide);
    return true;
}

void gx_number_write(gx_buffer *buffer, gx_value number)
{
    if (!(number.flags & GX_VALUE_WIDE) && number.scale == 0) {
        gx_buffer_format(buffer, "%lld", (long long)number.integer);
        return;
    }
    char digits[GX_DECIMAL_SIZE];
    gx_buffer_text(buffer, gx_decimal_write(gx_value_to_decimal(number), digits));
}

/* base/decimal.h: IEEE 754-2008 decimal128, 34 digits, half-even, exponents -6176 to 6111.
 *
 * The compiler gives the type and the correctly rounded + - * / and comparisons; they are used as they are.
 * This file adds what it does not give: exact reading and writing, taking a number apart, rounding to a
 * scale, remainders, and sqrt, exp, ln and powers whose 34 digits are right (no binary floating point
 * anywhere).
 *
 * Beside the wide form stands the compact one, an int64_t mantissa with 0 to 18 decimals: nearly every number
 * of a rule fits, and its arithmetic costs a few instructions. The gx_compact functions answer false when the
 * exact result does not fit; then the wide form is used.
 *
 * Pure. Safe on any thread. Nothing here allocates. */
#ifndef GX_BASE_DECIMAL_H
#define GX_BASE_DECIMAL_H

#include "base/text.h"

enum {
    GX_DECIMAL_DIGITS = 34,
    GX_DECIMAL_LEAST_EXPONENT = -6176,
    GX_DECIMAL_MOST_EXPONENT = 6111,
    GX_DECIMAL_SIZE = 64, /* bytes that hold any written number */
    GX_COMPACT_SCALE = 18,
};

/* A number taken apart: (-1)^is_negative * coefficient * 10^exponent. */
typedef struct gx_decimal_parts {
    unsigned __int128 coefficient; /* below 10^34 */
    int32_t exponent;
    bool is_negative;
    bool is_finite; /* false for infinities and NaN; then the other fields mean nothing */
} gx_decimal_parts;

gx_decimal_parts gx_decimal_split(_Decimal128 number);
/* The inverse. A coefficient of up to 38 digits is rounded half-even to 34; beyond the range: infinity, or
 * zero. */
_Decimal128 gx_decimal_make(bool is_negative, unsigned __int128 coefficient, int32_t exponent);

bool gx_decimal_is_finite(_Decimal128 number);
bool gx_decimal_is_integer(_Decimal128 number);
/* The same number without trailing zeros in its coefficient: 1.500 becomes 1.5, 100 becomes 1E+2. */
_Decimal128 gx_decimal_strip(_Decimal128 number);
/* True for an integer (5.00 too) of int64_t. */
bool gx_decimal_to_int(_Decimal128 number, int64_t *integer);

/* [+-] digits [. digits] [e [+-] digits], with at least one digit before the exponent; nothing else, no white
 * space. More than 34 digits are rounded half-even over the whole text. False for other texts and for what is
 * too large; what is too small becomes 0. */
bool gx_decimal_parse(gx_text text, _Decimal128 *number);
/* Plain digits ("0.00012", "1200", "1.50"; trailing zeros are kept) as long as at most 40 digits are needed,
 * otherwise with an exponent and without trailing zeros ("1.5E+40", "1E-45"). The text is a valid FEEL and
 * JSON number; it lies in `buffer`. Needs a finite number. */
gx_text gx_decimal_write(_Decimal128 number, char buffer[GX_DECIMAL_SIZE]);

typedef enum gx_rounding {
    GX_ROUND_HALF_EVEN,
    GX_ROUND_HALF_UP,   /* halves away from zero */
    GX_ROUND_HALF_DOWN, /* halves towards zero */
    GX_ROUND_UP,        /* away from zero */
    GX_ROUND_DOWN,      /* towards zero */
    GX_ROUND_FLOOR,
    GX_ROUND_CEILING,
} gx_rounding;
/* The nearest number with at most `scale` decimals (a negative scale rounds to tens, hundreds ...). Needs a
 * finite number. */
_Decimal128 gx_decimal_round(_Decimal128 number, int32_t scale, gx_rounding rounding);

/* dividend - divisor * floor(dividend / divisor), the remainder exact, with the sign of the divisor
 * (DMN 1.5, 10.3.4.5). Needs finite numbers and a divisor other than zero. */
_Decimal128 gx_decimal_modulo(_Decimal128 dividend, _Decimal128 divisor);
/* Correctly rounded. False where the result is not a real number or out of range. */
bool gx_decimal_sqrt(_Decimal128 number, _Decimal128 *root);
/* 34 right digits (the last one within one half unit and 10^-30 of it). False out of range or where
 * undefined. */
bool gx_decimal_exp(_Decimal128 exponent, _Decimal128 *power);
bool gx_decimal_ln(_Decimal128 number, _Decimal128 *logarithm);
/* 0^0 is 1. A negative base needs an integer exponent. */
bool gx_decimal_power(_Decimal128 base, _Decimal128 exponent, _Decimal128 *power);

/* ---- The compact form ---- */

/* mantissa / 10^scale, 0 <= scale <= GX_COMPACT_SCALE. */
typedef struct gx_compact {
    int64_t mantissa;
    int32_t scale;
} gx_compact;

extern const int64_t gx_power_of_ten[GX_COMPACT_SCALE + 1];

static inline _Decimal128 gx_compact_widen(gx_compact number)
{
    if (number.scale == 0)
        return (_Decimal128)number.mantissa;
    bool is_negative = number.mantissa < 0;
    uint64_t magnitude = is_negative ? 0 - (uint64_t)number.mantissa : (uint64_t)number.mantissa;
    return gx_decimal_make(is_negative, magnitude, -number.scale);
}

/* True if the number has a compact form with the same decimals; an exponent above zero is written out (1E+3
 * as 1000). */
bool gx_compact_from(_Decimal128 number, gx_compact *compact);

/* Both with the larger scale of the two; false on overflow. */
static inline bool gx_compact_align(gx_compact *a, gx_compact *b)
{
    if (a->scale < b->scale) {
        if (__builtin_mul_overflow(a->mantissa, gx_power_of_ten[b->scale - a->scale], &a->mantissa))
            return false;
        a->scale = b->scale;
    } else if (b->scale < a->scale) {
        if (__builtin_mul_overflow(b->mantissa, gx_power_of_ten[a->scale - b->scale], &b->mantissa))
            return false;
        b->scale = a->scale;
    }
    return true;
}

static inline bool gx_compact_add(gx_compact a, gx_compact b, gx_compact *sum)
{
    sum->scale = a.scale > b.scale ? a.scale : b.scale;
    return gx_compact_align(&a, &b) && !__builtin_add_overflow(a.mantissa, b.mantissa, &sum->mantissa);
}

static inline bool gx_compact_subtract(gx_compact a, gx_compact b, gx_compact *difference)
{
    difference->scale = a.scale > b.scale ? a.scale : b.scale;
    return gx_compact_align(&a, &b) && !__builtin_sub_overflow(a.mantissa, b.mantissa, &difference->mantissa);
}

static inline bool gx_compact_multiply(gx_compact a, gx_compact b, gx_compact *product)
{
    product->scale = a.scale + b.scale;
    return product->scale <= GX_COMPACT_SCALE &&
           !__builtin_mul_overflow(a.mantissa, b.mantissa, &product->mantissa);
}

/* True when the quotient is exact and fits; it has no trailing zeros behind the point. False for a zero
 * divisor. */
bool gx_compact_divide(gx_compact a, gx_compact b, gx_compact *quotient);

/* Negative, 0 or positive, by value. Never fails. */
int gx_compact_compare(gx_compact a, gx_compact b);

#endif

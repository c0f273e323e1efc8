/* Square root, exponential, logarithm and powers.
 *
 * They are computed in fixed point with 256 bits behind the point and 128 in front. Every step is exact to
 * about 2^-250 (10^-75), so 34 digits come out right with 30 and more digits to spare; only a result that
 * lies within 10^-30 units of a tie could round the wrong way. Square roots are exact integers with a
 * remainder and always correctly rounded.
 *
 * exp x: x = k ln 10 + r gives 10^k e^r; e^(r/256) by its series, then eight squarings.
 * ln x: x = m 10^k, m = y 2^j with y near 1; ln y = 2 artanh((y-1)/(y+1)) by its series. */
#include "base/decimal.h"
#include "base/decimal_internal.h"

#include <string.h>

enum {
    LIMBS = 6,
    FRACTION_LIMBS = 4,
    HALVINGS = 8,
    EXPONENT_MOST = 14200, /* e^14200 is above 10^6144 */
};

/* Least significant limb first. Never negative: signs are kept beside. */
typedef struct fixed {
    uint64_t limb[LIMBS];
} fixed;

static const fixed ln_10 = {
    {0x0f187a0807c0b5ca, 0x8a3fb3e76977e43a, 0xa95b58ae0b4c28a3, 0x4d763776aaa2b05b, 2, 0}};
static const fixed ln_2 = {
    {0x8a0d175b8baafa2c, 0x40f343267298b62d, 0xc9e3b39803f2f6af, 0xb17217f7d1cf79ab, 0, 0}};

static fixed fixed_of(uint128 integer)
{
    return (fixed){{0, 0, 0, 0, (uint64_t)integer, (uint64_t)(integer >> 64)}};
}

static uint128 integer_part(const fixed *a)
{
    return (uint128)a->limb[FRACTION_LIMBS + 1] << 64 | a->limb[FRACTION_LIMBS];
}

static bool is_zero(const fixed *a)
{
    uint64_t bits = 0;
    for (int i = 0; i < LIMBS; i++)
        bits |= a->limb[i];
    return bits == 0;
}

static int compare(const fixed *a, const fixed *b)
{
    for (int i = LIMBS - 1; i >= 0; i--)
        if (a->limb[i] != b->limb[i])
            return a->limb[i] < b->limb[i] ? -1.DL : 1.DL;
    return 0;
}

static fixed add(const fixed *a, const fixed *b)
{
    fixed sum;
    uint128 carry = 0;
    for (int i = 0; i < LIMBS; i++) {
        carry += (uint128)a->limb[i] + b->limb[i];
        sum.limb[i] = (uint64_t)carry;
        carry >>= 64;
    }
    return sum;
}

/* Needs a >= b. */
static fixed subtract(const fixed *a, const fixed *b)
{
    fixed difference;
    uint64_t borrow = 0;
    for (int i = 0; i < LIMBS; i++) {
        uint128 part = (uint128)a->limb[i] - b->limb[i] - borrow;
        difference.limb[i] = (uint64_t)part;
        borrow = (uint64_t)(part >> 64) & 1;
    }
    return difference;
}

static fixed multiply(const fixed *a, const fixed *b)
{
    uint64_t product[2 * LIMBS] = {0};
    for (int i = 0; i < LIMBS; i++) {
        uint64_t carry = 0;
        for (int j = 0; j < LIMBS; j++) {
            uint128 part = (uint128)a->limb[i] * b->limb[j] + product[i + j] + carry;
            product[i + j] = (uint64_t)part;
            carry = (uint64_t)(part >> 64);
        }
        product[i + LIMBS] = carry;
    }
    fixed result;
    memcpy(result.limb, product + FRACTION_LIMBS, sizeof result.limb);
    return result;
}

static void multiply_small(fixed *a, uint64_t factor)
{
    uint64_t carry = 0;
    for (int i = 0; i < LIMBS; i++) {
        uint128 part = (uint128)a->limb[i] * factor + carry;
        a->limb[i] = (uint64_t)part;
        carry = (uint64_t)(part >> 64);
    }
}

static uint64_t divide_small(fixed *a, uint64_t divisor)
{
    uint64_t remainder = 0;
    for (int i = LIMBS - 1; i >= 0; i--) {
        uint128 part = (uint128)remainder << 64 | a->limb[i];
        a->limb[i] = (uint64_t)(part / divisor);
        remainder = (uint64_t)(part % divisor);
    }
    return remainder;
}

static fixed halved(fixed a, unsigned times)
{
    for (int i = 0; i < LIMBS; i++) {
        uint64_t above = i + 1 < LIMBS ? a.limb[i + 1] : 0;
        a.limb[i] = times ? a.limb[i] >> times | above << (64 - times) : a.limb[i];
    }
    return a;
}

static fixed doubled(fixed a)
{
    uint64_t carry = 0;
    for (int i = 0; i < LIMBS; i++) {
        uint64_t out = a.limb[i] >> 63;
        a.limb[i] = a.limb[i] << 1 | carry;
        carry = out;
    }
    return a;
}

/* a / b for a < b: one bit of the quotient a step. */
static fixed divide_below_one(fixed a, const fixed *b)
{
    fixed quotient = {{0}};
    for (int bit = FRACTION_LIMBS * 64 - 1; bit >= 0; bit--) {
        a = doubled(a);
        if (compare(&a, b) >= 0) {
            a = subtract(&a, b);
            quotient.limb[bit / 64] |= UINT64_C(1) << (bit % 64);
        }
    }
    return quotient;
}

static void divide_by_power_of_ten(fixed *a, int32_t power)
{
    for (; power > 0 && !is_zero(a); power -= GX_COMPACT_SCALE)
        divide_small(a, (uint64_t)gx_power_of_ten[power < GX_COMPACT_SCALE ? power : GX_COMPACT_SCALE]);
}

/* value * 10^exponent, rounded to 34 digits, without trailing zeros. Needs value < 10^33 and not zero. */
static _Decimal128 round_fixed(bool is_negative, fixed value, int32_t exponent)
{
    uint128 least = gx_power_of_ten_wide(GX_DECIMAL_DIGITS - 1);
    while (integer_part(&value) < least) {
        multiply_small(&value, 10);
        exponent--;
    }
    uint128 coefficient = integer_part(&value);
    if (value.limb[FRACTION_LIMBS - 1] >> 63) /* a tie is out of reach: what is exact was handled before */
        coefficient++;
    return gx_decimal_strip(gx_decimal_make(is_negative, coefficient, exponent));
}

/* ---- Exponential ---- */

/* e^(+-value); false when it is too large. Too small is zero. */
static bool exp_fixed(bool is_negative, const fixed *value, _Decimal128 *power)
{
    if (integer_part(value) >= EXPONENT_MOST) {
        *power = 0.DL;
        return is_negative;
    }
    int32_t tens = 0;
    fixed rest = *value;
    if (!is_negative) {
        uint64_t estimate =
            (uint64_t)integer_part(value) * 4342944 / 10000000; /* log10 e: at most one too small */
        fixed part = ln_10;
        multiply_small(&part, estimate);
        rest = subtract(value, &part);
        tens = (int32_t)estimate;
        for (; compare(&rest, &ln_10) >= 0; tens++)
            rest = subtract(&rest, &ln_10);
    } else {
        uint64_t estimate = (uint64_t)integer_part(value) * 4342944 / 10000000;
        fixed part = ln_10;
        multiply_small(&part, estimate);
        tens = -(int32_t)estimate;
        for (; compare(&part, value) < 0; tens--)
            part = add(&part, &ln_10);
        rest = subtract(&part, value);
    }
    rest = halved(rest, HALVINGS);
    fixed sum = fixed_of(1), term = sum;
    for (uint64_t n = 1; !is_zero(&term); n++) {
        term = multiply(&term, &rest);
        divide_small(&term, n);
        sum = add(&sum, &term);
    }
    for (int i = 0; i < HALVINGS; i++)
        sum = multiply(&sum, &sum);
    *power = round_fixed(false, sum, tens);
    return gx_decimal_is_finite(*power);
}

/* coefficient * 10^exponent; false if it is EXPONENT_MOST or more. */
static bool fixed_from(uint128 coefficient, int32_t exponent, fixed *value)
{
    *value = fixed_of(coefficient);
    for (; exponent > 0 && coefficient != 0; exponent--) {
        if (integer_part(value) >= EXPONENT_MOST)
            return false;
        multiply_small(value, 10);
    }
    divide_by_power_of_ten(value, -exponent);
    return integer_part(value) < EXPONENT_MOST;
}

bool gx_decimal_exp(_Decimal128 exponent, _Decimal128 *power)
{
    gx_decimal_parts parts = gx_decimal_split(exponent);
    if (!parts.is_finite)
        return false;
    fixed value;
    if (!fixed_from(parts.coefficient, parts.exponent, &value)) {
        *power = 0.DL;
        return parts.is_negative;
    }
    return exp_fixed(parts.is_negative, &value, power);
}

/* ---- Logarithm ---- */

/* |ln(coefficient * 10^exponent)| and its sign. Needs a coefficient other than zero. */
static fixed ln_fixed(uint128 coefficient, int32_t exponent, bool *is_negative)
{
    int32_t power = 0;
    fixed m = fixed_of(coefficient);
    while (power < GX_DECIMAL_DIGITS && coefficient >= gx_power_of_ten_wide(power + 1))
        power++;
    divide_by_power_of_ten(&m, power); /* 1 <= m < 10 */
    power += exponent;
    uint64_t twos = 0;
    fixed four_thirds = fixed_of(4);
    divide_small(&four_thirds, 3);
    for (; compare(&m, &four_thirds) >= 0; twos++)
        m = halved(m, 1);
    fixed one = fixed_of(1), above = add(&m, &one);
    bool is_below_one = compare(&m, &one) < 0;
    fixed distance = is_below_one ? subtract(&one, &m) : subtract(&m, &one);
    fixed z = divide_below_one(distance, &above), square = multiply(&z, &z), sum = z;
    for (uint64_t n = 3; !is_zero(&z); n += 2) {
        z = multiply(&z, &square);
        fixed term = z;
        divide_small(&term, n);
        sum = add(&sum, &term);
    }
    sum = doubled(sum);
    fixed positive = ln_2; /* everything above zero, and below in `negative` */
    multiply_small(&positive, twos);
    fixed negative = {{0}}, tens = ln_10;
    multiply_small(&tens, (uint64_t)(power < 0 ? -power : power));
    fixed *side = is_below_one ? &negative : &positive;
    *side = add(side, &sum);
    side = power < 0 ? &negative : &positive;
    *side = add(side, &tens);
    *is_negative = compare(&positive, &negative) < 0;
    return *is_negative ? subtract(&negative, &positive) : subtract(&positive, &negative);
}

bool gx_decimal_ln(_Decimal128 number, _Decimal128 *logarithm)
{
    gx_decimal_parts parts = gx_decimal_split(number);
    if (!parts.is_finite || parts.is_negative || parts.coefficient == 0)
        return false;
    if (number == 1.DL) {
        *logarithm = 0.DL;
        return true;
    }
    bool is_negative;
    fixed value = ln_fixed(parts.coefficient, parts.exponent, &is_negative);
    *logarithm = round_fixed(is_negative, value, 0);
    return true;
}

/* ---- Square root ---- */

/* The integer square root of a 256-bit number, bit by bit, with its remainder. Both are below 2^114. */
static uint128 integer_root(const uint64_t square[4], uint128 *remainder)
{
    uint128 root = 0, rest = 0;
    for (int pair = 127; pair >= 0; pair--) {
        int bit = 2 * pair;
        rest = rest << 2 | ((square[bit / 64] >> (bit % 64)) & 3);
        uint128 trial = root << 2 | 1;
        root <<= 1;
        if (rest >= trial) {
            rest -= trial;
            root |= 1;
        }
    }
    *remainder = rest;
    return root;
}

bool gx_decimal_sqrt(_Decimal128 number, _Decimal128 *root)
{
    gx_decimal_parts parts = gx_decimal_split(number);
    if (!parts.is_finite || (parts.is_negative && parts.coefficient != 0))
        return false;
    if (parts.coefficient == 0) {
        *root = 0.DL;
        return true;
    }
    /* Up to 68 digits with an even exponent, so that the root has its 34. */
    fixed square = fixed_of(0);
    square.limb[0] = (uint64_t)parts.coefficient;
    square.limb[1] = (uint64_t)(parts.coefficient >> 64);
    int digits = 1;
    while (digits <= 38 && parts.coefficient >= gx_power_of_ten_wide(digits))
        digits++;
    int32_t exponent = parts.exponent;
    for (; digits < 67 || (exponent & 1); digits++, exponent--)
        multiply_small(&square, 10);
    uint128 remainder, coefficient = integer_root(square.limb, &remainder);
    if (remainder > coefficient) /* above coefficient + 1/2; an exact half is impossible */
        coefficient++;
    *root = gx_decimal_strip(gx_decimal_make(false, coefficient, exponent / 2));
    return true;
}

/* ---- Powers ---- */

/* base^exponent when its coefficient fits exactly. */
static bool exact_power(gx_decimal_parts base, int64_t exponent, _Decimal128 *power)
{
    uint128 coefficient = 1;
    int64_t ten_power = base.exponent * exponent;
    if (base.coefficient != 1) {
        for (int64_t i = 0; i < exponent; i++) { /* a coefficient of 2 and more leaves within 113 rounds */
            if (coefficient > (gx_power_of_ten_wide(GX_DECIMAL_DIGITS) - 1) / base.coefficient)
                return false;
            coefficient *= base.coefficient;
        }
    }
    if (ten_power > 2 * GX_DECIMAL_MOST_EXPONENT || ten_power < 2 * GX_DECIMAL_LEAST_EXPONENT)
        return false;
    *power = gx_decimal_make(base.is_negative && (exponent & 1), coefficient, (int32_t)ten_power);
    return true;
}

static bool is_odd_integer(_Decimal128 number)
{
    gx_decimal_parts parts = gx_decimal_split(gx_decimal_strip(number));
    return parts.exponent == 0 && (parts.coefficient & 1);
}

bool gx_decimal_power(_Decimal128 base, _Decimal128 exponent, _Decimal128 *power)
{
    enum { EXACT_MOST = 1000000 };
    gx_decimal_parts b = gx_decimal_split(base), e = gx_decimal_split(exponent);
    if (!b.is_finite || !e.is_finite)
        return false;
    if (e.coefficient == 0) {
        *power = 1.DL;
        return true;
    }
    if (b.coefficient == 0) {
        *power = 0.DL;
        return !e.is_negative;
    }
    bool is_integer = gx_decimal_is_integer(exponent);
    if (b.is_negative && !is_integer)
        return false;
    int64_t times;
    if (gx_decimal_to_int(exponent, &times) && times < EXACT_MOST && times > -EXACT_MOST) {
        gx_decimal_parts short_base = gx_decimal_split(gx_decimal_strip(base));
        if (exact_power(short_base, times < 0 ? -times : times, power)) {
            if (times < 0)
                *power = 1.DL / *power;
            return gx_decimal_is_finite(*power);
        }
    }
    bool result_is_negative = b.is_negative && is_odd_integer(exponent);
    _Decimal128 magnitude = b.is_negative ? -base : base;
    if (magnitude == 1.DL) {
        *power = result_is_negative ? -1.DL : 1.DL;
        return true;
    }
    bool is_negative;
    fixed product = ln_fixed(b.coefficient, b.exponent, &is_negative);
    /* |ln| is below 2^14 and the coefficient below 2^113: the product fits the 128 bits in front of the
     * point. */
    fixed low = product;
    multiply_small(&low, (uint64_t)e.coefficient);
    multiply_small(&product, (uint64_t)(e.coefficient >> 64));
    memmove(product.limb + 1, product.limb, (LIMBS - 1) * sizeof product.limb[0]);
    product.limb[0] = 0;
    product = add(&product, &low);
    bool is_small = true;
    for (int32_t i = e.exponent; i > 0 && is_small; i--) {
        is_small = integer_part(&product) < EXPONENT_MOST;
        if (is_small)
            multiply_small(&product, 10);
    }
    divide_by_power_of_ten(&product, -e.exponent);
    is_negative = is_negative != e.is_negative;
    if (!is_small) {
        *power = 0.DL;
        return is_negative;
    }
    if (!exp_fixed(is_negative, &product, power))
        return false;
    if (result_is_negative)
        *power = -*power;
    return true;
}

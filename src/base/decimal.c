/* decimal128 in the binary integer encoding that gcc uses on x86-64: 1 sign bit, 14 bits of exponent (bias
 * 6176), 113 bits of coefficient. A unit test holds that the compiler still uses it. The second encoding of
 * finite numbers (steering bits 11) would need a coefficient above 10^34 and by the standard stands for zero.
 */
#include "base/decimal.h"
#include "base/decimal_internal.h"

#include <string.h>

enum { EXPONENT_BIAS = 6176, EXPONENT_BITS = 0x3FFF, COEFFICIENT_HIGH_BITS = 49, WRITTEN_DIGITS_MOST = 40 };

#define COEFFICIENT_MOST (gx_power_of_ten_wide(GX_DECIMAL_DIGITS) - 1)

const int64_t gx_power_of_ten[GX_COMPACT_SCALE + 1] = {
    1,
    10,
    100,
    1000,
    10000,
    100000,
    1000000,
    10000000,
    100000000,
    1000000000,
    10000000000,
    100000000000,
    1000000000000,
    10000000000000,
    100000000000000,
    1000000000000000,
    10000000000000000,
    100000000000000000,
    1000000000000000000,
};

/* ---- Taking apart and putting together ---- */

gx_decimal_parts gx_decimal_split(_Decimal128 number)
{
    uint64_t words[2]; /* low, high */
    memcpy(words, &number, sizeof words);
    uint64_t high = words[1];
    gx_decimal_parts parts = {.is_negative = (high >> 63) != 0, .is_finite = true};
    if (((high >> 61) & 3) == 3) {
        parts.is_finite = ((high >> 59) & 15) != 15;
        parts.exponent = (int32_t)((high >> 47) & EXPONENT_BITS) - EXPONENT_BIAS;
        return parts;
    }
    parts.exponent = (int32_t)((high >> COEFFICIENT_HIGH_BITS) & EXPONENT_BITS) - EXPONENT_BIAS;
    parts.coefficient = (uint128)(high & ((UINT64_C(1) << COEFFICIENT_HIGH_BITS) - 1)) << 64 | words[0];
    if (parts.coefficient > COEFFICIENT_MOST)
        parts.coefficient = 0;
    return parts;
}

static _Decimal128 pack(bool is_negative, uint128 coefficient, int32_t exponent)
{
    uint64_t words[2] = {(uint64_t)coefficient, (uint64_t)(coefficient >> 64) |
                                                    (uint64_t)(exponent + EXPONENT_BIAS)
                                                        << COEFFICIENT_HIGH_BITS |
                                                    (uint64_t)is_negative << 63};
    _Decimal128 number;
    memcpy(&number, words, sizeof number);
    return number;
}

static int digits_of(uint128 coefficient)
{
    int digits = 1;
    while (digits <= 38 && coefficient >= gx_power_of_ten_wide(digits))
        digits++;
    return digits;
}

/* coefficient / 10^count, rounded. */
static uint128 drop_digits(uint128 coefficient, int64_t count, bool is_negative, gx_rounding rounding)
{
    if (count <= 0 || coefficient == 0)
        return coefficient;
    uint128 quotient = 0;
    int against_half = -1; /* the remainder compared with one half */
    if (count <= 38) {
        uint128 unit = gx_power_of_ten_wide((int)count);
        uint128 remainder = coefficient % unit;
        quotient = coefficient / unit;
        if (remainder == 0)
            return quotient;
        uint128 half = unit / 2;
        against_half = (remainder > half) - (remainder < half);
    }
    bool is_away = false;
    switch (rounding) {
    case GX_ROUND_HALF_EVEN: is_away = against_half > 0 || (against_half == 0 && (quotient & 1)); break;
    case GX_ROUND_HALF_UP: is_away = against_half >= 0; break;
    case GX_ROUND_HALF_DOWN: is_away = against_half > 0; break;
    case GX_ROUND_UP: is_away = true; break;
    case GX_ROUND_DOWN: break;
    case GX_ROUND_FLOOR: is_away = is_negative; break;
    case GX_ROUND_CEILING: is_away = !is_negative; break;
    }
    return quotient + is_away;
}

_Decimal128 gx_decimal_make(bool is_negative, uint128 coefficient, int32_t exponent)
{
    int64_t surplus = 0;
    if (coefficient > COEFFICIENT_MOST)
        surplus = digits_of(coefficient) - GX_DECIMAL_DIGITS;
    if (exponent < GX_DECIMAL_LEAST_EXPONENT && (int64_t)GX_DECIMAL_LEAST_EXPONENT - exponent > surplus)
        surplus = (int64_t)GX_DECIMAL_LEAST_EXPONENT - exponent;
    if (surplus > 0) { /* one rounding, whatever the reasons */
        coefficient = drop_digits(coefficient, surplus, is_negative, GX_ROUND_HALF_EVEN);
        exponent = (int32_t)(exponent + surplus);
        if (coefficient > COEFFICIENT_MOST) {
            coefficient /= 10;
            exponent++;
        }
    }
    while (exponent > GX_DECIMAL_MOST_EXPONENT && coefficient != 0 && coefficient <= COEFFICIENT_MOST / 10) {
        coefficient *= 10;
        exponent--;
    }
    if (exponent > GX_DECIMAL_MOST_EXPONENT) {
        if (coefficient != 0)
            return is_negative ? -__builtin_infd128() : __builtin_infd128();
        exponent = GX_DECIMAL_MOST_EXPONENT;
    }
    return pack(is_negative, coefficient, exponent);
}

bool gx_decimal_is_finite(_Decimal128 number)
{
    return gx_decimal_split(number).is_finite;
}

static gx_decimal_parts strip(gx_decimal_parts parts)
{
    while (parts.coefficient != 0 && parts.coefficient % 10 == 0) {
        parts.coefficient /= 10;
        parts.exponent++;
    }
    return parts;
}

bool gx_decimal_is_integer(_Decimal128 number)
{
    gx_decimal_parts parts = gx_decimal_split(number);
    if (!parts.is_finite)
        return false;
    return parts.exponent >= 0 || parts.coefficient == 0 ||
           (-parts.exponent <= 38 && parts.coefficient % gx_power_of_ten_wide(-parts.exponent) == 0);
}

_Decimal128 gx_decimal_strip(_Decimal128 number)
{
    gx_decimal_parts parts = gx_decimal_split(number);
    if (!parts.is_finite)
        return number;
    if (parts.coefficient == 0)
        return pack(false, 0, 0);
    parts = strip(parts);
    return gx_decimal_make(parts.is_negative, parts.coefficient, parts.exponent);
}

bool gx_decimal_to_int(_Decimal128 number, int64_t *integer)
{
    gx_compact compact;
    if (!gx_decimal_is_integer(number) || !gx_compact_from(gx_decimal_strip(number), &compact))
        return false;
    *integer = compact.mantissa; /* stripped integers have scale 0 */
    return true;
}

/* ---- Text ---- */

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

bool gx_decimal_parse(gx_text text, _Decimal128 *number)
{
    enum { KEPT_DIGITS = 37 }; /* more than 34, so that one rounding at the end is right */
    size_t at = 0;
    bool is_negative = at < text.size && text.bytes[at] == '-';
    if (at < text.size && (text.bytes[at] == '-' || text.bytes[at] == '+'))
        at++;
    uint128 coefficient = 0;
    int kept = 0;
    int64_t exponent = 0;
    bool has_digits = false, has_point = false, has_more = false;
    for (; at < text.size; at++) {
        char byte = text.bytes[at];
        if (byte == '.' && !has_point) {
            has_point = true;
            continue;
        }
        if (!is_digit(byte))
            break;
        has_digits = true;
        exponent -= has_point;
        if (kept == KEPT_DIGITS) {
            has_more |= byte != '0';
            exponent++;
        } else if (coefficient != 0 || byte != '0') {
            coefficient = coefficient * 10 + (unsigned)(byte - '0');
            kept++;
        }
    }
    if (!has_digits)
        return false;
    if (at < text.size && (text.bytes[at] == 'e' || text.bytes[at] == 'E')) {
        at++;
        bool is_below = at < text.size && text.bytes[at] == '-';
        if (at < text.size && (text.bytes[at] == '-' || text.bytes[at] == '+'))
            at++;
        if (at == text.size)
            return false;
        int64_t written = 0;
        for (; at < text.size && is_digit(text.bytes[at]); at++)
            if (written < INT32_MAX)
                written = written * 10 + (text.bytes[at] - '0');
        exponent += is_below ? -written : written;
    }
    if (at != text.size)
        return false;
    if (has_more && coefficient % 5 == 0)
        coefficient++; /* a tie or an exact value it is not: dropped digits follow */
    if (exponent > INT32_MAX / 2)
        exponent = INT32_MAX / 2;
    if (exponent < INT32_MIN / 2)
        exponent = INT32_MIN / 2;
    *number = gx_decimal_make(is_negative && coefficient != 0, coefficient, (int32_t)exponent);
    return gx_decimal_is_finite(*number);
}

/* The digits of a coefficient, most significant first; returns their count. */
static int write_digits(uint128 coefficient, char digits[40])
{
    char reversed[40];
    int count = 0;
    do {
        reversed[count++] = (char)('0' + (int)(coefficient % 10));
        coefficient /= 10;
    } while (coefficient != 0);
    for (int i = 0; i < count; i++)
        digits[i] = reversed[count - 1 - i];
    return count;
}

gx_text gx_decimal_write(_Decimal128 number, char buffer[GX_DECIMAL_SIZE])
{
    gx_decimal_parts parts = gx_decimal_split(number);
    char digits[40];
    int count = write_digits(parts.coefficient, digits);
    int exponent = parts.exponent;
    if (parts.coefficient == 0 && (exponent > 0 || exponent < -WRITTEN_DIGITS_MOST + 1))
        exponent = 0;
    size_t size = 0;
    if (parts.is_negative && parts.coefficient != 0)
        buffer[size++] = '-';
    int before_point = count + exponent; /* digits in front of the point; zero and less: zeros follow it */
    if (exponent >= 0 && before_point <= WRITTEN_DIGITS_MOST) {
        memcpy(buffer + size, digits, (size_t)count);
        memset(buffer + size + count, '0', (size_t)exponent);
        size += (size_t)before_point;
    } else if (exponent < 0 && before_point > 0) {
        memcpy(buffer + size, digits, (size_t)before_point);
        size += (size_t)before_point;
        buffer[size++] = '.';
        memcpy(buffer + size, digits + before_point, (size_t)-exponent);
        size += (size_t)-exponent;
    } else if (exponent < 0 && 1 - exponent <= WRITTEN_DIGITS_MOST) {
        memcpy(buffer + size, "0.", 2);
        memset(buffer + size + 2, '0', (size_t)-before_point);
        size += 2 + (size_t)-before_point;
        memcpy(buffer + size, digits, (size_t)count);
        size += (size_t)count;
    } else {
        while (count > 1 && digits[count - 1] == '0')
            count--; /* before_point has been computed: the value stays */
        buffer[size++] = digits[0];
        if (count > 1)
            buffer[size++] = '.';
        memcpy(buffer + size, digits + 1, (size_t)count - 1);
        size += (size_t)count - 1;
        int power = before_point - 1;
        buffer[size++] = 'E';
        buffer[size++] = power < 0 ? '-' : '+';
        size += (size_t)write_digits((uint128)(power < 0 ? -power : power), buffer + size);
    }
    return (gx_text){buffer, size};
}

/* ---- Rounding and remainders ---- */

_Decimal128 gx_decimal_round(_Decimal128 number, int32_t scale, gx_rounding rounding)
{
    gx_decimal_parts parts = gx_decimal_split(number);
    if (!parts.is_finite || parts.exponent >= -(int64_t)scale)
        return number;
    int64_t count = -(int64_t)scale - parts.exponent;
    uint128 rounded = drop_digits(parts.coefficient, count, parts.is_negative, rounding);
    return gx_decimal_make(parts.is_negative && rounded != 0, rounded, -scale);
}

/* a * 10^power mod divisor; divisor below 2^113. */
static uint128 shifted_remainder(uint128 a, int32_t power, uint128 divisor)
{
    enum { STEP = 4 }; /* 113 bits times 10^4 stay below 2^127 */
    uint128 remainder = a % divisor;
    for (; power >= STEP && remainder != 0; power -= STEP)
        remainder = remainder * 10000 % divisor;
    return remainder == 0 ? 0 : remainder * gx_power_of_ten_wide(power) % divisor;
}

_Decimal128 gx_decimal_modulo(_Decimal128 dividend, _Decimal128 divisor)
{
    gx_decimal_parts a = gx_decimal_split(dividend), b = gx_decimal_split(divisor);
    if (a.coefficient == 0)
        return pack(false, 0, 0);
    uint128 remainder = 0;
    int32_t exponent = b.exponent;
    if (a.exponent >= b.exponent) {
        remainder = shifted_remainder(a.coefficient, a.exponent - b.exponent, b.coefficient);
    } else {
        int32_t shift = b.exponent - a.exponent;
        exponent = a.exponent;
        /* The divisor in units of the dividend; when it does not fit it is larger than the dividend. */
        if (shift > 38 || b.coefficient > COEFFICIENT_MOST / gx_power_of_ten_wide(shift))
            remainder = a.coefficient;
        else
            remainder = a.coefficient % (b.coefficient * gx_power_of_ten_wide(shift));
    }
    _Decimal128 rest = gx_decimal_make(a.is_negative && remainder != 0, remainder, exponent);
    return remainder != 0 && a.is_negative != b.is_negative ? rest + divisor : rest;
}

/* ---- The compact form ---- */

bool gx_compact_from(_Decimal128 number, gx_compact *compact)
{
    gx_decimal_parts parts = gx_decimal_split(number);
    if (!parts.is_finite || parts.exponent < -GX_COMPACT_SCALE || parts.coefficient > INT64_MAX)
        return false;
    int64_t mantissa = (int64_t)parts.coefficient;
    if (parts.exponent > 0 && mantissa != 0) {
        if (parts.exponent > GX_COMPACT_SCALE ||
            __builtin_mul_overflow(mantissa, gx_power_of_ten[parts.exponent], &mantissa))
            return false;
    }
    compact->mantissa = parts.is_negative ? -mantissa : mantissa;
    compact->scale = parts.exponent < 0 ? -parts.exponent : 0;
    return true;
}

static int64_t power_of(int64_t base, int exponent)
{
    int64_t power = 1;
    while (exponent-- > 0)
        power *= base;
    return power;
}

/* The divisor is split into 2^twos * 5^fives * rest. The quotient terminates if `rest` divides the dividend;
 * then the smallest number of decimals is max(twos, fives) after what dividend and divisor share is taken
 * out. */
bool gx_compact_divide(gx_compact a, gx_compact b, gx_compact *quotient)
{
    if (b.mantissa == 0 || b.mantissa == INT64_MIN || a.mantissa == INT64_MIN)
        return false;
    if (a.mantissa == 0) {
        *quotient = (gx_compact){0, 0};
        return true;
    }
    bool is_negative = (a.mantissa < 0) != (b.mantissa < 0);
    int64_t dividend = a.mantissa < 0 ? -a.mantissa : a.mantissa;
    int64_t rest = b.mantissa < 0 ? -b.mantissa : b.mantissa;
    int twos = __builtin_ctzll((uint64_t)rest), fives = 0;
    rest >>= twos;
    for (; rest % 5 == 0; rest /= 5)
        fives++;
    if (rest != 1 && dividend % rest != 0)
        return false;
    dividend /= rest;
    int shared = __builtin_ctzll((uint64_t)dividend);
    shared = shared < twos ? shared : twos;
    dividend >>= shared;
    twos -= shared;
    for (; fives > 0 && dividend % 5 == 0; dividend /= 5)
        fives--;
    int decimals = twos > fives ? twos : fives;
    int scale = a.scale - b.scale + decimals;
    if (decimals > GX_COMPACT_SCALE || scale > GX_COMPACT_SCALE || scale < -GX_COMPACT_SCALE)
        return false;
    int64_t factor = twos > fives ? power_of(5, twos - fives) : power_of(2, fives - twos);
    if (__builtin_mul_overflow(dividend, factor, &dividend))
        return false;
    if (scale < 0 && __builtin_mul_overflow(dividend, gx_power_of_ten[-scale], &dividend))
        return false;
    for (; scale > 0 && dividend % 10 == 0; dividend /= 10)
        scale--;
    *quotient = (gx_compact){is_negative ? -dividend : dividend, scale < 0 ? 0 : scale};
    return true;
}

int gx_compact_compare(gx_compact a, gx_compact b)
{
    __int128 left = a.mantissa, right = b.mantissa;
    if (a.scale < b.scale)
        left *= gx_power_of_ten[b.scale - a.scale];
    else
        right *= gx_power_of_ten[a.scale - b.scale];
    return (left > right) - (left < right);
}

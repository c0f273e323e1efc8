/* What decimal.c and decimal_math.c share. */
#ifndef GX_BASE_DECIMAL_INTERNAL_H
#define GX_BASE_DECIMAL_INTERNAL_H

#include "base/decimal.h"

typedef unsigned __int128 uint128;

/* 10^exponent for 0 to 38. */
static inline uint128 gx_power_of_ten_wide(int exponent)
{
    uint64_t low = (uint64_t)gx_power_of_ten[exponent % 13];
    uint128 power = low;
    for (int i = exponent / 13; i > 0; i--)
        power *= UINT64_C(10000000000000) /* 10^13 */;
    return power;
}

#endif

#include "base/clock.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

static _Atomic int64_t offset_ms, virtual_ms; /* virtual: 0, the system's clock */
static void (*random_source)(void *bytes, size_t size);

gx_instant gx_clock_now(void)
{
    int64_t standing = atomic_load(&virtual_ms);
    if (standing)
        return standing;
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return (gx_instant)time.tv_sec * 1000 + time.tv_nsec / 1000000 + atomic_load(&offset_ms);
}

int64_t gx_clock_monotonic_ns(void)
{
    int64_t standing = atomic_load(&virtual_ms);
    if (standing)
        return standing * 1000000;
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int64_t gx_clock_monotonic_ms(void)
{
    return gx_clock_monotonic_ns() / 1000000;
}

void gx_clock_set_offset(int64_t milliseconds)
{
    atomic_store(&offset_ms, milliseconds);
}

void gx_clock_set_virtual(gx_instant now)
{
    atomic_store(&virtual_ms, now);
}

/* Days since 1970-01-01 to a civil date and back, proleptic Gregorian (after H. Hinnant's public derivation). */
static void civil_from_days(int64_t days, int64_t *year, int *month, int *day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153;
    *day = (int)(day_of_year - (153 * shifted + 2) / 5 + 1);
    *month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    *year = year_of_era + era * 400 + (*month <= 2);
}

static int64_t days_from_civil(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

enum { SHANGHAI_OFFSET_MS = 8 * 3600 * 1000 }; /* no daylight saving since 1991 */

gx_text gx_instant_write(gx_instant instant, char buffer[GX_INSTANT_SIZE])
{
    int64_t local = instant + SHANGHAI_OFFSET_MS;
    int64_t days = local / 86400000 - (local % 86400000 < 0);
    int64_t rest = local - days * 86400000;
    int64_t year;
    int month, day;
    civil_from_days(days, &year, &month, &day);
    int size = snprintf(buffer, GX_INSTANT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%03d+08:00", (int)year, month, day,
                        (int)(rest / 3600000), (int)(rest / 60000 % 60), (int)(rest / 1000 % 60), (int)(rest % 1000));
    return (gx_text){buffer, (size_t)size};
}

/* `count` digits at `*at`, or -1. */
static int digits(gx_text text, size_t *at, int count)
{
    int value = 0;
    for (int i = 0; i < count; i++, (*at)++) {
        if (*at >= text.size || text.bytes[*at] < '0' || text.bytes[*at] > '9')
            return -1;
        value = value * 10 + (text.bytes[*at] - '0');
    }
    return value;
}

static bool skip(gx_text text, size_t *at, char byte)
{
    if (*at >= text.size || text.bytes[*at] != byte)
        return false;
    (*at)++;
    return true;
}

bool gx_instant_parse(gx_text text, gx_instant *instant)
{
    static const int month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    size_t at = 0;
    int year = digits(text, &at, 4);
    if (year < 0 || !skip(text, &at, '-'))
        return false;
    int month = digits(text, &at, 2);
    if (month < 1 || month > 12 || !skip(text, &at, '-'))
        return false;
    int day = digits(text, &at, 2);
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (day < 1 || day > month_days[month - 1] + (month == 2 && is_leap))
        return false;
    int64_t day_ms = days_from_civil(year, month, day) * 86400000;
    if (at == text.size) {
        *instant = day_ms - SHANGHAI_OFFSET_MS;
        return true;
    }
    if (!skip(text, &at, 'T') && !skip(text, &at, ' '))
        return false;
    int hour = digits(text, &at, 2);
    if (hour < 0 || hour > 23 || !skip(text, &at, ':'))
        return false;
    int minute = digits(text, &at, 2);
    if (minute < 0 || minute > 59)
        return false;
    int second = 0, milli = 0;
    if (skip(text, &at, ':')) {
        second = digits(text, &at, 2);
        if (second < 0 || second > 60)
            return false;
        if (skip(text, &at, '.')) {
            int scale = 100;
            size_t start = at;
            while (at < text.size && text.bytes[at] >= '0' && text.bytes[at] <= '9') {
                milli += (text.bytes[at++] - '0') * scale;
                scale /= 10;
            }
            if (at == start)
                return false;
        }
    }
    int64_t offset = 0;
    if (!skip(text, &at, 'Z')) {
        bool is_behind = at < text.size && text.bytes[at] == '-';
        if (!is_behind && !(at < text.size && text.bytes[at] == '+'))
            return false;
        at++;
        int hours = digits(text, &at, 2);
        if (hours < 0 || hours > 14 || !skip(text, &at, ':'))
            return false;
        int minutes = digits(text, &at, 2);
        if (minutes < 0 || minutes > 59)
            return false;
        offset = (hours * 60 + minutes) * (is_behind ? -60000 : 60000);
    }
    if (at != text.size)
        return false;
    *instant = day_ms + ((hour * 60 + minute) * 60 + second) * (int64_t)1000 + milli - offset;
    return true;
}

void gx_random_bytes(void *bytes, size_t size)
{
    char *at = bytes;
    if (random_source) {
        random_source(bytes, size);
        return;
    }
    while (size > 0) {
        ssize_t got = getrandom(at, size, 0);
        if (got < 0)
            continue; /* EINTR: the only error getrandom knows without flags */
        at += got;
        size -= (size_t)got;
    }
}

void gx_random_set_source(void (*source)(void *bytes, size_t size))
{
    random_source = source;
}

gx_text gx_random_id(char buffer[GX_ID_SIZE])
{
    static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";
    unsigned char bytes[16];
    gx_random_bytes(bytes, sizeof bytes);
    uint64_t now = (uint64_t)gx_clock_now();
    for (int i = 0; i < 6; i++)
        bytes[i] = (unsigned char)(now >> (40 - 8 * i));
    /* 128 bits in 26 characters: the first carries 3 bits */
    unsigned __int128 value = 0;
    for (int i = 0; i < 16; i++)
        value = value << 8 | bytes[i];
    for (int i = 25; i >= 0; i--) {
        buffer[i] = alphabet[(unsigned)(value & 31)];
        value >>= 5;
    }
    buffer[26] = 0;
    return (gx_text){buffer, 26};
}

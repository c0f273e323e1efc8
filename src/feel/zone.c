/* A TZif file has a version 1 block with 32-bit times, which is skipped, then a version 2 block with 64-bit
 * times and, as a last line, a POSIX TZ string for what comes after the last transition. Everything is read
 * through (position, size) with checks: the file is input like any other. */
#include "feel/zone.h"
#include "feel/temporal.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    FILE_BYTES_MOST = 64 * 1024, /* the largest zone of the "fat" database is below 8 KiB */
    NAME_BYTES_MOST = 64,
    HEADER_BYTES = 44,
    TYPE_BYTES = 6,
};

typedef struct zone_data {
    const unsigned char *times, *indices, *types; /* of the 64-bit block */
    size_t time_count, type_count;
    gx_text rule;
} zone_data;

/* ---- Reading the file ---- */

static uint32_t read_32(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static int64_t read_64(const unsigned char *bytes)
{
    return (int64_t)((uint64_t)read_32(bytes) << 32 | read_32(bytes + 4));
}

/* Letters, digits, _ + - and single slashes inside: no way out of the folder. */
static bool is_name(gx_text name)
{
    if (name.size == 0 || name.size > NAME_BYTES_MOST)
        return false;
    char before = '/';
    for (size_t i = 0; i < name.size; i++) {
        char c = name.bytes[i];
        bool is_letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        bool is_other = (c >= '0' && c <= '9') || c == '_' || c == '+' || c == '-';
        if (!is_letter && !(before != '/' && (is_other || c == '/')))
            return false;
        before = c;
    }
    return before != '/';
}

static size_t read_file(gx_text name, unsigned char bytes[FILE_BYTES_MOST])
{
    char path[sizeof "/usr/share/zoneinfo/" + NAME_BYTES_MOST];
    if (!is_name(name))
        return 0;
    snprintf(path, sizeof path, "/usr/share/zoneinfo/%.*s", GX_PRINT(name));
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return 0;
    size_t size = 0;
    ssize_t got = 0;
    while (size < FILE_BYTES_MOST && (got = read(file, bytes + size, FILE_BYTES_MOST - size)) > 0)
        size += (size_t)got;
    close(file);
    return got < 0 ? 0 : size;
}

typedef struct block_counts {
    size_t utc_flags, standard_flags, leaps, times, types, characters;
} block_counts;

static bool read_header(const unsigned char *bytes, size_t size, block_counts *counts)
{
    if (size < HEADER_BYTES || memcmp(bytes, "TZif", 4) != 0 || bytes[4] < '2')
        return false;
    *counts = (block_counts){read_32(bytes + 20), read_32(bytes + 24), read_32(bytes + 28),
                             read_32(bytes + 32), read_32(bytes + 36), read_32(bytes + 40)};
    return counts->times < FILE_BYTES_MOST && counts->types < 256 && counts->types > 0 &&
           counts->characters < FILE_BYTES_MOST && counts->leaps < FILE_BYTES_MOST &&
           counts->utc_flags < 256 && counts->standard_flags < 256;
}

static size_t block_bytes(const block_counts *counts, size_t time_bytes)
{
    return counts->times * (time_bytes + 1) + counts->types * TYPE_BYTES + counts->characters +
           counts->leaps * (time_bytes + 4) + counts->standard_flags + counts->utc_flags;
}

static bool open_zone(gx_text name, unsigned char bytes[FILE_BYTES_MOST], zone_data *zone)
{
    size_t size = read_file(name, bytes);
    block_counts counts;
    if (!read_header(bytes, size, &counts))
        return false;
    size_t at = HEADER_BYTES + block_bytes(&counts, 4);
    if (at > size || !read_header(bytes + at, size - at, &counts))
        return false;
    at += HEADER_BYTES;
    size_t block = block_bytes(&counts, 8);
    if (block > size - at)
        return false;
    zone->times = bytes + at;
    zone->indices = zone->times + counts.times * 8;
    zone->types = zone->indices + counts.times;
    zone->time_count = counts.times;
    zone->type_count = counts.types;
    for (size_t i = 0; i < counts.times; i++)
        if (zone->indices[i] >= counts.types)
            return false;
    gx_text tail = gx_text_slice((gx_text){(const char *)bytes, size}, at + block, size);
    zone->rule = gx_text_trim(tail);
    return true;
}

static int32_t type_offset(const zone_data *zone, size_t type)
{
    return (int32_t)read_32(zone->types + type * TYPE_BYTES);
}

/* ---- The rule behind the last transition: std offset [dst [offset] , start [/time] , end [/time]] ---- */

typedef struct rule_date {
    char kind; /* 'M' month.week.day, 'J' day 1-365 without 29 February, 'n' day 0-365 */
    int month, week, day;
    int32_t seconds; /* after midnight, may be negative or beyond a day */
} rule_date;

typedef struct rule {
    int32_t standard, daylight; /* seconds east of UTC */
    bool has_daylight;
    rule_date start, end;
} rule;

typedef struct reader {
    gx_text text;
    size_t at;
} reader;

static char peek(const reader *r)
{
    return r->at < r->text.size ? r->text.bytes[r->at] : '\0';
}

static bool skip(reader *r, char byte)
{
    bool is_there = peek(r) == byte;
    r->at += is_there;
    return is_there;
}

static bool read_name(reader *r)
{
    size_t start = r->at;
    if (skip(r, '<')) {
        while (peek(r) && peek(r) != '>')
            r->at++;
        return skip(r, '>');
    }
    while ((peek(r) >= 'A' && peek(r) <= 'Z') || (peek(r) >= 'a' && peek(r) <= 'z'))
        r->at++;
    return r->at > start;
}

static bool read_int(reader *r, int *number)
{
    size_t start = r->at;
    *number = 0;
    while (peek(r) >= '0' && peek(r) <= '9' && r->at - start < 4)
        *number = *number * 10 + (r->text.bytes[r->at++] - '0');
    return r->at > start;
}

static bool read_clock(reader *r, int32_t *seconds)
{
    bool is_negative = skip(r, '-');
    if (!is_negative)
        skip(r, '+');
    int hours, minutes = 0, rest = 0;
    if (!read_int(r, &hours) || (skip(r, ':') && !read_int(r, &minutes)) ||
        (skip(r, ':') && !read_int(r, &rest)))
        return false;
    *seconds = hours * 3600 + minutes * 60 + rest;
    if (is_negative)
        *seconds = -*seconds;
    return true;
}

static bool read_rule_date(reader *r, rule_date *date)
{
    *date = (rule_date){.kind = 'n', .seconds = 2 * 3600};
    bool is_read;
    if (skip(r, 'M')) {
        date->kind = 'M';
        is_read = read_int(r, &date->month) && skip(r, '.') && read_int(r, &date->week) && skip(r, '.') &&
                  read_int(r, &date->day) && date->month >= 1 && date->month <= 12;
    } else {
        if (skip(r, 'J'))
            date->kind = 'J';
        is_read = read_int(r, &date->day);
    }
    return is_read && (!skip(r, '/') || read_clock(r, &date->seconds));
}

static bool read_rule(gx_text text, rule *out)
{
    reader r = {text, 0};
    int32_t west;
    *out = (rule){0};
    if (!read_name(&r) || !read_clock(&r, &west))
        return false;
    out->standard = -west;
    if (!peek(&r))
        return true;
    if (!read_name(&r))
        return false;
    out->daylight = out->standard + 3600;
    if (peek(&r) != ',') {
        if (!read_clock(&r, &west))
            return false;
        out->daylight = -west;
    }
    out->has_daylight = true;
    return skip(&r, ',') && read_rule_date(&r, &out->start) && skip(&r, ',') && read_rule_date(&r, &out->end);
}

/* The local second, on the clock before the change, at which the rule's date falls in a year. */
static int64_t rule_second(const rule_date *date, int32_t year)
{
    int64_t days = 0;
    if (date->kind == 'M') {
        gx_feel_date first = {year, (uint8_t)date->month, 1};
        int weekday = gx_weekday(first) % 7; /* 0 is Sunday */
        int day = 1 + (date->day - weekday + 7) % 7 + 7 * (date->week - 1);
        while (day > gx_days_in_month(year, date->month))
            day -= 7;
        days = gx_days_of_date(first) + day - 1;
    } else {
        days = gx_days_of_date((gx_feel_date){year, 1, 1}) + date->day;
        bool is_leap = gx_days_in_month(year, 2) == 29;
        if (date->kind == 'J')
            days += (is_leap && date->day >= 60) - 1;
    }
    return days * GX_DAY_SECONDS + date->seconds;
}

static int64_t floor_days(int64_t seconds)
{
    return seconds / GX_DAY_SECONDS - (seconds % GX_DAY_SECONDS < 0);
}

static int32_t rule_offset(const rule *r, int64_t instant)
{
    if (!r->has_daylight)
        return r->standard;
    int32_t year = gx_date_of_days(floor_days(instant + r->standard)).year;
    int64_t start = rule_second(&r->start, year) - r->standard;
    int64_t end = rule_second(&r->end, year) - r->daylight;
    bool is_daylight = start < end ? instant >= start && instant < end : instant >= start || instant < end;
    return is_daylight ? r->daylight : r->standard;
}

/* ---- Questions ---- */

static int32_t offset_at(const zone_data *zone, int64_t instant)
{
    size_t low = 0, high = zone->time_count; /* transitions at or before the instant */
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (read_64(zone->times + middle * 8) <= instant)
            low = middle + 1;
        else
            high = middle;
    }
    rule r;
    if (low == zone->time_count && zone->rule.size && read_rule(zone->rule, &r))
        return rule_offset(&r, instant);
    return type_offset(zone, low == 0 ? 0 : zone->indices[low - 1]);
}

bool gx_zone_exists(gx_text name)
{
    unsigned char bytes[FILE_BYTES_MOST];
    zone_data zone;
    return open_zone(name, bytes, &zone);
}

bool gx_zone_offset_at(gx_text name, int64_t instant, int32_t *offset)
{
    unsigned char bytes[FILE_BYTES_MOST];
    zone_data zone;
    if (!open_zone(name, bytes, &zone))
        return false;
    *offset = offset_at(&zone, instant);
    return true;
}

/* The offsets a day before and a day after hold every candidate: the one that maps the local time onto an
 * instant at which it is valid is the answer; before wins, so that the first of two equal readings is taken.
 */
bool gx_zone_offset_at_local(gx_text name, int64_t local, int32_t *offset)
{
    unsigned char bytes[FILE_BYTES_MOST];
    zone_data zone;
    if (!open_zone(name, bytes, &zone))
        return false;
    int32_t before = offset_at(&zone, local - GX_DAY_SECONDS),
            after = offset_at(&zone, local + GX_DAY_SECONDS);
    *offset = before;
    if (before != after && offset_at(&zone, local - before) != before &&
        offset_at(&zone, local - after) == after)
        *offset = after;
    return true;
}

bool gx_zone_standard_offset(gx_text name, int32_t *offset)
{
    unsigned char bytes[FILE_BYTES_MOST];
    zone_data zone;
    if (!open_zone(name, bytes, &zone))
        return false;
    rule r;
    if (zone.rule.size && read_rule(zone.rule, &r))
        *offset = r.standard;
    else
        *offset = type_offset(&zone, zone.time_count ? zone.indices[zone.time_count - 1] : 0);
    return true;
}

/* Calendar, comparison, arithmetic and properties of temporal values.
 *
 * Where an order or a difference is asked for, a value becomes a moment: seconds and nanoseconds on one line.
 * For values with an offset or zone the line is UTC, for local ones it is their own clock; a local and a
 * zoned value never meet (DMN 1.5, 10.3.2.3). A date that meets a date and time stands for its midnight UTC.
 * Dates become days by the usual era arithmetic: 400 years are 146,097 days, and a year that starts in March
 * has its leap day last. */
#include "feel/temporal.h"
#include "base/decimal.h"
#include "feel/zone.h"

enum { ERA_YEARS = 400, ERA_DAYS = 146097, DAYS_TO_1970 = 719468 };

typedef struct moment {
    int64_t seconds;
    uint32_t nanosecond;
    bool is_zoned;
} moment;

/* ---- The calendar ---- */

int64_t gx_days_of_date(gx_feel_date date)
{
    int64_t year = (int64_t)date.year - (date.month <= 2);
    int64_t era = (year >= 0 ? year : year - (ERA_YEARS - 1)) / ERA_YEARS;
    int64_t year_of_era = year - era * ERA_YEARS;
    int month_from_march = date.month + (date.month > 2 ? -3 : 9);
    int64_t day_of_year = (153 * month_from_march + 2) / 5 + date.day - 1;
    return era * ERA_DAYS + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           DAYS_TO_1970;
}

gx_feel_date gx_date_of_days(int64_t days)
{
    days += DAYS_TO_1970;
    int64_t era = (days >= 0 ? days : days - (ERA_DAYS - 1)) / ERA_DAYS;
    int64_t day_of_era = days - era * ERA_DAYS;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    int64_t month = month_from_march + (month_from_march < 10 ? 3 : -9);
    return (gx_feel_date){(int32_t)(year_of_era + era * ERA_YEARS + (month <= 2)), (uint8_t)month,
                          (uint8_t)(day_of_year - (153 * month_from_march + 2) / 5 + 1)};
}

int gx_days_in_month(int64_t year, int month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && is_leap ? 29 : days[month - 1];
}

bool gx_date_is_valid(int64_t year, int64_t month, int64_t day)
{
    return year >= -GX_YEAR_MOST && year <= GX_YEAR_MOST && month >= 1 && month <= 12 && day >= 1 &&
           day <= gx_days_in_month(year, (int)month);
}

int gx_weekday(gx_feel_date date)
{
    int64_t days = (gx_days_of_date(date) + 3) % 7; /* 1970-01-01 was a Thursday */
    return (int)(days < 0 ? days + 7 : days) + 1;
}

int gx_day_of_year(gx_feel_date date)
{
    return (int)(gx_days_of_date(date) - gx_days_of_date((gx_feel_date){date.year, 1, 1})) + 1;
}

int gx_week_of_year(gx_feel_date date)
{
    /* A week belongs to the year of its Thursday. */
    gx_feel_date thursday = gx_date_of_days(gx_days_of_date(date) + 4 - gx_weekday(date));
    return (gx_day_of_year(thursday) - 1) / 7 + 1;
}

bool gx_date_add_months(gx_feel_date date, int64_t months, gx_feel_date *sum)
{
    static const int64_t months_most = 2 * 12 * (int64_t)GX_YEAR_MOST; /* from the first year to the last */
    if (months > months_most || months < -months_most)
        return false;
    int64_t total = (int64_t)date.year * 12 + date.month - 1 + months;
    int64_t year = total / 12 - (total % 12 < 0);
    int month = (int)(total - year * 12) + 1;
    if (year < -GX_YEAR_MOST || year > GX_YEAR_MOST)
        return false;
    int last = gx_days_in_month(year, month);
    *sum = (gx_feel_date){(int32_t)year, (uint8_t)month, (uint8_t)(date.day > last ? last : date.day)};
    return true;
}

bool gx_date_add_days(gx_feel_date date, int64_t days, gx_feel_date *sum)
{
    static const gx_feel_date first = {-GX_YEAR_MOST, 1, 1}, last = {GX_YEAR_MOST, 12, 31};
    int64_t total;
    if (__builtin_add_overflow(gx_days_of_date(date), days, &total) || total < gx_days_of_date(first) ||
        total > gx_days_of_date(last))
        return false;
    *sum = gx_date_of_days(total);
    return true;
}

/* ---- Moments ---- */

static int64_t floor_divide(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

int32_t gx_seconds_of_time(const gx_feel_time *time)
{
    return time->hour * 3600 + time->minute * 60 + time->second;
}

bool gx_time_offset(const gx_feel_time *time, int32_t *offset)
{
    switch ((gx_zone_kind)time->zone_kind) {
    case GX_ZONE_NONE: return false;
    case GX_ZONE_OFFSET: *offset = time->offset; return true;
    case GX_ZONE_NAME: return gx_zone_standard_offset(time->zone, offset);
    }
    return false;
}

static int64_t local_seconds(const gx_feel_date_time *value)
{
    return gx_days_of_date(value->date) * GX_DAY_SECONDS + gx_seconds_of_time(&value->time);
}

bool gx_date_time_offset(const gx_feel_date_time *value, int32_t *offset)
{
    if (value->time.zone_kind == GX_ZONE_NAME)
        return gx_zone_offset_at_local(value->time.zone, local_seconds(value), offset);
    return gx_time_offset(&value->time, offset);
}

gx_feel_date_time gx_date_time_of_date(gx_feel_date date)
{
    return (gx_feel_date_time){.date = date, .time = {.zone_kind = GX_ZONE_OFFSET}};
}

static moment moment_of_date_time(const gx_feel_date_time *value)
{
    moment m = {local_seconds(value), value->time.nanosecond, false};
    int32_t offset;
    m.is_zoned = gx_date_time_offset(value, &offset);
    if (m.is_zoned)
        m.seconds -= offset;
    return m;
}

static moment moment_of_time(const gx_feel_time *value)
{
    moment m = {gx_seconds_of_time(value), value->nanosecond, false};
    int32_t offset;
    m.is_zoned = gx_time_offset(value, &offset);
    if (m.is_zoned)
        m.seconds -= offset;
    return m;
}

/* Of a date (as midnight UTC), time or date and time. */
static moment moment_of(gx_value value)
{
    if (value.kind == GX_TIME)
        return moment_of_time(value.time);
    if (value.kind == GX_DATE_TIME)
        return moment_of_date_time(value.date_time);
    gx_feel_date_time midnight = gx_date_time_of_date(value.date);
    return moment_of_date_time(&midnight);
}

/* ---- Comparison ---- */

static int compare(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

bool gx_temporal_order(gx_value a, gx_value b, int *order)
{
    if (a.kind != b.kind)
        return false;
    switch ((gx_kind)a.kind) {
    case GX_DATE: *order = compare(gx_days_of_date(a.date), gx_days_of_date(b.date)); return true;
    case GX_MONTHS_DURATION: *order = compare(a.months, b.months); return true;
    case GX_DAYS_DURATION:
        *order = a.seconds != b.seconds ? compare(a.seconds, b.seconds) : compare(a.size, b.size);
        return true;
    case GX_TIME:
    case GX_DATE_TIME: {
        moment left = moment_of(a), right = moment_of(b);
        if (left.is_zoned != right.is_zoned)
            return false;
        *order = compare(left.seconds, right.seconds);
        if (*order == 0)
            *order = compare(left.nanosecond, right.nanosecond);
        return true;
    }
    case GX_NULL:
    case GX_BOOLEAN:
    case GX_NUMBER:
    case GX_STRING:
    case GX_LIST:
    case GX_CONTEXT:
    case GX_RANGE:
    case GX_FUNCTION:
    case GX_KIND_COUNT: break;
    }
    return false;
}

/* Equality of times compares their second as a whole number (DMN 1.5, 10.3.2.3.4 and the table of equality).
 */
bool gx_temporal_equal(gx_value a, gx_value b)
{
    if (a.kind != b.kind)
        return false;
    if (a.kind == GX_TIME || a.kind == GX_DATE_TIME) {
        moment left = moment_of(a), right = moment_of(b);
        return left.is_zoned == right.is_zoned && left.seconds == right.seconds;
    }
    int order;
    return gx_temporal_order(a, b, &order) && order == 0;
}

static bool is_same_time(const gx_feel_time *a, const gx_feel_time *b)
{
    return gx_seconds_of_time(a) == gx_seconds_of_time(b) && a->nanosecond == b->nanosecond &&
           a->zone_kind == b->zone_kind && (a->zone_kind != GX_ZONE_OFFSET || a->offset == b->offset) &&
           (a->zone_kind != GX_ZONE_NAME || gx_text_equal(a->zone, b->zone));
}

bool gx_temporal_is_identical(gx_value a, gx_value b)
{
    if (a.kind != b.kind)
        return false;
    if (a.kind == GX_TIME)
        return is_same_time(a.time, b.time);
    if (a.kind == GX_DATE_TIME)
        return gx_days_of_date(a.date_time->date) == gx_days_of_date(b.date_time->date) &&
               is_same_time(&a.date_time->time, &b.date_time->time);
    return gx_temporal_equal(a, b);
}

/* ---- Arithmetic ---- */

/* The duration from b to a; null between local and zoned. */
static gx_value subtract_moments(gx_value a, gx_value b)
{
    moment left = moment_of(a), right = moment_of(b);
    if (left.is_zoned != right.is_zoned)
        return gx_value_null();
    return gx_value_days_duration(left.seconds - right.seconds, (int64_t)left.nanosecond - right.nanosecond);
}

static gx_value add_months(gx_arena *arena, gx_value a, int64_t months)
{
    if (a.kind == GX_DATE) {
        gx_feel_date sum;
        return gx_date_add_months(a.date, months, &sum) ? gx_value_date(sum) : gx_value_null();
    }
    if (a.kind != GX_DATE_TIME)
        return gx_value_null();
    gx_feel_date_time sum = *a.date_time;
    return gx_date_add_months(sum.date, months, &sum.date) ? gx_value_date_time(arena, sum) : gx_value_null();
}

static void set_clock(gx_feel_time *time, int64_t second_of_day)
{
    time->hour = (uint8_t)(second_of_day / 3600);
    time->minute = (uint8_t)(second_of_day / 60 % 60);
    time->second = (uint8_t)(second_of_day % 60);
}

static gx_value add_to_date_time(gx_arena *arena, const gx_feel_date_time *a, gx_value duration)
{
    gx_feel_date_time sum = *a;
    int32_t offset = 0;
    gx_date_time_offset(a, &offset);
    int64_t seconds;
    uint32_t nanosecond = a->time.nanosecond + duration.size;
    if (__builtin_add_overflow(local_seconds(a) - offset + nanosecond / GX_NANOSECONDS, duration.seconds,
                               &seconds))
        return gx_value_null();
    if (a->time.zone_kind == GX_ZONE_NAME)
        gx_zone_offset_at(a->time.zone, seconds, &offset);
    if (__builtin_add_overflow(seconds, offset, &seconds))
        return gx_value_null();
    int64_t days = floor_divide(seconds, GX_DAY_SECONDS);
    if (!gx_date_add_days((gx_feel_date){1970, 1, 1}, days, &sum.date))
        return gx_value_null();
    set_clock(&sum.time, seconds - days * GX_DAY_SECONDS);
    sum.time.nanosecond = nanosecond % GX_NANOSECONDS;
    return gx_value_date_time(arena, sum);
}

static gx_value add_days(gx_arena *arena, gx_value a, gx_value duration)
{
    if (a.kind == GX_DATE) {
        gx_feel_date sum;
        /* From midnight on: PT36H is one day, -PT1H the day before. */
        int64_t days = floor_divide(duration.seconds, GX_DAY_SECONDS);
        return gx_date_add_days(a.date, days, &sum) ? gx_value_date(sum) : gx_value_null();
    }
    if (a.kind == GX_DATE_TIME)
        return add_to_date_time(arena, a.date_time, duration);
    gx_feel_time sum = *a.time;
    uint32_t nanosecond = sum.nanosecond + duration.size;
    int64_t second =
        gx_seconds_of_time(&sum) + duration.seconds % GX_DAY_SECONDS + nanosecond / GX_NANOSECONDS;
    set_clock(&sum, (second + GX_DAY_SECONDS) % GX_DAY_SECONDS);
    sum.nanosecond = nanosecond % GX_NANOSECONDS;
    return gx_value_time(arena, sum);
}

static bool is_point(gx_value value)
{
    return value.kind == GX_DATE || value.kind == GX_TIME || value.kind == GX_DATE_TIME;
}

static bool is_duration(gx_value value)
{
    return value.kind == GX_DAYS_DURATION || value.kind == GX_MONTHS_DURATION;
}

gx_value gx_temporal_negate(gx_value duration)
{
    if (duration.kind == GX_MONTHS_DURATION && duration.months != INT64_MIN)
        return gx_value_months_duration(-duration.months);
    if (duration.kind == GX_DAYS_DURATION && duration.seconds != INT64_MIN)
        return gx_value_days_duration(-duration.seconds, -(int64_t)duration.size);
    return gx_value_null();
}

static gx_value add(gx_arena *arena, gx_value a, gx_value b)
{
    if (is_duration(a) && is_point(b)) {
        gx_value swapped = a;
        a = b;
        b = swapped;
    }
    int64_t sum;
    if (a.kind == GX_MONTHS_DURATION && b.kind == GX_MONTHS_DURATION)
        return __builtin_add_overflow(a.months, b.months, &sum) ? gx_value_null()
                                                                : gx_value_months_duration(sum);
    if (a.kind == GX_DAYS_DURATION && b.kind == GX_DAYS_DURATION)
        return __builtin_add_overflow(a.seconds, b.seconds, &sum)
                   ? gx_value_null()
                   : gx_value_days_duration(sum, (int64_t)a.size + b.size);
    if (is_point(a) && b.kind == GX_MONTHS_DURATION)
        return add_months(arena, a, b.months);
    if (is_point(a) && b.kind == GX_DAYS_DURATION)
        return add_days(arena, a, b);
    return gx_value_null();
}

static gx_value subtract(gx_arena *arena, gx_value a, gx_value b)
{
    if (is_point(a) && is_point(b) && (a.kind == GX_TIME) == (b.kind == GX_TIME))
        return subtract_moments(a, b);
    if (!is_duration(b) || (is_duration(a) && a.kind != b.kind))
        return gx_value_null();
    return add(arena, a, gx_temporal_negate(b));
}

static _Decimal128 decimal_of_duration(gx_value duration)
{
    if (duration.kind == GX_MONTHS_DURATION)
        return (_Decimal128)duration.months;
    return (_Decimal128)duration.seconds + (_Decimal128)duration.size / (_Decimal128)GX_NANOSECONDS;
}

/* Months are cut to whole ones, seconds to nanoseconds, both towards zero. */
static gx_value duration_of_decimal(gx_kind kind, _Decimal128 number)
{
    int64_t whole, fraction = 0;
    if (!gx_decimal_is_finite(number) ||
        !gx_decimal_to_int(gx_decimal_round(number, 0, GX_ROUND_DOWN), &whole))
        return gx_value_null();
    if (kind == GX_MONTHS_DURATION)
        return gx_value_months_duration(whole);
    _Decimal128 rest = (number - (_Decimal128)whole) * (_Decimal128)GX_NANOSECONDS;
    gx_decimal_to_int(gx_decimal_round(rest, 0, GX_ROUND_DOWN), &fraction);
    return gx_value_days_duration(whole, fraction);
}

static gx_value multiply(gx_value a, gx_value b)
{
    if (a.kind == GX_NUMBER) {
        gx_value swapped = a;
        a = b;
        b = swapped;
    }
    if (!is_duration(a) || b.kind != GX_NUMBER)
        return gx_value_null();
    return duration_of_decimal((gx_kind)a.kind, decimal_of_duration(a) * gx_value_to_decimal(b));
}

static gx_value divide(gx_arena *arena, gx_value a, gx_value b)
{
    if (!is_duration(a))
        return gx_value_null();
    if (b.kind == a.kind)
        return gx_value_decimal(arena, decimal_of_duration(a) / decimal_of_duration(b)); /* by zero: null */
    if (b.kind != GX_NUMBER)
        return gx_value_null();
    return duration_of_decimal((gx_kind)a.kind, decimal_of_duration(a) / gx_value_to_decimal(b));
}

gx_value gx_temporal_arithmetic(gx_arena *arena, char operator, gx_value a, gx_value b)
{
    switch (operator) {
    case '+': return add(arena, a, b);
    case '-': return subtract(arena, a, b);
    case '*': return multiply(a, b);
    case '/': return divide(arena, a, b);
    default: return gx_value_null();
    }
}

gx_value gx_temporal_months_between(gx_value from, gx_value to)
{
    gx_feel_date start = from.kind == GX_DATE ? from.date : from.date_time->date;
    gx_feel_date end = to.kind == GX_DATE ? to.date : to.date_time->date;
    int64_t months = ((int64_t)end.year - start.year) * 12 + end.month - start.month;
    /* A month counts when the day has been reached; the time of day and the offset do not matter. */
    if (months > 0 && end.day < start.day)
        months--;
    else if (months < 0 && end.day > start.day)
        months++;
    return gx_value_months_duration(months);
}

/* ---- Properties ---- */

static gx_value offset_property(bool has_offset, int32_t offset)
{
    return has_offset ? gx_value_days_duration(offset, 0) : gx_value_null();
}

static bool date_property(gx_feel_date date, gx_text name, gx_value *property)
{
    int64_t number;
    if (gx_text_equal(name, GX_TEXT("year")))
        number = date.year;
    else if (gx_text_equal(name, GX_TEXT("month")))
        number = date.month;
    else if (gx_text_equal(name, GX_TEXT("day")))
        number = date.day;
    else if (gx_text_equal(name, GX_TEXT("weekday")))
        number = gx_weekday(date);
    else
        return false;
    *property = gx_value_int(number);
    return true;
}

/* whole + nanoseconds / 10^9, without trailing zeros; below 2^63 / 10^9 as all seconds of a minute are. */
static gx_value seconds_value(int64_t whole, int64_t nanoseconds)
{
    if (nanoseconds == 0)
        return gx_value_int(whole);
    int64_t mantissa = whole * GX_NANOSECONDS + nanoseconds;
    int scale = 9;
    for (; mantissa % 10 == 0; mantissa /= 10)
        scale--;
    return gx_value_scaled(mantissa, scale);
}

static bool time_property(const gx_feel_time *time, gx_text name, gx_value *property)
{
    int32_t offset = 0;
    if (gx_text_equal(name, GX_TEXT("hour")))
        *property = gx_value_int(time->hour);
    else if (gx_text_equal(name, GX_TEXT("minute")))
        *property = gx_value_int(time->minute);
    else if (gx_text_equal(name, GX_TEXT("second")))
        *property = seconds_value(time->second, time->nanosecond);
    else if (gx_text_equal(name, GX_TEXT("time offset"))) {
        bool has_offset = gx_time_offset(time, &offset);
        *property = offset_property(has_offset, offset);
    } else if (gx_text_equal(name, GX_TEXT("timezone")))
        *property = time->zone_kind == GX_ZONE_NAME ? gx_value_text(time->zone) : gx_value_null();
    else
        return false;
    return true;
}

static bool days_property(gx_value duration, gx_text name, gx_value *property)
{
    bool is_negative = duration.seconds < 0;
    gx_value magnitude = is_negative ? gx_temporal_negate(duration) : duration;
    int64_t sign = is_negative ? -1 : 1, seconds = magnitude.seconds;
    if (magnitude.kind == GX_NULL)
        return false;
    if (gx_text_equal(name, GX_TEXT("days")))
        *property = gx_value_int(sign * (seconds / GX_DAY_SECONDS));
    else if (gx_text_equal(name, GX_TEXT("hours")))
        *property = gx_value_int(sign * (seconds / 3600 % 24));
    else if (gx_text_equal(name, GX_TEXT("minutes")))
        *property = gx_value_int(sign * (seconds / 60 % 60));
    else if (gx_text_equal(name, GX_TEXT("seconds")))
        *property = seconds_value(sign * (seconds % 60), sign * (int64_t)magnitude.size);
    else
        return false;
    return true;
}

bool gx_temporal_property(gx_arena *arena, gx_value temporal, gx_text name, gx_value *property)
{
    (void)arena; /* every property fits into the value itself */
    *property = gx_value_null();
    if (temporal.kind == GX_DATE)
        return date_property(temporal.date, name, property);
    if (temporal.kind == GX_TIME)
        return time_property(temporal.time, name, property);
    if (temporal.kind == GX_DATE_TIME) {
        const gx_feel_date_time *value = temporal.date_time;
        if (gx_text_equal(name, GX_TEXT("time offset"))) {
            int32_t offset = 0;
            bool has_offset = gx_date_time_offset(value, &offset);
            *property = offset_property(has_offset, offset);
            return true;
        }
        return date_property(value->date, name, property) || time_property(&value->time, name, property);
    }
    if (temporal.kind == GX_DAYS_DURATION)
        return days_property(temporal, name, property);
    if (temporal.kind != GX_MONTHS_DURATION)
        return false;
    if (gx_text_equal(name, GX_TEXT("years")))
        *property = gx_value_int(temporal.months / 12);
    else if (gx_text_equal(name, GX_TEXT("months")))
        *property = gx_value_int(temporal.months % 12);
    else
        return false;
    return true;
}

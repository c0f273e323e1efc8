/* service/limit.h: the clock of a case: what is used of its limits, when they end, and who must hear of it.
 * A case has two limits, the legal and the promised one; the promised one drives the lamp. Days are counted
 * from the day after acceptance; a day is used if at its 24:00 the clock ran (calendar/calendar.h).
 * Everything here is pure: stops and `now` come in. */
#ifndef GX_SERVICE_LIMIT_H
#define GX_SERVICE_LIMIT_H

#include "calendar/calendar.h"

typedef enum gx_lamp { GX_LAMP_GREEN, GX_LAMP_YELLOW, GX_LAMP_RED, GX_LAMP_GREY } gx_lamp;
const char *gx_lamp_name(gx_lamp lamp); /* "green", "yellow", "red", "grey" */

typedef struct gx_clock_terms {
    gx_instant accepted; /* 0: not accepted, nothing runs */
    gx_limit promised, legal;
    bool has_promised, has_legal; /* a matter may have no limit, or only one */
    int32_t extension;            /* working days added once by the head (行政许可法 42) */
    const gx_stop *stops;
    size_t stop_count;
} gx_clock_terms;

typedef struct gx_clock_reading {
    bool is_running, is_stopped, is_provisional, is_overdue;
    int32_t used, limit, left; /* of the promised limit (of the legal one if there is no other), in its unit;
                                  left < 0: overdue by so many */
    gx_instant due_promised, due_legal; /* 0: no such limit */
    int32_t legal_left;                 /* working days until the legal limit ends; INT32_MAX without one */
    int32_t permille; /* used / limit in thousandths; 0 for a limit of 0 that is not yet over */
    gx_lamp lamp;
    gx_instant next_change; /* when lamp or escalation can change if nothing else happens; INT64_MAX: never */
} gx_clock_reading;

gx_clock_reading gx_clock_read(const gx_calendar *calendar, const gx_clock_terms *terms, gx_instant now);

/* {"n": 5, "unit": "workday" | "day" | "immediate"} of a matter; false when it is null or absent. */
bool gx_limit_of_json(const gx_json *json, gx_limit *limit);
/* The instant of `hour` o'clock on the n-th working day after (n > 0) or before (n < 0) the day that ends at
 * or holds `from`; n = 0 is that day itself. */
gx_instant gx_limit_shift(const gx_calendar *calendar, gx_instant from, int32_t working_days, int32_t hour);
/* Quiet hours 21:00 to 08:00: the first instant from `wanted` on at which a message may ring. */
gx_instant gx_limit_not_quiet(gx_instant wanted);

#endif

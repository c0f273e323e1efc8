/* base/clock.h: the only place that asks the operating system for the time, and the only place for randomness.
 * Everything below service/ takes `now` by argument. Tools and tests can put a virtual clock in place of the system's. */
#ifndef GX_BASE_CLOCK_H
#define GX_BASE_CLOCK_H

#include "base/text.h"

typedef int64_t gx_instant; /* milliseconds since 1970-01-01T00:00:00Z */

/* Wall time, for law and records. */
gx_instant gx_clock_now(void);
/* Milliseconds that only grow, for timeouts. */
int64_t gx_clock_monotonic_ms(void);
/* Nanoseconds that only grow, for measuring. */
int64_t gx_clock_monotonic_ns(void);
/* The wall clock reads `offset_ms` more than the system's from now on (0 restores). For tests and `--clock`; thread-safe. */
void gx_clock_set_offset(int64_t offset_ms);

/* From now on wall and monotonic time stand at `now` until it is set again; 0: the system's clock. For the
 * simulator, whose time moves only when it says so. */
void gx_clock_set_virtual(gx_instant now);
/* RFC 3339 in Asia/Shanghai, "2026-11-23T17:00:00.000+08:00"; 30 bytes with the zero byte. Returns `buffer`. */
enum { GX_INSTANT_SIZE = 32 };
gx_text gx_instant_write(gx_instant instant, char buffer[GX_INSTANT_SIZE]);
/* RFC 3339 with any offset, or a date "2026-11-23" (its 00:00 in Asia/Shanghai). */
bool gx_instant_parse(gx_text text, gx_instant *instant);

/* Fills with random bytes from the system (getrandom), or from the simulator's generator. */
void gx_random_bytes(void *bytes, size_t size);
/* A generator in the system's place, for a simulation that can be repeated; NULL: the system's. Set it before
 * any other thread runs. */
void gx_random_set_source(void (*source)(void *bytes, size_t size));
/* A random id of 26 characters (Crockford base 32): 48 bits of time, then 80 random bits, so ids sort by age. */
enum { GX_ID_SIZE = 27 };
gx_text gx_random_id(char buffer[GX_ID_SIZE]);

#endif

/* feel/zone.h: offsets of named time zones, from the system's tz database (/usr/share/zoneinfo, TZif files,
 * RFC 8536). Nothing is cached: each question reads one small file (about 5 microseconds), so there is no
 * shared state and an updated database is seen at once. Instants behind the end of a file follow its rule
 * string (POSIX TZ). Safe on any thread. */
#ifndef GX_FEEL_ZONE_H
#define GX_FEEL_ZONE_H

#include "base/text.h"

/* Whether the database has the zone. Names are case-sensitive, such as "Asia/Shanghai" and "Etc/UTC". */
bool gx_zone_exists(gx_text name);
/* The offset in seconds east of UTC at an instant, in seconds since 1970-01-01T00:00:00Z. False for an
 * unknown zone. */
bool gx_zone_offset_at(gx_text name, int64_t instant, int32_t *offset);
/* The offset at a local time, in seconds since 1970-01-01T00:00:00 of the zone's own clock. A time that the
 * clock shows twice has the first, a time that it skips the earlier offset. */
bool gx_zone_offset_at_local(gx_text name, int64_t local, int32_t *offset);
/* The offset of today's standard time: what a time of day without a date is told in. */
bool gx_zone_standard_offset(gx_text name, int32_t *offset);

#endif

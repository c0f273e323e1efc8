/* service/outbox.h: what leaves the house. Rows of the outbox were written in the transaction of the act;
 * delivery happens afterwards, at least once, with the row's id as its idempotency key.
 *
 * A short message becomes one line of JSON in DATA/outbox/sms.jsonl: {"id", "receiver", "text", "at"}; the
 * zone's gateway picks it up there (docs/operations.md). The text is at most 70 characters and names nobody
 * but the case. */
#ifndef GX_SERVICE_OUTBOX_H
#define GX_SERVICE_OUTBOX_H

#include "service/zone.h"

/* Never on the writer's thread. A row that has been sent is left alone. */
bool gx_outbox_deliver(gx_zone *zone, int64_t id, gx_error *error);

#endif

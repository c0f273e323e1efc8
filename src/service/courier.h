/* service/courier.h: one thread that takes webhooks their messages: it follows the journal, takes what is
 * due, sends a few at a time (so that an address that does not answer holds up nobody else), and writes down
 * what became of it. What it has taken and not settled, because it died, is tried again a minute later; so a
 * message may arrive twice, with the same id. */
#ifndef GX_SERVICE_COURIER_H
#define GX_SERVICE_COURIER_H

#include "service/zone.h"

typedef struct gx_courier gx_courier;

/* NULL when there is no memory for it. */
gx_courier *gx_courier_start(gx_zone *zone);
/* What is on its way is broken off: it will be sent again. NULL is allowed. */
void gx_courier_stop(gx_courier *courier);

#endif

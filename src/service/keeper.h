/* service/keeper.h: old cases leave the store by themselves: once a day a thread of the server moves what
 * long-finished ones left behind into an archive (service/prune.h), a case at a time, with pauses, so that
 * nobody waits for it. Of several servers on one database one does it, into its own data folder. */
#ifndef GX_SERVICE_KEEPER_H
#define GX_SERVICE_KEEPER_H

#include "service/zone.h"

typedef struct gx_keeper gx_keeper;

/* Cases whose last act is more than `days` ago go into DATA/archive/cases-YEAR.jsonl. NULL when there is no
 * memory for it. */
gx_keeper *gx_keeper_start(gx_zone *zone, int64_t days);
/* Ends behind the case at hand. NULL is allowed. */
void gx_keeper_stop(gx_keeper *keeper);

#endif

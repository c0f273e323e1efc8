/* service/prune.h: what long-finished cases leave behind goes into an archive, so that the store stays the
 * size of the work at hand. Of a case stay its row (number, matter, state, dates), its permits, letters,
 * opinions, stops and promises, and the audit chain; its variables, journal, tasks, decisions and instances
 * are written to the archive as one line of JSON, synced, and then deleted in commands of a bounded number of
 * rows. Interrupted anywhere, it is run again: a case can stand in the archive twice, with equal content. */
#ifndef GX_SERVICE_PRUNE_H
#define GX_SERVICE_PRUNE_H

#include "service/zone.h"

#include <stdio.h>

enum { GX_PRUNE_ROWS = 500 }; /* deleted by one command: a few milliseconds */

typedef struct gx_prune {
    gx_instant before;              /* cases whose last act was earlier */
    FILE *archive;                  /* NULL: nothing is changed, only counted */
    const char *name;               /* of the archive, for the audit chain */
    uint32_t pause_ms;              /* between commands: for other work on the same database */
    int64_t from;                   /* cases up to this id have been archived; brought up to date */
    bool (*is_over)(void *context); /* asked between cases whether to end early; NULL: never */
    void *context;
    int64_t cases, rows, commands; /* what was done, or would be */
} gx_prune;

/* A case is finished when its state is a closing one, all its instances have ended and no promise of it is
 * open. Not for the writer's thread. */
bool gx_prune_run(gx_zone *zone, gx_prune *prune, gx_error *error);

#endif

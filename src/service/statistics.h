/* service/statistics.h: which versions of processes run and have ended. How often and how long each element was
 * at work: service/heat.h. Only reads, in a read of the store. */
#ifndef GX_SERVICE_STATISTICS_H
#define GX_SERVICE_STATISTICS_H

#include "service/zone.h"

typedef struct gx_process_counts {
    gx_text process;
    int64_t version;
    int64_t running, ended, incidents; /* instances; open incidents */
} gx_process_counts;

/* One row for each version that has instances among the newest GX_LIMIT_STATISTICS_INSTANCES, or incidents.
 */
bool gx_statistics_counts(gx_db *db, gx_arena *arena, gx_process_counts **counts, size_t *count,
                          gx_error *error);

#endif

/* service/statistics.h: how processes have gone: what runs, what has ended, and, from the journal, how often
 * each element of a process was entered and how long it kept what came in.
 *
 * Nothing is counted while cases are worked on: a step writes what it must and no more. Figures are made when
 * somebody asks, from the newest part of the store, whose size is bounded (GX_LIMIT_STATISTICS_STEPS), so a
 * question costs the same in a zone of any age. All functions only read and run in a read of the store. */
#ifndef GX_SERVICE_STATISTICS_H
#define GX_SERVICE_STATISTICS_H

#include "service/zone.h"

typedef struct gx_node_figures {
    int64_t entered, left;
    int64_t stays;             /* of known length: begun and ended within the period */
    int64_t median_ms, p90_ms; /* of them; 0 when there are none */
    int64_t total_ms;
} gx_node_figures;

typedef struct gx_process_figures {
    gx_node_figures *nodes; /* by index in the process */
    int64_t *flows;         /* times taken, by index */
    int64_t steps;          /* journal rows looked at */
    bool is_partial;        /* the period has more steps than are looked at: these are the newest */
} gx_process_figures;

/* What happened from `from` on to instances of exactly this version. While several tokens are in an element
 * its stay is counted from the first that came. */
bool gx_statistics_process(gx_db *db, gx_arena *arena, const gx_definition *definition, gx_instant from,
                           gx_process_figures *figures, gx_error *error);

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

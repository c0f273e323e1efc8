/* service/heat.h: the heat of processes: how often each element was entered and how long it kept what came
 * in.
 *
 * Nothing is counted while cases are worked on: a step writes its journal row and no more. Behind it the
 * journal is counted in slices, a row of table `heat` for each version of a process and day; so a question
 * costs days, not steps. A slice is read outside of the writer and written in one transaction together with
 * the cursor: a server that dies in between has counted nothing, and of two servers one counts.
 *
 * Times are kept in classes, 32 to a doubling: a median or a 90 % is right to 1.6 %. */
#ifndef GX_SERVICE_HEAT_H
#define GX_SERVICE_HEAT_H

#include "calendar/calendar.h"
#include "service/zone.h"

typedef struct gx_node_figures {
    int64_t entered, left;
    int64_t stays;             /* that ended within the period, wherever they began */
    int64_t median_ms, p90_ms; /* of them; 0 when there are none */
    int64_t total_ms;
} gx_node_figures;

typedef struct gx_process_figures {
    gx_node_figures *nodes; /* by index in the process */
    int64_t *flows;         /* times taken, by index */
    bool is_partial;        /* the journal has steps that are not counted yet */
} gx_process_figures;

/* What happened from the day `from` on to instances while they were of exactly this version. While several
 * tokens are in an element its stay is counted from the first that came. Reads only. */
bool gx_heat_read(gx_db *db, gx_arena *arena, const gx_definition *definition, gx_day from,
                  gx_process_figures *figures, gx_error *error);

/* Counts the next slice of the journal. *is_behind: there is more that can be counted at once. Never on the
 * writer's thread; any other, any number of servers. */
bool gx_heat_follow(gx_zone *zone, bool *is_behind, gx_error *error);

#endif

/* service/scheduler.h: what happens without anybody asking: timers, clocks, promises, jobs with retries, old
 * messages. One thread sleeps until the next thing is due (found by index, never by a scan) or until it is
 * woken; workers run jobs outside the writer. Everything due is in the store, so nothing is lost with the
 * process; a job whose process died runs again. */
#ifndef GX_SERVICE_SCHEDULER_H
#define GX_SERVICE_SCHEDULER_H

#include "service/zone.h"

typedef struct gx_scheduler gx_scheduler;

gx_scheduler *gx_scheduler_start(gx_zone *zone);
void gx_scheduler_stop(gx_scheduler *scheduler); /* NULL is allowed */
/* From inside a command: something new is due; after its commit the thread looks. `db` NULL: now (the clock
 * was moved). */
void gx_scheduler_wake(gx_db *db);
/* The same for what is due only then: a thread that will look before that sleeps on. */
void gx_scheduler_wake_at(gx_db *db, gx_instant at);
/* Runs everything that is due now, jobs too, on the calling thread, until nothing is left; for tests and
 * tools. Never on the writer's thread. `done` counts. */
bool gx_scheduler_run_due(gx_zone *zone, int64_t *done, gx_error *error);

#endif

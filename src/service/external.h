/* service/external.h: service tasks that programs outside the house do (gx:mode="external", gx:topic). The
 * token waits; a worker fetches the task and holds it for a while; its answer is a command like any other.
 * Whoever lets a lock run out loses it to the next who asks, so a task is done at least once. */
#ifndef GX_SERVICE_EXTERNAL_H
#define GX_SERVICE_EXTERNAL_H

#include "service/instance.h"

typedef struct gx_external {
    int64_t id, instance, retries; /* retries -1: nobody has failed yet */
    uint32_t key;
    gx_text case_number, element, topic, inputs, worker, failure; /* inputs: a JSON object */
    gx_instant created_at, locked_until;
} gx_external;

/* effects.c: the token waits for a worker. */
bool gx_external_create(gx_work *work, const gx_case *of, int64_t instance, uint32_t key, gx_text element,
                        gx_text topic, gx_text inputs, gx_error *error);
/* Locks up to `most` tasks of the topic that nobody holds, the longest waiting first. Those of held cases
 * wait. */
bool gx_external_fetch(gx_work *work, gx_text topic, gx_text worker, int64_t lock_ms, size_t most,
                       gx_external *found, size_t *count, gx_error *error);
/* Answers; the worker must hold the lock, or have held it last: "external.absent", "external.lock". */
bool gx_external_complete(gx_work *work, int64_t id, gx_text worker, gx_value variables, gx_error *error);
/* retries > 0: again after `pause_ms`. 0: an incident of the step. */
bool gx_external_fail(gx_work *work, int64_t id, gx_text worker, gx_text message, int64_t retries,
                      int64_t pause_ms, gx_error *error);
/* A BPMN error: a boundary event may catch it; uncaught it is an incident. */
bool gx_external_raise(gx_work *work, int64_t id, gx_text worker, gx_text code, gx_text message,
                       gx_error *error);
bool gx_external_extend(gx_work *work, int64_t id, gx_text worker, int64_t lock_ms, gx_error *error);
/* Gives it back; an empty worker means whoever holds it. */
bool gx_external_unlock(gx_work *work, int64_t id, gx_text worker, gx_error *error);
/* Waits until a task has been created since `seen` was read, at most `ms`; for workers' long polls, never on
 * the writer's thread. */
uint64_t gx_external_seen(void);
void gx_external_wait(uint64_t seen, int64_t ms);

#endif

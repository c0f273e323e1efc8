/* service/external.h: service tasks that programs outside the house do (gx:mode="external", gx:topic). The
 * token waits; a worker fetches the task and holds it for a while; its answer is a command like any other.
 * Whoever lets a lock run out loses it to the next who asks, so a task is done at least once. */
#ifndef GX_SERVICE_EXTERNAL_H
#define GX_SERVICE_EXTERNAL_H

#include "service/variable_filter.h"

typedef struct gx_external {
    int64_t id, instance, retries; /* retries -1: nobody has failed yet; 0: an incident, nobody fetches it */
    int64_t priority, process_version;
    uint32_t key;
    gx_text case_number, business_key, process, element, topic, inputs, worker,
        failure; /* inputs: a JSON object */
    gx_instant created_at, locked_until;
} gx_external;

/* effects.c: the token waits for a worker. */
bool gx_external_create(gx_work *work, const gx_case *of, int64_t instance, uint32_t key, gx_text element,
                        gx_text topic, gx_text inputs, gx_error *error);

typedef struct gx_external_wish {
    gx_text topic, worker;
    int64_t lock_ms;
    bool by_priority; /* the most urgent first; else the longest waiting */
    /* empty or NULL: any */
    const gx_json *processes; /* an array of keys */
    gx_text business_key;
    int64_t process_version;
    const gx_variable_condition *conditions;
    size_t condition_count;
} gx_external_wish;
/* For conditions on variables that are not declared, at most GX_LIMIT_VARIABLE_FETCH_ROWS tasks are looked at:
 * "case.search.undeclared".
 * Locks up to `most` tasks of the topic that nobody holds. Those of held cases wait. Adds to *count. */
bool gx_external_fetch(gx_work *work, const gx_external_wish *wish, size_t most, gx_external *found,
                       size_t *count, gx_error *error);
/* When the next lock on a task of the topic runs out; INT64_MAX: none is held. */
bool gx_external_next(gx_work *work, gx_text topic, gx_instant *at, gx_error *error);
/* What requests that wait for tasks of the topic are stirred by: after each commit that makes one free, the
 * zone's listener is told "external" with the topic as its id. */
uint64_t gx_external_subject(gx_text topic);

/* Answers; the worker must hold the lock, or have held it last: "external.absent", "external.lock". `locals`
 * are seen by the step's output mappings only. */
bool gx_external_complete(gx_work *work, int64_t id, gx_text worker, gx_value variables, gx_value locals,
                          gx_error *error);
typedef struct gx_external_failure {
    gx_text message, details;
    int64_t retries, pause_ms; /* retries > 0: again after the pause. 0: an incident of the step */
} gx_external_failure;
bool gx_external_fail(gx_work *work, int64_t id, gx_text worker, const gx_external_failure *failure,
                      gx_error *error);
/* A BPMN error: a boundary event may catch it; uncaught it is an incident. `variables` are set before. */
bool gx_external_raise(gx_work *work, int64_t id, gx_text worker, gx_text code, gx_text message,
                       gx_value variables, gx_error *error);
bool gx_external_extend(gx_work *work, int64_t id, gx_text worker, int64_t lock_ms, gx_error *error);
/* Gives it back; an empty worker means whoever holds it. */
bool gx_external_unlock(gx_work *work, int64_t id, gx_text worker, gx_error *error);
/* By administrators: more retries solve the incident of a task that has none left, which can be fetched again
 * under its id; none left makes it an incident. */
bool gx_external_set_retries(gx_work *work, int64_t id, int64_t retries, gx_error *error);
bool gx_external_set_priority(gx_work *work, int64_t id, int64_t priority, gx_error *error);

#endif

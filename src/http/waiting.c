/* Requests that are answered when something has happened: long polls. Thousands may wait at once, so none of
 * them holds a thread, and of those that wait for the same only one is tried for each thing that happens.
 *
 *     attempt (a command of the store) -> answered
 *        ^                             -> parked: in the list, the connection suspended
 *        |                                  | stirred, or `again`, or the end of its patience
 *        +----------------------------------+  the one thread of this file submits the next attempt
 *
 * Nothing is missed between an attempt and the parking: each stir has a number, kept by its subject's slot,
 * and whoever parks with a slot stirred after the attempt began is tried again at once. */
#include "http/internal.h"
#include "base/clock.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

enum {
    SLOTS = 1024,  /* two subjects in one slot cost an attempt in vain, no more */
    AT_ONCE = 64,  /* attempts submitted in one go, so that a thousand impatient ones hold nobody up */
    BREATH_MS = 5, /* between two goes */
    SLEEP_MOST_MS = 60000
};

struct waiting {
    gx_server *server;
    pthread_mutex_t mutex; /* of what follows */
    pthread_cond_t has_changed;
    pthread_t thread;
    exchange *first, **end; /* the longest waiting first */
    uint64_t stirs, stirred[SLOTS];
    bool is_stopping;
};

static bool attempt(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    exchange *e = context;
    gx_reply_begin(&e->reply, &e->arena); /* it may be run again */
    e->error = (gx_error){0};
    e->request.scratch = arena;
    if (gx_exchange_run(e, db))
        return true;
    *error = e->error;
    return false;
}

static void submit(exchange *e);

static bool was_stirred(const struct waiting *w, const exchange *e)
{
    for (size_t i = 0; i < e->wait.subject_count; i++)
        if (w->stirred[e->wait.subjects[i] % SLOTS] > e->seen)
            return true;
    return false;
}

static void attempted(void *context, bool is_done, const gx_error *error)
{
    exchange *e = context;
    struct waiting *w = e->server->waiting;
    if (!is_done) {
        e->has_failed = true;
        e->error = *error;
    }
    if (!is_done || !e->reply.wait) {
        gx_exchange_done(e);
        return;
    }
    e->wait = *e->reply.wait;
    e->next_waiting = NULL;
    pthread_mutex_lock(&w->mutex);
    bool is_parked = !w->is_stopping; /* then nobody would look at the list any more */
    if (is_parked) {
        e->is_stirred = was_stirred(w, e);
        *w->end = e;
        w->end = &e->next_waiting;
        pthread_cond_signal(&w->has_changed);
    }
    pthread_mutex_unlock(&w->mutex);
    if (is_parked)
        return;
    e->request.is_last_attempt = true;
    submit(e);
}

static void submit(exchange *e)
{
    gx_store_submit(e->server->options.store, attempt, attempted, e);
}

void gx_waiting_begin(exchange *e)
{
    struct waiting *w = e->server->waiting;
    pthread_mutex_lock(&w->mutex);
    e->seen = w->stirs;
    e->request.is_last_attempt = w->is_stopping;
    pthread_mutex_unlock(&w->mutex);
    submit(e);
}

void gx_server_stir(gx_server *server, uint64_t subject)
{
    struct waiting *w = server->waiting;
    pthread_mutex_lock(&w->mutex);
    w->stirred[subject % SLOTS] = ++w->stirs;
    bool is_found = false;
    for (exchange *e = w->first; e && !is_found; e = e->next_waiting)
        for (size_t i = 0; i < e->wait.subject_count && !is_found && !e->is_stirred; i++)
            if (e->wait.subjects[i] == subject)
                e->is_stirred = is_found = true;
    if (is_found)
        pthread_cond_signal(&w->has_changed);
    pthread_mutex_unlock(&w->mutex);
}

/* Nobody is at the other end any more: what an attempt would find would be lost. */
static bool has_gone(const exchange *e)
{
    char byte;
    return e->line && recv(e->line->socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

/* Takes out of the list what is due, at most AT_ONCE, and says when the next is. Under the mutex. */
static exchange *take_due(struct waiting *w, int64_t now, int64_t *next_ms, size_t *count)
{
    exchange *due = NULL, **due_end = &due;
    *count = 0;
    *next_ms = now + SLEEP_MOST_MS;
    w->end = &w->first;
    for (exchange *e = w->first, *next; e; e = next) {
        next = e->next_waiting;
        bool is_over = w->is_stopping || now >= e->wait.until_ms;
        bool is_due = is_over || e->is_stirred || now >= e->wait.again_ms;
        if (is_due && *count < AT_ONCE) {
            e->request.is_last_attempt = is_over;
            e->seen = w->stirs;
            e->next_waiting = NULL;
            *due_end = e;
            due_end = &e->next_waiting;
            (*count)++;
            continue;
        }
        int64_t at = is_due                                ? now + BREATH_MS
                     : e->wait.again_ms < e->wait.until_ms ? e->wait.again_ms
                                                           : e->wait.until_ms;
        *next_ms = at < *next_ms ? at : *next_ms;
        *w->end = e;
        w->end = &e->next_waiting;
    }
    *w->end = NULL;
    return due;
}

/* What has stirred it is somebody else's now. */
static void give_up(exchange *e)
{
    for (size_t i = 0; i < e->wait.subject_count && e->is_stirred; i++)
        gx_server_stir(e->server, e->wait.subjects[i]);
    gx_exchange_fail_and_close(e, "http.gone", (gx_text){"", 0});
    gx_exchange_done(e);
}

static void *wait_for_ever(void *context)
{
    struct waiting *w = context;
    pthread_setname_np(pthread_self(), "gx-waiting");
    pthread_mutex_lock(&w->mutex);
    while (!w->is_stopping || w->first) {
        int64_t next_ms;
        size_t count;
        exchange *due = take_due(w, gx_clock_monotonic_ms(), &next_ms, &count);
        if (!due) {
            struct timespec until = {.tv_sec = next_ms / 1000, .tv_nsec = next_ms % 1000 * 1000000};
            pthread_cond_timedwait(&w->has_changed, &w->mutex, &until);
            continue;
        }
        pthread_mutex_unlock(&w->mutex);
        for (exchange *e = due, *next; e; e = next) {
            next = e->next_waiting;
            if (has_gone(e))
                give_up(e);
            else
                submit(e);
        }
        if (count == AT_ONCE)
            nanosleep(&(struct timespec){0, BREATH_MS * 1000000}, NULL);
        pthread_mutex_lock(&w->mutex);
    }
    pthread_mutex_unlock(&w->mutex);
    return NULL;
}

bool gx_waiting_start(gx_server *server)
{
    struct waiting *w = calloc(1, sizeof *w);
    pthread_condattr_t monotonic;
    if (!w)
        return false;
    server->waiting = w;
    w->server = server;
    w->end = &w->first;
    pthread_mutex_init(&w->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w->has_changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&w->thread, NULL, wait_for_ever, w) == 0)
        return true;
    free(w);
    server->waiting = NULL;
    return false;
}

void gx_waiting_stop(gx_server *server)
{
    struct waiting *w = server->waiting;
    if (!w)
        return;
    pthread_mutex_lock(&w->mutex);
    w->is_stopping = true;
    pthread_cond_signal(&w->has_changed);
    pthread_mutex_unlock(&w->mutex);
    pthread_join(w->thread, NULL);
}

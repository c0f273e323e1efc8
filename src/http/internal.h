/* http/internal.h: what the files of http/ share.
 *   gate.c     what is refused before anything else
 *   server.c   connections, dispatching, sending
 *   reply.c    replies and problem answers
 *   events.c   server-sent events
 *   figures.c  counters and /metrics
 *   openapi.c  the API's description */
#ifndef GX_HTTP_INTERNAL_H
#define GX_HTTP_INTERNAL_H

#include "http/http.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

enum { LATENCY_BUCKETS = 9, STATUS_CLASSES = 6, WORKERS = 4, WORK_MOST = 64, CONNECTIONS_MOST = 15000 };

typedef struct route_figures {
    _Atomic uint64_t by_class[STATUS_CLASSES]; /* 1xx to 5xx */
    _Atomic uint64_t buckets[LATENCY_BUCKETS + 1];
    _Atomic uint64_t total_us;
} route_figures;

typedef struct exchange exchange;
typedef struct line line; /* one TCP connection, for the deadlines */

struct line {
    line *before, *after;
    int socket;
    int64_t deadline_ms; /* monotonic; 0: none (a request is at work) */
};

struct gx_server {
    gx_server_options options;
    struct MHD_Daemon *daemon;
    route_figures *figures; /* one per route, then one for everything else */
    _Atomic uint64_t refused_at_gate;
    pthread_mutex_t mutex;
    line *lines;
    /* work for SLOW and UPLOAD routes */
    pthread_t workers[WORKERS], sweeper;
    pthread_cond_t has_work;
    exchange *first_work, *last_work;
    uint32_t work_count;
    bool is_stopping;
    /* events */
    pthread_mutex_t event_mutex;
    struct listener *listeners;
    _Atomic uint64_t event_number;
};

typedef enum exchange_phase { PHASE_READING, PHASE_WORKING, PHASE_DONE, PHASE_SENT } exchange_phase;

struct exchange {
    gx_server *server;
    struct MHD_Connection *connection;
    line *line;
    gx_arena arena;
    gx_request request;
    gx_reply reply;
    gx_error error;
    _Atomic int phase;
    char *target; /* raw, with the query */
    bool has_begun, has_failed, must_close, is_head;
    int gate_status; /* 0: passed */
    const gx_asset *asset;
    gx_buffer body;
    size_t body_most;
    int upload_file;
    void *upload_digest;
    int64_t begun_ns;
    exchange *next_work;
    gx_text idempotency_key;
    char digest[65];
};

/* gate.c: 0 when the request may pass; else the status to answer, after which the connection is closed. */
int gx_gate_check(struct MHD_Connection *connection, const char *method, const char *target, const char *version);

/* reply.c */
void gx_reply_begin(gx_reply *reply, gx_arena *arena);
void gx_reply_problem(gx_request *request, gx_reply *reply, const gx_error *error);
struct MHD_Response *gx_reply_make(exchange *e);

/* figures.c */
void gx_figures_note(gx_server *server, const gx_route *route, int status, int64_t elapsed_ns);
void gx_figures_write(gx_server *server, gx_buffer *buffer);

/* events.c */
struct MHD_Response *gx_events_response(gx_server *server, struct MHD_Connection *connection);
void gx_events_beat(gx_server *server);
void gx_events_close(gx_server *server);

/* idempotency.c: inside the writer's transaction. `replayed` is set when an earlier answer was given again. */
bool gx_idempotency_find(exchange *e, gx_db *db, bool *replayed, gx_error *error);
bool gx_idempotency_keep(exchange *e, gx_db *db, gx_error *error);

#endif

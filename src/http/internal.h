/* http/internal.h: what the files of http/ share.
 *   lines.c        connections and their deadlines
 *   gate.c         what is refused before anything else (gate.h)
 *   head.c         from a request's head to its route: rights, cross-site checks
 *   body.c         bodies: JSON, uploads
 *   server.c       the life of an exchange; threads
 *   request.c, reply.c   what handlers read and write; problem answers
 *   idempotency.c  the same request sent twice
 *   waiting.c      requests that are answered when something has happened
 *   bucket.c, target.c   pure helpers with headers of their own
 *   events.c       server-sent events
 *   figures.c      counters and /metrics
 *   openapi.c      the API's description */
#ifndef GX_HTTP_INTERNAL_H
#define GX_HTTP_INTERNAL_H

#include "http/bucket.h"
#include "http/http.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

enum {
    LATENCY_BUCKETS = 9,
    STATUS_CLASSES = 6,
    WORKERS = 4,
    WORK_MOST = 64,
    CONNECTIONS_MOST = 15000,
    DIGEST_HEX = 65
};

/* A head has ten seconds, all together; a body ten seconds and one more for each KiB that has come; an answer
 * a minute and a second for each 16 KiB; a connection without a request a minute. */
enum {
    HEAD_MS = 10000,
    BODY_MS = 10000,
    BODY_BYTES_A_SECOND = 1024,
    SEND_MS = 60000,
    SEND_BYTES_A_SECOND = 16 * 1024,
    IDLE_MS = 60000
};

typedef struct route_figures {
    _Atomic uint64_t by_class[STATUS_CLASSES]; /* 1xx to 5xx */
    _Atomic uint64_t buckets[LATENCY_BUCKETS + 1];
    _Atomic uint64_t total_us;
} route_figures;

typedef struct exchange exchange;
typedef struct line line; /* one TCP connection */

struct line {
    line *before, *after;
    int socket;
    _Atomic int64_t deadline_ms; /* monotonic; 0: none, because the server is at work */
};

struct gx_server {
    gx_server_options options;
    struct MHD_Daemon *daemon;
    route_figures *figures; /* one per route, then one for everything else */
    _Atomic uint64_t refused_at_gate;
    uint64_t keeps;        /* idempotency records written; only the writer's thread counts */
    pthread_mutex_t mutex; /* of what follows */
    line *lines;
    uint32_t line_count;
    uint64_t late_count; /* connections shut at their deadline */
    gx_buckets *buckets;
    /* work for SLOW and UPLOAD routes */
    pthread_t workers[WORKERS], sweeper;
    pthread_cond_t has_work;
    exchange *first_work, *last_work;
    uint32_t work_count;
    bool is_stopping;
    struct waiting *waiting; /* waiting.c */
    /* events */
    pthread_mutex_t event_mutex;
    struct listener *listeners;
    _Atomic uint64_t event_number;
};

/* READING: the body is coming. WORKING: somebody else has it, the connection is suspended. DONE: the reply is
 * ready. */
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
    const gx_asset *asset;
    gx_buffer body;
    size_t body_most;
    int upload_file;
    void *upload_digest;
    int64_t begun_ns;
    exchange *next_work, *next_waiting;
    gx_wait wait;  /* what it waits for */
    uint64_t seen; /* stirs before its attempt began */
    bool is_stirred;
    gx_text idempotency_key;
};

/* lines.c. A deadline counts from now on; 0 takes it away. `line` may be NULL. */
line *gx_line_of(struct MHD_Connection *connection);
void gx_line_deadline(line *line, int64_t ms);
void gx_line_note(void *server, struct MHD_Connection *connection, void **kept,
                  enum MHD_ConnectionNotificationCode code);
void *gx_line_sweep_for_ever(void *server);

/* head.c: everything that can be decided before the body; failures stand in the exchange. Under a guard on
 * its arena. */
void gx_head_read(exchange *e, const char *method, const char *version);
void gx_exchange_fail(exchange *e, const char *code, gx_text part);
/* Also ends the connection after the answer: what follows of the request is not read. */
void gx_exchange_fail_and_close(exchange *e, const char *code, gx_text part);

/* body.c. Under a guard. */
bool gx_upload_begin(exchange *e);
void gx_body_take(exchange *e, const char *bytes, size_t size);
bool gx_body_finish(exchange *e);

/* reply.c */
void gx_reply_begin(gx_reply *reply, gx_arena *arena);
void gx_reply_problem(gx_request *request, gx_reply *reply, const gx_error *error);
/* NULL when there is no memory. `size` becomes the number of body bytes that will be sent. */
struct MHD_Response *gx_reply_make(exchange *e, size_t *size);
void gx_reply_secure(struct MHD_Response *response, bool has_own_policy);

/* waiting.c. The exchange's connection is suspended; the first attempt is made at once. */
bool gx_waiting_start(gx_server *server); /* false: no memory */
void gx_waiting_begin(exchange *e);
void gx_waiting_stop(gx_server *server); /* everything that waits is answered */
/* server.c: the exchange has its answer, or its error. */
void gx_exchange_done(exchange *e);
bool gx_exchange_run(exchange *e, gx_db *db); /* its handler, under a guard; the error is the exchange's */

/* figures.c */
void gx_figures_note(gx_server *server, const gx_route *route, int status, int64_t elapsed_ns);
void gx_figures_write(gx_server *server, gx_buffer *buffer);

/* events.c */
struct MHD_Response *gx_events_response(gx_server *server, struct MHD_Connection *connection);
void gx_events_beat(gx_server *server);
void gx_events_close(gx_server *server);

/* idempotency.c. Reads the request's key; false when it is malformed. */
bool gx_idempotency_take_key(exchange *e);
/* Inside the writer's transaction: runs the handler, or gives the answer it gave before under the same key.
 */
bool gx_idempotency_run(exchange *e, gx_db *db, gx_handler handler, gx_error *error);

#endif

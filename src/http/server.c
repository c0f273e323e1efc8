/* The life of an exchange:
 *
 *   head -> gate -> route -> (authenticate, authorise, cross-site checks) -> body -> dispatch -> [suspended
 * while others work] -> answer
 *
 * libmicrohttpd calls `answer` again and again for one request; `exchange.phase` says how far it is. Reading
 * routes run on the library's threads; writing routes wait, suspended, for the writer's commit; slow ones for
 * a worker. Whatever a handler does with its arena ends in its guard; an exchange belongs to one thread at a
 * time. */
#include "http/internal.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* The library clears a connection's whole pool after each request, so all of it is resident: 10,000 idle
 * connections cost 10,000 pools. A head of GX_LIMIT_HEAD_BYTES and what the library keeps about it must fit
 * in. */
enum { LIBRARY_THREADS = 2, POOL_BYTES = 18 * 1024, STOP_MS = 5000, FILES_BESIDE = 1000 };

/* ---- Work ---- */

typedef struct handling {
    exchange *exchange;
    gx_db *db;
    gx_handler handler;
    gx_reply before;
} handling;

static bool run_handler(void *context)
{
    handling *h = context;
    exchange *e = h->exchange;
    return h->handler(&e->request, h->db, &e->reply, &e->error);
}

static bool run_change(void *context)
{
    handling *h = context;
    return gx_idempotency_run(h->exchange, h->db, h->handler, &h->exchange->error);
}

static bool run_slow(void *context)
{
    exchange *e = ((handling *)context)->exchange;
    bool is_upload = e->request.route->mode == GX_ROUTE_UPLOAD;
    return (!is_upload || gx_body_finish(e)) && run_handler(context);
}

static bool read_with(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    exchange *e = context;
    (void)arena;
    if (gx_exchange_run(e, db))
        return true;
    *error = e->error;
    return false;
}

static bool write_with(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    exchange *e = context;
    (void)arena;
    gx_reply_begin(&e->reply, &e->arena); /* it may be run again */
    e->error = (gx_error){0};
    if (gx_arena_guard(&e->arena, run_change,
                       &(handling){.exchange = e, .db = db, .handler = e->request.route->handler}, &e->error))
        return true;
    *error = e->error;
    return false;
}

static bool change_with(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    handling *h = context;
    (void)arena;
    h->db = db;
    h->exchange->reply = h->before; /* it may be run again */
    h->exchange->error = (gx_error){0};
    if (gx_arena_guard(&h->exchange->arena, run_change, h, error))
        return true;
    if (h->exchange->error.code)
        *error = h->exchange->error;
    return false;
}

bool gx_request_change(gx_request *request, gx_handler handler, gx_error *error)
{
    exchange *e = (exchange *)(void *)((char *)request - offsetof(exchange, request));
    return gx_store_write(e->server->options.store, change_with, &(handling){e, NULL, handler, e->reply},
                          error);
}

bool gx_exchange_run(exchange *e, gx_db *db)
{
    return gx_arena_guard(&e->arena, run_handler,
                          &(handling){.exchange = e, .db = db, .handler = e->request.route->handler},
                          &e->error);
}

void gx_exchange_done(exchange *e)
{
    atomic_store(&e->phase, PHASE_DONE);
    MHD_resume_connection(e->connection);
}

static void written(void *context, bool is_done, const gx_error *error)
{
    exchange *e = context;
    if (!is_done) {
        e->has_failed = true;
        e->error = *error;
    }
    gx_exchange_done(e);
}

/* NULL when the server is stopping and nothing is left to do. */
static exchange *next_work(gx_server *server)
{
    pthread_mutex_lock(&server->mutex);
    while (!server->first_work && !server->is_stopping)
        pthread_cond_wait(&server->has_work, &server->mutex);
    exchange *e = server->first_work;
    if (e) {
        server->first_work = e->next_work;
        if (!server->first_work)
            server->last_work = NULL;
        server->work_count--;
    }
    pthread_mutex_unlock(&server->mutex);
    return e;
}

static void *work_for_ever(void *context)
{
    pthread_setname_np(pthread_self(), "gx-worker");
    for (exchange *e; (e = next_work(context));) {
        e->has_failed = !gx_arena_guard(
            &e->arena, run_slow, &(handling){.exchange = e, .handler = e->request.route->handler}, &e->error);
        gx_exchange_done(e);
    }
    return NULL;
}

static bool hand_to_worker(exchange *e)
{
    gx_server *server = e->server;
    pthread_mutex_lock(&server->mutex);
    bool has_room = server->work_count < WORK_MOST && !server->is_stopping;
    if (has_room) {
        if (server->last_work)
            server->last_work->next_work = e;
        else
            server->first_work = e;
        server->last_work = e;
        server->work_count++;
        atomic_store(&e->phase, PHASE_WORKING);
        MHD_suspend_connection(e->connection);
        pthread_cond_signal(&server->has_work);
    }
    pthread_mutex_unlock(&server->mutex);
    return has_room || gx_fail(&e->error, "http.busy");
}

static bool finish_body(void *context)
{
    return gx_body_finish(context);
}

static void submit(exchange *e)
{
    const gx_server_options *options = &e->server->options;
    gx_first_question question = {0};
    bool is_known = options->foresee && options->foresee(&e->request, &question);
    atomic_store(&e->phase, PHASE_WORKING);
    MHD_suspend_connection(e->connection);
    gx_store_submit_asking(options->store, is_known ? &question : NULL, write_with, written, e);
}

/* True when the exchange is answered by somebody else later. */
static bool dispatch(exchange *e)
{
    const gx_route *route = e->request.route;
    if (route->mode != GX_ROUTE_UPLOAD && !gx_arena_guard(&e->arena, finish_body, e, &e->error)) {
        e->has_failed = true;
        return false;
    }
    switch (route->mode) {
    case GX_ROUTE_PLAIN: e->has_failed = !gx_exchange_run(e, NULL); return false;
    case GX_ROUTE_READ:
        e->has_failed = !gx_store_read(e->server->options.store, read_with, e, &e->error);
        return false;
    case GX_ROUTE_WRITE: submit(e); return true;
    case GX_ROUTE_WAIT:
        atomic_store(&e->phase, PHASE_WORKING);
        MHD_suspend_connection(e->connection);
        gx_waiting_begin(e);
        return true;
    case GX_ROUTE_SLOW:
    case GX_ROUTE_UPLOAD:
        if (hand_to_worker(e))
            return true;
        e->has_failed = true;
        return false;
    case GX_ROUTE_STREAM: return false;
    }
    return false;
}

/* ---- Answering ---- */

static bool make_problem(void *context)
{
    exchange *e = context;
    struct gx_reply_header kept[GX_COUNT_OF(e->reply.headers)];
    size_t count = e->reply.header_count;
    memcpy(kept, e->reply.headers, sizeof kept);
    gx_reply_problem(&e->request, &e->reply, &e->error);
    for (size_t i = 0; i < count; i++)
        if (strcmp(kept[i].name, "Allow") == 0)
            gx_reply_header(&e->reply, kept[i].name, kept[i].value);
    return true;
}

/* The head of an error for which there is no memory left. */
static void make_bare_problem(exchange *e)
{
    gx_arena_release(&e->arena);
    e->request = (gx_request){.arena = &e->arena, .route = e->request.route};
    gx_reply_begin(&e->reply, &e->arena);
    e->reply.status = 507;
    e->must_close = true;
}

/* The route's pattern, not the path: paths hold codes and names. */
static void log_access(const exchange *e, int64_t elapsed_ns)
{
    const gx_route *route = e->request.route;
    gx_log(GX_LOG_INFO, "http.request", "%s %s %d %lld us %.*s from %.*s",
           e->is_head ? "HEAD"
           : route    ? route->method
                      : "-",
           route      ? route->pattern
           : e->asset ? "(page)"
                      : "-",
           e->reply.status, (long long)(elapsed_ns / 1000), GX_PRINT(e->request.request_id),
           GX_PRINT(e->request.address));
}

static enum MHD_Result send_reply(exchange *e)
{
    bool is_stream = !e->has_failed && e->request.route && e->request.route->mode == GX_ROUTE_STREAM;
    if (e->has_failed) {
        int status = gx_error_status(&e->error);
        if (status >= 500 && status != 503 && status != 507)
            gx_log_error("http.failed", &e->error);
        if (!gx_arena_guard(&e->arena, make_problem, e, NULL))
            make_bare_problem(e);
    }
    size_t size = 0;
    struct MHD_Response *response =
        is_stream ? gx_events_response(e->server, e->connection) : gx_reply_make(e, &size);
    if (!response)
        return MHD_NO;
    atomic_store(&e->phase, PHASE_SENT);
    gx_line_deadline(e->line, is_stream ? 0 : SEND_MS + (int64_t)size * 1000 / SEND_BYTES_A_SECOND);
    enum MHD_Result queued = MHD_queue_response(e->connection, (unsigned int)e->reply.status, response);
    MHD_destroy_response(response);
    int64_t elapsed = gx_clock_monotonic_ns() - e->begun_ns;
    gx_figures_note(e->server, e->request.route, e->reply.status, elapsed);
    if (e->server->options.has_access_log)
        log_access(e, elapsed);
    return queued;
}

/* ---- What the library calls ---- */

typedef struct head_call {
    exchange *exchange;
    const char *method, *version;
} head_call;

static bool read_head(void *context)
{
    head_call *call = context;
    gx_head_read(call->exchange, call->method, call->version);
    return true;
}

static void begin_exchange(exchange *e, struct MHD_Connection *connection, const char *method,
                           const char *version)
{
    e->has_begun = true;
    e->connection = connection;
    e->arena = gx_arena_of(GX_LIMIT_REQUEST_BYTES);
    e->begun_ns = gx_clock_monotonic_ns();
    e->is_head = strcmp(method, "HEAD") == 0;
    e->line = gx_line_of(connection);
    gx_line_deadline(e->line, BODY_MS);
    if (gx_arena_guard(&e->arena, read_head, &(head_call){e, method, version}, &e->error))
        return;
    e->has_failed = true;
    make_bare_problem(e);
}

static void extend_body_deadline(exchange *e)
{
    int64_t taken_ms = (gx_clock_monotonic_ns() - e->begun_ns) / 1000000;
    int64_t received = (int64_t)(e->upload_digest ? e->request.upload_size : e->body.size);
    int64_t left = BODY_MS + received * 1000 / BODY_BYTES_A_SECOND - taken_ms;
    gx_line_deadline(e->line, left > 1 ? left : 1);
}

typedef struct piece {
    exchange *exchange;
    const char *bytes;
    size_t size;
} piece;

static bool take_piece(void *context)
{
    piece *p = context;
    gx_body_take(p->exchange, p->bytes, p->size);
    return true;
}

static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *target,
                              const char *method, const char *version, const char *data, size_t *data_size,
                              void **kept)
{
    exchange *e = *kept;
    (void)context, (void)target; /* the library's target has lost its query */
    if (!e)
        return MHD_NO;
    if (!e->has_begun) {
        begin_exchange(e, connection, method, version);
        return e->must_close ? send_reply(e) : MHD_YES; /* what follows of the request is not read */
    }
    if (*data_size > 0) {
        if (!e->has_failed &&
            !gx_arena_guard(&e->arena, take_piece, &(piece){e, data, *data_size}, &e->error))
            gx_exchange_fail_and_close(e, "base.memory", GX_TEXT("-"));
        extend_body_deadline(e);
        *data_size = 0;
        return MHD_YES;
    }
    switch (atomic_load(&e->phase)) {
    case PHASE_READING:
        gx_line_deadline(e->line, 0);
        return !e->has_failed && !e->asset && dispatch(e) ? MHD_YES : send_reply(e);
    case PHASE_DONE: return send_reply(e);
    default: return MHD_YES;
    }
}

static void end_exchange(void *context, struct MHD_Connection *connection, void **kept,
                         enum MHD_RequestTerminationCode code)
{
    (void)context, (void)connection, (void)code;
    exchange *e = *kept;
    if (!e)
        return;
    gx_line_deadline(e->line, IDLE_MS);
    if (e->upload_file >= 0)
        close(e->upload_file);
    if (e->request.upload_path)
        unlink(e->request.upload_path); /* a handler that keeps it has renamed it */
    EVP_MD_CTX_free(e->upload_digest);
    gx_arena_release(&e->arena);
    free(e->target);
    free(e);
    *kept = NULL;
}

/* The target stays raw: gx_target_decode is the only decoder. */
static size_t keep_raw(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context, (void)connection;
    return strlen(text);
}

/* The library calls this first, with the whole target as it was sent: here an exchange begins. */
static void *raw_target(void *context, const char *target, struct MHD_Connection *connection)
{
    exchange *e = calloc(1, sizeof *e);
    char *copy = strdup(target);
    if (!e || !copy) {
        free(e);
        free(copy);
        return NULL;
    }
    e->server = context;
    e->upload_file = -1;
    e->target = copy;
    gx_line_deadline(gx_line_of(connection), HEAD_MS);
    return e;
}

static void log_library(void *context, const char *format, va_list arguments)
{
    char text[300];
    (void)context;
    vsnprintf(text, sizeof text, format, arguments);
    gx_log(GX_LOG_DEBUG, "http.library", "%s", text);
}

/* ---- Starting and stopping ---- */

static struct MHD_Daemon *start_daemon(gx_server *server, const gx_server_options *options)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(options->port)};
    if (inet_pton(AF_INET, options->address ? options->address : "127.0.0.1", &address.sin_addr) != 1) {
        errno = EADDRNOTAVAIL;
        return NULL;
    }
    return MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG | MHD_USE_ITC,
        options->port, NULL, NULL, answer, server, MHD_OPTION_EXTERNAL_LOGGER, log_library, NULL,
        MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address, MHD_OPTION_THREAD_POOL_SIZE,
        (unsigned)LIBRARY_THREADS, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MOST,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_MS / 1000, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)POOL_BYTES, MHD_OPTION_NOTIFY_COMPLETED, end_exchange, NULL, MHD_OPTION_NOTIFY_CONNECTION,
        gx_line_note, server, MHD_OPTION_UNESCAPE_CALLBACK, keep_raw, NULL, MHD_OPTION_URI_LOG_CALLBACK,
        raw_target, server, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_LISTEN_BACKLOG_SIZE, 1024u,
        MHD_OPTION_END);
}

static void release_server(gx_server *server)
{
    free(server->waiting);
    free(server->figures);
    free(server->buckets);
    free(server);
}

/* A connection is a file; the usual soft limit of 1024 would end the service long before CONNECTIONS_MOST. */
static void allow_connections(void)
{
    struct rlimit limit;
    rlim_t wanted = CONNECTIONS_MOST + FILES_BESIDE;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = limit.rlim_max == RLIM_INFINITY || limit.rlim_max > wanted ? wanted : limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < wanted)
        gx_log(GX_LOG_WARNING, "http.files", "only %llu files may be open",
               (unsigned long long)limit.rlim_cur);
}

gx_server *gx_server_start(const gx_server_options *options, gx_error *error)
{
    gx_server *server = calloc(1, sizeof *server);
    if (!server) {
        gx_fail(error, "base.memory", GX_TEXT("0"));
        return NULL;
    }
    allow_connections();
    server->options = *options;
    server->figures = calloc(options->route_count + 1, sizeof *server->figures);
    server->buckets = calloc(1, sizeof *server->buckets);
    pthread_mutex_init(&server->mutex, NULL);
    pthread_mutex_init(&server->event_mutex, NULL);
    pthread_cond_init(&server->has_work, NULL);
    bool has_memory = server->figures && server->buckets && gx_waiting_start(server);
    server->daemon = has_memory ? start_daemon(server, options) : NULL;
    if (!server->daemon) {
        char figure[24];
        gx_fail(error, "http.start", gx_error_int(figure, options->port), gx_text_of(strerror(errno)));
        gx_waiting_stop(server);
        release_server(server);
        return NULL;
    }
    for (size_t i = 0; i < WORKERS; i++)
        pthread_create(&server->workers[i], NULL, work_for_ever, server);
    pthread_create(&server->sweeper, NULL, gx_line_sweep_for_ever, server);
    return server;
}

uint16_t gx_server_port(const gx_server *server)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);
    return info ? info->port : 0;
}

void gx_server_stop(gx_server *server)
{
    if (!server)
        return;
    int listening = MHD_quiesce_daemon(server->daemon);
    if (listening >= 0)
        close(listening);
    gx_events_close(server);
    gx_waiting_stop(server);
    pthread_mutex_lock(&server->mutex);
    server->is_stopping = true;
    pthread_cond_broadcast(&server->has_work);
    pthread_mutex_unlock(&server->mutex);
    for (size_t i = 0; i < WORKERS; i++)
        pthread_join(server->workers[i], NULL);
    pthread_join(server->sweeper, NULL);
    for (int waited = 0; waited < STOP_MS && gx_store_measure(server->options.store).queued > 0; waited += 10)
        nanosleep(&(struct timespec){0, 10000000}, NULL); /* suspended requests are waiting for the writer */
    nanosleep(&(struct timespec){0, 50000000}, NULL);     /* and for their answers to be sent */
    MHD_stop_daemon(server->daemon);
    release_server(server);
}

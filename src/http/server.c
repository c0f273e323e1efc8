/* Connections and the life of an exchange:
 *
 *   head -> gate -> route -> (authenticate, authorise, cross-site checks) -> body -> dispatch -> [suspended while others work] -> answer
 *
 * libmicrohttpd calls `answer` again and again for one request; `exchange.phase` says how far it is. Reading routes run on the library's threads; writing
 * routes wait, suspended, for the writer's commit; slow ones for a worker. */
#include "http/internal.h"
#include "http/target.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEAD_MS = 10000, IDLE_MS = 60000, BODY_MS = 10000, BODY_BYTES_A_SECOND = 1024, BEAT_MS = 15000, LIBRARY_THREADS = 2 };

/* ---- Reading requests ---- */

gx_text gx_request_header(const gx_request *request, const char *name)
{
    const char *value = MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
    return value ? gx_text_of(value) : (gx_text){NULL, 0};
}

gx_text gx_request_cookie(const gx_request *request, const char *name)
{
    return gx_cookie_find(gx_request_header(request, "Cookie"), name);
}

gx_text gx_request_parameter(const gx_request *request, const char *name)
{
    for (size_t i = 0; i < request->parameter_count; i++)
        if (gx_text_equal(request->parameters[i].name, gx_text_of(name)))
            return request->parameters[i].value;
    return (gx_text){NULL, 0};
}

gx_text gx_request_query(gx_request *request, const char *name)
{
    gx_text field, value;
    for (gx_text rest = request->query; rest.bytes && rest.size;)
        if (gx_query_next(request->arena, &rest, &field, &value) && gx_text_equal(field, gx_text_of(name)))
            return value;
    return (gx_text){NULL, 0};
}

void gx_request_query_each(gx_request *request, const char *prefix, void (*visit)(void *context, gx_text name, gx_text value), void *context)
{
    gx_text field, value, wanted = gx_text_of(prefix);
    for (gx_text rest = request->query; rest.bytes && rest.size;)
        if (gx_query_next(request->arena, &rest, &field, &value) && gx_text_starts_with(field, wanted))
            visit(context, gx_text_slice(field, wanted.size, field.size), value);
}

int64_t gx_request_query_int(gx_request *request, const char *name, int64_t otherwise, int64_t least, int64_t most)
{
    int64_t number;
    gx_text text = gx_request_query(request, name);
    if (!text.bytes || !gx_text_to_int(text, &number))
        return otherwise;
    return number < least ? least : number > most ? most : number;
}

/* ---- Deadlines ---- */

static void set_deadline(exchange *e, int64_t ms)
{
    if (!e->line)
        return;
    pthread_mutex_lock(&e->server->mutex);
    e->line->deadline_ms = ms ? gx_clock_monotonic_ms() + ms : 0;
    pthread_mutex_unlock(&e->server->mutex);
}

static void note_line(void *context, struct MHD_Connection *connection, void **kept, enum MHD_ConnectionNotificationCode code)
{
    gx_server *server = context;
    line *l = *kept;
    pthread_mutex_lock(&server->mutex);
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        l = info ? calloc(1, sizeof *l) : NULL;
        if (l) {
            *l = (line){.after = server->lines, .socket = info->connect_fd, .deadline_ms = gx_clock_monotonic_ms() + HEAD_MS};
            if (l->after)
                l->after->before = l;
            server->lines = l;
        }
        *kept = l;
    } else if (l) {
        if (l->before)
            l->before->after = l->after;
        else
            server->lines = l->after;
        if (l->after)
            l->after->before = l->before;
        free(l);
        *kept = NULL;
    }
    pthread_mutex_unlock(&server->mutex);
}

/* Once a second: sockets whose time is up are shut, which makes the library end them. */
static void *sweep_for_ever(void *context)
{
    gx_server *server = context;
    int64_t beat = gx_clock_monotonic_ms() + BEAT_MS;
    for (;;) {
        struct timespec pause = {0, 200000000};
        nanosleep(&pause, NULL);
        int64_t now = gx_clock_monotonic_ms();
        pthread_mutex_lock(&server->mutex);
        bool is_stopping = server->is_stopping;
        for (line *l = server->lines; l; l = l->after)
            if (l->deadline_ms && l->deadline_ms < now) {
                shutdown(l->socket, SHUT_RDWR);
                l->deadline_ms = 0;
            }
        pthread_mutex_unlock(&server->mutex);
        if (is_stopping)
            return NULL;
        if (now >= beat) {
            gx_events_beat(server);
            beat = now + BEAT_MS;
        }
    }
}

/* ---- Failing early ---- */

static void fail(exchange *e, const char *code, gx_text part)
{
    gx_fail(&e->error, code, part);
    e->has_failed = true;
}

static void fail_and_close(exchange *e, const char *code, gx_text part)
{
    fail(e, code, part);
    e->must_close = true;
}

/* ---- The head ---- */

static gx_language language_of(gx_text accept)
{
    gx_text first = gx_text_trim(gx_text_cut(accept, ',', &accept));
    return first.size && gx_text_starts_with(first, GX_TEXT("en")) ? GX_LANGUAGE_EN : GX_LANGUAGE_ZH;
}

static const gx_asset *find_asset(const gx_server *server, gx_text path)
{
    for (size_t i = 0; i < server->options.asset_count; i++)
        if (gx_text_equal(gx_text_of(server->options.assets[i].path), path))
            return &server->options.assets[i];
    return NULL;
}

/* Screens have addresses of their own; all of them are the page. */
static bool is_page_address(gx_text path)
{
    static const char *const not_pages[] = {"/api/", "/assets/", "/engine-rest/"};
    for (size_t i = 0; i < GX_COUNT_OF(not_pages); i++)
        if (gx_text_starts_with(path, gx_text_of(not_pages[i])))
            return false;
    size_t last = path.size;
    while (last > 0 && path.bytes[last - 1] != '/')
        last--;
    return gx_text_find(gx_text_slice(path, last, path.size), GX_TEXT(".")) < 0;
}

static void find_route(exchange *e)
{
    gx_request *request = &e->request;
    gx_text method = e->is_head ? GX_TEXT("GET") : request->method;
    gx_buffer allowed = gx_buffer_in(&e->arena);
    for (size_t i = 0; i < e->server->options.route_count; i++) {
        const gx_route *route = &e->server->options.routes[i];
        gx_text names[GX_PATH_PARAMETERS], values[GX_PATH_PARAMETERS];
        size_t count;
        if (!gx_pattern_match(route->pattern, request->path, names, values, GX_PATH_PARAMETERS, &count))
            continue;
        if (!gx_text_equal(method, gx_text_of(route->method))) {
            gx_buffer_format(&allowed, "%s%s", allowed.size ? ", " : "", route->method);
            continue;
        }
        request->route = route;
        request->parameter_count = count;
        for (size_t p = 0; p < count; p++)
            request->parameters[p] = (gx_parameter_value){names[p], values[p]};
        return;
    }
    bool is_get = gx_text_equal(method, GX_TEXT("GET"));
    if (is_get && (e->asset = find_asset(e->server, request->path)))
        return;
    if (is_get && !allowed.size && is_page_address(request->path) && (e->asset = find_asset(e->server, GX_TEXT("/index.html"))))
        return;
    if (!allowed.size) {
        fail(e, "http.not_found", (gx_text){"", 0});
        return;
    }
    fail(e, "http.method", request->method);
    e->reply.header_count = 0;
    gx_reply_header(&e->reply, "Allow", gx_buffer_as_text(&allowed));
}

static bool is_changing(const exchange *e)
{
    return !gx_text_equal(e->request.method, GX_TEXT("GET")) && !e->is_head;
}

/* Requests that change something must come from our own page: its site by the browser's word, and with the session's token. Machines have
 * no session and no cookie, so nothing can be forged for them. */
static bool check_origin(exchange *e)
{
    gx_request *request = &e->request;
    gx_text site = gx_request_header(request, "Sec-Fetch-Site"), origin = gx_request_header(request, "Origin");
    if (site.bytes && !gx_text_equal(site, GX_TEXT("same-origin")) && !gx_text_equal(site, GX_TEXT("none")))
        return gx_fail(&e->error, "http.cross_site");
    if (origin.bytes) {
        gx_text host = gx_request_header(request, "Host");
        ptrdiff_t slashes = gx_text_find(origin, GX_TEXT("://"));
        if (slashes < 0 || !gx_text_equal(gx_text_slice(origin, (size_t)slashes + 3, origin.size), host))
            return gx_fail(&e->error, "http.cross_site");
    }
    if (request->person) {
        gx_text token = gx_request_header(request, "X-GX-Token");
        if (token.size == 0 || !gx_text_equal(token, request->session_token))
            return gx_fail(&e->error, "http.token");
    }
    return true;
}

static bool admit(exchange *e)
{
    const gx_route *route = e->request.route;
    bool is_public = strcmp(route->right, "public") == 0;
    if (!e->server->options.authenticate(&e->request, &e->error))
        return false;
    if (!is_public && !e->request.person)
        return gx_fail(&e->error, "http.sign_in");
    if (is_changing(e) && !check_origin(e))
        return false;
    return is_public || strcmp(route->right, "signed-in") == 0 || e->server->options.authorise(&e->request, &e->error);
}

static bool take_key(exchange *e)
{
    gx_text key = gx_request_header(&e->request, "Idempotency-Key");
    if (!key.bytes || e->request.route->mode != GX_ROUTE_WRITE)
        return true;
    for (size_t i = 0; i < key.size; i++)
        if (key.bytes[i] <= ' ' || key.bytes[i] == 0x7F)
            return gx_fail(&e->error, "http.idempotency.key");
    if (key.size == 0 || key.size > 100)
        return gx_fail(&e->error, "http.idempotency.key");
    e->idempotency_key = key;
    return true;
}

static bool begin_upload(exchange *e)
{
    char id[GX_ID_SIZE];
    gx_random_id(id);
    e->request.upload_path = gx_format(&e->arena, "%s/%s.part", e->server->options.upload_folder, id).bytes;
    e->upload_file = open(e->request.upload_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    e->upload_digest = EVP_MD_CTX_new();
    if (e->upload_file < 0 || !e->upload_digest || EVP_DigestInit_ex(e->upload_digest, EVP_sha256(), NULL) != 1)
        return gx_fail(&e->error, "base.file.write", gx_text_of(strerror(errno)));
    return true;
}

typedef struct target_call {
    exchange *exchange;
    const char *target;
} target_call;

static bool read_head(void *context)
{
    exchange *e = ((target_call *)context)->exchange;
    char id[GX_ID_SIZE];
    e->request.request_id = gx_copy(&e->arena, gx_random_id(id));
    gx_reply_begin(&e->reply, &e->arena);
    e->body = gx_buffer_in(&e->arena);
    e->request.language = language_of(gx_request_header(&e->request, "Accept-Language"));
    if (!gx_target_decode(&e->arena, gx_text_of(((target_call *)context)->target), &e->request.path, &e->request.query)) {
        fail_and_close(e, "http.target", (gx_text){"", 0});
        return true;
    }
    find_route(e);
    if (e->has_failed || e->asset)
        return true;
    bool is_upload = e->request.route->mode == GX_ROUTE_UPLOAD;
    e->body_most = is_upload ? GX_LIMIT_UPLOAD_BYTES : GX_LIMIT_JSON_BYTES;
    gx_text length = gx_request_header(&e->request, "Content-Length");
    int64_t announced = 0;
    char figure[24];
    if (length.bytes && gx_text_to_int(length, &announced) && (uint64_t)announced > e->body_most)
        fail_and_close(e, "http.body.large", gx_error_int(figure, (int64_t)e->body_most));
    else if (!admit(e) || !take_key(e) || (is_upload && !begin_upload(e)))
        e->has_failed = true;
    if (e->has_failed && (announced > 0 || gx_request_header(&e->request, "Transfer-Encoding").bytes))
        e->must_close = true; /* the body is not wanted */
    return true;
}

/* ---- The body ---- */

typedef struct piece {
    exchange *exchange;
    const char *bytes;
    size_t size;
} piece;

static bool take_piece(void *context)
{
    piece *p = context;
    exchange *e = p->exchange;
    char figure[24];
    size_t before = e->upload_digest ? e->request.upload_size : e->body.size;
    if (p->size > e->body_most - before) {
        fail_and_close(e, "http.body.large", gx_error_int(figure, (int64_t)e->body_most));
        return true;
    }
    if (!e->upload_digest) {
        gx_buffer_bytes(&e->body, p->bytes, p->size);
        return true;
    }
    EVP_DigestUpdate(e->upload_digest, p->bytes, p->size);
    for (size_t done = 0; done < p->size;) {
        ssize_t count = write(e->upload_file, p->bytes + done, p->size - done);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0) {
            fail_and_close(e, errno == ENOSPC ? "db.full" : "base.file.write", gx_text_of(strerror(errno)));
            return true;
        }
        done += (size_t)count;
    }
    e->request.upload_size += p->size;
    return true;
}

static bool finish_upload(exchange *e)
{
    unsigned char digest[32];
    unsigned int size = 0;
    static const char digits[] = "0123456789abcdef";
    char *hex = gx_alloc(&e->arena, 65);
    EVP_DigestFinal_ex(e->upload_digest, digest, &size);
    for (unsigned int i = 0; i < size; i++) {
        hex[2 * i] = digits[digest[i] >> 4];
        hex[2 * i + 1] = digits[digest[i] & 15];
    }
    e->request.upload_sha256 = (gx_text){hex, 64};
    bool is_synced = fsync(e->upload_file) == 0;
    close(e->upload_file);
    e->upload_file = -1;
    return is_synced || gx_fail(&e->error, "base.file.write", gx_text_of(strerror(errno)));
}

static bool parse_body(exchange *e)
{
    e->request.body = gx_buffer_as_text(&e->body);
    if (e->request.body.size == 0 || !is_changing(e))
        return true;
    gx_text type = gx_request_header(&e->request, "Content-Type");
    if (strncasecmp(type.bytes ? type.bytes : "", "application/json", 16) != 0)
        return gx_fail(&e->error, "http.body.type");
    e->request.json = gx_json_parse(&e->arena, e->request.body, (gx_text){"", 0}, &e->error);
    return e->request.json != NULL;
}

/* ---- Work ---- */

static bool call_handler(exchange *e, gx_db *db)
{
    return e->request.route->handler(&e->request, db, &e->reply, &e->error);
}

typedef struct handling {
    exchange *exchange;
    gx_db *db;
} handling;

static bool run_handler(void *context)
{
    handling *h = context;
    return call_handler(h->exchange, h->db);
}

static bool read_with(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    exchange *e = context;
    (void)arena;
    if (gx_arena_guard(&e->arena, run_handler, &(handling){e, db}, &e->error))
        return true;
    *error = e->error;
    return false;
}

static bool write_once(void *context)
{
    handling *h = context;
    exchange *e = h->exchange;
    bool is_replayed = false;
    if (!e->idempotency_key.bytes)
        return call_handler(e, h->db);
    if (!gx_idempotency_find(e, h->db, &is_replayed, &e->error))
        return false;
    return is_replayed || (call_handler(e, h->db) && gx_idempotency_keep(e, h->db, &e->error));
}

static bool write_with(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    exchange *e = context;
    (void)arena;
    if (gx_arena_guard(&e->arena, write_once, &(handling){e, db}, &e->error))
        return true;
    *error = e->error;
    return false;
}

static void wake(exchange *e)
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
    wake(e);
}

static void *work_for_ever(void *context)
{
    gx_server *server = context;
    for (;;) {
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
        if (!e)
            return NULL;
        if (!gx_arena_guard(&e->arena, run_handler, &(handling){e, NULL}, &e->error))
            e->has_failed = true;
        wake(e);
    }
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

static void make_digest(exchange *e)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    unsigned char digest[32];
    unsigned int size = 0;
    EVP_DigestInit_ex(context, EVP_sha256(), NULL);
    EVP_DigestUpdate(context, e->request.method.bytes, e->request.method.size);
    EVP_DigestUpdate(context, e->request.path.bytes, e->request.path.size + 1);
    EVP_DigestUpdate(context, e->request.body.bytes, e->request.body.size);
    EVP_DigestFinal_ex(context, digest, &size);
    EVP_MD_CTX_free(context);
    for (unsigned int i = 0; i < size; i++)
        snprintf(e->digest + 2 * i, 3, "%02x", digest[i]);
}

static bool parse_guarded(void *context)
{
    exchange *e = context;
    bool is_upload = e->upload_digest != NULL;
    return is_upload ? finish_upload(e) : parse_body(e);
}

/* True when the exchange is answered by somebody else later. */
static bool dispatch(exchange *e)
{
    if (!gx_arena_guard(&e->arena, parse_guarded, e, &e->error)) {
        e->has_failed = true;
        return false;
    }
    switch (e->request.route->mode) {
    case GX_ROUTE_PLAIN:
        e->has_failed = !gx_arena_guard(&e->arena, run_handler, &(handling){e, NULL}, &e->error);
        return false;
    case GX_ROUTE_READ:
        e->has_failed = !gx_store_read(e->server->options.store, read_with, e, &e->error);
        return false;
    case GX_ROUTE_WRITE:
        if (e->idempotency_key.bytes)
            make_digest(e);
        atomic_store(&e->phase, PHASE_WORKING);
        MHD_suspend_connection(e->connection);
        gx_store_submit(e->server->options.store, write_with, written, e);
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
        if (strcmp(kept[i].name, "Allow") == 0 || strcmp(kept[i].name, "Retry-After") == 0)
            gx_reply_header(&e->reply, kept[i].name, kept[i].value);
    return true;
}

static enum MHD_Result send_reply(exchange *e)
{
    if (e->has_failed) {
        int status = gx_error_status(&e->error);
        if (status >= 500 && status != 503 && status != 507)
            gx_log_error("http.failed", &e->error);
        if (!gx_arena_guard(&e->arena, make_problem, e, NULL)) {
            gx_arena_release(&e->arena);
            gx_reply_begin(&e->reply, &e->arena);
            e->reply.status = 507;
        }
    }
    struct MHD_Response *response = !e->has_failed && e->request.route && e->request.route->mode == GX_ROUTE_STREAM
                                        ? gx_events_response(e->server, e->connection)
                                        : gx_reply_make(e);
    if (!response)
        return MHD_NO;
    atomic_store(&e->phase, PHASE_SENT);
    bool is_stream = e->request.route && e->request.route->mode == GX_ROUTE_STREAM;
    set_deadline(e, is_stream ? 0 : IDLE_MS);
    enum MHD_Result queued = MHD_queue_response(e->connection, (unsigned int)e->reply.status, response);
    MHD_destroy_response(response);
    gx_figures_note(e->server, e->request.route, e->reply.status, gx_clock_monotonic_ns() - e->begun_ns);
    return queued;
}

static gx_text address_of(exchange *e)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(e->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    char text[64] = "";
    if (info && info->client_addr->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)info->client_addr)->sin_addr, text, sizeof text);
    else if (info && info->client_addr->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)info->client_addr)->sin6_addr, text, sizeof text);
    return gx_copy(&e->arena, gx_text_of(text));
}

static void begin_exchange(exchange *e, struct MHD_Connection *connection, const char *method, const char *version)
{
    gx_server *server = e->server;
    const char *target = e->target;
    e->has_begun = true;
    e->connection = connection;
    e->arena = gx_arena_of(GX_LIMIT_REQUEST_BYTES);
    e->begun_ns = gx_clock_monotonic_ns();
    e->upload_file = -1;
    e->is_head = strcmp(method, "HEAD") == 0;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    e->line = info ? info->socket_context : NULL;
    set_deadline(e, BODY_MS);
    e->request = (gx_request){.arena = &e->arena, .host = server->options.host, .method = gx_text_of(method), .connection = connection, .server = server};
    e->request.address = address_of(e);
    e->gate_status = gx_gate_check(connection, method, target, version);
    if (e->gate_status == 0) {
        if (!gx_arena_guard(&e->arena, read_head, &(target_call){e, target}, &e->error))
            e->has_failed = true;
        return;
    }
    atomic_fetch_add(&server->refused_at_gate, 1);
    gx_reply_begin(&e->reply, &e->arena);
    const char *code = e->gate_status == 414 ? "http.target.long" : e->gate_status == 431 ? "http.head.large" : e->gate_status == 405 ? "http.method" : "http.bad";
    fail_and_close(e, code, gx_text_of(method));
    if (e->gate_status == 405)
        gx_reply_header(&e->reply, "Allow", GX_TEXT("GET, HEAD, POST, PUT, DELETE"));
}

/* A body may take ten seconds, and then a second more for each KiB that has come. */
static void extend_body_deadline(exchange *e)
{
    int64_t taken_ms = (gx_clock_monotonic_ns() - e->begun_ns) / 1000000;
    int64_t received = (int64_t)(e->upload_digest ? e->request.upload_size : e->body.size);
    int64_t left = BODY_MS + received * 1000 / BODY_BYTES_A_SECOND - taken_ms;
    set_deadline(e, left > 1 ? left : 1);
}

static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *target, const char *method, const char *version,
                              const char *data, size_t *data_size, void **kept)
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
        if (!e->has_failed && !gx_arena_guard(&e->arena, take_piece, &(piece){e, data, *data_size}, &e->error))
            fail_and_close(e, "base.memory", GX_TEXT("-"));
        extend_body_deadline(e);
        *data_size = 0;
        return MHD_YES;
    }
    switch (atomic_load(&e->phase)) {
    case PHASE_READING:
        set_deadline(e, 0);
        if (!e->has_failed && !e->asset && dispatch(e))
            return MHD_YES;
        return send_reply(e);
    case PHASE_DONE: return send_reply(e);
    default: return MHD_YES;
    }
}

static void end_exchange(void *context, struct MHD_Connection *connection, void **kept, enum MHD_RequestTerminationCode code)
{
    (void)context, (void)connection, (void)code;
    exchange *e = *kept;
    if (!e)
        return;
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
    (void)connection;
    if (!e)
        return NULL;
    e->server = context;
    e->upload_file = -1;
    e->target = strdup(target);
    if (e->target)
        return e;
    free(e);
    return NULL;
}

static void log_library(void *context, const char *format, va_list arguments)
{
    char text[300];
    (void)context;
    vsnprintf(text, sizeof text, format, arguments);
    gx_log(GX_LOG_DEBUG, "http.library", "%s", text);
}

gx_server *gx_server_start(const gx_server_options *options, gx_error *error)
{
    gx_server *server = calloc(1, sizeof *server);
    route_figures *figures = calloc(options->route_count + 1, sizeof *figures);
    if (!server || !figures) {
        free(server);
        free(figures);
        gx_fail(error, "base.memory", GX_TEXT("0"));
        return NULL;
    }
    server->options = *options;
    server->figures = figures;
    pthread_mutex_init(&server->mutex, NULL);
    pthread_mutex_init(&server->event_mutex, NULL);
    pthread_cond_init(&server->has_work, NULL);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(options->port)};
    inet_pton(AF_INET, options->address ? options->address : "127.0.0.1", &address.sin_addr);
    server->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG | MHD_USE_ITC, options->port, NULL, NULL, answer, server,
        MHD_OPTION_EXTERNAL_LOGGER, log_library, NULL, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)LIBRARY_THREADS,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MOST, MHD_OPTION_CONNECTION_TIMEOUT, 60u, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)32 * 1024,
        MHD_OPTION_NOTIFY_COMPLETED, end_exchange, NULL, MHD_OPTION_NOTIFY_CONNECTION, note_line, server, MHD_OPTION_UNESCAPE_CALLBACK, keep_raw, NULL,
        MHD_OPTION_URI_LOG_CALLBACK, raw_target, server, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
    if (!server->daemon) {
        char figure[24];
        gx_fail(error, "http.start", gx_error_int(figure, options->port), gx_text_of(strerror(errno)));
        free(figures);
        free(server);
        return NULL;
    }
    for (size_t i = 0; i < WORKERS; i++)
        pthread_create(&server->workers[i], NULL, work_for_ever, server);
    pthread_create(&server->sweeper, NULL, sweep_for_ever, server);
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
    pthread_mutex_lock(&server->mutex);
    server->is_stopping = true;
    pthread_cond_broadcast(&server->has_work);
    pthread_mutex_unlock(&server->mutex);
    for (size_t i = 0; i < WORKERS; i++)
        pthread_join(server->workers[i], NULL);
    pthread_join(server->sweeper, NULL);
    for (int i = 0; i < 500; i++) { /* suspended requests are waiting for the writer: let them be answered */
        if (gx_store_measure(server->options.store).queued == 0)
            break;
        nanosleep(&(struct timespec){0, 10000000}, NULL);
    }
    nanosleep(&(struct timespec){0, 50000000}, NULL);
    MHD_stop_daemon(server->daemon);
    free(server->figures);
    free(server);
}

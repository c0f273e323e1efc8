/* From a request's head to its route: the gate, the target, the language, who is asking and whether they may,
 * and whether the request comes from our own page. */
#include "http/internal.h"
#include "http/gate.h"
#include "http/target.h"
#include "base/clock.h"
#include "base/limits.h"

#include <arpa/inet.h>
#include <openssl/crypto.h>
#include <string.h>

/* A body that is not wanted is read and dropped up to this size, so that its sender gets to read why. */
enum { DISCARDED_MOST = 64 * 1024 };

void gx_exchange_fail(exchange *e, const char *code, gx_text part)
{
    gx_fail(&e->error, code, part);
    e->has_failed = true;
}

void gx_exchange_fail_and_close(exchange *e, const char *code, gx_text part)
{
    gx_exchange_fail(e, code, part);
    e->must_close = true;
}

/* ---- The gate ---- */

static enum MHD_Result look_at(void *context, enum MHD_ValueKind kind, const char *name, size_t name_size,
                               const char *value, size_t value_size)
{
    (void)kind;
    gx_gate_field(context, (gx_text){name, name_size}, (gx_text){value ? value : "", value_size});
    return MHD_YES;
}

static bool pass_gate(exchange *e, const char *method, const char *version)
{
    gx_gate gate = {0};
    MHD_get_connection_values_n(e->connection, MHD_HEADER_KIND, look_at, &gate);
    int status = gx_gate_verdict(&gate, method, strlen(e->target), version);
    if (status == 0)
        return true;
    atomic_fetch_add(&e->server->refused_at_gate, 1);
    const char *code = status == 414   ? "http.target.long"
                       : status == 431 ? "http.head.large"
                       : status == 405 ? "http.method"
                                       : "http.bad";
    gx_exchange_fail_and_close(e, code, gx_text_of(method));
    if (status == 405)
        gx_reply_header(&e->reply, "Allow", GX_TEXT("GET, HEAD, POST, PUT, DELETE"));
    return false;
}

/* ---- Who and where ---- */

static gx_text peer_address(exchange *e)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(e->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    char text[64] = "";
    if (info && info->client_addr->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)info->client_addr)->sin_addr, text,
                  sizeof text);
    else if (info && info->client_addr->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)info->client_addr)->sin6_addr, text,
                  sizeof text);
    return gx_copy(&e->arena, gx_text_of(text));
}

/* The last address in the list is the one the proxy itself saw; those before it are what the client says. */
static gx_text forwarded_address(exchange *e)
{
    unsigned char bytes[16];
    gx_text list = gx_request_header(&e->request, "X-Forwarded-For"), last = list;
    while (list.bytes)
        last = gx_text_trim(gx_text_cut(list, ',', &list));
    if (last.size == 0 || last.size > 45)
        return (gx_text){NULL, 0};
    const char *text = gx_copy_string(&e->arena, last);
    bool is_address = inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1;
    return is_address ? gx_text_of(text) : (gx_text){NULL, 0};
}

static gx_text address_of(exchange *e)
{
    gx_text peer = peer_address(e), forwarded = {NULL, 0};
    const char *proxy = e->server->options.proxy;
    if (proxy && gx_text_equal(peer, gx_text_of(proxy)))
        forwarded = forwarded_address(e);
    return forwarded.bytes ? forwarded : peer;
}

/* ---- Routes ---- */

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
    if (is_get && !allowed.size && is_page_address(request->path) &&
        (e->asset = find_asset(e->server, GX_TEXT("/index.html"))))
        return;
    if (!allowed.size) {
        gx_exchange_fail(e, "http.not_found", (gx_text){"", 0});
        return;
    }
    gx_exchange_fail(e, "http.method", request->method);
    e->reply.header_count = 0;
    gx_reply_header(&e->reply, "Allow", gx_buffer_as_text(&allowed));
}

static bool is_changing(const exchange *e)
{
    return !gx_text_equal(e->request.method, GX_TEXT("GET")) && !e->is_head;
}

/* Requests that change something must come from our own page: its site by the browser's word, and with the
 * session's token. Machines have no session and no cookie, so nothing can be forged for them. */
static bool check_origin(exchange *e)
{
    gx_request *request = &e->request;
    gx_text site = gx_request_header(request, "Sec-Fetch-Site"),
            origin = gx_request_header(request, "Origin");
    if (site.bytes && !gx_text_equal(site, GX_TEXT("same-origin")) && !gx_text_equal(site, GX_TEXT("none")))
        return gx_fail(&e->error, "http.cross_site");
    if (origin.bytes) {
        gx_text host = gx_request_header(request, "Host");
        ptrdiff_t slashes = gx_text_find(origin, GX_TEXT("://"));
        if (slashes < 0 || !gx_text_equal(gx_text_slice(origin, (size_t)slashes + 3, origin.size), host))
            return gx_fail(&e->error, "http.cross_site");
    }
    if (request->person && !request->is_program) {
        gx_text token = gx_request_header(request, "X-GX-Token");
        if (token.size == 0 || token.size != request->session_token.size ||
            CRYPTO_memcmp(token.bytes, request->session_token.bytes, token.size) != 0)
            return gx_fail(&e->error, "http.token");
    }
    return true;
}

/* Routes that keep a worker busy for long. Those that anyone may call are rationed by address. */
static bool is_costly(const gx_route *route)
{
    return route->mode == GX_ROUTE_SLOW || route->mode == GX_ROUTE_UPLOAD;
}

static bool take_token(exchange *e)
{
    pthread_mutex_lock(&e->server->mutex);
    bool is_taken = gx_bucket_take(e->server->buckets, e->request.address, gx_clock_monotonic_ms());
    pthread_mutex_unlock(&e->server->mutex);
    return is_taken;
}

static bool admit(exchange *e)
{
    const gx_route *route = e->request.route;
    bool is_public = strcmp(route->right, "public") == 0;
    if (is_public && is_costly(route) && !take_token(e))
        return gx_fail(&e->error, "http.rate");
    if (!e->server->options.authenticate(&e->request, &e->error))
        return false;
    if (!is_public && !e->request.person)
        return gx_fail(&e->error, "http.sign_in");
    if (is_changing(e) && !check_origin(e))
        return false;
    return is_public || strcmp(route->right, "signed-in") == 0 ||
           e->server->options.authorise(&e->request, &e->error);
}

/* ---- The whole head ---- */

static bool is_too_large(exchange *e, int64_t *announced)
{
    gx_text length = gx_request_header(&e->request, "Content-Length");
    *announced = 0;
    return length.bytes && gx_text_to_int(length, announced) && (uint64_t)*announced > e->body_most;
}

void gx_head_read(exchange *e, const char *method, const char *version)
{
    char id[GX_ID_SIZE], figure[24];
    int64_t announced;
    gx_request *request = &e->request;
    *request = (gx_request){.arena = &e->arena,
                            .host = e->server->options.host,
                            .connection = e->connection,
                            .server = e->server};
    gx_reply_begin(&e->reply, &e->arena);
    e->body = gx_buffer_in(&e->arena);
    request->method = gx_copy(&e->arena, gx_text_of(method));
    request->request_id = gx_copy(&e->arena, gx_random_id(id));
    request->address = address_of(e);
    request->language = language_of(gx_request_header(request, "Accept-Language"));
    if (!pass_gate(e, method, version))
        return;
    if (!gx_target_decode(&e->arena, gx_text_of(e->target), &request->path, &request->query)) {
        gx_exchange_fail_and_close(e, "http.target", (gx_text){"", 0});
        return;
    }
    find_route(e);
    if (e->has_failed || e->asset)
        return;
    bool is_upload = request->route->mode == GX_ROUTE_UPLOAD;
    e->body_most = is_upload ? GX_LIMIT_UPLOAD_BYTES : GX_LIMIT_JSON_BYTES;
    if (is_too_large(e, &announced))
        gx_exchange_fail_and_close(e, "http.body.large", gx_error_int(figure, (int64_t)e->body_most));
    else if (!admit(e) || !gx_idempotency_take_key(e) || (is_upload && !gx_upload_begin(e)))
        e->has_failed = true;
    if (e->has_failed && (announced > DISCARDED_MOST || gx_request_header(request, "Transfer-Encoding").bytes))
        e->must_close = true; /* the body is not wanted */
}

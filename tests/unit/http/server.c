/* The frame with routes of its own: what it does for a handler, and what a handler cannot do to it. */
#include "http/http.h"
#include "base/limits.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <cmocka.h>

struct gx_person {
    gx_text name;
};

static const char *const steps[] = {
    "CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
    "CREATE TABLE idempotency (actor TEXT NOT NULL, key TEXT NOT NULL, digest TEXT NOT NULL, status INTEGER "
    "NOT NULL, content_type TEXT NOT NULL, headers TEXT NOT NULL,"
    " body TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (actor, key)) WITHOUT ROWID;",
};

/* ---- Handlers ---- */

static bool add(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    if (!gx_db_run(db, error, "INSERT INTO thing (name) VALUES (?1)", "t",
                   gx_json_text_of(request->json, "name")))
        return false;
    reply->status = 201;
    gx_reply_version(request, reply, gx_db_last_id(db));
    gx_reply_header(reply, "Location", GX_TEXT("/things\r\nX-Injected: 1"));
    gx_json_out_begin(&reply->out, '{');
    gx_json_out_member_text(&reply->out, "id", request->request_id); /* differs each time */
    gx_json_out_end(&reply->out, '}');
    return true;
}

static bool add_and_fail(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    (void)reply;
    return gx_db_run(db, error, "INSERT INTO thing (name) VALUES (?1)", "t", request->request_id) &&
           gx_fail(error, "http.not_found");
}

static bool use_up_memory(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    (void)reply;
    if (gx_text_equal(request->method, GX_TEXT("POST")) &&
        !gx_db_run(db, error, "INSERT INTO thing (name) VALUES ('too much')", ""))
        return false;
    for (;;)
        gx_alloc(request->arena, GX_MIB);
}

static bool count(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    int64_t number;
    (void)request;
    if (!gx_db_get_int(db, error, &number, 0, "SELECT count(*) FROM thing", ""))
        return false;
    gx_buffer_format(&reply->body, "{\"count\":%lld}", (long long)number);
    return true;
}

static bool who(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    (void)db, (void)error;
    gx_buffer_format(&reply->body, "%.*s %.*s", GX_PRINT(request->address),
                     GX_PRINT(gx_request_parameter(request, "x")));
    return true;
}

static bool keep_upload(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    if (!gx_db_run(db, error, "INSERT INTO thing (name) VALUES (?1)", "t", request->request_id))
        return false;
    gx_buffer_format(&reply->body, "%zu %.*s", request->upload_size, GX_PRINT(request->upload_sha256));
    return true;
}

static bool upload(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    (void)db, (void)reply;
    return gx_request_change(request, keep_upload, error);
}

static const gx_route routes[] = {
    {"GET", "/count", GX_ROUTE_READ, "public", count, "t", "", "", NULL, NULL},
    {"POST", "/things", GX_ROUTE_WRITE, "public", add, "t", "", "", NULL, NULL},
    {"POST", "/failing", GX_ROUTE_WRITE, "public", add_and_fail, "t", "", "", NULL, NULL},
    {"POST", "/greedy", GX_ROUTE_WRITE, "public", use_up_memory, "t", "", "", NULL, NULL},
    {"GET", "/greedy", GX_ROUTE_READ, "public", use_up_memory, "t", "", "", NULL, NULL},
    {"GET", "/greedy/plain", GX_ROUTE_PLAIN, "public", use_up_memory, "t", "", "", NULL, NULL},
    {"GET", "/greedy/slow", GX_ROUTE_SLOW, "public", use_up_memory, "t", "", "", NULL, NULL},
    {"POST", "/upload", GX_ROUTE_UPLOAD, "public", upload, "t", "", "", NULL, NULL},
    {"GET", "/who/{x}", GX_ROUTE_PLAIN, "public", who, "t", "", "", NULL, NULL},
    {"GET", "/secret", GX_ROUTE_PLAIN, "signed-in", who, "t", "", "", NULL, NULL},
    {"POST", "/own", GX_ROUTE_WRITE, "thing.write", add, "t", "", "", NULL, NULL},
    {"GET", "/slow", GX_ROUTE_SLOW, "public", who, "t", "", "", NULL, NULL},
    {"GET", "/events", GX_ROUTE_STREAM, "public", who, "t", "", "", NULL, NULL},
};

static bool authenticate(gx_request *request, gx_error *error)
{
    static gx_person person;
    gx_text cookie = gx_request_cookie(request, "__Host-gx");
    (void)error;
    if (!gx_text_equal(cookie, GX_TEXT("anna")) && !gx_text_equal(cookie, GX_TEXT("bert")))
        return true;
    request->person = &person;
    request->actor = cookie;
    request->session_token = GX_TEXT("token");
    return true;
}

static bool authorise(gx_request *request, gx_error *error)
{
    return gx_text_equal(request->actor, GX_TEXT("anna")) || gx_fail(error, "http.cross_site");
}

/* ---- The fixture ---- */

typedef struct fixture {
    char folder[40], path[64];
    gx_store *store;
    gx_server *server;
    char answer[64 * 1024];
} fixture;

static int set_up(void **state)
{
    static fixture f;
    gx_error error = {0};
    strcpy(f.folder, "/tmp/gx-http-XXXXXX");
    assert_non_null(mkdtemp(f.folder));
    snprintf(f.path, sizeof f.path, "%s/zone.db", f.folder);
    f.store = gx_store_open(&(gx_store_options){.path = f.path, .schema = {steps, 1}}, &error);
    assert_non_null(f.store);
    f.server = gx_server_start(&(gx_server_options){.store = f.store,
                                                    .routes = routes,
                                                    .route_count = GX_COUNT_OF(routes),
                                                    .schemas = "{}",
                                                    .upload_folder = f.folder,
                                                    .proxy = "127.0.0.1",
                                                    .authenticate = authenticate,
                                                    .authorise = authorise},
                               &error);
    assert_non_null(f.server);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    gx_server_stop(f->server);
    gx_store_close(f->store);
    static const char *const suffixes[] = {"", "-wal", "-shm", "-lock"};
    for (size_t i = 0; i < GX_COUNT_OF(suffixes); i++) {
        char path[80];
        snprintf(path, sizeof path, "%s%s", f->path, suffixes[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(f->folder), 0); /* no upload is left */
    return 0;
}

static int open_line(const fixture *f)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(gx_server_port(f->server)),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int line = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(line, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){20, 0}, sizeof(struct timeval));
    assert_int_equal(connect(line, (struct sockaddr *)&address, sizeof address), 0);
    return line;
}

/* Sends a request and reads one answer until the other side closes; its status. */
static int ask(fixture *f, const char *method, const char *target, const char *headers, const char *body)
{
    char request[4096];
    int line = open_line(f), size = snprintf(request, sizeof request,
                                             "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s",
                                             method, target, headers);
    if (body)
        size += snprintf(request + size, sizeof request - (size_t)size, "Content-Length: %zu\r\n\r\n%s",
                         strlen(body), body);
    else
        size += snprintf(request + size, sizeof request - (size_t)size, "\r\n");
    assert_int_equal(write(line, request, (size_t)size), size);
    size_t got = 0;
    for (ssize_t count;
         got + 1 < sizeof f->answer && (count = read(line, f->answer + got, sizeof f->answer - 1 - got)) > 0;)
        got += (size_t)count;
    f->answer[got] = 0;
    close(line);
    return got > 12 ? atoi(f->answer + 9) : 0;
}

static const char *body_of(const fixture *f)
{
    const char *end = strstr(f->answer, "\r\n\r\n");
    return end ? end + 4 : "";
}

#define JSON "Content-Type: application/json\r\n"

static int count_things(fixture *f)
{
    assert_int_equal(ask(f, "GET", "/count", "", NULL), 200);
    return atoi(strchr(body_of(f), ':') + 1);
}

/* ---- Tests ---- */

static void a_key_sent_twice_acts_once_and_answers_the_same(void **state)
{
    fixture *f = *state;
    char first[4096];
    assert_int_equal(ask(f, "POST", "/things", JSON "Idempotency-Key: k1\r\n", "{\"name\":\"a\"}"), 201);
    snprintf(first, sizeof first, "%s", body_of(f));
    assert_non_null(strstr(f->answer, "ETag: \"1\"\r\n"));
    assert_int_equal(ask(f, "POST", "/things", JSON "Idempotency-Key: k1\r\n", "{\"name\":\"a\"}"), 201);
    assert_string_equal(body_of(f), first);
    assert_non_null(strstr(f->answer, "ETag: \"1\"\r\n"));
    assert_int_equal(count_things(f), 1);
    assert_int_equal(ask(f, "POST", "/things", JSON "Idempotency-Key: k1\r\n", "{\"name\":\"b\"}"), 409);
    assert_int_equal(ask(f, "POST", "/things?x=1", JSON "Idempotency-Key: k1\r\n", "{\"name\":\"a\"}"), 409);
    assert_int_equal(count_things(f), 1);
}

static void a_key_belongs_to_the_account_that_sent_it(void **state)
{
    fixture *f = *state;
    assert_int_equal(ask(f, "POST", "/own",
                         JSON "Cookie: __Host-gx=anna\r\nX-GX-Token: token\r\nIdempotency-Key: k\r\n",
                         "{\"name\":\"a\"}"),
                     201);
    assert_int_equal(ask(f, "POST", "/things",
                         JSON "Cookie: __Host-gx=bert\r\nX-GX-Token: token\r\nIdempotency-Key: k\r\n",
                         "{\"name\":\"b\"}"),
                     201);
    assert_int_equal(count_things(f), 2);
}

static void a_refused_request_leaves_nothing_and_may_be_sent_again(void **state)
{
    fixture *f = *state;
    assert_int_equal(ask(f, "POST", "/things", JSON, "{\"name\":\"a\"}"), 201);
    assert_int_equal(ask(f, "POST", "/things", JSON "Idempotency-Key: k\r\n", "{\"name\":\"a\"}"),
                     409); /* the name is taken */
    assert_int_equal(ask(f, "POST", "/failing", JSON, "{}"), 404);
    assert_int_equal(count_things(f), 1);
    assert_int_equal(ask(f, "POST", "/things", JSON "Idempotency-Key: k\r\n", "{\"name\":\"b\"}"), 201);
}

static void a_malformed_key_is_refused(void **state)
{
    fixture *f = *state;
    assert_int_equal(ask(f, "POST", "/things", JSON "Idempotency-Key: a b\r\n", "{\"name\":\"a\"}"), 400);
    assert_int_equal(count_things(f), 0);
}

static void a_handler_that_uses_up_its_memory_fails_alone(void **state)
{
    fixture *f = *state;
    assert_int_equal(ask(f, "POST", "/greedy", JSON, "{}"), 507);
    assert_int_equal(ask(f, "GET", "/greedy", "", NULL), 507);
    assert_int_equal(ask(f, "GET", "/greedy/plain", "", NULL), 507);
    assert_int_equal(ask(f, "GET", "/greedy/slow", "", NULL), 507);
    assert_int_equal(count_things(f), 0);
}

static void a_header_stays_one_line_whatever_it_is_made_of(void **state)
{
    fixture *f = *state;
    ask(f, "POST", "/things", JSON, "{\"name\":\"a\"}");
    assert_null(strstr(f->answer, "\r\nX-Injected"));
}

static void an_upload_is_hashed_and_kept_once(void **state)
{
    fixture *f = *state;
    static const char sha256_of_abc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_int_equal(ask(f, "POST", "/upload", "Idempotency-Key: u\r\n", "abc"), 200);
    assert_non_null(strstr(body_of(f), sha256_of_abc));
    assert_int_equal(ask(f, "POST", "/upload", "Idempotency-Key: u\r\n", "abc"), 200);
    assert_int_equal(count_things(f), 1);
    assert_int_equal(ask(f, "POST", "/upload", "Idempotency-Key: u\r\n", "abd"), 409);
}

static void a_body_must_be_json_of_our_own_page(void **state)
{
    fixture *f = *state;
    assert_int_equal(ask(f, "POST", "/things", "Content-Type: text/plain\r\n", "{\"name\":\"a\"}"), 415);
    assert_int_equal(ask(f, "POST", "/things", "Content-Type: application/jsonx\r\n", "{\"name\":\"a\"}"),
                     415);
    assert_int_equal(ask(f, "POST", "/things", "", "{\"name\":\"a\"}"), 415);
    assert_int_equal(ask(f, "POST", "/things", JSON "Sec-Fetch-Site: cross-site\r\n", "{\"name\":\"a\"}"),
                     403);
    assert_int_equal(ask(f, "POST", "/things", JSON "Sec-Fetch-Site: same-site\r\n", "{\"name\":\"a\"}"),
                     403);
    assert_int_equal(ask(f, "POST", "/things", JSON "Origin: https://localhost.evil\r\n", "{\"name\":\"a\"}"),
                     403);
    assert_int_equal(ask(f, "POST", "/things", JSON "Origin: null\r\n", "{\"name\":\"a\"}"), 403);
    assert_int_equal(ask(f, "POST", "/things", JSON "Cookie: __Host-gx=anna\r\n", "{\"name\":\"a\"}"), 403);
    assert_int_equal(
        ask(f, "POST", "/things", JSON "Cookie: __Host-gx=anna\r\nX-GX-Token: tokem\r\n", "{\"name\":\"a\"}"),
        403);
    assert_int_equal(count_things(f), 0);
    assert_int_equal(ask(f, "POST", "/things",
                         JSON "Origin: http://localhost\r\nSec-Fetch-Site: same-origin\r\n",
                         "{\"name\":\"a\"}"),
                     201);
}

static void rights_are_asked_before_the_handler(void **state)
{
    fixture *f = *state;
    assert_int_equal(ask(f, "GET", "/secret", "", NULL), 401);
    assert_int_equal(ask(f, "GET", "/secret", "Cookie: __Host-gx=bert\r\n", NULL), 200);
    assert_int_equal(
        ask(f, "POST", "/own", JSON "Cookie: __Host-gx=bert\r\nX-GX-Token: token\r\n", "{\"name\":\"a\"}"),
        403);
    assert_int_equal(count_things(f), 0);
}

static void a_method_that_is_not_there_is_405_with_those_that_are(void **state)
{
    fixture *f = *state;
    assert_int_equal(ask(f, "DELETE", "/greedy", "", NULL), 405);
    assert_non_null(strstr(f->answer, "Allow: POST, GET\r\n"));
    assert_int_equal(ask(f, "DELETE", "/nothing", "", NULL), 404);
}

static void head_is_get_without_its_body(void **state)
{
    fixture *f = *state;
    assert_int_equal(ask(f, "HEAD", "/count", "", NULL), 200);
    assert_non_null(strstr(f->answer, "Content-Length: 11\r\n"));
    assert_string_equal(body_of(f), "");
}

static void only_the_proxy_is_believed_about_addresses(void **state)
{
    fixture *f = *state;
    ask(f, "GET", "/who/a", "X-Forwarded-For: 9.9.9.9, 10.1.2.3\r\n", NULL);
    assert_string_equal(body_of(f), "10.1.2.3 a");
    ask(f, "GET", "/who/a", "X-Forwarded-For: 9.9.9.9, nonsense\r\n", NULL);
    assert_string_equal(body_of(f), "127.0.0.1 a");
}

static void a_costly_public_route_is_rationed_by_address(void **state)
{
    fixture *f = *state;
    int served = 0;
    while (served < 200 && ask(f, "GET", "/slow", "X-Forwarded-For: 10.0.0.1\r\n", NULL) == 200)
        served++;
    assert_in_range(served, 60, 100); /* the burst, and what came back meanwhile */
    assert_non_null(strstr(f->answer, "HTTP/1.1 429"));
    assert_non_null(strstr(f->answer, "Retry-After: "));
    assert_int_equal(ask(f, "GET", "/slow", "X-Forwarded-For: 10.0.0.2\r\n", NULL), 200);
    assert_int_equal(ask(f, "GET", "/count", "X-Forwarded-For: 10.0.0.1\r\n", NULL), 200);
}

static size_t read_until(int line, char *text, size_t size, const char *end)
{
    size_t got = 0;
    text[0] = 0;
    for (ssize_t count;
         !strstr(text, end) && got + 1 < size && (count = read(line, text + got, size - 1 - got)) > 0;) {
        got += (size_t)count;
        text[got] = 0;
    }
    return got;
}

static void events_reach_listeners_and_a_lazy_one_is_dropped(void **state)
{
    fixture *f = *state;
    static const char request[] = "GET /events HTTP/1.1\r\nHost: x\r\n\r\n";
    int keen = open_line(f), lazy = open_line(f);
    setsockopt(lazy, SOL_SOCKET, SO_RCVBUF, &(int){4096}, sizeof(int));
    assert_int_equal(write(keen, request, sizeof request - 1), (ssize_t)sizeof request - 1);
    assert_int_equal(write(lazy, request, sizeof request - 1), (ssize_t)sizeof request - 1);
    read_until(keen, f->answer, sizeof f->answer, ": hello");
    assert_non_null(strstr(f->answer, "text/event-stream"));
    assert_non_null(strstr(f->answer, "X-Content-Type-Options: nosniff"));
    gx_events_publish(f->server, "case", GX_TEXT("{\"number\":\"2026-1\"}"));
    read_until(keen, f->answer, sizeof f->answer, "2026-1");
    assert_non_null(strstr(f->answer, "event: case\ndata: {\"number\":\"2026-1\"}\n\n"));
    char large[900];
    memset(large, 'x', sizeof large);
    for (int i = 0; i < 20000; i++) /* far beyond the sockets' own buffers; never waits */
        gx_events_publish(f->server, "case", (gx_text){large, sizeof large});
    close(keen);
    size_t got = 0;
    for (ssize_t count; (count = read(lazy, f->answer, sizeof f->answer)) > 0;)
        got += (size_t)count;
    assert_true(got < 20000 * sizeof large);
    close(lazy);
}

static void requests_on_one_connection_follow_each_other(void **state)
{
    fixture *f = *state;
    static const char requests[] =
        "GET /who/1 HTTP/1.1\r\nHost: x\r\n\r\nPOST /things HTTP/1.1\r\nHost: x\r\n" JSON
        "Content-Length: 12\r\n\r\n{\"name\":\"z\"}"
        "GET /who/3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    int line = open_line(f);
    assert_int_equal(write(line, requests, sizeof requests - 1), (ssize_t)sizeof requests - 1);
    read_until(line, f->answer, sizeof f->answer, "127.0.0.1 3");
    const char *first = strstr(f->answer, "127.0.0.1 1"), *second = strstr(f->answer, "HTTP/1.1 201"),
               *third = strstr(f->answer, "127.0.0.1 3");
    assert_true(first && second && third && first < second && second < third);
    close(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_key_sent_twice_acts_once_and_answers_the_same, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_key_belongs_to_the_account_that_sent_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_refused_request_leaves_nothing_and_may_be_sent_again, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_malformed_key_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_handler_that_uses_up_its_memory_fails_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_header_stays_one_line_whatever_it_is_made_of, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_upload_is_hashed_and_kept_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_body_must_be_json_of_our_own_page, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rights_are_asked_before_the_handler, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_method_that_is_not_there_is_405_with_those_that_are, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(head_is_get_without_its_body, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_the_proxy_is_believed_about_addresses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_costly_public_route_is_rationed_by_address, set_up, tear_down),
        cmocka_unit_test_setup_teardown(events_reach_listeners_and_a_lazy_one_is_dropped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(requests_on_one_connection_follow_each_other, set_up, tear_down),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

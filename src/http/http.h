/* http/http.h: the server: requests in, replies out; behind a gate of its own.
 * libmicrohttpd does the protocol; before a handler sees anything, the gate refuses what servers have been
 * attacked with (both length headers, repeated Host, odd header names, encoded slashes, ...). Routes are rows
 * of a table; the frame does for each row what the row says: authentication, rights, cross-site checks, JSON
 * parsing, the transaction, idempotency, the answer.
 *
 * A handler runs under a gx_arena_guard on the request's arena and returns true with a filled reply, or false
 * with an error, which becomes a problem answer (RFC 9457) in the reader's language with the status of its
 * row in errors.def. */
#ifndef GX_HTTP_HTTP_H
#define GX_HTTP_HTTP_H

#include "base/json.h"
#include "db/db.h"

typedef struct gx_server gx_server;
typedef struct gx_person gx_person; /* service/identity.h */
typedef struct gx_route gx_route;

typedef struct gx_parameter_value {
    gx_text name, value;
} gx_parameter_value;

enum { GX_PATH_PARAMETERS = 4 };

typedef struct gx_request {
    gx_arena *arena;
    void *host; /* the options' `host` */
    const gx_route *route;
    gx_text method, path; /* the path decoded once, strictly; without the query */
    gx_text query;        /* raw, behind the '?' */
    gx_parameter_value parameters[GX_PATH_PARAMETERS];
    size_t parameter_count;
    gx_text body;
    gx_json *json; /* the body of a changing request; NULL when it is empty */
    gx_language language;
    gx_person *person;     /* NULL: nobody is signed in */
    gx_text session_token; /* of the signed-in session: what X-GX-Token must say */
    bool is_program;       /* known by a key, without a session: no X-GX-Token is asked for */
    gx_text actor;         /* whose Idempotency-Keys these are: an account's name, or empty */
    gx_text address;       /* of the other side, or what a trusted proxy says it is */
    gx_text request_id;
    const char *upload_path; /* UPLOAD: the temporary file, which goes away unless the handler renames it */
    gx_text upload_sha256;   /* hex */
    size_t upload_size;
    void *work; /* the handler's own: what it hands to the change it makes with gx_request_change */
    gx_arena *scratch;    /* WAIT: ends with this attempt; what is made for each attempt belongs here */
    bool is_last_attempt; /* WAIT: it must be answered now */
    void *connection, *server; /* the frame's own */
} gx_request;

/* Bytes NULL when absent. Names of headers are compared without case. */
gx_text gx_request_header(const gx_request *request, const char *name);
gx_text gx_request_cookie(const gx_request *request, const char *name);
gx_text gx_request_parameter(const gx_request *request, const char *name); /* of the path */
/* A field of the query, decoded; bytes NULL when absent; the first one counts. */
gx_text gx_request_query(gx_request *request, const char *name);
/* Calls `visit` for each field of the query whose name begins with `prefix`, with the rest of the name. */
void gx_request_query_each(gx_request *request, const char *prefix,
                           void (*visit)(void *context, gx_text name, gx_text value), void *context);
int64_t gx_request_query_int(gx_request *request, const char *name, int64_t otherwise, int64_t least,
                             int64_t most);

typedef struct gx_reply {
    int status; /* 200 unless set */
    const char *content_type;
    gx_buffer body;
    gx_json_out out; /* writes into the body */
    struct gx_reply_header {
        const char *name;
        gx_text value;
    } headers[8];
    size_t header_count;
    const char *file_path; /* sent instead of the body */
    struct gx_wait *wait;  /* gx_reply_wait */
} gx_reply;

/* There is nothing to answer yet. The connection waits, without a thread of its own; the handler runs again
 * when one of the subjects is stirred (one request for each stir, those first that wait longest), at
 * `again_ms`, and at `until_ms` for the last time. What was stirred since the attempt began is not missed. */
typedef struct gx_wait {
    int64_t until_ms, again_ms; /* gx_clock_monotonic_ms; again_ms INT64_MAX: nothing is expected */
    const uint64_t *subjects;   /* hashes of names; in the request's arena */
    size_t subject_count;
} gx_wait;
/* For WAIT routes whose attempt is not the last. `wait` lives as long as the request. */
void gx_reply_wait(gx_reply *reply, gx_wait *wait);

void gx_reply_header(gx_reply *reply, const char *name, gx_text value);
/* "ETag" from a version number. */
void gx_reply_version(gx_request *request, gx_reply *reply, int64_t version);
/* The version in If-Match ("3", W/"3"); -1 when the header is absent or malformed; 0 for "*". */
int64_t gx_request_version(const gx_request *request);
void gx_reply_value(gx_reply *reply, const gx_json *value);

typedef bool (*gx_handler)(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error);

/* For SLOW and UPLOAD handlers, which have no connection of their own: runs `handler` as a WRITE route's,
 * inside the writer's transaction and under the request's Idempotency-Key, and waits until it is durable.
 * What it has put into its reply is the answer; when the same request was answered before, that answer is. */
bool gx_request_change(gx_request *request, gx_handler handler, gx_error *error);

typedef enum gx_route_mode {
    GX_ROUTE_PLAIN,  /* no database */
    GX_ROUTE_READ,   /* with a reader connection, in one read transaction */
    GX_ROUTE_WRITE,  /* inside the writer's transaction; answered after the commit; idempotent by key */
    GX_ROUTE_SLOW,   /* on a worker thread without a connection: password hashing, drawing. Public ones are
                        rationed by address */
    GX_ROUTE_STREAM, /* server-sent events */
    GX_ROUTE_UPLOAD, /* the body goes to a file; then as SLOW */
    GX_ROUTE_WAIT,   /* as WRITE, but without Idempotency-Key; may answer later, see gx_reply_wait */
} gx_route_mode;

struct gx_route {
    const char *method, *pattern; /* "/api/v1/cases/{number}" */
    gx_route_mode mode;
    const char *right; /* "public", "signed-in", or an action someone must hold */
    gx_handler handler;
    const char *tag, *zh, *en;
    const char *request_schema, *reply_schema; /* names in schemas.json, or NULL */
};

typedef struct gx_asset {
    const char *path, *mime, *etag;
    const unsigned char *bytes; /* gzip */
    size_t size;
    bool is_hashed; /* its name changes with its content: may be kept for ever */
} gx_asset;

typedef struct gx_server_options {
    uint16_t port;       /* 0: any free one */
    const char *address; /* NULL: loopback only */
    gx_store *store;
    void *host;
    const gx_route *routes;
    size_t route_count;
    const gx_asset *assets;
    size_t asset_count;
    const char *schemas;       /* JSON text with the schemas of requests and replies */
    const char *upload_folder; /* for temporary files */
    const char *proxy;         /* the address of a proxy whose X-Forwarded-For is believed; NULL: none */
    bool has_access_log;       /* a line for each request: method, pattern, status, time, id, address */
    /* Answers an error in another shape than a problem's; false: it does not. The reply is empty, its status
     * the error's. May be NULL. */
    bool (*write_problem)(gx_request *request, gx_reply *reply, const gx_error *error);
    /* Finds who is asking by cookie or key; sets person, session_token and actor. False only when the store
     * fails. */
    bool (*authenticate)(gx_request *request, gx_error *error);
    /* Whether the person may use the route's right at all; writes the refusal down. */
    bool (*authorise)(gx_request *request, gx_error *error);
    /* With which question the route's handler begins, if that is known; may be NULL. */
    bool (*foresee)(gx_request *request, gx_first_question *question);
    void (*write_metrics)(void *host,
                          gx_buffer *buffer); /* the host's own figures, Prometheus text; may be NULL */
} gx_server_options;

gx_server *gx_server_start(const gx_server_options *options, gx_error *error);
uint16_t gx_server_port(const gx_server *server);
/* No new requests; those at work are answered; then everything ends. */
void gx_server_stop(gx_server *server);

/* Events for the page: `topic` such as "case", `json` one line. Anyone signed in hears them: they carry ids,
 * never data. Thread-safe, never waits. */
void gx_events_publish(gx_server *server, const char *topic, gx_text json);

/* Something that requests wait for has happened: see gx_reply_wait. Thread-safe, never waits. */
void gx_server_stir(gx_server *server, uint64_t subject);

/* The server's figures as Prometheus text, for the route that serves them. */
void gx_request_write_figures(gx_request *request, gx_buffer *buffer);

/* The OpenAPI 3.1 document of the routes. */
gx_text gx_openapi_write(gx_arena *arena, const gx_server_options *options);

#endif

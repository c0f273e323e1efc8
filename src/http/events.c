/* Server-sent events (WHATWG HTML, 9.2). A listener has a bounded buffer; one that does not read loses its
 * connection, and the page then reads its lists anew, so nothing is missed for good. */
#include "http/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LISTENER_BYTES = 32 * 1024 };

typedef struct listener {
    struct listener *before, *after;
    gx_server *server;
    struct MHD_Connection *connection;
    line *line; /* of the connection: it outlives the answer, and so the listener */
    char bytes[LISTENER_BYTES];
    size_t size;
    bool is_suspended, is_lost;
} listener;

static ssize_t read_events(void *context, uint64_t position, char *buffer, size_t most)
{
    (void)position;
    listener *l = context;
    pthread_mutex_lock(&l->server->event_mutex);
    ssize_t given = 0;
    if (l->is_lost) {
        given = MHD_CONTENT_READER_END_OF_STREAM;
    } else if (l->size > 0) {
        size_t size = l->size < most ? l->size : most;
        memcpy(buffer, l->bytes, size);
        memmove(l->bytes, l->bytes + size, l->size - size);
        l->size -= size;
        given = (ssize_t)size;
    } else {
        l->is_suspended = true;
        MHD_suspend_connection(l->connection);
    }
    pthread_mutex_unlock(&l->server->event_mutex);
    return given;
}

static void forget(void *context)
{
    listener *l = context;
    pthread_mutex_lock(&l->server->event_mutex);
    if (l->before)
        l->before->after = l->after;
    else
        l->server->listeners = l->after;
    if (l->after)
        l->after->before = l->before;
    pthread_mutex_unlock(&l->server->event_mutex);
    free(l);
}

/* Under the mutex. */
static void wake(listener *l)
{
    if (!l->is_suspended)
        return;
    l->is_suspended = false;
    MHD_resume_connection(l->connection);
}

static void give(listener *l, const char *text, size_t size)
{
    if (l->size + size > LISTENER_BYTES) {
        l->is_lost = true;
        gx_line_deadline(
            l->line,
            1); /* its socket may be full: waiting for it to end by itself would be waiting for the reader */
    } else if (!l->is_lost) {
        memcpy(l->bytes + l->size, text, size);
        l->size += size;
    }
    wake(l);
}

static void give_all(gx_server *server, const char *text, size_t size)
{
    pthread_mutex_lock(&server->event_mutex);
    for (listener *l = server->listeners; l; l = l->after)
        give(l, text, size);
    pthread_mutex_unlock(&server->event_mutex);
}

struct MHD_Response *gx_events_response(gx_server *server, struct MHD_Connection *connection)
{
    listener *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    static const char hello[] = "retry: 3000\n: hello\n\n";
    l->server = server;
    l->connection = connection;
    l->line = gx_line_of(connection);
    memcpy(l->bytes, hello, sizeof hello - 1);
    l->size = sizeof hello - 1;
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, read_events, l, forget);
    if (!response) {
        free(l);
        return NULL;
    }
    pthread_mutex_lock(&server->event_mutex);
    l->after = server->listeners;
    if (l->after)
        l->after->before = l;
    server->listeners = l;
    pthread_mutex_unlock(&server->event_mutex);
    MHD_add_response_header(response, "Content-Type", "text/event-stream; charset=utf-8");
    MHD_add_response_header(response, "Cache-Control", "no-store");
    gx_reply_secure(response, false);
    return response;
}

void gx_events_publish(gx_server *server, const char *topic, gx_text json)
{
    char text[1024];
    int size =
        snprintf(text, sizeof text, "id: %llu\nevent: %s\ndata: %.*s\n\n",
                 (unsigned long long)atomic_fetch_add(&server->event_number, 1) + 1, topic, GX_PRINT(json));
    if (size > 0 && (size_t)size < sizeof text)
        give_all(server, text, (size_t)size);
}

void gx_events_beat(gx_server *server)
{
    give_all(server, ": beat\n\n", 8);
}

void gx_events_close(gx_server *server)
{
    pthread_mutex_lock(&server->event_mutex);
    for (listener *l = server->listeners; l; l = l->after) {
        l->is_lost = true;
        wake(l);
    }
    pthread_mutex_unlock(&server->event_mutex);
}

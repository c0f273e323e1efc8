/* Hears what other processes on the same database tell (LISTEN), on a thread and a connection of its own. */
#include "db/connection.h"
#include "db/postgres.h"
#include "base/log.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAUSE_MS = 1000 };

struct gx_listener {
    char *path, *origin;
    void (*hear)(void *context, gx_text text);
    void *context;
    int stop[2]; /* a pipe: readable when it is time to end */
    pthread_t thread;
};

static bool must_stop(gx_listener *l, int wait_ms)
{
    struct pollfd end = {.fd = l->stop[0], .events = POLLIN};
    return poll(&end, 1, wait_ms) > 0;
}

/* "ORIGIN SCHEMA TEXT", a text a line: others' of the same schema. */
static void take(gx_listener *l, const char *schema, const char *payload)
{
    gx_text rest, origin = gx_text_cut(gx_text_of(payload), ' ', &rest);
    gx_text text, of = gx_text_cut(rest, ' ', &text);
    if (!gx_text_equal(origin, gx_text_of(l->origin)) && gx_text_equal(of, gx_text_of(schema)))
        while (text.size) {
            gx_text line = gx_text_cut(text, '\n', &text);
            l->hear(l->context, line);
        }
}

/* Until the connection is lost (true) or it is time to end. */
static bool listen_on(gx_listener *l, PGconn *connection)
{
    PGresult *result = PQexec(connection, "LISTEN gaoxing");
    PQclear(result);
    result = PQexec(connection, "SELECT current_schema()");
    char schema[64] = "";
    if (PQresultStatus(result) == PGRES_TUPLES_OK)
        snprintf(schema, sizeof schema, "%s", PQgetvalue(result, 0, 0));
    PQclear(result);
    l->hear(l->context, (gx_text){"", 0});
    while (PQstatus(connection) == CONNECTION_OK) {
        struct pollfd ends[] = {{.fd = l->stop[0], .events = POLLIN},
                                {.fd = PQsocket(connection), .events = POLLIN}};
        if (poll(ends, 2, -1) > 0 && ends[0].revents)
            return false;
        if (!PQconsumeInput(connection))
            break;
        for (PGnotify *told; (told = PQnotifies(connection));) {
            take(l, schema, told->extra);
            PQfreemem(told);
        }
    }
    return true;
}

static void *listen_for_ever(void *context)
{
    gx_listener *l = context;
    pthread_setname_np(pthread_self(), "gx-listener");
    do {
        gx_error error = {0};
        PGconn *connection = gx_postgres_connect(l->path, &error);
        bool goes_on = !connection || listen_on(l, connection);
        PQfinish(connection);
        if (!goes_on)
            break;
    } while (!must_stop(l, PAUSE_MS));
    return NULL;
}

gx_listener *gx_listener_start(const char *path, const char *origin,
                               void (*hear)(void *context, gx_text text), void *context)
{
    gx_listener *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    l->path = strdup(path);
    l->origin = strdup(origin);
    l->hear = hear;
    l->context = context;
    if (pipe(l->stop) == 0 && pthread_create(&l->thread, NULL, listen_for_ever, l) == 0)
        return l;
    free(l->path);
    free(l->origin);
    free(l);
    return NULL;
}

void gx_listener_stop(gx_listener *l)
{
    if (!l)
        return;
    if (write(l->stop[1], "", 1) == 1)
        pthread_join(l->thread, NULL);
    close(l->stop[0]);
    close(l->stop[1]);
    free(l->path);
    free(l->origin);
    free(l);
}

/* Connections and their deadlines. The library's own timeout starts anew with each byte, so a client that
 * sends one byte a second could stay for ever; these deadlines do not move by themselves. A connection's
 * socket that is past its deadline is shut, which makes the library end it. */
#include "http/internal.h"
#include "base/clock.h"

#include <stdlib.h>
#include <sys/socket.h>

enum { BEAT_MS = 15000, SWEEP_MS = 250 };

void gx_line_deadline(line *l, int64_t ms)
{
    if (l)
        atomic_store(&l->deadline_ms, ms ? gx_clock_monotonic_ms() + ms : 0);
}

line *gx_line_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static void begin_line(gx_server *server, struct MHD_Connection *connection, void **kept)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    line *l = info ? calloc(1, sizeof *l) : NULL;
    *kept = l;
    if (!l)
        return;
    l->socket = info->connect_fd;
    gx_line_deadline(l, HEAD_MS);
    l->after = server->lines;
    if (l->after)
        l->after->before = l;
    server->lines = l;
    server->line_count++;
}

static void end_line(gx_server *server, void **kept)
{
    line *l = *kept;
    if (!l)
        return;
    if (l->before)
        l->before->after = l->after;
    else
        server->lines = l->after;
    if (l->after)
        l->after->before = l->before;
    server->line_count--;
    free(l);
    *kept = NULL;
}

void gx_line_note(void *context, struct MHD_Connection *connection, void **kept,
                  enum MHD_ConnectionNotificationCode code)
{
    gx_server *server = context;
    pthread_mutex_lock(&server->mutex);
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        begin_line(server, connection, kept);
    else
        end_line(server,
                 kept); /* before the library closes the socket, so that its number is not another's yet */
    pthread_mutex_unlock(&server->mutex);
}

static void sweep(gx_server *server, int64_t now)
{
    for (line *l = server->lines; l; l = l->after) {
        int64_t deadline = atomic_load(&l->deadline_ms);
        if (!deadline || deadline >= now)
            continue;
        shutdown(l->socket, SHUT_RDWR);
        atomic_store(&l->deadline_ms, 0);
        server->late_count++;
    }
}

void *gx_line_sweep_for_ever(void *context)
{
    gx_server *server = context;
    pthread_setname_np(pthread_self(), "gx-sweeper");
    int64_t beat = gx_clock_monotonic_ms() + BEAT_MS;
    for (bool is_stopping = false; !is_stopping;) {
        nanosleep(&(struct timespec){0, SWEEP_MS * 1000000L}, NULL);
        int64_t now = gx_clock_monotonic_ms();
        pthread_mutex_lock(&server->mutex);
        is_stopping = server->is_stopping;
        sweep(server, now);
        pthread_mutex_unlock(&server->mutex);
        if (now >= beat) {
            gx_events_beat(server);
            beat = now + BEAT_MS;
        }
    }
    return NULL;
}

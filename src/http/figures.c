/* What the server has done, as Prometheus text (exposition format 0.0.4). */
#include "http/internal.h"

#include <stdio.h>
#include <string.h>

static const int64_t bounds_us[LATENCY_BUCKETS] = {500,   1000,   2500,   5000,   10000,
                                                   50000, 100000, 500000, 1000000};

void gx_figures_note(gx_server *server, const gx_route *route, int status, int64_t elapsed_ns)
{
    size_t index = route ? (size_t)(route - server->options.routes) : server->options.route_count;
    route_figures *figures = &server->figures[index];
    int64_t us = elapsed_ns / 1000;
    size_t bucket = 0;
    while (bucket < LATENCY_BUCKETS && us > bounds_us[bucket])
        bucket++;
    atomic_fetch_add(&figures->by_class[status / 100 < STATUS_CLASSES ? status / 100 : 5], 1);
    atomic_fetch_add(&figures->buckets[bucket], 1);
    atomic_fetch_add(&figures->total_us, (uint64_t)us);
}

static uint64_t resident_bytes(void)
{
    unsigned long long size = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file) {
        if (fscanf(file, "%llu %llu", &size, &resident) != 2)
            resident = 0;
        fclose(file);
    }
    return resident * 4096;
}

static void write_route(gx_buffer *buffer, const route_figures *figures, const char *method,
                        const char *pattern)
{
    uint64_t count = 0;
    for (int class = 1; class < STATUS_CLASSES; class ++) {
        uint64_t number = atomic_load(&figures->by_class[class]);
        if (number)
            gx_buffer_format(buffer,
                             "gaoxing_http_requests_total{method=\"%s\",route=\"%s\",status=\"%dxx\"} %llu\n",
                             method, pattern, class, (unsigned long long)number);
        count += number;
    }
    if (count == 0)
        return;
    uint64_t sum = 0;
    for (size_t i = 0; i <= LATENCY_BUCKETS; i++) {
        sum += atomic_load(&figures->buckets[i]);
        if (i < LATENCY_BUCKETS)
            gx_buffer_format(
                buffer, "gaoxing_http_request_seconds_bucket{method=\"%s\",route=\"%s\",le=\"%g\"} %llu\n",
                method, pattern, (double)bounds_us[i] / 1e6, (unsigned long long)sum);
        else
            gx_buffer_format(
                buffer, "gaoxing_http_request_seconds_bucket{method=\"%s\",route=\"%s\",le=\"+Inf\"} %llu\n",
                method, pattern, (unsigned long long)sum);
    }
    gx_buffer_format(buffer, "gaoxing_http_request_seconds_sum{method=\"%s\",route=\"%s\"} %g\n", method,
                     pattern, (double)atomic_load(&figures->total_us) / 1e6);
    gx_buffer_format(buffer, "gaoxing_http_request_seconds_count{method=\"%s\",route=\"%s\"} %llu\n", method,
                     pattern, (unsigned long long)count);
}

void gx_figures_write(gx_server *server, gx_buffer *buffer)
{
    gx_buffer_string(
        buffer,
        "# HELP gaoxing_http_requests_total Requests answered.\n# TYPE gaoxing_http_requests_total counter\n"
        "# HELP gaoxing_http_request_seconds Time from the request's head to its answer.\n# TYPE "
        "gaoxing_http_request_seconds histogram\n");
    for (size_t i = 0; i < server->options.route_count; i++)
        write_route(buffer, &server->figures[i], server->options.routes[i].method,
                    server->options.routes[i].pattern);
    write_route(buffer, &server->figures[server->options.route_count], "-", "other");
    pthread_mutex_lock(&server->mutex);
    unsigned lines = server->line_count, work = server->work_count;
    unsigned long long late = server->late_count;
    pthread_mutex_unlock(&server->mutex);
    gx_buffer_format(buffer,
                     "# TYPE gaoxing_http_connections gauge\ngaoxing_http_connections %u\n"
                     "# TYPE gaoxing_http_late_total counter\ngaoxing_http_late_total %llu\n"
                     "# TYPE gaoxing_http_work_waiting gauge\ngaoxing_http_work_waiting %u\n",
                     lines, late, work);
    gx_store_figures store = gx_store_measure(server->options.store);
    gx_buffer_format(
        buffer,
        "# TYPE gaoxing_gate_refused_total counter\ngaoxing_gate_refused_total %llu\n"
        "# TYPE gaoxing_store_commands_total counter\ngaoxing_store_commands_total %llu\n"
        "# TYPE gaoxing_store_failed_total counter\ngaoxing_store_failed_total %llu\n"
        "# TYPE gaoxing_store_groups_total counter\ngaoxing_store_groups_total %llu\n"
        "# TYPE gaoxing_store_commit_seconds_total counter\ngaoxing_store_commit_seconds_total %g\n"
        "# TYPE gaoxing_store_queued gauge\ngaoxing_store_queued %u\n"
        "# TYPE gaoxing_store_group_largest gauge\ngaoxing_store_group_largest %u\n"
        "# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes %llu\n",
        (unsigned long long)atomic_load(&server->refused_at_gate), (unsigned long long)store.commands,
        (unsigned long long)store.failed, (unsigned long long)store.groups, (double)store.commit_ns / 1e9,
        store.queued, store.largest_group, (unsigned long long)resident_bytes());
    if (server->options.write_metrics)
        server->options.write_metrics(server->options.host, buffer);
}

void gx_request_write_figures(gx_request *request, gx_buffer *buffer)
{
    gx_figures_write(request->server, buffer);
}

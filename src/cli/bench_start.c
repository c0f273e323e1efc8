/* A cold start: the real program on a folder that is already loaded, from its start to its first answer; with
 * the packages as shipped, or with many more definitions beside them. */
#include "cli/bench_runtime.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int connect_to(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int handle = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (handle >= 0 && connect(handle, (struct sockaddr *)&address, sizeof address) == 0)
        return handle;
    if (handle >= 0)
        close(handle);
    return -1;
}

/* ---- A cold start: the real program on a folder that is already loaded ---- */

static uint16_t free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    int handle = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_bound = handle >= 0 && bind(handle, (struct sockaddr *)&address, sizeof address) == 0 &&
                    getsockname(handle, (struct sockaddr *)&address, &size) == 0;
    if (handle >= 0)
        close(handle);
    return is_bound ? ntohs(address.sin_port) : 0;
}

/* Milliseconds from starting the program to its first answer; `resident` is its memory then, in KiB.
 * Negative: it did not start. */
static double start_once(const char *folder, const char *packages, uint64_t *resident)
{
    char port[16], path[64], text[256];
    uint16_t number = free_port();
    snprintf(port, sizeof port, "%u", number);
    int64_t begun = gx_clock_monotonic_ns();
    pid_t child = fork();
    if (child == 0) {
        if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))
            _exit(127);
        execl("/proc/self/exe", "gaoxing", "serve", "--port", port, "--data", folder, "--packages", packages,
              "--sample", (char *)NULL);
        _exit(127);
    }
    int handle = -1;
    for (int i = 0; i < 60000 && handle < 0; i++) {
        handle = connect_to(number);
        if (handle < 0)
            usleep(500);
    }
    static const char request[] = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    bool is_up =
        handle >= 0 && write(handle, request, sizeof request - 1) > 0 && read(handle, text, sizeof text) > 0;
    double milliseconds = (double)(gx_clock_monotonic_ns() - begun) / 1e6;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)child);
    FILE *file = fopen(path, "re");
    unsigned long long size = 0, pages = 0;
    if (file && fscanf(file, "%llu %llu", &size, &pages) == 2)
        *resident = pages * 4;
    if (file)
        fclose(file);
    if (handle >= 0)
        close(handle);
    kill(child, SIGTERM);
    waitpid(child, NULL, 0);
    return is_up ? milliseconds : -1;
}

/* A package of copies of a shipped process, each under an id of its own. */
static bool add_definitions(gx_arena *arena, const char *packages, int64_t count)
{
    static const char info[] = "{\"name\":\"many\",\"version\":\"1\",\"title\":{\"zh\":\"多\",\"en\":"
                               "\"many\"}}",
                      model[] = "packages/approval/processes/drawing-review.bpmn";
    gx_error error = {0};
    gx_text source;
    gx_file_make_folder(gx_format(arena, "%s/many/processes", packages).bytes, &error);
    if (!gx_file_read(arena, model, GX_LIMIT_FILE_BYTES, &source, &error) ||
        !gx_file_write(gx_format(arena, "%s/many/package.json", packages).bytes, gx_text_of(info), &error))
        return false;
    const char *at = memmem(source.bytes, source.size, "<process id=\"", 13);
    size_t id_at = at ? (size_t)(at - source.bytes) + 13 : 0, id_end = id_at;
    while (id_at && id_end < source.size && source.bytes[id_end] != '"')
        id_end++;
    gx_text id = gx_text_slice(source, id_at, id_end), quoted = gx_format(arena, "\"%.*s\"", GX_PRINT(id));
    gx_arena_mark mark = gx_arena_here(arena);
    for (int64_t i = 0; id.size && i < count; i++) {
        gx_buffer text = gx_buffer_in(arena);
        for (size_t from = 0; from < source.size;) {
            const char *hit = memmem(source.bytes + from, source.size - from, quoted.bytes, quoted.size);
            size_t to = hit ? (size_t)(hit - source.bytes) : source.size;
            gx_buffer_text(&text, gx_text_slice(source, from, to));
            if (hit)
                gx_buffer_format(&text, "\"many-%lld\"", (long long)i);
            from = hit ? to + quoted.size : to;
        }
        FILE *file = fopen(gx_format(arena, "%s/many/processes/many-%lld.bpmn", packages, (long long)i).bytes,
                           "we"); /* nothing is lost if this is lost: no sync */
        if (!file || fwrite(text.bytes, 1, text.size, file) != text.size || fclose(file) != 0)
            return false;
        gx_arena_rewind(arena, mark);
    }
    return id.size > 0;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

bool gx_bench_start_up(gx_arena *arena, int64_t definitions)
{
    char folder[] = "/tmp/gaoxing-bench-XXXXXX";
    double times[9];
    uint64_t resident = 0;
    if (!mkdtemp(folder))
        return false;
    const char *packages = gx_format(arena, "%s/packages", folder).bytes,
               *data = gx_format(arena, "%s/data", folder).bytes;
    bool is_good = system(gx_format(arena, "cp -r packages %s", packages).bytes) == 0 &&
                   (definitions == 0 || add_definitions(arena, packages, definitions)) &&
                   start_once(data, packages, &resident) > 0; /* loads them */
    for (size_t i = 0; i < GX_COUNT_OF(times) && is_good; i++)
        is_good = (times[i] = start_once(data, packages, &resident)) > 0;
    if (is_good) {
        qsort(times, GX_COUNT_OF(times), sizeof *times, by_size);
        printf(
            "cold start with the sample zone and %lld more definitions: median of %zu %.0f ms, best %.0f ms "
            "(goal <= %d ms), resident %.1f MB (goal <= 25 MB)\n",
            (long long)definitions, GX_COUNT_OF(times), times[GX_COUNT_OF(times) / 2], times[0],
            definitions ? 50 : 150, (double)resident / 1024);
    }
    if (system(gx_format(arena, "rm -rf %s", folder).bytes) != 0)
        fprintf(stderr, "%s stays\n", folder);
    return is_good;
}

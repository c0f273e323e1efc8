/* gaoxing bench: what the whole way costs: HTTP, rights, JSON, the engine, the transaction, the disk. A
 * server in this process on a folder of its own, and a load generator with keep-alive connections over the
 * loopback in one thread; both share the machine, as the figures in docs/performance.md say. */
#include "cli/bench_runtime.h"
#include "cli/tool.h"
#include "api/api.h"
#include "base/clock.h"
#include "base/limits.h"
#include "service/identity.h"
#include "service/register.h"
#include "service/sample.h"
#include "skill/skill.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS_MOST = 256, RESPONSE_MOST = 64 * 1024, SAMPLES_MOST = 2000000 };

typedef struct line {
    int socket;
    char out[1024];
    size_t out_size;
    char in[RESPONSE_MOST];
    size_t in_size;
    int64_t begun_ns;
    bool is_busy;
} line;

typedef struct load {
    uint16_t port;
    const char *credentials; /* header lines */
    size_t connections;
    line *lines;
    int64_t *latencies; /* ns */
    uint64_t sent, done, failed;
    /* makes the next request; false when there is none left */
    bool (*next)(struct load *load, line *l);
    void (*answered)(struct load *load, const char *body, size_t size);
    uint64_t limit;
    int64_t end_ns;
    /* tasks that were seen, for completing them */
    char (*tasks)[32];
    size_t task_count, task_next, task_capacity;
} load;

static int connect_line(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int handle = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    if (handle < 0 || connect(handle, (struct sockaddr *)&address, sizeof address) != 0)
        return -1;
    setsockopt(handle, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return handle;
}

static void post(load *l, line *to, const char *path, const char *body)
{
    to->out_size = (size_t)snprintf(to->out, sizeof to->out,
                                    "POST %s HTTP/1.1\r\nHost: localhost\r\n%sContent-Type: "
                                    "application/json\r\nContent-Length: %zu\r\n\r\n%s",
                                    path, l->credentials, strlen(body), body);
}

static bool send_next(load *l, line *to)
{
    if ((l->limit && l->sent >= l->limit) || (l->end_ns && gx_clock_monotonic_ns() >= l->end_ns) ||
        !l->next(l, to))
        return false;
    l->sent++;
    to->begun_ns = gx_clock_monotonic_ns();
    to->in_size = 0;
    to->is_busy = true;
    return write(to->socket, to->out, to->out_size) == (ssize_t)to->out_size;
}

/* The size of the whole answer when its head is there, else 0. */
static size_t answer_size(const line *l, size_t *body_at)
{
    const char *end = memmem(l->in, l->in_size, "\r\n\r\n", 4);
    if (!end)
        return 0;
    *body_at = (size_t)(end - l->in) + 4;
    const char *length = memmem(l->in, *body_at, "Content-Length: ", 16);
    return *body_at + (length ? strtoul(length + 16, NULL, 10) : 0);
}

static void take_answer(load *l, line *from)
{
    size_t body_at = 0, size = answer_size(from, &body_at);
    if (size == 0 || from->in_size < size)
        return;
    if (l->done < SAMPLES_MOST)
        l->latencies[l->done] = gx_clock_monotonic_ns() - from->begun_ns;
    l->done++;
    bool is_good = from->in_size > 12 && from->in[9] == '2';
    if (!is_good && l->failed++ == 0)
        fprintf(stderr, "bench: %.*s\n", (int)(size < 900 ? size : 900), from->in);
    if (is_good && l->answered)
        l->answered(l, from->in + body_at, size - body_at);
    from->is_busy = false;
}

/* Keeps all connections busy until the limit or the time is reached; the seconds it took. */
static double drive(load *l)
{
    int poller = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event events[CONNECTIONS_MOST];
    size_t busy = 0;
    int64_t begun = gx_clock_monotonic_ns();
    l->sent = l->done = l->failed = 0;
    for (size_t i = 0; i < l->connections; i++) {
        l->lines[i].socket = connect_line(l->port);
        epoll_ctl(poller, EPOLL_CTL_ADD, l->lines[i].socket,
                  &(struct epoll_event){.events = EPOLLIN, .data.ptr = &l->lines[i]});
        busy += send_next(l, &l->lines[i]);
    }
    while (busy > 0) {
        int count = epoll_wait(poller, events, CONNECTIONS_MOST, 10000);
        if (count <= 0)
            break;
        for (int i = 0; i < count; i++) {
            line *at = events[i].data.ptr;
            ssize_t got = read(at->socket, at->in + at->in_size, sizeof at->in - at->in_size);
            if (got <= 0) {
                l->failed++;
                busy--;
                epoll_ctl(poller, EPOLL_CTL_DEL, at->socket, NULL);
                continue;
            }
            at->in_size += (size_t)got;
            take_answer(l, at);
            if (!at->is_busy && !send_next(l, at))
                busy--;
        }
    }
    double seconds = (double)(gx_clock_monotonic_ns() - begun) / 1e9;
    for (size_t i = 0; i < l->connections; i++)
        close(l->lines[i].socket);
    close(poller);
    return seconds;
}

static int compare_latencies(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void report(load *l, const char *what, double seconds, const char *goal)
{
    size_t count = l->done < SAMPLES_MOST ? l->done : SAMPLES_MOST;
    qsort(l->latencies, count, sizeof *l->latencies, compare_latencies);
    double p50 = count ? (double)l->latencies[count / 2] / 1e6 : 0,
           p99 = count ? (double)l->latencies[count * 99 / 100] / 1e6 : 0;
    printf("%-44s %9.0f /s   p50 %7.2f ms   p99 %7.2f ms   %8llu done, %llu failed   goal %s\n", what,
           (double)l->done / seconds, p50, p99, (unsigned long long)l->done, (unsigned long long)l->failed,
           goal);
    fflush(stdout);
}

/* ---- The pieces of work ---- */

static bool next_start(load *l, line *to)
{
    post(l, to, "/api/v1/cases", "{\"matter\":\"TUT\",\"data\":{}}");
    return true;
}

static bool next_service(load *l, line *to)
{
    post(l, to, "/api/v1/cases", "{\"matter\":\"bench-service\",\"data\":{}}");
    return true;
}

static bool next_list(load *l, line *to)
{
    to->out_size = (size_t)snprintf(
        to->out, sizeof to->out,
        "GET /api/v1/tasks?scope=department&sort=daysLeft&size=50 HTTP/1.1\r\nHost: localhost\r\n%s\r\n",
        l->credentials);
    return true;
}

static bool next_complete(load *l, line *to)
{
    char path[96];
    if (l->task_next >= l->task_count)
        return false;
    snprintf(path, sizeof path, "/api/v1/tasks/%s/complete", l->tasks[l->task_next++]);
    post(l, to, path, "{\"outcome\":\"done\",\"data\":{}}");
    return true;
}

static bool next_health(load *l, line *to)
{
    (void)l;
    to->out_size =
        (size_t)snprintf(to->out, sizeof to->out, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    return true;
}

static bool read_tasks(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    load *l = context;
    gx_statement *rows = gx_db_prepare(db, "SELECT id FROM task WHERE done_at IS NULL ORDER BY id");
    gx_step step;
    (void)arena;
    l->task_count = l->task_next = 0;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        if (l->task_count == l->task_capacity) {
            l->task_capacity = l->task_capacity ? l->task_capacity * 2 : 65536;
            l->tasks = realloc(l->tasks, l->task_capacity * sizeof *l->tasks);
        }
        gx_text id = gx_column_text(rows, 0);
        snprintf(l->tasks[l->task_count++], sizeof *l->tasks, "%.*s", (int)id.size, id.bytes);
    }
    return step == GX_STEP_DONE;
}

static bool sign_in(gx_zone *zone, gx_arena *arena, const char *login, gx_text *credentials, gx_error *error)
{
    gx_json *roles = gx_json_array(arena);
    static const char *const names[] = {"window", "reviewer", "operator"};
    for (size_t i = 0; i < GX_COUNT_OF(names); i++)
        gx_json_append(roles, gx_json_string(arena, gx_text_of(names[i])));
    gx_account account = {.login = gx_text_of(login),
                          .password = GX_TEXT("bench-password"),
                          .name = GX_TEXT("bench"),
                          .department = GX_TEXT("ASB"),
                          .roles = roles};
    gx_session session;
    if (!gx_account_put(zone, &account, error) ||
        !gx_sign_in(zone, arena, account.login, account.password, GX_TEXT("127.0.0.1"), &session, error))
        return false;
    *credentials =
        gx_format(arena, "Cookie: __Host-gx=%s\r\nX-GX-Token: %s\r\n", session.token, session.csrf);
    return true;
}

/* One service task: a look into a register, from start to end in one command. */
static const char service_process[] =
    "<definitions xmlns=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" xmlns:gx=\"urn:gaoxing:bpmn:1\" "
    "id=\"d\" targetNamespace=\"urn:bench\"><process id=\"bench-service\" isExecutable=\"true\">"
    "<startEvent id=\"s\"/><serviceTask id=\"t\" gx:skill=\"register.find\" gx:result=\"found\">"
    "<extensionElements><gx:input name=\"register\" value=\"enterprise\"/><gx:input name=\"key\" "
    "value=\"E0001\"/></extensionElements></serviceTask><endEvent id=\"e\"/><sequenceFlow id=\"f\" "
    "sourceRef=\"s\" targetRef=\"t\"/><sequenceFlow id=\"g\" sourceRef=\"t\" targetRef=\"e\"/></process>"
    "</definitions>";

/* The record that it finds. */
static bool put_record(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    const gx_definition *enterprises =
        gx_packages_find(gx_zone_packages(context), GX_DEFINITION_REGISTER, GX_TEXT("enterprise"));
    gx_json *record = gx_json_object(arena);
    gx_json_set_text(arena, record, "id", GX_TEXT("E0001"));
    gx_json_set_text(arena, record, "name", GX_TEXT("bench"));
    return enterprises && gx_register_put(db, arena, enterprises, record, 0, GX_TEXT("bench"), error);
}

static gx_zone *open_zone(const char *folder, const char *database, gx_error *error)
{
    gx_findings findings = {0};
    int64_t loaded;
    gx_packages *packages = gx_packages_read("packages", true, &findings, error);
    gx_zone *zone = packages
                        ? gx_zone_open(&(gx_zone_options){.data_folder = folder, .database = database}, error)
                        : NULL;
    bool is_whole = zone && gx_packages_add(packages, GX_DEFINITION_PROCESS, GX_TEXT("bench"),
                                            GX_TEXT("processes/bench-service.bpmn"), GX_TEXT("bench-service"),
                                            0, gx_text_of(service_process), &findings);
    if (zone && !(is_whole && gx_zone_load(zone, packages, &loaded, error) &&
                  gx_store_write(gx_zone_store(zone), put_record, zone, error))) {
        gx_zone_close(zone);
        zone = NULL;
    }
    gx_packages_release(packages);
    gx_findings_release(&findings);
    return zone;
}

static uint64_t resident_kib(void)
{
    unsigned long long size = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file && fscanf(file, "%llu %llu", &size, &resident) != 2)
        resident = 0;
    if (file)
        fclose(file);
    return resident * 4;
}

/* --only NAME [--count N]: one of those that need a zone of their own. */
static int run_only(gx_tool_call *call, gx_text name, int64_t count, const char *database)
{
    static const struct {
        const char *name;
        bool (*run)(gx_bench_house *house, int64_t count, gx_error *error);
        int64_t count;
    } benches[] = {{"wide", gx_bench_wide, 100000},
                   {"timers", gx_bench_timers, 1000000},
                   {"signals", gx_bench_signals, 100000},
                   {"finished", gx_bench_finished, 10000000}};
    gx_error error = {0};
    gx_bench_house house;
    if (gx_text_equal(name, GX_TEXT("start")))
        return gx_bench_start_up(call->arena, count ? count : 1000) ? GX_TOOL_DONE : GX_TOOL_FAILED;
    for (size_t i = 0; i < GX_COUNT_OF(benches); i++) {
        if (!gx_text_equal(name, gx_text_of(benches[i].name)))
            continue;
        bool is_done = gx_bench_open(&house, database, &error) &&
                       benches[i].run(&house, count ? count : benches[i].count, &error);
        gx_bench_close(&house);
        return is_done ? GX_TOOL_DONE : error.code ? gx_tool_fail(call, &error) : GX_TOOL_FAILED;
    }
    fprintf(stderr, "gaoxing: bench --only wide|timers|signals|finished|start\n");
    return GX_TOOL_FAILED;
}

int gx_tool_bench(gx_tool_call *call)
{
    static const char usage[] =
        "bench [--db URL] [--seconds N] [--connections N] [--open N] [--only NAME [--count N]]";
    gx_error error = {0};
    int64_t seconds = 5, connections = 64, open_cases = 100000;
    bool is_good = gx_text_to_int(gx_text_of(gx_tool_option(call, "seconds", "5")), &seconds) &&
                   gx_text_to_int(gx_text_of(gx_tool_option(call, "connections", "64")), &connections) &&
                   gx_text_to_int(gx_text_of(gx_tool_option(call, "open", "100000")), &open_cases) &&
                   connections > 0 && connections <= CONNECTIONS_MOST && seconds > 0;
    const char *database = gx_tool_database(call), *only = gx_tool_option(call, "only", "");
    int64_t count = 0;
    is_good &= gx_text_to_int(gx_text_of(gx_tool_option(call, "count", "0")), &count) && count >= 0;
    if (!gx_tool_expect(call, 0, 0, usage) || !is_good)
        return GX_TOOL_FAILED;
    if (*only)
        return run_only(call, gx_text_of(only), count, database);
    gx_bench_start_up(call->arena, 0);
    char folder[] = "/tmp/gaoxing-bench-XXXXXX";
    if (!mkdtemp(folder))
        return GX_TOOL_FAILED;
    gx_skills_use(gx_skills, gx_skill_count);
    gx_text credentials;
    gx_zone *zone = open_zone(folder, database, &error);
    gx_server_options options = {.store = zone ? gx_zone_store(zone) : NULL,
                                 .host = zone,
                                 .routes = gx_routes,
                                 .route_count = gx_route_count,
                                 .schemas = gx_api_schemas,
                                 .upload_folder = gx_format(call->arena, "%s/upload", folder).bytes,
                                 .authenticate = gx_identity_authenticate,
                                 .authorise = gx_identity_authorise,
                                 .foresee = gx_api_foresee};
    gx_server *server = zone && sign_in(zone, call->arena, "bench", &credentials, &error)
                            ? gx_server_start(&options, &error)
                            : NULL;
    if (server) {
        load l = {.port = gx_server_port(server),
                  .credentials = credentials.bytes,
                  .connections = (size_t)connections,
                  .lines = calloc((size_t)connections, sizeof(line)),
                  .latencies = calloc(SAMPLES_MOST, sizeof(int64_t))};
        printf("resident after start %llu KiB (goal <= 40 MB)\n", (unsigned long long)resident_kib());
        l.next = next_health;
        l.end_ns = gx_clock_monotonic_ns() + seconds * 1000000000;
        report(&l, "bare answer (GET /healthz)", drive(&l), "-");
        l.next = next_start;
        l.end_ns = gx_clock_monotonic_ns() + seconds * 1000000000;
        report(&l, "start a case of one user task, durable", drive(&l), ">= 8,000/s");
        l.next = next_service;
        l.end_ns = gx_clock_monotonic_ns() + seconds * 1000000000;
        report(&l, "a case of one service task, whole, durable", drive(&l), ">= 5,000/s");
        l.next = next_start;
        l.end_ns = 0;
        int64_t have = 0;
        if (gx_store_read(gx_zone_store(zone), read_tasks, &l, &error))
            have = (int64_t)l.task_count;
        l.limit = have < open_cases ? (uint64_t)(open_cases - have) : 1;
        double spent = drive(&l);
        report(&l, "more of them, until enough are open", spent, "-");
        l.limit = 2000;
        l.connections = connections < 8 ? (size_t)connections : 8;
        l.next = next_list;
        report(&l, "worklist with that many open cases", drive(&l), "p99 <= 10 ms");
        l.connections = (size_t)connections;
        l.limit = 0;
        l.next = next_complete;
        gx_store_read(gx_zone_store(zone), read_tasks, &l, &error);
        l.end_ns = gx_clock_monotonic_ns() + seconds * 1000000000;
        report(&l, "complete the tasks, durable", drive(&l), ">= 8,000/s");
        printf("resident at the end %llu KiB\n", (unsigned long long)resident_kib());
        free(l.lines);
        free(l.latencies);
        free(l.tasks);
    }
    gx_server_stop(server);
    gx_zone_close(zone);
    const char *command = gx_format(call->arena, "rm -rf %s", folder).bytes;
    if (system(command) != 0)
        fprintf(stderr, "%s stays\n", folder);
    return server ? GX_TOOL_DONE : gx_tool_fail(call, &error);
}

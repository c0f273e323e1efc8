/* gaoxing bench --only wide, timers or signals: what is worked off in slices, and how long others wait
 * meanwhile. */
#include "cli/bench_runtime.h"
#include "base/clock.h"
#include "service/task.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static double seconds_since(int64_t begun)
{
    return (double)(gx_clock_monotonic_ns() - begun) / 1e9;
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* ---- Wide activities ---- */

typedef struct wide {
    int64_t width, case_id;
    int64_t *tasks;
    int64_t count;
} wide;

static bool start_wide(gx_work *work, gx_bench_act *act, gx_error *error)
{
    wide *w = act->context;
    char data[32];
    snprintf(data, sizeof data, "{\"n\":%lld}", (long long)w->width);
    return gx_bench_start(work, "wide", data, &w->case_id, error);
}

static bool complete(gx_work *work, gx_bench_act *act, gx_error *error)
{
    const wide *w = act->context;
    gx_text login = gx_format(work->arena, "o%lld", (long long)act->number); /* nobody signs twice */
    gx_person *person = GX_NEW(work->arena, gx_person);
    *person = (gx_person){.account = 1,
                          .login = login,
                          .name = login,
                          .department = GX_TEXT("D"),
                          .roles = {GX_TEXT("reviewer")},
                          .role_count = 1};
    work->person = person;
    return gx_task_complete(work, w->tasks[act->number], 0, GX_TEXT(""), NULL, error);
}

static bool cancel(gx_work *work, gx_bench_act *act, gx_error *error)
{
    const wide *w = act->context;
    gx_case *of = gx_work_case(work, w->case_id, error);
    if (of)
        gx_instance_cancel(work, of, GX_TEXT("bench"));
    return of != NULL;
}

static bool read_tasks(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    wide *w = context;
    gx_statement *rows = gx_db_prepare(db, "SELECT id FROM task WHERE case_id = ?1 ORDER BY id");
    gx_step step;
    (void)arena;
    gx_bind_int(rows, 1, w->case_id);
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW && w->count < w->width)
        w->tasks[w->count++] = gx_column_int(rows, 0);
    gx_db_reset(rows);
    return step != GX_STEP_FAILED && w->count == w->width;
}

/* Seconds from the start until all have their tasks. */
static double begin_wide(gx_bench_house *house, wide *w)
{
    int64_t begun = gx_clock_monotonic_ns();
    gx_bench_run(house, 1, w, start_wide);
    gx_bench_wait(house, "SELECT count(*) FROM timer WHERE due < 4102444800000", 0);
    return seconds_since(begun);
}

/* The seconds for tasks made and completed together. */
static double run_wide(gx_bench_house *house, int64_t width, gx_error *error)
{
    wide w = {.width = width, .tasks = calloc((size_t)width, sizeof(int64_t))};
    double begin = begin_wide(house, &w), end = -1;
    if (gx_store_read(gx_zone_store(house->zone), read_tasks, &w, error))
        end = gx_bench_run_tasks(house, width, w.tasks, &w, complete);
    printf("%lld user tasks of one activity: made in %.2f s (%.0f/s), completed in %.2f s (%.0f/s)\n",
           (long long)width, begin, (double)width / begin, end, (double)width / end);
    free(w.tasks);
    return end < 0 ? -1 : begin + end;
}

bool gx_bench_wide(gx_bench_house *house, int64_t width, gx_error *error)
{
    double narrow = 0;
    for (int i = 0; i < 3; i++)
        narrow += run_wide(house, 1000, error) / 3;
    gx_bench_bystander *others = gx_bench_stand_by(house);
    double wide_seconds = run_wide(house, width, error);
    gx_bench_report(others, "they are made and completed");
    printf("1,000 wide %.3f s, %lld wide %.2f s: %.0f times (goal <= 120 for 100,000)\n", narrow,
           (long long)width, wide_seconds, wide_seconds / narrow);
    struct wide w = {.width = width};
    begin_wide(house, &w);
    printf("the longest record of an instance: %lld bytes (goal <= 512)\n",
           (long long)gx_bench_ask(house, "SELECT max(length(state)) FROM instance"));
    others = gx_bench_stand_by(house);
    int64_t begun = gx_clock_monotonic_ns();
    gx_bench_run(house, 1, &w, cancel);
    gx_bench_wait(house, "SELECT count(*) FROM timer WHERE due < 4102444800000", 0);
    printf("%lld open tasks cancelled with their case in %.2f s; left on the shelf: %lld\n", (long long)width,
           seconds_since(begun), (long long)gx_bench_ask(house, "SELECT count(*) FROM shelf"));
    gx_bench_report(others, "they are cancelled");
    return wide_seconds > 0;
}

/* ---- Timers ---- */

static bool start_timed(gx_work *work, gx_bench_act *act, gx_error *error)
{
    const int64_t *due = act->context;
    char at[GX_INSTANT_SIZE];
    gx_text text = gx_instant_write(due[0] + act->number * due[1], at);
    return gx_bench_start(work, "timed", gx_format(work->arena, "{\"at\":\"%.*s\"}", GX_PRINT(text)).bytes,
                          NULL, error);
}

typedef struct lateness {
    int64_t first_case, *samples;
    size_t count, capacity;
} lateness;

/* How long after its due instant each timer fired: its command's instant in the journal. */
static bool read_lateness(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    lateness *l = context;
    gx_statement *rows = gx_db_prepare(
        db, "SELECT j.at, d.data FROM journal j JOIN case_data d ON d.case_id = j.case_id JOIN cases c ON "
            "c.id = j.case_id WHERE j.case_id > ?1 AND c.matter = 'timed' AND j.events LIKE '%\"ended\"%'");
    gx_step step;
    gx_bind_int(rows, 1, l->first_case);
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW && l->count < l->capacity) {
        gx_json *data = gx_json_parse(arena, gx_column_copy(arena, rows, 1), GX_TEXT("data"), error);
        gx_instant due;
        if (data && gx_instant_parse(gx_json_text_of(data, "at"), &due))
            l->samples[l->count++] = gx_column_int(rows, 0) - due;
    }
    gx_db_reset(rows);
    return step != GX_STEP_FAILED;
}

static bool report_lateness(gx_bench_house *house, int64_t first_case, int64_t expected, const char *what,
                            const char *goal, gx_error *error)
{
    lateness l = {.first_case = first_case,
                  .samples = calloc((size_t)expected, sizeof(int64_t)),
                  .capacity = (size_t)expected};
    bool is_read = gx_store_read(gx_zone_store(house->zone), read_lateness, &l, error);
    qsort(l.samples, l.count, sizeof *l.samples, by_size);
    if (l.count)
        printf("%s: earliest %lld ms, p50 %lld ms, p99 %lld ms, latest %lld ms (%zu of %lld), goal p99 %s\n",
               what, (long long)l.samples[0], (long long)l.samples[l.count / 2],
               (long long)l.samples[l.count * 99 / 100], (long long)l.samples[l.count - 1], l.count,
               (long long)expected, goal);
    fflush(stdout);
    free(l.samples);
    return is_read && l.count == (size_t)expected;
}

/* Timers of cases that are not there, due in the years to come: what an index has to step over. */
static bool add_pending(gx_work *work, gx_bench_act *act, gx_error *error)
{
    enum { AT_ONCE = 1000 };
    for (int64_t i = 0; i < AT_ONCE; i++) {
        int64_t number = act->number * AT_ONCE + i;
        if (!gx_db_run(work->db, error,
                       "INSERT INTO timer (bucket, instance, key, element, due) VALUES (bucket_of(?1 / "
                       "4096), ?1, 1, 'a', ?2)",
                       "ii", (1000000000 + number * 7919 % 10000000) * GX_INSTANCE_PARTS,
                       4102444800000 + number * 104729 % 31536000000))
            return false;
    }
    return true;
}

bool gx_bench_timers(gx_bench_house *house, int64_t pending, gx_error *error)
{
    enum { IDLE = 300, EVERY_MS = 20, AT_ONCE = 10000 };
    double seconds = gx_bench_run(house, pending / 1000, NULL, add_pending);
    printf("%lld timers pending (%.1f s)\n", (long long)gx_bench_ask(house, "SELECT count(*) FROM timer"),
           seconds);
    int64_t first = gx_bench_ask(house, "SELECT coalesce(max(id), 0) FROM cases");
    int64_t due[2] = {gx_clock_now() + 2000, EVERY_MS};
    gx_bench_run(house, IDLE, due, start_timed);
    gx_bench_wait(house, "SELECT count(*) FROM timer WHERE due < 4102444800000", 0);
    if (!report_lateness(house, first, IDLE, "one due every 20 ms", "<= 50 ms", error))
        return false;
    first = gx_bench_ask(house, "SELECT max(id) FROM cases");
    due[0] = gx_clock_now() + 6000;
    due[1] = 0;
    gx_bench_run(house, AT_ONCE, due, start_timed);
    while (gx_clock_now() < due[0] - 200)
        usleep(10000);
    gx_bench_bystander *others = gx_bench_stand_by(house);
    gx_bench_wait(house, "SELECT count(*) FROM timer WHERE due < 4102444800000", 0);
    gx_bench_report(others, "10,000 timers fire");
    return report_lateness(house, first, AT_ONCE, "10,000 due at once", "<= 1000 ms", error);
}

/* ---- Signals ---- */

static bool start_hearing(gx_work *work, gx_bench_act *act, gx_error *error)
{
    (void)act;
    return gx_bench_start(work, "hearing", "{}", NULL, error);
}

static bool send(gx_work *work, gx_bench_act *act, gx_error *error)
{
    (void)act;
    return gx_signal_send(work, GX_TEXT("go"), gx_value_null(), 0, error);
}

bool gx_bench_signals(gx_bench_house *house, int64_t hearers, gx_error *error)
{
    (void)error;
    double seconds = gx_bench_run(house, hearers, NULL, start_hearing);
    printf("%lld cases wait for a signal (%.0f started/s)\n", (long long)hearers, (double)hearers / seconds);
    gx_bench_bystander *others = gx_bench_stand_by(house);
    int64_t begun = gx_clock_monotonic_ns();
    gx_bench_run(house, 1, NULL, send);
    printf("sent after %.0f ms", seconds_since(begun) * 1e3);
    gx_bench_wait(house, "SELECT count(*) FROM signal_hearer", 0);
    printf(", heard by all after %.2f s (%.0f/s)\n", seconds_since(begun),
           (double)hearers / seconds_since(begun));
    gx_bench_report(others, "it is heard");
    return gx_bench_ask(house, "SELECT count(*) FROM subscription") == 0;
}

/* cli/bench_runtime.h: a zone of its own with models for measuring, its scheduler at work, many commands in
 * flight, and a bystander who starts cases all the while and notes how long each took. */
#ifndef GX_CLI_BENCH_RUNTIME_H
#define GX_CLI_BENCH_RUNTIME_H

#include "service/case_record.h"
#include "service/scheduler.h"

typedef struct gx_bench_house {
    char folder[32];
    gx_zone *zone;
    gx_scheduler *scheduler;
    gx_arena arena;
} gx_bench_house;

/* `database` NULL: SQLite in a folder of its own. */
bool gx_bench_open(gx_bench_house *house, const char *database, gx_error *error);
void gx_bench_close(gx_bench_house *house);

/* One command in flight. */
typedef struct gx_bench_act {
    gx_bench_house *house;
    int64_t number; /* from 0 */
    void *context;
    bool (*run)(gx_work *work, struct gx_bench_act *act, gx_error *error);
} gx_bench_act;
/* Runs `count` of them, up to 64 in flight; the seconds it took. Failures are printed, the first of them. */
double gx_bench_run(gx_bench_house *house, int64_t count, void *context,
                    bool (*run)(gx_work *work, gx_bench_act *act, gx_error *error));
/* The same; `tasks` are completed, one by each: NULL or `count` ids. */
double gx_bench_run_tasks(gx_bench_house *house, int64_t count, const int64_t *tasks, void *context,
                          bool (*run)(gx_work *work, gx_bench_act *act, gx_error *error));
/* Starts a case of the process; `data` is JSON. */
bool gx_bench_start(gx_work *work, const char *process, const char *data, int64_t *case_id, gx_error *error);
/* The answer to a question about the store; -1 when it cannot be answered. */
int64_t gx_bench_ask(gx_bench_house *house, const char *sql);
/* Waits until the answer is that. */
void gx_bench_wait(gx_bench_house *house, const char *sql, int64_t answer);

/* Somebody else: a case is started every few milliseconds. */
typedef struct gx_bench_bystander gx_bench_bystander;
gx_bench_bystander *gx_bench_stand_by(gx_bench_house *house);
/* Ends and prints how long the commands took. */
void gx_bench_report(gx_bench_bystander *bystander, const char *while_what);

/* The benches themselves: --only NAME. */
/* `definitions`: how many there are beside those of the packages. */
bool gx_bench_start_up(gx_arena *arena, int64_t definitions);
bool gx_bench_wide(gx_bench_house *house, int64_t width, gx_error *error);
bool gx_bench_timers(gx_bench_house *house, int64_t pending, gx_error *error);
bool gx_bench_signals(gx_bench_house *house, int64_t hearers, gx_error *error);
bool gx_bench_finished(gx_bench_house *house, int64_t cases, gx_error *error);

#endif

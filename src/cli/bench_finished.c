/* gaoxing bench --only finished: what starting and completing cost when many finished cases are stored. They
 * are copies of real ones, made by the store's own program row by row in large transactions: all rows of all
 * tables that name the case, with ids, numbers and people of their own. */
#include "cli/bench_runtime.h"
#include "base/clock.h"
#include "service/task.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { MEASURED = 40000, COPIES_AT_ONCE = 2000 };
#define PEOPLE               1000 /* who complete tasks: the staff of a zone */
#define TEXT_OF(number)      #number
#define GX_STRING_OF(number) TEXT_OF(number)

/* ---- Throughput ---- */

typedef struct work_list {
    int64_t *tasks;
    int64_t count, first_case;
} work_list;

static bool start(gx_work *work, gx_bench_act *act, gx_error *error)
{
    (void)act;
    return gx_bench_start(
        work, "one",
        "{\"company\":\"高兴科技有限公司\",\"address\":\"示范区一号\",\"capital\":5000000,\"people\":120,"
        "\"contact\":{\"name\":\"张三\",\"phone\":\"13800000000\"},\"remarks\":\"to be looked at this "
        "week\"}",
        NULL, error);
}

static bool complete(gx_work *work, gx_bench_act *act, gx_error *error)
{
    const work_list *list = act->context;
    gx_text login = gx_format(work->arena, "o%lld", (long long)(act->number % PEOPLE));
    gx_person *person = GX_NEW(work->arena, gx_person);
    *person = (gx_person){.account = 1,
                          .login = login,
                          .name = login,
                          .department = GX_TEXT("D"),
                          .roles = {GX_TEXT("reviewer")},
                          .role_count = 1};
    work->person = person;
    return gx_task_complete(work, list->tasks[act->number], 0, GX_TEXT(""), NULL, error);
}

static bool read_tasks(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    work_list *list = context;
    gx_statement *rows = gx_db_prepare(
        db, "SELECT id FROM task WHERE department = 'D' AND role = 'reviewer' AND done_at IS NULL LIMIT ?1");
    gx_step step;
    (void)arena;
    gx_bind_int(rows, 1, MEASURED);
    list->count = 0;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW)
        list->tasks[list->count++] = gx_column_int(rows, 0);
    return step == GX_STEP_DONE && list->count == MEASURED;
}

typedef struct rates {
    double start, complete;
} rates;

/* The better of three: the disk and the machine have other work too. */
static bool measure(gx_bench_house *house, const char *when, rates *best, gx_error *error)
{
    work_list list = {.tasks = calloc(MEASURED, sizeof(int64_t))};
    bool is_done = true;
    *best = (rates){0};
    for (int round = 0; round < 3 && is_done; round++) {
        double started = MEASURED / gx_bench_run(house, MEASURED, NULL, start);
        is_done = gx_store_read(gx_zone_store(house->zone), read_tasks, &list, error);
        double completed =
            is_done ? MEASURED / gx_bench_run_tasks(house, MEASURED, list.tasks, &list, complete) : 0;
        best->start = started > best->start ? started : best->start;
        best->complete = completed > best->complete ? completed : best->complete;
    }
    printf("%s: %.0f cases started/s, %.0f tasks completed/s\n", when, best->start, best->complete);
    fflush(stdout);
    free(list.tasks);
    return is_done;
}

/* ---- Copies ---- */

/* How each row of a finished case becomes a row of its copy: columns that are not named stay. ?1 is the first
 * of the original cases, ?2 what is added to its number, ?3 how many there are. `n` is the copy's distance.
 */
static const struct {
    const char *table, *column, *as;
} changes[] = {
    {"cases", "id", "id + ?2"},
    {"cases", "number", "'GX-OLD-' || (id + ?2)"},
    {"instance", "id", "id + ?2 * 4096"},
    {"journal", "id", NULL},
    {"journal", "case_id", "case_id + ?2"},
    {"journal", "instance", "instance + ?2 * 4096"},
    {"journal", "command_id", "NULL"},
    {"task", "id", NULL},
    {"task", "case_id", "case_id + ?2"},
    {"task", "instance", "instance + ?2 * 4096"},
    {"task", "done_by", "'o' || ((case_id * 7919 + ?2) % " GX_STRING_OF(PEOPLE) ")"},
    {"case_department", "case_id", "case_id + ?2"},
    {"case_data", "case_id", "case_id + ?2"},
};

static const struct {
    const char *table, *of;
} copied[] = {{"cases", "id >= ?1 AND id < ?1 + ?3"},
              {"instance", "id >= ?1 * 4096 AND id < (?1 + ?3) * 4096"},
              {"journal", "case_id >= ?1 AND case_id < ?1 + ?3"},
              {"task", "case_id >= ?1 AND case_id < ?1 + ?3"},
              {"case_department", "case_id >= ?1 AND case_id < ?1 + ?3"},
              {"case_data", "bucket = 0 AND case_id >= ?1 AND case_id < ?1 + ?3"}};

static gx_text copying(gx_db *db, gx_arena *arena, size_t which, gx_error *error)
{
    gx_buffer into = gx_buffer_in(arena), from = gx_buffer_in(arena);
    gx_statement *columns = gx_db_prepare_built(
        db, arena, gx_format(arena, "SELECT name FROM pragma_table_info('%s')", copied[which].table), error);
    while (columns && gx_db_step(columns, error) == GX_STEP_ROW) {
        gx_text name = gx_column_copy(arena, columns, 0), as = name;
        for (size_t i = 0; i < GX_COUNT_OF(changes); i++)
            if (gx_text_equal(gx_text_of(changes[i].table), gx_text_of(copied[which].table)) &&
                gx_text_equal(gx_text_of(changes[i].column), name))
                as = changes[i].as ? gx_text_of(changes[i].as) : (gx_text){NULL, 0};
        if (!as.bytes) /* the store gives it */
            continue;
        gx_buffer_format(&into, "%s%.*s", into.size ? ", " : "", GX_PRINT(name));
        gx_buffer_format(&from, "%s%.*s", from.size ? ", " : "", GX_PRINT(as));
    }
    return gx_format(arena, "INSERT INTO %s (%.*s) SELECT %.*s FROM %s WHERE %s ORDER BY 1",
                     copied[which].table, (int)into.size, into.bytes, (int)from.size, from.bytes,
                     copied[which].table, copied[which].of);
}

typedef struct copy {
    int64_t first, originals, distance;
} copy;

static bool copy_all(gx_work *work, gx_bench_act *act, gx_error *error)
{
    const copy *c = act->context;
    int64_t distance = c->distance + act->number * c->originals;
    for (size_t i = 0; i < GX_COUNT_OF(copied); i++) {
        gx_text sql = copying(work->db, work->arena, i, error);
        gx_statement *insert = sql.bytes ? gx_db_prepare_built(work->db, work->arena, sql, error) : NULL;
        if (!insert)
            return false;
        gx_bind(insert, "iii", c->first, distance, c->originals);
        if (gx_db_step(insert, error) != GX_STEP_DONE)
            return false;
    }
    return gx_db_run(
        work->db, error,
        "INSERT INTO case_words (rowid, body) SELECT id + ?2, 'gx old ' || (id + ?2) || ' company ' || "
        "((id + ?2) % 100003) || ' street ' || ((id + ?2) % 997) FROM cases WHERE id >= ?1 AND id < ?1 + ?3",
        "iii", c->first, distance, c->originals);
}

static double gigabytes(const gx_bench_house *house)
{
    struct stat file;
    char path[64];
    snprintf(path, sizeof path, "%s/zone.db", house->folder);
    return stat(path, &file) == 0 ? (double)file.st_size / 1e9 : 0;
}

/* Fills up to so many cases, in portions that show how it goes on. */
static void fill(gx_bench_house *house, int64_t from, int64_t to)
{
    copy c = {.first = 1, .originals = COPIES_AT_ONCE};
    double before = gigabytes(house), seconds = 0;
    int64_t last = from;
    while (last < to) {
        int64_t portion = to - last < 500000 ? to - last : 500000;
        int64_t rounds = (portion + c.originals - 1) / c.originals;
        c.distance = last;
        double spent = gx_bench_run(house, rounds, &c, copy_all);
        last += rounds * c.originals;
        seconds += spent;
        fprintf(stderr, "  %lld cases, %.1f GB, %.0f/s\n", (long long)last, gigabytes(house),
                (double)(rounds * c.originals) / spent);
    }
    printf("%lld cases: %.0f bytes each, made in %.0f s\n", (long long)last,
           (gigabytes(house) - before) * 1e9 / (double)(last - from), seconds);
}

bool gx_bench_finished(gx_bench_house *house, int64_t cases, gx_error *error)
{
    static const int64_t stages[] = {1000000, 3000000, INT64_MAX};
    rates empty, full;
    if (gx_store_is_shared(gx_zone_store(house->zone))) {
        fprintf(stderr, "bench: the copies are made for SQLite\n");
        return false;
    }
    if (!measure(house, "empty", &empty, error))
        return false;
    for (size_t i = 0; i < GX_COUNT_OF(stages); i++) {
        int64_t have = gx_bench_ask(house, "SELECT max(id) FROM cases");
        int64_t wanted = stages[i] < cases ? stages[i] : cases;
        if (have >= wanted)
            break;
        fill(house, have, wanted);
        if (!measure(house, "with them", &full, error))
            return false;
        printf("throughput beside them: start %.0f %%, complete %.0f %% (goal >= 90 %%)\n",
               100 * full.start / empty.start, 100 * full.complete / empty.complete);
        fflush(stdout);
    }
    return true;
}

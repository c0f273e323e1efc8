/* The work of bench/dmn on libgaoxing, through its public header alone.
 *   bench-dmn FOLDER [SECONDS [ROW]]  does the rows of FOLDER/work.json, a JSON object a row
 *   bench-dmn FOLDER threads          evaluations a second of each decision row on one thread and on two
 *   bench-dmn FOLDER loop ROW COUNT   a row COUNT times, to be counted by callgrind or perf
 *   bench-dmn FOLDER make ROW COUNT   the same for parsing and compiling */
#include <gaoxing/gaoxing.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 7, INPUTS_MOST = 64, DECISIONS_MOST = 4, FILE_MOST = 16 * 1024 * 1024 };

typedef struct row {
    gaoxing_arena *model; /* what the row keeps */
    gaoxing_text name, expression, xml, decisions[DECISIONS_MOST];
    gaoxing_value inputs[INPUTS_MOST];
    size_t input_count, decision_count;
    gaoxing_feel *feel;
    gaoxing_dmn *dmn;
    gaoxing_text *names; /* of the expression's context */
    size_t name_count;
} row;

static double seconds = 0.3;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void stop(const char *what, const gaoxing_error *error)
{
    fprintf(stderr, "%s: %s %s\n", what, error ? error->path : "", error ? error->en : "");
    exit(1);
}

static gaoxing_text read_file(const char *folder, gaoxing_text name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%.*s", folder, (int)name.size, name.bytes);
    FILE *file = fopen(path, "rb");
    char *bytes = malloc(FILE_MOST);
    if (!file || !bytes)
        stop(path, NULL);
    size_t size = fread(bytes, 1, FILE_MOST, file);
    fclose(file);
    return (gaoxing_text){bytes, size};
}

static gaoxing_text member(gaoxing_value context, const char *name)
{
    return gaoxing_to_string(gaoxing_get(context, gaoxing_text_of(name)));
}

/* ---- Rows ---- */

static gaoxing_feel *compile(gaoxing_arena *arena, const row *r)
{
    gaoxing_feel_options options = GAOXING_FEEL_OPTIONS_INIT;
    gaoxing_error error = GAOXING_ERROR_INIT;
    options.names = r->names;
    options.name_count = r->name_count;
    gaoxing_feel *feel = gaoxing_feel_compile(arena, r->expression, &options, &error);
    if (!feel)
        stop("expression", &error);
    return feel;
}

static gaoxing_dmn *read_model(gaoxing_arena *arena, const row *r)
{
    gaoxing_error error = GAOXING_ERROR_INIT;
    gaoxing_dmn *dmn = gaoxing_dmn_read(arena, r->xml, NULL, &error);
    if (!dmn || gaoxing_dmn_finding(dmn, 0, &error))
        stop("model", &error);
    return dmn;
}

static void read_row(row *r, const char *folder, gaoxing_value from)
{
    *r = (row){.model = gaoxing_arena_create((size_t)1 << 30, NULL), .name = member(from, "name")};
    gaoxing_value inputs = gaoxing_get(from, gaoxing_text_of("inputs"));
    r->input_count = gaoxing_count(inputs);
    for (size_t i = 0; i < r->input_count; i++)
        r->inputs[i] = gaoxing_at(inputs, i, NULL);
    r->expression = member(from, "expression");
    r->name_count = gaoxing_count(r->inputs[0]);
    r->names = calloc(r->name_count, sizeof *r->names);
    for (size_t i = 0; i < r->name_count; i++)
        gaoxing_at(r->inputs[0], i, &r->names[i]);
    if (r->expression.size) {
        r->feel = compile(r->model, r);
        return;
    }
    gaoxing_value decisions = gaoxing_get(from, gaoxing_text_of("decisions"));
    r->decision_count = gaoxing_count(decisions);
    for (size_t i = 0; i < r->decision_count; i++)
        r->decisions[i] = gaoxing_to_string(gaoxing_at(decisions, i, NULL));
    r->xml = read_file(folder, member(gaoxing_get(from, gaoxing_text_of("files")), "1.3"));
    r->dmn = read_model(r->model, r);
}

static gaoxing_value evaluate(gaoxing_arena *arena, const row *r, const gaoxing_feel *feel, size_t input,
                              size_t decision)
{
    gaoxing_error error;
    gaoxing_value answer;
    error.size = sizeof error;
    bool is_done = feel ? gaoxing_feel_evaluate(arena, feel, r->inputs[input], NULL, &answer, &error)
                        : gaoxing_dmn_evaluate(arena, r->dmn, r->decisions[decision], r->inputs[input], NULL,
                                               &answer, &error);
    if (!is_done)
        stop("evaluate", &error);
    return answer;
}

/* ---- Rounds: all inputs of a row once; returns how many evaluations that is ---- */

typedef size_t round_of(gaoxing_arena *arena, const row *r);

static size_t prepared(gaoxing_arena *arena, const row *r)
{
    for (size_t i = 0; i < r->input_count; i++) {
        evaluate(arena, r, r->feel, i, 0);
        for (size_t d = 1; d < r->decision_count; d++)
            evaluate(arena, r, NULL, i, d);
        gaoxing_arena_reset(arena);
    }
    return r->input_count;
}

static size_t parsed_each_time(gaoxing_arena *arena, const row *r)
{
    for (size_t i = 0; i < r->input_count; i++) {
        evaluate(arena, r, compile(arena, r), i, 0);
        gaoxing_arena_reset(arena);
    }
    return r->input_count;
}

static size_t only_compiled(gaoxing_arena *arena, const row *r)
{
    if (r->feel)
        compile(arena, r);
    else
        read_model(arena, r);
    gaoxing_arena_reset(arena);
    return 1;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Nanoseconds of one evaluation: the median of seven, after a warm-up as long as one of them. */
static double measure(const row *r, round_of *round)
{
    gaoxing_arena *arena = gaoxing_arena_create((size_t)1 << 30, NULL);
    double times[ROUNDS];
    for (int i = -1; i < ROUNDS; i++) {
        double begun = now(), taken = 0;
        size_t count = 0;
        while (taken < seconds) {
            for (int batch = 0; batch < (count ? 16 : 1); batch++)
                count += round(arena, r);
            taken = now() - begun;
        }
        if (i >= 0)
            times[i] = taken / (double)count * 1e9;
    }
    gaoxing_arena_destroy(arena);
    qsort(times, ROUNDS, sizeof *times, compare);
    return times[ROUNDS / 2];
}

/* ---- What is printed ---- */

/* Of one among many in one arena, whose blocks are larger than a small model. */
static size_t bytes_of(const row *r)
{
    enum { COPIES = 32 };
    gaoxing_arena *arena = gaoxing_arena_create((size_t)1 << 30, NULL);
    size_t before = gaoxing_arena_held(arena);
    for (int i = 0; i < COPIES; i++) {
        if (r->feel)
            compile(arena, r);
        else
            read_model(arena, r);
    }
    size_t after = gaoxing_arena_held(arena);
    gaoxing_arena_destroy(arena);
    return (after > before ? after : before) / COPIES;
}

static void print_answers(const row *r)
{
    gaoxing_arena *arena = gaoxing_arena_create(0, NULL);
    printf("\"answers\":[");
    for (size_t i = 0; i < r->input_count; i++)
        for (size_t d = 0; d < (r->decision_count ? r->decision_count : 1); d++) {
            gaoxing_text text = gaoxing_to_json(arena, evaluate(arena, r, r->feel, i, d));
            printf("%s%s", i + d ? "," : "", text.bytes);
            gaoxing_arena_reset(arena);
        }
    printf("]}\n");
    gaoxing_arena_destroy(arena);
}

static void print_row(const row *r)
{
    printf("{\"row\":\"%.*s\",\"prepared\":%.1f,", (int)r->name.size, r->name.bytes, measure(r, prepared));
    if (r->feel)
        printf("\"each\":%.1f,", measure(r, parsed_each_time));
    printf("\"compile\":%.1f,\"bytes\":%zu,", measure(r, only_compiled), bytes_of(r));
    print_answers(r);
    fflush(stdout);
}

/* ---- Threads ---- */

typedef struct runner {
    const row *row;
    double end;
    size_t count;
} runner;

static void *run_until(void *context)
{
    runner *r = context;
    gaoxing_arena *arena = gaoxing_arena_create(0, NULL);
    while (now() < r->end)
        for (int i = 0; i < 16; i++)
            r->count += prepared(arena, r->row);
    gaoxing_arena_destroy(arena);
    return NULL;
}

static double rate(const row *r, int threads)
{
    runner runners[2];
    pthread_t ids[2];
    double begun = now(), count = 0;
    for (int i = 0; i < threads; i++) {
        runners[i] = (runner){r, begun + 1, 0};
        pthread_create(&ids[i], NULL, run_until, &runners[i]);
    }
    for (int i = 0; i < threads; i++) {
        pthread_join(ids[i], NULL);
        count += (double)runners[i].count;
    }
    return count / (now() - begun);
}

static void print_threads(const row *r)
{
    double best[2] = {0};
    for (int round = 0; round < 3; round++)
        for (int threads = 1; threads <= 2; threads++) {
            double found = rate(r, threads);
            best[threads - 1] = found > best[threads - 1] ? found : best[threads - 1];
        }
    printf("{\"row\":\"%.*s\",\"one\":%.0f,\"two\":%.0f}\n", (int)r->name.size, r->name.bytes, best[0],
           best[1]);
    fflush(stdout);
}

int main(int count, char **arguments)
{
    gaoxing_error error = GAOXING_ERROR_INIT;
    gaoxing_arena *arena = gaoxing_arena_create((size_t)1 << 30, NULL);
    gaoxing_value work;
    static row one;
    bool is_threads = count > 2 && strcmp(arguments[2], "threads") == 0;
    bool is_making = count > 4 && strcmp(arguments[2], "make") == 0;
    bool is_loop = is_making || (count > 4 && strcmp(arguments[2], "loop") == 0);
    const char *only = is_loop ? arguments[3] : count > 3 ? arguments[3] : NULL;
    if (count < 2)
        return fputs("bench-dmn FOLDER [SECONDS [ROW] | threads | loop ROW COUNT | make ROW COUNT]\n",
                     stderr),
               2;
    if (count > 2 && !is_threads && !is_loop)
        seconds = atof(arguments[2]);
    if (!gaoxing_from_json(arena, read_file(arguments[1], gaoxing_text_of("work.json")), &work, &error))
        stop("work.json", &error);
    gaoxing_value rows = gaoxing_get(work, gaoxing_text_of("rows"));
    for (size_t i = 0; i < gaoxing_count(rows); i++) {
        gaoxing_text name = member(gaoxing_at(rows, i, NULL), "name");
        if (only && (strlen(only) != name.size || memcmp(only, name.bytes, name.size) != 0))
            continue;
        read_row(&one, arguments[1], gaoxing_at(rows, i, NULL));
        gaoxing_arena *own = gaoxing_arena_create(0, NULL);
        for (long left = is_loop ? atol(arguments[4]) : 0; left > 0; left--)
            (is_making ? only_compiled : prepared)(own, &one);
        gaoxing_arena_destroy(own);
        if (is_threads && one.dmn)
            print_threads(&one);
        else if (!is_threads && !is_loop)
            print_row(&one);
        gaoxing_arena_destroy(one.model);
    }
    gaoxing_arena_destroy(arena);
    return 0;
}

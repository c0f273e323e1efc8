/* gaoxing dmn eval --batch: one evaluation per line of JSON, on all cores, answers in the order of the lines.
 * Lines are read in blocks; the threads take them one by one, each with an arena of its own, so that nothing
 * is shared but the model. */
#include "cli/dmn.h"
#include "base/clock.h"
#include "dmn/describe.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 4096, THREADS_MOST = 64 };

typedef struct block {
    const gx_dmn *dmn;
    gx_text decision;
    gx_language language;
    gx_feel_budget budget;
    char *lines[BLOCK];   /* from getline */
    char *answers[BLOCK]; /* malloc'ed */
    size_t count;
    atomic_size_t next, failed;
} block;

typedef struct job {
    block *block;
    gx_arena *arena;
    gx_text line;
    gx_text answer;
    gx_error *error;
} job;

static bool evaluate(void *context)
{
    job *j = context;
    gx_value inputs, answer;
    gx_json *json = gx_json_parse(j->arena, j->line, GX_TEXT("--batch"), j->error);
    if (!json ||
        !gx_dmn_inputs_from_json(j->arena, j->block->dmn, j->block->decision, json, GX_TEXT(""), &inputs,
                                 j->error) ||
        !gx_dmn_evaluate(j->arena, j->block->dmn, j->block->decision, inputs, &j->block->budget, NULL,
                         &answer, j->error))
        return false;
    j->answer = gx_json_to_text(j->arena, gx_value_to_json(j->arena, answer));
    return true;
}

/* {"error": "sentence"} */
static gx_text error_answer(gx_arena *arena, const gx_error *error, gx_language language)
{
    char sentence[512];
    gx_buffer out = gx_buffer_in(arena);
    gx_buffer_string(&out, "{\"error\":");
    gx_json_write_string(&out, gx_text_of(gx_error_write(error, language, sentence, sizeof sentence)));
    gx_buffer_string(&out, "}");
    return gx_buffer_as_text(&out);
}

static void *work(void *context)
{
    block *b = context;
    gx_arena arena = gx_arena_of(GX_LIMIT_EVALUATION_BYTES);
    for (size_t i = atomic_fetch_add(&b->next, 1); i < b->count; i = atomic_fetch_add(&b->next, 1)) {
        gx_error error = {0};
        gx_arena_mark mark = gx_arena_here(&arena);
        job j = {b, &arena, gx_text_trim(gx_text_of(b->lines[i])), {0}, &error};
        if (!gx_arena_guard(&arena, evaluate, &j, &error)) {
            gx_arena small = gx_arena_of(GX_MIB); /* the other one may be full */
            atomic_fetch_add(&b->failed, 1);
            gx_text answer = error_answer(&small, &error, b->language);
            b->answers[i] = strndup(answer.bytes, answer.size);
            gx_arena_release(&small);
        } else {
            b->answers[i] = strndup(j.answer.bytes, j.answer.size);
        }
        gx_arena_rewind(&arena, mark);
    }
    gx_arena_release(&arena);
    return NULL;
}

static void run_block(block *b, long threads)
{
    pthread_t started[THREADS_MOST];
    long count = 0;
    atomic_store(&b->next, 0);
    while (count < threads - 1 && pthread_create(&started[count], NULL, work, b) == 0)
        count++;
    work(b); /* this thread too: so the work is done even where no other can be started */
    for (long i = 0; i < count; i++)
        pthread_join(started[i], NULL);
}

static bool read_block(block *b, FILE *from)
{
    size_t capacity = 0;
    b->count = 0;
    while (b->count < BLOCK) {
        char *line = NULL;
        if (getline(&line, &capacity, from) < 0) {
            free(line);
            break;
        }
        capacity = 0;
        b->lines[b->count++] = line;
    }
    return b->count > 0;
}

static void print_block(block *b)
{
    for (size_t i = 0; i < b->count; i++) {
        puts(b->answers[i] ? b->answers[i] : "null");
        free(b->answers[i]);
        free(b->lines[i]);
        b->answers[i] = b->lines[i] = NULL;
    }
}

int gx_dmn_batch(gx_tool_call *call, const gx_dmn *dmn, const char *decision, const char *path,
                 int64_t threads)
{
    gx_error error = {0};
    FILE *from = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
    if (!from) {
        gx_fail(&error, "base.file.open", gx_text_of(path));
        return gx_tool_fail(call, &error);
    }
    long cores = threads > 0 ? (long)threads : sysconf(_SC_NPROCESSORS_ONLN);
    long most = cores < 1 ? 1 : cores > THREADS_MOST ? THREADS_MOST : cores;
    block *b = GX_NEW(call->arena, block);
    b->dmn = dmn;
    b->decision = gx_text_of(decision);
    b->language = call->language;
    b->budget = (gx_feel_budget){.has_now = true, .now = gx_clock_now(), .now_offset = 8 * 3600};
    size_t done = 0;
    int64_t started = gx_clock_monotonic_ms();
    while (read_block(b, from)) {
        run_block(b, most);
        print_block(b);
        done += b->count;
        if (isatty(STDERR_FILENO))
            fprintf(stderr, "\r%zu", done);
    }
    int64_t took = gx_clock_monotonic_ms() - started;
    fprintf(stderr, "%s%zu: %lld ms\n", isatty(STDERR_FILENO) ? "\r" : "", done, (long long)took);
    if (from != stdin)
        fclose(from);
    return atomic_load(&b->failed) ? GX_TOOL_FOUND : GX_TOOL_DONE;
}

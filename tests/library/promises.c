/* What gaoxing.h promises, asked of the installed library; prints "ok" or the line that does not hold. */
#include <gaoxing/gaoxing.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOLDS(condition)                                                                                     \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            printf("line %d: %s\n", __LINE__, #condition);                                                   \
            exit(1);                                                                                         \
        }                                                                                                    \
    } while (0)

enum { THREADS = 4, ROUNDS = 2000 };

static gaoxing_text text(const char *string)
{
    return gaoxing_text_of(string);
}

static bool is_code(const gaoxing_error *error, const char *code)
{
    return error->code && strcmp(error->code, code) == 0;
}

/* ---- An allocator that counts, and refuses what passes its limit ---- */

typedef struct counter {
    size_t held, limit, calls;
} counter;

static void *count_allocate(void *context, size_t size)
{
    counter *c = context;
    void *block = c->held + size > c->limit ? NULL : aligned_alloc(16, (size + 15) / 16 * 16);
    if (block)
        memset(block, 0xA5, size); /* the library may not count on zeros */
    c->held += block ? size : 0;
    c->calls++;
    return block;
}

static void count_release(void *context, void *block, size_t size)
{
    counter *c = context;
    c->held -= size;
    free(block);
}

static void memory_comes_from_the_hook_and_goes_back(void)
{
    counter c = {0, 512 * 1024, 0};
    gaoxing_allocator allocator = GAOXING_ALLOCATOR_INIT;
    gaoxing_error error = GAOXING_ERROR_INIT;
    gaoxing_value answer;
    allocator.allocate = count_allocate;
    allocator.release = count_release;
    allocator.context = &c;
    gaoxing_arena *arena = gaoxing_arena_create(0, &allocator);
    HOLDS(arena && c.calls > 0);
    gaoxing_feel *feel = gaoxing_feel_compile(
        arena, text("string join(for i in 1..100000 return \"abcdefgh\")"), NULL, &error);
    HOLDS(feel);
    HOLDS(!gaoxing_feel_evaluate(arena, feel, gaoxing_null(), NULL, &answer, &error));
    HOLDS(is_code(&error, "base.memory"));
    gaoxing_feel *small = gaoxing_feel_compile(arena, text("1 + 1"), NULL, &error);
    HOLDS(small && gaoxing_feel_evaluate(arena, small, gaoxing_null(), NULL, &answer, &error));
    gaoxing_arena_destroy(arena);
    HOLDS(c.held == 0);
    c.limit = 100;
    HOLDS(!gaoxing_arena_create(0, &allocator) && c.held == 0);
}

static void reset_keeps_the_first_block(void)
{
    gaoxing_arena *arena = gaoxing_arena_create(0, NULL);
    size_t begin = gaoxing_arena_held(arena);
    for (int i = 0; i < 100; i++) {
        char digits[] = "12345678901234567890.5";
        gaoxing_value number = gaoxing_number(arena, text(digits));
        HOLDS(strcmp(gaoxing_to_text(arena, number).bytes, digits) == 0);
        HOLDS(gaoxing_list(arena, NULL, 0).own[0] == gaoxing_list(arena, NULL, 0).own[0]);
        gaoxing_arena_reset(arena);
        HOLDS(gaoxing_arena_held(arena) == begin);
    }
    gaoxing_arena_destroy(arena);
}

static void budgets_end_in_errors(void)
{
    static const struct {
        const char *source, *code;
        gaoxing_budget budget;
    } cases[] = {
        {"for a in 1..100000, b in 1..100000 return a * b", "feel.budget.steps", GAOXING_BUDGET_INIT},
        {"for i in 1..1000 return i", "feel.budget.list", {sizeof(gaoxing_budget), 0, 0, 10, 0, false, 0, 0}},
        {"string join(for i in 1..99 return \"abc\")",
         "feel.budget.string",
         {sizeof(gaoxing_budget), 0, 0, 0, 10, false, 0, 0}},
        {"{f: function(n) f(n + 1), r: f(1)}.r",
         "feel.budget.depth",
         {sizeof(gaoxing_budget), 0, 20, 0, 0, false, 0, 0}},
    };
    gaoxing_arena *arena = gaoxing_arena_create(0, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gaoxing_error error = GAOXING_ERROR_INIT;
        gaoxing_value answer;
        gaoxing_feel *feel = gaoxing_feel_compile(arena, text(cases[i].source), NULL, &error);
        HOLDS(feel);
        HOLDS(!gaoxing_feel_evaluate(arena, feel, gaoxing_null(), &cases[i].budget, &answer, &error));
        if (!is_code(&error, cases[i].code))
            printf("%s: %s, not %s\n", cases[i].source, error.code, cases[i].code);
        HOLDS(is_code(&error, cases[i].code));
        HOLDS(error.zh[0] && error.en[0]);
    }
    gaoxing_arena_destroy(arena);
}

/* A host that was compiled when the structs were smaller. */
static void shorter_structs_are_filled_as_far_as_they_go(void)
{
    gaoxing_error error;
    memset(&error, 0x5A, sizeof error);
    error.size = offsetof(gaoxing_error, zh);
    gaoxing_arena *arena = gaoxing_arena_create(0, NULL);
    HOLDS(!gaoxing_feel_compile(arena, text("1 +"), NULL, &error));
    HOLDS(is_code(&error, "feel.end.expression"));
    HOLDS(error.zh[0] == 0x5A && error.caret[399] == 0x5A);
    HOLDS(!gaoxing_feel_compile(arena, text("1 +"), NULL, NULL));
    gaoxing_arena_destroy(arena);
}

/* ---- One model, several threads ---- */

static gaoxing_value twice(void *context, gaoxing_arena *arena, const gaoxing_value *arguments, size_t count)
{
    int64_t number;
    (void)arena;
    ++*(int *)context;
    return count == 1 && gaoxing_to_integer(arguments[0], &number) ? gaoxing_integer(2 * number)
                                                                   : gaoxing_null();
}

static void *decide_often(void *context)
{
    const gaoxing_dmn *dmn = context;
    const gaoxing_text names[] = {text("age"), text("since")};
    gaoxing_arena *arena = gaoxing_arena_create(0, NULL);
    for (int i = 0; i < ROUNDS; i++) {
        gaoxing_value values[] = {gaoxing_integer(i % 30), gaoxing_temporal(arena, text("2025-03-04"))},
                      answer;
        gaoxing_value inputs = gaoxing_context(arena, names, values, 2);
        HOLDS(gaoxing_dmn_evaluate(arena, dmn, text("loan"), inputs, NULL, &answer, NULL));
        HOLDS(strncmp(gaoxing_to_string(answer).bytes, i % 30 < 18 ? "refused" : "granted", 7) == 0);
        gaoxing_arena_reset(arena);
    }
    gaoxing_arena_destroy(arena);
    return NULL;
}

static void a_model_serves_all_threads(const char *path)
{
    static char bytes[65536];
    FILE *file = fopen(path, "rb");
    HOLDS(file);
    gaoxing_text xml = {bytes, fread(bytes, 1, sizeof bytes, file)};
    fclose(file);
    int calls = 0;
    gaoxing_native native = {"host", "twice(int)", twice, &calls};
    gaoxing_dmn_options options = GAOXING_DMN_OPTIONS_INIT;
    gaoxing_error error = GAOXING_ERROR_INIT;
    gaoxing_value answer;
    options.natives = &native;
    options.native_count = 1;
    gaoxing_arena *model = gaoxing_arena_create(0, NULL), *arena = gaoxing_arena_create(0, NULL);
    gaoxing_dmn *dmn = gaoxing_dmn_read(model, xml, &options, &error);
    HOLDS(dmn && !gaoxing_dmn_finding(dmn, 0, &error));
    memset(bytes, 0, sizeof bytes); /* the model borrows nothing */
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        HOLDS(pthread_create(&threads[i], NULL, decide_often, dmn) == 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    gaoxing_value inputs;
    int64_t number = 0;
    HOLDS(gaoxing_from_json(arena, text("{\"age\": 21}"), &inputs, &error));
    HOLDS(gaoxing_dmn_evaluate(arena, dmn, text("twice"), inputs, NULL, &answer, &error));
    HOLDS(gaoxing_to_integer(answer, &number) && number == 42 && calls == 1);
    gaoxing_text json;
    HOLDS(gaoxing_dmn_describe(arena, dmn, text("loan"), &json, &error));
    HOLDS(strstr(json.bytes, "\"type\":\"date\""));
    HOLDS(gaoxing_dmn_verify(arena, dmn, GAOXING_ZH, &json, &error) && json.bytes[0] == '[');
    gaoxing_arena_destroy(arena);
    gaoxing_arena_destroy(model);
}

int main(int count, char **arguments)
{
    HOLDS(count == 2);
    memory_comes_from_the_hook_and_goes_back();
    reset_keeps_the_first_block();
    budgets_end_in_errors();
    shorter_structs_are_filled_as_far_as_they_go();
    a_model_serves_all_threads(arguments[1]);
    puts("ok");
    return 0;
}

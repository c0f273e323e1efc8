/* The first byte chooses the kind of source, the rest is compiled and evaluated with a small budget. */
#include "feel/feel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
extern const char *const gx_fuzz_words[];
const char *const gx_fuzz_words[] = {"for ",
                                     " in ",
                                     " return ",
                                     "some ",
                                     " satisfies ",
                                     "if ",
                                     " then ",
                                     " else ",
                                     "function(",
                                     ")",
                                     "[",
                                     "]",
                                     "..",
                                     "item",
                                     "partial",
                                     "a b",
                                     "{a: ",
                                     "}",
                                     "@\"P1D\"",
                                     "not(",
                                     "instance of ",
                                     "list<",
                                     "date(\"",
                                     "**",
                                     "string(",
                                     "sort(",
                                     "flatten(",
                                     "concatenate(",
                                     "replace(",
                                     "matches(",
                                     "list replace(",
                                     "1e6000",
                                     "\\u",
                                     "?",
                                     " between ",
                                     NULL};

typedef struct work {
    gx_arena arena;
    gx_text source;
    gx_feel_source_kind kind;
} work;

static bool run(void *context)
{
    static const gx_text names[] = {GX_TEXT("a b"), GX_TEXT("a-b"), GX_TEXT("x")};
    work *w = context;
    gx_entry entries[] = {{names[0], gx_value_int(3)}, {names[1], gx_value_text(GX_TEXT("gaoxing"))}};
    gx_feel_options options = {.kind = w->kind, .names = names, .name_count = GX_COUNT_OF(names)};
    gx_feel *feel = gx_feel_compile(&w->arena, w->source, &options, NULL);
    if (!feel)
        return false;
    gx_feel_budget budget = {
        .steps = 20000, .list = 10000, .string = 100000, .has_now = true, .now = 1700000000000};
    gx_feel_notes notes = {0};
    gx_feel_input input = {
        .context = gx_value_context(&w->arena, entries, 2), .input = gx_value_int(5), .notes = &notes};
    gx_value answer;
    if (gx_feel_run(&w->arena, feel, &input, &budget, &answer, NULL)) {
        gx_value_to_text(&w->arena, answer);
        gx_value_to_json(&w->arena, gx_value_copy(&w->arena, answer));
        gx_value_equal(answer, answer);
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    work w = {gx_arena_of(16 * GX_MIB),
              {(const char *)data + 1, size - 1},
              data[0] & 1 ? GX_FEEL_UNARY_TESTS : GX_FEEL_EXPRESSION};
    gx_arena_guard(&w.arena, run, &w, NULL);
    gx_arena_release(&w.arena);
    return 0;
}

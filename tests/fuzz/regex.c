/* Flags, a pattern, a text and a replacement, parted by zero bytes. */
#include "feel/regex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
extern const char *const gx_fuzz_words[];
const char *const gx_fuzz_words[] = {
    "[",     "]",  "(",   ")", "(?:", "-[", "[^",  "\\p{L}", "\\p{IsGreek}", "\\i", "\\c",
    "{2,3}", "*?", "\\1", "^", "$",   "$1", "\\$", "i",      "smxq",         NULL};

typedef struct work {
    gx_arena arena;
    gx_text flags, pattern, text, replacement;
    int steps_left;
} work;

static bool watch(void *context, uint64_t steps)
{
    (void)steps;
    return ((work *)context)->steps_left-- > 0;
}

static void add_part(void *context, gx_text part)
{
    *(size_t *)context += part.size;
}

static bool run(void *context)
{
    work *w = context;
    gx_regex_cache *cache = NULL;
    w->steps_left = 10;
    if (!gx_utf8_is_valid(w->pattern) || !gx_utf8_is_valid(w->text) || !gx_utf8_is_valid(w->replacement))
        return false;
    gx_regex *regex = gx_regex_compile(&cache, &w->arena, w->pattern, w->flags, watch, w);
    if (!regex)
        return false;
    size_t bytes = 0;
    gx_buffer result = gx_buffer_in(&w->arena);
    gx_regex_find(regex, w->text);
    gx_regex_replace(regex, w->text, w->replacement, &result);
    gx_regex_split(regex, w->text, add_part, &bytes);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    work w = {.arena = gx_arena_of(16 * 1024 * 1024)};
    gx_text rest = {(const char *)data, size};
    w.flags = gx_text_cut(rest, '\0', &rest);
    w.pattern = gx_text_cut(rest, '\0', &rest);
    w.text = gx_text_cut(rest, '\0', &w.replacement);
    if (!w.replacement.bytes)
        w.replacement = GX_TEXT("");
    gx_arena_guard(&w.arena, run, &w, NULL);
    gx_arena_release(&w.arena);
    return 0;
}

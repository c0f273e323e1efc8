/* Parses as JSON; what parses must survive writing and parsing again. */
#include "base/json.h"
#include "base/limits.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
extern const char *const gx_fuzz_words[];
const char *const gx_fuzz_words[] = {"null", "true", "false", "\"a\":", "{", "}", "[", "]", ",", "\\u", "\\ud83d\\ude00", NULL};

typedef struct work {
    gx_arena arena;
    gx_text source;
} work;

static bool round_trip(void *context)
{
    work *w = context;
    gx_json *value = gx_json_parse(&w->arena, w->source, GX_TEXT("fuzz"), NULL);
    if (!value)
        return false;
    gx_json *again = gx_json_parse(&w->arena, gx_json_to_text(&w->arena, value), GX_TEXT("fuzz"), NULL);
    if (!again || !gx_json_equal(value, again))
        abort();
    gx_buffer buffer = gx_buffer_in(&w->arena);
    gx_json_write_canonical(&buffer, value);
    gx_json_write_pretty(&buffer, value);
    gx_json_merge(&w->arena, value, again);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    work w = {gx_arena_of(16 * GX_MIB), {(const char *)data, size}};
    gx_arena_guard(&w.arena, round_trip, &w, NULL);
    gx_arena_release(&w.arena);
    return 0;
}

/* Arenas and errors of libgaoxing. */
#include "embed/embed.h"
#include "base/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BLOCK = 64 * 1024 - 64 }; /* kept by reset: most evaluations need no other */

const char *gaoxing_version(void)
{
    return GX_VERSION;
}

gaoxing_text gaoxing_text_of(const char *string)
{
    return (gaoxing_text){string, strlen(string)};
}

/* ---- Arenas ---- */

static bool take_first_block(void *context)
{
    gaoxing_arena *arena = context;
    char *block = gx_alloc(&arena->arena, FIRST_BLOCK);
    arena->begin = gx_arena_here(&arena->arena);
    arena->begin.next = block;
    return true;
}

gaoxing_arena *gaoxing_arena_create(size_t limit_bytes, const gaoxing_allocator *allocator)
{
    gx_allocator inner = {0};
    if (allocator && allocator->size >= sizeof *allocator)
        inner = (gx_allocator){allocator->allocate, allocator->release, allocator->context};
    gaoxing_arena *arena =
        inner.allocate ? inner.allocate(inner.context, sizeof *arena) : malloc(sizeof *arena);
    if (!arena)
        return NULL;
    memset(arena, 0, sizeof *arena);
    arena->arena = gx_arena_with(limit_bytes ? limit_bytes : GX_LIMIT_EVALUATION_BYTES, inner);
    if (gx_arena_guard(&arena->arena, take_first_block, arena, NULL)) {
        gaoxing_arena_reset(arena);
        return arena;
    }
    gaoxing_arena_destroy(arena);
    return NULL;
}

void gaoxing_arena_reset(gaoxing_arena *arena)
{
    gx_arena_rewind(&arena->arena, arena->begin);
}

void gaoxing_arena_destroy(gaoxing_arena *arena)
{
    if (!arena)
        return;
    gx_allocator allocator = arena->arena.allocator;
    gx_arena_release(&arena->arena);
    if (allocator.release)
        allocator.release(allocator.context, arena, sizeof *arena);
    else if (!allocator.allocate)
        free(arena);
}

size_t gaoxing_arena_held(const gaoxing_arena *arena)
{
    return gx_arena_held(&arena->arena);
}

/* ---- Calls and errors ---- */

typedef struct guarded {
    gx_embed_call *call;
    bool (*work)(gx_embed_call *call, void *context);
    void *context;
} guarded;

static bool run_guarded(void *context)
{
    guarded *g = context;
    return g->work(g->call, g->context);
}

bool gx_embed_run(gaoxing_arena *arena, bool (*work)(gx_embed_call *call, void *context), void *context,
                  gaoxing_error *error)
{
    gx_embed_call call;
    call.arena = &arena->arena;
    call.source = GX_TEXT("");
    call.error.code = NULL; /* the rest is set when there is an error: it is large */
    call.error.path[0] = '\0';
    call.error.line = call.error.column = 0;
    if (gx_arena_guard(&arena->arena, run_guarded, &(guarded){&call, work, context}, &call.error))
        return true;
    gx_embed_error(error, &call.error, call.source);
    return false;
}

static void write_caret(gaoxing_error *to, const gx_error *from, gx_text source)
{
    gx_arena arena = gx_arena_of(GX_MIB); /* a line longer than that has no caret */
    gx_buffer caret = gx_buffer_in(&arena);
    if (source.size && source.size < GX_MIB / 4) {
        gx_feel_caret(&caret, source, from, (gx_place){GX_TEXT(""), 1, 1});
        gx_text text = gx_buffer_as_text(&caret);
        if (text.size < sizeof to->caret)
            memcpy(to->caret, text.bytes, text.size);
    }
    gx_arena_release(&arena);
}

void gx_embed_error(gaoxing_error *to, const gx_error *from, gx_text source)
{
    gaoxing_error all = {.size = sizeof all, .code = from->code, .line = from->line, .column = from->column};
    if (!to || to->size < sizeof(size_t))
        return;
    snprintf(all.path, sizeof all.path, "%s", from->path);
    gx_error_sentence(from, GX_LANGUAGE_ZH, all.zh, sizeof all.zh);
    gx_error_sentence(from, GX_LANGUAGE_EN, all.en, sizeof all.en);
    write_caret(&all, from, source);
    all.size = to->size < sizeof all ? to->size : sizeof all;
    memcpy(to, &all, all.size);
}

const gx_feel_budget *gx_embed_budget(const gaoxing_budget *from, gx_feel_budget *inner)
{
    if (!from || from->size < sizeof *from) /* the first version has all of them */
        return NULL;
    *inner = (gx_feel_budget){.steps = from->steps,
                              .depth = from->depth,
                              .list = from->list,
                              .string = from->string,
                              .has_now = from->has_now,
                              .now = from->now_ms,
                              .now_offset = from->now_offset};
    return inner;
}

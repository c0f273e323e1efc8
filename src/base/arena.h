/* base/arena.h: memory by lifetime.
 * A request, a command, an evaluation and a model each have an arena; what is allocated in it dies together. An arena
 * belongs to one thread at a time.
 *
 * gx_alloc never returns NULL. When the arena's limit (or the machine's memory) is used up, control leaves to the
 * innermost gx_arena_guard, which ends in the ordinary error "base.memory". Rules that make this safe:
 *   - every entry point (request handler, database command, tool) runs under a guard;
 *   - under a guard, whatever must be closed (a statement, a file, a parser, a lock) is registered with
 *     gx_arena_on_release, so that it is closed when the arena is released or rewound past it;
 *   - an allocation without a guard that fails ends the process: that is our own mistake. */
#ifndef GX_BASE_ARENA_H
#define GX_BASE_ARENA_H

#include "base/error.h"
#include "base/text.h"

#include <stdarg.h>

typedef struct gx_arena_chunk gx_arena_chunk;
typedef struct gx_arena_cleanup gx_arena_cleanup;
typedef struct gx_arena_catch gx_arena_catch;

/* Where chunks come from; NULL functions mean malloc and free. Both must be thread-safe if arenas on several threads
 * share them. */
typedef struct gx_allocator {
    void *(*allocate)(void *context, size_t size); /* 16-byte aligned, or NULL */
    void (*release)(void *context, void *block, size_t size);
    void *context;
} gx_allocator;

/* Open so that it can live on the stack; the fields are the arena's own. */
typedef struct gx_arena {
    gx_arena_chunk *chunk;
    char *next, *end; /* free space of the newest chunk */
    size_t held;      /* bytes in all chunks */
    size_t limit;
    gx_arena_cleanup *cleanups;
    gx_arena_catch *innermost;
    gx_allocator allocator;
} gx_arena;

typedef struct gx_arena_mark {
    gx_arena_chunk *chunk;
    char *next;
    gx_arena_cleanup *cleanups;
} gx_arena_mark;

/* An empty arena that may hold up to `limit_bytes`. Costs nothing until the first allocation. */
gx_arena gx_arena_of(size_t limit_bytes);
gx_arena gx_arena_with(size_t limit_bytes, gx_allocator allocator);
/* Runs the clean-ups, newest first, and gives everything back. The arena may be used again. */
void gx_arena_release(gx_arena *arena);

/* Leaves to the innermost guard as if the arena were exhausted. For engines that meet their own hard limits deep inside. */
_Noreturn void gx_arena_give_up(gx_arena *arena);

/* Zeroed, 16-byte aligned. Size 0 gives a valid pointer. */
void *gx_alloc_slow(gx_arena *arena, size_t size);
static inline void *gx_alloc(gx_arena *arena, size_t size)
{
    if (size > SIZE_MAX / 2)
        gx_arena_give_up(arena);
    size_t rounded = (size + 15) & ~(size_t)15;
    if (rounded > (size_t)(arena->end - arena->next) || !arena->next)
        return gx_alloc_slow(arena, rounded);
    void *block = arena->next;
    arena->next += rounded;
    return block;
}
/* As gx_alloc(count * size), with the product checked. */
void *gx_alloc_array(gx_arena *arena, size_t count, size_t size);
#define GX_NEW(arena, type)              ((type *)gx_alloc((arena), sizeof(type)))
#define GX_NEW_ARRAY(arena, type, count) ((type *)gx_alloc_array((arena), (count), sizeof(type)))

/* Copies into the arena. The copy of a text has a zero byte behind it, so `.bytes` is also a C string. */
gx_text gx_copy(gx_arena *arena, gx_text text);
char *gx_copy_string(gx_arena *arena, gx_text text);
void *gx_copy_bytes(gx_arena *arena, const void *bytes, size_t size);
/* printf into the arena, zero-terminated. */
gx_text gx_format(gx_arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
gx_text gx_format_list(gx_arena *arena, const char *format, va_list arguments);
/* Several texts as one. */
gx_text gx_join(gx_arena *arena, const gx_text *parts, size_t count, gx_text separator);

void gx_arena_on_release(gx_arena *arena, void (*close)(void *), void *object);

/* A point to which all later allocations can be given back (their clean-ups run). */
gx_arena_mark gx_arena_here(const gx_arena *arena);
void gx_arena_rewind(gx_arena *arena, gx_arena_mark mark);
size_t gx_arena_held(const gx_arena *arena);

/* Runs `run(context)`. If the arena is exhausted inside, everything allocated since is given back, its clean-ups have run,
 * and the answer is false with "base.memory". Otherwise the answer is that of `run`. Guards nest. */
bool gx_arena_guard(gx_arena *arena, bool (*run)(void *context), void *context, gx_error *error);

#endif

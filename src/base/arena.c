/* Chunks double from 4 KiB to 1 MiB; larger requests get a chunk of their own. Memory is zeroed when a chunk is made and
 * when it is rewound, so an allocation costs a pointer bump and nothing else. */
#include "base/arena.h"
#include "base/limits.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_LEAST = 4096, CHUNK_MOST = 1024 * 1024, ALIGNMENT = 16 };

struct gx_arena_chunk {
    gx_arena_chunk *before;
    size_t size; /* of the data behind this header */
    char *used;  /* how far the chunk was filled when a newer one was begun */
    char *padding;
    /* data follows, 16-byte aligned */
};
_Static_assert(sizeof(struct gx_arena_chunk) % ALIGNMENT == 0, "data behind the header is aligned");

struct gx_arena_cleanup {
    gx_arena_cleanup *before;
    void (*close)(void *);
    void *object;
};

struct gx_arena_catch {
    jmp_buf point;
    gx_arena_catch *outer;
};

static char *data_of(gx_arena_chunk *chunk)
{
    return (char *)(chunk + 1);
}

gx_arena gx_arena_of(size_t limit_bytes)
{
    return (gx_arena){.limit = limit_bytes};
}

gx_arena gx_arena_with(size_t limit_bytes, gx_allocator allocator)
{
    return (gx_arena){.limit = limit_bytes, .allocator = allocator};
}

static void run_cleanups(gx_arena *arena, gx_arena_cleanup *until)
{
    while (arena->cleanups != until) {
        gx_arena_cleanup *cleanup = arena->cleanups;
        arena->cleanups = cleanup->before;
        cleanup->close(cleanup->object);
    }
}

static void drop_newest_chunk(gx_arena *arena)
{
    gx_arena_chunk *chunk = arena->chunk;
    size_t size = sizeof *chunk + chunk->size;
    arena->chunk = chunk->before;
    arena->held -= size;
    if (arena->allocator.release)
        arena->allocator.release(arena->allocator.context, chunk, size);
    else
        free(chunk);
    if (arena->chunk) {
        arena->next = arena->chunk->used;
        arena->end = data_of(arena->chunk) + arena->chunk->size;
    } else {
        arena->next = arena->end = NULL;
    }
}

void gx_arena_release(gx_arena *arena)
{
    run_cleanups(arena, NULL);
    while (arena->chunk)
        drop_newest_chunk(arena);
}

_Noreturn void gx_arena_give_up(gx_arena *arena)
{
    if (arena->innermost)
        longjmp(arena->innermost->point, 1);
    fputs("gaoxing: out of memory outside any guarded work\n", stderr);
    abort();
}

void *gx_alloc_slow(gx_arena *arena, size_t size)
{
    size_t data = CHUNK_LEAST;
    if (arena->chunk && arena->chunk->size < CHUNK_MOST)
        data = arena->chunk->size * 2;
    else if (arena->chunk)
        data = CHUNK_MOST;
    if (data < size)
        data = size;
    size_t whole = data + sizeof(gx_arena_chunk);
    if (whole > arena->limit - arena->held || arena->held > arena->limit) {
        data = size; /* the last chunks may be small */
        whole = data + sizeof(gx_arena_chunk);
    }
    if (arena->held > arena->limit || whole > arena->limit - arena->held || whole < size)
        gx_arena_give_up(arena);
    gx_arena_chunk *chunk = arena->allocator.allocate ? arena->allocator.allocate(arena->allocator.context, whole)
                                                      : calloc(1, whole);
    if (!chunk)
        gx_arena_give_up(arena);
    if (arena->allocator.allocate)
        memset(chunk, 0, whole);
    if (arena->chunk)
        arena->chunk->used = arena->next;
    chunk->before = arena->chunk;
    chunk->size = data;
    arena->chunk = chunk;
    arena->held += whole;
    arena->next = data_of(chunk) + size;
    arena->end = data_of(chunk) + data;
    return data_of(chunk);
}

void *gx_alloc_array(gx_arena *arena, size_t count, size_t size)
{
    size_t product;
    if (__builtin_mul_overflow(count, size, &product))
        gx_arena_give_up(arena);
    return gx_alloc(arena, product);
}

void *gx_copy_bytes(gx_arena *arena, const void *bytes, size_t size)
{
    void *block = gx_alloc(arena, size);
    if (size)
        memcpy(block, bytes, size);
    return block;
}

gx_text gx_copy(gx_arena *arena, gx_text text)
{
    char *block = gx_alloc(arena, text.size + 1);
    if (text.size)
        memcpy(block, text.bytes, text.size);
    return (gx_text){block, text.size};
}

char *gx_copy_string(gx_arena *arena, gx_text text)
{
    return (char *)(uintptr_t)gx_copy(arena, text).bytes;
}

gx_text gx_format_list(gx_arena *arena, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int size = vsnprintf(NULL, 0, format, arguments);
    if (size < 0)
        size = 0;
    char *block = gx_alloc(arena, (size_t)size + 1);
    vsnprintf(block, (size_t)size + 1, format, again);
    va_end(again);
    return (gx_text){block, (size_t)size};
}

gx_text gx_format(gx_arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    gx_text text = gx_format_list(arena, format, arguments);
    va_end(arguments);
    return text;
}

gx_text gx_join(gx_arena *arena, const gx_text *parts, size_t count, gx_text separator)
{
    size_t size = count > 1 ? separator.size * (count - 1) : 0;
    for (size_t i = 0; i < count; i++)
        size += parts[i].size;
    char *block = gx_alloc(arena, size + 1);
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && separator.size) {
            memcpy(block + used, separator.bytes, separator.size);
            used += separator.size;
        }
        if (parts[i].size)
            memcpy(block + used, parts[i].bytes, parts[i].size);
        used += parts[i].size;
    }
    return (gx_text){block, size};
}

void gx_arena_on_release(gx_arena *arena, void (*close)(void *), void *object)
{
    gx_arena_cleanup *cleanup = gx_alloc(arena, sizeof *cleanup);
    *cleanup = (gx_arena_cleanup){arena->cleanups, close, object};
    arena->cleanups = cleanup;
}

gx_arena_mark gx_arena_here(const gx_arena *arena)
{
    return (gx_arena_mark){arena->chunk, arena->next, arena->cleanups};
}

void gx_arena_rewind(gx_arena *arena, gx_arena_mark mark)
{
    run_cleanups(arena, mark.cleanups);
    while (arena->chunk != mark.chunk)
        drop_newest_chunk(arena);
    if (arena->chunk) {
        memset(mark.next, 0, (size_t)(arena->next - mark.next));
        arena->next = mark.next;
    }
}

size_t gx_arena_held(const gx_arena *arena)
{
    return arena->held;
}

bool gx_arena_guard(gx_arena *arena, bool (*run)(void *context), void *context, gx_error *error)
{
    gx_arena_catch here; /* its point is large, and written by setjmp */
    here.outer = arena->innermost;
    gx_arena_mark mark = gx_arena_here(arena);
    volatile bool answer = false;
    arena->innermost = &here;
    if (setjmp(here.point) == 0) {
        answer = run(context);
        arena->innermost = here.outer;
        return answer;
    }
    arena->innermost = here.outer;
    gx_arena_rewind(arena, mark);
    char figure[24];
    return gx_fail(error, "base.memory", gx_error_int(figure, (int64_t)arena->limit));
}

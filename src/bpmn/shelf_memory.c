/* Entries are sorted by owner and key. Those taken away stay as empty ones, so that taking a hundred thousand
 * away one by one moves nothing. */
#include "bpmn/shelf_memory.h"

#include <stdlib.h>
#include <string.h>

typedef struct entry {
    uint64_t place; /* owner and key */
    char *bytes;    /* NULL: taken away */
    size_t size;
} entry;

struct gx_shelf_memory {
    gx_bpmn_shelf shelf;
    entry *entries;
    size_t count, capacity;
};

static uint64_t place_of(uint32_t owner, uint32_t key)
{
    return (uint64_t)owner << 32 | key;
}

/* The first entry at the place or behind it. */
static size_t seek(const gx_shelf_memory *memory, uint64_t place)
{
    size_t low = 0, high = memory->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (memory->entries[middle].place < place)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static gx_text find(void *context, gx_arena *arena, uint32_t owner, uint32_t *key, bool or_later)
{
    const gx_shelf_memory *memory = context;
    size_t at = seek(memory, place_of(owner, *key));
    while (or_later && at < memory->count && !memory->entries[at].bytes)
        at++;
    const entry *found = at < memory->count ? &memory->entries[at] : NULL;
    if (!found || !found->bytes || found->place >> 32 != owner ||
        (!or_later && found->place != place_of(owner, *key)))
        return (gx_text){NULL, 0};
    *key = (uint32_t)found->place;
    return gx_copy(arena, (gx_text){found->bytes, found->size});
}

gx_shelf_memory *gx_shelf_memory_create(void)
{
    gx_shelf_memory *memory = calloc(1, sizeof *memory);
    if (!memory)
        abort();
    memory->shelf = (gx_bpmn_shelf){.find = find, .context = memory};
    return memory;
}

void gx_shelf_memory_destroy(gx_shelf_memory *memory)
{
    if (!memory)
        return;
    for (size_t i = 0; i < memory->count; i++)
        free(memory->entries[i].bytes);
    free(memory->entries);
    free(memory);
}

const gx_bpmn_shelf *gx_shelf_memory_shelf(const gx_shelf_memory *memory)
{
    return &memory->shelf;
}

static void keep(gx_shelf_memory *memory, uint64_t place, gx_text content)
{
    size_t at = seek(memory, place);
    if (at == memory->count || memory->entries[at].place != place) {
        if (memory->count == memory->capacity) {
            memory->capacity = memory->capacity ? memory->capacity * 2 : 64;
            memory->entries = realloc(memory->entries, memory->capacity * sizeof *memory->entries);
            if (!memory->entries)
                abort();
        }
        memmove(memory->entries + at + 1, memory->entries + at, (memory->count - at) * sizeof(entry));
        memory->count++;
        memory->entries[at] = (entry){.place = place};
    }
    entry *to = &memory->entries[at];
    free(to->bytes);
    *to = (entry){.place = place, .bytes = malloc(content.size), .size = content.size};
    if (!to->bytes)
        abort();
    memcpy(to->bytes, content.bytes, content.size);
}

static void drop(gx_shelf_memory *memory, uint64_t first, uint64_t last)
{
    for (size_t at = seek(memory, first); at < memory->count && memory->entries[at].place <= last; at++) {
        free(memory->entries[at].bytes);
        memory->entries[at].bytes = NULL;
    }
}

void gx_shelf_memory_apply(gx_shelf_memory *memory, const gx_effects *effects)
{
    for (size_t i = 0; i < effects->count; i++) {
        const gx_effect *effect = &effects->items[i];
        uint64_t place = place_of(effect->key, effect->part);
        bool is_whole = effect->part == GX_NO_INDEX;
        if (effect->kind == GX_EFFECT_KEEP)
            keep(memory, place, effect->text1);
        else if (effect->kind == GX_EFFECT_DROP)
            drop(memory, is_whole ? place_of(effect->key, 0) : place, place);
    }
}

size_t gx_shelf_memory_count(const gx_shelf_memory *memory, size_t *bytes)
{
    size_t count = 0;
    *bytes = 0;
    for (size_t i = 0; i < memory->count; i++) {
        count += memory->entries[i].bytes != NULL;
        *bytes += memory->entries[i].bytes ? memory->entries[i].size : 0;
    }
    return count;
}

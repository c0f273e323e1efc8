#include "base/map.h"

#include <string.h>

gx_map gx_map_in(gx_arena *arena)
{
    return (gx_map){.arena = arena};
}

static uint32_t *slot_of(const gx_map *map, gx_text key, uint64_t hash)
{
    uint32_t mask = map->slot_count - 1;
    for (uint32_t i = (uint32_t)hash & mask;; i = (i + 1) & mask) {
        uint32_t at = map->slots[i];
        if (at == 0 || (map->entries[at - 1].hash == hash && gx_text_equal(map->entries[at - 1].key, key)))
            return &map->slots[i];
    }
}

static void grow(gx_map *map)
{
    uint32_t capacity = map->capacity ? map->capacity * 2 : 8;
    gx_map_entry *entries = GX_NEW_ARRAY(map->arena, gx_map_entry, capacity);
    if (map->count)
        memcpy(entries, map->entries, map->count * sizeof *entries);
    map->entries = entries;
    map->capacity = capacity;
    map->slot_count = capacity * 2;
    map->slots = GX_NEW_ARRAY(map->arena, uint32_t, map->slot_count);
    for (uint32_t i = 0; i < map->count; i++)
        *slot_of(map, entries[i].key, entries[i].hash) = i + 1;
}

void *gx_map_get(const gx_map *map, gx_text key)
{
    if (map->count == 0)
        return NULL;
    uint32_t at = *slot_of(map, key, gx_text_hash(key));
    return at ? map->entries[at - 1].value : NULL;
}

void *gx_map_put(gx_map *map, gx_text key, void *value)
{
    uint64_t hash = gx_text_hash(key);
    if (map->count) {
        uint32_t at = *slot_of(map, key, hash);
        if (at) {
            void *before = map->entries[at - 1].value;
            map->entries[at - 1].value = value;
            return before;
        }
    }
    if (map->count == map->capacity)
        grow(map);
    map->entries[map->count] = (gx_map_entry){key, value, hash};
    *slot_of(map, key, hash) = ++map->count;
    return NULL;
}

/* base/map.h: text to pointer, in an arena; iterates in insertion order. Keys are borrowed: they must outlive the map. */
#ifndef GX_BASE_MAP_H
#define GX_BASE_MAP_H

#include "base/arena.h"

typedef struct gx_map_entry {
    gx_text key;
    void *value;
    uint64_t hash;
} gx_map_entry;

typedef struct gx_map {
    gx_arena *arena;
    gx_map_entry *entries; /* [0, count), in insertion order; read it to iterate */
    uint32_t count, capacity;
    uint32_t *slots; /* index + 1 into entries, 0 is free */
    uint32_t slot_count;
} gx_map;

gx_map gx_map_in(gx_arena *arena);
/* The value, or NULL when the key is absent. */
void *gx_map_get(const gx_map *map, gx_text key);
/* Adds or replaces; returns the value that was there before, or NULL. */
void *gx_map_put(gx_map *map, gx_text key, void *value);

#endif

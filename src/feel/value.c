/* Making and reading values. Contexts of more than SMALL_CONTEXT entries carry an open-addressing index;
 * below that a scan over the 32-bit hashes is faster than any look-up structure and costs no memory. */
#include "feel/value.h"

#include <string.h>

enum { SMALL_CONTEXT = 8 };

static const char *const kind_names[GX_KIND_COUNT] = {
    [GX_NULL] = "Null",
    [GX_BOOLEAN] = "boolean",
    [GX_NUMBER] = "number",
    [GX_STRING] = "string",
    [GX_DATE] = "date",
    [GX_TIME] = "time",
    [GX_DATE_TIME] = "date and time",
    [GX_DAYS_DURATION] = "days and time duration",
    [GX_MONTHS_DURATION] = "years and months duration",
    [GX_LIST] = "list",
    [GX_CONTEXT] = "context",
    [GX_RANGE] = "range",
    [GX_FUNCTION] = "function",
};

const char *gx_kind_name(gx_kind kind)
{
    return (unsigned)kind < GX_KIND_COUNT ? kind_names[kind] : "unknown";
}

gx_value gx_value_string(gx_arena *arena, gx_text text)
{
    return gx_value_text(gx_copy(arena, text));
}

gx_value gx_value_time(gx_arena *arena, gx_feel_time time)
{
    gx_feel_time *copy = GX_NEW(arena, gx_feel_time);
    *copy = time;
    return (gx_value){.kind = GX_TIME, .time = copy};
}

gx_value gx_value_date_time(gx_arena *arena, gx_feel_date_time date_time)
{
    gx_feel_date_time *copy = GX_NEW(arena, gx_feel_date_time);
    *copy = date_time;
    return (gx_value){.kind = GX_DATE_TIME, .date_time = copy};
}

gx_value gx_value_days_duration(int64_t seconds, int64_t nanoseconds)
{
    enum { NANOSECONDS = 1000000000 };
    int64_t carry = nanoseconds / NANOSECONDS;
    int64_t rest = nanoseconds % NANOSECONDS;
    if (rest < 0) {
        rest += NANOSECONDS;
        carry--;
    }
    if (__builtin_add_overflow(seconds, carry, &seconds))
        return gx_value_null();
    return (gx_value){.kind = GX_DAYS_DURATION, .size = (uint32_t)rest, .seconds = seconds};
}

gx_value gx_value_range(gx_arena *arena, gx_range range)
{
    gx_range *copy = GX_NEW(arena, gx_range);
    *copy = range;
    return (gx_value){.kind = GX_RANGE, .range = copy};
}

/* ---- Lists ---- */

gx_list_builder gx_list_begin(gx_arena *arena, size_t expected)
{
    gx_list_builder builder = {.arena = arena, .capacity = expected};
    if (expected)
        builder.items = GX_NEW_ARRAY(arena, gx_value, expected);
    return builder;
}

void gx_list_add(gx_list_builder *builder, gx_value item)
{
    if (builder->count == builder->capacity) {
        size_t capacity = builder->capacity ? builder->capacity * 2 : 8;
        gx_value *items = GX_NEW_ARRAY(builder->arena, gx_value, capacity);
        if (builder->count)
            memcpy(items, builder->items, builder->count * sizeof *items);
        builder->items = items;
        builder->capacity = capacity;
    }
    builder->items[builder->count++] = item;
}

gx_value gx_list_end(gx_list_builder *builder)
{
    return gx_value_list(builder->items, builder->count);
}

/* ---- Contexts ---- */

uint32_t gx_name_hash(gx_text name)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < name.size; i++)
        hash = (hash ^ (unsigned char)name.bytes[i]) * 16777619u;
    return hash ^ (hash >> 15);
}

gx_value gx_value_context(gx_arena *arena, const gx_entry *entries, size_t count)
{
    gx_context *context = GX_NEW(arena, gx_context);
    uint32_t *hashes = GX_NEW_ARRAY(arena, uint32_t, count);
    for (size_t i = 0; i < count; i++)
        hashes[i] = gx_name_hash(entries[i].name);
    *context = (gx_context){.count = (uint32_t)count, .entries = entries, .hashes = hashes};
    if (count > SMALL_CONTEXT) {
        uint32_t slot_count = 16;
        while (slot_count < count * 2)
            slot_count *= 2;
        uint32_t *slots = GX_NEW_ARRAY(arena, uint32_t, slot_count);
        context->slot_mask = slot_count - 1;
        for (uint32_t i = 0; i < count; i++) {
            uint32_t slot = hashes[i] & context->slot_mask;
            while (slots[slot])
                slot = (slot + 1) & context->slot_mask;
            slots[slot] = i + 1;
        }
        context->slots = slots;
    }
    return (gx_value){.kind = GX_CONTEXT, .context = context};
}

static inline bool is_entry(const gx_entry *entry, gx_text name)
{
    return gx_text_equal(entry->name, name);
}

bool gx_context_find_hashed(const gx_context *context, gx_text name, uint32_t hash, gx_value *value)
{
    if (!context->slots) {
        for (uint32_t i = 0; i < context->count; i++) {
            if (context->hashes[i] == hash && is_entry(&context->entries[i], name)) {
                *value = context->entries[i].value;
                return true;
            }
        }
    } else {
        for (uint32_t slot = hash & context->slot_mask; context->slots[slot];
             slot = (slot + 1) & context->slot_mask) {
            uint32_t i = context->slots[slot] - 1;
            if (context->hashes[i] == hash && is_entry(&context->entries[i], name)) {
                *value = context->entries[i].value;
                return true;
            }
        }
    }
    *value = gx_value_null();
    return false;
}

bool gx_context_find(gx_value context, gx_text name, gx_value *value)
{
    if (context.kind == GX_CONTEXT)
        return gx_context_find_hashed(context.context, name, gx_name_hash(name), value);
    *value = gx_value_null();
    return false;
}

gx_value gx_context_get(gx_value context, gx_text name)
{
    gx_value value;
    gx_context_find(context, name, &value);
    return value;
}

gx_context_builder gx_context_begin(gx_arena *arena, size_t expected)
{
    gx_context_builder builder = {.arena = arena, .capacity = expected};
    if (expected)
        builder.entries = GX_NEW_ARRAY(arena, gx_entry, expected);
    return builder;
}

/* The index of the entry, or `count`. */
static size_t find_built(gx_context_builder *builder, gx_text name)
{
    if (builder->index.arena) {
        uintptr_t found = (uintptr_t)gx_map_get(&builder->index, name);
        return found ? found - 1 : builder->count;
    }
    size_t i = 0;
    while (i < builder->count && !is_entry(&builder->entries[i], name))
        i++;
    return i;
}

void gx_context_set(gx_context_builder *builder, gx_text name, gx_value value)
{
    size_t at = find_built(builder, name);
    if (at < builder->count) {
        builder->entries[at].value = value;
        return;
    }
    if (builder->count == builder->capacity) {
        size_t capacity = builder->capacity ? builder->capacity * 2 : 8;
        gx_entry *entries = GX_NEW_ARRAY(builder->arena, gx_entry, capacity);
        if (builder->count)
            memcpy(entries, builder->entries, builder->count * sizeof *entries);
        builder->entries = entries;
        builder->capacity = capacity;
    }
    builder->entries[builder->count++] = (gx_entry){name, value};
    if (builder->index.arena) {
        gx_map_put(&builder->index, name, (void *)(uintptr_t)builder->count);
    } else if (builder->count > SMALL_CONTEXT) {
        builder->index = gx_map_in(builder->arena);
        for (size_t i = 0; i < builder->count; i++)
            gx_map_put(&builder->index, builder->entries[i].name, (void *)(uintptr_t)(i + 1));
    }
}

gx_value gx_context_end(gx_context_builder *builder)
{
    return gx_value_context(builder->arena, builder->entries, builder->count);
}

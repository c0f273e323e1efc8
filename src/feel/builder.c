#include "feel/builder.h"

#include <string.h>

/* Makes room for one more element in an arena array. */
void *gx_build_grown(gx_arena *arena, void *items, uint32_t count, uint32_t *capacity, size_t size)
{
    if (count < *capacity)
        return items;
    uint32_t wanted = *capacity ? *capacity * 2 : 8;
    void *copy = gx_alloc_array(arena, wanted, size);
    if (count)
        memcpy(copy, items, count * size);
    *capacity = wanted;
    return copy;
}

uint32_t gx_emit_word(gx_builder *b, uint32_t word)
{
    if (b->word_count == b->word_capacity) {
        uint32_t capacity = b->word_capacity;
        b->words = gx_build_grown(b->all->arena, b->words, b->word_count, &capacity, sizeof *b->words);
        b->places =
            gx_build_grown(b->all->arena, b->places, b->word_count, &b->word_capacity, sizeof *b->places);
    }
    b->places[b->word_count] = b->place;
    b->words[b->word_count] = word;
    return b->word_count++;
}

uint32_t gx_emit(gx_builder *b, gx_op op, uint32_t operand)
{
    return gx_emit_word(b, (uint32_t)op | operand << 8);
}

void gx_build_push(gx_builder *b, uint32_t count)
{
    b->depth += count;
    if (b->depth > b->depth_most)
        b->depth_most = b->depth;
}

void gx_build_pop(gx_builder *b, uint32_t count)
{
    b->depth -= count;
}

/* A jump whose target comes later: its operand counts words from behind the instruction (and its second
 * word). */
void gx_build_land(gx_builder *b, uint32_t jump)
{
    b->words[jump] |= (b->word_count - jump - 1) << 8;
}

void gx_build_land_second(gx_builder *b, uint32_t second)
{
    b->words[second] = b->word_count - second - 1;
}

uint32_t gx_build_local(gx_builder *b, uint32_t count)
{
    uint32_t slot = b->locals;
    b->locals += count;
    if (b->locals > b->locals_most)
        b->locals_most = b->locals;
    return slot;
}

uint32_t gx_build_constant(gx_builder *b, gx_value value)
{
    gx_list_add(&b->constants, value);
    return (uint32_t)b->constants.count - 1;
}

uint32_t gx_build_name(gx_builder *b, gx_text name)
{
    for (uint32_t i = 0; i < b->name_count; i++)
        if (gx_text_equal(b->names[i].text, name))
            return i;
    GROW(b, names, name_count, name_capacity);
    b->names[b->name_count] = (gx_code_name){name, gx_name_hash(name)};
    return b->name_count++;
}

uint32_t gx_build_shape(gx_builder *b, const gx_text *names, uint32_t count)
{
    names = gx_copy_bytes(b->all->model, names, count * sizeof *names);
    GROW(b, shapes, shape_count, shape_capacity);
    b->shapes[b->shape_count] = (gx_shape){names, count};
    return b->shape_count++;
}

void gx_build_bind(gx_builder *b, gx_text name, uint32_t slot)
{
    GROW(b, bindings, binding_count, binding_capacity);
    b->bindings[b->binding_count++] = (gx_binding){.name = name, .slot = slot};
}

void gx_emit_constant(gx_builder *b, gx_value value)
{
    if (value.kind == GX_NUMBER && !(value.flags & GX_VALUE_WIDE) && value.scale == 0 &&
        value.integer >= -(1 << 23) && value.integer < (1 << 23))
        gx_emit(b, GX_OP_INTEGER, (uint32_t)value.integer & 0xFFFFFF);
    else
        gx_emit(b, GX_OP_CONSTANT, gx_build_constant(b, value));
    gx_build_push(b, 1);
}

const gx_code *gx_build_finish(gx_builder *b)
{
    enum { WORDS_MOST = 1 << 23 };
    if (b->word_count > WORDS_MOST) {
        char figure[24];
        gx_parse_fail(b->all->parser, 0, "feel.large", gx_error_int(figure, b->word_count), GX_TEXT(""));
        b->all->has_failed = true;
    }
    gx_arena *model = b->stays ? b->all->model : b->all->arena;
#define KEEP(items, count) (b->count ? gx_copy_bytes(model, b->items, b->count * sizeof *b->items) : NULL)
    gx_code *code = GX_NEW(model, gx_code);
    *code = (gx_code){.words = KEEP(words, word_count),
                      .places = KEEP(places, word_count),
                      .word_count = b->word_count,
                      .local_count = b->locals_most,
                      .stack_size = b->depth_most,
                      .constants = KEEP(constants.items, constants.count),
                      .names = KEEP(names, name_count),
                      .types = KEEP(types, type_count),
                      .shapes = KEEP(shapes, shape_count),
                      .calls = KEEP(calls, call_count),
                      .protos = KEEP(protos, proto_count),
                      .captures = KEEP(captures, capture_count),
                      .capture_count = b->capture_count,
                      .feel = b->all->feel};
#undef KEEP
    return code;
}

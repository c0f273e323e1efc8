/* feel/builder.h: code of one function body while it is made, for compile.c and builder.c.
 * Everything grows in the arena of the compilation; gx_build_finish copies what stays into the model. */
#ifndef GX_FEEL_BUILDER_H
#define GX_FEEL_BUILDER_H

#include "feel/code.h"

/* A name that is bound where the compiler stands. */
typedef struct gx_binding {
    gx_text name;
    uint32_t slot;
    bool is_filter;  /* slot holds the item of a filter, whose members are visible as names */
    bool is_results; /* `partial`: slot holds the results of an iteration */
} gx_binding;

typedef struct gx_builder gx_builder;
struct gx_builder {
    gx_builder *outer;
    struct gx_compilation *all;
    uint32_t *words, *places;
    uint32_t word_count, word_capacity;
    gx_binding *bindings;
    uint32_t binding_count, binding_capacity;
    gx_list_builder constants;
    gx_code_name *names;
    uint32_t name_count, name_capacity;
    const gx_type **types;
    uint32_t type_count, type_capacity;
    gx_shape *shapes;
    uint32_t shape_count, shape_capacity;
    gx_builtin_call *calls;
    uint32_t call_count, call_capacity;
    const gx_function **protos;
    uint32_t proto_count, proto_capacity;
    gx_capture *captures;
    uint32_t capture_count, capture_capacity;
    gx_text entry_name; /* the context entry whose value is compiled next, if that is a function */
    gx_text self_name;  /* the context entry that this function is the value of */
    uint32_t locals, locals_most;
    uint32_t depth, depth_most;
    uint32_t place;
    bool stays; /* the code is part of the model, not of a constant that is folded */
};

/* What all builders of one source share. */
typedef struct gx_compilation {
    gx_arena *arena; /* for what the compilation needs itself */
    gx_arena *model; /* for what stays */
    gx_parser *parser;
    const gx_feel_options *options;
    gx_feel *feel;
    gx_map free_names;
    bool has_failed;
} gx_compilation;

/* Room for one more element of an array of the builder. */
void *gx_build_grown(gx_arena *arena, void *items, uint32_t count, uint32_t *capacity, size_t size);
#define GROW(b, items, count, capacity)                                                                      \
    ((b)->items = gx_build_grown((b)->all->arena, (b)->items, (b)->count, &(b)->capacity, sizeof *(b)->items))

/* Appends a word, or an instruction; returns its index. */
uint32_t gx_emit_word(gx_builder *b, uint32_t word);
uint32_t gx_emit(gx_builder *b, gx_op op, uint32_t operand);
/* An instruction that pushes the constant; counts it on the stack. */
void gx_emit_constant(gx_builder *b, gx_value value);
/* The stack grows, or shrinks, by `count` values at this point. */
void gx_build_push(gx_builder *b, uint32_t count);
void gx_build_pop(gx_builder *b, uint32_t count);
/* A jump ends here: one whose distance is its operand, or its second word. */
void gx_build_land(gx_builder *b, uint32_t jump);
void gx_build_land_second(gx_builder *b, uint32_t second);
/* The first of `count` new locals. */
uint32_t gx_build_local(gx_builder *b, uint32_t count);
/* Indices into the tables of the code. */
uint32_t gx_build_constant(gx_builder *b, gx_value value);
uint32_t gx_build_name(gx_builder *b, gx_text name);
uint32_t gx_build_shape(gx_builder *b, const gx_text *names, uint32_t count);
/* `name` means local `slot` from here on. */
void gx_build_bind(gx_builder *b, gx_text name, uint32_t slot);
/* The finished code. */
const gx_code *gx_build_finish(gx_builder *b);

#endif

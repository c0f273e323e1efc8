/* From tree to code: resolves names, folds constants, chooses the overloads of built-ins. One builder per
 * function body. */
#include "feel/builder.h"

#include <string.h>

static void compile(gx_builder *b, gx_node *node);

/* ---- Names ---- */

typedef enum reference_kind {
    REF_NONE,
    REF_LOCAL,
    REF_RESULTS,
    REF_CAPTURED,
    REF_SELF,
    REF_GLOBAL
} reference_kind;
typedef struct reference {
    reference_kind kind;
    uint32_t index;
} reference;

static uint32_t capture(gx_builder *b, gx_capture_from from, uint32_t index)
{
    for (uint32_t i = 0; i < b->capture_count; i++)
        if (b->captures[i].from == from && b->captures[i].index == index)
            return i;
    GROW(b, captures, capture_count, capture_capacity);
    b->captures[b->capture_count] = (gx_capture){from, index};
    return b->capture_count++;
}

static uint32_t capture_reference(gx_builder *b, reference from)
{
    static const gx_capture_from sources[] = {[REF_LOCAL] = GX_FROM_LOCAL,
                                              [REF_CAPTURED] = GX_FROM_CAPTURED,
                                              [REF_SELF] = GX_FROM_SELF,
                                              [REF_GLOBAL] = GX_FROM_GLOBAL};
    return capture(b, sources[from.kind], from.index);
}

static reference find_global(const gx_builder *b, gx_text name)
{
    const gx_feel *feel = b->all->feel;
    for (uint32_t i = feel->global_count; i-- > 0;)
        if (gx_text_equal(feel->globals[i], name))
            return (reference){REF_GLOBAL, i};
    return (reference){REF_NONE, 0};
}

/* The variable that `name` is, seen from `b`. Filters passed on the way are added to `filters`, innermost
 * first. */
static reference find(gx_builder *b, gx_text name, reference *filters, uint32_t *filter_count, uint32_t most)
{
    for (uint32_t i = b->binding_count; i-- > 0;) {
        const gx_binding *bound = &b->bindings[i];
        if (bound->is_filter) {
            if (*filter_count < most)
                filters[(*filter_count)++] = (reference){REF_LOCAL, bound->slot};
        } else if (gx_text_equal(bound->name, name)) {
            return (reference){bound->is_results ? REF_RESULTS : REF_LOCAL, bound->slot};
        }
    }
    if (b->self_name.size && gx_text_equal(b->self_name, name))
        return (reference){REF_SELF, 0};
    if (!b->outer) {
        if (b->all->options->has_item && *filter_count < most)
            filters[(*filter_count)++] = (reference){REF_GLOBAL, b->all->feel->global_count - 1};
        return find_global(b, name);
    }
    uint32_t own = *filter_count;
    reference found = find(b->outer, name, filters, filter_count, most);
    for (uint32_t i = own; i < *filter_count; i++)
        filters[i] = (reference){REF_CAPTURED, capture_reference(b, filters[i])};
    if (found.kind == REF_NONE || found.kind == REF_RESULTS)
        return (reference){REF_NONE, 0};
    return (reference){REF_CAPTURED, capture_reference(b, found)};
}

static void load(gx_builder *b, reference variable)
{
    static const gx_op ops[] = {[REF_LOCAL] = GX_OP_LOCAL,
                                [REF_RESULTS] = GX_OP_PARTIAL,
                                [REF_CAPTURED] = GX_OP_CAPTURED,
                                [REF_SELF] = GX_OP_SELF,
                                [REF_GLOBAL] = GX_OP_GLOBAL};
    gx_emit(b, ops[variable.kind], variable.index);
    gx_build_push(b, 1);
}

static const gx_builtin *find_builtin(const gx_builder *b, gx_text name, uint32_t *overloads)
{
    const gx_feel_options *options = b->all->options;
    const gx_builtin *row = gx_builtin_find(options->functions, options->function_count, name, overloads);
    if (row)
        return row;
    size_t count;
    const gx_builtin *rows = gx_feel_builtins(&count);
    return gx_builtin_find(rows, count, name, overloads);
}

static void note_free_name(gx_builder *b, gx_text name)
{
    gx_map_put(&b->all->free_names, name, (void *)1);
}

/* The text with full-width marks, which a Chinese keyboard makes and which are letters to FEEL, as ASCII
 * ones; empty when there are none. */
static gx_text without_wide_marks(gx_arena *arena, gx_text name)
{
    static const struct {
        uint32_t wide;
        const char *plain;
    } others[] = {{0x3001, ","}, {0x3002, "."}, {0x3010, "["}, {0x3011, "]"}, {0x3000, " "}};
    gx_buffer plain = gx_buffer_in(arena);
    bool has_any = false;
    for (size_t at = 0; at < name.size;) {
        size_t begin = at;
        uint32_t c = gx_utf8_next(name, &at);
        const char *found = NULL;
        for (size_t i = 0; i < GX_COUNT_OF(others); i++)
            if (others[i].wide == c)
                found = others[i].plain;
        bool is_mark = (c >= 0xFF01 && c <= 0xFF0F) || (c >= 0xFF1A && c <= 0xFF20) ||
                       (c >= 0xFF3B && c <= 0xFF40) || (c >= 0xFF5B && c <= 0xFF5E);
        has_any |= is_mark || found;
        if (is_mark) /* the block repeats ASCII in its order */
            gx_buffer_byte(&plain, (char)(c - 0xFF01 + '!'));
        else if (found)
            gx_buffer_string(&plain, found);
        else
            gx_buffer_text(&plain, gx_text_slice(name, begin, at));
    }
    return has_any ? gx_buffer_as_text(&plain) : GX_TEXT("");
}

static void fail_name(gx_builder *b, const gx_node *node)
{
    gx_text nearest = gx_nearest_name(b->all->parser, node->text);
    gx_text plain = without_wide_marks(b->all->parser->arena, node->text);
    const char *code = plain.size ? "feel.name.wide" : nearest.size ? "feel.name.near" : "feel.name";
    gx_parse_fail(b->all->parser, node->place, code, node->text, plain.size ? plain : nearest);
    b->all->has_failed = true;
}

static gx_value builtin_value(gx_builder *b, const gx_builtin *row, uint32_t overloads)
{
    gx_function *function = GX_NEW(b->all->model, gx_function);
    gx_text *names = GX_NEW_ARRAY(b->all->model, gx_text, row->parameter_count);
    for (uint32_t i = 0; i < row->parameter_count; i++)
        names[i] = gx_text_of(row->parameters[i].name);
    *function = (gx_function){.kind = GX_FUNCTION_BUILTIN,
                              .name = gx_text_of(row->name),
                              .parameter_names = names,
                              .parameter_count = row->parameter_count,
                              .builtin = row,
                              .overloads = overloads};
    return gx_value_function(function);
}

static void compile_name(gx_builder *b, const gx_node *node)
{
    enum { FILTERS_MOST = 32 };
    reference filters[FILTERS_MOST];
    uint32_t jumps[FILTERS_MOST];
    uint32_t filter_count = 0, overloads;
    reference variable = find(b, node->text, filters, &filter_count, FILTERS_MOST);
    for (uint32_t i = 0; i < filter_count; i++) {
        load(b, filters[i]);
        gx_emit(b, GX_OP_FIND_MEMBER, gx_build_name(b, node->text));
        jumps[i] = gx_emit_word(b, 0);
        gx_build_pop(b, 1);
    }
    const gx_builtin *row;
    if (variable.kind != REF_NONE) {
        if (variable.kind == REF_GLOBAL)
            note_free_name(b, node->text);
        load(b, variable);
    } else if ((row = find_builtin(b, node->text, &overloads))) {
        gx_emit(b, GX_OP_BUILTIN, gx_build_constant(b, builtin_value(b, row, overloads)));
        gx_build_push(b, 1);
    } else {
        if (b->all->options->is_closed && filter_count == 0) {
            fail_name(b, node);
            return;
        }
        if (filter_count == 0)
            note_free_name(b, node->text);
        gx_emit(b, GX_OP_NAME, gx_build_name(b, node->text));
        gx_build_push(b, 1);
    }
    for (uint32_t i = 0; i < filter_count; i++)
        gx_build_land_second(b, jumps[i]);
}

/* ---- Constants ---- */

/* Whether `name`, standing here as a function, is a built-in whose answer depends on its arguments alone. */
static const gx_builtin *pure_builtin(gx_builder *b, gx_text name, uint32_t *overloads)
{
    uint32_t filters = 0, none;
    reference unused[1];
    const gx_feel_options *options = b->all->options;
    if (find(b, name, unused, &filters, 0).kind != REF_NONE ||
        gx_builtin_find(options->functions, options->function_count, name, &none))
        return NULL;
    if (gx_text_equal(name, GX_TEXT("now")) || gx_text_equal(name, GX_TEXT("today")))
        return NULL;
    return find_builtin(b, name, overloads);
}

/* Completes what the parser marked: calls of pure built-ins with constant arguments are constant too. */
static bool is_constant(gx_builder *b, gx_node *node)
{
    if (node->is_constant || node->is_checked)
        return node->is_constant;
    node->is_checked = true;
    bool all = true;
    uint32_t overloads;
    switch ((gx_node_kind)node->kind) {
    case GX_NODE_CALL:
        if (node->a->kind != GX_NODE_NAME || !pure_builtin(b, node->a->text, &overloads))
            return false;
        for (uint32_t i = 0; i < node->count; i++)
            all = is_constant(b, node->items[i]) && all;
        break;
    case GX_NODE_LIST:
        for (uint32_t i = 0; i < node->count; i++)
            all = is_constant(b, node->items[i]) && all;
        break;
    case GX_NODE_IN:
        all = is_constant(b, node->a);
        for (uint32_t i = 0; i < node->count; i++)
            all = is_constant(b, node->items[i]) && all;
        break;
    case GX_NODE_BINARY:
    case GX_NODE_COMPARE:
    case GX_NODE_RANGE:
        all = is_constant(b, node->a);
        all = is_constant(b, node->b) && all;
        break;
    case GX_NODE_NEGATE:
    case GX_NODE_TEST:
    case GX_NODE_PATH: all = is_constant(b, node->a); break;
    default: return false;
    }
    return node->is_constant = all;
}

/* Runs a constant expression once, with a small budget. Null answers are not folded: the running program
 * repeats them, with their diagnostics. */
static bool fold(gx_builder *b, gx_node *node, gx_value *value)
{
    enum { STACK = 64, STEPS = 10000, LIST_MOST = 1000, STRING_MOST = 10000 };
    if (node->kind == GX_NODE_CONSTANT) {
        *value = node->value;
        return true;
    }
    node->is_folded = true;
    gx_builder inner = {.all = b->all, .place = node->place, .constants = gx_list_begin(b->all->arena, 0)};
    gx_builder *holder = &inner;
    compile(holder, node);
    if (b->all->has_failed)
        return false;
    gx_emit(holder, GX_OP_RETURN, 0);
    gx_value stack[STACK];
    gx_feel_vm vm;
    gx_error ignored;
    gx_feel_budget budget = {.steps = STEPS, .list = LIST_MOST, .string = STRING_MOST};
    gx_vm_begin(&vm, b->all->model, &budget, NULL, &ignored, stack, STACK);
    gx_frame_input nothing = {0};
    *value = gx_vm_run(&vm, gx_build_finish(holder), &nothing, NULL, 0);
    return !vm.has_failed && value->kind != GX_NULL;
}

/* ---- Expressions ---- */

static void compile_binary(gx_builder *b, gx_node *node)
{
    compile(b, node->a);
    compile(b, node->b);
    b->place = node->place;
    switch (node->op) {
    case '+': gx_emit(b, GX_OP_ADD, 0); break;
    case '-': gx_emit(b, GX_OP_SUBTRACT, 0); break;
    case '*': gx_emit(b, GX_OP_MULTIPLY, 0); break;
    case '/': gx_emit(b, GX_OP_DIVIDE, 0); break;
    default: gx_emit(b, GX_OP_POWER, 0); break;
    }
    gx_build_pop(b, 1);
}

static void compile_compare(gx_builder *b, gx_node *node)
{
    gx_value constant;
    compile(b, node->a);
    if (is_constant(b, node->b) && !node->b->is_folded && fold(b, node->b, &constant)) {
        b->place = node->place;
        gx_emit(b, GX_OP_COMPARE_K, (uint32_t)(unsigned char)node->op);
        gx_emit_word(b, gx_build_constant(b, constant));
        return;
    }
    compile(b, node->b);
    b->place = node->place;
    gx_emit(b, GX_OP_COMPARE, (uint32_t)(unsigned char)node->op);
    gx_build_pop(b, 1);
}

static void compile_logic(gx_builder *b, gx_node *node)
{
    bool is_and = node->kind == GX_NODE_AND;
    compile(b, node->a);
    uint32_t skip = gx_emit(b, is_and ? GX_OP_AND_SKIP : GX_OP_OR_SKIP, 0);
    compile(b, node->b);
    b->place = node->place;
    gx_emit(b, is_and ? GX_OP_AND : GX_OP_OR, 0);
    gx_build_pop(b, 1);
    gx_build_land(b, skip);
}

static void compile_if(gx_builder *b, gx_node *node)
{
    compile(b, node->a);
    b->place = node->place;
    uint32_t otherwise = gx_emit(b, GX_OP_JUMP_UNLESS, 0);
    gx_build_pop(b, 1);
    compile(b, node->b);
    uint32_t end = gx_emit(b, GX_OP_JUMP, 0);
    gx_build_pop(b, 1);
    gx_build_land(b, otherwise);
    compile(b, node->c);
    gx_build_land(b, end);
}

static void compile_path(gx_builder *b, gx_node *node)
{
    uint32_t filters = 0, overloads;
    reference unused[1], variable = {0};
    bool is_free = false;
    if (node->a->kind == GX_NODE_NAME) {
        variable = find(b, node->a->text, unused, &filters, 1);
        is_free = filters == 0 && !b->all->options->is_closed && variable.kind == REF_NONE &&
                  !find_builtin(b, node->a->text, &overloads);
        if (filters > 0)
            variable.kind = REF_NONE;
    }
    if (is_free || variable.kind == REF_GLOBAL) /* the dotted path, for who wants to know what is read */
        note_free_name(b,
                       gx_join(b->all->model, (const gx_text[]){node->a->text, node->text}, 2, GX_TEXT(".")));
    if (is_free) {
        b->place = node->a->place;
        gx_emit(b, GX_OP_NAME, gx_build_name(b, node->a->text));
        gx_build_push(b, 1);
        b->place = node->place;
        gx_emit(b, GX_OP_MEMBER, gx_build_name(b, node->text));
        return;
    }
    if (variable.kind == REF_GLOBAL) {
        b->place = node->place;
        gx_emit(b, GX_OP_GLOBAL_MEMBER, variable.index);
        gx_emit_word(b, gx_build_name(b, node->text));
        gx_build_push(b, 1);
        return;
    }
    compile(b, node->a);
    b->place = node->place;
    gx_emit(b, GX_OP_MEMBER, gx_build_name(b, node->text));
}

static void compile_context(gx_builder *b, gx_node *node)
{
    uint32_t bindings = b->binding_count, locals = b->locals;
    uint32_t base = gx_build_local(b, node->count);
    gx_map seen = gx_map_in(b->all->arena);
    bool has_duplicate = false;
    for (uint32_t i = 0; i < node->count; i++) {
        has_duplicate = gx_map_put(&seen, node->names[i], (void *)1) != NULL || has_duplicate;
        b->entry_name = node->items[i]->kind == GX_NODE_FUNCTION ? node->names[i] : (gx_text){0};
        compile(b, node->items[i]);
        gx_emit(b, GX_OP_STORE, base + i);
        gx_build_pop(b, 1);
        gx_build_bind(b, node->names[i], base + i);
    }
    b->place = node->place;
    if (has_duplicate) { /* DMN 1.5, 10.3.2.6: names are unique */
        gx_emit(b, GX_OP_CONSTANT, gx_build_constant(b, gx_value_null()));
    } else {
        gx_emit(b, GX_OP_CONTEXT, gx_build_shape(b, node->names, node->count));
        gx_emit_word(b, base);
    }
    gx_build_push(b, 1);
    b->binding_count = bindings;
    b->locals = locals;
}

/* The comparisons of `name op constant and ...`, in their order; false for any other condition, and for more
 * than GX_FILTER_COMPARISONS. */
static bool gather_comparisons(gx_builder *b, const gx_node *condition, const gx_node **found,
                               gx_value *constants, uint32_t *count)
{
    if (condition->kind == GX_NODE_AND)
        return gather_comparisons(b, condition->a, found, constants, count) &&
               gather_comparisons(b, condition->b, found, constants, count);
    if (*count == GX_FILTER_COMPARISONS || condition->kind != GX_NODE_COMPARE ||
        condition->a->kind != GX_NODE_NAME || condition->b->is_folded || !is_constant(b, condition->b) ||
        !fold(b, condition->b, &constants[*count]))
        return false;
    condition->b->is_folded = false; /* it is folded again for the loop */
    found[(*count)++] = condition;
    return true;
}

/* `[name op constant and ...]`, the usual filter: one instruction does it all where every item has the
 * members. Returns the word that takes the distance over the loop that stands behind for all other cases, or
 * 0. */
static uint32_t compile_simple_filter(gx_builder *b, const gx_node *condition)
{
    const gx_node *comparisons[GX_FILTER_COMPARISONS];
    gx_value constants[GX_FILTER_COMPARISONS];
    uint32_t count = 0;
    if (!gather_comparisons(b, condition, comparisons, constants, &count))
        return 0;
    gx_emit(b, GX_OP_FILTER_COMPARE, count);
    for (uint32_t i = 0; i < count; i++) {
        gx_emit_word(b, (uint32_t)(unsigned char)comparisons[i]->op);
        gx_emit_word(b, gx_build_name(b, comparisons[i]->a->text));
        gx_emit_word(b, gx_build_constant(b, constants[i]));
    }
    return gx_emit_word(b, 0);
}

static void compile_filter(gx_builder *b, gx_node *node)
{
    uint32_t bindings = b->binding_count, locals = b->locals;
    compile(b, node->a);
    b->place = node->place;
    uint32_t done = compile_simple_filter(b, node->b);
    uint32_t base = gx_build_local(b, 2);
    b->place = node->place;
    gx_emit(b, GX_OP_FILTER, base);
    gx_build_pop(b, 1);
    gx_build_bind(b, GX_TEXT("item"), base + 1);
    gx_build_bind(b, GX_TEXT(""), base + 1);
    b->bindings[b->binding_count - 1].is_filter = true;
    uint32_t start = gx_emit(b, GX_OP_FILTER_NEXT, base);
    uint32_t exit = gx_emit_word(b, 0);
    compile(b, node->b);
    b->place = node->place;
    gx_emit(b, GX_OP_FILTER_TEST, base);
    gx_emit_word(b, b->word_count + 1 - start);
    gx_build_pop(b, 1);
    gx_build_land_second(b, exit);
    gx_emit(b, GX_OP_FILTER_END, base);
    gx_build_push(b, 1);
    if (done)
        gx_build_land_second(b, done);
    b->binding_count = bindings;
    b->locals = locals;
}

/* for, some and every: nested loops. Each source is evaluated inside the loops of those before it.
 *   locals: results or verdict, then a state and a variable per iterator */
static void compile_iteration(gx_builder *b, gx_node *node)
{
    uint32_t bindings = b->binding_count, locals = b->locals;
    uint32_t results = gx_build_local(b, 1);
    uint32_t *starts = GX_NEW_ARRAY(b->all->arena, uint32_t, node->count);
    uint32_t *exits = GX_NEW_ARRAY(b->all->arena, uint32_t, node->count);
    b->place = node->place;
    gx_emit(b, GX_OP_COLLECT, results);
    gx_emit_word(b, node->kind == GX_NODE_FOR ? 0 : node->kind == GX_NODE_SOME ? 1 : 2);
    for (uint32_t i = 0; i < node->count; i++) {
        gx_node *source = node->items[i];
        uint32_t base = gx_build_local(b, 2);
        if (source->kind == GX_NODE_SPAN) {
            compile(b, source->a);
            compile(b, source->b);
            b->place = source->place;
            gx_emit(b, GX_OP_SPAN, base);
            gx_emit_word(b, results);
            gx_build_pop(b, 2);
        } else {
            compile(b, source);
            b->place = source->place;
            gx_emit(b, GX_OP_ITERATE, base);
            gx_emit_word(b, results);
            gx_build_pop(b, 1);
        }
        gx_build_bind(b, node->names[i], base + 1);
        starts[i] = gx_emit(b, GX_OP_NEXT, base);
        exits[i] = gx_emit_word(b, 0);
    }
    if (node->kind == GX_NODE_FOR) {
        gx_build_bind(b, GX_TEXT("partial"), results);
        b->bindings[b->binding_count - 1].is_results = true;
    }
    compile(b, node->a);
    b->place = node->place;
    uint32_t decided = 0;
    if (node->kind == GX_NODE_FOR) {
        gx_emit(b, GX_OP_KEEP, results);
    } else {
        gx_emit(b, GX_OP_QUANTIFY, results);
        decided = gx_emit_word(b, 0);
    }
    gx_build_pop(b, 1);
    for (uint32_t i = node->count; i-- > 0;) {
        gx_emit(b, GX_OP_LOOP, b->word_count + 1 - starts[i]);
        gx_build_land_second(b, exits[i]);
    }
    if (decided)
        gx_build_land_second(b, decided);
    gx_emit(b, GX_OP_RESULTS, results);
    gx_build_push(b, 1);
    b->binding_count = bindings;
    b->locals = locals;
}

/* The type of what an expression gives, as far as its form tells: for the result type of function
 * definitions. */
static const gx_type *static_type(const gx_node *node)
{
    switch ((gx_node_kind)node->kind) {
    case GX_NODE_CONSTANT:
        return node->value.kind == GX_NULL ? NULL : gx_type_of_kind((gx_kind)node->value.kind);
    case GX_NODE_COMPARE:
    case GX_NODE_AND:
    case GX_NODE_OR:
    case GX_NODE_BETWEEN:
    case GX_NODE_IN:
    case GX_NODE_INSTANCE:
    case GX_NODE_SOME:
    case GX_NODE_EVERY: return gx_type_of_kind(GX_BOOLEAN);
    case GX_NODE_LIST:
    case GX_NODE_FOR: return gx_type_of_kind(GX_LIST);
    case GX_NODE_CONTEXT: return gx_type_of_kind(GX_CONTEXT);
    default: return NULL;
    }
}

static void compile_function(gx_builder *b, gx_node *node)
{
    gx_function *proto = GX_NEW(b->all->model, gx_function);
    gx_builder inner = {.outer = b,
                        .all = b->all,
                        .place = node->place,
                        .constants = gx_list_begin(b->all->arena, 0),
                        .stays = true};
    inner.self_name = b->entry_name;
    b->entry_name = (gx_text){0};
    gx_build_local(&inner, node->count);
    for (uint32_t i = 0; i < node->count; i++)
        gx_build_bind(&inner, node->names[i], i);
    if (node->op) {
        const gx_feel_options *options = b->all->options;
        gx_value mapping, found = gx_value_null();
        if (options->find_external && fold(b, node->a, &mapping))
            found =
                options->find_external(options->find_external_context, b->all->model, mapping, node->count);
        if (found.kind != GX_FUNCTION) {
            gx_emit(b, GX_OP_CONSTANT, gx_build_constant(b, gx_value_null()));
            gx_build_push(b, 1);
            return;
        }
        *proto = *found.function;
    } else {
        compile(&inner, node->a);
        if (b->all->has_failed)
            return;
        inner.place = node->place;
        gx_emit(&inner, GX_OP_RETURN, 0);
        *proto = (gx_function){.kind = GX_FUNCTION_CLOSURE, .code = gx_build_finish(&inner)};
    }
    proto->name = inner.self_name;
    proto->parameter_names = gx_copy_bytes(b->all->model, node->names, node->count * sizeof *node->names);
    proto->parameter_types = gx_copy_bytes(b->all->model, node->types, node->count * sizeof *node->types);
    proto->parameter_count = node->count;
    proto->result = node->type || node->op ? node->type : static_type(node->a);
    GROW(b, protos, proto_count, proto_capacity);
    b->protos[b->proto_count] = proto;
    gx_emit(b, GX_OP_CLOSURE, b->proto_count++);
    gx_build_push(b, 1);
}

static void compile_arguments(gx_builder *b, gx_node *node)
{
    for (uint32_t i = 0; i < node->count; i++)
        compile(b, node->items[i]);
}

static void compile_call(gx_builder *b, gx_node *node)
{
    uint32_t overloads, filters = 0;
    reference unused[1];
    if (node->a->kind == GX_NODE_NAME && find(b, node->a->text, unused, &filters, 0).kind == REF_NONE) {
        const gx_builtin *row = find_builtin(b, node->a->text, &overloads);
        if (row) {
            compile_arguments(b, node);
            b->place = node->place;
            GROW(b, calls, call_count, call_capacity);
            b->calls[b->call_count] =
                gx_call_resolve(b->all->model, row, overloads, node->names, node->count);
            gx_emit(b, GX_OP_CALL_BUILTIN, b->call_count++);
            gx_build_pop(b, node->count);
            gx_build_push(b, 1);
            return;
        }
    }
    compile(b, node->a);
    if (b->all->has_failed)
        return;
    compile_arguments(b, node);
    b->place = node->place;
    if (node->names)
        gx_emit(b, GX_OP_CALL_NAMED, gx_build_shape(b, node->names, node->count));
    else
        gx_emit(b, GX_OP_CALL, node->count);
    gx_build_pop(b, node->count);
}

static void compile_in(gx_builder *b, gx_node *node)
{
    compile(b, node->a);
    for (uint32_t i = 0; i < node->count; i++)
        compile(b, node->items[i]);
    b->place = node->place;
    gx_emit(b, GX_OP_MATCH_ANY, node->count);
    gx_build_pop(b, node->count);
}

static bool reads_input(const gx_node *node)
{
    if (!node)
        return false;
    if (node->kind == GX_NODE_INPUT)
        return true;
    for (uint32_t i = 0; i < node->count && node->items; i++)
        if (reads_input(node->items[i]))
            return true;
    return reads_input(node->a) || reads_input(node->b) || reads_input(node->c);
}

/* The list of unary tests: a disjunction, negated by `not`. Each test's value is compared with `?` unless it
 * reads it. */
static void compile_tests(gx_builder *b, gx_node *node)
{
    uint32_t *skips = GX_NEW_ARRAY(b->all->arena, uint32_t, node->count);
    gx_value *values = GX_NEW_ARRAY(b->all->model, gx_value, node->count);
    bool all_constant = true;
    for (uint32_t i = 0; i < node->count; i++) {
        gx_node *test = node->items[i];
        bool is_known = is_constant(b, test) && fold(b, test, &values[i]);
        all_constant = all_constant && is_known;
        if (is_known)
            gx_emit_constant(b, values[i]);
        else
            compile(b, test);
        b->place = test->place;
        gx_emit(b, GX_OP_CELL, reads_input(test) ? 1 : is_known ? 2 : 0);
        if (i > 0) {
            gx_emit(b, GX_OP_OR, 0);
            gx_build_pop(b, 1);
        }
        skips[i] = gx_emit(b, GX_OP_OR_SKIP, 0);
    }
    for (uint32_t i = 0; i < node->count; i++)
        gx_build_land(b, skips[i]);
    if (node->op)
        gx_emit(b, GX_OP_NOT, 0);
    if (all_constant) {
        gx_feel_test_list *tests = GX_NEW(b->all->model, gx_feel_test_list);
        *tests = (gx_feel_test_list){values, node->count, node->op != 0};
        b->all->feel->tests = tests;
    }
}

static void compile(gx_builder *b, gx_node *node)
{
    gx_value value;
    if (b->all->has_failed)
        return;
    if (node->kind != GX_NODE_CONSTANT && !node->is_folded && is_constant(b, node) && fold(b, node, &value)) {
        b->place = node->place;
        gx_emit_constant(b, value);
        return;
    }
    if (b->all->has_failed)
        return;
    b->place = node->place;
    switch ((gx_node_kind)node->kind) {
    case GX_NODE_CONSTANT: gx_emit_constant(b, node->value); break;
    case GX_NODE_NAME: compile_name(b, node); break;
    case GX_NODE_INPUT:
        gx_emit(b, GX_OP_INPUT, 0);
        gx_build_push(b, 1);
        break;
    case GX_NODE_LIST:
        for (uint32_t i = 0; i < node->count; i++)
            compile(b, node->items[i]);
        b->place = node->place;
        gx_emit(b, GX_OP_LIST, node->count);
        gx_build_pop(b, node->count);
        gx_build_push(b, 1);
        break;
    case GX_NODE_CONTEXT: compile_context(b, node); break;
    case GX_NODE_PATH: compile_path(b, node); break;
    case GX_NODE_FILTER: compile_filter(b, node); break;
    case GX_NODE_CALL: compile_call(b, node); break;
    case GX_NODE_BINARY: compile_binary(b, node); break;
    case GX_NODE_COMPARE: compile_compare(b, node); break;
    case GX_NODE_NEGATE:
        compile(b, node->a);
        gx_emit(b, GX_OP_NEGATE, 0);
        break;
    case GX_NODE_AND:
    case GX_NODE_OR: compile_logic(b, node); break;
    case GX_NODE_BETWEEN:
        compile(b, node->a);
        compile(b, node->b);
        compile(b, node->c);
        b->place = node->place;
        gx_emit(b, GX_OP_BETWEEN, 0);
        gx_build_pop(b, 2);
        break;
    case GX_NODE_IN: compile_in(b, node); break;
    case GX_NODE_RANGE:
        compile(b, node->a);
        compile(b, node->b);
        b->place = node->place;
        gx_emit(b, GX_OP_RANGE, (uint32_t)node->op);
        gx_build_pop(b, 1);
        break;
    case GX_NODE_TEST:
        compile(b, node->a);
        b->place = node->place;
        gx_emit(b, GX_OP_TEST, (uint32_t)(unsigned char)node->op);
        break;
    case GX_NODE_IF: compile_if(b, node); break;
    case GX_NODE_FOR:
    case GX_NODE_SOME:
    case GX_NODE_EVERY: compile_iteration(b, node); break;
    case GX_NODE_SPAN: break; /* part of an iteration */
    case GX_NODE_INSTANCE:
        compile(b, node->a);
        GROW(b, types, type_count, type_capacity);
        b->types[b->type_count] = node->type;
        gx_emit(b, GX_OP_INSTANCE, b->type_count++);
        break;
    case GX_NODE_FUNCTION: compile_function(b, node); break;
    case GX_NODE_DASH: gx_emit_constant(b, gx_value_boolean(true)); break;
    case GX_NODE_TESTS: compile_tests(b, node); break;
    }
}

/* ---- Entry ---- */

static gx_feel *new_feel(gx_arena *model, gx_text source, const gx_feel_options *options)
{
    gx_feel *feel = GX_NEW(model, gx_feel);
    uint32_t *hashes = GX_NEW_ARRAY(model, uint32_t, options->name_count);
    for (size_t i = 0; i < options->name_count; i++)
        hashes[i] = gx_name_hash(options->names[i]);
    *feel = (gx_feel){.source = gx_copy(model, source),
                      .place = options->place,
                      .kind = options->kind,
                      .globals = options->names,
                      .global_hashes = hashes,
                      .global_count = (uint32_t)options->name_count};
    feel->place.path = gx_copy(model, options->place.path);
    return feel;
}

static void list_free_names(gx_feel *feel, const gx_map *names, gx_arena *model)
{
    gx_text *list = GX_NEW_ARRAY(model, gx_text, names->count);
    for (uint32_t i = 0; i < names->count; i++)
        list[i] = names->entries[i].key;
    feel->free_names = list;
    feel->free_count = names->count;
}

static void release_arena(void *arena)
{
    gx_arena_release(arena);
}

/* Memory for the compilation itself. It ends with the compilation, or with the model if that is given up
 * meanwhile. */
static gx_arena *begin_work(gx_arena *model)
{
    gx_arena *work = GX_NEW(model, gx_arena);
    *work = gx_arena_with(model->limit, model->allocator);
    work->innermost = model->innermost;
    gx_arena_on_release(model, release_arena, work);
    return work;
}

static void take_constant(gx_feel *feel, const gx_node *tree)
{
    const gx_code *code = feel->code;
    gx_op op = (gx_op)(code->words[0] & 0xFF);
    if (tree->kind == GX_NODE_DASH) {
        feel->constant = gx_value_boolean(true);
    } else if (tree->kind == GX_NODE_TESTS || code->word_count != 2 ||
               (op != GX_OP_CONSTANT && op != GX_OP_INTEGER)) {
        return;
    } else {
        feel->constant = op == GX_OP_CONSTANT ? code->constants[code->words[0] >> 8]
                                              : gx_value_int((int32_t)code->words[0] >> 8);
    }
    feel->is_constant = true;
}

static bool compile_tree(gx_compilation *all, const gx_parser *parser, gx_node *tree)
{
    gx_builder b = {.all = all, .constants = gx_list_begin(parser->arena, 0), .stays = true};
    compile(&b, tree);
    if (all->has_failed)
        return false;
    gx_emit(&b, GX_OP_RETURN, 0);
    all->feel->code = gx_build_finish(&b);
    take_constant(all->feel, tree);
    list_free_names(all->feel, &all->free_names, all->model);
    return !all->has_failed;
}

gx_feel *gx_feel_compile(gx_arena *model, gx_text source, const gx_feel_options *options, gx_error *error)
{
    static const gx_feel_options open = {0};
    gx_error ignored = {0};
    if (!options)
        options = &open;
    gx_arena *work = begin_work(model);
    gx_feel *feel = new_feel(model, source, options);
    gx_parser parser = {.arena = work,
                        .model = model,
                        .source = feel->source,
                        .options = options,
                        .filters = options->has_item ? 1 : 0,
                        .error = error ? error : &ignored};
    gx_compilation all = {.arena = work,
                          .model = model,
                          .parser = &parser,
                          .options = options,
                          .feel = feel,
                          .free_names = gx_map_in(work)};
    gx_node *tree = gx_feel_parse(&parser);
    bool compiled = tree && compile_tree(&all, &parser, tree);
    gx_arena_release(work);
    return compiled ? feel : NULL;
}

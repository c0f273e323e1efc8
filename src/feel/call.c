/* Calling functions: the choice of an overload, conversions of arguments, closures and native functions. */
#include "feel/code.h"

#include <string.h>

enum { ARGUMENTS_ON_STACK = 16 };

/* ---- Choosing ---- */

const gx_builtin *gx_builtin_find(const gx_builtin *rows, size_t count, gx_text name, uint32_t *overloads)
{
    for (size_t i = 0; i < count; i++) {
        if (strncmp(rows[i].name, name.bytes, name.size) != 0 || rows[i].name[name.size] != '\0')
            continue;
        size_t end = i + 1;
        while (end < count && strcmp(rows[end].name, rows[i].name) == 0)
            end++;
        *overloads = (uint32_t)(end - i);
        return &rows[i];
    }
    return NULL;
}

static bool is_repeated(const gx_builtin *row)
{
    return row->parameter_count > 0 && (row->parameters[row->parameter_count - 1].accepts & GX_REPEATED) != 0;
}

static bool fits_count(const gx_builtin *row, uint32_t count)
{
    if (count > row->parameter_count)
        return is_repeated(row);
    for (uint32_t i = count; i < row->parameter_count; i++)
        if (!(row->parameters[i].accepts & GX_OPTIONAL))
            return false;
    return true;
}

/* For each parameter the index of the argument with its name; NULL when a name is unknown, given twice or
 * missing. */
static const int16_t *order_by_names(gx_arena *arena, const gx_builtin *row, const gx_text *names,
                                     uint32_t count, uint32_t *reach)
{
    int16_t *order = GX_NEW_ARRAY(arena, int16_t, row->parameter_count);
    uint32_t used = 0;
    *reach = 0;
    for (uint32_t p = 0; p < row->parameter_count; p++) {
        order[p] = -1;
        for (uint32_t i = 0; i < count; i++) {
            if (!gx_text_equal(names[i], gx_text_of(row->parameters[p].name)))
                continue;
            if (order[p] >= 0)
                return NULL;
            order[p] = (int16_t)i;
            used++;
            *reach = p + 1;
        }
        if (order[p] < 0 && !(row->parameters[p].accepts & GX_OPTIONAL))
            return NULL;
    }
    return used == count ? order : NULL;
}

gx_builtin_call gx_call_resolve(gx_arena *arena, const gx_builtin *first, uint32_t overloads,
                                const gx_text *names, uint32_t count)
{
    gx_call_row *rows = GX_NEW_ARRAY(arena, gx_call_row, overloads);
    uint32_t found = 0;
    for (uint32_t i = 0; i < overloads; i++) {
        if (names) {
            uint32_t reach;
            const int16_t *order =
                count <= INT16_MAX ? order_by_names(arena, &first[i], names, count, &reach) : NULL;
            if (order)
                rows[found++] = (gx_call_row){&first[i], order, reach};
        } else if (fits_count(&first[i], count)) {
            rows[found++] = (gx_call_row){&first[i], NULL, count};
        }
    }
    return (gx_builtin_call){first, rows, found, count};
}

/* ---- Arguments of built-ins ---- */

static inline bool accepts(uint32_t mask, gx_value value)
{
    return (mask >> value.kind & 1) != 0 || (gx_value_is_absent(value) && (mask & GX_OPTIONAL));
}

static bool converts(gx_arena *arena, uint32_t mask, gx_value *value)
{
    if (accepts(mask, *value))
        return true;
    if (mask & GX_EXACT || value->kind == GX_NULL)
        return false;
    if (value->kind == GX_LIST) {
        if (value->size != 1 || !accepts(mask, value->items[0]))
            return false;
        *value = value->items[0];
        return true;
    }
    if (!(mask & GX_ACCEPT_LIST))
        return false;
    *value = gx_value_list(gx_copy_bytes(arena, value, sizeof *value), 1);
    return true;
}

static uint32_t mask_of(const gx_builtin *row, uint32_t argument)
{
    return row->parameters[argument < row->parameter_count ? argument : row->parameter_count - 1].accepts;
}

/* The arguments in the order of the row's parameters. */
static void arrange(const gx_call_row *row, const gx_value *given, gx_value *arranged)
{
    if (!row->order) {
        memcpy(arranged, given, row->count * sizeof *arranged);
        return;
    }
    for (uint32_t i = 0; i < row->count; i++)
        arranged[i] = row->order[i] < 0 ? gx_value_absent() : given[row->order[i]];
}

static gx_value no_such_call(gx_feel_vm *vm, gx_text name, const gx_value *arguments, uint32_t count)
{
    if (!vm->notes)
        return gx_value_null();
    gx_buffer kinds = gx_buffer_in(vm->call.arena);
    for (uint32_t i = 0; i < count && i < ARGUMENTS_ON_STACK; i++) {
        gx_buffer_string(&kinds, i ? ", " : "");
        gx_buffer_string(&kinds, gx_kind_name((gx_kind)arguments[i].kind));
    }
    return gx_feel_null(&vm->call, "feel.null.arguments", name, gx_buffer_as_text(&kinds));
}

static gx_value call_row(gx_feel_vm *vm, const gx_builtin *row, const gx_value *arguments, uint32_t count)
{
    gx_feel_call call = vm->call;
    call.builtin = row;
    return row->function(&call, arguments, count);
}

gx_value gx_call_builtin(gx_feel_vm *vm, const gx_builtin_call *call, const gx_value *arguments)
{
    gx_value on_stack[ARGUMENTS_ON_STACK];
    uint32_t most = 0;
    if (!gx_feel_spend(&vm->call, 4))
        return gx_value_null();
    for (uint32_t r = 0; r < call->row_count; r++)
        most = call->rows[r].count > most ? call->rows[r].count : most;
    gx_value *arranged = most > ARGUMENTS_ON_STACK ? GX_NEW_ARRAY(vm->call.arena, gx_value, most) : on_stack;
    /* Exact kinds first, so that a conversion never wins over an overload that takes the value as it is. */
    for (uint32_t r = 0; r < call->row_count; r++) {
        const gx_call_row *row = &call->rows[r];
        bool fits = true;
        arrange(row, arguments, arranged);
        for (uint32_t i = 0; i < row->count && fits; i++)
            fits = accepts(mask_of(row->row, i), arranged[i]);
        if (fits)
            return call_row(vm, row->row, arranged, row->count);
    }
    for (uint32_t r = 0; r < call->row_count; r++) {
        const gx_call_row *row = &call->rows[r];
        bool fits = true;
        arrange(row, arguments, arranged);
        for (uint32_t i = 0; i < row->count && fits; i++)
            fits = converts(vm->call.arena, mask_of(row->row, i), &arranged[i]);
        if (fits)
            return call_row(vm, row->row, arranged, row->count);
    }
    return no_such_call(vm, gx_text_of(call->first->name), arguments, call->argument_count);
}

/* ---- Function values ---- */

/* A closure or native function with all its parameters, in order. */
static gx_value apply(gx_feel_vm *vm, const gx_function *function, const gx_value *given)
{
    gx_value on_stack[ARGUMENTS_ON_STACK];
    uint32_t count = function->parameter_count;
    gx_value *arguments =
        count > ARGUMENTS_ON_STACK ? GX_NEW_ARRAY(vm->call.arena, gx_value, count) : on_stack;
    for (uint32_t i = 0; i < count; i++) {
        const gx_type *type = function->parameter_types ? function->parameter_types[i] : NULL;
        bool fits = true;
        arguments[i] = type ? gx_type_convert(&vm->call, type, given[i], &fits) : given[i];
        if (!fits)
            return no_such_call(vm, function->name, given, count);
    }
    if (++vm->depth > vm->budget.depth) {
        vm->depth--;
        return gx_vm_fail(vm, "feel.budget.depth", vm->budget.depth);
    }
    gx_value answer;
    if (function->kind == GX_FUNCTION_CLOSURE) {
        gx_frame_input in = {.context = function->context,
                             .input = function->input,
                             .captures = function->captures,
                             .self = function};
        answer = gx_vm_run(vm, function->code, &in, arguments, count);
    } else {
        answer = gx_feel_spend(&vm->call, 4) ? function->native(&vm->call, function, arguments, count)
                                             : gx_value_null();
    }
    vm->depth--;
    bool fits = true;
    return function->result && !vm->has_failed ? gx_type_convert(&vm->call, function->result, answer, &fits)
                                               : answer;
}

gx_value gx_call_function(gx_feel_vm *vm, gx_value function, const gx_value *arguments, uint32_t count)
{
    if (function.kind != GX_FUNCTION)
        return gx_feel_null(&vm->call, "feel.null.call", gx_text_of(gx_kind_name((gx_kind)function.kind)),
                            GX_TEXT(""));
    const gx_function *f = function.function;
    if (f->kind == GX_FUNCTION_BUILTIN) {
        gx_builtin_call call = gx_call_resolve(vm->call.arena, f->builtin, f->overloads, NULL, count);
        return gx_call_builtin(vm, &call, arguments);
    }
    if (count != f->parameter_count)
        return no_such_call(vm, f->name, arguments, count);
    return apply(vm, f, arguments);
}

gx_value gx_call_function_named(gx_feel_vm *vm, gx_value function, const gx_text *names,
                                const gx_value *arguments, uint32_t count)
{
    if (function.kind != GX_FUNCTION)
        return gx_feel_null(&vm->call, "feel.null.call", gx_text_of(gx_kind_name((gx_kind)function.kind)),
                            GX_TEXT(""));
    const gx_function *f = function.function;
    if (f->kind == GX_FUNCTION_BUILTIN) {
        gx_builtin_call call = gx_call_resolve(vm->call.arena, f->builtin, f->overloads, names, count);
        return gx_call_builtin(vm, &call, arguments);
    }
    gx_value *ordered = GX_NEW_ARRAY(vm->call.arena, gx_value, f->parameter_count);
    uint32_t used = 0;
    for (uint32_t p = 0; p < f->parameter_count; p++)
        for (uint32_t i = 0; i < count; i++)
            if (gx_text_equal(names[i], f->parameter_names[p])) {
                ordered[p] = arguments[i];
                used++;
            }
    if (used != count || count > f->parameter_count)
        return no_such_call(vm, f->name, arguments, count);
    return apply(vm, f, ordered);
}

gx_value gx_feel_invoke(gx_feel_call *call, gx_value function, const gx_value *arguments, size_t count)
{
    return gx_call_function(call->vm, function, arguments, (uint32_t)count);
}

gx_value gx_feel_invoke_named(gx_feel_call *call, gx_value function, const gx_text *names,
                              const gx_value *arguments, size_t count)
{
    return gx_call_function_named(call->vm, function, names, arguments, (uint32_t)count);
}

bool gx_function_parameters(gx_value value, size_t *count, const gx_text **names)
{
    if (value.kind != GX_FUNCTION)
        return false;
    *count = value.function->parameter_count;
    if (names)
        *names = value.function->parameter_names;
    return true;
}

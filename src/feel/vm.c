/* The instruction loop. A frame's locals and stack lie in one block of the evaluation's stack; nothing is
 * allocated for comparing, testing, calling or branching. Steps are counted where work can repeat: at loops
 * and calls, by the number of words run through since. */
#include "feel/code.h"

#include <string.h>

/* ---- Budgets and notes ---- */

void gx_vm_begin(gx_feel_vm *vm, gx_arena *arena, const gx_feel_budget *budget, gx_feel_notes *notes,
                 gx_error *error, gx_value *stack, size_t stack_size)
{
    /* Field by field: as one assignment the compiler clears the struct first, which costs more than a short
     * expression (bench/dmn, "context of 300 names": 72 ns to 59 ns). */
    vm->budget.steps = budget && budget->steps ? budget->steps : GX_LIMIT_FEEL_STEPS;
    vm->budget.depth = budget && budget->depth ? budget->depth : GX_LIMIT_FEEL_DEPTH;
    vm->budget.list = budget && budget->list ? budget->list : GX_LIMIT_FEEL_LIST;
    vm->budget.string = budget && budget->string ? budget->string : GX_LIMIT_FEEL_STRING;
    vm->budget.has_now = budget && budget->has_now;
    vm->budget.now = budget ? budget->now : 0;
    vm->budget.now_offset = budget ? budget->now_offset : 0;
    vm->call.arena = arena;
    vm->call.budget = &vm->budget;
    vm->call.vm = vm;
    vm->call.builtin = NULL;
    vm->steps_left = vm->budget.steps > INT64_MAX ? INT64_MAX : (int64_t)vm->budget.steps;
    vm->depth = 0;
    vm->has_failed = false;
    vm->error = error;
    vm->notes = notes;
    vm->code = NULL;
    vm->word = 0;
    vm->top = stack;
    vm->end = stack + stack_size;
    vm->stack = vm->first_stack = NULL;
    vm->regexes = NULL;
}

gx_value gx_vm_fail(gx_feel_vm *vm, const char *code, int64_t limit)
{
    char figure[24];
    if (!vm->has_failed)
        gx_fail(vm->error, code, gx_error_int(figure, limit));
    vm->has_failed = true;
    return gx_value_null();
}

static bool spend(gx_feel_vm *vm, uint64_t steps)
{
    if (steps < INT64_MAX && (vm->steps_left -= (int64_t)steps) >= 0)
        return true;
    vm->steps_left = 0;
    gx_vm_fail(vm, "feel.budget.steps", (int64_t)vm->budget.steps);
    return false;
}

bool gx_feel_spend(gx_feel_call *call, uint64_t steps)
{
    return !call->vm->has_failed && spend(call->vm, steps);
}

bool gx_feel_allows_list(gx_feel_call *call, uint64_t count)
{
    if (count <= call->budget->list)
        return true;
    gx_vm_fail(call->vm, "feel.budget.list", (int64_t)call->budget->list);
    return false;
}

bool gx_feel_allows_string(gx_feel_call *call, uint64_t bytes)
{
    if (bytes <= call->budget->string)
        return true;
    gx_vm_fail(call->vm, "feel.budget.string", (int64_t)call->budget->string);
    return false;
}

bool gx_feel_has_failed(const gx_feel_call *call)
{
    return call->vm->has_failed;
}

static gx_place place_of(const gx_feel_vm *vm)
{
    if (!vm->code || vm->word >= vm->code->word_count)
        return (gx_place){{"", 0}, 0, 0};
    const gx_feel *feel = vm->code->feel;
    gx_feel_options options = {.place = feel->place};
    gx_parser parser = {.source = feel->source, .options = &options};
    return gx_parse_place(&parser, vm->code->places[vm->word]);
}

gx_value gx_feel_null(gx_feel_call *call, const char *code, gx_text part1, gx_text part2)
{
    enum { NOTES_MOST = 20 };
    gx_feel_notes *notes = call->vm->notes;
    if (!notes || notes->count >= (notes->most ? notes->most : NOTES_MOST))
        return gx_value_null();
    if (notes->count == notes->capacity) {
        size_t capacity = notes->capacity ? notes->capacity * 2 : 4;
        gx_error *items = GX_NEW_ARRAY(call->arena, gx_error, capacity);
        if (notes->count)
            memcpy(items, notes->items, notes->count * sizeof *items);
        notes->items = items;
        notes->capacity = capacity;
    }
    gx_error *note = &notes->items[notes->count++];
    *note = (gx_error){0};
    gx_fail_at(note, code, place_of(call->vm), part1, part2);
    return gx_value_null();
}

/* "number + string": for notes only. */
static gx_value null_operands(gx_feel_vm *vm, const char *operator, gx_value a, gx_value b)
{
    if (!vm->notes)
        return gx_value_null();
    gx_text kinds = gx_join(vm->call.arena, (const gx_text[]){gx_value_kind_text(a), gx_value_kind_text(b)},
                            2, GX_TEXT(", "));
    return gx_feel_null(&vm->call, "feel.null.operands", gx_text_of(operator), kinds);
}

/* ---- Operators ---- */

static gx_value join_strings(gx_feel_vm *vm, gx_value a, gx_value b)
{
    if (!gx_feel_allows_string(&vm->call, (uint64_t)a.size + b.size))
        return gx_value_null();
    char *bytes = gx_alloc(vm->call.arena, (size_t)a.size + b.size);
    if (a.size)
        memcpy(bytes, a.bytes, a.size);
    if (b.size)
        memcpy(bytes + a.size, b.bytes, b.size);
    return gx_value_text((gx_text){bytes, (size_t)a.size + b.size});
}

static bool is_temporal(gx_value value)
{
    return value.kind >= GX_DATE && value.kind <= GX_MONTHS_DURATION;
}

static gx_value arithmetic(gx_feel_vm *vm, char op, gx_value a, gx_value b)
{
    gx_arena *arena = vm->call.arena;
    gx_value result = gx_value_null();
    if (a.kind == GX_NUMBER && b.kind == GX_NUMBER) {
        switch (op) {
        case '+': result = gx_number_add(arena, a, b); break;
        case '-': result = gx_number_subtract(arena, a, b); break;
        case '*': result = gx_number_multiply(arena, a, b); break;
        case '/': result = gx_number_divide(arena, a, b); break;
        default:
            if (spend(vm, 50)) /* a power of 34 digits costs about as much as fifty instructions */
                result = gx_number_power(arena, a, b);
            break;
        }
    } else if (op == '+' && a.kind == GX_STRING && b.kind == GX_STRING) {
        return join_strings(vm, a, b);
    } else if (op != '^' && (is_temporal(a) || is_temporal(b))) {
        result = gx_temporal_arithmetic(arena, op, a, b);
    }
    if (result.kind == GX_NULL && !vm->has_failed) {
        char operator[3] = {op == '^' ? '*' : op, op == '^' ? '*' : '\0', '\0'};
        return null_operands(vm, operator, a, b);
    }
    return result;
}

static gx_value negate(gx_feel_vm *vm, gx_value a)
{
    if (a.kind == GX_NUMBER)
        return gx_number_negate(vm->call.arena, a);
    if (a.kind == GX_DAYS_DURATION || a.kind == GX_MONTHS_DURATION)
        return gx_temporal_negate(a);
    return null_operands(vm, "-", a, a);
}

static inline gx_value compare(gx_feel_vm *vm, char op, gx_value a, gx_value b)
{
    int order;
    if (op == '=' || op == '!') {
        gx_equality equality = gx_value_equal(a, b);
        if (equality == GX_UNEQUAL_KINDS)
            return null_operands(vm, "=", a, b);
        return gx_value_boolean((equality == GX_EQUAL) == (op == '='));
    }
    if (a.kind == GX_NUMBER && b.kind == GX_NUMBER)
        order = gx_number_compare(a, b);
    else if (!gx_value_order(a, b, &order))
        return null_operands(vm, op == 'L' ? "<=" : op == 'G' ? ">=" : op == '<' ? "<" : ">", a, b);
    switch (op) {
    case '<': return gx_value_boolean(order < 0);
    case '>': return gx_value_boolean(order > 0);
    case 'L': return gx_value_boolean(order <= 0);
    default: return gx_value_boolean(order >= 0);
    }
}

gx_value gx_vm_compare(gx_feel_vm *vm, char op, gx_value a, gx_value b)
{
    return compare(vm, op, a, b);
}

static gx_value between(gx_feel_vm *vm, gx_value value, gx_value low, gx_value high)
{
    gx_value above = compare(vm, 'G', value, low), below = compare(vm, 'L', value, high);
    if (gx_value_is_false(above) || gx_value_is_false(below))
        return gx_value_boolean(false);
    return gx_value_is_true(above) ? below : above;
}

static gx_value and_values(gx_value a, gx_value b)
{
    if (gx_value_is_false(a) || gx_value_is_false(b))
        return gx_value_boolean(false);
    return gx_value_is_true(a) && gx_value_is_true(b) ? a : gx_value_null();
}

static gx_value or_values(gx_value a, gx_value b)
{
    if (gx_value_is_true(a) || gx_value_is_true(b))
        return gx_value_boolean(true);
    return gx_value_is_false(a) && gx_value_is_false(b) ? a : gx_value_null();
}

/* Ends must be of one ordered kind, and in order (DMN 1.5, 10.3.2.7). */
static gx_value make_range(gx_feel_vm *vm, gx_value start, gx_value end, uint32_t flags)
{
    int order;
    if (!gx_value_order(start, end, &order) || order > 0)
        return null_operands(vm, "..", start, end);
    return gx_value_range(vm->call.arena, (gx_range){.start = start,
                                                     .end = end,
                                                     .has_start = true,
                                                     .has_end = true,
                                                     .start_included = flags & 1,
                                                     .end_included = (flags & 2) != 0});
}

static gx_value make_test(gx_feel_vm *vm, char op, gx_value end)
{
    gx_range range = {.is_test = true};
    int order;
    bool is_equality = op == '=' || op == '!';
    if (!is_equality && !gx_value_order(end, end, &order))
        return null_operands(vm, "<", end, end);
    if (is_equality || op == '>' || op == 'G') {
        range.has_start = true;
        range.start = end;
        range.start_included = op != '>';
    }
    if (is_equality || op == '<' || op == 'L') {
        range.has_end = true;
        range.end = end;
        range.end_included = op != '<';
    }
    range.is_negated = op == '!';
    return gx_value_range(vm->call.arena, range);
}

gx_value gx_value_path(gx_feel_vm *vm, gx_value value, const gx_code_name *name)
{
    gx_value member;
    switch ((gx_kind)value.kind) {
    case GX_CONTEXT:
        if (gx_context_find_hashed(value.context, name->text, name->hash, &member))
            return member;
        break;
    case GX_LIST: {
        if (!spend(vm, value.size))
            return gx_value_null();
        gx_value *items = GX_NEW_ARRAY(vm->call.arena, gx_value, value.size);
        for (uint32_t i = 0; i < value.size; i++)
            items[i] =
                value.items[i].kind == GX_LIST ? gx_value_null() : gx_value_path(vm, value.items[i], name);
        return gx_value_list(items, value.size);
    }
    case GX_RANGE:
        if (gx_text_equal(name->text, GX_TEXT("start")))
            return value.range->has_start ? value.range->start : gx_value_null();
        if (gx_text_equal(name->text, GX_TEXT("end")))
            return value.range->has_end ? value.range->end : gx_value_null();
        if (gx_text_equal(name->text, GX_TEXT("start included")))
            return gx_value_boolean(value.range->has_start && value.range->start_included);
        if (gx_text_equal(name->text, GX_TEXT("end included")))
            return gx_value_boolean(value.range->has_end && value.range->end_included);
        break;
    case GX_DATE:
    case GX_TIME:
    case GX_DATE_TIME:
    case GX_DAYS_DURATION:
    case GX_MONTHS_DURATION:
        if (gx_temporal_property(vm->call.arena, value, name->text, &member))
            return member;
        break;
    case GX_NULL:
    case GX_BOOLEAN:
    case GX_NUMBER:
    case GX_STRING:
    case GX_FUNCTION:
    case GX_KIND_COUNT: break;
    }
    return gx_feel_null(&vm->call, "feel.null.member", name->text, gx_value_kind_text(value));
}

/* `value in test`: a test that is null has no meaning, as [1..null] has none; only null itself is in it. */
static gx_value in_test(gx_value value, gx_value test)
{
    return test.kind == GX_NULL && value.kind != GX_NULL ? gx_value_null() : gx_feel_matches(value, test);
}

/* The verdict of a unary test whose value is `test` (DMN 1.5, 7.3.2). */
static gx_value cell(gx_value input, gx_value test, uint32_t how)
{
    if (how == 1) /* the test reads `?`: its own verdict */
        return test.kind == GX_BOOLEAN ? test : test.kind == GX_NULL ? test : gx_feel_matches(input, test);
    if (how == 0 && test.kind == GX_BOOLEAN && input.kind != GX_BOOLEAN)
        return input.kind == GX_NULL ? gx_feel_matches(input, test) : test;
    return gx_feel_matches(input, test);
}

/* ---- Frames ---- */

/* Room for a frame; segments that were made once are used again. */
static gx_value *take_frame(gx_feel_vm *vm, uint32_t size)
{
    enum { SEGMENT = 1024 };
    if ((size_t)(vm->end - vm->top) >= size) {
        gx_value *frame = vm->top;
        vm->top += size;
        return frame;
    }
    gx_stack *stack = vm->stack ? vm->stack->next : vm->first_stack;
    if (!stack || (size_t)(stack->end - stack->values) < size) {
        uint32_t count = size > SEGMENT ? size : SEGMENT;
        stack = gx_alloc(vm->call.arena, sizeof *stack + count * sizeof(gx_value));
        stack->end = stack->values + count;
        stack->before = vm->stack;
        if (vm->stack)
            vm->stack->next = stack;
        else
            vm->first_stack = stack;
    }
    vm->stack = stack;
    vm->top = stack->values + size;
    vm->end = stack->end;
    return stack->values;
}

static gx_value make_closure(gx_feel_vm *vm, const gx_function *proto, const gx_frame_input *in,
                             const gx_value *locals)
{
    if (proto->kind != GX_FUNCTION_CLOSURE)
        return gx_value_function(proto);
    gx_function *closure = GX_NEW(vm->call.arena, gx_function);
    *closure = *proto;
    const gx_code *code = proto->code;
    gx_value *captures = GX_NEW_ARRAY(vm->call.arena, gx_value, code->capture_count);
    for (uint32_t i = 0; i < code->capture_count; i++) {
        uint32_t index = code->captures[i].index;
        switch (code->captures[i].from) {
        case GX_FROM_LOCAL: captures[i] = locals[index]; break;
        case GX_FROM_CAPTURED: captures[i] = in->captures[index]; break;
        case GX_FROM_SELF: captures[i] = gx_value_function(in->self); break;
        case GX_FROM_GLOBAL:
            if (in->slots)
                captures[i] = in->slots[index];
            else if (in->context.kind == GX_CONTEXT)
                gx_context_find_hashed(in->context.context, code->feel->globals[index],
                                       code->feel->global_hashes[index], &captures[i]);
            break;
        }
    }
    closure->captures = captures;
    closure->context = in->context;
    closure->input = in->input;
    return gx_value_function(closure);
}

static gx_value make_context(gx_feel_vm *vm, const gx_shape *shape, const gx_value *values)
{
    gx_entry *entries = GX_NEW_ARRAY(vm->call.arena, gx_entry, shape->count);
    for (uint32_t i = 0; i < shape->count; i++)
        entries[i] = (gx_entry){shape->names[i], values[i]};
    return gx_value_context(vm->call.arena, entries, shape->count);
}

static inline gx_value global(const gx_code *code, const gx_frame_input *in, uint32_t index)
{
    if (in->slots)
        return in->slots[index];
    gx_value value = gx_value_null();
    if (in->context.kind == GX_CONTEXT)
        gx_context_find_hashed(in->context.context, code->feel->globals[index],
                               code->feel->global_hashes[index], &value);
    return value;
}

static gx_value named(gx_feel_vm *vm, const gx_frame_input *in, const gx_code_name *name)
{
    gx_value value = gx_value_null();
    if (in->context.kind != GX_CONTEXT ||
        !gx_context_find_hashed(in->context.context, name->text, name->hash, &value))
        gx_feel_null(&vm->call, "feel.null.name", name->text, GX_TEXT(""));
    return value;
}

/* Two compact numbers of one scale: their mantissas are added and compared as they are. */
static inline bool are_alike(gx_value a, gx_value b)
{
    return a.kind == GX_NUMBER && b.kind == GX_NUMBER && !((a.flags | b.flags) & GX_VALUE_WIDE) &&
           a.scale == b.scale;
}

/* `a op b` for mantissas of one scale. */
static inline bool holds(char op, int64_t a, int64_t b)
{
    switch (op) {
    case '=': return a == b;
    case '!': return a != b;
    case '<': return a < b;
    case '>': return a > b;
    case 'L': return a <= b;
    default: return a >= b;
    }
}

static inline char op_of(uint32_t operand)
{
    return (char)(operand & 0x7F);
}

static gx_value loop(gx_feel_vm *vm, const gx_code *code, const gx_frame_input *in, gx_value *locals)
{
    gx_value *sp = locals + code->local_count; /* the next free value */
    const uint32_t *pc = code->words;
    int64_t whole;
    for (;;) {
        uint32_t word = *pc++;
        uint32_t n = word >> 8;
        switch ((gx_op)(word & 0xFF)) {
        case GX_OP_RETURN: return sp[-1];
        case GX_OP_CONSTANT: *sp++ = code->constants[n]; break;
        case GX_OP_INTEGER: *sp++ = gx_value_int((int32_t)word >> 8); break;
        case GX_OP_GLOBAL: *sp++ = global(code, in, n); break;
        case GX_OP_GLOBAL_MEMBER: {
            const gx_code_name *name = &code->names[*pc++];
            gx_value holder = global(code, in, n);
            if (holder.kind != GX_CONTEXT ||
                !gx_context_find_hashed(holder.context, name->text, name->hash, sp)) {
                vm->word = (uint32_t)(pc - code->words - 1);
                *sp = gx_value_path(vm, holder, name);
            }
            sp++;
            break;
        }
        case GX_OP_NAME:
            vm->word = (uint32_t)(pc - code->words - 1);
            *sp++ = named(vm, in, &code->names[n]);
            break;
        case GX_OP_INPUT: *sp++ = in->input; break;
        case GX_OP_LOCAL: *sp++ = locals[n]; break;
        case GX_OP_STORE: locals[n] = *--sp; break;
        case GX_OP_CAPTURED: *sp++ = in->captures[n]; break;
        case GX_OP_SELF: *sp++ = gx_value_function(in->self); break;
        case GX_OP_BUILTIN: *sp++ = code->constants[n]; break;
        case GX_OP_FIND_MEMBER: {
            const gx_code_name *name = &code->names[n];
            uint32_t distance = *pc++;
            gx_value member;
            if (sp[-1].kind == GX_CONTEXT &&
                gx_context_find_hashed(sp[-1].context, name->text, name->hash, &member)) {
                sp[-1] = member;
                pc += distance;
            } else {
                sp--;
            }
            break;
        }
        case GX_OP_MEMBER:
            vm->word = (uint32_t)(pc - code->words - 1);
            sp[-1] = gx_value_path(vm, sp[-1], &code->names[n]);
            break;
        case GX_OP_ADD:
            sp--;
            if (are_alike(sp[-1], sp[0]) && !__builtin_add_overflow(sp[-1].integer, sp[0].integer, &whole)) {
                sp[-1].integer = whole;
                break;
            }
            vm->word = (uint32_t)(pc - code->words - 1);
            sp[-1] = arithmetic(vm, '+', sp[-1], sp[0]);
            break;
        case GX_OP_SUBTRACT:
            sp--;
            if (are_alike(sp[-1], sp[0]) && !__builtin_sub_overflow(sp[-1].integer, sp[0].integer, &whole)) {
                sp[-1].integer = whole;
                break;
            }
            vm->word = (uint32_t)(pc - code->words - 1);
            sp[-1] = arithmetic(vm, '-', sp[-1], sp[0]);
            break;
        case GX_OP_MULTIPLY:
            vm->word = (uint32_t)(pc - code->words - 1);
            sp--;
            sp[-1] = arithmetic(vm, '*', sp[-1], sp[0]);
            break;
        case GX_OP_DIVIDE:
            vm->word = (uint32_t)(pc - code->words - 1);
            sp--;
            sp[-1] = arithmetic(vm, '/', sp[-1], sp[0]);
            break;
        case GX_OP_POWER:
            vm->word = (uint32_t)(pc - code->words - 1);
            sp--;
            sp[-1] = arithmetic(vm, '^', sp[-1], sp[0]);
            break;
        case GX_OP_NEGATE:
            vm->word = (uint32_t)(pc - code->words - 1);
            sp[-1] = negate(vm, sp[-1]);
            break;
        case GX_OP_COMPARE:
            vm->word = (uint32_t)(pc - code->words - 1);
            sp--;
            sp[-1] = are_alike(sp[-1], sp[0])
                         ? gx_value_boolean(holds(op_of(n), sp[-1].integer, sp[0].integer))
                         : compare(vm, op_of(n), sp[-1], sp[0]);
            break;
        case GX_OP_COMPARE_K: {
            const gx_value *constant = &code->constants[*pc++];
            vm->word = (uint32_t)(pc - code->words - 2);
            sp[-1] = are_alike(sp[-1], *constant)
                         ? gx_value_boolean(holds(op_of(n), sp[-1].integer, constant->integer))
                         : compare(vm, op_of(n), sp[-1], *constant);
            break;
        }
        case GX_OP_BETWEEN:
            vm->word = (uint32_t)(pc - code->words - 1);
            sp -= 2;
            sp[-1] = between(vm, sp[-1], sp[0], sp[1]);
            break;
        case GX_OP_AND_SKIP:
            if (gx_value_is_false(sp[-1]))
                pc += n;
            break;
        case GX_OP_AND:
            sp--;
            sp[-1] = and_values(sp[-1], sp[0]);
            break;
        case GX_OP_OR_SKIP:
            if (gx_value_is_true(sp[-1]))
                pc += n;
            break;
        case GX_OP_OR:
            sp--;
            sp[-1] = or_values(sp[-1], sp[0]);
            break;
        case GX_OP_JUMP: pc += n; break;
        case GX_OP_JUMP_UNLESS:
            sp--;
            if (!gx_value_is_true(sp[0])) {
                if (sp[0].kind != GX_BOOLEAN) {
                    vm->word = (uint32_t)(pc - code->words - 1);
                    gx_feel_null(&vm->call, "feel.null.condition", gx_value_kind_text(sp[0]), GX_TEXT(""));
                }
                pc += n;
            }
            break;
        case GX_OP_LIST: {
            sp -= n;
            gx_value list = gx_value_list(gx_copy_bytes(vm->call.arena, sp, n * sizeof *sp), n);
            *sp++ = list;
            break;
        }
        case GX_OP_CONTEXT: *sp++ = make_context(vm, &code->shapes[n], locals + *pc++); break;
        case GX_OP_RANGE:
            vm->word = (uint32_t)(pc - code->words - 1);
            sp--;
            sp[-1] = make_range(vm, sp[-1], sp[0], n);
            break;
        case GX_OP_TEST:
            vm->word = (uint32_t)(pc - code->words - 1);
            sp[-1] = make_test(vm, op_of(n), sp[-1]);
            break;
        case GX_OP_MATCH_ANY: {
            gx_value verdict = gx_value_boolean(false);
            sp -= n;
            for (uint32_t i = 0; i < n && !gx_value_is_true(verdict); i++)
                verdict = or_values(verdict, in_test(sp[-1], sp[i]));
            sp[-1] = verdict;
            break;
        }
        case GX_OP_CELL: sp[-1] = cell(in->input, sp[-1], n); break;
        case GX_OP_NOT:
            if (sp[-1].kind == GX_BOOLEAN)
                sp[-1] = gx_value_boolean(!sp[-1].boolean);
            break;
        case GX_OP_INSTANCE: sp[-1] = gx_value_boolean(gx_type_has(code->types[n], sp[-1])); break;
        case GX_OP_FILTER: gx_loop_begin_filter(vm, *--sp, &locals[n]); break;
        case GX_OP_FILTER_COMPARE:
            vm->word = (uint32_t)(pc - code->words - 1);
            pc += 3 * n + 1;
            if (gx_loop_filter_compare(vm, code, pc - 3 * n - 1, n, &sp[-1]))
                pc += pc[-1];
            else if (vm->has_failed)
                return gx_value_null();
            break;
        case GX_OP_FILTER_NEXT: {
            uint32_t distance = *pc++;
            if (!gx_loop_next_of_filter(&locals[n], &locals[n + 1]))
                pc += distance;
            break;
        }
        case GX_OP_FILTER_TEST: {
            vm->word = (uint32_t)(pc - code->words - 1);
            uint32_t distance = *pc++;
            gx_loop_judge(vm, &locals[n], *--sp);
            if (!spend(vm, distance) || vm->has_failed)
                return gx_value_null();
            pc -= distance;
            break;
        }
        case GX_OP_FILTER_END: *sp++ = gx_loop_end_filter(&locals[n]); break;
        case GX_OP_ITERATE:
            vm->word = (uint32_t)(pc - code->words - 1);
            gx_loop_begin(vm, *--sp, &locals[n], &locals[*pc++]);
            break;
        case GX_OP_SPAN:
            vm->word = (uint32_t)(pc - code->words - 1);
            sp -= 2;
            gx_loop_begin_span(vm, sp[0], sp[1], &locals[n], &locals[*pc++]);
            break;
        case GX_OP_NEXT: {
            uint32_t distance = *pc++;
            if (!gx_loop_next(&locals[n], &locals[n + 1]))
                pc += distance;
            break;
        }
        case GX_OP_LOOP:
            if (!spend(vm, n) || vm->has_failed)
                return gx_value_null();
            pc -= n;
            break;
        case GX_OP_COLLECT: gx_loop_begin_results(vm, &locals[n], *pc++); break;
        case GX_OP_KEEP:
            if (!gx_loop_keep(vm, &locals[n], *--sp))
                return gx_value_null();
            break;
        case GX_OP_PARTIAL: *sp++ = gx_loop_partial(&locals[n]); break;
        case GX_OP_RESULTS: *sp++ = gx_loop_results(&locals[n]); break;
        case GX_OP_QUANTIFY: {
            uint32_t distance = *pc++;
            if (gx_loop_quantify(&locals[n], *--sp))
                pc += distance;
            break;
        }
        case GX_OP_CLOSURE: *sp++ = make_closure(vm, code->protos[n], in, locals); break;
        case GX_OP_CALL:
            vm->word = (uint32_t)(pc - code->words - 1);
            sp -= n;
            sp[-1] = gx_call_function(vm, sp[-1], sp, n);
            vm->code = code;
            if (vm->has_failed)
                return gx_value_null();
            break;
        case GX_OP_CALL_NAMED: {
            const gx_shape *shape = &code->shapes[n];
            vm->word = (uint32_t)(pc - code->words - 1);
            sp -= shape->count;
            sp[-1] = gx_call_function_named(vm, sp[-1], shape->names, sp, shape->count);
            vm->code = code;
            if (vm->has_failed)
                return gx_value_null();
            break;
        }
        case GX_OP_CALL_BUILTIN: {
            const gx_builtin_call *call = &code->calls[n];
            vm->word = (uint32_t)(pc - code->words - 1);
            sp -= call->argument_count;
            *sp = gx_call_builtin(vm, call, sp);
            sp++;
            vm->code = code;
            if (vm->has_failed)
                return gx_value_null();
            break;
        }
        case GX_OP_COUNT: return gx_value_null();
        }
    }
}

gx_value gx_vm_run(gx_feel_vm *vm, const gx_code *code, const gx_frame_input *input, const gx_value *locals,
                   uint32_t count)
{
    if (vm->has_failed || !spend(vm, 1 + code->word_count / 4))
        return gx_value_null();
    gx_value *top = vm->top, *end = vm->end;
    gx_stack *stack = vm->stack;
    const gx_code *outer = vm->code;
    uint32_t outer_word = vm->word;
    gx_value *frame = take_frame(vm, code->local_count + code->stack_size + 1);
    if (count)
        memcpy(frame, locals, count * sizeof *frame);
    vm->code = code;
    gx_value answer = loop(vm, code, input, frame);
    vm->code = outer;
    vm->word = outer_word;
    vm->top = top;
    vm->end = end;
    vm->stack = stack;
    return vm->has_failed ? gx_value_null() : answer;
}

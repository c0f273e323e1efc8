/* The entrances of the evaluator (feel/feel.h): each sets up one evaluation and runs it. */
#include "feel/code.h"

enum { STACK = 96 }; /* values on the C stack: enough for nearly every expression without an allocation */

bool gx_feel_run(gx_arena *arena, const gx_feel *feel, const gx_feel_input *input,
                 const gx_feel_budget *budget, gx_value *answer, gx_error *error)
{
    gx_value stack[STACK];
    gx_feel_vm vm;
    gx_vm_begin(&vm, arena, budget, input->notes, error, stack, STACK);
    gx_frame_input in = {.slots = input->slots, .context = input->context, .input = input->input};
    gx_value value = gx_vm_run(&vm, feel->code, &in, NULL, 0);
    if (vm.has_failed)
        return false;
    *answer = value;
    return true;
}

bool gx_feel_evaluate(gx_arena *arena, const gx_feel *feel, gx_value context, const gx_feel_budget *budget,
                      gx_value *answer, gx_error *error)
{
    gx_feel_input input = {.context = context};
    return gx_feel_run(arena, feel, &input, budget, answer, error);
}

bool gx_feel_test(gx_arena *arena, const gx_feel *tests, gx_value input, gx_value context,
                  const gx_feel_budget *budget, gx_value *answer, gx_error *error)
{
    gx_feel_input in = {.context = context, .input = input};
    gx_value value;
    if (!gx_feel_run(arena, tests, &in, budget, &value, error))
        return false;
    *answer = tests->kind == GX_FEEL_UNARY_TESTS ? value : gx_feel_matches(input, value);
    return true;
}

gx_value gx_feel_nested(gx_feel_call *call, const gx_feel *feel, const gx_feel_input *input)
{
    gx_feel_vm *vm = call->vm;
    uint32_t word = feel->code->words[0];
    if (feel->code->word_count == 2 && (gx_op)(word & 0xFF) == GX_OP_GLOBAL && input->slots)
        return input->slots[word >> 8]; /* a name alone, as most inputs of tables are */
    gx_frame_input in = {.slots = input->slots, .context = input->context, .input = input->input};
    if (++vm->depth > vm->budget.depth) {
        vm->depth--;
        return gx_vm_fail(vm, "feel.budget.depth", vm->budget.depth);
    }
    gx_value value = gx_vm_run(vm, feel->code, &in, NULL, 0);
    vm->depth--;
    return value;
}

bool gx_feel_session(gx_arena *arena, const gx_feel_budget *budget, gx_feel_notes *notes,
                     void (*work)(gx_feel_call *call, void *context), void *context, gx_error *error)
{
    gx_value stack[STACK];
    gx_feel_vm vm;
    gx_vm_begin(&vm, arena, budget, notes, error, stack, STACK);
    work(&vm.call, context);
    return !vm.has_failed;
}

const gx_text *gx_feel_names(const gx_feel *feel, size_t *count)
{
    *count = feel->free_count;
    return feel->free_names;
}

bool gx_feel_constant(const gx_feel *feel, gx_value *value)
{
    if (feel->is_constant && value)
        *value = feel->constant;
    return feel->is_constant;
}

gx_text gx_feel_source(const gx_feel *feel)
{
    return feel->source;
}

const gx_feel_test_list *gx_feel_constant_tests(const gx_feel *feel)
{
    return feel->tests;
}

void gx_feel_caret(gx_buffer *buffer, gx_text source, const gx_error *error, gx_place start)
{
    int32_t line = start.line > 0 ? start.line : 1;
    int32_t column =
        line == error->line ? error->column - (start.column > 0 ? start.column : 1) : error->column - 1;
    gx_text rest = source, text = gx_text_cut(source, '\n', &rest);
    while (line < error->line && rest.bytes) {
        text = gx_text_cut(rest, '\n', &rest);
        line++;
    }
    gx_buffer_text(buffer, text);
    gx_buffer_byte(buffer, '\n');
    size_t at = 0;
    for (int32_t i = 0; i < column; i++) {
        bool is_wide = false;
        char blank = ' ';
        if (at < text.size) {
            uint32_t c = gx_utf8_next(text, &at);
            is_wide = c >= 0x1100; /* Chinese characters take two columns of a terminal */
            blank = c == '\t' ? '\t' : ' ';
        }
        gx_buffer_byte(buffer, blank);
        if (is_wide)
            gx_buffer_byte(buffer, ' ');
    }
    gx_buffer_string(buffer, "^\n");
}

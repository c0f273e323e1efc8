#include "bpmn/run.h"

static bool is_fact(const gx_bpmn_facts *facts, gx_text name)
{
    for (size_t i = 0; i < facts->count; i++)
        if (gx_text_starts_with(name, facts->names[i]) &&
            (name.size == facts->names[i].size || name.bytes[facts->names[i].size] == '.'))
            return true;
    return false;
}

bool gx_run_reads_facts(const gx_run *run, const gx_feel *feel)
{
    size_t count = 0;
    const gx_text *names = run->world->facts.count && feel ? gx_feel_names(feel, &count) : NULL;
    for (size_t i = 0; i < count; i++)
        if (is_fact(&run->world->facts, names[i]))
            return true;
    return false;
}

static bool reads(const gx_text *names, size_t count, gx_text variable)
{
    for (size_t i = 0; i < count; i++)
        if (gx_text_starts_with(names[i], variable) &&
            (names[i].size == variable.size || names[i].bytes[variable.size] == '.'))
            return true;
    return false;
}

void gx_run_fetch(gx_run *run, uint32_t scope_key, const gx_feel *reader)
{
    size_t count = 0;
    const gx_text *names = reader ? gx_feel_names(reader, &count) : NULL;
    gx_scope *scope = run->state->kept_count ? gx_state_scope(run->state, scope_key) : NULL;
    for (; scope; scope = scope->parent ? gx_state_scope(run->state, scope->parent) : NULL)
        for (uint32_t i = 0; i < scope->variable_count; i++) {
            gx_variable *variable = &scope->variables[i];
            if (!variable->is_away || (reader && !reads(names, count, variable->name)))
                continue;
            variable->value = gx_state_value(run->arena, run->state, variable);
            variable->is_away = false;
            run->has_context = false;
        }
}

static gx_value context_of(gx_run *run, uint32_t scope_key, bool with_facts)
{
    if (run->has_context && run->context_scope == scope_key && run->context_has_facts >= with_facts)
        return run->context;
    gx_context_builder builder = gx_context_begin(run->arena, 16);
    gx_map seen = gx_map_in(run->arena);
    for (const gx_scope *scope = gx_state_scope(run->state, scope_key); scope;
         scope = scope->parent ? gx_state_scope(run->state, scope->parent) : NULL)
        for (uint32_t i = 0; i < scope->variable_count; i++)
            if (!gx_map_put(&seen, scope->variables[i].name, run))
                gx_context_set(&builder, scope->variables[i].name, scope->variables[i].value);
    gx_value facts = with_facts && run->world->facts.count ? run->world->facts.get(run->world->facts.context)
                                                           : gx_value_null();
    for (uint32_t i = 0; facts.kind == GX_CONTEXT && i < facts.context->count; i++)
        if (!gx_map_get(&seen, facts.context->entries[i].name))
            gx_context_set(&builder, facts.context->entries[i].name, facts.context->entries[i].value);
    run->context = gx_context_end(&builder);
    run->context_scope = scope_key;
    run->has_context = true;
    run->context_has_facts = with_facts;
    return run->context;
}

gx_value gx_run_context(gx_run *run, uint32_t scope, const gx_feel *reader)
{
    if (reader)
        gx_run_fetch(run, scope, reader);
    return context_of(run, scope, gx_run_reads_facts(run, reader));
}

gx_value gx_run_context_with(gx_run *run, uint32_t scope, const gx_feel *reader, gx_value more)
{
    gx_value outer = gx_run_context(run, scope, reader);
    if (more.kind != GX_CONTEXT)
        return outer;
    gx_context_builder builder = gx_context_begin(run->arena, outer.context->count + more.context->count);
    for (uint32_t i = 0; i < outer.context->count; i++)
        gx_context_set(&builder, outer.context->entries[i].name, outer.context->entries[i].value);
    for (uint32_t i = 0; i < more.context->count; i++)
        gx_context_set(&builder, more.context->entries[i].name, more.context->entries[i].value);
    return gx_context_end(&builder);
}

bool gx_run_evaluate_in(gx_run *run, uint32_t token, const gx_feel *feel, gx_value context, gx_value *value)
{
    gx_error error = {0};
    if (gx_feel_evaluate(run->arena, feel, context, run->world->budget, value, &error))
        return true;
    gx_run_incident(run, token, error.code, gx_copy(run->arena, gx_text_of(error.parts[0])));
    return false;
}

bool gx_run_evaluate(gx_run *run, uint32_t token, const gx_feel *feel, gx_value *value)
{
    return gx_run_evaluate_in(run, token, feel,
                              gx_run_context(run, gx_state_token(run->state, token)->scope, feel), value);
}

bool gx_run_expression(gx_run *run, uint32_t token, gx_expression expression, gx_value *value)
{
    *value = expression.text.bytes ? gx_value_text(expression.text) : gx_value_null();
    return !expression.feel || gx_run_evaluate(run, token, expression.feel, value);
}

bool gx_run_text(gx_run *run, uint32_t token, gx_expression expression, gx_text *text)
{
    gx_value value;
    if (!gx_run_expression(run, token, expression, &value))
        return false;
    *text = gx_value_is_null(value) ? (gx_text){NULL, 0} : gx_value_to_text(run->arena, value);
    return true;
}

bool gx_run_condition(gx_run *run, uint32_t token, const gx_feel *feel, bool *holds)
{
    gx_value value;
    if (!gx_run_evaluate(run, token, feel, &value))
        return false;
    *holds = gx_value_is_true(value);
    return true;
}

void gx_run_set(gx_run *run, uint32_t scope_key, gx_text name, gx_value value)
{
    gx_scope *target = NULL, *scope = gx_state_scope(run->state, scope_key);
    for (; scope; scope = scope->parent ? gx_state_scope(run->state, scope->parent) : NULL) {
        if (gx_scope_find(scope, name)) {
            target = scope;
            break;
        }
        bool is_turn = scope->is_instance && gx_run_node(run, scope->node)->loop == GX_LOOP_STANDARD;
        if (scope->is_instance && !is_turn && !target) /* the turns of a loop share their variables */
            target = scope;
    }
    if (!target)
        target = &run->state->scopes[0];
    gx_scope_set(run->arena, target, name, value);
    run->has_context = false;
    run->conditions_may_have_changed = true;
}

void gx_run_set_all(gx_run *run, uint32_t scope, gx_value context)
{
    for (uint32_t i = 0; context.kind == GX_CONTEXT && i < context.context->count; i++)
        gx_run_set(run, scope, context.context->entries[i].name, context.context->entries[i].value);
}

bool gx_run_inputs(gx_run *run, uint32_t token, gx_value *inputs)
{
    const gx_bpmn_node *node = gx_run_node(run, gx_state_token(run->state, token)->node);
    if (node->input_count == 0) {
        gx_run_fetch(run, gx_state_token(run->state, token)->scope, NULL);
        *inputs = context_of(run, gx_state_token(run->state, token)->scope, true);
        return true;
    }
    gx_context_builder builder = gx_context_begin(run->arena, node->input_count);
    for (uint32_t i = 0; i < node->input_count; i++) {
        gx_value value;
        if (!gx_run_expression(run, token, node->inputs[i].value, &value))
            return false;
        gx_context_set(&builder, node->inputs[i].name, value);
    }
    *inputs = gx_context_end(&builder);
    return true;
}

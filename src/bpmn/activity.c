#include "bpmn/run.h"
#include "base/limits.h"

uint32_t gx_run_open_scope(gx_run *run, uint32_t node_index, uint32_t parent, uint32_t owner)
{
    gx_scope *scope = gx_state_add_scope(run->arena, run->state);
    *scope = (gx_scope){.key = run->state->next_key++, .node = node_index, .parent = parent, .owner = owner};
    uint32_t key = scope->key;
    const gx_bpmn_node *node = gx_run_node(run, node_index);
    for (uint32_t i = 0; i < node->event_sub_count; i++) {
        const gx_bpmn_node *sub = gx_run_node(run, node->event_subs[i]);
        for (uint32_t s = 0; s < sub->start_count; s++) {
            gx_trigger trigger = gx_run_node(run, sub->starts[s])->trigger;
            if (trigger != GX_TRIGGER_ERROR && trigger != GX_TRIGGER_ESCALATION) /* those two are looked for when thrown */
                gx_run_wait(run, sub->starts[s], 0, key);
        }
    }
    return key;
}

/* Where a scope begins: at the named start event; else at plain start events; else, without start events, at all nodes that nothing leads to. */
void gx_run_start_scope(gx_run *run, uint32_t scope, gx_text start_event)
{
    const gx_bpmn_node *node = gx_run_node(run, gx_state_scope(run->state, scope)->node);
    for (uint32_t i = 0; i < node->start_count; i++) {
        const gx_bpmn_node *start = gx_run_node(run, node->starts[i]);
        bool is_meant = start_event.size ? gx_text_equal(start->id, start_event)
                                         : start->kind != GX_NODE_START || start->trigger == GX_TRIGGER_NONE || node->start_count == 1;
        if (is_meant)
            gx_run_place(run, node->starts[i], scope, GX_NO_INDEX);
    }
    gx_run_check_scope(run, scope); /* an empty sub-process ends at once */
}

static void listen_at_boundary(gx_run *run, uint32_t key)
{
    const gx_bpmn_node *node = gx_run_node(run, gx_state_token(run->state, key)->node);
    for (uint32_t i = 0; i < node->boundary_count; i++) {
        gx_trigger trigger = gx_run_node(run, node->boundaries[i])->trigger;
        if (trigger != GX_TRIGGER_ERROR && trigger != GX_TRIGGER_ESCALATION)
            gx_run_wait(run, node->boundaries[i], key, 0);
    }
}

static bool create_task(gx_run *run, uint32_t key)
{
    uint32_t node_index = gx_state_token(run->state, key)->node;
    const gx_bpmn_node *node = gx_run_node(run, node_index);
    gx_text role, department, assignee, form, due_text;
    gx_value priority, inputs = gx_value_null();
    gx_instant due = INT64_MAX;
    if (!gx_run_text(run, key, node->role, &role) || !gx_run_text(run, key, node->department, &department) ||
        !gx_run_text(run, key, node->assignee, &assignee) || !gx_run_text(run, key, node->form, &form) ||
        !gx_run_text(run, key, node->due, &due_text) || !gx_run_expression(run, key, node->priority, &priority) ||
        (node->input_count && !gx_run_inputs(run, key, &inputs)))
        return false;
    int64_t repeats;
    if (due_text.bytes && !gx_bpmn_timer_due(due_text, GX_TIMER_DURATION, run->world->now, run->world->calendar, &due, &repeats)) {
        gx_run_incident(run, key, "bpmn.run.timer", due_text);
        return false;
    }
    gx_effect *effect = gx_run_effect(run, GX_EFFECT_CREATE_TASK, key, node_index);
    effect->text1 = role;
    effect->text2 = department;
    effect->text3 = assignee;
    effect->form = form;
    effect->due = due;
    effect->value = inputs;
    if (!gx_value_to_int(priority, &effect->priority) && priority.kind == GX_STRING)
        gx_text_to_int(gx_value_as_text(priority), &effect->priority);
    return true;
}

/* An effect that hands work out with a name and inputs. */
static bool hand_out(gx_run *run, uint32_t key, gx_effect_kind kind, gx_expression what)
{
    gx_text name;
    gx_value inputs;
    if (!gx_run_text(run, key, what, &name) || !gx_run_inputs(run, key, &inputs))
        return false;
    gx_effect *effect = gx_run_effect(run, kind, key, gx_state_token(run->state, key)->node);
    effect->text1 = name;
    effect->value = inputs;
    return true;
}

static void run_script(gx_run *run, uint32_t key)
{
    gx_value value;
    if (gx_run_evaluate(run, key, gx_run_node(run, gx_state_token(run->state, key)->node)->script, &value))
        gx_run_complete(run, key, value);
}

static void send(gx_run *run, uint32_t key)
{
    const gx_bpmn_node *node = gx_run_node(run, gx_state_token(run->state, key)->node);
    gx_text correlation;
    gx_value variables;
    if (!gx_run_text(run, key, node->correlation, &correlation) || !gx_run_inputs(run, key, &variables))
        return;
    gx_effect *effect = gx_run_effect(run, GX_EFFECT_THROW_MESSAGE, key, gx_state_token(run->state, key)->node);
    effect->text1 = node->event_name;
    effect->text2 = correlation;
    effect->value = node->input_count ? variables : gx_value_null();
    gx_run_complete(run, key, gx_value_null());
}

static void begin_once(gx_run *run, uint32_t key)
{
    gx_token *token = gx_state_token(run->state, key);
    const gx_bpmn_node *node = gx_run_node(run, token->node);
    uint32_t node_index = token->node, scope = token->scope;
    token->phase = GX_TOKEN_WAITING;
    switch (node->kind) {
    case GX_NODE_USER_TASK: create_task(run, key); return;
    case GX_NODE_SERVICE_TASK: hand_out(run, key, GX_EFFECT_START_JOB, (gx_expression){.text = node->skill}); return;
    case GX_NODE_SEND_TASK:
        if (node->skill.size)
            hand_out(run, key, GX_EFFECT_START_JOB, (gx_expression){.text = node->skill});
        else
            send(run, key);
        return;
    case GX_NODE_RULE_TASK: hand_out(run, key, GX_EFFECT_CALL_DECISION, node->called); return;
    case GX_NODE_CALL: hand_out(run, key, GX_EFFECT_CALL_PROCESS, node->called); return;
    case GX_NODE_RECEIVE_TASK: gx_run_wait(run, node_index, key, 0); return;
    case GX_NODE_SCRIPT_TASK: run_script(run, key); return;
    case GX_NODE_SUB_PROCESS: {
        token->phase = GX_TOKEN_SCOPE;
        uint32_t inner = gx_run_open_scope(run, node_index, scope, key);
        gx_run_start_scope(run, inner, (gx_text){NULL, 0});
        return;
    }
    default: gx_run_complete(run, key, gx_value_null()); return;
    }
}

/* ---- Multi-instance (BPMN 2.0.2, 13.3.7) ---- */

static void start_instance(gx_run *run, uint32_t key)
{
    gx_multi *multi = gx_state_multi(run->state, key);
    gx_token *outer = gx_state_token(run->state, key);
    const gx_bpmn_node *node = gx_run_node(run, outer->node);
    uint32_t node_index = outer->node, parent = outer->scope, index = multi->started++;
    gx_value item = multi->items.kind == GX_LIST ? multi->items.items[index] : gx_value_int(index + 1);
    gx_scope *scope = gx_state_add_scope(run->arena, run->state);
    *scope = (gx_scope){.key = run->state->next_key++, .node = node_index, .parent = parent, .owner = key, .is_instance = true};
    gx_scope_set(run->arena, scope, GX_TEXT("loopCounter"), gx_value_int(index + 1));
    if (node->item_name.size)
        gx_scope_set(run->arena, scope, node->item_name, item);
    run->has_context = false;
    uint32_t inner = gx_run_place(run, node_index, scope->key, GX_NO_INDEX);
    gx_state_token(run->state, inner)->is_instance = true;
}

static void finish_multi(gx_run *run, uint32_t key)
{
    gx_multi *multi = gx_state_multi(run->state, key);
    const gx_bpmn_node *node = gx_run_node(run, gx_state_token(run->state, key)->node);
    gx_value results = gx_value_list(multi->results, multi->total);
    *multi = run->state->multis[--run->state->multi_count];
    if (node->results_name.size)
        gx_run_set(run, gx_state_token(run->state, key)->scope, node->results_name, results);
    gx_run_complete(run, key, gx_value_null());
}

static void start_multi(gx_run *run, uint32_t key)
{
    gx_token *token = gx_state_token(run->state, key);
    const gx_bpmn_node *node = gx_run_node(run, token->node);
    gx_value items;
    int64_t total = -1;
    bool is_evaluated = node->cardinality ? gx_run_evaluate(run, key, node->cardinality, &items)
                                          : gx_run_expression(run, key, node->collection, &items);
    if (!is_evaluated)
        return;
    if (items.kind == GX_LIST && !node->cardinality)
        total = items.size;
    else if (gx_value_is_null(items) && !node->cardinality)
        total = 0;
    else if (!gx_value_to_int(items, &total) || !node->cardinality)
        total = -1;
    if (total < 0 || total > GX_LIMIT_TOKENS) {
        gx_run_incident(run, key, "bpmn.run.instances", gx_value_to_text(run->arena, items));
        return;
    }
    token->phase = GX_TOKEN_SCOPE;
    gx_multi *multi = gx_state_add_multi(run->arena, run->state);
    *multi = (gx_multi){.token = key, .total = (uint32_t)total, .items = node->cardinality ? gx_value_null() : items};
    multi->results = GX_NEW_ARRAY(run->arena, gx_value, (size_t)total);
    if (total == 0) {
        finish_multi(run, key);
        return;
    }
    uint32_t at_once = node->loop == GX_LOOP_PARALLEL ? (uint32_t)total : 1;
    for (uint32_t i = 0; i < at_once; i++)
        start_instance(run, key);
}

/* What an instance leaves: the variable gx:result names, else all that was set inside it. */
static gx_value result_of(gx_run *run, const gx_scope *scope, const gx_bpmn_node *node)
{
    gx_value value;
    if (node->result_name.size)
        return gx_scope_get(scope, node->result_name, &value) ? value : gx_value_null();
    gx_context_builder builder = gx_context_begin(run->arena, scope->variable_count);
    for (uint32_t i = 0; i < scope->variable_count; i++)
        if (!gx_text_equal(scope->variables[i].name, GX_TEXT("loopCounter")))
            gx_context_set(&builder, scope->variables[i].name, scope->variables[i].value);
    return gx_context_end(&builder);
}

static bool is_complete_early(gx_run *run, uint32_t key, bool *is_complete)
{
    const gx_multi *multi = gx_state_multi(run->state, key);
    const gx_token *token = gx_state_token(run->state, key);
    const gx_bpmn_node *node = gx_run_node(run, token->node);
    *is_complete = false;
    if (!node->completion)
        return true;
    gx_context_builder builder = gx_context_begin(run->arena, 16);
    gx_value outer = gx_run_context(run, token->scope);
    for (uint32_t i = 0; i < outer.context->count; i++)
        gx_context_set(&builder, outer.context->entries[i].name, outer.context->entries[i].value);
    gx_list_builder done = gx_list_begin(run->arena, multi->done);
    for (uint32_t i = 0; i < multi->total; i++)
        if (!gx_value_is_null(multi->results[i]))
            gx_list_add(&done, multi->results[i]);
    gx_context_set(&builder, GX_TEXT("nrOfInstances"), gx_value_int(multi->total));
    gx_context_set(&builder, GX_TEXT("nrOfCompletedInstances"), gx_value_int(multi->done));
    gx_context_set(&builder, GX_TEXT("nrOfActiveInstances"), gx_value_int(multi->started - multi->done));
    gx_context_set(&builder, GX_TEXT("results"), gx_list_end(&done));
    gx_value answer;
    gx_error error = {0};
    if (!gx_feel_evaluate(run->arena, node->completion, gx_context_end(&builder), run->world->budget, &answer, &error)) {
        gx_run_incident(run, key, error.code, gx_copy(run->arena, gx_text_of(error.parts[0])));
        return false;
    }
    *is_complete = gx_value_is_true(answer);
    return true;
}

void gx_run_instance_done(gx_run *run, uint32_t scope_key, gx_value variables)
{
    (void)variables;
    gx_scope *scope = gx_state_scope(run->state, scope_key);
    uint32_t key = scope->owner;
    gx_multi *multi = gx_state_multi(run->state, key);
    const gx_bpmn_node *node = gx_run_node(run, scope->node);
    gx_value counter = gx_value_null();
    int64_t index = 0;
    gx_scope_get(scope, GX_TEXT("loopCounter"), &counter);
    if (gx_value_to_int(counter, &index) && index >= 1 && index <= multi->total)
        multi->results[index - 1] = result_of(run, scope, node);
    gx_run_close_scope(run, scope_key);
    multi->done++;
    bool is_complete;
    if (!is_complete_early(run, key, &is_complete))
        return;
    if (is_complete) {
        for (uint32_t i = run->state->scope_count; i-- > 0;)
            if (i < run->state->scope_count && run->state->scopes[i].owner == key) {
                uint32_t other = run->state->scopes[i].key;
                gx_run_cancel_tokens_of(run, other);
                gx_run_close_scope(run, other);
            }
        finish_multi(run, key);
    } else if (multi->done == multi->total) {
        finish_multi(run, key);
    } else if (node->loop == GX_LOOP_SEQUENTIAL) {
        start_instance(run, key);
    }
}

void gx_run_begin_activity(gx_run *run, uint32_t key)
{
    const gx_token *token = gx_state_token(run->state, key);
    const gx_bpmn_node *node = gx_run_node(run, token->node);
    bool is_multi = node->loop != GX_LOOP_NONE && !token->is_instance;
    if (!token->is_instance) {
        listen_at_boundary(run, key);
        if (!gx_state_token(run->state, key) || gx_state_token(run->state, key)->phase == GX_TOKEN_INCIDENT)
            return;
    }
    if (is_multi)
        start_multi(run, key);
    else
        begin_once(run, key);
}

/* Outputs see the work's own variables before all others, and all of them as `result`. */
static bool set_outputs(gx_run *run, uint32_t key, const gx_bpmn_node *node, gx_value variables)
{
    uint32_t scope = gx_state_token(run->state, key)->scope;
    gx_value outer = gx_run_context(run, scope);
    gx_context_builder builder = gx_context_begin(run->arena, 16);
    for (uint32_t i = 0; i < outer.context->count; i++)
        gx_context_set(&builder, outer.context->entries[i].name, outer.context->entries[i].value);
    for (uint32_t i = 0; variables.kind == GX_CONTEXT && i < variables.context->count; i++)
        gx_context_set(&builder, variables.context->entries[i].name, variables.context->entries[i].value);
    gx_context_set(&builder, GX_TEXT("result"), variables);
    gx_value context = gx_context_end(&builder);
    for (uint32_t i = 0; i < node->output_count; i++) {
        gx_value value = node->outputs[i].value.text.bytes ? gx_value_text(node->outputs[i].value.text) : gx_value_null();
        gx_error error = {0};
        if (node->outputs[i].value.feel &&
            !gx_feel_evaluate(run->arena, node->outputs[i].value.feel, context, run->world->budget, &value, &error)) {
            gx_run_incident(run, key, error.code, gx_copy(run->arena, gx_text_of(error.parts[0])));
            return false;
        }
        gx_run_set(run, scope, node->outputs[i].name, value);
    }
    return true;
}

void gx_run_complete(gx_run *run, uint32_t key, gx_value variables)
{
    gx_token *token = gx_state_token(run->state, key);
    const gx_bpmn_node *node = gx_run_node(run, token->node);
    uint32_t scope = token->scope;
    bool is_outer_of_multi = node->loop != GX_LOOP_NONE && !token->is_instance;
    if (!is_outer_of_multi) {
        if (node->result_name.size && node->kind != GX_NODE_SUB_PROCESS)
            gx_run_set(run, scope, node->result_name, variables);
        if (node->output_count) {
            if (!set_outputs(run, key, node, variables))
                return;
        } else if (!node->result_name.size && node->kind != GX_NODE_CALL) {
            gx_run_set_all(run, scope, variables);
        }
    }
    if (token->is_instance) {
        gx_run_remove_token(run, key);
        gx_run_instance_done(run, scope, variables);
        return;
    }
    gx_run_close_waits_of_token(run, key);
    gx_run_leave(run, key);
}

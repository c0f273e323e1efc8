#include "bpmn/run.h"
#include "base/limits.h"

#include <string.h>

/* ---- Waits ---- */

static bool arm_timer(gx_run *run, uint32_t token, const gx_bpmn_node *node, gx_wait *wait, gx_text *definition)
{
    gx_value value = gx_value_null();
    gx_error error = {0};
    uint32_t scope = token ? gx_state_token(run->state, token)->scope : wait->scope;
    if (node->timer.feel) {
        if (!gx_feel_evaluate(run->arena, node->timer.feel, gx_run_context(run, scope), run->world->budget, &value, &error))
            return false;
        *definition = gx_value_to_text(run->arena, value);
    } else {
        *definition = node->timer.text;
    }
    wait->repeats = 0;
    return gx_bpmn_timer_due(*definition, node->timer_kind, run->world->now, run->world->calendar, &wait->due, &wait->repeats);
}

void gx_run_wait(gx_run *run, uint32_t node_index, uint32_t token, uint32_t scope)
{
    const gx_bpmn_node *node = gx_run_node(run, node_index);
    gx_wait wait = {.key = run->state->next_key++, .node = node_index, .token = token, .scope = scope, .due = INT64_MAX};
    gx_text definition = {NULL, 0};
    if (node->trigger == GX_TRIGGER_TIMER && !arm_timer(run, token, node, &wait, &definition)) {
        uint32_t culprit = token ? token : gx_state_scope(run->state, scope)->owner;
        if (culprit)
            gx_run_incident(run, culprit, "bpmn.run.timer", definition.bytes ? definition : node->id);
        else
            gx_run_effect(run, GX_EFFECT_INCIDENT, 0, node_index)->text1 = GX_TEXT("bpmn.run.timer");
        return;
    }
    *gx_state_add_wait(run->arena, run->state) = wait;
    gx_effect *effect;
    switch (node->trigger) {
    case GX_TRIGGER_TIMER:
        effect = gx_run_effect(run, GX_EFFECT_ARM_TIMER, wait.key, node_index);
        effect->due = wait.due;
        effect->text1 = definition;
        return;
    case GX_TRIGGER_SIGNAL:
        gx_run_effect(run, GX_EFFECT_SUBSCRIBE_SIGNAL, wait.key, node_index)->text1 = node->event_name;
        return;
    case GX_TRIGGER_CONDITION: run->conditions_may_have_changed = true; return;
    default: break;
    }
    gx_text correlation = {NULL, 0};
    if (token && !gx_run_text(run, token, node->correlation, &correlation))
        return;
    effect = gx_run_effect(run, GX_EFFECT_SUBSCRIBE, wait.key, node_index);
    effect->text1 = node->event_name;
    effect->text2 = correlation;
}

static void close_wait(gx_run *run, uint32_t index)
{
    gx_wait wait = run->state->waits[index];
    gx_trigger trigger = gx_run_node(run, wait.node)->trigger;
    if (trigger == GX_TRIGGER_TIMER)
        gx_run_effect(run, GX_EFFECT_DISARM_TIMER, wait.key, wait.node);
    else if (trigger != GX_TRIGGER_CONDITION)
        gx_run_effect(run, GX_EFFECT_UNSUBSCRIBE, wait.key, wait.node);
    uint32_t behind = run->state->wait_count - index - 1;
    memmove(&run->state->waits[index], &run->state->waits[index + 1], behind * sizeof *run->state->waits);
    run->state->wait_count--;
}

void gx_run_close_waits_of_token(gx_run *run, uint32_t token)
{
    for (uint32_t i = run->state->wait_count; i-- > 0;)
        if (run->state->waits[i].token == token)
            close_wait(run, i);
}

static void close_waits_of_scope(gx_run *run, uint32_t scope)
{
    for (uint32_t i = run->state->wait_count; i-- > 0;)
        if (run->state->waits[i].token == 0 && run->state->waits[i].scope == scope)
            close_wait(run, i);
}

/* ---- Cancelling ---- */

void gx_run_close_scope(gx_run *run, uint32_t key)
{
    close_waits_of_scope(run, key);
    gx_scope *scope = gx_state_scope(run->state, key);
    size_t behind = (size_t)(run->state->scopes + run->state->scope_count - (scope + 1));
    memmove(scope, scope + 1, behind * sizeof *scope);
    run->state->scope_count--;
    run->has_context = false;
}

void gx_run_cancel_tokens_of(gx_run *run, uint32_t scope)
{
    for (uint32_t i = run->state->token_count; i-- > 0;) /* newest first */
        if (i < run->state->token_count && run->state->tokens[i].scope == scope)
            gx_run_cancel_token(run, run->state->tokens[i].key);
}

void gx_run_cancel_token(gx_run *run, uint32_t key)
{
    gx_token token = *gx_state_token(run->state, key);
    gx_run_close_waits_of_token(run, key);
    for (uint32_t i = run->state->scope_count; i-- > 0;) {
        if (i >= run->state->scope_count || run->state->scopes[i].owner != key || key == 0)
            continue;
        uint32_t scope = run->state->scopes[i].key;
        gx_run_cancel_tokens_of(run, scope);
        gx_run_close_scope(run, scope);
    }
    gx_multi *multi = gx_state_multi(run->state, key);
    if (multi)
        *multi = run->state->multis[--run->state->multi_count];
    if (token.phase == GX_TOKEN_WAITING) {
        switch (gx_run_node(run, token.node)->kind) {
        case GX_NODE_USER_TASK: gx_run_effect(run, GX_EFFECT_CANCEL_TASK, key, token.node); break;
        case GX_NODE_SERVICE_TASK: case GX_NODE_SEND_TASK: gx_run_effect(run, GX_EFFECT_CANCEL_JOB, key, token.node); break;
        case GX_NODE_CALL: gx_run_effect(run, GX_EFFECT_CANCEL_CALL, key, token.node); break;
        default: break;
        }
    }
    gx_run_event(run, "cancel", token.node, GX_NO_INDEX);
    gx_run_remove_token(run, key);
}

void gx_run_end(gx_run *run, gx_text error_code, gx_text reason)
{
    gx_value variables = gx_state_variables(run->arena, run->state);
    gx_run_cancel_tokens_of(run, run->state->scopes[0].key);
    close_waits_of_scope(run, run->state->scopes[0].key);
    run->state->has_ended = true;
    gx_effect *effect = gx_run_effect(run, GX_EFFECT_ENDED, 0, 0);
    effect->value = variables;
    effect->text1 = error_code;
    effect->text2 = reason;
}

/* ---- Firing ---- */

static void fire_boundary(gx_run *run, uint32_t boundary, uint32_t token_key)
{
    uint32_t scope = gx_state_token(run->state, token_key)->scope;
    gx_run_event(run, "fire", boundary, GX_NO_INDEX);
    if (gx_run_node(run, boundary)->is_interrupting)
        gx_run_cancel_token(run, token_key);
    gx_run_place(run, boundary, scope, GX_NO_INDEX);
}

static void fire_event_sub_process(gx_run *run, uint32_t start, uint32_t scope)
{
    const gx_bpmn_node *node = gx_run_node(run, start);
    gx_run_event(run, "fire", start, GX_NO_INDEX);
    if (node->is_interrupting) {
        gx_run_cancel_tokens_of(run, scope);
        close_waits_of_scope(run, scope);
    }
    gx_token *token = gx_state_add_token(run->arena, run->state);
    *token = (gx_token){.key = run->state->next_key++, .node = node->parent, .scope = scope, .flow = GX_NO_INDEX, .phase = GX_TOKEN_SCOPE};
    uint32_t owner = token->key;
    gx_run_event(run, "enter", node->parent, GX_NO_INDEX);
    uint32_t inner = gx_run_open_scope(run, node->parent, scope, owner);
    gx_run_place(run, start, inner, GX_NO_INDEX);
}

/* A cycle that is not used up is armed again, counted from when it was due, so that it does not drift. */
static bool rearm(gx_run *run, gx_wait *wait)
{
    const gx_bpmn_node *node = gx_run_node(run, wait->node);
    bool goes_on = node->kind == GX_NODE_BOUNDARY || node->kind == GX_NODE_START;
    if (node->timer_kind != GX_TIMER_CYCLE || node->is_interrupting || !goes_on || wait->repeats == 0)
        return false;
    gx_text definition = node->timer.text;
    gx_value value;
    uint32_t scope = wait->token ? gx_state_token(run->state, wait->token)->scope : wait->scope;
    if (node->timer.feel && gx_feel_evaluate(run->arena, node->timer.feel, gx_run_context(run, scope), run->world->budget, &value, NULL))
        definition = gx_value_to_text(run->arena, value);
    int64_t unused;
    if (!gx_bpmn_timer_due(definition, GX_TIMER_CYCLE, wait->due, run->world->calendar, &wait->due, &unused))
        return false;
    wait->repeats -= wait->repeats > 0;
    gx_effect *effect = gx_run_effect(run, GX_EFFECT_ARM_TIMER, wait->key, wait->node);
    effect->due = wait->due;
    effect->text1 = definition;
    return true;
}

void gx_run_fire(gx_run *run, uint32_t wait_key, gx_value variables)
{
    gx_wait *found = gx_state_wait(run->state, wait_key);
    gx_wait wait = *found;
    const gx_bpmn_node *node = gx_run_node(run, wait.node);
    bool stays = node->trigger == GX_TRIGGER_TIMER ? rearm(run, found)
                                                   : !node->is_interrupting && (node->kind == GX_NODE_BOUNDARY || node->kind == GX_NODE_START);
    if (!stays) {
        uint32_t index = (uint32_t)(gx_state_wait(run->state, wait_key) - run->state->waits);
        close_wait(run, index);
    }
    uint32_t scope = wait.token ? gx_state_token(run->state, wait.token)->scope : wait.scope;
    if (node->kind == GX_NODE_BOUNDARY) {
        gx_run_set_all(run, scope, variables);
        fire_boundary(run, wait.node, wait.token);
    } else if (node->kind == GX_NODE_START) {
        gx_run_set_all(run, scope, variables);
        fire_event_sub_process(run, wait.node, scope);
    } else {
        gx_run_close_waits_of_token(run, wait.token); /* the other events of an event-based gateway */
        gx_token *token = gx_state_token(run->state, wait.token);
        if (token->node != wait.node) {
            gx_run_event(run, "leave", token->node, GX_NO_INDEX);
            gx_run_event(run, "enter", wait.node, GX_NO_INDEX);
            token->node = wait.node;
        }
        gx_run_complete(run, wait.token, variables);
    }
}

void gx_run_broadcast(gx_run *run, gx_text signal, gx_value variables)
{
    uint32_t count = run->state->wait_count;
    uint32_t *keys = GX_NEW_ARRAY(run->arena, uint32_t, count); /* who waits now; what firing adds is not meant */
    uint32_t found = 0;
    for (uint32_t i = 0; i < count; i++) {
        const gx_bpmn_node *node = gx_run_node(run, run->state->waits[i].node);
        if (node->trigger == GX_TRIGGER_SIGNAL && gx_text_equal(node->event_name, signal))
            keys[found++] = run->state->waits[i].key;
    }
    for (uint32_t i = 0; i < found; i++)
        if (gx_state_wait(run->state, keys[i]))
            gx_run_fire(run, keys[i], variables);
}

bool gx_run_check_conditions(gx_run *run)
{
    if (!run->conditions_may_have_changed)
        return false;
    run->conditions_may_have_changed = false;
    for (uint32_t i = 0; i < run->state->wait_count; i++) {
        gx_wait *wait = &run->state->waits[i];
        const gx_bpmn_node *node = gx_run_node(run, wait->node);
        if (node->trigger != GX_TRIGGER_CONDITION)
            continue;
        uint32_t scope = wait->token ? gx_state_token(run->state, wait->token)->scope : wait->scope;
        gx_value answer = gx_value_null();
        gx_feel_evaluate(run->arena, node->condition, gx_run_context(run, scope), run->world->budget, &answer, NULL);
        bool was_met = wait->is_met;
        wait->is_met = gx_value_is_true(answer);
        if (wait->is_met && !was_met) {
            run->conditions_may_have_changed = true;
            gx_run_fire(run, wait->key, gx_value_null());
            return true;
        }
    }
    return false;
}

/* ---- Errors and escalations ---- */

static bool catches(const gx_bpmn_node *node, gx_trigger trigger, gx_text code)
{
    return node->trigger == trigger && (node->event_name.size == 0 || gx_text_equal(node->event_name, code));
}

static bool catch_in_scope(gx_run *run, uint32_t scope_key, gx_trigger trigger, gx_text code)
{
    const gx_bpmn_node *scope_node = gx_run_node(run, gx_state_scope(run->state, scope_key)->node);
    if (gx_state_scope(run->state, scope_key)->is_instance)
        return false;
    for (uint32_t i = 0; i < scope_node->event_sub_count; i++) {
        const gx_bpmn_node *sub = gx_run_node(run, scope_node->event_subs[i]);
        for (uint32_t s = 0; s < sub->start_count; s++) {
            if (!catches(gx_run_node(run, sub->starts[s]), trigger, code))
                continue;
            fire_event_sub_process(run, sub->starts[s], scope_key);
            return true;
        }
    }
    return false;
}

/* From the inside out: the boundary of the thrower, the event sub-processes of its scope, then the same for the activity that owns the scope. An
 * event sub-process does not catch what is thrown inside event sub-processes beside it. */
bool gx_run_raise(gx_run *run, uint32_t key, gx_trigger trigger, gx_text code)
{
    for (;;) {
        gx_token token = *gx_state_token(run->state, key);
        const gx_bpmn_node *node = gx_run_node(run, token.node);
        for (uint32_t i = 0; i < node->boundary_count && !token.is_instance; i++) {
            if (!catches(gx_run_node(run, node->boundaries[i]), trigger, code))
                continue;
            fire_boundary(run, node->boundaries[i], key);
            return true;
        }
        if (node->kind != GX_NODE_EVENT_SUB_PROCESS && catch_in_scope(run, token.scope, trigger, code))
            return true;
        key = gx_state_scope(run->state, token.scope)->owner;
        if (key == 0)
            return false;
    }
}

#include "bpmn/run.h"
#include "base/limits.h"

#include <string.h>

/* ---- Waits ---- */

/* What a wait waits for. */
static const gx_event *event_of(const gx_run *run, const gx_wait *wait)
{
    return &gx_run_node(run, wait->node)->events[wait->event];
}

static uint32_t scope_of(const gx_run *run, const gx_wait *wait)
{
    return wait->token ? gx_state_token(run->state, wait->token)->scope : wait->scope;
}

static bool arm_timer(gx_run *run, const gx_event *event, gx_wait *wait, gx_text *definition)
{
    gx_value value = gx_value_null();
    gx_error error = {0};
    if (event->timer.feel) {
        if (!gx_feel_evaluate(run->arena, event->timer.feel,
                              gx_run_context(run, scope_of(run, wait), event->timer.feel), run->world->budget,
                              &value, &error))
            return false;
        *definition = gx_value_to_text(run->arena, value);
    } else {
        *definition = event->timer.text;
    }
    wait->repeats = 0;
    return gx_bpmn_timer_due(*definition, event->timer_kind, run->world->now, run->world->calendar,
                             &wait->due, &wait->repeats);
}

/* False: an incident. */
static bool wait_for(gx_run *run, gx_wait wait)
{
    const gx_event *event = event_of(run, &wait);
    gx_text definition = {NULL, 0}, correlation = {NULL, 0};
    if (event->trigger == GX_TRIGGER_TIMER && !arm_timer(run, event, &wait, &definition)) {
        uint32_t culprit = wait.token ? wait.token : gx_state_scope(run->state, wait.scope)->owner;
        if (culprit)
            gx_run_incident(run, culprit, "bpmn.run.timer",
                            definition.bytes ? definition : gx_run_node(run, wait.node)->id);
        else
            gx_run_effect(run, GX_EFFECT_INCIDENT, 0, wait.node)->text1 = GX_TEXT("bpmn.run.timer");
        return false;
    }
    if (wait.token && event->trigger == GX_TRIGGER_MESSAGE &&
        !gx_run_text(run, wait.token, event->correlation, &correlation))
        return false;
    *gx_state_add_wait(run->arena, run->state) = wait;
    gx_effect *effect;
    switch (event->trigger) {
    case GX_TRIGGER_TIMER:
        effect = gx_run_effect(run, GX_EFFECT_ARM_TIMER, wait.key, wait.node);
        effect->due = wait.due;
        effect->text1 = definition;
        break;
    case GX_TRIGGER_SIGNAL:
        gx_run_effect(run, GX_EFFECT_SUBSCRIBE_SIGNAL, wait.key, wait.node)->text1 = event->name;
        break;
    case GX_TRIGGER_CONDITION: run->conditions_may_have_changed = true; break;
    default:
        effect = gx_run_effect(run, GX_EFFECT_SUBSCRIBE, wait.key, wait.node);
        effect->text1 = event->name;
        effect->text2 = correlation;
        break;
    }
    return true;
}

/* Errors, escalations, compensations and cancels are looked for when they are thrown. */
static bool is_waited_for(gx_trigger trigger)
{
    return trigger == GX_TRIGGER_MESSAGE || trigger == GX_TRIGGER_TIMER || trigger == GX_TRIGGER_SIGNAL ||
           trigger == GX_TRIGGER_CONDITION;
}

void gx_run_wait(gx_run *run, uint32_t node_index, uint32_t token, uint32_t scope)
{
    const gx_bpmn_node *node = gx_run_node(run, node_index);
    for (uint32_t i = 0; i < node->event_count; i++) {
        if (!is_waited_for(node->events[i].trigger))
            continue;
        gx_wait wait = {.key = run->state->next_key++,
                        .node = node_index,
                        .event = i,
                        .token = token,
                        .scope = scope,
                        .due = INT64_MAX};
        if (!wait_for(run, wait))
            return;
    }
}

static void close_wait(gx_run *run, uint32_t index)
{
    gx_wait wait = run->state->waits[index];
    gx_trigger trigger = event_of(run, &wait)->trigger;
    if (trigger == GX_TRIGGER_TIMER)
        gx_run_effect(run, GX_EFFECT_DISARM_TIMER, wait.key, wait.node);
    else if (trigger != GX_TRIGGER_CONDITION)
        gx_run_effect(run, GX_EFFECT_UNSUBSCRIBE, wait.key, wait.node);
    uint32_t behind = run->state->wait_count - index - 1;
    memmove(&run->state->waits[index], &run->state->waits[index + 1], behind * sizeof *run->state->waits);
    run->state->wait_count--;
}

/* Another wait for an event of the same node on behalf of the same token or scope. */
static bool is_beside(const gx_wait *a, const gx_wait *b)
{
    return a->node == b->node && a->token == b->token && a->scope == b->scope;
}

static uint32_t find_beside(const gx_run *run, const gx_wait *wait)
{
    for (uint32_t i = 0; i < run->state->wait_count; i++)
        if (is_beside(&run->state->waits[i], wait))
            return i;
    return GX_NO_INDEX;
}

void gx_run_close_waits_of_token(gx_run *run, uint32_t token)
{
    for (uint32_t i = run->state->wait_count; i-- > 0;)
        if (run->state->waits[i].token == token)
            close_wait(run, i);
}

void gx_run_close_waits_of_scope(gx_run *run, uint32_t scope)
{
    for (uint32_t i = run->state->wait_count; i-- > 0;)
        if (run->state->waits[i].token == 0 && run->state->waits[i].scope == scope)
            close_wait(run, i);
}

/* ---- Cancelling ---- */

void gx_run_close_scope(gx_run *run, uint32_t key)
{
    gx_run_close_waits_of_scope(run, key);
    gx_run_forget(run, key);
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
    gx_run_forget_multi(run, key);
    gx_run_stop_undoing(run, key);
    if (token.phase == GX_TOKEN_WAITING) {
        switch (gx_run_node(run, token.node)->kind) {
        case GX_NODE_USER_TASK: gx_run_effect(run, GX_EFFECT_CANCEL_TASK, key, token.node); break;
        case GX_NODE_SERVICE_TASK:
        case GX_NODE_SEND_TASK:
        case GX_NODE_SCRIPT_TASK: gx_run_effect(run, GX_EFFECT_CANCEL_JOB, key, token.node); break;
        case GX_NODE_CALL: gx_run_effect(run, GX_EFFECT_CANCEL_CALL, key, token.node); break;
        default: break;
        }
    }
    gx_run_effect(run, GX_EFFECT_EVENT, token.phase == GX_TOKEN_INCIDENT ? key : 0, token.node)->text1 =
        GX_TEXT("cancel");
    gx_run_remove_token(run, key);
}

void gx_run_end(gx_run *run, gx_text error_code, gx_text reason)
{
    gx_value variables = gx_state_variables(run->arena, run->state);
    gx_run_cancel_tokens_of(run, run->state->scopes[0].key);
    gx_run_close_waits_of_scope(run, run->state->scopes[0].key);
    run->state->done_count = run->state->undo_count = run->state->reset_count = 0;
    run->state->scope_count = 1; /* no more scopes that are kept for compensation */
    run->state->has_ended = true;
    gx_effect *effect = gx_run_effect(run, GX_EFFECT_ENDED, 0, 0);
    effect->value = variables;
    effect->text1 = error_code;
    effect->text2 = reason;
}

/* ---- Firing ---- */

void gx_run_fire_boundary(gx_run *run, uint32_t boundary, uint32_t token_key)
{
    gx_token token = *gx_state_token(run->state, token_key);
    gx_run_event(run, "fire", boundary, GX_NO_INDEX);
    if (gx_run_node(run, boundary)->is_interrupting)
        gx_run_cancel_token(run, token_key);
    gx_run_place(run, boundary, token.scope, GX_NO_INDEX);
    if (token.cause && gx_run_node(run, boundary)->is_interrupting)
        gx_run_undo_next(run, token.cause,
                         token.scope); /* what compensated has been interrupted: it goes on with the next */
}

void gx_run_fire_event_sub_process(gx_run *run, uint32_t start, uint32_t scope)
{
    const gx_bpmn_node *node = gx_run_node(run, start);
    gx_run_event(run, "fire", start, GX_NO_INDEX);
    if (node->is_interrupting) {
        gx_run_cancel_tokens_of(run, scope);
        gx_run_close_waits_of_scope(run, scope);
    }
    gx_token *token = gx_state_add_token(run->arena, run->state);
    *token = (gx_token){.key = run->state->next_key++,
                        .node = node->parent,
                        .scope = scope,
                        .flow = GX_NO_INDEX,
                        .phase = GX_TOKEN_SCOPE};
    uint32_t owner = token->key;
    gx_run_event(run, "enter", node->parent, GX_NO_INDEX);
    uint32_t inner = gx_run_open_scope(run, node->parent, scope, owner);
    gx_run_place(run, start, inner, GX_NO_INDEX);
}

static bool goes_on_listening(const gx_bpmn_node *node)
{
    return !node->is_interrupting && (node->kind == GX_NODE_BOUNDARY || node->kind == GX_NODE_START);
}

/* A cycle that is not used up is armed again, counted from when it was due, so that it does not drift. */
static bool rearm(gx_run *run, gx_wait *wait)
{
    const gx_bpmn_node *node = gx_run_node(run, wait->node);
    const gx_event *event = event_of(run, wait);
    bool is_catch =
        node->kind == GX_NODE_CATCH && gx_state_token(run->state, wait->token)->node == wait->node;
    if (event->timer_kind != GX_TIMER_CYCLE || wait->repeats == 0 || node->is_parallel_multiple ||
        (!goes_on_listening(node) && !is_catch))
        return false;
    gx_text definition = event->timer.text;
    gx_value value;
    if (event->timer.feel && gx_feel_evaluate(run->arena, event->timer.feel,
                                              gx_run_context(run, scope_of(run, wait), event->timer.feel),
                                              run->world->budget, &value, NULL))
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

/* Closes what has been answered by the event. False: other events of a parallel multiple are still to come.
 */
static bool answer(gx_run *run, gx_wait wait)
{
    const gx_bpmn_node *node = gx_run_node(run, wait.node);
    if (node->is_parallel_multiple) {
        close_wait(run, (uint32_t)(gx_state_wait(run->state, wait.key) - run->state->waits));
        if (find_beside(run, &wait) != GX_NO_INDEX)
            return false;
        if (goes_on_listening(node))
            gx_run_wait(run, wait.node, wait.token, wait.scope);
        return true;
    }
    bool is_timer = event_of(run, &wait)->trigger == GX_TRIGGER_TIMER;
    if (goes_on_listening(node)) {
        if (is_timer && !rearm(run, gx_state_wait(run->state, wait.key)))
            close_wait(run, (uint32_t)(gx_state_wait(run->state, wait.key) - run->state->waits));
        return true;
    }
    for (uint32_t i; (i = find_beside(run, &wait)) != GX_NO_INDEX;) /* one of several was enough */
        close_wait(run, i);
    return true;
}

/* A cycle at an intermediate event lets a token go at each of its times; the last one is the waiting token
 * itself. */
static bool release_at_cycle(gx_run *run, gx_wait *wait)
{
    if (gx_run_node(run, wait->node)->kind != GX_NODE_CATCH ||
        event_of(run, wait)->trigger != GX_TRIGGER_TIMER || !rearm(run, wait))
        return false;
    uint32_t node = wait->node, scope = scope_of(run, wait);
    gx_token *token = gx_state_add_token(run->arena, run->state);
    *token = (gx_token){.key = run->state->next_key++,
                        .node = node,
                        .scope = scope,
                        .flow = GX_NO_INDEX,
                        .phase = GX_TOKEN_WAITING};
    gx_run_leave(run, token->key);
    return true;
}

void gx_run_fire(gx_run *run, uint32_t wait_key, gx_value variables)
{
    gx_wait *found = gx_state_wait(run->state, wait_key);
    gx_wait wait = *found;
    const gx_bpmn_node *node = gx_run_node(run, wait.node);
    uint32_t scope = scope_of(run, &wait);
    if (release_at_cycle(run, found))
        return;
    bool is_answered = answer(run, wait);
    if (node->kind == GX_NODE_BOUNDARY || node->kind == GX_NODE_START || !is_answered)
        gx_run_set_all(run, scope, variables);
    if (!is_answered)
        return;
    if (node->kind == GX_NODE_BOUNDARY) {
        gx_run_fire_boundary(run, wait.node, wait.token);
    } else if (node->kind == GX_NODE_START) {
        gx_run_fire_event_sub_process(run, wait.node, scope);
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
    uint32_t *keys =
        GX_NEW_ARRAY(run->arena, uint32_t, count); /* who waits now; what firing adds is not meant */
    uint32_t found = 0;
    for (uint32_t i = 0; i < count; i++) {
        const gx_event *event = event_of(run, &run->state->waits[i]);
        if (event->trigger == GX_TRIGGER_SIGNAL && gx_text_equal(event->name, signal))
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
        const gx_event *event = event_of(run, wait);
        if (event->trigger != GX_TRIGGER_CONDITION)
            continue;
        gx_value answer = gx_value_null();
        gx_feel_evaluate(run->arena, event->condition,
                         gx_run_context(run, scope_of(run, wait), event->condition), run->world->budget,
                         &answer, NULL);
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
    for (uint32_t i = 0; i < node->event_count; i++)
        if (node->events[i].trigger == trigger &&
            (node->events[i].name.size == 0 || gx_text_equal(node->events[i].name, code)))
            return true;
    return false;
}

/* Who catches: a boundary event of the activity whose token it is, or the start of an event sub-process in a
 * scope. */
typedef struct catcher {
    uint32_t node, token, scope;
} catcher;

/* The start event of an event sub-process that catches in the scope; GX_NO_INDEX. */
static uint32_t start_that_catches(const gx_bpmn_process *process, const gx_scope *scope, gx_trigger trigger,
                                   gx_text code)
{
    const gx_bpmn_node *of = &process->nodes[scope->node];
    for (uint32_t i = 0; i < of->event_sub_count && !scope->is_instance; i++) {
        const gx_bpmn_node *sub = &process->nodes[of->event_subs[i]];
        for (uint32_t s = 0; s < sub->start_count; s++)
            if (catches(&process->nodes[sub->starts[s]], trigger, code))
                return sub->starts[s];
    }
    return GX_NO_INDEX;
}

/* From the inside out: the boundary of the thrower, the event sub-processes of its scope, then the same for
 * the activity that owns the scope. An event sub-process does not catch what is thrown inside event
 * sub-processes beside it. */
static bool find_catcher(const gx_bpmn_process *process, const gx_state *state, uint32_t key,
                         gx_trigger trigger, gx_text code, catcher *found)
{
    for (const gx_token *token; (token = gx_state_token(state, key));) {
        const gx_bpmn_node *node = &process->nodes[token->node];
        const gx_scope *scope = gx_state_scope(state, token->scope);
        *found = (catcher){.token = key, .scope = token->scope};
        for (uint32_t i = 0; i < node->boundary_count && !token->is_instance; i++)
            if (catches(&process->nodes[found->node = node->boundaries[i]], trigger, code))
                return true;
        found->node = node->kind == GX_NODE_EVENT_SUB_PROCESS
                          ? GX_NO_INDEX
                          : start_that_catches(process, scope, trigger, code);
        if (found->node != GX_NO_INDEX)
            return true;
        key = scope->owner;
    }
    return false;
}

bool gx_bpmn_catches(gx_arena *arena, const gx_bpmn_process *process, const gx_state *state, uint32_t key,
                     gx_trigger trigger, gx_text code)
{
    gx_scope away;
    gx_token there;
    uint32_t multi;
    catcher found;
    /* An instance of a wide activity: it throws as the activity whose instance it is. */
    if (!gx_state_token(state, key) && gx_state_find_away(arena, state, key, &multi, &away, &there))
        key = state->multis[multi].token;
    return find_catcher(process, state, key, trigger, code, &found);
}

bool gx_run_raise(gx_run *run, uint32_t key, gx_trigger trigger, gx_text code, gx_value variables)
{
    catcher found;
    if (!find_catcher(run->process, run->state, key, trigger, code, &found))
        return false;
    gx_run_set_all(run, found.scope, variables);
    if (gx_run_node(run, found.node)->kind == GX_NODE_BOUNDARY)
        gx_run_fire_boundary(run, found.node, found.token);
    else
        gx_run_fire_event_sub_process(run, found.node, found.scope);
    return true;
}

/* ---- Throwing ---- */

bool gx_run_throw(gx_run *run, uint32_t key, const gx_event *event)
{
    uint32_t node_index = gx_state_token(run->state, key)->node;
    const gx_bpmn_node *node = gx_run_node(run, node_index);
    gx_text correlation = {NULL, 0};
    gx_value variables = gx_value_null();
    if (event->trigger == GX_TRIGGER_ESCALATION || event->trigger == GX_TRIGGER_ERROR) {
        if (gx_run_raise(run, key, event->trigger, event->name, gx_value_null()))
            return true;
        if (event->trigger == GX_TRIGGER_ERROR)
            gx_run_end(run, event->name.size ? event->name : node->id, (gx_text){NULL, 0});
        else
            gx_run_effect(run, GX_EFFECT_ESCALATED, key, node_index)->text1 = event->name;
        return true;
    }
    if (event->trigger != GX_TRIGGER_MESSAGE && event->trigger != GX_TRIGGER_SIGNAL)
        return true;
    if (!gx_run_text(run, key, event->correlation, &correlation) ||
        (node->input_count && !gx_run_inputs(run, key, &variables)))
        return false;
    gx_effect *effect = gx_run_effect(
        run, event->trigger == GX_TRIGGER_MESSAGE ? GX_EFFECT_THROW_MESSAGE : GX_EFFECT_THROW_SIGNAL, key,
        node_index);
    effect->text1 = event->name;
    effect->text2 = correlation;
    effect->value = variables;
    if (event->trigger == GX_TRIGGER_SIGNAL)
        gx_run_broadcast(run, event->name, variables);
    return true;
}

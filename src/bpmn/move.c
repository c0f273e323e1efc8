#include "bpmn/run.h"
#include "base/limits.h"

#include <string.h>

static void make_ready(gx_run *run, uint32_t key)
{
    if (run->ready_count == run->ready_capacity) {
        uint32_t capacity = run->ready_capacity ? run->ready_capacity * 2 : 16;
        uint32_t *ready = GX_NEW_ARRAY(run->arena, uint32_t, capacity);
        if (run->ready_count)
            memcpy(ready, run->ready, run->ready_count * sizeof *ready);
        run->ready = ready;
        run->ready_capacity = capacity;
    }
    run->ready[run->ready_count++] = key;
}

uint32_t gx_run_place(gx_run *run, uint32_t node, uint32_t scope, uint32_t flow)
{
    gx_token *token = gx_state_add_token(run->arena, run->state);
    *token = (gx_token){
        .key = run->state->next_key++, .node = node, .scope = scope, .flow = flow, .phase = GX_TOKEN_READY};
    make_ready(run, token->key);
    return token->key;
}

void gx_run_remove_token(gx_run *run, uint32_t key)
{
    gx_token *token = gx_state_token(run->state, key);
    size_t behind = (size_t)(run->state->tokens + run->state->token_count - (token + 1));
    memmove(token, token + 1, behind * sizeof *token);
    run->state->token_count--;
}

void gx_run_take(gx_run *run, uint32_t scope, uint32_t flow)
{
    gx_run_event(run, "flow", run->process->flows[flow].source, flow);
    gx_run_place(run, run->process->flows[flow].target, scope, flow);
}

/* BPMN 2.0.2, 8.4.13. */
bool gx_run_choose(gx_run *run, uint32_t key, gx_value facts, bool only_first, uint32_t *chosen,
                   uint32_t *count)
{
    const gx_token *token = gx_state_token(run->state, key);
    const gx_bpmn_node *node = gx_run_node(run, token->node);
    uint32_t scope = token->scope;
    bool has_conditions = false, any_holds = false;
    *count = 0;
    for (uint32_t i = 0; i < node->outgoing_count && !(only_first && *count); i++) {
        const gx_bpmn_flow *flow = &run->process->flows[node->outgoing[i]];
        bool holds = true;
        if (node->outgoing[i] == node->default_flow)
            continue;
        if (flow->condition) {
            gx_value value;
            has_conditions = true;
            if (!gx_run_evaluate_in(run, key, flow->condition,
                                    gx_run_context_with(run, scope, flow->condition, facts), &value))
                return false;
            holds = gx_value_is_true(value);
            any_holds |= holds;
        }
        if (holds)
            chosen[(*count)++] = node->outgoing[i];
    }
    bool is_gateway = only_first || node->kind == GX_NODE_INCLUSIVE || node->kind == GX_NODE_COMPLEX;
    if (node->default_flow != GX_NO_INDEX && (is_gateway ? *count == 0 : !any_holds))
        chosen[(*count)++] = node->default_flow;
    if (*count > 0 || node->outgoing_count == 0 || !has_conditions)
        return true;
    gx_run_incident(run, key, "bpmn.run.no_flow", node->id);
    return false;
}

void gx_run_leave(gx_run *run, uint32_t key)
{
    const gx_bpmn_node *node = gx_run_node(run, gx_state_token(run->state, key)->node);
    uint32_t one,
        *chosen = node->outgoing_count < 2 ? &one : GX_NEW_ARRAY(run->arena, uint32_t, node->outgoing_count),
        count = 0;
    if (node->kind == GX_NODE_PARALLEL) {
        count = node->outgoing_count;
        for (uint32_t i = 0; i < count; i++)
            chosen[i] = node->outgoing[i];
    } else if (!gx_run_choose(run, key, gx_value_null(), node->kind == GX_NODE_EXCLUSIVE, chosen, &count)) {
        return;
    }
    uint32_t scope = gx_state_token(run->state, key)->scope;
    gx_run_event(run, "leave", gx_state_token(run->state, key)->node, GX_NO_INDEX);
    gx_run_remove_token(run, key);
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t q = 0; q < node->completion_quantity; q++)
            gx_run_take(run, scope, chosen[i]);
    if (count == 0)
        gx_run_check_scope(run, scope);
}

static void enter_event_gateway(gx_run *run, gx_token *token)
{
    const gx_bpmn_node *node = gx_run_node(run, token->node);
    uint32_t key = token->key;
    token->phase = GX_TOKEN_WAITING;
    for (uint32_t i = 0; i < node->outgoing_count; i++)
        gx_run_wait(run, run->process->flows[node->outgoing[i]].target, key, 0);
}

/* ---- Events on the way ---- */

/* Throws what goes out of the node and leaves its ways alone. False: the token is gone, or in an incident. */
static bool throw_all(gx_run *run, uint32_t key)
{
    const gx_bpmn_node *node = gx_run_node(run, gx_state_token(run->state, key)->node);
    for (uint32_t i = 0; i < node->event_count; i++) {
        if (node->events[i].trigger == GX_TRIGGER_ERROR)
            continue; /* last, because it ends things */
        if (!gx_run_throw(run, key, &node->events[i]) || !gx_state_token(run->state, key))
            return false;
    }
    return true;
}

static const gx_event *find_event(const gx_bpmn_node *node, gx_trigger trigger)
{
    for (uint32_t i = 0; i < node->event_count; i++)
        if (node->events[i].trigger == trigger)
            return &node->events[i];
    return NULL;
}

static void enter_end(gx_run *run, uint32_t key)
{
    gx_token *token = gx_state_token(run->state, key);
    const gx_bpmn_node *node = gx_run_node(run, token->node);
    uint32_t scope = token->scope;
    token->phase = GX_TOKEN_WAITING;
    if (!throw_all(run, key))
        return;
    const gx_event *event;
    if ((event = find_event(node, GX_TRIGGER_ERROR))) {
        gx_run_throw(run, key, event);
    } else if (find_event(node, GX_TRIGGER_TERMINATE)) {
        gx_run_cancel_tokens_of(run, scope);
        gx_run_check_scope(run, scope);
    } else if (find_event(node, GX_TRIGGER_CANCEL)) {
        gx_run_cancel_transaction(run, key);
    } else if ((event = find_event(node, GX_TRIGGER_COMPENSATION))) {
        gx_run_compensate(run, key, event);
    } else {
        gx_run_remove_token(run, key);
        gx_run_check_scope(run, scope);
    }
}

static void jump_to_link(gx_run *run, uint32_t key)
{
    const gx_token *token = gx_state_token(run->state, key);
    const gx_bpmn_node *node = gx_run_node(run, token->node);
    uint32_t scope = token->scope;
    for (uint32_t i = 0; i < run->process->node_count; i++) {
        const gx_bpmn_node *target = gx_run_node(run, i);
        if (target->kind != GX_NODE_CATCH || target->trigger != GX_TRIGGER_LINK ||
            target->parent != node->parent || !gx_text_equal(target->events[0].name, node->events[0].name))
            continue;
        gx_run_event(run, "leave", token->node, GX_NO_INDEX);
        gx_run_remove_token(run, key);
        gx_run_place(run, i, scope, GX_NO_INDEX);
        return;
    }
}

static void enter_throw(gx_run *run, uint32_t key)
{
    const gx_bpmn_node *node = gx_run_node(run, gx_state_token(run->state, key)->node);
    gx_state_token(run->state, key)->phase = GX_TOKEN_WAITING;
    if (node->trigger == GX_TRIGGER_LINK) {
        jump_to_link(run, key);
        return;
    }
    if (!throw_all(run, key))
        return;
    const gx_event *compensation = find_event(node, GX_TRIGGER_COMPENSATION);
    if (compensation)
        gx_run_compensate(run, key, compensation);
    else
        gx_run_leave(run, key);
}

void gx_run_enter(gx_run *run, uint32_t key)
{
    gx_token *token = gx_state_token(run->state, key);
    const gx_bpmn_node *node = gx_run_node(run, token->node);
    gx_run_event(run, "enter", token->node, GX_NO_INDEX);
    switch (node->kind) {
    case GX_NODE_PROCESS:
    case GX_NODE_EVENT_SUB_PROCESS: return; /* never entered by a token */
    case GX_NODE_START:
    case GX_NODE_BOUNDARY: gx_run_leave(run, key); return;
    case GX_NODE_END: enter_end(run, key); return;
    case GX_NODE_THROW: enter_throw(run, key); return;
    case GX_NODE_CATCH:
        if (node->trigger == GX_TRIGGER_LINK || node->trigger == GX_TRIGGER_NONE) {
            gx_run_leave(run, key);
            return;
        }
        token->phase = GX_TOKEN_WAITING;
        gx_run_wait(run, token->node, key, 0);
        return;
    case GX_NODE_EXCLUSIVE: gx_run_leave(run, key); return;
    case GX_NODE_PARALLEL:
        if (node->incoming_count > 1)
            gx_run_arrive_parallel(run, key);
        else
            gx_run_leave(run, key);
        return;
    case GX_NODE_INCLUSIVE:
        if (node->incoming_count > 1)
            token->phase = GX_TOKEN_JOINING;
        else
            gx_run_leave(run, key);
        return;
    case GX_NODE_COMPLEX:
        if (node->incoming_count > 1)
            gx_run_arrive_complex(run, key);
        else
            gx_run_leave(run, key);
        return;
    case GX_NODE_EVENT_GATEWAY: enter_event_gateway(run, token); return;
    case GX_NODE_TASK:
    case GX_NODE_USER_TASK:
    case GX_NODE_SERVICE_TASK:
    case GX_NODE_SEND_TASK:
    case GX_NODE_RECEIVE_TASK:
    case GX_NODE_RULE_TASK:
    case GX_NODE_SCRIPT_TASK:
    case GX_NODE_CALL:
    case GX_NODE_SUB_PROCESS:
        if (node->start_quantity == 1 || token->is_instance || gx_run_arrive_activity(run, key))
            gx_run_begin_activity(run, key);
        return;
    }
}

/* ---- Scopes end ---- */

void gx_run_check_scope(gx_run *run, uint32_t scope_key)
{
    const gx_scope *scope = gx_state_scope(run->state, scope_key);
    if (!scope)
        return;
    for (uint32_t i = 0; i < run->state->token_count; i++)
        if (run->state->tokens[i].scope == scope_key)
            return;
    uint32_t owner = scope->owner;
    if (scope->is_kept)
        return;
    if (owner == 0) {
        gx_run_end(run, (gx_text){NULL, 0}, (gx_text){NULL, 0});
        return;
    }
    gx_token token = *gx_state_token(run->state, owner);
    const gx_bpmn_node *node = gx_run_node(run, token.node);
    if (token.phase == GX_TOKEN_UNDOING)
        return; /* it goes on when all is undone */
    if (node->is_ad_hoc && gx_run_go_on_ad_hoc(run, scope_key))
        return;
    if (node->kind == GX_NODE_EVENT_SUB_PROCESS) {
        gx_run_close_scope(run, scope_key);
        gx_run_event(run, "leave", token.node, GX_NO_INDEX);
        gx_run_remove_token(run, owner);
        gx_run_check_scope(run, token.scope);
    } else if (token.cause && !node->is_for_compensation) {
        gx_run_undone(run, owner); /* its compensation event sub-process has ended */
    } else {
        if (!gx_run_keep_scope(run, scope_key, &token))
            gx_run_close_scope(run, scope_key);
        gx_run_complete(run, owner, gx_value_null());
    }
}

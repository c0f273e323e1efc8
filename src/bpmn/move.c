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
    *token = (gx_token){.key = run->state->next_key++, .node = node, .scope = scope, .flow = flow, .phase = GX_TOKEN_READY};
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

static void take_flow(gx_run *run, uint32_t scope, uint32_t flow)
{
    gx_run_event(run, "flow", run->process->flows[flow].source, flow);
    gx_run_place(run, run->process->flows[flow].target, scope, flow);
}

/* The flows a token takes when it leaves an activity or event: all without a condition, those whose condition holds, and the default one when no
 * condition holds (BPMN 2.0.2, 8.4.13). False: an incident. */
static bool choose_flows(gx_run *run, uint32_t key, bool only_first, uint32_t *chosen, uint32_t *count)
{
    const gx_bpmn_node *node = gx_run_node(run, gx_state_token(run->state, key)->node);
    bool has_conditions = false, any_holds = false;
    *count = 0;
    for (uint32_t i = 0; i < node->outgoing_count && !(only_first && *count); i++) {
        const gx_bpmn_flow *flow = &run->process->flows[node->outgoing[i]];
        bool holds = true;
        if (node->outgoing[i] == node->default_flow)
            continue;
        if (flow->condition) {
            has_conditions = true;
            if (!gx_run_condition(run, key, flow->condition, &holds))
                return false;
            any_holds |= holds;
        }
        if (holds)
            chosen[(*count)++] = node->outgoing[i];
    }
    bool takes_default = only_first || node->kind == GX_NODE_INCLUSIVE ? *count == 0 : !any_holds;
    if (node->default_flow != GX_NO_INDEX && takes_default)
        chosen[(*count)++] = node->default_flow;
    if (*count > 0 || node->outgoing_count == 0)
        return true;
    if (!has_conditions)
        return true;
    gx_run_incident(run, key, "bpmn.run.no_flow", node->id);
    return false;
}

void gx_run_leave(gx_run *run, uint32_t key)
{
    const gx_bpmn_node *node = gx_run_node(run, gx_state_token(run->state, key)->node);
    uint32_t *chosen = GX_NEW_ARRAY(run->arena, uint32_t, node->outgoing_count + 1);
    uint32_t count = 0;
    if (node->kind == GX_NODE_PARALLEL) {
        count = node->outgoing_count;
        if (count)
            memcpy(chosen, node->outgoing, count * sizeof *chosen);
    } else if (!choose_flows(run, key, node->kind == GX_NODE_EXCLUSIVE, chosen, &count)) {
        return;
    }
    uint32_t scope = gx_state_token(run->state, key)->scope;
    gx_run_event(run, "leave", gx_state_token(run->state, key)->node, GX_NO_INDEX);
    gx_run_remove_token(run, key);
    for (uint32_t i = 0; i < count; i++)
        take_flow(run, scope, chosen[i]);
    if (count == 0)
        gx_run_check_scope(run, scope);
}

/* ---- Gateways ---- */

static gx_token *find_joining(const gx_run *run, uint32_t node, uint32_t scope, uint32_t flow)
{
    for (uint32_t i = 0; i < run->state->token_count; i++) {
        gx_token *token = &run->state->tokens[i];
        if (token->phase == GX_TOKEN_JOINING && token->node == node && token->scope == scope && token->flow == flow)
            return token;
    }
    return NULL;
}

/* Consumes one token from each incoming flow that has one, and lets one go on. Tokens are counted per flow: two on one flow must not open a join
 * (BPMN 2.0.2, 13.4.1). */
static void open_join(gx_run *run, uint32_t node_index, uint32_t scope)
{
    const gx_bpmn_node *node = gx_run_node(run, node_index);
    for (uint32_t i = 0; i < node->incoming_count; i++) {
        gx_token *token = find_joining(run, node_index, scope, node->incoming[i]);
        if (token)
            gx_run_remove_token(run, token->key);
    }
    gx_token *joined = gx_state_add_token(run->arena, run->state);
    *joined = (gx_token){.key = run->state->next_key++, .node = node_index, .scope = scope, .flow = GX_NO_INDEX, .phase = GX_TOKEN_WAITING};
    gx_run_leave(run, joined->key);
}

static void arrive_at_parallel_join(gx_run *run, gx_token *token)
{
    const gx_bpmn_node *node = gx_run_node(run, token->node);
    uint32_t node_index = token->node, scope = token->scope;
    token->phase = GX_TOKEN_JOINING;
    for (uint32_t i = 0; i < node->incoming_count; i++)
        if (!find_joining(run, node_index, scope, node->incoming[i]))
            return;
    open_join(run, node_index, scope);
}

/* BPMN 2.0.2, 13.4.3: the join opens when some incoming flow has a token, and no token elsewhere in the scope can come to an empty incoming flow
 * without also being able to come to one that has a token. */
static bool can_open(const gx_run *run, const gx_token *waiting)
{
    const gx_bpmn_node *node = gx_run_node(run, waiting->node);
    uint64_t have = 0, all = node->incoming_count == 64 ? UINT64_MAX : (1ull << node->incoming_count) - 1;
    for (uint32_t i = 0; i < node->incoming_count; i++)
        if (find_joining(run, waiting->node, waiting->scope, node->incoming[i]))
            have |= 1ull << i;
    const uint64_t *reach = run->process->reach + (size_t)run->process->gateway_row[waiting->node] * run->process->node_count;
    for (uint32_t i = 0; i < run->state->token_count; i++) {
        const gx_token *token = &run->state->tokens[i];
        bool is_here = token->phase == GX_TOKEN_JOINING && token->node == waiting->node;
        if (token->scope != waiting->scope || is_here)
            continue;
        if ((reach[token->node] & all & ~have) && !(reach[token->node] & have))
            return false;
    }
    return true;
}

bool gx_run_open_inclusive_join(gx_run *run)
{
    for (uint32_t i = 0; i < run->state->token_count; i++) {
        const gx_token *token = &run->state->tokens[i];
        if (token->phase != GX_TOKEN_JOINING || gx_run_node(run, token->node)->kind != GX_NODE_INCLUSIVE || !can_open(run, token))
            continue;
        open_join(run, token->node, token->scope);
        return true;
    }
    return false;
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

static void end_event(gx_run *run, uint32_t key)
{
    gx_token *token = gx_state_token(run->state, key);
    const gx_bpmn_node *node = gx_run_node(run, token->node);
    uint32_t scope = token->scope;
    switch (node->trigger) {
    case GX_TRIGGER_TERMINATE:
        gx_run_cancel_tokens_of(run, scope);
        gx_run_check_scope(run, scope);
        return;
    case GX_TRIGGER_ERROR:
        token->phase = GX_TOKEN_WAITING;
        if (!gx_run_raise(run, key, GX_TRIGGER_ERROR, node->event_name))
            gx_run_end(run, node->event_name.size ? node->event_name : node->id, (gx_text){NULL, 0});
        return;
    case GX_TRIGGER_ESCALATION:
        token->phase = GX_TOKEN_WAITING;
        gx_run_raise(run, key, GX_TRIGGER_ESCALATION, node->event_name);
        break;
    default: break;
    }
    if (!gx_state_token(run->state, key)) /* an interrupting catcher took it away */
        return;
    gx_run_remove_token(run, key);
    gx_run_check_scope(run, scope);
}

/* False: an incident. */
static bool throw_out(gx_run *run, uint32_t key)
{
    const gx_token *token = gx_state_token(run->state, key);
    const gx_bpmn_node *node = gx_run_node(run, token->node);
    uint32_t node_index = token->node;
    gx_text correlation = {NULL, 0};
    gx_value variables;
    if (node->trigger != GX_TRIGGER_MESSAGE && node->trigger != GX_TRIGGER_SIGNAL)
        return true;
    if (!gx_run_text(run, key, node->correlation, &correlation) || !gx_run_inputs(run, key, &variables))
        return false;
    gx_effect *effect = gx_run_effect(run, node->trigger == GX_TRIGGER_MESSAGE ? GX_EFFECT_THROW_MESSAGE : GX_EFFECT_THROW_SIGNAL, key, node_index);
    effect->text1 = node->event_name;
    effect->text2 = correlation;
    effect->value = node->input_count ? variables : gx_value_null();
    if (node->trigger == GX_TRIGGER_SIGNAL)
        gx_run_broadcast(run, node->event_name, effect->value);
    return true;
}

static void jump_to_link(gx_run *run, uint32_t key)
{
    const gx_token *token = gx_state_token(run->state, key);
    const gx_bpmn_node *node = gx_run_node(run, token->node);
    uint32_t scope = token->scope;
    for (uint32_t i = 0; i < run->process->node_count; i++) {
        const gx_bpmn_node *target = gx_run_node(run, i);
        if (target->kind != GX_NODE_CATCH || target->trigger != GX_TRIGGER_LINK || target->parent != node->parent ||
            !gx_text_equal(target->event_name, node->event_name))
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
    if (node->trigger == GX_TRIGGER_ESCALATION)
        gx_run_raise(run, key, GX_TRIGGER_ESCALATION, node->event_name);
    else if (!throw_out(run, key))
        return;
    if (gx_state_token(run->state, key))
        gx_run_leave(run, key);
}

void gx_run_enter(gx_run *run, uint32_t key)
{
    gx_token *token = gx_state_token(run->state, key);
    const gx_bpmn_node *node = gx_run_node(run, token->node);
    gx_run_event(run, "enter", token->node, GX_NO_INDEX);
    switch (node->kind) {
    case GX_NODE_PROCESS: case GX_NODE_EVENT_SUB_PROCESS: return; /* never entered by a token */
    case GX_NODE_START: case GX_NODE_BOUNDARY: gx_run_leave(run, key); return;
    case GX_NODE_END:
        token->phase = GX_TOKEN_WAITING;
        if (throw_out(run, key) && gx_state_token(run->state, key))
            end_event(run, key);
        return;
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
            arrive_at_parallel_join(run, token);
        else
            gx_run_leave(run, key);
        return;
    case GX_NODE_INCLUSIVE:
        if (node->incoming_count > 1)
            token->phase = GX_TOKEN_JOINING;
        else
            gx_run_leave(run, key);
        return;
    case GX_NODE_EVENT_GATEWAY: enter_event_gateway(run, token); return;
    case GX_NODE_TASK: case GX_NODE_USER_TASK: case GX_NODE_SERVICE_TASK: case GX_NODE_SEND_TASK: case GX_NODE_RECEIVE_TASK:
    case GX_NODE_RULE_TASK: case GX_NODE_SCRIPT_TASK: case GX_NODE_CALL: case GX_NODE_SUB_PROCESS:
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
    if (owner == 0) {
        gx_run_end(run, (gx_text){NULL, 0}, (gx_text){NULL, 0});
        return;
    }
    const gx_token *token = gx_state_token(run->state, owner);
    const gx_bpmn_node *node = gx_run_node(run, token->node);
    uint32_t outer = token->scope;
    gx_run_close_scope(run, scope_key);
    if (node->kind == GX_NODE_EVENT_SUB_PROCESS) {
        gx_run_event(run, "leave", token->node, GX_NO_INDEX);
        gx_run_remove_token(run, owner);
        gx_run_check_scope(run, outer);
    } else {
        gx_run_complete(run, owner, gx_value_null());
    }
}

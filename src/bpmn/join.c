/* Gateways and activities that wait for several tokens (BPMN 2.0.2, 13.4). */
#include "bpmn/run.h"

static gx_token *find_joining(const gx_run *run, uint32_t node, uint32_t scope, uint32_t flow)
{
    for (uint32_t i = 0; i < run->state->token_count; i++) {
        gx_token *token = &run->state->tokens[i];
        if (token->phase == GX_TOKEN_JOINING && token->node == node && token->scope == scope &&
            token->flow == flow)
            return token;
    }
    return NULL;
}

/* Which of the node's incoming flows, by position, have a token waiting. */
static uint64_t flows_with_token(const gx_run *run, uint32_t node_index, uint32_t scope)
{
    const gx_bpmn_node *node = gx_run_node(run, node_index);
    uint64_t have = 0;
    for (uint32_t i = 0; i < node->incoming_count && i < 64; i++)
        if (find_joining(run, node_index, scope, node->incoming[i]))
            have |= 1ull << i;
    return have;
}

/* Consumes one token of each of the flows. */
static void consume(gx_run *run, uint32_t node_index, uint32_t scope, uint64_t flows)
{
    const gx_bpmn_node *node = gx_run_node(run, node_index);
    for (uint32_t i = 0; i < node->incoming_count && i < 64; i++)
        if (flows >> i & 1)
            gx_run_remove_token(run, find_joining(run, node_index, scope, node->incoming[i])->key);
}

static uint32_t joined_token(gx_run *run, uint32_t node, uint32_t scope)
{
    gx_token *joined = gx_state_add_token(run->arena, run->state);
    *joined = (gx_token){.key = run->state->next_key++,
                         .node = node,
                         .scope = scope,
                         .flow = GX_NO_INDEX,
                         .phase = GX_TOKEN_WAITING};
    return joined->key;
}

/* Tokens are counted per flow: two on one flow must not open a parallel join (13.4.1). It may have any number
 * of flows. */
void gx_run_arrive_parallel(gx_run *run, uint32_t key)
{
    gx_token *token = gx_state_token(run->state, key);
    const gx_bpmn_node *node = gx_run_node(run, token->node);
    uint32_t node_index = token->node, scope = token->scope;
    token->phase = GX_TOKEN_JOINING;
    for (uint32_t i = 0; i < node->incoming_count; i++)
        if (!find_joining(run, node_index, scope, node->incoming[i]))
            return;
    for (uint32_t i = 0; i < node->incoming_count; i++)
        gx_run_remove_token(run, find_joining(run, node_index, scope, node->incoming[i])->key);
    gx_run_leave(run, joined_token(run, node_index, scope));
}

bool gx_run_arrive_activity(gx_run *run, uint32_t key)
{
    gx_token *token = gx_state_token(run->state, key);
    uint32_t node = token->node, scope = token->scope, needed = gx_run_node(run, node)->start_quantity,
             waiting = 0;
    token->phase = GX_TOKEN_JOINING;
    for (uint32_t i = 0; i < run->state->token_count; i++) {
        const gx_token *other = &run->state->tokens[i];
        waiting += other->phase == GX_TOKEN_JOINING && other->node == node && other->scope == scope;
    }
    if (waiting < needed)
        return false;
    for (uint32_t i = run->state->token_count; i-- > 0;) {
        const gx_token *other = &run->state->tokens[i];
        if (other->phase == GX_TOKEN_JOINING && other->node == node && other->scope == scope &&
            other->key != key)
            gx_run_remove_token(run, other->key);
    }
    return true;
}

/* ---- Inclusive: a flow without a token is waited for while some token could still come on it ---- */

/* The flows among `missing` on which a token elsewhere in the scope can still come, unless it can come on one
 * of `have` as well (13.4.3). */
static bool is_awaited(const gx_run *run, uint32_t node, uint32_t scope, uint64_t missing, uint64_t have)
{
    const uint64_t *reach =
        run->process->reach + (size_t)run->process->gateway_row[node] * run->process->node_count;
    for (uint32_t i = 0; i < run->state->token_count; i++) {
        const gx_token *token = &run->state->tokens[i];
        bool is_here = token->phase == GX_TOKEN_JOINING && token->node == node;
        if (token->scope == scope && !is_here && (reach[token->node] & missing) &&
            !(reach[token->node] & have))
            return true;
    }
    return false;
}

static uint64_t all_flows(const gx_bpmn_node *node)
{
    return node->incoming_count >= 64 ? UINT64_MAX : (1ull << node->incoming_count) - 1;
}

static bool open_inclusive(gx_run *run, uint32_t node_index, uint32_t scope)
{
    uint64_t have = flows_with_token(run, node_index, scope),
             missing = all_flows(gx_run_node(run, node_index)) & ~have;
    if (is_awaited(run, node_index, scope, missing, have))
        return false;
    consume(run, node_index, scope, have);
    gx_run_leave(run, joined_token(run, node_index, scope));
    return true;
}

/* ---- Complex: activated by its condition, then reset when the other flows have brought what they can
 * (13.4.5) ---- */

static gx_reset *find_reset(const gx_run *run, uint32_t node, uint32_t scope)
{
    for (uint32_t i = 0; i < run->state->reset_count; i++)
        if (run->state->resets[i].node == node && run->state->resets[i].scope == scope)
            return &run->state->resets[i];
    return NULL;
}

/* What the conditions of the gateway and of its flows can ask about it. */
static gx_value facts_of(gx_run *run, uint64_t have, bool is_starting)
{
    gx_context_builder builder = gx_context_begin(run->arena, 2);
    gx_context_set(&builder, GX_TEXT("activationCount"), gx_value_int(__builtin_popcountll(have)));
    gx_context_set(&builder, GX_TEXT("waitingForStart"), gx_value_boolean(is_starting));
    return gx_context_end(&builder);
}

static void take_all(gx_run *run, uint32_t key, const uint32_t *chosen, uint32_t count)
{
    const gx_token token = *gx_state_token(run->state, key);
    gx_run_event(run, "leave", token.node, GX_NO_INDEX);
    gx_run_remove_token(run, key);
    for (uint32_t i = 0; i < count; i++)
        gx_run_take(run, token.scope, chosen[i]);
    if (count == 0)
        gx_run_check_scope(run, token.scope);
}

static void try_activation(gx_run *run, uint32_t node_index, uint32_t scope, uint32_t key)
{
    const gx_bpmn_node *node = gx_run_node(run, node_index);
    uint64_t have = flows_with_token(run, node_index, scope);
    gx_value facts = facts_of(run, have, true), holds = gx_value_boolean(true);
    if (node->activation &&
        !gx_run_evaluate_in(run, key, node->activation,
                            gx_run_context_with(run, scope, node->activation, facts), &holds))
        return;
    if (!gx_value_is_true(holds))
        return;
    consume(run, node_index, scope, have);
    if (have != all_flows(node))
        *gx_state_add_reset(run->arena, run->state) = (gx_reset){node_index, scope, have};
    uint32_t joined = joined_token(run, node_index, scope), count;
    uint32_t *chosen = GX_NEW_ARRAY(run->arena, uint32_t, node->outgoing_count + 1);
    if (gx_run_choose(run, joined, facts, false, chosen, &count))
        take_all(run, joined, chosen, count);
}

void gx_run_arrive_complex(gx_run *run, uint32_t key)
{
    gx_token *token = gx_state_token(run->state, key);
    token->phase = GX_TOKEN_JOINING;
    if (!find_reset(run, token->node, token->scope))
        try_activation(run, token->node, token->scope, key);
}

/* On reset only flows with a condition are asked again (with waitingForStart false): a plain flow had its
 * token at the activation. */
static bool reset(gx_run *run, uint32_t index)
{
    gx_reset at = run->state->resets[index];
    const gx_bpmn_node *node = gx_run_node(run, at.node);
    uint64_t missing = all_flows(node) & ~at.seen, have = flows_with_token(run, at.node, at.scope) & missing;
    if (is_awaited(run, at.node, at.scope, missing & ~have, 0))
        return false;
    run->state->resets[index] = run->state->resets[--run->state->reset_count];
    consume(run, at.node, at.scope, have);
    uint32_t joined = joined_token(run, at.node, at.scope), count = 0;
    uint32_t *chosen = GX_NEW_ARRAY(run->arena, uint32_t, node->outgoing_count + 1);
    gx_value facts = facts_of(run, have, false), holds;
    for (uint32_t i = 0; i < node->outgoing_count; i++) {
        const gx_feel *condition = run->process->flows[node->outgoing[i]].condition;
        if (condition && !gx_run_evaluate_in(run, joined, condition,
                                             gx_run_context_with(run, at.scope, condition, facts), &holds))
            return true;
        if (condition && gx_value_is_true(holds))
            chosen[count++] = node->outgoing[i];
    }
    take_all(run, joined, chosen, count);
    for (uint32_t i = 0; i < run->state->token_count;
         i++) { /* a second token on a flow may activate it anew */
        const gx_token *token = &run->state->tokens[i];
        if (token->phase == GX_TOKEN_JOINING && token->node == at.node && token->scope == at.scope) {
            try_activation(run, at.node, at.scope, token->key);
            break;
        }
    }
    return true;
}

bool gx_run_open_join(gx_run *run)
{
    for (uint32_t i = 0; i < run->state->token_count; i++) {
        const gx_token *token = &run->state->tokens[i];
        bool is_join =
            token->phase == GX_TOKEN_JOINING && gx_run_node(run, token->node)->kind == GX_NODE_INCLUSIVE;
        if (is_join && open_inclusive(run, token->node, token->scope))
            return true;
    }
    for (uint32_t i = 0; i < run->state->reset_count; i++)
        if (reset(run, i))
            return true;
    return false;
}

/* Corrections by people: a token is moved, or the work is sent back to an earlier element. Both place tokens
 * where the model itself would not have put them, so each is checked for joins that could never open
 * afterwards. */
#include "bpmn/run.h"

#include <string.h>

/* ---- Where tokens can come to ---- */

static void push(uint32_t *stack, size_t *height, bool *seen, uint32_t node)
{
    if (seen[node])
        return;
    seen[node] = true;
    stack[(*height)++] = node;
}

/* seen[n]: a token at `from` can come to n inside the same scope: over flows, boundary events and links.
 * `from` itself only counts when it lies on a way back to itself, or when `with_itself`. */
static bool *reach_from(gx_arena *arena, const gx_bpmn_process *process, uint32_t from, bool with_itself)
{
    bool *seen = GX_NEW_ARRAY(arena, bool, process->node_count);
    uint32_t *stack = GX_NEW_ARRAY(arena, uint32_t, process->node_count + 1);
    size_t height = 0;
    memset(seen, 0, process->node_count * sizeof *seen);
    stack[height++] = from;
    while (height > 0) {
        const gx_bpmn_node *node = &process->nodes[stack[--height]];
        for (uint32_t i = 0; i < node->outgoing_count; i++)
            push(stack, &height, seen, process->flows[node->outgoing[i]].target);
        for (uint32_t i = 0; i < node->boundary_count; i++)
            push(stack, &height, seen, node->boundaries[i]);
        for (uint32_t i = 0;
             node->kind == GX_NODE_THROW && node->trigger == GX_TRIGGER_LINK && i < process->node_count; i++)
            if (process->nodes[i].kind == GX_NODE_CATCH && process->nodes[i].trigger == GX_TRIGGER_LINK &&
                process->nodes[i].parent == node->parent &&
                gx_text_equal(process->nodes[i].events[0].name, node->events[0].name))
                push(stack, &height, seen, i);
    }
    seen[from] |= with_itself;
    return seen;
}

bool gx_bpmn_leads_to(gx_arena *arena, const gx_bpmn_process *process, uint32_t from, uint32_t to)
{
    for (uint32_t at = to;; at = process->nodes[at].parent) { /* to a sub-process leads to what is in it */
        if (process->nodes[at].parent == process->nodes[from].parent)
            return reach_from(arena, process, from, false)[at];
        if (at == 0)
            return false;
    }
}

/* A flow into a join can bring its token when one is there already, or when a token of the scope can still
 * come to the flow's source. */
static bool can_bring(const gx_state *state, uint32_t scope, uint32_t join, uint32_t flow, uint32_t source,
                      bool *const *reach)
{
    for (uint32_t i = 0; i < state->token_count; i++) {
        const gx_token *token = &state->tokens[i];
        if (token->scope != scope)
            continue;
        if (token->node == join && token->phase == GX_TOKEN_JOINING) {
            if (token->flow == flow)
                return true;
        } else if (reach[i][source]) {
            return true;
        }
    }
    return false;
}

uint32_t gx_bpmn_stuck_join(gx_arena *arena, const gx_bpmn_process *process, const gx_state *state)
{
    bool **reach = GX_NEW_ARRAY(arena, bool *, state->token_count + 1);
    for (uint32_t i = 0; i < state->token_count; i++)
        reach[i] = reach_from(arena, process, state->tokens[i].node, true);
    for (uint32_t i = 0; i < state->token_count; i++) {
        for (uint32_t join = 0; join < process->node_count; join++) {
            const gx_bpmn_node *node = &process->nodes[join];
            if (node->kind != GX_NODE_PARALLEL || node->incoming_count < 2 || !reach[i][join])
                continue;
            for (uint32_t k = 0; k < node->incoming_count; k++) {
                uint32_t flow = node->incoming[k];
                if (!can_bring(state, state->tokens[i].scope, join, flow, process->flows[flow].source, reach))
                    return join;
            }
        }
    }
    return GX_NO_INDEX;
}

/* ---- Moving ---- */

static bool may_be_target(const gx_bpmn_node *node)
{
    switch (node->kind) {
    case GX_NODE_PROCESS:
    case GX_NODE_EVENT_SUB_PROCESS:
    case GX_NODE_START:
    case GX_NODE_BOUNDARY: return false;
    default: break;
    }
    bool is_join =
        node->incoming_count > 1 && node->kind != GX_NODE_EXCLUSIVE && node->kind != GX_NODE_EVENT_GATEWAY;
    bool is_gateway =
        node->kind == GX_NODE_PARALLEL || node->kind == GX_NODE_INCLUSIVE || node->kind == GX_NODE_COMPLEX;
    return !(is_gateway && is_join) && !node->is_for_compensation;
}

/* The token itself, or the one around it, that stands in the scope where `parent`'s nodes live. 0: there is
 * none. */
static uint32_t lift(const gx_run *run, uint32_t key, uint32_t parent)
{
    for (const gx_token *token = gx_state_token(run->state, key); token;) {
        const gx_scope *scope = gx_state_scope(run->state, token->scope);
        if (scope->node == parent && !token->is_instance)
            return token->key;
        token = scope->owner ? gx_state_token(run->state, scope->owner) : NULL;
    }
    return 0;
}

static bool find_target(const gx_run *run, gx_text id, uint32_t *target, gx_error *error)
{
    *target = gx_bpmn_node_of(run->process, id);
    return (*target != GX_NO_INDEX && may_be_target(gx_run_node(run, *target))) ||
           gx_fail(error, "bpmn.move.target", id);
}

static bool find(const gx_run *run, const gx_command *command, uint32_t *key, uint32_t *target,
                 gx_error *error)
{
    char figure[24];
    if (!gx_state_token(run->state, command->key))
        return gx_fail(error, "bpmn.command.key", gx_error_int(figure, command->key));
    if (!find_target(run, command->name, target, error))
        return false;
    *key = lift(run, command->key, gx_run_node(run, *target)->parent);
    return *key || gx_fail(error, "bpmn.move.scope", command->name);
}

bool gx_run_move(gx_run *run, const gx_command *command, gx_error *error)
{
    uint32_t key, target;
    if (!find(run, command, &key, &target, error))
        return false;
    uint32_t scope = gx_state_token(run->state, key)->scope;
    gx_run_cancel_token(run, key);
    gx_run_place(run, target, scope, GX_NO_INDEX);
    return true;
}

/* The first token behind the target, in the order in which tokens came to be. 0: none. */
static uint32_t find_behind(const gx_run *run, uint32_t target, const bool *behind)
{
    uint32_t parent = gx_run_node(run, target)->parent;
    for (uint32_t i = 0; i < run->state->token_count; i++) {
        uint32_t key = lift(run, run->state->tokens[i].key, parent);
        if (key && behind[gx_state_token(run->state, key)->node])
            return key;
    }
    return 0;
}

bool *gx_run_behind(const gx_run *run, uint32_t node)
{
    return reach_from(run->arena, run->process, node, true);
}

/* Everything behind the target ends, also in parallel branches: it will be done again. What has completed
 * there is undone first where the model has a way to undo it, and kept where it has none. */
bool gx_run_send_back(gx_run *run, const gx_command *command, gx_error *error)
{
    uint32_t key, target;
    if (!find_target(run, command->name, &target, error))
        return false;
    const bool *behind = reach_from(run->arena, run->process, target, false);
    if (command->key == 0)
        key = find_behind(run, target, behind);
    else if (!find(run, command, &key, &target, error))
        return false;
    if (!key || !behind[gx_state_token(run->state, key)->node])
        return gx_fail(error, "bpmn.move.not_earlier", command->name);
    uint32_t scope = gx_state_token(run->state, key)->scope;
    for (uint32_t i = run->state->token_count; i-- > 0;) { /* newest first, as scopes end */
        if (i >= run->state->token_count)
            continue;
        const gx_token *other = &run->state->tokens[i];
        if (other->scope == scope && (behind[other->node] || other->node == target))
            gx_run_cancel_token(run, other->key);
    }
    gx_run_undo_behind(run, target, scope);
    return true;
}

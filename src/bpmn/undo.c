/* Compensation (BPMN 2.0.2, 10.7 and 13.5.5): what has completed and can be undone, and the undoing, the
 * latest first.
 *
 * An activity with a compensation boundary event is undone by the activity that the event is associated with.
 * A completed sub-process without one is kept with its variables: it is undone by its compensation event
 * sub-process, or else by undoing what was done inside it. Each is undone once. A token that asked for it
 * waits as GX_TOKEN_UNDOING; what works for it has the token as its `cause`. */
#include "bpmn/run.h"

#include <string.h>

/* The boundary event of the activity whose handler undoes it; GX_NO_INDEX. */
static uint32_t handler_of(const gx_run *run, uint32_t node_index)
{
    const gx_bpmn_node *node = gx_run_node(run, node_index);
    for (uint32_t i = 0; i < node->boundary_count; i++) {
        const gx_bpmn_node *boundary = gx_run_node(run, node->boundaries[i]);
        if (boundary->trigger == GX_TRIGGER_COMPENSATION && boundary->handler != GX_NO_INDEX)
            return boundary->handler;
    }
    return GX_NO_INDEX;
}

/* The start event of a sub-process's compensation event sub-process; GX_NO_INDEX. */
static uint32_t compensating_start(const gx_run *run, uint32_t node_index)
{
    const gx_bpmn_node *node = gx_run_node(run, node_index);
    for (uint32_t i = 0; i < node->event_sub_count; i++) {
        const gx_bpmn_node *sub = gx_run_node(run, node->event_subs[i]);
        for (uint32_t s = 0; s < sub->start_count; s++)
            if (gx_run_node(run, sub->starts[s])->trigger == GX_TRIGGER_COMPENSATION)
                return sub->starts[s];
    }
    return GX_NO_INDEX;
}

static bool has_done(const gx_run *run, uint32_t scope)
{
    for (uint32_t i = 0; i < run->state->done_count; i++)
        if (run->state->dones[i].scope == scope)
            return true;
    return false;
}

static void remember(gx_run *run, uint32_t node, uint32_t scope, uint32_t inner)
{
    gx_done *done = gx_state_add_done(run->arena, run->state);
    *done = (gx_done){.key = run->state->next_key++, .node = node, .scope = scope, .inner = inner};
}

static gx_done take_done(gx_run *run, uint32_t index)
{
    gx_state *state = run->state;
    gx_done done = state->dones[index];
    memmove(&state->dones[index], &state->dones[index + 1],
            (state->done_count - index - 1) * sizeof *state->dones);
    state->done_count--;
    return done;
}

void gx_run_remember(gx_run *run, uint32_t token_key)
{
    const gx_token *token = gx_state_token(run->state, token_key);
    if (handler_of(run, token->node) != GX_NO_INDEX)
        remember(run, token->node, token->scope, 0);
}

bool gx_run_keep_scope(gx_run *run, uint32_t scope_key, const gx_token *owner)
{
    gx_scope *scope = gx_state_scope(run->state, scope_key);
    uint32_t node = scope->node;
    if (handler_of(run, node) != GX_NO_INDEX || gx_run_node(run, node)->is_for_compensation ||
        gx_run_node(run, node)->kind == GX_NODE_EVENT_SUB_PROCESS ||
        (compensating_start(run, node) == GX_NO_INDEX && !has_done(run, scope_key)))
        return false;
    gx_run_close_waits_of_scope(run, scope_key);
    scope->owner = 0;
    scope->is_kept = true;
    remember(run, node, owner->scope, scope_key);
    return true;
}

void gx_run_move_dones(gx_run *run, const gx_scope *from, uint32_t to)
{
    for (uint32_t i = 0; i < run->state->done_count; i++) {
        gx_done *done = &run->state->dones[i];
        if (done->scope != from->key)
            continue;
        done->scope = to;
        gx_scope *inner = done->inner ? gx_state_scope(run->state, done->inner) : NULL;
        if (!inner)
            continue;
        inner->parent = to;
        for (uint32_t v = 0; v < from->variable_count; v++) /* the item and the counter stay known to it */
            if (!gx_scope_find(inner, from->variables[v].name))
                gx_scope_set(run->arena, inner, from->variables[v].name,
                             gx_state_value(run->arena, run->state, &from->variables[v]));
    }
}

void gx_run_forget(gx_run *run, uint32_t scope)
{
    gx_state *state = run->state;
    for (uint32_t i = state->done_count; i-- > 0;) {
        if (i >= state->done_count || state->dones[i].scope != scope)
            continue;
        gx_done done = take_done(run, i);
        if (done.inner)
            gx_run_close_scope(run, done.inner);
    }
    for (uint32_t i = state->undo_count; i-- > 0;)
        if (state->undos[i].scope == scope)
            state->undos[i] = state->undos[--state->undo_count];
    for (uint32_t i = state->reset_count; i-- > 0;)
        if (state->resets[i].scope == scope)
            state->resets[i] = state->resets[--state->reset_count];
}

/* ---- Undoing ---- */

static gx_undo *find_undo(const gx_run *run, uint32_t token)
{
    for (uint32_t i = 0; i < run->state->undo_count; i++)
        if (run->state->undos[i].token == token)
            return &run->state->undos[i];
    return NULL;
}

void gx_run_stop_undoing(gx_run *run, uint32_t token)
{
    gx_undo *undo = find_undo(run, token);
    if (undo)
        *undo = run->state->undos[--run->state->undo_count];
}

void gx_run_undo(gx_run *run, uint32_t token, uint32_t scope, uint32_t node)
{
    gx_state_token(run->state, token)->phase = GX_TOKEN_UNDOING;
    *gx_state_add_undo(run->arena, run->state) = (gx_undo){token, scope, node};
    gx_run_undo_next(run, token, scope);
}

/* The cancelled transaction is left by its cancel boundary event, or ends there when it has none
 * (BPMN 2.0.2, 10.5.4). */
static void leave_transaction(gx_run *run, uint32_t scope)
{
    uint32_t key = gx_state_scope(run->state, scope)->owner;
    if (!key) { /* reading refuses a cancel end outside of transactions */
        gx_run_check_scope(run, scope);
        return;
    }
    while (
        gx_state_token(run->state, key)->is_instance) /* boundary events belong to the activity as a whole */
        key = gx_state_scope(run->state, gx_state_token(run->state, key)->scope)->owner;
    const gx_token *token = gx_state_token(run->state, key);
    const gx_bpmn_node *node = gx_run_node(run, token->node);
    uint32_t outer = token->scope;
    for (uint32_t i = 0; i < node->boundary_count; i++)
        if (gx_run_node(run, node->boundaries[i])->trigger == GX_TRIGGER_CANCEL) {
            gx_run_fire_boundary(run, node->boundaries[i], key);
            return;
        }
    gx_run_cancel_token(run, key);
    gx_run_check_scope(run, outer);
}

static bool undoes_by_itself(const gx_bpmn_node *node)
{
    return node->trigger == GX_TRIGGER_COMPENSATION || node->trigger == GX_TRIGGER_CANCEL;
}

/* Of tokens that undo: the work was sent back to its node, where it starts when all behind is undone. Others
 * stand at an event that asked for it, or have somebody who did. */
static bool was_sent_back(const gx_run *run, const gx_token *token)
{
    return token->phase == GX_TOKEN_UNDOING && token->cause == 0 &&
           !undoes_by_itself(gx_run_node(run, token->node));
}

void gx_run_undo_behind(gx_run *run, uint32_t node, uint32_t scope)
{
    if (undoes_by_itself(gx_run_node(run, node)) || !has_done(run, scope)) {
        gx_run_place(run, node, scope, GX_NO_INDEX);
        return;
    }
    gx_token *token = gx_state_add_token(run->arena, run->state);
    *token = (gx_token){.key = run->state->next_key++, .node = node, .scope = scope, .flow = GX_NO_INDEX};
    gx_run_undo(run, token->key, scope, GX_NO_INDEX);
}

/* All is undone: who asked goes on. */
static void finish(gx_run *run, uint32_t key)
{
    gx_token token = *gx_state_token(run->state, key);
    const gx_bpmn_node *node = gx_run_node(run, token.node);
    if (was_sent_back(run, &token)) {
        gx_run_place(run, token.node, token.scope, GX_NO_INDEX);
        gx_run_remove_token(run, key);
    } else if (node->kind == GX_NODE_SUB_PROCESS) { /* a sub-process whose inside has been undone */
        gx_run_undone(run, key);
    } else if (token.cause == key) { /* nobody waited */
        gx_run_remove_token(run, key);
        gx_run_check_scope(run, token.scope);
    } else if (node->trigger == GX_TRIGGER_CANCEL) {
        leave_transaction(run, token.scope);
    } else {
        gx_state_token(run->state, key)->phase = GX_TOKEN_WAITING;
        gx_run_leave(run, key); /* an end event has no way on: the token is consumed */
    }
}

void gx_run_undone(gx_run *run, uint32_t key)
{
    gx_token token = *gx_state_token(run->state, key);
    for (uint32_t i = run->state->scope_count; i-- > 0;)
        if (i < run->state->scope_count && run->state->scopes[i].owner == key)
            gx_run_close_scope(run, run->state->scopes[i].key);
    gx_run_event(run, "leave", token.node, GX_NO_INDEX);
    gx_run_remove_token(run, key);
    gx_run_undo_next(run, token.cause, token.scope);
}

void gx_run_undo_next(gx_run *run, uint32_t key, uint32_t scope)
{
    const gx_undo *undo = find_undo(run, key);
    if (!undo) { /* who asked has been cancelled meanwhile */
        gx_run_check_scope(run, scope);
        return;
    }
    uint32_t found = GX_NO_INDEX;
    const gx_token *asker = gx_state_token(run->state, key);
    const bool *behind = was_sent_back(run, asker) ? gx_run_behind(run, asker->node) : NULL;
    for (uint32_t i = 0; i < run->state->done_count; i++) /* sorted by key: the last is the latest */
        if (run->state->dones[i].scope == undo->scope &&
            (undo->node == GX_NO_INDEX || undo->node == run->state->dones[i].node) &&
            (!behind || behind[run->state->dones[i].node]))
            found = i;
    if (found == GX_NO_INDEX) {
        gx_run_stop_undoing(run, key);
        finish(run, key);
        return;
    }
    gx_done done = take_done(run, found);
    gx_run_event(run, "undo", done.node, GX_NO_INDEX);
    if (!done.inner) {
        uint32_t token = gx_run_place(run, handler_of(run, done.node), done.scope, GX_NO_INDEX);
        gx_state_token(run->state, token)->cause = key;
        return;
    }
    gx_token *owner = gx_state_add_token(run->arena, run->state);
    *owner = (gx_token){.key = run->state->next_key++,
                        .node = done.node,
                        .scope = done.scope,
                        .flow = GX_NO_INDEX,
                        .phase = GX_TOKEN_SCOPE,
                        .cause = key};
    uint32_t owner_key = owner->key, start = compensating_start(run, done.node);
    gx_scope *inner = gx_state_scope(run->state, done.inner);
    inner->owner = owner_key;
    inner->is_kept = false;
    if (start != GX_NO_INDEX)
        gx_run_fire_event_sub_process(run, start, done.inner);
    else
        gx_run_undo(run, owner_key, done.inner, GX_NO_INDEX);
}

/* ---- Throwing compensation and cancelling ---- */

void gx_run_compensate(gx_run *run, uint32_t key, const gx_event *event)
{
    const gx_token *token = gx_state_token(run->state, key);
    uint32_t scope_key = token->scope, node = token->node;
    const gx_scope *scope = gx_state_scope(run->state, scope_key);
    if (event->activity != GX_NO_INDEX) {
        uint32_t home = gx_run_node(run, event->activity)->parent;
        while (scope->parent && (scope->node != home || scope->is_instance))
            scope = gx_state_scope(run->state, scope->parent);
    } else if (gx_run_node(run, scope->node)->kind == GX_NODE_EVENT_SUB_PROCESS) {
        scope =
            gx_state_scope(run->state, scope->parent); /* an event sub-process speaks for what it stands in */
    }
    uint32_t undone = scope->key;
    if (event->does_wait) {
        gx_run_undo(run, key, undone, event->activity);
        return;
    }
    gx_token *driver = gx_state_add_token(run->arena, run->state);
    *driver =
        (gx_token){.key = run->state->next_key++, .node = node, .scope = scope_key, .flow = GX_NO_INDEX};
    driver->cause = driver->key;
    gx_run_undo(run, driver->key, undone, event->activity);
    if (gx_state_token(run->state, key))
        gx_run_leave(run, key);
}

void gx_run_cancel_transaction(gx_run *run, uint32_t key)
{
    const gx_token *token = gx_state_token(run->state, key);
    uint32_t node = token->node;
    const gx_scope *scope = gx_state_scope(run->state, token->scope);
    while (scope->parent && (!gx_run_node(run, scope->node)->is_transaction || scope->is_instance))
        scope = gx_state_scope(run->state, scope->parent);
    uint32_t transaction = scope->key;
    gx_run_cancel_tokens_of(run, transaction);
    gx_run_close_waits_of_scope(run, transaction);
    gx_token *canceller = gx_state_add_token(run->arena, run->state);
    *canceller =
        (gx_token){.key = run->state->next_key++, .node = node, .scope = transaction, .flow = GX_NO_INDEX};
    gx_run_undo(run, canceller->key, transaction, GX_NO_INDEX);
}

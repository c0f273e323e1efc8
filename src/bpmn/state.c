#include "bpmn/state.h"
#include "base/limits.h"

#include <string.h>

/* Arrays double; the old block stays behind in the arena of the step, which is short-lived. */
static void *grow(gx_arena *arena, void *items, uint32_t count, uint32_t *capacity, size_t size)
{
    if (count < *capacity)
        return items;
    uint32_t larger = *capacity ? *capacity * 2 : 4;
    void *block = gx_alloc_array(arena, larger, size);
    if (count)
        memcpy(block, items, count * size);
    *capacity = larger;
    return block;
}

#define ADD(list)                                                                                            \
    state->list##s =                                                                                         \
        grow(arena, state->list##s, state->list##_count, &state->list##_capacity, sizeof *state->list##s);   \
    return &state->list##s[state->list##_count++]

gx_token *gx_state_add_token(gx_arena *arena, gx_state *state)
{
    ADD(token);
}

gx_scope *gx_state_add_scope(gx_arena *arena, gx_state *state)
{
    ADD(scope);
}

gx_multi *gx_state_add_multi(gx_arena *arena, gx_state *state)
{
    ADD(multi);
}

gx_wait *gx_state_add_wait(gx_arena *arena, gx_state *state)
{
    ADD(wait);
}

gx_done *gx_state_add_done(gx_arena *arena, gx_state *state)
{
    ADD(done);
}

gx_undo *gx_state_add_undo(gx_arena *arena, gx_state *state)
{
    ADD(undo);
}

gx_reset *gx_state_add_reset(gx_arena *arena, gx_state *state)
{
    ADD(reset);
}

gx_dismissal *gx_state_add_dismissal(gx_arena *arena, gx_state *state)
{
    ADD(dismissal);
}

/* Lists are sorted by key: the entry's place in `list`, by halving. */
#define FIND(list, wanted)                                                                                   \
    uint32_t low = 0, high = state->list##_count;                                                            \
    while (low < high) {                                                                                     \
        uint32_t middle = low + (high - low) / 2;                                                            \
        if (state->list##s[middle].key < (wanted))                                                           \
            low = middle + 1;                                                                                \
        else                                                                                                 \
            high = middle;                                                                                   \
    }                                                                                                        \
    return low < state->list##_count && state->list##s[low].key == (wanted) ? &state->list##s[low] : NULL

gx_token *gx_state_token(const gx_state *state, uint32_t key)
{
    FIND(token, key);
}

gx_scope *gx_state_scope(const gx_state *state, uint32_t key)
{
    FIND(scope, key);
}

gx_wait *gx_state_wait(const gx_state *state, uint32_t key)
{
    FIND(wait, key);
}

gx_multi *gx_state_multi(const gx_state *state, uint32_t token)
{
    for (uint32_t i = 0; i < state->multi_count; i++)
        if (state->multis[i].token == token)
            return &state->multis[i];
    return NULL;
}

gx_variable *gx_scope_find(const gx_scope *scope, gx_text name)
{
    for (uint32_t i = 0; i < scope->variable_count; i++)
        if (gx_text_equal(scope->variables[i].name, name))
            return &scope->variables[i];
    return NULL;
}

/* A copy of a state shares the variables of its scopes until they are changed; capacity 0 says so. */
static void own_variables(gx_arena *arena, gx_scope *scope)
{
    if (scope->variable_capacity > 0 || scope->variable_count == 0)
        return;
    uint32_t capacity = scope->variable_count + 4;
    gx_variable *variables = GX_NEW_ARRAY(arena, gx_variable, capacity);
    memcpy(variables, scope->variables, scope->variable_count * sizeof *variables);
    scope->variables = variables;
    scope->variable_capacity = capacity;
}

void gx_scope_set(gx_arena *arena, gx_scope *scope, gx_text name, gx_value value)
{
    own_variables(arena, scope);
    gx_variable *before = gx_scope_find(scope, name);
    if (before) {
        *before = (gx_variable){.name = name, .value = value};
        return;
    }
    scope->variables = grow(arena, scope->variables, scope->variable_count, &scope->variable_capacity,
                            sizeof *scope->variables);
    scope->variables[scope->variable_count++] = (gx_variable){.name = name, .value = value};
}

static void *copy_array(gx_arena *arena, const void *items, size_t count, size_t size)
{
    void *block = gx_alloc_array(arena, count, size);
    if (count)
        memcpy(block, items, count * size);
    return block;
}

gx_state *gx_state_copy(gx_arena *arena, const gx_state *state)
{
    gx_state *copy = gx_copy_bytes(arena, state, sizeof *state);
    copy->tokens = copy_array(arena, state->tokens, state->token_count, sizeof *state->tokens);
    copy->scopes = copy_array(arena, state->scopes, state->scope_count, sizeof *state->scopes);
    copy->multis = copy_array(arena, state->multis, state->multi_count, sizeof *state->multis);
    copy->waits = copy_array(arena, state->waits, state->wait_count, sizeof *state->waits);
    copy->dones = copy_array(arena, state->dones, state->done_count, sizeof *state->dones);
    copy->undos = copy_array(arena, state->undos, state->undo_count, sizeof *state->undos);
    copy->resets = copy_array(arena, state->resets, state->reset_count, sizeof *state->resets);
    copy->dismissals =
        copy_array(arena, state->dismissals, state->dismissal_count, sizeof *state->dismissals);
    copy->dismissal_capacity = copy->dismissal_count;
    copy->done_capacity = copy->done_count;
    copy->undo_capacity = copy->undo_count;
    copy->reset_capacity = copy->reset_count;
    copy->token_capacity = copy->token_count;
    copy->scope_capacity = copy->scope_count;
    copy->multi_capacity = copy->multi_count;
    copy->wait_capacity = copy->wait_count;
    for (uint32_t i = 0; i < copy->scope_count; i++)
        copy->scopes[i].variable_capacity = 0; /* shared: see own_variables */
    for (uint32_t i = 0; i < copy->multi_count; i++)
        if (copy->multis[i].results)
            copy->multis[i].results =
                copy_array(arena, copy->multis[i].results, copy->multis[i].total, sizeof(gx_value));
    return copy;
}

static bool are_tokens_sound(const gx_bpmn_process *process, const gx_state *state)
{
    uint32_t near = 0; /* tokens of neighbouring keys are mostly in neighbouring scopes */
    for (uint32_t i = 0; i < state->token_count; i++) {
        const gx_token *token = &state->tokens[i];
        bool is_ordered = i == 0 || state->tokens[i - 1].key < token->key;
        if (!is_ordered || token->key >= state->next_key || token->node >= process->node_count)
            return false;
        near += near + 1 < state->scope_count && state->scopes[near].key < token->scope;
        if (near < state->scope_count && state->scopes[near].key == token->scope)
            continue;
        const gx_scope *scope = gx_state_scope(state, token->scope);
        if (!scope)
            return false;
        near = (uint32_t)(scope - state->scopes);
    }
    return true;
}

static bool are_scopes_sound(const gx_bpmn_process *process, const gx_state *state)
{
    for (uint32_t i = 0; i < state->scope_count; i++) {
        const gx_scope *scope = &state->scopes[i];
        bool is_root = scope->owner == 0 && !scope->is_kept;
        if (i > 0 && state->scopes[i - 1].key >= scope->key)
            return false;
        if (scope->node >= process->node_count || is_root != (scope->parent == 0) || is_root != (i == 0))
            return false;
        bool has_same = i > 1 && scope->parent == scope[-1].parent && scope->owner == scope[-1].owner;
        if (is_root || has_same) /* instances of one activity have the same */
            continue;
        if (!gx_state_scope(state, scope->parent) || (scope->owner && !gx_state_token(state, scope->owner)))
            return false;
    }
    return state->scope_count > 0;
}

/* What lists refer to must be there. */
static bool are_lists_sound(const gx_bpmn_process *process, const gx_state *state)
{
    for (uint32_t i = 0; i < state->wait_count; i++) {
        const gx_wait *wait = &state->waits[i];
        bool has_owner = wait->token ? gx_state_token(state, wait->token) != NULL
                                     : gx_state_scope(state, wait->scope) != NULL;
        bool is_ordered = i == 0 || state->waits[i - 1].key < wait->key;
        if (!is_ordered || !has_owner || wait->node >= process->node_count ||
            wait->event >= process->nodes[wait->node].event_count)
            return false;
    }
    for (uint32_t i = 0; i < state->multi_count; i++) {
        const gx_multi *multi = &state->multis[i];
        const gx_token *token = gx_state_token(state, multi->token);
        bool is_bounded = token && process->nodes[token->node].loop != GX_LOOP_STANDARD;
        if (!token || (is_bounded && multi->started > multi->total) || multi->done > multi->started ||
            multi->away > multi->started - multi->done || (multi->shelf && !state->shelf))
            return false;
    }
    for (uint32_t i = 0; i < state->done_count; i++)
        if (state->dones[i].node >= process->node_count || !gx_state_scope(state, state->dones[i].scope) ||
            (state->dones[i].inner && !gx_state_scope(state, state->dones[i].inner)))
            return false;
    for (uint32_t i = 0; i < state->undo_count; i++)
        if (!gx_state_token(state, state->undos[i].token) || !gx_state_scope(state, state->undos[i].scope))
            return false;
    for (uint32_t i = 0; i < state->reset_count; i++)
        if (state->resets[i].node >= process->node_count ||
            process->gateway_row[state->resets[i].node] == GX_NO_INDEX ||
            !gx_state_scope(state, state->resets[i].scope))
            return false;
    return true;
}

bool gx_state_is_sound(const gx_bpmn_process *process, const gx_state *state)
{
    if (state->has_ended)
        return state->token_count + state->wait_count + state->multi_count + state->done_count +
                   state->undo_count + state->reset_count ==
               0;
    return are_scopes_sound(process, state) && are_tokens_sound(process, state) &&
           are_lists_sound(process, state);
}

bool gx_state_has_ended(const gx_state *state)
{
    return state->has_ended;
}

gx_value gx_state_variables(gx_arena *arena, const gx_state *state)
{
    const gx_scope *root = &state->scopes[0];
    gx_context_builder builder = gx_context_begin(arena, root->variable_count);
    for (uint32_t i = 0; i < root->variable_count; i++)
        gx_context_set(&builder, root->variables[i].name, gx_state_value(arena, state, &root->variables[i]));
    return gx_context_end(&builder);
}

gx_value gx_state_variables_at(gx_arena *arena, const gx_state *state, uint32_t key)
{
    const gx_token *token = gx_state_token(state, key);
    const gx_scope *scope = token ? gx_state_scope(state, token->scope) : &state->scopes[0];
    gx_scope away;
    gx_token there;
    uint32_t multi;
    if (!token && gx_state_find_away(arena, state, key, &multi, &away, &there))
        scope = &away;
    gx_map seen = gx_map_in(arena);
    gx_context_builder builder = gx_context_begin(arena, 16);
    for (; scope; scope = scope->parent ? gx_state_scope(state, scope->parent) : NULL)
        for (uint32_t i = 0; i < scope->variable_count; i++)
            if (!gx_map_put(&seen, scope->variables[i].name, (void *)(uintptr_t)scope))
                gx_context_set(&builder, scope->variables[i].name,
                               gx_state_value(arena, state, &scope->variables[i]));
    return gx_context_end(&builder);
}

size_t gx_state_tokens(gx_arena *arena, const gx_state *state, uint32_t **nodes)
{
    *nodes = GX_NEW_ARRAY(arena, uint32_t, state->token_count);
    for (uint32_t i = 0; i < state->token_count; i++)
        (*nodes)[i] = state->tokens[i].node;
    return state->token_count;
}

/* ---- As JSON ---- */

static const char *phase_name(uint8_t phase)
{
    static const char *const names[] = {"ready", "waiting", "scope", "joining", "incident", "undoing"};
    return names[phase];
}

static void add_tokens(gx_arena *arena, gx_json *json, const gx_bpmn_process *process, const gx_state *state)
{
    gx_json *tokens = gx_json_set(arena, json, "tokens", gx_json_array(arena));
    for (uint32_t i = 0; i < state->token_count; i++) {
        const gx_token *of = &state->tokens[i];
        gx_json *token = gx_json_append(tokens, gx_json_object(arena));
        gx_json_set_int(arena, token, "key", of->key);
        gx_json_set_text(arena, token, "element", process->nodes[of->node].id);
        gx_json_set_int(arena, token, "scope", of->scope);
        gx_json_set_text(arena, token, "phase", gx_text_of(phase_name(of->phase)));
        if (of->cause)
            gx_json_set_int(arena, token, "undoesFor", of->cause);
    }
}

static void add_scopes(gx_arena *arena, gx_json *json, const gx_bpmn_process *process, const gx_state *state)
{
    gx_json *scopes = gx_json_set(arena, json, "scopes", gx_json_array(arena));
    for (uint32_t i = 0; i < state->scope_count; i++) {
        const gx_scope *of = &state->scopes[i];
        gx_json *scope = gx_json_append(scopes, gx_json_object(arena));
        gx_json_set_int(arena, scope, "key", of->key);
        gx_json_set_text(arena, scope, "element", process->nodes[of->node].id);
        if (of->parent)
            gx_json_set_int(arena, scope, "parent", of->parent);
        if (of->is_kept)
            gx_json_set_bool(arena, scope, "keptForCompensation", true);
        gx_json *variables = gx_json_set(arena, scope, "variables", gx_json_object(arena));
        for (uint32_t v = 0; v < of->variable_count; v++)
            gx_json_set(arena, variables, gx_copy_string(arena, of->variables[v].name),
                        gx_value_to_json(arena, gx_state_value(arena, state, &of->variables[v])));
    }
}

static void add_waits(gx_arena *arena, gx_json *json, const gx_bpmn_process *process, const gx_state *state)
{
    gx_json *waits = gx_json_set(arena, json, "waits", gx_json_array(arena));
    for (uint32_t i = 0; i < state->wait_count; i++) {
        const gx_wait *of = &state->waits[i];
        const gx_bpmn_node *node = &process->nodes[of->node];
        const gx_event *event = &node->events[of->event];
        gx_json *wait = gx_json_append(waits, gx_json_object(arena));
        gx_json_set_int(arena, wait, "key", of->key);
        gx_json_set_text(arena, wait, "element", node->id);
        gx_json_set_text(arena, wait, "trigger", gx_text_of(gx_trigger_name(event->trigger)));
        if (event->name.size)
            gx_json_set_text(arena, wait, "name", event->name);
        if (event->trigger == GX_TRIGGER_TIMER) {
            char text[GX_INSTANT_SIZE];
            gx_json_set_text(arena, wait, "due", gx_copy(arena, gx_instant_write(of->due, text)));
            gx_json_set_int(arena, wait, "repeats", of->repeats);
        }
    }
}

static void add_multis(gx_arena *arena, gx_json *json, const gx_state *state)
{
    gx_json *multis = gx_json_set(arena, json, "activities", gx_json_array(arena));
    for (uint32_t i = 0; i < state->multi_count; i++) {
        const gx_multi *of = &state->multis[i];
        gx_json *multi = gx_json_append(multis, gx_json_object(arena));
        gx_json_set_int(arena, multi, "token", of->token);
        gx_json_set_int(arena, multi, "total", of->total);
        gx_json_set_int(arena, multi, "started", of->started);
        gx_json_set_int(arena, multi, "done", of->done);
        gx_json_set_bool(arena, multi, "goesOn", of->is_put_off);
        if (of->shelf)
            gx_json_set_int(arena, multi, "onShelf", of->away);
    }
}

gx_json *gx_state_to_json(gx_arena *arena, const gx_bpmn_process *process, const gx_state *state)
{
    gx_json *json = gx_json_object(arena);
    gx_json_set_text(arena, json, "process", process->id);
    gx_json_set_bool(arena, json, "ended", state->has_ended);
    add_tokens(arena, json, process, state);
    add_scopes(arena, json, process, state);
    add_waits(arena, json, process, state);
    add_multis(arena, json, state);
    gx_json *dones = gx_json_set(arena, json, "compensable", gx_json_array(arena));
    for (uint32_t i = 0; i < state->done_count; i++)
        gx_json_append(dones, gx_json_string(arena, process->nodes[state->dones[i].node].id));
    gx_json *resets = gx_json_set(arena, json, "activatedGateways", gx_json_array(arena));
    for (uint32_t i = 0; i < state->reset_count; i++)
        gx_json_append(resets, gx_json_string(arena, process->nodes[state->resets[i].node].id));
    return json;
}

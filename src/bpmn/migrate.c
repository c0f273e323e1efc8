/* A running instance goes on with another version of its process. Everything it holds is carried over by the
 * ids of elements and flows; what cannot be carried over stands against the migration and is named. */
#include "bpmn/run.h"

#include <string.h>

typedef struct migration {
    gx_arena *arena;
    const gx_bpmn_process *from, *to;
    const gx_bpmn_renaming *renamings;
    size_t renaming_count;
    gx_bpmn_obstacle *obstacles;
    size_t most, count;
} migration;

static void object(migration *m, gx_text element, const char *code)
{
    for (size_t i = 0; i < m->count; i++)
        if (gx_text_equal(m->obstacles[i].element, element) && strcmp(m->obstacles[i].code, code) == 0)
            return;
    if (m->count < m->most)
        m->obstacles[m->count++] = (gx_bpmn_obstacle){element, code};
}

static gx_text renamed(const migration *m, gx_text id)
{
    for (size_t i = 0; i < m->renaming_count; i++)
        if (gx_text_equal(m->renamings[i].from, id))
            return m->renamings[i].to;
    return id;
}

static uint32_t node_in(const migration *m, uint32_t node)
{
    return node == 0 ? 0 : gx_bpmn_node_of(m->to, renamed(m, m->from->nodes[node].id));
}

static uint32_t flow_in(const migration *m, uint32_t flow)
{
    gx_text id = flow == GX_NO_INDEX ? (gx_text){NULL, 0} : renamed(m, m->from->flows[flow].id);
    for (uint32_t i = 0; id.size && i < m->to->flow_count; i++)
        if (gx_text_equal(m->to->flows[i].id, id))
            return i;
    return GX_NO_INDEX;
}

/* The node in the new version, when it is the same kind of thing in the same place. */
static uint32_t carry_node(migration *m, uint32_t node)
{
    const gx_bpmn_node *old = &m->from->nodes[node];
    uint32_t found = node_in(m, node);
    if (found == GX_NO_INDEX) {
        object(m, old->id, "bpmn.migrate.absent");
        return 0;
    }
    const gx_bpmn_node *new = &m->to->nodes[found];
    if (new->kind != old->kind)
        object(m, old->id, "bpmn.migrate.kind");
    else if (new->loop != old->loop)
        object(m, old->id, "bpmn.migrate.loop");
    else if (node && node_in(m, old->parent) != new->parent)
        object(m, old->id, "bpmn.migrate.scope");
    return found;
}

static void carry_tokens(migration *m, gx_state *state)
{
    for (uint32_t i = 0; i < state->token_count; i++) {
        gx_token *token = &state->tokens[i];
        gx_text id = m->from->nodes[token->node].id;
        uint32_t flow = flow_in(m, token->flow);
        if (token->phase == GX_TOKEN_JOINING && flow == GX_NO_INDEX)
            object(m, id, "bpmn.migrate.flow");
        token->node = carry_node(m, token->node);
        token->flow = flow;
    }
}

static void carry_rest(migration *m, gx_state *state)
{
    for (uint32_t i = 0; i < state->scope_count; i++)
        state->scopes[i].node = carry_node(m, state->scopes[i].node);
    for (uint32_t i = 0; i < state->done_count; i++)
        state->dones[i].node = carry_node(m, state->dones[i].node);
    for (uint32_t i = 0; i < state->undo_count; i++)
        if (state->undos[i].node != GX_NO_INDEX)
            state->undos[i].node = carry_node(m, state->undos[i].node);
    if (state->reset_count) /* positions of flows: not worth carrying over; they last for one round of a
                               gateway */
        object(m, m->from->nodes[state->resets[0].node].id, "bpmn.migrate.gateway");
}

/* A boundary event or event sub-process that is gone no longer listens; any other wait must find its event.
 */
static void carry_waits(migration *m, gx_run *run)
{
    gx_state *state = run->state;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < state->wait_count; i++) {
        gx_wait wait = state->waits[i];
        const gx_bpmn_node *old = &m->from->nodes[wait.node];
        gx_trigger trigger = old->events[wait.event].trigger;
        uint32_t node = node_in(m, wait.node);
        bool is_there = node != GX_NO_INDEX && m->to->nodes[node].kind == old->kind &&
                        wait.event < m->to->nodes[node].event_count &&
                        m->to->nodes[node].events[wait.event].trigger == trigger;
        bool may_go = old->kind == GX_NODE_BOUNDARY || (old->kind == GX_NODE_START && wait.token == 0);
        if (is_there) {
            wait.node = node;
            state->waits[kept++] = wait;
        } else if (!may_go) {
            object(m, old->id, node == GX_NO_INDEX ? "bpmn.migrate.absent" : "bpmn.migrate.event");
        } else if (trigger != GX_TRIGGER_CONDITION) {
            gx_run_effect(run, trigger == GX_TRIGGER_TIMER ? GX_EFFECT_DISARM_TIMER : GX_EFFECT_UNSUBSCRIBE,
                          wait.key, 0);
        }
    }
    state->wait_count = kept;
}

static bool listens(const gx_state *state, uint32_t node, uint32_t token)
{
    for (uint32_t i = 0; i < state->wait_count; i++)
        if (state->waits[i].node == node && state->waits[i].token == token)
            return true;
    return false;
}

/* Boundary events that the new version has and the old one had not begin to listen now. */
static void open_new_boundaries(migration *m, gx_run *run)
{
    for (uint32_t i = 0; i < run->state->token_count; i++) {
        const gx_token token = run->state->tokens[i];
        const gx_bpmn_node *node = gx_run_node(run, token.node);
        if (token.is_instance || (token.phase != GX_TOKEN_WAITING && token.phase != GX_TOKEN_SCOPE))
            continue;
        for (uint32_t k = 0; k < node->boundary_count; k++) {
            gx_text id = gx_run_node(run, node->boundaries[k])->id;
            bool is_old = false;
            for (uint32_t n = 0; n < m->from->node_count && !is_old; n++)
                is_old = gx_text_equal(renamed(m, m->from->nodes[n].id), id);
            if (!is_old && !listens(run->state, node->boundaries[k], token.key))
                gx_run_wait(run, node->boundaries[k], token.key, 0);
        }
    }
}

bool gx_bpmn_migrate(gx_arena *arena, const gx_bpmn_process *from, const gx_bpmn_process *to,
                     const gx_state *state, const gx_bpmn_renaming *renamings, size_t renaming_count,
                     const gx_bpmn_world *world, const gx_state **next, gx_effects *effects,
                     gx_bpmn_obstacle *obstacles, size_t *count)
{
    migration m = {.arena = arena,
                   .from = from,
                   .to = to,
                   .renamings = renamings,
                   .renaming_count = renaming_count,
                   .obstacles = obstacles,
                   .most = *count};
    *effects = (gx_effects){0};
    gx_run run = {.arena = arena,
                  .process = to,
                  .world = world,
                  .effects = effects,
                  .state = gx_state_copy(arena, state)};
    for (size_t i = 0; i < renaming_count; i++)
        if (gx_bpmn_node_of(from, renamings[i].from) == GX_NO_INDEX)
            object(&m, renamings[i].from, "bpmn.migrate.unknown");
    carry_tokens(&m, run.state);
    carry_rest(&m, run.state);
    carry_waits(&m, &run);
    if (m.count == 0) {
        uint32_t stuck = gx_bpmn_stuck_join(arena, to, run.state);
        if (stuck != GX_NO_INDEX)
            object(&m, to->nodes[stuck].id, "bpmn.move.join");
        else
            open_new_boundaries(&m, &run);
    }
    *count = m.count;
    *next = run.state;
    return m.count == 0;
}

gx_text gx_bpmn_translation(gx_arena *arena, const gx_bpmn_process *from, const gx_bpmn_process *to,
                            const gx_bpmn_renaming *renamings, size_t renaming_count)
{
    migration m = {
        .arena = arena, .from = from, .to = to, .renamings = renamings, .renaming_count = renaming_count};
    gx_buffer words = gx_buffer_in(arena);
    for (uint32_t i = 0; i < from->node_count; i++) {
        uint32_t node = node_in(&m, i);
        if (node != GX_NO_INDEX)
            gx_buffer_format(&words, "%sn%u.%u", words.size ? " " : "", i, node);
    }
    for (uint32_t i = 0; i < from->flow_count; i++) {
        uint32_t flow = flow_in(&m, i);
        if (flow != GX_NO_INDEX)
            gx_buffer_format(&words, "%sg%u.%u", words.size ? " " : "", i, flow);
    }
    return gx_buffer_as_text(&words);
}

uint32_t gx_state_token_at(const gx_state *state, uint32_t node)
{
    for (uint32_t i = 0; i < state->token_count; i++)
        if (state->tokens[i].node == node)
            return state->tokens[i].key;
    return 0;
}

uint32_t gx_state_node_of(gx_arena *arena, const gx_state *state, uint32_t key)
{
    const gx_token *token = gx_state_token(state, key);
    gx_scope scope;
    gx_token away;
    uint32_t multi;
    if (token || !gx_state_find_away(arena, state, key, &multi, &scope, &away))
        return token ? token->node : GX_NO_INDEX;
    return away.node;
}

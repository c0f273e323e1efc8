/* The walk over reachable states. A state is one byte for each place of the scope; a place is a flow, or
 * "inside an activity" for those with boundary events (bit 0: inside; the higher bits: which non-interrupting
 * boundary events have fired). */
#include "bpmn/explore.h"

#include <string.h>

enum { STATES_MOST = 200000, SUBSET_FLOWS = 6, FINDINGS_MOST = 20, TOKENS_OF_A_FLOW = 2 };

typedef struct visited {
    const uint8_t *places;
    uint32_t parent; /* state; GX_NO_INDEX: an initial one */
    gx_move move;    /* that led here */
    bool is_final, can_end;
    uint32_t *next; /* states */
    uint32_t next_count, next_capacity;
} visited;

typedef struct walk {
    gx_arena *arena;
    const gx_bpmn_process *process;
    uint32_t scope;
    uint32_t place_count;
    uint32_t *place_of_flow, *place_of_node; /* by index; GX_NO_INDEX */
    uint32_t *flow_of_place, *node_of_place;
    uint64_t *reach; /* row by place, bit by place: a token here may come there */
    uint32_t words;
    bool *can_complete; /* by node: the inner scope can end well */
    visited *states;
    uint32_t state_count, state_capacity, states_most;
    uint32_t *table; /* open addressing: state + 1 */
    uint32_t table_size;
    bool *is_seen; /* by node: has been entered */
    bool *is_main; /* by node: not only a side branch of non-interrupting boundary events, where several
                      tokens are nothing strange */
    bool is_exhaustive, is_full, is_vague, ends_well;
    /* at work */
    uint32_t from;
    uint8_t *scratch;
    gx_exploration *result;
} walk;

/* ---- States ---- */

static uint32_t find_slot(const walk *w, const uint8_t *places, bool *is_found)
{
    uint64_t hash = gx_text_hash((gx_text){(const char *)places, w->place_count});
    uint32_t slot = (uint32_t)hash & (w->table_size - 1);
    for (; w->table[slot]; slot = (slot + 1) & (w->table_size - 1))
        if (memcmp(w->states[w->table[slot] - 1].places, places, w->place_count) == 0) {
            *is_found = true;
            return slot;
        }
    *is_found = false;
    return slot;
}

static void grow_table(walk *w)
{
    w->table_size *= 2;
    w->table = GX_NEW_ARRAY(w->arena, uint32_t, w->table_size);
    for (uint32_t i = 0; i < w->state_count; i++) {
        bool is_found;
        w->table[find_slot(w, w->states[i].places, &is_found)] = i + 1;
    }
}

static void link_states(walk *w, uint32_t from, uint32_t to)
{
    visited *state = &w->states[from];
    if (state->next_count == state->next_capacity) {
        uint32_t capacity = state->next_capacity ? state->next_capacity * 2 : 2;
        uint32_t *next = GX_NEW_ARRAY(w->arena, uint32_t, capacity);
        if (state->next_count)
            memcpy(next, state->next, state->next_count * sizeof *next);
        state->next = next;
        state->next_capacity = capacity;
    }
    state->next[state->next_count++] = to;
}

/* The state with these places, found or new. */
static void reach_state(walk *w, const uint8_t *places, bool is_final, gx_move move)
{
    bool is_found;
    uint32_t slot = find_slot(w, places, &is_found);
    if (is_found) {
        if (w->from != GX_NO_INDEX)
            link_states(w, w->from, w->table[slot] - 1);
        return;
    }
    if (w->state_count >= w->states_most) {
        w->is_full = true;
        return;
    }
    if (w->state_count == w->state_capacity) {
        w->state_capacity *= 2;
        visited *states = GX_NEW_ARRAY(w->arena, visited, w->state_capacity);
        memcpy(states, w->states, w->state_count * sizeof *states);
        w->states = states;
    }
    visited *state = &w->states[w->state_count++];
    *state = (visited){.places = gx_copy_bytes(w->arena, places, w->place_count),
                       .parent = w->from,
                       .move = move,
                       .is_final = is_final};
    w->table[slot] = w->state_count;
    if (w->from != GX_NO_INDEX)
        link_states(w, w->from, w->state_count - 1);
    if (w->state_count * 2 > w->table_size)
        grow_table(w);
}

/* ---- What a node can do ---- */

static const gx_bpmn_node *node_at(const walk *w, uint32_t node)
{
    return &w->process->nodes[node];
}

static bool has_trigger(const gx_bpmn_node *node, gx_trigger trigger)
{
    for (uint32_t i = 0; i < node->event_count; i++)
        if (node->events[i].trigger == trigger)
            return true;
    return false;
}

static void give(walk *w, uint8_t *places, uint32_t flow)
{
    uint8_t *place = &places[w->place_of_flow[flow]];
    if (*place < TOKENS_OF_A_FLOW)
        ++*place;
}

static bool is_empty(const walk *w, const uint8_t *places)
{
    for (uint32_t i = 0; i < w->place_count; i++)
        if (places[i])
            return false;
    return true;
}

static uint32_t link_target(const walk *w, const gx_bpmn_node *node)
{
    for (uint32_t i = 0; i < w->process->node_count; i++) {
        const gx_bpmn_node *target = node_at(w, i);
        if (target->kind == GX_NODE_CATCH && target->parent == node->parent && target->event_count &&
            target->events[0].trigger == GX_TRIGGER_LINK &&
            gx_text_equal(target->events[0].name, node->events[0].name))
            return i;
    }
    return GX_NO_INDEX;
}

static void emit(walk *w, const uint8_t *before, uint32_t node_index, uint64_t flows);

/* The node has consumed its tokens in `before`: it gives tokens to any set of its flows that its kind allows.
 */
static void go_on(walk *w, const uint8_t *before, uint32_t node_index)
{
    const gx_bpmn_node *node = node_at(w, node_index);
    uint32_t count = node->outgoing_count < 64 ? node->outgoing_count : 63;
    uint64_t all = count ? (1ull << count) - 1 : 0, free = 0, chosen = 0;
    w->is_seen[node_index] = true;
    if (node->kind == GX_NODE_PARALLEL || count == 0) {
        emit(w, before, node_index, all);
        return;
    }
    if (node->kind == GX_NODE_EXCLUSIVE || node->kind == GX_NODE_EVENT_GATEWAY) {
        for (uint32_t i = 0; i < count; i++)
            emit(w, before, node_index, 1ull << i);
        return;
    }
    uint64_t standard = 0; /* the default flow */
    for (uint32_t i = 0; i < count; i++) {
        const gx_bpmn_flow *flow = &w->process->flows[node->outgoing[i]];
        if (node->outgoing[i] == node->default_flow)
            standard = 1ull << i;
        else if (flow->condition)
            chosen |= 1ull << i;
        else
            free |= 1ull << i;
    }
    if (__builtin_popcountll(chosen) >
        SUBSET_FLOWS) { /* all sets would be too many: each alone, and all together */
        w->is_vague = true;
        for (uint32_t i = 0; i < count; i++)
            if (chosen >> i & 1)
                emit(w, before, node_index, free | 1ull << i);
        emit(w, before, node_index, free | chosen);
    } else {
        for (uint64_t set = chosen; set; set = (set - 1) & chosen)
            emit(w, before, node_index, free | set);
    }
    bool is_gateway = node->kind == GX_NODE_INCLUSIVE || node->kind == GX_NODE_COMPLEX;
    if (standard && !(is_gateway && free))
        emit(w, before, node_index, free | standard);
    else if (!standard && (free || !chosen)) /* without a default and with nothing open the token would stop
                                                in an incident: a model may rule that out */
        emit(w, before, node_index, free);
}

static void emit(walk *w, const uint8_t *before, uint32_t node_index, uint64_t flows)
{
    const gx_bpmn_node *node = node_at(w, node_index);
    uint8_t *after = w->scratch + w->place_count; /* the second half */
    memcpy(after, before, w->place_count);
    bool ends_all = node->kind == GX_NODE_END &&
                    (has_trigger(node, GX_TRIGGER_TERMINATE) || has_trigger(node, GX_TRIGGER_ERROR) ||
                     has_trigger(node, GX_TRIGGER_CANCEL));
    if (ends_all)
        memset(after, 0, w->place_count);
    if (node->kind == GX_NODE_THROW && has_trigger(node, GX_TRIGGER_LINK)) {
        uint32_t target = link_target(w, node);
        for (uint32_t i = 0; target != GX_NO_INDEX && i < node_at(w, target)->outgoing_count; i++)
            give(w, after, node_at(w, target)->outgoing[i]);
        if (target != GX_NO_INDEX)
            w->is_seen[target] = true;
    }
    for (uint32_t i = 0; i < node->outgoing_count && i < 64; i++)
        for (uint32_t q = 0; flows >> i & 1 && q < node->completion_quantity && q < TOKENS_OF_A_FLOW; q++)
            give(w, after, node->outgoing[i]);
    bool is_final = is_empty(w, after);
    w->ends_well |= is_final && !has_trigger(node, GX_TRIGGER_ERROR) && !has_trigger(node, GX_TRIGGER_CANCEL);
    reach_state(w, after, is_final, (gx_move){node_index, flows});
}

static bool is_activity(const gx_bpmn_node *node)
{
    return node->kind >= GX_NODE_TASK && node->kind <= GX_NODE_SUB_PROCESS;
}

/* A token has come to a node that needs only this one. */
static void enter(walk *w, uint8_t *places, uint32_t node_index)
{
    uint32_t inside = w->place_of_node[node_index];
    w->is_seen[node_index] = true;
    if (inside != GX_NO_INDEX) {
        if (places[inside] & 1) { /* another token is inside: it takes its turn afterwards */
            go_on(w, places, node_index);
            return;
        }
        places[inside] = 1;
        reach_state(w, places, false, (gx_move){node_index, 0});
        return;
    }
    if (!is_activity(node_at(w, node_index)) || w->can_complete[node_index])
        go_on(w, places, node_index);
}

static bool is_compensation(const gx_bpmn_node *boundary)
{
    return boundary->event_count == 1 && boundary->events[0].trigger == GX_TRIGGER_COMPENSATION;
}

/* An activity with boundary events, with a token inside. */
static void be_inside(walk *w, const uint8_t *state, uint32_t place)
{
    uint32_t node_index = w->node_of_place[place];
    const gx_bpmn_node *node = node_at(w, node_index);
    uint8_t *places = w->scratch;
    for (uint32_t i = 0; i < node->boundary_count && i < 7; i++) {
        const gx_bpmn_node *boundary = node_at(w, node->boundaries[i]);
        uint8_t bit = (uint8_t)(2u << i);
        if (is_compensation(boundary) || (!boundary->is_interrupting && state[place] & bit))
            continue;
        memcpy(places, state, w->place_count);
        places[place] = boundary->is_interrupting ? 0 : (uint8_t)(state[place] | bit);
        go_on(w, places, node->boundaries[i]);
    }
    if (!w->can_complete[node_index])
        return;
    memcpy(places, state, w->place_count);
    places[place] = 0;
    go_on(w, places, node_index);
}

/* ---- Joins ---- */

static bool join_parallel(walk *w, const uint8_t *state, const gx_bpmn_node *node)
{
    for (uint32_t i = 0; i < node->incoming_count; i++)
        if (!state[w->place_of_flow[node->incoming[i]]])
            return false;
    for (uint32_t i = 0; i < node->incoming_count; i++)
        w->scratch[w->place_of_flow[node->incoming[i]]]--;
    return true;
}

/* As the engine does it: no token elsewhere may come to a flow that has none, unless it can come to one that
 * has. */
static bool join_inclusive(walk *w, const uint8_t *state, uint32_t node_index)
{
    const gx_bpmn_node *node = node_at(w, node_index);
    const uint64_t *reach =
        w->process->reach + (size_t)w->process->gateway_row[node_index] * w->process->node_count;
    uint64_t have = 0, all = node->incoming_count >= 64 ? UINT64_MAX : (1ull << node->incoming_count) - 1;
    for (uint32_t i = 0; i < node->incoming_count && i < 64; i++)
        if (state[w->place_of_flow[node->incoming[i]]])
            have |= 1ull << i;
    for (uint32_t p = 0; p < w->place_count; p++) {
        uint32_t at = w->flow_of_place[p] != GX_NO_INDEX ? w->process->flows[w->flow_of_place[p]].target
                                                         : w->node_of_place[p];
        if (state[p] && at != node_index && (reach[at] & all & ~have) && !(reach[at] & have))
            return false;
    }
    for (uint32_t i = 0; i < node->incoming_count && i < 64; i++)
        if (have >> i & 1)
            w->scratch[w->place_of_flow[node->incoming[i]]]--;
    return true;
}

static bool needs_several(const gx_bpmn_node *node)
{
    return node->incoming_count > 1 && (node->kind == GX_NODE_PARALLEL || node->kind == GX_NODE_INCLUSIVE);
}

/* All that the token on this place can do. A join is tried at its first flow with a token only. */
static void move_token(walk *w, const uint8_t *state, uint32_t place)
{
    if (w->node_of_place[place] != GX_NO_INDEX) {
        be_inside(w, state, place);
        return;
    }
    uint32_t target = w->process->flows[w->flow_of_place[place]].target;
    const gx_bpmn_node *node = node_at(w, target);
    memcpy(w->scratch, state, w->place_count);
    w->is_seen[target] = true;
    if (needs_several(node)) {
        for (uint32_t i = 0; i < node->incoming_count; i++) {
            uint32_t other = w->place_of_flow[node->incoming[i]];
            if (other < place && state[other])
                return;
        }
        if (node->kind == GX_NODE_PARALLEL ? join_parallel(w, state, node) : join_inclusive(w, state, target))
            go_on(w, w->scratch, target);
        return;
    }
    w->scratch[place]--;
    if (node->kind == GX_NODE_COMPLEX &&
        node->incoming_count > 1) { /* it may also be swallowed by the reset */
        w->is_vague = true;
        uint8_t *swallowed = gx_copy_bytes(w->arena, w->scratch, w->place_count);
        reach_state(w, swallowed, is_empty(w, swallowed), (gx_move){target, 0});
    }
    enter(w, w->scratch, target);
}

/* ---- Leaving out what cannot matter ---- */

static bool can_come(const walk *w, uint32_t from, uint32_t to)
{
    return w->reach[(size_t)from * w->words + to / 64] >> (to % 64) & 1;
}

static bool can_come_to_join(const walk *w, uint32_t from, const gx_bpmn_node *join)
{
    for (uint32_t i = 0; i < join->incoming_count; i++)
        if (from == w->place_of_flow[join->incoming[i]] ||
            can_come(w, from, w->place_of_flow[join->incoming[i]]))
            return true;
    return false;
}

/* Whether the token's move, by taking one way and not another, can let an inclusive join open or keep it shut
 * for another token. A move along the only flow of a node, and not into the join, changes nothing of that. */
static bool concerns_a_join(const walk *w, const uint8_t *state, uint32_t place, const gx_bpmn_node *mover)
{
    for (uint32_t i = 0; i < w->process->node_count; i++) {
        const gx_bpmn_node *join = node_at(w, i);
        if (join->kind != GX_NODE_INCLUSIVE || join->incoming_count < 2 || join->parent != w->scope ||
            (mover->outgoing_count == 1 && w->process->flows[mover->outgoing[0]].target != i) ||
            !can_come_to_join(w, place, join))
            continue;
        for (uint32_t other = 0; other < w->place_count; other++)
            if (state[other] && other != place && can_come_to_join(w, other, join))
                return true;
    }
    return false;
}

/* A token whose only move goes to flows that no other token can come to may move first: what the others do
 * and what it does do not touch each other. */
static bool is_independent(const walk *w, const uint8_t *state, uint32_t place)
{
    if (w->node_of_place[place] != GX_NO_INDEX || state[place] > 1)
        return false;
    uint32_t target = w->process->flows[w->flow_of_place[place]].target;
    const gx_bpmn_node *node = node_at(w, target);
    if (needs_several(node) || node->kind == GX_NODE_COMPLEX || node->kind == GX_NODE_END ||
        w->place_of_node[target] != GX_NO_INDEX ||
        (node->kind == GX_NODE_THROW && has_trigger(node, GX_TRIGGER_LINK)))
        return false;
    if (concerns_a_join(w, state, place, node))
        return false;
    for (uint32_t other = 0; other < w->place_count; other++) {
        if (!state[other] || other == place)
            continue;
        for (uint32_t i = 0; i < node->outgoing_count; i++)
            if (can_come(w, other, w->place_of_flow[node->outgoing[i]]))
                return false;
    }
    return true;
}

static void expand(walk *w, uint32_t index)
{
    w->from = index;
    const uint8_t *state = w->states[index].places;
    if (w->states[index].is_final)
        return;
    for (uint32_t p = 0; p < w->place_count && !w->is_exhaustive; p++) {
        if (!state[p] || !is_independent(w, state, p))
            continue;
        uint32_t before = w->state_count, had = w->states[index].next_count;
        move_token(w, state, p);
        if (w->state_count - before == w->states[index].next_count - had && w->state_count > before)
            return; /* all of them new: nothing is put off for ever */
    }
    for (uint32_t p = 0; p < w->place_count; p++)
        if (state[p])
            move_token(w, state, p);
}

/* ---- The scope ---- */

static void make_places(walk *w)
{
    const gx_bpmn_process *p = w->process;
    w->place_of_flow = GX_NEW_ARRAY(w->arena, uint32_t, p->flow_count + 1);
    w->place_of_node = GX_NEW_ARRAY(w->arena, uint32_t, p->node_count);
    w->flow_of_place = GX_NEW_ARRAY(w->arena, uint32_t, p->flow_count + p->node_count);
    w->node_of_place = GX_NEW_ARRAY(w->arena, uint32_t, p->flow_count + p->node_count);
    for (uint32_t i = 0; i < p->flow_count; i++) {
        bool is_here = p->flows[i].source != GX_NO_INDEX && p->nodes[p->flows[i].source].parent == w->scope &&
                       p->flows[i].source != 0;
        w->place_of_flow[i] = is_here ? w->place_count : GX_NO_INDEX;
        if (!is_here)
            continue;
        w->node_of_place[w->place_count] = GX_NO_INDEX;
        w->flow_of_place[w->place_count++] = i;
    }
    for (uint32_t i = 0; i < p->node_count; i++) {
        bool is_here = i != 0 && p->nodes[i].parent == w->scope && p->nodes[i].boundary_count > 0;
        w->place_of_node[i] = is_here ? w->place_count : GX_NO_INDEX;
        if (!is_here)
            continue;
        w->flow_of_place[w->place_count] = GX_NO_INDEX;
        w->node_of_place[w->place_count++] = i;
    }
}

static void mark_reach(walk *w, uint64_t *row, uint32_t node_index);

static void mark_flow(walk *w, uint64_t *row, uint32_t flow)
{
    uint32_t place = w->place_of_flow[flow];
    if (row[place / 64] >> (place % 64) & 1)
        return;
    row[place / 64] |= 1ull << (place % 64);
    mark_reach(w, row, w->process->flows[flow].target);
}

static void mark_reach(walk *w, uint64_t *row, uint32_t node_index)
{
    const gx_bpmn_node *node = node_at(w, node_index);
    for (uint32_t i = 0; i < node->outgoing_count; i++)
        mark_flow(w, row, node->outgoing[i]);
    for (uint32_t b = 0; b < node->boundary_count; b++)
        mark_reach(w, row, node->boundaries[b]);
    if (node->kind == GX_NODE_THROW && has_trigger(node, GX_TRIGGER_LINK) &&
        link_target(w, node) != GX_NO_INDEX)
        mark_reach(w, row, link_target(w, node));
}

static void find_reach(walk *w)
{
    w->words = w->place_count / 64 + 1;
    w->reach = GX_NEW_ARRAY(w->arena, uint64_t, (size_t)w->place_count * w->words);
    for (uint32_t p = 0; p < w->place_count; p++)
        mark_reach(w, w->reach + (size_t)p * w->words,
                   w->flow_of_place[p] != GX_NO_INDEX ? w->process->flows[w->flow_of_place[p]].target
                                                      : w->node_of_place[p]);
}

/* The nodes that flows lead to; `side`: also by non-interrupting boundary events. */
static void mark_nodes(const walk *w, bool *marks, uint32_t node_index, bool side)
{
    const gx_bpmn_node *node = node_at(w, node_index);
    if (marks[node_index])
        return;
    marks[node_index] = true;
    for (uint32_t i = 0; i < node->outgoing_count; i++)
        mark_nodes(w, marks, w->process->flows[node->outgoing[i]].target, side);
    for (uint32_t b = 0; b < node->boundary_count; b++)
        if (side || node_at(w, node->boundaries[b])->is_interrupting)
            mark_nodes(w, marks, node->boundaries[b], side);
    if (node->kind == GX_NODE_THROW && has_trigger(node, GX_TRIGGER_LINK) &&
        link_target(w, node) != GX_NO_INDEX)
        mark_nodes(w, marks, link_target(w, node), side);
}

static void find_main(walk *w)
{
    const gx_bpmn_node *scope = node_at(w, w->scope);
    w->is_main = GX_NEW_ARRAY(w->arena, bool, w->process->node_count);
    for (uint32_t i = 0; i < scope->start_count; i++)
        mark_nodes(w, w->is_main, scope->starts[i], false);
}

/* Plain start events begin together; each other one is a beginning of its own. */
static void begin(walk *w)
{
    const gx_bpmn_node *scope = node_at(w, w->scope);
    uint8_t *places = GX_NEW_ARRAY(w->arena, uint8_t, w->place_count + 1);
    bool has_plain = false;
    w->from = GX_NO_INDEX;
    for (uint32_t i = 0; i < scope->start_count; i++) {
        const gx_bpmn_node *start = node_at(w, scope->starts[i]);
        w->is_seen[scope->starts[i]] = true;
        if (start->kind == GX_NODE_START && start->event_count == 0) {
            has_plain = true;
            for (uint32_t f = 0; f < start->outgoing_count; f++)
                give(w, places, start->outgoing[f]);
        }
    }
    if (has_plain)
        reach_state(w, places, is_empty(w, places), (gx_move){scope->starts[0], 0});
    for (uint32_t i = 0; i < scope->start_count; i++) {
        const gx_bpmn_node *start = node_at(w, scope->starts[i]);
        if (start->kind == GX_NODE_START && start->event_count == 0)
            continue;
        memset(w->scratch, 0, w->place_count);
        if (start->kind == GX_NODE_START)
            go_on(w, w->scratch, scope->starts[i]);
        else
            w->is_vague =
                w->is_vague || scope->start_count > 1; /* nodes that nothing leads to: they begin together */
    }
    if (scope->start_count == 1 && node_at(w, scope->starts[0])->kind != GX_NODE_START) {
        memset(w->scratch, 0, w->place_count);
        enter(w, w->scratch, scope->starts[0]);
    }
}

/* ---- What has been found ---- */

static gx_explored *add_finding(walk *w, gx_fate fate, uint32_t state)
{
    if (w->result->count >= FINDINGS_MOST)
        return NULL;
    gx_explored *found = &w->result->items[w->result->count++];
    *found = (gx_explored){.fate = fate, .scope = w->scope, .node = GX_NO_INDEX, .flow = GX_NO_INDEX};
    if (state == GX_NO_INDEX)
        return found;
    for (uint32_t at = state; at != GX_NO_INDEX; at = w->states[at].parent)
        found->move_count++;
    found->moves = GX_NEW_ARRAY(w->arena, gx_move, found->move_count);
    uint32_t place = found->move_count;
    for (uint32_t at = state; at != GX_NO_INDEX; at = w->states[at].parent)
        found->moves[--place] = w->states[at].move;
    found->nodes = GX_NEW_ARRAY(w->arena, uint32_t, w->place_count + 1);
    for (uint32_t p = 0; p < w->place_count; p++)
        if (w->states[state].places[p])
            found->nodes[found->node_count++] = w->flow_of_place[p] != GX_NO_INDEX
                                                    ? w->process->flows[w->flow_of_place[p]].target
                                                    : w->node_of_place[p];
    found->node = found->node_count ? found->nodes[0] : GX_NO_INDEX;
    return found;
}

/* Backwards from the final states over the links: `can_end`. */
static void find_ends(walk *w)
{
    bool has_changed = true;
    for (uint32_t i = 0; i < w->state_count; i++)
        w->states[i].can_end = w->states[i].is_final;
    while (has_changed) { /* breadth-first numbers: backwards it takes few rounds */
        has_changed = false;
        for (uint32_t i = w->state_count; i-- > 0;)
            for (uint32_t n = 0; n < w->states[i].next_count && !w->states[i].can_end; n++)
                if (w->states[w->states[i].next[n]].can_end)
                    has_changed = w->states[i].can_end = true;
    }
}

static void judge_states(walk *w)
{
    bool *is_told = GX_NEW_ARRAY(w->arena, bool, w->process->node_count), has_deadlock = false;
    for (uint32_t i = 0; i < w->state_count; i++) {
        const visited *state = &w->states[i];
        for (uint32_t p = 0; p < w->place_count; p++) {
            uint32_t flow = w->flow_of_place[p];
            if (flow == GX_NO_INDEX || state->places[p] < 2 || !w->is_main[w->process->flows[flow].source] ||
                is_told[w->process->flows[flow].target])
                continue;
            is_told[w->process->flows[flow].target] = true;
            gx_explored *found = add_finding(w, GX_FATE_UNSYNCHRONISED, i);
            if (found) {
                found->node = w->process->flows[flow].target;
                found->flow = flow;
            }
        }
        if (!state->is_final && state->next_count == 0 && !has_deadlock) {
            has_deadlock = true; /* the nearest one is enough */
            add_finding(w, GX_FATE_DEADLOCK, i);
        }
    }
    find_ends(w);
    for (uint32_t i = 0; i < w->state_count && !has_deadlock; i++)
        if (!w->states[i].can_end) {
            add_finding(w, GX_FATE_ENDLESS, i);
            break;
        }
}

static void judge_nodes(walk *w)
{
    const gx_bpmn_node *scope = node_at(w, w->scope);
    bool *leads = GX_NEW_ARRAY(w->arena, bool, w->process->node_count);
    for (uint32_t i = 0; i < scope->start_count; i++)
        mark_nodes(w, leads, scope->starts[i], true);
    for (uint32_t i = 0; i < scope->child_count; i++) {
        const gx_bpmn_node *node = node_at(w, scope->children[i]);
        bool is_beside = node->kind == GX_NODE_EVENT_SUB_PROCESS || node->is_for_compensation ||
                         (node->kind == GX_NODE_BOUNDARY && is_compensation(node));
        if (is_beside || w->is_seen[scope->children[i]])
            continue;
        gx_explored *found = add_finding(w, GX_FATE_UNREACHABLE, GX_NO_INDEX);
        if (!found)
            return;
        found->node = scope->children[i];
        found->is_plain = !leads[scope->children[i]];
    }
}

/* True when the scope can end well. */
static bool walk_scope(gx_arena *arena, const gx_bpmn_process *process, uint32_t scope,
                       const gx_explore_options *options, bool *can_complete, gx_exploration *result)
{
    walk w = {
        .arena = arena, .process = process, .scope = scope, .can_complete = can_complete, .result = result};
    w.states_most = options && options->states_most ? options->states_most : STATES_MOST;
    w.is_exhaustive = options && options->is_exhaustive;
    make_places(&w);
    find_reach(&w);
    find_main(&w);
    w.scratch = GX_NEW_ARRAY(arena, uint8_t, (size_t)w.place_count * 2 + 2);
    w.is_seen = GX_NEW_ARRAY(arena, bool, process->node_count);
    w.state_capacity = 64;
    w.states = GX_NEW_ARRAY(arena, visited, w.state_capacity);
    w.table_size = 256;
    w.table = GX_NEW_ARRAY(arena, uint32_t, w.table_size);
    begin(&w);
    for (uint32_t i = 0; i < w.state_count && !w.is_full; i++)
        expand(&w, i);
    result->states += w.state_count;
    bool is_decided = !w.is_full && !w.is_vague;
    result->is_decided &= is_decided;
    if (is_decided) {
        judge_states(&w);
        judge_nodes(&w);
    }
    return w.ends_well || !is_decided || w.state_count == 0;
}

gx_exploration gx_bpmn_explore(gx_arena *arena, const gx_bpmn_process *process,
                               const gx_explore_options *options)
{
    gx_exploration result = {.is_decided = true};
    bool *can_complete = GX_NEW_ARRAY(arena, bool, process->node_count);
    result.items = GX_NEW_ARRAY(arena, gx_explored, FINDINGS_MOST);
    for (uint32_t i = 0; i < process->node_count; i++) {
        can_complete[i] = true;
        result.is_decided &= process->nodes[i].start_quantity == 1;
    }
    for (uint32_t i = process->node_count; i-- > 0;) { /* inner scopes have higher numbers */
        const gx_bpmn_node *node = &process->nodes[i];
        bool is_scope = node->kind == GX_NODE_PROCESS || node->kind == GX_NODE_SUB_PROCESS ||
                        node->kind == GX_NODE_EVENT_SUB_PROCESS;
        if (is_scope && !node->is_ad_hoc && node->child_count > 0 && result.is_decided)
            can_complete[i] = walk_scope(arena, process, i, options, can_complete, &result);
    }
    return result;
}

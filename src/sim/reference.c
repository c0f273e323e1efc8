#include "sim/reference.h"

#include <string.h>

static const gx_instant SECOND = 1000, MINUTE = 60000;

/* ---- Tokens and scopes ---- */

static gx_sim_token *token_of(gx_sim_case *c, int id)
{
    for (int i = 0; i < c->token_count; i++)
        if (c->tokens[i].id == id)
            return &c->tokens[i];
    return NULL;
}

const gx_sim_scope *gx_sim_case_scope(const gx_sim_case *c, int id)
{
    for (int i = 0; i < c->scope_count; i++)
        if (c->scopes[i].id == id)
            return &c->scopes[i];
    return NULL;
}

static gx_sim_scope *scope_of(gx_sim_case *c, int id)
{
    return (gx_sim_scope *)gx_sim_case_scope(c, id);
}

const gx_sim_node *gx_sim_case_node(const gx_sim_case *c, const gx_sim_token *token)
{
    return &gx_sim_case_scope(c, token->scope)->graph->nodes[token->node];
}

int gx_sim_case_node_id(const gx_sim_case *c, const gx_sim_token *token)
{
    return gx_sim_case_scope(c, token->scope)->graph->model * GX_SIM_BASE + token->node;
}

static void drop_token(gx_sim_case *c, int id)
{
    gx_sim_token *token = token_of(c, id);
    if (!token)
        return;
    size_t at = (size_t)(token - c->tokens);
    c->token_count--;
    memmove(token, token + 1, ((size_t)c->token_count - at) * sizeof *token);
}

static void drop_scope(gx_sim_case *c, int id)
{
    for (int i = 0; i < c->move_count;)
        if (c->moves[i].scope == id) {
            c->move_count--;
            memmove(&c->moves[i], &c->moves[i + 1], (size_t)(c->move_count - i) * sizeof c->moves[0]);
        } else {
            i++;
        }
    gx_sim_scope *scope = scope_of(c, id);
    size_t at = (size_t)(scope - c->scopes);
    c->scope_count--;
    memmove(scope, scope + 1, ((size_t)c->scope_count - at) * sizeof *scope);
}

static void cancel_token(gx_sim_case *c, int id);

static void cancel_scope(gx_sim_case *c, int id)
{
    for (int i = 0; i < c->token_count;)
        if (c->tokens[i].scope == id) {
            cancel_token(c, c->tokens[i].id);
            i = 0;
        } else {
            i++;
        }
    drop_scope(c, id);
}

/* The token and all that it waits for. */
static void cancel_token(gx_sim_case *c, int id)
{
    for (int i = 0; i < c->scope_count;)
        if (c->scopes[i].owner == id) {
            cancel_scope(c, c->scopes[i].id);
            i = 0;
        } else {
            i++;
        }
    drop_token(c, id);
}

static int add_scope(gx_sim_case *c, int owner, int parent, const gx_sim_graph *graph)
{
    if (c->scope_count == GX_SIM_SCOPES) {
        c->is_unsure = true;
        return 0;
    }
    c->scopes[c->scope_count] =
        (gx_sim_scope){.id = ++c->last_id, .owner = owner, .parent = parent, .x = -1, .graph = graph};
    return c->scopes[c->scope_count++].id;
}

static gx_sim_token *add_token(gx_sim_case *c, int scope, int node, int flow)
{
    if (c->token_count == GX_SIM_TOKENS) {
        c->is_unsure = true;
        c->token_count--;
    }
    c->tokens[c->token_count] =
        (gx_sim_token){.id = ++c->last_id, .scope = scope, .node = node, .flow = flow};
    return &c->tokens[c->token_count++];
}

static void move(gx_sim_case *c, int scope, int flow)
{
    if (c->move_count == GX_SIM_MOVES) {
        c->is_unsure = true;
        return;
    }
    c->moves[c->move_count].scope = scope;
    c->moves[c->move_count++].flow = flow;
}

/* ---- x ---- */

static int x_seen(const gx_sim_case *c, int scope)
{
    for (const gx_sim_scope *s = gx_sim_case_scope(c, scope); s; s = gx_sim_case_scope(c, s->parent))
        if (s->x >= 0)
            return s->x;
    return -1;
}

/* Set where it is; else in the innermost instance, else in the process. */
static void set_x(gx_sim_case *c, int scope, int x)
{
    gx_sim_scope *home = NULL, *instance = NULL;
    for (gx_sim_scope *s = scope_of(c, scope); s; s = scope_of(c, s->parent)) {
        if (s->x >= 0) {
            s->x = x;
            return;
        }
        instance = instance ? instance : s->is_instance ? s : NULL;
        home = s;
    }
    *(instance ? &instance->x : &home->x) = x;
}

/* ---- Leaving ---- */

/* Gateways that choose take the flows whose condition holds, an exclusive one only the first, else the
 * default; everything else takes all (13.4.1 to 13.4.3). */
static void leave(gx_sim_case *c, int scope, int node)
{
    const gx_sim_graph *g = gx_sim_case_scope(c, scope)->graph;
    gx_sim_kind kind = g->nodes[node].kind;
    int x = x_seen(c, scope), otherwise = -1;
    bool has_chosen = false;
    for (int f = 0; f < g->flow_count; f++) {
        if (g->flows[f].from != node)
            continue;
        if (kind != GX_SIM_CHOICE && kind != GX_SIM_INCLUSIVE) {
            move(c, scope, f);
        } else if (g->flows[f].wants < 0) {
            otherwise = f;
        } else if (kind == GX_SIM_CHOICE ? !has_chosen && g->flows[f].wants == x : x >= g->flows[f].wants) {
            has_chosen = true;
            move(c, scope, f);
        }
    }
    if ((kind == GX_SIM_CHOICE || kind == GX_SIM_INCLUSIVE) && !has_chosen)
        move(c, scope, otherwise);
}

static void go_on(gx_sim_case *c, int id)
{
    const gx_sim_token token = *token_of(c, id);
    cancel_token(c, id);
    leave(c, token.scope, token.node);
}

/* ---- Activities ---- */

static void begin_instance(gx_sim_case *c, int owner);

/* The timer of the event sub-process that lies in a sub-process, or in the process (-1), counts from when its
 * scope begins (13.5.4). */
static void begin_watch(gx_sim_case *c, int scope, int around)
{
    gx_sim_scope *of = scope_of(c, scope);
    for (int i = 0; i < of->graph->node_count; i++) {
        const gx_sim_node *start = &of->graph->nodes[i];
        if (start->kind != GX_SIM_START || !start->seconds || of->graph->nodes[start->scope].scope != around)
            continue;
        of->watch = c->now + start->seconds * SECOND;
        of->watch_start = i;
    }
}

static void complete_activity(gx_sim_case *c, int id)
{
    const gx_sim_token token = *token_of(c, id);
    if (!token.is_instance) {
        go_on(c, id);
        return;
    }
    const gx_sim_node node = *gx_sim_case_node(c, &token);
    int owner = gx_sim_case_scope(c, token.scope)->owner;
    cancel_scope(c, token.scope);
    int done = ++token_of(c, owner)->done;
    if (done == node.instances || (node.enough && done >= node.enough))
        go_on(c, owner);
    else if (node.is_sequential)
        begin_instance(c, owner);
}

static void begin_work(gx_sim_case *c, int id)
{
    const gx_sim_token token = *token_of(c, id);
    const gx_sim_node *node = gx_sim_case_node(c, &token);
    if (node->kind == GX_SIM_TASK)
        return;
    bool is_call = node->kind == GX_SIM_CALL;
    const gx_sim_graph *graph = is_call ? &c->graphs[node->calls] : gx_sim_case_scope(c, token.scope)->graph;
    int x = x_seen(c, token.scope), scope = add_scope(c, id, is_call ? 0 : token.scope, graph);
    if (c->is_unsure)
        return;
    if (is_call)
        scope_of(c, scope)->x = x; /* all variables are handed over */
    int around = is_call ? -1 : token.node;
    begin_watch(c, scope, around);
    for (int i = 0; i < graph->node_count; i++)
        if (graph->nodes[i].kind == GX_SIM_START && graph->nodes[i].scope == around)
            leave(c, scope, i);
}

static void begin_instance(gx_sim_case *c, int owner)
{
    const gx_sim_token token = *token_of(c, owner);
    int scope = add_scope(c, owner, token.scope, gx_sim_case_scope(c, token.scope)->graph);
    if (c->is_unsure)
        return;
    scope_of(c, scope)->is_instance = true;
    token_of(c, owner)->started++;
    gx_sim_token *instance = add_token(c, scope, token.node, -1);
    instance->is_instance = true;
    begin_work(c, instance->id);
}

static void begin_activity(gx_sim_case *c, gx_sim_token *token, gx_instant now)
{
    const gx_sim_node *node = gx_sim_case_node(c, token);
    const gx_sim_graph *g = gx_sim_case_scope(c, token->scope)->graph;
    int id = token->id;
    if (node->boundary >= 0)
        token->bounds = now + g->nodes[node->boundary].seconds * SECOND;
    if (!node->instances)
        begin_work(c, id);
    for (int i = 0; i < (node->is_sequential ? 1 : node->instances) && !c->is_unsure; i++)
        begin_instance(c, id);
}

/* ---- Arriving ---- */

/* The sub-process around the scope that catches the error, from the inside out; the graphs have one. */
static void raise_error(gx_sim_case *c, int scope)
{
    for (;;) {
        const gx_sim_token *owner = token_of(c, gx_sim_case_scope(c, scope)->owner);
        if (!owner) {
            c->is_unsure = true;
            return;
        }
        if (owner->is_instance)
            owner = token_of(c, gx_sim_case_scope(c, owner->scope)->owner);
        int catcher = gx_sim_case_node(c, owner)->error_boundary, outside = owner->scope;
        if (catcher >= 0) {
            cancel_token(c, owner->id);
            leave(c, outside, catcher);
            return;
        }
        scope = outside;
    }
}

/* The same for the escalation; one that nobody catches changes nothing. False: what threw it has been
 * interrupted. */
static bool raise_escalation(gx_sim_case *c, int scope)
{
    for (;;) {
        const gx_sim_token *owner = token_of(c, gx_sim_case_scope(c, scope)->owner);
        if (owner && owner->is_instance)
            owner = token_of(c, gx_sim_case_scope(c, owner->scope)->owner);
        if (!owner)
            return true;
        int catcher = gx_sim_case_node(c, owner)->escalation_boundary, outside = owner->scope;
        bool interrupts =
            catcher >= 0 && gx_sim_case_scope(c, outside)->graph->nodes[catcher].is_interrupting;
        if (interrupts)
            cancel_token(c, owner->id);
        if (catcher >= 0) {
            leave(c, outside, catcher);
            return !interrupts;
        }
        scope = outside;
    }
}

static bool takes_kept(gx_sim_case *c, int node_id, gx_instant now)
{
    for (int i = 0; i < c->kept_count; i++)
        if (c->kept[i].node == node_id && c->kept[i].until > now) {
            c->kept_count--;
            memmove(&c->kept[i], &c->kept[i + 1], (size_t)(c->kept_count - i) * sizeof c->kept[0]);
            return true;
        }
    return false;
}

int gx_sim_event_behind(const gx_sim_graph *g, int gateway, gx_sim_kind kind)
{
    for (int f = 0; f < g->flow_count; f++)
        if (g->flows[f].from == gateway && g->nodes[g->flows[f].to].kind == kind)
            return g->flows[f].to;
    return -1;
}

static void arrive_at_events(gx_sim_case *c, int scope, int node, int flow, gx_instant now)
{
    const gx_sim_graph *g = gx_sim_case_scope(c, scope)->graph;
    int message = gx_sim_event_behind(g, node, GX_SIM_MESSAGE),
        timer = gx_sim_event_behind(g, node, GX_SIM_TIMER);
    if (message >= 0 && takes_kept(c, g->model * GX_SIM_BASE + message, now)) {
        leave(c, scope, message);
        return;
    }
    gx_sim_token *token = add_token(c, scope, node, flow);
    if (timer >= 0)
        token->due = now + g->nodes[timer].seconds * SECOND;
}

static int count_incoming(const gx_sim_graph *g, int node)
{
    int count = 0;
    for (int f = 0; f < g->flow_count; f++)
        count += g->flows[f].to == node;
    return count;
}

static void arrive(gx_sim_case *c, int scope, int flow, gx_instant now)
{
    const gx_sim_graph *g = gx_sim_case_scope(c, scope)->graph;
    int node = g->flows[flow].to;
    const gx_sim_node *at = &g->nodes[node];
    gx_sim_token *token;
    switch (at->kind) {
    case GX_SIM_START:
    case GX_SIM_BOUNDARY:
    case GX_SIM_END: return;
    case GX_SIM_EVENT_SUB: return; /* nothing leads there */
    case GX_SIM_ERROR: raise_error(c, scope); return;
    case GX_SIM_ESCALATE:
        if (raise_escalation(c, scope))
            leave(c, scope, node);
        return;
    case GX_SIM_TERMINATE:
        for (int i = 0; i < c->token_count;)
            if (c->tokens[i].scope == scope) {
                cancel_token(c, c->tokens[i].id);
                i = 0;
            } else {
                i++;
            }
        for (int i = 0; i < c->move_count;)
            if (c->moves[i].scope == scope) {
                c->move_count--;
                memmove(&c->moves[i], &c->moves[i + 1], (size_t)(c->move_count - i) * sizeof c->moves[0]);
            } else {
                i++;
            }
        return;
    case GX_SIM_CHOICE: leave(c, scope, node); return;
    case GX_SIM_INCLUSIVE:
    case GX_SIM_PARALLEL:
        if (count_incoming(g, node) < 2)
            leave(c, scope, node);
        else
            add_token(c, scope, node, flow);
        return;
    case GX_SIM_FIRST: arrive_at_events(c, scope, node, flow, now); return;
    case GX_SIM_MESSAGE:
        if (takes_kept(c, g->model * GX_SIM_BASE + node, now))
            leave(c, scope, node);
        else
            add_token(c, scope, node, flow);
        return;
    case GX_SIM_SIGNAL: add_token(c, scope, node, flow); return;
    case GX_SIM_TIMER: add_token(c, scope, node, flow)->due = now + at->seconds * SECOND; return;
    case GX_SIM_JOB: add_token(c, scope, node, flow)->due = now; return;
    case GX_SIM_TASK:
    case GX_SIM_SUB:
    case GX_SIM_CALL:
        token = add_token(c, scope, node, flow);
        begin_activity(c, token, now);
        return;
    }
}

/* ---- Joins ---- */

static bool has_come(const gx_sim_case *c, int scope, int node, int flow)
{
    for (int t = 0; t < c->token_count; t++)
        if (c->tokens[t].scope == scope && c->tokens[t].node == node && c->tokens[t].flow == flow)
            return true;
    return false;
}

/* Whether there is a way from the node to the flow that does not lead through `around`. */
static bool leads_to(const gx_sim_graph *g, int from, int flow, int around)
{
    bool seen[GX_SIM_NODES] = {false};
    seen[from] = true;
    for (bool is_new = true; is_new;) {
        is_new = false;
        for (int f = 0; f < g->flow_count; f++) {
            if (!seen[g->flows[f].from] || g->flows[f].from == around)
                continue;
            if (f == flow)
                return true;
            is_new |= !seen[g->flows[f].to];
            seen[g->flows[f].to] = true;
        }
    }
    return false;
}

/* An inclusive join opens unless some token could still come on a flow that has none, and on none that has
 * one (13.4.3). A parallel join needs a token on each (13.4.1). */
static bool can_open(const gx_sim_case *c, int scope, int node)
{
    const gx_sim_graph *g = gx_sim_case_scope(c, scope)->graph;
    if (g->nodes[node].kind == GX_SIM_PARALLEL) {
        for (int f = 0; f < g->flow_count; f++)
            if (g->flows[f].to == node && !has_come(c, scope, node, f))
                return false;
        return true;
    }
    for (int t = 0; t < c->token_count; t++) {
        const gx_sim_token *token = &c->tokens[t];
        bool comes_to_empty = false, comes_to_full = false;
        if (token->scope != scope || token->node == node)
            continue;
        for (int f = 0; f < g->flow_count; f++)
            if (g->flows[f].to == node && leads_to(g, token->node, f, node))
                *(has_come(c, scope, node, f) ? &comes_to_full : &comes_to_empty) = true;
        if (comes_to_empty && !comes_to_full)
            return false;
    }
    return true;
}

static void open_join(gx_sim_case *c, int scope, int node)
{
    const gx_sim_graph *g = gx_sim_case_scope(c, scope)->graph;
    for (int f = 0; f < g->flow_count; f++)
        for (int t = 0; g->flows[f].to == node && t < c->token_count; t++)
            if (c->tokens[t].scope == scope && c->tokens[t].node == node && c->tokens[t].flow == f) {
                drop_token(c, c->tokens[t].id);
                break;
            }
    leave(c, scope, node);
}

static bool try_joins(gx_sim_case *c, gx_sim_kind kind)
{
    for (int t = 0; t < c->token_count; t++)
        if (gx_sim_case_node(c, &c->tokens[t])->kind == kind &&
            can_open(c, c->tokens[t].scope, c->tokens[t].node)) {
            open_join(c, c->tokens[t].scope, c->tokens[t].node);
            return true;
        }
    return false;
}

/* ---- A step: until nothing moves ---- */

/* A scope in which nothing is left has completed. */
static bool close_scope(gx_sim_case *c)
{
    for (int s = c->scope_count - 1; s >= 0; s--) {
        bool is_empty = true;
        const gx_sim_scope scope = c->scopes[s];
        for (int t = 0; t < c->token_count; t++)
            is_empty = is_empty && c->tokens[t].scope != scope.id;
        if (!is_empty)
            continue;
        drop_scope(c, scope.id);
        if (scope.owner)
            complete_activity(c, scope.owner);
        return true;
    }
    return false;
}

static void settle(gx_sim_case *c, gx_instant now)
{
    while (!c->is_unsure) {
        if (c->move_count) {
            int scope = c->moves[0].scope, flow = c->moves[0].flow;
            c->move_count--;
            memmove(&c->moves[0], &c->moves[1], (size_t)c->move_count * sizeof c->moves[0]);
            arrive(c, scope, flow, now);
        } else if (!try_joins(c, GX_SIM_PARALLEL) && !try_joins(c, GX_SIM_INCLUSIVE) && !close_scope(c)) {
            break;
        }
    }
    if (c->scope_count && c->scopes[0].owner == 0)
        c->x = c->scopes[0].x;
    if (c->is_unsure)
        c->token_count = c->scope_count = c->move_count = 0;
}

/* ---- Twins ---- */

static bool is_like(const gx_sim_token *a, const gx_sim_token *b)
{
    return a->node == b->node && a->due == b->due && a->bounds == b->bounds && a->attempts == b->attempts &&
           a->is_incident == b->is_incident && a->is_instance == b->is_instance && a->started == b->started &&
           a->done == b->done && (a->flow == b->flow || a->is_instance);
}

static bool has_scope(const gx_sim_case *c, int token)
{
    for (int s = 0; s < c->scope_count; s++)
        if (c->scopes[s].owner == token)
            return true;
    return false;
}

/* The other tokens of the two scopes are alike, one by one, and simple ones. */
static bool are_like_inside(const gx_sim_case *c, const gx_sim_token *a, const gx_sim_token *b)
{
    const gx_sim_scope *one = gx_sim_case_scope(c, a->scope), *two = gx_sim_case_scope(c, b->scope);
    bool taken[GX_SIM_TOKENS] = {false};
    int left = 0;
    if (one->graph != two->graph || one->x != two->x || one->is_instance != two->is_instance ||
        one->watch != two->watch)
        return false;
    for (int t = 0; t < c->token_count; t++)
        left += c->tokens[t].scope == two->id && c->tokens[t].id != b->id;
    for (int t = 0; t < c->token_count; t++) {
        const gx_sim_token *token = &c->tokens[t];
        if (token->scope != one->id || token->id == a->id)
            continue;
        int match = -1;
        for (int i = 0; i < c->token_count && match < 0; i++)
            if (!taken[i] && c->tokens[i].scope == two->id && c->tokens[i].id != b->id &&
                is_like(token, &c->tokens[i]))
                match = i;
        if (match < 0 || has_scope(c, token->id) || has_scope(c, c->tokens[match].id))
            return false;
        taken[match] = true;
        left--;
    }
    return left == 0;
}

bool gx_sim_are_twins(const gx_sim_case *c, const gx_sim_token *a, const gx_sim_token *b)
{
    while (a->scope != b->scope) {
        if (!is_like(a, b) || !are_like_inside(c, a, b))
            return false;
        a = token_of((gx_sim_case *)c, gx_sim_case_scope(c, a->scope)->owner);
        b = token_of((gx_sim_case *)c, gx_sim_case_scope(c, b->scope)->owner);
        if (!a || !b)
            return false;
    }
    return is_like(a, b);
}

/* ---- What comes from outside ---- */

void gx_sim_case_start(gx_sim_case *c, const gx_sim_graph *graphs, int model, gx_instant now)
{
    *c = (gx_sim_case){.graphs = graphs, .x = -1, .now = now};
    int process = add_scope(c, 0, 0, &graphs[model]);
    begin_watch(c, process, -1);
    leave(c, process, 0);
    settle(c, now);
}

int gx_sim_case_at(const gx_sim_case *c, int node_id)
{
    for (int t = 0; t < c->token_count; t++) {
        const gx_sim_token *token = &c->tokens[t];
        const gx_sim_node *node = gx_sim_case_node(c, token);
        bool is_open = node->kind == GX_SIM_TASK ? !node->instances || token->is_instance
                                                 : node->kind == GX_SIM_JOB && token->is_incident;
        if (is_open && gx_sim_case_node_id(c, token) == node_id)
            return t;
    }
    return -1;
}

void gx_sim_case_complete(gx_sim_case *c, int t, int x, gx_instant now)
{
    c->now = now;
    set_x(c, c->tokens[t].scope, x);
    complete_activity(c, c->tokens[t].id);
    settle(c, now);
}

/* The place of the event that the token waits for, itself or behind its gateway; -1: none of that kind. */
static int awaits(const gx_sim_case *c, const gx_sim_token *token, gx_sim_kind kind)
{
    const gx_sim_graph *g = gx_sim_case_scope(c, token->scope)->graph;
    if (g->nodes[token->node].kind == kind)
        return token->node;
    return g->nodes[token->node].kind == GX_SIM_FIRST ? gx_sim_event_behind(g, token->node, kind) : -1;
}

static void fire(gx_sim_case *c, int id, int event)
{
    const gx_sim_token token = *token_of(c, id);
    drop_token(c, id);
    leave(c, token.scope, event);
}

void gx_sim_case_message(gx_sim_case *c, int node_id, gx_instant until, gx_instant now)
{
    c->now = now;
    for (int t = 0; t < c->token_count; t++) {
        int event = awaits(c, &c->tokens[t], GX_SIM_MESSAGE),
            model = gx_sim_case_scope(c, c->tokens[t].scope)->graph->model;
        if (event >= 0 && model * GX_SIM_BASE + event == node_id) {
            fire(c, c->tokens[t].id, event);
            settle(c, now);
            return;
        }
    }
    if (until > now && c->kept_count == GX_SIM_KEPT) {
        c->is_unsure = true;
    } else if (until > now) {
        c->kept[c->kept_count].node = node_id;
        c->kept[c->kept_count++].until = until;
    }
}

/* Those who wait at this moment hear it; who comes to wait because of it does not. */
void gx_sim_case_signal(gx_sim_case *c, gx_instant now)
{
    int heard[GX_SIM_TOKENS], count = 0;
    c->now = now;
    for (int t = 0; t < c->token_count; t++)
        if (awaits(c, &c->tokens[t], GX_SIM_SIGNAL) >= 0)
            heard[count++] = c->tokens[t].id;
    for (int i = 0; i < count; i++) {
        const gx_sim_token *token = token_of(c, heard[i]);
        if (token)
            fire(c, heard[i], awaits(c, token, GX_SIM_SIGNAL));
    }
    settle(c, now);
}

/* ---- Time ---- */

static void try_job(gx_sim_token *token, gx_instant now)
{
    token->is_incident = token->attempts == 2;
    token->due = token->is_incident ? 0 : now + (MINUTE << token->attempts);
    token->attempts += !token->is_incident;
}

static void fire_due(gx_sim_case *c, gx_sim_token *token, bool is_bad_weather, gx_instant now)
{
    const gx_sim_node *node = gx_sim_case_node(c, token);
    if (node->kind == GX_SIM_JOB && is_bad_weather)
        try_job(token, now);
    else if (node->kind == GX_SIM_FIRST)
        fire(c, token->id, awaits(c, token, GX_SIM_TIMER));
    else
        go_on(c, token->id);
}

static void fire_boundary(gx_sim_case *c, gx_sim_token *token)
{
    int scope = token->scope, boundary = gx_sim_case_node(c, token)->boundary;
    token->bounds = 0;
    if (gx_sim_case_scope(c, scope)->graph->nodes[boundary].is_interrupting)
        cancel_token(c, token->id);
    leave(c, scope, boundary);
}

static void fire_watch(gx_sim_case *c, int id)
{
    const gx_sim_scope scope = *scope_of(c, id);
    const gx_sim_node *start = &scope.graph->nodes[scope.watch_start];
    scope_of(c, id)->watch = 0;
    for (int i = 0; start->is_interrupting && i < c->token_count;)
        if (c->tokens[i].scope == id) {
            cancel_token(c, c->tokens[i].id);
            i = 0;
        } else {
            i++;
        }
    begin_work(c, add_token(c, id, start->scope, -1)->id);
}

static bool is_in_scope(gx_sim_case *c, int scope, int around)
{
    for (const gx_sim_scope *s = gx_sim_case_scope(c, scope); s;
         s = s->owner ? gx_sim_case_scope(c, token_of(c, s->owner)->scope) : NULL)
        if (s->id == around)
            return true;
    return false;
}

static bool is_inside(gx_sim_case *c, const gx_sim_token *token, int outer)
{
    for (const gx_sim_scope *s = gx_sim_case_scope(c, token->scope); s && s->owner;
         s = gx_sim_case_scope(c, token_of(c, s->owner)->scope))
        if (s->owner == outer)
            return true;
    return false;
}

/* Whether an event sub-process would begin in the same pass in which something moves beside it or further in.
 */
static bool is_watch_a_race(gx_sim_case *c, gx_instant now)
{
    for (int s = 0; s < c->scope_count; s++) {
        int around = c->scopes[s].id;
        if (!c->scopes[s].watch || c->scopes[s].watch > now)
            continue;
        for (int i = 0; i < c->token_count; i++) {
            const gx_sim_token *inner = &c->tokens[i];
            bool is_due = (inner->due && inner->due <= now) || (inner->bounds && inner->bounds <= now);
            if (is_due && is_in_scope(c, inner->scope, around))
                return true;
        }
        for (int i = 0; i < c->scope_count; i++)
            if (i != s && c->scopes[i].watch && c->scopes[i].watch <= now &&
                is_in_scope(c, c->scopes[i].id, around))
                return true;
    }
    return false;
}

/* Whether an activity would be interrupted in the same pass in which something moves inside it: the order
 * would decide. */
static bool is_a_race(gx_sim_case *c, gx_instant now)
{
    for (int t = 0; t < c->token_count; t++) {
        const gx_sim_token *outer = &c->tokens[t];
        if (!outer->bounds || outer->bounds > now || gx_sim_case_node(c, outer)->kind == GX_SIM_TASK)
            continue;
        for (int i = 0; i < c->token_count; i++) {
            const gx_sim_token *inner = &c->tokens[i];
            bool is_due = (inner->due && inner->due <= now) || (inner->bounds && inner->bounds <= now);
            if (is_due && is_inside(c, inner, outer->id))
                return true;
        }
        for (int s = 0; s < c->scope_count; s++) {
            const gx_sim_token *owner = token_of(c, c->scopes[s].owner);
            bool is_due = c->scopes[s].watch && c->scopes[s].watch <= now;
            if (is_due && owner && (owner == outer || is_inside(c, owner, outer->id)))
                return true;
        }
    }
    return is_watch_a_race(c, now);
}

static gx_instant due_at(const gx_sim_token *token, gx_instant now)
{
    gx_instant due = token->due && token->due <= now ? token->due : 0,
               bounds = token->bounds && token->bounds <= now ? token->bounds : 0;
    return !due || (bounds && bounds < due) ? bounds : due;
}

/* What is due fires in the order of its time, timers before jobs, as the scheduler does it: where several
 * tokens meet at an inclusive join the order makes a difference. */
static gx_sim_token *first_due(gx_sim_case *c, gx_instant now)
{
    gx_sim_token *first = NULL;
    bool is_first_job = false;
    for (int t = 0; t < c->token_count; t++) {
        gx_sim_token *token = &c->tokens[t];
        gx_instant at = due_at(token, now);
        bool is_job = gx_sim_case_node(c, token)->kind == GX_SIM_JOB;
        if (!at || (first && (is_job != is_first_job ? is_job : at >= due_at(first, now))))
            continue;
        first = token;
        is_first_job = is_job;
    }
    return first;
}

void gx_sim_case_pass(gx_sim_case *c, bool is_bad_weather, gx_instant now)
{
    c->now = now;
    if (is_a_race(c, now)) {
        c->is_unsure = true;
        settle(c, now);
        return;
    }
    for (gx_sim_token *token; (token = first_due(c, now));) {
        if (token->bounds && token->bounds <= now && !(token->due && token->due < token->bounds))
            fire_boundary(c, token);
        else
            fire_due(c, token, is_bad_weather, now);
        settle(c, now);
    }
    for (int s = 0; s < c->scope_count; s++) {
        if (!c->scopes[s].watch || c->scopes[s].watch > now)
            continue;
        fire_watch(c, c->scopes[s].id);
        settle(c, now);
        s = -1;
    }
    for (int i = 0; i < c->kept_count; i++)
        if (c->kept[i].until <= now) {
            c->kept_count--;
            memmove(&c->kept[i], &c->kept[i + 1], (size_t)(c->kept_count - i) * sizeof c->kept[0]);
            i--;
        }
}

void gx_sim_case_retry(gx_sim_case *c, int t, gx_instant now)
{
    c->tokens[t].is_incident = false;
    c->tokens[t].attempts = 0;
    c->tokens[t].due = now;
}

void gx_sim_case_cancel(gx_sim_case *c)
{
    c->token_count = c->scope_count = 0;
}

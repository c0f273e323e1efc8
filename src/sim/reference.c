#include "sim/reference.h"

#include <string.h>

static const gx_instant MINUTE = 60000;

static void remove_token(gx_sim_case *c, int token)
{
    c->token_count--;
    memmove(&c->tokens[token], &c->tokens[token + 1], (size_t)(c->token_count - token) * sizeof c->tokens[0]);
}

static void arrive(gx_sim_case *c, int flow, gx_instant now);

/* A parallel gateway or an event sends a token along every flow; an exclusive one along the first whose
 * condition holds, else along the default (13.4.1, 13.4.2). */
static void leave(gx_sim_case *c, int node, gx_instant now)
{
    const gx_sim_graph *g = c->graph;
    int chosen = -1, otherwise = -1;
    for (int f = 0; f < g->flow_count; f++) {
        if (g->flows[f].from != node)
            continue;
        if (g->nodes[node].kind != GX_SIM_CHOICE)
            arrive(c, f, now);
        else if (g->flows[f].wants < 0)
            otherwise = f;
        else if (chosen < 0 && g->flows[f].wants == c->x)
            chosen = f;
    }
    if (g->nodes[node].kind == GX_SIM_CHOICE)
        arrive(c, chosen >= 0 ? chosen : otherwise, now);
}

/* A parallel join takes one token from each of its flows (13.4.1). */
static void try_to_join(gx_sim_case *c, int node, gx_instant now)
{
    const gx_sim_graph *g = c->graph;
    for (int f = 0; f < g->flow_count; f++) {
        bool has_come = g->flows[f].to != node;
        for (int t = 0; t < c->token_count; t++)
            has_come = has_come || (c->tokens[t].node == node && c->tokens[t].flow == f);
        if (!has_come)
            return;
    }
    for (int f = 0; f < g->flow_count; f++)
        for (int t = 0; g->flows[f].to == node && t < c->token_count; t++)
            if (c->tokens[t].node == node && c->tokens[t].flow == f) {
                remove_token(c, t);
                break;
            }
    leave(c, node, now);
}

static bool takes_kept(gx_sim_case *c, int node, gx_instant now)
{
    for (int i = 0; i < c->kept_count; i++)
        if (c->kept[i].node == node && c->kept[i].until > now) {
            c->kept_count--;
            memmove(&c->kept[i], &c->kept[i + 1], (size_t)(c->kept_count - i) * sizeof c->kept[0]);
            return true;
        }
    return false;
}

static void arrive(gx_sim_case *c, int flow, gx_instant now)
{
    int node = c->graph->flows[flow].to;
    const gx_sim_node *at = &c->graph->nodes[node];
    if (at->kind == GX_SIM_END)
        return;
    if (at->kind == GX_SIM_CHOICE || (at->kind == GX_SIM_MESSAGE && takes_kept(c, node, now))) {
        leave(c, node, now);
        return;
    }
    if (c->token_count == GX_SIM_TOKENS) {
        c->is_overfull = true;
        return;
    }
    gx_sim_token *token = &c->tokens[c->token_count++];
    *token = (gx_sim_token){.node = node, .flow = flow};
    if (at->kind == GX_SIM_TIMER)
        token->due = now + at->minutes * MINUTE;
    else if (at->kind == GX_SIM_JOB)
        token->due = now;
    else if (at->kind == GX_SIM_TASK && at->boundary >= 0)
        token->due = now + c->graph->nodes[at->boundary].minutes * MINUTE;
    else if (at->kind == GX_SIM_PARALLEL)
        try_to_join(c, node, now);
}

void gx_sim_case_start(gx_sim_case *c, const gx_sim_graph *graph, gx_instant now)
{
    *c = (gx_sim_case){.graph = graph, .x = -1};
    leave(c, 0, now);
}

int gx_sim_case_at(const gx_sim_case *c, int node)
{
    for (int t = 0; t < c->token_count; t++)
        if (c->tokens[t].node == node)
            return t;
    return -1;
}

static void go_on(gx_sim_case *c, int token, gx_instant now)
{
    int node = c->tokens[token].node;
    remove_token(c, token);
    leave(c, node, now);
}

void gx_sim_case_complete(gx_sim_case *c, int token, int x, gx_instant now)
{
    c->x = x;
    go_on(c, token, now);
}

void gx_sim_case_message(gx_sim_case *c, int node, gx_instant until, gx_instant now)
{
    int token = gx_sim_case_at(c, node);
    if (token >= 0)
        go_on(c, token, now);
    else if (until > now && c->kept_count == GX_SIM_KEPT)
        c->is_overfull = true;
    else if (until > now) {
        c->kept[c->kept_count].node = node;
        c->kept[c->kept_count++].until = until;
    }
}

/* Those who wait at this moment hear it; who comes to wait because of it does not. */
void gx_sim_case_signal(gx_sim_case *c, gx_instant now)
{
    int heard[GX_SIM_TOKENS], count = 0;
    for (int t = 0; t < c->token_count;)
        if (c->graph->nodes[c->tokens[t].node].kind == GX_SIM_SIGNAL) {
            heard[count++] = c->tokens[t].node;
            remove_token(c, t);
        } else {
            t++;
        }
    for (int i = 0; i < count; i++)
        leave(c, heard[i], now);
}

static void fire(gx_sim_case *c, int t, bool is_bad_weather, gx_instant now)
{
    gx_sim_token *token = &c->tokens[t];
    const gx_sim_node *at = &c->graph->nodes[token->node];
    if (at->kind == GX_SIM_TASK) {
        token->due = 0;
        if (c->graph->nodes[at->boundary].is_interrupting)
            remove_token(c, t);
        leave(c, at->boundary, now);
    } else if (at->kind == GX_SIM_JOB && is_bad_weather) {
        token->is_incident = token->attempts == 2;
        token->due = token->is_incident ? 0 : now + (MINUTE << token->attempts);
        token->attempts += !token->is_incident;
    } else {
        go_on(c, t, now);
    }
}

void gx_sim_case_pass(gx_sim_case *c, bool is_bad_weather, gx_instant now)
{
    for (int t = 0; t < c->token_count; t++)
        if (c->tokens[t].due && c->tokens[t].due <= now) {
            fire(c, t, is_bad_weather, now);
            t = -1; /* tokens have moved: look from the beginning */
        }
    for (int i = 0; i < c->kept_count; i++)
        if (c->kept[i].until <= now) {
            c->kept_count--;
            memmove(&c->kept[i], &c->kept[i + 1], (size_t)(c->kept_count - i) * sizeof c->kept[0]);
            i--;
        }
}

void gx_sim_case_retry(gx_sim_case *c, int token, gx_instant now)
{
    c->tokens[token].is_incident = false;
    c->tokens[token].attempts = 0;
    c->tokens[token].due = now;
}

void gx_sim_case_cancel(gx_sim_case *c)
{
    c->token_count = 0;
}

/* sim/reference.h: the token game of BPMN 2.0.2, clause 13, for the graphs of graph.h: slow, plain, and
 * without a line in common with src/bpmn. A case is a list of tokens in the order in which they came to be,
 * and the scopes they lie in: the process, sub-processes, called processes, and the instances of
 * multi-instance activities. */
#ifndef GX_SIM_REFERENCE_H
#define GX_SIM_REFERENCE_H

#include "base/clock.h"
#include "sim/graph.h"

enum { GX_SIM_TOKENS = 128, GX_SIM_SCOPES = 64, GX_SIM_MOVES = 64, GX_SIM_KEPT = 32 };

typedef struct gx_sim_token {
    int id, scope, node;
    int flow;          /* by which it came; -1 none */
    gx_instant due;    /* timer, also behind an event-based gateway; job: next try */
    gx_instant bounds; /* its boundary timer; 0: none or already fired */
    int attempts;      /* of a job */
    bool is_incident;  /* a job that has failed for good */
    bool is_instance;  /* one of a multi-instance activity */
    int started, done; /* instances of the token of such an activity */
} gx_sim_token;

typedef struct gx_sim_scope {
    int id, owner; /* owner: the token that waits for it; 0: the process */
    int parent;    /* where variables are looked for next; 0: nowhere */
    bool is_instance;
    int x; /* -1: not set here */
    const gx_sim_graph *graph;
    gx_instant watch; /* when the event sub-process in it begins; 0: there is none, or it has begun */
    int watch_start;  /* its start event */
} gx_sim_scope;

typedef struct gx_sim_case {
    gx_sim_token tokens[GX_SIM_TOKENS];
    gx_sim_scope scopes[GX_SIM_SCOPES]; /* the first is the process, until the case has ended */
    struct {
        int scope, flow;
    } moves[GX_SIM_MOVES]; /* tokens on a flow: only inside a step */
    int token_count, scope_count, move_count, last_id;
    const gx_sim_graph *graphs; /* of all models */
    int x;                      /* of the process; -1: not yet set */
    struct {
        int node; /* its id */
        gx_instant until;
    } kept[GX_SIM_KEPT]; /* messages that came before their receiver */
    int kept_count;
    gx_instant now; /* of what is done */
    bool is_unsure; /* more than the reference holds, or an order that it cannot know: no longer compared */
} gx_sim_case;

void gx_sim_case_start(gx_sim_case *c, const gx_sim_graph *graphs, int model, gx_instant now);
const gx_sim_scope *gx_sim_case_scope(const gx_sim_case *c, int id); /* NULL: none */
const gx_sim_node *gx_sim_case_node(const gx_sim_case *c, const gx_sim_token *token);
/* The node's id in the models' text: the model's number times GX_SIM_BASE, and its place. */
int gx_sim_case_node_id(const gx_sim_case *c, const gx_sim_token *token);
/* The first task, or failed job, at the node of that id; -1: none. */
int gx_sim_case_at(const gx_sim_case *c, int node_id);
/* Whether it makes no difference which of the tokens goes on: they, and all that lies between them and the
 * scope they share, are alike. The system may choose another one than the reference. */
bool gx_sim_are_twins(const gx_sim_case *c, const gx_sim_token *a, const gx_sim_token *b);
void gx_sim_case_complete(gx_sim_case *c, int token, int x, gx_instant now);
void gx_sim_case_message(gx_sim_case *c, int node_id, gx_instant until, gx_instant now);
void gx_sim_case_signal(gx_sim_case *c, gx_instant now);
/* Everything due by `now`, jobs too. */
void gx_sim_case_pass(gx_sim_case *c, bool is_bad_weather, gx_instant now);
void gx_sim_case_retry(gx_sim_case *c, int token, gx_instant now);
void gx_sim_case_cancel(gx_sim_case *c);
/* Of an event-based gateway: the place of the event of that kind behind it; -1: none. */
int gx_sim_event_behind(const gx_sim_graph *g, int gateway, gx_sim_kind kind);

#endif

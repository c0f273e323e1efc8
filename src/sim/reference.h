/* sim/reference.h: the token game of BPMN 2.0.2, clause 13, for the graphs of graph.h: slow, plain, and
 * without a line in common with src/bpmn. A case is a list of tokens in the order in which they came to be.
 */
#ifndef GX_SIM_REFERENCE_H
#define GX_SIM_REFERENCE_H

#include "base/clock.h"
#include "sim/graph.h"

enum { GX_SIM_TOKENS = 128, GX_SIM_KEPT = 32 };

typedef struct gx_sim_token {
    int node, flow;   /* flow: by which it came */
    gx_instant due;   /* timer; job: next try; task: its boundary event, 0 none or already fired */
    int attempts;     /* of a job */
    bool is_incident; /* a job that has failed for good */
} gx_sim_token;

typedef struct gx_sim_case {
    const gx_sim_graph *graph;
    gx_sim_token tokens[GX_SIM_TOKENS];
    int token_count;
    int x; /* -1: not yet set */
    struct {
        int node;
        gx_instant until;
    } kept[GX_SIM_KEPT]; /* messages that came before their receiver */
    int kept_count;
    bool is_overfull; /* more tokens than the reference holds: no longer compared */
} gx_sim_case;

void gx_sim_case_start(gx_sim_case *c, const gx_sim_graph *graph, gx_instant now);
/* The first token of that kind at the node; -1: none. */
int gx_sim_case_at(const gx_sim_case *c, int node);
void gx_sim_case_complete(gx_sim_case *c, int token, int x, gx_instant now);
void gx_sim_case_message(gx_sim_case *c, int node, gx_instant until, gx_instant now);
void gx_sim_case_signal(gx_sim_case *c, gx_instant now);
/* Everything due by `now`, jobs too. */
void gx_sim_case_pass(gx_sim_case *c, bool is_bad_weather, gx_instant now);
void gx_sim_case_retry(gx_sim_case *c, int token, gx_instant now);
void gx_sim_case_cancel(gx_sim_case *c);

#endif

/* sim/graph.h: random processes as small graphs, from which the BPMN text is written and which the reference
 * (reference.h) plays. */
#ifndef GX_SIM_GRAPH_H
#define GX_SIM_GRAPH_H

#include "base/buffer.h"
#include "sim/random.h"

enum { GX_SIM_NODES = 96, GX_SIM_FLOWS = 160 };

typedef enum gx_sim_kind {
    GX_SIM_START,
    GX_SIM_END,
    GX_SIM_TASK,     /* a person's; completing it sets x */
    GX_SIM_CHOICE,   /* exclusive gateway */
    GX_SIM_PARALLEL, /* parallel gateway */
    GX_SIM_TIMER,    /* catch, `minutes` after it is reached */
    GX_SIM_MESSAGE,  /* catch, "m" and the node's number, for this case only */
    GX_SIM_SIGNAL,   /* catch, "go", for all cases */
    GX_SIM_JOB,      /* fails in bad weather; two more tries, then an incident */
    GX_SIM_BOUNDARY, /* timer on the task `host` */
} gx_sim_kind;

typedef struct gx_sim_node {
    gx_sim_kind kind;
    int minutes, host;
    bool is_interrupting;
    int boundary; /* of a task: its boundary event, -1 none */
} gx_sim_node;

typedef struct gx_sim_flow {
    int from, to;
    int wants; /* of a choice: taken when x is this; -1: otherwise, or unconditional */
} gx_sim_flow;

typedef struct gx_sim_graph {
    gx_sim_node nodes[GX_SIM_NODES];
    gx_sim_flow flows[GX_SIM_FLOWS];
    int node_count, flow_count;
} gx_sim_graph;

/* Every loop holds a task, so that no step is endless. Not every graph is a sound one: parallel branches may
 * meet in an exclusive gateway or end apart. */
void gx_sim_graph_grow(gx_sim_graph *graph, gx_sim_random *random);
void gx_sim_graph_write(const gx_sim_graph *graph, const char *id, gx_buffer *bpmn);

#endif

/* sim/graph.h: random processes as small graphs, from which the BPMN text is written and which the reference
 * (reference.h) plays. */
#ifndef GX_SIM_GRAPH_H
#define GX_SIM_GRAPH_H

#include "base/buffer.h"
#include "sim/random.h"

enum {
    GX_SIM_NODES = 96,
    GX_SIM_FLOWS = 160,
    GX_SIM_BASE = 100
}; /* BASE: ids of model k begin at k * BASE */

typedef enum gx_sim_kind {
    GX_SIM_START,
    GX_SIM_END,
    GX_SIM_ERROR,     /* end event: the error that the sub-process around it catches */
    GX_SIM_TERMINATE, /* end event */
    GX_SIM_ESCALATE,  /* throw: the escalation that the sub-process around it catches */
    GX_SIM_EVENT_SUB, /* event sub-process, begun by the timer of its start event */
    GX_SIM_TASK,      /* a person's; completing it sets x */
    GX_SIM_SUB,       /* sub-process */
    GX_SIM_CALL,      /* call activity: `calls` */
    GX_SIM_CHOICE,    /* exclusive gateway */
    GX_SIM_INCLUSIVE, /* inclusive gateway: all flows whose condition holds */
    GX_SIM_PARALLEL,  /* parallel gateway */
    GX_SIM_FIRST,     /* event-based gateway: timer, message and signal behind it */
    GX_SIM_TIMER,     /* catch, `seconds` after it is reached */
    GX_SIM_MESSAGE,   /* catch, "m" and the node's id, for this case only */
    GX_SIM_SIGNAL,    /* catch, "go", for all cases */
    GX_SIM_JOB,       /* fails in bad weather; two more tries, then an incident */
    GX_SIM_BOUNDARY,  /* on the activity `host`: `catches` */
} gx_sim_kind;

typedef enum gx_sim_catch {
    GX_SIM_CATCHES_TIMER,
    GX_SIM_CATCHES_ERROR,
    GX_SIM_CATCHES_ESCALATION
} gx_sim_catch;

typedef struct gx_sim_node {
    gx_sim_kind kind;
    int scope;   /* the sub-process it lies in; -1: the process */
    int seconds; /* of a start event: of an event sub-process; 0: a plain one */
    int host, calls;
    gx_sim_catch catches;
    bool is_interrupting;
    int boundary, error_boundary, escalation_boundary; /* of an activity; -1 none */
    int instances, enough; /* of a multi-instance activity; enough: completes at so many, 0: at all */
    bool is_sequential;
} gx_sim_node;

typedef struct gx_sim_flow {
    int from, to;
    int wants; /* of a choice: taken when x is this, of an inclusive gateway: at least this; -1: otherwise, or
                  unconditional */
} gx_sim_flow;

typedef struct gx_sim_graph {
    gx_sim_node nodes[GX_SIM_NODES];
    gx_sim_flow flows[GX_SIM_FLOWS];
    int node_count, flow_count;
    int model;    /* its own number: it calls only lower ones */
    int scope;    /* while it grows: where nodes are added */
    bool has[16]; /* what this round's models may hold, by shape (graph.c) */
} gx_sim_graph;

enum { GX_SIM_SHAPES = 15 };

/* Every loop holds a task, so that no step is endless. Not every graph is a sound one: parallel branches may
 * meet in an exclusive gateway or end apart. `has` says which shapes may occur. */
void gx_sim_graph_grow(gx_sim_graph *graph, int model, const bool has[GX_SIM_SHAPES], gx_sim_random *random);
void gx_sim_graph_write(const gx_sim_graph *graph, gx_buffer *bpmn);

#endif

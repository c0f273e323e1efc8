/* bpmn/explore.h: what can become of a model, whatever people and data decide.
 *
 * The reachable states of each scope (process, sub-process, event sub-process) are walked as a game of tokens
 * on its flows: a decision may go any way, a message or timer may come or not, an activity may end well or by
 * any of its boundary events, a non-interrupting boundary event fires once at the most for each visit. An
 * inner scope counts as one activity of the outer one; it can end well if its own walk says so.
 *
 * Found are: deadlocks (tokens that nothing can move), missing synchronisation (two tokens on one flow),
 * elements that nothing can reach, and states from which no end can be reached any more (endless loops). Each
 * comes with a shortest way to it. Terms: van der Aalst's soundness of workflow nets.
 *
 * Not walked: how often a multi-instance activity or a loop turns, the order inside ad-hoc sub-processes,
 * compensation. Complex gateways and start quantities are taken as "any choice": what is found there may not
 * happen, so it is not reported (`is_decided` is false). */
#ifndef GX_BPMN_EXPLORE_H
#define GX_BPMN_EXPLORE_H

#include "bpmn/model.h"

typedef enum gx_fate {
    GX_FATE_DEADLOCK,       /* `nodes`: where tokens are stuck */
    GX_FATE_UNSYNCHRONISED, /* `flow` can have two tokens at once; node: where it leads */
    GX_FATE_UNREACHABLE,    /* node: nothing can come there */
    GX_FATE_ENDLESS,        /* no end can be reached any more; `nodes`: where the tokens are */
} gx_fate;

typedef struct gx_move { /* the node did its work and gave tokens to its flows, bit by position; a boundary
                            event fired */
    uint32_t node;
    uint64_t flows;
} gx_move;

typedef struct gx_explored {
    gx_fate fate;
    uint32_t scope, node, flow; /* GX_NO_INDEX: none */
    bool is_plain;              /* unreachable: no flow leads there at all, as gx_bpmn_check says as well */
    uint32_t *nodes;
    uint32_t node_count;
    gx_move *moves; /* from the beginning of the scope */
    uint32_t move_count;
} gx_explored;

typedef struct gx_exploration {
    gx_explored *items;
    uint32_t count;
    bool is_decided; /* all states have been seen, and nothing was taken as any choice */
    uint64_t states;
} gx_exploration;

typedef struct gx_explore_options {
    uint32_t states_most; /* of one scope; 0: 200,000 */
    bool is_exhaustive;   /* without leaving out interleavings that cannot matter: slower, same findings */
} gx_explore_options;

/* Everything in `arena`, under a guard; pure; any number of threads. */
gx_exploration gx_bpmn_explore(gx_arena *arena, const gx_bpmn_process *process,
                               const gx_explore_options *options);
/* The way to it, for people: "提交 → 受理? (是) → ...". */
gx_text gx_explored_way(gx_arena *arena, const gx_bpmn_process *process, const gx_explored *explored);
/* As findings: a deadlock, an endless loop and an unreachable element are errors, missing synchronisation is
 * a warning. */
void gx_explored_report(gx_arena *arena, const gx_bpmn *bpmn, const gx_bpmn_process *process,
                        const gx_exploration *exploration, gx_findings *findings);
/* [{"fate", "element", "flow", "elements": [...], "way": [{"element", "flows": [...]}], "text"}] */
gx_json *gx_explored_json(gx_arena *arena, const gx_bpmn_process *process, const gx_exploration *exploration);
const char *gx_fate_name(gx_fate fate);

#endif

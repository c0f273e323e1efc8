/* bpmn/state.h: the inside of an instance's state, for the files of bpmn/ only.
 *
 *   scopes   the process, sub-processes, event sub-processes, instances of a multi-instance activity; each with its variables
 *   tokens   where the instance is; a token waits at a node, in a scope
 *   waits    what may wake a token or start an event sub-process: timers, messages, signals, conditions
 *
 * Everything has a key from one counter; arrays are sorted by key because new entries are appended. A scope's owner is the token that
 * waits for it (0: the process). Invariants, checked after each step in test builds: each token's scope exists; each scope's owner exists; each wait's
 * token or scope exists; an ended instance has none of them. */
#ifndef GX_BPMN_STATE_H
#define GX_BPMN_STATE_H

#include "bpmn/step.h"

typedef enum gx_token_phase {
    GX_TOKEN_READY,    /* about to enter its node: only inside a step */
    GX_TOKEN_WAITING,  /* for a task, job, decision, call or event, by the node's kind */
    GX_TOKEN_SCOPE,    /* for the scope it owns: sub-process or multi-instance instances */
    GX_TOKEN_JOINING,  /* at a join, come by `flow` */
    GX_TOKEN_INCIDENT, /* something failed; a person must look */
} gx_token_phase;

typedef struct gx_token {
    uint32_t key, node, scope;
    uint32_t flow;       /* by which it came; GX_NO_INDEX */
    uint8_t phase;       /* gx_token_phase */
    bool is_instance;    /* inside a multi-instance scope: the activity itself */
} gx_token;

typedef struct gx_variable {
    gx_text name;
    gx_value value;
} gx_variable;

typedef struct gx_scope {
    uint32_t key, node, parent; /* parent: key, 0 for the process */
    uint32_t owner;             /* token key; 0 for the process */
    bool is_instance;           /* one instance of a multi-instance activity */
    /* of a multi-instance activity's instances: kept by the outer scope, see multi.c */
    gx_variable *variables;
    uint32_t variable_count, variable_capacity;
} gx_scope;

/* A multi-instance activity at work: belongs to the token that waits for its instances. */
typedef struct gx_multi {
    uint32_t token;
    uint32_t total, started, done;
    gx_value items;   /* list, or null for a cardinality */
    gx_value *results; /* by instance; `total` of them */
} gx_multi;

typedef struct gx_wait {
    uint32_t key, node;  /* node: the catching event (or receive task) */
    uint32_t token;      /* the token that waits, or the activity's token of a boundary event; 0 for event sub-processes */
    uint32_t scope;      /* event sub-process: the scope it would interrupt */
    bool is_met;         /* condition: was true when last looked at */
    gx_instant due;      /* timer */
    int64_t repeats;     /* timer cycle: how many more; -1 for ever */
} gx_wait;

struct gx_state {
    uint32_t next_key;
    bool has_ended;
    gx_token *tokens;
    uint32_t token_count, token_capacity;
    gx_scope *scopes;
    uint32_t scope_count, scope_capacity;
    gx_multi *multis;
    uint32_t multi_count, multi_capacity;
    gx_wait *waits;
    uint32_t wait_count, wait_capacity;
};

gx_token *gx_state_token(const gx_state *state, uint32_t key);   /* NULL: none */
gx_scope *gx_state_scope(const gx_state *state, uint32_t key);
gx_multi *gx_state_multi(const gx_state *state, uint32_t token);
gx_wait *gx_state_wait(const gx_state *state, uint32_t key);
/* Arrays grow in `arena`; returned pointers are valid until the next growth. */
gx_token *gx_state_add_token(gx_arena *arena, gx_state *state);
gx_scope *gx_state_add_scope(gx_arena *arena, gx_state *state);
gx_multi *gx_state_add_multi(gx_arena *arena, gx_state *state);
gx_wait *gx_state_add_wait(gx_arena *arena, gx_state *state);
void gx_scope_set(gx_arena *arena, gx_scope *scope, gx_text name, gx_value value);
bool gx_scope_get(const gx_scope *scope, gx_text name, gx_value *value);
/* A copy that can be changed; values are shared. */
gx_state *gx_state_copy(gx_arena *arena, const gx_state *state);
/* True if the invariants hold. */
bool gx_state_is_sound(const gx_bpmn_process *process, const gx_state *state);

#endif

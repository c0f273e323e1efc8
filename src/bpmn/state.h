/* bpmn/state.h: the inside of an instance's state, for the files of bpmn/ only.
 *
 *   scopes   the process, sub-processes, event sub-processes, instances of a multi-instance activity; each
 * with its variables tokens   where the instance is; a token waits at a node, in a scope waits    what may
 * wake a token or start an event sub-process: timers, messages, signals, conditions
 *
 *   dones    completed activities that can be compensated; undos are compensations at work
 *   multis   wide activities, loops and ad-hoc sub-processes at work; dismissals what is left of some
 *   resets   complex gateways between activation and reset
 *
 * Everything has a key from one counter; arrays are sorted by key because new entries are appended. A scope's
 * owner is the token that waits for it (0: the process, and scopes that are only kept for compensation).
 * Invariants, checked after each step in test builds: each token's scope exists; each scope's owner exists;
 * each wait's token or scope exists; an ended instance has none of them. */
#ifndef GX_BPMN_STATE_H
#define GX_BPMN_STATE_H

#include "bpmn/step.h"

typedef enum gx_token_phase {
    GX_TOKEN_READY,    /* about to enter its node: only inside a step */
    GX_TOKEN_WAITING,  /* for a task, job, decision, call or event, by the node's kind */
    GX_TOKEN_SCOPE,    /* for the scope it owns: sub-process or multi-instance instances */
    GX_TOKEN_JOINING,  /* at a join, or at an activity that needs several tokens; come by `flow` */
    GX_TOKEN_INCIDENT, /* something failed; a person must look */
    GX_TOKEN_UNDOING,  /* for compensations: see gx_undo */
} gx_token_phase;

typedef struct gx_token {
    uint32_t key, node, scope;
    uint32_t flow;    /* by which it came; GX_NO_INDEX */
    uint8_t phase;    /* gx_token_phase */
    bool is_instance; /* inside a scope of instances (loop, multi-instance): the activity itself */
    uint32_t cause;   /* of a compensation at work: the token that asked for it; 0 */
} gx_token;

typedef struct gx_variable {
    gx_text name;
    gx_value value;
    uint32_t kept; /* where it lies on the shelf; 0: in the record */
    bool is_away;  /* on the shelf, and `value` has not been fetched */
} gx_variable;

typedef struct gx_scope {
    uint32_t key, node, parent; /* parent: key, 0 for the process */
    uint32_t owner;             /* token key; 0 for the process */
    bool is_instance;           /* one instance of a multi-instance activity or one turn of a loop */
    bool is_kept;               /* of a sub-process that has completed and may yet be compensated; no owner */
    bool is_leaving;            /* to the shelf: only at the end of a step */
    gx_variable *variables;
    uint32_t variable_count, variable_capacity;
} gx_scope;

/* A multi-instance activity, a loop or an ad-hoc sub-process at work: belongs to the token that waits for its
 * instances, turns or inner activities. */
typedef struct gx_multi {
    uint32_t token;
    uint32_t total, started, done; /* total of a loop: its maximum, or 0 */
    bool is_put_off;               /* a timer will begin more of them; its key is the token's */
    gx_value items;                /* list, or null for a cardinality */
    gx_value *results;             /* of a multi-instance activity, by instance; `total` of them */
    /* Of a wide one: `items` and `results` lie on the shelf under these owners, in slabs; waiting instances
     * under the token, by their own token's key. 0: not wide. */
    uint32_t shelf, result_shelf;
    bool has_items;
    uint32_t away; /* instances on the shelf */
} gx_multi;

/* Instances on the shelf whose activity has been taken away: they are dismissed in slices, each by a timer
 * due at once whose key is the activity's token, also after the end of the process. */
typedef struct gx_dismissal {
    uint32_t owner, next; /* next: all before this key are gone */
    bool are_calls;       /* else tasks */
} gx_dismissal;

typedef struct gx_wait {
    uint32_t key, node; /* node: the catching event (or receive task) */
    uint32_t token;     /* the token that waits, or the activity's token of a boundary event; 0 for event
                           sub-processes */
    uint32_t scope;     /* event sub-process: the scope it would interrupt */
    uint32_t event;     /* which of the node's events */
    bool is_met;        /* condition: was true when last looked at */
    gx_instant due;     /* timer */
    int64_t repeats;    /* timer cycle: how many more; -1 for ever */
} gx_wait;

/* A completed activity that can be compensated. Its key orders it among the others. */
typedef struct gx_done {
    uint32_t key, node;
    uint32_t scope; /* where it completed */
    uint32_t inner; /* of a sub-process: its kept scope; 0 */
} gx_done;

/* A compensation at work: the token waits while what was done in `scope` is undone, the latest first. */
typedef struct gx_undo {
    uint32_t token, scope;
    uint32_t node; /* only this activity; GX_NO_INDEX: all */
} gx_undo;

/* A complex gateway that has been activated and is not yet reset (BPMN 2.0.2, 13.4.5). */
typedef struct gx_reset {
    uint32_t node, scope;
    uint64_t seen; /* incoming flows, by position, that have brought their token */
} gx_reset;

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
    gx_done *dones;
    uint32_t done_count, done_capacity;
    gx_undo *undos;
    uint32_t undo_count, undo_capacity;
    gx_reset *resets;
    uint32_t reset_count, reset_capacity;
    gx_dismissal *dismissals;
    uint32_t dismissal_count, dismissal_capacity;
    uint32_t kept_count; /* variables on the shelf, at least: 0 is exact */
    const gx_bpmn_shelf *shelf;
};

gx_token *gx_state_token(const gx_state *state, uint32_t key); /* NULL: none */
gx_scope *gx_state_scope(const gx_state *state, uint32_t key);
gx_multi *gx_state_multi(const gx_state *state, uint32_t token);
gx_wait *gx_state_wait(const gx_state *state, uint32_t key);
/* Arrays grow in `arena`; returned pointers are valid until the next growth. */
gx_token *gx_state_add_token(gx_arena *arena, gx_state *state);
gx_scope *gx_state_add_scope(gx_arena *arena, gx_state *state);
gx_multi *gx_state_add_multi(gx_arena *arena, gx_state *state);
gx_wait *gx_state_add_wait(gx_arena *arena, gx_state *state);
gx_done *gx_state_add_done(gx_arena *arena, gx_state *state);
gx_undo *gx_state_add_undo(gx_arena *arena, gx_state *state);
gx_reset *gx_state_add_reset(gx_arena *arena, gx_state *state);
gx_dismissal *gx_state_add_dismissal(gx_arena *arena, gx_state *state);
void gx_scope_set(gx_arena *arena, gx_scope *scope, gx_text name, gx_value value);
gx_variable *gx_scope_find(const gx_scope *scope, gx_text name); /* NULL: none */
/* The last four bytes of a record, over all before them: against damage, not against malice. */
uint32_t gx_state_checksum(gx_text before);
/* A copy that can be changed; values are shared. */
gx_state *gx_state_copy(gx_arena *arena, const gx_state *state);
/* What lies on the shelf (record.c): values, some in a row, and an instance of a wide activity. Reading is as
 * wary as that of a record; false: damaged. */
gx_text gx_record_values(gx_arena *arena, const gx_value *values, uint32_t count);
bool gx_record_read_values(gx_arena *arena, gx_text content, gx_value *values, uint32_t count);
gx_text gx_record_instance(gx_arena *arena, const gx_scope *scope, const gx_token *token);
bool gx_record_read_instance(gx_arena *arena, gx_text content, gx_scope *scope, gx_token *token);
/* The variable's value, fetched if need be; null when it cannot be. */
gx_value gx_state_value(gx_arena *arena, const gx_state *state, const gx_variable *variable);
/* An instance of a wide activity that lies on the shelf, without taking it. False: there is none of that key;
 * *multi has its place in the list. */
bool gx_state_find_away(gx_arena *arena, const gx_state *state, uint32_t key, uint32_t *multi,
                        gx_scope *scope, gx_token *token);
/* True if the invariants hold. */
bool gx_state_is_sound(const gx_bpmn_process *process, const gx_state *state);

#endif

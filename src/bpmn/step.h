/* bpmn/step.h: the pure core: one command moves one instance from a stable state to the next.
 *
 *     gx_bpmn_step(process, state, command, world) -> state', effects
 *
 * No clock, no I/O, no randomness, no globals; nothing is ordered by address. The same arguments give the
 * same bytes. A state is a value in an arena; a step writes a new state and leaves the old one alone, so a
 * refused command changes nothing. Semantics: BPMN 2.0.2, clause 13.
 *
 * Order, where the standard leaves it open: tokens move in the order in which they came to be; flows are
 * taken, and events tried, in document order; inclusive joins are looked at when nothing else can move. */
#ifndef GX_BPMN_STEP_H
#define GX_BPMN_STEP_H

#include "bpmn/model.h"
#include "calendar/calendar.h"

typedef struct gx_state gx_state;

typedef enum gx_command_kind {
    GX_COMMAND_START, /* variables; `name`: id of the start event, of the instantiating receive task, or of
                         the event behind an instantiating event-based gateway that has occurred; empty for
                         the plain start */
    GX_COMMAND_COMPLETE_TASK, /* key, variables */
    GX_COMMAND_JOB_DONE,      /* key, variables */
    GX_COMMAND_JOB_FAILED, /* key, name: BPMN error code (empty: a failure without code becomes an incident),
                              detail */
    GX_COMMAND_DECISION_DONE,  /* key, value */
    GX_COMMAND_CALL_DONE,      /* key, variables */
    GX_COMMAND_CALL_FAILED,    /* key, name: error code */
    GX_COMMAND_CALL_ESCALATED, /* key, name: escalation code; the called process goes on */
    GX_COMMAND_MESSAGE,        /* key of the subscription, variables */
    GX_COMMAND_SIGNAL,         /* name, variables */
    GX_COMMAND_TIMER,          /* key */
    GX_COMMAND_RETRY,          /* key of the incident's token: tries the element again */
    GX_COMMAND_SET_VARIABLES,  /* variables: into the process's scope */
    GX_COMMAND_ACTIVATE,  /* key of an ad-hoc sub-process's token, name: id of the activity in it that is to
                             start (again) */
    GX_COMMAND_MOVE,      /* key of a token, name: id of the element where it goes on; what it waited for ends
                             (correct.c) */
    GX_COMMAND_SEND_BACK, /* key of a token (0: any behind it), name: id of an earlier element; all that lies
                             behind that one ends, also in parallel branches; what was done there is undone
                             first, if the model can undo it */
    GX_COMMAND_CANCEL,    /* detail: why */
    /* From here on commands that came later: journals keep them by number, so new ones stand at the end. */
    GX_COMMAND_RAISE_ERROR, /* key of a user task's token, name: BPMN error code, variables: set where it is
                               caught. Uncaught it ends the process with that error, as an error end event does:
                               ask gx_bpmn_catches first where that is not meant */
    GX_COMMAND_RAISE_ESCALATION, /* the same; uncaught it is an effect for the calling process, and the task
                                    stays */
    GX_COMMAND_KINDS,
} gx_command_kind;

typedef struct gx_command {
    gx_command_kind kind;
    uint32_t key;
    gx_text name;
    gx_value variables; /* a context or null */
    gx_value value;
    gx_text detail;
} gx_command;

/* Read-only names that are found behind all variables, such as `case`. They are asked for when an expression
 * reads one of them, or a job is handed all there is; so a step that needs none costs nothing, and whoever
 * keeps a journal of steps knows which of them have seen the facts. */
typedef struct gx_bpmn_facts {
    const gx_text *names;
    size_t count;
    gx_value (*get)(void *context); /* a context with these names; the same during one step */
    void *context;
} gx_bpmn_facts;

/* Where an instance keeps what would make its record long: the instances of a wide activity that wait for
 * people or called processes, its collection and its results, and large variables. What lies on the shelf has
 * an owner and a key, is put there and taken away by effects, and is handed back byte for byte when the core
 * asks: so a command on one of 100,000 costs what it costs on one of 10. Without a shelf everything stays in
 * the record. What is on it outlives nothing but the instance (shelf.c). */
typedef struct gx_bpmn_shelf {
    /* The content under (owner, *key), or with `or_later` under the owner's next key from *key on, which
     * becomes *key. Bytes NULL: there is none, or it could not be read; the host knows which. */
    gx_text (*find)(void *context, gx_arena *arena, uint32_t owner, uint32_t *key, bool or_later);
    void *context;
} gx_bpmn_shelf;

/* What a step may know of the world. */
typedef struct gx_bpmn_world {
    gx_instant now;
    const gx_calendar *calendar; /* for working-day timers; NULL: they are incidents */
    gx_bpmn_facts facts;
    const gx_feel_budget *budget; /* NULL: the defaults, with `now` */
    const gx_bpmn_shelf *shelf;   /* of an instance that starts; later the state has it. NULL: none */
} gx_bpmn_world;

typedef enum gx_effect_kind {
    GX_EFFECT_CREATE_TASK,  /* key, node, text1 role, text2 department, text3 assignee, form, due (INT64_MAX:
                               none), priority, value: inputs or null */
    GX_EFFECT_CANCEL_TASK,  /* key */
    GX_EFFECT_ARM_TIMER,    /* key, node, due, text1: the definition */
    GX_EFFECT_DISARM_TIMER, /* key */
    GX_EFFECT_SUBSCRIBE,    /* key, node, text1: message name, text2: correlation (bytes NULL: the instance's
                               own) */
    GX_EFFECT_SUBSCRIBE_SIGNAL, /* key, node, text1: signal name */
    GX_EFFECT_UNSUBSCRIBE,      /* key */
    GX_EFFECT_START_JOB,        /* key, node, text1: skill, value: inputs */
    GX_EFFECT_CANCEL_JOB,       /* key */
    GX_EFFECT_CALL_DECISION,    /* key, node, text1: decision, value: inputs */
    GX_EFFECT_CALL_PROCESS,     /* key, node, text1: process, value: variables */
    GX_EFFECT_CANCEL_CALL,      /* key */
    GX_EFFECT_THROW_MESSAGE,    /* node, text1: name, text2: correlation, value */
    GX_EFFECT_THROW_SIGNAL,     /* node, text1: name, value: to other instances; this one has had it */
    GX_EFFECT_ESCALATED,        /* node, text1: code; nobody here caught it: for the calling process */
    GX_EFFECT_INCIDENT,         /* key, node, text1: error code of errors.def, text2: detail */
    GX_EFFECT_EVENT, /* node, flow, text1: what ("enter", "leave", "flow", "fire", "undo", "cancel"), for the
                        journal */
    GX_EFFECT_ENDED, /* value: variables; text1: error code when it ended by an uncaught error; text2
                        "cancelled" */
    GX_EFFECT_KEEP,  /* key: owner, part, text1: content; in place of what was there */
    GX_EFFECT_DROP,  /* key: owner, part; GX_NO_INDEX: all of the owner */
} gx_effect_kind;

typedef struct gx_effect {
    gx_effect_kind kind;
    uint32_t key;  /* stable within the instance */
    uint32_t node; /* index in the process */
    uint32_t flow;
    uint32_t part; /* on the shelf: the key under the owner */
    gx_text text1, text2, text3, form;
    gx_instant due;
    int64_t priority;
    gx_value value;
} gx_effect;

typedef struct gx_effects {
    gx_effect *items;
    size_t count, capacity;
} gx_effects;

/* `state` NULL for GX_COMMAND_START. On true *next is the new state and `effects` is filled, both in `arena`.
 * On false the command does not fit the state (no such key, already ended). Failures inside the model (an
 * expression, a used-up budget) are no errors: they become incidents. */
bool gx_bpmn_step(gx_arena *arena, const gx_bpmn_process *process, const gx_state *state,
                  const gx_command *command, const gx_bpmn_world *world, const gx_state **next,
                  gx_effects *effects, gx_error *error);

/* Whether a token at `from` can come to `to`, or to the sub-process that holds it. Nodes by index; false when
 * they share no scope. */
bool gx_bpmn_leads_to(gx_arena *arena, const gx_bpmn_process *process, uint32_t from, uint32_t to);
/* A parallel join that some token can come to but that can never have all its tokens; GX_NO_INDEX when there
 * is none. Only corrections (MOVE, SEND_BACK) make such states of sound models: look before keeping their
 * result. */
uint32_t gx_bpmn_stuck_join(gx_arena *arena, const gx_bpmn_process *process, const gx_state *state);

/* ---- Another version of the process ---- */

typedef struct gx_bpmn_renaming {
    gx_text from, to; /* ids of elements or flows */
} gx_bpmn_renaming;
typedef struct gx_bpmn_obstacle {
    gx_text element;  /* of the old version, or the join of the new one */
    const char *code; /* a row of errors.def with the element as its {1} */
} gx_bpmn_obstacle;
/* The instance in the version `to`: elements and flows are found by their id, or by the renaming. True: *next
 * and `effects` (node indices of `to`) are what changes; due instants stay, new boundary events begin to
 * listen, those that are gone stop. False: `obstacles`, at most *count of them; *count becomes how many. */
bool gx_bpmn_migrate(gx_arena *arena, const gx_bpmn_process *from, const gx_bpmn_process *to,
                     const gx_state *state, const gx_bpmn_renaming *renamings, size_t renaming_count,
                     const gx_bpmn_world *world, const gx_state **next, gx_effects *effects,
                     gx_bpmn_obstacle *obstacles, size_t *count);
/* Indices of nodes and flows from one version to the other, as words "n3.4" and "g5.7" parted by blanks: for
 * the journal, whose paths are indices. */
gx_text gx_bpmn_translation(gx_arena *arena, const gx_bpmn_process *from, const gx_bpmn_process *to,
                            const gx_bpmn_renaming *renamings, size_t renaming_count);

/* Whether an error (GX_TRIGGER_ERROR) or escalation with that code, thrown by the token, is caught in this
 * instance: at a boundary event or by an event sub-process. False also when there is no such token. */
bool gx_bpmn_catches(gx_arena *arena, const gx_bpmn_process *process, const gx_state *state, uint32_t key,
                     gx_trigger trigger, gx_text code);

/* The first token, in key order, that stands at the node; 0: none. */
uint32_t gx_state_token_at(const gx_state *state, uint32_t node);
/* The node of a token; GX_NO_INDEX when there is no such token. */
uint32_t gx_state_node_of(gx_arena *arena, const gx_state *state, uint32_t key);
bool gx_state_has_ended(const gx_state *state);
/* The variables of the process's scope, as a context. */
gx_value gx_state_variables(gx_arena *arena, const gx_state *state);
/* The variables that a token sees, innermost scope first, as one context: for a task's form. */
gx_value gx_state_variables_at(gx_arena *arena, const gx_state *state, uint32_t key);
/* Node indices that hold a token, in key order. */
size_t gx_state_tokens(gx_arena *arena, const gx_state *state, uint32_t **nodes);

/* The record: a version byte, the content, a checksum. Decoding never trusts it: anything wrong is the error
 * "bpmn.state". `shelf` (NULL: none) lives as long as the state. */
gx_text gx_state_encode(gx_arena *arena, const gx_state *state);
const gx_state *gx_state_decode(gx_arena *arena, const gx_bpmn_process *process, gx_text record,
                                const gx_bpmn_shelf *shelf, gx_error *error);
/* For people and tools. */
gx_json *gx_state_to_json(gx_arena *arena, const gx_bpmn_process *process, const gx_state *state);

/* The next instant of a timer definition ("PT5M", "5wd", "2026-11-23T17:00:00+08:00", "R3/PT10M"); for cycles
 * `repeats` becomes what is left (-1: for ever). False if the text is none, or needs a calendar and there is
 * none. */
bool gx_bpmn_timer_due(gx_text definition, gx_timer_kind kind, gx_instant now, const gx_calendar *calendar,
                       gx_instant *due, int64_t *repeats);

#endif

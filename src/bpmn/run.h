/* bpmn/run.h: one step at work: what the files of the engine share.
 *   step.c      the commands, and the loop until nothing can move
 *   move.c      tokens enter and leave nodes; gateways; scopes end
 *   activity.c  activities begin and complete; multi-instance
 *   join.c      gateways that wait for several tokens
 *   event.c     waits, firing, errors, escalations, throwing, cancelling
 *   undo.c      compensation, cancelled transactions
 *   correct.c   what people move by hand
 *   shelf.c     what is kept outside of the record
 *   value.c     variables and expressions */
#ifndef GX_BPMN_RUN_H
#define GX_BPMN_RUN_H

#include "bpmn/state.h"

enum { GX_SLAB = 64 }; /* values in a row of the shelf */
typedef struct gx_slab {
    uint32_t owner, key, count;
    bool is_changed;
    gx_value *values;
} gx_slab;

typedef struct gx_recalled {
    uint32_t owner, key;
    gx_text content;
    bool stays; /* it goes back under its key */
} gx_recalled;

typedef struct gx_run {
    gx_arena *arena;
    const gx_bpmn_process *process;
    gx_state *state;
    const gx_bpmn_world *world;
    gx_effects *effects;
    uint32_t steps;
    uint32_t *ready; /* keys of tokens that are to move, first come first served */
    uint32_t ready_first, ready_count, ready_capacity;
    uint32_t late_count; /* of those put off: kept at the front of `ready` */
    bool conditions_may_have_changed;
    bool is_lost;   /* something on the shelf was not there: the command is refused */
    uint32_t begun; /* instances that will go to the shelf */
    gx_slab *slabs; /* of collections and results, as far as this step has seen them */
    uint32_t slab_count, slab_capacity;
    gx_recalled *recalled; /* instances taken from the shelf */
    uint32_t recalled_count, recalled_capacity;
    /* The context of the last evaluation: rebuilt when a variable or the scope changes. */
    gx_value context;
    uint32_t context_scope;
    bool has_context, context_has_facts;
} gx_run;

static inline const gx_bpmn_node *gx_run_node(const gx_run *run, uint32_t node)
{
    return &run->process->nodes[node];
}

/* effects */
gx_effect *gx_run_effect(gx_run *run, gx_effect_kind kind, uint32_t key, uint32_t node);
void gx_run_event(gx_run *run, const char *what, uint32_t node, uint32_t flow);
/* The token stops until a person looks; `code` is a row of errors.def. */
void gx_run_incident(gx_run *run, uint32_t token, const char *code, gx_text detail);

/* move.c */
/* A new token at `node` that is to move; the key of it. */
uint32_t gx_run_place(gx_run *run, uint32_t node, uint32_t scope, uint32_t flow);
void gx_run_enter(gx_run *run, uint32_t token);
/* The token goes on over the node's outgoing flows, or is consumed. */
void gx_run_leave(gx_run *run, uint32_t token);
void gx_run_remove_token(gx_run *run, uint32_t token);
/* Ends the scope if nothing is left in it. */
void gx_run_check_scope(gx_run *run, uint32_t scope);
/* The flows a token takes: all without a condition, those whose condition holds, and the default one when
 * none is taken. `facts` (a context or null) is seen before the variables. False: an incident. */
bool gx_run_choose(gx_run *run, uint32_t token, gx_value facts, bool only_first, uint32_t *chosen,
                   uint32_t *count);
void gx_run_take(gx_run *run, uint32_t scope, uint32_t flow);

/* join.c */
void gx_run_arrive_parallel(gx_run *run, uint32_t token);
void gx_run_arrive_complex(gx_run *run, uint32_t token);
/* True when an activity that needs several tokens has them: the others are consumed, this one goes on. */
bool gx_run_arrive_activity(gx_run *run, uint32_t token);
/* Opens an inclusive join, or resets a complex gateway, if one can; false when none can. */
bool gx_run_open_join(gx_run *run);

/* activity.c */
void gx_run_begin_activity(gx_run *run, uint32_t token);
/* The activity's work is done: outputs are set, boundary events closed, and the token goes on. */
void gx_run_complete(gx_run *run, uint32_t token, gx_value variables);
/* A new scope owned by `token`, with its event sub-processes listening and, with `starts`, tokens where it
 * begins. */
uint32_t gx_run_open_scope(gx_run *run, uint32_t node, uint32_t parent, uint32_t owner);
void gx_run_start_scope(gx_run *run, uint32_t scope, gx_text start_event);
void gx_run_instance_done(gx_run *run, uint32_t scope);
/* Nothing can move: begins more instances of a multi-instance activity, or another turn of a loop, or arms
 * the timer that will when the command has done enough. False: nothing was begun. */
bool gx_run_more(gx_run *run);
/* That timer has come. False: the key is no activity that waits for it. */
bool gx_run_go_on(gx_run *run, uint32_t token);
/* A person has mended what went wrong between two instances or turns. False: it went wrong before the first.
 */
bool gx_run_try_multi_again(gx_run *run, uint32_t token);
void gx_run_forget_multi(gx_run *run, uint32_t token);
/* Nothing is active in an ad-hoc sub-process: starts the next of its activities. False: it is done. */
bool gx_run_go_on_ad_hoc(gx_run *run, uint32_t scope);
/* Starts one more activity of an ad-hoc sub-process. False: it has none of that id. */
bool gx_run_activate(gx_run *run, uint32_t token, gx_text id);

/* event.c */
void gx_run_wait(gx_run *run, uint32_t node, uint32_t token, uint32_t scope);
void gx_run_close_waits_of_token(gx_run *run, uint32_t token);
void gx_run_close_waits_of_scope(gx_run *run, uint32_t scope);
void gx_run_fire_boundary(gx_run *run, uint32_t boundary, uint32_t token);
void gx_run_fire_event_sub_process(gx_run *run, uint32_t start, uint32_t scope);
/* A message, signal, error or escalation. The token may be gone afterwards. False: an incident. */
bool gx_run_throw(gx_run *run, uint32_t token, const gx_event *event);
void gx_run_fire(gx_run *run, uint32_t wait, gx_value variables);
void gx_run_broadcast(gx_run *run, gx_text signal, gx_value variables);
/* Fires conditions that became true; false when none did. */
bool gx_run_check_conditions(gx_run *run);
/* Looks for who catches an error or escalation thrown by the token, from the inside out; `variables` (a context
 * or null) are set where that one stands. False: nobody. */
bool gx_run_raise(gx_run *run, uint32_t token, gx_trigger trigger, gx_text code, gx_value variables);
/* Takes back all that the token waits for, with everything inside it, and the token itself. */
void gx_run_cancel_token(gx_run *run, uint32_t token);
void gx_run_cancel_tokens_of(gx_run *run, uint32_t scope);
void gx_run_close_scope(gx_run *run, uint32_t scope);
void gx_run_end(gx_run *run, gx_text error_code, gx_text reason);

/* undo.c */
/* The token's activity has completed: if a handler can undo it, that is kept. */
void gx_run_remember(gx_run *run, uint32_t token);
/* Keeps the scope of a completed sub-process for compensation; false when nothing in it could be undone. */
bool gx_run_keep_scope(gx_run *run, uint32_t scope, const gx_token *owner);
/* What was done in a scope that ends belongs to another one now. */
void gx_run_move_dones(gx_run *run, const gx_scope *from, uint32_t to);
/* All that is kept on behalf of a scope. */
void gx_run_forget(gx_run *run, uint32_t scope);
/* The token waits until all that was done in `scope` (or only `node`) is undone. */
void gx_run_undo(gx_run *run, uint32_t token, uint32_t scope, uint32_t node);
/* Undoes what was done at the node and behind it, then places a token there. */
void gx_run_undo_behind(gx_run *run, uint32_t node, uint32_t scope);
/* The next to be undone for the token; `scope` is checked when nobody asks any more. */
void gx_run_undo_next(gx_run *run, uint32_t token, uint32_t scope);
void gx_run_stop_undoing(gx_run *run, uint32_t token);
/* A kept sub-process has been undone: its owner goes. */
void gx_run_undone(gx_run *run, uint32_t owner);
void gx_run_compensate(gx_run *run, uint32_t token, const gx_event *event);
void gx_run_cancel_transaction(gx_run *run, uint32_t token);

/* correct.c */
bool gx_run_move(gx_run *run, const gx_command *command, gx_error *error);
bool gx_run_send_back(gx_run *run, const gx_command *command, gx_error *error);
/* By node: whether it is this one, or a token here can come there. */
bool *gx_run_behind(const gx_run *run, uint32_t node);

/* shelf.c */
/* Whether the multi-instance activity is to use the shelf, by its width. */
bool gx_run_is_wide(const gx_run *run, int64_t total);
/* Its collection goes to the shelf; null for a cardinality. */
void gx_run_put_items(gx_run *run, gx_multi *multi, gx_value items, bool has_results);
gx_value gx_run_item(gx_run *run, const gx_multi *multi, uint32_t index);
void gx_run_put_result(gx_run *run, const gx_multi *multi, uint32_t index, gx_value value);
/* All results, as a list; null when none are kept. */
gx_value gx_run_results(gx_run *run, const gx_multi *multi);
/* Instances that wait for somebody outside: those go to the shelf. */
bool gx_run_can_go_away(const gx_bpmn_node *node);
/* The token is one on the shelf: takes it into the state. */
void gx_run_recall(gx_run *run, uint32_t token);
/* The activity is over: what it has on the shelf goes. */
void gx_run_clear_shelf(gx_run *run, const gx_multi *multi);
/* A slice of that. False: the key is not one of those timers. */
bool gx_run_dismiss(gx_run *run, uint32_t owner);
/* At the end of a step that came from `before` (NULL: a start): what belongs on the shelf goes there. */
void gx_run_shelve(gx_run *run, const gx_state *before);

/* value.c */
/* Variables on the shelf that the expression (NULL: whatever there is) can read are there afterwards. */
void gx_run_fetch(gx_run *run, uint32_t scope, const gx_feel *reader);
gx_value gx_run_context(gx_run *run, uint32_t scope, const gx_feel *reader);
/* Whether the expression (NULL: none) names one of the world's facts. */
bool gx_run_reads_facts(const gx_run *run, const gx_feel *feel);
/* The scope's context with `more` (a context or null) before it. */
gx_value gx_run_context_with(gx_run *run, uint32_t scope, const gx_feel *reader, gx_value more);
/* An expression in a context of its own; false: it became an incident of the token. */
bool gx_run_evaluate_in(gx_run *run, uint32_t token, const gx_feel *feel, gx_value context, gx_value *value);
/* False: it became an incident of the token. */
bool gx_run_evaluate(gx_run *run, uint32_t token, const gx_feel *feel, gx_value *value);
bool gx_run_expression(gx_run *run, uint32_t token, gx_expression expression, gx_value *value);
bool gx_run_text(gx_run *run, uint32_t token, gx_expression expression, gx_text *text);
/* true, false; anything else counts as false. */
bool gx_run_condition(gx_run *run, uint32_t token, const gx_feel *feel, bool *holds);
/* Sets a variable where it is, from the inside out; a new one in the innermost instance of a multi-instance
 * activity, else in the process. */
void gx_run_set(gx_run *run, uint32_t scope, gx_text name, gx_value value);
void gx_run_set_all(gx_run *run, uint32_t scope, gx_value context);
bool gx_run_inputs(gx_run *run, uint32_t token, gx_value *inputs);

#endif

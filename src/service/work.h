/* service/work.h: one command at work: what instance.c (records, the queue), effects.c (what effects ask for)
 * and message.c share. */
#ifndef GX_SERVICE_WORK_H
#define GX_SERVICE_WORK_H

#include "service/case_record.h"

struct gx_live {
    int64_t id, version, parent;
    uint32_t parent_key;
    int32_t depth;
    gx_case *of;
    const gx_definition *definition;
    const gx_bpmn_process *process;
    const gx_state *state, *before; /* before: as it was read; NULL: new */
    gx_value ended_with;            /* its variables, when it has ended in this command */
    const gx_bpmn_shelf *shelf;
    gx_buffer path;   /* for the journal: see service/timeline.h */
    gx_buffer steps;  /* for the journal: what was fed in (bpmn/recorded.h) */
    gx_text record;   /* as it was read */
    int64_t facts;    /* the hash of those recorded last; 0: none were */
    bool is_recorded; /* the journal has all steps before this command */
    gx_text fed;      /* the command that came from outside, for the journal's events */
    bool is_new, is_changed, has_ended;
    gx_live *next;
};

typedef enum gx_pending_kind {
    GX_PENDING_COMMAND,
    GX_PENDING_SKILL,
    GX_PENDING_DECISION,
    GX_PENDING_CALL
} gx_pending_kind;
struct gx_pending {
    gx_pending_kind kind;
    bool is_dropped; /* its token was cancelled before its turn */
    int64_t instance;
    uint32_t key, node;
    gx_command command;
    gx_text name;   /* skill, decision or process */
    gx_value value; /* inputs */
    gx_pending *next;
};

/* The instance in memory: the one at work, or read now. NULL with an error. */
gx_live *gx_work_live(gx_work *work, int64_t instance, gx_error *error);
/* The row of `instance i`, and taking it, with its case as it was read beside it, into a work that has
 * neither yet. False when the record cannot be read. */
#define GX_LIVE_COLUMNS                                                                                      \
    "i.id, i.process, i.process_version, i.parent, i.parent_key, i.depth, i.version, i.has_ended, i.state, " \
    "i.facts"
bool gx_work_take(gx_work *work, gx_case *of, gx_statement *row, int first, gx_error *error);
/* Takes the instance whose timer `key` is due, with its case, into a work that has neither yet. *taken NULL:
 * it is not due any more, or another server is at the timer or the case. */
bool gx_work_take_due(gx_work *work, int64_t instance, uint32_t key, gx_case **taken, gx_error *error);
/* With what gx_work_take_due begins. */
gx_first_question gx_work_due_question(int64_t instance, uint32_t key, gx_instant now);
gx_pending *gx_work_queue(gx_work *work, gx_pending_kind kind, int64_t instance, uint32_t key);
/* Runs what is queued until nothing is left. */
bool gx_work_drain(gx_work *work, gx_error *error);
bool gx_work_step(gx_work *work, gx_live *live, const gx_command *command, gx_error *error);
/* What a step of an instance may know: its budget of expressions and the facts of its case. All must live as
 * long as the world. */
typedef struct gx_sight {
    gx_work *work;
    gx_case *of;
    gx_feel_budget budget;
    bool has_seen_facts;
} gx_sight;
gx_bpmn_world gx_work_world(gx_work *work, gx_live *live, gx_sight *sight);
/* What expressions in models are evaluated under: the same now, and when a journal is replayed. */
gx_feel_budget gx_step_budget(gx_instant now);
extern const gx_text gx_fact_names[1];
/* Records that the instance goes over to another version. */
void gx_work_migrated(gx_work *work, gx_live *live, int64_t version, gx_bpmn_renaming *renamings,
                      size_t count);
/* effects.c */
bool gx_effects_apply(gx_work *work, gx_live *live, const gx_effects *effects, gx_error *error);
bool gx_pending_run(gx_work *work, gx_pending *pending, gx_error *error);
/* shelf.c: what the instance keeps outside of its record; lives as long as the arena. */
const gx_bpmn_shelf *gx_shelf_open(gx_arena *arena, gx_db *db, int64_t instance);
/* False: the store has failed while the core asked for something. */
bool gx_shelf_check(const gx_bpmn_shelf *shelf, gx_error *error);
bool gx_shelf_keep(gx_work *work, int64_t instance, const gx_effect *effect, gx_error *error);
bool gx_shelf_drop(gx_work *work, int64_t instance, const gx_effect *effect, gx_error *error);
/* message.c */
bool gx_message_subscribe(gx_work *work, gx_live *live, uint32_t key, gx_text name, gx_text correlation,
                          bool is_signal, gx_error *error);
/* The version of a definition that was in force when the case was submitted: a running case keeps the rules
 * it started with. */
const gx_definition *gx_work_definition(gx_work *work, const gx_case *of, const gx_definition *current,
                                        gx_error *error);
/* A child of the case, not yet started: next part, process as of the case's start. NULL with the reason why
 * there can be none; nothing has been written. */
gx_live *gx_work_child(gx_work *work, gx_live *parent, uint32_t key, gx_text process, gx_error *error);
/* `start`: a start event; empty: the plain one. */
bool gx_work_start(gx_work *work, gx_live *live, gx_text start, gx_value variables, gx_error *error);

#endif

/* service/instance.h: process instances in the store: one command is one transaction.
 *
 * A gx_work is everything one command touches. It reads each instance's record once, steps it in memory, runs
 * what the effects ask for inside the house (decisions, called processes, skills of mode "transaction",
 * messages to other instances) until nothing is left, and writes at the end: per instance one record and one
 * journal row, and the projections that lists and schedulers need. `step` never reads those.
 *
 * All functions run inside a command of the store (the writer's thread) with its connection and arena. Any
 * false undoes the whole command. */
#ifndef GX_SERVICE_INSTANCE_H
#define GX_SERVICE_INSTANCE_H

#include "service/identity.h"
#include "service/limit.h"

enum { GX_INSTANCE_PARTS = 4096 }; /* instance id = case id * 4096 + part */
#define GX_LIMIT_WORK_COMMANDS                                                                               \
    2000u /* internal commands of one work: processes that call and answer each other without end become     \
             incidents */

typedef struct gx_case gx_case; /* service/case.h */
typedef struct gx_live gx_live; /* an instance at work: service/instance.c */

typedef struct gx_pending gx_pending;

typedef struct gx_work {
    gx_zone *zone;
    const gx_packages *packages;
    gx_db *db;
    gx_arena *arena;
    const gx_person *person; /* NULL: the system */
    gx_instant now;          /* one reading for the whole command */
    gx_text command_id;      /* kept in the journal, unique; bytes NULL: none */
    bool is_in_process; /* a skill is running: what happens is the process's act, not the person's alone */
    /* the work's own */
    gx_live *first, *last;
    gx_case *cases;
    gx_pending *queue, *queue_end;
    uint32_t commands;
} gx_work;

gx_work gx_work_begin(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_person *person);
/* Writes what has changed. Call it once, at the end. */
bool gx_work_finish(gx_work *work, gx_error *error);

/* Starts the process (its version in force) as part 0 of the case. */
bool gx_instance_start(gx_work *work, gx_case *of, gx_text process, gx_value variables, gx_error *error);
/* The same with one of its versions (0: the one in force) and at one of its start events (empty: the plain one).
 * "package.definition" */
bool gx_instance_start_at(gx_work *work, gx_case *of, gx_text process, int64_t version, gx_text start,
                          gx_value variables, gx_error *error);
/* Steps an instance and everything that follows from it. */
bool gx_instance_command(gx_work *work, int64_t instance, const gx_command *command, gx_error *error);
/* The same, later: when the command at work is through. What has become of the key meanwhile is no error. For
 * acts and skills, which run inside a step. */
void gx_instance_post(gx_work *work, int64_t instance, const gx_command *command);
/* Ends the case's processes, its children first, as soon as the command at work is through. */
void gx_instance_cancel(gx_work *work, const gx_case *of, gx_text why);
/* Runs what has been posted. */
bool gx_work_settle(gx_work *work, gx_error *error);
/* The instance as it is at this moment of the work. */
bool gx_work_instance(gx_work *work, int64_t instance, const gx_state **state,
                      const gx_bpmn_process **process, gx_error *error);
/* To whoever waits for it; *heard says how many. With `must_wait` an unheard message is kept for those who
 * subscribe later. Correlation: a case number. */
bool gx_message_send(gx_work *work, gx_text name, gx_text correlation, gx_value variables, bool must_wait,
                     int64_t *heard, gx_error *error);
typedef struct gx_message {
    gx_text name, correlation;
    gx_text id; /* the sender's own, unique for the name; empty: none. The second of the same id is refused
                   with "case.message.twice", whether the first was heard, waits, or has expired unheard */
    gx_value variables;
    int64_t lifetime_ms; /* how long it waits for a receiver; 0: not at all */
} gx_message;
bool gx_message_publish(gx_work *work, const gx_message *message, int64_t *heard, gx_error *error);
typedef struct gx_correlation {
    gx_text name;
    gx_text business_key; /* empty: any; else the key its sender gave the case, its number, or the subscription's */
    int64_t instance;     /* 0: any */
    const gx_json *keys;  /* variables of the case that must be equal; NULL: none */
} gx_correlation;
typedef struct gx_receiver {
    int64_t instance;
    uint32_t key;
    gx_text case_number;
} gx_receiver;
/* Who waits for such a message, at most `most`. */
bool gx_message_receivers(gx_work *work, const gx_correlation *correlation, size_t most, gx_receiver *found,
                          size_t *count, gx_error *error);
/* One of them hears it, now. */
bool gx_message_hear(gx_work *work, const gx_receiver *receiver, gx_text name, gx_value variables, gx_error *error);
/* To everybody who waits for it now, in any case, but not to the instance `sender` (which has had it; 0: none).
 * Many of them hear it in commands of their own, soon. */
bool gx_signal_send(gx_work *work, gx_text name, gx_value variables, int64_t sender, gx_error *error);
/* One of those. */
bool gx_signal_hear(gx_work *work, int64_t signal, int64_t instance, gx_error *error);
/* Variables of the case's own process, also after its end. Reading side: any connection. */
bool gx_instance_variables(gx_zone *zone, gx_db *db, gx_arena *arena, int64_t case_id, gx_value *variables,
                           gx_error *error);
/* The same inside a work: as they are at this moment of it. */
bool gx_work_variables(gx_work *work, int64_t case_id, gx_value *variables, gx_error *error);
/* The record, decoded with its process; *ended when the instance has ended. */
bool gx_instance_read(gx_zone *zone, gx_db *db, gx_arena *arena, int64_t instance, const gx_state **state,
                      const gx_bpmn_process **process, const gx_definition **definition, gx_error *error);
/* Puts an event for people into the journal row of the case: `kind` such as "task.done"; the texts are kept
 * as they are, empty ones left out. */
typedef struct gx_journal_event {
    const char *kind;
    gx_text element, name, outcome, why;
    gx_text acting_for; /* the name of the person for whom a deputy acted */
} gx_journal_event;
void gx_journal_add(gx_work *work, gx_case *of, gx_journal_event event);

/* ---- Skills: what only code can do ---- */

typedef struct gx_skill_call {
    gx_zone *zone;
    const gx_packages *packages;
    gx_db *db; /* transaction: the writer's; job: a reader's */
    gx_arena *arena;
    gx_work *work; /* transaction only */
    gx_case *of;   /* transaction only: the case */
    gx_text case_number;
    gx_text element;
    gx_value inputs;    /* a context: the <gx:input> mappings, or all variables */
    gx_value variables; /* transaction only: all variables of the case's own process */
    gx_instant now;
    gx_text error_code; /* set by the skill, with a false answer: the BPMN error to raise */
} gx_skill_call;

/* `outputs` is a context for gx:result, <gx:output> or merging. False: `error_code` is raised as a BPMN
 * error; without one, a person who acted is refused with `error` and nothing has happened; the system tries
 * again (jobs) or leaves an incident. */
typedef bool (*gx_skill_function)(gx_skill_call *call, gx_value *outputs, gx_error *error);
typedef struct gx_skill {
    const char *name; /* "permit.issue" */
    gx_skill_function run;
    bool is_job; /* may run with gx:mode="job": needs no writer */
    const char *inputs,
        *outputs; /* comma-parted names, for the checker and for people: see skill/skills.def */
} gx_skill;

/* Hands the table over, once, before any work; the table must outlive the process. */
void gx_skills_use(const gx_skill *skills, size_t count);
const gx_skill *gx_skill_find(gx_text name);
const gx_skill *gx_skills_known(size_t *count);

#endif

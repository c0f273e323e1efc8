/* dmn/dmn.h: decision models (DMN 1.5; files of 1.1 to 1.5 and 1.6 drafts), read and compiled once, evaluated
 * often.
 *
 * A gx_dmn is immutable and lives in the arena it was read into; any number of threads may evaluate it, each
 * with its own arena. Evaluation follows DMN: what has no meaning is null with a note; errors are for a
 * used-up budget and unknown names. No I/O, no clock: imports are given by the caller, `now` by the budget.
 * Every call must run under a gx_arena_guard. */
#ifndef GX_DMN_DMN_H
#define GX_DMN_DMN_H

#include "feel/feel.h"
#include "feel/type.h"

typedef struct gx_dmn gx_dmn;
typedef struct gx_dmn_trace gx_dmn_trace;

/* What a model may need from outside. All fields may be zero. */
typedef struct gx_dmn_world {
    /* The imported model of that namespace, already read, or NULL (which becomes a finding). */
    const gx_dmn *(*import)(void *context, gx_text ns, gx_text location);
    void *import_context;
    /* Host functions for all expressions (feel/feel.h). Must outlive the model. */
    const gx_builtin *functions;
    size_t function_count;
    /* External functions (Java and others): see gx_feel_options. */
    gx_value (*find_external)(void *context, gx_arena *model, gx_value mapping, size_t parameter_count);
    void *find_external_context;
} gx_dmn_world;

/* Reads and compiles. NULL with `error` when the file is no DMN model at all. Everything else that is wrong
 * (an expression that does not parse, an unknown reference) is added to `findings`, and the element concerned
 * is null when evaluated; so a model with findings of severity error can be evaluated in part. `world` may be
 * NULL. */
gx_dmn *gx_dmn_read(gx_arena *model, gx_text xml, gx_text path, const gx_dmn_world *world,
                    gx_findings *findings, gx_error *error);

/* The value of a decision (its id or name). `inputs` is a context: input data by name; a decision's name
 * presets its value; inputs of an imported model stand under the import's name, or directly. Inputs not given
 * are null. `trace` may be NULL. */
bool gx_dmn_evaluate(gx_arena *arena, const gx_dmn *dmn, gx_text decision, gx_value inputs,
                     const gx_feel_budget *budget, gx_dmn_trace *trace, gx_value *answer, gx_error *error);
/* A decision service (id or name) with its input decisions and input data by name. */
bool gx_dmn_call_service(gx_arena *arena, const gx_dmn *dmn, gx_text service, gx_value inputs,
                         const gx_feel_budget *budget, gx_dmn_trace *trace, gx_value *answer,
                         gx_error *error);
/* A business knowledge model (id or name) with its parameters by name. */
bool gx_dmn_call_knowledge(gx_arena *arena, const gx_dmn *dmn, gx_text knowledge, gx_value parameters,
                           const gx_feel_budget *budget, gx_dmn_trace *trace, gx_value *answer,
                           gx_error *error);

/* ---- What is in a model ---- */

typedef enum gx_dmn_kind { GX_DMN_INPUT, GX_DMN_DECISION, GX_DMN_KNOWLEDGE, GX_DMN_SERVICE } gx_dmn_kind;

typedef struct gx_dmn_item {
    gx_dmn_kind kind;
    gx_text id, name;
    const gx_type *type; /* NULL: Any */
    int32_t line, column;
} gx_dmn_item;

gx_text gx_dmn_name(const gx_dmn *dmn);
gx_text gx_dmn_namespace(const gx_dmn *dmn);
size_t gx_dmn_count(const gx_dmn *dmn);
gx_dmn_item gx_dmn_item_at(const gx_dmn *dmn, size_t index);
bool gx_dmn_find(const gx_dmn *dmn, gx_dmn_kind kind, gx_text id_or_name, gx_dmn_item *item);
/* The decision that a file is about: the one with that id or name, else the only one that no other decision
 * requires. False if there are several. */
bool gx_dmn_find_main(const gx_dmn *dmn, gx_text id_or_name, gx_dmn_item *item);
/* The input data that a decision needs, directly or through others: each once, in the order in which they are
 * met. */
size_t gx_dmn_inputs_of(gx_arena *arena, const gx_dmn *dmn, gx_text decision, gx_dmn_item **items);

/* ---- Traces: filled when asked for; everything lives in the evaluation's arena ---- */

typedef enum gx_dmn_cell_state {
    GX_CELL_UNSEEN, /* not looked at */
    GX_CELL_MATCHED,
    GX_CELL_FAILED,
    GX_CELL_UNKNOWN, /* null: the test has no meaning for the value */
} gx_dmn_cell_state;

typedef struct gx_dmn_table gx_dmn_table; /* dmn/model.h */

typedef struct gx_dmn_table_trace gx_dmn_table_trace;
struct gx_dmn_table_trace {
    const gx_dmn_table *table;
    const gx_value *inputs;  /* one per input column */
    const uint8_t *cells;    /* gx_dmn_cell_state, rule by rule: cells[rule * input_count + input] */
    const uint32_t *matched; /* rules from 0, in their order */
    uint32_t matched_count;
    bool used_default;
    gx_value result;
    gx_dmn_table_trace *next; /* a decision may evaluate several tables */
};

typedef struct gx_dmn_step gx_dmn_step;
struct gx_dmn_step {
    gx_dmn_item item;
    uint32_t depth; /* 0: what was asked for; 1: what it requires ... */
    gx_value value;
    gx_dmn_table_trace *tables; /* in the order of evaluation */
    gx_dmn_step *next;          /* in the order in which they were finished: requirements first */
};

struct gx_dmn_trace {
    gx_dmn_step *first, *last;
    size_t count;
    gx_feel_notes notes;
    /* while it is filled */
    gx_dmn_table_trace **tables_end;
    uint32_t depth;
};

#endif

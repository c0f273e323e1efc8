/* dmn/model.h: a compiled decision model from the inside, for src/dmn only.
 *
 * Every expression of an element sees a frame of values: first what the element requires (inputs, decisions, knowledge), then the
 * parameters of the function around it, then the entries of the boxed contexts and the variables of the boxed iterations that
 * it stands in. Where each lies is known when compiling; FEEL reads it as a slot. A boxed function keeps a copy of the frame it
 * was made in. */
#ifndef GX_DMN_MODEL_H
#define GX_DMN_MODEL_H

#include "dmn/dmn.h"
#include "feel/function.h"

typedef struct gx_dmn_element gx_dmn_element;
typedef struct gx_dmn_expression gx_dmn_expression;

typedef enum gx_dmn_expression_kind {
    GX_DMN_NOTHING, /* absent, or not compilable: null */
    GX_DMN_LITERAL,
    GX_DMN_CONTEXT,
    GX_DMN_LIST,
    GX_DMN_RELATION,
    GX_DMN_INVOCATION,
    GX_DMN_FUNCTION,
    GX_DMN_TABLE,
    GX_DMN_CONDITIONAL,
    GX_DMN_FILTER,
    GX_DMN_FOR,
    GX_DMN_SOME,
    GX_DMN_EVERY,
} gx_dmn_expression_kind;

struct gx_dmn_expression {
    gx_dmn_expression_kind kind;
    const gx_type *type;  /* of the result; NULL: Any */
    gx_text id;
    int32_t line, column;
    const gx_feel *feel;  /* literal */
    gx_text *names;       /* context entries (empty: the result), columns, bindings, parameters, iterator */
    const gx_type **types; /* of entries, parameters */
    gx_dmn_expression **items; /* entries, items, cells row by row, bindings; conditional: if, then, else; filter: in, match;
                                  iterations: in, result; function: body; invocation: called function last */
    uint32_t count;       /* of names */
    uint32_t item_count;
    uint32_t slot;        /* first slot of entries, parameters or the iterator */
    gx_value external;    /* a function that is not FEEL */
    gx_dmn_table *table;
};

typedef enum gx_hit_policy {
    GX_HIT_UNIQUE,
    GX_HIT_ANY,
    GX_HIT_PRIORITY,
    GX_HIT_FIRST,
    GX_HIT_COLLECT,
    GX_HIT_RULE_ORDER,
    GX_HIT_OUTPUT_ORDER,
} gx_hit_policy;

typedef enum gx_aggregation { GX_AGGREGATE_NONE, GX_AGGREGATE_SUM, GX_AGGREGATE_COUNT, GX_AGGREGATE_MIN, GX_AGGREGATE_MAX } gx_aggregation;

/* A cell of an input column. */
typedef struct gx_dmn_cell {
    const gx_feel *feel;             /* NULL: could not be compiled, never matches */
    const gx_feel_test_list *tests;  /* constant tests, or NULL */
    bool is_any;                     /* `-` */
    int32_t line, column;
} gx_dmn_cell;

typedef struct gx_dmn_input_column {
    gx_text id, label;        /* label: for people; the expression's text if there is none */
    const gx_feel *feel;
    const gx_type *type;
    const gx_feel *allowed;   /* inputValues, or NULL */
    struct gx_dmn_index *index; /* NULL for small tables */
} gx_dmn_input_column;

typedef struct gx_dmn_output_column {
    gx_text id, name, label;
    const gx_type *type;
    const gx_feel *allowed;    /* outputValues, or NULL */
    const gx_value *order;     /* the listed output values, first is highest; for P and O */
    uint32_t order_count;
    const gx_feel *otherwise;  /* default output, or NULL */
} gx_dmn_output_column;

struct gx_dmn_table {
    gx_text id;
    int32_t line, column;
    gx_hit_policy policy;
    gx_aggregation aggregation;
    gx_dmn_input_column *inputs;
    gx_dmn_output_column *outputs;
    uint32_t input_count, output_count, rule_count;
    gx_dmn_cell *cells;        /* rule by rule: cells[rule * input_count + input] */
    const gx_feel **results;   /* rule by rule; NULL: could not be compiled */
    gx_text *rule_ids;
    gx_text *annotations;      /* of each rule: its first annotation or description; may be empty */
    int32_t *rule_lines;
};

/* What an element needs: the value of `element` lies in `slot` of its frame. An imported element is a member `member` of the
 * context that lies there under the import's name. */
typedef struct gx_dmn_requirement {
    const gx_dmn_element *element;
    uint32_t slot;
    gx_text member; /* empty: the slot itself */
} gx_dmn_requirement;

struct gx_dmn_element {
    gx_dmn_kind kind;
    uint32_t index; /* in its model */
    const gx_dmn *model;
    gx_text id, name, variable;
    int32_t line, column;
    const gx_type *type;  /* of the variable; of knowledge: the function's */
    gx_dmn_requirement *requirements;
    uint32_t requirement_count;
    gx_text *frame_names; /* of the slots that requirements fill */
    uint32_t frame_count; /* such slots */
    uint32_t frame_size;  /* all slots that its expression uses */
    gx_dmn_expression *expression; /* decision: its logic; knowledge: a GX_DMN_FUNCTION */
    /* service */
    const gx_dmn_element **outputs, **inputs; /* inputs: input decisions first, then input data: the parameters in order */
    uint32_t output_count, input_count;
};

struct gx_dmn {
    gx_text id, name, ns, path;
    gx_dmn_element *elements;
    uint32_t element_count;
    struct gx_dmn_import {
        gx_text name;
        const gx_dmn *model;
    } *imports;
    uint32_t import_count;
    /* This model and all it imports, each once, with the number of its first element among them all. */
    const gx_dmn **reached;
    uint32_t *bases;
    uint32_t reached_count, total_count;
    gx_map types; /* name -> gx_type */
};

/* ---- index.c: which rules a value can still match ---- */

/* For a column of at least GX_DMN_INDEX_LEAST rules. */
enum { GX_DMN_INDEX_LEAST = 8 };
struct gx_dmn_index *gx_dmn_index_build(gx_arena *model, const gx_dmn_table *table, uint32_t input);
/* How many rules may match `value` in this column. */
uint32_t gx_dmn_index_count(const struct gx_dmn_index *index, gx_value value);
/* Writes their numbers, ascending, to `rules` (room for gx_dmn_index_count). */
void gx_dmn_index_list(const struct gx_dmn_index *index, gx_value value, uint32_t *rules);

/* ---- table.c ---- */

typedef struct gx_dmn_run gx_dmn_run;
gx_value gx_dmn_table_evaluate(gx_dmn_run *run, const gx_dmn_table *table, const gx_value *slots);

/* ---- evaluate.c ---- */

struct gx_dmn_run {
    gx_feel_call *call;
    gx_dmn_trace *trace; /* or NULL */
};

/* "U", "A", "P", "F", "C", "R", "O". */
const char *gx_hit_policy_letter(gx_hit_policy policy);

#endif

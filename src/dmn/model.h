/* dmn/model.h: a compiled decision model from the inside, for src/dmn only.
 *
 * Every expression of an element sees a frame of values: first what the element requires (inputs, decisions,
 * knowledge), then the parameters of the function around it, then the entries of the boxed contexts and the
 * variables of the boxed iterations that it stands in. Where each lies is known when compiling; FEEL reads it
 * as a slot. A boxed function keeps a copy of the frame it was made in. */
#ifndef GX_DMN_MODEL_H
#define GX_DMN_MODEL_H

#include "dmn/dmn.h"
#include "feel/function.h"
#include "xml/xml.h"

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
    const gx_type *type; /* of the result; NULL: Any */
    gx_text id;
    int32_t line, column;
    const gx_feel *feel;   /* literal */
    gx_text *names;        /* context entries (empty: the result), columns, bindings, parameters, iterator */
    const gx_type **types; /* of entries, parameters */
    gx_dmn_expression *
        *items; /* entries, items, cells row by row, bindings; conditional: if, then, else; filter: in, match;
                   iterations: in, result; function: body; invocation: called function last */
    uint32_t count; /* of names */
    uint32_t item_count;
    uint32_t slot;                 /* first slot of entries, parameters or the iterator */
    gx_value external;             /* a function that is not FEEL */
    const gx_dmn_element *element; /* that it belongs to, for the size of frames */
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

typedef enum gx_aggregation {
    GX_AGGREGATE_NONE,
    GX_AGGREGATE_SUM,
    GX_AGGREGATE_COUNT,
    GX_AGGREGATE_MIN,
    GX_AGGREGATE_MAX
} gx_aggregation;

/* A cell of an input column. */
typedef struct gx_dmn_cell {
    const gx_feel *feel;            /* NULL: could not be compiled, never matches */
    const gx_feel_test_list *tests; /* constant tests, or NULL */
    bool is_any;                    /* `-` */
    int32_t line, column;
} gx_dmn_cell;

typedef struct gx_dmn_input_column {
    gx_text id, label; /* label: for people; the expression's text if there is none */
    const gx_feel *feel;
    const gx_type *type;
    const gx_feel *allowed;     /* inputValues, or NULL */
    struct gx_dmn_index *index; /* NULL for small tables */
} gx_dmn_input_column;

typedef struct gx_dmn_output_column {
    gx_text id, name, label;
    const gx_type *type;
    const gx_feel *allowed; /* outputValues, or NULL */
    const gx_value *order;  /* the listed output values, first is highest; for P and O */
    uint32_t order_count;
    const gx_feel *otherwise; /* default output, or NULL */
} gx_dmn_output_column;

struct gx_dmn_table {
    gx_text id;
    int32_t line, column;
    gx_hit_policy policy;
    gx_aggregation aggregation;
    gx_dmn_input_column *inputs;
    gx_dmn_output_column *outputs;
    uint32_t input_count, output_count, rule_count;
    gx_dmn_cell *cells;      /* rule by rule: cells[rule * input_count + input] */
    const gx_feel **results; /* rule by rule; NULL: could not be compiled */
    gx_text *rule_ids;
    gx_text *annotations; /* of each rule: its first annotation or description; may be empty */
    int32_t *rule_lines;
};

/* What an element needs: the value of `element` lies in `slot` of its frame. An imported element is a member
 * `member` of the context that lies there under the import's name. */
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
    uint32_t name_hash; /* as contexts hash it */
    int32_t line, column;
    const gx_type *type; /* of the variable; of knowledge: the function's */
    gx_dmn_requirement *requirements;
    uint32_t requirement_count;
    gx_text *frame_names;          /* of the slots that requirements fill */
    uint32_t frame_count;          /* such slots */
    uint32_t frame_size;           /* all slots that its expression uses */
    gx_dmn_expression *expression; /* decision: its logic; knowledge: a GX_DMN_FUNCTION */
    /* service */
    const gx_dmn_element **outputs,
        **inputs; /* inputs: input data first, then input decisions: the parameters in order */
    uint32_t output_count, input_count;
};

struct gx_dmn {
    gx_text id, name, ns, path;
    gx_dmn_element *elements;
    uint32_t element_count;
    struct gx_dmn_import {
        gx_text name;
        const gx_dmn *model;
    } * imports;
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
/* Writes their numbers, ascending and each once, to `rules` (room for gx_dmn_index_count); returns how many.
 */
uint32_t gx_dmn_index_list(const struct gx_dmn_index *index, gx_value value, uint32_t *rules);

/* ---- table.c ---- */

typedef struct gx_dmn_run gx_dmn_run;
gx_value gx_dmn_table_evaluate(gx_dmn_run *run, const gx_dmn_table *table, const gx_value *slots);

/* ---- evaluate.c ---- */

/* One evaluation: of what was asked for, or of one call of a decision service. */
typedef struct gx_dmn_memo {
    uint8_t state; /* 0: not begun, 1: running, 2: done */
    gx_value value;
} gx_dmn_memo;

struct gx_dmn_run {
    gx_feel_call *call;
    const gx_dmn *root; /* the model whose numbering `memos` has */
    gx_dmn_memo *memos;
    gx_value inputs;     /* context of given values */
    bool is_service;     /* only memos that are set count as given */
    gx_dmn_trace *trace; /* or NULL */
    uint32_t depth;
    gx_dmn_run *first; /* of the whole evaluation, in its arena: functions look there for the trace */
};

gx_value gx_dmn_expression_evaluate(gx_dmn_run *run, const gx_dmn_expression *expression, gx_value *slots);
/* Runs a compiled FEEL expression on a frame. */
gx_value gx_dmn_feel(gx_dmn_run *run, const gx_feel *feel, const gx_value *slots, gx_value input);
gx_value gx_dmn_convert(gx_dmn_run *run, const gx_type *type, gx_value value);

/* ---- read.c, types.c, expressions.c: the reader ---- */

/* The names that an expression being compiled can see; slot i is names[i]. */
typedef struct gx_dmn_scope {
    gx_text *names;
    uint32_t count, capacity;
    uint32_t most;           /* greatest count so far: the size of the frame */
    const gx_text *snapshot; /* the names as they are now, shared by all expressions compiled meanwhile */
    uint32_t snapshot_count;
    uint32_t item_count; /* while this is `count`, the last name is the item of a boxed filter */
    const gx_dmn_element *element;
} gx_dmn_scope;

typedef struct gx_dmn_reader {
    gx_arena *arena; /* the model's */
    gx_arena *work;  /* the XML tree's, which ends with the reading */
    gx_dmn *dmn;
    const gx_xml *root;
    const gx_dmn_world *world;
    gx_findings *findings;
    gx_map ids; /* id -> gx_dmn_element */
    gx_text *members;
    uint32_t member_count, member_capacity;
    uint32_t depth;
    gx_map *constants; /* of the table at work, by kind of source: text -> gx_feel that depends on nothing */
} gx_dmn_reader;

void gx_dmn_scope_add(gx_dmn_reader *reader, gx_dmn_scope *scope, gx_text name);
void gx_dmn_scope_cut(gx_dmn_scope *scope, uint32_t count);
void gx_dmn_report(gx_dmn_reader *reader, gx_severity severity, const gx_xml *node, const char *code,
                   gx_text part);
/* The attribute, trimmed and copied into the model; empty when it is absent. */
gx_text gx_dmn_attribute(gx_dmn_reader *reader, const gx_xml *node, const char *name);
void gx_dmn_members_add(gx_dmn_reader *reader, gx_text name);

/* types.c */
void gx_dmn_types_read(gx_dmn_reader *reader);
/* The type of an attribute or element `typeRef`; NULL for none or Any; an unknown one is a finding. */
const gx_type *gx_dmn_type_of(gx_dmn_reader *reader, const gx_xml *node);
const gx_type *gx_dmn_type_named(const gx_dmn *dmn, gx_text name);

/* expressions.c */
/* The boxed expression among the children of `parent` (skipping what is none); a GX_DMN_NOTHING if there is
 * none. */
gx_dmn_expression *gx_dmn_expression_in(gx_dmn_reader *reader, gx_dmn_scope *scope, const gx_xml *parent);
gx_dmn_expression *gx_dmn_expression_read(gx_dmn_reader *reader, gx_dmn_scope *scope, const gx_xml *node);
/* The function with the formal parameters and body below `node` (encapsulatedLogic or functionDefinition). */
gx_dmn_expression *gx_dmn_function_read(gx_dmn_reader *reader, gx_dmn_scope *scope, const gx_xml *node);
/* Compiles the FEEL in the `text` child of `holder`; NULL (with a finding) if it is wrong, or there is none.
 */
const gx_feel *gx_dmn_feel_read(gx_dmn_reader *reader, gx_dmn_scope *scope, const gx_xml *holder,
                                gx_feel_source_kind kind);

/* tables.c */
gx_dmn_table *gx_dmn_table_read(gx_dmn_reader *reader, gx_dmn_scope *scope, const gx_xml *node);

/* "U", "A", "P", "F", "C", "R", "O". */
const char *gx_hit_policy_letter(gx_hit_policy policy);

#endif

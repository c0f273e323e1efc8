/* bpmn/model.h: compiled process models.
 * A model is read from BPMN 2.0 XML once and never changed: arrays of nodes and flows that refer to each
 * other by index, with every FEEL expression compiled. Any number of threads may step instances of it. It
 * lives in the arena it was read into, together with its XML tree, which can be written back with all that
 * other tools put into it. What the engine does not execute is refused at reading by the element's name and
 * place; nothing is run by half. Rules: BPMN 2.0.2 (ISO/IEC 19510), clauses 10 and 13. Extension attributes:
 * namespace GX_BPMN_NS, see docs/packages.md. */
#ifndef GX_BPMN_MODEL_H
#define GX_BPMN_MODEL_H

#include "feel/feel.h"
#include "xml/xml.h"

#define GX_BPMN_MODEL_NS "http://www.omg.org/spec/BPMN/20100524/MODEL"
#define GX_BPMN_NS       "urn:gaoxing:bpmn:1"

typedef enum gx_node_kind {
    GX_NODE_PROCESS, /* node 0 of every process: its scope */
    GX_NODE_START,
    GX_NODE_END,
    GX_NODE_THROW, /* intermediate */
    GX_NODE_CATCH, /* intermediate */
    GX_NODE_BOUNDARY,
    GX_NODE_TASK, /* abstract and manual: passed through */
    GX_NODE_USER_TASK,
    GX_NODE_SERVICE_TASK,
    GX_NODE_SEND_TASK,
    GX_NODE_RECEIVE_TASK,
    GX_NODE_RULE_TASK,
    GX_NODE_SCRIPT_TASK,
    GX_NODE_CALL,
    GX_NODE_SUB_PROCESS,
    GX_NODE_EVENT_SUB_PROCESS,
    GX_NODE_EXCLUSIVE,
    GX_NODE_PARALLEL,
    GX_NODE_INCLUSIVE,
    GX_NODE_EVENT_GATEWAY,
    GX_NODE_COMPLEX,
} gx_node_kind;

typedef enum gx_trigger {
    GX_TRIGGER_NONE,
    GX_TRIGGER_MESSAGE,
    GX_TRIGGER_TIMER,
    GX_TRIGGER_SIGNAL,
    GX_TRIGGER_ERROR,
    GX_TRIGGER_ESCALATION,
    GX_TRIGGER_CONDITION,
    GX_TRIGGER_LINK,
    GX_TRIGGER_TERMINATE,
    GX_TRIGGER_COMPENSATION,
    GX_TRIGGER_CANCEL,
    GX_TRIGGER_MULTIPLE, /* of a node with several definitions; never of a definition */
} gx_trigger;

typedef enum gx_timer_kind { GX_TIMER_DATE, GX_TIMER_DURATION, GX_TIMER_CYCLE } gx_timer_kind;

/* A constant text, or a FEEL expression (`= ...`). Neither: bytes and feel are NULL. */
typedef struct gx_expression {
    gx_text text;
    const gx_feel *feel;
} gx_expression;

typedef struct gx_mapping { /* <gx:input> or <gx:output> */
    gx_text name;
    gx_expression value;
    int32_t line, column;
} gx_mapping;

/* One event definition. A node has none, one, or several ("multiple", "parallel multiple"). */
typedef struct gx_event {
    gx_trigger trigger;
    gx_text name; /* message, signal or link name; error or escalation code (empty catches all) */
    gx_timer_kind timer_kind;
    gx_expression timer;
    const gx_feel *condition;
    gx_expression correlation;
    uint32_t activity; /* compensation: the one to be compensated; GX_NO_INDEX: all of the scope */
    bool does_wait;    /* compensation: the thrower waits until it is done */
} gx_event;

typedef enum gx_loop { GX_LOOP_NONE, GX_LOOP_PARALLEL, GX_LOOP_SEQUENTIAL, GX_LOOP_STANDARD } gx_loop;

/* When a multi-instance activity throws an event (BPMN 2.0.2, table 10.30). */
typedef enum gx_behavior {
    GX_BEHAVIOR_ALL,
    GX_BEHAVIOR_ONE,
    GX_BEHAVIOR_NONE,
    GX_BEHAVIOR_COMPLEX
} gx_behavior;

typedef struct gx_behavior_event { /* thrown when an instance completes */
    const gx_feel *condition;      /* complex behaviour only */
    gx_event event;
} gx_behavior_event;

typedef struct gx_bpmn_node {
    gx_node_kind kind;
    gx_trigger trigger; /* of its only definition; NONE without, MULTIPLE with several */
    gx_text id, name, documentation;
    int32_t line, column;
    uint32_t parent;               /* the sub-process it stands in; 0 is the process */
    uint32_t *incoming, *outgoing; /* flow indices, in document order */
    uint32_t incoming_count, outgoing_count;
    uint32_t default_flow; /* GX_NO_INDEX: none */
    uint32_t attached_to;  /* boundary event: its activity */
    uint32_t lane;         /* GX_NO_INDEX: none */
    /* event; a send or receive task has its message here */
    gx_event *events;
    uint32_t event_count;
    bool is_parallel_multiple; /* all of the events must occur */
    bool is_interrupting;      /* boundary event, start event of an event sub-process */
    bool is_instantiating;     /* starts an instance: start event, receive task, event-based gateway */
    uint32_t handler; /* boundary event for compensation: the activity that compensates; GX_NO_INDEX */
    /* activity */
    bool is_for_compensation;                     /* never reached by flows */
    uint32_t start_quantity, completion_quantity; /* tokens needed, tokens made on each flow; 1 */
    gx_loop loop;
    gx_expression collection; /* gx:collection; else loopCardinality */
    const gx_feel *cardinality;
    gx_text item_name, results_name;
    const gx_feel *completion; /* completionCondition of a multi-instance activity or an ad-hoc sub-process */
    const gx_feel *loop_condition;
    bool tests_before;
    uint32_t loop_maximum; /* 0: none */
    gx_behavior behavior;
    gx_behavior_event *behavior_events;
    uint32_t behavior_event_count;
    gx_expression role, department, assignee, form, due, priority;
    gx_text outcomes; /* comma-parted keys */
    gx_text skill;
    bool is_job;      /* gx:mode="job": outside the transaction, with retries */
    bool is_external; /* gx:mode="external": `skill` is the topic (gx:topic) under which programs outside
                         fetch it */
    uint32_t retries;
    gx_text retry_after;  /* ISO 8601 duration */
    gx_expression called; /* process or decision */
    const gx_feel *script;
    gx_text result_name;
    gx_mapping *inputs, *outputs;
    uint32_t input_count, output_count;
    uint32_t *boundaries; /* activity: its boundary events */
    uint32_t boundary_count;
    /* gateway */
    const gx_feel *activation; /* complex gateway: activationCondition; NULL: one token */
    bool waits_for_all;        /* instantiating event-based gateway of type Parallel */
    /* process, sub-process, event sub-process: its direct nodes, its event sub-processes, where it begins */
    bool is_transaction, is_ad_hoc, is_sequential,
        cancels_remaining; /* the last three of an ad-hoc sub-process */
    uint32_t *children, *event_subs, *starts;
    uint32_t child_count, event_sub_count, start_count;
    gx_text *data; /* properties and data objects that live in it */
    uint32_t data_count;
} gx_bpmn_node;

enum { GX_NO_INDEX = UINT32_MAX };

typedef struct gx_bpmn_flow {
    gx_text id, name;
    uint32_t source, target;
    const gx_feel *condition; /* NULL: none */
    gx_text condition_text;
    int32_t line, column;
} gx_bpmn_flow;

typedef struct gx_bpmn_lane {
    gx_text id, name;
} gx_bpmn_lane;

typedef struct gx_bpmn_process {
    gx_text id, name;
    bool is_executable;
    gx_bpmn_node *nodes; /* [0] is the process itself */
    uint32_t node_count;
    gx_bpmn_flow *flows;
    uint32_t flow_count;
    gx_bpmn_lane *lanes;
    uint32_t lane_count;
    bool has_conditions; /* some event waits for a condition */
    /* For inclusive and complex joins: reach[g][n] bit f says that a token at node n can come to incoming
     * flow f of gateway g without passing g. */
    uint32_t *gateway_row; /* by node: row in `reach`, GX_NO_INDEX for other nodes */
    uint64_t *reach;       /* rows of node_count masks; a gateway joins at most 64 flows */
} gx_bpmn_process;

typedef struct gx_bpmn {
    gx_bpmn_process *processes;
    uint32_t process_count;
    const gx_xml *xml; /* the definitions element */
    gx_text path;
} gx_bpmn;

/* What a host adds to the language of its models. All NULL: nothing. */
typedef struct gx_bpmn_host {
    /* FEEL for an expression of another dialect, in `arena`; false: `source` is FEEL, or faulty FEEL. */
    bool (*translate)(gx_arena *arena, gx_text source, gx_text *feel);
    /* True: the host runs scripts of this format. They become jobs whose skill is the text of the script. */
    bool (*runs_script)(gx_text format);
} gx_bpmn_host;

/* Reads a file's definitions. Every fault is a finding with its place; NULL when one of them is an error (the
 * caller looks at `findings->errors`) or the XML is broken. Expressions are compiled as open ones: which
 * variables exist is the package checker's question. */
gx_bpmn *gx_bpmn_read(gx_arena *model, gx_text source, gx_text path, gx_findings *findings);
gx_bpmn *gx_bpmn_read_for(gx_arena *model, gx_text source, gx_text path, const gx_bpmn_host *host,
                          gx_findings *findings);

typedef struct gx_bpmn_rule_options {
    bool is_strict;         /* conventions of the standard that most models do not keep count as errors too */
    bool has_host_language; /* scripts without a format and expressions without a type are in a language of
                               the host */
} gx_bpmn_rule_options;

/* What BPMN 2.0.2 asks of a document beyond its schema; see rules.h. Adds findings, in document order of what
 * they are about. NULL: neither option. Reading asks what can be executed, this what the standard allows: who
 * takes in a model asks both. */
void gx_bpmn_rules(const gx_xml *definitions, gx_text path, const gx_bpmn_rule_options *options,
                   gx_findings *findings);
/* NULL when there is no such process; an empty id means the first executable one. */
const gx_bpmn_process *gx_bpmn_find(const gx_bpmn *bpmn, gx_text id);
/* The node of that id; GX_NO_INDEX when there is none. */
uint32_t gx_bpmn_node_of(const gx_bpmn_process *process, gx_text id);
/* Faults a model can have though each element is right: unreachable nodes, no way to an end, gateways without
 * default. Adds findings. */
void gx_bpmn_check(const gx_bpmn *bpmn, gx_findings *findings);
const char *gx_node_kind_name(gx_node_kind kind);
const char *gx_trigger_name(gx_trigger trigger);

#endif

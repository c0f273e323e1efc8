/* bpmn/rules.h: what BPMN 2.0.2 asks of a document beyond its schema, checked on the XML tree before anything
 * is compiled. One pass makes an item for each BPMN element and knows the sequence flows of each node; a
 * second asks each item the rules of its kind. The rows of base/errors/bpmn_rules.def name rule, severity,
 * clause and sentence. Warnings are rules that tools in daily use break, and all that is wrong in a process
 * that is not executable. rules.c             items, the walk rules_reference.c   what a reference may point
 * to rules_flow.c        sequence flows, gateways, levels rules_event.c       events and their triggers
 *   rules_activity.c    activities, loops, expressions
 *   rules_data.c        data, input and output sets
 *   rules_pool.c        collaborations and message flows */
#ifndef GX_BPMN_RULES_H
#define GX_BPMN_RULES_H

#include "bpmn/model.h"
#include "base/map.h"

enum {
    GX_RULE_ACTIVITY = 1u << 0,
    GX_RULE_EVENT = 1u << 1,
    GX_RULE_GATEWAY = 1u << 2,
    GX_RULE_CHOREOGRAPHY = 1u << 3, /* activity of a choreography */
    GX_RULE_ARTIFACT = 1u << 4,
    GX_RULE_SUB_PROCESS = 1u << 5, /* with transaction and ad-hoc sub-process */
    GX_RULE_DEFINITION = 1u << 6,  /* event definition */
    GX_RULE_DATA = 1u << 7,        /* can be an end of a data association */
    GX_RULE_CALLABLE = 1u << 8,    /* process and global tasks */
    GX_RULE_COLLABORATION = 1u << 9,
    GX_RULE_EXPRESSION = 1u << 10,
    GX_RULE_NODE = GX_RULE_ACTIVITY | GX_RULE_EVENT | GX_RULE_GATEWAY | GX_RULE_CHOREOGRAPHY,
};

/* Triggers of an event as a set. */
enum {
    GX_RULE_MESSAGE = 1u << 0,
    GX_RULE_TIMER = 1u << 1,
    GX_RULE_SIGNAL = 1u << 2,
    GX_RULE_ERROR = 1u << 3,
    GX_RULE_ESCALATION = 1u << 4,
    GX_RULE_CONDITION = 1u << 5,
    GX_RULE_LINK = 1u << 6,
    GX_RULE_TERMINATE = 1u << 7,
    GX_RULE_COMPENSATION = 1u << 8,
    GX_RULE_CANCEL = 1u << 9,
};

typedef struct gx_rule_item gx_rule_item;
struct gx_rule_item {
    const gx_xml *xml;
    gx_text id;                         /* empty for none */
    uint32_t kind;                      /* GX_RULE_... */
    const gx_xml *process;              /* the process it stands in; NULL */
    bool is_executable;                 /* that process is */
    uint32_t incoming, outgoing;        /* of a node: how many sequence flows */
    gx_rule_item *first_in, *first_out; /* of a node: its flows, latest first */
    gx_rule_item *next_in, *next_out;   /* of a flow: the next of the same node */
};

typedef struct gx_rules {
    gx_arena *arena;
    gx_text path;
    gx_findings *findings;
    const gx_xml *definitions;
    bool has_host_language; /* the host reads scripts and untyped expressions in a language of its own */
    bool is_strict;         /* conventions count as errors */
    gx_rule_item *items;    /* in document order */
    uint32_t count, capacity;
    gx_map ids;          /* id -> gx_rule_item */
    bool lists_flows;    /* some node names its flows: then all must */
    bool names_language; /* the document says in which language its expressions are: one that is not FEEL */
} gx_rules;

/* Adds a finding of that code: {1} describes `at`, {2} is `detail`. */
void gx_rule_break(gx_rules *r, const gx_xml *at, const char *code, gx_text detail);
static inline bool gx_rule_is(const gx_xml *xml, const char *name)
{
    return gx_xml_is(xml, GX_BPMN_MODEL_NS, name);
}
static inline gx_xml *gx_rule_child(const gx_xml *xml, const char *name)
{
    return gx_xml_child(xml, GX_BPMN_MODEL_NS, name);
}
static inline gx_xml *gx_rule_next(const gx_xml *xml, const char *name)
{
    return gx_xml_next(xml, GX_BPMN_MODEL_NS, name);
}
uint32_t gx_rule_kind(const gx_xml *xml);
bool gx_rule_is_true(gx_text text);
/* "task id (name)" */
gx_text gx_rule_describe(gx_rules *r, const gx_xml *xml);
/* The item a reference names (a prefix is left out); NULL when the document has none. */
gx_rule_item *gx_rule_find(gx_rules *r, gx_text reference);
gx_rule_item *gx_rule_find_attribute(gx_rules *r, const gx_xml *xml, const char *name);
/* By the content of the element. */
gx_rule_item *gx_rule_find_content(gx_rules *r, const gx_xml *xml);
gx_text gx_rule_content(gx_rules *r, const gx_xml *xml);
uint32_t gx_rule_count(const gx_xml *xml, const char *name);
/* The triggers of an event and how many definitions it has, those it refers to with them. */
uint32_t gx_rule_triggers(gx_rules *r, const gx_xml *event, uint32_t *count);
const char *gx_rule_trigger_name(uint32_t triggers);
/* Have the two the same item definition, or one of them none? A type is the same under another id if its
 * structure is. */
bool gx_rule_same_item(gx_rules *r, gx_text a, gx_text b);
/* Has it extension elements? An engine may say there what the standard would have said otherwise. */
bool gx_rule_is_extended(const gx_xml *xml);
/* Is there an element of that name around it, inside its process? */
bool gx_rule_is_within(const gx_xml *xml, const char *name);
/* type/subtype of RFC 2045; scheme:... of RFC 3986. */
bool gx_rule_is_mime(gx_text text);
bool gx_rule_is_uri(gx_text text);

void gx_rule_reference(gx_rules *r, gx_rule_item *item);
void gx_rule_flow(gx_rules *r, gx_rule_item *item);
void gx_rule_event(gx_rules *r, gx_rule_item *item);
void gx_rule_activity(gx_rules *r, gx_rule_item *item);
void gx_rule_data(gx_rules *r, gx_rule_item *item);
void gx_rule_pool(gx_rules *r, gx_rule_item *item);

#endif

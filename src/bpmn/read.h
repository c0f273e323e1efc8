/* bpmn/read.h: the reader at work: what its files share.
 *   read.c           nodes and flows, references, what the whole needs
 *   read_event.c     event definitions
 *   read_activity.c  activities: work, loops, data
 *   read_names.c     names of kinds, expressions
 *   read_vendor.c    extensions of Camunda 7 and Zeebe; juel.c their expressions */
#ifndef GX_BPMN_READ_H
#define GX_BPMN_READ_H

#include "bpmn/step.h"

typedef struct gx_reader {
    gx_arena *arena;
    gx_text path;
    gx_findings *findings;
    const gx_xml *definitions;
    const gx_bpmn_host *host;
    gx_bpmn_process *process;
    bool is_drawing; /* the process is not executable: its faults are warnings */
    uint32_t faults; /* of this process */
    uint32_t node_capacity, flow_capacity, lane_capacity;
    gx_map nodes; /* id -> index + 1 */
    gx_map data;  /* id of a property, data object, its reference, data input or output -> gx_text: its
                     variable */
} gx_reader;

void gx_read_fault(gx_reader *r, const gx_xml *at, const char *code, gx_text part1, gx_text part2);
static inline bool gx_read_is(const gx_xml *node, const char *name)
{
    return gx_xml_is(node, GX_BPMN_MODEL_NS, name);
}
/* The extension attribute gx:NAME, else what another vendor's model says in its place (read_vendor.c). */
gx_text gx_read_own(const gx_xml *element, const char *name);
gx_text gx_read_own_only(const gx_xml *element, const char *name);
gx_text gx_read_vendor(const gx_xml *element, const char *own);
/* The skill comes from another vendor's model: there such work is done outside the transaction. */
bool gx_read_is_vendor_job(const gx_xml *element);
/* False: nothing is said there. */
bool gx_read_vendor_retries(gx_reader *r, const gx_xml *element, gx_text *retries, gx_text *after);
void gx_read_vendor_mappings(gx_reader *r, const gx_xml *element, bool is_input,
                             void (*add)(gx_reader *r, void *list, const gx_xml *at, gx_text name, gx_expression value), void *list);
bool gx_read_is_true(gx_text text);
/* Is the kind an activity? */
bool gx_read_is_activity(gx_node_kind kind);
/* The index of the node with that id; GX_NO_INDEX. */
uint32_t gx_read_index(gx_reader *r, gx_text id);
/* The list grows by doubling in the arena of the model. */
void gx_read_append(gx_reader *r, uint32_t **list, uint32_t *count, uint32_t index);

/* FEEL, with or without a leading "="; NULL after a fault. */
const gx_feel *gx_read_feel(gx_reader *r, const gx_xml *at, gx_text source);
/* "= ..." is FEEL, everything else is itself. */
gx_expression gx_read_expression(gx_reader *r, const gx_xml *at, gx_text source);
/* The content of an element as FEEL. */
const gx_feel *gx_read_condition(gx_reader *r, const gx_xml *element);

/* The root element that a reference names; NULL after a fault. */
const gx_xml *gx_read_root(gx_reader *r, const gx_xml *at, const char *kind, gx_text reference);

void gx_read_event_node(gx_reader *r, const gx_xml *element, gx_bpmn_node *node);
/* One definition, also one that only a reference names; trigger NONE if `element` is none. */
gx_event gx_read_event(gx_reader *r, const gx_xml *element, const gx_bpmn_node *node);
/* Of a send or receive task. */
void gx_read_message_task(gx_reader *r, const gx_xml *element, gx_bpmn_node *node);
void gx_read_activity(gx_reader *r, const gx_xml *element, gx_bpmn_node *node);
/* Properties, data objects and their references, inputs and outputs below `scope`: which variables they are.
 */
void gx_read_data(gx_reader *r, const gx_xml *scope, gx_bpmn_node *node);

#endif

/* From BPMN XML to a compiled model. Two passes over each process: the first makes nodes and flows with their
 * indices, the second resolves references. All faults of a file are collected. What is not executed is
 * refused by name; extension elements and attributes of others stay in the tree. */
#include "bpmn/read.h"
#include "base/limits.h"

#include <string.h>

/* Element kinds: what is read, and what is known but not executed (kind -1). */
static const struct {
    const char *name;
    int kind;
} elements[] = {
    {"startEvent", GX_NODE_START},
    {"endEvent", GX_NODE_END},
    {"intermediateThrowEvent", GX_NODE_THROW},
    {"intermediateCatchEvent", GX_NODE_CATCH},
    {"boundaryEvent", GX_NODE_BOUNDARY},
    {"task", GX_NODE_TASK},
    {"manualTask", GX_NODE_TASK},
    {"userTask", GX_NODE_USER_TASK},
    {"serviceTask", GX_NODE_SERVICE_TASK},
    {"sendTask", GX_NODE_SEND_TASK},
    {"receiveTask", GX_NODE_RECEIVE_TASK},
    {"businessRuleTask", GX_NODE_RULE_TASK},
    {"scriptTask", GX_NODE_SCRIPT_TASK},
    {"callActivity", GX_NODE_CALL},
    {"subProcess", GX_NODE_SUB_PROCESS},
    {"exclusiveGateway", GX_NODE_EXCLUSIVE},
    {"parallelGateway", GX_NODE_PARALLEL},
    {"inclusiveGateway", GX_NODE_INCLUSIVE},
    {"eventBasedGateway", GX_NODE_EVENT_GATEWAY},
    {"complexGateway", GX_NODE_COMPLEX},
    {"transaction", GX_NODE_SUB_PROCESS},
    {"adHocSubProcess", GX_NODE_SUB_PROCESS},
    {"subChoreography", -1},
    {"callChoreography", -1},
};

static bool is_scope(const gx_xml *element)
{
    return gx_read_is(element, "subProcess") || gx_read_is(element, "transaction") ||
           gx_read_is(element, "adHocSubProcess");
}

static void *grow(gx_arena *arena, void *items, uint32_t count, uint32_t *capacity, size_t size)
{
    if (count < *capacity)
        return items;
    uint32_t larger = *capacity ? *capacity * 2 : 32;
    void *block = gx_alloc_array(arena, larger, size);
    if (count)
        memcpy(block, items, count * size);
    *capacity = larger;
    return block;
}

/* ---- First pass: nodes and flows ---- */

static void read_children(gx_reader *r, const gx_xml *parent, uint32_t parent_index);

static uint32_t add_node(gx_reader *r, const gx_xml *element, gx_node_kind kind, uint32_t parent)
{
    gx_bpmn_process *p = r->process;
    p->nodes = grow(r->arena, p->nodes, p->node_count, &r->node_capacity, sizeof *p->nodes);
    gx_bpmn_node *node = &p->nodes[p->node_count];
    *node = (gx_bpmn_node){.kind = kind,
                           .parent = parent,
                           .line = element->line,
                           .column = element->column,
                           .default_flow = GX_NO_INDEX,
                           .attached_to = GX_NO_INDEX,
                           .lane = GX_NO_INDEX,
                           .handler = GX_NO_INDEX,
                           .is_interrupting = true,
                           .start_quantity = 1,
                           .completion_quantity = 1};
    node->id = gx_xml_attribute_of(element, "id");
    node->name = gx_xml_attribute_of(element, "name");
    const gx_xml *documentation = gx_xml_child(element, GX_BPMN_MODEL_NS, "documentation");
    node->documentation =
        documentation ? gx_text_trim(gx_xml_content(r->arena, documentation)) : (gx_text){"", 0};
    if (!node->id.size)
        gx_read_fault(r, element, "bpmn.id.missing", element->name, (gx_text){"", 0});
    else if (gx_map_put(&r->nodes, node->id, (void *)(uintptr_t)(p->node_count + 1)))
        gx_read_fault(r, element, "bpmn.id.twice", node->id, (gx_text){"", 0});
    return p->node_count++;
}

static void add_flow(gx_reader *r, const gx_xml *element)
{
    gx_bpmn_process *p = r->process;
    p->flows = grow(r->arena, p->flows, p->flow_count, &r->flow_capacity, sizeof *p->flows);
    gx_bpmn_flow *flow = &p->flows[p->flow_count++];
    *flow = (gx_bpmn_flow){.id = gx_xml_attribute_of(element, "id"),
                           .name = gx_xml_attribute_of(element, "name"),
                           .line = element->line,
                           .column = element->column,
                           .source = GX_NO_INDEX,
                           .target = GX_NO_INDEX};
    const gx_xml *condition = gx_xml_child(element, GX_BPMN_MODEL_NS, "conditionExpression");
    if (!condition)
        return;
    flow->condition = gx_read_condition(r, condition);
    flow->condition_text = gx_text_trim(gx_xml_content(r->arena, condition));
}

static void read_gateway(gx_reader *r, const gx_xml *element, gx_bpmn_node *node)
{
    const gx_xml *activation = gx_xml_child(element, GX_BPMN_MODEL_NS, "activationCondition");
    if (activation)
        node->activation = gx_read_condition(r, activation);
    node->is_instantiating = gx_read_is_true(gx_xml_attribute_of(element, "instantiate"));
    node->waits_for_all =
        gx_text_equal(gx_xml_attribute_of(element, "eventGatewayType"), GX_TEXT("Parallel"));
    if (node->waits_for_all && !node->is_instantiating)
        gx_read_fault(r, element, "bpmn.gateway.parallel_events", node->id, (gx_text){"", 0});
}

static void read_node(gx_reader *r, const gx_xml *element, gx_node_kind kind, uint32_t parent)
{
    if (kind == GX_NODE_SUB_PROCESS && gx_read_is_true(gx_xml_attribute_of(element, "triggeredByEvent")))
        kind = GX_NODE_EVENT_SUB_PROCESS;
    if (r->process->node_count >= GX_LIMIT_ELEMENTS) {
        gx_read_fault(r, element, "bpmn.elements", (gx_text){"", 0}, (gx_text){"", 0});
        return;
    }
    uint32_t index = add_node(r, element, kind, parent);
    gx_bpmn_node *node = &r->process->nodes[index];
    if (kind >= GX_NODE_START && kind <= GX_NODE_BOUNDARY)
        gx_read_event_node(r, element, node);
    else if (gx_read_is_activity(kind))
        gx_read_activity(r, element, node);
    else if (kind == GX_NODE_EVENT_GATEWAY || kind == GX_NODE_COMPLEX)
        read_gateway(r, element, node);
    if (kind == GX_NODE_SUB_PROCESS || kind == GX_NODE_EVENT_SUB_PROCESS) {
        gx_read_data(r, element, node);
        read_children(r, element, index);
    }
}

static void read_child(gx_reader *r, const gx_xml *element, uint32_t parent)
{
    if (gx_read_is(element, "sequenceFlow")) {
        add_flow(r, element);
        return;
    }
    for (size_t i = 0; i < GX_COUNT_OF(elements); i++) {
        if (!gx_read_is(element, elements[i].name))
            continue;
        if (elements[i].kind < 0) {
            gx_read_fault(r, element, "bpmn.unsupported", element->name, gx_xml_attribute_of(element, "id"));
            return;
        }
        read_node(r, element, (gx_node_kind)elements[i].kind, parent);
        return;
    }
}

static void read_lanes(gx_reader *r, const gx_xml *set)
{
    for (const gx_xml *lane = gx_xml_child(set, GX_BPMN_MODEL_NS, "lane"); lane;
         lane = gx_xml_next(lane, GX_BPMN_MODEL_NS, "lane")) {
        gx_bpmn_process *p = r->process;
        p->lanes = grow(r->arena, p->lanes, p->lane_count, &r->lane_capacity, sizeof *p->lanes);
        p->lanes[p->lane_count++] =
            (gx_bpmn_lane){gx_xml_attribute_of(lane, "id"), gx_xml_attribute_of(lane, "name")};
        const gx_xml *inner = gx_xml_child(lane, GX_BPMN_MODEL_NS, "childLaneSet");
        if (inner)
            read_lanes(r, inner);
    }
}

static void read_children(gx_reader *r, const gx_xml *parent, uint32_t parent_index)
{
    for (const gx_xml *child = parent->first; child; child = child->next)
        if (child->kind == GX_XML_ELEMENT)
            read_child(r, child, parent_index);
}

/* ---- Second pass: references ---- */

uint32_t gx_read_index(gx_reader *r, gx_text id)
{
    void *found = gx_map_get(&r->nodes, id);
    return found ? (uint32_t)(uintptr_t)found - 1 : GX_NO_INDEX;
}

static void resolve_flow(gx_reader *r, const gx_xml *element, uint32_t flow_index)
{
    gx_bpmn_flow *flow = &r->process->flows[flow_index];
    gx_text source = gx_xml_attribute_of(element, "sourceRef"),
            target = gx_xml_attribute_of(element, "targetRef");
    flow->source = gx_read_index(r, source);
    flow->target = gx_read_index(r, target);
    if (flow->source == GX_NO_INDEX || flow->target == GX_NO_INDEX) {
        gx_read_fault(r, element, "bpmn.flow.dangling", flow->id,
                      flow->source == GX_NO_INDEX ? source : target);
        flow->source = flow->target = GX_NO_INDEX;
        return;
    }
    const gx_bpmn_node *from = &r->process->nodes[flow->source], *to = &r->process->nodes[flow->target];
    if (from->parent != to->parent)
        gx_read_fault(r, element, "bpmn.flow.crosses", flow->id, (gx_text){"", 0});
    if (from->kind == GX_NODE_END || from->kind == GX_NODE_EVENT_SUB_PROCESS)
        gx_read_fault(r, element, "bpmn.flow.source", flow->id, from->id);
    if (to->kind == GX_NODE_START || to->kind == GX_NODE_BOUNDARY || to->kind == GX_NODE_EVENT_SUB_PROCESS)
        gx_read_fault(r, element, "bpmn.flow.target", flow->id, to->id);
}

/* The activity that a compensation throws for; it may stand anywhere in the process. */
static void resolve_compensation(gx_reader *r, const gx_xml *element, gx_event *event)
{
    if (event->trigger != GX_TRIGGER_COMPENSATION || !event->name.size)
        return;
    event->activity = gx_read_index(r, event->name);
    if (event->activity == GX_NO_INDEX || !gx_read_is_activity(r->process->nodes[event->activity].kind))
        gx_read_fault(r, element, "bpmn.reference", event->name, GX_TEXT("activity"));
}

static void order_flows(gx_reader *r, const gx_xml *element, gx_bpmn_node *node);

static void resolve_node(gx_reader *r, const gx_xml *element, gx_bpmn_node *node)
{
    order_flows(r, element, node);
    gx_text default_flow = gx_xml_attribute_of(element, "default");
    if (default_flow.size) {
        for (uint32_t i = 0; i < node->outgoing_count; i++)
            if (gx_text_equal(r->process->flows[node->outgoing[i]].id, default_flow))
                node->default_flow = node->outgoing[i];
        if (node->default_flow == GX_NO_INDEX)
            gx_read_fault(r, element, "bpmn.reference", default_flow, GX_TEXT("sequenceFlow"));
    }
    for (uint32_t i = 0; i < node->event_count; i++)
        resolve_compensation(r, element, &node->events[i]);
    for (uint32_t i = 0; i < node->behavior_event_count; i++)
        resolve_compensation(r, element, &node->behavior_events[i].event);
    if (node->kind != GX_NODE_BOUNDARY)
        return;
    gx_text attached = gx_xml_attribute_of(element, "attachedToRef");
    node->attached_to = gx_read_index(r, attached);
    if (node->attached_to == GX_NO_INDEX || !gx_read_is_activity(r->process->nodes[node->attached_to].kind) ||
        r->process->nodes[node->attached_to].parent != node->parent) {
        gx_read_fault(r, element, "bpmn.boundary.attached", node->id, attached);
        node->attached_to = GX_NO_INDEX;
        return;
    }
    if (node->trigger == GX_TRIGGER_CANCEL && !r->process->nodes[node->attached_to].is_transaction)
        gx_read_fault(r, element, "bpmn.cancel.place", node->id, attached);
}

/* An association from a compensation boundary event names the activity that compensates (BPMN 2.0.2, 10.7).
 */
static void resolve_association(gx_reader *r, const gx_xml *element)
{
    uint32_t from = gx_read_index(r, gx_xml_attribute_of(element, "sourceRef")),
             to = gx_read_index(r, gx_xml_attribute_of(element, "targetRef"));
    if (from == GX_NO_INDEX || to == GX_NO_INDEX)
        return; /* to a text, for instance */
    gx_bpmn_node *boundary = &r->process->nodes[from];
    if (boundary->kind != GX_NODE_BOUNDARY || boundary->trigger != GX_TRIGGER_COMPENSATION)
        return;
    const gx_bpmn_node *handler = &r->process->nodes[to];
    if (!gx_read_is_activity(handler->kind) || !handler->is_for_compensation ||
        handler->parent != boundary->parent)
        gx_read_fault(r, element, "bpmn.compensation.handler", boundary->id, handler->id);
    else
        boundary->handler = to;
}

static void walk_flows(gx_reader *r, const gx_xml *parent, uint32_t *next)
{
    for (const gx_xml *child = parent->first; child; child = child->next) {
        if (gx_read_is(child, "sequenceFlow"))
            resolve_flow(r, child, (*next)++);
        else if (is_scope(child))
            walk_flows(r, child, next);
    }
}

static void walk_nodes(gx_reader *r, const gx_xml *parent)
{
    for (const gx_xml *child = parent->first; child; child = child->next) {
        uint32_t index =
            child->kind == GX_XML_ELEMENT ? gx_read_index(r, gx_xml_attribute_of(child, "id")) : GX_NO_INDEX;
        if (index != GX_NO_INDEX)
            resolve_node(r, child, &r->process->nodes[index]);
        if (gx_read_is(child, "association"))
            resolve_association(r, child);
        if (is_scope(child))
            walk_nodes(r, child);
    }
}

void gx_read_append(gx_reader *r, uint32_t **list, uint32_t *count, uint32_t index)
{
    if ((*count & (*count - 1)) == 0) { /* full at every power of two */
        uint32_t *larger = GX_NEW_ARRAY(r->arena, uint32_t, *count ? (size_t)*count * 2 : 1);
        if (*count)
            memcpy(larger, *list, *count * sizeof *larger);
        *list = larger;
    }
    (*list)[(*count)++] = index;
}

static void link_flows(gx_reader *r)
{
    for (uint32_t i = 0; i < r->process->flow_count; i++) {
        const gx_bpmn_flow *flow = &r->process->flows[i];
        if (flow->source == GX_NO_INDEX)
            continue;
        gx_bpmn_node *from = &r->process->nodes[flow->source], *to = &r->process->nodes[flow->target];
        gx_read_append(r, &from->outgoing, &from->outgoing_count, i);
        gx_read_append(r, &to->incoming, &to->incoming_count, i);
    }
}

/* A node's <outgoing> elements say in which order its flows are taken; those it does not name come behind, in
 * document order. */
static void order_flows(gx_reader *r, const gx_xml *element, gx_bpmn_node *node)
{
    uint32_t placed = 0;
    for (const gx_xml *at = gx_xml_child(element, GX_BPMN_MODEL_NS, "outgoing"); at;
         at = gx_xml_next(at, GX_BPMN_MODEL_NS, "outgoing")) {
        gx_text id = gx_text_trim(gx_xml_content(r->arena, at));
        for (uint32_t i = placed; i < node->outgoing_count; i++) {
            uint32_t flow = node->outgoing[i];
            if (!gx_text_equal(r->process->flows[flow].id, id))
                continue;
            memmove(&node->outgoing[placed + 1], &node->outgoing[placed],
                    (i - placed) * sizeof *node->outgoing);
            node->outgoing[placed++] = flow;
            break;
        }
    }
}

static bool has_trigger(const gx_bpmn_node *node, gx_trigger trigger)
{
    for (uint32_t i = 0; i < node->event_count; i++)
        if (node->events[i].trigger == trigger)
            return true;
    return false;
}

static bool is_in_transaction(const gx_bpmn_process *p, uint32_t index)
{
    for (index = p->nodes[index].parent; index != 0; index = p->nodes[index].parent)
        if (p->nodes[index].is_transaction)
            return true;
    return false;
}

static void fault_at_node(gx_reader *r, const gx_bpmn_node *node, const char *code)
{
    gx_error error;
    gx_fail_at(&error, code, ((gx_place){r->path, node->line, node->column}), node->id);
    gx_findings_add(r->findings, GX_SEVERITY_ERROR, &error);
}

static void link_nodes(gx_reader *r)
{
    for (uint32_t i = 1; i < r->process->node_count; i++) {
        gx_bpmn_node *node = &r->process->nodes[i], *parent = &r->process->nodes[node->parent];
        gx_read_append(r, &parent->children, &parent->child_count, i);
        if (node->kind == GX_NODE_START)
            gx_read_append(r, &parent->starts, &parent->start_count, i);
        if (node->kind == GX_NODE_EVENT_SUB_PROCESS)
            gx_read_append(r, &parent->event_subs, &parent->event_sub_count, i);
        if (node->kind == GX_NODE_BOUNDARY && node->attached_to != GX_NO_INDEX) {
            gx_bpmn_node *activity = &r->process->nodes[node->attached_to];
            gx_read_append(r, &activity->boundaries, &activity->boundary_count, i);
        }
        if (node->kind == GX_NODE_END && has_trigger(node, GX_TRIGGER_CANCEL) &&
            !is_in_transaction(r->process, i))
            fault_at_node(r, node, "bpmn.cancel.end");
        node->is_instantiating |= node->kind == GX_NODE_START && parent->kind != GX_NODE_EVENT_SUB_PROCESS;
    }
    for (uint32_t i = 0; i < r->process->node_count;
         i++) { /* a scope without start events begins where nothing leads to */
        gx_bpmn_node *scope = &r->process->nodes[i];
        for (uint32_t c = 0;
             c < scope->child_count &&
             (scope->start_count == 0 || r->process->nodes[scope->starts[0]].kind != GX_NODE_START);
             c++) {
            const gx_bpmn_node *child = &r->process->nodes[scope->children[c]];
            bool begins = child->incoming_count == 0 && !child->is_for_compensation &&
                          child->kind != GX_NODE_BOUNDARY && child->kind != GX_NODE_EVENT_SUB_PROCESS &&
                          !(child->kind == GX_NODE_CATCH && child->trigger == GX_TRIGGER_LINK);
            if (begins)
                gx_read_append(r, &scope->starts, &scope->start_count, scope->children[c]);
        }
    }
}

/* Backwards from each incoming flow of each inclusive join, not through the join itself. */
static void find_reach(gx_reader *r)
{
    gx_bpmn_process *p = r->process;
    uint32_t gateways = 0;
    p->gateway_row = GX_NEW_ARRAY(r->arena, uint32_t, p->node_count);
    for (uint32_t i = 0; i < p->node_count; i++)
        p->gateway_row[i] = (p->nodes[i].kind == GX_NODE_INCLUSIVE || p->nodes[i].kind == GX_NODE_COMPLEX) &&
                                    p->nodes[i].incoming_count > 1
                                ? gateways++
                                : GX_NO_INDEX;
    p->reach = GX_NEW_ARRAY(r->arena, uint64_t, (size_t)gateways * p->node_count);
    uint32_t *stack = GX_NEW_ARRAY(r->arena, uint32_t, p->node_count + 1);
    for (uint32_t g = 0; g < p->node_count; g++) {
        if (p->gateway_row[g] == GX_NO_INDEX)
            continue;
        uint64_t *reach = p->reach + (size_t)p->gateway_row[g] * p->node_count;
        for (uint32_t f = 0; f < p->nodes[g].incoming_count && f < 64; f++) {
            uint32_t depth = 0;
            stack[depth++] = p->flows[p->nodes[g].incoming[f]].source;
            while (depth > 0) {
                uint32_t n = stack[--depth];
                if (n == g || reach[n] >> f & 1)
                    continue;
                reach[n] |= 1ull << f;
                const gx_bpmn_node *node = &p->nodes[n];
                if (node->kind == GX_NODE_BOUNDARY && node->attached_to != GX_NO_INDEX &&
                    !(reach[node->attached_to] >> f & 1))
                    stack[depth++] = node->attached_to;
                for (uint32_t i = 0; i < node->incoming_count && depth < p->node_count; i++)
                    if (!(reach[p->flows[node->incoming[i]].source] >> f & 1))
                        stack[depth++] = p->flows[node->incoming[i]].source;
            }
        }
    }
}

static void assign_lanes(gx_reader *r, const gx_xml *set)
{
    for (const gx_xml *lane = gx_xml_child(set, GX_BPMN_MODEL_NS, "lane"); lane;
         lane = gx_xml_next(lane, GX_BPMN_MODEL_NS, "lane")) {
        uint32_t lane_index = 0;
        while (lane_index < r->process->lane_count &&
               !gx_text_equal(r->process->lanes[lane_index].id, gx_xml_attribute_of(lane, "id")))
            lane_index++;
        for (const gx_xml *ref = gx_xml_child(lane, GX_BPMN_MODEL_NS, "flowNodeRef"); ref;
             ref = gx_xml_next(ref, GX_BPMN_MODEL_NS, "flowNodeRef")) {
            gx_text id = gx_text_trim(gx_xml_content(r->arena, ref));
            uint32_t index = gx_read_index(r, id);
            if (index == GX_NO_INDEX)
                gx_read_fault(r, ref, "bpmn.reference", id, GX_TEXT("flowNode"));
            else
                r->process->nodes[index].lane = lane_index;
        }
        const gx_xml *inner = gx_xml_child(lane, GX_BPMN_MODEL_NS, "childLaneSet");
        if (inner)
            assign_lanes(r, inner);
    }
}

/* ---- Processes ---- */

static uint32_t begin_process(gx_reader *r, const gx_xml *element, gx_bpmn_process *process)
{
    r->process = process;
    r->node_capacity = r->flow_capacity = r->lane_capacity = 0;
    r->nodes = gx_map_in(r->arena);
    r->data = gx_map_in(r->arena);
    process->id = gx_xml_attribute_of(element, "id");
    process->name = gx_xml_attribute_of(element, "name");
    process->is_executable = gx_read_is_true(gx_xml_attribute_of(element, "isExecutable"));
    return add_node(r, element, GX_NODE_PROCESS, 0);
}

static void read_process(gx_reader *r, const gx_xml *element, gx_bpmn_process *process)
{
    uint32_t root = begin_process(r, element, process);
    gx_read_data(r, element, &process->nodes[root]);
    read_children(r, element, root);
    const gx_xml *lanes = gx_xml_child(element, GX_BPMN_MODEL_NS, "laneSet");
    if (lanes)
        read_lanes(r, lanes);
    uint32_t next = 0;
    walk_flows(r, element, &next);
    link_flows(r);
    walk_nodes(r, element);
    if (lanes)
        assign_lanes(r, lanes);
    link_nodes(r);
    find_reach(r);
}

static const struct {
    const char *name;
    gx_node_kind kind;
} global_tasks[] = {{"globalTask", GX_NODE_TASK},
                    {"globalManualTask", GX_NODE_TASK},
                    {"globalUserTask", GX_NODE_USER_TASK},
                    {"globalScriptTask", GX_NODE_SCRIPT_TASK},
                    {"globalBusinessRuleTask", GX_NODE_RULE_TASK}};

/* A global task is a process of one task, for call activities. */
static void read_global_task(gx_reader *r, const gx_xml *element, gx_node_kind kind, gx_bpmn_process *process)
{
    uint32_t root = begin_process(r, element, process);
    r->nodes = gx_map_in(r->arena); /* the task has the same id */
    read_node(r, element, kind, root);
    link_nodes(r);
    find_reach(r);
}

static void read_root(gx_reader *r, const gx_xml *element, gx_bpmn *bpmn)
{
    r->faults = 0;
    r->is_drawing = false;
    if (gx_read_is(element, "process")) {
        r->is_drawing = !gx_read_is_true(gx_xml_attribute_of(element, "isExecutable"));
        read_process(r, element, &bpmn->processes[bpmn->process_count++]);
        if (r->is_drawing && r->faults) /* it stays in the tree, but nothing can call it */
            bpmn->processes[--bpmn->process_count] = (gx_bpmn_process){0};
    }
    for (size_t i = 0; i < GX_COUNT_OF(global_tasks); i++)
        if (gx_read_is(element, global_tasks[i].name))
            read_global_task(r, element, global_tasks[i].kind, &bpmn->processes[bpmn->process_count++]);
}

gx_bpmn *gx_bpmn_read(gx_arena *model, gx_text source, gx_text path, gx_findings *findings)
{
    return gx_bpmn_read_for(model, source, path, NULL, findings);
}

gx_bpmn *gx_bpmn_read_for(gx_arena *model, gx_text source, gx_text path, const gx_bpmn_host *host,
                          gx_findings *findings)
{
    gx_error error = {0};
    size_t errors_before = findings->errors;
    gx_reader r = {.arena = model, .path = gx_copy(model, path), .findings = findings, .host = host};
    gx_xml *root = gx_xml_parse(model, source, r.path, &error);
    if (root && !gx_read_is(root, "definitions"))
        gx_fail_at(&error, "bpmn.root", gx_xml_place(root, r.path), root->name);
    if (error.code) {
        gx_findings_add(findings, GX_SEVERITY_ERROR, &error);
        return NULL;
    }
    r.definitions = root;
    gx_bpmn *bpmn = GX_NEW(model, gx_bpmn);
    bpmn->xml = root;
    bpmn->path = r.path;
    uint32_t count = 0;
    for (const gx_xml *at = root->first; at; at = at->next)
        count++;
    bpmn->processes = GX_NEW_ARRAY(model, gx_bpmn_process, count);
    for (const gx_xml *at = root->first; at; at = at->next)
        read_root(&r, at, bpmn);
    return findings->errors == errors_before ? bpmn : NULL;
}

const gx_bpmn_process *gx_bpmn_find(const gx_bpmn *bpmn, gx_text id)
{
    for (uint32_t i = 0; i < bpmn->process_count; i++)
        if (id.size ? gx_text_equal(bpmn->processes[i].id, id) : bpmn->processes[i].is_executable)
            return &bpmn->processes[i];
    return NULL;
}

uint32_t gx_bpmn_node_of(const gx_bpmn_process *process, gx_text id)
{
    for (uint32_t i = 0; i < process->node_count; i++)
        if (gx_text_equal(process->nodes[i].id, id))
            return i;
    return GX_NO_INDEX;
}

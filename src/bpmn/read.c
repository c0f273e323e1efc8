/* From BPMN XML to a compiled model. Two passes over each process: the first makes nodes and flows with their indices, the second resolves references.
 * All faults of a file are collected. What is not executed is refused by name; extension elements and attributes of others stay in the tree. */
#include "bpmn/step.h"
#include "base/limits.h"

#include <string.h>

typedef struct reader {
    gx_arena *arena;
    gx_text path;
    gx_findings *findings;
    const gx_xml *definitions;
    gx_bpmn_process *process;
    uint32_t node_capacity, flow_capacity, lane_capacity;
    gx_map nodes; /* id -> index + 1 */
} reader;

static void find_fault(reader *r, const gx_xml *at, const char *code, gx_text part1, gx_text part2)
{
    gx_error error;
    gx_fail_at(&error, code, gx_xml_place(at, r->path), part1, part2);
    gx_findings_add(r->findings, GX_SEVERITY_ERROR, &error);
}

/* Element kinds: what is read, and what is known but not executed (kind -1). */
static const struct {
    const char *name;
    int kind;
} elements[] = {
    {"startEvent", GX_NODE_START}, {"endEvent", GX_NODE_END}, {"intermediateThrowEvent", GX_NODE_THROW},
    {"intermediateCatchEvent", GX_NODE_CATCH}, {"boundaryEvent", GX_NODE_BOUNDARY}, {"task", GX_NODE_TASK}, {"manualTask", GX_NODE_TASK},
    {"userTask", GX_NODE_USER_TASK}, {"serviceTask", GX_NODE_SERVICE_TASK}, {"sendTask", GX_NODE_SEND_TASK},
    {"receiveTask", GX_NODE_RECEIVE_TASK}, {"businessRuleTask", GX_NODE_RULE_TASK}, {"scriptTask", GX_NODE_SCRIPT_TASK},
    {"callActivity", GX_NODE_CALL}, {"subProcess", GX_NODE_SUB_PROCESS}, {"exclusiveGateway", GX_NODE_EXCLUSIVE},
    {"parallelGateway", GX_NODE_PARALLEL}, {"inclusiveGateway", GX_NODE_INCLUSIVE}, {"eventBasedGateway", GX_NODE_EVENT_GATEWAY},
    {"complexGateway", -1}, {"transaction", -1}, {"adHocSubProcess", -1}, {"subChoreography", -1}, {"callChoreography", -1},
};

static const struct {
    const char *name;
    int trigger;
} triggers[] = {
    {"messageEventDefinition", GX_TRIGGER_MESSAGE}, {"timerEventDefinition", GX_TRIGGER_TIMER}, {"signalEventDefinition", GX_TRIGGER_SIGNAL},
    {"errorEventDefinition", GX_TRIGGER_ERROR}, {"escalationEventDefinition", GX_TRIGGER_ESCALATION},
    {"conditionalEventDefinition", GX_TRIGGER_CONDITION}, {"linkEventDefinition", GX_TRIGGER_LINK},
    {"terminateEventDefinition", GX_TRIGGER_TERMINATE}, {"compensateEventDefinition", -1}, {"cancelEventDefinition", -1},
};

static const char *const kind_names[] = {"process", "startEvent", "endEvent", "intermediateThrowEvent", "intermediateCatchEvent", "boundaryEvent", "task",
                                         "userTask", "serviceTask", "sendTask", "receiveTask", "businessRuleTask", "scriptTask", "callActivity", "subProcess",
                                         "eventSubProcess", "exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway"};

const char *gx_node_kind_name(gx_node_kind kind)
{
    return kind_names[kind];
}

const char *gx_trigger_name(gx_trigger trigger)
{
    static const char *const names[] = {"none", "message", "timer", "signal", "error", "escalation", "condition", "link", "terminate"};
    return names[trigger];
}

static bool is_activity(gx_node_kind kind)
{
    return kind >= GX_NODE_TASK && kind <= GX_NODE_SUB_PROCESS;
}

static bool is_bpmn(const gx_xml *node, const char *name)
{
    return gx_xml_is(node, GX_BPMN_MODEL_NS, name);
}

static gx_text own(const gx_xml *element, const char *name)
{
    return gx_xml_attribute_ns(element, GX_BPMN_NS, name);
}

static bool is_true(gx_text text)
{
    return gx_text_equal(text, GX_TEXT("true")) || gx_text_equal(text, GX_TEXT("1"));
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

/* ---- Expressions ---- */

static const gx_feel *compile(reader *r, const gx_xml *at, gx_text source)
{
    gx_error error = {0};
    gx_text text = gx_text_trim(source);
    if (gx_text_starts_with(text, GX_TEXT("=")))
        text = gx_text_slice(text, 1, text.size);
    gx_feel_options options = {.place = gx_xml_place(at, r->path)};
    gx_feel *feel = gx_feel_compile(r->arena, gx_copy(r->arena, text), &options, &error);
    if (!feel) {
        error.line = at->line; /* a column inside an attribute's value is not one of the file */
        error.column = at->column;
        gx_error_wrap(&error, gx_xml_place(at, r->path));
        gx_findings_add(r->findings, GX_SEVERITY_ERROR, &error);
    }
    return feel;
}

/* "= ..." is FEEL, everything else is itself. */
static gx_expression expression_of(reader *r, const gx_xml *at, gx_text source)
{
    gx_expression expression = {0};
    gx_text text = gx_text_trim(source);
    if (!source.bytes)
        return expression;
    expression.text = text;
    if (gx_text_starts_with(text, GX_TEXT("=")))
        expression.feel = compile(r, at, text);
    return expression;
}

static const gx_feel *condition_of(reader *r, const gx_xml *element)
{
    gx_text language = gx_xml_attribute_of(element, "language");
    gx_text text = gx_text_trim(gx_xml_content(r->arena, element));
    if (language.size && gx_text_find(language, GX_TEXT("FEEL")) < 0 && gx_text_find(language, GX_TEXT("feel")) < 0) {
        find_fault(r, element, "bpmn.language", language, GX_TEXT("FEEL"));
        return NULL;
    }
    if (text.size == 0) {
        find_fault(r, element, "bpmn.expression.empty", element->name, (gx_text){"", 0});
        return NULL;
    }
    return compile(r, element, text);
}

/* ---- References to root elements ---- */

static gx_text local_part(gx_text name)
{
    gx_text rest, first = gx_text_cut(name, ':', &rest);
    return rest.bytes ? rest : first;
}

static const gx_xml *find_root(reader *r, const gx_xml *at, const char *kind, gx_text reference)
{
    gx_text id = local_part(gx_text_trim(reference));
    for (const gx_xml *root = gx_xml_child(r->definitions, GX_BPMN_MODEL_NS, kind); root; root = gx_xml_next(root, GX_BPMN_MODEL_NS, kind))
        if (gx_text_equal(gx_xml_attribute_of(root, "id"), id))
            return root;
    find_fault(r, at, "bpmn.reference", id, gx_text_of(kind));
    return NULL;
}

/* A message's or signal's name; an error's or escalation's code. */
static gx_text name_of_root(reader *r, const gx_xml *at, const char *kind, const char *attribute, gx_text reference, const gx_xml **root)
{
    const gx_xml *found = find_root(r, at, kind, reference);
    gx_text name = found ? gx_xml_attribute_of(found, attribute) : (gx_text){NULL, 0};
    if (root)
        *root = found;
    return name.size ? name : found ? gx_xml_attribute_of(found, "id") : (gx_text){"", 0};
}

static void read_message(reader *r, const gx_xml *at, gx_bpmn_node *node, gx_text reference)
{
    const gx_xml *root = NULL;
    if (!reference.size) {
        find_fault(r, at, "bpmn.message.missing", node->id, (gx_text){"", 0});
        return;
    }
    node->event_name = name_of_root(r, at, "message", "name", reference, &root);
    gx_text correlation = root ? own(root, "correlation") : (gx_text){NULL, 0};
    if (own(at, "correlation").bytes)
        correlation = own(at, "correlation");
    node->correlation = expression_of(r, at, correlation);
}

static void read_timer(reader *r, const gx_xml *definition, gx_bpmn_node *node)
{
    static const struct {
        const char *name;
        gx_timer_kind kind;
    } kinds[] = {{"timeDate", GX_TIMER_DATE}, {"timeDuration", GX_TIMER_DURATION}, {"timeCycle", GX_TIMER_CYCLE}};
    for (size_t i = 0; i < GX_COUNT_OF(kinds); i++) {
        const gx_xml *element = gx_xml_child(definition, GX_BPMN_MODEL_NS, kinds[i].name);
        if (!element)
            continue;
        node->timer_kind = kinds[i].kind;
        node->timer = expression_of(r, element, gx_xml_content(r->arena, element));
        gx_instant due;
        int64_t repeats;
        bool needs_calendar = gx_text_ends_with(node->timer.text, GX_TEXT("wd"));
        if (!node->timer.feel && !needs_calendar && !gx_bpmn_timer_due(node->timer.text, kinds[i].kind, 0, NULL, &due, &repeats))
            find_fault(r, element, "bpmn.timer", node->timer.text, (gx_text){"", 0});
        return;
    }
    find_fault(r, definition, "bpmn.timer", node->id, (gx_text){"", 0});
}

static void read_trigger(reader *r, const gx_xml *definition, gx_bpmn_node *node)
{
    switch (node->trigger) {
    case GX_TRIGGER_MESSAGE: read_message(r, definition, node, gx_xml_attribute_of(definition, "messageRef")); break;
    case GX_TRIGGER_SIGNAL:
        node->event_name = name_of_root(r, definition, "signal", "name", gx_xml_attribute_of(definition, "signalRef"), NULL);
        break;
    case GX_TRIGGER_ERROR:
        if (gx_xml_attribute_of(definition, "errorRef").size)
            node->event_name = name_of_root(r, definition, "error", "errorCode", gx_xml_attribute_of(definition, "errorRef"), NULL);
        break;
    case GX_TRIGGER_ESCALATION:
        if (gx_xml_attribute_of(definition, "escalationRef").size)
            node->event_name = name_of_root(r, definition, "escalation", "escalationCode", gx_xml_attribute_of(definition, "escalationRef"), NULL);
        break;
    case GX_TRIGGER_LINK: node->event_name = gx_xml_attribute_of(definition, "name"); break;
    case GX_TRIGGER_TIMER: read_timer(r, definition, node); break;
    case GX_TRIGGER_CONDITION: {
        const gx_xml *condition = gx_xml_child(definition, GX_BPMN_MODEL_NS, "condition");
        if (condition)
            node->condition = condition_of(r, condition);
        else
            find_fault(r, definition, "bpmn.expression.empty", node->id, (gx_text){"", 0});
        break;
    }
    case GX_TRIGGER_NONE: case GX_TRIGGER_TERMINATE: break;
    }
}

/* Which triggers an event of a kind may have (BPMN 2.0.2, table 10.93). */
static bool may_have(gx_node_kind kind, gx_trigger trigger, bool is_in_event_sub)
{
    switch (trigger) {
    case GX_TRIGGER_NONE: return kind == GX_NODE_START || kind == GX_NODE_END || kind == GX_NODE_THROW;
    case GX_TRIGGER_MESSAGE: case GX_TRIGGER_SIGNAL: return true;
    case GX_TRIGGER_TIMER: case GX_TRIGGER_CONDITION: return kind == GX_NODE_START || kind == GX_NODE_CATCH || kind == GX_NODE_BOUNDARY;
    case GX_TRIGGER_ERROR: return kind == GX_NODE_END || kind == GX_NODE_BOUNDARY || (kind == GX_NODE_START && is_in_event_sub);
    case GX_TRIGGER_ESCALATION:
        return kind == GX_NODE_END || kind == GX_NODE_THROW || kind == GX_NODE_BOUNDARY || (kind == GX_NODE_START && is_in_event_sub);
    case GX_TRIGGER_LINK: return kind == GX_NODE_CATCH || kind == GX_NODE_THROW;
    case GX_TRIGGER_TERMINATE: return kind == GX_NODE_END;
    }
    return false;
}

static void read_event(reader *r, const gx_xml *element, gx_bpmn_node *node)
{
    const gx_xml *found = NULL;
    if (gx_xml_child(element, GX_BPMN_MODEL_NS, "eventDefinitionRef"))
        find_fault(r, element, "bpmn.unsupported", GX_TEXT("eventDefinitionRef"), node->id);
    for (const gx_xml *child = element->first; child; child = child->next) {
        for (size_t i = 0; i < GX_COUNT_OF(triggers); i++) {
            if (!is_bpmn(child, triggers[i].name))
                continue;
            if (found || triggers[i].trigger < 0) {
                find_fault(r, child, "bpmn.unsupported", found ? GX_TEXT("multiple event definitions") : child->name, node->id);
                return;
            }
            found = child;
            node->trigger = (gx_trigger)triggers[i].trigger;
        }
    }
    bool is_in_event_sub = r->process->nodes[node->parent].kind == GX_NODE_EVENT_SUB_PROCESS;
    if (!may_have(node->kind, node->trigger, is_in_event_sub) || (is_in_event_sub && node->kind == GX_NODE_START && !found))
        find_fault(r, element, "bpmn.event.trigger", gx_text_of(gx_trigger_name(node->trigger)), node->id);
    else if (found)
        read_trigger(r, found, node);
    gx_text interrupting = gx_xml_attribute_of(element, node->kind == GX_NODE_BOUNDARY ? "cancelActivity" : "isInterrupting");
    node->is_interrupting = !interrupting.size || is_true(interrupting);
    if (node->trigger == GX_TRIGGER_ERROR && !node->is_interrupting)
        find_fault(r, element, "bpmn.event.error_interrupts", node->id, (gx_text){"", 0});
}

/* ---- Activities ---- */

static gx_mapping *read_mappings(reader *r, const gx_xml *extensions, const char *kind, uint32_t *count)
{
    uint32_t total = 0;
    for (const gx_xml *at = gx_xml_child(extensions, GX_BPMN_NS, kind); at; at = gx_xml_next(at, GX_BPMN_NS, kind))
        total++;
    gx_mapping *mappings = GX_NEW_ARRAY(r->arena, gx_mapping, total);
    *count = 0;
    for (const gx_xml *at = gx_xml_child(extensions, GX_BPMN_NS, kind); at; at = gx_xml_next(at, GX_BPMN_NS, kind)) {
        gx_text name = gx_xml_attribute_of(at, "name");
        if (!name.size || !gx_xml_attribute_of(at, "value").bytes)
            find_fault(r, at, "bpmn.mapping", at->name, (gx_text){"", 0});
        mappings[(*count)++] = (gx_mapping){name, expression_of(r, at, gx_xml_attribute_of(at, "value")), at->line, at->column};
    }
    return mappings;
}

static void read_loop(reader *r, const gx_xml *element, gx_bpmn_node *node)
{
    if (gx_xml_child(element, GX_BPMN_MODEL_NS, "standardLoopCharacteristics"))
        find_fault(r, element, "bpmn.unsupported", GX_TEXT("standardLoopCharacteristics"), node->id);
    const gx_xml *multi = gx_xml_child(element, GX_BPMN_MODEL_NS, "multiInstanceLoopCharacteristics");
    if (!multi)
        return;
    node->loop = is_true(gx_xml_attribute_of(multi, "isSequential")) ? GX_LOOP_SEQUENTIAL : GX_LOOP_PARALLEL;
    gx_text behavior = gx_xml_attribute_of(multi, "behavior");
    if (behavior.size && !gx_text_equal(behavior, GX_TEXT("All")))
        find_fault(r, multi, "bpmn.unsupported", GX_TEXT("behavior"), node->id);
    node->collection = expression_of(r, multi, own(multi, "collection"));
    node->item_name = own(multi, "item");
    node->results_name = own(multi, "results");
    const gx_xml *cardinality = gx_xml_child(multi, GX_BPMN_MODEL_NS, "loopCardinality");
    const gx_xml *completion = gx_xml_child(multi, GX_BPMN_MODEL_NS, "completionCondition");
    if (cardinality)
        node->cardinality = condition_of(r, cardinality);
    if (completion)
        node->completion = condition_of(r, completion);
    if (!cardinality && !node->collection.text.bytes)
        find_fault(r, multi, "bpmn.multi.collection", node->id, (gx_text){"", 0});
}

static void read_task(reader *r, const gx_xml *element, gx_bpmn_node *node)
{
    node->role = expression_of(r, element, own(element, "role"));
    node->department = expression_of(r, element, own(element, "department"));
    node->assignee = expression_of(r, element, own(element, "assignee"));
    node->form = expression_of(r, element, own(element, "form"));
    node->due = expression_of(r, element, own(element, "due"));
    node->priority = expression_of(r, element, own(element, "priority"));
    node->outcomes = own(element, "outcomes");
}

static void read_script(reader *r, const gx_xml *element, gx_bpmn_node *node)
{
    gx_text format = gx_xml_attribute_of(element, "scriptFormat");
    const gx_xml *script = gx_xml_child(element, GX_BPMN_MODEL_NS, "script");
    bool is_feel = gx_text_equal(format, GX_TEXT("feel")) || gx_text_equal(format, GX_TEXT("application/feel")) || gx_text_equal(format, GX_TEXT("FEEL"));
    if (!is_feel)
        find_fault(r, element, "bpmn.script", format.size ? format : GX_TEXT("-"), node->id);
    else if (!script)
        find_fault(r, element, "bpmn.expression.empty", node->id, (gx_text){"", 0});
    else
        node->script = condition_of(r, script);
}

static void read_activity(reader *r, const gx_xml *element, gx_bpmn_node *node)
{
    const gx_xml *extensions = gx_xml_child(element, GX_BPMN_MODEL_NS, "extensionElements");
    node->inputs = read_mappings(r, extensions, "input", &node->input_count);
    node->outputs = read_mappings(r, extensions, "output", &node->output_count);
    node->result_name = own(element, "result");
    node->skill = own(element, "skill");
    node->is_job = gx_text_equal(own(element, "mode"), GX_TEXT("job"));
    node->retry_after = own(element, "retryAfter");
    int64_t retries = 3;
    if (own(element, "retries").size && (!gx_text_to_int(own(element, "retries"), &retries) || retries < 0 || retries > 100))
        find_fault(r, element, "bpmn.retries", own(element, "retries"), node->id);
    node->retries = (uint32_t)retries;
    if (is_true(gx_xml_attribute_of(element, "isForCompensation")))
        find_fault(r, element, "bpmn.unsupported", GX_TEXT("isForCompensation"), node->id);
    static const char *const quantities[] = {"startQuantity", "completionQuantity"};
    for (size_t i = 0; i < GX_COUNT_OF(quantities); i++)
        if (gx_xml_attribute_of(element, quantities[i]).size && !gx_text_equal(gx_xml_attribute_of(element, quantities[i]), GX_TEXT("1")))
            find_fault(r, element, "bpmn.unsupported", gx_text_of(quantities[i]), node->id);
    read_loop(r, element, node);
    switch (node->kind) {
    case GX_NODE_USER_TASK: read_task(r, element, node); break;
    case GX_NODE_SERVICE_TASK:
        if (!node->skill.size)
            find_fault(r, element, "bpmn.skill.missing", node->id, (gx_text){"", 0});
        break;
    case GX_NODE_SEND_TASK: case GX_NODE_RECEIVE_TASK:
        node->trigger = GX_TRIGGER_MESSAGE;
        if (!node->skill.size)
            read_message(r, element, node, gx_xml_attribute_of(element, "messageRef"));
        break;
    case GX_NODE_RULE_TASK:
        node->called = expression_of(r, element, own(element, "decision"));
        if (!node->called.text.size)
            find_fault(r, element, "bpmn.decision.missing", node->id, (gx_text){"", 0});
        break;
    case GX_NODE_CALL:
        node->called = expression_of(r, element, gx_xml_attribute_of(element, "calledElement"));
        if (!node->called.text.size)
            find_fault(r, element, "bpmn.call.missing", node->id, (gx_text){"", 0});
        break;
    case GX_NODE_SCRIPT_TASK: read_script(r, element, node); break;
    default: break;
    }
}

/* ---- First pass: nodes and flows ---- */

static void read_children(reader *r, const gx_xml *parent, uint32_t parent_index);

static uint32_t add_node(reader *r, const gx_xml *element, gx_node_kind kind, uint32_t parent)
{
    gx_bpmn_process *p = r->process;
    p->nodes = grow(r->arena, p->nodes, p->node_count, &r->node_capacity, sizeof *p->nodes);
    gx_bpmn_node *node = &p->nodes[p->node_count];
    *node = (gx_bpmn_node){.kind = kind, .parent = parent, .line = element->line, .column = element->column, .default_flow = GX_NO_INDEX,
                           .attached_to = GX_NO_INDEX, .lane = GX_NO_INDEX, .is_interrupting = true};
    node->id = gx_xml_attribute_of(element, "id");
    node->name = gx_xml_attribute_of(element, "name");
    const gx_xml *documentation = gx_xml_child(element, GX_BPMN_MODEL_NS, "documentation");
    node->documentation = documentation ? gx_text_trim(gx_xml_content(r->arena, documentation)) : (gx_text){"", 0};
    if (!node->id.size)
        find_fault(r, element, "bpmn.id.missing", element->name, (gx_text){"", 0});
    else if (gx_map_put(&r->nodes, node->id, (void *)(uintptr_t)(p->node_count + 1)))
        find_fault(r, element, "bpmn.id.twice", node->id, (gx_text){"", 0});
    return p->node_count++;
}

static void add_flow(reader *r, const gx_xml *element)
{
    gx_bpmn_process *p = r->process;
    p->flows = grow(r->arena, p->flows, p->flow_count, &r->flow_capacity, sizeof *p->flows);
    gx_bpmn_flow *flow = &p->flows[p->flow_count++];
    *flow = (gx_bpmn_flow){.id = gx_xml_attribute_of(element, "id"), .name = gx_xml_attribute_of(element, "name"), .line = element->line,
                           .column = element->column, .source = GX_NO_INDEX, .target = GX_NO_INDEX};
    const gx_xml *condition = gx_xml_child(element, GX_BPMN_MODEL_NS, "conditionExpression");
    if (!condition)
        return;
    flow->condition = condition_of(r, condition);
    flow->condition_text = gx_text_trim(gx_xml_content(r->arena, condition));
}

static void read_child(reader *r, const gx_xml *element, uint32_t parent)
{
    if (is_bpmn(element, "sequenceFlow")) {
        add_flow(r, element);
        return;
    }
    for (size_t i = 0; i < GX_COUNT_OF(elements); i++) {
        if (!is_bpmn(element, elements[i].name))
            continue;
        if (elements[i].kind < 0) {
            find_fault(r, element, "bpmn.unsupported", element->name, gx_xml_attribute_of(element, "id"));
            return;
        }
        gx_node_kind kind = (gx_node_kind)elements[i].kind;
        if (kind == GX_NODE_SUB_PROCESS && is_true(gx_xml_attribute_of(element, "triggeredByEvent")))
            kind = GX_NODE_EVENT_SUB_PROCESS;
        if (r->process->node_count >= GX_LIMIT_ELEMENTS) {
            find_fault(r, element, "bpmn.elements", (gx_text){"", 0}, (gx_text){"", 0});
            return;
        }
        uint32_t index = add_node(r, element, kind, parent);
        gx_bpmn_node *node = &r->process->nodes[index];
        if (kind >= GX_NODE_START && kind <= GX_NODE_BOUNDARY)
            read_event(r, element, node);
        else if (is_activity(kind))
            read_activity(r, element, node);
        if (kind == GX_NODE_EVENT_GATEWAY && is_true(gx_xml_attribute_of(element, "instantiate")))
            find_fault(r, element, "bpmn.unsupported", GX_TEXT("instantiate"), node->id);
        if (kind == GX_NODE_SUB_PROCESS || kind == GX_NODE_EVENT_SUB_PROCESS)
            read_children(r, element, index);
        return;
    }
}

static void read_lanes(reader *r, const gx_xml *set)
{
    for (const gx_xml *lane = gx_xml_child(set, GX_BPMN_MODEL_NS, "lane"); lane; lane = gx_xml_next(lane, GX_BPMN_MODEL_NS, "lane")) {
        gx_bpmn_process *p = r->process;
        p->lanes = grow(r->arena, p->lanes, p->lane_count, &r->lane_capacity, sizeof *p->lanes);
        p->lanes[p->lane_count++] = (gx_bpmn_lane){gx_xml_attribute_of(lane, "id"), gx_xml_attribute_of(lane, "name")};
        const gx_xml *inner = gx_xml_child(lane, GX_BPMN_MODEL_NS, "childLaneSet");
        if (inner)
            read_lanes(r, inner);
    }
}

static void read_children(reader *r, const gx_xml *parent, uint32_t parent_index)
{
    for (const gx_xml *child = parent->first; child; child = child->next)
        if (child->kind == GX_XML_ELEMENT)
            read_child(r, child, parent_index);
}

/* ---- Second pass: references ---- */

static uint32_t index_of(reader *r, gx_text id)
{
    void *found = gx_map_get(&r->nodes, id);
    return found ? (uint32_t)(uintptr_t)found - 1 : GX_NO_INDEX;
}

static void resolve_flow(reader *r, const gx_xml *element, uint32_t flow_index)
{
    gx_bpmn_flow *flow = &r->process->flows[flow_index];
    gx_text source = gx_xml_attribute_of(element, "sourceRef"), target = gx_xml_attribute_of(element, "targetRef");
    flow->source = index_of(r, source);
    flow->target = index_of(r, target);
    if (flow->source == GX_NO_INDEX || flow->target == GX_NO_INDEX) {
        find_fault(r, element, "bpmn.flow.dangling", flow->id, flow->source == GX_NO_INDEX ? source : target);
        flow->source = flow->target = GX_NO_INDEX;
        return;
    }
    const gx_bpmn_node *from = &r->process->nodes[flow->source], *to = &r->process->nodes[flow->target];
    if (from->parent != to->parent)
        find_fault(r, element, "bpmn.flow.crosses", flow->id, (gx_text){"", 0});
    if (from->kind == GX_NODE_END || from->kind == GX_NODE_EVENT_SUB_PROCESS)
        find_fault(r, element, "bpmn.flow.source", flow->id, from->id);
    if (to->kind == GX_NODE_START || to->kind == GX_NODE_BOUNDARY || to->kind == GX_NODE_EVENT_SUB_PROCESS)
        find_fault(r, element, "bpmn.flow.target", flow->id, to->id);
}

static void resolve_node(reader *r, const gx_xml *element, gx_bpmn_node *node)
{
    gx_text default_flow = gx_xml_attribute_of(element, "default");
    if (default_flow.size) {
        for (uint32_t i = 0; i < node->outgoing_count; i++)
            if (gx_text_equal(r->process->flows[node->outgoing[i]].id, default_flow))
                node->default_flow = node->outgoing[i];
        if (node->default_flow == GX_NO_INDEX)
            find_fault(r, element, "bpmn.reference", default_flow, GX_TEXT("sequenceFlow"));
    }
    if (node->kind != GX_NODE_BOUNDARY)
        return;
    gx_text attached = gx_xml_attribute_of(element, "attachedToRef");
    node->attached_to = index_of(r, attached);
    if (node->attached_to == GX_NO_INDEX || !is_activity(r->process->nodes[node->attached_to].kind) ||
        r->process->nodes[node->attached_to].parent != node->parent) {
        find_fault(r, element, "bpmn.boundary.attached", node->id, attached);
        node->attached_to = GX_NO_INDEX;
    }
}

static void walk_flows(reader *r, const gx_xml *parent, uint32_t *next)
{
    for (const gx_xml *child = parent->first; child; child = child->next) {
        if (is_bpmn(child, "sequenceFlow"))
            resolve_flow(r, child, (*next)++);
        else if (is_bpmn(child, "subProcess"))
            walk_flows(r, child, next);
    }
}

static void walk_nodes(reader *r, const gx_xml *parent)
{
    for (const gx_xml *child = parent->first; child; child = child->next) {
        uint32_t index = child->kind == GX_XML_ELEMENT ? index_of(r, gx_xml_attribute_of(child, "id")) : GX_NO_INDEX;
        if (index != GX_NO_INDEX)
            resolve_node(r, child, &r->process->nodes[index]);
        if (is_bpmn(child, "subProcess"))
            walk_nodes(r, child);
    }
}

static void append_index(reader *r, uint32_t **list, uint32_t *count, uint32_t index)
{
    if ((*count & (*count - 1)) == 0) { /* full at every power of two */
        uint32_t *larger = GX_NEW_ARRAY(r->arena, uint32_t, *count ? (size_t)*count * 2 : 1);
        if (*count)
            memcpy(larger, *list, *count * sizeof *larger);
        *list = larger;
    }
    (*list)[(*count)++] = index;
}

static void link_flows(reader *r)
{
    for (uint32_t i = 0; i < r->process->flow_count; i++) {
        const gx_bpmn_flow *flow = &r->process->flows[i];
        if (flow->source == GX_NO_INDEX)
            continue;
        gx_bpmn_node *from = &r->process->nodes[flow->source], *to = &r->process->nodes[flow->target];
        append_index(r, &from->outgoing, &from->outgoing_count, i);
        append_index(r, &to->incoming, &to->incoming_count, i);
    }
}

static void link_nodes(reader *r)
{
    for (uint32_t i = 1; i < r->process->node_count; i++) {
        gx_bpmn_node *node = &r->process->nodes[i], *parent = &r->process->nodes[node->parent];
        append_index(r, &parent->children, &parent->child_count, i);
        if (node->kind == GX_NODE_START)
            append_index(r, &parent->starts, &parent->start_count, i);
        if (node->kind == GX_NODE_EVENT_SUB_PROCESS)
            append_index(r, &parent->event_subs, &parent->event_sub_count, i);
        if (node->kind == GX_NODE_BOUNDARY && node->attached_to != GX_NO_INDEX) {
            gx_bpmn_node *activity = &r->process->nodes[node->attached_to];
            append_index(r, &activity->boundaries, &activity->boundary_count, i);
        }
        node->is_instantiating = node->kind == GX_NODE_START && parent->kind != GX_NODE_EVENT_SUB_PROCESS;
    }
    for (uint32_t i = 0; i < r->process->node_count; i++) { /* a scope without start events begins where nothing leads to */
        gx_bpmn_node *scope = &r->process->nodes[i];
        for (uint32_t c = 0; c < scope->child_count && (scope->start_count == 0 || r->process->nodes[scope->starts[0]].kind != GX_NODE_START); c++) {
            const gx_bpmn_node *child = &r->process->nodes[scope->children[c]];
            bool begins = child->incoming_count == 0 && child->kind != GX_NODE_BOUNDARY && child->kind != GX_NODE_EVENT_SUB_PROCESS &&
                          !(child->kind == GX_NODE_CATCH && child->trigger == GX_TRIGGER_LINK);
            if (begins)
                append_index(r, &scope->starts, &scope->start_count, scope->children[c]);
        }
    }
}

/* Backwards from each incoming flow of each inclusive join, not through the join itself. */
static void find_reach(reader *r)
{
    gx_bpmn_process *p = r->process;
    uint32_t gateways = 0;
    p->gateway_row = GX_NEW_ARRAY(r->arena, uint32_t, p->node_count);
    for (uint32_t i = 0; i < p->node_count; i++)
        p->gateway_row[i] = p->nodes[i].kind == GX_NODE_INCLUSIVE && p->nodes[i].incoming_count > 1 ? gateways++ : GX_NO_INDEX;
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
                if (node->kind == GX_NODE_BOUNDARY && node->attached_to != GX_NO_INDEX && !(reach[node->attached_to] >> f & 1))
                    stack[depth++] = node->attached_to;
                for (uint32_t i = 0; i < node->incoming_count && depth < p->node_count; i++)
                    if (!(reach[p->flows[node->incoming[i]].source] >> f & 1))
                        stack[depth++] = p->flows[node->incoming[i]].source;
            }
        }
    }
}

static void assign_lanes(reader *r, const gx_xml *set)
{
    for (const gx_xml *lane = gx_xml_child(set, GX_BPMN_MODEL_NS, "lane"); lane; lane = gx_xml_next(lane, GX_BPMN_MODEL_NS, "lane")) {
        uint32_t lane_index = 0;
        while (lane_index < r->process->lane_count && !gx_text_equal(r->process->lanes[lane_index].id, gx_xml_attribute_of(lane, "id")))
            lane_index++;
        for (const gx_xml *ref = gx_xml_child(lane, GX_BPMN_MODEL_NS, "flowNodeRef"); ref; ref = gx_xml_next(ref, GX_BPMN_MODEL_NS, "flowNodeRef")) {
            gx_text id = gx_text_trim(gx_xml_content(r->arena, ref));
            uint32_t index = index_of(r, id);
            if (index == GX_NO_INDEX)
                find_fault(r, ref, "bpmn.reference", id, GX_TEXT("flowNode"));
            else
                r->process->nodes[index].lane = lane_index;
        }
        const gx_xml *inner = gx_xml_child(lane, GX_BPMN_MODEL_NS, "childLaneSet");
        if (inner)
            assign_lanes(r, inner);
    }
}

static void read_process(reader *r, const gx_xml *element, gx_bpmn_process *process)
{
    r->process = process;
    r->node_capacity = r->flow_capacity = r->lane_capacity = 0;
    r->nodes = gx_map_in(r->arena);
    process->id = gx_xml_attribute_of(element, "id");
    process->name = gx_xml_attribute_of(element, "name");
    process->is_executable = is_true(gx_xml_attribute_of(element, "isExecutable"));
    add_node(r, element, GX_NODE_PROCESS, 0);
    read_children(r, element, 0);
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

gx_bpmn *gx_bpmn_read(gx_arena *model, gx_text source, gx_text path, gx_findings *findings)
{
    gx_error error = {0};
    size_t errors_before = findings->errors;
    reader r = {.arena = model, .path = gx_copy(model, path), .findings = findings};
    gx_xml *root = gx_xml_parse(model, source, r.path, &error);
    if (root && !is_bpmn(root, "definitions"))
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
    for (const gx_xml *at = gx_xml_child(root, GX_BPMN_MODEL_NS, "process"); at; at = gx_xml_next(at, GX_BPMN_MODEL_NS, "process"))
        count++;
    bpmn->processes = GX_NEW_ARRAY(model, gx_bpmn_process, count);
    for (const gx_xml *at = gx_xml_child(root, GX_BPMN_MODEL_NS, "process"); at; at = gx_xml_next(at, GX_BPMN_MODEL_NS, "process"))
        read_process(&r, at, &bpmn->processes[bpmn->process_count++]);
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

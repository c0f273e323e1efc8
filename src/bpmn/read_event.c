/* Event definitions: inside an event, or at the root and referred to. */
#include "bpmn/read.h"

static const struct {
    const char *name;
    gx_trigger trigger;
} definitions[] = {
    {"messageEventDefinition", GX_TRIGGER_MESSAGE},
    {"timerEventDefinition", GX_TRIGGER_TIMER},
    {"signalEventDefinition", GX_TRIGGER_SIGNAL},
    {"errorEventDefinition", GX_TRIGGER_ERROR},
    {"escalationEventDefinition", GX_TRIGGER_ESCALATION},
    {"conditionalEventDefinition", GX_TRIGGER_CONDITION},
    {"linkEventDefinition", GX_TRIGGER_LINK},
    {"terminateEventDefinition", GX_TRIGGER_TERMINATE},
    {"compensateEventDefinition", GX_TRIGGER_COMPENSATION},
    {"cancelEventDefinition", GX_TRIGGER_CANCEL},
};

static gx_text local_part(gx_text name)
{
    gx_text rest, first = gx_text_cut(name, ':', &rest);
    return rest.bytes ? rest : first;
}

static const gx_xml *find_root(gx_reader *r, const char *kind, gx_text id)
{
    for (const gx_xml *root = gx_xml_child(r->definitions, GX_BPMN_MODEL_NS, kind); root;
         root = gx_xml_next(root, GX_BPMN_MODEL_NS, kind))
        if (gx_text_equal(gx_xml_attribute_of(root, "id"), id))
            return root;
    return NULL;
}

const gx_xml *gx_read_root(gx_reader *r, const gx_xml *at, const char *kind, gx_text reference)
{
    gx_text id = local_part(gx_text_trim(reference));
    const gx_xml *root = find_root(r, kind, id);
    if (!root)
        gx_read_fault(r, at, "bpmn.reference", id, gx_text_of(kind));
    return root;
}

/* A message's or signal's name; an error's or escalation's code; its id where it has none. */
static gx_text name_of_root(gx_reader *r, const gx_xml *at, const char *kind, const char *attribute,
                            gx_text reference, const gx_xml **root)
{
    const gx_xml *found = gx_read_root(r, at, kind, reference);
    gx_text name = found ? gx_xml_attribute_of(found, attribute) : (gx_text){NULL, 0};
    if (root)
        *root = found;
    return name.size ? name : found ? gx_xml_attribute_of(found, "id") : (gx_text){"", 0};
}

static void read_message(gx_reader *r, const gx_xml *at, gx_text id, gx_text reference, gx_event *event)
{
    const gx_xml *root = NULL;
    if (!reference.size) {
        gx_read_fault(r, at, "bpmn.message.missing", id, (gx_text){"", 0});
        return;
    }
    event->name = name_of_root(r, at, "message", "name", reference, &root);
    gx_text correlation = root ? gx_read_own(root, "correlation") : (gx_text){NULL, 0};
    if (gx_read_own(at, "correlation").bytes)
        correlation = gx_read_own(at, "correlation");
    event->correlation = gx_read_expression(r, at, correlation);
}

static void read_timer(gx_reader *r, const gx_xml *definition, gx_text id, gx_event *event)
{
    static const struct {
        const char *name;
        gx_timer_kind kind;
    } kinds[] = {
        {"timeDate", GX_TIMER_DATE}, {"timeDuration", GX_TIMER_DURATION}, {"timeCycle", GX_TIMER_CYCLE}};
    for (size_t i = 0; i < GX_COUNT_OF(kinds); i++) {
        const gx_xml *element = gx_xml_child(definition, GX_BPMN_MODEL_NS, kinds[i].name);
        if (!element)
            continue;
        event->timer_kind = kinds[i].kind;
        event->timer = gx_read_expression(r, element, gx_xml_content(r->arena, element));
        gx_instant due;
        int64_t repeats;
        bool needs_calendar = gx_text_ends_with(event->timer.text, GX_TEXT("wd"));
        if (!event->timer.feel && !needs_calendar &&
            !gx_bpmn_timer_due(event->timer.text, kinds[i].kind, 0, NULL, &due, &repeats))
            gx_read_fault(r, element, "bpmn.timer", event->timer.text, id);
        return;
    }
    gx_read_fault(r, definition, "bpmn.timer", GX_TEXT("?"), id);
}

static void read_named(gx_reader *r, const gx_xml *at, gx_event *event, const char *reference,
                       const char *kind, const char *attribute)
{
    gx_text id = gx_xml_attribute_of(at, reference);
    if (id.size)
        event->name = name_of_root(r, at, kind, attribute, id, NULL);
}

gx_event gx_read_event(gx_reader *r, const gx_xml *element, const gx_bpmn_node *node)
{
    gx_event event = {.activity = GX_NO_INDEX};
    if (gx_read_is(element, "eventDefinitionRef")) {
        gx_text id = local_part(gx_text_trim(gx_xml_content(r->arena, element)));
        const gx_xml *root = NULL;
        for (size_t i = 0; i < GX_COUNT_OF(definitions) && !root; i++)
            root = find_root(r, definitions[i].name, id);
        if (root)
            return gx_read_event(r, root, node);
        gx_read_fault(r, element, "bpmn.reference", id, GX_TEXT("eventDefinition"));
        return event;
    }
    for (size_t i = 0; i < GX_COUNT_OF(definitions); i++)
        if (gx_read_is(element, definitions[i].name))
            event.trigger = definitions[i].trigger;
    switch (event.trigger) {
    case GX_TRIGGER_MESSAGE:
        read_message(r, element, node->id, gx_xml_attribute_of(element, "messageRef"), &event);
        break;
    case GX_TRIGGER_SIGNAL:
        event.name =
            name_of_root(r, element, "signal", "name", gx_xml_attribute_of(element, "signalRef"), NULL);
        break;
    case GX_TRIGGER_ERROR: read_named(r, element, &event, "errorRef", "error", "errorCode"); break;
    case GX_TRIGGER_ESCALATION:
        read_named(r, element, &event, "escalationRef", "escalation", "escalationCode");
        break;
    case GX_TRIGGER_LINK: event.name = gx_xml_attribute_of(element, "name"); break;
    case GX_TRIGGER_TIMER: read_timer(r, element, node->id, &event); break;
    case GX_TRIGGER_CONDITION: {
        const gx_xml *condition = gx_xml_child(element, GX_BPMN_MODEL_NS, "condition");
        if (condition)
            event.condition = gx_read_condition(r, condition);
        else
            gx_read_fault(r, element, "bpmn.expression.empty", node->id, (gx_text){"", 0});
        r->process->has_conditions = true;
        break;
    }
    case GX_TRIGGER_COMPENSATION: {
        gx_text wait = gx_xml_attribute_of(element, "waitForCompletion");
        event.does_wait = !wait.size || gx_read_is_true(wait);
        event.name = gx_xml_attribute_of(element, "activityRef"); /* resolved when all nodes are known */
        break;
    }
    case GX_TRIGGER_NONE:
    case GX_TRIGGER_TERMINATE:
    case GX_TRIGGER_CANCEL:
    case GX_TRIGGER_MULTIPLE: break;
    }
    return event;
}

/* Which triggers an event of a kind may have (BPMN 2.0.2, table 10.93). */
static bool may_have(gx_node_kind kind, gx_trigger trigger, bool is_in_event_sub)
{
    bool catches = kind == GX_NODE_START || kind == GX_NODE_CATCH || kind == GX_NODE_BOUNDARY;
    bool throws = kind == GX_NODE_END || kind == GX_NODE_THROW;
    switch (trigger) {
    case GX_TRIGGER_NONE: return kind == GX_NODE_START || throws;
    case GX_TRIGGER_MESSAGE:
    case GX_TRIGGER_SIGNAL: return true;
    case GX_TRIGGER_TIMER:
    case GX_TRIGGER_CONDITION: return catches;
    case GX_TRIGGER_ERROR:
        return kind == GX_NODE_END || kind == GX_NODE_BOUNDARY || (kind == GX_NODE_START && is_in_event_sub);
    case GX_TRIGGER_ESCALATION:
    case GX_TRIGGER_COMPENSATION:
        return throws || kind == GX_NODE_BOUNDARY || (kind == GX_NODE_START && is_in_event_sub);
    case GX_TRIGGER_CANCEL: return kind == GX_NODE_END || kind == GX_NODE_BOUNDARY;
    case GX_TRIGGER_LINK: return kind == GX_NODE_CATCH || kind == GX_NODE_THROW;
    case GX_TRIGGER_TERMINATE: return kind == GX_NODE_END;
    case GX_TRIGGER_MULTIPLE: break;
    }
    return false;
}

void gx_read_event_node(gx_reader *r, const gx_xml *element, gx_bpmn_node *node)
{
    bool is_in_event_sub = r->process->nodes[node->parent].kind == GX_NODE_EVENT_SUB_PROCESS;
    uint32_t count = 0;
    for (const gx_xml *child = element->first; child; child = child->next)
        count++;
    node->events = GX_NEW_ARRAY(r->arena, gx_event, count);
    for (const gx_xml *child = element->first; child; child = child->next) {
        gx_event event = gx_read_event(r, child, node);
        if (event.trigger == GX_TRIGGER_NONE)
            continue;
        if (!may_have(node->kind, event.trigger, is_in_event_sub))
            gx_read_fault(r, child, "bpmn.event.trigger", gx_text_of(gx_trigger_name(event.trigger)),
                          node->id);
        node->events[node->event_count++] = event;
    }
    node->trigger = node->event_count > 1 ? GX_TRIGGER_MULTIPLE
                    : node->event_count   ? node->events[0].trigger
                                          : GX_TRIGGER_NONE;
    bool needs_trigger = node->kind == GX_NODE_CATCH || node->kind == GX_NODE_BOUNDARY ||
                         (is_in_event_sub && node->kind == GX_NODE_START);
    if (!node->event_count && needs_trigger)
        gx_read_fault(r, element, "bpmn.event.trigger", GX_TEXT("none"), node->id);
    node->is_parallel_multiple =
        node->event_count > 1 && gx_read_is_true(gx_xml_attribute_of(element, "parallelMultiple"));
    gx_text interrupting =
        gx_xml_attribute_of(element, node->kind == GX_NODE_BOUNDARY ? "cancelActivity" : "isInterrupting");
    node->is_interrupting = !interrupting.size || gx_read_is_true(interrupting);
    if (node->trigger == GX_TRIGGER_ERROR && !node->is_interrupting)
        gx_read_fault(r, element, "bpmn.event.error_interrupts", node->id, (gx_text){"", 0});
}

void gx_read_message_task(gx_reader *r, const gx_xml *element, gx_bpmn_node *node)
{
    node->trigger = GX_TRIGGER_MESSAGE;
    node->events = GX_NEW(r->arena, gx_event);
    node->event_count = 1;
    node->events[0] = (gx_event){.trigger = GX_TRIGGER_MESSAGE, .activity = GX_NO_INDEX};
    if (!node->skill.size)
        read_message(r, element, node->id, gx_xml_attribute_of(element, "messageRef"), &node->events[0]);
}

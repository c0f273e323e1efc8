/* Events: which triggers where, what a definition must say, and the data that goes with it. */
#include "bpmn/rules.h"

static void refuse_trigger(gx_rules *r, const gx_xml *event, const char *code, uint32_t refused)
{
    gx_rule_break(r, event, code, gx_text_of(gx_rule_trigger_name(refused)));
}

static void check_start(gx_rules *r, gx_rule_item *event, uint32_t triggers)
{
    const gx_xml *level = event->xml->parent;
    bool is_in_event_sub = gx_rule_is_true(gx_xml_attribute_of(level, "triggeredByEvent"));
    gx_text interrupting = gx_xml_attribute_of(event->xml, "isInterrupting");
    if (event->incoming)
        gx_rule_break(r, event->xml, "bpmn.rule.start_incoming", (gx_text){"", 0});
    if (!is_in_event_sub && !event->outgoing && (!level || !gx_rule_is(level, "adHocSubProcess")))
        gx_rule_break(r, event->xml, "bpmn.rule.no_outgoing", (gx_text){"", 0});
    if (is_in_event_sub) {
        const uint32_t allowed = GX_RULE_MESSAGE | GX_RULE_TIMER | GX_RULE_SIGNAL | GX_RULE_ERROR |
                                 GX_RULE_ESCALATION | GX_RULE_CONDITION | GX_RULE_COMPENSATION;
        bool is_interrupting = !interrupting.size || gx_rule_is_true(interrupting);
        uint32_t refused =
            triggers &
            ~(is_interrupting ? allowed : allowed & ~(uint32_t)(GX_RULE_ERROR | GX_RULE_COMPENSATION));
        if (!triggers || refused)
            refuse_trigger(r, event->xml, "bpmn.rule.start_event_sub_trigger", refused);
    } else if (gx_rule_kind(level) & GX_RULE_SUB_PROCESS) {
        if (triggers)
            gx_rule_break(r, event->xml, "bpmn.rule.start_sub_trigger", (gx_text){"", 0});
    } else if (triggers & ~(uint32_t)(GX_RULE_MESSAGE | GX_RULE_TIMER | GX_RULE_SIGNAL | GX_RULE_CONDITION)) {
        refuse_trigger(r, event->xml, "bpmn.rule.start_trigger",
                       triggers &
                           ~(uint32_t)(GX_RULE_MESSAGE | GX_RULE_TIMER | GX_RULE_SIGNAL | GX_RULE_CONDITION));
    }
}

static void check_end(gx_rules *r, gx_rule_item *event, uint32_t triggers)
{
    const uint32_t refused = triggers & (GX_RULE_TIMER | GX_RULE_CONDITION | GX_RULE_LINK);
    if (event->outgoing)
        gx_rule_break(r, event->xml, "bpmn.rule.end_outgoing", (gx_text){"", 0});
    if (!event->incoming)
        gx_rule_break(r, event->xml, "bpmn.rule.no_incoming", (gx_text){"", 0});
    if (refused)
        refuse_trigger(r, event->xml, "bpmn.rule.end_result", refused);
    if (triggers & GX_RULE_CANCEL && !gx_rule_is_within(event->xml, "transaction"))
        gx_rule_break(r, event->xml, "bpmn.rule.end_cancel", (gx_text){"", 0});
}

/* The handler of a compensation stands at the other end of an association. */
static void check_compensation(gx_rules *r, gx_rule_item *event)
{
    bool has_handler = false;
    if (event->outgoing)
        gx_rule_break(r, event->xml, "bpmn.rule.compensation_outgoing", (gx_text){"", 0});
    for (uint32_t i = 0; i < r->count; i++) {
        const gx_xml *association = r->items[i].xml;
        if (!gx_rule_is(association, "association") ||
            gx_rule_find_attribute(r, association, "sourceRef") != event)
            continue;
        const gx_rule_item *handler = gx_rule_find_attribute(r, association, "targetRef");
        if (handler && handler->kind & GX_RULE_ARTIFACT)
            continue; /* a note */
        has_handler = true;
        if (!handler || !(handler->kind & GX_RULE_ACTIVITY) ||
            !gx_rule_is_true(gx_xml_attribute_of(handler->xml, "isForCompensation")))
            gx_rule_break(r, event->xml, "bpmn.rule.compensation_activity",
                          handler ? gx_rule_describe(r, handler->xml)
                                  : gx_xml_attribute_of(association, "targetRef"));
    }
    if (!has_handler)
        gx_rule_break(r, event->xml, "bpmn.rule.compensation_handler", (gx_text){"", 0});
}

static void check_boundary(gx_rules *r, gx_rule_item *event, uint32_t triggers)
{
    gx_text cancel = gx_xml_attribute_of(event->xml, "cancelActivity");
    bool is_interrupting = !cancel.size || gx_rule_is_true(cancel);
    uint32_t refused = triggers & (GX_RULE_LINK | GX_RULE_TERMINATE);
    if (!is_interrupting)
        refused |= triggers & (GX_RULE_CANCEL | GX_RULE_ERROR | GX_RULE_COMPENSATION);
    /* Compensation neither interrupts nor lets go on: its activity is over. Editors write
     * cancelActivity="false" as well as "true". */
    if (!triggers || refused)
        refuse_trigger(r, event->xml, "bpmn.rule.boundary_trigger", refused);
    if (event->incoming)
        gx_rule_break(r, event->xml, "bpmn.rule.boundary_incoming", (gx_text){"", 0});
    const gx_rule_item *activity = gx_rule_find_attribute(r, event->xml, "attachedToRef");
    if (triggers & GX_RULE_CANCEL && activity && !gx_rule_is(activity->xml, "transaction"))
        gx_rule_break(r, event->xml, "bpmn.rule.boundary_cancel", (gx_text){"", 0});
    if (triggers == GX_RULE_COMPENSATION)
        check_compensation(r, event);
    else if (!event->outgoing)
        gx_rule_break(r, event->xml, "bpmn.rule.boundary_outgoing", (gx_text){"", 0});
}

static bool has_link(gx_rules *r, const gx_xml *level, const char *kind, gx_text name)
{
    for (const gx_xml *at = gx_rule_child(level, kind); at; at = gx_rule_next(at, kind)) {
        const gx_xml *link = gx_rule_child(at, "linkEventDefinition");
        const gx_rule_item *named = gx_rule_find_content(r, gx_rule_child(at, "eventDefinitionRef"));
        if (!link && named && gx_rule_is(named->xml, "linkEventDefinition"))
            link = named->xml;
        if (link && gx_text_equal(gx_xml_attribute_of(link, "name"), name))
            return true;
    }
    return false;
}

static void check_intermediate(gx_rules *r, gx_rule_item *event, uint32_t triggers)
{
    bool catches = gx_rule_is(event->xml, "intermediateCatchEvent"), is_link = triggers & GX_RULE_LINK;
    bool is_free = gx_rule_is(event->xml->parent, "adHocSubProcess");
    uint32_t refused = catches
                           ? triggers & ~(uint32_t)(GX_RULE_MESSAGE | GX_RULE_TIMER | GX_RULE_SIGNAL |
                                                    GX_RULE_CONDITION | GX_RULE_LINK)
                           : triggers & ~(uint32_t)(GX_RULE_MESSAGE | GX_RULE_SIGNAL | GX_RULE_ESCALATION |
                                                    GX_RULE_COMPENSATION | GX_RULE_LINK);
    if (refused || (catches && !triggers))
        refuse_trigger(r, event->xml, catches ? "bpmn.rule.catch_trigger" : "bpmn.rule.throw_trigger",
                       refused);
    if (!event->incoming && !(catches && is_link) && !is_free)
        gx_rule_break(r, event->xml, "bpmn.rule.intermediate_incoming", (gx_text){"", 0});
    if (!event->outgoing && !(!catches && is_link) && !is_free)
        gx_rule_break(r, event->xml, "bpmn.rule.intermediate_outgoing", (gx_text){"", 0});
    if (!is_link)
        return;
    const gx_xml *link = gx_rule_child(event->xml, "linkEventDefinition");
    const gx_rule_item *named = gx_rule_find_content(r, gx_rule_child(event->xml, "eventDefinitionRef"));
    gx_text name = gx_xml_attribute_of(link ? link : named ? named->xml : event->xml, "name");
    if (catches && event->incoming)
        gx_rule_break(r, event->xml, "bpmn.rule.link_incoming", (gx_text){"", 0});
    if (!catches && event->outgoing)
        gx_rule_break(r, event->xml, "bpmn.rule.link_outgoing", (gx_text){"", 0});
    if (catches && !has_link(r, event->xml->parent, "intermediateThrowEvent", name))
        gx_rule_break(r, event->xml, "bpmn.rule.link_source", name);
    if (!catches && !has_link(r, event->xml->parent, "intermediateCatchEvent", name))
        gx_rule_break(r, event->xml, "bpmn.rule.link_target", name);
}

/* ---- Definitions ---- */

static void check_definition(gx_rules *r, gx_rule_item *event, const gx_xml *definition)
{
    bool throws = gx_rule_is(event->xml, "endEvent") || gx_rule_is(event->xml, "intermediateThrowEvent");
    bool has_own_way = !r->is_strict && (gx_rule_is_extended(event->xml) ||
                                         gx_rule_is_extended(definition)); /* a job of some engine sends it */
    if (gx_rule_is(definition, "messageEventDefinition") && event->is_executable && !has_own_way) {
        if (!gx_xml_attribute_of(definition, "messageRef").size)
            gx_rule_break(r, event->xml, "bpmn.rule.message_ref", (gx_text){"", 0});
        if (!gx_xml_attribute_of(definition, "operationRef").size &&
            !gx_rule_child(definition, "operationRef"))
            gx_rule_break(r, event->xml, "bpmn.rule.message_operation", (gx_text){"", 0});
    }
    if (gx_rule_is(definition, "escalationEventDefinition") && throws && event->is_executable) {
        const gx_rule_item *escalation = gx_rule_find_attribute(r, definition, "escalationRef");
        if (!escalation || !gx_xml_attribute_of(escalation->xml, "escalationCode").size)
            gx_rule_break(r, event->xml, "bpmn.rule.escalation_code", (gx_text){"", 0});
    }
    if (gx_rule_is(definition, "timerEventDefinition") && gx_rule_count(definition, "timeDate") +
                                                                  gx_rule_count(definition, "timeCycle") +
                                                                  gx_rule_count(definition, "timeDuration") >
                                                              1)
        gx_rule_break(r, event->xml, "bpmn.rule.timer_several", (gx_text){"", 0});
    if (gx_rule_is(definition, "conditionalEventDefinition") && event->is_executable &&
        !gx_rule_child(definition, "condition"))
        gx_rule_break(r, event->xml, "bpmn.rule.condition_missing", (gx_text){"", 0});
}

/* The item definition of what an event definition carries; empty for none. */
static gx_text payload(gx_rules *r, const gx_xml *definition)
{
    static const char *const rows[][3] = {{"messageEventDefinition", "messageRef", "itemRef"},
                                          {"signalEventDefinition", "signalRef", "structureRef"},
                                          {"errorEventDefinition", "errorRef", "structureRef"},
                                          {"escalationEventDefinition", "escalationRef", "structureRef"}};
    for (size_t i = 0; i < GX_COUNT_OF(rows); i++) {
        const gx_rule_item *root =
            gx_rule_is(definition, rows[i][0]) ? gx_rule_find_attribute(r, definition, rows[i][1]) : NULL;
        if (root)
            return gx_xml_attribute_of(root->xml, rows[i][2]);
    }
    return (gx_text){"", 0};
}

/* Data of an event belongs to its definitions in their order. */
static void check_event_data(gx_rules *r, gx_rule_item *event, uint32_t definitions)
{
    const char *kind = gx_rule_is(event->xml, "endEvent") || gx_rule_is(event->xml, "intermediateThrowEvent")
                           ? "dataInput"
                           : "dataOutput";
    uint32_t count = gx_rule_count(event->xml, kind);
    if (count == 0 || definitions == 0)
        return;
    if (count != definitions) {
        gx_rule_break(r, event->xml, "bpmn.rule.event_data_count",
                      gx_format(r->arena, "%s %u : %u", kind, count, definitions));
        return;
    }
    const gx_xml *data = gx_rule_child(event->xml, kind);
    for (const gx_xml *child = event->xml->first; child && data; child = child->next) {
        const gx_rule_item *named =
            gx_rule_is(child, "eventDefinitionRef") ? gx_rule_find_content(r, child) : NULL;
        const gx_xml *definition = named ? named->xml : child;
        if (!(gx_rule_kind(definition) & GX_RULE_DEFINITION))
            continue;
        if (!gx_rule_same_item(r, gx_xml_attribute_of(data, "itemSubjectRef"), payload(r, definition)))
            gx_rule_break(r, event->xml, "bpmn.rule.event_data_item", gx_xml_attribute_of(data, "id"));
        data = gx_rule_next(data, kind);
    }
}

void gx_rule_event(gx_rules *r, gx_rule_item *event)
{
    uint32_t definitions = 0, triggers = gx_rule_triggers(r, event->xml, &definitions);
    for (const gx_xml *child = event->xml->first; child; child = child->next) {
        const gx_rule_item *named =
            gx_rule_is(child, "eventDefinitionRef") ? gx_rule_find_content(r, child) : NULL;
        if (named && gx_rule_kind(named->xml->parent) & GX_RULE_EVENT)
            gx_rule_break(r, event->xml, "bpmn.rule.definition_reused", gx_rule_describe(r, named->xml));
        check_definition(r, event, named ? named->xml : child);
    }
    check_event_data(r, event, definitions);
    if (!event->process)
        return; /* events of a choreography have rules of their own */
    if (gx_rule_is(event->xml, "startEvent"))
        check_start(r, event, triggers);
    else if (gx_rule_is(event->xml, "endEvent"))
        check_end(r, event, triggers);
    else if (gx_rule_is(event->xml, "boundaryEvent"))
        check_boundary(r, event, triggers);
    else
        check_intermediate(r, event, triggers);
}

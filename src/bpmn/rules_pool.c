/* Collaborations, message flows, choreographies, and texts. */
#include "bpmn/rules.h"

/* The process that an end of a message flow belongs to: its own, or the one behind a participant; the
 * participant itself where it has none. */
static const gx_xml *pool_of(gx_rules *r, const gx_rule_item *end)
{
    if (!gx_rule_is(end->xml, "participant"))
        return end->process;
    const gx_rule_item *process = gx_rule_find_attribute(r, end->xml, "processRef");
    return process ? process->xml : end->xml;
}

static void check_message_end(gx_rules *r, const gx_rule_item *end, gx_text flow, bool is_source)
{
    bool carries = gx_rule_triggers(r, end->xml, NULL) & GX_RULE_MESSAGE;
    if (gx_rule_is(end->xml, "startEvent") && is_source)
        gx_rule_break(r, end->xml, "bpmn.rule.start_message_source", flow);
    else if (gx_rule_is(end->xml, "startEvent") && !carries)
        gx_rule_break(r, end->xml, "bpmn.rule.start_message_target", flow);
    else if (gx_rule_is(end->xml, "endEvent") && !is_source)
        gx_rule_break(r, end->xml, "bpmn.rule.end_message_target", flow);
    else if (gx_rule_is(end->xml, "endEvent") && !carries)
        gx_rule_break(r, end->xml, "bpmn.rule.end_message_source", flow);
    else if (gx_rule_is(end->xml, is_source ? "intermediateCatchEvent" : "intermediateThrowEvent"))
        gx_rule_break(r, end->xml, "bpmn.rule.message_direction", flow);
}

static void check_message_flow(gx_rules *r, gx_rule_item *flow)
{
    const gx_rule_item *source = gx_rule_find_attribute(r, flow->xml, "sourceRef"),
                       *target = gx_rule_find_attribute(r, flow->xml, "targetRef");
    if (source && source->kind & GX_RULE_ARTIFACT)
        gx_rule_break(r, flow->xml, "bpmn.rule.message_flow_artifact", gx_rule_describe(r, source->xml));
    if (target && target->kind & GX_RULE_ARTIFACT)
        gx_rule_break(r, flow->xml, "bpmn.rule.message_flow_artifact", gx_rule_describe(r, target->xml));
    if (source)
        check_message_end(r, source, flow->id, true);
    if (target)
        check_message_end(r, target, flow->id, false);
    if (!source || !target || (source->kind | target->kind) & GX_RULE_ARTIFACT)
        return;
    const gx_xml *from = pool_of(r, source), *to = pool_of(r, target);
    if (from && from == to)
        gx_rule_break(r, flow->xml, "bpmn.rule.message_flow_pool", (gx_text){"", 0});
}

static void check_multiplicity(gx_rules *r, const gx_xml *multiplicity)
{
    int64_t minimum = 0, maximum = 1;
    gx_text least = gx_xml_attribute_of(multiplicity, "minimum"),
            most = gx_xml_attribute_of(multiplicity, "maximum");
    if (least.size && !gx_text_to_int(least, &minimum))
        return; /* no integer: the schema's matter */
    if (minimum < 0)
        gx_rule_break(r, multiplicity->parent, "bpmn.rule.multiplicity_minimum", (gx_text){"", 0});
    if (most.size && gx_text_to_int(most, &maximum) && (maximum < 1 || maximum < minimum))
        gx_rule_break(r, multiplicity->parent, "bpmn.rule.multiplicity_maximum", (gx_text){"", 0});
}

static void check_global_conversation(gx_rules *r, const gx_xml *conversation)
{
    static const char *const refused[] = {"conversation", "subConversation", "callConversation",
                                          "messageFlow",  "association",     "conversationAssociation",
                                          "group",        "textAnnotation"};
    for (const gx_xml *child = conversation->first; child; child = child->next)
        for (size_t i = 0; i < GX_COUNT_OF(refused); i++)
            if (gx_rule_is(child, refused[i]))
                gx_rule_break(r, conversation, "bpmn.rule.global_conversation", gx_rule_describe(r, child));
}

static void check_choreography_refs(gx_rules *r, const gx_xml *collaboration)
{
    bool may_not =
        gx_rule_is(collaboration, "choreography") || gx_rule_is(collaboration, "globalConversation");
    for (const gx_xml *at = gx_rule_child(collaboration, "choreographyRef"); at;
         at = gx_rule_next(at, "choreographyRef")) {
        const gx_rule_item *choreography = gx_rule_find_content(r, at);
        if (may_not)
            gx_rule_break(r, collaboration, "bpmn.rule.choreography_ref", (gx_text){"", 0});
        else if (choreography && gx_rule_is_true(gx_xml_attribute_of(collaboration, "isClosed")) !=
                                     gx_rule_is_true(gx_xml_attribute_of(choreography->xml, "isClosed")))
            gx_rule_break(r, collaboration, "bpmn.rule.closed", choreography->id);
    }
}

void gx_rule_pool(gx_rules *r, gx_rule_item *item)
{
    const gx_xml *xml = item->xml;
    gx_text format = gx_xml_attribute_of(xml, "textFormat");
    if (format.size && !gx_rule_is_mime(format))
        gx_rule_break(r, xml, "bpmn.rule.mime", format);
    if (gx_rule_is(xml, "messageFlow"))
        check_message_flow(r, item);
    if (gx_rule_is(xml, "participantMultiplicity"))
        check_multiplicity(r, xml);
    if (gx_rule_is(xml, "globalConversation"))
        check_global_conversation(r, xml);
    if (item->kind & GX_RULE_COLLABORATION)
        check_choreography_refs(r, xml);
    if (gx_rule_is(xml, "process") && item->is_executable &&
        gx_text_equal(gx_xml_attribute_of(xml, "processType"), GX_TEXT("Public")))
        gx_rule_break(r, xml, "bpmn.rule.public_executable", (gx_text){"", 0});
}

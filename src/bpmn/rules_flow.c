/* Sequence flows, gateways, and what the nodes of a level need of each other. */
#include "bpmn/rules.h"

static bool lists(gx_rules *r, const gx_xml *node, const char *name, gx_text id)
{
    for (const gx_xml *at = gx_rule_child(node, name); at; at = gx_rule_next(at, name)) {
        gx_text rest, first = gx_text_cut(gx_rule_content(r, at), ':', &rest);
        if (gx_text_equal(rest.bytes ? rest : first, id))
            return true;
    }
    return false;
}

static bool is_event_sub(const gx_rule_item *item)
{
    return (item->kind & GX_RULE_SUB_PROCESS) &&
           gx_rule_is_true(gx_xml_attribute_of(item->xml, "triggeredByEvent"));
}

static void check_sequence_flow(gx_rules *r, gx_rule_item *flow)
{
    const gx_rule_item *source = gx_rule_find_attribute(r, flow->xml, "sourceRef"),
                       *target = gx_rule_find_attribute(r, flow->xml, "targetRef");
    gx_text immediate = gx_xml_attribute_of(flow->xml, "isImmediate");
    if (flow->is_executable && immediate.size && !gx_rule_is_true(immediate))
        gx_rule_break(r, flow->xml, "bpmn.rule.flow_immediate", (gx_text){"", 0});
    if (source && source->kind & GX_RULE_ARTIFACT)
        gx_rule_break(r, flow->xml, "bpmn.rule.flow_artifact", gx_rule_describe(r, source->xml));
    if (target && target->kind & GX_RULE_ARTIFACT)
        gx_rule_break(r, flow->xml, "bpmn.rule.flow_artifact", gx_rule_describe(r, target->xml));
    if (!source || !target || !(source->kind & GX_RULE_NODE) || !(target->kind & GX_RULE_NODE))
        return;
    if (source->xml->parent != target->xml->parent)
        gx_rule_break(r, flow->xml, "bpmn.rule.flow_crosses", (gx_text){"", 0});
    if (r->lists_flows && !lists(r, source->xml, "outgoing", flow->id))
        gx_rule_break(r, flow->xml, "bpmn.rule.flow_unlisted", gx_rule_describe(r, source->xml));
    if (r->lists_flows && !lists(r, target->xml, "incoming", flow->id))
        gx_rule_break(r, flow->xml, "bpmn.rule.flow_unlisted", gx_rule_describe(r, target->xml));
    if (gx_rule_child(flow->xml, "conditionExpression") && source->kind & GX_RULE_ACTIVITY &&
        source->outgoing == 1)
        gx_rule_break(r, flow->xml, "bpmn.rule.flow_condition_alone", gx_rule_describe(r, source->xml));
}

static void check_direction(gx_rules *r, gx_rule_item *gateway)
{
    gx_text direction = gx_xml_attribute_of(gateway->xml, "gatewayDirection");
    if (gx_text_equal(direction, GX_TEXT("Converging")) && gateway->outgoing > 1)
        gx_rule_break(r, gateway->xml, "bpmn.rule.gateway_converging", (gx_text){"", 0});
    if (gx_text_equal(direction, GX_TEXT("Diverging")) && gateway->incoming > 1)
        gx_rule_break(r, gateway->xml, "bpmn.rule.gateway_diverging", (gx_text){"", 0});
    if (gx_text_equal(direction, GX_TEXT("Mixed")) && (gateway->incoming < 2 || gateway->outgoing < 2))
        gx_rule_break(r, gateway->xml, "bpmn.rule.gateway_mixed", (gx_text){"", 0});
    if (gateway->incoming < 2 && gateway->outgoing < 2)
        gx_rule_break(r, gateway->xml, "bpmn.rule.gateway_single", (gx_text){"", 0});
}

static bool has_boundary(const gx_rule_item *activity)
{
    for (const gx_xml *at = gx_rule_child(activity->xml->parent, "boundaryEvent"); at;
         at = gx_rule_next(at, "boundaryEvent"))
        if (gx_text_equal(gx_xml_attribute_of(at, "attachedToRef"), activity->id))
            return true;
    return false;
}

static void check_event_gateway(gx_rules *r, gx_rule_item *gateway)
{
    bool has_message = false, has_receive = false;
    if (gateway->outgoing < 2)
        gx_rule_break(r, gateway->xml, "bpmn.rule.event_gateway_out", (gx_text){"", 0});
    if (gateway->incoming && gx_rule_is_true(gx_xml_attribute_of(gateway->xml, "instantiate")))
        gx_rule_break(r, gateway->xml, "bpmn.rule.event_gateway_instantiating", (gx_text){"", 0});
    for (const gx_rule_item *flow = gateway->first_out; flow; flow = flow->next_out) {
        const gx_rule_item *target = gx_rule_find_attribute(r, flow->xml, "targetRef");
        if (gx_rule_child(flow->xml, "conditionExpression"))
            gx_rule_break(r, gateway->xml, "bpmn.rule.event_gateway_condition", flow->id);
        if (!target)
            continue;
        const uint32_t allowed = GX_RULE_MESSAGE | GX_RULE_TIMER | GX_RULE_SIGNAL | GX_RULE_CONDITION;
        uint32_t triggers = gx_rule_triggers(r, target->xml, NULL);
        bool catches = gx_rule_is(target->xml, "intermediateCatchEvent"),
             receives = gx_rule_is(target->xml, "receiveTask");
        if (!receives && !(catches && triggers && !(triggers & ~allowed)))
            gx_rule_break(r, gateway->xml, "bpmn.rule.event_gateway_target",
                          gx_rule_describe(r, target->xml));
        if (receives && has_boundary(target))
            gx_rule_break(r, gateway->xml, "bpmn.rule.event_gateway_boundary",
                          gx_rule_describe(r, target->xml));
        if (target->incoming > 1)
            gx_rule_break(r, gateway->xml, "bpmn.rule.event_gateway_shared",
                          gx_rule_describe(r, target->xml));
        has_message |= catches && triggers & GX_RULE_MESSAGE;
        has_receive |= receives;
    }
    if (has_message && has_receive)
        gx_rule_break(r, gateway->xml, "bpmn.rule.event_gateway_mix", (gx_text){"", 0});
}

static bool is_link(gx_rules *r, const gx_rule_item *item, const char *kind)
{
    return gx_rule_is(item->xml, kind) && gx_rule_triggers(r, item->xml, NULL) & GX_RULE_LINK;
}

/* With a start event on a level, whatever else stands there is reached by flows; with an end event, it leads
 * on by flows. */
static void check_reached(gx_rules *r, gx_rule_item *node)
{
    const gx_xml *level = node->xml->parent;
    bool stands_apart = gx_rule_is(node->xml, "boundaryEvent") || is_event_sub(node) ||
                        gx_rule_is(level, "adHocSubProcess") ||
                        gx_rule_is_true(gx_xml_attribute_of(node->xml, "isForCompensation"));
    if (!gx_rule_is(level, "process") && !(gx_rule_kind(level) & GX_RULE_SUB_PROCESS))
        return; /* choreographies are not walked */
    bool begins =
        gx_rule_is(node->xml, "startEvent") || gx_rule_is_true(gx_xml_attribute_of(node->xml, "instantiate"));
    bool ends = gx_rule_is(node->xml, "endEvent");
    bool is_told_otherwise =
        gx_rule_is(node->xml, "intermediateThrowEvent") || gx_rule_is(node->xml, "intermediateCatchEvent");
    if (gx_rule_child(level, "startEvent") && !node->incoming && !stands_apart && !begins &&
        !is_link(r, node, "intermediateCatchEvent") && !is_told_otherwise)
        gx_rule_break(r, node->xml, "bpmn.rule.no_incoming", (gx_text){"", 0});
    if (gx_rule_child(level, "endEvent") && !node->outgoing && !stands_apart && !ends &&
        !is_link(r, node, "intermediateThrowEvent") && !is_told_otherwise)
        gx_rule_break(r, node->xml, "bpmn.rule.no_outgoing", (gx_text){"", 0});
}

static bool level_starts(const gx_xml *level)
{
    for (const gx_xml *at = level->first; at; at = at->next)
        if (gx_rule_is(at, "startEvent") || (at->kind == GX_XML_ELEMENT && gx_rule_kind(at) & GX_RULE_NODE &&
                                             gx_rule_is_true(gx_xml_attribute_of(at, "instantiate"))))
            return true;
    return false;
}

static void check_level(gx_rules *r, gx_rule_item *node)
{
    const gx_xml *level = node->xml->parent;
    if (gx_rule_is(node->xml, "endEvent") && gx_rule_child(level, "endEvent") == node->xml &&
        !level_starts(level) && !gx_rule_is(level, "adHocSubProcess"))
        gx_rule_break(r, node->xml, "bpmn.rule.start_missing", (gx_text){"", 0});
    if (gx_rule_is(node->xml, "startEvent") && gx_rule_child(level, "startEvent") == node->xml &&
        !gx_rule_child(level, "endEvent") && !gx_rule_is(level, "adHocSubProcess"))
        gx_rule_break(r, node->xml, "bpmn.rule.end_missing", (gx_text){"", 0});
}

void gx_rule_flow(gx_rules *r, gx_rule_item *item)
{
    if (gx_rule_is(item->xml, "sequenceFlow"))
        check_sequence_flow(r, item);
    if (!(item->kind & GX_RULE_NODE))
        return;
    const gx_rule_item *default_flow = gx_rule_find_attribute(r, item->xml, "default");
    if (default_flow && gx_rule_is(default_flow->xml, "sequenceFlow") &&
        gx_rule_find_attribute(r, default_flow->xml, "sourceRef") != item)
        gx_rule_break(r, item->xml, "bpmn.rule.default_source", default_flow->id);
    if (is_event_sub(item) && item->incoming + item->outgoing > 0)
        gx_rule_break(r, item->xml, "bpmn.rule.flow_event_sub",
                      item->first_in ? item->first_in->id : item->first_out->id);
    if (item->kind & GX_RULE_CHOREOGRAPHY && item->process)
        gx_rule_break(r, item->xml, "bpmn.rule.choreography_inside", (gx_text){"", 0});
    if (gx_rule_is(item->xml, "eventBasedGateway"))
        check_event_gateway(r, item);
    if (item->kind & GX_RULE_GATEWAY)
        check_direction(r, item);
    if (item->process) {
        check_reached(r, item);
        check_level(r, item);
    }
}

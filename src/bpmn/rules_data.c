/* Data objects, inputs and outputs, their sets, and associations between them. */
#include "bpmn/rules.h"

static bool names(gx_rules *r, const gx_xml *set, const char *kind, gx_text id)
{
    for (const gx_xml *at = gx_rule_child(set, kind); at; at = gx_rule_next(at, kind))
        if (gx_text_equal(gx_rule_content(r, at), id))
            return true;
    return false;
}

static void check_collection(gx_rules *r, gx_rule_item *data)
{
    gx_text given = gx_xml_attribute_of(data->xml, "isCollection");
    const gx_rule_item *item = gx_rule_find_attribute(r, data->xml, "itemSubjectRef");
    if (!item || !gx_rule_is(item->xml, "itemDefinition"))
        return;
    bool is_collection = gx_rule_is_true(gx_xml_attribute_of(item->xml, "isCollection"));
    if (gx_rule_is_true(given) != is_collection)
        gx_rule_break(r, data->xml, "bpmn.rule.collection", item->id);
}

/* "Order [paid]": the object's name and the state. */
static void check_reference_name(gx_rules *r, gx_rule_item *reference)
{
    const gx_rule_item *object = gx_rule_find_attribute(r, reference->xml, "dataObjectRef");
    const gx_xml *state = gx_rule_child(reference->xml, "dataState");
    gx_text name = gx_xml_attribute_of(reference->xml, "name");
    gx_text own = object ? gx_xml_attribute_of(object->xml, "name") : (gx_text){"", 0};
    if (!object || !state || !name.size || !own.size)
        return;
    gx_text wanted =
        gx_format(r->arena, "%.*s [%.*s]", GX_PRINT(own), GX_PRINT(gx_xml_attribute_of(state, "name")));
    if (!gx_text_equal(name, wanted))
        gx_rule_break(r, reference->xml, "bpmn.rule.data_name", wanted);
}

static void check_property(gx_rules *r, const gx_xml *property)
{
    const gx_xml *owner = property->parent;
    if (!gx_rule_is(owner, "process") && !(gx_rule_kind(owner) & (GX_RULE_ACTIVITY | GX_RULE_EVENT)))
        gx_rule_break(r, property, "bpmn.rule.property_place", (gx_text){"", 0});
}

/* ---- Sets ---- */

static void check_subset(gx_rules *r, const gx_xml *set, const char *part, const char *whole)
{
    for (const gx_xml *at = gx_rule_child(set, part); at; at = gx_rule_next(at, part)) {
        gx_text id = gx_rule_content(r, at);
        if (!names(r, set, whole, id))
            gx_rule_break(r, set, "bpmn.rule.set_subset", id);
    }
}

static void check_mutual(gx_rules *r, gx_rule_item *set, const char *own, const char *other)
{
    for (const gx_xml *at = gx_rule_child(set->xml, own); at; at = gx_rule_next(at, own)) {
        const gx_rule_item *named = gx_rule_find_content(r, at);
        if (named && !names(r, named->xml, other, set->id))
            gx_rule_break(r, set->xml, "bpmn.rule.set_mutual", named->id);
    }
}

static void check_listed(gx_rules *r, gx_rule_item *data, const char *set_kind, const char *reference)
{
    const gx_xml *io = data->xml->parent;
    bool is_event = gx_rule_kind(io) & GX_RULE_EVENT;
    if (is_event && !gx_rule_child(io, set_kind))
        return; /* the set of an event may be left out */
    for (const gx_xml *set = gx_rule_child(io, set_kind); set; set = gx_rule_next(set, set_kind))
        if (names(r, set, reference, data->id))
            return;
    gx_rule_break(r, data->xml, "bpmn.rule.data_unlisted", (gx_text){"", 0});
}

/* ---- Associations ---- */

/* The item definition of an end of an association; a reference has that of its object. */
static gx_text item_of(gx_rules *r, const gx_rule_item *end)
{
    if (!end)
        return (gx_text){"", 0};
    if (gx_rule_is(end->xml, "dataObjectReference"))
        return item_of(r, gx_rule_find_attribute(r, end->xml, "dataObjectRef"));
    return gx_xml_attribute_of(end->xml, "itemSubjectRef");
}

static bool is_of_process(const gx_rule_item *data, const char *kind)
{
    return data && gx_rule_is(data->xml, kind) && data->xml->parent &&
           gx_rule_is(data->xml->parent->parent, "process");
}

static void check_association(gx_rules *r, const gx_xml *association)
{
    const gx_rule_item *source = gx_rule_find_content(r, gx_rule_child(association, "sourceRef"));
    const gx_rule_item *target = gx_rule_find_content(r, gx_rule_child(association, "targetRef"));
    if (is_of_process(target, "dataInput"))
        gx_rule_break(r, association, "bpmn.rule.process_input", target->id);
    if (is_of_process(source, "dataOutput"))
        gx_rule_break(r, association, "bpmn.rule.process_output", source->id);
    if (gx_rule_child(association, "transformation"))
        return;
    if (gx_rule_count(association, "sourceRef") > 1)
        gx_rule_break(r, association, "bpmn.rule.association_sources", (gx_text){"", 0});
    gx_text from = item_of(r, source), to = item_of(r, target);
    bool assigns = gx_rule_child(association, "assignment") || gx_rule_is_extended(association) ||
                   gx_rule_is_extended(association->parent);
    if (!assigns && source && target && !gx_rule_same_item(r, from, to))
        gx_rule_break(r, association, "bpmn.rule.association_item",
                      gx_format(r->arena, "%.*s, %.*s", GX_PRINT(from), GX_PRINT(to)));
}

/* ---- What is offered as a service ---- */

static void check_service_end(gx_rules *r, const gx_xml *binding, const char *attribute,
                              const gx_xml *message_ref)
{
    const gx_rule_item *data = gx_rule_find_attribute(r, binding, attribute),
                       *message = gx_rule_find_content(r, message_ref);
    if (data && gx_rule_is(data->xml, "inputSet"))
        data = gx_rule_find_content(r, gx_rule_child(data->xml, "dataInputRefs"));
    else if (data && gx_rule_is(data->xml, "outputSet"))
        data = gx_rule_find_content(r, gx_rule_child(data->xml, "dataOutputRefs"));
    if (data && message &&
        !gx_rule_same_item(r, gx_xml_attribute_of(data->xml, "itemSubjectRef"),
                           gx_xml_attribute_of(message->xml, "itemRef")))
        gx_rule_break(r, binding, "bpmn.rule.service_item", data->id);
}

static void check_service(gx_rules *r, const gx_xml *callable)
{
    if (gx_rule_child(callable, "supportedInterfaceRef") && !gx_rule_child(callable, "ioBinding"))
        gx_rule_break(r, callable, "bpmn.rule.service_binding", (gx_text){"", 0});
    for (const gx_xml *binding = gx_rule_child(callable, "ioBinding"); binding;
         binding = gx_rule_next(binding, "ioBinding")) {
        const gx_rule_item *operation = gx_rule_find_attribute(r, binding, "operationRef");
        if (!operation)
            continue;
        check_service_end(r, binding, "inputDataRef", gx_rule_child(operation->xml, "inMessageRef"));
        check_service_end(r, binding, "outputDataRef", gx_rule_child(operation->xml, "outMessageRef"));
    }
}

void gx_rule_data(gx_rules *r, gx_rule_item *item)
{
    const gx_xml *xml = item->xml;
    if (item->kind & GX_RULE_CALLABLE)
        check_service(r, xml);
    if (item->kind & GX_RULE_DATA)
        check_collection(r, item);
    if (gx_rule_is(xml, "dataObjectReference"))
        check_reference_name(r, item);
    else if (gx_rule_is(xml, "property"))
        check_property(r, xml);
    else if (gx_rule_is(xml, "dataInput"))
        check_listed(r, item, "inputSet", "dataInputRefs");
    else if (gx_rule_is(xml, "dataOutput"))
        check_listed(r, item, "outputSet", "dataOutputRefs");
    else if (gx_rule_is(xml, "inputSet")) {
        check_subset(r, xml, "optionalInputRefs", "dataInputRefs");
        check_subset(r, xml, "whileExecutingInputRefs", "dataInputRefs");
        check_mutual(r, item, "outputSetRefs", "inputSetRefs");
    } else if (gx_rule_is(xml, "outputSet")) {
        check_subset(r, xml, "optionalOutputRefs", "dataOutputRefs");
        check_subset(r, xml, "whileExecutingOutputRefs", "dataOutputRefs");
        check_mutual(r, item, "inputSetRefs", "outputSetRefs");
    } else if (gx_rule_is(xml, "dataInputAssociation") || gx_rule_is(xml, "dataOutputAssociation"))
        check_association(r, xml);
}

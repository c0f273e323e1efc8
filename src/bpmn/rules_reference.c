/* What a reference may point to: attribute or child element -> kinds of elements. A reference whose prefix is
 * bound to another namespace than the document's own points into an imported document and is left alone. */
#include "bpmn/rules.h"

#include <string.h>

/* `kinds` (a set) or `names` (a list parted by blanks) of what may be meant. */
typedef struct reference {
    const char *owner; /* NULL: any element */
    const char *name;
    uint32_t kinds;
    const char *names;
} reference;

static const reference attributes[] = {
    {"sequenceFlow", "sourceRef", GX_RULE_NODE | GX_RULE_ARTIFACT, ""}, /* artifacts: a rule of its own */
    {"sequenceFlow", "targetRef", GX_RULE_NODE | GX_RULE_ARTIFACT, ""},
    {"messageFlow", "sourceRef", GX_RULE_NODE | GX_RULE_ARTIFACT,
     "participant conversation subConversation callConversation"},
    {"messageFlow", "targetRef", GX_RULE_NODE | GX_RULE_ARTIFACT,
     "participant conversation subConversation callConversation"},
    {"message", "itemRef", 0, "itemDefinition"},
    {NULL, "itemSubjectRef", 0, "itemDefinition"},
    {"signal", "structureRef", 0, "itemDefinition"},
    {"error", "structureRef", 0, "itemDefinition"},
    {"escalation", "structureRef", 0, "itemDefinition"},
    {NULL, "default", 0, "sequenceFlow"},
    {"participant", "processRef", 0, "process"},
    {NULL, "operationRef", 0, "operation"},
    {NULL, "messageRef", 0, "message"},
    {NULL, "signalRef", 0, "signal"},
    {NULL, "errorRef", 0, "error"},
    {NULL, "escalationRef", 0, "escalation"},
    {"compensateEventDefinition", "activityRef", GX_RULE_ACTIVITY, ""},
    {"boundaryEvent", "attachedToRef", GX_RULE_ACTIVITY, ""},
    {"process", "definitionalCollaborationRef", GX_RULE_COLLABORATION, ""},
    {"dataObjectReference", "dataObjectRef", 0, "dataObject"},
    {"dataStoreReference", "dataStoreRef", 0, "dataStore"},
    {"group", "categoryValueRef", 0, "categoryValue"},
    {"correlationSubscription", "correlationKeyRef", 0, "correlationKey"},
    {"correlationPropertyBinding", "correlationPropertyRef", 0, "correlationProperty"},
    {"resourceParameterBinding", "parameterRef", 0, "resourceParameter"},
    {"ioBinding", "inputDataRef", 0, "dataInput inputSet"},
    {"ioBinding", "outputDataRef", 0, "dataOutput outputSet"},
    {"callConversation", "calledCollaborationRef", GX_RULE_COLLABORATION, ""},
};

static const reference children[] = {
    {"participant", "interfaceRef", 0, "interface"},
    {NULL, "supportedInterfaceRef", 0, "interface"},
    {"partnerEntity", "participantRef", 0, "participant"},
    {"partnerRole", "participantRef", 0, "participant"},
    {"messageEventDefinition", "operationRef", 0, "operation"},
    {"inputSet", "dataInputRefs", 0, "dataInput"},
    {"inputSet", "optionalInputRefs", 0, "dataInput"},
    {"inputSet", "whileExecutingInputRefs", 0, "dataInput"},
    {"inputSet", "outputSetRefs", 0, "outputSet"},
    {"outputSet", "dataOutputRefs", 0, "dataOutput"},
    {"outputSet", "optionalOutputRefs", 0, "dataOutput"},
    {"outputSet", "whileExecutingOutputRefs", 0, "dataOutput"},
    {"outputSet", "inputSetRefs", 0, "inputSet"},
    {"dataInputAssociation", "sourceRef", GX_RULE_DATA, ""},
    {"dataInputAssociation", "targetRef", GX_RULE_DATA, ""},
    {"dataOutputAssociation", "sourceRef", GX_RULE_DATA, ""},
    {"dataOutputAssociation", "targetRef", GX_RULE_DATA, ""},
    {NULL, "eventDefinitionRef", GX_RULE_DEFINITION, ""},
    {"linkEventDefinition", "source", 0, "linkEventDefinition"},
    {"linkEventDefinition", "target", 0, "linkEventDefinition"},
    {"correlationKey", "correlationPropertyRef", 0, "correlationProperty"},
    {"operation", "inMessageRef", 0, "message"},
    {"operation", "outMessageRef", 0, "message"},
    {"operation", "errorRef", 0, "error"},
    {"lane", "flowNodeRef", GX_RULE_NODE, "dataObjectReference dataStoreReference dataObject subProcess"},
};

static bool is_one_of(gx_text name, const char *names)
{
    gx_text rest = gx_text_of(names);
    while (rest.size) {
        gx_text one = gx_text_cut(rest, ' ', &rest);
        if (gx_text_equal(one, name))
            return true;
    }
    return false;
}

static bool is_external(gx_rules *r, const gx_xml *at, gx_text value)
{
    gx_text rest, prefix = gx_text_cut(value, ':', &rest);
    if (!rest.bytes)
        return false;
    gx_text ns = gx_xml_namespace(at, prefix);
    return !gx_text_equal(ns, gx_xml_attribute_of(r->definitions, "targetNamespace"));
}

static void check(gx_rules *r, const gx_xml *at, const reference *rule, gx_text value)
{
    gx_text trimmed = gx_text_trim(value);
    if (!trimmed.size || is_external(r, at, trimmed))
        return;
    gx_rule_item *found = gx_rule_find(r, trimmed);
    gx_text detail = gx_format(r->arena, "%s=%.*s", rule->name, GX_PRINT(trimmed));
    bool names_type = gx_text_equal(
        gx_text_of(rule->name), GX_TEXT("structureRef")); /* perhaps of a schema, as many tools write it */
    if (!found && !names_type)
        gx_rule_break(r, at, "bpmn.rule.ref_missing", detail);
    else if (found && !(found->kind & rule->kinds) && !is_one_of(found->xml->name, rule->names))
        gx_rule_break(r, at, "bpmn.rule.ref_kind",
                      gx_format(r->arena, "%.*s (%.*s)", GX_PRINT(detail), GX_PRINT(found->xml->name)));
}

void gx_rule_reference(gx_rules *r, gx_rule_item *item)
{
    for (size_t i = 0; i < GX_COUNT_OF(attributes); i++) {
        const reference *rule = &attributes[i];
        if (rule->owner ? gx_text_equal(item->xml->name, gx_text_of(rule->owner)) : true)
            check(r, item->xml, rule, gx_xml_attribute_of(item->xml, rule->name));
    }
    for (const gx_xml *child = item->xml->first; child; child = child->next) {
        for (size_t i = 0; i < GX_COUNT_OF(children) && child->kind == GX_XML_ELEMENT; i++) {
            const reference *rule = &children[i];
            if (gx_rule_is(child, rule->name) &&
                (!rule->owner || gx_text_equal(item->xml->name, gx_text_of(rule->owner))))
                check(r, item->xml, rule, gx_xml_content(r->arena, child));
        }
    }
}

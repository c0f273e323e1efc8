/* Activities, their loops, resources and scripts, and expressions anywhere. */
#include "bpmn/rules.h"

#define XSI_NS "http://www.w3.org/2001/XMLSchema-instance"

static void check_quantity(gx_rules *r, const gx_xml *activity, const char *name)
{
    gx_text text = gx_xml_attribute_of(activity, name);
    int64_t number = 1;
    if (text.size && (!gx_text_to_int(text, &number) || number < 1))
        gx_rule_break(r, activity, "bpmn.rule.quantity",
                      gx_format(r->arena, "%s=%.*s", name, GX_PRINT(text)));
}

/* ---- Resources ---- */

static void check_resources(gx_rules *r, const gx_xml *activity)
{
    static const char *const roles[] = {"performer", "humanPerformer", "potentialOwner", "resourceRole"};
    for (const gx_xml *child = activity->first; child; child = child->next) {
        for (size_t i = 0; i < GX_COUNT_OF(roles); i++) {
            if (!gx_rule_is(child, roles[i]))
                continue;
            bool has_resource = gx_rule_child(child, "resourceRef");
            if (has_resource && gx_rule_child(child, "resourceAssignmentExpression"))
                gx_rule_break(r, child, "bpmn.rule.resource_both", (gx_text){"", 0});
            if (!has_resource && gx_rule_child(child, "resourceParameterBinding"))
                gx_rule_break(r, child, "bpmn.rule.resource_binding", (gx_text){"", 0});
        }
    }
}

/* ---- Loops ---- */

static const gx_xml *data_of(gx_rules *r, const gx_xml *activity, const char *kind, gx_text id)
{
    const gx_xml *io = gx_rule_child(activity, "ioSpecification");
    for (const gx_xml *at = gx_rule_child(io, kind); at; at = gx_rule_next(at, kind))
        if (gx_text_equal(gx_xml_attribute_of(at, "id"), id))
            return at;
    (void)r;
    return NULL;
}

/* One item of a collection: same structure, itself no collection. */
static void check_loop_item(gx_rules *r, const gx_xml *activity, gx_text collection, gx_text item, gx_text id)
{
    const gx_rule_item *whole = collection.size ? gx_rule_find(r, collection) : NULL,
                       *part = item.size ? gx_rule_find(r, item) : NULL;
    if (!whole || !part)
        return;
    bool is_scalar = !gx_rule_is_true(gx_xml_attribute_of(part->xml, "isCollection"));
    if (!is_scalar || !gx_text_equal(gx_xml_attribute_of(whole->xml, "structureRef"),
                                     gx_xml_attribute_of(part->xml, "structureRef")))
        gx_rule_break(r, activity, "bpmn.rule.multi_item", id);
}

/* A sub-process has no inputs of its own: a data object it can see is its collection. */
static void check_loop_data(gx_rules *r, gx_rule_item *activity, const gx_xml *multi, const char *reference,
                            const char *kind, const char *item)
{
    const gx_xml *named = gx_rule_child(multi, reference), *part = gx_rule_child(multi, item);
    if (!named)
        return;
    gx_text id = gx_rule_content(r, named);
    const gx_xml *data = data_of(r, activity->xml, kind, id);
    const gx_rule_item *other = gx_rule_find(r, id);
    bool is_seen = activity->kind & GX_RULE_SUB_PROCESS && other && other->kind & GX_RULE_DATA;
    if (!data && !is_seen)
        gx_rule_break(r, activity->xml, "bpmn.rule.multi_data", id);
    else if (part)
        check_loop_item(r, activity->xml, gx_xml_attribute_of(data ? data : other->xml, "itemSubjectRef"),
                        gx_xml_attribute_of(part, "itemSubjectRef"), gx_xml_attribute_of(part, "id"));
}

static void check_loop(gx_rules *r, gx_rule_item *activity)
{
    const gx_xml *multi = gx_rule_child(activity->xml, "multiInstanceLoopCharacteristics");
    if (multi && gx_rule_child(activity->xml, "standardLoopCharacteristics"))
        gx_rule_break(r, activity->xml, "bpmn.rule.loop_both", (gx_text){"", 0});
    if (!multi)
        return;
    bool has_own = gx_rule_is_extended(multi); /* an engine's own way to name the collection */
    for (size_t i = 0; i < multi->attribute_count; i++)
        has_own |=
            multi->attributes[i].ns.size && gx_text_equal(multi->attributes[i].name, GX_TEXT("collection"));
    if (activity->is_executable && !has_own && !gx_rule_child(multi, "loopCardinality") &&
        !gx_rule_child(multi, "loopDataInputRef"))
        gx_rule_break(r, activity->xml, "bpmn.rule.multi_cardinality", (gx_text){"", 0});
    check_loop_data(r, activity, multi, "loopDataInputRef", "dataInput", "inputDataItem");
    check_loop_data(r, activity, multi, "loopDataOutputRef", "dataOutput", "outputDataItem");
}

/* ---- Tasks that talk: their sets and the messages' types ---- */

static void check_sets(gx_rules *r, const gx_xml *task, const char *kind, uint32_t least, uint32_t most)
{
    uint32_t count = gx_rule_count(gx_rule_child(task, "ioSpecification"), kind);
    if (count < least || count > most)
        gx_rule_break(r, task, "bpmn.rule.task_sets", gx_format(r->arena, "%s: %u", kind, count));
}

/* All data of that kind has the type of the message. */
static void check_items(gx_rules *r, const gx_xml *task, const char *kind, const gx_rule_item *message)
{
    gx_text wanted = message ? gx_xml_attribute_of(message->xml, "itemRef") : (gx_text){"", 0};
    if (!wanted.size || gx_rule_is_extended(task))
        return;
    const gx_xml *io = gx_rule_child(task, "ioSpecification");
    for (const gx_xml *data = gx_rule_child(io, kind); data; data = gx_rule_next(data, kind))
        if (!gx_xml_attribute_of(data, "itemSubjectRef").size ||
            !gx_rule_same_item(r, gx_xml_attribute_of(data, "itemSubjectRef"), wanted))
            gx_rule_break(r, task, "bpmn.rule.task_item", gx_xml_attribute_of(data, "id"));
}

static void check_service(gx_rules *r, const gx_xml *task)
{
    const gx_rule_item *operation = gx_rule_find_attribute(r, task, "operationRef");
    if (!operation || !gx_rule_is(operation->xml, "operation"))
        return;
    check_sets(r, task, "inputSet", 1, 1);
    check_sets(r, task, "outputSet", 0, 1);
    check_items(r, task, "dataInput", gx_rule_find_content(r, gx_rule_child(operation->xml, "inMessageRef")));
    check_items(r, task, "dataOutput",
                gx_rule_find_content(r, gx_rule_child(operation->xml, "outMessageRef")));
}

static void check_message_task(gx_rules *r, const gx_xml *task, const char *set, const char *data)
{
    const gx_rule_item *message = gx_rule_find_attribute(r, task, "messageRef");
    if (!message)
        return;
    check_sets(r, task, set, 0, 1);
    check_sets(r, task, data, 0, 1);
    check_items(r, task, data, message);
}

/* ---- Calls ---- */

static bool data_matches(gx_rules *r, const gx_xml *caller, const gx_xml *called, const char *kind)
{
    const gx_xml *a = gx_rule_child(caller, kind), *b = gx_rule_child(called, kind);
    for (; a && b; a = gx_rule_next(a, kind), b = gx_rule_next(b, kind))
        if (!gx_rule_same_item(r, gx_xml_attribute_of(a, "itemSubjectRef"),
                               gx_xml_attribute_of(b, "itemSubjectRef")))
            return false;
    return !a && !b;
}

static void check_call(gx_rules *r, const gx_xml *call)
{
    const gx_rule_item *called = gx_rule_find_attribute(r, call, "calledElement");
    if (!called || !(called->kind & GX_RULE_CALLABLE))
        return;
    const gx_xml *own = gx_rule_child(call, "ioSpecification"),
                 *other = gx_rule_child(called->xml, "ioSpecification");
    if (own && other &&
        (!data_matches(r, own, other, "dataInput") || !data_matches(r, own, other, "dataOutput")))
        gx_rule_break(r, call, "bpmn.rule.call_data", gx_rule_describe(r, called->xml));
    if (own && !other && (gx_rule_child(own, "dataInput") || gx_rule_child(own, "dataOutput")) &&
        called->is_executable)
        gx_rule_break(r, call, "bpmn.rule.call_data", gx_rule_describe(r, called->xml));
    bool has_start = false, has_plain_start = false;
    for (const gx_xml *at = gx_rule_child(called->xml, "startEvent"); at;
         at = gx_rule_next(at, "startEvent")) {
        has_start = true;
        has_plain_start |= gx_rule_triggers(r, at, NULL) == 0;
    }
    if (has_start && !has_plain_start)
        gx_rule_break(r, call, "bpmn.rule.call_start", gx_rule_describe(r, called->xml));
}

/* ---- Scripts, transactions, ad-hoc sub-processes, event sub-processes ---- */

static void check_script(gx_rules *r, const gx_xml *task)
{
    gx_text format = gx_xml_attribute_of(task, "scriptFormat");
    if (gx_rule_child(task, "script") && !format.size && !r->has_host_language)
        gx_rule_break(r, task, "bpmn.rule.script_format", (gx_text){"", 0});
    if (format.size && !gx_rule_is_mime(format))
        gx_rule_break(r, task, "bpmn.rule.script_mime", format);
}

static void check_sub_process(gx_rules *r, gx_rule_item *item)
{
    const gx_xml *sub = item->xml;
    gx_text method = gx_xml_attribute_of(sub, "method");
    bool has_activity = false;
    if (gx_rule_is(sub, "transaction") && !gx_rule_is_uri(method))
        gx_rule_break(r, sub, "bpmn.rule.transaction_method", method);
    if (gx_rule_is_true(gx_xml_attribute_of(sub, "triggeredByEvent")) &&
        gx_rule_count(sub, "startEvent") != 1)
        gx_rule_break(r, sub, "bpmn.rule.event_sub_starts", (gx_text){"", 0});
    if (gx_rule_child(sub, "ioSpecification"))
        gx_rule_break(r, sub, "bpmn.rule.sub_process_io", (gx_text){"", 0});
    if (!gx_rule_is(sub, "adHocSubProcess"))
        return;
    for (const gx_xml *child = sub->first; child; child = child->next) {
        uint32_t kind = gx_rule_kind(child);
        has_activity |= (kind & GX_RULE_ACTIVITY) != 0;
        if (gx_rule_is(child, "startEvent") || gx_rule_is(child, "endEvent") || kind & GX_RULE_CHOREOGRAPHY)
            gx_rule_break(r, sub, "bpmn.rule.ad_hoc_content", gx_rule_describe(r, child));
    }
    if (!has_activity)
        gx_rule_break(r, sub, "bpmn.rule.ad_hoc_empty", (gx_text){"", 0});
}

/* ---- Expressions ---- */

/* A number or a string is no condition, in any language. */
static bool is_plain_value(gx_text text)
{
    bool is_number = text.size > 0, is_string = text.size > 1 &&
                                                (text.bytes[0] == '"' || text.bytes[0] == '\'') &&
                                                text.bytes[text.size - 1] == text.bytes[0];
    for (size_t i = 0; i < text.size; i++) {
        is_number &= (text.bytes[i] >= '0' && text.bytes[i] <= '9') || text.bytes[i] == '.' ||
                     (i == 0 && text.bytes[i] == '-');
        is_string &= i == 0 || i + 1 == text.size || text.bytes[i] != text.bytes[0];
    }
    return is_number || is_string;
}

static bool is_condition(const gx_xml *xml)
{
    static const char *const names[] = {"completionCondition", "conditionExpression", "condition",
                                        "activationCondition", "loopCondition"};
    for (size_t i = 0; i < GX_COUNT_OF(names); i++)
        if (gx_rule_is(xml, names[i]))
            return true;
    return false;
}

/* Formal by its type, by the schema, or because it is written in a language of its own ("= ...", "${...}").
 * Where the document does not say in which language its expressions are, they are FEEL, typed or not. */
static bool is_formal(gx_rules *r, const gx_xml *xml, gx_text body)
{
    gx_text rest, type = gx_text_cut(gx_xml_attribute_ns(xml, XSI_NS, "type"), ':', &rest);
    static const char *const always[] = {"formalExpression", "transformation", "dataPath", "messagePath"};
    for (size_t i = 0; i < GX_COUNT_OF(always); i++)
        if (gx_rule_is(xml, always[i]))
            return true;
    return gx_text_equal(rest.bytes ? rest : type, GX_TEXT("tFormalExpression")) || r->has_host_language ||
           !r->names_language || gx_rule_is(xml->parent, "complexBehaviorDefinition") ||
           gx_text_starts_with(body, GX_TEXT("=")) || gx_text_starts_with(body, GX_TEXT("${")) ||
           gx_text_starts_with(body, GX_TEXT("#{"));
}

static void check_expression(gx_rules *r, gx_rule_item *item)
{
    gx_text body = gx_rule_content(r, item->xml), language = gx_xml_attribute_of(item->xml, "language");
    if (!gx_rule_is_uri(language))
        gx_rule_break(r, item->xml, "bpmn.rule.expression_language", language);
    if (!item->is_executable)
        return;
    if (!body.size)
        gx_rule_break(r, item->xml, "bpmn.rule.expression_empty", (gx_text){"", 0});
    else if (!is_formal(r, item->xml, body))
        gx_rule_break(r, item->xml, "bpmn.rule.expression_informal", (gx_text){"", 0});
    else if (is_condition(item->xml) && is_plain_value(body))
        gx_rule_break(r, item->xml, "bpmn.rule.expression_boolean", body);
}

void gx_rule_activity(gx_rules *r, gx_rule_item *item)
{
    if (item->kind & GX_RULE_EXPRESSION)
        check_expression(r, item);
    if (gx_rule_is(item->xml, "process") || gx_rule_is(item->xml, "globalUserTask"))
        check_resources(r, item->xml);
    if (!(item->kind & GX_RULE_ACTIVITY))
        return;
    check_quantity(r, item->xml, "startQuantity");
    check_quantity(r, item->xml, "completionQuantity");
    check_resources(r, item->xml);
    check_loop(r, item);
    if (item->kind & GX_RULE_SUB_PROCESS)
        check_sub_process(r, item);
    else if (gx_rule_is(item->xml, "callActivity"))
        check_call(r, item->xml);
    else if (gx_rule_is(item->xml, "scriptTask"))
        check_script(r, item->xml);
    else if (gx_rule_is(item->xml, "serviceTask"))
        check_service(r, item->xml);
    else if (gx_rule_is(item->xml, "sendTask"))
        check_message_task(r, item->xml, "inputSet", "dataInput");
    else if (gx_rule_is(item->xml, "receiveTask")) {
        check_message_task(r, item->xml, "outputSet", "dataOutput");
        if (gx_rule_is_true(gx_xml_attribute_of(item->xml, "instantiate")) && item->incoming)
            gx_rule_break(r, item->xml, "bpmn.rule.receive_instantiating", (gx_text){"", 0});
    }
}

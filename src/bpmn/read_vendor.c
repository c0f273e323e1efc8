/* What models of Camunda 7 (and Operaton) and Zeebe say in their extensions, as far as it has a meaning here:
 * read where the model has no gx: attribute of that meaning. Everything else of theirs stays in the tree
 * untouched. docs/packages.md lists the rows for people. */
#include "bpmn/read.h"

#define CAMUNDA_NS  "http://camunda.org/schema/1.0/bpmn"
#define OPERATON_NS "http://operaton.org/schema/1.0/bpmn"
#define ZEEBE_NS    "http://camunda.org/schema/zeebe/1.0"

/* gx:`own` is the vendor's `attribute`, of the element itself or of `child` among its extension elements. The
 * first that is given counts. */
static const struct {
    const char *own, *ns, *child, *attribute;
} rows[] = {
    {"assignee", CAMUNDA_NS, NULL, "assignee"},
    {"assignee", ZEEBE_NS, "assignmentDefinition", "assignee"},
    {"role", CAMUNDA_NS, NULL, "candidateGroups"},
    {"role", ZEEBE_NS, "assignmentDefinition", "candidateGroups"},
    {"form", CAMUNDA_NS, NULL, "formKey"},
    {"form", CAMUNDA_NS, NULL, "formRef"},
    {"form", ZEEBE_NS, "formDefinition", "formKey"},
    {"form", ZEEBE_NS, "formDefinition", "formId"},
    {"due", CAMUNDA_NS, NULL, "dueDate"},
    {"due", ZEEBE_NS, "taskSchedule", "dueDate"},
    {"priority", CAMUNDA_NS, NULL, "priority"},
    {"priority", ZEEBE_NS, "priorityDefinition", "priority"},
    {"skill", CAMUNDA_NS, NULL, "topic"},
    {"skill", CAMUNDA_NS, NULL,
     "class"}, /* a skill of that name must be registered: the package's check says so */
    {"skill", CAMUNDA_NS, NULL, "delegateExpression"},
    {"skill", ZEEBE_NS, "taskDefinition", "type"},
    {"retries", ZEEBE_NS, "taskDefinition", "retries"},
    {"result", CAMUNDA_NS, NULL, "resultVariable"},
    {"result", ZEEBE_NS, "calledDecision", "resultVariable"},
    {"result", ZEEBE_NS, "script", "resultVariable"},
    {"decision", CAMUNDA_NS, NULL, "decisionRef"},
    {"decision", ZEEBE_NS, "calledDecision", "decisionId"},
    {"called", ZEEBE_NS, "calledElement", "processId"},
    {"script", ZEEBE_NS, "script", "expression"},
    {"correlation", ZEEBE_NS, "subscription", "correlationKey"},
    {"collection", CAMUNDA_NS, NULL, "collection"},
    {"collection", ZEEBE_NS, "loopCharacteristics", "inputCollection"},
    {"item", CAMUNDA_NS, NULL, "elementVariable"},
    {"item", ZEEBE_NS, "loopCharacteristics", "inputElement"},
    {"results", ZEEBE_NS, "loopCharacteristics", "outputCollection"},
};

static bool is_of(gx_text ns, const char *vendor)
{
    return gx_text_equal(ns, gx_text_of(vendor)) || (gx_text_equal(gx_text_of(vendor), GX_TEXT(CAMUNDA_NS)) &&
                                                     gx_text_equal(ns, GX_TEXT(OPERATON_NS)));
}

static const gx_xml *extension(const gx_xml *element, const char *vendor, const char *name)
{
    const gx_xml *extensions = gx_xml_child(element, GX_BPMN_MODEL_NS, "extensionElements");
    for (const gx_xml *at = gx_xml_child(extensions, NULL, name); at; at = gx_xml_next(at, NULL, name))
        if (is_of(at->ns, vendor))
            return at;
    return NULL;
}

gx_text gx_read_vendor(const gx_xml *element, const char *own)
{
    for (size_t i = 0; i < GX_COUNT_OF(rows); i++) {
        if (!gx_text_equal(gx_text_of(own), gx_text_of(rows[i].own)))
            continue;
        const gx_xml *at = rows[i].child ? extension(element, rows[i].ns, rows[i].child) : element;
        gx_text value = {NULL, 0};
        if (at && rows[i].child)
            value = gx_xml_attribute_of(at, rows[i].attribute);
        else if (at && is_of(GX_TEXT(CAMUNDA_NS), rows[i].ns)) {
            value = gx_xml_attribute_ns(at, CAMUNDA_NS, rows[i].attribute);
            if (!value.bytes)
                value = gx_xml_attribute_ns(at, OPERATON_NS, rows[i].attribute);
        }
        if (value.size)
            return value;
    }
    return (gx_text){NULL, 0};
}

bool gx_read_is_vendor_job(const gx_xml *element)
{
    return gx_read_vendor(element, "skill").size && !gx_read_own_only(element, "skill").size;
}

/* "R3/PT10M": three retries, ten minutes apart. */
bool gx_read_vendor_retries(gx_reader *r, const gx_xml *element, gx_text *retries, gx_text *after)
{
    const gx_xml *cycle = extension(element, CAMUNDA_NS, "failedJobRetryTimeCycle");
    if (!cycle)
        return false;
    gx_text rest, first = gx_text_cut(gx_text_trim(gx_xml_content(r->arena, cycle)), '/', &rest);
    if (!rest.bytes || !gx_text_starts_with(first, GX_TEXT("R")))
        return false;
    *retries = gx_text_slice(first, 1, first.size);
    *after = rest;
    return true;
}

static gx_expression mapped_value(gx_reader *r, const gx_xml *at)
{
    gx_text source = gx_xml_attribute_of(at, "source"),
            expression = gx_xml_attribute_of(at, "sourceExpression");
    if (expression.size)
        return gx_read_expression(r, at, expression);
    if (is_of(at->ns, ZEEBE_NS))
        return gx_read_expression(r, at, source); /* without "=" a constant */
    return gx_read_expression(r, at,
                              gx_format(r->arena, "= %.*s", GX_PRINT(source))); /* the name of a variable */
}

/* camunda:inputOutput, camunda:in and out of a call, zeebe:ioMapping. */
void gx_read_vendor_mappings(gx_reader *r, const gx_xml *element, bool is_input,
                             void (*add)(gx_reader *r, void *list, const gx_xml *at, gx_text name,
                                         gx_expression value),
                             void *list)
{
    const gx_xml *extensions = gx_xml_child(element, GX_BPMN_MODEL_NS, "extensionElements");
    const char *parameter = is_input ? "inputParameter" : "outputParameter",
               *passed = is_input ? "in" : "out";
    const gx_xml *both = extension(element, CAMUNDA_NS, "inputOutput"),
                 *mapping = extension(element, ZEEBE_NS, "ioMapping");
    for (const gx_xml *at = gx_xml_child(both, NULL, parameter); at; at = gx_xml_next(at, NULL, parameter)) {
        if (gx_xml_child(at, NULL, NULL)) /* a script, list or map */
            gx_read_fault(r, at, "bpmn.vendor.value", gx_xml_attribute_of(at, "name"),
                          gx_xml_child(at, NULL, NULL)->name);
        else
            add(r, list, at, gx_xml_attribute_of(at, "name"),
                gx_read_expression(r, at, gx_xml_content(r->arena, at)));
    }
    for (const gx_xml *at = gx_xml_child(mapping, NULL, is_input ? "input" : "output"); at;
         at = gx_xml_next(at, NULL, is_input ? "input" : "output"))
        add(r, list, at, gx_xml_attribute_of(at, "target"), mapped_value(r, at));
    for (const gx_xml *at = gx_xml_child(extensions, NULL, passed); at; at = gx_xml_next(at, NULL, passed))
        if (is_of(at->ns, CAMUNDA_NS) && gx_xml_attribute_of(at, "target").size)
            add(r, list, at, gx_xml_attribute_of(at, "target"), mapped_value(r, at));
}

/* Names of kinds, and expressions of the three dialects: FEEL, constants, and what a host translates. */
#include "bpmn/juel.h"
#include "bpmn/read.h"

static const char *const kind_names[] = {"process",
                                         "startEvent",
                                         "endEvent",
                                         "intermediateThrowEvent",
                                         "intermediateCatchEvent",
                                         "boundaryEvent",
                                         "task",
                                         "userTask",
                                         "serviceTask",
                                         "sendTask",
                                         "receiveTask",
                                         "businessRuleTask",
                                         "scriptTask",
                                         "callActivity",
                                         "subProcess",
                                         "eventSubProcess",
                                         "exclusiveGateway",
                                         "parallelGateway",
                                         "inclusiveGateway",
                                         "eventBasedGateway",
                                         "complexGateway"};

const char *gx_node_kind_name(gx_node_kind kind)
{
    return kind_names[kind];
}

const char *gx_trigger_name(gx_trigger trigger)
{
    static const char *const names[] = {"none",      "message",      "timer",     "signal",
                                        "error",     "escalation",   "condition", "link",
                                        "terminate", "compensation", "cancel",    "multiple"};
    return names[trigger];
}

static void add_fault(gx_reader *r, const gx_error *error)
{
    r->faults++;
    gx_findings_add(r->findings, r->is_drawing ? GX_SEVERITY_WARNING : GX_SEVERITY_ERROR, error);
}

void gx_read_fault(gx_reader *r, const gx_xml *at, const char *code, gx_text part1, gx_text part2)
{
    gx_error error;
    gx_fail_at(&error, code, gx_xml_place(at, r->path), part1, part2);
    add_fault(r, &error);
}

bool gx_read_is_activity(gx_node_kind kind)
{
    return kind >= GX_NODE_TASK && kind <= GX_NODE_SUB_PROCESS;
}

gx_text gx_read_own(const gx_xml *element, const char *name)
{
    gx_text own = gx_read_own_only(element, name);
    return own.bytes ? own : gx_read_vendor(element, name);
}

gx_text gx_read_own_only(const gx_xml *element, const char *name)
{
    return gx_xml_attribute_ns(element, GX_BPMN_NS, name);
}

bool gx_read_is_true(gx_text text)
{
    return gx_text_equal(text, GX_TEXT("true")) || gx_text_equal(text, GX_TEXT("1"));
}

const gx_feel *gx_read_feel(gx_reader *r, const gx_xml *at, gx_text source)
{
    gx_error error = {0};
    gx_text text = gx_text_trim(source), translated;
    if (gx_text_starts_with(text, GX_TEXT("=")))
        text = gx_text_slice(text, 1, text.size);
    if (r->host && r->host->translate && r->host->translate(r->arena, text, &translated))
        text = translated;
    else if (gx_juel_is(text)) {
        size_t fault = 0;
        if (!gx_juel_to_feel(r->arena, text, &translated, &fault)) {
            gx_read_fault(r, at, "bpmn.juel", text, gx_text_slice(text, fault, fault + 20));
            return NULL;
        }
        text = translated;
    }
    gx_feel_options options = {.place = gx_xml_place(at, r->path)};
    gx_feel *feel = gx_feel_compile(r->arena, gx_copy(r->arena, text), &options, &error);
    if (!feel) {
        error.line = at->line; /* a column inside an attribute's value is not one of the file */
        error.column = at->column;
        gx_error_wrap(&error, gx_xml_place(at, r->path));
        add_fault(r, &error);
    }
    return feel;
}

gx_expression gx_read_expression(gx_reader *r, const gx_xml *at, gx_text source)
{
    gx_expression expression = {0};
    gx_text text = gx_text_trim(source);
    if (!source.bytes)
        return expression;
    expression.text = text;
    if (gx_text_starts_with(text, GX_TEXT("=")) || gx_juel_is(text))
        expression.feel = gx_read_feel(r, at, text);
    return expression;
}

const gx_feel *gx_read_condition(gx_reader *r, const gx_xml *element)
{
    gx_text language = gx_xml_attribute_of(element, "language");
    gx_text text = gx_text_trim(gx_xml_content(r->arena, element));
    if (language.size && gx_text_find(language, GX_TEXT("FEEL")) < 0 &&
        gx_text_find(language, GX_TEXT("feel")) < 0) {
        gx_read_fault(r, element, "bpmn.language", language, GX_TEXT("FEEL"));
        return NULL;
    }
    if (text.size == 0) {
        gx_read_fault(r, element, "bpmn.expression.empty", element->name, (gx_text){"", 0});
        return NULL;
    }
    return gx_read_feel(r, element, text);
}

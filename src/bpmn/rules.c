#include "bpmn/rules.h"

#include <string.h>

static const struct {
    const char *name;
    uint32_t kind;
} kinds[] = {
    {"task", GX_RULE_ACTIVITY},
    {"userTask", GX_RULE_ACTIVITY},
    {"manualTask", GX_RULE_ACTIVITY},
    {"serviceTask", GX_RULE_ACTIVITY},
    {"sendTask", GX_RULE_ACTIVITY},
    {"receiveTask", GX_RULE_ACTIVITY},
    {"businessRuleTask", GX_RULE_ACTIVITY},
    {"scriptTask", GX_RULE_ACTIVITY},
    {"callActivity", GX_RULE_ACTIVITY},
    {"subProcess", GX_RULE_ACTIVITY | GX_RULE_SUB_PROCESS},
    {"transaction", GX_RULE_ACTIVITY | GX_RULE_SUB_PROCESS},
    {"adHocSubProcess", GX_RULE_ACTIVITY | GX_RULE_SUB_PROCESS},
    {"startEvent", GX_RULE_EVENT},
    {"endEvent", GX_RULE_EVENT},
    {"intermediateCatchEvent", GX_RULE_EVENT},
    {"intermediateThrowEvent", GX_RULE_EVENT},
    {"boundaryEvent", GX_RULE_EVENT},
    {"implicitThrowEvent", GX_RULE_EVENT},
    {"exclusiveGateway", GX_RULE_GATEWAY},
    {"inclusiveGateway", GX_RULE_GATEWAY},
    {"parallelGateway", GX_RULE_GATEWAY},
    {"complexGateway", GX_RULE_GATEWAY},
    {"eventBasedGateway", GX_RULE_GATEWAY},
    {"choreographyTask", GX_RULE_CHOREOGRAPHY},
    {"subChoreography", GX_RULE_CHOREOGRAPHY},
    {"callChoreography", GX_RULE_CHOREOGRAPHY},
    {"association", GX_RULE_ARTIFACT},
    {"group", GX_RULE_ARTIFACT},
    {"textAnnotation", GX_RULE_ARTIFACT},
    {"messageEventDefinition", GX_RULE_DEFINITION},
    {"timerEventDefinition", GX_RULE_DEFINITION},
    {"signalEventDefinition", GX_RULE_DEFINITION},
    {"errorEventDefinition", GX_RULE_DEFINITION},
    {"escalationEventDefinition", GX_RULE_DEFINITION},
    {"conditionalEventDefinition", GX_RULE_DEFINITION},
    {"linkEventDefinition", GX_RULE_DEFINITION},
    {"terminateEventDefinition", GX_RULE_DEFINITION},
    {"compensateEventDefinition", GX_RULE_DEFINITION},
    {"cancelEventDefinition", GX_RULE_DEFINITION},
    {"dataObject", GX_RULE_DATA},
    {"dataObjectReference", GX_RULE_DATA},
    {"dataStoreReference", GX_RULE_DATA},
    {"dataStore", GX_RULE_DATA},
    {"dataInput", GX_RULE_DATA},
    {"dataOutput", GX_RULE_DATA},
    {"inputDataItem", GX_RULE_DATA},
    {"outputDataItem", GX_RULE_DATA},
    {"property", GX_RULE_DATA},
    {"process", GX_RULE_CALLABLE},
    {"globalTask", GX_RULE_CALLABLE},
    {"globalUserTask", GX_RULE_CALLABLE},
    {"globalManualTask", GX_RULE_CALLABLE},
    {"globalScriptTask", GX_RULE_CALLABLE},
    {"globalBusinessRuleTask", GX_RULE_CALLABLE},
    {"collaboration", GX_RULE_COLLABORATION},
    {"choreography", GX_RULE_COLLABORATION},
    {"globalConversation", GX_RULE_COLLABORATION},
    {"globalChoreographyTask", GX_RULE_COLLABORATION},
    {"completionCondition", GX_RULE_EXPRESSION},
    {"conditionExpression", GX_RULE_EXPRESSION},
    {"condition", GX_RULE_EXPRESSION},
    {"activationCondition", GX_RULE_EXPRESSION},
    {"loopCondition", GX_RULE_EXPRESSION},
    {"loopCardinality", GX_RULE_EXPRESSION},
    {"timeDate", GX_RULE_EXPRESSION},
    {"timeCycle", GX_RULE_EXPRESSION},
    {"timeDuration", GX_RULE_EXPRESSION},
    {"from", GX_RULE_EXPRESSION},
    {"to", GX_RULE_EXPRESSION},
    {"transformation", GX_RULE_EXPRESSION},
    {"dataPath", GX_RULE_EXPRESSION},
    {"messagePath", GX_RULE_EXPRESSION},
    {"formalExpression", GX_RULE_EXPRESSION},
};

static const char *const trigger_names[] = {"message",   "timer", "signal",    "error",        "escalation",
                                            "condition", "link",  "terminate", "compensation", "cancel"};

/* How much weight a rule has; see base/errors/bpmn_rules.def. */
enum { RULE_ERROR = GX_SEVERITY_ERROR, RULE_WARNING = GX_SEVERITY_WARNING, RULE_CONVENTION };
static const struct {
    const char *code;
    int weight;
} weights[] = {
#define BPMN_RULE(code, severity, clause, zh, en) {code, RULE_##severity},
#include "base/errors/bpmn_rules.def"
};

/* Line ends of a name as blanks: a sentence stays on its line. */
static gx_text on_one_line(gx_rules *r, gx_text name)
{
    char *copy = gx_copy_string(r->arena, name);
    for (size_t i = 0; i < name.size; i++)
        if ((unsigned char)copy[i] < ' ')
            copy[i] = ' ';
    return (gx_text){copy, name.size};
}

gx_text gx_rule_describe(gx_rules *r, const gx_xml *xml)
{
    gx_text id = gx_xml_attribute_of(xml, "id"), name = on_one_line(r, gx_xml_attribute_of(xml, "name"));
    if (!id.size)
        return name.size ? gx_format(r->arena, "%.*s (%.*s)", GX_PRINT(xml->name), GX_PRINT(name))
                         : xml->name;
    return name.size
               ? gx_format(r->arena, "%.*s %.*s (%.*s)", GX_PRINT(xml->name), GX_PRINT(id), GX_PRINT(name))
               : gx_format(r->arena, "%.*s %.*s", GX_PRINT(xml->name), GX_PRINT(id));
}

/* A process that is not executable is a drawing: it is kept, shown and written back as it is. */
static bool is_in_drawing(const gx_xml *xml)
{
    while (xml && !gx_rule_is(xml, "process"))
        xml = xml->parent;
    return xml && !gx_rule_is_true(gx_xml_attribute_of(xml, "isExecutable"));
}

void gx_rule_break(gx_rules *r, const gx_xml *at, const char *code, gx_text detail)
{
    int weight = RULE_ERROR;
    for (size_t i = 0; i < GX_COUNT_OF(weights); i++)
        if (strcmp(weights[i].code, code) == 0)
            weight = weights[i].weight;
    if (weight == RULE_CONVENTION && !r->is_strict)
        return;
    gx_severity severity = r->is_strict || (weight == RULE_ERROR && !is_in_drawing(at)) ? GX_SEVERITY_ERROR
                                                                                        : GX_SEVERITY_WARNING;
    gx_error error = {0};
    gx_fail_at(&error, code, gx_xml_place(at, r->path), gx_rule_describe(r, at), detail);
    gx_findings_add(r->findings, severity, &error);
}

uint32_t gx_rule_kind(const gx_xml *xml)
{
    if (xml->kind != GX_XML_ELEMENT || !gx_text_equal(xml->ns, GX_TEXT(GX_BPMN_MODEL_NS)))
        return 0;
    for (size_t i = 0; i < GX_COUNT_OF(kinds); i++)
        if (gx_text_equal(xml->name, gx_text_of(kinds[i].name)))
            return kinds[i].kind;
    return 0;
}

bool gx_rule_is_true(gx_text text)
{
    return gx_text_equal(text, GX_TEXT("true")) || gx_text_equal(text, GX_TEXT("1"));
}

gx_rule_item *gx_rule_find(gx_rules *r, gx_text reference)
{
    gx_text rest, first = gx_text_cut(gx_text_trim(reference), ':', &rest);
    return gx_map_get(&r->ids, rest.bytes ? rest : first);
}

gx_rule_item *gx_rule_find_attribute(gx_rules *r, const gx_xml *xml, const char *name)
{
    gx_text value = gx_xml_attribute_of(xml, name);
    return value.size ? gx_rule_find(r, value) : NULL;
}

gx_text gx_rule_content(gx_rules *r, const gx_xml *xml)
{
    return gx_text_trim(gx_xml_content(r->arena, xml));
}

gx_rule_item *gx_rule_find_content(gx_rules *r, const gx_xml *xml)
{
    return xml ? gx_rule_find(r, gx_rule_content(r, xml)) : NULL;
}

uint32_t gx_rule_count(const gx_xml *xml, const char *name)
{
    uint32_t count = 0;
    for (const gx_xml *at = gx_rule_child(xml, name); at; at = gx_rule_next(at, name))
        count++;
    return count;
}

static uint32_t trigger_of(const gx_xml *definition)
{
    static const char *const names[] = {"messageEventDefinition",    "timerEventDefinition",
                                        "signalEventDefinition",     "errorEventDefinition",
                                        "escalationEventDefinition", "conditionalEventDefinition",
                                        "linkEventDefinition",       "terminateEventDefinition",
                                        "compensateEventDefinition", "cancelEventDefinition"};
    for (uint32_t i = 0; i < GX_COUNT_OF(names); i++)
        if (gx_rule_is(definition, names[i]))
            return 1u << i;
    return 0;
}

uint32_t gx_rule_triggers(gx_rules *r, const gx_xml *event, uint32_t *count)
{
    uint32_t triggers = 0, found = 0;
    for (const gx_xml *child = event->first; child; child = child->next) {
        const gx_rule_item *named =
            gx_rule_is(child, "eventDefinitionRef") ? gx_rule_find_content(r, child) : NULL;
        uint32_t trigger = trigger_of(named ? named->xml : child);
        triggers |= trigger;
        found += trigger != 0;
    }
    if (count)
        *count = found;
    return triggers;
}

const char *gx_rule_trigger_name(uint32_t triggers)
{
    for (uint32_t i = 0; i < GX_COUNT_OF(trigger_names); i++)
        if (triggers >> i & 1)
            return trigger_names[i];
    return "none";
}

bool gx_rule_same_item(gx_rules *r, gx_text a, gx_text b)
{
    const gx_rule_item *first = a.size ? gx_rule_find(r, a) : NULL,
                       *second = b.size ? gx_rule_find(r, b) : NULL;
    if (!first || !second || first == second)
        return true;
    gx_text one = gx_xml_attribute_of(first->xml, "structureRef"),
            other = gx_xml_attribute_of(second->xml, "structureRef");
    return one.size && gx_text_equal(one, other);
}

bool gx_rule_is_extended(const gx_xml *xml)
{
    const gx_xml *extensions = gx_rule_child(xml, "extensionElements");
    return extensions && gx_xml_child(extensions, NULL, NULL);
}

bool gx_rule_is_within(const gx_xml *xml, const char *name)
{
    for (const gx_xml *at = xml->parent; at && !gx_rule_is(at, "process"); at = at->parent)
        if (gx_rule_is(at, name))
            return true;
    return false;
}

static bool is_token(gx_text text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.bytes[i] <= ' ' || strchr("()<>@,;:\\\"/[]?=", text.bytes[i]))
            return false;
    return text.size > 0;
}

bool gx_rule_is_mime(gx_text text)
{
    gx_text parameters, type = gx_text_cut(gx_text_trim(text), ';', &parameters), sub_type;
    gx_text main_type = gx_text_cut(gx_text_trim(type), '/', &sub_type);
    return is_token(main_type) && is_token(sub_type);
}

bool gx_rule_is_uri(gx_text text)
{
    static const char allowed[] = "-._~:/?#[]@!$&'()*+,;=%";
    for (size_t i = 0; i < text.size; i++) {
        char c = text.bytes[i];
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                        (c && strchr(allowed, c));
        bool is_escape =
            c == '%' && i + 2 < text.size && strspn(text.bytes + i + 1, "0123456789abcdefABCDEF") >= 2;
        if (!is_plain || (c == '%' && !is_escape))
            return false;
    }
    return true;
}

/* ---- Items ---- */

static uint32_t count_elements(const gx_xml *xml)
{
    uint32_t count = 1;
    for (const gx_xml *child = xml->first; child; child = child->next)
        if (child->kind == GX_XML_ELEMENT && gx_text_equal(child->ns, GX_TEXT(GX_BPMN_MODEL_NS)))
            count += count_elements(child);
    return count;
}

static void add_items(gx_rules *r, const gx_xml *xml, const gx_xml *process, bool is_executable)
{
    for (const gx_xml *child = xml->first; child; child = child->next) {
        if (child->kind != GX_XML_ELEMENT || !gx_text_equal(child->ns, GX_TEXT(GX_BPMN_MODEL_NS)) ||
            gx_rule_is(child, "extensionElements"))
            continue;
        bool opens = gx_rule_is(child, "process");
        gx_rule_item *item = &r->items[r->count++];
        item->xml = child;
        item->id = gx_xml_attribute_of(child, "id");
        item->kind = gx_rule_kind(child);
        item->process = opens ? child : process;
        item->is_executable =
            opens ? gx_rule_is_true(gx_xml_attribute_of(child, "isExecutable")) : is_executable;
        r->lists_flows |= gx_rule_is(child, "incoming") || gx_rule_is(child, "outgoing");
        if (item->id.size) {
            const gx_rule_item *earlier = gx_map_get(&r->ids, item->id);
            if (earlier)
                gx_rule_break(r, child, "bpmn.rule.id_twice", gx_rule_describe(r, earlier->xml));
            else
                gx_map_put(&r->ids, item->id, item);
        }
        add_items(r, child, item->process, item->is_executable);
    }
}

static void link_flow(gx_rules *r, gx_rule_item *flow)
{
    gx_rule_item *source = gx_rule_find_attribute(r, flow->xml, "sourceRef"),
                 *target = gx_rule_find_attribute(r, flow->xml, "targetRef");
    if (source) {
        flow->next_out = source->first_out;
        source->first_out = flow;
        source->outgoing++;
    }
    if (target) {
        flow->next_in = target->first_in;
        target->first_in = flow;
        target->incoming++;
    }
}

void gx_bpmn_rules(const gx_xml *definitions, gx_text path, const gx_bpmn_rule_options *options,
                   gx_findings *findings)
{
    gx_arena arena =
        gx_arena_of(SIZE_MAX / 4); /* bounded by the document, whose size the XML reader has bounded */
    gx_rules rules = {.arena = &arena,
                      .path = path,
                      .findings = findings,
                      .definitions = definitions,
                      .ids = gx_map_in(&arena)};
    if (options) {
        rules.is_strict = options->is_strict;
        rules.has_host_language = options->has_host_language;
    }
    gx_text language = gx_xml_attribute_of(definitions, "expressionLanguage");
    rules.names_language = language.size && gx_text_find(language, GX_TEXT("FEEL")) < 0 &&
                           gx_text_find(language, GX_TEXT("feel")) < 0;
    rules.items = GX_NEW_ARRAY(&arena, gx_rule_item, count_elements(definitions));
    add_items(&rules, definitions, NULL, false);
    for (uint32_t i = 0; i < rules.count; i++)
        if (gx_rule_is(rules.items[i].xml, "sequenceFlow"))
            link_flow(&rules, &rules.items[i]);
    for (uint32_t i = 0; i < rules.count; i++) {
        gx_rule_item *item = &rules.items[i];
        gx_rule_reference(&rules, item);
        gx_rule_flow(&rules, item);
        gx_rule_pool(&rules, item);
        gx_rule_data(&rules, item);
        if (item->kind & GX_RULE_EVENT)
            gx_rule_event(&rules, item);
        gx_rule_activity(&rules, item);
    }
    gx_arena_release(&arena);
}

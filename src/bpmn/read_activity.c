/* Activities: the work they are, their loops, and the data they take and give. */
#include "bpmn/read.h"
#include "base/limits.h"

/* ---- Data: which variable a property, data object, input or output is (BPMN 2.0.2, 10.4) ---- */

static gx_text variable_of(const gx_xml *element)
{
    gx_text name = gx_xml_attribute_of(element, "name");
    return name.size ? name : gx_xml_attribute_of(element, "id");
}

static void remember(gx_reader *r, gx_text id, gx_text variable)
{
    gx_text *kept = GX_NEW(r->arena, gx_text);
    *kept = variable;
    if (id.size)
        gx_map_put(&r->data, id, kept);
}

static gx_text remembered(gx_reader *r, gx_text id)
{
    const gx_text *variable = gx_map_get(&r->data, gx_text_trim(id));
    return variable ? *variable : (gx_text){NULL, 0};
}

static void remember_io(gx_reader *r, const gx_xml *specification)
{
    for (const gx_xml *item = specification ? specification->first : NULL; item; item = item->next)
        if (gx_read_is(item, "dataInput") || gx_read_is(item, "dataOutput"))
            remember(r, gx_xml_attribute_of(item, "id"), variable_of(item));
}

void gx_read_data(gx_reader *r, const gx_xml *scope, gx_bpmn_node *node)
{
    uint32_t count = 0;
    for (const gx_xml *child = scope->first; child; child = child->next)
        count++;
    node->data = GX_NEW_ARRAY(r->arena, gx_text, count);
    for (const gx_xml *child = scope->first; child; child = child->next) {
        if (!gx_read_is(child, "property") && !gx_read_is(child, "dataObject"))
            continue;
        node->data[node->data_count++] = variable_of(child);
        remember(r, gx_xml_attribute_of(child, "id"), variable_of(child));
    }
    for (const gx_xml *child = scope->first; child; child = child->next) {
        gx_text object = gx_read_is(child, "dataObjectReference")
                             ? remembered(r, gx_xml_attribute_of(child, "dataObjectRef"))
                             : (gx_text){NULL, 0};
        if (object.bytes)
            remember(r, gx_xml_attribute_of(child, "id"), object);
        else if (gx_read_is(child, "dataStoreReference"))
            remember(r, gx_xml_attribute_of(child, "id"), variable_of(child));
    }
    remember_io(r, gx_xml_child(scope, GX_BPMN_MODEL_NS, "ioSpecification"));
}

typedef struct mapping_list {
    gx_mapping *items;
    uint32_t count;
} mapping_list;

static void add_mapping(gx_reader *r, mapping_list *list, const gx_xml *at, gx_text name, gx_expression value)
{
    gx_mapping *larger = GX_NEW_ARRAY(r->arena, gx_mapping, list->count + 1);
    for (uint32_t i = 0; i < list->count; i++)
        larger[i] = list->items[i];
    larger[list->count++] = (gx_mapping){name, value, at->line, at->column};
    list->items = larger;
}

static gx_text text_of(gx_reader *r, const gx_xml *parent, const char *name)
{
    const gx_xml *child = gx_xml_child(parent, GX_BPMN_MODEL_NS, name);
    return child ? gx_text_trim(gx_xml_content(r->arena, child)) : (gx_text){NULL, 0};
}

/* A variable by its name, whatever letters it has: FEEL reads it as one name. */
static gx_expression read_variable(gx_reader *r, const gx_xml *at, gx_text variable)
{
    gx_error error = {0};
    gx_text *name = GX_NEW(r->arena, gx_text);
    *name = variable;
    gx_feel_options options = {.place = gx_xml_place(at, r->path), .names = name, .name_count = 1};
    return (gx_expression){.text = variable, .feel = gx_feel_compile(r->arena, variable, &options, &error)};
}

/* One association: assignments, a transformation, or a plain copy. */
static void read_association(gx_reader *r, const gx_xml *association, mapping_list *list)
{
    gx_text source = text_of(r, association, "sourceRef"),
            target = remembered(r, text_of(r, association, "targetRef"));
    bool has_assignment = false;
    for (const gx_xml *assignment = gx_xml_child(association, GX_BPMN_MODEL_NS, "assignment"); assignment;
         assignment = gx_xml_next(assignment, GX_BPMN_MODEL_NS, "assignment")) {
        const gx_xml *from = gx_xml_child(assignment, GX_BPMN_MODEL_NS, "from");
        gx_text to = text_of(r, assignment, "to"), known = remembered(r, to);
        has_assignment = true;
        if (from)
            add_mapping(r, list, assignment,
                        known.bytes ? known
                        : to.size   ? to
                                    : target,
                        (gx_expression){.text = GX_TEXT("="), .feel = gx_read_condition(r, from)});
    }
    const gx_xml *transformation = gx_xml_child(association, GX_BPMN_MODEL_NS, "transformation");
    if (has_assignment || !target.bytes)
        return;
    if (transformation)
        add_mapping(r, list, association, target,
                    (gx_expression){.text = GX_TEXT("="), .feel = gx_read_condition(r, transformation)});
    else if (remembered(r, source).bytes)
        add_mapping(r, list, association, target, read_variable(r, association, remembered(r, source)));
}

static void add_vendor_mapping(gx_reader *r, void *list, const gx_xml *at, gx_text name, gx_expression value)
{
    if (!name.size)
        gx_read_fault(r, at, "bpmn.mapping", at->name, (gx_text){"", 0});
    add_mapping(r, list, at, name, value);
}

static void read_mappings(gx_reader *r, const gx_xml *element, const char *own, const char *association,
                          gx_mapping **items, uint32_t *count)
{
    mapping_list list = {0};
    const gx_xml *extensions = gx_xml_child(element, GX_BPMN_MODEL_NS, "extensionElements");
    for (const gx_xml *at = gx_xml_child(extensions, GX_BPMN_NS, own); at;
         at = gx_xml_next(at, GX_BPMN_NS, own)) {
        gx_text name = gx_xml_attribute_of(at, "name");
        if (!name.size || !gx_xml_attribute_of(at, "value").bytes)
            gx_read_fault(r, at, "bpmn.mapping", at->name, (gx_text){"", 0});
        add_mapping(r, &list, at, name, gx_read_expression(r, at, gx_xml_attribute_of(at, "value")));
    }
    for (const gx_xml *at = gx_xml_child(element, GX_BPMN_MODEL_NS, association); at;
         at = gx_xml_next(at, GX_BPMN_MODEL_NS, association))
        read_association(r, at, &list);
    gx_read_vendor_mappings(r, element, gx_text_equal(gx_text_of(own), GX_TEXT("input")), add_vendor_mapping, &list);
    *items = list.items;
    *count = list.count;
}

/* ---- Loops ---- */

static void read_standard_loop(gx_reader *r, const gx_xml *loop, gx_bpmn_node *node)
{
    const gx_xml *condition = gx_xml_child(loop, GX_BPMN_MODEL_NS, "loopCondition");
    gx_text maximum = gx_xml_attribute_of(loop, "loopMaximum");
    int64_t most = 0;
    node->loop = GX_LOOP_STANDARD;
    node->tests_before = gx_read_is_true(gx_xml_attribute_of(loop, "testBefore"));
    node->loop_condition = condition ? gx_read_condition(r, condition) : NULL;
    if (maximum.size && (!gx_text_to_int(maximum, &most) || most < 1 || most > UINT32_MAX))
        gx_read_fault(r, loop, "bpmn.loop.maximum", maximum, node->id);
    else if (!condition && !maximum.size)
        gx_read_fault(r, loop, "bpmn.loop.endless", node->id, (gx_text){"", 0});
    node->loop_maximum = (uint32_t)most;
}

static void add_behavior(gx_bpmn_node *node, const gx_feel *condition, gx_event event)
{
    if (event.trigger != GX_TRIGGER_NONE)
        node->behavior_events[node->behavior_event_count++] = (gx_behavior_event){condition, event};
}

/* "One" and "None" name a definition at the root; "Complex" has conditions with events inside. */
static void read_behavior(gx_reader *r, const gx_xml *multi, gx_bpmn_node *node)
{
    static const struct {
        const char *name, *reference;
        gx_behavior behavior;
    } kinds[] = {{"All", NULL, GX_BEHAVIOR_ALL},
                 {"One", "oneBehaviorEventRef", GX_BEHAVIOR_ONE},
                 {"None", "noneBehaviorEventRef", GX_BEHAVIOR_NONE},
                 {"Complex", NULL, GX_BEHAVIOR_COMPLEX}};
    gx_text behavior = gx_xml_attribute_of(multi, "behavior"), reference = {NULL, 0};
    bool is_known = behavior.size == 0;
    for (size_t i = 0; i < GX_COUNT_OF(kinds); i++) {
        if (!gx_text_equal(behavior, gx_text_of(kinds[i].name)))
            continue;
        is_known = true;
        node->behavior = kinds[i].behavior;
        reference = kinds[i].reference ? gx_xml_attribute_of(multi, kinds[i].reference) : reference;
    }
    if (!is_known)
        gx_read_fault(r, multi, "bpmn.multi.behavior", behavior, node->id);
    uint32_t most = 1;
    for (const gx_xml *child = multi->first; child; child = child->next)
        most++;
    node->behavior_events = GX_NEW_ARRAY(r->arena, gx_behavior_event, most);
    if (reference.size) {
        const gx_xml *root = NULL;
        for (const gx_xml *at = r->definitions->first; at && !root; at = at->next)
            root = at->kind == GX_XML_ELEMENT && gx_text_equal(gx_xml_attribute_of(at, "id"), reference)
                       ? at
                       : NULL;
        if (root)
            add_behavior(node, NULL, gx_read_event(r, root, node));
        else
            gx_read_fault(r, multi, "bpmn.reference", reference, GX_TEXT("eventDefinition"));
    }
    for (const gx_xml *complex = gx_xml_child(multi, GX_BPMN_MODEL_NS, "complexBehaviorDefinition"); complex;
         complex = gx_xml_next(complex, GX_BPMN_MODEL_NS, "complexBehaviorDefinition")) {
        const gx_xml *condition = gx_xml_child(complex, GX_BPMN_MODEL_NS, "condition");
        const gx_xml *event = gx_xml_child(complex, GX_BPMN_MODEL_NS, "event");
        const gx_feel *feel = condition ? gx_read_condition(r, condition) : NULL;
        for (const gx_xml *definition = event ? event->first : NULL; definition;
             definition = definition->next)
            if (definition->kind == GX_XML_ELEMENT && node->behavior_event_count < most)
                add_behavior(node, feel, gx_read_event(r, definition, node));
    }
}

static void read_loop(gx_reader *r, const gx_xml *element, gx_bpmn_node *node)
{
    const gx_xml *standard = gx_xml_child(element, GX_BPMN_MODEL_NS, "standardLoopCharacteristics");
    const gx_xml *multi = gx_xml_child(element, GX_BPMN_MODEL_NS, "multiInstanceLoopCharacteristics");
    if (standard)
        read_standard_loop(r, standard, node);
    if (!multi)
        return;
    node->loop =
        gx_read_is_true(gx_xml_attribute_of(multi, "isSequential")) ? GX_LOOP_SEQUENTIAL : GX_LOOP_PARALLEL;
    read_behavior(r, multi, node);
    node->collection = gx_read_expression(r, multi, gx_read_own(multi, "collection"));
    node->item_name = gx_read_own(multi, "item");
    node->results_name = gx_read_own(multi, "results");
    const gx_xml *cardinality = gx_xml_child(multi, GX_BPMN_MODEL_NS, "loopCardinality");
    const gx_xml *completion = gx_xml_child(multi, GX_BPMN_MODEL_NS, "completionCondition");
    if (cardinality)
        node->cardinality = gx_read_condition(r, cardinality);
    if (completion)
        node->completion = gx_read_condition(r, completion);
    if (!cardinality && !node->collection.text.bytes)
        gx_read_fault(r, multi, "bpmn.multi.collection", node->id, (gx_text){"", 0});
}

/* ---- Work ---- */

static uint32_t read_quantity(gx_reader *r, const gx_xml *element, const char *name, gx_text id)
{
    gx_text text = gx_xml_attribute_of(element, name);
    int64_t quantity = 1;
    if (text.size && (!gx_text_to_int(text, &quantity) || quantity < 1 || quantity > GX_LIMIT_TOKENS)) {
        gx_read_fault(r, element, "bpmn.quantity", gx_text_of(name), id);
        return 1;
    }
    return (uint32_t)quantity;
}

static void read_user_task(gx_reader *r, const gx_xml *element, gx_bpmn_node *node)
{
    node->role = gx_read_expression(r, element, gx_read_own(element, "role"));
    node->department = gx_read_expression(r, element, gx_read_own(element, "department"));
    node->assignee = gx_read_expression(r, element, gx_read_own(element, "assignee"));
    node->form = gx_read_expression(r, element, gx_read_own(element, "form"));
    node->due = gx_read_expression(r, element, gx_read_own(element, "due"));
    node->priority = gx_read_expression(r, element, gx_read_own(element, "priority"));
    node->outcomes = gx_read_own(element, "outcomes");
}

static bool is_feel(gx_text format)
{
    return gx_text_equal(format, GX_TEXT("feel")) || gx_text_equal(format, GX_TEXT("application/feel")) ||
           gx_text_equal(format, GX_TEXT("FEEL"));
}

static void read_script(gx_reader *r, const gx_xml *element, gx_bpmn_node *node)
{
    gx_text format = gx_xml_attribute_of(element, "scriptFormat");
    const gx_xml *script = gx_xml_child(element, GX_BPMN_MODEL_NS, "script");
    gx_text expression = gx_read_own(element, "script");
    if (!script && expression.size)
        node->script = gx_read_feel(r, element, expression);
    else if (script && !is_feel(format) && r->host && r->host->runs_script && r->host->runs_script(format))
        node->skill = gx_text_trim(gx_xml_content(r->arena, script));
    else if (!is_feel(format))
        gx_read_fault(r, element, "bpmn.script", format.size ? format : GX_TEXT("-"), node->id);
    else if (!script)
        gx_read_fault(r, element, "bpmn.expression.empty", node->id, (gx_text){"", 0});
    else
        node->script = gx_read_condition(r, script);
}

static void read_ad_hoc(gx_reader *r, const gx_xml *element, gx_bpmn_node *node)
{
    const gx_xml *completion = gx_xml_child(element, GX_BPMN_MODEL_NS, "completionCondition");
    gx_text cancels = gx_xml_attribute_of(element, "cancelRemainingInstances");
    node->is_ad_hoc = true;
    node->is_sequential = gx_text_equal(gx_xml_attribute_of(element, "ordering"), GX_TEXT("Sequential"));
    node->cancels_remaining = !cancels.size || gx_read_is_true(cancels);
    if (completion)
        node->completion = gx_read_condition(r, completion);
    if (node->loop == GX_LOOP_PARALLEL || node->loop == GX_LOOP_SEQUENTIAL)
        gx_read_fault(r, element, "bpmn.ad_hoc.loop", node->id, (gx_text){"", 0});
}

static gx_text called_of(const gx_xml *element)
{
    gx_text called = gx_xml_attribute_of(element, "calledElement");
    return called.size ? called : gx_read_own(element, "called");
}

static void read_work(gx_reader *r, const gx_xml *element, gx_bpmn_node *node)
{
    switch (node->kind) {
    case GX_NODE_USER_TASK: read_user_task(r, element, node); break;
    case GX_NODE_SERVICE_TASK:
        if (!node->skill.size)
            gx_read_fault(r, element, "bpmn.skill.missing", node->id, (gx_text){"", 0});
        break;
    case GX_NODE_SEND_TASK:
    case GX_NODE_RECEIVE_TASK:
        gx_read_message_task(r, element, node);
        node->is_instantiating = node->kind == GX_NODE_RECEIVE_TASK &&
                                 gx_read_is_true(gx_xml_attribute_of(element, "instantiate"));
        break;
    case GX_NODE_RULE_TASK:
        node->called = gx_read_expression(r, element, gx_read_own(element, "decision"));
        if (!node->called.text.size)
            gx_read_fault(r, element, "bpmn.decision.missing", node->id, (gx_text){"", 0});
        break;
    case GX_NODE_CALL:
        node->called = gx_read_expression(r, element, called_of(element));
        if (!node->called.text.size)
            gx_read_fault(r, element, "bpmn.call.missing", node->id, (gx_text){"", 0});
        break;
    case GX_NODE_SCRIPT_TASK: read_script(r, element, node); break;
    default: break;
    }
}

void gx_read_activity(gx_reader *r, const gx_xml *element, gx_bpmn_node *node)
{
    remember_io(r, gx_xml_child(element, GX_BPMN_MODEL_NS, "ioSpecification"));
    read_mappings(r, element, "input", "dataInputAssociation", &node->inputs, &node->input_count);
    read_mappings(r, element, "output", "dataOutputAssociation", &node->outputs, &node->output_count);
    node->result_name = gx_read_own(element, "result");
    node->skill = gx_read_own(element, "skill");
    node->is_job = gx_text_equal(gx_read_own(element, "mode"), GX_TEXT("job")) || gx_read_is_vendor_job(element);
    node->is_external = gx_text_equal(gx_read_own(element, "mode"), GX_TEXT("external")) ||
                        gx_text_equal(gx_xml_attribute_ns(element, "http://camunda.org/schema/1.0/bpmn", "type"),
                                      GX_TEXT("external"));
    if (node->is_external && gx_read_own(element, "topic").size)
        node->skill = gx_read_own(element, "topic");
    node->retry_after = gx_read_own(element, "retryAfter");
    int64_t retries = 3;
    gx_text given = gx_read_own(element, "retries");
    if (!given.size)
        gx_read_vendor_retries(r, element, &given, &node->retry_after);
    if (given.size && (!gx_text_to_int(given, &retries) || retries < 0 || retries > 100))
        gx_read_fault(r, element, "bpmn.retries", given, node->id);
    node->retries = (uint32_t)retries;
    node->is_for_compensation = gx_read_is_true(gx_xml_attribute_of(element, "isForCompensation"));
    node->start_quantity = read_quantity(r, element, "startQuantity", node->id);
    node->completion_quantity = read_quantity(r, element, "completionQuantity", node->id);
    read_loop(r, element, node);
    read_work(r, element, node);
    node->is_transaction = gx_read_is(element, "transaction");
    if (gx_read_is(element, "adHocSubProcess"))
        read_ad_hoc(r, element, node);
}

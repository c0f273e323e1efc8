/* Models of Camunda 7 and Zeebe: their expressions as FEEL, their attributes as our fields. */
#include "bpmn/juel.h"
#include "bpmn/step.h"
#include "base/limits.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

static const struct {
    const char *source, *feel; /* NULL: refused */
} expressions[] = {
    {"${approved}", "approved"},
    {"#{order.customer.name}", "order.customer.name"},
    {"${amount > 100 && !empty name}", "((amount > 100) and not((name = null or name = \"\" or name = [])))"},
    {"${a == 'x' || b != \"y\"}", "((a = \"x\") or (b != \"y\"))"},
    {"${a eq 1 and b lt 2 or not c}", "(((a = 1) and (b < 2)) or not(c))"},
    {"${1 + 2 * 3 % 2 - -x}", "((1 + modulo((2 * 3), 2)) - (-x))"},
    {"${list[0].name}", "list[(0) + 1].name"},
    {"${map['key']}", "get value(map, \"key\")"},
    {"${a ? 'yes' : b ? 'perhaps' : 'no'}", "(if a then \"yes\" else (if b then \"perhaps\" else \"no\"))"},
    {"Order ${id} of \"${name}\"", "\"Order \" + string(id) + \" of \\\"\" + string(name) + \"\\\"\""},
    {"${(a + b) * 2.5}", "(((a + b)) * 2.5)"},
    {"${order >= limit}", "(order >= limit)"}, /* "or" begins a name here */
    {"${bean.check(x)}", NULL},
    {"${execution:get()}", NULL},
    {"${a +}", NULL},
    {"${a", NULL},
    {"${}", NULL},
};

static void simple_expressions_become_feel_and_calls_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < GX_COUNT_OF(expressions); i++) {
        gx_arena arena = gx_arena_of(GX_MIB);
        gx_text feel;
        size_t fault;
        bool is_read = gx_juel_to_feel(&arena, gx_text_of(expressions[i].source), &feel, &fault);
        if (is_read != (expressions[i].feel != NULL))
            fail_msg("%s: %s", expressions[i].source, is_read ? "not refused" : "refused");
        if (is_read && !gx_text_equal(feel, gx_text_of(expressions[i].feel)))
            fail_msg("%s: %.*s", expressions[i].source, GX_PRINT(feel));
        gx_error error = {0};
        if (is_read && !gx_feel_compile(&arena, feel, &(gx_feel_options){0}, &error))
            fail_msg("%s: %.*s does not compile", expressions[i].source, GX_PRINT(feel));
        gx_arena_release(&arena);
    }
}

#define HEAD                                                                                                 \
    "<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL' "                                      \
    "xmlns:camunda='http://camunda.org/schema/1.0/bpmn' "                                                    \
    "xmlns:zeebe='http://camunda.org/schema/zeebe/1.0'><process id='p' isExecutable='true'><startEvent "     \
    "id='s'/>"
#define TAIL "<sequenceFlow id='f' sourceRef='s' targetRef='a'/></process></definitions>"

static gx_arena arena;

static const gx_bpmn_node *node_a(const char *xml)
{
    gx_findings findings = {0};
    const gx_bpmn *bpmn = gx_bpmn_read(&arena, gx_text_of(xml), GX_TEXT("m.bpmn"), &findings);
    if (!bpmn) {
        char sentence[512];
        fail_msg("%s", gx_error_write(&findings.items[0].error, GX_LANGUAGE_EN, sentence, sizeof sentence));
    }
    gx_findings_release(&findings);
    return &bpmn->processes[0].nodes[gx_bpmn_node_of(&bpmn->processes[0], GX_TEXT("a"))];
}

static void assert_text(gx_text text, const char *expected)
{
    if (!gx_text_equal(text, gx_text_of(expected)))
        fail_msg("%.*s instead of %s", GX_PRINT(text), expected);
}

static void what_camunda_models_say_has_its_meaning(void **state)
{
    (void)state;
    arena = gx_arena_of(64 * GX_MIB);
    const gx_bpmn_node *node = node_a(
        HEAD
        "<userTask id='a' camunda:assignee='${clerk}' camunda:candidateGroups='office' camunda:formKey='f1' "
        "camunda:dueDate='P3D' camunda:priority='50'/>" TAIL);
    assert_non_null(node->assignee.feel);
    assert_text(node->role.text, "office");
    assert_text(node->form.text, "f1");
    assert_text(node->due.text, "P3D");
    assert_text(node->priority.text, "50");
    node = node_a(
        HEAD
        "<serviceTask id='a' camunda:type='external' camunda:topic='pay'><extensionElements>"
        "<camunda:failedJobRetryTimeCycle>R5/PT10M</camunda:failedJobRetryTimeCycle><camunda:inputOutput>"
        "<camunda:inputParameter name='sum'>${amount * 2}</camunda:inputParameter>"
        "<camunda:outputParameter "
        "name='paid'>${done}</camunda:outputParameter></camunda:inputOutput></extensionElements></"
        "serviceTask>" TAIL);
    assert_text(node->skill, "pay");
    assert_true(node->is_job);
    assert_int_equal(node->retries, 5);
    assert_text(node->retry_after, "PT10M");
    assert_int_equal(node->input_count, 1);
    assert_text(node->inputs[0].name, "sum");
    assert_non_null(node->inputs[0].value.feel);
    assert_text(node->outputs[0].name, "paid");
    node = node_a(
        HEAD "<callActivity id='a' calledElement='q'><extensionElements><camunda:in source='x' target='y'/>"
             "<camunda:in sourceExpression='${x + 1}' target='z'/><camunda:out source='r' "
             "target='t'/></extensionElements></callActivity>" TAIL);
    assert_int_equal(node->input_count, 2);
    assert_text(node->inputs[0].name, "y");
    assert_text(node->outputs[0].name, "t");
    node =
        node_a(HEAD "<businessRuleTask id='a' camunda:decisionRef='fee' camunda:resultVariable='sum'/>" TAIL);
    assert_text(node->called.text, "fee");
    assert_text(node->result_name, "sum");
    node = node_a(HEAD "<userTask id='a'><multiInstanceLoopCharacteristics camunda:collection='${people}' "
                       "camunda:elementVariable='person'/></userTask>" TAIL);
    assert_non_null(node->collection.feel);
    assert_text(node->item_name, "person");
    gx_arena_release(&arena);
}

static void what_zeebe_models_say_has_its_meaning(void **state)
{
    (void)state;
    arena = gx_arena_of(64 * GX_MIB);
    const gx_bpmn_node *node = node_a(HEAD "<serviceTask id='a'><extensionElements><zeebe:taskDefinition "
                                           "type='pay' retries='4'/><zeebe:ioMapping>"
                                           "<zeebe:input source='=amount' target='sum'/><zeebe:output "
                                           "source='=done' target='paid'/></zeebe:ioMapping>"
                                           "</extensionElements></serviceTask>" TAIL);
    assert_text(node->skill, "pay");
    assert_int_equal(node->retries, 4);
    assert_true(node->is_job);
    assert_text(node->inputs[0].name, "sum");
    assert_non_null(node->inputs[0].value.feel);
    node = node_a(HEAD "<userTask id='a'><extensionElements><zeebe:assignmentDefinition assignee='=clerk' "
                       "candidateGroups='office'/>"
                       "<zeebe:formDefinition formKey='f1'/></extensionElements></userTask>" TAIL);
    assert_non_null(node->assignee.feel);
    assert_text(node->role.text, "office");
    assert_text(node->form.text, "f1");
    node = node_a(HEAD "<callActivity id='a'><extensionElements><zeebe:calledElement "
                       "processId='q'/></extensionElements></callActivity>" TAIL);
    assert_text(node->called.text, "q");
    node = node_a(HEAD "<scriptTask id='a'><extensionElements><zeebe:script expression='=x + 1' "
                       "resultVariable='y'/></extensionElements></scriptTask>" TAIL);
    assert_non_null(node->script);
    assert_text(node->result_name, "y");
    gx_arena_release(&arena);
}

static void what_would_run_java_or_another_language_is_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *xml, *code;
    } refused[] = {
        {HEAD "<scriptTask id='a' scriptFormat='groovy'><script>x</script></scriptTask>" TAIL, "bpmn.script"},
        {HEAD "<userTask id='a' camunda:assignee='${bean.clerk()}'/>" TAIL, "bpmn.juel"},
        {HEAD "<serviceTask id='a' "
              "camunda:topic='t'><extensionElements><camunda:inputOutput><camunda:inputParameter "
              "name='x'><camunda:script/>"
              "</camunda:inputParameter></camunda:inputOutput></extensionElements></serviceTask>" TAIL,
         "bpmn.vendor.value"},
    };
    for (size_t i = 0; i < GX_COUNT_OF(refused); i++) {
        arena = gx_arena_of(64 * GX_MIB);
        gx_findings findings = {0};
        assert_null(gx_bpmn_read(&arena, gx_text_of(refused[i].xml), GX_TEXT("m.bpmn"), &findings));
        assert_string_equal(findings.items[0].error.code, refused[i].code);
        gx_findings_release(&findings);
        gx_arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(simple_expressions_become_feel_and_calls_are_refused),
        cmocka_unit_test(what_camunda_models_say_has_its_meaning),
        cmocka_unit_test(what_zeebe_models_say_has_its_meaning),
        cmocka_unit_test(what_would_run_java_or_another_language_is_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

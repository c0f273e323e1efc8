/* The record of an instance: its size, and that what older versions have written is still read. */
#include "bpmn/state.h"
#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define F(id, from, to) "<sequenceFlow id='" id "' sourceRef='" from "' targetRef='" to "'/>"

static const char five[] = "<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL'><process id='p' isExecutable='true'><startEvent id='s'/><userTask id='a'/><userTask id='b'/>"
                           "<userTask id='c'/><userTask id='d'/><userTask id='f'/><endEvent id='e'/>" F("1", "s", "a") F("2", "a", "b") F("3", "b", "c") F("4", "c", "d")
                               F("5", "d", "f") F("6", "f", "e") "</process></definitions>";

typedef struct fixture {
    gx_arena arena;
    const gx_bpmn_process *process;
} fixture;

static fixture read_five(void)
{
    fixture f = {.arena = gx_arena_of(GX_LIMIT_MODEL_BYTES)};
    gx_findings findings = {0};
    gx_bpmn *bpmn = gx_bpmn_read(&f.arena, gx_text_of(five), GX_TEXT("five"), &findings);
    assert_non_null(bpmn);
    gx_findings_release(&findings);
    f.process = gx_bpmn_find(bpmn, GX_TEXT("p"));
    return f;
}

static const gx_state *step(fixture *f, const gx_state *state, gx_command command)
{
    gx_bpmn_world world = {.now = 1795400000000};
    gx_effects effects;
    const gx_state *next = NULL;
    assert_true(gx_bpmn_step(&f->arena, f->process, state, &command, &world, &next, &effects, NULL));
    return next;
}

/* An application for a factory building, as a form leaves it: names and values are three quarters of the record. */
static void a_case_at_a_user_task_of_five_fits_in_half_a_kilobyte(void **state)
{
    (void)state;
    fixture f = read_five();
    gx_json *json = gx_json_parse(&f.arena,
                                  GX_TEXT("{\"applicant\":\"高新仪器有限公司\",\"creditCode\":\"91330100MA2B0X1Y2Z\",\"amount\":1200000.50,\"area\":3500,\"urgent\":false,"
                                          "\"contact\":{\"name\":\"李雷\",\"phone\":\"13800000000\"},\"documents\":[\"licence\",\"plan\",\"lease\"],\"submitted\":\"2026-11-23\"}"),
                                  GX_TEXT("p"), NULL);
    const gx_state *at = step(&f, NULL, (gx_command){.kind = GX_COMMAND_START, .variables = gx_value_from_json(&f.arena, json)});
    for (int task = 0; task < 5; task++) {
        gx_text record = gx_state_encode(&f.arena, at);
        assert_in_range(record.size, 20, 512);
        at = step(&f, at, (gx_command){.kind = GX_COMMAND_COMPLETE_TASK, .key = at->tokens[0].key});
    }
    assert_true(gx_state_has_ended(at));
    gx_arena_release(&f.arena);
}

/* Written by hand: an instance of key 5 whose token, key 4, waits at the task `a` in the scope of key 1, with x = 7. */
static const unsigned char version_1[] = {
    1,                                           /* version */
    5, 0,                                        /* next key, has not ended */
    1, 1, 0, 0, 0, 0, 1, 1, 'x', 3, 0, 14,       /* a scope: key, node, parent, owner, no instance; a variable: an integer of scale 0 */
    1, 4, 2, 1, 1, 2,                            /* a token: key, node, scope, flow + 1, waiting and no instance */
    0, 0,                                        /* no multi-instance activity, no wait */
};
static const unsigned char version_2[] = {
    2, 5, 0, 1, 1, 0, 0, 0, 0, 1, 1, 'x', 3, 0, 14, 1, 4, 2, 1, 1, 4, 0, 0, 0, 0, 0, /* bits of the token moved; three more lists */
};

static void read_old(const unsigned char *content, size_t size)
{
    fixture f = read_five();
    char record[64];
    gx_error error = {0};
    memcpy(record, content, size);
    uint32_t checksum = (uint32_t)gx_text_hash((gx_text){record, size});
    for (int i = 0; i < 4; i++)
        record[size + (size_t)i] = (char)(checksum >> 8 * i);
    const gx_state *at = gx_state_decode(&f.arena, f.process, (gx_text){record, size + 4}, NULL, &error);
    assert_non_null(at);
    assert_int_equal(at->token_count, 1);
    assert_int_equal(at->tokens[0].phase, GX_TOKEN_WAITING);
    assert_int_equal(at->tokens[0].node, gx_bpmn_node_of(f.process, GX_TEXT("a")));
    int64_t figure = 0;
    const gx_variable *x = gx_scope_find(&at->scopes[0], GX_TEXT("x"));
    assert_true(x && gx_value_to_int(x->value, &figure));
    assert_int_equal(figure, 7);
    for (int task = 0; task < 5; task++) /* and it goes on */
        at = step(&f, at, (gx_command){.kind = GX_COMMAND_COMPLETE_TASK, .key = at->tokens[0].key});
    assert_true(gx_state_has_ended(at));
    gx_arena_release(&f.arena);
}

static void records_of_versions_1_and_2_are_read(void **state)
{
    (void)state;
    read_old(version_1, sizeof version_1);
    read_old(version_2, sizeof version_2);
}

static void a_record_of_a_later_version_is_refused(void **state)
{
    (void)state;
    fixture f = read_five();
    const gx_state *at = step(&f, NULL, (gx_command){.kind = GX_COMMAND_START, .variables = gx_value_null()});
    gx_text record = gx_state_encode(&f.arena, at);
    gx_error error = {0};
    ((char *)record.bytes)[0]++;
    uint32_t checksum = gx_state_checksum(gx_text_slice(record, 0, record.size - 4));
    for (int i = 0; i < 4; i++)
        ((char *)record.bytes)[record.size - 4 + (size_t)i] = (char)(checksum >> 8 * i);
    assert_null(gx_state_decode(&f.arena, f.process, record, NULL, &error));
    assert_string_equal(error.code, "bpmn.state");
    gx_arena_release(&f.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_case_at_a_user_task_of_five_fits_in_half_a_kilobyte),
        cmocka_unit_test(records_of_versions_1_and_2_are_read),
        cmocka_unit_test(a_record_of_a_later_version_is_refused),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}

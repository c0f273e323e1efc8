/* What a journal row keeps of steps: every entry comes back as it went in, and damage is told. */
#include "bpmn/recorded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static gx_arena arena;

static gx_value context_of(const char *name, gx_value value)
{
    gx_context_builder builder = gx_context_begin(&arena, 1);
    gx_context_set(&builder, gx_text_of(name), value);
    return gx_context_end(&builder);
}

static gx_text write_row(void)
{
    static gx_bpmn_renaming renamings[] = {{{"a", 1}, {"b", 1}}, {{"c", 1}, {"d", 1}}};
    gx_buffer row = gx_buffer_in(&arena);
    gx_recorded_put(&row, &(gx_recorded){.kind = GX_RECORDED_PROCESS, .version = 7});
    gx_recorded_put(&row, &(gx_recorded){.kind = GX_RECORDED_CALENDAR, .version = 300});
    gx_recorded_put(&row,
                    &(gx_recorded){.kind = GX_RECORDED_FACTS, .facts = context_of("case", gx_value_int(1))});
    gx_recorded_put(&row, &(gx_recorded){.kind = GX_RECORDED_COMMAND,
                                         .command = {.kind = GX_COMMAND_START,
                                                     .name = GX_TEXT("begin"),
                                                     .variables = context_of("金额", gx_value_int(-5)),
                                                     .value = gx_value_null()}});
    gx_recorded_put(&row, &(gx_recorded){.kind = GX_RECORDED_COMMAND,
                                         .command = {.kind = GX_COMMAND_CANCEL,
                                                     .key = 70000,
                                                     .variables = gx_value_null(),
                                                     .value = gx_value_boolean(true),
                                                     .detail = GX_TEXT("why")}});
    gx_recorded_put(
        &row, &(gx_recorded){
                  .kind = GX_RECORDED_MIGRATION, .version = 8, .renamings = renamings, .renaming_count = 2});
    gx_recorded_put(&row, &(gx_recorded){.kind = GX_RECORDED_STATE, .record = GX_TEXT("\1\2\3record")});
    gx_recorded_put(&row, &(gx_recorded){.kind = GX_RECORDED_END, .checksum = 0xFFFFFFFEu});
    return gx_buffer_as_text(&row);
}

static gx_recorded next(gx_recorded_reader *reader, gx_recorded_kind kind)
{
    gx_recorded entry;
    assert_true(gx_recorded_next(reader, &entry));
    assert_int_equal(entry.kind, kind);
    return entry;
}

static void every_entry_comes_back_as_it_went_in(void **state)
{
    (void)state;
    gx_recorded_reader reader = {.arena = &arena, .row = write_row()};
    gx_value value;
    assert_int_equal(next(&reader, GX_RECORDED_PROCESS).version, 7);
    assert_int_equal(next(&reader, GX_RECORDED_CALENDAR).version, 300);
    assert_int_equal(
        gx_value_equal(next(&reader, GX_RECORDED_FACTS).facts, context_of("case", gx_value_int(1))),
        GX_EQUAL);
    gx_command command = next(&reader, GX_RECORDED_COMMAND).command;
    assert_int_equal(command.kind, GX_COMMAND_START);
    assert_true(gx_text_equal(command.name, GX_TEXT("begin")));
    assert_true(gx_context_find(command.variables, GX_TEXT("金额"), &value));
    assert_int_equal(gx_value_equal(value, gx_value_int(-5)), GX_EQUAL);
    command = next(&reader, GX_RECORDED_COMMAND).command;
    assert_int_equal(command.kind, GX_COMMAND_CANCEL);
    assert_int_equal(command.key, 70000);
    assert_true(gx_value_is_null(command.variables));
    assert_true(gx_value_is_true(command.value));
    assert_true(gx_text_equal(command.detail, GX_TEXT("why")));
    gx_recorded migration = next(&reader, GX_RECORDED_MIGRATION);
    assert_int_equal(migration.version, 8);
    assert_int_equal(migration.renaming_count, 2);
    assert_true(gx_text_equal(migration.renamings[1].to, GX_TEXT("d")));
    assert_true(gx_text_equal(next(&reader, GX_RECORDED_STATE).record, GX_TEXT("\1\2\3record")));
    assert_int_equal(next(&reader, GX_RECORDED_END).checksum, 0xFFFFFFFEu);
    gx_recorded entry;
    assert_false(gx_recorded_next(&reader, &entry));
    assert_false(reader.is_bad);
}

static void a_row_cut_short_or_of_a_later_version_is_bad(void **state)
{
    (void)state;
    gx_text whole = write_row();
    gx_recorded entry;
    for (size_t size = 1; size < whole.size; size++) {
        gx_recorded_reader reader = {.arena = &arena, .row = gx_text_slice(whole, 0, size)};
        size_t count = 0;
        while (gx_recorded_next(&reader, &entry))
            count++;
        assert_true(count < 8); /* nothing is made up */
    }
    char later[] = {2, 0, 1};
    gx_recorded_reader reader = {.arena = &arena, .row = {later, sizeof later}};
    assert_false(gx_recorded_next(&reader, &entry));
    assert_true(reader.is_bad);
}

static void noise_in_a_row_is_read_without_harm(void **state)
{
    (void)state;
    gx_text whole = write_row();
    uint32_t noise = 12345;
    for (int round = 0; round < 20000; round++) {
        gx_arena own = gx_arena_of(1024 * 1024);
        char *bytes = gx_copy_bytes(&own, whole.bytes, whole.size);
        for (int i = 0; i < 3; i++) {
            noise = noise * 1664525u + 1013904223u;
            bytes[(noise >> 8) % whole.size] = (char)(noise >> 24);
        }
        gx_recorded_reader reader = {.arena = &own, .row = {bytes, whole.size}};
        gx_recorded entry;
        while (gx_recorded_next(&reader, &entry))
            assert_true(reader.at <= whole.size);
        gx_arena_release(&own);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_entry_comes_back_as_it_went_in),
        cmocka_unit_test(a_row_cut_short_or_of_a_later_version_is_bad),
        cmocka_unit_test(noise_in_a_row_is_read_without_harm),
    };
    arena = gx_arena_of(64 * 1024 * 1024);
    cmocka_set_message_output(CM_OUTPUT_TAP);
    int status = cmocka_run_group_tests(tests, NULL, NULL);
    gx_arena_release(&arena);
    return status;
}

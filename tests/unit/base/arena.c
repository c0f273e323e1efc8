#include "base/arena.h"
#include "base/map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static void memory_is_zeroed_and_aligned(void **state)
{
    (void)state;
    gx_arena arena = gx_arena_of(1 << 20);
    for (size_t size = 0; size < 300; size++) {
        unsigned char *block = gx_alloc(&arena, size);
        assert_int_equal((uintptr_t)block % 16, 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(block[i], 0);
        memset(block, 0xAA, size);
    }
    gx_arena_release(&arena);
    assert_int_equal(gx_arena_held(&arena), 0);
}

static void rewinding_gives_back_and_zeroes(void **state)
{
    (void)state;
    gx_arena arena = gx_arena_of(1 << 20);
    gx_alloc(&arena, 100);
    gx_arena_mark mark = gx_arena_here(&arena);
    size_t held = gx_arena_held(&arena);
    for (int i = 0; i < 50; i++)
        memset(gx_alloc(&arena, 1000), 0xAA, 1000);
    gx_arena_rewind(&arena, mark);
    assert_int_equal(gx_arena_held(&arena), held);
    unsigned char *again = gx_alloc(&arena, 2000);
    for (size_t i = 0; i < 2000; i++)
        assert_int_equal(again[i], 0);
    gx_arena_release(&arena);
}

static int closed[8];
static int close_count;

static void note_closed(void *object)
{
    closed[close_count++] = *(int *)object;
}

static void clean_ups_run_newest_first_and_only_once(void **state)
{
    (void)state;
    static int one = 1, two = 2, three = 3;
    close_count = 0;
    gx_arena arena = gx_arena_of(1 << 20);
    gx_arena_on_release(&arena, note_closed, &one);
    gx_arena_mark mark = gx_arena_here(&arena);
    gx_arena_on_release(&arena, note_closed, &two);
    gx_arena_on_release(&arena, note_closed, &three);
    gx_arena_rewind(&arena, mark);
    gx_arena_release(&arena);
    assert_int_equal(close_count, 3);
    assert_int_equal(closed[0], 3);
    assert_int_equal(closed[1], 2);
    assert_int_equal(closed[2], 1);
}

static bool eat_everything(void *context)
{
    static int four = 4;
    gx_arena_on_release(context, note_closed, &four);
    while (gx_alloc(context, 1000))
        continue;
    return true;
}

static bool eat_inside(void *context)
{
    gx_error inner = {0};
    gx_alloc(context, 10);
    assert_false(gx_arena_guard(context, eat_everything, context, &inner));
    assert_string_equal(inner.code, "base.memory");
    return true;
}

static void an_exhausted_arena_ends_in_an_ordinary_error_of_the_innermost_guard(void **state)
{
    (void)state;
    close_count = 0;
    gx_arena arena = gx_arena_of(100000);
    gx_error error = {0};
    assert_true(gx_arena_guard(&arena, eat_inside, &arena, &error));
    assert_null(error.code);
    assert_int_equal(close_count, 1);
    assert_true(gx_arena_held(&arena) <= 100000);
    assert_false(gx_arena_guard(&arena, eat_everything, &arena, &error));
    assert_string_equal(error.code, "base.memory");
    gx_arena_release(&arena);
}

static bool ask_for_too_much(void *context)
{
    gx_alloc_array(context, SIZE_MAX / 2, 3);
    return true;
}

static void a_size_that_overflows_is_exhaustion(void **state)
{
    (void)state;
    gx_arena arena = gx_arena_of(SIZE_MAX / 4);
    gx_error error = {0};
    assert_false(gx_arena_guard(&arena, ask_for_too_much, &arena, &error));
    gx_arena_release(&arena);
}

static void a_map_keeps_insertion_order_and_replaces(void **state)
{
    (void)state;
    gx_arena arena = gx_arena_of(1 << 24);
    gx_map map = gx_map_in(&arena);
    assert_null(gx_map_get(&map, GX_TEXT("absent")));
    for (intptr_t i = 1; i <= 1000; i++)
        assert_null(gx_map_put(&map, gx_format(&arena, "key %d", (int)i), (void *)i));
    assert_ptr_equal(gx_map_put(&map, GX_TEXT("key 500"), (void *)(intptr_t)7), (void *)(intptr_t)500);
    assert_int_equal(map.count, 1000);
    assert_ptr_equal(gx_map_get(&map, GX_TEXT("key 500")), (void *)(intptr_t)7);
    assert_true(gx_text_equal(map.entries[499].key, GX_TEXT("key 500")));
    assert_null(gx_map_get(&map, GX_TEXT("key 1001")));
    gx_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_and_aligned),
        cmocka_unit_test(rewinding_gives_back_and_zeroes),
        cmocka_unit_test(clean_ups_run_newest_first_and_only_once),
        cmocka_unit_test(an_exhausted_arena_ends_in_an_ordinary_error_of_the_innermost_guard),
        cmocka_unit_test(a_size_that_overflows_is_exhaustion),
        cmocka_unit_test(a_map_keeps_insertion_order_and_replaces),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}

/* A text that may be a temporal value, and a second one behind a line end. What is read must write itself so
 * that it reads the same. */
#include "feel/temporal.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
extern const char *const gx_fuzz_words[];
const char *const gx_fuzz_words[] = {"2024-02-29",
                                     "-999999999-01-01",
                                     "T",
                                     "24:00:00",
                                     "12:30:15.123456789",
                                     "Z",
                                     "+08:00",
                                     "-18:00:00",
                                     "@Asia/Shanghai",
                                     "@Europe/Paris",
                                     "P1Y2M",
                                     "-P1DT2H3M4.5S",
                                     "PT",
                                     "\n",
                                     NULL};

typedef struct work {
    gx_arena arena;
    gx_text text;
} work;

static void check_round_trip(gx_arena *arena, gx_value value)
{
    gx_buffer first = gx_buffer_in(arena), second = gx_buffer_in(arena);
    gx_temporal_write(&first, value);
    gx_value again = gx_temporal_parse(arena, gx_buffer_as_text(&first));
    gx_temporal_write(&second, again);
    if (again.kind != value.kind || !gx_text_equal(gx_buffer_as_text(&first), gx_buffer_as_text(&second)))
        abort();
}

static bool run(void *context)
{
    static const gx_text properties[] = {
        GX_TEXT("year"),     GX_TEXT("weekday"), GX_TEXT("second"),  GX_TEXT("time offset"),
        GX_TEXT("timezone"), GX_TEXT("days"),    GX_TEXT("seconds"), GX_TEXT("months"),
    };
    work *w = context;
    gx_text rest;
    gx_value a = gx_temporal_parse(&w->arena, gx_text_cut(w->text, '\n', &rest));
    gx_value b = gx_temporal_parse(&w->arena, rest), property;
    int order;
    if (a.kind == GX_NULL)
        return false;
    check_round_trip(&w->arena, a);
    for (size_t i = 0; i < GX_COUNT_OF(properties); i++)
        gx_temporal_property(&w->arena, a, properties[i], &property);
    gx_temporal_negate(a);
    gx_temporal_arithmetic(&w->arena, '*', a, gx_value_scaled(INT64_C(-123456789012345), 3));
    gx_temporal_arithmetic(&w->arena, '/', a, gx_value_scaled(7, 18));
    if (b.kind == GX_NULL)
        return true;
    gx_temporal_order(a, b, &order);
    gx_temporal_is_identical(a, b);
    for (const char *sign = "+-*/"; *sign; sign++) {
        gx_value result = gx_temporal_arithmetic(&w->arena, *sign, a, b);
        if (result.kind != GX_NULL && result.kind != GX_NUMBER)
            check_round_trip(&w->arena, result);
    }
    if ((a.kind == GX_DATE || a.kind == GX_DATE_TIME) && (b.kind == GX_DATE || b.kind == GX_DATE_TIME))
        gx_temporal_months_between(a, b);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    work w = {gx_arena_of(1024 * 1024), {(const char *)data, size}};
    gx_arena_guard(&w.arena, run, &w, NULL);
    gx_arena_release(&w.arena);
    return 0;
}

/* Proofs of large tables: partitions of a space, whole and with a rule taken out, are decided exactly and in
 * time; a table made to defeat every search ends with an honest answer. GX_SEED repeats a run. */
#include "base/clock.h"
#include "base/limits.h"
#include "dmn/verify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { RULES_MOST = 2000, SIDE = 1000, IN_TIME_MS = 2000 };

typedef struct box {
    int low[8], high[8]; /* [low, high) */
} box;

typedef struct table {
    gx_arena *arena;
    uint64_t random;
    int columns;
    box boxes[RULES_MOST];
    int count, left_out; /* left_out: -1 for none */
} table;

static int below(table *t, int limit)
{
    t->random = t->random * 6364136223846793005u + 1442695040888963407u;
    return (int)((t->random >> 33) % (uint64_t)limit);
}

/* Cuts the whole into `count` boxes, the oldest first. */
static void part(table *t, int columns, int count)
{
    t->columns = columns;
    t->count = 1;
    for (int i = 0; i < columns; i++)
        t->boxes[0].high[i] = SIDE;
    for (int next = 0; t->count < count; next = (next + 1) % t->count) {
        box *b = &t->boxes[next];
        int column = below(t, columns), width = b->high[column] - b->low[column];
        if (width < 2)
            continue;
        int cut = b->low[column] + 1 + below(t, width - 1);
        box *upper = &t->boxes[t->count++];
        *upper = *b;
        upper->low[column] = cut;
        b->high[column] = cut;
    }
}

static void begin_model(gx_buffer *xml, const char *policy, int columns, const char *type,
                        const char *allowed)
{
    gx_buffer_string(
        xml, "<definitions xmlns='https://www.omg.org/spec/DMN/20230324/MODEL/' name='m' namespace='m' "
             "id='m'><decision id='d' name='d'><variable name='d'/>");
    for (int i = 0; i < columns; i++)
        gx_buffer_format(xml, "<informationRequirement><requiredInput href='#i%d'/></informationRequirement>",
                         i);
    gx_buffer_format(xml, "<decisionTable id='t' hitPolicy='%s'>", policy);
    for (int i = 0; i < columns; i++)
        gx_buffer_format(xml,
                         "<input><inputExpression typeRef='%s'><text>x%d</text></inputExpression>%s</input>",
                         type, i, allowed);
    gx_buffer_string(xml, "<output/>");
}

static const gx_dmn *end_model(gx_arena *arena, gx_buffer *xml, int columns, const char *type)
{
    gx_findings findings = {0};
    gx_error error = {0};
    gx_buffer_string(xml, "</decisionTable></decision>");
    for (int i = 0; i < columns; i++)
        gx_buffer_format(xml,
                         "<inputData id='i%d' name='x%d'><variable name='x%d' typeRef='%s'/></inputData>", i,
                         i, i, type);
    gx_buffer_string(xml, "</definitions>");
    const gx_dmn *dmn = gx_dmn_read(arena, gx_buffer_as_text(xml), GX_TEXT("large"), NULL, &findings, &error);
    assert_non_null(dmn);
    assert_int_equal(findings.errors, 0);
    gx_findings_release(&findings);
    return dmn;
}

static const gx_dmn *model_of(table *t, const char *policy)
{
    gx_buffer xml = gx_buffer_in(t->arena);
    begin_model(&xml, policy, t->columns, "number", "<inputValues><text>[0..1000)</text></inputValues>");
    for (int r = 0; r < t->count; r++) {
        if (r == t->left_out)
            continue;
        gx_buffer_string(&xml, "<rule>");
        for (int i = 0; i < t->columns; i++) {
            bool is_whole = t->boxes[r].low[i] == 0 && t->boxes[r].high[i] == SIDE;
            if (is_whole && below(t, 2))
                gx_buffer_string(&xml, "<inputEntry><text>-</text></inputEntry>");
            else
                gx_buffer_format(&xml, "<inputEntry><text>[%d..%d)</text></inputEntry>", t->boxes[r].low[i],
                                 t->boxes[r].high[i]);
        }
        gx_buffer_format(&xml, "<outputEntry><text>%d</text></outputEntry></rule>", r);
    }
    return end_model(t->arena, &xml, t->columns, "number");
}

static size_t count_flaws(const gx_flaws *flaws, gx_flaw_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < flaws->count; i++)
        count += flaws->items[i].kind == kind;
    return count;
}

static bool lies_in(const table *t, int rule, const gx_value *point)
{
    for (int i = 0; i < t->columns; i++)
        if (gx_number_compare(point[i], gx_value_int(t->boxes[rule].low[i])) < 0 ||
            gx_number_compare(point[i], gx_value_int(t->boxes[rule].high[i])) >= 0)
            return false;
    return true;
}

static bool check_partition(void *context)
{
    table *t = context;
    static const char *const policies[] = {"UNIQUE", "FIRST", "ANY"};
    const gx_dmn *dmn = model_of(t, policies[below(t, 3)]);
    int64_t begun = gx_clock_monotonic_ms();
    gx_flaws flaws = gx_dmn_verify(t->arena, dmn);
    assert_true(gx_clock_monotonic_ms() - begun < IN_TIME_MS * 5); /* sanitizers are slow */
    assert_int_equal(count_flaws(&flaws, GX_FLAW_LIMIT), 0);
    assert_int_equal(count_flaws(&flaws, GX_FLAW_OVERLAP), 0);
    assert_int_equal(count_flaws(&flaws, GX_FLAW_HIDDEN), 0);
    assert_int_equal(count_flaws(&flaws, GX_FLAW_GAP) > 0, t->left_out >= 0);
    for (size_t i = 0; i < flaws.count; i++)
        if (flaws.items[i].kind == GX_FLAW_GAP)
            assert_true(lies_in(t, t->left_out, flaws.items[i].example));
    return true;
}

static uint64_t seed(void)
{
    const char *given = getenv("GX_SEED");
    uint64_t random = given ? strtoull(given, NULL, 10) : 20261123;
    print_message("# seed %llu\n", (unsigned long long)random);
    return random;
}

static void check(table *t)
{
    gx_arena arena = gx_arena_of(GX_LIMIT_MODEL_BYTES);
    gx_error error = {0};
    t->arena = &arena;
    assert_true(gx_arena_guard(&arena, check_partition, t, &error));
    gx_arena_release(&arena);
}

static void a_partition_has_a_gap_exactly_where_a_rule_is_taken_out(void **state)
{
    static table t;
    (void)state;
    t.random = seed();
    for (int i = 0; i < 40; i++) {
        part(&t, 1 + below(&t, 8), 2 + below(&t, 200));
        t.left_out = i % 2 ? -1 : below(&t, t.count);
        check(&t);
    }
}

static void two_thousand_rules_in_eight_columns_are_decided(void **state)
{
    static table t;
    (void)state;
    t.random = seed();
    for (int i = 0; i < 2; i++) {
        part(&t, 8, RULES_MOST);
        t.left_out = i ? -1 : below(&t, t.count);
        check(&t);
    }
}

/* Each rule forbids one combination of three truth values: a gap is a solution of a hard formula. */
static bool check_formula(void *context)
{
    table *t = context;
    enum { COLUMNS = 40, CLAUSES = 170 };
    gx_buffer xml = gx_buffer_in(t->arena);
    begin_model(&xml, "FIRST", COLUMNS, "boolean", "");
    for (int r = 0; r < CLAUSES; r++) {
        int tested[COLUMNS] = {0};
        for (int chosen = 0; chosen < 3;) {
            int column = below(t, COLUMNS);
            chosen += !tested[column];
            tested[column] = tested[column] ? tested[column] : 1 + below(t, 2);
        }
        gx_buffer_string(&xml, "<rule>");
        for (int i = 0; i < COLUMNS; i++)
            gx_buffer_format(&xml, "<inputEntry><text>%s</text></inputEntry>",
                             tested[i] == 0   ? "-"
                             : tested[i] == 1 ? "true"
                                              : "false");
        gx_buffer_format(&xml, "<outputEntry><text>%d</text></outputEntry></rule>", r % 3);
    }
    const gx_dmn *dmn = end_model(t->arena, &xml, COLUMNS, "boolean");
    int64_t begun = gx_clock_monotonic_ms();
    gx_flaws flaws = gx_dmn_verify(t->arena, dmn);
    assert_true(gx_clock_monotonic_ms() - begun < IN_TIME_MS * 10);
    bool is_told = count_flaws(&flaws, GX_FLAW_LIMIT) > 0 || count_flaws(&flaws, GX_FLAW_GAP) > 0;
    assert_true(is_told);
    return true;
}

static void a_hard_formula_ends_in_an_honest_answer(void **state)
{
    static table t;
    gx_arena arena = gx_arena_of(GX_LIMIT_MODEL_BYTES);
    gx_error error = {0};
    (void)state;
    t.random = seed();
    t.arena = &arena;
    assert_true(gx_arena_guard(&arena, check_formula, &t, &error));
    gx_arena_release(&arena);
}

int main(void)
{
    cmocka_set_message_output(CM_OUTPUT_TAP);
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_partition_has_a_gap_exactly_where_a_rule_is_taken_out),
        cmocka_unit_test(two_thousand_rules_in_eight_columns_are_decided),
        cmocka_unit_test(a_hard_formula_ends_in_an_honest_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

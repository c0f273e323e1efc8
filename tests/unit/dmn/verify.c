/* Proofs of tables against brute force: random small tables, and every input of a grid that has a point in
 * each piece. The grid is evaluated by the engine, with a trace that tells which rules matched. GX_SEED
 * repeats a run. */
#include "base/limits.h"
#include "dmn/model.h"
#include "dmn/verify.h"
#include "random_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { RULES_MOST = 7, GRID_MOST = 2000, TABLES = 400 };

typedef struct bench {
    random_table table;
    uint64_t matched[GRID_MOST]; /* per grid point: a bit for each rule */
    bool has_null[GRID_MOST];
    uint32_t points;
    size_t seen[GX_FLAW_LIMIT + 1]; /* flaws of all tables */
} bench;

/* ---- Brute force ---- */

static uint64_t rules_that_match(bench *b, const gx_dmn *dmn, const gx_value *inputs)
{
    static const char *const names[INPUTS] = {"x0", "x1", "x2"};
    gx_context_builder context = gx_context_begin(b->table.arena, INPUTS);
    for (int i = 0; i < INPUTS; i++)
        gx_context_set(&context, gx_text_of(names[i]), inputs[i]);
    gx_dmn_trace trace = {0};
    gx_value answer;
    gx_error error = {0};
    assert_true(gx_dmn_evaluate(b->table.arena, dmn, GX_TEXT("d"), gx_context_end(&context), NULL, &trace,
                                &answer, &error));
    uint64_t bits = 0;
    for (const gx_dmn_step *step = trace.first; step; step = step->next)
        for (const gx_dmn_table_trace *table = step->tables; table; table = table->next)
            for (uint32_t i = 0; i < table->matched_count; i++)
                bits |= (uint64_t)1 << table->matched[i];
    return bits;
}

static void evaluate_grid(bench *b, const gx_dmn *dmn)
{
    static const char *const strings[] = {"", "a", "aa", "b", "bb", "c", "cc"};
    b->points = 0;
    for (int number = -1; number <= 10; number++) { /* halves from -0.5 to 4.5, then null */
        for (size_t string = 0; string <= GX_COUNT_OF(strings); string++) {
            for (int boolean = 0; boolean <= 2; boolean++) {
                gx_value inputs[INPUTS] = {
                    number == 10 ? gx_value_null() : gx_value_scaled((int64_t)number * 5, 1),
                    string == GX_COUNT_OF(strings) ? gx_value_null()
                                                   : gx_value_text(gx_text_of(strings[string])),
                    boolean == 2 ? gx_value_null() : gx_value_boolean(boolean == 1),
                };
                assert_true(b->points < GRID_MOST);
                b->has_null[b->points] = number == 10 || string == GX_COUNT_OF(strings) || boolean == 2;
                b->matched[b->points++] = rules_that_match(b, dmn, inputs);
            }
        }
    }
}

static bool has_flaw(const gx_flaws *flaws, gx_flaw_kind kind, uint32_t rule, uint32_t other)
{
    for (size_t i = 0; i < flaws->count; i++)
        if (flaws->items[i].kind == kind && flaws->items[i].rule == rule && flaws->items[i].other == other)
            return true;
    return false;
}

static size_t count_flaws(const gx_flaws *flaws, gx_flaw_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < flaws->count; i++)
        count += flaws->items[i].kind == kind;
    return count;
}

static void check_gaps(bench *b, const gx_dmn *dmn, const gx_flaws *flaws)
{
    bool has_gap = false;
    for (uint32_t p = 0; p < b->points; p++)
        has_gap |= b->matched[p] == 0 && !b->has_null[p];
    assert_int_equal(count_flaws(flaws, GX_FLAW_GAP) > 0, has_gap);
    for (size_t i = 0; i < flaws->count; i++)
        if (flaws->items[i].kind == GX_FLAW_GAP)
            assert_int_equal(rules_that_match(b, dmn, flaws->items[i].example), 0);
}

static void check_rules(bench *b, const gx_dmn *dmn, const gx_flaws *flaws)
{
    for (uint32_t r = 0; r < b->table.rules; r++) {
        bool ever = false, ever_first = false;
        for (uint32_t p = 0; p < b->points; p++) {
            bool matches = b->matched[p] >> r & 1;
            ever |= matches;
            ever_first |= matches && (b->matched[p] & (((uint64_t)1 << r) - 1)) == 0;
        }
        assert_int_equal(has_flaw(flaws, GX_FLAW_NEVER, r, 0), !ever);
        if (strcmp(b->table.policy, "FIRST") == 0)
            assert_int_equal(has_flaw(flaws, GX_FLAW_HIDDEN, r, 0), ever && !ever_first);
        for (uint32_t s = r + 1; s < b->table.rules && strcmp(b->table.policy, "UNIQUE") == 0; s++) {
            bool meet = false;
            for (uint32_t p = 0; p < b->points; p++)
                meet |= (b->matched[p] >> r & 1) && (b->matched[p] >> s & 1);
            assert_int_equal(has_flaw(flaws, GX_FLAW_OVERLAP, r, s), meet);
        }
    }
    for (size_t i = 0; i < flaws->count; i++) {
        const gx_flaw *flaw = &flaws->items[i];
        if (flaw->kind != GX_FLAW_OVERLAP && flaw->kind != GX_FLAW_CONFLICT)
            continue;
        uint64_t bits = rules_that_match(b, dmn, flaw->example);
        assert_true(bits >> flaw->rule & 1);
        assert_true(bits >> flaw->other & 1);
    }
}

static void check_merges(const bench *b, const gx_flaws *flaws)
{
    /* Two rules that could be one have the same output wherever either matches: both output entries are equal
     * constants. */
    for (size_t i = 0; i < flaws->count; i++) {
        const gx_flaw *flaw = &flaws->items[i];
        if (flaw->kind != GX_FLAW_MERGE)
            continue;
        assert_true(flaw->rule < flaw->other && flaw->other < b->table.rules);
        assert_true(gx_text_equal(gx_feel_source(flaw->table->results[flaw->rule]),
                                  gx_feel_source(flaw->table->results[flaw->other])));
    }
}

static bool check_table(void *context)
{
    bench *b = context;
    gx_findings findings = {0};
    gx_error error = {0};
    gx_text xml = random_model(&b->table);
    const gx_dmn *dmn = gx_dmn_read(b->table.arena, xml, GX_TEXT("random"), NULL, &findings, &error);
    assert_non_null(dmn);
    assert_int_equal(findings.errors, 0);
    gx_flaws flaws = gx_dmn_verify(b->table.arena, dmn);
    evaluate_grid(b, dmn);
    check_gaps(b, dmn, &flaws);
    check_rules(b, dmn, &flaws);
    check_merges(b, &flaws);
    for (size_t i = 0; i < flaws.count; i++)
        b->seen[flaws.items[i].kind]++;
    gx_findings_release(&findings);
    return true;
}

static void proofs_agree_with_brute_force(void **state)
{
    (void)state;
    static const char *const policies[] = {"UNIQUE", "ANY", "FIRST", "COLLECT"};
    const char *seed = getenv("GX_SEED");
    uint64_t random = seed ? strtoull(seed, NULL, 10) : 20261123;
    print_message("# seed %llu\n", (unsigned long long)random);
    static bench b;
    b.table.random = random;
    for (int i = 0; i < TABLES; i++) {
        gx_arena arena = gx_arena_of(GX_LIMIT_MODEL_BYTES);
        gx_error error = {0};
        b.table.arena = &arena;
        b.table.policy = policies[i % 4];
        b.table.rules = 1 + random_below(&b.table, RULES_MOST);
        assert_true(gx_arena_guard(&arena, check_table, &b, &error));
        gx_arena_release(&arena);
    }
    static const gx_flaw_kind expected[] = {GX_FLAW_GAP,   GX_FLAW_OVERLAP, GX_FLAW_CONFLICT,
                                            GX_FLAW_NEVER, GX_FLAW_HIDDEN,  GX_FLAW_MERGE};
    for (size_t i = 0; i < GX_COUNT_OF(expected); i++)
        assert_true(b.seen[expected[i]] > 0); /* a run that never meets a flaw proves little */
    assert_int_equal(b.seen[GX_FLAW_UNDECIDED], 0);
}

int main(void)
{
    cmocka_set_message_output(CM_OUTPUT_TAP);
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(proofs_agree_with_brute_force),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

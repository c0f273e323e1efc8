/* dmn/verify.h: proofs about decision tables.
 *
 * For every table of a model: inputs that no rule covers, rules that overlap where the hit policy forbids it,
 * rules that can never decide, outputs outside the allowed values, and rules that could be one. The answers
 * are exact for columns whose tests are constants of one ordered kind (numbers, strings, dates, times,
 * durations, booleans: values, ranges, lists of them, not(...), `-`), within the allowed values of the
 * column. A column or rule with other tests is said to be undecided; nothing is claimed about it. Pure. Must
 * run under a gx_arena_guard. */
#ifndef GX_DMN_VERIFY_H
#define GX_DMN_VERIFY_H

#include "dmn/dmn.h"

typedef enum gx_flaw_kind {
    GX_FLAW_GAP,      /* `example` matches no rule, and there is no default output */
    GX_FLAW_OVERLAP,  /* `rule` and `other` both match `example`: hit policy U */
    GX_FLAW_CONFLICT, /* the same with different outputs: hit policy A */
    GX_FLAW_NEVER,    /* `rule` matches no input at all */
    GX_FLAW_HIDDEN, /* `rule` never decides, as the rules before it match whatever it matches: hit policy F */
    GX_FLAW_OUTPUT, /* `rule` puts out a value that column `column` does not allow */
    GX_FLAW_MERGE, /* `rule` and `other` differ in column `column` alone and have the same outputs: they could
                      be one */
    GX_FLAW_UNDECIDED, /* a test of `rule` in `column` is no constant */
    GX_FLAW_LIMIT,     /* the table is too large to be searched to the end for gaps or hidden rules */
} gx_flaw_kind;

typedef struct gx_flaw {
    gx_flaw_kind kind;
    gx_text element; /* the name of the decision or knowledge that has the table */
    const gx_dmn_table *table;
    uint32_t rule, other, column; /* from 0, where the kind has them */
    const gx_value *example;      /* one value per input column, or NULL */
} gx_flaw;

typedef struct gx_flaws {
    const gx_flaw *items;
    size_t count;
    uint32_t tables; /* looked at */
} gx_flaws;

gx_flaws gx_dmn_verify(gx_arena *arena, const gx_dmn *dmn);

/* The sentence of a flaw with its place: overlaps, conflicts and forbidden outputs are errors, the others
 * warnings. */
gx_severity gx_flaw_error(gx_arena *arena, const gx_flaw *flaw, gx_text path, gx_error *error);
void gx_flaws_report(gx_arena *arena, const gx_flaws *flaws, gx_text path, gx_findings *findings);

#endif

/* dmn/explain.h: how a decision came about, for people and as data, from the trace of an evaluation.
 *
 * The sentences stand in explain.def, in zh-CN and en. A rule that applied is told with the tests it passed
 * ("not eligible because revenue 1,800 < 2,000 (rule 3)"); where none did, the rules that came nearest are
 * told with what they failed on. Pure: what is written depends on the trace alone. */
#ifndef GX_DMN_EXPLAIN_H
#define GX_DMN_EXPLAIN_H

#include "dmn/dmn.h"

enum { GX_EXPLAIN_NEAREST = 3 }; /* rules that are told when none applied */

/* One line a fact, in the order in which things were decided; what a decision requires comes before it,
 * indented. */
void gx_dmn_explain(gx_buffer *text, const gx_dmn_trace *trace, gx_language language);

/* [{"id", "name", "kind", "depth", "value", "text": [...], "tables": [{"id", "policy", "default", "inputs":
 * [{"id", "label", "value"}], "matched": [1, ...], "rules": [{"rule", "id", "cells": ["matched" | "failed" |
 * "unknown" | "unseen", ...]}]}]}]; ids are those of the file; rules count from 1, and all of them are
 * there. */
gx_json *gx_dmn_explain_json(gx_arena *arena, const gx_dmn_trace *trace, gx_language language);

/* ---- What would change it ---- */

typedef struct gx_dmn_change {
    gx_text input; /* the name of an input data element */
    gx_value from, to;
} gx_dmn_change;

typedef struct gx_dmn_changes {
    const gx_dmn_change *items;
    size_t count;
    uint32_t rule; /* from 0: the rule of the decision's own table that applies then, or GX_DMN_NO_RULE */
} gx_dmn_changes;
#define GX_DMN_NO_RULE UINT32_MAX

/* The fewest changes of inputs after which the decision gives `wanted` (for several outputs: a context of
 * some of them); none when it does already. For a table whose columns read input data a changed value is the
 * nearest that a rule accepts; for other decisions up to three inputs are tried with the values at which the
 * tables of the model turn. Every answer has been evaluated. False when none was found. */
bool gx_dmn_find_changes(gx_arena *arena, const gx_dmn *dmn, gx_text decision, gx_value inputs,
                         gx_value wanted, const gx_feel_budget *budget, gx_dmn_changes *changes);
/* One line a change. */
void gx_dmn_changes_write(gx_buffer *text, const gx_dmn_changes *changes, gx_language language);

#endif

/* dmn/describe.h: what a model asks for and what is known of its tables, as JSON, for forms and pages; and
 * the way back: inputs that came as JSON, as values of the declared types. Pure. Every call must run under a
 * gx_arena_guard. */
#ifndef GX_DMN_DESCRIBE_H
#define GX_DMN_DESCRIBE_H

#include "dmn/verify.h"

/* [{"name", "label", "type", "allowed", "values", "suggested"}, ...], one for each input data element that
 * the decision needs. type: FEEL's name of it ("number", "date and time", "list", "context", "any"). What the
 * model does not declare is taken from the table columns that read the input, if they agree, or its members.
 * element, fields: of a list and of a context: descriptions of the same shape (fields with "name", and "label"
 * where a column has one). allowed: the unary tests
 * that values must pass, as they are written; null if there are none. values: the allowed values when they
 * can be listed; null otherwise. suggested: texts, numbers and dates that tables compare the input with; each
 * once. */
gx_json *gx_dmn_describe_inputs(gx_arena *arena, const gx_dmn *dmn, gx_text decision);

/* [{"decision", "id", "policy", "aggregation", "rules", "ruleIds", "inputs": [{"id", "label", "expression"}],
 * "outputs": [{"id", "name", "label", "values"}]}]; values: the constants that rules put out there. ids are
 * those of the file, empty where it has none. */
gx_json *gx_dmn_describe_tables(gx_arena *arena, const gx_dmn *dmn);

/* [{"severity", "kind", "detail", "decision", "table", "rules": [1, ...], "ruleIds", "column": {"of",
 * "index", "id"} or null, "example": [value per input column] or null, "line"}]. Rules and columns count
 * from 1. */
gx_json *gx_dmn_describe_flaws(gx_arena *arena, const gx_flaws *flaws, gx_language language);

/* JSON has no dates: a text where a date, a time or a duration is declared becomes one. False with
 * "dmn.input.text" and a JSON pointer, which begins with `path`, when it cannot. Everything else is as
 * gx_value_from_json has it. False with "json.member.type" when `json` is neither NULL nor an object. */
bool gx_dmn_inputs_from_json(gx_arena *arena, const gx_dmn *dmn, gx_text decision, const gx_json *json,
                             gx_text path, gx_value *inputs, gx_error *error);

#endif

/* dmn/changes.h: what changes.c and changes_graph.c share; gx_dmn_find_changes in dmn/explain.h is the door.
 */
#ifndef GX_DMN_CHANGES_H
#define GX_DMN_CHANGES_H

#include "dmn/explain.h"
#include "dmn/model.h"

typedef struct gx_dmn_question {
    gx_arena *arena;
    const gx_dmn *dmn;
    gx_text decision;
    gx_value inputs, wanted;
    const gx_feel_budget *budget;
} gx_dmn_question;

/* The expression of an input column, trimmed. */
gx_text gx_dmn_column_source(const gx_dmn_table *table, uint32_t column);
/* Whether the source is the name of an input, or a path into one: "turnover", "project.area". */
bool gx_dmn_reads_input(const gx_dmn *dmn, gx_text source);
/* `context` with `value` at the path. */
gx_value gx_dmn_put_path(gx_arena *arena, gx_value context, gx_text path, gx_value value);
/* Equal; of contexts: in what is wanted. */
bool gx_dmn_is_wanted(gx_value wanted, gx_value answer);
/* Over all tables of the model, for decisions that are no table of inputs. */
bool gx_dmn_find_graph_changes(const gx_dmn_question *question, gx_dmn_changes *changes);

#endif

/* bpmn/juel.h: expressions of the simple kind that Camunda 7 models hold, "${amount > 100 && !empty name}",
 * as FEEL. Paths, items by index or name, literals, comparison, boolean and arithmetic operators, empty, the
 * conditional operator; a text around the braces is joined to a string. Calls of methods and functions run
 * Java there and are refused. Pure; results in `arena`. Rules: Jakarta Expression Language 3.0, 1.1 to 1.15,
 * without coercions: FEEL's comparison of unlike types is null. */
#ifndef GX_BPMN_JUEL_H
#define GX_BPMN_JUEL_H

#include "base/arena.h"

/* Is it one: does it hold "${" or "#{"? */
bool gx_juel_is(gx_text source);
/* False with *fault, the byte where it cannot go on. */
bool gx_juel_to_feel(gx_arena *arena, gx_text source, gx_text *feel, size_t *fault);

#endif

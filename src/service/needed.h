/* service/needed.h: which matters a project needs (D08): the `neededWhen` of each approval matter over the
 * project's facts, with the reason. A fact that is not known makes a matter "unclear"; it is never silently
 * left out. Pure. */
#ifndef GX_SERVICE_NEEDED_H
#define GX_SERVICE_NEEDED_H

#include "service/package.h"

typedef enum gx_need { GX_NEED_NO, GX_NEED_YES, GX_NEED_UNCLEAR } gx_need;

typedef struct gx_needed_matter {
    const gx_definition *matter;
    gx_need is_needed;
    gx_text reason; /* the facts that decide, in the reader's language */
} gx_needed_matter;

/* In the order of the matters' ids; those without `neededWhen` are left out. */
bool gx_needed_find(gx_arena *arena, const gx_packages *packages, gx_value project, gx_language language,
                    gx_needed_matter **matters, size_t *count, gx_error *error);

#endif

/* dmn/verify_volume.h: coverage by counting, for rules of which no two have an input in common. */
#ifndef GX_DMN_VERIFY_VOLUME_H
#define GX_DMN_VERIFY_VOLUME_H

#include "dmn/verify_space.h"

typedef enum gx_cover {
    GX_COVER_FULL,    /* every point of the space lies in a rule */
    GX_COVER_GAPS,    /* some do not; all that were asked for have been told */
    GX_COVER_UNKNOWN, /* the numbers are too large, or the steps were used up */
} gx_cover;

/* `rules` must be pairwise disjoint and have no unknown cells. When `found` is not NULL it is called with a
 * point (a piece per column) of each uncovered box until it returns false. *steps_left goes down by the cells
 * looked at, which bounds what is allocated in `arena` too: four bytes a step at the most. */
gx_cover gx_volume_cover(gx_arena *arena, const gx_space *space, const uint32_t *rules, uint32_t count,
                         uint64_t *steps_left, bool (*found)(void *context, const uint32_t *pieces),
                         void *context);

#endif

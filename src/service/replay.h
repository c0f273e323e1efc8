/* service/replay.h: an instance made again from its journal: what was fed to its steps is fed once more, and
 * the record that comes out must be the stored one, byte for byte. Only reads; any connection. */
#ifndef GX_SERVICE_REPLAY_H
#define GX_SERVICE_REPLAY_H

#include "service/zone.h"

typedef struct gx_replay {
    int64_t instance;
    int64_t rows, steps; /* taken again */
    bool is_equal;       /* every row ended in the record it did, and the last one in the stored record */
    bool is_from_before; /* no step was recorded: a database of an older program */
    int64_t differs_at;  /* id of the journal row that ended otherwise; 0: none, or the stored record alone
                            differs */
    gx_error reason;     /* why a row could not be run again; code "" if there is none */
} gx_replay;

/* False only on an error of the store or an instance that is not there; whatever is wrong with the journal
 * is in *replay. */
bool gx_replay_instance(gx_zone *zone, gx_db *db, gx_arena *arena, int64_t instance, gx_replay *replay,
                        gx_error *error);

#endif

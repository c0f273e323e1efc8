/* service/follow.h: reading the journal behind the work, slice by slice, each step once. A step costs nothing
 * more for being followed: the journal row it writes anyway is all that followers need, so what they make of
 * it (figures, messages to others) is as sure as the step itself.
 *
 * A follower reads a slice (any thread), makes something of it, and writes that in one transaction together
 * with the cursor (gx_follow_take): a server that dies in between has done nothing, and of several servers
 * one does it.
 *
 * On PostgreSQL a step may become visible after one with a higher id. So the newest id is noted together with
 * the next transaction's number, and steps up to it are read when all transactions before that have ended. */
#ifndef GX_SERVICE_FOLLOW_H
#define GX_SERVICE_FOLLOW_H

#include "db/db.h"

typedef enum gx_follower { GX_FOLLOWER_HEAT = 1, GX_FOLLOWER_WEBHOOKS } gx_follower; /* journal_cursor.id */

typedef struct gx_cursor {
    int64_t reached, settled, waits_for;
} gx_cursor;

typedef struct gx_follow {
    gx_follower who;
    gx_cursor before, after; /* the slice: journal ids > before.reached and <= after.reached */
    bool has_steps;          /* there may be some in it */
    bool has_news;           /* the cursor is to be written, with or without steps */
} gx_follow;

/* The next slice of at most `most` steps. Reading side. */
bool gx_follow_read(gx_db *db, gx_follower who, int64_t most, gx_follow *slice, gx_error *error);
/* Inside the command that writes what was made of it. Not ours: another server has done it. */
bool gx_follow_take(gx_db *db, const gx_follow *slice, bool *is_ours, gx_error *error);
/* Leaves out all that has happened so far. Inside a command. */
bool gx_follow_skip(gx_db *db, gx_follower who, gx_error *error);
/* There is more that can be read at once. */
bool gx_follow_is_behind(const gx_follow *slice);

#endif

/* db/group.h: the commands of one transaction. On the writer's thread. */
#ifndef GX_DB_GROUP_H
#define GX_DB_GROUP_H

#include "db/connection.h"

typedef struct gx_queued {
    struct gx_queued *next;
    gx_db_work work;
    gx_store_done done;
    void *context;
    gx_first_question first;
    bool is_done, is_again; /* again: another process stood in its way, and it shall run once more */
    uint32_t tries;
    gx_error error;
} gx_queued;

typedef struct gx_group_runner {
    gx_db *db;
    gx_arena *arena; /* of the commands, one after the other */
    gx_arena_mark empty;
    uint32_t wary; /* so many groups more are run with savepoints */
} gx_group_runner;

/* Runs them in one transaction and commits it: each command ends with is_done, with is_again, or with its
 * error. False, with nothing to be answered, when the disk has failed. `commit_ns` is the time that COMMIT
 * took. What is to follow the commit is in db->afters. */
bool gx_group_run(gx_group_runner *runner, gx_queued *group, int64_t *commit_ns, gx_error *error);

/* None of them has been done. */
void gx_group_fail(gx_queued *group, const gx_error *error);

#endif

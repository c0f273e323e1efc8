/* service/draft.h: applications that are still being filled in. A draft belongs to the account that began it
 * and, if it names one, to the enterprise: whoever works for it may go on. */
#ifndef GX_SERVICE_DRAFT_H
#define GX_SERVICE_DRAFT_H

#include "service/case.h"

typedef struct gx_draft {
    gx_text id, account, enterprise, matter, data; /* data: JSON text */
    int64_t version;
    gx_instant saved_at;
} gx_draft;

/* "draft.absent" also for those of others. */
bool gx_draft_find(gx_db *db, gx_arena *arena, const gx_person *person, gx_text id, gx_draft *draft,
                   gx_error *error);
bool gx_draft_make(gx_db *db, gx_arena *arena, const gx_person *person, gx_draft *draft, gx_error *error);
/* `version` is the one that was read: "draft.version" when somebody has saved since. 0 means any. */
bool gx_draft_save(gx_db *db, gx_draft *draft, int64_t version, gx_error *error);
bool gx_draft_drop(gx_db *db, gx_text id, gx_error *error);
/* Newest first. */
typedef bool (*gx_draft_visit)(void *context, const gx_draft *draft, gx_error *error);
bool gx_draft_list(gx_db *db, gx_arena *arena, const gx_person *person, int64_t page, int64_t size,
                   gx_draft_visit visit, void *context, int64_t *total, gx_error *error);

#endif

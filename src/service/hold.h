/* service/hold.h: all running cases of a process are held, or let go, together (one case: service/repair.h).
 * The order is a row; its cases follow in commands of a bounded size, done by the scheduler, so that others
 * never wait for thousands of cases. Interrupted anywhere it goes on where it was. A case belongs to a
 * process if one of its instances, a called one too, runs in it. Cases that somebody holds by hand stay held
 * when the order ends; a case that is let go by hand goes on. Cases begun after the order are not held. */
#ifndef GX_SERVICE_HOLD_H
#define GX_SERVICE_HOLD_H

#include "service/case.h"

typedef struct gx_hold {
    gx_text process;
    int64_t version; /* 0: all */
    bool refuses_starts;
    gx_text reason;
} gx_hold;

/* Inside a command. A process and a version have one order at a time, and an order for all versions none
 * beside it. "process.absent", "process.held", "case.reasons" */
bool gx_hold_order(gx_work *work, const gx_hold *hold, gx_error *error);
/* Lets go what the order of this process and version holds, also while it is still at it; what became due
 * meanwhile is done then. "process.not_held", "case.reasons" */
bool gx_hold_release(gx_work *work, gx_text process, int64_t version, gx_text reason, gx_error *error);
/* The next slice of an order, for the scheduler. A case that cannot be held or let go is counted and passed
 * over. */
bool gx_hold_next(gx_work *work, int64_t id, gx_error *error);
/* The case goes on, whoever held it. */
bool gx_hold_forget(gx_work *work, int64_t case_id, gx_error *error);

/* Orders, of one process unless it is empty, the newest first: writes {"items": [{id, process, version, phase: holding | held | releasing |
 * released, refusesStarts, reason, by, at, held, failed, failedCase, failedCode, endedAt}], "total", "next"}.
 */
bool gx_hold_list(gx_db *db, gx_arena *arena, gx_text process, int64_t page, int64_t size, gx_json_out *out,
                  gx_error *error);

#endif

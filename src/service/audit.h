/* service/audit.h: what everyone did, in a chain: each entry holds the hash of the one before, so that a
 * changed, removed or swapped entry is found. Written in the same transaction as the act. Details carry ids
 * and words, never personal data. */
#ifndef GX_SERVICE_AUDIT_H
#define GX_SERVICE_AUDIT_H

#include "service/identity.h"

/* Inside a command. `person` NULL: the system. `result`: "done" or "refused". */
bool gx_audit(gx_db *db, gx_arena *arena, const gx_person *person, const char *action, gx_text object,
              const char *result, gx_text detail, gx_error *error);
/* A refusal, in a command of its own; waits for nothing. */
void gx_audit_refused(gx_zone *zone, const gx_person *person, const char *action, gx_text object,
                      gx_text detail);
/* Walks the chain. *broken is the first entry that does not fit, 0 when all do. */
bool gx_audit_verify(gx_zone *zone, int64_t *entries, int64_t *broken, gx_error *error);

#endif

/* service/permit.h: permits (证照): issued with a case's decision, signed, printed, checked by anyone,
 * revoked.
 *
 * A permit is its canonical JSON; Ed25519 and SM2-with-SM3 sign those bytes (seal/seal.h). The PDF is drawn
 * from them when asked for, carries them in its metadata, and is sealed as a file: any changed byte shows.
 * The QR code opens /v/CODE; CODE is 128 random bits. */
#ifndef GX_SERVICE_PERMIT_H
#define GX_SERVICE_PERMIT_H

#include "service/letter.h"

typedef struct gx_permit {
    gx_text number, code, kind, enterprise, holder, project, state, canonical, digest,
        signatures[GX_SEAL_ALGORITHM_COUNT], revoked_by, revoked_why;
    int64_t case_id;
    gx_instant issued_at, valid_to, revoked_at; /* 0: none */
} gx_permit;

/* Issues the permits of `kinds` (matter ids such as A202, A304, in the legal order: a later one may cite
 * `permits` before it) with one timestamp, all or none. The case must be under review, accepted, with every
 * tolerated document in. *issued: a list of {kind, number, code, issuedAt}. */
bool gx_permit_issue(gx_work *work, gx_case *of, const gx_text *kinds, size_t count, gx_value variables,
                     gx_value *issued, gx_error *error);
bool gx_permit_revoke(gx_work *work, gx_text number, gx_text reason, gx_error *error);

/* "permit.absent" when there is none. */
bool gx_permit_find(gx_db *db, gx_arena *arena, gx_text number, gx_permit *permit, gx_error *error);
bool gx_permit_find_code(gx_db *db, gx_arena *arena, gx_text code, gx_permit *permit, gx_error *error);
bool gx_permit_pdf(gx_zone *zone, gx_arena *arena, const gx_permit *permit, gx_text *pdf, gx_error *error);
/* What anyone may know: {"state", "number", "name", "fields", "signatures", ...}; unknown codes are the state
 * "unknown". */
bool gx_permit_verify(gx_zone *zone, gx_db *db, gx_arena *arena, gx_text code, gx_language language,
                      gx_json_out *out, gx_error *error);
/* The same for an uploaded file: "invalid" when any byte is not what was issued. */
bool gx_permit_verify_file(gx_zone *zone, gx_db *db, gx_arena *arena, gx_text file, gx_language language,
                           gx_json_out *out, gx_error *error);
/* One row as lists show it. */
void gx_permit_write(const gx_packages *packages, const gx_permit *permit, gx_text case_number,
                     gx_instant now, gx_json_out *out);

#endif

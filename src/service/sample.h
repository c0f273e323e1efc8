/* service/sample.h: data that packages bring: records of registers (data/ folder) and accounts
 * (accounts.json). Loading again changes only what differs. */
#ifndef GX_SERVICE_SAMPLE_H
#define GX_SERVICE_SAMPLE_H

#include "service/zone.h"

/* Puts the records and accounts of all packages in `folder`'s snapshot that have any. A record that does not
 * fit its schema is a finding; then nothing of that file is stored. */
bool gx_sample_load(gx_zone *zone, const gx_packages *packages, int64_t *records, gx_findings *findings,
                    gx_error *error);
/* The sample accounts' names, roles and passwords as their package has them, for the table that is printed at
 * start. */
typedef void (*gx_sample_visit)(void *context, const gx_json *account);
void gx_sample_accounts(gx_arena *arena, const gx_packages *packages, gx_sample_visit visit, void *context);

#endif

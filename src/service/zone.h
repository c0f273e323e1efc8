/* service/zone.h: the running system: its store, its packages, its keys. One per process; any thread may use
 * it. */
#ifndef GX_SERVICE_ZONE_H
#define GX_SERVICE_ZONE_H

#include "db/db.h"
#include "net/address.h"
#include "seal/seal.h"
#include "service/package.h"
#include "service/throttle.h"

typedef struct gx_zone gx_zone;

typedef struct gx_zone_options {
    const char *data_folder; /* made if absent: zone.db, files/, upload/, keys/ */
    const char *database;    /* a PostgreSQL address (see db/db.h); NULL: zone.db in the folder */
    bool is_read_only;       /* beside a running server: no writer, no lock; only gx_store_read works */
    const char *vfs;         /* and `is_stepped`: see gx_store_options; for the simulator */
    bool is_stepped;
} gx_zone_options;

/* Opens the store (bringing its schema up to date) and the keys, and compiles the definitions in force from
 * the store. */
gx_zone *gx_zone_open(const gx_zone_options *options, gx_error *error);
void gx_zone_close(gx_zone *zone); /* NULL is allowed */

gx_store *gx_zone_store(gx_zone *zone);
const gx_seal *gx_zone_seal(const gx_zone *zone);
gx_throttle *gx_zone_throttle(const gx_zone *zone); /* of guessed passwords */
const char *gx_zone_data_folder(const gx_zone *zone);
/* The definitions in force. A snapshot stays valid until the zone is closed. */
const gx_packages *gx_zone_packages(gx_zone *zone);
/* The definition in exactly that version, compiled; running cases keep theirs. NULL with "package.definition"
 * when it was never loaded. */
const gx_definition *gx_zone_definition(gx_zone *zone, gx_db *db, gx_definition_kind kind, gx_text id,
                                        int64_t version, gx_error *error);
/* Writes what is new in `packages` as new versions, in one transaction, and puts the result in force.
 * `loaded` counts new versions. */
bool gx_zone_load(gx_zone *zone, const gx_packages *packages, int64_t *loaded, gx_error *error);

/* What is in the store now is in force from now on: after a command that has changed definitions. */
bool gx_zone_refresh(gx_zone *zone, gx_error *error);

/* What was loaded last from a folder, as a number of the caller's; 0: nothing yet. */
bool gx_zone_stamp(gx_zone *zone, const char *folder, int64_t *stamp, gx_error *error);
bool gx_zone_set_stamp(gx_zone *zone, const char *folder, int64_t stamp, gx_error *error);

/* The address under which people reach the zone, "https://...": for QR codes. "http://localhost:8080" until
 * it is set, once, before any work. */
void gx_zone_set_public_url(gx_zone *zone, const char *url);
const char *gx_zone_public_url(const gx_zone *zone);

/* To which addresses in the house it may send what people name; none until they are set, once, before any
 * work. */
void gx_zone_set_addresses(gx_zone *zone, const gx_address_rule *rule);
const gx_address_rule *gx_zone_addresses(const gx_zone *zone);

/* Tells listeners (the server's event stream) that something changed: topic "task", "case", "notice". Called
 * after the commit. The listener is set once, before any work. */
void gx_zone_set_listener(gx_zone *zone, void (*tell)(void *context, const char *topic, gx_text json),
                          void *context);
/* From inside a command: tells after its commit. `id` is cut at 60 bytes. */
void gx_zone_tell(gx_zone *zone, gx_db *db, const char *topic, gx_text id);

#endif

/* service/webhook.h: addresses outside that are told what happens to cases.
 *
 * Nothing is written for them while a case is worked on: the journal is followed (service/follow.h), and what
 * an address wants to hear becomes a row of webhook_delivery in the transaction that moves the cursor on. A
 * courier (service/courier.h) delivers: at least once, the events of one case in their order, an event's id
 * the same each time. An event that is refused TRIES times is set aside as dead, for a person to look at;
 * those behind it go on. An address that fails rests for a while, and after days of it is switched off.
 *
 * A message is a CloudEvent (1.0.2, structured mode) signed as Standard Webhooks 1.0 says; nothing personal
 * is in it: the case's number, its matter, and what happened. docs/webhooks.md is for those who receive them.
 */
#ifndef GX_SERVICE_WEBHOOK_H
#define GX_SERVICE_WEBHOOK_H

#include "net/client.h"
#include "service/identity.h"

enum {
    GX_WEBHOOK_TRIES = 12, /* over two days */
    GX_WEBHOOK_MOST = 100,
    GX_WEBHOOK_AT_ONCE = 16, /* dead ones dealt with, rows deleted by one command: hundreds times this */
};

/* Kinds of the journal (service/timeline.h) that others may hear; the last is NULL. */
extern const char *const gx_webhook_kinds[];

typedef struct gx_webhook_wish {
    gx_text name, url;               /* bytes NULL: as it is */
    const gx_json *events, *matters; /* lists of texts, empty for all; NULL: as it is */
    const gx_json *is_active;
} gx_webhook_wish;

/* ---- Inside a command ---- */

/* Name and url are needed. `secret` ("whsec_" and base64, in `arena`) is told this once. "webhook.name",
 * "net.url", "net.url.closed", "webhook.event", "webhook.matter", "webhook.many" */
bool gx_webhook_make(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_webhook_wish *wish,
                     const gx_person *person, int64_t *id, gx_text *secret, gx_error *error);
/* What was not told while it was switched off is not told later; what was on its way is. "webhook.absent" and
 * as above. */
bool gx_webhook_change(gx_zone *zone, gx_db *db, gx_arena *arena, int64_t id, const gx_webhook_wish *wish,
                       gx_error *error);
/* A new secret; messages are signed with the old one too for a day. */
bool gx_webhook_renew(gx_db *db, gx_arena *arena, int64_t id, gx_text *secret, gx_instant *old_until,
                      gx_error *error);
/* It and all that waits for it goes, in slices. */
bool gx_webhook_delete(gx_db *db, int64_t id, gx_error *error);
/* Sends it a message of kind "test". */
bool gx_webhook_test(gx_zone *zone, gx_db *db, gx_arena *arena, int64_t id, gx_error *error);
/* Dead ones are tried again, or dropped: this one, or with delivery 0 the oldest 500. `done` counts.
 * "webhook.delivery.absent" */
bool gx_webhook_again(gx_db *db, int64_t id, int64_t delivery, int64_t *done, gx_error *error);
bool gx_webhook_drop(gx_db *db, int64_t id, int64_t delivery, int64_t *done, gx_error *error);

/* ---- Reading ---- */

/* {"items": [{id, name, url, events, matters, state, by, at, delivered, waiting, dead (both up to 1,000),
 * failures, failingSince, restsUntil, lastAt, lastError}], "total", "next", "kinds": [{kind, name}]}. */
bool gx_webhook_list(gx_zone *zone, gx_db *db, gx_arena *arena, gx_language language, gx_json_out *out,
                     gx_error *error);
/* {"items": [{id, event, kind, case, at, tries, nextAt, deadAt, error, body}], "total", "next"}: those that
 * are dead, or those that wait, oldest first, from behind `after` on. */
bool gx_webhook_deliveries(gx_db *db, gx_arena *arena, int64_t id, bool is_dead, int64_t after, int64_t size,
                           gx_json_out *out, gx_error *error);

/* ---- For the courier ---- */

/* Turns the next slice of the journal into deliveries. Never on the writer's thread; any number of servers.
 */
bool gx_webhook_follow(gx_zone *zone, bool *is_behind, gx_error *error);
/* What a message says. `time` in ms; `of_case` and the rest may be empty. In `arena`. */
gx_text gx_webhook_body(gx_arena *arena, gx_text source, gx_text event, const char *kind, gx_instant time,
                        gx_text of_case, gx_text matter, gx_text department, const gx_json *happened);
/* The header webhook-signature of Standard Webhooks: "v1,BASE64" for each secret that is not empty. */
gx_text gx_webhook_signature(gx_arena *arena, const gx_text *secrets, size_t count, gx_text event,
                             int64_t second, gx_text body);

typedef struct gx_delivery {
    int64_t id, webhook;
    gx_instant at; /* when it was due; after it is taken, until when it is ours */
    int64_t tries; /* this one included */
    gx_text url, event, body, secrets[2];
    bool is_ours;
} gx_delivery;

/* The next that are due, at most `most` in all and what `room` allows of each webhook; in `arena`. Reading
 * side. *next: when to look again at the latest. */
bool gx_webhook_due(gx_db *db, gx_arena *arena, size_t most, size_t (*room)(void *context, int64_t webhook),
                    void *context, gx_delivery **due, size_t *count, gx_instant *next, gx_error *error);
/* Inside a command: takes them until `until`, if nobody else has; fills in `is_ours`, `at` and `tries`. */
bool gx_webhook_take(gx_db *db, gx_delivery *due, size_t count, gx_instant until, gx_error *error);

typedef struct gx_delivered {
    int64_t id, webhook;
    gx_instant at; /* as it was taken */
    int64_t tries;
    int status; /* 2xx: it has arrived; 410: the address wants no more; 0: no answer */
    int64_t retry_after_s;
    gx_text problem;
} gx_delivered;

/* Inside a command: what became of those that were taken. */
bool gx_webhook_settle(gx_db *db, gx_arena *arena, const gx_delivered *what, size_t count, gx_error *error);
/* Inside a command: deletes a slice of what has been given up. */
bool gx_webhook_clean(gx_db *db, bool *is_more, gx_error *error);

#endif

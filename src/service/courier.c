#include "service/courier.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "service/webhook.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 32, SLOTS_OF_ONE = 4, LOOK_MS = 500, PAUSE_MS = 2000, HEADERS = 7 };
static const int64_t LEASE_MS = 60 * 1000; /* far longer than an exchange may take */

typedef struct slot {
    bool is_busy;
    gx_http_post post;
    gx_arena arena; /* what the post points at */
    const char *headers[HEADERS];
    gx_delivered what;
} slot;

struct gx_courier {
    gx_zone *zone;
    gx_http_client *client;
    pthread_t thread;
    atomic_bool is_stopping;
    slot slots[SLOTS];
    size_t busy;
};

/* ---- Taking ---- */

static size_t room_of(void *context, int64_t webhook)
{
    const gx_courier *c = context;
    size_t used = 0;
    for (size_t i = 0; i < SLOTS; i++)
        used += c->slots[i].is_busy && c->slots[i].what.webhook == webhook;
    return used < SLOTS_OF_ONE ? SLOTS_OF_ONE - used : 0;
}

typedef struct look {
    gx_courier *courier;
    gx_arena *arena;
    gx_delivery *due;
    size_t count;
    gx_instant next, until;
} look;

typedef struct guarded {
    look *look;
    gx_db *db;
    gx_error *error;
} guarded;

static bool read_guarded(void *context)
{
    guarded *g = context;
    look *l = g->look;
    return gx_webhook_due(g->db, l->arena, SLOTS - l->courier->busy, room_of, l->courier, &l->due, &l->count,
                          &l->next, g->error);
}

static bool read_due(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    look *l = context;
    (void)arena;
    return gx_arena_guard(l->arena, read_guarded, &(guarded){l, db, error}, error);
}

static bool take_due(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    look *l = context;
    (void)arena;
    return gx_webhook_take(db, l->due, l->count, l->until, error);
}

/* ---- Sending ---- */

typedef struct packing {
    slot *slot;
    const gx_delivery *delivery;
} packing;

static bool pack(void *context)
{
    packing *p = context;
    slot *s = p->slot;
    const gx_delivery *d = p->delivery;
    gx_arena *arena = &s->arena;
    int64_t second = gx_clock_now() / 1000;
    gx_text body = gx_copy(arena, d->body),
            signature =
                gx_webhook_signature(arena, d->secrets, GX_COUNT_OF(d->secrets), d->event, second, body);
    size_t count = 0;
    s->headers[count++] = "content-type: application/cloudevents+json; charset=utf-8";
    s->headers[count++] = "user-agent: Gaoxing";
    s->headers[count++] = "expect:"; /* no waiting for "100 Continue" */
    s->headers[count++] = gx_format(arena, "webhook-id: %.*s", GX_PRINT(d->event)).bytes;
    s->headers[count++] = gx_format(arena, "webhook-timestamp: %lld", (long long)second).bytes;
    s->headers[count++] = gx_format(arena, "webhook-signature: %.*s", GX_PRINT(signature)).bytes;
    s->headers[count] = NULL;
    s->post = (gx_http_post){
        .url = gx_copy_string(arena, d->url), .headers = s->headers, .body = body, .context = s};
    return true;
}

/* What does not fit into memory now is taken up again when its lease ends. */
static void send_one(gx_courier *c, const gx_delivery *d, gx_instant until)
{
    slot *s = c->slots;
    while (s->is_busy)
        s++;
    gx_error error = {0};
    s->arena = gx_arena_of(GX_LIMIT_EVALUATION_BYTES);
    if (!gx_arena_guard(&s->arena, pack, &(packing){s, d}, &error)) {
        gx_log_error("webhook.pack", &error);
        gx_arena_release(&s->arena);
        return;
    }
    s->what = (gx_delivered){.id = d->id, .webhook = d->webhook, .at = until, .tries = d->tries};
    s->is_busy = true;
    c->busy++;
    gx_http_client_begin(c->client, &s->post);
}

static bool send_due(gx_courier *c, gx_instant *next)
{
    gx_error error = {0};
    gx_arena arena = gx_arena_of(GX_LIMIT_EVALUATION_BYTES);
    gx_store *store = gx_zone_store(c->zone);
    look l = {.courier = c, .arena = &arena, .until = gx_clock_now() + LEASE_MS};
    bool is_done = gx_store_read(store, read_due, &l, &error) &&
                   (!l.count || gx_store_write(store, take_due, &l, &error));
    if (!is_done)
        gx_log_error("webhook.look", &error);
    for (size_t i = 0; i < l.count && is_done; i++)
        if (l.due[i].is_ours)
            send_one(c, &l.due[i], l.until);
    *next = l.next;
    gx_arena_release(&arena);
    return is_done;
}

/* ---- Settling ---- */

typedef struct settling {
    gx_delivered what[SLOTS];
    size_t count;
} settling;

static bool settle(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    const settling *s = context;
    return gx_webhook_settle(db, arena, s->what, s->count, error);
}

static bool collect(gx_courier *c, int ms)
{
    gx_http_post *done[SLOTS];
    settling all = {.count = gx_http_client_wait(c->client, ms, done, SLOTS)};
    gx_error error = {0};
    for (size_t i = 0; i < all.count; i++) {
        slot *s = done[i]->context;
        s->what.status = done[i]->status;
        s->what.retry_after_s = done[i]->retry_after_s;
        s->what.problem = gx_text_of(done[i]->problem);
        all.what[i] = s->what;
    }
    bool is_done = !all.count || gx_store_write(gx_zone_store(c->zone), settle, &all, &error);
    if (!is_done)
        gx_log_error("webhook.settle", &error);
    for (size_t i = 0; i < all.count; i++) {
        slot *s = done[i]->context;
        gx_arena_release(&s->arena);
        s->is_busy = false;
        c->busy--;
    }
    return is_done;
}

/* ---- The thread ---- */

static bool clean(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    (void)arena;
    return gx_webhook_clean(db, context, error);
}

static bool has_refuse(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    (void)arena;
    return gx_db_get_int(db, error, context, 0, "SELECT 1 FROM webhook WHERE state = 'deleting' LIMIT 1", "");
}

static bool sweep(gx_courier *c, bool *is_more)
{
    gx_error error = {0};
    int64_t is_needed = 0;
    gx_store *store = gx_zone_store(c->zone);
    *is_more = false;
    if (gx_store_read(store, has_refuse, &is_needed, &error) &&
        (!is_needed || gx_store_write(store, clean, is_more, &error)))
        return true;
    gx_log_error("webhook.clean", &error);
    return false;
}

static void *deliver_for_ever(void *context)
{
    gx_courier *c = context;
    while (!c->is_stopping) {
        gx_error error = {0};
        bool is_behind = false, has_refuse_left = false;
        gx_instant next = INT64_MAX, now;
        bool is_well = gx_webhook_follow(c->zone, &is_behind, &error);
        if (!is_well)
            gx_log_error("webhook.follow", &error);
        is_well = is_well && sweep(c, &has_refuse_left) && send_due(c, &next);
        now = gx_clock_now();
        int64_t ms = !is_well                       ? PAUSE_MS
                     : is_behind || has_refuse_left ? 0
                     : next < now + LOOK_MS         ? (next > now ? next - now : 1)
                                                    : LOOK_MS;
        collect(c, (int)ms);
    }
    return NULL;
}

gx_courier *gx_courier_start(gx_zone *zone)
{
    gx_courier *c = calloc(1, sizeof *c);
    if (c)
        *c = (gx_courier){.zone = zone, .client = gx_http_client_open(gx_zone_addresses(zone))};
    if (c && c->client && pthread_create(&c->thread, NULL, deliver_for_ever, c) == 0)
        return c;
    if (c)
        gx_http_client_close(c->client);
    free(c);
    return NULL;
}

void gx_courier_stop(gx_courier *c)
{
    if (!c)
        return;
    c->is_stopping = true;
    gx_http_client_wake(c->client);
    pthread_join(c->thread, NULL);
    gx_http_client_close(c->client);
    for (size_t i = 0; i < SLOTS; i++)
        if (c->slots[i].is_busy)
            gx_arena_release(&c->slots[i].arena);
    free(c);
}

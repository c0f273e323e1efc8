/* From the journal to deliveries. */
#include "base/clock.h"
#include "base/limits.h"
#include "service/follow.h"
#include "service/webhook.h"

#include <string.h>

enum { SLICE = 500 };

typedef struct wish {
    int64_t id, since;
    gx_json *events, *matters; /* empty: all */
    struct wish *next;
} wish;

typedef struct message {
    int64_t webhook, case_id;
    gx_text event, kind, subject, body;
    struct message *next;
} message;

typedef struct slice {
    gx_zone *zone;
    gx_arena *arena;
    gx_follow steps;
    wish *wishes;
    message *first, **last;
} slice;

static bool read_wishes(slice *s, gx_db *db, gx_error *error)
{
    gx_statement *rows = gx_db_prepare(
        db, "SELECT id, since, events, matters FROM webhook WHERE state = 'active' ORDER BY id DESC");
    gx_step step;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        wish *one = GX_NEW(s->arena, wish);
        *one = (wish){.id = gx_column_int(rows, 0),
                      .since = gx_column_int(rows, 1),
                      .events = gx_json_parse(s->arena, gx_column_text(rows, 2), GX_TEXT("webhook"), error),
                      .matters = gx_json_parse(s->arena, gx_column_text(rows, 3), GX_TEXT("webhook"), error),
                      .next = s->wishes};
        if (!one->events || !one->matters)
            return false;
        s->wishes = one;
    }
    return step == GX_STEP_DONE;
}

static bool is_in(const gx_json *list, gx_text text)
{
    for (const gx_json *one = list->first; one; one = one->next)
        if (gx_text_equal(gx_json_text(one), text))
            return true;
    return list->first == NULL;
}

static const char *public_kind(gx_text kind)
{
    for (const char *const *known = gx_webhook_kinds; *known; known++)
        if (gx_text_equal(kind, gx_text_of(*known)))
            return *known;
    return NULL;
}

gx_text gx_webhook_body(gx_arena *arena, gx_text source, gx_text event, const char *kind, gx_instant time,
                        gx_text of_case, gx_text matter, gx_text department, const gx_json *happened)
{
    char at[GX_INSTANT_SIZE];
    gx_buffer buffer = gx_buffer_in(arena);
    gx_json_out out = gx_json_out_to(&buffer);
    static const char *const told[][2] = {{"element", "e"}, {"name", "n"}, {"outcome", "o"}};
    gx_json_out_begin(&out, '{');
    gx_json_out_member_text(&out, "specversion", GX_TEXT("1.0"));
    gx_json_out_member_text(&out, "id", event);
    gx_json_out_member_text(&out, "source", source);
    gx_json_out_member_text(&out, "type", gx_format(arena, "gaoxing.%s", kind));
    if (of_case.size)
        gx_json_out_member_text(&out, "subject", of_case);
    gx_json_out_member_text(&out, "time", gx_instant_write(time, at));
    gx_json_out_member_text(&out, "datacontenttype", GX_TEXT("application/json"));
    gx_json_out_name(&out, "data");
    gx_json_out_begin(&out, '{');
    gx_json_out_member_text(&out, "event", gx_text_of(kind));
    if (of_case.size)
        gx_json_out_member_text(&out, "case", of_case);
    if (matter.size)
        gx_json_out_member_text(&out, "matter", matter);
    if (department.size)
        gx_json_out_member_text(&out, "department", department);
    for (size_t i = 0; i < GX_COUNT_OF(told); i++) {
        gx_text text = gx_json_text_of(happened, told[i][1]);
        if (text.size)
            gx_json_out_member_text(&out, told[i][0], text);
    }
    gx_json_out_end(&out, '}');
    gx_json_out_end(&out, '}');
    return gx_buffer_as_text(&buffer);
}

typedef struct step_row {
    int64_t id, case_id;
    gx_instant at;
    gx_text department, number, matter;
} step_row;

/* An event's id is its step's and its place in it: the same whoever asks for it and however often. */
static void tell(slice *s, const step_row *row, const gx_json *happened, size_t place)
{
    const char *kind = public_kind(gx_json_text_of(happened, "k"));
    gx_text event = gx_format(s->arena, "%lld.%zu", (long long)row->id, place), body = {NULL, 0};
    for (const wish *one = s->wishes; one && kind; one = one->next) {
        if (row->id <= one->since || !is_in(one->events, gx_text_of(kind)) ||
            !is_in(one->matters, row->matter))
            continue;
        if (!body.bytes)
            body = gx_webhook_body(s->arena, gx_text_of(gx_zone_public_url(s->zone)), event, kind, row->at,
                                   row->number, row->matter, row->department, happened);
        message *m = GX_NEW(s->arena, message);
        *m = (message){.webhook = one->id,
                       .case_id = row->case_id,
                       .event = event,
                       .kind = gx_text_of(kind),
                       .subject = row->number,
                       .body = body};
        *s->last = m;
        s->last = &m->next;
    }
}

static bool read_steps(slice *s, gx_db *db, gx_error *error)
{
    gx_statement *rows = gx_db_prepare(
        db, "SELECT j.id, j.case_id, j.at, j.department, j.events, c.number, c.matter FROM journal j JOIN "
            "cases c "
            "ON c.bucket = j.bucket AND c.id = j.case_id WHERE j.id > ?1 AND j.id <= ?2 ORDER BY j.id");
    gx_step step;
    gx_bind(rows, "ii", s->steps.before.reached, s->steps.after.reached);
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        gx_text events = gx_column_text(rows, 4);
        if (events.size <= 2) /* nothing for people in it */
            continue;
        gx_json *list = gx_json_parse(s->arena, events, GX_TEXT("journal"), error);
        if (!list)
            return false;
        step_row row = {.id = gx_column_int(rows, 0),
                        .case_id = gx_column_int(rows, 1),
                        .at = gx_column_int(rows, 2),
                        .department = gx_column_copy(s->arena, rows, 3),
                        .number = gx_column_copy(s->arena, rows, 5),
                        .matter = gx_column_copy(s->arena, rows, 6)};
        size_t place = 0;
        for (const gx_json *one = list->first; one; one = one->next)
            tell(s, &row, one, place++);
    }
    return step == GX_STEP_DONE;
}

typedef struct reading {
    slice *slice;
    gx_db *db;
    gx_error *error;
} reading;

static bool read_guarded(void *context)
{
    reading *r = context;
    slice *s = r->slice;
    s->last = &s->first;
    return read_wishes(s, r->db, r->error) &&
           (!s->wishes || (gx_follow_read(r->db, GX_FOLLOWER_WEBHOOKS, SLICE, &s->steps, r->error) &&
                           (!s->steps.has_steps || read_steps(s, r->db, r->error))));
}

static bool read_in_store(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    slice *s = context;
    (void)arena;
    return gx_arena_guard(s->arena, read_guarded, &(reading){s, db, error}, error);
}

/* Behind another one of its case that is still to be told it waits, so that they arrive in their order. */
static bool write_slice(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    slice *s = context;
    bool is_ours;
    gx_instant now = gx_clock_now();
    (void)arena;
    if ((s->first && !gx_db_lock(db, GX_TEXT("webhook"), error)) ||
        !gx_follow_take(db, &s->steps, &is_ours, error))
        return false;
    for (const message *m = s->first; m && is_ours; m = m->next)
        if (!gx_db_run(
                db, error,
                "INSERT INTO webhook_delivery (webhook, line, event, kind, subject, body, made_at, at) "
                "SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, CASE WHEN EXISTS (SELECT 1 FROM webhook_delivery WHERE "
                "webhook = ?1 AND line = ?2 AND dead_at IS NULL) THEN NULL ELSE ?7 END",
                "iitttti", m->webhook, m->case_id, m->event, m->kind, m->subject, m->body, now))
            return false;
    return true;
}

bool gx_webhook_follow(gx_zone *zone, bool *is_behind, gx_error *error)
{
    gx_arena arena = gx_arena_of(GX_LIMIT_HEAT_BYTES);
    slice s = {.zone = zone, .arena = &arena};
    bool is_done = gx_store_read(gx_zone_store(zone), read_in_store, &s, error) &&
                   (!s.steps.has_news || gx_store_write(gx_zone_store(zone), write_slice, &s, error));
    *is_behind = is_done && gx_follow_is_behind(&s.steps);
    gx_arena_release(&arena);
    return is_done;
}

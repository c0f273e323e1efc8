#include "service/outbox.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { SMS_CHARACTERS = 70 };

typedef struct delivery {
    gx_zone *zone;
    int64_t id;
    gx_arena arena;
    gx_text receiver, event, parts;
    bool is_waiting;
    gx_error *error;
} delivery;

static bool read_row(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    delivery *d = context;
    (void)arena;
    gx_statement *find =
        gx_db_prepare(db, "SELECT receiver, event, parts FROM outbox WHERE id = ?1 AND sent_at IS NULL");
    gx_bind_int(find, 1, d->id);
    gx_step step = gx_db_step(find, error);
    d->is_waiting = step == GX_STEP_ROW;
    if (!d->is_waiting)
        return step == GX_STEP_DONE;
    d->receiver = gx_column_copy(&d->arena, find, 0);
    d->event = gx_column_copy(&d->arena, find, 1);
    d->parts = gx_column_copy(&d->arena, find, 2);
    gx_db_reset(find);
    return true;
}

static bool mark_sent(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    (void)arena;
    return gx_db_run(db, error, "UPDATE outbox SET sent_at = ?2, attempts = attempts + 1 WHERE id = ?1", "ii",
                     ((delivery *)context)->id, gx_clock_now());
}

static gx_text first_characters(gx_text text, size_t most)
{
    size_t at = 0;
    for (size_t count = 0; at < text.size && count < most; count++)
        gx_utf8_next(text, &at);
    return gx_text_slice(text, 0, at);
}

static gx_text words_of(delivery *d)
{
    gx_text parts[8];
    size_t count = 0;
    gx_error ignored = {0};
    gx_json *list = gx_json_parse(&d->arena, d->parts, GX_TEXT("outbox"), &ignored);
    for (const gx_json *part = list ? list->first : NULL; part && count < GX_COUNT_OF(parts);
         part = part->next)
        parts[count++] = gx_json_text(part);
    gx_text key = gx_format(&d->arena, "notice.%.*s.text", GX_PRINT(d->event));
    return first_characters(
        gx_packages_format(&d->arena, gx_zone_packages(d->zone), GX_LANGUAGE_ZH, key.bytes, parts, count),
        SMS_CHARACTERS);
}

/* One write call, synced: a line is there whole or not at all, unless the disk is full, which is an error. */
static bool append_line(delivery *d, gx_text line, gx_error *error)
{
    const char *folder = gx_format(&d->arena, "%s/outbox", gx_zone_data_folder(d->zone)).bytes;
    if (!gx_file_make_folder(folder, error))
        return false;
    int file = open(gx_format(&d->arena, "%s/sms.jsonl", folder).bytes,
                    O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    bool is_written =
        file >= 0 && write(file, line.bytes, line.size) == (ssize_t)line.size && fdatasync(file) == 0;
    if (!is_written)
        gx_fail(error, "base.file.write", gx_text_of(strerror(errno)));
    if (file >= 0)
        close(file);
    return is_written;
}

static bool deliver(void *context)
{
    delivery *d = context;
    char at[GX_INSTANT_SIZE];
    if (!gx_store_read(gx_zone_store(d->zone), read_row, d, d->error))
        return false;
    if (!d->is_waiting)
        return true;
    gx_buffer line = gx_buffer_in(&d->arena);
    gx_json_out out = gx_json_out_to(&line);
    gx_json_out_begin(&out, '{');
    gx_json_out_member_int(&out, "id", d->id);
    gx_json_out_member_text(&out, "receiver", d->receiver);
    gx_json_out_member_text(&out, "text", words_of(d));
    gx_json_out_member_text(&out, "at", gx_instant_write(gx_clock_now(), at));
    gx_json_out_end(&out, '}');
    gx_buffer_byte(&line, '\n');
    return append_line(d, gx_buffer_as_text(&line), d->error) &&
           gx_store_write(gx_zone_store(d->zone), mark_sent, d, d->error);
}

bool gx_outbox_deliver(gx_zone *zone, int64_t id, gx_error *error)
{
    delivery d = {.zone = zone, .id = id, .arena = gx_arena_of(GX_LIMIT_EVALUATION_BYTES), .error = error};
    bool is_done = gx_arena_guard(&d.arena, deliver, &d, error);
    gx_arena_release(&d.arena);
    return is_done;
}

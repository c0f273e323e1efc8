#include "bpmn/recorded.h"
#include "bpmn/codec.h"

enum {
    ROW_VERSION = 1,
    FIRST_COMMAND = 16
}; /* an entry's code: its kind, or FIRST_COMMAND + the command's */

/* Which parts of a command stand in the row. */
enum { HAS_NAME = 1, HAS_VARIABLES = 2, HAS_VALUE = 4, HAS_DETAIL = 8, HAS_ALL = 15 };

static void put_command(gx_buffer *row, const gx_command *command)
{
    uint64_t has =
        (command->name.size ? HAS_NAME : 0u) | (gx_value_is_null(command->variables) ? 0u : HAS_VARIABLES) |
        (gx_value_is_null(command->value) ? 0u : HAS_VALUE) | (command->detail.size ? HAS_DETAIL : 0u);
    gx_put_number(row, FIRST_COMMAND + (uint64_t)command->kind);
    gx_put_number(row, command->key);
    gx_put_number(row, has);
    if (has & HAS_NAME)
        gx_put_text(row, command->name);
    if (has & HAS_VARIABLES)
        gx_put_value(row, command->variables);
    if (has & HAS_VALUE)
        gx_put_value(row, command->value);
    if (has & HAS_DETAIL)
        gx_put_text(row, command->detail);
}

void gx_recorded_put(gx_buffer *row, const gx_recorded *entry)
{
    if (row->size == 0)
        gx_put_number(row, ROW_VERSION);
    if (entry->kind == GX_RECORDED_COMMAND) {
        put_command(row, &entry->command);
        return;
    }
    gx_put_number(row, (uint64_t)entry->kind);
    switch (entry->kind) {
    case GX_RECORDED_FACTS: gx_put_value(row, entry->facts); break;
    case GX_RECORDED_PROCESS:
    case GX_RECORDED_CALENDAR: gx_put_number(row, (uint64_t)entry->version); break;
    case GX_RECORDED_MIGRATION:
        gx_put_number(row, (uint64_t)entry->version);
        gx_put_number(row, entry->renaming_count);
        for (size_t i = 0; i < entry->renaming_count; i++) {
            gx_put_text(row, entry->renamings[i].from);
            gx_put_text(row, entry->renamings[i].to);
        }
        break;
    case GX_RECORDED_STATE:
        gx_put_number(row, entry->record.size);
        gx_buffer_text(row, entry->record);
        break;
    case GX_RECORDED_END: gx_put_number(row, entry->checksum); break;
    case GX_RECORDED_COMMAND: break;
    }
}

uint32_t gx_recorded_checksum(gx_text record)
{
    uint32_t checksum = 0;
    for (size_t i = 0; i < 4 && record.size >= 4; i++)
        checksum |= (uint32_t)(unsigned char)record.bytes[record.size - 4 + i] << 8 * i;
    return checksum;
}

/* ---- Reading ---- */

static void get_command(gx_source *s, uint32_t kind, gx_command *command)
{
    s->is_bad |= kind >= GX_COMMAND_KINDS;
    command->kind = (gx_command_kind)kind;
    command->key = gx_get_small(s);
    uint32_t has = gx_get_small(s);
    s->is_bad |= has > HAS_ALL;
    if (has & HAS_NAME)
        command->name = gx_get_text(s);
    if (has & HAS_VARIABLES)
        command->variables = gx_get_value(s);
    if (has & HAS_VALUE)
        command->value = gx_get_value(s);
    if (has & HAS_DETAIL)
        command->detail = gx_get_text(s);
}

static void get_renamings(gx_source *s, gx_recorded *entry)
{
    entry->renaming_count = gx_get_count(s);
    entry->renamings = GX_NEW_ARRAY(s->arena, gx_bpmn_renaming, entry->renaming_count + 1);
    for (size_t i = 0; i < entry->renaming_count && !s->is_bad; i++) {
        entry->renamings[i].from = gx_get_text(s);
        entry->renamings[i].to = gx_get_text(s);
    }
}

static void get_record(gx_source *s, gx_recorded *entry)
{
    uint32_t size = gx_get_count(s);
    entry->record = gx_text_slice(s->bytes, s->at, s->at + size);
    s->at += size;
}

static void get_entry(gx_source *s, gx_recorded *entry)
{
    uint32_t code = gx_get_small(s);
    *entry = (gx_recorded){.command = {.variables = gx_value_null(), .value = gx_value_null()},
                           .facts = gx_value_null()};
    if (code >= FIRST_COMMAND) {
        get_command(s, code - FIRST_COMMAND, &entry->command);
        return;
    }
    entry->kind = (gx_recorded_kind)code;
    switch (code) {
    case GX_RECORDED_FACTS: entry->facts = gx_get_value(s); break;
    case GX_RECORDED_PROCESS:
    case GX_RECORDED_CALENDAR: entry->version = gx_get_small(s); break;
    case GX_RECORDED_MIGRATION:
        entry->version = gx_get_small(s);
        get_renamings(s, entry);
        break;
    case GX_RECORDED_STATE: get_record(s, entry); break;
    case GX_RECORDED_END: entry->checksum = gx_get_small(s); break;
    default: s->is_bad = true;
    }
}

bool gx_recorded_next(gx_recorded_reader *reader, gx_recorded *entry)
{
    gx_source s = {.arena = reader->arena, .bytes = reader->row, .at = reader->at};
    if (reader->is_bad || reader->at >= reader->row.size)
        return false;
    if (reader->at == 0)
        s.is_bad = gx_get_number(&s) != ROW_VERSION || s.at == s.bytes.size;
    if (!s.is_bad)
        get_entry(&s, entry);
    reader->at = s.at;
    reader->is_bad = s.is_bad;
    return !s.is_bad;
}

/* The record of an instance: what is stored. Little-endian base-128 numbers, lengths before contents.
 *
 *   version (1 byte) | content | checksum (4 bytes, over all before it)
 *
 * Decoding trusts nothing: every number is checked against what is left, every index against the model, and
 * the whole against the invariants. */
#include "bpmn/state.h"
#include "base/limits.h"

#include <endian.h>
#include <string.h>

enum { RECORD_VERSION = 3, VALUE_DEPTH = 64 };

typedef enum value_code {
    CODE_NULL,
    CODE_FALSE,
    CODE_TRUE,
    CODE_INTEGER,
    CODE_DECIMAL,
    CODE_STRING,
    CODE_TEMPORAL,
    CODE_LIST,
    CODE_CONTEXT,
    CODE_DATE,
    CODE_TIME,
    CODE_DATE_TIME
} value_code;

static void put_byte(gx_buffer *buffer, char byte) /* most of a record is numbers of one byte */
{
    if (buffer->size + 1 < buffer->capacity)
        buffer->bytes[buffer->size++] = byte;
    else
        gx_buffer_byte(buffer, byte);
}

static void put_number(gx_buffer *buffer, uint64_t number)
{
    for (; number >= 0x80; number >>= 7)
        put_byte(buffer, (char)(number | 0x80));
    put_byte(buffer, (char)number);
}

/* From version 3 on by words of eight bytes: for a wide record the sum by bytes was a third of a command
 * (`bench-bpmn`, perf). */
uint32_t gx_state_checksum(gx_text bytes)
{
    if (bytes.size == 0 || bytes.bytes[0] < 3)
        return (uint32_t)gx_text_hash(bytes);
    uint64_t sum = bytes.size, word;
    size_t at = 0;
    for (; at + sizeof word <= bytes.size; at += sizeof word) {
        memcpy(&word, bytes.bytes + at, sizeof word);
        sum = (sum ^ le64toh(word)) * 0x9E3779B97F4A7C15u;
        sum ^= sum >> 29;
    }
    return (uint32_t)(gx_text_hash(gx_text_slice(bytes, at, bytes.size)) ^ sum ^ sum >> 32);
}

static void put_signed(gx_buffer *buffer, int64_t number) /* zigzag */
{
    put_number(buffer, ((uint64_t)number << 1) ^ (uint64_t)(number >> 63));
}

static void put_text(gx_buffer *buffer, gx_text text)
{
    put_number(buffer, text.size);
    gx_buffer_text(buffer, text);
}

static void put_written(gx_buffer *buffer, value_code code, gx_value value)
{
    gx_buffer text = gx_buffer_in(buffer->arena);
    gx_value_write(&text, value);
    put_number(buffer, code);
    put_text(buffer, gx_buffer_as_text(&text));
}

/* Ranges and functions cannot be variables of an instance: they are kept as null. */
static void put_value(gx_buffer *buffer, gx_value value, int depth)
{
    switch ((gx_kind)value.kind) {
    case GX_BOOLEAN: put_number(buffer, value.boolean ? CODE_TRUE : CODE_FALSE); return;
    case GX_NUMBER:
        if (value.flags & GX_VALUE_WIDE) {
            put_written(buffer, CODE_DECIMAL, value);
        } else {
            put_number(buffer, CODE_INTEGER);
            put_number(buffer, (uint64_t)value.scale);
            put_signed(buffer, value.integer);
        }
        return;
    case GX_STRING:
        put_number(buffer, CODE_STRING);
        put_text(buffer, gx_value_as_text(value));
        return;
    case GX_DATE: put_written(buffer, CODE_DATE, value); return;
    case GX_TIME: put_written(buffer, CODE_TIME, value); return;
    case GX_DATE_TIME: put_written(buffer, CODE_DATE_TIME, value); return;
    case GX_DAYS_DURATION:
    case GX_MONTHS_DURATION: put_written(buffer, CODE_TEMPORAL, value); return;
    case GX_LIST:
        if (depth == 0)
            break;
        put_number(buffer, CODE_LIST);
        put_number(buffer, value.size);
        for (uint32_t i = 0; i < value.size; i++)
            put_value(buffer, value.items[i], depth - 1);
        return;
    case GX_CONTEXT:
        if (depth == 0)
            break;
        put_number(buffer, CODE_CONTEXT);
        put_number(buffer, value.context->count);
        for (uint32_t i = 0; i < value.context->count; i++) {
            put_text(buffer, value.context->entries[i].name);
            put_value(buffer, value.context->entries[i].value, depth - 1);
        }
        return;
    case GX_NULL:
    case GX_RANGE:
    case GX_FUNCTION:
    case GX_KIND_COUNT: break;
    }
    put_number(buffer, CODE_NULL);
}

static void put_scope(gx_buffer *buffer, const gx_scope *scope)
{
    put_number(buffer, scope->key);
    put_number(buffer, scope->node);
    put_number(buffer, scope->parent);
    put_number(buffer, scope->owner);
    put_number(buffer, (uint64_t)scope->is_kept << 1 | scope->is_instance);
    put_number(buffer, scope->variable_count);
    for (uint32_t i = 0; i < scope->variable_count; i++) {
        put_text(buffer, scope->variables[i].name);
        put_value(buffer, scope->variables[i].value, VALUE_DEPTH);
    }
}

gx_text gx_state_encode(gx_arena *arena, const gx_state *state)
{
    gx_buffer buffer = gx_buffer_in(arena);
    gx_buffer_byte(&buffer, RECORD_VERSION);
    put_number(&buffer, state->next_key);
    put_number(&buffer, state->has_ended);
    put_number(&buffer, state->scope_count);
    for (uint32_t i = 0; i < state->scope_count; i++)
        put_scope(&buffer, &state->scopes[i]);
    put_number(&buffer, state->token_count);
    for (uint32_t i = 0; i < state->token_count; i++) {
        const gx_token *token = &state->tokens[i];
        put_number(&buffer, token->key);
        put_number(&buffer, token->node);
        put_number(&buffer, token->scope);
        put_number(&buffer, (uint32_t)(token->flow + 1)); /* none is 0 */
        put_number(&buffer,
                   (uint64_t)token->phase << 2 | (uint64_t)(token->cause != 0) << 1 | token->is_instance);
        if (token->cause)
            put_number(&buffer, token->cause);
    }
    put_number(&buffer, state->multi_count);
    for (uint32_t i = 0; i < state->multi_count; i++) {
        const gx_multi *multi = &state->multis[i];
        put_number(&buffer, multi->token);
        put_number(&buffer, multi->total);
        put_number(&buffer, multi->started);
        put_number(&buffer, (uint64_t)multi->done << 1 | multi->is_put_off);
        put_value(&buffer, multi->items, VALUE_DEPTH);
        put_number(&buffer, multi->results ? multi->total : 0);
        for (uint32_t r = 0; multi->results && r < multi->total; r++)
            put_value(&buffer, multi->results[r], VALUE_DEPTH);
    }
    put_number(&buffer, state->wait_count);
    for (uint32_t i = 0; i < state->wait_count; i++) {
        const gx_wait *wait = &state->waits[i];
        put_number(&buffer, wait->key);
        put_number(&buffer, wait->node);
        put_number(&buffer, wait->token);
        put_number(&buffer, wait->scope);
        put_number(&buffer, (uint64_t)wait->event << 1 | wait->is_met);
        put_signed(&buffer, wait->due);
        put_signed(&buffer, wait->repeats);
    }
    put_number(&buffer, state->done_count);
    for (uint32_t i = 0; i < state->done_count; i++) {
        const gx_done *done = &state->dones[i];
        put_number(&buffer, done->key);
        put_number(&buffer, done->node);
        put_number(&buffer, done->scope);
        put_number(&buffer, done->inner);
    }
    put_number(&buffer, state->undo_count);
    for (uint32_t i = 0; i < state->undo_count; i++) {
        put_number(&buffer, state->undos[i].token);
        put_number(&buffer, state->undos[i].scope);
        put_number(&buffer, (uint32_t)(state->undos[i].node + 1)); /* none is 0 */
    }
    put_number(&buffer, state->reset_count);
    for (uint32_t i = 0; i < state->reset_count; i++) {
        put_number(&buffer, state->resets[i].node);
        put_number(&buffer, state->resets[i].scope);
        put_number(&buffer, state->resets[i].seen);
    }
    uint32_t checksum = gx_state_checksum((gx_text){buffer.bytes, buffer.size});
    for (int i = 0; i < 4; i++)
        gx_buffer_byte(&buffer, (char)(checksum >> 8 * i));
    return gx_buffer_as_text(&buffer);
}

typedef struct source {
    gx_arena *arena;
    gx_text bytes;
    size_t at;
    int version;
    bool is_bad;
} source;

static uint64_t get_number(source *s)
{
    uint64_t number = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        if (s->at >= s->bytes.size)
            break;
        unsigned char byte = (unsigned char)s->bytes.bytes[s->at++];
        number |= (uint64_t)(byte & 0x7F) << shift;
        if (!(byte & 0x80))
            return number;
    }
    s->is_bad = true;
    return 0;
}

static uint32_t get_small(source *s)
{
    uint64_t number = get_number(s);
    s->is_bad |= number > UINT32_MAX;
    return (uint32_t)number;
}

static int64_t get_signed(source *s)
{
    uint64_t number = get_number(s);
    return (int64_t)(number >> 1) ^ -(int64_t)(number & 1);
}

/* A count of things that take at least one byte each: more than what is left cannot be true. */
static uint32_t get_count(source *s)
{
    uint32_t count = get_small(s);
    if (count > s->bytes.size - s->at)
        s->is_bad = true;
    return s->is_bad ? 0 : count;
}

static gx_text get_text(source *s)
{
    uint32_t size = get_count(s);
    gx_text text = gx_copy(s->arena, gx_text_slice(s->bytes, s->at, s->at + size));
    s->at += size;
    s->is_bad |= !gx_utf8_is_valid(text);
    return text;
}

static gx_value get_parsed(source *s, value_code code)
{
    gx_text text = get_text(s);
    gx_value value = gx_value_null();
    gx_feel_date date;
    bool is_good = false;
    if (s->is_bad)
        return value;
    if (code == CODE_DECIMAL) {
        is_good = gx_number_parse(s->arena, text, &value);
    } else if (code == CODE_DATE) {
        is_good = gx_temporal_parse_date(text, &date);
        value = is_good ? gx_value_date(date) : value;
    } else if (code == CODE_TIME) {
        is_good = gx_temporal_parse_time(s->arena, text, &value);
    } else if (code == CODE_DATE_TIME) {
        is_good = gx_temporal_parse_date_time(s->arena, text, &value);
    } else {
        is_good = gx_temporal_parse_duration(text, &value);
    }
    s->is_bad |= !is_good;
    return value;
}

static gx_value get_value(source *s, int depth)
{
    uint32_t code = get_small(s);
    if (s->is_bad || depth < 0) {
        s->is_bad = true;
        return gx_value_null();
    }
    switch (code) {
    case CODE_NULL: return gx_value_null();
    case CODE_FALSE: return gx_value_boolean(false);
    case CODE_TRUE: return gx_value_boolean(true);
    case CODE_STRING: return gx_value_text(get_text(s));
    case CODE_INTEGER: {
        uint32_t scale = get_small(s);
        s->is_bad |= scale > 18;
        return gx_value_scaled(get_signed(s), s->is_bad ? 0 : (int)scale);
    }
    case CODE_LIST: {
        uint32_t count = get_count(s);
        gx_list_builder builder = gx_list_begin(s->arena, count);
        for (uint32_t i = 0; i < count && !s->is_bad; i++)
            gx_list_add(&builder, get_value(s, depth - 1));
        return gx_list_end(&builder);
    }
    case CODE_CONTEXT: {
        uint32_t count = get_count(s);
        gx_context_builder builder = gx_context_begin(s->arena, count);
        for (uint32_t i = 0; i < count && !s->is_bad; i++) {
            gx_text name = get_text(s);
            gx_context_set(&builder, name, get_value(s, depth - 1));
        }
        return gx_context_end(&builder);
    }
    case CODE_DECIMAL:
    case CODE_TEMPORAL:
    case CODE_DATE:
    case CODE_TIME:
    case CODE_DATE_TIME: return get_parsed(s, (value_code)code);
    default: s->is_bad = true; return gx_value_null();
    }
}

static void get_scope(source *s, gx_state *state)
{
    gx_scope *scope = gx_state_add_scope(s->arena, state);
    scope->key = get_small(s);
    scope->node = get_small(s);
    scope->parent = get_small(s);
    scope->owner = get_small(s);
    uint32_t bits = get_small(s);
    scope->is_instance = bits & 1;
    scope->is_kept = bits >> 1 & 1;
    uint32_t count = get_count(s);
    for (uint32_t i = 0; i < count && !s->is_bad; i++) {
        gx_text name = get_text(s);
        gx_scope_set(s->arena, scope, name, get_value(s, VALUE_DEPTH));
    }
}

static void get_token(source *s, gx_state *state)
{
    gx_token *token = gx_state_add_token(s->arena, state);
    token->key = get_small(s);
    token->node = get_small(s);
    token->scope = get_small(s);
    token->flow = get_small(s) - 1;
    uint32_t bits = get_small(s);
    token->is_instance = bits & 1;
    bits >>= 1;
    if (s->version > 1) {
        token->cause = bits & 1 ? get_small(s) : 0;
        bits >>= 1;
    }
    token->phase = (uint8_t)bits;
    s->is_bad |= bits > GX_TOKEN_UNDOING;
}

static void get_multi(source *s, gx_state *state)
{
    gx_multi *multi = gx_state_add_multi(s->arena, state);
    multi->token = get_small(s);
    multi->total = get_small(s);
    multi->started = get_small(s);
    uint64_t done = get_number(s);
    if (s->version > 2) {
        multi->is_put_off = done & 1;
        done >>= 1;
    }
    s->is_bad |= done > UINT32_MAX;
    multi->done = (uint32_t)done;
    multi->items = get_value(s, VALUE_DEPTH);
    s->is_bad |= multi->items.kind == GX_LIST && multi->items.size != multi->total;
    uint32_t results = s->version > 1 ? get_count(s) : multi->total;
    if (results > s->bytes.size - s->at || (results && results != multi->total))
        s->is_bad = true;
    if (s->is_bad || !results)
        return;
    multi->results = GX_NEW_ARRAY(s->arena, gx_value, results);
    for (uint32_t i = 0; i < results && !s->is_bad; i++)
        multi->results[i] = get_value(s, VALUE_DEPTH);
}

static void get_wait(source *s, gx_state *state)
{
    gx_wait *wait = gx_state_add_wait(s->arena, state);
    wait->key = get_small(s);
    wait->node = get_small(s);
    wait->token = get_small(s);
    wait->scope = get_small(s);
    uint32_t bits = get_small(s);
    wait->is_met = bits & 1;
    wait->event = bits >> 1;
    wait->due = get_signed(s);
    wait->repeats = get_signed(s);
}

static void get_done(source *s, gx_state *state)
{
    gx_done *done = gx_state_add_done(s->arena, state);
    done->key = get_small(s);
    done->node = get_small(s);
    done->scope = get_small(s);
    done->inner = get_small(s);
}

static void get_undo(source *s, gx_state *state)
{
    gx_undo *undo = gx_state_add_undo(s->arena, state);
    undo->token = get_small(s);
    undo->scope = get_small(s);
    undo->node = get_small(s) - 1;
}

static void get_reset(source *s, gx_state *state)
{
    gx_reset *reset = gx_state_add_reset(s->arena, state);
    reset->node = get_small(s);
    reset->scope = get_small(s);
    reset->seen = get_number(s);
}

static bool is_checked(gx_text record)
{
    if (record.size < 5 || record.bytes[0] < 1 || record.bytes[0] > RECORD_VERSION)
        return false;
    uint32_t checksum = gx_state_checksum(gx_text_slice(record, 0, record.size - 4)), stored = 0;
    for (int i = 0; i < 4; i++)
        stored |= (uint32_t)(unsigned char)record.bytes[record.size - 4 + (size_t)i] << 8 * i;
    return checksum == stored;
}

const gx_state *gx_state_decode(gx_arena *arena, const gx_bpmn_process *process, gx_text record,
                                gx_error *error)
{
    static void (*const readers[])(source *, gx_state *) = {get_scope, get_token, get_multi, get_wait,
                                                            get_done,  get_undo,  get_reset};
    enum { READERS_OF_VERSION_1 = 4 };
    gx_state *state = GX_NEW(arena, gx_state);
    source s = {
        .arena = arena, .bytes = gx_text_slice(record, 1, record.size - 4), .is_bad = !is_checked(record)};
    size_t kinds = GX_COUNT_OF(readers);
    if (!s.is_bad) {
        s.version = record.bytes[0];
        kinds = s.version > 1 ? kinds : READERS_OF_VERSION_1;
        state->next_key = get_small(&s);
        state->has_ended = get_small(&s) == 1;
    }
    for (size_t kind = 0; kind < kinds && !s.is_bad; kind++) {
        uint32_t count = get_count(&s);
        for (uint32_t i = 0; i < count && !s.is_bad; i++)
            readers[kind](&s, state);
    }
    if (s.is_bad || s.at != s.bytes.size || !gx_state_is_sound(process, state)) {
        gx_fail(error, "bpmn.state");
        return NULL;
    }
    return state;
}

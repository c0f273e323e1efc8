/* The record of an instance: what is stored.
 *
 *   version (1 byte) | content | checksum (4 bytes, over all before it)
 *
 * Decoding trusts nothing: every number is checked against what is left, every index against the model, and
 * the whole against the invariants. */
#include "bpmn/codec.h"
#include "bpmn/state.h"
#include "base/limits.h"

#include <endian.h>
#include <string.h>

enum { RECORD_VERSION = 4 };

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

static void put_variables(gx_buffer *buffer, const gx_scope *scope)
{
    gx_put_number(buffer, scope->variable_count);
    for (uint32_t i = 0; i < scope->variable_count; i++) {
        gx_put_text(buffer, scope->variables[i].name);
        gx_put_number(buffer, scope->variables[i].kept);
        if (!scope->variables[i].kept)
            gx_put_value(buffer, scope->variables[i].value);
    }
}

static void put_multi(gx_buffer *buffer, const gx_multi *multi)
{
    gx_put_number(buffer, multi->token);
    gx_put_number(buffer, multi->total);
    gx_put_number(buffer, multi->started);
    gx_put_number(buffer, (uint64_t)multi->done << 1 | multi->is_put_off);
    gx_put_number(buffer, multi->shelf);
    if (multi->shelf) {
        gx_put_number(buffer, multi->result_shelf);
        gx_put_number(buffer, (uint64_t)multi->away << 1 | multi->has_items);
        return;
    }
    gx_put_value(buffer, multi->items);
    gx_put_number(buffer, multi->results ? multi->total : 0);
    for (uint32_t r = 0; multi->results && r < multi->total; r++)
        gx_put_value(buffer, multi->results[r]);
}

/* Ends what is stored. */
static gx_text put_checksum(gx_buffer *buffer)
{
    uint32_t checksum = gx_state_checksum((gx_text){buffer->bytes, buffer->size});
    for (int i = 0; i < 4; i++)
        gx_buffer_byte(buffer, (char)(checksum >> 8 * i));
    return gx_buffer_as_text(buffer);
}

static void put_scope(gx_buffer *buffer, const gx_scope *scope)
{
    gx_put_number(buffer, scope->key);
    gx_put_number(buffer, scope->node);
    gx_put_number(buffer, scope->parent);
    gx_put_number(buffer, scope->owner);
    gx_put_number(buffer, (uint64_t)scope->is_kept << 1 | scope->is_instance);
    put_variables(buffer, scope);
}

gx_text gx_state_encode(gx_arena *arena, const gx_state *state)
{
    gx_buffer buffer = gx_buffer_in(arena);
    gx_buffer_byte(&buffer, RECORD_VERSION);
    gx_put_number(&buffer, state->next_key);
    gx_put_number(&buffer, state->has_ended);
    gx_put_number(&buffer, state->scope_count);
    for (uint32_t i = 0; i < state->scope_count; i++)
        put_scope(&buffer, &state->scopes[i]);
    gx_put_number(&buffer, state->token_count);
    for (uint32_t i = 0; i < state->token_count; i++) {
        const gx_token *token = &state->tokens[i];
        gx_put_number(&buffer, token->key);
        gx_put_number(&buffer, token->node);
        gx_put_number(&buffer, token->scope);
        gx_put_number(&buffer, (uint32_t)(token->flow + 1)); /* none is 0 */
        gx_put_number(&buffer,
                      (uint64_t)token->phase << 2 | (uint64_t)(token->cause != 0) << 1 | token->is_instance);
        if (token->cause)
            gx_put_number(&buffer, token->cause);
    }
    gx_put_number(&buffer, state->multi_count);
    for (uint32_t i = 0; i < state->multi_count; i++)
        put_multi(&buffer, &state->multis[i]);
    gx_put_number(&buffer, state->wait_count);
    for (uint32_t i = 0; i < state->wait_count; i++) {
        const gx_wait *wait = &state->waits[i];
        gx_put_number(&buffer, wait->key);
        gx_put_number(&buffer, wait->node);
        gx_put_number(&buffer, wait->token);
        gx_put_number(&buffer, wait->scope);
        gx_put_number(&buffer, (uint64_t)wait->event << 1 | wait->is_met);
        gx_put_signed(&buffer, wait->due);
        gx_put_signed(&buffer, wait->repeats);
    }
    gx_put_number(&buffer, state->done_count);
    for (uint32_t i = 0; i < state->done_count; i++) {
        const gx_done *done = &state->dones[i];
        gx_put_number(&buffer, done->key);
        gx_put_number(&buffer, done->node);
        gx_put_number(&buffer, done->scope);
        gx_put_number(&buffer, done->inner);
    }
    gx_put_number(&buffer, state->undo_count);
    for (uint32_t i = 0; i < state->undo_count; i++) {
        gx_put_number(&buffer, state->undos[i].token);
        gx_put_number(&buffer, state->undos[i].scope);
        gx_put_number(&buffer, (uint32_t)(state->undos[i].node + 1)); /* none is 0 */
    }
    gx_put_number(&buffer, state->reset_count);
    for (uint32_t i = 0; i < state->reset_count; i++) {
        gx_put_number(&buffer, state->resets[i].node);
        gx_put_number(&buffer, state->resets[i].scope);
        gx_put_number(&buffer, state->resets[i].seen);
    }
    gx_put_number(&buffer, state->dismissal_count);
    for (uint32_t i = 0; i < state->dismissal_count; i++) {
        gx_put_number(&buffer, state->dismissals[i].owner);
        gx_put_number(&buffer, state->dismissals[i].next);
        gx_put_number(&buffer, state->dismissals[i].are_calls);
    }
    return put_checksum(&buffer);
}

gx_text gx_record_values(gx_arena *arena, const gx_value *values, uint32_t count)
{
    gx_buffer buffer = gx_buffer_in(arena);
    gx_buffer_byte(&buffer, RECORD_VERSION);
    for (uint32_t i = 0; i < count; i++)
        gx_put_value(&buffer, values[i]);
    return put_checksum(&buffer);
}

gx_text gx_record_instance(gx_arena *arena, const gx_scope *scope, const gx_token *token)
{
    gx_buffer buffer = gx_buffer_in(arena);
    gx_buffer_byte(&buffer, RECORD_VERSION);
    gx_put_number(&buffer, token->key);
    gx_put_number(&buffer, token->phase);
    gx_put_number(&buffer, scope->key);
    put_variables(&buffer, scope);
    return put_checksum(&buffer);
}

static void get_variables(gx_source *s, gx_scope *scope)
{
    uint32_t count = gx_get_count(s);
    for (uint32_t i = 0; i < count && !s->is_bad; i++) {
        gx_text name = gx_get_text(s);
        uint32_t kept = s->version > 3 ? gx_get_small(s) : 0;
        gx_scope_set(s->arena, scope, name, kept ? gx_value_null() : gx_get_value(s));
        gx_variable *variable = gx_scope_find(scope, name);
        variable->kept = kept;
        variable->is_away = kept != 0;
    }
}

static void get_scope(gx_source *s, gx_state *state)
{
    gx_scope *scope = gx_state_add_scope(s->arena, state);
    scope->key = gx_get_small(s);
    scope->node = gx_get_small(s);
    scope->parent = gx_get_small(s);
    scope->owner = gx_get_small(s);
    uint32_t bits = gx_get_small(s);
    scope->is_instance = bits & 1;
    scope->is_kept = bits >> 1 & 1;
    get_variables(s, scope);
    for (uint32_t i = 0; i < scope->variable_count; i++)
        state->kept_count += scope->variables[i].is_away;
}

static void get_token(gx_source *s, gx_state *state)
{
    gx_token *token = gx_state_add_token(s->arena, state);
    token->key = gx_get_small(s);
    token->node = gx_get_small(s);
    token->scope = gx_get_small(s);
    token->flow = gx_get_small(s) - 1;
    uint32_t bits = gx_get_small(s);
    token->is_instance = bits & 1;
    bits >>= 1;
    if (s->version > 1) {
        token->cause = bits & 1 ? gx_get_small(s) : 0;
        bits >>= 1;
    }
    token->phase = (uint8_t)bits;
    s->is_bad |= bits > GX_TOKEN_UNDOING;
}

static void get_multi(gx_source *s, gx_state *state)
{
    gx_multi *multi = gx_state_add_multi(s->arena, state);
    multi->token = gx_get_small(s);
    multi->total = gx_get_small(s);
    multi->started = gx_get_small(s);
    uint64_t done = gx_get_number(s);
    if (s->version > 2) {
        multi->is_put_off = done & 1;
        done >>= 1;
    }
    s->is_bad |= done > UINT32_MAX;
    multi->done = (uint32_t)done;
    multi->items = gx_value_null();
    if (s->version > 3 && (multi->shelf = gx_get_small(s)) != 0) {
        multi->result_shelf = gx_get_small(s);
        uint64_t away = gx_get_number(s);
        multi->has_items = away & 1;
        s->is_bad |= away >> 1 > UINT32_MAX;
        multi->away = (uint32_t)(away >> 1);
        return;
    }
    multi->items = gx_get_value(s);
    s->is_bad |= multi->items.kind == GX_LIST && multi->items.size != multi->total;
    uint32_t results = s->version > 1 ? gx_get_count(s) : multi->total;
    if (results > s->bytes.size - s->at || (results && results != multi->total))
        s->is_bad = true;
    if (s->is_bad || !results)
        return;
    multi->results = GX_NEW_ARRAY(s->arena, gx_value, results);
    for (uint32_t i = 0; i < results && !s->is_bad; i++)
        multi->results[i] = gx_get_value(s);
}

static void get_wait(gx_source *s, gx_state *state)
{
    gx_wait *wait = gx_state_add_wait(s->arena, state);
    wait->key = gx_get_small(s);
    wait->node = gx_get_small(s);
    wait->token = gx_get_small(s);
    wait->scope = gx_get_small(s);
    uint32_t bits = gx_get_small(s);
    wait->is_met = bits & 1;
    wait->event = bits >> 1;
    wait->due = gx_get_signed(s);
    wait->repeats = gx_get_signed(s);
}

static void get_done(gx_source *s, gx_state *state)
{
    gx_done *done = gx_state_add_done(s->arena, state);
    done->key = gx_get_small(s);
    done->node = gx_get_small(s);
    done->scope = gx_get_small(s);
    done->inner = gx_get_small(s);
}

static void get_undo(gx_source *s, gx_state *state)
{
    gx_undo *undo = gx_state_add_undo(s->arena, state);
    undo->token = gx_get_small(s);
    undo->scope = gx_get_small(s);
    undo->node = gx_get_small(s) - 1;
}

static void get_reset(gx_source *s, gx_state *state)
{
    gx_reset *reset = gx_state_add_reset(s->arena, state);
    reset->node = gx_get_small(s);
    reset->scope = gx_get_small(s);
    reset->seen = gx_get_number(s);
}

static void get_dismissal(gx_source *s, gx_state *state)
{
    gx_dismissal *dismissal = gx_state_add_dismissal(s->arena, state);
    dismissal->owner = gx_get_small(s);
    dismissal->next = gx_get_small(s);
    dismissal->are_calls = gx_get_small(s) == 1;
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
                                const gx_bpmn_shelf *shelf, gx_error *error)
{
    static void (*const readers[])(gx_source *, gx_state *) = {
        get_scope, get_token, get_multi, get_wait, get_done, get_undo, get_reset, get_dismissal};
    enum { READERS_OF_VERSION_1 = 4, READERS_OF_VERSION_2_AND_3 = 7 };
    gx_state *state = GX_NEW(arena, gx_state);
    gx_source s = {
        .arena = arena, .bytes = gx_text_slice(record, 1, record.size - 4), .is_bad = !is_checked(record)};
    size_t kinds = GX_COUNT_OF(readers);
    if (!s.is_bad) {
        s.version = record.bytes[0];
        kinds = s.version > 3   ? kinds
                : s.version > 1 ? READERS_OF_VERSION_2_AND_3
                                : READERS_OF_VERSION_1;
        state->shelf = shelf;
        state->next_key = gx_get_small(&s);
        state->has_ended = gx_get_small(&s) == 1;
    }
    for (size_t kind = 0; kind < kinds && !s.is_bad; kind++) {
        uint32_t count = gx_get_count(&s);
        for (uint32_t i = 0; i < count && !s.is_bad; i++)
            readers[kind](&s, state);
    }
    if (s.is_bad || s.at != s.bytes.size || (state->kept_count && !shelf) || !gx_state_is_sound(process, state)) {
        gx_fail(error, "bpmn.state");
        return NULL;
    }
    return state;
}

/* What lies on the shelf, ready to be read. */
static gx_source open_kept(gx_arena *arena, gx_text content)
{
    gx_source s = {.arena = arena, .is_bad = !content.bytes || !is_checked(content)};
    if (s.is_bad)
        return s;
    s.version = content.bytes[0];
    s.bytes = gx_text_slice(content, 1, content.size - 4);
    return s;
}

bool gx_record_read_values(gx_arena *arena, gx_text content, gx_value *values, uint32_t count)
{
    gx_source s = open_kept(arena, content);
    for (uint32_t i = 0; i < count && !s.is_bad; i++)
        values[i] = gx_get_value(&s);
    return !s.is_bad && s.at == s.bytes.size;
}

bool gx_record_read_instance(gx_arena *arena, gx_text content, gx_scope *scope, gx_token *token)
{
    gx_source s = open_kept(arena, content);
    *token = (gx_token){.is_instance = true, .flow = GX_NO_INDEX};
    *scope = (gx_scope){.is_instance = true};
    if (s.is_bad)
        return false;
    token->key = gx_get_small(&s);
    uint32_t phase = gx_get_small(&s);
    token->phase = (uint8_t)phase;
    scope->key = token->scope = gx_get_small(&s);
    get_variables(&s, scope);
    bool is_at_rest = phase == GX_TOKEN_WAITING || phase == GX_TOKEN_INCIDENT;
    return !s.is_bad && is_at_rest && s.at == s.bytes.size;
}

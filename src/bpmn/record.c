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

enum { RECORD_VERSION = 3 };

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

static void put_scope(gx_buffer *buffer, const gx_scope *scope)
{
    gx_put_number(buffer, scope->key);
    gx_put_number(buffer, scope->node);
    gx_put_number(buffer, scope->parent);
    gx_put_number(buffer, scope->owner);
    gx_put_number(buffer, (uint64_t)scope->is_kept << 1 | scope->is_instance);
    gx_put_number(buffer, scope->variable_count);
    for (uint32_t i = 0; i < scope->variable_count; i++) {
        gx_put_text(buffer, scope->variables[i].name);
        gx_put_value(buffer, scope->variables[i].value);
    }
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
    for (uint32_t i = 0; i < state->multi_count; i++) {
        const gx_multi *multi = &state->multis[i];
        gx_put_number(&buffer, multi->token);
        gx_put_number(&buffer, multi->total);
        gx_put_number(&buffer, multi->started);
        gx_put_number(&buffer, (uint64_t)multi->done << 1 | multi->is_put_off);
        gx_put_value(&buffer, multi->items);
        gx_put_number(&buffer, multi->results ? multi->total : 0);
        for (uint32_t r = 0; multi->results && r < multi->total; r++)
            gx_put_value(&buffer, multi->results[r]);
    }
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
    uint32_t checksum = gx_state_checksum((gx_text){buffer.bytes, buffer.size});
    for (int i = 0; i < 4; i++)
        gx_buffer_byte(&buffer, (char)(checksum >> 8 * i));
    return gx_buffer_as_text(&buffer);
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
    uint32_t count = gx_get_count(s);
    for (uint32_t i = 0; i < count && !s->is_bad; i++) {
        gx_text name = gx_get_text(s);
        gx_scope_set(s->arena, scope, name, gx_get_value(s));
    }
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
    static void (*const readers[])(gx_source *, gx_state *) = {get_scope, get_token, get_multi, get_wait,
                                                               get_done,  get_undo,  get_reset};
    enum { READERS_OF_VERSION_1 = 4 };
    gx_state *state = GX_NEW(arena, gx_state);
    gx_source s = {
        .arena = arena, .bytes = gx_text_slice(record, 1, record.size - 4), .is_bad = !is_checked(record)};
    size_t kinds = GX_COUNT_OF(readers);
    if (!s.is_bad) {
        s.version = record.bytes[0];
        kinds = s.version > 1 ? kinds : READERS_OF_VERSION_1;
        state->next_key = gx_get_small(&s);
        state->has_ended = gx_get_small(&s) == 1;
    }
    for (size_t kind = 0; kind < kinds && !s.is_bad; kind++) {
        uint32_t count = gx_get_count(&s);
        for (uint32_t i = 0; i < count && !s.is_bad; i++)
            readers[kind](&s, state);
    }
    if (s.is_bad || s.at != s.bytes.size || !gx_state_is_sound(process, state)) {
        gx_fail(error, "bpmn.state");
        return NULL;
    }
    return state;
}

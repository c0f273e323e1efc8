/* Values of libgaoxing: what allocates does so under a guard, and gives null when the arena is full. */
#include "embed/embed.h"

#include <string.h>

gaoxing_value gaoxing_null(void)
{
    return gx_embed_value_out(gx_value_null());
}

gaoxing_value gaoxing_boolean(bool boolean)
{
    return gx_embed_value_out(gx_value_boolean(boolean));
}

gaoxing_value gaoxing_integer(int64_t number)
{
    return gx_embed_value_out(gx_value_int(number));
}

gaoxing_value gaoxing_scaled(int64_t mantissa, int scale)
{
    return scale >= 0 && scale <= 18 ? gx_embed_value_out(gx_value_scaled(mantissa, scale)) : gaoxing_null();
}

/* ---- Making ---- */

typedef struct making {
    gx_text text;
    const gaoxing_text *names;
    const gx_value *items;
    size_t count;
    gx_value value;
} making;

static gaoxing_value make(gaoxing_arena *arena, bool (*work)(gx_embed_call *call, void *context), making m)
{
    m.value = gx_value_null();
    return gx_embed_run(arena, work, &m, NULL) ? gx_embed_value_out(m.value) : gaoxing_null();
}

static bool make_number(gx_embed_call *call, void *context)
{
    making *m = context;
    return gx_number_parse(call->arena, m->text, &m->value);
}

gaoxing_value gaoxing_number(gaoxing_arena *arena, gaoxing_text digits)
{
    return make(arena, make_number, (making){.text = gx_embed_text(digits)});
}

static bool make_string(gx_embed_call *call, void *context)
{
    making *m = context;
    if (m->text.size > UINT32_MAX || !gx_utf8_is_valid(m->text))
        return false;
    m->value = gx_value_string(call->arena, m->text);
    return true;
}

gaoxing_value gaoxing_string(gaoxing_arena *arena, gaoxing_text text)
{
    return make(arena, make_string, (making){.text = gx_embed_text(text)});
}

static bool make_temporal(gx_embed_call *call, void *context)
{
    making *m = context;
    m->value = gx_temporal_parse(call->arena, gx_copy(call->arena, m->text)); /* a zone's name refers to it */
    return true;
}

gaoxing_value gaoxing_temporal(gaoxing_arena *arena, gaoxing_text text)
{
    return make(arena, make_temporal, (making){.text = gx_embed_text(text)});
}

static bool make_list(gx_embed_call *call, void *context)
{
    making *m = context;
    if (m->count > UINT32_MAX)
        return false;
    gx_value *items = GX_NEW_ARRAY(call->arena, gx_value, m->count);
    if (m->count)
        memcpy(items, m->items, m->count * sizeof *items);
    m->value = gx_value_list(items, m->count);
    return true;
}

gaoxing_value gaoxing_list(gaoxing_arena *arena, const gaoxing_value *items, size_t count)
{
    return make(arena, make_list, (making){.items = (const gx_value *)items, .count = count});
}

static bool make_context(gx_embed_call *call, void *context)
{
    making *m = context;
    gx_context_builder builder = gx_context_begin(call->arena, m->count);
    for (size_t i = 0; i < m->count; i++)
        gx_context_set(&builder, gx_copy(call->arena, gx_embed_text(m->names[i])), m->items[i]);
    m->value = gx_context_end(&builder);
    return true;
}

gaoxing_value gaoxing_context(gaoxing_arena *arena, const gaoxing_text *names, const gaoxing_value *values,
                              size_t count)
{
    return make(arena, make_context,
                (making){.names = names, .items = (const gx_value *)values, .count = count});
}

static bool make_from_json(gx_embed_call *call, void *context)
{
    making *m = context;
    gx_json *json = gx_json_parse(call->arena, m->text, GX_TEXT(""), &call->error);
    if (json)
        m->value = gx_value_from_json(call->arena, json);
    return json != NULL;
}

bool gaoxing_from_json(gaoxing_arena *arena, gaoxing_text json, gaoxing_value *value, gaoxing_error *error)
{
    making m = {.text = gx_embed_text(json)};
    if (!gx_embed_run(arena, make_from_json, &m, error))
        return false;
    *value = gx_embed_value_out(m.value);
    return true;
}

static bool make_copy(gx_embed_call *call, void *context)
{
    making *m = context;
    m->value = gx_value_copy(call->arena, m->items[0]);
    return true;
}

gaoxing_value gaoxing_copy(gaoxing_arena *arena, gaoxing_value value)
{
    gx_value inner = gx_embed_value(value);
    return make(arena, make_copy, (making){.items = &inner});
}

/* ---- Reading ---- */

gaoxing_kind gaoxing_kind_of(gaoxing_value value)
{
    _Static_assert((int)GAOXING_FUNCTION == (int)GX_FUNCTION && (int)GAOXING_LIST == (int)GX_LIST &&
                       (int)GAOXING_STRING == (int)GX_STRING,
                   "the kinds have one order");
    return (gaoxing_kind)gx_embed_value(value).kind;
}

bool gaoxing_is_true(gaoxing_value value)
{
    return gx_value_is_true(gx_embed_value(value));
}

bool gaoxing_to_integer(gaoxing_value value, int64_t *number)
{
    return gx_value_to_int(gx_embed_value(value), number);
}

gaoxing_text gaoxing_to_string(gaoxing_value value)
{
    return gx_embed_text_out(gx_value_as_text(gx_embed_value(value)));
}

size_t gaoxing_count(gaoxing_value value)
{
    gx_value inner = gx_embed_value(value);
    return inner.kind == GX_LIST ? inner.size : inner.kind == GX_CONTEXT ? inner.context->count : 0;
}

gaoxing_value gaoxing_at(gaoxing_value value, size_t index, gaoxing_text *name)
{
    gx_value inner = gx_embed_value(value);
    if (index >= gaoxing_count(value))
        return gaoxing_null();
    if (inner.kind == GX_LIST)
        return gx_embed_value_out(inner.items[index]);
    if (name)
        *name = gx_embed_text_out(inner.context->entries[index].name);
    return gx_embed_value_out(inner.context->entries[index].value);
}

gaoxing_value gaoxing_get(gaoxing_value context, gaoxing_text name)
{
    return gx_embed_value_out(gx_context_get(gx_embed_value(context), gx_embed_text(name)));
}

/* ---- Writing ---- */

typedef struct writing {
    gx_value value;
    gx_text text;
} writing;

static bool write_text(gx_embed_call *call, void *context)
{
    writing *w = context;
    w->text = gx_copy(call->arena, gx_value_to_text(call->arena, w->value));
    return true;
}

static bool write_json(gx_embed_call *call, void *context)
{
    writing *w = context;
    w->text = gx_json_to_text(call->arena, gx_value_to_json(call->arena, w->value));
    w->text = gx_copy(call->arena, w->text);
    return true;
}

gaoxing_text gaoxing_to_text(gaoxing_arena *arena, gaoxing_value value)
{
    writing w = {gx_embed_value(value), GX_TEXT("")};
    gx_embed_run(arena, write_text, &w, NULL);
    return gx_embed_text_out(w.text);
}

gaoxing_text gaoxing_to_json(gaoxing_arena *arena, gaoxing_value value)
{
    writing w = {gx_embed_value(value), GX_TEXT("")};
    gx_embed_run(arena, write_json, &w, NULL);
    return gx_embed_text_out(w.text);
}

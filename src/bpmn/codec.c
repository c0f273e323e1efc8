#include "bpmn/codec.h"
#include "feel/temporal.h"

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

void gx_put_text(gx_buffer *buffer, gx_text text)
{
    gx_put_number(buffer, text.size);
    gx_buffer_text(buffer, text);
}

static void put_written(gx_buffer *buffer, value_code code, gx_value value)
{
    gx_buffer text = gx_buffer_in(buffer->arena);
    gx_value_write(&text, value);
    gx_put_number(buffer, code);
    gx_put_text(buffer, gx_buffer_as_text(&text));
}

static void put_deep(gx_buffer *buffer, gx_value value, int depth)
{
    switch ((gx_kind)value.kind) {
    case GX_BOOLEAN: gx_put_number(buffer, value.boolean ? CODE_TRUE : CODE_FALSE); return;
    case GX_NUMBER:
        if (value.flags & GX_VALUE_WIDE) {
            put_written(buffer, CODE_DECIMAL, value);
        } else {
            gx_put_number(buffer, CODE_INTEGER);
            gx_put_number(buffer, (uint64_t)value.scale);
            gx_put_signed(buffer, value.integer);
        }
        return;
    case GX_STRING:
        gx_put_number(buffer, CODE_STRING);
        gx_put_text(buffer, gx_value_as_text(value));
        return;
    case GX_DATE: put_written(buffer, CODE_DATE, value); return;
    case GX_TIME: put_written(buffer, CODE_TIME, value); return;
    case GX_DATE_TIME: put_written(buffer, CODE_DATE_TIME, value); return;
    case GX_DAYS_DURATION:
    case GX_MONTHS_DURATION: put_written(buffer, CODE_TEMPORAL, value); return;
    case GX_LIST:
        if (depth == 0)
            break;
        gx_put_number(buffer, CODE_LIST);
        gx_put_number(buffer, value.size);
        for (uint32_t i = 0; i < value.size; i++)
            put_deep(buffer, value.items[i], depth - 1);
        return;
    case GX_CONTEXT:
        if (depth == 0)
            break;
        gx_put_number(buffer, CODE_CONTEXT);
        gx_put_number(buffer, value.context->count);
        for (uint32_t i = 0; i < value.context->count; i++) {
            gx_put_text(buffer, value.context->entries[i].name);
            put_deep(buffer, value.context->entries[i].value, depth - 1);
        }
        return;
    case GX_NULL:
    case GX_RANGE:
    case GX_FUNCTION:
    case GX_KIND_COUNT: break;
    }
    gx_put_number(buffer, CODE_NULL);
}

void gx_put_value(gx_buffer *buffer, gx_value value)
{
    put_deep(buffer, value, GX_CODEC_DEPTH);
}

uint64_t gx_get_number(gx_source *s)
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

uint32_t gx_get_small(gx_source *s)
{
    uint64_t number = gx_get_number(s);
    s->is_bad |= number > UINT32_MAX;
    return (uint32_t)number;
}

int64_t gx_get_signed(gx_source *s)
{
    uint64_t number = gx_get_number(s);
    return (int64_t)(number >> 1) ^ -(int64_t)(number & 1);
}

uint32_t gx_get_count(gx_source *s)
{
    uint32_t count = gx_get_small(s);
    if (count > s->bytes.size - s->at)
        s->is_bad = true;
    return s->is_bad ? 0 : count;
}

gx_text gx_get_text(gx_source *s)
{
    uint32_t size = gx_get_count(s);
    gx_text text = gx_copy(s->arena, gx_text_slice(s->bytes, s->at, s->at + size));
    s->at += size;
    s->is_bad |= !gx_utf8_is_valid(text);
    return text;
}

static gx_value get_parsed(gx_source *s, value_code code)
{
    gx_text text = gx_get_text(s);
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

static gx_value get_deep(gx_source *s, int depth)
{
    uint32_t code = gx_get_small(s);
    if (s->is_bad || depth < 0) {
        s->is_bad = true;
        return gx_value_null();
    }
    switch (code) {
    case CODE_NULL: return gx_value_null();
    case CODE_FALSE: return gx_value_boolean(false);
    case CODE_TRUE: return gx_value_boolean(true);
    case CODE_STRING: return gx_value_text(gx_get_text(s));
    case CODE_INTEGER: {
        uint32_t scale = gx_get_small(s);
        s->is_bad |= scale > 18;
        return gx_value_scaled(gx_get_signed(s), s->is_bad ? 0 : (int)scale);
    }
    case CODE_LIST: {
        uint32_t count = gx_get_count(s);
        gx_list_builder builder = gx_list_begin(s->arena, count);
        for (uint32_t i = 0; i < count && !s->is_bad; i++)
            gx_list_add(&builder, get_deep(s, depth - 1));
        return gx_list_end(&builder);
    }
    case CODE_CONTEXT: {
        uint32_t count = gx_get_count(s);
        gx_context_builder builder = gx_context_begin(s->arena, count);
        for (uint32_t i = 0; i < count && !s->is_bad; i++) {
            gx_text name = gx_get_text(s);
            gx_context_set(&builder, name, get_deep(s, depth - 1));
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

gx_value gx_get_value(gx_source *s)
{
    return get_deep(s, GX_CODEC_DEPTH);
}

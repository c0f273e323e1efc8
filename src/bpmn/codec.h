/* bpmn/codec.h: how numbers, texts and values are written in records and journals: little-endian base-128
 * numbers, lengths before contents. For the files of bpmn/ only. */
#ifndef GX_BPMN_CODEC_H
#define GX_BPMN_CODEC_H

#include "base/buffer.h"
#include "feel/value.h"

enum { GX_CODEC_DEPTH = 64 };

static inline void gx_put_byte(gx_buffer *buffer, char byte) /* most of a record is numbers of one byte */
{
    if (buffer->size + 1 < buffer->capacity)
        buffer->bytes[buffer->size++] = byte;
    else
        gx_buffer_byte(buffer, byte);
}

static inline void gx_put_number(gx_buffer *buffer, uint64_t number)
{
    for (; number >= 0x80; number >>= 7)
        gx_put_byte(buffer, (char)(number | 0x80));
    gx_put_byte(buffer, (char)number);
}

static inline void gx_put_signed(gx_buffer *buffer, int64_t number) /* zigzag */
{
    gx_put_number(buffer, ((uint64_t)number << 1) ^ (uint64_t)(number >> 63));
}

void gx_put_text(gx_buffer *buffer, gx_text text);
/* Ranges and functions cannot be variables of an instance: they are kept as null, and so is what lies deeper
 * than GX_CODEC_DEPTH. */
void gx_put_value(gx_buffer *buffer, gx_value value);

/* What is read. Nothing in it is trusted: whatever does not fit sets `is_bad`, and all that is read then is
 * empty. */
typedef struct gx_source {
    gx_arena *arena;
    gx_text bytes;
    size_t at;
    int version;
    bool is_bad;
} gx_source;

uint64_t gx_get_number(gx_source *s);
uint32_t gx_get_small(gx_source *s);
int64_t gx_get_signed(gx_source *s);
/* A count of things that take at least one byte each: more than what is left cannot be true. */
uint32_t gx_get_count(gx_source *s);
/* A copy in the arena; valid UTF-8. */
gx_text gx_get_text(gx_source *s);
gx_value gx_get_value(gx_source *s);

#endif

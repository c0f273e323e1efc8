/* base/buffer.h: bytes that grow, in an arena. */
#ifndef GX_BASE_BUFFER_H
#define GX_BASE_BUFFER_H

#include "base/arena.h"

typedef struct gx_buffer {
    gx_arena *arena;
    char *bytes;
    size_t size, capacity;
} gx_buffer;

gx_buffer gx_buffer_in(gx_arena *arena);
void gx_buffer_byte(gx_buffer *buffer, char byte);
void gx_buffer_bytes(gx_buffer *buffer, const void *bytes, size_t size);
void gx_buffer_text(gx_buffer *buffer, gx_text text);
void gx_buffer_string(gx_buffer *buffer, const char *terminated);
void gx_buffer_format(gx_buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* What has been written so far, with a zero byte behind it; valid until the next write. */
gx_text gx_buffer_as_text(gx_buffer *buffer);

#endif

#include "base/buffer.h"

#include <stdio.h>
#include <string.h>

gx_buffer gx_buffer_in(gx_arena *arena)
{
    return (gx_buffer){.arena = arena};
}

static void reserve(gx_buffer *buffer, size_t more)
{
    if (more < buffer->capacity - buffer->size)
        return;
    if (more > SIZE_MAX / 4 - buffer->size)
        gx_arena_give_up(buffer->arena);
    size_t capacity = buffer->capacity ? buffer->capacity * 2 : 256;
    while (capacity <= buffer->size + more)
        capacity *= 2;
    char *bytes = gx_alloc(buffer->arena, capacity);
    if (buffer->size)
        memcpy(bytes, buffer->bytes, buffer->size);
    buffer->bytes = bytes;
    buffer->capacity = capacity;
}

void gx_buffer_bytes(gx_buffer *buffer, const void *bytes, size_t size)
{
    reserve(buffer, size);
    if (size)
        memcpy(buffer->bytes + buffer->size, bytes, size);
    buffer->size += size;
}

void gx_buffer_byte(gx_buffer *buffer, char byte)
{
    reserve(buffer, 1);
    buffer->bytes[buffer->size++] = byte;
}

void gx_buffer_text(gx_buffer *buffer, gx_text text)
{
    gx_buffer_bytes(buffer, text.bytes, text.size);
}

void gx_buffer_string(gx_buffer *buffer, const char *terminated)
{
    gx_buffer_bytes(buffer, terminated, strlen(terminated));
}

void gx_buffer_format(gx_buffer *buffer, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (size > 0) {
        reserve(buffer, (size_t)size + 1);
        vsnprintf(buffer->bytes + buffer->size, (size_t)size + 1, format, again);
        buffer->size += (size_t)size;
    }
    va_end(again);
}

gx_text gx_buffer_as_text(gx_buffer *buffer)
{
    reserve(buffer, 1);
    buffer->bytes[buffer->size] = 0;
    return (gx_text){buffer->bytes, buffer->size};
}

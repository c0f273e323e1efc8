#include "base/log.h"
#include "base/clock.h"

#include <stdatomic.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Atomic int least_level = GX_LOG_INFO;

void gx_log_set_level(gx_log_level least)
{
    atomic_store(&least_level, (int)least);
}

enum { LINE_BYTES = 4096, DETAIL_BYTES = 1024 };
_Static_assert(LINE_BYTES > 2 * DETAIL_BYTES + 256,
               "most details fit even with every quote escaped; the rest is cut");

/* JSON string content; the line must stay one line whatever is logged. What does not fit is cut. */
static size_t put_escaped(char *line, size_t size, const char *text)
{
    for (; *text && size + 16 < LINE_BYTES; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte == '"' || byte == '\\')
            line[size++] = '\\';
        if (byte < 0x20)
            size += (size_t)snprintf(line + size, 7, "\\u%04x", byte);
        else
            line[size++] = (char)byte;
    }
    return size;
}

void gx_log(gx_log_level level, const char *event, const char *format, ...)
{
    static const char *const names[] = {"debug", "info", "warning", "error"};
    if ((int)level < atomic_load(&least_level))
        return;
    char line[LINE_BYTES], detail[DETAIL_BYTES], time[GX_INSTANT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(detail, sizeof detail, format, arguments);
    va_end(arguments);
    gx_instant_write(gx_clock_now(), time);
    size_t size = (size_t)snprintf(line, sizeof line,
                                   "{\"time\":\"%s\",\"level\":\"%s\",\"event\":\"%s\",\"detail\":\"", time,
                                   names[level], event);
    size = put_escaped(line, size, detail);
    memcpy(line + size, "\"}\n", 3);
    fwrite(line, 1, size + 3, stderr); /* one write, so that lines of two threads do not mix */
}

void gx_log_error(const char *event, const gx_error *error)
{
    char sentence[800];
    gx_log(GX_LOG_ERROR, event, "%s: %s", error->code,
           gx_error_write(error, GX_LANGUAGE_EN, sentence, sizeof sentence));
}

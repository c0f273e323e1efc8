#include "base/log.h"
#include "base/clock.h"

#include <stdatomic.h>
#include <stdarg.h>
#include <stdio.h>

static _Atomic int least_level = GX_LOG_INFO;

void gx_log_set_level(gx_log_level least)
{
    atomic_store(&least_level, (int)least);
}

/* JSON string content; the line must stay one line whatever is logged. */
static void put_escaped(const char *text, FILE *to)
{
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte == '"' || byte == '\\')
            fprintf(to, "\\%c", byte);
        else if (byte < 0x20)
            fprintf(to, "\\u%04x", byte);
        else
            putc(byte, to);
    }
}

void gx_log(gx_log_level level, const char *event, const char *format, ...)
{
    static const char *const names[] = {"debug", "info", "warning", "error"};
    if ((int)level < atomic_load(&least_level))
        return;
    char detail[1024], time[GX_INSTANT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(detail, sizeof detail, format, arguments);
    va_end(arguments);
    gx_instant_write(gx_clock_now(), time);
    flockfile(stderr);
    fprintf(stderr, "{\"time\":\"%s\",\"level\":\"%s\",\"event\":\"%s\",\"detail\":\"", time, names[level], event);
    put_escaped(detail, stderr);
    fputs("\"}\n", stderr);
    funlockfile(stderr);
}

void gx_log_error(const char *event, const gx_error *error)
{
    char sentence[800];
    gx_log(GX_LOG_ERROR, event, "%s: %s", error->code, gx_error_write(error, GX_LANGUAGE_EN, sentence, sizeof sentence));
}

#include "base/error.h"
#include "base/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct row {
    const char *code;
    int status;
    const char *sentences[2]; /* by gx_language */
} row;

static const row rows[] = {
#define ERROR(code, status, zh, en) {code, status, {zh, en}},
#include "base/errors.def"
#undef ERROR
};

static const row *find_row(const char *code)
{
    for (size_t i = 0; code && i < GX_COUNT_OF(rows); i++)
        if (strcmp(rows[i].code, code) == 0)
            return &rows[i];
    return NULL;
}

/* Copies what fits, never half a code point, always a zero byte at the end. */
static void copy_cut(char *to, size_t size, gx_text from)
{
    size_t length = from.size < size ? from.size : size - 1;
    if (length < from.size)
        while (length > 0 && ((unsigned char)from.bytes[length] & 0xC0) == 0x80)
            length--;
    if (length)
        memcpy(to, from.bytes, length);
    to[length] = 0;
}

void gx_error_fill(gx_error *error, const char *code, gx_place place, const gx_text *parts_from_1, size_t count)
{
    if (!error)
        return;
    memset(error, 0, sizeof *error);
    error->code = code;
    copy_cut(error->path, sizeof error->path, place.path);
    error->line = place.line;
    error->column = place.column;
    for (size_t i = 0; i < count && i < GX_ERROR_PARTS; i++)
        copy_cut(error->parts[i], sizeof error->parts[i], parts_from_1[i + 1]);
}

bool gx_error_wrap(gx_error *error, gx_place place)
{
    if (error && !error->path[0])
        copy_cut(error->path, sizeof error->path, place.path);
    if (error && error->line == 0) {
        error->line = place.line;
        error->column = place.column;
    }
    return false;
}

const char *gx_error_sentence(const gx_error *error, gx_language language, char *buffer, size_t size)
{
    const row *found = find_row(error->code);
    const char *pattern = found ? found->sentences[language] : error->code ? error->code : "";
    size_t used = 0;
    for (const char *at = pattern; *at && used + 1 < size; at++) {
        if (at[0] == '{' && at[1] >= '1' && at[1] <= '0' + GX_ERROR_PARTS && at[2] == '}') {
            gx_text part = gx_text_of(error->parts[at[1] - '1']);
            copy_cut(buffer + used, size - used, part);
            used += strlen(buffer + used);
            at += 2;
        } else {
            buffer[used++] = *at;
        }
    }
    if (used + 1 >= size) /* full: the last code point may be cut */
        while (used > 0 && ((unsigned char)buffer[used - 1] & 0x80) != 0 &&
               !gx_utf8_is_valid((gx_text){buffer, used}))
            used--;
    if (size)
        buffer[used] = 0;
    return buffer;
}

const char *gx_error_write(const gx_error *error, gx_language language, char *buffer, size_t size)
{
    int used = 0;
    if (error->path[0] && error->line > 0)
        used = snprintf(buffer, size, "%s:%d:%d: ", error->path, (int)error->line, (int)error->column);
    else if (error->path[0])
        used = snprintf(buffer, size, "%s: ", error->path);
    else if (error->line > 0)
        used = snprintf(buffer, size, "%d:%d: ", (int)error->line, (int)error->column);
    if (used >= 0 && (size_t)used < size)
        gx_error_sentence(error, language, buffer + used, size - (size_t)used);
    return buffer;
}

int gx_error_status(const gx_error *error)
{
    const row *found = find_row(error->code);
    return found ? found->status : 500;
}

gx_text gx_error_int(char buffer[24], int64_t number)
{
    int size = snprintf(buffer, 24, "%lld", (long long)number);
    return (gx_text){buffer, (size_t)size};
}

void gx_findings_add(gx_findings *findings, gx_severity severity, const gx_error *error)
{
    if (severity == GX_SEVERITY_ERROR)
        findings->errors++;
    else
        findings->warnings++;
    size_t limit = findings->limit ? findings->limit : GX_LIMIT_FINDINGS;
    if (findings->count >= limit)
        return;
    if ((findings->count & (findings->count - 1)) == 0) { /* full at every power of two: double */
        size_t capacity = findings->count ? findings->count * 2 : 1;
        gx_finding *items = realloc(findings->items, capacity * sizeof *items);
        if (!items)
            return;
        findings->items = items;
    }
    findings->items[findings->count++] = (gx_finding){severity, *error};
}

void gx_findings_release(gx_findings *findings)
{
    free(findings->items);
    *findings = (gx_findings){0};
}

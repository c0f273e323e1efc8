/* base/error.h: errors as values that people can read.
 * What can fail because of its input returns bool and fills a gx_error, which is untouched on success. The sentences,
 * in zh-CN and en, and the HTTP status stand in base/errors.def, one row a code. An error holds copies, so it outlives
 * every arena. Safe on any thread. */
#ifndef GX_BASE_ERROR_H
#define GX_BASE_ERROR_H

#include "base/text.h"

enum { GX_ERROR_PARTS = 3, GX_ERROR_PART_SIZE = 120, GX_ERROR_PATH_SIZE = 200 };

typedef struct gx_error {
    const char *code;              /* a row of base/errors.def, such as "bpmn.flow.dangling"; NULL when there is none */
    char path[GX_ERROR_PATH_SIZE]; /* file, request or JSON pointer; "" if there is none */
    int32_t line, column;          /* from 1; 0 if there is none */
    char parts[GX_ERROR_PARTS][GX_ERROR_PART_SIZE]; /* names, figures, offending text; cut at a code point */
} gx_error;

/* Where something stands in a source. */
typedef struct gx_place {
    gx_text path;
    int32_t line, column; /* from 1; 0 if unknown */
} gx_place;

typedef enum gx_language { GX_LANGUAGE_ZH, GX_LANGUAGE_EN } gx_language;

/* Both fill `error` (which may be NULL: the caller does not want to know) and return false, so that a check can end in
 * `return gx_fail(error, "base.number", text);`. Up to three parts, each a gx_text. */
#define gx_fail(error, code, ...) gx_fail_at((error), (code), ((gx_place){{"", 0}, 0, 0}), __VA_ARGS__)
#define gx_fail_at(error, code, place, ...)                                                                  \
    gx_error_fill_false((error), (code), (place), (const gx_text[]){{"", 0}, __VA_ARGS__},                   \
                        sizeof((const gx_text[]){{"", 0}, __VA_ARGS__}) / sizeof(gx_text) - 1)
void gx_error_fill(gx_error *error, const char *code, gx_place place, const gx_text *parts_from_1, size_t count);
static inline bool gx_error_fill_false(gx_error *error, const char *code, gx_place place, const gx_text *parts_from_1,
                                       size_t count)
{
    gx_error_fill(error, code, place, parts_from_1, count);
    return false; /* here, so that the compiler knows it at every call */
}

/* Adds a path and a position to an error that has none yet. Always returns false. */
bool gx_error_wrap(gx_error *error, gx_place place);

/* "path:line:column: sentence", or the sentence alone when there is no place; ends with a zero byte; cut at `size`.
 * Returns `buffer`. */
const char *gx_error_write(const gx_error *error, gx_language language, char *buffer, size_t size);
/* The same without the place. */
const char *gx_error_sentence(const gx_error *error, gx_language language, char *buffer, size_t size);
/* The HTTP status of the error's row; 500 for a code that has no row. */
int gx_error_status(const gx_error *error);

/* An integer in `buffer`, as a part for gx_fail. */
gx_text gx_error_int(char buffer[24], int64_t number);

/* A list of findings, for checkers that collect all of a file. `add` ignores what passes the limit but counts it. */
typedef enum gx_severity { GX_SEVERITY_ERROR, GX_SEVERITY_WARNING } gx_severity;
typedef struct gx_finding {
    gx_severity severity;
    gx_error error;
} gx_finding;
typedef struct gx_findings {
    gx_finding *items; /* in a malloc'ed block owned by the list */
    size_t count;      /* stored */
    size_t errors, warnings; /* seen, stored or not */
    size_t limit;      /* 0 means GX_LIMIT_FINDINGS */
} gx_findings;
void gx_findings_add(gx_findings *findings, gx_severity severity, const gx_error *error);
void gx_findings_release(gx_findings *findings);

#endif

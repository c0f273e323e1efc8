/* http/target.h: request targets, queries, cookies: small strict parsers. Pure. */
#ifndef GX_HTTP_TARGET_H
#define GX_HTTP_TARGET_H

#include "base/arena.h"

/* The path of a raw target, decoded once. False for what no honest client sends: no leading slash, a broken
 * or doubled escape, an encoded slash, backslash or NUL, control characters, dot segments, invalid UTF-8.
 * `query` is what stands behind the first '?', raw. */
bool gx_target_decode(gx_arena *arena, gx_text target, gx_text *path, gx_text *query);
/* A field of "a=1&b=2": '+' is a blank, escapes are decoded; false when a field is broken. Moves `rest` on.
 */
bool gx_query_next(gx_arena *arena, gx_text *rest, gx_text *name, gx_text *value);
/* A cookie's value; bytes NULL when absent. */
gx_text gx_cookie_find(gx_text cookies, const char *name);
/* Matches "/a/{b}/c" against a path; up to `most` values are taken. False when it does not match. */
bool gx_pattern_match(const char *pattern, gx_text path, gx_text *names, gx_text *values, size_t most,
                      size_t *count);

#endif

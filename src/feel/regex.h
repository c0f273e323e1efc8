/* feel/regex.h: regular expressions of XPath 3.1 (XML Schema's, with anchors, groups, lazy quantifiers,
 * back-references and the flags s m i x q), run by ICU.
 *
 * A pattern is checked against XPath's grammar and rewritten; what ICU would accept beyond it (look-around,
 * possessive quantifiers, \b ...) is refused. Matching has a limit of time and of stack. Nothing is shared
 * between threads. */
#ifndef GX_FEEL_REGEX_H
#define GX_FEEL_REGEX_H

#include "base/buffer.h"

typedef struct gx_regex gx_regex;

typedef enum gx_regex_result {
    GX_REGEX_NO,    /* does not match */
    GX_REGEX_YES,   /* matches, or has been carried out */
    GX_REGEX_BAD,   /* the replacement is malformed, or the pattern matches the empty text where it may not */
    GX_REGEX_LIMIT, /* took too long or too deep */
} gx_regex_result;

/* Called while a match goes on, about every tenth of a millisecond, with its work in steps of an evaluation's budget; false
 * ends the match with GX_REGEX_LIMIT. */
typedef bool gx_regex_watch(void *context, uint64_t steps);

/* The patterns of one evaluation, so that each is compiled once; begins as NULL. `watch` may be NULL. */
typedef struct gx_regex_cache gx_regex_cache;

/* NULL when the pattern or the flags are not XPath's. What ICU holds is closed when the arena is released; it may not be
 * rewound behind this call while the cache lives. */
gx_regex *gx_regex_compile(gx_regex_cache **cache, gx_arena *arena, gx_text pattern, gx_text flags,
                           gx_regex_watch *watch, void *context);

/* Whether any part of the text matches. */
gx_regex_result gx_regex_find(gx_regex *regex, gx_text text);
/* Every match replaced; in `replacement` $0 to $99 are groups, \$ and \\ the characters. */
gx_regex_result gx_regex_replace(gx_regex *regex, gx_text text, gx_text replacement, gx_buffer *result);
/* The parts between the matches, one more than there are matches. */
gx_regex_result gx_regex_split(gx_regex *regex, gx_text text, void (*add)(void *context, gx_text part),
                               void *context);

/* In regex_syntax.c: the pattern in ICU's syntax, in `out`; false if it is malformed. */
typedef struct gx_regex_flags {
    bool dot_all, multiline, ignores_case, ignores_space, is_literal; /* s m i x q */
} gx_regex_flags;
bool gx_regex_translate(gx_text pattern, gx_regex_flags flags, gx_buffer *out, int *group_count);

#endif

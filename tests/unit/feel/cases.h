/* Case files: one case a line, parts separated by " => ", lines that begin with # are comments. */
#ifndef GX_TESTS_FEEL_CASES_H
#define GX_TESTS_FEEL_CASES_H

#include "base/file.h"
#include "base/limits.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

enum { CASE_PARTS = 3 };

typedef void case_runner(gx_arena *arena, const gx_text *parts, size_t count, int line);

static inline size_t cut_parts(gx_text line, gx_text *parts)
{
    size_t count = 0;
    for (;;) {
        ptrdiff_t at = count + 1 < CASE_PARTS ? gx_text_find(line, GX_TEXT(" => ")) : -1;
        parts[count++] = gx_text_trim(at < 0 ? line : gx_text_slice(line, 0, (size_t)at));
        if (at < 0)
            return count;
        line = gx_text_slice(line, (size_t)at + 4, line.size);
    }
}

typedef struct one_case {
    gx_arena arena;
    case_runner *run;
    gx_text parts[CASE_PARTS];
    size_t count;
    int line;
} one_case;

static inline bool run_case(void *context)
{
    one_case *c = context;
    c->run(&c->arena, c->parts, c->count, c->line);
    return true;
}

/* Every case in an arena of its own. The folder of case files is in the environment variable CASES. */
static inline void run_cases(const char *file, case_runner *run)
{
    static char path[1024];
    gx_arena arena = gx_arena_of(GX_MIB);
    gx_text source, rest;
    gx_error error = {0};
    int line = 0;
    snprintf(path, sizeof path, "%s/%s", getenv("CASES"), file);
    assert_true(gx_file_read(&arena, path, GX_MIB, &source, &error));
    for (rest = source; rest.bytes;) {
        gx_text text = gx_text_trim(gx_text_cut(rest, '\n', &rest));
        line++;
        if (!text.size || text.bytes[0] == '#')
            continue;
        one_case c = {gx_arena_of(64 * GX_MIB), run, {{0}}, 0, line};
        c.count = cut_parts(text, c.parts);
        if (!gx_arena_guard(&c.arena, run_case, &c, &error))
            fail_msg("%s:%d: out of memory", file, line);
        gx_arena_release(&c.arena);
    }
    gx_arena_release(&arena);
}

#endif

#include "cli/edit.h"
#include "feel/feel.h"

#ifdef GX_HAS_LIBEDIT

#include <editline/readline.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const gx_text *known;
static size_t known_count;

/* The i-th name: those of the context, then the built-in functions. */
static gx_text name_at(size_t i)
{
    size_t count;
    const gx_builtin *rows = gx_feel_builtins(&count);
    if (i < known_count)
        return known[i];
    return i - known_count < count ? gx_text_of(rows[i - known_count].name) : (gx_text){NULL, 0};
}

static char *next_match(const char *typed, int state)
{
    static size_t at;
    if (state == 0)
        at = 0;
    size_t blanks = strspn(typed, " ");
    gx_text prefix = gx_text_of(typed + blanks);
    for (gx_text name = name_at(at); name.bytes; name = name_at(at)) {
        at++;
        if (prefix.size && gx_text_starts_with(name, prefix)) {
            size_t size = blanks + name.size + 1;
            char *copy = malloc(size);
            if (copy)
                snprintf(copy, size, "%*s%.*s", (int)blanks, "", GX_PRINT(name));
            return copy;
        }
    }
    return NULL;
}

static char **complete(const char *typed, int start, int end)
{
    (void)start;
    (void)end;
    return rl_completion_matches(typed, next_match);
}

void gx_edit_begin(const gx_text *names, size_t count)
{
    static char breaks[] = "+-*/()[]{},.<>=!\"@:?"; /* not the blank: names hold it */
    known = names;
    known_count = count;
    rl_completer_word_break_characters = breaks;
    rl_attempted_completion_function = complete;
}

bool gx_edit_is_available(void)
{
    return true;
}

const char *gx_edit_line(const char *prompt)
{
    static char *line;
    free(line);
    line = readline(prompt);
    if (line && line[0])
        add_history(line);
    return line;
}

#else

void gx_edit_begin(const gx_text *names, size_t count)
{
    (void)names;
    (void)count;
}

bool gx_edit_is_available(void)
{
    return false;
}

const char *gx_edit_line(const char *prompt)
{
    (void)prompt;
    return NULL;
}

#endif

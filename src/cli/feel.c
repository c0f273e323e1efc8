/* gaoxing feel: one expression from the command line, or one per line from the standard input. */
#include "cli/edit.h"
#include "cli/tool.h"
#include "base/clock.h"
#include "base/file.h"
#include "feel/feel.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct session {
    gx_tool_call *call;
    gx_value context;
    gx_text *names;
    size_t name_count;
    bool prints_json, is_unary;
    gx_value input;
    gx_feel_budget budget;
} session;

static void print_note(const session *s, const gx_error *note)
{
    char sentence[512];
    gx_error_write(note, s->call->language, sentence, sizeof sentence);
    fprintf(stderr, "%s\n", sentence);
}

static void print_value(session *s, gx_arena *arena, gx_value value)
{
    gx_buffer out = gx_buffer_in(arena);
    if (s->prints_json)
        gx_json_write(&out, gx_value_to_json(arena, value));
    else if (value.kind == GX_STRING) /* as a literal, so that "1" and 1 look different */
        gx_json_write_string(&out, gx_value_as_text(value));
    else
        gx_value_write(&out, value);
    gx_text text = gx_buffer_as_text(&out);
    printf("%.*s\n", GX_PRINT(text));
}

static bool run(session *s, gx_arena *arena, gx_text source, gx_error *error)
{
    gx_feel_options options = {.kind = s->is_unary ? GX_FEEL_UNARY_TESTS : GX_FEEL_EXPRESSION,
                               .names = s->names,
                               .name_count = s->name_count};
    gx_feel *feel = gx_feel_compile(arena, source, &options, error);
    if (!feel) {
        gx_buffer caret = gx_buffer_in(arena);
        gx_feel_caret(&caret, source, error, options.place);
        gx_text text = gx_buffer_as_text(&caret);
        fprintf(stderr, "%.*s", GX_PRINT(text));
        return false;
    }
    gx_feel_notes notes = {0};
    gx_feel_input input = {.context = s->context, .input = s->input, .notes = &notes};
    gx_value answer;
    s->budget.now = gx_clock_now();
    if (!gx_feel_run(arena, feel, &input, &s->budget, &answer, error))
        return false;
    print_value(s, arena, answer);
    for (size_t i = 0; i < notes.count; i++)
        print_note(s, &notes.items[i]);
    return true;
}

typedef struct guarded {
    session *session;
    gx_arena *arena;
    gx_text source;
    gx_error *error;
} guarded;

static bool run_guarded(void *context)
{
    guarded *g = context;
    return run(g->session, g->arena, g->source, g->error);
}

/* Each expression has its own memory, so that a session can go on after one that used too much. */
static int evaluate(session *s, gx_text source)
{
    gx_arena arena = gx_arena_of(GX_LIMIT_EVALUATION_BYTES);
    gx_error error = {0};
    guarded g = {s, &arena, source, &error};
    int status =
        gx_arena_guard(&arena, run_guarded, &g, &error) ? GX_TOOL_DONE : gx_tool_fail(s->call, &error);
    gx_arena_release(&arena);
    return status;
}

/* One line without its end, until the next call; NULL at the end of the input. */
static const char *plain_line(const char *prompt, bool is_terminal)
{
    static char line[GX_LIMIT_FEEL_SOURCE];
    if (is_terminal) {
        fputs(prompt, stdout);
        fflush(stdout);
    }
    return fgets(line, sizeof line, stdin);
}

static int evaluate_lines(session *s)
{
    static const char prompt[] = "feel> ";
    bool is_terminal = isatty(STDIN_FILENO);
    int status = GX_TOOL_DONE;
    if (is_terminal)
        gx_edit_begin(s->names, s->name_count);
    for (;;) {
        const char *line =
            is_terminal && gx_edit_is_available() ? gx_edit_line(prompt) : plain_line(prompt, is_terminal);
        if (!line)
            break;
        gx_text source = gx_text_trim(gx_text_of(line));
        if (source.size && evaluate(s, source) != GX_TOOL_DONE)
            status = GX_TOOL_FOUND;
        fflush(stdout);
    }
    if (is_terminal)
        putchar('\n');
    return status;
}

static bool read_json(gx_tool_call *call, const char *text, gx_value *value, gx_error *error)
{
    gx_text source = gx_text_of(text);
    if (text[0] == '@' && !gx_file_read(call->arena, text + 1, GX_LIMIT_FILE_BYTES, &source, error))
        return false;
    gx_json *json = gx_json_parse(call->arena, source, GX_TEXT("--context"), error);
    if (json)
        *value = gx_value_from_json(call->arena, json);
    return json != NULL;
}

int gx_tool_feel(gx_tool_call *call)
{
    gx_error error = {0};
    const char *context = gx_tool_option(call, "context", "{}");
    const char *input = gx_tool_option(call, "test", NULL);
    session s = {.call = call,
                 .prints_json = gx_tool_flag(call, "json"),
                 .is_unary = input != NULL,
                 .budget = {.has_now = true, .now_offset = 8 * 3600}};
    if (!gx_tool_expect(call, 0, 1, "feel ['EXPR'] [--context JSON|@FILE] [--test INPUT] [--json]"))
        return GX_TOOL_FAILED;
    if (!read_json(call, context, &s.context, &error) || (input && !read_json(call, input, &s.input, &error)))
        return gx_tool_fail(call, &error);
    if (s.context.kind == GX_CONTEXT) {
        s.name_count = s.context.context->count;
        s.names = GX_NEW_ARRAY(call->arena, gx_text, s.name_count);
        for (size_t i = 0; i < s.name_count; i++)
            s.names[i] = s.context.context->entries[i].name;
    }
    return call->count == 1 ? evaluate(&s, gx_text_of(call->arguments[0])) : evaluate_lines(&s);
}

/* gaoxing feel: one expression from the command line, or one per line from the standard input; at a terminal
 * a session with history, completion, expressions over several lines, and commands that begin with a colon.
 */
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
    /* of the line at work */
    bool has_trace, wants_type, is_silent;
    gx_value answer;
} session;

static const char *const help[] = {
    ":help                  这份说明\n"
    ":context               显示可用的名称和值\n"
    ":context JSON|@FILE    换成另一组\n"
    ":let NAME = EXPR       给名称一个值\n"
    ":type EXPR             值的类型\n"
    ":trace EXPR            求值，并显示读取的名称、提示和用时\n"
    ":quit                  结束 (或 Ctrl-D)\n"
    "未写完的表达式在下一行继续，空行放弃；Tab 补全名称。\n",
    ":help                  this text\n"
    ":context               the names there are, and their values\n"
    ":context JSON|@FILE    others instead\n"
    ":let NAME = EXPR       gives a name a value\n"
    ":type EXPR             the type of a value\n"
    ":trace EXPR            evaluates, and tells the names that are read, the notes and the time\n"
    ":quit                  ends (or Ctrl-D)\n"
    "An expression that is not complete goes on in the next line, an empty line gives it up; Tab completes "
    "names.\n"};

static gx_feel *compile(const session *s, gx_arena *arena, gx_text source, bool is_closed, gx_error *error)
{
    gx_feel_options options = {.kind = s->is_unary ? GX_FEEL_UNARY_TESTS : GX_FEEL_EXPRESSION,
                               .names = s->names,
                               .name_count = s->name_count,
                               .is_closed = is_closed};
    return gx_feel_compile(arena, source, &options, error);
}

static void print_caret(gx_arena *arena, gx_text source, const gx_error *error)
{
    gx_buffer caret = gx_buffer_in(arena);
    gx_feel_caret(&caret, source, error, (gx_place){0});
    gx_text text = gx_buffer_as_text(&caret);
    fprintf(stderr, "%.*s", GX_PRINT(text));
}

/* A name that is not known is null, which a note says; what may have been meant says the compiler when it
 * knows all names. */
static void print_note(const session *s, gx_arena *arena, gx_text source, const gx_error *note)
{
    gx_error better = {0};
    if (strcmp(note->code, "feel.null.name") == 0 && !compile(s, arena, source, true, &better)) {
        print_caret(arena, source, &better);
        note = &better;
    }
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

/* "list<number>", "context<a: number>": as far as a line goes. */
static void write_type(gx_buffer *out, gx_value value, int depth)
{
    enum { DEPTH_MOST = 4 };
    if (value.kind == GX_LIST && value.size > 0 && depth < DEPTH_MOST) {
        bool is_mixed = false;
        for (uint32_t i = 1; i < value.size; i++)
            is_mixed |= value.items[i].kind != value.items[0].kind;
        gx_buffer_string(out, "list<");
        if (is_mixed)
            gx_buffer_string(out, "Any");
        else
            write_type(out, value.items[0], depth + 1);
        gx_buffer_byte(out, '>');
    } else if (value.kind == GX_CONTEXT && depth < DEPTH_MOST) {
        gx_buffer_string(out, "context<");
        for (uint32_t i = 0; i < value.context->count; i++) {
            gx_buffer_format(out, "%s%.*s: ", i ? ", " : "", GX_PRINT(value.context->entries[i].name));
            write_type(out, value.context->entries[i].value, depth + 1);
        }
        gx_buffer_byte(out, '>');
    } else {
        gx_buffer_string(out, gx_kind_name((gx_kind)value.kind));
    }
}

/* The value at a dotted path of the context. */
static gx_value value_at(gx_value context, gx_text path)
{
    gx_value value;
    if (gx_context_find(context, path, &value))
        return value;
    gx_text rest, first = gx_text_cut(path, '.', &rest);
    return rest.bytes ? value_at(gx_context_get(context, first), rest) : gx_value_null();
}

static void print_trace(session *s, gx_arena *arena, const gx_feel *feel, int64_t begun_ns)
{
    size_t count;
    const gx_text *names = gx_feel_names(feel, &count);
    for (size_t i = 0; i < count; i++) {
        gx_text text = gx_value_to_text(arena, value_at(s->context, names[i]));
        printf("  %.*s = %.*s\n", GX_PRINT(names[i]), GX_PRINT(text));
    }
    printf("  %.1f us\n", (double)(gx_clock_monotonic_ns() - begun_ns) / 1000);
}

static bool run(session *s, gx_arena *arena, gx_text source, gx_error *error)
{
    gx_feel *feel = compile(s, arena, source, false, error);
    if (!feel) {
        print_caret(arena, source, error);
        return false;
    }
    gx_feel_notes notes = {0};
    gx_feel_input input = {.context = s->context, .input = s->input, .notes = &notes};
    s->budget.now = gx_clock_now();
    int64_t begun_ns = gx_clock_monotonic_ns();
    if (!gx_feel_run(arena, feel, &input, &s->budget, &s->answer, error))
        return false;
    if (s->has_trace)
        print_trace(s, arena, feel, begun_ns);
    if (s->wants_type) {
        gx_buffer type = gx_buffer_in(arena);
        write_type(&type, s->answer, 0);
        gx_text text = gx_buffer_as_text(&type);
        printf("%.*s\n", GX_PRINT(text));
    } else if (!s->is_silent) {
        print_value(s, arena, s->answer);
    }
    if (s->is_silent) /* the value stays: out of the arena of this line */
        s->answer = gx_value_copy(s->call->arena, s->answer);
    for (size_t i = 0; i < notes.count; i++)
        print_note(s, arena, source, &notes.items[i]);
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

static void take_context(session *s, gx_value context)
{
    s->context = context;
    s->name_count = context.kind == GX_CONTEXT ? context.context->count : 0;
    s->names = GX_NEW_ARRAY(s->call->arena, gx_text, s->name_count);
    for (size_t i = 0; i < s->name_count; i++)
        s->names[i] = context.context->entries[i].name;
    gx_edit_begin(s->names, s->name_count);
}

/* ---- A session at a terminal ---- */

static void show_context(session *s, gx_text given)
{
    gx_error error = {0};
    gx_value context;
    if (given.size) {
        if (read_json(s->call, gx_copy_string(s->call->arena, given), &context, &error))
            take_context(s, context);
        else
            gx_tool_fail(s->call, &error);
        return;
    }
    for (size_t i = 0; i < s->name_count; i++) {
        gx_text text = gx_value_to_text(s->call->arena, s->context.context->entries[i].value);
        printf("%.*s = %.*s\n", GX_PRINT(s->names[i]), GX_PRINT(text));
    }
}

/* :let NAME = EXPR */
static void let(session *s, gx_text rest)
{
    gx_text source, name = gx_text_trim(gx_text_cut(rest, '=', &source));
    s->is_silent = true;
    if (!name.size || !source.bytes) {
        fputs(help[s->call->language], stdout);
    } else if (evaluate(s, gx_text_trim(source)) == GX_TOOL_DONE) {
        gx_context_builder names = gx_context_begin(s->call->arena, s->name_count + 1);
        for (size_t i = 0; i < s->name_count; i++)
            gx_context_set(&names, s->names[i], s->context.context->entries[i].value);
        gx_context_set(&names, gx_copy(s->call->arena, name), s->answer);
        take_context(s, gx_context_end(&names));
    }
}

/* False for :quit. */
static bool do_command(session *s, gx_text line)
{
    gx_text rest, word = gx_text_cut(line, ' ', &rest);
    rest = gx_text_trim(rest.bytes ? rest : GX_TEXT(""));
    if (gx_text_equal(word, GX_TEXT(":quit")))
        return false;
    s->has_trace = gx_text_equal(word, GX_TEXT(":trace"));
    s->wants_type = gx_text_equal(word, GX_TEXT(":type"));
    if (gx_text_equal(word, GX_TEXT(":context")))
        show_context(s, rest);
    else if (gx_text_equal(word, GX_TEXT(":let")))
        let(s, rest);
    else if ((s->has_trace || s->wants_type) && rest.size)
        evaluate(s, rest);
    else
        fputs(help[s->call->language], stdout);
    s->has_trace = s->wants_type = s->is_silent = false;
    return true;
}

typedef struct completeness {
    session *session;
    gx_arena *arena;
    gx_text source;
} completeness;

/* Whether the source only lacks its end. */
static bool lacks_end(void *context)
{
    completeness *c = context;
    gx_error error = {0};
    if (compile(c->session, c->arena, c->source, false, &error))
        return false;
    return gx_text_starts_with(gx_text_of(error.code), GX_TEXT("feel.end")) ||
           strcmp(error.code, "feel.comment") == 0;
}

static bool is_unfinished(session *s, gx_text source)
{
    gx_arena arena = gx_arena_of(GX_LIMIT_EVALUATION_BYTES);
    bool answer = gx_arena_guard(&arena, lacks_end, &(completeness){s, &arena, source}, NULL);
    gx_arena_release(&arena);
    return answer;
}

static void converse(session *s)
{
    gx_buffer typed = gx_buffer_in(s->call->arena);
    puts(s->call->language == GX_LANGUAGE_ZH ? "FEEL，输入 :help 查看命令"
                                             : "FEEL; :help tells the commands");
    for (;;) {
        const char *prompt = typed.size ? "  ... " : "feel> ";
        const char *line = gx_edit_is_available() ? gx_edit_line(prompt) : plain_line(prompt, true);
        if (!line)
            break;
        gx_text text = gx_text_trim(gx_text_of(line));
        if (!typed.size && text.size && text.bytes[0] == ':') {
            if (!do_command(s, text))
                return;
            continue;
        }
        if (typed.size && text.size)
            gx_buffer_byte(&typed, '\n');
        gx_buffer_text(&typed, text);
        gx_text source = gx_buffer_as_text(&typed);
        if (source.size && text.size && is_unfinished(s, source))
            continue;
        if (source.size)
            evaluate(s, gx_copy(s->call->arena, source));
        typed.size = 0;
        fflush(stdout);
    }
    putchar('\n');
}

static int evaluate_lines(session *s)
{
    int status = GX_TOOL_DONE;
    if (isatty(STDIN_FILENO)) {
        converse(s);
        return status;
    }
    for (const char *line; (line = plain_line("", false));) {
        gx_text source = gx_text_trim(gx_text_of(line));
        if (source.size && evaluate(s, source) != GX_TOOL_DONE)
            status = GX_TOOL_FOUND;
        fflush(stdout);
    }
    return status;
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
    take_context(&s, s.context);
    return call->count == 1 ? evaluate(&s, gx_text_of(call->arguments[0])) : evaluate_lines(&s);
}

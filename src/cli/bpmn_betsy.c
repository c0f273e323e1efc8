/* gaoxing bpmn betsy DIR [--csv FILE] [--exceptions FILE] [--constraints]: runs the execution cases of a BPMN
 * conformance suite.
 *
 * The models hold bare words as scripts and bare expressions; the suite's README says what each stands for.
 * Here they are a host's language (gx_bpmn_host): the engine knows nothing of them. A case passes when its
 * trace and the expected one are equal as multisets. Cases named in the exceptions file ("GROUP/PROCESS CASE
 * reason") are reported apart; one that passes after all is a failure of the list. With --constraints the
 * models that break a rule of the standard are read instead: each must be refused. */
#include "base/file.h"
#include "base/limits.h"
#include "cli/bpmn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] = "bpmn betsy DIR [--csv FILE] [--exceptions FILE] [--constraints]";

enum { TRACE_MOST = 1000, WORK_MS = 10000, SETTLE_MS = 5000 };
static const gx_instant BEGIN = 1700000000000;

/* ---- The suite's language of expressions ---- */

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* NAME.contains("X"), which the suite replaces wherever it stands; also negated, and in ${...}. */
static bool translate(gx_arena *arena, gx_text source, gx_text *feel)
{
    gx_text text = gx_text_trim(source), inner;
    if (gx_text_starts_with(text, GX_TEXT("${")) && gx_text_ends_with(text, GX_TEXT("}"))) {
        *feel = gx_text_slice(text, 2, text.size - 1);
        return true;
    }
    if (gx_text_starts_with(text, GX_TEXT("!")) &&
        translate(arena, gx_text_slice(text, 1, text.size), &inner)) {
        *feel = gx_format(arena, "not(%.*s)", GX_PRINT(inner));
        return true;
    }
    ptrdiff_t dot = gx_text_find(text, GX_TEXT(".contains("));
    for (ptrdiff_t i = 0; i < dot; i++)
        if (!is_name(text.bytes[i]))
            return false;
    ptrdiff_t end = gx_text_find(text, GX_TEXT(")"));
    if (dot <= 0 || end < dot)
        return false;
    gx_text argument = gx_text_slice(text, (size_t)dot + strlen(".contains("), (size_t)end);
    *feel = gx_format(arena, "contains(%.*s, %.*s)", (int)dot, text.bytes, GX_PRINT(argument));
    return true;
}

static bool runs_script(gx_text format)
{
    return format.size == 0;
}

static const gx_bpmn_host host_of_models = {.translate = translate, .runs_script = runs_script};

/* ---- One case at work ---- */

typedef struct stamp {
    gx_instant from, to;
} stamp;

typedef struct bench {
    gx_arena *arena;
    gx_text trace[TRACE_MOST];
    size_t count;
    bool has_marker, has_data, has_failed;
    stamp stamps[2];
} bench;

static void note(bench *b, gx_text word)
{
    if (b->count < TRACE_MOST)
        b->trace[b->count++] = word;
}

/* The name under which a task hands out, or was handed, the data item: that of its data association, or the
 * item's own. */
static gx_text name_of_data(const gx_mapping *mappings, uint32_t count, bool is_output)
{
    for (uint32_t i = 0; i < count; i++)
        if (gx_text_equal(is_output ? mappings[i].name : mappings[i].value.text, GX_TEXT("data")))
            return is_output ? mappings[i].value.text : mappings[i].name;
    return GX_TEXT("data");
}

static gx_value one(gx_arena *arena, gx_text name, gx_value value)
{
    gx_context_builder builder = gx_context_begin(arena, 1);
    gx_context_set(&builder, name, value);
    return gx_context_end(&builder);
}

static void run_script(void *context, gx_play *play, gx_play_instance *instance, const gx_effect *effect)
{
    bench *b = context;
    gx_text word = effect->text1;
    const gx_bpmn_node *node = gx_play_node(instance, effect->node);
    gx_command answer = {.kind = GX_COMMAND_JOB_DONE, .key = effect->key, .variables = gx_value_null()};
    gx_instant now = gx_play_now(play), at = now;
    gx_value value = gx_value_null();
    if (gx_text_equal(word, GX_TEXT("CREATE_LOG_FILE"))) {
        b->count = 0;
    } else if (gx_text_starts_with(word, GX_TEXT("SCRIPT_"))) {
        note(b, word);
    } else if (gx_text_equal(word, GX_TEXT("CREATE_MARKER_FILE"))) {
        b->has_marker = true;
    } else if (gx_text_starts_with(word, GX_TEXT("CREATE_TIMESTAMP_LOG_"))) {
        at = now + WORK_MS;
        b->stamps[word.bytes[word.size - 1] == '2'] = (stamp){now, at};
    } else if (gx_text_equal(word, GX_TEXT("WAIT_TEN_SECONDS"))) {
        at = now + WORK_MS;
    } else if (gx_text_equal(word, GX_TEXT("SET_STRING_DATA"))) {
        answer.variables = one(b->arena, name_of_data(node->outputs, node->output_count, true),
                               gx_value_text(GX_TEXT("String")));
    } else if (gx_text_equal(word, GX_TEXT("LOG_DATA"))) {
        gx_context_find(effect->value, name_of_data(node->inputs, node->input_count, false), &value);
        b->has_data |= value.kind == GX_STRING && gx_text_equal(gx_value_as_text(value), GX_TEXT("String"));
    } else if (gx_text_starts_with(word, GX_TEXT("INCREMENT_INTEGER_VARIABLE"))) {
        int64_t number = 0;
        if (gx_context_find(effect->value, GX_TEXT("integerVariable"), &value))
            gx_value_to_int(value, &number);
        answer.variables = one(b->arena, GX_TEXT("integerVariable"), gx_value_int(number + 1));
        if (gx_text_ends_with(word, GX_TEXT("_AND_LOG")))
            note(b, GX_TEXT("INCREMENT_correct"));
    } else if (gx_text_equal(word, GX_TEXT("THROW_ERROR"))) {
        answer.kind = GX_COMMAND_JOB_FAILED;
        answer.name = GX_TEXT("ERR_CODE");
    } else {
        answer.kind = GX_COMMAND_JOB_FAILED;
        answer.detail = word;
    }
    gx_play_answer(play, instance, answer, at);
}

static void fail_once(void *context, const gx_play_instance *instance, const gx_effect *effect)
{
    bench *b = context;
    (void)instance;
    (void)effect;
    b->has_failed = true;
}

static void tell_uncaught(void *context, gx_text code)
{
    (void)code;
    note(context, GX_TEXT("ERROR_thrownErrorEvent"));
}

static void tell_escalated(void *context, gx_text code)
{
    (void)code;
    note(context, GX_TEXT("ERROR_thrownEscalationEvent"));
}

/* ---- Traces ---- */

static bool expects(const gx_json *expected, const char *word)
{
    for (const gx_json *at = expected->first; at; at = at->next)
        if (gx_text_equal(gx_json_text(at), gx_text_of(word)))
            return true;
    return false;
}

/* What the expected trace asks for beyond the log (steps 5 to 7 of the suite's README). */
static void complete_trace(bench *b, const gx_json *expected)
{
    if (b->has_failed)
        note(b, GX_TEXT("ERROR_runtime"));
    const stamp *s = b->stamps;
    if (expects(expected, "EXECUTION_parallel") && s[0].to && s[1].to && s[0].from < s[1].to &&
        s[1].from < s[0].to)
        note(b, GX_TEXT("EXECUTION_parallel"));
    if (expects(expected, "MARKER_exists") && b->has_marker)
        note(b, GX_TEXT("MARKER_exists"));
    if (expects(expected, "DATA_correct") && b->has_data)
        note(b, GX_TEXT("DATA_correct"));
    if (!expects(expected, "ERROR"))
        return;
    size_t kept = 0, errors = 0;
    for (size_t i = 0; i < b->count; i++) {
        bool is_error = gx_text_equal(b->trace[i], GX_TEXT("ERROR_deployment")) ||
                        gx_text_equal(b->trace[i], GX_TEXT("ERROR_runtime"));
        errors += is_error;
        if (!is_error)
            b->trace[kept++] = b->trace[i];
    }
    b->count = kept;
    if (errors)
        note(b, GX_TEXT("ERROR"));
}

static int compare_words(const void *a, const void *b)
{
    return gx_text_compare(*(const gx_text *)a, *(const gx_text *)b);
}

static gx_text join_words(gx_arena *arena, gx_text *words, size_t count)
{
    gx_buffer buffer = gx_buffer_in(arena);
    if (count)
        qsort(words, count, sizeof *words, compare_words);
    for (size_t i = 0; i < count; i++) {
        gx_buffer_string(&buffer, i ? " " : "");
        gx_buffer_text(&buffer, words[i]);
    }
    return gx_buffer_as_text(&buffer);
}

static gx_text join_json(gx_arena *arena, const gx_json *list)
{
    size_t count = 0;
    for (const gx_json *at = list->first; at; at = at->next)
        count++;
    gx_text *words = GX_NEW_ARRAY(arena, gx_text, count);
    count = 0;
    for (const gx_json *at = list->first; at; at = at->next)
        words[count++] = gx_json_text(at);
    return join_words(arena, words, count);
}

/* ---- The suite ---- */

typedef struct suite {
    const char *folder;
    gx_text exceptions;
    FILE *csv;
    size_t passed, failed, excepted;
    bool is_static;
    /* at work */
    gx_arena *arena;
    const gx_json *model, *test;
} suite;

static bool is_excepted(const suite *s, gx_text name)
{
    for (gx_text rest = s->exceptions; rest.bytes && rest.size;) {
        gx_text reason, line = gx_text_cut(rest, '\n', &rest), process = gx_text_cut(line, ' ', &reason),
                        number = gx_text_cut(reason, ' ', &reason);
        if (gx_text_starts_with(name, process) && gx_text_ends_with(name, number) &&
            name.size == process.size + number.size + 1)
            return true;
    }
    return false;
}

static void report(suite *s, gx_text name, bool has_passed, gx_text trace, gx_text expected)
{
    bool is_known = is_excepted(s, name);
    const char *result = has_passed ? (is_known ? "passed against the list" : "passed")
                         : is_known ? "excepted"
                                    : "failed";
    if (is_known && !has_passed)
        s->excepted++;
    else
        *(has_passed && !is_known ? &s->passed : &s->failed) += 1;
    if (has_passed == is_known || !has_passed)
        printf("%s: %.*s: [%.*s] expected [%.*s]\n", result, GX_PRINT(name), GX_PRINT(trace),
               GX_PRINT(expected));
    if (s->csv)
        fprintf(s->csv, "%.*s,%s,%.*s,%.*s\n", GX_PRINT(name), result, GX_PRINT(trace), GX_PRINT(expected));
}

static bool run_case(void *context)
{
    suite *s = context;
    bench *b = GX_NEW(s->arena, bench);
    b->arena = s->arena;
    gx_text file = gx_json_text_of(s->model, "file"), source,
            process = gx_json_text_of(s->model, "process_id");
    const char *path = gx_format(s->arena, "%s/%.*s", s->folder, GX_PRINT(file)).bytes;
    gx_error error = {0};
    if (!gx_file_read(s->arena, path, GX_LIMIT_XML_BYTES, &source, &error))
        return false;
    gx_findings findings = {0};
    gx_bpmn *bpmn = gx_bpmn_read_for(s->arena, source, file, &host_of_models, &findings);
    gx_findings_release(&findings);
    const gx_json *expected = gx_json_get(s->test, "expected_trace");
    if (!bpmn) {
        note(b, GX_TEXT("ERROR_deployment"));
    } else {
        gx_play_host host = {b, run_script, fail_once, tell_uncaught, tell_escalated};
        gx_play *play = gx_play_new(s->arena, bpmn, &host, BEGIN);
        gx_context_builder variables = gx_context_begin(s->arena, 8);
        static const char *const groups[] = {"variables", "input"};
        for (size_t i = 0; i < GX_COUNT_OF(groups); i++)
            for (const gx_json *at = gx_json_get(s->test, groups[i])->first; at; at = at->next)
                gx_context_set(&variables, at->name, gx_value_from_json(s->arena, at));
        if (gx_json_bool_of(s->test, "start_parallel_process_first", false))
            gx_play_start(play, GX_TEXT("ParallelProcess"), gx_value_null());
        gx_play_until(play, BEGIN);
        b->has_failed |= !gx_play_start(play, process, gx_context_end(&variables));
        int64_t delay = gx_json_int_of(s->test, "delay_ms", 0);
        gx_play_until(play, BEGIN + (delay > SETTLE_MS ? delay : SETTLE_MS));
    }
    complete_trace(b, expected);
    gx_text trace = join_words(s->arena, b->trace, b->count), wanted = join_json(s->arena, expected);
    gx_text name = gx_format(s->arena, "%.*s/%.*s %lld", GX_PRINT(gx_json_text_of(s->model, "group")),
                             GX_PRINT(gx_json_text_of(s->model, "process")),
                             (long long)gx_json_int_of(s->test, "number", 0));
    report(s, name, gx_text_equal(trace, wanted), trace, wanted);
    return true;
}

static bool read_static(void *context)
{
    suite *s = context;
    gx_text file = gx_json_text_of(s->model, "file"), source, first = {"", 0};
    gx_error error = {0};
    if (!gx_file_read(s->arena, gx_format(s->arena, "%s/%.*s", s->folder, GX_PRINT(file)).bytes,
                      GX_LIMIT_XML_BYTES, &source, &error))
        return false;
    gx_findings findings = {0};
    gx_bpmn *bpmn = gx_bpmn_read_for(s->arena, source, file, &host_of_models, &findings);
    if (bpmn)
        gx_bpmn_check(bpmn, &findings);
    char sentence[400];
    for (size_t i = 0; i < findings.count && !first.size; i++)
        if (findings.items[i].severity == GX_SEVERITY_ERROR)
            first = gx_copy(s->arena, gx_text_of(gx_error_write(&findings.items[i].error, GX_LANGUAGE_EN,
                                                                sentence, sizeof sentence)));
    report(s, gx_format(s->arena, "%.*s -", GX_PRINT(file)), findings.errors > 0, first,
           gx_json_text_of(s->model, "description"));
    gx_findings_release(&findings);
    return true;
}

static void run_guarded(suite *s, bool (*work)(void *))
{
    gx_arena arena = gx_arena_of(GX_LIMIT_MODEL_BYTES);
    gx_error error = {0};
    s->arena = &arena;
    if (!gx_arena_guard(&arena, work, s, &error))
        report(s, gx_json_text_of(s->model, "file"), false,
               GX_TEXT("it cannot be read, or needs too much memory"), (gx_text){"", 0});
    gx_arena_release(&arena);
}

static void run_model(suite *s)
{
    bool is_static = gx_text_equal(gx_json_text_of(s->model, "group"), GX_TEXT("bpmn_constraints"));
    if (is_static != s->is_static)
        return;
    if (is_static) {
        run_guarded(s, read_static);
        return;
    }
    const gx_json *cases = gx_json_get(s->model, "cases");
    for (s->test = cases ? cases->first : NULL; s->test; s->test = s->test->next)
        run_guarded(s, run_case);
}

int gx_tool_bpmn_betsy(gx_tool_call *call)
{
    gx_error error = {0};
    const char *csv = gx_tool_option(call, "csv", NULL),
               *exceptions = gx_tool_option(call, "exceptions", NULL);
    suite s = {.is_static = gx_tool_flag(call, "constraints")};
    gx_text source;
    if (!gx_tool_expect(call, 1, 1, usage))
        return GX_TOOL_FAILED;
    s.folder = call->arguments[0];
    gx_text path = gx_format(call->arena, "%s/cases.json", s.folder);
    if (!gx_file_read(call->arena, path.bytes, GX_LIMIT_FILE_BYTES, &source, &error) ||
        (exceptions && !gx_file_read(call->arena, exceptions, GX_LIMIT_FILE_BYTES, &s.exceptions, &error)))
        return gx_tool_fail(call, &error);
    const gx_json *models = gx_json_parse(call->arena, source, path, &error);
    if (!models)
        return gx_tool_fail(call, &error);
    if (csv && !(s.csv = fopen(csv, "we"))) {
        gx_fail(&error, "base.file.open", gx_text_of(csv));
        return gx_tool_fail(call, &error);
    }
    for (s.model = models->first; s.model; s.model = s.model->next)
        run_model(&s);
    if (s.csv && fclose(s.csv) != 0) {
        gx_fail(&error, "base.file.write", gx_text_of(csv));
        return gx_tool_fail(call, &error);
    }
    printf("%zu excepted\n%zu passed, %zu failed\n", s.excepted, s.passed, s.failed);
    return s.failed ? GX_TOOL_FOUND : GX_TOOL_DONE;
}

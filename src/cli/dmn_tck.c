/* gaoxing dmn tck DIR [--csv FILE] [--now INSTANT]: runs the DMN Technology Compatibility Kit.
 * Every .xml file below DIR that holds test cases is run; what lies in a folder "non-compliant" is counted
 * apart. */
#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "cli/dmn.h"
#include "dmn/tck.h"

#include <stdio.h>
#include <string.h>

static const char usage[] = "dmn tck DIR [--csv FILE] [--now INSTANT]";

typedef struct tally {
    size_t passed, failed;
} tally;

typedef struct run {
    const char *folder; /* as given */
    gx_feel_budget budget;
    FILE *csv;
    tally compliant, other;
    /* of the present file */
    gx_arena *arena;
    gx_text name;
    tally *counts;
    const gx_dmn *model;
    const gx_tck_case *test;
    gx_buffer reason;
    bool has_passed;
} run;

static void write_csv_text(FILE *csv, gx_text text)
{
    fputc('"', csv);
    for (size_t i = 0; i < text.size; i++) {
        if (text.bytes[i] == '"')
            fputc('"', csv);
        fputc(text.bytes[i], csv);
    }
    fputc('"', csv);
}

static void report(run *r, gx_text id, bool has_passed, gx_text reason)
{
    *(has_passed ? &r->counts->passed : &r->counts->failed) += 1;
    if (!has_passed)
        printf("%.*s: %.*s: %.*s\n", GX_PRINT(r->name), GX_PRINT(id), GX_PRINT(reason));
    if (!r->csv)
        return;
    write_csv_text(r->csv, r->name);
    fputc(',', r->csv);
    write_csv_text(r->csv, id);
    fprintf(r->csv, ",%s,", has_passed ? "SUCCESS" : "ERROR");
    write_csv_text(r->csv, reason);
    fputc('\n', r->csv);
}

static bool run_case(void *context)
{
    run *r = context;
    r->reason = gx_buffer_in(r->arena);
    r->has_passed = gx_tck_run(r->arena, r->model, r->test, &r->budget, &r->reason);
    return true;
}

/* Each case has its own memory, so that one that needs too much fails alone. */
static void run_guarded(run *r, const gx_tck_case *test)
{
    gx_arena arena = gx_arena_of(GX_LIMIT_EVALUATION_BYTES);
    gx_error error = {0};
    r->arena = &arena;
    r->test = test;
    if (gx_arena_guard(&arena, run_case, r, &error)) {
        report(r, test->id, r->has_passed, gx_buffer_as_text(&r->reason));
    } else {
        char sentence[256];
        report(r, test->id, false,
               gx_text_of(gx_error_sentence(&error, GX_LANGUAGE_EN, sentence, sizeof sentence)));
    }
    gx_arena_release(&arena);
}

static bool run_file(void *context)
{
    run *r = context;
    gx_arena *arena = r->arena;
    gx_error error = {0};
    gx_text path = gx_format(arena, "%s/%.*s", r->folder, GX_PRINT(r->name)), source;
    if (!gx_file_read(arena, path.bytes, GX_LIMIT_XML_BYTES, &source, &error))
        return gx_error_wrap(&error, (gx_place){path, 0, 0});
    gx_tck_file *file = gx_tck_read(arena, source, path, &error);
    if (!file) {
        if (error.code && strcmp(error.code, "dmn.tck.file") != 0) { /* another kind of XML is passed over */
            char sentence[512];
            report(r, GX_TEXT("-"), false,
                   gx_text_of(gx_error_write(&error, GX_LANGUAGE_EN, sentence, sizeof sentence)));
        }
        return true;
    }
    const char *slash = strrchr(path.bytes, '/');
    gx_text folder_path = gx_copy(arena, (gx_text){path.bytes, (size_t)(slash - path.bytes)});
    gx_findings findings = {0};
    gx_dmn_folder *folder = gx_dmn_folder_open(arena, folder_path.bytes);
    r->model = gx_dmn_folder_read(folder, file->model_name, &findings, &error);
    for (size_t i = 0; i < file->case_count; i++)
        run_guarded(r, &file->cases[i]);
    gx_findings_release(&findings);
    return true;
}

static void run_name(run *r, gx_text name)
{
    gx_arena arena = gx_arena_of(GX_LIMIT_MODEL_BYTES);
    gx_error error = {0};
    r->arena = &arena;
    r->name = name;
    r->counts = gx_text_find(name, GX_TEXT("non-compliant/")) >= 0 ? &r->other : &r->compliant;
    if (!gx_arena_guard(&arena, run_file, r, &error))
        report(r, GX_TEXT("-"), false, GX_TEXT("the file cannot be read"));
    gx_arena_release(&arena);
}

int gx_tool_dmn_tck(gx_tool_call *call)
{
    gx_error error = {0};
    const char *csv = gx_tool_option(call, "csv", NULL), *now = gx_tool_option(call, "now", NULL);
    if (!gx_tool_expect(call, 1, 1, usage))
        return GX_TOOL_FAILED;
    run r = {.folder = call->arguments[0], .budget = {.has_now = true, .now = gx_clock_now()}};
    if (now && !gx_instant_parse(gx_text_of(now), &r.budget.now)) {
        gx_fail(&error, "cli.usage", gx_text_of(usage));
        return gx_tool_fail(call, &error);
    }
    gx_text *names;
    size_t count;
    if (!gx_file_list(call->arena, r.folder, &names, &count, &error))
        return gx_tool_fail(call, &error);
    if (csv && !(r.csv = fopen(csv, "w"))) {
        gx_fail(&error, "base.file.open", gx_text_of(csv));
        return gx_tool_fail(call, &error);
    }
    for (size_t i = 0; i < count; i++)
        if (gx_text_ends_with(names[i], GX_TEXT(".xml")))
            run_name(&r, names[i]);
    if (r.csv && fclose(r.csv) != 0) {
        gx_fail(&error, "base.file.write", gx_text_of(csv));
        return gx_tool_fail(call, &error);
    }
    printf("non-compliant: %zu passed, %zu failed\n", r.other.passed, r.other.failed);
    printf("%zu passed, %zu failed\n", r.compliant.passed, r.compliant.failed);
    return r.compliant.failed ? GX_TOOL_FOUND : GX_TOOL_DONE;
}

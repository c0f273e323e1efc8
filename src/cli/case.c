/* gaoxing case show NUMBER, case state NUMBER, case list, export ocel|xes: read the store beside a running
 * server. */
#include "cli/tool.h"
#include "base/limits.h"
#include "service/export.h"
#include "service/instance.h"
#include "service/timeline.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char case_usage[] =
    "case show NUMBER | case state NUMBER | case list [--state STATE] [--data DIR] [--db URL]";

typedef struct call_context {
    gx_tool_call *call;
    gx_zone *zone;
    gx_text number, state;
    gx_buffer out;
} call_context;

static gx_text said(const call_context *c, const char *prefix, gx_text word)
{
    gx_text key = gx_format(c->call->arena, "%s%.*s", prefix, GX_PRINT(word));
    gx_text text = gx_packages_message(gx_zone_packages(c->zone), c->call->language, key);
    return gx_text_equal(text, key) ? word : text;
}

static void add_day(gx_buffer *out, const char *label, gx_instant instant)
{
    char day[GX_DAY_SIZE];
    if (instant)
        gx_buffer_format(out, "  %s %.*s", label, GX_PRINT(gx_day_write(gx_day_of(instant - 1), day)));
}

static bool show(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    call_context *c = context;
    gx_case of;
    (void)arena;
    if (!gx_case_find(db, c->call->arena, c->number, &of, error))
        return false;
    const gx_json *matter = gx_case_matter(c->zone, db, &of);
    static const char *const promised[] = {"承诺", "promised"}, *const legal[] = {"法定", "legal"};
    gx_buffer_format(
        &c->out, "%.*s  %.*s  %.*s\n%.*s  %.*s\n", GX_PRINT(of.number),
        GX_PRINT(matter ? gx_json_text_of(matter, c->call->language == GX_LANGUAGE_EN ? "nameEn" : "name")
                        : of.matter),
        GX_PRINT(said(c, "case-state.", of.state)), GX_PRINT(of.applicant), GX_PRINT(of.project));
    add_day(&c->out, promised[c->call->language], of.due_promised);
    add_day(&c->out, legal[c->call->language], of.due_legal);
    gx_buffer_string(&c->out, of.due_promised || of.due_legal ? "\n\n" : "\n");
    return gx_timeline_print(c->zone, db, c->call->arena, &of, c->call->language, &c->out, error);
}

/* The records of the case's instances as they are stored: {"instances": [{"instance", "definition", "bytes",
 * "state"}]}, the one that was started first, then those it has called. */
static bool print_state(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    call_context *c = context;
    gx_case of;
    (void)arena;
    if (!gx_case_find(db, c->call->arena, c->number, &of, error))
        return false;
    gx_arena *kept = c->call->arena;
    gx_json *json = gx_json_object(kept),
            *instances = gx_json_set(kept, json, "instances", gx_json_array(kept));
    int64_t id = of.id * GX_INSTANCE_PARTS - 1, last = id + GX_INSTANCE_PARTS, next;
    for (;; id = next) {
        if (!gx_db_get_int(db, error, &next, 0, "SELECT min(id) FROM instance WHERE id > ?1 AND id <= ?2",
                           "ii", id, last))
            return false;
        if (next == 0)
            break;
        const gx_state *state;
        const gx_bpmn_process *process;
        const gx_definition *definition;
        if (!gx_instance_read(c->zone, db, kept, next, &state, &process, &definition, error))
            return false;
        gx_json *instance = gx_json_append(instances, gx_json_object(kept));
        gx_json_set_int(kept, instance, "instance", next);
        gx_json_set_int(kept, instance, "version", definition->version);
        gx_json_set_int(kept, instance, "bytes", (int64_t)gx_state_encode(kept, state).size);
        gx_json_set(kept, instance, "state", gx_state_to_json(kept, process, state));
    }
    gx_json_write_pretty(&c->out, json);
    gx_buffer_byte(&c->out, '\n');
    return true;
}

static bool list(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    call_context *c = context;
    (void)arena;
    gx_statement *rows = gx_db_prepare(db, "SELECT number, matter, state, lamp, applicant, project FROM "
                                           "cases WHERE ?1 = '' OR state = ?1 ORDER BY id DESC LIMIT 1000");
    gx_bind_text(rows, 1, c->state);
    gx_step step;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW)
        gx_buffer_format(&c->out, "%.*s  %-12.*s %-12.*s %-6.*s %.*s  %.*s\n",
                         GX_PRINT(gx_column_text(rows, 0)), GX_PRINT(gx_column_text(rows, 1)),
                         GX_PRINT(gx_column_text(rows, 2)), GX_PRINT(gx_column_text(rows, 3)),
                         GX_PRINT(gx_column_text(rows, 4)), GX_PRINT(gx_column_text(rows, 5)));
    return step == GX_STEP_DONE;
}

int gx_tool_case(gx_tool_call *call)
{
    gx_error error = {0};
    const char *data = gx_tool_option(call, "data", "var"), *database = gx_tool_database(call);
    call_context c = {.call = call,
                      .state = gx_text_of(gx_tool_option(call, "state", "")),
                      .out = gx_buffer_in(call->arena)};
    if (!gx_tool_expect(call, 1, 2, case_usage))
        return GX_TOOL_FAILED;
    static const struct {
        const char *name;
        size_t arguments;
        bool (*read)(gx_db *db, gx_arena *arena, void *context, gx_error *error);
    } ways[] = {{"show", 2, show}, {"state", 2, print_state}, {"list", 1, list}};
    size_t way = 0;
    while (way < GX_COUNT_OF(ways) &&
           (strcmp(call->arguments[0], ways[way].name) != 0 || (size_t)call->count != ways[way].arguments))
        way++;
    if (way == GX_COUNT_OF(ways)) {
        gx_fail(&error, "cli.usage", gx_text_of(case_usage));
        return gx_tool_fail(call, &error);
    }
    c.zone = gx_zone_open(&(gx_zone_options){.data_folder = data, .database = database, .is_read_only = true},
                          &error);
    c.number = call->count > 1 ? gx_text_of(call->arguments[1]) : GX_TEXT("");
    bool is_done = c.zone && gx_store_read(gx_zone_store(c.zone), ways[way].read, &c, &error);
    if (is_done)
        fwrite(c.out.bytes ? c.out.bytes : "", 1, c.out.size, stdout);
    gx_zone_close(c.zone);
    return is_done ? GX_TOOL_DONE : gx_tool_fail(call, &error);
}

int gx_tool_export(gx_tool_call *call)
{
    gx_error error = {0};
    const char *data = gx_tool_option(call, "data", "var"), *database = gx_tool_database(call),
               *path = gx_tool_option(call, "out", NULL);
    if (!gx_tool_expect(call, 1, 1, "export ocel|xes [--out FILE] [--data DIR] [--db URL]"))
        return GX_TOOL_FAILED;
    bool is_ocel = strcmp(call->arguments[0], "ocel") == 0;
    if (!is_ocel && strcmp(call->arguments[0], "xes") != 0) {
        gx_fail(&error, "cli.usage", GX_TEXT("export ocel|xes [--out FILE] [--data DIR] [--db URL]"));
        return gx_tool_fail(call, &error);
    }
    gx_zone *zone = gx_zone_open(
        &(gx_zone_options){.data_folder = data, .database = database, .is_read_only = true}, &error);
    FILE *to = path && zone ? fopen(path, "we") : stdout;
    if (zone && !to)
        gx_fail(&error, "export.write", gx_text_of(strerror(errno)));
    bool is_done = zone && to && gx_export_write(zone, is_ocel ? GX_EXPORT_OCEL : GX_EXPORT_XES, to, &error);
    if (to && to != stdout)
        fclose(to);
    gx_zone_close(zone);
    return is_done ? GX_TOOL_DONE : gx_tool_fail(call, &error);
}

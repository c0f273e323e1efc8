/* gaoxing case show NUMBER, case state NUMBER, case replay [NUMBER], case list, export ocel|xes: read the
 * store beside a running server. */
#include "cli/tool.h"
#include "base/limits.h"
#include "service/case_list.h"
#include "service/export.h"
#include "service/instance.h"
#include "service/replay.h"
#include "service/timeline.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char case_usage[] = "case show NUMBER | case state NUMBER | case replay [NUMBER] | case list "
                                 "[--state STATE] [--where FIELD.OP=VALUE;...] [--sort [-]FIELD] "
                                 "[--after CURSOR] [--data DIR] [--db URL]";

typedef struct call_context {
    gx_tool_call *call;
    gx_zone *zone;
    gx_text number, state;
    gx_text where; /* "FIELD.OP=VALUE", several parted by semicolons */
    gx_text sort, after;
    gx_buffer out;
    bool has_found; /* something is wrong: the exit status says so */
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

/* One instance; whatever is wrong is told in a line of its own. */
static bool replay_one(call_context *c, gx_db *db, int64_t instance, gx_replay *sum, gx_error *error)
{
    static const char *const otherwise[] = {"实例 %lld: 流水 %lld 的结果与当时不同",
                                            "instance %lld: journal row %lld ends otherwise than it did"},
                             *const stored[] = {
                                 "实例 %lld: 重演的结果与存储的记录不同",
                                 "instance %lld: the stored record is not what its journal gives"};
    gx_replay one;
    char why[512];
    if (!gx_replay_instance(c->zone, db, c->call->arena, instance, &one, error))
        return false;
    sum->rows += one.rows;
    sum->steps += one.steps;
    sum->instance += !one.is_from_before;
    sum->differs_at += one.is_from_before; /* here: how many of those */
    if (one.is_equal || one.is_from_before)
        return true;
    c->has_found = true;
    gx_buffer_format(&c->out, one.differs_at ? otherwise[c->call->language] : stored[c->call->language],
                     (long long)instance, (long long)one.differs_at);
    if (one.reason.code)
        gx_buffer_format(&c->out, ": %s", gx_error_write(&one.reason, c->call->language, why, sizeof why));
    gx_buffer_byte(&c->out, '\n');
    return true;
}

/* Makes the case's instances again from their journal, or those of all cases. */
static bool replay(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    static const char *const summary[] = {"重演 %lld 个实例, %lld 行流水, %lld 步: %s\n",
                                          "%lld instances, %lld journal rows, %lld steps taken again: %s\n"},
                             *const verdict[][2] = {{"全部一致", "all equal"}, {"有不一致", "not all equal"}},
                             *const before[] = {
                                 "%lld 个实例没有记录步骤 (来自旧版本)\n",
                                 "%lld instances have no recorded steps (from an older program)\n"};
    call_context *c = context;
    gx_case of = {.id = 0};
    gx_replay sum = {.rows = 0};
    (void)arena;
    if (c->number.size && !gx_case_find(db, c->call->arena, c->number, &of, error))
        return false;
    int64_t id = of.id * GX_INSTANCE_PARTS - (of.id != 0), last = of.id ? id + GX_INSTANCE_PARTS : INT64_MAX;
    for (int64_t next;; id = next) {
        if (!gx_db_get_int(db, error, &next, 0, "SELECT min(id) FROM instance WHERE id > ?1 AND id <= ?2",
                           "ii", id, last))
            return false;
        if (next == 0)
            break;
        if (!replay_one(c, db, next, &sum, error))
            return false;
    }
    gx_buffer_format(&c->out, summary[c->call->language], (long long)sum.instance, (long long)sum.rows,
                     (long long)sum.steps, verdict[c->has_found][c->call->language]);
    if (sum.differs_at)
        gx_buffer_format(&c->out, before[c->call->language], (long long)sum.differs_at);
    return true;
}

static bool print_row(gx_db *db, gx_arena *arena, int64_t id, gx_buffer *out, gx_error *error)
{
    gx_case of;
    if (!gx_case_load(db, arena, id, &of, error))
        return false;
    gx_buffer_format(out, "%.*s  %-12.*s %-12.*s %-6.*s %.*s  %.*s\n", GX_PRINT(of.number),
                     GX_PRINT(of.matter), GX_PRINT(of.state), GX_PRINT(of.lamp), GX_PRINT(of.applicant),
                     GX_PRINT(of.project));
    return true;
}

/* How to go on stands last, and not among the cases. */
static void print_end(const call_context *c, const gx_case_page *page)
{
    static const char *const bound[] = {"# 字段 %.*s 只查找了最近的 %d 件\n",
                                        "# of the cases with %.*s only the newest %d were looked through\n"},
                             *const next[] = {"# 后面还有: --after '%.*s'\n",
                                              "# there is more: --after '%.*s'\n"};
    if (page->bound.size)
        fprintf(stderr, bound[c->call->language], GX_PRINT(page->bound), GX_SEARCH_NEWEST);
    if (page->next.size)
        fprintf(stderr, next[c->call->language], GX_PRINT(page->next));
}

static bool list(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    enum { PAGES_MOST = 5 };
    call_context *c = context;
    const gx_packages *packages = gx_zone_packages(c->zone);
    gx_search_condition conditions[GX_SEARCH_CONDITIONS];
    char figure[24];
    gx_case_query query = {.state = c->state,
                           .lamp = GX_TEXT(""),
                           .conditions = conditions,
                           .after = c->after,
                           .size = GX_LIMIT_PAGE_ROWS};
    for (gx_text rest = c->where; rest.size;) {
        gx_text value, name = gx_text_cut(gx_text_cut(rest, ';', &rest), '=', &value);
        if (query.condition_count == GX_SEARCH_CONDITIONS)
            return gx_fail(error, "case.search.many", gx_error_int(figure, GX_SEARCH_CONDITIONS));
        if (!gx_search_read(packages, gx_text_trim(name), value.bytes ? value : GX_TEXT(""),
                            &conditions[query.condition_count++], error))
            return false;
    }
    if (!gx_search_read_sort(packages, c->sort, &query.sort, error))
        return false;
    gx_case_page page;
    for (size_t i = 0; i < PAGES_MOST; i++, query.after = page.next) {
        if (!gx_case_list(db, arena, packages, NULL, &query, &page, error))
            return false;
        for (size_t k = 0; k < page.count; k++)
            if (!print_row(db, arena, page.ids[k], &c->out, error))
                return false;
        if (!page.next.size)
            break;
    }
    print_end(c, &page);
    return true;
}

int gx_tool_case(gx_tool_call *call)
{
    gx_error error = {0};
    const char *data = gx_tool_option(call, "data", "var"), *database = gx_tool_database(call);
    call_context c = {.call = call,
                      .state = gx_text_of(gx_tool_option(call, "state", "")),
                      .where = gx_text_of(gx_tool_option(call, "where", "")),
                      .sort = gx_text_of(gx_tool_option(call, "sort", "")),
                      .after = gx_text_of(gx_tool_option(call, "after", "")),
                      .out = gx_buffer_in(call->arena)};
    if (!gx_tool_expect(call, 1, 2, case_usage))
        return GX_TOOL_FAILED;
    static const struct {
        const char *name;
        size_t least, most;
        bool (*read)(gx_db *db, gx_arena *arena, void *context, gx_error *error);
    } ways[] = {
        {"show", 2, 2, show}, {"state", 2, 2, print_state}, {"replay", 1, 2, replay}, {"list", 1, 1, list}};
    size_t way = 0;
    while (way < GX_COUNT_OF(ways) &&
           (strcmp(call->arguments[0], ways[way].name) != 0 || (size_t)call->count < ways[way].least ||
            (size_t)call->count > ways[way].most))
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
    if (!is_done)
        return gx_tool_fail(call, &error);
    return c.has_found ? GX_TOOL_FOUND : GX_TOOL_DONE;
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

/* Processes: which there are and in which versions, what the check of their models has found, and how they
 * have gone. Read on a worker: the walk over a model's states keeps nobody waiting. */
#include "api/api.h"
#include "base/clock.h"
#include "base/limits.h"
#include "bpmn/explore.h"
#include "service/heat.h"
#include "service/statistics.h"

enum { DAYS = 90, DAYS_MOST = 3650 }; /* of a period, when none is asked for; at most */

typedef struct reading {
    gx_request *request;
    gx_reply *reply;
} reading;

static const gx_process_counts *counts_of(const gx_process_counts *counts, size_t count, gx_text process,
                                          int64_t version)
{
    for (size_t i = 0; i < count; i++)
        if (counts[i].version == version && gx_text_equal(counts[i].process, process))
            return &counts[i];
    static const gx_process_counts none;
    return &none;
}

/* {"zh", "en"}: the message "process.ID", or the name in the model. */
static void write_name(gx_request *request, gx_json_out *out, const gx_definition *d)
{
    static const char *const members[] = {[GX_LANGUAGE_ZH] = "zh", [GX_LANGUAGE_EN] = "en"};
    gx_text key = gx_format(request->arena, "process.%.*s", GX_PRINT(d->id));
    gx_json_out_name(out, "name");
    gx_json_out_begin(out, '{');
    for (size_t i = 0; i < GX_COUNT_OF(members); i++) {
        gx_text name = gx_packages_message(gx_api_packages(request), (gx_language)i, key);
        gx_text own = d->process->name.size ? d->process->name : d->id;
        gx_json_out_member_text(out, members[i], gx_text_equal(name, key) ? own : name);
    }
    gx_json_out_end(out, '}');
}

static void write_head(gx_request *request, gx_json_out *out, const gx_definition *d)
{
    gx_json_out_member_text(out, "id", d->id);
    gx_json_out_member_text(out, "package", d->package);
    gx_json_out_member_text(out, "path", d->path);
    gx_json_out_member_int(out, "version", d->version);
    write_name(request, out, d);
}

/* ---- What the check of a model has found ---- */

/* The element that begins where a finding points; empty when none does. */
static gx_text element_at(const gx_bpmn_process *process, int32_t line, int32_t column)
{
    gx_text on_line = {NULL, 0};
    for (uint32_t i = 0; i < process->node_count; i++) {
        if (process->nodes[i].line == line && process->nodes[i].column == column)
            return process->nodes[i].id;
        if (process->nodes[i].line == line)
            on_line = process->nodes[i].id;
    }
    for (uint32_t i = 0; i < process->flow_count; i++) {
        if (process->flows[i].line == line && process->flows[i].column == column)
            return process->flows[i].id;
        if (process->flows[i].line == line && !on_line.size)
            on_line = process->flows[i].id;
    }
    return on_line;
}

static void write_finding(gx_request *request, gx_json_out *out, const gx_finding *finding, gx_text element)
{
    char sentence[1000];
    gx_json_out_member_text(
        out, "severity", finding->severity == GX_SEVERITY_ERROR ? GX_TEXT("error") : GX_TEXT("warning"));
    gx_json_out_member_text(out, "code", gx_text_of(finding->error.code));
    gx_json_out_member_text(
        out, "detail",
        gx_text_of(gx_error_sentence(&finding->error, request->language, sentence, sizeof sentence)));
    gx_json_out_member_text(out, "element", element);
}

/* What the walk over the model's states has found, each with the elements of the way there. */
static void write_explored(gx_request *request, gx_json_out *out, const gx_definition *d)
{
    gx_exploration explored = gx_bpmn_explore(request->arena, d->process, NULL);
    gx_findings findings = {0};
    gx_explored_report(request->arena, d->bpmn, d->process, &explored, &findings);
    size_t reported = 0;
    for (uint32_t i = 0; i < explored.count; i++) {
        const gx_explored *item = &explored.items[i];
        if (item->is_plain)
            continue;
        gx_json_out_begin(out, '{');
        write_finding(request, out, &findings.items[reported++],
                      d->process->nodes[item->node == GX_NO_INDEX ? item->scope : item->node].id);
        gx_json_out_name(out, "trace");
        gx_json_out_begin(out, '[');
        for (uint32_t m = 0; m < item->move_count; m++)
            gx_json_out_text(out, d->process->nodes[item->moves[m].node].id);
        gx_json_out_end(out, ']');
        gx_json_out_end(out, '}');
    }
    gx_findings_release(&findings);
}

static void write_findings(gx_request *request, gx_json_out *out, const gx_definition *d)
{
    gx_findings findings = {0};
    gx_bpmn_check(d->bpmn, &findings);
    gx_json_out_name(out, "findings");
    gx_json_out_begin(out, '[');
    for (size_t i = 0; i < findings.count; i++) {
        const gx_error *error = &findings.items[i].error;
        gx_json_out_begin(out, '{');
        write_finding(request, out, &findings.items[i], element_at(d->process, error->line, error->column));
        gx_json_out_end(out, '}');
    }
    write_explored(request, out, d);
    gx_json_out_end(out, ']');
    gx_findings_release(&findings);
}

static void write_finding_counts(gx_request *request, gx_json_out *out, const gx_definition *d)
{
    gx_findings findings = {0};
    gx_bpmn_check(d->bpmn, &findings);
    gx_exploration explored = gx_bpmn_explore(request->arena, d->process, NULL);
    gx_explored_report(request->arena, d->bpmn, d->process, &explored, &findings);
    gx_json_out_name(out, "findings");
    gx_json_out_begin(out, '{');
    gx_json_out_member_int(out, "errors", (int64_t)findings.errors);
    gx_json_out_member_int(out, "warnings", (int64_t)findings.warnings);
    gx_json_out_end(out, '}');
    gx_findings_release(&findings);
}

/* ---- The list ---- */

static bool write_list(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    reading *r = context;
    gx_json_out *out = &r->reply->out;
    gx_process_counts *counts;
    size_t counted, at = 0;
    int64_t total = 0, offset, limit;
    const gx_definition *d;
    gx_api_page(r->request, &offset, &limit);
    if (!gx_statistics_counts(db, arena, &counts, &counted, error))
        return false;
    gx_json_out_begin(out, '{');
    gx_json_out_name(out, "items");
    gx_json_out_begin(out, '[');
    while ((d = gx_packages_next(gx_api_packages(r->request), GX_DEFINITION_PROCESS, &at))) {
        if (!d->process || total++ < offset || total > offset + limit)
            continue;
        gx_process_counts sum = {0};
        for (size_t i = 0; i < counted; i++)
            if (gx_text_equal(counts[i].process, d->id)) {
                sum.running += counts[i].running;
                sum.ended += counts[i].ended;
                sum.incidents += counts[i].incidents;
            }
        gx_json_out_begin(out, '{');
        write_head(r->request, out, d);
        gx_json_out_member_int(out, "running", sum.running);
        gx_json_out_member_int(out, "ended", sum.ended);
        gx_json_out_member_int(out, "incidents", sum.incidents);
        write_finding_counts(r->request, out, d);
        gx_json_out_end(out, '}');
    }
    gx_api_end_list(r->request, r->reply, offset, limit, total);
    return true;
}

bool gx_api_processes(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    (void)db;
    return gx_store_read(gx_zone_store(request->host), write_list, &(reading){request, reply}, error);
}

/* ---- One process ---- */

/* ?version= asks for another one than that in force. */
static const gx_definition *find_process(gx_request *request, gx_db *db, gx_error *error)
{
    gx_text id = gx_request_parameter(request, "id");
    const gx_definition *d = gx_packages_find(gx_api_packages(request), GX_DEFINITION_PROCESS, id);
    int64_t version;
    if (!d || !d->process) {
        gx_fail(error, "process.absent", id);
        return NULL;
    }
    if (!gx_text_to_int(gx_request_query(request, "version"), &version) || version == d->version)
        return d;
    int64_t known;
    if (!gx_db_get_int(db, error, &known, 0,
                       "SELECT count(*) FROM definition WHERE kind = 'process' AND id = ?1 AND version = ?2",
                       "ti", id, version))
        return NULL;
    if (!known) {
        gx_fail(error, "process.absent",
                gx_format(request->arena, "%.*s/%lld", GX_PRINT(id), (long long)version));
        return NULL;
    }
    return gx_zone_definition(request->host, db, GX_DEFINITION_PROCESS, id, version, error);
}

static bool write_versions(gx_db *db, gx_arena *arena, gx_json_out *out, gx_text id, gx_error *error)
{
    gx_process_counts *counts;
    size_t counted;
    if (!gx_statistics_counts(db, arena, &counts, &counted, error))
        return false;
    gx_statement *rows = gx_db_prepare(
        db, "SELECT version, loaded_at, is_current FROM definition WHERE kind = 'process' AND id = ?1 "
            "ORDER BY version DESC LIMIT 200");
    gx_bind(rows, "t", id);
    gx_json_out_name(out, "versions");
    gx_json_out_begin(out, '[');
    gx_step step;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        const gx_process_counts *of = counts_of(counts, counted, id, gx_column_int(rows, 0));
        gx_json_out_begin(out, '{');
        gx_json_out_member_int(out, "version", gx_column_int(rows, 0));
        gx_api_instant(out, "loadedAt", gx_column_int(rows, 1));
        gx_json_out_member_bool(out, "isCurrent", gx_column_int(rows, 2) != 0);
        gx_json_out_member_int(out, "running", of->running);
        gx_json_out_member_int(out, "ended", of->ended);
        gx_json_out_member_int(out, "incidents", of->incidents);
        gx_json_out_end(out, '}');
    }
    gx_json_out_end(out, ']');
    return step == GX_STEP_DONE;
}

static bool write_process(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    reading *r = context;
    gx_json_out *out = &r->reply->out;
    const gx_definition *d = find_process(r->request, db, error);
    if (!d)
        return false;
    gx_json_out_begin(out, '{');
    write_head(r->request, out, d);
    gx_json_out_member_text(out, "bpmn", d->source);
    write_findings(r->request, out, d);
    if (!write_versions(db, arena, out, d->id, error))
        return false;
    gx_json_out_end(out, '}');
    return true;
}

bool gx_api_process(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    (void)db;
    return gx_store_read(gx_zone_store(request->host), write_process, &(reading){request, reply}, error);
}

/* ---- How it has gone ---- */

static void write_elements(gx_json_out *out, const gx_bpmn_process *process,
                           const gx_process_figures *figures)
{
    gx_json_out_name(out, "elements");
    gx_json_out_begin(out, '[');
    for (uint32_t i = 1; i < process->node_count; i++) {
        const gx_node_figures *node = &figures->nodes[i];
        if (!node->entered && !node->left)
            continue;
        gx_json_out_begin(out, '{');
        gx_json_out_member_text(out, "element", process->nodes[i].id);
        gx_json_out_member_text(out, "name", process->nodes[i].name);
        gx_json_out_member_text(out, "kind", gx_text_of(gx_node_kind_name(process->nodes[i].kind)));
        gx_json_out_member_int(out, "entered", node->entered);
        gx_json_out_member_int(out, "left", node->left);
        gx_json_out_member_int(out, "stays", node->stays);
        gx_json_out_member_int(out, "medianMs", node->median_ms);
        gx_json_out_member_int(out, "p90Ms", node->p90_ms);
        gx_json_out_member_int(out, "totalMs", node->total_ms);
        gx_json_out_end(out, '}');
    }
    gx_json_out_end(out, ']');
    gx_json_out_name(out, "flows");
    gx_json_out_begin(out, '[');
    for (uint32_t i = 0; i < process->flow_count; i++) {
        if (!figures->flows[i])
            continue;
        gx_json_out_begin(out, '{');
        gx_json_out_member_text(out, "flow", process->flows[i].id);
        gx_json_out_member_int(out, "count", figures->flows[i]);
        gx_json_out_end(out, '}');
    }
    gx_json_out_end(out, ']');
}

static bool write_statistics(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    reading *r = context;
    gx_json_out *out = &r->reply->out;
    const gx_definition *d = find_process(r->request, db, error);
    gx_process_figures figures;
    int64_t days;
    if (!d)
        return false;
    if (!gx_text_to_int(gx_request_query(r->request, "days"), &days) || days < 1 || days > DAYS_MOST)
        days = DAYS;
    gx_day from = gx_day_of(gx_clock_now()) - (gx_day)days + 1; /* today is one of them */
    if (!gx_heat_read(db, arena, d, from, &figures, error))
        return false;
    gx_json_out_begin(out, '{');
    gx_json_out_member_text(out, "id", d->id);
    gx_json_out_member_int(out, "version", d->version);
    gx_api_instant(out, "from", gx_day_begin(from));
    gx_json_out_member_bool(out, "isPartial", figures.is_partial);
    write_elements(out, d->process, &figures);
    gx_json_out_end(out, '}');
    return true;
}

bool gx_api_process_statistics(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    (void)db;
    return gx_store_read(gx_zone_store(request->host), write_statistics, &(reading){request, reply}, error);
}

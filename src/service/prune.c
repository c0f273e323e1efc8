#include "service/prune.h"
#include "service/audit.h"
#include "service/case.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { LOOK = 200 };

/* ---- What goes ---- */

/* A table's rows of one case: in the archive under the table's name, one object a row. Before each column its
 * kind: t text, i integer, j text that is JSON, b bytes (in hexadecimal). */
typedef struct table {
    const char *name, *columns;
    const char *read; /* ?1 the case; the columns in this order */
    const char *drop; /* ?1 the case, ?2 how many rows at most; NULL: stays */
} table;

#define OF_CASE      " WHERE bucket = bucket_of(?1) AND case_id = ?1"
#define OF_INSTANCES " WHERE bucket = bucket_of(?1) AND instance >= ?1 * 4096 AND instance < (?1 + 1) * 4096"
#define DROP(name)                                                                                           \
    "DELETE FROM " name " WHERE bucket = bucket_of(?1) AND id IN (SELECT id FROM " name OF_CASE " LIMIT ?2)"
static const table tables[] = {
    {"data", "j:data", "SELECT data FROM case_data" OF_CASE, "DELETE FROM case_data" OF_CASE " AND ?2 > 0"},
    {"journal", "i:id i:instance i:at t:actor t:actorName t:department j:events t:path b:steps",
     "SELECT id, instance, at, actor, actor_name, department, events, path, steps FROM journal" OF_CASE
     " ORDER BY id",
     DROP("journal")},
    {"tasks",
     "i:id i:instance t:element t:name t:role t:department t:assignee i:createdAt i:due i:doneAt t:outcome "
     "t:doneBy t:doneFor",
     "SELECT id, instance, element, name, role, department, assignee, created_at, due, done_at, outcome, "
     "done_by, done_for FROM task" OF_CASE " ORDER BY id",
     DROP("task")},
    {"decisions", "i:id t:element t:decision i:version i:at j:answer j:trace",
     "SELECT id, element, decision, version, at, answer, trace FROM decision" OF_CASE " ORDER BY id",
     DROP("decision")},
    {"incidents", "i:id i:instance t:element t:code t:detail i:at i:solvedAt",
     "SELECT id, instance, element, code, detail, at, solved_at FROM incident" OF_CASE " ORDER BY id",
     DROP("incident")},
    {"signatures", "i:round t:login t:name t:outcome t:opinion i:at",
     "SELECT round, login, name, outcome, opinion, at FROM signature WHERE bucket = bucket_of(?1) AND round "
     "IN (SELECT id FROM sign_round" OF_CASE ") ORDER BY round, task",
     "DELETE FROM signature WHERE bucket = bucket_of(?1) AND round IN (SELECT id FROM sign_round" OF_CASE
     " LIMIT ?2)"},
    {"signRounds", "i:id i:task t:mode t:rule t:reason t:openedBy i:openedAt t:result",
     "SELECT id, task, mode, rule, reason, opened_by, opened_at, result FROM sign_round" OF_CASE
     " ORDER BY id",
     DROP("sign_round")},
    {"instances", "i:id t:process i:version",
     "SELECT id, process, process_version FROM instance WHERE bucket = bucket_of(?1) AND id >= ?1 * 4096 AND "
     "id < (?1 + 1) * 4096 ORDER BY id",
     /* its own process stays: an ended record is a few bytes, and pages read it */
     "DELETE FROM instance WHERE bucket = bucket_of(?1) AND id IN (SELECT id FROM instance WHERE bucket = "
     "bucket_of(?1) AND id > ?1 * 4096 AND id < (?1 + 1) * 4096 LIMIT ?2)"},
    {"shelf", "i:instance", NULL, "DELETE FROM shelf" OF_INSTANCES " AND ?2 > 0"},
    {"variables", "t:name t:text", NULL, "DELETE FROM case_variable" OF_CASE " AND ?2 > 0"},
    {"opinions", "t:element t:name t:department t:who t:whoName t:outcome t:text t:reasons i:at",
     "SELECT element, name, department, who, who_name, outcome, text, reasons, at FROM opinion" OF_CASE
     " ORDER BY id",
     NULL},
    {"letters", "t:number t:kind i:at j:content",
     "SELECT number, kind, at, content FROM letter" OF_CASE " ORDER BY id", NULL},
    {"permits", "t:number t:kind i:issuedAt i:validTo t:state t:digest",
     "SELECT number, kind, issued_at, valid_to, state, digest FROM permit WHERE case_id = ?1 ORDER BY number",
     NULL},
};

/* ---- Which ---- */

typedef struct pruning {
    gx_prune *prune;
    gx_zone *zone;
    int64_t after, ids[LOOK]; /* candidates behind the last one */
    size_t count;
    int64_t id; /* the one at work */
    gx_text number;
    gx_buffer line;
    bool is_through;
    int64_t rows, stays; /* stays: the first case that is not to go; 0: none yet */
} pruning;

static bool is_finished(gx_db *db, gx_arena *arena, const pruning *p, int64_t id, bool *is, gx_error *error)
{
    gx_case of;
    int64_t running, promised, last;
    *is = false;
    if (!gx_case_load(db, arena, id, &of, error) ||
        !gx_db_get_int(db, error, &running, 0,
                       "SELECT 1 FROM instance WHERE bucket = bucket_of(?1) AND id >= ?1 * 4096 AND id < (?1 "
                       "+ 1) * 4096 AND "
                       "has_ended = 0 LIMIT 1",
                       "i", id) ||
        !gx_db_get_int(db, error, &promised, 0, "SELECT 1 FROM promise" OF_CASE " AND state = 'open' LIMIT 1",
                       "i", id) ||
        !gx_db_get_int(db, error, &last, of.submitted_at,
                       "SELECT at FROM journal" OF_CASE " ORDER BY id DESC LIMIT 1", "i", id))
        return false;
    *is = gx_case_is_closed(&of) && !running && !promised && last < p->prune->before;
    return true;
}

static bool look(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    pruning *p = context;
    gx_statement *rows = gx_db_prepare(db, "SELECT id FROM cases WHERE id > ?1 AND pruned_at IS NULL AND "
                                           "submitted_at < ?2 ORDER BY id LIMIT 200");
    int64_t found[LOOK];
    size_t count = 0;
    gx_bind(rows, "ii", p->after, p->prune->before);
    gx_step step;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW && count < LOOK)
        found[count++] = gx_column_int(rows, 0);
    if (step == GX_STEP_ROW)
        gx_db_reset(rows);
    p->count = 0;
    p->is_through = count < LOOK;
    for (size_t i = 0; i < count && step != GX_STEP_FAILED; i++) {
        bool is = false;
        if (!is_finished(db, arena, p, found[i], &is, error))
            return false;
        if (is)
            p->ids[p->count++] = found[i];
        else if (!p->stays)
            p->stays = found[i];
        p->after = found[i];
    }
    return step != GX_STEP_FAILED;
}

/* ---- Into the archive ---- */

static void write_bytes(gx_buffer *buffer, gx_text bytes)
{
    gx_buffer_byte(buffer, '"');
    for (size_t i = 0; i < bytes.size; i++)
        gx_buffer_format(buffer, "%02x", (unsigned char)bytes.bytes[i]);
    gx_buffer_byte(buffer, '"');
}

static void write_column(gx_json_out *out, gx_statement *row, int column, char kind)
{
    if (gx_column_is_null(row, column)) {
        gx_json_out_null(out);
    } else if (kind == 'i') {
        gx_json_out_int(out, gx_column_int(row, column));
    } else if (kind == 't') {
        gx_json_out_text(out, gx_column_text(row, column));
    } else if (kind == 'j') {
        gx_text json = gx_column_text(row, column);
        gx_json_out_raw(out, json.size ? json : GX_TEXT("null"));
    } else {
        gx_buffer hexadecimal = gx_buffer_in(out->buffer->arena);
        write_bytes(&hexadecimal, gx_column_text(row, column));
        gx_json_out_raw(out, gx_buffer_as_text(&hexadecimal));
    }
}

static bool write_table(gx_db *db, gx_arena *arena, const table *of, int64_t id, gx_json_out *out,
                        int64_t *count, gx_error *error)
{
    gx_statement *rows = gx_db_prepare(db, of->read);
    gx_bind_int(rows, 1, id);
    gx_json_out_name(out, of->name);
    gx_json_out_begin(out, '[');
    gx_step step;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        gx_text left = gx_text_of(of->columns);
        gx_json_out_begin(out, '{');
        for (int c = 0; left.size; c++) {
            gx_text name = gx_text_cut(left, ' ', &left);
            gx_json_out_name(out, gx_copy_string(arena, gx_text_slice(name, 2, name.size)));
            write_column(out, rows, c, name.bytes[0]);
        }
        gx_json_out_end(out, '}');
        ++*count;
    }
    gx_json_out_end(out, ']');
    return step == GX_STEP_DONE;
}

static bool write_case(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    pruning *p = context;
    gx_case of;
    char text[GX_INSTANT_SIZE];
    if (!gx_case_load(db, arena, p->id, &of, error))
        return false;
    p->line = gx_buffer_in(arena);
    p->rows = 0;
    gx_json_out out = gx_json_out_to(&p->line);
    gx_json_out_begin(&out, '{');
    gx_json_out_member_text(&out, "number", of.number);
    gx_json_out_member_int(&out, "id", of.id);
    gx_json_out_member_text(&out, "matter", of.matter);
    gx_json_out_member_int(&out, "matterVersion", of.matter_version);
    gx_json_out_member_text(&out, "state", of.state);
    gx_json_out_member_text(&out, "enterprise", of.enterprise);
    gx_json_out_member_text(&out, "applicant", of.applicant);
    gx_json_out_member_text(&out, "project", of.project);
    gx_json_out_member_text(&out, "submittedBy", of.submitted_by);
    gx_json_out_member_text(&out, "submittedAt", gx_instant_write(of.submitted_at, text));
    for (size_t i = 0; i < GX_COUNT_OF(tables); i++) {
        int64_t ignored = 0;
        if (tables[i].read &&
            !write_table(db, arena, &tables[i], p->id, &out, tables[i].drop ? &p->rows : &ignored, error))
            return false;
    }
    gx_json_out_end(&out, '}');
    if (!p->prune->archive)
        return true;
    fwrite(p->line.bytes, 1, p->line.size, p->prune->archive);
    if (putc('\n', p->prune->archive) == EOF || ferror(p->prune->archive))
        return gx_fail(error, "export.write", gx_text_of(strerror(errno)));
    return true;
}

static bool sync_archive(FILE *archive, gx_error *error)
{
    return (fflush(archive) == 0 && (fsync(fileno(archive)) == 0 || errno == EINVAL)) /* EINVAL: a pipe */
           || gx_fail(error, "export.write", gx_text_of(strerror(errno)));
}

static bool is_over(const gx_prune *prune)
{
    return prune->is_over && prune->is_over(prune->context);
}

/* ---- Away ---- */

static bool drop_rows(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    pruning *p = context;
    int64_t left = GX_PRUNE_ROWS;
    gx_case of;
    bool is_finished_still = false;
    p->is_through = false;
    if (!gx_case_load(db, arena, p->id, &of, error) ||
        !is_finished(db, arena, p, p->id, &is_finished_still, error))
        return false;
    /* the journal goes last, so that a case stays "finished before" until all else is gone */
    for (size_t i = GX_COUNT_OF(tables); i-- > 0 && left > 0;) {
        const table *one = &tables[i];
        if (!one->drop || strcmp(one->name, "journal") == 0)
            continue;
        if (!gx_db_run(db, error, one->drop, "ii", p->id, left))
            return false;
        left -= gx_db_changes(db);
    }
    if (left > 0) {
        if (!gx_db_run(db, error, tables[1].drop, "ii", p->id, left))
            return false;
        left -= gx_db_changes(db);
    }
    p->is_through = left > 0;
    return !p->is_through ||
           (gx_db_run(db, error, "UPDATE cases SET pruned_at = ?2 WHERE bucket = bucket_of(?1) AND id = ?1",
                      "ii", p->id, gx_clock_now()) &&
            gx_audit(db, arena, NULL, "case.prune", of.number, "done", gx_text_of(p->prune->name), error));
}

static bool drop_case(pruning *p, gx_error *error)
{
    do {
        if (!gx_store_write(gx_zone_store(p->zone), drop_rows, p, error))
            return false;
        p->prune->commands++;
        if (p->prune->pause_ms)
            usleep(p->prune->pause_ms * 1000);
    } while (!p->is_through);
    return true;
}

bool gx_prune_run(gx_zone *zone, gx_prune *prune, gx_error *error)
{
    pruning p = {.prune = prune, .zone = zone, .after = prune->from};
    gx_store *store = gx_zone_store(zone);
    for (bool is_last = false; !is_last && !is_over(prune);) {
        if (!gx_store_read(store, look, &p, error))
            return false;
        is_last = p.is_through;
        int64_t ids[LOOK];
        size_t count = p.count;
        memcpy(ids, p.ids, count * sizeof ids[0]);
        for (size_t i = 0; i < count; i++) {
            p.id = ids[i];
            if (!gx_store_read(store, write_case, &p, error))
                return false;
            prune->cases++;
            prune->rows += p.rows;
        }
        if (!prune->archive || !count) /* one sync for many cases */
            continue;
        if (!sync_archive(prune->archive, error))
            return false;
        for (size_t i = 0; i < count; i++) {
            p.id = ids[i];
            if (is_over(prune))
                return true;
            if (!drop_case(&p, error))
                return false;
        }
        prune->from = p.stays ? p.stays - 1 : p.after;
    }
    return true;
}

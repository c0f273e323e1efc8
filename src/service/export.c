/* Both formats tell the same events: one per journal event that means something to a process analyst. OCEL
 * relates an event to the case, its project, its enterprise, the department, and the permit or document it is
 * about; XES knows only the case. */
#include "service/export.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"

#include <errno.h>
#include <string.h>

enum { PAGE = 500 };

typedef struct exporting {
    gx_zone *zone;
    FILE *to;
    gx_export_kind kind;
    int64_t last_case, last_event;
    size_t count; /* of the last page */
    bool has_items;
    const char *part; /* OCEL: "objects" or "events" */
} exporting;

/* ---- Writing text ---- */

static void write_json(FILE *to, gx_arena *arena, gx_text text)
{
    gx_buffer buffer = gx_buffer_in(arena);
    gx_json_write_string(&buffer, text);
    fwrite(buffer.bytes, 1, buffer.size, to);
}

static void write_xml(FILE *to, gx_text text)
{
    for (size_t i = 0; i < text.size; i++)
        switch (text.bytes[i]) {
        case '&': fputs("&amp;", to); break;
        case '<': fputs("&lt;", to); break;
        case '>': fputs("&gt;", to); break;
        case '"': fputs("&quot;", to); break;
        case '\n': fputs("&#10;", to); break;
        default: /* XML 1.0 has no other control characters */
            if ((unsigned char)text.bytes[i] >= 0x20)
                fputc(text.bytes[i], to);
        }
}

static gx_text written(gx_arena *arena, gx_instant at)
{
    char text[GX_INSTANT_SIZE];
    return gx_copy(arena, gx_instant_write(at, text));
}

/* "task.done 收件核验" is one activity, "state accepted" another. */
static gx_text activity_of(gx_arena *arena, const gx_json *event)
{
    gx_text kind = gx_json_text_of(event, "k"), name = gx_json_text_of(event, "n"),
            outcome = gx_json_text_of(event, "o");
    if (gx_text_equal(kind, GX_TEXT("state")))
        return gx_format(arena, "state %.*s", GX_PRINT(outcome));
    if (gx_text_equal(kind, GX_TEXT("letter")) || gx_text_equal(kind, GX_TEXT("permit")) ||
        gx_text_equal(kind, GX_TEXT("document")))
        return gx_format(arena, "%.*s %.*s", GX_PRINT(kind), GX_PRINT(gx_json_text_of(event, "e")));
    return name.size ? gx_format(arena, "%.*s %.*s", GX_PRINT(kind), GX_PRINT(name)) : kind;
}

/* ---- OCEL 2.0 ---- */

static const char *const object_types[] = {"case", "project", "enterprise", "department", "permit"};

static void open_item(exporting *e)
{
    fputs(e->has_items ? ",\n" : "\n", e->to);
    e->has_items = true;
}

static void write_object(exporting *e, gx_arena *arena, const char *type, gx_text id, gx_text name,
                         gx_instant at)
{
    open_item(e);
    fputs("{\"id\":", e->to);
    write_json(e->to, arena, gx_format(arena, "%s:%.*s", type, GX_PRINT(id)));
    fprintf(e->to, ",\"type\":\"%s\",\"attributes\":[{\"name\":\"name\",\"time\":\"%.*s\",\"value\":", type,
            GX_PRINT(written(arena, at)));
    write_json(e->to, arena, name);
    fputs("}]}", e->to);
}

static bool write_distinct(exporting *e, gx_db *db, gx_arena *arena, const char *type, const char *sql,
                           gx_error *error)
{
    gx_statement *rows = gx_db_prepare(db, sql);
    gx_step step;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        gx_arena_mark mark = gx_arena_here(arena);
        write_object(e, arena, type, gx_column_text(rows, 0), gx_column_text(rows, 1),
                     gx_column_int(rows, 2));
        gx_arena_rewind(arena, mark);
    }
    return step == GX_STEP_DONE;
}

static bool write_objects(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    exporting *e = context;
    return write_distinct(e, db, arena, "case", "SELECT number, matter, submitted_at FROM cases ORDER BY id",
                          error) &&
           write_distinct(e, db, arena, "project",
                          "SELECT project, project, min(submitted_at) FROM cases WHERE project <> '' GROUP "
                          "BY project ORDER BY project",
                          error) &&
           write_distinct(e, db, arena, "enterprise",
                          "SELECT enterprise, max(applicant), min(submitted_at) FROM cases WHERE enterprise "
                          "<> '' GROUP BY enterprise ORDER BY enterprise",
                          error) &&
           write_distinct(e, db, arena, "department",
                          "SELECT department, department, min(submitted_at) FROM case_department d JOIN "
                          "cases c ON c.bucket = d.bucket AND c.id = d.case_id GROUP BY department",
                          error) &&
           write_distinct(e, db, arena, "permit",
                          "SELECT number, kind, issued_at FROM permit ORDER BY number", error);
}

static void relate(exporting *e, gx_arena *arena, bool *has_any, const char *type, gx_text id,
                   const char *qualifier)
{
    if (id.size == 0)
        return;
    fputs(*has_any ? "," : "", e->to);
    *has_any = true;
    fputs("{\"objectId\":", e->to);
    write_json(e->to, arena, gx_format(arena, "%s:%.*s", type, GX_PRINT(id)));
    fprintf(e->to, ",\"qualifier\":\"%s\"}", qualifier);
}

typedef struct event_row {
    int64_t id;
    gx_instant at;
    gx_text actor, department, events, number, project, enterprise;
} event_row;

static void write_ocel_event(exporting *e, gx_arena *arena, const event_row *row, const gx_json *event,
                             size_t index)
{
    bool has_any = false;
    gx_text kind = gx_json_text_of(event, "k");
    open_item(e);
    fprintf(e->to, "{\"id\":\"e%lld.%zu\",\"type\":", (long long)row->id, index);
    write_json(e->to, arena, activity_of(arena, event));
    fprintf(e->to, ",\"time\":\"%.*s\",\"attributes\":[{\"name\":\"resource\",\"value\":",
            GX_PRINT(written(arena, row->at)));
    write_json(e->to, arena, row->actor.size ? row->actor : GX_TEXT("system"));
    fputs("},{\"name\":\"outcome\",\"value\":", e->to);
    write_json(e->to, arena, gx_json_text_of(event, "o"));
    fputs("}],\"relationships\":[", e->to);
    relate(e, arena, &has_any, "case", row->number, "case");
    relate(e, arena, &has_any, "project", row->project, "project");
    relate(e, arena, &has_any, "enterprise", row->enterprise, "applicant");
    relate(e, arena, &has_any, "department", row->department, "office");
    if (gx_text_starts_with(kind, GX_TEXT("permit")))
        relate(e, arena, &has_any, "permit", gx_json_text_of(event, "o"), "permit");
    fputs("]}", e->to);
}

/* ---- XES ---- */

static void write_attribute(FILE *to, const char *type, const char *key, gx_text value)
{
    fprintf(to, "<%s key=\"%s\" value=\"", type, key);
    write_xml(to, value);
    fputs("\"/>", to);
}

static void write_xes_event(exporting *e, gx_arena *arena, const event_row *row, const gx_json *event)
{
    fputs("\n    <event>", e->to);
    write_attribute(e->to, "string", "concept:name", activity_of(arena, event));
    write_attribute(e->to, "date", "time:timestamp", written(arena, row->at));
    write_attribute(e->to, "string", "lifecycle:transition", GX_TEXT("complete"));
    write_attribute(e->to, "string", "org:resource", row->actor.size ? row->actor : GX_TEXT("system"));
    if (row->department.size)
        write_attribute(e->to, "string", "org:group", row->department);
    if (gx_json_text_of(event, "o").size)
        write_attribute(e->to, "string", "outcome", gx_json_text_of(event, "o"));
    fputs("</event>", e->to);
}

/* ---- Pages of the journal ---- */

static bool write_page(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    exporting *e = context;
    /* XES wants a trace's events together, OCEL all events in order of time; both are an index's order */
    gx_statement *rows = gx_db_prepare(
        db, e->kind == GX_EXPORT_XES
                ? "SELECT j.id, j.at, j.actor, j.department, j.events, c.number, c.project, c.enterprise, "
                  "j.case_id, c.matter FROM journal j JOIN cases c ON c.bucket = j.bucket AND c.id = "
                  "j.case_id WHERE (j.case_id, j.id) > (?1, ?2) ORDER BY j.case_id, j.id LIMIT 500"
                : "SELECT j.id, j.at, j.actor, j.department, j.events, c.number, c.project, c.enterprise, "
                  "j.case_id, c.matter FROM journal j JOIN cases c ON c.bucket = j.bucket AND c.id = "
                  "j.case_id WHERE j.id > ?2 AND ?1 >= 0 ORDER BY j.id LIMIT 500");
    gx_bind(rows, "ii", e->last_case, e->last_event);
    e->count = 0;
    gx_step step;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        gx_arena_mark mark = gx_arena_here(arena);
        event_row row = {.id = gx_column_int(rows, 0),
                         .at = gx_column_int(rows, 1),
                         .actor = gx_column_text(rows, 2),
                         .department = gx_column_text(rows, 3),
                         .events = gx_column_text(rows, 4),
                         .number = gx_column_text(rows, 5),
                         .project = gx_column_text(rows, 6),
                         .enterprise = gx_column_text(rows, 7)};
        int64_t case_id = gx_column_int(rows, 8);
        gx_json *events = gx_json_parse(arena, row.events, GX_TEXT("journal"), error);
        if (!events) {
            gx_db_reset(rows);
            return false;
        }
        if (e->kind == GX_EXPORT_XES && case_id != e->last_case) {
            fputs(e->has_items ? "\n  </trace>\n  <trace>" : "\n  <trace>", e->to);
            e->has_items = true;
            write_attribute(e->to, "string", "concept:name", row.number);
            write_attribute(e->to, "string", "matter", gx_column_text(rows, 9));
        }
        size_t index = 0;
        for (const gx_json *event = events->first; event; event = event->next, index++)
            if (e->kind == GX_EXPORT_XES)
                write_xes_event(e, arena, &row, event);
            else
                write_ocel_event(e, arena, &row, event, index);
        e->last_case = case_id;
        e->last_event = row.id;
        e->count++;
        gx_arena_rewind(arena, mark);
    }
    return step == GX_STEP_DONE;
}

/* OCEL declares its event types before the events: the distinct activities, read page by page. */
typedef struct type_list {
    exporting *e;
    gx_arena arena;
    gx_map seen;
    int64_t last;
    size_t count;
} type_list;

static bool collect_types(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    type_list *t = context;
    gx_statement *rows =
        gx_db_prepare(db, "SELECT id, events FROM journal WHERE id > ?1 ORDER BY id LIMIT 500");
    gx_bind_int(rows, 1, t->last);
    t->count = 0;
    gx_step step;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        gx_arena_mark mark = gx_arena_here(arena);
        t->last = gx_column_int(rows, 0);
        t->count++;
        gx_json *events = gx_json_parse(arena, gx_column_text(rows, 1), GX_TEXT("journal"), error);
        for (const gx_json *event = events ? events->first : NULL; event; event = event->next) {
            gx_text activity = activity_of(arena, event);
            if (!gx_map_get(&t->seen, activity))
                gx_map_put(&t->seen, gx_copy(&t->arena, activity), t);
        }
        gx_arena_rewind(arena, mark);
    }
    return step == GX_STEP_DONE;
}

static bool write_types(void *context)
{
    type_list *t = context;
    gx_error error = {0};
    exporting *e = t->e;
    t->seen = gx_map_in(&t->arena);
    do
        if (!gx_store_read(gx_zone_store(e->zone), collect_types, t, &error))
            return false;
    while (t->count == PAGE);
    fputs("{\"objectTypes\":[", e->to);
    for (size_t i = 0; i < GX_COUNT_OF(object_types); i++)
        fprintf(e->to, "%s{\"name\":\"%s\",\"attributes\":[{\"name\":\"name\",\"type\":\"string\"}]}",
                i ? "," : "", object_types[i]);
    fputs("],\n\"eventTypes\":[", e->to);
    for (uint32_t i = 0; i < t->seen.count; i++) {
        fputs(i ? ",\n{\"name\":" : "\n{\"name\":", e->to);
        write_json(e->to, &t->arena, t->seen.entries[i].key);
        fputs(",\"attributes\":[{\"name\":\"resource\",\"type\":\"string\"},{\"name\":\"outcome\",\"type\":"
              "\"string\"}]}",
              e->to);
    }
    fputs("],\n\"objects\":[", e->to);
    return true;
}

static bool write_events(exporting *e, gx_error *error)
{
    do
        if (!gx_store_read(gx_zone_store(e->zone), write_page, e, error))
            return false;
    while (e->count == PAGE);
    return true;
}

static bool write_ocel(exporting *e, gx_error *error)
{
    type_list t = {.e = e, .arena = gx_arena_of(GX_LIMIT_EVALUATION_BYTES)};
    bool is_done = gx_arena_guard(&t.arena, write_types, &t, error);
    gx_arena_release(&t.arena);
    if (!is_done || !gx_store_read(gx_zone_store(e->zone), write_objects, e, error))
        return false;
    fputs("],\n\"events\":[", e->to);
    e->has_items = false;
    if (!write_events(e, error))
        return false;
    fputs("]}\n", e->to);
    return true;
}

static bool write_xes(exporting *e, gx_error *error)
{
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<log xes.version=\"1849.2016\" xes.features=\"\" "
          "xmlns=\"http://www.xes-standard.org/\">\n"
          "  <extension name=\"Concept\" prefix=\"concept\" "
          "uri=\"http://www.xes-standard.org/concept.xesext\"/>\n"
          "  <extension name=\"Time\" prefix=\"time\" uri=\"http://www.xes-standard.org/time.xesext\"/>\n"
          "  <extension name=\"Lifecycle\" prefix=\"lifecycle\" "
          "uri=\"http://www.xes-standard.org/lifecycle.xesext\"/>\n"
          "  <extension name=\"Organizational\" prefix=\"org\" "
          "uri=\"http://www.xes-standard.org/org.xesext\"/>\n"
          "  <global scope=\"trace\"><string key=\"concept:name\" value=\"\"/></global>\n"
          "  <global scope=\"event\"><string key=\"concept:name\" value=\"\"/><date key=\"time:timestamp\" "
          "value=\"1970-01-01T00:00:00.000+00:00\"/>"
          "<string key=\"lifecycle:transition\" value=\"complete\"/></global>\n"
          "  <classifier name=\"Activity\" keys=\"concept:name\"/>",
          e->to);
    if (!write_events(e, error))
        return false;
    fputs(e->has_items ? "\n  </trace>\n</log>\n" : "\n</log>\n", e->to);
    return true;
}

bool gx_export_write(gx_zone *zone, gx_export_kind kind, FILE *to, gx_error *error)
{
    exporting e = {.zone = zone, .to = to, .kind = kind};
    if (!(kind == GX_EXPORT_OCEL ? write_ocel(&e, error) : write_xes(&e, error)))
        return false;
    return (fflush(to) == 0 && !ferror(to)) || gx_fail(error, "export.write", gx_text_of(strerror(errno)));
}

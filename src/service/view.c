#include "service/view.h"
#include "service/office.h"
#include "service/case_record.h"
#include "service/permit.h"
#include "service/timeline.h"

#include <stdio.h>

static void write_instant(gx_json_out *out, const char *name, gx_instant instant)
{
    char text[GX_INSTANT_SIZE];
    gx_json_out_name(out, name);
    if (instant == 0 || instant == INT64_MAX)
        gx_json_out_null(out);
    else
        gx_json_out_text(out, gx_instant_write(instant, text));
}

static void write_optional(gx_json_out *out, const char *name, gx_text text)
{
    gx_json_out_name(out, name);
    if (text.size)
        gx_json_out_text(out, text);
    else
        gx_json_out_null(out);
}

static bool is_applicant_only(const gx_person *person)
{
    return person && person->department.size == 0 && person->enterprise_count > 0;
}

/* ---- What a row and a page share ---- */

static bool write_facts(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_case *of, gx_json_out *out,
                        gx_error *error)
{
    gx_clock_reading clock;
    const gx_json *matter = gx_case_matter(zone, db, of);
    if (!gx_case_clock(zone, db, arena, of, gx_clock_now(), &clock, error))
        return false;
    gx_json_out_member_text(out, "number", of->number);
    gx_json_out_name(out, "matter");
    gx_json_out_begin(out, '{');
    gx_json_out_member_text(out, "id", of->matter);
    gx_json_out_member_text(out, "name", matter ? gx_json_text_of(matter, "name") : of->matter);
    gx_json_out_member_text(out, "nameEn", matter ? gx_json_text_of(matter, "nameEn") : of->matter);
    gx_json_out_end(out, '}');
    gx_json_out_member_text(out, "state", of->state);
    gx_json_out_member_text(out, "lamp",
                            gx_case_is_closed(of) ? of->lamp : gx_text_of(gx_lamp_name(clock.lamp)));
    gx_json_out_name(out, "applicant");
    gx_json_out_begin(out, '{');
    gx_json_out_member_text(out, "id", of->enterprise);
    gx_json_out_member_text(out, "name", of->applicant);
    gx_json_out_end(out, '}');
    gx_json_out_name(out, "project");
    gx_json_out_begin(out, '{');
    gx_json_out_member_text(out, "id", of->project_id);
    gx_json_out_member_text(out, "name", of->project);
    gx_json_out_end(out, '}');
    gx_json_out_member_text(out, "channel", of->channel);
    write_instant(out, "submittedAt", of->submitted_at);
    write_instant(out, "acceptedAt", of->accepted_at);
    gx_json_out_member_bool(out, "isAcceptedByLaw", of->is_accepted_by_law);
    write_instant(out, "dueLegal", clock.due_legal);
    write_instant(out, "duePromised", clock.due_promised);
    write_instant(out, "decidedAt", of->decided_at);
    write_instant(out, "closedAt", of->closed_at);
    gx_json_out_member_int(out, "usedDays", clock.used);
    gx_json_out_name(out, "limitDays");
    bool has_limit = of->accepted_at && (clock.due_promised || clock.due_legal);
    if (has_limit)
        gx_json_out_int(out, clock.limit);
    else
        gx_json_out_null(out);
    gx_json_out_name(out, "daysLeft");
    if (has_limit && !gx_case_is_closed(of))
        gx_json_out_int(out, clock.left);
    else
        gx_json_out_null(out);
    gx_json_out_member_bool(out, "isProvisional", clock.is_provisional);
    gx_json_out_member_int(out, "level", of->level);
    gx_json_out_member_bool(out, "isExtended", of->extension > 0);
    write_optional(out, "overdueReason", of->overdue_reason);
    write_optional(out, "previous", of->previous);
    return true;
}

/* ---- Lists ---- */

static bool write_list_row(gx_zone *zone, gx_db *db, gx_arena *arena, int64_t id, gx_json_out *out,
                           gx_error *error)
{
    gx_case of;
    gx_text step = {NULL, 0};
    if (!gx_case_load(db, arena, id, &of, error))
        return false;
    gx_json_out_begin(out, '{');
    if (!write_facts(zone, db, arena, &of, out, error) ||
        !gx_db_get_text(db, arena, error, &step,
                        "SELECT name FROM task WHERE bucket = bucket_of(?1) AND case_id = ?1 AND done_at IS "
                        "NULL ORDER BY id LIMIT 1",
                        "i", id))
        return false;
    write_optional(out, "step", step);
    if (!gx_search_write(db, arena, gx_zone_packages(zone), id, out, error))
        return false;
    gx_json_out_end(out, '}');
    return true;
}

bool gx_view_cases(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_person *person,
                   const gx_case_query *query, gx_json_out *out, gx_error *error)
{
    gx_case_page page;
    if (!gx_case_list(db, arena, gx_zone_packages(zone), person, query, &page, error))
        return false;
    gx_json_out_begin(out, '{');
    gx_json_out_name(out, "items");
    gx_json_out_begin(out, '[');
    for (size_t i = 0; i < page.count; i++)
        if (!write_list_row(zone, db, arena, page.ids[i], out, error))
            return false;
    gx_json_out_end(out, ']');
    gx_json_out_name(out, "total");
    if (page.total < 0)
        gx_json_out_null(out);
    else
        gx_json_out_int(out, page.total);
    write_optional(out, "next", page.next);
    gx_json_out_name(out, "bound");
    if (page.bound.size) {
        gx_json_out_begin(out, '{');
        gx_json_out_member_text(out, "field", page.bound);
        gx_json_out_member_int(out, "cases", GX_SEARCH_NEWEST);
        gx_json_out_end(out, '}');
    } else {
        gx_json_out_null(out);
    }
    gx_json_out_end(out, '}');
    return true;
}

/* ---- The parts of a page ---- */

static bool write_clock(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_case *of, gx_json_out *out,
                        gx_error *error)
{
    gx_clock_reading clock;
    if (!gx_case_clock(zone, db, arena, of, gx_clock_now(), &clock, error))
        return false;
    gx_json_out_name(out, "clock");
    gx_json_out_begin(out, '{');
    gx_json_out_member_bool(out, "running", clock.is_running && !gx_case_is_closed(of));
    gx_json_out_name(out, "stops");
    gx_json_out_begin(out, '[');
    gx_statement *rows = gx_db_prepare(db, "SELECT kind, reason, begun_at, ended_at, planned_end FROM stop "
                                           "WHERE bucket = bucket_of(?1) AND case_id = ?1 ORDER BY id");
    gx_bind_int(rows, 1, of->id);
    gx_step step;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        gx_json_out_begin(out, '{');
        gx_json_out_member_text(out, "kind", gx_column_text(rows, 0));
        gx_json_out_member_text(out, "reason", gx_column_text(rows, 1));
        write_instant(out, "from", gx_column_int(rows, 2));
        write_instant(out, "to", gx_column_int(rows, 3));
        write_instant(out, "plannedEnd", gx_column_int(rows, 4));
        gx_json_out_end(out, '}');
    }
    gx_json_out_end(out, ']');
    gx_json_out_end(out, '}');
    return step == GX_STEP_DONE;
}

static bool write_promises(gx_db *db, const gx_case *of, gx_json_out *out, gx_error *error)
{
    gx_statement *rows = gx_db_prepare(db, "SELECT document, kind, due, state FROM promise WHERE bucket = "
                                           "bucket_of(?1) AND case_id = ?1 ORDER BY id");
    gx_bind_int(rows, 1, of->id);
    gx_json_out_name(out, "promises");
    gx_json_out_begin(out, '[');
    gx_step step;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        gx_json_out_begin(out, '{');
        gx_json_out_member_text(out, "document", gx_column_text(rows, 0));
        gx_json_out_member_text(out, "kind", gx_column_text(rows, 1));
        write_instant(out, "dueOn", gx_column_int(rows, 2));
        gx_json_out_member_text(out, "state", gx_column_text(rows, 3));
        gx_json_out_end(out, '}');
    }
    gx_json_out_end(out, ']');
    return step == GX_STEP_DONE;
}

/* Reviewers' opinions are the zone's own until the case is decided; then the applicant reads the verdict and
 * its reasons, not who signed nor the notes. */
static bool write_opinions(gx_db *db, gx_arena *arena, const gx_case *of, bool is_for_applicant,
                           gx_json_out *out, gx_error *error)
{
    gx_statement *rows =
        gx_db_prepare(db, "SELECT department, name, who_name, outcome, text, reasons, at FROM opinion WHERE "
                          "bucket = bucket_of(?1) AND case_id = ?1 ORDER BY id");
    gx_bind_int(rows, 1, of->id);
    gx_json_out_name(out, "opinions");
    gx_json_out_begin(out, '[');
    gx_step step;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        if (is_for_applicant && !of->decided_at)
            continue;
        gx_json_out_begin(out, '{');
        gx_json_out_member_text(out, "department", gx_column_text(rows, 0));
        gx_json_out_member_text(out, "name", gx_column_text(rows, 1));
        if (!is_for_applicant)
            gx_json_out_member_text(out, "who", gx_column_text(rows, 2));
        gx_json_out_member_text(out, "outcome", gx_column_text(rows, 3));
        gx_json_out_member_text(out, "text", is_for_applicant ? GX_TEXT("") : gx_column_text(rows, 4));
        gx_json_out_name(out, "reasons");
        gx_json_out_raw(out, gx_column_copy(arena, rows, 5));
        write_instant(out, "at", gx_column_int(rows, 6));
        gx_json_out_end(out, '}');
    }
    gx_json_out_end(out, ']');
    return step == GX_STEP_DONE;
}

static bool write_permits(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_case *of, gx_json_out *out,
                          gx_error *error)
{
    gx_text numbers[16];
    size_t count = 0;
    gx_statement *rows = gx_db_prepare(db, "SELECT number FROM permit WHERE case_id = ?1 LIMIT 16");
    gx_bind_int(rows, 1, of->id);
    gx_step step;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW)
        numbers[count++] = gx_column_copy(arena, rows, 0);
    gx_json_out_name(out, "permits");
    gx_json_out_begin(out, '[');
    for (size_t i = 0; i < count && step == GX_STEP_DONE; i++) {
        gx_permit permit;
        if (!gx_permit_find(db, arena, numbers[i], &permit, error))
            return false;
        gx_permit_write(gx_zone_packages(zone), &permit, of->number, gx_clock_now(), out);
    }
    gx_json_out_end(out, ']');
    return step == GX_STEP_DONE;
}

static bool write_letters(gx_db *db, gx_arena *arena, const gx_case *of, gx_json_out *out, gx_error *error)
{
    gx_statement *rows = gx_db_prepare(db, "SELECT id, number, kind, at, content FROM letter WHERE bucket = "
                                           "bucket_of(?1) AND case_id = ?1 ORDER BY id DESC LIMIT 100");
    gx_bind_int(rows, 1, of->id);
    gx_json_out_name(out, "messages");
    gx_json_out_begin(out, '[');
    gx_step step;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        gx_json *content = gx_json_parse(arena, gx_column_copy(arena, rows, 4), GX_TEXT("letter"), error);
        gx_buffer text = gx_buffer_in(arena);
        const gx_json *lines = gx_json_get(content, "rows");
        gx_buffer_text(&text, gx_json_text_of(content, "opening"));
        for (const gx_json *line = lines ? lines->first : NULL; line; line = line->next)
            gx_buffer_format(&text, "%s%.*s: %.*s", text.size ? "\n" : "",
                             GX_PRINT(gx_json_text_of(line, "label")),
                             GX_PRINT(gx_json_text_of(line, "value")));
        gx_buffer_format(&text, "%s%.*s", text.size ? "\n" : "",
                         GX_PRINT(gx_json_text_of(content, "closing")));
        gx_json_out_begin(out, '{');
        gx_json_out_member_text(out, "id", gx_format(arena, "%lld", (long long)gx_column_int(rows, 0)));
        gx_json_out_member_text(out, "number", gx_column_text(rows, 1));
        gx_json_out_member_text(out, "kind", gx_column_text(rows, 2));
        gx_json_out_member_text(out, "title", gx_json_text_of(content, "title"));
        gx_json_out_member_text(out, "text", gx_buffer_as_text(&text));
        write_instant(out, "at", gx_column_int(rows, 3));
        gx_json_out_end(out, '}');
    }
    gx_json_out_end(out, ']');
    return step == GX_STEP_DONE;
}

static bool write_incidents(gx_db *db, const gx_case *of, gx_json_out *out, gx_error *error)
{
    gx_statement *rows =
        gx_db_prepare(db, "SELECT id, element, code, detail, at FROM incident WHERE bucket = bucket_of(?1) "
                          "AND case_id = ?1 AND solved_at IS NULL ORDER BY id LIMIT 50");
    gx_bind_int(rows, 1, of->id);
    gx_json_out_name(out, "incidents");
    gx_json_out_begin(out, '[');
    gx_step step;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        gx_json_out_begin(out, '{');
        gx_json_out_member_int(out, "id", gx_column_int(rows, 0));
        gx_json_out_member_text(out, "element", gx_column_text(rows, 1));
        gx_json_out_member_text(out, "code", gx_column_text(rows, 2));
        gx_json_out_member_text(out, "detail", gx_column_text(rows, 3));
        write_instant(out, "at", gx_column_int(rows, 4));
        gx_json_out_end(out, '}');
    }
    gx_json_out_end(out, ']');
    return step == GX_STEP_DONE;
}

static bool write_open_tasks(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_person *person,
                             const gx_case *of, gx_json_out *out, gx_error *error)
{
    int64_t ids[100];
    size_t count = 0;
    gx_statement *rows = gx_db_prepare(db, "SELECT id FROM task WHERE bucket = bucket_of(?1) AND case_id = "
                                           "?1 AND done_at IS NULL ORDER BY id LIMIT 100");
    gx_bind_int(rows, 1, of->id);
    gx_step step;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW)
        ids[count++] = gx_column_int(rows, 0);
    gx_json_out_name(out, "tasks");
    gx_json_out_begin(out, '[');
    for (size_t i = 0; i < count && step == GX_STEP_DONE; i++) {
        gx_task task;
        gx_error ignored = {0};
        if (gx_task_find(zone, db, arena, person, ids[i], &task, &ignored) &&
            gx_task_is_for(gx_zone_packages(zone), person, &task))
            gx_task_write(zone, db, arena, person, &task, of, out);
    }
    gx_json_out_end(out, ']');
    return step == GX_STEP_DONE;
}

static void write_documents(gx_zone *zone, gx_arena *arena, gx_value documents, gx_json_out *out)
{
    const gx_packages *packages = gx_zone_packages(zone);
    gx_json_out_begin(out, '[');
    for (uint32_t i = 0; documents.kind == GX_LIST && i < documents.size; i++) {
        gx_json *document = gx_value_to_json(arena, documents.items[i]);
        const gx_json *row = gx_packages_document(packages, gx_json_text_of(document, "id"));
        static const char *const known[] = {"name",       "nameEn", "tolerable", "tolerateWorkdays",
                                            "commitment", "source"};
        for (size_t k = 0; row && gx_json_is(document, GX_JSON_OBJECT) && k < GX_COUNT_OF(known); k++)
            if (!gx_json_get(document, known[k]) && gx_json_get(row, known[k]))
                gx_json_set(arena, document, known[k], gx_json_copy(arena, gx_json_get(row, known[k])));
        gx_json_out_value(out, document);
    }
    gx_json_out_end(out, ']');
}

bool gx_view_version(gx_db *db, const gx_case *of, int64_t *version, gx_error *error)
{
    return gx_db_get_int(db, error, version, 0,
                         "SELECT max(id) FROM journal WHERE bucket = bucket_of(?1) AND case_id = ?1", "i",
                         of->id);
}

/* Reviewers' variables (results of tasks, decisions) stay inside the house. */
static gx_json *data_for(gx_arena *arena, gx_value variables, bool is_for_applicant)
{
    static const char *const own[] = {"applicant", "project", "documents", "promises"};
    if (!is_for_applicant)
        return gx_value_to_json(arena, variables);
    gx_json *data = gx_json_object(arena);
    for (size_t i = 0; i < GX_COUNT_OF(own); i++) {
        gx_value value;
        if (gx_context_find(variables, gx_text_of(own[i]), &value))
            gx_json_set(arena, data, own[i], gx_value_to_json(arena, value));
    }
    return data;
}

bool gx_view_case(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_person *person, const gx_case *of,
                  gx_language language, int64_t *version, gx_json_out *out, gx_error *error)
{
    gx_value variables;
    bool is_for_applicant = is_applicant_only(person);
    (void)language;
    if (!gx_view_version(db, of, version, error) ||
        !gx_instance_variables(zone, db, arena, of->id, &variables, error))
        return false;
    gx_json_out_begin(out, '{');
    if (!write_facts(zone, db, arena, of, out, error) || !write_clock(zone, db, arena, of, out, error) ||
        !gx_timeline_steps(zone, db, arena, of, out, error))
        return false;
    gx_json_out_name(out, "documents");
    write_documents(zone, arena, gx_context_get(variables, GX_TEXT("documents")), out);
    if (!write_promises(db, of, out, error) || !write_opinions(db, arena, of, is_for_applicant, out, error) ||
        !write_permits(zone, db, arena, of, out, error) || !write_letters(db, arena, of, out, error) ||
        !write_open_tasks(zone, db, arena, person, of, out, error) ||
        (!is_for_applicant && !write_incidents(db, of, out, error)))
        return false;
    gx_value needed = gx_context_get(variables, GX_TEXT("needed"));
    if (needed.kind == GX_LIST) {
        gx_json_out_name(out, "needed");
        gx_json_out_value(out, gx_value_to_json(arena, needed));
    }
    gx_json_out_name(out, "data");
    gx_json_out_value(out, data_for(arena, variables, is_for_applicant));
    int64_t archived = 0;
    if (!gx_db_get_int(db, error, &archived, 0,
                       "SELECT pruned_at FROM cases WHERE bucket = bucket_of(?1) AND id = ?1", "i", of->id))
        return false;
    write_instant(out, "archivedAt", archived); /* then what happened in it stands in the archive */
    gx_json_out_member_int(out, "version", *version);
    gx_json_out_end(out, '}');
    return true;
}

/* ---- A task ---- */

static bool write_trace(gx_db *db, gx_arena *arena, const gx_case *of, gx_language language, gx_json_out *out,
                        gx_error *error)
{
    gx_statement *rows =
        gx_db_prepare(db, "SELECT decision, element, answer, trace FROM decision WHERE bucket = "
                          "bucket_of(?1) AND case_id = ?1 ORDER BY id DESC LIMIT 20");
    gx_bind_int(rows, 1, of->id);
    gx_json_out_name(out, "trace");
    gx_json_out_begin(out, '[');
    gx_step step;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        gx_json *trace = gx_json_parse(arena, gx_column_copy(arena, rows, 3), GX_TEXT("trace"), error);
        gx_json_out_begin(out, '{');
        gx_json_out_member_text(out, "decision", gx_column_text(rows, 0));
        gx_json_out_member_text(out, "name", gx_column_text(rows, 0));
        gx_json_out_member_text(out, "rule", gx_column_text(rows, 1));
        gx_json_out_member_bool(out, "matched", true);
        gx_json_out_member_text(out, "reason",
                                gx_json_text_of(trace, language == GX_LANGUAGE_EN ? "en" : "zh"));
        gx_json_out_name(out, "output");
        gx_json_out_raw(out, gx_column_copy(arena, rows, 2));
        const gx_json *inputs = gx_json_get(trace, "inputs");
        if (inputs) {
            gx_json_out_name(out, "inputs");
            gx_json_out_value(out, inputs);
        }
        gx_json_out_end(out, '}');
    }
    gx_json_out_end(out, ']');
    return step == GX_STEP_DONE;
}

bool gx_view_task(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_person *person, const gx_task *task,
                  gx_language language, gx_json_out *out, gx_error *error)
{
    gx_case of;
    gx_value variables;
    const gx_state *state;
    const gx_bpmn_process *process;
    bool is_for_applicant = is_applicant_only(person);
    if (!gx_case_load(db, arena, task->case_id, &of, error) ||
        !gx_instance_variables(zone, db, arena, of.id, &variables, error) ||
        !gx_instance_read(zone, db, arena, task->instance, &state, &process, NULL, error))
        return false;
    uint32_t node = gx_bpmn_node_of(process, task->element);
    gx_buffer row = gx_buffer_in(arena);
    gx_json_out row_out = gx_json_out_to(&row);
    gx_task_write(zone, db, arena, person, task, &of, &row_out);
    gx_text head = gx_buffer_as_text(&row);
    gx_json *facts = gx_json_parse(arena, head, GX_TEXT("task"), error);
    if (!facts)
        return false;
    gx_json_out_begin(out, '{');
    for (const gx_json *fact = facts->first; fact; fact = fact->next) {
        gx_json_out_name(out, gx_copy_string(arena, fact->name));
        gx_json_out_value(out, fact);
    }
    gx_json_out_name(out, "outcomes");
    gx_json_out_begin(out, '[');
    gx_text rest = task->round           ? GX_TEXT("agree,refuse")
                   : node == GX_NO_INDEX ? (gx_text){"", 0}
                                         : process->nodes[node].outcomes;
    while (rest.size)
        gx_json_out_text(out, gx_text_trim(gx_text_cut(rest, ',', &rest)));
    gx_json_out_end(out, ']');
    const gx_definition *form =
        task->form.size ? gx_packages_find(gx_zone_packages(zone), GX_DEFINITION_FORM, task->form) : NULL;
    gx_json_out_name(out, "form");
    gx_json_out_value(out, form ? form->json : NULL);
    gx_json_out_name(out, "data");
    if (!task->done_at && !is_for_applicant && !gx_state_has_ended(state))
        gx_json_out_value(out, gx_value_to_json(arena, gx_state_variables_at(arena, state, task->key)));
    else
        gx_json_out_value(out, data_for(arena, variables, is_for_applicant));
    gx_json_out_name(out, "documents");
    write_documents(zone, arena, gx_context_get(variables, GX_TEXT("documents")), out);
    gx_json_out_name(out, "checklist");
    write_documents(zone, arena, gx_context_get(variables, GX_TEXT("documents")), out);
    if (!write_opinions(db, arena, &of, is_for_applicant, out, error))
        return false;
    if (!is_for_applicant && !write_trace(db, arena, &of, language, out, error))
        return false;
    write_instant(out, "doneAt", task->done_at);
    if (!is_for_applicant && !gx_office_write_round(db, arena, task, out, error))
        return false;
    gx_json_out_end(out, '}');
    return true;
}

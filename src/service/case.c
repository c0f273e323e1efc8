/* The record of a case: finding, writing, its facts for models, its numbers. What may happen to it:
 * case_acts.c; its clock: case_clock.c. */
#include "service/case_record.h"
#include "base/clock.h"
#include "feel/temporal.h"

#include <stdio.h>

void gx_case_read(gx_arena *arena, gx_statement *row, int first, gx_case *of)
{
    int c = first;
    of->id = gx_column_int(row, c++);
    of->number = gx_column_copy(arena, row, c++);
    of->matter = gx_column_copy(arena, row, c++);
    of->matter_version = gx_column_int(row, c++);
    of->state = gx_column_copy(arena, row, c++);
    of->state_before = gx_column_copy(arena, row, c++);
    of->enterprise = gx_column_copy(arena, row, c++);
    of->applicant = gx_column_copy(arena, row, c++);
    of->project = gx_column_copy(arena, row, c++);
    of->project_id = gx_column_copy(arena, row, c++);
    of->owner = gx_column_copy(arena, row, c++);
    of->channel = gx_column_copy(arena, row, c++);
    of->submitted_by = gx_column_copy(arena, row, c++);
    of->submitted_at = gx_column_int(row, c++);
    of->accepted_at = gx_column_int(row, c++);
    of->is_accepted_by_law = gx_column_int(row, c++) != 0;
    of->due_promised = gx_column_int(row, c++);
    of->due_legal = gx_column_int(row, c++);
    of->extension = gx_column_int(row, c++);
    of->corrections = gx_column_int(row, c++);
    of->lamp = gx_column_copy(arena, row, c++);
    of->level = gx_column_int(row, c++);
    of->overdue_reason = gx_column_copy(arena, row, c++);
    of->next_at = gx_column_is_null(row, c) ? INT64_MAX : gx_column_int(row, c);
    c++;
    of->decided_at = gx_column_int(row, c++);
    of->closed_at = gx_column_int(row, c++);
    of->previous = gx_column_copy(arena, row, c++);
    of->suspended_at = gx_column_int(row, c++);
}

static bool take_row(gx_arena *arena, gx_statement *find, gx_case *found, gx_error *error)
{
    gx_step step = gx_db_step(find, error);
    if (step == GX_STEP_FAILED)
        return false;
    if (step == GX_STEP_DONE)
        return gx_fail(error, "case.absent");
    *found = (gx_case){0};
    gx_case_read(arena, find, 0, found);
    gx_db_reset(find);
    return true;
}

bool gx_case_find(gx_db *db, gx_arena *arena, gx_text number, gx_case *found, gx_error *error)
{
    gx_statement *find =
        gx_db_prepare(db, "SELECT " GX_CASE_COLUMNS
                          " FROM cases c WHERE c.bucket = bucket_of_number(?1) AND c.number = ?1 FOR UPDATE");
    gx_bind_text(find, 1, number);
    return take_row(arena, find, found, error);
}

bool gx_case_load(gx_db *db, gx_arena *arena, int64_t id, gx_case *found, gx_error *error)
{
    gx_statement *find =
        gx_db_prepare(db, "SELECT " GX_CASE_COLUMNS
                          " FROM cases c WHERE c.bucket = bucket_of(?1) AND c.id = ?1 FOR UPDATE");
    gx_bind_int(find, 1, id);
    return take_row(arena, find, found, error);
}

gx_case *gx_work_case(gx_work *work, int64_t id, gx_error *error)
{
    for (gx_case *of = work->cases; of; of = of->next)
        if (of->id == id)
            return of;
    gx_case *of = GX_NEW(work->arena, gx_case);
    if (!gx_case_load(work->db, work->arena, id, of, error))
        return NULL;
    of->next = work->cases;
    work->cases = of;
    return of;
}

const gx_json *gx_case_matter(gx_zone *zone, gx_db *db, const gx_case *of)
{
    gx_error error = {0};
    if (of->matter_version == 0)
        return NULL;
    const gx_definition *matter =
        gx_zone_definition(zone, db, GX_DEFINITION_MATTER, of->matter, of->matter_version, &error);
    return matter ? matter->json : NULL;
}

/* ---- Rights ---- */

static bool load_departments(gx_db *db, gx_arena *arena, int64_t case_id, gx_text **departments,
                             size_t *count, gx_error *error)
{
    enum { MOST = 64 };
    gx_statement *find = gx_db_prepare(
        db, "SELECT department FROM case_department WHERE bucket = bucket_of(?1) AND case_id = ?1 LIMIT 64");
    gx_bind_int(find, 1, case_id);
    *departments = GX_NEW_ARRAY(arena, gx_text, MOST);
    *count = 0;
    gx_step step;
    while ((step = gx_db_step(find, error)) == GX_STEP_ROW && *count < MOST)
        (*departments)[(*count)++] = gx_column_copy(arena, find, 0);
    if (step == GX_STEP_ROW)
        gx_db_reset(find);
    return step != GX_STEP_FAILED;
}

bool gx_case_may(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_person *person, const char *action,
                 const gx_case *of, gx_error *error)
{
    const gx_packages *packages = gx_zone_packages(zone);
    gx_reach reach = gx_may_reach(packages, person, action);
    if (reach == GX_REACH_NONE)
        return gx_fail(error, "case.absent");
    if (reach == GX_REACH_ALL || gx_text_equal(person->login, of->submitted_by))
        return true;
    gx_subject subject = {.enterprise = of->enterprise};
    gx_text *departments;
    if (!load_departments(db, arena, of->id, &departments, &subject.department_count, error))
        return false;
    subject.departments = departments;
    int64_t has_task = 0;
    if (!gx_db_get_int(
            db, error, &has_task, 0,
            "SELECT 1 FROM task WHERE bucket = bucket_of(?1) AND case_id = ?1 AND assignee = ?2 LIMIT 1",
            "it", of->id, person->login))
        return false;
    if (has_task)
        subject.assignee = person->login;
    return gx_may(packages, person, action, &subject) || gx_fail(error, "case.absent");
}

/* ---- Writing ---- */

void gx_case_changed(gx_case *of)
{
    of->is_changed = true;
    of->has_facts = false;
}

void gx_case_set_state(gx_work *work, gx_case *of, const char *state, gx_text why)
{
    of->state = gx_text_of(state);
    gx_case_changed(of);
    gx_journal_add(work, of, (gx_journal_event){.kind = "state", .outcome = of->state, .why = why});
    if (gx_case_is_closed(of))
        of->next_at = INT64_MAX;
}

bool gx_case_is_closed(const gx_case *of)
{
    static const char *const closed[] = {"not_accepted", "granted",   "refused", "withdrawn",
                                         "ended",        "delivered", "closed"};
    for (size_t i = 0; i < GX_COUNT_OF(closed); i++)
        if (gx_text_equal(of->state, gx_text_of(closed[i])))
            return true;
    return false;
}

static void bind_instant(gx_statement *statement, int index, gx_instant instant)
{
    if (instant == 0 || instant == INT64_MAX)
        gx_bind_null(statement, index);
    else
        gx_bind_int(statement, index, instant);
}

bool gx_case_flush(gx_work *work, gx_case *of, gx_error *error)
{
    if (!of->is_changed)
        return true;
    of->is_changed = false;
    gx_statement *update = gx_db_prepare(
        work->db, "UPDATE cases SET state = ?2, state_before = ?3, accepted_at = ?4, is_accepted_by_law = "
                  "?5, due_promised = ?6, due_legal = ?7, extension = ?8, corrections = ?9, lamp = ?10, "
                  "level = ?11, overdue_reason = ?12, next_at = ?13, decided_at = ?14, closed_at = ?15 WHERE "
                  "bucket = bucket_of(?1) AND id = ?1");
    gx_bind(update, "itt", of->id, of->state, of->state_before.bytes ? of->state_before : GX_TEXT(""));
    bind_instant(update, 4, of->accepted_at);
    gx_bind_int(update, 5, of->is_accepted_by_law);
    bind_instant(update, 6, of->due_promised);
    bind_instant(update, 7, of->due_legal);
    gx_bind_int(update, 8, of->extension);
    gx_bind_int(update, 9, of->corrections);
    gx_bind_text(update, 10, of->lamp);
    gx_bind_int(update, 11, of->level);
    gx_bind_text(update, 12, of->overdue_reason);
    bind_instant(update, 13, of->next_at);
    bind_instant(update, 14, of->decided_at);
    bind_instant(update, 15, of->closed_at);
    return gx_db_finish(update, error);
}

void gx_journal_add(gx_work *work, gx_case *of, gx_journal_event event)
{
    struct gx_case_event *entry = GX_NEW(work->arena, struct gx_case_event);
    entry->event = event;
    if (of->events_end)
        of->events_end->next = entry;
    else
        of->events = entry;
    of->events_end = entry;
}

static void write_member(gx_buffer *buffer, char name, gx_text value)
{
    if (value.size == 0)
        return;
    gx_buffer_format(buffer, ",\"%c\":", name);
    gx_json_write_string(buffer, value);
}

gx_text gx_case_take_events(gx_work *work, gx_case *of)
{
    gx_buffer buffer = gx_buffer_in(work->arena);
    gx_buffer_byte(&buffer, '[');
    for (struct gx_case_event *entry = of->events; entry; entry = entry->next) {
        gx_buffer_format(&buffer, "%s{\"k\":\"%s\"", entry == of->events ? "" : ",", entry->event.kind);
        write_member(&buffer, 'e', entry->event.element);
        write_member(&buffer, 'n', entry->event.name);
        write_member(&buffer, 'o', entry->event.outcome);
        write_member(&buffer, 'w', entry->event.why);
        write_member(&buffer, 'f', entry->event.acting_for);
        gx_buffer_byte(&buffer, '}');
    }
    gx_buffer_byte(&buffer, ']');
    of->events = of->events_end = NULL;
    return gx_buffer_as_text(&buffer);
}

/* ---- Facts ---- */

gx_value gx_value_of_day(gx_instant instant)
{
    char text[GX_DAY_SIZE];
    if (instant == 0 || instant == INT64_MAX)
        return gx_value_null();
    gx_text written = gx_day_write(gx_day_of(instant - 1), text);
    int64_t year = 0, month = 0, day = 0;
    gx_text_to_int(gx_text_slice(written, 0, written.size - 6), &year);
    gx_text_to_int(gx_text_slice(written, written.size - 5, written.size - 3), &month);
    gx_text_to_int(gx_text_slice(written, written.size - 2, written.size), &day);
    return gx_value_date((gx_feel_date){(int32_t)year, (uint8_t)month, (uint8_t)day});
}

gx_value gx_case_facts(gx_work *work, gx_case *of)
{
    if (of->has_facts)
        return of->facts;
    gx_context_builder facts = gx_context_begin(work->arena, 16);
    gx_context_set(&facts, GX_TEXT("number"), gx_value_text(of->number));
    gx_context_set(&facts, GX_TEXT("matter"), gx_value_text(of->matter));
    const gx_json *matter = gx_case_matter(work->zone, work->db, of);
    gx_context_set(&facts, GX_TEXT("matterName"),
                   gx_value_text(matter ? gx_json_text_of(matter, "name") : of->matter));
    const gx_json *cooperating = gx_json_get(matter, "cooperating");
    gx_context_set(&facts, GX_TEXT("owner"), gx_value_text(of->owner));
    gx_context_set(&facts, GX_TEXT("cooperating"),
                   cooperating ? gx_value_from_json(work->arena, cooperating) : gx_value_list(NULL, 0));
    gx_text unit = gx_json_text_of(gx_json_get(matter, "promisedLimit"), "unit");
    gx_context_set(&facts, GX_TEXT("isImmediate"),
                   gx_value_boolean(gx_text_equal(unit, GX_TEXT("immediate"))));
    gx_context_set(&facts, GX_TEXT("state"), gx_value_text(of->state));
    gx_context_set(&facts, GX_TEXT("enterprise"), gx_value_text(of->enterprise));
    gx_context_set(&facts, GX_TEXT("submittedBy"), gx_value_text(of->submitted_by));
    gx_context_set(&facts, GX_TEXT("submittedAt"), gx_value_of_day(of->submitted_at + 1));
    gx_context_set(&facts, GX_TEXT("today"), gx_value_of_day(work->now + 1));
    gx_context_set(&facts, GX_TEXT("corrections"), gx_value_int(of->corrections));
    gx_context_set(&facts, GX_TEXT("isAccepted"), gx_value_boolean(of->accepted_at != 0));
    gx_context_set(&facts, GX_TEXT("isAcceptedByLaw"), gx_value_boolean(of->is_accepted_by_law));
    gx_context_set(&facts, GX_TEXT("isExtended"), gx_value_boolean(of->extension > 0));
    gx_context_set(&facts, GX_TEXT("acceptedAt"),
                   of->accepted_at ? gx_value_of_day(of->accepted_at + 1) : gx_value_null());
    gx_context_set(&facts, GX_TEXT("dueLegal"), gx_value_of_day(of->due_legal));
    gx_context_set(&facts, GX_TEXT("duePromised"), gx_value_of_day(of->due_promised));
    if (of->accepted_at) { /* before acceptance there is nothing to count, and starting a case stays cheap */
        int64_t open = 0;
        gx_clock_reading reading;
        gx_error ignored = {0};
        if (gx_promise_open(work->db, of->id, &open, &ignored))
            gx_context_set(&facts, GX_TEXT("openTolerances"), gx_value_int(open));
        if (gx_case_clock(work->zone, work->db, work->arena, of, work->now, &reading, &ignored)) {
            gx_context_set(&facts, GX_TEXT("usedDays"), gx_value_int(reading.used));
            gx_context_set(&facts, GX_TEXT("daysLeft"), gx_value_int(reading.left));
            gx_context_set(&facts, GX_TEXT("isStopped"), gx_value_boolean(reading.is_stopped));
        }
    }
    gx_entry entry = {GX_TEXT("case"), gx_context_end(&facts)};
    of->facts = gx_value_context(work->arena, gx_copy_bytes(work->arena, &entry, sizeof entry), 1);
    of->has_facts = true;
    return of->facts;
}

/* ---- Numbers ---- */

/* A sequence that was counted on in this transaction is locked until its end: the number is known, and only
 * has to be written. */
static bool recall_number(const gx_db *db, gx_text sequence, int64_t *number)
{
    if (!gx_db_recall(db, sequence, number, sizeof *number))
        return false;
    ++*number;
    return true;
}

bool gx_number_next(gx_db *db, gx_text sequence, int64_t *number, gx_error *error)
{
    if (recall_number(db, sequence, number)) {
        gx_db_remember(db, sequence, number, sizeof *number);
        return gx_db_run(db, error, "UPDATE number SET last = last + 1 WHERE name = ?1", "t", sequence);
    }
    gx_statement *next = gx_db_prepare(db, "INSERT INTO number (name, last) VALUES (?1, 1) ON CONFLICT "
                                           "(name) DO UPDATE SET last = number.last + 1 RETURNING last");
    gx_bind_text(next, 1, sequence);
    if (gx_db_step(next, error) != GX_STEP_ROW)
        return false;
    *number = gx_column_int(next, 0);
    gx_db_remember(db, sequence, number, sizeof *number);
    return gx_db_step(next, error) == GX_STEP_DONE;
}

bool gx_number_next_two(gx_db *db, const gx_text sequences[2], int64_t numbers[2], gx_error *error)
{
    if (recall_number(db, sequences[0], &numbers[0]) && recall_number(db, sequences[1], &numbers[1])) {
        for (int i = 0; i < 2; i++)
            gx_db_remember(db, sequences[i], &numbers[i], sizeof numbers[i]);
        return gx_db_run(db, error, "UPDATE number SET last = last + 1 WHERE name IN (?1, ?2)", "tt",
                         sequences[0], sequences[1]);
    }
    gx_statement *next =
        gx_db_prepare(db, "INSERT INTO number (name, last) VALUES (?1, 1), (?2, 1) ON CONFLICT (name) DO "
                          "UPDATE SET last = number.last + 1 RETURNING name, last");
    gx_bind(next, "tt", sequences[0], sequences[1]);
    for (int i = 0; i < 2; i++) {
        if (gx_db_step(next, error) != GX_STEP_ROW)
            return false;
        int which = gx_text_equal(gx_column_text(next, 0), sequences[0]) ? 0 : 1;
        numbers[which] = gx_column_int(next, 1);
        gx_db_remember(db, sequences[which], &numbers[which], sizeof numbers[which]);
    }
    return gx_db_step(next, error) == GX_STEP_DONE;
}

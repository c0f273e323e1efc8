/* A new case: what the applicant sent is checked, completed with what the zone knows, numbered, and its
 * process started. */
#include "service/case_record.h"
#include "service/file.h"
#include "service/form.h"
#include "service/letter.h"
#include "service/notice.h"
#include "service/register.h"
#include "service/repair.h"

#include <stdio.h>

typedef struct submission {
    gx_work *work;
    const gx_application *application;
    const gx_definition *matter; /* NULL: a bare process */
    gx_text process;
    gx_json *data;
    gx_case *of;
    int64_t receipt; /* of its sequence: a matter's cases have one each */
} submission;

static const char *const own_names[] = {"applicant", "project", "documents", "promises"};

static bool is_own_name(gx_text name)
{
    for (size_t i = 0; i < GX_COUNT_OF(own_names); i++)
        if (gx_text_equal(name, gx_text_of(own_names[i])))
            return true;
    return false;
}

static bool find_process(submission *s, gx_error *error)
{
    gx_work *work = s->work;
    gx_text id = s->application->matter;
    s->matter = gx_packages_find(work->packages, GX_DEFINITION_MATTER, id);
    if (s->matter) {
        s->process = gx_json_text_of(s->matter->json, "process");
        if (s->process.size == 0 || !gx_json_bool_of(s->matter->json, "apply", false))
            return gx_fail(error, "case.matter.closed", id);
    } else {
        s->process = id;
        bool is_known = gx_packages_find(work->packages, GX_DEFINITION_PROCESS, id) != NULL;
        /* a process without a matter is the zone's own affair: whoever may not start it learns nothing of it
         */
        if (!is_known ||
            (work->person && gx_may_reach(work->packages, work->person, "process.start") == GX_REACH_NONE))
            return gx_fail(error, "case.matter.absent", id);
    }
    return gx_packages_find(work->packages, GX_DEFINITION_PROCESS, s->process) ||
           gx_fail(error, "case.process.absent", s->process);
}

static bool check_enterprise(submission *s, gx_error *error)
{
    const gx_person *person = s->work->person;
    gx_text enterprise = s->application->enterprise;
    if (!person || enterprise.size == 0 || gx_person_has_enterprise(person, enterprise))
        return true;
    gx_reach reach = gx_may_reach(s->work->packages, person, "case.create");
    return reach >= GX_REACH_DEPARTMENT || gx_fail(error, "case.enterprise", enterprise);
}

/* A case that begins anew says which one it follows: one's own. */
static bool check_previous(submission *s, gx_error *error)
{
    gx_case previous;
    if (s->application->previous.size == 0)
        return true;
    return gx_case_find(s->work->db, s->work->arena, s->application->previous, &previous, error) &&
           (!s->work->person || gx_case_may(s->work->zone, s->work->db, s->work->arena, s->work->person,
                                            "case.read", &previous, error));
}

/* ---- What was sent ---- */

static bool check_data(submission *s, gx_error *error)
{
    gx_arena *arena = s->work->arena;
    if (!gx_json_is(s->application->data, GX_JSON_OBJECT))
        return gx_fail_at(error, "case.data.type", ((gx_place){GX_TEXT("/data"), 0, 0}), GX_TEXT("data"),
                          GX_TEXT("object"));
    s->data = gx_json_copy(arena, s->application->data);
    if (!s->matter) {
        gx_json_remove(s->data, "case");
        return true;
    }
    static const struct {
        const char *name;
        gx_json_kind kind;
        const char *kind_name;
    } shapes[] = {{"applicant", GX_JSON_OBJECT, "object"},
                  {"project", GX_JSON_OBJECT, "object"},
                  {"documents", GX_JSON_ARRAY, "array"},
                  {"promises", GX_JSON_ARRAY, "array"}};
    for (size_t i = 0; i < GX_COUNT_OF(shapes); i++) {
        const gx_json *member = gx_json_get(s->data, shapes[i].name);
        if (!gx_json_is_nothing(member) && !gx_json_is(member, shapes[i].kind))
            return gx_fail_at(error, "case.data.type",
                              ((gx_place){gx_format(arena, "/%s", shapes[i].name), 0, 0}),
                              gx_text_of(shapes[i].name), gx_text_of(shapes[i].kind_name));
    }
    gx_text form_id = gx_json_text_of(s->matter->json, "form");
    const gx_definition *form =
        form_id.size ? gx_packages_find(s->work->packages, GX_DEFINITION_FORM, form_id) : NULL;
    if (form)
        return gx_form_check(arena, form->json, s->data, own_names, GX_COUNT_OF(own_names), error);
    for (const gx_json *member = s->data->first; member; member = member->next)
        if (!is_own_name(member->name))
            return gx_fail_at(error, "case.data.unknown",
                              ((gx_place){gx_format(arena, "/%.*s", GX_PRINT(member->name)), 0, 0}),
                              member->name);
    return true;
}

/* The applicant is who the register says, not who the request says. */
static void complete_applicant(submission *s)
{
    gx_arena *arena = s->work->arena;
    gx_json *applicant = gx_json_get(s->data, "applicant");
    if (!gx_json_is(applicant, GX_JSON_OBJECT))
        applicant = gx_json_set(arena, s->data, "applicant", gx_json_object(arena));
    gx_text enterprise = s->application->enterprise;
    gx_json_set_text(arena, applicant, "enterpriseId", enterprise);
    const gx_json *record =
        enterprise.size ? gx_register_find(s->work->db, arena, GX_TEXT("enterprise"), enterprise) : NULL;
    static const char *const known[] = {"name", "uscc", "credit"};
    for (size_t i = 0; record && i < GX_COUNT_OF(known); i++) {
        const gx_json *value = gx_json_get(record, known[i]);
        if (!gx_json_is_nothing(value))
            gx_json_set(arena, applicant, known[i], gx_json_copy(arena, value));
        else if (i == 2)
            gx_json_remove(applicant, known[i]);
    }
}

static gx_text document_id(const gx_json *entry)
{
    return gx_json_is(entry, GX_JSON_STRING) ? entry->text : gx_json_text_of(entry, "id");
}

static bool take_file(submission *s, gx_json *document, gx_text draft, gx_error *error)
{
    gx_text id = gx_json_text_of(document, "file");
    gx_file file;
    if (id.size == 0)
        return true;
    bool is_there = gx_file_find(s->work->db, s->work->arena, id, &file, error);
    if (!is_there || !(file.case_number.size == 0 || gx_text_equal(file.case_number, draft)) ||
        (s->work->person && file.case_number.size == 0 && !gx_text_equal(file.by, s->work->person->login)))
        return gx_fail(error, "case.file", id);
    gx_json_set_text(s->work->arena, document, "fileName", file.name);
    gx_json_set_text(s->work->arena, document, "hash", file.sha256);
    gx_json_set_int(s->work->arena, document, "size", file.size);
    return gx_db_run(s->work->db, error, "UPDATE file SET case_number = ?2 WHERE id = ?1", "tt", id,
                     s->of->number);
}

/* What the applicant gave; then what the zone has by itself (source "shared"), which is never asked; then
 * what is missing. */
static bool complete_documents(submission *s, gx_text draft, gx_error *error)
{
    gx_arena *arena = s->work->arena;
    gx_json *documents = gx_json_get(s->data, "documents");
    if (!gx_json_is(documents, GX_JSON_ARRAY))
        documents = gx_json_set(arena, s->data, "documents", gx_json_array(arena));
    gx_map given = gx_map_in(arena);
    for (gx_json *document = documents->first; document; document = document->next) {
        gx_text id = gx_json_text_of(document, "id"), state = gx_json_text_of(document, "state");
        if (id.size == 0 || gx_map_put(&given, id, document))
            return gx_fail(error, "case.document.state", id, GX_TEXT("twice"));
        const gx_json *row = gx_packages_document(s->work->packages, id);
        bool has_file = gx_json_text_of(document, "file").size > 0;
        bool is_shared = gx_text_equal(gx_json_text_of(row, "source"), GX_TEXT("shared"));
        bool is_form =
            gx_json_bool_of(row, "isForm", false); /* the application form is given by being filled in */
        if (is_shared)
            state = GX_TEXT("shared");
        else if (is_form)
            state = GX_TEXT("given");
        else if (state.size == 0)
            state = has_file ? GX_TEXT("given") : GX_TEXT("missing");
        bool is_allowed =
            is_shared || is_form || gx_text_equal(state, GX_TEXT("missing")) ||
            (gx_text_equal(state, GX_TEXT("given")) && has_file) ||
            (gx_text_equal(state, GX_TEXT("tolerated")) && gx_json_bool_of(row, "tolerable", false)) ||
            (gx_text_equal(state, GX_TEXT("promised")) && gx_json_bool_of(row, "commitment", false));
        if (!is_allowed)
            return gx_fail(error, "case.document.state", id, state);
        gx_json_set_text(arena, document, "state", state);
        if (!take_file(s, document, draft, error))
            return false;
    }
    const gx_json *wanted = gx_json_get(s->matter->json, "documents");
    for (const gx_json *entry = wanted ? wanted->first : NULL; entry; entry = entry->next) {
        gx_text id = document_id(entry);
        if (gx_map_get(&given, id))
            continue;
        const gx_json *row = gx_packages_document(s->work->packages, id);
        bool is_shared = gx_text_equal(gx_json_text_of(row, "source"), GX_TEXT("shared"));
        bool is_form = gx_json_bool_of(row, "isForm", false);
        gx_json *document = gx_json_append(documents, gx_json_object(arena));
        gx_json_set_text(arena, document, "id", id);
        gx_json_set_text(arena, document, "state",
                         is_form     ? GX_TEXT("given")
                         : is_shared ? GX_TEXT("shared")
                                     : GX_TEXT("missing"));
    }
    return true;
}

/* ---- The record ---- */

static bool number_case(submission *s, gx_error *error)
{
    gx_work *work = s->work;
    int year = gx_day_year(gx_day_of(work->now));
    int64_t numbers[2] = {0};
    const gx_text sequences[2] = {gx_format(work->arena, "case/%d", year),
                                  gx_letter_sequence(work->arena, "receipt", work->now)};
    if (!(s->matter ? gx_number_next_two(work->db, sequences, numbers, error)
                    : gx_number_next(work->db, sequences[0], &numbers[0], error)))
        return false;
    s->of->number = gx_format(work->arena, "GX-%d-%06lld", year, (long long)numbers[0]);
    s->receipt = numbers[1];
    return true;
}

static bool insert_case(submission *s, gx_error *error)
{
    gx_work *work = s->work;
    bool is_held;
    if (!gx_repair_process_is_held(work, s->process, &is_held, error))
        return false;
    if (is_held)
        return gx_fail(error, "case.process.held", s->process);
    gx_case *of = s->of;
    const gx_json *applicant = gx_json_get(s->data, "applicant"), *project = gx_json_get(s->data, "project");
    *of = (gx_case){.number = of->number,
                    .matter = s->application->matter,
                    .matter_version = s->matter ? (s->matter->version ? s->matter->version : 1) : 0,
                    .state = GX_TEXT("submitted"),
                    .state_before = GX_TEXT(""),
                    .enterprise = s->application->enterprise,
                    .lamp = GX_TEXT("green"),
                    .overdue_reason = GX_TEXT(""),
                    .next_at = INT64_MAX,
                    .submitted_at = work->now,
                    .is_new = true};
    of->applicant = gx_json_text_of(applicant, "name");
    of->project = gx_json_text_of(project, "name");
    of->project_id = gx_json_text_of(project, "id");
    of->owner = s->matter ? gx_json_text_of(s->matter->json, "owner") : GX_TEXT("");
    of->channel = s->application->channel.size ? s->application->channel : GX_TEXT("web");
    of->submitted_by = work->person ? work->person->login : GX_TEXT("");
    of->previous = s->application->previous.bytes ? s->application->previous : GX_TEXT("");
    if (!gx_db_insert(work->db, error, &of->id,
                      "INSERT INTO cases (bucket, id, number, matter, matter_version, state, enterprise, "
                      "applicant, project, project_id, owner, channel, submitted_by, submitted_at, "
                      "previous) VALUES (bucket_of_number(?1), new_id('cases', bucket_of_number(?1)), ?1, "
                      "?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) RETURNING id",
                      "ttittttttttit", of->number, of->matter, of->matter_version, of->state,
                      of->enterprise.bytes ? of->enterprise : GX_TEXT(""), of->applicant, of->project,
                      of->project_id, of->owner, of->channel, of->submitted_by, of->submitted_at,
                      of->previous))
        return false;
    of->next = work->cases;
    work->cases = of;
    if (of->enterprise.bytes == NULL)
        of->enterprise = GX_TEXT("");
    if (of->owner.size &&
        !gx_db_run(work->db, error,
                   "INSERT INTO case_department (bucket, department, case_id) VALUES (bucket_of(?2), ?1, ?2)",
                   "ti", of->owner, of->id))
        return false;
    if (s->application->business_key.size &&
        !gx_db_run(work->db, error,
                   "INSERT INTO case_key (bucket, case_id, business_key) VALUES (bucket_of(?1), ?1, ?2)",
                   "it", of->id, s->application->business_key))
        return false;
    if (of->project.size + of->applicant.size == 0)
        return true;
    gx_text words[] = {of->number, of->project, of->applicant};
    return gx_words_put(work->db, work->arena, GX_WORDS("case_words"), of->id, (gx_text){"", 0},
                        gx_join(work->arena, words, 3, GX_TEXT(" ")), error);
}

static bool tell(submission *s, gx_error *error)
{
    gx_letter letter;
    if (!s->matter)
        return true;
    if (!gx_letter_make_numbered(s->work, s->of, "receipt", s->receipt, gx_value_null(), &letter, error))
        return false;
    s->of->receipt = letter.number;
    return gx_notify_applicant(
        s->work, &(gx_notice){.event = "submitted", .of = s->of, .letter = letter.id, .rings = true}, error);
}

bool gx_case_submit(gx_work *work, const gx_application *application, gx_case **made, gx_error *error)
{
    submission s = {.work = work, .application = application, .of = GX_NEW(work->arena, gx_case)};
    if (!find_process(&s, error) || !check_enterprise(&s, error) || !check_previous(&s, error) ||
        !check_data(&s, error) || !number_case(&s, error))
        return false;
    if (s.matter) {
        complete_applicant(&s);
        if (!complete_documents(&s, application->draft, error))
            return false;
    }
    if (!insert_case(&s, error))
        return false;
    gx_journal_add(work, s.of,
                   (gx_journal_event){.kind = "submitted", .name = s.of->matter, .outcome = s.of->channel});
    *made = s.of;
    return gx_instance_start_at(work, s.of, s.process, s.matter ? 0 : application->version,
                                s.matter || !application->start.bytes ? GX_TEXT("") : application->start,
                                gx_value_from_json(work->arena, s.data), error) &&
           tell(&s, error);
}

/* The zone on a store of its own, with the packages as they are shipped. Expected lamps and needed matters
 * are those of the zone's acceptance data, found by GX_SHARED; without it these two are skipped and say so.
 */
#include "service/audit.h"
#include "service/lamp.h"
#include "service/needed.h"
#include "service/register.h"
#include "service/sample.h"
#include "base/file.h"
#include "base/limits.h"
#include "../address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static gx_zone *zone;
static gx_packages *packages;
static gx_arena arena;
static char folder[] = "/tmp/gx-zone-XXXXXX";

static int set_up(void **state)
{
    (void)state;
    gx_error error = {0};
    gx_findings findings = {0};
    int64_t loaded, records;
    arena = gx_arena_of(GX_LIMIT_MODEL_BYTES);
    assert_non_null(mkdtemp(folder));
    packages = gx_packages_read(GX_PACKAGES, true, &findings, &error);
    assert_non_null(packages);
    if (findings.errors) {
        char sentence[400];
        fail_msg("%s", gx_error_write(&findings.items[0].error, GX_LANGUAGE_EN, sentence, sizeof sentence));
    }
    zone = gx_zone_open(&(gx_zone_options){.data_folder = folder, .database = test_new_address()}, &error);
    if (!zone) {
        char sentence[400];
        fail_msg("%s", gx_error_write(&error, GX_LANGUAGE_EN, sentence, sizeof sentence));
    }
    assert_true(gx_zone_load(zone, packages, &loaded, &error));
    assert_true(loaded > 50);
    assert_true(gx_sample_load(zone, packages, &records, &findings, &error));
    assert_true(records > 3000);
    gx_findings_release(&findings);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    gx_zone_close(zone);
    test_drop_address();
    gx_packages_release(packages);
    const char *command = gx_format(&arena, "rm -rf %s", folder).bytes;
    if (system(command) != 0)
        print_message("# %s stays\n", folder);
    gx_arena_release(&arena);
    return 0;
}

/* expected.json's record of that id; skips the test when it is not there. */
static const gx_json *expected(const char *id)
{
    const char *shared = getenv("GX_SHARED");
    const char *path = gx_format(&arena, "%s/zone/expected.json", shared ? shared : "../shared").bytes;
    gx_text source;
    if (!gx_file_exists(path)) {
        print_message("# skipped: %s is not there\n", path);
        skip();
    }
    assert_true(gx_file_read(&arena, path, GX_LIMIT_FILE_BYTES, &source, NULL));
    const gx_json *json = gx_json_parse(&arena, source, gx_text_of(path), NULL);
    for (const gx_json *record = gx_json_get(json, "records")->first; record; record = record->next)
        if (gx_text_equal(gx_json_text_of(record, "id"), gx_text_of(id)))
            return record;
    fail_msg("no %s", id);
    return NULL;
}

static bool read_lamps(gx_db *db, gx_arena *unused, void *context, gx_error *error)
{
    (void)unused;
    *(gx_json **)context = gx_project_lamps(zone, db, &arena, GX_LANGUAGE_ZH, GX_TEXT("2026-11-23"), error);
    return *(gx_json **)context != NULL;
}

static void every_project_has_the_lamp_of_the_acceptance_data(void **state)
{
    (void)state;
    const gx_json *wanted = gx_json_get(expected("lamps"), "projects");
    gx_json *lamps = NULL;
    gx_error error = {0};
    assert_true(gx_store_read(gx_zone_store(zone), read_lamps, &lamps, &error));
    assert_int_equal(gx_json_int_of(lamps, "total", 0), 125);
    for (const gx_json *item = gx_json_get(lamps, "items")->first; item; item = item->next) {
        gx_text lamp =
            gx_json_text(gx_json_at(gx_json_get_text_name(wanted, gx_json_text_of(item, "id")), 0));
        if (!gx_text_equal(gx_json_text_of(item, "lamp"), lamp))
            fail_msg("%.*s: %.*s instead of %.*s", GX_PRINT(gx_json_text_of(item, "id")),
                     GX_PRINT(gx_json_text_of(item, "lamp")), GX_PRINT(lamp));
    }
    assert_string_equal(gx_json_text(gx_json_path(lamps, "opening.ratePct")).bytes, "93.6");
}

static bool read_project(gx_db *db, gx_arena *unused, void *context, gx_error *error)
{
    gx_json **record = context;
    (void)unused;
    *record = gx_register_get(db, &arena, GX_TEXT("project"), gx_json_text(*record), NULL, error);
    return *record != NULL;
}

static void each_project_needs_the_matters_of_the_acceptance_data(void **state)
{
    (void)state;
    const gx_json *wanted = gx_json_get(expected("neededMatters"), "projects");
    size_t compared = 0;
    for (const gx_json *project = wanted->first; project; project = project->next, compared++) {
        gx_json *record = gx_json_string(&arena, project->name);
        gx_error error = {0};
        assert_true(gx_store_read(gx_zone_store(zone), read_project, &record, &error));
        gx_needed_matter *needed;
        size_t count;
        assert_true(gx_needed_find(&arena, packages, gx_value_from_json(&arena, record), GX_LANGUAGE_ZH,
                                   &needed, &count, &error));
        const gx_json *next = project->first;
        for (size_t i = 0; i < count; i++) {
            if (needed[i].is_needed != GX_NEED_YES)
                continue;
            if (!next || !gx_text_equal(needed[i].matter->id, gx_json_text(next)))
                fail_msg("%.*s: %.*s", GX_PRINT(project->name), GX_PRINT(needed[i].matter->id));
            next = next->next;
        }
        if (next)
            fail_msg("%.*s lacks %.*s", GX_PRINT(project->name), GX_PRINT(gx_json_text(next)));
    }
    assert_int_equal(compared, 116);
}

static void a_fact_that_is_not_known_makes_a_matter_unclear(void **state)
{
    (void)state;
    gx_needed_matter *needed;
    size_t count, unclear = 0;
    gx_error error = {0};
    assert_true(gx_needed_find(&arena, packages, gx_value_from_json(&arena, gx_json_object(&arena)),
                               GX_LANGUAGE_EN, &needed, &count, &error));
    for (size_t i = 0; i < count; i++) {
        unclear += needed[i].is_needed == GX_NEED_UNCLEAR;
        assert_int_not_equal(needed[i].is_needed, GX_NEED_NO);
    }
    assert_true(unclear > 15);
}

static void loading_what_is_in_force_changes_nothing(void **state)
{
    (void)state;
    int64_t loaded = -1, records = -1;
    gx_error error = {0};
    gx_findings findings = {0};
    assert_true(gx_zone_load(zone, packages, &loaded, &error));
    assert_int_equal(loaded, 0);
    assert_true(gx_sample_load(zone, packages, &records, &findings, &error));
    assert_int_equal(records, 0);
    gx_findings_release(&findings);
}

static bool read_old_version(gx_db *db, gx_arena *unused, void *context, gx_error *error)
{
    (void)unused;
    const gx_definition **found = context;
    *found = gx_zone_definition(zone, db, GX_DEFINITION_LETTER, GX_TEXT("test-letter"), 1, error);
    return *found != NULL;
}

static void an_old_version_stays_at_hand_for_running_cases(void **state)
{
    (void)state;
    int64_t loaded;
    gx_error error = {0};
    gx_findings findings = {0};
    static const char *const sources[] = {"{\"kind\": \"one\"}", "{\"kind\": \"two\"}"};
    for (size_t i = 0; i < 2; i++) {
        gx_packages *added = gx_packages_create();
        gx_packages_add(added, GX_DEFINITION_LETTER, GX_TEXT("test"), GX_TEXT("letters/test-letter.json"),
                        GX_TEXT("test-letter"), 0, gx_text_of(sources[i]), &findings);
        assert_true(gx_zone_load(zone, added, &loaded, &error));
        assert_int_equal(loaded, 1);
        gx_packages_release(added);
    }
    const gx_definition *now = gx_packages_find(gx_zone_packages(zone), GX_DEFINITION_LETTER,
                                                GX_TEXT("test-letter")),
                        *before = NULL;
    assert_int_equal(now->version, 2);
    assert_string_equal(gx_json_text_of(now->json, "kind").bytes, "two");
    assert_true(gx_store_read(gx_zone_store(zone), read_old_version, &before, &error));
    assert_string_equal(gx_json_text_of(before->json, "kind").bytes, "one");
    gx_findings_release(&findings);
}

/* In the middle of a command and of a reading, where the readers of the pool may all be busy. */
static bool look_up_all(gx_db *db, gx_arena *unused, void *context, gx_error *error)
{
    (void)db, (void)unused, (void)error;
    int *compiled = context;
    const gx_definition *d;
    for (size_t i = 0; (d = gx_packages_next(gx_zone_packages(zone), GX_DEFINITION_PROCESS, &i));)
        *compiled += d->process && d->source.size && !d->is_put_off;
    for (size_t i = 0; (d = gx_packages_next(gx_zone_packages(zone), GX_DEFINITION_DECISION, &i));)
        *compiled += d->dmn != NULL;
    return true;
}

static void a_definition_is_compiled_when_it_is_looked_up(void **state)
{
    (void)state;
    gx_error error = {0};
    int writing = 0, reading = 0;
    assert_true(gx_store_write(gx_zone_store(zone), look_up_all, &writing, &error));
    assert_true(gx_store_read(gx_zone_store(zone), look_up_all, &reading, &error));
    assert_in_range(writing, 10, 100);
    assert_int_equal(reading, writing);
}

static bool refuse_source(void *context, gx_arena *own, const gx_definition *definition, gx_text *source, gx_error *error)
{
    (void)own, (void)definition;
    *source = gx_text_of("{\"title\": 1}");
    return --*(int *)context < 0 || gx_fail(error, "db.disk", GX_TEXT("test"));
}

static void what_cannot_be_fetched_is_not_found_and_asked_for_again(void **state)
{
    (void)state;
    gx_findings findings = {0};
    int failures = 2;
    gx_packages *later = gx_packages_create();
    gx_packages_set_fetch(later, refuse_source, &failures);
    gx_packages_add_later(later, GX_DEFINITION_FORM, GX_TEXT("test"), GX_TEXT("forms/f.form.json"), GX_TEXT("f"), 1, (gx_text){NULL, 0}, GX_TEXT("00"), &findings);
    assert_null(gx_packages_find(later, GX_DEFINITION_FORM, GX_TEXT("f")));
    assert_null(gx_packages_find(later, GX_DEFINITION_FORM, GX_TEXT("f")));
    const gx_definition *found = gx_packages_find(later, GX_DEFINITION_FORM, GX_TEXT("f"));
    assert_non_null(found);
    assert_non_null(found->json);
    assert_ptr_equal(gx_packages_find(later, GX_DEFINITION_FORM, GX_TEXT("f")), found);
    gx_packages_release(later);
    gx_findings_release(&findings);
}

static void the_stamp_of_a_folder_tells_every_change(void **state)
{
    (void)state;
    gx_arena own = gx_arena_of(GX_MIB);
    gx_error error = {0};
    char below[] = "/tmp/gx-stamp-XXXXXX";
    uint64_t stamps[5];
    assert_non_null(mkdtemp(below));
    const char *file = gx_format(&own, "%s/a/b.json", below).bytes, *other = gx_format(&own, "%s/a/c.json", below).bytes;
    assert_true(gx_file_make_folder(gx_format(&own, "%s/a", below).bytes, &error));
    assert_true(gx_file_stamp(&own, below, &stamps[0], &error));
    assert_true(gx_file_write(file, GX_TEXT("{}"), &error) && gx_file_stamp(&own, below, &stamps[1], &error));
    assert_true(gx_file_write(file, GX_TEXT("[]"), &error) && gx_file_stamp(&own, below, &stamps[2], &error)); /* as long as before */
    assert_int_equal(rename(file, other), 0);
    assert_true(gx_file_stamp(&own, below, &stamps[3], &error) && gx_file_stamp(&own, below, &stamps[4], &error));
    for (int i = 0; i < 3; i++)
        assert_true(stamps[i] != stamps[i + 1]);
    assert_true(stamps[3] == stamps[4]);
    int64_t known = -1;
    assert_true(gx_zone_stamp(zone, below, &known, &error));
    assert_int_equal(known, 0);
    assert_true(gx_zone_set_stamp(zone, below, 7, &error) && gx_zone_set_stamp(zone, below, 8, &error) && gx_zone_stamp(zone, below, &known, &error));
    assert_int_equal(known, 8);
    assert_int_equal(system(gx_format(&own, "rm -r %s", below).bytes), 0);
    gx_arena_release(&own);
}

static void broken_references_are_found_with_their_place(void **state)
{
    (void)state;
    gx_findings findings = {0};
    gx_packages *broken = gx_packages_create();
    gx_packages_add(
        broken, GX_DEFINITION_MATTER, GX_TEXT("x"), GX_TEXT("matters/X1.json"), GX_TEXT("X1"), 0,
        GX_TEXT("{\"id\": \"X1\", \"name\": \"n\", \"nameEn\": \"n\",\n \"form\": \"absent\",\n \"process\": "
                "\"absent\", \"documents\": [\"F99\"], \"neededWhen\": \"projct.x > 1\"}"),
        &findings);
    gx_packages_check(broken, NULL, 0, &findings);
    static const struct {
        const char *code;
        int32_t line;
    } wanted[] = {{"feel.name.unknown", 3},
                  {"package.reference", 3},
                  {"package.reference", 2},
                  {"package.reference", 3}};
    assert_int_equal(findings.count, GX_COUNT_OF(wanted));
    for (size_t i = 0; i < findings.count; i++) {
        assert_string_equal(findings.items[i].error.path, "matters/X1.json");
        assert_int_equal(findings.items[i].error.line, wanted[i].line);
        if (i > 0)
            assert_string_equal(findings.items[i].error.code, wanted[i].code);
    }
    gx_packages_release(broken);
    gx_findings_release(&findings);
}

typedef struct put {
    const char *json;
    int64_t version;
} put;

static bool put_department(gx_db *db, gx_arena *work, void *context, gx_error *error)
{
    const put *p = context;
    const gx_json *record = gx_json_parse(work, gx_text_of(p->json), (gx_text){"", 0}, error);
    const gx_definition *d =
        gx_packages_find(gx_zone_packages(zone), GX_DEFINITION_REGISTER, GX_TEXT("grid"));
    return record && gx_register_put(db, work, d, record, p->version, GX_TEXT("test"), error);
}

static void a_record_that_does_not_fit_is_refused_with_a_pointer(void **state)
{
    (void)state;
    static const struct {
        const char *json, *code, *pointer;
    } cases[] = {
        {"{\"id\": \"G99\", \"name\": 5}", "register.type", "/name"},
        {"{\"id\": \"G99\"}", "register.required", "/name"},
        {"{\"id\": \"G99\", \"name\": \"n\", \"colour\": 1}", "register.unknown", "/colour"},
        {"{\"id\": \"G99\", \"name\": \"n\", \"neighbours\": [1, \"x\"]}", NULL, NULL},
    };
    for (size_t i = 0; i < GX_COUNT_OF(cases); i++) {
        gx_error error = {0};
        bool is_put = gx_store_write(gx_zone_store(zone), put_department, &(put){cases[i].json, -1}, &error);
        assert_int_equal(is_put, cases[i].code == NULL);
        if (cases[i].code) {
            assert_string_equal(error.code, cases[i].code);
            assert_string_equal(error.path, cases[i].pointer);
        }
    }
}

static void a_lost_update_is_refused(void **state)
{
    (void)state;
    gx_error error = {0};
    assert_true(gx_store_write(gx_zone_store(zone), put_department,
                               &(put){"{\"id\": \"G98\", \"name\": \"first\"}", -1}, &error));
    assert_true(gx_store_write(gx_zone_store(zone), put_department,
                               &(put){"{\"id\": \"G98\", \"name\": \"second\"}", 1}, &error));
    assert_false(gx_store_write(gx_zone_store(zone), put_department,
                                &(put){"{\"id\": \"G98\", \"name\": \"third\"}", 1}, &error));
    assert_string_equal(error.code, "register.version");
    assert_false(gx_store_write(gx_zone_store(zone), put_department,
                                &(put){"{\"id\": \"G98\", \"name\": \"again\"}", -1}, &error));
    assert_string_equal(error.code, "register.exists");
}

static void a_session_lives_from_sign_in_to_sign_out(void **state)
{
    (void)state;
    gx_session first, second;
    gx_person *person;
    gx_text csrf;
    gx_error error = {0};
    assert_true(
        gx_sign_in(zone, &arena, GX_TEXT("nrb"), GX_TEXT("Sample-2026-04"), GX_TEXT("::1"), &first, &error));
    assert_true(
        gx_sign_in(zone, &arena, GX_TEXT("nrb"), GX_TEXT("Sample-2026-04"), GX_TEXT("::1"), &second, &error));
    assert_string_not_equal(first.token, second.token);
    assert_true(gx_session_find(zone, &arena, gx_text_of(first.token), &person, &csrf, &error));
    assert_non_null(person);
    assert_string_equal(person->department.bytes, "NRB");
    assert_string_equal(csrf.bytes, first.csrf);
    assert_true(gx_sign_out(zone, gx_text_of(first.token), &error));
    assert_true(gx_session_find(zone, &arena, gx_text_of(first.token), &person, &csrf, &error));
    assert_null(person);
    gx_clock_set_offset(31 * 60 * 1000); /* half an hour without a request */
    assert_true(gx_session_find(zone, &arena, gx_text_of(second.token), &person, &csrf, &error));
    assert_null(person);
    gx_clock_set_offset(0);
}

static void wrong_passwords_cost_more_and_more_time(void **state)
{
    (void)state;
    gx_session session;
    gx_error error = {0};
    for (int i = 0; i < 4; i++) {
        assert_false(gx_sign_in(zone, &arena, GX_TEXT("eeb"), GX_TEXT("wrong password"), GX_TEXT("::1"),
                                &session, &error));
        assert_string_equal(error.code, "identity.password");
    }
    assert_false(gx_sign_in(zone, &arena, GX_TEXT("eeb"), GX_TEXT("Sample-2026-07"), GX_TEXT("::1"), &session,
                            &error));
    assert_string_equal(error.code, "identity.slow_down");
    assert_true(gx_sign_in(zone, &arena, GX_TEXT("eeb"), GX_TEXT("Sample-2026-07"), GX_TEXT("192.0.2.7"),
                           &session, &error)); /* the owner, from elsewhere */
    gx_clock_set_offset(60000);
    assert_true(gx_sign_in(zone, &arena, GX_TEXT("eeb"), GX_TEXT("Sample-2026-07"), GX_TEXT("::1"), &session,
                           &error));
    gx_clock_set_offset(0);
}

static void a_name_that_does_not_exist_waits_like_one_that_does(void **state)
{
    (void)state;
    gx_session session;
    for (int i = 0; i < 5; i++) {
        gx_error real = {0}, invented = {0};
        assert_false(gx_sign_in(zone, &arena, GX_TEXT("wab"), GX_TEXT("wrong password"), GX_TEXT("192.0.2.1"),
                                &session, &real));
        assert_false(gx_sign_in(zone, &arena, GX_TEXT("nobody"), GX_TEXT("wrong password"),
                                GX_TEXT("192.0.2.1"), &session, &invented));
        assert_string_equal(real.code, invented.code);
        assert_string_equal(real.code, i < 4 ? "identity.password" : "identity.slow_down");
    }
}

static void rights_reach_as_far_as_the_roles_say(void **state)
{
    (void)state;
    gx_person applicant = {.login = GX_TEXT("a"),
                           .roles = {GX_TEXT("applicant")},
                           .role_count = 1,
                           .enterprises = {GX_TEXT("E1")},
                           .enterprise_count = 1};
    gx_person reviewer = {
        .login = GX_TEXT("r"), .roles = {GX_TEXT("reviewer")}, .role_count = 1, .department = GX_TEXT("NRB")};
    const gx_text departments[] = {GX_TEXT("CHB"), GX_TEXT("NRB")};
    gx_subject own = {.enterprise = GX_TEXT("E1"), .departments = departments, .department_count = 2},
               other = {.enterprise = GX_TEXT("E2"), .departments = departments, .department_count = 1};
    assert_true(gx_may(packages, &applicant, "case.read", &own));
    assert_false(gx_may(packages, &applicant, "case.read", &other));
    assert_true(gx_may(packages, &reviewer, "case.read", &own));
    assert_false(gx_may(packages, &reviewer, "case.read", &other));
    assert_false(gx_may(packages, &applicant, "audit.read", &own));
    assert_false(gx_may(packages, NULL, "case.read", &own));
    assert_false(gx_may(packages, &reviewer, "no.such.action", &own));
}

static bool spoil(gx_db *db, gx_arena *unused, void *context, gx_error *error)
{
    (void)unused, (void)context;
    return gx_db_run(db, error, "UPDATE audit SET detail = 'changed' WHERE seq = 7", "");
}

static void a_changed_audit_entry_is_found(void **state)
{
    (void)state;
    int64_t entries, broken;
    gx_error error = {0};
    assert_true(gx_audit_verify(zone, &entries, &broken, &error));
    assert_true(entries > 10);
    assert_int_equal(broken, 0);
    assert_true(gx_store_write(gx_zone_store(zone), spoil, NULL, &error));
    assert_true(gx_audit_verify(zone, &entries, &broken, &error));
    assert_int_equal(broken, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_project_has_the_lamp_of_the_acceptance_data),
        cmocka_unit_test(each_project_needs_the_matters_of_the_acceptance_data),
        cmocka_unit_test(a_fact_that_is_not_known_makes_a_matter_unclear),
        cmocka_unit_test(loading_what_is_in_force_changes_nothing),
        cmocka_unit_test(an_old_version_stays_at_hand_for_running_cases),
        cmocka_unit_test(a_definition_is_compiled_when_it_is_looked_up),
        cmocka_unit_test(what_cannot_be_fetched_is_not_found_and_asked_for_again),
        cmocka_unit_test(the_stamp_of_a_folder_tells_every_change),
        cmocka_unit_test(broken_references_are_found_with_their_place),
        cmocka_unit_test(a_record_that_does_not_fit_is_refused_with_a_pointer),
        cmocka_unit_test(a_lost_update_is_refused),
        cmocka_unit_test(a_session_lives_from_sign_in_to_sign_out),
        cmocka_unit_test(wrong_passwords_cost_more_and_more_time),
        cmocka_unit_test(a_name_that_does_not_exist_waits_like_one_that_does),
        cmocka_unit_test(rights_reach_as_far_as_the_roles_say),
        cmocka_unit_test(a_changed_audit_entry_is_found),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("zone", tests, set_up, tear_down);
}

/* tests/unit/service/house.h: a zone on a folder of its own, with the packages as shipped, a clock that tests
 * move, and people to act. */
#ifndef GX_TESTS_HOUSE_H
#define GX_TESTS_HOUSE_H

#include "base/clock.h"
#include "base/limits.h"
#include "../address.h"
#include "service/export.h"
#include "service/permit.h"
#include "service/replay.h"
#include "service/sample.h"
#include "service/scheduler.h"
#include "service/task.h"
#include "skill/skill.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <cmocka.h>

#pragma GCC diagnostic ignored "-Wunused-function" /* each test uses what it needs of this house */
#pragma GCC diagnostic ignored "-Wunused-variable"

static gx_zone *zone;
static gx_packages *packages;
static gx_arena arena;
static char folder[] = "/tmp/gx-case-XXXXXX";

static gx_person applicant = {.account = 1,
                              .login = {"company", 7},
                              .name = {"甲", 3},
                              .department = {"", 0},
                              .roles = {{"applicant", 9}},
                              .role_count = 1,
                              .enterprises = {{"E1570", 5}},
                              .enterprise_count = 1};

static gx_person officer(const char *login, const char *department, const char *role)
{
    return (gx_person){.account = 2,
                       .login = gx_text_of(login),
                       .name = gx_text_of(login),
                       .department = gx_text_of(department),
                       .roles = {gx_text_of(role)},
                       .role_count = 1};
}

static void set_clock(const char *text)
{
    gx_instant wanted;
    struct timeval real;
    gettimeofday(&real, NULL);
    assert_true(gx_instant_parse(gx_text_of(text), &wanted));
    gx_clock_set_offset(wanted - ((int64_t)real.tv_sec * 1000 + real.tv_usec / 1000));
}

/* Moves the clock and does what is due by then. */
static int64_t pass_to(const char *text)
{
    gx_error error = {0};
    int64_t done = 0;
    set_clock(text);
    assert_true(gx_scheduler_run_due(zone, &done, &error));
    return done;
}

static void add_process(const char *id, const char *body)
{
    gx_findings findings = {0};
    gx_text source =
        gx_format(&arena,
                  "<definitions xmlns=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" "
                  "xmlns:gx=\"urn:gaoxing:bpmn:1\" id=\"d-%s\" targetNamespace=\"urn:t\">%s</definitions>",
                  id, body);
    gx_text path = gx_format(&arena, "processes/%s.bpmn", id);
    assert_non_null(gx_packages_add(packages, GX_DEFINITION_PROCESS, GX_TEXT("test"), path, gx_text_of(id), 0,
                                    source, &findings));
    if (findings.errors) {
        char sentence[400];
        fail_msg("%s: %s", id,
                 gx_error_write(&findings.items[0].error, GX_LANGUAGE_EN, sentence, sizeof sentence));
    }
    gx_findings_release(&findings);
}

static void open_house(void)
{
    gx_error error = {0};
    gx_findings findings = {0};
    arena = gx_arena_of(GX_LIMIT_MODEL_BYTES);
    assert_non_null(mkdtemp(folder));
    packages = gx_packages_read(GX_PACKAGES, false, &findings, &error);
    assert_non_null(packages);
    gx_findings_release(&findings);
}

static void load_house(void)
{
    gx_error error = {0};
    int64_t loaded;
    set_clock("2026-11-16T09:00:00+08:00");
    zone = gx_zone_open(&(gx_zone_options){.data_folder = folder, .database = test_new_address()}, &error);
    if (!zone) {
        char sentence[400];
        fail_msg("%s", gx_error_write(&error, GX_LANGUAGE_EN, sentence, sizeof sentence));
    }
    assert_true(gx_zone_load(zone, packages, &loaded, &error));
}

static void close_house(void)
{
    gx_zone_close(zone);
    test_drop_address();
    gx_packages_release(packages);
    const char *command = gx_format(&arena, "rm -rf %s", folder).bytes;
    if (system(command) != 0)
        print_message("# %s stays\n", folder);
    gx_arena_release(&arena);
}

/* ---- Acting ---- */

typedef struct act {
    const gx_person *person;
    bool (*run)(gx_work *work, struct act *act, gx_error *error);
    gx_text number, element, outcome, matter, text;
    const char *data; /* JSON */
    gx_error error;
} act;

static bool run_act(gx_db *db, gx_arena *own, void *context, gx_error *error)
{
    act *a = context;
    gx_work work = gx_work_begin(zone, db, own, a->person);
    return a->run(&work, a, error) && gx_work_finish(&work, error);
}

static bool try_act(act *a)
{
    return gx_store_write(gx_zone_store(zone), run_act, a, &a->error);
}

static void do_act(act *a)
{
    char sentence[400];
    if (!try_act(a))
        fail_msg("%s: %s", a->error.code,
                 gx_error_write(&a->error, GX_LANGUAGE_EN, sentence, sizeof sentence));
}

static void refuse_act(act *a, const char *code)
{
    assert_false(try_act(a));
    assert_string_equal(a->error.code, code);
}

static bool submit_case(gx_work *work, act *a, gx_error *error)
{
    gx_json *data = gx_json_parse(work->arena, gx_text_of(a->data), GX_TEXT("data"), error);
    gx_application application = {
        .matter = a->matter,
        .enterprise = a->person && a->person->enterprise_count ? a->person->enterprises[0] : (gx_text){"", 0},
        .data = data};
    gx_case *made;
    if (!data || !gx_case_submit(work, &application, &made, error))
        return false;
    a->number = gx_copy(&arena, made->number);
    return true;
}

static gx_text submit(const gx_person *person, const char *matter, const char *data)
{
    act a = {.person = person, .run = submit_case, .matter = gx_text_of(matter), .data = data};
    do_act(&a);
    return a.number;
}

static bool complete_task(gx_work *work, act *a, gx_error *error)
{
    gx_case of;
    int64_t id = 0;
    if (!gx_case_find(work->db, work->arena, a->number, &of, error) ||
        !gx_db_get_int(work->db, error, &id, 0,
                       "SELECT id FROM task WHERE bucket = bucket_of(?1) AND case_id = ?1 AND element = ?2 "
                       "AND done_at IS NULL AND (department = ?3 OR role = 'applicant') ORDER BY id LIMIT 1",
                       "itt", of.id, a->element, a->person->department))
        return false;
    gx_json *data = a->data ? gx_json_parse(work->arena, gx_text_of(a->data), GX_TEXT("data"), error) : NULL;
    if (a->data && !data)
        return false;
    return gx_task_complete(work, id, 0, a->outcome, data, error);
}

static act completion(const gx_person *person, gx_text number, const char *element, const char *outcome,
                      const char *data)
{
    return (act){.person = person,
                 .run = complete_task,
                 .number = number,
                 .element = gx_text_of(element),
                 .outcome = gx_text_of(outcome),
                 .data = data};
}

static void complete(const gx_person *person, gx_text number, const char *element, const char *outcome,
                     const char *data)
{
    act a = completion(person, number, element, outcome, data);
    do_act(&a);
}

/* ---- Looking ---- */

typedef struct question {
    const char *sql;
    gx_text number;
    int64_t figure;
    gx_text text;
} question;

/* The answer to a question about a case; the SQL is the test's own. */
static bool answer(gx_db *db, gx_arena *own, void *context, gx_error *error)
{
    question *q = context;
    gx_statement *row = gx_db_prepare_built(db, own, gx_text_of(q->sql), error);
    if (!row)
        return false;
    gx_bind_text(row, 1, q->number);
    gx_step step = gx_db_step(row, error);
    if (step == GX_STEP_ROW) {
        q->figure = gx_column_int(row, 0);
        q->text = gx_column_copy(&arena, row, 0);
        gx_db_reset(row);
    }
    return step != GX_STEP_FAILED;
}

static int64_t figure(gx_text number, const char *sql)
{
    question q = {.sql = sql, .number = number};
    gx_error error = {0};
    assert_true(gx_store_read(gx_zone_store(zone), answer, &q, &error));
    return q.figure;
}

static const char *text(gx_text number, const char *sql)
{
    question q = {.sql = sql, .number = number, .text = {"(none)", 6}};
    gx_error error = {0};
    assert_true(gx_store_read(gx_zone_store(zone), answer, &q, &error));
    return gx_copy_string(&arena, q.text);
}

#define OF_CASE "(SELECT id FROM cases WHERE number = ?1)"
static const char *state_of(gx_text number)
{
    return text(number, "SELECT state FROM cases WHERE number = ?1");
}

static const char *due_day(gx_text number)
{
    char day[GX_DAY_SIZE];
    return gx_copy_string(
        &arena,
        gx_day_write(gx_day_of(figure(number, "SELECT due_promised FROM cases WHERE number = ?1") - 1), day));
}

static int64_t notices(gx_text number, const char *event)
{
    return figure(
        number,
        gx_format(&arena, "SELECT count(*) FROM notice WHERE case_number = ?1 AND event = '%s'", event)
            .bytes);
}

/* ---- The journal ---- */

static bool replay_all(gx_db *db, gx_arena *own, void *context, gx_error *error)
{
    int64_t *count = context;
    char text[400];
    for (int64_t id = 0, next;; id = next) {
        gx_replay replay;
        if (!gx_db_get_int(db, error, &next, 0, "SELECT min(id) FROM instance WHERE id > ?1", "i", id))
            return false;
        if (next == 0)
            return true;
        if (!gx_replay_instance(zone, db, own, next, &replay, error))
            return false;
        ++*count;
        if (!replay.is_equal)
            fail_msg("instance %lld, row %lld: %s", (long long)next, (long long)replay.differs_at,
                     replay.reason.code ? gx_error_write(&replay.reason, GX_LANGUAGE_EN, text, sizeof text)
                                        : "other bytes");
    }
}

static void every_instance_can_be_made_again_from_its_journal(void **state)
{
    gx_error error = {0};
    int64_t count = 0;
    (void)state;
    assert_true(gx_store_read(gx_zone_store(zone), replay_all, &count, &error));
    assert_true(count > 0);
}

#endif

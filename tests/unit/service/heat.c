/* The heat of processes: counted behind the work, in slices, from what the journal says. */
#include "house.h"
#include "service/heat.h"
#include "service/repair.h"

static gx_person machine, reviewer;

#define TWO_TASKS(first)                                                                                     \
    "<process id=\"line\" isExecutable=\"true\"><startEvent id=\"s\"/><userTask id=\"" first                 \
    "\" gx:role=\"reviewer\" gx:department=\"D\"/><userTask id=\"two\" gx:role=\"reviewer\" "                \
    "gx:department=\"D\"/><endEvent id=\"e\"/><sequenceFlow id=\"a\" sourceRef=\"s\" "                       \
    "targetRef=\"" first "\"/><sequenceFlow id=\"b\" sourceRef=\"" first                                     \
    "\" targetRef=\"two\"/><sequenceFlow id=\"c\" sourceRef=\"two\" targetRef=\"e\"/></process>"

static int set_up(void **state)
{
    (void)state;
    open_house();
    gx_skills_use(gx_skills, gx_skill_count);
    add_process("line", TWO_TASKS("one"));
    load_house();
    machine = officer("machine", "", "operator");
    reviewer = officer("reviewer", "D", "reviewer");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    close_house();
    return 0;
}

/* On PostgreSQL a slice waits for transactions that began before it, those of other tests on the same server
 * too. */
static void count_all(void)
{
    gx_error error = {0};
    char sentence[400];
    for (int tries = 0; tries < 2000; tries++) {
        for (bool is_behind = true; is_behind;)
            if (!gx_heat_follow(zone, &is_behind, &error))
                fail_msg("%s", gx_error_write(&error, GX_LANGUAGE_EN, sentence, sizeof sentence));
        if (figure(GX_TEXT("x"),
                   "SELECT count(*) FROM journal WHERE ?1 IS NOT NULL AND id > (SELECT max(reached) "
                   "FROM journal_cursor WHERE id = 1)") == 0)
            return;
        usleep(5000);
    }
    fail_msg("the journal is not counted within ten seconds");
}

typedef struct wanted {
    int64_t version;
    const char *element, *from;
    gx_node_figures figures;
    bool is_partial;
} wanted;

static bool read_figures(gx_db *db, gx_arena *own, void *context, gx_error *error)
{
    wanted *w = context;
    gx_process_figures found;
    gx_instant from;
    const gx_definition *d =
        gx_zone_definition(zone, db, GX_DEFINITION_PROCESS, GX_TEXT("line"), w->version, error);
    assert_non_null(d);
    assert_true(gx_instant_parse(gx_text_of(w->from), &from));
    if (!gx_heat_read(db, own, d, gx_day_of(from), &found, error))
        return false;
    w->figures = found.nodes[gx_bpmn_node_of(d->process, gx_text_of(w->element))];
    w->is_partial = found.is_partial;
    return true;
}

static wanted figures_of(int64_t version, const char *element, const char *from)
{
    wanted w = {.version = version, .element = element, .from = from};
    gx_error error = {0};
    assert_true(gx_store_read(gx_zone_store(zone), read_figures, &w, &error));
    return w;
}

/* To 1.6 %, which is half a class. */
static void assert_about(int64_t found, int64_t wanted_ms)
{
    if (llabs(found - wanted_ms) * 62 > wanted_ms)
        fail_msg("%lld ms instead of %lld", (long long)found, (long long)wanted_ms);
}

static void expect(wanted w, int64_t entered, int64_t left, int64_t stays)
{
    assert_int_equal(w.figures.entered, entered);
    assert_int_equal(w.figures.left, left);
    assert_int_equal(w.figures.stays, stays);
}

#define MONDAY  "2026-11-16T00:00:00+08:00"
#define TUESDAY "2026-11-17T00:00:00+08:00"
static const int64_t hour = 3600 * 1000;
static gx_text open_case;

static void stays_are_counted_with_their_lengths(void **state)
{
    (void)state;
    gx_text numbers[10];
    for (int i = 0; i < 10; i++)
        numbers[i] = submit(&machine, "line", "{}");
    count_all(); /* a slice ends while they are in the element */
    expect(figures_of(1, "one", MONDAY), 10, 0, 0);
    for (int i = 0; i < 9; i++) {
        set_clock(gx_format(&arena, "2026-11-16T%02d:00:00+08:00", 10 + i).bytes); /* after 1 to 9 hours */
        complete(&reviewer, numbers[i], "one", "", "{}");
        if (i == 4)
            count_all();
    }
    assert_true(figures_of(1, "one", MONDAY).is_partial);
    count_all();
    wanted w = figures_of(1, "one", MONDAY);
    expect(w, 10, 9, 9);
    assert_about(w.figures.median_ms, 5 * hour);
    assert_about(w.figures.p90_ms, 9 * hour);
    assert_about(w.figures.total_ms, 45 * hour);
    assert_false(w.is_partial);
    expect(figures_of(1, "two", MONDAY), 9, 0, 0);
    open_case = numbers[9];
}

static void a_stay_belongs_to_the_day_on_which_it_ends(void **state)
{
    (void)state;
    set_clock("2026-11-17T09:00:00+08:00");
    complete(&reviewer, open_case, "one", "", "{}");
    count_all();
    wanted w = figures_of(1, "one", TUESDAY);
    expect(w, 0, 1, 1);
    assert_about(w.figures.median_ms, 24 * hour);
    expect(figures_of(1, "one", MONDAY), 10, 10, 10);
}

static void looking_again_counts_nothing_twice(void **state)
{
    (void)state;
    count_all();
    count_all();
    expect(figures_of(1, "one", MONDAY), 10, 10, 10);
    assert_int_equal(figure(GX_TEXT("x"), "SELECT count(*) FROM heat WHERE ?1 IS NOT NULL"), 2);
}

static bool forget(gx_db *db, gx_arena *own, void *context, gx_error *error)
{
    (void)own, (void)context;
    return gx_db_run(db, error, "DELETE FROM heat", "") &&
           gx_db_run(db, error, "UPDATE journal_cursor SET reached = 0, settled = 0, waits_for = 0 WHERE id = 1", "");
}

static void counted_again_from_the_beginning_it_is_the_same(void **state)
{
    (void)state;
    gx_error error = {0};
    const char *all = "SELECT group_concat(counts, '; ') FROM (SELECT counts FROM heat WHERE ?1 IS NOT NULL "
                      "ORDER BY process, version, day) AS days";
    const char *before = text(GX_TEXT("x"), all);
    assert_true(gx_store_write(gx_zone_store(zone), forget, NULL, &error));
    count_all();
    assert_string_equal(text(GX_TEXT("x"), all), before);
}

static bool migrate(gx_work *work, act *a, gx_error *error)
{
    gx_case found;
    gx_json *mapping = gx_json_parse(work->arena, gx_text_of(a->data), GX_TEXT("data"), error);
    if (!mapping || !gx_case_find(work->db, work->arena, a->number, &found, error))
        return false;
    gx_case *of = gx_work_case(work, found.id, error);
    return of && gx_repair_migrate(work, of, &(gx_migrate){0, mapping, GX_TEXT("reason")}, error);
}

static void steps_before_a_migration_stay_with_their_version(void **state)
{
    (void)state;
    gx_error error = {0};
    gx_findings findings = {0};
    int64_t loaded;
    gx_text number = submit(&machine, "line", "{}");
    gx_packages *first = packages;
    packages = gx_packages_read(GX_PACKAGES, false, &findings, &error);
    gx_findings_release(&findings);
    add_process("line", TWO_TASKS("uno"));
    assert_true(gx_zone_load(zone, packages, &loaded, &error));
    act a = {.person = &machine, .run = migrate, .number = number, .data = "{\"one\":\"uno\"}"};
    do_act(&a);
    complete(&reviewer, number, "uno", "", "{}");
    count_all(); /* the first steps too are seen only after the case has gone over */
    expect(figures_of(1, "one", MONDAY), 11, 10, 10);
    expect(figures_of(2, "uno", MONDAY), 0, 1, 0);
    expect(figures_of(2, "two", MONDAY), 1, 0, 0);
    gx_packages_release(first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stays_are_counted_with_their_lengths),
        cmocka_unit_test(a_stay_belongs_to_the_day_on_which_it_ends),
        cmocka_unit_test(looking_again_counts_nothing_twice),
        cmocka_unit_test(counted_again_from_the_beginning_it_is_the_same),
        cmocka_unit_test(steps_before_a_migration_stay_with_their_version),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

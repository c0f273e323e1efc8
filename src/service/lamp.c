#include "service/lamp.h"
#include "base/clock.h"

enum { RED, YELLOW, GREEN, GREY, LAMPS };
static const char *const lamp_names[LAMPS] = {"red", "yellow", "green", "grey"};

typedef struct project_facts {
    gx_day today;
    gx_day last_report; /* 0: none */
    int64_t progress;
    bool has_report, has_escalated, has_overdue;
} project_facts;

static gx_day day_of(const gx_json *record, const char *name)
{
    gx_day day;
    return gx_day_parse(gx_json_text_of(record, name), &day) ? day : 0;
}

/* Reports and problems are folded into facts by project id. */
static project_facts *facts_of(gx_map *map, gx_text project, gx_day today)
{
    project_facts *facts = gx_map_get(map, project);
    if (facts)
        return facts;
    facts = GX_NEW(map->arena, project_facts);
    facts->today = today;
    gx_map_put(map, gx_copy(map->arena, project), facts);
    return facts;
}

/* The newest report up to today counts; a project's own record carries the last one that came before the
 * system. */
static void fold_progress(project_facts *facts, gx_day day, int64_t progress)
{
    if (!day || day > facts->today || (facts->has_report && day < facts->last_report))
        return;
    facts->has_report = true;
    facts->last_report = day;
    facts->progress = progress;
}

static void fold_report(project_facts *facts, const gx_json *report)
{
    fold_progress(facts, day_of(report, "weekEnding"), gx_json_int_of(report, "progressPct", 0));
}

static void fold_problem(project_facts *facts, const gx_json *problem)
{
    gx_day closed = day_of(problem, "closedOn"), due = day_of(problem, "dueOn"),
           opened = day_of(problem, "openedOn");
    if (opened > facts->today || (closed && closed <= facts->today))
        return;
    facts->has_escalated |= gx_json_int_of(problem, "escalation", 0) == 2;
    facts->has_overdue |= due && due < facts->today;
}

static bool fold(gx_db *db, gx_arena *arena, gx_map *map, const char *register_id, gx_day today,
                 void (*into)(project_facts *, const gx_json *), gx_error *error)
{
    gx_statement *rows = gx_db_prepare(db, "SELECT data FROM record WHERE register = ?1");
    gx_step step;
    gx_bind(rows, "s", register_id);
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        const gx_json *record = gx_json_parse(arena, gx_column_text(rows, 0), (gx_text){"", 0}, NULL);
        if (record)
            into(facts_of(map, gx_json_text_of(record, "projectId"), today), record);
    }
    return step == GX_STEP_DONE;
}

/* floor(100 · (today − actualStart) / (plannedEnd − actualStart)), 0 to 100; 100 when the plan has already
 * ended. */
static int64_t time_share(const gx_json *project, gx_day today)
{
    gx_day start = day_of(project, "actualStart"), end = day_of(project, "plannedEnd");
    if (!start || !end || today >= end || end <= start)
        return 100;
    return today <= start ? 0 : (int64_t)(today - start) * 100 / (end - start);
}

static gx_value decision_inputs(gx_arena *arena, const gx_calendar *calendar, const gx_json *project,
                                const project_facts *facts)
{
    gx_day planned = day_of(project, "plannedStart"), actual = day_of(project, "actualStart");
    bool is_late = planned && planned < facts->today && !actual;
    int64_t late = is_late && calendar ? gx_calendar_count(calendar, planned, facts->today) : 0;
    int64_t gap = actual && facts->has_report ? time_share(project, facts->today) - facts->progress : 0;
    gx_context_builder builder = gx_context_begin(arena, 8);
    gx_context_set(&builder, GX_TEXT("stage"), gx_value_text(gx_json_text_of(project, "stage")));
    gx_context_set(&builder, GX_TEXT("hasReport"), gx_value_boolean(facts->has_report));
    gx_context_set(&builder, GX_TEXT("daysSinceReport"),
                   gx_value_int(facts->has_report ? facts->today - facts->last_report : 0));
    gx_context_set(&builder, GX_TEXT("startLate"), gx_value_boolean(is_late));
    gx_context_set(&builder, GX_TEXT("startLateWorkdays"), gx_value_int(late));
    gx_context_set(&builder, GX_TEXT("problemAtLeader"), gx_value_boolean(facts->has_escalated));
    gx_context_set(&builder, GX_TEXT("gapPoints"), gx_value_int(gap));
    gx_context_set(&builder, GX_TEXT("problemOverdue"), gx_value_boolean(facts->has_overdue));
    return gx_context_end(&builder);
}

typedef struct tally {
    int64_t by_lamp[LAMPS];
    int64_t planned, opened;
} tally;

static bool add_project(gx_zone *zone, gx_arena *arena, const gx_json *project, project_facts *facts,
                        gx_language language, gx_json *items, tally *t, gx_error *error)
{
    const gx_packages *packages = gx_zone_packages(zone);
    gx_value verdict;
    fold_progress(facts, day_of(project, "lastReport"), gx_json_int_of(project, "progressPct", 0));
    if (!gx_packages_decide(arena, packages, GX_TEXT("lamp"),
                            decision_inputs(arena, gx_packages_calendar(packages), project, facts), NULL,
                            NULL, &verdict, error))
        return false;
    gx_text lamp = gx_value_as_text(gx_context_get(verdict, GX_TEXT("lamp"))),
            reason = gx_value_as_text(gx_context_get(verdict, GX_TEXT("reason")));
    for (size_t i = 0; i < LAMPS; i++)
        t->by_lamp[i] += gx_text_equal(lamp, gx_text_of(lamp_names[i]));
    gx_day planned = day_of(project, "plannedStart"), actual = day_of(project, "actualStart");
    bool is_planned = planned && planned <= facts->today;
    t->planned += is_planned;
    t->opened += is_planned && actual && actual <= facts->today;
    gx_json *item = gx_json_append(items, gx_json_object(arena));
    static const char *const names[] = {"id", "name", "stage", "category", "level"};
    for (size_t i = 0; i < GX_COUNT_OF(names); i++) {
        const gx_json *value = gx_json_get(project, names[i]);
        gx_json_set(arena, item, names[i], value ? gx_json_copy(arena, value) : gx_json_null(arena));
    }
    gx_json_set_text(arena, item, "lamp", lamp.size ? lamp : GX_TEXT("grey"));
    gx_json_set_text(arena, item, "code", reason);
    gx_json_set_text(
        arena, item, "reason",
        gx_packages_message(packages, language, gx_format(arena, "lamp.%.*s", GX_PRINT(reason))));
    gx_json_set(arena, item, "progressPct",
                facts->has_report ? gx_json_int(arena, facts->progress) : gx_json_null(arena));
    return true;
}

gx_json *gx_project_lamps(gx_zone *zone, gx_db *db, gx_arena *arena, gx_language language, gx_text as_of,
                          gx_error *error)
{
    gx_day today = gx_day_of(gx_clock_now());
    if (as_of.size && !gx_day_parse(as_of, &today)) {
        gx_fail(error, "calendar.date", as_of);
        return NULL;
    }
    gx_map facts = gx_map_in(arena);
    if (!fold(db, arena, &facts, "report", today, fold_report, error) ||
        !fold(db, arena, &facts, "problem", today, fold_problem, error))
        return NULL;
    gx_json *answer = gx_json_object(arena),
            *items = gx_json_set(arena, answer, "items", gx_json_array(arena));
    gx_statement *rows =
        gx_db_prepare(db, "SELECT key, data FROM record WHERE register = 'project' ORDER BY key");
    tally t = {0};
    gx_step step;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        const gx_json *project = gx_json_parse(arena, gx_column_text(rows, 1), (gx_text){"", 0}, NULL);
        if (project && !add_project(zone, arena, project, facts_of(&facts, gx_column_text(rows, 0), today),
                                    language, items, &t, error)) {
            gx_db_reset(rows);
            return NULL;
        }
    }
    gx_json_set_int(arena, answer, "total", (int64_t)items->count);
    gx_json_set(arena, answer, "next", gx_json_null(arena));
    gx_json *count = gx_json_set(arena, answer, "count", gx_json_object(arena));
    for (size_t i = 0; i < LAMPS; i++)
        gx_json_set_int(arena, count, lamp_names[i], t.by_lamp[i]);
    gx_json *opening = gx_json_set(arena, answer, "opening", gx_json_object(arena));
    gx_json_set_int(arena, opening, "planned", t.planned);
    gx_json_set_int(arena, opening, "opened", t.opened);
    if (t.planned >= 5) { /* no percentage of fewer than five; tenths, half up, in whole numbers */
        int64_t tenths = (t.opened * 2000 + t.planned) / (2 * t.planned);
        gx_json_set_text(arena, opening, "ratePct",
                         gx_format(arena, "%lld.%lld", (long long)(tenths / 10), (long long)(tenths % 10)));
    }
    char text[GX_DAY_SIZE];
    gx_json_set_text(arena, answer, "asOf", gx_day_write(today, text));
    return step == GX_STEP_DONE ? answer : NULL;
}

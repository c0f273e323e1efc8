/* Lists of tasks: rows with their case's facts, found by merging ordered walks. */
#include "service/task_internal.h"

#include <stdlib.h>

#define FACTS                                                                                                \
    "t.id, t.case_id, t.instance, t.key, t.element, t.name, t.role, t.department, t.assignee, "              \
    "t.enterprise, t.form, t.priority, t.created_at, t.due, t.has_own_due, "                                 \
    "t.version, t.done_at, t.outcome, t.done_by, t.round, t.waits_for, c.number, c.matter, "                 \
    "c.matter_version, c.project, "                                                                          \
    "c.applicant, c.lamp, c.state"

static gx_text lamp_of(const gx_calendar *calendar, const gx_task *task, gx_text case_lamp, gx_instant now)
{
    if (!task->has_own_due)
        return case_lamp;
    if (now > task->due)
        return GX_TEXT("red");
    if (!calendar)
        return GX_TEXT("green");
    int32_t whole = gx_calendar_count(calendar, gx_day_of(task->created_at), gx_day_of(task->due - 1)),
            used = gx_calendar_count(calendar, gx_day_of(task->created_at), gx_day_of(now));
    return whole > 0 && used * 10 >= whole * 7 ? GX_TEXT("yellow") : GX_TEXT("green");
}

typedef struct row_facts {
    gx_text number, matter, project, applicant, lamp, state;
    int64_t matter_version;
} row_facts;

static void write_row(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_person *person, const gx_task *task,
                      const row_facts *facts, gx_json_out *out)
{
    const gx_packages *packages = gx_zone_packages(zone);
    const gx_calendar *calendar = gx_packages_calendar(packages);
    const gx_case of = {.matter = facts->matter, .matter_version = facts->matter_version};
    const gx_json *matter = gx_case_matter(zone, db, &of);
    gx_instant now = gx_clock_now();
    char text[GX_INSTANT_SIZE];
    gx_json_out_begin(out, '{');
    gx_json_out_member_text(out, "id", gx_format(arena, "%lld", (long long)task->id));
    gx_json_out_member_text(out, "case", facts->number);
    gx_json_out_name(out, "matter");
    gx_json_out_begin(out, '{');
    gx_json_out_member_text(out, "id", facts->matter);
    gx_json_out_member_text(out, "name", matter ? gx_json_text_of(matter, "name") : facts->matter);
    gx_json_out_member_text(out, "nameEn", matter ? gx_json_text_of(matter, "nameEn") : facts->matter);
    gx_json_out_end(out, '}');
    gx_json_out_member_text(out, "name", task->name);
    static const char *const names[] = {
        "step.", "task."}; /* a process's elements by their names in the other language */
    for (size_t i = 0; i < GX_COUNT_OF(names); i++) {
        gx_text key = gx_format(arena, "%s%.*s", names[i], GX_PRINT(task->element)),
                english = gx_packages_message(packages, GX_LANGUAGE_EN, key);
        if (gx_text_equal(english, key))
            continue;
        gx_json_out_member_text(out, "nameEn", english);
        break;
    }
    gx_json_out_member_text(out, "step", task->element);
    gx_json_out_member_text(out, "project", facts->project);
    gx_json_out_member_text(out, "applicant", facts->applicant);
    gx_json_out_member_text(out, "department", task->department);
    gx_json_out_member_text(out, "role", task->role);
    gx_json_out_name(out, "assignee");
    if (task->assignee.size)
        gx_json_out_text(out, task->assignee);
    else
        gx_json_out_null(out);
    gx_json_out_member_text(out, "created", gx_instant_write(task->created_at, text));
    gx_json_out_name(out, "due");
    if (task->due == INT64_MAX)
        gx_json_out_null(out);
    else
        gx_json_out_text(out, gx_instant_write(task->due, text));
    gx_json_out_name(out, "daysLeft");
    if (task->due == INT64_MAX || !calendar)
        gx_json_out_null(out);
    else if (now > task->due)
        gx_json_out_int(out, -gx_calendar_count(calendar, gx_day_of(task->due - 1), gx_day_of(now)));
    else
        gx_json_out_int(out, gx_calendar_count(calendar, gx_day_of(now), gx_day_of(task->due - 1)));
    gx_json_out_member_text(out, "lamp", lamp_of(calendar, task, facts->lamp, now));
    gx_json_out_member_text(out, "caseState", facts->state);
    gx_json_out_member_bool(out, "isSignature", task->round != 0);
    gx_json_out_member_bool(out, "waitsForSignatures", task->waits_for != 0);
    gx_json_out_name(out, "actingFor");
    const gx_person *principal = gx_task_principal(person, task);
    if (principal)
        gx_json_out_text(out, principal->name);
    else
        gx_json_out_null(out);
    gx_json_out_member_int(out, "version", task->version);
    gx_json_out_end(out, '}');
}

void gx_task_write(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_person *person, const gx_task *task,
                   const gx_case *of, gx_json_out *out)
{
    write_row(zone, db, arena, person, task,
              &(row_facts){of->number, of->matter, of->project, of->applicant, of->lamp, of->state,
                           of->matter_version},
              out);
}

/* A task can be somebody's in several ways: by name, by company, by a role in the department or in the whole
 * zone. Each way is an ordered walk over an index, of at most offset + size rows; the walks are merged here,
 * and only the page's rows are read. So the cost does not grow with the number of open tasks, and SQLite
 * sorts nothing. */
enum {
    WAYS_OF_ONE = 1 + 2 * (GX_PERSON_ROLES + 1),
    WAYS_MOST = GX_PERSON_ENTERPRISES + WAYS_OF_ONE * (1 + GX_PERSON_PRINCIPALS),
    COUNT_MOST = 1000
};

#define WAY(condition)                                                                                       \
    {                                                                                                        \
        "SELECT due, id FROM task WHERE done_at IS NULL AND " condition " ORDER BY due, id LIMIT ?4",        \
            "SELECT count(*) FROM (SELECT 1 FROM task WHERE done_at IS NULL AND " condition                  \
            " LIMIT ?4) AS counted"                                                                          \
    }

typedef enum way_kind { WAY_NAME, WAY_ENTERPRISE, WAY_DEPARTMENT, WAY_ZONE } way_kind;

static const struct {
    const char *rows, *count;
} kinds[] = {
    [WAY_NAME] = WAY("assignee = ?1 AND assignee <> '' AND ?2 = ?2 AND ?3 = ?3"),
    [WAY_ENTERPRISE] = WAY("enterprise = ?1 AND enterprise <> '' AND assignee <> ?3 AND ?2 = ?2"),
    [WAY_DEPARTMENT] = WAY("department = ?1 AND role = ?2 AND assignee <> ?3"),
    [WAY_ZONE] = WAY("department = ?1 AND role = ?2 AND assignee <> ?3 AND enterprise = ''"),
};

typedef struct way {
    way_kind kind;
    gx_text who, role;
} way;

static size_t add_way(way *ways, size_t count, way one)
{
    for (size_t i = 0; i < count; i++)
        if (ways[i].kind == one.kind && gx_text_equal(ways[i].who, one.who) &&
            gx_text_equal(ways[i].role, one.role))
            return count;
    ways[count] = one;
    return count + 1;
}

static size_t add_ways(const gx_person *person, gx_task_scope scope, way *ways, size_t count)
{
    count = add_way(ways, count, (way){WAY_NAME, person->login, GX_TEXT("")});
    bool is_also_reviewer =
        gx_person_has_role(person, "head") &&
        !gx_person_has_role(person, "reviewer"); /* heads may do what their reviewers do */
    for (size_t i = 0; i < person->role_count + is_also_reviewer && scope == GX_TASKS_DEPARTMENT; i++) {
        gx_text role = i < person->role_count ? person->roles[i] : GX_TEXT("reviewer");
        if (person->department.size)
            count = add_way(ways, count, (way){WAY_DEPARTMENT, person->department, role});
        count = add_way(ways, count, (way){WAY_ZONE, GX_TEXT(""), role});
    }
    return count;
}

static size_t find_ways(const gx_person *person, gx_task_scope scope, way ways[WAYS_MOST])
{
    size_t count = add_ways(person, scope, ways, 0);
    for (size_t i = 0; i < person->enterprise_count; i++)
        count = add_way(ways, count, (way){WAY_ENTERPRISE, person->enterprises[i], GX_TEXT("")});
    for (size_t i = 0; i < person->principal_count; i++)
        count = add_ways(&person->principals[i], scope, ways, count);
    return count;
}

typedef struct found_task {
    int64_t due, id;
} found_task;

static int compare_found(const void *a, const void *b)
{
    const found_task *x = a, *y = b;
    return x->due != y->due ? (x->due > y->due) - (x->due < y->due) : (x->id > y->id) - (x->id < y->id);
}

/* The page's tasks in order; *total counts all, each way up to COUNT_MOST. */
static bool find_page(gx_db *db, gx_arena *arena, const gx_person *person, gx_task_scope scope, int64_t page,
                      int64_t size, found_task **found, size_t *count, int64_t *total, gx_error *error)
{
    way ways[WAYS_MOST];
    size_t way_count = find_ways(person, scope, ways);
    int64_t most = page * size;
    found_task *all = GX_NEW_ARRAY(arena, found_task, way_count * (size_t)most);
    size_t all_count = 0;
    *total = 0;
    for (size_t i = 0; i < way_count; i++) {
        int64_t counted = 0;
        gx_statement *rows = gx_db_prepare(db, kinds[ways[i].kind].rows);
        gx_bind(rows, "ttti", ways[i].who, ways[i].role, person->login, most);
        gx_step step;
        size_t before = all_count;
        while ((step = gx_db_step(rows, error)) == GX_STEP_ROW)
            all[all_count++] = (found_task){gx_column_int(rows, 0), gx_column_int(rows, 1)};
        if (step == GX_STEP_FAILED)
            return false;
        bool is_whole = all_count - before < (size_t)most;
        if (is_whole)
            counted = (int64_t)(all_count - before);
        else if (!gx_db_get_int(db, error, &counted, 0, kinds[ways[i].kind].count, "ttti", ways[i].who,
                                ways[i].role, person->login, most > COUNT_MOST ? most : (int64_t)COUNT_MOST))
            return false;
        *total += counted;
    }
    qsort(all, all_count, sizeof *all, compare_found);
    size_t kept = 0; /* what is given to somebody can also be found by its role: for deputies */
    for (size_t i = 0; i < all_count; i++)
        if (kept == 0 || all[kept - 1].id != all[i].id)
            all[kept++] = all[i];
    *total -= (int64_t)(all_count - kept);
    all_count = kept;
    size_t first = (size_t)((page - 1) * size);
    *found = all + (first < all_count ? first : all_count);
    *count = first < all_count ? all_count - first : 0;
    if (*count > (size_t)size)
        *count = (size_t)size;
    return true;
}

typedef struct listed_task {
    gx_task task;
    row_facts facts;
} listed_task;

/* The rows of a page in its order, in one question. One that has vanished meanwhile is left out. */
static bool read_page(gx_db *db, gx_arena *arena, const found_task *found, size_t *count,
                      listed_task **listed, gx_error *error)
{
    gx_json *ids = gx_json_array(arena);
    for (size_t i = 0; i < *count; i++)
        gx_json_append(ids, gx_json_int(arena, found[i].id));
    gx_statement *rows = gx_db_prepare(
        db,
        "SELECT " FACTS " FROM (SELECT CAST(value AS BIGINT) AS id FROM json_each(?1)) AS w JOIN task t ON "
        "t.bucket = bucket_of(w.id) AND t.id = w.id JOIN cases c ON c.bucket = t.bucket AND c.id = "
        "t.case_id");
    gx_bind_text(rows, 1, gx_json_to_text(arena, ids));
    listed_task *read = GX_NEW_ARRAY(arena, listed_task, *count),
                *ordered = GX_NEW_ARRAY(arena, listed_task, *count);
    size_t read_count = 0, kept = 0;
    gx_step step;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        listed_task *one = &read[read_count++];
        gx_task_read(arena, rows, &one->task);
        one->facts = (row_facts){.number = gx_column_copy(arena, rows, 21),
                                 .matter = gx_column_copy(arena, rows, 22),
                                 .matter_version = gx_column_int(rows, 23),
                                 .project = gx_column_copy(arena, rows, 24),
                                 .applicant = gx_column_copy(arena, rows, 25),
                                 .lamp = gx_column_copy(arena, rows, 26),
                                 .state = gx_column_copy(arena, rows, 27)};
    }
    for (size_t i = 0; i < *count; i++)
        for (size_t j = 0; j < read_count; j++)
            if (read[j].task.id == found[i].id)
                ordered[kept++] = read[j];
    *count = kept;
    *listed = ordered;
    return step == GX_STEP_DONE;
}

bool gx_task_list(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_person *person, gx_task_scope scope,
                  int64_t page, int64_t size, gx_json_out *out, gx_error *error)
{
    found_task *found;
    size_t count;
    int64_t total;
    if (!find_page(db, arena, person, scope, page, size, &found, &count, &total, error))
        return false;
    gx_json_out_begin(out, '{');
    gx_json_out_name(out, "items");
    gx_json_out_begin(out, '[');
    listed_task *listed;
    if (!read_page(db, arena, found, &count, &listed, error))
        return false;
    for (size_t i = 0; i < count; i++)
        write_row(zone, db, arena, person, &listed[i].task, &listed[i].facts, out);
    gx_json_out_end(out, ']');
    gx_json_out_member_int(out, "total", total);
    gx_json_out_name(out, "next");
    if (page * size < total)
        gx_json_out_text(out, gx_format(arena, "%lld", (long long)page + 1));
    else
        gx_json_out_null(out);
    gx_json_out_end(out, '}');
    return true;
}

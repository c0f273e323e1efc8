#include "service/query.h"

gx_query gx_query_in(gx_arena *arena)
{
    return (gx_query){.arena = arena, .text = gx_buffer_in(arena)};
}

void gx_query_add(gx_query *query, const char *sql)
{
    gx_buffer_string(&query->text, sql);
}

static struct gx_query_value *add_value(gx_query *query)
{
    query->is_full = query->is_full || query->count == GX_QUERY_VALUES;
    if (!query->is_full)
        query->count++;
    gx_buffer_format(&query->text, "?%zu", query->count);
    return &query->values[query->count - 1];
}

void gx_query_text(gx_query *query, gx_text value)
{
    *add_value(query) =
        (struct gx_query_value){.kind = GX_QUERY_TEXT, .text = value.bytes ? value : GX_TEXT("")};
}

void gx_query_int(gx_query *query, int64_t value)
{
    *add_value(query) = (struct gx_query_value){.kind = GX_QUERY_INT, .number = value};
}

void gx_query_real(gx_query *query, double value)
{
    *add_value(query) = (struct gx_query_value){.kind = GX_QUERY_REAL, .real = value};
}

/* A \ with nothing behind it means itself: PostgreSQL would refuse the pattern. */
void gx_query_like(gx_query *query, gx_text pattern)
{
    size_t signs = 0;
    while (signs < pattern.size && pattern.bytes[pattern.size - 1 - signs] == '\\')
        signs++;
    gx_query_add(query, "LIKE ");
    gx_query_text(query, signs % 2 ? gx_format(query->arena, "%.*s\\", GX_PRINT(pattern)) : pattern);
    gx_query_add(query, " ESCAPE '\\'");
}

gx_statement *gx_query_prepare(gx_query *query, gx_db *db, gx_error *error)
{
    if (query->is_full) {
        gx_fail(error, "query.large");
        return NULL;
    }
    gx_statement *statement = gx_db_prepare_built(db, query->arena, gx_buffer_as_text(&query->text), error);
    for (size_t i = 0; statement && i < query->count; i++)
        switch (query->values[i].kind) {
        case GX_QUERY_TEXT: gx_bind_text(statement, (int)i + 1, query->values[i].text); break;
        case GX_QUERY_REAL: gx_bind_real(statement, (int)i + 1, query->values[i].real); break;
        case GX_QUERY_INT: gx_bind_int(statement, (int)i + 1, query->values[i].number); break;
        }
    return statement;
}

/* ---- Who may see what ---- */

static void add_enterprises(gx_query *query, const gx_person *person, const char *column)
{
    for (size_t i = 0; i < person->enterprise_count; i++) {
        gx_query_add(query, " OR (");
        gx_query_add(query, column);
        gx_query_add(query, " <> '' AND ");
        gx_query_add(query, column);
        gx_query_add(query, " = ");
        gx_query_text(query, person->enterprises[i]);
        gx_query_add(query, ")");
    }
}

void gx_query_cases(gx_query *query, const gx_packages *packages, const gx_person *person, const char *action)
{
    gx_reach reach = gx_may_reach(packages, person, action);
    if (reach == GX_REACH_ALL) {
        gx_query_add(query, "1 = 1");
        return;
    }
    if (reach == GX_REACH_NONE) {
        gx_query_add(query, "1 = 0");
        return;
    }
    gx_query_add(query, "(c.submitted_by = ");
    gx_query_text(query, person->login);
    add_enterprises(query, person, "c.enterprise");
    if (person->department.size) {
        gx_query_add(query, " OR EXISTS (SELECT 1 FROM case_department cd WHERE cd.bucket = c.bucket AND "
                            "cd.case_id = c.id AND cd.department = ");
        gx_query_text(query, person->department);
        gx_query_add(query, ")");
    }
    gx_query_add(query, " OR EXISTS (SELECT 1 FROM task ct WHERE ct.bucket = c.bucket AND ct.case_id = c.id "
                        "AND ct.assignee <> '' AND ct.assignee = ");
    gx_query_text(query, person->login);
    gx_query_add(query, "))");
}

static void add_role(gx_query *query, const gx_person *person, gx_text role)
{
    gx_query_add(query, " OR (t.round = 0 AND t.role = ");
    gx_query_text(query, role);
    gx_query_add(query, " AND t.department IN ('', ");
    gx_query_text(query, person->department);
    gx_query_add(query, "))");
}

static void add_roles(gx_query *query, const gx_person *person)
{
    for (size_t i = 0; i < person->role_count; i++)
        if (!gx_text_equal(person->roles[i], GX_TEXT("applicant")))
            add_role(query, person, person->roles[i]);
    if (gx_person_has_role(person, "head"))
        add_role(query, person, GX_TEXT("reviewer"));
    add_role(query, person, GX_TEXT(""));
}

/* What is the person's by name or role: as is_own in task.c. */
static void add_own(gx_query *query, const gx_person *person)
{
    gx_query_add(query, " OR (t.assignee <> '' AND t.assignee = ");
    gx_query_text(query, person->login);
    gx_query_add(query, ")");
    add_roles(query, person);
}

void gx_query_candidate(gx_query *query, const gx_packages *packages, const gx_person *person)
{
    gx_query_add(query, "(1 = 0");
    if (gx_may_reach(packages, person, "task.complete") != GX_REACH_NONE) {
        add_roles(query, person);
        add_enterprises(query, person, "t.enterprise");
    }
    gx_query_add(query, ")");
}

void gx_query_tasks(gx_query *query, const gx_packages *packages, const gx_person *person)
{
    gx_reach read = gx_may_reach(packages, person, "task.read");
    if (read == GX_REACH_ALL) {
        gx_query_add(query, "1 = 1");
        return;
    }
    gx_query_add(query, "(1 = 0");
    if (person && gx_may_reach(packages, person, "task.complete") != GX_REACH_NONE) {
        add_own(query, person);
        add_enterprises(query, person, "t.enterprise");
        for (size_t i = 0; i < person->principal_count; i++)
            add_own(query, &person->principals[i]);
    }
    if (read == GX_REACH_DEPARTMENT && person->department.size) {
        gx_query_add(query, " OR t.department = ");
        gx_query_text(query, person->department);
    }
    gx_query_add(query, ")");
}

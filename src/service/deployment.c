#include "service/deployment.h"
#include "service/audit.h"
#include "service/instance.h"

const gx_text gx_deployment_package = {"deployment", 10};

/* ---- Reading and checking ---- */

static const struct {
    const char *suffix;
    gx_definition_kind kind;
} suffixes[] = {{".bpmn", GX_DEFINITION_PROCESS},
                {".bpmn20.xml", GX_DEFINITION_PROCESS},
                {".dmn", GX_DEFINITION_DECISION},
                {".dmn11.xml", GX_DEFINITION_DECISION}};

static bool is_model(gx_text name, gx_definition_kind *kind, gx_text *stem)
{
    for (size_t i = 0; i < GX_COUNT_OF(suffixes); i++) {
        gx_text suffix = gx_text_of(suffixes[i].suffix);
        if (!gx_text_ends_with(name, suffix) || name.size == suffix.size)
            continue;
        *kind = suffixes[i].kind;
        *stem = gx_text_slice(name, 0, name.size - suffix.size);
        for (size_t at = stem->size; at > 0; at--)
            if (stem->bytes[at - 1] == '/') {
                *stem = gx_text_slice(*stem, at, stem->size);
                break;
            }
        return true;
    }
    return false;
}

/* While it is checked a file's path tells it from the packages' files. */
static gx_text path_of(gx_arena *arena, gx_text name)
{
    return gx_format(arena, "%.*s:%.*s", GX_PRINT(gx_deployment_package), GX_PRINT(name));
}

/* Every executable process of a file is a definition of its own. */
static void add_processes(gx_packages *packages, gx_text path, gx_text source, gx_findings *findings)
{
    const gx_definition *first = gx_packages_add(packages, GX_DEFINITION_PROCESS, gx_deployment_package, path,
                                                 (gx_text){"", 0}, 0, source, findings);
    for (uint32_t i = 0; first && first->bpmn && i < first->bpmn->process_count; i++) {
        const gx_bpmn_process *process = &first->bpmn->processes[i];
        gx_findings again = {0}; /* the file's faults have been told */
        if (process->is_executable && !gx_text_equal(process->id, first->id))
            gx_packages_add(packages, GX_DEFINITION_PROCESS, gx_deployment_package, path, process->id, 0,
                            source, &again);
        gx_findings_release(&again);
    }
}

gx_packages *gx_deployment_check(gx_zone *zone, const gx_deploying *deploying, gx_findings *findings)
{
    const gx_packages *in_force = gx_zone_packages(zone);
    gx_packages *packages = gx_packages_create();
    gx_arena *arena = gx_packages_arena(packages);
    gx_findings all = {0};
    size_t skill_count;
    const gx_skill *skills = gx_skills_known(&skill_count);
    for (size_t i = 0; i < deploying->count; i++) {
        const gx_deployment_file *file = &deploying->files[i];
        gx_definition_kind kind;
        gx_text stem;
        if (!is_model(file->name, &kind, &stem))
            continue;
        if (kind == GX_DEFINITION_PROCESS)
            add_processes(packages, path_of(arena, file->name), file->content, &all);
        else
            gx_packages_add(packages, kind, gx_deployment_package, path_of(arena, file->name), stem, 0,
                            file->content, &all);
    }
    for (size_t kind = 0; kind < GX_DEFINITION_KINDS; kind++) {
        const gx_definition *d;
        for (size_t i = 0; (d = gx_packages_next(in_force, (gx_definition_kind)kind, &i));)
            gx_packages_share(packages, d);
    }
    if (!all.errors)
        gx_packages_check_new(packages, skills, skill_count, &all);
    gx_text prefix = path_of(arena, (gx_text){"", 0});
    for (size_t i = 0; i < all.count; i++) {
        gx_error error = all.items[i].error;
        gx_text path = gx_text_of(error.path);
        if (!gx_text_starts_with(path, prefix))
            continue;
        gx_text name = gx_copy(arena, gx_text_slice(path, prefix.size, path.size));
        for (size_t k = 0; k <= name.size; k++)
            error.path[k] = k < name.size ? name.bytes[k] : '\0';
        gx_findings_add(findings, all.items[i].severity, &error);
    }
    gx_findings_release(&all);
    return packages;
}

/* ---- Writing down ---- */

typedef struct deployed {
    gx_db *db;
    gx_arena *arena;
    const gx_deploying *deploying;
    int64_t id, in_force; /* in_force: the deployment of what was left out */
    gx_instant now;
    size_t written;
} deployed;

static const gx_deployment_file *file_of(const gx_deploying *deploying, const gx_definition *d)
{
    gx_text name = gx_text_slice(d->path, gx_deployment_package.size + 1, d->path.size);
    for (size_t i = 0; i < deploying->count; i++)
        if (gx_text_equal(deploying->files[i].name, name))
            return &deploying->files[i];
    return NULL;
}

/* The version in force, 0: none; and whether it is the same. */
static bool find_current(deployed *w, const gx_definition *d, int64_t *version, bool *is_same,
                         gx_error *error)
{
    gx_statement *row = gx_db_prepare(w->db, "SELECT d.version, d.digest, d.package, f.deployment FROM "
                                             "definition d LEFT JOIN deployment_file f ON "
                                             "f.kind = d.kind AND f.definition = d.id AND f.version = "
                                             "d.version WHERE d.kind = ?1 AND d.id = ?2 AND "
                                             "d.is_current = 1");
    gx_bind(row, "st", gx_definition_kind_name(d->kind), d->id);
    gx_step step = gx_db_step(row, error);
    *version = 0;
    *is_same = false;
    if (step != GX_STEP_ROW)
        return step == GX_STEP_DONE;
    *version = gx_column_int(row, 0);
    *is_same = gx_text_equal(gx_column_text(row, 1), gx_text_of(d->digest));
    gx_text package = gx_column_copy(w->arena, row, 2);
    int64_t deployment = gx_column_int(row, 3);
    gx_db_reset(row);
    if (!gx_text_equal(package, gx_deployment_package))
        return gx_fail(error, "deployment.owned", d->id, package);
    if (*is_same)
        w->in_force = deployment;
    return true;
}

static bool write_definition(deployed *w, const gx_definition *d, gx_error *error)
{
    const char *kind = gx_definition_kind_name(d->kind);
    const gx_deployment_file *file = file_of(w->deploying, d);
    int64_t last = 0;
    w->written++;
    return gx_db_get_int(w->db, error, &last, 0,
                         "SELECT max(version) FROM definition WHERE kind = ?1 AND id = ?2", "st", kind,
                         d->id) &&
           gx_db_run(w->db, error,
                     "UPDATE definition SET is_current = 0 WHERE kind = ?1 AND id = ?2 AND is_current = 1",
                     "st", kind, d->id) &&
           gx_db_run(w->db, error,
                     "INSERT INTO definition (kind, id, version, package, path, digest, source, loaded_at, "
                     "is_current) "
                     "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1)",
                     "stittsti", kind, d->id, last + 1, gx_deployment_package, file->name, d->digest,
                     d->source, w->now) &&
           gx_db_run(w->db, error,
                     "INSERT INTO deployment_file (deployment, name, kind, definition, version) VALUES (?1, "
                     "?2, ?3, ?4, "
                     "?5)",
                     "itsti", w->id, file->name, kind, d->id, last + 1);
}

typedef bool (*visit_definition)(deployed *w, const gx_definition *d, gx_error *error);

static bool each_new(deployed *w, const gx_packages *checked, visit_definition visit, gx_error *error)
{
    static const gx_definition_kind kinds[] = {GX_DEFINITION_DECISION, GX_DEFINITION_PROCESS};
    for (size_t k = 0; k < GX_COUNT_OF(kinds); k++) {
        const gx_definition *d;
        for (size_t i = 0; (d = gx_packages_next(checked, kinds[k], &i));)
            if (d->version == 0 && gx_text_equal(d->package, gx_deployment_package) && !visit(w, d, error))
                return false;
    }
    return true;
}

static bool count_changed(deployed *w, const gx_definition *d, gx_error *error)
{
    int64_t version;
    bool is_same;
    if (!find_current(w, d, &version, &is_same, error))
        return false;
    w->written += !is_same;
    return true;
}

static bool write_changed(deployed *w, const gx_definition *d, gx_error *error)
{
    int64_t version;
    bool is_same;
    return find_current(w, d, &version, &is_same, error) &&
           ((is_same && w->deploying->only_changed) || write_definition(w, d, error));
}

/* Files that are no models are kept for those who ask for them. */
static bool write_others(deployed *w, gx_error *error)
{
    gx_definition_kind kind;
    gx_text stem;
    for (size_t i = 0; i < w->deploying->count; i++) {
        const gx_deployment_file *file = &w->deploying->files[i];
        if (!is_model(file->name, &kind, &stem) &&
            !gx_db_run(w->db, error,
                       "INSERT INTO deployment_file (deployment, name, content) VALUES (?1, ?2, ?3)", "itb",
                       w->id, file->name, file->content))
            return false;
    }
    return true;
}

bool gx_deployment_create(gx_db *db, gx_arena *arena, const gx_person *person, const gx_deploying *deploying,
                          const gx_packages *checked, int64_t *id, bool *is_new, gx_error *error)
{
    deployed w = {.db = db, .arena = arena, .deploying = deploying, .now = gx_clock_now()};
    if (!gx_db_lock(db, GX_TEXT("packages"), error) || !each_new(&w, checked, count_changed, error))
        return false;
    *is_new = w.written > 0 || !(deploying->filters_duplicates || deploying->only_changed) || !w.in_force;
    *id = w.in_force;
    if (!*is_new)
        return true;
    if (!gx_db_insert(db, error, &w.id,
                      "INSERT INTO deployment (name, source, by, at) VALUES (?1, ?2, ?3, ?4) RETURNING id",
                      "ttti", deploying->name.bytes ? deploying->name : GX_TEXT(""),
                      deploying->source.bytes ? deploying->source : GX_TEXT(""),
                      person ? person->login : GX_TEXT(""), w.now))
        return false;
    *id = w.id;
    return each_new(&w, checked, write_changed, error) && write_others(&w, error) &&
           gx_audit(db, arena, person, "deployment.create",
                    gx_format(arena, "deployment %lld", (long long)w.id), "done", deploying->name, error) &&
           gx_db_tell(db, GX_TEXT("packages"), error);
}

/* ---- Taking back ---- */

typedef struct brought {
    gx_text kind, definition;
    int64_t version;
    struct brought *next;
} brought;

static bool read_brought(gx_db *db, gx_arena *arena, int64_t id, brought **first, gx_error *error)
{
    gx_statement *rows =
        gx_db_prepare(db, "SELECT kind, definition, version FROM deployment_file WHERE deployment = ?1 "
                          "AND definition <> '' ORDER BY name, definition");
    gx_bind_int(rows, 1, id);
    gx_step step;
    *first = NULL;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        brought *one = GX_NEW(arena, brought);
        *one = (brought){gx_column_copy(arena, rows, 0), gx_column_copy(arena, rows, 1),
                         gx_column_int(rows, 2), *first};
        *first = one;
    }
    return step == GX_STEP_DONE;
}

/* Open cases are found by their state's index. */
static bool must_not_run(gx_db *db, int64_t id, const brought *one, gx_error *error)
{
    int64_t runs = 0;
    char figure[24];
    return gx_db_get_int(
               db, error, &runs, 0,
               "SELECT 1 FROM cases c JOIN instance i ON i.bucket = c.bucket AND i.id BETWEEN c.id * 4096 "
               "AND "
               "c.id * 4096 + 4095 WHERE c.state IN ('submitted', 'correction', 'accepted', 'review', "
               "'stopped', 'granted', 'refused', 'not_accepted', 'delivered') AND i.process = ?1 AND "
               "i.process_version = ?2 AND i.has_ended = 0 LIMIT 1",
               "ti", one->definition, one->version) &&
           (!runs || gx_fail(error, "deployment.runs", gx_error_int(figure, id), one->definition));
}

static bool withdraw(gx_db *db, const brought *one, gx_instant now, gx_error *error)
{
    return gx_db_run(db, error,
                     "UPDATE definition SET is_current = 0, withdrawn_at = ?4 WHERE kind = ?1 AND id = ?2 "
                     "AND version = "
                     "?3",
                     "ttii", one->kind, one->definition, one->version, now) &&
           gx_db_run(db, error,
                     "UPDATE definition SET is_current = CASE WHEN version = (SELECT max(version) FROM "
                     "definition WHERE "
                     "kind = ?1 AND id = ?2 AND withdrawn_at IS NULL) THEN 1 ELSE 0 END WHERE kind = ?1 AND "
                     "id = ?2",
                     "tt", one->kind, one->definition);
}

bool gx_deployment_delete(gx_db *db, gx_arena *arena, const gx_person *person, int64_t id, gx_error *error)
{
    brought *first;
    int64_t is_there = 0;
    char figure[24];
    if (!gx_db_lock(db, GX_TEXT("packages"), error) ||
        !gx_db_get_int(db, error, &is_there, 0, "SELECT 1 FROM deployment WHERE id = ?1", "i", id))
        return false;
    if (!is_there)
        return gx_fail(error, "deployment.absent", gx_error_int(figure, id));
    if (!read_brought(db, arena, id, &first, error))
        return false;
    for (const brought *one = first; one; one = one->next)
        if (gx_text_equal(one->kind, GX_TEXT("process")) && !must_not_run(db, id, one, error))
            return false;
    for (const brought *one = first; one; one = one->next)
        if (!withdraw(db, one, gx_clock_now(), error))
            return false;
    return gx_db_run(db, error, "DELETE FROM deployment_file WHERE deployment = ?1", "i", id) &&
           gx_db_run(db, error, "DELETE FROM deployment WHERE id = ?1", "i", id) &&
           gx_audit(db, arena, person, "deployment.delete",
                    gx_format(arena, "deployment %lld", (long long)id), "done", (gx_text){"", 0}, error) &&
           gx_db_tell(db, GX_TEXT("packages"), error);
}

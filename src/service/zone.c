#include "service/zone.h"
#include "service/audit.h"
#include "service/case_search.h"
#include "service/schema.h"
#include "service/scheduler.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct gx_zone {
    char *data_folder, *public_url;
    gx_address_rule addresses;
    gx_store *store;
    bool is_stepped;
    gx_seal *seal;
    gx_throttle *throttle;
    _Atomic(const gx_packages *) packages;
    _Atomic(int64_t) version_sum; /* of all definitions in force: it rises with each change */
    gx_packages **snapshots;      /* all of them: running work may hold any */
    size_t snapshot_count, snapshot_room;
    gx_packages *old; /* definitions in versions that are no longer in force, compiled when first needed */
    gx_map old_definitions;
    pthread_mutex_t mutex;
    void (*tell)(void *context, const char *topic, gx_text json);
    void *tell_context;
};

typedef struct in_force {
    gx_packages *packages;
    bool with_sources; /* of a stepped store: its disk is taken away at any moment */
} in_force;

/* ---- Sources, read when a definition is first looked up ---- */

typedef struct fetching {
    const gx_definition *definition;
    gx_arena *arena;
    gx_text source;
} fetching;

static bool read_source(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    fetching *f = context;
    const gx_definition *d = f->definition;
    char figure[24];
    (void)arena;
    return gx_db_get_text(db, f->arena, error, &f->source,
                          "SELECT source FROM definition WHERE kind = ?1 AND id = ?2 AND version = ?3", "sti",
                          gx_definition_kind_name(d->kind), d->id, d->version) &&
           (f->source.bytes || gx_fail(error, "package.definition", d->id, gx_error_int(figure, d->version)));
}

static bool fetch_source(void *context, gx_arena *arena, const gx_definition *definition, gx_text *source,
                         gx_error *error)
{
    const gx_zone *zone = context;
    fetching f = {.definition = definition, .arena = arena};
    bool is_read = gx_store_read_apart(zone->store, read_source, &f, error);
    *source = is_read ? f.source : (gx_text){NULL, 0};
    return is_read;
}

static bool read_kind(gx_db *db, const in_force *f, gx_definition_kind kind, gx_findings *findings,
                      gx_error *error)
{
    gx_statement *rows =
        gx_db_prepare(db, "SELECT id, version, package, path, digest, CASE WHEN ?2 = 0 THEN source END FROM "
                          "definition WHERE is_current = 1 AND kind = ?1 ORDER BY id");
    gx_step step;
    gx_bind(rows, "si", gx_definition_kind_name(kind),
            (int64_t)(gx_definition_can_wait(kind) && !f->with_sources));
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW)
        gx_packages_add_later(f->packages, kind, gx_column_text(rows, 2), gx_column_text(rows, 3),
                              gx_column_text(rows, 0), gx_column_int(rows, 1), gx_column_text(rows, 5),
                              gx_column_text(rows, 4), findings);
    return step == GX_STEP_DONE;
}

static bool read_current(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    const in_force *f = context;
    gx_findings findings = {0};
    bool is_read = true;
    (void)arena;
    for (int kind = 0; kind < GX_DEFINITION_KINDS && is_read; kind++)
        is_read = read_kind(db, f, (gx_definition_kind)kind, &findings, error);
    if (findings.errors) /* it compiled when it was loaded: a newer program reads it differently */
        gx_log_error("zone.definition", &findings.items[0].error);
    gx_findings_release(&findings);
    return is_read;
}

static bool read_sum(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    (void)arena;
    return gx_db_get_int(db, error, context, 0, "SELECT sum(version) FROM definition WHERE is_current = 1",
                         "");
}

/* Under the mutex. Programs may deploy models for years, so there is no bound but memory. */
static void keep_snapshot(gx_zone *zone, gx_packages *packages)
{
    if (zone->snapshot_count == zone->snapshot_room) {
        size_t room = zone->snapshot_room ? 2 * zone->snapshot_room : 16;
        gx_packages **larger = realloc(zone->snapshots, room * sizeof *larger);
        if (!larger)
            abort(); /* a few kilobytes, as in gx_packages_create */
        zone->snapshots = larger;
        zone->snapshot_room = room;
    }
    zone->snapshots[zone->snapshot_count++] = packages;
}

static bool put_in_force(gx_zone *zone, gx_error *error)
{
    gx_packages *packages = gx_packages_create();
    int64_t sum = 0;
    in_force f = {packages, zone->is_stepped};
    gx_packages_set_fetch(packages, fetch_source, zone);
    if (!gx_store_read(zone->store, read_sum, &sum, error) ||
        !gx_store_read(zone->store, read_current, &f, error)) {
        gx_packages_release(packages);
        return false;
    }
    pthread_mutex_lock(&zone->mutex);
    keep_snapshot(zone, packages);
    pthread_mutex_unlock(&zone->mutex);
    atomic_store(&zone->version_sum, sum);
    atomic_store(&zone->packages, packages);
    return true;
}

gx_zone *gx_zone_open(const gx_zone_options *options, gx_error *error)
{
    gx_zone *zone = calloc(1, sizeof *zone);
    if (!zone) {
        gx_fail(error, "base.memory", GX_TEXT("0"));
        return NULL;
    }
    pthread_mutex_init(&zone->mutex, NULL);
    zone->is_stepped = options->is_stepped;
    zone->data_folder = strdup(options->data_folder);
    zone->throttle = gx_throttle_create();
    zone->old = gx_packages_create();
    zone->old_definitions = gx_map_in(gx_packages_arena(zone->old));
    static const char *const folders[] = {"", "/files", "/upload", "/keys"};
    char path[4096];
    bool is_open = (zone->data_folder && zone->throttle) || gx_fail(error, "base.memory", GX_TEXT("0"));
    for (size_t i = 0; i < GX_COUNT_OF(folders) && is_open; i++) {
        snprintf(path, sizeof path, "%s%s", options->data_folder, folders[i]);
        is_open = gx_file_make_folder(path, error);
    }
    snprintf(path, sizeof path, "%s/keys", options->data_folder);
    is_open = is_open && (zone->seal = gx_seal_open(path, error));
    if (options->database)
        snprintf(path, sizeof path, "%s", options->database);
    else
        snprintf(path, sizeof path, "%s/zone.db", options->data_folder);
    is_open = is_open &&
              (zone->store = gx_store_open(&(gx_store_options){.path = path,
                                                               .schema = gx_zone_schema,
                                                               .is_read_only = options->is_read_only,
                                                               .vfs = options->vfs,
                                                               .is_stepped = options->is_stepped},
                                           error)) &&
              put_in_force(zone, error);
    if (is_open)
        return zone;
    gx_zone_close(zone);
    return NULL;
}

void gx_zone_close(gx_zone *zone)
{
    if (!zone)
        return;
    gx_store_close(zone->store);
    gx_seal_close(zone->seal);
    gx_throttle_destroy(zone->throttle);
    for (size_t i = 0; i < zone->snapshot_count; i++)
        gx_packages_release(zone->snapshots[i]);
    free(zone->snapshots);
    gx_packages_release(zone->old);
    pthread_mutex_destroy(&zone->mutex);
    free(zone->data_folder);
    free(zone->public_url);
    free(zone);
}

gx_store *gx_zone_store(gx_zone *zone)
{
    return zone->store;
}

const gx_seal *gx_zone_seal(const gx_zone *zone)
{
    return zone->seal;
}

gx_throttle *gx_zone_throttle(const gx_zone *zone)
{
    return zone->throttle;
}

const char *gx_zone_data_folder(const gx_zone *zone)
{
    return zone->data_folder;
}

const gx_packages *gx_zone_packages(gx_zone *zone)
{
    return atomic_load(&zone->packages);
}

void gx_zone_set_public_url(gx_zone *zone, const char *url)
{
    free(zone->public_url);
    zone->public_url = strdup(url);
}

const char *gx_zone_public_url(const gx_zone *zone)
{
    return zone->public_url ? zone->public_url : "http://localhost:8080";
}

void gx_zone_set_addresses(gx_zone *zone, const gx_address_rule *rule)
{
    zone->addresses = *rule;
}

const gx_address_rule *gx_zone_addresses(const gx_zone *zone)
{
    return &zone->addresses;
}

/* Under the mutex. */
static const gx_definition *compile_old(gx_zone *zone, gx_db *db, gx_definition_kind kind, gx_text id,
                                        int64_t version, gx_text key, gx_error *error)
{
    gx_statement *row = gx_db_prepare(
        db, "SELECT package, path, source FROM definition WHERE kind = ?1 AND id = ?2 AND version = ?3");
    gx_bind(row, "sti", gx_definition_kind_name(kind), id, version);
    gx_step step = gx_db_step(row, error);
    char figure[24];
    if (step != GX_STEP_ROW) {
        if (step == GX_STEP_DONE)
            gx_fail(error, "package.definition", id, gx_error_int(figure, version));
        return NULL;
    }
    gx_findings findings = {0};
    gx_packages *alone = gx_packages_create(); /* of its own, so that two versions of one id do not meet */
    const gx_definition *d = gx_packages_add(alone, kind, gx_column_text(row, 0), gx_column_text(row, 1), id,
                                             version, gx_column_text(row, 2), &findings);
    gx_db_reset(row);
    gx_findings_release(&findings);
    keep_snapshot(zone, alone);
    gx_map_put(&zone->old_definitions, gx_copy(gx_packages_arena(zone->old), key), (void *)(uintptr_t)d);
    return d;
}

const gx_definition *gx_zone_definition(gx_zone *zone, gx_db *db, gx_definition_kind kind, gx_text id,
                                        int64_t version, gx_error *error)
{
    const gx_definition *current = gx_packages_find(gx_zone_packages(zone), kind, id);
    if (current && current->version == version)
        return current;
    char name[400];
    int size = snprintf(name, sizeof name, "%d/%lld/%.*s", (int)kind, (long long)version, GX_PRINT(id));
    gx_text key = {name, size > 0 && (size_t)size < sizeof name ? (size_t)size : 0};
    pthread_mutex_lock(&zone->mutex);
    const gx_definition *d = gx_map_get(&zone->old_definitions, key);
    if (!d)
        d = compile_old(zone, db, kind, id, version, key, error);
    pthread_mutex_unlock(&zone->mutex);
    return d;
}

/* ---- Loading ---- */

typedef struct loading {
    const gx_packages *packages;
    int64_t loaded;
} loading;

static bool load_definition(gx_db *db, const gx_definition *d, int64_t *loaded, gx_error *error)
{
    gx_statement *find = gx_db_prepare(
        db, "SELECT version, digest, path FROM definition WHERE kind = ?1 AND id = ?2 AND is_current = 1");
    const char *kind = gx_definition_kind_name(d->kind);
    gx_bind(find, "st", kind, d->id);
    gx_step step = gx_db_step(find, error);
    int64_t version = 0;
    if (step == GX_STEP_FAILED)
        return false;
    if (step == GX_STEP_ROW) {
        bool is_same = gx_text_equal(gx_column_text(find, 1), gx_text_of(d->digest));
        gx_db_reset(find);
        if (is_same)
            return true;
    }
    (*loaded)++;
    return gx_db_get_int(db, error, &version, 0,
                         "SELECT max(version) FROM definition WHERE kind = ?1 AND id = ?2", "st", kind,
                         d->id) &&
           gx_db_run(db, error,
                     "UPDATE definition SET is_current = 0 WHERE kind = ?1 AND id = ?2 AND is_current = 1",
                     "st", kind, d->id) &&
           gx_db_run(db, error,
                     "INSERT INTO definition (kind, id, version, package, path, digest, source, loaded_at, "
                     "is_current) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1)",
                     "stittsti", kind, d->id, version + 1, d->package, d->path, d->digest, d->source,
                     gx_clock_now());
}

static bool load_all(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    loading *l = context;
    size_t count;
    const gx_package_info *infos = gx_packages_info(l->packages, &count);
    l->loaded = 0;
    if (!gx_db_lock(db, GX_TEXT("packages"), error))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!gx_db_run(db, error,
                       "INSERT INTO package (name, version, title_zh, title_en, is_sample, loaded_at) VALUES "
                       "(?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (name) DO UPDATE SET version = "
                       "excluded.version, title_zh = excluded.title_zh, title_en = excluded.title_en, "
                       "is_sample = excluded.is_sample, loaded_at = excluded.loaded_at",
                       "ttttii", infos[i].name, infos[i].version, infos[i].title_zh,
                       infos[i].title_en.bytes ? infos[i].title_en : infos[i].title_zh,
                       (int64_t)infos[i].is_sample, gx_clock_now()))
            return false;
    for (size_t kind = 0; kind < GX_DEFINITION_KINDS; kind++) {
        const gx_definition *d;
        for (size_t i = 0; (d = gx_packages_next(l->packages, (gx_definition_kind)kind, &i));)
            if (!load_definition(db, d, &l->loaded, error))
                return false;
    }
    if (!gx_search_declare(db, arena, l->packages, error))
        return false;
    for (size_t i = 0; i < count && l->loaded; i++)
        if (!gx_audit(db, arena, NULL, "package.load", infos[i].name, "done", infos[i].version, error))
            return false;
    return l->loaded == 0 || gx_db_tell(db, GX_TEXT("packages"), error);
}

/* What another server on the same database tells: "wake", "packages", "event TOPIC JSON"; the empty text
 * after a time in which something may have been missed. */
static void hear(void *context, gx_text text)
{
    gx_zone *zone = context;
    gx_error error = {0};
    gx_text rest, kind = gx_text_cut(text, ' ', &rest);
    int64_t sum = 0;
    if (text.size == 0 || gx_text_equal(kind, GX_TEXT("packages"))) {
        bool is_read = gx_store_read(zone->store, read_sum, &sum, &error);
        if (!is_read || (sum != atomic_load(&zone->version_sum) && !put_in_force(zone, &error)))
            gx_log_error("zone.packages", &error);
    }
    if (gx_text_equal(kind, GX_TEXT("event"))) {
        char topic[64];
        gx_text json, name = gx_text_cut(rest, ' ', &json);
        snprintf(topic, sizeof topic, "%.*s", GX_PRINT(name));
        if (zone->tell)
            zone->tell(zone->tell_context, topic, json);
        return;
    }
    gx_scheduler_wake(NULL);
}

bool gx_zone_load(gx_zone *zone, const gx_packages *packages, int64_t *loaded, gx_error *error)
{
    loading l = {packages, 0};
    if (!gx_store_write(zone->store, load_all, &l, error))
        return false;
    *loaded = l.loaded;
    return l.loaded == 0 || put_in_force(zone, error);
}

bool gx_zone_refresh(gx_zone *zone, gx_error *error)
{
    return put_in_force(zone, error);
}

/* ---- Telling ---- */

typedef struct telling {
    gx_zone *zone;
    const char *topic;
    char json[80];
} telling;

void gx_zone_set_listener(gx_zone *zone, void (*tell)(void *context, const char *topic, gx_text json),
                          void *context)
{
    zone->tell = tell;
    zone->tell_context = context;
    gx_store_listen(zone->store, hear, zone);
}

static void tell_now(void *data)
{
    telling *t = data;
    t->zone->tell(t->zone->tell_context, t->topic, gx_text_of(t->json));
}

void gx_zone_tell(gx_zone *zone, gx_db *db, const char *topic, gx_text id)
{
    telling t = {.zone = zone, .topic = topic};
    snprintf(t.json, sizeof t.json, "{\"id\":\"%.*s\"}", (int)(id.size < 60 ? id.size : 60), id.bytes);
    char text[160];
    int size = snprintf(text, sizeof text, "event %s %s", topic, t.json);
    gx_db_tell(db, (gx_text){text, (size_t)size}, NULL); /* if that fails, so does the command */
    if (zone->tell)
        gx_db_after_commit_with(db, tell_now, &t, sizeof t);
}

/* ---- What has been loaded ---- */

typedef struct folder_stamp {
    const char *folder;
    int64_t stamp;
} folder_stamp;

static bool read_stamp(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    folder_stamp *s = context;
    return gx_db_get_int(db, error, &s->stamp, 0, "SELECT last FROM number WHERE name = ?1", "t",
                         gx_format(arena, "packages %s", s->folder));
}

static bool write_stamp(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    const folder_stamp *s = context;
    return gx_db_run(
        db, error,
        "INSERT INTO number (name, last) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET last = "
        "excluded.last",
        "ti", gx_format(arena, "packages %s", s->folder), s->stamp);
}

bool gx_zone_stamp(gx_zone *zone, const char *folder, int64_t *stamp, gx_error *error)
{
    folder_stamp s = {folder, 0};
    bool is_read = gx_store_read(zone->store, read_stamp, &s, error);
    *stamp = s.stamp;
    return is_read;
}

bool gx_zone_set_stamp(gx_zone *zone, const char *folder, int64_t stamp, gx_error *error)
{
    return gx_store_write(zone->store, write_stamp, &(folder_stamp){folder, stamp}, error);
}

#include "service/sample.h"
#include "service/identity.h"
#include "service/register.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"

#include <stdio.h>

typedef struct file_load {
    gx_zone *zone;
    gx_text package, name;
    char digest[GX_DIGEST_HEX_SIZE]; /* a file that has not changed is not looked into */
    const gx_definition *definition;
    const gx_json *records;
    gx_text path;
    int64_t stored;
    gx_findings *findings;
} file_load;

static bool put_records(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    file_load *f = context;
    gx_text key_name = gx_json_text(gx_json_path(f->definition->json, "x-gx.key"));
    for (const gx_json *record = f->records->first; record; record = record->next) {
        gx_arena_mark mark = gx_arena_here(arena);
        gx_text key = gx_json_text(gx_json_get_text_name(record, key_name.size ? key_name : GX_TEXT("id")));
        const gx_json *before = gx_register_find(db, arena, f->definition->id, key);
        if (!before || !gx_json_equal(before, record)) {
            if (!gx_register_put(db, arena, f->definition, record, 0, GX_TEXT("sample"), error)) {
                gx_error_wrap(error, (gx_place){f->path, record->line, record->column});
                return false;
            }
            f->stored++;
        }
        gx_arena_rewind(arena, mark);
    }
    return gx_db_run(db, error,
                     "INSERT INTO package_data (package, file, digest) VALUES (?1, ?2, ?3) ON CONFLICT "
                     "(package, file) DO UPDATE SET digest = excluded.digest",
                     "tts", f->package, f->name, f->digest);
}

static bool is_unchanged(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    file_load *f = context;
    gx_text known;
    if (!gx_db_get_text(db, arena, error, &known,
                        "SELECT digest FROM package_data WHERE package = ?1 AND file = ?2", "tt", f->package,
                        f->name))
        return false;
    f->stored = gx_text_equal(known, gx_text_of(f->digest)) ? -1 : 0;
    return true;
}

static bool load_file(gx_zone *zone, const gx_package_info *info, gx_text name, int64_t *records,
                      gx_findings *findings, gx_error *error)
{
    gx_arena arena = gx_arena_of(GX_LIMIT_MODEL_BYTES);
    gx_text source, path = gx_format(&arena, "%s/%.*s", info->folder, GX_PRINT(name));
    gx_text id = gx_text_slice(name, 5, name.size - 5); /* data/ID.json */
    file_load f = {.zone = zone, .package = info->name, .name = name, .path = path, .findings = findings};
    uint8_t digest[GX_DIGEST_SIZE];
    bool is_done = gx_file_read(&arena, path.bytes, GX_LIMIT_FILE_BYTES, &source, error);
    if (is_done) {
        gx_sha256(source, digest);
        gx_hex(digest, sizeof digest, f.digest);
        is_done = gx_store_read(gx_zone_store(zone), is_unchanged, &f, error);
    }
    if (is_done && f.stored == 0) {
        const gx_json *json = gx_json_parse(&arena, source, path, error);
        f.definition = gx_packages_find(gx_zone_packages(zone), GX_DEFINITION_REGISTER, id);
        f.records = gx_json_get(json, "records");
        is_done = json != NULL &&
                  (f.definition || gx_fail_at(error, "register.absent", ((gx_place){path, 1, 1}), id));
        is_done = is_done && (!f.records || gx_store_write(gx_zone_store(zone), put_records, &f, error));
        *records += f.stored;
    }
    if (!is_done && error->code)
        gx_findings_add(findings, GX_SEVERITY_ERROR, error);
    gx_arena_release(&arena);
    return is_done;
}

static bool load_accounts(gx_zone *zone, gx_arena *arena, const char *path, gx_error *error)
{
    gx_text source;
    if (!gx_file_read(arena, path, GX_LIMIT_FILE_BYTES, &source, error))
        return false;
    const gx_json *accounts = gx_json_parse(arena, source, gx_text_of(path), error);
    for (const gx_json *row = accounts ? accounts->first : NULL; row; row = row->next) {
        gx_account account = {.login = gx_json_text_of(row, "name"),
                              .password = gx_json_text_of(row, "password"),
                              .name = gx_json_text(gx_json_path(row, "person.name")),
                              .staff = gx_json_text(gx_json_path(row, "person.staff")),
                              .department = gx_json_text_of(row, "department"),
                              .roles = gx_json_get(row, "roles"),
                              .enterprises = gx_json_get(row, "enterprises"),
                              .is_sample = true};
        if (!gx_account_put(zone, &account, error))
            return false;
    }
    return accounts != NULL;
}

static bool has_accounts(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    (void)arena;
    return gx_db_get_int(db, error, context, 0, "SELECT count(*) FROM account WHERE is_sample = 1", "");
}

bool gx_sample_load(gx_zone *zone, const gx_packages *packages, int64_t *records, gx_findings *findings,
                    gx_error *error)
{
    size_t count, name_count;
    const gx_package_info *infos = gx_packages_info(packages, &count);
    gx_arena arena = gx_arena_of(GX_LIMIT_MODEL_BYTES);
    bool is_done = true;
    *records = 0;
    for (size_t i = 0; i < count && is_done; i++) {
        gx_text *names;
        is_done = gx_file_list(&arena, infos[i].folder, &names, &name_count, error);
        for (size_t n = 0; n < name_count && is_done; n++)
            if (gx_text_starts_with(names[n], GX_TEXT("data/")) &&
                gx_text_ends_with(names[n], GX_TEXT(".json")))
                is_done = load_file(zone, &infos[i], names[n], records, findings, error);
        const char *accounts = gx_format(&arena, "%s/accounts.json", infos[i].folder).bytes;
        int64_t known = 0;
        if (is_done && infos[i].is_sample &&
            gx_file_exists(accounts)) /* hashing takes a while: once is enough */
            is_done = gx_store_read(gx_zone_store(zone), has_accounts, &known, error) &&
                      (known > 0 || load_accounts(zone, &arena, accounts, error));
    }
    gx_arena_release(&arena);
    return is_done;
}

void gx_sample_accounts(gx_arena *arena, const gx_packages *packages, gx_sample_visit visit, void *context)
{
    size_t count;
    const gx_package_info *infos = gx_packages_info(packages, &count);
    for (size_t i = 0; i < count; i++) {
        gx_text source;
        const char *path = gx_format(arena, "%s/accounts.json", infos[i].folder).bytes;
        if (!infos[i].is_sample || !gx_file_exists(path) ||
            !gx_file_read(arena, path, GX_LIMIT_FILE_BYTES, &source, NULL))
            continue;
        const gx_json *accounts = gx_json_parse(arena, source, gx_text_of(path), NULL);
        for (const gx_json *row = accounts ? accounts->first : NULL; row; row = row->next)
            visit(context, row);
    }
}

#include "service/package_internal.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "seal/seal.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { PACKAGES_MOST = 64 };

/* Proofs of decision tables, made when somebody first asks, so that starting waits for none. */
struct proofs {
    pthread_mutex_t mutex;
    gx_arena arena;
    gx_map by_digest; /* of a definition -> gx_flaws */
};

/* What is compiled when it is first looked up, in an arena of its own: any thread may be the first. */
struct later {
    pthread_mutex_t mutex;
    gx_arena arena;
    gx_source_fetch fetch;
    void *context;
};

struct gx_packages {
    gx_arena arena;
    gx_map by_kind[GX_DEFINITION_KINDS]; /* id -> gx_definition */
    gx_map documents;                    /* id -> gx_json */
    gx_map letter_feel;                  /* source -> gx_feel */
    gx_map messages[2];                  /* by language: key -> gx_text */
    gx_package_info infos[PACKAGES_MOST];
    size_t info_count;
    struct proofs *proofs; /* these two parts change after reading */
    struct later *later;
};

static const struct {
    const char *name, *folder, *suffix;
} kinds[GX_DEFINITION_KINDS] = {
    [GX_DEFINITION_REGISTER] = {"register", "registers/", ".json"},
    [GX_DEFINITION_MATTER] = {"matter", "matters/", ".json"},
    [GX_DEFINITION_PROCESS] = {"process", "processes/", ".bpmn"},
    [GX_DEFINITION_DECISION] = {"decision", "decisions/", ".dmn"},
    [GX_DEFINITION_FORM] = {"form", "forms/", ".json"},
    [GX_DEFINITION_CALENDAR] = {"calendar", "calendars/", ".json"},
    [GX_DEFINITION_BOARD] = {"board", "boards/", ".json"},
    [GX_DEFINITION_LETTER] = {"letter", "letters/", ".json"},
    [GX_DEFINITION_MESSAGES] = {"messages", "messages/", ".json"},
    [GX_DEFINITION_ROLES] = {"roles", "roles.json", ""},
    [GX_DEFINITION_DOCUMENTS] = {"documents", "documents.json", ""},
    [GX_DEFINITION_SEARCH] = {"search", "search.json", ""},
};

const char *gx_definition_kind_name(gx_definition_kind kind)
{
    return kinds[kind].name;
}

bool gx_definition_kind_of(gx_text name, gx_definition_kind *kind)
{
    for (size_t i = 0; i < GX_DEFINITION_KINDS; i++) {
        if (!gx_text_equal(name, gx_text_of(kinds[i].name)))
            continue;
        *kind = (gx_definition_kind)i;
        return true;
    }
    return false;
}

gx_packages *gx_packages_create(void)
{
    gx_packages *packages = calloc(1, sizeof *packages);
    struct proofs *proofs = calloc(1, sizeof *proofs);
    struct later *later = calloc(1, sizeof *later);
    if (!packages || !proofs || !later)
        abort(); /* a few kilobytes at start-up */
    pthread_mutex_init(&proofs->mutex, NULL);
    proofs->arena = gx_arena_of(GX_LIMIT_MODEL_BYTES);
    proofs->by_digest = gx_map_in(&proofs->arena);
    packages->proofs = proofs;
    pthread_mutex_init(&later->mutex, NULL);
    later->arena = gx_arena_of(GX_LIMIT_MODEL_BYTES);
    packages->later = later;
    packages->arena = gx_arena_of(GX_LIMIT_MODEL_BYTES);
    for (size_t i = 0; i < GX_DEFINITION_KINDS; i++)
        packages->by_kind[i] = gx_map_in(&packages->arena);
    packages->documents = gx_map_in(&packages->arena);
    packages->letter_feel = gx_map_in(&packages->arena);
    packages->messages[0] = gx_map_in(&packages->arena);
    packages->messages[1] = gx_map_in(&packages->arena);
    return packages;
}

void gx_packages_release(gx_packages *packages)
{
    if (!packages)
        return;
    pthread_mutex_destroy(&packages->proofs->mutex);
    gx_arena_release(&packages->proofs->arena);
    free(packages->proofs);
    pthread_mutex_destroy(&packages->later->mutex);
    gx_arena_release(&packages->later->arena);
    free(packages->later);
    gx_arena_release(&packages->arena);
    free(packages);
}

gx_arena *gx_packages_arena(gx_packages *packages)
{
    return &packages->arena;
}

/* ---- Compiling ---- */

static void find_fault(gx_findings *findings, gx_severity severity, gx_text path, const gx_json *at,
                       const char *code, gx_text part1, gx_text part2)
{
    gx_error error;
    gx_fail_at(&error, code, ((gx_place){path, at ? at->line : 1, at ? at->column : 1}), part1, part2);
    gx_findings_add(findings, severity, &error);
}

static void keep_messages(gx_packages *packages, gx_definition *d, gx_findings *findings)
{
    gx_language language = gx_text_ends_with(d->id, GX_TEXT(".en")) ? GX_LANGUAGE_EN : GX_LANGUAGE_ZH;
    for (const gx_json *member = d->json->first; member; member = member->next) {
        if (member->kind != GX_JSON_STRING) {
            find_fault(findings, GX_SEVERITY_ERROR, d->path, member, "package.message.text", member->name,
                       (gx_text){"", 0});
            continue;
        }
        gx_map_put(&packages->messages[language], member->name, (void *)(uintptr_t)&member->text);
    }
}

static void keep_documents(gx_packages *packages, gx_definition *d, gx_findings *findings)
{
    const gx_json *rows = gx_json_is(d->json, GX_JSON_ARRAY) ? d->json : gx_json_get(d->json, "documents");
    for (const gx_json *row = rows ? rows->first : NULL; row; row = row->next) {
        gx_text id = gx_json_text_of(row, "id");
        if (!id.size || gx_map_put(&packages->documents, id, (void *)(uintptr_t)row))
            find_fault(findings, GX_SEVERITY_ERROR, d->path, row, "package.id", id, (gx_text){"", 0});
    }
}

static void compile_matter(gx_arena *arena, gx_definition *d, gx_findings *findings)
{
    gx_json *needed = gx_json_get(d->json, "neededWhen");
    if (!gx_json_is(needed, GX_JSON_STRING))
        return;
    static const gx_text names[] = {{"project", 7}};
    gx_feel_options options = {
        .names = names, .name_count = 1, .is_closed = true, .place = {d->path, needed->line, needed->column}};
    gx_error error = {0};
    d->needed_when = gx_feel_compile(arena, needed->text, &options, &error);
    if (!d->needed_when)
        gx_findings_add(findings, GX_SEVERITY_ERROR, &error);
}

/* Letters are filled in the writer's transaction: what their texts compute is compiled here, once. */
static void compile_letter(gx_packages *packages, gx_definition *d, const gx_json *at, gx_findings *findings)
{
    bool has_members = gx_json_is(at, GX_JSON_OBJECT) || gx_json_is(at, GX_JSON_ARRAY);
    for (const gx_json *member = has_members ? at->first : NULL; member; member = member->next)
        compile_letter(packages, d, member, findings);
    if (!gx_json_is(at, GX_JSON_STRING) || at->text.size == 0 || at->text.bytes[0] != '=')
        return;
    gx_text source = gx_text_slice(at->text, 1, at->text.size);
    gx_feel_options options = {.place = {d->path, at->line, at->column}};
    gx_error error = {0};
    gx_feel *feel = gx_feel_compile(&packages->arena, source, &options, &error);
    if (feel)
        gx_map_put(&packages->letter_feel, source, feel);
    else
        gx_findings_add(findings, GX_SEVERITY_ERROR, &error);
}

static void compile_json(gx_packages *packages, gx_arena *arena, gx_definition *d, gx_findings *findings)
{
    gx_error error = {0};
    d->json = gx_json_parse(arena, d->source, d->path, &error);
    if (!d->json) {
        gx_findings_add(findings, GX_SEVERITY_ERROR, &error);
        return;
    }
    switch (d->kind) {
    case GX_DEFINITION_CALENDAR:
        d->calendar = gx_calendar_read(arena, d->json, d->path, &error);
        if (!d->calendar)
            gx_findings_add(findings, GX_SEVERITY_ERROR, &error);
        break;
    case GX_DEFINITION_MESSAGES: keep_messages(packages, d, findings); break;
    case GX_DEFINITION_DOCUMENTS: keep_documents(packages, d, findings); break;
    case GX_DEFINITION_MATTER: compile_matter(arena, d, findings); break;
    case GX_DEFINITION_LETTER: compile_letter(packages, d, d->json, findings); break;
    default: break;
    }
}

static void compile(gx_packages *packages, gx_arena *arena, gx_definition *d, gx_findings *findings)
{
    gx_error error = {0};
    if (d->kind == GX_DEFINITION_PROCESS) {
        d->bpmn = gx_bpmn_read(arena, d->source, d->path, findings);
        d->process = d->bpmn ? gx_bpmn_find(d->bpmn, d->id) : NULL;
        if (d->bpmn) {
            gx_bpmn_rules(d->bpmn->xml, d->path, NULL, findings);
            gx_bpmn_check(d->bpmn, findings);
        }
        if (d->bpmn && !d->process)
            find_fault(findings, GX_SEVERITY_ERROR, d->path, NULL, "package.process.none", (gx_text){"", 0},
                       (gx_text){"", 0});
        if (d->process && !d->id.size)
            d->id = d->process->id;
    } else if (d->kind == GX_DEFINITION_DECISION) {
        d->dmn = gx_dmn_read(arena, d->source, d->path, NULL, findings, &error);
        if (!d->dmn)
            gx_findings_add(findings, GX_SEVERITY_ERROR, &error);
    } else {
        compile_json(packages, arena, d, findings);
    }
}

static gx_definition *new_definition(gx_packages *packages, gx_definition_kind kind, gx_text package,
                                     gx_text path, gx_text id, int64_t version, gx_text source)
{
    gx_definition *d = GX_NEW(&packages->arena, gx_definition);
    d->kind = kind;
    d->package = gx_copy(&packages->arena, package);
    d->path = gx_copy(&packages->arena, path);
    d->id = gx_copy(&packages->arena, id);
    d->version = version;
    if (source.bytes)
        d->source = gx_copy(&packages->arena, source);
    return d;
}

static gx_definition *keep(gx_packages *packages, gx_definition *d, gx_findings *findings)
{
    if (!d->id.size)
        return NULL;
    const gx_definition *before = gx_map_put(&packages->by_kind[d->kind], d->id, d);
    if (before)
        find_fault(findings, GX_SEVERITY_ERROR, d->path, NULL, "package.twice", d->id, before->path);
    return d;
}

void gx_packages_share(gx_packages *packages, const gx_definition *d)
{
    if (!gx_map_get(&packages->by_kind[d->kind], d->id))
        gx_map_put(&packages->by_kind[d->kind], d->id, (void *)(uintptr_t)d);
}

gx_definition *gx_packages_add(gx_packages *packages, gx_definition_kind kind, gx_text package, gx_text path,
                               gx_text id, int64_t version, gx_text source, gx_findings *findings)
{
    gx_definition *d = new_definition(packages, kind, package, path, id, version, source);
    uint8_t digest[GX_DIGEST_SIZE];
    gx_sha256(d->source, digest);
    gx_hex(digest, sizeof digest, d->digest);
    compile(packages, &packages->arena, d, findings);
    return keep(packages, d, findings);
}

/* ---- Compiling when it is needed ---- */

/* Others are parts of a whole: texts by key, roles, the catalogue of documents, what letters compute. */
bool gx_definition_can_wait(gx_definition_kind kind)
{
    switch (kind) {
    case GX_DEFINITION_REGISTER:
    case GX_DEFINITION_MATTER:
    case GX_DEFINITION_PROCESS:
    case GX_DEFINITION_DECISION:
    case GX_DEFINITION_FORM:
    case GX_DEFINITION_BOARD: return true;
    default: return false;
    }
}

void gx_packages_add_later(gx_packages *packages, gx_definition_kind kind, gx_text package, gx_text path,
                           gx_text id, int64_t version, gx_text source, gx_text digest, gx_findings *findings)
{
    gx_definition *d = new_definition(packages, kind, package, path, id, version, source);
    memcpy(d->digest, digest.bytes, digest.size < sizeof d->digest ? digest.size : sizeof d->digest - 1);
    d->is_put_off = gx_definition_can_wait(kind);
    if (!d->is_put_off)
        compile(packages, &packages->arena, d, findings);
    keep(packages, d, findings);
}

void gx_packages_set_fetch(gx_packages *packages, gx_source_fetch fetch, void *context)
{
    packages->later->fetch = fetch;
    packages->later->context = context;
}

typedef struct compiling {
    const gx_packages *packages;
    gx_definition *definition;
    gx_findings findings;
    gx_error *error;
} compiling;

static bool compile_now(void *context)
{
    compiling *c = context;
    struct later *later = c->packages->later;
    gx_definition *d = c->definition;
    gx_text source = d->source;
    if (!source.bytes && !later->fetch(later->context, &later->arena, d, &source, c->error))
        return false;
    d->source = source;
    compile((gx_packages *)(uintptr_t)c->packages, &later->arena, d, &c->findings);
    return true;
}

/* The definition, compiled; NULL when its source cannot be fetched now. What has been put off compiled when
 * it was loaded: if it does not now, a newer program reads it differently. */
static const gx_definition *ready(const gx_packages *packages, gx_definition *d)
{
    if (!d || !__atomic_load_n(&d->is_put_off, __ATOMIC_ACQUIRE))
        return d;
    gx_error error = {0};
    compiling c = {.packages = packages, .definition = d, .error = &error};
    pthread_mutex_lock(&packages->later->mutex);
    if (d->is_put_off && gx_arena_guard(&packages->later->arena, compile_now, &c, &error))
        __atomic_store_n(&d->is_put_off, false, __ATOMIC_RELEASE);
    bool is_ready = !d->is_put_off;
    pthread_mutex_unlock(&packages->later->mutex);
    if (!is_ready || c.findings.errors)
        gx_log_error("zone.definition", is_ready ? &c.findings.items[0].error : &error);
    gx_findings_release(&c.findings);
    return is_ready ? d : NULL;
}

/* ---- Reading folders ---- */

typedef struct reading {
    gx_packages *packages;
    gx_findings *findings;
    gx_error *error;
    bool with_sample;
    bool only_infos;
} reading;

static gx_text stem_of(gx_text name, gx_definition_kind kind)
{
    size_t start = strlen(kinds[kind].folder), end = name.size - strlen(kinds[kind].suffix);
    gx_text stem = gx_text_slice(name, start, end);
    if (kind == GX_DEFINITION_FORM && gx_text_ends_with(stem, GX_TEXT(".form")))
        stem = gx_text_slice(stem, 0, stem.size - 5);
    return stem;
}

static bool read_definition(reading *r, const char *folder, gx_text package, gx_text name)
{
    for (size_t i = 0; i < GX_DEFINITION_KINDS; i++) {
        gx_text prefix = gx_text_of(kinds[i].folder), suffix = gx_text_of(kinds[i].suffix);
        bool is_whole = suffix.size == 0;
        if (is_whole ? !gx_text_equal(name, prefix)
                     : !gx_text_starts_with(name, prefix) || !gx_text_ends_with(name, suffix))
            continue;
        gx_arena *arena = &r->packages->arena;
        const char *path = gx_format(arena, "%s/%.*s", folder, GX_PRINT(name)).bytes;
        gx_text source;
        if (!gx_file_read(arena, path, GX_LIMIT_FILE_BYTES, &source, r->error))
            return false;
        gx_text id = is_whole ? package : stem_of(name, (gx_definition_kind)i);
        if (i == GX_DEFINITION_MESSAGES)
            id = gx_format(arena, "%.*s.%.*s", GX_PRINT(package), GX_PRINT(id));
        if (i == GX_DEFINITION_PROCESS)
            id = (gx_text){"", 0}; /* the process's own */
        gx_packages_add(r->packages, (gx_definition_kind)i, package, gx_text_of(path), id, 0, source,
                        r->findings);
        return true;
    }
    bool is_known = gx_text_equal(name, GX_TEXT("package.json")) ||
                    gx_text_starts_with(name, GX_TEXT("data/")) ||
                    gx_text_equal(name, GX_TEXT("accounts.json")) || gx_text_ends_with(name, GX_TEXT(".md"));
    if (!is_known)
        find_fault(r->findings, GX_SEVERITY_WARNING,
                   gx_format(&r->packages->arena, "%s/%.*s", folder, GX_PRINT(name)), NULL, "package.file",
                   name, (gx_text){"", 0});
    return true;
}

static bool read_package(reading *r, const char *folder)
{
    gx_arena *arena = &r->packages->arena;
    const char *path = gx_format(arena, "%s/package.json", folder).bytes;
    gx_text source, *names;
    size_t count;
    if (!gx_file_read(arena, path, GX_LIMIT_FILE_BYTES, &source, r->error))
        return false;
    gx_error error = {0};
    const gx_json *json = gx_json_parse(arena, source, gx_text_of(path), &error);
    if (!json) {
        gx_findings_add(r->findings, GX_SEVERITY_ERROR, &error);
        return true;
    }
    gx_package_info info = {.name = gx_json_text_of(json, "name"),
                            .version = gx_json_text_of(json, "version"),
                            .is_sample = gx_json_bool_of(json, "sample", false),
                            .title_zh = gx_json_text(gx_json_path(json, "title.zh")),
                            .title_en = gx_json_text(gx_json_path(json, "title.en")),
                            .folder = folder};
    if (!info.name.size || !info.version.size || !info.title_zh.size)
        find_fault(r->findings, GX_SEVERITY_ERROR, gx_text_of(path), json, "package.info", (gx_text){"", 0},
                   (gx_text){"", 0});
    if ((info.is_sample && !r->with_sample) || r->packages->info_count == PACKAGES_MOST)
        return true;
    const gx_json *requires = gx_json_get(json, "requires");
    for (const gx_json *name = requires ? requires->first : NULL; name; name = name->next) {
        bool is_there = false;
        for (size_t i = 0; i < r->packages->info_count; i++)
            is_there |= gx_text_equal(r->packages->infos[i].name, name->text);
        if (!is_there)
            find_fault(r->findings, GX_SEVERITY_ERROR, gx_text_of(path), name, "package.requires", name->text,
                       (gx_text){"", 0});
    }
    r->packages->infos[r->packages->info_count++] = info;
    if (r->only_infos)
        return true;
    if (!gx_file_list(arena, folder, &names, &count, r->error))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!read_definition(r, folder, info.name, names[i]))
            return false;
    return true;
}

/* The folders that hold a package.json, those first that others require. */
static bool order_folders(reading *r, const char *folder, const char **folders, size_t *count)
{
    gx_arena *arena = &r->packages->arena;
    gx_text *names;
    size_t name_count, found = 0;
    const char *candidates[PACKAGES_MOST];
    gx_text package_names[PACKAGES_MOST];
    const gx_json *requires[PACKAGES_MOST];
    bool is_placed[PACKAGES_MOST] = {false};
    if (!gx_file_list(arena, folder, &names, &name_count, r->error))
        return false;
    for (size_t i = 0; i < name_count && found < PACKAGES_MOST; i++) {
        bool is_own = gx_text_equal(names[i], GX_TEXT("package.json"));
        if (!is_own && !gx_text_ends_with(names[i], GX_TEXT("/package.json")))
            continue;
        candidates[found] =
            is_own ? folder
                   : gx_format(arena, "%s/%.*s", folder, (int)(names[i].size - 13), names[i].bytes).bytes;
        gx_text source;
        const char *path = gx_format(arena, "%s/package.json", candidates[found]).bytes;
        if (!gx_file_read(arena, path, GX_LIMIT_FILE_BYTES, &source, r->error))
            return false;
        const gx_json *json = gx_json_parse(arena, source, gx_text_of(path), NULL);
        package_names[found] = gx_json_text_of(json, "name");
        requires[found++] = gx_json_get(json, "requires");
    }
    for (bool has_moved = true; has_moved && *count < found;) {
        has_moved = false;
        for (size_t i = 0; i < found; i++) {
            bool is_ready = !is_placed[i];
            for (const gx_json *name = requires[i] ? requires[i] -> first : NULL; name && is_ready;
                 name = name->next)
                for (size_t j = 0; j < found; j++)
                    is_ready &= is_placed[j] || j == i || !gx_text_equal(package_names[j], name->text);
            if (!is_ready)
                continue;
            is_placed[i] = has_moved = true;
            folders[(*count)++] = candidates[i];
        }
    }
    for (size_t i = 0; i < found; i++) /* a circle: in any order, the missing requirement becomes a finding */
        if (!is_placed[i])
            folders[(*count)++] = candidates[i];
    return true;
}

static gx_packages *read_folder(reading r, const char *folder, gx_error *error)
{
    const char *folders[PACKAGES_MOST];
    size_t count = 0;
    bool is_read = order_folders(&r, folder, folders, &count);
    if (is_read && count == 0)
        is_read = gx_fail_at(error, "package.none", ((gx_place){gx_text_of(folder), 0, 0}));
    for (size_t i = 0; i < count && is_read; i++)
        is_read = read_package(&r, folders[i]);
    if (is_read)
        return r.packages;
    gx_packages_release(r.packages);
    return NULL;
}

gx_packages *gx_packages_read(const char *folder, bool with_sample, gx_findings *findings, gx_error *error)
{
    return read_folder((reading){gx_packages_create(), findings, error, with_sample, false}, folder, error);
}

gx_packages *gx_packages_read_infos(const char *folder, bool with_sample, gx_error *error)
{
    gx_findings findings = {0};
    gx_packages *packages =
        read_folder((reading){gx_packages_create(), &findings, error, with_sample, true}, folder, error);
    gx_findings_release(&findings);
    return packages;
}

/* ---- Looking up ---- */

const gx_definition *gx_packages_find(const gx_packages *packages, gx_definition_kind kind, gx_text id)
{
    return ready(packages, gx_map_get(&packages->by_kind[kind], id));
}

const gx_definition *gx_packages_next(const gx_packages *packages, gx_definition_kind kind, size_t *index)
{
    const gx_map *map = &packages->by_kind[kind];
    const gx_definition *d = NULL;
    while (*index < map->count && !d)
        d = ready(packages, map->entries[(*index)++].value);
    return d;
}

const gx_package_info *gx_packages_info(const gx_packages *packages, size_t *count)
{
    *count = packages->info_count;
    return packages->infos;
}

gx_text gx_packages_message(const gx_packages *packages, gx_language language, gx_text key)
{
    const gx_text *text = gx_map_get(&packages->messages[language], key);
    if (!text)
        text = gx_map_get(&packages->messages[1 - language], key);
    return text ? *text : key;
}

gx_text gx_packages_format(gx_arena *arena, const gx_packages *packages, gx_language language,
                           const char *key, const gx_text *parts, size_t count)
{
    gx_text pattern = gx_packages_message(packages, language, gx_text_of(key));
    gx_buffer buffer = gx_buffer_in(arena);
    for (size_t i = 0; i < pattern.size; i++) {
        bool is_part = pattern.bytes[i] == '{' && i + 2 < pattern.size && pattern.bytes[i + 1] >= '0' &&
                       pattern.bytes[i + 1] <= '9' && pattern.bytes[i + 2] == '}';
        if (!is_part) {
            gx_buffer_byte(&buffer, pattern.bytes[i]);
            continue;
        }
        size_t index = (size_t)(pattern.bytes[i + 1] - '0');
        if (index < count)
            gx_buffer_text(&buffer, parts[index]);
        i += 2;
    }
    return gx_buffer_as_text(&buffer);
}

const gx_definition *gx_packages_calendar_definition(const gx_packages *packages)
{
    return gx_packages_find(packages, GX_DEFINITION_CALENDAR, GX_TEXT("cn"));
}

const gx_calendar *gx_packages_calendar(const gx_packages *packages)
{
    const gx_definition *d = gx_packages_calendar_definition(packages);
    return d ? d->calendar : NULL;
}

const gx_json *gx_packages_document(const gx_packages *packages, gx_text id)
{
    return gx_map_get(&packages->documents, id);
}

const gx_definition *gx_packages_decision(const gx_packages *packages, gx_text name)
{
    return gx_packages_find(packages, GX_DEFINITION_DECISION, name);
}

bool gx_packages_decide(gx_arena *arena, const gx_packages *packages, gx_text name, gx_value inputs,
                        const gx_feel_budget *budget, gx_dmn_trace *trace, gx_value *answer, gx_error *error)
{
    const gx_definition *d = gx_packages_decision(packages, name);
    gx_dmn_item decision;
    if (!d || !d->dmn || !gx_dmn_find_main(d->dmn, name, &decision))
        return gx_fail(error, "package.decision", name);
    return gx_dmn_evaluate(arena, d->dmn, decision.name, inputs, budget, trace, answer, error);
}

/* ---- Proofs ---- */

typedef struct proving {
    struct proofs *proofs;
    const gx_definition *definition;
    const gx_flaws *flaws;
} proving;

static bool prove(void *context)
{
    proving *p = context;
    gx_flaws *flaws = GX_NEW(&p->proofs->arena, gx_flaws);
    *flaws = gx_dmn_verify(&p->proofs->arena, p->definition->dmn);
    gx_map_put(&p->proofs->by_digest, gx_text_of(p->definition->digest), flaws);
    p->flaws = flaws;
    return true;
}

const gx_flaws *gx_packages_flaws(const gx_packages *packages, const gx_definition *definition,
                                  gx_error *error)
{
    proving p = {.proofs = packages->proofs, .definition = definition};
    pthread_mutex_lock(&p.proofs->mutex);
    p.flaws = gx_map_get(&p.proofs->by_digest, gx_text_of(definition->digest));
    if (!p.flaws && !gx_arena_guard(&p.proofs->arena, prove, &p, error))
        p.flaws = NULL;
    pthread_mutex_unlock(&p.proofs->mutex);
    return p.flaws;
}

const gx_feel *gx_packages_letter_feel(const gx_packages *packages, gx_text source)
{
    return gx_map_get(&packages->letter_feel, source);
}

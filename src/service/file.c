#include "service/file.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* Extension, type, and how such a file begins. */
static const struct {
    const char *extension, *mime, *magic;
    size_t magic_size;
} types[] = {
    {"pdf", "application/pdf", "%PDF-", 5},
    {"png", "image/png", "\x89PNG\r\n\x1a\n", 8},
    {"jpg", "image/jpeg", "\xff\xd8\xff", 3},
    {"jpeg", "image/jpeg", "\xff\xd8\xff", 3},
    {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "PK\x03\x04", 4},
    {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "PK\x03\x04", 4},
    {"zip", "application/zip", "PK\x03\x04", 4},
    {"dwg", "image/vnd.dwg", "AC10", 4},
};

/* The last part of a name, without control and direction characters. */
static gx_text clean_name(gx_arena *arena, gx_text name)
{
    size_t start = name.size;
    while (start > 0 && name.bytes[start - 1] != '/' && name.bytes[start - 1] != '\\')
        start--;
    gx_text last = gx_text_slice(name, start, name.size);
    char *bytes = gx_alloc(arena, last.size + 1);
    size_t size = 0;
    for (size_t at = 0; at < last.size && size < 200;) {
        size_t begin = at;
        uint32_t point = gx_utf8_next(last, &at);
        bool is_hidden = point < 0x20 || point == 0x7F || (point >= 0x200B && point <= 0x200F) ||
                         (point >= 0x202A && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069);
        if (is_hidden)
            continue;
        memcpy(bytes + size, last.bytes + begin, at - begin);
        size += at - begin;
    }
    return gx_text_trim((gx_text){bytes, size});
}

static const char *mime_of(gx_text name, const unsigned char *begin, size_t size)
{
    size_t dot = name.size;
    while (dot > 0 && name.bytes[dot - 1] != '.')
        dot--;
    gx_text extension = gx_text_slice(name, dot, name.size);
    for (size_t i = 0; dot > 0 && i < GX_COUNT_OF(types); i++) {
        bool is_named = extension.size == strlen(types[i].extension) &&
                        strncasecmp(extension.bytes, types[i].extension, extension.size) == 0;
        if (is_named)
            return size >= types[i].magic_size && memcmp(begin, types[i].magic, types[i].magic_size) == 0
                       ? types[i].mime
                       : NULL;
    }
    return NULL;
}

const char *gx_file_path(gx_zone *zone, gx_arena *arena, gx_text sha256)
{
    return gx_format(arena, "%s/files/%.2s/%.*s", gx_zone_data_folder(zone), sha256.bytes, GX_PRINT(sha256))
        .bytes;
}

static bool sync_folder(const char *path)
{
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = folder >= 0 && fsync(folder) == 0;
    if (folder >= 0)
        close(folder);
    return synced;
}

static bool describe(gx_arena *arena, gx_text name, const unsigned char *begin, size_t size, int64_t whole,
                     gx_file *file, gx_error *error)
{
    *file = (gx_file){
        .size = whole, .at = gx_clock_now(), .kind = {"", 0}, .case_number = {"", 0}, .by = {"", 0}};
    file->name = clean_name(arena, name);
    if (file->name.size == 0 || !gx_utf8_is_valid(name))
        return gx_fail(error, "file.name");
    if (whole == 0)
        return gx_fail(error, "file.empty");
    const char *mime = mime_of(file->name, begin, size);
    if (!mime)
        return gx_fail(error, "file.type", file->name);
    file->mime = gx_text_of(mime);
    gx_random_id(file->id);
    return true;
}

bool gx_file_take(gx_zone *zone, gx_arena *arena, const gx_request *request, gx_text name, gx_file *file,
                  gx_error *error)
{
    unsigned char begin[16];
    int source = open(request->upload_path, O_RDONLY | O_CLOEXEC);
    ssize_t got = source >= 0 ? read(source, begin, sizeof begin) : -1;
    if (source >= 0)
        close(source);
    if (got < 0)
        return gx_fail(error, "base.file.read", gx_text_of(strerror(errno)));
    if (!describe(arena, name, begin, (size_t)got, (int64_t)request->upload_size, file, error))
        return false;
    file->sha256 = request->upload_sha256;
    const char *folder =
        gx_format(arena, "%s/files/%.2s", gx_zone_data_folder(zone), file->sha256.bytes).bytes;
    if (!gx_file_make_folder(folder, error))
        return false;
    if (rename(request->upload_path, gx_file_path(zone, arena, file->sha256)) != 0 || !sync_folder(folder))
        return gx_fail(error, errno == ENOSPC ? "db.full" : "base.file.write", gx_text_of(strerror(errno)));
    return true;
}

bool gx_file_keep(gx_zone *zone, gx_arena *arena, gx_text content, gx_text name, gx_file *file,
                  gx_error *error)
{
    uint8_t digest[GX_DIGEST_SIZE];
    if (!describe(arena, name, (const unsigned char *)content.bytes, content.size, (int64_t)content.size,
                  file, error))
        return false;
    gx_sha256(content, digest);
    file->sha256 = gx_hex(digest, sizeof digest, gx_alloc(arena, GX_DIGEST_HEX_SIZE));
    const char *folder =
        gx_format(arena, "%s/files/%.2s", gx_zone_data_folder(zone), file->sha256.bytes).bytes;
    return gx_file_make_folder(folder, error) &&
           gx_file_write(gx_file_path(zone, arena, file->sha256), content, error);
}

bool gx_file_record(gx_db *db, const gx_file *file, gx_error *error)
{
    return gx_db_run(db, error,
                     "INSERT INTO file (id, sha256, name, mime, size, kind, case_number, by, at) VALUES (?1, "
                     "?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                     "stttittti", file->id, file->sha256, file->name, file->mime, file->size, file->kind,
                     file->case_number, file->by, file->at);
}

bool gx_file_find(gx_db *db, gx_arena *arena, gx_text id, gx_file *file, gx_error *error)
{
    gx_statement *row = gx_db_prepare(
        db, "SELECT id, sha256, name, mime, size, kind, case_number, by, at FROM file WHERE id = ?1");
    gx_bind(row, "t", id);
    gx_step step = gx_db_step(row, error);
    if (step != GX_STEP_ROW)
        return step == GX_STEP_DONE && gx_fail(error, "file.absent");
    snprintf(file->id, sizeof file->id, "%.*s", GX_PRINT(gx_column_text(row, 0)));
    file->sha256 = gx_column_copy(arena, row, 1);
    file->name = gx_column_copy(arena, row, 2);
    file->mime = gx_column_copy(arena, row, 3);
    file->size = gx_column_int(row, 4);
    file->kind = gx_column_copy(arena, row, 5);
    file->case_number = gx_column_copy(arena, row, 6);
    file->by = gx_column_copy(arena, row, 7);
    file->at = gx_column_int(row, 8);
    gx_db_reset(row);
    return true;
}

/* service/file.h: attachments: content-addressed files beside the database. A file's name is data and never
 * part of a path. What a file is, is said by its extension and by its first bytes, and both must agree. */
#ifndef GX_SERVICE_FILE_H
#define GX_SERVICE_FILE_H

#include "http/http.h"
#include "service/zone.h"

typedef struct gx_file {
    char id[27];
    gx_text sha256, name, mime, kind, case_number, by;
    int64_t size;
    gx_instant at;
} gx_file;

/* Takes the uploaded file (moving it to its place, synced) and gives it an id; no row yet. Errors:
 * "file.type", "file.name", "file.empty". */
bool gx_file_take(gx_zone *zone, gx_arena *arena, const gx_request *request, gx_text name, gx_file *file,
                  gx_error *error);
/* The same for content made here (a PDF). */
bool gx_file_keep(gx_zone *zone, gx_arena *arena, gx_text content, gx_text name, gx_file *file,
                  gx_error *error);
/* Inside a command: the row. `kind`: the document's id in the catalogue, `case_number` may be empty. */
bool gx_file_record(gx_db *db, const gx_file *file, gx_error *error);
/* False with "file.absent". */
bool gx_file_find(gx_db *db, gx_arena *arena, gx_text id, gx_file *file, gx_error *error);
const char *gx_file_path(gx_zone *zone, gx_arena *arena, gx_text sha256);

#endif

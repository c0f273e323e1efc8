/* base/file.h: whole files and folders. Thin: no decisions live here. Safe on any thread. */
#ifndef GX_BASE_FILE_H
#define GX_BASE_FILE_H

#include "base/arena.h"

/* The whole file, at most `limit` bytes, with a zero byte behind it. */
bool gx_file_read(gx_arena *arena, const char *path, size_t limit, gx_text *content, gx_error *error);
/* Writes to a temporary name beside `path`, syncs, renames, syncs the folder: after a crash the file is old or new. */
bool gx_file_write(const char *path, gx_text content, gx_error *error);
/* Names of the regular files below `path`, relative to it, sorted by bytes; hidden ones are left out. */
bool gx_file_list(gx_arena *arena, const char *path, gx_text **names, size_t *count, gx_error *error);
/* A number that changes with every change of a file below `path`: of names, sizes and instants, without reading them. */
bool gx_file_stamp(gx_arena *arena, const char *path, uint64_t *stamp, gx_error *error);
bool gx_file_exists(const char *path);
/* Makes a folder and those above it; one that exists is fine. */
bool gx_file_make_folder(const char *path, gx_error *error);

#endif

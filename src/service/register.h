/* service/register.h: registers: records by JSON Schema, searchable, with history.
 * A record is a JSON object under (register, key). Its schema checks each write; fields marked personal or
 * sensitive are masked unless the reader may see them. */
#ifndef GX_SERVICE_REGISTER_H
#define GX_SERVICE_REGISTER_H

#include "service/audit.h"

/* All faults of a record against its schema, as findings whose path is a JSON pointer. */
void gx_register_validate(gx_arena *arena, const gx_json *schema, const gx_json *record,
                          gx_findings *findings);
/* Reads a schema's keywords: one that is not understood is a finding ("register.keyword"). */
void gx_register_check_schema(const gx_json *schema, gx_text path, gx_findings *findings);

/* Inside a command. `version` -1: must be new; 0: whatever is there; else the version that must be there
 * ("register.version" when it is not). */
bool gx_register_put(gx_db *db, gx_arena *arena, const gx_definition *definition, const gx_json *record,
                     int64_t version, gx_text by, gx_error *error);
/* NULL with "register.record" when there is none. */
gx_json *gx_register_get(gx_db *db, gx_arena *arena, gx_text register_id, gx_text key, int64_t *version,
                         gx_error *error);
/* Without an error when it is absent: NULL. */
gx_json *gx_register_find(gx_db *db, gx_arena *arena, gx_text register_id, gx_text key);

typedef struct gx_register_filter {
    gx_text field, value; /* a field of the schema; "null" matches absent values */
} gx_register_filter;
typedef struct gx_register_query {
    gx_text search;
    gx_register_filter filters[8];
    size_t filter_count;
    gx_text sort; /* a field, with '-' before it for descending; empty: the register's own */
    int64_t offset, limit;
} gx_register_query;
/* Calls `visit` for each record in order. Unknown fields are the error "register.field". */
typedef bool (*gx_register_visit)(void *context, gx_text key, int64_t version, const gx_json *record,
                                  gx_error *error);
bool gx_register_list(gx_db *db, gx_arena *arena, const gx_definition *definition,
                      const gx_register_query *query, int64_t *total, gx_register_visit visit, void *context,
                      gx_error *error);

/* What a record was in each of its versions, newest first: who wrote it and when. The version in force is the
 * first; *total is its number, because versions count from 1. "register.record" when there is none. */
typedef struct gx_register_version {
    int64_t number;
    gx_instant at;
    gx_text by; /* login */
    const gx_json *record;
} gx_register_version;
typedef bool (*gx_register_visit_version)(void *context, const gx_register_version *version, gx_error *error);
bool gx_register_history(gx_db *db, gx_arena *arena, gx_text register_id, gx_text key, int64_t offset,
                         int64_t limit, int64_t *total, gx_register_visit_version visit, void *context,
                         gx_error *error);

/* Whether the person sees the field whole. What is masked may not be filtered or sorted by either: the answer
 * would tell it. */
bool gx_register_sees(const gx_packages *packages, const gx_person *person, const gx_json *schema,
                      gx_text field);
/* Masks in place what the person may not see: 张*, 138****0000. */
void gx_register_mask(const gx_packages *packages, const gx_person *person, const gx_json *schema,
                      gx_json *record, gx_arena *arena);
/* A CSV cell that a spreadsheet will not run: RFC 4180 quoting, an apostrophe before = + - @. */
void gx_csv_cell(gx_buffer *buffer, gx_text text);

#endif

/* service/schema.h: the schema's history: the files of schema/ in the order of their names, embedded at
 * build. Never change a file that has been released: add one. */
#ifndef GX_SERVICE_SCHEMA_H
#define GX_SERVICE_SCHEMA_H

#include "db/db.h"

extern const gx_schema gx_zone_schema;

#endif

/* db/sqlite.h: for those who must know that a store is SQLite: the simulator and tests. */
#ifndef GX_DB_SQLITE_H
#define GX_DB_SQLITE_H

#include "db/db.h"

struct sqlite3;

/* The connection's handle; NULL on PostgreSQL. Borrowed for the time of the call that was handed `db`. */
struct sqlite3 *gx_sqlite_handle(gx_db *db);

#endif

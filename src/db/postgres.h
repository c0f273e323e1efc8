/* db/postgres.h: a connection as every part of the PostgreSQL store opens it. */
#ifndef GX_DB_POSTGRES_H
#define GX_DB_POSTGRES_H

#include "base/error.h"

#include <libpq-fe.h>

/* Not yet in pipeline mode. NULL with the error "db.open". The caller ends it with PQfinish. */
PGconn *gx_postgres_connect(const char *path, gx_error *error);

#endif

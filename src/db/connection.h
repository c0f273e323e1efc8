/* db/connection.h: what the files of db/ share about a connection. */
#ifndef GX_DB_CONNECTION_H
#define GX_DB_CONNECTION_H

#include "db/db.h"

#include <sqlite3.h>

enum { AFTER_DATA = 128 };

typedef struct gx_after {
    void (*run)(void *context);
    void *context; /* NULL: the data */
    _Alignas(16) char data[AFTER_DATA];
} gx_after;

struct gx_db {
    sqlite3 *handle;
    struct gx_cached *cache; /* open addressing by the address of the text */
    uint32_t cache_count, cache_size;
    gx_after *afters; /* of the group at work */
    size_t after_count, after_capacity;
};

/* Opens a connection with the settings every connection has. */
gx_db *gx_db_open(const char *path, bool is_writer, gx_error *error);
void gx_db_close(gx_db *db);
/* Fills `error` from the connection's last failure. Always false. A failure of the disk is told apart by
 * gx_db_is_disk_failure. */
bool gx_db_fail(gx_db *db, int status, gx_error *error);
/* I/O errors and corruption, after which a writer may not go on; a full disk is not one of them. */
bool gx_db_is_disk_failure(int status);

#endif

/* db/postgres_ids.h: numbers of the tables' sequences, taken from the database before they are needed: as
 * many as the group at work may want, so that its inserts wait for none. What is left over is given up with
 * the group: numbers have gaps, and those of several servers stay in order. */
#ifndef GX_DB_POSTGRES_IDS_H
#define GX_DB_POSTGRES_IDS_H

#include "db/connection.h"

enum { STOCKS_MOST = 8, STOCK_SIZE = 64, TABLE_NAME_SIZE = 48 };

typedef struct gx_postgres_ids {
    struct {
        char table[TABLE_NAME_SIZE];
        int64_t numbers[STOCK_SIZE];
    } stocks[STOCKS_MOST];
    size_t stock_count;
    size_t next[STOCKS_MOST], count; /* of each: `next` to be given out, of `count` */
    char sql[STOCKS_MOST * (TABLE_NAME_SIZE + 32) + 64];
    gx_statement *fetch;
} gx_postgres_ids;

/* The next number of the table's sequence; all stocks are filled when its own is empty. */
bool gx_postgres_next(gx_postgres_ids *ids, gx_db *db, gx_text table, int64_t *number, gx_error *error);
/* A group has ended. */
void gx_postgres_drop_ids(gx_postgres_ids *ids);
/* What the schema's function bucket_of_number gives. */
int64_t gx_postgres_bucket_of_number(gx_text number);

#endif

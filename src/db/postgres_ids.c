#include "db/postgres_ids.h"
#include "base/buffer.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

int64_t gx_postgres_bucket_of_number(gx_text number)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size;
    if (!EVP_Digest(number.bytes, number.size, digest, &size, EVP_md5(), NULL))
        return -1;
    return (int64_t)(digest[2] & 3) << 8 | digest[3]; /* ten bits of the first four bytes */
}

void gx_postgres_drop_ids(gx_postgres_ids *ids)
{
    ids->count = 0;
}

static bool find_stock(gx_postgres_ids *ids, gx_text table, size_t *index)
{
    for (*index = 0; *index < ids->stock_count; ++*index)
        if (gx_text_equal(gx_text_of(ids->stocks[*index].table), table))
            return true;
    return false;
}

/* One more column of the question. */
static bool add_stock(gx_postgres_ids *ids, gx_db *db, gx_text table, gx_error *error)
{
    if (ids->stock_count == STOCKS_MOST || table.size >= TABLE_NAME_SIZE)
        return gx_fail(error, "db.sql", table);
    snprintf(ids->stocks[ids->stock_count++].table, TABLE_NAME_SIZE, "%.*s", GX_PRINT(table));
    size_t size = (size_t)snprintf(ids->sql, sizeof ids->sql, "SELECT ");
    for (size_t i = 0; i < ids->stock_count; i++)
        size += (size_t)snprintf(ids->sql + size, sizeof ids->sql - size, "%snextval('%s_id_seq')",
                                 i ? ", " : "", ids->stocks[i].table);
    snprintf(ids->sql + size, sizeof ids->sql - size, " FROM generate_series(1, ?1)");
    if (ids->fetch)
        db->backend->finalize(ids->fetch);
    ids->fetch = db->backend->prepare(db, gx_text_of(ids->sql), GX_STATEMENT_KEPT, error);
    if (ids->fetch)
        ids->fetch->sql = ids->sql;
    return ids->fetch != NULL;
}

static bool fill_stocks(gx_postgres_ids *ids, gx_db *db, gx_error *error)
{
    int64_t wanted = db->to_come < 1 ? 1 : db->to_come < STOCK_SIZE ? db->to_come : STOCK_SIZE;
    gx_step step;
    ids->count = 0;
    memset(ids->next, 0, sizeof ids->next);
    gx_bind_int(ids->fetch, 1, wanted);
    while ((step = gx_db_step(ids->fetch, error)) == GX_STEP_ROW && ids->count < STOCK_SIZE) {
        for (size_t i = 0; i < ids->stock_count; i++)
            ids->stocks[i].numbers[ids->count] = gx_column_int(ids->fetch, (int)i);
        ids->count++;
    }
    return step == GX_STEP_DONE;
}

bool gx_postgres_next(gx_postgres_ids *ids, gx_db *db, gx_text table, int64_t *number, gx_error *error)
{
    size_t index;
    bool is_known = find_stock(ids, table, &index);
    if (!is_known && !add_stock(ids, db, table, error))
        return false;
    if ((!is_known || ids->next[index] >= ids->count) && !fill_stocks(ids, db, error))
        return false;
    *number = ids->stocks[index].numbers[ids->next[index]++];
    return true;
}

/* db/postgres_sql.h: the shared SQL in PostgreSQL's words. Pure. */
#ifndef GX_DB_POSTGRES_SQL_H
#define GX_DB_POSTGRES_SQL_H

#include "base/buffer.h"
#include "db/tokenizer.h"

/* A statement: ?1 is $1; LIKE disregards case (ILIKE); group_concat joins; json_each(text) is the elements of
 * a JSON array; new_id('table', bucket) is the next of the table's sequence with the bucket. A lock (FOR
 * UPDATE) is left out unless the connection is the writer's. *parameters: the highest number. */
gx_text gx_postgres_statement(gx_arena *arena, gx_text sql, bool is_writer, int *parameters);

/* An INSERT ... VALUES (... new_id('table', bucket_of(?1)) ...) RETURNING id can be written without waiting
 * for its answer by who knows numbers of the table's sequence: the id is a parameter then. */
typedef struct gx_postgres_id {
    gx_text table; /* empty: it is another statement */
    int from;      /* the parameter that the bucket is made of */
    bool is_of_number;
    int parameter; /* where the id is bound */
} gx_postgres_id;
/* The same with `id` filled in; if it is such a statement, it no longer returns anything. */
gx_text gx_postgres_insert(gx_arena *arena, gx_text sql, int *parameters, gx_postgres_id *id);
/* A schema's step: INTEGER is BIGINT, and as primary key counted by the database; TEXT sorts by bytes; BLOB
 * is BYTEA; WITHOUT ROWID is nothing; an FTS5 table is a table of vectors with an index; a comment that
 * begins with --postgresql is SQL for PostgreSQL alone. */
gx_text gx_postgres_schema(gx_arena *arena, gx_text sql);

/* Words as the text of a TSVECTOR, with positions. */
gx_text gx_postgres_vector(gx_arena *arena, const gx_tokenizer *tokenizer, gx_text body);
/* Search words as the text of a TSQUERY: each word is a phrase of its pieces, the last of which may go on.
 * Empty for nothing but blanks. */
gx_text gx_postgres_query(gx_arena *arena, const gx_tokenizer *tokenizer, gx_text words);

#endif

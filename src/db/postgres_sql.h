/* db/postgres_sql.h: the shared SQL in PostgreSQL's words. Pure. */
#ifndef GX_DB_POSTGRES_SQL_H
#define GX_DB_POSTGRES_SQL_H

#include "base/buffer.h"
#include "db/tokenizer.h"

/* A statement: ?1 is $1; LIKE disregards case (ILIKE); group_concat joins; json_each(text) is the elements of
 * a JSON array; new_id('table', bucket) is the next of the table's sequence with the bucket. A lock (FOR UPDATE) is left out unless the connection is the writer's. *parameters: the
 * highest number. */
gx_text gx_postgres_statement(gx_arena *arena, gx_text sql, bool is_writer, int *parameters);
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

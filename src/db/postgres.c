/* The store on PostgreSQL, through libpq's pipeline mode: what a command only writes is sent and not waited
 * for; the next question, or the command's end, reads all answers in one round trip. What failed meanwhile is
 * kept in `failure` and told then; the server has skipped what was sent behind it.
 *
 * Parameters are sent in binary form with the type they were bound as, so that a text bound where a number
 * belongs is an error at once. Statements are prepared when they are first run, for only then are the types
 * known. */
#include "db/connection.h"
#include "db/postgres.h"
#include "db/postgres_ids.h"
#include "db/postgres_sql.h"
#include "base/log.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAITING_MOST = 256, FLUSH_EVERY = 16, OID_BYTEA = 17, OID_INT8 = 20, OID_TEXT = 25, OID_FLOAT8 = 701 };

typedef struct postgres_statement postgres_statement;

typedef struct postgres_db {
    gx_db base;
    PGconn *connection;
    gx_tokenizer *tokenizer;
    bool is_writer, is_lost;
    bool has_failed, was_crossed; /* crossed: a lock was not to be had; a savepoint does not make up for it */
    gx_error failure;
    uint32_t names;
    size_t waiting, unread; /* of those that are not waited for: see end_reading */
    postgres_statement
        *preparing[WAITING_MOST]; /* of each answer that is waited for: NULL for an execution */
    int64_t changes;
    gx_postgres_ids ids;
} postgres_db;

struct postgres_statement {
    gx_statement base;
    gx_arena arena;
    const char *sql;
    char name[16];
    bool is_kept, is_prepared;
    int count;
    Oid *types;
    const char **values;
    int *sizes, *formats;
    uint64_t *numbers; /* what numbers are bound to */
    gx_postgres_id id; /* what the insert of one row knows beforehand */
    PGresult *result;
    int row;
    uint64_t decoded; /* columns of this row whose bytes are no longer in hexadecimal */
};

static postgres_db *own_of(gx_db *db)
{
    return (postgres_db *)db;
}

/* ---- Errors ---- */

static bool has_state(const char *state, const char *begin)
{
    return strncmp(state, begin, strlen(begin)) == 0;
}

/* Says what went wrong in the store's words. Always false. `result` may be NULL. */
static bool explain(postgres_db *db, const PGresult *result, gx_error *error)
{
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *message = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    const char *constraint = result ? PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME) : NULL;
    state = state ? state : "";
    if (PQstatus(db->connection) == CONNECTION_BAD || has_state(state, "08") || has_state(state, "57P")) {
        db->is_lost = true;
        return gx_fail(error, "db.lost");
    }
    message = message ? message : PQerrorMessage(db->connection);
    if (has_state(state, "23"))
        return gx_fail(error, "db.constraint", gx_text_of(constraint ? constraint : message));
    if (has_state(state, "40") || has_state(state, "55P03")) {
        db->was_crossed = true;
        return gx_fail(error, "db.busy");
    }
    if (has_state(state, "53100"))
        return gx_fail(error, "db.full");
    if (has_state(state, "53"))
        return gx_fail(error, "db.busy");
    if (has_state(state, "57014"))
        return gx_fail(error, "db.interrupted");
    return gx_fail(error, "db.sql", gx_text_of(message));
}

/* A text that does not compile is our own mistake, as in gx_db_prepare. */
static void check_text(const postgres_statement *statement, const PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (!statement || !statement->is_kept || !state || !has_state(state, "42") || has_state(state, "42501"))
        return;
    fprintf(stderr, "gaoxing: this SQL does not compile: %s%s\n", PQresultErrorMessage(result),
            statement->sql);
    abort();
}

static void note_failure(postgres_db *db, const PGresult *result)
{
    gx_error error = {0};
    explain(db, result, &error);
    if (!db->has_failed)
        db->failure = error;
    db->has_failed = true;
}

static bool tell_failure(const postgres_db *db, gx_error *error)
{
    if (db->has_failed && error)
        *error = db->failure;
    return !db->has_failed;
}

/* ---- Sending and reading ---- */

static void take_result(postgres_db *db, PGresult *result, postgres_statement *prepared)
{
    switch (PQresultStatus(result)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
        if (!prepared)
            db->changes = strtoll(PQcmdTuples(result), NULL, 10);
        break;
    case PGRES_PIPELINE_ABORTED: break; /* skipped because of what failed before it */
    default: check_text(prepared, result); note_failure(db, result);
    }
    if (prepared && PQresultStatus(result) != PGRES_COMMAND_OK)
        prepared->is_prepared = false;
}

/* Reads the answers up to a sync that was sent. The last one's is handed out, if that is wanted; or each
 * one's. */
static void read_up_to_sync(postgres_db *db, PGresult **last, gx_foreseen *each)
{
    for (size_t i = 0; i < db->waiting; i++) {
        PGresult *result = PQgetResult(db->connection);
        if (!result) {
            note_failure(db, NULL); /* the connection is gone */
            break;
        }
        take_result(db, result, db->preparing[i]);
        bool is_rows = PQresultStatus(result) == PGRES_TUPLES_OK;
        if (last && i + 1 == db->waiting && is_rows)
            *last = result;
        else if (each && is_rows)
            (each++)->result = result;
        else
            PQclear(result);
        for (PGresult *more; (more = PQgetResult(db->connection));)
            PQclear(more);
    }
    if (db->waiting && PQstatus(db->connection) == CONNECTION_OK) {
        PGresult *end = PQgetResult(db->connection);
        if (PQresultStatus(end) != PGRES_PIPELINE_SYNC)
            note_failure(db, end);
        PQclear(end);
    }
    db->waiting = 0;
}

static void undo(gx_db *base);

/* How a transaction ended that only read is of no interest: what was read was read. */
static void read_unread(postgres_db *db)
{
    db->waiting = db->unread;
    db->unread = 0;
    if (db->waiting)
        read_up_to_sync(db, NULL, NULL);
    db->has_failed = db->was_crossed = false;
    if (PQtransactionStatus(db->connection) != PQTRANS_IDLE) /* COMMIT was skipped because of what failed */
        undo(&db->base);
}

/* Reads the answers to all that was sent. */
static void read_answers(postgres_db *db, PGresult **last)
{
    if (db->waiting && !PQpipelineSync(db->connection))
        note_failure(db, NULL);
    read_up_to_sync(db, last, NULL);
}

static bool send(postgres_statement *s, gx_error *error)
{
    postgres_db *db = own_of(s->base.db);
    bool is_sent = true;
    if (db->unread)
        read_unread(db);
    if (db->waiting + 2 > WAITING_MOST)
        read_answers(db, NULL);
    if (!tell_failure(db, error))
        return false;
    if (s->is_kept && !s->is_prepared) {
        is_sent = PQsendPrepare(db->connection, s->name, s->sql, s->count, s->types);
        db->preparing[db->waiting] = s;
        db->waiting += is_sent;
        s->is_prepared = is_sent; /* until it is known better */
    }
    if (is_sent) {
        is_sent = s->is_kept ? PQsendQueryPrepared(db->connection, s->name, s->count, s->values, s->sizes,
                                                   s->formats, 0)
                             : PQsendQueryParams(db->connection, s->sql, s->count, s->types, s->values,
                                                 s->sizes, s->formats, 0);
        db->preparing[db->waiting] = NULL;
        db->waiting += is_sent;
    }
    if (is_sent && db->waiting % FLUSH_EVERY == 0) /* so that the database works while we think */
        is_sent = PQflush(db->connection) >= 0;
    if (!is_sent)
        note_failure(db, NULL);
    return tell_failure(db, error);
}

static bool settle(gx_db *base, gx_error *error)
{
    postgres_db *db = own_of(base);
    read_answers(db, NULL);
    gx_postgres_drop_ids(&db->ids);
    bool is_good = tell_failure(db, error);
    if (db->was_crossed && is_good)
        is_good = gx_fail(error, "db.busy");
    db->has_failed = db->was_crossed = false;
    return is_good;
}

/* ---- Statements ---- */

static gx_statement *prepare(gx_db *base, gx_text sql, gx_statement_kind kind, gx_error *error)
{
    postgres_db *db = own_of(base);
    postgres_statement *s = calloc(1, sizeof *s);
    if (!s) {
        gx_fail(error, "base.memory", GX_TEXT("0"));
        return NULL;
    }
    s->base.db = base;
    s->is_kept = kind != GX_STATEMENT_BUILT;
    s->arena = gx_arena_of(sql.size * 8 + 64 * 1024);
    s->sql = (kind == GX_STATEMENT_INSERT ? gx_postgres_insert(&s->arena, sql, &s->count, &s->id)
                                          : gx_postgres_statement(&s->arena, sql, db->is_writer, &s->count))
                 .bytes;
    size_t count = (size_t)s->count + 1;
    s->types = GX_NEW_ARRAY(&s->arena, Oid, count);
    s->values = GX_NEW_ARRAY(&s->arena, const char *, count);
    s->sizes = GX_NEW_ARRAY(&s->arena, int, count);
    s->formats = GX_NEW_ARRAY(&s->arena, int, count);
    s->numbers = GX_NEW_ARRAY(&s->arena, uint64_t, count);
    snprintf(s->name, sizeof s->name, "g%u", db->names++);
    return &s->base;
}

static void reset(gx_statement *statement)
{
    postgres_statement *s = (postgres_statement *)statement;
    PQclear(s->result);
    s->result = NULL;
}

static void finalize(gx_statement *statement)
{
    postgres_statement *s = (postgres_statement *)statement;
    reset(statement);
    gx_arena_release(&s->arena);
    free(s);
}

static void bind(gx_statement *statement, int index, Oid type, const void *bytes, size_t size)
{
    postgres_statement *s = (postgres_statement *)statement;
    if (index < 1 || index > s->count)
        return;
    if (!s->is_prepared)
        s->types[index - 1] = type;
    s->values[index - 1] = bytes;
    s->sizes[index - 1] = (int)size;
    s->formats[index - 1] = 1;
}

static void bind_text(gx_statement *statement, int index, gx_text text)
{
    bind(statement, index, OID_TEXT, text.bytes, text.size);
}

static void bind_blob(gx_statement *statement, int index, gx_text bytes)
{
    bind(statement, index, OID_BYTEA, bytes.bytes, bytes.size);
}

static void bind_number(gx_statement *statement, int index, Oid type, uint64_t bits)
{
    postgres_statement *s = (postgres_statement *)statement;
    if (index < 1 || index > s->count)
        return;
    s->numbers[index - 1] = htobe64(bits);
    bind(statement, index, type, &s->numbers[index - 1], sizeof bits);
}

static void bind_int(gx_statement *statement, int index, int64_t number)
{
    bind_number(statement, index, OID_INT8, (uint64_t)number);
}

static void bind_real(gx_statement *statement, int index, double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    bind_number(statement, index, OID_FLOAT8, bits);
}

static void bind_null(gx_statement *statement, int index)
{
    bind(statement, index, 0, NULL, 0);
}

/* ---- What is asked before it is needed ---- */

static bool foresee(gx_db *base, gx_foreseen *all, size_t count, gx_error *error)
{
    postgres_db *db = own_of(base);
    read_answers(db, NULL);
    for (size_t i = 0; i < count; i++) {
        const gx_first_question *question = all[i].question;
        gx_statement *statement = gx_db_prepare(base, question->sql);
        for (int n = 0; n < question->number_count; n++)
            bind_int(statement, n + 1, question->numbers[n]);
        if (!send((postgres_statement *)statement, error))
            break;
    }
    if (db->waiting && !PQpipelineSync(db->connection))
        note_failure(db, NULL);
    read_up_to_sync(db, NULL, all);
    return tell_failure(db, error);
}

static int64_t foreseen_subject(const gx_foreseen *one)
{
    int column = one->question->subject;
    return one->result && PQntuples(one->result) ? strtoll(PQgetvalue(one->result, 0, column), NULL, 10) : -1;
}

static void forget_foreseen(gx_foreseen *one)
{
    PQclear(one->result);
    one->result = NULL;
}

/* The answer that the command at work has been asked for beforehand, if the statement is that question. */
static PGresult *take_foreseen(postgres_statement *s)
{
    gx_foreseen *one = s->base.db->foreseen;
    if (!one || !one->result || one->question->sql != s->base.sql)
        return NULL;
    for (int n = 0; n < one->question->key_count; n++)
        if (s->numbers[n] != htobe64((uint64_t)one->question->numbers[n]))
            return NULL;
    PGresult *result = one->result;
    one->result = NULL;
    return result;
}

static gx_step step(gx_statement *statement, gx_error *error)
{
    postgres_statement *s = (postgres_statement *)statement;
    postgres_db *db = own_of(statement->db);
    if (!s->result && (s->result = take_foreseen(s)))
        s->row = -1;
    if (!s->result) {
        s->row = -1;
        bool is_sent = send(s, error);
        if (is_sent)
            read_answers(db, &s->result);
        if (!is_sent || !tell_failure(db, error)) {
            reset(statement);
            return GX_STEP_FAILED;
        }
    }
    s->decoded = 0;
    if (s->result && ++s->row < PQntuples(s->result))
        return GX_STEP_ROW;
    reset(statement);
    return GX_STEP_DONE;
}

static bool run(gx_statement *statement, gx_error *error)
{
    postgres_statement *s = (postgres_statement *)statement;
    postgres_db *db = own_of(statement->db);
    if (strncmp(s->sql, "ROLLBACK", 8) == 0) { /* what failed is being undone */
        read_answers(db, NULL);
        db->has_failed = false;
    }
    return send(s, error);
}

static int nibble(char digit)
{
    return digit <= '9' ? digit - '0' : digit - 'a' + 10;
}

/* Bytes arrive in hexadecimal; they are decoded in place, when they are first asked for. */
static gx_text decode(postgres_statement *s, int column)
{
    char *bytes = PQgetvalue(s->result, s->row, column);
    size_t size = ((size_t)PQgetlength(s->result, s->row, column) - 2) / 2;
    uint64_t bit = 1ULL << (column & 63);
    for (size_t i = 0; i < size && !(s->decoded & bit); i++)
        bytes[i] = (char)(nibble(bytes[2 * i + 2]) << 4 | nibble(bytes[2 * i + 3]));
    s->decoded |= bit;
    return (gx_text){bytes, size};
}

static bool column_is_null(gx_statement *statement, int column)
{
    postgres_statement *s = (postgres_statement *)statement;
    return PQgetisnull(s->result, s->row, column) != 0;
}

static gx_text column_text(gx_statement *statement, int column)
{
    postgres_statement *s = (postgres_statement *)statement;
    if (column_is_null(statement, column))
        return (gx_text){NULL, 0};
    if (PQftype(s->result, column) == OID_BYTEA)
        return decode(s, column);
    return (gx_text){PQgetvalue(s->result, s->row, column), (size_t)PQgetlength(s->result, s->row, column)};
}

static int64_t column_int(gx_statement *statement, int column)
{
    postgres_statement *s = (postgres_statement *)statement;
    const char *text = PQgetvalue(s->result, s->row, column);
    return text[0] == 't' ? 1 : strtoll(text, NULL, 10);
}

static double column_real(gx_statement *statement, int column)
{
    postgres_statement *s = (postgres_statement *)statement;
    return strtod(PQgetvalue(s->result, s->row, column), NULL);
}

/* The id of a row that is not inserted yet: the next number, and the bucket of what the row belongs to. */
static bool make_id(postgres_statement *s, int64_t *id, gx_error *error)
{
    postgres_db *db = own_of(s->base.db);
    int from = s->id.from - 1;
    gx_text text = {s->values[from], (size_t)s->sizes[from]};
    int64_t bucket =
        s->id.is_of_number ? gx_postgres_bucket_of_number(text) : (int64_t)(be64toh(s->numbers[from]) & 1023);
    if (!gx_postgres_next(&db->ids, &db->base, s->id.table, id, error))
        return false;
    *id = *id << 10 | bucket;
    return true;
}

static bool insert(gx_statement *statement, int64_t *id, gx_error *error)
{
    postgres_statement *s = (postgres_statement *)statement;
    if (s->id.table.size) {
        if (!make_id(s, id, error))
            return false;
        bind_int(statement, s->id.parameter, *id);
        return send(s, error);
    }
    gx_step reached = step(statement, error);
    *id = reached == GX_STEP_ROW ? column_int(statement, 0) : 0;
    reset(statement);
    return reached != GX_STEP_FAILED;
}

static int64_t changes(gx_db *base)
{
    postgres_db *db = own_of(base);
    read_answers(db, NULL);
    return db->has_failed ? 0 : db->changes;
}

static int64_t last_id(gx_db *db)
{
    int64_t id = 0;
    gx_db_get_int(db, NULL, &id, 0, "SELECT lastval()", "");
    return id;
}

/* ---- Transactions ---- */

static bool is_in_transaction(gx_db *db)
{
    PGTransactionStatusType status = PQtransactionStatus(own_of(db)->connection);
    return !own_of(db)->is_lost && (status == PQTRANS_INTRANS || status == PQTRANS_INERROR ||
                                    (status == PQTRANS_ACTIVE && own_of(db)->waiting > 0));
}

static void undo(gx_db *base)
{
    gx_error ignored = {0};
    settle(base, &ignored);
    if (is_in_transaction(base) && gx_db_run(base, &ignored, "ROLLBACK", ""))
        settle(base, &ignored);
}

/* COMMIT is sent and not waited for: the next statement of this connection reads its answer. */
static void end_reading(gx_db *base)
{
    postgres_db *db = own_of(base);
    gx_error ignored = {0};
    if (!gx_db_run(base, &ignored, "COMMIT", "")) {
        undo(base);
        return;
    }
    if (!PQpipelineSync(db->connection) || PQflush(db->connection) != 0)
        note_failure(db, NULL);
    db->unread = db->waiting;
    db->waiting = 0;
}

static bool is_lost(gx_db *db)
{
    if (own_of(db)->unread)
        read_unread(own_of(db));
    return own_of(db)->is_lost || PQstatus(own_of(db)->connection) == CONNECTION_BAD;
}

static bool tidy(gx_db *db, gx_error *error)
{
    (void)db, (void)error;
    return true;
}

/* ---- The schema ---- */

static bool script(gx_db *base, const char *sql, gx_error *error)
{
    postgres_db *db = own_of(base);
    gx_arena arena = gx_arena_of(4 * 1024 * 1024);
    read_answers(db, NULL);
    PQexitPipelineMode(db->connection);
    PGresult *result = PQexec(db->connection, gx_postgres_schema(&arena, gx_text_of(sql)).bytes);
    ExecStatusType status = PQresultStatus(result);
    bool is_done = (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) || explain(db, result, error);
    PQclear(result);
    PQenterPipelineMode(db->connection);
    gx_arena_release(&arena);
    return is_done;
}

static bool begin_upgrade(gx_db *db, gx_error *error)
{
    return script(db,
                  "BEGIN; SET LOCAL lock_timeout = 0; "
                  "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || ' upgrade', 0)); "
                  "CREATE TABLE IF NOT EXISTS gaoxing_schema (version BIGINT NOT NULL)",
                  error);
}

static bool read_version(gx_db *db, int64_t *version, gx_error *error)
{
    int64_t is_ours, others;
    *version = 0;
    if (!gx_db_get_int(db, error, &is_ours, 0, "SELECT to_regclass('gaoxing_schema') IS NOT NULL", "") ||
        !gx_db_get_int(db, error, &others, 0,
                       "SELECT count(*) FROM pg_class c WHERE c.relnamespace = (SELECT oid FROM pg_namespace "
                       "WHERE nspname = current_schema()) AND c.relkind IN ('r', 'p', 'v') AND NOT EXISTS "
                       "(SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')",
                       ""))
        return false;
    if (!is_ours)
        return others == 0 || gx_fail(error, "db.foreign", gx_text_of(PQdb(own_of(db)->connection)));
    return gx_db_get_int(db, error, version, 0, "SELECT version FROM gaoxing_schema", "");
}

static bool commit_upgrade(gx_db *db, int64_t version, gx_error *error)
{
    char text[128];
    snprintf(text, sizeof text,
             "DELETE FROM gaoxing_schema; INSERT INTO gaoxing_schema VALUES (%lld); COMMIT",
             (long long)version);
    return script(db, text, error);
}

/* ---- Several processes ---- */

#define LOCK_OF "hashtextextended(current_schema() || ' ' || ?1, 0)"

static bool lock(gx_db *db, gx_text name, gx_error *error)
{
    return gx_db_run(db, error, "SELECT pg_advisory_xact_lock(" LOCK_OF ")", "t", name);
}

static bool claim(gx_db *db, gx_text name, bool *is_ours, gx_error *error)
{
    int64_t got = 0;
    bool is_asked =
        gx_db_get_int(db, error, &got, 0, "SELECT pg_try_advisory_xact_lock(" LOCK_OF ")", "t", name);
    *is_ours = got != 0;
    return is_asked;
}

static bool tell(gx_db *db, gx_text lines, gx_error *error)
{
    return gx_db_run(db, error, "SELECT pg_notify('gaoxing', ?1 || ' ' || current_schema() || ' ' || ?2)",
                     "st", db->origin, lines);
}

/* ---- Dialect ---- */

static bool words_put(gx_db *db, gx_arena *arena, const gx_words *words, int64_t id, gx_text before,
                      gx_text after, gx_error *error)
{
    (void)before;
    gx_text vector = gx_postgres_vector(arena, own_of(db)->tokenizer, after);
    if (vector.size == 0)
        return gx_db_run(db, error, words->vector_delete, "i", id);
    return gx_db_run(db, error, words->vector_put, "it", id, vector);
}

static gx_text words_match(gx_arena *arena, const char *table, const char *id, int parameter)
{
    return gx_format(arena, "%s IN (SELECT rowid FROM %s WHERE body @@ CAST(?%d AS TSQUERY))", id, table,
                     parameter);
}

static gx_text words_query(gx_db *db, gx_arena *arena, gx_text words)
{
    return gx_postgres_query(arena, own_of(db)->tokenizer, words);
}

static gx_text json_expression(gx_arena *arena, const char *format, const char *column, gx_text field)
{
    gx_buffer name = gx_buffer_in(arena);
    for (size_t i = 0; i < field.size; i++)
        if (!strchr("'\"\\", field.bytes[i]))
            gx_buffer_byte(&name, field.bytes[i]);
    return gx_format(arena, format, column, GX_PRINT(gx_buffer_as_text(&name)));
}

static gx_text json_text(gx_arena *arena, const char *column, gx_text field)
{
    return json_expression(arena, "(CAST(%s AS JSON) ->> '%.*s')", column, field);
}

static gx_text json_order(gx_arena *arena, const char *column, gx_text field)
{
    return json_expression(arena, "NULLIF(CAST(%s AS JSONB) -> '%.*s', 'null')", column, field);
}

static bool backup(gx_db *db, const char *path, gx_error *error)
{
    (void)db, (void)path;
    return gx_fail(error, "db.dump");
}

/* ---- Opening ---- */

static void close_db(gx_db *base)
{
    postgres_db *db = own_of(base);
    gx_db_release(base);
    if (db->ids.fetch)
        finalize(db->ids.fetch);
    PQfinish(db->connection);
    gx_tokenizer_close(db->tokenizer);
    free(db);
}

static const gx_backend backend = {.begin_writing = "BEGIN",
                                   .begin_reading = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
                                   .group_most =
                                       60, /* PostgreSQL keeps track of 64 savepoints at little cost */
                                   .is_shared = true,
                                   .close = close_db,
                                   .prepare = prepare,
                                   .finalize = finalize,
                                   .bind_text = bind_text,
                                   .bind_blob = bind_blob,
                                   .bind_int = bind_int,
                                   .bind_real = bind_real,
                                   .bind_null = bind_null,
                                   .step = step,
                                   .run = run,
                                   .insert = insert,
                                   .reset = reset,
                                   .text = column_text,
                                   .integer = column_int,
                                   .real = column_real,
                                   .is_null = column_is_null,
                                   .changes = changes,
                                   .last_id = last_id,
                                   .foresee = foresee,
                                   .foreseen_subject = foreseen_subject,
                                   .forget_foreseen = forget_foreseen,
                                   .settle = settle,
                                   .is_in_transaction = is_in_transaction,
                                   .undo = undo,
                                   .end_reading = end_reading,
                                   .is_lost = is_lost,
                                   .tidy = tidy,
                                   .script = script,
                                   .begin_upgrade = begin_upgrade,
                                   .read_version = read_version,
                                   .commit_upgrade = commit_upgrade,
                                   .lock = lock,
                                   .claim = claim,
                                   .tell = tell,
                                   .words_put = words_put,
                                   .words_match = words_match,
                                   .words_query = words_query,
                                   .json_text = json_text,
                                   .json_order = json_order,
                                   .backup = backup};

static void be_quiet(void *context, const char *message)
{
    (void)context, (void)message;
}

PGconn *gx_postgres_connect(const char *path, gx_error *error)
{
    /* A database whose machine has vanished is noticed as soon; the address may say otherwise. */
    const char *const keywords[] = {
        "keepalives_idle", "keepalives_interval", "keepalives_count",          "dbname",
        "client_encoding", "connect_timeout",     "fallback_application_name", NULL};
    const char *const values[] = {"5", "2", "3", path, "UTF8", "5", "gaoxing", NULL};
    PGconn *connection = PQconnectdbParams(keywords, values, 1);
    PQsetNoticeProcessor(connection, be_quiet, NULL);
    /* An answer means that it is on disk, whatever the server's default; one of our processes that has
     * vanished with its machine, or does not go on, does not hold its locks and claims for hours. Each
     * statement has its index, so plans keep to them even while the server's statistics say that a table is
     * small; what must walk a whole table is not so costly that it should be compiled. */
    PGresult *result = PQexec(
        connection,
        "SET lock_timeout = '200ms'; SET idle_in_transaction_session_timeout = '60s'; "
        "SET enable_seqscan = off; SET jit = off; "
        "SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3; "
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') "
        "= 'off'");
    bool is_open = PQstatus(connection) == CONNECTION_OK && PQresultStatus(result) == PGRES_TUPLES_OK;
    PQclear(result);
    if (is_open)
        return connection;
    gx_fail(error, "db.open", gx_text_trim(gx_text_of(PQerrorMessage(connection))));
    PQfinish(connection);
    return NULL;
}

gx_db *gx_postgres_open(const char *path, bool is_writer, gx_error *error)
{
    postgres_db *db = calloc(1, sizeof *db);
    if (!db || !(db->tokenizer = gx_tokenizer_open())) {
        free(db);
        gx_fail(error, "base.memory", GX_TEXT("0"));
        return NULL;
    }
    db->base.backend = &backend;
    db->base.origin = "-";
    db->is_writer = is_writer;
    db->connection = gx_postgres_connect(path, error);
    if (db->connection && PQenterPipelineMode(db->connection))
        return &db->base;
    gx_db_close(&db->base);
    return NULL;
}

/* What both stores share of a connection: its statements by the address of their text, parameters as a list,
 * the short ways to run one, and what follows a commit. */
#include "db/connection.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct gx_cached {
    const char *sql;
    gx_statement *statement;
} gx_cached;

bool gx_is_postgres(const char *path)
{
    static const char *const keywords[] = {"host", "hostaddr", "port", "dbname", "user", "service"};
    if (strncmp(path, "postgresql://", 13) == 0 || strncmp(path, "postgres://", 11) == 0)
        return true;
    const char *equals = strchr(path, '=');
    size_t size = equals ? strcspn(path, " =") : 0;
    for (size_t i = 0; i < GX_COUNT_OF(keywords) && equals; i++)
        if (size == strlen(keywords[i]) && memcmp(path, keywords[i], size) == 0)
            return true;
    return false;
}

gx_db *gx_db_open(const char *path, const char *vfs, bool is_writer, gx_error *error)
{
    return gx_is_postgres(path) ? gx_postgres_open(path, is_writer, error)
                                : gx_sqlite_open(path, vfs, is_writer, error);
}

void gx_db_close(gx_db *db)
{
    if (db)
        db->backend->close(db);
}

void gx_db_release(gx_db *db)
{
    for (uint32_t i = 0; i < db->cache_size; i++)
        if (db->cache[i].statement)
            db->backend->finalize(db->cache[i].statement);
    free(db->cache);
    free(db->afters);
    free(db->told);
}

/* ---- Statements ---- */

static uint32_t cache_slot(const gx_db *db, const char *sql)
{
    uint32_t mask = db->cache_size - 1;
    uint32_t i = (uint32_t)(((uintptr_t)sql * 0x9E3779B97F4A7C15u) >> 32) & mask;
    while (db->cache[i].sql && db->cache[i].sql != sql)
        i = (i + 1) & mask;
    return i;
}

static void grow_cache(gx_db *db)
{
    gx_cached *old = db->cache;
    uint32_t old_size = db->cache_size;
    db->cache_size = old_size ? old_size * 2 : 128;
    db->cache = calloc(db->cache_size, sizeof *db->cache);
    if (!db->cache)
        abort(); /* a few kilobytes at start-up */
    for (uint32_t i = 0; i < old_size; i++)
        if (old[i].sql)
            db->cache[cache_slot(db, old[i].sql)] = old[i];
    free(old);
}

/* `sql` is the key; `text` what is compiled. */
static gx_statement *prepare_kept(gx_db *db, const char *sql, gx_text text, gx_statement_kind kind)
{
    if (db->cache_count * 2 >= db->cache_size)
        grow_cache(db);
    uint32_t slot = cache_slot(db, sql);
    if (db->cache[slot].sql) {
        gx_db_reset(db->cache[slot].statement);
        return db->cache[slot].statement;
    }
    gx_error error = {0};
    gx_statement *statement = db->backend->prepare(db, text, kind, &error);
    if (!statement) {
        char sentence[400];
        fprintf(stderr, "gaoxing: this SQL does not compile: %s\n%s\n",
                gx_error_sentence(&error, GX_LANGUAGE_EN, sentence, sizeof sentence), sql);
        abort();
    }
    statement->sql = sql;
    db->cache[slot] = (gx_cached){sql, statement};
    db->cache_count++;
    return statement;
}

gx_statement *gx_db_prepare(gx_db *db, const char *sql)
{
    return prepare_kept(db, sql, gx_text_of(sql), GX_STATEMENT_KEPT);
}

static void finalize(void *context)
{
    gx_statement *statement = context;
    statement->db->backend->finalize(statement);
}

gx_statement *gx_db_prepare_built(gx_db *db, gx_arena *arena, gx_text sql, gx_error *error)
{
    const char *text = gx_copy_string(arena, sql);
    gx_statement *statement = db->backend->prepare(db, (gx_text){text, sql.size}, GX_STATEMENT_BUILT, error);
    if (!statement)
        return NULL;
    statement->sql = text;
    gx_arena_on_release(arena, finalize, statement);
    return statement;
}

void gx_bind_text(gx_statement *statement, int index, gx_text text)
{
    statement->db->backend->bind_text(statement, index, text);
}

void gx_bind_blob(gx_statement *statement, int index, gx_text bytes)
{
    statement->db->backend->bind_blob(statement, index, bytes);
}

void gx_bind_int(gx_statement *statement, int index, int64_t number)
{
    statement->db->backend->bind_int(statement, index, number);
}

void gx_bind_real(gx_statement *statement, int index, double number)
{
    statement->db->backend->bind_real(statement, index, number);
}

void gx_bind_null(gx_statement *statement, int index)
{
    statement->db->backend->bind_null(statement, index);
}

static void bind_list(gx_statement *statement, const char *kinds, va_list arguments)
{
    for (int i = 0; kinds[i]; i++) {
        switch (kinds[i]) {
        case 't': gx_bind_text(statement, i + 1, va_arg(arguments, gx_text)); break;
        case 'b': gx_bind_blob(statement, i + 1, va_arg(arguments, gx_text)); break;
        case 'i': gx_bind_int(statement, i + 1, va_arg(arguments, int64_t)); break;
        case 's': {
            const char *string = va_arg(arguments, const char *);
            gx_bind_text(statement, i + 1, string ? gx_text_of(string) : (gx_text){NULL, 0});
            break;
        }
        default: gx_bind_null(statement, i + 1); break;
        }
    }
}

void gx_bind(gx_statement *statement, const char *kinds, ...)
{
    va_list arguments;
    va_start(arguments, kinds);
    bind_list(statement, kinds, arguments);
    va_end(arguments);
}

/* The savepoints of a part and of those it lies in. */
static bool open_part(gx_db *db, gx_db_part *part, gx_error *error)
{
    if (!part || part->is_open)
        return true;
    part->is_open = true; /* before, for making it is itself no SELECT */
    if (open_part(db, part->outer, error) && gx_db_run(db, error, "SAVEPOINT part", ""))
        return true;
    part->is_open = false;
    return false;
}

/* Before a statement is sent. */
static bool begin(gx_statement *statement, gx_error *error)
{
    gx_db *db = statement->db;
    bool writes = strncmp(statement->sql, "SELECT", 6) != 0;
    if (writes && !open_part(db, db->part, error))
        return false;
    db->writes += writes;
    if (db->watch)
        db->watch(db->watch_context, statement->sql);
    return true;
}

gx_step gx_db_step(gx_statement *statement, gx_error *error)
{
    if (!statement->is_running && !begin(statement, error))
        return GX_STEP_FAILED;
    gx_step reached = statement->db->backend->step(statement, error);
    statement->is_running = reached == GX_STEP_ROW;
    return reached;
}

gx_text gx_column_text(gx_statement *statement, int column)
{
    return statement->db->backend->text(statement, column);
}

int64_t gx_column_int(gx_statement *statement, int column)
{
    return statement->db->backend->integer(statement, column);
}

double gx_column_real(gx_statement *statement, int column)
{
    return statement->db->backend->real(statement, column);
}

bool gx_column_is_null(gx_statement *statement, int column)
{
    return statement->db->backend->is_null(statement, column);
}

gx_text gx_column_copy(gx_arena *arena, gx_statement *statement, int column)
{
    gx_text text = gx_column_text(statement, column);
    return text.bytes ? gx_copy(arena, text) : text;
}

void gx_db_reset(gx_statement *statement)
{
    statement->is_running = false;
    statement->db->backend->reset(statement);
}

bool gx_db_run(gx_db *db, gx_error *error, const char *sql, const char *kinds, ...)
{
    va_list arguments;
    gx_statement *statement = gx_db_prepare(db, sql);
    va_start(arguments, kinds);
    bind_list(statement, kinds, arguments);
    va_end(arguments);
    if (strncmp(sql, "ROLLBACK", 8) == 0)
        db->memo_count = 0;
    return gx_db_finish(statement, error);
}

bool gx_db_finish(gx_statement *statement, gx_error *error)
{
    return begin(statement, error) && statement->db->backend->run(statement, error);
}

void gx_db_part_begin(gx_db *db, gx_db_part *part)
{
    *part = (gx_db_part){.outer = db->part};
    db->part = part;
}

bool gx_db_part_undo(gx_db *db, gx_error *error)
{
    return !db->part->is_open || gx_db_run(db, error, "ROLLBACK TO part", "");
}

bool gx_db_part_end(gx_db *db, gx_error *error)
{
    gx_db_part *part = db->part;
    db->part = part->outer;
    return !part->is_open || gx_db_run(db, error, "RELEASE part", "");
}

bool gx_db_get_int(gx_db *db, gx_error *error, int64_t *number, int64_t otherwise, const char *sql,
                   const char *kinds, ...)
{
    va_list arguments;
    gx_statement *statement = gx_db_prepare(db, sql);
    va_start(arguments, kinds);
    bind_list(statement, kinds, arguments);
    va_end(arguments);
    gx_step step = gx_db_step(statement, error);
    *number =
        step == GX_STEP_ROW && !gx_column_is_null(statement, 0) ? gx_column_int(statement, 0) : otherwise;
    if (step == GX_STEP_ROW)
        gx_db_reset(statement);
    return step != GX_STEP_FAILED;
}

bool gx_db_get_text(gx_db *db, gx_arena *arena, gx_error *error, gx_text *text, const char *sql,
                    const char *kinds, ...)
{
    va_list arguments;
    gx_statement *statement = gx_db_prepare(db, sql);
    va_start(arguments, kinds);
    bind_list(statement, kinds, arguments);
    va_end(arguments);
    gx_step step = gx_db_step(statement, error);
    *text = step == GX_STEP_ROW ? gx_column_copy(arena, statement, 0) : (gx_text){NULL, 0};
    if (step == GX_STEP_ROW)
        gx_db_reset(statement);
    return step != GX_STEP_FAILED;
}

bool gx_db_insert(gx_db *db, gx_error *error, int64_t *id, const char *sql, const char *kinds, ...)
{
    static const char tail[] = " RETURNING id";
    va_list arguments;
    gx_text text = gx_text_of(sql);
    if (db->backend->knows_new_id && gx_text_ends_with(text, gx_text_of(tail)))
        text.size -= strlen(tail);
    gx_statement *statement = prepare_kept(db, sql, text, GX_STATEMENT_INSERT);
    va_start(arguments, kinds);
    bind_list(statement, kinds, arguments);
    va_end(arguments);
    return begin(statement, error) && db->backend->insert(statement, id, error);
}

int64_t gx_db_changes(gx_db *db)
{
    return db->backend->changes(db);
}

int64_t gx_db_last_id(gx_db *db)
{
    return db->backend->last_id(db);
}

bool gx_db_script(gx_db *db, const char *sql, gx_error *error)
{
    return db->backend->script(db, sql, error);
}

/* ---- What the stores do in ways of their own ---- */

bool gx_db_lock(gx_db *db, gx_text name, gx_error *error)
{
    return db->backend->lock(db, name, error);
}

bool gx_db_claim(gx_db *db, gx_text name, bool *is_ours, gx_error *error)
{
    return db->backend->claim(db, name, is_ours, error);
}

static bool is_told(const gx_db *db, gx_text text)
{
    for (size_t at = 0; at < db->told_size;) {
        const char *line = db->told + at;
        size_t size = (size_t)((const char *)memchr(line, '\n', db->told_size - at) - line);
        if (size == text.size && memcmp(line, text.bytes, size) == 0)
            return true;
        at += size + 1;
    }
    return false;
}

bool gx_db_tell(gx_db *db, gx_text text, gx_error *error)
{
    if (!db->backend->is_shared)
        return true;
    if (text.size > TOLD_BYTES || memchr(text.bytes, '\n', text.size))
        return gx_fail(error, "db.sql", text);
    if (is_told(db, text))
        return true;
    size_t size = db->told_size + text.size + 1;
    if (size > db->told_capacity) {
        size_t capacity = size * 2 + 1000;
        char *told = realloc(db->told, capacity);
        if (!told)
            return gx_fail(error, "base.memory", GX_TEXT("0"));
        db->told = told;
        db->told_capacity = capacity;
    }
    memcpy(db->told + db->told_size, text.bytes, text.size);
    db->told[size - 1] = '\n';
    db->told_size = size;
    return true;
}

bool gx_db_flush_told(gx_db *db, gx_error *error)
{
    bool is_sent = true;
    for (size_t at = 0; at < db->told_size && is_sent;) {
        size_t end = db->told_size - at < TOLD_AT_ONCE ? db->told_size : at + TOLD_AT_ONCE;
        while (db->told[end - 1] != '\n')
            end--;
        is_sent = db->backend->tell(db, (gx_text){db->told + at, end - 1 - at}, error);
        at = end;
    }
    return is_sent;
}

bool gx_words_put(gx_db *db, gx_arena *arena, const gx_words *words, int64_t id, gx_text before,
                  gx_text after, gx_error *error)
{
    return db->backend->words_put(db, arena, words, id, before, after, error);
}

gx_text gx_words_match(gx_db *db, gx_arena *arena, const char *table, const char *id, int parameter)
{
    return db->backend->words_match(arena, table, id, parameter);
}

gx_text gx_words_query(gx_db *db, gx_arena *arena, gx_text words)
{
    return db->backend->words_query(db, arena, words);
}

gx_text gx_sql_json_text(gx_db *db, gx_arena *arena, const char *column, gx_text field)
{
    return db->backend->json_text(arena, column, field);
}

gx_text gx_sql_json_order(gx_db *db, gx_arena *arena, const char *column, gx_text field)
{
    return db->backend->json_order(arena, column, field);
}

/* ---- What the commands of a transaction know ---- */

static gx_memo *find_memo(const gx_db *db, gx_text name)
{
    for (size_t i = 0; i < db->memo_count; i++)
        if (gx_text_equal((gx_text){db->memos[i].name, db->memos[i].name_size}, name))
            return (gx_memo *)&db->memos[i];
    return NULL;
}

void gx_db_remember(gx_db *db, gx_text name, const void *data, size_t size)
{
    if (!db->is_in_group || name.size >= MEMO_NAME || size > MEMO_DATA)
        return;
    gx_memo *memo = find_memo(db, name);
    if (!memo && db->memo_count < MEMOS_MOST)
        memo = &db->memos[db->memo_count++];
    if (!memo)
        return;
    memcpy(memo->name, name.bytes, name.size);
    memcpy(memo->data, data, size);
    memo->name_size = name.size;
    memo->size = size;
}

bool gx_db_recall(const gx_db *db, gx_text name, void *data, size_t size)
{
    const gx_memo *memo = find_memo(db, name);
    if (!memo || memo->size != size)
        return false;
    memcpy(data, memo->data, size);
    return true;
}

void gx_db_touch(gx_db *db, int64_t subject)
{
    if (db->touched_count < TOUCHED_MOST)
        db->touched[db->touched_count] = subject;
    if (db->touched_count <= TOUCHED_MOST)
        db->touched_count++;
}

/* ---- After the commit ---- */

gx_db_mark gx_db_here(const gx_db *db)
{
    return (gx_db_mark){db->after_count, db->told_size, db->writes};
}

void gx_db_forget(gx_db *db, gx_db_mark mark)
{
    db->after_count = mark.after_count;
    db->told_size = mark.told_size;
}

static gx_after *add_after(gx_db *db)
{
    if (db->after_count == db->after_capacity) {
        size_t capacity = db->after_capacity ? db->after_capacity * 2 : 64;
        gx_after *afters = aligned_alloc(16, capacity * sizeof *afters);
        if (!afters)
            return NULL; /* a missed wake-up is found by the next scheduled look */
        if (db->after_count)
            memcpy(afters, db->afters, db->after_count * sizeof *afters);
        free(db->afters);
        db->afters = afters;
        db->after_capacity = capacity;
    }
    return &db->afters[db->after_count++];
}

void gx_db_after_commit(gx_db *db, void (*run)(void *context), void *context)
{
    gx_after *after = add_after(db);
    if (after)
        *after = (gx_after){.run = run, .context = context};
}

void gx_db_after_commit_with(gx_db *db, void (*run)(void *data), const void *data, size_t size)
{
    gx_after *after = size <= AFTER_DATA ? add_after(db) : NULL;
    if (!after)
        return;
    *after = (gx_after){.run = run};
    memcpy(after->data, data, size);
}

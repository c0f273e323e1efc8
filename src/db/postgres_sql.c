#include "db/postgres_sql.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static bool is_name_byte(char byte)
{
    return isalnum((unsigned char)byte) || byte == '_' || (unsigned char)byte >= 0x80;
}

/* The end of the piece of SQL that begins at `at`: a quoted text, a comment, a word, or one byte. */
static size_t piece_end(gx_text sql, size_t at)
{
    char first = sql.bytes[at];
    size_t end = at + 1;
    if (first == '\'' || first == '"') {
        while (end < sql.size && sql.bytes[end] != first)
            end++;
        return end < sql.size ? end + 1
                              : end; /* a doubled quote begins the next piece, which is quoted too */
    }
    if (first == '-' && end < sql.size && sql.bytes[end] == '-') {
        while (end < sql.size && sql.bytes[end] != '\n')
            end++;
        return end;
    }
    while (is_name_byte(first) && end < sql.size && is_name_byte(sql.bytes[end]))
        end++;
    return end;
}

static bool is_word(gx_text piece, const char *word)
{
    return piece.size == strlen(word) && strncasecmp(piece.bytes, word, piece.size) == 0;
}

/* ---- Statements ---- */

static gx_text cut_locks(gx_text sql)
{
    static const char *const tails[] = {" SKIP LOCKED", " FOR UPDATE"};
    for (size_t i = 0; i < GX_COUNT_OF(tails); i++)
        if (gx_text_ends_with(sql, gx_text_of(tails[i])))
            sql.size -= strlen(tails[i]);
    return sql;
}

/* new_id('task', BUCKET) is written out as what the schema's function of that name does: a call of it costs
 * 0.3 ms, because PostgreSQL compiles its body in each statement that is run. The closing parenthesis stays.
 * Gives where the bucket begins; `at` is behind the function's name. */
static size_t write_new_id(gx_buffer *out, gx_text sql, size_t at)
{
    size_t end = piece_end(sql, at + 1);
    gx_text name = gx_text_slice(sql, at + 2, end - 1);
    gx_buffer_format(out, "(nextval('%.*s_id_seq') << 10 |", GX_PRINT(name));
    return end + 1;
}

/* Reads new_id('table', bucket_of(?1)), or bucket_of_number; `at` is where it begins. Gives its end, or `at`
 * when the bucket is made in another way. */
static size_t read_new_id(gx_text sql, size_t at, gx_postgres_id *id)
{
    static const char before[] = "new_id('", *const buckets[] = {"bucket_of(?", "bucket_of_number(?"};
    size_t name = at + strlen(before), end = name;
    while (end < sql.size && is_name_byte(sql.bytes[end]))
        end++;
    id->table = gx_text_slice(sql, name, end);
    end = gx_text_slice(sql, end, sql.size).size < 3 ? sql.size : end + 3; /* the quote, a comma, a blank */
    for (size_t i = 0; i < 2; i++) {
        gx_text rest = gx_text_slice(sql, end, sql.size), words = gx_text_of(buckets[i]);
        size_t digits = words.size;
        if (!gx_text_starts_with(rest, words))
            continue;
        for (id->from = 0; digits < rest.size && isdigit((unsigned char)rest.bytes[digits]); digits++)
            id->from = id->from * 10 + (rest.bytes[digits] - '0');
        id->is_of_number = i == 1;
        if (gx_text_starts_with(gx_text_slice(rest, digits, rest.size), GX_TEXT("))")))
            return end + digits + 2;
    }
    id->table.size = 0;
    return at;
}

gx_text gx_postgres_insert(gx_arena *arena, gx_text sql, int *parameters, gx_postgres_id *id)
{
    static const char tail[] = " RETURNING id";
    *id = (gx_postgres_id){0};
    gx_text whole = sql;
    ptrdiff_t values = gx_text_find(sql, GX_TEXT(" VALUES (")), begin = gx_text_find(sql, GX_TEXT("new_id("));
    bool may_be = values >= 0 && begin > values && gx_text_ends_with(sql, gx_text_of(tail));
    size_t at = (size_t)begin, end = may_be ? read_new_id(sql, at, id) : at;
    if (end > at) {
        gx_postgres_statement(arena, sql, true, &id->parameter);
        id->parameter++;
        whole = gx_format(arena, "%.*s?%d%.*s", (int)at, sql.bytes, id->parameter,
                          (int)(sql.size - strlen(tail) - end), sql.bytes + end);
    }
    return gx_postgres_statement(arena, whole, true, parameters);
}

gx_text gx_postgres_statement(gx_arena *arena, gx_text sql, bool is_writer, int *parameters)
{
    gx_buffer out = gx_buffer_in(arena);
    bool is_each = false; /* inside json_each(...) */
    *parameters = 0;
    if (!is_writer)
        sql = cut_locks(sql);
    for (size_t at = 0, end; at < sql.size; at = end) {
        end = piece_end(sql, at);
        gx_text piece = gx_text_slice(sql, at, end);
        if (piece.bytes[0] == '?') {
            int number = 0;
            while (end < sql.size && isdigit((unsigned char)sql.bytes[end]))
                number = number * 10 + (sql.bytes[end++] - '0');
            *parameters = number > *parameters ? number : *parameters;
            gx_buffer_format(&out, "$%d", number);
        } else if (is_word(piece, "LIKE")) {
            gx_buffer_string(&out, "ILIKE");
        } else if (is_word(piece, "group_concat")) {
            gx_buffer_string(&out, "string_agg");
        } else if (is_word(piece, "json_each") && end < sql.size && sql.bytes[end] == '(') {
            gx_buffer_string(&out, "json_array_elements_text(CAST(");
            end++;
            is_each = true;
        } else if (is_word(piece, "new_id") &&
                   gx_text_starts_with(gx_text_slice(sql, end, sql.size), GX_TEXT("('"))) {
            end = write_new_id(&out, sql, end);
        } else if (is_each && piece.bytes[0] == ')') {
            gx_buffer_string(&out, " AS JSON))");
            is_each = false;
        } else {
            gx_buffer_text(&out, piece);
        }
    }
    return gx_buffer_as_text(&out);
}

/* ---- Schemas ---- */

static size_t skip_blanks(gx_text sql, size_t at)
{
    while (at < sql.size && isspace((unsigned char)sql.bytes[at]))
        at++;
    return at;
}

/* Whether these words stand at `at`; if so, *end is behind them. */
static bool has_words(gx_text sql, size_t at, const char *const *words, size_t *end)
{
    for (; *words; words++) {
        at = skip_blanks(sql, at);
        size_t word_end = at < sql.size ? piece_end(sql, at) : at;
        if (at == sql.size || !is_word(gx_text_slice(sql, at, word_end), *words))
            return false;
        at = word_end;
    }
    *end = at;
    return true;
}

static size_t write_words_table(gx_buffer *out, gx_text sql, size_t at)
{
    at = skip_blanks(sql, at);
    size_t end = piece_end(sql, at);
    gx_text name = gx_text_slice(sql, at, end);
    while (end < sql.size && sql.bytes[end] != ';')
        end = piece_end(sql, end);
    gx_buffer_format(
        out,
        "CREATE TABLE %.*s (bucket BIGINT NOT NULL, rowid BIGINT NOT NULL, body TSVECTOR NOT NULL, "
        "PRIMARY KEY (bucket, rowid)); "
        "CREATE INDEX %.*s_body ON %.*s USING gin (body)",
        GX_PRINT(name), GX_PRINT(name), GX_PRINT(name));
    return end;
}

/* The end of the line that begins at `at` if it is SQLite's alone, or `at`. */
static size_t skip_line(gx_text sql, size_t at)
{
    const char *newline = memchr(sql.bytes + at, '\n', sql.size - at);
    size_t end = newline ? (size_t)(newline - sql.bytes) : sql.size;
    bool begins = at == 0 || sql.bytes[at - 1] == '\n';
    return begins && gx_text_ends_with(gx_text_slice(sql, at, end), GX_TEXT(" --sqlite")) ? end : at;
}

gx_text gx_postgres_schema(gx_arena *arena, gx_text sql)
{
    static const char own_lines[] = "--postgresql ";
    static const char *const own_key[] = {"INTEGER", "PRIMARY", "KEY", NULL};
    static const char *const rowless[] = {"WITHOUT", "ROWID", NULL};
    static const char *const virtual_table[] = {"CREATE", "VIRTUAL", "TABLE", NULL};
    static const char *const types[][2] = {{"INTEGER", "BIGINT"},
                                           {"TEXT", "TEXT COLLATE \"C\""},
                                           {"BLOB", "BYTEA"},
                                           {"REAL", "DOUBLE PRECISION"}};
    gx_buffer out = gx_buffer_in(arena);
    bool is_type =
        false; /* the piece before was a name: a type may follow it, so that a column may be called text */
    for (size_t at = 0, end; at < sql.size; at = end) {
        end = skip_line(sql, at);
        if (end > at)
            continue;
        end = piece_end(sql, at);
        gx_text piece = gx_text_slice(sql, at, end);
        if (isspace((unsigned char)piece.bytes[0])) {
            gx_buffer_text(&out, piece);
            continue;
        }
        const char *type = NULL;
        for (size_t i = 0; i < GX_COUNT_OF(types) && is_type; i++)
            type = is_word(piece, types[i][0]) ? types[i][1] : type;
        if (gx_text_starts_with(piece, gx_text_of(own_lines)))
            gx_buffer_text(&out, gx_text_slice(piece, strlen(own_lines), piece.size));
        else if (is_type && has_words(sql, at, own_key, &end))
            gx_buffer_string(&out, "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY");
        else if (type)
            gx_buffer_string(&out, type);
        else if (has_words(sql, at, virtual_table, &end))
            end = write_words_table(&out, sql, end);
        else if (!has_words(sql, at, rowless, &end))
            gx_buffer_text(&out, piece);
        is_type = is_name_byte(piece.bytes[0]) || piece.bytes[0] == '"';
    }
    return gx_buffer_as_text(&out);
}

/* ---- Words ---- */

typedef struct vector {
    gx_buffer text;
    int position;
    const char *joint; /* between lexemes; NULL: positions */
} vector;

static int add_lexeme(void *context, int flags, const char *token, int size, int begin, int end)
{
    vector *v = context;
    (void)flags, (void)begin, (void)end;
    if (v->position++)
        gx_buffer_string(&v->text, v->joint ? v->joint : " ");
    gx_buffer_byte(&v->text, '\'');
    for (int i = 0; i < size; i++) {
        if (token[i] == '\'' || token[i] == '\\')
            gx_buffer_byte(&v->text, token[i]);
        gx_buffer_byte(&v->text, token[i]);
    }
    gx_buffer_byte(&v->text, '\'');
    if (!v->joint)
        gx_buffer_format(&v->text, ":%d", v->position);
    return 0;
}

gx_text gx_postgres_vector(gx_arena *arena, const gx_tokenizer *tokenizer, gx_text body)
{
    vector v = {.text = gx_buffer_in(arena)};
    gx_tokenizer_cut(tokenizer, body.bytes, (int)body.size, &v, add_lexeme);
    return v.position ? gx_buffer_as_text(&v.text) : (gx_text){"", 0};
}

static bool is_blank(gx_text words, size_t at, size_t *size)
{
    bool is_wide = at + 2 < words.size && memcmp(words.bytes + at, "\xE3\x80\x80", 3) == 0;
    *size = is_wide ? 3 : 1;
    return is_wide || words.bytes[at] == '"' || (unsigned char)words.bytes[at] <= ' ';
}

gx_text gx_postgres_query(gx_arena *arena, const gx_tokenizer *tokenizer, gx_text words)
{
    gx_buffer all = gx_buffer_in(arena);
    bool has_any = false;
    for (size_t at = 0, size; at < words.size;) {
        if (is_blank(words, at, &size)) {
            at += size;
            continue;
        }
        size_t begin = at;
        while (at < words.size && !is_blank(words, at, &size))
            at++;
        has_any = true;
        vector v = {.text = gx_buffer_in(arena), .joint = " <-> "};
        gx_tokenizer_cut(tokenizer, words.bytes + begin, (int)(at - begin), &v, add_lexeme);
        if (v.position)
            gx_buffer_format(&all, "%s(%.*s:*)", all.size ? " & " : "", GX_PRINT(gx_buffer_as_text(&v.text)));
    }
    if (has_any && all.size == 0) /* only signs: nothing has them */
        return GX_TEXT(" ");
    return all.size ? gx_buffer_as_text(&all) : (gx_text){"", 0};
}

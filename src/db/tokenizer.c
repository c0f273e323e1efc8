#include "db/tokenizer.h"
#include "base/buffer.h"

#include <sqlite3.h>
#include <unicode/ubrk.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <unicode/utext.h>

#include <stdlib.h>
#include <string.h>

enum { WORD_UNITS = 256, WORD_BYTES = 3 * WORD_UNITS };

typedef struct gx_tokenizer tokenizer;
struct gx_tokenizer {
    UBreakIterator *breaks;
    const UNormalizer2 *folding;
};

gx_tokenizer *gx_tokenizer_open(void)
{
    UErrorCode status = U_ZERO_ERROR;
    tokenizer *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->folding = unorm2_getNFKCCasefoldInstance(&status);
    t->breaks = ubrk_open(UBRK_WORD, "zh", NULL, 0, &status);
    if (U_SUCCESS(status))
        return t;
    gx_tokenizer_close(t);
    return NULL;
}

void gx_tokenizer_close(gx_tokenizer *t)
{
    if (!t)
        return;
    ubrk_close(t->breaks);
    free(t);
}

static int create(void *unused, const char **arguments, int count, Fts5Tokenizer **made)
{
    (void)unused, (void)arguments, (void)count;
    tokenizer *t = gx_tokenizer_open();
    *made = (Fts5Tokenizer *)t;
    return t ? SQLITE_OK : SQLITE_ERROR;
}

static void destroy(Fts5Tokenizer *made)
{
    gx_tokenizer_close((tokenizer *)made);
}

/* The folded form of a piece of UTF-8; 0 bytes when it folds to nothing. Overlong words are cut. */
static int fold(const tokenizer *t, const char *bytes, int size, char folded[WORD_BYTES])
{
    UErrorCode status = U_ZERO_ERROR;
    UChar raw[WORD_UNITS], done[WORD_UNITS];
    int32_t raw_count = 0, done_count, folded_size = 0;
    u_strFromUTF8WithSub(raw, WORD_UNITS, &raw_count, bytes, size, 0xFFFD, NULL, &status);
    if (status == U_BUFFER_OVERFLOW_ERROR) {
        raw_count = WORD_UNITS / 2;
        status = U_ZERO_ERROR;
    }
    done_count = unorm2_normalize(t->folding, raw, raw_count < WORD_UNITS ? raw_count : WORD_UNITS, done,
                                  WORD_UNITS, &status);
    if (U_FAILURE(status))
        return 0;
    u_strToUTF8WithSub(folded, WORD_BYTES, &folded_size, done, done_count, 0xFFFD, NULL, &status);
    return U_FAILURE(status) ? 0 : folded_size;
}

typedef gx_token_sink token_sink;

static int emit(const tokenizer *t, const char *text, int begin, int end, void *context, token_sink sink)
{
    char folded[WORD_BYTES];
    int size = fold(t, text + begin, end - begin, folded);
    return size > 0 ? sink(context, 0, folded, size, begin, end) : SQLITE_OK;
}

static int emit_characters(const tokenizer *t, const char *text, int begin, int end, void *context,
                           token_sink sink)
{
    int status = SQLITE_OK;
    for (int at = begin; at < end && status == SQLITE_OK;) {
        int next = at + 1;
        while (next < end && ((unsigned char)text[next] & 0xC0) == 0x80)
            next++;
        status = emit(t, text, at, next, context, sink);
        at = next;
    }
    return status;
}

int gx_tokenizer_cut(const gx_tokenizer *t, const char *text, int size, void *context, gx_token_sink sink)
{
    UErrorCode error = U_ZERO_ERROR;
    UText native = UTEXT_INITIALIZER;
    utext_openUTF8(&native, text, size, &error);
    ubrk_setUText(t->breaks, &native, &error);
    int status = U_FAILURE(error) ? SQLITE_ERROR : SQLITE_OK;
    int begin = status == SQLITE_OK ? ubrk_first(t->breaks) : 0;
    for (int end; status == SQLITE_OK && (end = ubrk_next(t->breaks)) != UBRK_DONE; begin = end) {
        int kind = ubrk_getRuleStatus(t->breaks);
        if (kind < UBRK_WORD_NONE_LIMIT)
            continue;                         /* blanks and punctuation */
        bool is_cjk = kind >= UBRK_WORD_KANA; /* kana and ideographs */
        status = is_cjk ? emit_characters(t, text, begin, end, context, sink)
                        : emit(t, text, begin, end, context, sink);
    }
    utext_close(&native);
    return status;
}

static int tokenize(Fts5Tokenizer *made, void *context, int flags, const char *text, int size,
                    token_sink sink)
{
    (void)flags;
    return gx_tokenizer_cut((const tokenizer *)made, text, size, context, sink);
}

int gx_tokenizer_register(struct sqlite3 *handle)
{
    fts5_api *api = NULL;
    sqlite3_stmt *statement = NULL;
    int status = sqlite3_prepare_v2(handle, "SELECT fts5(?1)", -1, &statement, NULL);
    if (status == SQLITE_OK) {
        sqlite3_bind_pointer(statement, 1, (void *)&api, "fts5_api_ptr", NULL);
        sqlite3_step(statement);
        status = sqlite3_finalize(statement);
    }
    if (status != SQLITE_OK || !api)
        return status != SQLITE_OK ? status : SQLITE_ERROR;
    fts5_tokenizer methods = {create, destroy, tokenize};
    return api->xCreateTokenizer(api, "gx_icu", NULL, &methods, NULL);
}

gx_text gx_search_query(gx_arena *arena, gx_text words)
{
    gx_buffer query = gx_buffer_in(arena);
    bool is_open = false;
    for (size_t i = 0; i < words.size; i++) {
        char byte = words.bytes[i];
        bool parts = byte == '"' || (unsigned char)byte <= ' ';
        bool is_wide_blank = i + 2 < words.size && memcmp(words.bytes + i, "\xE3\x80\x80", 3) == 0;
        if (parts || is_wide_blank) {
            if (is_open)
                gx_buffer_string(&query, "\"* ");
            is_open = false;
            i += is_wide_blank ? 2 : 0;
            continue;
        }
        if (!is_open)
            gx_buffer_byte(&query, '"');
        is_open = true;
        gx_buffer_byte(&query, byte);
    }
    if (is_open)
        gx_buffer_string(&query, "\"*");
    return gx_buffer_as_text(&query);
}

/* db/tokenizer.h: words for full-text search: the FTS5 tokenizer "gx_icu", and the same for PostgreSQL.
 * Text is cut at ICU's word breaks; words are folded (NFKC, case, width). Han and kana words are cut further
 * into single characters, so that a quoted search is a phrase of neighbours and finds any part of a name: 推
 * and 山推 and 智能化驾驶室. */
#ifndef GX_DB_TOKENIZER_H
#define GX_DB_TOKENIZER_H

#include "base/arena.h"

struct sqlite3;

typedef struct gx_tokenizer gx_tokenizer;
gx_tokenizer *gx_tokenizer_open(void); /* NULL without memory */
void gx_tokenizer_close(gx_tokenizer *tokenizer);
/* FTS5's: a folded word and where it stood; not 0 ends the cutting and is returned. `flags` is 0. */
typedef int (*gx_token_sink)(void *context, int flags, const char *token, int size, int begin, int end);
int gx_tokenizer_cut(const gx_tokenizer *tokenizer, const char *text, int size, void *context,
                     gx_token_sink sink);

/* An SQLite status. */
int gx_tokenizer_register(struct sqlite3 *handle);

/* A person's search words as an FTS5 query: every word must occur, the last one may go on. Quotes and
 * operators in the input have no meaning. Empty when there is nothing to search for. */
gx_text gx_search_query(gx_arena *arena, gx_text words);

#endif

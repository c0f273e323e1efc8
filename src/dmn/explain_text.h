/* dmn/explain_text.h: sentences and values for people, shared by explain.c and changes.c. */
#ifndef GX_DMN_EXPLAIN_TEXT_H
#define GX_DMN_EXPLAIN_TEXT_H

#include "dmn/model.h"

typedef enum gx_sentence {
#define SENTENCE(name, zh, en) GX_SENTENCE_##name,
#include "dmn/explain.def"
#undef SENTENCE
} gx_sentence;

/* The sentence with its parts in the places of {1}, {2} and {3}. */
void gx_sentence_write(gx_buffer *text, gx_sentence sentence, gx_language language, gx_text part1,
                       gx_text part2, gx_text part3);
/* A value as people write it: 12,500.5; a string in quotes if `is_quoted`. */
gx_text gx_sentence_value(gx_arena *arena, gx_value value, bool is_quoted);

#endif

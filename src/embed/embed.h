/* embed/embed.h: how the public types of libgaoxing (include/gaoxing/gaoxing.h) lie over the inner ones; for
 * src/embed only. */
#ifndef GX_EMBED_EMBED_H
#define GX_EMBED_EMBED_H

#include "gaoxing/gaoxing.h"
#include "dmn/dmn.h"
#include "feel/feel.h"

struct gaoxing_arena {
    gx_arena arena;      /* first, so that a gx_arena inside a call is the host's arena again */
    gx_arena_mark begin; /* where reset goes back to */
};

/* What the functions that do the work get besides their own context. */
typedef struct gx_embed_call {
    gx_arena *arena;
    gx_text source; /* the FEEL that is compiled, for errors; set by who compiles */
    gx_error error;
} gx_embed_call;

/* Runs `work` under a guard of the arena and tells the host what went wrong. */
bool gx_embed_run(gaoxing_arena *arena, bool (*work)(gx_embed_call *call, void *context), void *context,
                  gaoxing_error *error);
/* Fills as much as the host's struct has room for. `source` is the FEEL text that the error is in, or empty.
 */
void gx_embed_error(gaoxing_error *to, const gx_error *from, gx_text source);
/* The host's budget in `inner`; NULL, which means the defaults, when it has none. */
const gx_feel_budget *gx_embed_budget(const gaoxing_budget *from, gx_feel_budget *inner);

static inline gx_text gx_embed_text(gaoxing_text text)
{
    return (gx_text){text.bytes ? text.bytes : "", text.size};
}
static inline gaoxing_text gx_embed_text_out(gx_text text)
{
    return (gaoxing_text){text.bytes, text.size};
}
static inline gx_value gx_embed_value(gaoxing_value value)
{
    gx_value inner;
    __builtin_memcpy(&inner, &value, sizeof inner);
    return inner;
}
static inline gaoxing_value gx_embed_value_out(gx_value inner)
{
    gaoxing_value value;
    __builtin_memcpy(&value, &inner, sizeof value);
    return value;
}
_Static_assert(sizeof(gaoxing_value) == sizeof(gx_value), "a value is passed as it is");
_Static_assert(_Alignof(gaoxing_value) == _Alignof(gx_value), "arrays of values too");

#endif

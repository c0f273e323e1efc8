/* FEEL of libgaoxing. A gaoxing_feel is a gx_feel. */
#include "embed/embed.h"

typedef struct compiling {
    gx_text source;
    gx_feel_options options;
    gx_feel *feel;
} compiling;

static bool compile(gx_embed_call *call, void *context)
{
    compiling *c = context;
    call->source = c->source;
    gx_text *names = GX_NEW_ARRAY(call->arena, gx_text, c->options.name_count); /* the model keeps them */
    for (size_t i = 0; i < c->options.name_count; i++)
        names[i] = gx_copy(call->arena, c->options.names[i]);
    c->options.names = names;
    c->feel = gx_feel_compile(call->arena, c->source, &c->options, &call->error);
    return c->feel != NULL;
}

gaoxing_feel *gaoxing_feel_compile(gaoxing_arena *model, gaoxing_text source,
                                   const gaoxing_feel_options *options, gaoxing_error *error)
{
    _Static_assert(sizeof(gaoxing_text) == sizeof(gx_text), "names are passed as they are");
    compiling c = {.source = gx_embed_text(source)};
    if (options && options->size >= sizeof *options)
        c.options = (gx_feel_options){
            .kind = options->is_unary ? GX_FEEL_UNARY_TESTS : GX_FEEL_EXPRESSION,
            .names = (const gx_text *)options->names,
            .name_count = options->name_count,
            .is_closed = options->is_closed,
            .place = {gx_embed_text(options->path), 1, 1},
        };
    return gx_embed_run(model, compile, &c, error) ? (gaoxing_feel *)c.feel : NULL;
}

typedef struct running {
    const gx_feel *feel;
    gx_feel_input input;
    bool is_test;
    const gaoxing_budget *budget;
    gx_value answer;
} running;

static bool run(gx_embed_call *call, void *context)
{
    running *r = context;
    gx_feel_budget own;
    const gx_feel_budget *budget = gx_embed_budget(r->budget, &own);
    if (r->is_test)
        return gx_feel_test(call->arena, r->feel, r->input.input, r->input.context, budget, &r->answer,
                            &call->error);
    return gx_feel_run(call->arena, r->feel, &r->input, budget, &r->answer, &call->error);
}

static bool run_and_tell(gaoxing_arena *arena, running *r, gaoxing_value *answer, gaoxing_error *error)
{
    if (!gx_embed_run(arena, run, r, error))
        return false;
    *answer = gx_embed_value_out(r->answer);
    return true;
}

bool gaoxing_feel_evaluate(gaoxing_arena *arena, const gaoxing_feel *feel, gaoxing_value context,
                           const gaoxing_budget *budget, gaoxing_value *answer, gaoxing_error *error)
{
    running r = {(const gx_feel *)feel, {.context = gx_embed_value(context)}, false, budget, {0}};
    return run_and_tell(arena, &r, answer, error);
}

bool gaoxing_feel_run(gaoxing_arena *arena, const gaoxing_feel *feel, const gaoxing_value *values,
                      const gaoxing_budget *budget, gaoxing_value *answer, gaoxing_error *error)
{
    running r = {(const gx_feel *)feel, {.slots = (const gx_value *)values}, false, budget, {0}};
    return run_and_tell(arena, &r, answer, error);
}

bool gaoxing_feel_test(gaoxing_arena *arena, const gaoxing_feel *tests, gaoxing_value input,
                       gaoxing_value context, const gaoxing_budget *budget, gaoxing_value *answer,
                       gaoxing_error *error)
{
    running r = {(const gx_feel *)tests,
                 {.context = gx_embed_value(context), .input = gx_embed_value(input)},
                 true,
                 budget,
                 {0}};
    return run_and_tell(arena, &r, answer, error);
}

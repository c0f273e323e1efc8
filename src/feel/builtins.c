/* The table of built-in functions. */
#include "feel/builtins.h"
#include "base/decimal.h"
#include "feel/feel.h"

#define PARAMETERS(...) ((const gx_parameter[]){__VA_ARGS__})

static const gx_builtin builtins[] = {
#define BUILTIN(name, function, section, ...)                                                                \
    {name,                                                                                                   \
     gx_builtin_##function,                                                                                  \
     PARAMETERS(__VA_ARGS__),                                                                                \
     sizeof PARAMETERS(__VA_ARGS__) / sizeof(gx_parameter),                                                  \
     "DMN 1.5, " section,                                                                                    \
     NULL},
#include "feel/builtins.def"
#undef BUILTIN
};

const gx_builtin *gx_feel_builtins(size_t *count)
{
    *count = GX_COUNT_OF(builtins);
    return builtins;
}

gx_value gx_builtin_domain(gx_feel_call *call, gx_value value)
{
    return gx_feel_null(call, "feel.null.domain", gx_text_of(call->builtin->name),
                        gx_value_to_text(call->arena, value));
}

bool gx_builtin_whole(gx_value number, int64_t *whole)
{
    if (gx_value_to_int(number, whole))
        return true;
    return gx_decimal_to_int(gx_decimal_round(gx_value_to_decimal(number), 0, GX_ROUND_DOWN), whole);
}

/* feel/builtins.h: what the files of built-in functions share. The table is builtins.def; each function there
 * is declared here. */
#ifndef GX_FEEL_BUILTINS_H
#define GX_FEEL_BUILTINS_H

#include "feel/value.h"

#define BUILTIN(name, function, section, ...) gx_feel_function gx_builtin_##function;
#include "feel/builtins.def"
#undef BUILTIN

/* Null with the reason that `value` is outside what the function is defined for. */
gx_value gx_builtin_domain(gx_feel_call *call, gx_value value);

/* The whole part of a number, towards zero: 2.5 is 2, -1.5 is -1. False when it is beyond int64_t. */
bool gx_builtin_whole(gx_value number, int64_t *whole);

#endif

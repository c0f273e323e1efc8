/* feel/natives.h: functions that a model calls as external ones (DMN 1.5, 10.3.2.13.3), by class and method
 * signature.
 *
 * There is no Java here: a name such as java.lang.Math with "max(double, double)" is a key of a table, behind
 * which stands a C function. The table holds the few functions of the standard's examples and of the public
 * conformance kit: java.lang.Math     max(int, int), (long, long), (float, float), (double, double), min of
 * the same; abs(double), cos(double), sin(double); max, min and abs keep every decimal digit, cos and sin are
 * those of binary doubles java.lang.Integer, Long, Short, Byte, Float, Double   valueOf of a text or of their
 * own number type, with their range java.lang.String   valueOf(char), format(java.lang.String,
 * [Ljava.lang.Object;) with %s and %% java.math.BigDecimal   valueOf(double), valueOf(long) A host adds its
 * own rows in front of it. Rows are immutable and shared by all threads. */
#ifndef GX_FEEL_NATIVES_H
#define GX_FEEL_NATIVES_H

#include "feel/function.h"

typedef struct gx_native {
    const char *class_name;
    const char *signature; /* "max(double,double)", without blanks */
    gx_native_function *function;
} gx_native;

/* A host's rows; they must outlive the models that were compiled with them. */
typedef struct gx_natives {
    const gx_native *rows;
    size_t count;
} gx_natives;

/* For gx_feel_options.find_external and gx_dmn_world.find_external, with a const gx_natives * or NULL as
 * context. `mapping` is {java: {class: "...", "method signature": "..."}}; null when no row has that class
 * and signature. */
gx_value gx_native_find(void *natives, gx_arena *model, gx_value mapping, size_t parameter_count);

#endif

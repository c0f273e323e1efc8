/* dmn/tck.h: test cases of the DMN Technology Compatibility Kit (namespace
 * http://www.omg.org/spec/DMN/20160719/testcase).
 *
 * A file of cases is read into values; a case runs against a model and is compared as the kit prescribes:
 * numbers to within 10^-8, temporal values by what they mean, contexts without regard to order, an expected
 * error as null. Pure; every call must run under a gx_arena_guard. */
#ifndef GX_DMN_TCK_H
#define GX_DMN_TCK_H

#include "dmn/dmn.h"

typedef struct gx_tck_result {
    gx_text name; /* of a decision */
    gx_value expected;
    bool is_error; /* evaluation is to end in an error */
} gx_tck_result;

typedef struct gx_tck_case {
    gx_text id, description;
    gx_text invocable; /* of a decision service; empty: the results are decisions */
    gx_value inputs;   /* a context */
    gx_tck_result *results;
    size_t result_count;
} gx_tck_case;

typedef struct gx_tck_file {
    gx_text model_name; /* the .dmn file beside it */
    gx_tck_case *cases;
    size_t case_count;
} gx_tck_file;

/* NULL with an error for what is no file of test cases, or has a value that cannot be read. */
gx_tck_file *gx_tck_read(gx_arena *arena, gx_text xml, gx_text path, gx_error *error);

/* Whether the case passes. What differs is written to `reason`, one line. `dmn` may be NULL: then it fails.
 */
bool gx_tck_run(gx_arena *arena, const gx_dmn *dmn, const gx_tck_case *test, const gx_feel_budget *budget,
                gx_buffer *reason);

/* Whether two values are equal in the kit's sense. */
bool gx_tck_equal(gx_value expected, gx_value actual);

#endif

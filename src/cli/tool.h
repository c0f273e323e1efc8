/* cli/tool.h: the program's tools, one row each in cli/tools.def.
 * A tool gets the arguments behind its own name. It runs under a memory guard; what it allocates in `arena` ends with it.
 * Results go to standard output, errors as sentences to standard error. Its exit status: 0 done, 1 the work found
 * something wrong (a check with findings, a failed test), 2 bad usage or an error. */
#ifndef GX_CLI_TOOL_H
#define GX_CLI_TOOL_H

#include "base/arena.h"

typedef struct gx_tool_call {
    gx_arena *arena;
    int count; /* of arguments */
    char **arguments;
    gx_language language; /* of LC_ALL, LC_MESSAGES or LANG: zh unless they name another language */
} gx_tool_call;

typedef int (*gx_tool)(gx_tool_call *call);

enum { GX_TOOL_DONE = 0, GX_TOOL_FOUND = 1, GX_TOOL_FAILED = 2 };

/* Prints the error in the call's language and returns GX_TOOL_FAILED. */
int gx_tool_fail(const gx_tool_call *call, const gx_error *error);
/* Prints all findings, warnings too, and returns GX_TOOL_DONE when none is an error, else GX_TOOL_FOUND. */
int gx_tool_findings(const gx_tool_call *call, const gx_findings *findings);

/* Options: the value behind "--name" (or in "--name=value"), else `otherwise`; the option is taken out of the call. */
const char *gx_tool_option(gx_tool_call *call, const char *name, const char *otherwise);
/* Where the database is: "--db" (see db/db.h), else the environment's GX_DB; NULL: a file in the data folder. The
 * environment keeps a password out of the list of processes. */
const char *gx_tool_database(gx_tool_call *call);
/* Whether the flag "--name" is given; it is taken out of the call. */
bool gx_tool_flag(gx_tool_call *call, const char *name);
/* After all options are taken: false with a message when an unknown option or fewer or more than the given number of
 * plain arguments remain. */
bool gx_tool_expect(gx_tool_call *call, int least, int most, const char *usage);

#endif

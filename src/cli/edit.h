/* cli/edit.h: lines typed at a terminal, with history and completion of FEEL names where the build found
 * libedit. One user: static state. */
#ifndef GX_CLI_EDIT_H
#define GX_CLI_EDIT_H

#include "base/text.h"

/* The names to complete besides the built-in functions; borrowed. */
void gx_edit_begin(const gx_text *names, size_t count);
bool gx_edit_is_available(void);
/* The next line, kept in the history; NULL at the end. Valid until the next call. */
const char *gx_edit_line(const char *prompt);

#endif

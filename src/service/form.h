/* service/form.h: what the applicant sent, against the form (form-js schema) and the matter's documents. Pure
 * but for the look at files. */
#ifndef GX_SERVICE_FORM_H
#define GX_SERVICE_FORM_H

#include "service/identity.h"

/* Every component with a key: present if required and shown, of its type, within its limits; nothing beside
 * them but `allowed` names. Stops at the first fault: its place is a JSON pointer in error->path. Hidden
 * components (conditional.hide, FEEL over the data) are not asked. */
bool gx_form_check(gx_arena *arena, const gx_json *form, const gx_json *data, const char *const *allowed,
                   size_t allowed_count, gx_error *error);

#endif

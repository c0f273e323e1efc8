/* skill/skills.h: the functions behind the rows of skills.def. */
#ifndef GX_SKILL_SKILLS_H
#define GX_SKILL_SKILLS_H

#include "service/case.h"

#define SKILL(name, function, is_job, inputs, outputs)                                                       \
    bool function(gx_skill_call *call, gx_value *outputs_of, gx_error *error);
#include "skill/skills.def"
#undef SKILL

/* An input by name; null when it is not there. */
static inline gx_value gx_skill_input(const gx_skill_call *call, const char *name)
{
    return gx_context_get(call->inputs, gx_text_of(name));
}
static inline gx_text gx_skill_text(const gx_skill_call *call, const char *name)
{
    return gx_value_as_text(gx_skill_input(call, name));
}

#endif

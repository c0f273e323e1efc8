/* skill/skill.h: the table of skills: what a service task may name in gx:skill. */
#ifndef GX_SKILL_SKILL_H
#define GX_SKILL_SKILL_H

#include "service/instance.h"

extern const gx_skill gx_skills[];
extern const size_t gx_skill_count;

#endif

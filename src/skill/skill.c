#include "skill/skill.h"
#include "skill/skills.h"

const gx_skill gx_skills[] = {
#define SKILL(name, function, is_job, inputs, outputs) {name, function, is_job, inputs, outputs},
#include "skill/skills.def"
#undef SKILL
};
const size_t gx_skill_count = GX_COUNT_OF(gx_skills);

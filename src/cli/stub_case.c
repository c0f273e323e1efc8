/* Until the case runtime is linked: no skills, no scheduler. */
#include "skill/skill.h"
#include "service/scheduler.h"
const gx_skill gx_skills[]={{0}}; const size_t gx_skill_count=10; static const char*const n[]={"case.accept","case.correct","case.corrected","case.refuse","case.withdraw","case.grant","case.deliver","permit.issue","case.stop","case.resume"}; const char*const*gx_skill_names(void){return n;}
void gx_skills_use(const gx_skill*s,size_t c){(void)s;(void)c;}
gx_scheduler*gx_scheduler_start(gx_zone*z){(void)z;return NULL;} void gx_scheduler_stop(gx_scheduler*s){(void)s;}

/* service/lamp.h: the lamps of the key projects (D01): facts from the registers project, report and problem,
 * the verdict from the decision "lamp". */
#ifndef GX_SERVICE_LAMP_H
#define GX_SERVICE_LAMP_H

#include "service/zone.h"

/* {"items": [{id, name, lamp, reason, stage, category, level, progressPct}], "total", "next": null, "count":
 * {green, ...}, "opening": {planned, opened, ratePct}, "asOf"}. `as_of` is a date; empty: today. */
gx_json *gx_project_lamps(gx_zone *zone, gx_db *db, gx_arena *arena, gx_language language, gx_text as_of,
                          gx_error *error);

#endif

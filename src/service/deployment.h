/* service/deployment.h: models that programs deploy into the running zone, beside the packages of its folder.
 * A file goes through the checks of packages; what passes is in force for what begins from then on, on every
 * server. */
#ifndef GX_SERVICE_DEPLOYMENT_H
#define GX_SERVICE_DEPLOYMENT_H

#include "service/identity.h"

typedef struct gx_deployment_file {
    gx_text name, content;
} gx_deployment_file;

typedef struct gx_deploying {
    gx_text name, source;
    bool filters_duplicates; /* nothing happens when all of it is in force already */
    bool only_changed;       /* what is in force already is left out */
    const gx_deployment_file *files;
    size_t count;
} gx_deploying;

/* Reads and checks the files against all that is in force. Findings are those of the files, with their names
 * as paths; an error among them means: do not go on. The caller releases the result. Outside of any command.
 */
gx_packages *gx_deployment_check(gx_zone *zone, const gx_deploying *deploying, gx_findings *findings);
/* Inside a command: writes it down. *is_new is false when duplicates were filtered and nothing was left; *id
 * is then the deployment that brought them. After the commit: gx_zone_refresh. "deployment.owned" */
bool gx_deployment_create(gx_db *db, gx_arena *arena, const gx_person *person, const gx_deploying *deploying,
                          const gx_packages *checked, int64_t *id, bool *is_new, gx_error *error);
/* Inside a command: what it brought is no longer in force, and what was before it is again. Cases that have
 * ended keep their definitions. After the commit: gx_zone_refresh. "deployment.absent", "deployment.runs" */
bool gx_deployment_delete(gx_db *db, gx_arena *arena, const gx_person *person, int64_t id, gx_error *error);

/* The package that deployed definitions belong to. */
extern const gx_text gx_deployment_package;

#endif

/* service/export.h: all cases for process mining: OCEL 2.0 (JSON) and XES (IEEE 1849). Written piece by
 * piece, so memory does not grow with the number of cases. */
#ifndef GX_SERVICE_EXPORT_H
#define GX_SERVICE_EXPORT_H

#include "service/zone.h"

#include <stdio.h>

typedef enum gx_export_kind { GX_EXPORT_OCEL, GX_EXPORT_XES } gx_export_kind;
bool gx_export_write(gx_zone *zone, gx_export_kind kind, FILE *to, gx_error *error);

#endif

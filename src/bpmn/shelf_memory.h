/* bpmn/shelf_memory.h: a shelf in memory, for tools and tests that run instances without a store. */
#ifndef GX_BPMN_SHELF_MEMORY_H
#define GX_BPMN_SHELF_MEMORY_H

#include "bpmn/step.h"

typedef struct gx_shelf_memory gx_shelf_memory; /* of one instance; one thread at a time */

gx_shelf_memory *gx_shelf_memory_create(void);
void gx_shelf_memory_destroy(gx_shelf_memory *memory); /* NULL is allowed */
/* What the core is given; valid as long as the memory. */
const gx_bpmn_shelf *gx_shelf_memory_shelf(const gx_shelf_memory *memory);
/* Does what the KEEP and DROP effects among them ask for; content is copied. */
void gx_shelf_memory_apply(gx_shelf_memory *memory, const gx_effects *effects);
/* How many things lie on it, and all their bytes. */
size_t gx_shelf_memory_count(const gx_shelf_memory *memory, size_t *bytes);

#endif

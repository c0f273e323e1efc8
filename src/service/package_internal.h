/* service/package_internal.h: what the files of the package checker share. */
#ifndef GX_SERVICE_PACKAGE_INTERNAL_H
#define GX_SERVICE_PACKAGE_INTERNAL_H

#include "service/instance.h"
#include "service/package.h"

typedef struct gx_checking {
    const gx_packages *packages;
    const gx_skill *skills;
    size_t skill_count;
    gx_findings *findings;
    bool only_new; /* definitions with a version have been checked before */
    gx_arena arena;
    bool has_departments; /* the register of departments has data in one of the packages */
    gx_map departments;   /* its keys */
    gx_map search_ids;    /* of all packages */
} gx_checking;

typedef struct gx_spot { /* where something stands */
    gx_text path;
    int32_t line, column;
} gx_spot;

static inline gx_spot gx_spot_of(const gx_definition *d, const gx_json *at)
{
    return (gx_spot){d->path, at && at->line ? at->line : 1, at && at->column ? at->column : 1};
}

static inline gx_spot gx_spot_of_node(const gx_definition *d, const gx_bpmn_node *node)
{
    return (gx_spot){d->path, node->line, node->column};
}

static inline gx_spot gx_spot_of_mapping(const gx_definition *d, const gx_mapping *mapping)
{
    return (gx_spot){d->path, mapping->line, mapping->column};
}

#define gx_check_error(c, spot, code, ...)                                                                   \
    gx_check_report((c), GX_SEVERITY_ERROR, (spot), (code), (const gx_text[]){{"", 0}, __VA_ARGS__},         \
                    sizeof((const gx_text[]){{"", 0}, __VA_ARGS__}) / sizeof(gx_text) - 1)
#define gx_check_warning(c, spot, code, ...)                                                                 \
    gx_check_report((c), GX_SEVERITY_WARNING, (spot), (code), (const gx_text[]){{"", 0}, __VA_ARGS__},       \
                    sizeof((const gx_text[]){{"", 0}, __VA_ARGS__}) / sizeof(gx_text) - 1)
void gx_check_report(gx_checking *c, gx_severity severity, gx_spot spot, const char *code,
                     const gx_text *parts_from_1, size_t count);
void gx_check_reference(gx_checking *c, gx_spot spot, gx_definition_kind kind, gx_text id);
/* The key must have a text in both languages. */
void gx_check_message(gx_checking *c, gx_spot spot, gx_text key);
/* NULL when there is none. */
const gx_skill *gx_check_find_skill(const gx_checking *c, gx_text name);

/* package_vendor.c: what a model says to other engines and would not happen here. */
void gx_check_vendor(gx_checking *c, const gx_definition *process);

/* package_variables.c: every name that an expression of a process or a letter reads is set somewhere. */
void gx_check_variables(gx_checking *c);
/* Calls `visit` for each component with a key, or with a path of its own, groups and lists first; `path` is
 * the whole path. */
void gx_form_each(gx_arena *arena, const gx_json *form,
                  void (*visit)(void *context, const gx_json *component, gx_text path), void *context);

#endif

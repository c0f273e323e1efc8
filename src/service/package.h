/* service/package.h: packages: folders of definitions that say what the zone offers (docs/packages.md).
 * Reading a folder compiles and checks everything in it; all faults are collected as findings with file, line
 * and a sentence. What has been read is an immutable snapshot that any number of threads may use. */
#ifndef GX_SERVICE_PACKAGE_H
#define GX_SERVICE_PACKAGE_H

#include "bpmn/step.h"
#include "calendar/calendar.h"
#include "dmn/verify.h"

typedef enum gx_definition_kind {
    GX_DEFINITION_REGISTER,
    GX_DEFINITION_MATTER,
    GX_DEFINITION_PROCESS,  /* id: the process's id; the file's first, or the one of that id */
    GX_DEFINITION_DECISION, /* id: the file's stem */
    GX_DEFINITION_FORM,
    GX_DEFINITION_CALENDAR,
    GX_DEFINITION_BOARD,
    GX_DEFINITION_LETTER,
    GX_DEFINITION_MESSAGES,  /* id: "PACKAGE.zh", "PACKAGE.en" */
    GX_DEFINITION_ROLES,     /* id: the package */
    GX_DEFINITION_DOCUMENTS, /* id: the package */
    GX_DEFINITION_SEARCH,    /* id: the package: variables by which cases are found (case_search.h) */
    GX_DEFINITION_KINDS,
} gx_definition_kind;

typedef struct gx_definition {
    gx_definition_kind kind;
    gx_text id, package, path; /* path: within the package, "processes/matter.bpmn" */
    int64_t version;           /* from 1; 0: read from a folder and not loaded yet */
    gx_text source;
    char digest[65]; /* SHA-256 of the source */
    /* what the kind makes of it */
    const gx_json *json; /* all but BPMN and DMN */
    const gx_bpmn *bpmn;
    const gx_bpmn_process *process;
    const gx_dmn *dmn;
    const gx_calendar *calendar;
    const gx_feel *needed_when; /* matter: over `project` */
    bool is_put_off;            /* compiled when first looked up */
} gx_definition;

typedef struct gx_package_info {
    gx_text name, version, title_zh, title_en;
    bool is_sample;
    const char *folder; /* NULL when it comes from the store */
} gx_package_info;

typedef struct gx_packages gx_packages;

/* Reads every package below `folder` (or `folder` itself if it has a package.json), in the order of what they
 * require. Sample packages only with `with_sample`. The caller releases the snapshot with
 * gx_packages_release. NULL only when the folder cannot be read; faults are findings. */
gx_packages *gx_packages_read(const char *folder, bool with_sample, gx_findings *findings, gx_error *error);
/* An empty snapshot, to which definitions are added (by the zone, from its store). */
gx_packages *gx_packages_create(void);
gx_definition *gx_packages_add(gx_packages *packages, gx_definition_kind kind, gx_text package, gx_text path,
                               gx_text id, int64_t version, gx_text source, gx_findings *findings);
/* The same for what has been compiled before: processes, decisions, forms, matters, registers and boards are
 * compiled by the first who looks them up, with the source that is fetched then when it has no bytes here.
 * `digest` is that of the source, in hexadecimal. */
void gx_packages_add_later(gx_packages *packages, gx_definition_kind kind, gx_text package, gx_text path,
                           gx_text id, int64_t version, gx_text source, gx_text digest,
                           gx_findings *findings);
/* Whether such a definition need not be compiled, nor its source known, until it is looked up. */
bool gx_definition_can_wait(gx_definition_kind kind);
/* Where those sources come from: copied into the arena by any thread, in the middle of anything; false with an
 * error. A definition that cannot be fetched is not found, and asked for again. */
typedef bool (*gx_source_fetch)(void *context, gx_arena *arena, const gx_definition *definition,
                                gx_text *source, gx_error *error);
void gx_packages_set_fetch(gx_packages *packages, gx_source_fetch fetch, void *context);
/* Adds a definition of another snapshot, which must outlive this one, where this one has none of its kind and id: to
 * check new definitions against what is in force. */
void gx_packages_share(gx_packages *packages, const gx_definition *definition);
/* Only what package.json says of each package below the folder: for gx_packages_info. */
gx_packages *gx_packages_read_infos(const char *folder, bool with_sample, gx_error *error);
void gx_packages_release(gx_packages *packages);
gx_arena *gx_packages_arena(gx_packages *packages);

const char *gx_definition_kind_name(gx_definition_kind kind);
bool gx_definition_kind_of(gx_text name, gx_definition_kind *kind);
/* NULL: there is none. */
const gx_definition *gx_packages_find(const gx_packages *packages, gx_definition_kind kind, gx_text id);
/* Definitions of a kind in the order of their ids: *index starts at 0. NULL at the end. */
const gx_definition *gx_packages_next(const gx_packages *packages, gx_definition_kind kind, size_t *index);
const gx_package_info *gx_packages_info(const gx_packages *packages, size_t *count);
/* The text of a message key; in the other language, then the key itself, when it is missing. Never fails. */
gx_text gx_packages_message(const gx_packages *packages, gx_language language, gx_text key);
/* The same with {0}, {1}, {2} replaced. */
gx_text gx_packages_format(gx_arena *arena, const gx_packages *packages, gx_language language,
                           const char *key, const gx_text *parts, size_t count);
/* The calendar "cn"; NULL when no package has it. */
const gx_calendar *gx_packages_calendar(const gx_packages *packages);
const gx_definition *gx_packages_calendar_definition(const gx_packages *packages);
/* A row of the document catalogue (documents.json), or NULL. */
const gx_json *gx_packages_document(const gx_packages *packages, gx_text id);
/* The compiled form of "= FEEL" in a letter's template: `source` is what stands behind the sign. NULL when no
 * letter has it. */
const gx_feel *gx_packages_letter_feel(const gx_packages *packages, gx_text source);
/* The decision that `gx:decision="NAME"` means: the file NAME.dmn, in it the decision with that id or name,
 * or the only one that no other requires. */
const gx_definition *gx_packages_decision(const gx_packages *packages, gx_text name);
/* Evaluates it: `inputs` is a context of its input data. Trace may be NULL. */
bool gx_packages_decide(gx_arena *arena, const gx_packages *packages, gx_text name, gx_value inputs,
                        const gx_feel_budget *budget, gx_dmn_trace *trace, gx_value *answer, gx_error *error);

/* What is wrong with the tables of a decision; proved once, when first asked for. Valid as long as the
 * snapshot. NULL with an error when memory runs out. Thread-safe. */
const gx_flaws *gx_packages_flaws(const gx_packages *packages, const gx_definition *definition,
                                  gx_error *error);

/* Cross-checks: every reference between definitions, every variable that an expression reads, every message
 * key in both languages, every skill with its inputs. Adds findings, each with its place. */
struct gx_skill; /* service/instance.h */
void gx_packages_check(const gx_packages *packages, const struct gx_skill *skills, size_t skill_count,
                       gx_findings *findings);
/* The same for those that have no version yet; the others are there to be referred to. */
void gx_packages_check_new(const gx_packages *packages, const struct gx_skill *skills, size_t skill_count,
                           gx_findings *findings);

#endif

/* cli/dmn.h: the tools below `gaoxing dmn`. */
#ifndef GX_CLI_DMN_H
#define GX_CLI_DMN_H

#include "cli/tool.h"
#include "dmn/dmn.h"

int gx_tool_dmn_eval(gx_tool_call *call);
int gx_tool_dmn_tck(gx_tool_call *call);
int gx_tool_dmn_verify(gx_tool_call *call);

/* One evaluation per line of the file ("-": standard input), answers in that order; 0 threads: as many as
 * cores. */
int gx_dmn_batch(gx_tool_call *call, const gx_dmn *dmn, const char *decision, const char *path,
                 int64_t threads);

/* Models of one folder, which import each other by namespace. */
typedef struct gx_dmn_folder gx_dmn_folder;

/* `folder` is the path of a folder, without a slash at its end. */
gx_dmn_folder *gx_dmn_folder_open(gx_arena *arena, const char *folder);
/* The model of a file in it, read once together with what it imports; NULL with an error. Findings of all
 * models that were read are added to `findings`, which may be NULL. */
const gx_dmn *gx_dmn_folder_read(gx_dmn_folder *folder, gx_text name, gx_findings *findings, gx_error *error);
/* The model of a file, with its imports from the same folder. */
const gx_dmn *gx_dmn_load_file(gx_arena *arena, const char *path, gx_findings *findings, gx_error *error);

#endif

/* cli/bpmn.h: the tools for process models, and a small world in which instances of one file's processes run
 * together: virtual time, messages, signals and calls between them, without a database. */
#ifndef GX_CLI_BPMN_H
#define GX_CLI_BPMN_H

#include "bpmn/step.h"
#include "cli/tool.h"

int gx_tool_bpmn_bench(gx_tool_call *call);
int gx_tool_bpmn_betsy(gx_tool_call *call);
int gx_tool_bpmn_check(gx_tool_call *call);
int gx_tool_bpmn_write(gx_tool_call *call);
int gx_tool_bpmn_explore(gx_tool_call *call);

typedef struct gx_play gx_play;
typedef struct gx_play_instance gx_play_instance;

/* What the world leaves to its host. */
typedef struct gx_play_host {
    void *context;
    /* A job: answers at once or later by gx_play_answer. */
    void (*job)(void *context, gx_play *play, gx_play_instance *instance, const gx_effect *effect);
    void (*incident)(void *context, const gx_play_instance *instance, const gx_effect *effect);
    /* A top-level instance has ended by an error that nobody caught. */
    void (*uncaught)(void *context, gx_text code);
    void (*escalated)(void *context, gx_text code);
} gx_play_host;

/* All memory is the arena's. The clock stands at `now` and moves only in gx_play_until. */
gx_play *gx_play_new(gx_arena *arena, const gx_bpmn *bpmn, const gx_play_host *host, gx_instant now);
/* False when the process is absent or the start is refused. */
bool gx_play_start(gx_play *play, gx_text process, gx_value variables);
/* Lets everything happen that is due until then, in order of time. */
void gx_play_until(gx_play *play, gx_instant until);
gx_instant gx_play_now(const gx_play *play);
/* A command for the instance at `at`, now or later; it is dropped when the token has gone by then. */
void gx_play_answer(gx_play *play, gx_play_instance *instance, gx_command command, gx_instant at);
const gx_bpmn_node *gx_play_node(const gx_play_instance *instance, uint32_t node);

/* Prints what wide multi-instance activities cost (bpmn_bench_wide.c). */
void gx_bpmn_bench_wide(void);

#endif

/* bpmn/recorded.h: what a journal keeps of a row of steps, so that they can be taken again: the commands with
 * all that was fed in, the versions of what they ran under, and the checksum of the record they ended in.
 * Folding gx_bpmn_step over an instance's rows gives its record back, byte for byte.
 *
 * A row of bytes: a version, then entries. `facts` and versions hold for the commands behind them, also in
 * later rows. All functions are pure; reading trusts nothing. */
#ifndef GX_BPMN_RECORDED_H
#define GX_BPMN_RECORDED_H

#include "base/buffer.h"
#include "bpmn/step.h"

typedef enum gx_recorded_kind {
    GX_RECORDED_COMMAND,
    GX_RECORDED_FACTS,     /* what the commands from here on see as facts */
    GX_RECORDED_PROCESS,   /* version of the process from here on */
    GX_RECORDED_CALENDAR,  /* version of the calendar from here on; 0: none */
    GX_RECORDED_MIGRATION, /* to another version of the process, with renamings */
    GX_RECORDED_STATE,     /* a record to go on from: steps before it were not recorded */
    GX_RECORDED_END,       /* checksum of the record that the row ended in */
} gx_recorded_kind;

typedef struct gx_recorded {
    gx_recorded_kind kind;
    gx_command command;
    gx_value facts;
    int64_t version;
    gx_bpmn_renaming *renamings;
    size_t renaming_count;
    gx_text record;
    uint32_t checksum;
} gx_recorded;

/* Adds an entry; the first one begins the row. Ranges and functions among the values are kept as null. */
void gx_recorded_put(gx_buffer *row, const gx_recorded *entry);
/* The checksum at the end of a record. */
uint32_t gx_recorded_checksum(gx_text record);

typedef struct gx_recorded_reader {
    gx_arena *arena;
    gx_text row;
    size_t at;   /* 0: at the beginning */
    bool is_bad; /* damaged, or of a later version */
} gx_recorded_reader;
/* False at the end of the row, or where it is bad. The entry's values lie in the arena. */
bool gx_recorded_next(gx_recorded_reader *reader, gx_recorded *entry);

#endif

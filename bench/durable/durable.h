/* bench/durable/durable.h: what a durable step costs through the service, and what the same bytes cost a
 * program that does nothing but write them.
 *
 * A step is a user task completed by a person: the task is marked done, the next one made, the instance's
 * record written, a journal row added. Ours reads, checks, steps and writes, each command in a savepoint, in
 * groups as they gather. What it wrote is read back; the bare program writes exactly that into a copy of the
 * database as it was before the steps: the same statements, rows, indices and settings, in groups of the size
 * ours had. */
#ifndef GX_BENCH_DURABLE_H
#define GX_BENCH_DURABLE_H

#include "base/arena.h"

enum { VALUES_MOST = 18, WRITES_OF_STEP = 4, STEPS = 4 };

/* The four writes of a step, in this order; ?1 and on are the values. */
typedef enum bare_write { BARE_TASK_DONE, BARE_TASK_NEW, BARE_RECORD, BARE_JOURNAL } bare_write;
extern const char *const bare_sql[WRITES_OF_STEP]; /* with ?1 as SQLite has it */

typedef struct bare_value {
    char kind; /* as in gx_bind: 'i', 't', 'b' */
    bool is_null;
    int64_t number;
    gx_text bytes;
} bare_value;

typedef struct bare_step {
    bare_value values[WRITES_OF_STEP][VALUES_MOST];
    int counts[WRITES_OF_STEP];
} bare_step;

/* Writes the steps in transactions of `group` steps; the seconds it took, or a negative number. */
double bare_sqlite(const char *path, const bare_step *steps, size_t count, size_t group);
double bare_postgres(const char *address, const bare_step *steps, size_t count, size_t group);

#endif

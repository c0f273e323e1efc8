/* service/slowdown.h: wrong passwords make the next try wait. Counted by name and address together: who
 * guesses from one place waits there, the owner still enters from another. Names that exist and names that do
 * not are treated alike, so that waiting tells nothing. Kept in memory in a table of fixed size; when it is
 * full, the pair that has been quiet longest is forgotten. Thread-safe; time is an argument. Rule:
 * docs/operations.md, sign-in. */
#ifndef GX_SERVICE_SLOWDOWN_H
#define GX_SERVICE_SLOWDOWN_H

#include "base/clock.h"
#include "base/text.h"

#include <pthread.h>

enum { GX_SLOWDOWN_ROWS = 8192, GX_SLOWDOWN_FREE = 4, GX_SLOWDOWN_MOST_MS = 15 * 60 * 1000 };

typedef struct gx_slowdown_row {
    uint64_t key;
    gx_instant at; /* of the last failure */
    uint32_t failures;
} gx_slowdown_row;

typedef struct gx_slowdown {
    pthread_mutex_t mutex;
    gx_slowdown_row rows[GX_SLOWDOWN_ROWS];
} gx_slowdown;

#define GX_SLOWDOWN_EMPTY                                                                                    \
    {                                                                                                        \
        .mutex = PTHREAD_MUTEX_INITIALIZER                                                                   \
    }

/* Milliseconds to wait before the next try; 0: none. After GX_SLOWDOWN_FREE failures 1 s, doubling to 15
 * minutes. */
int64_t gx_slowdown_wait(gx_slowdown *slowdown, gx_text name, gx_text address, gx_instant now);
void gx_slowdown_failed(gx_slowdown *slowdown, gx_text name, gx_text address, gx_instant now);
void gx_slowdown_passed(gx_slowdown *slowdown, gx_text name, gx_text address);

#endif

#include "service/slowdown.h"

enum { WAYS = 8 };

/* An IPv6 address counts by its first 64 bits is the server's business; here an address is a text. */
static uint64_t key_of(gx_text name, gx_text address)
{
    uint64_t key = gx_text_hash(name) * 0x9E3779B97F4A7C15u ^ gx_text_hash(address);
    return key ? key : 1;
}

/* The row of the pair; without one NULL, or with `is_new` the quietest row of its group. */
static gx_slowdown_row *find_row(gx_slowdown *slowdown, uint64_t key, bool is_new)
{
    gx_slowdown_row *group = &slowdown->rows[key / WAYS % (GX_SLOWDOWN_ROWS / WAYS) * WAYS],
                    *quietest = group;
    for (int i = 0; i < WAYS; i++) {
        if (group[i].key == key)
            return &group[i];
        if (group[i].at < quietest->at)
            quietest = &group[i];
    }
    if (!is_new)
        return NULL;
    *quietest = (gx_slowdown_row){.key = key};
    return quietest;
}

int64_t gx_slowdown_wait(gx_slowdown *slowdown, gx_text name, gx_text address, gx_instant now)
{
    int64_t wait = 0;
    pthread_mutex_lock(&slowdown->mutex);
    const gx_slowdown_row *row = find_row(slowdown, key_of(name, address), false);
    if (row && row->failures >= GX_SLOWDOWN_FREE) {
        int64_t delay = 1000;
        for (uint32_t i = GX_SLOWDOWN_FREE; i < row->failures && delay < GX_SLOWDOWN_MOST_MS; i++)
            delay *= 2;
        delay = delay < GX_SLOWDOWN_MOST_MS ? delay : GX_SLOWDOWN_MOST_MS;
        wait = row->at + delay - now;
    }
    pthread_mutex_unlock(&slowdown->mutex);
    return wait > 0 ? wait : 0;
}

void gx_slowdown_failed(gx_slowdown *slowdown, gx_text name, gx_text address, gx_instant now)
{
    pthread_mutex_lock(&slowdown->mutex);
    gx_slowdown_row *row = find_row(slowdown, key_of(name, address), true);
    row->failures += row->failures < UINT32_MAX;
    row->at = now;
    pthread_mutex_unlock(&slowdown->mutex);
}

void gx_slowdown_passed(gx_slowdown *slowdown, gx_text name, gx_text address)
{
    pthread_mutex_lock(&slowdown->mutex);
    gx_slowdown_row *row = find_row(slowdown, key_of(name, address), false);
    if (row)
        *row = (gx_slowdown_row){0};
    pthread_mutex_unlock(&slowdown->mutex);
}

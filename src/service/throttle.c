#include "service/throttle.h"
#include "http/bucket.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROWS = 8192,
    WAYS = 8, /* rows a key may live in */
    DELAY_LEAST_MS = 1000,
    DELAY_MOST_MS = 15 * 60 * 1000,
    FORGIVE_ADDRESS_MS = 60 * 1000,
    FORGET_NAME_MS = 24 * 3600 * 1000,
};
_Static_assert(ROWS % WAYS == 0, "each group of rows is whole");

typedef struct row {
    uint64_t key;  /* 0: empty */
    gx_instant at; /* of the last failure */
    uint32_t failures;
} row;

/* Names and addresses have tables of their own: a flood of invented names must not push out the count of the
 * address it comes from. */
struct gx_throttle {
    pthread_mutex_t mutex;
    unsigned char secret[crypto_shorthash_KEYBYTES]; /* or a guesser could choose names that share a row */
    row names[ROWS], addresses[ROWS];
};

gx_throttle *gx_throttle_create(void)
{
    gx_throttle *throttle = sodium_init() < 0 ? NULL : calloc(1, sizeof *throttle);
    if (!throttle)
        return NULL;
    pthread_mutex_init(&throttle->mutex, NULL);
    randombytes_buf(throttle->secret, sizeof throttle->secret);
    return throttle;
}

void gx_throttle_destroy(gx_throttle *throttle)
{
    if (throttle)
        pthread_mutex_destroy(&throttle->mutex);
    free(throttle);
}

static uint64_t keyed(const gx_throttle *throttle, const void *bytes, size_t size)
{
    unsigned char hash[crypto_shorthash_BYTES];
    uint64_t key;
    crypto_shorthash(hash, bytes, size, throttle->secret);
    memcpy(&key, hash, sizeof key);
    return key | 1;
}

static uint64_t name_key(const gx_throttle *throttle, gx_text name, uint64_t address)
{
    uint64_t both[2] = {keyed(throttle, name.bytes, name.size), address};
    return keyed(throttle, both, sizeof both);
}

/* The row of that key, or the one to take over. */
static row *find_row(row *rows, uint64_t key)
{
    row *group = &rows[key / WAYS % (ROWS / WAYS) * WAYS], *oldest = group;
    for (size_t i = 0; i < WAYS; i++) {
        if (group[i].key == key)
            return &group[i];
        if (group[i].at < oldest->at)
            oldest = &group[i];
    }
    return oldest;
}

static uint32_t failures_of(const row *r, uint64_t key)
{
    return r->key == key ? r->failures : 0;
}

static bool must_wait(const row *r, uint32_t failures, uint32_t free, gx_instant now)
{
    if (failures < free)
        return false;
    int64_t delay = DELAY_LEAST_MS;
    for (uint32_t i = free; i < failures && delay < DELAY_MOST_MS; i++)
        delay *= 2;
    return now < r->at + (delay < DELAY_MOST_MS ? delay : DELAY_MOST_MS);
}

bool gx_throttle_take(gx_throttle *throttle, gx_text name, gx_text address, gx_instant now)
{
    uint64_t from = gx_bucket_key(address), key = name_key(throttle, name, from);
    uint64_t address_key = keyed(throttle, &from, sizeof from);
    pthread_mutex_lock(&throttle->mutex);
    row *n = find_row(throttle->names, key), *a = find_row(throttle->addresses, address_key);
    uint32_t of_name = failures_of(n, key), of_address = failures_of(a, address_key);
    if (of_name && now >= n->at + FORGET_NAME_MS)
        of_name = 0;
    /* The wait is that of the failures as they stood at the last one; what time has forgiven counts from now
     * on. */
    bool may = !must_wait(n, of_name, GX_THROTTLE_NAME_FREE, now) &&
               !must_wait(a, of_address, GX_THROTTLE_ADDRESS_FREE, now);
    if (may) {
        int64_t forgiven = of_address ? (now - a->at) / FORGIVE_ADDRESS_MS : 0;
        of_address -= forgiven >= of_address ? of_address : forgiven > 0 ? (uint32_t)forgiven : 0;
        *n = (row){key, now, of_name + 1};
        *a = (row){address_key, now, of_address + 1};
    }
    pthread_mutex_unlock(&throttle->mutex);
    return may;
}

void gx_throttle_forgive(gx_throttle *throttle, gx_text name, gx_text address)
{
    uint64_t from = gx_bucket_key(address), key = name_key(throttle, name, from);
    uint64_t address_key = keyed(throttle, &from, sizeof from);
    pthread_mutex_lock(&throttle->mutex);
    row *n = find_row(throttle->names, key), *a = find_row(throttle->addresses, address_key);
    if (n->key == key)
        *n = (row){0};
    if (failures_of(a, address_key))
        a->failures--;
    pthread_mutex_unlock(&throttle->mutex);
}

/* http/bucket.h: token buckets per address, for routes that cost much and need no sign-in (hashing a
 * password, reading an uploaded file). A bucket holds BURST tokens and gains some each second; a request
 * takes one. The table has a fixed size: when it is full, the bucket that has waited longest is taken over,
 * so that many addresses cost no memory. Not thread-safe; time is an argument. */
#ifndef GX_HTTP_BUCKET_H
#define GX_HTTP_BUCKET_H

#include "base/text.h"

enum { GX_BUCKETS = 4096, GX_BUCKET_BURST = 60, GX_BUCKET_A_SECOND = 2 };

typedef struct gx_bucket {
    uint64_t key;
    int64_t at_ms;
    double tokens;
} gx_bucket;

typedef struct gx_buckets {
    gx_bucket rows[GX_BUCKETS]; /* zeroed is empty */
} gx_buckets;

/* What counts as one address: an IPv4 address as it is; of an IPv6 address the first 64 bits, because a
 * household has that many. Never 0. */
uint64_t gx_bucket_key(gx_text address);

/* Takes a token of the address. False when none is left. */
bool gx_bucket_take(gx_buckets *buckets, gx_text address, int64_t now_ms);

#endif

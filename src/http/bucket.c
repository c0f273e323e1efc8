#include "http/bucket.h"

#include <arpa/inet.h>
#include <string.h>

enum { WAYS = 8 }; /* rows an address may live in */
_Static_assert(GX_BUCKETS % WAYS == 0, "each group of rows is whole");

uint64_t gx_bucket_key(gx_text address)
{
    char text[64];
    unsigned char bytes[16];
    if (address.size < sizeof text) {
        memcpy(text, address.bytes, address.size);
        text[address.size] = 0;
        if (inet_pton(AF_INET6, text, bytes) == 1)
            return gx_text_hash((gx_text){(const char *)bytes, 8}) | 1;
    }
    return gx_text_hash(address) | 1; /* 0 is an empty row */
}

bool gx_bucket_take(gx_buckets *buckets, gx_text address, int64_t now_ms)
{
    uint64_t key = gx_bucket_key(address);
    gx_bucket *group = &buckets->rows[key / WAYS % (GX_BUCKETS / WAYS) * WAYS], *found = group;
    for (size_t i = 0; i < WAYS; i++) {
        if (group[i].key == key) {
            found = &group[i];
            break;
        }
        if (group[i].at_ms < found->at_ms)
            found = &group[i];
    }
    if (found->key != key)
        *found = (gx_bucket){.key = key, .at_ms = now_ms, .tokens = GX_BUCKET_BURST};
    double gained = (double)(now_ms - found->at_ms) / 1000 * GX_BUCKET_A_SECOND;
    found->tokens = found->tokens + gained < GX_BUCKET_BURST ? found->tokens + gained : GX_BUCKET_BURST;
    found->at_ms = now_ms;
    if (found->tokens < 1)
        return false;
    found->tokens -= 1;
    return true;
}

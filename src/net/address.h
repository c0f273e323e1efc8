/* net/address.h: to which addresses this program may connect when somebody else names the target. Ranges
 * that lead into the house (loopback, private, link-local and so cloud metadata, carrier, multicast,
 * reserved, documentation) are closed, also when they come wrapped into IPv6; an installation opens those it
 * means. Pure functions. Rules from: RFC 6890, RFC 4193, RFC 4291, RFC 6052 (NAT64), RFC 3056 (6to4). */
#ifndef GX_NET_ADDRESS_H
#define GX_NET_ADDRESS_H

#include "base/error.h"

struct sockaddr;

enum { GX_ADDRESS_RANGES = 16 };

typedef struct gx_address_range {
    uint8_t bytes[16]; /* IPv4 as ::ffff:a.b.c.d */
    int bits;          /* of the 128 that count */
} gx_address_range;

/* Ranges that are open besides those of everybody. Zeroed: none. */
typedef struct gx_address_rule {
    gx_address_range open[GX_ADDRESS_RANGES];
    size_t count;
} gx_address_rule;

/* Adds "10.0.0.0/8", "fd00::/8" or one address. "net.address.range", "net.address.ranges" */
bool gx_address_open(gx_address_rule *rule, gx_text range, gx_error *error);
/* Any other family than IPv4 and IPv6 is closed. */
bool gx_address_is_open(const gx_address_rule *rule, const struct sockaddr *address);
/* The same of a host that is written as an address, brackets or not; true for a name. */
bool gx_address_may_be_open(const gx_address_rule *rule, gx_text host);

#endif

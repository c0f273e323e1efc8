#include "net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

enum { IPV4_BITS = 96 /* in front of an IPv4 address as ::ffff:a.b.c.d */ };
static const uint8_t ipv4_prefix[12] = {[10] = 0xff, [11] = 0xff};

static const char *const closed[] = {
    "0.0.0.0/8",      "10.0.0.0/8",   "100.64.0.0/10",  "127.0.0.0/8",    "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24",   "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",  "198.51.100.0/24",
    "203.0.113.0/24", "224.0.0.0/4",  "240.0.0.0/4",    "::/127",         "100::/64",       "2001::/23",
    "2001:db8::/32",  "fc00::/7",     "fe80::/10",      "fec0::/10",      "ff00::/8",
};

static bool is_within(const gx_address_range *range, const uint8_t *bytes)
{
    int whole = range->bits / 8, rest = range->bits % 8;
    if (memcmp(range->bytes, bytes, (size_t)whole) != 0)
        return false;
    uint8_t mask = (uint8_t)(0xff00 >> rest);
    return rest == 0 || ((range->bytes[whole] ^ bytes[whole]) & mask) == 0;
}

static bool read_address(const char *text, uint8_t bytes[16], bool *is_ipv4)
{
    *is_ipv4 = inet_pton(AF_INET, text, bytes + 12) == 1;
    if (*is_ipv4)
        memcpy(bytes, ipv4_prefix, sizeof ipv4_prefix);
    return *is_ipv4 || inet_pton(AF_INET6, text, bytes) == 1;
}

static bool read_range(gx_text text, gx_address_range *range)
{
    char host[INET6_ADDRSTRLEN];
    gx_text bits, name = gx_text_cut(text, '/', &bits);
    bool is_ipv4, has_bits = name.size < text.size;
    int64_t count = 128;
    if (name.size == 0 || name.size >= sizeof host)
        return false;
    memcpy(host, name.bytes, name.size);
    host[name.size] = 0;
    if (!read_address(host, range->bytes, &is_ipv4) ||
        (has_bits && (!gx_text_to_int(bits, &count) || count < 0 || count > (is_ipv4 ? 32 : 128))))
        return false;
    range->bits = (int)count + (is_ipv4 && has_bits ? IPV4_BITS : 0);
    return true;
}

bool gx_address_open(gx_address_rule *rule, gx_text text, gx_error *error)
{
    char most[24];
    if (rule->count == GX_ADDRESS_RANGES)
        return gx_fail(error, "net.address.ranges", gx_error_int(most, GX_ADDRESS_RANGES));
    return read_range(text, &rule->open[rule->count]) ? ++rule->count > 0
                                                      : gx_fail(error, "net.address.range", text);
}

/* An IPv4 address that an IPv6 address stands for: NAT64 (64:ff9b::/96), 6to4 (2002::/16), or the old
 * "compatible" form (::a.b.c.d). */
static bool has_ipv4_inside(const uint8_t *bytes, uint8_t inner[16])
{
    static const uint8_t nat64[12] = {0x00, 0x64, 0xff, 0x9b}, none[12];
    memcpy(inner, ipv4_prefix, sizeof ipv4_prefix);
    if (memcmp(bytes, nat64, 12) == 0 || memcmp(bytes, none, 12) == 0) {
        memcpy(inner + 12, bytes + 12, 4);
        return true;
    }
    memcpy(inner + 12, bytes + 2, 4);
    return bytes[0] == 0x20 && bytes[1] == 0x02;
}

static bool is_open(const gx_address_rule *rule, const uint8_t *bytes)
{
    uint8_t inner[16];
    gx_address_range range;
    for (size_t i = 0; i < rule->count; i++)
        if (is_within(&rule->open[i], bytes))
            return true;
    for (size_t i = 0; i < sizeof closed / sizeof *closed; i++)
        if (read_range(gx_text_of(closed[i]), &range) && is_within(&range, bytes))
            return false;
    return !has_ipv4_inside(bytes, inner) || is_open(rule, inner);
}

bool gx_address_is_open(const gx_address_rule *rule, const struct sockaddr *address)
{
    uint8_t bytes[16];
    if (address->sa_family == AF_INET6) {
        memcpy(bytes, &((const struct sockaddr_in6 *)address)->sin6_addr, sizeof bytes);
    } else if (address->sa_family == AF_INET) {
        memcpy(bytes, ipv4_prefix, sizeof ipv4_prefix);
        memcpy(bytes + 12, &((const struct sockaddr_in *)address)->sin_addr, 4);
    } else {
        return false;
    }
    return is_open(rule, bytes);
}

bool gx_address_may_be_open(const gx_address_rule *rule, gx_text host)
{
    char name[INET6_ADDRSTRLEN];
    uint8_t bytes[16];
    bool is_ipv4;
    if (host.size > 2 && host.bytes[0] == '[')
        host = gx_text_slice(host, 1, host.size - 1);
    if (host.size >= sizeof name)
        return true;
    memcpy(name, host.bytes, host.size);
    name[host.size] = 0;
    return !read_address(name, bytes, &is_ipv4) || is_open(rule, bytes);
}

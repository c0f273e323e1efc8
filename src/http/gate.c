/* The gate. The library (0.9.75) lets pass what lets requests be smuggled past a proxy: both length headers, repeated ones, a blank before the colon. Each such request is
 * answered with a status and its connection is closed, so that what follows in it is never read as a request. */
#include "http/internal.h"
#include "base/limits.h"

#include <string.h>
#include <strings.h>

typedef struct tally {
    unsigned content_length, transfer_encoding, host, fields;
    size_t bytes;
    bool is_bad, is_chunked;
} tally;

static bool is_token(const char *name, size_t size)
{
    static const char others[] = "!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < size; i++) {
        char byte = name[i];
        bool is_alphanumeric = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
        if (!is_alphanumeric && (byte == 0 || !strchr(others, byte)))
            return false;
    }
    return size > 0;
}

static bool is_digits(const char *value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (value[i] < '0' || value[i] > '9')
            return false;
    return size > 0 && size <= 15;
}

static enum MHD_Result look_at(void *context, enum MHD_ValueKind kind, const char *name, size_t name_size, const char *value, size_t value_size)
{
    tally *t = context;
    (void)kind;
    t->fields++;
    t->bytes += name_size + value_size + 4;
    t->is_bad |= !is_token(name, name_size);
    for (size_t i = 0; i < value_size; i++)
        t->is_bad |= value[i] == 0 || value[i] == '\r' || value[i] == '\n';
    if (name_size == 14 && strncasecmp(name, "Content-Length", 14) == 0) {
        t->content_length++;
        t->is_bad |= !is_digits(value, value_size);
    } else if (name_size == 17 && strncasecmp(name, "Transfer-Encoding", 17) == 0) {
        t->transfer_encoding++;
        t->is_bad |= value_size != 7 || strncasecmp(value, "chunked", 7) != 0;
    } else if (name_size == 4 && strncasecmp(name, "Host", 4) == 0) {
        t->host++;
        t->is_bad |= value_size == 0 || memchr(value, '/', value_size) || memchr(value, ' ', value_size) || memchr(value, '@', value_size);
    }
    return MHD_YES;
}

static bool is_known_method(const char *method)
{
    static const char *const known[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"};
    for (size_t i = 0; i < GX_COUNT_OF(known); i++)
        if (strcmp(method, known[i]) == 0)
            return true;
    return false;
}

int gx_gate_check(struct MHD_Connection *connection, const char *method, const char *target, const char *version)
{
    tally t = {0};
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, look_at, &t);
    if (t.is_bad || t.content_length > 1 || t.transfer_encoding > 1 || (t.content_length && t.transfer_encoding) || t.host > 1)
        return 400;
    if (t.host == 0 && strcmp(version, "HTTP/1.0") != 0)
        return 400;
    if (strlen(target) > 8192)
        return 414;
    if (t.fields > GX_LIMIT_HEADERS || t.bytes > GX_LIMIT_HEAD_BYTES)
        return 431;
    return is_known_method(method) ? 0 : 405;
}

/* The library (0.9.75) lets pass what lets requests be smuggled past a proxy: both length headers, repeated
 * ones, a blank before the colon; and two Host, a NUL in a value, unknown methods. RFC 9112, 3.2 and 6; RFC
 * 9110, 5.1 and 5.5. */
#include "http/gate.h"
#include "base/limits.h"

#include <string.h>
#include <strings.h>

static bool is_token(gx_text name)
{
    static const char others[] = "!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < name.size; i++) {
        char byte = name.bytes[i];
        bool is_alphanumeric =
            (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
        if (!is_alphanumeric && (byte == 0 || !strchr(others, byte)))
            return false;
    }
    return name.size > 0;
}

static bool is_length(gx_text value)
{
    for (size_t i = 0; i < value.size; i++)
        if (value.bytes[i] < '0' || value.bytes[i] > '9')
            return false;
    return value.size > 0 && value.size <= 15;
}

/* A name or an address, and perhaps a port: nothing that could be read as another part of a URL. */
static bool is_host(gx_text value)
{
    for (size_t i = 0; i < value.size; i++) {
        unsigned char byte = (unsigned char)value.bytes[i];
        if (byte <= ' ' || byte >= 0x7F || strchr("/\\@?#,\"<>", byte))
            return false;
    }
    return value.size > 0 && value.size <= 255;
}

static bool is_called(gx_text name, const char *wanted)
{
    return name.size == strlen(wanted) && strncasecmp(name.bytes, wanted, name.size) == 0;
}

void gx_gate_field(gx_gate *gate, gx_text name, gx_text value)
{
    gate->fields++;
    gate->bytes += name.size + value.size + 4; /* ": " and the line's end */
    gate->is_bad |= !is_token(name);
    for (size_t i = 0; i < value.size; i++)
        gate->is_bad |= value.bytes[i] == 0 || value.bytes[i] == '\r' || value.bytes[i] == '\n';
    if (is_called(name, "Content-Length")) {
        gate->content_length++;
        gate->is_bad |= !is_length(value);
    } else if (is_called(name, "Transfer-Encoding")) {
        gate->transfer_encoding++;
        gate->is_bad |= !is_called(value, "chunked");
    } else if (is_called(name, "Host")) {
        gate->host++;
        gate->is_bad |= !is_host(value);
    }
}

static bool is_known_method(const char *method)
{
    static const char *const known[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"};
    for (size_t i = 0; i < GX_COUNT_OF(known); i++)
        if (strcmp(method, known[i]) == 0)
            return true;
    return false;
}

int gx_gate_verdict(const gx_gate *gate, const char *method, size_t target_size, const char *version)
{
    bool has_two_lengths = gate->content_length + gate->transfer_encoding > 1;
    bool lacks_host = gate->host == 0 && strcmp(version, "HTTP/1.0") != 0;
    bool is_old_chunked = gate->transfer_encoding && strcmp(version, "HTTP/1.0") == 0;
    if (gate->is_bad || has_two_lengths || gate->host > 1 || lacks_host || is_old_chunked)
        return 400;
    if (target_size > GX_LIMIT_TARGET_BYTES)
        return 414;
    if (gate->fields > GX_LIMIT_HEADERS || gate->bytes > GX_LIMIT_HEAD_BYTES)
        return 431;
    return is_known_method(method) ? 0 : 405;
}

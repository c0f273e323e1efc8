/* Targets, queries, cookies, patterns and heads as anyone may send them. The first line is the target, the
 * others are header fields "Name: value". What a decoded path promises must hold: it begins with a slash, is
 * UTF-8, and holds no NUL, control character, backslash or dot segment. */
#include "http/bucket.h"
#include "http/gate.h"
#include "http/target.h"
#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
extern const char *const gx_fuzz_words[];
const char *const gx_fuzz_words[] = {"/api/v1/cases/",
                                     "%2f",
                                     "%5c",
                                     "%00",
                                     "%25",
                                     "..",
                                     "/./",
                                     "?",
                                     "&",
                                     "=",
                                     "+",
                                     "%E5%B1%B1",
                                     "Host: ",
                                     "Content-Length: ",
                                     "Transfer-Encoding: chunked",
                                     "Cookie: ",
                                     "; ",
                                     "__Host-gx=",
                                     "\n",
                                     "::1",
                                     "10.0.0.1",
                                     NULL};

static void check_path(gx_text path)
{
    bool is_good = path.size > 0 && path.bytes[0] == '/' && gx_utf8_is_valid(path);
    for (size_t i = 0; i < path.size; i++)
        is_good &= (unsigned char)path.bytes[i] >= 0x20 && path.bytes[i] != '\\' && path.bytes[i] != 0x7F;
    for (gx_text rest = path; rest.bytes;) {
        gx_text segment = gx_text_cut(rest, '/', &rest);
        is_good &= !gx_text_equal(segment, GX_TEXT(".")) && !gx_text_equal(segment, GX_TEXT(".."));
    }
    if (!is_good)
        abort();
}

static void read_target(gx_arena *arena, gx_text target)
{
    static const char *const patterns[] = {"/api/v1/cases/{number}",
                                           "/api/v1/registers/{register}/records/{key}",
                                           "/{a}/{b}/{c}/{d}/{e}", "/healthz"};
    gx_text path, query, name, value, names[4], values[4];
    size_t count;
    if (!gx_target_decode(arena, target, &path, &query))
        return;
    check_path(path);
    for (size_t i = 0; i < GX_COUNT_OF(patterns); i++)
        if (gx_pattern_match(patterns[i], path, names, values, 4, &count))
            for (size_t v = 0; v < count; v++)
                if (values[v].size == 0 || gx_text_find(values[v], GX_TEXT("/")) >= 0)
                    abort();
    for (gx_text rest = query; rest.bytes && rest.size;)
        if (gx_query_next(arena, &rest, &name, &value) &&
            (!gx_utf8_is_valid(name) || !gx_utf8_is_valid(value)))
            abort();
}

typedef struct work {
    gx_arena arena;
    gx_text source;
} work;

static bool read_head(void *context)
{
    static gx_buckets buckets;
    static int64_t now;
    work *w = context;
    gx_text rest, target = gx_text_cut(w->source, '\n', &rest);
    gx_gate gate = {0};
    read_target(&w->arena, target);
    while (rest.bytes) {
        gx_text value, name = gx_text_cut(gx_text_cut(rest, '\n', &rest), ':', &value);
        gx_gate_field(&gate, name, value.bytes ? gx_text_trim(value) : GX_TEXT(""));
        if (value.bytes)
            gx_cookie_find(value, "__Host-gx");
        gx_bucket_take(&buckets, name, now += 10);
    }
    int status = gx_gate_verdict(&gate, "GET", target.size, "HTTP/1.1");
    if (status == 0 && (gate.host != 1 || gate.content_length + gate.transfer_encoding > 1 || gate.is_bad))
        abort();
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    work w = {gx_arena_of(16 * GX_MIB), {(const char *)data, size}};
    gx_arena_guard(&w.arena, read_head, &w, NULL);
    gx_arena_release(&w.arena);
    return 0;
}

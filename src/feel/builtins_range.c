/* Functions on ranges (DMN 1.5, 10.3.4.8) and range() (10.3.4.1).
 *
 * Table 78 spells out every relation with four cases for points, ranges, open and closed ends. Here a point
 * is the range [p..p] and an end is an edge: a value and a side. An open start lies just behind its value, an
 * open end just before it. Edges have an order, and with it every relation is one or two comparisons. */
#include "feel/builtins.h"

/* ---- Edges ---- */

typedef struct edge {
    gx_value value;
    int infinity; /* -1 no start, 1 no end; then `value` means nothing */
    int side;     /* -1 just before the value, 0 at it, 1 just behind */
} edge;

typedef struct interval {
    edge start, end;
} interval;

/* Relations of one pair of intervals; `is_known` turns false when two edges cannot be compared. */
typedef struct pair {
    interval a, b;
    bool is_known;
} pair;

static bool interval_of(gx_value value, interval *out)
{
    *out = (interval){{.value = value}, {.value = value}};
    if (value.kind != GX_RANGE)
        return true;
    const gx_range *range = value.range;
    out->start = (edge){range->start, range->has_start ? 0 : -1, range->start_included ? 0 : 1};
    out->end = (edge){range->end, range->has_end ? 0 : 1, range->end_included ? 0 : -1};
    return !range->is_negated;
}

static int compare(pair *p, edge a, edge b)
{
    if (a.infinity || b.infinity)
        return (a.infinity > b.infinity) - (a.infinity < b.infinity);
    int order;
    if (!gx_value_order(a.value, b.value, &order)) {
        p->is_known = false;
        return 0;
    }
    return order ? order : (a.side > b.side) - (a.side < b.side);
}

typedef bool relation(pair *p);

static bool is_before(pair *p)
{
    return compare(p, p->a.end, p->b.start) < 0;
}

static bool do_meet(pair *p)
{
    return p->a.end.side == 0 && p->b.start.side == 0 && !p->a.end.infinity &&
           compare(p, p->a.end, p->b.start) == 0;
}

static bool do_overlap(pair *p)
{
    return compare(p, p->b.start, p->a.end) <= 0 && compare(p, p->a.start, p->b.end) <= 0;
}

static bool overlaps_before(pair *p)
{
    return compare(p, p->a.start, p->b.start) < 0 && compare(p, p->a.end, p->b.start) >= 0 &&
           compare(p, p->a.end, p->b.end) <= 0;
}

static bool does_finish(pair *p)
{
    return compare(p, p->a.end, p->b.end) == 0 && compare(p, p->a.start, p->b.start) >= 0;
}

static bool does_include(pair *p)
{
    return compare(p, p->a.start, p->b.start) <= 0 && compare(p, p->b.end, p->a.end) <= 0;
}

static bool does_start(pair *p)
{
    return compare(p, p->a.start, p->b.start) == 0 && compare(p, p->a.end, p->b.end) <= 0;
}

static bool do_coincide(pair *p)
{
    return compare(p, p->a.start, p->b.start) == 0 && compare(p, p->a.end, p->b.end) == 0;
}

static gx_value relate(gx_feel_call *call, gx_value a, gx_value b, relation *holds)
{
    pair p = {.is_known = true};
    if (!interval_of(a, &p.a))
        return gx_builtin_domain(call, a);
    if (!interval_of(b, &p.b))
        return gx_builtin_domain(call, b);
    bool answer = holds(&p);
    return p.is_known ? gx_value_boolean(answer) : gx_builtin_domain(call, b);
}

/* ---- The functions: a relation, and whether it is read from the second argument to the first ---- */

#define RELATION(name, first, second, holds)                                                                 \
    gx_value gx_builtin_##name(gx_feel_call *call, const gx_value *arguments, size_t count)                  \
    {                                                                                                        \
        (void)count;                                                                                         \
        return relate(call, arguments[first], arguments[second], holds);                                     \
    }
RELATION(before, 0, 1, is_before)
RELATION(after, 1, 0, is_before)
RELATION(meets, 0, 1, do_meet)
RELATION(met_by, 1, 0, do_meet)
RELATION(overlaps, 0, 1, do_overlap)
RELATION(overlaps_before, 0, 1, overlaps_before)
RELATION(overlaps_after, 1, 0, overlaps_before)
RELATION(finishes, 0, 1, does_finish)
RELATION(finished_by, 1, 0, does_finish)
RELATION(includes, 0, 1, does_include)
RELATION(during, 1, 0, does_include)
RELATION(starts, 0, 1, does_start)
RELATION(started_by, 1, 0, does_start)
RELATION(coincides, 0, 1, do_coincide)
#undef RELATION

/* ---- range(): the text of a range literal whose ends are literals ---- */

typedef struct reader {
    gx_arena *arena;
    gx_text text;
    size_t at;
} reader;

static void skip_space(reader *r)
{
    while (r->at < r->text.size &&
           (r->text.bytes[r->at] == ' ' || (r->text.bytes[r->at] >= '\t' && r->text.bytes[r->at] <= '\r')))
        r->at++;
}

static bool skip(reader *r, const char *token)
{
    skip_space(r);
    gx_text wanted = gx_text_of(token);
    if (!gx_text_starts_with(gx_text_slice(r->text, r->at, r->text.size), wanted))
        return false;
    r->at += wanted.size;
    return true;
}

/* A quoted string; of the escapes only \" and \\, as a literal inside a literal needs no others. */
static bool read_string(reader *r, gx_text *string)
{
    if (!skip(r, "\""))
        return false;
    gx_buffer buffer = gx_buffer_in(r->arena);
    for (; r->at < r->text.size && r->text.bytes[r->at] != '"'; r->at++) {
        if (r->text.bytes[r->at] == '\\' && ++r->at == r->text.size)
            return false;
        gx_buffer_byte(&buffer, r->text.bytes[r->at]);
    }
    *string = gx_buffer_as_text(&buffer);
    return skip(r, "\"");
}

static bool read_number(reader *r, gx_value *value)
{
    size_t start = r->at;
    if (r->at < r->text.size && r->text.bytes[r->at] == '-')
        r->at++;
    for (; r->at < r->text.size; r->at++) {
        char byte = r->text.bytes[r->at];
        bool is_point = byte == '.' && r->at + 1 < r->text.size && r->text.bytes[r->at + 1] != '.';
        if (!(byte >= '0' && byte <= '9') && !is_point)
            break;
    }
    return gx_number_parse(r->arena, gx_text_slice(r->text, start, r->at), value);
}

typedef enum constructor { MAKES_ANY, MAKES_DATE, MAKES_TIME, MAKES_DATE_TIME, MAKES_DURATION } constructor;

static bool is_made_by(constructor made_by, gx_value value)
{
    switch (made_by) {
    case MAKES_ANY: return value.kind != GX_NULL;
    case MAKES_DATE: return value.kind == GX_DATE;
    case MAKES_TIME: return value.kind == GX_TIME;
    case MAKES_DATE_TIME: return value.kind == GX_DATE_TIME;
    case MAKES_DURATION: return value.kind == GX_DAYS_DURATION || value.kind == GX_MONTHS_DURATION;
    }
    return false;
}

/* "abc", 12.5, @"2024-01-31" or date("2024-01-31") and its kin. */
static bool read_endpoint(reader *r, gx_value *value)
{
    static const struct {
        const char *name;
        constructor makes;
    } constructors[] = {
        {"date and time", MAKES_DATE_TIME},
        {"date", MAKES_DATE},
        {"time", MAKES_TIME},
        {"duration", MAKES_DURATION},
    };
    gx_text text;
    if (skip(r, "@")) {
        if (!read_string(r, &text))
            return false;
        *value = gx_temporal_parse(r->arena, text);
        return value->kind != GX_NULL;
    }
    for (size_t i = 0; i < GX_COUNT_OF(constructors); i++) {
        if (!skip(r, constructors[i].name))
            continue;
        if (!skip(r, "(") || !read_string(r, &text) || !skip(r, ")"))
            return false;
        *value = gx_temporal_parse(r->arena, text);
        return is_made_by(constructors[i].makes, *value);
    }
    skip_space(r);
    if (r->at < r->text.size && r->text.bytes[r->at] == '"') {
        bool is_read = read_string(r, &text);
        *value = gx_value_text(text);
        return is_read;
    }
    return read_number(r, value);
}

static bool read_range(reader *r, gx_range *range)
{
    *range = (gx_range){0};
    range->start_included = skip(r, "[");
    if (!range->start_included && !skip(r, "(") && !skip(r, "]"))
        return false;
    if (!skip(r, "..")) {
        range->has_start = true;
        if (!read_endpoint(r, &range->start) || !skip(r, ".."))
            return false;
    }
    bool ends_here = skip(r, "]");
    range->end_included = ends_here;
    if (!ends_here)
        ends_here = skip(r, ")") || skip(r, "[");
    if (!ends_here) {
        range->has_end = true;
        if (!read_endpoint(r, &range->end))
            return false;
        range->end_included = skip(r, "]");
        if (!range->end_included && !skip(r, ")") && !skip(r, "["))
            return false;
    }
    skip_space(r);
    return r->at == r->text.size;
}

/* An end that is left out must be open; the start may not lie behind the end, and both must be of one kind.
 */
static bool is_sound(const gx_range *range)
{
    if (!range->has_start && (range->start_included || !range->has_end))
        return false;
    if (!range->has_end)
        return !range->end_included;
    int order;
    return !range->has_start || (gx_value_order(range->start, range->end, &order) && order <= 0);
}

gx_value gx_builtin_range(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)count;
    reader r = {call->arena, gx_value_as_text(arguments[0]), 0};
    gx_range range;
    if (!read_range(&r, &range) || !is_sound(&range))
        return gx_builtin_domain(call, arguments[0]);
    return gx_value_range(call->arena, range);
}

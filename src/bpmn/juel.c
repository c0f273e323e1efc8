#include "bpmn/juel.h"
#include "base/buffer.h"

#include <string.h>

enum { DEPTH_MOST = 64, SIZE_MOST = 65536 };

typedef struct reading {
    gx_arena *arena;
    gx_text source;
    size_t at;
    uint32_t depth;
    bool has_failed;
} reading;

static gx_text conditional(reading *r);

static gx_text fail(reading *r)
{
    r->has_failed = true;
    return (gx_text){"null", 4};
}

static bool is_name(char c, bool is_first)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' ||
           (unsigned char)c >= 0x80 || (!is_first && c >= '0' && c <= '9');
}

static char peek(const reading *r, size_t ahead)
{
    return r->at + ahead < r->source.size ? r->source.bytes[r->at + ahead] : '\0';
}

static void skip_blanks(reading *r)
{
    while (peek(r, 0) == ' ' || peek(r, 0) == '\t' || peek(r, 0) == '\n' || peek(r, 0) == '\r')
        r->at++;
}

/* A sign, or a word that ends here. */
static bool take(reading *r, const char *token)
{
    skip_blanks(r);
    size_t size = strlen(token);
    gx_text rest = gx_text_slice(r->source, r->at, r->source.size);
    bool is_word = is_name(token[0], true);
    if (!gx_text_starts_with(rest, gx_text_of(token)) || (is_word && is_name(peek(r, size), false)))
        return false;
    r->at += size;
    return true;
}

static gx_text name(reading *r)
{
    size_t start = r->at;
    while (is_name(peek(r, 0), r->at == start))
        r->at++;
    return gx_text_slice(r->source, start, r->at);
}

static gx_text string(reading *r, char quote)
{
    gx_buffer out = gx_buffer_in(r->arena);
    gx_buffer_byte(&out, '"');
    for (r->at++; peek(r, 0) != quote; r->at++) {
        if (r->at >= r->source.size)
            return fail(r);
        if (peek(r, 0) == '\\' && peek(r, 1))
            r->at++;
        if (peek(r, 0) == '"' || peek(r, 0) == '\\')
            gx_buffer_byte(&out, '\\');
        gx_buffer_byte(&out, peek(r, 0));
    }
    r->at++;
    gx_buffer_byte(&out, '"');
    return gx_buffer_as_text(&out);
}

static gx_text number(reading *r)
{
    size_t start = r->at;
    while ((peek(r, 0) >= '0' && peek(r, 0) <= '9') ||
           (peek(r, 0) == '.' && peek(r, 1) >= '0' && peek(r, 1) <= '9'))
        r->at++;
    return gx_text_slice(r->source, start, r->at);
}

static gx_text primary(reading *r)
{
    skip_blanks(r);
    char c = peek(r, 0);
    if (take(r, "(")) {
        gx_text inner = conditional(r);
        return take(r, ")") ? gx_format(r->arena, "(%.*s)", GX_PRINT(inner)) : fail(r);
    }
    if (c == '\'' || c == '"')
        return string(r, c);
    if (c >= '0' && c <= '9')
        return number(r);
    if (!is_name(c, true))
        return fail(r);
    gx_text word = name(r);
    return peek(r, 0) == '(' || peek(r, 0) == ':' ? fail(r) : word; /* no calls */
}

/* Lists count from 0 there, from 1 here. */
static gx_text item(reading *r, gx_text of)
{
    skip_blanks(r);
    char c = peek(r, 0);
    gx_text index = conditional(r);
    if (!take(r, "]"))
        return fail(r);
    if (c == '\'' || c == '"')
        return gx_format(r->arena, "get value(%.*s, %.*s)", GX_PRINT(of), GX_PRINT(index));
    return gx_format(r->arena, "%.*s[(%.*s) + 1]", GX_PRINT(of), GX_PRINT(index));
}

static gx_text path(reading *r)
{
    gx_text value = primary(r);
    while (!r->has_failed) {
        if (take(r, "[")) {
            value = item(r, value);
        } else if (take(r, ".")) {
            gx_text member = name(r);
            if (!member.size || peek(r, 0) == '(')
                return fail(r);
            value = gx_format(r->arena, "%.*s.%.*s", GX_PRINT(value), GX_PRINT(member));
        } else {
            break;
        }
    }
    return value;
}

static gx_text unary(reading *r)
{
    if (++r->depth > DEPTH_MOST)
        return fail(r);
    gx_text result;
    if (take(r, "!") || take(r, "not")) {
        gx_text of = unary(r);
        result = gx_format(r->arena, "not(%.*s)", GX_PRINT(of));
    } else if (take(r, "-")) {
        gx_text of = unary(r);
        result = gx_format(r->arena, "(-%.*s)", GX_PRINT(of));
    } else if (take(r, "empty")) {
        gx_text of = unary(r);
        if (of.size > SIZE_MOST)
            return fail(r); /* it is written three times */
        result = gx_format(r->arena, "(%.*s = null or %.*s = \"\" or %.*s = [])", GX_PRINT(of), GX_PRINT(of),
                           GX_PRINT(of));
    } else
        result = path(r);
    r->depth--;
    return result;
}

/* Operators by strength, the weakest first; of two spellings that begin alike the longer comes first. */
static const struct {
    const char *sign;
    int level;
    const char *feel;
} operators[] = {
    {"||", 0, "or"}, {"or", 0, "or"}, {"&&", 1, "and"}, {"and", 1, "and"}, {"==", 2, "="},    {"!=", 2, "!="},
    {"eq", 2, "="},  {"ne", 2, "!="}, {"<=", 3, "<="},  {">=", 3, ">="},   {"<", 3, "<"},     {">", 3, ">"},
    {"le", 3, "<="}, {"ge", 3, ">="}, {"lt", 3, "<"},   {"gt", 3, ">"},    {"+", 4, "+"},     {"-", 4, "-"},
    {"*", 5, "*"},   {"/", 5, "/"},   {"div", 5, "/"},  {"%", 5, "mod"},   {"mod", 5, "mod"},
};

enum { STRONGEST = 5 };

static gx_text binary(reading *r, int level)
{
    if (level > STRONGEST)
        return unary(r);
    gx_text left = binary(r, level + 1);
    for (size_t i = 0; i < GX_COUNT_OF(operators) && !r->has_failed; i++) {
        if (operators[i].level != level || !take(r, operators[i].sign))
            continue;
        gx_text right = binary(r, level + 1);
        bool is_modulo = gx_text_equal(gx_text_of(operators[i].feel), GX_TEXT("mod"));
        left = is_modulo ? gx_format(r->arena, "modulo(%.*s, %.*s)", GX_PRINT(left), GX_PRINT(right))
                         : gx_format(r->arena, "(%.*s %s %.*s)", GX_PRINT(left), operators[i].feel,
                                     GX_PRINT(right));
        if (left.size > SIZE_MOST)
            return fail(r);
        i = (size_t)-1; /* from the first operator again */
    }
    return left;
}

static gx_text conditional(reading *r)
{
    if (++r->depth > DEPTH_MOST)
        return fail(r);
    gx_text condition = binary(r, 0);
    if (!r->has_failed && take(r, "?")) {
        gx_text then = conditional(r);
        if (!take(r, ":"))
            return fail(r);
        gx_text otherwise = conditional(r);
        condition = gx_format(r->arena, "(if %.*s then %.*s else %.*s)", GX_PRINT(condition), GX_PRINT(then),
                              GX_PRINT(otherwise));
    }
    r->depth--;
    return condition;
}

static bool begins(gx_text source, size_t at)
{
    return at + 1 < source.size && (source.bytes[at] == '$' || source.bytes[at] == '#') &&
           source.bytes[at + 1] == '{';
}

bool gx_juel_is(gx_text source)
{
    for (size_t i = 0; i < source.size; i++)
        if (begins(source, i))
            return true;
    return false;
}

bool gx_juel_to_feel(gx_arena *arena, gx_text source, gx_text *feel, size_t *fault)
{
    reading r = {.arena = arena, .source = source};
    gx_buffer joined = gx_buffer_in(arena);
    gx_text only = {NULL, 0};
    uint32_t parts = 0;
    while (r.at < source.size && !r.has_failed) {
        size_t start = r.at;
        gx_text part;
        if (begins(source, r.at)) {
            r.at += 2;
            only = conditional(&r);
            if (!take(&r, "}"))
                fail(&r);
            part = gx_format(arena, "string(%.*s)", GX_PRINT(only));
        } else {
            gx_buffer text = gx_buffer_in(arena);
            gx_buffer_byte(&text, '"');
            for (; r.at < source.size && !begins(source, r.at); r.at++) {
                if (peek(&r, 0) == '"' || peek(&r, 0) == '\\')
                    gx_buffer_byte(&text, '\\');
                gx_buffer_byte(&text, peek(&r, 0));
            }
            gx_buffer_byte(&text, '"');
            part = gx_buffer_as_text(&text);
        }
        if (parts++)
            gx_buffer_string(&joined, " + ");
        gx_buffer_text(&joined, part);
        if (r.at == start)
            break;
    }
    if (r.has_failed) {
        *fault = r.at;
        return false;
    }
    *feel = parts == 1 && only.bytes ? only : gx_buffer_as_text(&joined);
    return true;
}

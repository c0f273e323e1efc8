/* What the parser says when something else was expected: what stands there, and what was probably meant. */
#include "feel/ast.h"

#include <string.h>

/* What stands at the next byte, for an error. */
static gx_text seen(const gx_parser *parser)
{
    size_t at = parser->at, end = at;
    while (end < parser->source.size && end - at < 24 && (unsigned char)parser->source.bytes[end] > ' ') {
        size_t next = end;
        uint32_t c = gx_utf8_next(parser->source, &next);
        if (end > at && !gx_lex_is_name_part(c))
            break;
        end = next;
        if (!gx_lex_is_name_part(c))
            break;
    }
    return gx_text_slice(parser->source, at, end);
}

/* What people write who know other languages, or have a Chinese keyboard on, and what FEEL has for it. */
static const struct {
    const char *mark; /* stands at `back` bytes before the place where the parser stopped */
    size_t back;
    const char *use;
} foreign[] = {
    {"==", 1, "="},  {"<>", 1, "!="},      {"=>", 1, ">="},   {"&&", 0, "and"},
    {"||", 0, "or"}, {"%", 0, "modulo()"}, {"!", 0, "not()"}, {"?", 0, "if ... then ... else"},
    {"'", 0, "\""},  {"“", 0, "\""},       {"”", 0, "\""},    {"‘", 0, "\""},
    {"’", 0, "\""},  {"，", 0, ","},       {"、", 0, ","},    {"（", 0, "("},
    {"）", 0, ")"},  {"【", 0, "["},       {"】", 0, "]"},    {"｛", 0, "{"},
    {"｝", 0, "}"},  {"：", 0, ":"},       {"。", 0, "."},    {"＝", 0, "="},
    {"＜", 0, "<"},  {"＞", 0, ">"},       {"≤", 0, "<="},    {"≥", 0, ">="},
    {"≠", 0, "!="},  {"＋", 0, "+"},       {"－", 0, "-"},    {"×", 0, "*"},
    {"÷", 0, "/"},
};

/* What may stand at a place and is no mark or word of the language itself. */
static const struct {
    const char *what;
    const char *unexpected, *end; /* the errors that say so */
} things[] = {
    {"the end", "feel.unexpected.end", "feel.end"},
    {"an expression", "feel.unexpected.expression", "feel.end.expression"},
    {"a type", "feel.unexpected.type", "feel.end.type"},
    {"a name", "feel.unexpected.name", "feel.end.name"},
    {"a member name", "feel.unexpected.name", "feel.end.name"},
    {"a parameter name", "feel.unexpected.name", "feel.end.name"},
    {"a key", "feel.unexpected.name", "feel.end.name"},
    {"a named argument", "feel.unexpected.named", "feel.end.expression"},
    {"an argument without name", "feel.unexpected.unnamed", "feel.end.expression"},
};

static bool fail_foreign(gx_parser *parser)
{
    for (size_t i = 0; i < GX_COUNT_OF(foreign); i++) {
        gx_text mark = gx_text_of(foreign[i].mark);
        if (parser->at < foreign[i].back)
            continue;
        size_t at = parser->at - foreign[i].back;
        if (!gx_text_starts_with(gx_text_slice(parser->source, at, parser->source.size), mark))
            continue;
        gx_parse_fail(parser, at, "feel.foreign", mark, gx_text_of(foreign[i].use));
        return true;
    }
    return false;
}

static bool is_digit_at(const gx_parser *parser, size_t at)
{
    return at < parser->source.size && parser->source.bytes[at] >= '0' && parser->source.bytes[at] <= '9';
}

/* 1,800: FEEL parts no thousands. */
static bool fail_thousands(gx_parser *parser)
{
    size_t at = parser->at;
    bool is_it = at > 0 && is_digit_at(parser, at - 1) && parser->source.bytes[at] == ',' &&
                 is_digit_at(parser, at + 1) && is_digit_at(parser, at + 2) && is_digit_at(parser, at + 3) &&
                 !is_digit_at(parser, at + 4);
    if (is_it)
        gx_parse_fail(parser, at, "feel.thousands", GX_TEXT(","), GX_TEXT(""));
    return is_it;
}

gx_node *gx_parse_expected(gx_parser *parser, const char *what)
{
    bool is_end = parser->at >= parser->source.size;
    const char *unexpected = "feel.unexpected", *end = "feel.end";
    for (size_t i = 0; i < GX_COUNT_OF(things); i++) {
        if (strcmp(things[i].what, what) != 0)
            continue;
        unexpected = things[i].unexpected;
        end = things[i].end;
    }
    if (is_end)
        gx_parse_fail(parser, parser->source.size, end, gx_text_of(what), GX_TEXT(""));
    else if (!fail_foreign(parser) && !fail_thousands(parser))
        gx_parse_fail(parser, parser->at, unexpected, seen(parser), gx_text_of(what));
    return NULL;
}

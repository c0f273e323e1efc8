/* Characters, literals and names (DMN 1.5, 10.3.1.2, grammar rules 26-41).
 *
 * A name in the source matches a known name when its words and marks are the same; white space between them
 * does not count, except that at least one blank parts two words. So "date  and time" is `date and time`, and
 * "a + b" is `a+b` if that is known. */
#include "feel/ast.h"

#include <string.h>

static bool is_ascii_letter(uint32_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(uint32_t c)
{
    return c >= '0' && c <= '9';
}

bool gx_lex_is_name_start(uint32_t c)
{
    if (c < 0x80)
        return is_ascii_letter(c) || c == '_';
    return (c >= 0xC0 && c <= 0x2FF && c != 0xD7 && c != 0xF7) || (c >= 0x370 && c <= 0x1FFF && c != 0x37E) ||
           (c >= 0x200C && c <= 0x200D) || (c >= 0x2070 && c <= 0x218F) || (c >= 0x2C00 && c <= 0x2FEF) ||
           (c >= 0x3001 && c <= 0xD7FF) || (c >= 0xF900 && c <= 0xFDCF) || (c >= 0xFDF0 && c <= 0xFFFD) ||
           (c >= 0x10000 && c <= 0xEFFFF);
}

bool gx_lex_is_name_part(uint32_t c)
{
    return gx_lex_is_name_start(c) || is_digit(c) || c == 0xB7 || (c >= 0x300 && c <= 0x36F) ||
           (c >= 0x203F && c <= 0x2040);
}

/* Additional characters of names (rule 30); a name that holds them is found only if it is known. */
static bool is_name_mark(uint32_t c)
{
    return c == '.' || c == '/' || c == '-' || c == '\'' || c == '+' || c == '*';
}

static bool is_space(uint32_t c)
{
    return (c >= 0x09 && c <= 0x0D) || c == ' ' || c == 0x85 || c == 0xA0 || c == 0x1680 || c == 0x180E ||
           (c >= 0x2000 && c <= 0x200B) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
           c == 0x3000 || c == 0xFEFF;
}

/* The code point at `at`, 0 at the end; *next is behind it. */
static uint32_t code_point(const gx_parser *parser, size_t at, size_t *next)
{
    if (at >= parser->source.size) {
        *next = at;
        return 0;
    }
    unsigned char first = (unsigned char)parser->source.bytes[at];
    if (first < 0x80) {
        *next = at + 1;
        return first;
    }
    *next = at;
    return gx_utf8_next(parser->source, next);
}

gx_place gx_parse_place(const gx_parser *parser, size_t at)
{
    gx_place place = parser->options->place;
    int32_t line = place.line > 0 ? place.line : 1;
    int32_t column = place.column > 0 ? place.column : 1;
    for (size_t i = 0; i < at && i < parser->source.size; i++) {
        unsigned char c = (unsigned char)parser->source.bytes[i];
        if (c == '\n') {
            line++;
            column = 1;
        } else if ((c & 0xC0) != 0x80) {
            column++;
        }
    }
    return (gx_place){place.path, line, column};
}

bool gx_parse_fail(gx_parser *parser, size_t at, const char *code, gx_text part1, gx_text part2)
{
    if (!parser->has_failed)
        gx_fail_at(parser->error, code, gx_parse_place(parser, at), part1, part2);
    parser->has_failed = true;
    return false;
}

bool gx_lex_skip(gx_parser *parser)
{
    for (;;) {
        size_t next;
        unsigned char here =
            parser->at < parser->source.size ? (unsigned char)parser->source.bytes[parser->at] : 0;
        if (here == ' ') {
            parser->at++;
            continue;
        }
        if (here > ' ' && here < 0x80 && here != '/')
            return true;
        uint32_t c = code_point(parser, parser->at, &next);
        if (c != 0 && is_space(c)) {
            parser->at = next;
        } else if (gx_lex_sees(parser, "//")) {
            while (parser->at < parser->source.size && parser->source.bytes[parser->at] != '\n')
                parser->at++;
        } else if (gx_lex_sees(parser, "/*")) {
            ptrdiff_t end = gx_text_find(gx_text_slice(parser->source, parser->at + 2, parser->source.size),
                                         GX_TEXT("*/"));
            if (end < 0)
                return gx_parse_fail(parser, parser->at, "feel.comment", GX_TEXT(""), GX_TEXT(""));
            parser->at += (size_t)end + 4;
        } else {
            return true;
        }
    }
}

bool gx_lex_is_word(const gx_parser *parser, size_t at, const char *word)
{
    if (at >= parser->source.size || parser->source.bytes[at] != word[0])
        return false;
    size_t size = strlen(word), next;
    if (parser->source.size - at < size || memcmp(parser->source.bytes + at, word, size) != 0)
        return false;
    uint32_t behind = code_point(parser, at + size, &next);
    return behind == 0 || !gx_lex_is_name_part(behind);
}

bool gx_lex_word(gx_parser *parser, const char *word)
{
    if (!gx_lex_is_word(parser, parser->at, word))
        return false;
    parser->at += strlen(word);
    return true;
}

/* ---- Literals ---- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* `digits` hexadecimal digits at `at`. */
static bool read_hex(const gx_parser *parser, size_t at, int digits, uint32_t *number)
{
    *number = 0;
    for (int i = 0; i < digits; i++) {
        int digit =
            at + (size_t)i < parser->source.size ? hex_digit(parser->source.bytes[at + (size_t)i]) : -1;
        if (digit < 0)
            return false;
        *number = *number * 16 + (uint32_t)digit;
    }
    return true;
}

/* An escape behind its backslash; parser->at stands on the letter. Unknown escapes keep their backslash, so
 * that regular expressions can be written without doubling it. */
static bool read_escape(gx_parser *parser, gx_buffer *out)
{
    char letter = parser->at < parser->source.size ? parser->source.bytes[parser->at] : '\0';
    size_t start = parser->at - 1;
    uint32_t point = 0, low;
    parser->at++;
    switch (letter) {
    case 'n': gx_buffer_byte(out, '\n'); return true;
    case 'r': gx_buffer_byte(out, '\r'); return true;
    case 't': gx_buffer_byte(out, '\t'); return true;
    case '"':
    case '\\':
    case '\'': gx_buffer_byte(out, letter); return true;
    case 'u':
        if (!read_hex(parser, parser->at, 4, &point))
            return gx_parse_fail(parser, start, "feel.escape",
                                 gx_text_slice(parser->source, start, start + 6), GX_TEXT(""));
        parser->at += 4;
        if (point >= 0xD800 && point <= 0xDBFF && gx_lex_sees(parser, "\\u") &&
            read_hex(parser, parser->at + 2, 4, &low) && low >= 0xDC00 && low <= 0xDFFF) {
            point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
            parser->at += 6;
        }
        break;
    case 'U':
        if (!read_hex(parser, parser->at, 6, &point))
            return gx_parse_fail(parser, start, "feel.escape",
                                 gx_text_slice(parser->source, start, start + 8), GX_TEXT(""));
        parser->at += 6;
        break;
    default:
        parser->at--;
        gx_buffer_byte(out, '\\');
        return true;
    }
    if (point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF))
        return gx_parse_fail(parser, start, "feel.escape", gx_text_slice(parser->source, start, parser->at),
                             GX_TEXT(""));
    char bytes[4];
    gx_buffer_bytes(out, bytes, gx_utf8_encode(point, bytes));
    return true;
}

bool gx_lex_string(gx_parser *parser, gx_text *text)
{
    size_t start = parser->at++;
    size_t plain = parser->at;
    const char *bytes = parser->source.bytes;
    while (plain < parser->source.size && bytes[plain] != '"' && bytes[plain] != '\\')
        plain++;
    if (plain < parser->source.size && bytes[plain] == '"') { /* no escapes: the usual case */
        *text = gx_text_slice(parser->source, parser->at, plain);
        parser->at = plain + 1;
        return true;
    }
    gx_buffer out = gx_buffer_in(parser->model);
    while (parser->at < parser->source.size) {
        char c = bytes[parser->at++];
        if (c == '"') {
            *text = gx_buffer_as_text(&out);
            return true;
        }
        if (c != '\\')
            gx_buffer_byte(&out, c);
        else if (!read_escape(parser, &out))
            return false;
    }
    return gx_parse_fail(parser, start, "feel.text", GX_TEXT(""), GX_TEXT(""));
}

bool gx_lex_is_number(const gx_parser *parser)
{
    size_t at = parser->at;
    const gx_text s = parser->source;
    if (at < s.size && is_digit((unsigned char)s.bytes[at]))
        return true;
    return at + 1 < s.size && s.bytes[at] == '.' && is_digit((unsigned char)s.bytes[at + 1]);
}

bool gx_lex_number(gx_parser *parser, gx_value *number)
{
    const gx_text s = parser->source;
    size_t start = parser->at, at = start;
    while (at < s.size && is_digit((unsigned char)s.bytes[at]))
        at++;
    if (at + 1 < s.size && s.bytes[at] == '.' && is_digit((unsigned char)s.bytes[at + 1])) {
        at++;
        while (at < s.size && is_digit((unsigned char)s.bytes[at]))
            at++;
    }
    if (at < s.size && (s.bytes[at] == 'e' || s.bytes[at] == 'E')) {
        size_t digits = at + 1;
        if (digits < s.size && (s.bytes[digits] == '+' || s.bytes[digits] == '-'))
            digits++;
        if (digits < s.size && is_digit((unsigned char)s.bytes[digits])) {
            while (digits < s.size && is_digit((unsigned char)s.bytes[digits]))
                digits++;
            at = digits;
        }
    }
    parser->at = at;
    gx_text digits = gx_text_slice(s, start, at);
    if (digits.size > GX_LIMIT_NUMBER_DIGITS || !gx_number_parse(parser->model, digits, number))
        return gx_parse_fail(parser, start, "feel.number", digits, GX_TEXT(""));
    return true;
}

/* ---- Names ---- */

void gx_scope_add(gx_arena *arena, gx_scope *scope, gx_text name)
{
    if (scope->count == scope->capacity) {
        uint32_t capacity = scope->capacity ? scope->capacity * 2 : 16;
        gx_text *names = GX_NEW_ARRAY(arena, gx_text, capacity);
        if (scope->count)
            memcpy(names, scope->names, scope->count * sizeof *names);
        scope->names = names;
        scope->capacity = capacity;
    }
    scope->names[scope->count++] = name;
}

static bool is_name_part_at(gx_text text, size_t at)
{
    unsigned char c = (unsigned char)text.bytes[at];
    return c >= 0x80 || gx_lex_is_name_part(c);
}

/* The number of bytes at parser->at that spell `name`, 0 if they do not. */
static size_t spells(const gx_parser *parser, gx_text name)
{
    const gx_text s = parser->source;
    size_t at = parser->at, i = 0;
    if (name.size == 0 || at >= s.size || s.bytes[at] != name.bytes[0])
        return 0;
    while (i < name.size) {
        if (name.bytes[i] == ' ') {
            size_t blanks = at;
            size_t next;
            uint32_t c;
            while ((c = code_point(parser, blanks, &next)) != 0 && is_space(c))
                blanks = next;
            bool joins_words =
                i + 1 < name.size && i > 0 && is_name_part_at(name, i - 1) && is_name_part_at(name, i + 1);
            if (joins_words && blanks == at)
                return 0;
            at = blanks;
            i++;
            continue;
        }
        if (at < s.size && s.bytes[at] == name.bytes[i]) {
            at++;
            i++;
            continue;
        }
        /* White space around a mark that the known name writes without it. */
        size_t next;
        uint32_t c = code_point(parser, at, &next);
        bool beside_mark = (i > 0 && is_name_mark((unsigned char)name.bytes[i - 1])) ||
                           is_name_mark((unsigned char)name.bytes[i]);
        if (c == 0 || !is_space(c) || !beside_mark)
            return 0;
        at = next;
    }
    size_t next;
    uint32_t behind = code_point(parser, at, &next);
    if (behind != 0 && is_name_part_at(name, name.size - 1) && gx_lex_is_name_part(behind))
        return 0;
    return at - parser->at;
}

/* False when the first eight bytes differ where no white space can be the reason: most of a long list of
 * names is passed over so. */
static inline bool may_spell(const gx_parser *parser, gx_text name)
{
    uint64_t have, want;
    if (name.size < sizeof want || parser->source.size - parser->at < sizeof have)
        return true;
    const char *source = parser->source.bytes + parser->at;
    memcpy(&have, source, sizeof have);
    memcpy(&want, name.bytes, sizeof want);
    if (have == want)
        return true;
    int at = __builtin_ctzll(have ^ want) / 8; /* little-endian: the first byte is the lowest */
    unsigned char c = (unsigned char)source[at];
    return name.bytes[at] == ' ' || c <= ' ' || c >= 0x80;
}

static void try_names(const gx_parser *parser, const gx_text *names, size_t count, size_t *longest,
                      gx_text *name)
{
    for (size_t i = 0; i < count; i++) {
        size_t size = may_spell(parser, names[i]) ? spells(parser, names[i]) : 0;
        if (size > *longest) {
            *longest = size;
            *name = names[i];
        }
    }
}

static void try_functions(const gx_parser *parser, const gx_builtin *rows, size_t count, size_t *longest,
                          gx_text *name)
{
    char first = parser->source.bytes[parser->at];
    for (size_t i = 0; i < count; i++) {
        if (rows[i].name[0] != first)
            continue;
        gx_text candidate = gx_text_of(rows[i].name);
        size_t size = spells(parser, candidate);
        if (size > *longest) {
            *longest = size;
            *name = candidate;
        }
    }
}

size_t gx_lex_known(const gx_parser *parser, gx_text *name, bool *is_function)
{
    size_t longest = 0;
    *is_function = false;
    if (parser->at >= parser->source.size)
        return 0;
    try_names(parser, parser->local.names, parser->local.count, &longest, name);
    try_names(parser, parser->options->names, parser->options->name_count, &longest, name);
    if (parser->filters > 0) { /* members of the item stand here as names */
        try_names(parser, parser->options->members, parser->options->member_count, &longest, name);
        try_names(parser, parser->members.names, parser->members.count, &longest, name);
    }
    size_t longest_variable = longest, count;
    try_functions(parser, parser->options->functions, parser->options->function_count, &longest, name);
    const gx_builtin *rows = gx_feel_builtins(&count);
    try_functions(parser, rows, count, &longest, name);
    *is_function = longest > longest_variable;
    return longest;
}

size_t gx_lex_known_member(const gx_parser *parser, gx_text *name)
{
    size_t longest = 0;
    try_names(parser, parser->options->members, parser->options->member_count, &longest, name);
    try_names(parser, parser->members.names, parser->members.count, &longest, name);
    return longest;
}

static const char *const keywords[] = {"and",      "or",        "between",  "in",   "instance", "then",
                                       "else",     "return",    "if",       "for",  "some",     "every",
                                       "function", "satisfies", "external", "null", "true",     "false"};

static bool is_keyword(const gx_parser *parser, size_t at)
{
    for (size_t i = 0; i < GX_COUNT_OF(keywords); i++)
        if (gx_lex_is_word(parser, at, keywords[i]))
            return true;
    return false;
}

bool gx_lex_begins_name(const gx_parser *parser)
{
    size_t next;
    uint32_t c = code_point(parser, parser->at, &next);
    return c != 0 && gx_lex_is_name_start(c);
}

/* The end of the word at `at`. */
static size_t word_end(const gx_parser *parser, size_t at)
{
    size_t next;
    uint32_t c;
    while ((c = code_point(parser, at, &next)) != 0 && gx_lex_is_name_part(c))
        at = next;
    return at;
}

static size_t skip_blanks(const gx_parser *parser, size_t at)
{
    size_t next;
    uint32_t c;
    while ((c = code_point(parser, at, &next)) != 0 && is_space(c))
        at = next;
    return at;
}

/* Copies [start, end) with runs of white space as one blank and none at the ends. */
static gx_text normalised(const gx_parser *parser, size_t start, size_t end)
{
    gx_buffer out = gx_buffer_in(parser->model);
    bool has_gap = false, is_plain = true;
    for (size_t at = start, next; at < end; at = next) {
        uint32_t c = code_point(parser, at, &next);
        if (is_space(c)) {
            is_plain = is_plain && c == ' ' && !has_gap;
            has_gap = true;
            continue;
        }
        if (has_gap && out.size)
            gx_buffer_byte(&out, ' ');
        has_gap = false;
        gx_buffer_bytes(&out, parser->source.bytes + at, next - at);
    }
    return out.size ? gx_buffer_as_text(&out) : GX_TEXT("");
}

bool gx_lex_words(gx_parser *parser, gx_text *name)
{
    if (!gx_lex_begins_name(parser))
        return false;
    size_t start = parser->at;
    size_t end = word_end(parser, start);
    size_t words = 1;
    for (;;) {
        size_t at = skip_blanks(parser, end), next;
        uint32_t c = code_point(parser, at, &next);
        if (at == end || c == 0 || !gx_lex_is_name_part(c) || is_keyword(parser, at))
            break;
        end = word_end(parser, at);
        words++;
    }
    parser->at = end;
    *name = words == 1 ? gx_text_slice(parser->source, start, end) : normalised(parser, start, end);
    return true;
}

bool gx_lex_defined(gx_parser *parser, const char *ends, gx_text *name)
{
    size_t start = parser->at, at = start, next;
    uint32_t c;
    if (!gx_lex_begins_name(parser))
        return false;
    while ((c = code_point(parser, at, &next)) != 0) {
        if (ends && c < 0x80 && strchr(ends, (int)c))
            break;
        if (!ends && at > start && is_space((unsigned char)parser->source.bytes[at - 1]) &&
            gx_lex_is_word(parser, at, "in"))
            break;
        if (!gx_lex_is_name_part(c) && !is_name_mark(c) && !is_space(c))
            break;
        at = next;
    }
    parser->at = at;
    *name = normalised(parser, start, at);
    return name->size > 0;
}

/* ---- Suggestions ---- */

static void near(gx_text wanted, gx_text candidate, size_t *best, gx_text *nearest)
{
    size_t edits = gx_text_edits(wanted, candidate, *best);
    if (edits < *best) {
        *best = edits;
        *nearest = candidate;
    }
}

gx_text gx_nearest_name(const gx_parser *parser, gx_text name)
{
    gx_text nearest = {"", 0};
    size_t best = name.size / 3 + 2, count;
    for (uint32_t i = 0; i < parser->local.count; i++)
        near(name, parser->local.names[i], &best, &nearest);
    for (size_t i = 0; i < parser->options->name_count; i++)
        near(name, parser->options->names[i], &best, &nearest);
    const gx_builtin *rows = gx_feel_builtins(&count);
    for (size_t i = 0; i < parser->options->function_count; i++)
        near(name, gx_text_of(parser->options->functions[i].name), &best, &nearest);
    for (size_t i = 0; i < count; i++)
        near(name, gx_text_of(rows[i].name), &best, &nearest);
    return nearest;
}

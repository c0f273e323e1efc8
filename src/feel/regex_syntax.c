/* From XPath's regular expressions to ICU's.
 *
 * The grammar is that of XML Schema part 2, annex G, and XPath functions 3.1, 5.6.1. Character classes are
 * computed here as sets of code points and written out as ranges, because case-blindness and subtraction mean
 * something else in ICU: in XPath a range matches its other cases too, then comes the negation, then the
 * subtraction; category escapes know no other case. */
#include "feel/regex.h"
#include "base/limits.h"

#include <string.h>
#include <stdio.h>
#include <unicode/uset.h>
#include <unicode/ustring.h>

enum {
    NAME_MOST = 64,
    PATTERN_MOST = 512, /* of the set patterns written here, \c being the longest */
};

typedef struct translation {
    gx_text source;
    size_t at;
    gx_regex_flags flags;
    gx_buffer *out;
    int group_count;
    bool is_closed[GX_LIMIT_REGEX_GROUPS + 1];
    int open_groups[GX_LIMIT_REGEX_GROUPS + 1]; /* group numbers, 0 for (?: */
    int depth;
} translation;

/* ---- Reading ---- */

static bool has_more(const translation *t)
{
    return t->at < t->source.size;
}

static bool skip(translation *t, char byte)
{
    bool is_there = has_more(t) && t->source.bytes[t->at] == byte;
    t->at += is_there;
    return is_there;
}

static uint32_t next(translation *t)
{
    return gx_utf8_next(t->source, &t->at);
}

/* Digits as a number up to `most`; false if there are none or it is larger. */
static bool read_number(translation *t, int most, int *number)
{
    size_t start = t->at;
    for (*number = 0; has_more(t) && t->source.bytes[t->at] >= '0' && t->source.bytes[t->at] <= '9';
         t->at++) {
        *number = *number * 10 + (t->source.bytes[t->at] - '0');
        if (*number > most)
            return false;
    }
    return t->at > start;
}

/* ---- Sets ---- */

static void close_set(void *set)
{
    uset_close(set);
}

static USet *new_set(translation *t)
{
    USet *set = uset_openEmpty();
    gx_arena_on_release(t->out->arena, close_set, set);
    return set;
}

static bool add_pattern(USet *set, const char *pattern)
{
    UChar wide[PATTERN_MOST];
    size_t size = strlen(pattern);
    if (size > PATTERN_MOST)
        return false;
    UErrorCode status = U_ZERO_ERROR;
    USet *part = uset_openEmpty();
    u_charsToUChars(pattern, wide, (int32_t)size);
    uset_applyPattern(part, wide, (int32_t)size, 0, &status);
    bool is_known = U_SUCCESS(status);
    if (is_known)
        uset_addAll(set, part);
    uset_close(part);
    return is_known;
}

static void write_set(translation *t, const USet *set)
{
    gx_buffer_string(t->out, t->flags.ignores_case ? "(?-i:[" : "[");
    int32_t count = uset_getItemCount(set);
    bool is_empty = true;
    for (int32_t i = 0; i < count; i++) {
        UChar32 start, end;
        UErrorCode status = U_ZERO_ERROR;
        if (uset_getItem(set, i, &start, &end, NULL, 0, &status) != 0)
            continue; /* a string, from closing over case: a class matches one character */
        gx_buffer_format(t->out, "\\x{%X}-\\x{%X}", (unsigned)start, (unsigned)end);
        is_empty = false;
    }
    if (is_empty)
        gx_buffer_string(t->out, "^\\x{0}-\\x{10FFFF}");
    gx_buffer_string(t->out, t->flags.ignores_case ? "])" : "]");
}

/* ---- Escapes ---- */

#define NAME_START                                                                                           \
    "A-Z_a-z:\\u00C0-\\u00D6\\u00D8-\\u00F6\\u00F8-\\u02FF\\u0370-\\u037D\\u037F-\\u1FFF\\u200C-\\u200D"
#define NAME_START_REST                                                                                      \
    "\\u2070-\\u218F\\u2C00-\\u2FEF\\u3001-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFFD\\U00010000-\\U000EFFFF"

/* The set of a multi-character escape in ICU's syntax; NULL if the letter is none. */
static const char *class_escape(uint32_t letter)
{
    switch (letter) {
    case 's': return "[ \\t\\n\\r]";
    case 'S': return "[^ \\t\\n\\r]";
    case 'd': return "[\\p{Nd}]";
    case 'D': return "[^\\p{Nd}]";
    case 'w': return "[^\\p{P}\\p{Z}\\p{C}]";
    case 'W': return "[\\p{P}\\p{Z}\\p{C}]";
    case 'i': return "[" NAME_START NAME_START_REST "]";
    case 'I': return "[^" NAME_START NAME_START_REST "]";
    case 'c': return "[" NAME_START NAME_START_REST "\\-.0-9\\u00B7\\u0300-\\u036F\\u203F-\\u2040]";
    case 'C': return "[^" NAME_START NAME_START_REST "\\-.0-9\\u00B7\\u0300-\\u036F\\u203F-\\u2040]";
    default: return NULL;
    }
}

static bool is_category(gx_text name)
{
    static const char *const categories =
        " L Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po Z Zs Zl Zp"
        " S Sm Sc Sk So C Cc Cf Co Cn ";
    char wanted[8];
    if (name.size == 0 || name.size > 2)
        return false;
    snprintf(wanted, sizeof wanted, " %.*s ", GX_PRINT(name));
    return strstr(categories, wanted) != NULL;
}

static bool is_block_name(gx_text name)
{
    for (size_t i = 0; i < name.size; i++) {
        char c = name.bytes[i];
        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
            return false;
    }
    return name.size > 0;
}

/* What follows \p or \P: {Lu} or {IsBasicLatin}, as a set in ICU's syntax. */
static bool read_property(translation *t, bool is_negated, char pattern[NAME_MOST * 2])
{
    if (!skip(t, '{'))
        return false;
    size_t start = t->at;
    while (has_more(t) && t->source.bytes[t->at] != '}')
        t->at++;
    gx_text name = gx_text_slice(t->source, start, t->at);
    if (!skip(t, '}') || name.size > NAME_MOST)
        return false;
    bool is_block = gx_text_starts_with(name, GX_TEXT("Is"));
    if (is_block)
        name = gx_text_slice(name, 2, name.size);
    if (is_block ? !is_block_name(name) : !is_category(name))
        return false;
    snprintf(pattern, NAME_MOST * 2, "[%s\\p{%s%.*s}]", is_negated ? "^" : "", is_block ? "Block=" : "",
             GX_PRINT(name));
    return true;
}

/* The character of a single-character escape; false if the letter is none. */
static bool character_escape(uint32_t letter, uint32_t *character)
{
    switch (letter) {
    case 'n': *character = '\n'; return true;
    case 'r': *character = '\r'; return true;
    case 't': *character = '\t'; return true;
    default:
        *character = letter;
        return letter != 0 && letter < 128 && strchr("\\|.?*+(){}-[]^$", (int)letter);
    }
}

/* ---- Character classes ---- */

static bool read_class(translation *t, USet *set, int depth);

/* One character of a class, or a class escape, which goes into `escapes` and has no character. */
static bool read_class_item(translation *t, USet *escapes, bool *is_character, uint32_t *character)
{
    *is_character = true;
    *character = next(t);
    if (*character == '[' || *character == ']')
        return false;
    if (*character != '\\')
        return true;
    if (!has_more(t))
        return false;
    uint32_t letter = next(t);
    if (character_escape(letter, character))
        return true;
    *is_character = false;
    char pattern[NAME_MOST * 2];
    if (letter == 'p' || letter == 'P')
        return read_property(t, letter == 'P', pattern) && add_pattern(escapes, pattern);
    const char *escape = class_escape(letter);
    return escape && add_pattern(escapes, escape);
}

/* The items up to the closing bracket or the subtraction; characters and escapes apart. */
static bool read_class_items(translation *t, USet *characters, USet *escapes)
{
    bool is_first = true;
    for (; has_more(t) && t->source.bytes[t->at] != ']'; is_first = false) {
        if (!is_first && gx_text_starts_with(gx_text_slice(t->source, t->at, t->source.size), GX_TEXT("-[")))
            return true;
        bool is_character;
        uint32_t start, end;
        if (!read_class_item(t, escapes, &is_character, &start))
            return false;
        gx_text rest = gx_text_slice(t->source, t->at, t->source.size);
        bool is_range = rest.size > 1 && rest.bytes[0] == '-' && rest.bytes[1] != ']' && rest.bytes[1] != '[';
        if (!is_range) {
            if (is_character)
                uset_add(characters, (UChar32)start);
            continue;
        }
        t->at++;
        bool is_end;
        if (!is_character || !read_class_item(t, escapes, &is_end, &end) || !is_end || end < start)
            return false;
        uset_addRange(characters, (UChar32)start, (UChar32)end);
    }
    return !is_first;
}

/* Behind the opening bracket. */
static bool read_class(translation *t, USet *set, int depth)
{
    if (depth > (int)GX_LIMIT_REGEX_CLASSES)
        return false;
    bool is_negated = skip(t, '^');
    USet *escapes = new_set(t);
    if (!read_class_items(t, set, escapes))
        return false;
    if (t->flags.ignores_case)
        uset_closeOver(set, USET_CASE_INSENSITIVE);
    uset_addAll(set, escapes);
    if (is_negated)
        uset_complement(set);
    if (skip(t, '-')) {
        USet *subtracted = new_set(t);
        if (!skip(t, '[') || !read_class(t, subtracted, depth + 1))
            return false;
        uset_removeAll(set, subtracted);
    }
    return skip(t, ']');
}

/* ---- Atoms and quantifiers ---- */

static void write_character(translation *t, uint32_t character)
{
    gx_buffer_format(t->out, "\\x{%X}", (unsigned)character);
}

static void write_class(translation *t, const char *pattern)
{
    gx_buffer_string(t->out, t->flags.ignores_case ? "(?-i:" : "");
    gx_buffer_string(t->out, pattern);
    gx_buffer_string(t->out, t->flags.ignores_case ? ")" : "");
}

/* \N: as many digits as make the number of a group that has been closed. */
static bool read_back_reference(translation *t, int number)
{
    while (has_more(t) && t->source.bytes[t->at] >= '0' && t->source.bytes[t->at] <= '9') {
        int longer = number * 10 + (t->source.bytes[t->at] - '0');
        if (longer > t->group_count)
            break;
        number = longer;
        t->at++;
    }
    if (number > t->group_count || !t->is_closed[number])
        return false;
    gx_buffer_format(t->out, "(?:\\%d)", number); /* so that no digit behind it can join the number */
    return true;
}

static bool read_escape(translation *t)
{
    if (!has_more(t))
        return false;
    uint32_t letter = next(t), character;
    if (character_escape(letter, &character)) {
        write_character(t, character);
        return true;
    }
    if (letter >= '1' && letter <= '9')
        return read_back_reference(t, (int)(letter - '0'));
    char pattern[NAME_MOST * 2];
    if (letter == 'p' || letter == 'P') {
        if (!read_property(t, letter == 'P', pattern) || !add_pattern(new_set(t), pattern))
            return false;
        write_class(t, pattern);
        return true;
    }
    const char *escape = class_escape(letter);
    if (escape)
        write_class(t, escape);
    return escape != NULL;
}

static bool open_group(translation *t)
{
    int number = 0;
    if (t->depth >= (int)GX_LIMIT_REGEX_GROUPS)
        return false;
    if (skip(t, '?')) {
        if (!skip(t, ':'))
            return false;
        gx_buffer_string(t->out, "(?:");
    } else {
        if (t->group_count >= (int)GX_LIMIT_REGEX_GROUPS)
            return false;
        number = ++t->group_count;
        gx_buffer_byte(t->out, '(');
    }
    t->open_groups[t->depth++] = number;
    return true;
}

static bool close_group(translation *t)
{
    if (t->depth == 0)
        return false;
    t->is_closed[t->open_groups[--t->depth]] = true;
    gx_buffer_byte(t->out, ')');
    return true;
}

/* Behind a ? * + or {. */
static bool read_quantifier(translation *t, uint32_t sign)
{
    if (sign == '{') {
        int least, most;
        if (!read_number(t, GX_LIMIT_REGEX_REPEATS, &least))
            return false;
        gx_buffer_format(t->out, "{%d", least);
        if (skip(t, ',')) {
            gx_buffer_byte(t->out, ',');
            if (has_more(t) && t->source.bytes[t->at] != '}') {
                if (!read_number(t, GX_LIMIT_REGEX_REPEATS, &most) || most < least)
                    return false;
                gx_buffer_format(t->out, "%d", most);
            }
        }
        if (!skip(t, '}'))
            return false;
        gx_buffer_byte(t->out, '}');
    } else {
        gx_buffer_byte(t->out, (char)sign);
    }
    if (skip(t, '?'))
        gx_buffer_byte(t->out, '?');
    return true;
}

/* One atom, quantifier or bracket; `can_repeat` tells whether a quantifier may follow. */
static bool read_piece(translation *t, bool *can_repeat)
{
    uint32_t c = next(t);
    bool could_repeat = *can_repeat;
    *can_repeat = true;
    switch (c) {
    case '\\': return read_escape(t);
    case '[': {
        USet *set = new_set(t);
        if (!read_class(t, set, 0))
            return false;
        write_set(t, set);
        return true;
    }
    case '.': gx_buffer_string(t->out, t->flags.dot_all ? "(?s:.)" : "[^\\n\\r]"); return true;
    case ')': return close_group(t);
    case '(': *can_repeat = false; return open_group(t);
    case '|':
        *can_repeat = false;
        gx_buffer_byte(t->out, '|');
        return true;
    case '^':
        *can_repeat = false;
        gx_buffer_string(t->out, t->flags.multiline ? "^" : "\\A");
        return true;
    case '$':
        *can_repeat = false;
        gx_buffer_string(t->out, t->flags.multiline ? "$" : "\\z");
        return true;
    case '?':
    case '*':
    case '+':
    case '{': *can_repeat = false; return could_repeat && read_quantifier(t, c);
    case ']':
    case '}': return false;
    default: write_character(t, c); return true;
    }
}

/* The x flag takes white space out before anything is read, but not inside classes. */
static gx_text without_space(gx_arena *arena, gx_text pattern)
{
    gx_buffer kept = gx_buffer_in(arena);
    int depth = 0;
    for (size_t i = 0; i < pattern.size; i++) {
        char c = pattern.bytes[i];
        bool is_escape = c == '\\' && i + 1 < pattern.size;
        depth += !is_escape && c == '[';
        depth -= !is_escape && c == ']' && depth > 0;
        if (depth == 0 && (c == ' ' || c == '\t' || c == '\n' || c == '\r'))
            continue;
        gx_buffer_byte(&kept, c);
        if (is_escape && depth > 0)
            gx_buffer_byte(&kept, pattern.bytes[++i]);
        else if (is_escape &&
                 (pattern.bytes[i + 1] == '[' || pattern.bytes[i + 1] == ']' || pattern.bytes[i + 1] == '\\'))
            gx_buffer_byte(&kept, pattern.bytes[++i]);
    }
    return gx_buffer_as_text(&kept);
}

bool gx_regex_translate(gx_text pattern, gx_regex_flags flags, gx_buffer *out, int *group_count)
{
    translation t = {.source = pattern, .flags = flags, .out = out};
    if (flags.is_literal) {
        while (has_more(&t))
            write_character(&t, next(&t));
        *group_count = 0;
        return true;
    }
    if (flags.ignores_space)
        t.source = without_space(out->arena, pattern);
    bool can_repeat = false;
    while (has_more(&t))
        if (!read_piece(&t, &can_repeat))
            return false;
    *group_count = t.group_count;
    return t.depth == 0;
}

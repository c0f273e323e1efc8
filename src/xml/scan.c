/* The scan knows just enough of XML to tell tags, comments, CDATA, instructions and quoted values apart. Where it is in doubt it lets
 * the document pass, for the library to refuse; what it counts can only be more than what the library will see. */
#include "xml/scan.h"
#include "base/limits.h"

#include <string.h>
#include <strings.h>

typedef struct scan {
    gx_text source, path;
    size_t at;
    gx_error *error;
    gx_arena *arena;
    gx_xml_starts *starts;
    size_t counted; /* line and column are those of this byte */
    int32_t line, column;
} scan;

static void fill_place(const scan *s, size_t at, gx_place *place)
{
    *place = (gx_place){s->path, 1, 1};
    for (size_t i = 0; i < at && i < s->source.size; i++) {
        place->column++;
        if (s->source.bytes[i] == '\n') {
            place->line++;
            place->column = 1;
        }
    }
}

static bool fail_at(const scan *s, size_t at, const char *code, gx_text part)
{
    gx_place place;
    fill_place(s, at, &place);
    return gx_fail_at(s->error, code, place, part);
}

static bool fail_limit(const scan *s, size_t at, const char *code, size_t limit)
{
    char figure[24];
    return fail_at(s, at, code, gx_error_int(figure, (int64_t)limit));
}

static bool looking_at(const scan *s, const char *word)
{
    return gx_text_starts_with(gx_text_slice(s->source, s->at, s->source.size), gx_text_of(word));
}

/* Moves behind the next `end`, or to the end of the document. */
static void skip_behind(scan *s, const char *end)
{
    gx_text rest = gx_text_slice(s->source, s->at, s->source.size);
    ptrdiff_t found = gx_text_find(rest, gx_text_of(end));
    s->at = found < 0 ? s->source.size : s->at + (size_t)found + gx_text_of(end).size;
}

static bool is_known_encoding(gx_text name)
{
    static const char *const known[] = {"UTF-8", "US-ASCII", "ISO-8859-1", "WINDOWS-1252"};
    for (size_t i = 0; i < GX_COUNT_OF(known); i++)
        if (name.size == gx_text_of(known[i]).size && strncasecmp(name.bytes, known[i], name.size) == 0)
            return true;
    return false;
}

/* The XML declaration's encoding, which decides whether the bytes must be UTF-8. */
static bool check_encoding(scan *s)
{
    gx_text encoding = GX_TEXT("UTF-8");
    if (looking_at(s, "\xEF\xBB\xBF"))
        s->at += 3;
    size_t begin = s->at;
    if (looking_at(s, "<?xml")) {
        skip_behind(s, "?>");
        gx_text declaration = gx_text_slice(s->source, begin, s->at);
        ptrdiff_t found = gx_text_find(declaration, GX_TEXT("encoding"));
        if (found >= 0) {
            gx_text rest = gx_text_slice(declaration, (size_t)found + 8, declaration.size);
            size_t quote = 0;
            while (quote < rest.size && rest.bytes[quote] != '"' && rest.bytes[quote] != '\'')
                quote++;
            size_t end = quote + 1;
            while (end < rest.size && rest.bytes[end] != rest.bytes[quote])
                end++;
            encoding = gx_text_slice(rest, quote + 1, end);
        }
    }
    if (!is_known_encoding(encoding))
        return fail_at(s, begin, "xml.encoding", encoding);
    bool is_utf8 = strncasecmp(encoding.bytes, "UTF-8", 5) == 0;
    if (is_utf8 && !gx_utf8_is_valid(s->source))
        return fail_at(s, 0, "xml.utf8", (gx_text){"", 0});
    for (size_t i = 0; i < s->source.size; i++)
        if (s->source.bytes[i] == 0)
            return fail_at(s, i, "xml.nul", (gx_text){"", 0});
    return true;
}

/* A start tag from behind its '<': counts the '=' outside quotes, one an attribute. */
static bool scan_tag(scan *s, bool *is_empty)
{
    size_t begin = s->at;
    uint32_t attributes = 0;
    char quote = 0;
    for (; s->at < s->source.size; s->at++) {
        char byte = s->source.bytes[s->at];
        if (quote) {
            if (byte == quote)
                quote = 0;
        } else if (byte == '"' || byte == '\'') {
            quote = byte;
        } else if (byte == '=') {
            if (++attributes > GX_LIMIT_XML_ATTRIBUTES)
                return fail_limit(s, begin, "xml.attributes", GX_LIMIT_XML_ATTRIBUTES);
        } else if (byte == '>') {
            break;
        }
    }
    *is_empty = s->at > begin && s->source.bytes[s->at - 1] == '/';
    if (s->at < s->source.size)
        s->at++;
    return true;
}

static void note_start(scan *s)
{
    for (; s->counted < s->at; s->counted++) {
        unsigned char byte = (unsigned char)s->source.bytes[s->counted];
        s->column += (byte & 0xC0) != 0x80;
        if (byte == '\n') {
            s->line++;
            s->column = 1;
        }
    }
    gx_xml_starts *starts = s->starts;
    if (starts->count == starts->capacity) {
        starts->capacity = starts->capacity ? starts->capacity * 2 : 256;
        struct gx_xml_start *items = GX_NEW_ARRAY(s->arena, struct gx_xml_start, starts->capacity);
        if (starts->count)
            memcpy(items, starts->items, starts->count * sizeof *items);
        starts->items = items;
    }
    starts->items[starts->count++] = (struct gx_xml_start){s->line, s->column};
}

static bool scan_markup(scan *s, size_t *depth)
{
    if (looking_at(s, "<!--")) {
        s->at += 4;
        skip_behind(s, "-->");
    } else if (looking_at(s, "<![CDATA[")) {
        s->at += 9;
        skip_behind(s, "]]>");
    } else if (looking_at(s, "<?")) {
        skip_behind(s, "?>");
    } else if (looking_at(s, "<!")) {
        return fail_at(s, s->at, "xml.doctype", (gx_text){"", 0}); /* nothing else that begins so may stand in a document */
    } else if (looking_at(s, "</")) {
        *depth -= *depth > 0;
        skip_behind(s, ">");
    } else {
        note_start(s);
        size_t begin = s->at++;
        bool is_empty = false;
        if (!scan_tag(s, &is_empty))
            return false;
        if (!is_empty && ++*depth > GX_LIMIT_XML_DEPTH)
            return fail_limit(s, begin, "xml.depth", GX_LIMIT_XML_DEPTH);
    }
    return true;
}

bool gx_xml_scan(gx_arena *arena, gx_text source, gx_text path, gx_xml_starts *starts, gx_error *error)
{
    scan s = {.source = source, .path = path, .error = error, .arena = arena, .starts = starts, .line = 1, .column = 1};
    if (source.size > GX_LIMIT_XML_BYTES)
        return fail_limit(&s, 0, "xml.size", GX_LIMIT_XML_BYTES);
    if (!check_encoding(&s))
        return false;
    for (size_t depth = 0; s.at < source.size;) {
        if (source.bytes[s.at] != '<')
            s.at++;
        else if (!scan_markup(&s, &depth))
            return false;
    }
    return true;
}

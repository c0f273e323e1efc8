#include "base/json.h"
#include "base/limits.h"

#include <stdio.h>
#include <string.h>

typedef struct parser {
    gx_arena *arena;
    gx_text source, path;
    size_t at;
    size_t depth;
    gx_error *error;
} parser;

static void fill_error(parser *p, size_t at, const char *code, gx_text part)
{
    int32_t line = 1, column = 1;
    for (size_t i = 0; i < at && i < p->source.size; i++) {
        if (p->source.bytes[i] == '\n') {
            line++;
            column = 1;
        } else if (((unsigned char)p->source.bytes[i] & 0xC0) != 0x80) {
            column++;
        }
    }
    gx_fail_at(p->error, code, ((gx_place){p->path, line, column}), part);
}

static inline bool fail_at(parser *p, size_t at, const char *code, gx_text part)
{
    fill_error(p, at, code, part);
    return false;
}

static int peek(const parser *p)
{
    return p->at < p->source.size ? (unsigned char)p->source.bytes[p->at] : -1;
}

static void skip_space(parser *p)
{
    for (int byte = peek(p); byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r'; byte = peek(p))
        p->at++;
}

static bool expect(parser *p, char byte, const char *what)
{
    if (peek(p) == (unsigned char)byte) {
        p->at++;
        return true;
    }
    return fail_at(p, p->at, peek(p) < 0 ? "json.end" : "json.syntax", gx_text_of(what));
}

static int hex4(const parser *p, size_t at)
{
    int value = 0;
    if (at + 4 > p->source.size)
        return -1;
    for (size_t i = at; i < at + 4; i++) {
        char byte = p->source.bytes[i];
        int digit = byte >= '0' && byte <= '9'   ? byte - '0'
                    : byte >= 'a' && byte <= 'f' ? byte - 'a' + 10
                    : byte >= 'A' && byte <= 'F' ? byte - 'A' + 10
                                                 : -1;
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* Behind the opening quote: the closing quote's place, and whether anything must be decoded. */
static bool scan_string(parser *p, size_t *end, bool *has_escape)
{
    *has_escape = false;
    for (size_t i = p->at; i < p->source.size; i++) {
        unsigned char byte = (unsigned char)p->source.bytes[i];
        if (byte == '"') {
            *end = i;
            return true;
        }
        if (byte < 0x20)
            return fail_at(p, i, "json.control", (gx_text){"", 0});
        if (byte == '\\') {
            *has_escape = true;
            i++;
        }
    }
    return fail_at(p, p->source.size, "json.end", (gx_text){"", 0});
}

static bool decode_unicode(parser *p, size_t *at, uint32_t *code_point)
{
    int first = hex4(p, *at);
    if (first < 0)
        return fail_at(p, *at, "json.escape", (gx_text){"", 0});
    *at += 4;
    *code_point = (uint32_t)first;
    if (first < 0xD800 || first > 0xDFFF)
        return true;
    bool has_pair = first < 0xDC00 && *at + 6 <= p->source.size && p->source.bytes[*at] == '\\' &&
                    p->source.bytes[*at + 1] == 'u';
    int second = has_pair ? hex4(p, *at + 2) : -1;
    if (second < 0xDC00 || second > 0xDFFF)
        return fail_at(p, *at - 6, "json.surrogate", (gx_text){"", 0});
    *at += 6;
    *code_point = 0x10000u + (((uint32_t)first & 0x3FFu) << 10) + ((uint32_t)second & 0x3FFu);
    return true;
}

static bool parse_string(parser *p, gx_text *text)
{
    size_t end;
    bool has_escape;
    if (!expect(p, '"', "\"") || !scan_string(p, &end, &has_escape))
        return false;
    if (!has_escape) {
        *text = gx_copy(p->arena, gx_text_slice(p->source, p->at, end));
        p->at = end + 1;
        return true;
    }
    char *bytes = gx_alloc(p->arena, end - p->at + 1); /* decoding never makes a string longer */
    size_t size = 0;
    for (size_t i = p->at; i < end;) {
        char byte = p->source.bytes[i++];
        if (byte != '\\') {
            bytes[size++] = byte;
            continue;
        }
        char escape = p->source.bytes[i++];
        uint32_t code_point;
        switch (escape) {
        case '"': case '\\': case '/': bytes[size++] = escape; break;
        case 'b': bytes[size++] = '\b'; break;
        case 'f': bytes[size++] = '\f'; break;
        case 'n': bytes[size++] = '\n'; break;
        case 'r': bytes[size++] = '\r'; break;
        case 't': bytes[size++] = '\t'; break;
        case 'u':
            if (!decode_unicode(p, &i, &code_point))
                return false;
            size += gx_utf8_encode(code_point, bytes + size);
            break;
        default: return fail_at(p, i - 1, "json.escape", (gx_text){"", 0});
        }
    }
    *text = (gx_text){bytes, size};
    p->at = end + 1;
    return true;
}

static bool is_digit(int byte)
{
    return byte >= '0' && byte <= '9';
}

static bool parse_number(parser *p, gx_text *text)
{
    size_t start = p->at;
    bool is_good = true;
    if (peek(p) == '-')
        p->at++;
    if (peek(p) == '0')
        p->at++;
    else if (is_digit(peek(p)))
        while (is_digit(peek(p)))
            p->at++;
    else
        is_good = false;
    if (is_good && peek(p) == '.') {
        p->at++;
        is_good = is_digit(peek(p));
        while (is_digit(peek(p)))
            p->at++;
    }
    if (is_good && (peek(p) == 'e' || peek(p) == 'E')) {
        p->at++;
        if (peek(p) == '+' || peek(p) == '-')
            p->at++;
        is_good = is_digit(peek(p));
        while (is_digit(peek(p)))
            p->at++;
    }
    if (is_digit(peek(p)) || p->at - start > GX_LIMIT_NUMBER_DIGITS)
        is_good = false;
    gx_text spelled = gx_text_slice(p->source, start, p->at > start ? p->at : start + 1);
    if (!is_good)
        return fail_at(p, start, "json.number", spelled);
    *text = gx_copy(p->arena, spelled);
    return true;
}

static bool parse_word(parser *p, gx_text word)
{
    if (!gx_text_starts_with(gx_text_slice(p->source, p->at, p->source.size), word))
        return fail_at(p, p->at, "json.syntax", GX_TEXT("null, true, false, {, [, \", 0-9"));
    p->at += word.size;
    return true;
}

static gx_json *new_value(gx_arena *arena, gx_json_kind kind)
{
    gx_json *value = GX_NEW(arena, gx_json);
    value->kind = kind;
    return value;
}

static void link_last(gx_json *parent, gx_json *child)
{
    if (parent->last)
        parent->last->next = child;
    else
        parent->first = child;
    parent->last = child;
    parent->count++;
}

/* Member names seen so far in one object. A short object is searched as it is; a long one gets a table, so that hostile
 * input costs linear time. */
typedef struct name_set {
    gx_text *slots;
    size_t slot_count;
} name_set;

enum { SHORT_OBJECT = 16 };

static void name_set_add(name_set *set, gx_text name)
{
    size_t i = (size_t)gx_text_hash(name) & (set->slot_count - 1);
    while (set->slots[i].bytes)
        i = (i + 1) & (set->slot_count - 1);
    set->slots[i] = name;
}

static bool name_is_new(parser *p, gx_json *object, name_set *set, gx_text name)
{
    if (object->count < SHORT_OBJECT) {
        for (gx_json *member = object->first; member; member = member->next)
            if (gx_text_equal(member->name, name))
                return false;
        return true;
    }
    if (object->count * 2 >= set->slot_count) {
        set->slot_count = object->count * 4;
        size_t power = 64;
        while (power < set->slot_count)
            power *= 2;
        set->slot_count = power;
        set->slots = GX_NEW_ARRAY(p->arena, gx_text, power);
        for (gx_json *member = object->first; member; member = member->next)
            name_set_add(set, member->name);
    }
    for (size_t i = (size_t)gx_text_hash(name) & (set->slot_count - 1); set->slots[i].bytes;
         i = (i + 1) & (set->slot_count - 1))
        if (gx_text_equal(set->slots[i], name))
            return false;
    name_set_add(set, name);
    return true;
}

static gx_json *parse_value(parser *p);

static bool parse_object(parser *p, gx_json *object)
{
    name_set names = {0};
    p->at++;
    skip_space(p);
    if (peek(p) == '}') {
        p->at++;
        return true;
    }
    for (;;) {
        gx_text name;
        skip_space(p);
        size_t start = p->at;
        if (!parse_string(p, &name))
            return false;
        if (!name_is_new(p, object, &names, name))
            return fail_at(p, start, "json.duplicate", name);
        skip_space(p);
        if (!expect(p, ':', ":"))
            return false;
        gx_json *value = parse_value(p);
        if (!value)
            return false;
        value->name = name;
        link_last(object, value);
        skip_space(p);
        if (peek(p) == '}') {
            p->at++;
            return true;
        }
        if (!expect(p, ',', ", }"))
            return false;
    }
}

static bool parse_array(parser *p, gx_json *array)
{
    p->at++;
    skip_space(p);
    if (peek(p) == ']') {
        p->at++;
        return true;
    }
    for (;;) {
        gx_json *value = parse_value(p);
        if (!value)
            return false;
        link_last(array, value);
        skip_space(p);
        if (peek(p) == ']') {
            p->at++;
            return true;
        }
        if (!expect(p, ',', ", ]"))
            return false;
    }
}

static bool parse_into(parser *p, gx_json *value)
{
    switch (peek(p)) {
    case '{': value->kind = GX_JSON_OBJECT; return parse_object(p, value);
    case '[': value->kind = GX_JSON_ARRAY; return parse_array(p, value);
    case '"': value->kind = GX_JSON_STRING; return parse_string(p, &value->text);
    case 't': value->kind = GX_JSON_TRUE; return parse_word(p, GX_TEXT("true"));
    case 'f': value->kind = GX_JSON_FALSE; return parse_word(p, GX_TEXT("false"));
    case 'n': value->kind = GX_JSON_NULL; return parse_word(p, GX_TEXT("null"));
    case -1: return fail_at(p, p->at, "json.end", (gx_text){"", 0});
    default: break;
    }
    if (!is_digit(peek(p)) && peek(p) != '-' && peek(p) != '+')
        return fail_at(p, p->at, "json.syntax", GX_TEXT("null, true, false, {, [, \", 0-9"));
    value->kind = GX_JSON_NUMBER;
    return parse_number(p, &value->text);
}

/* Line and column are found by counting on from the last value, so that the whole parse stays linear. */
static gx_json *parse_value(parser *p)
{
    char figure[24];
    skip_space(p);
    if (p->depth >= GX_LIMIT_JSON_DEPTH) {
        fail_at(p, p->at, "json.depth", gx_error_int(figure, GX_LIMIT_JSON_DEPTH));
        return NULL;
    }
    gx_json *value = new_value(p->arena, GX_JSON_NULL);
    p->depth++;
    size_t start = p->at;
    bool parsed = parse_into(p, value);
    p->depth--;
    value->line = (int32_t)start; /* the byte offset for now: see set_places */
    return parsed ? value : NULL;
}

typedef struct place_walk {
    gx_text source;
    size_t at;
    int32_t line, column;
} place_walk;

/* Values come in the order of their offsets, so one walk over the source gives every place. */
static void set_places(gx_json *value, place_walk *walk)
{
    size_t offset = (size_t)value->line;
    for (; walk->at < offset; walk->at++) {
        if (walk->source.bytes[walk->at] == '\n') {
            walk->line++;
            walk->column = 1;
        } else if (((unsigned char)walk->source.bytes[walk->at] & 0xC0) != 0x80) {
            walk->column++;
        }
    }
    value->line = walk->line;
    value->column = walk->column;
    for (gx_json *child = value->first; child; child = child->next)
        set_places(child, walk);
}

gx_json *gx_json_parse(gx_arena *arena, gx_text source, gx_text path, gx_error *error)
{
    parser p = {.arena = arena, .source = source, .path = path, .error = error};
    if (source.size > INT32_MAX) {
        fail_at(&p, 0, "json.size", GX_TEXT("2147483647"));
        return NULL;
    }
    if (!gx_utf8_is_valid(source)) {
        size_t at = 0; /* the first bad byte */
        size_t low = 0, high = source.size;
        while (low < high) {
            size_t middle = low + (high - low + 1) / 2;
            while (middle < source.size && middle > low && ((unsigned char)source.bytes[middle] & 0xC0) == 0x80)
                middle--;
            if (middle == low)
                break;
            if (gx_utf8_is_valid(gx_text_slice(source, 0, middle)))
                low = middle;
            else
                high = middle - 1;
        }
        at = low;
        fail_at(&p, at, "json.utf8", (gx_text){"", 0});
        return NULL;
    }
    gx_json *value = parse_value(&p);
    if (!value)
        return NULL;
    skip_space(&p);
    if (p.at != source.size) {
        fail_at(&p, p.at, "json.trailing", (gx_text){"", 0});
        return NULL;
    }
    set_places(value, &(place_walk){source, 0, 1, 1});
    return value;
}

gx_json *gx_json_null(gx_arena *arena)
{
    return new_value(arena, GX_JSON_NULL);
}

gx_json *gx_json_bool(gx_arena *arena, bool value)
{
    return new_value(arena, value ? GX_JSON_TRUE : GX_JSON_FALSE);
}

gx_json *gx_json_int(gx_arena *arena, int64_t number)
{
    gx_json *value = new_value(arena, GX_JSON_NUMBER);
    value->text = gx_format(arena, "%lld", (long long)number);
    return value;
}

gx_json *gx_json_number(gx_arena *arena, gx_text spelled)
{
    gx_json *value = new_value(arena, GX_JSON_NUMBER);
    value->text = gx_copy(arena, spelled);
    return value;
}

gx_json *gx_json_string(gx_arena *arena, gx_text text)
{
    gx_json *value = new_value(arena, GX_JSON_STRING);
    value->text = gx_copy(arena, text);
    return value;
}

gx_json *gx_json_array(gx_arena *arena)
{
    return new_value(arena, GX_JSON_ARRAY);
}

gx_json *gx_json_object(gx_arena *arena)
{
    return new_value(arena, GX_JSON_OBJECT);
}

gx_json *gx_json_append(gx_json *array, gx_json *value)
{
    value->next = NULL;
    link_last(array, value);
    return value;
}

gx_json *gx_json_set(gx_arena *arena, gx_json *object, const char *name, gx_json *value)
{
    gx_text key = gx_text_of(name);
    gx_json *before = NULL;
    for (gx_json *member = object->first; member; before = member, member = member->next) {
        if (!gx_text_equal(member->name, key))
            continue;
        value->name = member->name;
        value->next = member->next;
        if (before)
            before->next = value;
        else
            object->first = value;
        if (object->last == member)
            object->last = value;
        return value;
    }
    value->name = gx_copy(arena, key);
    return gx_json_append(object, value);
}

gx_json *gx_json_set_text(gx_arena *arena, gx_json *object, const char *name, gx_text text)
{
    return gx_json_set(arena, object, name, gx_json_string(arena, text));
}

gx_json *gx_json_set_int(gx_arena *arena, gx_json *object, const char *name, int64_t value)
{
    return gx_json_set(arena, object, name, gx_json_int(arena, value));
}

gx_json *gx_json_set_bool(gx_arena *arena, gx_json *object, const char *name, bool value)
{
    return gx_json_set(arena, object, name, gx_json_bool(arena, value));
}

void gx_json_remove(gx_json *object, const char *name)
{
    gx_text key = gx_text_of(name);
    gx_json *before = NULL;
    for (gx_json *member = object->first; member; before = member, member = member->next) {
        if (!gx_text_equal(member->name, key))
            continue;
        if (before)
            before->next = member->next;
        else
            object->first = member->next;
        if (object->last == member)
            object->last = before;
        object->count--;
        return;
    }
}

gx_json *gx_json_copy(gx_arena *arena, const gx_json *value)
{
    gx_json *copy = new_value(arena, value->kind);
    copy->line = value->line;
    copy->column = value->column;
    copy->text = gx_copy(arena, value->text);
    for (const gx_json *child = value->first; child; child = child->next) {
        gx_json *item = gx_json_copy(arena, child);
        item->name = gx_copy(arena, child->name);
        link_last(copy, item);
    }
    return copy;
}

gx_json *gx_json_merge(gx_arena *arena, gx_json *target, const gx_json *patch)
{
    if (!gx_json_is(patch, GX_JSON_OBJECT))
        return gx_json_copy(arena, patch);
    if (!gx_json_is(target, GX_JSON_OBJECT))
        target = gx_json_object(arena);
    for (const gx_json *member = patch->first; member; member = member->next) {
        const char *name = gx_copy_string(arena, member->name);
        if (member->kind == GX_JSON_NULL) {
            gx_json_remove(target, name);
        } else {
            gx_json *merged = gx_json_merge(arena, gx_json_get(target, name), member);
            if (merged != gx_json_get(target, name))
                gx_json_set(arena, target, name, merged);
        }
    }
    return target;
}

gx_json *gx_json_get_text_name(const gx_json *object, gx_text name)
{
    if (!object || object->kind != GX_JSON_OBJECT)
        return NULL;
    for (gx_json *member = object->first; member; member = member->next)
        if (gx_text_equal(member->name, name))
            return member;
    return NULL;
}

gx_json *gx_json_get(const gx_json *object, const char *name)
{
    return gx_json_get_text_name(object, gx_text_of(name));
}

gx_json *gx_json_at(const gx_json *array, size_t index)
{
    if (!array || array->kind != GX_JSON_ARRAY || index >= array->count)
        return NULL;
    gx_json *item = array->first;
    while (index-- > 0)
        item = item->next;
    return item;
}

gx_json *gx_json_path(const gx_json *value, const char *path)
{
    gx_text rest = gx_text_of(path);
    gx_json *found = NULL;
    while (rest.bytes) {
        gx_text step = gx_text_cut(rest, '.', &rest);
        int64_t index;
        if (gx_json_is(value, GX_JSON_ARRAY))
            found = gx_text_to_int(step, &index) && index >= 0 ? gx_json_at(value, (size_t)index) : NULL;
        else
            found = gx_json_get_text_name(value, step);
        if (!found)
            return NULL;
        value = found;
    }
    return found;
}

gx_text gx_json_text(const gx_json *value)
{
    return value && value->kind == GX_JSON_STRING ? value->text : (gx_text){"", 0};
}

gx_text gx_json_text_of(const gx_json *object, const char *name)
{
    return gx_json_text(gx_json_get(object, name));
}

bool gx_json_to_int(const gx_json *value, int64_t *number)
{
    return value && value->kind == GX_JSON_NUMBER && gx_text_to_int(value->text, number);
}

int64_t gx_json_int_of(const gx_json *object, const char *name, int64_t otherwise)
{
    int64_t number;
    return gx_json_to_int(gx_json_get(object, name), &number) ? number : otherwise;
}

bool gx_json_bool_of(const gx_json *object, const char *name, bool otherwise)
{
    const gx_json *value = gx_json_get(object, name);
    if (gx_json_is(value, GX_JSON_TRUE))
        return true;
    return gx_json_is(value, GX_JSON_FALSE) ? false : otherwise;
}

bool gx_json_is(const gx_json *value, gx_json_kind kind)
{
    return value && value->kind == kind;
}

bool gx_json_is_true(const gx_json *value)
{
    return gx_json_is(value, GX_JSON_TRUE);
}

bool gx_json_is_nothing(const gx_json *value)
{
    return !value || value->kind == GX_JSON_NULL;
}

/* The spelling without sign, leading zero and zeros at the end of a fraction. Exponents are compared as written. */
static gx_text plain_digits(gx_text number)
{
    bool has_point = memchr(number.bytes, '.', number.size) != NULL;
    bool has_exponent = memchr(number.bytes, 'e', number.size) || memchr(number.bytes, 'E', number.size);
    if (!has_point || has_exponent)
        return number;
    while (number.size > 0 && number.bytes[number.size - 1] == '0')
        number.size--;
    if (number.size > 0 && number.bytes[number.size - 1] == '.')
        number.size--;
    return number;
}

bool gx_json_equal(const gx_json *a, const gx_json *b)
{
    if (!a || !b)
        return a == b;
    if (a->kind != b->kind || a->count != b->count)
        return false;
    switch (a->kind) {
    case GX_JSON_NULL: case GX_JSON_FALSE: case GX_JSON_TRUE: return true;
    case GX_JSON_NUMBER: return gx_text_equal(plain_digits(a->text), plain_digits(b->text));
    case GX_JSON_STRING: return gx_text_equal(a->text, b->text);
    case GX_JSON_ARRAY:
        for (gx_json *x = a->first, *y = b->first; x; x = x->next, y = y->next)
            if (!gx_json_equal(x, y))
                return false;
        return true;
    case GX_JSON_OBJECT:
        for (gx_json *x = a->first; x; x = x->next)
            if (!gx_json_equal(x, gx_json_get_text_name(b, x->name)))
                return false;
        return true;
    }
    return false;
}

void gx_json_write_string(gx_buffer *buffer, gx_text text)
{
    gx_buffer_byte(buffer, '"');
    size_t start = 0;
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.bytes[i];
        if (byte >= 0x20 && byte != '"' && byte != '\\')
            continue;
        gx_buffer_bytes(buffer, text.bytes + start, i - start);
        start = i + 1;
        if (byte == '"' || byte == '\\') {
            gx_buffer_byte(buffer, '\\');
            gx_buffer_byte(buffer, (char)byte);
        } else if (byte == '\n') {
            gx_buffer_string(buffer, "\\n");
        } else if (byte == '\t') {
            gx_buffer_string(buffer, "\\t");
        } else {
            gx_buffer_format(buffer, "\\u%04x", byte);
        }
    }
    gx_buffer_bytes(buffer, text.bytes + start, text.size - start);
    gx_buffer_byte(buffer, '"');
}

static void indent(gx_buffer *buffer, int level)
{
    if (level < 0)
        return;
    gx_buffer_byte(buffer, '\n');
    for (int i = 0; i < level; i++)
        gx_buffer_string(buffer, "  ");
}

/* `level` is -1 for compact output. `order`, if given, returns the members of an object in the order to write. */
static void write_value(gx_buffer *buffer, const gx_json *value, int level)
{
    if (!value) {
        gx_buffer_string(buffer, "null");
        return;
    }
    switch (value->kind) {
    case GX_JSON_NULL: gx_buffer_string(buffer, "null"); return;
    case GX_JSON_FALSE: gx_buffer_string(buffer, "false"); return;
    case GX_JSON_TRUE: gx_buffer_string(buffer, "true"); return;
    case GX_JSON_NUMBER: gx_buffer_text(buffer, value->text); return;
    case GX_JSON_STRING: gx_json_write_string(buffer, value->text); return;
    case GX_JSON_ARRAY: case GX_JSON_OBJECT: break;
    }
    bool is_object = value->kind == GX_JSON_OBJECT;
    gx_buffer_byte(buffer, is_object ? '{' : '[');
    int inner = level < 0 ? -1 : level + 1;
    for (const gx_json *child = value->first; child; child = child->next) {
        indent(buffer, inner);
        if (is_object) {
            gx_json_write_string(buffer, child->name);
            gx_buffer_string(buffer, level < 0 ? ":" : ": ");
        }
        write_value(buffer, child, inner);
        if (child->next)
            gx_buffer_byte(buffer, ',');
    }
    if (value->first)
        indent(buffer, level);
    gx_buffer_byte(buffer, is_object ? '}' : ']');
}

void gx_json_write(gx_buffer *buffer, const gx_json *value)
{
    write_value(buffer, value, -1);
}

void gx_json_write_pretty(gx_buffer *buffer, const gx_json *value)
{
    write_value(buffer, value, 0);
}

gx_text gx_json_to_text(gx_arena *arena, const gx_json *value)
{
    gx_buffer buffer = gx_buffer_in(arena);
    gx_json_write(&buffer, value);
    return gx_buffer_as_text(&buffer);
}

void gx_json_write_canonical(gx_buffer *buffer, const gx_json *value)
{
    if (gx_json_is(value, GX_JSON_ARRAY)) {
        gx_buffer_byte(buffer, '[');
        for (const gx_json *child = value->first; child; child = child->next) {
            gx_json_write_canonical(buffer, child);
            if (child->next)
                gx_buffer_byte(buffer, ',');
        }
        gx_buffer_byte(buffer, ']');
    } else if (gx_json_is(value, GX_JSON_OBJECT)) {
        gx_buffer_byte(buffer, '{');
        const gx_json *written = NULL;
        for (size_t i = 0; i < value->count; i++) { /* the next name in byte order; signed objects are small */
            const gx_json *least = NULL;
            for (const gx_json *child = value->first; child; child = child->next)
                if ((!written || gx_text_compare(child->name, written->name) > 0) &&
                    (!least || gx_text_compare(child->name, least->name) < 0))
                    least = child;
            if (i > 0)
                gx_buffer_byte(buffer, ',');
            gx_json_write_string(buffer, least->name);
            gx_buffer_byte(buffer, ':');
            gx_json_write_canonical(buffer, least);
            written = least;
        }
        gx_buffer_byte(buffer, '}');
    } else {
        gx_json_write(buffer, value);
    }
}

gx_json_out gx_json_out_to(gx_buffer *buffer)
{
    return (gx_json_out){buffer, false};
}

static void separate(gx_json_out *out)
{
    if (out->needs_comma)
        gx_buffer_byte(out->buffer, ',');
    out->needs_comma = true;
}

void gx_json_out_begin(gx_json_out *out, char bracket)
{
    separate(out);
    gx_buffer_byte(out->buffer, bracket);
    out->needs_comma = false;
}

void gx_json_out_end(gx_json_out *out, char bracket)
{
    gx_buffer_byte(out->buffer, bracket);
    out->needs_comma = true;
}

void gx_json_out_name(gx_json_out *out, const char *name)
{
    separate(out);
    gx_json_write_string(out->buffer, gx_text_of(name));
    gx_buffer_byte(out->buffer, ':');
    out->needs_comma = false;
}

void gx_json_out_text(gx_json_out *out, gx_text text)
{
    separate(out);
    gx_json_write_string(out->buffer, text);
}

void gx_json_out_int(gx_json_out *out, int64_t value)
{
    separate(out);
    gx_buffer_format(out->buffer, "%lld", (long long)value);
}

void gx_json_out_bool(gx_json_out *out, bool value)
{
    separate(out);
    gx_buffer_string(out->buffer, value ? "true" : "false");
}

void gx_json_out_null(gx_json_out *out)
{
    separate(out);
    gx_buffer_string(out->buffer, "null");
}

void gx_json_out_value(gx_json_out *out, const gx_json *value)
{
    separate(out);
    gx_json_write(out->buffer, value);
}

void gx_json_out_raw(gx_json_out *out, gx_text json)
{
    separate(out);
    gx_buffer_text(out->buffer, json);
}

void gx_json_out_member_text(gx_json_out *out, const char *name, gx_text text)
{
    gx_json_out_name(out, name);
    gx_json_out_text(out, text);
}

void gx_json_out_member_int(gx_json_out *out, const char *name, int64_t value)
{
    gx_json_out_name(out, name);
    gx_json_out_int(out, value);
}

void gx_json_out_member_bool(gx_json_out *out, const char *name, bool value)
{
    gx_json_out_name(out, name);
    gx_json_out_bool(out, value);
}

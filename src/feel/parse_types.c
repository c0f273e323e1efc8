/* Types in the source: behind `instance of` and in parameters (DMN 1.5, 10.3.1.2, grammar rules 62 and
 * following). */
#include "feel/ast.h"

#include <string.h>

static const gx_type *new_type(gx_parser *parser, gx_type wanted)
{
    gx_type *made = GX_NEW(parser->model, gx_type);
    *made = wanted;
    return made;
}

static const gx_type *element_type(gx_parser *parser, gx_type_kind kind)
{
    const gx_type *element = gx_parse_type(parser);
    if (!element || !gx_parse_need_mark(parser, ">"))
        return NULL;
    return new_type(parser, (gx_type){.kind = kind, .element = element});
}

static const gx_type *context_type(gx_parser *parser)
{
    enum { FIELDS_MOST = 256 };
    gx_type_field *fields = GX_NEW_ARRAY(parser->arena, gx_type_field, FIELDS_MOST);
    uint32_t count = 0;
    if (!gx_lex_skip(parser))
        return NULL;
    while (!gx_lex_mark(parser, ">")) {
        gx_text name;
        if (count > 0 && !gx_parse_need_mark(parser, ","))
            return NULL;
        if (!gx_lex_skip(parser) || count == FIELDS_MOST || !gx_lex_defined(parser, ":,>", &name))
            return (const gx_type *)(void *)gx_parse_expected(parser, "a member name");
        if (!gx_parse_need_mark(parser, ":"))
            return NULL;
        const gx_type *of = gx_parse_type(parser);
        if (!of || !gx_lex_skip(parser))
            return NULL;
        fields[count++] = (gx_type_field){name, of};
    }
    fields = gx_copy_bytes(parser->model, fields, count * sizeof *fields);
    return new_type(parser, (gx_type){.kind = GX_TYPE_CONTEXT, .fields = fields, .count = count});
}

static const gx_type *function_type(gx_parser *parser)
{
    enum { PARAMETERS_MOST = 64 };
    const gx_type **parameters = GX_NEW_ARRAY(parser->arena, const gx_type *, PARAMETERS_MOST);
    uint32_t count = 0;
    if (!gx_lex_skip(parser))
        return NULL;
    while (!gx_lex_mark(parser, ">")) {
        if (count > 0 && !gx_parse_need_mark(parser, ","))
            return NULL;
        if (count == PARAMETERS_MOST)
            return (const gx_type *)(void *)gx_parse_expected(parser, ">");
        if (!(parameters[count++] = gx_parse_type(parser)) || !gx_lex_skip(parser))
            return NULL;
    }
    if (!gx_parse_need_mark(parser, "->"))
        return NULL;
    const gx_type *result = gx_parse_type(parser);
    if (!result)
        return NULL;
    parameters = gx_copy_bytes(parser->model, parameters, count * sizeof *parameters);
    return new_type(
        parser,
        (gx_type){.kind = GX_TYPE_FUNCTION, .parameters = parameters, .count = count, .result = result});
}

/* A name in a type may hold dots (of an imported model) and blanks. */
static bool type_name(gx_parser *parser, gx_text *name)
{
    static const char *const long_names[] = {"date and time", "days and time duration",
                                             "years and months duration"};
    size_t start = parser->at;
    for (size_t i = 0; i < GX_COUNT_OF(long_names); i++) {
        gx_text words = gx_text_of(long_names[i]), rest = words;
        bool matches = true;
        while (matches && rest.bytes && rest.size) {
            gx_text word = gx_text_cut(rest, ' ', &rest);
            char spelled[16] = {0};
            memcpy(spelled, word.bytes, word.size < sizeof spelled ? word.size : sizeof spelled - 1);
            matches = gx_lex_skip(parser) && gx_lex_word(parser, spelled);
        }
        if (matches) {
            *name = words;
            return true;
        }
        parser->at = start;
    }
    if (!gx_lex_words(parser, name))
        return false;
    while (gx_lex_sees(parser, ".") && !gx_lex_sees(parser, "..")) {
        gx_text more;
        parser->at++;
        if (!gx_lex_words(parser, &more))
            return false;
        *name = gx_join(parser->model, (const gx_text[]){*name, more}, 2, GX_TEXT("."));
    }
    return true;
}

static const gx_type *type_body(gx_parser *parser)
{
    if (!gx_lex_skip(parser))
        return NULL;
    size_t start = parser->at;
    if (gx_lex_word(parser, "list") && gx_parse_skip_mark(parser, "<"))
        return element_type(parser, GX_TYPE_LIST);
    parser->at = start;
    if (gx_lex_word(parser, "range") && gx_parse_skip_mark(parser, "<"))
        return element_type(parser, GX_TYPE_RANGE);
    parser->at = start;
    if (gx_lex_word(parser, "context") && gx_parse_skip_mark(parser, "<"))
        return context_type(parser);
    parser->at = start;
    if (gx_lex_word(parser, "function") && gx_parse_skip_mark(parser, "<"))
        return function_type(parser);
    parser->at = start;
    gx_text name;
    if (!type_name(parser, &name))
        return (const gx_type *)(void *)gx_parse_expected(parser, "a type");
    const gx_type *found = NULL;
    if (parser->options->find_type)
        found = parser->options->find_type(parser->options->find_type_context, name);
    if (!found)
        found = gx_type_simple(name);
    if (!found)
        gx_parse_fail(parser, start, "feel.type", name, GX_TEXT(""));
    return found;
}

const gx_type *gx_parse_type(gx_parser *parser)
{
    if (!gx_parse_enter(parser))
        return NULL;
    const gx_type *parsed = type_body(parser);
    parser->depth--;
    return parsed;
}

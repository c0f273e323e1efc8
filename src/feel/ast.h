/* feel/ast.h: the syntax tree between parser and compiler (DMN 1.5, 10.3.1.2), for src/feel only.
 *
 * FEEL names may hold spaces and operator characters, so a text cannot be cut into tokens without knowing
 * which names are in scope. The parser therefore reads characters, keeps the names that are visible at each
 * point, and takes the longest one that fits. The compiler resolves the names of the finished tree to slots.
 */
#ifndef GX_FEEL_AST_H
#define GX_FEEL_AST_H

#include "feel/type.h"

typedef enum gx_node_kind {
    GX_NODE_CONSTANT, /* value */
    GX_NODE_NAME,     /* text */
    GX_NODE_INPUT,    /* `?` */
    GX_NODE_LIST,     /* items */
    GX_NODE_CONTEXT,  /* names: items */
    GX_NODE_PATH,     /* a . text */
    GX_NODE_FILTER,   /* a [ b ] */
    GX_NODE_CALL,     /* a ( items ), names of the arguments or NULL */
    GX_NODE_BINARY,   /* a op b: op is one of + - * / ^ */
    GX_NODE_COMPARE,  /* a op b: op is one of = ! < > L G (L: <=, G: >=) */
    GX_NODE_NEGATE,   /* - a */
    GX_NODE_AND,
    GX_NODE_OR,
    GX_NODE_BETWEEN, /* a between b and c */
    GX_NODE_IN,      /* a in items (one test or a list of tests) */
    GX_NODE_RANGE,   /* a .. b; op: bit 0 start included, bit 1 end included */
    GX_NODE_TEST,    /* op a, standing alone: `< 5`; op as for COMPARE */
    GX_NODE_IF,      /* if a then b else c */
    GX_NODE_FOR,     /* for names in items return a */
    GX_NODE_SOME,
    GX_NODE_EVERY,    /* every names in items satisfies a */
    GX_NODE_SPAN,     /* a .. b behind `in` of an iteration: counts up or down */
    GX_NODE_INSTANCE, /* a instance of type */
    GX_NODE_FUNCTION, /* function (names: types) a; type is the result's or NULL; op 1: external, a is its
                         mapping */
    GX_NODE_DASH,     /* `-` as unary tests */
    GX_NODE_TESTS,    /* items; op 1: not(...) */
} gx_node_kind;

typedef struct gx_node gx_node;
struct gx_node {
    uint8_t kind; /* gx_node_kind */
    char op;
    bool is_constant; /* has the same value always: a literal, or an operator over such */
    bool is_checked;  /* the compiler has looked whether it is constant */
    bool is_folded;   /* a constant that could not be folded: compile it as it stands */
    uint32_t place;   /* byte offset in the source */
    uint32_t count;   /* of items, names, types */
    gx_text text;
    gx_value value;
    gx_node *a, *b, *c;
    gx_node **items;
    gx_text *names;
    const gx_type *type;
    const gx_type **types;
};

/* A list of visible names; a mark is its count. */
typedef struct gx_scope {
    gx_text *names;
    uint32_t count, capacity;
} gx_scope;

typedef struct gx_parser {
    gx_arena *arena; /* the tree, which ends with the compilation */
    gx_arena *model; /* texts, values and types, which the compiled code keeps */
    gx_text source;
    size_t at; /* the next byte */
    uint32_t depth;
    const gx_feel_options *options;
    gx_scope local;       /* bound by iterations, functions and contexts around this point */
    gx_scope members;     /* keys of context literals seen so far: they may follow a dot */
    uint32_t filters;     /* how many filters are around this point */
    uint32_t range_depth; /* 1 while the end of a range is read and no bracket was opened inside it */
    uint32_t trials;      /* filters that were tried inside range ends: bounded, for each may be read twice */
    gx_node *pending;     /* a primary that was read already: the next one to be returned */
    gx_error *error;
    bool has_failed;
} gx_parser;

/* The tree of a source of the kind options->kind; NULL with the parser's error. */
gx_node *gx_feel_parse(gx_parser *parser);
/* A type such as `list<number>`, alone in the source. */
const gx_type *gx_feel_parse_type(gx_parser *parser);

/* ---- What the files of the parser share ---- */

const gx_type *gx_parse_type(gx_parser *parser);
/* Fails because `what` should stand here. Always NULL. */
gx_node *gx_parse_expected(gx_parser *parser, const char *what);
/* Passes white space, then the mark if it stands there. */
bool gx_parse_skip_mark(gx_parser *parser, const char *mark);
/* The same; its absence is a failure. */
bool gx_parse_need_mark(gx_parser *parser, const char *mark);
/* One level deeper: bounds the recursion of the parser and of all that walks its tree. */
bool gx_parse_enter(gx_parser *parser);

/* ---- lexer.c: characters and names ---- */

/* Passes white space and comments. False (and an error) for a comment without end. */
bool gx_lex_skip(gx_parser *parser);
/* Whether `word` stands here as a whole word; then it is passed. */
bool gx_lex_word(gx_parser *parser, const char *word);
bool gx_lex_is_word(const gx_parser *parser, size_t at, const char *word);
/* Whether these characters stand here. These are asked many times at each place, nearly always in vain: they
 * must be cheap. */
static inline bool gx_lex_sees(const gx_parser *parser, const char *mark)
{
    size_t at = parser->at;
    for (; *mark; mark++, at++)
        if (at >= parser->source.size || parser->source.bytes[at] != *mark)
            return false;
    return true;
}
/* The same; then they are passed. */
static inline bool gx_lex_mark(gx_parser *parser, const char *mark)
{
    if (!gx_lex_sees(parser, mark))
        return false;
    while (*mark++)
        parser->at++;
    return true;
}
/* A string literal, its quotes and escapes resolved. */
bool gx_lex_string(gx_parser *parser, gx_text *text);
bool gx_lex_number(gx_parser *parser, gx_value *number);
/* Whether a number begins here. */
bool gx_lex_is_number(const gx_parser *parser);
/* The length in the source of the longest visible name that begins here, 0 if there is none; *name is its
 * canonical text, *is_function whether only a built-in or host function has it. */
size_t gx_lex_known(const gx_parser *parser, gx_text *name, bool *is_function);
/* The same among the names that may follow a dot. */
size_t gx_lex_known_member(const gx_parser *parser, gx_text *name);
/* Words up to the next keyword or mark: an unknown name. False if no name begins here. */
bool gx_lex_words(gx_parser *parser, gx_text *name);
/* A name that is being defined, ending before one of `ends` (characters) or before the word `in` (when ends
 * is NULL). */
bool gx_lex_defined(gx_parser *parser, const char *ends, gx_text *name);
bool gx_lex_begins_name(const gx_parser *parser);
bool gx_lex_is_name_start(uint32_t code_point);
bool gx_lex_is_name_part(uint32_t code_point);

void gx_scope_add(gx_arena *arena, gx_scope *scope, gx_text name);
/* Fails at a byte offset, once; later failures do not replace the first. Always false. */
bool gx_parse_fail(gx_parser *parser, size_t at, const char *code, gx_text part1, gx_text part2);
gx_place gx_parse_place(const gx_parser *parser, size_t at);
/* The known name that is nearest to `name` in spelling; empty if none is near. */
gx_text gx_nearest_name(const gx_parser *parser, gx_text name);

#endif

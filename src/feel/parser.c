/* Recursive descent over the grammar of DMN 1.5, 10.3.1.2. From loose to tight: or, and, comparison (with
 * between, in), + -, * /,
 * ** (left to right), unary minus, instance of, then paths, filters and calls. Unary minus binds tighter than
 * **: -3 ** 2 is 9. Each function parses its level and leaves parser->at behind it, white space passed. NULL
 * means a failure that is recorded. */
#include "feel/ast.h"

#include <string.h>

static gx_node *expression(gx_parser *parser);
static gx_node *additive(gx_parser *parser);
static gx_node *single_test(gx_parser *parser);

/* ---- Helpers ---- */

static gx_node *new_node(gx_parser *parser, gx_node_kind kind, size_t place)
{
    gx_node *node = GX_NEW(parser->arena, gx_node);
    node->kind = (uint8_t)kind;
    node->place = (uint32_t)place;
    return node;
}

static gx_node *new_constant(gx_parser *parser, size_t place, gx_value value)
{
    gx_node *node = new_node(parser, GX_NODE_CONSTANT, place);
    node->value = value;
    node->is_constant = true;
    return node;
}

static gx_node *new_pair(gx_parser *parser, gx_node_kind kind, char op, size_t place, gx_node *a, gx_node *b)
{
    if (!a || !b)
        return NULL;
    gx_node *node = new_node(parser, kind, place);
    node->op = op;
    node->a = a;
    node->b = b;
    node->is_constant = a->is_constant && b->is_constant;
    return node;
}

bool gx_parse_skip_mark(gx_parser *parser, const char *mark)
{
    return gx_lex_skip(parser) && gx_lex_mark(parser, mark);
}

bool gx_parse_need_mark(gx_parser *parser, const char *mark)
{
    if (gx_parse_skip_mark(parser, mark))
        return true;
    if (!parser->has_failed)
        gx_parse_expected(parser, mark);
    return false;
}

static bool need_word(gx_parser *parser, const char *word)
{
    if (gx_lex_skip(parser) && gx_lex_word(parser, word))
        return true;
    if (!parser->has_failed)
        gx_parse_expected(parser, word);
    return false;
}

typedef struct node_list {
    gx_node **items;
    gx_text *names; /* as many as items, or NULL */
    uint32_t count, capacity;
} node_list;

static void append(gx_parser *parser, node_list *list, gx_node *node, gx_text name, bool has_names)
{
    if (list->count == list->capacity) {
        uint32_t capacity = list->capacity ? list->capacity * 2 : 4;
        gx_node **items = GX_NEW_ARRAY(parser->arena, gx_node *, capacity);
        gx_text *names = has_names ? GX_NEW_ARRAY(parser->arena, gx_text, capacity) : NULL;
        if (list->count) {
            memcpy(items, list->items, list->count * sizeof(gx_node *));
            if (names)
                memcpy(names, list->names, list->count * sizeof *names);
        }
        list->items = items;
        list->names = names;
        list->capacity = capacity;
    }
    list->items[list->count] = node;
    if (list->names)
        list->names[list->count] = name;
    list->count++;
}

static gx_node *with_items(gx_node *node, const node_list *list)
{
    node->items = list->items;
    node->names = list->names;
    node->count = list->count;
    return node;
}

static bool all_constant(const node_list *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (!list->items[i]->is_constant)
            return false;
    return true;
}

/* Bounds the recursion of the parser and of all that walks its tree. */
bool gx_parse_enter(gx_parser *parser)
{
    if (++parser->depth <= GX_LIMIT_FEEL_DEPTH)
        return true;
    char figure[24];
    return gx_parse_fail(parser, parser->at, "feel.depth", gx_error_int(figure, GX_LIMIT_FEEL_DEPTH),
                         GX_TEXT(""));
}

/* ---- Literals and primaries ---- */

static gx_node *at_literal(gx_parser *parser)
{
    size_t start = parser->at++;
    gx_text text;
    if (!gx_lex_skip(parser))
        return NULL;
    if (!gx_lex_sees(parser, "\""))
        return gx_parse_expected(parser, "\"");
    if (!gx_lex_string(parser, &text))
        return NULL;
    gx_value value = gx_temporal_parse(parser->model, text);
    if (gx_value_is_null(value)) {
        gx_parse_fail(parser, start, "feel.temporal", text, GX_TEXT(""));
        return NULL;
    }
    return new_constant(parser, start, value);
}

static char comparison(gx_parser *parser)
{
    static const struct {
        const char *mark;
        char op;
    } marks[] = {{"<=", 'L'}, {">=", 'G'}, {"!=", '!'}, {"<", '<'}, {">", '>'}, {"=", '='}};
    for (size_t i = 0; i < GX_COUNT_OF(marks); i++)
        if (gx_lex_mark(parser, marks[i].mark))
            return marks[i].op;
    return '\0';
}

static gx_node *test_behind(gx_parser *parser, char op, size_t start)
{
    gx_node *operand = additive(parser);
    if (!operand)
        return NULL;
    gx_node *node = new_node(parser, GX_NODE_TEST, start);
    node->op = op;
    node->a = operand;
    node->is_constant = operand->is_constant;
    return node;
}

/* The end of a range behind `..`; the closing bracket is passed. `[1..10[` closes with a bracket that could
 * also open a filter of the end: behind a literal it closes; behind anything else a filter is tried first. */
static gx_node *range_behind(gx_parser *parser, gx_node *from, bool start_included, size_t start)
{
    uint32_t outer = parser->range_depth;
    parser->range_depth = 1;
    gx_node *to = additive(parser);
    parser->range_depth = outer;
    if (!to || !gx_lex_skip(parser))
        return NULL;
    char op = start_included ? 1 : 0;
    if (gx_lex_mark(parser, "]"))
        op = (char)(op | 2);
    else if (!gx_lex_mark(parser, ")") && !gx_lex_mark(parser, "["))
        return gx_parse_expected(parser, "] or )");
    return new_pair(parser, GX_NODE_RANGE, op, start, from, to);
}

static gx_node *in_brackets(gx_parser *parser)
{
    size_t start = parser->at++;
    node_list items = {0};
    if (!gx_lex_skip(parser))
        return NULL;
    if (!gx_lex_mark(parser, "]")) {
        do {
            gx_node *item = single_test(parser);
            if (!item || !gx_lex_skip(parser))
                return NULL;
            if (items.count == 0 && gx_lex_mark(parser, ".."))
                return range_behind(parser, item, true, start);
            append(parser, &items, item, (gx_text){0}, false);
        } while (gx_parse_skip_mark(parser, ","));
        if (!gx_parse_need_mark(parser, "]"))
            return NULL;
    }
    gx_node *node = new_node(parser, GX_NODE_LIST, start);
    node->is_constant = all_constant(&items);
    return with_items(node, &items);
}

static gx_node *in_parentheses(gx_parser *parser)
{
    size_t start = parser->at++;
    if (!gx_lex_skip(parser))
        return NULL;
    gx_node *inside = single_test(parser);
    if (!inside || !gx_lex_skip(parser))
        return NULL;
    if (inside->kind != GX_NODE_TEST && gx_lex_mark(parser, ".."))
        return range_behind(parser, inside, false, start);
    return gx_parse_need_mark(parser, ")") ? inside : NULL;
}

static gx_node *open_range(gx_parser *parser)
{
    size_t start = parser->at++;
    gx_node *from = additive(parser);
    if (!from || !gx_parse_need_mark(parser, ".."))
        return NULL;
    return range_behind(parser, from, false, start);
}

static gx_node *context_literal(gx_parser *parser)
{
    size_t start = parser->at++;
    uint32_t visible = parser->local.count;
    node_list entries = {0};
    if (!gx_lex_skip(parser))
        return NULL;
    if (!gx_lex_mark(parser, "}")) {
        do {
            gx_text key;
            if (!gx_lex_skip(parser))
                return NULL;
            if (gx_lex_sees(parser, "\"")) {
                if (!gx_lex_string(parser, &key))
                    return NULL;
            } else if (!gx_lex_defined(parser, ":,}", &key)) {
                return gx_parse_expected(parser, "a key");
            }
            if (!gx_parse_need_mark(parser, ":"))
                return NULL;
            if (gx_lex_skip(parser) && gx_lex_is_word(parser, parser->at, "function"))
                gx_scope_add(parser->arena, &parser->local, key); /* a function may call itself */
            gx_node *value = expression(parser);
            if (!value)
                return NULL;
            append(parser, &entries, value, key, true);
            gx_scope_add(parser->arena, &parser->local, key);
            gx_scope_add(parser->arena, &parser->members, key);
        } while (gx_parse_skip_mark(parser, ","));
        if (!gx_parse_need_mark(parser, "}"))
            return NULL;
    }
    parser->local.count = visible;
    gx_node *node = new_node(parser, GX_NODE_CONTEXT, start);
    node->is_constant = all_constant(&entries);
    return with_items(node, &entries);
}

static gx_node *if_expression(gx_parser *parser, size_t start)
{
    gx_node *node = new_node(parser, GX_NODE_IF, start);
    if (!(node->a = expression(parser)) || !need_word(parser, "then") || !(node->b = expression(parser)) ||
        !need_word(parser, "else") || !(node->c = expression(parser)))
        return NULL;
    node->is_constant = node->a->is_constant && node->b->is_constant && node->c->is_constant;
    return node;
}

/* `for`, `some` and `every`: the names of earlier iterators are visible in later sources. */
static gx_node *iteration(gx_parser *parser, gx_node_kind kind, size_t start)
{
    uint32_t visible = parser->local.count;
    node_list sources = {0};
    do {
        gx_text name;
        if (!gx_lex_skip(parser))
            return NULL;
        if (!gx_lex_defined(parser, NULL, &name))
            return gx_parse_expected(parser, "a name");
        if (!need_word(parser, "in"))
            return NULL;
        gx_node *source = expression(parser);
        if (!source || !gx_lex_skip(parser))
            return NULL;
        size_t place = parser->at;
        if (gx_lex_mark(parser, "..") &&
            !(source = new_pair(parser, GX_NODE_SPAN, 0, place, source, expression(parser))))
            return NULL;
        append(parser, &sources, source, name, true);
        gx_scope_add(parser->arena, &parser->local, name);
    } while (gx_parse_skip_mark(parser, ","));
    if (parser->has_failed || !need_word(parser, kind == GX_NODE_FOR ? "return" : "satisfies"))
        return NULL;
    if (kind == GX_NODE_FOR)
        gx_scope_add(parser->arena, &parser->local, GX_TEXT("partial"));
    gx_node *node = new_node(parser, kind, start);
    if (!(node->a = expression(parser)))
        return NULL;
    parser->local.count = visible;
    return with_items(node, &sources);
}

static gx_node *function_definition(gx_parser *parser, size_t start)
{
    uint32_t visible = parser->local.count;
    enum { PARAMETERS_MOST = 255 };
    gx_text *names = GX_NEW_ARRAY(parser->arena, gx_text, PARAMETERS_MOST);
    const gx_type **types = GX_NEW_ARRAY(parser->arena, const gx_type *, PARAMETERS_MOST);
    uint32_t count = 0;
    if (!gx_parse_need_mark(parser, "(") || !gx_lex_skip(parser))
        return NULL;
    while (!gx_lex_mark(parser, ")")) {
        if (count > 0 && !gx_parse_need_mark(parser, ","))
            return NULL;
        if (!gx_lex_skip(parser) || count == PARAMETERS_MOST || !gx_lex_defined(parser, ":,)", &names[count]))
            return gx_parse_expected(parser, "a parameter name");
        if (gx_parse_skip_mark(parser, ":") && !(types[count] = gx_parse_type(parser)))
            return NULL;
        gx_scope_add(parser->arena, &parser->local, names[count]);
        count++;
        if (!gx_lex_skip(parser))
            return NULL;
    }
    gx_node *node = new_node(parser, GX_NODE_FUNCTION, start);
    if (gx_parse_skip_mark(parser, ":") && !(node->type = gx_parse_type(parser)))
        return NULL;
    if (parser->has_failed || !gx_lex_skip(parser))
        return NULL;
    node->op = gx_lex_word(parser, "external") ? 1 : 0;
    if (!(node->a = expression(parser)))
        return NULL;
    node->names = names;
    node->types = types;
    node->count = count;
    parser->local.count = visible;
    return node;
}

/* A name, or the constructs that begin with a word. A known variable may begin with a keyword: the longest
 * match wins. */
static gx_node *word(gx_parser *parser)
{
    static const struct {
        const char *word;
        gx_node_kind kind;
    } constructs[] = {{"if", GX_NODE_IF},
                      {"for", GX_NODE_FOR},
                      {"some", GX_NODE_SOME},
                      {"every", GX_NODE_EVERY},
                      {"function", GX_NODE_FUNCTION}};
    size_t start = parser->at;
    gx_text known, name;
    bool is_function;
    size_t size = gx_lex_known(parser, &known, &is_function);
    for (size_t i = 0; i < GX_COUNT_OF(constructs); i++) {
        if (size > strlen(constructs[i].word) || !gx_lex_word(parser, constructs[i].word))
            continue;
        switch (constructs[i].kind) {
        case GX_NODE_IF: return if_expression(parser, start);
        case GX_NODE_FUNCTION: return function_definition(parser, start);
        default: return iteration(parser, constructs[i].kind, start);
        }
    }
    if (size <= 5) {
        if (gx_lex_word(parser, "true"))
            return new_constant(parser, start, gx_value_boolean(true));
        if (gx_lex_word(parser, "false"))
            return new_constant(parser, start, gx_value_boolean(false));
        if (gx_lex_word(parser, "null"))
            return new_constant(parser, start, gx_value_null());
    }
    bool has_words = gx_lex_words(parser, &name);
    size_t words_end = parser->at;
    if (size > 0) {
        parser->at = start + size;
        /* `date` is a function, `date of birth` rather an unknown name. */
        bool is_call = is_function && gx_lex_skip(parser) && gx_lex_sees(parser, "(");
        parser->at = start + size;
        if (!is_function || is_call || !has_words || words_end <= parser->at)
            name = known;
        else
            parser->at = words_end;
    } else if (!has_words) {
        return gx_parse_expected(parser, "an expression");
    }
    gx_node *node = new_node(parser, GX_NODE_NAME, start);
    node->text = name;
    return node;
}

static gx_node *primary(gx_parser *parser)
{
    gx_node *pending = parser->pending;
    parser->pending = NULL;
    if (pending)
        return pending;
    if (!gx_lex_skip(parser))
        return NULL;
    size_t start = parser->at;
    gx_value number;
    gx_text text;
    if (start >= parser->source.size)
        return gx_parse_expected(parser, "an expression");
    if (gx_lex_is_number(parser))
        return gx_lex_number(parser, &number) ? new_constant(parser, start, number) : NULL;
    switch (parser->source.bytes[start]) {
    case '"': return gx_lex_string(parser, &text) ? new_constant(parser, start, gx_value_text(text)) : NULL;
    case '@': return at_literal(parser);
    case '[': return in_brackets(parser);
    case ']': return open_range(parser);
    case '(': return in_parentheses(parser);
    case '{': return context_literal(parser);
    case '?': parser->at++; return new_node(parser, GX_NODE_INPUT, start);
    default: return word(parser);
    }
}

/* ---- Paths, filters, calls ---- */

static gx_node *path_behind(gx_parser *parser, gx_node *of, size_t start)
{
    gx_text name, known;
    if (!gx_lex_skip(parser))
        return NULL;
    size_t at = parser->at;
    size_t size = gx_lex_known_member(parser, &known);
    bool has_words = gx_lex_words(parser, &name);
    if (size > parser->at - at) {
        parser->at = at + size;
        name = known;
    } else if (size > 0 && has_words && size < parser->at - at) {
        parser->at = at + size; /* longest known name; words behind it are something else */
        name = known;
    } else if (!has_words) {
        return gx_parse_expected(parser, "a member name");
    }
    gx_node *node = new_node(parser, GX_NODE_PATH, start);
    node->a = of;
    node->text = name;
    return node;
}

static gx_node *filter_behind(gx_parser *parser, gx_node *of, size_t start)
{
    uint32_t visible = parser->local.count;
    gx_scope_add(parser->arena, &parser->local, GX_TEXT("item"));
    parser->filters++;
    gx_node *condition = expression(parser);
    parser->filters--;
    parser->local.count = visible;
    if (!condition || !gx_parse_need_mark(parser, "]"))
        return NULL;
    gx_node *node = new_node(parser, GX_NODE_FILTER, start);
    node->a = of;
    node->b = condition;
    return node;
}

/* Whether `name :` stands here, as in a call with named arguments. */
static bool argument_name(gx_parser *parser, gx_text *name)
{
    size_t start = parser->at;
    if (gx_lex_begins_name(parser) && gx_lex_defined(parser, ":,()[]{}\"", name) && gx_lex_skip(parser) &&
        gx_lex_mark(parser, ":"))
        return true;
    parser->at = start;
    return false;
}

static gx_node *call_behind(gx_parser *parser, gx_node *of, size_t start)
{
    node_list arguments = {0};
    bool is_named = false;
    if (!gx_lex_skip(parser))
        return NULL;
    if (!gx_lex_mark(parser, ")")) {
        do {
            gx_text name = {0};
            if (!gx_lex_skip(parser))
                return NULL;
            size_t place = parser->at;
            bool has_name = argument_name(parser, &name);
            if (arguments.count == 0)
                is_named = has_name;
            else if (has_name != is_named) {
                parser->at = place;
                return gx_parse_expected(parser, is_named ? "a named argument" : "an argument without name");
            }
            gx_node *argument = single_test(parser);
            if (!argument)
                return NULL;
            append(parser, &arguments, argument, name, is_named);
        } while (gx_parse_skip_mark(parser, ","));
        if (!gx_parse_need_mark(parser, ")"))
            return NULL;
    }
    gx_node *node = new_node(parser, GX_NODE_CALL, start);
    node->a = of;
    return with_items(node, &arguments);
}

static bool is_literal(const gx_node *node)
{
    return node->kind == GX_NODE_CONSTANT;
}

/* A `[` behind `of`: its filter, or NULL without failure where the bracket closes the range that is being
 * read (`[1..10[`). Behind a literal it closes; behind anything else a filter is tried, and what does not
 * parse as one was the end. */
static gx_node *filter_or_close(gx_parser *parser, gx_node *of)
{
    enum { TRIALS_MOST = 32 };
    size_t start = parser->at;
    if (!parser->range_depth) {
        parser->at++;
        return filter_behind(parser, of, start);
    }
    if (is_literal(of) || ++parser->trials > TRIALS_MOST)
        return NULL;
    gx_parser before = *parser;
    parser->error = NULL;
    parser->at++;
    gx_node *filter = filter_behind(parser, of, start);
    if (filter) {
        parser->error = before.error;
        return filter;
    }
    uint32_t trials = parser->trials;
    *parser = before; /* names that were added lie behind the counts and are overwritten */
    parser->trials = trials;
    return NULL;
}

static gx_node *postfix(gx_parser *parser)
{
    gx_node *node = primary(parser);
    while (node && gx_lex_skip(parser)) {
        size_t start = parser->at;
        if (gx_lex_sees(parser, "..")) {
            break;
        } else if (gx_lex_sees(parser, "[")) {
            gx_node *filter = filter_or_close(parser, node);
            if (!filter)
                break;
            node = filter;
        } else if (gx_lex_mark(parser, ".")) {
            node = path_behind(parser, node, start);
        } else if (gx_lex_mark(parser, "(")) {
            node = call_behind(parser, node, start);
        } else {
            break;
        }
    }
    return parser->has_failed ? NULL : node;
}

/* ---- Operators ---- */

static gx_node *instance_of(gx_parser *parser)
{
    gx_node *node = postfix(parser);
    while (node && gx_lex_skip(parser)) {
        size_t start = parser->at;
        if (!gx_lex_word(parser, "instance"))
            break;
        if (!need_word(parser, "of"))
            return NULL;
        const gx_type *wanted = gx_parse_type(parser);
        if (!wanted)
            return NULL;
        gx_node *test = new_node(parser, GX_NODE_INSTANCE, start);
        test->a = node;
        test->type = wanted;
        node = test;
    }
    return parser->has_failed ? NULL : node;
}

static gx_node *unary_body(gx_parser *parser)
{
    if (parser->pending)
        return instance_of(parser);
    if (!gx_lex_skip(parser))
        return NULL;
    size_t start = parser->at;
    if (!gx_lex_mark(parser, "-"))
        return instance_of(parser);
    if (!gx_parse_enter(parser))
        return NULL;
    gx_node *operand = unary_body(parser);
    parser->depth--;
    if (!operand)
        return NULL;
    gx_node *node = new_node(parser, GX_NODE_NEGATE, start);
    node->a = operand;
    node->is_constant = operand->is_constant;
    return node;
}

static gx_node *power(gx_parser *parser)
{
    gx_node *node = unary_body(parser);
    while (node && gx_lex_skip(parser)) {
        size_t start = parser->at;
        if (!gx_lex_mark(parser, "**"))
            break;
        node = new_pair(parser, GX_NODE_BINARY, '^', start, node, unary_body(parser));
    }
    return parser->has_failed ? NULL : node;
}

static gx_node *multiplicative(gx_parser *parser)
{
    gx_node *node = power(parser);
    while (node && gx_lex_skip(parser)) {
        size_t start = parser->at;
        char op = gx_lex_mark(parser, "*") ? '*' : gx_lex_mark(parser, "/") ? '/' : '\0';
        if (!op)
            break;
        node = new_pair(parser, GX_NODE_BINARY, op, start, node, power(parser));
    }
    return parser->has_failed ? NULL : node;
}

static gx_node *additive(gx_parser *parser)
{
    gx_node *node = multiplicative(parser);
    while (node && gx_lex_skip(parser)) {
        size_t start = parser->at;
        char op = gx_lex_mark(parser, "+") ? '+' : gx_lex_mark(parser, "-") ? '-' : '\0';
        if (!op)
            break;
        node = new_pair(parser, GX_NODE_BINARY, op, start, node, multiplicative(parser));
    }
    return parser->has_failed ? NULL : node;
}

static gx_node *between(gx_parser *parser, gx_node *value, size_t start)
{
    gx_node *node = new_node(parser, GX_NODE_BETWEEN, start);
    node->a = value;
    if (!(node->b = additive(parser)) || !need_word(parser, "and") || !(node->c = additive(parser)))
        return NULL;
    node->is_constant = node->a->is_constant && node->b->is_constant && node->c->is_constant;
    return node;
}

/* Behind `in` and a parenthesis: several tests. One alone was the beginning of an expression or a range: it
 * becomes the pending primary, for reading it again would double the work at each level of nesting. */
static bool tests_in_parentheses(gx_parser *parser, node_list *tests, size_t place)
{
    gx_node *test = single_test(parser);
    if (!test || !gx_lex_skip(parser))
        return false;
    if (!gx_lex_sees(parser, ",")) {
        if (test->kind != GX_NODE_TEST && gx_lex_mark(parser, ".."))
            test = range_behind(parser, test, false, place);
        else if (!gx_parse_need_mark(parser, ")"))
            return false;
        parser->pending = test;
        return test != NULL;
    }
    append(parser, tests, test, (gx_text){0}, false);
    while (gx_parse_skip_mark(parser, ",")) {
        if (!(test = single_test(parser)))
            return false;
        append(parser, tests, test, (gx_text){0}, false);
    }
    return gx_parse_need_mark(parser, ")");
}

static gx_node *in_tests(gx_parser *parser, gx_node *value, size_t start)
{
    gx_node *node = new_node(parser, GX_NODE_IN, start);
    node_list tests = {0};
    node->a = value;
    if (!gx_lex_skip(parser))
        return NULL;
    size_t place = parser->at;
    if (gx_lex_mark(parser, "(") && !tests_in_parentheses(parser, &tests, place))
        return NULL;
    if (tests.count == 0) {
        char op = parser->pending ? '\0' : comparison(parser);
        gx_node *test = op ? test_behind(parser, op, place) : additive(parser);
        if (!test)
            return NULL;
        append(parser, &tests, test, (gx_text){0}, false);
    }
    node->is_constant = value->is_constant && all_constant(&tests);
    return with_items(node, &tests);
}

static gx_node *compared(gx_parser *parser)
{
    gx_node *node = additive(parser);
    while (node && gx_lex_skip(parser)) {
        size_t start = parser->at;
        char op = comparison(parser);
        if (op)
            node = new_pair(parser, GX_NODE_COMPARE, op, start, node, additive(parser));
        else if (gx_lex_word(parser, "between"))
            node = between(parser, node, start);
        else if (gx_lex_word(parser, "in"))
            node = in_tests(parser, node, start);
        else
            break;
    }
    return parser->has_failed ? NULL : node;
}

static gx_node *conjunction(gx_parser *parser)
{
    gx_node *node = compared(parser);
    while (node && gx_lex_skip(parser)) {
        size_t start = parser->at;
        if (!gx_lex_word(parser, "and"))
            break;
        node = new_pair(parser, GX_NODE_AND, 0, start, node, compared(parser));
    }
    return parser->has_failed ? NULL : node;
}

static gx_node *disjunction(gx_parser *parser)
{
    gx_node *node = conjunction(parser);
    while (node && gx_lex_skip(parser)) {
        size_t start = parser->at;
        if (!gx_lex_word(parser, "or"))
            break;
        node = new_pair(parser, GX_NODE_OR, 0, start, node, conjunction(parser));
    }
    return parser->has_failed ? NULL : node;
}

static gx_node *expression(gx_parser *parser)
{
    uint32_t range_depth = parser->range_depth;
    if (!gx_parse_enter(parser))
        return NULL;
    parser->range_depth = 0;
    gx_node *node = disjunction(parser);
    parser->range_depth = range_depth;
    parser->depth--;
    return node;
}

/* A test standing alone (`< 5`) or an expression. */
static gx_node *single_test(gx_parser *parser)
{
    if (!gx_lex_skip(parser))
        return NULL;
    size_t start = parser->at;
    char op = comparison(parser);
    return op ? test_behind(parser, op, start) : expression(parser);
}

static gx_node *list_of_tests(gx_parser *parser, size_t start)
{
    gx_node *node = new_node(parser, GX_NODE_TESTS, start);
    node_list tests = {0};
    do {
        gx_node *test = single_test(parser);
        if (!test)
            return NULL;
        append(parser, &tests, test, (gx_text){0}, false);
    } while (gx_parse_skip_mark(parser, ","));
    return parser->has_failed ? NULL : with_items(node, &tests);
}

static bool is_at_end(gx_parser *parser)
{
    return gx_lex_skip(parser) && parser->at == parser->source.size;
}

static gx_node *unary_tests(gx_parser *parser)
{
    if (!gx_lex_skip(parser))
        return NULL;
    size_t start = parser->at;
    if (gx_lex_mark(parser, "-") && is_at_end(parser))
        return new_node(parser, GX_NODE_DASH, start);
    parser->at = start;
    if (gx_lex_word(parser, "not") && gx_parse_skip_mark(parser, "(")) {
        gx_node *node = list_of_tests(parser, start);
        if (!node)
            return NULL;
        if (gx_parse_skip_mark(parser, ")") && is_at_end(parser)) {
            node->op = 1;
            return node;
        }
        if (parser->has_failed)
            return NULL; /* otherwise `not(a) and b`: an expression */
    }
    parser->at = start;
    return list_of_tests(parser, start);
}

static bool is_readable(gx_parser *parser)
{
    char figure[24];
    if (parser->source.size > GX_LIMIT_FEEL_SOURCE)
        return gx_parse_fail(parser, 0, "feel.size", gx_error_int(figure, (int64_t)GX_LIMIT_FEEL_SOURCE),
                             GX_TEXT(""));
    if (!gx_utf8_is_valid(parser->source))
        return gx_parse_fail(parser, 0, "feel.utf8", GX_TEXT(""), GX_TEXT(""));
    return true;
}

gx_node *gx_feel_parse(gx_parser *parser)
{
    if (!is_readable(parser))
        return NULL;
    gx_node *node = parser->options->kind == GX_FEEL_UNARY_TESTS ? unary_tests(parser) : single_test(parser);
    if (!node || !gx_lex_skip(parser))
        return NULL;
    if (parser->at < parser->source.size)
        return gx_parse_expected(parser, "the end");
    return node;
}

const gx_type *gx_feel_parse_type(gx_parser *parser)
{
    if (!is_readable(parser))
        return NULL;
    const gx_type *parsed = gx_parse_type(parser);
    if (!parsed || !gx_lex_skip(parser))
        return NULL;
    if (parser->at < parser->source.size)
        return (const gx_type *)(void *)gx_parse_expected(parser, "the end");
    return parsed;
}

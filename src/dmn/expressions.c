/* Boxed expressions (DMN 1.5, 10.2), compiled on the scope they stand in. */
#include "dmn/model.h"

#include <string.h>

/* ---- Scopes ---- */

void gx_dmn_scope_add(gx_dmn_reader *reader, gx_dmn_scope *scope, gx_text name)
{
    if (scope->count == scope->capacity) {
        uint32_t capacity = scope->capacity ? scope->capacity * 2 : 16;
        gx_text *names = GX_NEW_ARRAY(reader->arena, gx_text, capacity);
        if (scope->count)
            memcpy(names, scope->names, scope->count * sizeof *names);
        scope->names = names;
        scope->capacity = capacity;
    }
    scope->names[scope->count++] = name;
    scope->snapshot = NULL;
    if (scope->count > scope->most)
        scope->most = scope->count;
}

void gx_dmn_scope_cut(gx_dmn_scope *scope, uint32_t count)
{
    if (scope->count != count)
        scope->snapshot = NULL;
    scope->count = count;
}

static const gx_text *snapshot(gx_dmn_reader *reader, gx_dmn_scope *scope)
{
    if (!scope->snapshot) {
        scope->snapshot =
            scope->count ? gx_copy_bytes(reader->arena, scope->names, scope->count * sizeof(gx_text)) : NULL;
        scope->snapshot_count = scope->count;
    }
    return scope->snapshot;
}

/* ---- FEEL ---- */

static const gx_type *find_type(void *context, gx_text name)
{
    return gx_dmn_type_named(context, name);
}

/* Where the content of `<text>` begins; exact when the tag has no attributes. */
static gx_place content_place(const gx_dmn_reader *reader, const gx_xml *text)
{
    gx_place place = gx_xml_place(text, reader->dmn->path);
    place.column += (int32_t)(text->name.size + (text->prefix.size ? text->prefix.size + 1 : 0) + 2);
    return place;
}

/* Other expression languages (JUEL, Groovy) are refused where they stand; FEEL has a URI per version, and
 * tools write its name. */
static bool is_feel(gx_dmn_reader *reader, const gx_xml *holder)
{
    gx_text language = gx_xml_attribute_of(holder, "expressionLanguage");
    if (!language.size)
        language = gx_xml_attribute_of(reader->root, "expressionLanguage");
    if (!language.size || gx_text_find(language, GX_TEXT("FEEL")) >= 0 ||
        gx_text_find(language, GX_TEXT("feel")) >= 0)
        return true;
    gx_dmn_report(reader, GX_SEVERITY_ERROR, holder, "dmn.language", language);
    return false;
}

const gx_feel *gx_dmn_feel_read(gx_dmn_reader *reader, gx_dmn_scope *scope, const gx_xml *holder,
                                gx_feel_source_kind kind)
{
    const gx_xml *text = gx_xml_child(holder, NULL, "text");
    if (!text || !is_feel(reader, holder))
        return NULL;
    gx_text source = gx_xml_content(reader->work, text);
    if (gx_text_trim(source).size == 0) {
        if (kind == GX_FEEL_EXPRESSION)
            return NULL;
        source = GX_TEXT("-"); /* an empty cell is "any" */
    }
    const gx_feel *known = reader->constants ? gx_map_get(&reader->constants[kind], source) : NULL;
    if (known)
        return known;
    const gx_text *names = snapshot(reader, scope);
    gx_feel_options options = {.kind = kind,
                               .names = names,
                               .name_count = scope->count,
                               .members = reader->members,
                               .member_count = reader->member_count,
                               .is_closed = true,
                               .has_item = scope->count > 0 && scope->item_count == scope->count,
                               .place = content_place(reader, text),
                               .functions = reader->world->functions,
                               .function_count = reader->world->function_count,
                               .find_type = find_type,
                               .find_type_context = reader->dmn,
                               .find_external = reader->world->find_external,
                               .find_external_context = reader->world->find_external_context};
    gx_error error = {0};
    const gx_feel *feel = gx_feel_compile(reader->arena, source, &options, &error);
    if (!feel)
        gx_findings_add(reader->findings, GX_SEVERITY_ERROR, &error);
    else if (reader->constants && (gx_feel_constant(feel, NULL) || gx_feel_constant_tests(feel)))
        gx_map_put(&reader->constants[kind], source, (void *)(uintptr_t)feel);
    return feel;
}

/* ---- Expressions ---- */

static gx_dmn_expression *new_expression(gx_dmn_reader *reader, gx_dmn_scope *scope, const gx_xml *node,
                                         gx_dmn_expression_kind kind)
{
    gx_dmn_expression *e = GX_NEW(reader->arena, gx_dmn_expression);
    e->kind = kind;
    e->element = scope->element;
    if (node) {
        e->type = gx_dmn_type_of(reader, node);
        e->id = gx_dmn_attribute(reader, node, "id");
        e->line = node->line;
        e->column = node->column;
    }
    return e;
}

static uint32_t count_children(const gx_xml *node, const char *name)
{
    uint32_t count = 0;
    for (const gx_xml *c = gx_xml_child(node, NULL, name); c; c = gx_xml_next(c, NULL, name))
        count++;
    return count;
}

static gx_text variable_name(gx_dmn_reader *reader, const gx_xml *holder, const char *element)
{
    const gx_xml *variable = gx_xml_child(holder, NULL, element);
    return variable ? gx_dmn_attribute(reader, variable, "name") : GX_TEXT("");
}

static gx_dmn_expression *read_literal(gx_dmn_reader *reader, gx_dmn_scope *scope, const gx_xml *node)
{
    gx_dmn_expression *e = new_expression(reader, scope, node, GX_DMN_LITERAL);
    e->feel = gx_dmn_feel_read(reader, scope, node, GX_FEEL_EXPRESSION);
    if (!e->feel)
        e->kind = GX_DMN_NOTHING;
    return e;
}

static gx_dmn_expression *read_context(gx_dmn_reader *reader, gx_dmn_scope *scope, const gx_xml *node)
{
    gx_dmn_expression *e = new_expression(reader, scope, node, GX_DMN_CONTEXT);
    uint32_t visible = scope->count, count = count_children(node, "contextEntry"), i = 0;
    e->names = GX_NEW_ARRAY(reader->arena, gx_text, count);
    e->types = GX_NEW_ARRAY(reader->arena, const gx_type *, count);
    e->items = GX_NEW_ARRAY(reader->arena, gx_dmn_expression *, count);
    e->count = e->item_count = count;
    e->slot = visible;
    for (const gx_xml *entry = gx_xml_child(node, NULL, "contextEntry"); entry;
         entry = gx_xml_next(entry, NULL, "contextEntry"), i++) {
        e->names[i] = variable_name(reader, entry, "variable");
        e->types[i] = gx_dmn_type_of(reader, gx_xml_child(entry, NULL, "variable"));
        gx_dmn_members_add(reader, e->names[i]);
        bool is_function = gx_xml_child(entry, NULL, "functionDefinition") != NULL;
        if (is_function) /* a function may call itself */
            gx_dmn_scope_add(reader, scope, e->names[i]);
        e->items[i] = gx_dmn_expression_in(reader, scope, entry);
        if (!is_function) /* unnamed results take a slot too, so that entry i lies in slot + i */
            gx_dmn_scope_add(reader, scope, e->names[i]);
    }
    gx_dmn_scope_cut(scope, visible);
    return e;
}

static gx_dmn_expression *read_list(gx_dmn_reader *reader, gx_dmn_scope *scope, const gx_xml *node)
{
    gx_dmn_expression *e = new_expression(reader, scope, node, GX_DMN_LIST);
    uint32_t count = 0;
    for (const gx_xml *c = node->first; c; c = c->next)
        count += c->kind == GX_XML_ELEMENT;
    e->items = GX_NEW_ARRAY(reader->arena, gx_dmn_expression *, count);
    for (const gx_xml *c = node->first; c; c = c->next) {
        gx_dmn_expression *item = c->kind == GX_XML_ELEMENT ? gx_dmn_expression_read(reader, scope, c) : NULL;
        if (item)
            e->items[e->item_count++] = item;
    }
    return e;
}

static gx_dmn_expression *read_relation(gx_dmn_reader *reader, gx_dmn_scope *scope, const gx_xml *node)
{
    gx_dmn_expression *e = new_expression(reader, scope, node, GX_DMN_RELATION);
    uint32_t rows = count_children(node, "row"), i = 0, row_number = 0;
    e->count = count_children(node, "column");
    e->names = GX_NEW_ARRAY(reader->arena, gx_text, e->count);
    e->types = GX_NEW_ARRAY(reader->arena, const gx_type *, e->count);
    e->items = gx_alloc_array(reader->arena, rows, (e->count ? e->count : 1) * sizeof(gx_dmn_expression *));
    e->item_count = rows * e->count;
    for (const gx_xml *column = gx_xml_child(node, NULL, "column"); column;
         column = gx_xml_next(column, NULL, "column"), i++) {
        e->names[i] = gx_dmn_attribute(reader, column, "name");
        e->types[i] = gx_dmn_type_of(reader, column);
        gx_dmn_members_add(reader, e->names[i]);
    }
    for (const gx_xml *row = gx_xml_child(node, NULL, "row"); row;
         row = gx_xml_next(row, NULL, "row"), row_number++) {
        i = 0;
        for (const gx_xml *c = row->first; c && i < e->count; c = c->next) {
            gx_dmn_expression *cell =
                c->kind == GX_XML_ELEMENT ? gx_dmn_expression_read(reader, scope, c) : NULL;
            if (cell)
                e->items[row_number * e->count + i++] = cell;
        }
    }
    return e;
}

static gx_dmn_expression *read_invocation(gx_dmn_reader *reader, gx_dmn_scope *scope, const gx_xml *node)
{
    gx_dmn_expression *e = new_expression(reader, scope, node, GX_DMN_INVOCATION);
    uint32_t i = 0;
    e->count = count_children(node, "binding");
    e->names = GX_NEW_ARRAY(reader->arena, gx_text, e->count);
    e->items = GX_NEW_ARRAY(reader->arena, gx_dmn_expression *, e->count + 1);
    e->item_count = e->count + 1;
    for (const gx_xml *b = gx_xml_child(node, NULL, "binding"); b; b = gx_xml_next(b, NULL, "binding"), i++) {
        e->names[i] = variable_name(reader, b, "parameter");
        e->items[i] = gx_dmn_expression_in(reader, scope, b);
    }
    e->items[i] = gx_dmn_expression_in(reader, scope, node);
    return e;
}

/* The mapping of a function that is not FEEL, `{java: {class: ..., method signature: ...}}`, from its boxed
 * context. */
static gx_value external_mapping(gx_dmn_reader *reader, const gx_xml *body, gx_text kind)
{
    gx_context_builder fields = gx_context_begin(reader->arena, 4);
    gx_context_builder outer = gx_context_begin(reader->arena, 1);
    for (const gx_xml *entry = body ? gx_xml_child(body, NULL, "contextEntry") : NULL; entry;
         entry = gx_xml_next(entry, NULL, "contextEntry")) {
        gx_dmn_scope nothing = {0};
        gx_value value;
        const gx_xml *literal = gx_xml_child(entry, NULL, "literalExpression");
        const gx_feel *feel =
            literal ? gx_dmn_feel_read(reader, &nothing, literal, GX_FEEL_EXPRESSION) : NULL;
        if (feel && gx_feel_constant(feel, &value))
            gx_context_set(&fields, variable_name(reader, entry, "variable"), value);
    }
    gx_context_set(&outer, gx_text_equal(kind, GX_TEXT("Java")) ? GX_TEXT("java") : GX_TEXT("pmml"),
                   gx_context_end(&fields));
    return gx_context_end(&outer);
}

gx_dmn_expression *gx_dmn_function_read(gx_dmn_reader *reader, gx_dmn_scope *scope, const gx_xml *node)
{
    gx_dmn_expression *e = new_expression(reader, scope, node, GX_DMN_FUNCTION);
    uint32_t visible = scope->count, i = 0;
    gx_text kind = gx_xml_attribute_of(node, "kind");
    bool is_feel = !kind.size || gx_text_equal(kind, GX_TEXT("FEEL")) || gx_text_equal(kind, GX_TEXT("F"));
    e->count = count_children(node, "formalParameter");
    e->names = GX_NEW_ARRAY(reader->arena, gx_text, e->count);
    e->types = GX_NEW_ARRAY(reader->arena, const gx_type *, e->count);
    e->items = GX_NEW_ARRAY(reader->arena, gx_dmn_expression *, 1);
    e->item_count = 1;
    e->slot = visible;
    for (const gx_xml *p = gx_xml_child(node, NULL, "formalParameter"); p;
         p = gx_xml_next(p, NULL, "formalParameter"), i++) {
        e->names[i] = gx_dmn_attribute(reader, p, "name");
        e->types[i] = gx_dmn_type_of(reader, p);
        gx_dmn_scope_add(reader, scope, e->names[i]);
    }
    if (is_feel) {
        e->items[0] = gx_dmn_expression_in(reader, scope, node);
    } else {
        e->items[0] = new_expression(reader, scope, NULL, GX_DMN_NOTHING);
        if (reader->world->find_external)
            e->external = reader->world->find_external(
                reader->world->find_external_context, reader->arena,
                external_mapping(reader, gx_xml_child(node, NULL, "context"), kind), e->count);
    }
    gx_dmn_scope_cut(scope, visible);
    return e;
}

static gx_dmn_expression *child_expression(gx_dmn_reader *reader, gx_dmn_scope *scope, const gx_xml *node,
                                           const char *name)
{
    const gx_xml *child = gx_xml_child(node, NULL, name);
    return child ? gx_dmn_expression_in(reader, scope, child)
                 : new_expression(reader, scope, NULL, GX_DMN_NOTHING);
}

static gx_dmn_expression *read_conditional(gx_dmn_reader *reader, gx_dmn_scope *scope, const gx_xml *node)
{
    gx_dmn_expression *e = new_expression(reader, scope, node, GX_DMN_CONDITIONAL);
    e->items = GX_NEW_ARRAY(reader->arena, gx_dmn_expression *, 3);
    e->item_count = 3;
    e->items[0] = child_expression(reader, scope, node, "if");
    e->items[1] = child_expression(reader, scope, node, "then");
    e->items[2] = child_expression(reader, scope, node, "else");
    return e;
}

/* In a filter's condition `item` is visible, and in FEEL the members of the item too. */
static gx_dmn_expression *read_filter(gx_dmn_reader *reader, gx_dmn_scope *scope, const gx_xml *node)
{
    gx_dmn_expression *e = new_expression(reader, scope, node, GX_DMN_FILTER);
    uint32_t visible = scope->count;
    e->items = GX_NEW_ARRAY(reader->arena, gx_dmn_expression *, 2);
    e->item_count = 2;
    e->slot = visible;
    e->items[0] = child_expression(reader, scope, node, "in");
    gx_dmn_scope_add(reader, scope, GX_TEXT("item"));
    scope->item_count = scope->count;
    e->items[1] = child_expression(reader, scope, node, "match");
    scope->item_count = 0;
    gx_dmn_scope_cut(scope, visible);
    return e;
}

static gx_dmn_expression *read_iteration(gx_dmn_reader *reader, gx_dmn_scope *scope, const gx_xml *node,
                                         gx_dmn_expression_kind kind)
{
    gx_dmn_expression *e = new_expression(reader, scope, node, kind);
    uint32_t visible = scope->count;
    gx_text name = gx_dmn_attribute(reader, node, "iteratorVariable");
    e->items = GX_NEW_ARRAY(reader->arena, gx_dmn_expression *, 2);
    e->item_count = 2;
    e->slot = visible;
    e->items[0] = child_expression(reader, scope, node, "in");
    gx_dmn_scope_add(reader, scope, name);
    if (kind == GX_DMN_FOR)
        gx_dmn_scope_add(reader, scope, GX_TEXT("partial"));
    e->items[1] = child_expression(reader, scope, node, kind == GX_DMN_FOR ? "return" : "satisfies");
    gx_dmn_scope_cut(scope, visible);
    return e;
}

static gx_dmn_expression *read_table(gx_dmn_reader *reader, gx_dmn_scope *scope, const gx_xml *node)
{
    gx_dmn_expression *e = new_expression(reader, scope, node, GX_DMN_TABLE);
    e->table = gx_dmn_table_read(reader, scope, node);
    return e;
}

static gx_dmn_expression *read_body(gx_dmn_reader *reader, gx_dmn_scope *scope, const gx_xml *node)
{
    gx_text name = node->name;
    if (gx_text_equal(name, GX_TEXT("literalExpression")))
        return read_literal(reader, scope, node);
    if (gx_text_equal(name, GX_TEXT("decisionTable")))
        return read_table(reader, scope, node);
    if (gx_text_equal(name, GX_TEXT("context")))
        return read_context(reader, scope, node);
    if (gx_text_equal(name, GX_TEXT("list")))
        return read_list(reader, scope, node);
    if (gx_text_equal(name, GX_TEXT("relation")))
        return read_relation(reader, scope, node);
    if (gx_text_equal(name, GX_TEXT("invocation")))
        return read_invocation(reader, scope, node);
    if (gx_text_equal(name, GX_TEXT("functionDefinition")))
        return gx_dmn_function_read(reader, scope, node);
    if (gx_text_equal(name, GX_TEXT("conditional")))
        return read_conditional(reader, scope, node);
    if (gx_text_equal(name, GX_TEXT("filter")))
        return read_filter(reader, scope, node);
    if (gx_text_equal(name, GX_TEXT("for")))
        return read_iteration(reader, scope, node, GX_DMN_FOR);
    if (gx_text_equal(name, GX_TEXT("some")))
        return read_iteration(reader, scope, node, GX_DMN_SOME);
    if (gx_text_equal(name, GX_TEXT("every")))
        return read_iteration(reader, scope, node, GX_DMN_EVERY);
    return NULL;
}

gx_dmn_expression *gx_dmn_expression_read(gx_dmn_reader *reader, gx_dmn_scope *scope, const gx_xml *node)
{
    if (++reader->depth > GX_LIMIT_XML_DEPTH) {
        reader->depth--;
        return NULL;
    }
    gx_dmn_expression *e = read_body(reader, scope, node);
    reader->depth--;
    return e;
}

gx_dmn_expression *gx_dmn_expression_in(gx_dmn_reader *reader, gx_dmn_scope *scope, const gx_xml *parent)
{
    for (const gx_xml *c = parent->first; c; c = c->next) {
        gx_dmn_expression *e = c->kind == GX_XML_ELEMENT ? gx_dmn_expression_read(reader, scope, c) : NULL;
        if (e)
            return e;
    }
    return new_expression(reader, scope, NULL, GX_DMN_NOTHING);
}

/* Item definitions as types (DMN 1.5, 7.3.3). They may stand in any order and refer to each other; a type
 * that refers to itself through a component is allowed, one that is its own base is not. */
#include "dmn/model.h"

typedef struct definition {
    gx_type type;
    const gx_xml *node; /* NULL once read */
    bool is_running;
} definition;

static const gx_type *read_definition(gx_dmn_reader *reader, definition *d);

/* The name behind a prefix: "feel:string" of DMN 1.1 is "string". */
static gx_text local_name(gx_text name)
{
    for (size_t i = name.size; i-- > 0;)
        if (name.bytes[i] == ':')
            return gx_text_slice(name, i + 1, name.size);
    return name;
}

const gx_type *gx_dmn_type_named(const gx_dmn *dmn, gx_text name)
{
    const definition *own = gx_map_get(&dmn->types, name);
    if (own)
        return &own->type;
    for (uint32_t i = 0; i < dmn->import_count; i++) {
        gx_text prefix = dmn->imports[i].name;
        if (dmn->imports[i].model && name.size > prefix.size + 1 && gx_text_starts_with(name, prefix) &&
            name.bytes[prefix.size] == '.')
            return gx_dmn_type_named(dmn->imports[i].model, gx_text_slice(name, prefix.size + 1, name.size));
    }
    return NULL;
}

/* An own type that is not read yet is read now. */
static const gx_type *find_type(gx_dmn_reader *reader, gx_text spelled, const gx_xml *node, bool as_base)
{
    gx_text name = gx_text_trim(spelled);
    definition *own = gx_map_get(&reader->dmn->types, name);
    if (!own)
        own = gx_map_get(&reader->dmn->types, local_name(name));
    if (own) {
        if (as_base && own->is_running) {
            gx_dmn_report(reader, GX_SEVERITY_ERROR, node, "dmn.type.cycle", name);
            return NULL;
        }
        return as_base ? read_definition(reader, own) : &own->type;
    }
    const gx_type *found = gx_dmn_type_named(reader->dmn, name);
    if (!found)
        found = gx_type_simple(local_name(name));
    if (!found)
        gx_dmn_report(reader, GX_SEVERITY_ERROR, node, "dmn.type.unknown", name);
    return found && found->kind == GX_TYPE_ANY ? NULL : found;
}

static gx_text type_reference(gx_dmn_reader *reader, const gx_xml *node)
{
    gx_text name = gx_xml_attribute_of(node, "typeRef");
    if (name.bytes)
        return name;
    const gx_xml *element = gx_xml_child(node, NULL, "typeRef");
    return element ? gx_text_trim(gx_xml_content(reader->work, element)) : (gx_text){NULL, 0};
}

const gx_type *gx_dmn_type_of(gx_dmn_reader *reader, const gx_xml *node)
{
    gx_text name = node ? type_reference(reader, node) : (gx_text){NULL, 0};
    return name.size ? find_type(reader, name, node, false) : NULL;
}

static const gx_feel *read_tests(gx_dmn_reader *reader, const gx_xml *node, const char *name)
{
    gx_dmn_scope nothing = {0};
    const gx_xml *holder = gx_xml_child(node, NULL, name);
    return holder ? gx_dmn_feel_read(reader, &nothing, holder, GX_FEEL_UNARY_TESTS) : NULL;
}

static void read_fields(gx_dmn_reader *reader, const gx_xml *node, gx_type *type)
{
    uint32_t count = 0;
    for (const gx_xml *c = gx_xml_child(node, NULL, "itemComponent"); c;
         c = gx_xml_next(c, NULL, "itemComponent"))
        count++;
    gx_type_field *fields = GX_NEW_ARRAY(reader->arena, gx_type_field, count);
    definition *inner = GX_NEW_ARRAY(reader->arena, definition, count);
    type->kind = GX_TYPE_CONTEXT;
    type->fields = fields;
    type->count = count;
    uint32_t i = 0;
    for (const gx_xml *c = gx_xml_child(node, NULL, "itemComponent"); c;
         c = gx_xml_next(c, NULL, "itemComponent")) {
        fields[i].name = gx_dmn_attribute(reader, c, "name");
        gx_dmn_members_add(reader, fields[i].name);
        inner[i].node = c;
        fields[i].type = read_definition(reader, &inner[i]);
        i++;
    }
}

static void read_function(gx_dmn_reader *reader, const gx_xml *item, gx_type *type)
{
    uint32_t count = 0;
    for (const gx_xml *p = gx_xml_child(item, NULL, "parameters"); p; p = gx_xml_next(p, NULL, "parameters"))
        count++;
    const gx_type **parameters = GX_NEW_ARRAY(reader->arena, const gx_type *, count);
    type->kind = GX_TYPE_FUNCTION;
    type->parameters = parameters;
    type->count = count;
    uint32_t i = 0;
    for (const gx_xml *p = gx_xml_child(item, NULL, "parameters"); p; p = gx_xml_next(p, NULL, "parameters"))
        parameters[i++] = gx_dmn_type_of(reader, p);
    gx_text result = gx_xml_attribute_of(item, "outputTypeRef");
    type->result = result.size ? find_type(reader, result, item, false) : NULL;
}

/* Adds tests to those that the base has: both must hold. */
static void restrict_type(gx_type *type, const gx_feel *allowed, const gx_feel *constraint)
{
    if (allowed && !type->allowed)
        type->allowed = allowed;
    else if (allowed && !type->constraint)
        type->constraint = allowed;
    if (constraint)
        type->constraint = constraint;
}

static const gx_type *read_definition(gx_dmn_reader *reader, definition *d)
{
    const gx_xml *node = d->node;
    if (!node)
        return &d->type;
    d->node = NULL;
    if (++reader->depth > GX_LIMIT_XML_DEPTH) {
        reader->depth--;
        return &d->type;
    }
    d->is_running = true;
    gx_text name = gx_dmn_attribute(reader, node, "name");
    gx_text base = type_reference(reader, node);
    const gx_xml *function = gx_xml_child(node, NULL, "functionItem");
    gx_type type = {.kind = GX_TYPE_ANY};
    if (gx_xml_child(node, NULL, "itemComponent")) {
        read_fields(reader, node, &type);
    } else if (function) {
        read_function(reader, function, &type);
    } else if (base.size) {
        const gx_type *found = find_type(reader, base, node, true);
        if (found)
            type = *found;
    }
    const gx_feel *allowed = read_tests(reader, node, "allowedValues");
    const gx_feel *constraint = read_tests(reader, node, "typeConstraint");
    gx_text collection = gx_xml_attribute_of(node, "isCollection");
    if (gx_text_equal(collection, GX_TEXT("true")) || gx_text_equal(collection, GX_TEXT("1"))) {
        gx_type *element = GX_NEW(reader->arena, gx_type);
        *element = type;
        type = (gx_type){.kind = GX_TYPE_LIST, .element = element};
    }
    restrict_type(&type, allowed, constraint);
    type.name = name;
    d->type = type;
    d->is_running = false;
    reader->depth--;
    return &d->type;
}

void gx_dmn_types_read(gx_dmn_reader *reader)
{
    gx_dmn *dmn = reader->dmn;
    for (const gx_xml *n = gx_xml_child(reader->root, NULL, "itemDefinition"); n;
         n = gx_xml_next(n, NULL, "itemDefinition")) {
        definition *d = GX_NEW(reader->arena, definition);
        d->node = n;
        d->type.name = gx_dmn_attribute(reader, n, "name");
        if (gx_map_put(&dmn->types, d->type.name, d))
            gx_dmn_report(reader, GX_SEVERITY_ERROR, n, "dmn.name.twice", d->type.name);
    }
    for (uint32_t i = 0; i < dmn->types.count; i++)
        read_definition(reader, dmn->types.entries[i].value);
}

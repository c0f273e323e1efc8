/* Reading a model: elements, their requirements, imports; then types, then expressions. Elements may stand in
 * any order. The namespaces of DMN 1.1 to 1.6 differ, their elements hardly: names are compared without
 * namespace, and what is not known (diagrams, extensions) is passed over. */
#include "dmn/model.h"

#include <string.h>

void gx_dmn_report(gx_dmn_reader *reader, gx_severity severity, const gx_xml *node, const char *code,
                   gx_text part)
{
    gx_error error = {0};
    gx_fail_at(&error, code, gx_xml_place(node, reader->dmn->path), part);
    gx_findings_add(reader->findings, severity, &error);
}

static bool is_plain(gx_text name)
{
    for (size_t i = 0; i < name.size; i++) {
        unsigned char c = (unsigned char)name.bytes[i];
        if (!(c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
              c == '_' || c == ' '))
            return false;
    }
    return true;
}

/* Members that words alone do not spell: with operator characters, or with keywords inside. */
void gx_dmn_members_add(gx_dmn_reader *reader, gx_text name)
{
    if (!name.size || (is_plain(name) && !memchr(name.bytes, ' ', name.size)))
        return;
    for (uint32_t i = 0; i < reader->member_count; i++)
        if (gx_text_equal(reader->members[i], name))
            return;
    if (reader->member_count == reader->member_capacity) {
        uint32_t capacity = reader->member_capacity ? reader->member_capacity * 2 : 16;
        gx_text *members = GX_NEW_ARRAY(reader->arena, gx_text, capacity);
        if (reader->member_count)
            memcpy(members, reader->members, reader->member_count * sizeof *members);
        reader->members = members;
        reader->member_capacity = capacity;
    }
    reader->members[reader->member_count++] = name;
}

static bool is_kind(const gx_xml *node, gx_dmn_kind *kind)
{
    static const struct {
        gx_text name;
        gx_dmn_kind kind;
    } kinds[] = {{GX_TEXT("inputData"), GX_DMN_INPUT},
                 {GX_TEXT("decision"), GX_DMN_DECISION},
                 {GX_TEXT("businessKnowledgeModel"), GX_DMN_KNOWLEDGE},
                 {GX_TEXT("decisionService"), GX_DMN_SERVICE}};
    for (size_t i = 0; i < GX_COUNT_OF(kinds); i++)
        if (node->kind == GX_XML_ELEMENT && gx_text_equal(node->name, kinds[i].name)) {
            *kind = kinds[i].kind;
            return true;
        }
    return false;
}

gx_text gx_dmn_attribute(gx_dmn_reader *reader, const gx_xml *node, const char *name)
{
    gx_text value = gx_xml_attribute_of(node, name);
    return value.bytes ? gx_copy(reader->arena, gx_text_trim(value)) : GX_TEXT("");
}

/* ---- Imports ---- */

static void read_imports(gx_dmn_reader *reader)
{
    gx_dmn *dmn = reader->dmn;
    uint32_t count = 0;
    for (const gx_xml *n = gx_xml_child(reader->root, NULL, "import"); n; n = gx_xml_next(n, NULL, "import"))
        count++;
    dmn->imports = gx_alloc_array(reader->arena, count, sizeof *dmn->imports);
    for (const gx_xml *n = gx_xml_child(reader->root, NULL, "import"); n;
         n = gx_xml_next(n, NULL, "import")) {
        gx_text ns = gx_dmn_attribute(reader, n, "namespace");
        const gx_dmn *model = NULL;
        if (gx_text_find(gx_dmn_attribute(reader, n, "importType"), GX_TEXT("DMN")) < 0)
            continue; /* XML Schema, PMML: nothing to evaluate */
        if (reader->world->import)
            model = reader->world->import(reader->world->import_context, ns,
                                          gx_dmn_attribute(reader, n, "locationURI"));
        if (!model)
            gx_dmn_report(reader, GX_SEVERITY_ERROR, n, "dmn.import", ns);
        dmn->imports[dmn->import_count].name = gx_dmn_attribute(reader, n, "name");
        dmn->imports[dmn->import_count++].model = model;
    }
}

static void reach(gx_dmn_reader *reader, const gx_dmn *model)
{
    gx_dmn *dmn = reader->dmn;
    for (uint32_t i = 0; i < dmn->reached_count; i++)
        if (dmn->reached[i] == model)
            return;
    const gx_dmn **reached = GX_NEW_ARRAY(reader->arena, const gx_dmn *, dmn->reached_count + 1);
    uint32_t *bases = GX_NEW_ARRAY(reader->arena, uint32_t, dmn->reached_count + 1);
    if (dmn->reached_count) {
        memcpy(reached, dmn->reached, dmn->reached_count * sizeof *reached);
        memcpy(bases, dmn->bases, dmn->reached_count * sizeof *bases);
    }
    reached[dmn->reached_count] = model;
    bases[dmn->reached_count] = dmn->total_count;
    dmn->reached = reached;
    dmn->bases = bases;
    dmn->reached_count++;
    dmn->total_count += model->element_count;
    for (uint32_t i = 0; i < model->import_count; i++)
        if (model->imports[i].model)
            reach(reader, model->imports[i].model);
}

/* ---- Elements ---- */

static void list_elements(gx_dmn_reader *reader, const gx_xml **nodes)
{
    gx_dmn *dmn = reader->dmn;
    gx_dmn_kind kind;
    for (const gx_xml *n = reader->root->first; n; n = n->next) {
        if (!is_kind(n, &kind))
            continue;
        gx_dmn_element *e = &dmn->elements[dmn->element_count];
        const gx_xml *variable = gx_xml_child(n, NULL, "variable");
        nodes[dmn->element_count] = n;
        *e = (gx_dmn_element){.kind = kind,
                              .index = dmn->element_count++,
                              .model = dmn,
                              .id = gx_dmn_attribute(reader, n, "id"),
                              .name = gx_dmn_attribute(reader, n, "name"),
                              .line = n->line,
                              .column = n->column};
        e->name_hash = gx_name_hash(e->name);
        e->variable = variable && gx_dmn_attribute(reader, variable, "name").size
                          ? gx_dmn_attribute(reader, variable, "name")
                          : e->name;
        if (e->id.size && gx_map_put(&reader->ids, e->id, e))
            gx_dmn_report(reader, GX_SEVERITY_ERROR, n, "dmn.name.twice", e->id);
        gx_dmn_members_add(reader, e->name);
    }
}

/* "#id" or "namespace#id"; *import_name is empty for an element of this model. */
static const gx_dmn_element *resolve(gx_dmn_reader *reader, const gx_xml *node, gx_text *import_name)
{
    gx_text id, ns = gx_text_cut(gx_dmn_attribute(reader, node, "href"), '#', &id);
    *import_name = GX_TEXT("");
    if (!id.bytes) { /* DMN 1.1 tools wrote the bare id */
        id = ns;
        ns = GX_TEXT("");
    }
    const gx_dmn_element *found = NULL;
    if (!ns.size || gx_text_equal(ns, reader->dmn->ns))
        found = gx_map_get(&reader->ids, id);
    for (uint32_t i = 0; !found && ns.size && i < reader->dmn->import_count; i++) {
        const gx_dmn *model = reader->dmn->imports[i].model;
        if (!model || !gx_text_equal(model->ns, ns))
            continue;
        *import_name = reader->dmn->imports[i].name;
        for (uint32_t k = 0; k < model->element_count && !found; k++)
            if (gx_text_equal(model->elements[k].id, id))
                found = &model->elements[k];
    }
    if (!found)
        gx_dmn_report(reader, GX_SEVERITY_ERROR, node, "dmn.reference",
                      gx_dmn_attribute(reader, node, "href"));
    return found;
}

static bool is_requirement(const gx_xml *node)
{
    return gx_xml_is(node, NULL, "informationRequirement") || gx_xml_is(node, NULL, "knowledgeRequirement");
}

/* The slot of a name in the frame, made if it is new. */
static uint32_t slot_of(gx_dmn_reader *reader, gx_dmn_scope *scope, gx_text name)
{
    for (uint32_t i = 0; i < scope->count; i++)
        if (gx_text_equal(scope->names[i], name))
            return i;
    gx_dmn_scope_add(reader, scope, name);
    return scope->count - 1;
}

static void add_requirement(gx_dmn_reader *reader, gx_dmn_scope *scope, gx_dmn_element *e,
                            const gx_xml *reference)
{
    gx_text import_name;
    const gx_dmn_element *needed = resolve(reader, reference, &import_name);
    if (!needed)
        return;
    gx_dmn_requirement *need = &e->requirements[e->requirement_count++];
    need->element = needed;
    need->slot = slot_of(reader, scope, import_name.size ? import_name : needed->variable);
    if (import_name.size)
        need->member = needed->variable;
    if (import_name.size)
        gx_dmn_members_add(reader, needed->variable);
}

static void read_requirements(gx_dmn_reader *reader, gx_dmn_scope *scope, gx_dmn_element *e,
                              const gx_xml *node)
{
    uint32_t count = 0;
    for (const gx_xml *n = node->first; n; n = n->next)
        count += n->kind == GX_XML_ELEMENT && is_requirement(n);
    e->requirements = GX_NEW_ARRAY(reader->arena, gx_dmn_requirement, count);
    for (const gx_xml *n = node->first; n; n = n->next)
        if (n->kind == GX_XML_ELEMENT && is_requirement(n))
            for (const gx_xml *r = n->first; r; r = r->next)
                if (r->kind == GX_XML_ELEMENT && e->requirement_count < count &&
                    gx_xml_attribute_of(r, "href").bytes)
                    add_requirement(reader, scope, e, r);
    if (e->kind == GX_DMN_KNOWLEDGE) /* it may call itself: the last slot */
        gx_dmn_scope_add(reader, scope, e->variable);
    e->frame_count = scope->count;
    e->frame_names =
        scope->count ? gx_copy_bytes(reader->arena, scope->names, scope->count * sizeof(gx_text)) : NULL;
}

static const gx_dmn_element **references(gx_dmn_reader *reader, const gx_xml *node, const char *name1,
                                         const char *name2, uint32_t *count)
{
    const char *names[] = {name1, name2};
    uint32_t most = 0;
    for (int k = 0; k < 2 && names[k]; k++)
        for (const gx_xml *n = gx_xml_child(node, NULL, names[k]); n; n = gx_xml_next(n, NULL, names[k]))
            most++;
    const gx_dmn_element **list = GX_NEW_ARRAY(reader->arena, const gx_dmn_element *, most);
    *count = 0;
    for (int k = 0; k < 2 && names[k]; k++)
        for (const gx_xml *n = gx_xml_child(node, NULL, names[k]); n; n = gx_xml_next(n, NULL, names[k])) {
            gx_text import_name;
            const gx_dmn_element *found = resolve(reader, n, &import_name);
            if (found)
                list[(*count)++] = found;
        }
    return list;
}

static void read_element(gx_dmn_reader *reader, gx_dmn_element *e, const gx_xml *node)
{
    gx_dmn_scope scope = {.element = e};
    read_requirements(reader, &scope, e, node);
    if (e->kind == GX_DMN_DECISION) {
        e->expression = gx_dmn_expression_in(reader, &scope, node);
    } else if (e->kind == GX_DMN_KNOWLEDGE) {
        const gx_xml *logic = gx_xml_child(node, NULL, "encapsulatedLogic");
        if (logic)
            e->expression = gx_dmn_function_read(reader, &scope, logic);
    } else if (e->kind == GX_DMN_SERVICE) {
        e->outputs = references(reader, node, "outputDecision", NULL, &e->output_count);
        e->inputs = references(reader, node, "inputData", "inputDecision", &e->input_count);
    }
    e->frame_size = scope.most;
}

static void read_variable_type(gx_dmn_reader *reader, gx_dmn_element *e, const gx_xml *node)
{
    const gx_xml *variable = gx_xml_child(node, NULL, "variable");
    e->type = variable ? gx_dmn_type_of(reader, variable) : NULL;
}

/* ---- Entry ---- */

static bool is_dmn(const gx_xml *root)
{
    return gx_text_equal(root->name, GX_TEXT("definitions")) && gx_text_find(root->ns, GX_TEXT("DMN")) >= 0;
}

static void read_model(gx_dmn_reader *reader)
{
    gx_dmn *dmn = reader->dmn;
    dmn->id = gx_dmn_attribute(reader, reader->root, "id");
    dmn->name = gx_dmn_attribute(reader, reader->root, "name");
    dmn->ns = gx_dmn_attribute(reader, reader->root, "namespace");
    uint32_t count = 0;
    gx_dmn_kind kind;
    for (const gx_xml *n = reader->root->first; n; n = n->next)
        count += is_kind(n, &kind);
    dmn->elements = GX_NEW_ARRAY(reader->arena, gx_dmn_element, count);
    const gx_xml **nodes = GX_NEW_ARRAY(reader->work, const gx_xml *, count);
    read_imports(reader);
    gx_dmn_types_read(reader);
    list_elements(reader, nodes);
    reach(reader, dmn);
    for (uint32_t i = 0; i < count; i++)
        read_variable_type(reader, &dmn->elements[i], nodes[i]);
    for (uint32_t i = 0; i < count; i++)
        read_element(reader, &dmn->elements[i], nodes[i]);
}

static void release_arena(void *arena)
{
    gx_arena_release(arena);
}

gx_dmn *gx_dmn_read(gx_arena *model, gx_text xml, gx_text path, const gx_dmn_world *world,
                    gx_findings *findings, gx_error *error)
{
    static const gx_dmn_world nothing = {0};
    gx_dmn *dmn = GX_NEW(model, gx_dmn);
    dmn->path = gx_copy(model, path);
    dmn->types = gx_map_in(model);
    gx_arena *work =
        GX_NEW(model, gx_arena); /* ends with the reading, or with the model if that is given up */
    *work = gx_arena_with(model->limit, model->allocator);
    work->innermost = model->innermost;
    gx_arena_on_release(model, release_arena, work);
    gx_dmn_reader reader = {.arena = model,
                            .work = work,
                            .dmn = dmn,
                            .root = gx_xml_parse(work, xml, dmn->path, error),
                            .world = world ? world : &nothing,
                            .findings = findings,
                            .ids = gx_map_in(work)};
    bool is_model = reader.root && is_dmn(reader.root);
    if (is_model)
        read_model(&reader);
    else if (reader.root)
        gx_fail_at(error, "dmn.root", gx_xml_place(reader.root, dmn->path), reader.root->name);
    gx_arena_release(work);
    return is_model ? dmn : NULL;
}

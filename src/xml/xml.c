#include "xml/xml.h"
#include "xml/scan.h"
#include "base/limits.h"

#include <libxml/xmlreader.h>

#include <stdlib.h>
#include <string.h>

typedef struct reading {
    gx_arena *arena;
    xmlTextReaderPtr reader;
    gx_text path;
    gx_error *error;
    gx_xml *around, *around_last; /* comments and instructions outside of the root */
    gx_xml *root, *open; /* `open`: the element whose children are being read */
    gx_xml_starts starts;
    size_t element_count;
    bool has_failed;
} reading;

static gx_text text_of(const xmlChar *bytes)
{
    return gx_text_of((const char *)bytes);
}

static gx_text keep(reading *r, const xmlChar *bytes)
{
    return bytes ? gx_copy(r->arena, text_of(bytes)) : (gx_text){"", 0};
}

/* The library's first complaint becomes the error; warnings do not count. */
static void note_error(void *context, const char *message, xmlParserSeverities severity, xmlTextReaderLocatorPtr locator)
{
    reading *r = context;
    bool is_warning = severity == XML_PARSER_SEVERITY_WARNING || severity == XML_PARSER_SEVERITY_VALIDITY_WARNING;
    if (is_warning || r->has_failed)
        return;
    r->has_failed = true;
    gx_place place = {r->path, xmlTextReaderLocatorLineNumber(locator), xmlTextReaderGetParserColumnNumber(r->reader)};
    gx_fail_at(r->error, "xml.syntax", place, gx_text_trim(gx_text_of(message)));
}

static void read_attributes(reading *r, gx_xml *element)
{
    int count = xmlTextReaderAttributeCount(r->reader);
    if (count <= 0)
        return;
    element->attributes = GX_NEW_ARRAY(r->arena, gx_xml_attribute, (size_t)count);
    while (xmlTextReaderMoveToNextAttribute(r->reader) == 1 && element->attribute_count < (size_t)count) {
        gx_xml_attribute *attribute = &element->attributes[element->attribute_count++];
        attribute->prefix = keep(r, xmlTextReaderConstPrefix(r->reader));
        attribute->name = keep(r, xmlTextReaderConstLocalName(r->reader));
        attribute->value = keep(r, xmlTextReaderConstValue(r->reader));
        attribute->ns = keep(r, xmlTextReaderConstNamespaceUri(r->reader));
    }
    xmlTextReaderMoveToElement(r->reader);
}

static void append(reading *r, gx_xml *node)
{
    node->parent = r->open;
    if (!r->open) {
        if (node->kind == GX_XML_ELEMENT && !r->root) {
            node->before = r->around;
            r->root = r->around_last = node;
        } else if (node->kind == GX_XML_COMMENT || node->kind == GX_XML_INSTRUCTION) {
            if (r->around_last)
                r->around_last->next = node;
            else
                r->around = node;
            r->around_last = node;
        }
        return;
    }
    if (r->open->last)
        r->open->last->next = node;
    else
        r->open->first = node;
    r->open->last = node;
}

static void read_node(reading *r)
{
    gx_xml_kind kind;
    switch (xmlTextReaderNodeType(r->reader)) {
    case XML_READER_TYPE_END_ELEMENT: r->open = r->open ? r->open->parent : NULL; return;
    case XML_READER_TYPE_ELEMENT: kind = GX_XML_ELEMENT; break;
    case XML_READER_TYPE_TEXT:
    case XML_READER_TYPE_WHITESPACE:
    case XML_READER_TYPE_SIGNIFICANT_WHITESPACE: kind = GX_XML_TEXT; break;
    case XML_READER_TYPE_CDATA: kind = GX_XML_CDATA; break;
    case XML_READER_TYPE_COMMENT: kind = GX_XML_COMMENT; break;
    case XML_READER_TYPE_PROCESSING_INSTRUCTION: kind = GX_XML_INSTRUCTION; break;
    default: return;
    }
    gx_xml *node = GX_NEW(r->arena, gx_xml);
    node->kind = kind;
    node->line = xmlTextReaderGetParserLineNumber(r->reader);
    node->column = xmlTextReaderGetParserColumnNumber(r->reader);
    if (kind != GX_XML_ELEMENT) {
        node->name = kind == GX_XML_INSTRUCTION ? keep(r, xmlTextReaderConstName(r->reader)) : (gx_text){"", 0};
        node->text = keep(r, xmlTextReaderConstValue(r->reader));
        append(r, node);
        return;
    }
    node->prefix = keep(r, xmlTextReaderConstPrefix(r->reader));
    node->name = keep(r, xmlTextReaderConstLocalName(r->reader));
    node->ns = keep(r, xmlTextReaderConstNamespaceUri(r->reader));
    if (r->element_count < r->starts.count) {
        node->line = r->starts.items[r->element_count].line;
        node->column = r->starts.items[r->element_count].column;
    }
    r->element_count++;
    bool is_empty = xmlTextReaderIsEmptyElement(r->reader) == 1;
    read_attributes(r, node);
    append(r, node);
    if (!is_empty)
        r->open = node;
}

static void free_reader(void *reader)
{
    xmlFreeTextReader(reader);
}

gx_xml *gx_xml_parse(gx_arena *arena, gx_text source, gx_text path, gx_error *error)
{
    reading r = {.arena = arena, .path = path, .error = error};
    if (!gx_xml_scan(arena, source, path, &r.starts, error))
        return NULL;
    const int options = XML_PARSE_NONET | XML_PARSE_NOXINCNODE | XML_PARSE_COMPACT;
    r.reader = xmlReaderForMemory(source.bytes, (int)source.size, NULL, NULL, options);
    if (!r.reader) {
        gx_fail(error, "base.memory", GX_TEXT("0"));
        return NULL;
    }
    gx_arena_on_release(arena, free_reader, r.reader);
    xmlTextReaderSetErrorHandler(r.reader, note_error, &r);
    int more;
    while ((more = xmlTextReaderRead(r.reader)) == 1 && !r.has_failed)
        read_node(&r);
    if (more != 0 || r.has_failed || !r.root) {
        if (!r.has_failed)
            gx_fail_at(error, "xml.syntax", ((gx_place){path, 1, 1}), GX_TEXT("no root element"));
        return NULL;
    }
    xmlTextReaderClose(r.reader); /* the tree holds copies; the reader itself goes with the arena */
    return r.root;
}

static bool is_text(gx_text text, const char *wanted)
{
    return !wanted || gx_text_equal(text, gx_text_of(wanted));
}

bool gx_xml_is(const gx_xml *node, const char *ns, const char *name)
{
    return node && node->kind == GX_XML_ELEMENT && is_text(node->ns, ns) && is_text(node->name, name);
}

gx_text gx_xml_attribute_of(const gx_xml *element, const char *name)
{
    return gx_xml_attribute_ns(element, "", name);
}

gx_text gx_xml_attribute_ns(const gx_xml *element, const char *ns, const char *name)
{
    for (size_t i = 0; i < element->attribute_count; i++) {
        const gx_xml_attribute *attribute = &element->attributes[i];
        if (is_text(attribute->name, name) && is_text(attribute->ns, ns))
            return attribute->value;
    }
    return (gx_text){NULL, 0};
}

static gx_xml *find(gx_xml *node, const char *ns, const char *name)
{
    while (node && !gx_xml_is(node, ns, name))
        node = node->next;
    return node;
}

gx_xml *gx_xml_child(const gx_xml *element, const char *ns, const char *name)
{
    return element ? find(element->first, ns, name) : NULL;
}

gx_xml *gx_xml_next(const gx_xml *node, const char *ns, const char *name)
{
    return node ? find(node->next, ns, name) : NULL;
}

gx_text gx_xml_content(gx_arena *arena, const gx_xml *element)
{
    const gx_xml *only = element->first;
    if (!only)
        return (gx_text){"", 0};
    if (!only->next && (only->kind == GX_XML_TEXT || only->kind == GX_XML_CDATA))
        return only->text;
    gx_buffer buffer = gx_buffer_in(arena);
    for (const gx_xml *child = element->first; child; child = child->next)
        if (child->kind == GX_XML_TEXT || child->kind == GX_XML_CDATA)
            gx_buffer_text(&buffer, child->text);
    return gx_buffer_as_text(&buffer);
}

gx_text gx_xml_namespace(const gx_xml *element, gx_text prefix)
{
    for (; element; element = element->parent) {
        for (size_t i = 0; i < element->attribute_count; i++) {
            const gx_xml_attribute *attribute = &element->attributes[i];
            bool declares = prefix.size ? is_text(attribute->prefix, "xmlns") && gx_text_equal(attribute->name, prefix)
                                        : !attribute->prefix.size && is_text(attribute->name, "xmlns");
            if (declares)
                return attribute->value;
        }
    }
    return (gx_text){NULL, 0};
}

gx_place gx_xml_place(const gx_xml *node, gx_text path)
{
    return (gx_place){path, node->line, node->column};
}

/* In attributes tabs and line ends are written as references, else reading would turn them into blanks. */
static void write_escaped(gx_buffer *buffer, gx_text text, bool is_attribute)
{
    for (size_t i = 0; i < text.size; i++) {
        char byte = text.bytes[i];
        switch (byte) {
        case '&': gx_buffer_string(buffer, "&amp;"); break;
        case '<': gx_buffer_string(buffer, "&lt;"); break;
        case '>': gx_buffer_string(buffer, "&gt;"); break;
        case '\r': gx_buffer_string(buffer, "&#13;"); break;
        case '"': gx_buffer_string(buffer, is_attribute ? "&quot;" : "\""); break;
        case '\n': gx_buffer_string(buffer, is_attribute ? "&#10;" : "\n"); break;
        case '\t': gx_buffer_string(buffer, is_attribute ? "&#9;" : "\t"); break;
        default: gx_buffer_byte(buffer, byte);
        }
    }
}

static void write_name(gx_buffer *buffer, gx_text prefix, gx_text name)
{
    if (prefix.size) {
        gx_buffer_text(buffer, prefix);
        gx_buffer_byte(buffer, ':');
    }
    gx_buffer_text(buffer, name);
}

static void write_node(gx_buffer *buffer, const gx_xml *node);

static void write_element(gx_buffer *buffer, const gx_xml *node)
{
    gx_buffer_byte(buffer, '<');
    write_name(buffer, node->prefix, node->name);
    for (size_t i = 0; i < node->attribute_count; i++) {
        gx_buffer_byte(buffer, ' ');
        write_name(buffer, node->attributes[i].prefix, node->attributes[i].name);
        gx_buffer_string(buffer, "=\"");
        write_escaped(buffer, node->attributes[i].value, true);
        gx_buffer_byte(buffer, '"');
    }
    if (!node->first) {
        gx_buffer_string(buffer, "/>");
        return;
    }
    gx_buffer_byte(buffer, '>');
    for (const gx_xml *child = node->first; child; child = child->next)
        write_node(buffer, child);
    gx_buffer_string(buffer, "</");
    write_name(buffer, node->prefix, node->name);
    gx_buffer_byte(buffer, '>');
}

static void write_node(gx_buffer *buffer, const gx_xml *node)
{
    switch (node->kind) {
    case GX_XML_ELEMENT: write_element(buffer, node); break;
    case GX_XML_TEXT: write_escaped(buffer, node->text, false); break;
    case GX_XML_CDATA:
        gx_buffer_string(buffer, "<![CDATA[");
        gx_buffer_text(buffer, node->text);
        gx_buffer_string(buffer, "]]>");
        break;
    case GX_XML_COMMENT:
        gx_buffer_string(buffer, "<!--");
        gx_buffer_text(buffer, node->text);
        gx_buffer_string(buffer, "-->");
        break;
    case GX_XML_INSTRUCTION:
        gx_buffer_string(buffer, "<?");
        gx_buffer_text(buffer, node->name);
        gx_buffer_byte(buffer, ' ');
        gx_buffer_text(buffer, node->text);
        gx_buffer_string(buffer, "?>");
        break;
    }
}

void gx_xml_write(gx_buffer *buffer, const gx_xml *node, bool declaration)
{
    if (!declaration) {
        write_node(buffer, node);
        return;
    }
    gx_buffer_string(buffer, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    for (const gx_xml *around = node->before; around && around != node; around = around->next) {
        write_node(buffer, around);
        gx_buffer_byte(buffer, '\n');
    }
    write_node(buffer, node);
    for (const gx_xml *around = node->parent ? NULL : node->next; around; around = around->next) {
        gx_buffer_byte(buffer, '\n');
        write_node(buffer, around);
    }
    gx_buffer_byte(buffer, '\n');
}

static int compare_attributes(const void *a, const void *b)
{
    const gx_xml_attribute *x = a, *y = b;
    int order = gx_text_compare(x->ns, y->ns);
    return order ? order : gx_text_compare(x->name, y->name);
}

static bool is_declaration(const gx_xml_attribute *attribute)
{
    return is_text(attribute->prefix, "xmlns") || (!attribute->prefix.size && is_text(attribute->name, "xmlns"));
}

static void write_expanded(gx_buffer *buffer, gx_text ns, gx_text name)
{
    gx_buffer_byte(buffer, '{');
    gx_buffer_text(buffer, ns);
    gx_buffer_byte(buffer, '}');
    gx_buffer_text(buffer, name);
}

void gx_xml_write_canonical(gx_buffer *buffer, const gx_xml *node)
{
    if (node->kind == GX_XML_TEXT || node->kind == GX_XML_CDATA) {
        if (gx_text_trim(node->text).size)
            write_escaped(buffer, node->text, false);
        return;
    }
    if (node->kind != GX_XML_ELEMENT)
        return;
    gx_xml_attribute *sorted = GX_NEW_ARRAY(buffer->arena, gx_xml_attribute, node->attribute_count);
    if (node->attribute_count) {
        memcpy(sorted, node->attributes, node->attribute_count * sizeof *sorted);
        qsort(sorted, node->attribute_count, sizeof *sorted, compare_attributes);
    }
    gx_buffer_byte(buffer, '<');
    write_expanded(buffer, node->ns, node->name);
    for (size_t i = 0; i < node->attribute_count; i++) {
        if (is_declaration(&sorted[i]))
            continue;
        gx_buffer_byte(buffer, ' ');
        write_expanded(buffer, sorted[i].ns, sorted[i].name);
        gx_buffer_string(buffer, "=\"");
        write_escaped(buffer, sorted[i].value, true);
        gx_buffer_byte(buffer, '"');
    }
    gx_buffer_byte(buffer, '>');
    for (const gx_xml *child = node->first; child; child = child->next)
        gx_xml_write_canonical(buffer, child);
    gx_buffer_string(buffer, "</>");
}

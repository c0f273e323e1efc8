/* xml/xml.h: XML documents as trees that lose nothing.
 * Before libxml2 sees a byte, a scan refuses what no model needs and attackers like: DOCTYPE, encodings that hide ASCII, nesting, attributes
 * and sizes beyond base/limits.h. Then libxml2's reader runs without network, DTD, entities, XInclude or the HUGE option. The tree keeps
 * comments, CDATA, processing instructions, prefixes, namespace declarations and the order of everything, so that writing it
 * gives the document back. A tree belongs to its arena; any number of threads may read it. */
#ifndef GX_XML_XML_H
#define GX_XML_XML_H

#include "base/buffer.h"

typedef enum gx_xml_kind { GX_XML_ELEMENT, GX_XML_TEXT, GX_XML_CDATA, GX_XML_COMMENT, GX_XML_INSTRUCTION } gx_xml_kind;

typedef struct gx_xml_attribute {
    gx_text prefix, name; /* "xmlns" declarations are attributes too: prefix "xmlns", or name "xmlns" without prefix */
    gx_text ns;           /* URI; empty for an attribute without prefix */
    gx_text value;        /* decoded */
} gx_xml_attribute;

typedef struct gx_xml gx_xml;
struct gx_xml {
    gx_xml_kind kind;
    int32_t line, column; /* from 1; of an element: where its start tag begins; of other nodes: near it */
    gx_text prefix, name; /* element: local name; instruction: target */
    gx_text ns;           /* element: URI, empty for none */
    gx_text text;         /* text, CDATA, comment, instruction: content, decoded */
    gx_xml_attribute *attributes;
    size_t attribute_count;
    gx_xml *parent, *first, *last, *next;
    gx_xml *before; /* of the root: comments and instructions in front of it, a list; those behind it are its `next` */
};

/* The root element. NULL with an error that has the place. */
gx_xml *gx_xml_parse(gx_arena *arena, gx_text source, gx_text path, gx_error *error);

/* The value of an attribute without namespace; bytes NULL when it is absent. */
gx_text gx_xml_attribute_of(const gx_xml *element, const char *name);
gx_text gx_xml_attribute_ns(const gx_xml *element, const char *ns, const char *name);
/* The first child element of that namespace (NULL: any) and local name (NULL: any), or NULL. */
gx_xml *gx_xml_child(const gx_xml *element, const char *ns, const char *name);
/* The next element behind `node` among its siblings, with the same conditions. */
gx_xml *gx_xml_next(const gx_xml *node, const char *ns, const char *name);
bool gx_xml_is(const gx_xml *node, const char *ns, const char *name);
/* The texts and CDATA sections right below the element as one; untrimmed. */
gx_text gx_xml_content(gx_arena *arena, const gx_xml *element);
/* The URI that `prefix` (may be empty) means at this element; bytes NULL when it is not declared. */
gx_text gx_xml_namespace(const gx_xml *element, gx_text prefix);
gx_place gx_xml_place(const gx_xml *node, gx_text path);

/* The element and what is in it, as it was; with `declaration` an XML declaration comes first, and what stood around the root. */
void gx_xml_write(gx_buffer *buffer, const gx_xml *node, bool declaration);
/* For comparison: prefixes replaced by their URIs, attributes sorted by URI and name, namespace declarations, comments and white space between
 * elements left out. Two documents say the same if this is equal. */
void gx_xml_write_canonical(gx_buffer *buffer, const gx_xml *node);

#endif

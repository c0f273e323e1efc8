/* xml/scan.h: the look at a document before the library parses it. Pure, one pass. */
#ifndef GX_XML_SCAN_H
#define GX_XML_SCAN_H

#include "base/arena.h"

/* Where each start tag begins, in document order: the library only tells where it has read to. */
typedef struct gx_xml_starts {
    struct gx_xml_start {
        int32_t line, column;
    } *items;
    size_t count, capacity;
} gx_xml_starts;

/* False with an error that has the place: DOCTYPE, an encoding that is not on the list (UTF-8, US-ASCII, ISO-8859-1,
 * WINDOWS-1252), NUL bytes, invalid UTF-8, size, depth or number of attributes beyond the limits. A document that passes may still
 * be malformed: the library says so. `starts` begins empty and is kept in `arena`. */
bool gx_xml_scan(gx_arena *arena, gx_text source, gx_text path, gx_xml_starts *starts, gx_error *error);


#endif

/* Parses as XML; what parses must survive writing and parsing again. */
#include "xml/xml.h"
#include "base/limits.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
extern const char *const gx_fuzz_words[];
const char *const gx_fuzz_words[] = {"<a>", "</a>", "<!--", "-->", "<![CDATA[", "]]>", "<?", "?>", "<!DOCTYPE", "&lt;", "&#10;", "xmlns:p=\"u\"", "<p:a/>",
                                     "\"", "'", "=", NULL};

typedef struct work {
    gx_arena arena;
    gx_text source;
} work;

static bool round_trip(void *context)
{
    work *w = context;
    gx_xml *root = gx_xml_parse(&w->arena, w->source, GX_TEXT("fuzz"), NULL);
    if (!root)
        return false;
    gx_buffer written = gx_buffer_in(&w->arena), first = gx_buffer_in(&w->arena), second = gx_buffer_in(&w->arena);
    gx_xml_write(&written, root, true);
    gx_xml *again = gx_xml_parse(&w->arena, gx_buffer_as_text(&written), GX_TEXT("fuzz"), NULL);
    if (!again)
        abort();
    gx_xml_write_canonical(&first, root);
    gx_xml_write_canonical(&second, again);
    if (!gx_text_equal(gx_buffer_as_text(&first), gx_buffer_as_text(&second)))
        abort();
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    work w = {gx_arena_of(16 * GX_MIB), {(const char *)data, size}};
    gx_arena_guard(&w.arena, round_trip, &w, NULL);
    gx_arena_release(&w.arena);
    return 0;
}

/* gaoxing bpmn write FILE: the model as the program keeps it, on standard output: nothing of what other tools
 * put into it is lost.
 * --canonical writes the form in which two documents can be compared. */
#include "cli/bpmn.h"
#include "base/file.h"
#include "base/limits.h"

#include <stdio.h>

int gx_tool_bpmn_write(gx_tool_call *call)
{
    gx_error error = {0};
    gx_text source;
    bool is_canonical = gx_tool_flag(call, "canonical");
    if (!gx_tool_expect(call, 1, 1, "bpmn write FILE [--canonical]"))
        return GX_TOOL_FAILED;
    if (!gx_file_read(call->arena, call->arguments[0], GX_LIMIT_XML_BYTES, &source, &error))
        return gx_tool_fail(call, &error);
    const gx_xml *xml = gx_xml_parse(call->arena, source, gx_text_of(call->arguments[0]), &error);
    if (!xml)
        return gx_tool_fail(call, &error);
    gx_buffer out = gx_buffer_in(call->arena);
    if (is_canonical)
        gx_xml_write_canonical(&out, xml);
    else
        gx_xml_write(&out, xml, true);
    fwrite(out.bytes, 1, out.size, stdout);
    return GX_TOOL_DONE;
}

/* http/gate.h: what is refused before anything else: heads that no honest client sends, or that are too
 * large. Pure. A refused request's connection is closed, so that what follows in it is never read as a
 * request. */
#ifndef GX_HTTP_GATE_H
#define GX_HTTP_GATE_H

#include "base/text.h"

/* What the fields of one head add up to; begins as {0}. */
typedef struct gx_gate {
    uint32_t content_length, transfer_encoding, host, fields; /* how often each was sent */
    size_t bytes;
    bool is_bad;
} gx_gate;

void gx_gate_field(gx_gate *gate, gx_text name, gx_text value);
/* 0 when the request may pass; else the status to answer. `version` is "HTTP/1.1" or "HTTP/1.0". */
int gx_gate_verdict(const gx_gate *gate, const char *method, size_t target_size, const char *version);

#endif

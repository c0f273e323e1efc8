/* print/print.h: pages as PDF: permits and letters with Chinese text, a seal picture marked SAMPLE and a QR code.
 * Drawn with cairo and pango from data alone: no file but the system's fonts is read, no markup in the data is obeyed, and the same page
 * gives the same bytes on the same machine (its dates are those it is told). Safe on any thread; costs about 20 ms a page. */
#ifndef GX_PRINT_PRINT_H
#define GX_PRINT_PRINT_H

#include "base/arena.h"
#include "base/clock.h"

/* One row of the table on the page: "建设单位" | "…". An empty value is drawn as a dash: a printed form has no holes. */
typedef struct gx_print_row {
    gx_text label, value;
} gx_print_row;

typedef struct gx_print_page {
    gx_text title;          /* "建设工程规划许可证" */
    gx_text subtitle;       /* under the title, in small type: the English name, or empty */
    gx_text number_label;   /* "编号" */
    gx_text number;         /* "SAMPLE-JZ-2026-0001" */
    gx_text opening;        /* the paragraph above the table: legal basis; may hold line breaks */
    const gx_print_row *rows;
    size_t row_count;
    gx_text closing;        /* the paragraph under the table: remarks, remedies; may be empty */
    gx_text authority;      /* who issues: lower right, and around the seal */
    gx_text date;           /* as people write it: "2026年11月23日" */
    gx_text sample_mark;    /* across the seal and at the foot: "样例 SAMPLE" */
    gx_text footer;         /* one line at the foot of the page */
    gx_text qr;             /* what the code says, at most 600 ASCII bytes; empty: no code */
    gx_text qr_caption;     /* under the code: "扫码核验" */
    gx_text metadata;       /* kept in the file as its keywords: the canonical bytes of what is printed */
    gx_instant made_at;     /* the document's creation date */
    bool has_seal;          /* letters of the applicant's side have none */
    bool is_certificate;    /* a frame and large type; otherwise a letter */
} gx_print_page;

/* Longer texts than the limits of base/limits.h are cut with an ellipsis; text that does not fit on one page runs on to the next ones. */
bool gx_print_pdf(gx_arena *arena, const gx_print_page *page, gx_text *pdf, gx_error *error);

/* The QR code alone as SVG (black on white, quiet zone of 4), for receipts on the page. */
bool gx_print_qr_svg(gx_arena *arena, gx_text content, gx_text *svg, gx_error *error);

#endif

/* service/letter.h: letters (文书) and the pages of permits, from templates of the packages.
 *
 * letters/KIND.json: {"kind", "title": {"zh", "en"}, "prefix": "SL", "opening", "rows": [{"label":
 * {"zh","en"}, "value"}], "closing", "authority", "hasSeal": true, "isCertificate": false, "numberPattern":
 * "SAMPLE-JZ-{year}-{sequence:4}", "validTo"}. A text that begins with "=" is FEEL over the case's variables,
 * `case`, and what the act adds
 * (`reasons`, `missing`, `stop`, `permit`). Words of letters stand there, never in C; a kind without a
 * template is a page with the bare facts. */
#ifndef GX_SERVICE_LETTER_H
#define GX_SERVICE_LETTER_H

#include "print/print.h"
#include "service/case.h"

typedef struct gx_letter {
    int64_t id;
    gx_text number, kind;
    gx_instant at;
    const gx_json *content;
} gx_letter;

/* Numbers and keeps a letter of the case; `extra` is a context of further names for the template, or null. */
bool gx_letter_make(gx_work *work, gx_case *of, const char *kind, gx_value extra, int64_t *letter,
                    gx_error *error);
/* The sequence that numbers letters of a kind in the year of `now`, and a letter with the next number of it. */
gx_text gx_letter_sequence(gx_arena *arena, const char *kind, gx_instant now);
bool gx_letter_make_numbered(gx_work *work, gx_case *of, const char *kind, int64_t sequence, gx_value extra,
                             gx_letter *letter, gx_error *error);
/* The template's page filled in, as JSON {title, subtitle, number, opening, rows: [{label, value}], closing,
 * authority, date, hasSeal, isCertificate}. */
gx_json *gx_letter_fill(gx_arena *arena, const gx_packages *packages, gx_text kind, gx_text number,
                        gx_value variables, gx_value facts, gx_value extra, gx_instant now, gx_error *error);
bool gx_letter_find(gx_db *db, gx_arena *arena, int64_t id, gx_letter *letter, int64_t *case_id,
                    gx_error *error);
/* Fills a page for print/ from such JSON. */
void gx_letter_page(gx_arena *arena, const gx_packages *packages, const gx_json *content, gx_instant at,
                    gx_print_page *page);
bool gx_letter_pdf(gx_zone *zone, gx_arena *arena, const gx_letter *letter, gx_text *pdf, gx_error *error);

#endif

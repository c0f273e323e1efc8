/* One A4 page is drawn from top to bottom: title, number, opening, table, closing, then the lower part with authority, date, seal and QR
 * code. Table rows that do not fit go on to a new page; the lower part always stays together. */
#include "print/print.h"
#include "base/buffer.h"
#include "base/limits.h"

#include <cairo-pdf.h>
#include <math.h>
#include <pango/pangocairo.h>
#include <qrencode.h>

#include <string.h>
#include <time.h>

/* Points: 1/72 inch. */
static const double page_width = 595.28, page_height = 841.89, margin = 62, label_width = 128;
static const double seal_radius = 58, qr_size = 92;
static const char body_font[] = "Noto Serif CJK SC, serif", mark_font[] = "Noto Sans CJK SC, sans-serif";

typedef struct ink {
    double red, green, blue;
} ink;
static const ink black = {0.10, 0.10, 0.12}, grey = {0.45, 0.45, 0.48}, line_ink = {0.62, 0.56, 0.44}, seal_ink = {0.80, 0.08, 0.10};

/* A certificate is one page: a table with many rows is drawn closer, in the first density in which all fits. */
typedef struct density {
    double text, padding, lower_part;
} density;
static const density densities[] = {{11, 7, 190}, {11, 5, 165}, {10.5, 3.5, 152}, {10, 2, 150}};

typedef struct canvas {
    gx_arena *arena;
    cairo_t *cairo;
    cairo_surface_t *surface;
    gx_buffer bytes;
    const gx_print_page *page;
    density density;
    double y; /* where the next thing is drawn */
} canvas;

static cairo_status_t collect(void *closure, const unsigned char *bytes, unsigned int size)
{
    canvas *c = closure;
    gx_buffer_bytes(&c->bytes, bytes, size);
    return CAIRO_STATUS_SUCCESS;
}

static void use(canvas *c, ink color)
{
    cairo_set_source_rgb(c->cairo, color.red, color.green, color.blue);
}

static gx_text shorten(gx_arena *arena, gx_text text)
{
    if (text.size <= GX_LIMIT_PRINT_TEXT)
        return text;
    size_t end = GX_LIMIT_PRINT_TEXT;
    while (end > 0 && ((unsigned char)text.bytes[end] & 0xC0) == 0x80)
        end--;
    return gx_format(arena, "%.*s…", (int)end, text.bytes);
}

static PangoLayout *layout_of(canvas *c, gx_text text, const char *font, double size, bool is_bold, double width, PangoAlignment alignment)
{
    PangoLayout *layout = pango_cairo_create_layout(c->cairo);
    PangoFontDescription *description = pango_font_description_from_string(font);
    pango_font_description_set_absolute_size(description, size * PANGO_SCALE);
    pango_font_description_set_weight(description, is_bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_layout_set_font_description(layout, description);
    pango_font_description_free(description);
    gx_text shown = shorten(c->arena, text);
    pango_layout_set_text(layout, shown.bytes, (int)shown.size);
    if (width > 0) {
        pango_layout_set_width(layout, (int)(width * PANGO_SCALE));
        pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    }
    pango_layout_set_alignment(layout, alignment);
    pango_layout_set_spacing(layout, (int)(size * 0.35 * PANGO_SCALE));
    return layout;
}

static double height_of(PangoLayout *layout)
{
    int width, height;
    pango_layout_get_size(layout, &width, &height);
    return (double)height / PANGO_SCALE;
}

/* Draws at (x, y) and returns the height. */
static double draw_text(canvas *c, gx_text text, const char *font, double size, bool is_bold, double x, double y, double width,
                        PangoAlignment alignment, ink color)
{
    PangoLayout *layout = layout_of(c, text, font, size, is_bold, width, alignment);
    double height = height_of(layout);
    use(c, color);
    cairo_move_to(c->cairo, x, y);
    pango_cairo_show_layout(c->cairo, layout);
    g_object_unref(layout);
    return height;
}

static void draw_frame(canvas *c)
{
    if (!c->page->is_certificate)
        return;
    use(c, line_ink);
    cairo_set_line_width(c->cairo, 2.4);
    cairo_rectangle(c->cairo, 30, 30, page_width - 60, page_height - 60);
    cairo_stroke(c->cairo);
    cairo_set_line_width(c->cairo, 0.7);
    cairo_rectangle(c->cairo, 36, 36, page_width - 72, page_height - 72);
    cairo_stroke(c->cairo);
}

static void draw_footer(canvas *c)
{
    gx_text foot = gx_format(c->arena, "%.*s  %.*s", GX_PRINT(c->page->sample_mark), GX_PRINT(c->page->footer));
    draw_text(c, foot, mark_font, 8, false, margin, page_height - 56, page_width - 2 * margin, PANGO_ALIGN_CENTER, grey);
}

static void begin_page(canvas *c)
{
    draw_frame(c);
    draw_footer(c);
    c->y = margin + 18;
}

static void need(canvas *c, double height)
{
    if (c->y + height <= page_height - margin - 12)
        return;
    cairo_show_page(c->cairo);
    begin_page(c);
}

static void draw_head(canvas *c)
{
    double width = page_width - 2 * margin;
    c->y += draw_text(c, c->page->title, body_font, c->page->is_certificate ? 28 : 20, true, margin, c->y, width, PANGO_ALIGN_CENTER, black);
    if (c->page->subtitle.size)
        c->y += 4 + draw_text(c, c->page->subtitle, mark_font, 9, false, margin, c->y + 4, width, PANGO_ALIGN_CENTER, grey);
    c->y += 18;
    gx_text number = gx_format(c->arena, "%.*s %.*s", GX_PRINT(c->page->number_label), GX_PRINT(c->page->number));
    c->y += 14 + draw_text(c, number, body_font, 11.5, false, margin, c->y, width, PANGO_ALIGN_RIGHT, black);
}

static void draw_paragraph(canvas *c, gx_text text)
{
    if (!text.size)
        return;
    PangoLayout *layout = layout_of(c, text, body_font, 11.5, false, page_width - 2 * margin, PANGO_ALIGN_LEFT);
    need(c, height_of(layout));
    use(c, black);
    cairo_move_to(c->cairo, margin, c->y);
    pango_cairo_show_layout(c->cairo, layout);
    c->y += height_of(layout) + 14;
    g_object_unref(layout);
}

static PangoLayout *label_of(canvas *c, gx_print_row row)
{
    return layout_of(c, row.label, body_font, c->density.text, true, label_width - 2 * c->density.padding, PANGO_ALIGN_LEFT);
}

static PangoLayout *value_of(canvas *c, gx_print_row row)
{
    gx_text value = row.value.size ? row.value : GX_TEXT("—");
    return layout_of(c, value, body_font, c->density.text, false, page_width - 2 * margin - label_width - 2 * c->density.padding, PANGO_ALIGN_LEFT);
}

static double row_height(canvas *c, gx_print_row row)
{
    PangoLayout *label = label_of(c, row), *content = value_of(c, row);
    double height = fmax(height_of(label), height_of(content)) + 2 * c->density.padding;
    g_object_unref(label);
    g_object_unref(content);
    return height;
}

/* What stands below the table takes about this much: the closing paragraph and the lower part. */
static void choose_density(canvas *c)
{
    PangoLayout *closing = layout_of(c, c->page->closing, body_font, 11.5, false, page_width - 2 * margin, PANGO_ALIGN_LEFT);
    double below = c->page->closing.size ? height_of(closing) + 28 : 14;
    g_object_unref(closing);
    for (size_t i = 0; i < GX_COUNT_OF(densities); i++) {
        c->density = densities[i];
        double height = below + c->density.lower_part;
        for (size_t row = 0; row < c->page->row_count; row++)
            height += row_height(c, c->page->rows[row]);
        if (c->y + height <= page_height - margin - 12)
            return;
    }
    c->density = densities[0]; /* it runs on to further pages anyway */
}

static void draw_row(canvas *c, gx_print_row row)
{
    double width = page_width - 2 * margin, padding = c->density.padding, height = row_height(c, row);
    PangoLayout *label = label_of(c, row), *content = value_of(c, row);
    need(c, height);
    use(c, line_ink);
    cairo_set_line_width(c->cairo, 0.7);
    cairo_rectangle(c->cairo, margin, c->y, width, height);
    cairo_move_to(c->cairo, margin + label_width, c->y);
    cairo_line_to(c->cairo, margin + label_width, c->y + height);
    cairo_stroke(c->cairo);
    use(c, black);
    cairo_move_to(c->cairo, margin + padding, c->y + padding);
    pango_cairo_show_layout(c->cairo, label);
    cairo_move_to(c->cairo, margin + label_width + padding, c->y + padding);
    pango_cairo_show_layout(c->cairo, content);
    c->y += height;
    g_object_unref(label);
    g_object_unref(content);
}

/* A five-pointed star of the given outer radius, point up. */
static void star_path(cairo_t *cairo, double x, double y, double radius)
{
    for (int i = 0; i < 10; i++) {
        double length = i % 2 ? radius * 0.382 : radius;
        double angle = -M_PI / 2 + i * M_PI / 5;
        (i == 0 ? cairo_move_to : cairo_line_to)(cairo, x + length * cos(angle), y + length * sin(angle));
    }
    cairo_close_path(cairo);
}

/* The authority's name along the upper arc, one character after the other. */
static void draw_arc_text(canvas *c, gx_text text, double x, double y, double radius, double size)
{
    size_t count = gx_utf8_count(text);
    if (count == 0)
        return;
    double span = fmin(1.5 * M_PI, (double)count * size * 1.25 / radius);
    double step = count > 1 ? span / (double)(count - 1) : 0;
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        size_t begin = at;
        gx_utf8_next(text, &at);
        PangoLayout *layout = layout_of(c, gx_text_slice(text, begin, at), body_font, size, true, 0, PANGO_ALIGN_LEFT);
        int width, height;
        pango_layout_get_size(layout, &width, &height);
        cairo_save(c->cairo);
        cairo_translate(c->cairo, x, y);
        cairo_rotate(c->cairo, -span / 2 + (double)i * step);
        cairo_move_to(c->cairo, -(double)width / PANGO_SCALE / 2, -radius - (double)height / PANGO_SCALE / 2);
        pango_cairo_show_layout(c->cairo, layout);
        cairo_restore(c->cairo);
        g_object_unref(layout);
    }
}

static void draw_seal(canvas *c, double x, double y)
{
    use(c, seal_ink);
    cairo_set_line_width(c->cairo, 2.6);
    cairo_new_path(c->cairo); /* text leaves a current point, to which an arc would be joined */
    cairo_arc(c->cairo, x, y, seal_radius, 0, 2 * M_PI);
    cairo_stroke(c->cairo);
    star_path(c->cairo, x, y - 4, 15);
    cairo_fill(c->cairo);
    draw_arc_text(c, c->page->authority, x, y, seal_radius - 12, 9.5);
    draw_text(c, c->page->sample_mark, mark_font, 10, true, x - seal_radius + 8, y + 19, 2 * seal_radius - 16, PANGO_ALIGN_CENTER, seal_ink);
}

static QRcode *encode_qr(gx_text content, gx_error *error)
{
    char terminated[GX_LIMIT_QR_BYTES + 1];
    if (content.size == 0 || content.size > GX_LIMIT_QR_BYTES) {
        gx_fail(error, "print.qr");
        return NULL;
    }
    for (size_t i = 0; i < content.size; i++) {
        if (content.bytes[i] < 0x20 || content.bytes[i] > 0x7E) {
            gx_fail(error, "print.qr");
            return NULL;
        }
    }
    memcpy(terminated, content.bytes, content.size);
    terminated[content.size] = 0;
    QRcode *code = QRcode_encodeString8bit(terminated, 0, QR_ECLEVEL_M);
    if (!code)
        gx_fail(error, "print.qr");
    return code;
}

static bool draw_qr(canvas *c, double x, double y, gx_error *error)
{
    QRcode *code = encode_qr(c->page->qr, error);
    if (!code)
        return false;
    double module = qr_size / (code->width + 8);
    cairo_set_source_rgb(c->cairo, 1, 1, 1);
    cairo_rectangle(c->cairo, x, y, qr_size, qr_size);
    cairo_fill(c->cairo);
    cairo_set_source_rgb(c->cairo, 0, 0, 0);
    for (int row = 0; row < code->width; row++)
        for (int column = 0; column < code->width; column++)
            if (code->data[row * code->width + column] & 1)
                cairo_rectangle(c->cairo, x + (column + 4) * module, y + (row + 4) * module, module, module);
    cairo_fill(c->cairo);
    QRcode_free(code);
    draw_text(c, c->page->qr_caption, mark_font, 8, false, x - 20, y + qr_size + 2, qr_size + 40, PANGO_ALIGN_CENTER, grey);
    return true;
}

static bool draw_lower_part(canvas *c, gx_error *error)
{
    need(c, c->density.lower_part);
    double top = c->page->is_certificate ? page_height - margin - 12 - c->density.lower_part : c->y;
    double right = page_width - margin - 190;
    top -= (densities[0].lower_part - c->density.lower_part) * 0.6; /* the air above the seal goes first */
    if (c->page->qr.size && !draw_qr(c, margin + 6, top + 40, error))
        return false;
    double middle = top + 86;
    draw_text(c, c->page->authority, body_font, 13, true, right, middle - 20, 190, PANGO_ALIGN_CENTER, black);
    draw_text(c, c->page->date, body_font, 12, false, right, middle + 8, 190, PANGO_ALIGN_CENTER, black);
    if (c->page->has_seal)
        draw_seal(c, right + 95, middle);
    return true;
}

static void describe(canvas *c)
{
    char date[40];
    time_t seconds = (time_t)(c->page->made_at / 1000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", &utc);
    gx_text title = gx_format(c->arena, "%.*s %.*s", GX_PRINT(c->page->title), GX_PRINT(c->page->number));
    cairo_pdf_surface_set_metadata(c->surface, CAIRO_PDF_METADATA_TITLE, title.bytes);
    cairo_pdf_surface_set_metadata(c->surface, CAIRO_PDF_METADATA_CREATOR, "Gaoxing");
    cairo_pdf_surface_set_metadata(c->surface, CAIRO_PDF_METADATA_CREATE_DATE, date);
    cairo_pdf_surface_set_metadata(c->surface, CAIRO_PDF_METADATA_MOD_DATE, date);
    if (c->page->metadata.size)
        cairo_pdf_surface_set_metadata(c->surface, CAIRO_PDF_METADATA_KEYWORDS, gx_copy_string(c->arena, c->page->metadata));
}

static void destroy_cairo(void *cairo)
{
    cairo_destroy(cairo);
}

static void destroy_surface(void *surface)
{
    cairo_surface_destroy(surface);
}

bool gx_print_pdf(gx_arena *arena, const gx_print_page *page, gx_text *pdf, gx_error *error)
{
    canvas c = {.arena = arena, .bytes = gx_buffer_in(arena), .page = page};
    c.surface = cairo_pdf_surface_create_for_stream(collect, &c, page_width, page_height);
    gx_arena_on_release(arena, destroy_surface, cairo_surface_reference(c.surface));
    c.cairo = cairo_create(c.surface);
    gx_arena_on_release(arena, destroy_cairo, cairo_reference(c.cairo));
    describe(&c);
    begin_page(&c);
    draw_head(&c);
    draw_paragraph(&c, page->opening);
    choose_density(&c);
    for (size_t i = 0; i < page->row_count; i++)
        draw_row(&c, page->rows[i]);
    c.y += 14;
    draw_paragraph(&c, page->closing);
    bool drawn = draw_lower_part(&c, error);
    cairo_show_page(c.cairo);
    cairo_status_t status = cairo_status(c.cairo);
    cairo_destroy(c.cairo);
    cairo_surface_finish(c.surface); /* the last bytes reach collect() now */
    if (status == CAIRO_STATUS_SUCCESS)
        status = cairo_surface_status(c.surface);
    cairo_surface_destroy(c.surface);
    if (!drawn)
        return false;
    if (status != CAIRO_STATUS_SUCCESS)
        return gx_fail(error, "print.library", gx_text_of(cairo_status_to_string(status)));
    *pdf = gx_buffer_as_text(&c.bytes);
    return true;
}

bool gx_print_qr_svg(gx_arena *arena, gx_text content, gx_text *svg, gx_error *error)
{
    QRcode *code = encode_qr(content, error);
    if (!code)
        return false;
    gx_arena_on_release(arena, (void (*)(void *))QRcode_free, code);
    gx_buffer buffer = gx_buffer_in(arena);
    int size = code->width + 8;
    gx_buffer_format(&buffer, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" shape-rendering=\"crispEdges\">"
                              "<path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/><path fill=\"#000\" d=\"", size, size, size, size);
    for (int row = 0; row < code->width; row++)
        for (int column = 0; column < code->width; column++)
            if (code->data[row * code->width + column] & 1)
                gx_buffer_format(&buffer, "M%d %dh1v1h-1z", column + 4, row + 4);
    gx_buffer_string(&buffer, "\"/></svg>");
    *svg = gx_buffer_as_text(&buffer);
    return true;
}

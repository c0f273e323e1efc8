#include "service/letter.h"
#include "service/case_record.h"

#include <stdio.h>
#include <string.h>

/* ---- Templates ---- */

typedef struct filling {
    gx_arena *arena;
    const gx_packages *packages;
    gx_value names;
    gx_feel_budget budget;
    gx_text kind;
    gx_error *error;
} filling;

/* A value as people write it: the items of a list one after the other; of a missing paper its id, name and
 * what is wrong with it. */
static gx_text said(gx_arena *arena, gx_value value)
{
    gx_buffer buffer = gx_buffer_in(arena);
    if (gx_value_is_null(value))
        return (gx_text){"", 0};
    if (value.kind == GX_CONTEXT) {
        static const char *const names[] = {"id", "name", "reason"};
        for (size_t i = 0; i < GX_COUNT_OF(names); i++) {
            gx_text part = gx_value_as_text(gx_context_get(value, gx_text_of(names[i])));
            if (part.size)
                gx_buffer_format(&buffer, "%s%.*s", buffer.size ? " " : "", GX_PRINT(part));
        }
        return gx_buffer_as_text(&buffer);
    }
    if (value.kind != GX_LIST)
        return gx_value_to_text(arena, value);
    for (uint32_t i = 0; i < value.size; i++)
        gx_buffer_format(&buffer, "%s%.*s", i ? "; " : "", GX_PRINT(said(arena, value.items[i])));
    return gx_buffer_as_text(&buffer);
}

/* A text as it is, or what its FEEL gives; of {"zh", "en"} the Chinese one, since a letter is an official
 * text. */
static bool fill_text(filling *f, const gx_json *source, gx_text *text)
{
    *text = (gx_text){"", 0};
    if (gx_json_is(source, GX_JSON_OBJECT))
        source = gx_json_get(source, "zh");
    if (!gx_json_is(source, GX_JSON_STRING))
        return true;
    if (source->text.size == 0 || source->text.bytes[0] != '=') {
        *text = source->text;
        return true;
    }
    gx_error reason = {0};
    gx_value value;
    gx_text expression = gx_text_slice(source->text, 1, source->text.size);
    const gx_feel *feel = gx_packages_letter_feel(f->packages, expression);
    if (!feel) /* a template that came from elsewhere */
        feel = gx_feel_compile(f->arena, expression, NULL, &reason);
    if (!feel || !gx_feel_evaluate(f->arena, feel, f->names, &f->budget, &value, &reason)) {
        char sentence[300];
        return gx_fail(f->error, "letter.template", f->kind,
                       gx_text_of(gx_error_sentence(&reason, GX_LANGUAGE_ZH, sentence, sizeof sentence)));
    }
    *text = said(f->arena, value);
    return true;
}

static bool fill_member(filling *f, const gx_json *template, const char *name, gx_json *page)
{
    gx_text text;
    if (!fill_text(f, gx_json_get(template, name), &text))
        return false;
    gx_json_set_text(f->arena, page, name, text);
    return true;
}

static bool fill_rows(filling *f, const gx_json *template, gx_json *page)
{
    gx_json *rows = gx_json_set(f->arena, page, "rows", gx_json_array(f->arena));
    const gx_json *source = gx_json_get(template, "rows");
    for (const gx_json *row = source ? source->first : NULL; row; row = row->next) {
        gx_text label, value;
        if (!fill_text(f, gx_json_get(row, "label"), &label) ||
            !fill_text(f, gx_json_get(row, "value"), &value))
            return false;
        gx_json *filled = gx_json_append(rows, gx_json_object(f->arena));
        gx_json_set_text(f->arena, filled, "label", label);
        gx_json_set_text(f->arena, filled, "labelEn", gx_json_text_of(gx_json_get(row, "label"), "en"));
        gx_json_set_text(f->arena, filled, "value", value);
    }
    return true;
}

static void add_all(gx_context_builder *names, gx_value context)
{
    for (uint32_t i = 0; context.kind == GX_CONTEXT && i < context.context->count; i++)
        gx_context_set(names, context.context->entries[i].name, context.context->entries[i].value);
}

gx_json *gx_letter_fill(gx_arena *arena, const gx_packages *packages, gx_text kind, gx_text number,
                        gx_value variables, gx_value facts, gx_value extra, gx_instant now, gx_error *error)
{
    const gx_definition *definition = gx_packages_find(packages, GX_DEFINITION_LETTER, kind);
    const gx_json *template = definition ? definition->json : NULL;
    gx_context_builder names = gx_context_begin(arena, 16);
    add_all(&names, variables);
    add_all(&names, facts);
    add_all(&names, extra);
    gx_context_set(&names, GX_TEXT("number"), gx_value_text(number));
    filling f = {.arena = arena,
                 .packages = packages,
                 .names = gx_context_end(&names),
                 .budget = {.has_now = true, .now = now, .now_offset = 28800},
                 .kind = kind,
                 .error = error};
    gx_json *page = gx_json_object(arena);
    static const char *const texts[] = {"subtitle", "opening", "closing", "authority", "footer"};
    gx_json_set_text(arena, page, "kind", kind);
    gx_json_set_text(arena, page, "number", number);
    if (!fill_member(&f, template, "title", page))
        return NULL;
    if (!template)
        gx_json_set_text(arena, page, "title",
                         gx_packages_message(packages, GX_LANGUAGE_ZH,
                                             gx_format(arena, "letter.%.*s.title", GX_PRINT(kind))));
    gx_json_set_text(arena, page, "titleEn", gx_json_text_of(gx_json_get(template, "title"), "en"));
    for (size_t i = 0; i < GX_COUNT_OF(texts); i++)
        if (!fill_member(&f, template, texts[i], page))
            return NULL;
    if (!fill_rows(&f, template, page))
        return NULL;
    char day[GX_DAY_SIZE];
    gx_json_set_text(arena, page, "date", gx_day_write(gx_day_of(now), day));
    gx_json_set_bool(arena, page, "hasSeal", gx_json_bool_of(template, "hasSeal", true));
    gx_json_set_bool(arena, page, "isCertificate", gx_json_bool_of(template, "isCertificate", false));
    return page;
}

/* ---- Letters of a case ---- */

gx_text gx_letter_sequence(gx_arena *arena, const char *kind, gx_instant now)
{
    return gx_format(arena, "letter/%s/%d", kind, gx_day_year(gx_day_of(now)));
}

bool gx_letter_make_numbered(gx_work *work, gx_case *of, const char *kind, int64_t sequence, gx_value extra,
                             gx_letter *letter, gx_error *error)
{
    gx_value variables = gx_value_null();
    if (!gx_work_variables(work, of->id, &variables, error))
        return false;
    const gx_definition *template = gx_packages_find(work->packages, GX_DEFINITION_LETTER, gx_text_of(kind));
    gx_text prefix = template ? gx_json_text_of(template->json, "prefix") : GX_TEXT("");
    gx_text number =
        gx_format(work->arena, "%.*s-%d-%06lld", GX_PRINT(prefix.size ? prefix : gx_text_of(kind)),
                  gx_day_year(gx_day_of(work->now)), (long long)sequence);
    gx_json *page = gx_letter_fill(work->arena, work->packages, gx_text_of(kind), number, variables,
                                   gx_case_facts(work, of), extra, work->now, error);
    if (!page ||
        !gx_db_insert(work->db, error, &letter->id,
                      "INSERT INTO letter (bucket, id, number, case_id, kind, at, content) VALUES "
                      "(bucket_of(?2), new_id('letter', bucket_of(?2)), ?1, ?2, ?3, ?4, ?5) RETURNING id",
                      "tisit", number, of->id, kind, work->now, gx_json_to_text(work->arena, page)))
        return false;
    letter->number = number;
    gx_journal_add(work, of,
                   (gx_journal_event){.kind = "letter",
                                      .element = gx_text_of(kind),
                                      .name = gx_json_text_of(page, "title"),
                                      .outcome = number});
    return true;
}

bool gx_letter_make(gx_work *work, gx_case *of, const char *kind, gx_value extra, int64_t *letter,
                    gx_error *error)
{
    int64_t sequence;
    gx_letter made;
    if (!gx_number_next(work->db, gx_letter_sequence(work->arena, kind, work->now), &sequence, error) ||
        !gx_letter_make_numbered(work, of, kind, sequence, extra, &made, error))
        return false;
    *letter = made.id;
    return true;
}

bool gx_letter_find(gx_db *db, gx_arena *arena, int64_t id, gx_letter *letter, int64_t *case_id,
                    gx_error *error)
{
    gx_statement *find = gx_db_prepare(
        db, "SELECT number, kind, at, content, case_id FROM letter WHERE bucket = bucket_of(?1) AND id = ?1");
    gx_bind_int(find, 1, id);
    gx_step step = gx_db_step(find, error);
    if (step == GX_STEP_FAILED)
        return false;
    if (step == GX_STEP_DONE)
        return gx_fail(error, "letter.absent");
    *letter = (gx_letter){.id = id,
                          .number = gx_column_copy(arena, find, 0),
                          .kind = gx_column_copy(arena, find, 1),
                          .at = gx_column_int(find, 2)};
    gx_text content = gx_column_copy(arena, find, 3);
    *case_id = gx_column_int(find, 4);
    gx_db_reset(find);
    letter->content = gx_json_parse(arena, content, GX_TEXT("letter"), error);
    return letter->content != NULL;
}

static gx_text chinese_date(gx_arena *arena, gx_text day)
{
    int64_t year = 0, month = 0, date = 0;
    if (day.size != 10)
        return day;
    gx_text_to_int(gx_text_slice(day, 0, 4), &year);
    gx_text_to_int(gx_text_slice(day, 5, 7), &month);
    gx_text_to_int(gx_text_slice(day, 8, 10), &date);
    return gx_format(arena, "%lld年%lld月%lld日", (long long)year, (long long)month, (long long)date);
}

void gx_letter_page(gx_arena *arena, const gx_packages *packages, const gx_json *content, gx_instant at,
                    gx_print_page *page)
{
    const gx_json *rows = gx_json_get(content, "rows");
    gx_print_row *filled = GX_NEW_ARRAY(arena, gx_print_row, rows ? rows->count : 0);
    size_t count = 0;
    for (const gx_json *row = rows ? rows->first : NULL; row; row = row->next)
        filled[count++] = (gx_print_row){gx_json_text_of(row, "label"), gx_json_text_of(row, "value")};
    *page = (gx_print_page){
        .title = gx_json_text_of(content, "title"),
        .subtitle = gx_json_text_of(content, "subtitle"),
        .number = gx_json_text_of(content, "number"),
        .number_label = gx_packages_message(packages, GX_LANGUAGE_ZH, GX_TEXT("letter.number")),
        .opening = gx_json_text_of(content, "opening"),
        .rows = filled,
        .row_count = count,
        .closing = gx_json_text_of(content, "closing"),
        .authority = gx_json_text_of(content, "authority"),
        .date = chinese_date(arena, gx_json_text_of(content, "date")),
        .sample_mark = gx_packages_message(packages, GX_LANGUAGE_ZH, GX_TEXT("letter.sample")),
        .footer = gx_json_text_of(content, "footer"),
        .made_at = at,
        .has_seal = gx_json_bool_of(content, "hasSeal", true),
        .is_certificate = gx_json_bool_of(content, "isCertificate", false)};
    if (page->subtitle.size == 0)
        page->subtitle = gx_json_text_of(content, "titleEn");
}

bool gx_letter_pdf(gx_zone *zone, gx_arena *arena, const gx_letter *letter, gx_text *pdf, gx_error *error)
{
    gx_print_page page;
    gx_text drawn;
    gx_buffer canonical = gx_buffer_in(arena);
    gx_letter_page(arena, gx_zone_packages(zone), letter->content, letter->at, &page);
    gx_json_write_canonical(&canonical, letter->content);
    page.metadata = gx_buffer_as_text(&canonical);
    return gx_print_pdf(arena, &page, &drawn, error) &&
           gx_seal_append(arena, gx_zone_seal(zone), drawn, pdf, error);
}

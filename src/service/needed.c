#include "service/needed.h"

static gx_text title_of(const gx_packages *packages, gx_text field, gx_language language)
{
    const gx_definition *d = gx_packages_find(packages, GX_DEFINITION_REGISTER, GX_TEXT("project"));
    const gx_json *property = d ? gx_json_get_text_name(gx_json_get(d->json, "properties"), field) : NULL;
    gx_text title = gx_json_text_of(property, language == GX_LANGUAGE_EN ? "x-en" : "title");
    return title.size ? title : field;
}

/* "年综合能耗 1200; 年用电量 —": the facts the rule reads, and whether one of them is missing. */
static gx_text describe(gx_arena *arena, const gx_packages *packages, const gx_feel *rule, gx_value project,
                        gx_language language, bool *is_missing)
{
    size_t count;
    const gx_text *names = gx_feel_names(rule, &count);
    gx_buffer buffer = gx_buffer_in(arena);
    *is_missing = false;
    for (size_t i = 0; i < count; i++) {
        gx_text field, root = gx_text_cut(names[i], '.', &field);
        if (!gx_text_equal(root, GX_TEXT("project")) || !field.size)
            continue;
        gx_value value = gx_context_get(project, field);
        *is_missing |= gx_value_is_null(value);
        gx_buffer_format(&buffer, "%s%.*s ", buffer.size ? "; " : "",
                         GX_PRINT(title_of(packages, field, language)));
        if (gx_value_is_null(value))
            gx_buffer_text(&buffer, gx_packages_message(packages, language, GX_TEXT("fact.unknown")));
        else if (value.kind == GX_BOOLEAN)
            gx_buffer_text(&buffer,
                           gx_packages_message(packages, language,
                                               value.boolean ? GX_TEXT("fact.yes") : GX_TEXT("fact.no")));
        else
            gx_value_write(&buffer, value);
    }
    if (buffer.size == 0)
        gx_buffer_text(&buffer, gx_packages_message(packages, language, GX_TEXT("needed.always")));
    return gx_buffer_as_text(&buffer);
}

bool gx_needed_find(gx_arena *arena, const gx_packages *packages, gx_value project, gx_language language,
                    gx_needed_matter **matters, size_t *count, gx_error *error)
{
    const gx_definition *d;
    size_t most = 0;
    for (size_t i = 0; gx_packages_next(packages, GX_DEFINITION_MATTER, &i);)
        most++;
    gx_context_builder builder = gx_context_begin(arena, 1);
    gx_context_set(&builder, GX_TEXT("project"), project);
    gx_value context = gx_context_end(&builder);
    *matters = GX_NEW_ARRAY(arena, gx_needed_matter, most);
    *count = 0;
    for (size_t i = 0; (d = gx_packages_next(packages, GX_DEFINITION_MATTER, &i));) {
        gx_value answer;
        bool is_missing;
        if (!d->needed_when)
            continue;
        if (!gx_feel_evaluate(arena, d->needed_when, context, NULL, &answer, error))
            return false;
        gx_needed_matter *matter = &(*matters)[(*count)++];
        matter->matter = d;
        matter->reason = describe(arena, packages, d->needed_when, project, language, &is_missing);
        matter->is_needed = gx_value_is_true(answer)                   ? GX_NEED_YES
                            : is_missing || !gx_value_is_false(answer) ? GX_NEED_UNCLEAR
                                                                       : GX_NEED_NO;
    }
    return true;
}

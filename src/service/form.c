/* Form-js keys are paths ("project.name"); groups and dynamic lists add their own path. */
#include "service/form.h"
#include "feel/feel.h"

#include <stdlib.h>
#include <string.h>

typedef struct check {
    gx_arena *arena;
    const gx_json *data;
    gx_value context;
    gx_map roots; /* first names of all paths */
    gx_error *error;
} check;

static bool fail(check *c, const char *code, gx_text path, gx_text detail)
{
    gx_buffer pointer = gx_buffer_in(c->arena);
    gx_buffer_byte(&pointer, '/');
    for (size_t i = 0; i < path.size; i++)
        gx_buffer_byte(&pointer, path.bytes[i] == '.' ? '/' : path.bytes[i]);
    return gx_fail_at(c->error, code, ((gx_place){gx_buffer_as_text(&pointer), 0, 0}), path, detail);
}

static bool is_hidden(check *c, const gx_json *component)
{
    gx_text hide = gx_json_text(gx_json_path(component, "conditional.hide"));
    if (hide.size == 0)
        return false;
    gx_text source = gx_text_trim(hide);
    if (source.size && source.bytes[0] == '=')
        source = gx_text_slice(source, 1, source.size);
    gx_error error = {0};
    gx_value answer;
    gx_feel *feel = gx_feel_compile(c->arena, source, NULL, &error);
    return feel && gx_feel_evaluate(c->arena, feel, c->context, NULL, &answer, &error) &&
           gx_value_is_true(answer);
}

static bool is_one_of(gx_text text, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (gx_text_equal(text, gx_text_of(names[i])))
            return true;
    return false;
}

static bool has_option(const gx_json *component, const gx_json *value)
{
    const gx_json *values = gx_json_get(component, "values");
    if (!values || values->count == 0)
        return true;
    for (const gx_json *option = values->first; option; option = option->next)
        if (gx_json_equal(gx_json_get(option, "value"), value))
            return true;
    return false;
}

static bool check_text(check *c, gx_text path, const gx_json *rules, gx_text text)
{
    int64_t least = gx_json_int_of(rules, "minLength", 0), most = gx_json_int_of(rules, "maxLength", 4000);
    int64_t length = (int64_t)gx_utf8_count(text);
    if (length < least || length > most)
        return fail(c, "case.data.range", path,
                    gx_format(c->arena, "%lld–%lld", (long long)least, (long long)most));
    gx_text pattern = gx_json_text_of(rules, "pattern");
    if (pattern.size) {
        gx_value answer;
        gx_error error = {0};
        gx_feel *feel = gx_feel_compile(c->arena, GX_TEXT("matches(text, pattern)"), NULL, &error);
        const gx_entry entries[] = {{GX_TEXT("text"), gx_value_text(text)},
                                    {GX_TEXT("pattern"), gx_value_text(pattern)}};
        if (feel &&
            gx_feel_evaluate(c->arena, feel, gx_value_context(c->arena, entries, 2), NULL, &answer, &error) &&
            gx_value_is_false(answer))
            return fail(c, "case.data.pattern", path, pattern);
    }
    return true;
}

static bool check_number(check *c, gx_text path, const gx_json *rules, const gx_json *value)
{
    double number = strtod(gx_copy_string(c->arena, value->text), NULL);
    const gx_json *least = gx_json_get(rules, "min"), *most = gx_json_get(rules, "max");
    if (gx_json_is(least, GX_JSON_NUMBER) && number < strtod(gx_copy_string(c->arena, least->text), NULL))
        return fail(c, "case.data.range", path, gx_format(c->arena, "≥ %.*s", GX_PRINT(least->text)));
    if (gx_json_is(most, GX_JSON_NUMBER) && number > strtod(gx_copy_string(c->arena, most->text), NULL))
        return fail(c, "case.data.range", path, gx_format(c->arena, "≤ %.*s", GX_PRINT(most->text)));
    return true;
}

static bool check_value(check *c, gx_text path, const gx_json *component, const gx_json *value)
{
    static const char *const texts[] = {"textfield", "textarea", "datetime", "datepicker"};
    static const char *const choices[] = {"select", "radio"};
    static const char *const lists[] = {"checklist", "taglist", "dynamiclist", "filepicker"};
    gx_text type = gx_json_text_of(component, "type");
    const gx_json *rules = gx_json_get(component, "validate");
    if (is_one_of(type, texts, GX_COUNT_OF(texts)))
        return gx_json_is(value, GX_JSON_STRING) ? check_text(c, path, rules, value->text)
                                                 : fail(c, "case.data.type", path, GX_TEXT("string"));
    if (gx_text_equal(type, GX_TEXT("number"))) {
        if (gx_json_is(value, GX_JSON_STRING) && gx_json_bool_of(component, "serializeToString", false))
            return true;
        return gx_json_is(value, GX_JSON_NUMBER) ? check_number(c, path, rules, value)
                                                 : fail(c, "case.data.type", path, GX_TEXT("number"));
    }
    if (gx_text_equal(type, GX_TEXT("checkbox")))
        return value->kind == GX_JSON_TRUE || value->kind == GX_JSON_FALSE ||
               fail(c, "case.data.type", path, GX_TEXT("boolean"));
    if (is_one_of(type, choices, GX_COUNT_OF(choices)))
        return has_option(component, value) || fail(c, "case.data.option", path, gx_json_text(value));
    if (is_one_of(type, lists, GX_COUNT_OF(lists))) {
        if (!gx_json_is(value, GX_JSON_ARRAY))
            return fail(c, "case.data.type", path, GX_TEXT("array"));
        for (const gx_json *item = value->first; item && !gx_text_equal(type, GX_TEXT("dynamiclist"));
             item = item->next)
            if (!has_option(component, item))
                return fail(c, "case.data.option", path, gx_json_text(item));
    }
    return true;
}

static bool check_components(check *c, const gx_json *components, gx_text prefix)
{
    for (const gx_json *component = components ? components->first : NULL; component;
         component = component->next) {
        gx_text key = gx_json_text_of(component, "key"), inner = gx_json_text_of(component, "path");
        gx_text type = gx_json_text_of(component, "type");
        gx_text path = key.size ? gx_format(c->arena, "%.*s%s%.*s", GX_PRINT(prefix), prefix.size ? "." : "",
                                            GX_PRINT(key))
                                : prefix;
        if (inner.size && !key.size)
            path =
                gx_format(c->arena, "%.*s%s%.*s", GX_PRINT(prefix), prefix.size ? "." : "", GX_PRINT(inner));
        if (path.size) {
            gx_text rest, root = gx_text_cut(path, '.', &rest);
            gx_map_put(&c->roots, root, c);
        }
        bool is_list = gx_text_equal(type, GX_TEXT("dynamiclist"));
        if (is_hidden(c, component))
            continue;
        if (key.size && !gx_json_is(gx_json_get(component, "components"), GX_JSON_ARRAY)) {
            const gx_json *value = gx_json_path(c->data, gx_copy_string(c->arena, path));
            bool is_empty = gx_json_is_nothing(value) ||
                            (gx_json_is(value, GX_JSON_STRING) && gx_text_trim(value->text).size == 0);
            if (is_empty && gx_json_bool_of(gx_json_get(component, "validate"), "required", false))
                return fail(c, "case.data.required", path, (gx_text){"", 0});
            if (!is_empty && !check_value(c, path, component, value))
                return false;
        }
        if (!is_list && !check_components(c, gx_json_get(component, "components"),
                                          key.size || inner.size ? path : prefix))
            return false;
    }
    return true;
}

bool gx_form_check(gx_arena *arena, const gx_json *form, const gx_json *data, const char *const *allowed,
                   size_t allowed_count, gx_error *error)
{
    check c = {.arena = arena,
               .data = data,
               .context = gx_value_from_json(arena, data),
               .roots = gx_map_in(arena),
               .error = error};
    if (!check_components(&c, gx_json_get(form, "components"), (gx_text){"", 0}))
        return false;
    for (const gx_json *member = data ? data->first : NULL; member; member = member->next)
        if (!gx_map_get(&c.roots, member->name) && !is_one_of(member->name, allowed, allowed_count))
            return fail(&c, "case.data.unknown", member->name, (gx_text){"", 0});
    return true;
}

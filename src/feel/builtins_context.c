/* Context functions (DMN 1.5, 10.3.4.10), not (10.3.4.2) and is (10.3.4.9). */
#include "base/limits.h"
#include "feel/builtins.h"
#include "feel/temporal.h"

gx_value gx_builtin_not(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)call, (void)count;
    return gx_value_boolean(!arguments[0].boolean);
}

/* Same kind and same value in the semantic domain; times with different offsets or zones are not the same. */
gx_value gx_builtin_is(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)call;
    gx_value a = arguments[0], b = count > 1 ? arguments[1] : gx_value_null();
    if (a.kind == GX_TIME || a.kind == GX_DATE_TIME)
        return gx_value_boolean(gx_temporal_is_identical(a, b));
    return gx_value_boolean(a.kind == b.kind && gx_value_same(a, b));
}

gx_value gx_builtin_get_value(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)count;
    gx_value value;
    gx_text key = gx_value_as_text(arguments[1]);
    if (!gx_context_find(arguments[0], key, &value))
        return gx_feel_null(call, "feel.null.member", key, gx_text_of(gx_kind_name(GX_CONTEXT)));
    return value;
}

gx_value gx_builtin_get_entries(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)count;
    const gx_context *context = arguments[0].context;
    if (!gx_feel_spend(call, context->count))
        return gx_value_null();
    gx_list_builder list = gx_list_begin(call->arena, context->count);
    for (size_t i = 0; i < context->count; i++) {
        gx_context_builder entry = gx_context_begin(call->arena, 2);
        gx_context_set(&entry, GX_TEXT("key"), gx_value_text(context->entries[i].name));
        gx_context_set(&entry, GX_TEXT("value"), context->entries[i].value);
        gx_list_add(&list, gx_context_end(&entry));
    }
    return gx_list_end(&list);
}

/* Each entry is {key: string, value: anything}; a key that comes twice makes no context. */
gx_value gx_builtin_context(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)count;
    gx_value entries = arguments[0];
    if (!gx_feel_spend(call, entries.size))
        return gx_value_null();
    gx_context_builder context = gx_context_begin(call->arena, entries.size);
    for (size_t i = 0; i < entries.size; i++) {
        gx_value key, value;
        if (!gx_context_find(entries.items[i], GX_TEXT("key"), &key) || key.kind != GX_STRING ||
            !gx_context_find(entries.items[i], GX_TEXT("value"), &value))
            return gx_builtin_domain(call, entries.items[i]);
        gx_context_set(&context, gx_value_as_text(key), value);
        if (context.count != i + 1)
            return gx_builtin_domain(call, entries.items[i]);
    }
    return gx_context_end(&context);
}

static gx_value put(gx_feel_call *call, const gx_context *context, gx_text key, gx_value value)
{
    if (!gx_feel_spend(call, context->count))
        return gx_value_null();
    gx_context_builder changed = gx_context_begin(call->arena, context->count + 1);
    for (size_t i = 0; i < context->count; i++)
        gx_context_set(&changed, context->entries[i].name, context->entries[i].value);
    gx_context_set(&changed, key, value);
    return gx_context_end(&changed);
}

gx_value gx_builtin_context_put(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)count;
    return put(call, arguments[0].context, gx_value_as_text(arguments[1]), arguments[2]);
}

/* The contexts along the path are put anew from the innermost out; what the path goes through must be there.
 */
static gx_value put_path(gx_feel_call *call, gx_value context, const gx_value *keys, size_t count,
                         gx_value value)
{
    gx_text key = gx_value_as_text(keys[0]);
    if (context.kind != GX_CONTEXT || keys[0].kind != GX_STRING)
        return gx_builtin_domain(call, context.kind != GX_CONTEXT ? context : keys[0]);
    if (count > 1) {
        value = put_path(call, gx_context_get(context, key), keys + 1, count - 1, value);
        if (value.kind == GX_NULL)
            return value;
    }
    return put(call, context.context, key, value);
}

gx_value gx_builtin_context_put_path(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)count;
    gx_value keys = arguments[1];
    if (keys.size == 0 || keys.size > GX_LIMIT_FEEL_DEPTH)
        return gx_builtin_domain(call, keys);
    return put_path(call, arguments[0], keys.items, keys.size, arguments[2]);
}

gx_value gx_builtin_context_merge(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)count;
    gx_value contexts = arguments[0];
    gx_context_builder merged = gx_context_begin(call->arena, 0);
    for (size_t i = 0; i < contexts.size; i++) {
        if (contexts.items[i].kind != GX_CONTEXT)
            return gx_builtin_domain(call, contexts.items[i]);
        const gx_context *context = contexts.items[i].context;
        if (!gx_feel_spend(call, context->count))
            return gx_value_null();
        for (size_t j = 0; j < context->count; j++)
            gx_context_set(&merged, context->entries[j].name, context->entries[j].value);
    }
    return gx_context_end(&merged);
}

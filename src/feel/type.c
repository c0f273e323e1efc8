/* Types: what belongs to them, which conform to which, and the conversions of DMN 1.5, 10.3.2.9. */
#include "feel/code.h"

#include <string.h>

#define SCALAR(feel_name, kind_)                                                                             \
    {                                                                                                        \
        .kind = GX_TYPE_SCALAR, .scalar = (kind_), .name = { feel_name, sizeof(feel_name) - 1 }              \
    }
static const gx_type any_type = {.kind = GX_TYPE_ANY, .name = {"Any", 3}};
static const gx_type null_type = {.kind = GX_TYPE_NULL, .name = {"Null", 4}};
static const gx_type list_type = {.kind = GX_TYPE_LIST, .name = {"list", 4}};
static const gx_type context_type = {.kind = GX_TYPE_CONTEXT, .name = {"context", 7}};
static const gx_type range_type = {.kind = GX_TYPE_RANGE, .name = {"range", 5}};
static const gx_type function_type = {
    .kind = GX_TYPE_FUNCTION, .name = {"function", 8}, .accepts_any_function = true};
static const gx_type scalars[] = {
    SCALAR("boolean", GX_BOOLEAN),
    SCALAR("number", GX_NUMBER),
    SCALAR("string", GX_STRING),
    SCALAR("date", GX_DATE),
    SCALAR("time", GX_TIME),
    SCALAR("date and time", GX_DATE_TIME),
    SCALAR("days and time duration", GX_DAYS_DURATION),
    SCALAR("years and months duration", GX_MONTHS_DURATION),
};

/* Other spellings: typeRef of older DMN versions, XML Schema names. */
static const struct {
    const char *spelled, *name;
} spellings[] = {
    {"dateTime", "date and time"},
    {"dayTimeDuration", "days and time duration"},
    {"days and time duration", "days and time duration"},
    {"yearMonthDuration", "years and months duration"},
    {"any", "Any"},
    {"null", "Null"},
    {"integer", "number"},
    {"double", "number"},
    {"long", "number"},
    {"decimal", "number"},
};

const gx_type *gx_type_any(void)
{
    return &any_type;
}

const gx_type *gx_type_of_kind(gx_kind kind)
{
    switch (kind) {
    case GX_NULL: return &null_type;
    case GX_LIST: return &list_type;
    case GX_CONTEXT: return &context_type;
    case GX_RANGE: return &range_type;
    case GX_FUNCTION: return &function_type;
    default: break;
    }
    for (size_t i = 0; i < GX_COUNT_OF(scalars); i++)
        if (scalars[i].scalar == kind)
            return &scalars[i];
    return &any_type;
}

static const gx_type *by_name(gx_text name)
{
    static const gx_type *const others[] = {&any_type,     &null_type,  &list_type,
                                            &context_type, &range_type, &function_type};
    for (size_t i = 0; i < GX_COUNT_OF(scalars); i++)
        if (gx_text_equal(scalars[i].name, name))
            return &scalars[i];
    for (size_t i = 0; i < GX_COUNT_OF(others); i++)
        if (gx_text_equal(others[i]->name, name))
            return others[i];
    return NULL;
}

const gx_type *gx_type_simple(gx_text name)
{
    const gx_type *found = by_name(name);
    for (size_t i = 0; i < GX_COUNT_OF(spellings) && !found; i++)
        if (gx_text_equal(gx_text_of(spellings[i].spelled), name))
            found = by_name(gx_text_of(spellings[i].name));
    return found;
}

/* ---- Conformance ---- */

static bool conforms(const gx_type *from, const gx_type *to, uint32_t depth)
{
    if (!to || to->kind == GX_TYPE_ANY || from == to)
        return true;
    if (!from || depth > GX_LIMIT_TYPE_DEPTH)
        return false;
    if (from->kind == GX_TYPE_NULL)
        return true;
    if (from->kind != to->kind)
        return false;
    switch (to->kind) {
    case GX_TYPE_ANY:
    case GX_TYPE_NULL: return true;
    case GX_TYPE_SCALAR: return from->scalar == to->scalar;
    case GX_TYPE_LIST:
    case GX_TYPE_RANGE: return conforms(from->element, to->element, depth + 1);
    case GX_TYPE_CONTEXT:
        for (uint32_t i = 0; i < to->count; i++) {
            const gx_type *field = NULL;
            bool has_field = false;
            for (uint32_t k = 0; k < from->count && !has_field; k++) {
                has_field = gx_text_equal(from->fields[k].name, to->fields[i].name);
                field = from->fields[k].type;
            }
            if (!has_field || !conforms(field, to->fields[i].type, depth + 1))
                return false;
        }
        return true;
    case GX_TYPE_FUNCTION:
        if (to->accepts_any_function)
            return true;
        if (from->count != to->count || !conforms(from->result, to->result, depth + 1))
            return false;
        for (uint32_t i = 0; i < to->count; i++) /* parameters the other way round */
            if (from->parameters[i] && !conforms(to->parameters[i], from->parameters[i], depth + 1))
                return false;
        return true;
    }
    return false;
}

bool gx_type_conforms(const gx_type *from, const gx_type *to)
{
    return conforms(from, to, 0);
}

static bool function_has(const gx_type *type, const gx_function *function)
{
    if (type->accepts_any_function)
        return true;
    if (function->parameter_count != type->count)
        return false;
    for (uint32_t i = 0; i < type->count; i++) {
        const gx_type *parameter = function->parameter_types ? function->parameter_types[i] : NULL;
        if (parameter && !conforms(type->parameters[i], parameter, 0))
            return false;
    }
    return !function->result ||
           conforms(function->result, type->result, 0); /* what is not declared is trusted */
}

static bool has(const gx_type *type, gx_value value, bool null_fits, uint32_t depth)
{
    if (value.kind == GX_NULL)
        return null_fits || (type && type->kind == GX_TYPE_NULL);
    if (!type)
        return true;
    if (depth > GX_LIMIT_TYPE_DEPTH)
        return false;
    switch (type->kind) {
    case GX_TYPE_ANY: return true;
    case GX_TYPE_NULL: return false;
    case GX_TYPE_SCALAR: return value.kind == type->scalar;
    case GX_TYPE_LIST:
        if (value.kind != GX_LIST)
            return false;
        if (!type->element || type->element->kind == GX_TYPE_ANY)
            return true;
        for (uint32_t i = 0; i < value.size; i++)
            if (!has(type->element, value.items[i], true, depth + 1))
                return false;
        return true;
    case GX_TYPE_CONTEXT:
        if (value.kind != GX_CONTEXT)
            return false;
        for (uint32_t i = 0; i < type->count; i++) {
            gx_value member;
            if (!gx_context_find(value, type->fields[i].name, &member) ||
                !has(type->fields[i].type, member, true, depth + 1))
                return false;
        }
        return true;
    case GX_TYPE_RANGE:
        return value.kind == GX_RANGE &&
               (!value.range->has_start || has(type->element, value.range->start, false, depth + 1)) &&
               (!value.range->has_end || has(type->element, value.range->end, false, depth + 1));
    case GX_TYPE_FUNCTION: return value.kind == GX_FUNCTION && function_has(type, value.function);
    }
    return false;
}

bool gx_type_has(const gx_type *type, gx_value value)
{
    return has(type, value, false, 0);
}

/* ---- Conversions ---- */

static bool passes(gx_feel_call *call, const gx_feel *tests, gx_value value)
{
    gx_feel_input input = {.input = value};
    return gx_value_is_true(gx_feel_nested(call, tests, &input));
}

static bool convert(gx_feel_call *call, const gx_type *type, gx_value *value, uint32_t depth);

/* A list, each item converted to the element type; the list is copied only when an item changes. */
static bool convert_list(gx_feel_call *call, const gx_type *type, gx_value *value, uint32_t depth)
{
    gx_value *copy = NULL;
    if (!gx_feel_spend(call, value->size))
        return false;
    if (!type->element && !type->allowed)
        return true;
    for (uint32_t i = 0; i < value->size; i++) {
        gx_value item = value->items[i];
        if (type->element && !convert(call, type->element, &item, depth + 1))
            return false;
        if (type->allowed && item.kind != GX_NULL && !passes(call, type->allowed, item))
            return false;
        if (memcmp(&item, &value->items[i], sizeof item) == 0)
            continue;
        if (!copy)
            copy = gx_copy_bytes(call->arena, value->items, value->size * sizeof *copy);
        copy[i] = item;
    }
    if (copy)
        value->items = copy;
    return true;
}

static bool convert_context(gx_feel_call *call, const gx_type *type, gx_value *value, uint32_t depth)
{
    gx_entry *copy = NULL;
    uint32_t count = value->context->count;
    for (uint32_t i = 0; i < type->count; i++) {
        gx_value member, converted;
        if (!gx_context_find(*value, type->fields[i].name, &member))
            return false;
        converted = member;
        if (type->fields[i].type && !convert(call, type->fields[i].type, &converted, depth + 1))
            return false;
        if (memcmp(&member, &converted, sizeof member) == 0)
            continue;
        if (!copy)
            copy = gx_copy_bytes(call->arena, value->context->entries, count * sizeof *copy);
        for (uint32_t k = 0; k < count; k++)
            if (gx_text_equal(copy[k].name, type->fields[i].name))
                copy[k].value = converted;
    }
    if (copy)
        *value = gx_value_context(call->arena, copy, count);
    return true;
}

static bool convert_structure(gx_feel_call *call, const gx_type *type, gx_value *value, uint32_t depth)
{
    /* [x] as x, where a list is not asked for, and x as [x], where it is */
    if (value->kind == GX_LIST && value->size == 1 && type->kind != GX_TYPE_LIST &&
        type->kind != GX_TYPE_ANY) {
        *value = value->items[0];
        if (value->kind == GX_NULL)
            return true;
    } else if (value->kind != GX_LIST && type->kind == GX_TYPE_LIST) {
        *value = gx_value_list(gx_copy_bytes(call->arena, value, sizeof *value), 1);
    } else if (value->kind == GX_DATE && type->kind == GX_TYPE_SCALAR && type->scalar == GX_DATE_TIME) {
        *value = gx_value_date_time(call->arena, (gx_feel_date_time){
                                                     .date = value->date,
                                                     .time = {.zone_kind = GX_ZONE_OFFSET, .offset = 0},
                                                 });
    }
    switch (type->kind) {
    case GX_TYPE_LIST: return convert_list(call, type, value, depth);
    case GX_TYPE_CONTEXT: return value->kind == GX_CONTEXT && convert_context(call, type, value, depth);
    default: return has(type, *value, false, depth);
    }
}

static bool convert(gx_feel_call *call, const gx_type *type, gx_value *value, uint32_t depth)
{
    if (value->kind == GX_NULL)
        return true;
    if (depth > GX_LIMIT_TYPE_DEPTH || gx_feel_has_failed(call) || !convert_structure(call, type, value, depth))
        return false;
    if (value->kind == GX_NULL)
        return true;
    if (type->allowed && type->kind != GX_TYPE_LIST && !passes(call, type->allowed, *value))
        return false;
    return !type->constraint || passes(call, type->constraint, *value);
}

gx_value gx_type_convert(gx_feel_call *call, const gx_type *type, gx_value value, bool *fits)
{
    gx_value given = value;
    *fits = !type || convert(call, type, &value, 0);
    if (*fits || gx_feel_has_failed(call))
        return *fits ? value : gx_value_null();
    if (!call->vm->notes)
        return gx_value_null();
    return gx_feel_null(call, "feel.null.type", gx_type_write(call->arena, type),
                        gx_value_to_text(call->arena, given));
}

/* ---- Text ---- */

static void write_type(gx_buffer *out, const gx_type *type, uint32_t depth)
{
    if (!type) {
        gx_buffer_string(out, "Any");
        return;
    }
    if (type->name.size || depth > 8) {
        gx_buffer_text(out, type->name);
        return;
    }
    switch (type->kind) {
    case GX_TYPE_LIST:
    case GX_TYPE_RANGE:
        gx_buffer_string(out, type->kind == GX_TYPE_LIST ? "list<" : "range<");
        write_type(out, type->element, depth + 1);
        gx_buffer_string(out, ">");
        break;
    case GX_TYPE_CONTEXT:
        gx_buffer_string(out, "context<");
        for (uint32_t i = 0; i < type->count; i++) {
            gx_buffer_string(out, i ? ", " : "");
            gx_buffer_text(out, type->fields[i].name);
            gx_buffer_string(out, ": ");
            write_type(out, type->fields[i].type, depth + 1);
        }
        gx_buffer_string(out, ">");
        break;
    case GX_TYPE_FUNCTION:
        gx_buffer_string(out, "function<");
        for (uint32_t i = 0; i < type->count; i++) {
            gx_buffer_string(out, i ? ", " : "");
            write_type(out, type->parameters[i], depth + 1);
        }
        gx_buffer_string(out, ">->");
        write_type(out, type->result, depth + 1);
        break;
    case GX_TYPE_ANY:
    case GX_TYPE_NULL:
    case GX_TYPE_SCALAR: gx_buffer_text(out, gx_text_of(gx_kind_name(type->scalar))); break;
    }
}

gx_text gx_type_write(gx_arena *arena, const gx_type *type)
{
    gx_buffer out = gx_buffer_in(arena);
    write_type(&out, type, 0);
    return out.size ? gx_buffer_as_text(&out) : GX_TEXT("");
}

/* Evaluating elements and boxed expressions. Each element is evaluated at most once in an evaluation;
 * requirements come first, so that an expression finds them in its frame. */
#include "dmn/model.h"

#include <string.h>

static gx_value element_value(gx_dmn_run *run, const gx_dmn_element *element);

gx_value gx_dmn_feel(gx_dmn_run *run, const gx_feel *feel, const gx_value *slots, gx_value input)
{
    gx_value constant;
    if (gx_feel_constant(feel, &constant))
        return constant;
    gx_feel_input in = {.slots = slots, .input = input};
    return gx_feel_nested(run->call, feel, &in);
}

gx_value gx_dmn_convert(gx_dmn_run *run, const gx_type *type, gx_value value)
{
    bool fits = true;
    if (!type || value.kind == GX_NULL)
        return value;
    if (type->kind == GX_TYPE_SCALAR && type->scalar == (gx_kind)value.kind && !type->allowed &&
        !type->constraint)
        return value;
    return gx_type_convert(run->call, type, value, &fits);
}

static bool enter(gx_dmn_run *run)
{
    if (++run->depth <= GX_LIMIT_DMN_DEPTH)
        return true;
    run->depth--;
    gx_feel_null(run->call, "dmn.null.depth", GX_TEXT(""), GX_TEXT(""));
    return false;
}

/* ---- Boxed functions ---- */

/* What a boxed function keeps: its expression and the frame around it. */
typedef struct boxed {
    const gx_dmn_expression *expression;
    gx_value *slots;
    gx_dmn_run run; /* a copy: the function may outlive the call that it was made in */
} boxed;

/* The run in which a function was made, for a call of it now; a trace is filled only while its evaluation
 * lasts. */
static gx_dmn_run run_again(const gx_dmn_run *made_in, gx_feel_call *call)
{
    gx_dmn_run run = *made_in;
    run.call = call;
    run.trace = made_in->first->trace;
    return run;
}

static gx_value call_boxed(gx_feel_call *call, const gx_function *self, const gx_value *arguments,
                           size_t count)
{
    const boxed *b = self->data;
    const gx_dmn_expression *e = b->expression;
    gx_dmn_run run = run_again(&b->run, call);
    if (!enter(&run))
        return gx_value_null();
    gx_value *slots = GX_NEW_ARRAY(call->arena, gx_value, e->element->frame_size);
    memcpy(slots, b->slots, e->slot * sizeof *slots);
    for (size_t i = 0; i < count; i++)
        slots[e->slot + i] = arguments[i];
    return gx_dmn_expression_evaluate(&run, e->items[0], slots);
}

static gx_value make_function(gx_dmn_run *run, const gx_dmn_expression *e, const gx_value *slots,
                              gx_text name)
{
    gx_arena *arena = run->call->arena;
    gx_function *function = GX_NEW(arena, gx_function);
    if (e->external.kind == GX_FUNCTION) {
        *function = *e->external.function;
    } else if (e->items[0]->kind == GX_DMN_NOTHING) {
        return gx_value_null();
    } else {
        boxed *b = GX_NEW(arena, boxed);
        *b = (boxed){e, gx_copy_bytes(arena, slots, e->slot * sizeof *slots), *run};
        *function = (gx_function){.kind = GX_FUNCTION_NATIVE, .native = call_boxed, .data = b};
    }
    function->name = name;
    function->parameter_names = e->names;
    function->parameter_types = e->types;
    function->parameter_count = e->count;
    function->result = e->type ? e->type : e->items[0]->type;
    return gx_value_function(function);
}

/* ---- Boxed expressions ---- */

static gx_value context_value(gx_dmn_run *run, const gx_dmn_expression *e, gx_value *slots)
{
    gx_context_builder context = gx_context_begin(run->call->arena, e->count);
    for (uint32_t i = 0; i < e->count; i++) {
        gx_value value = gx_dmn_expression_evaluate(run, e->items[i], slots);
        if (value.kind == GX_FUNCTION && e->items[i]->kind == GX_DMN_FUNCTION &&
            value.function->native == call_boxed) {
            const boxed *b = value.function->data; /* so that it can call itself */
            b->slots[e->slot + i] = value;
        }
        value = gx_dmn_convert(run, e->types[i], value);
        if (e->names[i].size == 0)
            return value;
        slots[e->slot + i] = value;
        gx_context_set(&context, e->names[i], value);
    }
    return gx_context_end(&context);
}

static gx_value list_value(gx_dmn_run *run, const gx_dmn_expression *e, gx_value *slots)
{
    gx_list_builder list = gx_list_begin(run->call->arena, e->item_count);
    for (uint32_t i = 0; i < e->item_count; i++)
        gx_list_add(&list, gx_dmn_expression_evaluate(run, e->items[i], slots));
    return gx_list_end(&list);
}

static gx_value relation_value(gx_dmn_run *run, const gx_dmn_expression *e, gx_value *slots)
{
    gx_list_builder rows = gx_list_begin(run->call->arena, e->count ? e->item_count / e->count : 0);
    for (uint32_t at = 0; at < e->item_count; at += e->count) {
        gx_context_builder row = gx_context_begin(run->call->arena, e->count);
        for (uint32_t i = 0; i < e->count; i++) {
            gx_value value =
                e->items[at + i] ? gx_dmn_expression_evaluate(run, e->items[at + i], slots) : gx_value_null();
            gx_context_set(&row, e->names[i], gx_dmn_convert(run, e->types[i], value));
        }
        gx_list_add(&rows, gx_context_end(&row));
    }
    return gx_list_end(&rows);
}

static gx_value invocation_value(gx_dmn_run *run, const gx_dmn_expression *e, gx_value *slots)
{
    gx_value function = gx_dmn_expression_evaluate(run, e->items[e->count], slots);
    gx_value *arguments = GX_NEW_ARRAY(run->call->arena, gx_value, e->count);
    for (uint32_t i = 0; i < e->count; i++)
        arguments[i] = gx_dmn_expression_evaluate(run, e->items[i], slots);
    if (gx_feel_has_failed(run->call))
        return gx_value_null();
    return gx_feel_invoke_named(run->call, function, e->names, arguments, e->count);
}

static gx_value conditional_value(gx_dmn_run *run, const gx_dmn_expression *e, gx_value *slots)
{
    gx_value condition = gx_dmn_expression_evaluate(run, e->items[0], slots);
    if (condition.kind != GX_BOOLEAN && condition.kind != GX_NULL)
        return gx_feel_null(run->call, "feel.null.condition",
                            gx_text_of(gx_kind_name((gx_kind)condition.kind)), GX_TEXT(""));
    return gx_dmn_expression_evaluate(run, e->items[gx_value_is_true(condition) ? 1 : 2], slots);
}

/* The source of a boxed filter or iteration as a list; a single value is a list of one. False for null. */
static bool source_of(gx_dmn_run *run, const gx_dmn_expression *e, gx_value *slots, gx_value *list)
{
    *list = gx_dmn_expression_evaluate(run, e->items[0], slots);
    if (list->kind == GX_RANGE) { /* as `for x in range` */
        int64_t first, last;
        const gx_range *range = list->range;
        if (!range->has_start || !range->has_end || !gx_value_to_int(range->start, &first) ||
            !gx_value_to_int(range->end, &last))
            return false;
        first += !range->start_included;
        last -= !range->end_included;
        if (last >= first && !gx_feel_allows_list(run->call, (uint64_t)(last - first) + 1))
            return false;
        gx_list_builder items = gx_list_begin(run->call->arena, 0);
        for (int64_t i = first; i <= last; i++)
            gx_list_add(&items, gx_value_int(i));
        *list = gx_list_end(&items);
    } else if (list->kind != GX_LIST && list->kind != GX_NULL) {
        *list = gx_value_list(gx_copy_bytes(run->call->arena, list, sizeof *list), 1);
    }
    return list->kind == GX_LIST;
}

static gx_value not_boolean(gx_dmn_run *run, gx_value verdict)
{
    return gx_feel_null(run->call, "feel.null.condition", gx_text_of(gx_kind_name((gx_kind)verdict.kind)),
                        GX_TEXT(""));
}

static gx_value filter_value(gx_dmn_run *run, const gx_dmn_expression *e, gx_value *slots)
{
    gx_value source;
    if (!source_of(run, e, slots, &source))
        return gx_value_null();
    gx_list_builder kept = gx_list_begin(run->call->arena, 0);
    for (uint32_t i = 0; i < source.size && gx_feel_spend(run->call, 1); i++) {
        slots[e->slot] = source.items[i];
        gx_value verdict = gx_dmn_expression_evaluate(run, e->items[1], slots);
        int64_t index;
        if (i == 0 && gx_value_to_int(verdict, &index)) {
            if (index < 0)
                index += (int64_t)source.size + 1;
            return index >= 1 && index <= source.size ? source.items[index - 1] : gx_value_null();
        }
        if (verdict.kind != GX_BOOLEAN && verdict.kind != GX_NULL)
            return not_boolean(run, verdict);
        if (gx_value_is_true(verdict))
            gx_list_add(&kept, source.items[i]);
    }
    return gx_list_end(&kept);
}

static gx_value for_value(gx_dmn_run *run, const gx_dmn_expression *e, gx_value *slots)
{
    gx_value source;
    if (!source_of(run, e, slots, &source))
        return gx_value_null();
    gx_list_builder results = gx_list_begin(run->call->arena, source.size);
    for (uint32_t i = 0; i < source.size && gx_feel_spend(run->call, 1); i++) {
        slots[e->slot] = source.items[i];
        slots[e->slot + 1] = gx_value_list(results.items, results.count); /* `partial` */
        gx_list_add(&results, gx_dmn_expression_evaluate(run, e->items[1], slots));
    }
    return gx_list_end(&results);
}

static gx_value quantified_value(gx_dmn_run *run, const gx_dmn_expression *e, gx_value *slots)
{
    gx_value source;
    bool wanted = e->kind == GX_DMN_SOME, has_unknown = false;
    if (!source_of(run, e, slots, &source))
        return gx_value_null();
    for (uint32_t i = 0; i < source.size && gx_feel_spend(run->call, 1); i++) {
        slots[e->slot] = source.items[i];
        gx_value verdict = gx_dmn_expression_evaluate(run, e->items[1], slots);
        if (verdict.kind != GX_BOOLEAN && verdict.kind != GX_NULL)
            return not_boolean(run, verdict);
        if (verdict.kind == GX_NULL)
            has_unknown = true;
        else if (verdict.boolean == wanted)
            return verdict;
    }
    return has_unknown ? gx_value_null() : gx_value_boolean(!wanted);
}

static gx_value bare_value(gx_dmn_run *run, const gx_dmn_expression *e, gx_value *slots)
{
    switch (e->kind) {
    case GX_DMN_NOTHING: return gx_value_null();
    case GX_DMN_LITERAL: return gx_dmn_feel(run, e->feel, slots, gx_value_null());
    case GX_DMN_CONTEXT: return context_value(run, e, slots);
    case GX_DMN_LIST: return list_value(run, e, slots);
    case GX_DMN_RELATION: return relation_value(run, e, slots);
    case GX_DMN_INVOCATION: return invocation_value(run, e, slots);
    case GX_DMN_FUNCTION: return make_function(run, e, slots, GX_TEXT(""));
    case GX_DMN_TABLE: return gx_dmn_table_evaluate(run, e->table, slots);
    case GX_DMN_CONDITIONAL: return conditional_value(run, e, slots);
    case GX_DMN_FILTER: return filter_value(run, e, slots);
    case GX_DMN_FOR: return for_value(run, e, slots);
    case GX_DMN_SOME:
    case GX_DMN_EVERY: return quantified_value(run, e, slots);
    }
    return gx_value_null();
}

gx_value gx_dmn_expression_evaluate(gx_dmn_run *run, const gx_dmn_expression *e, gx_value *slots)
{
    if (gx_feel_has_failed(run->call) || !enter(run))
        return gx_value_null();
    gx_value value = bare_value(run, e, slots);
    run->depth--;
    if (gx_feel_has_failed(run->call))
        return gx_value_null();
    return e->kind == GX_DMN_FUNCTION ? value : gx_dmn_convert(run, e->type, value);
}

/* ---- Elements ---- */

static uint32_t memo_index(const gx_dmn_run *run, const gx_dmn_element *element)
{
    for (uint32_t i = 0; i < run->root->reached_count; i++)
        if (run->root->reached[i] == element->model)
            return run->root->bases[i] + element->index;
    return 0; /* unreachable: whatever an element requires is reached from its model */
}

/* The frame of an element with its requirements in place. Imported ones are members of a context under the
 * import's name. */
static gx_value *frame_of(gx_dmn_run *run, const gx_dmn_element *element)
{
    gx_arena *arena = run->call->arena;
    gx_value *slots = GX_NEW_ARRAY(arena, gx_value, element->frame_size);
    for (uint32_t slot = 0; slot < element->frame_count; slot++) {
        gx_context_builder members = gx_context_begin(arena, 0);
        for (uint32_t i = 0; i < element->requirement_count; i++) {
            const gx_dmn_requirement *need = &element->requirements[i];
            if (need->slot != slot)
                continue;
            if (need->member.size)
                gx_context_set(&members, need->member, element_value(run, need->element));
            else
                slots[slot] = element_value(run, need->element);
        }
        if (members.count)
            slots[slot] = gx_context_end(&members);
    }
    return slots;
}

/* A given value for an element: by name, or under the name of the import it comes from. */
static bool given_value(gx_dmn_run *run, const gx_dmn_element *element, gx_value *value)
{
    const gx_dmn *root = run->root;
    if (run->is_service)
        return false;
    for (uint32_t i = 0; element->model != root && i < root->import_count; i++) {
        gx_value members;
        if (root->imports[i].model == element->model &&
            gx_context_find(run->inputs, root->imports[i].name, &members) &&
            gx_context_find(members, element->name, value))
            return true;
    }
    if (element->model != root && element->kind != GX_DMN_INPUT)
        return false;
    return run->inputs.kind == GX_CONTEXT &&
           gx_context_find_hashed(run->inputs.context, element->name, element->name_hash, value);
}

static const gx_type *result_type(const gx_dmn_element *element)
{
    const gx_type *type = element->type;
    return type && type->kind == GX_TYPE_FUNCTION ? type->result : type;
}

static gx_value knowledge_value(gx_dmn_run *run, const gx_dmn_element *element)
{
    if (!element->expression || element->expression->kind != GX_DMN_FUNCTION)
        return gx_value_null();
    gx_value *slots = frame_of(run, element);
    gx_value value = make_function(run, element->expression, slots, element->name);
    if (value.kind != GX_FUNCTION)
        return value;
    gx_function *function = (gx_function *)(uintptr_t)value.function; /* made just now */
    if (result_type(element))
        function->result = result_type(element);
    if (function->native == call_boxed) {
        const boxed *b = function->data; /* its own name is the last slot of requirements */
        b->slots[element->frame_count - 1] = value;
    }
    return value;
}

static void begin_run(gx_dmn_run *run, const gx_dmn_run *from)
{
    *run = *from;
    run->memos = GX_NEW_ARRAY(run->call->arena, gx_dmn_memo, run->root->total_count);
}

/* A decision service's outputs, in an evaluation of its own in which only its parameters are given
 * (DMN 1.5, 10.4). */
static gx_value service_outputs(gx_dmn_run *outer, const gx_dmn_element *service, const gx_value *arguments)
{
    gx_dmn_run run;
    begin_run(&run, outer);
    run.is_service = true;
    for (uint32_t i = 0; i < service->input_count; i++) {
        gx_dmn_memo *memo = &run.memos[memo_index(&run, service->inputs[i])];
        memo->value = arguments[i];
        memo->state = 2;
    }
    gx_value value;
    if (service->output_count == 1) {
        value = element_value(&run, service->outputs[0]);
    } else {
        gx_context_builder outputs = gx_context_begin(run.call->arena, service->output_count);
        for (uint32_t i = 0; i < service->output_count; i++)
            gx_context_set(&outputs, service->outputs[i]->variable, element_value(&run, service->outputs[i]));
        value = gx_context_end(&outputs);
    }
    return value;
}

typedef struct service_call {
    const gx_dmn_element *element;
    gx_dmn_run run; /* a copy, as that of a boxed function */
} service_call;

static gx_value call_service(gx_feel_call *call, const gx_function *self, const gx_value *arguments,
                             size_t count)
{
    const service_call *s = self->data;
    gx_dmn_run run = run_again(&s->run, call);
    (void)count;
    return enter(&run) ? service_outputs(&run, s->element, arguments) : gx_value_null();
}

static gx_value service_value(gx_dmn_run *run, const gx_dmn_element *element)
{
    gx_arena *arena = run->call->arena;
    gx_function *function = GX_NEW(arena, gx_function);
    service_call *data = GX_NEW(arena, service_call);
    gx_text *names = GX_NEW_ARRAY(arena, gx_text, element->input_count);
    const gx_type **types = GX_NEW_ARRAY(arena, const gx_type *, element->input_count);
    for (uint32_t i = 0; i < element->input_count; i++) {
        names[i] = element->inputs[i]->variable;
        types[i] = element->inputs[i]->type;
    }
    *data = (service_call){element, *run};
    *function = (gx_function){.kind = GX_FUNCTION_NATIVE,
                              .name = element->name,
                              .native = call_service,
                              .data = data,
                              .parameter_names = names,
                              .parameter_types = types,
                              .parameter_count = element->input_count,
                              .result = result_type(element)};
    return gx_value_function(function);
}

static gx_dmn_item item_of(const gx_dmn_element *element)
{
    return (gx_dmn_item){element->kind, element->id,   element->name,
                         element->type, element->line, element->column};
}

static gx_value decision_value(gx_dmn_run *run, const gx_dmn_element *element)
{
    gx_dmn_trace *trace = run->trace;
    gx_dmn_step *step = NULL;
    gx_dmn_table_trace **outer_tables = NULL;
    if (trace)
        trace->depth++;
    gx_value *slots = frame_of(run, element);
    if (trace) {
        step = GX_NEW(run->call->arena, gx_dmn_step);
        outer_tables = trace->tables_end;
        trace->tables_end = &step->tables;
    }
    gx_value value =
        element->expression ? gx_dmn_expression_evaluate(run, element->expression, slots) : gx_value_null();
    value = gx_dmn_convert(run, element->type, value);
    if (trace) {
        trace->depth--;
        trace->tables_end = outer_tables;
        step->item = item_of(element);
        step->depth = trace->depth;
        step->value = value;
        if (trace->last)
            trace->last->next = step;
        else
            trace->first = step;
        trace->last = step;
        trace->count++;
    }
    return value;
}

static gx_value element_value(gx_dmn_run *run, const gx_dmn_element *element)
{
    gx_dmn_memo *memo = &run->memos[memo_index(run, element)];
    gx_value given;
    if (memo->state == 2)
        return memo->value;
    if (memo->state == 1)
        return gx_feel_null(run->call, "dmn.null.cycle", element->name, GX_TEXT(""));
    if (gx_feel_has_failed(run->call) || !enter(run))
        return gx_value_null();
    memo->state = 1;
    switch (element->kind) {
    case GX_DMN_INPUT:
        memo->value =
            given_value(run, element, &given) ? gx_dmn_convert(run, element->type, given) : gx_value_null();
        break;
    case GX_DMN_DECISION:
        memo->value = given_value(run, element, &given) ? gx_dmn_convert(run, element->type, given)
                                                        : decision_value(run, element);
        break;
    case GX_DMN_KNOWLEDGE: memo->value = knowledge_value(run, element); break;
    case GX_DMN_SERVICE: memo->value = service_value(run, element); break;
    }
    memo->state = 2;
    run->depth--;
    return memo->value;
}

/* ---- Entrances ---- */

typedef struct task {
    const gx_dmn *dmn;
    const gx_dmn_element *element;
    gx_value inputs;
    gx_dmn_trace *trace;
    gx_value answer;
} task;

static void work(gx_feel_call *call, void *context)
{
    task *t = context;
    gx_dmn_run *run = GX_NEW(call->arena, gx_dmn_run); /* functions that the answer holds refer to it */
    gx_dmn_run from = {.call = call, .root = t->dmn, .inputs = t->inputs, .trace = t->trace};
    begin_run(run, &from);
    run->first = run;
    if (t->element->kind == GX_DMN_DECISION || t->element->kind == GX_DMN_INPUT) {
        t->answer = element_value(run, t->element);
    } else {
        gx_value function = element_value(run, t->element);
        size_t count;
        const gx_text *names;
        if (gx_function_parameters(function, &count, &names)) {
            gx_value *arguments = GX_NEW_ARRAY(call->arena, gx_value, count);
            for (size_t i = 0; i < count; i++)
                arguments[i] = gx_context_get(t->inputs, names[i]);
            t->answer = gx_feel_invoke(call, function, arguments, count);
        }
    }
    run->trace = NULL;
}

static const gx_dmn_element *find_element(const gx_dmn *dmn, gx_dmn_kind kind, gx_text name)
{
    for (uint32_t i = 0; i < dmn->element_count; i++)
        if (dmn->elements[i].kind == kind && gx_text_equal(dmn->elements[i].id, name))
            return &dmn->elements[i];
    for (uint32_t i = 0; i < dmn->element_count; i++)
        if (dmn->elements[i].kind == kind && gx_text_equal(dmn->elements[i].name, name))
            return &dmn->elements[i];
    return NULL;
}

static bool evaluate(gx_arena *arena, const gx_dmn *dmn, gx_dmn_kind kind, gx_text name, gx_value inputs,
                     const gx_feel_budget *budget, gx_dmn_trace *trace, gx_value *answer, gx_error *error)
{
    task t = {.dmn = dmn, .element = find_element(dmn, kind, name), .inputs = inputs, .trace = trace};
    if (!t.element)
        return gx_fail_at(error, "dmn.unknown", ((gx_place){dmn->path, 0, 0}), name);
    if (!gx_feel_session(arena, budget, trace ? &trace->notes : NULL, work, &t, error))
        return false;
    *answer = t.answer;
    return true;
}

bool gx_dmn_evaluate(gx_arena *arena, const gx_dmn *dmn, gx_text decision, gx_value inputs,
                     const gx_feel_budget *budget, gx_dmn_trace *trace, gx_value *answer, gx_error *error)
{
    return evaluate(arena, dmn, GX_DMN_DECISION, decision, inputs, budget, trace, answer, error);
}

bool gx_dmn_call_service(gx_arena *arena, const gx_dmn *dmn, gx_text service, gx_value inputs,
                         const gx_feel_budget *budget, gx_dmn_trace *trace, gx_value *answer, gx_error *error)
{
    return evaluate(arena, dmn, GX_DMN_SERVICE, service, inputs, budget, trace, answer, error);
}

bool gx_dmn_call_knowledge(gx_arena *arena, const gx_dmn *dmn, gx_text knowledge, gx_value parameters,
                           const gx_feel_budget *budget, gx_dmn_trace *trace, gx_value *answer,
                           gx_error *error)
{
    return evaluate(arena, dmn, GX_DMN_KNOWLEDGE, knowledge, parameters, budget, trace, answer, error);
}

/* ---- What is in a model ---- */

gx_text gx_dmn_name(const gx_dmn *dmn)
{
    return dmn->name;
}

gx_text gx_dmn_namespace(const gx_dmn *dmn)
{
    return dmn->ns;
}

size_t gx_dmn_count(const gx_dmn *dmn)
{
    return dmn->element_count;
}

gx_dmn_item gx_dmn_item_at(const gx_dmn *dmn, size_t index)
{
    return item_of(&dmn->elements[index]);
}

bool gx_dmn_find(const gx_dmn *dmn, gx_dmn_kind kind, gx_text id_or_name, gx_dmn_item *item)
{
    const gx_dmn_element *element = find_element(dmn, kind, id_or_name);
    if (element)
        *item = item_of(element);
    return element != NULL;
}

static bool is_required(const gx_dmn *dmn, const gx_dmn_element *element)
{
    for (uint32_t i = 0; i < dmn->element_count; i++)
        for (uint32_t r = 0; r < dmn->elements[i].requirement_count; r++)
            if (dmn->elements[i].requirements[r].element == element &&
                dmn->elements[i].kind == GX_DMN_DECISION)
                return true;
    return false;
}

bool gx_dmn_find_main(const gx_dmn *dmn, gx_text id_or_name, gx_dmn_item *item)
{
    size_t tops = 0;
    if (gx_dmn_find(dmn, GX_DMN_DECISION, id_or_name, item))
        return true;
    for (uint32_t i = 0; i < dmn->element_count; i++)
        if (dmn->elements[i].kind == GX_DMN_DECISION && !is_required(dmn, &dmn->elements[i])) {
            *item = item_of(&dmn->elements[i]);
            tops++;
        }
    return tops == 1;
}

static void gather_inputs(const gx_dmn *root, const gx_dmn_element *element, bool *seen, gx_dmn_item *items,
                          size_t *count)
{
    uint32_t index = memo_index(&(gx_dmn_run){.root = root}, element);
    if (seen[index])
        return;
    seen[index] = true;
    if (element->kind == GX_DMN_INPUT)
        items[(*count)++] = item_of(element);
    for (uint32_t i = 0; i < element->requirement_count; i++)
        gather_inputs(root, element->requirements[i].element, seen, items, count);
}

size_t gx_dmn_inputs_of(gx_arena *arena, const gx_dmn *dmn, gx_text decision, gx_dmn_item **items)
{
    const gx_dmn_element *element = find_element(dmn, GX_DMN_DECISION, decision);
    size_t count = 0;
    *items = GX_NEW_ARRAY(arena, gx_dmn_item, dmn->total_count);
    if (element)
        gather_inputs(dmn, element, GX_NEW_ARRAY(arena, bool, dmn->total_count), *items, &count);
    return count;
}

/* The loops of the machine: filters, `for`, `some`, `every`. A loop's state lies in the arena; a local of the
 * frame points at it. A span of numbers or dates is counted through, never listed. */
#include "feel/code.h"

/* ---- Filters ---- */

typedef struct filter {
    const gx_value *items;
    uint32_t count, next;
    bool is_null, is_decided,
        is_probe; /* probe: an empty source, whose condition is looked at once for its kind */
    gx_value answer;
    gx_list_builder kept;
    gx_value single;
} filter;

void gx_loop_begin_filter(gx_feel_vm *vm, gx_value source, gx_value *state)
{
    filter *f = GX_NEW(vm->call.arena, filter);
    *f = (filter){.kept = gx_list_begin(vm->call.arena, 0)};
    if (source.kind == GX_LIST) {
        f->items = source.items;
        f->count = source.size;
    } else if (source.kind == GX_NULL) {
        f->is_null = f->is_decided = true;
    } else {
        f->single = source;
        f->items = &f->single;
        f->count = 1;
    }
    f->is_probe = f->count == 0 && !f->is_null;
    *state = (gx_value){.kind = GX_NULL};
    state->bytes = (const char *)f;
}

static filter *filter_of(const gx_value *state)
{
    return (filter *)(uintptr_t)state->bytes;
}

/* The next item into `item`; false at the end. */
bool gx_loop_next_of_filter(gx_value *state, gx_value *item)
{
    filter *f = filter_of(state);
    if (f->is_decided)
        return false;
    if (f->is_probe && f->next == 0) {
        *item = gx_value_null();
        return true;
    }
    if (f->next >= f->count)
        return false;
    *item = f->items[f->next];
    return true;
}

static void take_index(filter *f, gx_value position)
{
    int64_t index;
    f->is_decided = true;
    f->answer = gx_value_null();
    if (!gx_value_to_int(position, &index))
        return;
    if (index > 0 && index <= f->count)
        f->answer = f->items[index - 1];
    else if (index < 0 && -index <= f->count)
        f->answer = f->items[(int64_t)f->count + index];
}

void gx_loop_judge(gx_feel_vm *vm, gx_value *state, gx_value condition)
{
    filter *f = filter_of(state);
    if (condition.kind == GX_NUMBER && f->next == 0) {
        take_index(f, condition);
    } else if (condition.kind != GX_BOOLEAN && condition.kind != GX_NULL) {
        if (!f->is_probe) {
            f->is_decided = true;
            f->answer =
                gx_feel_null(&vm->call, "feel.null.condition", gx_value_kind_text(condition), GX_TEXT(""));
        }
    } else if (gx_value_is_true(condition) && !f->is_probe) {
        gx_list_add(&f->kept, f->items[f->next]);
    }
    f->next++;
}

gx_value gx_loop_end_filter(const gx_value *state)
{
    filter *f = filter_of(state);
    return f->is_decided ? f->answer : gx_list_end(&f->kept);
}

/* The member of a context; lists hold contexts of one form, so it is looked for first where the last one had
 * it. */
static bool member_at(const gx_context *context, const gx_code_name *name, uint32_t *hint, gx_value *member)
{
    if (*hint < context->count && context->hashes[*hint] == name->hash &&
        gx_text_equal(context->entries[*hint].name, name->text)) {
        *member = context->entries[*hint].value;
        return true;
    }
    for (uint32_t i = 0; i < context->count && !context->slots; i++)
        if (context->hashes[i] == name->hash) {
            *hint = i;
            break;
        }
    return gx_context_find_hashed(context, name->text, name->hash, member);
}

static inline bool compares(gx_feel_vm *vm, char op, gx_value a, gx_value b)
{
    if (a.kind != GX_NUMBER || b.kind != GX_NUMBER || ((a.flags | b.flags) & GX_VALUE_WIDE) ||
        a.scale != b.scale)
        return gx_value_is_true(gx_vm_compare(vm, op, a, b));
    switch (op) {
    case '=': return a.integer == b.integer;
    case '!': return a.integer != b.integer;
    case '<': return a.integer < b.integer;
    case '>': return a.integer > b.integer;
    case 'L': return a.integer <= b.integer;
    default: return a.integer >= b.integer;
    }
}

bool gx_loop_filter_compare(gx_feel_vm *vm, const gx_code *code, const uint32_t *words, uint32_t count,
                            gx_value *source)
{
    uint32_t hints[GX_FILTER_COMPARISONS] = {0};
    gx_value member;
    if (source->kind != GX_LIST || source->size == 0 ||
        !gx_feel_spend(&vm->call, (uint64_t)source->size * 4 * count))
        return false;
    gx_list_builder kept = gx_list_begin(vm->call.arena, 0);
    for (uint32_t i = 0; i < source->size; i++) {
        gx_value item = source->items[i];
        bool passes = true;
        for (uint32_t c = 0; c < count && passes; c++) {
            const uint32_t *word = words + (size_t)3 * c;
            if (item.kind != GX_CONTEXT ||
                !member_at(item.context, &code->names[word[1]], &hints[c], &member))
                return false;
            passes = compares(vm, (char)word[0], member, code->constants[word[2]]);
        }
        if (passes)
            gx_list_add(&kept, item);
    }
    *source = gx_list_end(&kept);
    return true;
}

/* ---- Iterations ---- */

typedef struct iterator {
    const gx_value *items;
    uint32_t count, next;
    bool is_span;
    bool is_date;
    int64_t current, last, step; /* of a span */
    int32_t scale;
    gx_value single;
} iterator;

typedef struct results {
    uint32_t mode; /* 0: for, 1: some, 2: every */
    bool is_null;
    bool has_unknown;
    bool is_decided, verdict;
    gx_list_builder list;
} results;

static results *results_of(const gx_value *state)
{
    return (results *)(uintptr_t)state->bytes;
}

void gx_loop_begin_results(gx_feel_vm *vm, gx_value *state, uint32_t mode)
{
    results *r = GX_NEW(vm->call.arena, results);
    *r = (results){.mode = mode, .list = gx_list_begin(vm->call.arena, 0)};
    *state = (gx_value){.kind = GX_NULL};
    state->bytes = (const char *)r;
}

static int64_t days_of(gx_feel_date date)
{
    int64_t y = (int64_t)date.year - (date.month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
}

static gx_value date_of(int64_t days)
{
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    gx_feel_date date = {.day = (uint8_t)(day_of_year - (153 * month + 2) / 5 + 1),
                         .month = (uint8_t)(month + (month < 10 ? 3 : -9))};
    date.year = (int32_t)(year_of_era + era * 400 + (date.month <= 2));
    return gx_value_date(date);
}

/* Whole numbers and dates can be counted through, up or down. */
static bool span_ends(gx_value from, gx_value to, iterator *it)
{
    int64_t first, last;
    if (from.kind == GX_DATE && to.kind == GX_DATE) {
        first = days_of(from.date);
        last = days_of(to.date);
        it->is_date = true;
    } else if (!gx_value_to_int(from, &first) || !gx_value_to_int(to, &last)) {
        return false;
    }
    it->is_span = true;
    it->current = first;
    it->last = last;
    it->step = first <= last ? 1 : -1;
    return true;
}

static iterator *new_iterator(gx_feel_vm *vm, gx_value *state)
{
    iterator *it = GX_NEW(vm->call.arena, iterator);
    *state = (gx_value){.kind = GX_NULL};
    state->bytes = (const char *)it;
    return it;
}

static void no_list(gx_feel_vm *vm, gx_value source, gx_value *result_state)
{
    results_of(result_state)->is_null = true;
    gx_feel_null(&vm->call, "feel.null.operands", GX_TEXT("in"), gx_value_kind_text(source));
}

void gx_loop_begin_span(gx_feel_vm *vm, gx_value from, gx_value to, gx_value *state, gx_value *result_state)
{
    iterator *it = new_iterator(vm, state);
    if (!span_ends(from, to, it))
        no_list(vm, from, result_state);
}

void gx_loop_begin(gx_feel_vm *vm, gx_value source, gx_value *state, gx_value *result_state)
{
    iterator *it = new_iterator(vm, state);
    if (source.kind == GX_LIST) {
        it->items = source.items;
        it->count = source.size;
    } else if (source.kind == GX_RANGE) {
        const gx_range *range = source.range;
        if (!range->has_start || !range->has_end || range->is_test ||
            !span_ends(range->start, range->end, it)) {
            it->is_span = false;
            no_list(vm, source, result_state);
            return;
        }
        it->current += !range->start_included;
        it->last -= !range->end_included;
        it->step = 1;
        if (it->current > it->last)
            it->is_span = false;
    } else if (source.kind == GX_NULL) {
        no_list(vm, source, result_state);
    } else {
        it->single = source;
        it->items = &it->single;
        it->count = 1;
    }
}

bool gx_loop_next(gx_value *state, gx_value *item)
{
    iterator *it = (iterator *)(uintptr_t)state->bytes;
    if (it->is_span) {
        *item = it->is_date ? date_of(it->current) : gx_value_int(it->current);
        if (it->current == it->last)
            it->is_span = false;
        it->current += it->is_span ? it->step : 0;
        return true;
    }
    if (it->next >= it->count)
        return false;
    *item = it->items[it->next++];
    return true;
}

/* True when the verdict of some or every is certain. */
bool gx_loop_quantify(gx_value *state, gx_value condition)
{
    results *r = results_of(state);
    if (condition.kind != GX_BOOLEAN)
        r->has_unknown = true;
    else if (condition.boolean == (r->mode == 1))
        r->is_decided = true;
    return r->is_decided;
}

gx_value gx_loop_results(const gx_value *state)
{
    results *r = results_of(state);
    if (r->is_null)
        return gx_value_null();
    if (r->mode == 0)
        return gx_list_end(&r->list);
    if (r->is_decided)
        return gx_value_boolean(r->mode == 1);
    return r->has_unknown ? gx_value_null() : gx_value_boolean(r->mode == 2);
}

bool gx_loop_keep(gx_feel_vm *vm, gx_value *state, gx_value result)
{
    results *r = results_of(state);
    if (!gx_feel_allows_list(&vm->call, r->list.count + 1))
        return false;
    gx_list_add(&r->list, result);
    return true;
}

gx_value gx_loop_partial(const gx_value *state)
{
    const results *r = results_of(state);
    return gx_value_list(r->list.items, r->list.count);
}

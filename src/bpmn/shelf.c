/* What an instance keeps outside of its record, so that the record stays short however wide an activity is.
 *
 *   owner                  key                    content
 *   0                      of the variable        a variable of more than GX_LIMIT_VALUE_INSIDE bytes
 *   token of the activity  token of the instance  an instance that waits for a person or a called process
 *   gx_multi.shelf         number of the slab     GX_SLAB items of the collection
 *   gx_multi.result_shelf  number of the slab     GX_SLAB results
 *
 * The record has the counters by which such an activity joins. A command for an instance on the shelf takes
 * it into the state, and it behaves like any other until the end of the step, when it goes back or is gone.
 * Instances never see each other, so nobody else has to look for it. What takes the whole activity away
 * leaves a gx_dismissal, by which the instances on the shelf go in slices; meanwhile their keys mean nothing
 * any more. Loops, instances of sub-processes, and what machines do stay in the record: those are few at a
 * time.
 *
 * Within a step the shelf is read as it was before: changes are effects, and what a step has changed it
 * remembers itself. */
#include "bpmn/run.h"
#include "base/limits.h"

#include <string.h>

enum { VARIABLES = 0 }; /* an owner that is no key */

static gx_text find(const gx_state *state, gx_arena *arena, uint32_t owner, uint32_t *key, bool or_later)
{
    if (!state->shelf)
        return (gx_text){NULL, 0};
    return state->shelf->find(state->shelf->context, arena, owner, key, or_later);
}

static void keep(gx_run *run, uint32_t owner, uint32_t key, gx_text content)
{
    gx_effect *effect = gx_run_effect(run, GX_EFFECT_KEEP, owner, 0);
    effect->part = key;
    effect->text1 = content;
}

static void drop(gx_run *run, uint32_t owner, uint32_t key)
{
    gx_run_effect(run, GX_EFFECT_DROP, owner, 0)->part = key;
}

static void *grow(gx_run *run, void *items, uint32_t count, uint32_t *capacity, size_t size)
{
    if (count < *capacity)
        return items;
    *capacity = *capacity ? *capacity * 2 : 8;
    void *larger = gx_alloc_array(run->arena, *capacity, size);
    if (count)
        memcpy(larger, items, count * size);
    return larger;
}

/* ---- Variables ---- */

gx_value gx_state_value(gx_arena *arena, const gx_state *state, const gx_variable *variable)
{
    if (!variable->is_away)
        return variable->value;
    uint32_t key = variable->kept;
    gx_value value = gx_value_null();
    gx_record_read_values(arena, find(state, arena, VARIABLES, &key, false), &value, 1);
    return value;
}

/* Takes the value's bytes in a record, about, from *left; false when that is not enough. */
static bool is_small(gx_value value, int64_t *left)
{
    *left -= 3;
    switch ((gx_kind)value.kind) {
    case GX_STRING: *left -= (int64_t)gx_value_as_text(value).size; break;
    case GX_LIST:
        for (uint32_t i = 0; i < value.size && *left >= 0; i++)
            is_small(value.items[i], left);
        break;
    case GX_CONTEXT:
        for (uint32_t i = 0; i < value.context->count && *left >= 0; i++) {
            *left -= (int64_t)value.context->entries[i].name.size;
            is_small(value.context->entries[i].value, left);
        }
        break;
    default: break;
    }
    return *left >= 0;
}

static bool is_in(const gx_state *state, uint32_t kept)
{
    for (uint32_t i = 0; state->kept_count && i < state->scope_count; i++)
        for (uint32_t v = 0; v < state->scopes[i].variable_count; v++)
            if (state->scopes[i].variables[v].kept == kept)
                return true;
    return false;
}

static bool is_large(const gx_variable *variable)
{
    int64_t left = GX_LIMIT_VALUE_INSIDE;
    return variable->kept || !is_small(variable->value, &left);
}

/* Of an ended instance the host has the variables already; a record that is never read again has no use for
 * the large ones. */
static void forget_large(gx_run *run, gx_scope *scope)
{
    gx_variable *left = GX_NEW_ARRAY(run->arena, gx_variable, scope->variable_count);
    uint32_t count = 0;
    for (uint32_t v = 0; v < scope->variable_count; v++)
        if (!is_large(&scope->variables[v]))
            left[count++] = scope->variables[v];
    scope->variables = left;
    scope->variable_count = count;
}

static void shelve_variables(gx_run *run, const gx_state *before)
{
    gx_state *state = run->state;
    if (state->has_ended)
        forget_large(run, &state->scopes[0]);
    state->kept_count = 0;
    for (uint32_t i = 0; i < state->scope_count; i++) {
        gx_scope *scope = &state->scopes[i];
        bool may_have_grown = scope->variable_capacity > 0;
        for (uint32_t v = 0; v < scope->variable_count; v++) {
            gx_variable *variable = &scope->variables[v];
            if (may_have_grown && !variable->kept && is_large(variable)) {
                variable->kept = state->next_key++;
                keep(run, VARIABLES, variable->kept, gx_record_values(run->arena, &variable->value, 1));
            }
            state->kept_count += variable->kept != 0;
        }
    }
    for (uint32_t i = 0; before && before->kept_count && i < before->scope_count; i++)
        for (uint32_t v = 0; v < before->scopes[i].variable_count; v++) {
            uint32_t kept = before->scopes[i].variables[v].kept;
            if (kept && !is_in(state, kept))
                drop(run, VARIABLES, kept);
        }
}

/* ---- Collections and results ---- */

static gx_slab *add_slab(gx_run *run, uint32_t owner, uint32_t key, gx_value *values, uint32_t count)
{
    run->slabs = grow(run, run->slabs, run->slab_count, &run->slab_capacity, sizeof *run->slabs);
    gx_slab *slab = &run->slabs[run->slab_count++];
    *slab = (gx_slab){.owner = owner, .key = key, .values = values, .count = count};
    return slab;
}

/* The slab with the value of that index. Results that nobody has left yet are null. */
static gx_slab *slab_of(gx_run *run, const gx_multi *multi, uint32_t owner, uint32_t index)
{
    uint32_t key = index / GX_SLAB, left = multi->total - key * GX_SLAB;
    for (uint32_t i = run->slab_count; i-- > 0;)
        if (run->slabs[i].owner == owner && run->slabs[i].key == key)
            return &run->slabs[i];
    uint32_t count = left < GX_SLAB ? left : GX_SLAB;
    gx_value *values = GX_NEW_ARRAY(run->arena, gx_value, count);
    gx_text content = find(run->state, run->arena, owner, &key, false);
    bool may_be_absent = owner == multi->result_shelf;
    if (content.bytes ? !gx_record_read_values(run->arena, content, values, count) : !may_be_absent)
        run->is_lost = true;
    return add_slab(run, owner, key, values, count);
}

bool gx_run_is_wide(const gx_run *run, int64_t total)
{
    return run->state->shelf && total > GX_LIMIT_INSTANCES_INSIDE;
}

void gx_run_put_items(gx_run *run, gx_multi *multi, gx_value items, bool has_results)
{
    multi->shelf = run->state->next_key++;
    multi->result_shelf = has_results ? run->state->next_key++ : 0;
    multi->has_items = items.kind == GX_LIST;
    multi->items = gx_value_null();
    for (uint32_t at = 0; multi->has_items && at < items.size; at += GX_SLAB) {
        uint32_t count = items.size - at < GX_SLAB ? items.size - at : GX_SLAB;
        gx_value *values = gx_copy_bytes(run->arena, items.items + at, count * sizeof *values);
        add_slab(run, multi->shelf, at / GX_SLAB, values, count)->is_changed = true;
    }
}

gx_value gx_run_item(gx_run *run, const gx_multi *multi, uint32_t index)
{
    if (multi->has_items)
        return slab_of(run, multi, multi->shelf, index)->values[index % GX_SLAB];
    return multi->items.kind == GX_LIST ? multi->items.items[index] : gx_value_int(index + 1);
}

void gx_run_put_result(gx_run *run, const gx_multi *multi, uint32_t index, gx_value value)
{
    if (multi->results) {
        multi->results[index] = value;
        return;
    }
    gx_slab *slab = slab_of(run, multi, multi->result_shelf, index);
    slab->values[index % GX_SLAB] = value;
    slab->is_changed = true;
}

gx_value gx_run_results(gx_run *run, const gx_multi *multi)
{
    if (multi->results)
        return gx_value_list(multi->results, multi->total);
    if (!multi->result_shelf)
        return gx_value_null();
    gx_list_builder all = gx_list_begin(run->arena, multi->total);
    for (uint32_t i = 0; i < multi->total; i += GX_SLAB) {
        const gx_slab *slab = slab_of(run, multi, multi->result_shelf, i);
        for (uint32_t v = 0; v < slab->count; v++)
            gx_list_add(&all, slab->values[v]);
    }
    return gx_list_end(&all);
}

static void write_slabs(gx_run *run)
{
    for (uint32_t i = 0; i < run->slab_count; i++) {
        const gx_slab *slab = &run->slabs[i];
        if (slab->is_changed)
            keep(run, slab->owner, slab->key, gx_record_values(run->arena, slab->values, slab->count));
    }
}

/* ---- Instances ---- */

bool gx_run_can_go_away(const gx_bpmn_node *node)
{
    return node->loop == GX_LOOP_PARALLEL && (node->kind == GX_NODE_USER_TASK || node->kind == GX_NODE_CALL);
}

static gx_text find_instance(const gx_state *state, gx_arena *arena, uint32_t key, uint32_t *multi)
{
    gx_text content = {NULL, 0};
    for (uint32_t i = 0; i < state->multi_count && !content.bytes && key; i++) {
        *multi = i;
        if (state->multis[i].away)
            content = find(state, arena, state->multis[i].token, &key, false);
    }
    return content;
}

static bool read_instance(gx_arena *arena, const gx_state *state, gx_text content, const gx_multi *multi,
                          gx_scope *scope, gx_token *token)
{
    const gx_token *outer = gx_state_token(state, multi->token);
    if (!outer || !gx_record_read_instance(arena, content, scope, token))
        return false;
    scope->node = token->node = outer->node;
    scope->parent = outer->scope;
    scope->owner = outer->key;
    return true;
}

bool gx_state_find_away(gx_arena *arena, const gx_state *state, uint32_t key, uint32_t *multi,
                        gx_scope *scope, gx_token *token)
{
    gx_text content = find_instance(state, arena, key, multi);
    return content.bytes && read_instance(arena, state, content, &state->multis[*multi], scope, token);
}

/* Arrays are sorted by key. */
static void insert(gx_run *run, gx_scope scope, gx_token token)
{
    gx_state *state = run->state;
    gx_state_add_scope(run->arena, state);
    uint32_t at = state->scope_count - 1;
    for (; at > 0 && state->scopes[at - 1].key > scope.key; at--)
        state->scopes[at] = state->scopes[at - 1];
    state->scopes[at] = scope;
    gx_state_add_token(run->arena, state);
    at = state->token_count - 1;
    for (; at > 0 && state->tokens[at - 1].key > token.key; at--)
        state->tokens[at] = state->tokens[at - 1];
    state->tokens[at] = token;
}

void gx_run_recall(gx_run *run, uint32_t key)
{
    uint32_t index;
    gx_scope scope;
    gx_token token;
    gx_text content = {NULL, 0};
    if (!gx_state_token(run->state, key))
        content = find_instance(run->state, run->arena, key, &index);
    if (!content.bytes)
        return;
    gx_multi *multi = &run->state->multis[index];
    if (!read_instance(run->arena, run->state, content, multi, &scope, &token) || token.key != key) {
        run->is_lost = true;
        return;
    }
    multi->away--;
    insert(run, scope, token);
    run->recalled =
        grow(run, run->recalled, run->recalled_count, &run->recalled_capacity, sizeof *run->recalled);
    run->recalled[run->recalled_count++] =
        (gx_recalled){.owner = multi->token, .key = key, .content = content};
}

static gx_recalled *recalled(const gx_run *run, uint32_t key)
{
    for (uint32_t i = 0; i < run->recalled_count; i++)
        if (run->recalled[i].key == key)
            return &run->recalled[i];
    return NULL;
}

/* The activity whose instance the token is, if the token may go to the shelf. */
static gx_multi *leaves(const gx_run *run, const gx_token *token)
{
    bool is_at_rest = token->phase == GX_TOKEN_WAITING || token->phase == GX_TOKEN_INCIDENT;
    if (!token->is_instance || !is_at_rest || !gx_run_can_go_away(gx_run_node(run, token->node)))
        return NULL;
    gx_multi *multi = gx_state_multi(run->state, gx_state_scope(run->state, token->scope)->owner);
    return multi && multi->shelf ? multi : NULL;
}

static void shelve_instances(gx_run *run)
{
    gx_state *state = run->state;
    uint32_t tokens = 0, scopes = 0;
    for (uint32_t i = 0; i < state->token_count; i++) {
        const gx_token *token = &state->tokens[i];
        gx_multi *multi = leaves(run, token);
        if (!multi) {
            state->tokens[tokens++] = *token;
            continue;
        }
        gx_scope *scope = gx_state_scope(state, token->scope);
        gx_text content = gx_record_instance(run->arena, scope, token);
        gx_recalled *before = recalled(run, token->key);
        if (!before || !gx_text_equal(before->content, content))
            keep(run, multi->token, token->key, content);
        if (before)
            before->stays = true;
        scope->is_leaving = true;
        multi->away++;
    }
    state->token_count = tokens;
    for (uint32_t i = 0; i < state->scope_count; i++)
        if (!state->scopes[i].is_leaving)
            state->scopes[scopes++] = state->scopes[i];
    state->scope_count = scopes;
    for (uint32_t i = 0; i < run->recalled_count; i++)
        if (!run->recalled[i].stays)
            drop(run, run->recalled[i].owner, run->recalled[i].key);
}

/* ---- The end of an activity ---- */

static void go_on_later(gx_run *run, uint32_t owner)
{
    gx_effect *effect = gx_run_effect(run, GX_EFFECT_ARM_TIMER, owner, 0);
    effect->due = run->world->now;
    effect->text1 = GX_TEXT("PT0S");
}

void gx_run_clear_shelf(gx_run *run, const gx_multi *multi)
{
    if (!multi->shelf)
        return;
    for (uint32_t i = 0; i < run->slab_count; i++)
        if (run->slabs[i].owner == multi->shelf || run->slabs[i].owner == multi->result_shelf)
            run->slabs[i].is_changed = false;
    if (multi->has_items)
        drop(run, multi->shelf, GX_NO_INDEX);
    if (multi->result_shelf)
        drop(run, multi->result_shelf, GX_NO_INDEX);
    if (multi->away == 0)
        return;
    const gx_bpmn_node *node = gx_run_node(run, gx_state_token(run->state, multi->token)->node);
    *gx_state_add_dismissal(run->arena, run->state) =
        (gx_dismissal){.owner = multi->token, .are_calls = node->kind == GX_NODE_CALL};
    go_on_later(run, multi->token);
}

static void dismiss(gx_run *run, const gx_dismissal *of, const gx_token *token)
{
    if (token->phase == GX_TOKEN_WAITING)
        gx_run_effect(run, of->are_calls ? GX_EFFECT_CANCEL_CALL : GX_EFFECT_CANCEL_TASK, token->key, 0);
    else
        gx_run_effect(run, GX_EFFECT_EVENT, token->key, 0)->text1 = GX_TEXT("cancel");
    drop(run, of->owner, token->key);
}

bool gx_run_dismiss(gx_run *run, uint32_t owner)
{
    gx_state *state = run->state;
    uint32_t at = 0;
    while (at < state->dismissal_count && state->dismissals[at].owner != owner)
        at++;
    if (at == state->dismissal_count)
        return false;
    gx_dismissal *of = &state->dismissals[at];
    for (uint32_t i = 0;; i++) {
        gx_scope scope;
        gx_token token;
        uint32_t key = of->next;
        gx_text content = find(state, run->arena, owner, &key, true);
        if (!content.bytes) {
            *of = state->dismissals[--state->dismissal_count];
            return true;
        }
        if (i == GX_LIMIT_SLICE_INSTANCES)
            break;
        if (!gx_record_read_instance(run->arena, content, &scope, &token)) {
            run->is_lost = true;
            return true;
        }
        dismiss(run, of, &token);
        of->next = key + 1;
    }
    go_on_later(run, owner);
    return true;
}

void gx_run_shelve(gx_run *run, const gx_state *before)
{
    shelve_instances(run);
    write_slabs(run);
    shelve_variables(run, before);
}

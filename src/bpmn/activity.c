#include "bpmn/run.h"
#include "base/limits.h"

uint32_t gx_run_open_scope(gx_run *run, uint32_t node_index, uint32_t parent, uint32_t owner)
{
    gx_scope *scope = gx_state_add_scope(run->arena, run->state);
    *scope = (gx_scope){.key = run->state->next_key++, .node = node_index, .parent = parent, .owner = owner};
    uint32_t key = scope->key;
    const gx_bpmn_node *node = gx_run_node(run, node_index);
    for (uint32_t i = 0; owner && i < node->data_count; i++) /* data of a sub-process lives in it (10.4.1) */
        gx_scope_set(run->arena, scope, node->data[i], gx_value_null());
    for (uint32_t i = 0; i < node->event_sub_count; i++) {
        const gx_bpmn_node *sub = gx_run_node(run, node->event_subs[i]);
        for (uint32_t s = 0; s < sub->start_count; s++)
            gx_run_wait(run, sub->starts[s], 0, key);
    }
    return key;
}

/* Where a scope begins: at the named start event; else at plain start events; else, without start events, at
 * all nodes that nothing leads to. */
void gx_run_start_scope(gx_run *run, uint32_t scope, gx_text start_event)
{
    const gx_bpmn_node *node = gx_run_node(run, gx_state_scope(run->state, scope)->node);
    for (uint32_t i = 0; i < node->start_count; i++) {
        const gx_bpmn_node *start = gx_run_node(run, node->starts[i]);
        bool is_meant = start_event.size ? gx_text_equal(start->id, start_event)
                                         : start->kind != GX_NODE_START ||
                                               start->trigger == GX_TRIGGER_NONE || node->start_count == 1;
        if (is_meant)
            gx_run_place(run, node->starts[i], scope, GX_NO_INDEX);
    }
    gx_run_check_scope(run, scope); /* an empty sub-process ends at once */
}

static void listen_at_boundary(gx_run *run, uint32_t key)
{
    const gx_bpmn_node *node = gx_run_node(run, gx_state_token(run->state, key)->node);
    for (uint32_t i = 0; i < node->boundary_count; i++)
        gx_run_wait(run, node->boundaries[i], key, 0);
}

static bool create_task(gx_run *run, uint32_t key)
{
    uint32_t node_index = gx_state_token(run->state, key)->node;
    const gx_bpmn_node *node = gx_run_node(run, node_index);
    gx_text role, department, assignee, form, due_text;
    gx_value priority, inputs = gx_value_null();
    gx_instant due = INT64_MAX;
    if (!gx_run_text(run, key, node->role, &role) || !gx_run_text(run, key, node->department, &department) ||
        !gx_run_text(run, key, node->assignee, &assignee) || !gx_run_text(run, key, node->form, &form) ||
        !gx_run_text(run, key, node->due, &due_text) ||
        !gx_run_expression(run, key, node->priority, &priority) ||
        (node->input_count && !gx_run_inputs(run, key, &inputs)))
        return false;
    int64_t repeats;
    if (due_text.bytes && !gx_bpmn_timer_due(due_text, GX_TIMER_DURATION, run->world->now,
                                             run->world->calendar, &due, &repeats)) {
        gx_run_incident(run, key, "bpmn.run.timer", due_text);
        return false;
    }
    gx_effect *effect = gx_run_effect(run, GX_EFFECT_CREATE_TASK, key, node_index);
    effect->text1 = role;
    effect->text2 = department;
    effect->text3 = assignee;
    effect->form = form;
    effect->due = due;
    effect->value = inputs;
    if (!gx_value_to_int(priority, &effect->priority) && priority.kind == GX_STRING)
        gx_text_to_int(gx_value_as_text(priority), &effect->priority);
    return true;
}

/* An effect that hands work out with a name and inputs. */
static bool hand_out(gx_run *run, uint32_t key, gx_effect_kind kind, gx_expression what)
{
    gx_text name;
    gx_value inputs;
    if (!gx_run_text(run, key, what, &name) || !gx_run_inputs(run, key, &inputs))
        return false;
    gx_effect *effect = gx_run_effect(run, kind, key, gx_state_token(run->state, key)->node);
    effect->text1 = name;
    effect->value = inputs;
    return true;
}

static void run_script(gx_run *run, uint32_t key)
{
    const gx_bpmn_node *node = gx_run_node(run, gx_state_token(run->state, key)->node);
    gx_value value;
    if (!node->script)
        hand_out(run, key, GX_EFFECT_START_JOB,
                 (gx_expression){.text = node->skill}); /* a script of the host's */
    else if (gx_run_evaluate(run, key, node->script, &value))
        gx_run_complete(run, key, value);
}

static void send(gx_run *run, uint32_t key)
{
    const gx_bpmn_node *node = gx_run_node(run, gx_state_token(run->state, key)->node);
    if (gx_run_throw(run, key, &node->events[0]) && gx_state_token(run->state, key))
        gx_run_complete(run, key, gx_value_null());
}

/* ---- Ad-hoc sub-processes (13.3.5): each inner activity that no flow leads to runs once, together or one
 * after the other ---- */

static void start_ad_hoc(gx_run *run, uint32_t key, uint32_t scope)
{
    const gx_bpmn_node *node = gx_run_node(run, gx_state_token(run->state, key)->node);
    gx_multi *multi = gx_state_add_multi(run->arena, run->state);
    *multi = (gx_multi){.token = key, .total = node->start_count, .items = gx_value_null()};
    multi->started = node->is_sequential && node->start_count ? 1 : node->start_count;
    for (uint32_t i = 0, count = multi->started; i < count; i++)
        gx_run_place(run, node->starts[i], scope, GX_NO_INDEX);
    gx_run_check_scope(run, scope);
}

void gx_run_forget_multi(gx_run *run, uint32_t key)
{
    gx_multi *multi = gx_state_multi(run->state, key);
    if (!multi)
        return;
    if (multi->is_put_off)
        gx_run_effect(run, GX_EFFECT_DISARM_TIMER, key, gx_state_token(run->state, key)->node);
    gx_run_clear_shelf(run, multi);
    *multi = run->state->multis[--run->state->multi_count];
}

bool gx_run_go_on_ad_hoc(gx_run *run, uint32_t scope)
{
    uint32_t key = gx_state_scope(run->state, scope)->owner;
    const gx_bpmn_node *node = gx_run_node(run, gx_state_token(run->state, key)->node);
    gx_multi *multi = gx_state_multi(run->state, key);
    if (multi && multi->started < multi->total) {
        gx_run_place(run, node->starts[multi->started++], scope, GX_NO_INDEX);
        return true;
    }
    if (multi && node->completion && multi->total) /* total 0: the condition has been met */
        return true;                               /* it stays open: somebody may start an activity again */
    gx_run_forget_multi(run, key);
    return false;
}

bool gx_run_activate(gx_run *run, uint32_t token, gx_text id)
{
    const gx_bpmn_node *node = gx_run_node(run, gx_state_token(run->state, token)->node);
    uint32_t scope = 0;
    for (uint32_t i = 0; i < run->state->scope_count; i++)
        if (run->state->scopes[i].owner == token)
            scope = run->state->scopes[i].key;
    for (uint32_t i = 0; scope && i < node->start_count; i++) {
        if (!gx_text_equal(gx_run_node(run, node->starts[i])->id, id))
            continue;
        gx_run_place(run, node->starts[i], scope, GX_NO_INDEX);
        return true;
    }
    return false;
}

/* An inner activity has completed: does that complete the ad-hoc sub-process? The token may be gone
 * afterwards. */
static void check_ad_hoc(gx_run *run, uint32_t key)
{
    uint32_t scope = gx_state_token(run->state, key)->scope, owner = gx_state_scope(run->state, scope)->owner;
    const gx_bpmn_node *node = gx_run_node(run, gx_state_scope(run->state, scope)->node);
    gx_value holds;
    if (!node->is_ad_hoc || !node->completion || !gx_run_evaluate(run, key, node->completion, &holds) ||
        !gx_value_is_true(holds))
        return;
    gx_multi *multi = gx_state_multi(run->state, owner);
    if (multi)
        multi->total = multi->started = 0; /* nothing more is started */
    if (node->cancels_remaining) {
        gx_run_cancel_tokens_of(run, scope);
        gx_run_check_scope(run, scope);
    }
}

static void begin_once(gx_run *run, uint32_t key)
{
    gx_token *token = gx_state_token(run->state, key);
    const gx_bpmn_node *node = gx_run_node(run, token->node);
    uint32_t node_index = token->node, scope = token->scope;
    token->phase = GX_TOKEN_WAITING;
    switch (node->kind) {
    case GX_NODE_USER_TASK: create_task(run, key); return;
    case GX_NODE_SERVICE_TASK:
        hand_out(run, key, GX_EFFECT_START_JOB, (gx_expression){.text = node->skill});
        return;
    case GX_NODE_SEND_TASK:
        if (node->skill.size)
            hand_out(run, key, GX_EFFECT_START_JOB, (gx_expression){.text = node->skill});
        else
            send(run, key);
        return;
    case GX_NODE_RULE_TASK: hand_out(run, key, GX_EFFECT_CALL_DECISION, node->called); return;
    case GX_NODE_CALL: hand_out(run, key, GX_EFFECT_CALL_PROCESS, node->called); return;
    case GX_NODE_RECEIVE_TASK: gx_run_wait(run, node_index, key, 0); return;
    case GX_NODE_SCRIPT_TASK: run_script(run, key); return;
    case GX_NODE_SUB_PROCESS: {
        token->phase = GX_TOKEN_SCOPE;
        uint32_t inner = gx_run_open_scope(run, node_index, scope, key);
        if (node->is_ad_hoc)
            start_ad_hoc(run, key, inner);
        else
            gx_run_start_scope(run, inner, (gx_text){NULL, 0});
        return;
    }
    default: gx_run_complete(run, key, gx_value_null()); return;
    }
}

/* ---- Multi-instance (BPMN 2.0.2, 13.3.7) ----
 *
 * However wide an activity is, a command does a slice of it: parallel instances begin in batches while
 * nothing else can move, as long as not too many are at work; sequential ones and turns of a loop follow each
 * other. When the command has done enough, what is left goes on in a command of its own, which a timer that
 * is due at once brings (its key is the activity's token). So a step stays short, and others come in between.
 * Wide ones keep their collection, their results and the instances that wait for somebody on the shelf
 * (shelf.c): then a command costs the same however many of them there are, and all people are asked at once.
 */

enum { BATCH = 32 };

static void start_instance(gx_run *run, uint32_t key)
{
    gx_multi *multi = gx_state_multi(run->state, key);
    gx_token *outer = gx_state_token(run->state, key);
    const gx_bpmn_node *node = gx_run_node(run, outer->node);
    uint32_t node_index = outer->node, parent = outer->scope, index = multi->started++;
    gx_value item = gx_run_item(run, multi, index);
    run->begun += multi->shelf && gx_run_can_go_away(node);
    gx_scope *scope = gx_state_add_scope(run->arena, run->state);
    *scope = (gx_scope){.key = run->state->next_key++,
                        .node = node_index,
                        .parent = parent,
                        .owner = key,
                        .is_instance = true};
    gx_scope_set(run->arena, scope, GX_TEXT("loopCounter"), gx_value_int(index + 1));
    if (node->item_name.size)
        gx_scope_set(run->arena, scope, node->item_name, item);
    run->has_context = false;
    uint32_t inner = gx_run_place(run, node_index, scope->key, GX_NO_INDEX);
    gx_state_token(run->state, inner)->is_instance = true;
}

static void finish_multi(gx_run *run, uint32_t key)
{
    gx_multi *multi = gx_state_multi(run->state, key);
    const gx_bpmn_node *node = gx_run_node(run, gx_state_token(run->state, key)->node);
    gx_value results = gx_run_results(run, multi);
    gx_run_forget_multi(run, key);
    if (node->results_name.size)
        gx_run_set(run, gx_state_token(run->state, key)->scope, node->results_name, results);
    gx_run_complete(run, key, gx_value_null());
}

/* How many parallel instances may be at work. People all have their tasks at once when those are on the
 * shelf; called processes are parts of a case, which has so many. */
static uint32_t at_work_most(const gx_multi *multi, const gx_bpmn_node *node)
{
    if (multi->shelf && node->kind == GX_NODE_USER_TASK)
        return GX_LIMIT_INSTANCES;
    switch (node->kind) {
    case GX_NODE_SERVICE_TASK:
    case GX_NODE_SEND_TASK:
    case GX_NODE_RULE_TASK:
    case GX_NODE_SCRIPT_TASK: return GX_LIMIT_JOBS_AT_WORK;
    default: return GX_LIMIT_INSTANCES_AT_WORK;
    }
}

/* Whether the command may begin more of it. */
static bool has_time(const gx_run *run, const gx_multi *multi)
{
    return run->steps < GX_LIMIT_SLICE_STEPS && (!multi->shelf || run->begun < GX_LIMIT_SLICE_INSTANCES);
}

/* The next instances: some of the parallel ones, or one of the sequential ones. False when all are begun, or
 * enough are at work. */
static bool start_batch(gx_run *run, uint32_t key)
{
    const gx_multi *multi = gx_state_multi(run->state, key);
    const gx_bpmn_node *node = gx_run_node(run, gx_state_token(run->state, key)->node);
    uint32_t at_work = multi->started - multi->done, left = multi->total - multi->started,
             most = node->loop == GX_LOOP_PARALLEL ? at_work_most(multi, node) : 1;
    if (left == 0 || at_work >= most)
        return false;
    uint32_t count = most - at_work < left ? most - at_work : left;
    for (uint32_t i = 0; i < count && i < BATCH && has_time(run, multi); i++)
        start_instance(run, key);
    return true;
}

static bool reads_results(const gx_feel *condition)
{
    size_t count;
    const gx_text *names = gx_feel_names(condition, &count);
    for (size_t i = 0; i < count; i++)
        if (gx_text_starts_with(names[i], GX_TEXT("results")))
            return true;
    return false;
}

/* Results that nobody asks for are not kept: they would be most of the record of a wide activity. */
static bool needs_results(const gx_bpmn_node *node)
{
    bool are_read = node->results_name.size || (node->completion && reads_results(node->completion));
    for (uint32_t i = 0; i < node->behavior_event_count && !are_read; i++)
        are_read = node->behavior_events[i].condition && reads_results(node->behavior_events[i].condition);
    return are_read;
}

static void start_multi(gx_run *run, uint32_t key)
{
    gx_token *token = gx_state_token(run->state, key);
    const gx_bpmn_node *node = gx_run_node(run, token->node);
    gx_value items;
    int64_t total = -1;
    bool is_evaluated = node->cardinality ? gx_run_evaluate(run, key, node->cardinality, &items)
                                          : gx_run_expression(run, key, node->collection, &items);
    if (!is_evaluated)
        return;
    if (items.kind == GX_LIST && !node->cardinality)
        total = items.size;
    else if (gx_value_is_null(items) && !node->cardinality)
        total = 0;
    else if (!gx_value_to_int(items, &total) || !node->cardinality)
        total = -1;
    if (total < 0 || total > GX_LIMIT_INSTANCES) {
        gx_run_incident(run, key, "bpmn.run.instances", gx_value_to_text(run->arena, items));
        return;
    }
    token->phase = GX_TOKEN_SCOPE;
    gx_multi *multi = gx_state_add_multi(run->arena, run->state);
    *multi = (gx_multi){
        .token = key, .total = (uint32_t)total, .items = node->cardinality ? gx_value_null() : items};
    if (gx_run_is_wide(run, total))
        gx_run_put_items(run, multi, multi->items, needs_results(node));
    else if (needs_results(node))
        multi->results = GX_NEW_ARRAY(run->arena, gx_value, (size_t)total);
    if (total == 0) {
        finish_multi(run, key);
        return;
    }
    start_batch(run, key);
}

/* What an instance leaves: the variable gx:result names, else all that was set inside it. */
static gx_value result_of(gx_run *run, const gx_scope *scope, const gx_bpmn_node *node)
{
    if (node->result_name.size) {
        const gx_variable *result = gx_scope_find(scope, node->result_name);
        return result ? gx_state_value(run->arena, run->state, result) : gx_value_null();
    }
    gx_context_builder builder = gx_context_begin(run->arena, scope->variable_count);
    for (uint32_t i = 0; i < scope->variable_count; i++)
        if (!gx_text_equal(scope->variables[i].name, GX_TEXT("loopCounter")))
            gx_context_set(&builder, scope->variables[i].name,
                           gx_state_value(run->arena, run->state, &scope->variables[i]));
    return gx_context_end(&builder);
}

/* What the conditions of a multi-instance activity can ask about it (table 10.30), under the names of the
 * standard and of Camunda 7. The list of results costs its length, so it is made for a condition that reads
 * it. */
static gx_value facts_of(gx_run *run, const gx_multi *multi, const gx_feel *condition)
{
    gx_context_builder builder = gx_context_begin(run->arena, 8);
    gx_value results = reads_results(condition) ? gx_run_results(run, multi) : gx_value_null();
    uint32_t listed = results.kind == GX_LIST ? results.size : 0;
    gx_list_builder done = gx_list_begin(run->arena, listed ? multi->done : 0);
    for (uint32_t i = 0; i < listed; i++)
        if (!gx_value_is_null(results.items[i]))
            gx_list_add(&done, results.items[i]);
    gx_value total = gx_value_int(multi->total), completed = gx_value_int(multi->done),
             active = gx_value_int(multi->started - multi->done);
    gx_context_set(&builder, GX_TEXT("numberOfInstances"), total);
    gx_context_set(&builder, GX_TEXT("numberOfCompletedInstances"), completed);
    gx_context_set(&builder, GX_TEXT("numberOfActiveInstances"), active);
    gx_context_set(&builder, GX_TEXT("numberOfTerminatedInstances"), gx_value_int(0));
    gx_context_set(&builder, GX_TEXT("nrOfInstances"), total);
    gx_context_set(&builder, GX_TEXT("nrOfCompletedInstances"), completed);
    gx_context_set(&builder, GX_TEXT("nrOfActiveInstances"), active);
    gx_context_set(&builder, GX_TEXT("results"), gx_list_end(&done));
    return gx_context_end(&builder);
}

/* True, false, or false with the token in an incident. */
static bool holds_for_multi(gx_run *run, uint32_t key, const gx_feel *condition)
{
    gx_value facts = facts_of(run, gx_state_multi(run->state, key), condition), holds;
    uint32_t scope = gx_state_token(run->state, key)->scope;
    return gx_run_evaluate_in(run, key, condition, gx_run_context_with(run, scope, condition, facts),
                              &holds) &&
           gx_value_is_true(holds);
}

static bool is_incident(const gx_run *run, uint32_t key)
{
    const gx_token *token = gx_state_token(run->state, key);
    return !token || token->phase == GX_TOKEN_INCIDENT;
}

/* The events of its behaviour; a boundary event that catches one of them may take the activity away. False:
 * it did. */
static bool throw_behavior(gx_run *run, uint32_t key, const gx_bpmn_node *node)
{
    if (node->behavior == GX_BEHAVIOR_ONE && gx_state_multi(run->state, key)->done > 1)
        return true;
    for (uint32_t i = 0; i < node->behavior_event_count; i++) {
        const gx_behavior_event *behavior = &node->behavior_events[i];
        bool holds = !behavior->condition || holds_for_multi(run, key, behavior->condition);
        if (holds && !is_incident(run, key))
            gx_run_throw(run, key, &behavior->event);
        if (run->state->has_ended || is_incident(run, key))
            return false;
    }
    return true;
}

static void cancel_instances(gx_run *run, uint32_t key)
{
    for (uint32_t i = run->state->scope_count; i-- > 0;)
        if (i < run->state->scope_count && run->state->scopes[i].owner == key) {
            uint32_t other = run->state->scopes[i].key;
            gx_run_cancel_tokens_of(run, other);
            gx_run_close_scope(run, other);
        }
}

/* ---- Standard loops (10.3.7) ---- */

/* Another turn, or the end: the condition is asked, then the maximum. */
static void turn_loop(gx_run *run, uint32_t key, bool asks)
{
    gx_multi *multi = gx_state_multi(run->state, key);
    const gx_token *token = gx_state_token(run->state, key);
    const gx_bpmn_node *node = gx_run_node(run, token->node);
    char figure[24];
    if (multi->started >= GX_LIMIT_INSTANCES) {
        gx_run_incident(run, key, "bpmn.run.instances",
                        gx_copy(run->arena, gx_error_int(figure, GX_LIMIT_INSTANCES)));
        return;
    }
    bool goes_on = !node->loop_maximum || multi->started < node->loop_maximum;
    if (goes_on && asks && node->loop_condition) {
        gx_context_builder builder = gx_context_begin(run->arena, 1);
        gx_context_set(&builder, GX_TEXT("loopCounter"), gx_value_int(multi->started));
        gx_value holds;
        if (!gx_run_evaluate_in(
                run, key, node->loop_condition,
                gx_run_context_with(run, token->scope, node->loop_condition, gx_context_end(&builder)),
                &holds))
            return;
        goes_on = gx_value_is_true(holds);
    }
    if (goes_on)
        start_instance(run, key);
    else
        finish_multi(run, key);
}

static void start_loop(gx_run *run, uint32_t key)
{
    gx_state_token(run->state, key)->phase = GX_TOKEN_SCOPE;
    gx_multi *multi = gx_state_add_multi(run->arena, run->state);
    *multi = (gx_multi){.token = key, .items = gx_value_null()};
    turn_loop(run, key, gx_run_node(run, gx_state_token(run->state, key)->node)->tests_before);
}

void gx_run_instance_done(gx_run *run, uint32_t scope_key)
{
    gx_scope *scope = gx_state_scope(run->state, scope_key);
    uint32_t key = scope->owner;
    gx_multi *multi = gx_state_multi(run->state, key);
    const gx_bpmn_node *node = gx_run_node(run, scope->node);
    const gx_variable *counter = gx_scope_find(scope, GX_TEXT("loopCounter"));
    int64_t index = 0;
    if ((multi->results || multi->result_shelf) && counter && gx_value_to_int(counter->value, &index) &&
        index >= 1 && index <= multi->total)
        gx_run_put_result(run, multi, (uint32_t)index - 1, result_of(run, scope, node));
    gx_run_move_dones(run, scope, gx_state_token(run->state, key)->scope);
    gx_run_close_scope(run, scope_key);
    multi->done++;
    if (node->loop == GX_LOOP_STANDARD) {
        if (run->steps < GX_LIMIT_SLICE_STEPS)
            turn_loop(run, key, true);
        return; /* or gx_run_more does */
    }
    if (!throw_behavior(run, key, node))
        return;
    bool is_complete = node->completion && !node->is_ad_hoc && holds_for_multi(run, key, node->completion);
    if (is_incident(run, key))
        return;
    multi = gx_state_multi(run->state, key);
    if (is_complete) {
        cancel_instances(run, key);
        finish_multi(run, key);
    } else if (multi->done == multi->total) {
        finish_multi(run, key);
    } else if (node->loop == GX_LOOP_SEQUENTIAL && run->steps < GX_LIMIT_SLICE_STEPS) {
        start_instance(run, key);
    }
}

static bool has_more(const gx_run *run, const gx_multi *multi, const gx_bpmn_node *node)
{
    const gx_token *token = gx_state_token(run->state, multi->token);
    uint32_t at_work = multi->started - multi->done;
    if (token->phase != GX_TOKEN_SCOPE || (node->is_ad_hoc && token->is_instance))
        return false;
    switch (node->loop) {
    case GX_LOOP_STANDARD: return at_work == 0;
    case GX_LOOP_SEQUENTIAL: return at_work == 0 && multi->started < multi->total;
    case GX_LOOP_PARALLEL: return at_work < at_work_most(multi, node) && multi->started < multi->total;
    case GX_LOOP_NONE: break; /* an ad-hoc sub-process */
    }
    return false;
}

bool gx_run_more(gx_run *run)
{
    for (uint32_t i = 0; i < run->state->multi_count; i++) {
        gx_multi *multi = &run->state->multis[i];
        uint32_t key = multi->token, node_index = gx_state_token(run->state, key)->node;
        if (!has_more(run, multi, gx_run_node(run, node_index)))
            continue;
        if (has_time(run, multi)) {
            if (gx_run_node(run, node_index)->loop == GX_LOOP_STANDARD)
                turn_loop(run, key, true);
            else
                start_batch(run, key);
            return true;
        }
        if (multi->is_put_off)
            continue;
        multi->is_put_off = true;
        gx_effect *effect = gx_run_effect(run, GX_EFFECT_ARM_TIMER, key, node_index);
        effect->due = run->world->now;
        effect->text1 = GX_TEXT("PT0S");
    }
    return false;
}

bool gx_run_try_multi_again(gx_run *run, uint32_t key)
{
    const gx_multi *multi = gx_state_multi(run->state, key);
    if (!multi)
        return false;
    gx_token *token = gx_state_token(run->state, key);
    token->phase = GX_TOKEN_SCOPE;
    if (gx_run_node(run, token->node)->loop != GX_LOOP_STANDARD && multi->done == multi->total)
        finish_multi(run, key);
    return true; /* gx_run_more does the rest */
}

bool gx_run_go_on(gx_run *run, uint32_t key)
{
    gx_multi *multi = gx_state_multi(run->state, key);
    if (!multi || !multi->is_put_off)
        return false;
    multi->is_put_off = false; /* the loop of the step does the rest */
    return true;
}

void gx_run_begin_activity(gx_run *run, uint32_t key)
{
    const gx_token *token = gx_state_token(run->state, key);
    const gx_bpmn_node *node = gx_run_node(run, token->node);
    bool is_multi = node->loop != GX_LOOP_NONE && !token->is_instance;
    if (!token->is_instance) {
        listen_at_boundary(run, key);
        while (run->process->has_conditions && gx_run_check_conditions(run))
            continue; /* a condition that holds already fires before the work begins */
        if (is_incident(run, key))
            return;
    }
    if (is_multi && node->loop == GX_LOOP_STANDARD)
        start_loop(run, key);
    else if (is_multi)
        start_multi(run, key);
    else
        begin_once(run, key);
}

/* Outputs see the work's own variables before all others, and all of them as `result`. */
static bool set_outputs(gx_run *run, uint32_t key, const gx_bpmn_node *node, gx_value variables)
{
    uint32_t scope = gx_state_token(run->state, key)->scope;
    const gx_feel *reader = NULL; /* of facts, if there is one */
    for (uint32_t i = 0; run->state->kept_count && i < node->output_count; i++)
        if (node->outputs[i].value.feel)
            gx_run_fetch(run, scope, node->outputs[i].value.feel);
    for (uint32_t i = 0; i < node->output_count; i++)
        reader = gx_run_reads_facts(run, node->outputs[i].value.feel) ? node->outputs[i].value.feel : reader;
    gx_value outer = gx_run_context(run, scope, reader);
    gx_context_builder builder = gx_context_begin(run->arena, 16);
    for (uint32_t i = 0; i < outer.context->count; i++)
        gx_context_set(&builder, outer.context->entries[i].name, outer.context->entries[i].value);
    for (uint32_t i = 0; variables.kind == GX_CONTEXT && i < variables.context->count; i++)
        gx_context_set(&builder, variables.context->entries[i].name, variables.context->entries[i].value);
    gx_context_set(&builder, GX_TEXT("result"), variables);
    gx_value context = gx_context_end(&builder);
    for (uint32_t i = 0; i < node->output_count; i++) {
        gx_value value =
            node->outputs[i].value.text.bytes ? gx_value_text(node->outputs[i].value.text) : gx_value_null();
        gx_error error = {0};
        if (node->outputs[i].value.feel && !gx_feel_evaluate(run->arena, node->outputs[i].value.feel, context,
                                                             run->world->budget, &value, &error)) {
            gx_run_incident(run, key, error.code, gx_copy(run->arena, gx_text_of(error.parts[0])));
            return false;
        }
        gx_run_set(run, scope, node->outputs[i].name, value);
    }
    return true;
}

void gx_run_complete(gx_run *run, uint32_t key, gx_value variables)
{
    gx_token *token = gx_state_token(run->state, key);
    const gx_bpmn_node *node = gx_run_node(run, token->node);
    uint32_t scope = token->scope;
    bool is_outer_of_multi = node->loop != GX_LOOP_NONE && !token->is_instance;
    if (!is_outer_of_multi) {
        if (node->result_name.size && node->kind != GX_NODE_SUB_PROCESS)
            gx_run_set(run, scope, node->result_name, variables);
        if (node->output_count) {
            if (!set_outputs(run, key, node, variables))
                return;
        } else if (!node->result_name.size && node->kind != GX_NODE_CALL) {
            gx_run_set_all(run, scope, variables);
        }
    }
    if (token->is_instance) {
        gx_run_remove_token(run, key);
        gx_run_instance_done(run, scope);
        return;
    }
    gx_run_close_waits_of_token(run, key);
    uint32_t cause = token->cause;
    if (cause) { /* what compensates leads nowhere */
        gx_run_event(run, "leave", token->node, GX_NO_INDEX);
        gx_run_remove_token(run, key);
        gx_run_undo_next(run, cause, scope);
        return;
    }
    gx_run_remember(run, key);
    if (gx_run_node(run, node->parent)->is_ad_hoc)
        check_ad_hoc(run, key);
    if (gx_state_token(run->state, key) && gx_state_token(run->state, key)->phase != GX_TOKEN_INCIDENT)
        gx_run_leave(run, key);
}

#include "bpmn/run.h"
#include "base/limits.h"

#include <string.h>

gx_effect *gx_run_effect(gx_run *run, gx_effect_kind kind, uint32_t key, uint32_t node)
{
    gx_effects *effects = run->effects;
    if (effects->count == effects->capacity) {
        size_t capacity = effects->capacity ? effects->capacity * 2 : 32;
        gx_effect *items = GX_NEW_ARRAY(run->arena, gx_effect, capacity);
        if (effects->count)
            memcpy(items, effects->items, effects->count * sizeof *items);
        effects->items = items;
        effects->capacity = capacity;
    }
    gx_effect *effect = &effects->items[effects->count++];
    *effect = (gx_effect){.kind = kind, .key = key, .node = node, .flow = GX_NO_INDEX, .due = INT64_MAX};
    return effect;
}

void gx_run_event(gx_run *run, const char *what, uint32_t node, uint32_t flow)
{
    gx_effect *effect = gx_run_effect(run, GX_EFFECT_EVENT, 0, node);
    effect->flow = flow;
    effect->text1 = gx_text_of(what);
}

void gx_run_incident(gx_run *run, uint32_t key, const char *code, gx_text detail)
{
    gx_token *token = gx_state_token(run->state, key);
    token->phase = GX_TOKEN_INCIDENT;
    gx_effect *effect = gx_run_effect(run, GX_EFFECT_INCIDENT, key, token->node);
    effect->text1 = gx_text_of(code);
    effect->text2 = detail;
}

/* A model that moves for ever, or that makes tokens without end, stops in incidents; what it did so far is
 * kept. */
static bool is_within_limits(gx_run *run, uint32_t key)
{
    if (++run->steps <= GX_LIMIT_STEPS && run->state->token_count <= GX_LIMIT_TOKENS)
        return true;
    char figure[24];
    bool is_loop = run->steps > GX_LIMIT_STEPS;
    gx_text limit = gx_copy(run->arena, gx_error_int(figure, is_loop ? GX_LIMIT_STEPS : GX_LIMIT_TOKENS));
    gx_run_incident(run, key, is_loop ? "bpmn.run.steps" : "bpmn.run.tokens", limit);
    return false;
}

static bool throws_signal(const gx_bpmn_node *node)
{
    for (uint32_t i = 0; i < node->event_count && (node->kind == GX_NODE_THROW || node->kind == GX_NODE_END);
         i++)
        if (node->events[i].trigger == GX_TRIGGER_SIGNAL)
            return true;
    return false;
}

/* The next token to move. Those that throw a signal come when nothing else can move: a catcher in a parallel
 * branch then waits already. 0: none. */
static uint32_t next_token(gx_run *run)
{
    while (run->ready_first < run->ready_count) {
        uint32_t key = run->ready[run->ready_first++];
        const gx_token *token = gx_state_token(run->state, key);
        if (!token || token->phase != GX_TOKEN_READY)
            continue;
        if ((run->ready_first == run->ready_count && !run->late_count) ||
            !throws_signal(gx_run_node(run, token->node)))
            return key;
        run->ready[run->late_count++] = key; /* in the part of the list that has been read */
    }
    if (run->late_count == 0)
        return 0;
    run->ready_first = 0; /* the first of them moves, the others are looked at again */
    run->ready_count = run->late_count;
    run->late_count = 0;
    uint32_t key = run->ready[run->ready_first++];
    const gx_token *token = gx_state_token(run->state, key);
    return token && token->phase == GX_TOKEN_READY ? key : next_token(run);
}

static void run_until_stable(gx_run *run)
{
    do {
        for (uint32_t key; !run->state->has_ended;) {
            if (run->process->has_conditions && gx_run_check_conditions(run)) /* before anything else moves */
                continue;
            if (!(key = next_token(run)))
                break;
            if (is_within_limits(run, key))
                gx_run_enter(run, key);
        }
        run->ready_first = run->ready_count = run->late_count = 0;
    } while (!run->state->has_ended && run->steps <= GX_LIMIT_STEPS &&
             (gx_run_check_conditions(run) || gx_run_open_join(run) || gx_run_more(run)));
}

/* The event-based gateway that starts an instance when the node's event occurs; GX_NO_INDEX. */
static uint32_t starting_gateway(const gx_run *run, uint32_t node_index)
{
    const gx_bpmn_node *node = gx_run_node(run, node_index);
    for (uint32_t i = 0; i < node->incoming_count; i++) {
        uint32_t source = run->process->flows[node->incoming[i]].source;
        if (gx_run_node(run, source)->kind == GX_NODE_EVENT_GATEWAY &&
            gx_run_node(run, source)->is_instantiating)
            return source;
    }
    return GX_NO_INDEX;
}

/* The event of the node has occurred: the instance goes on behind it. A parallel gateway waits for its other
 * events as well. */
static void start_behind(gx_run *run, uint32_t node_index, uint32_t gateway, uint32_t scope)
{
    gx_token *token = gx_state_add_token(run->arena, run->state);
    *token = (gx_token){.key = run->state->next_key++,
                        .node = node_index,
                        .scope = scope,
                        .flow = GX_NO_INDEX,
                        .phase = GX_TOKEN_WAITING};
    uint32_t key = token->key;
    gx_run_event(run, "enter", node_index, GX_NO_INDEX);
    if (gateway != GX_NO_INDEX && gx_run_node(run, gateway)->waits_for_all)
        for (uint32_t i = 0; i < gx_run_node(run, gateway)->outgoing_count; i++) {
            uint32_t flow = gx_run_node(run, gateway)->outgoing[i];
            if (run->process->flows[flow].target != node_index)
                gx_run_place(run, run->process->flows[flow].target, scope, flow);
        }
    gx_run_complete(run, key, gx_value_null());
}

static void start(gx_run *run, const gx_command *command)
{
    run->state->next_key = 1;
    uint32_t root = gx_run_open_scope(run, 0, 0, 0);
    for (uint32_t i = 0; command->variables.kind == GX_CONTEXT && i < command->variables.context->count; i++)
        gx_scope_set(run->arena, &run->state->scopes[0], command->variables.context->entries[i].name,
                     command->variables.context->entries[i].value);
    run->has_context = false;
    uint32_t node = command->name.size ? gx_bpmn_node_of(run->process, command->name) : GX_NO_INDEX;
    uint32_t gateway = node == GX_NO_INDEX ? GX_NO_INDEX : starting_gateway(run, node);
    bool is_receiving = node != GX_NO_INDEX && gx_run_node(run, node)->kind == GX_NODE_RECEIVE_TASK &&
                        gx_run_node(run, node)->is_instantiating;
    if (gateway != GX_NO_INDEX || is_receiving)
        start_behind(run, node, gateway, root);
    else
        gx_run_start_scope(run, root, command->name);
}

/* The token that the key means, if it waits for a job. */
static bool find_job(const gx_run *run, uint32_t key, gx_error *error)
{
    const gx_token *token = gx_state_token(run->state, key);
    gx_node_kind kind =
        token && token->phase == GX_TOKEN_WAITING ? gx_run_node(run, token->node)->kind : GX_NODE_PROCESS;
    char figure[24];
    if (kind == GX_NODE_SERVICE_TASK || kind == GX_NODE_SEND_TASK || kind == GX_NODE_SCRIPT_TASK)
        return true;
    return gx_fail(error, "bpmn.command.key", gx_error_int(figure, key));
}

/* The token that the key means, if it waits at a node of that kind. */
static bool find_waiting(const gx_run *run, uint32_t key, gx_node_kind kind, gx_node_kind or_kind,
                         gx_error *error)
{
    const gx_token *token = gx_state_token(run->state, key);
    char figure[24];
    if (token && token->phase == GX_TOKEN_WAITING) {
        gx_node_kind is = gx_run_node(run, token->node)->kind;
        if (is == kind || is == or_kind)
            return true;
    }
    return gx_fail(error, "bpmn.command.key", gx_error_int(figure, key));
}

static bool fail_activity(gx_run *run, const gx_command *command)
{
    gx_token *token = gx_state_token(run->state, command->key);
    gx_text id = gx_run_node(run, token->node)->id;
    if (command->name.size &&
        gx_run_raise(run, command->key, GX_TRIGGER_ERROR, command->name, gx_value_null()))
        return true;
    gx_text detail = command->detail.size ? command->detail : id;
    gx_run_incident(run, command->key, command->name.size ? "bpmn.run.uncaught" : "bpmn.run.job",
                    command->name.size ? command->name : detail);
    return true;
}

/* What nobody here catches is for the calling process. */
static void escalate(gx_run *run, const gx_command *command, gx_value variables)
{
    uint32_t node = gx_state_token(run->state, command->key)->node;
    if (!gx_run_raise(run, command->key, GX_TRIGGER_ESCALATION, command->name, variables))
        gx_run_effect(run, GX_EFFECT_ESCALATED, command->key, node)->text1 = command->name;
}

static void throw_error(gx_run *run, const gx_command *command)
{
    if (!gx_run_raise(run, command->key, GX_TRIGGER_ERROR, command->name, command->variables))
        gx_run_end(run, command->name, (gx_text){NULL, 0});
}

static bool find_wait(const gx_run *run, uint32_t key, gx_trigger trigger, gx_error *error)
{
    const gx_wait *wait = gx_state_wait(run->state, key);
    char figure[24];
    if (wait && gx_run_node(run, wait->node)->events[wait->event].trigger == trigger)
        return true;
    return gx_fail(error, "bpmn.command.key", gx_error_int(figure, key));
}

static bool retry(gx_run *run, const gx_command *command, gx_error *error)
{
    gx_token *token = gx_state_token(run->state, command->key);
    char figure[24];
    if (!token || token->phase != GX_TOKEN_INCIDENT)
        return gx_fail(error, "bpmn.command.key", gx_error_int(figure, command->key));
    if (gx_run_try_multi_again(run, command->key))
        return true;
    gx_token again = *token;
    gx_run_close_waits_of_token(run, command->key); /* they are opened anew */
    gx_run_remove_token(run, command->key);
    uint32_t key = gx_run_place(run, again.node, again.scope, again.flow);
    gx_state_token(run->state, key)->is_instance = again.is_instance;
    gx_state_token(run->state, key)->cause = again.cause;
    return true;
}

static bool activate(gx_run *run, const gx_command *command, gx_error *error)
{
    const gx_token *token = gx_state_token(run->state, command->key);
    char figure[24];
    if (token && token->phase == GX_TOKEN_SCOPE && gx_run_node(run, token->node)->is_ad_hoc &&
        gx_run_activate(run, command->key, command->name))
        return true;
    return gx_fail(error, "bpmn.command.key", gx_error_int(figure, command->key));
}

/* Commands whose key is a token's: it may be that of an instance on the shelf. */
static bool means_token(gx_command_kind kind)
{
    switch (kind) {
    case GX_COMMAND_COMPLETE_TASK:
    case GX_COMMAND_CALL_DONE:
    case GX_COMMAND_CALL_FAILED:
    case GX_COMMAND_CALL_ESCALATED:
    case GX_COMMAND_RETRY:
    case GX_COMMAND_MOVE:
    case GX_COMMAND_SEND_BACK:
    case GX_COMMAND_RAISE_ERROR:
    case GX_COMMAND_RAISE_ESCALATION: return true;
    default: return false;
    }
}

static bool apply(gx_run *run, const gx_command *command, gx_error *error)
{
    uint32_t key = command->key;
    if (means_token(command->kind))
        gx_run_recall(run, key);
    switch (command->kind) {
    case GX_COMMAND_START: start(run, command); return true;
    case GX_COMMAND_COMPLETE_TASK:
        if (!find_waiting(run, key, GX_NODE_USER_TASK, GX_NODE_USER_TASK, error))
            return false;
        gx_run_complete(run, key, command->variables);
        return true;
    case GX_COMMAND_JOB_DONE:
        if (!find_job(run, key, error))
            return false;
        gx_run_complete(run, key, command->variables);
        return true;
    case GX_COMMAND_JOB_FAILED: return find_job(run, key, error) && fail_activity(run, command);
    case GX_COMMAND_DECISION_DONE:
        if (!find_waiting(run, key, GX_NODE_RULE_TASK, GX_NODE_RULE_TASK, error))
            return false;
        gx_run_complete(run, key, command->value);
        return true;
    case GX_COMMAND_CALL_DONE:
        if (!find_waiting(run, key, GX_NODE_CALL, GX_NODE_CALL, error))
            return false;
        gx_run_complete(run, key, command->variables);
        return true;
    case GX_COMMAND_CALL_FAILED:
        return (find_waiting(run, key, GX_NODE_CALL, GX_NODE_RULE_TASK, error)) &&
               fail_activity(run, command);
    case GX_COMMAND_CALL_ESCALATED:
        if (!find_waiting(run, key, GX_NODE_CALL, GX_NODE_CALL, error))
            return false;
        escalate(run, command, gx_value_null());
        return true;
    case GX_COMMAND_ACTIVATE: return activate(run, command, error);
    case GX_COMMAND_MESSAGE:
        if (!find_wait(run, key, GX_TRIGGER_MESSAGE, error))
            return false;
        gx_run_fire(run, key, command->variables);
        return true;
    case GX_COMMAND_TIMER:
        if (gx_run_go_on(run, key) || gx_run_dismiss(run, key))
            return true;
        if (!find_wait(run, key, GX_TRIGGER_TIMER, error))
            return false;
        gx_run_fire(run, key, gx_value_null());
        return true;
    case GX_COMMAND_SIGNAL: gx_run_broadcast(run, command->name, command->variables); return true;
    case GX_COMMAND_RETRY: return retry(run, command, error);
    case GX_COMMAND_SET_VARIABLES:
        gx_run_set_all(run, run->state->scopes[0].key, command->variables);
        return true;
    case GX_COMMAND_MOVE: return gx_run_move(run, command, error);
    case GX_COMMAND_SEND_BACK: return gx_run_send_back(run, command, error);
    case GX_COMMAND_CANCEL:
        gx_run_end(run, (gx_text){NULL, 0}, command->detail.size ? command->detail : GX_TEXT("cancelled"));
        return true;
    case GX_COMMAND_RAISE_ERROR:
        if (!find_waiting(run, key, GX_NODE_USER_TASK, GX_NODE_USER_TASK, error))
            return false;
        throw_error(run, command);
        return true;
    case GX_COMMAND_RAISE_ESCALATION:
        if (!find_waiting(run, key, GX_NODE_USER_TASK, GX_NODE_USER_TASK, error))
            return false;
        escalate(run, command, command->variables);
        return true;
    case GX_COMMAND_KINDS: break;
    }
    return false;
}

bool gx_bpmn_step(gx_arena *arena, const gx_bpmn_process *process, const gx_state *state,
                  const gx_command *command, const gx_bpmn_world *world, const gx_state **next,
                  gx_effects *effects, gx_error *error)
{
    bool is_start = command->kind == GX_COMMAND_START;
    bool is_late =
        state && state->has_ended && !(command->kind == GX_COMMAND_TIMER && state->dismissal_count);
    if (is_start != (state == NULL) || is_late)
        return gx_fail(error, is_late ? "bpmn.command.ended" : "bpmn.command.start");
    *effects = (gx_effects){0};
    gx_run run = {.arena = arena, .process = process, .world = world, .effects = effects};
    run.state = state ? gx_state_copy(arena, state) : GX_NEW(arena, gx_state);
    if (is_start)
        run.state->shelf = world->shelf;
    if (!apply(&run, command, error))
        return run.is_lost ? gx_fail(error, "bpmn.state") : false;
    run_until_stable(&run);
    if (run.state->shelf)
        gx_run_shelve(&run, state);
    if (run.is_lost)
        return gx_fail(error, "bpmn.state");
    *next = run.state;
    return true;
}

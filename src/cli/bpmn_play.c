#include "cli/bpmn.h"
#include "base/limits.h"

#include <string.h>

struct gx_play_instance {
    const gx_bpmn_process *process;
    const gx_state *state;
    gx_play_instance *parent, *next;
    uint32_t parent_key;
};

/* Something that is to happen: a timer, the answer of a job, a message on its way. In order of time, then of
 * arrival. */
typedef struct happening {
    gx_instant at;
    gx_play_instance *instance;
    gx_command command;
    struct happening *next;
} happening;

typedef struct listener {
    gx_play_instance *instance;
    uint32_t key;
    gx_text name;
    bool is_signal;
    struct listener *next;
} listener;

struct gx_play {
    gx_arena *arena;
    const gx_bpmn *bpmn;
    gx_play_host host;
    gx_instant now;
    gx_play_instance *first;
    happening *queue;
    listener *listeners;
};

enum { INSTANCES_MOST = 1000, HAPPENINGS_MOST = 100000 };

gx_play *gx_play_new(gx_arena *arena, const gx_bpmn *bpmn, const gx_play_host *host, gx_instant now)
{
    gx_play *play = GX_NEW(arena, gx_play);
    *play = (gx_play){.arena = arena, .bpmn = bpmn, .host = *host, .now = now};
    return play;
}

gx_instant gx_play_now(const gx_play *play)
{
    return play->now;
}

const gx_bpmn_node *gx_play_node(const gx_play_instance *instance, uint32_t node)
{
    return &instance->process->nodes[node];
}

void gx_play_answer(gx_play *play, gx_play_instance *instance, gx_command command, gx_instant at)
{
    happening **place = &play->queue;
    while (*place && (*place)->at <= at)
        place = &(*place)->next;
    happening *added = GX_NEW(play->arena, happening);
    *added = (happening){at, instance, command, *place};
    *place = added;
}

static void withdraw(gx_play *play, const gx_play_instance *instance, gx_command_kind kind, uint32_t key)
{
    for (happening **place = &play->queue; *place;)
        if ((*place)->instance == instance && (*place)->command.kind == kind && (*place)->command.key == key)
            *place = (*place)->next;
        else
            place = &(*place)->next;
}

static void listen(gx_play *play, gx_play_instance *instance, const gx_effect *effect, bool is_signal)
{
    listener **place = &play->listeners;
    while (*place)
        place = &(*place)->next;
    *place = GX_NEW(play->arena, listener);
    **place = (listener){instance, effect->key, effect->text1, is_signal, NULL};
}

static void unlisten(gx_play *play, const gx_play_instance *instance, uint32_t key)
{
    for (listener **place = &play->listeners; *place;)
        if ((*place)->instance == instance && (*place)->key == key)
            *place = (*place)->next;
        else
            place = &(*place)->next;
}

static void step(gx_play *play, gx_play_instance *instance, const gx_command *command);

static gx_play_instance *add_instance(gx_play *play, const gx_bpmn_process *process, gx_play_instance *parent,
                                      uint32_t key)
{
    gx_play_instance **place = &play->first;
    size_t count = 0;
    for (; *place; place = &(*place)->next)
        count++;
    if (count >= INSTANCES_MOST)
        return NULL;
    *place = GX_NEW(play->arena, gx_play_instance);
    **place = (gx_play_instance){.process = process, .parent = parent, .parent_key = key};
    return *place;
}

static bool has_event(const gx_bpmn_node *node, gx_trigger trigger, gx_text name)
{
    for (uint32_t i = 0; i < node->event_count; i++)
        if (node->events[i].trigger == trigger && gx_text_equal(node->events[i].name, name))
            return true;
    return false;
}

/* Is the node an event whose coming starts an instance: a start event, an instantiating receive task, what
 * stands behind an instantiating gateway. */
static bool does_start(const gx_bpmn_process *process, const gx_bpmn_node *node)
{
    if (node->parent != 0)
        return false;
    if (node->kind == GX_NODE_START || node->kind == GX_NODE_RECEIVE_TASK)
        return node->is_instantiating;
    for (uint32_t i = 0; node->kind == GX_NODE_CATCH && i < node->incoming_count; i++)
        if (process->nodes[process->flows[node->incoming[i]].source].is_instantiating)
            return true;
    return false;
}

/* Starts the processes that begin with this event; true if there are any. */
static bool start_by(gx_play *play, gx_trigger trigger, gx_text name, gx_value variables)
{
    bool has_started = false;
    for (uint32_t p = 0; p < play->bpmn->process_count; p++) {
        const gx_bpmn_process *process = &play->bpmn->processes[p];
        for (uint32_t i = 1; i < process->node_count; i++) {
            const gx_bpmn_node *node = &process->nodes[i];
            if (!does_start(process, node) || !has_event(node, trigger, name))
                continue;
            gx_play_instance *instance = add_instance(play, process, NULL, 0);
            has_started = true;
            if (instance)
                gx_play_answer(
                    play, instance,
                    (gx_command){.kind = GX_COMMAND_START, .name = node->id, .variables = variables},
                    play->now);
        }
    }
    return has_started;
}

static void send_message(gx_play *play, gx_text name, gx_value variables)
{
    for (listener *at = play->listeners; at; at = at->next) {
        if (at->is_signal || !gx_text_equal(at->name, name))
            continue;
        gx_play_answer(play, at->instance,
                       (gx_command){.kind = GX_COMMAND_MESSAGE, .key = at->key, .variables = variables},
                       play->now);
        return;
    }
    start_by(play, GX_TRIGGER_MESSAGE, name, variables);
}

/* To all other instances: the thrower has had it. */
static void send_signal(gx_play *play, const gx_play_instance *from, gx_text name, gx_value variables)
{
    for (gx_play_instance *instance = play->first; instance; instance = instance->next)
        for (listener *at = play->listeners; at && instance != from; at = at->next) {
            if (at->instance != instance || !at->is_signal || !gx_text_equal(at->name, name))
                continue;
            gx_play_answer(play, instance,
                           (gx_command){.kind = GX_COMMAND_SIGNAL, .name = name, .variables = variables},
                           play->now);
            break;
        }
    start_by(play, GX_TRIGGER_SIGNAL, name, variables);
}

static void call_process(gx_play *play, gx_play_instance *caller, const gx_effect *effect)
{
    const gx_bpmn_process *process = effect->text1.size ? gx_bpmn_find(play->bpmn, effect->text1) : NULL;
    gx_play_instance *called = process ? add_instance(play, process, caller, effect->key) : NULL;
    if (called)
        gx_play_answer(play, called, (gx_command){.kind = GX_COMMAND_START, .variables = effect->value},
                       play->now);
    else
        gx_play_answer(
            play, caller,
            (gx_command){.kind = GX_COMMAND_CALL_FAILED, .key = effect->key, .detail = effect->text1},
            play->now);
}

static void cancel_call(gx_play *play, const gx_play_instance *caller, uint32_t key)
{
    for (gx_play_instance *called = play->first; called; called = called->next)
        if (called->parent == caller && called->parent_key == key && called->state &&
            !gx_state_has_ended(called->state))
            gx_play_answer(play, called, (gx_command){.kind = GX_COMMAND_CANCEL}, play->now);
}

static void end_instance(gx_play *play, gx_play_instance *instance, const gx_effect *effect)
{
    bool has_failed = effect->text1.size > 0;
    if (instance->parent && effect->text2.size == 0)
        gx_play_answer(play, instance->parent,
                       (gx_command){.kind = has_failed ? GX_COMMAND_CALL_FAILED : GX_COMMAND_CALL_DONE,
                                    .key = instance->parent_key,
                                    .name = effect->text1,
                                    .variables = effect->value},
                       play->now);
    else if (has_failed)
        play->host.uncaught(play->host.context, effect->text1);
}

static void apply(gx_play *play, gx_play_instance *instance, const gx_effect *effect)
{
    switch (effect->kind) {
    case GX_EFFECT_ARM_TIMER:
        withdraw(play, instance, GX_COMMAND_TIMER, effect->key);
        gx_play_answer(play, instance, (gx_command){.kind = GX_COMMAND_TIMER, .key = effect->key},
                       effect->due);
        break;
    case GX_EFFECT_DISARM_TIMER: withdraw(play, instance, GX_COMMAND_TIMER, effect->key); break;
    case GX_EFFECT_SUBSCRIBE: listen(play, instance, effect, false); break;
    case GX_EFFECT_SUBSCRIBE_SIGNAL: listen(play, instance, effect, true); break;
    case GX_EFFECT_UNSUBSCRIBE: unlisten(play, instance, effect->key); break;
    case GX_EFFECT_START_JOB: play->host.job(play->host.context, play, instance, effect); break;
    case GX_EFFECT_CANCEL_JOB: withdraw(play, instance, GX_COMMAND_JOB_DONE, effect->key); break;
    case GX_EFFECT_CALL_PROCESS: call_process(play, instance, effect); break;
    case GX_EFFECT_CANCEL_CALL: cancel_call(play, instance, effect->key); break;
    case GX_EFFECT_THROW_MESSAGE: send_message(play, effect->text1, effect->value); break;
    case GX_EFFECT_THROW_SIGNAL: send_signal(play, instance, effect->text1, effect->value); break;
    case GX_EFFECT_INCIDENT: play->host.incident(play->host.context, instance, effect); break;
    case GX_EFFECT_ESCALATED:
        if (instance->parent)
            gx_play_answer(play, instance->parent,
                           (gx_command){.kind = GX_COMMAND_CALL_ESCALATED,
                                        .key = instance->parent_key,
                                        .name = effect->text1},
                           play->now);
        else
            play->host.escalated(play->host.context, effect->text1);
        break;
    case GX_EFFECT_ENDED: end_instance(play, instance, effect); break;
    case GX_EFFECT_CREATE_TASK: /* nobody is there: a task waits for ever */
    case GX_EFFECT_CANCEL_TASK:
    case GX_EFFECT_CALL_DECISION:
    case GX_EFFECT_EVENT:
    case GX_EFFECT_KEEP: /* without a shelf nothing lies there */
    case GX_EFFECT_DROP: break;
    }
}

static void step(gx_play *play, gx_play_instance *instance, const gx_command *command)
{
    gx_bpmn_world world = {.now = play->now};
    gx_effects effects = {0};
    const gx_state *next;
    gx_error error = {0};
    if (!gx_bpmn_step(play->arena, instance->process, instance->state, command, &world, &next, &effects,
                      &error))
        return; /* what it was for has gone */
    instance->state = next;
    for (size_t i = 0; i < effects.count; i++)
        apply(play, instance, &effects.items[i]);
}

bool gx_play_start(gx_play *play, gx_text process, gx_value variables)
{
    const gx_bpmn_process *found = gx_bpmn_find(play->bpmn, process);
    gx_play_instance *instance = found ? add_instance(play, found, NULL, 0) : NULL;
    if (!instance)
        return false;
    step(play, instance, &(gx_command){.kind = GX_COMMAND_START, .variables = variables});
    return instance->state != NULL;
}

void gx_play_until(gx_play *play, gx_instant until)
{
    for (size_t count = 0; play->queue && play->queue->at <= until && count < HAPPENINGS_MOST; count++) {
        happening *first = play->queue;
        play->queue = first->next;
        play->now = first->at > play->now ? first->at : play->now;
        step(play, first->instance, &first->command);
    }
    play->now = until;
}

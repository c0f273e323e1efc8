/* A run is a sequence of rounds, each with an empty disk, new models and a few thousand commands, so that a
 * failure is found again by playing one round. Each command draws from a stream of its own: leaving one out
 * does not change what the others want, which is what makes shrinking work. */
#include "sim/simulate.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "service/audit.h"
#include "service/scheduler.h"
#include "service/task.h"
#include "sim/house.h"
#include "sim/vfs.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { ROUND = 1000, PLAN_MOST = 120, REOPEN_TRIES = 50, FULL_CHECK = 100, SHRINK_PLAYS = 150 };

typedef enum act_kind {
    ACT_START,
    ACT_COMPLETE,
    ACT_MESSAGE,
    ACT_SIGNAL,
    ACT_PASS,
    ACT_RETRY,
    ACT_CANCEL,
    ACT_REPEAT,
    ACT_STALE,
    ACT_RESTART,
    ACT_KINDS
} act_kind;

static const char *const act_names[ACT_KINDS] = {"start", "complete", "message", "signal", "pass",
                                                 "retry", "cancel",   "repeat",  "stale",  "restart"};

/* ---- What a command wants ---- */

static gx_sim_random stream(const gx_sim_house *house, uint64_t round, uint64_t purpose)
{
    gx_sim_random mixed = {.seed = house->seed * 1000003 + round * 7919 + purpose};
    return (gx_sim_random){.seed = gx_sim_draw(&mixed)};
}

static int live_case(const gx_sim_house *house, gx_sim_random *r)
{
    int found = -1;
    uint32_t count = 0;
    for (int i = 0; i < house->case_count; i++)
        if (house->cases[i].model.token_count > 0 && !house->cases[i].model.is_unsure &&
            gx_sim_below(r, ++count) == 0)
            found = i;
    return found;
}

/* What the token offers to one who acts: an open task, a failed job, or the message that it waits for, by the
 * node's id; -1: not that. */
static int offer(const gx_sim_case *c, const gx_sim_token *token, gx_sim_kind kind)
{
    const gx_sim_graph *g = gx_sim_case_scope(c, token->scope)->graph;
    const gx_sim_node *node = &g->nodes[token->node];
    int place = node->kind == kind ? token->node : -1;
    if ((kind == GX_SIM_JOB && !token->is_incident) ||
        (kind == GX_SIM_TASK && node->instances && !token->is_instance))
        place = -1;
    if (kind == GX_SIM_MESSAGE && node->kind == GX_SIM_FIRST)
        place = gx_sim_event_behind(g, token->node, GX_SIM_MESSAGE);
    return place < 0 ? -1 : g->model * GX_SIM_BASE + place;
}

static bool is_decided(const gx_sim_case *c, const gx_sim_token *token, gx_sim_kind kind, int id)
{
    for (int t = 0; t < c->token_count; t++)
        if (offer(c, &c->tokens[t], kind) == id && !gx_sim_are_twins(c, token, &c->tokens[t]))
            return false;
    return true;
}

/* One of the nodes that offer it, if it does not matter which of several tokens there is meant; -1: none. */
static int open_node(const gx_sim_case *c, gx_sim_kind kind, gx_sim_random *r)
{
    int found = -1;
    uint32_t count = 0;
    for (int t = 0; t < c->token_count; t++) {
        int id = offer(c, &c->tokens[t], kind);
        if (id >= 0 && gx_sim_below(r, ++count) == 0)
            found = is_decided(c, &c->tokens[t], kind, id) ? id : -1;
    }
    return found;
}

/* A message somebody waits for, or one that nobody does. */
static int message_node(const gx_sim_case *c, gx_sim_random *r)
{
    int found = open_node(c, GX_SIM_MESSAGE, r);
    const gx_sim_graph *any = &c->graphs[gx_sim_below(r, GX_SIM_MODELS)];
    uint32_t count = 0;
    if (found >= 0 && gx_sim_chance(r, 700))
        return found;
    for (int i = 0; i < any->node_count; i++) {
        int id = any->model * GX_SIM_BASE + i;
        bool is_awaited = false;
        for (int t = 0; t < c->token_count; t++)
            is_awaited = is_awaited || offer(c, &c->tokens[t], GX_SIM_MESSAGE) == id;
        if (any->nodes[i].kind == GX_SIM_MESSAGE && !is_awaited && gx_sim_below(r, ++count) == 0)
            found = id;
    }
    return found;
}

static act_kind draw_kind(gx_sim_random *r)
{
    static const uint16_t weights[ACT_KINDS] = {60, 480, 120, 40, 170, 30, 8, 40, 40, 4};
    uint32_t draw = gx_sim_below(r, 992), kind = 0;
    while (draw >= weights[kind])
        draw -= weights[kind++];
    return (act_kind)kind;
}

/* At which node of the case; false: at none. */
static bool choose_node(const gx_sim_house *house, const gx_sim_case *c, gx_sim_random *r, gx_sim_act *act,
                        act_kind kind)
{
    act->node = kind == ACT_MESSAGE ? message_node(c, r)
                : kind == ACT_RETRY ? open_node(c, GX_SIM_JOB, r)
                                    : open_node(c, GX_SIM_TASK, r);
    act->x = (int)gx_sim_below(r, 4);
    act->until = kind == ACT_MESSAGE && gx_sim_below(r, 2) ? house->now + 3600000 : 0;
    return act->node >= 0 || kind == ACT_CANCEL;
}

/* False: there is nothing to do it with. */
static bool choose(const gx_sim_house *house, gx_sim_random *r, gx_sim_act *act, act_kind kind)
{
    int i = live_case(house, r);
    act->of = i;
    if (kind == ACT_START)
        act->model = (int)gx_sim_below(r, GX_SIM_MODELS);
    if (kind == ACT_START || kind == ACT_SIGNAL || kind == ACT_PASS || kind == ACT_RESTART)
        return kind != ACT_START || house->case_count < GX_SIM_CASES;
    if (kind == ACT_REPEAT)
        return house->last_done.run != NULL;
    return i >= 0 && choose_node(house, &house->cases[i].model, r, act, kind);
}

/* ---- Doing it, in the store and in the reference ---- */

/* A command for one case. False: the reference has nothing at that node. */
static bool apply_to_case(gx_sim_case *c, const gx_sim_act *act, act_kind kind, gx_instant now)
{
    int at = kind == ACT_COMPLETE || kind == ACT_RETRY ? gx_sim_case_at(c, act->node) : 0;
    if (at < 0)
        return false;
    if (kind == ACT_COMPLETE)
        gx_sim_case_complete(c, at, act->x, now);
    else if (kind == ACT_RETRY)
        gx_sim_case_retry(c, at, now);
    else if (kind == ACT_MESSAGE)
        gx_sim_case_message(c, act->node, act->until, now);
    else if (kind == ACT_CANCEL)
        gx_sim_case_cancel(c);
    return true;
}

static bool apply(gx_sim_house *house, const gx_sim_act *act, act_kind kind)
{
    if (kind == ACT_START) {
        house->cases[house->case_count].id = act->case_id;
        gx_sim_case_start(&house->cases[house->case_count++].model, house->graphs, act->model, house->now);
    }
    for (int i = 0; kind == ACT_SIGNAL && i < house->case_count; i++)
        gx_sim_case_signal(&house->cases[i].model, house->now);
    return kind == ACT_START || act->of < 0 ||
           apply_to_case(&house->cases[act->of].model, act, kind, house->now);
}

static const gx_sim_work works[ACT_KINDS] = {
    [ACT_START] = gx_sim_do_start,   [ACT_COMPLETE] = gx_sim_do_complete, [ACT_MESSAGE] = gx_sim_do_message,
    [ACT_SIGNAL] = gx_sim_do_signal, [ACT_RETRY] = gx_sim_do_retry,       [ACT_CANCEL] = gx_sim_do_cancel,
    [ACT_STALE] = gx_sim_do_stale,
};

static bool is_power_off(const gx_sim_house *house)
{
    return gx_sim_disk_is_dead() || gx_store_has_failed(gx_zone_store(house->zone));
}

static bool restart(gx_sim_house *house)
{
    house->result->restarts++;
    gx_zone_close(house->zone);
    house->zone = NULL;
    gx_sim_disk_crash();
    for (int i = 0; i < REOPEN_TRIES; i++) {
        if (i == 0 && gx_sim_chance(&house->storage, 200)) /* the power goes again while the store recovers */
            gx_sim_disk_plan(GX_FAULT_CRASH, gx_sim_below(&house->storage, 30));
        gx_error error = {0};
        if (gx_sim_house_reopen(house, &error))
            return true;
        if (!gx_sim_disk_is_dead())
            return gx_sim_wrong(house, "the store does not open: %s", error.code);
        gx_sim_disk_crash();
    }
    return gx_sim_wrong(house, "the store never opens");
}

/* Time passes. What is due fires, in whatever order: the reference knows that the order does not matter. */
static bool pass(gx_sim_house *house, gx_sim_random *r)
{
    house->now += (gx_instant)(1 + gx_sim_below(r, 30)) * 60000;
    house->is_bad_weather = gx_sim_chance(r, 300);
    gx_clock_set_virtual(house->now);
    for (int i = 0; i < REOPEN_TRIES; i++) {
        gx_error error = {0};
        bool is_done = gx_scheduler_run_due(house->zone, NULL, &error);
        bool is_off = is_power_off(house);
        if (is_off && !restart(house))
            return false;
        if (is_off)
            continue;
        if (!is_done)
            return gx_sim_wrong(house, "the scheduler stops: %s", error.code);
        for (int c = 0; c < house->case_count; c++)
            gx_sim_case_pass(&house->cases[c].model, house->is_bad_weather, house->now);
        return true;
    }
    return gx_sim_wrong(house, "time cannot pass");
}

/* ---- Groups: what several clients want at the same moment is one transaction ---- */

enum { GROUP_MOST = 8 };

typedef struct turn {
    gx_sim_act act;
    act_kind kind;
    bool is_done;
    gx_error error;
} turn;

typedef struct group {
    turn turns[GROUP_MOST];
    uint32_t count, size; /* size: when it is complete */
    bool is_planned;      /* a fault is to meet it */
    bool wants_full_check;
} group;

static void hear(void *context, bool is_done, const gx_error *error)
{
    turn *t = context;
    t->is_done = is_done;
    t->error = *error;
}

/* Whether a command for the same case that came before it in the group has failed, so that it met the case as
 * it was. */
static bool is_unforeseen(const group *g, const turn *t)
{
    for (const turn *before = g->turns; before < t; before++)
        if (t->kind != ACT_START && before->kind != ACT_START && before->kind != ACT_STALE &&
            before->act.of == t->act.of && !before->is_done)
            return true;
    return false;
}

static bool settle(gx_sim_house *house, const group *g, turn *t, bool was_off)
{
    bool is_storage =
        was_off || (t->error.code && strncmp(t->error.code, "db.", 3) == 0) || is_unforeseen(g, t);
    bool must_refuse = t->kind == ACT_REPEAT || t->kind == ACT_STALE;
    if (!t->is_done && was_off && !must_refuse && /* nobody knows yet: the store will say */
        !gx_sim_house_find(house, &t->act, &t->is_done))
        return false;
    gx_sim_note(house, t->is_done ? "done" : t->error.code);
    house->result->done += t->is_done;
    house->result->refused += !t->is_done;
    if (t->is_done && must_refuse)
        return gx_sim_wrong(house, "%s was accepted", act_names[t->kind]);
    if (!t->is_done && !must_refuse && !is_storage)
        return gx_sim_wrong(house, "%s was refused: %s", act_names[t->kind], t->error.code);
    if (t->is_done && !apply(house, &t->act, t->kind))
        return gx_sim_wrong(house, "%s at n%d was accepted", act_names[t->kind], t->act.node);
    if (t->is_done)
        gx_sim_house_remember(house, &t->act);
    return true;
}

static void plan(gx_sim_house *house, group *g, act_kind kind)
{
    uint32_t fault = gx_sim_below(&house->storage, GX_FAULT_KINDS);
    if (!gx_sim_chance(&house->storage, house->faults_in_1000))
        return;
    if (kind == ACT_PASS ||
        kind == ACT_RESTART) /* a timer that an error puts off is no longer the reference's */
        fault = fault % 2 ? GX_FAULT_SYNC : GX_FAULT_CRASH;
    g->is_planned = true;
    gx_sim_disk_plan((gx_sim_fault)fault, fault == GX_FAULT_SYNC || fault == GX_FAULT_FULL
                                              ? gx_sim_below(&house->storage, 2)
                                              : gx_sim_below(&house->storage, PLAN_MOST));
}

static bool check(gx_sim_house *house, group *g)
{
    gx_sim_disk_forget();
    bool is_right =
        (!g->is_planned && !g->wants_full_check) || gx_sim_house_check(house, g->wants_full_check);
    *g = (group){.count = 0};
    return is_right;
}

static bool flush(gx_sim_house *house, group *g)
{
    gx_store *store = gx_zone_store(house->zone);
    if (g->count == 0)
        return true;
    plan(house, g, g->turns[0].kind);
    house->result->groups += g->count > 1;
    gx_store_gather(store, true);
    for (uint32_t i = 0; i < g->count; i++)
        gx_store_submit(store, gx_sim_house_do, hear, &g->turns[i]);
    gx_store_gather(store, false);
    bool was_off = is_power_off(house);
    if (was_off && !restart(house))
        return false;
    for (uint32_t i = 0; i < g->count; i++)
        if (!settle(house, g, &g->turns[i], was_off))
            return false;
    return check(house, g);
}

static bool is_in(const group *g, int of)
{
    for (uint32_t i = 0; i < g->count; i++)
        if (g->turns[i].act.of == of && g->turns[i].kind != ACT_START)
            return true;
    return false;
}

/* What the group has for the case already is played on a copy of it, and the command chosen from what comes
 * of it. False: there is nothing to choose from. */
static bool choose_after(const gx_sim_house *house, const group *g, turn *t, gx_sim_random *r)
{
    gx_sim_case ahead = house->cases[t->act.of].model;
    for (uint32_t i = 0; i < g->count; i++)
        if (g->turns[i].act.of == t->act.of && g->turns[i].kind != ACT_START &&
            !apply_to_case(&ahead, &g->turns[i].act, g->turns[i].kind, house->now))
            return false;
    return ahead.token_count > 0 && !ahead.is_unsure && choose_node(house, &ahead, r, &t->act, t->kind);
}

static bool can_join(const gx_sim_house *house, const group *g, turn *t, gx_sim_random *r)
{
    bool is_apart = t->kind == ACT_SIGNAL || t->kind == ACT_REPEAT;
    if (is_apart || t->kind == ACT_START)
        return !is_apart && house->case_count + (int)g->count < GX_SIM_CASES;
    return !is_in(g, t->act.of) || (gx_sim_below(r, 4) > 0 && choose_after(house, g, t, r));
}

static void note_command(gx_sim_house *house, group *g, const turn *t, uint32_t index)
{
    house->result->commands++;
    house->index = index;
    g->wants_full_check |= index % FULL_CHECK == 0;
    if (house->trace)
        fprintf(house->trace, "%u %s case %d node %d x %d\n", index, act_names[t->kind], t->act.of,
                t->act.node, t->act.x);
}

/* Time and restarts are nobody's transaction. */
static bool do_apart(gx_sim_house *house, group *g, const turn *t, gx_sim_random *r, uint32_t index)
{
    note_command(house, g, t, index);
    plan(house, g, t->kind);
    if (t->kind == ACT_PASS)
        return pass(house, r) && check(house, g);
    gx_zone_close(house->zone); /* an orderly end: checkpoint, and the log is deleted */
    house->zone = NULL;
    return restart(house) && check(house, g);
}

static bool do_command(gx_sim_house *house, group *g, uint64_t round, uint32_t index)
{
    gx_sim_random r = stream(house, round, 100 + index);
    turn t = {.kind = draw_kind(&r)};
    bool is_apart = t.kind == ACT_PASS || t.kind == ACT_RESTART;
    gx_sim_random before = r;
    t.act = (gx_sim_act){.house = house, .run = works[t.kind]};
    bool has_any = choose(house, &r, &t.act, t.kind);
    if (g->count &&
        (is_apart || !has_any || !can_join(house, g, &t, &r))) { /* the group first; then look again */
        if (!flush(house, g))
            return false;
        r = before;
        t.act = (gx_sim_act){.house = house, .run = works[t.kind]};
        has_any = choose(house, &r, &t.act, t.kind);
    }
    if (!has_any)
        return true;
    if (g->count == 0) {
        house->storage = stream(house, round, 100000 + index);
        g->size = gx_sim_chance(&house->storage, 400) ? 1 : 1 + gx_sim_below(&house->storage, GROUP_MOST);
    }
    if (is_apart)
        return do_apart(house, g, &t, &r, index);
    if (t.kind == ACT_REPEAT)
        t.act = house->last_done;
    else
        snprintf(t.act.id, sizeof t.act.id, "%u", index);
    note_command(house, g, &t, index);
    g->turns[g->count++] = t;
    bool is_alone = t.kind == ACT_SIGNAL || t.kind == ACT_REPEAT;
    return (g->count < g->size && !is_alone) || flush(house, g);
}

/* False when the round fails; `skip` has a byte for each command that is left out. */
static bool play(gx_sim_house *house, uint64_t round, uint32_t count, const char *skip)
{
    gx_error error = {0};
    gx_sim_random models = stream(house, round, 1);
    bool is_right = gx_sim_house_open(house, stream(house, round, 2).seed, &models, &error) ||
                    gx_sim_wrong(house, "a model is refused: %s", error.code);
    group gathered = {.count = 0};
    for (uint32_t i = 0; i < count && is_right; i++)
        is_right = (skip && skip[i]) || do_command(house, &gathered, round, i);
    is_right = is_right && flush(house, &gathered) && gx_sim_house_check(house, true);
    for (int i = 0; i < house->case_count; i++) {
        house->result->cases++;
        house->result->unsure += house->cases[i].model.is_unsure;
    }
    for (int i = 0; i < GX_FAULT_KINDS; i++)
        house->result->faults[i] += gx_sim_disk_faults()[i];
    gx_sim_house_close(house);
    return is_right;
}

/* Leaves out ever smaller pieces as long as the round still fails. */
static void shrink(const gx_sim_house *failed, uint64_t round, uint32_t count, char *skip)
{
    uint32_t plays = 0;
    for (uint32_t piece = (count + 1) / 2; piece > 0; piece /= 2)
        for (uint32_t at = 0; at < count && plays < SHRINK_PLAYS; at += piece, plays++) {
            char before[ROUND];
            memcpy(before, skip, ROUND);
            memset(skip + at, 1, at + piece > count ? count - at : piece);
            gx_sim_result ignored = {0};
            gx_sim_house house = *failed;
            house.result = &ignored;
            house.trace = NULL;
            if (play(&house, round, count, skip))
                memcpy(skip, before, ROUND);
        }
}

void gx_sim_run(const gx_sim_options *options, gx_sim_result *result)
{
    gx_sim_house house = {
        .seed = options->seed, .faults_in_1000 = options->faults_in_1000, .lies = options->lies};
    const gx_sim_house fresh = house;
    *result = (gx_sim_result){0};
    gx_log_set_level(GX_LOG_NOTHING);
    for (uint64_t round = 0, left = options->commands; left > 0 && !result->has_failed; round++) {
        uint32_t count = left < ROUND ? (uint32_t)left : ROUND;
        left -= count;
        house.result = result;
        house.trace = options->trace;
        if (play(&house, round, count, NULL))
            continue;
        result->has_failed = true;
        result->round = round;
        result->command = house.index;
        count = (uint32_t)house.index + 1;
        char skip[ROUND] = {0};
        shrink(&fresh, round, count, skip);
        gx_sim_result again = {0};
        house = fresh;
        house.result = &again;
        house.trace = options->trace;
        play(&house, round, count, skip);
        result->needed = 0;
        for (uint32_t i = 0; i < count; i++)
            result->needed += !skip[i];
    }
    gx_clock_set_virtual(0);
    gx_random_set_source(NULL);
}

#include "sim/graph.h"

#include <string.h>

enum { DEPTH_MOST = 3, ROOM = 28 }; /* room: nodes and flows a block may still need */

/* What a block can be. */
typedef enum shape {
    SHAPE_TASK,
    SHAPE_TIMER,
    SHAPE_MESSAGE,
    SHAPE_SIGNAL,
    SHAPE_JOB,
    SHAPE_CALL,
    SHAPE_FIRST, /* the last that holds no blocks */
    SHAPE_TWO,
    SHAPE_LOOP,
    SHAPE_CHOICE,
    SHAPE_PARALLEL,
    SHAPE_INCLUSIVE,
    SHAPE_SUB,      /* the last that is a block */
    SHAPE_ESCALATE, /* in sub-processes */
    SHAPE_WATCH     /* an event sub-process in the process or in a sub-process */
} shape;

static int add_node(gx_sim_graph *g, gx_sim_kind kind)
{
    g->nodes[g->node_count] = (gx_sim_node){.kind = kind,
                                            .scope = g->scope,
                                            .host = -1,
                                            .boundary = -1,
                                            .error_boundary = -1,
                                            .escalation_boundary = -1};
    return g->node_count++;
}

static int join(gx_sim_graph *g, int from, int to, int wants)
{
    g->flows[g->flow_count++] = (gx_sim_flow){from, to, wants};
    return to;
}

static int draw_seconds(gx_sim_random *r, uint32_t minutes)
{
    return 60 + (int)gx_sim_below(r, minutes * 60);
}

static int add_boundary(gx_sim_graph *g, gx_sim_random *r, int host, gx_sim_catch catches)
{
    int boundary = add_node(g, GX_SIM_BOUNDARY);
    gx_sim_node *node = &g->nodes[boundary];
    node->host = host;
    node->catches = catches;
    node->seconds = draw_seconds(r, 90);
    node->is_interrupting = catches == GX_SIM_CATCHES_ERROR || gx_sim_below(r, 2) == 0;
    int last = gx_sim_below(r, 2) ? join(g, boundary, add_node(g, GX_SIM_TASK), -1) : boundary;
    join(g, last, add_node(g, GX_SIM_END), -1);
    return boundary;
}

static void repeat(gx_sim_graph *g, gx_sim_random *r, int activity)
{
    gx_sim_node *node = &g->nodes[activity];
    node->instances = 2 + (int)gx_sim_below(r, 2);
    node->is_sequential = gx_sim_below(r, 2) == 0;
    node->enough = gx_sim_below(r, 3) ? 0 : 1 + (int)gx_sim_below(r, (uint32_t)node->instances);
}

static int add_task(gx_sim_graph *g, gx_sim_random *r, int from, int wants)
{
    int task = add_node(g, GX_SIM_TASK);
    join(g, from, task, wants);
    uint32_t way = gx_sim_below(r, 8);
    if (way < 2)
        g->nodes[task].boundary = add_boundary(g, r, task, GX_SIM_CATCHES_TIMER);
    else if (way == 2 && g->has[SHAPE_SUB])
        repeat(g, r, task);
    return task;
}

static int add_block(gx_sim_graph *g, gx_sim_random *r, int from, int wants, int depth);

static int add_split(gx_sim_graph *g, gx_sim_random *r, int from, int wants, int depth, gx_sim_kind kind)
{
    int split = add_node(g, kind);
    join(g, from, split, wants);
    int meet = add_node(g, gx_sim_below(r, 5) ? kind : GX_SIM_CHOICE);
    int branches = 2 + (int)gx_sim_below(r, 2);
    for (int i = 0; i < branches; i++)
        join(g, add_block(g, r, split, kind == GX_SIM_PARALLEL || i == 0 ? -1 : i, depth + 1), meet, -1);
    return meet;
}

static int add_loop(gx_sim_graph *g, gx_sim_random *r, int from, int wants, int depth)
{
    int begin = add_node(g, GX_SIM_CHOICE);
    join(g, from, begin, wants);
    int task = add_task(g, r, begin, -1);
    int last = add_block(g, r, task, -1, depth + 1), end = add_node(g, GX_SIM_CHOICE);
    join(g, last, end, -1);
    join(g, end, begin, 0);
    return end; /* what follows is the flow without condition */
}

static int add_first(gx_sim_graph *g, gx_sim_random *r, int from, int wants)
{
    static const gx_sim_kind kinds[] = {GX_SIM_TIMER, GX_SIM_MESSAGE, GX_SIM_SIGNAL};
    int gateway = join(g, from, add_node(g, GX_SIM_FIRST), wants), meet = add_node(g, GX_SIM_CHOICE);
    uint32_t left_out = gx_sim_below(r, 5);
    for (uint32_t i = 0; i < 3; i++) {
        if (i == left_out)
            continue;
        int event = join(g, gateway, add_node(g, kinds[i]), -1);
        g->nodes[event].seconds = draw_seconds(r, 60);
        join(g, event, meet, -1);
    }
    return meet;
}

/* A timer that counts from when what it lies in begins. */
static void add_watch(gx_sim_graph *g, gx_sim_random *r)
{
    int sub = add_node(g, GX_SIM_EVENT_SUB), outside = g->scope;
    g->scope = sub;
    int start = add_node(g, GX_SIM_START);
    g->nodes[start].seconds = draw_seconds(r, 120);
    g->nodes[start].is_interrupting = gx_sim_below(r, 2) == 0;
    join(g, add_task(g, r, start, -1), add_node(g, GX_SIM_END), -1);
    g->scope = outside;
}

static int add_sub(gx_sim_graph *g, gx_sim_random *r, int from, int wants, int depth)
{
    int sub = join(g, from, add_node(g, GX_SIM_SUB), wants), outside = g->scope;
    uint32_t way = gx_sim_below(r, 6);
    if (way == 0)
        repeat(g, r, sub);
    if (way < 3)
        g->nodes[sub].boundary = add_boundary(g, r, sub, GX_SIM_CATCHES_TIMER);
    if (way % 2)
        g->nodes[sub].error_boundary = add_boundary(g, r, sub, GX_SIM_CATCHES_ERROR);
    if (g->has[SHAPE_ESCALATE] && gx_sim_below(r, 2))
        g->nodes[sub].escalation_boundary = add_boundary(g, r, sub, GX_SIM_CATCHES_ESCALATION);
    g->scope = sub;
    if (g->has[SHAPE_WATCH] && gx_sim_below(r, 3) == 0)
        add_watch(g, r);
    int last = add_block(g, r, add_node(g, GX_SIM_START), -1, depth + 1);
    if (g->has[SHAPE_ESCALATE] && gx_sim_below(r, 2)) { /* caught here, further out, or nowhere */
        last = join(g, last, add_node(g, GX_SIM_ESCALATE), -1);
        last = gx_sim_below(r, 2) ? add_task(g, r, last, -1) : last;
    }
    if (g->nodes[sub].error_boundary >= 0) { /* x of 1 ends in the error */
        int choice = join(g, last, add_node(g, GX_SIM_CHOICE), -1);
        join(g, choice, add_node(g, GX_SIM_ERROR), 1);
        last = choice;
    } else if (way == 4) {
        int fork = join(g, last, add_node(g, GX_SIM_PARALLEL), -1);
        join(g, add_task(g, r, fork, -1), add_node(g, GX_SIM_TERMINATE), -1);
        last = add_task(g, r, fork, -1);
    }
    join(g, last, add_node(g, GX_SIM_END), -1);
    g->scope = outside;
    return sub;
}

static int add_event(gx_sim_graph *g, gx_sim_random *r, int from, int wants, gx_sim_kind kind)
{
    int node = add_node(g, kind);
    g->nodes[node].seconds = draw_seconds(r, 60);
    return join(g, from, node, wants);
}

static int add_call(gx_sim_graph *g, gx_sim_random *r, int from, int wants)
{
    int call = add_node(g, GX_SIM_CALL);
    g->nodes[call].calls = (int)gx_sim_below(r, (uint32_t)g->model);
    if (gx_sim_below(r, 3) == 0)
        g->nodes[call].boundary = add_boundary(g, r, call, GX_SIM_CATCHES_TIMER);
    return join(g, from, call, wants);
}

static shape draw_shape(const gx_sim_graph *g, gx_sim_random *r, int depth)
{
    bool is_full = g->node_count + ROOM > GX_SIM_NODES || g->flow_count + ROOM > GX_SIM_FLOWS;
    uint32_t most = depth >= DEPTH_MOST || is_full ? SHAPE_FIRST + 1 : SHAPE_SUB + 1;
    shape drawn = (shape)gx_sim_below(r, most);
    bool is_possible = g->has[drawn] && (drawn != SHAPE_CALL || g->model > 0);
    return is_possible ? drawn : SHAPE_TASK;
}

static int add_block(gx_sim_graph *g, gx_sim_random *r, int from, int wants, int depth)
{
    switch (draw_shape(g, r, depth)) {
    case SHAPE_TASK: break;
    case SHAPE_TIMER: return add_event(g, r, from, wants, GX_SIM_TIMER);
    case SHAPE_MESSAGE: return add_event(g, r, from, wants, GX_SIM_MESSAGE);
    case SHAPE_SIGNAL: return add_event(g, r, from, wants, GX_SIM_SIGNAL);
    case SHAPE_JOB: return add_event(g, r, from, wants, GX_SIM_JOB);
    case SHAPE_CALL: return add_call(g, r, from, wants);
    case SHAPE_FIRST: return add_first(g, r, from, wants);
    case SHAPE_TWO: return add_block(g, r, add_block(g, r, from, wants, depth + 1), -1, depth + 1);
    case SHAPE_LOOP: return add_loop(g, r, from, wants, depth);
    case SHAPE_CHOICE: return add_split(g, r, from, wants, depth, GX_SIM_CHOICE);
    case SHAPE_PARALLEL: return add_split(g, r, from, wants, depth, GX_SIM_PARALLEL);
    case SHAPE_INCLUSIVE: return add_split(g, r, from, wants, depth, GX_SIM_INCLUSIVE);
    case SHAPE_SUB: return add_sub(g, r, from, wants, depth);
    case SHAPE_ESCALATE:
    case SHAPE_WATCH: break;
    }
    return add_task(g, r, from, wants);
}

void gx_sim_graph_grow(gx_sim_graph *g, int model, const bool has[GX_SIM_SHAPES], gx_sim_random *r)
{
    *g = (gx_sim_graph){.model = model, .scope = -1};
    memcpy(g->has, has, GX_SIM_SHAPES * sizeof has[0]);
    int last = add_task(g, r, add_node(g, GX_SIM_START), -1);
    for (uint32_t i = 1 + gx_sim_below(r, 3); i > 0; i--)
        last = add_block(g, r, last, -1, 0);
    join(g, last, add_node(g, GX_SIM_END), -1);
    if (g->has[SHAPE_WATCH] && gx_sim_below(r, 3) == 0 && g->node_count + ROOM / 2 < GX_SIM_NODES)
        add_watch(g, r);
}

/* ---- As BPMN ---- */

static int id_of(const gx_sim_graph *g, int node)
{
    return g->model * GX_SIM_BASE + node;
}

static int default_flow(const gx_sim_graph *g, int node)
{
    for (int f = 0; f < g->flow_count; f++)
        if (g->flows[f].from == node && g->flows[f].wants < 0)
            return f;
    return -1;
}

static void write_repeat(const gx_sim_node *node, gx_buffer *out)
{
    if (!node->instances)
        return;
    gx_buffer_format(out,
                     "<multiInstanceLoopCharacteristics isSequential=\"%s\"><loopCardinality>%d"
                     "</loopCardinality>",
                     node->is_sequential ? "true" : "false", node->instances);
    if (node->enough)
        gx_buffer_format(out,
                         "<completionCondition>= numberOfCompletedInstances &gt;= %d</completionCondition>",
                         node->enough);
    gx_buffer_string(out, "</multiInstanceLoopCharacteristics>");
}

static void write_scope(const gx_sim_graph *g, int scope, gx_buffer *out);

static void write_timer(const gx_sim_node *node, gx_buffer *out)
{
    gx_buffer_format(out, "<timerEventDefinition><timeDuration>PT%dS</timeDuration></timerEventDefinition>",
                     node->seconds);
}

static void write_catch(const gx_sim_graph *g, int i, gx_buffer *out)
{
    const gx_sim_node *node = &g->nodes[i];
    gx_buffer_format(out, "<intermediateCatchEvent id=\"n%d\">", id_of(g, i));
    if (node->kind == GX_SIM_TIMER)
        write_timer(node, out);
    else if (node->kind == GX_SIM_MESSAGE)
        gx_buffer_format(out, "<messageEventDefinition messageRef=\"m%d\"/>", id_of(g, i));
    else
        gx_buffer_string(out, "<signalEventDefinition signalRef=\"go\"/>");
    gx_buffer_string(out, "</intermediateCatchEvent>");
}

static void write_boundary(const gx_sim_graph *g, int i, gx_buffer *out)
{
    const gx_sim_node *node = &g->nodes[i];
    gx_buffer_format(out, "<boundaryEvent id=\"n%d\" attachedToRef=\"n%d\" cancelActivity=\"%s\">",
                     id_of(g, i), id_of(g, node->host), node->is_interrupting ? "true" : "false");
    if (node->catches == GX_SIM_CATCHES_ERROR)
        gx_buffer_string(out, "<errorEventDefinition errorRef=\"bad\"/>");
    else if (node->catches == GX_SIM_CATCHES_ESCALATION)
        gx_buffer_string(out, "<escalationEventDefinition escalationRef=\"high\"/>");
    else
        write_timer(node, out);
    gx_buffer_string(out, "</boundaryEvent>");
}

static void write_start(const gx_sim_node *node, int id, gx_buffer *out)
{
    if (!node->seconds) {
        gx_buffer_format(out, "<startEvent id=\"n%d\"/>", id);
        return;
    }
    gx_buffer_format(out, "<startEvent id=\"n%d\" isInterrupting=\"%s\">", id,
                     node->is_interrupting ? "true" : "false");
    write_timer(node, out);
    gx_buffer_string(out, "</startEvent>");
}

static void write_node(const gx_sim_graph *g, int i, gx_buffer *out)
{
    const gx_sim_node *node = &g->nodes[i];
    int id = id_of(g, i), otherwise = default_flow(g, i);
    switch (node->kind) {
    case GX_SIM_START: write_start(node, id, out); break;
    case GX_SIM_END: gx_buffer_format(out, "<endEvent id=\"n%d\"/>", id); break;
    case GX_SIM_ERROR:
        gx_buffer_format(out, "<endEvent id=\"n%d\"><errorEventDefinition errorRef=\"bad\"/></endEvent>", id);
        break;
    case GX_SIM_TERMINATE:
        gx_buffer_format(out, "<endEvent id=\"n%d\"><terminateEventDefinition/></endEvent>", id);
        break;
    case GX_SIM_TASK:
        gx_buffer_format(out, "<userTask id=\"n%d\" gx:role=\"reviewer\" gx:department=\"D\">", id);
        write_repeat(node, out);
        gx_buffer_string(out, "</userTask>");
        break;
    case GX_SIM_ESCALATE:
        gx_buffer_format(out,
                         "<intermediateThrowEvent id=\"n%d\"><escalationEventDefinition "
                         "escalationRef=\"high\"/></intermediateThrowEvent>",
                         id);
        break;
    case GX_SIM_EVENT_SUB:
        gx_buffer_format(out, "<subProcess id=\"n%d\" triggeredByEvent=\"true\">", id);
        write_scope(g, i, out);
        gx_buffer_string(out, "</subProcess>");
        break;
    case GX_SIM_SUB:
        gx_buffer_format(out, "<subProcess id=\"n%d\">", id);
        write_repeat(node, out);
        write_scope(g, i, out);
        gx_buffer_string(out, "</subProcess>");
        break;
    case GX_SIM_CALL:
        gx_buffer_format(out, "<callActivity id=\"n%d\" calledElement=\"p%d\"/>", id, node->calls);
        break;
    case GX_SIM_CHOICE:
        gx_buffer_format(out, "<exclusiveGateway id=\"n%d\" default=\"f%d\"/>", id, otherwise);
        break;
    case GX_SIM_INCLUSIVE:
        gx_buffer_format(out, "<inclusiveGateway id=\"n%d\" default=\"f%d\"/>", id, otherwise);
        break;
    case GX_SIM_PARALLEL: gx_buffer_format(out, "<parallelGateway id=\"n%d\"/>", id); break;
    case GX_SIM_FIRST: gx_buffer_format(out, "<eventBasedGateway id=\"n%d\"/>", id); break;
    case GX_SIM_TIMER:
    case GX_SIM_MESSAGE:
    case GX_SIM_SIGNAL: write_catch(g, i, out); break;
    case GX_SIM_JOB:
        gx_buffer_format(out,
                         "<serviceTask id=\"n%d\" gx:skill=\"sim.job\" gx:mode=\"job\" gx:retries=\"2\" "
                         "gx:retryAfter=\"PT1M\"/>",
                         id);
        break;
    case GX_SIM_BOUNDARY: write_boundary(g, i, out); break;
    }
}

static void write_scope(const gx_sim_graph *g, int scope, gx_buffer *out)
{
    for (int i = 0; i < g->node_count; i++)
        if (g->nodes[i].scope == scope)
            write_node(g, i, out);
    for (int f = 0; f < g->flow_count; f++) {
        const gx_sim_flow *flow = &g->flows[f];
        if (g->nodes[flow->from].scope != scope)
            continue;
        gx_buffer_format(out, "<sequenceFlow id=\"f%d\" sourceRef=\"n%d\" targetRef=\"n%d\">", f,
                         id_of(g, flow->from), id_of(g, flow->to));
        if (flow->wants >= 0)
            gx_buffer_format(out, "<conditionExpression>= x %s %d</conditionExpression>",
                             g->nodes[flow->from].kind == GX_SIM_INCLUSIVE ? "&gt;=" : "=", flow->wants);
        gx_buffer_string(out, "</sequenceFlow>");
    }
}

void gx_sim_graph_write(const gx_sim_graph *g, gx_buffer *out)
{
    gx_buffer_format(out,
                     "<definitions xmlns=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" "
                     "xmlns:gx=\"urn:gaoxing:bpmn:1\" id=\"d-p%d\" targetNamespace=\"urn:gaoxing:sim\">"
                     "<signal id=\"go\" name=\"go\"/><error id=\"bad\" errorCode=\"bad\"/>"
                     "<escalation id=\"high\" escalationCode=\"high\"/>",
                     g->model);
    for (int i = 0; i < g->node_count; i++)
        if (g->nodes[i].kind == GX_SIM_MESSAGE)
            gx_buffer_format(out, "<message id=\"m%d\" name=\"m%d\"/>", id_of(g, i), id_of(g, i));
    gx_buffer_format(out, "<process id=\"p%d\" isExecutable=\"true\">", g->model);
    write_scope(g, -1, out);
    gx_buffer_string(out, "</process></definitions>");
}

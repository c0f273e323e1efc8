#include "sim/graph.h"

enum { DEPTH_MOST = 3, ROOM = 24 }; /* room: nodes and flows a block may still need */

static int add_node(gx_sim_graph *g, gx_sim_kind kind)
{
    g->nodes[g->node_count] = (gx_sim_node){.kind = kind, .host = -1, .boundary = -1};
    return g->node_count++;
}

static int join(gx_sim_graph *g, int from, int to, int wants)
{
    g->flows[g->flow_count++] = (gx_sim_flow){from, to, wants};
    return to;
}

static int add_task(gx_sim_graph *g, gx_sim_random *r, int from, int wants)
{
    int task = add_node(g, GX_SIM_TASK);
    join(g, from, task, wants);
    if (gx_sim_below(r, 4) == 0) {
        int boundary = add_node(g, GX_SIM_BOUNDARY);
        g->nodes[boundary].host = task;
        g->nodes[boundary].minutes = 1 + (int)gx_sim_below(r, 90);
        g->nodes[boundary].is_interrupting = gx_sim_below(r, 2) == 0;
        g->nodes[task].boundary = boundary;
        int last = gx_sim_below(r, 2) ? join(g, boundary, add_node(g, GX_SIM_TASK), -1) : boundary;
        join(g, last, add_node(g, GX_SIM_END), -1);
    }
    return task;
}

static int add_block(gx_sim_graph *g, gx_sim_random *r, int from, int wants, int depth);

static int add_split(gx_sim_graph *g, gx_sim_random *r, int from, int wants, int depth)
{
    bool is_parallel = gx_sim_below(r, 2) == 0;
    int split = add_node(g, is_parallel ? GX_SIM_PARALLEL : GX_SIM_CHOICE);
    join(g, from, split, wants);
    int meet = add_node(g, is_parallel && gx_sim_below(r, 5) ? GX_SIM_PARALLEL : GX_SIM_CHOICE);
    int branches = 2 + (int)gx_sim_below(r, 2);
    for (int i = 0; i < branches; i++)
        join(g, add_block(g, r, split, is_parallel || i == 0 ? -1 : i, depth + 1), meet, -1);
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

static int add_block(gx_sim_graph *g, gx_sim_random *r, int from, int wants, int depth)
{
    bool is_full = g->node_count + ROOM > GX_SIM_NODES || g->flow_count + ROOM > GX_SIM_FLOWS;
    uint32_t shape = gx_sim_below(r, depth >= DEPTH_MOST || is_full ? 6 : 10);
    if (shape < 2)
        return add_task(g, r, from, wants);
    if (shape < 6) {
        static const gx_sim_kind kinds[] = {GX_SIM_TIMER, GX_SIM_MESSAGE, GX_SIM_SIGNAL, GX_SIM_JOB};
        int node = add_node(g, kinds[shape - 2]);
        g->nodes[node].minutes = 1 + (int)gx_sim_below(r, 60);
        return join(g, from, node, wants);
    }
    if (shape == 6)
        return add_block(g, r, add_block(g, r, from, wants, depth + 1), -1, depth + 1);
    return shape == 7 ? add_loop(g, r, from, wants, depth) : add_split(g, r, from, wants, depth);
}

void gx_sim_graph_grow(gx_sim_graph *g, gx_sim_random *r)
{
    *g = (gx_sim_graph){0};
    int last = add_task(g, r, add_node(g, GX_SIM_START), -1);
    for (uint32_t i = 1 + gx_sim_below(r, 3); i > 0; i--)
        last = add_block(g, r, last, -1, 0);
    join(g, last, add_node(g, GX_SIM_END), -1);
}

static void write_node(const gx_sim_graph *g, int i, gx_buffer *out)
{
    const gx_sim_node *node = &g->nodes[i];
    int otherwise = -1;
    switch (node->kind) {
    case GX_SIM_START: gx_buffer_format(out, "<startEvent id=\"n%d\"/>", i); break;
    case GX_SIM_END: gx_buffer_format(out, "<endEvent id=\"n%d\"/>", i); break;
    case GX_SIM_TASK:
        gx_buffer_format(out, "<userTask id=\"n%d\" gx:role=\"reviewer\" gx:department=\"D\"/>", i);
        break;
    case GX_SIM_CHOICE:
        for (int f = 0; f < g->flow_count; f++)
            if (g->flows[f].from == i && g->flows[f].wants < 0)
                otherwise = f;
        gx_buffer_format(out, "<exclusiveGateway id=\"n%d\" default=\"f%d\"/>", i, otherwise);
        break;
    case GX_SIM_PARALLEL: gx_buffer_format(out, "<parallelGateway id=\"n%d\"/>", i); break;
    case GX_SIM_TIMER:
        gx_buffer_format(out,
                         "<intermediateCatchEvent id=\"n%d\"><timerEventDefinition><timeDuration>PT%dM"
                         "</timeDuration></timerEventDefinition></intermediateCatchEvent>",
                         i, node->minutes);
        break;
    case GX_SIM_MESSAGE:
        gx_buffer_format(out,
                         "<intermediateCatchEvent id=\"n%d\"><messageEventDefinition messageRef=\"m%d\"/>"
                         "</intermediateCatchEvent>",
                         i, i);
        break;
    case GX_SIM_SIGNAL:
        gx_buffer_format(out,
                         "<intermediateCatchEvent id=\"n%d\"><signalEventDefinition signalRef=\"go\"/>"
                         "</intermediateCatchEvent>",
                         i);
        break;
    case GX_SIM_JOB:
        gx_buffer_format(out,
                         "<serviceTask id=\"n%d\" gx:skill=\"sim.job\" gx:mode=\"job\" gx:retries=\"2\" "
                         "gx:retryAfter=\"PT1M\"/>",
                         i);
        break;
    case GX_SIM_BOUNDARY:
        gx_buffer_format(out,
                         "<boundaryEvent id=\"n%d\" attachedToRef=\"n%d\" cancelActivity=\"%s\">"
                         "<timerEventDefinition><timeDuration>PT%dM</timeDuration></timerEventDefinition>"
                         "</boundaryEvent>",
                         i, node->host, node->is_interrupting ? "true" : "false", node->minutes);
        break;
    }
}

void gx_sim_graph_write(const gx_sim_graph *g, const char *id, gx_buffer *out)
{
    gx_buffer_format(out,
                     "<definitions xmlns=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" "
                     "xmlns:gx=\"urn:gaoxing:bpmn:1\" id=\"d-%s\" targetNamespace=\"urn:gaoxing:sim\">"
                     "<signal id=\"go\" name=\"go\"/>",
                     id);
    for (int i = 0; i < g->node_count; i++)
        if (g->nodes[i].kind == GX_SIM_MESSAGE)
            gx_buffer_format(out, "<message id=\"m%d\" name=\"m%d\"/>", i, i);
    gx_buffer_format(out, "<process id=\"%s\" isExecutable=\"true\">", id);
    for (int i = 0; i < g->node_count; i++)
        write_node(g, i, out);
    for (int f = 0; f < g->flow_count; f++) {
        gx_buffer_format(out, "<sequenceFlow id=\"f%d\" sourceRef=\"n%d\" targetRef=\"n%d\">", f,
                         g->flows[f].from, g->flows[f].to);
        if (g->flows[f].wants >= 0)
            gx_buffer_format(out, "<conditionExpression>= x = %d</conditionExpression>", g->flows[f].wants);
        gx_buffer_string(out, "</sequenceFlow>");
    }
    gx_buffer_string(out, "</process></definitions>");
}

/* Faults that only the whole shows: what cannot be reached, what cannot end, what may get stuck. */
#include "bpmn/step.h"

static void find(const gx_bpmn *bpmn, const gx_bpmn_node *node, gx_severity severity, const char *code,
                 gx_findings *findings)
{
    gx_error error;
    gx_fail_at(&error, code, ((gx_place){bpmn->path, node->line, node->column}), node->id, node->name);
    gx_findings_add(findings, severity, &error);
}

static void spread(const gx_bpmn_process *p, uint32_t node_index, bool *is_reached)
{
    const gx_bpmn_node *node = &p->nodes[node_index];
    if (is_reached[node_index])
        return;
    is_reached[node_index] = true;
    for (uint32_t i = 0; i < node->outgoing_count; i++)
        spread(p, p->flows[node->outgoing[i]].target, is_reached);
    for (uint32_t i = 0; i < node->boundary_count; i++)
        spread(p, node->boundaries[i], is_reached);
    for (uint32_t i = 0; i < node->start_count; i++)
        spread(p, node->starts[i], is_reached);
    for (uint32_t i = 0; i < node->event_sub_count; i++)
        spread(p, node->event_subs[i], is_reached);
    if (node->kind == GX_NODE_THROW && node->trigger == GX_TRIGGER_LINK)
        for (uint32_t i = 0; i < p->node_count; i++)
            if (p->nodes[i].kind == GX_NODE_CATCH && p->nodes[i].trigger == GX_TRIGGER_LINK &&
                gx_text_equal(p->nodes[i].events[0].name, node->events[0].name))
                spread(p, i, is_reached);
}

static void check_links(const gx_bpmn *bpmn, const gx_bpmn_process *p, const gx_bpmn_node *node,
                        gx_findings *findings)
{
    if (node->kind != GX_NODE_THROW || node->trigger != GX_TRIGGER_LINK)
        return;
    for (uint32_t i = 0; i < p->node_count; i++)
        if (p->nodes[i].kind == GX_NODE_CATCH && p->nodes[i].trigger == GX_TRIGGER_LINK &&
            p->nodes[i].parent == node->parent &&
            gx_text_equal(p->nodes[i].events[0].name, node->events[0].name))
            return;
    find(bpmn, node, GX_SEVERITY_ERROR, "bpmn.check.link", findings);
}

static void check_gateway(const gx_bpmn *bpmn, const gx_bpmn_process *p, const gx_bpmn_node *node,
                          gx_findings *findings)
{
    if (node->kind == GX_NODE_INCLUSIVE && node->incoming_count > 64)
        find(bpmn, node, GX_SEVERITY_ERROR, "bpmn.check.join_width", findings);
    if (node->kind == GX_NODE_EVENT_GATEWAY) {
        for (uint32_t i = 0; i < node->outgoing_count; i++) {
            const gx_bpmn_node *target = &p->nodes[p->flows[node->outgoing[i]].target];
            bool waits = (target->kind == GX_NODE_CATCH && target->trigger != GX_TRIGGER_LINK) ||
                         target->kind == GX_NODE_RECEIVE_TASK;
            if (!waits || target->incoming_count != 1)
                find(bpmn, target, GX_SEVERITY_ERROR, "bpmn.check.event_gateway", findings);
        }
    }
    if ((node->kind != GX_NODE_EXCLUSIVE && node->kind != GX_NODE_INCLUSIVE) || node->outgoing_count < 2)
        return;
    bool is_always_open = node->default_flow != GX_NO_INDEX;
    for (uint32_t i = 0; i < node->outgoing_count; i++) {
        const gx_bpmn_flow *flow = &p->flows[node->outgoing[i]];
        is_always_open |= !flow->condition && node->outgoing[i] != node->default_flow;
    }
    if (!is_always_open)
        find(bpmn, node, GX_SEVERITY_WARNING, "bpmn.check.no_default", findings);
}

static void check_event_sub(const gx_bpmn *bpmn, const gx_bpmn_node *node, gx_findings *findings)
{
    if (node->kind == GX_NODE_EVENT_SUB_PROCESS && node->start_count != 1)
        find(bpmn, node, GX_SEVERITY_ERROR, "bpmn.check.event_sub_start", findings);
    if (node->kind == GX_NODE_EVENT_SUB_PROCESS && node->incoming_count + node->outgoing_count > 0)
        find(bpmn, node, GX_SEVERITY_ERROR, "bpmn.check.event_sub_flow", findings);
}

static void check_process(const gx_bpmn *bpmn, const gx_bpmn_process *p, gx_arena *arena,
                          gx_findings *findings)
{
    bool *is_reached = GX_NEW_ARRAY(arena, bool, p->node_count);
    spread(p, 0, is_reached);
    if (p->nodes[0].child_count == 0)
        find(bpmn, &p->nodes[0], GX_SEVERITY_ERROR, "bpmn.check.empty", findings);
    for (uint32_t i = 1; i < p->node_count; i++) {
        const gx_bpmn_node *node = &p->nodes[i];
        if (!is_reached[i])
            find(bpmn, node, GX_SEVERITY_ERROR, "bpmn.check.unreachable", findings);
        if (node->outgoing_count == 0 && (node->kind >= GX_NODE_EXCLUSIVE || node->kind == GX_NODE_START))
            find(bpmn, node, GX_SEVERITY_ERROR, "bpmn.check.dead_end", findings);
        check_links(bpmn, p, node, findings);
        check_gateway(bpmn, p, node, findings);
        check_event_sub(bpmn, node, findings);
    }
}

void gx_bpmn_check(const gx_bpmn *bpmn, gx_findings *findings)
{
    gx_arena arena = gx_arena_of(SIZE_MAX / 4);
    for (uint32_t i = 0; i < bpmn->process_count; i++)
        check_process(bpmn, &bpmn->processes[i], &arena, findings);
    gx_arena_release(&arena);
}

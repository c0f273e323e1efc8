/* What a walk has found, for people, for packages' findings and for pages. */
#include "bpmn/explore.h"

static const char *const fates[] = {"deadlock", "unsynchronised", "unreachable", "endless"};

const char *gx_fate_name(gx_fate fate)
{
    return fates[fate];
}

/* "name (id)", or the id alone. */
static void write_node(gx_buffer *text, const gx_bpmn_process *process, uint32_t index)
{
    const gx_bpmn_node *node = &process->nodes[index];
    if (node->name.size)
        gx_buffer_format(text, "%.*s (%.*s)", GX_PRINT(node->name), GX_PRINT(node->id));
    else
        gx_buffer_text(text, node->id);
}

/* The flow's name, or where it leads. */
static void write_choice(gx_buffer *text, const gx_bpmn_process *process, const gx_bpmn_node *node,
                         uint64_t flows)
{
    bool is_choice = node->outgoing_count > 1 && node->kind != GX_NODE_PARALLEL, is_first = true;
    for (uint32_t i = 0; is_choice && i < node->outgoing_count && i < 64; i++) {
        if (!(flows >> i & 1))
            continue;
        const gx_bpmn_flow *flow = &process->flows[node->outgoing[i]];
        gx_buffer_string(text, is_first ? " [" : ", ");
        gx_buffer_text(text, flow->name.size ? flow->name : flow->id);
        is_first = false;
    }
    gx_buffer_string(text, is_first ? "" : "]");
}

gx_text gx_explored_way(gx_arena *arena, const gx_bpmn_process *process, const gx_explored *explored)
{
    gx_buffer text = gx_buffer_in(arena);
    for (uint32_t i = 0; i < explored->move_count; i++) {
        gx_buffer_string(&text, i ? " → " : "");
        write_node(&text, process, explored->moves[i].node);
        write_choice(&text, process, &process->nodes[explored->moves[i].node], explored->moves[i].flows);
    }
    return gx_buffer_as_text(&text);
}

static gx_text nodes_text(gx_arena *arena, const gx_bpmn_process *process, const gx_explored *explored)
{
    gx_buffer text = gx_buffer_in(arena);
    for (uint32_t i = 0; i < explored->node_count; i++) {
        gx_buffer_string(&text, i ? ", " : "");
        write_node(&text, process, explored->nodes[i]);
    }
    return gx_buffer_as_text(&text);
}

/* The end of a long way: where it goes wrong matters more than how it began. */
static gx_text last_part(gx_arena *arena, gx_text way)
{
    size_t from = 0;
    while (way.size - from > GX_ERROR_PART_SIZE - 8) {
        ptrdiff_t arrow = gx_text_find(gx_text_slice(way, from, way.size), GX_TEXT(" → "));
        if (arrow < 0)
            break;
        from += (size_t)arrow + GX_TEXT(" → ").size;
    }
    return from ? gx_format(arena, "… → %.*s", GX_PRINT(gx_text_slice(way, from, way.size))) : way;
}

static gx_error error_of(gx_arena *arena, gx_text path, const gx_bpmn_process *process,
                         const gx_explored *explored)
{
    static const char *const codes[] = {"bpmn.explore.deadlock", "bpmn.explore.unsynchronised",
                                        "bpmn.explore.unreachable", "bpmn.explore.endless"};
    const gx_bpmn_node *node =
        &process->nodes[explored->node == GX_NO_INDEX ? explored->scope : explored->node];
    gx_error error = {0};
    gx_buffer name = gx_buffer_in(arena);
    write_node(&name, process, (uint32_t)(node - process->nodes));
    gx_text first = explored->fate == GX_FATE_UNREACHABLE || explored->fate == GX_FATE_UNSYNCHRONISED
                        ? gx_buffer_as_text(&name)
                        : nodes_text(arena, process, explored);
    gx_fail_at(&error, codes[explored->fate], ((gx_place){path, node->line, node->column}), first,
               last_part(arena, gx_explored_way(arena, process, explored)));
    return error;
}

void gx_explored_report(gx_arena *arena, const gx_bpmn *bpmn, const gx_bpmn_process *process,
                        const gx_exploration *exploration, gx_findings *findings)
{
    for (uint32_t i = 0; i < exploration->count; i++) {
        if (exploration->items[i].is_plain)
            continue;
        gx_error error = error_of(arena, bpmn->path, process, &exploration->items[i]);
        bool is_warning = exploration->items[i].fate == GX_FATE_UNSYNCHRONISED;
        gx_findings_add(findings, is_warning ? GX_SEVERITY_WARNING : GX_SEVERITY_ERROR, &error);
    }
}

gx_json *gx_explored_json(gx_arena *arena, const gx_bpmn_process *process, const gx_exploration *exploration)
{
    gx_json *json = gx_json_object(arena);
    gx_json_set_bool(arena, json, "decided", exploration->is_decided);
    gx_json_set_int(arena, json, "states", (int64_t)exploration->states);
    gx_json *findings = gx_json_set(arena, json, "findings", gx_json_array(arena));
    for (uint32_t i = 0; i < exploration->count; i++) {
        const gx_explored *explored = &exploration->items[i];
        gx_json *item = gx_json_append(findings, gx_json_object(arena));
        gx_json_set_text(arena, item, "fate", gx_text_of(gx_fate_name(explored->fate)));
        if (explored->node != GX_NO_INDEX)
            gx_json_set_text(arena, item, "element", process->nodes[explored->node].id);
        if (explored->flow != GX_NO_INDEX)
            gx_json_set_text(arena, item, "flow", process->flows[explored->flow].id);
        gx_json *elements = gx_json_set(arena, item, "elements", gx_json_array(arena));
        for (uint32_t n = 0; n < explored->node_count; n++)
            gx_json_append(elements, gx_json_string(arena, process->nodes[explored->nodes[n]].id));
        gx_json *way = gx_json_set(arena, item, "way", gx_json_array(arena));
        for (uint32_t m = 0; m < explored->move_count; m++) {
            const gx_bpmn_node *node = &process->nodes[explored->moves[m].node];
            gx_json *move = gx_json_append(way, gx_json_object(arena));
            gx_json_set_text(arena, move, "element", node->id);
            gx_json *flows = gx_json_set(arena, move, "flows", gx_json_array(arena));
            for (uint32_t f = 0; f < node->outgoing_count && f < 64; f++)
                if (explored->moves[m].flows >> f & 1)
                    gx_json_append(flows, gx_json_string(arena, process->flows[node->outgoing[f]].id));
        }
        gx_error error = error_of(arena, (gx_text){"", 0}, process, explored);
        static const char *const names[] = {"zh", "en"};
        gx_json *text = gx_json_set(arena, item, "text", gx_json_object(arena));
        for (gx_language language = GX_LANGUAGE_ZH; language <= GX_LANGUAGE_EN; language++) {
            char sentence[1000];
            gx_json_set_text(
                arena, text, names[language],
                gx_copy(arena, gx_text_of(gx_error_sentence(&error, language, sentence, sizeof sentence))));
        }
    }
    return json;
}

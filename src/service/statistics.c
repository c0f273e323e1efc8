#include "service/statistics.h"
#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

/* ---- The part of the journal to look at ---- */

/* Ids of the journal grow with time, so the first step of a period is found by halving. */
static bool first_step_since(gx_db *db, gx_instant from, int64_t last, int64_t *first, gx_error *error)
{
    int64_t low = 1, high = last + 1;
    while (low < high) {
        int64_t middle = low + (high - low) / 2, at;
        if (!gx_db_get_int(db, error, &at, INT64_MAX,
                           "SELECT at FROM journal WHERE id >= ?1 ORDER BY id LIMIT 1", "i", middle))
            return false;
        if (at < from)
            low = middle + 1;
        else
            high = middle;
    }
    *first = low;
    return true;
}

/* ---- Counting ---- */

typedef struct stay {
    uint32_t node;
    int64_t ms;
} stay;

typedef struct counter {
    gx_process_figures *figures;     /* the sum of all instances read through */
    int64_t *entered, *left, *flows; /* of the instance at hand, by index */
    size_t stays_before;             /* its first stay */
    const gx_bpmn_node *nodes;
    uint32_t node_count, flow_count;
    int64_t instance;  /* whose steps are being read */
    gx_instant *since; /* by node: when the first of the tokens now in it came */
    uint32_t *inside;  /* by node: how many are in it */
    stay *stays;
    size_t stay_count;
} counter;

/* Steps before a migration tell of another version: the instance counts from there on. */
static void forget_instance(counter *c)
{
    memset(c->inside, 0, c->node_count * sizeof *c->inside);
    memset(c->entered, 0, c->node_count * sizeof *c->entered);
    memset(c->left, 0, c->node_count * sizeof *c->left);
    memset(c->flows, 0, c->flow_count * sizeof *c->flows);
    c->stay_count = c->stays_before;
}

static void end_instance(counter *c)
{
    for (uint32_t i = 0; i < c->node_count; i++) {
        c->figures->nodes[i].entered += c->entered[i];
        c->figures->nodes[i].left += c->left[i];
    }
    for (uint32_t i = 0; i < c->flow_count; i++)
        c->figures->flows[i] += c->flows[i];
    c->stays_before = c->stay_count;
}

static void begin_instance(counter *c, int64_t instance)
{
    if (c->instance == instance)
        return;
    end_instance(c);
    forget_instance(c);
    c->instance = instance;
}

/* A loop's rounds enter like the loop itself and only the loop leaves: it counts as one stay. */
static bool is_loop(const counter *c, uint32_t node)
{
    return c->nodes[node].loop != GX_LOOP_NONE;
}

static void enter(counter *c, uint32_t node, gx_instant at)
{
    if (is_loop(c, node) && c->inside[node])
        return;
    c->entered[node]++;
    if (c->inside[node]++ == 0)
        c->since[node] = at;
}

static void leave(counter *c, uint32_t node, gx_instant at)
{
    c->left[node]++;
    if (!c->inside[node])
        return; /* it came before the period */
    c->inside[node]--;
    if (c->stay_count < GX_LIMIT_STATISTICS_STEPS)
        c->stays[c->stay_count++] = (stay){node, at - c->since[node]};
}

/* The words of a path: service/timeline.h. */
static void follow(counter *c, gx_text path, gx_instant at)
{
    while (path.size) {
        gx_text word = gx_text_cut(path, ' ', &path);
        int64_t index = 0;
        if (word.size > 1 && (word.bytes[0] == 'n' || word.bytes[0] == 'g'))
            forget_instance(c);
        if (word.size < 2 || !gx_text_to_int(gx_text_slice(word, 1, word.size), &index) || index < 0)
            continue;
        if (word.bytes[0] == 'e' && index < c->node_count)
            enter(c, (uint32_t)index, at);
        else if (word.bytes[0] == 'l' && index < c->node_count)
            leave(c, (uint32_t)index, at);
        else if (word.bytes[0] == 'f' && index < c->flow_count)
            c->flows[index]++;
    }
}

static int by_node_and_length(const void *a, const void *b)
{
    const stay *x = a, *y = b;
    if (x->node != y->node)
        return x->node < y->node ? -1 : 1;
    return (x->ms > y->ms) - (x->ms < y->ms);
}

/* Nearest rank: the smallest value that at least the wanted share does not exceed. */
static int64_t rank(const stay *sorted, size_t count, unsigned percent)
{
    return sorted[(count * percent + 99) / 100 - 1].ms;
}

static void measure_stays(counter *c)
{
    if (c->stay_count)
        qsort(c->stays, c->stay_count, sizeof *c->stays, by_node_and_length);
    for (size_t i = 0, end; i < c->stay_count; i = end) {
        gx_node_figures *figures = &c->figures->nodes[c->stays[i].node];
        for (end = i; end < c->stay_count && c->stays[end].node == c->stays[i].node; end++)
            figures->total_ms += c->stays[end].ms;
        figures->stays = (int64_t)(end - i);
        figures->median_ms = rank(&c->stays[i], end - i, 50);
        figures->p90_ms = rank(&c->stays[i], end - i, 90);
    }
}

bool gx_statistics_process(gx_db *db, gx_arena *arena, const gx_definition *definition, gx_instant from,
                           gx_process_figures *figures, gx_error *error)
{
    const gx_bpmn_process *process = definition->process;
    int64_t last, first;
    counter c = {.figures = figures,
                 .nodes = process->nodes,
                 .node_count = process->node_count,
                 .flow_count = process->flow_count};
    *figures = (gx_process_figures){.nodes = GX_NEW_ARRAY(arena, gx_node_figures, process->node_count),
                                    .flows = GX_NEW_ARRAY(arena, int64_t, process->flow_count + 1)};
    memset(figures->nodes, 0, process->node_count * sizeof *figures->nodes);
    memset(figures->flows, 0, (process->flow_count + 1) * sizeof *figures->flows);
    if (!gx_db_get_int(db, error, &last, 0, "SELECT id FROM journal ORDER BY id DESC LIMIT 1", "") ||
        !first_step_since(db, from, last, &first, error))
        return false;
    if (last - first >= (int64_t)GX_LIMIT_STATISTICS_STEPS) {
        first = last - (int64_t)GX_LIMIT_STATISTICS_STEPS + 1;
        figures->is_partial = true;
    }
    c.since = GX_NEW_ARRAY(arena, gx_instant, process->node_count);
    c.inside = GX_NEW_ARRAY(arena, uint32_t, process->node_count);
    c.stays = GX_NEW_ARRAY(arena, stay, GX_LIMIT_STATISTICS_STEPS);
    c.entered = GX_NEW_ARRAY(arena, int64_t, process->node_count);
    c.left = GX_NEW_ARRAY(arena, int64_t, process->node_count);
    c.flows = GX_NEW_ARRAY(arena, int64_t, process->flow_count + 1);
    forget_instance(&c);
    c.instance = -1;
    gx_statement *rows =
        gx_db_prepare(db, "SELECT j.instance, j.at, j.path FROM journal j JOIN instance i ON i.bucket = "
                          "j.bucket AND i.id = j.instance WHERE j.id BETWEEN ?1 AND ?2 AND i.process = ?3 "
                          "AND i.process_version = ?4 ORDER BY j.instance, j.id");
    gx_bind(rows, "iiti", first, last, definition->id, definition->version);
    gx_step step;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        begin_instance(&c, gx_column_int(rows, 0));
        follow(&c, gx_column_text(rows, 2), gx_column_int(rows, 1));
        figures->steps++;
    }
    end_instance(&c);
    measure_stays(&c);
    return step == GX_STEP_DONE;
}

/* ---- What runs ---- */

typedef struct count_list {
    gx_process_counts *items;
    size_t count, capacity;
} count_list;

static gx_process_counts *row_of(gx_arena *arena, count_list *list, gx_text process, int64_t version)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].version == version && gx_text_equal(list->items[i].process, process))
            return &list->items[i];
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 32;
        gx_process_counts *items = GX_NEW_ARRAY(arena, gx_process_counts, capacity);
        if (list->count)
            memcpy(items, list->items, list->count * sizeof *items);
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count] = (gx_process_counts){.process = gx_copy(arena, process), .version = version};
    return &list->items[list->count++];
}

static bool count_instances(gx_db *db, gx_arena *arena, count_list *list, gx_error *error)
{
    gx_statement *rows = gx_db_prepare(
        db,
        "SELECT process, process_version, has_ended, count(*) FROM (SELECT process, process_version, "
        "has_ended "
        "FROM instance ORDER BY id DESC LIMIT ?1) AS newest GROUP BY process, process_version, has_ended");
    gx_bind(rows, "i", (int64_t)GX_LIMIT_STATISTICS_INSTANCES);
    gx_step step;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        gx_process_counts *row = row_of(arena, list, gx_column_text(rows, 0), gx_column_int(rows, 1));
        if (gx_column_int(rows, 2))
            row->ended += gx_column_int(rows, 3);
        else
            row->running += gx_column_int(rows, 3);
    }
    return step == GX_STEP_DONE;
}

bool gx_statistics_counts(gx_db *db, gx_arena *arena, gx_process_counts **counts, size_t *count,
                          gx_error *error)
{
    count_list list = {0};
    if (!count_instances(db, arena, &list, error))
        return false;
    gx_statement *rows = gx_db_prepare(
        db, "SELECT i.process, i.process_version, count(*) FROM incident f JOIN instance i ON i.bucket = "
            "f.bucket AND i.id = f.instance WHERE f.solved_at IS NULL GROUP BY i.process, i.process_version");
    gx_step step;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW)
        row_of(arena, &list, gx_column_text(rows, 0), gx_column_int(rows, 1))->incidents =
            gx_column_int(rows, 2);
    *counts = list.items;
    *count = list.count;
    return step == GX_STEP_DONE;
}

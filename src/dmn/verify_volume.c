/* Disjoint boxes fill a space exactly when their volumes add up to its own: no search is needed to know that
 * there is no gap, however many columns there are. Volumes are counted in real pieces, so they are exact.
 *
 * Where volume is missing, the space is cut in two along an edge of the largest rule in it, and the search
 * goes on in each half that is not full: it only ever walks towards gaps. A half without rules is one. */
#include "dmn/verify_volume.h"

#include <string.h>

enum { CUTS_MOST = 4096 }; /* inside each other: bounds the C stack */

typedef unsigned __int128 volume;

typedef struct interval {
    uint32_t first, last; /* pieces, both included */
} interval;

typedef struct counting {
    gx_arena *arena;
    const gx_space *space;
    uint32_t columns;
    uint32_t **reals; /* per column: how many real pieces lie before piece i */
    interval *box;    /* the part of the space that is looked at */
    uint32_t *pieces; /* of a gap */
    uint64_t *steps_left;
    bool (*found)(void *context, const uint32_t *pieces);
    void *context;
    uint32_t cuts;
    bool has_gap, is_over; /* over: nobody wants more, or nothing more can be said */
    bool is_unknown;
} counting;

static uint32_t reals_between(const counting *c, uint32_t column, uint32_t first, uint32_t last)
{
    return first > last ? 0 : c->reals[column][last + 1] - c->reals[column][first];
}

/* False on overflow. */
static bool volume_of_box(const counting *c, volume *size)
{
    *size = 1;
    for (uint32_t i = 0; i < c->columns; i++)
        if (__builtin_mul_overflow(*size, (volume)reals_between(c, i, c->box[i].first, c->box[i].last), size))
            return false;
    return true;
}

/* What the rule has in common with the box; it is no larger than the box, whose volume has fitted. */
static volume volume_in_box(counting *c, uint32_t rule)
{
    volume size = 1;
    for (uint32_t i = 0; i < c->columns && size; i++) {
        const gx_space_cell *cell = gx_space_cell_at(c->space, rule, i);
        uint32_t held = 0;
        for (uint32_t k = 0; k < cell->count; k++) {
            uint32_t first = cell->intervals[k].first, last = cell->intervals[k].last;
            held += reals_between(c, i, first > c->box[i].first ? first : c->box[i].first,
                                  last < c->box[i].last ? last : c->box[i].last);
        }
        size *= held;
    }
    return size;
}

static void tell_gap(counting *c)
{
    c->has_gap = true;
    for (uint32_t i = 0; i < c->columns; i++)
        c->pieces[i] = gx_space_real(&c->space->columns[i], c->box[i].first, c->box[i].last);
    c->is_over = !c->found(c->context, c->pieces);
}

/* A column and the first piece of the upper part, such that an edge of the rule lies between the parts. */
static bool find_cut(const counting *c, uint32_t rule, uint32_t *column, uint32_t *cut)
{
    for (uint32_t i = 0; i < c->columns; i++) {
        const gx_space_cell *cell = gx_space_cell_at(c->space, rule, i);
        for (uint32_t k = 0; k < cell->count; k++) {
            const uint32_t edges[] = {cell->intervals[k].first, cell->intervals[k].last + 1};
            for (int e = 0; e < 2; e++) {
                bool parts = edges[e] > c->box[i].first && edges[e] <= c->box[i].last &&
                             reals_between(c, i, c->box[i].first, edges[e] - 1) &&
                             reals_between(c, i, edges[e], c->box[i].last);
                if (!parts)
                    continue;
                *column = i;
                *cut = edges[e];
                return true;
            }
        }
    }
    return false;
}

static void look(counting *c, const uint32_t *rules, uint32_t count);

static void look_at_halves(counting *c, uint32_t largest, const uint32_t *rules, uint32_t count)
{
    uint32_t column, cut;
    if (!find_cut(c, largest, &column, &cut) || ++c->cuts > CUTS_MOST) {
        c->is_unknown = c->is_over = true;
        return;
    }
    interval whole = c->box[column];
    c->box[column].last = cut - 1;
    look(c, rules, count);
    c->box[column] = (interval){cut, whole.last};
    if (!c->is_over)
        look(c, rules, count);
    c->box[column] = whole;
    c->cuts--;
}

static void look(counting *c, const uint32_t *rules, uint32_t count)
{
    volume whole, covered = 0, most = 0;
    uint32_t largest = 0, inside_count = 0;
    uint64_t steps = (uint64_t)count * c->columns + 1;
    if (!volume_of_box(c, &whole) || *c->steps_left < steps) {
        c->is_unknown = c->is_over = true;
        return;
    }
    *c->steps_left -= steps;
    uint32_t *inside = GX_NEW_ARRAY(c->arena, uint32_t, count);
    for (uint32_t i = 0; i < count; i++) {
        volume part = volume_in_box(c, rules[i]);
        if (!part)
            continue;
        inside[inside_count++] = rules[i];
        covered += part;
        if (part > most) {
            most = part;
            largest = rules[i];
        }
    }
    if (covered < whole && !c->found)
        c->has_gap = c->is_over = true;
    else if (covered < whole && inside_count == 0)
        tell_gap(c);
    else if (covered < whole)
        look_at_halves(c, largest, inside, inside_count);
}

static uint32_t *count_reals(gx_arena *arena, const gx_space_column *column)
{
    uint32_t *before = GX_NEW_ARRAY(arena, uint32_t, (size_t)column->piece_count + 1);
    for (uint32_t piece = 0; piece < column->piece_count; piece++)
        before[piece + 1] = before[piece] + (column->next_real[piece] == piece);
    return before;
}

gx_cover gx_volume_cover(gx_arena *arena, const gx_space *space, const uint32_t *rules, uint32_t count,
                         uint64_t *steps_left, bool (*found)(void *context, const uint32_t *pieces),
                         void *context)
{
    counting c = {.arena = arena,
                  .space = space,
                  .columns = space->table->input_count,
                  .steps_left = steps_left,
                  .found = found,
                  .context = context};
    c.reals = GX_NEW_ARRAY(arena, uint32_t *, c.columns);
    c.box = GX_NEW_ARRAY(arena, interval, c.columns);
    c.pieces = GX_NEW_ARRAY(arena, uint32_t, c.columns);
    for (uint32_t i = 0; i < c.columns; i++) {
        c.reals[i] = count_reals(arena, &space->columns[i]);
        c.box[i] = (interval){0, space->columns[i].piece_count - 1};
    }
    look(&c, rules, count);
    return c.is_unknown ? GX_COVER_UNKNOWN : c.has_gap ? GX_COVER_GAPS : GX_COVER_FULL;
}

/* dmn/verify_space.h: the inputs of a decision table as a finite space, for verify.c.
 *
 * The ends of all tests of a column, sorted, cut its values into pieces: every end is one, and every gap
 * between two neighbours. All values of a piece pass the same tests, so a cell is a set of pieces, kept as
 * ascending intervals, and a rule is a box.
 *
 *     ends      10      20            pieces 0..4:  (..10) [10] (10..20) [20] (20..)
 *     [10..20)  pieces 1-2            not(10)  pieces 0, 2-4
 *
 * Pieces that hold no allowed value, or none at all (between true and false, between one day and the next),
 * are not real. Null lies outside the space: a cell tells whether it accepts null, but no gap is reported for
 * it. */
#ifndef GX_DMN_VERIFY_SPACE_H
#define GX_DMN_VERIFY_SPACE_H

#include "dmn/model.h"

typedef struct gx_pieces {
    uint32_t first, last;
} gx_pieces;

typedef struct gx_space_cell {
    const gx_pieces *intervals; /* ascending, with pieces between them */
    uint32_t count;
    bool is_any, accepts_null;
    bool is_unknown; /* the test is no constant, or the column is not understood */
} gx_space_cell;

typedef struct gx_space_column {
    gx_kind kind;
    const gx_value *ends;
    uint32_t end_count, piece_count;
    const uint32_t *next_real; /* per piece: the first real piece from it on; piece_count if there is none */
    bool is_unknown;
} gx_space_column;

typedef struct gx_space {
    const gx_dmn_table *table;
    gx_space_column *columns;
    gx_space_cell *cells; /* rule by rule */
} gx_space;

gx_space gx_space_of(gx_arena *arena, const gx_dmn_table *table);
static inline const gx_space_cell *gx_space_cell_at(const gx_space *space, uint32_t rule, uint32_t column)
{
    return &space->cells[(size_t)rule * space->table->input_count + column];
}
/* The first real piece of a column from `first` to `last`, or piece_count. */
static inline uint32_t gx_space_real(const gx_space_column *column, uint32_t first, uint32_t last)
{
    uint32_t real = first < column->piece_count ? column->next_real[first] : column->piece_count;
    return real <= last ? real : column->piece_count;
}
bool gx_space_covers(const gx_space_cell *cell, uint32_t piece);
/* A real piece that both cells hold, or piece_count. */
uint32_t gx_space_common(const gx_space_column *column, const gx_space_cell *a, const gx_space_cell *b);
bool gx_space_is_equal(const gx_space_cell *a, const gx_space_cell *b);
/* The piece of a value of the column's kind. */
uint32_t gx_space_piece(const gx_space_column *column, gx_value value);
/* A value that lies in a real piece. */
gx_value gx_space_sample(gx_arena *arena, const gx_space_column *column, uint32_t piece);

#endif

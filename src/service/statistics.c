#include "service/statistics.h"
#include "base/limits.h"

#include <string.h>

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

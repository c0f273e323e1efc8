/* A row's `counts` are words parted by blanks, in order: "e3:12" node 3 was entered 12 times, "l3:11" left,
 * "t3:86400000" the milliseconds of its stays, "s3.844:7" seven of them of class 844, "f4:12" flow 4 was
 * taken. Adding is merging two such lists, so a day's row stays as small as what is different in it. */
#include "service/heat.h"
#include "base/buffer.h"
#include "base/json.h"
#include "base/limits.h"
#include "service/follow.h"

#include <stdlib.h>
#include <string.h>

enum {
    SLICE = 2000,       /* steps: some 10 ms of reading, beside which the writer goes on */
    FINE = 32,          /* classes of length to a doubling */
    CLASSES = 37 * FINE /* up to 2^41 ms, which is longer than there are records */
};

/* ---- Lengths ---- */

static uint32_t class_of(int64_t ms)
{
    if (ms < FINE)
        return ms < 0 ? 0 : (uint32_t)ms;
    uint32_t shift = 63 - 5 - (uint32_t)__builtin_clzll((unsigned long long)ms);
    uint32_t class = shift * FINE + (uint32_t)(ms >> shift);
    return class < CLASSES ? class : CLASSES - 1;
}

/* The middle of the class. */
static int64_t length_of(uint32_t class)
{
    if (class < 2 * FINE)
        return class;
    uint32_t shift = class / FINE - 1;
    return ((int64_t)(class % FINE + FINE) << shift) + (((int64_t)1 << shift) >> 1);
}

/* ---- Tallies ---- */

typedef struct tally {
    char what; /* the word's letter */
    uint32_t index, class;
    int64_t count;
} tally;

typedef struct page { /* of a version and day */
    const gx_definition *definition;
    gx_day day;
    tally *items;
    size_t count, capacity;
} page;

static int by_word(const void *a, const void *b)
{
    const tally *x = a, *y = b;
    if (x->what != y->what)
        return x->what < y->what ? -1 : 1;
    if (x->index != y->index)
        return x->index < y->index ? -1 : 1;
    return (x->class > y->class) - (x->class < y->class);
}

static void merge(page *p)
{
    size_t kept = 0;
    if (p->count)
        qsort(p->items, p->count, sizeof *p->items, by_word);
    for (size_t i = 0; i < p->count; i++)
        if (kept && by_word(&p->items[kept - 1], &p->items[i]) == 0)
            p->items[kept - 1].count += p->items[i].count;
        else
            p->items[kept++] = p->items[i];
    p->count = kept;
}

static void add(gx_arena *arena, page *p, tally item)
{
    if (p->count == p->capacity)
        merge(p);
    if (2 * p->count >= p->capacity) { /* so that merging is seldom, however much is added */
        size_t capacity = p->capacity ? 2 * p->capacity : 256;
        tally *items = GX_NEW_ARRAY(arena, tally, capacity);
        if (p->count)
            memcpy(items, p->items, p->count * sizeof *items);
        p->items = items;
        p->capacity = capacity;
    }
    p->items[p->count++] = item;
}

/* False at the end. A word that is none is passed over. */
static bool next_tally(gx_text *counts, tally *item)
{
    while (counts->size) {
        gx_text number, class, word = gx_text_cut(*counts, ' ', counts),
                               name = gx_text_cut(word, ':', &number), index = gx_text_cut(name, '.', &class);
        int64_t at, of = 0;
        if (index.size < 2 || !gx_text_to_int(gx_text_slice(index, 1, index.size), &at) || at < 0 ||
            at > UINT32_MAX || (class.size && !gx_text_to_int(class, &of)) || of < 0 || of >= CLASSES ||
            !gx_text_to_int(number, &item->count))
            continue;
        *item = (tally){index.bytes[0], (uint32_t)at, (uint32_t)of, item->count};
        return true;
    }
    return false;
}

static gx_text as_text(gx_arena *arena, const page *p)
{
    gx_buffer out = gx_buffer_in(arena);
    for (size_t i = 0; i < p->count; i++) {
        const tally *item = &p->items[i];
        gx_buffer_format(&out, "%s%c%u", i ? " " : "", item->what, item->index);
        if (item->what == 's')
            gx_buffer_format(&out, ".%u", item->class);
        gx_buffer_format(&out, ":%lld", (long long)item->count);
    }
    return gx_buffer_as_text(&out);
}

/* ---- Reading ---- */

static void add_to_figures(gx_process_figures *figures, int64_t *lengths, const gx_bpmn_process *process,
                           const tally *item)
{
    if (item->what == 'f') {
        if (item->index < process->flow_count)
            figures->flows[item->index] += item->count;
        return;
    }
    if (item->index >= process->node_count)
        return;
    gx_node_figures *node = &figures->nodes[item->index];
    switch (item->what) {
    case 'e': node->entered += item->count; break;
    case 'l': node->left += item->count; break;
    case 't': node->total_ms += item->count; break;
    case 's':
        node->stays += item->count;
        lengths[item->index * (size_t)CLASSES + item->class] += item->count;
        break;
    }
}

/* Nearest rank: the smallest length that at least the wanted share does not exceed. */
static int64_t rank(const int64_t *lengths, int64_t stays, int64_t percent)
{
    int64_t wanted = (stays * percent + 99) / 100;
    for (uint32_t class = 0; class < CLASSES; class ++)
        if ((wanted -= lengths[class]) <= 0)
            return length_of(class);
    return 0;
}

bool gx_heat_read(gx_db *db, gx_arena *arena, const gx_definition *definition, gx_day from,
                  gx_process_figures *figures, gx_error *error)
{
    const gx_bpmn_process *process = definition->process;
    size_t cells = (size_t)process->node_count * CLASSES;
    int64_t *lengths = GX_NEW_ARRAY(arena, int64_t, cells), counted, newest;
    *figures = (gx_process_figures){.nodes = GX_NEW_ARRAY(arena, gx_node_figures, process->node_count),
                                    .flows = GX_NEW_ARRAY(arena, int64_t, process->flow_count + 1)};
    gx_statement *rows =
        gx_db_prepare(db, "SELECT counts FROM heat WHERE process = ?1 AND version = ?2 AND day >= ?3");
    gx_bind(rows, "tii", definition->id, definition->version, (int64_t)from);
    gx_step step;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        gx_text counts = gx_column_text(rows, 0);
        for (tally item; next_tally(&counts, &item);)
            add_to_figures(figures, lengths, process, &item);
    }
    for (uint32_t i = 0; i < process->node_count; i++) {
        gx_node_figures *node = &figures->nodes[i];
        node->median_ms = rank(lengths + i * (size_t)CLASSES, node->stays, 50);
        node->p90_ms = rank(lengths + i * (size_t)CLASSES, node->stays, 90);
    }
    if (step == GX_STEP_FAILED ||
        !gx_db_get_int(db, error, &counted, 0, "SELECT reached FROM journal_cursor WHERE id = 1", "") ||
        !gx_db_get_int(db, error, &newest, 0, "SELECT id FROM journal ORDER BY id DESC LIMIT 1", ""))
        return false;
    figures->is_partial = newest > counted;
    return true;
}

/* ---- Counting an instance ---- */

/* A row of the journal in which an instance went over to another version. */
typedef struct migration {
    int64_t instance, step, from;
    struct migration *next;
} migration;

typedef struct slice {
    gx_zone *zone;
    gx_arena *arena;
    gx_follow steps;
    page *pages;
    size_t page_count, page_capacity;
    page *current;
    /* the instance at hand */
    int64_t instance;
    const gx_definition *definition; /* NULL: it cannot be read */
    gx_instant *since;               /* by node: when the first of the tokens now in it came */
    uint32_t *inside;                /* by node: how many are in it */
    uint32_t node_capacity;          /* of the two */
} slice;

static page *page_of(slice *s, gx_day day)
{
    if (s->current && s->current->definition == s->definition && s->current->day == day)
        return s->current;
    for (size_t i = 0; i < s->page_count; i++)
        if (s->pages[i].definition == s->definition && s->pages[i].day == day)
            return s->current = &s->pages[i];
    if (s->page_count == s->page_capacity) {
        size_t capacity = s->page_capacity ? 2 * s->page_capacity : 16;
        page *pages = GX_NEW_ARRAY(s->arena, page, capacity);
        if (s->page_count)
            memcpy(pages, s->pages, s->page_count * sizeof *pages);
        s->pages = pages;
        s->page_capacity = capacity;
    }
    s->pages[s->page_count] = (page){.definition = s->definition, .day = day};
    return s->current = &s->pages[s->page_count++];
}

static void tell(slice *s, bool is_counted, gx_instant at, tally item)
{
    if (is_counted)
        add(s->arena, page_of(s, gx_day_of(at)), item);
}

/* A loop's rounds enter like the loop itself and only the loop leaves: it counts as one stay. */
static void enter(slice *s, uint32_t node, gx_instant at, bool is_counted)
{
    if (s->definition->process->nodes[node].loop != GX_LOOP_NONE && s->inside[node])
        return;
    tell(s, is_counted, at, (tally){'e', node, 0, 1});
    if (s->inside[node]++ == 0)
        s->since[node] = at;
}

static void leave(slice *s, uint32_t node, gx_instant at, bool is_counted)
{
    tell(s, is_counted, at, (tally){'l', node, 0, 1});
    if (!s->inside[node])
        return; /* it came while the instance was of another version */
    s->inside[node]--;
    int64_t ms = at - s->since[node];
    tell(s, is_counted, at, (tally){'s', node, class_of(ms), 1});
    tell(s, is_counted, at, (tally){'t', node, 0, ms});
}

/* The words of a path: service/timeline.h. */
static void follow(slice *s, gx_text path, gx_instant at, bool is_counted)
{
    const gx_bpmn_process *process = s->definition->process;
    while (path.size) {
        gx_text word = gx_text_cut(path, ' ', &path);
        int64_t index = 0;
        if (word.size < 2 || !gx_text_to_int(gx_text_slice(word, 1, word.size), &index) || index < 0)
            continue;
        if (word.bytes[0] == 'e' && index < process->node_count)
            enter(s, (uint32_t)index, at, is_counted);
        else if (word.bytes[0] == 'l' && index < process->node_count)
            leave(s, (uint32_t)index, at, is_counted);
        else if (word.bytes[0] == 'f' && index < process->flow_count)
            tell(s, is_counted, at, (tally){'f', (uint32_t)index, 0, 1});
    }
}

/* A version that cannot be compiled any more is left out; a store that fails is the slice's failure. */
static bool begin_instance(slice *s, gx_db *db, int64_t instance, gx_text process, int64_t version,
                           gx_error *error)
{
    if (s->instance == instance && s->definition && s->definition->version == version)
        return true;
    gx_error second = {0};
    s->instance = instance;
    s->definition = gx_zone_definition(s->zone, db, GX_DEFINITION_PROCESS, process, version, &second);
    if (!s->definition && second.code && strncmp(second.code, "db.", 3) == 0) {
        *error = second;
        return false;
    }
    if (!s->definition || !s->definition->process) {
        s->definition = NULL;
        return true;
    }
    uint32_t count = s->definition->process->node_count;
    if (count > s->node_capacity) {
        s->since = GX_NEW_ARRAY(s->arena, gx_instant, count);
        s->inside = GX_NEW_ARRAY(s->arena, uint32_t, count);
        s->node_capacity = count;
    }
    memset(s->inside, 0, count * sizeof *s->inside);
    return true;
}

/* ---- Counting a case ---- */

static bool read_migrations(slice *s, gx_db *db, int64_t case_id, migration **found, gx_error *error)
{
    gx_statement *rows = gx_db_prepare(
        db, "SELECT instance, id, events FROM journal WHERE bucket = bucket_of(?1) AND case_id = ?1 AND "
            "(path LIKE '%n%' OR path LIKE '%g%') ORDER BY id DESC");
    gx_step step;
    gx_bind_int(rows, 1, case_id);
    *found = NULL;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        gx_json *events = gx_json_parse(s->arena, gx_column_text(rows, 2), GX_TEXT("journal"), error);
        if (!events)
            return false;
        for (const gx_json *one = events->first; one; one = one->next) {
            gx_text rest, outcome = gx_json_text_of(one, "o");
            int64_t from;
            if (!gx_text_equal(gx_json_text_of(one, "k"), GX_TEXT("migrated")) ||
                !gx_text_to_int(gx_text_cut(outcome, ' ', &rest), &from))
                continue;
            migration *m = GX_NEW(s->arena, migration);
            *m = (migration){gx_column_int(rows, 0), gx_column_int(rows, 1), from, *found};
            *found = m;
        }
    }
    return step == GX_STEP_DONE;
}

/* The version an instance was of when it took a step: that which the next migration found. */
static int64_t version_at(const migration *m, int64_t instance, int64_t step, int64_t now)
{
    for (; m; m = m->next)
        if (m->instance == instance && m->step > step)
            return m->from;
    return now;
}

/* All of its steps, since a stay may have begun long ago; only those of the slice are counted. */
static bool count_case(slice *s, gx_db *db, int64_t case_id, gx_error *error)
{
    migration *migrations;
    if (!read_migrations(s, db, case_id, &migrations, error))
        return false;
    gx_statement *rows = gx_db_prepare(
        db, "SELECT j.instance, j.id, j.at, j.path, i.process, i.process_version FROM journal j JOIN "
            "instance i ON i.bucket = j.bucket AND i.id = j.instance WHERE j.bucket = bucket_of(?1) AND "
            "j.case_id = ?1 AND j.id <= ?2 ORDER BY j.instance, j.id");
    gx_bind(rows, "ii", case_id, s->steps.after.reached);
    gx_step step;
    s->instance = -1;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        int64_t instance = gx_column_int(rows, 0), id = gx_column_int(rows, 1);
        gx_text path = gx_column_text(rows, 3);
        if (!path.size)
            continue;
        if (!begin_instance(s, db, instance, gx_column_text(rows, 4),
                            version_at(migrations, instance, id, gx_column_int(rows, 5)), error))
            return false;
        if (s->definition)
            follow(s, path, gx_column_int(rows, 2), id > s->steps.before.reached);
    }
    return step == GX_STEP_DONE;
}

/* ---- A slice ---- */

static bool read_slice(slice *s, gx_db *db, gx_error *error)
{
    int64_t cases[SLICE];
    size_t count = 0;
    if (!gx_follow_read(db, GX_FOLLOWER_HEAT, SLICE, &s->steps, error))
        return false;
    if (!s->steps.has_steps)
        return true;
    gx_statement *rows = gx_db_prepare(
        db,
        "SELECT DISTINCT case_id FROM journal WHERE id > ?1 AND id <= ?2 AND path <> '' ORDER BY case_id");
    gx_bind(rows, "ii", s->steps.before.reached, s->steps.after.reached);
    gx_step step;
    while (count < SLICE && (step = gx_db_step(rows, error)) == GX_STEP_ROW)
        cases[count++] = gx_column_int(rows, 0);
    gx_db_reset(rows);
    if (count < SLICE && step == GX_STEP_FAILED)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!count_case(s, db, cases[i], error))
            return false;
    return true;
}

typedef struct reading {
    slice *slice;
    gx_db *db;
    gx_error *error;
} reading;

static bool read_guarded(void *context)
{
    reading *r = context;
    return read_slice(r->slice, r->db, r->error);
}

/* What is found outlives the read, so it lies in an arena of its own. */
static bool read_in_store(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    slice *s = context;
    (void)arena;
    return gx_arena_guard(s->arena, read_guarded, &(reading){s, db, error}, error);
}

/* `found` stays as it is: a group of commands may be run again. */
static bool write_page(gx_db *db, gx_arena *arena, const page *found, gx_error *error)
{
    gx_text counts;
    page sum = {.definition = found->definition, .day = found->day}, *p = &sum;
    for (size_t i = 0; i < found->count; i++)
        add(arena, p, found->items[i]);
    if (!gx_db_get_text(db, arena, error, &counts,
                        "SELECT counts FROM heat WHERE process = ?1 AND version = ?2 AND day = ?3", "tii",
                        p->definition->id, p->definition->version, (int64_t)p->day))
        return false;
    for (tally item; next_tally(&counts, &item);)
        add(arena, p, item);
    merge(p);
    return gx_db_run(db, error,
                     "INSERT INTO heat (process, version, day, counts) VALUES (?1, ?2, ?3, ?4) ON CONFLICT "
                     "(process, version, day) DO UPDATE SET counts = excluded.counts",
                     "tiit", p->definition->id, p->definition->version, (int64_t)p->day, as_text(arena, p));
}

static bool write_slice(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    slice *s = context;
    bool is_ours;
    if (!gx_follow_take(db, &s->steps, &is_ours, error))
        return false;
    for (size_t i = 0; i < s->page_count && is_ours; i++) /* not ours: another server has counted it */
        if (!write_page(db, arena, &s->pages[i], error))
            return false;
    return true;
}

bool gx_heat_follow(gx_zone *zone, bool *is_behind, gx_error *error)
{
    gx_arena arena = gx_arena_of(GX_LIMIT_HEAT_BYTES);
    slice s = {.zone = zone, .arena = &arena};
    bool is_done = gx_store_read(gx_zone_store(zone), read_in_store, &s, error) &&
                   (!s.steps.has_news || gx_store_write(gx_zone_store(zone), write_slice, &s, error));
    *is_behind = is_done && gx_follow_is_behind(&s.steps);
    gx_arena_release(&arena);
    return is_done;
}

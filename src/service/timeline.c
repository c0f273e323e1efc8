#include "service/timeline.h"
#include "base/limits.h"
#include "service/case_record.h"

#include <string.h>

/* ---- Words ---- */

typedef struct teller {
    gx_zone *zone;
    gx_db *db;
    gx_arena *arena;
    const gx_packages *packages;
    gx_language language;
    bool is_for_applicant;
} teller;

/* The message "event.KIND" with {0} name or element, {1} outcome in words, {2} element. */
static gx_text words_of(const teller *t, const gx_json *event)
{
    gx_text kind = gx_json_text_of(event, "k"), name = gx_json_text_of(event, "n"),
            outcome = gx_json_text_of(event, "o"), element = gx_json_text_of(event, "e");
    static const char *const names[] = {
        "step.", "task."}; /* a process's elements by their names in the other language */
    for (size_t i = 0; i < GX_COUNT_OF(names) && element.size && t->language == GX_LANGUAGE_EN; i++) {
        gx_text key = gx_format(t->arena, "%s%.*s", names[i], GX_PRINT(element)),
                known = gx_packages_message(t->packages, t->language, key);
        if (!gx_text_equal(known, key))
            name = known;
    }
    static const struct {
        const char *kind, *prefix;
    } spoken[] = {{"state", "case-state."},
                  {"task.done", "outcome."},
                  {"lamp", "lamp."},
                  {"document", "document-state."},
                  {"ended", "error."}};
    for (size_t i = 0; i < GX_COUNT_OF(spoken); i++)
        if (outcome.size && gx_text_equal(kind, gx_text_of(spoken[i].kind))) {
            gx_text key = gx_format(t->arena, "%s%.*s", spoken[i].prefix, GX_PRINT(outcome)),
                    said = gx_packages_message(t->packages, t->language, key);
            outcome = gx_text_equal(said, key) ? outcome : said;
        }
    const gx_text parts[] = {name.size ? name : element, outcome, element};
    gx_text key = gx_format(t->arena, "event.%.*s", GX_PRINT(kind));
    gx_text said =
        gx_packages_format(t->arena, t->packages, t->language, key.bytes, parts, GX_COUNT_OF(parts));
    if (!gx_text_equal(said, key))
        return said;
    return gx_format(t->arena, "%.*s%s%.*s%s%.*s", GX_PRINT(kind), parts[0].size ? " " : "",
                     GX_PRINT(parts[0]), outcome.size ? ": " : "", GX_PRINT(outcome));
}

/* What is the reviewers' own until the decision, and the house's own always. */
static bool is_hidden_from_applicant(const gx_json *event)
{
    static const char *const inner[] = {
        "escalated",      "escalation",       "task.claimed",   "task.released",   "task.assigned",
        "incident",       "decided",          "lamp",           "fired",           "message",
        "overdue.reason", "task.transferred", "sign.asked",     "sign.before",     "sign.after",
        "sign.agreed",    "sign.refused",     "sign.cancelled", "task.taken_back", "variables",
        "moved",          "migrated",         "suspended",      "continued",
        "task.failed",    "task.escalated"};
    gx_text kind = gx_json_text_of(event, "k");
    for (size_t i = 0; i < GX_COUNT_OF(inner); i++)
        if (gx_text_equal(kind, gx_text_of(inner[i])))
            return true;
    return false;
}

typedef void (*tell_event)(void *context, const teller *t, gx_instant at, gx_text who, gx_text department,
                           const gx_json *event, gx_text what);

static bool each_event(const teller *t, const gx_case *of, bool is_newest_first, tell_event tell,
                       void *context, gx_error *error)
{
    gx_statement *rows = gx_db_prepare(
        t->db, is_newest_first
                   ? "SELECT at, actor_name, department, events FROM journal WHERE bucket = bucket_of(?1) "
                     "AND case_id = ?1 AND events <> '[]' ORDER BY id DESC LIMIT 1000"
                   : "SELECT at, actor_name, department, events FROM journal WHERE bucket = bucket_of(?1) "
                     "AND case_id = ?1 AND events <> '[]' ORDER BY id LIMIT 5000");
    gx_bind_int(rows, 1, of->id);
    gx_step step;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        gx_json *events =
            gx_json_parse(t->arena, gx_column_copy(t->arena, rows, 3), GX_TEXT("journal"), error);
        if (!events) {
            gx_db_reset(rows);
            return false;
        }
        gx_text who = gx_column_copy(t->arena, rows, 1), department = gx_column_copy(t->arena, rows, 2);
        gx_instant at = gx_column_int(rows, 0);
        const gx_json **ordered = GX_NEW_ARRAY(t->arena, const gx_json *, events->count);
        size_t count = 0;
        for (const gx_json *event = events->first; event; event = event->next)
            if (!t->is_for_applicant || !is_hidden_from_applicant(event))
                ordered[count++] = event;
        for (size_t i = 0; i < count; i++) {
            const gx_json *event = ordered[is_newest_first ? count - 1 - i : i];
            tell(context, t, at, who, department, event, words_of(t, event));
        }
    }
    return step == GX_STEP_DONE;
}

static void write_optional(gx_json_out *out, const char *name, gx_text text)
{
    gx_json_out_name(out, name);
    if (text.size)
        gx_json_out_text(out, text);
    else
        gx_json_out_null(out);
}

static void write_event(void *context, const teller *t, gx_instant at, gx_text who, gx_text department,
                        const gx_json *event, gx_text what)
{
    gx_json_out *out = context;
    char text[GX_INSTANT_SIZE];
    bool is_office = department.size > 0;
    bool hides =
        t->is_for_applicant &&
        is_office; /* applicants know which office acted, not who, nor what reviewers note for each other */
    gx_json_out_begin(out, '{');
    gx_json_out_member_text(out, "at", gx_instant_write(at, text));
    gx_json_out_member_text(out, "kind", gx_json_text_of(event, "k"));
    write_optional(out, "who", hides ? (gx_text){"", 0} : who);
    write_optional(out, "department", department);
    gx_json_out_member_text(out, "what", what);
    bool is_note = gx_text_equal(gx_json_text_of(event, "k"), GX_TEXT("task.done"));
    write_optional(out, "why", hides && is_note ? (gx_text){"", 0} : gx_json_text_of(event, "w"));
    write_optional(out, "element", gx_json_text_of(event, "e"));
    if (!hides)
        write_optional(out, "actingFor", gx_json_text_of(event, "f"));
    gx_json_out_end(out, '}');
}

bool gx_timeline_write(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_case *of, gx_language language,
                       bool is_for_applicant, gx_json_out *out, gx_error *error)
{
    teller t = {zone, db, arena, gx_zone_packages(zone), language, is_for_applicant};
    int64_t total = 0;
    if (!gx_db_get_int(db, error, &total, 0,
                       "SELECT count(*) FROM journal WHERE bucket = bucket_of(?1) AND case_id = ?1", "i",
                       of->id))
        return false;
    gx_json_out_begin(out, '{');
    gx_json_out_name(out, "items");
    gx_json_out_begin(out, '[');
    if (!each_event(&t, of, true, write_event, out, error))
        return false;
    gx_json_out_end(out, ']');
    gx_json_out_member_int(out, "total", total);
    gx_json_out_name(out, "next");
    gx_json_out_null(out);
    gx_json_out_end(out, '}');
    return true;
}

static void print_event(void *context, const teller *t, gx_instant at, gx_text who, gx_text department,
                        const gx_json *event, gx_text what)
{
    gx_buffer *buffer = context;
    char text[GX_INSTANT_SIZE];
    (void)t;
    gx_text when = gx_instant_write(at, text), why = gx_json_text_of(event, "w");
    gx_buffer_format(buffer, "%.10s %.8s  %.*s", when.bytes, when.bytes + 11, GX_PRINT(what));
    if (who.size)
        gx_buffer_format(buffer, "  [%.*s%s%.*s]", GX_PRINT(who), department.size ? ", " : "",
                         GX_PRINT(department));
    if (why.size)
        gx_buffer_format(buffer, "  — %.*s", GX_PRINT(why));
    gx_buffer_byte(buffer, '\n');
}

bool gx_timeline_print(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_case *of, gx_language language,
                       gx_buffer *buffer, gx_error *error)
{
    teller t = {zone, db, arena, gx_zone_packages(zone), language, false};
    return each_event(&t, of, false, print_event, buffer, error);
}

/* ---- Where tokens went ---- */

typedef struct walked {
    gx_instant *entered, *left;
    uint32_t *flows;
    size_t nodes, flow_count; /* room: indices of older versions may be larger than today's */
} walked;

static walked make_walked(gx_arena *arena, size_t nodes, size_t flows)
{
    return (walked){GX_NEW_ARRAY(arena, gx_instant, nodes), GX_NEW_ARRAY(arena, gx_instant, nodes),
                    GX_NEW_ARRAY(arena, uint32_t, flows + 1), nodes, flows};
}

/* "n3.4": what was node 3 is node 4 from here on; "g" the same for flows. */
static void translate(const walked *from, walked *to, char kind, gx_text pair)
{
    gx_text second;
    int64_t before = -1, after = -1;
    if (!gx_text_to_int(gx_text_cut(pair, '.', &second), &before) || !gx_text_to_int(second, &after) ||
        before < 0 || after < 0)
        return;
    if (kind == 'n' && (size_t)before < from->nodes && (size_t)after < to->nodes) {
        to->entered[after] = from->entered[before];
        to->left[after] = from->left[before];
    } else if (kind == 'g' && (size_t)before < from->flow_count && (size_t)after < to->flow_count) {
        to->flows[after] = from->flows[before];
    }
}

static void walk(gx_arena *arena, walked *w, gx_instant at, gx_text path)
{
    const walked before = *w;
    bool is_migrated = false;
    for (gx_text rest = path; rest.size;) {
        gx_text word = gx_text_cut(rest, ' ', &rest), behind = gx_text_slice(word, 1, word.size);
        int64_t index = 0;
        char kind = word.size > 1 ? word.bytes[0] : ' ';
        if (kind == 'n' || kind == 'g') {
            if (!is_migrated)
                *w = make_walked(arena, before.nodes, before.flow_count);
            is_migrated = true;
            translate(&before, w, kind, behind);
            continue;
        }
        if (word.size < 2 || !gx_text_to_int(behind, &index) || index < 0)
            continue;
        if (kind == 'f' && (size_t)index < w->flow_count)
            w->flows[index]++;
        else if (kind == 'e' && (size_t)index < w->nodes)
            w->entered[index] = at;
        else if (kind == 'l' && (size_t)index < w->nodes)
            w->left[index] = at;
    }
}

/* The largest index that the instance's paths name, so that there is room for every version it has been on.
 */
static bool find_room(gx_db *db, int64_t instance, size_t *room, gx_error *error)
{
    gx_statement *rows = gx_db_prepare(
        db, "SELECT path FROM journal WHERE bucket = bucket_of(?1) AND case_id = ?1 AND instance = ?2");
    gx_bind(rows, "ii", instance / GX_INSTANCE_PARTS, instance);
    gx_step step;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        for (gx_text rest = gx_column_text(rows, 0); rest.size;) {
            gx_text second, word = gx_text_cut(rest, ' ', &rest);
            int64_t index = 0;
            if (word.size > 1 &&
                gx_text_to_int(gx_text_cut(gx_text_slice(word, 1, word.size), '.', &second), &index) &&
                index >= 0 && (size_t)index >= *room && index < GX_LIMIT_ELEMENTS * 2)
                *room = (size_t)index + 1;
        }
    }
    return step == GX_STEP_DONE;
}

bool gx_timeline_path(gx_db *db, gx_arena *arena, int64_t instance, const gx_bpmn_process *process,
                      gx_instant **entered, gx_instant **left, uint32_t **flows, gx_error *error)
{
    size_t room = process->node_count > process->flow_count ? process->node_count : process->flow_count;
    if (!find_room(db, instance, &room, error))
        return false;
    walked w = make_walked(arena, room, room);
    gx_statement *rows = gx_db_prepare(db, "SELECT at, path FROM journal WHERE bucket = bucket_of(?1) AND "
                                           "case_id = ?1 AND instance = ?2 ORDER BY id");
    gx_bind(rows, "ii", instance / GX_INSTANCE_PARTS, instance);
    gx_step step;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW)
        walk(arena, &w, gx_column_int(rows, 0), gx_column_text(rows, 1));
    *entered = w.entered;
    *left = w.left;
    *flows = w.flows;
    return step == GX_STEP_DONE;
}

/* Writes "path": where tokens went, oldest first: [{"element", "at"}], nodes entered and flows taken
 * since the instance has been on this version of its process. */
static bool write_walk(gx_db *db, int64_t instance, const gx_bpmn_process *process, gx_json_out *out,
                       gx_error *error)
{
    char text[GX_INSTANT_SIZE];
    gx_statement *rows = gx_db_prepare(
        db, "SELECT at, path FROM journal WHERE bucket = bucket_of(?1) AND case_id = ?1 AND instance = ?2 "
            "AND id > (SELECT coalesce(max(id), 0) FROM journal WHERE bucket = bucket_of(?1) AND case_id = "
            "?1 AND instance = ?2 AND path LIKE '%n0.0%') ORDER BY id LIMIT ?3");
    gx_bind(rows, "iii", instance / GX_INSTANCE_PARTS, instance, (int64_t)GX_LIMIT_DIAGRAM_STEPS);
    gx_json_out_name(out, "path");
    gx_json_out_begin(out, '[');
    gx_step step;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        gx_text rest = gx_column_text(rows, 1);
        while (rest.size) {
            gx_text word = gx_text_cut(rest, ' ', &rest);
            int64_t index = 0;
            if (word.size < 2 || !gx_text_to_int(gx_text_slice(word, 1, word.size), &index) || index < 0)
                continue;
            bool is_node = word.bytes[0] == 'e' && index > 0 && index < process->node_count;
            if (!is_node && !(word.bytes[0] == 'f' && index < process->flow_count))
                continue;
            gx_json_out_begin(out, '{');
            gx_json_out_member_text(out, "element",
                                    is_node ? process->nodes[index].id : process->flows[index].id);
            gx_json_out_member_text(out, "at", gx_instant_write(gx_column_int(rows, 0), text));
            gx_json_out_end(out, '}');
        }
    }
    gx_json_out_end(out, ']');
    return step == GX_STEP_DONE;
}

bool gx_timeline_diagram(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_case *of, gx_json_out *out,
                         gx_error *error)
{
    const gx_state *state;
    const gx_bpmn_process *process;
    const gx_definition *definition;
    gx_instant *entered, *left;
    uint32_t *flows, *nodes;
    char text[GX_INSTANT_SIZE];
    int64_t instance = of->id * GX_INSTANCE_PARTS;
    if (!gx_instance_read(zone, db, arena, instance, &state, &process, &definition, error) ||
        !gx_timeline_path(db, arena, instance, process, &entered, &left, &flows, error))
        return false;
    size_t count = gx_state_tokens(arena, state, &nodes);
    gx_json_out_begin(out, '{');
    gx_json_out_member_text(out, "bpmn", definition->source);
    gx_json_out_name(out, "tokens");
    gx_json_out_begin(out, '[');
    for (size_t i = 0; i < count; i++) {
        gx_json_out_begin(out, '{');
        gx_json_out_member_text(out, "element", process->nodes[nodes[i]].id);
        if (entered[nodes[i]])
            gx_json_out_member_text(out, "since", gx_instant_write(entered[nodes[i]], text));
        gx_json_out_end(out, '}');
    }
    gx_json_out_end(out, ']');
    gx_json_out_name(out, "done");
    gx_json_out_begin(out, '[');
    for (uint32_t i = 1; i < process->node_count; i++)
        if (left[i] || (entered[i] && process->nodes[i].kind == GX_NODE_END))
            gx_json_out_text(out, process->nodes[i].id);
    gx_json_out_end(out, ']');
    gx_json_out_name(out, "flows");
    gx_json_out_begin(out, '[');
    for (uint32_t i = 0; i < process->flow_count; i++)
        if (flows[i])
            gx_json_out_text(out, process->flows[i].id);
    gx_json_out_end(out, ']');
    if (!write_walk(db, instance, process, out, error))
        return false;
    gx_json_out_end(out, '}');
    return true;
}

/* ---- The line an applicant sees ---- */

typedef struct line_context {
    const gx_bpmn_process *process;
    const gx_instant *entered, *left;
    const uint32_t *tokens;
    size_t token_count;
    bool is_over;
} line_context;

static bool holds_token(const line_context *line, uint32_t node)
{
    for (size_t i = 0; i < line->token_count; i++)
        for (uint32_t at = line->tokens[i]; at != 0; at = line->process->nodes[at].parent)
            if (at == node)
                return true;
    return false;
}

typedef struct step_state {
    bool is_current, was_left, was_entered;
    gx_instant since, at;
} step_state;

static void add_node(const line_context *line, uint32_t node, step_state *state)
{
    if (node == GX_NO_INDEX)
        return;
    state->is_current |= holds_token(line, node);
    state->was_left |= line->left[node] != 0;
    state->was_entered |= line->entered[node] != 0;
    state->since = line->entered[node] > state->since ? line->entered[node] : state->since;
    state->at = line->left[node] > state->at ? line->left[node] : state->at;
}

static void write_step(const line_context *line, gx_text key, gx_text name, gx_text name_en, gx_text who,
                       const step_state *state, gx_json_out *out)
{
    char text[GX_INSTANT_SIZE];
    const char *word = state->is_current                                          ? "current"
                       : state->was_left || (state->was_entered && line->is_over) ? "done"
                       : line->is_over                                            ? "skipped"
                                                                                  : "waiting";
    gx_json_out_begin(out, '{');
    gx_json_out_member_text(out, "key", key);
    gx_json_out_member_text(out, "name", name);
    if (name_en.size)
        gx_json_out_member_text(out, "nameEn", name_en);
    gx_json_out_member_text(out, "state", gx_text_of(word));
    write_optional(out, "who", who);
    if (state->is_current && state->since)
        gx_json_out_member_text(out, "since", gx_instant_write(state->since, text));
    if (!state->is_current && state->was_left)
        gx_json_out_member_text(out, "at", gx_instant_write(state->at, text));
    gx_json_out_end(out, '}');
}

bool gx_timeline_steps(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_case *of, gx_json_out *out,
                       gx_error *error)
{
    const gx_state *state;
    line_context line = {0};
    uint32_t *tokens, *flows;
    gx_instant *entered, *left;
    int64_t instance = of->id * GX_INSTANCE_PARTS;
    if (!gx_instance_read(zone, db, arena, instance, &state, &line.process, NULL, error) ||
        !gx_timeline_path(db, arena, instance, line.process, &entered, &left, &flows, error))
        return false;
    line.entered = entered;
    line.left = left;
    line.token_count = gx_state_tokens(arena, state, &tokens);
    line.tokens = tokens;
    line.is_over = gx_state_has_ended(state);
    const gx_json *matter = gx_case_matter(zone, db, of), *steps = gx_json_get(matter, "steps");
    gx_json_out_name(out, "steps");
    gx_json_out_begin(out, '[');
    bool has_elements = false;
    for (const gx_json *step = steps ? steps->first : NULL; step; step = step->next) {
        const gx_json *elements = gx_json_get(step, "elements");
        step_state found = {0};
        gx_text key = gx_json_text_of(step, "key");
        if (!elements) /* a step named like an element is that element */
            add_node(&line, gx_bpmn_node_of(line.process, key), &found);
        for (const gx_json *element = elements ? elements->first : NULL; element; element = element->next)
            add_node(&line, gx_bpmn_node_of(line.process, gx_json_text(element)), &found);
        if (elements && elements->count == 0) /* "submitted": done by being here */
            found = (step_state){.was_left = true, .at = of->submitted_at};
        has_elements = true;
        write_step(&line, key, gx_json_text_of(step, "name"), gx_json_text_of(step, "nameEn"),
                   gx_json_text_of(step, "who"), &found, out);
    }
    for (uint32_t i = 1; i < line.process->node_count && !has_elements; i++) {
        const gx_bpmn_node *node = &line.process->nodes[i];
        step_state found = {0};
        if (node->kind != GX_NODE_USER_TASK && node->kind != GX_NODE_CALL)
            continue;
        add_node(&line, i, &found);
        write_step(&line, node->id, node->name, (gx_text){"", 0}, (gx_text){"", 0}, &found, out);
    }
    gx_json_out_end(out, ']');
    return true;
}

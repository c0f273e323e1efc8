/* Which names an expression may read.
 *
 * Variables are not declared: they come from the application (its form), from what each step leaves behind,
 * and from the process that calls. This file collects them and looks up every name that an expression reads,
 * so that a misspelt name is found when the package is checked and not when a gateway quietly takes its
 * default.
 *
 *     the matter's form ──> own names of the process <── results, outputs, items, merged data of its steps
 *                                   │ call without inputs: all of them; with inputs: those
 *                                   v
 *                           own names of the called process ──> ...      (until nothing is added)
 *
 * The order of steps is not looked at: a name that some step sets is known everywhere. Two things cannot be
 * known and are left alone: what a message carries (names behind a message are free), and what starts a
 * process that neither a matter nor another process names (it is `is_open`). Of `case`, `project`,
 * `applicant` and the results of user tasks the members are known as well. */
#include "service/package_internal.h"

#include <string.h>

/* What the zone itself puts into every case of a matter. A unit test compares both with what running cases
 * have. */
static const char *const given_names[] = {"applicant", "project",  "documents", "promises",
                                          "needed",    "opinions", "permits",   "case"};
static const char *const case_members[] = {
    "number",      "matter",      "matterName",  "owner",       "state",          "enterprise",
    "submittedBy", "submittedAt", "today",       "corrections", "isAccepted",     "isAcceptedByLaw",
    "isExtended",  "acceptedAt",  "dueLegal",    "duePromised", "openTolerances", "usedDays",
    "daysLeft",    "isStopped",   "cooperating", "isImmediate"};
static const char *const applicant_members[] = {"enterpriseId", "name", "uscc", "credit"};
/* What a person's completion of a task brings beside the fields of its form. */
static const char *const task_members[] = {"outcome", "who",    "whoName",   "department", "at",    "opinion",
                                           "reasons", "reason", "documents", "missing",    "answer"};
/* What an act of the law hands to its letter (case_acts.c, case_clock.c, permit.c). */
static const char *const letter_names[] = {"number", "reasons", "reason", "missing",
                                           "byLaw",  "stop",    "permits"};

typedef struct process_names {
    const gx_definition *definition;
    gx_map names;   /* variables */
    gx_map results; /* variable -> gx_bpmn_node: the one user task that sets it, with known members */
    gx_map project, applicant; /* their members; empty: not known */
    bool is_open, is_used;
    bool *is_after_message; /* by node */
} process_names;

typedef struct naming {
    gx_checking *c;
    process_names *processes;
    size_t count;
    gx_map fields; /* members of `project` that any form or the project register has */
} naming;

static bool add(gx_map *map, gx_text name)
{
    static const char there;
    return name.size && !gx_map_put(map, name, (void *)(uintptr_t)&there);
}

static void add_all(gx_map *map, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        add(map, gx_text_of(names[i]));
}

static bool add_map(gx_map *map, const gx_map *from)
{
    bool has_more = false;
    for (uint32_t i = 0; i < from->count; i++)
        has_more |= add(map, from->entries[i].key);
    return has_more;
}

/* ---- What each step leaves behind ---- */

static void add_root(void *context, const gx_json *component, gx_text path)
{
    gx_text rest;
    (void)component;
    add(context, gx_text_cut(path, '.', &rest));
}

static void add_form(naming *n, gx_map *map, gx_text form)
{
    const gx_definition *d = gx_packages_find(n->c->packages, GX_DEFINITION_FORM, form);
    if (d)
        gx_form_each(&n->c->arena, d->json, add_root, map);
}

static void add_list(gx_map *map, const char *names)
{
    for (gx_text rest = gx_text_of(names); rest.bytes && rest.size;)
        add(map, gx_text_trim(gx_text_cut(rest, ',', &rest)));
}

typedef struct trial {
    gx_arena *arena;
    const gx_feel *feel;
    gx_value value;
} trial;

static bool try_script(void *context)
{
    trial *t = context;
    return gx_feel_evaluate(t->arena, t->feel, gx_value_null(), NULL, &t->value, NULL);
}

/* A script without gx:result merges a context: without any input a context literal still has its names. */
static void add_script(naming *n, process_names *p, const gx_bpmn_node *node)
{
    gx_arena own = gx_arena_of(GX_LIMIT_EVALUATION_BYTES);
    trial t = {&own, node->script, gx_value_null()};
    if (node->script && gx_arena_guard(&own, try_script, &t, NULL) && t.value.kind == GX_CONTEXT)
        for (uint32_t i = 0; i < t.value.context->count; i++)
            add(&p->names, gx_copy(&n->c->arena, t.value.context->entries[i].name));
    else
        p->is_open = true;
    gx_arena_release(&own);
}

/* What is merged into the variables when neither gx:result nor outputs say where it goes. */
static void add_merged(naming *n, process_names *p, const gx_bpmn_node *node)
{
    const gx_skill *skill = gx_check_find_skill(n->c, node->skill);
    switch (node->kind) {
    case GX_NODE_USER_TASK:
        add_all(&p->names, task_members, GX_COUNT_OF(task_members));
        add_form(n, &p->names, node->form.text);
        p->is_open |= node->form.feel != NULL;
        break;
    case GX_NODE_SERVICE_TASK:
    case GX_NODE_SEND_TASK:
        if (skill)
            add_list(&p->names, skill->outputs);
        break;
    case GX_NODE_SCRIPT_TASK: add_script(n, p, node); break;
    case GX_NODE_RULE_TASK: p->is_open = true; break; /* a decision's context has names of its own */
    default: break;
    }
}

static void add_own_names(naming *n, process_names *p)
{
    const gx_bpmn_process *process = p->definition->process;
    for (uint32_t i = 1; i < process->node_count; i++) {
        const gx_bpmn_node *node = &process->nodes[i];
        bool is_kept = node->result_name.size || node->output_count;
        bool is_single_task = node->kind == GX_NODE_USER_TASK && node->loop == GX_LOOP_NONE &&
                              !node->form.feel && !node->output_count;
        add(&p->names, node->result_name);
        if (is_single_task && node->result_name.size &&
            gx_map_put(&p->results, node->result_name, (void *)(uintptr_t)node))
            gx_map_put(&p->results, node->result_name,
                       NULL); /* two tasks: their members are not told apart */
        for (uint32_t o = 0; o < node->output_count; o++)
            add(&p->names, node->outputs[o].name);
        add(&p->names, node->item_name);
        add(&p->names, node->results_name);
        if (node->loop != GX_LOOP_NONE)
            add(&p->names, GX_TEXT("loopCounter"));
        if (!is_kept)
            add_merged(n, p, node);
    }
}

/* ---- Behind a message ---- */

static void spread(const process_names *p, uint32_t index)
{
    const gx_bpmn_process *process = p->definition->process;
    const gx_bpmn_node *node = &process->nodes[index];
    if (p->is_after_message[index])
        return;
    p->is_after_message[index] = true;
    for (uint32_t i = 0; i < node->outgoing_count; i++)
        spread(p, process->flows[node->outgoing[i]].target);
    for (uint32_t i = 0; i < node->boundary_count; i++)
        spread(p, node->boundaries[i]);
    for (uint32_t i = 0; i < node->start_count; i++)
        spread(p, node->starts[i]);
    if (node->outgoing_count == 0 && node->parent) { /* the end of a sub-process: what follows it */
        const gx_bpmn_node *parent = &process->nodes[node->parent];
        for (uint32_t i = 0; parent->kind == GX_NODE_SUB_PROCESS && i < parent->outgoing_count; i++)
            spread(p, process->flows[parent->outgoing[i]].target);
    }
}

static void find_messages(process_names *p)
{
    const gx_bpmn_process *process = p->definition->process;
    for (uint32_t i = 1; i < process->node_count; i++) {
        const gx_bpmn_node *node = &process->nodes[i];
        bool is_event =
            node->kind == GX_NODE_START || node->kind == GX_NODE_CATCH || node->kind == GX_NODE_BOUNDARY;
        bool brings = node->trigger == GX_TRIGGER_MESSAGE || node->trigger == GX_TRIGGER_SIGNAL ||
                      node->trigger == GX_TRIGGER_ERROR || node->trigger == GX_TRIGGER_ESCALATION;
        if (node->kind == GX_NODE_RECEIVE_TASK || (is_event && brings))
            spread(p, i);
    }
}

/* ---- From process to process ---- */

static process_names *find_names(const naming *n, gx_text process)
{
    for (size_t i = 0; i < n->count; i++)
        if (gx_text_equal(n->processes[i].definition->id, process))
            return &n->processes[i];
    return NULL;
}

typedef struct member_maps {
    gx_map *project, *applicant, *names;
} member_maps;

static void add_field(void *context, const gx_json *component, gx_text path)
{
    const member_maps *maps = context;
    gx_text rest, after, root = gx_text_cut(path, '.', &rest);
    gx_text member = rest.bytes ? gx_text_cut(rest, '.', &after) : (gx_text){"", 0};
    (void)component;
    if (maps->names)
        add(maps->names, root);
    if (gx_text_equal(root, GX_TEXT("project")))
        add(maps->project, member);
    if (gx_text_equal(root, GX_TEXT("applicant")))
        add(maps->applicant, member);
}

static void add_properties(const naming *n, const char *register_id, gx_map *map)
{
    const gx_definition *d =
        gx_packages_find(n->c->packages, GX_DEFINITION_REGISTER, gx_text_of(register_id));
    const gx_json *properties = d ? gx_json_get(d->json, "properties") : NULL;
    for (const gx_json *property = properties ? properties->first : NULL; property; property = property->next)
        add(map, property->name);
}

static void add_matter(naming *n, const gx_definition *matter)
{
    process_names *p = find_names(n, gx_json_text_of(matter->json, "process"));
    const gx_definition *form =
        gx_packages_find(n->c->packages, GX_DEFINITION_FORM, gx_json_text_of(matter->json, "form"));
    if (!p)
        return;
    p->is_used = true;
    add_all(&p->names, given_names, GX_COUNT_OF(given_names));
    if (!form)
        return; /* any project and any applicant may be handed in */
    member_maps maps = {&p->project, &p->applicant, &p->names};
    add_all(&p->applicant, applicant_members, GX_COUNT_OF(applicant_members));
    gx_form_each(&n->c->arena, form->json, add_field, &maps);
    add_properties(n, "project", &p->project);
}

static bool hand_over(process_names *from, const gx_bpmn_node *call, process_names *to)
{
    bool has_more = !to->is_used;
    to->is_used = true;
    has_more |= add(&to->names, GX_TEXT("case"));
    for (uint32_t i = 0; i < call->input_count; i++)
        has_more |= add(&to->names, call->inputs[i].name);
    if (call->input_count)
        return has_more;
    has_more |= add_map(&to->names, &from->names);
    has_more |= add_map(&to->project, &from->project);
    has_more |= add_map(&to->applicant, &from->applicant);
    has_more |= from->is_open && !to->is_open;
    to->is_open |= from->is_open;
    return has_more;
}

static void follow_calls(naming *n)
{
    for (bool has_more = true; has_more;) {
        has_more = false;
        for (size_t i = 0; i < n->count; i++) {
            const gx_bpmn_process *process = n->processes[i].definition->process;
            for (uint32_t k = 1; k < process->node_count && n->processes[i].is_used; k++) {
                const gx_bpmn_node *node = &process->nodes[k];
                process_names *to = node->kind == GX_NODE_CALL && !node->called.feel
                                        ? find_names(n, node->called.text)
                                        : NULL;
                has_more |= to && hand_over(&n->processes[i], node, to);
            }
        }
    }
}

/* ---- Looking names up ---- */

static gx_text nearest_in(const gx_map *map, gx_text name)
{
    gx_text nearest = {"", 0};
    size_t best = name.size / 3 + 2;
    for (uint32_t i = 0; map && i < map->count; i++) {
        size_t edits = gx_text_edits(name, map->entries[i].key, best);
        if (edits < best) {
            best = edits;
            nearest = map->entries[i].key;
        }
    }
    return nearest;
}

static void refuse(gx_checking *c, gx_spot spot, gx_text name, gx_text element, gx_text nearest)
{
    if (nearest.size)
        gx_check_error(c, spot, "package.variable.near", name, element, nearest);
    else
        gx_check_error(c, spot, "package.variable", name, element);
}

static gx_text with_root(gx_checking *c, gx_text root, gx_text member)
{
    return member.size ? gx_format(&c->arena, "%.*s.%.*s", GX_PRINT(root), GX_PRINT(member)) : member;
}

/* The known members of a name; false when any member may be there. */
static bool members_of(naming *n, const process_names *p, gx_text root, gx_map *members)
{
    *members = gx_map_in(&n->c->arena);
    if (gx_text_equal(root, GX_TEXT("case")))
        add_all(members, case_members, GX_COUNT_OF(case_members));
    else if (gx_text_equal(root, GX_TEXT("project")))
        add_map(members, &p->project);
    else if (gx_text_equal(root, GX_TEXT("applicant")))
        add_map(members, &p->applicant);
    const gx_bpmn_node *task = gx_map_get(&p->results, root);
    if (task) {
        add_all(members, task_members, GX_COUNT_OF(task_members));
        add_form(n, members, task->form.text);
    }
    return members->count > 0;
}

typedef struct reading {
    naming *n;
    const process_names *p;
    gx_spot spot;
    gx_text element;
    const gx_map *extra; /* further names, or NULL */
    bool is_free;        /* what is not known may have come with a message */
} reading;

static void read_name(const reading *r, gx_text name)
{
    gx_checking *c = r->n->c;
    gx_text rest, after, root = gx_text_cut(name, '.', &rest);
    gx_text member = rest.bytes ? gx_text_cut(rest, '.', &after) : (gx_text){"", 0};
    gx_map members;
    if (r->extra && gx_map_get(r->extra, root))
        return;
    if (!gx_map_get(&r->p->names, root)) {
        if (!r->is_free)
            refuse(c, r->spot, root, r->element, nearest_in(&r->p->names, root));
    } else if (member.size && members_of(r->n, r->p, root, &members) && !gx_map_get(&members, member)) {
        refuse(c, r->spot, with_root(c, root, member), r->element,
               with_root(c, root, nearest_in(&members, member)));
    }
}

static void read_feel(const reading *r, const gx_feel *feel)
{
    size_t count = 0;
    const gx_text *names = feel ? gx_feel_names(feel, &count) : NULL;
    for (size_t i = 0; i < count; i++)
        read_name(r, names[i]);
}

static void read_node(naming *n, const process_names *p, uint32_t index)
{
    const gx_bpmn_node *node = &p->definition->process->nodes[index];
    reading r = {n, p, gx_spot_of_node(p->definition, node), node->id, NULL, p->is_after_message[index]};
    for (uint32_t i = 0; i < node->event_count; i++) {
        read_feel(&r, node->events[i].timer.feel);
        read_feel(&r, node->events[i].condition);
        read_feel(&r, node->events[i].correlation.feel);
    }
    const gx_feel *const all[] = {node->collection.feel, node->cardinality,   node->role.feel,
                                  node->department.feel, node->assignee.feel, node->form.feel,
                                  node->due.feel,        node->priority.feel, node->called.feel,
                                  node->script};
    for (size_t i = 0; i < GX_COUNT_OF(all); i++)
        read_feel(&r, all[i]);
    for (uint32_t i = 0; i < node->input_count; i++) {
        r.spot = gx_spot_of_mapping(p->definition, &node->inputs[i]);
        read_feel(&r, node->inputs[i].value.feel);
    }
    r.spot = gx_spot_of_node(p->definition, node);
    gx_map early = gx_map_in(&n->c->arena);
    static const char *const counters[] = {"results",
                                           "numberOfInstances",
                                           "numberOfCompletedInstances",
                                           "numberOfActiveInstances",
                                           "numberOfTerminatedInstances",
                                           "nrOfInstances",
                                           "nrOfCompletedInstances",
                                           "nrOfActiveInstances"};
    add_all(&early, counters, GX_COUNT_OF(counters));
    r.extra = &early;
    read_feel(&r, node->completion);
    r.is_free = true; /* an output sees what the work itself brought */
    for (uint32_t i = 0; i < node->output_count; i++)
        read_feel(&r, node->outputs[i].value.feel);
}

/* A decision or a skill without inputs reads variables by the names of its own. */
static void read_decision(naming *n, const process_names *p, uint32_t index)
{
    const gx_bpmn_node *node = &p->definition->process->nodes[index];
    const gx_definition *decision = gx_packages_decision(n->c->packages, node->called.text);
    gx_dmn_item which, *items;
    if (node->kind != GX_NODE_RULE_TASK || node->called.feel || node->input_count || !decision ||
        !decision->dmn || !gx_dmn_find_main(decision->dmn, node->called.text, &which))
        return;
    reading r = {n, p, gx_spot_of_node(p->definition, node), node->id, NULL, p->is_after_message[index]};
    size_t count = gx_dmn_inputs_of(&n->c->arena, decision->dmn, which.name, &items);
    for (size_t i = 0; i < count; i++)
        read_name(&r, items[i].name);
}

static void read_process(naming *n, const process_names *p)
{
    const gx_bpmn_process *process = p->definition->process;
    for (uint32_t i = 1; i < process->node_count; i++) {
        read_node(n, p, i);
        read_decision(n, p, i);
    }
    for (uint32_t i = 0; i < process->flow_count; i++) {
        const gx_bpmn_flow *flow = &process->flows[i];
        reading r = {n,        p,    {p->definition->path, flow->line, flow->column},
                     flow->id, NULL, p->is_after_message[flow->source]};
        read_feel(&r, flow->condition);
    }
}

/* ---- Letters ---- */

static void read_words(naming *n, const process_names *all, const gx_definition *letter, const gx_json *words)
{
    if (gx_json_is(words, GX_JSON_OBJECT) || gx_json_is(words, GX_JSON_ARRAY)) {
        for (const gx_json *member = words->first; member; member = member->next)
            read_words(n, all, letter, member);
        return;
    }
    gx_text text = gx_json_text(words);
    if (!gx_text_starts_with(text, GX_TEXT("=")))
        return;
    gx_error error = {0};
    gx_feel_options options = {.place = {letter->path, words->line, words->column + 1}};
    const gx_feel *feel = gx_feel_compile(&n->c->arena, gx_text_slice(text, 1, text.size), &options, &error);
    reading r = {n, all, gx_spot_of(letter, words), letter->id, NULL, all->is_open};
    if (feel)
        read_feel(&r, feel);
    else
        gx_findings_add(n->c->findings, GX_SEVERITY_ERROR, &error);
}

/* A letter is made in any process, so it may read what any of them has. */
static void read_letters(naming *n)
{
    gx_arena *arena = &n->c->arena;
    process_names all = {.names = gx_map_in(arena),
                         .results = gx_map_in(arena),
                         .project = gx_map_in(arena),
                         .applicant = gx_map_in(arena)};
    const gx_definition *d;
    add_all(&all.names, given_names, GX_COUNT_OF(given_names));
    add_all(&all.names, letter_names, GX_COUNT_OF(letter_names));
    add_all(&all.applicant, applicant_members, GX_COUNT_OF(applicant_members));
    add_map(&all.project, &n->fields);
    for (size_t i = 0; i < n->count; i++) {
        add_map(&all.names, &n->processes[i].names);
        add_map(&all.applicant, &n->processes[i].applicant);
        const gx_bpmn_process *process = n->processes[i].definition->process;
        for (uint32_t k = 1; k < process->node_count; k++) /* what letter.make is handed beside the kind */
            for (uint32_t m = 0; gx_text_equal(process->nodes[k].skill, GX_TEXT("letter.make")) &&
                                 m < process->nodes[k].input_count;
                 m++)
                add(&all.names, process->nodes[k].inputs[m].name);
    }
    for (size_t i = 0; (d = gx_packages_next(n->c->packages, GX_DEFINITION_LETTER, &i));)
        if (d->json)
            read_words(n, &all, d, d->json);
}

/* ---- neededWhen ---- */

static void read_needed(naming *n, const gx_definition *matter)
{
    size_t count = 0;
    const gx_json *rule = gx_json_get(matter->json, "neededWhen");
    const gx_text *names = matter->needed_when ? gx_feel_names(matter->needed_when, &count) : NULL;
    for (size_t i = 0; i < count && n->fields.count; i++) {
        gx_text rest, after, root = gx_text_cut(names[i], '.', &rest);
        gx_text member = rest.bytes ? gx_text_cut(rest, '.', &after) : (gx_text){"", 0};
        if (member.size && !gx_map_get(&n->fields, member))
            refuse(n->c, gx_spot_of(matter, rule), names[i], matter->id,
                   with_root(n->c, root, nearest_in(&n->fields, member)));
    }
}

void gx_check_variables(gx_checking *c)
{
    naming n = {.c = c, .fields = gx_map_in(&c->arena)};
    gx_map ignored = gx_map_in(&c->arena);
    const gx_definition *d;
    size_t most = 0;
    for (size_t i = 0; gx_packages_next(c->packages, GX_DEFINITION_PROCESS, &i);)
        most++;
    n.processes = GX_NEW_ARRAY(&c->arena, process_names, most);
    for (size_t i = 0; (d = gx_packages_next(c->packages, GX_DEFINITION_PROCESS, &i));) {
        if (!d->process)
            continue;
        process_names *p = &n.processes[n.count++];
        *p = (process_names){.definition = d,
                             .names = gx_map_in(&c->arena),
                             .results = gx_map_in(&c->arena),
                             .project = gx_map_in(&c->arena),
                             .applicant = gx_map_in(&c->arena),
                             .is_after_message = GX_NEW_ARRAY(&c->arena, bool, d->process->node_count)};
        add_own_names(&n, p);
        find_messages(p);
    }
    member_maps maps = {&n.fields, &ignored, NULL};
    for (size_t i = 0; (d = gx_packages_next(c->packages, GX_DEFINITION_FORM, &i));)
        gx_form_each(&c->arena, d->json, add_field, &maps);
    add_properties(&n, "project", &n.fields);
    for (size_t i = 0; (d = gx_packages_next(c->packages, GX_DEFINITION_MATTER, &i));)
        if (d->json)
            add_matter(&n, d);
    follow_calls(&n);
    for (size_t i = 0; i < n.count; i++)
        if (n.processes[i].is_used && !n.processes[i].is_open)
            read_process(&n, &n.processes[i]);
    for (size_t i = 0; (d = gx_packages_next(c->packages, GX_DEFINITION_MATTER, &i));)
        read_needed(&n, d);
    read_letters(&n);
}

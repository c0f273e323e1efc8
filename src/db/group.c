/* A group is run in one of two ways.
 *
 * Quickly: without savepoints, and on PostgreSQL without waiting for the answers to what was only written. A
 * savepoint costs SQLite a copy of each page that changes and PostgreSQL a subtransaction, and nearly all
 * commands end well. One that is refused has mostly written nothing, so there is nothing to undo.
 *
 * Warily: each command in a savepoint, and its answers read before the next. That is needed when a command
 * that has written fails, or when PostgreSQL tells a failure late, when it is no longer known whose it was:
 * the whole transaction is undone and the same commands run again, warily. So do the next few groups, because
 * what happened once (two servers at one row, a client that sends the same wrong thing) mostly happens again,
 * and the work of running a group twice stays small. A command that is alone needs no savepoint: its
 * transaction is its own. */
#include "db/group.h"
#include "base/clock.h"

#include <string.h>

enum { TRIES_MOST = 40, WARY_GROUPS = 16 };

typedef enum ending { COMMITTED, UNDONE, RUN_WARILY, DISK_FAILED } ending;

static bool has_code(const gx_error *error, const char *code)
{
    return error->code && strcmp(error->code, code) == 0;
}

void gx_group_fail(gx_queued *group, const gx_error *error)
{
    for (gx_queued *c = group; c; c = c->next) {
        c->is_done = c->is_again = false;
        if (!c->error.code)
            c->error = *error;
    }
}

/* A lock that was not to be had is heard of even if the command went on as if it did not matter. */
static bool wants_again(const gx_db *db, const gx_queued *c)
{
    if (!db->backend->is_shared || !c->error.code || c->tries >= TRIES_MOST)
        return false;
    return has_code(&c->error, "db.busy") || (has_code(&c->error, "db.constraint") && c->tries == 0);
}

typedef struct execution {
    gx_group_runner *runner;
    gx_queued *command;
} execution;

static bool run_work(void *context)
{
    execution *e = context;
    return e->command->work(e->runner->db, e->runner->arena, e->command->context, &e->command->error);
}

static void run_guarded(gx_group_runner *r, gx_queued *c)
{
    c->error = (gx_error){0};
    c->is_again = false;
    r->db->part = NULL; /* one that failed may have left its own */
    c->is_done = gx_arena_guard(r->arena, run_work, &(execution){r, c}, &c->error);
    gx_arena_rewind(r->arena, r->empty);
}

/* Reads what PostgreSQL has answered meanwhile; a failure is the command's. False when there was one. */
static bool settle_command(gx_db *db, gx_queued *c)
{
    gx_error error = {0};
    if (db->backend->settle(db, &error))
        return true;
    if (c->is_done || has_code(&error, "db.busy"))
        c->error = error;
    c->is_done = false;
    return false;
}

/* ---- Warily ---- */

/* False when the whole transaction is gone: SQLite undoes it by itself when the disk is full; the connection
 * to PostgreSQL may be lost. */
static bool run_in_savepoint(gx_group_runner *r, gx_queued *c)
{
    gx_db *db = r->db;
    gx_error error = {0};
    gx_db_mark mark = gx_db_here(db);
    if (!gx_db_run(db, &error, "SAVEPOINT command", "")) {
        c->error = error;
        return db->backend->is_in_transaction(db);
    }
    run_guarded(r, c);
    settle_command(db, c);
    if (!db->backend->is_in_transaction(db))
        return false;
    if (!c->is_done) {
        c->is_again = wants_again(db, c);
        gx_db_forget(db, mark);
        if (!gx_db_run(db, &error, "ROLLBACK TO command", ""))
            return db->backend->is_in_transaction(db);
    }
    if (!gx_db_run(db, &error, "RELEASE command", "") && c->is_done) {
        c->is_done = false;
        c->error = error;
        return false;
    }
    return true;
}

static bool run_all_warily(gx_group_runner *r, gx_queued *group, gx_error *error)
{
    for (gx_queued *c = group; c; c = c->next, r->db->to_come--)
        if (!run_in_savepoint(r, c)) {
            *error = c->error.code ? c->error : *error;
            return false;
        }
    return true;
}

/* ---- Quickly ---- */

typedef struct foresight {
    gx_foreseen all[FORESEEN_MOST];
    size_t count, next;
} foresight;

/* Whether the transaction goes on as if a command that failed had not been. */
static bool is_unharmed(gx_db *db, gx_queued *c, gx_db_mark mark)
{
    bool is_settled = settle_command(db, c);
    return is_settled && db->writes == mark.writes && db->backend->is_in_transaction(db);
}

static bool is_touched(const gx_db *db, int64_t subject)
{
    for (size_t i = 0; i < db->touched_count && i < TOUCHED_MOST; i++)
        if (db->touched[i] == subject)
            return true;
    return db->touched_count > TOUCHED_MOST;
}

/* The first questions of the group's commands, asked together. */
static bool foresee(gx_db *db, const gx_queued *group, foresight *f, gx_error *error)
{
    f->count = f->next = 0;
    db->touched_count = 0;
    if (!db->backend->foresee || !group->next)
        return true;
    for (const gx_queued *c = group; c && f->count < FORESEEN_MOST; c = c->next)
        if (c->first.sql)
            f->all[f->count++] = (gx_foreseen){.question = &c->first};
    return f->count == 0 || db->backend->foresee(db, f->all, f->count, error);
}

static void forget_all(gx_db *db, foresight *f)
{
    db->foreseen = NULL;
    for (; f->next < f->count; f->next++)
        db->backend->forget_foreseen(&f->all[f->next]);
    f->count = f->next = 0;
}

/* What is known for the command, unless one before it has changed that. */
static void look_up(gx_db *db, foresight *f, const gx_queued *c)
{
    gx_foreseen *one = f->next < f->count ? &f->all[f->next] : NULL;
    db->foreseen = NULL;
    if (!one || one->question != &c->first)
        return;
    f->next++;
    if (is_touched(db, db->backend->foreseen_subject(one)))
        db->backend->forget_foreseen(one);
    else
        db->foreseen = one;
}

/* A command whose first question is not known may have changed anything. */
static void look_back(gx_db *db, foresight *f, const gx_queued *c, uint64_t writes_before)
{
    if (db->foreseen)
        db->backend->forget_foreseen(db->foreseen);
    db->foreseen = NULL;
    if (!c->first.sql && db->writes != writes_before)
        forget_all(db, f);
}

static bool run_all_quickly(gx_group_runner *r, gx_queued *group, gx_error *error)
{
    foresight f;
    gx_db *db = r->db;
    bool is_whole = foresee(db, group, &f, error);
    for (gx_queued *c = group; c && is_whole; c = c->next, db->to_come--) {
        gx_db_mark mark = gx_db_here(db);
        look_up(db, &f, c);
        run_guarded(r, c);
        look_back(db, &f, c, mark.writes);
        if (c->is_done)
            continue;
        is_whole = is_unharmed(db, c, mark);
        if (!is_whole)
            *error = c->error;
        c->is_again = is_whole && wants_again(db, c);
        if (is_whole)
            gx_db_forget(db, mark);
    }
    forget_all(db, &f);
    return is_whole &&
           db->backend->settle(db, error); /* before COMMIT, so that none is sent after a failure */
}

/* ---- The transaction ---- */

static bool commit(gx_db *db, int64_t *commit_ns, gx_error *error)
{
    int64_t begun = gx_clock_monotonic_ns();
    bool is_done =
        gx_db_flush_told(db, error) && gx_db_run(db, error, "COMMIT", "") && db->backend->settle(db, error);
    *commit_ns = gx_clock_monotonic_ns() - begun;
    return is_done;
}

/* Undoes what has failed. A group that ran quickly is to be run warily, unless the connection is lost: then
 * nobody knows whether a COMMIT that was sent was heard, and the commands are answered so. */
static ending give_up(gx_group_runner *r, gx_queued *group, bool was_quick, gx_error *error)
{
    gx_db *db = r->db;
    if (has_code(error, "db.disk"))
        return DISK_FAILED;
    db->backend->undo(db);
    gx_db_forget(db, (gx_db_mark){0});
    was_quick = was_quick && !db->backend->is_lost(db);
    if (was_quick && group->next)
        return RUN_WARILY;
    if (was_quick && error->code) { /* it is alone, so it is known whose failure it was */
        group->error = *error;
        group->is_done = false;
        group->is_again = wants_again(db, group);
        return UNDONE;
    }
    if (!error->code)
        gx_fail(error, "db.full");
    gx_group_fail(group, error);
    return UNDONE;
}

static ending run_once(gx_group_runner *r, gx_queued *group, bool is_quick, int64_t *commit_ns,
                       gx_error *error)
{
    gx_db *db = r->db;
    gx_error reason = {0};
    gx_db_forget(db, (gx_db_mark){0});
    db->memo_count = 0;
    db->is_in_group = true;
    db->to_come = 0;
    for (const gx_queued *c = group; c; c = c->next)
        db->to_come++;
    bool is_whole = gx_db_run(db, &reason, db->backend->begin_writing, "");
    if (is_whole)
        is_whole = is_quick ? run_all_quickly(r, group, &reason) : run_all_warily(r, group, &reason);
    db->is_in_group = false;
    db->memo_count = 0;
    if (is_whole && commit(db, commit_ns, &reason))
        return COMMITTED;
    ending end = give_up(r, group, is_quick, &reason);
    *error = reason;
    return end;
}

bool gx_group_run(gx_group_runner *runner, gx_queued *group, int64_t *commit_ns, gx_error *error)
{
    *commit_ns = 0;
    bool is_quick = runner->wary == 0 || !group->next;
    if (runner->wary)
        runner->wary--;
    ending end = run_once(runner, group, is_quick, commit_ns, error);
    if (end == RUN_WARILY) {
        runner->wary = WARY_GROUPS;
        end = run_once(runner, group, false, commit_ns, error);
    }
    return end != DISK_FAILED;
}

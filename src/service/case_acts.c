/* What the law knows of a case: acceptance, correction, refusal, withdrawal, decision, delivery. Each act
 * says which states it may start from, changes the record, and tells those who must know. */
#include "service/case_record.h"
#include "service/letter.h"
#include "service/notice.h"

enum {
    ACCEPTANCE_DAYS = 5,
    CORRECTION_DAYS = 10,
    TOLERATED_MOST = 2,
    COMMITMENT_CHECK_DAYS = 60,
    TOLERANCE_BAN_DAYS = 365,
    COMMITMENT_BAN_DAYS = 730
};
#define DAY_MS ((gx_instant)24 * 3600 * 1000)

/* `states` is a blank-parted list. */
static bool is_in(const gx_case *of, const char *states)
{
    gx_text rest = gx_text_of(states);
    while (rest.size) {
        gx_text state = gx_text_cut(rest, ' ', &rest);
        if (gx_text_equal(state, of->state))
            return true;
    }
    return false;
}

static bool need_state(const gx_case *of, const char *states, const char *act, gx_error *error)
{
    return is_in(of, states) || gx_fail(error, "case.state", of->state, gx_text_of(act));
}

static gx_value one_entry(gx_work *work, const char *name, gx_value value)
{
    gx_entry *entry = GX_NEW(work->arena, gx_entry);
    *entry = (gx_entry){gx_text_of(name), value};
    return gx_value_context(work->arena, entry, 1);
}

static gx_text member(gx_value context, const char *name)
{
    return gx_value_as_text(gx_context_get(context, gx_text_of(name)));
}

/* A letter and a notice that carries it. */
static bool tell_applicant(gx_work *work, gx_case *of, const char *event, const char *letter_kind,
                           gx_value extra, gx_text part, gx_error *error)
{
    int64_t letter = 0;
    if (letter_kind && !gx_letter_make(work, of, letter_kind, extra, &letter, error))
        return false;
    return gx_notify_applicant(
        work,
        &(gx_notice){
            .event = event, .of = of, .letter = letter, .parts = {part}, .part_count = 1, .rings = true},
        error);
}

/* ---- Acceptance ---- */

typedef struct tolerance {
    int64_t open, broken_tolerated, broken_commitments;
} tolerance;

static bool load_tolerance(gx_work *work, const gx_case *of, tolerance *t, gx_error *error)
{
    static const char count[] = "SELECT count(*) FROM promise WHERE enterprise = ?1 AND kind = ?2 AND state "
                                "= 'broken' AND settled_at > ?3";
    if (of->enterprise.size == 0)
        return true;
    return gx_db_get_int(work->db, error, &t->broken_tolerated, 0, count, "tti", of->enterprise,
                         GX_TEXT("tolerated"), work->now - TOLERANCE_BAN_DAYS * DAY_MS) &&
           gx_db_get_int(work->db, error, &t->broken_commitments, 0, count, "tti", of->enterprise,
                         GX_TEXT("commitment"), work->now - COMMITMENT_BAN_DAYS * DAY_MS);
}

/* D04 of the zone's rules: at most two tolerated documents, for applicants in good standing. What the
 * process's decision proposed is checked again here, because a promise binds. */
static bool check_tolerated(gx_work *work, gx_case *of, gx_value documents, const gx_json *applicant,
                            gx_error *error)
{
    tolerance t = {0};
    if (!load_tolerance(work, of, &t, error))
        return false;
    gx_text credit = gx_json_text_of(applicant, "credit");
    bool is_poor = gx_text_equal(credit, GX_TEXT("C")) || gx_text_equal(credit, GX_TEXT("D"));
    int64_t tolerated = 0;
    for (uint32_t i = 0; documents.kind == GX_LIST && i < documents.size; i++) {
        gx_text id = member(documents.items[i], "id"), state = member(documents.items[i], "state");
        const gx_json *row = gx_packages_document(work->packages, id);
        if (gx_text_equal(state, GX_TEXT("missing")))
            return gx_fail(error, "case.accept.missing", id);
        if (gx_text_equal(state, GX_TEXT("tolerated"))) {
            const char *why = !gx_json_bool_of(row, "tolerable", false) ? "case.tolerate.kind"
                              : is_poor                                 ? "case.tolerate.credit"
                              : t.broken_tolerated                      ? "case.tolerate.broken"
                              : ++tolerated > TOLERATED_MOST            ? "case.tolerate.many"
                                                                        : NULL;
            if (why)
                return gx_fail(error, why, id);
        }
        if (gx_text_equal(state, GX_TEXT("promised"))) {
            const char *why = !gx_json_bool_of(row, "commitment", false) ? "case.commitment.kind"
                              : gx_text_equal(credit, GX_TEXT("D"))      ? "case.commitment.credit"
                              : t.broken_commitments                     ? "case.commitment.broken"
                                                                         : NULL;
            if (why)
                return gx_fail(error, why, id);
        }
    }
    return true;
}

static bool book_promise(gx_work *work, gx_case *of, gx_text document, const char *kind, gx_instant due,
                         gx_instant next_at, gx_error *error)
{
    gx_journal_add(
        work, of,
        (gx_journal_event){.kind = "promise.made", .element = document, .outcome = gx_text_of(kind)});
    return gx_db_run(
        work->db, error,
        "INSERT INTO promise (bucket, id, case_id, enterprise, document, kind, due, state, next_at, made_at) "
        "VALUES (bucket_of(?1), new_id('promise', bucket_of(?1)), ?1, ?2, ?3, ?4, ?5, 'open', ?6, ?7)",
        "ittsiii", of->id, of->enterprise, document, kind, due, next_at, work->now);
}

/* Tolerated documents are all due when the longest of them is; commitments are checked within 60 days. */
static bool book_promises(gx_work *work, gx_case *of, gx_value documents, const gx_calendar *calendar,
                          gx_error *error)
{
    int64_t days = 0;
    for (uint32_t i = 0; documents.kind == GX_LIST && i < documents.size; i++)
        if (gx_text_equal(member(documents.items[i], "state"), GX_TEXT("tolerated"))) {
            int64_t own =
                gx_json_int_of(gx_packages_document(work->packages, member(documents.items[i], "id")),
                               "tolerateWorkdays", 5);
            days = own > days ? own : days;
        }
    gx_day today = gx_day_of(work->now);
    gx_instant due = gx_day_end(gx_calendar_limit_end(
        calendar, today, (gx_limit){(int32_t)(days < 1 ? 1 : days), GX_LIMIT_WORKDAY}, NULL));
    gx_instant reminder = gx_limit_shift(calendar, due, -1, 9);
    gx_instant check = gx_day_end(
        gx_calendar_limit_end(calendar, today, (gx_limit){COMMITMENT_CHECK_DAYS, GX_LIMIT_DAY}, NULL));
    for (uint32_t i = 0; documents.kind == GX_LIST && i < documents.size; i++) {
        gx_text state = member(documents.items[i], "state"), id = member(documents.items[i], "id");
        if (gx_text_equal(state, GX_TEXT("tolerated")) &&
            !book_promise(work, of, id, "tolerated", due, reminder > work->now ? reminder : work->now, error))
            return false;
        if (gx_text_equal(state, GX_TEXT("promised")) &&
            !book_promise(work, of, id, "commitment", check, gx_limit_shift(calendar, check, -1, 9), error))
            return false;
    }
    return true;
}

bool gx_case_accept(gx_work *work, gx_case *of, gx_value documents, bool by_law, gx_error *error)
{
    const gx_calendar *calendar = gx_packages_calendar(work->packages);
    gx_value variables;
    if (!need_state(of, "submitted correction", "accept", error) ||
        !gx_work_variables(work, of->id, &variables, error))
        return false;
    if (!calendar)
        return gx_fail(error, "case.calendar");
    if (gx_value_is_null(documents))
        documents = gx_context_get(variables, GX_TEXT("documents"));
    const gx_json *applicant = gx_value_to_json(work->arena, gx_context_get(variables, GX_TEXT("applicant")));
    if (!by_law && !check_tolerated(work, of, documents, applicant, error))
        return false;
    of->accepted_at = by_law ? of->submitted_at : work->now;
    of->is_accepted_by_law = by_law;
    if (!by_law && !book_promises(work, of, documents, calendar, error))
        return false;
    gx_case_set_state(work, of, "accepted", by_law ? GX_TEXT("law") : GX_TEXT(""));
    of->state = GX_TEXT("review");
    if (!gx_case_look(work, of, error))
        return false;
    char due[GX_DAY_SIZE];
    gx_text day = of->due_promised ? gx_copy(work->arena, gx_day_write(gx_day_of(of->due_promised - 1), due))
                                   : GX_TEXT("—");
    if (by_law && of->owner.size &&
        !gx_notify_role(work, of->owner, "head", &(gx_notice){.event = "accepted_by_law", .of = of}, error))
        return false;
    return tell_applicant(work, of, by_law ? "accepted_by_law" : "accepted", "acceptance",
                          one_entry(work, "byLaw", gx_value_boolean(by_law)), day, error);
}

/* ---- Correction ---- */

static gx_value mark_missing(gx_work *work, gx_value missing)
{
    gx_list_builder list = gx_list_begin(work->arena, missing.size);
    for (uint32_t i = 0; i < missing.size; i++) {
        gx_context_builder document = gx_context_begin(work->arena, 3);
        gx_context_set(&document, GX_TEXT("id"), gx_context_get(missing.items[i], GX_TEXT("id")));
        gx_context_set(&document, GX_TEXT("state"), gx_value_text(GX_TEXT("missing")));
        gx_context_set(&document, GX_TEXT("remark"), gx_context_get(missing.items[i], GX_TEXT("reason")));
        gx_list_add(&list, gx_context_end(&document));
    }
    return gx_list_end(&list);
}

bool gx_case_correct(gx_work *work, gx_case *of, gx_value missing, gx_text reason, gx_error *error)
{
    const gx_calendar *calendar = gx_packages_calendar(work->packages);
    if (!need_state(of, "submitted", "correct", error))
        return false;
    if (of->corrections > 0)
        return gx_fail(error, "case.correct.once");
    if (!calendar)
        return gx_fail(error, "case.calendar");
    gx_day last = gx_calendar_limit_end(calendar, gx_day_of(of->submitted_at),
                                        (gx_limit){ACCEPTANCE_DAYS, GX_LIMIT_WORKDAY}, NULL);
    if (work->now > gx_day_end(last))
        return gx_fail(error, "case.correct.late");
    if (missing.kind != GX_LIST || missing.size == 0)
        return gx_fail(error, "case.correct.empty");
    of->corrections++;
    gx_case_set_state(work, of, "correction", reason);
    gx_buffer names = gx_buffer_in(work->arena);
    for (uint32_t i = 0; i < missing.size; i++)
        gx_buffer_format(&names, "%s%.*s", i ? ", " : "", GX_PRINT(member(missing.items[i], "id")));
    return gx_case_documents(work, of, mark_missing(work, missing), error) &&
           gx_case_stop(work, of, GX_TEXT("补齐补正"), gx_buffer_as_text(&names), CORRECTION_DAYS, error) &&
           tell_applicant(work, of, "correction", "correction", one_entry(work, "missing", missing),
                          gx_buffer_as_text(&names), error);
}

bool gx_case_corrected(gx_work *work, gx_case *of, gx_error *error)
{
    if (!need_state(of, "correction", "corrected", error) ||
        !gx_case_resume(work, of, GX_TEXT("补齐补正"), error))
        return false;
    gx_case_set_state(work, of, "submitted", GX_TEXT(""));
    return of->owner.size == 0 ||
           gx_notify_role(work, of->owner, "window", &(gx_notice){.event = "corrected", .of = of}, error);
}

/* ---- Decisions ---- */

static bool end_stops(gx_work *work, gx_case *of, gx_error *error)
{
    return gx_db_run(work->db, error,
                     "UPDATE stop SET ended_at = ?2, next_at = NULL WHERE bucket = bucket_of(?1) AND case_id "
                     "= ?1 AND ended_at IS NULL",
                     "ii", of->id, work->now);
}

static gx_text joined(gx_work *work, gx_value reasons)
{
    gx_buffer all = gx_buffer_in(work->arena);
    if (reasons.kind == GX_STRING)
        return gx_value_as_text(reasons);
    for (uint32_t i = 0; reasons.kind == GX_LIST && i < reasons.size; i++)
        gx_buffer_format(&all, "%s%.*s", i ? "; " : "", GX_PRINT(gx_value_as_text(reasons.items[i])));
    return gx_buffer_as_text(&all);
}

bool gx_case_refuse(gx_work *work, gx_case *of, gx_value reasons, gx_error *error)
{
    gx_text why = joined(work, reasons);
    bool is_before = of->accepted_at == 0;
    if (!need_state(of, is_before ? "submitted correction" : "review stopped", "refuse", error))
        return false;
    if (gx_text_trim(why).size == 0)
        return gx_fail(error, "case.reasons");
    of->decided_at = work->now;
    gx_case_set_state(work, of, is_before ? "not_accepted" : "refused", why);
    const char *letter = is_before ? "non-acceptance" : "refusal";
    return end_stops(work, of, error) &&
           tell_applicant(work, of, is_before ? "not_accepted" : "refused", letter,
                          one_entry(work, "reasons", reasons), why, error);
}

bool gx_case_withdraw(gx_work *work, gx_case *of, gx_text reason, gx_error *error)
{
    if (!is_in(of, "submitted correction review stopped"))
        return gx_fail(error, "case.withdraw.late");
    of->closed_at = work->now;
    gx_case_set_state(work, of, "withdrawn", reason);
    return end_stops(work, of, error) &&
           tell_applicant(work, of, "withdrawn", NULL, gx_value_null(), reason, error);
}

bool gx_case_grant(gx_work *work, gx_case *of, gx_error *error)
{
    int64_t open = 0;
    char figure[24];
    if (is_in(of, "granted")) /* issuing the permits has granted it */
        return true;
    if (!need_state(of, "review", "grant", error) || !gx_promise_open(work->db, of->id, &open, error))
        return false;
    if (open > 0)
        return gx_fail(error, "case.tolerated.open", gx_error_int(figure, open));
    of->decided_at = work->now;
    gx_case_set_state(work, of, "granted", GX_TEXT(""));
    return tell_applicant(work, of, "granted", "grant", gx_value_null(), GX_TEXT(""), error);
}

bool gx_case_deliver(gx_work *work, gx_case *of, gx_error *error)
{
    if (!need_state(of, "granted refused", "deliver", error))
        return false;
    gx_case_set_state(work, of, "delivered", GX_TEXT(""));
    return tell_applicant(work, of, "delivered", "delivery", gx_value_null(), GX_TEXT(""), error);
}

bool gx_case_close(gx_work *work, gx_case *of, gx_error *error)
{
    (void)error;
    if (gx_text_equal(of->state, GX_TEXT("closed")))
        return true;
    of->closed_at = work->now;
    if (is_in(of, "withdrawn not_accepted ended refused")) { /* those states say more than "closed" */
        gx_case_changed(of);
        return true;
    }
    gx_case_set_state(work, of, "closed", GX_TEXT(""));
    return true;
}

bool gx_case_end(gx_work *work, gx_case *of, gx_text reason, gx_error *error)
{
    if (!need_state(of, "submitted correction review stopped", "end", error))
        return false;
    of->closed_at = work->now;
    gx_case_set_state(work, of, "ended", reason);
    return end_stops(work, of, error) &&
           tell_applicant(work, of, "ended", "termination", one_entry(work, "reasons", gx_value_text(reason)),
                          reason, error);
}

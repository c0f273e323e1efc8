/* service/identity.h: who is asking, and what they may do.
 * Rights are data: roles.json says for each role which actions it may do and how far: "own-company",
 * "department", "assigned" or "all". gx_may is the one place that answers; lists use the same rule as an SQL
 * condition. What is not allowed is refused. */
#ifndef GX_SERVICE_IDENTITY_H
#define GX_SERVICE_IDENTITY_H

#include "http/http.h"
#include "service/zone.h"

enum { GX_PERSON_ROLES = 8, GX_PERSON_ENTERPRISES = 16, GX_PERSON_PRINCIPALS = 8 };

struct gx_person {
    int64_t account;
    gx_text login, name, staff, department, locale;
    gx_text roles[GX_PERSON_ROLES];
    size_t role_count;
    gx_text enterprises[GX_PERSON_ENTERPRISES];
    size_t enterprise_count;
    struct gx_person *principals; /* for whom this one stands in now: service/deputy.h */
    size_t principal_count;
};

typedef enum gx_reach {
    GX_REACH_NONE,
    GX_REACH_ASSIGNED,
    GX_REACH_OWN,
    GX_REACH_DEPARTMENT,
    GX_REACH_ALL
} gx_reach;

/* What a right is asked about; empty fields are not known or do not apply. */
typedef struct gx_subject {
    gx_text enterprise;         /* whose case or draft it is */
    const gx_text *departments; /* that take part */
    size_t department_count;
    gx_text assignee; /* login of who has the task */
} gx_subject;

/* How far the person may do the action; the widest of its roles. A NULL person reaches nothing. */
gx_reach gx_may_reach(const gx_packages *packages, const gx_person *person, const char *action);
bool gx_may(const gx_packages *packages, const gx_person *person, const char *action,
            const gx_subject *subject);
bool gx_person_has_role(const gx_person *person, const char *role);
bool gx_person_has_enterprise(const gx_person *person, gx_text enterprise);

/* Sign-in. `slow`: hashing takes 60 ms on purpose, at most four at once; call it from a SLOW route. On true
 * the session is stored; `token` is the cookie's value (hex) and `csrf` the header's. Failures:
 * "identity.password" (also for unknown names), "identity.slow_down" (service/throttle.h). */
typedef struct gx_session {
    char token[65], csrf[33];
    gx_instant expires;
    gx_person person;
} gx_session;
bool gx_sign_in(gx_zone *zone, gx_arena *arena, gx_text login, gx_text password, gx_text address,
                gx_session *session, gx_error *error);
bool gx_sign_out(gx_zone *zone, gx_text token, gx_error *error);
/* The person of a session that is alive; *person NULL when there is none. False only when the store fails. */
bool gx_session_find(gx_zone *zone, gx_arena *arena, gx_text token, gx_person **person, gx_text *csrf,
                     gx_error *error);
bool gx_password_change(gx_zone *zone, gx_arena *arena, const gx_person *person, gx_text before,
                        gx_text after, gx_error *error);

/* The enabled account of that login or staff id, without principals. *found says whether there is one. */
bool gx_person_find(gx_db *db, gx_arena *arena, gx_text login, gx_person *person, bool *found,
                    gx_error *error);

/* Makes the account or replaces its person, roles and (if not empty) password. For set-up and administration.
 */
typedef struct gx_account {
    gx_text login, password, name, staff, department;
    const gx_json *roles, *enterprises; /* arrays of texts */
    bool is_sample;
} gx_account;
bool gx_account_put(gx_zone *zone, const gx_account *account, gx_error *error);
bool gx_account_count(gx_zone *zone, int64_t *count, gx_error *error);

/* A key for a program that acts as the account: 64 hex digits, shown once and kept as its hash. *key in
 * `arena`. */
bool gx_key_create(gx_db *db, gx_arena *arena, const gx_person *maker, gx_text login, gx_text note,
                   gx_instant now, gx_text *id, gx_text *key, gx_error *error);
/* By its id; no error when it is gone already. */
bool gx_key_revoke(gx_db *db, gx_text id, gx_error *error);

/* The hooks of the server. */
bool gx_identity_authenticate(gx_request *request, gx_error *error);
bool gx_identity_authorise(gx_request *request, gx_error *error);

#endif

#include "service/identity.h"
#include "service/audit.h"
#include "service/deputy.h"
#include "base/clock.h"
#include "base/limits.h"

#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    IDLE_MS = 30 * 60 * 1000,
    ABSOLUTE_MS = 12 * 3600 * 1000,
    STAFF_MS = 8 * 3600 * 1000,
    SEEN_EVERY_MS = 60 * 1000,
    SESSIONS_MOST = 5,
    HASHES_AT_ONCE = 4,
    HASHES_WAITING = 32,
    HASH_MIB = 64,
    HASH_PASSES = 3,
};

/* ---- Rights ---- */

static gx_reach reach_of(gx_text word)
{
    static const struct {
        const char *word;
        gx_reach reach;
    } words[] = {{"assigned", GX_REACH_ASSIGNED},
                 {"own-company", GX_REACH_OWN},
                 {"department", GX_REACH_DEPARTMENT},
                 {"all", GX_REACH_ALL}};
    for (size_t i = 0; i < GX_COUNT_OF(words); i++)
        if (gx_text_equal(word, gx_text_of(words[i].word)))
            return words[i].reach;
    return GX_REACH_NONE;
}

/* roles.json: {"roles": {"reviewer": {"title": ..., "may": {"task.read": "department", ...}}}} or a list of
 * {"role", "may": [{"action", "scope"}]}. */
static gx_reach reach_in_role(const gx_json *role, gx_text action)
{
    const gx_json *may = gx_json_get(role, "may");
    gx_reach widest = GX_REACH_NONE;
    if (gx_json_is(may, GX_JSON_OBJECT))
        return reach_of(gx_json_text(gx_json_get_text_name(may, action)));
    for (const gx_json *row = may ? may->first : NULL; row; row = row->next) {
        gx_reach reach = gx_text_equal(gx_json_text_of(row, "action"), action)
                             ? reach_of(gx_json_text_of(row, "scope"))
                             : GX_REACH_NONE;
        if (reach > widest)
            widest = reach;
    }
    return widest;
}

static gx_reach reach_of_role(const gx_packages *packages, gx_text role, gx_text action)
{
    gx_reach widest = GX_REACH_NONE;
    const gx_definition *d;
    for (size_t i = 0; (d = gx_packages_next(packages, GX_DEFINITION_ROLES, &i));) {
        const gx_json *roles = gx_json_is(d->json, GX_JSON_ARRAY) ? d->json : gx_json_get(d->json, "roles");
        for (const gx_json *row = roles ? roles->first : NULL; row; row = row->next) {
            gx_text name = gx_json_is(roles, GX_JSON_OBJECT) ? row->name : gx_json_text_of(row, "role");
            gx_reach reach = gx_text_equal(name, role) ? reach_in_role(row, action) : GX_REACH_NONE;
            if (reach > widest)
                widest = reach;
        }
    }
    return widest;
}

gx_reach gx_may_reach(const gx_packages *packages, const gx_person *person, const char *action)
{
    gx_reach widest = GX_REACH_NONE;
    for (size_t i = 0; person && i < person->role_count; i++) {
        gx_reach reach = reach_of_role(packages, person->roles[i], gx_text_of(action));
        if (reach > widest)
            widest = reach;
    }
    return widest;
}

bool gx_person_has_role(const gx_person *person, const char *role)
{
    for (size_t i = 0; person && i < person->role_count; i++)
        if (gx_text_equal(person->roles[i], gx_text_of(role)))
            return true;
    return false;
}

bool gx_person_has_enterprise(const gx_person *person, gx_text enterprise)
{
    for (size_t i = 0; person && enterprise.size && i < person->enterprise_count; i++)
        if (gx_text_equal(person->enterprises[i], enterprise))
            return true;
    return false;
}

/* Each role is asked by itself, because reaches are not simply wider or narrower: a reviewer who also works
 * for a company sees both. */
bool gx_may(const gx_packages *packages, const gx_person *person, const char *action,
            const gx_subject *subject)
{
    for (size_t i = 0; person && i < person->role_count; i++) {
        switch (reach_of_role(packages, person->roles[i], gx_text_of(action))) {
        case GX_REACH_ALL: return true;
        case GX_REACH_DEPARTMENT:
            for (size_t d = 0; d < subject->department_count; d++)
                if (person->department.size && gx_text_equal(person->department, subject->departments[d]))
                    return true;
            break;
        case GX_REACH_OWN:
            if (gx_person_has_enterprise(person, subject->enterprise))
                return true;
            break;
        case GX_REACH_ASSIGNED:
            if (subject->assignee.size && gx_text_equal(subject->assignee, person->login))
                return true;
            break;
        case GX_REACH_NONE: break;
        }
    }
    return false;
}

/* ---- Passwords ---- */

static pthread_mutex_t hash_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t hash_free = PTHREAD_COND_INITIALIZER;
static unsigned hashes_running, hashes_waiting;

static bool enter_hashing(gx_error *error)
{
    pthread_mutex_lock(&hash_mutex);
    bool may_wait = hashes_waiting < HASHES_WAITING;
    if (may_wait) {
        hashes_waiting++;
        while (hashes_running == HASHES_AT_ONCE)
            pthread_cond_wait(&hash_free, &hash_mutex);
        hashes_waiting--;
        hashes_running++;
    }
    pthread_mutex_unlock(&hash_mutex);
    return may_wait || gx_fail(error, "identity.slow_down");
}

static void leave_hashing(void)
{
    pthread_mutex_lock(&hash_mutex);
    hashes_running--;
    pthread_cond_signal(&hash_free);
    pthread_mutex_unlock(&hash_mutex);
}

static bool hash_password(gx_text password, char hash[crypto_pwhash_STRBYTES], gx_error *error)
{
    if (!enter_hashing(error))
        return false;
    bool is_hashed = crypto_pwhash_str_alg(hash, password.bytes, password.size, HASH_PASSES,
                                           (size_t)HASH_MIB * 1024 * 1024, crypto_pwhash_ALG_ARGON2ID13) == 0;
    leave_hashing();
    return is_hashed || gx_fail(error, "base.memory", GX_TEXT("0"));
}

/* An unknown name costs the same as a wrong password. */
static bool check_password(gx_text password, const char *hash, bool *is_right, gx_error *error)
{
    static const char nobody[] =
        "$argon2id$v=19$m=65536,t=3,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    char stored[crypto_pwhash_STRBYTES] = ""; /* the library reads its whole size */
    snprintf(stored, sizeof stored, "%s", hash ? hash : nobody);
    if (!enter_hashing(error))
        return false;
    bool matches = crypto_pwhash_str_verify(stored, password.bytes, password.size) == 0;
    leave_hashing();
    *is_right = matches && hash;
    return true;
}

static bool check_password_rules(gx_text password, gx_error *error)
{
    size_t length = gx_utf8_count(password);
    char least[24], most[24];
    if (length < GX_LIMIT_PASSWORD_LEAST || length > GX_LIMIT_PASSWORD_MOST)
        return gx_fail(error, "identity.password.length", gx_error_int(least, GX_LIMIT_PASSWORD_LEAST),
                       gx_error_int(most, GX_LIMIT_PASSWORD_MOST));
    bool all_same = true;
    for (size_t i = 1; i < password.size; i++)
        all_same &= password.bytes[i] == password.bytes[0];
    static const char *const common[] = {"1234567890",  "password123", "qwertyuiop", "0123456789",
                                         "passw0rd123", "admin12345",  "1q2w3e4r5t", "iloveyou123",
                                         "abcdefghij",  "woaini1314"};
    for (size_t i = 0; i < GX_COUNT_OF(common); i++)
        all_same |= gx_text_equal(password, gx_text_of(common[i]));
    return !all_same || gx_fail(error, "identity.password.common");
}

/* ---- Accounts ---- */

typedef struct putting {
    const gx_account *account;
    const char *hash; /* NULL: keep the password */
} putting;

static bool put_account(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    const putting *p = context;
    const gx_account *a = p->account;
    gx_text roles = gx_json_to_text(arena, a->roles ? a->roles : gx_json_array(arena));
    gx_text enterprises = gx_json_to_text(arena, a->enterprises ? a->enterprises : gx_json_array(arena));
    return gx_db_run(db, error,
                     "INSERT INTO account (login, password, name, staff, department, roles, enterprises, "
                     "is_sample) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (login) DO "
                     "UPDATE SET password = CASE WHEN excluded.password = '' THEN account.password ELSE "
                     "excluded.password END, name = excluded.name, staff = excluded.staff, "
                     "department = excluded.department, roles = excluded.roles, enterprises = "
                     "excluded.enterprises, is_sample = excluded.is_sample",
                     "tsttttti", a->login, p->hash ? p->hash : "", a->name,
                     a->staff.bytes ? a->staff : (gx_text){"", 0},
                     a->department.bytes ? a->department : (gx_text){"", 0}, roles, enterprises,
                     (int64_t)a->is_sample) &&
           gx_audit(db, arena, NULL, "account.put", a->login, "done", roles, error);
}

bool gx_account_put(gx_zone *zone, const gx_account *account, gx_error *error)
{
    char hash[crypto_pwhash_STRBYTES];
    putting p = {account, NULL};
    if (sodium_init() < 0)
        return gx_fail(error, "base.memory", GX_TEXT("0"));
    if (account->password.size) {
        if (!check_password_rules(account->password, error) || !hash_password(account->password, hash, error))
            return false;
        p.hash = hash;
    }
    return gx_store_write(gx_zone_store(zone), put_account, &p, error);
}

static bool count_accounts(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    (void)arena;
    return gx_db_get_int(db, error, context, 0, "SELECT count(*) FROM account", "");
}

bool gx_account_count(gx_zone *zone, int64_t *count, gx_error *error)
{
    return gx_store_read(gx_zone_store(zone), count_accounts, count, error);
}

static void fill_person(gx_arena *arena, gx_statement *row, int first, gx_person *person)
{
    person->account = gx_column_int(row, first);
    person->login = gx_column_copy(arena, row, first + 1);
    person->name = gx_column_copy(arena, row, first + 2);
    person->staff = gx_column_copy(arena, row, first + 3);
    person->department = gx_column_copy(arena, row, first + 4);
    const gx_json *roles = gx_json_parse(arena, gx_column_text(row, first + 5), (gx_text){"", 0}, NULL);
    const gx_json *enterprises = gx_json_parse(arena, gx_column_text(row, first + 6), (gx_text){"", 0}, NULL);
    for (const gx_json *role = roles ? roles->first : NULL; role && person->role_count < GX_PERSON_ROLES;
         role = role->next)
        person->roles[person->role_count++] = gx_json_text(role);
    for (const gx_json *id = enterprises ? enterprises->first : NULL;
         id && person->enterprise_count < GX_PERSON_ENTERPRISES; id = id->next)
        person->enterprises[person->enterprise_count++] = gx_json_text(id);
}

#define PERSON_COLUMNS "a.id, a.login, a.name, a.staff, a.department, a.roles, a.enterprises"

bool gx_person_find(gx_db *db, gx_arena *arena, gx_text login, gx_person *person, bool *found,
                    gx_error *error)
{
    gx_statement *row =
        gx_db_prepare(db, "SELECT " PERSON_COLUMNS
                          " FROM account a WHERE (a.login = ?1 OR (a.staff = ?1 AND a.staff <> '')) "
                          "AND a.is_disabled = 0 AND ?1 <> '' ORDER BY a.id LIMIT 1");
    gx_bind_text(row, 1, login);
    gx_step step = gx_db_step(row, error);
    *found = step == GX_STEP_ROW;
    *person = (gx_person){0};
    if (*found) {
        fill_person(arena, row, 0, person);
        gx_db_reset(row);
    }
    return step != GX_STEP_FAILED;
}

/* ---- Signing in ---- */

typedef struct signing {
    gx_arena *arena;
    gx_text login, address, token_hash;
    gx_session *session;
    gx_text hash; /* of the account, empty: unknown */
    bool is_disabled;
    gx_instant now;
} signing;

static bool find_account(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    signing *s = context;
    (void)arena;
    gx_statement *row = gx_db_prepare(db, "SELECT " PERSON_COLUMNS
                                          ", a.password, a.is_disabled FROM account a WHERE a.login = ?1");
    gx_bind(row, "t", s->login);
    gx_step step = gx_db_step(row, error);
    if (step == GX_STEP_ROW) {
        fill_person(s->arena, row, 0, &s->session->person);
        s->hash = gx_column_copy(s->arena, row, 7);
        s->is_disabled = gx_column_int(row, 8) != 0;
        gx_db_reset(row);
    }
    return step != GX_STEP_FAILED;
}

static bool note_failure(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    signing *s = context;
    return gx_db_run(db, error, "UPDATE account SET failed = failed + 1, failed_at = ?2 WHERE login = ?1",
                     "ti", s->login, s->now) &&
           gx_audit(db, arena, NULL, "session.create", s->login, "refused", s->address, error);
}

static bool store_session(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    signing *s = context;
    return gx_db_run(db, error, "UPDATE account SET failed = 0 WHERE login = ?1", "t", s->login) &&
           gx_db_run(db, error, "DELETE FROM session WHERE expires_at < ?1", "i", s->now) &&
           gx_db_run(db, error,
                     "DELETE FROM session WHERE account = ?1 AND token NOT IN (SELECT token FROM session "
                     "WHERE account = ?1 ORDER BY created_at DESC LIMIT ?2)",
                     "ii", s->session->person.account, (int64_t)(SESSIONS_MOST - 1)) &&
           gx_db_run(db, error,
                     "INSERT INTO session (token, csrf, account, created_at, seen_at, expires_at, address) "
                     "VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6)",
                     "tsiiit", s->token_hash, s->session->csrf, s->session->person.account, s->now,
                     s->session->expires, s->address) &&
           gx_audit(db, arena, &s->session->person, "session.create", s->login, "done", s->address, error);
}

static gx_text hash_token(gx_arena *arena, gx_text token)
{
    uint8_t digest[GX_DIGEST_SIZE];
    char *hex = gx_alloc(arena, GX_DIGEST_HEX_SIZE);
    gx_sha256(token, digest);
    return gx_hex(digest, sizeof digest, hex);
}

bool gx_sign_in(gx_zone *zone, gx_arena *arena, gx_text login, gx_text password, gx_text address,
                gx_session *session, gx_error *error)
{
    signing s = {
        .arena = arena, .login = login, .address = address, .session = session, .now = gx_clock_now()};
    *session = (gx_session){0};
    if (sodium_init() < 0 || login.size == 0 || login.size > 60 || password.size > 4 * GX_LIMIT_PASSWORD_MOST)
        return gx_fail(error, "identity.password");
    if (!gx_store_read(gx_zone_store(zone), find_account, &s, error))
        return false;
    gx_throttle *throttle = gx_zone_throttle(zone);
    if (!gx_throttle_take(throttle, login, address, s.now))
        return gx_fail(error, "identity.slow_down");
    bool is_right = false;
    if (!check_password(password, s.hash.size ? s.hash.bytes : NULL, &is_right, error)) {
        gx_throttle_forgive(throttle, login, address); /* nothing was compared */
        return false;
    }
    if (!is_right || s.is_disabled) {
        gx_store_write(gx_zone_store(zone), note_failure, &s, NULL);
        return gx_fail(error, "identity.password");
    }
    gx_throttle_forgive(throttle, login, address);
    uint8_t random[48];
    gx_random_bytes(random, sizeof random);
    gx_hex(random, 32, session->token);
    gx_hex(random + 32, 16, session->csrf);
    session->expires = s.now + (session->person.department.size ? STAFF_MS : ABSOLUTE_MS);
    s.token_hash = hash_token(arena, gx_text_of(session->token));
    return gx_store_write(gx_zone_store(zone), store_session, &s, error);
}

static bool delete_session(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    (void)arena;
    return gx_db_run(db, error, "DELETE FROM session WHERE token = ?1", "t", *(gx_text *)context);
}

bool gx_sign_out(gx_zone *zone, gx_text token, gx_error *error)
{
    gx_arena arena = gx_arena_of(GX_MIB);
    gx_text hash = hash_token(&arena, token);
    bool is_done = gx_store_write(gx_zone_store(zone), delete_session, &hash, error);
    gx_arena_release(&arena);
    return is_done;
}

typedef struct finding_session {
    gx_arena *arena;
    gx_text token_hash, csrf;
    gx_person *person;
    int64_t seen_at, expires_at;
} finding_session;

static bool find_session(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    finding_session *f = context;
    (void)arena;
    gx_statement *row =
        gx_db_prepare(db, "SELECT " PERSON_COLUMNS ", s.csrf, s.seen_at, s.expires_at, EXISTS (SELECT 1 FROM "
                          "deputy d WHERE d.deputy = a.login AND d.ends_at > ?2 AND "
                          "d.begins_at <= ?2) FROM session s JOIN account a ON a.id = "
                          "s.account WHERE s.token = ?1 AND a.is_disabled = 0");
    gx_instant now = gx_clock_now();
    gx_bind(row, "ti", f->token_hash, now);
    gx_step step = gx_db_step(row, error);
    if (step == GX_STEP_ROW) {
        f->person = GX_NEW(f->arena, gx_person);
        fill_person(f->arena, row, 0, f->person);
        f->csrf = gx_column_copy(f->arena, row, 7);
        f->seen_at = gx_column_int(row, 8);
        f->expires_at = gx_column_int(row, 9);
        bool is_deputy = gx_column_int(row, 10) != 0;
        gx_db_reset(row);
        return !is_deputy || gx_deputy_load(db, f->arena, f->person, now, error);
    }
    return step != GX_STEP_FAILED;
}

typedef struct seeing {
    char token_hash[GX_DIGEST_HEX_SIZE];
    gx_instant now;
} seeing;

static bool note_seen(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    const seeing *s = context;
    (void)arena;
    return gx_db_run(db, error, "UPDATE session SET seen_at = ?2 WHERE token = ?1 AND seen_at < ?2", "si",
                     s->token_hash, s->now);
}

static void forget_seen(void *context, bool is_done, const gx_error *error)
{
    (void)is_done, (void)error;
    free(context);
}

bool gx_session_find(gx_zone *zone, gx_arena *arena, gx_text token, gx_person **person, gx_text *csrf,
                     gx_error *error)
{
    finding_session f = {.arena = arena};
    gx_instant now = gx_clock_now();
    *person = NULL;
    if (token.size != 64)
        return true;
    f.token_hash = hash_token(arena, token);
    if (!gx_store_read(gx_zone_store(zone), find_session, &f, error))
        return false;
    if (!f.person || now >= f.expires_at || now >= f.seen_at + IDLE_MS)
        return true;
    if (now >= f.seen_at + SEEN_EVERY_MS) {
        seeing *s = malloc(sizeof *s);
        if (s) {
            memcpy(s->token_hash, f.token_hash.bytes, GX_DIGEST_HEX_SIZE);
            s->now = now;
            gx_store_submit(gx_zone_store(zone), note_seen, forget_seen, s);
        }
    }
    *person = f.person;
    *csrf = f.csrf;
    return true;
}

typedef struct changing {
    const gx_person *person;
    const char *hash;
} changing;

static bool change_password(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    const changing *c = context;
    return gx_db_run(db, error, "UPDATE account SET password = ?2 WHERE id = ?1", "is", c->person->account,
                     c->hash) &&
           gx_db_run(db, error, "DELETE FROM session WHERE account = ?1", "i", c->person->account) &&
           gx_audit(db, arena, c->person, "password.change", c->person->login, "done", (gx_text){"", 0},
                    error);
}

bool gx_password_change(gx_zone *zone, gx_arena *arena, const gx_person *person, gx_text before,
                        gx_text after, gx_error *error)
{
    gx_session ignored = {0};
    signing s = {.arena = arena, .login = person->login, .session = &ignored, .now = gx_clock_now()};
    char hash[crypto_pwhash_STRBYTES];
    if (!check_password_rules(after, error) || !gx_store_read(gx_zone_store(zone), find_account, &s, error))
        return false;
    /* A session somebody left open is no place to guess from either. */
    gx_throttle *throttle = gx_zone_throttle(zone);
    gx_text place = GX_TEXT("password.change");
    bool is_right = false;
    if (!gx_throttle_take(throttle, person->login, place, s.now))
        return gx_fail(error, "identity.slow_down");
    if (!check_password(before, s.hash.bytes, &is_right, error))
        return false;
    if (!is_right)
        return gx_fail(error, "identity.password");
    gx_throttle_forgive(throttle, person->login, place);
    return hash_password(after, hash, error) &&
           gx_store_write(gx_zone_store(zone), change_password, &(changing){person, hash}, error);
}

/* ---- Hooks ---- */

bool gx_key_create(gx_db *db, gx_arena *arena, const gx_person *maker, gx_text login, gx_text note,
                   gx_instant now, gx_text *id, gx_text *key, gx_error *error)
{
    gx_person person;
    bool is_found;
    uint8_t random[40];
    char *hex = gx_alloc(arena, sizeof random * 2 + 1);
    if (!gx_person_find(db, arena, login, &person, &is_found, error))
        return false;
    if (!is_found)
        return gx_fail(error, "identity.key.account", login);
    gx_random_bytes(random, sizeof random);
    gx_hex(random, sizeof random, hex);
    *key = (gx_text){hex, 64};
    *id = (gx_text){hex + 64, 16};
    return gx_db_run(db, error,
                     "INSERT INTO api_key (hash, id, account, note, made_by, made_at) VALUES (?1, ?2, ?3, "
                     "?4, ?5, ?6)",
                     "ttitti", hash_token(arena, *key), *id, person.account, note, maker->login, now) &&
           gx_audit(db, arena, maker, "key.create", person.login, "done", *id, error);
}

bool gx_key_revoke(gx_db *db, gx_text id, gx_error *error)
{
    return gx_db_run(db, error, "DELETE FROM api_key WHERE id = ?1", "t", id);
}

typedef struct finding_key {
    gx_arena *arena;
    gx_text hash;
    gx_person *person;
} finding_key;

static bool find_key(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    finding_key *f = context;
    (void)arena;
    gx_statement *row =
        gx_db_prepare(db, "SELECT " PERSON_COLUMNS " FROM api_key k JOIN account a ON a.id = k.account "
                          "WHERE k.hash = ?1 AND a.is_disabled = 0");
    gx_bind_text(row, 1, f->hash);
    gx_step step = gx_db_step(row, error);
    if (step == GX_STEP_ROW) {
        f->person = GX_NEW(f->arena, gx_person);
        fill_person(f->arena, row, 0, f->person);
        gx_db_reset(row);
    }
    return step != GX_STEP_FAILED;
}

/* The key in "Bearer KEY", or in "Basic" as the password behind any name. Empty: there is none. */
static gx_text key_of(gx_request *request)
{
    gx_text header = gx_request_header(request, "Authorization"), key = {"", 0};
    if (gx_text_starts_with(header, GX_TEXT("Bearer ")))
        key = gx_text_slice(header, 7, header.size);
    if (gx_text_starts_with(header, GX_TEXT("Basic ")) && header.size < 400) {
        size_t size = 0;
        unsigned char *plain = gx_alloc(request->arena, header.size);
        if (sodium_base642bin(plain, header.size, header.bytes + 6, header.size - 6, NULL, &size, NULL,
                              sodium_base64_VARIANT_ORIGINAL) == 0)
            gx_text_cut((gx_text){(const char *)plain, size}, ':', &key);
    }
    return key.size == 64 ? key : (gx_text){"", 0};
}

bool gx_identity_authenticate(gx_request *request, gx_error *error)
{
    gx_text token = gx_request_cookie(request, "__Host-gx"), key = key_of(request);
    if (!token.bytes && key.size) { /* a program: it has no cookie, so nobody can make it act unawares */
        finding_key f = {.arena = request->arena, .hash = hash_token(request->arena, key)};
        if (!gx_store_read(gx_zone_store(request->host), find_key, &f, error))
            return false;
        request->person = f.person;
        request->is_program = f.person != NULL;
        request->actor = f.person ? f.person->login : request->actor;
        return true;
    }
    if (!token.bytes)
        return true;
    if (!gx_session_find(request->host, request->arena, token, &request->person, &request->session_token,
                         error))
        return false;
    if (request->person)
        request->actor = request->person->login;
    return true;
}

bool gx_identity_authorise(gx_request *request, gx_error *error)
{
    const char *action = request->route->right;
    if (gx_may_reach(gx_zone_packages(request->host), request->person, action) != GX_REACH_NONE)
        return true;
    gx_audit_refused(request->host, request->person, action, request->path, (gx_text){"", 0});
    return gx_fail(error, "identity.right", gx_text_of(action));
}

#include "service/permit.h"
#include "service/audit.h"
#include "service/case_record.h"
#include "base/clock.h"
#include "service/notice.h"

#include <stdio.h>
#include <string.h>

#define COLUMNS                                                                                              \
    "number, code, kind, enterprise, holder, project, state, canonical, digest, ed25519, sm2, revoked_by, "  \
    "revoked_why, case_id, issued_at, valid_to, revoked_at"

#define MARK "%GXPERMIT "

/* ---- Numbers ---- */

/* "SAMPLE-JZ-{year}-{sequence:4}" */
static gx_text number_of(gx_arena *arena, gx_text pattern, int year, int64_t sequence)
{
    gx_buffer number = gx_buffer_in(arena);
    for (size_t i = 0; i < pattern.size;) {
        gx_text rest = gx_text_slice(pattern, i, pattern.size);
        if (gx_text_starts_with(rest, GX_TEXT("{year}"))) {
            gx_buffer_format(&number, "%d", year);
            i += 6;
        } else if (gx_text_starts_with(rest, GX_TEXT("{sequence:")) && rest.size > 11 &&
                   rest.bytes[11] == '}') {
            gx_buffer_format(&number, "%0*lld", rest.bytes[10] - '0', (long long)sequence);
            i += 12;
        } else {
            gx_buffer_byte(&number, pattern.bytes[i++]);
        }
    }
    return gx_buffer_as_text(&number);
}

static bool next_number(gx_work *work, gx_text kind, const gx_json *template, gx_text *number,
                        gx_error *error)
{
    int year = gx_day_year(gx_day_of(work->now));
    int64_t sequence;
    gx_text name = gx_format(work->arena, "permit/%.*s/%d", GX_PRINT(kind), year);
    gx_text pattern = gx_json_text_of(template, "numberPattern");
    if (!gx_number_next(work->db, name, &sequence, error))
        return false;
    if (pattern.size == 0)
        pattern = gx_format(work->arena, "SAMPLE-%.*s-{year}-{sequence:4}", GX_PRINT(kind));
    *number = number_of(work->arena, pattern, year, sequence);
    return true;
}

/* ---- Issuing ---- */

static gx_value issued_entry(gx_work *work, const gx_permit *permit, gx_text name)
{
    char at[GX_INSTANT_SIZE];
    gx_context_builder entry = gx_context_begin(work->arena, 5);
    gx_context_set(&entry, GX_TEXT("kind"), gx_value_text(permit->kind));
    gx_context_set(&entry, GX_TEXT("name"), gx_value_text(name));
    gx_context_set(&entry, GX_TEXT("number"), gx_value_text(permit->number));
    gx_context_set(&entry, GX_TEXT("code"), gx_value_text(permit->code));
    gx_context_set(&entry, GX_TEXT("issuedAt"),
                   gx_value_string(work->arena, gx_instant_write(permit->issued_at, at)));
    return gx_context_end(&entry);
}

/* The page filled in is the permit: its canonical JSON is signed, and everything printed is drawn from it. */
static bool write_canonical(gx_work *work, gx_case *of, gx_permit *permit, gx_value variables,
                            gx_value earlier, gx_text *name, gx_error *error)
{
    gx_text letter = permit->kind; /* a permit's template is the letter of its matter's id */
    const gx_definition *matter = gx_packages_find(work->packages, GX_DEFINITION_MATTER, permit->kind);
    gx_entry extra[] = {{GX_TEXT("permits"), earlier}};
    gx_json *page =
        gx_letter_fill(work->arena, work->packages, letter, permit->number, variables,
                       gx_case_facts(work, of), gx_value_context(work->arena, extra, 1), work->now, error);
    char at[GX_INSTANT_SIZE];
    if (!page)
        return false;
    if (!gx_packages_find(work->packages, GX_DEFINITION_LETTER, letter)) {
        gx_json_set_text(work->arena, page, "title",
                         gx_json_text_of(gx_json_get(matter->json, "result"), "name"));
        gx_json_set_bool(work->arena, page, "isCertificate", true);
    }
    *name = gx_json_text_of(page, "title");
    gx_json_set_text(work->arena, page, "matter", permit->kind);
    gx_json_set_text(work->arena, page, "case", of->number);
    gx_json_set_text(work->arena, page, "holder", permit->holder);
    gx_json_set_text(work->arena, page, "project", permit->project);
    gx_json_set_text(work->arena, page, "code", permit->code);
    gx_json_set_text(work->arena, page, "issuedAt", gx_instant_write(permit->issued_at, at));
    gx_buffer canonical = gx_buffer_in(work->arena);
    gx_json_write_canonical(&canonical, page);
    permit->canonical = gx_buffer_as_text(&canonical);
    return true;
}

static bool sign(gx_work *work, gx_permit *permit, gx_error *error)
{
    uint8_t digest[GX_DIGEST_SIZE];
    char hex[GX_DIGEST_HEX_SIZE];
    gx_sha256(permit->canonical, digest);
    permit->digest = gx_copy(work->arena, gx_hex(digest, sizeof digest, hex));
    for (int a = 0; a < GX_SEAL_ALGORITHM_COUNT; a++)
        if (!gx_seal_sign(work->arena, gx_zone_seal(work->zone), (gx_seal_algorithm)a, permit->canonical,
                          &permit->signatures[a], error))
            return false;
    return true;
}

static bool issue_one(gx_work *work, gx_case *of, gx_text kind, gx_value variables, gx_value earlier,
                      gx_value *entry, gx_error *error)
{
    const gx_definition *matter = gx_packages_find(work->packages, GX_DEFINITION_MATTER, kind);
    if (!matter || gx_json_is_nothing(gx_json_get(matter->json, "result")))
        return gx_fail(error, "permit.kind", kind);
    const gx_definition *template = gx_packages_find(work->packages, GX_DEFINITION_LETTER, kind);
    uint8_t random[16];
    char code[33];
    gx_text name;
    gx_random_bytes(random, sizeof random);
    gx_permit permit = {.kind = kind,
                        .enterprise = of->enterprise,
                        .holder = of->applicant,
                        .project = of->project,
                        .case_id = of->id,
                        .issued_at = work->now,
                        .code = gx_copy(work->arena, gx_hex(random, sizeof random, code))};
    int64_t days = template ? gx_json_int_of(template->json, "validDays", 0) : 0;
    if (days > 0)
        permit.valid_to = gx_day_end(gx_day_of(work->now) + (gx_day)days);
    if (!next_number(work, kind, template ? template->json : NULL, &permit.number, error) ||
        !write_canonical(work, of, &permit, variables, earlier, &name, error) || !sign(work, &permit, error))
        return false;
    gx_statement *insert =
        gx_db_prepare(work->db, "INSERT INTO permit (number, code, kind, case_id, enterprise, holder, "
                                "project, issued_at, valid_to, state, canonical, digest, ed25519, sm2) "
                                "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'valid', ?10, ?11, ?12, ?13)");
    gx_bind(insert, "tttitttiitttt", permit.number, permit.code, kind, of->id, permit.enterprise,
            permit.holder, permit.project, permit.issued_at, permit.valid_to, permit.canonical, permit.digest,
            permit.signatures[GX_SEAL_ED25519], permit.signatures[GX_SEAL_SM2]);
    if (!permit.valid_to)
        gx_bind_null(insert, 9);
    if (!gx_db_finish(insert, error))
        return false;
    gx_journal_add(
        work, of,
        (gx_journal_event){.kind = "permit", .element = kind, .name = name, .outcome = permit.number});
    *entry = issued_entry(work, &permit, name);
    return gx_audit(work->db, work->arena, work->person, "permit.issue", permit.number, "done", permit.digest,
                    error);
}

bool gx_permit_issue(gx_work *work, gx_case *of, const gx_text *kinds, size_t count, gx_value variables,
                     gx_value *issued, gx_error *error)
{
    int64_t open = 0;
    char figure[24];
    if (!gx_text_equal(of->state, GX_TEXT("review")) && !gx_text_equal(of->state, GX_TEXT("granted")))
        return gx_fail(error, "case.state", of->state, GX_TEXT("permit"));
    if (!gx_promise_open(work->db, of->id, &open, error))
        return false;
    if (open)
        return gx_fail(error, "case.tolerated.open", gx_error_int(figure, open));
    gx_list_builder list = gx_list_begin(work->arena, count);
    for (size_t i = 0; i < count; i++) {
        gx_value entry,
            earlier = gx_value_list(gx_copy_bytes(work->arena, list.items, list.count * sizeof *list.items),
                                    list.count);
        if (!issue_one(work, of, kinds[i], variables, earlier, &entry, error))
            return false;
        gx_list_add(&list, entry);
    }
    *issued = gx_list_end(&list);
    return gx_text_equal(of->state, GX_TEXT("granted")) || gx_case_grant(work, of, error);
}

bool gx_permit_revoke(gx_work *work, gx_text number, gx_text reason, gx_error *error)
{
    gx_permit permit;
    if (!gx_permit_find(work->db, work->arena, number, &permit, error))
        return false;
    if (gx_text_equal(permit.state, GX_TEXT("revoked")))
        return gx_fail(error, "permit.revoked");
    if (gx_text_trim(reason).size == 0)
        return gx_fail(error, "case.reasons");
    gx_case *of = gx_work_case(work, permit.case_id, error);
    if (!of ||
        !gx_db_run(work->db, error,
                   "UPDATE permit SET state = 'revoked', revoked_at = ?2, revoked_by = ?3, revoked_why = ?4 "
                   "WHERE number = ?1",
                   "titt", number, work->now, work->person ? work->person->login : GX_TEXT(""), reason))
        return false;
    gx_journal_add(work, of,
                   (gx_journal_event){
                       .kind = "permit.revoked", .element = permit.kind, .outcome = number, .why = reason});
    return gx_notify_applicant(work,
                               &(gx_notice){.event = "permit_revoked",
                                            .of = of,
                                            .parts = {number, reason},
                                            .part_count = 2,
                                            .rings = true},
                               error) &&
           gx_audit(work->db, work->arena, work->person, "permit.revoke", number, "done", permit.digest,
                    error);
}

/* ---- Finding ---- */

static bool take(gx_arena *arena, gx_statement *row, gx_permit *permit, gx_error *error)
{
    gx_step step = gx_db_step(row, error);
    if (step == GX_STEP_FAILED)
        return false;
    if (step == GX_STEP_DONE)
        return gx_fail(error, "permit.absent");
    gx_text *const texts[] = {&permit->number,
                              &permit->code,
                              &permit->kind,
                              &permit->enterprise,
                              &permit->holder,
                              &permit->project,
                              &permit->state,
                              &permit->canonical,
                              &permit->digest,
                              &permit->signatures[GX_SEAL_ED25519],
                              &permit->signatures[GX_SEAL_SM2],
                              &permit->revoked_by,
                              &permit->revoked_why};
    int column = 0;
    for (; column < (int)GX_COUNT_OF(texts); column++)
        *texts[column] = gx_column_copy(arena, row, column);
    permit->case_id = gx_column_int(row, column);
    permit->issued_at = gx_column_int(row, column + 1);
    permit->valid_to = gx_column_int(row, column + 2);
    permit->revoked_at = gx_column_int(row, column + 3);
    gx_db_reset(row);
    return true;
}

bool gx_permit_find(gx_db *db, gx_arena *arena, gx_text number, gx_permit *permit, gx_error *error)
{
    gx_statement *find = gx_db_prepare(db, "SELECT " COLUMNS " FROM permit WHERE number = ?1");
    gx_bind_text(find, 1, number);
    return take(arena, find, permit, error);
}

bool gx_permit_find_code(gx_db *db, gx_arena *arena, gx_text code, gx_permit *permit, gx_error *error)
{
    gx_statement *find = gx_db_prepare(db, "SELECT " COLUMNS " FROM permit WHERE code = ?1");
    gx_bind_text(find, 1, code);
    return take(arena, find, permit, error);
}

/* ---- Printing ---- */

bool gx_permit_pdf(gx_zone *zone, gx_arena *arena, const gx_permit *permit, gx_text *pdf, gx_error *error)
{
    const gx_packages *packages = gx_zone_packages(zone);
    gx_print_page page;
    gx_text drawn;
    gx_json *content = gx_json_parse(arena, permit->canonical, GX_TEXT("permit"), error);
    if (!content)
        return false;
    gx_letter_page(arena, packages, content, permit->issued_at, &page);
    page.qr = gx_format(arena, "%s/v/%.*s", gx_zone_public_url(zone), GX_PRINT(permit->code));
    page.qr_caption = gx_packages_message(packages, GX_LANGUAGE_ZH, GX_TEXT("permit.scan"));
    page.metadata = permit->canonical;
    if (!gx_print_pdf(arena, &page, &drawn, error))
        return false;
    /* A comment behind the document, and under its seal: which permit the file is. */
    gx_text marked =
        gx_format(arena, "%s%.*s %.*s\n", MARK, GX_PRINT(permit->code), GX_PRINT(permit->digest));
    const gx_text parts[] = {drawn, marked};
    return gx_seal_append(arena, gx_zone_seal(zone), gx_join(arena, parts, 2, GX_TEXT("")), pdf, error);
}

/* ---- Verifying ---- */

static const char *state_of(const gx_permit *permit, gx_instant now)
{
    if (gx_text_equal(permit->state, GX_TEXT("revoked")))
        return "revoked";
    return permit->valid_to && permit->valid_to < now ? "expired" : "valid";
}

static void write_instant(gx_json_out *out, const char *name, gx_instant instant)
{
    char text[GX_INSTANT_SIZE];
    gx_json_out_name(out, name);
    if (instant == 0)
        gx_json_out_null(out);
    else
        gx_json_out_text(out, gx_instant_write(instant, text));
}

static void write_unknown(gx_json_out *out, const char *state)
{
    gx_json_out_begin(out, '{');
    gx_json_out_member_text(out, "state", gx_text_of(state));
    gx_json_out_name(out, "signatures");
    gx_json_out_begin(out, '[');
    gx_json_out_end(out, ']');
    gx_json_out_end(out, '}');
}

static void write_fields(const gx_json *content, gx_language language, gx_json_out *out)
{
    const gx_json *rows = gx_json_get(content, "rows");
    gx_json_out_name(out, "fields");
    gx_json_out_begin(out, '[');
    for (const gx_json *row = rows ? rows->first : NULL; row; row = row->next) {
        gx_text english = gx_json_text_of(row, "labelEn");
        gx_json_out_begin(out, '{');
        gx_json_out_member_text(out, "label",
                                language == GX_LANGUAGE_EN && english.size ? english
                                                                           : gx_json_text_of(row, "label"));
        gx_json_out_member_text(out, "value", gx_json_text_of(row, "value"));
        gx_json_out_end(out, '}');
    }
    gx_json_out_end(out, ']');
}

/* `file` NULL: the stored permit is checked. Otherwise the signatures shown are those of the file's own seal.
 */
static bool write_verdict(gx_zone *zone, gx_arena *arena, const gx_permit *permit, const gx_seal_check *file,
                          bool is_whole, gx_language language, gx_json_out *out, gx_error *error)
{
    gx_json *content = gx_json_parse(arena, permit->canonical, GX_TEXT("permit"), error);
    const gx_seal *seal = gx_zone_seal(zone);
    bool is_valid[GX_SEAL_ALGORITHM_COUNT], are_valid = is_whole;
    if (!content)
        return false;
    for (int a = 0; a < GX_SEAL_ALGORITHM_COUNT; a++) {
        is_valid[a] =
            gx_seal_is_valid(seal, (gx_seal_algorithm)a, permit->canonical, permit->signatures[a]) &&
            (!file || file->is_valid[a]);
        are_valid &= is_valid[a];
    }
    gx_text english = gx_json_text_of(content, "titleEn");
    gx_json_out_begin(out, '{');
    gx_json_out_member_text(out, "state",
                            gx_text_of(are_valid ? state_of(permit, gx_clock_now()) : "invalid"));
    gx_json_out_member_text(out, "number", permit->number);
    gx_json_out_member_text(out, "name",
                            language == GX_LANGUAGE_EN && english.size ? english
                                                                       : gx_json_text_of(content, "title"));
    gx_json_out_member_text(out, "holder", permit->holder);
    gx_json_out_member_text(out, "project", permit->project);
    gx_json_out_member_text(out, "authority", gx_json_text_of(content, "authority"));
    write_instant(out, "issuedAt", permit->issued_at);
    write_instant(out, "validTo", permit->valid_to);
    write_instant(out, "revokedAt", permit->revoked_at);
    if (permit->revoked_why.size)
        gx_json_out_member_text(out, "reason", permit->revoked_why);
    gx_json_out_member_text(out, "digest", permit->digest);
    write_fields(content, language, out);
    gx_json_out_name(out, "signatures");
    gx_json_out_begin(out, '[');
    for (int a = 0; a < GX_SEAL_ALGORITHM_COUNT; a++) {
        gx_json_out_begin(out, '{');
        gx_json_out_member_text(out, "algorithm", gx_text_of(gx_seal_algorithm_name((gx_seal_algorithm)a)));
        gx_json_out_member_text(out, "keyId", gx_text_of(gx_seal_key_id(seal, (gx_seal_algorithm)a)));
        gx_json_out_member_bool(out, "valid", is_valid[a]);
        gx_json_out_end(out, '}');
    }
    gx_json_out_end(out, ']');
    gx_json_out_end(out, '}');
    return true;
}

static bool is_code(gx_text code)
{
    for (size_t i = 0; i < code.size; i++)
        if (!((code.bytes[i] >= '0' && code.bytes[i] <= '9') ||
              (code.bytes[i] >= 'a' && code.bytes[i] <= 'f')))
            return false;
    return code.size == 32;
}

bool gx_permit_verify(gx_zone *zone, gx_db *db, gx_arena *arena, gx_text code, gx_language language,
                      gx_json_out *out, gx_error *error)
{
    gx_permit permit;
    gx_error reason = {0};
    if (is_code(code) && gx_permit_find_code(db, arena, code, &permit, &reason))
        return write_verdict(zone, arena, &permit, NULL, true, language, out, error);
    if (reason.code && strcmp(reason.code, "permit.absent") != 0) {
        *error = reason;
        return false;
    }
    write_unknown(out, "unknown");
    return true;
}

/* The last mark in the file; false when there is none. */
static bool find_mark(gx_text file, gx_text *code, gx_text *digest)
{
    enum { CODE = 32, DIGEST = 64 };
    size_t mark = strlen(MARK), whole = mark + CODE + 1 + DIGEST;
    for (size_t at = file.size >= whole ? file.size - whole + 1 : 0; at-- > 0;)
        if (file.bytes[at] == '%' && memcmp(file.bytes + at, MARK, mark) == 0) {
            *code = gx_text_slice(file, at + mark, at + mark + CODE);
            *digest = gx_text_slice(file, at + mark + CODE + 1, at + whole);
            return true;
        }
    return false;
}

/* A file is what was issued when its seal fits its bytes and its mark names a permit with that digest. A file
 * whose seal is broken still says which permit it claims to be: the answer is then "invalid", with the fields
 * of the real one. */
bool gx_permit_verify_file(gx_zone *zone, gx_db *db, gx_arena *arena, gx_text file, gx_language language,
                           gx_json_out *out, gx_error *error)
{
    gx_seal_check check = gx_seal_examine(gx_zone_seal(zone), file);
    bool is_sealed = check.has_seal;
    for (int a = 0; a < GX_SEAL_ALGORITHM_COUNT; a++)
        is_sealed &= check.is_valid[a];
    gx_permit permit;
    gx_error reason = {0};
    gx_text code, digest;
    bool has_mark = find_mark(file, &code, &digest);
    if (has_mark && is_code(code) && gx_permit_find_code(db, arena, code, &permit, &reason))
        return write_verdict(zone, arena, &permit, &check, is_sealed && gx_text_equal(digest, permit.digest),
                             language, out, error);
    write_unknown(out, check.has_seal || has_mark ? "invalid" : "unknown");
    return true;
}

void gx_permit_write(const gx_packages *packages, const gx_permit *permit, gx_text case_number,
                     gx_instant now, gx_json_out *out)
{
    const gx_definition *matter = gx_packages_find(packages, GX_DEFINITION_MATTER, permit->kind);
    const gx_json *result = matter ? gx_json_get(matter->json, "result") : NULL;
    gx_json_out_begin(out, '{');
    gx_json_out_member_text(out, "number", permit->number);
    gx_json_out_member_text(out, "kind", permit->kind);
    gx_json_out_member_text(out, "name", result ? gx_json_text_of(result, "name") : permit->kind);
    gx_json_out_member_text(out, "nameEn", matter ? gx_json_text_of(matter->json, "nameEn") : permit->kind);
    gx_json_out_member_text(out, "holder", permit->holder);
    gx_json_out_member_text(out, "project", permit->project);
    write_instant(out, "issuedAt", permit->issued_at);
    write_instant(out, "validTo", permit->valid_to);
    gx_json_out_member_text(out, "state", gx_text_of(state_of(permit, now)));
    gx_json_out_member_text(out, "code", permit->code);
    gx_json_out_member_text(out, "case", case_number);
    gx_json_out_end(out, '}');
}

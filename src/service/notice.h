/* service/notice.h: who must hear what. A notice is an event and its parts; the words stand in the packages'
 * messages ("notice.EVENT.title", "notice.EVENT.text"), so that everyone reads in the own language. Inbox at
 * once; a short message follows by the outbox, not in quiet hours, and without personal data. */
#ifndef GX_SERVICE_NOTICE_H
#define GX_SERVICE_NOTICE_H

#include "service/case.h"

typedef struct gx_notice {
    const char *event; /* "submitted", "accepted", "correction", ... */
    const gx_case *of; /* NULL: about no case */
    gx_text
        parts[4]; /* {0} is always the case's number, {1} the project or applicant; these are {2} to {5} */
    size_t part_count;
    int64_t letter;        /* 0: none */
    gx_instant visible_at; /* 0: now */
    bool rings;            /* also as a short message */
} gx_notice;

bool gx_notify_enterprise(gx_work *work, gx_text enterprise, const gx_notice *notice, gx_error *error);
bool gx_notify_account(gx_work *work, gx_text login, const gx_notice *notice, gx_error *error);
bool gx_notify_role(gx_work *work, gx_text department, const char *role, const gx_notice *notice,
                    gx_error *error);
/* The case's applicant: the enterprise, or whoever submitted it. */
bool gx_notify_applicant(gx_work *work, const gx_notice *notice, gx_error *error);

/* The person's inbox, newest first; writes {"items", "total", "next"}. */
bool gx_notice_list(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_person *person, gx_language language,
                    int64_t page, int64_t size, gx_json_out *out, gx_error *error);
bool gx_notice_mark_read(gx_db *db, const gx_person *person, int64_t id, gx_instant now, gx_error *error);

#endif

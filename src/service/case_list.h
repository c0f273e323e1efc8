/* service/case_list.h: which cases a person finds: by scope, state, lamp, words and variables, newest first
 * or in the order of a variable, a page at a time.
 *
 * A page begins where a cursor says, never at a count of rows: what comes or goes in the meantime neither
 * repeats a row nor skips one. Every statement goes by an index. Reads only. */
#ifndef GX_SERVICE_CASE_LIST_H
#define GX_SERVICE_CASE_LIST_H

#include "base/limits.h"
#include "service/case_search.h"

typedef struct gx_case_query {
    gx_text scope; /* "mine", "department" or "all"; what the person may not see is left out in any case */
    gx_text state, lamp, search;
    const gx_search_condition *conditions; /* by variables: all must hold */
    size_t condition_count;
    gx_search_sort sort; /* of no field: newest first. Cases without the variable come last, newest first */
    gx_text after;       /* a cursor: `next` of the page before; empty: from the start */
    int64_t size;        /* 1 .. GX_LIMIT_PAGE_ROWS */
} gx_case_query;

typedef struct gx_case_page {
    int64_t ids[GX_LIMIT_PAGE_ROWS + 1];
    size_t count;
    int64_t total; /* at most 1000 of each way a case can be the person's; -1 behind a cursor */
    gx_text next;  /* empty: this was the last page */
    gx_text bound; /* not empty: the variable of which only the newest GX_SEARCH_NEWEST cases were looked
                    * through; newest first, `next` goes on behind them */
} gx_case_page;

/* `person` NULL: everybody's cases, for who has the store itself. False with "case.search.cursor". */
bool gx_case_list(gx_db *db, gx_arena *arena, const gx_packages *packages, const gx_person *person,
                  const gx_case_query *query, gx_case_page *page, gx_error *error);

#endif

/* sim/house.h: the system under simulation beside its reference: a zone on the failing disk, the cases as
 * they should be, and the comparison of the two. */
#ifndef GX_SIM_HOUSE_H
#define GX_SIM_HOUSE_H

#include "service/case.h"
#include "sim/reference.h"
#include "sim/simulate.h"

enum { GX_SIM_MODELS = 6, GX_SIM_CASES = 48, GX_SIM_REMEMBERED = 1024 };

typedef struct gx_sim_house gx_sim_house;
typedef struct gx_sim_act gx_sim_act;
typedef bool (*gx_sim_work)(gx_work *work, gx_sim_act *act, gx_error *error);

struct gx_sim_act {
    gx_sim_house *house;
    gx_sim_work run;
    int of, model, node, x; /* of: index of a case, -1 none */
    gx_instant until;       /* of a message; 0: it does not wait */
    int64_t case_id;        /* of a start, set by it */
    char id[16];            /* the command's */
};

struct gx_sim_house {
    uint64_t seed;
    uint32_t faults_in_1000;
    bool lies, checks_all; /* checks_all: journals too */
    FILE *trace;
    gx_sim_result *result;
    gx_zone *zone;
    char folder[64];
    gx_instant now;
    bool is_bad_weather;
    uint64_t index;
    gx_sim_random storage;
    gx_sim_graph graphs[GX_SIM_MODELS];
    struct {
        int64_t id;
        gx_sim_case model;
    } cases[GX_SIM_CASES];
    int case_count;
    gx_sim_act last_done; /* whose id the journal holds */
    char done[GX_SIM_REMEMBERED][16];
    int done_count;
};

bool gx_sim_house_open(gx_sim_house *house, uint64_t disk_seed, gx_sim_random *models, gx_error *error);
bool gx_sim_house_reopen(gx_sim_house *house, gx_error *error);
void gx_sim_house_close(gx_sim_house *house);

/* A gx_db_work over a gx_sim_act. */
bool gx_sim_house_do(gx_db *db, gx_arena *arena, void *act, gx_error *error);
bool gx_sim_do_start(gx_work *work, gx_sim_act *act, gx_error *error);
bool gx_sim_do_complete(gx_work *work, gx_sim_act *act, gx_error *error);
bool gx_sim_do_message(gx_work *work, gx_sim_act *act, gx_error *error);
bool gx_sim_do_signal(gx_work *work, gx_sim_act *act, gx_error *error);
bool gx_sim_do_retry(gx_work *work, gx_sim_act *act, gx_error *error);
bool gx_sim_do_cancel(gx_work *work, gx_sim_act *act, gx_error *error);
bool gx_sim_do_stale(gx_work *work, gx_sim_act *act, gx_error *error);

/* Whether an act that was not answered is in the store. */
bool gx_sim_house_find(gx_sim_house *house, gx_sim_act *act, bool *is_there);
void gx_sim_house_remember(gx_sim_house *house, const gx_sim_act *act);
/* Compares every case with its reference; `is_full`: the file and the audit chain too. */
bool gx_sim_house_check(gx_sim_house *house, bool is_full);

void gx_sim_note(gx_sim_house *house, const char *text); /* into the history */
bool gx_sim_wrong(gx_sim_house *house, const char *format, ...)
    __attribute__((format(printf, 2, 3))); /* false */

#endif

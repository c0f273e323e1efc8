/* sim/simulate.h: core, service and store under random commands and a failing disk, on virtual time, in one
 * thread. The same options give the same history, byte for byte. */
#ifndef GX_SIM_SIMULATE_H
#define GX_SIM_SIMULATE_H

#include "base/arena.h"

#include <stdio.h>

typedef struct gx_sim_options {
    uint64_t seed, commands;
    uint32_t faults_in_1000; /* commands before which a fault is planned */
    bool lies;               /* a disk that only says it has synced: the checks must notice */
    FILE *trace;             /* a line a command; NULL: none */
} gx_sim_options;

typedef struct gx_sim_result {
    uint64_t commands, done, refused, restarts, checks, faults[8];
    uint64_t groups, replayed; /* transactions of several commands; steps taken again from journals */
    uint64_t cases, unsure;    /* started; of these, no longer compared (reference.h) */
    uint64_t history;          /* digest of all commands, answers and records */
    bool has_failed;
    uint64_t round, command; /* where it failed */
    uint32_t needed;         /* commands of the round that are needed to fail; the trace shows them */
    char reason[400];
} gx_sim_result;

/* Registers a file system and sets the process's clock and randomness: nothing else may run. On failure the
 * round that failed is played again with ever fewer commands. */
void gx_sim_run(const gx_sim_options *options, gx_sim_result *result);

#endif

/* gaoxing simulate: see sim/simulate.h. */
#include "cli/tool.h"
#include "sim/simulate.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

static const char usage[] = "simulate [--seed N] [--commands N] [--faults N] [--lying-disk] [--trace]";

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now); /* the project's own clock stands still meanwhile */
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int gx_tool_simulate(gx_tool_call *call)
{
    gx_sim_options options = {
        .seed = strtoull(gx_tool_option(call, "seed", "1"), NULL, 10),
        .commands = strtoull(gx_tool_option(call, "commands", "10000"), NULL, 10),
        .faults_in_1000 = (uint32_t)strtoul(gx_tool_option(call, "faults", "20"), NULL, 10),
        .lies = gx_tool_flag(call, "lying-disk"),
        .trace = gx_tool_flag(call, "trace") ? stdout : NULL,
    };
    if (!gx_tool_expect(call, 0, 0, usage))
        return GX_TOOL_FAILED;
    gx_sim_result result;
    double begun = seconds();
    gx_sim_run(&options, &result);
    uint64_t faults = 0;
    for (size_t i = 0; i < GX_COUNT_OF(result.faults); i++)
        faults += result.faults[i];
    double spent = seconds() - begun;
    printf("seed %" PRIu64 ": %" PRIu64 " commands (%" PRIu64 " done, %" PRIu64 " refused), %" PRIu64
           " cases (%" PRIu64 " not compared to the end), %" PRIu64 " faults, %" PRIu64 " restarts, %" PRIu64
           " groups of several, %" PRIu64 " checks, %" PRIu64
           " steps replayed, %.1f s, %.0f commands/s, history %016" PRIx64 "\n",
           options.seed, result.commands, result.done, result.refused, result.cases, result.unsure, faults,
           result.restarts, result.groups, result.checks, result.replayed, spent,
           (double)result.commands / spent, result.history);
    if (!result.has_failed)
        return GX_TOOL_DONE;
    printf("FAILED in round %" PRIu64 " at command %" PRIu64
           ": %s\n%u commands are needed; again with: gaoxing "
           "simulate --seed %" PRIu64 " --commands %" PRIu64 " --faults %u --trace\n",
           result.round, result.command, result.reason, result.needed, options.seed, options.commands,
           options.faults_in_1000);
    return GX_TOOL_FOUND;
}

/* sim/random.h: the simulator's generators: counter-based, one stream a purpose, so that one draw more in the
 * workload does not shift the faults. */
#ifndef GX_SIM_RANDOM_H
#define GX_SIM_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

typedef struct gx_sim_random {
    uint64_t seed, count;
} gx_sim_random;

/* SplitMix64 over the counter. */
static inline uint64_t gx_sim_draw(gx_sim_random *random)
{
    uint64_t x = random->seed + ++random->count * 0x9E3779B97F4A7C15u;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

/* 0 to `below` - 1. */
static inline uint32_t gx_sim_below(gx_sim_random *random, uint32_t below)
{
    return (uint32_t)(gx_sim_draw(random) % below);
}

static inline bool gx_sim_chance(gx_sim_random *random, uint32_t in_1000)
{
    return gx_sim_below(random, 1000) < in_1000;
}

#endif

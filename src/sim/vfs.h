/* sim/vfs.h: a disk in memory under SQLite that fails as disks fail.
 *
 * Each file has what a reader sees (the page cache) and what a power cut would leave, with the writes between
 * the two. A sync brings the second up to the first. A crash keeps, drops or tears each unsynced write by
 * sectors of 512 bytes, in any order. Making and deleting a file is taken to be durable at once; bytes
 * outside a write are never hurt (SQLite's "powersafe overwrite", which it assumes on any disk). One thread,
 * one disk. */
#ifndef GX_SIM_VFS_H
#define GX_SIM_VFS_H

#include "sim/random.h"

#define GX_SIM_VFS "gxsim"

typedef enum gx_sim_fault {
    GX_FAULT_CRASH, /* the power is cut: nothing is answered any more until gx_sim_disk_crash */
    GX_FAULT_READ,  /* EIO, once */
    GX_FAULT_WRITE, /* EIO, once; some of the bytes may have come through */
    GX_FAULT_SYNC, /* the next sync fails and its writes are lost or torn, though readers go on seeing them */
    GX_FAULT_FULL, /* ENOSPC for the next few writes that make a file longer */
    GX_FAULT_KINDS
} gx_sim_fault;

/* An empty disk, registered under GX_SIM_VFS. Everything it does follows from the seed. */
void gx_sim_disk_open(uint64_t seed);
/* The fault comes at the `after`-th operation from now that it can hit. One plan at a time. */
void gx_sim_disk_plan(gx_sim_fault fault, uint32_t after);
void gx_sim_disk_forget(void); /* the plan, and a full disk */
/* What remains of the unsynced writes is decided; the power is back. All connections must be closed. */
void gx_sim_disk_crash(void);
bool gx_sim_disk_is_dead(void);
/* Faults that have come to pass, by kind. */
const uint64_t *gx_sim_disk_faults(void);
/* A digest of all that would be left now. */
uint64_t gx_sim_disk_digest(void);
/* To prove that the checks notice: syncs that say they are done and are not. */
void gx_sim_disk_lie(bool lies);
void gx_sim_disk_close(void);

#endif

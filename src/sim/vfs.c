#include "sim/vfs.h"
#include "base/clock.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum { FILES_MOST = 8, REGIONS_MOST = 64, SECTOR = 512, FULL_WRITES = 6, WRITE_CUT = -1 };

typedef struct image {
    unsigned char *bytes;
    size_t size, capacity;
} image;

typedef struct unsynced {
    int64_t offset; /* WRITE_CUT: the file was cut to `size` */
    size_t size;
    unsigned char *bytes;
} unsynced;

typedef struct disk_file {
    char name[256];
    bool is_there;
    image seen, durable;
    unsynced *writes;
    size_t write_count, write_capacity;
    /* locks, as counts over connections */
    int shared, reserved, exclusive;
    void *regions[REGIONS_MOST]; /* of the WAL index: plain memory, gone at a crash */
    int shm_users, shm_shared[SQLITE_SHM_NLOCK], shm_exclusive[SQLITE_SHM_NLOCK];
} disk_file;

typedef struct handle {
    sqlite3_file base;
    disk_file *file;
    int lock;
    bool has_shm, deletes_on_close;
    uint16_t shm_shared, shm_exclusive;
} handle;

static struct {
    disk_file files[FILES_MOST];
    gx_sim_random random;
    bool has_plan, is_dead, lies;
    gx_sim_fault plan;
    uint32_t after, full_writes;
    uint64_t faults[GX_FAULT_KINDS];
} disk;

/* ---- Images ---- */

static void put(image *to, int64_t offset, const void *bytes, size_t size)
{
    size_t end = (size_t)offset + size;
    if (end > to->capacity) {
        size_t capacity = to->capacity ? to->capacity : 65536;
        while (capacity < end)
            capacity *= 2;
        to->bytes = realloc(to->bytes, capacity);
        if (!to->bytes)
            abort(); /* the simulator's own memory */
        to->capacity = capacity;
    }
    if (end > to->size) {
        memset(to->bytes + to->size, 0, end - to->size);
        to->size = end;
    }
    memcpy(to->bytes + offset, bytes, size);
}

static void cut(image *to, size_t size)
{
    if (size < to->size)
        to->size = size;
}

static void forget_writes(disk_file *file)
{
    for (size_t i = 0; i < file->write_count; i++)
        free(file->writes[i].bytes);
    file->write_count = 0;
}

static void note_write(disk_file *file, int64_t offset, const void *bytes, size_t size)
{
    if (file->write_count == file->write_capacity) {
        file->write_capacity = file->write_capacity ? file->write_capacity * 2 : 64;
        file->writes = realloc(file->writes, file->write_capacity * sizeof *file->writes);
        if (!file->writes)
            abort();
    }
    unsigned char *copy = bytes ? malloc(size ? size : 1) : NULL;
    if (copy)
        memcpy(copy, bytes, size);
    file->writes[file->write_count++] = (unsynced){offset, size, copy};
}

static void keep(disk_file *file, const unsynced *write)
{
    if (write->offset == WRITE_CUT)
        cut(&file->durable, write->size);
    else
        put(&file->durable, write->offset, write->bytes, write->size);
}

/* Each sector of the write is there, is not, or is anything. */
static void tear(disk_file *file, const unsynced *write)
{
    if (write->offset == WRITE_CUT)
        return;
    for (size_t at = 0; at < write->size;) {
        size_t piece = SECTOR - (size_t)(write->offset + (int64_t)at) % SECTOR;
        piece = piece < write->size - at ? piece : write->size - at;
        uint32_t fate = gx_sim_below(&disk.random, 8);
        unsigned char garbage[SECTOR];
        for (size_t i = 0; i < piece && fate == 0; i++)
            garbage[i] = (unsigned char)gx_sim_draw(&disk.random);
        if (fate < 5)
            put(&file->durable, write->offset + (int64_t)at, fate == 0 ? garbage : write->bytes + at, piece);
        at += piece;
    }
}

/* What the disk makes of writes that nobody waited for. */
static void lose_writes(disk_file *file)
{
    uint32_t mood = gx_sim_below(&disk.random, 4); /* all, none, or each its own fate in order or not */
    for (size_t i = file->write_count; mood == 3 && i > 1; i--) {
        size_t other = gx_sim_below(&disk.random, (uint32_t)i);
        unsynced write = file->writes[i - 1];
        file->writes[i - 1] = file->writes[other];
        file->writes[other] = write;
    }
    for (size_t i = 0; i < file->write_count; i++) {
        uint32_t fate = mood < 2 ? mood : gx_sim_below(&disk.random, 3);
        if (fate == 0)
            keep(file, &file->writes[i]);
        else if (fate == 2)
            tear(file, &file->writes[i]);
    }
    forget_writes(file);
}

/* ---- Faults ---- */

static bool strikes(gx_sim_fault fault)
{
    if (!disk.has_plan || disk.plan != fault)
        return false;
    if (disk.after > 0) {
        disk.after--;
        return false;
    }
    disk.has_plan = false;
    disk.faults[fault]++;
    return true;
}

/* Before any operation; false when the power is off. */
static bool has_power(void)
{
    if (!disk.is_dead && strikes(GX_FAULT_CRASH))
        disk.is_dead = true;
    return !disk.is_dead;
}

/* ---- Files ---- */

static disk_file *file_of(sqlite3_file *file)
{
    return ((handle *)file)->file;
}

static int read_file(sqlite3_file *base, void *to, int size, sqlite3_int64 offset)
{
    const image *seen = &file_of(base)->seen;
    if (!has_power() || strikes(GX_FAULT_READ))
        return SQLITE_IOERR_READ;
    size_t there = (size_t)offset < seen->size ? seen->size - (size_t)offset : 0;
    size_t count = there < (size_t)size ? there : (size_t)size;
    if (count)
        memcpy(to, seen->bytes + offset, count);
    memset((char *)to + count, 0, (size_t)size - count);
    return count == (size_t)size ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int write_file(sqlite3_file *base, const void *from, int size, sqlite3_int64 offset)
{
    disk_file *file = file_of(base);
    size_t count = (size_t)size;
    if (!has_power())
        return SQLITE_IOERR_WRITE;
    bool is_longer = (size_t)offset + count > file->seen.size;
    if (is_longer && disk.full_writes == 0 && strikes(GX_FAULT_FULL))
        disk.full_writes = 1 + gx_sim_below(&disk.random, FULL_WRITES);
    if (is_longer && disk.full_writes > 0) {
        disk.full_writes--;
        return SQLITE_FULL;
    }
    bool fails = strikes(GX_FAULT_WRITE);
    if (fails)
        count = gx_sim_below(&disk.random, (uint32_t)count);
    put(&file->seen, offset, from, count);
    note_write(file, offset, from, count);
    return fails ? SQLITE_IOERR_WRITE : SQLITE_OK;
}

static int truncate_file(sqlite3_file *base, sqlite3_int64 size)
{
    disk_file *file = file_of(base);
    if (!has_power())
        return SQLITE_IOERR_TRUNCATE;
    cut(&file->seen, (size_t)size);
    note_write(file, WRITE_CUT, NULL, (size_t)size);
    return SQLITE_OK;
}

static int sync_file(sqlite3_file *base, int flags)
{
    disk_file *file = file_of(base);
    (void)flags;
    if (!has_power())
        return SQLITE_IOERR_FSYNC;
    if (strikes(GX_FAULT_SYNC)) {
        lose_writes(file);
        return SQLITE_IOERR_FSYNC;
    }
    if (disk.lies)
        return SQLITE_OK;
    for (size_t i = 0; i < file->write_count; i++)
        keep(file, &file->writes[i]);
    forget_writes(file);
    return SQLITE_OK;
}

static int size_of_file(sqlite3_file *base, sqlite3_int64 *size)
{
    *size = (sqlite3_int64)file_of(base)->seen.size;
    return has_power() ? SQLITE_OK : SQLITE_IOERR_FSTAT;
}

/* ---- Locks: SHARED counts; the others have one holder ---- */

static int lock_file(sqlite3_file *base, int wanted)
{
    handle *own = (handle *)base;
    disk_file *file = own->file;
    if (!has_power())
        return SQLITE_IOERR_LOCK;
    if (own->lock >= wanted)
        return SQLITE_OK;
    if (wanted == SQLITE_LOCK_SHARED && file->exclusive)
        return SQLITE_BUSY;
    if (wanted >= SQLITE_LOCK_RESERVED && own->lock < SQLITE_LOCK_RESERVED && file->reserved)
        return SQLITE_BUSY;
    if (wanted == SQLITE_LOCK_EXCLUSIVE && file->shared > 1)
        return SQLITE_BUSY;
    if (own->lock < SQLITE_LOCK_SHARED)
        file->shared++;
    if (wanted >= SQLITE_LOCK_RESERVED && own->lock < SQLITE_LOCK_RESERVED)
        file->reserved++;
    if (wanted == SQLITE_LOCK_EXCLUSIVE)
        file->exclusive++;
    own->lock = wanted;
    return SQLITE_OK;
}

static int unlock_file(sqlite3_file *base, int wanted)
{
    handle *own = (handle *)base;
    disk_file *file = own->file;
    if (own->lock <= wanted)
        return SQLITE_OK;
    file->exclusive -= own->lock == SQLITE_LOCK_EXCLUSIVE;
    file->reserved -= own->lock >= SQLITE_LOCK_RESERVED;
    file->shared -= wanted == SQLITE_LOCK_NONE;
    own->lock = wanted;
    return SQLITE_OK;
}

static int check_reserved(sqlite3_file *base, int *is_reserved)
{
    *is_reserved = file_of(base)->reserved > 0;
    return SQLITE_OK;
}

static int control_file(sqlite3_file *base, int operation, void *argument)
{
    (void)base, (void)operation, (void)argument;
    return SQLITE_NOTFOUND;
}

static int sector_size(sqlite3_file *base)
{
    (void)base;
    return SECTOR;
}

static int characteristics(sqlite3_file *base)
{
    (void)base;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

/* ---- The WAL index ---- */

static int map_shm(sqlite3_file *base, int region, int size, int is_written, void volatile **memory)
{
    handle *own = (handle *)base;
    *memory = NULL;
    if (!has_power() || region >= REGIONS_MOST)
        return SQLITE_IOERR_SHMMAP;
    if (!own->has_shm) {
        own->has_shm = true;
        own->file->shm_users++;
    }
    void **place = &own->file->regions[region];
    if (!*place && is_written)
        *place = calloc(1, (size_t)size);
    *memory = *place;
    return SQLITE_OK;
}

static int lock_shm(sqlite3_file *base, int first, int count, int flags)
{
    handle *own = (handle *)base;
    disk_file *file = own->file;
    bool is_shared = (flags & SQLITE_SHM_SHARED) != 0, locks = (flags & SQLITE_SHM_LOCK) != 0;
    if (locks && !has_power())
        return SQLITE_IOERR_SHMLOCK;
    for (int i = first; locks && i < first + count; i++) {
        bool is_own = (own->shm_shared | own->shm_exclusive) >> i & 1;
        int others = file->shm_shared[i] - (own->shm_shared >> i & 1);
        if (!is_own && file->shm_exclusive[i])
            return SQLITE_BUSY;
        if (!is_shared && others > 0)
            return SQLITE_BUSY;
    }
    for (int i = first; i < first + count; i++) {
        uint16_t *mine = is_shared ? &own->shm_shared : &own->shm_exclusive;
        int *all = is_shared ? &file->shm_shared[i] : &file->shm_exclusive[i];
        bool has = *mine >> i & 1;
        if (has == locks)
            continue;
        *mine = (uint16_t)(*mine ^ 1 << i);
        *all += locks ? 1 : -1;
    }
    return SQLITE_OK;
}

static void barrier(sqlite3_file *base)
{
    (void)base;
}

static void drop_regions(disk_file *file)
{
    for (size_t i = 0; i < REGIONS_MOST; i++) {
        free(file->regions[i]);
        file->regions[i] = NULL;
    }
}

static int unmap_shm(sqlite3_file *base, int deletes)
{
    handle *own = (handle *)base;
    (void)deletes;
    if (!own->has_shm)
        return SQLITE_OK;
    lock_shm(base, 0, SQLITE_SHM_NLOCK, SQLITE_SHM_UNLOCK | SQLITE_SHM_SHARED);
    lock_shm(base, 0, SQLITE_SHM_NLOCK, SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE);
    own->has_shm = false;
    if (--own->file->shm_users == 0)
        drop_regions(own->file);
    return SQLITE_OK;
}

static int close_file(sqlite3_file *base)
{
    handle *own = (handle *)base;
    unmap_shm(base, 0);
    unlock_file(base, SQLITE_LOCK_NONE);
    own->base.pMethods = NULL;
    return SQLITE_OK;
}

static const sqlite3_io_methods methods = {.iVersion = 2,
                                           .xClose = close_file,
                                           .xRead = read_file,
                                           .xWrite = write_file,
                                           .xTruncate = truncate_file,
                                           .xSync = sync_file,
                                           .xFileSize = size_of_file,
                                           .xLock = lock_file,
                                           .xUnlock = unlock_file,
                                           .xCheckReservedLock = check_reserved,
                                           .xFileControl = control_file,
                                           .xSectorSize = sector_size,
                                           .xDeviceCharacteristics = characteristics,
                                           .xShmMap = map_shm,
                                           .xShmLock = lock_shm,
                                           .xShmBarrier = barrier,
                                           .xShmUnmap = unmap_shm};

/* ---- The file system ---- */

static disk_file *find_file(const char *name)
{
    for (size_t i = 0; i < FILES_MOST; i++)
        if (disk.files[i].is_there && strcmp(disk.files[i].name, name) == 0)
            return &disk.files[i];
    return NULL;
}

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags, int *opened)
{
    handle *own = (handle *)base;
    (void)vfs;
    *own = (handle){0};
    if (!name || !has_power()) /* the store keeps what is temporary in memory */
        return SQLITE_CANTOPEN;
    disk_file *file = find_file(name);
    for (size_t i = 0; !file && (flags & SQLITE_OPEN_CREATE) && i < FILES_MOST; i++) {
        if (disk.files[i].is_there || strlen(name) >= sizeof disk.files[i].name)
            continue;
        file = &disk.files[i];
        strcpy(file->name, name); /* its length was compared above */
        file->is_there = true;
    }
    if (!file)
        return SQLITE_CANTOPEN;
    own->file = file;
    own->base.pMethods = &methods;
    if (opened)
        *opened = flags;
    return SQLITE_OK;
}

static void empty_file(disk_file *file)
{
    forget_writes(file);
    file->seen.size = file->durable.size = 0;
    file->is_there = false;
}

static int delete_file(sqlite3_vfs *vfs, const char *name, int syncs)
{
    (void)vfs, (void)syncs;
    if (!has_power())
        return SQLITE_IOERR_DELETE;
    disk_file *file = find_file(name);
    if (!file)
        return SQLITE_IOERR_DELETE_NOENT;
    empty_file(file);
    return SQLITE_OK;
}

static int look_for(sqlite3_vfs *vfs, const char *name, int flags, int *result)
{
    const disk_file *file = find_file(name);
    (void)vfs;
    *result = file && (flags != SQLITE_ACCESS_EXISTS || file->seen.size > 0);
    return has_power() ? SQLITE_OK : SQLITE_IOERR_ACCESS;
}

static int full_name(sqlite3_vfs *vfs, const char *name, int size, char *full)
{
    (void)vfs;
    sqlite3_snprintf(size, full, "%s", name);
    return SQLITE_OK;
}

static int randomness(sqlite3_vfs *vfs, int size, char *bytes)
{
    (void)vfs;
    for (int i = 0; i < size; i++)
        bytes[i] = (char)gx_sim_draw(&disk.random);
    return size;
}

static int sleep_not(sqlite3_vfs *vfs, int microseconds)
{
    (void)vfs;
    return microseconds; /* nobody else could do anything meanwhile */
}

static int current_time(sqlite3_vfs *vfs, sqlite3_int64 *now)
{
    (void)vfs;
    *now = (sqlite3_int64)210866760000000 + gx_clock_now(); /* milliseconds since noon, 24 November 4714 BC */
    return SQLITE_OK;
}

static sqlite3_vfs vfs_of_disk = {.iVersion = 2,
                                  .szOsFile = sizeof(handle),
                                  .mxPathname = 255,
                                  .zName = GX_SIM_VFS,
                                  .xOpen = open_file,
                                  .xDelete = delete_file,
                                  .xAccess = look_for,
                                  .xFullPathname = full_name,
                                  .xRandomness = randomness,
                                  .xSleep = sleep_not,
                                  .xCurrentTimeInt64 = current_time};

/* ---- For the simulator ---- */

void gx_sim_disk_open(uint64_t seed)
{
    disk.random = (gx_sim_random){.seed = seed};
    sqlite3_vfs_register(&vfs_of_disk, 0);
}

void gx_sim_disk_plan(gx_sim_fault fault, uint32_t after)
{
    disk.has_plan = true;
    disk.plan = fault;
    disk.after = after;
}

void gx_sim_disk_forget(void)
{
    disk.has_plan = false;
    disk.full_writes = 0;
}

void gx_sim_disk_crash(void)
{
    for (size_t i = 0; i < FILES_MOST; i++) {
        disk_file *file = &disk.files[i];
        if (!file->is_there)
            continue;
        assert(file->shared == 0 && file->shm_users == 0);
        lose_writes(file);
        file->seen.size = 0;
        if (file->durable.size)
            put(&file->seen, 0, file->durable.bytes, file->durable.size);
    }
    disk.is_dead = false;
    gx_sim_disk_forget();
}

bool gx_sim_disk_is_dead(void)
{
    return disk.is_dead;
}

const uint64_t *gx_sim_disk_faults(void)
{
    return disk.faults;
}

uint64_t gx_sim_disk_digest(void)
{
    uint64_t digest = 0xCBF29CE484222325u;
    for (size_t i = 0; i < FILES_MOST; i++)
        for (size_t at = 0; disk.files[i].is_there && at < disk.files[i].durable.size; at++)
            digest = (digest ^ disk.files[i].durable.bytes[at]) * 0x100000001B3u;
    return digest;
}

void gx_sim_disk_lie(bool lies)
{
    disk.lies = lies;
}

void gx_sim_disk_close(void)
{
    for (size_t i = 0; i < FILES_MOST; i++) {
        disk_file *file = &disk.files[i];
        empty_file(file);
        drop_regions(file);
        free(file->seen.bytes);
        free(file->durable.bytes);
        free(file->writes);
    }
    memset(&disk, 0, sizeof disk);
    sqlite3_vfs_unregister(&vfs_of_disk);
}

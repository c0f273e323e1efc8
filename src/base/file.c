#include "base/file.h"
#include "base/buffer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool fail(gx_error *error, const char *code, const char *path)
{
    return gx_fail_at(error, code, ((gx_place){gx_text_of(path), 0, 0}), gx_text_of(strerror(errno)));
}

bool gx_file_read(gx_arena *arena, const char *path, size_t limit, gx_text *content, gx_error *error)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return fail(error, "base.file.open", path);
    struct stat status;
    if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
        if (!S_ISREG(status.st_mode))
            errno = EISDIR;
        close(file);
        return fail(error, "base.file.open", path);
    }
    if ((uint64_t)status.st_size > limit) {
        close(file);
        char figure[24];
        return gx_fail_at(error, "base.file.large", ((gx_place){gx_text_of(path), 0, 0}),
                          gx_error_int(figure, (int64_t)limit));
    }
    size_t size = (size_t)status.st_size;
    char *bytes = malloc(size + 1); /* not in the arena: a give-up there would leave the file open */
    size_t got = 0;
    while (bytes && got < size) {
        ssize_t count = read(file, bytes + got, size - got);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            break;
        got += (size_t)count;
    }
    close(file);
    if (!bytes || got != size) {
        free(bytes);
        return fail(error, "base.file.read", path);
    }
    gx_arena_on_release(arena, free, bytes);
    bytes[size] = 0;
    *content = (gx_text){bytes, size};
    return true;
}

static bool sync_folder_of(const char *path)
{
    char folder[4096];
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) : 0;
    if (length >= sizeof folder)
        return false;
    memcpy(folder, path, length);
    folder[length] = 0;
    int handle = open(length ? folder : slash ? "/" : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (handle < 0)
        return false;
    bool synced = fsync(handle) == 0;
    close(handle);
    return synced;
}

bool gx_file_write(const char *path, gx_text content, gx_error *error)
{
    char temporary[4096];
    if (snprintf(temporary, sizeof temporary, "%s.part", path) >= (int)sizeof temporary) {
        errno = ENAMETOOLONG;
        return fail(error, "base.file.write", path);
    }
    int file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0)
        return fail(error, "base.file.write", path);
    size_t done = 0;
    while (done < content.size) {
        ssize_t count = write(file, content.bytes + done, content.size - done);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            break;
        done += (size_t)count;
    }
    bool written = done == content.size && fsync(file) == 0;
    written = close(file) == 0 && written;
    if (!written || rename(temporary, path) != 0 || !sync_folder_of(path)) {
        int reason = errno;
        unlink(temporary);
        errno = reason;
        return fail(error, "base.file.write", path);
    }
    return true;
}

bool gx_file_exists(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0;
}

bool gx_file_make_folder(const char *path, gx_error *error)
{
    char part[4096];
    size_t length = strlen(path);
    if (length >= sizeof part) {
        errno = ENAMETOOLONG;
        return fail(error, "base.file.write", path);
    }
    memcpy(part, path, length + 1);
    for (size_t i = 1; i <= length; i++) {
        if (part[i] != '/' && part[i] != 0)
            continue;
        char end = part[i];
        part[i] = 0;
        if (mkdir(part, 0700) != 0 && errno != EEXIST)
            return fail(error, "base.file.write", path);
        part[i] = end;
    }
    return true;
}

typedef struct listing {
    gx_arena *arena;
    gx_text *names;
    size_t count, capacity;
} listing;

static void add_name(listing *list, gx_text name)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 64;
        gx_text *names = GX_NEW_ARRAY(list->arena, gx_text, capacity);
        if (list->count)
            memcpy(names, list->names, list->count * sizeof *names);
        list->names = names;
        list->capacity = capacity;
    }
    list->names[list->count++] = name;
}

static void close_folder(void *folder)
{
    closedir(folder);
}

static bool list_folder(listing *list, const char *root, gx_text below, int depth, gx_error *error)
{
    const char *path = below.size ? gx_format(list->arena, "%s/%.*s", root, GX_PRINT(below)).bytes : root;
    DIR *folder = opendir(path);
    if (!folder)
        return fail(error, "base.file.open", path);
    gx_arena_on_release(list->arena, close_folder, folder);
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] == '.')
            continue;
        gx_text name = below.size ? gx_format(list->arena, "%.*s/%s", GX_PRINT(below), entry->d_name)
                                  : gx_copy(list->arena, gx_text_of(entry->d_name));
        struct stat status;
        if (stat(gx_format(list->arena, "%s/%s", root, name.bytes).bytes, &status) != 0)
            continue;
        if (S_ISDIR(status.st_mode) && depth < 8 && !list_folder(list, root, name, depth + 1, error))
            return false;
        if (S_ISREG(status.st_mode))
            add_name(list, name);
    }
    return true;
}

static int compare_names(const void *a, const void *b)
{
    return gx_text_compare(*(const gx_text *)a, *(const gx_text *)b);
}

bool gx_file_list(gx_arena *arena, const char *path, gx_text **names, size_t *count, gx_error *error)
{
    listing list = {.arena = arena};
    if (!list_folder(&list, path, (gx_text){"", 0}, 0, error))
        return false;
    if (list.count)
        qsort(list.names, list.count, sizeof *list.names, compare_names);
    *names = list.names;
    *count = list.count;
    return true;
}

/* Instants of change are the kernel's: unlike those of writing nobody sets them back. */
bool gx_file_stamp(gx_arena *arena, const char *path, uint64_t *stamp, gx_error *error)
{
    gx_text *names;
    size_t count;
    if (!gx_file_list(arena, path, &names, &count, error))
        return false;
    *stamp = gx_text_hash(gx_text_of(path));
    for (size_t i = 0; i < count; i++) {
        struct stat status = {0};
        stat(gx_format(arena, "%s/%.*s", path, GX_PRINT(names[i])).bytes, &status);
        const int64_t facts[] = {(int64_t)gx_text_hash(names[i]), status.st_size,       (int64_t)status.st_ino,
                                 status.st_mtim.tv_sec,           status.st_mtim.tv_nsec, status.st_ctim.tv_sec,
                                 status.st_ctim.tv_nsec};
        *stamp = (*stamp ^ gx_text_hash((gx_text){(const char *)facts, sizeof facts})) * 0x9E3779B97F4A7C15u;
        *stamp ^= *stamp >> 29;
    }
    return true;
}

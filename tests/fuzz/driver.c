/* A coverage-guided fuzz driver for gcc, which has -fsanitize-coverage=trace-pc but no libFuzzer.
 *   fuzz-NAME [--seconds N] [--seed N] [--corpus DIR] [--max BYTES] [FILE...]
 * Without files it mutates inputs for N seconds and keeps those that reach new code; with files it runs each once, to look at
 * a crash again. The input at work is saved as "crash-fuzz-NAME" when the process dies. The seed is printed.
 *
 * Coverage is a map of 64 Ki counters, indexed by a hash of a site and the one before it: an input is interesting when it
 * makes a (site pair, order of magnitude of hits) that no input made before. This file itself is not instrumented. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* A target may offer words of its language, ended by NULL. */
extern const char *const gx_fuzz_words[] __attribute__((weak));
void __sanitizer_cov_trace_pc(void);
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

enum { MAP_SIZE = 65536, KEEP_MOST = 8192, FILES_MOST = 4096, HANG_SECONDS = 20 };

typedef struct input {
    uint8_t *bytes;
    size_t size;
} input;

static uint8_t hits[MAP_SIZE], seen[MAP_SIZE];
static uintptr_t site_before;
static input corpus[KEEP_MOST];
static size_t corpus_count;
static size_t size_most = 4096;
static input at_work;
static char crash_path[256];
static uint64_t random_state;

void __sanitizer_cov_trace_pc(void)
{
    uintptr_t site = (uintptr_t)__builtin_return_address(0);
    site = (site >> 2) ^ (site >> 14);
    uint8_t *hit = &hits[(site ^ site_before) % MAP_SIZE];
    *hit = (uint8_t)(*hit + (*hit != 255));
    site_before = site >> 1;
}

static uint64_t random_next(void) /* splitmix64 */
{
    uint64_t z = random_state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static size_t random_below(size_t limit)
{
    return limit ? (size_t)(random_next() % limit) : 0;
}

/* Only async-signal-safe calls: the heap may be broken. */
static void save_crash(void)
{
    int file = open(crash_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (file < 0)
        return;
    ssize_t ignored = write(file, at_work.bytes, at_work.size);
    (void)ignored;
    close(file);
}

static void on_signal(int number)
{
    save_crash();
    signal(number, SIG_DFL);
    raise(number);
}

static uint8_t magnitude(uint8_t count)
{
    static const uint8_t steps[] = {1, 2, 3, 4, 8, 16, 32, 128};
    uint8_t level = 0;
    for (size_t i = 0; i < sizeof steps && count >= steps[i]; i++)
        level = (uint8_t)(1u << i);
    return level;
}

/* Runs one input; true when it reached something new. It lies in a block of its exact size, so that reading past its end is
 * noticed. A hang is a finding, too. */
static bool run(const uint8_t *bytes, size_t size)
{
    memset(hits, 0, sizeof hits);
    site_before = 0;
    at_work = (input){malloc(size ? size : 1), size};
    memcpy(at_work.bytes, bytes, size);
    alarm(HANG_SECONDS);
    LLVMFuzzerTestOneInput(at_work.bytes, size);
    alarm(0);
    free(at_work.bytes);
    at_work = (input){NULL, 0};
    bool is_new = false;
    for (size_t i = 0; i < MAP_SIZE; i++) {
        uint8_t level = hits[i] ? magnitude(hits[i]) : 0;
        is_new |= (level & ~seen[i]) != 0;
        seen[i] |= level;
    }
    return is_new;
}

static void keep(const uint8_t *bytes, size_t size)
{
    if (corpus_count == KEEP_MOST)
        return;
    corpus[corpus_count] = (input){malloc(size ? size : 1), size};
    memcpy(corpus[corpus_count++].bytes, bytes, size);
}

static size_t insert(uint8_t *bytes, size_t size, size_t at, const void *what, size_t length)
{
    if (size + length > size_most)
        return size;
    memmove(bytes + at + length, bytes + at, size - at);
    memcpy(bytes + at, what, length);
    return size + length;
}

static size_t insert_word(uint8_t *bytes, size_t size, size_t at)
{
    static const char *const numbers[] = {"0", "-1", "9223372036854775807", "-9223372036854775808", "1e6144", "999999999"};
    size_t words = 0;
    while (gx_fuzz_words && gx_fuzz_words[words])
        words++;
    const char *word = words && random_below(4) ? gx_fuzz_words[random_below(words)]
                                                : numbers[random_below(sizeof numbers / sizeof *numbers)];
    return insert(bytes, size, at, word, strlen(word));
}

static size_t insert_piece(uint8_t *bytes, size_t size, size_t at)
{
    uint8_t piece[256];
    input other = corpus[random_below(corpus_count)];
    if (random_below(2) || other.size == 0)
        other = (input){bytes, size};
    if (other.size == 0)
        return size;
    size_t from = random_below(other.size);
    size_t length = 1 + random_below(other.size - from < sizeof piece ? other.size - from : sizeof piece);
    memcpy(piece, other.bytes + from, length);
    return insert(bytes, size, at, piece, length);
}

static size_t mutate_once(uint8_t *bytes, size_t size)
{
    size_t at = random_below(size + 1);
    uint8_t byte = (uint8_t)random_next();
    switch (random_below(7)) {
    case 0:
        if (at < size)
            bytes[at] ^= (uint8_t)(1u << random_below(8));
        return size;
    case 1:
        if (at < size)
            bytes[at] = byte;
        return size;
    case 2: return insert(bytes, size, at, &byte, 1);
    case 3: {
        size_t length = random_below((size - at < 32 ? size - at : 32) + 1);
        memmove(bytes + at, bytes + at + length, size - at - length);
        return size - length;
    }
    case 4: return insert_piece(bytes, size, at);
    default: return insert_word(bytes, size, at);
    }
}

static void run_file(const char *path, bool is_seed)
{
    size_t room = (size_t)1 << 22;
    uint8_t *bytes = malloc(room);
    FILE *file = fopen(path, "rb");
    if (file) {
        size_t size = fread(bytes, 1, room, file);
        fclose(file);
        run(bytes, size);
        if (is_seed && size <= size_most)
            keep(bytes, size);
    }
    free(bytes);
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void run_folder(const char *path)
{
    static char *paths[FILES_MOST];
    size_t count = 0;
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder && (entry = readdir(folder)) && count < FILES_MOST;)
        if (entry->d_name[0] != '.' && asprintf(&paths[count], "%s/%s", path, entry->d_name) > 0)
            count++;
    if (folder)
        closedir(folder);
    qsort(paths, count, sizeof *paths, compare_paths); /* so that the seed alone decides the run */
    for (size_t i = 0; i < count; i++) {
        run_file(paths[i], true);
        free(paths[i]);
    }
}

static void catch_crashes(const char *program)
{
    static const int fatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGALRM};
    const char *slash = strrchr(program, '/');
    snprintf(crash_path, sizeof crash_path, "crash-%s", slash ? slash + 1 : program);
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
        signal(fatal[i], on_signal);
    if (__sanitizer_set_death_callback)
        __sanitizer_set_death_callback(save_crash);
}

static uint64_t fuzz(long seconds)
{
    uint8_t *bytes = malloc(size_most + 512);
    uint64_t runs = 0;
    time_t end = time(NULL) + seconds;
    for (; time(NULL) < end; runs++) {
        /* newer inputs reach further: half of the time one of the last 32 is taken */
        size_t recent = corpus_count < 32 ? corpus_count : 32;
        size_t pick = random_next() & 1 ? corpus_count - 1 - random_below(recent) : random_below(corpus_count);
        size_t size = corpus[pick].size;
        memcpy(bytes, corpus[pick].bytes, size);
        for (size_t i = 1 + random_below(8); i > 0; i--)
            size = mutate_once(bytes, size);
        if (run(bytes, size))
            keep(bytes, size);
    }
    free(bytes);
    return runs;
}

int main(int count, char **arguments)
{
    long seconds = 10;
    const char *folder = NULL;
    bool has_files = false;
    random_state = (uint64_t)time(NULL);
    catch_crashes(arguments[0]);
    for (int i = 1; i < count; i++) {
        const char *value = i + 1 < count ? arguments[i + 1] : "";
        if (strcmp(arguments[i], "--seconds") == 0)
            seconds = atol(value), i++;
        else if (strcmp(arguments[i], "--seed") == 0)
            random_state = strtoull(value, NULL, 10), i++;
        else if (strcmp(arguments[i], "--corpus") == 0)
            folder = value, i++;
        else if (strcmp(arguments[i], "--max") == 0)
            size_most = strtoull(value, NULL, 10), i++;
        else
            run_file(arguments[i], false), has_files = true;
    }
    if (has_files)
        return 0;
    printf("1..1\n# seed %llu\n", (unsigned long long)random_state);
    fflush(stdout);
    keep((const uint8_t *)"", 0);
    if (folder)
        run_folder(folder);
    uint64_t runs = fuzz(seconds);
    printf("ok 1 - %llu inputs in %ld s without a crash (%zu kept)\n", (unsigned long long)runs, seconds, corpus_count);
    for (size_t i = 0; i < corpus_count; i++)
        free(corpus[i].bytes);
    return 0;
}

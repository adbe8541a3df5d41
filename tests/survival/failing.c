/*
 * Preloaded into the program, it makes one call of a kind fail: LAC_FAILING is "KIND NUMBER ERRNO FILE". The NUMBER-th call of the KIND
 * fails with ERRNO, once, or from then on where NUMBER has a + behind it; FILE then is made. NUMBER 0: none fails, and FILE gets
 * how many calls there were.
 *
 *   write, fsync, rename, make (files and folders), read, thread    whoever calls; of the C library's own calls none is seen
 *   allocation                                                      of the program itself and of jansson
 *   sync-folder                                                     fsync of the folder of a checkpoint in the making
 *   minutes                                                         none fails, and what waits for a minute of the clock waits for a tenth of a second
 */
#undef _FILE_OFFSET_BITS /* pwrite and pwrite64 are two names, and both are called */

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { RANGES = 4, EARLY = 65536 };

static struct {
    char kind[16], file[4096];
    long number;
    int reason;
    bool after, is_set;
    atomic_long calls;
    struct {
        uintptr_t from, to;
    } range[RANGES]; /* of code that allocates */
    int ranges;
} failing;

static void note(long count)
{
    char text[32];
    int length = snprintf(text, sizeof text, "%ld\n", count);
    long fd = syscall(SYS_openat, AT_FDCWD, failing.file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd >= 0) {
        (void)syscall(SYS_write, fd, text, (size_t)length);
        (void)syscall(SYS_close, fd);
    }
}

static bool fails(const char *kind)
{
    if (!failing.is_set || strcmp(failing.kind, kind) != 0) {
        return false;
    }
    long call = atomic_fetch_add(&failing.calls, 1) + 1;
    if (failing.number == 0 ||
        (call != failing.number && !(failing.after && call > failing.number))) {
        return false;
    }
    note(call);
    errno = failing.reason;
    return true;
}

/* The program has no name, and comes first. */
static int add_range(struct dl_phdr_info *info, size_t size, void *first)
{
    (void)size;
    bool is_program = *(bool *)first;
    *(bool *)first = false;
    if (!is_program && !strstr(info->dlpi_name, "libjansson")) {
        return 0;
    }
    for (int i = 0; i < info->dlpi_phnum && failing.ranges < RANGES; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type == PT_LOAD && (part->p_flags & PF_X)) {
            failing.range[failing.ranges].from = info->dlpi_addr + part->p_vaddr;
            failing.range[failing.ranges].to = info->dlpi_addr + part->p_vaddr + part->p_memsz;
            failing.ranges++;
        }
    }
    return 0;
}

static void tell_count(void)
{
    note(atomic_load(&failing.calls));
}

__attribute__((constructor)) static void begin(void)
{
    const char *text = getenv("LAC_FAILING");
    char number[32] = "", reason[16] = "";
    bool first = true;
    /* not of a shell that starts it under valgrind */
    if (!text || strcmp(program_invocation_short_name, "laconic") != 0 ||
        sscanf(text, "%15s %31s %15s %4095s", failing.kind, number, reason, failing.file) != 4) {
        return;
    }
    failing.number = strtol(number, NULL, 10);
    failing.after = strchr(number, '+') != NULL;
    failing.reason = (int)strtol(reason, NULL, 10);
    dl_iterate_phdr(add_range, &first);
    if (failing.number == 0) {
        (void)atexit(tell_count);
    }
    failing.is_set = true;
}

/* The function of this name that would have been called; a pointer to one is no object in C. */
static void find(const char *name, void *function)
{
    void *found = dlsym(RTLD_NEXT, name);
    memcpy(function, &found, sizeof found);
}

#define REAL(result, name, ...)         \
    static result (*real)(__VA_ARGS__); \
    if (!real) {                        \
        find(#name, &real);             \
    }

/*
 * Allocations
 */

/* Before the real functions are found, which allocates itself. */
static _Alignas(64) unsigned char early[EARLY];
static size_t early_used;
static bool is_finding;

static void *early_new(size_t bytes)
{
    void *p = early + early_used;
    early_used += (bytes + 63) / 64 * 64;
    return early_used <= EARLY ? p : NULL;
}

static bool is_early(const void *p)
{
    return (const unsigned char *)p >= early && (const unsigned char *)p < early + EARLY;
}

static struct {
    void *(*malloc)(size_t);
    void *(*calloc)(size_t, size_t);
    void *(*realloc)(void *, size_t);
    void *(*aligned_alloc)(size_t, size_t);
    int (*posix_memalign)(void **, size_t, size_t);
    void (*free)(void *);
    bool found;
} real_memory;

static bool finds_memory(void)
{
    if (real_memory.found || is_finding) {
        return real_memory.found;
    }
    is_finding = true;
    find("calloc", &real_memory.calloc);
    find("malloc", &real_memory.malloc);
    find("realloc", &real_memory.realloc);
    find("aligned_alloc", &real_memory.aligned_alloc);
    find("posix_memalign", &real_memory.posix_memalign);
    find("free", &real_memory.free);
    real_memory.found = true;
    is_finding = false;
    return true;
}

static bool fails_for(const void *caller)
{
    uintptr_t at = (uintptr_t)caller;
    for (int i = 0; i < failing.ranges; i++) {
        if (at >= failing.range[i].from && at < failing.range[i].to) {
            return fails("allocation");
        }
    }
    return false;
}

#define CALLER __builtin_return_address(0)

void *malloc(size_t bytes)
{
    if (fails_for(CALLER)) {
        return NULL;
    }
    return finds_memory() ? real_memory.malloc(bytes) : early_new(bytes);
}

void *calloc(size_t count, size_t bytes)
{
    if (fails_for(CALLER)) {
        return NULL;
    }
    return finds_memory() ? real_memory.calloc(count, bytes) : early_new(count * bytes);
}

void *realloc(void *p, size_t bytes)
{
    if (fails_for(CALLER)) {
        return NULL;
    }
    if (finds_memory() && !is_early(p)) {
        return real_memory.realloc(p, bytes);
    }
    void *larger = malloc(bytes);
    if (p && larger) {
        size_t room = (size_t)(early + EARLY - (unsigned char *)p);
        memcpy(larger, p, bytes < room ? bytes : room);
    }
    return larger;
}

void *aligned_alloc(size_t alignment, size_t bytes)
{
    if (fails_for(CALLER)) {
        return NULL;
    }
    return finds_memory() ? real_memory.aligned_alloc(alignment, bytes) : early_new(bytes);
}

int posix_memalign(void **out, size_t alignment, size_t bytes)
{
    if (fails_for(CALLER)) {
        return ENOMEM;
    }
    if (finds_memory()) {
        return real_memory.posix_memalign(out, alignment, bytes);
    }
    *out = early_new(bytes);
    return *out ? 0 : ENOMEM;
}

void free(void *p)
{
    if (!is_early(p) && finds_memory()) {
        real_memory.free(p);
    }
}

/*
 * Calls of the system
 */

ssize_t write(int fd, const void *bytes, size_t count)
{
    REAL(ssize_t, write, int, const void *, size_t)
    return fd > STDERR_FILENO && fails("write") ? -1 : real(fd, bytes, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset)
{
    REAL(ssize_t, pwrite, int, const void *, size_t, off_t)
    return fails("write") ? -1 : real(fd, bytes, count, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off_t offset)
{
    REAL(ssize_t, pwrite64, int, const void *, size_t, off_t)
    return fails("write") ? -1 : real(fd, bytes, count, offset);
}

ssize_t read(int fd, void *bytes, size_t count)
{
    REAL(ssize_t, read, int, void *, size_t)
    return fails("read") ? -1 : real(fd, bytes, count);
}

ssize_t pread(int fd, void *bytes, size_t count, off_t offset)
{
    REAL(ssize_t, pread, int, void *, size_t, off_t)
    return fails("read") ? -1 : real(fd, bytes, count, offset);
}

ssize_t pread64(int fd, void *bytes, size_t count, off_t offset)
{
    REAL(ssize_t, pread64, int, void *, size_t, off_t)
    return fails("read") ? -1 : real(fd, bytes, count, offset);
}

static bool is_in_the_making(int fd)
{
    char link[64], path[4096];
    struct stat facts;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    path[length > 0 ? length : 0] = '\0';
    const char *name = strrchr(path, '/');
    return fstat(fd, &facts) == 0 && S_ISDIR(facts.st_mode) && name &&
           strncmp(name, "/.tmp-round-", 12) == 0;
}

int fsync(int fd)
{
    REAL(int, fsync, int)
    return fails("fsync") || (is_in_the_making(fd) && fails("sync-folder")) ? -1 : real(fd);
}

/* Waits are until a moment of this clock, a minute from now. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
    REAL(int, clock_gettime, clockid_t, struct timespec *)
    int status = real(clock, now);
    if (clock == CLOCK_REALTIME && failing.is_set && strcmp(failing.kind, "minutes") == 0) {
        now->tv_sec -= 60;
        now->tv_nsec += 100000000;
        now->tv_sec += now->tv_nsec / 1000000000;
        now->tv_nsec %= 1000000000;
    }
    return status;
}

int rename(const char *from, const char *to)
{
    REAL(int, rename, const char *, const char *)
    return fails("rename") ? -1 : real(from, to);
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags)
{
    REAL(int, renameat2, int, const char *, int, const char *, unsigned)
    return fails("rename") ? -1 : real(from_folder, from, to_folder, to, flags);
}

int link(const char *from, const char *to)
{
    REAL(int, link, const char *, const char *)
    return fails("rename") ? -1 : real(from, to);
}

int mkdir(const char *path, mode_t mode)
{
    REAL(int, mkdir, const char *, mode_t)
    return fails("make") ? -1 : real(path, mode);
}

static mode_t mode_of(int flags, va_list *more)
{
    return flags & O_CREAT ? va_arg(*more, mode_t) : 0;
}

int open(const char *path, int flags, ...)
{
    REAL(int, open, const char *, int, ...)
    va_list more;
    va_start(more, flags);
    mode_t mode = mode_of(flags, &more);
    va_end(more);
    return (flags & O_CREAT) && fails("make") ? -1 : real(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    REAL(int, open64, const char *, int, ...)
    va_list more;
    va_start(more, flags);
    mode_t mode = mode_of(flags, &more);
    va_end(more);
    return (flags & O_CREAT) && fails("make") ? -1 : real(path, flags, mode);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *form, void *(*run)(void *),
                   void *context)
{
    REAL(int, pthread_create, pthread_t *, const pthread_attr_t *, void *(*)(void *), void *)
    return fails("thread") ? EAGAIN : real(thread, form, run, context);
}

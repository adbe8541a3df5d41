/*
 * The first, second, ... call of each kind fails until a checkpoint is committed: each time with a clean status, no file left open,
 * and the checkpoint before it as it was. Calls of the system are those of this program, for HDF5 too; allocations those of
 * the program's own objects and of jansson.
 */
#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>

#include "checkpoint_test.h"

enum kind { WRITES, FSYNCS, RENAMES, ALLOCATIONS, THREADS, LIES, KINDS };

static const char *const kind_name[KINDS] = {"write",      "fsync",  "rename",
                                             "allocation", "thread", "lie"};

static atomic_int failing = KINDS; /* the kind that fails */
static atomic_long calls, failing_call;
static int failing_errno;
static bool failing_after; /* all later ones too, as on a full disk */

static bool fails(enum kind kind)
{
    if (atomic_load(&failing) != (int)kind) {
        return false;
    }
    long call = atomic_fetch_add(&calls, 1) + 1;
    if (call == failing_call || (failing_after && call > failing_call)) {
        errno = kind == ALLOCATIONS ? ENOMEM : failing_errno;
        return true;
    }
    return false;
}

ssize_t write(int fd, const void *bytes, size_t count)
{
    return fails(WRITES) ? -1 : syscall(SYS_write, fd, bytes, count);
}

/* A disk that keeps something else than it was given, and does not say so. */
static ssize_t lie(int fd, const void *bytes, size_t count, off_t offset)
{
    unsigned char other = *(const unsigned char *)bytes ^ 1;
    ssize_t written = syscall(SYS_pwrite64, fd, bytes, count, offset);
    return syscall(SYS_pwrite64, fd, &other, 1, offset) == 1 ? written : -1;
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset)
{
    if (count > 0 && fails(LIES)) {
        return lie(fd, bytes, count, offset);
    }
    return fails(WRITES) ? -1 : syscall(SYS_pwrite64, fd, bytes, count, offset);
}

/* The name that HDF5 calls; ours of 64 bits is another to the linker. */
ssize_t pwrite_of_hdf5(int fd, const void *bytes, size_t count, off_t offset) __asm__("pwrite");

ssize_t pwrite_of_hdf5(int fd, const void *bytes, size_t count, off_t offset)
{
    return pwrite(fd, bytes, count, offset);
}

int fsync(int fd)
{
    return fails(FSYNCS) ? -1 : (int)syscall(SYS_fsync, fd);
}

int rename(const char *from, const char *to)
{
    return fails(RENAMES) ? -1 : (int)syscall(SYS_rename, from, to);
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags)
{
    return fails(RENAMES) ? -1
                          : (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
}

/* NOLINTBEGIN(bugprone-reserved-identifier): names that the linker gives */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__real_sodium_malloc(size_t size);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *form, void *(*run)(void *),
                          void *context);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
void *__wrap_sodium_malloc(size_t size);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *form, void *(*run)(void *),
                          void *context);
/* NOLINTEND(bugprone-reserved-identifier) */

void *__wrap_malloc(size_t size)
{
    return fails(ALLOCATIONS) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails(ALLOCATIONS) ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *p, size_t size)
{
    return fails(ALLOCATIONS) ? NULL : __real_realloc(p, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return fails(ALLOCATIONS) ? NULL : __real_aligned_alloc(alignment, size);
}

void *__wrap_sodium_malloc(size_t size)
{
    return fails(ALLOCATIONS) ? NULL : __real_sodium_malloc(size);
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *form, void *(*run)(void *),
                          void *context)
{
    return fails(THREADS) ? EAGAIN : __real_pthread_create(thread, form, run, context);
}

static void fail_at(enum kind kind, long call)
{
    calls = 0;
    failing_call = call;
    failing = (int)kind;
}

static size_t open_files(void)
{
    return names_with("/proc/self/fd", "");
}

static lac_status attempt(uint64_t round, const unsigned char *key)
{
    struct lac_arena arena = {0};
    struct lac_checkpoints *c = NULL;
    const char *warning;
    lac_status status = lac_checkpoints_open(&c, DIR_NAME, "0123456789abcdef", &arena, &warning);
    if (status == LAC_OK) {
        status = commit_round(c, round, 1, key);
    }
    lac_checkpoints_close(c);
    lac_arena_free(&arena);
    return status;
}

static bool is_clean_status(lac_status status, enum kind kind)
{
    const char *sentence = lac_failure();
    lac_status wanted = kind == ALLOCATIONS ? LAC_E_MEMORY : LAC_E_IO;
    bool clean = status == wanted && *sentence && !strchr(sentence, '\n') &&
                 (kind == ALLOCATIONS || strstr(sentence, strerror(failing_errno)));
    if (kind == LIES) { /* found by whoever reads back first: HDF5, the seal, or we */
        clean = *sentence && !strchr(sentence, '\n');
    }
    if (!clean) {
        printf("# status %d: %s\n", (int)status, sentence);
    }
    return clean;
}

struct tally {
    long failed, passed, unclean, damaged, open;
};

/* One kind, one error, all calls. The round before is `round`, and so it is where the attempt fails. */
static void sweep(enum kind kind, uint64_t *round, const unsigned char *key, struct tally *t)
{
    lac_status status = LAC_E_FAILED;
    size_t files = open_files();
    for (long call = 1; call == 1 || atomic_load(&calls) >= call - 1; call++) {
        fail_at(kind, call);
        status = attempt(*round + 1, key);
        failing = KINDS;
        bool kept = status == LAC_OK ? holds(*round + 1, key) : holds(*round, key);
        char wanted[64];
        if (status == LAC_OK) {
            t->passed++;
            *round += 1;
        } else {
            t->failed++;
            t->unclean += !is_clean_status(status, kind);
            snprintf(wanted, sizeof wanted, "%llu", (unsigned long long)*round);
            kept = kept && strcmp(rounds_there(), wanted) == 0;
        }
        if (!kept) {
            printf("# %s %ld: status %d, rounds %s; %s\n", kind_name[kind], call, (int)status,
                   rounds_there(), lac_failure());
        }
        t->damaged += !kept;
        t->open += open_files() != files;
        files = open_files();
    }
}

static void all_kinds(const unsigned char *key, const char *name)
{
    static const struct {
        enum kind kind;
        int reason;
        bool after;
        const char *text;
    } cases[] = {{WRITES, ENOSPC, true, "a full disk at each write"},
                 {WRITES, EDQUOT, true, "a quota that is used up at each write"},
                 {WRITES, EIO, false, "each write"},
                 {FSYNCS, EIO, false, "each fsync"},
                 {RENAMES, EACCES, false, "each rename"},
                 {ALLOCATIONS, ENOMEM, false, "each allocation"},
                 {THREADS, EAGAIN, false, "each thread that does not start"},
                 {LIES, 0, false, "each write that keeps another byte"}};
    uint64_t round = 12;
    tree_remove(".");
    TAP_OK(attempt(round, key));
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct tally t = {0};
        failing_errno = cases[k].reason;
        failing_after = cases[k].after;
        sweep(cases[k].kind, &round, key, &t);
        tap_ok(t.damaged == 0, "%s: %s (%ld fail, %ld do no harm) leaves the checkpoints whole",
               name, cases[k].text, t.failed, t.passed);
        tap_ok(t.unclean == 0 && t.failed + t.passed > 1 &&
                   (t.failed > 0) == (cases[k].kind != THREADS),
               "%s: %s is said in a sentence", name, cases[k].text);
        if (cases[k].kind == WRITES || cases[k].kind == FSYNCS) {
            tap_ok(t.passed == 1, "%s: %s is never passed over", name, cases[k].text);
        }
        tap_ok(t.open == 0, "%s: %s leaves no file open", name, cases[k].text);
    }
    TAP_OK(attempt(round + 1, key));
    tap_ok(names_with(DIR_NAME, ".") == 0 && !is_there(DIR_NAME "/lock"),
           "%s: after all that nothing half-written is left", name);
}

/* What is read where memory is short is right, or is said to be missing. */
static void reading(const unsigned char *key, const char *name)
{
    long wrong = 0, failed = 0;
    uint64_t round = strtoull(rounds_there(), NULL, 10), found = 0;
    size_t files = open_files();
    for (long call = 1; call == 1 || atomic_load(&calls) >= call - 1; call++) {
        struct state s = {0};
        fail_at(ALLOCATIONS, call);
        lac_status status = believe(round_folder(round), &s, &found, key);
        failing = KINDS;
        failed += status != LAC_OK;
        /* never LAC_E_INPUT, for which a whole checkpoint would be put aside */
        bool right =
            status == LAC_OK ? found == round && is_state(&s, round) : status == LAC_E_MEMORY;
        wrong += !right;
        if (!right) {
            printf("# call %ld: status %d, %s\n", call, (int)status, lac_failure());
        }
    }
    tap_ok(failed > 5 && wrong == 0 && open_files() == files,
           "%s: each allocation of reading (%ld) fails in a sentence", name, failed);
}

static void *json_memory(size_t size)
{
    return fails(ALLOCATIONS) ? NULL : __real_malloc(size);
}

int main(void)
{
    checkpoint_scratch();
    test_keys();
    json_set_alloc_funcs(json_memory, free);
    all_kinds(NULL, "plain");
    reading(NULL, "plain");
    all_kinds(good_key, "sealed");
    reading(good_key, "sealed");
    test_keys_free();
    return tap_done();
}

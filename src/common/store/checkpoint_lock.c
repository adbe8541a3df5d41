#include "store/checkpoint_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { TEXT = LAC_LOCK_TEXT, WORD = 256, TRIES = 100, TIME_DIGITS = 20, PATIENCE = 50 };

/* What a lock says. */
struct owner {
    char host[WORD], place[WORD], run[WORD];
    long process;
    unsigned long long start;
    bool has_job;
    unsigned long long job, restarts;
};

static void read_line(const char *path, char *out, size_t capacity)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, out, capacity - 1);
    if (fd >= 0) {
        close(fd);
    }
    out[got > 0 ? (size_t)got : 0] = '\0';
    out[strcspn(out, "\n")] = '\0';
}

/* Field 22 of /proc/NUMBER/stat; the name in field 2 may have blanks. False where there is no such process, or one that has
   ended and whose parent did not ask how. */
static bool start_of(long process, unsigned long long *start)
{
    char path[64], text[TEXT];
    snprintf(path, sizeof path, "/proc/%ld/stat", process);
    read_line(path, text, sizeof text);
    char *field = strrchr(text, ')');
    if (!field || field[1] == '\0' || field[2] == 'Z' || field[2] == 'X') {
        return false;
    }
    for (int k = 2; k < 22 && field; k++) {
        field = strchr(field + 1, ' ');
    }
    return field && sscanf(field, "%llu", start) == 1;
}

static unsigned long long variable(const char *name)
{
    const char *value = getenv(name);
    return value ? strtoull(value, NULL, 10) : 0;
}

static void words_only(char *text)
{
    for (; *text; text++) {
        *text = *text > ' ' && *text < 0x7f ? *text : '_';
    }
}

static struct owner this_process(const char *run)
{
    struct owner o = {.process = (long)getpid(), .has_job = getenv("SLURM_JOB_ID") != NULL};
    char boot[64], space[64];
    read_line("/proc/sys/kernel/random/boot_id", boot, sizeof boot);
    ssize_t length = readlink("/proc/self/ns/pid", space, sizeof space - 1);
    space[length > 0 ? (size_t)length : 0] = '\0';
    if (gethostname(o.host, sizeof o.host - 1) != 0 || !*o.host) {
        snprintf(o.host, sizeof o.host, "unknown");
    }
    words_only(o.host);
    snprintf(o.place, sizeof o.place, "%s/%s", boot, space);
    words_only(o.place);
    snprintf(o.run, sizeof o.run, "%s", run);
    words_only(o.run);
    (void)start_of(o.process, &o.start);
    o.job = variable("SLURM_JOB_ID");
    o.restarts = variable("SLURM_RESTART_COUNT");
    return o;
}

static int print_owner(const struct owner *o, char text[TEXT])
{
    char job[64] = "";
    if (o->has_job) {
        snprintf(job, sizeof job, "job %llu %llu\n", o->job, o->restarts);
    }
    return snprintf(text, TEXT,
                    "laconic-lock 1\nhost %s\nplace %s\nprocess %ld %llu\n%srun %s\n"
                    "refreshed %020lld\n",
                    o->host, o->place, o->process, o->start, job, o->run, (long long)time(NULL));
}

/* False where it is not what print_owner makes. */
static bool parse_owner(const char *text, struct owner *o)
{
    const char *job = strstr(text, "\njob "), *run = strstr(text, "\nrun ");
    *o = (struct owner){0};
    o->has_job = job && sscanf(job, "\njob %llu %llu", &o->job, &o->restarts) == 2;
    return sscanf(text, "laconic-lock 1\nhost %255s\nplace %255s\nprocess %ld %llu", o->host,
                  o->place, &o->process, &o->start) == 4 &&
           run && sscanf(run, "\nrun %255s", o->run) == 1;
}

static bool is_gone(const struct owner *o)
{
    unsigned long long start;
    if (kill((pid_t)o->process, 0) != 0 && errno == ESRCH) {
        return true;
    }
    return !start_of(o->process, &start) || start != o->start;
}

/* Why the lock is stale, or NULL. known: it could be parsed. */
static const char *stale_because(const struct owner *o, bool known, const struct owner *us,
                                 double age)
{
    bool here = known && strcmp(o->host, us->host) == 0 && strcmp(o->place, us->place) == 0;
    if (here) {
        return o->process <= 0 || is_gone(o) ? "that process is gone" : NULL;
    }
    if (known && o->has_job && us->has_job && o->job == us->job && o->restarts < us->restarts) {
        return "that start of this job is over";
    }
    return age > LAC_LOCK_STALE_SECONDS ? "it was not refreshed for ten minutes" : NULL;
}

static lac_status refuse(const char *path, const struct owner *o, bool known)
{
    char job[64] = "";
    if (!known) {
        return LAC_FAIL(LAC_E_USAGE,
                        "'%s' is held by somebody who does not say who; it is taken over ten "
                        "minutes after its last change",
                        path);
    }
    if (o->has_job) {
        snprintf(job, sizeof job, ", job %llu", o->job);
    }
    return LAC_FAIL(LAC_E_USAGE,
                    "'%s' is held by process %ld on %s%s, which writes checkpoints there; give "
                    "another folder, or end that run first",
                    path, o->process, o->host, job);
}

static lac_status warn(const char *path, const struct owner *o, bool known, const char *why,
                       struct lac_arena *arena, const char **warning)
{
    char text[LAC_PATH + TEXT];
    if (known) {
        snprintf(text, sizeof text, "the lock '%s' of process %ld on %s is taken over: %s", path,
                 o->process, o->host, why);
    } else {
        snprintf(text, sizeof text, "the lock '%s' is taken over: %s", path, why);
    }
    return lac_arena_text(arena, text, warning);
}

/* One attempt's own file, and what is at DIR/lock. */
struct attempt {
    struct lac_lock *lock;
    struct owner us;
    char own[LAC_PATH];
    struct stat facts; /* of own */
    struct lac_arena *arena;
    const char **warning;
    bool again; /* somebody was faster: look once more */
};

static lac_status write_own(struct attempt *a)
{
    char text[TEXT];
    size_t length = (size_t)print_owner(&a->us, text);
    int fd = mkostemp(a->own, O_CLOEXEC);
    if (fd < 0) {
        return lac_cannot("write", a->lock->path, errno);
    }
    char there[TEXT];
    bool ok = fchmod(fd, 0644) == 0 && lac_write_at(fd, text, length, 0) &&
              lac_read_at(fd, there, length, 0) && fstat(fd, &a->facts) == 0;
    int reason = errno;
    bool same = ok && memcmp(there, text, length) == 0;
    close(fd);
    if (!same) {
        (void)unlink(a->own);
    }
    memcpy(a->lock->text, text, length);
    a->lock->length = length - TIME_DIGITS - 1; /* the last line is made new */
    return same ? LAC_OK
           : ok ? lac_not_as_written(a->lock->path)
                : lac_cannot("write", a->lock->path, reason);
}

static bool is_at(const char *path, const struct stat *facts)
{
    struct stat there;
    return stat(path, &there) == 0 && there.st_ino == facts->st_ino &&
           there.st_dev == facts->st_dev;
}

static double age_of(const struct stat *lock, const struct stat *own)
{
    return (double)(own->st_mtim.tv_sec - lock->st_mtim.tv_sec) +
           1e-9 * (double)(own->st_mtim.tv_nsec - lock->st_mtim.tv_nsec);
}

/* What is there is open, and nobody else replaces it. */
static lac_status judge(struct attempt *a, int fd)
{
    struct owner o;
    struct stat facts;
    char text[TEXT];
    const char *path = a->lock->path;
    if (fstat(fd, &facts) == 0 && !S_ISREG(facts.st_mode)) {
        return LAC_FAIL(LAC_E_USAGE,
                        "'%s' is no regular file, and of no run; remove it, or give another folder",
                        path);
    }
    ssize_t got = pread(fd, text, sizeof text - 1, 0);
    if (got < 0 || fstat(fd, &facts) != 0) {
        return lac_cannot("read", path, errno);
    }
    text[got] = '\0';
    if (!is_at(path, &facts)) {
        a->again = true;
        return LAC_OK;
    }
    bool known = parse_owner(text, &o);
    const char *why = stale_because(&o, known, &a->us, age_of(&facts, &a->facts));
    if (!why) {
        return refuse(path, &o, known);
    }
    LAC_TRY(warn(path, &o, known, why, a->arena, a->warning));
    if (rename(a->own, path) != 0) {
        *a->warning = NULL;
        return lac_cannot("write", path, errno);
    }
    return LAC_OK;
}

/* flock(2) of it, which one that takes over holds for a moment; on file systems without it a race of two that do is not settled. */
static lac_status wait_for(int fd, const char *path)
{
    static const struct timespec moment = {.tv_nsec = 100000000};
    for (int k = 0; k < PATIENCE; k++) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) {
            return LAC_OK;
        }
        nanosleep(&moment, NULL);
    }
    return LAC_FAIL(LAC_E_USAGE,
                    "'%s' is locked by a program that does not let go of it (flock): no run holds "
                    "that longer than a moment; end that program, or give another folder",
                    path);
}

static lac_status look(struct attempt *a)
{
    static const int flags = O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW;
    int fd = open(a->lock->path, O_RDWR | flags);
    fd = fd < 0 && errno == EACCES ? open(a->lock->path, O_RDONLY | flags) : fd;
    if (fd < 0) {
        a->again = errno == ENOENT;
        return a->again ? LAC_OK : lac_cannot("read", a->lock->path, errno);
    }
    lac_status status = wait_for(fd, a->lock->path);
    status = status == LAC_OK ? judge(a, fd) : status;
    close(fd);
    return status;
}

static lac_status try_once(struct attempt *a)
{
    a->again = false;
    LAC_TRY(write_own(a));
    lac_status status = LAC_OK;
    if (link(a->own, a->lock->path) != 0) {
        int reason = errno;
        a->again = reason == ENOENT; /* swept away by who has the lock */
        status = reason == EEXIST ? look(a)
                 : a->again       ? LAC_OK
                                  : lac_cannot("write", a->lock->path, reason);
    }
    (void)unlink(a->own);
    return status;
}

lac_status lac_lock_take(struct lac_lock *l, const char *dir, const char *run,
                         struct lac_arena *arena, const char **warning)
{
    struct attempt a = {
        .lock = l, .us = this_process(run), .arena = arena, .warning = warning, .again = true};
    *warning = NULL;
    LAC_TRY(lac_path_join(l->path, dir, "lock"));
    for (int k = 0; k < TRIES && a.again; k++) {
        LAC_TRY(lac_path_join(a.own, dir, LAC_LOCK_TEMPORARY "XXXXXX"));
        LAC_TRY(try_once(&a));
    }
    if (a.again) {
        return LAC_FAIL(LAC_E_USAGE, "'%s' comes and goes: too many runs want this folder",
                        l->path);
    }
    l->device = a.facts.st_dev;
    l->inode = a.facts.st_ino;
    l->held = true;
    return LAC_OK;
}

/* 1 yes, 0 no, negative: the folder does not tell, for this reason of errno. An inode alone may be given to the next file. */
static int is_ours(const struct lac_lock *l)
{
    char text[TEXT];
    struct stat facts = {0};
    if (!l->held) {
        return 0;
    }
    int fd = open(l->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (fd < 0) {
        int reason = errno;
        char folder[LAC_PATH];
        snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(l->path, '/') - l->path), l->path);
        return reason == ENOENT && access(*folder ? folder : "/", F_OK) == 0 ? 0 : -reason;
    }
    ssize_t got = pread(fd, text, l->length, 0);
    int reason = got < 0 || fstat(fd, &facts) != 0 ? errno : 0;
    close(fd);
    if (reason != 0) {
        return -reason;
    }
    return facts.st_dev == l->device && facts.st_ino == l->inode && (size_t)got == l->length &&
           memcmp(text, l->text, l->length) == 0;
}

lac_status lac_lock_check(const struct lac_lock *l)
{
    int ours = is_ours(l);
    if (ours < 0) {
        return lac_cannot("read", l->path, -ours);
    }
    return ours ? LAC_OK
                : LAC_FAIL(LAC_E_FAILED,
                           "'%s' is no longer this run's: another one took the folder over, or "
                           "somebody removed the lock; this run writes no more checkpoints there",
                           l->path);
}

void lac_lock_refresh(const struct lac_lock *l)
{
    char digits[TIME_DIGITS + 2];
    struct stat facts;
    int fd = is_ours(l) == 1 ? open(l->path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
    if (fd < 0) {
        return;
    }
    if (fstat(fd, &facts) == 0 && facts.st_ino == l->inode && facts.st_size > TIME_DIGITS + 1) {
        snprintf(digits, sizeof digits, "%020lld\n", (long long)time(NULL));
        (void)lac_write_at(fd, digits, TIME_DIGITS + 1, (uint64_t)facts.st_size - TIME_DIGITS - 1);
    }
    close(fd);
}

void lac_lock_release(struct lac_lock *l)
{
    if (is_ours(l) == 1) {
        (void)unlink(l->path);
    }
    l->held = false;
}

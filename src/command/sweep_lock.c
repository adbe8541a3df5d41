/*
 * A file that whoever makes the runs holds locked, and their processes with it: the lock ends when the last of them does.
 * One task of an array shares the folder with others, and holds the file of its run alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/leave.h"
#include "command/sweep_parts.h"

/* The process that it names, 0 where it names none of this host. */
static long owner_of(int fd, char host[256])
{
    char text[512] = "", here[256] = "";
    long process = 0;
    (void)gethostname(here, sizeof here - 1);
    host[0] = '\0';
    ssize_t got = pread(fd, text, sizeof text - 1, 0);
    text[got > 0 ? got : 0] = '\0';
    if (sscanf(text, "process %ld on %255s", &process, host) != 2) {
        return 0;
    }
    return strcmp(host, here) == 0 ? process : 0;
}

static void write_owner(int fd)
{
    char text[512], host[256] = "unknown";
    (void)gethostname(host, sizeof host - 1);
    int length = snprintf(text, sizeof text, "process %ld on %s\n", (long)getpid(), host);
    if (ftruncate(fd, 0) == 0) {
        ssize_t written = pwrite(fd, text, (size_t)length, 0);
        (void)written; /* it is for people */
    }
}

/* Whether the path still leads to the open file: who ended before us may have removed it. */
static bool is_there(int fd, const char *path)
{
    struct stat open_one, named;
    return fstat(fd, &open_one) == 0 && stat(path, &named) == 0 &&
           open_one.st_ino == named.st_ino && open_one.st_dev == named.st_dev;
}

/* Runs of a sweep that was killed have some seconds to leave. */
static bool may_end_soon(int fd, double began)
{
    char host[256];
    long process = owner_of(fd, host);
    bool gone = process > 0 && kill((pid_t)process, 0) != 0 && errno == ESRCH;
    return gone && lac_seconds() - began < LAC_LEAVE_SECONDS + 5;
}

static lac_status refuse(int fd, const char *path)
{
    char host[256];
    long process = owner_of(fd, host);
    if (process > 0) {
        return LAC_FAIL(LAC_E_USAGE,
                        "'%s' is held by process %ld, which makes these runs now; end it first, or "
                        "give another --out",
                        path, process);
    }
    return LAC_FAIL(LAC_E_USAGE,
                    "'%s' is held by another process%s%s, which makes these runs now; end it "
                    "first, or give another --out",
                    path, *host ? " on " : "", host);
}

/* True once *fd is locked; false: another try is due. */
static lac_status try_lock(const char *path, bool shared, double began, int *fd)
{
    *fd = open(path, O_RDWR | O_CREAT, 0666); /* launchers inherit it too */
    if (*fd < 0) {
        return LAC_FAIL(LAC_E_IO, "cannot write '%s': %s", path, strerror(errno));
    }
    bool locked = flock(*fd, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0;
    if (locked && is_there(*fd, path)) {
        if (!shared) {
            write_owner(*fd);
        }
        return LAC_OK;
    }
    lac_status status = LAC_OK;
    if (!locked && errno != EWOULDBLOCK && errno != EINTR) {
        status = LAC_FAIL(LAC_E_IO, "cannot lock '%s': %s", path, strerror(errno));
    } else if (!locked && !may_end_soon(*fd, began)) {
        status = refuse(*fd, path);
    }
    close(*fd);
    *fd = -1;
    return status;
}

static lac_status lock(const char *path, bool shared, int *fd)
{
    const struct timespec pause = {.tv_nsec = 50000000};
    double began = lac_seconds();
    for (;;) {
        LAC_TRY(try_lock(path, shared, began, fd));
        if (*fd >= 0) {
            return LAC_OK;
        }
        nanosleep(&pause, NULL);
    }
}

static const char *task_lock_of(const struct lac_sweep_run *run, char path[4500])
{
    snprintf(path, 4500, "%.4400s.lock", run->file);
    return path;
}

bool lac_sweep_is_running(const struct lac_sweep_run *run)
{
    char path[4500];
    int fd = open(task_lock_of(run, path), O_RDONLY | O_CLOEXEC);
    bool held = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (fd >= 0) {
        close(fd);
    }
    return held || lac_run_is_live(run->file);
}

lac_status lac_sweep_lock(struct lac_sweep *s)
{
    char path[4500];
    LAC_TRY(lock(s->lock_path, s->task > 0, &s->lock));
    if (s->task == 0) {
        return LAC_OK;
    }
    LAC_TRY(lac_arena_text(s->arena, task_lock_of(&s->run[s->task - 1], path), &s->task_lock_path));
    return lock(s->task_lock_path, false, &s->task_lock);
}

void lac_sweep_unlock(struct lac_sweep *s)
{
    if (s->task_lock >= 0) {
        (void)unlink(s->task_lock_path);
        close(s->task_lock);
        s->task_lock = -1;
    }
    if (s->lock >= 0) {
        if (s->task == 0) { /* others may hold it with us */
            (void)unlink(s->lock_path);
        }
        close(s->lock);
        s->lock = -1;
    }
}

/*
 * A writer of a private run is killed after each of its writes in turn: no file that is left tells a thing. The calls that
 * write files are those of this program, for HDF5 too.
 */
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "private_test.h"

enum { ROWS = 4 };

static long writes, most = -1; /* so far; after which to stop, -1: never */

static ssize_t written(ssize_t result)
{
    if (++writes == most) {
        raise(SIGKILL);
    }
    return result;
}

ssize_t write(int fd, const void *bytes, size_t count)
{
    return written(syscall(SYS_write, fd, bytes, count));
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset)
{
    return written(syscall(SYS_pwrite64, fd, bytes, count, offset));
}

/* The name that HDF5 calls; ours of 64 bits is another to the linker. */
ssize_t pwrite_of_hdf5(int fd, const void *bytes, size_t count, off_t offset) __asm__("pwrite");

ssize_t pwrite_of_hdf5(int fd, const void *bytes, size_t count, off_t offset)
{
    return pwrite(fd, bytes, count, offset);
}

/* Leaves no row unpublished; the old run at path gives way. */
static bool write_life(const char *path, const unsigned char *key)
{
    struct lac_arena arena = {0};
    struct lac_run_writer *w = NULL;
    struct lac_run_info info = private_info(key);
    bool ok = lac_run_create(&w, path, true, &info, &arena) == LAC_OK;
    for (uint64_t i = 0; i < ROWS; i++) {
        ok = ok && test_append(w, i, i + 1) &&
             lac_run_publish(w, private_summary, private_model, PRIVATE_MODEL) == LAC_OK;
    }
    lac_run_close(w);
    lac_arena_free(&arena);
    return ok;
}

/* As a child that ends after so many writes; how many it made where it came to its end, else 0. */
static long write_and_die(const char *path, const unsigned char *key, long last)
{
    int ends[2], result = -1;
    long made = 0;
    fflush(stdout);
    if (pipe(ends) != 0) {
        return 0;
    }
    pid_t child = fork();
    if (child == 0) {
        writes = 0;
        most = last;
        bool ok = write_life(path, key);
        most = -1;
        made = writes;
        _exit(ok && write(ends[1], &made, sizeof made) == sizeof made ? 0 : 1);
    }
    close(ends[1]);
    waitpid(child, &result, 0);
    ssize_t got = read(ends[0], &made, sizeof made);
    close(ends[0]);
    return result == 0 && got == sizeof made ? made : 0;
}

static void clean(void)
{
    unlink("kill.h5.tmp");
    unlink("kill.h5.rows");
    unlink("kill.h5.rows.tmp");
    unlink("kill.h5");
}

static bool any_tells(void)
{
    return tells("kill.h5") || tells("kill.h5.rows") || tells("kill.h5.tmp") ||
           tells("kill.h5.rows.tmp");
}

/* Kills after each write; how many left a file that tells, and whether all others were readable. */
static void kill_after_each(const unsigned char *key, long *told, long *unread)
{
    long whole = write_and_die("kill.h5", key, -1);
    tap_ok(whole > 0, "a run of %d publications takes %ld writes", ROWS + 1, whole);
    *told = *unread = 0;
    for (long last = 1; last <= whole; last++) {
        clean();
        bool made = make_sealed("kill.h5", key, 2, 2, true); /* what it replaces */
        bool died = write_and_die("kill.h5", key, last) == 0;
        *told += any_tells();
        *unread += !made || !died || rows_opened("kill.h5", key) < 0;
    }
}

int main(void)
{
    long told, unread;
    scratch_enter();
    make_keys();
    kill_after_each(NULL, &told, &unread);
    tap_ok(told > 0 && unread == 0, "of a plain run files that tell are left (%ld)", told);
    kill_after_each(group_key, &told, &unread);
    tap_ok(told == 0, "killed after any of its writes, a private run leaves none");
    tap_ok(unread == 0, "and what it leaves is readable with the key");
    lac_secret_free(group_key);
    lac_secret_free(other_key);
    return tap_done();
}

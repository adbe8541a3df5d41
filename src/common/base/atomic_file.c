#include "base/atomic_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static lac_status cannot_write(const char *path, int reason)
{
    return LAC_FAIL(LAC_E_IO, "cannot write '%s': %s", path, strerror(reason));
}

static bool write_whole(int fd, const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t part = write(fd, bytes, count);
        if (part < 0 && errno != EINTR) {
            return false;
        }
        bytes += part > 0 ? part : 0;
        count -= part > 0 ? (size_t)part : 0;
    }
    return true;
}

void lac_folder_sync(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
}

static void sync_folder_of(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    int length = !slash ? 1 : slash == path ? 1 : (int)(slash - path);
    snprintf(folder, sizeof folder, "%.*s", length, slash ? path : ".");
    lac_folder_sync(folder);
}

static lac_status name_temporary(const char *path, char temporary[PATH_MAX])
{
    if (strlen(path) + sizeof ".tmp" > PATH_MAX) {
        return cannot_write(path, ENAMETOOLONG);
    }
    snprintf(temporary, PATH_MAX, "%s.tmp", path);
    return LAC_OK;
}

static lac_status prepare(const char *path, const char *bytes, size_t count, const char *end,
                          bool durable)
{
    char temporary[PATH_MAX];
    LAC_TRY(name_temporary(path, temporary));
    (void)unlink(
        temporary); /* of one that was killed; through what stands there nothing is written */
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd < 0) {
        return cannot_write(path, errno);
    }
    bool done = write_whole(fd, bytes, count) && write_whole(fd, end, strlen(end)) &&
                (!durable || fsync(fd) == 0);
    int reason = errno;
    if (close(fd) != 0 && done) {
        reason = errno;
        done = false;
    }
    if (!done) {
        (void)unlink(temporary);
        return cannot_write(path, reason);
    }
    return LAC_OK;
}

static lac_status put(const char *path, bool durable)
{
    char temporary[PATH_MAX];
    LAC_TRY(name_temporary(path, temporary));
    if (rename(temporary, path) != 0) {
        int reason = errno;
        (void)unlink(temporary);
        return cannot_write(path, reason);
    }
    if (durable) {
        sync_folder_of(path);
    }
    return LAC_OK;
}

lac_status lac_file_prepare(const char *path, const char *text)
{
    return prepare(path, text, strlen(text), "\n", true);
}

lac_status lac_file_put(const char *path)
{
    return put(path, true);
}

void lac_file_forget(const char *path)
{
    char temporary[PATH_MAX];
    if (name_temporary(path, temporary) == LAC_OK) {
        (void)unlink(temporary);
    }
}

lac_status lac_file_replace(const char *path, const char *text)
{
    LAC_TRY(prepare(path, text, strlen(text), "\n", true));
    return put(path, true);
}

lac_status lac_file_replace_now(const char *path, const char *text)
{
    LAC_TRY(prepare(path, text, strlen(text), "\n", false));
    return put(path, false);
}

/* What fits into blocks that it has needs no new one. */
static bool write_over(int fd, const char *line, size_t count)
{
    struct stat facts;
    return fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode) && facts.st_nlink == 1 &&
           (uint64_t)facts.st_blocks * 512 >= count &&
           pwrite(fd, line, count, 0) == (ssize_t)count && ftruncate(fd, (off_t)count) == 0;
}

lac_status lac_file_overwrite(const char *path, const char *text)
{
    char line[4096]; /* a block */
    int length = snprintf(line, sizeof line, "%s\n", text);
    if (length >= (int)sizeof line) {
        return cannot_write(path, ENOSPC);
    }
    int fd = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    bool done = fd >= 0 && write_over(fd, line, (size_t)length);
    int reason = fd < 0 ? errno : ENOSPC;
    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
    return done ? LAC_OK : cannot_write(path, reason);
}

lac_status lac_file_replace_bytes(const char *path, const char *bytes, size_t count)
{
    LAC_TRY(prepare(path, bytes, count, "", true));
    return put(path, true);
}

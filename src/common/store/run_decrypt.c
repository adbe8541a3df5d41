/* The plain file in a private one, for programs that have no key. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/private_file.h"
#include "store/run_checksum.h"
#include "store/run_file.h"

static lac_status cannot_write(const char *path)
{
    return LAC_FAIL(LAC_E_IO, "cannot write '%s': %s", path, strerror(errno));
}

static lac_status read_plain(const char *path, const unsigned char *key,
                             struct lac_secret_image *plain)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return LAC_FAIL(LAC_E_INPUT, "cannot read '%s': %s", path, strerror(errno));
    }
    bool private = lac_run_checksum_check(fd) == LAC_RUN_PRIVATE;
    lac_status status = private ? lac_private_file_read(fd, path, key, plain) : LAC_OK;
    close(fd);
    if (!private) {
        return LAC_FAIL(LAC_E_USAGE, "'%s' is no private run file, so there is nothing to decrypt",
                        path);
    }
    return status;
}

/* Run files alone give way, and not the private one that is read. */
static lac_status check_replaced(const char *path, const char *to, bool force)
{
    struct stat from, there;
    int fd = open(to, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (fd < 0) {
        return errno == ENOENT ? LAC_OK : cannot_write(to);
    }
    bool known = fstat(fd, &there) == 0 && stat(path, &from) == 0;
    bool same = known && from.st_ino == there.st_ino && from.st_dev == there.st_dev;
    enum lac_run_kind kind =
        known && S_ISREG(there.st_mode) ? lac_run_checksum_check(fd) : LAC_RUN_NONE;
    close(fd);
    if (!force) {
        return LAC_FAIL(LAC_E_USAGE, "'%s' exists; give --force to replace it or another name", to);
    }
    if (same || (kind != LAC_RUN_WHOLE && kind != LAC_RUN_CHANGED && kind != LAC_RUN_PRIVATE)) {
        return LAC_FAIL(LAC_E_USAGE,
                        "'%s' is %s, which --force does not replace; give another name", to,
                        same ? "the private file itself" : "no run file");
    }
    return LAC_OK;
}

static bool write_plain(int fd, const struct lac_secret_image *plain)
{
    for (size_t at = 0; at < plain->size;) {
        ssize_t part = write(fd, plain->bytes + at, plain->size - at);
        if (part < 0 && errno != EINTR) {
            return false;
        }
        at += part > 0 ? (size_t)part : 0;
    }
    return fsync(fd) == 0;
}

/* Whether or not somebody makes a file of that name meanwhile. */
static bool put_in_place(const char *temporary, const char *to, bool force)
{
    if (force) {
        return rename(temporary, to) == 0;
    }
    return link(temporary, to) == 0 && unlink(temporary) == 0;
}

static lac_status write_beside(const char *temporary, const char *to, bool force,
                               const struct lac_secret_image *plain)
{
    (void)unlink(temporary); /* of a try that was killed */
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return cannot_write(to);
    }
    bool ok = write_plain(fd, plain);
    int reason = errno;
    ok = close(fd) == 0 && ok;
    if (ok && !put_in_place(temporary, to, force)) {
        reason = errno;
        ok = false;
    }
    if (!ok) {
        (void)unlink(temporary);
        errno = reason;
        return cannot_write(to);
    }
    return LAC_OK;
}

lac_status lac_run_decrypt(const char *path, const unsigned char *key, const char *to, bool force,
                           struct lac_arena *arena)
{
    struct lac_secret_image plain;
    char *temporary;
    size_t room = strlen(to) + sizeof ".tmp";
    LAC_TRY(LAC_NEW(arena, room, &temporary));
    snprintf(temporary, room, "%s.tmp", to);
    LAC_TRY(check_replaced(path, to, force));
    LAC_TRY(read_plain(path, key, &plain));
    lac_status status = write_beside(temporary, to, force, &plain);
    lac_secret_image_free(&plain);
    return status;
}

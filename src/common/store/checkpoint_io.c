#include "store/checkpoint_io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool lac_write_at(int fd, const void *bytes, size_t count, uint64_t offset)
{
    const unsigned char *from = bytes;
    while (count > 0) {
        ssize_t part = pwrite(fd, from, count, (off_t)offset);
        if (part < 0 && errno == EINTR) {
            continue;
        }
        if (part <= 0) {
            errno = part == 0 ? ENOSPC : errno;
            return false;
        }
        from += part;
        count -= (size_t)part;
        offset += (uint64_t)part;
    }
    return true;
}

bool lac_read_at(int fd, void *bytes, size_t count, uint64_t offset)
{
    unsigned char *to = bytes;
    while (count > 0) {
        ssize_t part = pread(fd, to, count, (off_t)offset);
        if (part < 0 && errno == EINTR) {
            continue;
        }
        if (part <= 0) {
            errno = part == 0 ? 0 : errno;
            return false;
        }
        to += part;
        count -= (size_t)part;
        offset += (uint64_t)part;
    }
    return true;
}

lac_status lac_cannot(const char *verb, const char *path, int reason)
{
    return LAC_FAIL(LAC_E_IO, "cannot %s '%s': %s", verb, path,
                    reason ? strerror(reason) : "no reason is given");
}

lac_status lac_not_as_written(const char *path)
{
    return LAC_FAIL(LAC_E_IO, "cannot write '%s': it does not read back as it was written", path);
}

lac_status lac_path_join(char out[LAC_PATH], const char *folder, const char *name)
{
    int length = snprintf(out, LAC_PATH, "%s/%s", folder, name);
    return length > 0 && length < LAC_PATH
               ? LAC_OK
               : LAC_FAIL(LAC_E_USAGE, "the name '%.200s...' is too long for a folder", folder);
}

lac_status lac_folder_fsync(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return lac_cannot("write", path, errno);
    }
    int reason = fsync(fd) == 0 ? 0 : errno;
    close(fd);
    bool harmless = reason == 0 || reason == EINVAL || reason == EBADF || reason == ENOTSUP;
    return harmless ? LAC_OK : lac_cannot("write", path, reason);
}

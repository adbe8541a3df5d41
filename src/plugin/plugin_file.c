/* The file of a plug-in before it is opened: whether it is whole, and its digest. */
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/plugin.h"

static lac_status digest_of(int fd, char digest[LAC_DIGEST_TEXT])
{
    unsigned char bytes[16384];
    struct lac_digest g;
    lac_digest_begin(&g, LAC_DIGEST_BYTES);
    for (;;) {
        ssize_t count = read(fd, bytes, sizeof bytes);
        if (count < 0 && errno != EINTR) {
            return LAC_FAIL(LAC_E_IO, "cannot be read: %s", strerror(errno));
        }
        if (count == 0) {
            lac_digest_end_text(&g, digest);
            return LAC_OK;
        }
        lac_digest_add(&g, bytes, count > 0 ? (size_t)count : 0);
    }
}

static bool reads(int fd, void *out, size_t size, uint64_t at)
{
    return at <= INT64_MAX && pread(fd, out, size, (off_t)at) == (ssize_t)size;
}

/* The loader maps what the table of segments names; what is not in the file would be a crash of its own. What is no ELF file
   it refuses itself. */
static lac_status check_length(int fd, uint64_t size)
{
    ElfW(Ehdr) header;
    ElfW(Phdr) segment;
    uint64_t reach = sizeof header;
    if (!reads(fd, &header, SELFMAG, 0) || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) {
        return LAC_OK;
    }
    bool is_whole = reads(fd, &header, sizeof header, 0);
    for (size_t i = 0; is_whole && i < header.e_phnum; i++) {
        uint64_t at = header.e_phoff + i * sizeof segment;
        is_whole = reads(fd, &segment, sizeof segment, at);
        uint64_t end = is_whole ? segment.p_offset + segment.p_filesz : at + sizeof segment;
        reach = end > reach ? end : reach;
    }
    if (is_whole && reach <= size) {
        return LAC_OK;
    }
    return LAC_FAIL(
        LAC_E_USAGE,
        "is damaged: it has %llu bytes, and by its own tables %llu at least; copy or build "
        "it again",
        (unsigned long long)size, (unsigned long long)reach);
}

static lac_status look_at(int fd, char digest[LAC_DIGEST_TEXT])
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        return LAC_FAIL(LAC_E_USAGE, "is not a regular file; a plug-in is a shared object");
    }
    LAC_TRY(check_length(fd, (uint64_t)st.st_size));
    return digest_of(fd, digest);
}

lac_status lac_plugin_digest(const char *path, char digest[LAC_DIGEST_TEXT])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return LAC_FAIL(LAC_E_USAGE, "cannot be opened: %s", strerror(errno));
    }
    lac_status status = look_at(fd, digest);
    close(fd);
    return status;
}

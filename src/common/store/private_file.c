#include "store/private_file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "seal/stream.h"

enum {
    HEAD = LAC_PRIVATE_TITLE + LAC_STREAM_HEAD,
    SEALED_PIECE = LAC_PRIVATE_PIECE + LAC_STREAM_MORE,
    AT_VERSION = sizeof "laconic run file (private, v " - 1,
};

static const char purpose[] = "laconic-private-run-1";
static const char title[LAC_PRIVATE_TITLE + 1] = "laconic run file (private, v 1)\n";

bool lac_private_file_is(const void *start)
{
    const char *s = start;
    return memcmp(s, title, AT_VERSION) == 0 && s[AT_VERSION] >= '0' && s[AT_VERSION] <= '9' &&
           memcmp(s + AT_VERSION + 1, title + AT_VERSION + 1, LAC_PRIVATE_TITLE - AT_VERSION - 1) ==
               0;
}

static bool write_whole(int fd, const unsigned char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t part = write(fd, bytes, count);
        if (part < 0 && errno == EINTR) {
            continue;
        }
        if (part <= 0) {
            return false;
        }
        bytes += part;
        count -= (size_t)part;
    }
    return true;
}

static bool read_whole(int fd, unsigned char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t part = read(fd, bytes, count);
        if (part < 0 && errno == EINTR) {
            continue;
        }
        if (part <= 0) {
            errno = part == 0 ? EPIPE : errno;
            return false;
        }
        bytes += part;
        count -= (size_t)part;
    }
    return true;
}

/* Of the piece that begins at byte `at` of the plain file of `size` bytes. */
static struct lac_message piece(const unsigned char head[HEAD], size_t at, size_t size)
{
    size_t left = size - at;
    return (struct lac_message){
        .with = at == 0 ? head : NULL,
        .with_bytes = at == 0 ? HEAD : 0,
        .bytes = left < LAC_PRIVATE_PIECE ? left : LAC_PRIVATE_PIECE,
        .last = left <= LAC_PRIVATE_PIECE,
    };
}

lac_status lac_private_file_write(int fd, const char *path, const unsigned char *key,
                                  const struct lac_secret_image *plain)
{
    unsigned char head[HEAD], sealed[SEALED_PIECE];
    struct lac_stream *stream;
    memcpy(head, title, LAC_PRIVATE_TITLE);
    LAC_TRY(lac_stream_begin(&stream, purpose, key, head + LAC_PRIVATE_TITLE));
    bool ok = write_whole(fd, head, HEAD);
    for (size_t at = 0; at < plain->size && ok;) {
        struct lac_message m = piece(head, at, plain->size);
        lac_stream_seal(stream, &m, plain->bytes + at, sealed);
        ok = write_whole(fd, sealed, m.bytes + LAC_STREAM_MORE);
        at += m.bytes;
    }
    int reason = errno;
    lac_stream_close(stream);
    return ok ? LAC_OK : LAC_FAIL(LAC_E_IO, "cannot write '%s': %s", path, strerror(reason));
}

static lac_status refuse(const char *path)
{
    return LAC_FAIL(LAC_E_SECURITY,
                    "'%s' does not open with this key: it is sealed under another one, or was "
                    "changed; nothing of it is shown",
                    path);
}

static lac_status refuse_version(const char *path, unsigned char version)
{
    return LAC_FAIL(LAC_E_INPUT,
                    "'%s' is a private run file of version %c; this program reads version %d", path,
                    version, LAC_PRIVATE_VERSION);
}

/* Pieces follow from the length alone; false where none has it. */
static bool plain_size(off_t bytes, size_t *size)
{
    uint64_t body = bytes > HEAD ? (uint64_t)bytes - HEAD : 0;
    if (body == 0) {
        return false;
    }
    uint64_t before_last = (body - 1) / SEALED_PIECE;
    uint64_t last = body - before_last * SEALED_PIECE;
    *size = (size_t)(before_last * LAC_PRIVATE_PIECE + last - LAC_STREAM_MORE);
    return last > LAC_STREAM_MORE;
}

static lac_status read_pieces(int fd, const char *path, struct lac_stream *stream,
                              const unsigned char head[HEAD], size_t size,
                              struct lac_secret_image *plain)
{
    unsigned char sealed[SEALED_PIECE];
    for (size_t at = 0; at < size;) {
        struct lac_message m = piece(head, at, size);
        if (!read_whole(fd, sealed, m.bytes + LAC_STREAM_MORE)) {
            return LAC_FAIL(LAC_E_IO, "cannot read '%s': %s", path,
                            errno == EPIPE ? "it became shorter" : strerror(errno));
        }
        if (!lac_secret_image_resize(plain, at + m.bytes)) {
            return LAC_FAIL(LAC_E_MEMORY, "out of memory: '%s' is opened in memory, all of it",
                            path);
        }
        if (!lac_stream_unseal(stream, &m, sealed, plain->bytes + at)) {
            return refuse(path);
        }
        at += m.bytes;
    }
    return LAC_OK;
}

lac_status lac_private_file_read(int fd, const char *path, const unsigned char *key,
                                 struct lac_secret_image *plain)
{
    unsigned char head[HEAD];
    struct lac_stream *stream;
    struct stat facts;
    size_t size;
    *plain = (struct lac_secret_image){0};
    if (fstat(fd, &facts) != 0 || lseek(fd, 0, SEEK_SET) != 0) {
        return LAC_FAIL(LAC_E_IO, "cannot read '%s': %s", path, strerror(errno));
    }
    if (!plain_size(facts.st_size, &size) || !read_whole(fd, head, HEAD) ||
        !lac_private_file_is(head)) {
        return refuse(path);
    }
    if (memcmp(head, title, LAC_PRIVATE_TITLE) != 0) {
        return refuse_version(path, head[AT_VERSION]);
    }
    LAC_TRY(lac_stream_open(&stream, purpose, key, head + LAC_PRIVATE_TITLE));
    lac_status status = read_pieces(fd, path, stream, head, size, plain);
    lac_stream_close(stream);
    if (status != LAC_OK) {
        lac_secret_image_free(plain);
    }
    return status;
}

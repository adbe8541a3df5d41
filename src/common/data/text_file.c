#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/data.h"

static lac_status map_open_file(struct lac_text *t, int file)
{
    struct stat about;
    if (fstat(file, &about) != 0) {
        return LAC_FAIL(LAC_E_INPUT, "%s: %s", t->name, strerror(errno));
    }
    if (!S_ISREG(about.st_mode)) {
        return LAC_FAIL(LAC_E_INPUT, "%s: %s", t->name,
                        S_ISDIR(about.st_mode) ? "a folder, not a file" : "no regular file");
    }
    if (about.st_size == 0) {
        return LAC_OK;
    }
    void *bytes = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    if (bytes == MAP_FAILED) {
        return LAC_FAIL(LAC_E_IO, "%s: cannot be mapped: %s", t->name, strerror(errno));
    }
    t->bytes = bytes;
    t->size = (size_t)about.st_size;
    t->mapped = true;
    return LAC_OK;
}

lac_status lac_text_map(struct lac_text *t, const char *path)
{
    *t = (struct lac_text){.name = path, .bytes = ""};
    /* a pipe without a writer is not waited for */
    int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (file < 0) {
        return LAC_FAIL(LAC_E_INPUT, "%s: %s", path, strerror(errno));
    }
    lac_status status = map_open_file(t, file);
    close(file);
    return status;
}

enum { FIRST_READ = 1 << 20 };

/* Reads to the end into t->bytes, which is malloced already where it is not NULL. */
static lac_status read_all(struct lac_text *t, char **bytes)
{
    size_t capacity = 0;
    for (;;) {
        if (t->size == capacity) {
            capacity = capacity ? 2 * capacity : FIRST_READ;
            char *more = realloc(*bytes, capacity);
            if (!more) {
                return LAC_FAIL(LAC_E_MEMORY, "%s: out of memory after %zu bytes", t->name,
                                t->size);
            }
            *bytes = more;
        }
        ssize_t got = read(STDIN_FILENO, *bytes + t->size, capacity - t->size);
        if (got == 0) {
            return LAC_OK;
        }
        if (got < 0 && errno != EINTR) {
            return LAC_FAIL(LAC_E_IO, "%s: %s", t->name, strerror(errno));
        }
        t->size += got > 0 ? (size_t)got : 0;
    }
}

lac_status lac_text_read_stdin(struct lac_text *t)
{
    *t = (struct lac_text){.name = "standard input"};
    char *bytes = NULL;
    lac_status status = read_all(t, &bytes);
    if (status != LAC_OK || t->size == 0) {
        free(bytes);
        *t = (struct lac_text){.name = t->name, .bytes = ""};
        return status;
    }
    t->bytes = bytes;
    return LAC_OK;
}

void lac_text_close(struct lac_text *t)
{
    void *bytes; /* as they were given, not const */
    memcpy(&bytes, &t->bytes, sizeof bytes);
    if (t->mapped) {
        munmap(bytes, t->size);
    } else if (t->size > 0) {
        free(bytes);
    }
    *t = (struct lac_text){.name = t->name, .bytes = ""};
}

/* The first place at or after about where a line begins. */
static size_t line_begin(const struct lac_text *t, size_t about)
{
    if (about == 0 || about >= t->size) {
        return about < t->size ? about : t->size;
    }
    const char *end = memchr(t->bytes + about - 1, '\n', t->size - about + 1);
    return end ? (size_t)(end - t->bytes) + 1 : t->size;
}

void lac_text_stretch(const struct lac_text *t, size_t part, size_t parts, size_t *begin,
                      size_t *end)
{
    LAC_ASSERT(part < parts);
    size_t each = t->size / parts, rest = t->size % parts;
    *begin = line_begin(t, part * each + (part < rest ? part : rest));
    *end = line_begin(t, (part + 1) * each + (part + 1 < rest ? part + 1 : rest));
}

#include "base/lines.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

FILE *lac_open_regular(const char *path)
{
    struct stat facts;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    bool known = fd >= 0 && fstat(fd, &facts) == 0;
    bool regular = known && S_ISREG(facts.st_mode);
    int reason = !known ? errno : S_ISDIR(facts.st_mode) ? EISDIR : EINVAL;
    FILE *file = regular ? fdopen(fd, "r") : NULL;
    if (regular && !file) {
        reason = errno;
    }
    if (fd >= 0 && !file) {
        (void)close(fd);
        errno = reason;
    }
    return file;
}

char *lac_trim(char *text)
{
    while (isspace((unsigned char)*text)) {
        text++;
    }
    char *end = text + strlen(text);
    while (end > text && isspace((unsigned char)end[-1])) {
        *--end = '\0';
    }
    return text;
}

lac_status lac_line_split(const char *where, char *line, const char **key, const char **value)
{
    char *equals = strchr(line, '=');
    if (!equals) {
        return LAC_FAIL(LAC_E_USAGE, "%slines are written key = value, not '%.60s'", where, line);
    }
    *equals = '\0';
    *key = lac_trim(line);
    *value = lac_trim(equals + 1);
    return LAC_OK;
}

/* Behind the mark with which some editors begin a file of UTF-8. */
static char *skip_mark(char *line)
{
    static const char mark[] = "\xef\xbb\xbf";
    size_t bytes = sizeof mark - 1;
    return strncmp(line, mark, bytes) == 0 ? line + bytes : line;
}

/* Of one line as fgets gave it. */
static lac_status check_line(const char *path, size_t number, const char *line, size_t capacity,
                             bool last)
{
    size_t length = strlen(line);
    if (length < capacity - 1 && !(length > 0 && line[length - 1] == '\n') && !last) {
        return LAC_FAIL(LAC_E_USAGE, "%s:%zu: a byte 0; this is no text", path, number);
    }
    return length < capacity - 1
               ? LAC_OK
               : LAC_FAIL(LAC_E_USAGE, "%s:%zu: the line is longer than %zu bytes", path, number,
                          capacity - 2);
}

static lac_status take_line(size_t number, char *line,
                            lac_status (*take)(void *context, size_t number, char *line),
                            void *context)
{
    char *comment = strstr(line, " #"); /* a # inside a value begins no comment */
    if (comment) {
        *comment = '\0';
    }
    line = lac_trim(line);
    return *line == '\0' || *line == '#' ? LAC_OK : take(context, number, line);
}

lac_status lac_lines_read(const char *what, const char *path,
                          lac_status (*take)(void *context, size_t number, char *line),
                          void *context)
{
    char line[4096];
    lac_status status = LAC_OK;
    FILE *file = fopen(path, "re");
    if (!file) {
        return LAC_FAIL(LAC_E_USAGE, "%s%s: %s", what, path, strerror(errno));
    }
    for (size_t number = 1; status == LAC_OK && fgets(line, sizeof line, file); number++) {
        status = check_line(path, number, line, sizeof line, feof(file));
        char *text = number == 1 ? skip_mark(line) : line;
        status = status == LAC_OK ? take_line(number, text, take, context) : status;
    }
    if (status == LAC_OK && ferror(file)) {
        status = LAC_FAIL(errno == EISDIR ? LAC_E_USAGE : LAC_E_IO, "%s%s: %s", what, path,
                          strerror(errno));
    }
    fclose(file);
    return status;
}

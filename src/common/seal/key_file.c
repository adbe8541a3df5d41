#include "seal/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "seal/secret.h"

static const struct {
    const char *title, *what, *how;
} kinds[] = {
    [LAC_GROUP_KEY] = {LAC_GROUP_KEY_TITLE " ", "group key", "laconic keygen FILE"},
    [LAC_IDENTITY] = {LAC_IDENTITY_TITLE " ", "identity of a site",
                      "laconic keygen --identity FILE"},
};

enum { TITLE_MOST = 24, DIGITS = 2 * LAC_SEAL_KEY, LINE_MOST = TITLE_MOST + DIGITS + 2 };

static lac_status write_whole(int file, const char *text, size_t bytes)
{
    while (bytes > 0) {
        ssize_t written = write(file, text, bytes);
        if (written < 0) {
            return LAC_E_IO;
        }
        text += written;
        bytes -= (size_t)written;
    }
    return fsync(file) == 0 ? LAC_OK : LAC_E_IO;
}

/* In a new file, of mode 0600 whatever the umask; nothing is left of one that could not be written whole. */
static lac_status write_line(const char *path, const char *line, size_t bytes)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) {
        bool there = errno == EEXIST;
        return LAC_FAIL(LAC_E_IO, "%s: %s", path,
                        there ? "is there already; a key is never written over" : strerror(errno));
    }
    lac_status status = fchmod(file, 0600) == 0 ? write_whole(file, line, bytes) : LAC_E_IO;
    int why = errno;
    if (close(file) != 0 && status == LAC_OK) {
        status = LAC_E_IO;
        why = errno;
    }
    if (status != LAC_OK) {
        (void)unlink(path);
        return LAC_FAIL(status, "%s: the key could not be written: %s", path, strerror(why));
    }
    return LAC_OK;
}

lac_status lac_key_file_make(const char *path, enum lac_secret_kind kind)
{
    size_t title = strlen(kinds[kind].title);
    unsigned char *key;
    char *line;
    LAC_TRY(lac_secret_new(LAC_SEAL_KEY, &key));
    lac_status status = lac_secret_new(LINE_MOST, &line);
    if (status == LAC_OK) {
        randombytes_buf(key, LAC_SEAL_KEY);
        memcpy(line, kinds[kind].title, title);
        sodium_bin2hex(line + title, DIGITS + 1, key, LAC_SEAL_KEY);
        line[title + DIGITS] = '\n';
        status = write_line(path, line, title + DIGITS + 1);
        lac_secret_free(line);
    }
    lac_secret_free(key);
    return status;
}

/* Of the open file, not of its name: nobody can change it between the look and the reading. */
static lac_status check_owner(const char *path, int file)
{
    struct stat s;
    if (fstat(file, &s) != 0) {
        return LAC_FAIL(LAC_E_IO, "%s: %s", path, strerror(errno));
    }
    if (!S_ISREG(s.st_mode)) {
        return LAC_FAIL(LAC_E_SECURITY, "%s: is no regular file", path);
    }
    if (s.st_uid != geteuid() && s.st_uid != 0) {
        return LAC_FAIL(LAC_E_SECURITY, "%s: belongs to another user, who knows the key", path);
    }
    if (s.st_mode & (S_IRWXG | S_IRWXO)) {
        return LAC_FAIL(LAC_E_SECURITY,
                        "%s: others may open it (mode %04o): chmod 600 it, and make a new key if "
                        "somebody did",
                        path, (unsigned)(s.st_mode & 07777));
    }
    return LAC_OK;
}

static lac_status parse_line(const char *path, enum lac_secret_kind kind, const char *line,
                             size_t bytes, unsigned char key[LAC_SEAL_KEY])
{
    size_t title = strlen(kinds[kind].title), whole = title + DIGITS, read = 0;
    bool ends = bytes == whole || (bytes == whole + 1 && line[whole] == '\n');
    if (!ends || memcmp(line, kinds[kind].title, title) != 0 ||
        sodium_hex2bin(key, LAC_SEAL_KEY, line + title, DIGITS, NULL, &read, NULL) != 0 ||
        read != LAC_SEAL_KEY) {
        sodium_memzero(key, LAC_SEAL_KEY);
        return LAC_FAIL(LAC_E_SECURITY, "%s: is no %s; `%s` makes one", path, kinds[kind].what,
                        kinds[kind].how);
    }
    return LAC_OK;
}

lac_status lac_key_file_read(const char *path, enum lac_secret_kind kind,
                             unsigned char key[LAC_SEAL_KEY])
{
    char *line;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK); /* a pipe would wait */
    if (file < 0) {
        return LAC_FAIL(LAC_E_IO, "%s: %s", path, strerror(errno));
    }
    lac_status status = check_owner(path, file);
    if (status == LAC_OK) {
        status = lac_secret_new(LINE_MOST, &line);
    }
    if (status == LAC_OK) {
        ssize_t bytes = read(file, line, LINE_MOST);
        status = parse_line(path, kind, line, bytes < 0 ? 0 : (size_t)bytes, key);
        lac_secret_free(line);
    }
    (void)close(file);
    return status;
}

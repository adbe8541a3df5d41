/* Key files: made once, for their owner alone, read back, refused where anything is wrong. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "seal/key_file.h"
#include "seal/secret.h"
#include "tap.h"

static char folder[] = "/tmp/laconic-keys-XXXXXX";
static char path[128];
static unsigned char *key;

static void write_text(const char *text, size_t bytes, mode_t mode)
{
    (void)unlink(path);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
    bool written =
        file >= 0 && write(file, text, bytes) == (ssize_t)bytes && fchmod(file, mode) == 0;
    if (file >= 0) {
        (void)close(file);
    }
    if (!written) {
        printf("Bail out! %s\n", strerror(errno));
        exit(1);
    }
}

static void refused(const char *why, lac_status wanted, const char *word)
{
    memset(key, 7, LAC_SEAL_KEY);
    lac_status status = lac_key_file_read(path, LAC_GROUP_KEY, key);
    tap_ok(status == wanted && strstr(lac_failure(), word) && strstr(lac_failure(), path), "%s: %s",
           why, status == LAC_OK ? "was read" : lac_failure());
}

static void damaged(void)
{
    char text[128];
    int file = open(path, O_RDONLY);
    ssize_t bytes = read(file, text, sizeof text);
    (void)close(file);
    tap_ok(bytes == 85, "the file is one line of 85 bytes");
    for (size_t cut = 0; cut < 84; cut += 7) {
        write_text(text, cut, 0600);
        refused("cut short", LAC_E_SECURITY, "no group key");
    }
    text[30] = 'g';
    write_text(text, 85, 0600);
    refused("a digit that is none", LAC_E_SECURITY, "no group key");
    text[30] = '0';
    text[85] = '0';
    write_text(text, 86, 0600);
    refused("too long", LAC_E_SECURITY, "no group key");
    write_text(text, 84, 0600);
    TAP_OK(lac_key_file_read(path, LAC_GROUP_KEY, key));
    mode_t open_to_others[] = {0640, 0604, 0620, 0602, 0660, 0644, 0601};
    for (size_t i = 0; i < sizeof open_to_others / sizeof open_to_others[0]; i++) {
        write_text(text, 84, open_to_others[i]);
        refused("open to others", LAC_E_SECURITY, "chmod 600");
    }
}

/* Whose it is, of root's alone: only root can give a file away. */
static void of_others(void)
{
    enum { NOBODY = 65534 };
    static const char why[] = "a key that belongs to another user, who can open it to all again";
    if (geteuid() != 0) {
        tap_skip("only root gives files away", "%s", why);
        return;
    }
    (void)unlink(path);
    TAP_OK(lac_key_file_make(path, LAC_GROUP_KEY));
    tap_ok(chown(path, NOBODY, NOBODY) == 0, "a key file is given away");
    refused(why, LAC_E_SECURITY, "belongs to another user");
    tap_ok(chown(path, 0, NOBODY) == 0, "and taken back, but for its group");
    TAP_OK(lac_key_file_read(path, LAC_GROUP_KEY, key));
}

int main(void)
{
    struct rlimit core;
    struct stat s;
    unsigned char *again;
    TAP_OK(lac_secrets_begin());
    tap_ok(getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max == 0,
           "no core is dumped from now on");
    TAP_OK(lac_secret_new(LAC_SEAL_KEY, &key));
    TAP_OK(lac_secret_new(LAC_SEAL_KEY, &again));
    if (!mkdtemp(folder)) {
        printf("Bail out! no folder\n");
        return 1;
    }
    snprintf(path, sizeof path, "%s/group.key", folder);
    refused("no file", LAC_E_IO, "No such file");
    mode_t umasks[] = {0777, 0277, 077, 022, 0};
    for (size_t i = 0; i < sizeof umasks / sizeof umasks[0]; i++) {
        (void)umask(umasks[i]);
        (void)unlink(path);
        TAP_OK(lac_key_file_make(path, LAC_GROUP_KEY));
        tap_ok(stat(path, &s) == 0 && (s.st_mode & 07777) == 0600, "mode 0600 under umask %04o",
               (unsigned)umasks[i]);
    }
    TAP_OK(lac_key_file_read(path, LAC_GROUP_KEY, key));
    tap_ok(lac_key_file_make(path, LAC_GROUP_KEY) == LAC_E_IO &&
               strstr(lac_failure(), "there already"),
           "never written over");
    TAP_OK(lac_key_file_read(path, LAC_GROUP_KEY, again));
    tap_ok(memcmp(key, again, LAC_SEAL_KEY) == 0, "and as it was");
    (void)unlink(path);
    TAP_OK(lac_key_file_make(path, LAC_GROUP_KEY));
    TAP_OK(lac_key_file_read(path, LAC_GROUP_KEY, again));
    tap_ok(memcmp(key, again, LAC_SEAL_KEY) != 0, "a second key is another");
    damaged();
    of_others();
    (void)unlink(path);
    TAP_OK(lac_key_file_make(path, LAC_IDENTITY));
    TAP_OK(lac_key_file_read(path, LAC_IDENTITY, key));
    refused("an identity", LAC_E_SECURITY, "no group key");
    (void)unlink(path);
    (void)mkfifo(path, 0600);
    refused("a pipe", LAC_E_SECURITY, "no regular file");
    (void)unlink(path);
    (void)rmdir(folder);
    lac_secret_free(key);
    lac_secret_free(again);
    return tap_done();
}

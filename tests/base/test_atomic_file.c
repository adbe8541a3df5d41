/* Files that are replaced whole: what is there after a success, and after each way to fail. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/atomic_file.h"
#include "tap.h"

static bool holds(const char *path, const char *wanted)
{
    char text[256];
    FILE *file = fopen(path, "r");
    size_t count = file ? fread(text, 1, sizeof text - 1, file) : 0;
    text[count] = '\0';
    if (file) {
        fclose(file);
    }
    return file && strcmp(text, wanted) == 0;
}

static bool fails(const char *path, const char *text, const char *reason)
{
    return lac_file_replace(path, text) == LAC_E_IO && strstr(lac_failure(), path) &&
           strstr(lac_failure(), reason);
}

static void test_replacing(void)
{
    TAP_OK(lac_file_replace("result.json", "first"));
    tap_ok(holds("result.json", "first\n"), "a file is made, with a newline at its end");
    TAP_OK(lac_file_replace("result.json", "2"));
    tap_ok(holds("result.json", "2\n") && access("result.json.tmp", F_OK) != 0,
           "and replaced by a shorter one, with nothing left beside it");
}

static void test_full_disk(void)
{
    static char long_text[100000];
    struct rlimit before, small;
    memset(long_text, 'x', sizeof long_text - 1);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    small = before;
    small.rlim_cur = 5000;
    setrlimit(RLIMIT_FSIZE, &small);
    bool said = fails("result.json", long_text, "File too large");
    setrlimit(RLIMIT_FSIZE, &before);
    tap_ok(said, "a disk that is full after some bytes is said, with the file's name");
    tap_ok(holds("result.json", "2\n"), "and the old file is there, whole");
    tap_ok(access("result.json.tmp", F_OK) != 0, "and no piece of the new one");
}

static void test_overwriting(void)
{
    static char long_text[8000];
    struct stat before, now;
    memset(long_text, 'x', sizeof long_text - 1);
    TAP_OK(lac_file_replace("result.json", "a longer one"));
    stat("result.json", &before);
    TAP_OK(lac_file_overwrite("result.json", "short"));
    stat("result.json", &now);
    tap_ok(holds("result.json", "short\n") && before.st_ino == now.st_ino,
           "without room for a new file the old one is written over");
    tap_ok(lac_file_overwrite("result.json", long_text) == LAC_E_IO &&
               holds("result.json", "short\n"),
           "and left alone where the text needs more room than it has");
    tap_ok(lac_file_overwrite("none.json", "x") == LAC_E_IO && access("none.json", F_OK) != 0,
           "where there is none, none is made");
    (void)!symlink("result.json", "link.json");
    tap_ok(lac_file_overwrite("link.json", "x") == LAC_E_IO && holds("result.json", "short\n"),
           "and nothing is written through a link");
    unlink("link.json");
    TAP_OK(lac_file_replace("result.json", "2"));
}

static void test_bytes(void)
{
    static const char bytes[] = {'a', 'b', 'c'};
    TAP_OK(lac_file_replace_bytes("result.json", bytes, sizeof bytes));
    tap_ok(holds("result.json", "abc"), "bytes are written with nothing behind them");
}

static void test_places(void)
{
    char deep[5000];
    memset(deep, 'd', sizeof deep - 1);
    deep[sizeof deep - 1] = '\0';
    tap_ok(fails("none/result.json", "x", "No such file"), "a folder that is not there is said");
    tap_ok(lac_file_replace(deep, "x") == LAC_E_IO, "a name that is too long is refused");
    mkdir("folder.json", 0777);
    tap_ok(fails("folder.json", "x", "directory") && access("folder.json.tmp", F_OK) != 0,
           "a folder in the file's place stays, without a piece beside it");
    mkdir("read-only", 0555);
    bool all_powerful = access("read-only", W_OK) == 0; /* root */
    tap_ok(all_powerful || fails("read-only/result.json", "x", "Permission denied"),
           "a folder that may not be written is said%s", all_powerful ? " # SKIP root may" : "");
}

int main(void)
{
    char folder[] = "/tmp/laconic-atomic-XXXXXX";
    if (!mkdtemp(folder) || chdir(folder) != 0) {
        return 1;
    }
    test_replacing();
    test_full_disk();
    test_overwriting();
    test_bytes();
    test_places();
    unlink("result.json");
    rmdir("folder.json");
    rmdir("read-only");
    (void)!chdir("/");
    rmdir(folder);
    return tap_done();
}

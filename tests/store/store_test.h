/* A scratch folder, and run files in it. */
#ifndef LAC_TESTS_STORE_TEST_H
#define LAC_TESTS_STORE_TEST_H

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/run_file.h"
#include "tap.h"

static char scratch_folder[256];

static inline void scratch_remove(void)
{
    DIR *folder = opendir(scratch_folder);
    struct dirent *entry;
    while (folder && (entry = readdir(folder))) {
        if (unlinkat(dirfd(folder), entry->d_name, 0) != 0) {
            (void)unlinkat(dirfd(folder), entry->d_name, AT_REMOVEDIR);
        }
    }
    if (folder) {
        closedir(folder);
    }
    rmdir(scratch_folder);
}

/* Makes a folder and works there from now on; it goes when the program ends. */
static inline void scratch_enter(void)
{
    const char *base = getenv("TMPDIR");
    if (!base) { /* in memory where possible: every publication waits for its disk */
        base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    }
    snprintf(scratch_folder, sizeof scratch_folder, "%s/laconic-store-XXXXXX", base);
    if (!mkdtemp(scratch_folder) || chdir(scratch_folder) != 0) {
        printf("Bail out! cannot make %s\n", scratch_folder);
        exit(1);
    }
    atexit(scratch_remove);
}

static const struct lac_pair test_configuration[] = {
    {"method", "ef21"}, {"compressor", "topk:k=2"}, {"clients", "4"}, {"data", "a \"b\" é"},
    {"empty", ""},      {"eval-every", "1"},
};
static const struct lac_pair test_build[] = {{"version", "0.1.0"}, {"compiler", "gcc"}};

static const struct lac_run_info test_info = {
    .configuration = test_configuration,
    .configuration_count = sizeof test_configuration / sizeof *test_configuration,
    .build = test_build,
    .build_count = sizeof test_build / sizeof *test_build,
};

/* Of doubles too, where -0 is not 0 and a NaN is itself. */
static inline bool same_bytes(const void *a, const void *b, size_t bytes)
{
    return memcmp(a, b, bytes) == 0;
}

/* Row i of every test run: a value that its number gives away in each column. */
static inline struct lac_row test_row(uint64_t i)
{
    struct lac_row row = {0};
    uint64_t k = 1;
#define LAC_ROW_FILL(type, name, title, text) row.name = (type)((type)(i * 1000 + k++) / (type)3);
    LAC_ROW_COLUMNS(LAC_ROW_FILL)
#undef LAC_ROW_FILL
    row.round = i;
    return row;
}

/* Whether rows are test_row(0), test_row(1), ... without a gap or a repeat. */
static inline bool test_rows_hold(const struct lac_run *run)
{
    for (size_t i = 0; i < run->row_count; i++) {
        struct lac_row row = test_row(i);
        if (!same_bytes(&row, &run->rows[i], sizeof row)) {
            return false;
        }
    }
    return true;
}

/* Appends rows first .. last - 1; false on failure. */
static inline bool test_append(struct lac_run_writer *w, uint64_t first, uint64_t last)
{
    for (uint64_t i = first; i < last; i++) {
        struct lac_row row = test_row(i);
        if (lac_run_append(w, &row) != LAC_OK) {
            return false;
        }
    }
    return true;
}

static inline off_t file_size(const char *path)
{
    struct stat facts;
    return stat(path, &facts) == 0 ? facts.st_size : -1;
}

static inline bool is_there(const char *path)
{
    return access(path, F_OK) == 0;
}

/* The call fails with the status, and its sentence has the words in it. */
static inline void expect_failure(lac_status status, lac_status wanted, const char *words,
                                  const char *name)
{
    bool ok = status == wanted && strstr(lac_failure(), words) && !strchr(lac_failure(), '\n');
    tap_ok(ok, "%s", name);
    if (!ok) {
        printf("# status %d (wanted %d), sentence: %s\n", (int)status, (int)wanted, lac_failure());
    }
}

#endif

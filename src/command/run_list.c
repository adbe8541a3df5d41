#include "command/run_list.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MOST_RUNS = 10000 };

struct names {
    const char **name;
    size_t count;
};

static lac_status add_name(struct names *n, const char *folder, const char *name,
                           struct lac_arena *arena)
{
    char *path;
    size_t bytes = strlen(folder) + strlen(name) + 2;
    if (n->count == MOST_RUNS) {
        return LAC_FAIL(LAC_E_USAGE, "more than %d run files at a time", MOST_RUNS);
    }
    LAC_TRY(LAC_NEW(arena, bytes, &path));
    bool parted = *folder && folder[strlen(folder) - 1] != '/';
    snprintf(path, bytes, "%s%s%s", folder, parted ? "/" : "", name);
    n->name[n->count++] = path;
    return LAC_OK;
}

/* Numbers in names by their size. */
static int by_name(const void *a, const void *b)
{
    return strverscmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort_from(struct names *n, size_t first)
{
    qsort(n->name + first, n->count - first, sizeof *n->name, by_name);
}

static bool is_run_name(const char *name)
{
    size_t length = strlen(name);
    return *name != '.' && length > 3 && strcmp(name + length - 3, ".h5") == 0;
}

static lac_status add_folder(const char *command, struct names *n, const char *path,
                             struct lac_arena *arena)
{
    size_t first = n->count;
    lac_status status = LAC_OK;
    DIR *folder = opendir(path);
    if (!folder) {
        return LAC_FAIL(LAC_E_IO, "cannot read the folder '%s': %s", path, strerror(errno));
    }
    for (struct dirent *entry = readdir(folder); entry && status == LAC_OK;
         entry = readdir(folder)) {
        if (is_run_name(entry->d_name)) {
            status = add_name(n, path, entry->d_name, arena);
        }
    }
    closedir(folder);
    LAC_TRY(status);
    if (n->count == first) {
        return LAC_FAIL(LAC_E_INPUT, "%s: the folder '%s' has no run file (NAME.h5) in it", command,
                        path);
    }
    sort_from(n, first);
    return LAC_OK;
}

/* A name that is there is itself, whatever letters it has. */
static lac_status add_pattern(const char *command, struct names *n, const char *word,
                              struct lac_arena *arena)
{
    glob_t found;
    struct stat facts;
    size_t first = n->count;
    if (lstat(word, &facts) == 0 || !strpbrk(word, "*?[")) {
        return add_name(n, "", word, arena);
    }
    int result = glob(word, GLOB_NOSORT, NULL, &found);
    if (result == GLOB_NOMATCH) {
        return LAC_FAIL(LAC_E_INPUT, "%s: no file is named like '%s'", command, word);
    }
    if (result != 0) {
        return LAC_FAIL(LAC_E_IO, "%s: files named like '%s' cannot be listed", command, word);
    }
    lac_status status = LAC_OK;
    for (size_t i = 0; i < found.gl_pathc && status == LAC_OK; i++) {
        status = add_name(n, "", found.gl_pathv[i], arena);
    }
    globfree(&found);
    sort_from(n, first);
    return status;
}

static lac_status read_run(const char *command, const char *path, const unsigned char *key,
                           struct lac_run *run, struct lac_arena *arena)
{
    lac_status status = lac_run_read_with(run, path, key, arena);
    if (status == LAC_E_SECURITY && !key) {
        return LAC_FAIL(
            status, "'%s' is a private run file; give its group key: laconic %s --key KEYFILE %s",
            path, command, path);
    }
    return status;
}

lac_status lac_run_list_read(const char *command, const struct lac_operands *words,
                             const unsigned char *key, struct lac_run_list *out,
                             struct lac_arena *arena)
{
    struct names n = {0};
    struct lac_run *runs;
    LAC_TRY(LAC_NEW(arena, MOST_RUNS, &n.name));
    for (size_t i = 0; i < words->count; i++) {
        struct stat facts;
        bool is_folder = stat(words->word[i], &facts) == 0 && S_ISDIR(facts.st_mode);
        LAC_TRY(is_folder ? add_folder(command, &n, words->word[i], arena)
                          : add_pattern(command, &n, words->word[i], arena));
    }
    LAC_TRY(LAC_NEW(arena, n.count ? n.count : 1, &runs));
    for (size_t i = 0; i < n.count; i++) {
        LAC_TRY(read_run(command, n.name[i], key, &runs[i], arena));
    }
    *out = (struct lac_run_list){runs, n.count};
    return LAC_OK;
}

/* One run, in a process of its own: by the code of train, or by a launcher. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command/sweep_parts.h"
#include "command/train_parts.h"

lac_status lac_sweep_log(const struct lac_sweep *s, const struct lac_sweep_run *run,
                         const char **path)
{
    static const char ending[] = ".h5";
    char text[4500];
    size_t length = strlen(run->file), end = sizeof ending - 1;
    bool ends = length > end && strcmp(run->file + length - end, ending) == 0;
    snprintf(text, sizeof text, "%.*s.log", (int)(ends ? length - end : length), run->file);
    return lac_arena_text(s->arena, text, path);
}

/* Of several at a time each has a file for what it prints, and none the terminal. */
static lac_status redirect(const struct lac_sweep *s, const struct lac_sweep_run *run)
{
    const char *path;
    LAC_TRY(lac_sweep_log(s, run, &path));
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int log =
        s->task > 0 ? STDOUT_FILENO : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (nothing < 0 || log < 0) {
        return LAC_FAIL(LAC_E_IO, "cannot write '%s': %s", path, strerror(errno));
    }
    (void)dup2(nothing, STDIN_FILENO);
    if (s->task == 0) {
        (void)dup2(log, STDOUT_FILENO);
        (void)dup2(log, STDERR_FILENO);
    }
    return LAC_OK;
}

/* "--name=value", or "--name" of a switch. */
static lac_status word_of(const struct lac_option *option, const char *value, char **word,
                          struct lac_arena *a)
{
    size_t bytes = strlen(option->name) + strlen(value) + sizeof "--=";
    LAC_TRY(LAC_NEW(a, bytes, word));
    snprintf(*word, bytes, option->argument ? "--%s=%s" : "--%s", option->name, value);
    return LAC_OK;
}

static bool is_as_by_default(const struct lac_sweep_run *run, size_t id, const char *value)
{
    const char *fallback = lac_train_options.table[id].fallback;
    return !run->setting[id].given && fallback && strcmp(fallback, value) == 0;
}

lac_status lac_sweep_words(const struct lac_sweep *s, const struct lac_sweep_run *run,
                           char *const **words, size_t *count, struct lac_arena *a)
{
    struct lac_config c;
    char **word;
    const char *kept;
    size_t n = 0;
    LAC_TRY(LAC_NEW(a, LAC_CONFIG_COUNT + 1, &word));
    LAC_TRY(lac_sweep_configure(s, run, &c, a));
    LAC_TRY(lac_sweep_kept(s, run, &kept, a));
    if (kept) { /* which are removed first: the command goes on from none */
        c.setting[LAC_CONFIG_CHECKPOINT].value = kept;
        c.setting[LAC_CONFIG_RESUME].value = NULL;
    }
    for (size_t i = 0; i < LAC_CONFIG_COUNT; i++) {
        bool placed = i == LAC_CONFIG_OUT || i == LAC_CONFIG_OUT_PRIVATE || i == LAC_CONFIG_FORCE ||
                      i == LAC_CONFIG_RESUME || i == LAC_CONFIG_CHECKPOINT || i == LAC_CONFIG_QUIET;
        const char *value = placed ? c.setting[i].value : run->setting[i].value;
        if (value && !is_as_by_default(run, i, value)) {
            LAC_TRY(word_of(&lac_train_options.table[i], value, &word[n++], a));
        }
    }
    *words = word;
    *count = n;
    return LAC_OK;
}

/* Returns where the launcher cannot be started. */
static lac_status launch(const struct lac_sweep *s, const struct lac_sweep_run *run,
                         struct lac_arena *a)
{
    static char program[PATH_MAX], train[] = "train";
    char *const *words;
    char **all;
    size_t count, n = 0;
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length < 0) {
        return LAC_FAIL(LAC_E_FAILED, "this program's own file is not known: %s", strerror(errno));
    }
    LAC_TRY(lac_sweep_words(s, run, &words, &count, a));
    LAC_TRY(LAC_NEW(a, s->launcher_words + count + 3, &all));
    for (size_t i = 0; i < s->launcher_words; i++) {
        all[n++] = s->launcher[i];
    }
    all[n++] = program;
    all[n++] = train;
    memcpy(all + n, words, count * sizeof *words);
    (void)execvp(all[0], all);
    return LAC_FAIL(LAC_E_USAGE, "--launcher: '%s' cannot be started: %s", all[0], strerror(errno));
}

lac_status lac_sweep_child(void *sweep, size_t r, int *word)
{
    const struct lac_sweep *s = sweep;
    const struct lac_sweep_run *run = &s->run[r];
    struct lac_arena arena = {0};
    struct lac_config c;
    (void)word;
    lac_status status = redirect(s, run);
    if (status == LAC_OK && s->launcher) {
        status = launch(s, run, &arena);
    } else if (status == LAC_OK) {
        status = lac_sweep_configure(s, run, &c, &arena);
        status = status == LAC_OK ? lac_train_alone(&c, &arena) : status;
    }
    if (status != LAC_OK) {
        fflush(stdout);
        fprintf(stderr, "laconic: %s\n", lac_failure());
    }
    return status;
}

#include "command/test_plugin.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clean.h"
#include "command/pool.h"
#include "command/trial.h"
#include "plugin/plugin.h"
#include "store/checkpoint_folder.h"

enum { BUILT_IN, OPTIONS };

static const struct lac_option test_plugin_table[OPTIONS] = {
    {"Options", "built-in", NULL, NULL, LAC_LOCAL,
     "try what the program itself has: how the demands are tested"},
};

const struct lac_options lac_test_plugin_options = {
    .command = "test-plugin",
    .usage = "laconic test-plugin FILE...\n       laconic test-plugin --built-in",
    .table = test_plugin_table,
    .count = OPTIONS,
};

void lac_trial_say(struct lac_trial *t, bool is_well, const char *format, ...)
{
    char text[1400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    t->count++;
    t->failures += !is_well;
    printf("%sok %u - ", is_well ? "" : "not ", t->count);
    lac_print_clean(stdout, text);
    printf("\n");
    fflush(stdout);
}

void lac_trial_empty(const char *folder)
{
    lac_folder_sweep(folder, "round-");
    lac_folder_sweep(folder, ".tmp-"); /* of one that did not come to its end */
    (void)lac_folder_remove(folder);
}

static void try_file(struct lac_trial *t, const struct lac_plugin_file *f)
{
    const struct lac_plugin *p = &f->plugin;
    printf("# %s\n", f->id);
    lac_trial_imports(t, f->path);
    for (size_t i = 0; p->objectives && p->objectives[i]; i++) {
        lac_trial_objective(t, p->objectives[i]);
    }
    for (size_t i = 0; p->compressors && p->compressors[i]; i++) {
        lac_trial_compressor(t, p->compressors[i]);
    }
    for (size_t i = 0; p->methods && p->methods[i]; i++) {
        lac_trial_method(t, p->methods[i]);
    }
}

static void try_registries(struct lac_trial *t)
{
    size_t objectives, compressors, methods;
    const struct lac_objective *const *o = lac_objectives(&objectives);
    const struct lac_compressor *const *c = lac_compressors(&compressors);
    const struct lac_method *const *m = lac_methods(&methods);
    for (size_t i = 0; i < objectives; i++) {
        lac_trial_objective(t, o[i]);
    }
    for (size_t i = 0; i < compressors; i++) {
        lac_trial_compressor(t, c[i]);
    }
    for (size_t i = 0; i < methods; i++) {
        lac_trial_method(t, m[i]);
    }
}

/* What the process of the trials works with. */
struct job {
    const struct lac_operands *files;
    bool built_in;
    const char *folder; /* for checkpoints */
    struct lac_arena *arena;
};

/* In a process of its own. */
static lac_status try_all(void *context, size_t unused, int *word)
{
    const struct job *j = context;
    struct lac_trial t = {.folder = j->folder};
    const struct lac_plugin_file *f;
    const char *ids;
    (void)unused, (void)word;
    for (size_t i = 0; i < j->files->count; i++) {
        LAC_TRY(lac_plugins_open(j->files->word[i], j->arena, &ids));
    }
    for (size_t i = 0; !j->built_in && (f = lac_plugin_file(i)); i++) {
        try_file(&t, f);
    }
    if (j->built_in) {
        try_registries(&t);
    }
    printf("1..%u\n", t.count);
    return t.failures == 0
               ? LAC_OK
               : LAC_FAIL(LAC_E_FAILED, "%u of %u demands are not met", t.failures, t.count);
}

static lac_status say_end(const struct job *j, const struct lac_pool *p,
                          const struct lac_pool_event *end, int asked)
{
    const char *first = j->files->count > 0 ? j->files->word[0] : "--built-in";
    if (asked) {
        return LAC_FAIL(LAC_E_ENDED, "test-plugin: ended by %s; not all demands were tried",
                        asked == SIGINT ? "SIGINT" : "SIGTERM");
    }
    if (!p->note[0].returned && end->exit_code >= 0) {
        return LAC_FAIL(LAC_E_FAILED,
                        "test-plugin: '%s'%s ended the trials with status %d; not all demands were "
                        "tried",
                        first, j->files->count > 1 ? " or one behind it" : "", end->exit_code);
    }
    return lac_pool_status(p, end, first);
}

/* Until they end, or who waits for them is asked to. */
static lac_status wait_for_trials(const struct job *j, struct lac_pool *p)
{
    struct lac_pool_event event = {.job = 1};
    int asked = 0;
    while (p->running > 0) {
        LAC_TRY(lac_pool_wait(p, 60.0, &event));
        if (event.signal == SIGINT || event.signal == SIGTERM) {
            asked = event.signal;
            lac_pool_signal(p, SIGKILL);
        }
    }
    return say_end(j, p, &event, asked);
}

/* The folder is not there when the trials have ended, however they do: who made it waits for them outside. */
static lac_status try_outside(struct job *j)
{
    const char *tmp = getenv("TMPDIR");
    char outer[400], kept[420];
    struct lac_pool pool;
    LAC_TRY(lac_pool_open(&pool, 1, true, j->arena));
    snprintf(outer, sizeof outer, "%.300s/laconic-test-plugin-XXXXXX", tmp ? tmp : "/tmp");
    lac_status status = mkdtemp(outer) ? LAC_OK
                                       : LAC_FAIL(LAC_E_IO, "no folder '%s' can be made: %s", outer,
                                                  strerror(errno));
    if (status == LAC_OK) {
        snprintf(kept, sizeof kept, "%s/kept", outer);
        j->folder = kept;
        status = lac_pool_start(&pool, 0, try_all, j);
        status = status == LAC_OK ? wait_for_trials(j, &pool) : status;
        lac_trial_empty(kept);
        (void)rmdir(outer);
    }
    lac_pool_close(&pool);
    return status;
}

static lac_status test_plugin(int argc, char *const *argv, struct lac_arena *a)
{
    struct lac_setting settings[OPTIONS];
    struct lac_operands files;
    bool help;
    LAC_TRY(lac_options_read(&lac_test_plugin_options, argc, argv, a, settings, &files, &help));
    if (help) {
        lac_options_help(&lac_test_plugin_options, stdout);
        printf(
            "\nTries what the plug-ins bring: runs of each method with each compressor, promises of "
            "each compressor,\ngradients of each objective. Prints a line of TAP for each demand; "
            "docs/your-own-method.md says what they ask.\n");
        return LAC_OK;
    }
    struct job job = {.files = &files, .built_in = settings[BUILT_IN].value != NULL, .arena = a};
    if (files.count == 0 && !job.built_in) {
        return LAC_FAIL(LAC_E_USAGE, "test-plugin: name a plug-in: laconic test-plugin ./mine.so");
    }
    return try_outside(&job);
}

lac_status lac_command_test_plugin(int argc, char *const *argv)
{
    struct lac_arena arena = {0};
    lac_status status = test_plugin(argc, argv, &arena);
    lac_arena_free(&arena);
    return status;
}

#include "command/sweep.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wordexp.h>

#include "base/text.h"
#include "command/launch.h"
#include "command/run_folder.h"
#include "command/sweep_parts.h"
#include "command/train_parts.h"
#include "seal/key_file.h"
#include "seal/secret.h"

enum {
    OUT,
    JOBS,
    LAUNCHER,
    LIST,
    TASK,
    CHECKPOINTS,
    ROUNDS,
    FORCE,
    RENEW,
    DRY_RUN,
    NO_TABLE,
    QUIET,
    OPTIONS
};

static const struct lac_option sweep_table[OPTIONS] = {
    {"Options", "out", "DIR", NULL, LAC_LOCAL,
     "the folder of the run files, made where it is missing; default: FILE without its ending"},
    {"Options", "jobs", "N", NULL, LAC_LOCAL,
     "runs at a time, each a process; default: the processors, with --launcher 1"},
    {"Options", "launcher", "COMMAND", NULL, LAC_LOCAL,
     "what each run is started by, as a shell would split it: \"mpirun -n 5\""},
    {"Options", "list", NULL, NULL, LAC_LOCAL,
     "print number, name, state and options of each run, and make none"},
    {"Options", "task", "K", NULL, LAC_LOCAL,
     "make run number K alone, as one task of an array of jobs does, and end with its status"},
    {"Options", "checkpoints", NULL, NULL, LAC_LOCAL,
     "each run keeps checkpoints in DIR/NAME.checkpoints, and goes on after the newest"},
    {"Options", "rounds", "T", NULL, LAC_LOCAL, "at most so many rounds each, for a first look"},
    {"Options", "force", NULL, NULL, LAC_LOCAL, "make all runs anew"},
    {"Options", "renew", NULL, NULL, LAC_LOCAL,
     "make anew what is there from other options, other data or another program; keep the rest"},
    {"Options", "dry-run", NULL, NULL, LAC_LOCAL,
     "print the command of each run that would be made, and make none"},
    {"Options", "no-table", NULL, NULL, LAC_LOCAL, "end without the table of all runs"},
    {"Options", "quiet", NULL, NULL, LAC_LOCAL, "print errors and warnings only"},
};

const struct lac_options lac_sweep_options = {
    .command = "sweep",
    .usage = "laconic sweep FILE [--out DIR] [--jobs N] [--launcher COMMAND]\n"
             "       laconic sweep FILE --list\n"
             "       laconic sweep FILE --task K [--launcher COMMAND]",
    .about =
        "FILE has lines 'key = value' in sections: [shared], options of train for all runs, [vary], "
        "options with several\nvalues (seed = 1..5, compressor = topk:1% | randk:1%), of which all "
        "combinations are run, and [run NAME], a run and\nwhat it has of its own. A run that is done is kept; "
        "the status is 1 where one failed.",
    .table = sweep_table,
    .count = OPTIONS,
};

static lac_status read_count(const struct lac_setting *settings, size_t id, uint64_t least,
                             uint64_t most, uint64_t *out)
{
    char what[64];
    const char *text = settings[id].value;
    if (!text) {
        return LAC_OK;
    }
    snprintf(what, sizeof what, "--%s", sweep_table[id].name);
    LAC_TRY(lac_parse_count(what, text, out));
    return *out >= least && *out <= most
               ? LAC_OK
               : LAC_FAIL(LAC_E_USAGE, "%s: %s is outside %llu..%llu", what, text,
                          (unsigned long long)least, (unsigned long long)most);
}

static lac_status read_launcher(struct lac_sweep *s, const char *text)
{
    wordexp_t words;
    char **copy;
    if (!text) {
        return LAC_OK;
    }
    if (wordexp(text, &words, WRDE_NOCMD | WRDE_UNDEF) != 0 || words.we_wordc == 0) {
        return LAC_FAIL(LAC_E_USAGE, "--launcher: '%s' is no command, as \"mpirun -n 5\" is", text);
    }
    s->launcher_words = words.we_wordc;
    lac_status status = LAC_NEW(s->arena, words.we_wordc, &copy);
    for (size_t i = 0; i < words.we_wordc && status == LAC_OK; i++) {
        size_t bytes = strlen(words.we_wordv[i]) + 1;
        status = LAC_NEW(s->arena, bytes, &copy[i]);
        if (status == LAC_OK) {
            memcpy(copy[i], words.we_wordv[i], bytes);
        }
    }
    wordfree(&words);
    s->launcher = copy;
    return status;
}

/* "sweeps/first.conf" goes to "sweeps/first". */
static lac_status read_folder(struct lac_sweep *s, const char *out)
{
    char path[4096];
    if (out) {
        size_t length = strlen(out);
        while (length > 1 && out[length - 1] == '/') {
            length--;
        }
        if (length > 3900) {
            return LAC_FAIL(LAC_E_USAGE, "--out: the name is longer than 3900 bytes");
        }
        snprintf(path, sizeof path, "%.*s", (int)length, out);
        return lac_arena_text(s->arena, path, &s->folder);
    }
    const char *slash = strrchr(s->source, '/'), *name = slash ? slash + 1 : s->source;
    const char *dot = strrchr(name, '.');
    if (!dot || dot == name || strlen(s->source) > 3900) {
        return LAC_FAIL(LAC_E_USAGE, "--out DIR is needed: the folder of the run files");
    }
    snprintf(path, sizeof path, "%.*s", (int)(dot - s->source), s->source);
    return lac_arena_text(s->arena, path, &s->folder);
}

static lac_status read_options(struct lac_sweep *s, const struct lac_setting *settings)
{
    uint64_t jobs, task = 0;
    s->force = settings[FORCE].value;
    s->renew = settings[RENEW].value;
    s->checkpoints = settings[CHECKPOINTS].value;
    s->quiet = settings[QUIET].value;
    s->has_table = !settings[NO_TABLE].value;
    s->terminal = lac_on_terminal();
    s->most_rounds = UINT64_MAX;
    LAC_TRY(read_launcher(s, settings[LAUNCHER].value));
    jobs = s->launcher ? 1 : lac_pool_processors();
    LAC_TRY(read_count(settings, JOBS, 1, 1024, &jobs));
    LAC_TRY(read_count(settings, TASK, 1, LAC_SWEEP_MOST_RUNS, &task));
    LAC_TRY(read_count(settings, ROUNDS, 0, UINT64_MAX - 1, &s->most_rounds));
    if (task > 0 && settings[JOBS].value) {
        return LAC_FAIL(LAC_E_USAGE, "--jobs: --task makes one run; leave one of them out");
    }
    s->jobs = jobs;
    s->task = task;
    return LAC_OK;
}

/* {key} stands for a group key that is made for this folder. */
static lac_status make_key(const struct lac_sweep *s)
{
    char path[4200];
    bool wanted = false;
    snprintf(path, sizeof path, "%s/group.key", s->folder);
    for (size_t r = 0; r < s->count; r++) {
        const char *seal = s->run[r].setting[LAC_CONFIG_SEAL].value;
        wanted = wanted || (s->run[r].chosen && seal && strcmp(seal, path) == 0);
    }
    if (!wanted || access(path, F_OK) == 0) {
        return LAC_OK;
    }
    LAC_TRY(lac_secrets_begin());
    lac_status made = lac_key_file_make(path, LAC_GROUP_KEY);
    return access(path, F_OK) == 0 ? LAC_OK : made; /* another task made it */
}

/* None is made where one would be replaced that is not meant. */
static lac_status refuse_others(const struct lac_sweep *s)
{
    for (size_t r = 0; r < s->count; r++) {
        if (s->run[r].chosen && s->run[r].state == LAC_SWEEP_OTHER) {
            return LAC_FAIL(LAC_E_USAGE, "%s", s->run[r].sentence);
        }
    }
    return LAC_OK;
}

static lac_status make_runs(struct lac_sweep *s)
{
    LAC_TRY(lac_sweep_look(s)); /* under the lock: what was seen stays */
    LAC_TRY(refuse_others(s));
    LAC_TRY(s->folder ? make_key(s) : LAC_OK);
    lac_sweep_print_plan(s);
    LAC_TRY(lac_sweep_run(s));
    return lac_sweep_report(s);
}

/* Whether there is nothing to make in a folder where nothing can be. */
static lac_status look_read_only(struct lac_sweep *s, bool *only)
{
    *only = s->folder && access(s->folder, W_OK) != 0 && access(s->folder, R_OK | X_OK) == 0;
    LAC_TRY(*only ? lac_sweep_look(s) : LAC_OK);
    *only = *only && s->to_do == 0;
    return LAC_OK;
}

lac_status lac_sweep_make(struct lac_sweep *s)
{
    bool only;
    LAC_TRY(look_read_only(s, &only));
    if (only) {
        lac_sweep_print_plan(s);
        return lac_sweep_report(s);
    }
    LAC_TRY(s->folder ? lac_run_folder_make("--out", s->folder, &s->made_folder) : LAC_OK);
    lac_status status = lac_sweep_lock(s);
    if (status == LAC_OK) {
        status = make_runs(s);
    }
    lac_sweep_unlock(s);
    if (status != LAC_OK && s->made_folder) {
        (void)rmdir(s->folder); /* which fails where anything is in it */
    }
    return status;
}

static lac_status check_folder(const struct lac_sweep *s)
{
    struct stat facts;
    return stat(s->folder, &facts) == 0 && !S_ISDIR(facts.st_mode)
               ? LAC_FAIL(LAC_E_USAGE, "--out: '%s' is no folder", s->folder)
               : LAC_OK;
}

static lac_status check_task(const struct lac_sweep *s)
{
    return s->task <= s->count
               ? LAC_OK
               : LAC_FAIL(LAC_E_USAGE, "--task: %s has no run number %zu; it has %zu", s->source,
                          s->task, s->count);
}

static lac_status sweep_file(struct lac_sweep *s, const struct lac_setting *settings)
{
    struct lac_sweep_file file;
    char path[4096];
    LAC_TRY(read_options(s, settings));
    LAC_TRY(lac_sweep_file_read(&file, s->source, s->arena));
    LAC_TRY(read_folder(s, settings[OUT].value)); /* whose default is of a file that is one */
    snprintf(path, sizeof path, "%s/sweep.lock", s->folder);
    LAC_TRY(lac_arena_text(s->arena, path, &s->lock_path));
    LAC_TRY(lac_sweep_expand(s, &file));
    LAC_TRY(check_task(s));
    LAC_TRY(lac_sweep_identify(s));
    LAC_TRY(check_folder(s));
    if (!settings[LIST].value && !settings[DRY_RUN].value) {
        return lac_sweep_make(s);
    }
    LAC_TRY(lac_sweep_look(s));
    if (settings[LIST].value) {
        lac_sweep_list(s);
        return LAC_OK;
    }
    LAC_TRY(refuse_others(s));
    return lac_sweep_print_commands(s);
}

static lac_status sweep(int argc, char *const *argv, struct lac_arena *a)
{
    struct lac_setting settings[OPTIONS];
    struct lac_operands files;
    struct lac_sweep s = {.arena = a, .lock = -1, .task_lock = -1};
    enum lac_launch launch;
    bool help;
    LAC_TRY(lac_options_read(&lac_sweep_options, argc, argv, a, settings, &files, &help));
    if (help) {
        lac_options_help(&lac_sweep_options, stdout);
        return LAC_OK;
    }
    LAC_TRY(lac_launch_kind(&launch));
    if (launch == LAC_LAUNCH_MPI) {
        return LAC_FAIL(LAC_E_USAGE, "sweep starts its runs itself, each by --launcher \"mpirun -n "
                                     "RANKS\"; start it without one");
    }
    if (files.count != 1) {
        return LAC_FAIL(LAC_E_USAGE, "sweep: name one file of runs: laconic sweep FILE");
    }
    s.source = files.word[0];
    return sweep_file(&s, settings);
}

lac_status lac_command_sweep(int argc, char *const *argv)
{
    struct lac_arena arena = {0};
    lac_status status = sweep(argc, argv, &arena);
    lac_arena_free(&arena);
    return status;
}

/* laconic train --seeds 1..10: one configuration, once for each seed, as a sweep without a file. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command/launch.h"
#include "command/sweep_parts.h"
#include "command/train_parts.h"

/* "run.h5" and "3" are "run-seed-3.h5", "a/{seed}.h5" is "a/3.h5"; *whole: the file, name: without its folder and ending. */
static lac_status name_run(const char *out, const char *seed, struct lac_sweep_run *run,
                           struct lac_arena *a)
{
    static const char brace[] = "{seed}", ending[] = ".h5";
    char path[4400];
    const char *at = strstr(out, brace);
    size_t length = strlen(out), end = sizeof ending - 1;
    bool ends = length > end && strcmp(out + length - end, ending) == 0;
    if (!at && !ends) {
        return LAC_FAIL(LAC_E_USAGE, "--out: with --seeds a name of each run file is wanted: "
                                     "run.h5, or one with {seed} in it");
    }
    if (length > 4000) {
        return LAC_FAIL(LAC_E_USAGE, "--out: the name is longer than 4000 bytes");
    }
    if (at) {
        snprintf(path, sizeof path, "%.*s%s%s", (int)(at - out), out, seed, at + sizeof brace - 1);
    } else {
        snprintf(path, sizeof path, "%.*s-seed-%s%s", (int)(length - end), out, seed, ending);
    }
    LAC_TRY(lac_arena_text(a, path, &run->file));
    const char *slash = strrchr(run->file, '/');
    run->name = slash ? slash + 1 : run->file;
    return LAC_OK;
}

static lac_status make_run(const struct lac_config *c, const char *seed, struct lac_sweep_run *run,
                           struct lac_arena *a)
{
    char told[64];
    LAC_TRY(name_run(c->setting[LAC_CONFIG_OUT].value, seed, run, a));
    LAC_TRY(LAC_NEW(a, LAC_CONFIG_COUNT, &run->setting));
    memcpy(run->setting, c->setting, sizeof c->setting);
    run->setting[LAC_CONFIG_SEEDS].value = NULL;
    run->setting[LAC_CONFIG_SEED].value = seed;
    snprintf(told, sizeof told, "--seed %s", seed);
    return lac_arena_text(a, told, &run->told);
}

static lac_status check(const struct lac_config *c)
{
    enum lac_launch launch;
    const char *data = c->setting[LAC_CONFIG_DATA].value;
    LAC_TRY(lac_launch_kind(&launch));
    if (launch == LAC_LAUNCH_MPI) {
        return LAC_FAIL(LAC_E_USAGE,
                        "--seeds: repeats runs in processes of its own; under a launcher give "
                        "them a file, 'seed = %s' in [vary]: laconic sweep FILE --launcher "
                        "\"mpirun -n RANKS\"",
                        c->setting[LAC_CONFIG_SEEDS].value);
    }
    if (c->setting[LAC_CONFIG_SEED].given) {
        return LAC_FAIL(LAC_E_USAGE, "--seeds: and --seed exclude each other; give one");
    }
    if (!c->setting[LAC_CONFIG_OUT].value) {
        return LAC_FAIL(LAC_E_USAGE, "--seeds: needs --out run.h5; the files are run-seed-1.h5 and "
                                     "so on");
    }
    static const enum lac_option_id single[] = {LAC_CONFIG_SEAL, LAC_CONFIG_IDENTITY,
                                                LAC_CONFIG_CHECKPOINT, LAC_CONFIG_RESUME,
                                                LAC_CONFIG_ROLE};
    for (size_t i = 0; i < sizeof single / sizeof *single; i++) {
        if (c->setting[single[i]].value) {
            return LAC_FAIL(LAC_E_USAGE,
                            "--seeds: --%s is of one run; a file of runs can say it of each: "
                            "laconic sweep FILE",
                            lac_train_options.table[single[i]].name);
        }
    }
    return data && strcmp(data, "-") == 0
               ? LAC_FAIL(LAC_E_USAGE, "--data -: standard input can be read by one run alone; "
                                       "name a file")
               : LAC_OK;
}

static lac_status list_runs(struct lac_sweep *s, const struct lac_config *c)
{
    const char *const *seed;
    char text[1024];
    if (snprintf(text, sizeof text, "%s", c->setting[LAC_CONFIG_SEEDS].value) >= (int)sizeof text) {
        return LAC_FAIL(LAC_E_USAGE, "--seeds: the list is longer than %zu bytes", sizeof text - 1);
    }
    for (char *p = text; *p; p++) { /* a list of files of runs would have '|', which shells take */
        *p = *p == ',' ? '|' : *p;
    }
    LAC_TRY(lac_sweep_values("--seeds: ", text, &seed, &s->count, s->arena));
    LAC_TRY(LAC_NEW(s->arena, s->count, &s->run));
    for (size_t r = 0; r < s->count; r++) {
        LAC_TRY(make_run(c, seed[r], &s->run[r], s->arena));
    }
    return lac_sweep_identify(s);
}

/* Where a run file is to be made, before any is. */
static lac_status check_places(const struct lac_sweep *s)
{
    for (size_t r = 0; r < s->count; r++) {
        const char *file = s->run[r].file;
        LAC_TRY(access(file, F_OK) == 0
                    ? LAC_OK
                    : lac_of_option("--out", lac_run_check(file, true, s->arena)));
    }
    return LAC_OK;
}

/* Beside the run files, or the folders that {seed} makes of them. */
static lac_status name_lock(struct lac_sweep *s, const char *out)
{
    const char *brace = strstr(out, "{seed}"), *slash = brace ? strchr(brace, '/') : NULL;
    return lac_arena_print(s->arena, &s->lock_path, "%.*s.lock",
                           (int)(slash ? (size_t)(slash - out) : strlen(out)), out);
}

lac_status lac_train_seeds(const struct lac_config *c, struct lac_arena *a)
{
    LAC_TRY(check(c));
    struct lac_sweep s = {.arena = a,
                          .lock = -1,
                          .task_lock = -1,
                          .jobs = lac_pool_processors(),
                          .force = c->setting[LAC_CONFIG_FORCE].value,
                          .quiet = c->setting[LAC_CONFIG_QUIET].value,
                          .terminal = lac_on_terminal(),
                          .most_rounds = UINT64_MAX,
                          .has_table = true,
                          .spreads = true};
    LAC_TRY(list_runs(&s, c));
    LAC_TRY(name_lock(&s, c->setting[LAC_CONFIG_OUT].value));
    if (!c->setting[LAC_CONFIG_DRY_RUN].value) {
        LAC_TRY(check_places(&s));
        return lac_sweep_make(&s);
    }
    LAC_TRY(lac_sweep_look(&s));
    lac_sweep_list(&s);
    return LAC_OK;
}

/* Which run a run is: its options, and the bytes of the files that they name. */
#include <stdio.h>
#include <string.h>

#include "command/inputs.h"
#include "command/run_folder.h"
#include "command/sweep_parts.h"
#include "command/train_parts.h"
#include "method/step_policy.h"
#include "plugin/plugin.h"
#include "store/file_digest.h"

const char *lac_sweep_checkpoint(const struct lac_sweep_run *run)
{
    const char *resume = run->setting[LAC_CONFIG_RESUME].value;
    return resume ? resume : run->setting[LAC_CONFIG_CHECKPOINT].value;
}

/* All runs do, or this one's options say how it does. */
static bool keeps_checkpoints(const struct lac_sweep *s, const struct lac_sweep_run *run)
{
    return s->checkpoints || (s->folder && (run->setting[LAC_CONFIG_CHECKPOINT_EVERY].given ||
                                            run->setting[LAC_CONFIG_KEEP].given));
}

/* One command line for the first start and for going on. */
static lac_status place_checkpoints(const struct lac_sweep *s, const struct lac_sweep_run *run,
                                    struct lac_config *c, struct lac_arena *a)
{
    const char *folder = lac_sweep_checkpoint(run);
    char path[4400];
    if (!folder && keeps_checkpoints(s, run)) {
        snprintf(path, sizeof path, "%.*s.checkpoints", (int)(strlen(run->file) - strlen(".h5")),
                 run->file);
        LAC_TRY(lac_arena_text(a, path, &folder));
    }
    c->setting[LAC_CONFIG_CHECKPOINT].value = NULL;
    c->setting[LAC_CONFIG_RESUME].value = folder;
    return LAC_OK;
}

/* Who takes part is drawn by them. */
static lac_status check_replay(const struct lac_sweep_run *run, const struct lac_sweep_run *before)
{
    static const enum lac_option_id drawn[] = {LAC_CONFIG_CLIENTS, LAC_CONFIG_SEED};
    for (size_t i = 0; i < sizeof drawn / sizeof *drawn; i++) {
        const char *then = before->setting[drawn[i]].value, *now = run->setting[drawn[i]].value;
        if (!then || !now || strcmp(then, now) != 0) {
            return LAC_FAIL(LAC_E_USAGE,
                            "--participation: the run '%s' has --%s %s, and its replay %s; give "
                            "both the same",
                            before->name, lac_train_options.table[drawn[i]].name,
                            then ? then : "none", now ? now : "none");
        }
    }
    return LAC_OK;
}

/* A replay of a run that is not done takes its options for it: whom that run loses, its file says once it is there. */
static lac_status resolve_replay(const struct lac_sweep *s, const struct lac_sweep_run *run,
                                 struct lac_config *c, struct lac_arena *a)
{
    const struct lac_sweep_run *before = lac_sweep_needed(s, run, LAC_CONFIG_PARTICIPATION);
    for (; before; before = lac_sweep_needed(s, before, LAC_CONFIG_PARTICIPATION)) {
        LAC_TRY(check_replay(run, before));
        if (lac_sweep_is_done(before)) {
            break;
        }
        c->setting[LAC_CONFIG_PARTICIPATION].value =
            before->setting[LAC_CONFIG_PARTICIPATION].value;
    }
    return lac_train_resolve_replay(c, a);
}

lac_status lac_sweep_configure(const struct lac_sweep *s, const struct lac_sweep_run *run,
                               struct lac_config *c, struct lac_arena *a)
{
    *c = (struct lac_config){0};
    memcpy(c->setting, run->setting, sizeof c->setting);
    bool sealed = c->setting[LAC_CONFIG_SEAL].value;
    c->setting[sealed ? LAC_CONFIG_OUT_PRIVATE : LAC_CONFIG_OUT].value = run->file;
    c->setting[LAC_CONFIG_FORCE].value = "yes"; /* what is in the way was looked at */
    if (s->quiet && s->task > 0) {              /* else what it prints goes into its log */
        c->setting[LAC_CONFIG_QUIET].value = "yes";
    }
    LAC_TRY(place_checkpoints(s, run, c, a));
    LAC_TRY(resolve_replay(s, run, c, a));
    LAC_TRY(lac_config_fill(c, a));
    lac_plugins_forget(); /* those of other runs */
    return lac_train_resolve(c, a);
}

const char *lac_sweep_program(struct lac_sweep *s)
{
    if (!*s->program) {
        lac_file_digest("/proc/self/exe", s->program);
    }
    return s->program;
}

/* What an option's file holds; of a run before this one what makes it, since it may not be there yet. */
static lac_status add_file(const struct lac_sweep *s, const struct lac_sweep_run *run,
                           const struct lac_config *c, size_t option, struct lac_digest *g)
{
    char digest[LAC_DIGEST_TEXT];
    const struct lac_sweep_run *before = lac_sweep_needed(s, run, option);
    if (before) {
        lac_digest_add_text(g, before->digest);
        return LAC_OK;
    }
    if (option == LAC_CONFIG_DATA_LOCAL) {
        return LAC_OK; /* the run file says of how many ranks it has the files */
    }
    LAC_TRY(lac_input_digest(c, option, 1, digest));
    lac_digest_add_text(g, digest);
    return LAC_OK;
}

/* A file in the folder of the runs as "{results}/...": the folder may be copied, or be written otherwise another time. */
static lac_status add_value(const struct lac_sweep *s, const char *value, struct lac_digest *g,
                            struct lac_arena *a)
{
    const char *path = lac_sweep_inside(s, value);
    if (path) {
        LAC_TRY(lac_arena_print(a, &value, "%.*s{results}%s", (int)(path - value), value,
                                path + strlen(s->folder)));
    }
    lac_digest_add_text(g, value);
    return LAC_OK;
}

static lac_status add_option(const struct lac_sweep *s, const struct lac_sweep_run *run,
                             const struct lac_config *c, size_t option, struct lac_digest *g,
                             struct lac_arena *a)
{
    const char *value =
        lac_sweep_needed(s, run, option) ? run->setting[option].value : c->setting[option].value;
    if (!lac_bears_on_numbers(option) || !value) {
        return LAC_OK;
    }
    lac_digest_add_text(g, lac_train_options.table[option].name);
    return add_value(s, value, g, a);
}

static lac_status identify(struct lac_sweep *s, struct lac_sweep_run *run, struct lac_arena *a)
{
    struct lac_config c;
    struct lac_digest all;
    struct lac_step_policy policy;
    LAC_TRY(lac_sweep_configure(s, run, &c, a));
    LAC_TRY(lac_server_check_rules(&c));
    LAC_TRY(lac_config_option(&c, LAC_CONFIG_STEP_POLICY,
                              lac_step_policy_open(&policy, c.step_policy, a)));
    lac_digest_begin(&all, LAC_DIGEST_BYTES);
    for (size_t i = 0; i < LAC_CONFIG_COUNT; i++) {
        LAC_TRY(add_option(s, run, &c, i, &all, a));
    }
    for (size_t i = 0; i < LAC_CONFIG_COUNT; i++) {
        LAC_TRY(add_file(s, run, &c, i, &all));
    }
    lac_digest_add_text(&all,
                        c.plugins ? c.plugins : ""); /* names and bytes of those of --plugin */
    lac_digest_end_text(&all, run->digest);
    return LAC_OK;
}

/* A sentence that begins with an option is of a line of the file, where the option stands in one. */
static const char *where_of(const struct lac_sweep_run *run, const char *sentence)
{
    size_t length = strncmp(sentence, "--", 2) == 0
                        ? strspn(sentence + 2, "abcdefghijklmnopqrstuvwxyz0123456789-")
                        : 0;
    for (size_t i = 0; i < LAC_CONFIG_COUNT && length > 0; i++) {
        const char *name = lac_train_options.table[i].name, *where = run->setting[i].where;
        if (strlen(name) == length && strncmp(name, sentence + 2, length) == 0) {
            return where && strcmp(where, "--") != 0 ? where : "";
        }
    }
    return "";
}

lac_status lac_sweep_identify(struct lac_sweep *s)
{
    for (size_t r = 0; r < s->count; r++) {
        struct lac_arena arena = {0}; /* a run's buffers may be large, and are many */
        lac_status status = identify(s, &s->run[r], &arena);
        lac_arena_free(&arena);
        if (status != LAC_OK) {
            const char *where = where_of(&s->run[r], lac_failure());
            return s->count > 1 ? LAC_FAIL(status, "%s%s (the run '%s')", where, lac_failure(),
                                           s->run[r].name)
                                : LAC_FAIL(status, "%s%s", where, lac_failure());
        }
    }
    return LAC_OK;
}

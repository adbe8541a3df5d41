/* The options of tune: its own, and those of train; the runs that they ask for. */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "base/vec.h"
#include "command/tune_parts.h"

#define LAC_OUT_ARGUMENT "DIR"
#define LAC_OUT_HELP     "the folder of the run files and of tune.json, made where it is missing"
#define LAC_OPTION(section, name, argument, fallback, mark, help) \
    {section, name, argument, fallback, mark, help},
static const struct lac_option table[] = {
#include "command/tune.def"
#include "config/config.def"
};
#undef LAC_OPTION

_Static_assert(sizeof table / sizeof table[0] == LAC_TUNE_COUNT, "tune_parts.h lists all options");

const size_t lac_tune_own_options = LAC_TUNE_OWN_COUNT;
const struct lac_options lac_tune_options = {
    .command = "tune",
    .usage = "laconic tune --out DIR [OPTIONS]\n"
             "       mpirun -n RANKS laconic tune --out DIR [OPTIONS]",
    .table = table,
    .count = LAC_TUNE_COUNT,
    .layered = true,
    .not_from_environment = "data",
    .refused = "seeds",
};

const struct lac_tune_axis lac_tune_axes[LAC_TUNE_AXES] = {
    {LAC_TUNE_GRID, LAC_CONFIG_STEP, LAC_STEP, "step"},
    {LAC_TUNE_SERVER_GRID, LAC_CONFIG_SERVER_STEP, LAC_SERVER_STEP, "server_step"},
    {LAC_TUNE_META_GRID, LAC_CONFIG_META_STEP, LAC_META_STEP, "meta_step"},
};

static const struct lac_setting *train_setting(const struct lac_tune *t, enum lac_option_id id)
{
    return &t->setting[LAC_TUNE_OWN_COUNT + id];
}

static void name_option(const struct lac_tune *t, size_t id, char what[400])
{
    snprintf(what, 400, "%s%s", t->setting[id].where, table[id].name);
}

static lac_status read_count(const struct lac_tune *t, size_t id, uint64_t least, uint64_t most,
                             uint64_t *out)
{
    char what[400];
    if (!t->setting[id].value) {
        return LAC_OK;
    }
    name_option(t, id, what);
    LAC_TRY(lac_parse_count(what, t->setting[id].value, out));
    if (*out < least || *out > most) {
        return LAC_FAIL(LAC_E_USAGE, "%s: %s is outside %llu..%llu", what, t->setting[id].value,
                        (unsigned long long)least, (unsigned long long)most);
    }
    return LAC_OK;
}

/* A column that shall be small, and that the runs have. */
static lac_status read_column(struct lac_tune *t, const struct lac_config *c)
{
    const char *name = t->setting[LAC_TUNE_COLUMN].value;
    const struct lac_column *column = lac_column_find(name);
    if (!column) {
        const char *names[LAC_COLUMN_COUNT];
        for (size_t i = 0; i < LAC_COLUMN_COUNT; i++) {
            names[i] = lac_columns[i].name;
        }
        const char *nearest = lac_nearest(name, names, LAC_COLUMN_COUNT);
        return LAC_FAIL(LAC_E_USAGE, "--column: there is no '%s'; %s%s%s", name,
                        nearest ? "did you mean '" : "",
                        nearest ? nearest : "'laconic list columns' shows all",
                        nearest ? "'?" : "");
    }
    if (!column->is_double || strcmp(name, "seconds") == 0 || strcmp(name, "test_accuracy") == 0) {
        return LAC_FAIL(LAC_E_USAGE,
                        "--column: a low %s is no good step's mark; take loss, "
                        "grad_norm_sq, test_loss or the like",
                        name);
    }
    if (!lac_column_is_in(c->tracked, (size_t)(column - lac_columns))) {
        return LAC_FAIL(LAC_E_USAGE, "--column: runs have %s on request; give --track %s", name,
                        name);
    }
    t->criterion.column = column;
    return LAC_OK;
}

static lac_status read_best(struct lac_tune *t, const struct lac_config *c)
{
    if (isfinite(c->max_seconds)) {
        return LAC_FAIL(LAC_E_USAGE, "--max-seconds ends the runs by the clock, so that they could "
                                     "not be compared; give --rounds");
    }
    if (c->checkpoint) {
        return LAC_FAIL(LAC_E_USAGE,
                        "--%s is of one run, and these are many, which 'tune' itself "
                        "does not begin again where their files are there",
                        c->resume ? "resume" : "checkpoint");
    }
    if (c->on_lost == LAC_LOST_DROPS) {
        return LAC_FAIL(LAC_E_USAGE, "--on-lost-client drop is of one run: between many all ranks "
                                     "meet, and would wait for one that is lost");
    }
    static const char *const names[] = {"lowest", "bits:", "rounds:"};
    const char *text = t->setting[LAC_TUNE_BEST].value;
    struct lac_tune_criterion *k = &t->criterion;
    if (strcmp(text, names[LAC_TUNE_LOWEST]) == 0) {
        k->best = LAC_TUNE_LOWEST;
        if (isfinite(c->until_loss) || isfinite(c->until_grad_norm_sq)) {
            return LAC_FAIL(LAC_E_USAGE,
                            "--best lowest compares runs of one length, and --until-... ends them "
                            "at a target; give --best rounds:TARGET or bits:TARGET");
        }
        return LAC_OK;
    }
    for (int i = LAC_TUNE_BITS; i <= LAC_TUNE_ROUNDS; i++) {
        size_t length = strlen(names[i]);
        if (strncmp(text, names[i], length) == 0) {
            k->best = (enum lac_tune_best)i;
            return lac_parse_double("--best: the target", text + length, &k->target);
        }
    }
    return LAC_FAIL(LAC_E_USAGE, "--best: '%s' is none of lowest, bits:TARGET and rounds:TARGET",
                    text);
}

static lac_status read_grids(struct lac_tune *t, const struct lac_config *c)
{
    char what[400];
    const struct lac_method *method;
    LAC_TRY(lac_method_find(c->method, &method));
    for (size_t i = 0; i < LAC_TUNE_AXES; i++) {
        const struct lac_tune_axis *axis = &lac_tune_axes[i];
        const char *text = t->setting[axis->grid].value;
        name_option(t, axis->grid, what);
        if (text && axis->quantity != LAC_STEP && !method->rules[axis->quantity]) {
            return LAC_FAIL(LAC_E_USAGE, "%s: %s has no --%s; leave the option out", what,
                            method->name, lac_train_options.table[axis->step].name);
        }
        if (text) {
            LAC_TRY(lac_tune_grid_parse(&t->grid[i], what, text, t->arena));
        }
    }
    return LAC_OK;
}

static lac_status read_own(struct lac_tune *t, const struct lac_config *c)
{
    t->jobs = 1;
    LAC_TRY(read_count(t, LAC_TUNE_JOBS, 1, 1024, &t->jobs));
    LAC_TRY(read_count(t, LAC_TUNE_RANKS_PER_RUN, 2, UINT32_MAX, &t->ranks_per_run));
    LAC_TRY(read_grids(t, c));
    LAC_TRY(read_best(t, c));
    LAC_TRY(read_column(t, c));
    t->json = t->setting[LAC_TUNE_JSON].value != NULL;
    t->quiet = c->quiet || t->json;
    t->force = c->force;
    t->dry_run = c->dry_run;
    t->folder = c->out;
    if (!c->out) {
        return LAC_FAIL(LAC_E_USAGE, "--out DIR is needed: the folder of the run files");
    }
    if (c->data_path && strcmp(c->data_path, "-") == 0) {
        return LAC_FAIL(LAC_E_USAGE, "--data -: standard input can be read by one run alone; "
                                     "name a file");
    }
    return LAC_OK;
}

/* "step-x16.h5", "step-x16-server-step-x0.5.h5". */
static lac_status name_run(const struct lac_tune *t, struct lac_tune_run *run)
{
    char name[400] = "", number[32];
    size_t n = 0;
    for (size_t i = 0; i < LAC_TUNE_AXES; i++) {
        if (t->grid[i].count > 0) {
            n += (size_t)snprintf(name + n, sizeof name - n, "%s%s-x%s", n > 0 ? "-" : "",
                                  lac_train_options.table[lac_tune_axes[i].step].name,
                                  lac_shortest(t->grid[i].multiplier[run->place[i]], number));
        }
    }
    snprintf(name + n, sizeof name - n, ".h5");
    return lac_arena_text(t->arena, name, &run->file);
}

/* The options of train for this run. */
static lac_status configure(const struct lac_tune *t, struct lac_tune_run *run)
{
    struct lac_config *c = &run->config;
    char *path;
    size_t bytes = strlen(t->folder) + strlen(run->file) + 2;
    LAC_TRY(LAC_NEW(t->arena, bytes, &path));
    snprintf(path, bytes, "%s/%s", t->folder, run->file);
    memcpy(c->setting, train_setting(t, 0), sizeof c->setting);
    for (size_t i = 0; i < LAC_TUNE_AXES; i++) {
        struct lac_setting *step = &c->setting[lac_tune_axes[i].step];
        if (t->grid[i].count > 0) {
            char what[400];
            name_option(t, LAC_TUNE_OWN_COUNT + lac_tune_axes[i].step, what);
            if (!step->value) {
                return LAC_FAIL(LAC_E_USAGE, "--%s multiplies %s; give that too",
                                table[lac_tune_axes[i].grid].name, what);
            }
            LAC_TRY(lac_tune_step(what, step->value, t->grid[i].multiplier[run->place[i]], t->arena,
                                  &step->value));
        }
        run->step[i] = step->value;
    }
    c->setting[LAC_CONFIG_OUT].value = path;
    c->setting[LAC_CONFIG_FORCE].value = "yes";
    c->setting[LAC_CONFIG_QUIET].value = "yes";
    c->setting[LAC_CONFIG_DRY_RUN].value = NULL;
    LAC_TRY(lac_config_fill(c, t->arena));
    return lac_train_resolve(c, t->arena);
}

/* The product of the grids, the last the fastest. */
static lac_status list_runs(struct lac_tune *t)
{
    t->count = 1;
    for (size_t i = 0; i < LAC_TUNE_AXES; i++) {
        t->count *= t->grid[i].count > 0 ? t->grid[i].count : 1;
        if (t->count > LAC_TUNE_MOST_RUNS) {
            return LAC_FAIL(LAC_E_USAGE, "the grids have %zu runs, more than %d", t->count,
                            LAC_TUNE_MOST_RUNS);
        }
    }
    LAC_TRY(LAC_NEW(t->arena, t->count, &t->run));
    for (size_t r = 0; r < t->count; r++) {
        size_t rest = r;
        for (size_t i = LAC_TUNE_AXES; i-- > 0;) {
            size_t count = t->grid[i].count > 0 ? t->grid[i].count : 1;
            t->run[r].place[i] = rest % count;
            rest /= count;
        }
        LAC_TRY(name_run(t, &t->run[r]));
        LAC_TRY(configure(t, &t->run[r]));
    }
    return LAC_OK;
}

lac_status lac_tune_read(struct lac_tune *t, int argc, char *const *argv, bool *help)
{
    struct lac_config c = {0};
    LAC_TRY(lac_options_read(&lac_tune_options, argc, argv, t->arena, t->setting, NULL, help));
    if (*help) {
        return LAC_OK;
    }
    memcpy(c.setting, train_setting(t, 0), sizeof c.setting);
    LAC_TRY(lac_train_resolve_replay(&c, t->arena));
    t->setting[LAC_TUNE_OWN_COUNT + LAC_CONFIG_PARTICIPATION].value =
        c.setting[LAC_CONFIG_PARTICIPATION].value;
    LAC_TRY(lac_config_fill(&c, t->arena));
    LAC_TRY(lac_train_resolve(&c, t->arena));
    if (lac_config_forwards(&c)) {
        return LAC_FAIL(LAC_E_USAGE,
                        "--seal: tune ranks runs by their losses, which a sealed run keeps "
                        "from its server; tune unsealed, on data that may be seen");
    }
    LAC_TRY(read_own(t, &c));
    LAC_TRY(lac_kernels_select(c.kernels));
    return list_runs(t);
}

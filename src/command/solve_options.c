/* The options of solve are those of train that say the problem, from the same table, and two of its own. */
#include <string.h>

#include "base/text.h"
#include "command/solve.h"
#include "command/solve_parts.h"
#include "method/method.h"

enum { TOLERANCE = LAC_CONFIG_COUNT, MOST_ITERATIONS, OPTIONS };

static const struct lac_option own[] = {
    {"Solve", "tolerance", "VALUE", "1e-13", LAC_RUN, "of |grad f(x)|, the Euclidean norm"},
    {"Solve", "max-iterations", "N", "100000", LAC_RUN, "of L-BFGS"},
};

static bool is_taken(size_t id)
{
    static const enum lac_option_id more[] = {
        LAC_CONFIG_METHOD,        LAC_CONFIG_FORCE, LAC_CONFIG_QUIET,  LAC_CONFIG_CONFIG,
        LAC_CONFIG_SERVER_BUFFER, LAC_CONFIG_CHUNK, LAC_CONFIG_OPTIMA, LAC_CONFIG_KERNELS};
    bool taken = id >= LAC_CONFIG_COUNT || lac_config_is_of_problem(id);
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        taken = taken || id == more[i];
    }
    return taken;
}

/* What solve says of an option that it shares with train. */
static struct lac_option option_of(size_t id)
{
    struct lac_option option =
        id < LAC_CONFIG_COUNT ? lac_train_options.table[id] : own[id - LAC_CONFIG_COUNT];
    if (id == LAC_CONFIG_SEED || id == LAC_CONFIG_PLUGIN) {
        option.section = "Problem";
    }
    if (id == LAC_CONFIG_METHOD) {
        option.section = "Problem";
        option.fallback = NULL;
        option.help = "one with personal models, l2gd:lambda=1: F* of these, not f*; only on the "
                      "command line";
    }
    if (id == LAC_CONFIG_FORCE) {
        option.help = "solve again what is solved already";
    }
    return option;
}

const struct lac_options *lac_solve_options(void)
{
    static struct lac_option table[OPTIONS];
    static struct lac_options options = {
        .command = "solve",
        .usage = "laconic solve [OPTIONS]\n       mpirun -n RANKS laconic solve [OPTIONS]",
        .table = table};
    if (options.count == 0) {
        for (size_t id = 0; id < OPTIONS; id++) {
            if (is_taken(id)) {
                table[options.count++] = option_of(id);
            }
        }
    }
    return &options;
}

/* Words about training are refused; an options file or the environment may be there for train as well. */
static lac_status refuse_others(const struct lac_setting *settings)
{
    for (size_t id = 0; id < LAC_CONFIG_COUNT; id++) {
        if (!is_taken(id) && settings[id].given && strcmp(settings[id].where, "--") == 0) {
            return LAC_FAIL(LAC_E_USAGE,
                            "--%s: that is an option of train, which does not say what f is; "
                            "'laconic solve --help' shows those that do",
                            lac_train_options.table[id].name);
        }
    }
    return LAC_OK;
}

static lac_status read_own(struct lac_solve *v, const struct lac_setting *settings)
{
    char what[400];
    snprintf(what, sizeof what, "%stolerance", settings[TOLERANCE].where);
    LAC_TRY(lac_parse_double(what, settings[TOLERANCE].value, &v->tolerance));
    if (!(v->tolerance > 0.0)) {
        return LAC_FAIL(LAC_E_USAGE, "%s: %s is not positive", what, settings[TOLERANCE].value);
    }
    snprintf(what, sizeof what, "%smax-iterations", settings[MOST_ITERATIONS].where);
    return lac_parse_count(what, settings[MOST_ITERATIONS].value, &v->most_iterations);
}

/* The problem of personal models, where its method is among the words: an options file names that of its train. */
static lac_status read_coupling(struct lac_config *c, const struct lac_setting *method,
                                struct lac_arena *a)
{
    if (!method->given || strcmp(method->where, "--") != 0) {
        return LAC_OK;
    }
    LAC_TRY(lac_method_coupling(method->value, &c->coupling, a));
    c->couples = c->coupling == c->coupling;
    if (!c->couples) {
        return LAC_FAIL(LAC_E_USAGE,
                        "--method: %s has one model for all clients, and f* is the same for all "
                        "such methods: leave it out; 'laconic solve --help' shows what says f",
                        method->value);
    }
    return LAC_OK;
}

/* The settings of a train that has the least of a method: its rounds are never begun. */
static void keep_problem(struct lac_config *c, const struct lac_setting *settings)
{
    for (size_t id = 0; id < LAC_CONFIG_COUNT; id++) {
        c->setting[id] = is_taken(id)
                             ? settings[id]
                             : (struct lac_setting){.value = lac_train_options.table[id].fallback,
                                                    .where = "--"};
    }
    c->setting[LAC_CONFIG_METHOD].value = "gd";
    c->setting[LAC_CONFIG_STEP].value = "1";
}

lac_status lac_solve_read(struct lac_solve *v, struct lac_config *c, int argc, char *const *argv,
                          struct lac_arena *a, bool *help)
{
    struct lac_option table[OPTIONS];
    struct lac_setting settings[OPTIONS];
    struct lac_options all = lac_train_options;
    *c = (struct lac_config){0};
    for (size_t id = 0; id < OPTIONS; id++) {
        table[id] = option_of(id);
    }
    all.command = "solve";
    all.table = table;
    all.count = OPTIONS;
    LAC_TRY(lac_options_read(&all, argc, argv, a, settings, NULL, help));
    if (*help) {
        return LAC_OK;
    }
    LAC_TRY(refuse_others(settings));
    LAC_TRY(read_own(v, settings));
    LAC_TRY(read_coupling(c, &settings[LAC_CONFIG_METHOD], a));
    keep_problem(c, settings);
    return lac_config_fill(c, a);
}

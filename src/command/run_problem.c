#include "command/run_problem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "command/run_option.h"
#include "method/method.h"

static bool draws_problem(const struct lac_run *run)
{
    const char *data = lac_run_option(run, "data");
    const char *split = lac_run_value(run, &lac_train_options.table[LAC_CONFIG_SPLIT]);
    return (data && strncmp(data, "synth:", strlen("synth:")) == 0) ||
           (strcmp(split, "contiguous") != 0 && strcmp(split, "sorted") != 0);
}

bool lac_run_is_of_problem(size_t option, const struct lac_run *a, const struct lac_run *b)
{
    return lac_config_is_of_problem(option) &&
           (option != LAC_CONFIG_SEED || draws_problem(a) || draws_problem(b));
}

/* lambda of the term that couples the clients' models; NaN: there is none. */
static lac_status coupling_of(const struct lac_run *run, double *out, struct lac_arena *arena)
{
    const char *method = lac_run_option(run, "method");
    *out = (double)NAN;
    return method ? lac_method_coupling(method, out, arena) : LAC_OK;
}

static bool differs_in(size_t option, const struct lac_run *a, const struct lac_run *b)
{
    return !lac_run_values_equal(a, b, &lac_train_options.table[option]);
}

/* "--clients 10 and 20, --split sorted and contiguous"; *out is empty where nothing differs. */
static lac_status name_differences(const struct lac_run *a, const struct lac_run *b, bool personal,
                                   struct lac_arena *arena, const char **out)
{
    const char *text = "";
    for (size_t i = 0; i < LAC_CONFIG_COUNT; i++) {
        const struct lac_option *option = &lac_train_options.table[i];
        bool counts = lac_run_is_of_problem(i, a, b) || (personal && i == LAC_CONFIG_METHOD);
        if (counts && differs_in(i, a, b)) {
            const char *one = lac_run_value(a, option), *other = lac_run_value(b, option);
            LAC_TRY(lac_arena_print(arena, &text, "%s%s--%s %s and %s", text, *text ? ", " : "",
                                    option->name, one ? one : "(none)", other ? other : "(none)"));
        }
    }
    *out = text;
    return LAC_OK;
}

static lac_status are_alike(const struct lac_run *a, const struct lac_run *b, bool personal,
                            bool *alike, struct lac_arena *arena)
{
    *alike = true;
    if (a->problem && b->problem) {
        *alike = strcmp(a->problem, b->problem) == 0;
    } else {
        for (size_t i = 0; i < LAC_CONFIG_COUNT; i++) {
            *alike = *alike && !(lac_run_is_of_problem(i, a, b) && differs_in(i, a, b));
        }
    }
    if (personal && *alike) {
        double one, other;
        LAC_TRY(coupling_of(a, &one, arena));
        LAC_TRY(coupling_of(b, &other, arena));
        *alike = one == other || (isnan(one) && isnan(other));
    }
    return LAC_OK;
}

lac_status lac_runs_of_one_problem(const struct lac_run_list *runs, bool personal, const char *what,
                                   const char *hint, struct lac_arena *arena)
{
    for (size_t i = 1; i < runs->count; i++) {
        const struct lac_run *a = &runs->run[0], *b = &runs->run[i];
        const char *differences;
        bool alike;
        LAC_TRY(are_alike(a, b, personal, &alike, arena));
        if (alike) {
            continue;
        }
        LAC_TRY(name_differences(a, b, personal, arena, &differences));
        return LAC_FAIL(LAC_E_INPUT, "%s: '%s' and '%s' are of different problems: %s%s%s", what,
                        a->path, b->path, *differences ? "they differ in " : "",
                        *differences ? differences
                                     : "their options are alike, so the data of one have changed",
                        hint);
    }
    return LAC_OK;
}

lac_status lac_runs_of_one_optimum(const char *command, const struct lac_run_list *runs)
{
    static const enum lac_option_id of_optimum[] = {LAC_CONFIG_OPTIMUM, LAC_CONFIG_SOLUTION};
    for (size_t i = 1; i < runs->count; i++) {
        const struct lac_run *a = &runs->run[0], *b = &runs->run[i];
        for (size_t k = 0; k < sizeof of_optimum / sizeof *of_optimum; k++) {
            const struct lac_option *option = &lac_train_options.table[of_optimum[k]];
            if (differs_in(of_optimum[k], a, b)) {
                const char *one = lac_run_value(a, option), *other = lac_run_value(b, option);
                return LAC_FAIL(
                    LAC_E_INPUT,
                    "%s: the gaps in '%s' and '%s' are to different minima: they differ in "
                    "--%s %s and %s; take gap, of which 'laconic solve' finds f*",
                    command, a->path, b->path, option->name, one ? one : "(none)",
                    other ? other : "(none)");
            }
        }
    }
    return LAC_OK;
}

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

struct pair {
    const struct lac_run *a, *b;
    struct lac_run_contents in_a, in_b;
};

static bool differ_in(size_t option, const struct pair *p)
{
    return !lac_run_values_equal(p->a, p->b, &lac_train_options.table[option]) ||
           lac_run_contents_differ(&p->in_a, &p->in_b, option);
}

/* "--clients 10 and 20, the content of --data a.svm"; *out is empty where nothing differs. */
static lac_status name_differences(const struct pair *p, bool personal, struct lac_arena *arena,
                                   const char **out)
{
    const char *text = "", *one;
    for (size_t i = 0; i < LAC_CONFIG_COUNT; i++) {
        bool counts = lac_run_is_of_problem(i, p->a, p->b) || (personal && i == LAC_CONFIG_METHOD);
        if (counts && differ_in(i, p)) {
            LAC_TRY(lac_run_difference_text(p->a, p->b, i, &one, arena));
            LAC_TRY(lac_arena_print(arena, &text, "%s%s%s", text, *text ? ", " : "", one));
        }
    }
    *out = text;
    return LAC_OK;
}

static lac_status are_alike(const struct pair *p, bool personal, bool *alike,
                            struct lac_arena *arena)
{
    *alike = true;
    if (p->a->problem && p->b->problem) {
        *alike = strcmp(p->a->problem, p->b->problem) == 0;
    } else {
        for (size_t i = 0; i < LAC_CONFIG_COUNT; i++) {
            *alike = *alike && !(lac_run_is_of_problem(i, p->a, p->b) && differ_in(i, p));
        }
    }
    if (personal && *alike) {
        double one, other;
        LAC_TRY(coupling_of(p->a, &one, arena));
        LAC_TRY(coupling_of(p->b, &other, arena));
        *alike = one == other || (isnan(one) && isnan(other));
    }
    return LAC_OK;
}

lac_status lac_runs_of_one_problem(const struct lac_run_list *runs, bool personal, const char *what,
                                   const char *hint, struct lac_arena *arena)
{
    struct pair p = {.a = &runs->run[0]};
    LAC_TRY(lac_run_contents(p.a, &p.in_a, arena));
    for (size_t i = 1; i < runs->count; i++) {
        const char *differences;
        bool alike;
        p.b = &runs->run[i];
        LAC_TRY(lac_run_contents(p.b, &p.in_b, arena));
        LAC_TRY(are_alike(&p, personal, &alike, arena));
        if (alike) {
            continue;
        }
        LAC_TRY(name_differences(&p, personal, arena, &differences));
        return LAC_FAIL(LAC_E_INPUT, "%s: '%s' and '%s' are of different problems: %s%s%s", what,
                        p.a->path, p.b->path, *differences ? "they differ in " : "",
                        *differences ? differences
                                     : "their options are alike, so the data of one have changed",
                        hint);
    }
    return LAC_OK;
}

/* 0.1 and 1e-1 are one number. */
static bool same_number(const char *a, const char *b)
{
    char *end_of_a, *end_of_b;
    double one = strtod(a, &end_of_a), other = strtod(b, &end_of_b);
    return *end_of_a == '\0' && *end_of_b == '\0' && one == other;
}

/* As --optimum; NULL: f at the file of --solution. A run without either has what 'laconic solve' stored. */
static const char *minimum_of(const struct lac_run *run)
{
    const char *optimum = lac_run_option(run, "optimum");
    const char *solution = lac_run_option(run, "solution");
    bool in_file = solution && strcmp(solution, "solved") != 0;
    return optimum ? optimum : in_file ? NULL : "solved";
}

/* The option that gives the runs different minima, or LAC_CONFIG_COUNT. */
static size_t option_of_minima(const struct pair *p)
{
    const char *one = minimum_of(p->a), *other = minimum_of(p->b);
    if (!one && !other) {
        return differ_in(LAC_CONFIG_SOLUTION, p) ? LAC_CONFIG_SOLUTION : LAC_CONFIG_COUNT;
    }
    bool same = one && other && (strcmp(one, other) == 0 || same_number(one, other));
    return same ? LAC_CONFIG_COUNT : LAC_CONFIG_OPTIMUM;
}

lac_status lac_runs_of_one_optimum(const char *command, const struct lac_run_list *runs,
                                   struct lac_arena *arena)
{
    struct pair p = {.a = &runs->run[0]};
    LAC_TRY(lac_run_contents(p.a, &p.in_a, arena));
    for (size_t i = 1; i < runs->count; i++) {
        const char *difference;
        p.b = &runs->run[i];
        LAC_TRY(lac_run_contents(p.b, &p.in_b, arena));
        size_t option = option_of_minima(&p);
        if (option < LAC_CONFIG_COUNT) {
            LAC_TRY(lac_run_difference_text(p.a, p.b, option, &difference, arena));
            return LAC_FAIL(LAC_E_INPUT,
                            "%s: the gaps in '%s' and '%s' are to different minima: they differ in "
                            "%s; take gap, of which 'laconic solve' finds f*",
                            command, p.a->path, p.b->path, difference);
        }
    }
    return LAC_OK;
}

#include "worker/objective/objective.h"

#include <string.h>

#include "base/tick.h"
#include "base/vec.h"

enum { BLOCK = 64 }; /* entries gathered at once */

#define LAC_OBJECTIVE(name)   extern const struct lac_objective lac_objective_##name;
#define LAC_REGULARIZER(name) extern const struct lac_regularizer lac_regularizer_##name;
#include "worker/objective/objective.def"

static const struct lac_objective *const built_in[] = {
#define LAC_OBJECTIVE(name) &lac_objective_##name,
#include "worker/objective/objective.def"
};

static const struct lac_regularizer *const regularizers[] = {
#define LAC_REGULARIZER(name) &lac_regularizer_##name,
#include "worker/objective/objective.def"
};

#define LAC_OBJECTIVE(name) OBJECTIVE_##name,
enum {
#include "worker/objective/objective.def"
    BUILT_IN,
    MOST_OBJECTIVES = 64
};

static const struct lac_objective *objectives[MOST_OBJECTIVES];
static size_t objective_count;

#define LAC_REGULARIZER(name) REGULARIZER_##name,
enum {
#include "worker/objective/objective.def"
    REGULARIZERS
};

const struct lac_objective *const *lac_objectives(size_t *count)
{
    if (objective_count == 0) {
        memcpy(objectives, built_in, sizeof built_in);
        objective_count = BUILT_IN;
    }
    *count = objective_count;
    return objectives;
}

lac_status lac_objective_add(const struct lac_objective *o)
{
    size_t count;
    const struct lac_objective *const *all = lac_objectives(&count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(o->name, all[i]->name) == 0) {
            return LAC_FAIL(LAC_E_USAGE, "there is an objective '%s' already", o->name);
        }
    }
    if (count == MOST_OBJECTIVES) {
        return LAC_FAIL(LAC_E_USAGE, "there are %d objectives already", MOST_OBJECTIVES);
    }
    objectives[objective_count++] = o;
    return LAC_OK;
}

void lac_objectives_forget(void)
{
    objective_count = 0;
}

const struct lac_regularizer *const *lac_regularizers(size_t *count)
{
    *count = REGULARIZERS;
    return regularizers;
}

lac_status lac_objective_find(const char *name, const struct lac_objective **out)
{
    const char *names[MOST_OBJECTIVES];
    size_t count;
    const struct lac_objective *const *all = lac_objectives(&count);
    for (size_t i = 0; i < count; i++) {
        names[i] = all[i]->name;
        if (strcmp(name, names[i]) == 0) {
            *out = all[i];
            return LAC_OK;
        }
    }
    const char *nearest = lac_nearest(name, names, count);
    return LAC_FAIL(LAC_E_USAGE, "no objective '%s'; did you mean '%s'? `laconic list` shows all",
                    name, nearest ? nearest : names[0]);
}

static lac_status refuse_regularizer(const char *name)
{
    const char *names[REGULARIZERS];
    for (size_t i = 0; i < REGULARIZERS; i++) {
        names[i] = regularizers[i]->name;
    }
    const char *nearest = lac_nearest(name, names, REGULARIZERS);
    return LAC_FAIL(LAC_E_USAGE, "no regularizer '%s'; did you mean '%s'?", name,
                    nearest ? nearest : names[0]);
}

lac_status lac_regularizer_find(const struct lac_spec *spec, const struct lac_regularizer **out,
                                double *lambda)
{
    static const char *const none_allowed[] = {NULL}, *const weight_allowed[] = {"", NULL};
    const struct lac_regularizer *found = NULL;
    double weight = 0.0;
    for (size_t i = 0; i < REGULARIZERS && !found; i++) {
        found = strcmp(spec->name, regularizers[i]->name) == 0 ? regularizers[i] : NULL;
    }
    if (!found) {
        return refuse_regularizer(spec->name);
    }
    bool weighted = found->smoothness > 0.0;
    LAC_TRY(lac_spec_allow(spec, weighted ? weight_allowed : none_allowed));
    const char *text = lac_spec_get(spec, "");
    if (weighted && !text) {
        return LAC_FAIL(LAC_E_USAGE, "'%s': %s needs its weight: %s:0.001", spec->text, found->name,
                        found->name);
    }
    if (weighted) {
        LAC_TRY(lac_parse_double(found->name, text, &weight));
    }
    if (weight < 0.0) {
        return LAC_FAIL(LAC_E_USAGE, "'%s': the weight of a regularizer is not negative",
                        spec->text);
    }
    *out = found;
    *lambda = weight;
    return LAC_OK;
}

/* The rest of f_i: its regularizer, and the client's weight on all of it. */
static void complete(const struct lac_local *f, const double *x, double *loss, double *gradient)
{
    lac_local_regularize(f, x, loss, gradient);
    if (f->weight != 1.0) {
        *loss *= f->weight;
        vec_scale(gradient, f->weight, gradient, lac_rows_dimension(&f->rows));
    }
}

void lac_local_evaluate(const struct lac_local *f, const double *x, double *work, double *loss,
                        double *gradient)
{
    double total;
    lac_tick();
    f->objective->evaluate(&f->rows, x, work, &total, gradient);
    complete(f, x, &total, gradient);
    *loss = total;
}

/* As lac_local_regularize, whose slopes are added to the sums of the rows. */
static void regularize_entries(const struct lac_local *f, const struct lac_entries *only,
                               const double *x, double *gradient)
{
    double at[BLOCK], slope[BLOCK], unused = 0.0;
    for (size_t first = 0; f->regularizer->smoothness > 0.0 && first < only->count;
         first += BLOCK) {
        size_t left = only->count - first, count = left < BLOCK ? left : BLOCK;
        for (size_t k = 0; k < count; k++) {
            at[k] = x[lac_entry(only, first + k)];
            slope[k] = -0.0; /* + y is y, of either sign */
        }
        f->regularizer->add(f->lambda, at, count, &unused, slope);
        for (size_t k = 0; k < count; k++) {
            gradient[lac_entry(only, first + k)] += slope[k];
        }
    }
}

void lac_local_complete_entries(const struct lac_local *f, const struct lac_entries *only,
                                const double *x, double *gradient)
{
    regularize_entries(f, only, x, gradient);
    for (size_t k = 0; f->weight != 1.0 && k < only->count; k++) {
        gradient[lac_entry(only, k)] *= f->weight;
    }
}

void lac_local_evaluate_entries(const struct lac_local *f, const struct lac_entries *only,
                                const double *x, double *work, double *loss, double *gradient)
{
    const struct lac_objective *o = f->objective;
    if (f->own || !o->entries || !o->entries(&f->rows, only, x, work, gradient)) {
        lac_local_evaluate(f, x, work, loss, gradient);
        return;
    }
    lac_local_complete_entries(f, only, x, gradient);
}

void lac_local_evaluate_rows(const struct lac_local *f, const struct lac_rows *rows, double weight,
                             const double *x, double *work, double *loss, double *gradient)
{
    double total;
    f->objective->evaluate(rows, x, work, &total, gradient);
    total *= weight;
    vec_scale(gradient, weight, gradient, lac_rows_dimension(rows));
    complete(f, x, &total, gradient);
    *loss = total;
}

size_t lac_local_evaluate_batch(const struct lac_local *f, uint32_t j, uint32_t count,
                                const double *x, double *work, double *loss, double *gradient)
{
    const struct lac_rows *all = &f->rows;
    size_t first = (size_t)((uint64_t)j * all->m / count);
    size_t after = (size_t)(((uint64_t)j + 1) * all->m / count);
    struct lac_rows rows = *all; /* a view of some of the rows */
    rows.m = after - first;
    rows.label = all->label + first;
    rows.dense = all->dense ? all->dense + first * all->stride : NULL;
    rows.start = all->start ? all->start + first : NULL;
    if (rows.m < all->m) {
        rows.column_start = NULL; /* its blocks begin elsewhere */
    }
    double weight = all->m > 0 ? (double)rows.m * (double)count / (double)all->m : 0.0;
    lac_local_evaluate_rows(f, &rows, weight, x, work, loss, gradient);
    return rows.m;
}

/* What every objective promises: its functions against each other, against differences, and in runs. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "command/trial.h"
#include "data/rows_new.h"

enum { ROWS = 60, FEATURES = 13, CLASSES = 3, MOST = CLASSES * FEATURES, WORK = 8192, PAIRS = 40 };

static const char *const levels[] = {"portable", "avx2", "avx512"};

enum form { DENSE, SPARSE, COLUMNS, FORMS };

static const char *const form_names[FORMS] = {"dense", "sparse", "sparse by columns"};

/* The same rows in each form. */
struct problem {
    const struct lac_objective *o;
    struct lac_arena arena;
    struct lac_rows rows;
    size_t d; /* numbers of a model */
    enum form form;
    double work[WORK];
};

static double normal(struct lac_rng *r, double scale)
{
    return scale * lac_rng_normal(r);
}

static double label_of(const struct lac_objective *o, struct lac_rng *r, size_t row)
{
    return o->two_classes ? (lac_rng_below(r, 2) ? 1.0 : -1.0)
           : o->classes   ? (double)(row % CLASSES)
                          : normal(r, 0.3);
}

/* Half of the values are there; of objectives of few features all of these. */
static lac_status fill(struct problem *p, struct lac_rng *r)
{
    size_t width = p->o->features ? p->o->features : FEATURES, at = 0;
    double *label, *dense = NULL, *value = NULL;
    uint64_t *start = NULL;
    uint32_t *index = NULL;
    bool is_sparse = p->form != DENSE;
    if (is_sparse) {
        LAC_TRY(lac_rows_new_sparse(&p->arena, ROWS, FEATURES, (size_t)ROWS * width, &p->rows,
                                    &label, &start, &index));
        LAC_TRY(LAC_NEW(&p->arena, (size_t)ROWS * width, &value));
        p->rows.value = value;
    } else {
        LAC_TRY(lac_rows_new_dense(&p->arena, ROWS, FEATURES, &p->rows, &label, &dense));
    }
    for (size_t row = 0; row < ROWS; row++) {
        label[row] = label_of(p->o, r, row);
        for (size_t j = 0; j < width; j++) {
            double a = normal(r, 1.0);
            bool is_there = lac_rng_below(r, 2) || p->o->features;
            if (is_there && is_sparse) {
                index[at] = (uint32_t)j;
                value[at++] = a;
            } else if (is_there) {
                dense[row * p->rows.stride + j] = a;
            }
        }
        if (is_sparse) {
            start[row + 1] = at;
        }
    }
    return LAC_OK;
}

static lac_status open_problem(struct problem *p, const struct lac_objective *o, enum form form)
{
    const struct lac_stream stream = {.seed = 17, .purpose = LAC_PURPOSE_TEST};
    struct lac_rng r;
    p->o = o;
    p->form = form;
    p->arena = (struct lac_arena){0};
    lac_rng_init(&r, &stream);
    LAC_TRY(fill(p, &r));
    LAC_TRY(form == COLUMNS ? lac_rows_prepare(&p->rows, &p->arena) : LAC_OK);
    p->rows.classes = o->classes ? CLASSES : 0;
    p->d = lac_rows_dimension(&p->rows);
    size_t work = o->work(&p->rows);
    return work <= WORK ? LAC_OK
                        : LAC_FAIL(LAC_E_USAGE, "%zu doubles of work for %d rows of %d features",
                                   work, ROWS, FEATURES);
}

static void draw(double *x, size_t d, uint64_t number, double scale)
{
    const struct lac_stream stream = {.seed = 19, .round = number, .purpose = LAC_PURPOSE_TEST};
    struct lac_rng r;
    lac_rng_init(&r, &stream);
    for (size_t j = 0; j < d; j++) {
        x[j] = normal(&r, scale);
    }
}

static double difference_error(struct problem *p)
{
    double x[MOST], g[MOST], unused[MOST], loss, above, below, worst = 0.0;
    const double h = 1e-5;
    draw(x, p->d, 1, 0.5);
    p->o->evaluate(&p->rows, x, p->work, &loss, g);
    for (size_t j = 0; j < p->d; j++) {
        double keep = x[j];
        x[j] = keep + h;
        p->o->evaluate(&p->rows, x, p->work, &above, unused);
        x[j] = keep - h;
        p->o->evaluate(&p->rows, x, p->work, &below, unused);
        x[j] = keep;
        worst = fmax(worst, fabs(g[j] - (above - below) / (2.0 * h)) / (1.0 + fabs(g[j])));
    }
    return isfinite(loss) ? worst : (double)INFINITY;
}

/* Of random pairs: how far <grad f(x) - grad f(y), x - y> passes the curvature's bound, or falls below what convexity asks. */
static void bounds(struct problem *p, double *above, double *below)
{
    double x[MOST], y[MOST], g[MOST], other[MOST], bound[MOST], loss;
    *above = *below = 0.0;
    for (uint64_t k = 0; k < PAIRS; k++) {
        draw(x, p->d, 2 * k + 10, k % 2 ? 2.0 : 0.1);
        draw(y, p->d, 2 * k + 11, k % 2 ? 2.0 : 0.1);
        p->o->evaluate(&p->rows, x, p->work, &loss, g);
        p->o->evaluate(&p->rows, y, p->work, &loss, other);
        vec_sub(g, g, other, p->d);
        vec_sub(x, x, y, p->d);
        p->o->curvature(&p->rows, x, p->work, bound);
        double rises = vec_dot(g, x, p->d), most = vec_dot(bound, x, p->d);
        double size = fabs(most) + vec_norm_sq(x, p->d) * 1e-12;
        *above = fmax(*above, (rises - most) / size);
        *below = fmax(*below, -rises / size);
    }
}

static struct lac_rows one_row(const struct lac_rows *all, size_t r)
{
    struct lac_rows row = *all;
    row.m = 1;
    row.label += r;
    row.dense = all->dense ? all->dense + r * all->stride : NULL;
    row.start = all->start ? all->start + r : NULL;
    row.column_start = NULL; /* its blocks begin elsewhere */
    return row;
}

/* row_smoothness against gradients of single rows, curvature_squared against curvature of single rows twice. */
static double row_error(struct problem *p)
{
    double L[ROWS], weight[ROWS], v[MOST], once[MOST], twice[MOST], sum[MOST], out[MOST];
    double worst = 0.0;
    p->o->row_smoothness(&p->rows, L);
    draw(v, p->d, 3, 1.0);
    vec_zero(sum, p->d);
    for (size_t r = 0; r < ROWS; r++) {
        struct lac_rows row = one_row(&p->rows, r);
        weight[r] = 0.5 + (double)(r % 5);
        p->o->curvature(&row, v, p->work, once);
        p->o->curvature(&row, once, p->work, twice);
        vec_axpy(sum, weight[r] / ROWS, twice, p->d);
        double size =
            vec_norm_sq(once, p->d); /* along which H_r is largest, where its rank is one */
        double norm = size > 0.0 ? sqrt(vec_norm_sq(twice, p->d) / size) : 0.0;
        worst = fmax(worst, norm - L[r] * (1.0 + 1e-12));
    }
    p->o->curvature_squared(&p->rows, weight, v, p->work, out);
    vec_sub(out, out, sum, p->d);
    return fmax(worst, sqrt(vec_norm_sq(out, p->d) / (vec_norm_sq(sum, p->d) + 1e-300)));
}

/* Entries to the bit, zeros elsewhere; support where a gradient is. */
static bool parts_agree(struct problem *p)
{
    static const uint32_t index[] = {1, 4};
    const struct lac_entries only = {.index = index, .count = 2, .d = p->d};
    double x[MOST], g[MOST], some[MOST], mark[MOST], loss;
    bool agree = true;
    draw(x, p->d, 4, 1.0);
    p->o->evaluate(&p->rows, x, p->work, &loss, g);
    p->o->support(&p->rows, mark);
    for (size_t j = 0; j < p->d; j++) {
        agree = agree && (g[j] == 0.0 || mark[j] == 1.0);
    }
    if (!p->o->entries || !p->o->entries(&p->rows, &only, x, p->work, some)) {
        return agree;
    }
    for (size_t j = 0; j < p->d; j++) {
        bool is_one = j == index[0] || j == index[1];
        agree = agree && some[j] == (is_one ? g[j] : 0.0);
    }
    return agree;
}

/* The mean over halves, and the same bits on every instruction set. */
static bool rows_add_up(struct problem *p)
{
    double x[MOST], g[MOST], half[MOST], sum[MOST], loss, part, total = 0.0;
    draw(x, p->d, 5, 1.0);
    p->o->evaluate(&p->rows, x, p->work, &loss, g);
    vec_zero(sum, p->d);
    for (size_t first = 0; first < ROWS; first += ROWS / 2) {
        struct lac_rows from = one_row(&p->rows, first);
        from.m = ROWS / 2;
        p->o->evaluate(&from, x, p->work, &part, half);
        vec_axpy(sum, 0.5, half, p->d);
        total += 0.5 * part;
    }
    vec_sub(sum, sum, g, p->d);
    return fabs(total - loss) <= 1e-12 * (1.0 + fabs(loss)) && vec_norm_sq(sum, p->d) <= 1e-24;
}

static bool same_on_all_levels(struct problem *p)
{
    double x[MOST], g[2][MOST], loss[2];
    bool same = true;
    draw(x, p->d, 6, 1.0);
    p->o->evaluate(&p->rows, x, p->work, &loss[0], g[0]);
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        if (lac_kernels_select(levels[i]) == LAC_OK) { /* else this processor does not have them */
            p->o->evaluate(&p->rows, x, p->work, &loss[1], g[1]);
            same = same && loss[0] == loss[1] && memcmp(g[0], g[1], p->d * sizeof *g[0]) == 0;
        }
    }
    return lac_kernels_select(NULL) == LAC_OK && same;
}

static void try_form(struct lac_trial *t, struct problem *p)
{
    const char *name = p->o->name, *form = form_names[p->form];
    double error = difference_error(p), rows = row_error(p), above, below;
    bounds(p, &above, &below);
    lac_trial_say(t, error < 1e-7, "%s, %s rows: the gradient is that of the loss (%.1e)", name,
                  form, error);
    lac_trial_say(t, above <= 1e-9,
                  "%s, %s rows: the curvature bounds what the gradient rises by (%.1e)", name, form,
                  above);
    if (p->o->convex) {
        lac_trial_say(t, below <= 1e-9, "%s, %s rows: convex, as it says (%.1e)", name, form,
                      below);
    }
    lac_trial_say(t, rows <= 1e-9,
                  "%s, %s rows: the constants of single rows fit its curvature (%.1e)", name, form,
                  rows);
    lac_trial_say(t, parts_agree(p), "%s, %s rows: entries and support are those of the gradient",
                  name, form);
    lac_trial_say(t, rows_add_up(p), "%s, %s rows: it is the mean over its rows", name, form);
    lac_trial_say(t, same_on_all_levels(p), "%s, %s rows: the same bits on every instruction set",
                  name, form);
}

static const char *data_of(const struct lac_objective *o)
{
    return o->classes       ? "synth:softmax,d=6,classes=3"
           : o->features    ? "synth:tridiagonal,m=4"
           : o->two_classes ? "synth:logistic,d=14,m=6"
                            : "synth:least-squares,d=14";
}

static void try_runs(struct lac_trial *t, const struct lac_objective *o)
{
    static const uint32_t ranks[] = {1, 3, 5};
    struct lac_trial_run first, again;
    char options[300];
    snprintf(options, sizeof options,
             "--data %s --objective %s --clients 7 --method ef21 --compressor topk:k=2 "
             "--regularizer l2:0.1 --rounds 30",
             data_of(o), o->name);
    lac_status status = lac_trial_run(&first, 1, options, NULL, NULL);
    bool same = status == LAC_OK && first.last.loss < first.first.loss;
    for (size_t i = 0; same && i < sizeof ranks / sizeof *ranks; i++) {
        status = lac_trial_run(&again, ranks[i], options, NULL, NULL);
        same = status == LAC_OK && lac_trial_same(&first, &again);
    }
    lac_trial_say(t, same, "%s: ef21 lowers it, to the same bits on 1, 3 and 5 ranks%s%s", o->name,
                  status ? ": " : "", status ? lac_failure() : "");
}

void lac_trial_objective(struct lac_trial *t, const struct lac_objective *o)
{
    static struct problem p; /* large */
    for (enum form form = DENSE; form < FORMS; form++) {
        lac_status status = open_problem(&p, o, form);
        if (status == LAC_OK) {
            try_form(t, &p);
        } else {
            lac_trial_say(t, false, "%s can be evaluated: %s", o->name, lac_failure());
        }
        lac_arena_free(&p.arena);
    }
    try_runs(t, o);
}

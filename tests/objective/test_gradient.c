/* Every objective with every regularizer on every form of rows and every instruction set. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "random_rows.h"
#include "tap.h"
#include "worker/objective/objective.h"

enum { MOST = 2000, DIMENSION = CLASSES * MOST }; /* features, numbers of a model */

static const char *const levels[] = {"portable", "avx2", "avx512"};
static double work[2 * MOST + LAC_COLUMN_BLOCK];

/* The larger number; NaN wins, unlike with fmax. */
static inline double larger(double a, double b)
{
    return b != b || b > a ? b : a;
}

/* The largest |g_j - (f(x + h e_j) - f(x - h e_j)) / 2h|, for a gradient of size about 1. */
static double difference_error(const struct lac_local *f)
{
    double x[DIMENSION], g[DIMENSION], unused[DIMENSION], loss, above, below, worst = 0.0;
    const double h = 1e-5;
    size_t d = lac_rows_dimension(&f->rows);
    draw(x, d, 0, 0.5);
    lac_local_evaluate(f, x, work, &loss, g);
    for (size_t j = 0; j < d; j++) {
        double keep = x[j];
        x[j] = keep + h;
        lac_local_evaluate(f, x, work, &above, unused);
        x[j] = keep - h;
        lac_local_evaluate(f, x, work, &below, unused);
        x[j] = keep;
        worst = larger(worst, fabs(g[j] - (above - below) / (2.0 * h)));
    }
    return worst;
}

static lac_status make(struct lac_local *f, const struct lac_objective *o, size_t m, size_t d,
                       enum form form, struct lac_arena *arena)
{
    struct matrix a;
    size_t count;
    *f = (struct lac_local){
        .objective = o, .regularizer = lac_regularizers(&count)[0], .weight = 1.0};
    LAC_TRY(random_matrix(&a, m, d, o, form, arena));
    return matrix_of_form(&a, form, &f->rows, arena);
}

static void test_differences(const struct lac_objective *o, const struct lac_regularizer *r)
{
    for (enum form form = DENSE; form < FORMS; form++) {
        struct lac_arena arena = {0};
        struct lac_local f;
        TAP_OK(make(&f, o, 200, 13, form, &arena));
        f.regularizer = r;
        f.lambda = 0.3;
        bool columns = form == COLUMNS || form == ONES_COLUMNS;
        tap_ok((f.rows.column_start != NULL) == columns, "rows are %s", form_names[form]);
        double error = difference_error(&f);
        tap_ok(error < 1e-8, "%s, %s, %s: the gradient is that of the loss (%.1e)", o->name,
               r->name, form_names[form], error);
        lac_arena_free(&arena);
    }
}

/* A row's loss, its slope, and the bound of its curvature, written plainly: by the objective's name. */
static void row_plainly(const char *name, long double z, long double b, long double *loss,
                        long double *slope, long double *bound)
{
    long double wrong = 1.0L / (1.0L + expl(b * z)); /* 1 - sigmoid(b z) */
    if (strcmp(name, "logistic") == 0) {
        *loss = log1pl(expl(-b * z)), *slope = -b * wrong, *bound = 0.25L;
    } else if (strcmp(name, "least-squares") == 0) {
        *loss = (z - b) * (z - b), *slope = 2.0L * (z - b), *bound = 2.0L;
    } else if (strcmp(name, "sigmoid-squared") == 0) {
        *loss = wrong * wrong, *slope = -2.0L * b * wrong * wrong * (1.0L - wrong);
        *bound = 0.1540586L;
    } else {
        tap_ok(false, "%s has its formula in this test", name);
    }
}

/* The bound of the curvature against second differences of the slope, on a grid. */
static void test_bound(const struct lac_objective *o)
{
    long double most = 0.0L, loss, low, high, bound = 0.0L;
    for (long double z = -20.0L; z < 20.0L; z += 1e-3L) {
        row_plainly(o->name, z - 1e-4L, 1.0L, &loss, &low, &bound);
        row_plainly(o->name, z + 1e-4L, 1.0L, &loss, &high, &bound);
        long double second = fabsl(high - low) / 2e-4L;
        most = second > most ? second : most;
    }
    tap_ok(most <= bound * (1.0L + 1e-9L) && most >= bound * 0.999L,
           "%s: the largest second derivative is %.7Lf, the bound %.7Lf", o->name, most, bound);
}

/* What a row adds to loss, gradient and curvature times v, with weight share. */
struct sums {
    long double loss, share, g[DIMENSION], hv[DIMENSION];
};

static void add_product_row(const struct lac_objective *o, const double *a, double b, size_t d,
                            const double *x, const double *v, struct sums *sum)
{
    long double z = 0.0L, w = 0.0L, one = 0.0L, slope = 0.0L, bound = 0.0L;
    for (size_t j = 0; j < d; j++) {
        z += (long double)a[j] * x[j];
        w += (long double)a[j] * v[j];
    }
    row_plainly(o->name, z, b, &one, &slope, &bound);
    sum->loss += one * sum->share;
    for (size_t j = 0; j < d; j++) {
        sum->g[j] += slope * a[j] * sum->share;
        sum->hv[j] += bound * w * a[j] * sum->share;
    }
}

/* Entry j of (s T + t I) x, T a matrix of the definition. */
static long double tridiagonal_entry(const double *a, size_t d, const double *x, size_t j)
{
    long double sum = 0.0L;
    for (size_t k = j > 0 ? j - 1 : 0; k < d && k <= j + 1; k++) {
        sum += (k == j ? 2.0L : -1.0L) * a[0] * x[k];
    }
    return sum + (d > 1 ? (long double)a[1] * x[j] : 0.0L);
}

static void add_tridiagonal_row(const double *a, double b, size_t d, const double *x,
                                const double *v, struct sums *sum)
{
    for (size_t j = 0; j < d; j++) {
        long double linear = j == 0 ? (long double)b : 0.0L, ax = tridiagonal_entry(a, d, x, j);
        sum->loss += (0.5L * ax - linear) * x[j] * sum->share;
        sum->g[j] += (ax - linear) * sum->share;
        sum->hv[j] += tridiagonal_entry(a, d, v, j) * sum->share;
    }
}

static void add_softmax_row(const double *a, double b, size_t d, const double *x, const double *v,
                            struct sums *sum)
{
    long double z[CLASSES] = {0}, w[CLASSES] = {0}, total = 0.0L, mean = 0.0L;
    for (size_t k = 0; k < CLASSES; k++) {
        for (size_t j = 0; j < d; j++) {
            z[k] += (long double)a[j] * x[k * d + j];
            w[k] += (long double)a[j] * v[k * d + j];
        }
        total += expl(z[k]);
        mean += w[k] / CLASSES;
    }
    sum->loss += (logl(total) - z[(size_t)b]) * sum->share;
    for (size_t k = 0; k < CLASSES; k++) {
        long double slope = expl(z[k]) / total - (k == (size_t)b ? 1.0L : 0.0L);
        for (size_t j = 0; j < d; j++) {
            sum->g[k * d + j] += slope * a[j] * sum->share;
            sum->hv[k * d + j] += 0.5L * (w[k] - mean) * a[j] * sum->share;
        }
    }
}

/* Loss and gradient written plainly, and the same curvature, in long double. */
static void plainly(const struct lac_objective *o, const struct matrix *a, const double *x,
                    const double *v, struct sums *sum)
{
    *sum = (struct sums){.share = 1.0L / (long double)a->m};
    for (size_t r = 0; r < a->m; r++) {
        const double *row = a->entry + r * a->d;
        if (strcmp(o->name, "tridiagonal") == 0) {
            add_tridiagonal_row(row, a->label[r], a->d, x, v, sum);
        } else if (o->classes) {
            add_softmax_row(row, a->label[r], a->d, x, v, sum);
        } else {
            add_product_row(o, row, a->label[r], a->d, x, v, sum);
        }
    }
}

static void test_plain(const struct lac_objective *o, enum form form, size_t m, size_t d)
{
    struct lac_arena arena = {0};
    struct matrix a;
    struct lac_rows rows;
    double x[DIMENSION], v[DIMENSION], g[DIMENSION], hv[DIMENSION], loss;
    static struct sums plain;
    double worst = 0.0;
    TAP_OK(random_matrix(&a, m, d, o, form, &arena));
    TAP_OK(matrix_of_form(&a, form, &rows, &arena));
    draw(x, lac_rows_dimension(&rows), 1, 1.0);
    draw(v, lac_rows_dimension(&rows), 2, 1.0);
    o->evaluate(&rows, x, work, &loss, g);
    o->curvature(&rows, v, work, hv);
    plainly(o, &a, x, v, &plain);
    for (size_t j = 0; j < lac_rows_dimension(&rows); j++) {
        worst = larger(worst, (double)(fabsl(g[j] - plain.g[j]) + fabsl(hv[j] - plain.hv[j])));
    }
    tap_ok(fabsl(loss - plain.loss) < 1e-13L * (1.0L + fabsl(plain.loss)) && worst < 1e-12L,
           "%s, %s, %zu x %zu: loss, gradient and curvature agree with their formulas (%.1e)",
           o->name, form_names[form], m, d, worst);
    lac_arena_free(&arena);
}

/* One number for all bits of loss, gradient and curvature. */
static uint64_t digest(const struct lac_local *f)
{
    double x[DIMENSION], numbers[2 * DIMENSION + 1];
    size_t d = lac_rows_dimension(&f->rows);
    uint64_t hash = 0, bits;
    draw(x, d, 3, 1.0);
    lac_local_evaluate(f, x, work, &numbers[0], &numbers[1]);
    f->objective->curvature(&f->rows, x, work, &numbers[1 + d]);
    for (size_t i = 0; i < 2 * d + 1; i++) {
        memcpy(&bits, &numbers[i], sizeof bits);
        hash = (hash ^ bits) * UINT64_C(0x9E3779B97F4A7C15);
        hash ^= hash >> 32;
    }
    return hash;
}

static uint64_t digest_at(const struct lac_local *f, const char *level)
{
    return lac_kernels_select(level) == LAC_OK ? digest(f) : 0;
}

static void test_levels(const struct lac_objective *o, const char *level)
{
    static const size_t sizes[][2] = {{1, 1},    {2, 7},     {3, 8},    {4, 9},    {5, 16},
                                      {7, 17},   {8, 31},    {9, 100},  {15, 3},   {16, 64},
                                      {17, 5},   {63, 12},   {64, 24},  {65, 25},  {129, 40},
                                      {71, 300}, {20, 1100}, {300, 11}, {5000, 6}, {9000, 3}};
    if (lac_kernels_select(level) != LAC_OK) {
        tap_skip("this processor does not have them", "%s: the %s kernels", o->name, level);
        return;
    }
    for (enum form form = DENSE; form < FORMS; form++) {
        bool equal = true;
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            struct lac_arena arena = {0};
            struct lac_local f;
            equal = equal && make(&f, o, sizes[i][0], sizes[i][1], form, &arena) == LAC_OK &&
                    digest_at(&f, "portable") == digest_at(&f, level);
            lac_arena_free(&arena);
        }
        tap_ok(equal, "%s, %s: the %s kernels give the bits of the portable ones", o->name,
               form_names[form], level);
    }
    (void)!lac_kernels_select(NULL);
}

static void test_empty(const struct lac_objective *o)
{
    size_t count;
    struct lac_local f = {.objective = o,
                          .regularizer = lac_regularizers(&count)[count - 1],
                          .lambda = 0.1,
                          .weight = 1.0};
    struct lac_arena arena = {0};
    double x[5 * CLASSES], g[5 * CLASSES], loss, want[5 * CLASSES] = {0}, want_loss = 0.0;
    f.rows = (struct lac_rows){.d = 5, .classes = o->classes ? CLASSES : 0};
    size_t d = lac_rows_dimension(&f.rows);
    TAP_OK(lac_rows_prepare(&f.rows, &arena));
    draw(x, d, 5, 1.0);
    f.regularizer->add(f.lambda, x, d, &want_loss, want);
    lac_local_evaluate(&f, x, work, &loss, g);
    bool alone = loss == want_loss;
    for (size_t j = 0; j < d; j++) {
        alone = alone && g[j] == want[j];
    }
    tap_ok(alone, "%s: a client without rows has the regularizer alone", o->name);
    o->curvature(&f.rows, x, work, g);
    tap_ok(vec_norm_sq(g, d) == 0.0, "%s: it has no curvature", o->name);
    lac_arena_free(&arena);
}

/* Of losses of one a.x. */
static void test_featureless(const struct lac_objective *o)
{
    struct lac_arena arena = {0};
    struct lac_local f = {.objective = o};
    double x[5] = {1.0, 2.0, 3.0, 4.0, 5.0}, g[5], loss;
    uint64_t start[4] = {0};
    double label[3] = {1.0, -1.0, 1.0};
    uint32_t index[1] = {0};
    f.rows = (struct lac_rows){.m = 3, .d = 5, .label = label, .start = start, .index = index};
    TAP_OK(lac_rows_prepare(&f.rows, &arena));
    o->evaluate(&f.rows, x, work, &loss, g);
    long double per_row = 0.0L, slope = 0.0L,
                bound = 0.0L; /* b = 1 and -1 have one loss at z = 0 */
    row_plainly(o->name, 0.0L, 1.0L, &per_row, &slope, &bound);
    tap_ok(fabs(loss - (double)per_row) < 1e-15 && g[0] == 0.0 && g[4] == 0.0,
           "%s: rows without features have a loss and no gradient", o->name);
    lac_arena_free(&arena);
}

/* f_i is the mean of its batches, whatever their number. */
static void test_batches(const struct lac_objective *o, enum form form)
{
    struct lac_arena arena = {0};
    struct lac_local f;
    size_t count;
    double x[DIMENSION], g[DIMENSION], part[DIMENSION], sum[DIMENSION], loss, part_loss,
        worst = 0.0;
    TAP_OK(make(&f, o, 200, 13, form, &arena));
    size_t d = lac_rows_dimension(&f.rows);
    f.regularizer = lac_regularizers(&count)[count - 1];
    f.lambda = 0.1;
    draw(x, d, 4, 1.0);
    lac_local_evaluate(&f, x, work, &loss, g);
    for (uint32_t batches = 1; batches <= 301; batches += 12) {
        double sum_loss = 0.0;
        vec_zero(sum, d);
        for (uint32_t j = 0; j < batches; j++) {
            lac_local_evaluate_batch(&f, j, batches, x, work, &part_loss, part);
            sum_loss += part_loss / batches;
            vec_axpy(sum, 1.0 / batches, part, d);
        }
        worst = larger(worst, fabs(sum_loss - loss));
        for (size_t j = 0; j < d; j++) {
            worst = larger(worst, fabs(sum[j] - g[j]));
        }
    }
    tap_ok(worst < 1e-12, "%s, %s: the batches have the mean of the whole (%.1e)", o->name,
           form_names[form], worst);
    lac_arena_free(&arena);
}

/* |grad R(x) - grad R(y)| <= smoothness |x - y|, and no smaller constant would do. */
static void test_smoothness(const struct lac_regularizer *r)
{
    double least = HUGE_VAL, most = -HUGE_VAL, loss;
    for (int i = -320; i < 320; i++) {
        double x = i / 64.0;
        double y = x + 1e-4, gx = 0.0, gy = 0.0;
        r->add(1.0, &x, 1, &loss, &gx);
        r->add(1.0, &y, 1, &loss, &gy);
        least = fmin(least, (gy - gx) / 1e-4);
        most = fmax(most, (gy - gx) / 1e-4);
    }
    tap_ok(fmax(most, -least) <= r->smoothness + 1e-9 && most >= r->smoothness - 1e-6,
           "%s: the second derivative is at most %g, and reaches it", r->name, r->smoothness);
    tap_ok((least >= -1e-9) == r->convex, "%s is %s", r->name, r->convex ? "convex" : "not convex");
}

int main(void)
{
    size_t objectives, regularizers;
    const struct lac_objective *const *o = lac_objectives(&objectives);
    const struct lac_regularizer *const *r = lac_regularizers(&regularizers);
    for (size_t i = 0; i < objectives; i++) {
        for (size_t j = 0; j < regularizers; j++) {
            test_differences(o[i], r[j]);
        }
        for (enum form form = DENSE; form < FORMS; form++) {
            test_plain(o[i], form, 67, 29);
            test_plain(o[i], form, 9001, 5);
            test_plain(o[i], form, 40, MOST);
            test_batches(o[i], form);
        }
        for (size_t j = 0; j < sizeof levels / sizeof *levels; j++) {
            test_levels(o[i], levels[j]);
        }
        test_empty(o[i]);
        if (o[i]->features == 0 && !o[i]->classes) {
            test_featureless(o[i]);
            test_bound(o[i]);
        }
    }
    for (size_t j = 0; j < regularizers; j++) {
        test_smoothness(r[j]);
    }
    return tap_done();
}

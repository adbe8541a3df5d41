/*
 * Minimum values of l2-regularized logistic regression on real data, found by Newton's method,
 * against values that another program found (float64, Newton):
 *
 *   f(x) = 1/m sum log(1 + exp(-b a.x)) + (1e-3/2) |x|^2,   L = lambda_max(A^T A) / (4 m)
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "data/data.h"
#include "tap.h"
#include "worker/objective/objective.h"

static const struct {
    const char *set;
    double smoothness, minimum, norm;
} table[] = {
    {"a1a", 1.56716, 0.327062131259539, 4.9680746596},
    {"a9a", 1.57192, 0.333340752068716, 3.9883348412},
    {"w8a", 0.661199, 0.183367241025659, 6.9070825415},
    {"mushrooms", 2.58621, 0.050301979486148, 7.3479008398},
    {"german.numer", 843.661, 0.474898080526322, 2.3017419042},
    {"heart_scale", 0.693615, 0.355646692412069, 2.5813776124},
    {"breast-cancer_scale", 1.30315, 0.091635773032565, 4.6615715692},
    {"splice", 95.8324, 0.364887854993736, 2.1236879197},
    {"australian", 7.03629e+06, 0.339255891586374, 3.3548995157},
};

struct newton {
    struct lac_local f;
    size_t d;
    double loss;
    double *x, *g, *step, *trial, *trial_g, *work, *hessian;
};

static lac_status load(const char *path, struct lac_rows *rows, struct lac_arena *arena)
{
    struct lac_text text;
    struct lac_scan scan;
    struct lac_plan plan;
    uint32_t *owner;
    LAC_TRY(lac_text_map(&text, path));
    lac_status status = lac_scan_stretch(&text, 0, text.size, &scan, NULL, NULL);
    if (status == LAC_OK) {
        status = lac_plan_make(&scan, text.name, LAC_TWO_CLASSES, 1, 0, &plan);
    }
    if (status == LAC_OK) {
        status = LAC_NEW(arena, plan.rows, &owner);
    }
    if (status == LAC_OK) {
        status = lac_load_rows(&text, &plan, owner, 0, 1, rows, arena);
    }
    lac_text_close(&text);
    return status == LAC_OK ? lac_rows_prepare(rows, arena) : status;
}

static lac_status newton_init(struct newton *n, const char *path, struct lac_arena *arena)
{
    struct lac_spec spec;
    TAP_OK(load(path, &n->f.rows, arena));
    n->f.weight = 1.0;
    LAC_TRY(lac_objective_find("logistic", &n->f.objective));
    LAC_TRY(lac_spec_parse(&spec, "l2:1e-3", arena));
    LAC_TRY(lac_regularizer_find(&spec, &n->f.regularizer, &n->f.lambda));
    n->d = n->f.rows.d;
    LAC_TRY(LAC_NEW(arena, n->d, &n->x));
    LAC_TRY(LAC_NEW(arena, n->d, &n->g));
    LAC_TRY(LAC_NEW(arena, n->d, &n->step));
    LAC_TRY(LAC_NEW(arena, n->d, &n->trial));
    LAC_TRY(LAC_NEW(arena, n->d, &n->trial_g));
    LAC_TRY(LAC_NEW(arena, n->d * n->d, &n->hessian));
    return LAC_NEW(arena, n->f.objective->work(&n->f.rows) + 1, &n->work);
}

/* Row r as a list of places and values; returns their number. */
static size_t row_entries(const struct lac_rows *rows, size_t r, uint32_t *index, double *value)
{
    size_t count = rows->dense ? rows->d : rows->start[r + 1] - rows->start[r];
    for (size_t k = 0; k < count; k++) {
        size_t place = rows->dense ? 0 : rows->start[r] + k;
        index[k] = rows->dense ? (uint32_t)k : rows->index[place];
        value[k] = rows->dense   ? rows->dense[r * rows->stride + k]
                   : rows->value ? rows->value[place]
                                 : 1.0;
    }
    return count;
}

static void fill_hessian(struct newton *n)
{
    enum { MOST = 512 };
    const struct lac_rows *rows = &n->f.rows;
    uint32_t index[MOST];
    double value[MOST];
    vec_zero(n->hessian, n->d * n->d);
    for (size_t r = 0; r < rows->m; r++) {
        size_t count = row_entries(rows, r, index, value);
        double z = 0.0;
        for (size_t k = 0; k < count; k++) {
            z += value[k] * n->x[index[k]];
        }
        double weight = 1.0 / ((1.0 + exp(z)) * (1.0 + exp(-z)) * (double)rows->m);
        for (size_t k = 0; k < count; k++) {
            for (size_t l = 0; l <= k; l++) {
                n->hessian[index[k] * n->d + index[l]] += weight * value[k] * value[l];
            }
        }
    }
    for (size_t j = 0; j < n->d; j++) {
        n->hessian[j * n->d + j] += n->f.lambda;
    }
}

/* step <- H^-1 g by Cholesky's factors, which replace the lower half of H. */
static void solve(struct newton *n)
{
    double *h = n->hessian, *s = n->step;
    size_t d = n->d;
    for (size_t i = 0; i < d; i++) {
        for (size_t j = 0; j <= i; j++) {
            double rest = h[i * d + j] - vec_dot(h + i * d, h + j * d, j);
            h[i * d + j] = i == j ? sqrt(rest) : rest / h[j * d + j];
        }
        s[i] = (n->g[i] - vec_dot(h + i * d, s, i)) / h[i * d + i];
    }
    for (size_t i = d; i-- > 0;) {
        s[i] /= h[i * d + i];
        for (size_t j = 0; j < i; j++) {
            s[j] -= h[i * d + j] * s[i];
        }
    }
}

/* Whole steps, halved where the loss would not fall. */
static void minimize(struct newton *n)
{
    lac_local_evaluate(&n->f, n->x, n->work, &n->loss, n->g);
    for (int round = 0; round < 60 && vec_norm_sq(n->g, n->d) > 1e-24; round++) {
        double loss = HUGE_VAL, length = 2.0;
        fill_hessian(n);
        solve(n);
        while (!(loss <= n->loss) && length > 1e-9) {
            length *= 0.5;
            vec_copy(n->trial, n->x, n->d);
            vec_axpy(n->trial, -length, n->step, n->d);
            lac_local_evaluate(&n->f, n->trial, n->work, &loss, n->trial_g);
        }
        if (!(loss <= n->loss)) {
            return; /* as far as round-off allows */
        }
        n->loss = loss;
        vec_copy(n->x, n->trial, n->d);
        vec_copy(n->g, n->trial_g, n->d);
    }
}

/* The largest eigenvalue of the curvature, by the power method. */
static double largest_eigenvalue(const struct newton *n)
{
    double value = 0.0, last = -1.0;
    for (size_t j = 0; j < n->d; j++) {
        n->step[j] = 1.0 + 0.01 * (double)j;
    }
    for (int round = 0; round < 400 && fabs(value - last) > 1e-9 * value; round++) {
        last = value;
        vec_scale(n->step, 1.0 / sqrt(vec_norm_sq(n->step, n->d)), n->step, n->d);
        n->f.objective->curvature(&n->f.rows, n->step, n->work, n->trial);
        value = vec_dot(n->step, n->trial, n->d);
        vec_copy(n->step, n->trial, n->d);
    }
    return value;
}

static void test_set(const char *folder, size_t row)
{
    struct lac_arena arena = {0};
    struct newton n = {0};
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/libsvm/%s", folder, table[row].set);
    if (newton_init(&n, path, &arena) == LAC_OK) {
        minimize(&n);
        tap_ok(fabs(n.loss - table[row].minimum) < 1e-9, "%s: the minimum is %.15f (%.15f)",
               table[row].set, table[row].minimum, n.loss);
        double norm = sqrt(vec_norm_sq(n.x, n.d));
        tap_ok(fabs(norm - table[row].norm) < 1e-7, "%s: it is at distance %.10f from 0 (%.10f)",
               table[row].set, table[row].norm, norm);
        double smoothness = largest_eigenvalue(&n);
        tap_ok(fabs(smoothness / table[row].smoothness - 1.0) < 5e-6,
               "%s: the largest eigenvalue of the curvature is %g (%.9g)", table[row].set,
               table[row].smoothness, smoothness);
    } else {
        tap_ok(false, "%s: %s", path, lac_failure());
    }
    lac_arena_free(&arena);
}

int main(void)
{
    const char *folder = getenv("LACONIC_DATA");
    for (size_t row = 0; row < sizeof table / sizeof *table; row++) {
        if (folder && *folder) {
            test_set(folder, row);
        } else {
            tap_skip("LACONIC_DATA names no folder", "%s: the minimum", table[row].set);
        }
    }
    return tap_done();
}

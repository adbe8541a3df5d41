/* Losses whose values are known: far out, and softmax of two classes. */
#include <math.h>

#include "base/vec.h"
#include "random_rows.h"
#include "tap.h"
#include "worker/objective/objective.h"

static double work[16 + LAC_COLUMN_BLOCK];

/* The larger number; NaN wins, unlike with fmax. */
static inline double larger(double a, double b)
{
    return b != b || b > a ? b : a;
}

static void test_far(void)
{
    const struct lac_objective *o = NULL;
    double dense[16] = {0}, label[2] = {1.0, -1.0}, x[8] = {0}, g[8], loss;
    struct lac_rows rows = {.m = 2, .d = 8, .stride = 8, .dense = dense, .label = label};
    TAP_OK(lac_objective_find("logistic", &o));
    dense[0] = dense[8] = 1.0;
    for (int power = 1; power < 300; power += 13) {
        double far = 3.0 * pow(10.0, power);
        x[0] = far;
        o->evaluate(&rows, x, work, &loss, g);
        bool good = fabs(loss - far / 2.0) <= 1e-12 * far && fabs(g[0] - 0.5) < 1e-12;
        x[0] = -far;
        o->evaluate(&rows, x, work, &loss, g);
        good = good && fabs(loss - far / 2.0) <= 1e-12 * far && fabs(g[0] + 0.5) < 1e-12;
        tap_ok(good, "the logistic loss is right for products of %g", far);
    }
}

/* One row a = 1, K = 3 features of one class each: the loss is log sum exp x_k - x_b. */
static void test_far_classes(void)
{
    const struct lac_objective *o = NULL;
    double dense[8] = {1.0}, x[3], g[3], loss;
    TAP_OK(lac_objective_find("softmax", &o));
    for (int power = 2; power < 308; power += 13) {
        double far = pow(10.0, power), label = 1.0;
        struct lac_rows rows = {
            .m = 1, .d = 1, .classes = 3, .stride = 8, .dense = dense, .label = &label};
        x[0] = far, x[1] = 0.5 * far, x[2] = -far;
        o->evaluate(&rows, x, work, &loss, g);
        bool good = fabs(loss - (0.5 * far + log1p(exp(-0.5 * far)))) <= 1e-14 * far &&
                    fabs(g[0] + g[1]) < 1e-12 && g[0] > 0.99 && g[2] < 1e-8;
        label = 0.0;
        o->evaluate(&rows, x, work, &loss, g);
        double small = exp(-0.5 * far) + exp(-2.0 * far);
        good = good && fabs(loss - log1p(small)) <= 1e-14 * small && fabs(g[0]) <= 1.01 * small;
        tap_ok(good, "the softmax loss is right for products of %g, the small loss too", far);
    }
}

/* Of two classes, softmax at (-w/2, w/2) is logistic regression at w. */
static void test_two_classes(void)
{
    enum { M = 50, D = 6 };
    const struct lac_objective *o = NULL;
    struct lac_arena arena = {0};
    struct matrix a;
    struct lac_rows rows;
    double w[D], x[2 * D], g[D], g_x[2 * D], number[M], loss, same, worst;
    TAP_OK(lac_objective_find("logistic", &o));
    TAP_OK(random_matrix(&a, M, D, o, SPARSE, &arena));
    TAP_OK(matrix_of_form(&a, SPARSE, &rows, &arena));
    draw(w, D, 6, 1.0);
    vec_scale(x, -0.5, w, D);
    vec_scale(x + D, 0.5, w, D);
    for (size_t r = 0; r < M; r++) {
        number[r] = rows.label[r] > 0.0 ? 1.0 : 0.0;
    }
    o->evaluate(&rows, w, work, &loss, g);
    rows.label = number;
    rows.classes = 2;
    TAP_OK(lac_objective_find("softmax", &o));
    o->evaluate(&rows, x, work, &same, g_x);
    worst = fabs(same - loss);
    for (size_t j = 0; j < D; j++) {
        worst = larger(worst, fabs(g_x[D + j] - g[j]) + fabs(g_x[j] + g[j]));
    }
    tap_ok(worst < 1e-14, "softmax of two classes is logistic regression (%.1e)", worst);
    lac_arena_free(&arena);
}

int main(void)
{
    test_far();
    test_far_classes();
    test_two_classes();
    return tap_done();
}

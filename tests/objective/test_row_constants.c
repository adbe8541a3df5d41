/* What is said of each row alone, against the curvature of a client that has only that row. */
#include <math.h>

#include "base/lanczos.h"
#include "base/vec.h"
#include "random_rows.h"
#include "tap.h"
#include "worker/objective/objective.h"

enum { ROWS = 45, D = 7, ALL = 400 };

static double work[2 * ALL + LAC_COLUMN_BLOCK];

struct one {
    const struct lac_objective *o;
    struct lac_rows row;
};

static struct lac_rows row_of(const struct lac_rows *rows, size_t r)
{
    struct lac_rows one = *rows;
    one.m = 1;
    one.label = rows->label + r;
    one.dense = rows->dense ? rows->dense + r * rows->stride : NULL;
    one.start = rows->start ? rows->start + r : NULL;
    one.column_start = NULL;
    return one;
}

static lac_status twice(void *matrix, const double *v, double *hv)
{
    struct one *one = matrix;
    double once[ALL];
    one->o->curvature(&one->row, v, work, once);
    one->o->curvature(&one->row, once, work, hv);
    return LAC_OK;
}

/* The largest |eigenvalue| of the row's curvature. */
static double largest(const struct lac_objective *o, const struct lac_rows *row)
{
    struct lac_arena arena = {0};
    struct lac_lanczos lanczos;
    struct one one = {o, *row};
    struct lac_stream stream = {.seed = 13, .purpose = LAC_PURPOSE_TEST};
    double value = (double)NAN;
    if (lac_lanczos_open(&lanczos, lac_rows_dimension(row), &arena) != LAC_OK ||
        lac_largest_eigenvalue(&lanczos, &stream, twice, &one, &value) != LAC_OK) {
        tap_ok(false, "%s", lac_failure());
    }
    lac_arena_free(&arena);
    return sqrt(value);
}

/* |grad f_r(x + u) - grad f_r(x - u)| / |2 u| */
static double slope_change(const struct lac_objective *o, const struct lac_rows *row, uint16_t step)
{
    double x[ALL], u[ALL], y[ALL], above[ALL], below[ALL], loss;
    size_t d = lac_rows_dimension(row);
    draw(x, d, step, 1.0);
    draw(u, d, step + 1, 1.0);
    vec_scale(u, 1e-3, u, d);
    vec_add(y, x, u, d);
    o->evaluate(row, y, work, &loss, above);
    vec_sub(y, x, u, d);
    o->evaluate(row, y, work, &loss, below);
    vec_sub(y, above, below, d);
    return sqrt(vec_norm_sq(y, d) / vec_norm_sq(u, d)) / 2.0;
}

static void test_smoothness(const struct lac_objective *o, enum form form,
                            const struct lac_rows *rows)
{
    double L[ROWS], worst = 0.0, most = 0.0;
    o->row_smoothness(rows, L);
    for (size_t r = 0; r < rows->m; r++) {
        struct lac_rows row = row_of(rows, r);
        double scale = L[r] > 0.0 ? L[r] : 1.0;
        double error = fabs(largest(o, &row) - L[r]) / scale;
        worst = error == error && error <= worst ? worst : error;
        for (uint16_t step = 0; step < 20; step += 2) {
            double change = slope_change(o, &row, step) / scale;
            most = change == change && change <= most ? most : change;
        }
    }
    tap_ok(worst < 1e-7, "%s, %s: L_r is the largest eigenvalue of each row's curvature (%.1e)",
           o->name, form_names[form], worst);
    tap_ok(most <= 1.0 + 1e-9 && most > 0.05, "%s, %s: no row's gradient changes faster (%.3f L_r)",
           o->name, form_names[form], most);
}

static void test_squared(const struct lac_objective *o, enum form form, const struct lac_rows *rows)
{
    double v[ALL], once[ALL], square[ALL], sum[ALL], hv[ALL], weight[ROWS];
    size_t d = lac_rows_dimension(rows);
    draw(v, d, 50, 1.0);
    draw(weight, rows->m, 51, 1.0);
    vec_zero(sum, d);
    for (size_t r = 0; r < rows->m; r++) {
        struct lac_rows row = row_of(rows, r);
        o->curvature(&row, v, work, once);
        o->curvature(&row, once, work, square);
        vec_axpy(sum, weight[r] / (double)rows->m, square, d);
    }
    o->curvature_squared(rows, weight, v, work, hv);
    vec_sub(hv, hv, sum, d);
    double error = sqrt(vec_norm_sq(hv, d) / vec_norm_sq(sum, d));
    tap_ok(error < 1e-13, "%s, %s: the weighted squares are those of the rows (%.1e)", o->name,
           form_names[form], error);
}

/* What is not marked has gradients of zero; what is marked has not, at this point. */
static void test_support(const struct lac_objective *o, enum form form, const struct lac_rows *rows)
{
    double mark[ALL], x[ALL], g[ALL], loss;
    bool right = true;
    for (size_t r = 0; r < rows->m; r++) {
        struct lac_rows row = row_of(rows, r);
        size_t d = lac_rows_dimension(&row);
        draw(x, d, (uint16_t)(60 + r), 1.0);
        o->support(&row, mark);
        o->evaluate(&row, x, work, &loss, g);
        for (size_t j = 0; j < d; j++) {
            double only = g[j] != 0.0 ? 1.0 : 0.0;
            right = right && (o->features > 0 ? mark[j] == 1.0 : mark[j] == only);
        }
    }
    tap_ok(right, "%s, %s: the support is where gradients can be", o->name, form_names[form]);
}

static void test_form(const struct lac_objective *o, enum form form)
{
    struct lac_arena arena = {0};
    struct matrix a;
    struct lac_rows rows;
    TAP_OK(random_matrix(&a, ROWS, D, o, form, &arena));
    TAP_OK(matrix_of_form(&a, form, &rows, &arena));
    test_smoothness(o, form, &rows);
    test_squared(o, form, &rows);
    test_support(o, form, &rows);
    lac_arena_free(&arena);
}

static void test_empty(const struct lac_objective *o)
{
    struct lac_rows rows = {.d = D, .classes = o->classes ? CLASSES : 0};
    size_t d = lac_rows_dimension(&rows);
    double v[ALL], hv[ALL], L = -1.0, weight = 1.0;
    draw(v, d, 1, 1.0);
    draw(hv, d, 2, 1.0);
    o->row_smoothness(&rows, &L);
    o->curvature_squared(&rows, &weight, v, work, hv);
    tap_ok(L == -1.0 && vec_norm_sq(hv, d) == 0.0, "%s: no rows have no constants", o->name);
}

int main(void)
{
    size_t count;
    const struct lac_objective *const *o = lac_objectives(&count);
    for (size_t i = 0; i < count; i++) {
        for (enum form form = DENSE; form < FORMS; form++) {
            test_form(o[i], form);
        }
        test_empty(o[i]);
    }
    return tap_done();
}

#include <math.h>

#include "base/lanczos.h"
#include "base/second_difference.h"
#include "base/vec.h"
#include "tap.h"

enum { MOST = 200 };

struct spectrum { /* a diagonal matrix, or scale T + shift where entry is NULL */
    const double *entry;
    double scale, shift;
    size_t d;
};

static lac_status product(void *matrix, const double *v, double *hv)
{
    const struct spectrum *s = matrix;
    if (!s->entry) {
        lac_second_difference(hv, v, s->d);
        vec_scale(hv, s->scale, hv, s->d);
        vec_axpy(hv, s->shift, v, s->d);
        return LAC_OK;
    }
    for (size_t j = 0; j < s->d; j++) {
        hv[j] = s->entry[j] * v[j];
    }
    return LAC_OK;
}

static void largest_is(struct spectrum *s, double want, const char *what)
{
    struct lac_arena arena = {0};
    struct lac_lanczos lanczos;
    struct lac_stream stream = {.seed = 3, .purpose = LAC_PURPOSE_TEST};
    double value = (double)NAN;
    TAP_OK(lac_lanczos_open(&lanczos, s->d, &arena));
    TAP_OK(lac_largest_eigenvalue(&lanczos, &stream, product, s, &value));
    tap_ok(value >= want * (1.0 - 1e-13) && value <= want * (1.0 + 1e-9),
           "%s, d = %zu: |eigenvalue| at most %.12g (%.12g)", what, s->d, want, value);
    lac_arena_free(&arena);
}

static void test_diagonal(void)
{
    double entry[MOST];
    for (size_t d = 1; d <= MOST; d += d < 12 ? 1 : 47) {
        struct spectrum s = {.entry = entry, .d = d};
        for (size_t j = 0; j < d; j++) {
            entry[j] = 1.0 / (double)(j + 1);
        }
        largest_is(&s, 1.0, "positive");
        entry[d / 2] = -1.001;
        largest_is(&s, 1.001, "one eigenvalue below, little larger");
        for (size_t j = 0; j < d; j++) {
            entry[j] = -1.0 - 1.0 / (double)(j + 1);
        }
        largest_is(&s, 2.0, "negative");
        vec_zero(entry, d);
        largest_is(&s, 0.0, "zero");
    }
}

/* The spectra of single functions of the objective tridiagonal, positive, indefinite, negative. */
static void test_second_difference(void)
{
    for (size_t d = 1; d <= MOST; d += d < 12 ? 1 : 47) {
        double least = 2.0 - 2.0 * cos(acos(-1.0) / ((double)d + 1.0));
        tap_ok(fabs(lac_second_difference_least(d) / least - 1.0) < 1e-11,
               "d = %zu: the smallest eigenvalue of T is %.15g", d, least);
        for (int k = -4; k <= 4; k++) {
            struct spectrum s = {.scale = 0.25, .shift = 0.2 * k, .d = d};
            double low = 0.25 * least + s.shift, high = 0.25 * (4.0 - least) + s.shift;
            largest_is(&s, fmax(fabs(low), fabs(high)), "T/4 + t I");
        }
    }
}

int main(void)
{
    test_diagonal();
    test_second_difference();
    return tap_done();
}

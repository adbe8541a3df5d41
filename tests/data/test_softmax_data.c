/* synth:softmax: its labels follow the model, and clients differ as much as was asked for. */
#include <math.h>

#include "base/vec.h"
#include "data/generator.h"
#include "tap.h"
#include "texts.h"

static struct lac_arena arena;

static struct lac_rows generate(const char *text, uint64_t seed, uint32_t n, uint32_t client)
{
    struct lac_spec spec;
    struct lac_rows rows = {0};
    if (lac_spec_parse(&spec, text, &arena) != LAC_OK ||
        lac_generate(&spec, seed, n, client, 1, &rows, &arena) != LAC_OK) {
        printf("# %s: %s\n", text, lac_failure());
    }
    return rows;
}

/* Of one client: every class has rows, and their mean is far from 0, as of rows that tell the class. */
static void test_softmax(void)
{
    enum { K = 4, D = 8, M = 4000 };
    struct lac_rows rows = generate("synth:softmax,d=8,m=4000,classes=4", 9, 3, 1);
    double mean[K][D] = {{0}}, count[K] = {0}, square = 0.0, least = HUGE_VAL;
    bool numbers = rows.m == M && rows.classes == K && lac_rows_dimension(&rows) == K * D;
    for (size_t r = 0; r < rows.m; r++) {
        double label = rows.label[r];
        numbers = numbers && label >= 0.0 && label < K && label == floor(label);
        for (size_t j = 0; numbers && j < D; j++) {
            mean[(size_t)label][j] += entry_of(&rows, r, j);
            square += entry_of(&rows, r, j) * entry_of(&rows, r, j) / M;
        }
        count[numbers ? (size_t)label : 0] += 1.0;
    }
    for (size_t k = 0; k < K; k++) {
        least = fmin(least, vec_norm_sq(mean[k], D) / (4.0 * count[k])); /* 1 for random labels */
    }
    tap_ok(numbers, "softmax: labels are the numbers of K classes");
    tap_ok(fabs(square - 4.0) < 0.2 && least > 20.0,
           "softmax: |a|^2 is %.2f, the means of the classes are %.0f times those of random labels",
           square, least);
}

/* The means of the classes' rows, one behind the other, less that of all: they point where the weights do. */
static void class_directions(const char *text, uint32_t client, size_t classes, double *w)
{
    struct lac_rows rows = generate(text, 9, 12, client);
    size_t d = rows.d;
    vec_zero(w, classes * d);
    for (size_t r = 0; r < rows.m; r++) {
        size_t label = (size_t)rows.label[r];
        for (size_t k = 0; k < classes; k++) {
            double share = (k == label ? 1.0 : 0.0) - 1.0 / (double)classes;
            vec_axpy(w + k * d, share, rows.dense + r * rows.stride, d);
        }
    }
}

/* Weights w + h v_i of two clients have the cosine 1/(1 + h^2) on average. */
static void test_softmax_heterogeneity(void)
{
    enum { N = 12, K = 4, D = 20 };
    static const double h[] = {0.0, 0.5, 1.0, 2.0};
    for (size_t k = 0; k < 4; k++) {
        char text[96];
        double w[N][K * D], cosine = 0.0;
        snprintf(text, sizeof text, "synth:softmax,d=20,m=2000,classes=4,heterogeneity=%g", h[k]);
        for (uint32_t i = 0; i < N; i++) {
            class_directions(text, i, K, w[i]);
            vec_scale(w[i], 1.0 / sqrt(vec_norm_sq(w[i], K * D)), w[i], K * D);
            for (uint32_t j = 0; j < i; j++) {
                cosine += vec_dot(w[i], w[j], K * D) * 2.0 / (N * (N - 1));
            }
        }
        tap_ok(fabs(cosine - 1.0 / (1.0 + h[k] * h[k])) < 0.06,
               "%s: the clients' weights have the cosine %.3f, by the formula %.3f", text, cosine,
               1.0 / (1.0 + h[k] * h[k]));
    }
}

int main(void)
{
    test_softmax();
    test_softmax_heterogeneity();
    lac_arena_free(&arena);
    return tap_done();
}

/* Some partial derivatives are those of the whole gradient, to the bit, on every form of rows. */
#include <math.h>
#include <string.h>

#include "base/vec.h"
#include "random_rows.h"
#include "tap.h"
#include "worker/objective/objective.h"

enum { M = 150, D = 77 };

static double work[2 * (D + 8) + LAC_COLUMN_BLOCK];

static bool same_bits(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

/* Whether the entries have the bits of the whole, and the rest is zero or the whole as well. */
static bool agree(const struct lac_local *f, const struct lac_entries *only, const double *x)
{
    double whole[D], some[D], loss, unused;
    bool chosen[D] = {false}, good = true, zeros = true, all = true;
    lac_local_evaluate(f, x, work, &loss, whole);
    lac_local_evaluate_entries(f, only, x, work, &unused, some);
    for (size_t k = 0; k < only->count; k++) {
        size_t j = lac_entry(only, k);
        chosen[j] = true;
        good = good && same_bits(some[j], whole[j]);
    }
    for (size_t j = 0; j < D; j++) {
        zeros = zeros && (chosen[j] || some[j] == 0.0);
        all = all && (chosen[j] || same_bits(some[j], whole[j]));
    }
    return good && (zeros || all);
}

static void test_form(const struct lac_objective *o, const struct lac_regularizer *r,
                      enum form form, size_t m)
{
    static const uint32_t index[] = {76, 3, 0, 41, 12, 64, 63, 5, 19, 71, 8, 30};
    struct lac_arena arena = {0};
    struct matrix a;
    struct lac_local f = {
        .objective = o, .regularizer = r, .lambda = 0.3, .weight = m > 1 ? 0.7 : 1.0};
    struct lac_entries few = {index, 0, 12, D}, one = {index, 0, 1, D}, none = {index, 0, 0, D},
                       run = {NULL, 70, 15, D}, many = {NULL, 5, 70, D};
    double x[D], gradient[D];
    TAP_OK(random_matrix(&a, m, D, o, form, &arena));
    TAP_OK(matrix_of_form(&a, form, &f.rows, &arena));
    TAP_OK(lac_local_own(&f, &arena));
    for (size_t j = 0; j < D; j++) {
        x[j] = j % 9 == 8 ? -0.0 : 0.3 * (double)(j % 7) - 0.8;
    }
    bool good = agree(&f, &few, x) && agree(&f, &one, x) && agree(&f, &none, x) &&
                agree(&f, &run, x) && agree(&f, &many, x);
    tap_ok(good, "%s with %s, %s, %zu rows: the same bits", o->name, r->name, form_names[form], m);
    bool shorter = f.rows.dense || f.rows.column_start;
    tap_ok(o->entries(&f.rows, &few, x, work, gradient) == shorter &&
               !o->entries(&f.rows, &many, x, work, gradient),
           "%s, %s: %s", o->name, form_names[form],
           shorter ? "twelve entries are computed alone" : "the whole is no longer");
    lac_arena_free(&arena);
}

int main(void)
{
    static const char *const levels[] = {"portable", "avx2", "avx512"};
    size_t objectives, regularizers;
    const struct lac_objective *const *o = lac_objectives(&objectives);
    const struct lac_regularizer *const *r = lac_regularizers(&regularizers);
    for (size_t level = 0; level < 3; level++) {
        if (lac_kernels_select(levels[level]) != LAC_OK) {
            continue;
        }
        for (size_t i = 0; i < objectives; i++) {
            for (size_t k = 0; o[i]->entries && k < regularizers * FORMS; k++) {
                test_form(o[i], r[k % regularizers], (enum form)(k / regularizers), M);
            }
            for (enum form form = DENSE; o[i]->entries && form < FORMS; form++) {
                test_form(o[i], r[0], form, 1);
                test_form(o[i], r[0], form, 9);
            }
        }
    }
    return tap_done();
}

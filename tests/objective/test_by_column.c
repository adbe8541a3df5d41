/* Products with x part by part: the gradient is the whole one's, and where a part is cut changes no bit. */
#include <math.h>
#include <string.h>

#include "base/vec.h"
#include "random_rows.h"
#include "tap.h"
#include "worker/objective/by_column.h"

enum { M = 150, D = 77, PARTS = 4 };

static double work[2 * (D + 8) + LAC_COLUMN_BLOCK];

/* Feature j is number j * 29 mod D of a permutation; the parts are of 19, 19, 19 and 20. */
static void permute(uint32_t index[D])
{
    for (uint32_t j = 0; j < D; j++) {
        index[j] = j * 29 % D;
    }
}

/* z <- A x, part by part; in pieces of at most `piece` features. */
static void multiply(const struct lac_by_column *c, const struct lac_local *f, const double *x,
                     const uint32_t index[D], size_t piece, double *z)
{
    double part[M];
    vec_zero(z, M);
    for (size_t k = 0; k < PARTS; k++) {
        size_t first = k * D / PARTS, after = (k + 1) * D / PARTS;
        vec_zero(part, M);
        for (size_t at = first; at < after; at += piece) {
            size_t count = after - at < piece ? after - at : piece;
            const struct lac_entries some = {index + at, 0, count, D};
            lac_by_column_add(c, &f->rows, &some, x, part);
        }
        vec_axpy(z, 1.0, part, f->rows.m);
    }
}

/* Largest difference of some entries from the whole gradient; infinity where another entry is not zero. */
static double differ(const double *some, const double *whole, const struct lac_entries *only)
{
    bool chosen[D] = {false};
    double most = 0.0;
    for (size_t k = 0; k < only->count; k++) {
        size_t j = lac_entry(only, k);
        chosen[j] = true;
        most = fmax(most, fabs(some[j] - whole[j]) / (1.0 + fabs(whole[j])));
    }
    for (size_t j = 0; j < D; j++) {
        most = chosen[j] || some[j] == 0.0 ? most : (double)INFINITY;
    }
    return most;
}

static void test_form(const struct lac_objective *o, const struct lac_regularizer *r,
                      enum form form, bool weighted)
{
    struct lac_arena arena = {0};
    struct matrix a;
    struct lac_by_column c;
    struct lac_local f = {.objective = o, .regularizer = r, .lambda = 0.3, .weight = 0.7};
    uint32_t index[D];
    double x[D], whole[D], some[D], loss, z[M], cut[M], slope[M], weight[M];
    permute(index);
    draw(x, D, 9, 0.4);
    TAP_OK(random_matrix(&a, M, D, o, form, &arena));
    TAP_OK(matrix_of_form(&a, form, &f.rows, &arena));
    for (size_t k = 0; k < M; k++) {
        weight[k] = 0.5 + (double)(k % 3);
    }
    f.rows.weight = weighted ? weight : NULL;
    TAP_OK(lac_by_column_open(&c, &f.rows, &arena));
    multiply(&c, &f, x, index, D, z);
    multiply(&c, &f, x, index, 3, cut);
    tap_ok(memcmp(z, cut, sizeof z) == 0, "%s, %s: pieces of a part make the same bits", o->name,
           form_names[form]);
    lac_local_evaluate(&f, x, work, &loss, whole);
    const struct lac_entries few = {index + 5, 0, 19, D}, run = {NULL, 70, 15, D},
                             all = {NULL, 0, D, D};
    double most = 0.0;
    const struct lac_entries *const sets[] = {&few, &run, &all};
    for (size_t k = 0; k < 3; k++) {
        lac_by_column_gradient(&c, &f, sets[k], x, z, slope, some);
        most = fmax(most, differ(some, whole, sets[k]));
    }
    tap_ok(most < 1e-13, "%s with %s, %s%s: the whole gradient's entries (%.1e)", o->name, r->name,
           form_names[form], weighted ? ", weighted" : "", most);
    lac_arena_free(&arena);
}

int main(void)
{
    size_t objectives, regularizers, tried = 0;
    const struct lac_objective *const *o = lac_objectives(&objectives);
    const struct lac_regularizer *const *r = lac_regularizers(&regularizers);
    for (size_t i = 0; i < objectives; i++) {
        for (size_t k = 0; o[i]->row_loss && k < regularizers; k++) {
            for (enum form form = DENSE; !r[k]->own && form < FORMS; form++) {
                test_form(o[i], r[k], form, form % 2 == 1);
                tried++;
            }
        }
        tap_ok(!o[i]->entries == !o[i]->row_loss,
               "%s has a loss of a row where it has entries of its gradient", o[i]->name);
    }
    tap_ok(tried >= 3, "objectives of products with x are there");
    return tap_done();
}

/* Regularizers on the features that a client's rows have, the others left alone. */
#include "base/vec.h"
#include "worker/objective/objective.h"

enum { BLOCK = 64 }; /* features gathered at once */

static lac_status list_marked(struct lac_local *f, const double *mark, size_t d,
                              struct lac_arena *a)
{
    uint32_t *own;
    size_t count = (size_t)vec_sum(mark, d);
    LAC_TRY(LAC_NEW(a, count + 1, &own));
    f->own = own;
    f->own_count = count;
    for (size_t j = 0; j < d; j++) {
        *own = (uint32_t)j;
        own += mark[j] > 0.0;
    }
    return LAC_OK;
}

lac_status lac_local_own(struct lac_local *f, struct lac_arena *a)
{
    struct lac_arena scratch = {0};
    size_t d = lac_rows_dimension(&f->rows);
    double *mark;
    if (!f->regularizer->own) {
        return LAC_OK;
    }
    lac_status status = LAC_NEW(&scratch, d, &mark);
    if (status == LAC_OK) {
        f->objective->support(&f->rows, mark);
        status = list_marked(f, mark, d, a);
    }
    lac_arena_free(&scratch);
    return status;
}

void lac_local_regularize(const struct lac_local *f, const double *x, double *loss,
                          double *gradient)
{
    if (!f->own) {
        f->regularizer->add(f->lambda, x, lac_rows_dimension(&f->rows), loss, gradient);
        return;
    }
    for (size_t first = 0; first < f->own_count; first += BLOCK) {
        double at[BLOCK], slope[BLOCK] = {0};
        const uint32_t *own = f->own + first;
        size_t left = f->own_count - first, count = left < BLOCK ? left : BLOCK;
        for (size_t k = 0; k < count; k++) {
            at[k] = x[own[k]];
        }
        f->regularizer->add(f->lambda, at, count, loss, slope);
        for (size_t k = 0; k < count; k++) {
            gradient[own[k]] += slope[k];
        }
    }
}

void lac_local_add_curvature(const struct lac_local *f, const double *v, double *hv)
{
    double most = f->lambda * f->regularizer->smoothness;
    if (!f->own) {
        vec_axpy(hv, most, v, lac_rows_dimension(&f->rows));
    }
    for (size_t k = 0; f->own && k < f->own_count; k++) {
        hv[f->own[k]] += most * v[f->own[k]];
    }
}

#include "base/kernels.h"
#include "base/vec.h"
#include "worker/objective/row_forms.h"
#include "worker/objective/row_kernels.h"

enum { BLOCK_DOUBLES = 8192 }; /* of rows between the two uses of a block, if 8 rows are not more */

static const struct lac_row_kernels *kernels(void)
{
#ifdef __x86_64__
    static const struct lac_row_kernels *const tables[LAC_LEVELS] = {
        &lac_row_kernels_portable,
        &lac_row_kernels_avx2,
        &lac_row_kernels_avx512,
    };
    return tables[lac_kernels_level()];
#else
    return &lac_row_kernels_portable;
#endif
}

static size_t block_rows(const struct lac_rows *rows)
{
    size_t block = BLOCK_DOUBLES / (rows->stride + 1) / 8 * 8;
    if (block < 8) {
        return 8;
    }
    return block < LAC_BLOCK_ROWS ? block : LAC_BLOCK_ROWS;
}

/* x and the gradient get the padding of the rows: the kernels know no tails. */
double lac_dense_pass(const struct lac_rows *rows, lac_row_loss *loss_of, const double *x,
                      double *work, double *gradient)
{
    const struct lac_row_kernels *k = kernels();
    double z[LAC_BLOCK_ROWS], loss = 0.0;
    double *padded_x = work, *padded_gradient = work + rows->stride;
    size_t block = block_rows(rows);
    vec_copy(padded_x, x, rows->d);
    vec_zero(padded_x + rows->d, rows->stride - rows->d);
    vec_zero(padded_gradient, rows->stride);
    for (size_t r = 0; r < rows->m; r += block) {
        size_t left = rows->m - r;
        size_t count = left < block ? left : block;
        const double *a = rows->dense + r * rows->stride;
        const double *next = left < 2 * block ? a : a + block * rows->stride;
        k->dots(a, rows->stride, count, padded_x, z);
        loss += lac_block_losses(rows, loss_of, r, count, z);
        k->add(a, rows->stride, count, z, next, padded_gradient);
    }
    vec_copy(gradient, padded_gradient, rows->d);
    return loss;
}

/* One row after the other, as the kernel adds them. */
static void add_entries(const double *a, size_t stride, size_t rows, const double *slope,
                        const struct lac_entries *only, double *gradient)
{
    for (size_t k = 0; k < only->count; k++) {
        size_t j = lac_entry(only, k);
        double sum = gradient[j];
        for (size_t r = 0; r < rows; r++) {
            sum += slope[r] * a[r * stride + j];
        }
        gradient[j] = sum;
    }
}

void lac_dense_entries(const struct lac_rows *rows, lac_row_loss *loss_of,
                       const struct lac_entries *only, const double *x, double *work,
                       double *gradient)
{
    const struct lac_row_kernels *k = kernels();
    double z[LAC_BLOCK_ROWS];
    size_t block = block_rows(rows);
    vec_copy(work, x, rows->d);
    vec_zero(work + rows->d, rows->stride - rows->d);
    for (size_t r = 0; r < rows->m; r += block) {
        size_t left = rows->m - r, count = left < block ? left : block;
        const double *a = rows->dense + r * rows->stride;
        k->dots(a, rows->stride, count, work, z);
        (void)lac_block_losses(rows, loss_of, r, count, z);
        add_entries(a, rows->stride, count, z, only, gradient);
    }
}

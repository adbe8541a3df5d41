#include "worker/objective/row_pass.h"

#include "base/kernels.h"
#include "base/vec.h"
#include "worker/objective/row_kernels.h"

enum {
    DENSE_BLOCK_DOUBLES = 8192, /* of rows between the two uses of a block, if 8 rows are not more */
    SPARSE_BLOCK_VALUES = 2048, /* if one row is not more */
};

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

size_t lac_rows_work(const struct lac_rows *rows)
{
    if (rows->dense) {
        return 2 * rows->stride;
    }
    size_t longest = SPARSE_BLOCK_VALUES;
    for (size_t r = 0; r < rows->m; r++) {
        size_t length = rows->start[r + 1] - rows->start[r];
        longest = length > longest ? length : longest;
    }
    return longest + LAC_ROW_SLACK;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* x and the gradient get the padding of the rows: the kernels know no tails. */
static double dense_pass(const struct lac_rows *rows, lac_row_loss *loss_of, const double *x,
                         double *work, double *gradient)
{
    const struct lac_row_kernels *k = kernels();
    double z[LAC_BLOCK_ROWS], slope[LAC_BLOCK_ROWS], loss = 0.0;
    double *padded_x = work, *padded_gradient = work + rows->stride;
    size_t block = DENSE_BLOCK_DOUBLES / rows->stride / 8 * 8;
    block = block < 8 ? 8 : least(block, LAC_BLOCK_ROWS);
    vec_copy(padded_x, x, rows->d);
    vec_zero(padded_x + rows->d, rows->stride - rows->d);
    vec_zero(padded_gradient, rows->stride);
    for (size_t r = 0; r < rows->m; r += block) {
        size_t count = least(rows->m - r, block);
        const double *a = rows->dense + r * rows->stride;
        k->dense_dots(a, rows->stride, count, padded_x, z);
        loss += loss_of(z, rows->label + r, count, slope);
        k->dense_add(a, rows->stride, count, slope, padded_gradient);
    }
    vec_copy(gradient, padded_gradient, rows->d);
    return loss;
}

static double sparse_pass(const struct lac_rows *rows, lac_row_loss *loss_of, const double *x,
                          double *work, double *gradient)
{
    const struct lac_row_kernels *k = kernels();
    double z[LAC_BLOCK_ROWS], slope[LAC_BLOCK_ROWS], loss = 0.0;
    vec_zero(gradient, rows->d);
    for (size_t r = 0, count; r < rows->m; r += count) {
        const uint64_t *start = rows->start + r;
        const uint32_t *index = rows->index + start[0];
        const double *value = rows->value ? rows->value + start[0] : NULL;
        count = least(rows->m - r, LAC_BLOCK_ROWS);
        while (count > 1 && start[count] - start[0] > SPARSE_BLOCK_VALUES) {
            count /= 2;
        }
        k->sparse_dots(start, index, value, count, x, work, z);
        loss += loss_of(z, rows->label + r, count, slope);
        k->sparse_add(start, index, value, count, slope, work, gradient);
    }
    return loss;
}

void lac_rows_pass(const struct lac_rows *rows, lac_row_loss *loss_of, double scale, const double *x,
                   double *work, double *loss, double *gradient)
{
    if (rows->m == 0 || rows->d == 0) {
        vec_zero(gradient, rows->d);
    }
    if (rows->m == 0) {
        *loss = 0.0;
        return;
    }
    double m = (double)rows->m;
    double sum = rows->dense ? dense_pass(rows, loss_of, x, work, gradient)
                             : sparse_pass(rows, loss_of, x, work, gradient);
    *loss = sum / m;
    vec_scale(gradient, scale / m, gradient, rows->d);
}

static double product_itself(const double *z, const double *label, size_t count, double *slope)
{
    (void)label;
    vec_copy(slope, z, count);
    return 0.0;
}

void lac_rows_curvature(const struct lac_rows *rows, double scale, const double *v, double *work,
                        double *hv)
{
    double unused;
    lac_rows_pass(rows, product_itself, scale, v, work, &unused, hv);
}

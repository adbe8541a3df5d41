/* Sparse rows of many features, each rare: row by row. */
#include "worker/objective/row_forms.h"

/* Entry k of the row goes to sum k mod 4. */
static double dot(const uint32_t *index, const double *value, size_t count, const double *x)
{
    double sum[4] = {0};
    for (size_t k = 0; k < count; k++) {
        sum[k % 4] += value ? value[k] * x[index[k]] : x[index[k]];
    }
    return (sum[0] + sum[2]) + (sum[1] + sum[3]);
}

static void add(const uint32_t *index, const double *value, size_t count, double slope,
                double *gradient)
{
    for (size_t k = 0; k < count; k++) {
        gradient[index[k]] += value ? value[k] * slope : slope;
    }
}

double lac_sparse_pass(const struct lac_rows *rows, lac_row_loss *loss_of, const double *x,
                       double *gradient)
{
    double z[LAC_BLOCK_ROWS], loss = 0.0;
    for (size_t first = 0; first < rows->m; first += LAC_BLOCK_ROWS) {
        size_t left = rows->m - first;
        size_t count = left < LAC_BLOCK_ROWS ? left : LAC_BLOCK_ROWS;
        const uint64_t *start = rows->start + first;
        for (size_t r = 0; r < count; r++) {
            const double *value = rows->value ? rows->value + start[r] : NULL;
            z[r] = dot(rows->index + start[r], value, start[r + 1] - start[r], x);
        }
        loss += lac_block_losses(rows, loss_of, first, count, z);
        for (size_t r = 0; r < count; r++) {
            const double *value = rows->value ? rows->value + start[r] : NULL;
            add(rows->index + start[r], value, start[r + 1] - start[r], z[r], gradient);
        }
    }
    return loss;
}

/* The pass of row_pass.h for each form of matrix: the sum of losses; gradient (zeros) += slope_r a_r. */
#ifndef LAC_WORKER_OBJECTIVE_ROW_FORMS_H
#define LAC_WORKER_OBJECTIVE_ROW_FORMS_H

#include "worker/objective/row_pass.h"

/* loss_of for rows first .. first + count - 1, with their weights; the slopes are written over z. */
double lac_block_losses(const struct lac_rows *rows, lac_row_loss *loss_of, size_t first,
                        size_t count, double *z);

double lac_dense_pass(const struct lac_rows *rows, lac_row_loss *loss_of, const double *x,
                      double *work, double *gradient);
double lac_sparse_pass(const struct lac_rows *rows, lac_row_loss *loss_of, const double *x,
                       double *gradient);
double lac_columns_pass(const struct lac_rows *rows, lac_row_loss *loss_of, const double *x,
                        double *work, double *gradient);

/* Their gradients at some entries alone (gradient: zeros). */
void lac_dense_entries(const struct lac_rows *rows, lac_row_loss *loss_of,
                       const struct lac_entries *only, const double *x, double *work,
                       double *gradient);
void lac_columns_entries(const struct lac_rows *rows, lac_row_loss *loss_of,
                         const struct lac_entries *only, const double *x, double *work,
                         double *gradient);

#endif

/*
 * The loss of one client, f_i(x) = mean over its rows of a loss + regularizer(x), and its gradient.
 * One file per objective and per regularizer; all are in one list.
 */
#ifndef LAC_WORKER_OBJECTIVE_H
#define LAC_WORKER_OBJECTIVE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/text.h"
#include "compressor/compressor.h"
#include "data/rows.h"
#include "worker/objective/row_pass.h"

struct lac_local;

struct lac_objective {
    const char *name;    /* as written on the command line */
    const char *formula; /* "f_i(x) = ..." in plain ASCII */
    bool convex;
    bool quadratic;    /* curvature is the Hessian itself */
    bool two_classes;  /* labels must be of two classes; else any number is a target */
    bool classes;      /* labels are the numbers of K classes, and x has a vector for each */
    uint32_t features; /* 0, or how many features a row has at most: coefficients, of no a.x */
    /* Scratch that one evaluation needs, in doubles; shared by the clients of a rank. */
    size_t (*work)(const struct lac_rows *rows);
    /* x, gradient, v, hv, mark have lac_rows_dimension(rows) numbers. */
    /* Mean loss over the rows and its gradient, without the regularizer, in one pass over the rows. */
    void (*evaluate)(const struct lac_rows *rows, const double *x, double *work, double *loss,
                     double *gradient);
    /* These entries of evaluate's gradient, to the bit, zeros elsewhere. false, and nothing is written: the
       whole costs no more. NULL: always so. */
    bool (*entries)(const struct lac_rows *rows, const struct lac_entries *only, const double *x,
                    double *work, double *gradient);
    /* Of losses of a.x alone: f_i = mean of row_loss, whose slopes are times row_scale. NULL: of others. */
    lac_row_loss *row_loss;
    double row_scale;
    /* hv <- H v for the fixed H >= every Hessian: curvature/m A^T A for a loss of a.x (sharp for
       least squares); what L and L_i are the largest |eigenvalues| of. */
    void (*curvature)(const struct lac_rows *rows, const double *v, double *work, double *hv);
    /* L (m) gets the smoothness constant of the loss of each row alone, |H_r| of the H_r whose mean
       curvature is; without the regularizer. */
    void (*row_smoothness)(const struct lac_rows *rows, double *L);
    /* hv <- 1/m sum_r weight[r] H_r^2 v, weight (m): what L_{+,w} inside a client is the root of the
       largest eigenvalue of (arXiv 2206.02275). hv is neither v nor in work; slower than curvature. */
    void (*curvature_squared)(const struct lac_rows *rows, const double *weight, const double *v,
                              double *work, double *hv);
    /* How many rows have the class that x predicts; scratch (dimension of x). NULL: labels are numbers. */
    double (*correct)(const struct lac_rows *rows, const double *x, double *work, double *scratch);
    /* mark gets 1 where the gradient of the loss can be nonzero, else 0. */
    void (*support)(const struct lac_rows *rows, double *mark);
};

struct lac_regularizer {
    const char *name; /* none, l2, noncvx, noncvx-own */
    const char *formula;
    bool convex;
    double smoothness; /* of the regularizer with lambda = 1: 0, 1, 2 */
    bool own;          /* on the features of the client's rows alone */
    /* *loss += lambda R(x), gradient += lambda grad R(x) */
    void (*add)(double lambda, const double *x, size_t d, double *loss, double *gradient);
};

/* f_i of one client: what a gradient verb calls. */
struct lac_local {
    const struct lac_objective *objective;
    const struct lac_regularizer *regularizer;
    double lambda;
    double
        weight; /* factor of f_i, of loss and regularizer alike: 1, or n m_i/sum m (--client-weights samples) */
    struct lac_rows rows;
    const uint32_t *own; /* (own_count) features that the regularizer is on, ascending; NULL: all */
    size_t own_count;
};

/* The list, and what was added to it. */
const struct lac_objective *const *lac_objectives(size_t *count);
/* An objective from outside the list, borrowed for good; refuses a name that is there. */
lac_status lac_objective_add(const struct lac_objective *o) LAC_MUST_CHECK;
void lac_objectives_forget(void); /* those that were added */
const struct lac_regularizer *const *lac_regularizers(size_t *count);
/* By name; the failure names the nearest. */
lac_status lac_objective_find(const char *name, const struct lac_objective **out) LAC_MUST_CHECK;
/* "none", "l2:LAMBDA", "noncvx:LAMBDA", "noncvx-own:LAMBDA". */
lac_status lac_regularizer_find(const struct lac_spec *spec, const struct lac_regularizer **out,
                                double *lambda) LAC_MUST_CHECK;

/* Lists the features of f's rows in the arena, where its regularizer is on them alone. */
lac_status lac_local_own(struct lac_local *f, struct lac_arena *a) LAC_MUST_CHECK;
/* *loss += lambda R(x), gradient += lambda grad R(x), both without the client's weight */
void lac_local_regularize(const struct lac_local *f, const double *x, double *loss,
                          double *gradient);
/* hv += lambda (bound of R's second derivative) v, without the client's weight */
void lac_local_add_curvature(const struct lac_local *f, const double *v, double *hv);

/* f_i(x) and its gradient, with the client's weight, written, never added; work as large as objective->work says. A
   client without rows has f_i = regularizer alone. */
void lac_local_evaluate(const struct lac_local *f, const double *x, double *work, double *loss,
                        double *gradient);
/* The gradient of lac_local_evaluate at these entries, to the bit; elsewhere zeros, or the whole gradient where
   that costs no more: then also the loss, else it is not written. */
void lac_local_evaluate_entries(const struct lac_local *f, const struct lac_entries *only,
                                const double *x, double *work, double *loss, double *gradient);
/* To entries of a gradient of the rows: the regularizer and the client's weight. */
void lac_local_complete_entries(const struct lac_local *f, const struct lac_entries *only,
                                const double *x, double *gradient);
/* weight times the mean over these rows, some of the client's, plus the regularizer. */
void lac_local_evaluate_rows(const struct lac_local *f, const struct lac_rows *rows, double weight,
                             const double *x, double *work, double *loss, double *gradient);
/* f_i^j: the rows floor(j m/count) .. floor((j+1) m/count), weighted by count/m, plus the regularizer: the
   mean over j is f_i. Returns how many rows it has. */
size_t lac_local_evaluate_batch(const struct lac_local *f, uint32_t j, uint32_t count,
                                const double *x, double *work, double *loss, double *gradient);

#endif

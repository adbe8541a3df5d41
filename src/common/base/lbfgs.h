/*
 * L-BFGS: Liu and Nocedal, "On the limited memory BFGS method", Math. Programming 45, 1989. The line search holds the
 * slope between the strong Wolfe bounds; that f falls is demanded only as far as its rounding can show it, as in Hager
 * and Zhang, SIAM J. Optim. 16, 2005: near a minimum gradients know more digits of it than f does.
 */
#ifndef LAC_BASE_LBFGS_H
#define LAC_BASE_LBFGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum { LAC_LBFGS_PAIRS = 32 }; /* of steps and changes of the gradient that are remembered */

struct lac_lbfgs_point {
    double *x, *g; /* (d) */
    double loss, norm;
};

struct lac_lbfgs {
    /* by the caller */
    size_t d;
    /* f(x), g <- grad f(x), and the size of the terms that g is a sum of, whose rounding it has */
    lac_status (*evaluate)(void *context, const double *x, double *loss, double *g, double *terms);
    lac_status (*on_iteration)(void *context); /* NULL: nobody listens */
    void *context;
    double tolerance; /* of |grad f| */
    uint64_t most_iterations;
    uint64_t patience; /* iterations without the slightest progress: rounding is all that is left */

    /* the results */
    struct lac_lbfgs_point best;
    uint64_t iterations, gradients;
    double terms;    /* the largest so far */
    double steepest; /* the largest |y|/|s| so far: of L, from below */

    /* of the iterations */
    struct lac_lbfgs_point at, trial;
    double *p; /* (d) the direction */
    double *step[LAC_LBFGS_PAIRS],
        *change[LAC_LBFGS_PAIRS]; /* (d) rings of s = x+ - x, y = g+ - g */
    double product[LAC_LBFGS_PAIRS], weight[LAC_LBFGS_PAIRS]; /* s.y; work of the recursion */
    size_t pairs, newest;
    double scale;        /* s.y/y.y of the newest pair: the inverse Hessian without memory */
    double newest_terms; /* of the newest evaluation */
    uint64_t idle;       /* iterations since the best point was found */
    bool restarted;      /* since then, from it */
};

/* Takes its vectors from the arena; d and what is the caller's stand in v already, all else is zero. */
lac_status lac_lbfgs_open(struct lac_lbfgs *v, struct lac_arena *a) LAC_MUST_CHECK;
/* From x, until |grad f| <= tolerance, or as long as anything helps; v->best says where it ended, at x where f is not finite
   there. Again and again with one v. */
lac_status lac_lbfgs_run(struct lac_lbfgs *v, const double *x) LAC_MUST_CHECK;
/* What rounding may leave of |grad f| at v->best; curvature: what is known of L besides. */
double lac_lbfgs_floor(const struct lac_lbfgs *v, double curvature);

#endif

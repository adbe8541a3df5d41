#include "base/lbfgs.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/tick.h"
#include "base/vec.h"

enum { TRIALS = 60 }; /* of one line search */

static const double slope_bound = 0.5;  /* of the slope at the start: what a step may leave of it */
static const double loss_slack = 64.0;  /* of the rounding of f, in units in its last place */
static const double clear_change = 1e4; /* a change of the gradient that is no rounding, likewise */
static const double floor_slack = 64.0; /* of the rounding of gradients, likewise */

static lac_status evaluate(struct lac_lbfgs *v, struct lac_lbfgs_point *at)
{
    LAC_TRY(v->evaluate(v->context, at->x, &at->loss, at->g, &v->newest_terms));
    at->norm = sqrt(vec_norm_sq(at->g, v->d));
    v->gradients++;
    return LAC_OK;
}

static lac_status open_point(struct lac_lbfgs_point *at, size_t d, struct lac_arena *a)
{
    LAC_TRY(LAC_NEW(a, d, &at->x));
    return LAC_NEW(a, d, &at->g);
}

lac_status lac_lbfgs_open(struct lac_lbfgs *v, struct lac_arena *a)
{
    LAC_TRY(open_point(&v->at, v->d, a));
    LAC_TRY(open_point(&v->trial, v->d, a));
    LAC_TRY(open_point(&v->best, v->d, a));
    LAC_TRY(LAC_NEW(a, v->d, &v->p));
    for (size_t k = 0; k < LAC_LBFGS_PAIRS; k++) {
        LAC_TRY(LAC_NEW(a, v->d, &v->step[k]));
        LAC_TRY(LAC_NEW(a, v->d, &v->change[k]));
    }
    return LAC_OK;
}

static void copy_point(struct lac_lbfgs_point *to, const struct lac_lbfgs_point *from, size_t d)
{
    vec_copy(to->x, from->x, d);
    vec_copy(to->g, from->g, d);
    to->loss = from->loss;
    to->norm = from->norm;
}

static double rounding_of(double loss)
{
    return loss_slack * DBL_EPSILON * fabs(loss);
}

/* Lower as far as f can tell; where it cannot, flatter. */
static void keep_best(struct lac_lbfgs *v)
{
    double slack = rounding_of(v->best.loss);
    bool lower = v->at.loss < v->best.loss - slack;
    bool flatter = v->at.loss <= v->best.loss + slack && v->at.norm < v->best.norm;
    v->idle = lower || flatter ? 0 : v->idle + 1;
    if (lower || flatter) {
        v->restarted = false;
        copy_point(&v->best, &v->at, v->d);
    }
}

/* p <- -H g by the two-loop recursion, newest pair first, then oldest first. */
static void choose_direction(struct lac_lbfgs *v)
{
    size_t d = v->d;
    vec_scale(v->p, -1.0, v->at.g, d);
    for (size_t i = 0; i < v->pairs; i++) {
        size_t k = (v->newest + LAC_LBFGS_PAIRS - i) % LAC_LBFGS_PAIRS;
        v->weight[k] = vec_dot(v->step[k], v->p, d) / v->product[k];
        vec_axpy(v->p, -v->weight[k], v->change[k], d);
    }
    vec_scale(v->p, v->pairs > 0 ? v->scale : 1.0 / fmax(1.0, v->at.norm), v->p, d);
    for (size_t i = v->pairs; i > 0; i--) {
        size_t k = (v->newest + LAC_LBFGS_PAIRS - (i - 1)) % LAC_LBFGS_PAIRS;
        double beta = vec_dot(v->change[k], v->p, d) / v->product[k];
        vec_axpy(v->p, v->weight[k] - beta, v->step[k], d);
    }
}

/* The bracket of a line search: at low f falls along p, at high it rises, or is higher than it may be. */
struct bracket {
    double low, low_slope, high, high_slope;
    int moves; /* of one end in a row: > 0 of high, < 0 of low */
};

enum { STUCK = 3 }; /* moves of one end in a row: the secant creeps */

static void move_low(struct bracket *b, double t, double slope)
{
    b->low = t;
    b->low_slope = slope;
    b->moves = b->moves < 0 ? b->moves - 1 : -1;
}

static void move_high(struct bracket *b, double t, double slope)
{
    b->high = t;
    b->high_slope = slope;
    b->moves = b->moves > 0 ? b->moves + 1 : 1;
}

static double next_step(const struct bracket *b, double t)
{
    double width = b->high - b->low;
    if (!isfinite(b->high)) {
        return 4.0 * t;
    }
    if (!(b->high_slope > 0.0) || abs(b->moves) >= STUCK) {
        return b->low + 0.5 * width;
    }
    double zero = b->low + width * (b->low_slope / (b->low_slope - b->high_slope));
    return fmin(fmax(zero, b->low + 0.05 * width), b->high - 0.05 * width);
}

/* v->trial is the new point; *found is false where no step will do. */
static lac_status search_line(struct lac_lbfgs *v, bool *found)
{
    size_t d = v->d;
    double slope = vec_dot(v->at.g, v->p, d), t = 1.0;
    struct bracket b = {.low_slope = slope, .high = (double)INFINITY};
    *found = false;
    for (int trial = 0; slope < 0.0 && trial < TRIALS; trial++) {
        vec_copy(v->trial.x, v->at.x, d);
        vec_axpy(v->trial.x, t, v->p, d);
        LAC_TRY(evaluate(v, &v->trial));
        double here = vec_dot(v->trial.g, v->p, d);
        double most = v->at.loss + rounding_of(v->at.loss) + 1e-4 * t * slope;
        if (!isfinite(here) || !(v->trial.loss <= most)) {
            move_high(&b, t, isfinite(here) ? here : 0.0);
        } else if (here < slope_bound * slope) {
            move_low(&b, t, here);
        } else if (here > -slope_bound * slope) {
            move_high(&b, t, here);
        } else {
            *found = true;
            return LAC_OK;
        }
        t = next_step(&b, t);
    }
    return LAC_OK;
}

/* The newest pair; from one that rounding has spoilt nothing is learnt. */
static void remember(struct lac_lbfgs *v)
{
    size_t d = v->d, k = v->pairs > 0 ? (v->newest + 1) % LAC_LBFGS_PAIRS : 0;
    v->terms = fmax(v->terms, v->newest_terms);
    vec_sub(v->step[k], v->trial.x, v->at.x, d);
    vec_sub(v->change[k], v->trial.g, v->at.g, d);
    double product = vec_dot(v->step[k], v->change[k], d);
    double steps = vec_norm_sq(v->step[k], d), changes = vec_norm_sq(v->change[k], d);
    if (!(product > DBL_EPSILON * changes * v->scale) || !(steps > 0.0) || !(changes > 0.0)) {
        v->pairs -= v->pairs == LAC_LBFGS_PAIRS; /* it lies where the oldest was */
        return;
    }
    v->product[k] = product;
    v->scale = product / changes;
    if (sqrt(changes) > clear_change * DBL_EPSILON * v->terms) {
        v->steepest = fmax(v->steepest, sqrt(changes / steps));
    }
    v->newest = k;
    v->pairs = v->pairs < LAC_LBFGS_PAIRS ? v->pairs + 1 : LAC_LBFGS_PAIRS;
}

/* One line search, after a failed one a second along the gradient. */
static lac_status iterate(struct lac_lbfgs *v, bool *moved)
{
    lac_tick_now();
    choose_direction(v);
    LAC_TRY(search_line(v, moved));
    if (!*moved && v->pairs > 0) {
        v->pairs = 0;
        choose_direction(v);
        LAC_TRY(search_line(v, moved));
    }
    if (*moved) {
        remember(v);
        struct lac_lbfgs_point left = v->at;
        v->at = v->trial;
        v->trial = left;
        v->iterations++;
        keep_best(v);
    }
    return v->on_iteration ? v->on_iteration(v->context) : LAC_OK;
}

/* From the best point, without what rounding may have spoilt. */
static void restart(struct lac_lbfgs *v)
{
    copy_point(&v->at, &v->best, v->d);
    v->pairs = 0;
    v->idle = 0;
    v->restarted = true;
}

static lac_status start_at(struct lac_lbfgs *v, const double *x)
{
    v->pairs = 0;
    v->idle = 0;
    v->restarted = false;
    v->scale = v->steepest = 0.0;
    v->iterations = v->gradients = 0;
    vec_copy(v->at.x, x, v->d);
    LAC_TRY(evaluate(v, &v->at));
    v->terms = v->newest_terms;
    copy_point(&v->best, &v->at, v->d);
    return LAC_OK;
}

lac_status lac_lbfgs_run(struct lac_lbfgs *v, const double *x)
{
    LAC_TRY(start_at(v, x));
    bool moved = isfinite(v->at.loss) && isfinite(v->at.norm);
    while (v->best.norm > v->tolerance && moved && v->iterations < v->most_iterations) {
        LAC_TRY(iterate(v, &moved));
        if (v->idle >= v->patience && v->restarted) {
            break;
        }
        if (v->idle >= v->patience) {
            restart(v);
        }
    }
    return LAC_OK;
}

double lac_lbfgs_floor(const struct lac_lbfgs *v, double curvature)
{
    double size = sqrt(vec_norm_sq(v->best.x, v->d));
    return floor_slack * DBL_EPSILON * (v->terms + fmax(v->steepest, curvature) * size);
}

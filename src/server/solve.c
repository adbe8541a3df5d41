/*
 * L-BFGS: Liu and Nocedal, "On the limited memory BFGS method", Math. Programming 45, 1989. The line search holds the
 * slope between the strong Wolfe bounds; that f falls is demanded only as far as its rounding can show it, as in Hager
 * and Zhang, SIAM J. Optim. 16, 2005: near a minimum gradients know more digits of it than f does.
 */
#include "server/solve.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/vec.h"
#include "server/server_state.h"

enum {
    PAIRS = 32,    /* of steps and changes of the gradient that are remembered */
    TRIALS = 60,   /* of one line search */
    PATIENCE = 200 /* iterations without the slightest progress: rounding is all that is left */
};

static const double slope_bound = 0.5;  /* of the slope at the start: what a step may leave of it */
static const double loss_slack = 64.0;  /* of the rounding of f, in units in its last place */
static const double clear_change = 1e4; /* a change of the gradient that is no rounding, likewise */
static const double floor_slack = 64.0; /* of the rounding of gradients, likewise */

struct point {
    double *x, *g; /* (d) */
    double loss, norm;
};

struct solver {
    struct lac_server *s;
    struct lac_solution *out;
    struct point at, trial, best;
    double *p;                            /* (d) the direction */
    double *step[PAIRS], *change[PAIRS];  /* (d) rings of s = x+ - x, y = g+ - g */
    double product[PAIRS], weight[PAIRS]; /* s.y; work of the recursion */
    size_t pairs, newest;
    double scale;    /* s.y/y.y of the newest pair: the inverse Hessian without memory */
    double squares;  /* sum |grad f_i|^2 of the newest evaluation */
    double terms;    /* the largest root mean square of |grad f_i| so far */
    double steepest; /* the largest |y|/|s| so far: of L, from below */
    double tolerance;
    uint64_t idle;  /* iterations since the best point was found */
    bool restarted; /* since then, from it */
};

static void add_answer(void *solver, uint32_t client, double loss, const double *gradient)
{
    struct solver *v = solver;
    lac_server_add_answer(v->s, client, loss, gradient);
    v->squares += vec_norm_sq(gradient, v->s->d);
}

static lac_status evaluate(struct solver *v, struct point *at)
{
    struct lac_server *s = v->s;
    double n = (double)s->n;
    lac_server_begin_sum(s);
    v->squares = 0.0;
    LAC_TRY(lac_server_ask(s, LAC_QUERY_EVALUATE, at->x, add_answer, v));
    vec_scale(at->g, 1.0 / n, s->sum, s->d);
    at->loss = s->loss_sum / n;
    at->norm = sqrt(vec_norm_sq(at->g, s->d));
    v->out->gradients++;
    return LAC_OK;
}

static lac_status open_point(struct solver *v, struct point *at)
{
    LAC_TRY(LAC_NEW(v->s->arena, v->s->d, &at->x));
    return LAC_NEW(v->s->arena, v->s->d, &at->g);
}

static lac_status open_solver(struct solver *v)
{
    size_t d = v->s->d;
    LAC_TRY(open_point(v, &v->at));
    LAC_TRY(open_point(v, &v->trial));
    LAC_TRY(open_point(v, &v->best));
    LAC_TRY(LAC_NEW(v->s->arena, d, &v->p));
    for (size_t k = 0; k < PAIRS; k++) {
        LAC_TRY(LAC_NEW(v->s->arena, d, &v->step[k]));
        LAC_TRY(LAC_NEW(v->s->arena, d, &v->change[k]));
    }
    return LAC_OK;
}

static void copy_point(struct point *to, const struct point *from, size_t d)
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
static void keep_best(struct solver *v)
{
    double slack = rounding_of(v->best.loss);
    bool lower = v->at.loss < v->best.loss - slack;
    bool flatter = v->at.loss <= v->best.loss + slack && v->at.norm < v->best.norm;
    v->idle = lower || flatter ? 0 : v->idle + 1;
    if (lower || flatter) {
        v->restarted = false;
        copy_point(&v->best, &v->at, v->s->d);
    }
}

/* p <- -H g by the two-loop recursion, newest pair first, then oldest first. */
static void choose_direction(struct solver *v)
{
    size_t d = v->s->d;
    vec_scale(v->p, -1.0, v->at.g, d);
    for (size_t i = 0; i < v->pairs; i++) {
        size_t k = (v->newest + PAIRS - i) % PAIRS;
        v->weight[k] = vec_dot(v->step[k], v->p, d) / v->product[k];
        vec_axpy(v->p, -v->weight[k], v->change[k], d);
    }
    vec_scale(v->p, v->pairs > 0 ? v->scale : 1.0 / fmax(1.0, v->at.norm), v->p, d);
    for (size_t i = v->pairs; i > 0; i--) {
        size_t k = (v->newest + PAIRS - (i - 1)) % PAIRS;
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
static lac_status search_line(struct solver *v, bool *found)
{
    size_t d = v->s->d;
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
static void remember(struct solver *v)
{
    size_t d = v->s->d, k = v->pairs > 0 ? (v->newest + 1) % PAIRS : 0;
    v->terms = fmax(v->terms, sqrt(v->squares / (double)v->s->n));
    vec_sub(v->step[k], v->trial.x, v->at.x, d);
    vec_sub(v->change[k], v->trial.g, v->at.g, d);
    double product = vec_dot(v->step[k], v->change[k], d);
    double steps = vec_norm_sq(v->step[k], d), changes = vec_norm_sq(v->change[k], d);
    if (!(product > DBL_EPSILON * changes * v->scale) || !(steps > 0.0) || !(changes > 0.0)) {
        v->pairs -= v->pairs == PAIRS; /* it lies where the oldest was */
        return;
    }
    v->product[k] = product;
    v->scale = product / changes;
    if (sqrt(changes) > clear_change * DBL_EPSILON * v->terms) {
        v->steepest = fmax(v->steepest, sqrt(changes / steps));
    }
    v->newest = k;
    v->pairs = v->pairs < PAIRS ? v->pairs + 1 : PAIRS;
}

static void make_row(struct solver *v, const struct point *at)
{
    struct lac_row row = lac_server_snapshot(v->s);
    row.round = v->out->iterations;
    row.loss = at->loss;
    row.grad_norm_sq = at->norm * at->norm;
    v->s->row = row;
}

static lac_status tell(struct solver *v)
{
    struct lac_server *s = v->s;
    make_row(v, &v->at);
    return s->on_round ? s->on_round(s->listener, s) : LAC_OK;
}

/* One line search, after a failed one a second along the gradient. */
static lac_status iterate(struct solver *v, bool *moved)
{
    choose_direction(v);
    LAC_TRY(search_line(v, moved));
    if (!*moved && v->pairs > 0) {
        v->pairs = 0;
        choose_direction(v);
        LAC_TRY(search_line(v, moved));
    }
    if (*moved) {
        remember(v);
        struct point left = v->at;
        v->at = v->trial;
        v->trial = left;
        v->out->iterations++;
        keep_best(v);
    }
    return tell(v);
}

/* From the best point, without what rounding may have spoilt. */
static void restart(struct solver *v)
{
    copy_point(&v->at, &v->best, v->s->d);
    v->pairs = 0;
    v->idle = 0;
    v->restarted = true;
}

static lac_status finish(struct solver *v)
{
    struct lac_solution *out = v->out;
    double size = sqrt(vec_norm_sq(v->best.x, v->s->d));
    make_row(v, &v->best);
    out->x = v->best.x;
    out->loss = v->best.loss;
    out->gradient_norm = v->best.norm;
    out->floor = floor_slack * DBL_EPSILON * (v->terms + v->steepest * size);
    out->at_floor = out->gradient_norm > v->tolerance;
    if (out->at_floor && !(out->gradient_norm <= out->floor)) {
        return LAC_FAIL(
            LAC_E_NUMERIC,
            "no point with |grad f| <= %g was found: after %llu iterations it is %.3g, of which "
            "rounding explains %.3g; f may have no minimum, as without a --regularizer where the "
            "classes can be separated; else give more --max-iterations or another --tolerance",
            v->tolerance, (unsigned long long)out->iterations, out->gradient_norm, out->floor);
    }
    return LAC_OK;
}

lac_status lac_server_solve(struct lac_server *s, double tolerance, uint64_t most_iterations,
                            struct lac_solution *out)
{
    struct solver v = {.s = s, .out = out, .tolerance = tolerance};
    bool moved = true;
    *out = (struct lac_solution){0};
    LAC_TRY(open_solver(&v));
    s->rounds_began = lac_seconds();
    LAC_TRY(evaluate(&v, &v.at));
    if (!isfinite(v.at.loss) || !isfinite(v.at.norm)) {
        return LAC_FAIL(LAC_E_NUMERIC, "%s: f or its gradient is not finite at zero", s->data_name);
    }
    v.terms = sqrt(v.squares / (double)s->n);
    copy_point(&v.best, &v.at, s->d);
    while (v.best.norm > tolerance && moved && out->iterations < most_iterations) {
        LAC_TRY(iterate(&v, &moved));
        if (v.idle >= PATIENCE && v.restarted) {
            break;
        }
        if (v.idle >= PATIENCE) {
            restart(&v);
        }
    }
    return finish(&v);
}

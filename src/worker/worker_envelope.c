/*
 * The Moreau envelope of a client's f_i: the least of F over all personal models is the least over z of the mean of
 *
 *   M_i(z) = min over x of f_i(x) + (lambda/2)|x - z|^2,    grad M_i(z) = lambda (z - x_i),
 *
 * since the mean of the x_i is the z that is nearest to them. The inner minimum is found as far as doubles allow.
 */
#include <math.h>

#include "base/lbfgs.h"
#include "base/vec.h"
#include "worker/worker_state.h"

enum { PATIENCE = 10, MOST_ITERATIONS = 100000 };

static const double tolerance =
    2e-15; /* of the inner gradient, whose part lambda/(lambda + mu) the outer one inherits */

struct lac_envelope {
    struct lac_lbfgs lbfgs;
    struct lac_worker *w;
    const struct lac_local *f;
    double *x;        /* (count, d) where the last questions ended: the next begin there */
    double *steepest; /* (count) what the iterations saw of L_i + lambda, from below */
};

static lac_status evaluate(void *envelope, const double *x, double *loss, double *g, double *terms)
{
    struct lac_envelope *e = envelope;
    const double *z = e->w->query_vector;
    double lambda = e->w->config->coupling, off_sq = 0.0;
    size_t d = e->w->env.d;
    lac_local_evaluate(e->f, x, e->w->work, loss, g);
    *terms = sqrt(vec_norm_sq(g, d));
    for (size_t j = 0; j < d; j++) {
        double off = x[j] - z[j];
        off_sq += off * off;
        g[j] += lambda * off;
    }
    *loss += 0.5 * lambda * off_sq;
    *terms += lambda * sqrt(off_sq);
    return LAC_OK;
}

static lac_status open_envelope(struct lac_worker *w)
{
    struct lac_envelope *e;
    size_t d = w->env.d;
    LAC_TRY(LAC_NEW(w->arena, 1, &e));
    e->w = w;
    e->lbfgs = (struct lac_lbfgs){.d = d,
                                  .evaluate = evaluate,
                                  .context = e,
                                  .tolerance = tolerance,
                                  .most_iterations = MOST_ITERATIONS,
                                  .patience = PATIENCE};
    LAC_TRY(lac_lbfgs_open(&e->lbfgs, w->arena));
    LAC_TRY(lac_arena_array(w->arena, (size_t)w->count * d, sizeof *e->x, &e->x));
    LAC_TRY(LAC_NEW(w->arena, w->count, &e->steepest));
    w->envelope = e;
    return LAC_OK;
}

static lac_status check_end(const struct lac_envelope *e, uint32_t client, double curvature)
{
    double norm = e->lbfgs.best.norm, floor = lac_lbfgs_floor(&e->lbfgs, curvature);
    if (norm <= fmax(tolerance, floor)) {
        return LAC_OK;
    }
    return LAC_FAIL(
        LAC_E_NUMERIC,
        "client %u: its own model was not found: the gradient is %.3g, of which rounding "
        "explains %.3g; f_i may have no minimum, as without a --regularizer where the "
        "classes can be separated and lambda is 0",
        client, norm, floor);
}

lac_status lac_worker_envelope(struct lac_worker *w, uint32_t client, double *value, double *v)
{
    if (!w->envelope) {
        LAC_TRY(open_envelope(w));
    }
    struct lac_envelope *e = w->envelope;
    size_t i = client - w->first, d = w->env.d;
    double *x = e->x + i * d, lambda = w->config->coupling;
    if (!vec_finite(w->query_vector, d)) {
        return LAC_FAIL(LAC_E_NUMERIC, "the search for personal models left the doubles");
    }
    e->f = &w->local[i];
    LAC_TRY(lac_lbfgs_run(&e->lbfgs, x));
    e->steepest[i] = fmax(e->steepest[i], e->lbfgs.steepest);
    LAC_TRY(check_end(e, client, fmax(e->steepest[i], lambda)));
    vec_copy(x, e->lbfgs.best.x, d);
    *value = e->lbfgs.best.loss;
    vec_sub(v, w->query_vector, x, d);
    vec_scale(v, lambda, v, d);
    return LAC_OK;
}

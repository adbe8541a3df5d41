#include "server/solve.h"

#include <math.h>

#include "base/lbfgs.h"
#include "base/vec.h"
#include "server/server_state.h"

enum { PATIENCE = 200 };

struct solver {
    struct lac_server *s;
    struct lac_solution *out;
    struct lac_lbfgs lbfgs;
    enum lac_query question; /* about f_i, or about its envelope */
    double squares;          /* sum |grad f_i|^2 of the newest evaluation */
    double curvature; /* the largest L_i + lambda: of envelopes, whose models the clients round */
};

static void add_answer(void *solver, uint32_t client, double loss, const double *gradient)
{
    struct solver *v = solver;
    lac_server_add_answer(v->s, client, loss, gradient);
    v->squares += vec_norm_sq(gradient, v->s->d);
}

static lac_status evaluate(void *solver, const double *x, double *loss, double *g, double *terms)
{
    struct solver *v = solver;
    struct lac_server *s = v->s;
    double n = (double)s->n;
    lac_server_begin_sum(s);
    v->squares = 0.0;
    LAC_TRY(lac_server_ask(s, v->question, x, add_answer, v));
    vec_scale(g, 1.0 / n, s->sum, s->d);
    *loss = s->loss_sum / n;
    *terms = sqrt(v->squares / n);
    return LAC_OK;
}

static void make_row(struct solver *v, const struct lac_lbfgs_point *at)
{
    struct lac_row row = lac_server_snapshot(v->s);
    row.round = v->lbfgs.iterations;
    row.loss = at->loss;
    row.grad_norm_sq = at->norm * at->norm;
    v->s->row = row;
    v->out->iterations = v->lbfgs.iterations;
    v->out->gradients = v->lbfgs.gradients;
}

static lac_status tell(void *solver)
{
    struct solver *v = solver;
    struct lac_server *s = v->s;
    make_row(v, &v->lbfgs.at);
    return s->on_round ? s->on_round(s->listener, s) : LAC_OK;
}

static void keep_largest(void *solver, uint32_t client, double L_i, const double *v)
{
    struct solver *it = solver;
    (void)client;
    (void)v;
    it->curvature = fmax(it->curvature, L_i + it->s->config->coupling);
}

static lac_status open_solver(struct solver *v)
{
    v->question = LAC_QUERY_EVALUATE;
    if (v->s->config->couples) {
        v->question = LAC_QUERY_ENVELOPE;
        LAC_TRY(lac_server_ask(v->s, LAC_QUERY_SMOOTHNESS, NULL, keep_largest, v));
    }
    return lac_lbfgs_open(&v->lbfgs, v->s->arena);
}

static lac_status finish(struct solver *v)
{
    struct lac_solution *out = v->out;
    make_row(v, &v->lbfgs.best);
    out->x = v->lbfgs.best.x;
    out->loss = v->lbfgs.best.loss;
    out->gradient_norm = v->lbfgs.best.norm;
    out->floor = lac_lbfgs_floor(&v->lbfgs, v->curvature);
    out->at_floor = out->gradient_norm > v->lbfgs.tolerance;
    if (out->at_floor && !(out->gradient_norm <= out->floor)) {
        return LAC_FAIL(
            LAC_E_NUMERIC,
            "no point with |grad f| <= %g was found: after %llu iterations it is %.3g, of which "
            "rounding explains %.3g; f may have no minimum, as without a --regularizer where the "
            "classes can be separated; else give more --max-iterations or another --tolerance",
            v->lbfgs.tolerance, (unsigned long long)out->iterations, out->gradient_norm,
            out->floor);
    }
    return LAC_OK;
}

lac_status lac_server_solve(struct lac_server *s, double tolerance, uint64_t most_iterations,
                            struct lac_solution *out)
{
    struct solver v = {.s = s, .out = out};
    double *zero;
    v.lbfgs = (struct lac_lbfgs){.d = s->d,
                                 .evaluate = evaluate,
                                 .on_iteration = tell,
                                 .context = &v,
                                 .tolerance = tolerance,
                                 .most_iterations = most_iterations,
                                 .patience = PATIENCE};
    *out = (struct lac_solution){0};
    LAC_TRY(open_solver(&v));
    LAC_TRY(LAC_NEW(s->arena, s->d, &zero));
    s->rounds_began = lac_seconds();
    LAC_TRY(lac_lbfgs_run(&v.lbfgs, zero));
    if (!isfinite(v.lbfgs.best.loss) || !isfinite(v.lbfgs.best.norm)) {
        return LAC_FAIL(LAC_E_NUMERIC, "%s: f or its gradient is not finite at zero", s->data_name);
    }
    return finish(&v);
}

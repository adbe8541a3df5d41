#include "method/ef21_rare.h"

#include <math.h>
#include <string.h>

#include "base/vec.h"
#include "method/steps.h"

/* g_i - grad f_i lives on the client's r features at most, where TopK contracts by k/r. */
static double alpha_of(const struct lac_problem *p)
{
    double k = (double)p->compressor->largest, d = (double)p->d, r = p->constants->held;
    bool by_d = p->parameter[LAC_EF21_BY_D] > 0.0;
    if (k == 0.0 || by_d) {
        return p->alpha;
    }
    double part = p->alpha * d / k; /* Q's, 1 but for rounding where there is none */
    return fmin(1.0, part) * fmin(1.0, k / r);
}

static double step_of(const struct lac_problem *p, double L, double size)
{
    return 1.0 / (L + size * lac_xi_partial(alpha_of(p), p->sampling->p));
}

static double root_share(const struct lac_problem *p)
{
    return sqrt(p->constants->owners / (double)p->n);
}

double lac_ef21_theory_rf(const struct lac_problem *p)
{
    return step_of(p, p->constants->L, root_share(p) * p->constants->L_plus);
}

double lac_ef21_theory_lrf(const struct lac_problem *p)
{
    return step_of(p, p->constants->L, p->constants->L_rf);
}

double lac_ef21_theory_rare_old(const struct lac_problem *p)
{
    return step_of(p, p->constants->L, p->constants->L_rms);
}

double lac_ef21_theory_rare_code(const struct lac_problem *p)
{
    const struct lac_constants *c = p->constants;
    return step_of(p, c->L_loss + c->L_own, root_share(p) * c->L_plus_loss);
}

lac_status lac_ef21_errors_open(struct lac_ef21_errors *s, const struct lac_env *e,
                                struct lac_arena *a)
{
    if (e->sampling.kind != LAC_SAMPLING_FULL || e->estimator.kind != LAC_ESTIMATOR_FULL) {
        return LAC_FAIL(LAC_E_USAGE,
                        "--method ef21:measured-c=1 needs the full gradients of all "
                        "clients in every round: --participation full --gradient full");
    }
    if (!(e->constants->L > 0.0) || !(e->constants->L_rms > 0.0)) {
        return LAC_FAIL(LAC_E_USAGE,
                        "--method ef21:measured-c=1 makes its steps from L and the L_i, "
                        "which --step with a number leaves out: --step theory-old");
    }
    s->c = (double)e->n;
    s->mean_square = 0.0;
    return lac_new_vector(e, a, &s->mean);
}

void lac_ef21_put_error(const struct lac_env *e, struct lac_message *up, const double *error)
{
    lac_put_bytes(up, LAC_BITS_VALUE, error, e->d * sizeof *error);
}

lac_status lac_ef21_add_error(struct lac_ef21_errors *s, const struct lac_env *e,
                              struct lac_message *up)
{
    const unsigned char *bytes;
    double n = (double)e->n;
    lac_next(up);
    LAC_TRY(lac_get_bytes(up, LAC_BITS_VALUE, e->d * sizeof(double), &bytes));
    for (size_t j = 0; j < e->d; j++) {
        double one;
        memcpy(&one, bytes + j * sizeof one, sizeof one); /* of any alignment */
        s->mean[j] += one / n;
        s->mean_square += one * one / n;
    }
    return LAC_OK;
}

/* L + sqrt(c/n) min{L_rms, sqrt(c/n) L_max} xi(alpha): L_plus is at most either. */
static double inverse_step(const struct lac_env *e, double c)
{
    const struct lac_constants *of = e->constants;
    double share = sqrt(c / (double)e->n), plus = fmin(of->L_rms, share * of->L_max);
    return of->L + share * plus * lac_xi(e->channel[0].info.alpha);
}

double lac_ef21_measured_step(struct lac_ef21_errors *s, const struct lac_env *e)
{
    double n = (double)e->n, tiny = 1e-20;
    if (e->round > 1) {
        s->c = vec_norm_sq(s->mean, e->d) / (s->mean_square / n + tiny);
        s->c = s->c < n ? s->c : n; /* at most n but for round-off */
    }
    vec_zero(s->mean, e->d);
    s->mean_square = 0.0;
    return e->gamma * (inverse_step(e, n) / inverse_step(e, s->c));
}

/*
 * ef21:measured-c=1: the c of rare features measured in each round, and the step of the next one by it, as the code of
 * arXiv:2305.15264 does on real data. No theory covers it; docs/methods/ef21-rare-features.md.
 */
#include <math.h>
#include <string.h>

#include "base/vec.h"
#include "method/ef21.h"
#include "method/steps.h"

bool lac_ef21_measures(const struct lac_env *e)
{
    return e->parameter[LAC_EF21_MEASURED_C] > 0.0;
}

static lac_status open_errors(struct lac_ef21_errors *s, const struct lac_env *e,
                              struct lac_arena *a)
{
    bool whole = e->sampling.kind == LAC_SAMPLING_FULL && !e->sampling.absence.round;
    if (!whole || e->estimator.kind != LAC_ESTIMATOR_FULL) {
        return LAC_FAIL(LAC_E_USAGE,
                        "--method ef21:measured-c=1 needs the full gradients of all "
                        "clients in every round, of whom none may be lost: --participation full "
                        "--gradient full");
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

lac_status lac_ef21_measured_setup(void *state, const struct lac_env *e, struct lac_arena *a)
{
    struct lac_ef21_server *s = state;
    return lac_ef21_measures(e) ? open_errors(&s->errors, e, a) : LAC_OK;
}

size_t lac_ef21_measured_bytes(const struct lac_env *e)
{
    return lac_ef21_measures(e) ? e->d * sizeof(double) : 0;
}

void lac_ef21_measured_visit(void *state, const struct lac_env *e, struct lac_visitor *v)
{
    struct lac_ef21_server *s = state;
    if (lac_ef21_measures(e)) {
        v->vector(v, "mean_error", s->errors.mean, e->d);
        v->vector(v, "mean_square_error", &s->errors.mean_square, 1);
        v->vector(v, "c", &s->errors.c, 1);
    }
}

static bool measures_now(const struct lac_env *e)
{
    return lac_ef21_measures(e) && e->round > 0;
}

void lac_ef21_put_error(const struct lac_env *e, struct lac_ef21_worker *w,
                        const struct lac_ef21_client *c, struct lac_message *up)
{
    if (measures_now(e)) {
        vec_sub(w->diff, c->g_i, w->grad, e->d); /* e_i = g_i^{t+1} - grad f_i(x^{t+1}) */
        lac_put_bytes(up, LAC_BITS_VALUE, w->diff, e->d * sizeof *w->diff);
    }
}

lac_status lac_ef21_add_error(struct lac_ef21_errors *s, const struct lac_env *e,
                              struct lac_message *up)
{
    const unsigned char *bytes;
    double n = (double)e->n;
    if (!measures_now(e)) {
        return LAC_OK;
    }
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

const char *lac_ef21_measured_unproved(const struct lac_env *e)
{
    return lac_ef21_measures(e)
               ? "no theory covers steps by a measured c; the step above is that of "
                 "c = n, each round's is as long or longer, by the c of the round before"
               : NULL;
}

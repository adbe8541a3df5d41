/*
 * EF21: error feedback, clients sending compressed differences to what the server has.
 *
 * Richtarik, Gasanov, Burlachenko. "Error Feedback Reloaded: From Quadratic to Arithmetic Mean of
 * Smoothness Constants". ICLR 2024. arXiv:2402.10774v1, Algorithm 1.
 *
 *   paper           here              held by      meaning
 *   x^t             s->x              server       model
 *   g^t             s->g              server       mean of the g_i^t
 *   g_i^t           c->g_i            client i     what the server believes grad f_i(x^t) is
 *   u_i^t           up                on the wire  C(grad f_i(x^{t+1}) - g_i^t)
 *   gamma           e->gamma                       1/(L + L_mean xi(alpha)), of Theorem 3; ef21_steps.c has all rules
 *
 * Start: g_i^0 = C(grad f_i(x^0)) by default, the gradient itself with `--init exact`, 0 with `--init zero`. Clients
 * that a round leaves out (EF21-PP) keep g_i^t; nothing is divided by their probability. Not in the paper: steps by the
 * c that the last round's errors show, measured-c=1 (ef21_measured.c).
 *
 * Invariant (tests/method): g = mean g_i.
 */
#include "method/ef21.h"

#include "base/vec.h"

const struct lac_vector lac_ef21_server_vectors[] = {
    LAC_VECTOR(lac_ef21_server, x, LAC_MODEL),
    LAC_VECTOR(lac_ef21_server, g, LAC_ESTIMATE),
    {0},
};

const struct lac_vector lac_ef21_worker_vectors[] = {
    LAC_VECTOR(lac_ef21_worker, grad, LAC_WORK),
    LAC_VECTOR(lac_ef21_worker, diff, LAC_WORK),
    {0},
};

const struct lac_vector lac_ef21_client_vectors[] = {
    LAC_VECTOR(lac_ef21_client, g_i, LAC_SHIFT),
    {0},
};

/* In the order of enum lac_ef21_parameter. */
static const struct lac_parameter ef21_parameters[] = {
    LAC_EF21_BY_D_PARAMETER,
    {"measured-c", 0.0, 0.0, 1.0, true,
     "1: c of each round from all clients' errors, sent whole beside their messages"},
    {0},
};

static double ef21_kinds(const struct lac_env *e, struct lac_round_kind kind[2])
{
    kind[0].vectors = lac_ef21_measures(e) ? 1 : 0;
    return 0.0;
}

lac_status lac_ef21_server_begin(void *state, const struct lac_env *e, struct lac_message *down)
{
    struct lac_ef21_server *s = state;
    double gamma = lac_ef21_measures(e) ? lac_ef21_measured_step(&s->errors, e) : e->gamma;
    vec_axpy(s->x, -gamma, s->g, e->d); /* x^{t+1} = x^t - gamma g^t */
    return lac_put(e, down, s->x);      /* broadcast x^{t+1} */
}

lac_status lac_ef21_step(struct lac_ef21_worker *w, struct lac_ef21_client *c, struct lac_env *e,
                         double scale, struct lac_message *down, struct lac_message *up)
{
    const double *x;
    LAC_TRY(lac_get(e, down, &x));
    LAC_TRY(lac_gradient(e, x, w->grad));
    vec_scale_sub(w->diff, scale, w->grad, c->g_i, e->d); /* grad f_i(x^{t+1}) - g_i^t */
    LAC_TRY(lac_compress(e, 0, w->diff, up));             /* u_i^t, sent */
    return lac_add(e, 0, up, 1.0, c->g_i);                /* g_i^{t+1} = g_i^t + u_i^t */
}

static lac_status ef21_client_step(void *worker, void *client, struct lac_env *e,
                                   struct lac_message *down, struct lac_message *up)
{
    LAC_TRY(lac_ef21_step(worker, client, e, 1.0, down, up));
    lac_ef21_put_error(e, worker, client, up);
    return LAC_OK;
}

static lac_status ef21_server_add(void *state, const struct lac_env *e, struct lac_message *up)
{
    struct lac_ef21_server *s = state;
    LAC_TRY(lac_add_mean(e, 0, up, s->g)); /* g^{t+1} = g^t + (1/n) sum u_i^t */
    return lac_ef21_add_error(&s->errors, e, up);
}

const struct lac_method lac_method_ef21 = {
    .name = "ef21",
    .summary = "error feedback: compressed differences to what the server already has",
    .paper =
        "Richtarik, Gasanov, Burlachenko, arXiv:2402.10774, Algorithm 1 (EF21: arXiv:2106.05203)",
    .traits = LAC_GIVES_EVALUATION | LAC_TAKES_ESTIMATES | LAC_STEPS_FIRST | LAC_ADMITS_LOSS,
    .starts = LAC_START_COMPRESSED | LAC_START_EXACT | LAC_START_ZERO,
    .start_default = LAC_START_COMPRESSED,
    .participation = LAC_SAMPLING_NICE | LAC_SAMPLING_BERNOULLI,
    .channels = {{"up gradient", LAC_FROM_COMPRESSOR, LAC_CONTRACTIVE}},
    .parameters = ef21_parameters,
    .rules = {[LAC_STEP] = lac_ef21_rules},
    .branch = lac_ef21_branch,
    .server = {.size = sizeof(struct lac_ef21_server),
               .vectors = lac_ef21_server_vectors,
               .setup = lac_ef21_measured_setup,
               .setup_bytes = lac_ef21_measured_bytes,
               .visit = lac_ef21_measured_visit},
    .worker = LAC_HOLDS(lac_ef21_worker),
    .client = LAC_HOLDS(lac_ef21_client),
    .kinds = ef21_kinds,
    .unproved = lac_ef21_measured_unproved,
    .server_begin = lac_ef21_server_begin,
    .client_step = ef21_client_step,
    .server_add = ef21_server_add,
};

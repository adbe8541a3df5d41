/* Smoothness constants of the problem, and the start of the rounds that they go into. */
#include <math.h>
#include <string.h>

#include "base/vec.h"
#include "server/server_state.h"

/* Of the clients' rows. */
struct shares {
    double sum, least, most;
};

static void add_share(void *shares, uint32_t client, double rows, const double *v)
{
    struct shares *k = shares;
    (void)client;
    (void)v;
    k->sum += rows;
    k->least = fmin(k->least, rows);
    k->most = fmax(k->most, rows);
}

lac_status lac_server_weigh(struct lac_server *s)
{
    struct shares k = {.least = HUGE_VAL};
    s->least_weight = s->most_weight = 1.0;
    if (!s->config->by_samples) {
        return LAC_OK;
    }
    vec_zero(s->mean, s->d);
    LAC_TRY(lac_server_ask(s, LAC_QUERY_WEIGHT, s->mean, add_share, &k));
    if (!(k.sum > 0.0)) {
        return LAC_FAIL(LAC_E_INPUT, "%s: --client-weights samples: no client has rows",
                        s->data_name);
    }
    s->least_weight = (double)s->n * k.least / k.sum;
    s->most_weight = (double)s->n * k.most / k.sum;
    s->mean[0] = k.sum;
    return lac_server_ask(s, LAC_QUERY_WEIGHT, s->mean, add_share, &k);
}

static void keep_smoothness(void *server, uint32_t client, double number, const double *v)
{
    struct lac_server *s = server;
    (void)v;
    s->L_i[client] = number;
}

static lac_status local_constants(struct lac_server *s)
{
    double sum = 0.0, squares = 0.0, most = 0.0;
    LAC_TRY(lac_server_ask(s, LAC_QUERY_SMOOTHNESS, NULL, keep_smoothness, s));
    for (uint32_t i = 0; i < s->n; i++) {
        sum += s->L_i[i];
        squares += s->L_i[i] * s->L_i[i];
        most = s->L_i[i] > most ? s->L_i[i] : most;
    }
    s->constants.L_i = s->L_i;
    s->constants.L_mean = sum / (double)s->n;
    s->constants.L_rms = sqrt(squares / (double)s->n);
    s->constants.L_max = most;
    if (!isfinite(squares)) {
        return LAC_FAIL(
            LAC_E_INPUT,
            "--data: the smoothness constants overflow; scale the data, or take a smaller --regularizer");
    }
    return LAC_OK;
}

static void add_product(void *server, uint32_t client, double number, const double *v)
{
    struct lac_server *s = server;
    (void)client;
    (void)number;
    vec_axpy(s->sum, 1.0, v, s->d);
}

/* hv <- (1/n) sum_i M_i v, the sum in client order; the question says which M_i. */
static lac_status mean_product(struct lac_server *s, enum lac_query question, const double *v,
                               double *hv)
{
    vec_zero(s->sum, s->d);
    LAC_TRY(lac_server_ask(s, question, v, add_product, s));
    vec_scale(hv, 1.0 / (double)s->n, s->sum, s->d);
    return LAC_OK;
}

lac_status lac_server_curvature(struct lac_server *s, const double *v, double *hv)
{
    return mean_product(s, LAC_QUERY_CURVATURE, v, hv);
}

static lac_status curvature_product(void *server, const double *v, double *hv)
{
    return lac_server_curvature(server, v, hv);
}

static lac_status curvature_twice_product(void *server, const double *v, double *hv)
{
    return mean_product(server, LAC_QUERY_CURVATURE_TWICE, v, hv);
}

lac_status lac_server_largest(struct lac_server *s, lac_product product, void *matrix,
                              double *value)
{
    struct lac_lanczos lanczos;
    struct lac_stream stream = {
        .seed = s->config->seed, .client = LAC_SHARED, .purpose = LAC_PURPOSE_SPECTRUM};
    struct lac_arena scratch = {0};
    lac_status status = lac_lanczos_open(&lanczos, s->d, &scratch);
    if (status == LAC_OK) {
        status = lac_largest_eigenvalue(&lanczos, &stream, product, matrix, value);
    }
    lac_arena_free(&scratch);
    return status;
}

/* Sums over the clients that have a feature, by feature. */
struct features {
    struct lac_server *s;
    double *owners, *L_sum, *L_sq_sum; /* (d) */
};

static void add_features(void *features, uint32_t client, double number, const double *v)
{
    struct features *f = features;
    struct lac_server *s = f->s;
    double L = s->L_i[client];
    vec_axpy(f->owners, 1.0, v, s->d);
    vec_axpy(f->L_sum, L, v, s->d);
    vec_axpy(f->L_sq_sum, L * L, v, s->d);
    s->constants.held = number > s->constants.held ? number : s->constants.held;
}

static double largest_of(const double *x, size_t d)
{
    double most = 0.0;
    for (size_t j = 0; j < d; j++) {
        most = x[j] > most ? x[j] : most;
    }
    return most;
}

/* c, r, L_rf, and L_plus by the bound sqrt(max_j (1/n) sum over I_j of L_i^2), which is at most L_rms and
   sqrt(c/n) L_max: f_i depends on its own features alone. owners (d): how many clients have each. */
static lac_status feature_constants(struct lac_server *s, const double **owners)
{
    struct features f = {.s = s};
    struct lac_constants *c = &s->constants;
    double n = (double)s->n;
    if (!s->config->rare) {
        return LAC_FAIL(
            LAC_E_USAGE,
            "--step: steps for rare features need gradients that vanish where a client has "
            "no feature; a regularizer on all coordinates leaves none: --regularizer none or noncvx-own");
    }
    if (s->env.channel[0].info.moves_zeros) {
        return LAC_FAIL(LAC_E_USAGE,
                        "--step: steps for rare features need a compressor that leaves zeros zero; "
                        "'%s' does not",
                        s->config->compressor);
    }
    LAC_TRY(LAC_NEW(s->arena, s->d, &f.owners));
    LAC_TRY(LAC_NEW(s->arena, s->d, &f.L_sum));
    LAC_TRY(LAC_NEW(s->arena, s->d, &f.L_sq_sum));
    LAC_TRY(lac_server_ask(s, LAC_QUERY_FEATURES, NULL, add_features, &f));
    c->owners = largest_of(f.owners, s->d);
    c->L_rf = largest_of(f.L_sum, s->d) / n;
    c->L_plus = sqrt(largest_of(f.L_sq_sum, s->d) / n);
    *owners = f.owners;
    return LAC_OK;
}

/* Of quadratics exactly: the square root of the largest eigenvalue of (1/n) sum H_i^2. */
static lac_status plus_constant(struct lac_server *s)
{
    double square;
    LAC_TRY(lac_server_largest(s, curvature_twice_product, s, &square));
    s->constants.L_plus = fmin(s->constants.L_plus, sqrt(square));
    return LAC_OK;
}

struct loss {
    struct lac_server *s;
    const double *owners; /* (d) */
    double *product;      /* (d) work */
};

/* The regularizer's bound is L_own on client i's features, where H_i lives: M_i = H_i + L_own D_i with
   D_i the projection to them. So H v = M v - L_own (mean D_i) v ... */
static lac_status loss_product(void *loss, const double *v, double *hv)
{
    struct loss *f = loss;
    double own = f->s->constants.L_own / (double)f->s->n;
    LAC_TRY(lac_server_curvature(f->s, v, hv));
    for (size_t j = 0; j < f->s->d; j++) {
        hv[j] -= own * f->owners[j] * v[j];
    }
    return LAC_OK;
}

/* ... and (mean H_i^2) v = (mean M_i^2) v - 2 L_own H v - L_own^2 (mean D_i) v. */
static lac_status loss_twice_product(void *loss, const double *v, double *hv)
{
    struct loss *f = loss;
    double own = f->s->constants.L_own, n = (double)f->s->n;
    LAC_TRY(loss_product(f, v, f->product));
    LAC_TRY(curvature_twice_product(f->s, v, hv));
    for (size_t j = 0; j < f->s->d; j++) {
        hv[j] -= own * (2.0 * f->product[j] + own / n * f->owners[j] * v[j]);
    }
    return LAC_OK;
}

static lac_status loss_constants(struct lac_server *s, const double *owners)
{
    struct loss f = {.s = s, .owners = owners};
    double square;
    LAC_TRY(LAC_NEW(s->arena, s->d, &f.product));
    s->constants.L_own = s->config->own;
    LAC_TRY(lac_server_largest(s, loss_product, &f, &s->constants.L_loss));
    LAC_TRY(lac_server_largest(s, loss_twice_product, &f, &square));
    s->constants.L_plus_loss = sqrt(square);
    return LAC_OK;
}

static lac_status check_curved(const struct lac_server *s, double L)
{
    if (L > 0.0) {
        return LAC_OK;
    }
    return LAC_FAIL(LAC_E_INPUT,
                    "%s: no client has a feature that is not zero; there is nothing to train",
                    s->data_name);
}

lac_status lac_server_constants(struct lac_server *s, unsigned needs)
{
    bool plus = needs & LAC_NEEDS_L_PLUS, loss = needs & LAC_NEEDS_LOSS;
    bool features = plus || loss || (needs & LAC_NEEDS_FEATURES);
    const double *owners = NULL;
    needs |= features || lac_sampling_is_weighted(&s->env.sampling) ? (unsigned)LAC_NEEDS_L_I : 0;
    if (needs & LAC_NEEDS_L_I) {
        LAC_TRY(local_constants(s));
        LAC_TRY(check_curved(s, s->constants.L_max));
    }
    if (needs & LAC_NEEDS_L) {
        LAC_TRY(lac_server_largest(s, curvature_product, s, &s->constants.L));
        LAC_TRY(check_curved(s, s->constants.L));
    }
    if (features) {
        LAC_TRY(feature_constants(s, &owners));
    }
    if (plus && s->config->quadratic) {
        LAC_TRY(plus_constant(s));
    }
    if (loss) {
        LAC_TRY(loss_constants(s, owners));
    }
    return lac_server_sampling(s, needs);
}

lac_status lac_server_send_start(struct lac_server *s)
{
    struct lac_writer w;
    unsigned char *frame;
    size_t capacity = lac_start_bytes(s->n, s->d);
    bool follows = (s->method->traits & LAC_GIVES_EVALUATION) &&
                   (s->method->traits & LAC_STEPS_FIRST) && s->asked_from > 0 &&
                   lac_method_participants(s->method, &s->env, s->who) == s->n;
    uint64_t done = s->survival.from ? s->survival.from->round : 0;
    struct lac_start_values v = {.gamma = s->env.first_gamma,
                                 .p = s->env.p,
                                 .constants = s->constants,
                                 .start = s->env.start,
                                 .evaluate = follows && s->env.start != LAC_START_ZERO && done == 0,
                                 .x0 = s->sends_x0 ? s->env.x0 : NULL};
    LAC_TRY(LAC_NEW(s->arena, capacity, &frame));
    lac_frame_begin(&w, frame, capacity);
    lac_put_start(&w, &v, s->n, s->d);
    s->ledger.set_up.down += s->sends_x0 ? 64 * (uint64_t)s->d * s->n : 0;
    lac_frame_end(&w, LAC_MESSAGE_START, 0, LAC_NO_CLIENT, done);
    return lac_server_broadcast(s, frame, w.bytes);
}

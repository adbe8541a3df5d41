/* DASHA with few clients: the step from a state of our own, averaged over all cohorts, against DASHA's. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "check.h"
#include "tap.h"

enum { N = 4, D = 6 };

#define PROBLEM "--data synth:least-squares,d=6,m=5,L=4,mu=1,noise=1 --clients 4 --method dasha "

/* What a round starts from; the clients' vectors need not be where a run would have them. */
struct state {
    double x[D], previous[D], g[D], h_i[N][D], g_i[N][D];
};

static void fill(double *v, unsigned salt)
{
    for (unsigned j = 0; j < D; j++) {
        v[j] = (double)((7 * j + 13 * salt + j * j * salt) % 17) / 8.0 - 1.0;
    }
}

static void make_state(struct ranks_run *r, bool exact, struct state *s)
{
    fill(s->x, 1);
    fill(s->previous, 2);
    vec_zero(s->g, D);
    for (uint32_t i = 0; i < N; i++) {
        fill(s->g_i[i], 3 + i);
        fill(s->h_i[i], 13 + i);
        if (exact) {
            gradient_at(r, i, s->previous, s->h_i[i]);
        }
        vec_axpy(s->g, 1.0 / N, s->g_i[i], D);
    }
}

static void set_state(struct ranks_run *r, const struct state *s)
{
    vec_copy(server_vector(r, "g"), s->g, D);
    for (uint32_t i = 0; i < N; i++) {
        vec_copy(client_vector(r, i, "h_i"), s->h_i[i], D);
        vec_copy(client_vector(r, i, "g_i"), s->g_i[i], D);
    }
}

/* One round of the cohort, with the method's own steps. */
static lac_status step(struct ranks_run *r, const struct state *s, unsigned cohort)
{
    static _Alignas(8) unsigned char frame[2][4096];
    struct lac_worker *w = r->worker[1];
    struct lac_env *e = &w->env;
    struct lac_message made, down, up, arrived;
    e->round = 5;
    e->cohort = (uint32_t)__builtin_popcount(cohort);
    e->position = 0;
    lac_message_begin(&made, LAC_SHARED, frame[0], sizeof frame[0]);
    LAC_TRY(lac_put(e, &made, s->x));
    LAC_TRY(lac_put(e, &made, s->previous));
    for (uint32_t i = 0; i < N; i++) {
        if (!(cohort >> i & 1u)) {
            continue;
        }
        e->who = (struct lac_participant){.client = i, .multiplicity = 1};
        lac_message_read(&down, LAC_SHARED, made.body, made.length);
        lac_message_begin(&up, i, frame[1], sizeof frame[1]);
        LAC_TRY(
            w->method->client_step(w->worker_state, lac_worker_client_state(w, i), e, &down, &up));
        lac_message_read(&arrived, i, up.body, up.length);
        LAC_TRY(w->method->server_add(r->solo.server.state, e, &arrived));
        e->position++;
    }
    return LAC_OK;
}

static double probability(const struct lac_sampling *s, unsigned cohort)
{
    unsigned size = (unsigned)__builtin_popcount(cohort);
    static const double of_size[] = {1, 4, 6, 4, 1}; /* cohorts of so many clients */
    if (s->kind == LAC_SAMPLING_BERNOULLI) {
        return pow(s->p, size) * pow(1.0 - s->p, N - size);
    }
    return (double)size == s->size ? 1.0 / of_size[size] : 0.0;
}

/* What the expectation is to be: k = grad f_i(x+) - grad f_i(x) - b (h_i - grad f_i(x)), h_i + k and
   g_i + k - a (g_i - h_i). */
static void expect(struct ranks_run *r, const struct state *s, double p, struct state *out)
{
    double omega = r->solo.server.env.channel[0].info.omega;
    double a = p / (2.0 * omega + 1.0), b = p / (2.0 - p);
    vec_zero(out->g, D);
    for (uint32_t i = 0; i < N; i++) {
        double now[D], before[D];
        gradient_at(r, i, s->x, now);
        gradient_at(r, i, s->previous, before);
        for (size_t j = 0; j < D; j++) {
            double k = now[j] - before[j] - b * (s->h_i[i][j] - before[j]);
            out->h_i[i][j] = s->h_i[i][j] + k;
            out->g_i[i][j] = s->g_i[i][j] + k - a * (s->g_i[i][j] - s->h_i[i][j]);
            out->g[j] += out->g_i[i][j] / N;
        }
    }
}

static void unbiased(const char *participation, bool exact)
{
    static struct trace t;
    static struct state s, mean, wanted;
    char options[256];
    double worst = 0.0;
    snprintf(options, sizeof options,
             PROBLEM "--compressor identity --participation %s --step 0.01 --rounds 1",
             participation);
    lac_status status = trace_run(&t, 1, options);
    const struct lac_sampling *sampling = &t.run.solo.server.env.sampling;
    memset(&mean, 0, sizeof mean);
    make_state(&t.run, exact, &s);
    for (unsigned cohort = 0; cohort < 1u << N && status == LAC_OK; cohort++) {
        double weight = probability(sampling, cohort);
        set_state(&t.run, &s);
        status = step(&t.run, &s, cohort);
        vec_axpy(mean.g, weight, server_vector(&t.run, "g"), D);
        for (uint32_t i = 0; i < N; i++) {
            vec_axpy(mean.h_i[i], weight, client_vector(&t.run, i, "h_i"), D);
            vec_axpy(mean.g_i[i], weight, client_vector(&t.run, i, "g_i"), D);
        }
    }
    expect(&t.run, &s, sampling->p, &wanted);
    worst = apart(mean.g, wanted.g, D);
    for (uint32_t i = 0; i < N; i++) {
        worst = fmax(worst, apart(mean.h_i[i], wanted.h_i[i], D));
        worst = fmax(worst, apart(mean.g_i[i], wanted.g_i[i], D));
        if (exact) { /* the mean of h_i is the new gradient, as in DASHA */
            double now[D];
            gradient_at(&t.run, i, s.x, now);
            worst = fmax(worst, apart(mean.h_i[i], now, D));
        }
    }
    tap_ok(status == LAC_OK && worst < 1e-13, "over all cohorts the step is DASHA's%s (%.1e): %s",
           exact ? "" : ", less b times the error of h_i", worst, options);
    trace_close(&t);
}

/* Everybody in a cohort: b = 1 and the listing is DASHA's. */
static void everybody(void)
{
    static const char *const compressors[] = {"randk:k=2", "natural", "permk"};
    static struct trace all, nice;
    for (size_t k = 0; k < 3; k++) {
        char options[256];
        snprintf(options, sizeof options, PROBLEM "--compressor %s --step 0.02 --rounds 60",
                 compressors[k]);
        trace_run(&all, 1, options);
        snprintf(options, sizeof options,
                 PROBLEM "--compressor %s --participation nice:4 --step 0.02 --rounds 60",
                 compressors[k]);
        trace_run(&nice, 1, options);
        double worst = all.status || nice.status ? 1.0 : traces_apart(&nice, &all, 60);
        tap_ok(worst < 1e-9, "nice:n follows dasha (%.1e): %s", worst, options);
        trace_close(&all);
        trace_close(&nice);
    }
}

/* gamma of the rule against its formula, written out for p = 1/2, omega = 2. */
static void step_of(const char *participation, double apart_of_pairs)
{
    static struct trace t;
    char options[256];
    snprintf(options, sizeof options, PROBLEM "--compressor randk:k=2 --participation %s",
             participation);
    trace_open(&t, 1, options);
    double k = 2.0 * 2.5 / 1.5, clients = sqrt(2.0 * 1.5 * apart_of_pairs / N) / 0.5;
    double messages = sqrt(2.0 * k * (2.0 / N) * (apart_of_pairs + 9.0)) / 0.5;
    double inverse = t.constants.L + t.constants.L_rms * (clients + messages);
    tap_ok(t.status == LAC_OK && fabs(t.gamma * inverse - 1.0) < 1e-12, "its step is derived: %s",
           options);
    trace_close(&t);
}

int main(void)
{
    static const char *const who[] = {"nice:1", "nice:2", "nice:3", "bernoulli:0.3",
                                      "bernoulli:0.9"};
    for (size_t k = 0; k < 5; k++) {
        unbiased(who[k], true);
        unbiased(who[k], false);
    }
    everybody();
    step_of("nice:2", 1.0 - 1.0 / 3.0);
    step_of("bernoulli:0.5", 0.5);
    return tap_done();
}

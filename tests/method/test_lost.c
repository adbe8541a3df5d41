/* compressor_variance and compressor_contraction: what messages lose, against what the clients' states lack. */
#include <math.h>
#include <string.h>

#include "check.h"
#include "tap.h"

enum { D = 12, N = 6 };

#define PROBLEM "--data synth:logistic,d=12,m=5 --clients 6 --regularizer l2:0.1 --step 0.05 "

static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-10 * (fabs(b) + 1e-4);
}

/* What EF21's clients had of their gradients after the row before. */
static double had[N][D];

/* u_i = g_i^{t+1} - g_i^t is what C, as the method scales it, made of v_i = grad f_i(x^{t+1}) - g_i^t. */
static void recompute_lost(struct trace *t)
{
    const struct lac_server *s = &t->run.solo.server;
    double gradient[D], plain = 0.0, scaled = 0.0, divisor = s->env.channel_scale[0];
    for (uint32_t i = 0; i < N; i++) {
        const double *g = client_vector(&t->run, i, "g_i");
        double lost = 0.0, lost_scaled = 0.0, norm = 0.0;
        gradient_at(&t->run, i, lac_server_model(s), gradient);
        for (size_t j = 0; j < D; j++) {
            double u = g[j] - had[i][j], v = gradient[j] - had[i][j];
            lost += (divisor * u - v) * (divisor * u - v);
            lost_scaled += (u - v) * (u - v);
            norm += v * v;
            had[i][j] = g[j];
        }
        plain += lost / norm / N;
        scaled += lost_scaled / norm / N;
    }
    t->worst +=
        near(s->row.compressor_variance, plain) && near(s->row.compressor_contraction, 1.0 - scaled)
            ? 0.0
            : 1.0;
}

static void lost(const char *compressor)
{
    static struct trace t;
    char options[512];
    memset(had, 0, sizeof had);
    snprintf(options, sizeof options,
             PROBLEM "--method ef21 --compressor %s --rounds 9 --x0 normal "
                     "--track compressor_variance,compressor_contraction",
             compressor);
    t.also = recompute_lost;
    t.worst = 0.0;
    trace_run(&t, 3, options);
    tap_ok(t.status == LAC_OK && t.rows == 10 && t.worst == 0.0,
           "ef21 with %s: what messages lose is what its clients' g_i lack (%g rows are not)",
           compressor, t.worst);
    t.also = NULL;
    trace_close(&t);
}

/* Of RandK the variance is omega on average; of a method that sends nothing in a round it is not a number. */
static void variance_is_omega(void)
{
    static struct trace t;
    double sum = 0.0;
    trace_run(&t, 2,
              PROBLEM "--method diana --compressor randk:k=3 --rounds 2000 "
                      "--track compressor_variance,compressor_contraction");
    for (size_t i = 1; i < t.rows; i++) {
        sum += t.row[i].compressor_variance / 2000.0;
    }
    tap_ok(t.rows == 2001 && isnan(t.row[0].compressor_variance) && fabs(sum - 3.0) < 0.1,
           "randk:k=3 of 12 has a variance of %.3f on average, and none before the first round",
           sum);
    trace_close(&t);
    trace_run(&t, 2,
              PROBLEM "--method dcgd --compressor permk --rounds 40 --eval-every 7 "
                      "--track compressor_variance");
    bool good = t.status == LAC_OK;
    for (size_t i = 1; i < t.rows; i++) {
        good = good && t.row[i].compressor_variance > 1.0 && t.row[i].compressor_variance < 10.0;
    }
    tap_ok(good, "permk is measured on whole gradients, not on the blocks that rounds need");
    trace_close(&t);
}

static void refused_overlap(void)
{
    static struct trace t;
    trace_run(&t, 1,
              PROBLEM "--method dcgd --compressor permk --overlap --rounds 1 "
                      "--track compressor_variance");
    tap_ok(t.status != LAC_OK && strstr(lac_failure(), "--overlap"), "refused: %s", lac_failure());
    trace_close(&t);
}

int main(void)
{
    lost("topk:k=3");
    lost("randk:k=3");
    variance_is_omega();
    refused_overlap();
    return tap_done();
}

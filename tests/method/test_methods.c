/* Every method of the list with every compressor and every objective of theirs. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "check.h"
#include "tap.h"

extern const struct lac_method lac_method_gd;

#define SQUARES "--data synth:least-squares,d=14,m=5,L=4,mu=1,noise=1 --clients 7 "

static bool takes_compressor(const struct lac_method *m)
{
    return lac_method_channel(m, LAC_FROM_COMPRESSOR) != NULL;
}

static bool admits(const struct lac_method *m, const char *text)
{
    struct lac_arena a = {0};
    struct lac_channel_compressor opened;
    struct lac_compressor_size size = {.d = 14, .n = 7};
    bool fits =
        takes_compressor(m) && lac_compressor_open(&opened, text, &size, &a) == LAC_OK &&
        ((opened.info.classes & m->channels[0].classes) || (opened.info.classes & LAC_UNBIASED));
    lac_arena_free(&a);
    return fits;
}

/* A ball that the compressor's noise sets, of a radius ~ gamma. */
static bool stays_in_a_ball(const struct lac_method *m, const char *text, bool interpolating)
{
    bool lossless = solo_lossless(text, &(struct lac_compressor_size){.d = 14, .n = 7});
    return (m->traits & LAC_REACHES_A_BALL) && !lossless && !interpolating;
}

/* Theory's steps are proportional to alpha where it is small. */
static unsigned rounds_for(const char *text)
{
    struct lac_arena a = {0};
    struct lac_channel_compressor c;
    struct lac_compressor_size size = {.d = 14, .n = 7};
    bool opened = lac_compressor_open(&c, text, &size, &a) == LAC_OK;
    double rounds = opened ? 210.0 / c.info.alpha : 0.0;
    lac_arena_free(&a);
    return rounds < 3000.0 ? 3000 : (unsigned)rounds;
}

static bool compresses_down(const struct lac_method *m)
{
    return lac_method_channel(m, LAC_FROM_COMPRESSOR_DOWN) != NULL;
}

/* The theory's step times factor; a method without a rule gets that of EF21. */
static void add_step(char *options, size_t size, const struct lac_method *m, const char *compressor,
                     const char *problem, double factor)
{
    static struct trace t;
    char text[512];
    size_t at = strlen(options);
    snprintf(options + at, size - at, " --step theory*%g", factor);
    if (!m->rules[LAC_STEP]) {
        snprintf(text, sizeof text, "%s --compressor %s", problem, compressor);
        trace_open(&t, 1, text);
        snprintf(options + at, size - at, " --step %g", t.status ? 0.01 : factor * t.gamma);
        trace_close(&t);
    }
}

static const char *problem_of(const struct lac_objective *f)
{
    if (f->features > 0) {
        return "--data synth:tridiagonal,d=14,m=5,mu=0.5 --clients 7";
    }
    if (f->classes) {
        return "--data synth:softmax,d=5,m=5 --clients 7 --regularizer l2:0.1";
    }
    return f->two_classes ? "--data synth:logistic,d=14,m=5 --clients 7 --regularizer l2:0.1"
                          : "--data synth:least-squares,d=14,m=5,L=4,mu=1 --clients 7";
}

static void converge_one(const struct lac_method *m, const char *text,
                         const struct lac_objective *f)
{
    static struct trace t;
    char options[512];
    const char *problem = problem_of(f);
    bool interpolating = strstr(problem, "least-squares") != NULL;
    bool ball = stays_in_a_ball(m, text, interpolating);
    const char *down = compresses_down(m) ? "--compressor-down natural" : "";
    char method_text[80]; /* with one minibatch: nothing is left of their noise */
    snprintf(method_text, sizeof method_text, "%s%s", m->name,
             m->traits & LAC_DEALS_BATCHES ? ":batches=1" : "");
    bool slow = compresses_down(m) || !f->convex || strcmp(m->name, "ef21-sgdm") == 0;
    const struct lac_step_rule *second = m->rules[LAC_SERVER_STEP];
    const char *longer = second && second->needs ? "--server-step theory*16" : "";
    slow = slow || m->rules[LAC_STEP] == NULL || (m->traits & LAC_DEALS_BATCHES);
    unsigned rounds = rounds_for(text) * (slow ? 3 : 1); /* steps are shorter there */
    snprintf(options, sizeof options,
             "%s --objective %s --method %s --compressor %s %s %s --rounds %u --eval-every %u",
             problem, f->name, method_text, text, down, longer, rounds, rounds / 6);
    add_step(options, sizeof options, m, text, problem, ball ? 0.1 : 1.0);
    trace_run(&t, 1, options);
    if (!admits(m, text) && (takes_compressor(m) || strcmp(text, "identity") != 0)) {
        tap_ok(t.status == LAC_E_USAGE && lac_failure()[0] != '\0' && !strchr(lac_failure(), '\n'),
               "%s with %s is refused: %s", m->name, text, lac_failure());
    } else {
        double fall = t.status ? 1.0 : t.row[t.rows - 1].grad_norm_sq / t.row[0].grad_norm_sq;
        double asked = ball ? 0.3 : 1e-8;
        tap_ok(fall <= asked, "%s with %s converges on %s: |grad f|^2 falls to %.1e (%.0e asked)%s",
               m->name, text, f->name, fall, asked, t.status ? lac_failure() : "");
    }
    trace_close(&t);
}

/* Every compressor, or one of twelve where tests are to be short (LAC_TEST_SHORT). */
static size_t stride(void)
{
    return getenv("LAC_TEST_SHORT") ? 12 : 1;
}

/* One compressor of six, in turn, where rows or models are of another shape: no compressor knows. All in
   long tests. */
static bool left_out(const struct lac_objective *f, size_t method, size_t compressor)
{
    bool other_shape = f->features > 0 || f->classes;
    return other_shape && (compressor + 5 * method) % 6 != 0 && !getenv("LAC_TEST_LONG");
}

static void converge(void)
{
    size_t methods, objectives;
    const struct lac_method *const *method = lac_methods(&methods);
    const struct lac_objective *const *objective = lac_objectives(&objectives);
    for (size_t i = 0; i < methods; i++) {
        for (size_t j = i % stride(); solo_compressor(j); j += stride()) {
            for (size_t k = 0; k < objectives; k++) {
                /* with one minibatch they are others of the list, nearly */
                bool few = stride() > 1 ||
                           ((method[i]->traits & LAC_DEALS_BATCHES) && !getenv("LAC_TEST_LONG"));
                bool turn = !few || (i + j + k) % 3 == 0;
                bool mean = !lac_state_has_model(&method[i]->client); /* else its own tests */
                if (turn && mean && !left_out(objective[k], i, j)) {
                    converge_one(method[i], solo_compressor(j), objective[k]);
                }
            }
        }
    }
}

/* Those with the steps of gd, dcgd and qsgd, to the bit. */
static void follow_one(const struct lac_method *m, const char *start, const struct trace *gd,
                       const char *first)
{
    static struct trace t;
    char options[512];
    snprintf(options, sizeof options, SQUARES "--method %s %s %s %s --step 0.1 --rounds 40",
             as_descent(m), takes_compressor(m) ? "--compressor identity" : "", start, first);
    trace_run(&t, 3, options);
    double models = t.status ? 1.0 : traces_apart(&t, gd, 40);
    double rows = t.status ? 1.0 : rows_apart(&t, gd);
    double asked = m->client_step == lac_method_gd.client_step ? 0.0 : 1e-12;
    tap_ok(models <= asked && rows <= 10.0 * asked,
           "%s %s %s with C = identity follows gradient descent (models %.1e, rows %.1e)", m->name,
           start, first, models, rows);
    trace_close(&t);
}

static void follow_gradient_descent(const char *first)
{
    static struct trace gd;
    size_t methods;
    char options[256];
    const struct lac_method *const *method = lac_methods(&methods);
    snprintf(options, sizeof options, SQUARES "--method gd --step 0.1 --rounds 40 %s", first);
    trace_run(&gd, 1, options);
    for (size_t i = 0; i < methods; i++) {
        if (!as_descent(method[i])) {
            continue;
        }
        if (!method[i]->starts) {
            follow_one(method[i], "", &gd, first);
        }
        if (method[i]->start_default == LAC_START_ZERO) {
            follow_one(method[i], "--init zero", &gd, first);
        }
        if (method[i]->starts & LAC_START_COMPRESSED) {
            follow_one(method[i], "--init compressed", &gd, first);
        }
        if (method[i]->starts & LAC_START_EXACT) {
            follow_one(method[i], "--init exact", &gd, first);
        }
    }
    trace_close(&gd);
}

static void same_twice_and_on_any_ranks(void)
{
    static struct trace first, second;
    size_t methods;
    const struct lac_method *const *method = lac_methods(&methods);
    for (size_t i = 0; i < methods; i++) {
        for (size_t j = i % stride(); solo_compressor(j); j += stride()) {
            char options[512];
            const char *text = solo_compressor(j);
            bool without = !takes_compressor(method[i]);
            if (!admits(method[i], text) && !(without && j == 0)) {
                continue;
            }
            snprintf(options, sizeof options, SQUARES "--method %s %s %s --step 0.02 --rounds 40",
                     runnable(method[i]), without ? "" : "--compressor", without ? "" : text);
            trace_run(&first, 1, options);
            bool equal = true;
            for (uint32_t ranks = 1; ranks <= 5; ranks++) {
                trace_run(&second, ranks, options);
                equal = equal && traces_equal(&first, &second);
                trace_close(&second);
            }
            tap_ok(
                equal,
                "%s with %s: run again, and on 2 to 5 ranks, the same model and account to the bit",
                method[i]->name, without ? "nothing" : text);
            trace_close(&first);
        }
    }
}

/* x^{t+1} = x^t - gamma g^t, and coordinate j of g^t is the partial derivative of one client. */
static void permk_owners(void)
{
    static struct trace t;
    double grad[14];
    unsigned wrong = 0, owned[7] = {0};
    trace_run(&t, 2, SQUARES "--method dcgd --compressor permk --step 0.02 --rounds 20");
    for (uint64_t r = 1; r < 20 && t.status == LAC_OK;
         r++) { /* rows come a round late: model r is there */
        const double *x = trace_model(&t, r), *next = trace_model(&t, r + 1);
        unsigned owners[14] = {0};
        for (uint32_t i = 0; i < 7; i++) {
            gradient_at(&t.run, i, x, grad);
            for (size_t j = 0; j < 14; j++) {
                bool owns = next[j] == x[j] - t.gamma * grad[j];
                owners[j] += owns;
                owned[i] += owns;
            }
        }
        for (size_t j = 0; j < 14; j++) {
            wrong += owners[j] != 1;
        }
    }
    for (size_t i = 0; i < 7; i++) {
        wrong += owned[i] != 2 * 19;
    }
    tap_ok(t.status == LAC_OK && wrong == 0,
           "dcgd with permk: each coordinate moves by exactly its owner's partial derivative");
    trace_close(&t);
}

static void watch_sums(struct trace *t)
{
    double one = mean_apart(&t->run, "g", "g_i");
    t->worst = one > t->worst ? one : t->worst;
}

static void ef21_invariant(void)
{
    static const char *const methods[] = {"ef21", "ef21-w"},
                             *const starts[] = {"zero", "compressed", "exact"},
                             *const compressors[] = {"topk:k=2", "randk:k=4", "natural", "permk"};
    static struct trace t;
    for (size_t k = 0; k < 24; k++) {
        const char *m = methods[k % 2], *start = starts[k / 2 % 3], *c = compressors[k / 6];
        char options[512];
        snprintf(options, sizeof options,
                 SQUARES "--method %s --compressor %s --init %s --rounds 60", m, c, start);
        t.also = watch_sums;
        trace_run(&t, 2, options);
        tap_ok(t.status == LAC_OK && t.rows == 61 && t.worst <= 1e-12,
               "%s with %s from %s: g is the weighted sum of the g_i in every round (%.1e)", m, c,
               start, t.worst);
        trace_close(&t);
    }
    t.also = NULL;
}

/* z = x - mean e_i of EF14, and what the row after is to show: z - gamma grad f(x). */
static struct {
    double next[14];
    uint64_t rows;
    double lost; /* largest |mean e_i|/|x| */
} ef14;

static void watch_error(struct trace *t)
{
    const double *x = server_vector(&t->run, "x");
    double z[14], grad[14];
    vec_copy(z, x, t->d);
    for (uint32_t i = 0; i < 7; i++) {
        vec_axpy(z, -1.0 / 7.0, client_vector(&t->run, i, "e_i"), t->d);
    }
    if (ef14.rows++ > 0) {
        t->worst = fmax(t->worst, apart(z, ef14.next, t->d));
        ef14.lost = fmax(ef14.lost, apart(z, x, t->d));
    }
    evaluate_at(&t->run, x, grad);
    vec_copy(ef14.next, z, t->d);
    vec_axpy(ef14.next, -t->gamma, grad, t->d);
}

static void ef14_invariant(void)
{
    static const char *const compressors[] = {"topk:k=2", "randk:k=4", "natural"};
    static struct trace t;
    for (size_t k = 0; k < 3; k++) {
        char options[512];
        snprintf(options, sizeof options,
                 SQUARES "--method ef14 --compressor %s --step 0.02 --rounds 60 --until-loss -1",
                 compressors[k]);
        memset(&ef14, 0, sizeof ef14);
        t.also = watch_error;
        trace_run(&t, 2, options);
        tap_ok(
            t.status == LAC_OK && ef14.rows == 61 && t.worst <= 1e-12 && ef14.lost > 1e-3,
            "ef14 with %s: x - mean e_i follows gradient descent with the gradients at x in every "
            "round (%.1e), at most %.1e from x",
            compressors[k], t.worst, ef14.lost);
        trace_close(&t);
    }
    t.also = NULL;
}

static double ef21_apart(const char *compressor, uint64_t rounds)
{
    static struct trace plain, weighted;
    char options[512];
    const char *problem = "--data synth:lvar,kappa=1,d=14,m=6 --clients 9 --step 0.02";
    snprintf(options, sizeof options, "%s --method ef21 --compressor %s --rounds %llu", problem,
             compressor, (unsigned long long)rounds);
    trace_run(&plain, 1, options);
    snprintf(options, sizeof options, "%s --method ef21-w --compressor %s --rounds %llu", problem,
             compressor, (unsigned long long)rounds);
    trace_run(&weighted, 1, options);
    double result =
        plain.status || weighted.status ? -1.0 : traces_apart(&weighted, &plain, rounds);
    trace_close(&plain);
    trace_close(&weighted);
    return result;
}

static void equivalence(void)
{
    double topk = ef21_apart("topk:k=2", 200), randk = ef21_apart("randk:k=5", 200);
    double natural = ef21_apart("natural", 200);
    tap_ok(topk >= 0.0 && topk <= 1e-10,
           "ef21 and ef21-w with topk follow the same iterates (%.1e)", topk);
    tap_ok(randk >= 0.0 && randk <= 1e-10, "and so they do with randk (%.1e)", randk);
    tap_ok(natural > 1e-6, "with natural, which is not homogeneous, they do not (%.1e)", natural);
}

int main(void)
{
    converge();
    follow_gradient_descent("");
    /* with a target no row waits for the next round: the first model is written down too */
    follow_gradient_descent("--x0 normal:3 --until-loss -1");
    same_twice_and_on_any_ranks();
    permk_owners();
    ef21_invariant();
    ef14_invariant();
    equivalence();
    return tap_done();
}

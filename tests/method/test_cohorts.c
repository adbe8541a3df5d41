/* Samplings, regularized participation, orders of minibatches, dealt rows and steps that fall: against their definitions. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/vec.h"
#include "check.h"
#include "method/minibatch.h"
#include "refused.h"
#include "tap.h"

#define PROBLEM "--data synth:least-squares,d=12,m=5,L=4,mu=1,noise=1 --clients 7 "

enum { N = 7, D = 12, EPOCHS = 40 };

static char path[64];

static void write_trace(const char *text)
{
    FILE *file = fopen(path, "w");
    if (file) {
        fputs(text, file);
        fclose(file);
    }
}

/* The clients of a round as bits. */
static unsigned cohort_of(struct lac_env *e, uint64_t round)
{
    struct lac_participant who[N];
    unsigned bits = 0;
    e->round = round;
    uint32_t count = lac_cohort(e, who);
    for (uint32_t i = 0; i < count; i++) {
        bits |= 1u << who[i].client;
        bits |= i > 0 && who[i - 1].client >= who[i].client ? 1u << N : 0; /* ascending */
    }
    return bits;
}

static unsigned members(unsigned bits)
{
    unsigned count = 0;
    for (; bits; bits &= bits - 1) {
        count++;
    }
    return count;
}

struct seen {
    bool once;   /* each client in each meta epoch, the sizes as they should be */
    bool weighs; /* factor R/n, ends where it should */
    unsigned same_place,
        same_partition; /* meta epochs whose first cohort, or set of cohorts, is the first's */
};

static struct seen look(const char *text, uint32_t size)
{
    struct lac_arena a = {0};
    struct lac_env e = {.d = D, .n = N, .seed = 3};
    struct seen s = {.once = true, .weighs = true};
    uint32_t rounds = (N + size - 1) / size;
    unsigned first[N] = {0};
    s.once = lac_sampling_open(&e.sampling, text, N, &a) == LAC_OK && e.sampling.rounds == rounds;
    for (uint64_t t = 0; t < EPOCHS && s.once; t++) {
        unsigned all = 0, known = 0;
        for (uint32_t r = 0; r < rounds; r++) {
            unsigned bits = cohort_of(&e, t * rounds + r + 1);
            struct lac_participant one = {.client = 1, .multiplicity = 1};
            uint32_t left = N - r * size;
            s.once = s.once && (all & bits) == 0;
            s.once = s.once && (members(bits) == size || left < size ||
                                e.sampling.order == LAC_COHORTS_PARTITION);
            s.weighs = s.weighs && lac_ends_meta_epoch(&e) == (r + 1 == rounds) &&
                       fabs(lac_cohort_factor(&e, &one) - (double)rounds / N) < 1e-15;
            all |= bits;
            first[r] = t == 0 ? bits : first[r];
            s.same_place += r == 0 && bits == first[0];
            for (uint32_t k = 0; k < rounds; k++) {
                known += bits == first[k];
            }
        }
        s.once = s.once && all == (1u << N) - 1;
        s.same_partition += known == rounds;
    }
    lac_arena_free(&a);
    return s;
}

static void cohorts(void)
{
    for (uint32_t size = 1; size <= N; size++) {
        char text[64];
        snprintf(text, sizeof text, "cohorts:%u", size);
        struct seen s = look(text, size);
        bool few = size == 1 || size == N; /* one partition alone */
        tap_ok(s.once && s.weighs && (size == N || s.same_place < EPOCHS / 2) &&
                   (few || s.same_partition < EPOCHS / 4),
               "%s: each client once in a meta epoch, cut anew each time (%u, %u)", text,
               s.same_place, s.same_partition);
        snprintf(text, sizeof text, "cohorts:%u,order=partition", size);
        s = look(text, size);
        tap_ok(s.once && s.weighs && s.same_partition == EPOCHS &&
                   (size == N || s.same_place < EPOCHS),
               "%s: the same cohorts in another order (%u)", text, s.same_place);
        snprintf(text, sizeof text, "cyclic:%u", size);
        s = look(text, size);
        tap_ok(s.once && s.weighs && s.same_place == EPOCHS,
               "%s: the same cohorts in the same order", text);
    }
    struct lac_arena a = {0};
    struct lac_env e = {.d = D, .n = N, .seed = 3};
    bool listed = lac_sampling_open(&e.sampling, "cyclic:3,order=listed", N, &a) == LAC_OK &&
                  cohort_of(&e, 1) == 0x07 && cohort_of(&e, 2) == 0x38 &&
                  cohort_of(&e, 3) == 0x40 && cohort_of(&e, 4) == 0x07;
    tap_ok(listed, "cyclic:3,order=listed: 0 1 2, 3 4 5, 6, again");
    lac_arena_free(&a);
}

/* How often clients are drawn in 20000 rounds, alone and in pairs, against the sampling's probabilities. */
static void frequencies(const char *text, double one, double pair, double size)
{
    enum { ROUNDS = 20000 };
    struct lac_arena a = {0};
    struct lac_env e = {.d = D, .n = N, .seed = 5};
    struct lac_participant who[N];
    double alone[N] = {0}, both = 0.0, draws = 0.0, worst = 0.0;
    lac_status status = lac_sampling_open(&e.sampling, text, N, &a);
    for (e.round = 1; e.round <= ROUNDS && status == LAC_OK; e.round++) {
        uint32_t count = lac_cohort(&e, who);
        bool first = false, second = false;
        for (uint32_t i = 0; i < count; i++) {
            alone[who[i].client] += 1.0 / ROUNDS;
            draws += (double)who[i].multiplicity / ROUNDS;
            first = first || who[i].client == 2;
            second = second || who[i].client == 5;
        }
        both += first && second ? 1.0 / ROUNDS : 0.0;
    }
    for (uint32_t i = 0; i < N; i++) {
        worst = fmax(worst, fabs(alone[i] - one));
    }
    double five_sigma = 5.0 * 0.5 / sqrt((double)ROUNDS);
    tap_ok(status == LAC_OK && worst <= five_sigma && fabs(both - pair) <= five_sigma &&
               fabs(draws - size) <= 5.0 * sqrt(N * 0.25 / ROUNDS) &&
               fabs(e.sampling.size - size) < 1e-12,
           "%s: a client takes part in %.3f of the rounds, two in %.3f, %.3f draws a round", text,
           one, both, draws);
    lac_arena_free(&a);
}

static void samplings_are_what_they_say(void)
{
    double absent = pow(6.0 / 7.0, 4.0), neither = pow(5.0 / 7.0, 4.0);
    frequencies("full", 1.0, 1.0, 7.0);
    frequencies("nice:3", 3.0 / 7.0, 3.0 * 2.0 / (7.0 * 6.0), 3.0);
    frequencies("nice:30%", 3.0 / 7.0, 3.0 * 2.0 / (7.0 * 6.0), 3.0);
    frequencies("uniform:4", 1.0 - absent, 1.0 - 2.0 * absent + neither, 4.0);
    frequencies("bernoulli:0.3", 0.3, 0.09, 2.1);
}

static void percentages(const char *name)
{
    static const struct {
        const char *percent;
        uint32_t n;
        double size;
    } cases[] = {
        {"10%", 7, 1.0}, {"15%", 7, 2.0}, {"100%", 7, 7.0}, {"7%", 10000, 700.0}, {"0.1%", 9, 1.0}};
    size_t wrong = 0;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct lac_arena a = {0};
        struct lac_sampling s;
        char text[64];
        snprintf(text, sizeof text, "%s:%s", name, cases[k].percent);
        bool opens = lac_sampling_open(&s, text, cases[k].n, &a) == LAC_OK;
        wrong += !opens || s.size != cases[k].size;
        lac_arena_free(&a);
    }
    tap_ok(wrong == 0, "%s: percentages of clients are rounded up", name);
}

static void percentages_round_up(void)
{
    for (size_t i = 0; i < lac_samplings.count; i++) {
        const struct lac_choice *entry = &lac_samplings.entries[i];
        if (strstr(entry->summary, "TAU%")) {
            percentages(entry->name);
        }
    }
}

static void traces(void)
{
    struct lac_arena a = {0};
    struct lac_env e = {.d = D, .n = N, .seed = 3};
    char text[100];
    snprintf(text, sizeof text, "trace:%s", path);
    write_trace("# who was there\n4 0 1\n2 3 # late\n\n# no round, no end\n5 6\n");
    bool read = lac_sampling_open(&e.sampling, text, N, &a) == LAC_OK;
    const struct lac_trace *t = &e.sampling.trace;
    tap_ok(read && t->rounds == 3 && t->meta_epochs == 2 && e.sampling.rounds == 2 &&
               fabs(e.sampling.size - 7.0 / 3.0) < 1e-15,
           "a trace of three rounds in two meta epochs%s", read ? "" : lac_failure());
    tap_ok(read && cohort_of(&e, 1) == 0x13 && !lac_ends_meta_epoch(&e) &&
               cohort_of(&e, 2) == 0x0c && lac_ends_meta_epoch(&e) && cohort_of(&e, 3) == 0x60 &&
               lac_ends_meta_epoch(&e) && cohort_of(&e, 4) == 0x13 && cohort_of(&e, 3000) == 0x60,
           "its rounds, and again from the begin");
    tap_ok(read && t->odd_clients == N && t->odd_meta_epoch == 1 && t->odd_client == 5 &&
               t->odd_times == 0,
           "client 5 is not in the first meta epoch, the others are not in the second");
    lac_arena_free(&a);
    write_trace("0 1 2\n3 4 5\n6\n\n6 5 4 3\n2 1 0\n\n\n");
    read = lac_sampling_open(&e.sampling, text, N, &a) == LAC_OK;
    tap_ok(read && t->meta_epochs == 2 && t->odd_clients == 0,
           "a trace in which each is there once");
    lac_arena_free(&a);
    write_trace("0 1 2 3\n4 5 6\n\n0 1 2 3 4\n6\n0\n");
    read = lac_sampling_open(&e.sampling, text, N, &a) == LAC_OK;
    tap_ok(read && t->odd_clients == 2 && t->odd_meta_epoch == 2 && t->odd_client == 0 &&
               t->odd_times == 2 && t->largest == 5,
           "client 0 twice, client 5 never in the second meta epoch: two clients");
    lac_arena_free(&a);
}

static void refused_trace(const char *text, const char *sentence)
{
    struct lac_arena a = {0};
    struct lac_sampling s;
    char option[100];
    if (text) {
        write_trace(text);
    } else {
        unlink(path);
    }
    snprintf(option, sizeof option, "trace:%s", path);
    lac_status status = lac_sampling_open(&s, option, N, &a);
    bool input = status == LAC_E_INPUT || status == LAC_E_USAGE; /* both end with 2 */
    tap_ok(input && strstr(lac_failure(), sentence) && strstr(lac_failure(), path), "refused: %s",
           lac_failure());
    lac_arena_free(&a);
}

static void refusals(void)
{
    refused_trace("0 1\n2 7\n", ":2: client 7 is outside 0..6");
    refused_trace("0 1\n2 x\n", ":2: 'x'");
    refused_trace("0 1 0\n", ":1: client 0 stands twice");
    refused_trace("# nobody\n\n", "no round");
    refused_trace(NULL, "No such file");
    refused(PROBLEM "--method rr-cli --participation cohorts:3,order=listed", "is partition");
    refused(PROBLEM "--method rr-cli --participation cyclic:3,order=partition", "is listed");
    refused(PROBLEM "--method rr-cli --participation cohorts:8", "from 1 to 7");
    refused(PROBLEM
            "--method fedavg:steps=5,batches=10 --step 0.1 --rr-order once --participation nice:3",
            "5 steps do not fill epochs of 10 batches");
    refused(PROBLEM
            "--method scaffold:steps=3,batches=2 --step 0.1 --rr-order once --participation "
            "bernoulli:0.5",
            "needs whole epochs");
    refused(PROBLEM "--method rr-cli --participation uniform:3", "subset is nice:3");
}

static void orders(void)
{
    struct lac_env e = {.d = D, .n = N, .seed = 3};
    unsigned wrong = 0, moved = 0, kept = 0, alike = 0;
    for (uint64_t epoch = 0; epoch < EPOCHS; epoch++) {
        unsigned bits = 0;
        for (uint32_t k = 0; k < 10; k++) {
            e.keeps_order = false;
            e.who.client = 1;
            uint32_t j = lac_batch_of(&e, 10, epoch, k);
            bits |= 1u << j;
            moved += j != lac_batch_of(&e, 10, epoch + 1, k);
            e.who.client = 2;
            alike += j == lac_batch_of(&e, 10, epoch, k);
            e.keeps_order = true;
            kept += lac_batch_of(&e, 10, epoch, k) == lac_batch_of(&e, 10, 0, k);
        }
        wrong += bits != 1023;
    }
    tap_ok(
        wrong == 0 && moved > 320 && kept == 10 * EPOCHS && alike < 80,
        "orders of minibatches: permutations (%u wrong), new in each epoch (%u of 400), or kept (%u), "
        "each client's own (%u alike)",
        wrong, moved, kept, alike);
}

/* The place of a dealt row among the client's: by its label and features. */
static uint32_t place_of(const struct lac_rows *dealt, uint32_t r, const struct lac_rows *rows)
{
    for (uint32_t k = 0; k < rows->m; k++) {
        bool same = dealt->label[r] == rows->label[k];
        for (size_t j = 0; j < rows->d && same; j++) {
            same = dealt->dense[r * dealt->stride + j] == rows->dense[k * rows->stride + j];
        }
        if (same) {
            return k;
        }
    }
    return UINT32_MAX;
}

static void dealing(void)
{
    static struct trace plain, dealt;
    const char *problem =
        "--data synth:least-squares,d=12,m=40,L=4,mu=1,noise=1 --clients 7 --rounds 1";
    char options[200];
    unsigned home = 0, order_alike = 0;
    bool all = true;
    snprintf(options, sizeof options, "%s --method gd", problem);
    trace_run(&plain, 1, options);
    snprintf(options, sizeof options, "%s --method q-rr --compressor identity", problem);
    trace_run(&dealt, 1, options);
    for (uint32_t i = 0; i < N && !plain.status && !dealt.status; i++) {
        uint64_t seen = 0;
        for (uint32_t r = 0; r < 40; r++) {
            uint32_t k =
                place_of(&client_local(&dealt.run, i)->rows, r, &client_local(&plain.run, i)->rows);
            uint32_t other =
                place_of(&client_local(&dealt.run, 0)->rows, r, &client_local(&plain.run, 0)->rows);
            seen |= k < 40 ? UINT64_C(1) << k : 0;
            home += k == r;
            order_alike += i > 0 && k == other;
        }
        all = all && seen == (UINT64_C(1) << 40) - 1;
    }
    tap_ok(
        !plain.status && !dealt.status && all && home < 40 && order_alike < 40,
        "rows are dealt: all of them (%d), %u of 280 at home, each client's own order (%u of 240 alike)",
        all, home, order_alike);
    trace_close(&plain);
    trace_close(&dealt);
}

static void policies(void)
{
    struct lac_arena a = {0};
    struct lac_step_policy p;
    bool root = lac_step_policy_open(&p, "sqrt:5", &a) == LAC_OK &&
                lac_step_policy_factor(&p, 4) == 1.0 && lac_step_policy_factor(&p, 5) == 1.0 &&
                fabs(lac_step_policy_factor(&p, 13) - 1.0 / 3.0) < 1e-15;
    bool inverse = lac_step_policy_open(&p, "inverse:5", &a) == LAC_OK &&
                   lac_step_policy_factor(&p, 0) == 1.0 &&
                   lac_step_policy_factor(&p, 13) == 1.0 / 9.0;
    tap_ok(root && inverse, "steps fall as 1/sqrt(e - s + 1) and 1/(e - s + 1) from epoch s on");
    lac_arena_free(&a);
}

/* Both sides have the step of the epoch: the models are those of the listing. */
static void step_of_epoch(void)
{
    static struct trace t;
    double grad[D], x[D];
    trace_run(&t, 2, PROBLEM "--method gd --step 0.1 --step-policy inverse:2 --rounds 8");
    double worst = t.status ? 1.0 : 0.0;
    for (uint64_t r = 1; r < 7 && !t.status; r++) {
        double step = 0.1 / (r < 3 ? 1.0 : (double)r - 2.0); /* epoch e = r - 1 */
        evaluate_at(&t.run, trace_model(&t, r - 1 > 0 ? r - 1 : 0), grad);
        vec_copy(x, trace_model(&t, r - 1), D);
        vec_axpy(x, -step, grad, D);
        worst = fmax(worst, apart(trace_model(&t, r), x, D));
    }
    tap_ok(worst < 1e-13, "gd with --step-policy inverse:2 takes the steps of its epochs (%.1e)%s",
           worst, t.status ? lac_failure() : "");
    trace_close(&t);
}

/* An epoch draws as many rows as there are, in whatever way. */
static void epochs_of_draws(void)
{
    static const struct {
        const char *method;
        double divisor; /* of the step in round 21, which is that of (21 - 1)/5 = 4 or of 20 */
    } cases[] = {
        {"--method dcgd --compressor identity --gradient uniform:20%", 3},
        {"--method diana --compressor identity --gradient minibatch:20%", 3},
        {"--method qsgd --compressor natural --gradient nice:20%", 3},
        {"--method q-rr:batches=5 --compressor identity", 3},
        {"--method gd", 19},
        {"--method q-nastya:batches=5 --compressor identity --gradient uniform:20% --server-step 1",
         19},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static struct trace t;
        char options[512];
        snprintf(options, sizeof options,
                 PROBLEM "%s --step 0.1 --step-policy inverse:2 --rounds 21", cases[i].method);
        trace_run(&t, 2, options);
        double step = t.status ? 0.0 : t.run.solo.server.env.gamma;
        tap_ok(fabs(step * cases[i].divisor - 0.1) < 1e-15, "%s: the step falls to 1/%g (%g)%s",
               cases[i].method, cases[i].divisor, step, t.status ? lac_failure() : "");
        trace_close(&t);
    }
}

int main(void)
{
    snprintf(path, sizeof path, "/tmp/laconic-cohorts-%ld.txt", (long)getpid());
    samplings_are_what_they_say();
    percentages_round_up();
    cohorts();
    traces();
    refusals();
    orders();
    dealing();
    policies();
    step_of_epoch();
    epochs_of_draws();
    unlink(path);
    return tap_done();
}

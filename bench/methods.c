/*
 * What a round of each method costs beside the gradients that its clients compute in it, and how the server's part of it
 * grows with d where clients send k = 100 entries whatever d is. Solo rounds after the first few, which touch their
 * memory for the first time; medians over rounds. Target: 1.15.
 *
 * usage: bench_methods [METHOD]...
 */
#include <string.h>

#include "../tests/method/solo_run.h"
#include "bench.h"
#include "method/method.h"

enum { UNTIMED = 3, COHORTS = 2 };

struct size {
    uint32_t clients, rows, d;
    int rounds;
};

static const struct size sizes[] = {
    {10, 100, 10000, 200}, {100, 50, 10000, 40}, {10, 50, 100000, 60},
    {10, 20, 1000000, 20}, {1000, 50, 1000, 40},
};
static const uint32_t dimensions[] = {10000, 100000, 1000000};
enum { SIZES = sizeof sizes / sizeof sizes[0], DIMENSIONS = 3, SERVER_CLIENTS = 100, MOST = 400 };

struct job {
    struct solo_run run;
    double before, gradient, aggregate;
    int count;
    double ratio[MOST], server[MOST]; /* of a round; the second in microseconds for each client */
};

static lac_status after_round(void *listener, const struct lac_server *s)
{
    struct job *k = listener;
    double now = bench_now(), gradient = k->run.worker->laps.of[LAC_LAP_GRADIENT];
    if (s->rounds_done > UNTIMED && k->count < MOST) {
        k->ratio[k->count] = (now - k->before) / (gradient - k->gradient);
        k->server[k->count] = 1e6 * (s->seconds.aggregate - k->aggregate) / s->n;
        k->count++;
    }
    k->before = now;
    k->gradient = gradient;
    k->aggregate = s->seconds.aggregate;
    return LAC_OK;
}

static lac_status measure(struct job *k, const char *options)
{
    *k = (struct job){0};
    lac_status status = solo_open(&k->run, options, NULL, NULL);
    if (status == LAC_OK) {
        k->run.server.on_round = after_round;
        k->run.server.listener = k;
        k->before = bench_now();
        status = solo_finish(&k->run);
    }
    solo_close(&k->run);
    return status;
}

/* The compressor and the cohort that the method takes, found by asking it: compressor %s in the first. */
static bool options_of(const char *method, const char *const compressor[2], char out[256])
{
    static const char *const cohort[COHORTS] = {"--participation nice:50%", ""};
    static struct job k;
    for (int c = 0; c < 3; c++) {
        for (int p = 0; p < COHORTS; p++) {
            char tried[400];
            snprintf(out, 256, "--method %s --step 1e-9 %s %s %s", method,
                     c < 2 ? "--compressor" : "", c < 2 ? compressor[c] : "", cohort[p]);
            snprintf(tried, sizeof tried,
                     "%s --data synth:logistic,d=1000,m=2 --clients 10 --rounds 1", out);
            if (measure(&k, tried) == LAC_OK) {
                return true;
            }
        }
    }
    return false;
}

static bool costs(const char *method, int *missed)
{
    static const char *const compressor[] = {"topk:1%", "randk:1%"};
    static struct job k;
    char how[256], options[512];
    if (!options_of(method, compressor, how)) {
        printf("%s runs with nothing that was tried: %s\n", method, lac_failure());
        return false;
    }
    printf("%-14s", method);
    for (int i = 0; i < SIZES; i++) {
        const struct size *s = &sizes[i];
        snprintf(options, sizeof options,
                 "%s --data synth:logistic,d=%u,m=%u --clients %u --rounds %d --eval-every 0", how,
                 s->d, s->rows, s->clients, s->rounds + UNTIMED);
        if (measure(&k, options) != LAC_OK) {
            printf("  %s\n", lac_failure());
            return false;
        }
        struct bench_time ratio = bench_summary(k.ratio, k.count);
        *missed += ratio.median > 1.15;
        printf("  %5.2f [%4.2f, %4.2f]%s", ratio.median, ratio.low, ratio.high,
               ratio.median > 1.15 ? "*" : " ");
        (void)fflush(stdout);
    }
    printf("  %s\n", strstr(how, "1e-9") + 5);
    return true;
}

static bool server_costs(const char *method)
{
    static const char *const compressor[] = {"topk:k=100", "randk:k=100"};
    static struct job k;
    char how[256], options[512];
    if (!options_of(method, compressor, how)) {
        return false;
    }
    if (!strstr(how, "k=100")) {
        return true; /* sends dense vectors */
    }
    printf("%-14s", method);
    for (int i = 0; i < DIMENSIONS; i++) {
        snprintf(options, sizeof options,
                 "%s --data synth:rare,d=%u,m=1,c=0.0001 --clients %d --rounds 20 --eval-every 0",
                 how, dimensions[i], SERVER_CLIENTS);
        if (measure(&k, options) != LAC_OK) {
            printf("  %s\n", lac_failure());
            return false;
        }
        printf("%12.2f", bench_summary(k.server, k.count).median);
        (void)fflush(stdout);
    }
    printf("  %s\n", strstr(how, "1e-9") + 5);
    return true;
}

static bool wanted(const char *method, int argc, char **argv)
{
    bool is = argc < 2;
    for (int i = 1; i < argc; i++) {
        is = is || strcmp(argv[i], method) == 0;
    }
    return is;
}

int main(int argc, char **argv)
{
    size_t count;
    const struct lac_method *const *list = lac_methods(&count);
    int missed = 0;
    bool whole = true;
    printf(
        "A round over its gradients: median [10 %%, 90 %%] of its rounds, target 1.15 (*: missed)\n%-14s",
        "clients x rows");
    for (int i = 0; i < SIZES; i++) {
        printf("  %6u x %3u x %-8u", sizes[i].clients, sizes[i].rows, sizes[i].d);
    }
    printf("\n");
    for (size_t i = 0; i < count; i++) {
        whole = (!wanted(list[i]->name, argc, argv) || costs(list[i]->name, &missed)) && whole;
    }
    printf(
        "%d missed\n\nAggregation, microseconds for each of %d clients and round, k = 100\n%-14s",
        missed, SERVER_CLIENTS, "d");
    for (int i = 0; i < DIMENSIONS; i++) {
        printf("%12u", dimensions[i]);
    }
    printf("\n");
    for (size_t i = 0; i < count; i++) {
        whole = (!wanted(list[i]->name, argc, argv) || server_costs(list[i]->name)) && whole;
    }
    return whole && missed == 0 ? 0 : 1;
}

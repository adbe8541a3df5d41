/*
 * dirichlet:alpha=A: label skew. For every class, the shares of the clients are drawn from the
 * symmetric Dirichlet(A) distribution (Yurochkin and others: "Bayesian nonparametric federated
 * learning of neural networks", arXiv:1905.12022); the rows of the class, in a random order, are cut
 * at the shares.
 * A client that ends empty is given the last row of the largest client.
 *
 * Gamma variates: Marsaglia and Tsang: "A simple method for generating gamma variables", 2000.
 * They are kept as logarithms: with a small A most would be zero in a double.
 */
#include <math.h>
#include <stdlib.h>

#include "base/elementary.h"
#include "base/rng.h"
#include "data/split.h"

enum { MOST_CLASSES = 1000 };

/* log of a Gamma(a + 1) variate, a > 0, by rejection. */
static double dirichlet_log_gamma_above_one(struct lac_rng *rng, double a)
{
    double d = a + 2.0 / 3.0, c = 1.0 / sqrt(9.0 * d);
    for (;;) {
        double x = lac_rng_normal(rng);
        double root = 1.0 + c * x;
        double u = 1.0 - lac_rng_uniform(rng); /* in (0, 1] */
        if (root <= 0.0) {
            continue;
        }
        double log_v = 3.0 * lac_log(root), v = root * root * root;
        if (lac_log(u) < 0.5 * x * x + d - d * v + d * log_v) {
            return lac_log(d) + log_v;
        }
    }
}

/* Gamma(a) = Gamma(a + 1) u^(1/a) */
static double dirichlet_log_gamma(struct lac_rng *rng, double a)
{
    double log_gamma = dirichlet_log_gamma_above_one(rng, a);
    return log_gamma + lac_log(1.0 - lac_rng_uniform(rng)) / a;
}

/* cumulative (n): the share of clients 0 .. i together. */
static void dirichlet_draw(struct lac_rng *rng, double alpha, uint32_t n, double *cumulative)
{
    double largest = (double)-INFINITY, sum = 0.0;
    for (uint32_t i = 0; i < n; i++) {
        cumulative[i] = dirichlet_log_gamma(rng, alpha);
        largest = cumulative[i] > largest ? cumulative[i] : largest;
    }
    for (uint32_t i = 0; i < n; i++) {
        sum += lac_exp(cumulative[i] - largest);
        cumulative[i] = sum;
    }
    for (uint32_t i = 0; i < n; i++) {
        cumulative[i] /= sum;
    }
}

/* The rows order[0 .. count - 1] are one class. */
static void dirichlet_class(const struct lac_split_job *job, double alpha, uint64_t class_number,
                            const uint64_t *order, uint64_t count, double *cumulative)
{
    struct lac_stream stream = {.seed = job->seed,
                                .round = class_number,
                                .client = LAC_SHARED,
                                .purpose = LAC_PURPOSE_SPLIT,
                                .channel = 1};
    struct lac_rng rng;
    struct lac_permutation shuffle;
    lac_rng_init(&rng, &stream);
    stream.channel = 2;
    lac_permutation_init(&shuffle, &stream, count);
    dirichlet_draw(&rng, alpha, job->n, cumulative);
    uint64_t place = 0;
    for (uint32_t i = 0; i < job->n; i++) {
        uint64_t stop = i + 1 == job->n ? count : (uint64_t)(cumulative[i] * (double)count);
        for (; place < stop; place++) {
            job->owner[order[lac_permutation_at(&shuffle, place)]] = i;
        }
    }
}

/* Chains of the rows of every client, the last row first. */
struct chains {
    uint64_t *count; /* (n) */
    uint64_t *head;  /* (n) */
    uint64_t *next;  /* (rows) */
};

static void dirichlet_fill_empty(const struct lac_split_job *job, const struct chains *c)
{
    for (uint64_t row = 0; row < job->rows; row++) {
        uint32_t i = job->owner[row];
        c->next[row] = c->head[i];
        c->head[i] = row;
        c->count[i]++;
    }
    for (uint32_t i = 0; i < job->n; i++) {
        if (c->count[i] > 0) {
            continue;
        }
        uint32_t largest = 0;
        for (uint32_t j = 1; j < job->n; j++) {
            largest = c->count[j] > c->count[largest] ? j : largest;
        }
        uint64_t row = c->head[largest];
        c->head[largest] = c->next[row];
        c->count[largest]--;
        c->count[i]++;
        job->owner[row] = i;
    }
}

static lac_status dirichlet_classes(const struct lac_split_job *job, double alpha,
                                    const uint64_t *order, double *cumulative)
{
    uint64_t classes = 0;
    for (uint64_t begin = 0, end; begin < job->rows; begin = end, classes++) {
        double label = job->label[order[begin]];
        for (end = begin; end < job->rows && job->label[order[end]] == label; end++) {
        }
        if (classes == MOST_CLASSES) {
            return LAC_FAIL(
                LAC_E_USAGE,
                "'%s': splits by class, and the data have more than %d different labels",
                job->spec->text, MOST_CLASSES);
        }
        dirichlet_class(job, alpha, classes, order + begin, end - begin, cumulative);
    }
    return LAC_OK;
}

static lac_status dirichlet_alpha(const struct lac_split_job *job, double *alpha)
{
    if (!lac_spec_get(job->spec, "alpha")) {
        return LAC_FAIL(LAC_E_USAGE, "'%s': give the concentration, as in dirichlet:alpha=0.5",
                        job->spec->text);
    }
    LAC_TRY(lac_spec_double(job->spec, "alpha", alpha));
    if (*alpha < 1e-6 || *alpha > 1e6) {
        return LAC_FAIL(LAC_E_USAGE, "'%s': alpha is from 1e-6 to 1e6", job->spec->text);
    }
    if (job->drop_remainder) {
        return LAC_FAIL(LAC_E_USAGE,
                        "'%s': gives clients different numbers of rows, so there is no remainder; "
                        "leave out --drop-remainder",
                        job->spec->text);
    }
    return LAC_OK;
}

static lac_status dirichlet_assign(const struct lac_split_job *job)
{
    double alpha = 0.0;
    LAC_TRY(dirichlet_alpha(job, &alpha));
    uint64_t *order = lac_split_sort(job->label, job->rows);
    double *cumulative = malloc(job->n * sizeof *cumulative);
    struct chains c = {.count = calloc(job->n, sizeof *c.count),
                       .head = calloc(job->n, sizeof *c.head),
                       .next = calloc(job->rows, sizeof *c.next)};
    lac_status status;
    if (order && cumulative && c.count && c.head && c.next) {
        status = dirichlet_classes(job, alpha, order, cumulative);
        if (status == LAC_OK) {
            dirichlet_fill_empty(job, &c);
        }
    } else {
        status = lac_split_no_memory();
    }
    free(order);
    free(cumulative);
    free(c.count);
    free(c.head);
    free(c.next);
    return status;
}

static const char *const dirichlet_keys[] = {"alpha", NULL};

const struct lac_split lac_split_dirichlet = {
    .name = "dirichlet",
    .summary = "alpha=A: shares of every class drawn from Dirichlet(A); a small A is a strong skew",
    .wants = LAC_WANT_LABELS,
    .allowed = dirichlet_keys,
    .assign = dirichlet_assign,
};

/*
 * lvar: the greedy heuristic of EF21-W's experiments that makes the clients' smoothness constants
 * as unequal as it can (arXiv:2402.10774, section on experiments): the rows are sorted by their own
 * smoothness; client i begins with the row at quantile (i - 1/2)/n; every other row, in ascending
 * order, goes to the client that is not full where it raises L_var most, the first of equals.
 *
 * Here: the smoothness of a row is |a|^2 (every objective's is a multiple of it), that of a client
 * is estimated by the mean over its rows, and L_var = (1/n) sum L_i^2 - ((1/n) sum L_i)^2. A client
 * is full at floor(rows/n) rows, except that rows mod n clients may take one more.
 *
 * Adding a row of smoothness s to a client of k rows changes its L_i by e = (s - L_i) / (k + 1), and
 * n L_var by 2 e (L_i - mean) + e^2 (1 - 1/n). All n clients are tried for every row.
 */
#include <math.h>
#include <stdlib.h>

#include "data/split.h"

__extension__ typedef unsigned __int128 wide;

struct lvar {
    double *smoothness; /* (n) L_i */
    double *share;      /* (n) 1 / (k + 1); full clients are none of the open ones */
    uint64_t *count;    /* (n) k */
    uint32_t *open;     /* the clients that are not full, ascending */
    uint32_t open_count;
    double sum;      /* of the L_i */
    uint64_t longer; /* clients that may still take one row more than the others */
};

static void lvar_add(struct lvar *v, const struct lac_split_job *job, uint32_t i, uint64_t row)
{
    double change = (job->norm_sq[row] - v->smoothness[i]) * v->share[i];
    v->smoothness[i] += change;
    v->sum += change;
    v->count[i]++;
    v->share[i] = 1.0 / (double)(v->count[i] + 1);
    job->owner[row] = i;
}

/* Takes out of the open clients those that are full. */
static void lvar_close(struct lvar *v, uint64_t least)
{
    uint32_t kept = 0;
    for (uint32_t k = 0; k < v->open_count; k++) {
        uint64_t count = v->count[v->open[k]];
        if (count < least || (count == least && v->longer > 0)) {
            v->open[kept++] = v->open[k];
        }
    }
    v->open_count = kept;
}

static uint32_t lvar_best(const struct lvar *v, uint32_t n, double s)
{
    double mean = v->sum / n, square = 1.0 - 1.0 / n, most = (double)-INFINITY;
    uint32_t best = v->open[0];
    for (uint32_t k = 0; k < v->open_count; k++) {
        uint32_t i = v->open[k];
        double e = (s - v->smoothness[i]) * v->share[i];
        double gain = e * (2.0 * (v->smoothness[i] - mean) + e * square);
        if (gain > most) {
            most = gain;
            best = i;
        }
    }
    return best;
}

static void lvar_greedy(struct lvar *v, const struct lac_split_job *job, const uint64_t *order)
{
    uint64_t least = job->rows / job->n;
    v->longer = job->drop_remainder ? 0 : job->rows % job->n;
    for (uint64_t row = 0; row < job->rows; row++) {
        job->owner[row] = LAC_NO_OWNER;
    }
    for (uint32_t i = 0; i < job->n; i++) { /* another place for each i, since rows >= n */
        uint64_t place = (uint64_t)((2 * (wide)i + 1) * job->rows / (2 * (wide)job->n));
        v->share[i] = 1.0;
        v->open[i] = i;
        lvar_add(v, job, i, order[place]);
    }
    v->open_count = job->n;
    lvar_close(v, least);
    for (uint64_t place = 0; place < job->rows && v->open_count > 0; place++) {
        uint64_t row = order[place];
        if (job->owner[row] != LAC_NO_OWNER) {
            continue;
        }
        uint32_t i = lvar_best(v, job->n, job->norm_sq[row]);
        lvar_add(v, job, i, row);
        v->longer -= v->count[i] > least;
        if (v->count[i] >= least) {
            lvar_close(v, least);
        }
    }
}

static lac_status lvar_assign(const struct lac_split_job *job)
{
    for (uint64_t row = 0; row < job->rows; row++) {
        if (!isfinite(job->norm_sq[row])) {
            return LAC_FAIL(LAC_E_INPUT,
                            "line %llu: |a|^2 is too large for a double: scale the data",
                            (unsigned long long)row + 1);
        }
    }
    uint64_t *order = lac_split_sort(job->norm_sq, job->rows);
    struct lvar v = {.smoothness = calloc(job->n, sizeof *v.smoothness),
                     .share = calloc(job->n, sizeof *v.share),
                     .count = calloc(job->n, sizeof *v.count),
                     .open = calloc(job->n, sizeof *v.open)};
    bool memory = order && v.smoothness && v.share && v.count && v.open;
    if (memory) {
        lvar_greedy(&v, job, order);
    }
    free(order);
    free(v.smoothness);
    free(v.share);
    free(v.count);
    free(v.open);
    return memory ? LAC_OK : lac_split_no_memory();
}

static const char *const lvar_keys[] = {NULL};

const struct lac_split lac_split_lvar = {
    .name = "lvar",
    .summary = "greedy: the clients' smoothness as unequal as it can (EF21-W's experiments)",
    .wants = LAC_WANT_NORMS,
    .allowed = lvar_keys,
    .assign = lvar_assign,
};

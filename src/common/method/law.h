/*
 * The law of a sampling of n items, clients or rows: an unbiased estimate of the mean of a_1 .. a_n from
 * some of them,
 *
 *     S(a) = sum over the draws of factor_i a_i,   E S(a) = mean,
 *     E|S(a) - mean|^2 = (1/n) sum noise_i |a_i|^2 - B |mean|^2,   noise_i = A/(n w_i)
 *
 * (Tyurin et al., arXiv:2206.02275, Assumption 5 and Table 1; there with <=, all six hold with =).
 *
 *   law            draws                                         factor_i     A                    B  w_i
 *   nice           tau of n without replacement                  1/tau        (n-tau)/(tau(n-1))   A  1/n
 *   uniform        tau with replacement                          1/tau        1/tau                A  1/n
 *   importance     tau with replacement, i with q_i              1/(tau n q_i) 1/tau               A  q_i
 *   independent    each with p = tau/n                           1/(n p_i)    1/sum p_i/(1-p_i)    0  A p_i/(1-p_i)
 *   weighted       each with p_i in proportion to L_i, sum = tau  "            "                   0  "
 *   extended-nice  tau of N copies, l_i = ceil(L_i/mean L) of i  N/(tau n l_i) (N-tau)/(tau(N-1))  A  l_i/N
 *
 * q_i is in proportion to L_i. An L_i below a thousandth of the mean counts as that, so that every item
 * can be drawn.
 */
#ifndef LAC_METHOD_LAW_H
#define LAC_METHOD_LAW_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/rng.h"

enum lac_law_kind {
    LAC_LAW_NICE,
    LAC_LAW_UNIFORM,
    LAC_LAW_IMPORTANCE,
    LAC_LAW_INDEPENDENT,
    LAC_LAW_WEIGHTED,
    LAC_LAW_EXTENDED_NICE,
};

struct lac_law {
    enum lac_law_kind kind;
    size_t n;
    double tau; /* draws; of independent and weighted on average */
    double A, B;
    size_t copies;        /* N of extended-nice, else n */
    const double *factor; /* (n) NULL: 1/tau for all */
    const double
        *until; /* (n) importance: q_1 + .. + q_i; extended-nice: l_1 + .. + l_i; else NULL */
};

/* Whether its draws depend on the smoothness of the items. */
bool lac_law_is_weighted(enum lac_law_kind kind);
/* Whether an item may be drawn again. */
bool lac_law_repeats(enum lac_law_kind kind);
/* L (n) where it is weighted, else NULL. 0 < tau <= n, and whole where draws are counted. */
lac_status lac_law_open(struct lac_law *law, enum lac_law_kind kind, size_t n, double tau,
                        const double *L, struct lac_arena *a) LAC_MUST_CHECK;
/* Whether there are always TAU draws; else each item comes or not, on its own. */
bool lac_law_counts(enum lac_law_kind kind);
/* How vanilla PAGE counts any sampling of tau items: draws with replacement, and no B. */
lac_status lac_law_vanilla(struct lac_law *law, size_t n, double tau) LAC_MUST_CHECK;
/* The largest number of draws at once. */
size_t lac_law_most(enum lac_law_kind kind, size_t n, double tau);
double lac_law_factor(const struct lac_law *law, size_t i);
double lac_law_noise(const struct lac_law *law,
                     size_t i);                     /* A/(n w_i); 0 where i is always there */
double lac_law_distinct(const struct lac_law *law); /* expected number of items drawn, each once */
double lac_law_none(const struct lac_law *law);     /* probability that none is drawn */
double lac_law_chance(const struct lac_law *law, size_t i); /* expected number of draws of i */
double lac_law_square(const struct lac_law *law, size_t i); /* n E(draws of i times factor_i)^2 */

/* One draw of S, item by item; an item may come again. */
struct lac_draws {
    const struct lac_law *law;
    struct lac_rng rng;
    struct lac_permutation order;
    size_t at;
};
void lac_draws_begin(struct lac_draws *d, const struct lac_law *law,
                     const struct lac_stream *stream);
bool lac_draws_next(struct lac_draws *d, uint32_t *item);

#endif

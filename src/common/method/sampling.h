/*
 * Samplings: who takes part in a round, and how often. Drawn by the shared generator, so that nobody
 * sends a coin or a list.
 *
 *   full               everybody
 *   nice:TAU           TAU clients, uniformly, without replacement (TAU-nice)
 *   uniform:TAU        TAU independent uniform draws; a client drawn k times has multiplicity k
 *   importance:TAU     TAU independent draws, each client in proportion to its smoothness L_i
 *   bernoulli:P        each client with probability P, independently; the cohort may be empty
 *   weighted:TAU       each client independently, in proportion to L_i (at most 1), TAU on average
 *   extended-nice:TAU  TAU of N copies without replacement, ceil(L_i/L_mean) of each client
 *
 * Regularized participation (arXiv:2302.03662): in a meta epoch of R rounds each client takes part once.
 *
 *   cohorts:C          the clients in a new random order each meta epoch, cut into R = ceil(n/C) cohorts
 *   cohorts:C,order=partition   cut once; the cohorts come in a new order each meta epoch
 *   cyclic:C           the same cohorts in the same order for ever, of one random order of the clients
 *   cyclic:C,order=listed       of the clients as they are numbered
 *   trace:FILE         as the file says, again from its begin at its end: a line is a round and lists its clients, an
 *                      empty line ends a meta epoch; '#' begins a comment
 *
 * Behind each of them ",lost=..." (of full ":lost=..."): clients that are lost on the way (struct lac_absence).
 *
 * TAU is a number or a percentage of the n clients, rounded up. struct lac_law has the formulas (Tyurin et
 * al., arXiv:2206.02275, Table 1).
 */
#ifndef LAC_METHOD_SAMPLING_H
#define LAC_METHOD_SAMPLING_H

#include <stddef.h>
#include <stdint.h>

#include "method/absence.h"
#include "method/choice.h"
#include "method/law.h"
#include "method/trace.h"

struct lac_env;

enum lac_sampling_kind {
    LAC_SAMPLING_FULL = 1 << 0,
    LAC_SAMPLING_NICE = 1 << 1,
    LAC_SAMPLING_UNIFORM = 1 << 2,
    LAC_SAMPLING_IMPORTANCE = 1 << 3,
    LAC_SAMPLING_BERNOULLI = 1 << 4,
    LAC_SAMPLING_WEIGHTED = 1 << 5,
    LAC_SAMPLING_EXTENDED_NICE = 1 << 6,
    LAC_SAMPLING_ANY = (1 << 7) - 1, /* all that are drawn anew in each round, by a law */
    LAC_SAMPLING_COHORTS = 1 << 7,
    LAC_SAMPLING_CYCLIC = 1 << 8,
    LAC_SAMPLING_TRACE = 1 << 9,
    LAC_SAMPLING_REGULARIZED = LAC_SAMPLING_COHORTS | LAC_SAMPLING_CYCLIC | LAC_SAMPLING_TRACE,
};

enum lac_cohort_order { LAC_COHORTS_SHUFFLED, LAC_COHORTS_PARTITION, LAC_COHORTS_LISTED };

struct lac_sampling {
    enum lac_sampling_kind kind;
    double size;        /* expected number of draws of a round */
    double p;           /* how often a client is drawn, on average: size/n */
    struct lac_law law; /* of the clients; where weighted, once the L_i are known */
    uint32_t rounds;    /* R of a meta epoch, of a trace of its first; of the others about n/size */
    enum lac_cohort_order order;
    struct lac_trace trace;
    struct lac_absence absence; /* of those who are drawn */
};

struct lac_participant {
    uint32_t client;
    uint32_t multiplicity; /* how often it was drawn */
    uint32_t role;         /* bits that the method gives meaning to */
    uint32_t position;     /* among all who were drawn, those who are absent too */
};

extern const struct lac_choices lac_samplings; /* kind: enum lac_sampling_kind */

/* Reads "nice:20%" for n clients; the failure says what is wrong. */
lac_status lac_sampling_open(struct lac_sampling *s, const char *text, uint32_t n,
                             struct lac_arena *a) LAC_MUST_CHECK;
/* Expected number of clients in a round; a weighted one must be weighed. */
double lac_sampling_clients(const struct lac_sampling *s);
/* Whether its draws need the L_i of the clients. */
bool lac_sampling_is_weighted(const struct lac_sampling *s);
/* Gives it the L_i (n). */
lac_status lac_sampling_weigh(struct lac_sampling *s, const double *L_i,
                              struct lac_arena *a) LAC_MUST_CHECK;

/* Participants are drawn into a table with one entry per client (n), then those who are present are
   moved together, ascending. */
void lac_nobody(const struct lac_env *e, struct lac_participant *who);
/* Adds a draw of e->sampling, with the role's bits; number tells the draws of one round apart. */
void lac_draw_cohort(const struct lac_env *e, uint16_t number, uint32_t role,
                     struct lac_participant *who);
/* Returns the size of the cohort. */
uint32_t lac_present(const struct lac_env *e, struct lac_participant *who);
uint32_t lac_everybody(const struct lac_env *e, struct lac_participant *who);
/* The factor of a participant's vector in an unbiased estimate of the mean over all clients; of a meta epoch's R rounds
   together where each takes part once: R/n, also in a smaller last cohort. */
double lac_cohort_factor(const struct lac_env *e, const struct lac_participant *who);
/* The meta epoch of e->round, from 0, and whether the round is its last; those of a trace may differ in length. */
uint64_t lac_meta_epoch(const struct lac_env *e);
bool lac_ends_meta_epoch(const struct lac_env *e);
/* In how many rounds before e->round the client whose turn it is took part; where clients are drawn anew in each round,
   all rounds: what it missed is not known without drawing them again. */
uint64_t lac_turns_before(const struct lac_env *e);
/* s = max{1, R sum over S of w_i/n} of the heaviest cohort S, or an upper bound of it; heaviest: the largest w_i, of all
   clients 1 on average. A step to the mean of models whose weights add up to more than 1 goes past it. Of bernoulli:P,
   whose weights add up to 1 on average alone, 1 + (1 - P)/(P n); 1 where cohorts of one size are drawn. */
double lac_sampling_weight(const struct lac_sampling *s, uint32_t n, double heaviest);
/* One draw of e->sampling; everybody in round 0, the start. */
uint32_t lac_cohort(const struct lac_env *e, struct lac_participant *who);

#endif

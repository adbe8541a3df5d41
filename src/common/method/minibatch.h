/*
 * Fixed minibatches of a client's rows: dealt once at random (LAC_DEALS_BATCHES), batch j of B has the dealt rows
 * floor(j m/B) .. floor((j+1) m/B), weighted so that the batches' gradients average exactly to grad f_i. They are
 * gone through in epochs, in an order that each client draws anew (`--rr-order reshuffle`) or once.
 */
#ifndef LAC_METHOD_MINIBATCH_H
#define LAC_METHOD_MINIBATCH_H

#include "method/choice.h"
#include "method/method.h"

/* Streams of LAC_PURPOSE_BATCH, told apart by their channel. */
enum { LAC_BATCH_ROWS, LAC_BATCH_ORDER, LAC_BATCH_DEAL };

/* Its parameter `batches`; 1 where it has none. */
uint32_t lac_method_batches(const struct lac_method *m, const struct lac_env *e);
/* Whether rows are dealt: a client's one minibatch keeps the order of its rows. */
bool lac_deals_batches(const struct lac_method *m, const struct lac_env *e);

/* Vectors that a client keeps for its gradient (LAC_SHIFT): one, or one for each dealt minibatch; 0: none, or others. */
size_t lac_method_shifts(const struct lac_method *m, const struct lac_env *e);

extern const struct lac_choices lac_rr_orders; /* kind: 1 once, 0 reshuffle */

/* pi(position): which of `count` minibatches is number `position` of this epoch, of the client whose turn it is. */
uint32_t lac_batch_of(const struct lac_env *e, uint32_t count, uint64_t epoch, uint32_t position);

/* Methods that take one minibatch in each round: B is their first parameter, an epoch has B rounds. */
#define LAC_BATCHES                                                         \
    {                                                                       \
        "batches", 10.0, 1.0, 1e9, true, "fixed minibatches of each client" \
    }
uint32_t lac_batches(const double *parameter);
uint64_t lac_batch_epoch(const struct lac_env *e);
/* The minibatch of e->round, of the client whose turn it is. */
uint32_t lac_batch_of_round(const struct lac_env *e);
enum { LAC_BATCHES_AHEAD = 256 }; /* drawn at once */

/* The local steps of a round: K, or `epochs` through all batches where `steps` is 0. */
struct lac_pass {
    uint32_t batches;                 /* 1: full gradients */
    uint32_t steps;                   /* K */
    double mu;                        /* they are on f_i(y) + (mu/2)|y - x|^2 */
    struct lac_permutation order;     /* of the minibatches, in the epoch of the last step ... */
    uint32_t next[LAC_BATCHES_AHEAD]; /* ... and its part that is gone through */
};

/* The parameters of methods with local passes, first in their lists and in this order. */
enum { LAC_PASS_STEPS, LAC_PASS_EPOCHS, LAC_PASS_BATCHES, LAC_PASS_PARAMETERS };
#define LAC_PASS_LIST(steps, epochs, batches)                                                     \
    {"steps", steps, 0.0, 4096.0, true, "local steps of a round; 0: epochs times batches"},       \
        {"epochs", epochs, 1.0,                                                                   \
         4096.0,   true,   "passes over the client's minibatches a round, where steps is 0"},     \
    {                                                                                             \
        "batches", batches, 1.0, 1e6, true, "fixed minibatches of each client; 1: full gradients" \
    }

struct lac_pass lac_pass_of(const double *parameter);
#define LAC_MEAN_OF_MODELS(steps) \
    steps "/s: the mean of the local models where s = max{1, R/n times the heaviest cohort} is 1"
/* gamma K/s, a server step: s = 1 makes x the mean of the cohort's local models, and where a cohort weighs s > 1
   (lac_sampling_weight) no step goes past that mean. */
double lac_mean_of_models(const struct lac_problem *p, double heaviest);
/* Refuses a kept order that clients of whom nobody counts the turns would leave rows out of; who: --participation. */
lac_status lac_order_check(const struct lac_method *m, const struct lac_env *e,
                           const char *who) LAC_MUST_CHECK;
/* g <- the gradient at y that local step j of this round takes: of the minibatch behind that of the client's last step
   (lac_turns_before); with `--gradient` other than
   full, of the rows that it draws anew for each step. The steps of a pass are taken from 0 on. */
lac_status lac_local_gradient(struct lac_env *e, struct lac_pass *pass, uint32_t j, const double *y,
                              double *g) LAC_MUST_CHECK;
/* y <- (x - y^K)/(gamma K), where y^0 = x and y^{j+1} = y^j - gamma grad(y^j); grad (d) is work. A client of weight w
   (--client-weights samples: f_i = w times the mean over its rows) makes its steps on f_i/w, and w times that is written:
   FedAvg's weighted mean of steps that know no weights. */
lac_status lac_pseudo_gradient(struct lac_env *e, struct lac_pass pass, const double *x, double *y,
                               double *grad) LAC_MUST_CHECK;

#endif

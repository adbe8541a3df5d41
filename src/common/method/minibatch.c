#include "method/minibatch.h"

#include <string.h>

#include "base/vec.h"

static const struct lac_choice orders[] = {
    {0, "reshuffle", "reshuffle", "each client draws a new order of its minibatches in each epoch",
     NULL},
    {1, "once", "once", "the order of the first epoch for ever", NULL},
};

const struct lac_choices lac_rr_orders = {
    .option = "--rr-order",
    .entries = orders,
    .count = sizeof orders / sizeof orders[0],
};

uint32_t lac_method_batches(const struct lac_method *m, const struct lac_env *e)
{
    for (size_t k = 0; m->parameters && m->parameters[k].name; k++) {
        if (strcmp(m->parameters[k].name, "batches") == 0) {
            return (uint32_t)e->parameter[k];
        }
    }
    return 1;
}

bool lac_deals_batches(const struct lac_method *m, const struct lac_env *e)
{
    return (m->traits & LAC_DEALS_BATCHES) && lac_method_batches(m, e) > 1;
}

size_t lac_method_shifts(const struct lac_method *m, const struct lac_env *e)
{
    size_t count = lac_state_count(&m->client, e, LAC_SHIFT);
    bool each = lac_deals_batches(m, e) && count == lac_method_batches(m, e);
    return count == 1 || each ? count : 0;
}

static void draw_order(const struct lac_env *e, uint32_t count, uint64_t epoch,
                       struct lac_permutation *pi)
{
    struct lac_stream stream = {.seed = e->seed,
                                .round = e->keeps_order ? 0 : epoch,
                                .client = e->who.client,
                                .purpose = LAC_PURPOSE_BATCH,
                                .channel = LAC_BATCH_ORDER};
    lac_permutation_init(pi, &stream, count);
}

uint32_t lac_batch_of(const struct lac_env *e, uint32_t count, uint64_t epoch, uint32_t position)
{
    struct lac_permutation pi;
    if (count == 1) {
        return 0;
    }
    draw_order(e, count, epoch, &pi);
    return (uint32_t)lac_permutation_at(&pi, position);
}

uint32_t lac_batches(const double *parameter)
{
    return (uint32_t)parameter[0];
}

uint64_t lac_batch_epoch(const struct lac_env *e)
{
    return e->round > 0 ? (e->round - 1) / lac_batches(e->parameter) : 0;
}

uint32_t lac_batch_of_round(const struct lac_env *e)
{
    uint32_t count = lac_batches(e->parameter);
    return lac_batch_of(e, count, lac_batch_epoch(e), (uint32_t)((e->round - 1) % count));
}

struct lac_pass lac_pass_of(const double *parameter)
{
    struct lac_pass pass = {.batches = (uint32_t)parameter[LAC_PASS_BATCHES],
                            .steps = (uint32_t)parameter[LAC_PASS_STEPS]};
    if (pass.steps == 0) {
        pass.steps = (uint32_t)parameter[LAC_PASS_EPOCHS] * pass.batches;
    }
    return pass;
}

double lac_mean_of_models(const struct lac_problem *p, double heaviest)
{
    double K = lac_pass_of(p->parameter).steps;
    return p->env->gamma * K / lac_sampling_weight(p->sampling, p->n, heaviest);
}

lac_status lac_order_check(const struct lac_method *m, const struct lac_env *e, const char *who)
{
    bool passes = m->parameters && m->parameters[0].name &&
                  strcmp(m->parameters[LAC_PASS_STEPS].name, "steps") == 0;
    unsigned known = LAC_SAMPLING_FULL | LAC_SAMPLING_REGULARIZED; /* whose turns are counted */
    if (!e->keeps_order || !passes || (e->sampling.kind & known) ||
        e->estimator.kind != LAC_ESTIMATOR_FULL) {
        return LAC_OK;
    }
    struct lac_pass pass = lac_pass_of(e->parameter);
    if (pass.steps % pass.batches == 0) {
        return LAC_OK;
    }
    return LAC_FAIL(
        LAC_E_USAGE,
        "--rr-order: once needs whole epochs with --participation %s, and %u steps do not "
        "fill epochs of %u batches: a client that is away would pass over the same rows "
        "for ever; take a multiple, or reshuffle",
        who, pass.steps, pass.batches);
}

lac_status lac_local_gradient(struct lac_env *e, struct lac_pass *pass, uint32_t j, const double *y,
                              double *g)
{
    e->local_step = j;
    if (e->estimator.kind != LAC_ESTIMATOR_FULL) {
        return lac_gradient(e, y, g);
    }
    uint64_t step = lac_turns_before(e) * pass->steps + j;
    uint32_t position = (uint32_t)(step % pass->batches), ahead = position % LAC_BATCHES_AHEAD;
    if (j == 0 || position == 0) {
        draw_order(e, pass->batches, step / pass->batches, &pass->order);
    }
    if (j == 0 || ahead == 0) {
        uint32_t first = position - ahead, left = pass->batches - first;
        lac_permutation_fill(&pass->order, first,
                             left < LAC_BATCHES_AHEAD ? left : LAC_BATCHES_AHEAD, pass->next);
    }
    return lac_batch_gradient(e, y, pass->next[ahead], pass->batches, g);
}

lac_status lac_pseudo_gradient(struct lac_env *e, struct lac_pass pass, const double *x, double *y,
                               double *grad)
{
    double gamma = e->gamma / e->weight; /* the client's own loss, without its weight */
    vec_copy(y, x, e->d);                /* y^0 = x */
    for (uint32_t j = 0; j < pass.steps && e->weight > 0.0; j++) {
        LAC_TRY(lac_local_gradient(e, &pass, j, y, grad));
        if (pass.mu > 0.0) {
            vec_axpy(grad, e->weight * pass.mu, y, e->d); /* + mu (y^j - x) */
            vec_axpy(grad, -e->weight * pass.mu, x, e->d);
        }
        vec_axpy(y, -gamma, grad, e->d); /* y^{j+1} = y^j - gamma grad */
    }
    vec_sub(y, x, y, e->d);
    if (e->weight > 0.0) {
        vec_scale(y, 1.0 / (gamma * pass.steps), y, e->d); /* (x - y^K)/(gamma K) */
    }
    return LAC_OK;
}

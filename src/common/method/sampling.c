#include "method/sampling.h"

#include <math.h>

#include "base/rng.h"
#include "base/text.h"
#include "method/method.h"

static const struct lac_choice samplings[] = {
    {LAC_SAMPLING_FULL, "full", "full", "every client takes part in every round"},
    {LAC_SAMPLING_NICE, "nice", "nice:TAU", "TAU clients (or TAU%), without replacement"},
    {LAC_SAMPLING_UNIFORM, "uniform", "uniform:TAU", "TAU draws (or TAU%), with replacement"},
    {LAC_SAMPLING_BERNOULLI, "bernoulli", "bernoulli:P",
     "each client with probability P, independently"},
};

const struct lac_choices lac_samplings = {
    .option = "--participation",
    .listed = "samplings",
    .entries = samplings,
    .count = sizeof samplings / sizeof samplings[0],
};

static lac_status read_tau(const char *text, uint32_t n, uint32_t *tau)
{
    double value;
    if (lac_is_percentage(text)) {
        LAC_TRY(lac_parse_percentage("--participation", text, &value));
        value = lac_percent_of(value, n, false);
    } else {
        LAC_TRY(lac_parse_double("--participation", text, &value));
    }
    if (value >= 1.0 && value <= (double)n && value == floor(value)) {
        *tau = (uint32_t)value;
        return LAC_OK;
    }
    return LAC_FAIL(
        LAC_E_USAGE,
        "--participation: '%s' is not a number of clients from 1 to %u, nor a percentage", text, n);
}

static lac_status read_probability(const char *text, double *p)
{
    LAC_TRY(lac_parse_double("--participation", text, p));
    if (*p > 0.0 && *p <= 1.0) {
        return LAC_OK;
    }
    return LAC_FAIL(LAC_E_USAGE, "--participation: %s is not a probability above 0", text);
}

lac_status lac_sampling_open(struct lac_sampling *s, const char *text, uint32_t n,
                             struct lac_arena *a)
{
    const struct lac_choice *choice;
    const char *argument;
    LAC_TRY(lac_choose(&lac_samplings, text, a, &choice, &argument));
    *s = (struct lac_sampling){
        .kind = (enum lac_sampling_kind)choice->kind, .tau = n, .p = 1.0, .size = (double)n};
    if (s->kind == LAC_SAMPLING_FULL) {
        return LAC_OK;
    }
    if (s->kind == LAC_SAMPLING_BERNOULLI) {
        LAC_TRY(read_probability(argument, &s->p));
        s->tau = 0;
        s->size = s->p * (double)n;
        return LAC_OK;
    }
    LAC_TRY(read_tau(argument, n, &s->tau));
    s->size = (double)s->tau;
    s->p = s->size / (double)n;
    return LAC_OK;
}

static struct lac_stream stream_of(const struct lac_env *e, uint16_t number)
{
    return (struct lac_stream){.seed = e->seed,
                               .round = e->round,
                               .client = LAC_SHARED,
                               .purpose = LAC_PURPOSE_PARTICIPATION,
                               .step = number};
}

void lac_nobody(const struct lac_env *e, struct lac_participant *who)
{
    for (uint32_t i = 0; i < e->n; i++) {
        who[i] = (struct lac_participant){.client = i};
    }
}

static void draw_nice(const struct lac_env *e, const struct lac_stream *stream, uint32_t role,
                      struct lac_participant *who)
{
    struct lac_permutation pi;
    lac_permutation_init(&pi, stream, e->n);
    for (uint32_t k = 0; k < e->sampling.tau; k++) {
        struct lac_participant *one = &who[lac_permutation_at(&pi, k)];
        one->multiplicity = 1; /* also where another set of this round has it */
        one->role |= role;
    }
}

static void draw_uniform(const struct lac_env *e, const struct lac_stream *stream, uint32_t role,
                         struct lac_participant *who)
{
    struct lac_rng r;
    lac_rng_init(&r, stream);
    for (uint32_t k = 0; k < e->sampling.tau; k++) {
        struct lac_participant *one = &who[lac_rng_below(&r, e->n)];
        one->multiplicity++;
        one->role |= role;
    }
}

static void draw_bernoulli(const struct lac_env *e, const struct lac_stream *stream, uint32_t role,
                           struct lac_participant *who)
{
    struct lac_rng r;
    lac_rng_init(&r, stream);
    for (uint32_t i = 0; i < e->n; i++) {
        if (lac_rng_uniform(&r) < e->sampling.p) {
            who[i].multiplicity = 1;
            who[i].role |= role;
        }
    }
}

void lac_draw_cohort(const struct lac_env *e, uint16_t number, uint32_t role,
                     struct lac_participant *who)
{
    struct lac_stream stream = stream_of(e, number);
    switch (e->sampling.kind) {
    case LAC_SAMPLING_FULL:
    case LAC_SAMPLING_NICE:
        draw_nice(e, &stream, role, who);
        break;
    case LAC_SAMPLING_UNIFORM:
        draw_uniform(e, &stream, role, who);
        break;
    case LAC_SAMPLING_BERNOULLI:
        draw_bernoulli(e, &stream, role, who);
        break;
    }
}

uint32_t lac_present(const struct lac_env *e, struct lac_participant *who)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < e->n; i++) {
        if (who[i].multiplicity > 0) {
            who[count++] = who[i];
        }
    }
    return count;
}

uint32_t lac_everybody(const struct lac_env *e, struct lac_participant *who)
{
    for (uint32_t i = 0; i < e->n; i++) {
        who[i] = (struct lac_participant){.client = i, .multiplicity = 1};
    }
    return e->n;
}

uint32_t lac_cohort(const struct lac_env *e, struct lac_participant *who)
{
    if (e->round == 0 || e->sampling.kind == LAC_SAMPLING_FULL) {
        return lac_everybody(e, who);
    }
    lac_nobody(e, who);
    lac_draw_cohort(e, 0, 0, who);
    return lac_present(e, who);
}

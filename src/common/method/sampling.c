#include "method/sampling.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "method/method.h"

static const struct lac_choice samplings[] = {
    {LAC_SAMPLING_FULL, "full", "full", "every client takes part in every round", NULL},
    {LAC_SAMPLING_NICE, "nice", "nice:TAU", "TAU clients (or TAU%), without replacement", NULL},
    {LAC_SAMPLING_UNIFORM, "uniform", "uniform:TAU", "TAU draws (or TAU%), with replacement", NULL},
    {LAC_SAMPLING_IMPORTANCE, "importance", "importance:TAU",
     "TAU draws (or TAU%) with replacement, in proportion to the clients' smoothness", NULL},
    {LAC_SAMPLING_BERNOULLI, "bernoulli", "bernoulli:P",
     "each client with probability P (or P%), independently", NULL},
    {LAC_SAMPLING_WEIGHTED, "weighted", "weighted:TAU",
     "each client independently, in proportion to its smoothness, TAU (or TAU%) on average", NULL},
    {LAC_SAMPLING_EXTENDED_NICE, "extended-nice", "extended-nice:TAU",
     "TAU copies (or TAU%) without replacement; smoother clients have fewer", NULL},
    {LAC_SAMPLING_COHORTS, "cohorts", "cohorts:C",
     "C clients (or C%) after another, in an order that is drawn anew once all have been; "
     "order=partition: the same cohorts in a new order",
     "order"},
    {LAC_SAMPLING_CYCLIC, "cyclic", "cyclic:C",
     "the same, in one random order for ever; order=listed: as the clients are numbered", "order"},
    {LAC_SAMPLING_TRACE, "trace", "trace:FILE",
     "as the file says: a line for each round with its clients, an empty line after each meta epoch",
     NULL},
};

const struct lac_choices lac_samplings = {
    .option = "--participation",
    .listed = "samplings",
    .entries = samplings,
    .count = sizeof samplings / sizeof samplings[0],
};

static enum lac_law_kind law_of(enum lac_sampling_kind kind)
{
    switch (kind) {
    case LAC_SAMPLING_UNIFORM:
        return LAC_LAW_UNIFORM;
    case LAC_SAMPLING_IMPORTANCE:
        return LAC_LAW_IMPORTANCE;
    case LAC_SAMPLING_BERNOULLI:
        return LAC_LAW_INDEPENDENT;
    case LAC_SAMPLING_WEIGHTED:
        return LAC_LAW_WEIGHTED;
    case LAC_SAMPLING_EXTENDED_NICE:
        return LAC_LAW_EXTENDED_NICE;
    default:
        return LAC_LAW_NICE;
    }
}

static lac_status read_tau(const char *text, uint32_t n, double *tau)
{
    if (lac_is_percentage(text)) {
        LAC_TRY(lac_parse_percentage("--participation", text, tau));
        *tau = lac_percent_of(*tau, n, false);
    } else {
        LAC_TRY(lac_parse_double("--participation", text, tau));
    }
    if (*tau >= 1.0 && *tau <= (double)n && *tau == floor(*tau)) {
        return LAC_OK;
    }
    return LAC_FAIL(
        LAC_E_USAGE,
        "--participation: '%s' is not a number of clients from 1 to %u, nor a percentage", text, n);
}

static lac_status read_probability(const char *text, double *p)
{
    if (lac_is_percentage(text)) {
        LAC_TRY(lac_parse_percentage("--participation", text, p));
        *p /= 100.0;
    } else {
        LAC_TRY(lac_parse_double("--participation", text, p));
    }
    if (*p >= 1e-9 && *p <= 1.0) {
        return LAC_OK;
    }
    return LAC_FAIL(LAC_E_USAGE, "--participation: %s is not a probability from 1e-9 to 1", text);
}

static lac_status read_order(struct lac_sampling *s, const char *text)
{
    bool cyclic = s->kind == LAC_SAMPLING_CYCLIC;
    if (!text) {
        return LAC_OK;
    }
    if (!cyclic && strcmp(text, "partition") == 0) {
        s->order = LAC_COHORTS_PARTITION;
        return LAC_OK;
    }
    if (cyclic && strcmp(text, "listed") == 0) {
        s->order = LAC_COHORTS_LISTED;
        return LAC_OK;
    }
    return LAC_FAIL(LAC_E_USAGE, "--participation: the order of %s is %s, or left out, not '%s'",
                    cyclic ? "cyclic" : "cohorts", cyclic ? "listed" : "partition", text);
}

static lac_status read_trace(struct lac_sampling *s, const char *path, uint32_t n,
                             struct lac_arena *a)
{
    LAC_TRY(lac_trace_read(&s->trace, path, n, a));
    s->size = (double)s->trace.start[s->trace.rounds] / (double)s->trace.rounds;
    s->p = s->size / (double)n;
    while (s->rounds < s->trace.rounds && s->trace.meta_epoch[s->rounds] == 0) {
        s->rounds++; /* from 1 on */
    }
    return LAC_OK;
}

static lac_status open_drawn(struct lac_sampling *s, const char *text, uint32_t n,
                             struct lac_arena *a)
{
    const struct lac_choice *choice;
    struct lac_spec spec;
    LAC_TRY(lac_choose(&lac_samplings, text, a, &choice, &spec));
    const char *argument = lac_spec_get(&spec, "");
    *s = (struct lac_sampling){
        .kind = (enum lac_sampling_kind)choice->kind, .size = (double)n, .p = 1.0, .rounds = 1};
    LAC_TRY(read_order(s, lac_spec_get(&spec, "order")));
    if (s->kind == LAC_SAMPLING_TRACE) {
        return read_trace(s, argument, n, a);
    }
    if (s->kind == LAC_SAMPLING_BERNOULLI) {
        LAC_TRY(read_probability(argument, &s->p));
        s->size = s->p * (double)n;
    } else if (s->kind != LAC_SAMPLING_FULL) {
        LAC_TRY(read_tau(argument, n, &s->size));
        s->p = s->size / (double)n;
    }
    s->rounds = (uint32_t)fmin(ceil((double)n / s->size), (double)UINT32_MAX);
    if (s->kind & LAC_SAMPLING_REGULARIZED) {
        return LAC_OK;
    }
    if (lac_sampling_is_weighted(s)) {
        s->law.n = n;
        return LAC_OK;
    }
    return lac_law_open(&s->law, law_of(s->kind), n, s->size, NULL, a);
}

lac_status lac_sampling_open(struct lac_sampling *s, const char *text, uint32_t n,
                             struct lac_arena *a)
{
    const char *lost = lac_absence_text(text);
    char *drawn;
    if (!lost) {
        return open_drawn(s, text, n, a);
    }
    size_t length = (size_t)(lost - text) - 1;
    LAC_TRY(LAC_NEW(a, length + 1, &drawn));
    memcpy(drawn, text, length);
    LAC_TRY(open_drawn(s, drawn, n, a));
    return lac_absence_read(&s->absence, lost, n, a);
}

double lac_sampling_clients(const struct lac_sampling *s)
{
    if (s->kind == LAC_SAMPLING_FULL || s->kind == LAC_SAMPLING_TRACE) {
        return s->size;
    }
    bool regularized = s->kind & LAC_SAMPLING_REGULARIZED;
    return regularized ? s->size / s->p / (double)s->rounds : lac_law_distinct(&s->law);
}

bool lac_sampling_is_weighted(const struct lac_sampling *s)
{
    return lac_law_is_weighted(law_of(s->kind));
}

lac_status lac_sampling_weigh(struct lac_sampling *s, const double *L_i, struct lac_arena *a)
{
    return lac_law_open(&s->law, law_of(s->kind), s->law.n, s->size, L_i, a);
}

/* Numbers of streams, behind those of the draws of a round. */
enum { LAC_ORDER_OF_CLIENTS = 16, LAC_ORDER_OF_COHORTS };

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

void lac_draw_cohort(const struct lac_env *e, uint16_t number, uint32_t role,
                     struct lac_participant *who)
{
    bool repeats = lac_law_repeats(e->sampling.law.kind);
    struct lac_stream stream = stream_of(e, number);
    struct lac_draws draws;
    uint32_t i;
    lac_draws_begin(&draws, &e->sampling.law, &stream);
    while (lac_draws_next(&draws, &i)) {
        /* once, also where another set of this round has it */
        who[i].multiplicity = repeats ? who[i].multiplicity + 1 : 1;
        who[i].role |= role;
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

/* The clients of this round's cohort of C, among the n in an order. */
static void mark_cohort(const struct lac_env *e, struct lac_participant *who)
{
    const struct lac_sampling *s = &e->sampling;
    uint64_t epoch = (e->round - 1) / s->rounds, turn = (e->round - 1) % s->rounds;
    bool anew = s->kind == LAC_SAMPLING_COHORTS && s->order == LAC_COHORTS_SHUFFLED;
    struct lac_stream clients = stream_of(e, LAC_ORDER_OF_CLIENTS),
                      cohorts = stream_of(e, LAC_ORDER_OF_COHORTS);
    struct lac_permutation order;
    if (s->order == LAC_COHORTS_PARTITION) {
        cohorts.round = epoch;
        lac_permutation_init(&order, &cohorts, s->rounds);
        turn = lac_permutation_at(&order, turn);
    }
    clients.round = anew ? epoch : 0;
    lac_permutation_init(&order, &clients, e->n);
    uint64_t size = (uint64_t)s->size, end = (turn + 1) * size;
    for (uint64_t k = turn * size; k < end && k < e->n; k++) {
        uint64_t i = s->order == LAC_COHORTS_LISTED ? k : lac_permutation_at(&order, k);
        who[i].multiplicity = 1;
    }
}

static uint32_t traced(const struct lac_trace *t, uint64_t round, struct lac_participant *who)
{
    uint32_t line = (uint32_t)((round - 1) % t->rounds), count = 0;
    for (uint32_t k = t->start[line]; k < t->start[line + 1]; k++) {
        who[count++] = (struct lac_participant){.client = t->client[k], .multiplicity = 1};
    }
    return count;
}

/* The one that a round is of, `passed` rounds after the first. */
static uint64_t meta_epoch_of(const struct lac_sampling *s, uint64_t passed)
{
    const struct lac_trace *t = &s->trace;
    if (s->kind != LAC_SAMPLING_TRACE) {
        return passed / s->rounds;
    }
    return passed / t->rounds * t->meta_epochs + t->meta_epoch[passed % t->rounds];
}

uint64_t lac_meta_epoch(const struct lac_env *e)
{
    return meta_epoch_of(&e->sampling, e->round > 0 ? e->round - 1 : 0);
}

bool lac_ends_meta_epoch(const struct lac_env *e)
{
    return meta_epoch_of(&e->sampling, e->round) != lac_meta_epoch(e);
}

uint64_t lac_turns_before(const struct lac_env *e)
{
    const struct lac_trace *t = &e->sampling.trace;
    uint64_t passed = e->round > 0 ? e->round - 1 : 0;
    if (e->sampling.kind != LAC_SAMPLING_TRACE) {
        bool once = e->sampling.kind & LAC_SAMPLING_REGULARIZED;
        return once ? lac_meta_epoch(e) : passed;
    }
    return passed / t->rounds * t->times[e->who.client] +
           t->before[t->start[passed % t->rounds] + e->position];
}

double lac_sampling_weight(const struct lac_sampling *s, uint32_t n, double heaviest)
{
    double rounds = s->rounds;
    double clients = s->kind == LAC_SAMPLING_TRACE ? (double)s->trace.largest : s->size;
    if (s->kind == LAC_SAMPLING_BERNOULLI) {
        return 1.0 + (1.0 - s->p) / (s->p * (double)n);
    }
    if (!(s->kind & LAC_SAMPLING_REGULARIZED)) {
        return 1.0;
    }
    double weight = rounds * clients / (double)n * heaviest;
    return fmax(1.0, fmin(weight, rounds)); /* all clients together weigh R */
}

double lac_cohort_factor(const struct lac_env *e, const struct lac_participant *who)
{
    const struct lac_sampling *s = &e->sampling;
    if (s->kind & LAC_SAMPLING_REGULARIZED) {
        return (double)s->rounds / (double)e->n;
    }
    if (s->kind == LAC_SAMPLING_FULL) {
        return 1.0 / (double)e->n;
    }
    return (double)who->multiplicity * lac_law_factor(&s->law, who->client);
}

uint32_t lac_cohort(const struct lac_env *e, struct lac_participant *who)
{
    if (e->round == 0 || e->sampling.kind == LAC_SAMPLING_FULL) {
        return lac_everybody(e, who);
    }
    if (e->sampling.kind == LAC_SAMPLING_TRACE) {
        return traced(&e->sampling.trace, e->round, who);
    }
    lac_nobody(e, who);
    if (e->sampling.kind & LAC_SAMPLING_REGULARIZED) {
        mark_cohort(e, who);
        return lac_present(e, who);
    }
    lac_draw_cohort(e, 0, 0, who);
    return lac_present(e, who);
}

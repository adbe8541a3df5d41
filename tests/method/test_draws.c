/* What is drawn apart is independent: rows of two clients, of two rounds and of two seeds, cohorts, the coin, and what a
   compressor keeps. Everything is one of six, so that two equal streams would show as equal draws. */
#include <math.h>
#include <string.h>

#include "check.h"
#include "tap.h"

enum { SIX = 6, ROUNDS = 12000 };

/* Six marks of each kind, of one round. */
enum {
    ROWS_0,
    ROWS_1,
    ROWS_5,
    BEFORE_0,
    BEFORE_1,
    OTHER_SEED,
    COHORT,
    COHORT_NEXT,
    KEPT_0,
    KEPT_1,
    KEPT_NEXT,
    COIN,
    COIN_NEXT,
    KINDS
};
enum { MARKS = KINDS * SIX };

static const char *const kind_names[KINDS] = {
    [ROWS_0] = "rows of client 0",
    [ROWS_1] = "rows of client 1",
    [ROWS_5] = "rows of client 5",
    [BEFORE_0] = "rows of client 0 before",
    [BEFORE_1] = "rows of client 1 before",
    [OTHER_SEED] = "rows of client 0 with another seed",
    [COHORT] = "the cohort",
    [COHORT_NEXT] = "the cohort of the next round",
    [KEPT_0] = "what RandK keeps of client 0",
    [KEPT_1] = "what RandK keeps of client 1",
    [KEPT_NEXT] = "what RandK keeps of client 0 in the next round",
    [COIN] = "the coin",
    [COIN_NEXT] = "the coin of the next round",
};

struct sums {
    unsigned count;
    double one[MARKS], two[MARKS][MARKS];
};

static void draw_rows(struct lac_worker *w, uint32_t client, double *mark)
{
    static const struct lac_batch drawn = {.drawn = true};
    double g[SIX], loss;
    struct lac_env *e = &w->env;
    LAC_ASSERT(e->gradient(e->oracle, client, e->x0, &drawn, &loss, g) == LAC_OK);
    for (size_t k = 0; k < w->sampler.rows.m; k++) {
        mark[w->sampler.chosen[k]] += 1.0;
    }
}

static void draw_cohort(const struct lac_server *s, uint64_t round, double *mark, double *coin)
{
    struct lac_env e = s->env;
    struct lac_participant who[SIX];
    e.round = round;
    uint32_t count = lac_cohort(&e, who);
    for (uint32_t k = 0; k < count; k++) {
        mark[who[k].client] = who[k].multiplicity;
    }
    *coin = lac_coin(&e, 0, 0.5);
}

static void draw_kept(const struct lac_env *e, uint32_t client, uint64_t round, double *mark)
{
    struct lac_draw draw = {.seed = e->seed, .round = round, .client = client, .cohort = SIX};
    struct lac_entries kept;
    if (lac_drawn_entries(&e->channel[0], &draw, &kept)) {
        for (size_t k = 0; k < kept.count; k++) {
            mark[lac_entry(&kept, k)] = 1.0;
        }
    }
}

/* The marks of e->round; `mark` has those of the round that came before. */
static void draw_all(struct solo_run *r, struct solo_run *other, double *mark)
{
    struct lac_worker *w = r->worker;
    memmove(mark + BEFORE_0 * SIX, mark + ROWS_0 * SIX, 2 * SIX * sizeof *mark);
    memset(mark, 0, BEFORE_0 * SIX * sizeof *mark);
    memset(mark + OTHER_SEED * SIX, 0, (KINDS - OTHER_SEED) * SIX * sizeof *mark);
    draw_rows(w, 0, mark + ROWS_0 * SIX);
    draw_rows(w, 1, mark + ROWS_1 * SIX);
    draw_rows(w, 5, mark + ROWS_5 * SIX);
    other->worker->env.round = w->env.round;
    draw_rows(other->worker, 0, mark + OTHER_SEED * SIX);
    uint64_t round = w->env.round;
    draw_cohort(&r->server, round, mark + COHORT * SIX, mark + COIN * SIX);
    draw_cohort(&r->server, round + 1, mark + COHORT_NEXT * SIX, mark + COIN_NEXT * SIX);
    draw_kept(&w->env, 0, round, mark + KEPT_0 * SIX);
    draw_kept(&w->env, 1, round, mark + KEPT_1 * SIX);
    draw_kept(&w->env, 0, round + 1, mark + KEPT_NEXT * SIX);
}

static void add_marks(struct sums *s, const double *mark)
{
    s->count++;
    for (size_t a = 0; a < MARKS; a++) {
        s->one[a] += mark[a];
        for (size_t b = 0; mark[a] != 0.0 && b < MARKS; b++) {
            s->two[a][b] += mark[a] * mark[b];
        }
    }
}

static double covariance(const struct sums *s, size_t a, size_t b)
{
    double count = s->count;
    return s->two[a][b] / count - s->one[a] / count * (s->one[b] / count);
}

/* The largest |correlation| between marks of two kinds, in standard deviations of that of independent ones; and of
   which kinds it is. */
static double largest_correlation(const struct sums *s, size_t *one, size_t *other)
{
    double most = 0.0;
    *one = *other = 0;
    for (size_t a = 0; a < MARKS; a++) {
        for (size_t b = (a / SIX + 1) * SIX; b < MARKS; b++) {
            double both = covariance(s, a, a) * covariance(s, b, b); /* 0: always alike */
            double z = both > 1e-9 ? fabs(covariance(s, a, b)) * sqrt(s->count / both) : 0.0;
            if (z > most) {
                most = z;
                *one = a / SIX;
                *other = b / SIX;
            }
        }
    }
    return most;
}

/* Each kind's marks vary; of the coin there is one. */
static bool all_vary(const struct sums *s)
{
    bool vary = true;
    for (size_t kind = 0; kind < KINDS; kind++) {
        double most = 0.0;
        for (size_t j = 0; j < SIX; j++) {
            most = fmax(most, covariance(s, kind * SIX + j, kind * SIX + j));
        }
        vary = vary && most > 0.1;
    }
    return vary;
}

static lac_status open_runs(struct solo_run *r, struct solo_run *other, const char *options)
{
    char text[600];
    snprintf(text, sizeof text, "%s --seed 2", options);
    lac_status status = solo_open(r, options, NULL, NULL);
    status = status == LAC_OK ? solo_finish(r) : status;
    lac_status second = solo_open(other, text, NULL, NULL);
    second = second == LAC_OK ? solo_finish(other) : second;
    return status == LAC_OK ? second : status;
}

/* One round of every `epoch` is looked at: the batches of an epoch are not independent. */
static void independent(const char *gradient, const char *participation, uint64_t epoch)
{
    static struct solo_run r, other;
    static struct sums s;
    double mark[MARKS] = {0};
    size_t one = 0, two = 0;
    char options[512];
    snprintf(options, sizeof options,
             "--data synth:lvar,kappa=0.2,d=6,m=6 --clients 6 --method dcgd --compressor randk:k=2 "
             "--step 0.01 --rounds 1 --gradient %s --participation %s",
             gradient, participation);
    lac_status status = open_runs(&r, &other, options);
    memset(&s, 0, sizeof s);
    uint64_t rounds = (uint64_t)tap_cases(ROUNDS);
    for (uint64_t t = 0; t < rounds && status == LAC_OK; t++) {
        r.worker->env.round = 1 + t * epoch + t % epoch;
        draw_all(&r, &other, mark);
        if (t > 0) {
            add_marks(&s, mark);
        }
    }
    double most = status == LAC_OK ? largest_correlation(&s, &one, &two) : HUGE_VAL;
    tap_ok(
        status == LAC_OK && all_vary(&s) && most < 5.0,
        "--gradient %s, --participation %s: draws are independent (%.1f sigma at most: %s and %s)",
        gradient, participation, most, kind_names[one], kind_names[two]);
    solo_close(&r);
    solo_close(&other);
}

/* The sampling of clients that draws as this estimator does. */
static const char *sampling_like(enum lac_estimator_kind kind)
{
    switch (kind) {
    case LAC_ESTIMATOR_UNIFORM:
        return "uniform:2";
    case LAC_ESTIMATOR_IMPORTANCE:
        return "importance:2";
    case LAC_ESTIMATOR_INDEPENDENT:
        return "bernoulli:0.3333333333333333";
    case LAC_ESTIMATOR_WEIGHTED:
        return "weighted:2";
    case LAC_ESTIMATOR_EXTENDED_NICE:
        return "extended-nice:2";
    default:
        return "nice:2";
    }
}

int main(void)
{
    for (size_t i = 1; i < lac_estimators.count; i++) {
        const struct lac_choice *entry = &lac_estimators.entries[i];
        bool batches = entry->kind == LAC_ESTIMATOR_MINIBATCH;
        char gradient[64];
        snprintf(gradient, sizeof gradient, "%s:2", entry->name);
        independent(gradient, sampling_like((enum lac_estimator_kind)entry->kind), batches ? 3 : 1);
    }
    independent("minibatch:2,order=exhaust", "nice:2", 3);
    return tap_done();
}

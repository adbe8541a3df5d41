/* What every method promises, on a small problem with each compressor that it admits. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "command/trial.h"

#define PROBLEM  "--data synth:logistic,d=14,m=6 --clients 7 --regularizer l2:0.1 --seed 3 "
#define MU       0.1
#define A_STEP   "0.02"
#define A_CHANCE "0.4"

enum { OPTIONS = 700, ROUNDS = 40, HALF = 20, FAR = 1200, HOSTILE_RUNS = 60 };

/* The options of a method, with what each of its quantities is to be: a rule or a number; NULL: its default. */
static void options_with(char out[OPTIONS], const struct lac_method *m, const char *compressor,
                         const char *const value[LAC_QUANTITIES])
{
    static const char *const option[LAC_QUANTITIES] = {"--p", "--step", "--server-step",
                                                       "--meta-step"};
    bool takes = lac_method_channel(m, LAC_FROM_COMPRESSOR) != NULL;
    int n = snprintf(out, OPTIONS, PROBLEM "--method %s%s%s", m->name,
                     takes ? " --compressor " : "", takes ? compressor : "");
    for (size_t k = 0; k < LAC_QUANTITIES && n < OPTIONS; k++) {
        if (value[k] && (m->rules[k] || k == LAC_STEP)) {
            n += snprintf(out + n, (size_t)(OPTIONS - n), " %s %s", option[k], value[k]);
        }
    }
}

/* The options of a method that is to run at a step of its own. */
static void options_of(char out[OPTIONS], const struct lac_method *m, const char *compressor,
                       const char *step)
{
    const char *const value[LAC_QUANTITIES] = {
        [LAC_CHANCE] = A_CHANCE, [LAC_STEP] = step, [LAC_SERVER_STEP] = A_STEP};
    options_with(out, m, compressor, value);
}

static lac_status run_for(struct lac_trial_run *out, uint32_t ranks, const char *options,
                          unsigned rounds, const char *more)
{
    char text[OPTIONS + 480];
    snprintf(text, sizeof text, "%s --rounds %u %s", options, rounds, more);
    return lac_trial_run(out, ranks, text, NULL, NULL);
}

/* Said where a run fails that should not. */
static const char *why(lac_status status)
{
    return status == LAC_OK ? "" : lac_failure();
}

static void say_same(struct lac_trial *t, const char *name, const char *with, const char *options)
{
    static const uint32_t ranks[] = {1, 3, 5};
    struct lac_trial_run first, again;
    lac_status status = run_for(&first, 1, options, ROUNDS, "");
    bool same = status == LAC_OK;
    for (size_t i = 0; same && i < sizeof ranks / sizeof *ranks; i++) {
        status = run_for(&again, ranks[i], options, ROUNDS, "");
        same = status == LAC_OK && lac_trial_same(&first, &again);
    }
    lac_trial_say(t, same,
                  "%s with %s: run again, and on 3 and 5 ranks, the same model and bits: %s", name,
                  with,
                  same     ? first.digest
                  : status ? why(status)
                           : "they differ");
}

/* A state that is not listed is not kept, and shows here. */
static void say_resumes(struct lac_trial *t, const char *name, const char *with,
                        const char *options)
{
    struct lac_trial_run whole, half, resumed;
    char keep[400], resume[400];
    snprintf(keep, sizeof keep, "--checkpoint %s --checkpoint-every %d", t->folder, HALF);
    snprintf(resume, sizeof resume, "--resume %s --checkpoint-every 1000", t->folder);
    lac_status status = run_for(&whole, 1, options, ROUNDS, "");
    status = status == LAC_OK ? run_for(&half, 2, options, HALF, keep) : status;
    status = status == LAC_OK ? run_for(&resumed, 3, options, ROUNDS, resume) : status;
    bool same = status == LAC_OK && strcmp(whole.digest, resumed.digest) == 0 &&
                memcmp(&whole.up, &resumed.up, sizeof whole.up) == 0 &&
                memcmp(&whole.down, &resumed.down, sizeof whole.down) == 0;
    lac_trial_empty(t->folder);
    lac_trial_say(
        t, same, "%s with %s: interrupted on 2 ranks and resumed on 3, the same model and bits%s%s",
        name, with, status ? ": " : "", why(status));
}

/* f is strongly convex: a step of theory lowers |grad f|^2 by exp(-gamma mu) in each round, or by more; where the step is no
   theorem's, or the method stays in a ball, it falls. */
static void say_converges(struct lac_trial *t, const struct lac_method *m, const char *with,
                          const char *const steps[2])
{
    struct lac_trial_run r;
    char options[OPTIONS];
    options_of(options, m, with, steps[0]);
    lac_status status = run_for(&r, 1, options, FAR, "--eval-every 0");
    bool is_theory = status != LAC_E_USAGE && steps[0] != steps[1];
    if (status == LAC_E_USAGE && !r.is_no_step) { /* its theory is of other compressors */
        options_of(options, m, with, steps[1]);
        status = run_for(&r, 1, options, FAR, "--eval-every 0");
    }
    bool proved = is_theory && !r.is_beyond && !(m->traits & LAC_REACHES_A_BALL);
    double fell = r.last.grad_norm_sq / r.first.grad_norm_sq;
    double asked = proved ? fmax(1e-2, exp(-r.step * MU * FAR)) : 1.0;
    lac_trial_say(
        t, status == LAC_OK && fell < asked,
        "%s with %s: in %d rounds |grad f|^2 falls to less than %.2g of its start (%.1e, step %.3g)%s%s",
        m->name, with, FAR, asked, fell, r.step, status ? ": " : "", why(status));
}

/* What theory gives is a step wherever the rule is not refused: one that is none would end every run of it. */
static void say_rules(struct lac_trial *t, const struct lac_method *m, const char *with)
{
    struct lac_trial_run r;
    char options[OPTIONS], said[300] = "";
    unsigned count = 0, refused = 0;
    for (size_t k = 0; k < LAC_QUANTITIES; k++) {
        const char *value[LAC_QUANTITIES] = {
            [LAC_CHANCE] = A_CHANCE, [LAC_STEP] = A_STEP, [LAC_SERVER_STEP] = A_STEP};
        for (const struct lac_step_rule *rule = m->rules[k]; rule && rule->name; rule++, count++) {
            value[k] = rule->name;
            options_with(options, m, with, value);
            refused += run_for(&r, 1, options, 0, "") != LAC_OK;
            if (r.is_no_step && !*said) {
                snprintf(said, sizeof said, ": %.290s", lac_failure());
            }
        }
    }
    lac_trial_say(
        t, !*said,
        "%s with %s: of its %u rules for steps %u are refused by a sentence, the others give "
        "positive numbers%s",
        m->name, with, count, refused, said);
}

/* Flips, cuts and noise, drawn by the run's number. */
struct hostile {
    struct lac_rng rng;
    unsigned kind;
};

static void change(void *context, unsigned char *body, size_t *length)
{
    struct hostile *h = context;
    if (*length == 0 || lac_rng_below(&h->rng, 4) > 0) {
        return;
    }
    switch (h->kind % 3) {
    case 0:
        body[lac_rng_below(&h->rng, *length)] ^= (unsigned char)(1u << lac_rng_below(&h->rng, 8));
        break;
    case 1:
        *length = (size_t)lac_rng_below(&h->rng, *length);
        break;
    default:
        for (size_t i = 0; i < *length; i++) {
            body[i] = (unsigned char)lac_rng_word(&h->rng);
        }
    }
}

static void say_hostile(struct lac_trial *t, const char *name, const char *with,
                        const char *options)
{
    unsigned refused = 0, wrong = 0;
    char text[OPTIONS + 40];
    snprintf(text, sizeof text, "%s --rounds 4", options);
    for (unsigned i = 0; i < HOSTILE_RUNS; i++) {
        struct lac_trial_run r;
        struct hostile h = {.kind = i};
        const struct lac_stream stream = {.seed = 5, .round = i, .purpose = LAC_PURPOSE_TEST};
        lac_rng_init(&h.rng, &stream);
        lac_status status = lac_trial_run(&r, 2, text, change, &h);
        refused += status == LAC_E_PROTOCOL;
        wrong += status != LAC_OK && status != LAC_E_PROTOCOL && status != LAC_E_NUMERIC;
    }
    lac_trial_say(t, wrong == 0 && refused >= HOSTILE_RUNS / 4,
                  "%s with %s: of %d runs with changed messages %u are refused, the others go on; "
                  "none does anything else%s%s",
                  name, with, HOSTILE_RUNS, refused, wrong ? ": " : "", wrong ? lac_failure() : "");
}

static void try_with(struct lac_trial *t, const struct lac_method *m, const char *compressor,
                     bool thoroughly)
{
    char options[OPTIONS];
    const char *const steps[] = {m->rules[LAC_STEP] ? "theory" : A_STEP, A_STEP};
    options_of(options, m, compressor, A_STEP);
    say_rules(t, m, compressor);
    say_same(t, m->name, compressor, options);
    say_converges(t, m, compressor, steps);
    if (thoroughly) {
        say_resumes(t, m->name, compressor, options);
        say_hostile(t, m->name, compressor, options);
    }
}

/* A compressor, or a parameter of the method's own, may not fit: that is said in a sentence. */
static lac_status admits(const struct lac_method *m, const char *compressor, char options[OPTIONS])
{
    struct lac_trial_run r;
    options_of(options, m, compressor, A_STEP);
    return run_for(&r, 1, options, 0, "");
}

void lac_trial_method(struct lac_trial *t, const struct lac_method *m)
{
    char options[OPTIONS];
    size_t count, tried = 0;
    const struct lac_compressor *const *list = lac_compressors(&count);
    lac_status status = LAC_OK;
    for (size_t i = 0; i < count; i++) {
        lac_status here = admits(m, list[i]->examples[0], options);
        if (here == LAC_OK) {
            try_with(t, m, list[i]->examples[0], tried == 0 || i + 1 == count);
            tried++;
        }
        status = here == LAC_OK || here == LAC_E_USAGE ? status : here;
        if (!lac_method_channel(m, LAC_FROM_COMPRESSOR)) {
            break; /* they would all be the same */
        }
    }
    lac_trial_say(t, tried > 0 && status == LAC_OK,
                  "%s: %zu compressors are tried, and others refused by a sentence%s%s", m->name,
                  tried, tried ? "" : ": ", tried ? "" : lac_failure());
}

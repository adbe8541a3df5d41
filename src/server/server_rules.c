/* The steps and the probability of a method: its theory's, multiples of them, or numbers. */
#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/server_state.h"

struct quantity {
    const char *option, *text;
    double *value;
    double most;
};

/* In the order of enum lac_quantity. */
static void quantities_of(struct lac_server *s, struct quantity q[LAC_QUANTITIES])
{
    const struct lac_config *c = s->config;
    q[LAC_CHANCE] = (struct quantity){"--p", c->p, &s->env.p, 1.0};
    q[LAC_STEP] = (struct quantity){"--step", c->step, &s->env.first_gamma, DBL_MAX};
    q[LAC_SERVER_STEP] =
        (struct quantity){"--server-step", c->server_step, &s->env.first_eta, DBL_MAX};
    q[LAC_META_STEP] = (struct quantity){"--meta-step", c->meta_step, &s->env.first_theta, DBL_MAX};
}

/* "2*theory": as users of other programs write it. Returns the rule, NULL: it is none of them. */
static const char *turned_around(const struct lac_step_rule *rules, const char *text)
{
    const char *star = strchr(text, '*');
    for (const struct lac_step_rule *r = rules; star && r && r->name; r++) {
        if (strcmp(r->name, star + 1) == 0) {
            return r->name;
        }
    }
    return NULL;
}

static lac_status unknown_rule(const struct lac_method *m, const char *option,
                               const struct lac_step_rule *rules, const char *text, size_t length)
{
    char known[256] = "";
    size_t n = 0;
    if (!rules) {
        return LAC_FAIL(LAC_E_USAGE, "%s: %s has no theoretical step; give a number", option,
                        m->name);
    }
    for (const struct lac_step_rule *r = rules; r->name; r++) {
        n += (size_t)snprintf(known + n, sizeof known - n, " %s", r->name);
    }
    return LAC_FAIL(LAC_E_USAGE, "%s: '%.*s' is no number and no rule of %s, which knows:%s",
                    option, (int)length, text, m->name, known);
}

/* Or meant as one: "1e-3", "1,5", "inf". */
static bool is_number(const char *text)
{
    char *end;
    (void)strtod(text, &end);
    return strchr("+-.0123456789", *text) || *end == '\0';
}

/* "theory", "theory*8", "theory-old*0.5"; rule NULL where the text is a number. */
static lac_status parse_rule(const struct lac_method *m, const struct quantity *q,
                             const struct lac_step_rule *rules, const struct lac_step_rule **rule,
                             double *factor)
{
    size_t length = strcspn(q->text, "*");
    char what[64];
    *rule = NULL;
    *factor = 1.0;
    const char *turned = turned_around(rules, q->text);
    if (turned) {
        return LAC_FAIL(LAC_E_USAGE, "%s: '%s': write the rule first, %s*%.*s", q->option, q->text,
                        turned, (int)length, q->text);
    }
    if (is_number(q->text)) {
        return lac_parse_double(q->option, q->text, factor);
    }
    for (const struct lac_step_rule *r = rules; r && r->name; r++) {
        if (strlen(r->name) == length && strncmp(r->name, q->text, length) == 0) {
            *rule = r;
        }
    }
    if (!*rule) {
        return unknown_rule(m, q->option, rules, q->text, length);
    }
    snprintf(what, sizeof what, "%s: the factor", q->option);
    return q->text[length] == '*' ? lac_parse_double(what, q->text + length + 1, factor) : LAC_OK;
}

static struct lac_problem problem_of(struct lac_server *s)
{
    struct lac_problem p = {.d = s->d,
                            .n = s->n,
                            .constants = &s->constants,
                            .alpha = 1.0,
                            .env = &s->env,
                            .channel = s->env.channel,
                            .sampling = &s->env.sampling,
                            .estimator = &s->env.estimator,
                            .convex = s->config->convex,
                            .mu = s->config->convex ? s->config->strong * s->least_weight : 0.0,
                            .heaviest = s->most_weight,
                            .parameter = s->env.parameter};
    if (lac_method_channels(s->method) > 0) {
        p.compressor = &s->env.channel[0].info;
        p.omega = p.compressor->classes & LAC_UNBIASED ? p.compressor->omega : 0.0;
        p.alpha = p.compressor->alpha;
    }
    return p;
}

static unsigned needs_of(const struct lac_problem *p, unsigned needs)
{
    bool noise = p->omega > 0.0 || p->sampling->kind != LAC_SAMPLING_FULL;
    bool sums = !p->compressor || !p->compressor->correlated;
    needs |= noise && (needs & LAC_NEEDS_L_I_OF_NOISE) ? (unsigned)LAC_NEEDS_L_I : 0;
    return needs | (sums && (needs & LAC_NEEDS_L_OF_SUMS) ? (unsigned)LAC_NEEDS_L : 0);
}

/* In each round anew, and the estimate is a mean of draws: E|.|^2 is at most that of one (Jensen). */
static bool draws_rows(const struct lac_estimator *e)
{
    return e->kind == LAC_ESTIMATOR_UNIFORM || e->kind == LAC_ESTIMATOR_NICE ||
           e->kind == LAC_ESTIMATOR_IMPORTANCE || e->kind == LAC_ESTIMATOR_EXTENDED_NICE;
}

/* What of the run lies outside of the rule's scope, of enum lac_scope. */
static unsigned beyond(const struct lac_problem *p, unsigned scope)
{
    unsigned here = p->estimator->kind != LAC_ESTIMATOR_FULL ? (unsigned)LAC_FOR_ESTIMATES : 0;
    here |= p->sampling->kind != LAC_SAMPLING_FULL ? (unsigned)LAC_FOR_COHORTS : 0;
    if ((scope & LAC_FOR_DRAWN_ROWS) && !draws_rows(p->estimator)) {
        scope &= ~(unsigned)LAC_FOR_ESTIMATES;
    }
    return (here & ~scope) | (p->convex ? 0 : scope & LAC_FOR_CONVEX) | (scope & LAC_NO_THEOREM);
}

static bool all_unbiased(const struct lac_problem *p, const struct lac_channel_compressor **biased)
{
    for (size_t i = 0; i < LAC_MAX_CHANNELS && p->channel[i].text; i++) {
        *biased = &p->channel[i];
        if (!((*biased)->info.classes & LAC_UNBIASED)) {
            return false;
        }
    }
    return true;
}

static bool leaves_noise(const struct lac_problem *p)
{
    bool noise = false;
    for (size_t i = 0; i < LAC_MAX_CHANNELS && p->channel[i].text; i++) {
        noise = noise || p->channel[i].info.omega > 0.0;
    }
    return noise;
}

/* The rule has a formula here. */
static lac_status check_scope(const struct lac_problem *p, const struct quantity *q,
                              const struct lac_step_rule *rule)
{
    const struct lac_channel_compressor *biased;
    if ((rule->scope & LAC_ONLY_UNBIASED) && !all_unbiased(p, &biased)) {
        return LAC_FAIL(LAC_E_USAGE,
                        "%s: '%s' is for unbiased compressors, and %s is contractive only; "
                        "take another rule or a number",
                        q->option, q->text, biased->text);
    }
    if ((rule->scope & LAC_ONLY_STRONG_OF_NOISE) && leaves_noise(p) && !(p->mu > 0.0)) {
        return LAC_FAIL(LAC_E_USAGE,
                        "%s: '%s' divides by mu, which is not known to be above 0: it needs a "
                        "convex objective with --regularizer l2:LAMBDA, or nothing compressed; "
                        "else take another rule or a number",
                        q->option, q->text);
    }
    if ((rule->scope & LAC_ONLY_STRONG) && !(p->mu > 0.0)) {
        return LAC_FAIL(LAC_E_USAGE,
                        "%s: '%s' needs mu > 0, which is not known here: a convex objective with "
                        "--regularizer l2:LAMBDA; else give %s a number",
                        q->option, q->text, q->option);
    }
    return LAC_OK;
}

static lac_status choose(const struct lac_method *m, const struct lac_problem *p,
                         const struct quantity *q, const struct lac_step_rule *rule, double factor,
                         struct lac_chosen *out)
{
    struct lac_branch branch = {0};
    if (rule) {
        LAC_TRY(check_scope(p, q, rule));
        branch = m->branch ? m->branch(p, rule) : branch;
    }
    double value = rule ? factor * rule->step(p) : factor;
    *out = (struct lac_chosen){.option = q->option,
                               .rule = rule ? q->text : "number",
                               .formula = branch.name ? branch.formula
                                          : rule      ? rule->formula
                                                      : NULL,
                               .branch = branch.name,
                               .value = value,
                               .beyond = rule ? beyond(p, rule->scope) : 0};
    *q->value = value;
    if (value > 0.0 && value <= q->most) {
        return LAC_OK;
    }
    return LAC_FAIL(LAC_E_USAGE, "%s: %s gives %g; %s", q->option, q->text, value,
                    q->most == 1.0 ? "a probability is above 0 and at most 1"
                                   : "a step is a positive number");
}

/* Not of this method, and not asked for. */
static lac_status absent(const struct lac_method *m, const struct quantity *q)
{
    if (strcmp(q->text, "theory") == 0) {
        return LAC_OK;
    }
    return LAC_FAIL(LAC_E_USAGE, "%s: %s has none; leave the option out", q->option, m->name);
}

/* Constants of products over all clients: vectors would go to and fro as often as for many rounds. */
static lac_status check_sealed(const struct lac_server *s, const struct lac_problem *p,
                               unsigned needs)
{
    const unsigned dense = LAC_NEEDS_L | LAC_NEEDS_FEATURES | LAC_NEEDS_L_PLUS | LAC_NEEDS_LOSS |
                           LAC_NEEDS_NOISE | LAC_NEEDS_VANILLA;
    if (!s->forwards || !(needs_of(p, needs) & dense)) {
        return LAC_OK;
    }
    return LAC_FAIL(LAC_E_USAGE,
                    "--step: the constants of '%s' are those of products of all clients, which a "
                    "sealed run does not exchange; take a rule of the L_i alone, or a number",
                    s->config->step);
}

/* What the options say of each quantity that the method has; of others nothing may be said. */
static lac_status parse_rules(const struct lac_server *s, const struct quantity q[LAC_QUANTITIES],
                              const struct lac_step_rule *rule[LAC_QUANTITIES],
                              double factor[LAC_QUANTITIES])
{
    static const enum lac_option_id ids[] = {[LAC_CHANCE] = LAC_CONFIG_P,
                                             [LAC_STEP] = LAC_CONFIG_STEP,
                                             [LAC_SERVER_STEP] = LAC_CONFIG_SERVER_STEP,
                                             [LAC_META_STEP] = LAC_CONFIG_META_STEP};
    const struct lac_method *m = s->method;
    for (size_t k = 0; k < LAC_QUANTITIES; k++) {
        bool here = m->rules[k] || k == LAC_STEP;
        rule[k] = NULL;
        lac_status read =
            here ? parse_rule(m, &q[k], m->rules[k], &rule[k], &factor[k]) : absent(m, &q[k]);
        LAC_TRY(lac_config_option(s->config, ids[k], read));
    }
    return LAC_OK;
}

lac_status lac_server_check_rules(const struct lac_config *c)
{
    struct lac_server s = {.config = c};
    const struct lac_step_rule *rule[LAC_QUANTITIES];
    double factor[LAC_QUANTITIES];
    struct quantity q[LAC_QUANTITIES];
    LAC_TRY(lac_method_find(c->method, &s.method));
    quantities_of(&s, q);
    return parse_rules(&s, q, rule, factor);
}

lac_status lac_server_rules(struct lac_server *s)
{
    const struct lac_method *m = s->method;
    const struct lac_step_rule *rule[LAC_QUANTITIES];
    double factor[LAC_QUANTITIES];
    struct quantity q[LAC_QUANTITIES];
    struct lac_problem p = problem_of(s);
    bool counts = s->env.policy.kind != LAC_STEP_CONSTANT && !m->epoch; /* rounds of an epoch */
    unsigned needs = m->needs | (counts ? LAC_NEEDS_FRACTION : 0);
    quantities_of(s, q);
    LAC_TRY(parse_rules(s, q, rule, factor));
    for (size_t k = 0; k < LAC_QUANTITIES; k++) {
        needs |= rule[k] ? rule[k]->needs : 0;
    }
    LAC_TRY(check_sealed(s, &p, needs));
    LAC_TRY(lac_server_constants(s, needs_of(&p, needs)));
    for (size_t k = 0; k < LAC_QUANTITIES; k++) {
        if (m->rules[k] || k == LAC_STEP) {
            LAC_TRY(choose(m, &p, &q[k], rule[k], factor[k], &s->chosen[k]));
            s->env.gamma = s->env.first_gamma;
            s->env.eta = s->env.first_eta;
            s->env.theta = s->env.first_theta;
        }
    }
    return m->admits ? m->admits(&s->env) : LAC_OK;
}

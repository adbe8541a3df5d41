#include "method/method.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "method/minibatch.h"

#define LAC_METHOD(name) extern const struct lac_method lac_method_##name;
#include "method/method.def"
#undef LAC_METHOD

static const struct lac_method *const built_in[] = {
#define LAC_METHOD(name) &lac_method_##name,
#include "method/method.def"
#undef LAC_METHOD
};

enum { BUILT_IN = sizeof built_in / sizeof built_in[0], MOST_METHODS = 128 };

static const struct lac_method *methods[MOST_METHODS];
static size_t method_count;

const struct lac_method *const *lac_methods(size_t *count)
{
    if (method_count == 0) {
        memcpy(methods, built_in, sizeof built_in);
        method_count = BUILT_IN;
    }
    *count = method_count;
    return methods;
}

static bool named(const char *text, size_t length, const struct lac_method *m)
{
    return strlen(m->name) == length && memcmp(m->name, text, length) == 0;
}

/* Names that papers have for what is a method here with an option, or by another name. */
static const char *const elsewhere[][2] = {
    {"vr-marina", "marina with --gradient, as in --gradient nice:10%"},
    {"vr-pp-marina", "pp-marina with --gradient, as in --gradient nice:10%"},
    {"ef21-sgd", "ef21 with --gradient and --step theory-sgd"},
    {"ef21-w-sgd", "ef21-w with --gradient and --step theory-sgd"},
    {"ef21-pp", "ef21 with --participation, as in --participation nice:10%"},
    {"ef21-w-pp", "ef21-w with --participation, as in --participation nice:10%"},
    {"dasha-pp", "dasha with --participation, as in --participation nice:10%"},
    {"diana-pp", "cofig with --participation, as in --participation nice:10%"},
    {"dcgd-permk", "dcgd with --compressor permk"},
    {"marina-permk", "marina with --compressor permk"},
    {"vr-page", "page, which reduces variance by itself"},
    {"pp-page", "page with --participation, as in --participation nice:10%"},
    {"nastya", "q-nastya with --compressor identity"},
    {"rr", "q-rr with --compressor identity"},
    {"sgd", "gd with --gradient, as in --gradient nice:10%"},
    {"local-sgd", "fedavg"},
    {"scaffnew", "proxskip"},
};

static const char *said_of(const char *name)
{
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++) {
        if (strcmp(name, elsewhere[i][0]) == 0) {
            return elsewhere[i][1];
        }
    }
    return NULL;
}

lac_status lac_method_add(const struct lac_method *m)
{
    size_t count;
    const struct lac_method *const *all = lac_methods(&count);
    for (size_t i = 0; i < count; i++) {
        if (named(m->name, strlen(m->name), all[i])) {
            return LAC_FAIL(LAC_E_USAGE, "there is a method '%s' already", m->name);
        }
    }
    if (said_of(m->name)) {
        return LAC_FAIL(LAC_E_USAGE, "'%s' is %s", m->name, said_of(m->name));
    }
    if (count == MOST_METHODS) {
        return LAC_FAIL(LAC_E_USAGE, "there are %d methods already", MOST_METHODS);
    }
    methods[method_count++] = m;
    return LAC_OK;
}

void lac_methods_forget(void)
{
    method_count = 0;
}

lac_status lac_method_find(const char *text, const struct lac_method **out)
{
    const char *names[MOST_METHODS];
    char name[64];
    size_t count, length = strcspn(text, ":");
    const struct lac_method *const *all = lac_methods(&count);
    for (size_t i = 0; i < count; i++) {
        names[i] = all[i]->name;
        if (named(text, length, all[i])) {
            *out = all[i];
            return LAC_OK;
        }
    }
    snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name), text);
    const char *said = said_of(name);
    if (said) {
        return LAC_FAIL(LAC_E_USAGE, "--method: there is no '%s': it is %s", name, said);
    }
    const char *nearest = lac_nearest(name, names, count);
    return LAC_FAIL(LAC_E_USAGE, "--method: there is no '%s'; %s%s%s", name,
                    nearest ? "did you mean '" : "", nearest ? nearest : "'laconic list' shows all",
                    nearest ? "'?" : "");
}

size_t lac_method_channels(const struct lac_method *m)
{
    size_t count = 0;
    while (count < LAC_MAX_CHANNELS && m->channels[count].name) {
        count++;
    }
    return count;
}

const struct lac_channel *lac_method_channel(const struct lac_method *m,
                                             enum lac_compressor_option option)
{
    for (size_t i = 0; i < lac_method_channels(m); i++) {
        if (m->channels[i].option == option) {
            return &m->channels[i];
        }
    }
    return NULL;
}

unsigned lac_method_messages(const struct lac_method *m, const struct lac_env *e)
{
    if (e->round == 0) {
        return LAC_UP;
    }
    if (m->messages) {
        return m->messages(e);
    }
    return (m->server_begin ? (unsigned)LAC_DOWN : 0) | (m->server_add ? (unsigned)LAC_UP : 0) |
           (m->client_end || m->worker_end ? (unsigned)LAC_REPLY : 0);
}

uint32_t lac_method_participants(const struct lac_method *m, struct lac_env *e,
                                 struct lac_participant *who)
{
    uint32_t count = 0;
    e->cohort = m->participants ? m->participants(e, who) : lac_cohort(e, who);
    for (uint32_t i = 0; i < e->cohort; i++) {
        who[i].position = i;
        if (!lac_is_absent(&e->sampling.absence, who[i].client, e->round)) {
            who[count++] = who[i];
        }
    }
    return count;
}

static lac_status check_classes(const struct lac_method *m, const struct lac_channel *channel,
                                const struct lac_channel_compressor *c)
{
    bool fits = c->info.classes & channel->classes;
    bool scaled = (c->info.classes & LAC_UNBIASED) && (channel->classes & LAC_CONTRACTIVE);
    if (fits || scaled) {
        return LAC_OK;
    }
    return LAC_FAIL(LAC_E_USAGE, "%s needs an unbiased compressor; %s is contractive only", m->name,
                    c->text);
}

static lac_status read_parameter(const struct lac_parameter *p, const struct lac_spec *spec,
                                 double *value)
{
    *value = p->standard;
    if (!lac_spec_get(spec, p->name)) {
        return LAC_OK;
    }
    LAC_TRY(lac_spec_double(spec, p->name, value));
    if (*value >= p->least && *value <= p->most && (!p->whole || *value == floor(*value))) {
        return LAC_OK;
    }
    return LAC_FAIL(LAC_E_USAGE, "--method %s: %s is a %snumber from %g to %g", spec->text, p->name,
                    p->whole ? "whole " : "", p->least, p->most);
}

lac_status lac_method_parameters(const struct lac_method *m, const char *text, double *value,
                                 struct lac_arena *a)
{
    const char *allowed[LAC_MAX_PARAMETERS + 1] = {NULL};
    struct lac_spec spec;
    size_t count = 0;
    for (; m->parameters && m->parameters[count].name; count++) {
        LAC_ASSERT(count < LAC_MAX_PARAMETERS);
        allowed[count] = m->parameters[count].name;
    }
    LAC_TRY(lac_of_option("--method", lac_spec_parse(&spec, text, a)));
    LAC_TRY(lac_of_option("--method", lac_spec_allow(&spec, allowed)));
    for (size_t i = 0; i < count; i++) {
        LAC_TRY(lac_of_option("--method", read_parameter(&m->parameters[i], &spec, &value[i])));
    }
    return LAC_OK;
}

lac_status lac_method_coupling(const char *text, double *lambda, struct lac_arena *a)
{
    const struct lac_method *m;
    struct lac_env e = {0};
    LAC_TRY(lac_method_find(text, &m));
    LAC_TRY(lac_method_parameters(m, text, e.parameter, a));
    *lambda = m->coupling ? m->coupling(&e) + 0.0 : (double)NAN;
    return LAC_OK;
}

static lac_status refuse_sampling(const struct lac_method *m, const char *text)
{
    char known[256] = "full";
    size_t n = strlen(known);
    for (size_t i = 0; i < lac_samplings.count && n < sizeof known; i++) {
        const struct lac_choice *entry = &lac_samplings.entries[i];
        if (m->participation & entry->kind & ~(unsigned)LAC_SAMPLING_FULL) {
            n += (size_t)snprintf(known + n, sizeof known - n, ", %s", entry->usage);
        }
    }
    bool subset = (m->participation & LAC_SAMPLING_NICE) && strncmp(text, "uniform:", 8) == 0;
    return LAC_FAIL(LAC_E_USAGE, "--participation: %s %s; it knows: %s, not '%s'%s%s", m->name,
                    m->participation ? "does not admit this" : "needs everybody in every round",
                    known, text,
                    subset ? ", whose draws may repeat: a uniformly drawn subset is nice:" : "",
                    subset ? text + 8 : "");
}

lac_status lac_method_check_loss(const struct lac_method *m, const char *option)
{
    char known[512] = "";
    size_t n = 0, count;
    const struct lac_method *const *all = lac_methods(&count);
    if (m->traits & LAC_ADMITS_LOSS) {
        return LAC_OK;
    }
    for (size_t i = 0; i < count && n < sizeof known; i++) {
        if (all[i]->traits & LAC_ADMITS_LOSS) {
            n += (size_t)snprintf(known + n, sizeof known - n, "%s%s", n > 0 ? ", " : "",
                                  all[i]->name);
        }
    }
    return LAC_FAIL(LAC_E_USAGE,
                    "%s: %s needs every client in every round, and does not go on without one; "
                    "%s do",
                    option, m->name, known);
}

lac_status lac_method_sampling(const struct lac_method *m, const char *text, uint32_t n,
                               struct lac_sampling *out, struct lac_arena *a)
{
    LAC_TRY(lac_sampling_open(out, text, n, a));
    bool fits = out->kind == LAC_SAMPLING_FULL || (m->participation & out->kind);
    LAC_TRY(fits ? LAC_OK : refuse_sampling(m, text));
    return out->absence.round ? lac_method_check_loss(m, "--participation: lost") : LAC_OK;
}

lac_status lac_method_estimator(const struct lac_method *m, const char *text,
                                struct lac_estimator *out, struct lac_arena *a)
{
    LAC_TRY(lac_estimator_open(out, text, a));
    if (out->kind == LAC_ESTIMATOR_FULL || (m->traits & LAC_TAKES_ESTIMATES)) {
        return LAC_OK;
    }
    return LAC_FAIL(LAC_E_USAGE, "--gradient: %s needs the gradients of all rows: full, not '%s'",
                    m->name, text);
}

static lac_status read_order(const struct lac_method *m, const char *text, bool *keeps,
                             struct lac_arena *a)
{
    const struct lac_choice *order;
    struct lac_spec spec;
    LAC_TRY(lac_choose(&lac_rr_orders, text, a, &order, &spec));
    *keeps = order->kind;
    if (*keeps && !(m->traits & LAC_DEALS_BATCHES)) {
        return LAC_FAIL(LAC_E_USAGE, "--rr-order: %s has no minibatches of its own", m->name);
    }
    return LAC_OK;
}

/* The rounds of an epoch: where clients draw a part of their rows, as many as draw all of them on average. A pass over
   minibatches on the clients is a round. */
static uint64_t rounds_of_epoch(const struct lac_method *m, const struct lac_env *e)
{
    double part = e->constants->fraction;
    bool draws = e->estimator.kind != LAC_ESTIMATOR_FULL && !(m->traits & LAC_DEALS_BATCHES);
    return draws && part < 1.0 ? (uint64_t)ceil(1.0 / part - 1e-9) : 1;
}

static uint64_t epoch_of(const struct lac_method *m, const struct lac_env *e)
{
    if (e->round == 0 || e->policy.kind == LAC_STEP_CONSTANT) {
        return 0;
    }
    return m->epoch ? m->epoch(e) : (e->round - 1) / rounds_of_epoch(m, e);
}

void lac_method_enter(const struct lac_method *m, struct lac_env *e, uint64_t round)
{
    e->round = round;
    double factor = lac_step_policy_factor(&e->policy, epoch_of(m, e));
    e->gamma = e->first_gamma * factor;
    e->eta =
        e->first_eta * factor; /* all of them, or the mean of the local models is no more one */
    e->theta = e->first_theta * factor;
}

lac_status lac_method_open(const struct lac_method *m, struct lac_env *e,
                           const struct lac_method_texts *text, struct lac_arena *a)
{
    size_t count = lac_method_channels(m);
    LAC_TRY(lac_method_parameters(m, text->method, e->parameter, a));
    LAC_TRY(lac_method_sampling(m, text->participation, e->n, &e->sampling, a));
    LAC_TRY(lac_method_estimator(m, text->gradient, &e->estimator, a));
    LAC_TRY(read_order(m, text->rr_order, &e->keeps_order, a));
    LAC_TRY(lac_order_check(m, e, text->participation));
    LAC_TRY(lac_step_policy_open(&e->policy, text->step_policy, a));
    bool cohorts = m->participants || e->sampling.kind != LAC_SAMPLING_FULL;
    uint32_t least = cohorts ? 1 : 0; /* they may be of any size */
    struct lac_compressor_size size = {.d = e->d, .n = e->n, .cohort = least};
    enum lac_wire up;
    LAC_TRY(lac_wire_find(text->wire, &up));
    LAC_TRY(LAC_NEW(a, LAC_MAX_CHANNELS, &e->channel));
    for (size_t i = 0; i < count; i++) {
        const struct lac_channel *channel = &m->channels[i];
        struct lac_channel_compressor *c = &e->channel[i];
        const char *const named_by[] = {[LAC_LOSSLESS] = "identity",
                                        [LAC_FROM_COMPRESSOR] = text->compressor,
                                        [LAC_FROM_COMPRESSOR_DOWN] = text->compressor_down};
        size.wire = channel->option == LAC_FROM_COMPRESSOR ? up : LAC_FP64;
        bool down = channel->option == LAC_FROM_COMPRESSOR_DOWN;
        const char *option = down ? "--compressor-down" : "--compressor";
        LAC_TRY(lac_of_option(option, lac_compressor_open(c, named_by[channel->option], &size, a)));
        LAC_TRY(lac_of_option(option, check_classes(m, channel, c)));
        bool as_is = c->info.classes & channel->classes;
        e->channel_scale[i] = as_is ? 1.0 : 1.0 + c->info.omega;
    }
    return LAC_OK;
}

size_t lac_method_max_bytes(const struct lac_method *m, const struct lac_env *e)
{
    size_t bytes = e->d * sizeof(double) + (m->extra_bytes ? m->extra_bytes(e) : 0);
    for (size_t i = 0; i < lac_method_channels(m); i++) {
        size_t section = e->channel[i].info.max_bytes;
        size_t exact = e->d * sizeof(double); /* a channel is lossless in an exact start */
        bytes +=
            (section > exact ? section : exact) + sizeof(double); /* and the padding behind it */
    }
    return bytes;
}

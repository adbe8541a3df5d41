#include <string.h>

#include "command/train_parts.h"
#include "method/first_model.h"
#include "plugin/plugin.h"
#include "seal/cipher.h"
#include "store/columns.h"
#include "transport/post.h"
#include "worker/objective/objective.h"

static lac_status set_default(struct lac_config *c, enum lac_option_id id, const char *value)
{
    c->setting[id].value = value;
    return LAC_OK;
}

static lac_status resolve_compressor(struct lac_config *c, const struct lac_method *m)
{
    const struct lac_channel *channel = lac_method_channel(m, LAC_FROM_COMPRESSOR);
    if (!channel && c->compressor && strcmp(c->compressor, "identity") != 0) {
        return LAC_FAIL(LAC_E_USAGE,
                        "--compressor: %s sends everything; leave it out, or take a method that "
                        "compresses: dcgd, marina",
                        m->name);
    }
    if (!channel && strcmp(c->wire, lac_wire_name(LAC_FP64)) != 0) {
        return LAC_FAIL(LAC_E_USAGE,
                        "--wire: %s sends doubles; values of another precision are "
                        "--method dcgd --compressor identity",
                        m->name);
    }
    if (!c->compressor) {
        bool contractive = channel && !(channel->classes & LAC_UNBIASED);
        c->compressor = !channel ? "identity" : contractive ? "topk:5%" : "randk:5%";
    }
    return set_default(c, LAC_CONFIG_COMPRESSOR, c->compressor);
}

static lac_status resolve_compressor_down(struct lac_config *c, const struct lac_method *m,
                                          struct lac_arena *a)
{
    bool compresses = lac_method_channel(m, LAC_FROM_COMPRESSOR_DOWN) != NULL;
    if (!compresses && c->compressor_down) {
        return LAC_FAIL(LAC_E_USAGE,
                        "--compressor-down: the server of %s sends the whole model; "
                        "ef21-bc and ef21-p compress it",
                        m->name);
    }
    if (!compresses) {
        return LAC_OK;
    }
    c->compressor_down = c->compressor_down ? c->compressor_down : c->compressor;
    LAC_TRY(lac_config_option(c, LAC_CONFIG_COMPRESSOR_DOWN,
                              lac_compressor_check(c->compressor_down, a)));
    return set_default(c, LAC_CONFIG_COMPRESSOR_DOWN, c->compressor_down);
}

/* Generated rows are of the objective that they are made for, or of one that takes the same kind. */
static lac_status check_generated(const struct lac_config *c, const struct lac_objective *objective,
                                  const struct lac_generator *generator)
{
    const struct lac_objective *made_for;
    LAC_TRY(lac_objective_find(generator->objective, &made_for));
    if (objective->features != made_for->features || objective->classes != made_for->classes) {
        return LAC_FAIL(LAC_E_USAGE, "--objective: %s cannot read the rows of %s, which are for %s",
                        objective->name, c->data.text, made_for->name);
    }
    if (objective->two_classes && !generator->two_classes) {
        return LAC_FAIL(LAC_E_USAGE, "--objective: %s needs two classes; %s generates numbers",
                        c->objective, c->data.text);
    }
    return LAC_OK;
}

/* generator NULL: rows of a file. */
static lac_status resolve_objective(struct lac_config *c, const struct lac_generator *generator)
{
    const struct lac_objective *objective;
    const struct lac_regularizer *regularizer;
    double lambda;
    if (!c->objective) {
        c->objective = generator ? generator->objective : "logistic";
    }
    LAC_TRY(set_default(c, LAC_CONFIG_OBJECTIVE, c->objective));
    LAC_TRY(
        lac_config_option(c, LAC_CONFIG_OBJECTIVE, lac_objective_find(c->objective, &objective)));
    if (generator) {
        LAC_TRY(check_generated(c, objective, generator));
    }
    const struct lac_plugin_file *plugin = lac_plugin_of(objective);
    c->problem_plugin = plugin ? plugin->id : NULL;
    c->two_classes = objective->two_classes;
    LAC_TRY(lac_config_option(c, LAC_CONFIG_REGULARIZER,
                              lac_regularizer_find(&c->regularizer, &regularizer, &lambda)));
    if (objective->features > 0 && !regularizer->convex) {
        return LAC_FAIL(
            LAC_E_USAGE,
            "--regularizer: the constants of %s are exact, and with %s they would not be; "
            "none and l2 are possible",
            objective->name, regularizer->name);
    }
    c->features = objective->features;
    c->classes = objective->classes;
    c->rare = lambda * regularizer->smoothness == 0.0 || regularizer->own;
    c->own = regularizer->own ? lambda * regularizer->smoothness : 0.0;
    c->convex = objective->convex && regularizer->convex;
    c->strong =
        regularizer->convex ? lambda * regularizer->smoothness : 0.0; /* l2 has one curvature */
    c->quadratic = objective->quadratic && regularizer->convex; /* the convex ones are quadratic */
    return LAC_OK;
}

static lac_status resolve_network(struct lac_config *c)
{
    if ((c->tracked & LAC_TRACK(network_seconds)) && !c->network.text) {
        return LAC_FAIL(LAC_E_USAGE,
                        "--track: network_seconds needs the links of --network, such as "
                        "--network latency=5ms,up=10Mbit,down=50Mbit");
    }
    c->tracked |= c->network.text ? LAC_TRACK(network_seconds) : 0;
    return LAC_OK;
}

/* Columns whose file or value is missing, and files that no column reads. */
static lac_status resolve_track(struct lac_config *c)
{
    uint64_t test = LAC_TRACK(test_loss) | LAC_TRACK(test_grad_norm_sq) | LAC_TRACK(test_accuracy);
    uint64_t solution = LAC_TRACK(distance_sq) | LAC_TRACK(loss_gap);
    bool optimum = c->optimum == c->optimum || c->optimum_solved;
    if (c->track) {
        LAC_TRY(lac_config_option(c, LAC_CONFIG_TRACK,
                                  lac_columns_parse("--track", c->track, &c->tracked)));
    }
    LAC_TRY(resolve_network(c));
    if (!c->test != !(c->tracked & test)) {
        return LAC_FAIL(LAC_E_USAGE,
                        "--%s: test_loss, test_grad_norm_sq and test_accuracy go with %s",
                        c->test ? "test" : "track", c->test ? "--track test_loss" : "--test FILE");
    }
    if ((c->tracked & LAC_TRACK(test_accuracy)) && !c->two_classes && !c->classes) {
        return LAC_FAIL(LAC_E_USAGE, "--track: test_accuracy needs classes; %s has numbers",
                        c->objective);
    }
    if (((c->tracked & LAC_TRACK(distance_sq)) && !c->solution) ||
        ((c->tracked & LAC_TRACK(loss_gap)) && !c->solution && !optimum)) {
        return LAC_FAIL(LAC_E_USAGE, "--track: distance_sq needs --solution FILE, loss_gap that or "
                                     "--optimum VALUE; 'solved' stands for what 'laconic solve' "
                                     "stored");
    }
    if ((c->tracked & LAC_TRACK(personal_gap)) && !optimum) {
        return LAC_FAIL(LAC_E_USAGE,
                        "--track: personal_gap needs F*: --optimum VALUE, or "
                        "--optimum solved after laconic solve --method %s",
                        c->method);
    }
    if ((c->tracked & LAC_TRACK(personal_gap)) && (c->tracked & LAC_TRACK(loss_gap)) &&
        c->optimum == c->optimum) {
        return LAC_FAIL(LAC_E_USAGE, "--optimum: loss_gap wants f*, personal_gap F*, which one "
                                     "number is not; give --optimum solved, or track one of them");
    }
    if ((c->solution && !(c->tracked & solution)) ||
        (optimum && !(c->tracked & (LAC_TRACK(loss_gap) | LAC_TRACK(personal_gap))))) {
        return LAC_FAIL(LAC_E_USAGE, "--%s: no column reads it; give --track loss_gap",
                        optimum ? "optimum" : "solution");
    }
    return LAC_OK;
}

/* The rows are complete, and belong to their clients: what else is for files does not apply. */
static lac_status resolve_generated(struct lac_config *c, enum lac_wire wire, struct lac_arena *a,
                                    const struct lac_generator **generator)
{
    struct lac_channel_compressor compressor;
    uint32_t d = 0;
    LAC_TRY(lac_config_option(c, LAC_CONFIG_DATA,
                              lac_generator_check(&c->data, c->clients, &d, generator)));
    struct lac_compressor_size size = {.d = d, .n = c->clients, .wire = wire};
    LAC_TRY(lac_config_option(c, LAC_CONFIG_COMPRESSOR,
                              lac_compressor_open(&compressor, c->compressor, &size, a)));
    if (c->setting[LAC_CONFIG_SPLIT].given || c->drop_remainder) {
        return LAC_FAIL(LAC_E_USAGE, "--%s: generated rows belong to their client already",
                        c->drop_remainder ? "drop-remainder" : "split");
    }
    LAC_TRY(set_default(c, LAC_CONFIG_SPLIT, NULL));
    if (c->intercept) {
        return LAC_FAIL(LAC_E_USAGE, "--intercept: generated rows are complete; it is for files");
    }
    if (c->dim != 0) {
        return LAC_FAIL(LAC_E_USAGE,
                        "--dim: generated data take it as a parameter: --data synth:KIND,d=%llu",
                        (unsigned long long)c->dim);
    }
    return LAC_OK;
}

static bool is_default(const struct lac_config *c, enum lac_option_id id)
{
    const char *value = c->setting[id].value;
    return value && strcmp(value, lac_train_options.table[id].fallback) == 0;
}

/* Options that the method has not, as they are by default, are no part of the run. */
static lac_status drop_absent(struct lac_config *c, const struct lac_method *m)
{
    static const struct {
        enum lac_quantity quantity;
        enum lac_option_id option;
    } quantities[] = {{LAC_CHANCE, LAC_CONFIG_P},
                      {LAC_SERVER_STEP, LAC_CONFIG_SERVER_STEP},
                      {LAC_META_STEP, LAC_CONFIG_META_STEP}};
    for (size_t i = 0; i < sizeof quantities / sizeof *quantities; i++) {
        enum lac_option_id id = quantities[i].option;
        if (!m->rules[quantities[i].quantity] && is_default(c, id)) {
            LAC_TRY(set_default(c, id, NULL));
        }
    }
    static const enum lac_option_id sealing[] = {LAC_CONFIG_REKEY_EVERY, LAC_CONFIG_TOPOLOGY,
                                                 LAC_CONFIG_CLIENT_TIMEOUT};
    for (size_t i = 0; i < sizeof sealing / sizeof *sealing && !lac_config_forwards(c); i++) {
        LAC_TRY(set_default(c, sealing[i], NULL));
    }
    bool deals = m->traits & LAC_DEALS_BATCHES;
    return !deals && is_default(c, LAC_CONFIG_RR_ORDER) ? set_default(c, LAC_CONFIG_RR_ORDER, NULL)
                                                        : LAC_OK;
}

/* The names of the method's options, whatever the data. */
static lac_status resolve_method(struct lac_config *c, const struct lac_method *method,
                                 enum lac_wire *wire, struct lac_arena *a)
{
    struct lac_sampling sampling;
    struct lac_estimator estimator;
    struct lac_first_model first;
    struct lac_step_policy policy;
    LAC_TRY(drop_absent(c, method));
    LAC_TRY(resolve_compressor(c, method));
    LAC_TRY(lac_config_option(c, LAC_CONFIG_WIRE, lac_wire_find(c->wire, wire)));
    LAC_TRY(lac_config_option(c, LAC_CONFIG_COMPRESSOR, lac_compressor_check(c->compressor, a)));
    LAC_TRY(resolve_compressor_down(c, method, a));
    LAC_TRY(lac_config_option(c, LAC_CONFIG_GRADIENT,
                              lac_method_estimator(method, c->gradient, &estimator, a)));
    LAC_TRY(
        lac_config_option(c, LAC_CONFIG_PARTICIPATION,
                          lac_method_sampling(method, c->participation, c->clients, &sampling, a)));
    LAC_TRY(lac_config_option(c, LAC_CONFIG_STEP_POLICY,
                              lac_step_policy_open(&policy, c->step_policy, a)));
    return lac_config_option(c, LAC_CONFIG_X0, lac_first_model_open(&first, c->x0));
}

/* Names that plug-ins bring are there before any is looked up. */
static lac_status resolve_plugins(struct lac_config *c, struct lac_arena *a)
{
    const char *ids, *list = c->setting[LAC_CONFIG_PLUGIN].value;
    if (!list) {
        return LAC_OK;
    }
    LAC_TRY(lac_config_option(c, LAC_CONFIG_PLUGIN, lac_plugins_open(list, a, &ids)));
    return lac_config_add_plugins(c, ids, a);
}

static lac_status check_names(const struct lac_config *c)
{
    enum lac_topology topology;
    enum lac_cipher cipher;
    LAC_TRY(lac_config_option(c, LAC_CONFIG_TOPOLOGY, lac_topology_find(c->topology, &topology)));
    return c->cipher ? lac_config_option(c, LAC_CONFIG_CIPHER, lac_cipher_find(c->cipher, &cipher))
                     : LAC_OK;
}

/* Clients share the coordinates out, and no length depends on what is sealed. */
static lac_status check_lengths(const struct lac_config *c, struct lac_arena *a)
{
    struct lac_channel_compressor compressor;
    const struct lac_compressor_size size = {.d = 2 * (size_t)c->clients, .n = c->clients};
    LAC_TRY(lac_config_option(c, LAC_CONFIG_COMPRESSOR,
                              lac_compressor_open(&compressor, c->compressor, &size, a)));
    if (!compressor.info.correlated) {
        return LAC_FAIL(
            LAC_E_USAGE,
            "--seal: with --compressor %s clients send the same coordinates, which the "
            "server would have to add, and cannot read; with permk it only concatenates",
            c->compressor);
    }
    if (compressor.info.data_dependent) {
        return LAC_FAIL(LAC_E_USAGE,
                        "--seal: how long a message of --compressor %s is depends on the data, and "
                        "would tell of them; permk, permk+natural, permk+fp32 have one length",
                        c->compressor);
    }
    return LAC_OK;
}

/* A sealed run's server only concatenates. */
static lac_status resolve_sealing(const struct lac_config *c, const struct lac_method *m,
                                  struct lac_arena *a)
{
    if (!lac_config_forwards(c)) {
        return LAC_OK;
    }
    LAC_TRY(check_names(c));
    if (c->role == LAC_ROLE_SERVER) {
        return LAC_OK;
    }
    if (!(m->traits & LAC_ONLY_CONCATENATES)) {
        return LAC_FAIL(
            LAC_E_USAGE,
            "--seal: the server of %s adds up what clients send, and cannot add what it "
            "cannot read; of dcgd, qsgd and diana with --compressor permk it only "
            "concatenates",
            m->name);
    }
    LAC_TRY(check_lengths(c, a));
    if (c->data_path && strcmp(c->data_path, "-") == 0) {
        return LAC_FAIL(LAC_E_USAGE, "--data -: rank 0 would read it, which a sealed run's server "
                                     "must not; name a file, or --data-local");
    }
    if (c->start && strcmp(c->start, "zero") != 0) {
        return LAC_FAIL(LAC_E_USAGE, "--init: a sealed run starts from zero: what round 0 would "
                                     "send is dense");
    }
    return LAC_OK;
}

/* Whether the run can go on without some of its clients. */
static lac_status resolve_loss(const struct lac_config *c, const struct lac_method *m)
{
    if (lac_config_forwards(c) && lac_absence_text(c->participation)) {
        return LAC_FAIL(LAC_E_USAGE, "--participation: a sealed run does not go on when clients "
                                     "are lost: each has coordinates that no other has");
    }
    if (c->on_lost != LAC_LOST_DROPS) {
        return LAC_OK;
    }
    LAC_TRY(lac_method_check_loss(m, "--on-lost-client drop"));
    if (lac_absence_text(c->participation)) {
        return LAC_FAIL(LAC_E_USAGE,
                        "--on-lost-client drop: --participation says already who is lost, and a "
                        "replay loses nobody else; leave one of them out");
    }
    return LAC_OK;
}

static lac_status resolve_overlap(const struct lac_config *c, const struct lac_method *m,
                                  struct lac_arena *a)
{
    struct lac_channel_compressor compressor;
    const struct lac_objective *objective;
    const struct lac_compressor_size size = {.d = 2 * (size_t)c->clients, .n = c->clients};
    if (!c->overlap) {
        return LAC_OK;
    }
    LAC_TRY(lac_objective_find(c->objective, &objective));
    LAC_TRY(lac_config_option(c, LAC_CONFIG_COMPRESSOR,
                              lac_compressor_open(&compressor, c->compressor, &size, a)));
    if (!m->server_step_at || !compressor.info.correlated || compressor.repeats) {
        return LAC_FAIL(LAC_E_USAGE,
                        "--overlap: is for --method dcgd --compressor permk (of one draw), "
                        "whose messages each make their coordinates final");
    }
    if (strcmp(c->participation, "full") != 0 || strcmp(c->gradient, "full") != 0) {
        return LAC_FAIL(LAC_E_USAGE,
                        "--overlap: needs all clients and all their rows in each round: "
                        "leave --participation and --gradient out");
    }
    if (!objective->row_loss || c->own > 0.0) {
        return LAC_FAIL(LAC_E_USAGE,
                        "--overlap: the losses of %s%s are not of products with x alone: "
                        "least-squares and logistic are",
                        c->objective, c->own > 0.0 ? " with this regularizer" : "");
    }
    return LAC_OK;
}

lac_status lac_train_resolve(struct lac_config *c, struct lac_arena *a)
{
    const struct lac_split *split;
    const struct lac_generator *generator = NULL;
    const struct lac_method *m;
    enum lac_wire wire;
    if (c->setting[LAC_CONFIG_SEEDS].value) {
        return LAC_FAIL(LAC_E_USAGE,
                        "--seeds: repeats runs of 'laconic train' alone; leave it out");
    }
    LAC_TRY(resolve_plugins(c, a));
    LAC_TRY(lac_config_option(c, LAC_CONFIG_METHOD, lac_method_find(c->method, &m)));
    LAC_TRY(resolve_method(c, m, &wire, a));
    LAC_TRY(lac_config_option(c, LAC_CONFIG_SPLIT, lac_split_find(&c->split, &split)));
    if (lac_config_generated(c)) {
        LAC_TRY(resolve_generated(c, wire, a, &generator));
    }
    if (c->data_local) { /* the default of --data is not what the run is of */
        LAC_TRY(set_default(c, LAC_CONFIG_DATA, NULL));
    }
    LAC_TRY(resolve_objective(c, generator));
    LAC_TRY(resolve_track(c));
    LAC_TRY(resolve_overlap(c, m, a));
    LAC_TRY(resolve_loss(c, m));
    LAC_TRY(resolve_sealing(c, m, a));
    return lac_config_tell(c, a);
}

/* The summary of a run as one JSON object: what `laconic show --json` prints. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clean.h"
#include "base/clock.h"
#include "base/vec.h"
#include "command/show_summary.h"
#include "command/train_parts.h"
#include "git_version.h"
#include "plugin/plugin.h"
#include "store/json_memory.h"
#include "transport/mpi.h"

static json_t *bits_json(const struct lac_bits *b)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "value", (json_int_t)b->of[LAC_BITS_VALUE],
                     "index", (json_int_t)b->of[LAC_BITS_INDEX], "header",
                     (json_int_t)b->of[LAC_BITS_HEADER], "seal", (json_int_t)b->of[LAC_BITS_SEAL],
                     "padding", (json_int_t)b->of[LAC_BITS_PADDING], "total",
                     (json_int_t)lac_bits_total(b));
}

static json_t *all_bits_json(const struct lac_server *s)
{
    const struct lac_ledger *l = &s->ledger;
    uint64_t sent = 0, received = 0;
    for (uint32_t rank = 0; rank <= s->transport->ranks; rank++) {
        sent += s->transport->sent[rank].bytes;
        received += s->transport->received[rank].bytes;
    }
    uint64_t paper = l->up.paper - l->start.paper;
    return json_pack(
        "{s:o, s:o, s:o, s:{s:I, s:I}, s:{s:I, s:I}, s:I, s:f, s:f, s:I, s:I, s:{s:I, s:I}}", "up",
        bits_json(&l->up), "down", bits_json(&l->down), "start", bits_json(&l->start), "evaluation",
        "up", (json_int_t)l->evaluation.up, "down", (json_int_t)l->evaluation.down, "set_up", "up",
        (json_int_t)l->set_up.up, "down", (json_int_t)l->set_up.down, "up_paper", (json_int_t)paper,
        "scalars_up", (double)paper / 32.0, "scalars_init", (double)l->start.paper / 32.0,
        "frames_up", (json_int_t)l->frames_up, "frames_down", (json_int_t)l->frames_down,
        "mpi_sent", "server", (json_int_t)sent, "workers", (json_int_t)received);
}

static json_t *pair_json(uint32_t from, uint32_t to, const struct lac_traffic *t)
{
    return json_pack("{s:i, s:i, s:I, s:I}", "from", (int)from, "to", (int)to, "bytes",
                     (json_int_t)t->bytes, "messages", (json_int_t)t->messages);
}

json_t *lac_train_pairs(uint32_t own, uint32_t ranks, const struct lac_traffic *sent,
                        const struct lac_traffic *received)
{
    json_t *pairs = json_array();
    for (uint32_t rank = 0; rank <= ranks; rank++) {
        if (rank != own) {
            json_array_append_new(pairs, pair_json(own, rank, &sent[rank]));
            json_array_append_new(pairs, pair_json(rank, own, &received[rank]));
        }
    }
    return pairs;
}

void lac_train_pairs_between(json_t *pairs, uint32_t ranks, const struct lac_traffic *between)
{
    for (uint32_t from = 1; from <= ranks; from++) {
        const struct lac_traffic *sent = &between[(from - 1) * (1 + (size_t)ranks)];
        for (uint32_t to = 1; to <= ranks; to++) {
            if (sent[to].messages > 0) {
                json_array_append_new(pairs, pair_json(from, to, &sent[to]));
            }
        }
    }
}

/* The account `mpi` per pair of ranks and per message: what Open MPI's monitoring must agree with. */
static json_t *mpi_json(const struct lac_server *s)
{
    const struct lac_transport *t = s->transport;
    json_t *pairs = lac_train_pairs(s->link ? s->link->rank : 0, t->ranks, t->sent, t->received);
    json_t *messages = json_object();
    for (size_t id = 1; id < LAC_MESSAGE_IDS; id++) {
        uint64_t bytes = t->sent_by_message[id] + t->received_by_message[id];
        if (bytes > 0) {
            json_object_set_new(messages, lac_message_name((uint16_t)id),
                                json_integer((json_int_t)bytes));
        }
    }
    return json_pack("{s:o, s:o}", "pairs", pairs, "bytes_by_message", messages);
}

static json_t *seconds_json(const struct lac_server *s)
{
    double gradient = 0.0, compress = 0.0;
    for (uint32_t rank = 1; rank <= s->transport->ranks; rank++) {
        const struct lac_worker_report *r = &s->reports[rank];
        gradient = r->gradient > gradient ? r->gradient : gradient;
        compress = r->compress > compress ? r->compress : compress;
    }
    const struct lac_seconds *t = &s->seconds;
    return json_pack("{s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f}", "total",
                     t->total > 0.0 ? t->total : lac_seconds() - s->began, "setup", t->setup,
                     "gradient", gradient, "compress", compress, "send", t->send, "wait", t->wait,
                     "aggregate", t->aggregate, "step", t->step, "evaluate", t->evaluate);
}

void lac_model_digest(const double *x, size_t d, char out[LAC_DIGEST_TEXT])
{
    struct lac_digest g;
    lac_digest_begin(&g, LAC_DIGEST_BYTES);
    lac_digest_add(&g, x, d * sizeof *x);
    lac_digest_end_text(&g, out);
}

/* A constant that the step did not need is null. */
static json_t *number_or_null(bool known, double x)
{
    return known ? json_real(x) : json_null();
}

static json_t *constants_json(const struct lac_server *s)
{
    const struct lac_constants *c = &s->constants;
    const struct lac_compressor_info *info =
        lac_method_channels(s->method) > 0 ? &s->env.channel[0].info : NULL;
    bool local = c->L_i != NULL;
    json_t *o = json_object();
    json_object_set_new(o, "L", number_or_null(c->L > 0.0, c->L));
    json_object_set_new(o, "L_mean", number_or_null(local, c->L_mean));
    json_object_set_new(o, "L_rms", number_or_null(local, c->L_rms));
    json_object_set_new(o, "L_max", number_or_null(local, c->L_max));
    json_object_set_new(o, "L_var",
                        number_or_null(local, c->L_rms * c->L_rms - c->L_mean * c->L_mean));
    json_object_set_new(o, "L_plus_w", number_or_null(c->L_plus_w > 0.0, c->L_plus_w));
    json_object_set_new(o, "L_pm_w", number_or_null(c->L_plus_w > 0.0, c->L_pm_w));
    json_object_set_new(o, "rows_noise", number_or_null(c->rows_noise > 0.0, c->rows_noise));
    json_object_set_new(o, "rows_variance",
                        number_or_null(c->rows_variance > 0.0, c->rows_variance));
    json_object_set_new(o, "rows_spread", number_or_null(c->rows_spread > 0.0, c->rows_spread));
    json_object_set_new(o, "L_plus", number_or_null(c->L_plus > 0.0, c->L_plus));
    json_object_set_new(o, "L_rf", number_or_null(c->owners > 0.0, c->L_rf));
    json_object_set_new(o, "c", number_or_null(c->owners > 0.0, c->owners));
    json_object_set_new(o, "r", number_or_null(c->owners > 0.0, c->held));
    json_object_set_new(o, "alpha", number_or_null(info, info ? info->alpha : 0.0));
    bool unbiased = info && (info->classes & LAC_UNBIASED);
    json_object_set_new(o, "omega", number_or_null(unbiased, unbiased ? info->omega : 0.0));
    return o;
}

static json_t *final_json(const struct lac_server *s)
{
    char digest[LAC_DIGEST_TEXT];
    const struct lac_row *row = &s->row;
    json_t *o = json_pack("{s:I, s:f, s:f}", "round", (json_int_t)row->round, "loss", row->loss,
                          "grad_norm_sq", row->grad_norm_sq);
    if (lac_server_model_is_whole(s)) {
        lac_model_digest(lac_server_model(s), s->d, digest);
        json_object_set_new(o, "model_digest", json_string(digest));
    }
    if (s->config->tracked) {
        json_object_set_new(o, "tracked", lac_tracked_json(s->config->tracked, row));
    }
    if (!lac_state_has_model(&s->method->server)) {
        json_object_set_new(o, "personal_loss", json_real(s->personal_loss));
    }
    return o;
}

/* How a trace keeps to regularized participation. */
static json_t *trace_json(const struct lac_trace *t)
{
    return json_pack("{s:I, s:I, s:I}", "rounds", (json_int_t)t->rounds, "meta_epochs",
                     (json_int_t)t->meta_epochs, "odd_clients", (json_int_t)t->odd_clients);
}

json_t *lac_train_absent(const struct lac_server *s)
{
    struct lac_saved_absence of;
    json_t *all = json_array();
    for (uint32_t client = 0; lac_server_next_absence(s, &client, &of);) {
        char host[256] = "";
        if (of.host) {
            lac_clean(of.host, host, sizeof host);
        }
        json_array_append_new(all, json_pack("{s:I, s:I, s:I, s:I, s:s?}", "first",
                                             (json_int_t)of.first, "count", (json_int_t)of.count,
                                             "round", (json_int_t)of.round, "row",
                                             (json_int_t)of.row, "host", of.host ? host : NULL));
    }
    return all;
}

/* Clients that were lost, and what a replay's --participation is. */
static json_t *lost_json(const struct lac_server *s)
{
    const struct lac_absence *b = &s->env.sampling.absence;
    const char *drawn = s->config->participation, *known = lac_absence_text(drawn);
    size_t length = known ? (size_t)(known - drawn) - 1 : strlen(drawn);
    size_t bytes = length + 2 + lac_absence_write(b, s->n, (char[1]){0}, 1);
    char *text = malloc(bytes);
    if (!text) {
        return NULL;
    }
    int at = snprintf(text, bytes, "%.*s", (int)length, drawn);
    text[at] = strchr(text, ':') ? ',' : ':';
    lac_absence_write(b, s->n, text + at + 1, bytes - (size_t)at - 1);
    json_t *o = json_pack("{s:s, s:o}", "participation", text, "clients", lac_train_absent(s));
    free(text);
    return o;
}

/* What a replay follows. */
static void put_lost(json_t *o, const struct lac_server *s)
{
    uint32_t client = 0;
    struct lac_saved_absence of;
    if (lac_server_next_absence(s, &client, &of)) {
        json_object_set_new(o, "lost", lost_json(s));
    }
    if (s->asked_from != UINT64_MAX) {
        json_object_set_new(o, "rows_asked_from", json_integer((json_int_t)s->asked_from));
    }
}

/* "step", "step_rule", "step_formula", and so on. */
static void put_quantities(json_t *o, const struct lac_server *s)
{
    static const char *const names[] = {[LAC_CHANCE] = "p",
                                        [LAC_STEP] = "step",
                                        [LAC_SERVER_STEP] = "server_step",
                                        [LAC_META_STEP] = "meta_step"};
    char key[32];
    for (size_t k = 0; k < LAC_QUANTITIES; k++) {
        const struct lac_chosen *c = &s->chosen[k];
        if (c->option) {
            json_object_set_new(o, names[k], json_real(c->value));
            snprintf(key, sizeof key, "%s_rule", names[k]);
            json_object_set_new(o, key, json_string(c->rule));
            snprintf(key, sizeof key, "%s_formula", names[k]);
            json_object_set_new(o, key, c->formula ? json_string(c->formula) : json_null());
            snprintf(key, sizeof key, "%s_branch", names[k]);
            if (c->branch) {
                json_object_set_new(o, key, json_string(c->branch));
            }
        }
    }
}

/* How often a run is kept, and what ends it, says nothing of what it is. */
static bool is_of_survival(size_t id)
{
    return strcmp(lac_train_options.table[id].section, "Survival") == 0;
}

/* Keys, roles and where a sealed run's files are; not of what it is either. */
static bool is_of_place(size_t id)
{
    return id == LAC_CONFIG_SEAL || id == LAC_CONFIG_IDENTITY || id == LAC_CONFIG_ROSTER ||
           id == LAC_CONFIG_ROLE || id == LAC_CONFIG_OUT_PRIVATE ||
           id == LAC_CONFIG_PRIVATE_PLAIN || is_of_survival(id);
}

bool lac_train_is_kept(size_t id)
{
    return id != LAC_CONFIG_OUT && id != LAC_CONFIG_FORCE && id != LAC_CONFIG_DRY_RUN &&
           id != LAC_CONFIG_QUIET && id != LAC_CONFIG_CONFIG && id != LAC_CONFIG_SEEDS &&
           !is_of_place(id);
}

/* Every option that made the run, as it was written or by default. */
static json_t *configuration_json(const struct lac_config *c)
{
    char value[4096]; /* names of files may be of any bytes */
    json_t *o = json_object();
    for (size_t i = 0; i < LAC_CONFIG_COUNT; i++) {
        if (c->setting[i].value && lac_train_is_kept(i)) {
            lac_clean(c->setting[i].value, value, sizeof value);
            json_object_set_new(o, lac_train_options.table[i].name, json_string(value));
        }
    }
    return o;
}

/* The files that methods, compressors and objectives of the run may come from. */
static void put_plugins(json_t *o, const struct lac_config *c)
{
    char path[4096];
    const struct lac_plugin_file *f;
    if (!c->plugins) {
        return;
    }
    json_t *all = json_array();
    for (size_t i = 0; (f = lac_plugin_file(i)); i++) {
        if (strstr(c->plugins, f->id)) { /* a sweep may have opened more, for other runs */
            lac_clean(f->path, path, sizeof path);
            json_array_append_new(all, json_pack("{s:s, s:s, s:s, s:s}", "name", f->plugin.name,
                                                 "version", f->plugin.version, "digest", f->digest,
                                                 "file", path));
        }
    }
    json_object_set_new(o, "plugins", all);
}

/* What round 0 sends, where the method has one, and after which round of an earlier start this one began. */
static void put_start(json_t *o, const struct lac_server *s)
{
    if (s->survival.from) {
        json_object_set_new(o, "resumed_from", json_integer((json_int_t)s->survival.from->round));
    }
    static const char *const names[] = {[LAC_START_ZERO] = "zero",
                                        [LAC_START_COMPRESSED] = "compressed",
                                        [LAC_START_EXACT] = "exact"};
    if (s->method->starts) {
        json_object_set_new(o, "init", json_string(names[s->env.start]));
    }
}

/* How clients sealed what they sent; one process has the keys and what is sealed with them. */
static json_t *sealing_json(const struct lac_server *s)
{
    return json_pack("{s:s, s:s, s:I, s:b}", "cipher", lac_cipher_name(s->link->cipher), "topology",
                     s->config->topology, "rekey_every", (json_int_t)s->config->rekey_every,
                     "protects", s->link->post != NULL);
}

/* Rows are those of files. */
static void put_problem(json_t *o, const struct lac_server *s)
{
    if (s->rows > 0) {
        json_object_set_new(o, "rows", json_integer((json_int_t)s->rows));
    }
    if (*s->problem) {
        json_object_set_new(o, "problem", json_string(s->problem));
    }
}

lac_status lac_train_summary(const struct lac_server *s, const char *status, char **text)
{
    const struct lac_config *c = s->config;
    char data[1024], x0[1024]; /* names of files may be of any bytes, JSON is UTF-8 */
    lac_clean(s->data_name, data, sizeof data);
    lac_clean(c->x0, x0, sizeof x0);
    lac_json_begin();
    json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I}", "status",
                          status, "method", c->method, "compressor", c->compressor, "wire", c->wire,
                          "objective", c->objective, "regularizer", c->regularizer.text, "data",
                          data, "clients", (json_int_t)s->n, "ranks",
                          (json_int_t)s->transport->ranks + !s->transport->kind->in_process, "dim",
                          (json_int_t)s->d, "rounds", (json_int_t)s->rounds_done);
    put_problem(o, s);
    if (s->env.sampling.kind == LAC_SAMPLING_TRACE) {
        json_object_set_new(o, "trace", trace_json(&s->env.sampling.trace));
    }
    put_lost(o, s);
    put_quantities(o, s);
    json_object_set_new(o, "x0", json_string(x0));
    put_start(o, s);
    json_object_set_new(o, "seed", json_integer((json_int_t)c->seed));
    json_object_set_new(o, "transport", json_string(s->transport->kind->name));
    json_object_set_new(o, "kernels", json_string(lac_kernels_name()));
    json_object_set_new(o, "configuration", configuration_json(c));
    put_plugins(o, c);
    json_object_set_new(o, "constants", constants_json(s));
    if (s->has_row) {
        json_object_set_new(o, "final", final_json(s));
    }
    json_object_set_new(o, "bits", all_bits_json(s));
    if (s->forwards && !c->bare) {
        json_object_set_new(o, "sealing", sealing_json(s));
    }
    if (!s->transport->kind->in_process) {
        json_object_set_new(o, "mpi", mpi_json(s));
        json_object_set_new(o, "late", lac_train_waits(s));
    }
    json_object_set_new(o, "seconds", seconds_json(s));
    *text = lac_json_text(o);
    json_decref(o);
    return *text ? LAC_OK : LAC_FAIL(LAC_E_MEMORY, "out of memory: the summary of the run");
}

const struct lac_pair *lac_build_info(size_t *count)
{
    static struct lac_pair info[8];
    static char hdf5[32];
    unsigned major, minor, release;
    lac_run_library_version(&major, &minor, &release);
    snprintf(hdf5, sizeof hdf5, "%u.%u.%u", major, minor, release);
    info[0] = (struct lac_pair){"version", LAC_VERSION};
    info[1] = (struct lac_pair){"git", LAC_GIT};
    info[2] = (struct lac_pair){"compiler", __VERSION__};
    info[3] = (struct lac_pair){"mpi", lac_mpi_version()};
    info[4] = (struct lac_pair){"hdf5", hdf5};
    info[5] = (struct lac_pair){"libsodium", sodium_version_string()};
    info[6] = (struct lac_pair){"jansson", JANSSON_VERSION};
    *count = 7;
    return info;
}

lac_status lac_train_public_summary(const struct lac_server *s, const char *status, char **text)
{
    lac_json_begin();
    json_t *o = json_pack("{s:s, s:b, s:s, s:I, s:I}", "status", status, "sealed", 1, "topology",
                          s->config->topology, "clients", (json_int_t)s->n, "rounds",
                          (json_int_t)s->rounds_done);
    *text = lac_json_text(o);
    json_decref(o);
    return *text ? LAC_OK : LAC_FAIL(LAC_E_MEMORY, "the summary: out of memory");
}

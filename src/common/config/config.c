#include "config/config.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/lines.h"
#include "config/sealing.h"
#include "config/survival.h"

#define LAC_OUT_ARGUMENT "FILE"
#define LAC_OUT_HELP     "the run file, HDF5; none is written without it"
#define LAC_OPTION(section, name, argument, fallback, mark, help) \
    {section, name, argument, fallback, mark, help},
static const struct lac_option table[] = {
#include "config/config.def"
};
#undef LAC_OPTION
#undef LAC_OUT_ARGUMENT
#undef LAC_OUT_HELP

_Static_assert(sizeof table / sizeof table[0] == LAC_CONFIG_COUNT, "config.h lists every option");

const struct lac_options lac_train_options = {
    .command = "train",
    .usage = "laconic train [OPTIONS]\n       mpirun -n RANKS laconic train [OPTIONS]",
    .table = table,
    .count = LAC_CONFIG_COUNT,
    .layered = true,
    .not_from_environment =
        "data", /* LACONIC_DATA is the folder of data sets that tests look into */
};

static const char *text_of(const struct lac_config *c, enum lac_option_id id)
{
    return c->setting[id].value;
}

static lac_status check_range(const struct lac_config *c, enum lac_option_id id, const char *what,
                              uint64_t least, uint64_t most, uint64_t value)
{
    if (value < least || value > most) {
        return LAC_FAIL(LAC_E_USAGE, "%s: %s is outside %llu..%llu", what, text_of(c, id),
                        (unsigned long long)least, (unsigned long long)most);
    }
    return LAC_OK;
}

lac_status lac_config_option(const struct lac_config *c, enum lac_option_id id, lac_status status)
{
    const char *where = c->setting[id].where, *said = lac_failure();
    bool named = strncmp(said, "--", 2) == 0, direct = strcmp(where, "--") == 0;
    if (status == LAC_OK || (named && direct)) {
        return status;
    }
    return named ? LAC_FAIL(status, "%s%s", where, said)
                 : LAC_FAIL(status, "%s%s: %s", where, table[id].name, said);
}

static lac_status read_count(const struct lac_config *c, enum lac_option_id id, uint64_t least,
                             uint64_t most, uint64_t *out)
{
    char what[400];
    if (!text_of(c, id)) {
        return LAC_OK;
    }
    snprintf(what, sizeof what, "%s%s", c->setting[id].where, table[id].name);
    LAC_TRY(lac_parse_count(what, text_of(c, id), out));
    return check_range(c, id, what, least, most, *out);
}

static lac_status read_bytes(const struct lac_config *c, enum lac_option_id id, uint64_t least,
                             uint64_t most, uint64_t *out)
{
    char what[400];
    if (!text_of(c, id)) {
        return LAC_OK;
    }
    snprintf(what, sizeof what, "%s%s", c->setting[id].where, table[id].name);
    LAC_TRY(lac_parse_bytes(what, text_of(c, id), out));
    return check_range(c, id, what, least, most, *out);
}

static lac_status read_double(const struct lac_config *c, enum lac_option_id id, double *out)
{
    char what[400];
    if (!text_of(c, id)) {
        return LAC_OK;
    }
    snprintf(what, sizeof what, "%s%s", c->setting[id].where, table[id].name);
    return lac_parse_double(what, text_of(c, id), out);
}

static lac_status read_numbers(struct lac_config *c)
{
    const uint64_t most_rounds = (UINT64_C(1) << 40) - 1; /* 40 bits of the generator's counter */
    uint64_t clients = 0;
    c->dim = 0;
    c->until_grad_norm_sq = c->until_loss = -(double)INFINITY;
    c->max_seconds = (double)INFINITY;
    LAC_TRY(read_count(c, LAC_CONFIG_CLIENTS, 1, UINT32_MAX - 1, &clients));
    c->clients = (uint32_t)clients;
    LAC_TRY(read_count(c, LAC_CONFIG_DIM, 1, UINT32_MAX - 1, &c->dim));
    LAC_TRY(read_count(c, LAC_CONFIG_SEED, 0, INT64_MAX, &c->seed));
    LAC_TRY(read_count(c, LAC_CONFIG_ROUNDS, 0, most_rounds, &c->rounds));
    LAC_TRY(read_count(c, LAC_CONFIG_EVAL_EVERY, 0, most_rounds, &c->eval_every));
    c->max_memory = UINT64_MAX;
    LAC_TRY(read_bytes(c, LAC_CONFIG_CHUNK, 64, UINT64_C(1) << 30, &c->chunk));
    LAC_TRY(read_bytes(c, LAC_CONFIG_SERVER_BUFFER, 0, UINT64_MAX, &c->server_buffer));
    LAC_TRY(read_bytes(c, LAC_CONFIG_MAX_MEMORY, 1, UINT64_MAX, &c->max_memory));
    LAC_TRY(read_double(c, LAC_CONFIG_UNTIL_GRAD_NORM_SQ, &c->until_grad_norm_sq));
    LAC_TRY(read_double(c, LAC_CONFIG_UNTIL_LOSS, &c->until_loss));
    c->optimum = (double)NAN;
    if (!c->optimum_solved) {
        LAC_TRY(read_double(c, LAC_CONFIG_OPTIMUM, &c->optimum));
    }
    LAC_TRY(read_double(c, LAC_CONFIG_MAX_SECONDS, &c->max_seconds));
    if (c->max_seconds < 0.0) {
        return lac_config_option(c, LAC_CONFIG_MAX_SECONDS,
                                 LAC_FAIL(LAC_E_USAGE, "--max-seconds: %s is negative",
                                          text_of(c, LAC_CONFIG_MAX_SECONDS)));
    }
    bool target = text_of(c, LAC_CONFIG_UNTIL_GRAD_NORM_SQ) || text_of(c, LAC_CONFIG_UNTIL_LOSS);
    if (target && c->eval_every == 0) {
        return LAC_FAIL(LAC_E_USAGE,
                        "--eval-every 0 evaluates nothing that --until-... could wait for; "
                        "give --eval-every 1 or more");
    }
    return LAC_OK;
}

static lac_status read_data(struct lac_config *c, struct lac_arena *a)
{
    const char *data = text_of(c, LAC_CONFIG_DATA);
    c->data_local = text_of(c, LAC_CONFIG_DATA_LOCAL);
    if (c->data_local && c->setting[LAC_CONFIG_DATA].given) {
        return LAC_FAIL(LAC_E_USAGE, "--data and --data-local exclude each other; give one");
    }
    if (strncmp(data, "synth", 5) == 0 && (data[5] == ':' || data[5] == '\0') && !c->data_local) {
        return lac_config_option(c, LAC_CONFIG_DATA, lac_spec_parse(&c->data, data, a));
    }
    c->data_path = c->data_local ? NULL : data;
    return LAC_OK;
}

/* The file of "trace:FILE" or "trace:FILE,lost=..."; NULL: it cannot be read, and the sampling says why not. */
static FILE *open_trace(const char *path)
{
    char name[4096];
    const char *lost = strstr(path, ",lost=");
    int length = lost ? (int)(lost - path) : (int)strlen(path);
    snprintf(name, sizeof name, "%.*s", length, path);
    return length < (int)sizeof name ? lac_open_regular(name) : NULL;
}

/* Of the bytes of a trace, which each rank reads for itself; "" where there is none. */
static void digest_trace(const struct lac_config *c, char digest[LAC_DIGEST_TEXT])
{
    static const char kind[] = "trace:";
    unsigned char bytes[4096];
    struct lac_digest g;
    FILE *file = NULL;
    digest[0] = '\0';
    if (strncmp(c->participation, kind, sizeof kind - 1) == 0) {
        file = open_trace(c->participation + sizeof kind - 1);
    }
    if (!file) {
        return;
    }
    lac_digest_begin(&g, LAC_DIGEST_BYTES);
    for (size_t count = 1; count > 0;) {
        count = fread(bytes, 1, sizeof bytes, file);
        lac_digest_add(&g, bytes, count);
    }
    lac_digest_end_text(&g, digest);
    (void)fclose(file);
}

/* What else ranks must share to work in step, though a resumed run may change it; the path of
   --data-local may differ by rank, that it is given may not. */
static lac_status add_shared(struct lac_config *c, struct lac_arena *a)
{
    char more[600], trace[LAC_DIGEST_TEXT];
    const char *seconds = text_of(c, LAC_CONFIG_MAX_SECONDS);
    digest_trace(c, trace);
    snprintf(more, sizeof more,
             "rounds = %" PRIu64 "\neval-every = %" PRIu64 "\nchunk = %" PRIu64
             "\nmax-seconds = %.40s\ndata-local = %s\ndigest of the trace = %.20s\n"
             "rekey-every = %" PRIu64 "\ntopology = %.20s\ncheckpoint = %s\n"
             "client-timeout = %.17g\non-lost-client = %.20s\nmax-wait = %.17g\n",
             c->rounds, c->eval_every, c->chunk, seconds ? seconds : "",
             c->data_local ? "yes" : "no", trace, c->rekey_every, c->topology,
             c->checkpoint ? "yes" : "no", lac_config_forwards(c) ? 0.0 : c->client_timeout,
             text_of(c, LAC_CONFIG_ON_LOST_CLIENT), c->max_wait);
    if (c->couples) {
        size_t length = strlen(more);
        snprintf(more + length, sizeof more - length, "coupling = %.17g\n", c->coupling);
    }
    static const char none[] = "plugin = \n"; /* a line in its place, so that lines are compared */
    size_t bytes = strlen(c->trajectory) + sizeof none + strlen(more);
    char *text;
    LAC_TRY(LAC_NEW(a, bytes, &text));
    snprintf(text, bytes, "%s%s%s", more, c->trajectory,
             c->plugins ? "" : none); /* data-local before data, which it empties */
    c->shared = text;
    return LAC_OK;
}

static lac_status read_weights(struct lac_config *c)
{
    const char *text = text_of(c, LAC_CONFIG_CLIENT_WEIGHTS);
    c->by_samples = strcmp(text, "samples") == 0;
    if (c->by_samples || strcmp(text, "uniform") == 0) {
        return LAC_OK;
    }
    return LAC_FAIL(LAC_E_USAGE, "--client-weights: '%s' is neither uniform nor samples", text);
}

lac_status lac_config_read(struct lac_config *c, int argc, char *const *argv, struct lac_arena *a,
                           bool *help)
{
    *c = (struct lac_config){0};
    LAC_TRY(lac_options_read(&lac_train_options, argc, argv, a, c->setting, NULL, help));
    return *help ? LAC_OK : lac_config_fill(c, a);
}

static bool is_solved(const char *text)
{
    return text && strcmp(text, "solved") == 0;
}

static lac_status read_network(struct lac_config *c, struct lac_arena *a)
{
    const char *links = text_of(c, LAC_CONFIG_NETWORK);
    return links
               ? lac_config_option(c, LAC_CONFIG_NETWORK, lac_network_parse(&c->network, links, a))
               : LAC_OK;
}

lac_status lac_config_fill(struct lac_config *c, struct lac_arena *a)
{
    c->optimum_solved = is_solved(text_of(c, LAC_CONFIG_OPTIMUM));
    c->solution_solved = is_solved(text_of(c, LAC_CONFIG_SOLUTION));
    c->optima = text_of(c, LAC_CONFIG_OPTIMA);
    LAC_TRY(read_numbers(c));
    LAC_TRY(read_data(c, a));
    LAC_TRY(lac_config_option(c, LAC_CONFIG_SPLIT,
                              lac_spec_parse(&c->split, text_of(c, LAC_CONFIG_SPLIT), a)));
    LAC_TRY(
        lac_config_option(c, LAC_CONFIG_REGULARIZER,
                          lac_spec_parse(&c->regularizer, text_of(c, LAC_CONFIG_REGULARIZER), a)));
    LAC_TRY(read_weights(c));
    c->objective = text_of(c, LAC_CONFIG_OBJECTIVE);
    c->method = text_of(c, LAC_CONFIG_METHOD);
    c->compressor = text_of(c, LAC_CONFIG_COMPRESSOR);
    c->compressor_down = text_of(c, LAC_CONFIG_COMPRESSOR_DOWN);
    c->participation = text_of(c, LAC_CONFIG_PARTICIPATION);
    c->gradient = text_of(c, LAC_CONFIG_GRADIENT);
    c->wire = text_of(c, LAC_CONFIG_WIRE);
    c->step = text_of(c, LAC_CONFIG_STEP);
    c->server_step = text_of(c, LAC_CONFIG_SERVER_STEP);
    c->meta_step = text_of(c, LAC_CONFIG_META_STEP);
    c->p = text_of(c, LAC_CONFIG_P);
    c->step_policy = text_of(c, LAC_CONFIG_STEP_POLICY);
    c->rr_order = text_of(c, LAC_CONFIG_RR_ORDER);
    c->start = text_of(c, LAC_CONFIG_INIT);
    c->x0 = text_of(c, LAC_CONFIG_X0);
    c->intercept = text_of(c, LAC_CONFIG_INTERCEPT) != NULL;
    c->drop_remainder = text_of(c, LAC_CONFIG_DROP_REMAINDER) != NULL;
    c->force = text_of(c, LAC_CONFIG_FORCE) != NULL;
    c->dry_run = text_of(c, LAC_CONFIG_DRY_RUN) != NULL;
    c->quiet = text_of(c, LAC_CONFIG_QUIET) != NULL;
    c->track = text_of(c, LAC_CONFIG_TRACK);
    c->solution = text_of(c, LAC_CONFIG_SOLUTION);
    c->test = text_of(c, LAC_CONFIG_TEST);
    c->out = text_of(c, LAC_CONFIG_OUT);
    c->kernels = text_of(c, LAC_CONFIG_KERNELS);
    LAC_TRY(read_network(c, a));
    LAC_TRY(lac_config_read_sealing(c));
    LAC_TRY(lac_config_read_survival(c));
    return lac_config_tell(c, a);
}

static lac_status add_plugins(struct lac_config *c, struct lac_arena *a)
{
    size_t bytes = strlen(c->trajectory) + strlen(c->plugins) + sizeof "plugin = \n";
    char *text;
    LAC_TRY(LAC_NEW(a, bytes, &text));
    snprintf(text, bytes, "%splugin = %s\n", c->trajectory, c->plugins);
    c->trajectory = text;
    return LAC_OK;
}

lac_status lac_config_tell(struct lac_config *c, struct lac_arena *a)
{
    LAC_TRY(lac_options_digest_text(&lac_train_options, c->setting, a, &c->trajectory));
    LAC_TRY(c->plugins ? add_plugins(c, a) : LAC_OK);
    return add_shared(c, a);
}

lac_status lac_config_add_plugins(struct lac_config *c, const char *plugins, struct lac_arena *a)
{
    c->plugins = plugins;
    return lac_config_tell(c, a);
}

lac_status lac_config_path_of_rank(const char *given, uint32_t rank, struct lac_arena *a,
                                   const char **path)
{
    static const char place[] = "{rank}";
    const char *at = strstr(given, place);
    size_t bytes = strlen(given) + 16;
    char *out;
    *path = given;
    if (!at) {
        return LAC_OK;
    }
    LAC_TRY(LAC_NEW(a, bytes, &out));
    snprintf(out, bytes, "%.*s%" PRIu32 "%s", (int)(at - given), given, rank,
             at + sizeof place - 1);
    *path = out;
    return LAC_OK;
}

bool lac_config_generated(const struct lac_config *c)
{
    return !c->data_path && !c->data_local;
}

bool lac_config_forwards(const struct lac_config *c)
{
    return c->seal || c->identity || c->bare || c->role == LAC_ROLE_SERVER;
}

bool lac_config_is_due(const struct lac_config *c, uint64_t r)
{
    return r == c->rounds || (c->eval_every > 0 && r % c->eval_every == 0);
}

bool lac_config_waits_after(const struct lac_config *c, uint64_t r)
{
    return r == 0 || lac_config_is_due(c, r) || isfinite(c->max_seconds) || c->checkpoint;
}

bool lac_config_wants_optimum(const struct lac_config *c)
{
    return c->optimum_solved || c->solution_solved;
}

bool lac_config_is_of_problem(size_t id)
{
    return strcmp(table[id].section, "Problem") == 0 || id == LAC_CONFIG_SEED ||
           id == LAC_CONFIG_PLUGIN; /* which may have the objective */
}

const char *lac_config_value(const void *config, const char *name)
{
    const struct lac_config *c = config;
    for (size_t i = 0; i < LAC_CONFIG_COUNT; i++) {
        if (strcmp(table[i].name, name) == 0) {
            return c->setting[i].value;
        }
    }
    return NULL;
}

static char *put_option(char *out, const char *name, const char *value)
{
    out = stpcpy(stpcpy(out, " --"), name);
    return value ? lac_put_word(stpcpy(out, " "), value) : out;
}

lac_status lac_config_solve_words(const char *(*value_of)(const void *from, const char *name),
                                  const void *from, const char *method, const char *optima,
                                  struct lac_arena *a, const char **words)
{
    static const char command[] = "laconic solve";
    size_t bytes = sizeof command + 32 + (optima ? 4 * strlen(optima) : 0);
    char *text;
    for (size_t i = 0; i < LAC_CONFIG_COUNT; i++) {
        const char *value = value_of(from, table[i].name);
        bytes += strlen(table[i].name) + (value ? 4 * strlen(value) : 0) + 8;
    }
    LAC_TRY(LAC_NEW(a, bytes, &text));
    char *end = stpcpy(text, command);
    for (size_t i = 0; i < LAC_CONFIG_COUNT; i++) {
        const char *value = value_of(from, table[i].name);
        bool usual = !value || (table[i].fallback && strcmp(value, table[i].fallback) == 0);
        if (!usual && lac_config_is_of_problem(i)) {
            end = put_option(end, table[i].name, table[i].argument ? value : NULL);
        }
    }
    if (method) {
        end = put_option(end, table[LAC_CONFIG_METHOD].name, method);
    }
    if (optima) {
        (void)put_option(end, table[LAC_CONFIG_OPTIMA].name, optima);
    }
    *words = text;
    return LAC_OK;
}

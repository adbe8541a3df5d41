#include "command/quantity.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "command/gap.h"

static const char gap_name[] = "gap";

/* Of bits and bytes behind their unit, "Mbit sent up"; "per client" stands before what follows. */
static const struct {
    const char *label, *after;
} labels[LAC_COLUMN_COUNT] = {
    [LAC_COLUMN_round] = {"round", ""},
    [LAC_COLUMN_loss] = {"loss", ""},
    [LAC_COLUMN_grad_norm_sq] = {"squared norm of the gradient", ""},
    [LAC_COLUMN_bits_up] = {"sent up", ""},
    [LAC_COLUMN_bits_down] = {"received", ""},
    [LAC_COLUMN_bits_up_paper] = {"sent up", ", as papers count"},
    [LAC_COLUMN_seconds] = {"time (s)", ""},
    [LAC_COLUMN_mpi_server] = {"handed to MPI by the server", ""},
    [LAC_COLUMN_mpi_workers] = {"received over MPI by the server", ""},
    [LAC_COLUMN_oracle_rows] = {"gradients of single rows", ""},
    [LAC_COLUMN_oracle_full] = {"full gradients of clients", ""},
    [LAC_COLUMN_x_norm] = {"norm of the model", ""},
    [LAC_COLUMN_distance_sq] = {"squared distance to the solution", ""},
    [LAC_COLUMN_loss_gap] = {"f(x) - f*", ""},
    [LAC_COLUMN_grad_client_mean_sq] = {"mean squared norm of gradients of clients", ""},
    [LAC_COLUMN_test_loss] = {"loss on test data", ""},
    [LAC_COLUMN_test_grad_norm_sq] = {"squared norm of the gradient on test data", ""},
    [LAC_COLUMN_test_accuracy] = {"accuracy on test data", ""},
    [LAC_COLUMN_personal_loss] = {"mean loss of the clients at their own models", ""},
    [LAC_COLUMN_model_spread] = {"mean squared distance of the models to their mean", ""},
    [LAC_COLUMN_personal_objective] = {"F(x_1, ..., x_n)", ""},
    [LAC_COLUMN_personal_gap] = {"F(x_1, ..., x_n) - F*", ""},
    [LAC_COLUMN_estimate_error_sq] = {"squared error of the estimate", ""},
    [LAC_COLUMN_shift_error] = {"mean squared error of the shifts", ""},
    [LAC_COLUMN_compressor_variance] = {"relative variance of the compressor", ""},
    [LAC_COLUMN_compressor_contraction] = {"contraction of the compressor", ""},
    [LAC_COLUMN_grad_norm_sq_min] = {"least squared norm of the gradient", ""},
    [LAC_COLUMN_average_loss] = {"loss at the mean model", ""},
    [LAC_COLUMN_average_grad_norm_sq] = {"squared gradient norm at the mean model", ""},
    [LAC_COLUMN_drawn_round] = {"round drawn at random", ""},
    [LAC_COLUMN_drawn_loss] = {"loss at the drawn model", ""},
    [LAC_COLUMN_drawn_grad_norm_sq] = {"squared gradient norm at the drawn model", ""},
    [LAC_COLUMN_client_loss_max] = {"largest loss of a client", ""},
    [LAC_COLUMN_client_loss_worst] = {"client with the largest loss", ""},
    [LAC_COLUMN_client_loss_p10] = {"10th percentile of client losses", ""},
    [LAC_COLUMN_client_loss_p50] = {"median of client losses", ""},
    [LAC_COLUMN_client_loss_p90] = {"90th percentile of client losses", ""},
    [LAC_COLUMN_bits_up_value] = {"of values sent up", ""},
    [LAC_COLUMN_bits_up_index] = {"of positions sent up", ""},
    [LAC_COLUMN_bits_up_header] = {"of headers sent up", ""},
    [LAC_COLUMN_bits_up_seal] = {"of seals sent up", ""},
    [LAC_COLUMN_bits_up_padding] = {"of padding sent up", ""},
    [LAC_COLUMN_bits_down_value] = {"of values received", ""},
    [LAC_COLUMN_bits_down_index] = {"of positions received", ""},
    [LAC_COLUMN_bits_down_header] = {"of headers received", ""},
    [LAC_COLUMN_bits_down_seal] = {"of seals received", ""},
    [LAC_COLUMN_bits_down_padding] = {"of padding received", ""},
    [LAC_COLUMN_seconds_send] = {"time of sending (s)", ""},
    [LAC_COLUMN_seconds_wait] = {"time of waiting for clients (s)", ""},
    [LAC_COLUMN_seconds_aggregate] = {"time of aggregation (s)", ""},
    [LAC_COLUMN_seconds_step] = {"time of server steps (s)", ""},
    [LAC_COLUMN_seconds_evaluate] = {"time of evaluation (s)", ""},
    [LAC_COLUMN_memory_server] = {"of memory of the server, at most", ""},
    [LAC_COLUMN_memory_worker] = {"of memory of a worker, at most", ""},
    [LAC_COLUMN_network_seconds] = {"time on the modelled network (s)", ""},
};

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static void put_label(struct quantity *q)
{
    size_t place = (size_t)(q->column - lac_columns);
    LAC_ASSERT(labels[place].label); /* a new column needs words */
    snprintf(q->label, sizeof q->label, "%s%s%s", labels[place].label,
             q->per_client             ? " per client"
             : q->unit == UNIT_OF_BITS ? " by all clients"
                                       : "",
             labels[place].after);
}

static lac_status no_such_column(const char *command, const char *option, const char *name)
{
    const char *names[LAC_COLUMN_COUNT + 1];
    for (size_t c = 0; c < LAC_COLUMN_COUNT; c++) {
        names[c] = lac_columns[c].name;
    }
    names[LAC_COLUMN_COUNT] = gap_name;
    const char *nearest = lac_nearest(name, names, LAC_COLUMN_COUNT + 1);
    return LAC_FAIL(LAC_E_USAGE, "%s: %s: there is no '%s'; %s%s%s", command, option, name,
                    nearest ? "did you mean '" : "",
                    nearest ? nearest : "'laconic list columns' shows all", nearest ? "'?" : "");
}

lac_status quantity_find(const char *command, const char *option, const char *name,
                         enum count_of counts, struct quantity *out)
{
    bool gap = strcmp(name, gap_name) == 0;
    const struct lac_column *column = lac_column_find(gap ? "loss_gap" : name);
    if (!column) {
        return no_such_column(command, option, name);
    }
    struct quantity q = {.column = column, .name = gap ? gap_name : column->name};
    bool bits = begins(column->name, "bits_");
    bool bytes = begins(column->name, "mpi_") || begins(column->name, "memory_");
    q.unit = bits ? UNIT_OF_BITS : bytes ? UNIT_OF_BYTES : UNIT_NONE;
    q.is_total = bits || begins(column->name, "oracle_");
    q.per_client = q.is_total && (counts == COUNT_PER_CLIENT || (counts == COUNT_AS_USUAL && bits));
    q.is_gap = column == &lac_columns[LAC_COLUMN_loss_gap] ||
               column == &lac_columns[LAC_COLUMN_personal_gap];
    q.falls_to_0 = q.is_gap || strstr(column->name, "_sq");
    q.from_optimum = gap;
    put_label(&q);
    *out = q;
    return LAC_OK;
}

static bool has(const struct lac_run *run, const struct quantity *q)
{
    return lac_column_is_kept(run->columns, (size_t)(q->column - lac_columns));
}

/* With which options of train a run has the column. */
static lac_status fail_without(const char *command, const struct quantity *q, const char *path)
{
    const char *name = q->column->name;
    if (q->column == &lac_columns[LAC_COLUMN_network_seconds]) {
        return LAC_FAIL(LAC_E_INPUT,
                        "%s: '%s' has no column %s; train with links, such as --network "
                        "latency=5ms,up=10Mbit,down=50Mbit",
                        command, path, name);
    }
    bool to_solution = q->column == &lac_columns[LAC_COLUMN_distance_sq];
    return LAC_FAIL(LAC_E_INPUT, "%s: '%s' has no column %s; train with --track %s%s", command,
                    path, name, name,
                    q->is_gap
                        ? " and --optimum VALUE, or take 'gap', of which 'laconic solve' finds f*"
                    : to_solution           ? " and --solution FILE"
                    : begins(name, "test_") ? " and --test FILE"
                                            : "");
}

/* What a run has of its own goes before what an optimum would make it, but of "gap". */
lac_status quantity_fill(const char *command, const struct quantity *q, struct lac_run *run,
                         const char *optima, struct lac_arena *arena)
{
    bool personal = q->column == &lac_columns[LAC_COLUMN_personal_gap];
    if (q->from_optimum || (personal && !has(run, q) && !run->public)) {
        return lac_gap_fill(run, personal, optima, arena);
    }
    if (!has(run, q) && run->public) {
        return LAC_FAIL(LAC_E_INPUT,
                        "%s: '%s' is a public run file, which has no column %s: take the first "
                        "client's private file, with --key KEYFILE, or a column of bits",
                        command, run->path, q->name);
    }
    return has(run, q) ? LAC_OK : fail_without(command, q, run->path);
}

bool quantity_is_of_own_optimum(const struct quantity *q, const struct lac_run_list *runs)
{
    bool own = false;
    for (size_t i = 0; i < runs->count && q->is_gap && !q->from_optimum; i++) {
        own = own || has(&runs->run[i], q);
    }
    return own;
}

void quantity_mark_options(const struct quantity *q, bool shown[LAC_CONFIG_COUNT])
{
    const struct lac_column *c = q->column;
    shown[LAC_CONFIG_SOLUTION] =
        shown[LAC_CONFIG_SOLUTION] || c == &lac_columns[LAC_COLUMN_distance_sq];
    shown[LAC_CONFIG_TEST] = shown[LAC_CONFIG_TEST] || begins(c->name, "test_");
    shown[LAC_CONFIG_NETWORK] =
        shown[LAC_CONFIG_NETWORK] || c == &lac_columns[LAC_COLUMN_network_seconds];
}

double quantity_value(const struct quantity *q, const struct lac_row *row, double clients)
{
    double value = lac_column_real(q->column, row);
    return q->per_client ? value / clients : value;
}

struct unit unit_for(enum unit_of kind, double value)
{
    static const struct unit units[2][5] = {
        {{1e12, "Tbit"}, {1e9, "Gbit"}, {1e6, "Mbit"}, {1e3, "kbit"}, {1, "bits"}},
        {{1e12, "TB"}, {1e9, "GB"}, {1e6, "MB"}, {1e3, "kB"}, {1, "bytes"}}};
    if (kind == UNIT_NONE) {
        return (struct unit){1, ""};
    }
    const struct unit *unit = units[kind == UNIT_OF_BYTES];
    while (unit->size > 1 && !(isfinite(value) && value >= unit->size)) {
        unit++;
    }
    return *unit;
}

double run_clients(const struct lac_run *run)
{
    json_t *summary = json_loads(run->summary, 0, NULL);
    double clients = json_number_value(json_object_get(summary, "clients"));
    json_decref(summary);
    const char *option = lac_run_option(run, "clients");
    if (!(clients >= 1) && option) {
        clients = strtod(option, NULL);
    }
    return clients >= 1 ? clients : 1;
}

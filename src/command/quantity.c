#include "command/quantity.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "command/gap.h"

static const char gap_name[] = "gap";

static const struct {
    const char *name, *label, *after; /* "per client" stands between them */
} labels[] = {
    {"bits_up", "sent up", ""},
    {"bits_up_paper", "sent up", ", as papers count"},
    {"bits_down", "received", ""},
    {"grad_norm_sq", "squared norm of the gradient", ""},
    {"oracle_rows", "gradients of single rows", ""},
    {"oracle_full", "full gradients of clients", ""},
    {"distance_sq", "squared distance to the solution", ""},
    {"loss_gap", "f(x) - f*", ""},
    {"grad_client_mean_sq", "mean squared norm of gradients of clients", ""},
    {"test_loss", "loss on test data", ""},
    {"test_grad_norm_sq", "squared norm of the gradient on test data", ""},
    {"test_accuracy", "accuracy on test data", ""},
    {"personal_loss", "mean loss of the clients at their own models", ""},
    {"model_spread", "mean squared distance of the models to their mean", ""},
    {"personal_objective", "F(x_1, ..., x_n)", ""},
    {"personal_gap", "F(x_1, ..., x_n) - F*", ""},
};

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static void put_label(struct quantity *q)
{
    const char *label = q->column->name + (q->is_bits ? strlen("bits_") : 0), *after = "";
    q->is_text = true;
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
        if (strcmp(labels[i].name, q->column->name) == 0) {
            label = labels[i].label;
            after = labels[i].after;
            q->is_text = false;
        }
    }
    snprintf(q->label, sizeof q->label, "%s%s%s", label,
             q->per_client ? " per client"
             : q->is_bits  ? " by all clients"
                           : "",
             after);
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
    q.is_bits = begins(column->name, "bits_");
    q.is_total = q.is_bits || begins(column->name, "oracle_");
    q.per_client =
        q.is_total && (counts == COUNT_PER_CLIENT || (counts == COUNT_AS_USUAL && q.is_bits));
    q.is_gap = column == &lac_columns[LAC_COLUMN_loss_gap] ||
               column == &lac_columns[LAC_COLUMN_personal_gap];
    q.from_optimum = gap;
    put_label(&q);
    *out = q;
    return LAC_OK;
}

static bool has(const struct lac_run *run, const struct quantity *q)
{
    return lac_column_is_kept(run->columns, (size_t)(q->column - lac_columns));
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
    if (!has(run, q)) {
        return LAC_FAIL(LAC_E_INPUT, "%s: '%s' has no column %s; train with --track %s%s", command,
                        run->path, q->name, q->name,
                        q->is_gap ? ", or take 'gap', of which 'laconic solve' finds f*" : "");
    }
    return LAC_OK;
}

double quantity_value(const struct quantity *q, const struct lac_row *row, double clients)
{
    double value = lac_column_real(q->column, row);
    return q->per_client ? value / clients : value;
}

struct unit unit_for(bool is_bits, double value)
{
    static const struct unit units[] = {
        {1e12, "Tbit"}, {1e9, "Gbit"}, {1e6, "Mbit"}, {1e3, "kbit"}, {1, "bits"}};
    const struct unit *unit = units;
    while (unit->size > 1 && !(isfinite(value) && value >= unit->size)) {
        unit++;
    }
    return is_bits ? *unit : (struct unit){1, ""};
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

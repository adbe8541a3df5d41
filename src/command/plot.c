#include "command/plot.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/options.h"
#include "base/text.h"
#include "command/gap.h"
#include "command/gnuplot.h"
#include "command/plot_figure.h"
#include "command/plot_label.h"
#include "command/run_key.h"
#include "seal/secret.h"

enum { MOST_POINTS = 2000 }; /* of one curve */

enum { OUTPUT, TITLE, X, Y, GAP, OPTIMA, LOG, KEY, OPTIONS };

static const struct lac_option plot_table[OPTIONS] = {
    {"Options", "output", "FILE", NULL, LAC_LOCAL,
     "the figure, in .svg, .png or .pdf; -o FILE for short"},
    {"Options", "title", "TEXT", NULL, LAC_LOCAL, "above the figure"},
    {"Options", "x", "COLUMN", NULL, LAC_LOCAL,
     "a column, 'laconic list columns'; default: two panels, bits_up and round"},
    {"Options", "y", "COLUMN", "loss", LAC_LOCAL, "a column"},
    {"Options", "gap", NULL, NULL, LAC_LOCAL,
     "y: f(x) - f*, of which 'laconic solve' found f*; with --y personal_objective F - F*"},
    {"Options", "optima", "DIR", NULL, LAC_LOCAL,
     "where --gap finds it; default: where 'laconic solve' keeps it"},
    {"Options", "log", "AXES", NULL, LAC_LOCAL,
     "the logarithmic axes: x, y, xy or none; default: those that the values fit"},
    LAC_RUN_KEY_OPTION,
};

const struct lac_options lac_plot_options = {
    .command = "plot",
    .usage = "laconic plot RUN... -o FILE.svg|.png|.pdf [OPTIONS]",
    .table = plot_table,
    .count = OPTIONS,
    .letter = "-o",
    .long_name = "output",
};

struct request {
    const char *output, *title, *x, *y, *log; /* NULL where not given, but y */
    const char *optima;
    unsigned char *key; /* NULL: none */
    bool gap;
    const char **paths;
    size_t count;
};

/* Of the summary, else of the configuration; 1 where neither knows. */
static double clients_of(const struct lac_run *run)
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

static bool is_drawable(const struct lac_run *run, const struct figure *f, size_t i)
{
    const struct lac_row *row = &run->rows[i];
    return isfinite(quantity_value(&f->x[0], row)) && isfinite(quantity_value(&f->y, row));
}

/* The lowest and the highest point of rows first .. last - 1: spikes survive. */
static size_t thin_part(const struct lac_run *run, const struct figure *f, size_t first,
                        size_t last, size_t *points)
{
    size_t low = last;
    size_t high = last;
    for (size_t i = first; i < last; i++) {
        if (is_drawable(run, f, i)) {
            double value = quantity_value(&f->y, &run->rows[i]);
            low = low == last || value < quantity_value(&f->y, &run->rows[low]) ? i : low;
            high = high == last || value > quantity_value(&f->y, &run->rows[high]) ? i : high;
        }
    }
    if (low == last) {
        return 0;
    }
    points[0] = low < high ? low : high;
    points[1] = low < high ? high : low;
    return low == high ? 1 : 2;
}

static lac_status choose_points(struct curve *c, const struct figure *f, struct lac_arena *arena)
{
    const struct lac_run *run = c->run;
    size_t rows = run->row_count;
    size_t parts = MOST_POINTS / 2;
    LAC_TRY(LAC_NEW(arena, MOST_POINTS, &c->points));
    if (rows <= MOST_POINTS) {
        for (size_t i = 0; i < rows; i++) {
            if (is_drawable(run, f, i)) {
                c->points[c->count++] = i;
            }
        }
    } else {
        for (size_t k = 0; k < parts; k++) {
            c->count +=
                thin_part(run, f, k * rows / parts, (k + 1) * rows / parts, c->points + c->count);
        }
        if (is_drawable(run, f, rows - 1)) {
            c->points[c->count - 1] = rows - 1; /* the end is exact */
        }
    }
    if (c->count == 0) {
        return LAC_FAIL(LAC_E_INPUT, "'%s' has no rows to draw yet", run->path);
    }
    return LAC_OK;
}

static lac_status check_columns(const struct lac_run *run, const struct figure *f)
{
    const struct quantity *axes[] = {&f->y, &f->x[0]};
    for (size_t i = 0; i < 2; i++) {
        const char *name = axes[i]->column->name;
        if (!quantity_is_in(axes[i], run) && run->public) {
            return LAC_FAIL(
                LAC_E_INPUT,
                "plot: '%s' is a public run file, which has no column %s: plot the first "
                "client's private file, with --key KEYFILE, or --y bits_up",
                run->path, name);
        }
        if (!quantity_is_in(axes[i], run)) {
            return LAC_FAIL(LAC_E_INPUT, "plot: '%s' has no column %s; train with --track %s%s",
                            run->path, name, name,
                            strcmp(name, "loss_gap") == 0 || strcmp(name, "personal_gap") == 0
                                ? ", or take --gap"
                                : "");
        }
    }
    return LAC_OK;
}

/* F of the clients' own models, and the gap to its least. */
static bool wants_personal(const struct request *q)
{
    return q->gap && strncmp(q->y, "personal_", 9) == 0 && strcmp(q->y, "personal_loss") != 0;
}

static lac_status read_curves(const struct request *q, const struct figure *f, struct curve *curves,
                              struct lac_arena *arena)
{
    for (size_t i = 0; i < q->count; i++) {
        struct lac_run *run;
        LAC_TRY(LAC_NEW(arena, 1, &run));
        LAC_TRY(lac_run_read_with(run, q->paths[i], q->key, arena));
        if (q->gap) {
            LAC_TRY(lac_gap_fill(run, wants_personal(q), q->optima, arena));
        }
        LAC_TRY(check_columns(run, f));
        curves[i] = (struct curve){.run = run, .clients = clients_of(run)};
        LAC_TRY(choose_points(&curves[i], f, arena));
    }
    return lac_plot_label(curves, q->count, figure_label_length(f), arena);
}

static lac_status find_quantity(const char *option, const char *name, struct quantity *out)
{
    const char *names[LAC_COLUMN_COUNT];
    if (quantity_find(name, out)) {
        return LAC_OK;
    }
    for (size_t c = 0; c < LAC_COLUMN_COUNT; c++) {
        names[c] = lac_columns[c].name;
    }
    const char *nearest = lac_nearest(name, names, LAC_COLUMN_COUNT);
    return LAC_FAIL(
        LAC_E_USAGE, "plot: %s: there is no '%s'%s%s%s; 'laconic list columns' shows all", option,
        name, nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'" : "");
}

static lac_status find_picture(const char *output, enum picture *out)
{
    static const char *const suffixes[] = {".svg", ".png", ".pdf"};
    static const enum picture pictures[] = {PICTURE_SVG, PICTURE_PNG, PICTURE_PDF};
    size_t length = strlen(output);
    for (size_t i = 0; i < 3; i++) {
        if (length > 4 && strcmp(output + length - 4, suffixes[i]) == 0) {
            *out = pictures[i];
            return LAC_OK;
        }
    }
    return LAC_FAIL(LAC_E_USAGE, "plot: '%s' must end in .svg, .png or .pdf", output);
}

/* "x", "y", "xy" or "none": which axes are logarithmic; else those that it fits. */
static lac_status set_scales(const char *log, struct figure *f)
{
    if (!log) {
        return LAC_OK;
    }
    if (strcmp(log, "x") != 0 && strcmp(log, "y") != 0 && strcmp(log, "xy") != 0 &&
        strcmp(log, "none") != 0) {
        return LAC_FAIL(LAC_E_USAGE, "plot: --log: '%s' is none of x, y, xy, none", log);
    }
    f->x_scale = strchr(log, 'x') ? SCALE_LOGARITHMIC : SCALE_EVEN;
    f->y_scale = strchr(log, 'y') ? SCALE_LOGARITHMIC : SCALE_EVEN;
    return LAC_OK;
}

static lac_status set_axes(const struct request *q, struct figure *f)
{
    bool personal = wants_personal(q);
    if (q->gap && !personal && strcmp(q->y, "loss") != 0 && strcmp(q->y, "loss_gap") != 0) {
        return LAC_FAIL(LAC_E_USAGE,
                        "plot: --gap draws f(x) - f*, or F - F* with --y personal_objective, not "
                        "%s; leave one of them out",
                        q->y);
    }
    LAC_TRY(set_scales(q->log, f));
    LAC_TRY(find_quantity("--y", q->gap ? (personal ? "personal_gap" : "loss_gap") : q->y, &f->y));
    f->panels = q->x ? 1 : 2;
    LAC_TRY(find_quantity("--x", q->x ? q->x : "bits_up", &f->x[0]));
    return find_quantity("--x", "round", &f->x[1]);
}

static lac_status plot(const struct request *q, struct lac_arena *arena)
{
    struct figure f = {.title = q->title, .count = q->count};
    struct curve *curves;
    LAC_TRY(find_picture(q->output, &f.picture));
    LAC_TRY(set_axes(q, &f));
    LAC_TRY(LAC_NEW(arena, q->count, &curves));
    LAC_TRY(read_curves(q, &f, curves, arena));
    f.curves = curves;
    FILE *script = tmpfile();
    if (!script) {
        return LAC_FAIL(LAC_E_IO, "cannot make a temporary file: %s", strerror(errno));
    }
    figure_write(script, &f);
    lac_status status = gnuplot_run(script, q->output, arena);
    fclose(script);
    return status;
}

static lac_status read_and_plot(int argc, char *const *argv, struct lac_arena *arena)
{
    struct lac_setting s[OPTIONS];
    struct lac_operands runs;
    bool help;
    LAC_TRY(lac_options_read(&lac_plot_options, argc, argv, arena, s, &runs, &help));
    if (help) {
        lac_options_help(&lac_plot_options, stdout);
        return LAC_OK;
    }
    if (runs.count == 0 || !s[OUTPUT].value) {
        return LAC_FAIL(LAC_E_USAGE, "plot: name %s: laconic plot run.h5 -o run.svg",
                        runs.count == 0 ? "a run file" : "a picture");
    }
    struct request q = {.output = s[OUTPUT].value,
                        .title = s[TITLE].value,
                        .x = s[X].value,
                        .y = s[Y].value,
                        .log = s[LOG].value,
                        .optima = s[OPTIMA].value,
                        .gap = s[GAP].value != NULL,
                        .paths = runs.word,
                        .count = runs.count};
    LAC_TRY(lac_run_key_read(s[KEY].value, &q.key));
    lac_status status = plot(&q, arena);
    lac_secret_free(q.key);
    return status;
}

lac_status lac_command_plot(int argc, char *const *argv)
{
    struct lac_arena arena = {0};
    lac_status status = read_and_plot(argc, argv, &arena);
    lac_arena_free(&arena);
    return status;
}

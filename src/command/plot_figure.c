/*
 * Sizes are in pixels of a screen; the legend stands below the panels, a line for each curve, and
 * the figure grows with it, so that nothing lies over anything else however long names are.
 */
#include "command/plot_figure.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/clean.h"

enum { TOP = 18, TITLE = 30, PANEL = 330, BELOW = 62, LEGEND_LINE = 21, BOTTOM = 10 };
enum { LEFT = 100, RIGHT = 22, PANEL_WIDTH = 420, LETTER = 8, TITLE_LETTER = 10, COLOURS = 7 };

/* Okabe and Ito, "Color Universal Design", 2008, in an order of falling contrast with white. */
static const char *const colours[COLOURS] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                             "#000000", "#E69F00", "#56B4E9"};
static const int markers[COLOURS] = {7, 5, 9, 13, 6, 4, 8};

static const struct {
    const char *name, *label;
    bool is_bits;
} labels[] = {
    {"bits_up", "sent up per client", true},
    {"bits_up_paper", "sent up per client, as papers count", true},
    {"bits_down", "received per client", true},
    {"grad_norm_sq", "squared norm of the gradient", false},
    {"oracle_rows", "gradients of single rows", false},
    {"oracle_full", "full gradients of clients", false},
    {"distance_sq", "squared distance to the solution", false},
    {"loss_gap", "f(x) - f*", false},
    {"grad_client_mean_sq", "mean squared norm of gradients of clients", false},
    {"test_loss", "loss on test data", false},
    {"test_grad_norm_sq", "squared norm of the gradient on test data", false},
    {"test_accuracy", "accuracy on test data", false},
    {"personal_loss", "mean loss of the clients at their own models", false},
    {"model_spread", "mean squared distance of the models to their mean", false},
    {"personal_objective", "F(x_1, ..., x_n)", false},
    {"personal_gap", "F(x_1, ..., x_n) - F*", false},
};

bool quantity_find(const char *name, struct quantity *out)
{
    const struct lac_column *column = lac_column_find(name);
    if (!column) {
        return false;
    }
    *out = (struct quantity){.column = column, .label = column->name};
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
        if (strcmp(labels[i].name, name) == 0) {
            out->label = labels[i].label;
            out->is_bits = labels[i].is_bits;
        }
    }
    return true;
}

bool quantity_is_in(const struct quantity *q, const struct lac_run *run)
{
    return lac_column_is_kept(run->columns, (size_t)(q->column - lac_columns));
}

double quantity_value(const struct quantity *q, const struct lac_row *row)
{
    return lac_column_real(q->column, row);
}

static double coordinate(const struct curve *c, const struct quantity *q, size_t point)
{
    double value = quantity_value(q, &c->run->rows[c->points[point]]);
    return q->is_bits ? value / c->clients : value;
}

struct range {
    double least, most;
};

/* Of all values, or of those above least. */
static struct range range_above(const struct figure *f, const struct quantity *q, double least)
{
    struct range r = {HUGE_VAL, -HUGE_VAL};
    for (size_t i = 0; i < f->count; i++) {
        for (size_t k = 0; k < f->curves[i].count; k++) {
            double value = coordinate(&f->curves[i], q, k);
            r.least = value > least && value < r.least ? value : r.least;
            r.most = value > r.most ? value : r.most;
        }
    }
    return r;
}

/* In single quotes gnuplot knows one special letter, the quote; doubled it is read wrongly next to another one, so
   that it is a string of its own. */
static void put_quoted(FILE *script, const char *text, size_t most)
{
    const char *p = text;
    fputc('\'', script);
    for (size_t letters = 0; *p; letters++) {
        size_t bytes = lac_letter(p);
        if (letters + 1 >= most && p[bytes ? bytes : 1] != '\0') {
            fputs("…", script);
            break;
        }
        if (bytes == 0) {
            bool control = (unsigned char)*p < 0x20 || *p == 0x7f;
            fputc(control ? ' ' : '?', script);
            p++;
            continue;
        }
        if (*p == '\'') {
            fputs("'.\"'\".'", script);
        } else {
            fwrite(p, 1, bytes, script);
        }
        p += bytes;
    }
    fputc('\'', script);
}

static int figure_width(const struct figure *f)
{
    return (LEFT + PANEL_WIDTH + RIGHT) * (int)f->panels;
}

static int legend_height(const struct figure *f)
{
    return LEGEND_LINE * (int)f->count + BOTTOM;
}

static int figure_height(const struct figure *f)
{
    return TOP + (f->title ? TITLE : 0) + PANEL + BELOW + legend_height(f);
}

size_t figure_label_length(const struct figure *f)
{
    return (size_t)(figure_width(f) - LEFT) / LETTER;
}

static void put_terminal(FILE *script, const struct figure *f)
{
    int width = figure_width(f);
    int height = figure_height(f);
    switch (f->picture) {
    case PICTURE_SVG:
        fprintf(script,
                "set terminal svg size %d,%d font 'sans-serif,13' background '#ffffff' "
                "dynamic\n",
                width, height);
        return;
    case PICTURE_PNG: /* twice the size, for dense screens and for print */
        fprintf(script,
                "set terminal pngcairo size %d,%d font 'sans-serif,10' fontscale 2 linewidth 2 "
                "pointscale 2 background '#ffffff'\n",
                2 * width, 2 * height);
        return;
    case PICTURE_PDF:
        fprintf(script,
                "set terminal pdfcairo size %.3fin,%.3fin font 'sans-serif,10' linewidth 1.3 "
                "background '#ffffff'\n",
                width / 96.0, height / 96.0);
        return;
    }
}

static void put_data(FILE *script, const struct figure *f, size_t panel, double unit)
{
    for (size_t i = 0; i < f->count; i++) {
        const struct curve *c = &f->curves[i];
        fprintf(script, "$p%zuc%zu << END\n", panel, i);
        for (size_t k = 0; k < c->count; k++) {
            fprintf(script, "%.9g %.17g\n", coordinate(c, &f->x[panel], k) / unit,
                    coordinate(c, &f->y, k));
        }
        fputs("END\n", script);
    }
}

/* 1, 2 or 5 times a power of ten, near a fifth of the width. */
static double tick_step(double width)
{
    double power = pow(10.0, floor(log10(width / 5)));
    double step = width / 5 / power;
    return power * (step < 1.5 ? 1 : step < 3.5 ? 2 : step < 7.5 ? 5 : 10);
}

/* Decades where there are enough of them; 1, 2, 5 over few; even steps within one. */
static void put_log_ticks(FILE *script, char axis, struct range r)
{
    double decades = log10(r.most) - log10(r.least); /* the quotient may be no double */
    if (decades >= 2) {
        double step = ceil(decades / 8);
        fprintf(script, "set format %c '10^{%%T}'\nset %ctics 1e-300,%g\nset m%ctics %d\n", axis,
                axis, pow(10.0, step), axis, step > 1 ? 1 : 10);
        return;
    }
    fprintf(script, "set format %c '%%g'\nset %ctics (", axis, axis);
    if (decades >= 0.7) {
        static const double digits[] = {1, 2, 5};
        for (int power = (int)floor(log10(r.least)); pow(10.0, power) <= r.most; power++) {
            for (size_t i = 0; i < 3; i++) {
                fprintf(script, "%.9g, ", digits[i] * pow(10.0, power));
            }
        }
    } else {
        double step = tick_step(r.most - r.least);
        for (double tick = ceil(r.least / step); tick * step <= r.most; tick++) {
            fprintf(script, "%.9g, ", tick * step);
        }
    }
    fputs("-1)\n", script); /* out of range, for the last comma */
}

static void put_log_axis(FILE *script, char axis, struct range r)
{
    double pad = pow(10.0, 0.04 * (log10(r.most) - log10(r.least)));
    pad = pad > 1.02 ? pad : 1.02; /* a constant has some width too */
    struct range wider = {r.least / pad, fmin(r.most * pad, DBL_MAX)};
    fprintf(script, "set logscale %c\nset %crange [%.17g:%.17g]\n", axis, axis, wider.least,
            wider.most);
    put_log_ticks(script, axis, wider);
}

/* Runs that send very different amounts can be compared on a logarithmic axis only. */
static bool ends_far_apart(const struct figure *f, const struct quantity *q)
{
    struct range ends = {HUGE_VAL, 0};
    for (size_t i = 0; i < f->count; i++) {
        double end = coordinate(&f->curves[i], q, f->curves[i].count - 1);
        ends.least = end < ends.least ? end : ends.least;
        ends.most = end > ends.most ? end : ends.most;
    }
    return ends.least > 0 && ends.most > 20 * ends.least;
}

static const struct unit {
    double size;
    const char *name;
} units[] = {{1e12, "Tbit"}, {1e9, "Gbit"}, {1e6, "Mbit"}, {1e3, "kbit"}, {1, "bits"}};

/* Returns the unit of the data. */
static double put_x_axis(FILE *script, const struct figure *f, size_t panel)
{
    const struct quantity *q = &f->x[panel];
    struct range positive = range_above(f, q, 0), r = range_above(f, q, -HUGE_VAL);
    bool fits = f->x_scale == SCALE_FITTING && q->is_bits && ends_far_apart(f, q);
    if (positive.most > 0 && (fits || f->x_scale == SCALE_LOGARITHMIC)) {
        fprintf(script, "set xlabel '%s%s'\n", q->is_bits ? "bits " : "", q->label);
        put_log_axis(script, 'x', positive);
        return 1;
    }
    const struct unit *unit = units;
    while (unit->size > 1 && (!q->is_bits || r.most < 2 * unit->size)) {
        unit++;
    }
    double most = r.most > 0 ? r.most / unit->size : 1, least = r.least < 0 ? r.least : 0;
    fprintf(script, "unset logscale x\nset format x '%%g'\nset xlabel '%s%s%s'\n",
            q->is_bits ? unit->name : "", q->is_bits ? " " : "", q->label);
    fprintf(script, "set xrange [%.9g:%.9g]\nset xtics %.9g,%.9g\nunset mxtics\n", least * 1.02,
            most * 1.02, floor(least / tick_step(most - least)) * tick_step(most - least),
            tick_step(most - least));
    return unit->size;
}

static void put_y_axis(FILE *script, const struct figure *f)
{
    struct range positive = range_above(f, &f->y, 0), r = range_above(f, &f->y, -HUGE_VAL);
    bool fits = f->y_scale == SCALE_FITTING && r.least > 0;
    fprintf(script, "set ylabel '%s%s'\n", f->y.is_bits ? "bits " : "", f->y.label);
    if (positive.most > 0 && (fits || f->y_scale == SCALE_LOGARITHMIC)) {
        put_log_axis(script, 'y', positive);
        return;
    }
    double pad = r.most > r.least ? 0.04 * (r.most - r.least) : 0.5;
    fprintf(script, "set yrange [%.17g:%.17g]\nset ytics auto\nset format y '%%g'\n", r.least - pad,
            r.most + pad);
}

static void put_margins(FILE *script, const struct figure *f, size_t panel)
{
    double width = figure_width(f);
    double height = figure_height(f);
    double left = (double)panel * (LEFT + PANEL_WIDTH + RIGHT) + LEFT;
    double below = legend_height(f) + BELOW;
    fprintf(script,
            "set lmargin at screen %.6f\nset rmargin at screen %.6f\n"
            "set bmargin at screen %.6f\nset tmargin at screen %.6f\n",
            left / width, (left + PANEL_WIDTH) / width, below / height, (below + PANEL) / height);
}

static void put_plot(FILE *script, const struct figure *f, size_t panel)
{
    for (size_t i = 0; i < f->count; i++) {
        size_t interval = f->curves[i].count / 12;
        fprintf(script, "%s $p%zuc%zu using 1:2 with linespoints lw 2 lc rgb '%s' dt %zu pt %d ",
                i == 0 ? "plot" : "    ", panel, i, colours[i % COLOURS], i / COLOURS % 5 + 1,
                markers[i % COLOURS]);
        fprintf(script, "ps 0.6 pi %zu title ", interval > 0 ? interval : 1);
        put_quoted(script, f->curves[i].label, figure_label_length(f));
        fprintf(script, " noenhanced%s\n", i + 1 < f->count ? ", \\" : "");
    }
}

static void put_panel(FILE *script, const struct figure *f, size_t panel)
{
    put_margins(script, f, panel);
    double unit = put_x_axis(script, f, panel);
    put_data(script, f, panel, unit);
    if (panel == 0) { /* one legend serves both */
        fprintf(script, "set key at screen %.6f, screen %.6f left top vertical maxcols 1 ",
                (LEFT - 10.0) / figure_width(f), legend_height(f) / (double)figure_height(f));
        fputs("Left reverse samplen 3 spacing 1.15 width 0\n", script);
    } else {
        fputs("unset key\n", script);
    }
    put_plot(script, f, panel);
}

void figure_write(FILE *script, const struct figure *f)
{
    put_terminal(script, f);
    fputs("set encoding utf8\nset border 3 lc rgb '#606060'\nset tics nomirror out scale 0.7\n"
          "set tics textcolor rgb '#000000'\n"
          "set grid back lc rgb '#e4e4e4' lt 1 lw 0.7\nset multiplot\n",
          script);
    if (f->title) {
        fputs("set label 1 ", script);
        put_quoted(script, f->title, (size_t)figure_width(f) / TITLE_LETTER);
        fprintf(script, " at screen 0.5, screen %.6f center noenhanced font ',15'\n",
                1 - (TOP + 6.0) / figure_height(f));
    }
    put_y_axis(script, f);
    for (size_t panel = 0; panel < f->panels; panel++) {
        put_panel(script, f, panel);
        fputs("unset label 1\n", script);
    }
    fputs("unset multiplot\n", script);
}

#include "command/plot_script.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "command/gnuplot.h"
#include "command/plot_axis.h"
#include "command/plot_legend.h"
#include "command/plot_style.h"

enum { MARKS = 10, FEWEST_MARKS = 4, DENSEST_MARKS = 60 }; /* of MARKERS_SOME, on a curve */

/* Letters of SVG are in pixels, of the others in points. PNG has two or, on paper, three pixels for one. */
static void put_terminal(FILE *script, const struct figure *f, const struct layout *l)
{
    double points = l->em * 72 / 96, dots = f->width > 0 ? 300.0 / 96 : 2;
    switch (f->picture) {
    case PICTURE_SVG:
        fprintf(script, "set terminal svg size %.0f,%.0f font 'sans-serif,%.4g' %s ", l->width,
                l->height, l->em, f->width > 0 ? "fixed" : "dynamic");
        break;
    case PICTURE_PNG:
        fprintf(script,
                "set terminal pngcairo size %.0f,%.0f font 'sans-serif,%.4g' fontscale %.4g "
                "linewidth %.4g pointscale %.4g dashlength 0.6 ",
                dots * l->width, dots * l->height, points, dots, dots, dots);
        break;
    case PICTURE_PDF:
        fprintf(
            script,
            "set terminal pdfcairo size %.4fin,%.4fin font 'sans-serif,%.4g' fontscale 0.75 linewidth 1.4 "
            "dashlength 0.6 ",
            l->width / 96, l->height / 96, points);
        break;
    }
    fputs("background '#ffffff'\n", script);
}

/* A band ends at the axis, where a logarithmic one has no place for what is below. */
static void put_point(FILE *script, const struct figure *f, const struct axis *x,
                      const struct axis *y, const struct point *p)
{
    double low = y->logarithmic ? fmax(p->low / y->unit, y->least) : p->low / y->unit;
    fprintf(script, "%.9g %.17g", p->x / x->unit, p->y / y->unit);
    if (f->band || f->bars) {
        fprintf(script, " %.17g %.17g", low, p->high / y->unit);
    }
    fputc('\n', script);
}

static double place_of(const struct axis *x, const struct point *p)
{
    return axis_place(x, p->x / x->unit);
}

/* How many of a curve's marks would stand along the whole axis: more of one that takes a small part of it. */
static double density_of(const struct curve *c, size_t panel, const struct axis *x)
{
    const struct point *p = c->points[panel];
    double part = fabs(place_of(x, &p[c->count[panel] - 1]) - place_of(x, &p[0]));
    if (!(part * MARKS < FEWEST_MARKS)) {
        return MARKS;
    }
    return fmin(FEWEST_MARKS / part, DENSEST_MARKS);
}

/* Marks stand evenly on the axis, of each curve at other places. */
static bool is_marked(const struct curve *c, size_t panel, size_t k, double density, double offset,
                      const struct axis *x)
{
    const struct point *p = &c->points[panel][k];
    if (k == 0) {
        return c->count[panel] == 1;
    }
    return floor(place_of(x, p) * density + offset) != floor(place_of(x, p - 1) * density + offset);
}

/* A curve's points: all for its line, or those that are marked. */
static void put_block(FILE *script, const struct figure *f, size_t panel, size_t i, bool marked,
                      const struct axis *x, const struct axis *y)
{
    const struct curve *c = &f->curves[i];
    double density = density_of(c, panel, x), offset = 0.5 + 0.618 * (double)i;
    bool all = !marked || f->markers == MARKERS_ALL;
    fprintf(script, "$p%zu%c%zu << END\n", panel, marked ? 'm' : 'c', i);
    for (size_t k = 0; k < c->count[panel]; k++) {
        if (all || is_marked(c, panel, k, density, offset, x)) {
            put_point(script, f, x, y, &c->points[panel][k]);
        }
    }
    fputs("END\n", script);
}

static void put_data(FILE *script, const struct figure *f, size_t panel, const struct axis *x,
                     const struct axis *y)
{
    for (size_t i = 0; i < f->count; i++) {
        put_block(script, f, panel, i, false, x, y);
        if (f->markers != MARKERS_NONE || f->bars) {
            put_block(script, f, panel, i, true, x, y);
        }
    }
}

static void put_margins(FILE *script, const struct layout *l, size_t panel)
{
    double left = layout_panel_left(l, panel), bottom = layout_panel_bottom(l, panel);
    fprintf(script,
            "set lmargin at screen %.6f\nset rmargin at screen %.6f\n"
            "set bmargin at screen %.6f\nset tmargin at screen %.6f\n",
            left / l->width, (left + l->panel_width) / l->width, bottom / l->height,
            (bottom + l->panel_height) / l->height);
}

static void put_lines(FILE *script, const struct layout *l, size_t panel, size_t i)
{
    fprintf(script, ", \\\n    $p%zuc%zu using 1:2 with lines lw %.3g lc rgb '%s' dt %d notitle",
            panel, i, l->line, curve_colour(i), curve_dash(i));
}

static void put_marks(FILE *script, const struct figure *f, const struct layout *l, size_t panel,
                      size_t i)
{
    if (f->bars) { /* errorbars would blank what lies under them */
        fprintf(
            script,
            ", \\\n    $p%zum%zu using 1:3:(0):($4-$3) with vectors heads size screen %.5f,90 lw "
            "%.3g lc rgb '%s' dt 1 notitle",
            panel, i, 0.25 * l->em / l->width, 0.6 * l->line, curve_colour(i));
    }
    if (f->markers != MARKERS_NONE) {
        fprintf(
            script,
            ", \\\n    $p%zum%zu using 1:2 with points lw %.3g lc rgb '%s' pt %d ps %.3g notitle",
            panel, i, 0.6 * l->line, curve_colour(i), curve_mark(i), l->point);
    }
}

/* Many would hide what lies below them. */
static double density_of_bands(const struct figure *f)
{
    size_t bands = 0;
    for (size_t i = 0; i < f->count; i++) {
        bands += f->curves[i].runs > 1;
    }
    return bands <= 3 ? 0.2 : fmax(0.6 / (double)bands, 0.05);
}

/* Bands lie below all curves, solid lines below those with gaps: where two are one, both are seen. */
static void put_plot(FILE *script, const struct figure *f, const struct layout *l, size_t panel)
{
    double density = density_of_bands(f);
    fputs("plot NaN notitle", script);
    for (size_t i = 0; i < f->count && f->band; i++) {
        fprintf(
            script,
            ", \\\n    $p%zuc%zu using 1:3:4 with filledcurves fs transparent solid %.2g noborder "
            "lc rgb '%s' notitle",
            panel, i, density, curve_colour(i));
    }
    for (int dash = 1; dash <= DASHES; dash++) {
        for (size_t i = 0; i < f->count; i++) {
            if (curve_dash(i) == dash) {
                put_lines(script, l, panel, i);
            }
        }
    }
    for (size_t i = 0; i < f->count; i++) {
        put_marks(script, f, l, panel, i);
    }
    fputc('\n', script);
}

static void put_x_label(FILE *script, const struct axis *a, const struct quantity *q,
                        const struct layout *l)
{
    char text[AXIS_TEXT];
    struct text_line lines[2];
    axis_text(a, q, text);
    size_t count = text_wrap(text, (l->panel_width + l->right) / l->em, 2, lines);
    fputs("set xlabel ", script);
    for (size_t k = 0; k < count; k++) {
        fputs(k > 0 ? ".\"\\n\"." : "", script);
        gnuplot_put_text(script, lines[k].at, lines[k].bytes, lines[k].cut);
    }
    fputs(" enhanced\n", script);
}

/* gnuplot leaves its own label out where it takes the numbers at the ticks for too wide. */
static void put_y_label(FILE *script, const struct axis *a, const struct quantity *q,
                        const struct layout *l, size_t panel)
{
    char text[AXIS_TEXT];
    struct text_line lines[MOST_Y_LINES];
    double left = layout_panel_left(l, panel) - l->left;
    double middle = layout_panel_bottom(l, panel) + l->panel_height / 2;
    axis_text(a, q, text);
    size_t count = text_wrap(text, layout_y_label_width(l), l->y_lines, lines);
    for (size_t k = 0; k < count; k++) {
        fputs("set label ", script);
        gnuplot_put_text(script, lines[k].at, lines[k].bytes, lines[k].cut);
        fprintf(script, " at screen %.6f,%.6f rotate by 90 center enhanced\n",
                (left + layout_y_label_place(k) * l->em) / l->width, middle / l->height);
    }
}

static void put_panel(FILE *script, const struct figure *f, const struct layout *l, size_t panel)
{
    struct axis x = axis_of_x(f, l, panel), y = axis_of_y(f, l);
    put_margins(script, l, panel);
    axis_write(script, 'x', &x);
    axis_write(script, 'y', &y);
    put_x_label(script, &x, &f->x[panel], l);
    put_y_label(script, &y, &f->y, l, panel);
    put_data(script, f, panel, &x, &y);
    put_plot(script, f, l, panel);
}

static void put_title(FILE *script, const struct figure *f, const struct layout *l)
{
    struct text_line lines[MOST_TITLE_LINES];
    size_t count = f->title ? layout_title_lines(f, l->width, lines) : 0;
    double size = layout_title_letters(l->em);
    for (size_t k = 0; k < count; k++) {
        fputs("set label ", script);
        gnuplot_put_text(script, lines[k].at, lines[k].bytes, lines[k].cut);
        fprintf(script, " at screen 0.5, screen %.6f center noenhanced font ',%.4g'\n",
                1 - (1.3 * (double)k + 1.05) * size / l->height,
                f->picture == PICTURE_SVG ? size : size * 72 / 96);
    }
}

void figure_write(FILE *script, const struct figure *f, const struct layout *l)
{
    put_terminal(script, f, l);
    fputs("set encoding utf8\nset samples 2\n"
          "set border 3 lc rgb '#606060'\nset tics nomirror out scale 0.7\n"
          "set tics textcolor rgb '#000000'\n"
          "unset key\nset grid back lc rgb '#e4e4e4' lt 1 lw 0.7\nset multiplot\n",
          script);
    put_title(script, f, l);
    legend_write(script, f, l);
    for (size_t panel = 0; panel < f->panels; panel++) {
        put_panel(script, f, l, panel);
        fputs("unset label\nunset arrow\n", script); /* with the first panel they are drawn */
    }
    fputs("unset multiplot\n", script);
}

#include "command/plot_script.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/clean.h"
#include "base/text.h"
#include "command/plot_axis.h"

enum { COLOURS = 7, DASHES = 5 };
enum { MARKS = 10, FEWEST_MARKS = 4, DENSEST_MARKS = 60 }; /* of MARKERS_SOME, on a curve */

/* Okabe and Ito, "Color Universal Design", 2008, in an order of falling contrast with white. Numbers of colours, dashes
   and marks have no divisor in common, so that curves differ in each of them, also in grey. */
static const char *const colours[COLOURS] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                             "#000000", "#E69F00", "#56B4E9"};
static const int marks[COLOURS] = {7, 5, 9, 13, 6, 4, 8};

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

static void put_style(FILE *script, const struct figure *f, const struct layout *l, size_t i)
{
    bool marked = f->markers != MARKERS_NONE;
    fprintf(script, "lw %.3g lc rgb '%s' dt %zu", l->line, colours[i % COLOURS], i % DASHES + 1);
    if (marked) {
        fprintf(script, " pt %d ps %.3g", marks[i % COLOURS], l->point);
    }
}

/* Bands lie below all curves, and the legend's samples are drawn by no data. */
static void put_plot(FILE *script, const struct figure *f, const struct layout *l, size_t panel)
{
    bool marked = f->markers != MARKERS_NONE;
    fputs("plot ", script);
    for (size_t i = 0; i < f->count && f->band; i++) {
        fprintf(script,
                "$p%zuc%zu using 1:3:4 with filledcurves fs transparent solid 0.2 noborder lc rgb "
                "'%s' notitle, \\\n    ",
                panel, i, colours[i % COLOURS]);
    }
    for (size_t i = 0; i < f->count; i++) {
        fprintf(script,
                "$p%zuc%zu using 1:2 with lines lw %.3g lc rgb '%s' dt %zu notitle, \\\n    ",
                panel, i, l->line, colours[i % COLOURS], i % DASHES + 1);
        if (f->bars) { /* errorbars would blank what lies under them */
            fprintf(script,
                    "$p%zum%zu using 1:3:(0):($4-$3) with vectors heads size screen %.5f,90 lw "
                    "%.3g lc rgb '%s' dt 1 notitle, \\\n    ",
                    panel, i, 0.25 * l->em / l->width, 0.6 * l->line, colours[i % COLOURS]);
        }
        if (marked) {
            fprintf(script,
                    "$p%zum%zu using 1:2 with points lw %.3g lc rgb '%s' pt %d ps %.3g notitle, "
                    "\\\n    ",
                    panel, i, 0.6 * l->line, colours[i % COLOURS], marks[i % COLOURS], l->point);
        }
        fprintf(script, "NaN with %s ", marked ? "linespoints" : "lines");
        put_style(script, f, l, i);
        fputs(" title ", script);
        put_quoted(script, f->curves[i].label, layout_label_length(f));
        fputs(i + 1 < f->count ? " noenhanced, \\\n    " : " noenhanced\n", script);
    }
}

static void put_panel(FILE *script, const struct figure *f, const struct layout *l, size_t panel)
{
    struct axis x = axis_of_x(f, l, panel), y = axis_of_y(f, l);
    put_margins(script, l, panel);
    axis_write(script, 'x', &x, &f->x[panel], (size_t)(l->panel_width / (0.5 * l->em)));
    axis_write(script, 'y', &y, &f->y, (size_t)(l->panel_height / (0.5 * l->em)));
    put_data(script, f, panel, &x, &y);
    if (panel == 0) { /* one legend serves all */
        fprintf(script, "set key at screen %.6f, screen %.6f left top vertical maxrows %zu ",
                l->legend_left / l->width,
                (l->legend_line * (double)l->legend_rows + 0.6 * l->em) / l->height,
                l->legend_rows);
        fputs("Left reverse samplen 3.5 spacing 1.15 width 0\n", script);
    } else {
        fputs("unset key\n", script);
    }
    put_plot(script, f, l, panel);
}

void figure_write(FILE *script, const struct figure *f, const struct layout *l)
{
    put_terminal(script, f, l);
    fputs("set encoding utf8\nset samples 2\n"
          "set border 3 lc rgb '#606060'\nset tics nomirror out scale 0.7\n"
          "set tics textcolor rgb '#000000'\n"
          "set grid back lc rgb '#e4e4e4' lt 1 lw 0.7\nset multiplot\n",
          script);
    if (f->title) {
        fputs("set label 1 ", script);
        put_quoted(script, f->title, layout_title_length(f));
        fprintf(script, " at screen 0.5, screen %.6f center noenhanced font ',%.4g'\n",
                1 - 1.8 * l->em / l->height,
                (f->picture == PICTURE_SVG ? 1.15 : 1.15 * 72 / 96) * l->em);
    }
    for (size_t panel = 0; panel < f->panels; panel++) {
        put_panel(script, f, l, panel);
        fputs("unset label 1\n", script);
    }
    fputs("unset multiplot\n", script);
}

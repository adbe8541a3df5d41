#include "command/plot_legend.h"

#include <math.h>
#include <string.h>

#include "command/gnuplot.h"
#include "command/plot_style.h"
#include "command/text_width.h"

/* In heights of the letters: the sample's line, where the label begins, what parts columns, lines, lines of one label. */
static const double sample = 3.2, text_at = 4.0, between = 2.0, line = 1.5, next_line = 1.25;

enum { MOST_LINES = 8 };

static double widest_label(const struct figure *f)
{
    double widest = 1;
    for (size_t i = 0; i < f->count; i++) {
        widest = fmax(widest, text_width(f->curves[i].label, strlen(f->curves[i].label)));
    }
    return widest;
}

static double entry_height(const struct figure *f, const struct legend *g, size_t i, bool *cut)
{
    struct text_line lines[MOST_LINES];
    size_t count = text_wrap(f->curves[i].label, g->widest, MOST_LINES, lines);
    *cut = *cut || lines[count - 1].cut;
    return line + next_line * (double)(count - 1);
}

void legend_make(const struct figure *f, double left, double width, double em, struct legend *out)
{
    struct legend g = {.left = left, .em = em};
    double room = width / em, widest = widest_label(f);
    double columns = floor((room + between) / (text_at + widest + between));
    columns = fmin(fmax(columns, 1), (double)f->count);
    g.rows = (size_t)ceil((double)f->count / columns);
    g.widest = fmin(widest, room - text_at);
    g.column = text_at + g.widest + between;
    for (size_t first = 0; first < f->count; first += g.rows) {
        double height = 0;
        for (size_t i = first; i < f->count && i < first + g.rows; i++) {
            height += entry_height(f, &g, i, &g.cut);
        }
        g.height = fmax(g.height, height * em);
    }
    *out = g;
}

/* x and y in pixels from the figure's lower left corner. */
static void put_sample(FILE *script, const struct figure *f, const struct layout *l, size_t i,
                       double x, double y)
{
    double em = l->legend.em, middle = (x + sample * em / 2) / l->width;
    fprintf(
        script,
        "set arrow from screen %.6f,%.6f to screen %.6f,%.6f nohead lw %.3g lc rgb '%s' dt %d\n",
        x / l->width, y / l->height, (x + sample * em) / l->width, y / l->height, l->line,
        curve_colour(i), curve_dash(i));
    if (f->markers != MARKERS_NONE) {
        fprintf(script,
                "set label '' at screen %.6f,%.6f point lw %.3g lc rgb '%s' pt %d ps %.3g\n",
                middle, y / l->height, 0.6 * l->line, curve_colour(i), curve_mark(i), l->point);
    }
}

static double put_entry(FILE *script, const struct figure *f, const struct layout *l, size_t i,
                        double x, double y)
{
    const struct legend *g = &l->legend;
    struct text_line lines[MOST_LINES];
    size_t count = text_wrap(f->curves[i].label, g->widest, MOST_LINES, lines);
    y -= line / 2 * g->em;
    put_sample(script, f, l, i, x, y);
    for (size_t k = 0; k < count; k++) {
        fputs("set label ", script);
        gnuplot_put_text(script, lines[k].at, lines[k].bytes, lines[k].cut);
        fprintf(script, " at screen %.6f,%.6f left noenhanced\n", (x + text_at * g->em) / l->width,
                y / l->height);
        y -= (k + 1 < count ? next_line : line / 2) * g->em;
    }
    return y;
}

void legend_write(FILE *script, const struct figure *f, const struct layout *l)
{
    const struct legend *g = &l->legend;
    double top = l->legend_bottom + g->height, y = top;
    for (size_t i = 0; i < f->count; i++) {
        size_t column = i / g->rows;
        y = i % g->rows == 0 ? top : y;
        y = put_entry(script, f, l, i, g->left + (double)column * g->column * g->em, y);
    }
}

#include "command/plot_warnings.h"

#include <stdio.h>

#include "base/clean.h"
#include "command/plot_axis.h"

static bool lies_within(const struct limits *l, double value)
{
    return !(value < l->least) && !(value > l->most);
}

void plot_warn_of_empty_panels(const struct figure *f)
{
    for (size_t panel = 0; panel < f->panels; panel++) {
        bool seen = false;
        for (size_t i = 0; i < f->count; i++) {
            for (size_t k = 0; k < f->curves[i].count[panel] && !seen; k++) {
                const struct point *p = &f->curves[i].points[panel][k];
                seen = lies_within(&f->x_limits, p->x) && lies_within(&f->y_limits, p->y);
            }
        }
        if (!seen) {
            fprintf(stderr,
                    "warning: plot: no point of %s against %s lies within --xrange and --yrange\n",
                    f->y.name, f->x[panel].name);
        }
    }
}

void plot_warn_of_cuts(const struct figure *f, const struct layout *l)
{
    struct text_line lines[MOST_TITLE_LINES];
    size_t count = f->title ? layout_title_lines(f, l->width, lines) : 0;
    if (count > 0 && lines[count - 1].cut) {
        fputs("warning: plot: --title is too long for its lines, and ends with an ellipsis\n",
              stderr);
    }
    if (l->legend.cut) {
        fputs(
            "warning: plot: a label is too long for its lines, and ends with an ellipsis; --labels "
            "takes shorter ones\n",
            stderr);
    }
}

void plot_warn_of_no_logarithm(const struct figure *f)
{
    bool x = f->x_scale == SCALE_LOGARITHMIC, y = axis_of_y_is_logarithmic(f);
    for (size_t i = 0; i < f->count; i++) {
        const struct curve *c = &f->curves[i];
        size_t left_out = 0, all = 0;
        for (size_t panel = 0; panel < f->panels; panel++) {
            for (size_t k = 0; k < c->count[panel]; k++) {
                const struct point *p = &c->points[panel][k];
                left_out += (x && p->x <= 0) || (y && p->y <= 0);
            }
            all += c->count[panel];
        }
        if (left_out > 0) {
            fputs("warning: plot: of '", stderr);
            lac_print_clean(stderr, c->label);
            fprintf(stderr,
                    "' %zu of %zu points are 0 or less, and are left out: --log none draws them\n",
                    left_out, all);
        }
    }
}

#include "command/plot_axis.h"

#include <float.h>
#include <math.h>

#include "command/plot_ticks.h"

struct range {
    double least, most;
};

static void widen(struct range *r, double value, double above)
{
    r->least = value > above && value < r->least ? value : r->least;
    r->most = value > r->most ? value : r->most;
}

static struct range range_of_y(const struct figure *f, double above)
{
    struct range r = {HUGE_VAL, -HUGE_VAL};
    for (size_t panel = 0; panel < f->panels; panel++) {
        for (size_t i = 0; i < f->count; i++) {
            for (size_t k = 0; k < f->curves[i].count[panel]; k++) {
                widen(&r, f->curves[i].points[panel][k].low, above);
                widen(&r, f->curves[i].points[panel][k].high, above);
            }
        }
    }
    return r;
}

/* Between the limits where they are given. */
static bool spans_a_decade(struct range r, const struct limits *limits)
{
    double least = isnan(limits->least) ? r.least : limits->least;
    double most = isnan(limits->most) ? r.most : limits->most;
    return least > 0 && most >= 10 * least;
}

bool axis_of_y_is_logarithmic(const struct figure *f)
{
    struct range positive = range_of_y(f, 0);
    bool fits = f->y_scale == SCALE_FITTING && spans_a_decade(positive, &f->y_limits) &&
                (f->y.falls_to_0 || range_of_y(f, -HUGE_VAL).least > 0);
    return positive.most > 0 && (fits || f->y_scale == SCALE_LOGARITHMIC);
}

/* From which on values have a place on the y axis. */
static double lowest_y(const struct figure *f)
{
    return axis_of_y_is_logarithmic(f) ? DBL_TRUE_MIN : -HUGE_VAL;
}

/* Of the points that are drawn, with their bands: all x, or those above a number. */
static struct range range_of_x(const struct figure *f, size_t panel, double above)
{
    struct range r = {HUGE_VAL, -HUGE_VAL};
    double lowest = lowest_y(f);
    for (size_t i = 0; i < f->count; i++) {
        for (size_t k = 0; k < f->curves[i].count[panel]; k++) {
            const struct point *p = &f->curves[i].points[panel][k];
            widen(&r, p->high >= lowest ? p->x : (double)NAN, above);
        }
    }
    return r;
}

/* The x of the last point that is drawn; 0: there is none. */
static double end_of(const struct curve *c, size_t panel, double lowest)
{
    size_t k = c->count[panel];
    while (k > 0 && !(c->points[panel][k - 1].high >= lowest)) {
        k--;
    }
    return k > 0 ? c->points[panel][k - 1].x : 0;
}

/* Runs that send very different amounts can be compared on a logarithmic axis only. */
static bool ends_far_apart(const struct figure *f, size_t panel)
{
    struct range ends = {HUGE_VAL, 0};
    double lowest = lowest_y(f);
    for (size_t i = 0; i < f->count; i++) {
        double end = end_of(&f->curves[i], panel, lowest);
        ends.least = end < ends.least ? end : ends.least;
        ends.most = end > ends.most ? end : ends.most;
    }
    return ends.least > 0 && ends.most > 20 * ends.least;
}

/* A range so narrow that an even axis looks the same is even, since logarithms of its ends lose digits. */
static struct axis logarithmic(struct range r, const struct limits *limits, const char *of_unit)
{
    double pad = pow(10.0, 0.04 * (log10(r.most) - log10(r.least)));
    pad = pad > 1.02 ? pad : 1.02; /* a constant has some width too */
    double least = limits->least > 0 ? limits->least : r.least / pad;
    double most = limits->most > 0 ? limits->most : fmin(r.most * pad, DBL_MAX);
    most = most > least ? most : fmin(least * pad, DBL_MAX);
    return (struct axis){.logarithmic = most > 1.0001 * least,
                         .unit = 1,
                         .of_unit = of_unit,
                         .least = least,
                         .most = most};
}

static struct axis even(struct range r, const struct limits *limits, struct unit unit)
{
    double least = isnan(limits->least) ? r.least : limits->least;
    double most = isnan(limits->most) ? r.most : limits->most;
    most = most > least ? most : least + fmax(fabs(least) * 1e-3, DBL_MIN);
    return (struct axis){.unit = unit.size,
                         .of_unit = unit.name,
                         .least = least / unit.size,
                         .most = most / unit.size};
}

/* That keeps numbers short: of bits and bytes, and of other whole numbers from a million on. */
static struct unit unit_of(const struct quantity *q, double most)
{
    if (q->unit != UNIT_NONE || q->column->is_double || most < 1e6) {
        return unit_for(q->unit, most / 2);
    }
    return most < 1e9 ? (struct unit){1e6, "millions"} : (struct unit){1e9, "billions"};
}

struct axis axis_of_x(const struct figure *f, const struct layout *l, size_t panel)
{
    const struct quantity *q = &f->x[panel];
    struct range positive = range_of_x(f, panel, 0), r = range_of_x(f, panel, -HUGE_VAL);
    bool fits = f->x_scale == SCALE_FITTING && q->unit == UNIT_OF_BITS &&
                ends_far_apart(f, panel) && !(f->x_limits.least <= 0);
    struct axis a;
    if (positive.most > 0 && (fits || f->x_scale == SCALE_LOGARITHMIC)) {
        a = logarithmic(positive, &f->x_limits, unit_for(q->unit, 1).name);
    } else {
        double most = isnan(f->x_limits.most) ? r.most : f->x_limits.most;
        struct range wider = {r.least < 0 ? r.least * 1.02 : 0, r.most > 0 ? r.most * 1.02 : 1};
        a = even(wider, &f->x_limits, unit_of(q, most));
    }
    a.level = true;
    a.length = l->panel_width / l->em;
    a.beyond = l->right / l->em;
    return a;
}

/* What differs in the sixth digit alone is drawn as the constant that it is: ticks have no room for more. */
static double pad_of(struct range r)
{
    double size = fmax(fabs(r.least), fabs(r.most)), width = r.most - r.least;
    bool constant = !(width > 2e-5 * size);
    return constant ? (size > 0 ? 0.05 * size : 0.5) : 0.04 * r.most - 0.04 * r.least;
}

struct axis axis_of_y(const struct figure *f, const struct layout *l)
{
    struct range positive = range_of_y(f, 0), r = range_of_y(f, -HUGE_VAL);
    struct axis a;
    if (axis_of_y_is_logarithmic(f)) {
        a = logarithmic(positive, &f->y_limits, unit_for(f->y.unit, 1).name);
    } else {
        double most = isnan(f->y_limits.most) ? r.most : f->y_limits.most;
        double pad = pad_of(r);
        struct range wider = {fmax(r.least - pad, -DBL_MAX), fmin(r.most + pad, DBL_MAX)};
        a = even(wider, &f->y_limits, unit_of(&f->y, most));
    }
    a.length = l->panel_height / l->em;
    return a;
}

double axis_place(const struct axis *a, double value)
{
    if (a->logarithmic) {
        return value > 0 ? (log10(value) - log10(a->least)) / (log10(a->most) - log10(a->least))
                         : (double)NAN;
    }
    return value / (a->most - a->least) - a->least / (a->most - a->least);
}

void axis_text(const struct axis *a, const struct quantity *q, char text[AXIS_TEXT])
{
    if (!*a->of_unit) {
        snprintf(text, AXIS_TEXT, "%s", q->label);
    } else if (q->unit != UNIT_NONE) {
        snprintf(text, AXIS_TEXT, "%s %s", a->of_unit, q->label);
    } else {
        snprintf(text, AXIS_TEXT, "%s, in %s", q->label, a->of_unit);
    }
}

/* A logarithmic axis is a hair longer than it is asked to be: gnuplot leaves ticks at its very ends out. */
void axis_write(FILE *script, char axis, const struct axis *a)
{
    double hair = a->logarithmic ? 1e-9 : 0;
    fprintf(script, "set %crange [%.17g:%.17g]\n%s logscale %c\n", axis, a->least * (1 - hair),
            fmin(a->most * (1 + hair), DBL_MAX), a->logarithmic ? "set" : "unset", axis);
    ticks_write(script, axis, a);
}

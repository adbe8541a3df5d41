#include "command/plot_axis.h"

#include <float.h>
#include <math.h>
#include <string.h>

struct range {
    double least, most;
};

static void widen(struct range *r, double value, double above)
{
    r->least = value > above && value < r->least ? value : r->least;
    r->most = value > r->most ? value : r->most;
}

/* Of all values, or of those above a number. */
static struct range range_of_x(const struct figure *f, size_t panel, double above)
{
    struct range r = {HUGE_VAL, -HUGE_VAL};
    for (size_t i = 0; i < f->count; i++) {
        for (size_t k = 0; k < f->curves[i].count[panel]; k++) {
            widen(&r, f->curves[i].points[panel][k].x, above);
        }
    }
    return r;
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

/* Runs that send very different amounts can be compared on a logarithmic axis only. */
static bool ends_far_apart(const struct figure *f, size_t panel)
{
    struct range ends = {HUGE_VAL, 0};
    for (size_t i = 0; i < f->count; i++) {
        const struct curve *c = &f->curves[i];
        double end = c->points[panel][c->count[panel] - 1].x;
        ends.least = end < ends.least ? end : ends.least;
        ends.most = end > ends.most ? end : ends.most;
    }
    return ends.least > 0 && ends.most > 20 * ends.least;
}

static struct axis logarithmic(struct range r, const struct limits *limits, const char *of_unit)
{
    double pad = pow(10.0, 0.04 * (log10(r.most) - log10(r.least)));
    pad = pad > 1.02 ? pad : 1.02; /* a constant has some width too */
    return (struct axis){.logarithmic = true,
                         .unit = 1,
                         .of_unit = of_unit,
                         .least = limits->least > 0 ? limits->least : r.least / pad,
                         .most = limits->most > 0 ? limits->most : fmin(r.most * pad, DBL_MAX)};
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

/* That keeps numbers short: of bits, and of other whole numbers from a million on. */
static struct unit unit_of(const struct quantity *q, double most)
{
    if (q->is_bits || q->column->is_double || most < 1e6) {
        return unit_for(q->is_bits, most / 2);
    }
    return most < 1e9 ? (struct unit){1e6, "millions"} : (struct unit){1e9, "billions"};
}

/* Labels beside each other are up to four letters' heights wide, on each other one line high. */
struct axis axis_of_x(const struct figure *f, const struct layout *l, size_t panel)
{
    const struct quantity *q = &f->x[panel];
    struct range positive = range_of_x(f, panel, 0), r = range_of_x(f, panel, -HUGE_VAL);
    bool fits = f->x_scale == SCALE_FITTING && q->is_bits && ends_far_apart(f, panel) &&
                !(f->x_limits.least <= 0);
    struct axis a;
    if (positive.most > 0 && (fits || f->x_scale == SCALE_LOGARITHMIC)) {
        a = logarithmic(positive, &f->x_limits, q->is_bits ? "bits" : "");
    } else {
        double most = isnan(f->x_limits.most) ? r.most : f->x_limits.most;
        struct range wider = {r.least < 0 ? r.least * 1.02 : 0, r.most > 0 ? r.most * 1.02 : 1};
        a = even(wider, &f->x_limits, unit_of(q, most));
    }
    a.room = floor(l->panel_width / (4.2 * l->em));
    return a;
}

struct axis axis_of_y(const struct figure *f, const struct layout *l)
{
    struct range positive = range_of_y(f, 0), r = range_of_y(f, -HUGE_VAL);
    bool fits = f->y_scale == SCALE_FITTING && r.least > 0 && !(f->y_limits.least <= 0);
    struct axis a;
    if (positive.most > 0 && (fits || f->y_scale == SCALE_LOGARITHMIC)) {
        a = logarithmic(positive, &f->y_limits, f->y.is_bits ? "bits" : "");
    } else {
        double most = isnan(f->y_limits.most) ? r.most : f->y_limits.most;
        double pad = r.most > r.least ? 0.04 * r.most - 0.04 * r.least : 0.5;
        struct range wider = {fmax(r.least - pad, -DBL_MAX), fmin(r.most + pad, DBL_MAX)};
        a = even(wider, &f->y_limits, unit_of(&f->y, most));
    }
    a.room = fmin(floor(l->panel_height / (2.2 * l->em)), 8);
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

/* 1, 2 or 5 times a power of ten, near a fifth of the width. */
static double tick_step(double width)
{
    double power = pow(10.0, floor(log10(width / 5)));
    double step = width / 5 / power;
    return power * (step < 1.5 ? 1 : step < 3.5 ? 2 : step < 7.5 ? 5 : 10);
}

/* Decades where there are enough of them; 1, 2, 5 over few; even steps within one. */
static void put_log_ticks(FILE *script, char axis, const struct axis *a)
{
    double decades = log10(a->most) - log10(a->least); /* the quotient may be no double */
    if (decades >= 2) {
        double step = ceil(decades / fmax(a->room, 2));
        fprintf(script, "set format %c '10^{%%T}'\nset %ctics 1e-300,%g\nset m%ctics %d\n", axis,
                axis, pow(10.0, step), axis, step > 1 ? 1 : 10);
        return;
    }
    bool long_numbers = a->most >= 1e5 || a->least < 1e-3;
    fprintf(script, "set format %c '%s'\nset %ctics (", axis,
            !long_numbers    ? "%g"
            : decades >= 0.9 ? "%.0t·10^{%T}"
                             : "%.1t·10^{%T}",
            axis);
    if (decades >= 0.9) {
        static const double digits[] = {1, 2, 5};
        for (int power = (int)floor(log10(a->least)); pow(10.0, power) <= a->most; power++) {
            for (size_t i = 0; i < 3; i++) {
                fprintf(script, "%.9g, ", digits[i] * pow(10.0, power));
            }
        }
    } else {
        double step = tick_step(a->most - a->least);
        for (double tick = ceil(a->least / step); tick * step <= a->most; tick++) {
            fprintf(script, "%.9g, ", tick * step);
        }
    }
    fputs("-1)\n", script); /* out of range, for the last comma */
}

static void put_even_ticks(FILE *script, char axis, const struct axis *a)
{
    double step = tick_step(a->most - a->least);
    fprintf(script, "unset logscale %c\nset format %c '%%g'\nunset m%ctics\n", axis, axis, axis);
    if (isfinite(step) && step > 0) {
        fprintf(script, "set %ctics %.9g,%.9g\n", axis, ceil(a->least / step - 1e-9) * step + 0.0,
                step);
    } else {
        fprintf(script, "set %ctics auto\n", axis);
    }
}

/* Labels are the program's own words. */
static void put_label(FILE *script, char axis, const struct axis *a, const struct quantity *q,
                      size_t letters)
{
    char text[160];
    const char *unit = *a->of_unit ? a->of_unit : NULL;
    int length = !unit        ? snprintf(text, sizeof text, "%s", q->label)
                 : q->is_bits ? snprintf(text, sizeof text, "%s %s", unit, q->label)
                              : snprintf(text, sizeof text, "%s, in %s", q->label, unit);
    char *middle = text + length / 2;
    while ((size_t)length > letters && *middle && *middle != ' ') {
        middle++;
    }
    if ((size_t)length > letters && *middle) {
        *middle = '\0';
        fprintf(script, "set %clabel \"%s\\n%s\"", axis, text, middle + 1);
    } else {
        fprintf(script, "set %clabel '%s'", axis, text);
    }
    fprintf(script, " %senhanced\n", q->is_text ? "no" : "");
}

void axis_write(FILE *script, char axis, const struct axis *a, const struct quantity *q,
                size_t letters)
{
    put_label(script, axis, a, q, letters);
    fprintf(script, "set %crange [%.17g:%.17g]\n", axis, a->least, a->most);
    if (a->logarithmic) {
        fprintf(script, "set logscale %c\n", axis);
        put_log_ticks(script, axis, a);
    } else {
        put_even_ticks(script, axis, a);
    }
}

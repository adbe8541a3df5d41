#include "command/plot_axis.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "command/text_width.h"

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

/* Labels beside each other are up to four letters' heights wide, on each other one line high. */
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
    a.across = l->panel_width / l->em;
    a.room = floor(a.across / 4.2);
    return a;
}

/* Between the limits where they are given. */
static bool spans_a_decade(struct range r, const struct limits *limits)
{
    double least = isnan(limits->least) ? r.least : limits->least;
    double most = isnan(limits->most) ? r.most : limits->most;
    return least > 0 && most >= 10 * least;
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
    bool fits = f->y_scale == SCALE_FITTING && r.least > 0 && spans_a_decade(r, &f->y_limits);
    struct axis a;
    if (positive.most > 0 && (fits || f->y_scale == SCALE_LOGARITHMIC)) {
        a = logarithmic(positive, &f->y_limits, unit_for(f->y.unit, 1).name);
    } else {
        double most = isnan(f->y_limits.most) ? r.most : f->y_limits.most;
        double pad = pad_of(r);
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

/* 1, 2 or 5 times a power of ten, near a part of the width. */
static double tick_step(double width, int parts)
{
    double power = pow(10.0, floor(log10(width / parts)));
    double step = width / parts / power;
    return power * (step < 1.5 ? 1 : step < 3.5 ? 2 : step < 7.5 ? 5 : 10);
}

static bool has_long_numbers(const struct axis *a)
{
    return a->most >= 1e5 || a->least < 1e-3;
}

struct ticks {                /* even ones */
    double step, first, last; /* in steps */
    double power;             /* of ten that labels have as a factor; 0: none */
    int digits;
};

enum { MOST_TICKS = 60, TICK_TEXT = 48 };

/* Very large and very small numbers as those of one power of ten; digits as the step needs them, up to what a double has. */
static bool ticks_of_step(const struct axis *a, double step, struct ticks *out)
{
    double end = fmax(fabs(a->least), fabs(a->most));
    double power = floor(log10(end) + 1e-9), finest = floor(log10(step) + 1e-9);
    bool long_numbers = power >= 6 || power < -3;
    double digits =
        (long_numbers ? power - fmin(finest, power) : fmax(power, 0) - fmin(finest, 0)) + 1;
    double rounding = fmax(1e-9, 4 * DBL_EPSILON * end / step);
    struct ticks t = {step, ceil(a->least / step - rounding), floor(a->most / step + rounding),
                      long_numbers ? power : 0, (int)fmin(fmax(digits, 1), 15)};
    bool found = isfinite(step) && step > 0 && isfinite(power);
    t.last = fmin(t.last, t.first + MOST_TICKS);
    *out = t;
    return found;
}

static void put_tick(const struct ticks *t, double k, char text[TICK_TEXT])
{
    double value = k * t->step / pow(10, t->power) + 0.0;
    int length = snprintf(text, TICK_TEXT, "%.*g", t->digits, value);
    if (t->power != 0 && value != 0) {
        snprintf(text + length, (size_t)(TICK_TEXT - length), "·10^{%.0f}", t->power);
    }
}

static size_t tick_count(const struct ticks *t)
{
    return t->last < t->first ? 0 : (size_t)(t->last - t->first) + 1;
}

/* Letters that are raised are smaller, and "^{}" is not seen. */
static double tick_width(const char *text)
{
    const char *raised = strstr(text, "^{");
    size_t level = raised ? (size_t)(raised - text) : strlen(text);
    return text_width(text, level) +
           (raised ? 0.8 * text_width(raised + 2, strlen(raised + 2) - 1) : 0);
}

static double widest_tick(const struct ticks *t)
{
    char text[TICK_TEXT];
    double width = 0;
    for (size_t i = 0; i < tick_count(t); i++) {
        put_tick(t, t->first + (double)i, text);
        width = fmax(width, tick_width(text));
    }
    return width;
}

/* About five, or fewer where labels beside each other need the room. */
static bool find_ticks(const struct axis *a, struct ticks *out)
{
    double range = a->most - a->least;
    bool found, fit = false;
    for (int parts = 5; parts > 0 && !fit; parts--) {
        found = ticks_of_step(a, tick_step(range, parts), out);
        fit = !found || a->across == 0 || out->step / range * a->across >= widest_tick(out) + 0.5;
    }
    return found;
}

static void put_steps(FILE *script, char axis, const struct axis *a)
{
    struct ticks t;
    char text[TICK_TEXT];
    if (!find_ticks(a, &t)) {
        fprintf(script, "set format %c '%%g'\nset %ctics auto\n", axis, axis);
        return;
    }
    fprintf(script, "set %ctics (", axis);
    for (size_t i = 0; i < tick_count(&t); i++) {
        double k = t.first + (double)i;
        put_tick(&t, k, text);
        fprintf(script, "%s'%s' %.15g", i > 0 ? ", " : "", text, k * t.step + 0.0);
    }
    fputs(")\n", script);
}

static double decades_of(const struct axis *a)
{
    return log10(a->most) - log10(a->least); /* the quotient may be no double */
}

static bool is_within_a_decade(const struct axis *a)
{
    return decades_of(a) < 0.9;
}

/* Decades where there are enough of them; 1, 2, 5 over few; even steps within one. */
static void put_log_ticks(FILE *script, char axis, const struct axis *a)
{
    static const double digits[] = {1, 2, 5};
    if (is_within_a_decade(a)) {
        put_steps(script, axis, a);
        return;
    }
    if (decades_of(a) >= 2) {
        double step = ceil(decades_of(a) / fmax(a->room, 2));
        fprintf(script, "set format %c '10^{%%T}'\nset %ctics 1e-300,%g\nset m%ctics %d\n", axis,
                axis, pow(10.0, step), axis, step > 1 ? 1 : 10);
        return;
    }
    fprintf(script, "set format %c '%s'\nset %ctics (", axis,
            has_long_numbers(a) ? "%.0t·10^{%T}" : "%g", axis);
    for (int power = (int)floor(log10(a->least)); pow(10.0, power) <= a->most; power++) {
        for (size_t i = 0; i < 3; i++) {
            fprintf(script, "%.9g, ", digits[i] * pow(10.0, power));
        }
    }
    fputs("-1)\n", script); /* out of range, for the last comma */
}

double axis_ticks_width(const struct axis *a)
{
    struct ticks t;
    if (a->logarithmic && !is_within_a_decade(a)) {
        bool powers = decades_of(a) >= 2, is_long = has_long_numbers(a);
        return powers    ? tick_width(a->least < 1e-99 || a->most > 1e99 ? "10^{-100}" : "10^{-10}")
               : is_long ? tick_width("5·10^{-10}")
                         : tick_width("0.0005");
    }
    return find_ticks(a, &t) ? widest_tick(&t) : tick_width("-1e+100");
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

void axis_write(FILE *script, char axis, const struct axis *a)
{
    fprintf(script, "set %crange [%.17g:%.17g]\n", axis, a->least, a->most);
    if (a->logarithmic) {
        fprintf(script, "set logscale %c\n", axis);
        put_log_ticks(script, axis, a);
    } else {
        fprintf(script, "unset logscale %c\nunset m%ctics\n", axis, axis);
        put_steps(script, axis, a);
    }
}

#include "command/plot_ticks.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "command/text_width.h"

enum { MOST_TICKS = 100, TICK_TEXT = 48, MOST_DIGITS = 15 };

struct tick {
    double at;
    char text[TICK_TEXT];
};

struct ticks {
    struct tick tick[MOST_TICKS];
    size_t count;
    double apart; /* how far they are at least, besides what their texts take */
    bool minor;   /* small ones at 2, 3, ..., 9 times each power of ten */
};

/* In heights of the letters: between numbers beside each other, from one to the next on each other; of powers of ten. */
static const double gap = 0.8, next_line = 1.25, powers_beside = 4.2, powers_on_each_other = 2.2;

static const double rounding = 1e-9;

static double decades_of(const struct axis *a)
{
    return log10(a->most) - log10(a->least); /* the quotient may be no double */
}

/* Of ten: that of the first decade, and of the last, on a logarithmic axis. */
static int first_power(const struct axis *a)
{
    return (int)floor(log10(a->least));
}

static int last_power(const struct axis *a)
{
    return (int)floor(log10(a->most) + rounding);
}

/* power: of ten, as a factor; 0 for a number without one. */
static void put_number(char text[TICK_TEXT], double value, int power, int digits)
{
    int length = snprintf(text, TICK_TEXT, "%.*g", digits, value / pow(10, power) + 0.0);
    if (power != 0 && value != 0) {
        snprintf(text + length, (size_t)(TICK_TEXT - length), "·10^{%d}", power);
    }
}

/* 1, 2 or 5 times a power of ten, near a fifth of the width. */
static double step_of(double width)
{
    double power = pow(10.0, floor(log10(width / 5)));
    double step = width / 5 / power;
    return power * (step < 1.5 ? 1 : step < 3.5 ? 2 : step < 7.5 ? 5 : 10);
}

/* Very large and very small numbers with a power of ten, on an even axis with one for all; digits as the step needs them. */
static void add_even(const struct axis *a, double step, struct ticks *t)
{
    double end = fmax(fabs(a->least), fabs(a->most));
    double power = floor(log10(end) + rounding), finest = floor(log10(step) + rounding);
    bool long_numbers = power >= 6 || power < -3;
    double digits =
        (long_numbers ? power - fmin(finest, power) : fmax(power, 0) - fmin(finest, 0)) + 1;
    double slack = fmax(rounding, 4 * DBL_EPSILON * end / step);
    double first = ceil(a->least / step - slack), last = floor(a->most / step + slack);
    for (double k = first; k <= last && t->count < MOST_TICKS; k++) {
        struct tick *tick = &t->tick[t->count++];
        tick->at = k * step + 0.0;
        double own = a->logarithmic ? floor(log10(tick->at) + rounding) : power;
        put_number(tick->text, tick->at, long_numbers ? (int)own : 0,
                   (int)fmin(fmax(digits, 1), MOST_DIGITS));
    }
}

/* At some digits before each power of ten. */
static void add_digits(const struct axis *a, const char *digits, struct ticks *t)
{
    bool long_numbers = a->most >= 1e5 || a->least < 1e-3;
    for (int power = first_power(a); power <= last_power(a); power++) {
        for (const char *digit = digits; *digit; digit++) {
            double at = (*digit - '0') * pow(10, power);
            if (at >= a->least * (1 - rounding) && at <= a->most * (1 + rounding)) {
                struct tick *tick = &t->tick[t->count++];
                tick->at = at;
                put_number(tick->text, at, long_numbers ? power : 0, MOST_DIGITS);
            }
        }
    }
}

static void add_powers(const struct axis *a, int step, struct ticks *t)
{
    int first = (int)ceil((log10(a->least) - rounding) / step) * step;
    for (int power = first; power <= last_power(a) && t->count < MOST_TICKS; power += step) {
        struct tick *tick = &t->tick[t->count++];
        tick->at = pow(10, power);
        snprintf(tick->text, TICK_TEXT, "10^{%d}", power);
    }
    t->apart = a->level ? powers_beside : fmax(powers_on_each_other, a->length / 8);
    t->minor = step == 1;
}

/* Ways to divide the axis, from k = 0 on, most of them from many ticks to few: decades where there are enough of them; 1, 2, 5 over few;
   even steps within one, or on an even axis. */
static bool divide(const struct axis *a, int k, struct ticks *out)
{
    static const char *const digits[] = {"125", "13", "1"};
    enum { STEPS = 5, DIGITS = sizeof digits / sizeof *digits };
    double decades = a->logarithmic ? decades_of(a) : 0;
    out->count = 0;
    out->apart = 0;
    out->minor = false;
    if (decades >= 2) {
        add_powers(a, k < 10 ? k + 1 : 10 * (k - 8), out);
        return k < decades;
    }
    if (decades >= 0.9) {
        k += STEPS;
    }
    if (k < STEPS) {
        double finest =
            5e-14 * fmax(fabs(a->least), fabs(a->most)); /* a double has no more digits */
        double step = step_of(fmax(ldexp(a->most - a->least, k), finest));
        if (isfinite(step) && step > 0) {
            add_even(a, step, out);
        }
    } else if (a->logarithmic && k < STEPS + DIGITS) {
        add_digits(a, digits[k - STEPS], out);
    }
    return k < STEPS + (a->logarithmic ? DIGITS : 0);
}

/* Letters that are raised are smaller, and "^{}" is not seen. */
static double text_of_tick_width(const char *text)
{
    const char *raised = strstr(text, "^{");
    size_t level = raised ? (size_t)(raised - text) : strlen(text);
    return text_width(text, level) +
           (raised ? 0.8 * text_width(raised + 2, strlen(raised + 2) - 1) : 0);
}

/* The last of them stands within the figure. */
static void drop_beyond(const struct axis *a, struct ticks *t)
{
    while (a->level && a->length > 0 && t->count > 0) {
        const struct tick *last = &t->tick[t->count - 1];
        double room = (1 - axis_place(a, last->at)) * a->length + a->beyond;
        if (text_of_tick_width(last->text) / 2 <= room) {
            return;
        }
        t->count--;
    }
}

static bool have_room(const struct axis *a, const struct ticks *t)
{
    for (size_t i = 1; i < t->count && a->length > 0; i++) {
        const struct tick *one = &t->tick[i - 1], *next = &t->tick[i];
        double width = text_of_tick_width(one->text) + text_of_tick_width(next->text);
        double needed = fmax(a->level ? width / 2 + gap : next_line, t->apart);
        if ((axis_place(a, next->at) - axis_place(a, one->at)) * a->length < needed) {
            return false;
        }
    }
    return t->count < MOST_TICKS;
}

/* The most that have room, of equals the first. */
static void choose(const struct axis *a, struct ticks *out)
{
    struct ticks t;
    out->count = 0;
    for (int k = 0; divide(a, k, &t); k++) {
        drop_beyond(a, &t);
        if (t.count > out->count && have_room(a, &t)) {
            *out = t;
        }
    }
}

double ticks_width(const struct axis *a)
{
    struct ticks t;
    double decades = a->logarithmic ? decades_of(a) : 0, width = 0;
    if (decades >= 2) {
        return text_of_tick_width(a->least < 1e-99 || a->most > 1e99 ? "10^{-100}" : "10^{-10}");
    }
    choose(a, &t);
    for (size_t i = 0; i < t.count; i++) {
        width = fmax(width, text_of_tick_width(t.tick[i].text));
    }
    return t.count > 0 ? width : text_of_tick_width("-1e+100");
}

static void put_minor_ticks(FILE *script, const struct axis *a)
{
    for (int power = first_power(a); power <= last_power(a); power++) {
        for (int digit = 2; digit < 10; digit++) {
            double at = digit * pow(10, power);
            if (at >= a->least && at <= a->most) {
                fprintf(script, ", '' %.15g 1", at);
            }
        }
    }
}

void ticks_write(FILE *script, char axis, const struct axis *a)
{
    struct ticks t;
    choose(a, &t);
    if (t.count == 0) {
        fprintf(script, "set format %c '%%g'\nset %ctics auto\n", axis, axis);
        return;
    }
    fprintf(script, "set %ctics (", axis);
    for (size_t i = 0; i < t.count; i++) {
        fprintf(script, "%s'%s' %.15g", i > 0 ? ", " : "", t.tick[i].text, t.tick[i].at);
    }
    if (t.minor) {
        put_minor_ticks(script, a);
    }
    fputs(")\n", script);
}

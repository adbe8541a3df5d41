#include "command/curve.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_POINTS = 2000 }; /* of one curve */

struct series { /* the rows of a run that can be drawn */
    const char *path;
    double *x, *y; /* (count) */
    size_t count;
};

static lac_status read_series(const struct lac_run *run, const struct quantity *x,
                              const struct quantity *y, struct series *out, struct lac_arena *arena)
{
    double clients = run_clients(run);
    struct series s = {.path = run->path};
    LAC_TRY(LAC_NEW(arena, run->row_count + 1, &s.x));
    LAC_TRY(LAC_NEW(arena, run->row_count + 1, &s.y));
    for (size_t i = 0; i < run->row_count; i++) {
        s.x[s.count] = quantity_value(x, &run->rows[i], clients);
        s.y[s.count] = quantity_value(y, &run->rows[i], clients);
        s.count += isfinite(s.x[s.count]) && isfinite(s.y[s.count]);
    }
    if (s.count == 0) {
        return LAC_FAIL(LAC_E_INPUT, "plot: '%s' has no row with finite %s and %s", run->path,
                        x->name, y->name);
    }
    *out = s;
    return LAC_OK;
}

static void add_point(struct curve *c, size_t panel, const struct series *s, size_t i)
{
    c->points[panel][c->count[panel]++] = (struct point){s->x[i], s->y[i], s->y[i], s->y[i]};
}

/* The lowest and the highest of rows first .. last - 1: spikes survive. */
static void thin_part(struct curve *c, size_t panel, const struct series *s, size_t first,
                      size_t last)
{
    size_t low = first, high = first;
    for (size_t i = first; i < last; i++) {
        low = s->y[i] < s->y[low] ? i : low;
        high = s->y[i] > s->y[high] ? i : high;
    }
    add_point(c, panel, s, low < high ? low : high);
    if (low != high) {
        add_point(c, panel, s, low < high ? high : low);
    }
}

static void fill_from_one(struct curve *c, size_t panel, const struct series *s)
{
    size_t parts = MOST_POINTS / 2 - 1;
    if (s->count <= MOST_POINTS) {
        for (size_t i = 0; i < s->count; i++) {
            add_point(c, panel, s, i);
        }
        return;
    }
    add_point(c, panel, s, 0); /* both ends are exact */
    for (size_t k = 0; k < parts; k++) {
        size_t inner = s->count - 2;
        thin_part(c, panel, s, 1 + k * inner / parts, 1 + (k + 1) * inner / parts);
    }
    add_point(c, panel, s, s->count - 1);
}

static int by_value(const void *a, const void *b)
{
    double one = *(const double *)a, other = *(const double *)b;
    return one < other ? -1 : one > other;
}

double quantile(double *values, size_t count, double q)
{
    qsort(values, count, sizeof *values, by_value);
    double place = q * (double)(count - 1);
    size_t below = (size_t)place, above = below + 1 < count ? below + 1 : below;
    double part = place - (double)below;
    return part > 0 ? values[below] + part * (values[above] - values[below]) : values[below];
}

static lac_status check_growth(const struct series *s, const struct quantity *x)
{
    for (size_t i = 1; i < s->count; i++) {
        if (s->x[i] < s->x[i - 1]) {
            return LAC_FAIL(LAC_E_USAGE,
                            "plot: --group: a median needs an --x that never falls, and %s does in "
                            "'%s'; take round or a column of bits",
                            x->name, s->path);
        }
    }
    return LAC_OK;
}

/* All x of the runs that all of them reach, ascending, each once, thinned. */
static lac_status make_grid(const struct series *s, size_t runs, double **grid, size_t *count,
                            struct lac_arena *arena)
{
    double first = -HUGE_VAL, last = HUGE_VAL;
    size_t total = 0, kept = 0;
    double *x;
    for (size_t i = 0; i < runs; i++) {
        first = fmax(first, s[i].x[0]);
        last = fmin(last, s[i].x[s[i].count - 1]);
        total += s[i].count;
    }
    LAC_TRY(LAC_NEW(arena, total, &x));
    for (size_t i = 0; i < runs; i++) {
        for (size_t k = 0; k < s[i].count; k++) {
            x[kept] = s[i].x[k];
            kept += s[i].x[k] >= first && s[i].x[k] <= last;
        }
    }
    qsort(x, kept, sizeof *x, by_value);
    size_t distinct = 0;
    for (size_t k = 0; k < kept; k++) {
        if (distinct == 0 || x[k] != x[distinct - 1]) {
            x[distinct++] = x[k];
        }
    }
    size_t points = distinct < MOST_POINTS ? distinct : MOST_POINTS;
    for (size_t k = 1; k < points; k++) {
        x[k] = x[k * (distinct - 1) / (points - 1)];
    }
    *grid = x;
    *count = points;
    return LAC_OK;
}

/* On the straight line between two rows; row: of an x before, then the last whose x is at most this. */
static double value_at(const struct series *s, double x, size_t *row)
{
    while (*row + 1 < s->count && s->x[*row + 1] <= x) {
        (*row)++;
    }
    size_t r = *row;
    if (s->x[r] >= x || r + 1 == s->count) {
        return s->y[r];
    }
    return s->y[r] + (x - s->x[r]) / (s->x[r + 1] - s->x[r]) * (s->y[r + 1] - s->y[r]);
}

static struct point summarise(double x, double *values, size_t count, enum spread spread)
{
    double share = spread == SPREAD_QUARTILES ? 0.25 : 0.0;
    double y = quantile(values, count, 0.5);
    if (spread == SPREAD_NONE) {
        return (struct point){x, y, y, y};
    }
    return (struct point){x, y, quantile(values, count, share), quantile(values, count, 1 - share)};
}

static lac_status fill_from_many(struct curve *c, size_t panel, const struct series *s,
                                 const struct quantity *x, enum spread spread,
                                 struct lac_arena *arena)
{
    double *grid, *values;
    size_t *row, count;
    for (size_t i = 0; i < c->runs; i++) {
        LAC_TRY(check_growth(&s[i], x));
    }
    LAC_TRY(make_grid(s, c->runs, &grid, &count, arena));
    if (count == 0) {
        return LAC_FAIL(LAC_E_INPUT, "plot: --group: the runs of '%s' have no %s in common",
                        c->label, x->name);
    }
    LAC_TRY(LAC_NEW(arena, c->runs, &values));
    LAC_TRY(LAC_NEW(arena, c->runs, &row));
    for (size_t k = 0; k < count; k++) {
        for (size_t i = 0; i < c->runs; i++) {
            values[i] = value_at(&s[i], grid[k], &row[i]);
        }
        c->points[panel][k] = summarise(grid[k], values, c->runs, spread);
    }
    c->count[panel] = count;
    return LAC_OK;
}

lac_status curve_fill(struct curve *c, size_t panel, const struct lac_run_group *group,
                      const struct quantity *x, const struct quantity *y, bool median,
                      enum spread spread, struct lac_arena *arena)
{
    struct series *series;
    c->label = group->label;
    c->runs = group->count;
    c->count[panel] = 0;
    LAC_TRY(LAC_NEW(arena, group->count, &series));
    LAC_TRY(LAC_NEW(arena, MOST_POINTS, &c->points[panel]));
    for (size_t i = 0; i < group->count; i++) {
        LAC_TRY(read_series(group->run[i], x, y, &series[i], arena));
    }
    if (!median) {
        fill_from_one(c, panel, series);
        return LAC_OK;
    }
    return fill_from_many(c, panel, series, x, spread, arena);
}

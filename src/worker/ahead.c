#include "worker/ahead.h"

#include <string.h>

#include "base/vec.h"
#include "worker/worker_state.h"

double lac_ahead_bytes(const struct lac_rows *rows, uint32_t n)
{
    return lac_by_column_bytes(rows) + ((double)n + 1.0) * (double)rows->m * sizeof(double);
}

lac_status lac_ahead_open(struct lac_worker *w)
{
    struct lac_ahead *a;
    size_t most = 0;
    if (!w->config->overlap) {
        return LAC_OK;
    }
    LAC_TRY(LAC_NEW(w->arena, 1, &a));
    LAC_TRY(LAC_NEW(w->arena, w->count + 1, &a->columns));
    LAC_TRY(LAC_NEW(w->arena, w->count + 1, &a->z));
    LAC_TRY(LAC_NEW(w->arena, w->count + 1, &a->part));
    LAC_TRY(LAC_NEW(w->arena, w->env.n, &a->known));
    for (uint32_t i = 0; i < w->count; i++) {
        const struct lac_rows *rows = &w->local[i].rows;
        LAC_TRY(lac_by_column_open(&a->columns[i], rows, w->arena));
        LAC_TRY(LAC_NEW(w->arena, rows->m + 1, &a->z[i]));
        LAC_TRY(LAC_NEW(w->arena, (size_t)w->env.n * rows->m + 1, &a->part[i]));
        most = rows->m > most ? rows->m : most;
    }
    LAC_TRY(LAC_NEW(w->arena, most + 1, &a->slope));
    w->ahead = a;
    return LAC_OK;
}

static void begin_anew(struct lac_worker *w, uint64_t round)
{
    w->ahead->round = round;
    w->ahead->count = 0;
    memset(w->ahead->known, 0, w->env.n * sizeof *w->ahead->known);
}

void lac_ahead_add(struct lac_worker *w, const struct lac_foreseen *f)
{
    struct lac_ahead *a = w->ahead;
    double before = lac_seconds();
    if (a->round != f->round) {
        begin_anew(w, f->round);
    }
    for (uint32_t i = 0; i < w->count; i++) {
        const struct lac_rows *rows = &w->local[i].rows;
        double *part = a->part[i] + (size_t)f->client * rows->m;
        if (a->known[f->client] == 0) {
            vec_zero(part, rows->m);
        }
        lac_by_column_add(&a->columns[i], rows, f->only, f->x, part);
    }
    a->known[f->client] += f->only->count;
    a->count += f->only->count;
    lac_laps_add(&w->laps, LAC_LAP_GRADIENT, lac_seconds() - before);
}

/* All blocks of that round, as the clients' draws were; of round 0 all features as one. */
static void add_round(struct lac_worker *w, uint64_t round, const double *x)
{
    const struct lac_entries all = {.count = w->env.d, .d = w->env.d};
    begin_anew(w, round);
    for (uint32_t client = 0; client < (round > 0 ? w->env.n : 1); client++) {
        const struct lac_draw draw = {.seed = w->env.seed,
                                      .round = round,
                                      .client = client,
                                      .position = client,
                                      .cohort = w->env.n};
        struct lac_entries block = all;
        bool drawn = round == 0 || lac_drawn_entries(&w->env.channel[0], &draw, &block);
        LAC_ASSERT(drawn);
        const struct lac_foreseen f = {round, client, x, &block};
        lac_ahead_add(w, &f);
    }
}

void lac_ahead_complete(struct lac_worker *w, const double *x)
{
    struct lac_ahead *a = w->ahead;
    uint64_t before = w->env.round - 1;
    if (a->round != before || a->count != w->env.d) {
        add_round(w, before, x);
    }
    for (uint32_t i = 0; i < w->count; i++) {
        size_t m = w->local[i].rows.m;
        vec_zero(a->z[i], m);
        for (uint32_t client = 0; client < w->env.n; client++) {
            if (a->known[client] > 0) {
                vec_axpy(a->z[i], 1.0, a->part[i] + (size_t)client * m, m);
            }
        }
    }
}

void lac_ahead_gradient(struct lac_worker *w, uint32_t client, const struct lac_entries *only,
                        const double *x, double *g)
{
    uint32_t i = client - w->first;
    const struct lac_ahead *a = w->ahead;
    lac_by_column_gradient(&a->columns[i], &w->local[i], only, x, a->z[i], a->slope, g);
}

/* Columns about single clients: their gradients, their losses at the model, their shifts, what their messages lost. */
#include <math.h>
#include <string.h>

#include "base/vec.h"
#include "method/minibatch.h"
#include "server/track_parts.h"

static const uint64_t of_losses = LAC_TRACK(client_loss_max) | LAC_TRACK(client_loss_worst) |
                                  LAC_TRACK(client_loss_p10) | LAC_TRACK(client_loss_p50) |
                                  LAC_TRACK(client_loss_p90);

static void keep_rows(void *server, uint32_t client, double rows, const double *v)
{
    struct lac_server *s = server;
    (void)v;
    s->track.weight[client] = rows;
    s->track.sum += rows;
}

/* As lac_server_weigh told them. */
static lac_status open_weights(struct lac_server *s)
{
    LAC_TRY(LAC_NEW(s->arena, s->n, &s->track.weight));
    for (uint32_t i = 0; i < s->n; i++) {
        s->track.weight[i] = 1.0;
    }
    if (!s->config->by_samples) {
        return LAC_OK;
    }
    vec_zero(s->mean, s->d);
    s->track.sum = 0.0;
    LAC_TRY(lac_server_ask(s, LAC_QUERY_WEIGHT, s->mean, keep_rows, s));
    vec_scale(s->track.weight, (double)s->n / s->track.sum, s->track.weight, s->n);
    return LAC_OK;
}

/* Both lists in one piece, as they are kept. */
static lac_status open_counts(struct lac_server *s, uint64_t column, struct lac_counted_of *c)
{
    if (!lac_tracks(s, column)) {
        return LAC_OK;
    }
    LAC_TRY(LAC_NEW(s->arena, 2 * (size_t)s->n, &c->now));
    c->kept = c->now + s->n;
    return LAC_OK;
}

lac_status lac_track_open_clients(struct lac_server *s)
{
    LAC_TRY(open_counts(s, LAC_TRACK(oracle_rows), &s->track.rows));
    LAC_TRY(open_counts(s, LAC_TRACK(oracle_full), &s->track.full));
    if (lac_tracks(s, of_losses)) {
        LAC_TRY(LAC_NEW(s->arena, s->n, &s->track.losses));
        LAC_TRY(LAC_NEW(s->arena, s->n, &s->track.sorted));
        LAC_TRY(open_weights(s));
    }
    if (lac_tracks(s, LAC_TRACK(shift_error)) && lac_method_shifts(s->method, &s->env) == 0) {
        return LAC_FAIL(LAC_E_USAGE,
                        "--track: a client of %s keeps nothing that stands for its gradient; "
                        "shift_error is of methods whose clients do",
                        s->method->name);
    }
    if (lac_tracks(s, LAC_TRACK(compressor_variance) | LAC_TRACK(compressor_contraction)) &&
        s->env.overlaps) {
        return LAC_FAIL(LAC_E_USAGE, "--track: with --overlap the clients do not have their whole "
                                     "gradients; leave compressor_... out");
    }
    return LAC_OK;
}

static void keep_count(void *counts, uint32_t client, double number, const double *v)
{
    uint64_t *now = counts;
    (void)v;
    now[client] = (uint64_t)number;
}

/* Whoever is not asked any more made no gradients since. */
static lac_status ask_counts(struct lac_server *s, enum lac_query kind, struct lac_counted_of *c,
                             uint64_t *count)
{
    double sum = 0.0;
    if (!c->now) {
        return LAC_OK;
    }
    memcpy(c->now, c->kept, s->n * sizeof *c->now);
    LAC_TRY(lac_server_ask(s, kind, NULL, keep_count, c->now));
    for (uint32_t i = 0; i < s->n; i++) {
        sum += (double)c->now[i];
    }
    return lac_track_take_count(kind, sum, count);
}

lac_status lac_track_counts(struct lac_server *s, struct lac_row *row)
{
    LAC_TRY(ask_counts(s, LAC_QUERY_ORACLE_ROWS, &s->track.rows, &row->oracle_rows));
    return ask_counts(s, LAC_QUERY_ORACLE_FULL, &s->track.full, &row->oracle_full);
}

/* Not of the row after the last round, which a run of more rounds does not have. */
void lac_track_keep_counts(struct lac_server *s, uint64_t round)
{
    const struct lac_counted_of *of[] = {&s->track.rows, &s->track.full};
    uint64_t every = s->config->eval_every;
    bool due = round == 0 || (every > 0 && round % every == 0);
    for (size_t k = 0; due && k < sizeof of / sizeof *of; k++) {
        if (of[k]->now) {
            memcpy(of[k]->kept, of[k]->now, s->n * sizeof *of[k]->kept);
        }
    }
}

static void add_share(void *server, uint32_t client, double share, const double *v)
{
    struct lac_server *s = server;
    (void)client;
    (void)v;
    if (share != LAC_LOST_NOTHING_SENT) {
        s->track.sum += share;
        s->track.answers++;
    }
}

/* Their mean over those who compressed something in the newest round; not a number where nobody did. */
static lac_status mean_share(struct lac_server *s, enum lac_query kind, double *mean)
{
    s->track.sum = 0.0;
    s->track.answers = 0;
    LAC_TRY(lac_server_ask(s, kind, NULL, add_share, s));
    *mean = s->track.answers > 0 ? s->track.sum / (double)s->track.answers : (double)NAN;
    return LAC_OK;
}

lac_status lac_track_clients(struct lac_server *s, struct lac_row *row)
{
    double lost;
    if (lac_tracks(s, LAC_TRACK(shift_error))) {
        LAC_TRY(lac_track_ask(s, LAC_QUERY_SHIFT, lac_server_model(s)));
        row->shift_error = s->track.sum / lac_counted(&s->env.sampling.absence, s->n, s->env.round);
    }
    if (lac_tracks(s, LAC_TRACK(compressor_variance))) {
        LAC_TRY(mean_share(s, LAC_QUERY_LOST, &row->compressor_variance));
    }
    if (lac_tracks(s, LAC_TRACK(compressor_contraction))) {
        LAC_TRY(mean_share(s, LAC_QUERY_LOST_SCALED, &lost));
        row->compressor_contraction = 1.0 - lost;
    }
    return LAC_OK;
}

/* Shell's sort: in place, and without memory of its own. */
static void sort(double *x, size_t count)
{
    size_t gap = 1;
    while (gap < count / 3) {
        gap = 3 * gap + 1;
    }
    for (; gap > 0; gap /= 3) {
        for (size_t i = gap; i < count; i++) {
            double moved = x[i];
            size_t j = i;
            for (; j >= gap && x[j - gap] > moved; j -= gap) {
                x[j] = x[j - gap];
            }
            x[j] = moved;
        }
    }
}

/* The least of the values that at least this share of all does not exceed. */
static double percentile(const double *sorted, size_t count, size_t percent)
{
    LAC_ASSERT(count > 0); /* every client has rows, and somebody stays */
    return sorted[(percent * count + 99) / 100 - 1];
}

/* Clients without rows have no loss where samples are weights, nor have those that were lost. */
void lac_track_losses(struct lac_server *s, struct lac_row *row)
{
    struct lac_track *t = &s->track;
    size_t count = 0, worst = 0;
    double most = -(double)INFINITY;
    if (!lac_tracks(s, of_losses)) {
        return;
    }
    for (uint32_t i = 0; i < s->n; i++) {
        if (t->weight[i] == 0.0 || lac_is_uncounted(&s->env.sampling.absence, i, row->round)) {
            continue;
        }
        double loss = t->losses[i] / t->weight[i];
        worst = loss > most ? i : worst;
        most = fmax(most, loss);
        t->sorted[count++] = loss;
    }
    sort(t->sorted, count);
    row->client_loss_max = lac_tracks(s, LAC_TRACK(client_loss_max)) ? most : 0.0;
    row->client_loss_worst = lac_tracks(s, LAC_TRACK(client_loss_worst)) ? worst : 0;
    row->client_loss_p10 =
        lac_tracks(s, LAC_TRACK(client_loss_p10)) ? percentile(t->sorted, count, 10) : 0.0;
    row->client_loss_p50 =
        lac_tracks(s, LAC_TRACK(client_loss_p50)) ? percentile(t->sorted, count, 50) : 0.0;
    row->client_loss_p90 =
        lac_tracks(s, LAC_TRACK(client_loss_p90)) ? percentile(t->sorted, count, 90) : 0.0;
}

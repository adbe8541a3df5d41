/*
 * golden_writer OPTIONS [P]: the data of a run, its step, its models and what was drawn, as text, for
 * golden.py.
 *
 *   row CLIENT LABEL FEATURES...           gamma STEP           x MODEL..., by rounds done
 *   f LOSS NORM                            loss and |grad f|^2, by rounds done
 *   who ROUND CLIENT MULTIPLICITY ROLE     a participant
 *   coin ROUND 0|1                         coin 0 of the round, of probability P
 *   drawn ROUND CLIENT ROWS...             rows of a gradient estimate
 *   local ROUND CLIENT STEP ROWS...        the same of a local step
 *   order EPOCH CLIENT BATCHES...          in which a client goes through its minibatches
 *   draw ROUND CLIENT U                    its coin 0 is 1 where U is below the probability
 *   eta STEP                               of the server, of methods that have one
 *   mask ROUND CHANNEL SENDER VALUES...    C(1, ..., 1); C(v) is the product with it where C is linear
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "method/minibatch.h"

static void write_numbers(const char *name, const double *x, size_t count)
{
    printf("%s", name);
    for (size_t j = 0; j < count; j++) {
        printf(" %.17g", x[j]);
    }
    printf("\n");
}

/* Rows of any storage, as products with the unit vectors would give them. */
static void write_row(const struct lac_rows *rows, size_t r, double *row)
{
    for (size_t j = 0; j < rows->d; j++) {
        row[j] = rows->dense ? rows->dense[r * rows->stride + j] : 0.0;
    }
    for (uint64_t k = rows->dense ? 0 : rows->start[r]; !rows->dense && k < rows->start[r + 1];
         k++) {
        row[rows->index[k]] = rows->value ? rows->value[k] : 1.0;
    }
}

static void write_data(struct trace *t)
{
    double *row = numbers(t->d);
    for (uint32_t i = 0; i < t->run.solo.server.n; i++) {
        const struct lac_local *f = client_local(&t->run, i);
        for (size_t r = 0; r < f->rows.m; r++) {
            char name[64];
            snprintf(name, sizeof name, "row %u %.17g", i, f->rows.label[r]);
            write_row(&f->rows, r, row);
            write_numbers(name, row, t->d);
        }
    }
    free(row);
}

/* C of the vector of ones, as a message of that sender would carry it. */
static void write_mask(const struct lac_env *e, size_t channel, const struct lac_draw *draw)
{
    const struct lac_channel_compressor *c = &e->channel[channel];
    double *ones = numbers(e->d), *mask = numbers(e->d);
    unsigned char *bytes = malloc(c->info.max_bytes + 1);
    struct lac_writer w;
    struct lac_reader r;
    char name[64];
    for (size_t j = 0; j < e->d; j++) {
        ones[j] = 1.0;
    }
    lac_writer_init(&w, bytes, c->info.max_bytes);
    lac_status status = lac_encode(c, draw, ones, &w);
    lac_reader_init(&r, bytes, w.bytes);
    if (status != LAC_OK || lac_decode_add(c, draw, &r, 1.0, 1.0, mask) != LAC_OK) {
        printf("failed %s\n", lac_failure());
    }
    snprintf(name, sizeof name, "mask %llu %zu %u", (unsigned long long)e->round, channel,
             draw->client);
    write_numbers(name, mask, e->d);
    free(bytes);
    free(mask);
    free(ones);
}

/* Who takes part in e->round, and the masks of their messages and of the server's. */
static void write_round(const struct lac_method *m, struct lac_env *e, struct lac_participant *who)
{
    uint32_t count = lac_method_participants(m, e, who);
    for (uint32_t k = 0; k < count; k++) {
        printf("who %llu %u %u %u\n", (unsigned long long)e->round, who[k].client,
               who[k].multiplicity, who[k].role);
    }
    for (size_t channel = 0; channel < lac_method_channels(m); channel++) {
        struct lac_draw draw = {.seed = e->seed, .round = e->round, .channel = (uint8_t)channel};
        for (uint32_t k = 0; k < count; k++) {
            draw.client = who[k].client;
            draw.position = k;
            draw.cohort = count;
            write_mask(e, channel, &draw);
        }
        draw.client = LAC_SHARED;
        draw.position = 0;
        draw.cohort = e->n;
        write_mask(e, channel, &draw);
    }
}

static void write_draws(struct trace *t, double p)
{
    const struct lac_server *s = &t->run.solo.server;
    struct lac_env e = s->env;
    struct lac_participant *who = malloc(e.n * sizeof *who);
    for (e.round = 0; who && e.round <= s->config->rounds; e.round++) {
        write_round(s->method, &e, who);
        printf("coin %llu %d\n", (unsigned long long)e.round, lac_coin(&e, 0, p));
    }
    free(who);
}

/* Local steps of a round; 1 where the method has none. */
static struct lac_pass pass_of(const struct lac_worker *w)
{
    const struct lac_parameter *p = w->method->parameters;
    bool local = p && p->name && strcmp(p->name, "steps") == 0;
    struct lac_pass one = {.batches = lac_method_batches(w->method, &w->env), .steps = 1};
    return local ? lac_pass_of(w->env.parameter) : one;
}

static void write_chosen(const struct lac_worker *w)
{
    for (size_t k = 0; k < w->sampler.rows.m; k++) {
        printf(" %u", w->sampler.chosen[k]);
    }
    printf("\n");
}

/* What a client's estimate of a round is of; the run is over, so that drawing again does no harm. */
static void write_rows(struct lac_worker *w, uint32_t client)
{
    struct lac_env *e = &w->env;
    struct lac_batch drawn = {.drawn = true};
    double *g = numbers(e->d), loss;
    uint32_t steps = pass_of(w).steps;
    for (e->round = 1; e->round <= w->config->rounds; e->round++) {
        for (e->local_step = 0; e->local_step < steps; e->local_step++) {
            unsigned long long round = e->round;
            if (e->gradient(e->oracle, client, e->x0, &drawn, &loss, g) != LAC_OK) {
                printf("failed %s\n", lac_failure());
            }
            if (steps == 1) {
                printf("drawn %llu %u", round, client);
            } else {
                printf("local %llu %u %u", round, client, e->local_step);
            }
            write_chosen(w);
        }
    }
    free(g);
}

static void write_orders(struct lac_worker *w, uint32_t client)
{
    struct lac_env *e = &w->env;
    struct lac_pass pass = pass_of(w);
    uint64_t epochs = w->config->rounds * pass.steps / pass.batches + 1;
    e->who.client = client;
    for (uint64_t epoch = 0; epoch < epochs; epoch++) {
        printf("order %llu %u", (unsigned long long)epoch, client);
        for (uint32_t k = 0; k < pass.batches; k++) {
            printf(" %u", lac_batch_of(e, pass.batches, epoch, k));
        }
        printf("\n");
    }
}

/* As lac_client_coin draws. */
static void write_coins(struct lac_env *e, uint32_t client, uint64_t rounds)
{
    for (uint64_t round = 1; round <= rounds; round++) {
        struct lac_stream stream = {
            .seed = e->seed, .round = round, .client = client, .purpose = LAC_PURPOSE_COIN};
        struct lac_rng r;
        lac_rng_init(&r, &stream);
        printf("draw %llu %u %.17g\n", (unsigned long long)round, client, lac_rng_uniform(&r));
    }
}

static void write_clients(struct trace *t)
{
    for (uint32_t rank = 1; rank <= t->run.ranks; rank++) {
        struct lac_worker *w = t->run.worker[rank];
        for (uint32_t i = 0; i < w->count; i++) {
            write_orders(w, w->first + i);
            write_coins(&w->env, w->first + i, w->config->rounds);
        }
    }
}

static void write_estimates(struct trace *t)
{
    for (uint32_t rank = 1; rank <= t->run.ranks; rank++) {
        struct lac_worker *w = t->run.worker[rank];
        for (uint32_t i = 0; i < w->count && w->env.estimator.kind != LAC_ESTIMATOR_FULL; i++) {
            write_rows(w, w->first + i);
        }
    }
}

int main(int argc, char **argv)
{
    static struct trace t;
    if (argc < 2 || argc > 3 || trace_run(&t, 2, argv[1]) != LAC_OK) {
        printf("failed %s\n", argc >= 2 ? lac_failure() : "options are needed");
        return 1;
    }
    printf("clients %u\n", t.run.solo.server.n);
    write_data(&t);
    write_numbers("gamma", &t.gamma, 1);
    write_numbers("eta", &t.run.solo.server.env.eta, 1);
    for (uint64_t r = 0; r <= t.run.solo.config.rounds; r++) {
        write_numbers("x", trace_model(&t, r), t.d);
    }
    for (size_t i = 0; i < t.rows; i++) {
        double row[2] = {t.row[i].loss, t.row[i].grad_norm_sq};
        write_numbers("f", row, 2);
    }
    write_estimates(&t);
    write_clients(&t);
    write_draws(&t, argc == 3 ? strtod(argv[2], NULL) : 0.0);
    trace_close(&t);
    return 0;
}

#include "solo_run.h"

#include <stdio.h>
#include <string.h>

#include "command/train_parts.h"

lac_status solo_configure(struct solo_run *r, const char *options)
{
    char *words[64], *rest = NULL;
    const char *copy;
    int count = 0;
    bool help;
    LAC_TRY(lac_arena_text(&r->arena, options, &copy));
    for (char *word = strtok_r((char *)(uintptr_t)copy, " ", &rest); word && count < 64;
         word = strtok_r(NULL, " ", &rest)) {
        words[count++] = word;
    }
    LAC_TRY(lac_config_read(&r->config, count, words, &r->arena, &help));
    return lac_train_resolve(&r->config, &r->arena);
}

lac_status solo_open(struct solo_run *r, const char *options,
                     lac_status (*on_row)(void *listener, const struct lac_server *s),
                     void *listener)
{
    struct lac_place place = {.rank = 1, .ranks = 1, .host = "solo"};
    struct lac_peer peer;
    *r = (struct solo_run){0};
    LAC_TRY(solo_configure(r, options));
    LAC_TRY(lac_worker_open(&peer, &r->config, &place, LAC_OK, &r->worker_arena));
    LAC_TRY(lac_solo_open(&r->transport, &peer, &r->arena));
    r->worker = peer.self;
    r->server = (struct lac_server){.config = &r->config,
                                    .transport = r->transport,
                                    .arena = &r->arena,
                                    .host = place.host,
                                    .began = lac_seconds(),
                                    .reports = r->reports,
                                    .on_row = on_row,
                                    .listener = listener};
    return lac_server_set_up(&r->server);
}

lac_status solo_finish(struct solo_run *r)
{
    LAC_TRY(lac_server_run(&r->server));
    return lac_server_stop(&r->server);
}

void solo_close(struct solo_run *r)
{
    lac_arena_free(&r->arena);
    lac_arena_free(&r->worker_arena);
}

static void find_vector(struct lac_visitor *v, const char *name, double *x, size_t d)
{
    struct vector_finder *f = (struct vector_finder *)(void *)v;
    (void)d;
    f->found = strcmp(name, f->name) == 0 ? x : f->found;
}

static void ignore_integers(struct lac_visitor *v, const char *name, uint32_t *x, size_t count)
{
    (void)v;
    (void)name;
    (void)x;
    (void)count;
}

static void ignore_counter(struct lac_visitor *v, const char *name, uint64_t *x)
{
    (void)v;
    (void)name;
    (void)x;
}

struct vector_finder vector_finder(const char *name)
{
    return (struct vector_finder){
        .visitor = {.vector = find_vector, .integers = ignore_integers, .counter = ignore_counter},
        .name = name};
}

double *solo_server_vector(struct solo_run *r, const char *name)
{
    struct vector_finder f = vector_finder(name);
    lac_state_visit(&r->server.method->server, r->server.state, &r->server.env, &f.visitor);
    return f.found;
}

double *solo_client_vector(struct solo_run *r, uint32_t client, const char *name)
{
    struct vector_finder f = vector_finder(name);
    void *state = lac_worker_client_state(r->worker, client);
    lac_state_visit(&r->server.method->client, state, &r->worker->env, &f.visitor);
    return f.found;
}

/* Quantizer number `turn` of the list, counted around it. */
static const struct lac_compressor *quantizer_in_turn(size_t turn)
{
    size_t count, quantizers = 0;
    const struct lac_compressor *const *list = lac_compressors(&count);
    for (size_t i = 0; i < count; i++) {
        quantizers += list[i]->quantizer != NULL;
    }
    turn = turn % quantizers + 1;
    for (size_t i = 0; i < count; i++) {
        turn -= list[i]->quantizer != NULL;
        if (turn == 0) {
            return list[i];
        }
    }
    return NULL;
}

const char *solo_compressor(size_t number)
{
    static char text[128];
    size_t count, selectors = 0;
    const struct lac_compressor *const *list = lac_compressors(&count);
    if (number < count) {
        return list[number]->examples[0];
    }
    for (size_t i = 0; i < count; i++) {
        selectors += list[i]->selector != NULL;
        if (list[i]->selector && selectors == number - count + 1) {
            snprintf(text, sizeof text, "%s+%s", list[i]->examples[0],
                     quantizer_in_turn(selectors)->examples[0]);
            return text;
        }
    }
    return NULL;
}

bool solo_lossless(const char *compressor, const struct lac_compressor_size *size)
{
    struct lac_arena a = {0};
    struct lac_channel_compressor c;
    bool lossless = lac_compressor_open(&c, compressor, size, &a) == LAC_OK &&
                    ((c.info.classes & LAC_UNBIASED) ? c.info.omega == 0.0 : c.info.alpha == 1.0);
    lac_arena_free(&a);
    return lossless;
}

/*
 * Rank 0 of a sealed run that attacks it.
 *
 * usage: evil_server ATTACK MESSAGE FROM TO WHICH AT --role server OPTIONS...    (in one job with ranks of `laconic train`)
 *
 * ATTACK, of evil_attacks.c, is done to the WHICHth frame MESSAGE (JOIN, ...; ANY) from rank FROM to rank TO (0: all others);
 * WHICH 0: to each, FROM 0: of all ranks. EVIL_RECORD names a file for all that comes, EVIL_PLAY one that a session before
 * has left, EVIL_ACCOUNT one for messages and bytes of each rank.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "command/train_parts.h"
#include "evil.h"
#include "server/forward.h"
#include "transport/mpi.h"

struct heading { /* of a frame in a record */
    uint32_t from, to;
    uint64_t count;
};

static void add(struct kept **first, struct kept **last, struct kept *k)
{
    for (const struct kept *old = *first; old; old = old->next) {
        k->number += old->from == k->from && old->to == k->to && old->message == k->message;
    }
    if (*last) {
        (*last)->next = k;
    } else {
        *first = k;
    }
    *last = k;
}

static struct kept *keep(struct kept **first, struct kept **last, const struct lac_passing *p,
                         uint16_t message)
{
    struct kept *k = calloc(1, sizeof *k);
    *k = (struct kept){
        .from = p->from, .to = p->to, .message = message, .number = 1, .count = p->count};
    k->bytes = malloc(p->count + 1);
    memcpy(k->bytes, p->bytes, p->count);
    add(first, last, k);
    return k;
}

static void write_down(int record, const struct lac_passing *p)
{
    struct heading heading = {p->from, p->to, p->count};
    if (record >= 0 && (write(record, &heading, sizeof heading) != (ssize_t)sizeof heading ||
                        write(record, p->bytes, p->count) != (ssize_t)p->count)) {
        perror("evil_server: EVIL_RECORD");
        exit(1);
    }
}

static unsigned tamper(void *context, struct lac_passing *p)
{
    struct evil *e = context;
    struct lac_frame f;
    write_down(e->record, p);
    if (lac_frame_peek(p->bytes, p->count, &f) != LAC_OK) {
        return 1; /* a later piece of a frame */
    }
    return e->act(e, p, keep(&e->first, &e->last, p, f.message));
}

static void read_played(struct evil *e, const char *path)
{
    struct kept *last = NULL;
    struct heading heading;
    FILE *file = path ? fopen(path, "rb") : NULL;
    while (file && fread(&heading, sizeof heading, 1, file) == 1) {
        struct lac_passing p = {heading.from, heading.to, malloc(heading.count + 1), heading.count};
        struct lac_frame f;
        if (fread(p.bytes, 1, p.count, file) != p.count) {
            exit(1);
        }
        if (lac_frame_peek(p.bytes, p.count, &f) == LAC_OK) {
            keep(&e->played, &last, &p, f.message);
        }
        free(p.bytes);
    }
    if (file) {
        fclose(file);
    }
}

static void write_account(const char *path, const struct lac_relay *r)
{
    FILE *file = path ? fopen(path, "w") : NULL;
    for (uint32_t rank = 1; file && rank <= r->ranks; rank++) {
        fprintf(file, "0 %u %llu %llu\n%u 0 %llu %llu\n", rank,
                (unsigned long long)r->sent[rank].bytes, (unsigned long long)r->sent[rank].messages,
                rank, (unsigned long long)r->received[rank].bytes,
                (unsigned long long)r->received[rank].messages);
    }
    if (file) {
        fclose(file);
    }
}

static uint16_t message_of(const char *name)
{
    for (uint16_t m = 1; m < 64; m++) {
        if (lac_message_name(m) && strcmp(lac_message_name(m), name) == 0) {
            return m;
        }
    }
    return 0;
}

static lac_status serve(struct evil *e, struct lac_config *config, int argc, char **argv)
{
    struct lac_mpi mpi;
    char **no_arguments = NULL;
    int none = 0;
    bool help;
    struct lac_forward f = {.config = config, .began = lac_seconds()};
    LAC_TRY(lac_config_read(config, argc, argv, e->arena, &help));
    LAC_TRY(lac_train_resolve(config, e->arena));
    LAC_TRY(lac_mpi_start(&mpi, &none, &no_arguments));
    e->config = config;
    e->ranks = mpi.size - 1;
    f.relay.tamper = tamper;
    f.relay.tamper_context = e;
    lac_status status = lac_forward_run(&f, e->ranks, e->arena);
    if (f.forsaken) {
        lac_mpi_leave(lac_exit_code(status));
    }
    if (status != LAC_OK && !f.relay.ended) {
        fprintf(stderr, "evil_server: %s\n", lac_failure());
        lac_mpi_abort(lac_exit_code(status));
    }
    write_account(getenv("EVIL_ACCOUNT"), &f.relay);
    lac_mpi_finish();
    return status;
}

int main(int argc, char **argv)
{
    struct lac_arena arena = {0};
    struct lac_config config = {0};
    static struct evil e; /* what it has kept stays its own to the end */
    e = (struct evil){.arena = &arena, .record = -1};
    const char *record = getenv("EVIL_RECORD");
    if (argc < 7 || !evil_choose(&e, argv[1])) {
        fprintf(stderr, "evil_server: ATTACK MESSAGE FROM TO WHICH AT OPTIONS...\n");
        return 2;
    }
    e.message = message_of(argv[2]);
    e.from = (uint32_t)atoi(argv[3]);
    e.to = (uint32_t)atoi(argv[4]);
    e.which = (unsigned)atoi(argv[5]);
    e.at = atol(argv[6]);
    if (record) {
        e.record = open(record, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
    }
    read_played(&e, getenv("EVIL_PLAY"));
    lac_status status = serve(&e, &config, argc - 7, argv + 7);
    if (status != LAC_OK) {
        fprintf(stderr, "evil_server: %s\n", lac_failure());
    }
    lac_arena_free(&arena);
    return lac_exit_code(status);
}

/*
 * Every method with every compressor that it admits, one run after the other in one MPI job, each
 * compared with the same run inside one process: the same model to the last bit, the same ledger; and
 * per run the identity between the accounts `frames` and `mpi`. At the end rank 0 writes the account of
 * the whole job per pair of ranks to a file, for the comparison with Open MPI's monitoring.
 *
 * usage: mpi_matrix ACCOUNT_FILE [METHOD COMPRESSOR]
 */
#include <stdlib.h>
#include <string.h>

#include "../method/solo_run.h"
#include "../tap.h"
#include "command/train_parts.h"
#include "transport/mpi.h"
#include "worker/worker.h"

enum { MOST_RANKS = 16 };

static struct lac_mpi mpi;
static struct lac_traffic sent[MOST_RANKS], received[MOST_RANKS]; /* by rank 0, over all runs */

static const char *const extra[] = {
    "",
    " --eval-every 7 --chunk 64",        /* frames in many pieces */
    " --eval-every 0 --server-buffer 1", /* one slot for early frames */
    " --data synth:least-squares,d=33,m=5 --step 0.001 --clients 3",
    " --wire fp32",
    " --data synth:softmax,d=11,m=6 --step 0.001 --clients 5",
    " --data synth:tridiagonal,d=33,m=2 --step 0.001 --clients 6",
};

static void options_of(char *out, size_t size, const char *method, const char *compressor, size_t k)
{
    const char *data =
        strstr(extra[k], "--data") ? "" : " --data synth:logistic,d=33,m=6 --clients 7";
    const struct lac_method *m = NULL;
    bool found = lac_method_find(method, &m) == LAC_OK;
    bool lossless = found && !lac_method_channel(m, LAC_FROM_COMPRESSOR);
    bool given = strstr(extra[k], "--step");
    bool step = found && !m->rules[LAC_STEP] && !given;
    /* rules that not all of the method's compressors have */
    bool rules = found && m->rules[LAC_STEP] && (m->rules[LAC_STEP]->scope & LAC_ONLY_UNBIASED);
    snprintf(out, size, "--method %s%s%s%s --regularizer l2:0.05 --rounds 20%s%s%s", method,
             lossless ? "" : " --compressor ", lossless ? "" : compressor, data, extra[k],
             step || (rules && !given) ? " --step 0.01" : "",
             found && m->rules[LAC_CHANCE] ? " --p 0.4" : "");
}

static lac_status server_run(struct solo_run *r)
{
    r->server = (struct lac_server){.config = &r->config,
                                    .transport = r->transport,
                                    .arena = &r->arena,
                                    .began = lac_seconds()};
    LAC_TRY(LAC_NEW(&r->arena, r->transport->ranks + 1, &r->server.reports));
    LAC_TRY(lac_server_set_up(&r->server));
    return solo_finish(r);
}

static void add_account(const struct lac_transport *t)
{
    for (uint32_t rank = 1; rank <= t->ranks; rank++) {
        sent[rank].bytes += t->sent[rank].bytes;
        sent[rank].messages += t->sent[rank].messages;
        received[rank].bytes += t->received[rank].bytes;
        received[rank].messages += t->received[rank].messages;
    }
}

static uint64_t hosting_ranks(const struct solo_run *r)
{
    uint32_t ranks = r->transport->ranks;
    return r->config.clients < ranks ? r->config.clients : ranks;
}

static void compare(struct solo_run *r, struct solo_run *solo, const char *options)
{
    const struct lac_ledger *l = &r->server.ledger;
    const struct lac_transport *t = r->transport;
    uint64_t bytes = 0, by_message = 0;
    size_t d = r->server.d;
    tap_ok(memcmp(lac_server_model(&r->server), lac_server_model(&solo->server),
                  d * sizeof(double)) == 0,
           "%u ranks end at the model of one process, bit for bit:%s", mpi.size, options);
    tap_ok(memcmp(l, &solo->server.ledger, sizeof *l) == 0, "the ledgers are equal to the bit");
    tap_ok(8 * t->received_by_message[LAC_MESSAGE_UPDATE] == lac_bits_total(&l->up),
           "the updates' bytes over MPI are the ledger's bits up");
    uint64_t down = t->sent_by_message[LAC_MESSAGE_ROUND] + t->sent_by_message[LAC_MESSAGE_REPLY];
    tap_ok(8 * down * r->config.clients == lac_bits_total(&l->down) * hosting_ranks(r),
           "what goes down crossed once per rank and is counted once per client");
    for (uint32_t rank = 1; rank <= t->ranks; rank++) {
        bytes += t->sent[rank].bytes + t->received[rank].bytes;
    }
    for (size_t i = 0; i < LAC_MESSAGE_IDS; i++) {
        by_message += t->sent_by_message[i] + t->received_by_message[i];
    }
    tap_ok(bytes == by_message, "the account per pair is the account per message");
}

static void run_as_server(const char *options)
{
    struct solo_run r = {0}, solo;
    lac_status status = solo_configure(&r, options);
    if (status == LAC_OK) {
        status = lac_mpi_open(&r.transport, r.config.chunk, NULL, false, &r.arena);
    }
    if (status == LAC_OK) {
        status = server_run(&r);
    }
    if (!tap_ok(status == LAC_OK, "runs over MPI:%s%s", options, status ? lac_failure() : "")) {
        lac_mpi_abort(1);
    }
    status = solo_open(&solo, options, NULL, NULL);
    if (status == LAC_OK) {
        status = solo_finish(&solo);
    }
    if (tap_ok(status == LAC_OK, "runs in one process")) {
        compare(&r, &solo, options);
    }
    add_account(r.transport);
    lac_transport_close(r.transport);
    solo_close(&r);
    solo_close(&solo);
}

static void run_as_worker(const char *options)
{
    struct solo_run r = {0};
    struct lac_place place = {.rank = mpi.rank, .ranks = mpi.size - 1, .host = mpi.host};
    struct lac_peer peer;
    struct lac_farewell farewell;
    lac_status status = solo_configure(&r, options);
    status = lac_worker_open(&peer, &r.config, &place, status, &r.worker_arena);
    if (status != LAC_OK || lac_mpi_serve(&peer, r.config.chunk, NULL, &farewell) != LAC_OK) {
        fprintf(stderr, "rank %u: %s\n", mpi.rank, lac_failure());
        lac_mpi_abort(1);
    }
    solo_close(&r);
}

static void run(const char *method, const char *compressor, size_t k)
{
    char options[512];
    options_of(options, sizeof options, method, compressor, k);
    if (mpi.rank == 0) {
        run_as_server(options);
    } else {
        run_as_worker(options);
    }
}

static bool admits(const struct lac_method *m, const char *compressor, enum lac_wire wire)
{
    struct lac_arena a = {0};
    struct lac_channel_compressor c;
    struct lac_compressor_size size = {.d = 33, .n = 7, .wire = wire};
    bool fits = lac_compressor_open(&c, compressor, &size, &a) == LAC_OK &&
                ((c.info.classes & LAC_UNBIASED) || (m->channels[0].classes & LAC_CONTRACTIVE));
    lac_arena_free(&a);
    return fits;
}

static void run_matrix(void)
{
    size_t method_count, k = 0;
    const struct lac_method *const *methods = lac_methods(&method_count);
    for (size_t i = 0; i < method_count; i++) {
        for (size_t j = 0; solo_compressor(j); j++) {
            const char *compressor = solo_compressor(j);
            bool lossless = methods[i]->channels[0].option == LAC_LOSSLESS;
            if (lossless ? j == 0 : admits(methods[i], compressor, LAC_FP64)) {
                size_t more = k++ % (sizeof extra / sizeof extra[0]);
                bool wire = strstr(extra[more], "--wire") != NULL;
                bool fits = !wire || (!lossless && admits(methods[i], compressor, LAC_FP32));
                run(methods[i]->name, compressor, fits ? more : 0);
            }
        }
    }
}

static void write_account(const char *path)
{
    FILE *file = fopen(path, "w");
    if (!file) {
        lac_mpi_abort(1);
    }
    for (uint32_t rank = 1; rank < mpi.size; rank++) {
        fprintf(file, "0 %u %llu %llu\n", rank, (unsigned long long)sent[rank].bytes,
                (unsigned long long)sent[rank].messages);
        fprintf(file, "%u 0 %llu %llu\n", rank, (unsigned long long)received[rank].bytes,
                (unsigned long long)received[rank].messages);
    }
    fclose(file);
}

int main(int argc, char **argv)
{
    if (argc < 2 || lac_mpi_start(&mpi, &argc, &argv) != LAC_OK || mpi.size > MOST_RANKS) {
        return 1;
    }
    if (argc == 4) {
        run(argv[2], argv[3], 0);
    } else {
        run_matrix();
    }
    int status = 0;
    if (mpi.rank == 0) {
        write_account(argv[1]);
        status = tap_done();
    }
    lac_mpi_finish();
    return status;
}

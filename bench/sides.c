/*
 * Rounds of several configurations by the same ranks in one job, which take turns: in each block one run of each, in the
 * next block in the other order. Rank 0 prints a line for each: block, side, seconds of a round, bytes of a client and a
 * round up and down with their headers, and what rank 0 gave to MPI in that run, set-up included.
 *
 * usage: mpirun -n 9 bench_sides BLOCKS NAME=OPTIONS...
 *   OPTIONS            of `laconic train`, of a run that ends with --rounds
 *   bare OPTIONS       the same, with --seal, and nothing is sealed
 *   cipher BYTES       no run: all ranks but 0 at once seal their part of BYTES, and open those of the others
 */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/vec.h"
#include "command/launch.h"
#include "command/train_parts.h"
#include "seal/cipher.h"
#include "transport/mpi_calls.h"

enum { MOST_WORDS = 64, MOST_RANKS = 64, WARM_ROUNDS = 2, REPEATS = 10 };

static struct lac_mpi mpi;

struct result { /* of the rank that ran the server's code; zeros on others */
    double seconds, up, down, mpi_server;
};

struct watch {
    double began, ended;
    uint64_t rounds;
    struct result result;
};

static lac_status on_round(void *listener, const struct lac_server *s)
{
    struct watch *w = listener;
    if (s->env.round < WARM_ROUNDS) {
        return LAC_OK;
    }
    w->ended = lac_seconds();
    if (s->env.round == WARM_ROUNDS) {
        w->began = w->ended;
    }
    w->rounds = s->env.round - WARM_ROUNDS;
    return LAC_OK;
}

static lac_status serve(void *context, struct lac_server *s)
{
    struct watch *w = context;
    s->forwards = lac_config_forwards(s->config);
    s->on_round = on_round;
    s->listener = w;
    LAC_TRY(lac_server_set_up(s));
    LAC_TRY(lac_server_run(s));
    if (w->rounds == 0) {
        return LAC_FAIL(LAC_E_USAGE, "too few rounds: give more than --rounds %d", WARM_ROUNDS);
    }
    double frames = 8.0 * (double)s->rounds_done * (double)s->n;
    w->result.seconds = (w->ended - w->began) / (double)w->rounds;
    w->result.up = (double)lac_bits_total(&s->ledger.up) / frames;
    w->result.down = (double)lac_bits_total(&s->ledger.down) / frames;
    w->result.mpi_server = s->forwards ? 0.0 : (double)s->row.mpi_server;
    return LAC_OK;
}

static lac_status forward(void *context, struct lac_forward *f, uint32_t ranks, struct lac_arena *a)
{
    struct watch *w = context;
    LAC_TRY(lac_forward_run(f, ranks, a));
    for (uint32_t rank = 1; rank <= ranks; rank++) {
        w->result.mpi_server += (double)f->relay.sent[rank].bytes;
    }
    return LAC_OK;
}

static lac_status configure(struct lac_config *c, const char *options, bool bare,
                            struct lac_arena *a)
{
    char *words[MOST_WORDS], *rest = NULL;
    char *copy;
    int count = 0;
    bool help;
    LAC_TRY(LAC_NEW(a, strlen(options) + 1, &copy));
    memcpy(copy, options, strlen(options) + 1);
    for (char *word = strtok_r(copy, " ", &rest); word && count < MOST_WORDS;
         word = strtok_r(NULL, " ", &rest)) {
        words[count++] = word;
    }
    LAC_TRY(lac_config_read(c, count, words, a, &help));
    c->bare = bare;
    LAC_TRY(lac_train_resolve(c, a));
    return lac_kernels_select(c->kernels);
}

static lac_status run(const char *options, bool bare, struct result *result)
{
    struct lac_arena arena = {0};
    struct lac_config config;
    struct watch w = {0};
    lac_status status = configure(&config, options, bare, &arena);
    if (status == LAC_OK) {
        const struct lac_job job = {.config = &config,
                                    .began = lac_seconds(),
                                    .serve = serve,
                                    .forward = forward,
                                    .context = &w};
        status = lac_launch_on_rank(&job, &mpi, &arena);
    }
    lac_arena_free(&arena);
    *result = w.result;
    return status;
}

/* Until all ranks are here; who waits leaves its core to the others. */
static void wait_for_all(void)
{
    MPI_Request request;
    int done = 0;
    MPI_Ibarrier(lac_mpi_comm(), &request);
    while (!done) {
        MPI_Test(&request, &done, MPI_STATUS_IGNORE);
        if (!done) {
            usleep(200);
        }
    }
}

struct ciphering {
    struct lac_cipher_key key;
    struct lac_sealed_with with;
    size_t bytes;
    uint32_t parts;
    unsigned char *plain, *sealed; /* (bytes), (parts, bytes + LAC_SEAL_TAG) */
};

static bool cipher_once(struct ciphering *c)
{
    bool all = true;
    lac_cipher_seal(&c->key, &c->with, c->plain, c->bytes, c->sealed);
    for (uint32_t i = 1; i < c->parts; i++) {
        const unsigned char *part = c->sealed + i * (c->bytes + LAC_SEAL_TAG);
        all = lac_cipher_open(&c->key, &c->with, part, c->bytes, c->plain) && all;
    }
    return all;
}

static bool cipher_open(struct ciphering *c, size_t bytes)
{
    static const unsigned char raw[LAC_SEAL_KEY] = {1};
    c->parts = mpi.size - 1;
    c->bytes = (bytes + c->parts - 1) / c->parts;
    c->plain = calloc(1, c->bytes + 1);
    c->sealed = malloc(c->parts * (c->bytes + LAC_SEAL_TAG));
    if (sodium_init() < 0 || !c->plain || !c->sealed) {
        return false;
    }
    lac_cipher_ready(&c->key, lac_cipher_best(), raw);
    for (uint32_t i = 0; i < c->parts; i++) {
        lac_cipher_seal(&c->key, &c->with, c->plain, c->bytes,
                        c->sealed + i * (c->bytes + LAC_SEAL_TAG));
    }
    return true;
}

/* From the first rank's start to the last one's end. */
static lac_status cipher_alone(size_t bytes, struct result *result)
{
    static _Alignas(64) struct ciphering c;
    struct {
        double began, ended;
    } mine, all[MOST_RANKS];
    bool opened = cipher_open(&c, bytes), right = opened;
    wait_for_all();
    mine.began = lac_seconds();
    for (int i = 0; i < REPEATS && right && mpi.rank > 0; i++) {
        right = cipher_once(&c);
    }
    mine.ended = lac_seconds();
    wait_for_all();
    free(c.plain);
    free(c.sealed);
    LAC_TRY(right ? LAC_OK : LAC_FAIL(LAC_E_MEMORY, "cipher: no memory, or it opens nothing"));
    LAC_TRY(lac_mpi_gather(&mine, sizeof mine, all));
    for (uint32_t rank = 1; mpi.rank == 0 && rank < mpi.size; rank++) {
        all[0].began = rank == 1 || all[rank].began < all[0].began ? all[rank].began : all[0].began;
        all[0].ended = rank == 1 || all[rank].ended > all[0].ended ? all[rank].ended : all[0].ended;
    }
    result->seconds = mpi.rank == 0 ? (all[0].ended - all[0].began) / REPEATS : 0.0;
    return LAC_OK;
}

static lac_status take_turn(long block, const char *side)
{
    static const char bare[] = "bare ", cipher[] = "cipher ";
    struct result mine = {0}, all[MOST_RANKS];
    const char *options = strchr(side, '=');
    if (!options++) {
        return LAC_FAIL(LAC_E_USAGE, "'%s' is not NAME=OPTIONS", side);
    }
    LAC_TRY(lac_mpi_next_run());
    if (strncmp(options, cipher, sizeof cipher - 1) == 0) {
        LAC_TRY(cipher_alone(strtoull(options + sizeof cipher - 1, NULL, 10), &mine));
    } else if (strncmp(options, bare, sizeof bare - 1) == 0) {
        LAC_TRY(run(options + sizeof bare - 1, true, &mine));
    } else {
        LAC_TRY(run(options, false, &mine));
    }
    wait_for_all();
    LAC_TRY(lac_mpi_gather(&mine, sizeof mine, all));
    for (uint32_t rank = 0; mpi.rank == 0 && rank < mpi.size; rank++) {
        if (all[rank].seconds > 0.0) {
            printf("%ld %.*s %.9f %.3f %.3f %.0f\n", block, (int)(options - side - 1), side,
                   all[rank].seconds, all[rank].up, all[rank].down, all[0].mpi_server);
        }
    }
    return fflush(stdout) == 0 ? LAC_OK : LAC_FAIL(LAC_E_IO, "standard output is closed");
}

int main(int argc, char **argv)
{
    int none = 0;
    char **nothing = NULL;
    if (argc < 3 || lac_mpi_start(&mpi, &none, &nothing) != LAC_OK) {
        fprintf(stderr, "usage: mpirun -n 9 bench_sides BLOCKS NAME=OPTIONS...\n");
        return 2;
    }
    long sides = argc - 2;
    lac_status status = lac_mpi_group(&mpi, mpi.size);
    if (mpi.size < 2 || mpi.size > MOST_RANKS) {
        status = LAC_FAIL(LAC_E_USAGE, "2 to %d ranks are needed", MOST_RANKS);
    }
    long turns = sides * strtol(argv[1], NULL, 10);
    for (long turn = 0; status == LAC_OK && turn < turns; turn++) {
        long block = turn / sides, place = turn % sides;
        status = take_turn(block, argv[2 + (block % 2 == 0 ? place : sides - 1 - place)]);
    }
    if (status != LAC_OK) {
        fprintf(stderr, "bench_sides: rank %u: %s\n", mpi.rank, lac_failure());
        lac_mpi_abort(1);
    }
    lac_mpi_finish();
    return 0;
}

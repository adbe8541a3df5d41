/*
 * Ranks of clients of a star, of which each sends its block only after it has taken those of all before it in the round's
 * order: a server that waits for more than one block of a round before it forwards any stops them all.
 *
 * usage: chain_of_blocks ROUNDS    (in one job with rank 0 of `laconic train --role server`, a client each)
 */
#include <stdio.h>
#include <stdlib.h>

#include "protocol/protocol.h"
#include "transport/mpi.h"
#include "transport/post.h"

enum { BODY = 64, FRAME = LAC_FRAME_HEADER + BODY, MOST_RANKS = 16, SECONDS = 20 };

struct chain {
    struct lac_post *post;
    uint32_t rank, ranks;
    uint32_t origin[MOST_RANKS]; /* the other ranks, in the round's order */
    unsigned char slots[MOST_RANKS * FRAME], own[FRAME];
    unsigned long round;
};

static void name_block(void *chain, size_t i, char *text, size_t size)
{
    const struct chain *c = chain;
    snprintf(text, size, "rank %u's block of round %lu", c->origin[i], c->round);
}

static lac_status take(struct chain *c, size_t from, size_t end)
{
    for (size_t i = from; i < end; i++) {
        struct lac_frame f;
        size_t count;
        bool letter;
        LAC_TRY(lac_post_take(c->post, i, 0, false, &count, &letter));
        LAC_TRY(lac_frame_parse(c->slots + i * FRAME, count, &f));
        if (f.message != LAC_MESSAGE_BLOCK || f.client + 1 != c->origin[i] || f.round != c->round) {
            return LAC_FAIL(LAC_E_PROTOCOL, "round %lu: another block than rank %u's", c->round,
                            c->origin[i]);
        }
    }
    return LAC_OK;
}

static lac_status give(struct chain *c)
{
    struct lac_writer w;
    LAC_TRY(lac_post_settle(c->post));
    lac_frame_begin(&w, c->own, sizeof c->own);
    (void)lac_write_room(&w, LAC_BITS_VALUE, BODY);
    lac_frame_end(&w, LAC_MESSAGE_BLOCK, 0, c->rank - 1, c->round);
    return lac_post_block(c->post, c->own, w.bytes);
}

/* Every rank is first, second, ... in its turn. */
static lac_status play_round(struct chain *c)
{
    size_t count = 0, before = 0;
    for (uint32_t k = 0; k < c->ranks; k++) {
        uint32_t rank = (uint32_t)(c->round + k) % c->ranks + 1;
        if (rank == c->rank) {
            before = count;
        } else {
            c->origin[count++] = rank;
        }
    }
    const struct lac_blocks blocks = {.origin = c->origin,
                                      .slots = c->slots,
                                      .count = count,
                                      .slot_bytes = FRAME,
                                      .awaited = name_block,
                                      .context = c};
    LAC_TRY(lac_post_expect(c->post, &blocks));
    LAC_TRY(take(c, 0, before));
    LAC_TRY(give(c));
    return take(c, before, count);
}

static lac_status leave(struct chain *c)
{
    unsigned char frame[LAC_FRAME_HEADER + 8 + 24 * MOST_RANKS];
    struct lac_traffic *sent, *received;
    struct lac_writer w;
    LAC_TRY(lac_post_finish(c->post));
    lac_post_traffic(c->post, &sent, &received);
    lac_frame_begin(&w, frame, sizeof frame);
    lac_put_close(&w, LAC_OK, sent, c->ranks);
    lac_frame_end(&w, LAC_MESSAGE_CLOSE, 0, LAC_NO_CLIENT, 0);
    return lac_post_close(c->post, frame, w.bytes);
}

static lac_status run(struct chain *c, const struct lac_mpi *mpi, unsigned long rounds,
                      struct lac_arena *a)
{
    const struct lac_post_terms terms = {
        .topology = LAC_STAR, .chunk = 1 << 20, .timeout = SECONDS};
    c->rank = mpi->rank;
    c->ranks = mpi->size - 1;
    if (c->rank == 0 || c->ranks > MOST_RANKS) {
        return LAC_FAIL(LAC_E_USAGE, "rank 0 is `laconic train --role server`");
    }
    LAC_TRY(lac_post_open(&c->post, &terms, a));
    lac_post_part_ways(c->post);
    lac_post_agreed(c->post);
    for (c->round = 1; c->round <= rounds; c->round++) {
        LAC_TRY(play_round(c));
    }
    return leave(c);
}

int main(int argc, char **argv)
{
    static struct chain c;
    struct lac_arena arena = {0};
    struct lac_mpi mpi;
    lac_status status = lac_mpi_start(&mpi, &argc, &argv);
    if (status == LAC_OK) {
        status = run(&c, &mpi, argc == 2 ? strtoul(argv[1], NULL, 10) : 1, &arena);
    }
    if (status != LAC_OK) {
        fprintf(stderr, "chain_of_blocks: [rank %u] %s\n", c.rank, lac_failure());
        lac_mpi_abort(lac_exit_code(status));
    }
    printf("rank %u has taken all\n", c.rank);
    lac_mpi_finish();
    lac_arena_free(&arena);
    return 0;
}

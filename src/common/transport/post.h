/*
 * Frames between the ranks of clients in a run whose server only forwards. Rank 0 carries them (mpi_relay.c), or the ranks
 * send them to each other, which they do with blocks alone, as --topology says.
 *
 *   star       to rank 0, which sends it to all others the moment it has come
 *   ring       to the next rank, which passes it on, until all have it
 *   allgather  to each other rank
 *
 * Blocks go to all other ranks, letters to one, always through rank 0. Both keep their order from sender to receiver.
 * What is sent is borrowed until lac_post_settle; nothing is waited for longer than the timeout.
 */
#ifndef LAC_TRANSPORT_POST_H
#define LAC_TRANSPORT_POST_H

#include "transport/transport.h"

enum lac_topology { LAC_STAR, LAC_RING, LAC_ALLGATHER, LAC_TOPOLOGIES };

/* "star", ... */
const char *lac_topology_name(enum lac_topology topology);
lac_status lac_topology_find(const char *name, enum lac_topology *topology) LAC_MUST_CHECK;

struct lac_post_terms {
    enum lac_topology topology;
    uint64_t chunk; /* the largest single message, bytes */
    double timeout; /* seconds */
    const unsigned char
        *farewell; /* a frame for rank 0 where it gives up before the session is open; borrowed */
    size_t farewell_bytes;
};

/* What a rank waits for, for sentences: "client 3's block of round 7". */
typedef void (*lac_awaited)(void *context, size_t i, char *text, size_t size);

struct lac_blocks {         /* that will come, in this order per rank */
    const uint32_t *origin; /* (count) ranks; the blocks of one stand together */
    unsigned char *slots;   /* (count, slot_bytes) */
    size_t count, slot_bytes;
    lac_awaited awaited;
    void *context;
};

struct lac_post;

/* On ranks 1..; in the arena, which must outlive it. */
lac_status lac_post_open(struct lac_post **p, const struct lac_post_terms *terms,
                         struct lac_arena *a) LAC_MUST_CHECK;
uint32_t lac_post_rank(const struct lac_post *p);
uint32_t lac_post_ranks(const struct lac_post *p);
/* From here on blocks travel as --topology says; until then, while ranks meet, through rank 0. */
void lac_post_part_ways(struct lac_post *p);
/* Room for so many expected blocks, and for as many sent at once, of at most `longest` bytes. */
lac_status lac_post_room(struct lac_post *p, size_t expected, size_t sent, size_t longest,
                         struct lac_arena *a) LAC_MUST_CHECK;

lac_status lac_post_block(struct lac_post *p, const unsigned char *frame,
                          size_t count) LAC_MUST_CHECK;
/* Borrowed until the next call; after it all earlier ones are settled. */
lac_status lac_post_expect(struct lac_post *p, const struct lac_blocks *blocks) LAC_MUST_CHECK;
/* Waits for block i, whose bytes stand in slot i then; or until a letter of rank `watched` is there (0: none is watched);
   or, where any will do, until another block has come (count 0, no letter). */
lac_status lac_post_take(struct lac_post *p, size_t i, uint32_t watched, bool any, size_t *count,
                         bool *letter) LAC_MUST_CHECK;
/* Bytes of block i; 0: it has not come. */
size_t lac_post_here(const struct lac_post *p, size_t i);
/* Takes in, and passes on, what has come. */
lac_status lac_post_look(struct lac_post *p) LAC_MUST_CHECK;
/* Expected blocks that have not come will not be taken. */
void lac_post_forget(struct lac_post *p);

lac_status lac_post_letter(struct lac_post *p, uint32_t to, const unsigned char *frame,
                           size_t count) LAC_MUST_CHECK;
/* Borrowed until the next letter is read. One that announces more than `most` bytes is refused before memory is taken for it. */
lac_status lac_post_read(struct lac_post *p, uint32_t from, size_t most, unsigned char **frame,
                         size_t *count) LAC_MUST_CHECK;
/* To rank 0 itself. */
lac_status lac_post_to_server(struct lac_post *p, const unsigned char *frame,
                              size_t count) LAC_MUST_CHECK;

lac_status lac_post_settle(struct lac_post *p) LAC_MUST_CHECK;
/* Before the job is aborted: a short message to rank 0, for which nothing waits longer than a moment. */
void lac_post_last_word(struct lac_post *p, const unsigned char *frame, size_t count);
/* Whether nothing that was sent is borrowed any more. Memory that is must not be used for anything else, also after a
   failure: MPI reads it when the receiver asks for it. */
bool lac_post_idle(struct lac_post *p);
/* Waits until all that was sent to other ranks has left; nothing is sent to them after it. */
lac_status lac_post_finish(struct lac_post *p) LAC_MUST_CHECK;
/* Tells rank 0 that this rank has finished, then takes and drops what still comes, until all ranks have told it. */
lac_status lac_post_close(struct lac_post *p, const unsigned char *last,
                          size_t count) LAC_MUST_CHECK;
/* What this rank handed to MPI and took from it: (1 + ranks) each, by rank. */
void lac_post_traffic(struct lac_post *p, struct lac_traffic **sent, struct lac_traffic **received);
/* The session is open: from here on rank 0 itself says nothing to this rank. */
void lac_post_agreed(struct lac_post *p);
/* Rank 0 ended the job before the session was open, and was answered. */
bool lac_post_withdrawn(const struct lac_post *p);

#endif

/* What the files of the clients' end share. */
#ifndef LAC_TRANSPORT_MPI_POST_H
#define LAC_TRANSPORT_MPI_POST_H

#include "transport/mpi_calls.h"
#include "transport/post.h"

struct lac_post {
    struct lac_post_terms terms;
    enum lac_topology topology; /* at hand */
    uint32_t rank, ranks;
    struct lac_traffic *sent, *received; /* (1 + ranks) */

    MPI_Request *sends; /* (send_capacity) */
    size_t send_count, send_capacity;

    struct lac_blocks blocks; /* expected */
    MPI_Request *receives;    /* (room) of the pieces that are coming in */
    size_t *begun;            /* (room) bytes that are here or coming in */
    size_t *coming, *have;    /* (room) bytes of the piece that is coming in; that are here */
    size_t *length, *whole;   /* (room) of frames whose first piece is here; that are all here */
    size_t room, come;        /* come: of those expected */

    struct lac_incoming letter;
    unsigned idle; /* looks in a row that found nothing */
    double deadline;
    bool agreed, withdrawn;
    bool looking; /* in lac_post_look, which does nothing when it is called from there */
};

/* Nothing blocks: a loop calls lac_post_wait_on each time that it found nothing, with the words for what it waits for. */
void lac_post_begin_waiting(struct lac_post *p);
lac_status lac_post_wait_on(struct lac_post *p, const char *what) LAC_MUST_CHECK;
/* LAC_E_LOST after the timeout. */
lac_status lac_post_check_time(const struct lac_post *p, const char *what) LAC_MUST_CHECK;
/* Where rank 0 could not begin, it speaks as it does to workers, and waits for a report: sends that. LAC_E_LOST. */
lac_status lac_post_withdraw(struct lac_post *p) LAC_MUST_CHECK;
/* Forgets the sends that are done. */
lac_status lac_post_drop_sent(struct lac_post *p) LAC_MUST_CHECK;
/* A message of at most `most` bytes, where one has come. A longer one is refused, and stays where it is: a rank that leaves
   must still take and drop it, for its sender waits. */
lac_status lac_post_find(int source, int tag, size_t most, MPI_Message *message, MPI_Status *status,
                         int *there) LAC_MUST_CHECK;
/* What was found, into p->letter. */
lac_status lac_post_take_found(struct lac_post *p, MPI_Message *message, const MPI_Status *status,
                               const char *what, size_t *have) LAC_MUST_CHECK;

/* In a ring the rank that this one sends to. */
uint32_t lac_post_next_rank(const struct lac_post *p);
/* tag: of the first piece; those behind it have the next one. */
lac_status lac_post_send_pieces(struct lac_post *p, uint32_t to, int tag,
                                const unsigned char *frame, size_t count) LAC_MUST_CHECK;
/* Begins to take a message of at most `most` bytes, where one has come; *count: its bytes, 0: none. Never by a receive that
   waits for it: a longer message, which a peer may send, would be written behind its room (Open MPI 4.1). */
lac_status lac_post_take_in(struct lac_post *p, unsigned char *to, size_t most, int source, int tag,
                            MPI_Request *request, size_t *count) LAC_MUST_CHECK;
/* Of a frame whose first piece, `have` bytes, stands in bytes; refused above `most`, and where the piece is cut short. */
lac_status lac_post_whole_length(const struct lac_post *p, const unsigned char *bytes, size_t have,
                                 size_t most, size_t *whole) LAC_MUST_CHECK;

#endif

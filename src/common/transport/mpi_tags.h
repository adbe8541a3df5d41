/* Tags of messages between rank 0 and ranks of clients, or among these: whom a piece of a frame is for or from. */
#ifndef LAC_TRANSPORT_MPI_TAGS_H
#define LAC_TRANSPORT_MPI_TAGS_H

#include <stdint.h>

enum lac_piece {
    LAC_PIECE_BLOCK,
    LAC_PIECE_BLOCK_MORE,
    LAC_PIECE_LETTER,
    LAC_PIECE_LETTER_MORE,
    LAC_PIECES
};

enum {
    LAC_TAG_SERVER = 3, /* to rank 0 itself */
    LAC_TAG_CLOSED = 4, /* of rank 0: all ranks have left */
    LAC_TAG_BEAT = 5,   /* empty: the sender lives; see mpi_watch.h */
    LAC_TAG_END = 6,    /* empty, of rank 0: it lost a rank; see there */
    LAC_TAG_GONE = 7,   /* empty, of rank 0: it gave up the one that this is for */
    LAC_TAG_PIECES = 16,
};

/* rank: of a message to rank 0 the one that it is for (0: all others), of any other the one that it is from. */
static inline int lac_tag_of(uint32_t rank, enum lac_piece piece)
{
    return LAC_TAG_PIECES + LAC_PIECES * (int)rank + (int)piece;
}

static inline uint32_t lac_tag_rank(int tag)
{
    return (uint32_t)(tag - LAC_TAG_PIECES) / LAC_PIECES;
}

static inline enum lac_piece lac_tag_piece(int tag)
{
    return (enum lac_piece)((tag - LAC_TAG_PIECES) % LAC_PIECES);
}

#endif

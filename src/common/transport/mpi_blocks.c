/* Blocks as they come: taken in the order of each rank, and in a ring passed on. */
#include "transport/mpi_post.h"
#include "transport/mpi_tags.h"

static int source_of(const struct lac_post *p, uint32_t origin)
{
    if (p->topology == LAC_STAR) {
        return 0;
    }
    uint32_t before = p->rank > 1 ? p->rank - 1 : p->ranks;
    return (int)(p->topology == LAC_RING ? before : origin);
}

lac_status lac_post_expect(struct lac_post *p, const struct lac_blocks *blocks)
{
    size_t most = blocks->slot_bytes < p->terms.chunk ? blocks->slot_bytes : (size_t)p->terms.chunk;
    LAC_ASSERT(blocks->count <= p->room);
    LAC_TRY(lac_post_settle(p)); /* slots that are passed on */
    p->blocks = *blocks;
    p->come = 0;
    for (size_t i = 0; i < blocks->count; i++) {
        uint32_t origin = blocks->origin[i];
        p->first[i] = p->whole[i] = 0;
        LAC_MPI_TRY(MPI_Irecv(blocks->slots + i * blocks->slot_bytes, (int)most, MPI_BYTE,
                              source_of(p, origin), lac_tag_of(origin, LAC_PIECE_BLOCK),
                              lac_mpi_comm(), &p->receives[i]));
    }
    return LAC_OK;
}

/* Frames of a rank are taken, and passed on, in their order. */
static bool is_next_of_rank(const struct lac_post *p, size_t i)
{
    return i == 0 || p->blocks.origin[i - 1] != p->blocks.origin[i] || p->whole[i - 1] > 0;
}

static lac_status complete(struct lac_post *p, size_t i)
{
    uint32_t origin = p->blocks.origin[i];
    unsigned char *bytes = p->blocks.slots + i * p->blocks.slot_bytes;
    size_t whole;
    if (!is_next_of_rank(p, i)) {
        return LAC_OK;
    }
    LAC_TRY(lac_post_whole_length(bytes, p->first[i], p->blocks.slot_bytes, &whole));
    LAC_TRY(lac_post_receive_rest(p, bytes, p->first[i], whole, source_of(p, origin),
                                  lac_tag_of(origin, LAC_PIECE_BLOCK_MORE)));
    p->whole[i] = whole;
    p->come++;
    if (p->topology == LAC_RING && lac_post_next_rank(p) != origin) {
        return lac_post_send_pieces(p, lac_post_next_rank(p), lac_tag_of(origin, LAC_PIECE_BLOCK),
                                    bytes, whole);
    }
    return LAC_OK;
}

lac_status lac_post_look(struct lac_post *p)
{
    int came = 0;
    for (size_t i = 0; i < p->blocks.count; i++) {
        MPI_Status status;
        int done = 0, got = 0;
        if (p->first[i] > 0) {
            continue;
        }
        LAC_MPI_RECEIVE(source_of(p, p->blocks.origin[i]),
                        MPI_Test(&p->receives[i], &done, &status));
        if (!done) {
            continue;
        }
        LAC_MPI_TRY(MPI_Get_count(&status, MPI_BYTE, &got));
        p->received[status.MPI_SOURCE].messages++;
        p->received[status.MPI_SOURCE].bytes += (uint64_t)got;
        p->first[i] = got > 0 ? (size_t)got : 1;
        came++;
    }
    for (size_t i = 0; came > 0 && i < p->blocks.count; i++) {
        if (p->first[i] > 0 && p->whole[i] == 0) {
            LAC_TRY(complete(p, i));
        }
    }
    return LAC_OK;
}

size_t lac_post_here(const struct lac_post *p, size_t i)
{
    return p->whole[i];
}

lac_status lac_post_take(struct lac_post *p, size_t i, uint32_t watched, bool any, size_t *count,
                         bool *letter)
{
    char what[128];
    size_t before = p->come;
    lac_post_begin_waiting(p);
    p->blocks.awaited(p->blocks.context, i, what, sizeof what);
    for (;;) {
        int there = 0;
        LAC_TRY(lac_post_look(p));
        *count = p->whole[i];
        if (*count > 0 || (any && p->come != before)) {
            return LAC_OK;
        }
        if (watched > 0) {
            LAC_MPI_TRY(MPI_Iprobe(0, lac_tag_of(watched, LAC_PIECE_LETTER), lac_mpi_comm(), &there,
                                   MPI_STATUS_IGNORE));
        }
        *letter = there != 0;
        if (there) {
            return LAC_OK;
        }
        LAC_TRY(lac_post_wait_on(p, what));
    }
}

void lac_post_forget(struct lac_post *p)
{
    for (size_t i = 0; i < p->blocks.count; i++) {
        if (p->first[i] == 0) {
            MPI_Cancel(&p->receives[i]);
            MPI_Wait(&p->receives[i], MPI_STATUS_IGNORE);
        }
    }
    p->blocks.count = 0;
}

/* Blocks as they come: taken in the order of each rank, and in a ring passed on. */
#include "base/clock.h"
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
    LAC_ASSERT(blocks->count <= p->room);
    LAC_TRY(lac_post_settle(p)); /* slots that are passed on */
    p->blocks = *blocks;
    p->come = 0;
    for (size_t i = 0; i < blocks->count; i++) {
        p->begun[i] = p->coming[i] = p->have[i] = p->length[i] = p->whole[i] = 0;
        p->receives[i] = MPI_REQUEST_NULL;
    }
    return LAC_OK;
}

/* Frames of a rank come one behind the other: this one's first piece when the one before has begun, the pieces behind it
   when that is all here. */
static bool is_next_of_rank(const struct lac_post *p, const size_t *got, size_t i)
{
    return i == 0 || p->blocks.origin[i - 1] != p->blocks.origin[i] || got[i - 1] > 0;
}

/* The piece that was coming in is here. */
static lac_status add_piece(struct lac_post *p, size_t i)
{
    size_t piece = p->coming[i];
    p->have[i] += piece;
    p->coming[i] = 0;
    if (p->length[i] == 0) {
        return lac_post_whole_length(p, p->blocks.slots + i * p->blocks.slot_bytes, piece,
                                     p->blocks.slot_bytes, &p->length[i]);
    }
    if (p->have[i] < p->length[i] && piece != p->terms.chunk) {
        return LAC_FAIL(LAC_E_PROTOCOL, "a piece of %zu bytes came of a frame, not %zu", piece,
                        (size_t)p->terms.chunk);
    }
    return LAC_OK;
}

/* Begins to take the next piece, where it has come. */
static lac_status take_piece(struct lac_post *p, size_t i)
{
    uint32_t origin = p->blocks.origin[i];
    bool first = p->length[i] == 0;
    unsigned char *to = p->blocks.slots + i * p->blocks.slot_bytes + p->have[i];
    size_t most = (first ? p->blocks.slot_bytes : p->length[i]) - p->have[i];
    if (!is_next_of_rank(p, first ? p->begun : p->whole, i)) {
        return LAC_OK;
    }
    LAC_TRY(lac_post_take_in(p, to, most, source_of(p, origin),
                             lac_tag_of(origin, first ? LAC_PIECE_BLOCK : LAC_PIECE_BLOCK_MORE),
                             &p->receives[i], &p->coming[i]));
    p->begun[i] += p->coming[i];
    return LAC_OK;
}

static lac_status finish(struct lac_post *p, size_t i)
{
    uint32_t origin = p->blocks.origin[i];
    if (!is_next_of_rank(p, p->whole, i)) {
        return LAC_OK; /* passed on in its turn */
    }
    p->whole[i] = p->length[i];
    p->come++;
    if (p->topology == LAC_RING && lac_post_next_rank(p) != origin) {
        return lac_post_send_pieces(p, lac_post_next_rank(p), lac_tag_of(origin, LAC_PIECE_BLOCK),
                                    p->blocks.slots + i * p->blocks.slot_bytes, p->length[i]);
    }
    return LAC_OK;
}

static lac_status look_for_block(struct lac_post *p, size_t i)
{
    int here = 0;
    if (p->coming[i] == 0 && (p->length[i] == 0 || p->have[i] < p->length[i])) {
        LAC_TRY(take_piece(p, i));
    }
    if (p->coming[i] > 0) {
        LAC_MPI_TRY(MPI_Test(&p->receives[i], &here, MPI_STATUS_IGNORE));
        LAC_TRY(here ? add_piece(p, i) : LAC_OK);
    }
    return p->length[i] > 0 && p->have[i] == p->length[i] ? finish(p, i) : LAC_OK;
}

/* What is no frame is the doing of whoever brought it. */
static lac_status distrust(struct lac_post *p, size_t i, lac_status status)
{
    char what[128];
    if (status != LAC_E_PROTOCOL) {
        return status;
    }
    p->blocks.awaited(p->blocks.context, i, what, sizeof what);
    return LAC_FAIL(LAC_E_SECURITY, "%s: %s", what, lac_failure());
}

lac_status lac_post_look(struct lac_post *p)
{
    lac_status status = LAC_OK;
    if (p->looking) {
        return LAC_OK;
    }
    p->looking = true;
    for (size_t i = 0; i < p->blocks.count && status == LAC_OK; i++) {
        if (p->whole[i] == 0) {
            status = distrust(p, i, look_for_block(p, i));
        }
    }
    p->looking = false;
    return status;
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

/* Waits for those that are coming in, whose slots are the caller's, but not for longer than for anything else. */
void lac_post_forget(struct lac_post *p)
{
    double deadline = lac_seconds() + p->terms.timeout;
    for (size_t i = 0; i < p->blocks.count; i++) {
        for (int here = 0; !here && lac_seconds() < deadline;) {
            if (MPI_Test(&p->receives[i], &here, MPI_STATUS_IGNORE) != MPI_SUCCESS) {
                break;
            }
        }
    }
    p->blocks.count = 0;
}

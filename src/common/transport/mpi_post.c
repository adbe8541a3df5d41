/* The clients' end of a run whose server only forwards. Nothing here blocks: all waits end with the timeout. */
#include "transport/mpi_post.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/leave.h"
#include "transport/mpi_tags.h"

enum { SENDS_BESIDE = 64, LOOKS_BETWEEN = 64 };

uint32_t lac_post_rank(const struct lac_post *p)
{
    return p->rank;
}

uint32_t lac_post_ranks(const struct lac_post *p)
{
    return p->ranks;
}

void lac_post_traffic(struct lac_post *p, struct lac_traffic **sent, struct lac_traffic **received)
{
    *sent = p->sent;
    *received = p->received;
}

bool lac_post_withdrawn(const struct lac_post *p)
{
    return p->withdrawn;
}

lac_status lac_post_open(struct lac_post **post, const struct lac_post_terms *terms,
                         struct lac_arena *a)
{
    int rank, size;
    struct lac_post *p;
    LAC_MPI_TRY(MPI_Comm_rank(lac_mpi_comm(), &rank));
    LAC_MPI_TRY(MPI_Comm_size(lac_mpi_comm(), &size));
    LAC_TRY(LAC_NEW(a, 1, &p));
    p->terms = *terms;
    p->rank = (uint32_t)rank;
    p->ranks = (uint32_t)size - 1;
    LAC_TRY(LAC_NEW(a, p->ranks + 1, &p->sent));
    LAC_TRY(LAC_NEW(a, p->ranks + 1, &p->received));
    *post = p;
    return lac_post_room(p, p->ranks, 1, 0, a);
}

void lac_post_part_ways(struct lac_post *p)
{
    p->topology = p->terms.topology;
}

/*
 * Waiting
 */

void lac_post_begin_waiting(struct lac_post *p)
{
    p->idle = 0;
    p->deadline = lac_seconds() + p->terms.timeout;
}

void lac_post_agreed(struct lac_post *p)
{
    p->agreed = p->ranks > 1; /* a rank alone agrees with nobody, and does not wait for rank 0 */
}

lac_status lac_post_take_in(struct lac_post *p, unsigned char *to, size_t most, int source, int tag,
                            MPI_Request *request, size_t *count)
{
    MPI_Message message;
    MPI_Status status;
    int there = 0, bytes = 0;
    *count = 0;
    LAC_MPI_TRY(MPI_Improbe(source, tag, lac_mpi_comm(), &there, &message, &status));
    if (!there) {
        return LAC_OK;
    }
    LAC_MPI_TRY(MPI_Get_count(&status, MPI_BYTE, &bytes));
    if (bytes == 0 || (size_t)bytes > most) {
        return LAC_FAIL(LAC_E_PROTOCOL, "a message of %d bytes came where 1 to %zu are possible",
                        bytes, most);
    }
    LAC_MPI_TRY(MPI_Imrecv(to, bytes, MPI_BYTE, &message, request));
    p->received[source].messages++;
    p->received[source].bytes += (uint64_t)bytes;
    *count = (size_t)bytes;
    return LAC_OK;
}

lac_status lac_post_withdraw(struct lac_post *p)
{
    if (p->agreed) {
        return LAC_FAIL(LAC_E_SECURITY, "rank 0 would end the run of the clients, which it only "
                                        "forwards for: it is not to be trusted");
    }
    LAC_MPI_TRY(MPI_Send(p->terms.farewell, (int)p->terms.farewell_bytes, MPI_BYTE, 0,
                         LAC_TAG_FRAME, lac_mpi_comm()));
    p->withdrawn = true;
    return LAC_FAIL(LAC_E_LOST, "rank 0 stopped before the session was open");
}

lac_status lac_post_check_time(const struct lac_post *p, const char *what)
{
    if (lac_seconds() < p->deadline) {
        return LAC_OK;
    }
    return LAC_FAIL(LAC_E_LOST,
                    "%s did not come within %g s (--client-timeout): lost, or held back by the "
                    "server",
                    what, p->terms.timeout);
}

static lac_status hear_stop(struct lac_post *p)
{
    unsigned char stop[LAC_FRAME_HEADER];
    MPI_Request request = MPI_REQUEST_NULL;
    size_t count;
    int there = 0;
    LAC_MPI_TRY(MPI_Iprobe(0, LAC_TAG_FRAME, lac_mpi_comm(), &there, MPI_STATUS_IGNORE));
    if (there && !p->agreed) {
        LAC_TRY(lac_post_take_in(p, stop, sizeof stop, 0, LAC_TAG_FRAME, &request, &count));
        LAC_MPI_TRY(MPI_Wait(&request, MPI_STATUS_IGNORE));
    }
    return there ? lac_post_withdraw(p) : LAC_OK;
}

lac_status lac_post_wait_on(struct lac_post *p, const char *what)
{
    sched_yield();
    LAC_TRY(lac_post_look(p)); /* others may wait for what they sent to be taken */
    if (++p->idle % LOOKS_BETWEEN != 0) {
        return LAC_OK;
    }
    LAC_TRY(hear_stop(p));
    LAC_TRY(lac_leave_check()); /* of ranks that heed signals: rank 1 */
    return lac_post_check_time(p, what);
}

/* One piece, of this many bytes. */
static lac_status receive_piece(struct lac_post *p, unsigned char *to, size_t bytes, int source,
                                int tag)
{
    MPI_Request request = MPI_REQUEST_NULL;
    size_t count = 0;
    for (int here = 0; !here;) {
        if (count == 0) {
            LAC_TRY(lac_post_take_in(p, to, bytes, source, tag, &request, &count));
        }
        if (count > 0) {
            LAC_MPI_TRY(MPI_Test(&request, &here, MPI_STATUS_IGNORE));
        }
        LAC_TRY(here ? LAC_OK : lac_post_wait_on(p, "the rest of a frame"));
    }
    return count == bytes ? LAC_OK
                          : LAC_FAIL(LAC_E_PROTOCOL,
                                     "a piece of %zu bytes came of a frame, not %zu", count, bytes);
}

static size_t piece_of(const struct lac_post *p, size_t bytes)
{
    return bytes < p->terms.chunk ? bytes : (size_t)p->terms.chunk;
}

lac_status lac_post_whole_length(const struct lac_post *p, const unsigned char *bytes, size_t have,
                                 size_t most, size_t *whole)
{
    uint64_t length;
    if (have < LAC_FRAME_HEADER) {
        return LAC_FAIL(LAC_E_PROTOCOL, "a frame of %zu bytes came, shorter than a header", have);
    }
    LAC_TRY(lac_frame_length(bytes, &length));
    if (length > most - LAC_FRAME_HEADER || LAC_FRAME_HEADER + length < have) {
        return LAC_FAIL(LAC_E_PROTOCOL,
                        "a frame announces %llu bytes of body where %zu are possible",
                        (unsigned long long)length, most - LAC_FRAME_HEADER);
    }
    *whole = LAC_FRAME_HEADER + (size_t)length;
    if (have != piece_of(p, *whole)) {
        return LAC_FAIL(
            LAC_E_PROTOCOL,
            "%zu bytes came at first of a frame of %zu, not %zu: changed on its way, or "
            "another --chunk there",
            have, *whole, piece_of(p, *whole));
    }
    return LAC_OK;
}

static lac_status receive_rest(struct lac_post *p, unsigned char *bytes, size_t have, size_t whole,
                               int source, int tag)
{
    while (have < whole) {
        size_t piece = piece_of(p, whole - have);
        LAC_TRY(receive_piece(p, bytes + have, piece, source, tag));
        have += piece;
    }
    return LAC_OK;
}

/*
 * Sending
 */

lac_status lac_post_drop_sent(struct lac_post *p)
{
    int done;
    size_t kept = 0;
    for (size_t i = 0; i < p->send_count; i++) {
        LAC_MPI_TRY(MPI_Test(&p->sends[i], &done, MPI_STATUS_IGNORE));
        if (!done) {
            p->sends[kept++] = p->sends[i];
        }
    }
    p->send_count = kept;
    return LAC_OK;
}

static lac_status sends_below(struct lac_post *p, size_t most)
{
    if (p->send_count <= most) {
        return LAC_OK;
    }
    lac_post_begin_waiting(p);
    for (;;) {
        LAC_TRY(lac_post_drop_sent(p));
        if (p->send_count <= most) {
            return LAC_OK;
        }
        LAC_TRY(lac_post_wait_on(p, "a rank that takes what is sent to it"));
    }
}

lac_status lac_post_settle(struct lac_post *p)
{
    return sends_below(p, 0);
}

bool lac_post_idle(struct lac_post *p)
{
    return lac_post_drop_sent(p) == LAC_OK && p->send_count == 0;
}

lac_status lac_post_room(struct lac_post *p, size_t expected, size_t sent, size_t longest,
                         struct lac_arena *a)
{
    size_t each = p->topology == LAC_ALLGATHER ? p->ranks : 1;
    size_t passed_on = p->topology == LAC_RING ? expected : 0;
    LAC_TRY(lac_post_settle(p));
    lac_post_forget(p);
    size_t pieces = longest / p->terms.chunk + 1;
    p->send_capacity = (sent * each + passed_on) * pieces + SENDS_BESIDE;
    p->room = expected;
    LAC_TRY(LAC_NEW(a, p->send_capacity, &p->sends));
    LAC_TRY(LAC_NEW(a, expected + 1, &p->receives));
    LAC_TRY(LAC_NEW(a, expected + 1, &p->begun));
    LAC_TRY(LAC_NEW(a, expected + 1, &p->coming));
    LAC_TRY(LAC_NEW(a, expected + 1, &p->have));
    LAC_TRY(LAC_NEW(a, expected + 1, &p->length));
    return LAC_NEW(a, expected + 1, &p->whole);
}

static lac_status send_piece(struct lac_post *p, uint32_t to, int tag, const unsigned char *piece,
                             size_t count)
{
    LAC_TRY(sends_below(p, p->send_capacity - 1));
    LAC_MPI_TRY(MPI_Isend(piece, (int)count, MPI_BYTE, (int)to, tag, lac_mpi_comm(),
                          &p->sends[p->send_count]));
    p->send_count++;
    p->sent[to].messages++;
    p->sent[to].bytes += count;
    return LAC_OK;
}

lac_status lac_post_send_pieces(struct lac_post *p, uint32_t to, int tag,
                                const unsigned char *frame, size_t count)
{
    for (size_t at = 0; at < count;) {
        size_t piece = piece_of(p, count - at);
        LAC_TRY(send_piece(p, to, at == 0 ? tag : tag + 1, frame + at, piece));
        at += piece;
    }
    return LAC_OK;
}

uint32_t lac_post_next_rank(const struct lac_post *p)
{
    return p->rank < p->ranks ? p->rank + 1 : 1;
}

lac_status lac_post_block(struct lac_post *p, const unsigned char *frame, size_t count)
{
    int own = lac_tag_of(p->rank, LAC_PIECE_BLOCK);
    if (p->topology == LAC_STAR) { /* counted there, even where nobody else is */
        return lac_post_send_pieces(p, 0, lac_tag_of(0, LAC_PIECE_BLOCK), frame, count);
    }
    if (p->topology == LAC_RING && p->ranks > 1) {
        return lac_post_send_pieces(p, lac_post_next_rank(p), own, frame, count);
    }
    for (uint32_t k = 1; k < p->ranks; k++) { /* each begins with its neighbour */
        LAC_TRY(lac_post_send_pieces(p, (p->rank - 1 + k) % p->ranks + 1, own, frame, count));
    }
    return LAC_OK;
}

lac_status lac_post_letter(struct lac_post *p, uint32_t to, const unsigned char *frame,
                           size_t count)
{
    return lac_post_send_pieces(p, 0, lac_tag_of(to, LAC_PIECE_LETTER), frame, count);
}

lac_status lac_post_to_server(struct lac_post *p, const unsigned char *frame, size_t count)
{
    return send_piece(p, 0, LAC_TAG_SERVER, frame, count); /* short: never cut */
}

/*
 * Letters
 */

lac_status lac_post_find(int source, int tag, size_t most, MPI_Message *message, MPI_Status *status,
                         int *there)
{
    int got;
    LAC_MPI_TRY(MPI_Iprobe(source, tag, lac_mpi_comm(), there, status));
    if (!*there) {
        return LAC_OK;
    }
    LAC_MPI_TRY(MPI_Get_count(status, MPI_BYTE, &got));
    if ((size_t)got > most) {
        return LAC_FAIL(LAC_E_PROTOCOL, "a message of %d bytes came where %zu are possible", got,
                        most);
    }
    LAC_MPI_TRY(
        MPI_Improbe(status->MPI_SOURCE, status->MPI_TAG, lac_mpi_comm(), there, message, status));
    return LAC_OK;
}

lac_status lac_post_take_found(struct lac_post *p, MPI_Message *message, const MPI_Status *status,
                               const char *what, size_t *have)
{
    MPI_Request request;
    int here = 0, got;
    LAC_MPI_TRY(MPI_Get_count(status, MPI_BYTE, &got));
    LAC_TRY(lac_incoming_grow(&p->letter, (size_t)got + LAC_FRAME_HEADER));
    LAC_MPI_TRY(MPI_Imrecv(p->letter.bytes, got, MPI_BYTE, message, &request));
    p->received[status->MPI_SOURCE].messages++;
    p->received[status->MPI_SOURCE].bytes += (uint64_t)got;
    *have = (size_t)got;
    for (;;) {
        LAC_MPI_TRY(MPI_Test(&request, &here, MPI_STATUS_IGNORE));
        if (here) {
            return LAC_OK;
        }
        LAC_TRY(lac_post_wait_on(p, what));
    }
}

static lac_status first_of_letter(struct lac_post *p, int tag, size_t most, const char *what,
                                  size_t *have)
{
    MPI_Message message;
    MPI_Status status;
    int there = 0;
    for (;;) {
        LAC_TRY(lac_post_find(0, tag, most, &message, &status, &there));
        if (there) {
            return lac_post_take_found(p, &message, &status, what, have);
        }
        LAC_TRY(lac_post_wait_on(p, what));
    }
}

lac_status lac_post_read(struct lac_post *p, uint32_t from, size_t most, unsigned char **frame,
                         size_t *count)
{
    char what[64];
    size_t have;
    snprintf(what, sizeof what, "a letter of rank %u", from);
    lac_post_begin_waiting(p);
    LAC_TRY(first_of_letter(p, lac_tag_of(from, LAC_PIECE_LETTER), most, what, &have));
    LAC_TRY(lac_post_whole_length(p, p->letter.bytes, have, most, count));
    LAC_TRY(lac_incoming_grow(&p->letter, *count));
    LAC_TRY(
        receive_rest(p, p->letter.bytes, have, *count, 0, lac_tag_of(from, LAC_PIECE_LETTER_MORE)));
    *frame = p->letter.bytes;
    return LAC_OK;
}

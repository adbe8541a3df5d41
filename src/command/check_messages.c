/* The way of long messages: a frame of several pieces from rank 0 to each rank, and back. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "command/check_parts.h"
#include "command/launch_parts.h"
#include "protocol/protocol.h"

enum { USUAL_PIECE = 65536, USUAL_BYTES = 3 * USUAL_PIECE + 1000, LAST_WORDS = 2048 };
static const size_t large_bytes = ((size_t)1 << 31) + 4096; /* more than an int counts */

struct echo { /* of a worker rank */
    const unsigned char *frame;
    size_t bytes;
    bool done;
    unsigned char last_words[LAST_WORDS];
};

static void digest_of(const unsigned char *bytes, size_t count, unsigned char *digest)
{
    struct lac_digest g;
    lac_digest_begin(&g, LAC_DIGEST_BYTES);
    lac_digest_add(&g, bytes, count);
    lac_digest_end(&g, digest);
}

/* A body is a digest, and what it is of. */
static lac_status check_body(const unsigned char *frame, size_t bytes)
{
    struct lac_frame f;
    unsigned char digest[LAC_DIGEST_BYTES];
    LAC_TRY(lac_frame_parse(frame, bytes, &f));
    if (f.length < LAC_DIGEST_BYTES) {
        return LAC_FAIL(LAC_E_PROTOCOL, "a message came short: %llu bytes",
                        (unsigned long long)f.length);
    }
    digest_of(f.body + LAC_DIGEST_BYTES, f.length - LAC_DIGEST_BYTES, digest);
    return memcmp(digest, f.body, LAC_DIGEST_BYTES) == 0
               ? LAC_OK
               : LAC_FAIL(LAC_E_PROTOCOL, "a message of %llu bytes came changed",
                          (unsigned long long)f.length);
}

static lac_status echo_accept(void *self, const unsigned char *frame, size_t count)
{
    struct echo *e = self;
    e->done = true;
    LAC_TRY(check_body(frame, count));
    e->frame = frame;
    e->bytes = count;
    return LAC_OK;
}

static lac_status echo_next(void *self, const unsigned char **frame, size_t *count)
{
    struct echo *e = self;
    *frame = e->frame;
    *count = e->bytes;
    e->bytes = 0;
    return LAC_OK;
}

static lac_status echo_failure(void *self, lac_status status, const unsigned char **frame,
                               size_t *count)
{
    struct echo *e = self;
    struct lac_writer out;
    lac_frame_begin(&out, e->last_words, sizeof e->last_words);
    lac_put_error(&out, status, lac_failure());
    lac_frame_end(&out, LAC_MESSAGE_ERROR, 0, LAC_NO_CLIENT, 0);
    *frame = e->last_words;
    *count = out.bytes;
    return LAC_OK;
}

static size_t echo_in_flight(void *self)
{
    (void)self;
    return 1;
}

static size_t echo_nothing(void *self)
{
    (void)self;
    return 0;
}

static void echo_foresee(void *self, const struct lac_foreseen *f)
{
    (void)self;
    (void)f;
}

static bool echo_done(void *self)
{
    return ((struct echo *)self)->done;
}

static lac_status serve_echo(uint64_t chunk)
{
    struct echo e = {0};
    const struct lac_peer peer = {.self = &e,
                                  .accept = echo_accept,
                                  .next = echo_next,
                                  .failure = echo_failure,
                                  .in_flight = echo_in_flight,
                                  .dimension = echo_nothing,
                                  .longest = echo_nothing,
                                  .foresee = echo_foresee,
                                  .done = echo_done};
    struct lac_farewell farewell;
    return lac_mpi_serve(&peer, chunk, NULL, &farewell);
}

/* malloced */
static lac_status make_frame(size_t payload, unsigned char **frame, size_t *count)
{
    static const unsigned char seed[randombytes_SEEDBYTES] = "laconic check";
    size_t room = LAC_FRAME_HEADER + LAC_DIGEST_BYTES + payload;
    struct lac_writer w;
    *frame = malloc(room);
    if (!*frame) {
        return LAC_FAIL(LAC_E_MEMORY, "out of memory for a message of %zu bytes", room);
    }
    lac_frame_begin(&w, *frame, room);
    unsigned char *body = lac_write_room(&w, LAC_BITS_VALUE, LAC_DIGEST_BYTES + payload);
    randombytes_buf_deterministic(body + LAC_DIGEST_BYTES, payload, seed);
    digest_of(body + LAC_DIGEST_BYTES, payload, body);
    lac_frame_end(&w, LAC_MESSAGE_ROUND, 0, LAC_NO_CLIENT, 0);
    *count = w.bytes;
    return LAC_OK;
}

static lac_status take_echo(struct lac_transport *t, uint32_t rank, size_t sent)
{
    struct lac_frame f;
    const struct lac_expected what = {rank, LAC_MESSAGE_ROUND, LAC_NO_CLIENT, 0};
    LAC_TRY(lac_blame(rank, lac_receive(t, &what, &f)));
    if (f.message == LAC_MESSAGE_ERROR) {
        return lac_take_error(&f, rank);
    }
    const unsigned char *frame = f.body - LAC_FRAME_HEADER;
    if (f.length + LAC_FRAME_HEADER != sent) {
        return LAC_FAIL(LAC_E_PROTOCOL, "[rank %u] sent %llu bytes back of %zu", rank,
                        (unsigned long long)f.length + LAC_FRAME_HEADER, sent);
    }
    return lac_blame(rank, check_body(frame, sent));
}

/* There and back; seconds: that it took. */
static lac_status exchange(struct lac_transport *t, uint32_t rank, size_t payload, double *seconds)
{
    unsigned char *frame;
    size_t count;
    LAC_TRY(make_frame(payload, &frame, &count));
    double began = lac_seconds();
    lac_status status = lac_send(t, rank, frame, count);
    if (status == LAC_OK) {
        status = lac_flush(t);
    }
    free(frame);
    LAC_TRY(status);
    status = take_echo(t, rank, count);
    *seconds = lac_seconds() - began;
    return status;
}

static void say_messages(struct lac_check *k, size_t payload, uint64_t chunk, uint32_t slowest,
                         double seconds)
{
    char bytes[32], rate[32];
    lac_check_bytes(bytes, sizeof bytes, (double)payload);
    lac_check_bytes(rate, sizeof rate, 2.0 * (double)payload / seconds);
    lac_check_say(k, "messages", LAC_CHECK_OK,
                  "%s in %zu pieces to each rank and back, intact; the slowest is rank %u on %s, "
                  "%s/s",
                  bytes, (payload + (size_t)chunk - 1) / (size_t)chunk, slowest,
                  k->all[slowest].host, rate);
}

/* Rank 0: one rank after another. A rank that failed said so in order; the others are still served. */
static lac_status exchange_all(struct lac_check *k, size_t payload, uint64_t chunk)
{
    struct lac_transport *t;
    uint32_t slowest = 1;
    double longest = 0.0, seconds = 0.0;
    bool failed = false;
    LAC_TRY(lac_mpi_open(&t, chunk, NULL, false, k->arena));
    for (uint32_t rank = 1; rank < k->mpi.size; rank++) {
        lac_status status = exchange(t, rank, payload, &seconds);
        if (status == LAC_E_MPI || status == LAC_E_MEMORY) {
            lac_transport_close(t);
            return status;
        }
        if (status != LAC_OK && !failed) {
            lac_check_say_failure(k, "messages");
            failed = true;
        }
        slowest = seconds > longest ? rank : slowest;
        longest = seconds > longest ? seconds : longest;
    }
    lac_transport_close(t);
    if (!failed) {
        say_messages(k, payload, chunk, slowest, longest);
    }
    return LAC_OK;
}

/* Whether all ranks have room for what one holds at once: what it takes, and what it sends. */
static lac_status has_room(struct lac_check *k, size_t payload, bool *room)
{
    bool *all;
    size_t bytes =
        2 * payload; /* on a machine that has rank 0 and this one, which takes turns with others */
    LAC_TRY(LAC_NEW(k->arena, k->mpi.size, &all));
    char *tried = malloc(payload + payload / 2);
    *room = tried && (double)bytes < k->mine.free_memory;
    free(tried);
    if (!*room) {
        lac_check_say(k, "messages", LAC_CHECK_FAIL, "--large: this rank has no room for %zu bytes",
                      bytes);
    }
    LAC_TRY(lac_check_gather(k, room, sizeof *room, all));
    for (uint32_t rank = 0; rank < k->mpi.size && k->mpi.rank == 0; rank++) {
        *room = *room && all[rank];
    }
    return lac_check_broadcast(k, room, sizeof *room);
}

lac_status lac_check_messages(struct lac_check *k)
{
    size_t payload = k->large ? large_bytes : USUAL_BYTES;
    uint64_t chunk = lac_launch_chunk(&k->config);
    struct lac_mpi all = k->mpi;
    bool room;
    if (!k->is_mpi) {
        return LAC_OK;
    }
    if (!k->large && chunk > USUAL_PIECE) {
        chunk = USUAL_PIECE;
    }
    LAC_TRY(lac_mpi_group(&all, all.size));
    LAC_TRY(has_room(k, payload, &room));
    if (!room) {
        return LAC_OK;
    }
    LAC_TRY(lac_mpi_next_run());
    return k->mpi.rank > 0 ? serve_echo(chunk) : exchange_all(k, payload, chunk);
}

#include "store/checkpoint_digest.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/tick.h"
#include "store/checkpoint_io.h"

enum { BUFFER = 1 << 18 }; /* fits a core's own cache */

static bool digest_piece(struct lac_file_digest *g, size_t piece, unsigned char *buffer)
{
    struct lac_digest of;
    uint64_t at = (uint64_t)piece * LAC_DIGEST_PIECE;
    uint64_t end = g->bytes - at > LAC_DIGEST_PIECE ? at + LAC_DIGEST_PIECE : g->bytes;
    lac_digest_begin(&of, LAC_DIGEST_BYTES);
    while (at < end) {
        size_t part = end - at > BUFFER ? BUFFER : (size_t)(end - at);
        if (!lac_read_at(g->fd, buffer, part, at)) {
            return false;
        }
        lac_digest_add(&of, buffer, part);
        at += part;
    }
    lac_digest_end(&of, g->digest[piece]);
    return true;
}

static void note(struct lac_file_digest *g, int reason)
{
    int none = 0;
    (void)atomic_compare_exchange_strong(&g->reason, &none, reason);
}

static void digest_pieces(struct lac_file_digest *g)
{
    unsigned char *buffer = malloc(BUFFER);
    if (!buffer) {
        note(g, ENOMEM);
    }
    while (atomic_load(&g->reason) == 0) {
        size_t piece = atomic_fetch_add(&g->next, 1);
        if (piece >= g->pieces) {
            break;
        }
        lac_tick_now();
        if (!digest_piece(g, piece, buffer)) {
            note(g, errno ? errno : -1);
        }
    }
    free(buffer);
}

static void make_durable(struct lac_file_digest *g)
{
    if (g->durable && fsync(g->fd) != 0) {
        note(g, errno);
    }
}

static void *help(void *context)
{
    struct lac_file_digest *g = context;
    make_durable(g);
    digest_pieces(g);
    return NULL;
}

lac_status lac_file_digest_begin(struct lac_file_digest *g, int fd, uint64_t bytes, bool durable)
{
    size_t pieces = (size_t)(bytes / LAC_DIGEST_PIECE + (bytes % LAC_DIGEST_PIECE != 0));
    *g = (struct lac_file_digest){.fd = fd, .durable = durable, .bytes = bytes, .pieces = pieces};
    g->digest = malloc((pieces ? pieces : 1) * sizeof *g->digest);
    if (!g->digest) {
        return LAC_FAIL(LAC_E_MEMORY, "out of memory: %zu digests of a file's pieces", pieces);
    }
    bool worth = durable || pieces > 1;
    g->helped = worth && pthread_create(&g->helper, NULL, help, g) == 0;
    return LAC_OK;
}

lac_status lac_file_digest_end(struct lac_file_digest *g, const char *path,
                               unsigned char out[LAC_DIGEST_BYTES])
{
    struct lac_digest all;
    uint64_t bytes = htole64(g->bytes);
    digest_pieces(g);
    if (g->helped) {
        pthread_join(g->helper, NULL);
    } else {
        make_durable(g);
    }
    int reason = atomic_load(&g->reason);
    if (reason == 0) {
        lac_digest_begin(&all, LAC_DIGEST_BYTES);
        lac_digest_add(&all, g->digest, g->pieces * sizeof *g->digest);
        lac_digest_add(&all, &bytes, sizeof bytes);
        lac_digest_end(&all, out);
    }
    free(g->digest);
    g->digest = NULL;
    if (reason == ENOMEM) {
        return LAC_FAIL(LAC_E_MEMORY, "out of memory: '%s' is not digested", path);
    }
    if (reason < 0) {
        return LAC_FAIL(LAC_E_IO, "cannot read '%s': it became shorter", path);
    }
    return reason == 0 ? LAC_OK : lac_cannot(g->durable ? "write" : "read", path, reason);
}

/*
 * A worker rank that spoils one frame of its own, beside ranks of the program: what comes to rank 0 then is bytes
 * of a real peer.
 *
 * usage: mpi_hostile MESSAGE WHICH FAULT OPTIONS    (in one job with ranks of `laconic train`)
 *
 * The WHICHth frame of this message number is FAULT: short (5 bytes), long (more than rank 0 has room for), magic,
 * checksum, nan (its first eight bytes, with a right checksum), claims (a length that does not follow), round (the one after) or client
 * (the one after).
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../method/solo_run.h"
#include "transport/mpi.h"
#include "worker/worker.h"

enum { ROOM = 1 << 20, LONG = 100000 };

static struct lac_peer worker;
static long message, which;
static const char *fault;
static unsigned char copy[ROOM];

static size_t spoil(size_t count)
{
    double not_a_number = (double)NAN;
    uint64_t claimed = UINT64_C(1) << 40;
    struct lac_writer w = {.start = copy, .bytes = count};
    struct lac_frame f;
    if (lac_frame_parse(copy, count, &f) != LAC_OK) {
        abort();
    }
    if (strcmp(fault, "short") == 0) {
        return 5;
    }
    if (strcmp(fault, "long") == 0) {
        w.bytes = LONG;
    } else if (strcmp(fault, "nan") == 0) {
        memcpy(copy + LAC_FRAME_HEADER, &not_a_number, sizeof not_a_number);
    }
    uint64_t later = strcmp(fault, "round") == 0;
    uint32_t other = strcmp(fault, "client") == 0;
    lac_frame_end(&w, f.message, f.flags, f.client + other, f.round + later);
    if (strcmp(fault, "claims") == 0) {
        memcpy(copy + 24, &claimed, sizeof claimed);
    }
    copy[0] ^= strcmp(fault, "magic") == 0;
    copy[12] ^= strcmp(fault, "checksum") == 0;
    return w.bytes;
}

static lac_status spoiled_next(void *self, const unsigned char **frame, size_t *count)
{
    lac_status status = worker.next(self, frame, count);
    bool meant = status == LAC_OK && *count > 0 && (*frame)[4] == message && --which == 0;
    if (meant && *count < ROOM) {
        memcpy(copy, *frame, *count);
        *count = spoil(*count);
        *frame = copy;
    }
    return status;
}

int main(int argc, char **argv)
{
    struct solo_run r = {0};
    struct lac_mpi mpi;
    char **no_arguments = NULL;
    int none = 0;
    if (argc != 5 || lac_mpi_start(&mpi, &none, &no_arguments) != LAC_OK) {
        return 1;
    }
    message = strtol(argv[1], NULL, 10);
    which = strtol(argv[2], NULL, 10);
    fault = argv[3];
    struct lac_place place = {.rank = mpi.rank, .ranks = mpi.size - 1, .host = mpi.host};
    lac_status status = solo_configure(&r, argv[4]);
    if (lac_worker_open(&worker, &r.config, &place, status, &r.worker_arena) == LAC_OK) {
        struct lac_peer peer = worker;
        struct lac_farewell farewell;
        peer.next = spoiled_next;
        status = lac_mpi_serve(&peer, r.config.chunk, NULL, &farewell);
    }
    if (status != LAC_OK) {
        fprintf(stderr, "mpi_hostile: %s\n", lac_failure());
        lac_mpi_abort(1);
    }
    solo_close(&r);
    lac_mpi_finish();
    return 0;
}

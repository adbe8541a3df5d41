/*
 * Rounds over MPI against a bare exchange of the same messages by the same ranks, in one job: blocks of
 * rounds and blocks of bare exchanges take turns; medians over the blocks.
 *
 * usage: mpirun -n 5 bench_round_mpi
 */
#include <mpi.h>
#include <stdlib.h>
#include <string.h>

#include "../tests/method/solo_run.h"
#include "bench.h"
#include "transport/mpi.h"
#include "transport/mpi_calls.h"
#include "worker/worker.h"

enum { BLOCKS = 15, EXCHANGES = 2000, MOST_RANKS = 64 };

/* d = 124 doubles and a header: 1024 bytes each way */
static const char options[] =
    "--method gd --data synth:least-squares,d=124,m=1 --step 1e-6 --eval-every 0 "
    "--rounds 2000 --clients 4";

static struct lac_mpi mpi;

static double rounds_as_server(size_t *down, size_t *up)
{
    struct solo_run r = {0};
    if (solo_configure(&r, options) != LAC_OK ||
        lac_mpi_open(&r.transport, 1 << 30, NULL, false, &r.arena) != LAC_OK) {
        lac_mpi_abort(1);
    }
    struct lac_worker_report reports[MOST_RANKS];
    r.server = (struct lac_server){.config = &r.config,
                                   .transport = r.transport,
                                   .arena = &r.arena,
                                   .began = lac_seconds(),
                                   .reports = reports};
    if (lac_server_set_up(&r.server) != LAC_OK || solo_finish(&r) != LAC_OK) {
        fprintf(stderr, "%s\n", lac_failure());
        lac_mpi_abort(1);
    }
    *down = LAC_FRAME_HEADER + 8 * r.server.d;
    *up = *down;
    double seconds = r.server.row.seconds / (double)r.server.rounds_done;
    lac_transport_close(r.transport);
    solo_close(&r);
    return seconds;
}

static void rounds_as_worker(void)
{
    struct solo_run r = {0};
    struct lac_place place = {.rank = mpi.rank, .ranks = mpi.size - 1, .host = mpi.host};
    struct lac_peer peer;
    struct lac_farewell farewell;
    lac_status status = solo_configure(&r, options);
    if (lac_worker_open(&peer, &r.config, &place, status, &r.worker_arena) != LAC_OK ||
        lac_mpi_serve(&peer, 1 << 30, NULL, &farewell) != LAC_OK) {
        lac_mpi_abort(1);
    }
    solo_close(&r);
}

/* One bare round: the same bytes down to every rank and up from it, received in order of rank. */
static double exchange_as_server(unsigned char *buffer, size_t down, size_t up)
{
    MPI_Request request[2 * MOST_RANKS];
    MPI_Comm comm = lac_mpi_comm();
    int ranks = (int)mpi.size - 1;
    double begin = lac_seconds();
    for (int i = 0; i < EXCHANGES; i++) {
        for (int r = 0; r < ranks; r++) {
            MPI_Irecv(buffer + (size_t)(r + 1) * 4096, (int)up, MPI_BYTE, r + 1, 9, comm,
                      &request[r]);
        }
        for (int r = 0; r < ranks; r++) {
            MPI_Isend(buffer, (int)down, MPI_BYTE, r + 1, 9, comm, &request[ranks + r]);
        }
        for (int r = 0; r < 2 * ranks; r++) {
            MPI_Wait(&request[r], MPI_STATUS_IGNORE);
        }
    }
    return (lac_seconds() - begin) / EXCHANGES;
}

static void exchange_as_worker(unsigned char *buffer, size_t bytes)
{
    MPI_Comm comm = lac_mpi_comm();
    for (int i = 0; i < EXCHANGES; i++) {
        MPI_Recv(buffer, (int)bytes, MPI_BYTE, 0, 9, comm, MPI_STATUS_IGNORE);
        MPI_Send(buffer, (int)bytes, MPI_BYTE, 0, 9, comm);
    }
}

int main(int argc, char **argv)
{
    static unsigned char buffer[4096 * (MOST_RANKS + 1)];
    double round[BLOCKS], bare[BLOCKS];
    size_t down = 1024, up = 1024;
    if (lac_mpi_start(&mpi, &argc, &argv) != LAC_OK || mpi.size < 2 || mpi.size > MOST_RANKS) {
        return 1;
    }
    for (int block = 0; block < BLOCKS; block++) {
        if (mpi.rank > 0) {
            rounds_as_worker();
            exchange_as_worker(buffer, down);
        } else {
            round[block] = rounds_as_server(&down, &up);
            bare[block] = exchange_as_server(buffer, down, up);
        }
    }
    if (mpi.rank == 0) {
        struct bench_time r = bench_summary(round, BLOCKS), b = bench_summary(bare, BLOCKS);
        bench_header("rounds over MPI, 1024 bytes down and up per rank");
        bench_row("bare exchange", bench_scaled(b, 1e6), "us");
        bench_row_ratio("gd round", bench_scaled(r, 1e6), "us", r.median / b.median, -1.3,
                        "the bare exchange");
    }
    lac_mpi_finish();
    return 0;
}

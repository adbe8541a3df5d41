/*
 * A rank that is given up while its frame comes, half of which is there: when it wakes MPI writes the other half, and not into the
 * bytes of the frame of another rank that was received in the same slot since.
 *
 * usage: mpirun -n 3 half_come    over TCP, where a message of a stopped rank stays half
 */
#include <signal.h>
#include <string.h>
#include <time.h>

#include "../tap.h"
#include "base/clock.h"
#include "transport/mpi_calls.h"
#include "transport/mpi_tags.h"

enum { BODY = 4 << 20, FRAME = LAC_FRAME_HEADER + BODY, PROCESS = 77, SENT = 78, OVER = 79 };

static unsigned char frame[FRAME], kept[FRAME];

static void make_frame(uint32_t client)
{
    struct lac_writer w;
    lac_frame_begin(&w, frame, FRAME);
    memset(frame + LAC_FRAME_HEADER, (int)(0x11 * (client + 1)), BODY);
    w.bytes = FRAME;
    lac_frame_end(&w, LAC_MESSAGE_UPDATE, 0, client, 1);
}

/* MPI works meanwhile. */
static int has_come(int rank, int tag)
{
    int there;
    MPI_Iprobe(rank, tag, MPI_COMM_WORLD, &there, MPI_STATUS_IGNORE);
    return there;
}

static void take(int rank, int tag, double seconds)
{
    double end = lac_seconds() + seconds;
    while (!has_come(rank, tag) && lac_seconds() < end) {
    }
    if (!tap_ok(has_come(rank, tag), "rank %d says that it is so far", rank)) {
        lac_mpi_abort(1);
    }
}

static bool is_stopped(long process)
{
    char path[64], state = 0;
    snprintf(path, sizeof path, "/proc/%ld/stat", process);
    FILE *file = fopen(path, "re");
    bool known = file && fscanf(file, "%*d %*s %c", &state) == 1;
    if (file) {
        (void)fclose(file);
    }
    return known && state == 'T';
}

static void open_transport(struct lac_transport **t, struct lac_arena *a)
{
    const struct lac_patience patience = {.silence = 0.5, .most = 0.5};
    const struct lac_room room = {
        .longest = FRAME, .most = 1, .buffer = UINT64_C(2) * (FRAME + 64)};
    TAP_OK(lac_mpi_open(t, UINT64_C(1) << 30, &patience, true, a));
    (*t)->drops = true;
    TAP_OK(lac_window(*t, &room, a)); /* one slot, and the spare ones */
}

static void serve(long process)
{
    struct lac_arena arena = {0};
    struct lac_transport *t;
    struct lac_frame f;
    const struct lac_expected stuck = {1, LAC_MESSAGE_UPDATE, 0, 1};
    const struct lac_expected other = {2, LAC_MESSAGE_UPDATE, 1, 1};
    open_transport(&t, &arena);
    while (!is_stopped(process)) {
    }
    TAP_OK(lac_expect(t, &stuck, 1));
    tap_ok(lac_receive(t, &stuck, &f) == LAC_E_LOST && lac_is_gone(t, 1),
           "a rank that stopped in the middle of its frame is given up");
    TAP_OK(lac_expect(t, &other, 1));
    TAP_OK(lac_receive(t, &other, &f));
    const unsigned char *there = f.body;
    memcpy(kept, there, BODY);
    make_frame(1);
    tap_ok(memcmp(kept, frame + LAC_FRAME_HEADER, BODY) == 0, "another one's frame comes whole");
    kill((pid_t)process, SIGCONT);
    take(1, SENT, 20.0);
    tap_ok(memcmp(there, kept, BODY) == 0,
           "what the first one sends when it wakes is written to no other's bytes");
    MPI_Send(NULL, 0, MPI_BYTE, 2, OVER, MPI_COMM_WORLD);
    lac_transport_close(t);
    lac_arena_free(&arena);
}

static void send_half(void)
{
    long process = (long)getpid();
    MPI_Request request;
    MPI_Send(&process, sizeof process, MPI_BYTE, 0, PROCESS, MPI_COMM_WORLD);
    make_frame(0);
    MPI_Isend(frame, FRAME, MPI_BYTE, 0, LAC_TAG_FRAME, lac_mpi_comm(), &request);
    raise(SIGSTOP);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    MPI_Send(NULL, 0, MPI_BYTE, 0, SENT, MPI_COMM_WORLD);
}

static void send_whole(void)
{
    const struct timespec moment = {.tv_nsec = 20000000};
    MPI_Request request;
    int sent = 0;
    make_frame(1);
    MPI_Isend(frame, FRAME, MPI_BYTE, 0, LAC_TAG_FRAME, lac_mpi_comm(), &request);
    while (!has_come(0, OVER)) { /* it lives */
        MPI_Send(NULL, 0, MPI_BYTE, 0, LAC_TAG_BEAT, lac_mpi_comm());
        nanosleep(&moment, NULL);
    }
    MPI_Test(&request, &sent, MPI_STATUS_IGNORE);
}

int main(void)
{
    struct lac_mpi mpi;
    char **no_arguments = NULL;
    int none = 0;
    long process;
    if (lac_mpi_start(&mpi, &none, &no_arguments) != LAC_OK || mpi.size != 3) {
        return 1;
    }
    if (mpi.rank == 0) {
        MPI_Recv(&process, sizeof process, MPI_BYTE, 1, PROCESS, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        serve(process);
    } else if (mpi.rank == 1) {
        send_half();
    } else {
        send_whole();
    }
    fflush(stdout);
    if (mpi.rank == 0) {
        printf("1..%d\n", tap_count);
        fflush(stdout);
    }
    lac_mpi_finish();
    return mpi.rank == 0 && tap_failures > 0;
}

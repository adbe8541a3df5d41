/* What the files that launch runs share. */
#ifndef LAC_COMMAND_LAUNCH_PARTS_H
#define LAC_COMMAND_LAUNCH_PARTS_H

#include "command/launch.h"
#include "transport/link.h"

/* Where the server's code runs: rank 0, the one process of a solo run, or rank 1 of a run whose server only forwards. */
struct lac_seat {
    struct lac_transport *transport;
    const char *host;
    struct lac_link *link; /* NULL: of no run that only forwards */
};

/* job->serve between the opening of the server and the stop of the ranks; then job->close. */
lac_status lac_launch_serve(const struct lac_job *job, const struct lac_seat *seat,
                            struct lac_arena *a) LAC_MUST_CHECK;
/* Whether the ranks of a run whose server only forwards are told of such a failure, and stop in order. At any other the job
   ends at once: they cannot be told, or must not be. */
bool lac_launch_is_orderly(lac_status status);
/* Ranks whose options could not be read still stop in order. */
uint64_t lac_launch_chunk(const struct lac_config *config);

/* What every rank finds out, the first of them says, and then ends the job; the others give it the time. */
void lac_launch_let_others_speak(uint32_t rank);

/* Of a run whose server only forwards, of each of its ranks, and of such a run in one process. */
lac_status lac_launch_forwarded(const struct lac_job *job, const struct lac_mpi *mpi,
                                struct lac_arena *a) LAC_MUST_CHECK;
lac_status lac_launch_forwarded_solo(const struct lac_job *job, struct lac_arena *a) LAC_MUST_CHECK;

#endif

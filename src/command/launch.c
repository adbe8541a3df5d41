#include "command/launch.h"

#include <stdlib.h>
#include <string.h>

#include "base/leave.h"
#include "command/launch_parts.h"
#include "worker/worker.h"

bool lac_launch_is_orderly(lac_status status)
{
    return status != LAC_E_SECURITY && status != LAC_E_LOST && status != LAC_E_MPI &&
           status != LAC_E_ENDED;
}

static bool can_stop(const struct lac_seat *seat, lac_status status)
{
    if (seat->link) {
        return !seat->link->post || lac_launch_is_orderly(status);
    }
    return status != LAC_E_ENDED ||
           seat->transport->kind->in_process; /* else nobody may be there to be told */
}

lac_status lac_launch_serve(const struct lac_job *job, const struct lac_seat *seat,
                            struct lac_arena *a)
{
    struct lac_server s = {.config = job->config,
                           .transport = seat->transport,
                           .link = seat->link,
                           .host = seat->host,
                           .arena = a,
                           .began = job->began};
    LAC_TRY(LAC_NEW(a, seat->transport->ranks + 1, &s.reports));
    lac_status status = job->before == LAC_OK ? job->serve(job->context, &s) : job->before;
    char sentence[1024] = "";
    /* stopping the ranks may fail too: the first sentence is the one to tell */
    if (status != LAC_OK) {
        snprintf(sentence, sizeof sentence, "%s", lac_failure());
    }
    lac_status stopped = can_stop(seat, status) ? lac_server_stop(&s) : LAC_OK;
    if (status == LAC_OK) {
        status = stopped;
    }
    if (job->close) {
        status = *sentence ? LAC_FAIL(status, "%s", sentence) : status;
        lac_status closed = job->close(job->context, &s, status);
        status = status == LAC_OK ? closed : status;
    }
    lac_server_keep_close(&s);
    lac_transport_close(seat->transport);
    return *sentence ? LAC_FAIL(status, "%s", sentence) : status;
}

lac_status lac_launch_solo(const struct lac_job *job, struct lac_arena *a)
{
    struct lac_arena worker_arena = {0};
    struct lac_place place = {.rank = 1, .ranks = 1, .host = "solo"};
    struct lac_peer peer;
    struct lac_seat seat = {.host = place.host};
    if (lac_config_forwards(job->config)) {
        return lac_launch_forwarded_solo(job, a);
    }
    lac_status status = lac_worker_open(&peer, job->config, &place, LAC_OK, &worker_arena);
    if (status == LAC_OK) {
        status = lac_solo_open(&seat.transport, &peer, a);
        if (status == LAC_OK) {
            status = lac_launch_serve(job, &seat, a);
        }
        lac_worker_close(&peer);
    }
    lac_arena_free(&worker_arena);
    return status;
}

uint64_t lac_launch_chunk(const struct lac_config *config)
{
    return config->chunk ? config->chunk : (uint64_t)1 << 30;
}

static lac_status run_worker(const struct lac_job *job, const struct lac_mpi *mpi,
                             struct lac_arena *a)
{
    struct lac_place place = {.rank = mpi->rank, .ranks = mpi->size - 1, .host = mpi->host};
    struct lac_peer peer;
    LAC_TRY(lac_worker_open(&peer, job->config, &place, job->before, a));
    lac_status status = lac_mpi_serve(&peer, lac_launch_chunk(job->config));
    lac_worker_close(&peer);
    return status;
}

lac_status lac_launch_start(struct lac_mpi *mpi)
{
    char **no_arguments = NULL;
    int none = 0;
    LAC_TRY(lac_mpi_start(mpi, &none, &no_arguments));
    if (mpi->size < 2) {
        return LAC_FAIL(LAC_E_USAGE, "one rank is only the server; start at least two, or none by "
                                     "leaving the launcher out");
    }
    return LAC_OK;
}

lac_status lac_launch_on_rank(const struct lac_job *job, const struct lac_mpi *mpi,
                              struct lac_arena *a)
{
    struct lac_seat seat = {.host = mpi->host};
    if (job->before == LAC_OK && lac_config_forwards(job->config)) {
        return lac_launch_forwarded(job, mpi, a);
    }
    if (mpi->rank > 0) {
        lac_status worked = run_worker(job, mpi, a);
        if (worked != LAC_OK) { /* the link to rank 0 is gone: nobody else can tell */
            fprintf(stderr, "laconic: [rank %u/%s] %s\n", mpi->rank, mpi->host, lac_failure());
            lac_mpi_abort(lac_exit_code(worked));
        }
        return LAC_OK;
    }
    lac_status status = lac_mpi_open(&seat.transport, lac_launch_chunk(job->config), a);
    if (status == LAC_OK) {
        status = lac_launch_serve(job, &seat, a);
    }
    if (status == LAC_E_MPI || status == LAC_E_ENDED) {
        fprintf(stderr, "laconic: [rank 0/%s] %s\n", mpi->host, lac_failure());
        lac_mpi_abort(1);
    }
    return status;
}

static lac_status launch_mpi(const struct lac_job *job, struct lac_arena *a)
{
    struct lac_mpi mpi = {0};
    lac_status status = lac_launch_start(&mpi);
    if (status == LAC_OK) {
        status = lac_launch_on_rank(job, &mpi, a);
    }
    lac_mpi_finish();
    return mpi.rank == 0 ? status : LAC_OK;
}

/* "0" without a launcher. */
static const char *rank_of_job(void)
{
    const char *rank = getenv("OMPI_COMM_WORLD_RANK");
    rank = rank ? rank : getenv("PMIX_RANK");
    return rank ? rank : "0";
}

bool lac_first_of_job(void)
{
    return strcmp(rank_of_job(), "0") == 0;
}

/* Rank 1 runs the rounds of a run whose server only forwards; on ranks that do not, signals act as by default, but for
   USR1, which launchers send to all. */
void lac_launch_heed_signals(const struct lac_config *config)
{
    bool leads = lac_config_forwards(config) && strcmp(rank_of_job(), "1") == 0;
    if (lac_first_of_job() || leads) {
        lac_leave_listen(getenv("OMPI_COMM_WORLD_RANK") || getenv("PMIX_RANK"));
    }
}

lac_status lac_launch(const struct lac_job *job, struct lac_arena *a)
{
    enum lac_launch launch;
    LAC_TRY(lac_launch_kind(&launch));
    if (launch == LAC_LAUNCH_MPI) {
        return launch_mpi(job, a);
    }
    LAC_TRY(job->before);
    return lac_launch_solo(job, a);
}

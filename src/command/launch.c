#include "command/launch.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/leave.h"
#include "base/machine.h"
#include "command/launch_parts.h"
#include "worker/worker.h"

enum { AFTER_WORK = 60, AT_LEAST = 10, MOST_SECONDS = 1000000 };

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
    bool at_the_end = status == LAC_OK;
    lac_status stopped = can_stop(seat, status) ? lac_server_stop(&s) : LAC_OK;
    if (status == LAC_OK) {
        status = stopped;
    }
    if (status == LAC_E_LOST && seat->transport->lost.rank > 0) {
        status = lac_server_name_lost(&s, at_the_end);
        snprintf(sentence, sizeof sentence, "%s", lac_failure());
    }
    if (job->close) {
        status = *sentence ? LAC_FAIL(status, "%s", sentence) : status;
        lac_status closed = job->close(job->context, &s, status);
        status = status == LAC_OK ? closed : status;
    }
    lac_server_keep_close(&s, seat->transport->kind->in_process || lac_launch_is_orderly(status));
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

static void report_silence(const void *config, uint32_t rank, double silent, bool is_silent)
{
    const struct lac_config *c = config;
    if (is_silent) {
        fprintf(stderr,
                "warning: rank %u is silent for %.3g s; it is waited for up to %g s "
                "(--max-wait)\n",
                rank, silent, c->max_wait);
    } else {
        fprintf(stderr, "warning: rank %u is there again\n", rank);
    }
}

/* Where the options could not be read, the transport's own. */
static struct lac_patience patience_of(const struct lac_config *c)
{
    if (c->client_timeout <= 0.0) {
        return (struct lac_patience){.silence = 600.0, .most = 600.0};
    }
    bool waits = c->on_lost == LAC_LOST_WAITS;
    return (struct lac_patience){.silence = c->client_timeout,
                                 .most = waits ? c->max_wait : c->client_timeout,
                                 .report = waits ? report_silence : NULL,
                                 .context = c};
}

static lac_status run_worker(const struct lac_job *job, const struct lac_mpi *mpi,
                             struct lac_arena *a)
{
    struct lac_place place = {.rank = mpi->rank, .ranks = mpi->size - 1, .host = mpi->host};
    struct lac_peer peer;
    LAC_TRY(lac_worker_open(&peer, job->config, &place, job->before, a));
    struct lac_patience patience = patience_of(job->config);
    patience.report = NULL; /* rank 0 is the only one that it waits for */
    struct lac_farewell farewell;
    lac_status status = lac_mpi_serve(&peer, lac_launch_chunk(job->config), &patience, &farewell);
    if (farewell.is_over) { /* rank 0 tells why, and nobody waits for a disk */
        lac_mpi_leave(lac_exit_code(status));
    }
    if (farewell.is_gone) {
        fprintf(stderr, "laconic: [rank %u/%s] %s; this rank leaves\n", mpi->rank, mpi->host,
                lac_failure());
        lac_mpi_leave_others();
    }
    if (status != LAC_E_LOST) {
        lac_worker_close(&peer);
    }
    if (status == LAC_OK && lac_worker_ends_apart(&peer)) {
        lac_mpi_leave_others();
    }
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

/* Where not all ranks can come to the end of the job, none waits for it. */
_Noreturn static void end_all(const struct lac_mpi *mpi, lac_status status)
{
    fflush(stdout);
    fprintf(stderr, "laconic: [rank %u/%s] %s\n", mpi->rank, mpi->host, lac_failure());
    lac_mpi_abort(lac_exit_code(status));
}

/* The same after ranks were lost without which the run went on. */
_Noreturn static void leave_alone(const struct lac_mpi *mpi, lac_status status)
{
    if (status != LAC_OK) {
        end_all(mpi, status);
    }
    lac_mpi_abort(fflush(stdout) == 0 ? 0 : lac_exit_code(LAC_E_IO));
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
        if (worked == LAC_E_LOST) {
            lac_launch_let_others_speak(mpi->rank);
            worked = LAC_FAIL(LAC_E_LOST, "%s (--client-timeout %g); this rank leaves",
                              lac_failure(), job->config->client_timeout);
        }
        if (worked != LAC_OK) { /* the link to rank 0 is gone: nobody else can tell */
            end_all(mpi, worked);
        }
        return LAC_OK;
    }
    struct lac_patience patience = patience_of(job->config);
    bool drops = job->before == LAC_OK && job->config->on_lost == LAC_LOST_DROPS;
    lac_status status =
        lac_mpi_open(&seat.transport, lac_launch_chunk(job->config), &patience, drops, a);
    if (status != LAC_OK) {
        end_all(mpi, status);
    }
    status = lac_launch_serve(job, &seat, a);
    if (status == LAC_E_MPI || status == LAC_E_ENDED || seat.transport->lost.rank > 0) {
        end_all(mpi, status);
    }
    if (seat.transport->gone_count > 0) {
        leave_alone(mpi, status);
    }
    return status;
}

/* All ranks meet at the end of MPI, after all that counts is done. */
static void too_late(int number)
{
    static const char text[] = "laconic: a rank did not come to the end of the job, whose results "
                               "are complete, within --client-timeout: it is lost\n";
    (void)number;
    ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);
    (void)written;
    _exit(4); /* of LAC_E_LOST */
}

/* Who comes before another writes its files gives it time to. */
static void watch_the_end(const struct lac_config *c, uint32_t rank)
{
    bool comes_early = rank > 0 || lac_config_forwards(c);
    double seconds = ceil(patience_of(c).most) + (comes_early ? AFTER_WORK : AT_LEAST);
    fflush(stdout);
    signal(SIGALRM, too_late);
    alarm(seconds < MOST_SECONDS ? (unsigned)seconds : MOST_SECONDS);
}

static lac_status launch_mpi(const struct lac_job *job, struct lac_arena *a)
{
    struct lac_mpi mpi = {0};
    lac_status status = lac_launch_start(&mpi);
    if (status == LAC_OK) {
        status = lac_launch_on_rank(job, &mpi, a);
    }
    watch_the_end(job->config, mpi.rank);
    lac_mpi_finish();
    alarm(0);
    return mpi.rank == 0 ? status : LAC_OK;
}

/* "0" without a launcher. */
static const char *rank_of_job(void)
{
    const char *rank = lac_machine_rank();
    return rank ? rank : "0";
}

bool lac_first_of_job(void)
{
    return strcmp(rank_of_job(), "0") == 0;
}

/* Rank 1 does in a run whose server only forwards. */
bool lac_launch_leads(const struct lac_config *config)
{
    const char *rank = lac_machine_rank();
    return !rank || strcmp(rank, lac_config_forwards(config) ? "1" : "0") == 0;
}

/* On ranks that do not run the rounds signals act as by default, but for USR1, which launchers send to all. */
void lac_launch_heed_signals(const struct lac_config *config)
{
    if (lac_first_of_job() || lac_launch_leads(config)) {
        lac_leave_listen(lac_machine_rank() != NULL);
    } else if (lac_config_forwards(config)) {
        lac_leave_last();
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

/* How the processes were started, and whether they are one job. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "command/check_parts.h"

static const char *environment(const char *name)
{
    const char *text = getenv(name);
    return text && *text ? text : NULL;
}

static const char *launcher(void)
{
    return environment("OMPI_COMM_WORLD_SIZE") ? "mpirun" : "srun --mpi=pmix";
}

static void say_solo(struct lac_check *k)
{
    if (environment("SLURM_JOB_ID")) {
        lac_check_say(
            k, "launcher", LAC_CHECK_WARN,
            "none, in Slurm job %s: one process, whatever the job has; put mpirun or srun "
            "--mpi=pmix before laconic",
            environment("SLURM_JOB_ID"));
    } else {
        lac_check_say(k, "launcher", LAC_CHECK_OK, "none: one process does all");
    }
}

static void say_ranks(struct lac_check *k)
{
    uint32_t workers = k->mpi.size - 1;
    if (workers == 0) {
        lac_check_say(k, "ranks", LAC_CHECK_FAIL,
                      "one rank is only the server; start at least two, or none by leaving the "
                      "launcher out");
    } else if (k->config.clients > 0 && workers > k->config.clients) {
        lac_check_say(k, "ranks", LAC_CHECK_WARN,
                      "%u worker ranks for %u client%s: %u will have nothing to do", workers,
                      k->config.clients, lac_plural(k->config.clients),
                      workers - k->config.clients);
    } else {
        lac_check_say(k, "ranks", LAC_CHECK_OK, "%u: the server, and %u with clients", k->mpi.size,
                      workers);
    }
}

/* What happens to the others when a rank is gone: the launcher decides. */
static void say_recovery(struct lac_check *k)
{
    const char *recovery = environment("OMPI_MCA_orte_enable_recovery");
    bool recovers = recovery && strcmp(recovery, "0") != 0;
    bool drops = k->config.on_lost == LAC_LOST_DROPS;
    if (drops && lac_mpi_ends_all()) {
        lac_check_say(k, "recovery", LAC_CHECK_WARN,
                      "--on-lost-client drop: mpirun without --enable-recovery ends the job "
                      "itself when a rank dies");
    } else if (drops) {
        lac_check_say(k, "recovery", LAC_CHECK_OK, "the others go on when a rank is lost");
    } else if (recovers) {
        lac_check_say(
            k, "recovery", LAC_CHECK_WARN,
            "mpirun --enable-recovery lets the others live when a rank dies, so that they "
            "wait for --client-timeout before they end, and hangs where a host is lost: "
            "leave it out, or give it under timeout");
    } else {
        lac_check_say(k, "recovery", LAC_CHECK_OK,
                      "a rank that dies ends the job; its checkpoint stays");
    }
}

bool lac_check_launcher(struct lac_check *k)
{
    char **no_arguments = NULL;
    int none = 0;
    enum lac_launch launch;
    k->mpi.size = 1;
    if (lac_launch_kind(&launch) != LAC_OK) {
        lac_check_say_failure(k, "launcher");
        return false;
    }
    if (launch == LAC_LAUNCH_SOLO) {
        say_solo(k);
        return true;
    }
    lac_check_begin_deadline(k);
    if (lac_mpi_start(&k->mpi, &none, &no_arguments) != LAC_OK) {
        lac_check_say_failure(k, "ranks");
        return false;
    }
    k->is_mpi = true;
    lac_check_say(k, "launcher", LAC_CHECK_OK, "%s, %s", launcher(), lac_mpi_version());
    say_ranks(k);
    say_recovery(k);
    return k->mpi.size > 1;
}

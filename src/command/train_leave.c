/* When a run leaves before its end, and how it is told: a signal, or the time that it has. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clean.h"
#include "base/clock.h"
#include "base/leave.h"
#include "command/train_parts.h"

static double epoch_seconds(void)
{
    return (double)time(NULL);
}

/* Seconds of the epoch; infinity where nobody says, or says what cannot be. */
static double slurm_end(void)
{
    const char *text = getenv("SLURM_JOB_END_TIME");
    bool in_job = getenv("SLURM_JOB_ID") || getenv("SLURM_JOBID");
    if (!text || !in_job) {
        return (double)INFINITY;
    }
    bool digits = *text && strspn(text, "0123456789") == strlen(text);
    double end = digits ? strtod(text, NULL) : -1.0;
    if (end > epoch_seconds() && end < 1e12) {
        return end;
    }
    fprintf(stderr, "warning: SLURM_JOB_END_TIME is '");
    lac_print_clean(stderr, text);
    fprintf(stderr, "', no time to come: how long the job may run is not known\n");
    return (double)INFINITY;
}

void lac_limits_open(struct lac_limits *l, const struct lac_config *c)
{
    *l = (struct lac_limits){.end = c->checkpoint ? slurm_end() : (double)INFINITY};
}

/* Long enough for a round and a checkpoint that take longer than any before. */
static double margin(const struct lac_limits *l, const struct lac_server *s)
{
    return fmax(60.0, 4.0 * l->longest_round + 4.0 * s->survival.longest);
}

bool lac_limits_reached(struct lac_limits *l, const struct lac_server *s)
{
    double now = lac_seconds();
    /* without a round there is nothing to keep, and whoever is started again would start afresh */
    bool may = !s->config->checkpoint || s->rounds_done > 0;
    l->reason = may ? lac_leave_name(lac_leave_asked()) : NULL;
    if (l->asked) {
        l->longest_round = fmax(l->longest_round, now - l->last);
        bool late = s->config->checkpoint && now - s->began >= s->config->max_seconds;
        bool ends = isfinite(l->end) && l->end - epoch_seconds() <= margin(l, s);
        l->reason = l->reason ? l->reason : late ? "time" : ends ? "slurm" : NULL;
    }
    l->asked =
        true; /* one round at least is made, or a job that is started again and again would get nowhere */
    l->last = now;
    return l->reason != NULL;
}

lac_status lac_limits_leave(const struct lac_limits *l, const struct lac_server *s)
{
    unsigned long long done = s->rounds_done;
    const char *why = strcmp(l->reason, "time") == 0    ? "--max-seconds is over"
                      : strcmp(l->reason, "slurm") == 0 ? "the Slurm job is about to end"
                      : strcmp(l->reason, "INT") == 0   ? "stopped by Ctrl-C (SIGINT)"
                                                        : "asked to leave by SIGUSR1";
    if (done > 0 && s->survival.newest == done) {
        return LAC_FAIL(
            LAC_E_LEFT,
            "%s: left after round %llu of %llu, with a checkpoint; the same command goes on with --resume",
            why, done, (unsigned long long)s->config->rounds);
    }
    return LAC_FAIL(LAC_E_FAILED, "%s: left after round %llu of %llu, without a checkpoint%s", why,
                    done, (unsigned long long)s->config->rounds,
                    s->config->checkpoint ? "" : "; --checkpoint DIR keeps one");
}

/* Without a launcher: each run is a process forked from this one, so many at a time. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command/tune_parts.h"

/* Shared with the processes; returned: the process wrote what follows. */
struct result {
    bool returned, refused;
    lac_status status;
    char sentence[1024];
};

struct jobs {
    struct lac_tune *tune;
    struct result *result; /* (count) */
    pid_t *process;        /* (count); 0: not running */
    size_t next, running;
};

static _Noreturn void run_here(struct lac_tune_run *run, bool warns, struct result *result)
{
    struct lac_arena arena = {0};
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    lac_status status = lac_train_solo(&run->config, warns, &arena);
    result->status = lac_tune_after(run, status);
    result->refused = run->refused;
    if (result->status != LAC_OK) {
        snprintf(result->sentence, sizeof result->sentence, "%s", lac_failure());
    }
    result->returned = true;
    _exit(0);
}

static lac_status start(struct jobs *j, size_t r)
{
    fflush(stdout);
    pid_t process = fork();
    if (process < 0) {
        return LAC_FAIL(LAC_E_FAILED, "no process can be started: %s", strerror(errno));
    }
    if (process == 0) {
        run_here(&j->tune->run[r], r == 0, &j->result[r]);
    }
    j->process[r] = process;
    j->running++;
    return LAC_OK;
}

static lac_status start_next(struct jobs *j)
{
    struct lac_tune *t = j->tune;
    for (; j->next < t->count && j->running < t->jobs; j->next++) {
        if (!t->run[j->next].kept) {
            LAC_TRY(start(j, j->next));
        }
    }
    return LAC_OK;
}

static lac_status result_of(const struct lac_tune_run *run, const struct result *result, int how)
{
    if (!result->returned && WIFSIGNALED(how)) {
        return LAC_FAIL(LAC_E_FAILED, "the run of '%s' was ended by signal %d", run->config.out,
                        WTERMSIG(how));
    }
    if (!result->returned) {
        return LAC_FAIL(LAC_E_FAILED, "the run of '%s' ended with status %d", run->config.out,
                        WEXITSTATUS(how));
    }
    return result->status == LAC_OK ? LAC_OK : LAC_FAIL(result->status, "%s", result->sentence);
}

static lac_status wait_for_one(struct jobs *j)
{
    int how;
    pid_t process;
    do {
        process = waitpid(-1, &how, 0);
    } while (process < 0 && errno == EINTR);
    for (size_t r = 0; r < j->tune->count && process > 0; r++) {
        if (j->process[r] == process) {
            j->process[r] = 0;
            j->running--;
            LAC_TRY(result_of(&j->tune->run[r], &j->result[r], how));
            j->tune->run[r].refused = j->result[r].refused;
            lac_tune_print_progress(j->tune, &j->tune->run[r]);
        }
    }
    return process > 0 ? LAC_OK : LAC_FAIL(LAC_E_FAILED, "lost the runs: %s", strerror(errno));
}

/* After a failure no run is started any more, and those that go on are waited for. */
static lac_status run_all(struct jobs *j)
{
    lac_status status = start_next(j);
    char sentence[1024] = "";
    while (j->running > 0) {
        if (status != LAC_OK && !*sentence) {
            snprintf(sentence, sizeof sentence, "%s", lac_failure());
        }
        lac_status waited = wait_for_one(j);
        status = status == LAC_OK ? waited : status;
        status = status == LAC_OK ? start_next(j) : status;
    }
    return *sentence ? LAC_FAIL(status, "%s", sentence) : status;
}

lac_status lac_tune_solo(struct lac_tune *t)
{
    struct jobs j = {.tune = t};
    size_t bytes = t->count * sizeof *j.result;
    LAC_TRY(LAC_NEW(t->arena, t->count, &j.process));
    j.result = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (j.result == MAP_FAILED) {
        return LAC_FAIL(LAC_E_MEMORY, "out of memory: the results of %zu runs", t->count);
    }
    lac_status status = run_all(&j);
    munmap(j.result, bytes);
    return status;
}

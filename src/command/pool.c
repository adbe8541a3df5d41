#include "command/pool.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Who started this process may have it ignore signals (nohup). */
static void await(sigset_t *set, int number)
{
    struct sigaction before;
    if (sigaction(number, NULL, &before) == 0 && before.sa_handler != SIG_IGN) {
        sigaddset(set, number);
    }
}

lac_status lac_pool_open(struct lac_pool *p, size_t count, bool heeds, struct lac_arena *a)
{
    *p = (struct lac_pool){.count = count};
    LAC_TRY(LAC_NEW(a, count, &p->process));
    p->note = mmap(NULL, count * sizeof *p->note, PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (p->note == MAP_FAILED) {
        return LAC_FAIL(LAC_E_MEMORY, "out of memory: the results of %zu runs", count);
    }
    sigemptyset(&p->awaited);
    sigaddset(&p->awaited, SIGCHLD);
    if (heeds) {
        signal(SIGUSR1, SIG_DFL); /* of main.c, which ignores it */
        sigaddset(&p->awaited, SIGUSR1);
        await(&p->awaited, SIGINT);
        await(&p->awaited, SIGTERM);
    }
    sigprocmask(SIG_BLOCK, &p->awaited, &p->before);
    return LAC_OK;
}

void lac_pool_close(struct lac_pool *p)
{
    munmap(p->note, p->count * sizeof *p->note);
    sigprocmask(SIG_SETMASK, &p->before, NULL);
}

static _Noreturn void run_here(struct lac_pool *p, size_t job, pid_t parent,
                               lac_status (*work)(void *context, size_t job, int *word),
                               void *context)
{
    struct lac_pool_note *note = &p->note[job];
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) { /* it died before it was asked for */
        _exit(1);
    }
    if (sigismember(&p->awaited, SIGUSR1)) {
        (void)setpgid(0, 0);
    }
    sigprocmask(SIG_SETMASK, &p->before, NULL);
    note->status = work(context, job, &note->word);
    if (note->status != LAC_OK) {
        snprintf(note->sentence, sizeof note->sentence, "%s", lac_failure());
    }
    note->returned = true;
    fflush(stdout);
    _exit(0);
}

lac_status lac_pool_start(struct lac_pool *p, size_t job,
                          lac_status (*work)(void *context, size_t job, int *word), void *context)
{
    pid_t parent = getpid();
    fflush(stdout);
    p->note[job] = (struct lac_pool_note){0};
    pid_t process = fork();
    if (process < 0) {
        return LAC_FAIL(LAC_E_FAILED, "no process can be started: %s", strerror(errno));
    }
    if (process == 0) {
        run_here(p, job, parent, work, context);
    }
    p->process[job] = process;
    p->running++;
    return LAC_OK;
}

/* True where a job was found that has ended. */
static bool take_ended(struct lac_pool *p, struct lac_pool_event *event)
{
    int how;
    pid_t process = waitpid(-1, &how, WNOHANG);
    for (size_t j = 0; j < p->count && process > 0; j++) {
        if (p->process[j] == process) {
            p->process[j] = 0;
            p->running--;
            event->job = j;
            event->exit_code = WIFEXITED(how) ? WEXITSTATUS(how) : -1;
            return true;
        }
    }
    return false;
}

lac_status lac_pool_wait(struct lac_pool *p, double seconds, struct lac_pool_event *event)
{
    double whole = floor(seconds);
    struct timespec most = {.tv_sec = (time_t)whole, .tv_nsec = (long)(1e9 * (seconds - whole))};
    *event = (struct lac_pool_event){.job = p->count};
    if (take_ended(p, event)) { /* of several that end together there is one SIGCHLD */
        return LAC_OK;
    }
    int number = sigtimedwait(&p->awaited, NULL, &most);
    if (number < 0 && errno != EAGAIN && errno != EINTR) {
        return LAC_FAIL(LAC_E_FAILED, "lost the runs: %s", strerror(errno));
    }
    if (number == SIGCHLD) {
        (void)take_ended(p, event);
    }
    event->signal = number > 0 && number != SIGCHLD ? number : 0;
    return LAC_OK;
}

lac_status lac_pool_run(struct lac_pool *p, lac_status (*start)(void *context),
                        lac_status (*wait)(void *context), void *context)
{
    char sentence[1024] = "";
    lac_status status = start(context);
    while (p->running > 0) {
        if (status != LAC_OK && !*sentence) {
            snprintf(sentence, sizeof sentence, "%s", lac_failure());
        }
        lac_status waited = wait(context);
        status = status == LAC_OK ? waited : status;
        status = status == LAC_OK ? start(context) : status;
    }
    return *sentence ? LAC_FAIL(status, "%s", sentence) : status;
}

lac_status lac_pool_status(const struct lac_pool *p, const struct lac_pool_event *event,
                           const char *file)
{
    const struct lac_pool_note *note = &p->note[event->job];
    if (!note->returned && event->exit_code < 0) {
        return LAC_FAIL(LAC_E_FAILED, "the run of '%s' was ended by a signal", file);
    }
    if (!note->returned && event->exit_code != 0) {
        return LAC_FAIL(LAC_E_FAILED, "the run of '%s' ended with status %d", file,
                        event->exit_code);
    }
    return note->status == LAC_OK ? LAC_OK : LAC_FAIL(note->status, "%s", note->sentence);
}

void lac_pool_signal(const struct lac_pool *p, int number)
{
    for (size_t j = 0; j < p->count; j++) {
        if (p->process[j] > 0) {
            kill(p->process[j], number);
        }
    }
}

size_t lac_pool_processors(void)
{
    cpu_set_t set;
    int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return count > 0 ? (size_t)count : 1;
}

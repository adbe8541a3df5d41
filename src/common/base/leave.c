#include "base/leave.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

static volatile sig_atomic_t asked;       /* of enum lac_leave: after the round */
static volatile sig_atomic_t ended;       /* of enum lac_leave: at once */
static volatile sig_atomic_t interrupted; /* INT came before */

static void act_by_default(int number)
{
    signal(number, SIG_DFL);
    raise(number); /* which comes when the handler returns */
}

static void ask(int number)
{
    (void)number;
    asked = asked ? asked : LAC_LEAVE_USR1;
}

static void interrupt(int number)
{
    if (interrupted) {
        act_by_default(number);
    }
    interrupted = 1;
    asked = asked ? asked : LAC_LEAVE_INT;
}

static void end(int number)
{
    int before = errno;
    if (ended) {
        act_by_default(number);
    }
    ended = number == SIGINT ? LAC_LEAVE_INT : number == SIGHUP ? LAC_LEAVE_HUP : LAC_LEAVE_TERM;
    alarm(LAC_LEAVE_SECONDS);
    errno = before;
}

/* Nobody looked at the flag. */
static void lose_patience(int number)
{
    (void)number;
    act_by_default(SIGTERM);
}

static void handle(int number, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    struct sigaction before;
    sigemptyset(&action.sa_mask);
    bool ignored = sigaction(number, NULL, &before) == 0 && before.sa_handler == SIG_IGN;
    if (!ignored || number == SIGUSR1) {
        sigaction(number, &action, NULL);
    }
}

void lac_leave_listen(bool has_launcher)
{
    handle(SIGUSR1, ask);
    handle(SIGINT, has_launcher ? end : interrupt);
    handle(SIGTERM, end);
    handle(SIGHUP, end);
    handle(SIGALRM, lose_patience);
}

static void linger(int number)
{
    sleep(LAC_LEAVE_LINGER); /* says and does nothing more */
    act_by_default(number);
}

void lac_leave_last(void)
{
    handle(SIGTERM, linger);
}

enum lac_leave lac_leave_asked(void)
{
    return (enum lac_leave)asked;
}

enum lac_leave lac_leave_ended(void)
{
    return (enum lac_leave)ended;
}

lac_status lac_leave_check(void)
{
    if (!ended) {
        return LAC_OK;
    }
    return LAC_FAIL(LAC_E_ENDED,
                    "ended from outside by SIG%s; the run file, and the last checkpoint if there "
                    "is one, stay",
                    lac_leave_name((enum lac_leave)ended));
}

const char *lac_leave_name(enum lac_leave leave)
{
    static const char *const names[] = {NULL, "USR1", "INT", "TERM", "HUP"};
    return names[leave];
}

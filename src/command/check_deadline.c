/* Ranks that cannot reach one another would wait for ever, inside MPI: somebody must say so. */
#include <math.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "command/check_parts.h"
#include "command/launch.h"

enum { PATIENCE = 60 }; /* seconds, or --client-timeout where that is less */

static void tell_and_end(int number)
{
    static const char text[] =
        "laconic: check: the ranks did not reach one another in time: see whether each host reaches "
        "the others by name, and name the network to Open MPI: --mca btl_tcp_if_include eth0 --mca "
        "oob_tcp_if_include eth0\n";
    (void)number;
    ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);
    (void)written;
    _exit(2);
}

static void end(int number)
{
    (void)number;
    _exit(2);
}

void lac_check_begin_deadline(const struct lac_check *k)
{
    double seconds = k->config.client_timeout > 0.0 ? k->config.client_timeout : PATIENCE;
    signal(SIGALRM, lac_first_of_job() ? tell_and_end : end);
    alarm((unsigned)fmax(1.0, fmin(seconds, PATIENCE)));
}

void lac_check_end_deadline(void)
{
    alarm(0);
    signal(SIGALRM, SIG_DFL);
}

#include "base/output.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool was_closed;

void lac_output_was_closed(void)
{
    was_closed = true;
}

lac_status lac_output_check(void)
{
    return was_closed ? LAC_FAIL(LAC_E_IO, "standard output is closed; nothing was made") : LAC_OK;
}

lac_status lac_output_end(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO};
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout)) {
        return LAC_OK;
    }
    int reason = errno;
    bool is_gone = poll(&out, 1, 0) > 0 && (out.revents & POLLERR) != 0;
    if (is_gone) {
        return LAC_OK;
    }
    return LAC_FAIL(LAC_E_IO, "standard output could not be written%s%s", reason ? ": " : "",
                    reason ? strerror(reason) : "");
}

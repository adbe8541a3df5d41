/* How a rank of clients leaves: with a last word to rank 0, and what is still on its way to it is taken and dropped. */
#include <sched.h>

#include "base/clock.h"
#include "transport/mpi_post.h"
#include "transport/mpi_tags.h"

/* One message of any kind, taken and dropped; closed: it said that all have left. */
static lac_status drop_one(struct lac_post *p, bool *closed)
{
    static const char what[] = "the end of the run";
    MPI_Message message;
    MPI_Status status;
    int there = 0;
    size_t bytes;
    LAC_TRY(lac_post_check_time(p, what)); /* whatever comes */
    lac_status found = lac_post_find(MPI_ANY_SOURCE, MPI_ANY_TAG, (size_t)p->terms.chunk, &message,
                                     &status, &there);
    if (found == LAC_E_PROTOCOL) {
        return LAC_FAIL(LAC_E_SECURITY, "as this rank leaves: %s", lac_failure());
    }
    LAC_TRY(found);
    if (!there) {
        return lac_post_wait_on(p, what);
    }
    LAC_TRY(lac_post_take_found(p, &message, &status, what, &bytes));
    *closed = *closed || (status.MPI_SOURCE == 0 && status.MPI_TAG == LAC_TAG_CLOSED);
    bool stop = status.MPI_SOURCE == 0 && status.MPI_TAG == LAC_TAG_FRAME;
    return stop && !p->agreed ? lac_post_withdraw(p) : LAC_OK;
}

void lac_post_last_word(struct lac_post *p, const unsigned char *frame, size_t count)
{
    const double until = lac_seconds() + 0.2;
    MPI_Request request;
    int gone = 0;
    (void)p;
    if (MPI_Isend(frame, (int)count, MPI_BYTE, 0, LAC_TAG_SERVER, lac_mpi_comm(), &request) != 0) {
        return;
    }
    while (!gone && lac_seconds() < until && MPI_Test(&request, &gone, MPI_STATUS_IGNORE) == 0) {
        sched_yield();
    }
}

/* Until what was sent was taken, and in the end until rank 0 says that all have left. */
static lac_status drop_all(struct lac_post *p, bool until_closed)
{
    bool closed = !until_closed;
    lac_post_begin_waiting(p);
    while (!closed || p->send_count > 0) {
        LAC_TRY(lac_post_drop_sent(p));
        LAC_TRY(drop_one(p, &closed));
    }
    return LAC_OK;
}

lac_status lac_post_finish(struct lac_post *p)
{
    lac_post_forget(p);
    return drop_all(p, false);
}

static lac_status leave(struct lac_post *p, const unsigned char *last, size_t count)
{
    LAC_TRY(lac_post_to_server(p, last, count));
    return drop_all(p, true);
}

lac_status lac_post_close(struct lac_post *p, const unsigned char *last, size_t count)
{
    lac_status status = leave(p, last, count);
    lac_incoming_free(&p->letter);
    return status;
}

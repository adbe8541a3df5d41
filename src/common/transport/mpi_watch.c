#include "transport/mpi_watch.h"

#include "base/clock.h"
#include "base/leave.h"
#include "transport/mpi_calls.h"
#include "transport/mpi_tags.h"

enum { TURNS_BETWEEN = 16, MOST_BEATS_AT_ONCE = 64 };

static const double default_patience = 600.0;

static double interval(const struct lac_watch *w)
{
    double part = w->patience.silence / 16.0;
    return part < 0.25 ? part : 0.25;
}

void lac_watch_open(struct lac_watch *w, const struct lac_patience *patience)
{
    double now = lac_seconds();
    w->patience =
        patience ? *patience
                 : (struct lac_patience){.silence = default_patience, .most = default_patience};
    for (uint32_t rank = w->first; rank <= w->last; rank++) {
        w->of[rank] =
            (struct lac_life){.heard = now, .said = now, .watched = true, .beat = MPI_REQUEST_NULL};
    }
    w->looked = now;
    w->next = now + interval(w);
}

void lac_watch_close(struct lac_watch *w)
{
    for (uint32_t rank = w->first; rank <= w->last; rank++) {
        if (w->of[rank].beat != MPI_REQUEST_NULL) {
            MPI_Request_free(&w->of[rank].beat);
        }
    }
}

/* An empty message of a rank, or of any: whether there was one. */
static lac_status take_beat(struct lac_watch *w, int from, int *there)
{
    MPI_Message message;
    MPI_Status status;
    int bytes;
    LAC_MPI_TRY(MPI_Improbe(from, LAC_TAG_BEAT, lac_mpi_comm(), there, &message, &status));
    if (!*there) {
        return LAC_OK;
    }
    uint32_t rank = (uint32_t)status.MPI_SOURCE;
    LAC_MPI_TRY(MPI_Get_count(&status, MPI_BYTE, &bytes));
    if (bytes > 0 || rank < w->first || rank > w->last) {
        return LAC_FAIL(LAC_E_PROTOCOL, "[rank %u] sent a beat of %d bytes, which has none", rank,
                        bytes);
    }
    LAC_MPI_TRY(MPI_Mrecv(NULL, 0, MPI_BYTE, &message, MPI_STATUS_IGNORE));
    if (w->received) {
        w->received[rank].messages++;
    }
    lac_watch_heard(w, rank);
    return LAC_OK;
}

static lac_status take_beats(struct lac_watch *w)
{
    int there = 1;
    for (int i = 0; i < MOST_BEATS_AT_ONCE && there; i++) {
        LAC_TRY(take_beat(w, MPI_ANY_SOURCE, &there));
    }
    return LAC_OK;
}

static lac_status beat(struct lac_watch *w, uint32_t rank)
{
    int left;
    LAC_MPI_TRY(MPI_Test(&w->of[rank].beat, &left, MPI_STATUS_IGNORE));
    if (!left) {
        return LAC_OK;
    }
    LAC_MPI_TRY(
        MPI_Isend(NULL, 0, MPI_BYTE, (int)rank, LAC_TAG_BEAT, lac_mpi_comm(), &w->of[rank].beat));
    if (w->sent) {
        w->sent[rank].messages++;
    }
    lac_watch_told(w, rank);
    return LAC_OK;
}

/* Beats in and out; what this rank slept through is no silence of the others. */
static lac_status exchange(struct lac_watch *w, double now)
{
    double apart = now - w->looked, quarter = w->patience.silence / 4.0;
    double slept = apart > quarter ? apart : 0.0;
    w->looked = now;
    w->next = now + interval(w);
    LAC_TRY(take_beats(w));
    for (uint32_t rank = w->first; rank <= w->last; rank++) {
        struct lac_life *life = &w->of[rank];
        life->heard = life->has_spoken ? now : life->heard + slept;
        life->said = life->was_told ? now : life->said;
        life->has_spoken = life->was_told = false;
        if (life->watched && !w->mute && now - life->said >= quarter) {
            LAC_TRY(beat(w, rank));
        }
    }
    return LAC_OK;
}

static void report(struct lac_watch *w, uint32_t rank, double silent)
{
    struct lac_life *life = &w->of[rank];
    bool is_silent = silent > w->patience.silence;
    if (is_silent != life->reported && w->patience.report) {
        w->patience.report(w->patience.context, rank, silent, is_silent);
    }
    life->reported = is_silent;
}

static lac_status send_end(struct lac_watch *w, uint32_t rank, int tag)
{
    MPI_Request request;
    LAC_MPI_TRY(MPI_Isend(NULL, 0, MPI_BYTE, (int)rank, tag, lac_mpi_comm(), &request));
    LAC_MPI_TRY(MPI_Request_free(&request));
    w->sent[rank].messages++;
    return LAC_OK;
}

/* To those that rank 0 still has; who watches only rank 0 has none. */
static lac_status tell_end(struct lac_watch *w)
{
    for (uint32_t rank = w->first; rank <= w->last; rank++) {
        LAC_TRY(w->of[rank].watched ? send_end(w, rank, LAC_TAG_END) : LAC_OK);
    }
    return LAC_OK;
}

static lac_status lose(struct lac_watch *w, uint32_t rank, double now)
{
    double silent = now - w->of[rank].heard;
    const struct lac_lost lost = {.rank = rank, .silent = silent, .noticed = now};
    w->of[rank].watched = false;
    if (w->base && w->base->drops) {
        w->base->gone[rank] = lost;
        w->base->gone_count++;
        return send_end(w, rank, LAC_TAG_GONE);
    }
    w->has_lost = true;
    LAC_TRY(tell_end(w));
    if (w->base) {
        w->base->lost = lost;
    }
    return LAC_FAIL(LAC_E_LOST, "rank %u was silent for %.3g s: stopped, dead or cut off", rank,
                    silent);
}

/* Its report, after which it says nothing, was not taken yet. */
static lac_status has_report(const struct lac_watch *w, uint32_t rank, int *there)
{
    *there = 0;
    if (w->stopping) {
        LAC_MPI_TRY(MPI_Iprobe((int)rank, LAC_TAG_FRAME, lac_mpi_comm(), there, MPI_STATUS_IGNORE));
    }
    return LAC_OK;
}

static lac_status judge(struct lac_watch *w, double now)
{
    for (uint32_t rank = w->first; rank <= w->last; rank++) {
        double silent = now - w->of[rank].heard;
        if (!w->of[rank].watched) {
            continue;
        }
        report(w, rank, silent);
        if (silent > w->patience.most) {
            int there;
            LAC_TRY(has_report(w, rank, &there));
            LAC_TRY(there ? LAC_OK : lose(w, rank, now));
        }
    }
    return LAC_OK;
}

static lac_status hear_end(struct lac_watch *w)
{
    int over = 0, gone = 0;
    if (w->first > 0) {
        return LAC_OK;
    }
    LAC_MPI_TRY(MPI_Iprobe(0, LAC_TAG_END, lac_mpi_comm(), &over, MPI_STATUS_IGNORE));
    LAC_MPI_TRY(MPI_Iprobe(0, LAC_TAG_GONE, lac_mpi_comm(), &gone, MPI_STATUS_IGNORE));
    w->is_over = over;
    w->is_gone = gone;
    w->has_lost = over || gone;
    if (gone) {
        return LAC_FAIL(LAC_E_LOST, "rank 0 counts this rank as lost, and goes on without it");
    }
    return over ? LAC_FAIL(LAC_E_LOST, "rank 0 lost another rank, and ended the run") : LAC_OK;
}

/* Clients that would meet each other wait for one who forwards, and say nothing that rank 0 waits for. */
static lac_status hear_sealed(const struct lac_watch *w)
{
    const int tags[] = {lac_tag_of(0, LAC_PIECE_BLOCK), LAC_TAG_SERVER};
    bool asks = w->first > 0 && !w->stopping;
    for (size_t i = 0; asks && i < sizeof tags / sizeof *tags; i++) {
        MPI_Status status;
        int there = 0;
        LAC_MPI_TRY(MPI_Iprobe(MPI_ANY_SOURCE, tags[i], lac_mpi_comm(), &there, &status));
        if (there) {
            return LAC_FAIL(LAC_E_USAGE,
                            "rank %d was started with --seal, rank 0 without: give rank 0 the same "
                            "options, or --role server",
                            status.MPI_SOURCE);
        }
    }
    return LAC_OK;
}

static lac_status look(struct lac_watch *w)
{
    double now = lac_seconds();
    if (now < w->next) {
        return LAC_OK;
    }
    LAC_TRY(exchange(w, now));
    LAC_TRY(hear_end(w));
    LAC_TRY(hear_sealed(w));
    return judge(w, now);
}

lac_status lac_watch_check(const struct lac_watch *w)
{
    if (w->first > 0) { /* of rank 0, which alone says how the run ended */
        LAC_TRY(lac_leave_check());
    }
    return w->has_lost ? LAC_FAIL(LAC_E_LOST, "the run has lost a rank") : LAC_OK;
}

lac_status lac_watch_has(const struct lac_watch *w, uint32_t rank)
{
    return w->base && lac_is_gone(w->base, rank)
               ? LAC_FAIL(LAC_E_LOST, "rank %u was lost, and is not heard any more", rank)
               : LAC_OK;
}

lac_status lac_watch_turn(struct lac_watch *w)
{
    LAC_TRY(lac_watch_check(w));
    return ++w->turns % TURNS_BETWEEN == 0 ? look(w) : LAC_OK;
}

void lac_watch_tick(void *watch)
{
    struct lac_watch *w = watch;
    double now = lac_seconds();
    if (now >= w->next) {
        lac_status said = exchange(w, now); /* what MPI refuses here it refuses where it is told */
        (void)said;
    }
}

lac_status lac_watch_leaves(struct lac_watch *w, uint32_t rank)
{
    int there = 1;
    w->of[rank].watched = false;
    for (int i = 0; i < MOST_BEATS_AT_ONCE && there; i++) {
        LAC_TRY(take_beat(w, (int)rank, &there));
    }
    return LAC_OK;
}

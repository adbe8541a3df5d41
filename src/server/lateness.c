/*
 * Which rank the others are waited with. Frames are taken in client order, so that most of a round passes while the first rank's
 * are waited for: it is late only when those of all others have come. A later rank is late whenever it is waited for.
 */
#include <math.h>

#include "server/server_state.h"

void lac_server_late_begin(struct lac_server *s, size_t count)
{
    struct lac_lateness *l = &s->late;
    l->taken = l->next = 0;
    l->count = count;
    l->first = s->expected[0].rank;
    l->others_came = false;
    while (l->next < count && s->expected[l->next].rank == l->first) {
        l->next++;
    }
}

/* Whether no rank but the first is waited for any more; only what had not come is asked for again. */
static lac_status look_at_others(struct lac_server *s)
{
    struct lac_lateness *l = &s->late;
    bool came = true;
    while (l->next < l->count && came) {
        LAC_TRY(s->transport->kind->came(s->transport, l->next - l->taken, &came));
        l->next += came;
    }
    l->others_came = l->next == l->count;
    return LAC_OK;
}

lac_status lac_server_watch(struct lac_server *s, uint32_t rank, double *from)
{
    struct lac_lateness *l = &s->late;
    const struct lac_transport_kind *kind = s->transport->kind;
    bool came = false;
    *from = (double)INFINITY;
    if (!kind->came || s->transport->ranks < 2) {
        return LAC_OK;
    }
    if (rank != l->first || l->others_came) {
        *from = s->clock;
        return LAC_OK;
    }
    LAC_TRY(kind->came(s->transport, 0, &came));
    while (!came && !l->others_came) {
        LAC_TRY(look_at_others(s));
        LAC_TRY(kind->came(s->transport, 0, &came));
    }
    *from = l->others_came ? lac_seconds() : *from;
    return LAC_OK;
}

void lac_server_late_add(struct lac_server *s, uint32_t rank, double from, double until)
{
    s->late.taken++;
    s->late.seconds[rank] += until > from ? until - from : 0.0;
}

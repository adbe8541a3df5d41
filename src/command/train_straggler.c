/* The rank that the others were waited with, where one stands out. */
#include <stdio.h>
#include <stdlib.h>

#include "command/train_parts.h"

static const double least_seconds = 1.0; /* below that a run is too short to blame anybody */
static const double least_share =
    0.33; /* of the time of the rounds; ranks that share cores reach a quarter by chance */
static const double least_ratio = 2.0; /* to what is usual */

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static uint32_t clients_of(const struct lac_server *s, uint32_t rank)
{
    uint32_t ranks = s->transport->ranks;
    return lac_first_client(s->n, ranks, rank + 1) - lac_first_client(s->n, ranks, rank);
}

/* Of the ranks' seconds for each of their clients; 0 where memory is out. */
static double median_of_clients(const struct lac_server *s)
{
    const double *late = s->late.seconds;
    uint32_t ranks = s->transport->ranks, count = 0;
    double *sorted = malloc(ranks * sizeof *sorted), median = 0.0;
    for (uint32_t rank = 1; rank <= ranks && sorted; rank++) {
        if (clients_of(s, rank) > 0) {
            sorted[count++] = late[rank] / clients_of(s, rank);
        }
    }
    if (count > 0) {
        qsort(sorted, count, sizeof *sorted, compare);
        median = sorted[(count - 1) / 2]; /* half of them may share one slow link */
    }
    free(sorted);
    return median;
}

/* Over a slow link of rank 0 each rank comes after the one before, the longer the more clients it has, and none is to blame.
   Of two the second alone does, so that it is held against the waiting for both. */
static double usual_wait(const struct lac_server *s, uint32_t rank)
{
    const double *late = s->late.seconds;
    return s->transport->ranks > 2 ? clients_of(s, rank) * median_of_clients(s)
                                   : s->seconds.wait - late[1] - late[2];
}

uint32_t lac_train_straggler(const struct lac_server *s)
{
    const double *late = s->late.seconds;
    uint32_t worst = 1, ranks = s->transport->ranks;
    double rounds = s->seconds.total - s->seconds.setup;
    if (!late || ranks < 2) {
        return 0;
    }
    for (uint32_t rank = 2; rank <= ranks; rank++) {
        worst = late[rank] > late[worst] ? rank : worst;
    }
    bool stands_out = late[worst] >= least_seconds && late[worst] > least_share * rounds &&
                      late[worst] > least_ratio * usual_wait(s, worst);
    return stands_out ? worst : 0;
}

void lac_print_straggler(const struct lac_server *s)
{
    uint32_t rank = lac_train_straggler(s);
    if (rank > 0) {
        printf("  straggler    rank %u on %s: the others were waited with for %.3f s of %.3f s\n",
               rank, s->machine[rank].host, s->late.seconds[rank],
               s->seconds.total - s->seconds.setup);
    }
}

json_t *lac_train_waits(const struct lac_server *s)
{
    const double *late = s->late.seconds;
    json_t *waits = json_array(), *straggler = json_null();
    uint32_t rank = lac_train_straggler(s);
    for (uint32_t r = 1; r <= s->transport->ranks && late; r++) {
        json_array_append_new(waits, json_real(late[r]));
    }
    if (rank > 0 && late) {
        straggler = json_pack("{s:i, s:s, s:f}", "rank", (int)rank, "host", s->machine[rank].host,
                              "seconds", late[rank]);
    }
    return json_pack("{s:o, s:o}", "seconds", waits, "straggler", straggler);
}

/*
 * Signs of life. Two ranks that may wait for each other both say something at least four times within the patience: frames,
 * or beats, which are empty messages. So a rank that is silent for longer is stopped, dead or cut off, whatever it
 * computes. Silence counts only while this rank looks: time in which it was stopped itself is taken off.
 *
 * Rank 0 watches all ranks of clients, these watch rank 0. When rank 0 loses one it tells the others, which then wait for their
 * end: none may be on its way through MPI_Finalize when MPI is aborted (mpirun 4.1 crashes or hangs then). Where the run goes
 * on without it (transport.h, `drops`) it tells that one alone, which hears of it if it ever wakes.
 */
#ifndef LAC_TRANSPORT_MPI_WATCH_H
#define LAC_TRANSPORT_MPI_WATCH_H

#include <mpi.h>

#include "transport/mpi.h"

struct lac_life {
    double heard, said; /* when it was last heard, and last told something, by the last look */
    bool has_spoken;    /* it was heard since the last look */
    bool was_told;      /* it was told something since then */
    bool watched;       /* neither lost nor at its end */
    bool reported;      /* its silence was reported */
    MPI_Request beat;
};

struct lac_watch {
    struct lac_patience patience;
    uint32_t first, last;                /* ranks that are watched */
    struct lac_life *of;                 /* (last + 1) by rank */
    struct lac_traffic *sent, *received; /* (last + 1) NULL: not kept */
    double looked, next; /* seconds: the last look at beats and silence, and the next */
    unsigned turns;
    struct lac_transport *base; /* of rank 0, which it tells of losses; NULL: on other ranks */
    bool has_lost;              /* from now on whatever waits or sends fails */
    bool is_over;               /* rank 0 said so */
    bool is_gone;               /* rank 0 gave this rank up, and said so */
    bool mute;                  /* this rank said its last word */
    bool stopping;              /* the others may have said theirs */
};

/* patience NULL: that of the options' defaults. */
void lac_watch_open(struct lac_watch *w, const struct lac_patience *patience);
void lac_watch_close(struct lac_watch *w);

/* To be called while anything is waited for, and once per message: every so often it looks. LAC_E_LOST. */
lac_status lac_watch_turn(struct lac_watch *w) LAC_MUST_CHECK;
/* LAC_E_LOST after a loss. */
lac_status lac_watch_check(const struct lac_watch *w) LAC_MUST_CHECK;
/* LAC_E_LOST where the rank was given up. */
lac_status lac_watch_has(const struct lac_watch *w, uint32_t rank) LAC_MUST_CHECK;
/* From long work (base/tick.h): beats, where they are due; judges nobody. */
void lac_watch_tick(void *watch);

static inline void lac_watch_heard(struct lac_watch *w, uint32_t rank)
{
    w->of[rank].has_spoken = true;
}

static inline void lac_watch_told(struct lac_watch *w, uint32_t rank)
{
    w->of[rank].was_told = true;
}

/* The rank said that it leaves, all its messages before included: it is neither waited for nor told any more. */
lac_status lac_watch_leaves(struct lac_watch *w, uint32_t rank) LAC_MUST_CHECK;

#endif

/* What the files of the columns on request share. */
#ifndef LAC_SERVER_TRACK_PARTS_H
#define LAC_SERVER_TRACK_PARTS_H

#include "server/server_state.h"

static inline bool lac_tracks(const struct lac_server *s, uint64_t columns)
{
    return s->track.columns & columns;
}

/* track.c: s->track.sum <- the sum over the clients, in their order, of what they answer; the same of vectors into
   s->track.gradient, where there is one. */
lac_status lac_track_ask(struct lac_server *s, enum lac_query kind, const double *x) LAC_MUST_CHECK;
/* Of answers that are counts. */
lac_status lac_track_ask_count(struct lac_server *s, enum lac_query kind, const double *x,
                               uint64_t *count) LAC_MUST_CHECK;

/* A sum of such answers. */
lac_status lac_track_take_count(enum lac_query kind, double sum, uint64_t *count) LAC_MUST_CHECK;

/* track_solution.c: x*, f* and F* */
lac_status lac_track_open_solution(struct lac_server *s) LAC_MUST_CHECK;

/* measured_by.c: which of these the columns are measured against; asks the clients for the digest of --test */
lac_status lac_track_measure_by(struct lac_server *s) LAC_MUST_CHECK;

/* track_iterates.c: the mean of the models so far, and one that is drawn */
lac_status lac_track_open_iterates(struct lac_server *s) LAC_MUST_CHECK;
/* After each round, and for x^0. */
void lac_track_add_iterate(struct lac_server *s);
lac_status lac_track_iterates(struct lac_server *s, struct lac_row *row) LAC_MUST_CHECK;

/* track_clients.c: of each client: its gradients, its loss, its shift, what its message lost */
lac_status lac_track_open_clients(struct lac_server *s) LAC_MUST_CHECK;
lac_status lac_track_clients(struct lac_server *s, struct lac_row *row) LAC_MUST_CHECK;
lac_status lac_track_counts(struct lac_server *s, struct lac_row *row) LAC_MUST_CHECK;
/* The row of this round is whole: what the clients said for it stands for those that are lost before the next one. */
void lac_track_keep_counts(struct lac_server *s, uint64_t round);
void lac_track_losses(struct lac_server *s, struct lac_row *row);

#endif

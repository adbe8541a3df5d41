/* A whole run on any number of worker ranks, all inside the test's process and open to it. */
#ifndef LAC_TESTS_RANKS_RUN_H
#define LAC_TESTS_RANKS_RUN_H

#include "solo_run.h"

enum { MOST_RANKS = 5 };

struct ranks_run {
    struct solo_run solo; /* configuration, server, transport; solo.worker is rank 1 */
    uint32_t ranks;
    struct lac_arena arena[1 + MOST_RANKS];
    struct lac_worker *worker[1 + MOST_RANKS];
    struct lac_worker_report reports[1 + MOST_RANKS];
};

typedef lac_status (*row_listener)(void *listener, const struct lac_server *s);

/* As solo_open. One rank runs on the transport of a solo run. More than one make all the frames they
   can as soon as they can, as over MPI, which allocates; or, lazily, each when the server asks for it. */
extern bool ranks_lazy;
/* Each rank says that it is on a machine of its own, not all on one. */
extern bool ranks_apart;
lac_status ranks_open(struct ranks_run *r, uint32_t ranks, const char *options, row_listener on_row,
                      void *listener);
/* All rounds, and the stop. */
lac_status ranks_finish(struct ranks_run *r);
void ranks_close(struct ranks_run *r);

/* Vectors by the names that the method lists; NULL where it has none. */
double *server_vector(struct ranks_run *r, const char *name);
double *worker_vector(struct ranks_run *r, uint32_t rank, const char *name);
double *client_vector(struct ranks_run *r, uint32_t client, const char *name);
/* f_i of a client. */
const struct lac_local *client_local(struct ranks_run *r, uint32_t client);

#endif

/* A whole run inside the test's process, with its server and its worker open to the test. */
#ifndef LAC_TESTS_SOLO_RUN_H
#define LAC_TESTS_SOLO_RUN_H

#include "compressor/compressor.h"
#include "server/server.h"
#include "worker/worker_state.h"

struct solo_run {
    struct lac_config config;
    struct lac_arena arena, worker_arena;
    struct lac_transport *transport;
    struct lac_server server;
    struct lac_worker *worker;
    struct lac_worker_report reports[2];
};

/* The options of `laconic train` in one text, parted by spaces; after it the rounds have not begun.
   on_row (NULL: none) is called with each row. */
lac_status solo_open(struct solo_run *r, const char *options,
                     lac_status (*on_row)(void *listener, const struct lac_server *s),
                     void *listener);
/* The configuration alone, in r->arena. */
lac_status solo_configure(struct solo_run *r, const char *options);
/* All rounds, and the stop. */
lac_status solo_finish(struct solo_run *r);
void solo_close(struct solo_run *r);
/* The compressors that methods are tried with: the first example of each of the list, then each selector
   with one of the quantizers, in turn. NULL past the last; the text stands until the next call. */
const char *solo_compressor(size_t number);
/* Whether C(v) = v for these dimensions. */
bool solo_lossless(const char *compressor, const struct lac_compressor_size *size);
/* Vector `name` of the server's state, or of a client's; NULL where the method lists none. */
double *solo_server_vector(struct solo_run *r, const char *name);
double *solo_client_vector(struct solo_run *r, uint32_t client, const char *name);

/* A visitor that keeps the vector of that name in found. */
struct vector_finder {
    struct lac_visitor visitor;
    const char *name;
    double *found;
};
struct vector_finder vector_finder(const char *name);

#endif

/* What a split is given, and what several of them need. */
#ifndef LAC_WORKER_DATA_SPLIT_H
#define LAC_WORKER_DATA_SPLIT_H

#include "data/data.h"

struct lac_split_job {
    const struct lac_spec *spec;
    uint64_t seed;
    uint32_t n;
    bool drop_remainder;
    uint64_t rows;         /* at least n */
    const double *label;   /* (rows) where LAC_WANT_LABELS */
    const double *norm_sq; /* (rows) where LAC_WANT_NORMS */
    uint32_t *owner;       /* (rows) the answer */
};

/* The client of place p in an order of all rows: client i has the places from floor(i rows/n) to
   before floor((i+1) rows/n); with drop_remainder floor(rows/n) each, and the rest have no owner. */
uint32_t lac_split_client_at(const struct lac_split_job *job, uint64_t place);

/* The rows in ascending order of key (rows), equal keys in the order of the file. Malloced, the caller
   frees; NULL: out of memory. */
uint64_t *lac_split_sort(const double *key, uint64_t rows);
lac_status lac_split_no_memory(void);

#endif

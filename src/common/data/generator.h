/* What generators share: their parameters, with the range named where one is out of it. */
#ifndef LAC_WORKER_DATA_GENERATOR_H
#define LAC_WORKER_DATA_GENERATOR_H

#include "base/rng.h"
#include "data/data.h"

#define LAC_GENERATOR_SIZE_MAX UINT32_C(100000000) /* features, rows per client */

/* *out keeps its value, the default, where the key is absent. */
lac_status lac_generator_number(const struct lac_spec *spec, const char *key, double least,
                                double most, double *out) LAC_MUST_CHECK;
lac_status lac_generator_size(const struct lac_spec *spec, const char *key,
                              uint32_t *out) LAC_MUST_CHECK;

/* The draws of one client's rows, parted by channel. */
void lac_generator_stream(struct lac_rng *rng, uint64_t seed, uint32_t client, uint8_t channel);

#endif

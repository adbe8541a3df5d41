/* The first model, `--x0`: the same on both sides without a message, but where it is a file's. */
#ifndef LAC_METHOD_FIRST_MODEL_H
#define LAC_METHOD_FIRST_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include "method/choice.h"

enum lac_first_kind {
    LAC_FIRST_ZERO,
    LAC_FIRST_UNIFORM,
    LAC_FIRST_NORMAL,
    LAC_FIRST_LINEAR,
    LAC_FIRST_E1,
    LAC_FIRST_FILE /* rank 0 reads it and sends it with START */
};

struct lac_first_model {
    enum lac_first_kind kind;
    double scale;     /* A */
    const char *path; /* of LAC_FIRST_FILE; borrowed from the option's text */
};

extern const struct lac_choices lac_first_models;

/* What is none of the names is a file's. */
lac_status lac_first_model_open(struct lac_first_model *m, const char *text) LAC_MUST_CHECK;
/* x (d) of any kind but LAC_FIRST_FILE, which leaves it alone. */
void lac_first_model_fill(const struct lac_first_model *m, uint64_t seed, size_t d, double *x);

#endif

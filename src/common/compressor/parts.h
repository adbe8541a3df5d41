/*
 * The parts of compressors: what a selector, a quantizer and a compressor of whole vectors supply, and
 * what they share. What they make together stands beside struct lac_compressor; the program composes them.
 */
#ifndef LAC_COMPRESSOR_PARTS_H
#define LAC_COMPRESSOR_PARTS_H

#include "compressor/compressor.h"

/* What is kept of v, in the order of the values in the message. */
struct lac_selection {
    const uint32_t *index; /* (count), different but where `repeats`; NULL: the run below */
    size_t first;          /* index NULL: first, first + 1, ... modulo d */
    size_t count;          /* 0: the message ends here */
    double numerator,
        denominator; /* S(v)_j = (numerator / denominator) v_j, one of the two for all */
};

struct lac_selector_info {
    bool unbiased;        /* with its gain */
    bool contractive;     /* as it is: without a gain, or with a gain of 1 */
    double omega;         /* of unbiased ones */
    bool omega_exact;     /* E|S(v) - v|^2 = omega |v|^2 for every v */
    double alpha;         /* of the selection without its gain; 1/(1+omega) where unbiased */
    size_t largest;       /* as in struct lac_compressor_info */
    bool every_draw;      /* the selection without its gain contracts by alpha for each draw */
    size_t most;          /* entries kept at most */
    double sent;          /* probability that any are kept */
    double mean;          /* entries kept where any are; on standard normal vectors */
    size_t max_bytes;     /* of what it writes itself */
    double expected_bits; /* of the same, as in struct lac_compressor_info */
    double information_bits;
    bool data_dependent, correlated;
    bool repeats;  /* an entry may be kept several times, then the copies add up: values must be
                      unbiased, the errors of different ones uncorrelated */
    bool sparse;   /* as in struct lac_compressor_info */
    bool in_place; /* its selections are runs of v that do not wrap: their values need no copy */
};

struct lac_selector {
    /* Checks the parameters (the valid range in the message) and fills info. */
    lac_status (*setup)(void *state, const struct lac_compressor_size *size,
                        const struct lac_spec *spec, struct lac_arena *arena,
                        struct lac_selector_info *info);
    /* Chooses, and writes what the receiver cannot draw; it may end inside a byte. Where it chooses by
       magnitude, NaN is the largest: what is not finite is kept, and then refused. */
    lac_status (*select)(void *state, const struct lac_draw *draw, const double *v,
                         struct lac_writer *w, struct lac_selection *out);
    /* The same choice at the receiver; indices are checked to be below d. */
    lac_status (*receive)(void *state, const struct lac_draw *draw, struct lac_reader *r,
                          struct lac_selection *out);
};

struct lac_quantizer_size {
    size_t most;      /* values of a message at most */
    double mean;      /* values in the mean */
    bool contractive; /* the selector is contractive alone: a smaller error counts, not its mean */
    enum lac_wire wire; /* of norms and scales: fp64 or fp32 (lac_scalar_wire) */
};

struct lac_quantizer_info {
    bool unbiased;        /* else contractive */
    double omega, alpha;  /* alpha: of contractive ones; for `most` values */
    bool every_draw;      /* of contractive ones: for each draw */
    size_t max_bytes;     /* for `most` values */
    double expected_bits; /* for `mean` values, as in struct lac_compressor_info */
    double information_bits;
    bool homogeneous, data_dependent;
    bool moves_zeros; /* as in struct lac_compressor_info */
};

/* Where decoded values go: acc[place of value number at] += factor value. */
struct lac_sink {
    double *acc;
    const uint32_t *index;
    size_t first, d;
    double factor;
    size_t at, count; /* done so far; of the whole message */
};

struct lac_quantizer {
    lac_status (*setup)(void *state, const struct lac_quantizer_size *size,
                        const struct lac_spec *spec, struct lac_arena *arena,
                        struct lac_quantizer_info *info);
    /* Appends count > 0 values, from a byte's begin; it may end inside a byte. */
    lac_status (*encode)(void *state, const struct lac_draw *draw, const double *value,
                         size_t count, struct lac_writer *w);
    /* Reads count values, a block at a time, into the sink. */
    lac_status (*decode_add)(void *state, size_t count, struct lac_reader *r,
                             struct lac_sink *sink);
    /* The papers' count for so many values. The program adds it to bits.paper of writer and reader: encode and decode_add leave
       that alone. */
    double (*paper_bits)(const void *state, double count);
    bool checks_finite; /* encode finds what is not finite itself, on its way (lac_not_finite) */
};

/* Does all of it alone: encode and decode_add also add the papers' count of the message to bits.paper, of w and of r. */
struct lac_whole {
    lac_status (*setup)(void *state, const struct lac_compressor_size *size,
                        const struct lac_spec *spec, struct lac_arena *arena,
                        struct lac_compressor_info *info);
    lac_status (*encode)(void *state, const struct lac_draw *draw, const double *v,
                         struct lac_writer *w);
    lac_status (*decode_add)(void *state, const struct lac_draw *draw, struct lac_reader *r,
                             double factor, double *acc);
};

/* The failure of values of which one is not finite. */
lac_status lac_not_finite(const double *value, size_t count);

enum { LAC_BLOCK = 512 }; /* values that decoders hand over at once: they stay in the first cache */

/* The next count values. */
void lac_sink_add(struct lac_sink *sink, const double *value, size_t count);
/* The values of a selection of v (d); v itself where they lie there as they are wanted. */
const double *lac_selection_values(const struct lac_selection *s, const double *v, size_t d,
                                   double *kept);

/* The stream of the generator that a part uses: client is draw->client, or LAC_SHARED for what all
   clients of a round draw alike. Steps 0 to 15 of a purpose are the quantizer's and the selector's
   own: selectors use COMPRESS (nobody else does, so that permk takes more steps), and ROUNDING from step
   16; quantizers ROUNDING below 16. */
static inline struct lac_stream lac_draw_stream(const struct lac_draw *draw, uint32_t client,
                                                enum lac_purpose purpose, uint16_t step)
{
    return (struct lac_stream){.seed = draw->seed,
                               .round = draw->round,
                               .client = client,
                               .purpose = (uint8_t)purpose,
                               .channel = draw->channel,
                               .step = step};
}

static inline bool lac_draw_equal(const struct lac_draw *a, const struct lac_draw *b)
{
    return a->seed == b->seed && a->round == b->round && a->client == b->client &&
           a->channel == b->channel && a->position == b->position && a->cohort == b->cohort;
}

/* k of "k=100", "100" or "5%" (ceil of the percentage of d; floor with round=down); refuses what is
   outside 1..d. */
lac_status lac_compressor_k(const struct lac_spec *spec, size_t d, size_t *k) LAC_MUST_CHECK;

#endif

/*
 * A compressor: C(v) as bytes, and acc += scale C(v) from these bytes. One file each, listed once in
 * compressor.def. Constants and definitions: each file's header comment, with the paper.
 */
#ifndef LAC_COMPRESSOR_H
#define LAC_COMPRESSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/rng.h"
#include "base/text.h"
#include "wire/wire.h"

enum lac_codec { /* how a section's bytes are to be read */
#define LAC_CODEC(number, name, text) LAC_CODEC_##name = number,
#include "ids.def"
#undef LAC_CODEC
};

enum lac_compressor_class {
    LAC_UNBIASED = 1 << 0,    /* E C(v) = v,  E|C(v) - v|^2 <= omega |v|^2 */
    LAC_CONTRACTIVE = 1 << 1, /* E|C(v) - v|^2 <= (1 - alpha) |v|^2 */
};

struct lac_compressor_info {
    unsigned classes;     /* of enum lac_compressor_class */
    double omega;         /* if LAC_UNBIASED */
    double alpha;         /* if LAC_CONTRACTIVE, in (0, 1]; for unbiased ones 1/(1+omega), meant for
                              C scaled by 1/(1+omega) */
    size_t max_bytes;     /* no section that encodes a d-vector is longer */
    double expected_bits; /* mean of value + index bits of a section, on random positions */
    double paper_bits;    /* 32 x components, as the authors count; mean over clients */
    bool homogeneous;     /* C(t v) = t C(v) for every t > 0 */
    bool data_dependent;  /* the length depends on v: it leaks when sealed */
    bool correlated;      /* the draws of the clients depend on each other (PermK) */
};

struct lac_compressor_size {
    size_t d;        /* 1 .. 2^32 - 1 */
    uint32_t n;      /* clients */
    uint32_t cohort; /* least number of participants of a round; 0: always all n */
};

/* Which draw of the shared generator this message uses: the same on both sides. */
struct lac_draw {
    uint64_t seed;
    uint64_t round;
    uint32_t client;
    uint8_t channel;
    uint32_t position, cohort; /* the client is number position of the cohort's participants */
};

struct lac_compressor {
    const char *name;    /* as written on the command line */
    const char *usage;   /* "topk:k=K or topk:P%" */
    const char *summary; /* one line for `laconic list` */
    const char *paper;
    uint8_t codec;     /* frozen, from proto/ids.def */
    size_t state_size; /* scratch and parameters, per channel and rank */

    /* Checks the parameters (the valid range in the message) and fills info. */
    lac_status (*setup)(void *state, const struct lac_compressor_size *size,
                        const struct lac_spec *spec, struct lac_arena *arena,
                        struct lac_compressor_info *info);
    /* Appends one section, byte-aligned at its end. v is finite (the caller checks). */
    lac_status (*encode)(void *state, const struct lac_draw *draw, const double *v,
                         struct lac_writer *w);
    /* acc += (scale / divisor) C(v), the factor rounded once with the compressor's own gain, so that
       PermK's n / n is exactly 1. Malformed bytes are LAC_E_PROTOCOL; acc is then undefined. */
    lac_status (*decode_add)(void *state, const struct lac_draw *draw, struct lac_reader *r,
                             double scale, double divisor, double *acc);
};

const struct lac_compressor *const *lac_compressors(size_t *count);
/* By name; the failure names the nearest. */
lac_status lac_compressor_find(const char *name, const struct lac_compressor **out) LAC_MUST_CHECK;

/* A compressor set up for one channel of one rank. */
struct lac_channel_compressor {
    const struct lac_compressor *compressor;
    struct lac_compressor_info info;
    void *state;
};

/* From "topk:k=100"; state in the arena. */
lac_status lac_compressor_open(struct lac_channel_compressor *c, const char *text,
                               const struct lac_compressor_size *size,
                               struct lac_arena *arena) LAC_MUST_CHECK;

/* k of "k=100", "100" or "5%" (ceil of the percentage of d); refuses what is outside 1..d. */
lac_status lac_compressor_k(const struct lac_spec *spec, size_t d, size_t *k) LAC_MUST_CHECK;

#endif

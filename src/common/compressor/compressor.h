/*
 * A compressor: C(v) as bytes, and acc += scale C(v) from these bytes. It is a choice of entries (a
 * selector), a coding of values (a quantizer), or both, written "topk:1%+natural":
 *
 *   C(v) = gain Q(S(v))
 *
 * A selector alone has its values coded as doubles, or as `--wire` says; a quantizer alone takes all
 * entries. A few are neither (low rank) and work on the whole vector. One file each, all in
 * one list. Constants and definitions: each file's header comment, with the paper.
 *
 * What the parts make together, omega of S with its gain, alpha of S without it:
 *   S unbiased,    Q unbiased     unbiased, omega = (1 + omega_S)(1 + omega_Q) - 1
 *   S contractive, Q unbiased     scaled by 1/(1 + omega_Q): contractive, alpha_S / (1 + omega_Q)
 *   any S,         Q contractive  without the gain of S: contractive, alpha_S alpha_Q
 * The last holds for each draw where both parts say so, since Q(S(v)) - S(v) and S(v) - v have no entry
 * in common: |C(v) - v|^2 <= |v|^2 - alpha_Q |S(v)|^2.
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

/* Precision of values on the wire. */
enum lac_wire { LAC_FP64, LAC_FP32, LAC_BF16, LAC_FP16, LAC_WIRES };

enum lac_compressor_class {
    LAC_UNBIASED = 1 << 0,    /* E C(v) = v,  E|C(v) - v|^2 <= omega |v|^2 */
    LAC_CONTRACTIVE = 1 << 1, /* E|C(v) - v|^2 <= (1 - alpha) |v|^2 */
};

struct lac_compressor_info {
    unsigned classes; /* of enum lac_compressor_class */
    double omega;     /* if LAC_UNBIASED */
    bool omega_exact; /* E|C(v) - v|^2 = omega |v|^2 for every v */
    double alpha;     /* if LAC_CONTRACTIVE, in (0, 1]; for unbiased ones 1/(1+omega), meant for
                                 C scaled by 1/(1+omega) */
    size_t largest;   /* K of TopK, whose alpha is K/r for vectors of r nonzero entries; else 0 */
    bool every_draw;  /* if LAC_CONTRACTIVE: |C(v) - v|^2 <= (1 - alpha) |v|^2 for each draw */
    size_t max_bytes; /* no section that encodes a d-vector is longer */
    double expected_bits;    /* mean of value + index bits of a section; where the length depends on
                                the data, of standard normal vectors */
    double information_bits; /* what the same content takes at least, to receivers who share the
                                draws; for the same vectors */
    double paper_bits;       /* as the authors count (32 x components); mean over clients */
    bool homogeneous;        /* C(t v) = t C(v) for every t > 0 */
    bool data_dependent;     /* the length depends on v: it leaks when sealed */
    bool correlated;         /* the draws of the clients depend on each other (PermK) */
    double joint_omega;      /* if correlated, over a full cohort:
                                E|(1/n) sum C_i(v_i)|^2 <= (1 + joint_omega) (1/n) sum |v_i|^2 */
    bool moves_zeros;        /* C(v) may have entries that are not zero where those of v are */
    bool sparse; /* costs, and touches of v and acc, what it keeps, however large d is */
};

struct lac_compressor_size {
    size_t d;           /* 1 .. 2^32 - 1 */
    uint32_t n;         /* clients */
    uint32_t cohort;    /* least number of participants of a round; 0: always all n */
    enum lac_wire wire; /* of values whose quantizer is not named */
};

/* Which draw of the shared generator this message uses: the same on both sides. */
struct lac_draw {
    uint64_t seed;
    uint64_t round;
    uint32_t client;
    uint8_t channel;
    uint32_t position, cohort; /* the client is number position of the cohort's participants */
};

/* One entry of the registry: one of selector, quantizer, whole is there. */
struct lac_compressor {
    const char *name;          /* as written on the command line */
    const char *usage;         /* "topk:k=K or topk:P%" */
    const char *summary;       /* one line for `laconic list` */
    const char *definition;    /* C(v), for docs/compressors.md */
    const char *omega, *alpha; /* formulas, for the same; NULL: not of this class */
    const char *bits;          /* of a section, for the same */
    const char *paper;
    const char *const
        *examples;     /* texts for lists and tests, the most usual first; ends with NULL */
    uint8_t codec;     /* frozen; of plug-ins LAC_CODEC_PLUGIN */
    size_t state_size; /* scratch and parameters, per channel and rank */
    bool
        draws; /* of selectors: what is kept is drawn, whatever v is; select looks at neither v nor w */
    const struct lac_selector *selector;
    const struct lac_quantizer *quantizer;
    const struct lac_whole *whole;
};

/* The list, and what was added to it. */
const struct lac_compressor *const *lac_compressors(size_t *count);
/* A compressor from outside the list, borrowed for good; refuses a name that is there. */
lac_status lac_compressor_add(const struct lac_compressor *c) LAC_MUST_CHECK;
void lac_compressors_forget(void); /* those that were added */
/* By name; the failure names the nearest. */
lac_status lac_compressor_find(const char *name, const struct lac_compressor **out) LAC_MUST_CHECK;
/* Whether every name in "topk:1%+natural" is known; before dimensions are. */
lac_status lac_compressor_check(const char *text, struct lac_arena *arena) LAC_MUST_CHECK;

const char *lac_wire_name(enum lac_wire wire); /* "fp64", ... */
lac_status lac_wire_find(const char *name, enum lac_wire *out) LAC_MUST_CHECK;

/* A compressor set up for one channel of one rank. */
struct lac_channel_compressor {
    const char *text; /* as written, in the arena */
    struct lac_compressor_info info;
    const struct lac_compressor *selector, *quantizer,
        *whole; /* the last alone, or the first two */
    void *select_state, *quantize_state, *whole_state;
    size_t d;
    double *kept;   /* (most entries that are kept) the values of a selection, gathered */
    double scaling; /* divisor of C(v): 1 + omega_Q where a contractive S meets an unbiased Q */
    bool plain;     /* without the selector's gain */
    bool repeats;   /* an entry may be kept several times */
};

/* From "topk:k=100" or "topk:1%+natural"; state in the arena. */
lac_status lac_compressor_open(struct lac_channel_compressor *c, const char *text,
                               const struct lac_compressor_size *size,
                               struct lac_arena *arena) LAC_MUST_CHECK;

/* Appends one section, byte-aligned at its end. LAC_E_NUMERIC where an entry that would be sent is NaN,
   infinite, or too large for the precision on the wire; selectors that draw do not look at others. */
lac_status lac_encode(const struct lac_channel_compressor *c, const struct lac_draw *draw,
                      const double *v, struct lac_writer *w) LAC_MUST_CHECK;
/* Entries of a vector, different from each other. */
struct lac_entries {
    const uint32_t *index; /* (count); NULL: first, first + 1, ... modulo d */
    size_t first, count, d;
};

static inline size_t lac_entry(const struct lac_entries *s, size_t k)
{
    size_t run = s->first + k;
    return s->index ? s->index[k] : run < s->d ? run : run - s->d;
}

/* The entries that C(v) keeps for this draw, borrowed until the next one; false where v decides. */
bool lac_drawn_entries(const struct lac_channel_compressor *c, const struct lac_draw *draw,
                       struct lac_entries *out);

/* acc += (scale / divisor) C(v), the factor rounded once with the compressor's own gain, so that
   PermK's n / n is exactly 1. Malformed bytes are LAC_E_PROTOCOL; acc is then undefined. */
lac_status lac_decode_add(const struct lac_channel_compressor *c, const struct lac_draw *draw,
                          struct lac_reader *r, double scale, double divisor,
                          double *acc) LAC_MUST_CHECK;

#endif

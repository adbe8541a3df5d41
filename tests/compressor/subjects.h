/*
 * Every compressor of the registry, as each of its examples, and every selector with every quantizer (LAC_TEST_SHORT: with some),
 * at several sizes: the tests of the promises run over these and name no compressor.
 */
#ifndef LAC_TESTS_SUBJECTS_H
#define LAC_TESTS_SUBJECTS_H

#include <stdbool.h>

#include "compressor/compressor.h"

struct subject {
    const char *text;                        /* "topk:k=1" */
    const struct lac_compressor *compressor; /* of a pair the selector */
    bool pair;                               /* two parts are named */
    struct lac_channel_compressor sides[2];  /* sender and receiver: two states */
    struct lac_compressor_info info;
    struct lac_compressor_size size;
    struct lac_draw draw; /* of the message in bytes */
    unsigned char *bytes; /* (info.max_bytes) */
    size_t length;        /* of the section in bytes */
    struct lac_bits bits;
    double *v;      /* (d) */
    double *out[2]; /* (d) C(v) as each side decodes it */
};

enum sizes {
    SIZES_SMALL, /* d = 1 to 200 with each precision on the wire; pairs at two of them */
    SIZES_ODD,   /* as well d = 1237 and 4099 */
};

/* Calls visit for each; returns how many there were. */
size_t for_each_subject(enum sizes sizes, void (*visit)(struct subject *s));

/* What vectors look like. */
enum shape { NORMAL, HEAVY, ONE_HOT, EQUAL, SPARSE, HUGE_SCALE, TINY_SCALE, SHAPES };

const char *shape_name(enum shape shape);
/* s->v becomes numbers of this round: standard normal ones, their cubes, one 1, all 1.3, a tenth of
   them not zero, 2^100 and 2^-100 times standard normal ones. */
void draw_shape(struct subject *s, enum shape shape, uint64_t round);
/* Standard normal numbers. */
void draw_vector(struct subject *s, uint64_t round);
/* Encodes s->v as the given round's message of client 1 (of size.n), position 1. */
bool encode_round(struct subject *s, uint64_t round);
/* The same; LAC_E_NUMERIC where the precision on the wire does not reach the entries. */
lac_status try_encode(struct subject *s, uint64_t round);
/* out[side] <- (scale / divisor) C(v) from the bytes; false and a failure if refused. */
bool decode_side(struct subject *s, int side, double scale, double divisor);
/* Both of the above, for both sides. */
bool round_trip(struct subject *s, uint64_t round);
/* Whether numbers of this shape are beyond the precision on the wire: it refuses huge ones by
   LAC_E_NUMERIC, and then says nothing about tiny ones. */
bool beyond_wire(struct subject *s, enum shape shape);

#endif

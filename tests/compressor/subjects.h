/*
 * Every compressor of the registry, as each of its examples, and every selector with every quantizer,
 * at several sizes: the tests of the promises run over these and name no compressor.
 */
#ifndef LAC_TESTS_SUBJECTS_H
#define LAC_TESTS_SUBJECTS_H

#include <stdbool.h>

#include "compressor/compressor.h"

struct subject {
    const char *text;                       /* "topk:k=1" */
    struct lac_channel_compressor sides[2]; /* sender and receiver: two states */
    struct lac_compressor_info info;
    struct lac_compressor_size size;
    struct lac_draw draw; /* of the message in bytes */
    unsigned char *bytes; /* (info.max_bytes) */
    size_t length;        /* of the section in bytes */
    struct lac_bits bits;
    double *v;      /* (d) */
    double *out[2]; /* (d) C(v) as each side decodes it */
};

/* Calls visit for each; returns how many there were. */
size_t for_each_subject(void (*visit)(struct subject *s));

/* s->v becomes standard normal numbers of this round. */
void draw_vector(struct subject *s, uint64_t round);
/* Encodes s->v as the given round's message of client 1 (of size.n), position 1. */
lac_status try_encode(struct subject *s, uint64_t round);
bool encode_round(struct subject *s, uint64_t round); /* whether it does */
/* out[side] <- (scale / divisor) C(v) from the bytes; false and a failure if refused. */
bool decode_side(struct subject *s, int side, double scale, double divisor);
/* Both of the above, for both sides. */
bool round_trip(struct subject *s, uint64_t round);

#endif

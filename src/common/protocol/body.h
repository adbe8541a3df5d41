/*
 * A body as it is taken: field by field, each held against its range. The first fault is recorded and
 * kept; what is read after it is zeros or harmless, so that taking a message is straight-line code with
 * one check at its end. proto/README.md has the ranges.
 */
#ifndef LAC_PROTOCOL_BODY_H
#define LAC_PROTOCOL_BODY_H

#include "wire/wire.h"

struct lac_body {
    struct lac_reader r;
    const char *message; /* its name, for sentences */
    lac_status status;
};

void lac_body_begin(struct lac_body *b, const struct lac_frame *f);
/* What was taken does not hold together. */
void lac_body_demand(struct lac_body *b, bool holds, const char *what);
uint32_t lac_body_u32(struct lac_body *b, const char *field, uint32_t least, uint32_t most);
uint64_t lac_body_u64(struct lac_body *b, const char *field, uint64_t least, uint64_t most);
double lac_body_double(struct lac_body *b, const char *field, double least, double most);
/* At most `most` bytes, in place; never NULL. */
const char *lac_body_text(struct lac_body *b, const char *field, size_t most, size_t *length);
/* count doubles in place, of any alignment; NULL and a fault where there are fewer. */
const unsigned char *lac_body_doubles(struct lac_body *b, const char *field, uint64_t count,
                                      double least, double most);
/* The same, 8-byte aligned: bodies are, where their frame is. */
const double *lac_body_vector(struct lac_body *b, const char *field, uint64_t count, double least,
                              double most);
/* count doubles of which any may be infinite or not a number. */
const double *lac_body_any_vector(struct lac_body *b, uint64_t count);
lac_status lac_body_end(const struct lac_body *b) LAC_MUST_CHECK;

#endif

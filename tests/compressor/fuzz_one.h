/* One input of a fuzzer, for one compressor: the bytes choose parameters and size, the rest is decoded. */
#ifndef LAC_TESTS_FUZZ_ONE_H
#define LAC_TESTS_FUZZ_ONE_H

#include <stddef.h>

#include "compressor/compressor.h"

enum {
    FUZZ_HEAD = 5,   /* example, d - 1 (above 199 in steps), n - 1, position, wire and quantizer */
    FUZZ_MOST = 4096 /* no d is larger */
};

/* Whether the section was accepted. */
int fuzz_one(const struct lac_compressor *compressor, const unsigned char *data, size_t size);

#endif

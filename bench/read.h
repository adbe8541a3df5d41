/* The read of memory that benchmarks stand beside. */
#ifndef LAC_BENCH_READ_H
#define LAC_BENCH_READ_H

#include "base/vec.h"

#ifdef __x86_64__
typedef double bench_wide __attribute__((vector_size(32)));

/* Eight sums at once: no faster read of memory was found on the test machines. */
__attribute__((target("avx2"))) static inline double bench_read_wide(const double *a, size_t count)
{
    const bench_wide *p = (const bench_wide *)(const void *)a;
    bench_wide sum[8] = {{0}};
    for (size_t i = 0; i + 32 <= count; i += 32, p += 8) {
        for (int k = 0; k < 8; k++) {
            sum[k] += p[k];
        }
    }
    for (int k = 1; k < 8; k++) {
        sum[0] += sum[k];
    }
    return sum[0][0] + sum[0][1] + sum[0][2] + sum[0][3];
}
#endif

/* One pass over a (count), aligned to 32 bytes; the sum, so that the pass is not left out. */
static inline double bench_read(const double *a, size_t count)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx2")) {
        return bench_read_wide(a, count);
    }
#endif
    return vec_sum(a, count);
}

#endif

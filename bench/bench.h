/*
 * What all benchmarks share: a clock, repetition until the numbers are stable, and rows of one
 * table: median, spread, and the ratio to a reference measured in the same run.
 */
#ifndef LAC_BENCH_H
#define LAC_BENCH_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { BENCH_SAMPLES_MIN = 15, BENCH_SAMPLES_MAX = 400 };

static const double bench_sample_seconds =
    0.002;                                     /* a sample repeats short calls to last this long */
static const double bench_least_seconds = 0.3; /* of samples, then until stable */
static const double bench_most_seconds = 2.0;

struct bench_time { /* seconds per call: median, 10th and 90th percentile of the samples */
    double median, low, high;
};

typedef void bench_body(void *context);

/* A program that computes on one core alone may set CLOCK_THREAD_CPUTIME_ID: other load on the machine
   then takes no share of its time, only of its caches. */
static clockid_t bench_clock = CLOCK_MONOTONIC;

static inline double bench_now(void)
{
    struct timespec t;
    (void)clock_gettime(bench_clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static inline int bench_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static inline struct bench_time bench_summary(const double *sample, int count)
{
    double sorted[BENCH_SAMPLES_MAX];
    for (int i = 0; i < count; i++) {
        sorted[i] = sample[i];
    }
    qsort(sorted, (size_t)count, sizeof *sorted, bench_compare);
    return (struct bench_time){sorted[count / 2], sorted[count / 10],
                               sorted[count - 1 - count / 10]};
}

static inline double bench_once(bench_body *body, void *context, long calls)
{
    double begin = bench_now();
    for (long i = 0; i < calls; i++) {
        body(context);
    }
    return (bench_now() - begin) / (double)calls;
}

static inline long bench_calls(bench_body *body, void *context)
{
    double once = bench_once(body, context, 1); /* also warms up */
    return once < bench_sample_seconds ? (long)(bench_sample_seconds / (once + 1e-9)) + 1 : 1;
}

/* Are count samples, taken in spent seconds, enough? When 10th and 90th percentile are within 5 % of
   the median, or time is up. */
static inline bool bench_enough(struct bench_time t, int count, double spent)
{
    if (count == BENCH_SAMPLES_MAX || spent > 4.0 * bench_most_seconds) {
        return true;
    }
    bool stable = t.high - t.low < 0.05 * t.median;
    return count >= BENCH_SAMPLES_MIN &&
           ((stable && spent > bench_least_seconds) || spent > bench_most_seconds);
}

static inline struct bench_time bench_run(bench_body *body, void *context)
{
    double sample[BENCH_SAMPLES_MAX];
    struct bench_time result = {0};
    long calls = bench_calls(body, context);
    double begin = bench_now();
    int count = 0;
    do {
        sample[count++] = bench_once(body, context, calls);
        result = bench_summary(sample, count);
    } while (!bench_enough(result, count, bench_now() - begin));
    return result;
}

struct bench_pair {
    struct bench_time body, reference;
    double ratio; /* reference / body, median over neighbouring samples: load by others hits both */
};

static inline struct bench_pair bench_run_beside(bench_body *body, bench_body *reference,
                                                 void *context)
{
    double sample[3][BENCH_SAMPLES_MAX];
    struct bench_pair result = {0};
    long calls = bench_calls(body, context), reference_calls = bench_calls(reference, context);
    double begin = bench_now();
    int count = 0;
    do {
        sample[0][count] = bench_once(body, context, calls);
        sample[1][count] = bench_once(reference, context, reference_calls);
        sample[2][count] = sample[1][count] / sample[0][count];
        count++;
        result.body = bench_summary(sample[0], count);
        result.reference = bench_summary(sample[1], count);
        result.ratio = bench_summary(sample[2], count).median;
    } while (!bench_enough(result.body, count, bench_now() - begin));
    return result;
}

static inline void bench_header(const char *title)
{
    printf("\n%s\n%-44s %9s %9s %9s %-10s %7s  %s\n", title, "", "median", "10 %", "90 %", "unit",
           "ratio", "target");
}

/* value is a time (low <= median <= high) or a rate (low >= median >= high): as the caller converts. */
static inline void bench_row(const char *name, struct bench_time value, const char *unit)
{
    printf("%-44s %9.3f %9.3f %9.3f %-10s\n", name, value.median, value.low, value.high, unit);
    (void)fflush(stdout);
}

/* The same with the ratio to the reference that of names; target > 0: at least, < 0: at most -target,
   0: reported alone. False where the target is missed. */
static inline bool bench_row_ratio(const char *name, struct bench_time value, const char *unit,
                                   double ratio, double target, const char *of)
{
    bool met = target == 0.0 || (target > 0.0 ? ratio >= target : ratio <= -target);
    printf("%-44s %9.3f %9.3f %9.3f %-10s %7.2f  ", name, value.median, value.low, value.high, unit,
           ratio);
    if (target == 0.0) {
        printf("of %s\n", of);
    } else {
        printf("%s %.2f of %s: %s\n", target > 0.0 ? ">=" : "<=", target > 0.0 ? target : -target,
               of, met ? "met" : "MISSED");
    }
    (void)fflush(stdout);
    return met;
}

/* bytes (or any amount) per second, in units of 1e9 */
static inline struct bench_time bench_rate(struct bench_time t, double amount)
{
    return (struct bench_time){amount / t.median * 1e-9, amount / t.low * 1e-9,
                               amount / t.high * 1e-9};
}

static inline struct bench_time bench_scaled(struct bench_time t, double factor)
{
    return (struct bench_time){t.median * factor, t.low * factor, t.high * factor};
}

#endif

#include "base/vec.h"

#include <stdint.h>
#include <string.h>

#include "base/kernels.h"
#include "base/text.h"

static const char *const level_names[LAC_LEVELS] = {"portable", "avx2", "avx512"};

#ifdef __x86_64__
static const struct lac_kernels *const tables[LAC_LEVELS] = {
    &lac_kernels_portable,
    &lac_kernels_avx2,
    &lac_kernels_avx512,
};

static bool processor_has(enum lac_level level)
{
    if (level == LAC_AVX512) {
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
    }
    return level == LAC_PORTABLE || __builtin_cpu_supports("avx2");
}
#else
static const struct lac_kernels *const tables[LAC_LEVELS] = {&lac_kernels_portable};

static bool processor_has(enum lac_level level)
{
    return level == LAC_PORTABLE;
}
#endif

static enum lac_level active_level;
static const struct lac_kernels *active; /* NULL until the first use */

static void use(enum lac_level level)
{
    active_level = level;
    active = tables[level];
}

static const struct lac_kernels *kernels(void)
{
    if (__builtin_expect(!active, 0)) {
        enum lac_level best = LAC_LEVELS - 1;
        while (!processor_has(best)) {
            best--;
        }
        use(best);
    }
    return active;
}

lac_status lac_kernels_select(const char *name)
{
    if (!name) {
        active = NULL;
        return LAC_OK;
    }
    for (enum lac_level level = LAC_PORTABLE; level < LAC_LEVELS; level++) {
        if (strcmp(name, level_names[level]) != 0) {
            continue;
        }
        if (!processor_has(level)) {
            return LAC_FAIL(LAC_E_USAGE, "kernels: this processor has no '%s'", name);
        }
        use(level);
        return LAC_OK;
    }
    const char *nearest = lac_nearest(name, level_names, LAC_LEVELS);
    return LAC_FAIL(LAC_E_USAGE, "--kernels: there is no '%s'; did you mean '%s'?", name,
                    nearest ? nearest : level_names[LAC_PORTABLE]);
}

const struct lac_kernels *lac_kernels_active(void)
{
    return kernels();
}

enum lac_level lac_kernels_level(void)
{
    (void)kernels();
    return active_level;
}

const char *lac_kernels_name(void)
{
    return level_names[lac_kernels_level()];
}

void vec_zero(double *y, size_t d)
{
    if (d > 0) {
        memset(y, 0, d * sizeof *y);
    }
}

void vec_copy(double *y, const double *x, size_t d)
{
    if (d > 0) {
        memmove(y, x, d * sizeof *y);
    }
}

void vec_scale(double *y, double a, const double *x, size_t d)
{
    kernels()->scale(y, a, x, d);
}

void vec_add(double *z, const double *x, const double *y, size_t d)
{
    kernels()->add(z, x, y, d);
}

void vec_sub(double *z, const double *x, const double *y, size_t d)
{
    kernels()->sub(z, x, y, d);
}

void vec_axpy(double *y, double a, const double *x, size_t d)
{
    kernels()->axpy(y, a, x, d);
}

void vec_scale_sub(double *z, double a, const double *x, const double *y, size_t d)
{
    kernels()->scale_sub(z, a, x, y, d);
}

double vec_dot(const double *x, const double *y, size_t d)
{
    return kernels()->dot(x, y, d);
}

double vec_norm_sq(const double *x, size_t d)
{
    return kernels()->dot(x, x, d);
}

double vec_sum(const double *x, size_t d)
{
    return kernels()->sum(x, d);
}

bool vec_finite(const double *x, size_t d)
{
    return kernels()->finite(x, d);
}

void vec_exp(double *y, const double *x, size_t d)
{
    kernels()->exp(y, x, d);
}

void vec_softplus(double *value, double *slope, const double *t, size_t d)
{
    kernels()->softplus(value, slope, t, d);
}

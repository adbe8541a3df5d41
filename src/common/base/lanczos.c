#include "base/lanczos.h"

#include <math.h>

#include "base/tick.h"
#include "base/vec.h"

lac_status lac_lanczos_open(struct lac_lanczos *l, size_t d, struct lac_arena *a)
{
    l->d = d;
    LAC_TRY(LAC_NEW(a, d, &l->v));
    LAC_TRY(LAC_NEW(a, d, &l->previous));
    LAC_TRY(LAC_NEW(a, d, &l->hv));
    LAC_TRY(LAC_NEW(a, LAC_LANCZOS_STEPS, &l->alpha));
    LAC_TRY(LAC_NEW(a, LAC_LANCZOS_STEPS, &l->beta));
    LAC_TRY(LAC_NEW(a, LAC_LANCZOS_STEPS, &l->diagonal));
    LAC_TRY(LAC_NEW(a, LAC_LANCZOS_STEPS, &l->off));
    return LAC_NEW(a, LAC_LANCZOS_STEPS, &l->last);
}

/*
 * One implicit QL sweep with Wilkinson's shift over entries from..to of the tridiagonal matrix
 * (diagonal, off), rotating the last row of the eigenvectors along.
 */
static void ql_sweep(double *diagonal, double *off, double *last, size_t from, size_t to)
{
    double g = (diagonal[from + 1] - diagonal[from]) / (2.0 * off[from]);
    double r = sqrt(g * g + 1.0);
    g = diagonal[to] - diagonal[from] + off[from] / (g + (g >= 0.0 ? r : -r));
    double s = 1.0, c = 1.0, p = 0.0;
    for (size_t i = to; i-- > from;) {
        double f = s * off[i], b = c * off[i];
        r = sqrt(f * f + g * g);
        off[i + 1] = r;
        if (r == 0.0) { /* the matrix splits here: the next sweep sees two smaller ones */
            diagonal[i + 1] -= p;
            off[to] = 0.0;
            return;
        }
        s = f / r;
        c = g / r;
        g = diagonal[i + 1] - p;
        r = (diagonal[i] - g) * s + 2.0 * c * b;
        p = s * r;
        diagonal[i + 1] = g + p;
        g = c * r - b;
        double upper = last[i + 1];
        last[i + 1] = s * last[i] + c * upper;
        last[i] = c * last[i] - s * upper;
    }
    diagonal[from] -= p;
    off[from] = g;
    off[to] = 0.0;
}

/* Eigenvalues of the k x k tridiagonal matrix into diagonal, last components into last. */
static void tridiagonal_eigenvalues(struct lac_lanczos *l, size_t k)
{
    for (size_t i = 0; i < k; i++) {
        l->diagonal[i] = l->alpha[i];
        l->off[i] = i + 1 < k ? l->beta[i] : 0.0;
        l->last[i] = i + 1 == k ? 1.0 : 0.0;
    }
    for (size_t from = 0; from < k; from++) {
        for (int sweep = 0; sweep < 60; sweep++) {
            size_t to = from;
            while (to + 1 < k) {
                double size = fabs(l->diagonal[to]) + fabs(l->diagonal[to + 1]);
                if (fabs(l->off[to]) <= 0x1p-53 * size) {
                    break;
                }
                to++;
            }
            if (to == from) {
                break;
            }
            ql_sweep(l->diagonal, l->off, l->last, from, to);
        }
    }
}

/* The |Ritz value| of k steps, of the end where it and the bound of its error are the most. */
static double largest_ritz(struct lac_lanczos *l, size_t k, double *error)
{
    tridiagonal_eigenvalues(l, k);
    size_t high = 0, low = 0;
    for (size_t i = 1; i < k; i++) {
        high = l->diagonal[i] > l->diagonal[high] ? i : high;
        low = l->diagonal[i] < l->diagonal[low] ? i : low;
    }
    double above = l->beta[k - 1] * fabs(l->last[high]);
    double below = l->beta[k - 1] * fabs(l->last[low]);
    bool upper = !(below - l->diagonal[low] > above + l->diagonal[high]);
    *error = upper ? above : below;
    return fabs(l->diagonal[upper ? high : low]);
}

static void start_vector(struct lac_lanczos *l, const struct lac_stream *stream)
{
    struct lac_rng r;
    lac_rng_init(&r, stream);
    for (size_t j = 0; j < l->d; j++) {
        l->v[j] = lac_rng_normal(&r);
    }
    vec_scale(l->v, 1.0 / sqrt(vec_norm_sq(l->v, l->d)), l->v, l->d);
    vec_zero(l->previous, l->d);
}

/* v <- hv / beta and the old v becomes previous, by exchanging the three vectors. */
static void advance(struct lac_lanczos *l, double beta)
{
    double *old = l->previous;
    l->previous = l->v;
    l->v = l->hv;
    l->hv = old;
    vec_scale(l->v, 1.0 / beta, l->v, l->d);
}

static lac_status overflow(void)
{
    return LAC_FAIL(
        LAC_E_INPUT,
        "the smoothness constants overflow; scale the data, or take a smaller --regularizer");
}

lac_status lac_largest_eigenvalue(struct lac_lanczos *l, const struct lac_stream *stream,
                                  lac_product product, void *matrix, double *value)
{
    const double tolerance = 1e-10;
    double beta = 0.0;
    start_vector(l, stream);
    for (size_t k = 1; k <= LAC_LANCZOS_STEPS; k++) {
        lac_tick_now();
        LAC_TRY(product(matrix, l->v, l->hv));
        vec_axpy(l->hv, -beta, l->previous, l->d);
        l->alpha[k - 1] = vec_dot(l->hv, l->v, l->d);
        vec_axpy(l->hv, -l->alpha[k - 1], l->v, l->d);
        beta = sqrt(vec_norm_sq(l->hv, l->d));
        l->beta[k - 1] = beta;
        if (!isfinite(l->alpha[k - 1]) || !isfinite(beta)) {
            return overflow();
        }
        bool whole = k == LAC_LANCZOS_STEPS || beta <= 0x1p-50 * fabs(l->alpha[0]);
        if (!whole && k > 8 && k % 4 != 0 && k != l->d) {
            advance(l, beta);
            continue;
        }
        double error;
        double ritz = largest_ritz(l, k, &error);
        if (!isfinite(ritz)) {
            return overflow();
        }
        if (error <= tolerance * ritz || whole) {
            *value = ritz + error;
            return LAC_OK;
        }
        advance(l, beta);
    }
    return LAC_OK;
}

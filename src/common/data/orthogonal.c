#include "data/orthogonal.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/vec.h"

enum { MIX_TIMES = 2, MOST_SWEEPS = 60 };

static void random_signs(double *v, size_t size, struct lac_rng *rng)
{
    static const double sign[2] = {1.0, -1.0};
    uint32_t word = 0;
    for (size_t i = 0; i < size; i++) {
        word = i % 32 ? word >> 1 : lac_rng_word(rng);
        v[i] *= sign[word & 1];
    }
}

static void butterflies(double *v, size_t size)
{
    const double half_root = 0.70710678118654752440;
    for (size_t distance = 1; distance < size; distance *= 2) {
        for (size_t block = 0; block + distance < size; block += 2 * distance) {
            size_t pairs = size - block - distance < distance ? size - block - distance : distance;
            double *low = v + block, *high = low + distance;
            for (size_t i = 0; i < pairs; i++) {
                double sum = low[i] + high[i], difference = low[i] - high[i];
                low[i] = half_root * sum;
                high[i] = half_root * difference;
            }
        }
    }
}

void lac_mix(double *v, size_t size, const struct lac_stream *stream)
{
    struct lac_rng rng;
    lac_rng_init(&rng, stream);
    for (int time = 0; time < MIX_TIMES; time++) {
        random_signs(v, size, &rng);
        butterflies(v, size);
    }
}

/* (a, b) <- (c a - s b, s a + c b) */
static void rotate(double *a, double *b, size_t size, double c, double s)
{
    for (size_t i = 0; i < size; i++) {
        double x = a[i], y = b[i];
        a[i] = c * x - s * y;
        b[i] = s * x + c * y;
    }
}

static void swap(double *a, double *b, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        double x = a[i];
        a[i] = b[i];
        b[i] = x;
    }
}

/* Makes columns p and q orthogonal and the first the longer one; whether anything was to do. A
   column below floor_sq, which is rounding beside the others, is left as it is. */
static bool rotate_pair(double *w, size_t rows, size_t columns, double *j, size_t p, size_t q,
                        double floor_sq)
{
    const double tolerance = 2.2e-16 * sqrt((double)rows);
    double *a = w + p * rows, *b = w + q * rows, *ja = j + p * columns, *jb = j + q * columns;
    double aa = vec_norm_sq(a, rows), bb = vec_norm_sq(b, rows), ab = vec_dot(a, b, rows);
    bool turned = fabs(ab) > tolerance * sqrt(aa) * sqrt(bb) && aa > floor_sq && bb > floor_sq;
    if (aa < bb) {
        swap(a, b, rows);
        swap(ja, jb, columns);
        double other = aa;
        aa = bb;
        bb = other;
    }
    if (turned) {
        double zeta = (bb - aa) / (2.0 * ab);
        double root = fabs(zeta) + sqrt(1.0 + zeta * zeta);
        double tangent = zeta < 0.0 ? -1.0 / root : 1.0 / root;
        double c = 1.0 / sqrt(1.0 + tangent * tangent), s = c * tangent;
        rotate(a, b, rows, c, s);
        rotate(ja, jb, columns, c, s);
    }
    return turned;
}

lac_status lac_jacobi_columns(double *w, size_t rows, size_t columns, double *j)
{
    memset(j, 0, columns * columns * sizeof *j);
    for (size_t t = 0; t < columns; t++) {
        j[t * columns + t] = 1.0;
    }
    double floor_sq = 1e-31 * vec_norm_sq(w, rows * columns);
    bool turned = true;
    for (int sweep = 0; turned && sweep < MOST_SWEEPS; sweep++) {
        turned = false;
        for (size_t p = 0; p + 1 < columns; p++) {
            for (size_t q = p + 1; q < columns; q++) {
                turned = rotate_pair(w, rows, columns, j, p, q, floor_sq) || turned;
            }
        }
    }
    if (turned) {
        return LAC_FAIL(LAC_E_NUMERIC, "the singular values of a generated matrix do not converge");
    }
    return LAC_OK;
}

/*
 * synth:least-squares: f = (1/n) sum (1/m)|A_i x - b_i|^2 with a prescribed spectrum, and
 * b_i = A_i 1 + noise N(0, 1): noise=0 makes every f_i zero at x = (1, ..., 1).
 *
 * With N = n m rows in all, stacked to A, the Hessian of f is H = (2/N) A^T A. Let q = min(N, d) and
 * lambda_k = mu + (L - mu) k/(q - 1), k = 0 .. q - 1 (lambda_0 = L for q = 1). Then
 *
 *     A = P U D V^T,    V (d, d) orthogonal,
 *     U (N, q): blocks of q rows, one above the other, each block an orthogonal matrix; the last
 *               block, of p = N mod q rows, is orthogonal on the first p columns and 0 elsewhere,
 *     D = diag(c_k),    c_k^2 = lambda_k N / (2 s_k),   s_k = how many blocks reach column k,
 *     P (N, N): a permutation.
 *
 * U^T P^T P U = diag(s_k), so H = (2/N) V D diag(s) D V^T = V diag(lambda) V^T: largest eigenvalue L,
 * smallest mu (beside d - N zeroes where N < d), to rounding. Blocks and V are the maps of
 * orthogonal.h; one row costs O(q log q + d log d), and any client can make its own.
 *
 * The experiments of DCGD/PermK (arXiv:2312.02074) put the spectrum into the SVD of a matrix of U[0, 1), in
 * descending order of its own values, and add 10 U[0, 1) to b_i before everything is scaled by sqrt(N/2):
 * uniform=10,d=1000,m=12,L=10,mu=1 with 50 clients. The largest singular value of such a matrix is far above the
 * others, its vectors (1, ..., 1)/sqrt N and (1, ..., 1)/sqrt d but for some 1/sqrt N of their lengths, and it gets
 * mu. uniform=A > 0 makes them these vectors exactly, by one reflection of U (in each block) and one of V; the
 * rest is as random as the rest of that matrix. It is A, and not x = (1, ..., 1), that sets the first loss.
 */
#include <math.h>

#include "base/tick.h"
#include "base/vec.h"
#include "data/generator.h"
#include "data/orthogonal.h"
#include "data/rows_new.h"

struct squares {
    uint32_t d, m;
    double L, mu, noise, uniform;
    uint64_t rows; /* N */
    uint64_t q;
};

enum { BASIS = 0, BLOCK = 1, ORDER = 2, NOISE = 3, UNIFORM = 4 }; /* channels of the generator */

static lac_status squares_read(const struct lac_spec *spec, uint32_t n, struct squares *s)
{
    *s = (struct squares){.d = 100, .m = 20, .L = 10.0, .mu = 1.0, .noise = 0.0};
    LAC_TRY(lac_generator_size(spec, "d", &s->d));
    LAC_TRY(lac_generator_size(spec, "m", &s->m));
    LAC_TRY(lac_generator_number(spec, "L", 1e-12, 1e12, &s->L));
    s->mu = s->mu < s->L ? s->mu : s->L;
    LAC_TRY(lac_generator_number(spec, "mu", 0.0, s->L, &s->mu));
    LAC_TRY(lac_generator_number(spec, "noise", 0.0, 1e12, &s->noise));
    LAC_TRY(lac_generator_number(spec, "uniform", 0.0, 1e12, &s->uniform));
    s->rows = (uint64_t)n * s->m;
    s->q = s->rows < s->d ? s->rows : s->d;
    return LAC_OK;
}

static lac_status squares_check(const struct lac_spec *spec, uint32_t n, uint32_t *d)
{
    struct squares s;
    LAC_TRY(squares_read(spec, n, &s));
    *d = s.d;
    return LAC_OK;
}

static double squares_stored(const struct lac_spec *spec, uint32_t n)
{
    struct squares s;
    return squares_read(spec, n, &s) == LAC_OK ? (double)s.m * s.d : 0.0;
}

static double squares_scale(const struct squares *s, uint64_t k)
{
    uint64_t blocks = s->rows / s->q + (k < s->rows % s->q);
    double part = s->q > 1 ? (double)k / (double)(s->q - 1) : 1.0;
    double lambda = s->mu + (s->L - s->mu) * part;
    return sqrt(lambda * (double)s->rows / (2.0 * (double)blocks));
}

/* y (size) <- y - 2 w (w.y)/|w|^2, w = a - (1, ..., 1)/sqrt(size), |a| = 1. */
static void reflect(double *y, const double *a, size_t size)
{
    double one = 1.0 / sqrt((double)size), dot = vec_dot(a, y, size) - one * vec_sum(y, size);
    double length = 2.0 - 2.0 * one * vec_sum(a, size);
    double factor = length > 0.0 ? 2.0 * dot / length : 0.0;
    for (size_t j = 0; j < size; j++) {
        y[j] -= factor * (a[j] - one);
    }
}

/* row (size), the row of a map T that lac_mix of the stream makes of a unit vector, becomes that of T R whose column 0
   is constant: with t = T (1, ..., 1)/sqrt(size), the row less 2 (row_0 - 1/sqrt(size))(e_0 - t)/|e_0 - t|^2. */
static void even_column(double *row, double *t, size_t size, const struct lac_stream *stream)
{
    double one = 1.0 / sqrt((double)size);
    for (size_t k = 0; k < size; k++) {
        t[k] = one;
    }
    lac_mix(t, size, stream);
    double length = 2.0 - 2.0 * t[0];
    double factor = length > 0.0 ? 2.0 * (row[0] - one) / length : 0.0;
    row[0] -= factor;
    vec_axpy(row, factor, t, size);
}

/* Row number r of U D V^T. row (d), zero; work (d). */
static void squares_row(const struct squares *s, uint64_t seed, uint64_t r, double *row,
                        double *work)
{
    uint64_t block = r / s->q, left = s->rows - block * s->q;
    uint64_t size = left < s->q ? left : s->q;
    struct lac_stream stream = {.seed = seed,
                                .round = block,
                                .client = LAC_SHARED,
                                .purpose = LAC_PURPOSE_DATA,
                                .channel = BLOCK};
    row[r % s->q] = 1.0;
    lac_mix(row, size, &stream);
    if (s->uniform > 0.0) {
        even_column(row, work, size, &stream);
    }
    for (uint64_t k = 0; k < size; k++) {
        row[k] *= squares_scale(s, k);
    }
    stream.round = 0;
    stream.channel = BASIS;
    lac_mix(row, s->d, &stream);
    if (s->uniform > 0.0) {
        vec_zero(work, s->d);
        work[0] = 1.0;
        lac_mix(work, s->d, &stream);
        reflect(row, work, s->d);
    }
}

static lac_status squares_generate(const struct lac_spec *spec, uint64_t seed, uint32_t n,
                                   uint32_t client, double shared, struct lac_rows *rows,
                                   struct lac_arena *arena)
{
    struct squares s;
    double *label, *dense, *work;
    (void)shared;
    LAC_TRY(squares_read(spec, n, &s));
    LAC_TRY(lac_rows_new_dense(arena, s.m, s.d, rows, &label, &dense));
    LAC_TRY(LAC_NEW(arena, s.d, &work));
    struct lac_stream stream = {
        .seed = seed, .client = LAC_SHARED, .purpose = LAC_PURPOSE_DATA, .channel = ORDER};
    struct lac_permutation order;
    struct lac_rng noise, uniform;
    double scale = s.uniform * sqrt(0.5 * (double)s.rows);
    lac_permutation_init(&order, &stream, s.rows);
    stream.client = client;
    stream.channel = NOISE;
    lac_rng_init(&noise, &stream);
    stream.channel = UNIFORM;
    lac_rng_init(&uniform, &stream);
    for (size_t r = 0; r < s.m; r++) {
        lac_tick();
        double *row = dense + r * rows->stride;
        squares_row(&s, seed, lac_permutation_at(&order, (uint64_t)client * s.m + r), row, work);
        label[r] = vec_sum(row, s.d) + s.noise * lac_rng_normal(&noise);
        label[r] += scale > 0.0 ? scale * lac_rng_uniform(&uniform) : 0.0;
    }
    return LAC_OK;
}

static const char *const squares_keys[] = {"d", "m", "L", "mu", "noise", "uniform", "", NULL};

const struct lac_generator lac_generator_least_squares = {
    .name = "least-squares",
    .usage = "synth:least-squares,d=100,m=20,L=10,mu=1,noise=0,uniform=0",
    .summary = "least squares whose Hessian has the prescribed largest and smallest eigenvalue",
    .paper = "spectrum of the experiments of arXiv:2312.02074",
    .objective = "least-squares",
    .two_classes = false,
    .allowed = squares_keys,
    .check = squares_check,
    .stored = squares_stored,
    .generate = squares_generate,
};

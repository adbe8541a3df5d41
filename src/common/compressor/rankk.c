/*
 * RankK: v as a matrix M, replaced by its projection on a subspace of K columns that a random start
 * and subspace iterations find: C(v) = P P^T M = P R^T, P orthonormal, R = M^T P. In the limit of many
 * iterations the truncated singular value decomposition.
 *
 * Shape: A = ceil(sqrt d) rows of B = ceil(d / A), v row by row, zeros behind. (The papers' code takes
 *        divisors of d, which for a prime d are 1 and d.)
 * Class: contractive in the mean with alpha = K / min(A, B) =: K / r, after one iteration already.
 *        K = 1: with singular values s_i of M, g Gaussian and w_i the squares of its coordinates in
 *        the right singular vectors, p ~ M g, and |M^T p|^2 = sum s_i^4 w_i / sum s_i^2 w_i, which by
 *        Chebyshev's sum inequality is at least sum s_i^2 w_i / sum w_i, whose mean is |M|^2 / r.
 *        K > 1: given p_1, the part of M g_2 beside it is M' g_2 with M' = (I - p_1 p_1^T) M, of
 *        rank r - 1 at most: what is left shrinks by 1 - 1/(r - 1), and so on: in all by the product
 *        of 1 - 1/(r - i), i < K, which is 1 - K/r. Reached where all singular values are equal.
 *        More iterations lose nothing: with H = M M^T and P_ij the projection on the range of H^q Y in
 *        the eigenvectors of H, d/dq tr(P H) = sum P_ij^2 (log h_i - log h_j)(h_i - h_j) >= 0.
 *        Factors in single precision are off by (1 + sqrt K) 2^-24 of |v| at most, which is added to
 *        the error.
 * Draw:  by the sender alone: the Gaussian matrix (B, K), column after column, from the stream (seed,
 *        round, client, ROUNDING, channel, step 0).
 * Wire:  P, column by column, then R, column by column: K (A + B) values of 64 or 32 bits. In the
 *        authors' count 32 K (A + B).
 * Paper: Vogels, Karimireddy, Jaggi. "PowerSGD: practical low-rank gradient compression for
 *        distributed optimization". NeurIPS 2019. arXiv:1905.13727; without its warm start.
 */
#include <math.h>
#include <string.h>

#include "base/vec.h"
#include "compressor/cast.h"
#include "compressor/parts.h"

struct rankk {
    size_t d, rows, columns, k; /* A, B, K */
    uint64_t iterations;
    bool single;   /* precision of the factors */
    double *p, *r; /* (K, A), (K, B) */
    double *row;   /* (B) */
};

/* What is left of v in row i: B entries, fewer in the last. */
static size_t row_length(const struct rankk *s, size_t i)
{
    size_t begin = i * s->columns;
    size_t left = begin < s->d ? s->d - begin : 0;
    return left < s->columns ? left : s->columns;
}

static lac_status rankk_parameters(struct rankk *s, const struct lac_spec *spec, enum lac_wire wire)
{
    static const char *const keys[] = {"k", "", "iterations", NULL};
    uint64_t k = 0;
    size_t most = s->columns < s->rows ? s->columns : s->rows;
    s->iterations = 1;
    LAC_TRY(lac_spec_allow(spec, keys));
    LAC_TRY(lac_spec_count(spec, "", &k));
    LAC_TRY(lac_spec_count(spec, "k", &k));
    LAC_TRY(lac_spec_count(spec, "iterations", &s->iterations));
    if (lac_spec_get(spec, "") && lac_spec_get(spec, "k")) {
        return LAC_FAIL(LAC_E_USAGE, "'%s': say k once", spec->text);
    }
    if (k < 1 || k > most) {
        return LAC_FAIL(LAC_E_USAGE,
                        "'%s': k must be in 1..%zu, the smaller side of %zu entries as a matrix of "
                        "%zu x %zu",
                        spec->text, most, s->d, s->rows, s->columns);
    }
    if (s->iterations < 1 || s->iterations > 1000) {
        return LAC_FAIL(LAC_E_USAGE, "'%s': iterations must be in 1..1000", spec->text);
    }
    if (wire != LAC_FP64 && wire != LAC_FP32) {
        return LAC_FAIL(LAC_E_USAGE,
                        "'%s': factors of few bits are not orthonormal, and their errors multiply; "
                        "use --wire fp32 or fp64",
                        spec->text);
    }
    s->k = k;
    s->single = wire == LAC_FP32;
    return LAC_OK;
}

static lac_status rankk_setup(void *state, const struct lac_compressor_size *size,
                              const struct lac_spec *spec, struct lac_arena *arena,
                              struct lac_compressor_info *info)
{
    struct rankk *s = state;
    s->d = size->d;
    s->rows = (size_t)sqrt((double)s->d);
    s->rows += s->rows * s->rows < s->d;
    s->columns = (s->d + s->rows - 1) / s->rows;
    LAC_TRY(rankk_parameters(s, spec, size->wire));
    LAC_TRY(LAC_NEW(arena, s->k * s->rows, &s->p));
    LAC_TRY(LAC_NEW(arena, s->k * s->columns, &s->r));
    LAC_TRY(LAC_NEW(arena, s->columns, &s->row));
    double k = (double)s->k, sides = (double)(s->rows + s->columns);
    double bits = s->single ? 32.0 : 64.0;
    double kept = k / (double)(s->columns < s->rows ? s->columns : s->rows);
    double error = sqrt(1.0 - kept) + (s->single ? (1.0 + sqrt(k)) * 0x1p-24 : 0.0);
    *info = (struct lac_compressor_info){
        .classes = LAC_CONTRACTIVE,
        .alpha = s->single ? 1.0 - error * error : kept,
        .max_bytes = s->k * (s->rows + s->columns) * (s->single ? 4 : 8),
        .expected_bits = bits * k * sides,
        .information_bits = bits * k * (sides - k), /* the dimension of matrices of rank K */
        .paper_bits = 32.0 * k * sides,
        .homogeneous = !s->single,
        .moves_zeros = true,
    };
    return LAC_OK;
}

/* A power of two that brings v to about 1, so that squares neither vanish nor overflow. */
static double rankk_unit(const struct rankk *s, const double *v)
{
    double square = vec_norm_sq(v, s->d), size = sqrt(square);
    if (!(square > 0x1p-900 && square < 0x1p900)) {
        size = 0.0;
        for (size_t j = 0; j < s->d; j++) {
            size = fabs(v[j]) > size ? fabs(v[j]) : size;
        }
    }
    uint64_t bits;
    memcpy(&bits, &size, sizeof bits);
    int exponent = (int)(bits >> 52) - 1023;
    exponent = exponent < -1000 ? -1000 : exponent > 1000 ? 1000 : exponent;
    return ldexp(1.0, -exponent);
}

/* P <- M R */
static void multiply(struct rankk *s, const double *v)
{
    for (size_t i = 0; i < s->rows; i++) {
        size_t length = row_length(s, i);
        for (size_t c = 0; c < s->k; c++) {
            s->p[c * s->rows + i] = vec_dot(v + i * s->columns, s->r + c * s->columns, length);
        }
    }
}

/* R <- M^T P */
static void multiply_transposed(struct rankk *s, const double *v)
{
    vec_zero(s->r, s->k * s->columns);
    for (size_t i = 0; i < s->rows; i++) {
        size_t length = row_length(s, i);
        for (size_t c = 0; c < s->k; c++) {
            vec_axpy(s->r + c * s->columns, s->p[c * s->rows + i], v + i * s->columns, length);
        }
    }
}

/* Modified Gram-Schmidt, each column twice; a column that depends on those before it becomes zero. */
static void orthonormalize(struct rankk *s)
{
    size_t rows = s->rows;
    for (size_t c = 0; c < s->k; c++) {
        double *column = s->p + c * rows;
        double before = sqrt(vec_norm_sq(column, rows));
        for (size_t other = 0; other < 2 * c; other++) {
            const double *p = s->p + other % c * rows;
            vec_axpy(column, -vec_dot(p, column, rows), p, rows);
        }
        double after = sqrt(vec_norm_sq(column, rows));
        if (after > 0x1p-40 * before) {
            vec_scale(column, 1.0 / after, column, rows);
        } else {
            vec_zero(column, rows);
        }
    }
}

static void find_factors(struct rankk *s, const struct lac_draw *draw, const double *v)
{
    struct lac_stream stream = lac_draw_stream(draw, draw->client, LAC_PURPOSE_ROUNDING, 0);
    struct lac_rng rng;
    size_t count = s->k * s->columns;
    double unit = rankk_unit(s, v);
    lac_rng_init(&rng, &stream);
    for (size_t j = 0; j < count; j++) {
        s->r[j] = unit * lac_rng_normal(&rng);
    }
    for (uint64_t i = 1;; i++) {
        multiply(s, v);
        orthonormalize(s);
        multiply_transposed(s, v);
        if (i == s->iterations) {
            return;
        }
        vec_scale(s->r, unit, s->r, count); /* R and M both have the size of v */
        vec_scale(s->r, unit, s->r, count);
    }
}

static lac_status write_factor(const struct rankk *s, const double *x, size_t count,
                               struct lac_writer *w)
{
    for (size_t j = 0; j < count; j++) {
        LAC_TRY(lac_scalar_write(w, s->single, x[j], "rankk"));
    }
    return LAC_OK;
}

static double paper_bits(const struct rankk *s)
{
    return 32.0 * (double)s->k * (double)(s->rows + s->columns);
}

static lac_status rankk_encode(void *state, const struct lac_draw *draw, const double *v,
                               struct lac_writer *w)
{
    struct rankk *s = state;
    find_factors(s, draw, v);
    if (!vec_finite(s->r, s->k * s->columns)) {
        return LAC_FAIL(
            LAC_E_NUMERIC,
            "rankk: sums over the entries are above the largest double; scale the data");
    }
    LAC_TRY(write_factor(s, s->p, s->k * s->rows, w));
    LAC_TRY(write_factor(s, s->r, s->k * s->columns, w));
    w->bits.paper += (uint64_t)paper_bits(s);
    return LAC_OK;
}

static void read_factor(const struct rankk *s, double *x, size_t count, struct lac_reader *r)
{
    for (size_t j = 0; j < count; j++) {
        x[j] = lac_scalar_read(r, s->single);
    }
}

static lac_status rankk_decode_add(void *state, const struct lac_draw *draw, struct lac_reader *r,
                                   double factor, double *acc)
{
    struct rankk *s = state;
    (void)draw;
    read_factor(s, s->p, s->k * s->rows, r);
    read_factor(s, s->r, s->k * s->columns, r);
    if (r->bad || !vec_finite(s->p, s->k * s->rows) || !vec_finite(s->r, s->k * s->columns)) {
        return LAC_FAIL(LAC_E_PROTOCOL, "rankk: a section holds no two factors of rank %zu", s->k);
    }
    for (size_t i = 0; i < s->rows; i++) {
        size_t length = row_length(s, i);
        vec_scale(s->row, s->p[i], s->r, length);
        for (size_t c = 1; c < s->k; c++) {
            vec_axpy(s->row, s->p[c * s->rows + i], s->r + c * s->columns, length);
        }
        vec_axpy(acc + i * s->columns, factor, s->row, length);
    }
    r->bits.paper += (uint64_t)paper_bits(s);
    return LAC_OK;
}

static const struct lac_whole rankk_whole = {rankk_setup, rankk_encode, rankk_decode_add};
static const char *const rankk_examples[] = {"rankk:k=1", "rankk:k=2", "rankk:k=2,iterations=3",
                                             NULL};

const struct lac_compressor lac_compressor_rankk = {
    .name = "rankk",
    .usage = "rankk:k=K or rankk:k=K,iterations=I",
    .summary = "v as a matrix, projected on a subspace of K columns",
    .definition = "P P^T M, P an orthonormal basis of (M M^T)^(I-1) M G, G Gaussian",
    .alpha = "K/ceil(d/ceil(sqrt d))",
    .bits = "K (A + B) values",
    .paper = "Vogels, Karimireddy, Jaggi, NeurIPS 2019, arXiv:1905.13727",
    .examples = rankk_examples,
    .codec = LAC_CODEC_RANKK,
    .state_size = sizeof(struct rankk),
    .whole = &rankk_whole,
};

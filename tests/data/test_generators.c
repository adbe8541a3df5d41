/* Generated problems have the constants that were asked for, and depend on nothing else. */
#include <math.h>

#include "base/vec.h"
#include "data/orthogonal.h"
#include "tap.h"
#include "texts.h"

static struct lac_arena arena;

static lac_status check(const char *text, uint32_t n, uint32_t *d, const struct lac_generator **g)
{
    struct lac_spec spec;
    lac_status status = lac_spec_parse(&spec, text, &arena);
    return status == LAC_OK ? lac_generator_check(&spec, n, d, g) : status;
}

static struct lac_rows generate(const char *text, uint64_t seed, uint32_t n, uint32_t client)
{
    struct lac_spec spec;
    struct lac_rows rows = {0};
    if (lac_spec_parse(&spec, text, &arena) != LAC_OK ||
        lac_generate(&spec, seed, n, client, 1, &rows, &arena) != LAC_OK) {
        printf("# %s: %s\n", text, lac_failure());
    }
    return rows;
}

/* Singular values, descending, of the rows of clients first .. first + count - 1, stacked. */
static double *singular_values(const char *text, uint32_t n, uint32_t first, uint32_t count,
                               size_t *q)
{
    struct lac_rows one = generate(text, 9, n, first);
    size_t m = one.m * count, d = one.d, longer = m > d ? m : d;
    double *w, *j, *sigma;
    *q = m > d ? d : m;
    LAC_ASSERT(LAC_NEW(&arena, longer * *q, &w) == LAC_OK &&
               LAC_NEW(&arena, *q * *q, &j) == LAC_OK && LAC_NEW(&arena, *q, &sigma) == LAC_OK);
    for (size_t r = 0; r < m; r++) {
        struct lac_rows rows =
            r % one.m ? one : generate(text, 9, n, first + (uint32_t)(r / one.m));
        one = rows;
        for (size_t k = 0; k < d; k++) {
            w[m > d ? k * m + r : r * d + k] = entry_of(&rows, r % rows.m, k);
        }
    }
    LAC_ASSERT(lac_jacobi_columns(w, longer, *q, j) == LAC_OK);
    for (size_t t = 0; t < *q; t++) {
        sigma[t] = sqrt(vec_norm_sq(w + t * longer, longer));
    }
    return sigma;
}

static void test_all(void)
{
    size_t count;
    const struct lac_generator *const *list = lac_generators(&count);
    for (size_t g = 0; g < count; g++) {
        char text[64];
        uint32_t d, d_usage;
        bool two = list[g]->two_classes;
        const struct lac_generator *found = NULL;
        snprintf(text, sizeof text, "synth:%s", list[g]->name);
        tap_ok(check(text, 5, &d, &found) == LAC_OK && found == list[g], "%s alone is enough",
               text);
        tap_ok(check(list[g]->usage, 5, &d_usage, NULL) == LAC_OK && d == d_usage,
               "%s: its usage is valid and gives the defaults", list[g]->name);
        struct lac_rows a = generate(text, 1, 5, 2), b = generate(text, 1, 5, 2);
        struct lac_rows usage = generate(list[g]->usage, 1, 5, 2);
        struct lac_rows seed = generate(text, 2, 5, 2), client = generate(text, 1, 5, 3);
        tap_ok(a.m > 0 && lac_rows_dimension(&a) == d && same_rows(&a, &b) && same_rows(&a, &usage),
               "%s: the same seed and client give the same bits, whatever came between", text);
        tap_ok(!same_rows(&a, &seed) && !same_rows(&a, &client),
               "%s: another seed or client gives other rows", text);
        tap_ok(lac_kernels_select("portable") == LAC_OK &&
                   (b = generate(text, 1, 5, 2), same_rows(&a, &b)),
               "%s: every instruction set gives the same bits", text);
        bool ones = true, finite = true;
        for (size_t r = 0; r < a.m; r++) {
            ones = ones && fabs(a.label[r]) == 1.0;
            for (size_t k = 0; k < a.d; k++) {
                finite = finite && isfinite(entry_of(&a, r, k));
            }
        }
        tap_ok(finite && (!two || ones), "%s: finite%s", text, two ? ", labels +1 and -1" : "");
        tap_ok(lac_kernels_select(NULL) == LAC_OK, "back to the fastest instruction set");
    }
}

static void test_least_squares(void)
{
    static const struct {
        const char *text;
        uint32_t n, m, d;
        double L, mu;
    } cases[] = {
        {"synth:least-squares,d=30,m=4,L=10,mu=1", 10, 4, 30, 10.0, 1.0},
        {"synth:least-squares,d=30,m=6,L=7.5,mu=0.01,noise=3", 10, 6, 30, 7.5, 0.01},
        {"synth:least-squares,d=30,m=4,L=10,mu=1,noise=0,uniform=1", 10, 4, 30, 10.0, 1.0},
        {"synth:least-squares,d=64,m=2,L=10,mu=1,noise=0,uniform=1", 10, 2, 64, 10.0, 1.0},
        {"synth:least-squares,d=48,m=3,L=2,mu=0.5", 5, 3, 48, 2.0, 0.5},
        {"synth:least-squares,d=1,m=3,L=2,mu=0.5", 5, 3, 1, 2.0, 2.0},
        {"synth:least-squares,d=7,m=1,L=4,mu=4", 1, 1, 7, 4.0, 4.0},
        {"synth:least-squares,d=64,m=64,L=1e6,mu=1e-3", 1, 64, 64, 1e6, 1e-3},
        {"synth:least-squares,d=9,m=5,L=3,mu=0", 4, 5, 9, 3.0, 0.0},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        size_t q;
        double *sigma = singular_values(cases[c].text, cases[c].n, 0, cases[c].n, &q);
        double scale = 2.0 / (cases[c].n * cases[c].m), worst = 0.0, L = cases[c].L,
               mu = cases[c].mu;
        for (size_t t = 0; t < q; t++) {
            double part = q > 1 ? (double)(q - 1 - t) / (double)(q - 1) : 1.0;
            worst = fmax(worst, fabs(scale * sigma[t] * sigma[t] - (mu + (L - mu) * part)) / L);
        }
        tap_ok(worst < 1e-13, "%s: the eigenvalues are those asked for (%.1e)", cases[c].text,
               worst);
        double off = 0.0;
        for (uint32_t i = 0; i < cases[c].n; i++) {
            struct lac_rows rows = generate(cases[c].text, 9, cases[c].n, i);
            for (size_t r = 0; r < rows.m; r++) {
                off =
                    fmax(off, fabs(vec_sum(rows.dense + r * rows.stride, rows.d) - rows.label[r]));
            }
        }
        bool noisy = strstr(cases[c].text, "noise") != NULL;
        tap_ok(noisy ? off > 1.0 && off < 18.0 : off == 0.0, "%s: %s", cases[c].text,
               noisy ? "targets are noisy" : "x = (1, ..., 1) interpolates");
    }
    double sum = 0.0, least = 1e9, most = 0.0;
    for (uint32_t i = 0; i < 50; i++) {
        size_t q;
        double sigma = *singular_values("synth:least-squares,d=1000,m=12", 50, i, 1, &q);
        double L_i = 2.0 / 12.0 * sigma * sigma;
        sum += L_i / 50.0;
        least = fmin(least, L_i);
        most = fmax(most, L_i);
    }
    tap_ok(sum > 290.0 && sum < 340.0 && least > 240.0 && most < 400.0,
           "least squares of DCGD/PermK: L_i from %.0f to %.0f, mean %.0f (a full SVD: 306)", least,
           most, sum);
}

/* uniform=A: (1, ..., 1)/sqrt d is the eigenvector of mu, its image the same number in every row but for its order,
   so that the loss at 0 is that of the paper's matrices, 1.44e4: (sqrt d + 5 sqrt N)^2/2 + (100/12) N/2 = 1.43e4. */
static void test_uniform(void)
{
    double image = 0.0, loss = 0.0, uneven = 0.0;
    const char *text = "synth:least-squares,d=1000,m=12,uniform=10";
    for (uint32_t i = 0; i < 50; i++) {
        struct lac_rows rows = generate(text, 3, 50, i);
        for (size_t r = 0; r < rows.m; r++) {
            double one = vec_sum(rows.dense + r * rows.stride, rows.d);
            image += one * one * 2.0 / (600.0 * 1000.0);
            uneven = fmax(uneven, fabs(one / sqrt(500.0) - 1.0));
            loss += rows.label[r] * rows.label[r] / 600.0;
        }
    }
    tap_ok(fabs(image - 1.0) < 1e-12 && uneven < 1e-12,
           "%s: (1, ..., 1) has the eigenvalue mu = 1 (%.15g), even over the rows (%.1e)", text,
           image, uneven);
    tap_ok(fabs(loss / 1.44e4 - 1.0) < 0.05, "%s: the loss at 0 is %.4g, the paper's 1.44e4", text,
           loss);
}

static void test_lvar(void)
{
    double worst = 0.0, mean = 0.0, square = 0.0;
    const uint32_t n = 200;
    for (uint32_t i = 0; i < n; i++) {
        size_t q;
        double sigma = *singular_values("synth:lvar,kappa=2", n, i, 1, &q);
        double L_i = 0.2 * sigma * sigma,
               asked = log(1.0 - (i + 0.5) / n) * log(1.0 - (i + 0.5) / n);
        worst = fmax(worst, fabs(L_i / asked - 1.0));
        mean += L_i / n;
        square += L_i * L_i / n;
    }
    tap_ok(worst < 1e-12, "lvar: (2/m) sigma_max^2 of every client is l_i (%.1e)", worst);
    tap_ok(fabs(mean - 2.0) < 0.1 && fabs(square - mean * mean - 20.0) < 5.0,
           "lvar: with kappa = 2 the l_i have mean 2 and variance 20 nearly (%.2f, %.1f)", mean,
           square - mean * mean);
    struct lac_rows rows = generate("synth:lvar,kappa=1,d=500,m=10", 1, 100, 99);
    tap_ok(rows.m == 10 && rows.d == 500, "lvar: wide matrices");
}

static void test_rare(void)
{
    enum { N = 20, D = 60 };
    static const char text[] = "synth:rare,d=60,m=12,c=0.25,L=20,mu=1,s=0.1";
    int holders[D] = {0};
    double worst = 0.0;
    bool sparse = true;
    for (uint32_t i = 0; i < N; i++) {
        struct lac_rows rows = generate(text, 9, N, i);
        size_t k = 0, q;
        for (size_t f = 0; f < D; f++) {
            bool mine = false;
            for (size_t r = 0; r < rows.m; r++) {
                mine = mine || entry_of(&rows, r, f) != 0.0;
            }
            k += mine;
            holders[f] += mine;
        }
        sparse = sparse && (rows.dense == NULL) == (5 * k < 2 * D);
        double *sigma = singular_values(text, N, i, 1, &q);
        for (size_t t = 0; t < 12 && t < k; t++) {
            double lambda = 19.0 * (double)t / (double)(k - 1) + 1.0;
            double asked = 0.9 * sqrt(lambda) + (i == 0 ? 1.0 : 0.0);
            size_t place = (k < 12 ? k : 12) - 1 - t; /* ours descend */
            worst = fmax(worst, fabs(sigma[place] / sqrt(6.0) - asked));
        }
    }
    bool right = true;
    for (size_t f = 0; f < D; f++) {
        right = right && holders[f] == 5;
    }
    tap_ok(right, "rare: every feature is held by ceil(c n) clients");
    tap_ok(worst < 1e-12, "rare: every client has the singular values asked for (%.1e)", worst);
    tap_ok(sparse, "rare: sparse where less than 2 of 5 values are stored");
}

static void test_logistic(void)
{
    enum { N = 100 };
    double alike = 0.0, apart = 0.0, L_max = 0.0;
    for (uint32_t i = 0; i < N; i++) {
        double mean[2] = {0.0, 0.0};
        for (int h = 0; h < 2; h++) {
            struct lac_rows rows =
                generate(h ? "synth:logistic" : "synth:logistic,heterogeneity=0", 9, N, i);
            for (size_t k = 0; k < rows.d; k++) {
                double sum = 0.0;
                for (size_t r = 0; r < rows.m; r++) {
                    sum += entry_of(&rows, r, k) / (double)rows.m;
                }
                mean[h] += sum * sum;
            }
        }
        alike += mean[0] / N;
        apart += mean[1] / N;
        size_t q;
        double sigma = *singular_values("synth:logistic", N, i, 1, &q);
        L_max = fmax(L_max, sigma * sigma / 80.0);
    }
    /* Of a mean over 20 rows: 40 (4/40)/20, and 40 (4/40) 0.49 more. */
    tap_ok(fabs(alike - 0.2) < 0.03 && fabs(apart - 2.16) < 0.3,
           "logistic: heterogeneity shifts the means of the clients (%.2f, %.2f)", alike, apart);
    tap_ok(L_max > 0.7 && L_max < 1.3, "logistic: L_max is %.2f (the experiment's was 0.90)",
           L_max);
}

static const struct lac_rows *all_clients(const char *text, uint32_t n)
{
    struct lac_spec spec;
    struct lac_rows *rows;
    LAC_ASSERT(lac_spec_parse(&spec, text, &arena) == LAC_OK &&
               LAC_NEW(&arena, n, &rows) == LAC_OK &&
               lac_generate(&spec, 9, n, 0, n, rows, &arena) == LAC_OK);
    return rows;
}

/* Mean and variance of s_r 4 = c, of t_r and of the label's own draw, over n clients of m rows. */
struct draws {
    double c, c_variance, zeta, zeta_variance, shift;
    bool same_shift;
};

static struct draws draws_of(const char *text, uint32_t n, uint32_t m, double s, bool worst_case)
{
    struct draws a = {.same_shift = true};
    const struct lac_rows *rows = all_clients(text, n);
    a.shift = entry_of(&rows[0], 0, 1);
    for (size_t k = 0; k < (size_t)n * m; k++) {
        const struct lac_rows *one = &rows[k / m];
        double share = 1.0 / (n * m), quarter = entry_of(one, k % m, 0), b = one->label[k % m];
        double zeta = worst_case ? (b / quarter + 1.0) / s : (b + 0.25) / s;
        a.c += 4.0 * quarter * share;
        a.c_variance += (4.0 * quarter - 1.0) * (4.0 * quarter - 1.0) * share;
        a.zeta += zeta * share;
        a.zeta_variance += zeta * zeta * share;
        a.same_shift = a.same_shift && entry_of(one, k % m, 1) == a.shift;
    }
    a.c_variance -= (a.c - 1.0) * (a.c - 1.0);
    return a;
}

static void test_tridiagonal(void)
{
    struct draws a = draws_of("synth:tridiagonal,d=10,m=3,s=0.2", 5000, 3, 0.2, true);
    double least = 2.0 - 2.0 * cos(acos(-1.0) / 11.0);
    tap_ok(fabs(a.c - 1.0) < 0.008 && fabs(sqrt(a.c_variance) - 0.2) < 0.006 &&
               fabs(a.zeta) < 0.04 && fabs(a.zeta_variance - 1.0) < 0.05,
           "worst_case: c ~ 1 + s N(0, 1), zeta ~ N(0, 1) (%.3f %.3f %.3f %.3f)", a.c, a.c_variance,
           a.zeta, a.zeta_variance);
    tap_ok(a.same_shift && fabs(a.c / 4.0 * least + a.shift - 0.001) < 1e-13,
           "worst_case: the mean over all clients and rows has the smallest eigenvalue mu");
    a = draws_of("synth:tridiagonal,family=lipt_different,s=0.5,m=3", 5000, 3, 0.5, false);
    tap_ok(fabs(a.c - 1.5) < 0.02 && fabs(sqrt(a.c_variance) - 0.5) < 0.03 && a.shift == 0.0 &&
               fabs(a.zeta) < 0.04 && fabs(a.zeta_variance - 1.0) < 0.05 && a.same_shift,
           "lipt_different: c ~ 1 + s Exp(1), zeta ~ N(0, 1), no shift (%.3f %.3f %.3f %.3f)", a.c,
           a.c_variance, a.zeta, a.zeta_variance);
    struct lac_rows zero = generate("synth:tridiagonal,s=0", 9, 7, 3);
    tap_ok(zero.m == 1 && entry_of(&zero, 0, 0) == 0.25 && zero.label[0] == -0.25,
           "s = 0 leaves every client A = T/4 + t I and b = -1/4 e_1");
}

/* The constants of the specification's table, d = 10, 1000 clients: one draw each, as here. */
static void test_tridiagonal_constants(void)
{
    static const struct {
        const char *text;
        double s, minus, plus, variance; /* L_-, L_+, L_+- */
    } table[] = {{"synth:tridiagonal,s=0", 0.0, 0.961, 0.961, 0.0},
                 {"synth:tridiagonal,s=0.1", 0.1, 0.966, 0.971, 0.098},
                 {"synth:tridiagonal,s=1", 1.0, 1.02, 1.41, 0.978}};
    for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
        double minus = 0.0, plus = 0.0, variance = 0.0;
        const struct lac_rows *rows = all_clients(table[k].text, 1000);
        for (int j = 1; j <= 10; j++) {
            double lambda = 2.0 - 2.0 * cos(j * acos(-1.0) / 11.0), mean = 0.0, square = 0.0;
            for (uint32_t i = 0; i < 1000; i++) {
                double own = entry_of(&rows[i], 0, 0) * lambda + entry_of(&rows[i], 0, 1);
                mean += own / 1000.0;
                square += own * own / 1000.0;
            }
            minus = fmax(minus, fabs(mean));
            plus = fmax(plus, sqrt(square));
            variance = fmax(variance, sqrt(fmax(square - mean * mean, 0.0)));
        }
        double draw = 0.001 + 0.14 * table[k].s; /* 4 standard errors of a mean of 1000 c */
        tap_ok(fabs(minus - table[k].minus) < draw && fabs(plus - table[k].plus) < draw &&
                   fabs(variance - table[k].variance) < draw,
               "%s: L_-, L_+, L_+- are %.3f, %.3f, %.3f", table[k].text, minus, plus, variance);
    }
}

static void test_refusals(void)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"synth",
         "'synth': name a generator: synth:least-squares, synth:logistic, synth:rare, synth:lvar, "
         "synth:tridiagonal or synth:softmax"},
        {"synth:d=5",
         "'synth:d=5': name a generator: synth:least-squares, synth:logistic, synth:rare, synth:lvar, "
         "synth:tridiagonal or synth:softmax"},
        {"synth:softmax,classes=1", "'synth:softmax,classes=1': classes is from 2 to 256"},
        {"synth:softmax,d=100000000,classes=256",
         "100000000 features for 256 classes make a model of more than 4294967295 numbers"},
        {"synth:tridiagonal,d=1", "'synth:tridiagonal,d=1': d is at least 2"},
        {"synth:tridiagonal,family=worst",
         "'synth:tridiagonal,family=worst': family is worst_case or lipt_different"},
        {"synth:tridiagonal,s=-1", "'synth:tridiagonal,s=-1': s is from 0 to 1e+06"},
        {"synth:logistics",
         "'synth:logistics': there is no generator 'logistics'; did you mean 'logistic'?"},
        {"synth:rare,capa=3",
         "'synth:rare,capa=3': synth has no parameter 'capa'; did you mean 'c'?"},
        {"synth:lvar,kapa=3",
         "'synth:lvar,kapa=3': synth has no parameter 'kapa'; did you mean 'kappa'?"},
        {"synth:lvar,7", "'synth:lvar,7': '7' is no key=value"},
        {"synth:lvar,d=0", "'synth:lvar,d=0': d is from 1 to 100000000"},
        {"synth:lvar,d=1e3", "'synth:lvar,d=1e3': d: '1e3' is no whole number"},
        {"synth:lvar,kappa=-1", "'synth:lvar,kappa=-1': kappa is from 0 to 20"},
        {"synth:lvar,d=500,m=500",
         "'synth:lvar,d=500,m=500': the smaller one of d and m is from 1 to 400"},
        {"synth:least-squares,L=1,mu=2", "'synth:least-squares,L=1,mu=2': mu is from 0 to 1"},
        {"synth:least-squares,L=0", "'synth:least-squares,L=0': L is from 1e-12 to 1e+12"},
        {"synth:rare,c=1.5", "'synth:rare,c=1.5': c is from 0 to 1"},
        {"synth:rare,d=2,c=0.1",
         "'synth:rare,d=2,c=0.1': 2 features held by 2 clients each leave some of the 12 clients without a "
         "feature: c is from 0.5 to 1"},
        {"synth:logistic,heterogeneity=-1",
         "'synth:logistic,heterogeneity=-1': heterogeneity is from 0 to 1e+06"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t d;
        bool good = check(cases[i].text, 12, &d, NULL) == LAC_E_USAGE &&
                    strcmp(lac_failure(), cases[i].says) == 0;
        if (!good) {
            printf("# %s\n", lac_failure());
        }
        tap_ok(good, "refused: %s", cases[i].says);
    }
}

static void test_orthogonal(void)
{
    double worst = 0.0, spread = 0.0;
    for (size_t size = 1; size <= 70; size++) {
        double a[70] = {0}, b[70] = {0};
        struct lac_stream stream = {.seed = size, .purpose = LAC_PURPOSE_TEST};
        a[0] = 1.0;
        b[size - 1] = 1.0;
        lac_mix(a, size, &stream);
        lac_mix(b, size, &stream);
        worst = fmax(worst, fabs(vec_norm_sq(a, size) - 1.0));
        worst = fmax(worst, size > 1 ? fabs(vec_dot(a, b, size)) : 0.0);
        for (size_t k = 0; size >= 32 && k < size; k++) {
            spread = fmax(spread, fabs(a[k]));
        }
    }
    tap_ok(worst < 1e-14, "mixing is orthogonal for every size (%.1e)", worst);
    tap_ok(spread < 0.75, "mixing spreads a unit vector (largest entry %.2f)", spread);
}

int main(void)
{
    test_orthogonal();
    test_all();
    test_least_squares();
    test_uniform();
    test_lvar();
    test_rare();
    test_logistic();
    test_tridiagonal();
    test_tridiagonal_constants();
    test_refusals();
    lac_arena_free(&arena);
    return tap_done();
}

/* Every split of the list gives every row to one client; then what each one promises. */
#include <math.h>

#include "base/rng.h"
#include "tap.h"
#include "texts.h"

enum { MOST_ROWS = 2000, MOST_CLIENTS = 2000 };

static double label[MOST_ROWS], norm_sq[MOST_ROWS];

static void draw(uint64_t seed)
{
    struct lac_rng rng;
    struct lac_stream stream = {.seed = seed, .purpose = LAC_PURPOSE_TEST};
    lac_rng_init(&rng, &stream);
    for (int r = 0; r < MOST_ROWS; r++) {
        label[r] = lac_rng_below(&rng, 4) ? -1.0 : 1.0;
        norm_sq[r] = floor(1e6 * pow(lac_rng_uniform(&rng), 8.0)); /* some are equal */
    }
}

static lac_status split(const char *text, uint64_t seed, uint32_t n, bool drop, uint64_t rows,
                        uint32_t *owner)
{
    struct lac_arena arena = {0};
    struct lac_spec spec;
    lac_status status = lac_spec_parse(&spec, text, &arena);
    if (status == LAC_OK) {
        status = lac_split_rows(&spec, seed, n, drop, rows, label, norm_sq, owner);
    }
    lac_arena_free(&arena);
    return status;
}

/* How many rows each client has; false where some row has an owner that does not exist. */
static bool count_rows(const uint32_t *owner, uint64_t rows, uint32_t n, uint64_t *count,
                       uint64_t *dropped)
{
    memset(count, 0, n * sizeof *count);
    *dropped = 0;
    for (uint64_t r = 0; r < rows; r++) {
        if (owner[r] == LAC_NO_OWNER) {
            ++*dropped;
        } else if (owner[r] < n) {
            count[owner[r]]++;
        } else {
            return false;
        }
    }
    return true;
}

static bool sizes_are_right(const char *text, bool even, bool drop, uint32_t n, uint64_t rows)
{
    static uint32_t owner[MOST_ROWS], again[MOST_ROWS];
    static uint64_t count[MOST_CLIENTS];
    uint64_t dropped, least = rows / n;
    if (split(text, 5, n, drop, rows, owner) != LAC_OK ||
        split(text, 5, n, drop, rows, again) != LAC_OK) {
        printf("# %s, %u clients, %lu rows: %s\n", text, n, (unsigned long)rows, lac_failure());
        return false;
    }
    bool good = count_rows(owner, rows, n, count, &dropped) &&
                memcmp(owner, again, rows * sizeof *owner) == 0 && dropped == (drop ? rows % n : 0);
    for (uint32_t i = 0; good && i < n; i++) {
        uint64_t spread = (i + 1) * rows / n - i * rows / n;
        good = count[i] > 0 && (!even || (count[i] >= least && count[i] <= least + !drop));
        bool by_order = even && !drop && strcmp(text, "lvar") != 0;
        good = good && (!by_order || count[i] == spread);
    }
    if (!good) {
        printf("# %s, %u clients, %lu rows\n", text, n, (unsigned long)rows);
    }
    return good;
}

static void test_all(void)
{
    static const uint32_t clients[] = {1, 2, 3, 7, 10, 97, 500, 999, 1000};
    size_t splits;
    const struct lac_split *const *list = lac_splits(&splits);
    for (size_t s = 0; s < splits; s++) {
        bool even = strcmp(list[s]->name, "dirichlet") != 0;
        const char *text = even ? list[s]->name : "dirichlet:alpha=0.3";
        bool good = true, dropping = true;
        for (size_t c = 0; c < sizeof clients / sizeof *clients; c++) {
            for (uint64_t rows = 1000; rows < 1003; rows++) {
                good = good && sizes_are_right(text, even, false, clients[c], rows);
                dropping =
                    dropping && (!even || sizes_are_right(text, even, true, clients[c], rows));
            }
        }
        tap_ok(good,
               even ? "%s spreads the rows: every one is owned, sizes differ by one at most"
                    : "%s gives every row to a client and leaves none without",
               text);
        if (even) {
            tap_ok(dropping, "%s with --drop-remainder gives every client the same number of rows",
                   text);
        }
    }
}

static void test_orders(void)
{
    static uint32_t owner[MOST_ROWS], other[MOST_ROWS];
    bool good = split("contiguous", 1, 7, false, 1000, owner) == LAC_OK;
    for (int r = 0; r < 1000; r++) {
        good = good && owner[r] * 1000ul / 7 <= (unsigned long)r &&
               (unsigned long)r < (owner[r] + 1) * 1000ul / 7;
    }
    tap_ok(good, "contiguous: client i has the rows from floor(iN/n) to before floor((i+1)N/n)");
    good = split("sorted", 1, 7, false, 1000, owner) == LAC_OK;
    for (int r = 0; r < 1000; r++) {
        for (int q = r + 1; good && q < 1000; q++) {
            good = label[r] < label[q]   ? owner[r] <= owner[q]
                   : label[r] > label[q] ? owner[r] >= owner[q]
                                         : owner[r] <= owner[q];
        }
    }
    tap_ok(good, "sorted: in the order of the labels, equal ones in the order of the file");
    good = split("shuffled", 1, 10, false, 1000, owner) == LAC_OK &&
           split("shuffled", 2, 10, false, 1000, other) == LAC_OK;
    int same = 0, neighbours = 0;
    for (int r = 0; r < 1000; r++) {
        same += owner[r] == other[r];
        neighbours += r > 0 && owner[r] == owner[r - 1];
    }
    tap_ok(
        good && same < 160 && neighbours < 160 && same > 40 && neighbours > 40,
        "shuffled: another seed, another order; neighbours in the file are none (%d, %d of 1000)",
        same, neighbours);
}

/* Mean over the clients of their share of the class that they have most of. */
static double skew(const char *text, uint64_t seed)
{
    static uint32_t owner[MOST_ROWS];
    double positive[20] = {0}, all[20] = {0}, sum = 0.0;
    if (split(text, seed, 20, false, MOST_ROWS, owner) != LAC_OK) {
        return 0.0;
    }
    for (int r = 0; r < MOST_ROWS; r++) {
        all[owner[r]]++;
        positive[owner[r]] += label[r] > 0.0;
    }
    for (int i = 0; i < 20; i++) {
        sum += fmax(positive[i], all[i] - positive[i]) / all[i] / 20.0;
    }
    return sum;
}

static void test_dirichlet(void)
{
    double weak = 0.0, strong = 0.0, extreme = 0.0;
    for (uint64_t seed = 0; seed < 10; seed++) {
        weak += 0.1 * skew("dirichlet:alpha=1e4", seed);
        strong += 0.1 * skew("dirichlet:alpha=0.1", seed);
        extreme += 0.1 * skew("dirichlet:alpha=1e-6", seed);
    }
    tap_ok(weak < 0.8 && strong > 0.85 && extreme > 0.95,
           "dirichlet: the smaller alpha, the more of one class (%.2f, %.2f, %.2f)", weak, strong,
           extreme);
    /* The share of one client of one class has variance (1/n)(1 - 1/n)/(n alpha + 1). */
    static uint32_t owner[MOST_ROWS];
    double one[MOST_ROWS], sum = 0.0, square = 0.0, kept[MOST_ROWS];
    enum { DRAWS = 400, N = 4 };
    memcpy(kept, label, sizeof label);
    memset(label, 0, sizeof label);
    for (int k = 0; k < DRAWS; k++) {
        bool good = split("dirichlet:alpha=0.5", (uint64_t)k, N, false, MOST_ROWS, owner) == LAC_OK;
        one[k] = 0.0;
        for (int r = 0; good && r < MOST_ROWS; r++) {
            one[k] += (owner[r] == 1) / (double)MOST_ROWS;
        }
        sum += one[k] / DRAWS;
        square += one[k] * one[k] / DRAWS;
    }
    double variance = 0.25 * 0.75 / (4 * 0.5 + 1.0);
    tap_ok(fabs(sum - 0.25) < 0.05 && fabs((square - sum * sum) / variance - 1.0) < 0.25,
           "dirichlet: the shares have the mean and variance of Dirichlet (%.3f, %.4f of %.4f)",
           sum, square - sum * sum, variance);
    memcpy(label, kept, sizeof label);
}

static double l_var(const uint32_t *owner, uint64_t rows, uint32_t n)
{
    double sum[MOST_CLIENTS] = {0}, count[MOST_CLIENTS] = {0}, mean = 0.0, square = 0.0;
    for (uint64_t r = 0; r < rows; r++) {
        sum[owner[r]] += norm_sq[r];
        count[owner[r]]++;
    }
    for (uint32_t i = 0; i < n; i++) {
        mean += sum[i] / count[i] / n;
        square += sum[i] / count[i] * (sum[i] / count[i]) / n;
    }
    return square - mean * mean;
}

/* The greedy as it is described, with L_var anew for every row and client. */
static void slow_greedy(uint64_t rows, uint32_t n, uint32_t *owner)
{
    double key[MOST_CLIENTS];
    uint64_t order[MOST_ROWS], count[MOST_CLIENTS] = {0}, longer = rows % n;
    for (uint64_t r = 0; r < rows; r++) {
        order[r] = r;
        owner[r] = LAC_NO_OWNER;
        for (uint64_t p = r; p > 0 && norm_sq[order[p - 1]] > norm_sq[order[p]]; p--) {
            uint64_t other = order[p];
            order[p] = order[p - 1];
            order[p - 1] = other;
        }
    }
    memset(key, 0, sizeof key);
    for (uint32_t i = 0; i < n; i++) {
        uint64_t row = order[(uint64_t)((i + 0.5) * (double)rows / n)];
        owner[row] = i;
        key[i] = norm_sq[row];
        count[i] = 1;
    }
    for (uint64_t p = 0; p < rows; p++) {
        if (owner[order[p]] != LAC_NO_OWNER) {
            continue;
        }
        double most = -1e300, s = norm_sq[order[p]];
        uint32_t best = 0;
        for (uint32_t i = 0; i < n; i++) {
            double mean = 0.0, square = 0.0;
            if (count[i] >= rows / n + (longer > 0)) {
                continue;
            }
            for (uint32_t k = 0; k < n; k++) {
                double L =
                    k == i ? (key[k] + s) / (double)(count[k] + 1) : key[k] / (double)count[k];
                mean += L / n;
                square += L * L / n;
            }
            if (square - mean * mean > most) {
                most = square - mean * mean;
                best = i;
            }
        }
        owner[order[p]] = best;
        key[best] += s;
        longer -= ++count[best] > rows / n;
    }
}

static void test_slow_greedy(void)
{
    static uint32_t fast[MOST_ROWS], slow[MOST_ROWS];
    double kept[MOST_ROWS];
    struct lac_rng rng;
    struct lac_stream stream = {.seed = 4, .purpose = LAC_PURPOSE_TEST};
    bool good = true;
    memcpy(kept, norm_sq, sizeof kept);
    lac_rng_init(&rng, &stream);
    for (int trial = 0; trial < 60; trial++) {
        uint32_t n = 2 + (uint32_t)lac_rng_below(&rng, 6);
        uint64_t rows = n + lac_rng_below(&rng, 60);
        for (uint64_t r = 0; r < rows; r++) {
            norm_sq[r] = lac_rng_uniform(&rng);
        }
        slow_greedy(rows, n, slow);
        good = good && split("lvar", 1, n, false, rows, fast) == LAC_OK &&
               memcmp(slow, fast, rows * sizeof *fast) == 0;
    }
    tap_ok(good, "lvar: the same clients as with L_var computed anew for every row and client");
    memcpy(norm_sq, kept, sizeof kept);
}

static void test_lvar(void)
{
    static uint32_t owner[MOST_ROWS], shuffled[MOST_ROWS];
    bool good = split("lvar", 1, 100, false, 1000, owner) == LAC_OK &&
                split("shuffled", 1, 100, false, 1000, shuffled) == LAC_OK;
    double greedy = l_var(owner, 1000, 100), random = l_var(shuffled, 1000, 100);
    tap_ok(good && greedy > 5.0 * random, "lvar: L_var is %.1f times that of a random split",
           greedy / random);
    /* Two clients, four rows by hand: seeds are places 1 and 3 (norms 2 and 9); L_i 2 and 9. Norm 1 to
       client 0 (means 1.5, 9), then 4 to client 1, the only one that is not full. */
    const double kept[4] = {norm_sq[0], norm_sq[1], norm_sq[2], norm_sq[3]};
    const double by_hand[4] = {9.0, 4.0, 1.0, 2.0};
    memcpy(norm_sq, by_hand, sizeof by_hand);
    good = split("lvar", 1, 2, false, 4, owner) == LAC_OK;
    tap_ok(good && owner[0] == 1 && owner[1] == 1 && owner[2] == 0 && owner[3] == 0,
           "lvar: four rows as by hand");
    norm_sq[2] = (double)INFINITY;
    tap_ok(split("lvar", 1, 2, false, 4, owner) == LAC_E_INPUT,
           "lvar: infinite norms are refused: %s", lac_failure());
    memcpy(norm_sq, kept, sizeof kept);
}

static void test_refusals(void)
{
    static const struct {
        const char *text;
        bool drop;
        const char *says;
    } cases[] = {
        {"shufled", false, "--split: there is no split 'shufled'; did you mean 'shuffled'?"},
        {"xyz", false,
         "--split: there is no split 'xyz': contiguous, shuffled, sorted, dirichlet:alpha=A or lvar"},
        {"dirichlet", false, "'dirichlet': give the concentration, as in dirichlet:alpha=0.5"},
        {"dirichlet:alpha=0", false, "'dirichlet:alpha=0': alpha is from 1e-6 to 1e6"},
        {"dirichlet:alpha=-1", false, "'dirichlet:alpha=-1': alpha is from 1e-6 to 1e6"},
        {"dirichlet:alpa=1", false,
         "'dirichlet:alpa=1': dirichlet has no parameter 'alpa'; did you mean 'alpha'?"},
        {"dirichlet:alpha=1", true,
         "'dirichlet:alpha=1': gives clients different numbers of rows, so there is no remainder; leave "
         "out --drop-remainder"},
        {"lvar:x=1", false, "'lvar:x=1': lvar takes no parameters"},
    };
    uint32_t owner[10];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lac_status status = split(cases[i].text, 1, 2, cases[i].drop, 10, owner);
        bool good = status == LAC_E_USAGE && strcmp(lac_failure(), cases[i].says) == 0;
        if (!good) {
            printf("# %s\n", lac_failure());
        }
        tap_ok(good, "refused: %s", cases[i].says);
    }
    tap_ok(split("sorted", 1, 11, false, 10, owner) == LAC_E_INPUT,
           "more clients than rows are refused: %s", lac_failure());
}

int main(void)
{
    draw(1);
    test_all();
    test_orders();
    test_dirichlet();
    test_slow_greedy();
    test_lvar();
    test_refusals();
    return tap_done();
}

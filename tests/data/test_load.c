/* The rows that clients get: right, and the same however many ranks read them. */
#include <inttypes.h>
#include <math.h>

#include "base/rng.h"
#include "tap.h"
#include "texts.h"

static struct lac_plan plan_of(const struct lac_text *t, enum lac_labels labels, uint32_t n,
                               double **label, double **norm_sq)
{
    struct lac_plan plan = {0};
    struct lac_scan s = scan_in_parts(t, 1, label, norm_sq);
    if (lac_plan_make(&s, t->name, labels, n, 0, &plan) != LAC_OK) {
        printf("# %s\n", lac_failure());
    }
    return plan;
}

static void test_forms(void)
{
    struct lac_text t = text_of("5 1:2 3:-1\n"          /* 0: dense */
                                "2 10:1\n"              /* 1: sparse, only ones */
                                "5\n"                   /* 2: sparse, nothing */
                                "2 1:1 9:1\n"           /* 1 */
                                "5 2:0 10:3 # a: b\n"); /* 3: sparse with an explicit zero */
    const uint32_t owner[] = {0, 1, 2, 1, 3};
    double *label, *norm_sq;
    struct lac_rows rows[4];
    struct lac_arena arena = {0};
    struct lac_plan plan = plan_of(&t, LAC_TWO_CLASSES, 4, &label, &norm_sq);
    TAP_OK(lac_load_rows(&t, &plan, owner, 0, 4, rows, &arena));
    tap_ok(!rows[0].dense && rows[0].m == 1 && rows[0].start[1] == 2 && rows[0].value[1] == -1.0 &&
               rows[0].index[1] == 2,
           "2 of 10 values stored: sparse");
    tap_ok(!rows[1].dense && !rows[1].value && rows[1].m == 2 && rows[1].start[1] == 1 &&
               rows[1].start[2] == 3 && rows[1].index[2] == 8,
           "a matrix of ones stores no values");
    tap_ok(!rows[2].dense && rows[2].m == 1 && rows[2].start[1] == 0,
           "a row without features is a row");
    tap_ok(rows[3].start[1] == 2 && rows[3].value[0] == 0.0 && rows[3].value[1] == 3.0,
           "a zero that is written is stored, a comment is not");
    tap_ok(rows[0].label[0] == 1.0 && rows[1].label[0] == -1.0 && rows[1].label[1] == -1.0,
           "the larger label is +1, the other is -1");
    const uint32_t ones_first[] = {LAC_NO_OWNER, 0, LAC_NO_OWNER, 0, 0};
    TAP_OK(lac_load_rows(&t, &plan, ones_first, 0, 1, rows, &arena));
    tap_ok(rows[0].m == 3 && rows[0].value[0] == 1.0 && rows[0].value[2] == 1.0 &&
               rows[0].value[3] == 0.0 && rows[0].value[4] == 3.0,
           "ones that were read before another value are stored");
    plan = (struct lac_plan){.rows = 5, .d = 10, .n = 4};
    TAP_OK(lac_load_rows(&t, &plan, owner, 1, 2, rows, &arena));
    tap_ok(rows[0].m == 2 && rows[0].label[0] == 2.0, "targets are kept as they are written");
    lac_arena_free(&arena);
    free(label);
    free(norm_sq);
    text_free(&t);
    t = text_of("1 1:1 2:2 3:3\n0 1:5 10:1\n1 2:1 3:1 4:1\n");
    const uint32_t same[] = {0, 0, 0};
    plan = plan_of(&t, LAC_TWO_CLASSES, 1, &label, &norm_sq);
    plan.d = 6;
    tap_ok(lac_load_rows(&t, &plan, same, 0, 1, rows, &arena) == LAC_E_INPUT,
           "a text that is not the one that was scanned is refused: %s", lac_failure());
    plan.d = 10;
    plan.rows = 2;
    tap_ok(lac_load_rows(&t, &plan, same, 0, 1, rows, &arena) == LAC_E_INPUT,
           "a text that has grown is refused: %s", lac_failure());
    plan.rows = 4;
    const uint32_t more[] = {0, 0, 0, 0};
    tap_ok(lac_load_rows(&t, &plan, more, 0, 1, rows, &arena) == LAC_E_INPUT,
           "a text that has shrunk is refused: %s", lac_failure());
    lac_arena_free(&arena);
    free(label);
    free(norm_sq);
    text_free(&t);
}

static void test_classes(void)
{
    struct lac_text t = text_of("7 1:1\n-2 1:1\n7 2:1\n3.5 1:1\n"),
                    other = text_of("7\n-2\n7\n3\n");
    const uint32_t owner[] = {0, 1, 1, 1};
    double *label, *norm_sq;
    struct lac_rows rows[2];
    struct lac_arena arena = {0};
    struct lac_plan plan = plan_of(&t, LAC_CLASSES, 2, &label, &norm_sq);
    TAP_OK(lac_load_rows(&t, &plan, owner, 0, 2, rows, &arena));
    tap_ok(rows[0].classes == 3 && rows[1].classes == 3 && lac_rows_dimension(&rows[0]) == 6,
           "every client knows all classes, and the model has a vector for each");
    tap_ok(rows[0].label[0] == 2.0 && rows[1].label[0] == 0.0 && rows[1].label[1] == 2.0 &&
               rows[1].label[2] == 1.0,
           "labels become the numbers of their classes");
    tap_ok(lac_load_rows(&other, &plan, owner, 0, 2, rows, &arena) == LAC_E_INPUT,
           "a label that was not scanned is refused: %s", lac_failure());
    lac_arena_free(&arena);
    free(label);
    free(norm_sq);
    text_free(&t);
    text_free(&other);
}

static void test_dense(void)
{
    struct lac_text t = text_of("1 1:1 2:2 3:3 10:10\n0 1:0 5:-5 7:7 9:1\n");
    const uint32_t owner[] = {0, 0};
    double *label, *norm_sq;
    struct lac_rows rows;
    struct lac_arena arena = {0};
    struct lac_plan plan = plan_of(&t, LAC_TWO_CLASSES, 1, &label, &norm_sq);
    TAP_OK(lac_load_rows(&t, &plan, owner, 0, 1, &rows, &arena));
    tap_ok(rows.dense && rows.stride == 16 && rows.d == 10 && (uintptr_t)rows.dense % 64 == 0,
           "8 of 20 values stored: dense, padded to whole lines of 64 bytes");
    tap_ok(entry_of(&rows, 0, 9) == 10.0 && entry_of(&rows, 1, 4) == -5.0 &&
               entry_of(&rows, 1, 6) == 7.0 && rows.dense[10] == 0.0 && rows.dense[31] == 0.0,
           "the values stand at their places and zeroes elsewhere");
    lac_arena_free(&arena);
    free(label);
    free(norm_sq);
    text_free(&t);
}

/* A random text of all shapes with the rows that a parser by strtod makes of it. */
static char *random_text(struct lac_rng *rng, int rows, size_t *size)
{
    size_t used = 0, capacity = (size_t)rows * 1100;
    char *bytes = malloc(capacity);
    LAC_ASSERT(bytes);
    for (int r = 0; r < rows; r++) {
        used += (size_t)sprintf(bytes + used, "%s", lac_rng_below(rng, 3) ? "-1" : "+1");
        int style = (int)lac_rng_below(rng, 4);
        for (int k = 1 + (int)lac_rng_below(rng, 3); k <= 40; k += 1 + (int)lac_rng_below(rng, 6)) {
            static const char *const format[] = {"%.0f", "%.3f", "%.9f", "%.17g"};
            bool one = style == 0 && lac_rng_below(rng, 40);
            double value = one ? 1.0 : 10 * lac_rng_normal(rng);
            used += (size_t)sprintf(bytes + used, lac_rng_below(rng, 20) ? " %d:" : "\t %d:", k);
            used += (size_t)sprintf(bytes + used, format[style], value);
        }
        used += (size_t)sprintf(bytes + used, lac_rng_below(rng, 2) ? " \n" : "\n");
    }
    *size = used;
    return bytes;
}

/* The rows of one client as strtod reads them against those that were loaded. */
static bool as_strtod_reads(const char *bytes, const uint32_t *owner, uint32_t client,
                            const struct lac_rows *rows)
{
    char *p = (char *)(uintptr_t)bytes;
    size_t r = 0;
    for (size_t row = 0; *p; row++) {
        double label = strtod(p, &p);
        double sum = 0.0, loaded = 0.0;
        bool mine = owner[row] == client, good = true;
        while (strchr(" \t", *p)) {
            p++;
        }
        for (; *p != '\n'; p += strspn(p, " \t")) {
            size_t k = strtoul(p, &p, 10) - 1;
            double value = strtod(p + 1, &p);
            sum += fabs(value);
            good = good && (!mine || same_bits(entry_of(rows, r, k), value) || value == 0.0);
        }
        for (size_t k = 0; mine && k < rows->d; k++) {
            loaded += fabs(entry_of(rows, r, k));
        }
        if (mine && (!good || label != rows->label[r] || fabs(loaded - sum) > 1e-9 * sum)) {
            printf("# row %zu differs\n", row + 1);
            return false;
        }
        r += mine;
        p++;
    }
    return r == rows->m;
}

static void test_any_ranks(void)
{
    enum { N = 7, ROWS = 900 };
    struct lac_rng rng;
    struct lac_stream stream = {.seed = 3, .purpose = LAC_PURPOSE_TEST};
    size_t size;
    uint32_t owner[ROWS];
    struct lac_rows rows[N], some[N];
    struct lac_arena arena = {0};
    double *label, *norm_sq;
    lac_rng_init(&rng, &stream);
    char *bytes = random_text(&rng, ROWS, &size);
    struct lac_text t = text_copy(bytes, size);
    for (int r = 0; r < ROWS; r++) {
        owner[r] = lac_rng_below(&rng, 9) ? (uint32_t)lac_rng_below(&rng, N) : LAC_NO_OWNER;
    }
    struct lac_plan plan = plan_of(&t, LAC_TWO_CLASSES, N, &label, &norm_sq);
    TAP_OK(lac_load_rows(&t, &plan, owner, 0, N, rows, &arena));
    bool good = true;
    bytes[size] = '\0';
    for (uint32_t i = 0; i < N; i++) {
        good = good && as_strtod_reads(bytes, owner, i, &rows[i]);
    }
    tap_ok(good, "every client has its rows, in the order of the file, to the last bit");
    const uint32_t one_owner[ROWS] = {0};
    TAP_OK(lac_load_rows(&t, &plan, one_owner, 0, 1, some, &arena));
    tap_ok(as_strtod_reads(bytes, one_owner, 0, &some[0]), "one client has all rows");
    good = true;
    for (uint32_t ranks = 2; ranks <= N; ranks++) {
        for (uint32_t rank = 0; rank < ranks; rank++) {
            uint32_t first = rank * N / ranks, count = (rank + 1) * N / ranks - first;
            good = good && lac_load_rows(&t, &plan, owner, first, count, some, &arena) == LAC_OK;
            for (uint32_t i = 0; good && i < count; i++) {
                good = same_rows(&some[i], &rows[first + i]);
            }
        }
    }
    tap_ok(good, "1 to %d ranks load the same rows for every client", N);
    lac_arena_free(&arena);
    free(label);
    free(norm_sq);
    free(bytes);
    text_free(&t);
}

/* Two-class sets as the guide to the data describes them. */
static void test_real(const char *folder, const char *name, uint64_t rows, uint32_t d,
                      size_t positive, int negative_label)
{
    char path[1024];
    struct lac_text t;
    snprintf(path, sizeof path, "%s/libsvm/%s", folder, name);
    if (lac_text_map(&t, path) != LAC_OK) {
        tap_skip("the file is not there", "%s is read", name);
        return;
    }
    double *label, *norm_sq;
    struct lac_scan s = scan_in_parts(&t, 3, &label, &norm_sq);
    struct lac_plan plan = {0};
    bool good = lac_plan_make(&s, name, LAC_TWO_CLASSES, 1, 0, &plan) == LAC_OK;
    struct lac_rows all;
    struct lac_arena arena = {0};
    uint32_t *owner = calloc(plan.rows + 1, sizeof *owner);
    good = good && owner && lac_load_rows(&t, &plan, owner, 0, 1, &all, &arena) == LAC_OK;
    size_t found = 0, other = 0;
    for (size_t r = 0; good && r < all.m; r++) {
        found += all.label[r] == 1.0;
        other += label[r] == negative_label && all.label[r] == -1.0;
    }
    tap_ok(good && s.lines == rows && all.m == rows && s.max_index == d && found == positive &&
               other == rows - positive,
           "%s has %" PRIu64 " rows, largest index %lu, %zu labels +1%s%s", name, rows,
           (unsigned long)d, positive, good ? "" : ": ", good ? "" : lac_failure());
    lac_arena_free(&arena);
    free(owner);
    free(label);
    free(norm_sq);
    lac_text_close(&t);
}

/* As the same text with one more feature, written out. */
static void test_intercept(void)
{
    static const char *const pairs[][2] = {
        {"1 1:2 2:-1\n0 2:3\n1 1:4\n", "1 1:2 2:-1 3:1\n0 2:3 3:1\n1 1:4 3:1\n"},
        {"1 9:1\n0\n1 3:1\n", "1 9:1 10:1\n0 10:1\n1 3:1 10:1\n"},
        {"1 9:2\n0\n1 3:1\n", "1 9:2 10:1\n0 10:1\n1 3:1 10:1\n"},
    };
    const uint32_t owner[] = {0, 1, 0};
    for (size_t k = 0; k < 3; k++) {
        struct lac_rows rows[2], written[2];
        struct lac_arena arena = {0};
        struct lac_text t = text_of(pairs[k][0]), whole = text_of(pairs[k][1]);
        double *label[4];
        struct lac_plan plan = plan_of(&t, LAC_TWO_CLASSES, 2, &label[0], &label[1]);
        struct lac_plan plan_whole = plan_of(&whole, LAC_TWO_CLASSES, 2, &label[2], &label[3]);
        TAP_OK(lac_plan_add_intercept(&plan));
        tap_ok(plan.d == plan_whole.d, "an intercept is one more feature");
        TAP_OK(lac_load_rows(&t, &plan, owner, 0, 2, rows, &arena));
        TAP_OK(lac_load_rows(&whole, &plan_whole, owner, 0, 2, written, &arena));
        tap_ok(same_rows(&rows[0], &written[0]) && same_rows(&rows[1], &written[1]),
               "an intercept is a feature that is 1 in every row, %s, %s",
               rows[0].dense ? "dense" : "sparse", rows[0].value ? "with values" : "only ones");
        lac_arena_free(&arena);
        for (size_t i = 0; i < 4; i++) {
            free(label[i]);
        }
        text_free(&t);
        text_free(&whole);
    }
}

static void test_real_sets(void)
{
    const char *folder = getenv("LACONIC_DATA");
    if (!folder) {
        tap_skip("LACONIC_DATA names no folder", "real files have the rows that their guide says");
        return;
    }
    test_real(folder, "a1a", 1605, 119, 395, -1);
    test_real(folder, "a9a", 32561, 123, 7841, -1);
    test_real(folder, "a9a.t", 16281, 122, 3846, -1);
    test_real(folder, "w8a", 49749, 300, 1479, -1);
    test_real(folder, "mushrooms", 8124, 112, 4208, 1);
    test_real(folder, "australian", 690, 14, 307, -1);
    test_real(folder, "madelon", 2000, 500, 1000, -1);
    test_real(folder, "german.numer", 1000, 24, 300, -1);
    test_real(folder, "splice", 1000, 60, 517, -1);
    test_real(folder, "breast-cancer_scale", 683, 10, 239, -1);
    test_real(folder, "heart_scale", 270, 13, 120, -1);
}

int main(void)
{
    test_forms();
    test_dense();
    test_classes();
    test_any_ranks();
    test_intercept();
    test_real_sets();
    return tap_done();
}

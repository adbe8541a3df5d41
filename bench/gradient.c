/*
 * Gradients on one core, for every instruction set, beside a plain read of the same matrix in the
 * same run; in processor time.
 *
 *   gradient [--read-mb N] [--kernels NAME]     N of the large dense matrix, default 1920 (0: none)
 *
 * Real data through the environment variable LACONIC_DATA.
 */
#include <string.h>

#include "base/kernels.h"
#include "bench.h"
#include "data/data.h"
#include "read.h"
#include "worker/objective/objective.h"

static int missed;

struct job {
    const struct lac_objective *objective;
    const struct lac_rows *rows;
    size_t clients;
    double *x, *gradient, *work;
    double loss;
};

static void gradient_body(void *context)
{
    struct job *job = context;
    for (size_t i = 0; i < job->clients; i++) {
        job->objective->evaluate(&job->rows[i], job->x, job->work, &job->loss, job->gradient);
    }
}

static void read_body(void *context)
{
    struct job *job = context;
    const struct lac_rows *rows = job->rows;
    job->loss = bench_read(rows->dense, rows->m * rows->stride);
}

static lac_status make_job(struct job *job, const char *objective, const struct lac_rows *rows,
                           size_t clients, struct lac_arena *arena)
{
    size_t most = 1;
    *job = (struct job){.rows = rows, .clients = clients};
    LAC_TRY(lac_objective_find(objective, &job->objective));
    LAC_TRY(LAC_NEW(arena, rows->d, &job->x));
    LAC_TRY(LAC_NEW(arena, rows->d, &job->gradient));
    for (size_t i = 0; i < clients; i++) {
        size_t work = job->objective->work(&rows[i]);
        most = work > most ? work : most;
    }
    LAC_TRY(LAC_NEW(arena, most, &job->work));
    for (size_t j = 0; j < rows->d; j++) {
        job->x[j] = 0.01 * (double)(j % 7) - 0.02;
    }
    return LAC_OK;
}

/* Filled by a cheap generator: what the numbers are does not matter, and there may be 2 GB of them. */
static lac_status dense_rows(struct lac_rows *rows, size_t m, size_t d, struct lac_arena *arena)
{
    double *dense, *label;
    uint64_t state = 1;
    *rows = (struct lac_rows){.m = m, .d = d, .stride = (d + 7) / 8 * 8};
    LAC_TRY(LAC_NEW(arena, m * rows->stride, &dense));
    LAC_TRY(LAC_NEW(arena, m, &label));
    for (size_t r = 0; r < m; r++) {
        for (size_t j = 0; j < d; j++) {
            state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            dense[r * rows->stride + j] = (double)(state >> 40) * 0x1p-24 - 0.5;
        }
        label[r] = state >> 63 ? 1.0 : -1.0;
    }
    rows->dense = dense;
    rows->label = label;
    return LAC_OK;
}

/* Targets are those of AVX2 and AVX-512; the portable kernels are reported. */
static double demanded(size_t level, double target)
{
    return level == LAC_PORTABLE ? 0.0 : target;
}

/* The name of the level if it is wanted and this processor has it, and then it is in use. */
static const char *use_level(const char *only, size_t level)
{
    static const char *const names[LAC_LEVELS] = {"portable", "avx2", "avx512"};
    bool wanted = !only || strcmp(only, names[level]) == 0;
    return wanted && lac_kernels_select(names[level]) == LAC_OK ? names[level] : NULL;
}

/* target: the share of the read that is demanded. */
static void dense_table(struct job *job, const char *title, const char *only, double target)
{
    char line[128];
    double bytes = (double)(job->rows->m * job->rows->stride) * 8.0;
    (void)snprintf(line, sizeof line, "%s: %zu x %zu dense, %.1f MB", title, job->rows->m,
                   job->rows->d, bytes * 1e-6);
    bench_header(line);
    for (size_t level = 0; level < LAC_LEVELS; level++) {
        const char *name = use_level(only, level);
        if (!name) {
            continue;
        }
        struct bench_pair times = bench_run_beside(gradient_body, read_body, job);
        bench_row("read", bench_rate(times.reference, bytes), "GB/s");
        (void)snprintf(line, sizeof line, "gradient, %s", name);
        bool met = bench_row_ratio(line, bench_rate(times.body, bytes), "GB/s", times.ratio,
                                   demanded(level, target), "read");
        missed += !met;
    }
}

static void sparse_table(struct job *job, const char *title, const char *only)
{
    char line[128];
    double stored = 0.0, m = 0.0;
    for (size_t i = 0; i < job->clients; i++) {
        m += (double)job->rows[i].m;
        stored += (double)job->rows[i].start[job->rows[i].m];
    }
    (void)snprintf(line, sizeof line, "%s: %.0f x %zu, %.2f values a row%s, %zu client%s", title, m,
                   job->rows->d, stored / m, job->rows->value ? "" : ", all ones", job->clients,
                   job->clients > 1 ? "s" : "");
    bench_header(line);
    for (size_t level = 0; level < LAC_LEVELS; level++) {
        const char *name = use_level(only, level);
        if (!name) {
            continue;
        }
        struct bench_time time = bench_run(gradient_body, job);
        double allowed = 1e-9 * stored + 5e-9 * m;
        (void)snprintf(line, sizeof line, "gradient, %s", name);
        bool met =
            bench_row_ratio(line, bench_scaled(time, 1e9 / m), "ns/row", time.median / allowed,
                            demanded(level, -1.0), "1 ns/value + 5 ns/row");
        missed += !met;
    }
}

static lac_status large(const char *only, size_t megabytes)
{
    struct lac_arena arena = {0};
    struct lac_rows rows;
    struct job job;
    const size_t d = 1000;
    LAC_TRY(dense_rows(&rows, megabytes * 1000000 / (8 * d), d, &arena));
    LAC_TRY(make_job(&job, "logistic", &rows, 1, &arena));
    dense_table(&job, "logistic, beyond the caches", only, 0.7);
    lac_arena_free(&arena);
    return LAC_OK;
}

static lac_status least_squares_round(const char *only)
{
    struct lac_arena arena = {0};
    struct lac_rows rows[10];
    struct job job;
    char line[128];
    for (size_t i = 0; i < 10; i++) {
        LAC_TRY(dense_rows(&rows[i], 100, 1000, &arena));
    }
    LAC_TRY(make_job(&job, "least-squares", rows, 10, &arena));
    bench_header("least squares, 10 clients x 100 rows x d = 1000: all gradients of a round");
    for (size_t level = 0; level < LAC_LEVELS; level++) {
        const char *name = use_level(only, level);
        if (!name) {
            continue;
        }
        struct bench_time time = bench_run(gradient_body, &job);
        (void)snprintf(line, sizeof line, "gradients, %s", name);
        bool met = bench_row_ratio(line, bench_scaled(time, 1e3), "ms", time.median / 0.5e-3,
                                   demanded(level, -1.0), "0.5 ms");
        missed += !met;
    }
    lac_arena_free(&arena);
    return LAC_OK;
}

/* The file, its rows spread over clients as by --split contiguous. */
static lac_status load(const char *folder, const char *set, uint32_t clients, struct lac_rows *rows,
                       struct lac_arena *arena)
{
    char path[4096];
    struct lac_text text;
    struct lac_scan scan;
    struct lac_plan plan;
    struct lac_spec split;
    uint32_t *owner;
    (void)snprintf(path, sizeof path, "%s/libsvm/%s", folder, set);
    LAC_TRY(lac_text_map(&text, path));
    LAC_TRY(lac_scan_stretch(&text, 0, text.size, &scan, NULL, NULL));
    LAC_TRY(lac_plan_make(&scan, set, LAC_TWO_CLASSES, clients, 0, &plan));
    LAC_TRY(LAC_NEW(arena, plan.rows, &owner));
    LAC_TRY(lac_spec_parse(&split, "contiguous", arena));
    LAC_TRY(lac_split_rows(&split, 0, clients, false, plan.rows, NULL, NULL, owner));
    LAC_TRY(lac_load_rows(&text, &plan, owner, 0, clients, rows, arena));
    lac_text_close(&text);
    for (uint32_t i = 0; i < clients; i++) {
        LAC_TRY(lac_rows_prepare(&rows[i], arena));
    }
    return LAC_OK;
}

static lac_status real(const char *only, const char *folder, const char *set, uint32_t clients)
{
    struct lac_arena arena = {0};
    struct lac_rows rows[100];
    struct job job;
    LAC_TRY(load(folder, set, clients, rows, &arena));
    LAC_TRY(make_job(&job, "logistic", rows, clients, &arena));
    if (rows->dense) {
        dense_table(&job, set, only, 0.5);
    } else {
        sparse_table(&job, set, only);
    }
    lac_arena_free(&arena);
    return LAC_OK;
}

static lac_status run(const char *only, uint64_t megabytes)
{
    static const struct {
        const char *name;
        uint32_t clients;
    } sets[] = {{"madelon", 1}, {"a9a", 1}, {"w8a", 1}, {"w8a", 10}};
    const char *folder = getenv("LACONIC_DATA");
    for (size_t i = 0; folder && i < sizeof sets / sizeof *sets; i++) {
        LAC_TRY(real(only, folder, sets[i].name, sets[i].clients));
    }
    if (!folder) {
        printf("LACONIC_DATA is not set: no real data\n");
    }
    LAC_TRY(least_squares_round(only));
    if (megabytes > 0) {
        LAC_TRY(large(only, megabytes));
    }
    return LAC_OK;
}

int main(int argc, char **argv)
{
    const char *only = NULL;
    uint64_t megabytes = 1920;
    lac_status status = LAC_OK;
    bench_clock = CLOCK_THREAD_CPUTIME_ID;
    for (int i = 1; i < argc && status == LAC_OK; i += 2) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(argv[i], "--kernels") == 0) {
            only = value;
            status = lac_kernels_select(only);
        } else if (strcmp(argv[i], "--read-mb") == 0) {
            status = lac_parse_count(argv[i], value, &megabytes);
        } else {
            status = LAC_FAIL(LAC_E_USAGE, "gradient: no option '%s'", argv[i]);
        }
    }
    if (status == LAC_OK) {
        status = run(only, megabytes);
    }
    if (status != LAC_OK) {
        (void)fprintf(stderr, "gradient: %s\n", lac_failure());
        return lac_exit_code(status);
    }
    printf("\n%d of the numbers demanded %s missed\n", missed, missed == 1 ? "was" : "were");
    return missed > 0;
}

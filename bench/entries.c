/*
 * The partial derivatives that PermK's blocks keep, for all clients of a round, beside their whole gradients in
 * the same run; in processor time.
 */
#include "bench.h"
#include "compressor/compressor.h"
#include "worker/objective/objective.h"

enum { MOST_CLIENTS = 100 };

struct job {
    struct lac_local local[MOST_CLIENTS];
    uint32_t clients;
    struct lac_channel_compressor permk;
    double *x, *gradient, *work;
    uint64_t round;
};

static void whole_body(void *context)
{
    struct job *job = context;
    double loss;
    for (uint32_t i = 0; i < job->clients; i++) {
        lac_local_evaluate(&job->local[i], job->x, job->work, &loss, job->gradient);
    }
}

static struct lac_entries block_of(struct job *job, uint32_t client)
{
    struct lac_entries only = {0};
    struct lac_draw draw = {.seed = 1,
                            .round = job->round,
                            .client = client,
                            .position = client,
                            .cohort = job->clients};
    (void)lac_drawn_entries(&job->permk, &draw, &only);
    return only;
}

/* The compressor draws the blocks anyway, and does it once. */
static void draw_body(void *context)
{
    struct job *job = context;
    job->round++;
    for (uint32_t i = 0; i < job->clients; i++) {
        (void)block_of(job, i);
    }
}

static void entries_body(void *context)
{
    struct job *job = context;
    double loss;
    job->round++;
    for (uint32_t i = 0; i < job->clients; i++) {
        struct lac_entries only = block_of(job, i);
        lac_local_evaluate_entries(&job->local[i], &only, job->x, job->work, &loss, job->gradient);
    }
}

/* Filled by a cheap generator: what the numbers are does not matter. */
static lac_status fill(struct lac_rows *rows, size_t m, size_t d, struct lac_arena *arena)
{
    double *dense, *label;
    uint64_t state = 1;
    *rows = (struct lac_rows){.m = m, .d = d, .stride = (d + 7) / 8 * 8};
    LAC_TRY(LAC_NEW(arena, m * rows->stride, &dense));
    LAC_TRY(LAC_NEW(arena, m, &label));
    for (size_t k = 0; k < m * rows->stride; k++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        dense[k] = (double)(state >> 40) * 0x1p-24 - 0.5;
        label[k % m] = state >> 63 ? 1.0 : -1.0;
    }
    rows->dense = dense;
    rows->label = label;
    return LAC_OK;
}

static lac_status compare(const char *objective, uint32_t clients, size_t m, size_t d)
{
    static struct job job;
    struct lac_arena arena = {0};
    struct lac_compressor_size size = {.d = d, .n = clients};
    const struct lac_objective *of;
    char line[128];
    size_t count;
    job = (struct job){.clients = clients};
    LAC_TRY(lac_objective_find(objective, &of));
    LAC_TRY(lac_compressor_open(&job.permk, "permk", &size, &arena));
    for (uint32_t i = 0; i < clients; i++) {
        job.local[i] = (struct lac_local){
            .objective = of, .regularizer = lac_regularizers(&count)[0], .weight = 1.0};
        LAC_TRY(fill(&job.local[i].rows, m, d, &arena));
    }
    LAC_TRY(LAC_NEW(&arena, d, &job.x));
    LAC_TRY(LAC_NEW(&arena, d, &job.gradient));
    LAC_TRY(LAC_NEW(&arena, of->work(&job.local[0].rows), &job.work));
    (void)snprintf(line, sizeof line, "%s, %u clients x %zu rows x d = %zu, permk", objective,
                   clients, m, d);
    bench_header(line);
    struct bench_pair times = bench_run_beside(entries_body, whole_body, &job);
    bench_row("whole gradients of a round", bench_scaled(times.reference, 1e6), "us");
    double draw = bench_run(draw_body, &job).median;
    double alone = 1.0 / times.ratio - draw / times.reference.median;
    (void)bench_row_ratio("what is sent, with the draw of its entries",
                          bench_scaled(times.body, 1e6), "us", 1.0 / times.ratio, 0.0, "the whole");
    printf("%-44s %9.3f %19s %-10s %7.2f  of the whole\n",
           "without the draw, which is needed anyway", 1e6 * (times.body.median - draw), "", "us",
           alone);
    lac_arena_free(&arena);
    return LAC_OK;
}

static lac_status run(void)
{
    LAC_TRY(compare("least-squares", 50, 12, 1000));
    LAC_TRY(compare("logistic", 50, 12, 1000));
    LAC_TRY(compare("least-squares", 10, 100, 1000));
    return compare("least-squares", 50, 12, 20000);
}

int main(void)
{
    bench_clock = CLOCK_THREAD_CPUTIME_ID;
    lac_status status = run();
    if (status != LAC_OK) {
        (void)fprintf(stderr, "entries: %s\n", lac_failure());
    }
    return status == LAC_OK ? 0 : lac_exit_code(status);
}

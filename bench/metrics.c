/*
 * What the columns that are always there cost: solo rounds of 100 us with a row each, written to a run file, beside the same
 * rounds without rows, in turns; and of that the parts that are no evaluation: the clocks of the stages, the row itself.
 * Medians of CPU time. Target: clocks and row below 2 % of such a round.
 */
#include <string.h>
#include <unistd.h>

#include "../tests/method/solo_run.h"
#include "bench.h"
#include "server/server_state.h"

enum { ROUNDS = 400, TURNS = 15, UNTIMED = 20 };

/* Of the program's clock alone: the linker has its calls come here. */
/* NOLINTBEGIN(bugprone-reserved-identifier): names that the linker gives */
int __wrap_clock_gettime(clockid_t clock, struct timespec *t);
int __real_clock_gettime(clockid_t clock, struct timespec *t);
/* NOLINTEND(bugprone-reserved-identifier) */
static long clock_calls;

int __wrap_clock_gettime(clockid_t clock, struct timespec *t)
{
    clock_calls++;
    return __real_clock_gettime(clock, t);
}

struct job {
    struct solo_run run;
    struct lac_run_writer *file; /* NULL: rows go nowhere */
    double before, round[BENCH_SAMPLES_MAX];
    long calls; /* of the clock, in those rounds */
    int count;
};

static lac_status on_row(void *listener, const struct lac_server *s)
{
    struct job *k = listener;
    return k->file ? lac_run_append(k->file, &s->row) : LAC_OK;
}

static lac_status on_round(void *listener, const struct lac_server *s)
{
    struct job *k = listener;
    double now = bench_now();
    if (s->rounds_done > UNTIMED && k->count < BENCH_SAMPLES_MAX) {
        k->round[k->count++] = now - k->before;
        k->calls += clock_calls - 1; /* but for this one's own */
    }
    clock_calls = 0;
    k->before = now;
    return LAC_OK;
}

static lac_status open_file(struct job *k, const char *path)
{
    static const struct lac_run_info info = {.tracked = 0};
    return lac_run_create(&k->file, path, true, &info, &k->run.arena);
}

static lac_status measure(struct job *k, const char *rows, const char *path)
{
    char options[256];
    snprintf(options, sizeof options,
             "--data synth:logistic,d=300,m=66 --clients 20 --method ef21 --compressor topk:5%% "
             "--rounds %d %s",
             ROUNDS, rows);
    LAC_TRY(solo_open(&k->run, options, on_row, k));
    k->run.server.on_round = on_round;
    if (path) {
        LAC_TRY(open_file(k, path));
    }
    return solo_finish(&k->run);
}

static double round_of(const char *rows, const char *path, double *calls)
{
    static struct job k;
    k = (struct job){0};
    if (measure(&k, rows, path) != LAC_OK) {
        fprintf(stderr, "%s\n", lac_failure());
        exit(1);
    }
    double median = bench_summary(k.round, k.count).median;
    *calls = (double)k.calls / k.count;
    if (k.file) {
        lac_run_close(k.file);
    }
    solo_close(&k.run);
    return median;
}

static void read_clock(void *context)
{
    double *sum = context;
    *sum += lac_seconds();
}

/* A row from accounts and sums that are there, checked and written. */
static void make_row(void *context)
{
    struct job *k = context;
    struct lac_row at = lac_server_snapshot(&k->run.server);
    if (lac_server_emit_row(&k->run.server, &at) != LAC_OK) {
        exit(1);
    }
}

static struct bench_time row_alone(const char *path)
{
    static struct job k;
    k = (struct job){0};
    if (measure(&k, "--eval-every 0", path) != LAC_OK) {
        exit(1);
    }
    struct bench_time t = bench_run(make_row, &k);
    lac_run_close(k.file);
    solo_close(&k.run);
    return t;
}

static void print(const char *name, const double *us, int count)
{
    struct bench_time t = bench_summary(us, count);
    printf("%-44s %9.3f %9.3f %9.3f\n", name, t.median, t.low, t.high);
}

int main(void)
{
    char path[64], rows_path[80];
    double none[TURNS], rows[TURNS], file[TURNS], sum = 0.0, calls = 0.0, unused;
    bench_clock = CLOCK_THREAD_CPUTIME_ID;
    snprintf(path, sizeof path, "/tmp/laconic-bench-metrics-%ld.h5", (long)getpid());
    for (int i = 0; i < TURNS; i++) {
        none[i] = 1e6 * round_of("--eval-every 0", NULL, &calls);
        rows[i] = 1e6 * round_of("", NULL, &unused);
        file[i] = 1e6 * round_of("", path, &unused);
    }
    struct bench_time clock = bench_run(read_clock, &sum), row = row_alone(path);
    printf("%-44s %9s %9s %9s\n", "a solo round, us", "median", "10 %", "90 %");
    print("without rows", none, TURNS);
    print("a row each", rows, TURNS);
    print("a row each, into a run file", file, TURNS);
    double round = bench_summary(none, TURNS).median;
    double clocks = 1e6 * clock.median * calls, whole = 1e6 * row.median;
    printf(
        "clocks: %.1f a round of %.1f ns, %.3f us; a row, checked and written: %.3f us; together "
        "%.2f %% of the round, %.2f %% of 100 us\n",
        calls, 1e9 * clock.median, clocks, whole, 100.0 * (clocks + whole) / round, clocks + whole);
    unlink(path);
    snprintf(rows_path, sizeof rows_path, "%s.rows", path);
    unlink(rows_path);
    return 0;
}

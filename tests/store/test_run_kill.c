/* A writer is killed at random moments; whatever is left is read, and is a prefix of the run. */
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "store_test.h"

enum { KILLS = 80 };

static uint32_t next_random(uint32_t *state) /* Marsaglia's xorshift32 */
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* Tells the parent what is safe by contract: which rows were appended. */
struct report {
    uint64_t created, rows;
};

static void write_run(int pipe_end, uint32_t seed, uint64_t rows)
{
    struct lac_arena arena = {0};
    struct lac_run_writer *w = NULL;
    if (lac_run_create(&w, "kill.h5", true, &test_info, &arena) != LAC_OK) {
        _exit(3);
    }
    struct report report = {.created = 1};
    for (uint64_t i = 0; i < rows; i++) {
        if (write(pipe_end, &report, sizeof report) != (ssize_t)sizeof report ||
            !test_append(w, i, i + 1)) {
            _exit(4);
        }
        report.rows = i + 1;
        if (next_random(&seed) % 50 == 0) {
            double model = (double)report.rows;
            if (lac_run_publish(w, "{\"status\": \"running\"}", &model, 1) != LAC_OK) {
                _exit(5);
            }
        }
    }
    double model = (double)rows;
    if (lac_run_publish(w, "{\"status\": \"done\"}", &model, 1) != LAC_OK) {
        _exit(6);
    }
    lac_run_close(w);
    lac_arena_free(&arena);
    _exit(0);
}

static void drain(int pipe_end, struct report *last)
{
    while (read(pipe_end, last, sizeof *last) == (ssize_t)sizeof *last) {
    }
}

static uint64_t microseconds_since(const struct timespec *start)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)((now.tv_sec - start->tv_sec) * 1000000 +
                      (now.tv_nsec - start->tv_nsec) / 1000);
}

/* One reading: rows are a prefix, all that the writer had appended are there, the model is that of
   a row that is there. */
static bool look(const struct report *last, uint64_t *rows, bool *finished)
{
    struct lac_arena arena = {0};
    struct lac_run run;
    bool ok = lac_run_read(&run, "kill.h5", &arena) == LAC_OK && test_rows_hold(&run) &&
              run.row_count >= last->rows &&
              (!run.model || (run.d == 1 && run.model[0] <= (double)run.row_count));
    if (ok) {
        *rows = run.row_count;
        *finished = run.finished;
    }
    lac_arena_free(&arena);
    return ok;
}

/* Reads on while the writer works. */
static bool watch(int pipe_end, struct report *last, uint64_t microseconds)
{
    struct timespec start;
    uint64_t most = 0;
    bool finished;
    clock_gettime(CLOCK_MONOTONIC, &start);
    do {
        uint64_t rows = 0;
        drain(pipe_end, last);
        bool created = last->created; /* before that, the file is the run before this one */
        if (!look(last, &rows, &finished) || (created && rows < most)) {
            return false;
        }
        most = created ? rows : 0;
    } while (microseconds_since(&start) < microseconds);
    return true;
}

struct tally {
    bool watched, left, finished_whole;
    unsigned unfinished, finished;
};

static void one_kill(uint32_t seed, struct tally *t)
{
    int ends[2];
    int result;
    uint32_t state = seed;
    uint64_t wanted = next_random(&state) % 600;
    struct report last = {0};
    if (pipe2(ends, O_NONBLOCK) != 0 || fcntl(ends[1], F_SETFL, 0) != 0) {
        t->watched = false;
        return;
    }
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        write_run(ends[1], seed, wanted);
    }
    close(ends[1]);
    t->watched = watch(ends[0], &last, next_random(&state) % 50000) && t->watched;
    kill(child, SIGKILL);
    waitpid(child, &result, 0);
    drain(ends[0], &last);
    close(ends[0]);
    uint64_t rows = 0;
    bool finished = false;
    t->left = look(&last, &rows, &finished) && t->left;
    if (last.created) {
        t->finished += finished;
        t->unfinished += !finished;
        t->finished_whole = t->finished_whole && (!finished || rows == wanted);
    }
}

int main(void)
{
    struct lac_arena arena = {0};
    struct lac_run_writer *w;
    scratch_enter();
    TAP_OK(lac_run_create(&w, "kill.h5", false, &test_info, &arena));
    lac_run_close(w); /* else its lock would keep the others out */
    struct tally t = {.watched = true, .left = true, .finished_whole = true};
    for (uint32_t i = 0; i < KILLS; i++) {
        one_kill(i * 2654435761u + 1, &t);
    }
    printf("# %u runs killed before their end, %u after it\n", t.unfinished, t.finished);
    tap_ok(t.watched, "a run is readable at any moment, and its rows never become fewer");
    tap_ok(t.left, "after a kill the rows are a prefix without gap or repeat, none appended lost");
    tap_ok(t.finished_whole, "a run that counts as finished has all rows");
    tap_ok(t.unfinished > 0, "some kill came before the end");
    lac_arena_free(&arena);
    return tap_done();
}

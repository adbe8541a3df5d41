/* A writer is killed at random moments: what is left is the old checkpoint or the new one, whole, and the next writer goes on. */
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "checkpoint_test.h"

enum { KILLS = 120 };

static uint32_t next_random(uint32_t *state) /* Marsaglia's xorshift32 */
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* Commits round after round until it is killed; tells each that is committed. */
static void write_on(int pipe_end, uint64_t round, const unsigned char *key)
{
    struct lac_arena arena = {0};
    struct lac_checkpoints *c = open_test(&arena);
    while (c && commit_round(c, round, 1, key) == LAC_OK &&
           write(pipe_end, &round, sizeof round) == (ssize_t)sizeof round) {
        round++;
    }
    printf("# %s\n", lac_failure());
    _exit(1);
}

struct tally {
    long old, new, wrong, killed, half;
    uint32_t window; /* microseconds within which to kill: some commits */
};

/* From a folder that has `round` on; which it has then. */
static uint64_t kill_once(uint64_t round, uint32_t *random, const unsigned char *key,
                          struct tally *t)
{
    int ends[2], result;
    uint64_t told = round, newest = 0;
    fflush(stdout);
    if (pipe(ends) != 0) {
        exit(1);
    }
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        write_on(ends[1], round + 1, key);
    }
    close(ends[1]);
    struct timespec pause = {.tv_nsec = (long)(next_random(random) % t->window) * 1000};
    nanosleep(&pause, NULL);
    kill(child, SIGKILL);
    waitpid(child, &result, 0);
    while (read(ends[0], &told, sizeof told) == (ssize_t)sizeof told) {
    }
    close(ends[0]);
    t->killed += WIFSIGNALED(result);
    t->half += names_with(DIR_NAME, ".tmp-") > 0;
    newest = strtoull(rounds_there(), NULL, 10);
    bool whole = holds(newest, key) && (newest == told || newest == told + 1);
    t->old += newest == told;
    t->new += newest == told + 1;
    if (!whole) {
        printf("# told %llu, there %s: %s\n", (unsigned long long)told, rounds_there(),
               lac_failure());
    }
    t->wrong += !whole;
    return newest;
}

static void kill_often(const unsigned char *key, const char *kind)
{
    struct lac_arena arena = {0};
    struct tally t = {0};
    struct timespec begin, end;
    uint32_t random = 12345;
    uint64_t round = 1;
    tree_remove(".");
    clock_gettime(CLOCK_MONOTONIC, &begin);
    struct lac_checkpoints *c = open_test(&arena);
    TAP_OK(commit_round(c, round, 1, key));
    lac_checkpoints_close(c);
    clock_gettime(CLOCK_MONOTONIC, &end);
    long taken = (end.tv_sec - begin.tv_sec) * 1000000 + (end.tv_nsec - begin.tv_nsec) / 1000;
    t.window = 10000 + 4 * (uint32_t)(taken < 1000000 ? taken : 1000000);
    int kills = getenv("LAC_TEST_SHORT") ? KILLS / 4 : KILLS;
    for (int k = 0; k < kills; k++) {
        round = kill_once(round, &random, key, &t);
    }
    printf("# %s: %ld killed, %ld with one half-written, %ld left the round told, %ld the next\n",
           kind, t.killed, t.half, t.old, t.new);
    tap_ok(t.killed == kills, "%s: each of %d writers lived until it was killed", kind, kills);
    tap_ok(t.wrong == 0, "%s: the old checkpoint or the new one is left, whole", kind);
    tap_ok(t.half > 0 && round > 1, "%s: some were killed with one half-written", kind);
    c = open_test(&arena);
    tap_ok(c && names_with(DIR_NAME, ".tmp-") == 0 && names_with(DIR_NAME, ".lock-") == 0,
           "%s: the next one finds nothing of them", kind);
    lac_checkpoints_close(c);
    lac_arena_free(&arena);
}

int main(void)
{
    checkpoint_scratch();
    test_keys();
    kill_often(NULL, "plain");
    kill_often(good_key, "sealed");
    test_keys_free();
    return tap_done();
}

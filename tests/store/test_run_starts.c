/* Several starts that would write one run file: one does. */
#include <sys/file.h>
#include <sys/wait.h>

#include "store_test.h"

/* A start of another process that has begun its log, and one that was killed there. */
static void test_start_at_work(void)
{
    struct lac_arena arena = {0};
    struct lac_run_writer *w = NULL;
    int other = open("begun.h5.rows.tmp", O_RDWR | O_CREAT | O_EXCL, 0600);
    int image = open("begun.h5.tmp", O_RDWR | O_CREAT | O_EXCL, 0600);
    tap_ok(other >= 0 && image >= 0 && flock(other, LOCK_EX | LOCK_NB) == 0, "another start");
    TAP_OK(lac_run_check("begun.h5", false, &arena));
    expect_failure(lac_run_create(&w, "begun.h5", true, &test_info, &arena), LAC_E_USAGE,
                   "'begun.h5' is being written by a run that goes on",
                   "a run file that another start has begun is not begun, whatever force");
    tap_ok(is_there("begun.h5.rows.tmp") && is_there("begun.h5.tmp") && !is_there("begun.h5"),
           "and what that start has written is left alone");
    close(other);
    close(image);
    TAP_OK(lac_run_create(&w, "begun.h5", false, &test_info, &arena));
    tap_ok(!is_there("begun.h5.rows.tmp"), "one that was killed stands in nobody's way");
    lac_run_close(w);
    lac_arena_free(&arena);
}

enum { AT_ONCE = 4, TIMES = 50 };

struct signals {
    int go[2], said[2], over[2]; /* pipes */
};

/* In a process of its own: says how it went, and keeps what it has until all is over. */
static void begin_at_once(const struct signals *s)
{
    struct lac_arena arena = {0};
    struct lac_run_writer *w = NULL;
    char word;
    close(s->over[1]);
    bool ok = read(s->go[0], &word, 1) == 1;
    lac_status status = lac_run_create(&w, "race.h5", true, &test_info, &arena);
    word = '!';
    if (status == LAC_OK) {
        word = '+';
    } else if (status == LAC_E_USAGE && strstr(lac_failure(), "is being written")) {
        word = '-';
    }
    ok = write(s->said[1], &word, 1) == 1 && ok && read(s->over[0], &word, 1) == 0;
    lac_run_close(w);
    lac_arena_free(&arena);
    _exit(ok ? 0 : 1);
}

static bool race(void)
{
    struct signals s;
    struct lac_arena arena = {0};
    struct lac_run run;
    char word;
    int begun = 0, refused = 0;
    bool ok = pipe(s.go) == 0 && pipe(s.said) == 0 && pipe(s.over) == 0;
    for (int i = 0; i < AT_ONCE; i++) {
        if (fork() == 0) {
            begin_at_once(&s);
        }
    }
    ok = write(s.go[1], "....", AT_ONCE) == AT_ONCE && ok;
    for (int i = 0; i < AT_ONCE; i++) {
        ok = read(s.said[0], &word, 1) == 1 && ok;
        begun += word == '+';
        refused += word == '-';
    }
    ok = lac_run_read(&run, "race.h5", &arena) == LAC_OK && ok;
    close(s.over[1]);
    for (int i = 0, result; i < AT_ONCE; i++) {
        ok = wait(&result) > 0 && result == 0 && ok;
    }
    const int others[] = {s.go[0], s.go[1], s.said[0], s.said[1], s.over[0]};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        close(others[i]);
    }
    lac_arena_free(&arena);
    return ok && begun == 1 && refused == AT_ONCE - 1;
}

static void test_starts_at_once(void)
{
    int right = 0;
    fflush(stdout);
    for (int i = 0; i < TIMES; i++) {
        right += race();
    }
    tap_ok(right == TIMES,
           "of %d starts at one time one begins and the others are refused: %d times of %d",
           AT_ONCE, right, TIMES);
}

int main(void)
{
    scratch_enter();
    test_start_at_work();
    test_starts_at_once();
    return tap_done();
}

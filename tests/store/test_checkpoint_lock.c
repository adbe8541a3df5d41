/* One folder of checkpoints has one writer: a live lock is refused, a stale one taken over, of a race one wins. */
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <time.h>

#include "capture.h"
#include "checkpoint_test.h"

#define LOCK DIR_NAME "/lock"

static struct lac_arena arena;
static const char *warning;

static lac_status open_as(struct lac_checkpoints **c, const char *run)
{
    *c = NULL;
    return lac_checkpoints_open(c, DIR_NAME, run, &arena, &warning);
}

/* A process that takes the lock and then, asked by a byte, ends without giving it back. */
struct holder {
    pid_t process;
    int end;
};

static struct holder hold(void)
{
    int up[2], down[2];
    char byte = 0;
    fflush(stdout);
    if (pipe(up) != 0 || pipe(down) != 0) {
        exit(1);
    }
    struct holder h = {.process = fork(), .end = down[1]};
    if (h.process == 0) {
        struct lac_checkpoints *c;
        close(down[1]);
        byte = open_as(&c, "aa") == LAC_OK;
        _exit(write(up[1], &byte, 1) == 1 && read(down[0], &byte, 1) >= 0 ? 0 : 1);
    }
    close(up[1]);
    close(down[0]);
    tap_ok(read(up[0], &byte, 1) == 1 && byte, "another process has the lock");
    close(up[0]);
    return h;
}

static void end(const struct holder *h)
{
    close(h->end);
    waitpid(h->process, NULL, 0);
}

static void local(void)
{
    struct lac_checkpoints *c, *second;
    char words[64];
    struct holder h = hold();
    snprintf(words, sizeof words, "kept/lock' is held by process %d on ", (int)h.process);
    expect_failure(open_as(&c, "bb"), LAC_E_USAGE, words, "a live lock is refused, and says whose");
    mkdir(DIR_NAME "/.tmp-round-000000001", 0777);
    tap_ok(open_as(&c, "bb") == LAC_E_USAGE && names_with(DIR_NAME, ".tmp-") == 1,
           "and nothing of the other's is removed");
    end(&h);
    TAP_OK(open_as(&c, "bb"));
    snprintf(words, sizeof words, "of process %d on ", (int)h.process);
    tap_ok(warning && strstr(warning, words) && strstr(warning, "that process is gone"),
           "the lock of a process that is gone is taken over with a warning: %s",
           warning ? warning : "");
    tap_ok(names_with(DIR_NAME, ".tmp-") == 0, "and what it left is removed");
    tap_ok(open_as(&second, "bb") == LAC_E_USAGE, "the same process does not lock twice");
    lac_checkpoints_close(c);
    tap_ok(!is_there(LOCK) && names_with(DIR_NAME, ".lock-") == 0, "closing unlocks");
    TAP_OK(open_as(&c, "bb"));
    tap_ok(!warning, "a folder without a lock is opened without a warning");
    lac_checkpoints_close(c);
    lac_checkpoints_close(NULL);
}

static void make_old(long age)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {0}};
    clock_gettime(CLOCK_REALTIME, &times[1]);
    times[1].tv_sec -= age;
    utimensat(AT_FDCWD, LOCK, times, 0);
}

/* The lock with one word in the place of another of the same meaning, so many seconds old. */
static void rewrite(const char *line, const char *by, long age)
{
    char *text = file_text(LOCK), *place = strstr(text, line);
    char edited[2048];
    if (!place) {
        printf("Bail out! no %s in %s\n", line, text);
        exit(1);
    }
    char *rest = strchr(place + 1, '\n');
    snprintf(edited, sizeof edited, "%.*s%s%s", (int)(place - text), text, by, rest);
    FILE *stream = fopen(LOCK, "wb");
    fputs(edited, stream);
    fclose(stream);
    free(text);
    make_old(age);
}

/* Our own lock, as if another machine or an earlier process had made it. */
static void as_if(const char *line, const char *by, long age, const char *why, const char *name)
{
    struct lac_checkpoints *c, *first;
    TAP_OK(open_as(&first, "aa"));
    rewrite(line, by, age);
    lac_status status = open_as(&c, "bb");
    if (why) {
        tap_ok(status == LAC_OK && warning && strstr(warning, why), "%s", name);
    } else {
        expect_failure(status, LAC_E_USAGE, "is held by", name);
    }
    lac_checkpoints_close(c);
    unlink(LOCK);
}

static void elsewhere(void)
{
    as_if("\nhost ", "\nhost far", 590, NULL, "a lock of another machine is live for ten minutes");
    as_if("\nhost ", "\nhost far", 610, "ten minutes", "and then stale");
    as_if("\nplace ", "\nplace other", 590, NULL,
          "so is one of this machine's name but another place");
    as_if("\nplace ", "\nplace other", 610, "ten minutes", "and stale after ten minutes");
    as_if("\nprocess ", "\nprocess 1 77", 0, "gone", "another process of that number is not it");
    as_if("\nprocess ", "\nprocess 0 0", 0, "gone", "no number is no process");
    as_if("laconic-lock", "nonsense", 590, NULL, "what nobody understands is live for ten minutes");
    as_if("laconic-lock", "nonsense", 610, "ten minutes", "and then stale");
    setenv("SLURM_JOB_ID", "42", 1);
    setenv("SLURM_RESTART_COUNT", "1", 1);
    as_if("\nhost ", "\nhost far", 10, NULL, "this start of this job elsewhere is live");
    struct lac_checkpoints *first, *c;
    TAP_OK(open_as(&first, "aa"));
    rewrite("\nhost ", "\nhost far", 10);
    setenv("SLURM_RESTART_COUNT", "2", 1);
    tap_ok(open_as(&c, "bb") == LAC_OK && strstr(warning, "that start of this job is over"),
           "a job of Slurm that was started again takes over from its earlier start");
    lac_checkpoints_close(c);
    unlink(LOCK);
    unsetenv("SLURM_JOB_ID");
    unsetenv("SLURM_RESTART_COUNT");
}

static void refreshes(void)
{
    struct lac_checkpoints *c, *second;
    struct stat facts;
    TAP_OK(open_as(&c, "aa"));
    make_old(610);
    lac_checkpoints_refresh(c);
    tap_ok(stat(LOCK, &facts) == 0 && time(NULL) - facts.st_mtime < 60,
           "a refresh makes the lock new");
    expect_failure(open_as(&second, "bb"), LAC_E_USAGE, "is held by process",
                   "so that nobody takes it over");
    rewrite("\nhost ", "\nhost far", 610);
    TAP_OK(open_as(&second, "bb"));
    expect_failure(commit_round(c, 3, 0, NULL), LAC_E_FAILED, "no longer this run's",
                   "who lost the lock commits nothing");
    TAP_OK(commit_round(second, 4, 0, NULL));
    lac_checkpoints_close(c);
    tap_ok(is_there(LOCK), "and does not remove the other's lock");
    tap_ok(strcmp(rounds_there(), "4") == 0 && holds(4, NULL), "the other's checkpoint is there");
    lac_checkpoints_close(second);
}

/* Somebody removed the lock, and another run made one, whose inode may be the same. */
static void removed(void)
{
    struct lac_checkpoints *c, *second;
    TAP_OK(open_as(&c, "aa"));
    TAP_OK(lac_checkpoints_check(c));
    unlink(LOCK);
    expect_failure(lac_checkpoints_check(c), LAC_E_FAILED, "somebody removed the lock",
                   "a lock that is gone");
    for (int k = 0; k < 20; k++) {
        TAP_OK(open_as(&second, "bb"));
        expect_failure(commit_round(c, 3, 0, NULL), LAC_E_FAILED, "no longer this run's",
                       "another's lock in its place");
        lac_checkpoints_refresh(c);
        lac_checkpoints_close(second);
    }
    TAP_OK(open_as(&second, "bb"));
    rename(DIR_NAME, "away");
    expect_failure(lac_checkpoints_check(second), LAC_E_IO, "No such file",
                   "a folder that went away may come back");
    rename("away", DIR_NAME);
    TAP_OK(lac_checkpoints_check(second));
    lac_checkpoints_close(second);
    lac_checkpoints_close(c);
}

/* A program that is no run holds flock(2) on a lock that is there. */
static void held_by_a_program(void)
{
    struct lac_checkpoints *c, *second;
    TAP_OK(open_as(&c, "aa"));
    rewrite("\nprocess ", "\nprocess 1 77", 0);
    int fd = open(LOCK, O_RDONLY);
    tap_ok(flock(fd, LOCK_EX) == 0, "a program holds it");
    expect_failure(open_as(&second, "bb"), LAC_E_USAGE, "does not let go of it",
                   "and is not waited for without end");
    close(fd);
    TAP_OK(open_as(&second, "bb"));
    lac_checkpoints_close(second);
    lac_checkpoints_close(c);
}

/* Begun by the one, the folder is taken over by the other. */
static void lost_between(void)
{
    struct lac_checkpoints *c, *second;
    struct lac_saved_file file[FILES];
    struct state s = state_of(9);
    struct lac_manifest m = test_manifest(9, file, false);
    const char *folder, *other;
    TAP_OK(open_as(&c, "aa"));
    TAP_OK(lac_checkpoints_begin(c, 9, &folder));
    rewrite("\nhost ", "\nhost far", 610);
    TAP_OK(open_as(&second, "bb"));
    TAP_OK(lac_checkpoints_begin(second, 9, &other));
    TAP_OK(write_test_file(other, 0, &s, &file[0], NULL));
    TAP_OK(write_test_file(other, 1, &s, &file[1], NULL));
    expect_failure(lac_checkpoints_commit(c, &m, 0), LAC_E_FAILED, "no longer this run's",
                   "who lost the lock in between commits nothing either");
    char left[256];
    snprintf(left, sizeof left, "%s/rank-0001.h5", other);
    tap_ok(is_there(left), "and leaves the other's files alone");
    lac_checkpoints_close(c);
    TAP_OK(lac_checkpoints_commit(second, &m, 0));
    lac_checkpoints_close(second);
    tap_ok(holds(9, NULL), "which the other commits");
}

enum { RACERS = 6, RACES = 40 };

/* Begins with the others, tells what became of it, and lives until all have told. */
static void run_race(int gate, int told, int go)
{
    struct lac_checkpoints *c;
    char byte = 0;
    (void)!read(gate, &byte, 1);
    byte = (char)open_as(&c, "bb");
    (void)!write(told, &byte, 1);
    (void)!read(go, &byte, 1);
    _exit(0);
}

/* How many of the racers got the lock; none may fail otherwise than by its being held. stale: a dead one's is there. */
static int race(bool stale)
{
    int gate[2], told[2], go[2], winners = 0;
    char status;
    struct lac_checkpoints *c;
    fflush(stdout);
    if (stale) {
        if (open_as(&c, "aa") != LAC_OK) {
            return -1;
        }
        rewrite("\nprocess ", "\nprocess 1 77", 0);
    }
    if (pipe(gate) != 0 || pipe(told) != 0 || pipe(go) != 0) {
        exit(1);
    }
    for (int k = 0; k < RACERS; k++) {
        if (fork() == 0) {
            close(gate[1]);
            close(go[1]);
            run_race(gate[0], told[1], go[0]);
        }
    }
    close(gate[0]);
    close(gate[1]);
    for (int k = 0; k < RACERS; k++) {
        bool got = read(told[0], &status, 1) == 1;
        winners += !got || (status != LAC_OK && status != LAC_E_USAGE) ? RACERS : status == LAC_OK;
    }
    close(told[0]);
    close(told[1]);
    close(go[0]);
    close(go[1]);
    while (waitpid(-1, NULL, 0) > 0) {
    }
    unlink(LOCK);
    return winners;
}

static void races(void)
{
    for (int stale = 0; stale < 2; stale++) {
        int wrong = 0, count = tap_cases(RACES);
        for (int k = 0; k < count; k++) {
            wrong += race(stale) != 1;
        }
        tap_ok(wrong == 0, "of %d processes that race for %s lock exactly one wins, %d times",
               RACERS, stale ? "a stale" : "the", count);
    }
}

int main(void)
{
    checkpoint_scratch();
    local();
    elsewhere();
    refreshes();
    removed();
    held_by_a_program();
    lost_between();
    races();
    lac_arena_free(&arena);
    return tap_done();
}

/* Stored optima: found again by the digest of their problem, or refused. */
#include <math.h>

#include "store/optimum.h"
#include "store_test.h"

#define ONE   "11111111111111111111111111111111111111111111111111111111111111aa"
#define OTHER "2222222222222222222222222222222222222222222222222222222222222222"

static struct lac_arena arena;

static lac_status store(const char *problem, double value, double gradient_sq, const double *x)
{
    struct lac_run_info info = test_info;
    struct lac_row row = {.round = 7, .loss = value, .grad_norm_sq = gradient_sq};
    info.problem = problem;
    return lac_optimum_store("optima/here", &info, &row, "{\"status\": \"solved\"}", x, 2, &arena);
}

static size_t entries(const char *path)
{
    size_t count = 0;
    DIR *folder = opendir(path);
    while (folder && readdir(folder)) {
        count++;
    }
    if (folder) {
        closedir(folder);
    }
    return count - 2;
}

static bool folder_is(const char *given, const char *wanted)
{
    const char *folder;
    return lac_optimum_folder(given, &arena, &folder) == LAC_OK && strcmp(folder, wanted) == 0;
}

static void places(void)
{
    const char *folder;
    setenv("HOME", "/house", 1);
    setenv("XDG_CACHE_HOME", "/cache", 1);
    setenv("LACONIC_OPTIMA", "/optima", 1);
    tap_ok(folder_is("given", "given"), "--optima wins");
    tap_ok(folder_is(NULL, "/optima"), "else LACONIC_OPTIMA");
    setenv("LACONIC_OPTIMA", "", 1);
    tap_ok(folder_is(NULL, "/cache/laconic"), "else XDG_CACHE_HOME");
    unsetenv("XDG_CACHE_HOME");
    tap_ok(folder_is(NULL, "/house/.cache/laconic"), "else HOME");
    unsetenv("HOME");
    expect_failure(lac_optimum_folder(NULL, &arena, &folder), LAC_E_USAGE, "--optima",
                   "without any of them --optima is asked for");
    TAP_OK(lac_optimum_prepare("optima/here", &arena));
    TAP_OK(lac_optimum_prepare("optima/here", &arena));
    fclose(fopen("file", "w"));
    expect_failure(lac_optimum_prepare("file/in", &arena), LAC_E_IO, "'file/in'",
                   "a folder that cannot be made is named");
}

static void finds(void)
{
    const double x[] = {1.5, -2.0}, y[] = {1.0, 0.25};
    struct lac_optimum found;
    TAP_OK(lac_optimum_find("optima/here", ONE, &found, &arena));
    tap_ok(!found.x && entries("optima/here") == 0, "nothing is found in an empty folder");
    TAP_OK(lac_optimum_find("no/such", ONE, &found, &arena));
    tap_ok(!found.x, "nor in one that is not there");
    TAP_OK(store(ONE, 0.125, 1e-28, x));
    TAP_OK(store(OTHER, 3.0, 0.0, y));
    tap_ok(entries("optima/here") == 2, "two problems are two files, and nothing else is left");
    TAP_OK(lac_optimum_find("optima/here", ONE, &found, &arena));
    tap_ok(found.x && found.d == 2 && same_bytes(found.x, x, sizeof x) && found.value == 0.125 &&
               found.gradient_norm == sqrt(1e-28) && strstr(found.summary, "solved"),
           "x*, f*, |grad f| and the summary come back");
    TAP_OK(store(ONE, 0.0625, 1e-30, y));
    TAP_OK(lac_optimum_find("optima/here", ONE, &found, &arena));
    tap_ok(found.value == 0.0625 && same_bytes(found.x, y, sizeof y) && entries("optima/here") == 2,
           "another takes its place");
}

static void refuses(void)
{
    const double x[] = {1.5, (double)INFINITY};
    struct lac_optimum found;
    expect_failure(lac_optimum_find("optima/here", "../../run", &found, &arena), LAC_E_INPUT,
                   "no digest", "a problem that is no digest never becomes a path");
    tap_ok(rename("optima/here/" OTHER ".h5", "optima/here/" ONE ".h5") == 0, "a file is renamed");
    expect_failure(lac_optimum_find("optima/here", ONE, &found, &arena), LAC_E_INPUT,
                   "not of the problem", "a file of another problem is refused");
    TAP_OK(store(ONE, 0.0625, 1e-30, x));
    expect_failure(lac_optimum_find("optima/here", ONE, &found, &arena), LAC_E_INPUT, "no optimum",
                   "a model that is not finite is refused");
    TAP_OK(store(ONE, (double)NAN, 1e-30, found.x ? found.x : (const double[]){1.0, 2.0}));
    expect_failure(lac_optimum_find("optima/here", ONE, &found, &arena), LAC_E_INPUT, "no optimum",
                   "an f* that is not finite is refused");
    TAP_OK(store(ONE, 0.5, 1e-30, (const double[]){1.0, 2.0}));
    int fd = open("optima/here/" ONE ".h5", O_RDWR);
    char byte = 0;
    bool changed = pread(fd, &byte, 1, 3000) == 1;
    byte ^= 1;
    changed = changed && pwrite(fd, &byte, 1, 3000) == 1;
    close(fd);
    tap_ok(changed, "one bit is changed");
    expect_failure(lac_optimum_find("optima/here", ONE, &found, &arena), LAC_E_INPUT, "damaged",
                   "a damaged file is refused and named");
    tap_ok(truncate("optima/here/" ONE ".h5", 700) == 0, "a file is cut short");
    expect_failure(lac_optimum_find("optima/here", ONE, &found, &arena), LAC_E_INPUT, ONE,
                   "a short file is refused and named");
    TAP_OK(store(ONE, 0.5, 1e-30, (const double[]){1.0, 2.0}));
    TAP_OK(lac_optimum_find("optima/here", ONE, &found, &arena));
    unlink("optima/here/" ONE ".h5");
    mkdir("optima/here/" ONE ".h5", 0777);
    expect_failure(store(ONE, 0.5, 1e-30, (const double[]){1.0, 2.0}), LAC_E_IO, "optima/here",
                   "a file that cannot be put in its place is said");
    tap_ok(entries("optima/here") == 1, "and nothing is left of it");
    rmdir("optima/here/" ONE ".h5");
}

int main(void)
{
    scratch_enter();
    places();
    finds();
    refuses();
    rmdir("optima/here");
    lac_arena_free(&arena);
    return tap_done();
}

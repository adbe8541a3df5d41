#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "tap.h"

static void test_memory(void)
{
    struct lac_arena a = {0};
    bool aligned = true, zeroed = true, apart = true;
    unsigned char *last = NULL;
    size_t last_size = 0;
    for (size_t size = 1; size < 5000; size += 37) {
        unsigned char *p;
        if (lac_arena_array(&a, size, 3, &p) != LAC_OK) {
            tap_ok(false, "an arena gives memory");
            return;
        }
        aligned = aligned && (uintptr_t)p % 64 == 0;
        for (size_t i = 0; i < 3 * size; i++) {
            zeroed = zeroed && p[i] == 0;
        }
        memset(p, 0xFF, 3 * size);
        apart = apart && (!last || p >= last + last_size || p + 3 * size <= last);
        last = p;
        last_size = 3 * size;
    }
    tap_ok(aligned, "what an arena gives is aligned to 64 bytes");
    tap_ok(zeroed, "what an arena gives is zero");
    tap_ok(apart, "what an arena gives does not overlap");
    double *large;
    TAP_OK(LAC_NEW(&a, (size_t)1 << 18, &large));
    large[((size_t)1 << 18) - 1] = 1.0;
    lac_arena_free(&a);
    tap_ok(a.bytes == 0 && !a.first, "an arena is empty after it was freed");
    lac_arena_free(&a);
}

static void test_refusals(void)
{
    struct lac_arena a = {0};
    double *p = NULL;
    tap_ok(lac_arena_array(&a, SIZE_MAX / 4, 8, &p) == LAC_E_MEMORY && !p,
           "a count that overflows is out of memory");
    tap_ok(lac_arena_array(&a, SIZE_MAX - 10, 1, &p) == LAC_E_MEMORY && !p,
           "a size that overflows when rounded up is out of memory");
    TAP_OK(lac_arena_array(&a, 0, 8, &p));
    lac_arena_free(&a);
}

static void test_text(void)
{
    struct lac_arena a = {0};
    char source[] = "topk:k=100";
    const char *copy = NULL;
    TAP_OK(lac_arena_text(&a, source, &copy));
    source[0] = 'X';
    tap_ok(copy && strcmp(copy, "topk:k=100") == 0, "a text is copied into the arena");
    TAP_OK(lac_arena_print(&a, &copy, "%s, %d", copy, 7));
    tap_ok(copy && strcmp(copy, "topk:k=100, 7") == 0, "and printed there, also from itself");
    lac_arena_free(&a);
}

static void test_seal(void)
{
    (void)fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        struct lac_arena a = {0};
        double *p;
        (void)!freopen("/dev/null", "w", stderr);
        lac_arena_seal(&a);
        _exit(LAC_NEW(&a, 1, &p) == LAC_OK ? 0 : 1);
    }
    int status = 0;
    (void)waitpid(child, &status, 0);
    tap_ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT,
           "a sealed arena gives nothing: the program stops");
}

int main(void)
{
    test_memory();
    test_refusals();
    test_text();
    test_seal();
    return tap_done();
}

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/status.h"
#include "tap.h"

static lac_status fails(void)
{
    return LAC_FAIL(LAC_E_INPUT, "%s:%d: index %d", "w8a", 7, 0);
}

static lac_status passes_on(bool *reached)
{
    LAC_TRY(fails());
    *reached = true;
    return LAC_OK;
}

static lac_status goes_on(bool *reached)
{
    LAC_TRY(LAC_OK);
    *reached = true;
    return LAC_OK;
}

static void test_failure(void)
{
    bool reached = false;
    tap_ok(passes_on(&reached) == LAC_E_INPUT && !reached, "LAC_TRY returns what failed");
    tap_ok(strcmp(lac_failure(), "w8a:7: index 0") == 0, "a failure keeps its sentence");
    tap_ok(strncmp(lac_failure_place(), "test_status.c:", 14) == 0, "a failure keeps its place");
    tap_ok(goes_on(&reached) == LAC_OK && reached, "LAC_TRY goes on where nothing failed");
    char text[5000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    (void)LAC_FAIL(LAC_E_INPUT, "%s", text);
    tap_ok(strlen(lac_failure()) > 100 && strlen(lac_failure()) < sizeof text,
           "a very long sentence is cut");
    (void)LAC_FAIL(LAC_E_INPUT, "line 3: %s", lac_failure());
    tap_ok(strncmp(lac_failure(), "line 3: xxx", 11) == 0, "a failure can quote the one before");
}

static void test_codes(void)
{
#define SAME(name, code, text)                                                        \
    tap_ok(lac_exit_code(name) == (code) && strcmp(lac_status_text(name), text) == 0, \
           #name " has its exit status and its text");
    LAC_STATUS_LIST(SAME)
#undef SAME
}

static void exit_quietly(const char *text)
{
    _exit(strstr(text, "1 == 2") ? 42 : 43);
}

static int status_of_bug(void (*hook)(const char *))
{
    (void)fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        (void)!freopen("/dev/null", "w", stderr);
        lac_set_bug_hook(hook);
        LAC_ASSERT(1 == 2);
        _exit(0);
    }
    int status = 0;
    (void)waitpid(child, &status, 0);
    return status;
}

static void test_bug(void)
{
    int status = status_of_bug(NULL);
    tap_ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "a bug aborts");
    status = status_of_bug(exit_quietly);
    tap_ok(WIFEXITED(status) && WEXITSTATUS(status) == 42,
           "a bug first runs the hook, with its text");
}

int main(void)
{
    test_failure();
    test_codes();
    test_bug();
    return tap_done();
}

#include "command/gnuplot.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clean.h"

extern char **environ;

/* In single quotes gnuplot knows one special letter, the quote; doubled it is read wrongly next to another one, so
   that it is a string of its own. */
void gnuplot_put_text(FILE *script, const char *text, size_t bytes, bool cut)
{
    fputc('\'', script);
    for (size_t k = 0; k < bytes;) {
        size_t letter = lac_letter(text + k);
        if (letter == 0) {
            bool control = (unsigned char)text[k] < 0x20 || text[k] == 0x7f;
            fputc(control ? ' ' : '?', script);
            k++;
            continue;
        }
        if (text[k] == '\'') {
            fputs("'.\"'\".'", script);
        } else {
            fwrite(text + k, 1, letter, script);
        }
        k += letter;
    }
    fputs(cut ? "…'" : "'", script);
}

/* gnuplot does not look whether its writes fail: the limit of the size of files, which this program survives, has to
   end it, or half a picture would pass for one. */
static int set_signals(posix_spawnattr_t *attributes)
{
    sigset_t limits;
    sigemptyset(&limits);
    sigaddset(&limits, SIGXFSZ);
    int reason = posix_spawnattr_init(attributes);
    reason = reason ? reason : posix_spawnattr_setsigdefault(attributes, &limits);
    return reason ? reason : posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF);
}

static int spawn(pid_t *child, int in, int out, int messages)
{
    static char name[] = "gnuplot";
    static char fresh[] = "--default-settings";
    static char from_input[] = "-";
    char *const words[] = {name, fresh, from_input, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int reason = set_signals(&attributes);
    if (reason != 0) {
        return reason;
    }
    reason = posix_spawn_file_actions_init(&actions);
    if (reason != 0) {
        posix_spawnattr_destroy(&attributes);
        return reason;
    }
    reason = posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    reason = reason ? reason : posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    reason = reason ? reason : posix_spawn_file_actions_adddup2(&actions, messages, STDERR_FILENO);
    reason = reason ? reason : posix_spawnp(child, words[0], &actions, &attributes, words, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return reason;
}

/* The line in which gnuplot says what is wrong: the last that is not empty. */
static lac_status complain(FILE *messages)
{
    char line[256];
    char last[256] = "no reason given";
    rewind(messages);
    while (fgets(line, sizeof line, messages)) {
        line[strcspn(line, "\n")] = '\0';
        if (line[strspn(line, " \t^")] != '\0') {
            memcpy(last, line, sizeof last);
        }
    }
    return LAC_FAIL(LAC_E_FAILED, "gnuplot failed: %s", last + strspn(last, " \t"));
}

static lac_status not_installed(void)
{
    return LAC_FAIL(LAC_E_FAILED, "plot draws with gnuplot, which is not installed "
                                  "(on Debian: apt install gnuplot-nox)");
}

static lac_status draw(FILE *script, int out, FILE *messages)
{
    pid_t child;
    int result;
    struct stat facts;
    if (fflush(script) != 0 || fseek(script, 0, SEEK_SET) != 0) {
        return LAC_FAIL(LAC_E_IO, "cannot write a temporary file: %s", strerror(errno));
    }
    int reason = spawn(&child, fileno(script), out, fileno(messages));
    if (reason == ENOENT) {
        return not_installed();
    }
    if (reason != 0) {
        return LAC_FAIL(LAC_E_FAILED, "cannot start gnuplot: %s", strerror(reason));
    }
    while (waitpid(child, &result, 0) < 0) {
        if (errno != EINTR) {
            return LAC_FAIL(LAC_E_FAILED, "lost gnuplot: %s", strerror(errno));
        }
    }
    if (WIFEXITED(result) && WEXITSTATUS(result) == 127) { /* how else POSIX may say ENOENT */
        return not_installed();
    }
    if (WIFSIGNALED(result)) {
        return LAC_FAIL(LAC_E_FAILED, "gnuplot was ended: %s", strsignal(WTERMSIG(result)));
    }
    bool drawn = WIFEXITED(result) && WEXITSTATUS(result) == 0;
    if (!drawn || fstat(out, &facts) != 0 || facts.st_size == 0) {
        return complain(messages);
    }
    return LAC_OK;
}

lac_status gnuplot_draw(FILE *script, FILE *picture)
{
    FILE *messages = tmpfile();
    if (!messages) {
        return LAC_FAIL(LAC_E_IO, "cannot make a temporary file: %s", strerror(errno));
    }
    lac_status status = draw(script, fileno(picture), messages);
    fclose(messages);
    return status;
}

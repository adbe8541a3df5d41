/* The one program: finds the command, prints the one failure, and is the only place that exits. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/output.h"
#include "base/text.h"
#include "command/check.h"
#include "command/compare.h"
#include "command/help.h"
#include "command/keygen.h"
#include "command/launch.h"
#include "command/list.h"
#include "command/plot.h"
#include "command/show.h"
#include "command/solve.h"
#include "command/sweep.h"
#include "command/test_plugin.h"
#include "command/train.h"
#include "command/tune.h"
#include "git_version.h"
#include "plugin/plugin.h"
#include "transport/mpi.h"

struct command {
    const char *name;
    lac_status (*run)(int argc, char *const *argv);
    const char *help;
    bool alone; /* under a launcher rank 0 acts, and no other */
};

static const struct command commands[] = {
    {"train", lac_command_train, "train a model: solo, under mpirun, or as a Slurm job", false},
    {"tune", lac_command_tune, "many runs of one configuration, a grid of steps; the best step",
     false},
    {"sweep", lac_command_sweep, "the runs of a file, a matrix of options; side by side, resumable",
     true},
    {"solve", lac_command_solve, "the optimum of a problem, kept for plots of f(x) - f*", false},
    {"check", lac_command_check,
     "what would keep a run from starting here; under the same launcher", false},
    {"list", lac_command_list, "what there is to choose from: methods, compressors, ...; --json",
     true},
    {"show", lac_command_show, "a run file for people; --json, --csv, --config", true},
    {"plot", lac_command_plot, "figures of one or more run files", true},
    {"compare", lac_command_compare, "what runs took to reach given accuracies; the best of them",
     true},
    {"keygen", lac_command_keygen, "keys for sealed training: of a group, or of a site", true},
    {"test-plugin", lac_command_test_plugin,
     "what a plug-in of yours brings, tried as the tests try what is built in", true},
    {"help", lac_command_help,
     "this overview, or that of a command; --man, --completion (bash), --completion-zsh", true},
};

enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void usage(FILE *to)
{
    fprintf(to, "laconic %s: distributed training that counts every bit\n\n", LAC_VERSION);
    fprintf(to, "usage: laconic COMMAND [OPTIONS]\n\n");
    for (size_t i = 0; i < COMMANDS; i++) {
        fprintf(to, "  %-11s %s\n", commands[i].name, commands[i].help);
    }
    fprintf(to, "\n'laconic COMMAND --help' tells more. A first run: laconic train --out run.h5\n");
    fprintf(to, "Exit status: 0 done, 1 failed, 2 usage or input, 3 input/output, 4 lost client,\n"
                "5 security, 75 left with a checkpoint: run the same command again.\n");
}

lac_status lac_command_help(int argc, char *const *argv)
{
    if (argc == 1 && strcmp(argv[0], "--man") == 0) {
        lac_print_man(stdout);
        return LAC_OK;
    }
    if (argc == 1 && strcmp(argv[0], "--completion") == 0) {
        lac_print_completion(stdout);
        return LAC_OK;
    }
    char word[] = "--help", *const help[] = {word};
    if (argc == 1 && strcmp(argv[0], "--completion-zsh") == 0) {
        lac_print_completion_zsh(stdout);
        return LAC_OK;
    }
    for (size_t i = 0; argc == 1 && i < COMMANDS; i++) {
        if (strcmp(argv[0], commands[i].name) == 0 && commands[i].run != lac_command_help) {
            return commands[i].run(1, help);
        }
    }
    if (argc > 0) {
        return LAC_FAIL(
            LAC_E_USAGE,
            "help knows a command, --man, --completion or --completion-zsh, alone, not '%s'",
            argv[argc - 1]);
    }
    usage(stdout);
    return LAC_OK;
}

static lac_status unknown_command(const char *name)
{
    const char *names[COMMANDS];
    for (size_t i = 0; i < COMMANDS; i++) {
        names[i] = commands[i].name;
    }
    const char *nearest = lac_nearest(name, names, COMMANDS);
    return LAC_FAIL(LAC_E_USAGE, "there is no command '%s'; %s%s%s", name,
                    nearest ? "did you mean '" : "",
                    nearest ? nearest : "'laconic --help' shows all", nearest ? "'?" : "");
}

static lac_status run_command(int argc, char *const *argv)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            bool acts = !commands[i].alone || lac_first_of_job();
            return acts ? commands[i].run(argc - 2, argv + 2) : LAC_OK;
        }
    }
    return unknown_command(argv[1]);
}

/* The hook of bugs: text is what does not hold, and where. */
static void abort_all(const char *text)
{
    bool may_be_of_plugin = lac_plugin_tell_bug(text);
    if (!may_be_of_plugin) {
        fprintf(stderr, "laconic: bug in Laconic: %s\n", text);
    }
    if (lac_mpi_running()) {
        lac_mpi_abort(1);
    }
    if (may_be_of_plugin) {
        _exit(1); /* of LAC_E_FAILED, before SIGABRT is told as well */
    }
}

/* A mapped file lost bytes that were being read: nothing can be returned from here. */
static void cut_short(int number)
{
    static const char text[] =
        "laconic: a data file was cut short while it was being read; start again "
        "when it stays as it is\n";
    (void)number;
    ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);
    (void)written;
    _exit(2);
}

/* Of those that were closed: else the next file that is opened would be standard output. */
static void open_standard_streams(void)
{
    int fd;
    do {
        fd = open("/dev/null", O_RDWR);
        if (fd == STDOUT_FILENO) {
            lac_output_was_closed();
        }
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0) {
        close(fd);
    }
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN); /* a run goes on without its reader */
    signal(SIGUSR1, SIG_IGN); /* launchers send it to all, and `train` alone heeds it */
    open_standard_streams();
    lac_set_bug_hook(abort_all);
    if (argc < 2) {
        usage(stderr);
        return 2;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("laconic %s (%s)\n", LAC_VERSION, LAC_GIT);
        return lac_exit_code(lac_output_end());
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        usage(stdout);
        return lac_exit_code(lac_output_end());
    }
    signal(SIGBUS, cut_short);
    /* a file that would grow beyond its limit is then a failed write, which is told */
    signal(SIGXFSZ, SIG_IGN);
    lac_status status = run_command(argc, argv);
    if (status == LAC_OK) {
        status = lac_output_end();
    }
    if (status != LAC_OK) {
        fprintf(stderr, "laconic: %s\n", lac_failure());
    }
    return lac_exit_code(status);
}

#include "command/check.h"
#include "command/help.h"
#include "command/keygen.h"
#include "command/list.h"
#include "command/solve.h"
#include "command/tune.h"
#include "config/config.h"

/* The lines of usage as the synopsis has them; '-' would be a hyphen. */
static void print_usage(FILE *to, const char *usage)
{
    for (; *usage; usage++) {
        if (*usage == '\n') {
            fprintf(to, "\n.br\n");
        } else if (*usage == '-') {
            fprintf(to, "\\-");
        } else if (*usage != ' ' || usage[1] != ' ') {
            fputc(*usage, to);
        }
    }
    fprintf(to, "\n.br\n");
}

/* What stands before the options of a command. */
static void print_preface(FILE *to, const struct lac_options *o)
{
    if (o == &lac_train_options) {
        fprintf(to,
                "Every option may stand as a line \"name = value\" in a file given by "
                "\\-\\-config, and (but for \\-\\-data) in the environment as LACONIC_NAME; the "
                "command line wins over the file, the file over the environment.\n");
    }
    if (o == lac_solve_options()) {
        fprintf(to, "Solo or under mpirun, as train; what else an options file or the environment "
                    "says about train is left alone.\n");
    }
    if (o == &lac_tune_options) {
        fprintf(
            to,
            "Those of train, each for all runs, where \\-\\-out is a folder; and these. The status "
            "is 1 where no run is best.\n");
    }
    if (o == &lac_check_options) {
        fprintf(
            to,
            "Those of train, as the run will have them, and these. A line for each check: ok, warn, or FAIL with "
            "what to do; the status is 2 where one fails. Nothing is left behind.\n");
    }
    if (o == &lac_list_options) {
        fprintf(to, "KIND is one of");
        for (size_t k = 0; lac_list_kind(k); k++) {
            fprintf(to, " %s", lac_list_kind(k));
        }
        fprintf(to, ".\n");
    }
    if (o == &lac_keygen_options) {
        fprintf(to, "FILE gets a new group key, which all clients share and the server does not "
                    "have; mode 0600, never over a file that is there.\n");
    }
}

/* Those of train are told once. */
static size_t own_options(const struct lac_options *o)
{
    return o == &lac_tune_options    ? lac_tune_own_options
           : o == &lac_check_options ? lac_check_own_options
                                     : o->count;
}

static void print_options(FILE *to)
{
    for (size_t c = 0; lac_help_options(c); c++) {
        struct lac_options own = *lac_help_options(c);
        own.count = own_options(lac_help_options(c));
        fprintf(to, ".SH OPTIONS OF %s\n", own.command);
        print_preface(to, lac_help_options(c));
        lac_options_man(&own, to);
    }
}

void lac_print_man(FILE *to)
{
    fprintf(to, ".TH LACONIC 1 \"\" \"laconic %s\" \"Laconic\"\n", LAC_VERSION);
    fprintf(to, ".SH NAME\nlaconic \\- distributed training that counts every bit\n");
    fprintf(to, ".SH SYNOPSIS\n");
    for (size_t c = 0; lac_help_options(c); c++) {
        print_usage(to, lac_help_options(c)->usage);
    }
    print_usage(to, "laconic help [COMMAND | --man | --completion | --completion-zsh]");
    fprintf(
        to,
        ".SH DESCRIPTION\nLaconic trains one model on data that stays with its owners, over MPI, "
        "and sends as few bits as it can. Rank 0 is the parameter server; every other rank hosts "
        "clients, which compute gradients, compress them and send them. Without a launcher all "
        "of them run in one process, to the same bits.\n");
    print_options(to);
    fprintf(
        to,
        ".SH EXIT STATUS\n.TP\n0\ndone\n.TP\n1\nthe run failed, or was ended or stopped without a checkpoint\n.TP\n2\na bad option, or a file that is missing, malformed or "
        "damaged; nothing was written\n.TP\n3\na file could not be read or written\n.TP\n4\na client was "
        "lost\n.TP\n5\nsecurity\n.TP\n75\nasked to leave, and left with a checkpoint: run the same command again\n.PP\n"
        "Under a launcher rank 0 alone returns a status, and the launcher may make another of it; "
        "result.json has it, beside the run file and in the folder of checkpoints.\n");
}

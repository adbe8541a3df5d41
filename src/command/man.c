#include "command/help.h"
#include "command/tune.h"
#include "config/config.h"

void lac_print_man(FILE *to)
{
    fprintf(to, ".TH LACONIC 1 \"\" \"laconic %s\" \"Laconic\"\n", LAC_VERSION);
    fprintf(to, ".SH NAME\nlaconic \\- distributed training that counts every bit\n");
    fprintf(
        to,
        ".SH SYNOPSIS\n.B laconic train\n[OPTIONS]\n.br\n.B mpirun \\-n RANKS laconic train\n"
        "[OPTIONS]\n.br\n.B laconic list\n[methods|compressors|objectives|regularizers|"
        "samplings|generators|splits] [\\-\\-json|\\-\\-markdown] [\\-\\-dim D] [\\-\\-clients N]\n.br\n.B laconic show\n[\\-\\-json|\\-\\-csv|\\-\\-config] RUN...\n"
        ".br\n.B laconic tune\n\\-\\-out DIR [OPTIONS]\n.br\n.B laconic plot\nRUN... \\-o FILE\n");
    fprintf(
        to,
        ".SH DESCRIPTION\nLaconic trains one model on data that stays with its owners, over MPI, "
        "and sends as few bits as it can. Rank 0 is the parameter server; every other rank hosts "
        "clients, which compute gradients, compress them and send them. Without a launcher all "
        "of them run in one process, to the same bits.\n");
    fprintf(
        to,
        ".SH OPTIONS OF TRAIN\nEvery option may stand as a line \"name = value\" in a file given "
        "by \\-\\-config, and (but for \\-\\-data) in the environment as LACONIC_NAME; the command "
        "line wins over the file, the file over the environment.\n");
    lac_options_man(&lac_train_options, to);
    struct lac_options own = lac_tune_options;
    own.count = lac_tune_own_options;
    fprintf(
        to,
        ".SH OPTIONS OF TUNE\nThose of train, each for all runs, where \\-\\-out is a folder; and these. "
        "The status is 1 where no run is best.\n");
    lac_options_man(&own, to);
    fprintf(
        to,
        ".SH EXIT STATUS\n.TP\n0\ndone\n.TP\n1\nthe run failed\n.TP\n2\nbad option or input; "
        "nothing was written\n.TP\n3\na file could not be read or written\n.TP\n4\na client was "
        "lost\n.TP\n5\nsecurity\n.PP\nUnder a launcher rank 0 alone returns a status.\n");
}

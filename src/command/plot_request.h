/* What `laconic plot` is asked for: its options, checked. */
#ifndef LAC_COMMAND_PLOT_REQUEST_H
#define LAC_COMMAND_PLOT_REQUEST_H

#include "command/plot_figure.h"

struct plot_request {
    const char *output, *data, *labels; /* NULL where not given */
    const char *optima, *key;
    bool force; /* files that are there are replaced, whatever they are */
    struct lac_operands words;
    struct lac_grouping grouping;
    struct figure figure; /* but its curves */
};

/* Texts are borrowed from argv. */
lac_status plot_request_read(struct plot_request *q, int argc, char *const *argv, bool *help,
                             struct lac_arena *arena) LAC_MUST_CHECK;

#endif

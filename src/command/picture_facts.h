/* What a picture says in its metadata, and where its formats have room for that. */
#ifndef LAC_COMMAND_PICTURE_FACTS_H
#define LAC_COMMAND_PICTURE_FACTS_H

#include <stdio.h>

#include "command/plot_figure.h"

/* How they begin. */
#define FIGURE_FACTS_TITLE "laconic figure 1"

/* Lines: what is drawn, and of each run its name, the digests of configuration, model and problem, rounds, the version of
   the program that made it. ASCII without control characters; a function of the runs alone. In the arena. */
lac_status picture_facts(const struct figure *f, const struct lac_run_list *runs,
                         const struct lac_grouping *g, const char **facts,
                         struct lac_arena *arena) LAC_MUST_CHECK;

/* Copies gnuplot's picture with the facts in it: SVG as <metadata>, PNG as the tEXt chunk "Description" (and how many dots
   make an inch), PDF as Subject and Keywords of its information dictionary, whose date of creation is blanked. A picture
   that is not whole, or of another form, is LAC_E_FAILED. */
lac_status picture_stamp(enum picture kind, const char *bytes, size_t count, const char *facts,
                         double dots_per_inch, FILE *out) LAC_MUST_CHECK;

#endif

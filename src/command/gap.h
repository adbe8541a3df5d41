/* f* of a run file: what `laconic solve` stored of the problem that the file says it is of. */
#ifndef LAC_COMMAND_GAP_H
#define LAC_COMMAND_GAP_H

#include "store/optimum.h"

struct lac_gap {                /* in the arena */
    struct lac_optimum optimum; /* x NULL: none is stored, or the file does not say its problem */
    const char *folder;         /* of solved optima */
    const char *damage;         /* NULL; or why what is stored cannot be read */
    const char
        *words; /* the command that would store it; NULL where the file does not say its problem */
};

/* optima: the folder, NULL: the usual one. */
lac_status lac_gap_find(const struct lac_run *run, const char *optima, struct lac_gap *out,
                        struct lac_arena *arena) LAC_MUST_CHECK;
/* Fills the column loss_gap of the rows, or personal_gap; a sentence says what to do where the optimum is not known. */
lac_status lac_gap_fill(struct lac_run *run, bool personal, const char *optima,
                        struct lac_arena *arena) LAC_MUST_CHECK;

#endif

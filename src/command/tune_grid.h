/* Multipliers as users write them: "1,4,16", "2^-4..2^8", "10^-2..10^2:2", "0.5,2^3". */
#ifndef LAC_COMMAND_TUNE_GRID_H
#define LAC_COMMAND_TUNE_GRID_H

#include <stddef.h>

#include "base/arena.h"

enum { LAC_TUNE_MOST_RUNS = 1000 };

struct lac_tune_grid {
    size_t count;
    double *multiplier; /* (count), ascending, positive, no two alike */
};

/* what names the option in messages. In the arena. */
lac_status lac_tune_grid_parse(struct lac_tune_grid *out, const char *what, const char *text,
                               struct lac_arena *a) LAC_MUST_CHECK;
/* "theory", 16 -> "theory*16"; "theory-old*0.5", 16 -> "theory-old*8"; "0.01", 16 -> "0.16". In the arena. */
lac_status lac_tune_step(const char *what, const char *step, double multiplier, struct lac_arena *a,
                         const char **out) LAC_MUST_CHECK;

#endif

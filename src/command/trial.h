/*
 * What `laconic test-plugin` demands of methods, compressors and objectives: in this process, over whatever the registry has, so
 * that tests try it on all built-in parts. Each demand is a line of TAP on standard output.
 */
#ifndef LAC_COMMAND_TRIAL_H
#define LAC_COMMAND_TRIAL_H

#include "base/digest.h"
#include "server/server.h"
#include "worker/objective/objective.h"

struct lac_trial {
    unsigned count, failures;
    const char *folder; /* for checkpoints; emptied after each */
};

/* Takes away the folder and the checkpoints in it. */
void lac_trial_empty(const char *folder);

void lac_trial_say(struct lac_trial *t, bool is_well, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Its step rules: positive numbers. Its runs: the same to the bit twice, on 3 and on 5 ranks, and interrupted; converging at its step; hostile messages refused. */
void lac_trial_method(struct lac_trial *t, const struct lac_method *m);
/* Of each of its examples: both sides alike, the class that it declares, its lengths, hostile bytes. */
void lac_trial_compressor(struct lac_trial *t, const struct lac_compressor *c);
/* Its gradient, bounds and entries against each other and against differences; runs of it. */
void lac_trial_objective(struct lac_trial *t, const struct lac_objective *o);
/* What the file at path wants of the C library that no plug-in needs: memory of its own, functions whose bits differ. */
void lac_trial_imports(struct lac_trial *t, const char *path);

/* The variables of plug-ins, of each rank its own (trial_statics.c); rank 0 is the server's. */
enum { LAC_TRIAL_RANKS = 5, LAC_TRIAL_STRETCHES = 64 };
struct lac_trial_statics {
    struct {
        unsigned char *at;
        size_t bytes;
    } stretch[LAC_TRIAL_STRETCHES]; /* of memory */
    size_t stretches, bytes;
    unsigned char *image[1 + LAC_TRIAL_RANKS];
    uint32_t rank; /* whose are in their place */
};
lac_status lac_trial_statics_open(struct lac_trial_statics *s, uint32_t ranks,
                                  struct lac_arena *a) LAC_MUST_CHECK;
void lac_trial_statics_enter(struct lac_trial_statics *s, uint32_t rank);

/* One run inside this process (trial_run.c). */
struct lac_trial_run {
    char digest[LAC_DIGEST_TEXT]; /* of the model */
    struct lac_bits up, down;
    uint64_t rows, rows_check;
    struct lac_row first, last;
    bool is_beyond;  /* what its step is proved for does not cover it */
    bool is_no_step; /* a rule gave what is no step, or no probability: refused for that */
    double step;
};

/* Changes an UPDATE on its way (a body of *length bytes, room for as many); NULL: none. */
typedef void lac_trial_change(void *context, unsigned char *body, size_t *length);

/* The options of train, parted by blanks, on this many ranks of workers. */
lac_status lac_trial_run(struct lac_trial_run *out, uint32_t ranks, const char *options,
                         lac_trial_change *change, void *context) LAC_MUST_CHECK;
bool lac_trial_same(const struct lac_trial_run *a, const struct lac_trial_run *b);

#endif

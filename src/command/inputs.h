/* The files that a run's options name: what they hold is a part of what the run is. */
#ifndef LAC_COMMAND_INPUTS_H
#define LAC_COMMAND_INPUTS_H

#include "base/digest.h"
#include "config/config.h"

/* Files as they were before any rank read them. */
struct lac_inputs {
    struct lac_input *last; /* in the arena */
};

/* Whether the option names a file, there or not. */
bool lac_input_is_named(const struct lac_config *c, size_t option);
/* The digest of what the option's file or files hold, of a run file that of its model; "" where the option names none, or
   one that cannot be read from here. Of --data-local p{rank}.svm those of ranks 1 .. ranks, which read them, are meant. */
lac_status lac_input_digest(const struct lac_config *c, size_t option, uint32_t ranks,
                            char out[LAC_DIGEST_TEXT]) LAC_MUST_CHECK;
/* Before MPI is started, or a run begins: what is there. */
lac_status lac_inputs_note(struct lac_inputs *noted, const struct lac_config *c,
                           struct lac_arena *a) LAC_MUST_CHECK;
/* After all is read: the digests of all options as a JSON object, by name; in the arena. LAC_E_INPUT: a file is not the one that
   was noted, and nobody knows which one was read. */
lac_status lac_inputs_tell(const struct lac_inputs *noted, const struct lac_config *c,
                           uint32_t ranks, const char **json, struct lac_arena *a) LAC_MUST_CHECK;

#endif

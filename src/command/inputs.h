/* The files that a run's options name: what they hold is a part of what the run is. */
#ifndef LAC_COMMAND_INPUTS_H
#define LAC_COMMAND_INPUTS_H

#include "base/digest.h"
#include "config/config.h"

/* The digest of what the option's file or files hold, of a run file that of its model; "" where the option names none, or
   one that cannot be read from here. */
lac_status lac_input_digest(const struct lac_config *c, size_t option,
                            char out[LAC_DIGEST_TEXT]) LAC_MUST_CHECK;
/* Of all options as a JSON object, by name; in the arena. */
lac_status lac_inputs_tell(const struct lac_config *c, const char **json,
                           struct lac_arena *a) LAC_MUST_CHECK;

#endif

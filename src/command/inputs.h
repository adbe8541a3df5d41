/* The files that a run's options name: what they hold is a part of what the run is. */
#ifndef LAC_COMMAND_INPUTS_H
#define LAC_COMMAND_INPUTS_H

#include "base/digest.h"
#include "config/config.h"

/* Of what the file, or files, of the option hold; "": it names none, or one cannot be read from here. A run file counts by its
   model. */
lac_status lac_input_digest(const struct lac_config *c, size_t option,
                            char out[LAC_DIGEST_TEXT]) LAC_MUST_CHECK;
/* Of all options as a JSON object, by name; in the arena. */
lac_status lac_inputs_tell(const struct lac_config *c, const char **json,
                           struct lac_arena *a) LAC_MUST_CHECK;

#endif

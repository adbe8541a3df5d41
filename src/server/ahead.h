/* The server's half of --overlap: a client's block makes some coordinates of the next model final at once. */
#ifndef LAC_SERVER_AHEAD_H
#define LAC_SERVER_AHEAD_H

#include "method/method.h"

/* Takes the step where the message of e->who was added, before the round's others are; block: where that is, borrowed
   until the compressor's next draw. */
void lac_step_ahead(const struct lac_method *m, void *state, const struct lac_env *e,
                    struct lac_entries *block);

#endif

/* What the rounds of a run will send, in the mean over its draws: the plan tells it before the first. */
#ifndef LAC_METHOD_ROUND_BITS_H
#define LAC_METHOD_ROUND_BITS_H

#include "method/method.h"

/* Bits of all clients' frames of a round, headers included. Exact where neither the number of clients nor the length of
   a section varies; a section whose length depends on the data counts as that of a normal vector. */
struct lac_round_bits {
    double up, down;             /* of any round */
    double whole;                /* probability of a whole round; 0: all are alike */
    double up_of[2], down_of[2]; /* of usual rounds, of whole ones */
};

void lac_method_round_bits(const struct lac_method *m, const struct lac_env *e,
                           struct lac_round_bits *out);

#endif

/* A buffer that grows with the frames that it takes; dense vectors are read in it, in place. */
#ifndef LAC_TRANSPORT_INCOMING_H
#define LAC_TRANSPORT_INCOMING_H

#include <stddef.h>

#include "base/status.h"

struct lac_incoming {
    unsigned char *bytes; /* aligned to 64 */
    size_t capacity;
};

/* Room for so many bytes; what is there stays. */
lac_status lac_incoming_grow(struct lac_incoming *in, size_t bytes) LAC_MUST_CHECK;
void lac_incoming_free(struct lac_incoming *in);

#endif

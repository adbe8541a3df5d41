#include "transport/incoming.h"

#include <stdlib.h>
#include <string.h>

lac_status lac_incoming_grow(struct lac_incoming *in, size_t bytes)
{
    if (bytes <= in->capacity) {
        return LAC_OK;
    }
    size_t rounded = (bytes + 63) / 64 * 64;
    unsigned char *larger = aligned_alloc(64, rounded);
    if (!larger) {
        return LAC_FAIL(LAC_E_MEMORY, "a frame of %zu bytes: out of memory", bytes);
    }
    if (in->capacity > 0) {
        memcpy(larger, in->bytes, in->capacity);
    }
    free(in->bytes);
    in->bytes = larger;
    in->capacity = rounded;
    return LAC_OK;
}

void lac_incoming_free(struct lac_incoming *in)
{
    free(in->bytes);
    *in = (struct lac_incoming){0};
}

/* Values from where they are kept, and back to where they go. */
#include <string.h>

#include "base/vec.h"
#include "compressor/parts.h"

/* Entries first, first + 1, ... modulo d as at most two stretches; this is the first one's length. */
static size_t until_wrap(size_t first, size_t count, size_t d)
{
    return count < d - first ? count : d - first;
}

const double *lac_selection_values(const struct lac_selection *s, const double *v, size_t d,
                                   double *kept)
{
    if (s->index) {
        for (size_t i = 0; i < s->count; i++) {
            kept[i] = v[s->index[i]];
        }
        return kept;
    }
    size_t before = until_wrap(s->first, s->count, d);
    if (before == s->count) {
        return v + s->first;
    }
    memcpy(kept, v + s->first, before * sizeof *kept);
    memcpy(kept + before, v, (s->count - before) * sizeof *kept);
    return kept;
}

void lac_sink_add(struct lac_sink *sink, const double *value, size_t count)
{
    if (sink->index) {
        const uint32_t *index = sink->index + sink->at;
        for (size_t i = 0; i < count; i++) {
            sink->acc[index[i]] += sink->factor * value[i];
        }
    } else {
        size_t place = (sink->first + sink->at) % sink->d;
        size_t before = until_wrap(place, count, sink->d);
        vec_axpy(sink->acc + place, sink->factor, value, before);
        vec_axpy(sink->acc, sink->factor, value + before, count - before);
    }
    sink->at += count;
}

/* Values from where they are kept, and back to where they go. Scattered entries of a long vector are
   not in the caches: they are asked for some time before they are wanted. */
#include <string.h>

#include "base/vec.h"
#include "compressor/parts.h"

enum { AHEAD = 160 }; /* entries; 48 and 512 are slower, between 96 and 256 all is alike */

static size_t less_ahead(size_t count)
{
    return count > AHEAD ? count - AHEAD : 0;
}

static void gather(const double *v, const uint32_t *index, size_t count, double *kept)
{
    size_t i = 0;
    for (; i < less_ahead(count); i++) {
        __builtin_prefetch(v + index[i + AHEAD], 0);
        kept[i] = v[index[i]];
    }
    for (; i < count; i++) {
        kept[i] = v[index[i]];
    }
}

/* acc += factor value at count places; more of them (left in all) follow in index. */
static void scatter(double *acc, const uint32_t *index, double factor, const double *value,
                    size_t count, size_t left)
{
    size_t i = 0, ahead = less_ahead(left) < count ? less_ahead(left) : count;
    for (; i < ahead; i++) {
        __builtin_prefetch(acc + index[i + AHEAD], 1);
        acc[index[i]] += factor * value[i];
    }
    for (; i < count; i++) {
        acc[index[i]] += factor * value[i];
    }
}

/* Entries first, first + 1, ... modulo d as at most two stretches; this is the first one's length. */
static size_t until_wrap(size_t first, size_t count, size_t d)
{
    return count < d - first ? count : d - first;
}

const double *lac_selection_values(const struct lac_selection *s, const double *v, size_t d,
                                   double *kept)
{
    if (s->index) {
        gather(v, s->index, s->count, kept);
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
        scatter(sink->acc, sink->index + sink->at, sink->factor, value, count,
                sink->count - sink->at);
    } else {
        size_t place = (sink->first + sink->at) % sink->d;
        size_t before = until_wrap(place, count, sink->d);
        vec_axpy(sink->acc + place, sink->factor, value, before);
        vec_axpy(sink->acc, sink->factor, value + before, count - before);
    }
    sink->at += count;
}

/* What compressors share: their streams of the generator, and the factor of decode_add. */
#ifndef LAC_COMPRESSOR_DRAW_H
#define LAC_COMPRESSOR_DRAW_H

#include "compressor/compressor.h"

/* client is draw->client, or LAC_SHARED for what all clients of a round draw alike. */
static inline struct lac_stream lac_draw_stream(const struct lac_draw *draw, uint32_t client,
                                                enum lac_purpose purpose, uint16_t step)
{
    return (struct lac_stream){.seed = draw->seed,
                               .round = draw->round,
                               .client = client,
                               .purpose = (uint8_t)purpose,
                               .channel = draw->channel,
                               .step = step};
}

static inline bool lac_draw_equal(const struct lac_draw *a, const struct lac_draw *b)
{
    return a->seed == b->seed && a->round == b->round && a->client == b->client &&
           a->channel == b->channel && a->position == b->position && a->cohort == b->cohort;
}

/* scale (gain / divisor), exactly scale where gain and divisor are equal. */
static inline double lac_factor(double scale, double gain, double divisor)
{
    return gain == divisor ? scale : scale * gain / divisor;
}

#endif

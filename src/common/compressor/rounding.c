#include "compressor/rounding.h"

void lac_rounding_init(struct lac_rounding *r, const struct lac_draw *draw)
{
    struct lac_stream first = lac_draw_stream(draw, draw->client, LAC_PURPOSE_ROUNDING, 0);
    struct lac_stream ties = lac_draw_stream(draw, draw->client, LAC_PURPOSE_ROUNDING, 1);
    lac_rng_init(&r->first, &first);
    lac_rng_init(&r->ties, &ties);
}

const uint16_t *lac_rounding_next(struct lac_rounding *r, size_t count)
{
    LAC_ASSERT(count <= LAC_BLOCK);
    lac_rng_fill(&r->first, r->drawn.word, (count + 1) / 2);
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
    for (size_t i = 0; i < (count + 1) / 2; i++) { /* the low half first */
        r->drawn.word[i] = r->drawn.word[i] << 16 | r->drawn.word[i] >> 16;
    }
#endif
    return r->drawn.number;
}

bool lac_rounding_tie(struct lac_rounding *r, uint64_t fraction)
{
    const uint64_t low = (UINT64_C(1) << 48) - 1;
    return (lac_rng_word64(&r->ties) & low) < (fraction & low);
}

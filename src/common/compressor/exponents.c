#include "compressor/exponents.h"

static unsigned infinity_of(const struct lac_exponents *e)
{
    return (1u << e->exponent_bits) - 1;
}

lac_status lac_exponents_init(struct lac_exponents *e, unsigned exponent_bits, size_t most,
                              const struct lac_spec *spec, struct lac_arena *arena)
{
    e->exponent_bits = exponent_bits;
    LAC_TRY(LAC_NEW(arena, most < LAC_LEVEL_BLOCK ? most : LAC_LEVEL_BLOCK, &e->level));
    return lac_levels_init(&e->levels, infinity_of(e) - 1, most, spec, arena);
}

void lac_exponents_write(struct lac_exponents *e, struct lac_writer *w, const uint16_t *code,
                         size_t count)
{
    unsigned mask = infinity_of(e), largest = 0;
    for (size_t j = 0; j < count; j++) {
        unsigned exponent = code[j] & mask;
        largest = exponent > largest ? exponent : largest;
    }
    for (size_t j = 0; j < count; j++) {
        unsigned exponent = code[j] & mask;
        int level = exponent == 0 ? 0 : (int)(largest - exponent + 1);
        e->level[j] = (int16_t)(code[j] > mask ? -level : level);
    }
    lac_write_bits(w, LAC_BITS_VALUE, largest, 16);
    lac_levels_write(&e->levels, w, e->level, count);
}

lac_status lac_exponents_read(struct lac_exponents *e, struct lac_reader *r, uint16_t *code,
                              size_t count)
{
    unsigned infinity = infinity_of(e);
    unsigned largest = (unsigned)lac_read_bits(r, LAC_BITS_VALUE, 16);
    bool good = largest < infinity;
    LAC_TRY(lac_levels_read(&e->levels, r, e->level, count));
    for (size_t j = 0; j < count; j++) {
        unsigned below = (unsigned)(e->level[j] < 0 ? -e->level[j] : e->level[j]);
        unsigned exponent = below == 0 ? 0 : largest - below + 1;
        good = good && below <= largest;
        code[j] = (uint16_t)(exponent | (e->level[j] < 0 ? infinity + 1 : 0));
    }
    if (!good) {
        return LAC_FAIL(LAC_E_PROTOCOL, "a section holds exponents that are none");
    }
    return LAC_OK;
}

size_t lac_exponents_max_bytes(const struct lac_exponents *e, size_t count)
{
    size_t blocks = count / LAC_LEVEL_BLOCK + (count % LAC_LEVEL_BLOCK > 0);
    return 2 * blocks + lac_levels_max_bytes(&e->levels, count);
}

#include "method/round_bits.h"

#include <math.h>

#include "wire/wire.h"

/* One section of channel i. PermK's clients share out what is sent, however many they are but 0. */
static double section_bits(const struct lac_env *e, size_t i, double clients)
{
    const struct lac_compressor_info *info = &e->channel[i].info;
    double bits = info->expected_bits, d = (double)e->d;
    if (info->correlated && clients > 0.0) {
        bool drawn = clients < (double)e->n && !(e->sampling.kind & LAC_SAMPLING_REGULARIZED);
        double nobody = drawn ? lac_law_none(&e->sampling.law) : 0.0;
        bits *= fmax(1.0, (1.0 - nobody) * d / clients) / fmax(1.0, d / (double)e->n);
    }
    bool fixed = bits == floor(bits); /* it ends with its byte */
    return fixed ? 8.0 * ceil(bits / 8.0) : bits;
}

static double channel_bits(const struct lac_method *m, const struct lac_env *e, bool down,
                           double clients)
{
    double bits = 0.0;
    for (size_t i = 0; i < lac_method_channels(m); i++) {
        bool is_down = m->channels[i].option == LAC_FROM_COMPRESSOR_DOWN;
        bits += is_down == down ? section_bits(e, i, down ? (double)e->n : clients) : 0.0;
    }
    return bits;
}

void lac_method_round_bits(const struct lac_method *m, const struct lac_env *e,
                           struct lac_round_bits *out)
{
    double header = 8.0 * LAC_FRAME_HEADER, vector = 64.0 * (double)e->d;
    bool dense = !lac_method_channel(m, LAC_FROM_COMPRESSOR_DOWN);
    struct lac_round_kind kinds[2] = {{.clients = lac_sampling_clients(&e->sampling),
                                       .compressed = true,
                                       .models = dense ? 1 : 0}};
    kinds[1] = kinds[0];
    kinds[1].clients = (double)e->n;
    *out = (struct lac_round_bits){0};
    if (m->kinds) {
        out->whole = m->kinds(e, kinds);
    }
    for (size_t k = 0; k < 2; k++) {
        const struct lac_round_kind *kind = &kinds[k];
        double chance = k == 1 ? out->whole : 1.0 - out->whole;
        double receivers = m->traits & LAC_DOWN_TO_ALL ? (double)e->n : kind->clients;
        double up = kind->compressed ? channel_bits(m, e, false, kind->clients) : 0.0;
        double down = channel_bits(m, e, true, receivers);
        out->up_of[k] = kind->clients * (header + up + vector * kind->vectors);
        out->down_of[k] = receivers * (header + down + vector * kind->models);
        out->up += chance * out->up_of[k];
        out->down += chance * out->down_of[k];
    }
}

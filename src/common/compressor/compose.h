/* Fills info, scaling and plain of a compressor from those of its two parts. */
#ifndef LAC_COMPRESSOR_COMPOSE_H
#define LAC_COMPRESSOR_COMPOSE_H

#include "compressor/parts.h"

void lac_compose(struct lac_channel_compressor *c, const struct lac_selector_info *s,
                 const struct lac_quantizer_info *q);

#endif

#include "sketches.h"

static const struct lac_method *const sketches[] = {
    &sketch_pv,
    &sketch_local,
};

enum { SKETCHES = sizeof sketches / sizeof sketches[0] };

lac_status sketches_add(void)
{
    for (size_t i = 0; i < SKETCHES; i++) {
        LAC_TRY(lac_method_add(sketches[i]));
    }
    return LAC_OK;
}

#include "sketches.h"

static const struct lac_method *const sketches[] = {
    &sketch_pv,
    &sketch_local,
};

enum { SKETCHES = sizeof sketches / sizeof sketches[0] };

void sketches_extend(void)
{
    lac_methods_extend(sketches, SKETCHES);
}

/* A method, a compressor and an objective outside laconic's tree; docs/your-own-method.md tells how they came about. */
#include "example.h"

static const struct lac_method *const methods[] = {&rand_diana, NULL};
static const struct lac_compressor *const compressors[] = {&mask, NULL};
static const struct lac_objective *const objectives[] = {&huber, NULL};

LAC_PLUGIN(.name = "example", .version = "1.0", .methods = methods, .compressors = compressors,
           .objectives = objectives);

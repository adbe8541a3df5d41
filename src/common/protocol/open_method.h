/* Both sides open the method alike, from the options that HELLO found the same on all ranks. */
#ifndef LAC_PROTOCOL_OPEN_METHOD_H
#define LAC_PROTOCOL_OPEN_METHOD_H

#include "config/config.h"
#include "method/method.h"

/* As lac_method_open, with the texts of the configuration. */
lac_status lac_open_method(const struct lac_method *m, struct lac_env *e,
                           const struct lac_config *c, struct lac_arena *a) LAC_MUST_CHECK;

#endif

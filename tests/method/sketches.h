/*
 * Methods that the interface was tried on before it was frozen: short sketches, linked into tests
 * alone. docs/decisions/0001-method-interface.md says what each of them showed.
 */
#ifndef LAC_TESTS_SKETCHES_H
#define LAC_TESTS_SKETCHES_H

#include "method/method.h"

extern const struct lac_method sketch_pv, sketch_local;

/* Makes all of them known to lac_method_find. */
void sketches_extend(void);

#endif

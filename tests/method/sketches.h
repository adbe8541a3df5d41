/*
 * Methods that the interface was tried on before it was frozen: short sketches, linked into tests
 * alone. docs/decisions/0001-method-interface.md says what each of them showed.
 */
#ifndef LAC_TESTS_SKETCHES_H
#define LAC_TESTS_SKETCHES_H

#include "method/method.h"

extern const struct lac_method sketch_pv, sketch_local;

/* Adds all of them to the list, once. */
lac_status sketches_add(void) LAC_MUST_CHECK;

#endif

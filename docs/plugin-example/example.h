/* The parts of the example, one file each; example.c makes a plug-in of them. */
#ifndef EXAMPLE_H
#define EXAMPLE_H

#include <laconic/laconic.h>

extern const struct lac_method rand_diana;
extern const struct lac_compressor mask;
extern const struct lac_objective huber;

#endif

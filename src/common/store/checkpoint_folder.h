/* Names in a folder of checkpoints, and removing what stands under one. */
#ifndef LAC_STORE_CHECKPOINT_FOLDER_H
#define LAC_STORE_CHECKPOINT_FOLDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

enum { LAC_ROUND_NAME = 32 };

/* "round-000000012" */
void lac_round_name(char out[LAC_ROUND_NAME], uint64_t round);
/* False where it is no such name, letter by letter. */
bool lac_round_of_name(const char *name, uint64_t *round);
/* The folder and the files in it (it has no folders); true also where it was not there. */
bool lac_folder_remove(const char *path);
/* All things in dir whose names begin so, but not, as far as possible, where removal fails. */
void lac_folder_sweep(const char *dir, const char *prefix);

#endif

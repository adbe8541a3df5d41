/*
 * index.h5, for people: clients/PART (n, count), virtual datasets over the files of the ranks, and links to the server's group and one
 * rank's. Names in it are relative, so that it stays right when its folder is renamed. Nothing reads it back. Of a
 * sealed checkpoint it has the attribute `sealed` alone, a sentence.
 */
#ifndef LAC_STORE_CHECKPOINT_INDEX_H
#define LAC_STORE_CHECKPOINT_INDEX_H

#include "store/checkpoint.h"

lac_status lac_checkpoint_index_write(const struct lac_manifest *m,
                                      const char *folder) LAC_MUST_CHECK;

#endif

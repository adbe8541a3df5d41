/* laconic train: one run, solo or as a rank of an MPI job. */
#ifndef LAC_COMMAND_TRAIN_H
#define LAC_COMMAND_TRAIN_H

#include "base/status.h"

/* The words after "train". Under a launcher the status is LAC_OK on every rank but rank 0. */
lac_status lac_command_train(int argc, char *const *argv) LAC_MUST_CHECK;

#endif

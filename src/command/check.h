/*
 * laconic check [OPTIONS OF TRAIN]: what would go wrong, looked for on every rank before a run is started there. LAC_E_USAGE
 * where a check fails. Nothing is left behind.
 */
#ifndef LAC_COMMAND_CHECK_H
#define LAC_COMMAND_CHECK_H

#include "base/options.h"

extern const struct lac_options lac_check_options;
/* How many of its table, the first ones, are not options of train. */
extern const size_t lac_check_own_options;

/* The words after "check". Under a launcher the status is LAC_OK on every rank but rank 0. */
lac_status lac_command_check(int argc, char *const *argv) LAC_MUST_CHECK;

#endif

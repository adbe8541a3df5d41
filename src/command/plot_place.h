/* Whether a figure or its data may be written where something is. */
#ifndef LAC_COMMAND_PLOT_PLACE_H
#define LAC_COMMAND_PLOT_PLACE_H

#include <stdbool.h>

#include "base/status.h"

/* What laconic plot made is replaced, and an empty file; other regular files with force alone. NULL: nowhere. */
lac_status plot_check_place(const char *path, bool force) LAC_MUST_CHECK;

#endif

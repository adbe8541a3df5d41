/* The group key of --key, for private run files. */
#ifndef LAC_COMMAND_RUN_KEY_H
#define LAC_COMMAND_RUN_KEY_H

#include "base/status.h"

#define LAC_RUN_KEY_OPTION_IN(section)                                                  \
    {                                                                                   \
        section, "key", "KEYFILE", NULL, LAC_LOCAL,                                     \
            "the group key, which private run files are sealed under; others need none" \
    }
#define LAC_RUN_KEY_OPTION LAC_RUN_KEY_OPTION_IN("Options")

/* *key: in memory of lac_secret_new, which the caller gives back; NULL where path is NULL. */
lac_status lac_run_key_read(const char *path, unsigned char **key) LAC_MUST_CHECK;

#endif

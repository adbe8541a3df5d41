/*
 * laconic keygen FILE | --identity FILE [--name NAME] | --show FILE [--name NAME]: files of keys for sealed training.
 *
 *   FILE        a new group key; what to do with it on standard output, never the key
 *   --identity  a new identity of a site; its line of the roster, and nothing else, on standard output
 *   --show      that line of an identity that is there
 */
#ifndef LAC_COMMAND_KEYGEN_H
#define LAC_COMMAND_KEYGEN_H

#include "base/options.h"

extern const struct lac_options lac_keygen_options;

/* The words after "keygen", borrowed until return. */
lac_status lac_command_keygen(int argc, char *const *argv) LAC_MUST_CHECK;

#endif

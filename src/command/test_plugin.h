/* laconic test-plugin FILE...: what the project's own tests demand of built-in parts, of those of plug-ins. */
#ifndef LAC_COMMAND_TEST_PLUGIN_H
#define LAC_COMMAND_TEST_PLUGIN_H

#include "base/options.h"

extern const struct lac_options lac_test_plugin_options;

lac_status lac_command_test_plugin(int argc, char *const *argv) LAC_MUST_CHECK;

#endif

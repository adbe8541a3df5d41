#include "command/help.h"

#include <string.h>

#include "command/check.h"
#include "command/compare.h"
#include "command/keygen.h"
#include "command/list.h"
#include "command/plot.h"
#include "command/run_group.h"
#include "command/show.h"
#include "command/solve.h"
#include "command/sweep.h"
#include "command/test_plugin.h"
#include "command/tune.h"
#include "config/config.h"

bool lac_help_takes_columns(const struct lac_option *o, bool *on_request)
{
    *on_request = strcmp(o->name, "track") == 0;
    return *on_request || (o->argument && strcmp(o->argument, "COLUMN,...") == 0);
}

bool lac_help_takes_options(const struct lac_option *o)
{
    return o->argument && strcmp(o->argument, LAC_GROUP_ARGUMENT) == 0;
}

const struct lac_options *lac_help_options(size_t c)
{
    const struct lac_options *const all[] = {
        &lac_train_options,   &lac_tune_options,   &lac_sweep_options,      lac_solve_options(),
        &lac_check_options,   &lac_list_options,   &lac_show_options,       &lac_plot_options,
        &lac_compare_options, &lac_keygen_options, &lac_test_plugin_options};
    return c < sizeof all / sizeof all[0] ? all[c] : NULL;
}

#include "command/help.h"

#include "command/check.h"
#include "command/compare.h"
#include "command/keygen.h"
#include "command/list.h"
#include "command/plot.h"
#include "command/show.h"
#include "command/solve.h"
#include "command/sweep.h"
#include "command/test_plugin.h"
#include "command/tune.h"
#include "config/config.h"

const struct lac_options *lac_help_options(size_t c)
{
    const struct lac_options *const all[] = {
        &lac_train_options,   &lac_tune_options,   &lac_sweep_options,      lac_solve_options(),
        &lac_check_options,   &lac_list_options,   &lac_show_options,       &lac_plot_options,
        &lac_compare_options, &lac_keygen_options, &lac_test_plugin_options};
    return c < sizeof all / sizeof all[0] ? all[c] : NULL;
}

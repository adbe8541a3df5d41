#include "command/gap.h"

#include <string.h>

#include "config/config.h"
#include "store/columns.h"

static const char *value_of(const void *run, const char *name)
{
    return lac_run_option(run, name);
}

lac_status lac_gap_find(const struct lac_run *run, const char *optima, struct lac_gap *out,
                        struct lac_arena *arena)
{
    *out = (struct lac_gap){0};
    if (!run->problem) {
        return LAC_OK;
    }
    LAC_TRY(lac_optimum_folder(optima, arena, &out->folder));
    lac_status found = lac_optimum_find(out->folder, run->problem, &out->optimum, arena);
    if (found == LAC_E_INPUT) { /* the run itself is sound */
        out->optimum = (struct lac_optimum){0};
        LAC_TRY(lac_arena_text(arena, lac_failure(), &out->damage));
        found = LAC_OK;
    }
    LAC_TRY(found);
    return lac_config_solve_words(value_of, run, optima, arena, &out->words);
}

lac_status lac_gap_fill(struct lac_run *run, const char *optima, struct lac_arena *arena)
{
    struct lac_gap gap;
    LAC_TRY(lac_gap_find(run, optima, &gap, arena));
    if (!gap.words) {
        return LAC_FAIL(LAC_E_INPUT,
                        "'%s' does not say which problem it is of, as runs of older versions do "
                        "not; train it again",
                        run->path);
    }
    if (gap.damage) {
        return LAC_FAIL(LAC_E_INPUT, "%s; remove it, or solve again with --force: %s", gap.damage,
                        gap.words);
    }
    if (!gap.optimum.x) {
        return LAC_FAIL(LAC_E_INPUT, "'%s': f* is not known yet, '%s' does not have it: %s",
                        run->path, gap.folder, gap.words);
    }
    for (size_t i = 0; i < run->row_count; i++) {
        run->rows[i].loss_gap = run->rows[i].loss - gap.optimum.value;
    }
    run->tracked |= LAC_TRACK(loss_gap);
    return LAC_OK;
}

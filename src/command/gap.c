#include "command/gap.h"

#include <math.h>

#include "config/config.h"
#include "method/method.h"
#include "store/columns.h"

static const char *value_of(const void *run, const char *name)
{
    return lac_run_option(run, name);
}

/* method: NULL: the optimum of f, else that of the clients' own models. */
static lac_status find_optimum(const struct lac_run *run, const char *problem, const char *method,
                               const char *optima, struct lac_gap *out, struct lac_arena *arena)
{
    LAC_TRY(lac_optimum_folder(optima, arena, &out->folder));
    lac_status found = lac_optimum_find(out->folder, problem, &out->optimum, arena);
    if (found == LAC_E_INPUT) { /* the run itself is sound */
        out->optimum = (struct lac_optimum){0};
        LAC_TRY(lac_arena_text(arena, lac_failure(), &out->damage));
        found = LAC_OK;
    }
    LAC_TRY(found);
    return lac_config_solve_words(value_of, run, method, optima, arena, &out->words);
}

lac_status lac_gap_find(const struct lac_run *run, const char *optima, struct lac_gap *out,
                        struct lac_arena *arena)
{
    *out = (struct lac_gap){0};
    return run->problem ? find_optimum(run, run->problem, NULL, optima, out, arena) : LAC_OK;
}

static lac_status find_personal(const struct lac_run *run, const char *optima, struct lac_gap *out,
                                struct lac_arena *arena)
{
    const char *method = lac_run_option(run, "method");
    char problem[LAC_DIGEST_TEXT];
    double lambda = (double)NAN;
    *out = (struct lac_gap){0};
    if (method) {
        LAC_TRY(lac_method_coupling(method, &lambda, arena));
    }
    if (isnan(lambda) || !(run->columns & LAC_TRACK(personal_objective))) {
        return LAC_FAIL(LAC_E_INPUT,
                        "'%s' has no F of personal models: train one of them, --method l2gd, with "
                        "--track personal_objective",
                        run->path);
    }
    if (!run->problem) {
        return LAC_OK;
    }
    lac_optimum_coupled(run->problem, lambda, problem);
    return find_optimum(run, problem, method, optima, out, arena);
}

lac_status lac_gap_fill(struct lac_run *run, bool personal, const char *optima,
                        struct lac_arena *arena)
{
    struct lac_gap gap;
    if (run->public) {
        return LAC_FAIL(LAC_E_INPUT,
                        "'%s' is a public run file, which has no losses and so no gap: take the "
                        "first client's private file, with --key KEYFILE",
                        run->path);
    }
    LAC_TRY(personal ? find_personal(run, optima, &gap, arena)
                     : lac_gap_find(run, optima, &gap, arena));
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
        return LAC_FAIL(LAC_E_INPUT, "'%s': %c* is not known yet, '%s' does not have it: %s",
                        run->path, personal ? 'F' : 'f', gap.folder, gap.words);
    }
    for (size_t i = 0; i < run->row_count; i++) {
        struct lac_row *row = &run->rows[i];
        if (personal) {
            row->personal_gap = row->personal_objective - gap.optimum.value;
        } else {
            row->loss_gap = row->loss - gap.optimum.value;
        }
    }
    run->columns |= personal ? LAC_TRACK(personal_gap) : LAC_TRACK(loss_gap);
    return LAC_OK;
}
